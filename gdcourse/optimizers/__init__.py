r"""Update rules, one file per framework: `numpy`, `torch`, `tensorflow`.

With g_t the gradient at x_{t-1} and eta the learning rate:

    GD        x_t = x_{t-1} - eta g_t                                                                     (1)

(Cauchy 1847.) `torch.optim.SGD` and `keras.optimizers.SGD` without momentum are the same rule. Keras keeps the rate as a
float32, so in float64 it agrees to about 1e-8, and exactly where float32 holds the rate without rounding, as for 0.125.
"""

from gdcourse._lazy import frameworks

__getattr__, __dir__ = frameworks(__name__)
