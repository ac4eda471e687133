"""More images from those at hand: a little aside, a little turned, a little noisy, and still the same digit."""

import numpy as np

from gdcourse import _check


def augment(X, rng, shift=1.0, degrees=10.0, noise=0.0):
    """Return X with every image moved and turned at random, each by its own amounts, and with noise added.

    X: (n, h, w) or (n, c, h, w) of floats.  rng: a NumPy generator.  shift: at most so many pixels up or down, and left or
    right.  degrees: at most so far either way.  noise: standard deviation of what is added to each pixel. What comes in at the
    border is 0. Ask before you use it whether the label stays: a 6 that is turned by 180 degrees is a 9.
    """
    X, n = _images(X), len(X)
    _check.generator(rng)
    rows, columns = (rng.uniform(-1, 1, n) * _check.number("shift", shift, least=0) for _ in range(2))
    angles = rng.uniform(-1, 1, n) * _check.number("degrees", degrees, least=0)
    moved = move(X, rows, columns, angles)
    std = _check.number("noise", noise, least=0)
    return moved + rng.normal(0, std, X.shape).astype(X.dtype) if std else moved


def move(X, rows=0.0, columns=0.0, degrees=0.0):
    """Return X turned about its middle by degrees, counter-clockwise, then moved down by rows and right by columns.

    X: (n, h, w) or (n, c, h, w) of floats.  rows, columns, degrees: numbers or (n,). Between pixels it interpolates linearly
    along both axes; outside the image is 0.

    >>> print(move(np.array([[[1.0, 2.0], [3.0, 4.0]]]), rows=1, columns=0.5)[0])
    [[0.  0. ]
     [0.5 1.5]]
    """
    X = _images(X)
    h, w = X.shape[-2:]
    rows, columns, degrees = (
        _each(*item, len(X)) for item in (("rows", rows), ("columns", columns), ("degrees", degrees))
    )
    a, middle = np.radians(degrees), np.array([(h - 1) / 2, (w - 1) / 2])[:, None, None, None]
    i, j = np.indices((h, w))[:, None] - middle - np.stack([rows, columns])
    return _interpolated(X, np.cos(a) * i + np.sin(a) * j + middle[0], np.cos(a) * j - np.sin(a) * i + middle[1])


def _interpolated(X, rows, columns):
    """Return the images at the places (rows, columns), each (n, h, w): the four pixels around, by nearness."""
    h, w = X.shape[-2:]
    images = X.reshape(len(X), -1, h, w)
    r, c, n = np.floor(rows).astype(int), np.floor(columns).astype(int), np.arange(len(X))[:, None, None]
    total = np.zeros(images.shape)
    for k, near_r in ((r, 1 - (rows - r)), (r + 1, rows - r)):
        for l, near_c in ((c, 1 - (columns - c)), (c + 1, columns - c)):
            inside = (k >= 0) & (k < h) & (l >= 0) & (l < w)
            pixels = images[n, :, k.clip(0, h - 1), l.clip(0, w - 1)]  # (n, h, w, c)
            total += np.moveaxis(pixels, -1, 1) * (near_r * near_c * inside)[:, None]
    return total.reshape(X.shape).astype(X.dtype)


def _images(X):
    X = np.asarray(X)
    if X.dtype.kind != "f":
        raise TypeError(f"expected X of floats, got {X.dtype}")
    if X.ndim not in (3, 4) or 0 in X.shape:
        raise ValueError(f"expected images (n, h, w) or (n, c, h, w), got {X.shape}")
    return X


def _each(name, value, n):
    value = np.asarray(value, dtype=float)
    if value.shape not in ((), (n,)) or not np.isfinite(value).all():
        raise ValueError(f"expected {name} to be a finite number or {n} of them, got shape {value.shape}")
    return np.broadcast_to(value, n)[:, None, None]
