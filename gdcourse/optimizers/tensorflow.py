"""Update rules on lists of TensorFlow variables, changed with `assign`, in order of complexity."""

from gdcourse._lazy import need
from gdcourse.optimizers.rule import Rule

tf = need("tensorflow")

__all__ = [
    "GD",
    "SGD",
    "AMSGrad",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Hypergradient",
    "Lion",
    "Nadam",
    "RMSprop",
]  # fmt: skip


class _Rule(Rule):
    _expected = "a TensorFlow variable of floats"
    _arrays = tf.Tensor | tf.Variable

    @staticmethod
    def _changeable(p):
        return hasattr(p, "assign_sub") and tf.as_dtype(p.dtype).is_floating

    @staticmethod
    def _finite(grads):
        """Whether every element of every gradient is neither NaN nor infinite."""
        return all(bool(tf.reduce_all(tf.math.is_finite(g))) for g in grads)

    @staticmethod
    def _zeros(p):
        return tf.Variable(tf.zeros_like(p))


class GD(_Rule):
    """Gradient descent, equation (1). lr: the learning rate, a number of at least 0 that may be changed between steps."""

    def __init__(self, lr):
        self.lr = lr

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        self._begin(params, grads)
        for p, g in zip(params, grads, strict=True):
            p.assign_sub(self.lr * g)


class SGD(GD):
    """Momentum, equation (2), or with nesterov=True Nesterov's, equation (3). With momentum 0 it keeps no velocity."""

    def __init__(self, lr, momentum=0.0, nesterov=False):
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self.v = None

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        if self.momentum == 0:
            return super().step(params, grads)
        self._begin(params, grads, "v")
        for p, g, v in zip(params, grads, self.v, strict=True):
            v.assign(self.momentum * v + g)
            p.assign_sub(self.lr * (g + self.momentum * v if self.nesterov else v))


class Hypergradient(_Rule):
    """Gradient descent that learns its rate, equation (4). beta: the rate of the rate, which is kept at 0 or above."""

    def __init__(self, lr, beta):
        self.lr, self.beta = lr, beta
        self.h = None

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        self._begin(params, grads, "h")
        rise = sum(tf.reduce_sum(g * h) for g, h in zip(grads, self.h, strict=True))
        self.lr = max(self.lr + self.beta * float(rise), 0.0)
        for p, g, h in zip(params, grads, self.h, strict=True):
            h.assign(g)
            p.assign_sub(self.lr * g)


class Adagrad(_Rule):
    """A rate per coordinate from the sum of squares, equation (5). initial: what that sum starts from."""

    def __init__(self, lr, eps=1e-10, initial=0.0):
        self.lr, self.eps, self.initial = lr, eps, initial
        self.s = None

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        self._begin(params, grads, "s")
        for p, g, s in zip(params, grads, self.s, strict=True):
            s.assign_add(g * g)
            p.assign_sub(self.lr * g / (tf.sqrt(self.initial + s) + self.eps))


class RMSprop(_Rule):
    """A rate per coordinate from a running mean of squares, equation (6)."""

    def __init__(self, lr, rho=0.99, eps=1e-8):
        self.lr, self.rho, self.eps = lr, rho, eps
        self.s = None

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        self._begin(params, grads, "s")
        for p, g, s in zip(params, grads, self.s, strict=True):
            s.assign_add((1 - self.rho) * (g * g - s))
            p.assign_sub(self.lr * g / (tf.sqrt(s) + self.eps))


class Adadelta(_Rule):
    """Steps in the units of the parameters, equation (7)."""

    def __init__(self, lr=1.0, rho=0.9, eps=1e-6):
        self.lr, self.rho, self.eps = lr, rho, eps
        self.s = self.u = None

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        self._begin(params, grads, "s", "u")
        for p, g, s, u in zip(params, grads, self.s, self.u, strict=True):
            s.assign_add((1 - self.rho) * (g * g - s))
            d = tf.sqrt((u + self.eps) / (s + self.eps)) * g
            u.assign_add((1 - self.rho) * (d * d - u))
            p.assign_sub(self.lr * d)


