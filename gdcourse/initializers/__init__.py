r"""Initial weights, one file per framework: `numpy`, `torch`, `tensorflow`.

Every random number comes from the NumPy generator that is passed in, so one seed gives the same weights in the three. The
fans of a weight count the terms of the sums that it takes part in, forward and backward:

    dense   W (in, out)               fan_in = in               fan_out = out
    conv    K (out, in, kh, kw)       fan_in = in kh kw         fan_out = out kh kw                       (1)

    Xavier       Var w = gain^2 2 / (fan_in + fan_out)      Glorot & Bengio 2010, equations (12), (16)    (2)
    He           Var w = 2 / fan_in                         He et al. 2015, arXiv:1502.01852, (10)        (3)
    LeCun        Var w = 1 / fan_in                         LeCun et al. 1998, Efficient BackProp, 4.6    (4)
    orthogonal   gain Q, Q with orthonormal rows or columns: Saxe, McClelland & Ganguli 2014,
                 arXiv:1312.6120; K as the matrix (out, in kh kw)                                         (5)

Normal weights have the standard deviation s = sqrt(Var w); uniform ones lie in [-a, a] with a = s sqrt(3), whose variance is
the same. (2) keeps the variance of a linear layer's signals about constant forward and backward, (4) forward alone, and (3)
makes up for a ReLU, which halves the mean square. Q in (5) comes from the QR factors of a normal matrix, the signs of R's
diagonal moved into Q: without that Q is not uniform among the orthogonal matrices (Mezzadri 2007, arXiv:math-ph/0609050).

How the built-ins differ; `gdcourse.conformance.initializers` has every case with its size. `torch.nn.init` has (2), (3) as
`kaiming_*`, (4) as `kaiming_*` with nonlinearity="linear", and (5); its dense weights are (out, in), so transpose.
`torch.nn.Linear` and `Conv2d` by default do none of these: they draw weights and biases from U[-a, a] with a = 1 /
sqrt(fan_in), a third of LeCun's variance. Keras' conv kernels are (kh, kw, in, out) and its default for both layers is
Glorot's uniform, with zero biases. Keras' `GlorotNormal`, `HeNormal` and `LecunNormal` truncate: they draw from a normal
with the standard deviation s / 0.8796 and redraw beyond twice that, so the variance is s^2 too, yet no weight exceeds 2.274
s, where a plain normal has 2.3 % of its weights.
"""

from gdcourse._lazy import frameworks
from gdcourse.initializers.draws import fans

__all__ = ["fans"]
__getattr__, __dir__ = frameworks(__name__)
