"""What every mean over workers refuses, told with the number of the worker; and how a batch is cut into shards."""

from itertools import pairwise
from numbers import Integral


class WorkerLost(RuntimeError):
    """Another worker has ended or is silent; the message says who noticed."""


def whole(name, value, least):
    """Return value if it is an integer of at least `least`, else raise."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"expected {name} to be an integer, got {type(value).__name__}")
    if value < least:
        raise ValueError(f"expected {name} of at least {least}, got {value}")
    return int(value)


def shards(n, workers):
    """Return one slice of range(n) per worker, whose lengths differ by 1 at most. Raises where one would be empty."""
    n, workers = whole("n", n, 1), whole("workers", workers, 1)
    if n < workers:
        raise ValueError(f"expected at least one sample per worker, got {n} samples for {workers} workers")
    cuts = [k * n // workers for k in range(workers + 1)]
    return [slice(*ends) for ends in pairwise(cuts)]


def weights(sizes, kinds, finite):
    """Return n_k / n of equation (1), or raise, naming the worker that differs.

    sizes: the n_k.  kinds: anything that is equal for gradients of the same shapes.  finite: whether all of g_k is.
    """
    sizes = [whole(f"the size of worker {k}'s shard", size, 0) for k, size in enumerate(sizes)]
    if not sum(sizes):
        raise ValueError(f"expected at least one sample, got {len(sizes)} empty shards")
    for k, kind in enumerate(kinds):
        if kind != kinds[0]:
            raise ValueError(f"expected the same shapes on every worker, got others on worker {k} than on worker 0")
    bad = [k for k, (size, good) in enumerate(zip(sizes, finite, strict=True)) if size and not good]
    if bad:
        raise ValueError(f"expected finite gradients, got NaN or infinity from worker {', '.join(map(str, bad))}")
    return [size / sum(sizes) for size in sizes]
