"""Finite differences of a scalar function of one NumPy array."""

import numpy as np

from gdcourse import _check


def forward_difference(f, x, h=1.5e-8):
    """Gradient of f at x by equation (1). f: array -> (), x: any shape -> x's shape.

    >>> round(float(forward_difference(lambda x: (x**2).sum(), np.array([3.0]))[0]), 5)
    6.0
    """
    start = f(_point(x, h).copy())
    return _each(x, h, lambda up, _: (f(up) - start) / h)


def central_difference(f, x, h=6e-6):
    """Gradient of f at x by equation (2). f: array -> (), x: any shape -> x's shape.

    >>> round(float(central_difference(lambda x: (x**3).sum(), np.array([2.0]))[0]), 8)
    12.0
    """
    return _each(x, h, lambda up, down: (f(up) - f(down)) / (2 * h))


def _each(x, h, slope):
    x = _point(x, h)
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = slope(up, down)
    return gradient


def _point(x, h):
    _check.number("h", h, above=0)
    x = np.asarray(x)
    return x if np.issubdtype(x.dtype, np.floating) else x.astype(float)
