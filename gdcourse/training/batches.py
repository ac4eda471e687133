"""Mini-batches of rows, the same in every framework."""

from itertools import islice

import numpy as np


def batches(n, size, rng):
    """Yield index arrays that cover 0..n-1 once, in the random order of ``rng``; the last may be short.

    size=None yields all rows as one batch, in order.

    >>> [list(map(int, rows)) for rows in batches(5, 2, np.random.default_rng(0))]
    [[2, 4], [3, 0], [1]]
    """
    if size is None:
        yield np.arange(n)
        return
    if not 1 <= size <= n:
        raise ValueError(f"expected a batch size from 1 to {n} (the number of rows), got {size}")
    order = rng.permutation(n)
    for start in range(0, n, size):
        yield order[start : start + size]


def groups(n, size, count, rng):
    """Yield lists of ``count`` successive `batches`, one list for each step; the last may be short.

    >>> [[len(rows) for rows in group] for group in groups(10, 3, 2, np.random.default_rng(0))]
    [[3, 3], [3, 1]]
    """
    parts = batches(n, size, rng)
    while group := list(islice(parts, count)):
        yield group
