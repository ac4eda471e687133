"""Gradient steps for f + lam |x|_1, whose second part has no gradient at 0. f smooth; x: a NumPy array of any shape.

Each returns its path, (steps + 1, *x.shape). grad: x -> x's shape, of f alone. lr: at most 1 / L for (22), below 2 / L
for (21), L the largest curvature of f.
"""

import numpy as np

from gdcourse import _check
from gdcourse.optimizers.line_search import _point


def soft_threshold(x, t):
    """S(x, t) of equation (21): every element moved by t towards 0, and not past it.

    >>> soft_threshold(np.array([3.0, -0.5, -2.0]), 1.0).tolist()
    [2.0, 0.0, -1.0]
    """
    _check.number("t", t, least=0)
    return np.maximum(x - t, 0) + np.minimum(x + t, 0)


def ista(grad, x, lr, lam, steps):
    """Equation (21): a gradient step, then the threshold."""
    path = [_start(x, lr, lam)]
    for _ in range(steps):
        x = path[-1]
        path.append(soft_threshold(x - lr * grad(x), lr * lam))
    return np.array(path)


def fista(grad, x, lr, lam, steps):
    """Equation (22): the step from a point z ahead of x. The error falls like 1 / t^2, that of (21) like 1 / t."""
    path = [_start(x, lr, lam)]
    z, k = path[0], 1.0
    for _ in range(steps):
        path.append(soft_threshold(z - lr * grad(z), lr * lam))
        k_next = (1 + np.sqrt(1 + 4 * k * k)) / 2
        z, k = path[-1] + (k - 1) / k_next * (path[-1] - path[-2]), k_next
    return np.array(path)


def _start(x, lr, lam):
    _check.number("lr", lr, above=0)
    _check.number("lam", lam, least=0)
    return _point(x)
