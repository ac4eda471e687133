"""Losses on NumPy arrays: the value, and below it the gradient derived by hand."""

import numpy as np

from gdcourse import _check

__all__ = [
    "bce", "bce_grad", "bce_with_logits", "bce_with_logits_grad", "hinge", "hinge_grad", "l2", "l2_grad",
    "mse", "mse_grad", "softmax_ce", "softmax_ce_grad",
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


def bce(p, y):
    """Binary cross-entropy from probabilities, equation (2). p: (n,) in [0, 1], y: (n,) in {0, 1} -> ()."""
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
    """Binary cross-entropy from logits, equation (3). z: (n,), y: (n,) in {0, 1} -> ()."""
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
    """Cross-entropy from logits, equation (4). z: (n, k), y: (n,) in {0, ..., k-1} -> ()."""
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
    """Hinge loss, equation (5). z: (n,) scores, y: (n,) in {-1, +1} -> ()."""
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


def l2(w):
    """Half the sum of squares, equation (6). w: any shape -> ()."""
    return 0.5 * np.sum(_floats(w)[0] ** 2)


def l2_grad(w):
    """Gradient of `l2`: w itself."""
    return _floats(w)[0]


def _floats(*arrays):
    """Return the arrays as floats; integers become float64."""
    arrays = [np.asarray(a) for a in arrays]
    return [a if np.issubdtype(a.dtype, np.floating) else a.astype(float) for a in arrays]
