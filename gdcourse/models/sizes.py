"""Arguments of the models, checked; in any framework."""

from numbers import Integral

import numpy as np


def generator(seed):
    """Return a NumPy generator: the one given, or a new one from an integer."""
    if isinstance(seed, bool) or not isinstance(seed, Integral | np.random.Generator):
        raise TypeError(f"expected seed to be an integer or a numpy.random.Generator, got {type(seed).__name__}")
    return np.random.default_rng(seed)


def widths(sizes):
    """Return the layers' sizes as a list: at least two integers above 0."""
    ok = isinstance(sizes, list | tuple) and len(sizes) > 1
    if not ok or not all(isinstance(n, Integral) and not isinstance(n, bool) and n > 0 for n in sizes):
        raise ValueError(f"expected sizes to be at least two integers above 0, such as (784, 128, 10), got {sizes!r}")
    return [int(n) for n in sizes]


def pooled(shape, padding):
    """Return height and width after twice a 3 x 3 convolution and max pooling by 2. shape: (c, h, w)."""
    if not isinstance(shape, list | tuple) or len(shape) != 3:
        raise ValueError(f"expected shape to be (channels, height, width), got {shape!r}")
    last = tuple(shape[1:])
    for _ in range(2):
        last = tuple((n + 2 * padding - 2) // 2 for n in last)
    if min(last) < 1:
        raise ValueError(
            f"expected images of at least {10 if padding == 0 else 4} rows and columns with padding={padding}, "
            f"got {shape[1]} x {shape[2]}"
        )
    return last
