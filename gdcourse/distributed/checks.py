"""What every mean over workers refuses, told with the number of the worker; and how a batch is cut into shards."""

import zlib
from itertools import pairwise

from gdcourse import _check


class WorkerLost(RuntimeError):
    """Another worker has ended or is silent; the message says who noticed."""


def lost(rank, workers, error):
    """Return the `WorkerLost` of worker ``rank``, to whom the engine said ``error``."""
    return WorkerLost(f"worker {rank} of {workers} lost another one: {str(error).splitlines()[0]}")


def cuts(n, workers):
    """Return the workers + 1 places that cut range(n) into parts whose lengths differ by 1 at most."""
    return [k * n // workers for k in range(workers + 1)]


def shards(n, workers):
    """Return one slice of range(n) per worker, whose lengths differ by 1 at most. Raises where one would be empty."""
    n, workers = _check.whole("n", n, 1), _check.whole("workers", workers, 1)
    if n < workers:
        raise ValueError(f"expected at least one sample per worker, got {n} samples for {workers} workers")
    return [slice(*ends) for ends in pairwise(cuts(n, workers))]


def weights(sizes, kinds, finite):
    """Return n_k / n of equation (1), or raise, naming the worker that differs.

    sizes: the n_k.  kinds: anything that is equal for gradients of the same shapes.  finite: whether all of g_k is.
    """
    sizes = [_check.whole(f"the size of worker {k}'s shard", size, 0) for k, size in enumerate(sizes)]
    if not sum(sizes):
        raise ValueError(f"expected at least one sample, got {len(sizes)} empty shards")
    for k, kind in enumerate(kinds):
        if kind != kinds[0]:
            raise ValueError(f"expected the same shapes on every worker, got others on worker {k} than on worker 0")
    bad = [k for k, (size, good) in enumerate(zip(sizes, finite, strict=True)) if size and not good]
    if bad:
        raise ValueError(f"expected finite gradients, got NaN or infinity from worker {', '.join(map(str, bad))}")
    return [size / sum(sizes) for size in sizes]


def facts(size, shapes, finite):
    """Return what a worker tells the others of its gradients: its shard's size, their shapes as one number, are they finite."""
    return [size, zlib.crc32(str(shapes).encode()), finite]


def share(facts, rank):
    """Return the weight of worker ``rank``, or raise as `weights` does. facts: those of every worker, (workers, 3)."""
    return weights(*(list(map(int, column)) for column in facts.T))[rank]
