r"""Gradients, one file per framework: `numpy`, `torch`, `tensorflow`; and differences, which need no framework.

`value_and_grad(f)` turns a function of a list of arrays into one that returns the value and the list of gradients. PyTorch
and TensorFlow differentiate; NumPy, which cannot, takes central differences, so it is an oracle for small problems and no
way to train. For a step h and the unit vector e_i:

    forward     ( f(x + h e_i) - f(x) ) / h               = df/dx_i + O(h)                                (1)
    central     ( f(x + h e_i) - f(x - h e_i) ) / (2h)    = df/dx_i + O(h^2)                              (2)

Rounding adds an error of about eps |f| / h, so the best h is near sqrt(eps) in (1) and near cbrt(eps) in (2): about 6e-6 in
float64 (Nocedal & Wright 2006, section 8.1).
"""

from gdcourse._lazy import frameworks
from gdcourse.gradients.differences import central_difference, forward_difference

__all__ = ["central_difference", "forward_difference"]
__getattr__, __dir__ = frameworks(__name__)
