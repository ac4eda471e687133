"""Losses on NumPy arrays: the value, and below it the gradient derived by hand."""

import numpy as np

from gdcourse import _check

__all__ = [
    "bce", "bce_grad", "bce_with_logits", "bce_with_logits_grad", "hinge", "hinge_grad", "huber", "huber_grad", "l1",
    "l1_grad", "l2", "l2_grad", "mae", "mae_grad", "mse", "mse_grad", "softmax_ce", "softmax_ce_grad",
]  # fmt: skip

SCALE = {"sum": lambda m: 1.0, "mean": lambda m: 1.0 / m, "half_mean": lambda m: 0.5 / m}


def mse(h, y, reduction="mean"):
    """Squared error, equation (1). h, y: the same shape -> ()."""
    h, y, scale = _squared_error(h, y, reduction)
    return scale * np.sum((h - y) ** 2)


def mse_grad(h, y, reduction="mean"):
    """Gradient of `mse` with respect to h, of h's shape."""
    h, y, scale = _squared_error(h, y, reduction)
    return scale * 2 * (h - y)


def _squared_error(h, y, reduction):
    h, y = _floats(h, y)
    _check.same_shape(h=h, y=y)
    _check.one_of("reduction", reduction, SCALE)
    return h, y, SCALE[reduction](h.size)


def mae(h, y):
    """Mean absolute error, equation (2). h, y: the same shape -> ()."""
    h, y = _regression(h, y)
    return np.mean(np.abs(h - y))


def mae_grad(h, y):
    """A subgradient of `mae` with respect to h: at the kink, where h = y, it is 0."""
    h, y = _regression(h, y)
    return np.sign(h - y) / h.size


def huber(h, y, delta=1.0):
    """Huber's loss, equation (3). h, y: the same shape -> (). delta: where the square gives way to the line, above 0."""
    _check.number("delta", delta, above=0)
    h, y = _regression(h, y)
    e = np.abs(h - y)
    a = np.minimum(e, delta)
    return np.mean(a * (e - a / 2))


def huber_grad(h, y, delta=1.0):
    """Gradient of `huber` with respect to h: the error, clipped to [-delta, delta], over its size."""
    _check.number("delta", delta, above=0)
    h, y = _regression(h, y)
    return np.clip(h - y, -delta, delta) / h.size


def _regression(h, y):
    h, y = _floats(h, y)
    _check.same_shape(h=h, y=y)
    return h, y


def bce(p, y):
    """Binary cross-entropy from probabilities, equation (4). p: (n,) in [0, 1], y: (n,) in {0, 1} -> ()."""
    p, y = _probabilities(p, y)
    with np.errstate(divide="ignore"):
        return -np.mean(np.where(y == 1, np.log(p), np.log1p(-p)))


def bce_grad(p, y):
    """Gradient of `bce` with respect to p: (n,)."""
    p, y = _probabilities(p, y)
    with np.errstate(divide="ignore"):
        return np.where(y == 1, -1 / p, 1 / (1 - p)) / p.size


def _probabilities(p, y):
    p, y = _floats(p, y)
    _check.same_shape(p=p, y=y)
    _check.labels_in(np.all((y == 0) | (y == 1)), y, "in {0, 1}")
    _check.labels_in(np.all((p >= 0) & (p <= 1)), p, "in [0, 1]")
    return p, y


def bce_with_logits(z, y):
    """Binary cross-entropy from logits, equation (5). z: (n,), y: (n,) in {0, 1} -> ()."""
    z, y = _binary(z, y)
    return np.mean(np.logaddexp(0, (1 - 2 * y) * z))


def bce_with_logits_grad(z, y):
    """Gradient of `bce_with_logits` with respect to z: (p - y) / n."""
    z, y = _binary(z, y)
    sign = 1 - 2 * y  # p - y is p for the label 0 and -(1 - p) for 1; both are a sigmoid, and neither subtracts
    return sign * np.exp(-np.logaddexp(0, -sign * z)) / z.size


def _binary(z, y):
    z, y = _floats(z, y)
    _check.same_shape(z=z, y=y)
    _check.labels_in(np.all((y == 0) | (y == 1)), y, "in {0, 1}")
    return z, y


def softmax_ce(z, y):
    """Cross-entropy from logits, equation (6). z: (n, k), y: (n,) in {0, ..., k-1} -> ()."""
    z, y = _classes(z, y)
    top = z.max(axis=1)
    return np.mean(np.log(np.exp(z - top[:, None]).sum(axis=1)) + top - z[np.arange(len(y)), y])


def softmax_ce_grad(z, y):
    """Gradient of `softmax_ce` with respect to z: (softmax(z) - one-hot(y)) / n."""
    z, y = _classes(z, y)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    return p / len(y)


def _classes(z, y):
    (z,), y = _floats(z), np.asarray(y)
    _check.rows_match(z, y)
    _check.labels_in(np.all((y >= 0) & (y < z.shape[1]) & (y == np.floor(y))), y, f"in 0..{z.shape[1] - 1}")
    return z, y.astype(int)


def hinge(z, y):
    """Hinge loss, equation (7). z: (n,) scores, y: (n,) in {-1, +1} -> ()."""
    z, y = _signed(z, y)
    return np.mean(np.maximum(0, 1 - y * z))


def hinge_grad(z, y):
    """A subgradient of `hinge` with respect to z: at the kink, where the margin is 1, it is 0."""
    z, y = _signed(z, y)
    return np.where(y * z < 1, -y, 0) / z.size


def _signed(z, y):
    z, y = _floats(z, y)
    _check.same_shape(z=z, y=y)
    _check.labels_in(np.all((y == -1) | (y == 1)), y, "in {-1, +1}")
    return z, y


def l1(w):
    """Sum of absolute values, equation (8). w: any shape -> ()."""
    return np.sum(np.abs(_floats(w)[0]))


def l1_grad(w):
    """A subgradient of `l1`: the sign of w; at the kink, where an entry is 0, it is 0."""
    return np.sign(_floats(w)[0])


def l2(w):
    """Half the sum of squares, equation (9). w: any shape -> ()."""
    return 0.5 * np.sum(_floats(w)[0] ** 2)


def l2_grad(w):
    """Gradient of `l2`: w itself."""
    return _floats(w)[0]


def _floats(*arrays):
    """Return the arrays as floats; integers become float64."""
    arrays = [np.asarray(a) for a in arrays]
    return [a if np.issubdtype(a.dtype, np.floating) else a.astype(float) for a in arrays]