class Adam(_Rule):
    """Bias-corrected first and second moments, equation (8)."""

    def __init__(self, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.t, self.m, self.v = 0, None, None

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        self._begin(params, grads, "m", "v")
        self.t += 1
        c1, c2 = 1 - self.beta1**self.t, 1 - self.beta2**self.t
        for p, g, m, v in zip(params, grads, self.m, self.v, strict=True):
            m.assign_add((1 - self.beta1) * (g - m))
            v.assign_add((1 - self.beta2) * (g * g - v))
            p.assign_sub(self.lr * (m / c1) / (tf.sqrt(v / c2) + self.eps))


class AMSGrad(_Rule):
    """Adam with a second moment that never falls, equation (9)."""

    def __init__(self, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.t, self.m, self.v, self.w = 0, None, None, None

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        self._begin(params, grads, "m", "v", "w")
        self.t += 1
        c1, c2 = 1 - self.beta1**self.t, 1 - self.beta2**self.t
        for p, g, m, v, w in zip(params, grads, self.m, self.v, self.w, strict=True):
            m.assign_add((1 - self.beta1) * (g - m))
            v.assign_add((1 - self.beta2) * (g * g - v))
            w.assign(tf.maximum(w, v))
            p.assign_sub(self.lr * (m / c1) / (tf.sqrt(w / c2) + self.eps))


class AdamW(_Rule):
    """Adam with decoupled weight decay, equation (10)."""

    def __init__(self, lr, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
        self.lr, self.beta1, self.beta2, self.eps, self.weight_decay = lr, beta1, beta2, eps, weight_decay
        self.t, self.m, self.v = 0, None, None

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        self._begin(params, grads, "m", "v")
        self.t += 1
        c1, c2 = 1 - self.beta1**self.t, 1 - self.beta2**self.t
        for p, g, m, v in zip(params, grads, self.m, self.v, strict=True):
            m.assign_add((1 - self.beta1) * (g - m))
            v.assign_add((1 - self.beta2) * (g * g - v))
            p.assign_sub(self.lr * self.weight_decay * p)
            p.assign_sub(self.lr * (m / c1) / (tf.sqrt(v / c2) + self.eps))


class Nadam(_Rule):
    """Adam with Nesterov's look ahead and a momentum that warms up, equation (11)."""

    def __init__(self, lr, beta1=0.9, beta2=0.999, eps=1e-8, momentum_decay=0.004):
        self.lr, self.beta1, self.beta2, self.eps, self.momentum_decay = lr, beta1, beta2, eps, momentum_decay
        self.t, self.m, self.v, self.product = 0, None, None, 1.0

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        self._begin(params, grads, "m", "v")
        self.t += 1
        mu, mu_next = (self.beta1 * (1 - 0.5 * 0.96 ** (t * self.momentum_decay)) for t in (self.t, self.t + 1))
        self.product *= mu
        c0, c1, c2 = 1 - self.product, 1 - self.product * mu_next, 1 - self.beta2**self.t
        for p, g, m, v in zip(params, grads, self.m, self.v, strict=True):
            m.assign_add((1 - self.beta1) * (g - m))
            v.assign_add((1 - self.beta2) * (g * g - v))
            p.assign_sub(self.lr * ((1 - mu) / c0 * g + mu_next / c1 * m) / (tf.sqrt(v / c2) + self.eps))


class Lion(_Rule):
    """The sign of an interpolated momentum, equation (12)."""

    def __init__(self, lr, beta1=0.9, beta2=0.99, weight_decay=0.0):
        self.lr, self.beta1, self.beta2, self.weight_decay = lr, beta1, beta2, weight_decay
        self.m = None

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        self._begin(params, grads, "m")
        for p, g, m in zip(params, grads, self.m, strict=True):
            c = self.beta1 * m + (1 - self.beta1) * g
            p.assign_sub(self.lr * (tf.sign(c) + self.weight_decay * p))
            m.assign_add((1 - self.beta2) * (g - m))
