"""All workers of a run in one process, by hand: what is sent, how much, and what delay, distance and compression do."""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gdcourse import _check
from gdcourse.distributed import checks

__all__ = ["Cost", "ErrorFeedback", "LocalSGD", "Sign", "StaleGD", "TopK"]
__all__ += ["allreduce_mean", "cost_model", "gather_bytes", "ring_allreduce", "ring_rounds"]


def allreduce_mean(grads, sizes):
    """Return the gradient of the whole batch, equation (1), a list of arrays.

    grads: one list of arrays per worker, means over its shard.  sizes: the samples of each shard. Of a shard of size 0 the
    gradient is not looked at: a mean over nothing is NaN.
    """
    if not isinstance(grads, list | tuple) or not grads or len(grads) != len(sizes):
        raise ValueError(f"expected one list of gradients and one size per worker, got {len(grads)} and {len(sizes)}")
    workers = [[np.asarray(g) for g in worker] for worker in grads]
    kinds = [[g.shape for g in worker] for worker in workers]
    finite = [all(np.isfinite(g).all() for g in worker) for worker in workers]
    shares = checks.weights(sizes, kinds, finite)
    counted = [(share, worker) for share, worker in zip(shares, workers, strict=True) if share]
    return [sum(share * worker[i] for share, worker in counted) for i in range(len(kinds[0]))]


def ring_rounds(arrays):
    """Yield (piece that each worker has just sent, (N,); all arrays, (N, d)) of a ring, before it and after each round.

    arrays: one array (d,) per worker, N > 1. At first nothing has been sent: -1. Then N - 1 rounds add, and N - 1 replace.
    """
    held = _same(arrays)
    n = len(held)
    cuts = [slice(*ends) for ends in pairwise(checks.cuts(held.shape[1], n))]
    yield np.full(n, -1), held.copy()
    for t in range(2 * (n - 1)):
        pieces = (np.arange(n) - t + (t >= n - 1) * n) % n
        sent = [held[k, cuts[piece]].copy() for k, piece in enumerate(pieces)]
        for k, piece in enumerate(pieces):
            after = held[(k + 1) % n, cuts[piece]]
            after[...] = after + sent[k] if t < n - 1 else sent[k]
        yield pieces, held.copy()


def ring_allreduce(arrays):
    """Return (the sum of all arrays as each worker holds it, (N, d); bytes that each worker sent, (N,)). arrays: N of (d,)."""
    held, n = _same(arrays), len(arrays)
    lengths = np.diff(checks.cuts(held.shape[1], n)) * held.itemsize
    sent = np.zeros(n, dtype=int)
    for pieces, after in ring_rounds(arrays):
        if pieces[0] >= 0:
            sent += lengths[pieces]
        held = after
    return held, sent


def gather_bytes(arrays):
    """Return the bytes that each worker moves, (N,), in or out, if all send to worker 0 and it sends the sum back."""
    held = _same(arrays)
    moved = np.full(len(held), 2 * held[0].nbytes)
    moved[0] *= len(held) - 1
    return moved


def _same(arrays):
    arrays = [np.asarray(a) for a in arrays]
    shapes = [a.shape for a in arrays]
    if len(arrays) < 2 or len(set(shapes)) > 1 or len(shapes[0]) != 1:
        raise ValueError(f"expected at least two arrays of one shape (d,), got shapes {shapes}")
    for k, a in enumerate(arrays):
        if not np.isfinite(a).all():
            raise ValueError(f"expected finite numbers, got NaN or infinity from worker {k}")
    return np.array(arrays, dtype=np.result_type(*arrays))


def _begin(params, grads):
    _check.paired(params, grads)
    _check.gradients(grads, lambda g: np.isfinite(g).all())


class StaleGD:
    """Descent by gradients that are late, equation (3). lr: at least 0.  delay: tau, steps."""

    def __init__(self, lr, delay):
        self.lr = float(_check.number("lr", lr, least=0))
        self._late = deque(maxlen=_check.whole("delay", delay, 0) + 1)

    def step(self, params, grads):
        """Update in place by the gradient of `delay` steps ago, or the first; params, grads: lists of equal-shaped arrays."""
        _begin(params, grads)
        self._late.append([g.copy() for g in grads])
        for p, g in zip(params, self._late[0], strict=True):
            p -= self.lr * g


