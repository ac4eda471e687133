"""Finite differences of functions of one NumPy array."""

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


def complex_step(f, x, h=1e-20):
    """Gradient of f at x by equation (3). f: complex array -> complex (), x: any shape -> x's shape.

    >>> print(complex_step(lambda x: (x**3).sum(), np.array([2.0])))
    [12.]
    """
    x = _point(x, h)
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        z = x.astype(complex)
        z[i] += 1j * h
        value = f(z)
        if not np.iscomplexobj(value):
            raise TypeError(
                "expected f to return a complex number, got a real one: abs, float or .real lost its other part"
            )
        gradient[i] = value.imag / h
    return gradient


def directional_difference(f, x, v, h=6e-6):
    """J v of equation (4) by a central difference along v. f: array -> array, x, v: the same shape -> f(x)'s shape.

    >>> directional_difference(lambda x: x**2, np.array([1.0, 3.0]), np.array([1.0, 0.0])).round(8)
    array([2., 0.])
    """
    x, v = _point(x, h), np.asarray(v, dtype=float)
    _check.same_shape(x=x, v=v)
    length = np.linalg.norm(v)
    if length == 0:
        return np.zeros_like(f(x.copy()), dtype=float)
    step = h / length * v
    return (f(x + step) - f(x - step)) * (length / (2 * h))


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
    if np.iscomplexobj(x):
        raise TypeError(f"expected x to hold real numbers, got {x.dtype}")
    return x if np.issubdtype(x.dtype, np.floating) else x.astype(float)
