"""Memory that is used again: a step of training asks for the same arrays as the step before.

The system hands out large pieces of memory as pages that it clears one by one when they are first touched, and takes them
back when the array is gone. For a small convolutional network that can cost more than the arithmetic. So a block that
nobody holds any more, neither the array that was made from it nor any view of that array, is kept and given to the next
array of its size, as PyTorch's own allocators do.
"""

import math
import weakref

import numpy as np

SMALLEST, LIMIT = (
    2**16,
    2**26,
)  # bytes: smaller arrays cost nothing to make; of what is kept, all is let go beyond the limit
_kept = {}  # bytes -> blocks of that many which nobody holds


def empty(shape, dtype):
    """Return an array whose entries are anything, as `numpy.empty` does."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < SMALLEST:
        return np.empty(shape, dtype)
    block = _take(size)
    # Every view of `array` holds it, since NumPy looks through views to the first array, and this one's base is none.
    array = np.frombuffer(memoryview(block), dtype)
    weakref.finalize(array, _keep, block).atexit = False
    return array.reshape(shape)


def empty_like(a, dtype=None):
    """Return an array of the shape of a, and with its axes in the same order in memory, whose entries are anything."""
    order = _order(a)
    made = empty([a.shape[axis] for axis in order], a.dtype if dtype is None else dtype)
    return made.transpose(np.argsort(order))


def zeros_like(a, dtype=None):
    """Return zeros of the shape of a, and with its axes in the same order in memory."""
    made = empty_like(a, dtype)
    made.fill(0)
    return made


def ordered_like(a, other):
    """Return a, or a copy of it, with its axes in the order in memory that those of other have; of one shape."""
    if _order(a) == _order(other):
        return a
    made = empty_like(other, a.dtype)
    made[...] = a
    return made


def product(A, B):
    """Return the matrix product A B."""
    return np.matmul(A, B, out=empty((len(A), B.shape[1]), A.dtype))


def _order(a):
    return sorted(range(a.ndim), key=lambda axis: -a.strides[axis])


def _take(size):
    try:
        return _kept[size].pop()
    except (KeyError, IndexError):
        return np.empty(size, np.uint8)


def _keep(block):
    if sum(size * len(blocks) for size, blocks in list(_kept.items())) + block.nbytes > LIMIT:
        _kept.clear()
    if block.nbytes <= LIMIT:
        _kept.setdefault(block.nbytes, []).append(block)