class LocalSGD:
    """Descent apart, and the mean every few steps, equation (4). lr: at least 0.  every: H, steps between means."""

    def __init__(self, lr, every):
        self.lr, self.every = float(_check.number("lr", lr, least=0)), _check.whole("every", every, 1)
        self.t = self.means = 0

    def step(self, replicas, grads):
        """Update in place; replicas, grads: one list of arrays per worker. `means` counts how often they talked."""
        if len(replicas) != len(grads):
            raise ValueError(f"expected gradients of {len(replicas)} workers, got {len(grads)}")
        for params, own in zip(replicas, grads, strict=True):
            _begin(params, own)
        for params, own in zip(replicas, grads, strict=True):
            for p, g in zip(params, own, strict=True):
                p -= self.lr * g
        self.t += 1
        if self.t % self.every == 0:
            self.means += 1
            for same in zip(*replicas, strict=True):
                mean = np.mean(same, axis=0)
                for p in same:
                    p[...] = mean


class TopK:
    """Keep the k entries of largest size, equation (5); of equal ones the first. k: at least 1."""

    def __init__(self, k):
        self.k = _check.whole("k", k, 1)

    def __call__(self, a):
        """Return what arrives, an array like a."""
        flat = np.asarray(a).ravel()
        kept = np.argsort(-np.abs(flat), kind="stable")[: self.k]
        sent = np.zeros_like(flat)
        sent[kept] = flat[kept]
        return sent.reshape(np.shape(a))

    def bytes(self, a):
        """Return how many bytes go over the wire: each entry kept, and its place in four bytes."""
        return min(self.k, a.size) * (a.itemsize + 4)


class Sign:
    """Keep each entry's sign and the mean size, equation (5). The sign of 0 is 0."""

    def __call__(self, a):
        """Return what arrives, an array like a."""
        return np.sign(a) * np.mean(np.abs(a))

    def bytes(self, a):
        """Return how many bytes go over the wire: a bit for each entry, and one number."""
        return -(-a.size // 8) + a.itemsize


class ErrorFeedback:
    """Equation (6), one on each worker. compressor: `TopK` or `Sign`. Feed it steps, eta g, if the rate changes."""

    def __init__(self, compressor):
        if not callable(compressor):
            raise TypeError(f"expected a compressor such as TopK(3) or Sign(), got {type(compressor).__name__}")
        self.compressor, self.memory = compressor, None

    def send(self, arrays):
        """Return what arrives of a list of arrays, and remember what does not."""
        _check.gradients(arrays, lambda a: np.isfinite(a).all())
        if self.memory is None:
            self.memory = [np.zeros_like(a) for a in arrays]
        _check.paired(self.memory, arrays)
        wanted = [a + e for a, e in zip(arrays, self.memory, strict=True)]
        sent = [self.compressor(w) for w in wanted]
        self.memory = [w - s for w, s in zip(wanted, sent, strict=True)]
        return sent


@dataclass(frozen=True)
class Cost:
    """Seconds of one step, equation (7), in its three parts; numbers or arrays."""

    compute: float
    latency: float
    transfer: float

    @property
    def total(self):
        """All three together."""
        return self.compute + self.latency + self.transfer


def cost_model(workers, *, compute, size, latency, bandwidth):
    """Return the `Cost` of one step on so many workers, equation (7). workers: a number or an array of at least 1.

    compute: seconds for the whole batch on one.  size: bytes of the gradient.  latency: seconds per message.  bandwidth:
    bytes per second.
    """
    n = np.asarray(workers)
    if not n.size or (n < 1).any():
        raise ValueError(f"expected workers of at least 1, got {workers}")
    for name, value in (("compute", compute), ("size", size), ("latency", latency)):
        _check.number(name, value, least=0)
    _check.number("bandwidth", bandwidth, above=0)
    return Cost(compute / n, 2 * (n - 1) * latency, 2 * (n - 1) / n * size / bandwidth)
