"""One of many processes, through `tf.distribute.MultiWorkerMirroredStrategy`: the mean gradient of all."""

import json
import os

from gdcourse import _check
from gdcourse._lazy import need
from gdcourse.distributed import checks

tf = need("tensorflow")

__all__ = ["Workers"]


class Workers:
    """The processes of one run, of which this is number `rank` of `workers`; a context manager.

    They find each other by their environment, which `torchrun` or `gdcourse.distributed.launch` has set. timeout: seconds
    after which one that is silent counts as lost.
    """

    def __init__(self, timeout=30):
        wait = float(_check.number("timeout", timeout, above=0))
        options = tf.distribute.experimental.CommunicationOptions(
            timeout_seconds=wait, implementation=tf.distribute.experimental.CommunicationImplementation.RING
        )
        self.strategy = tf.distribute.MultiWorkerMirroredStrategy(communication_options=options)
        found = json.loads(os.environ["TF_CONFIG"])
        self.rank, self.workers = found["task"]["index"], len(found["cluster"]["worker"])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.strategy = None

    def allreduce_mean(self, grads, size):
        """Return the gradient of the whole batch, equation (1), a list of arrays, the same on every worker.

        grads: this worker's, the mean over its shard.  size: the samples of its shard. If one worker's gradients are not
        finite or of other shapes, every worker raises, and says whose.
        """
        shapes = [(tuple(g.shape), g.dtype.name) for g in grads]
        finite = all(bool(tf.reduce_all(tf.math.is_finite(g))) for g in grads)
        share = checks.share(self._gather(checks.facts(size, shapes, finite)), self.rank)
        mine = [share * g if share else tf.zeros_like(g) for g in grads]
        return [self._sum(g) for g in mine]

    def _gather(self, numbers):
        """Return the numbers of every worker, (workers, count)."""
        rows = [[number * (k == self.rank) for number in map(float, numbers)] for k in range(self.workers)]
        return self._sum(tf.constant(rows, tf.float64)).numpy()

    def _sum(self, g):
        try:
            return self.strategy.reduce("SUM", self.strategy.run(tf.identity, args=(g,)), axis=None)
        except (tf.errors.OpError, RuntimeError) as error:
            raise checks.lost(self.rank, self.workers, error) from None
