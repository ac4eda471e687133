"""One of many processes, through `torch.distributed` with gloo: the mean gradient of all."""

from datetime import timedelta

from gdcourse import _check
from gdcourse._lazy import need
from gdcourse.distributed import checks

torch = need("torch")

__all__ = ["Workers"]


class Workers:
    """The processes of one run, of which this is number `rank` of `workers`; a context manager.

    They find each other by their environment, which `torchrun` or `gdcourse.distributed.launch` has set. timeout: seconds
    after which one that is silent counts as lost.
    """

    def __init__(self, timeout=30):
        wait = timedelta(seconds=float(_check.number("timeout", timeout, above=0)))
        torch.distributed.init_process_group("gloo", timeout=wait)
        self.rank, self.workers = torch.distributed.get_rank(), torch.distributed.get_world_size()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        torch.distributed.destroy_process_group()

    def allreduce_mean(self, grads, size):
        """Return the gradient of the whole batch, equation (1), a list of arrays, the same on every worker.

        grads: this worker's, the mean over its shard.  size: the samples of its shard. If one worker's gradients are not
        finite or of other shapes, every worker raises, and says whose.
        """
        shapes = [(tuple(g.shape), str(g.dtype)) for g in grads]
        finite = all(bool(torch.isfinite(g).all()) for g in grads)
        share = checks.share(self._gather(checks.facts(size, shapes, finite)), self.rank)
        mine = [share * g.detach() if share else torch.zeros_like(g) for g in grads]
        for g in mine:
            self._all(torch.distributed.all_reduce, g)
        return mine

    def _gather(self, numbers):
        """Return the numbers of every worker, (workers, count)."""
        own = torch.tensor(numbers, dtype=torch.float64)
        found = [torch.empty_like(own) for _ in range(self.workers)]
        self._all(torch.distributed.all_gather, found, own)
        return torch.stack(found)

    def _all(self, operation, *tensors):
        try:
            operation(*tensors)
        except RuntimeError as error:
            raise checks.lost(self.rank, self.workers, error) from None
