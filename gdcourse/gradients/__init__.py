r"""Gradients, one file per framework: `numpy`, `torch`, `tensorflow`; differences and a tape, which need no framework.

`value_and_grad(f)` turns a function of a list of arrays into one that returns the value and the list of gradients. PyTorch
and TensorFlow differentiate; NumPy, which cannot, takes central differences, so it is an oracle for small problems and no
way to train. For a step h and the unit vector e_i:

    forward     ( f(x + h e_i) - f(x) ) / h               = df/dx_i + O(h)                                (1)
    central     ( f(x + h e_i) - f(x - h e_i) ) / (2h)    = df/dx_i + O(h^2)                              (2)
    complex     Im f(x + i h e_i) / h                     = df/dx_i + O(h^2), and nothing is subtracted    (3)

Rounding adds an error of about eps |f| / h to (1) and (2), so the best h is near sqrt(eps) in (1) and near cbrt(eps) in (2):
about 6e-6 in float64 (Nocedal & Wright 2006, section 8.1). (3) has no such term: h = 1e-20 leaves only the rounding of f
itself, if f is analytic and written so that complex numbers pass through: no |x|, no max (Squire & Trapp 1998,
doi:10.1137/S003614459631241X).

With f: R^n -> R^m the Jacobian J, and with f: R^n -> R the gradient g and the Hessian H, for a direction v:

    J_ij = df_i/dx_j            J v = d/dh f(x + h v)  at h = 0                                           (4)
    H = Jacobian of g           H v = d/dh g(x + h v)  at h = 0  = d/dx (g^T v)                           (5)

(5) costs about two gradients and no n x n matrix (Pearlmutter 1994, doi:10.1162/neco.1994.6.1.147). PyTorch goes backward
twice, TensorFlow nests two tapes; NumPy takes central differences of central differences, whose best h is near eps^(1/4),
about 1.2e-4, for an error of about 1e-7. `torch.autograd.functional` has `jacobian`, `hessian` and `hvp`, which also returns
f(x), and `tf.GradientTape` has `jacobian`; Keras has none of them.

Reverse mode, which both frameworks and the `Value` of `gdcourse.gradients.tape` use: let v_1, ..., v_N be all numbers of a
computation in the order in which they were made, and abbreviate dv_N/dv_i to a_i, the adjoint of v_i. From last to first,

    a_N = 1,    a_i = sum over the j that use v_i of  a_j dv_j/dv_i                                       (6)

gives every derivative of one output for a small multiple of the cost of that output (Griewank & Walther 2008,
doi:10.1137/1.9780898717761).
"""

from gdcourse._lazy import frameworks
from gdcourse.gradients.differences import central_difference, complex_step, directional_difference, forward_difference
from gdcourse.gradients.tape import Value

__all__ = ["Value", "central_difference", "complex_step", "directional_difference", "forward_difference"]
__getattr__, __dir__ = frameworks(__name__)
