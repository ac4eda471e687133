"""What the three frameworks share: fans, and random numbers from a NumPy generator."""

import math

import numpy as np

from gdcourse import _check


def fans(shape):
    """Return (fan_in, fan_out), equation (1). shape: (in, out) of a dense weight or (out, in, ...) of a kernel.

    >>> fans((784, 128)), fans((64, 32, 3, 3))
    ((784, 128), (288, 576))
    """
    shape = _shape(shape)
    if len(shape) < 2:
        raise ValueError(f"expected a weight's shape, (in, out) or (out, in, kh, kw), got {shape}")
    if len(shape) == 2:
        return shape
    n_out, n_in, *window = shape
    return n_in * math.prod(window), n_out * math.prod(window)


def ones(shape, rng=None):
    """Ones, of the given shape; rng is not used."""
    return np.ones(_shape(shape))


def standard_normal(shape, rng):
    """Independent normal numbers with mean 0 and variance 1, of the given shape."""
    return _check.generator(rng).standard_normal(_shape(shape))


def standard_uniform(shape, rng):
    """Independent uniform numbers in [-sqrt 3, sqrt 3), which have mean 0 and variance 1, of the given shape."""
    return _check.generator(rng).uniform(-math.sqrt(3), math.sqrt(3), _shape(shape))


def orthonormal(shape, rng):
    """A matrix, uniform among those with orthonormal rows or columns, whichever are fewer: equation (5)."""
    fans(shape)
    rows, cols = shape[0], math.prod(shape[1:])
    Q, R = np.linalg.qr(standard_normal((max(rows, cols), min(rows, cols)), rng))
    Q = Q * np.sign(np.diag(R))
    return (Q if rows >= cols else Q.T).reshape(shape)


def _shape(shape):
    if not isinstance(shape, list | tuple) or not all(isinstance(n, int | np.integer) and n > 0 for n in shape):
        raise ValueError(f"expected a shape of positive integers, got {shape!r}")
    return tuple(int(n) for n in shape)
