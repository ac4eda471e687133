"""Checks of what an attribution is given, and the windows of an occlusion, in any framework."""

import itertools
from numbers import Integral

import numpy as np

from gdcourse.layers import shapes


def batch(x):
    """Raise unless x is a batch (n, ...) of floats."""
    if "float" not in str(x.dtype):
        raise TypeError(f"expected x of floats, got {x.dtype}: a gradient needs numbers that can change a little")
    if len(x.shape) < 2 or 0 in tuple(x.shape):
        raise ValueError(f"expected x to be a batch (n, ...), got shape {tuple(x.shape)}")


def targets(target, shape):
    """Return target, an integer or (n,) of them, as (n,) integers. shape: (n, k) of the scores."""
    if len(shape) != 2:
        raise ValueError(f"expected a model that returns scores (n, k), got shape {tuple(shape)}")
    chosen = np.asarray(target.cpu() if hasattr(target, "cpu") else target)
    if not np.issubdtype(chosen.dtype, np.integer) or chosen.shape not in ((), (shape[0],)):
        raise ValueError(f"expected target to be an integer or {shape[0]} of them, got {chosen.dtype} {chosen.shape}")
    if chosen.min() < 0 or chosen.max() >= shape[1]:
        raise ValueError(f"expected every target in 0..{shape[1] - 1}, got {chosen.min()} to {chosen.max()}")
    return np.broadcast_to(chosen, shape[:1])


def middles(steps):
    """Return the middles of so many equal pieces of [0, 1]."""
    if isinstance(steps, bool) or not isinstance(steps, Integral) or steps < 1:
        raise ValueError(f"expected steps to be an integer of at least 1, got {steps!r}")
    return (np.arange(steps) + 0.5) / steps


def baseline(x, given):
    """Raise unless the baseline has the shape of x: (n, ...), or that of one example."""
    if tuple(given.shape) not in (tuple(x.shape), tuple(x.shape[1:])):
        raise ValueError(
            f"expected a baseline of shape {tuple(x.shape)} like x or of one example, got {tuple(given.shape)}"
        )


def windows(x, size, stride):
    """Return the windows' masks, each of the shape of an image, (h, w), or a sequence, (l,), and how many along each axis."""
    last = tuple(x.shape[2:])
    if len(last) not in (1, 2):
        raise ValueError(f"expected x of shape (n, c, h, w) or (n, c, l), got {tuple(x.shape)}")
    size, stride = (shapes.per_axis(name, value, len(last)) for name, value in (("size", size), ("stride", stride)))
    if any(k > n for k, n in zip(size, last, strict=True)):
        raise ValueError(f"expected a window no larger than {last}, got {size}")
    counts = [(n - k) // s + 1 for n, k, s in zip(last, size, stride, strict=True)]
    masks = np.zeros((*counts, *last), bool)
    for place in itertools.product(*map(range, counts)):
        masks[(*place, *(slice(i * s, i * s + k) for i, s, k in zip(place, stride, size, strict=True)))] = True
    return masks.reshape(-1, *last), counts
