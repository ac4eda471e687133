r"""Gradient descent on many workers: `numpy` plays all of them, `torch` and `tensorflow` are one of many processes.

Worker k of N holds n_k of the n samples, its shard, and g_k, the mean gradient over them. What the workers need is the gradient
of the whole batch:

    g = sum_k (n_k / n) g_k                                                                               (1)

The plain mean of the g_k is g only if the shards are equally large. A shard without samples has no mean; its weight is 0.

**Ring all-reduce** (Patarasuk & Yuan 2009, Journal of Parallel and Distributed Computing 69). Every worker cuts its array
into N pieces and sends only to the next one in a ring. N - 1 rounds of "add and pass on" leave each piece's sum with one
worker, N - 1 rounds of "pass on" bring it to all. Each worker sends, of an array of b bytes,

    2 (N - 1) / N b                                                                                       (2)

however many there are. If all send to one worker and it sends the sum back, that one moves 2 (N - 1) b.

**Stale gradients.** A worker that does not wait applies a gradient that was taken tau steps ago:

    x_{t+1} = x_t - eta g(x_{max(0, t - tau)})                                                            (3)

On a quadratic with curvature a, (3) is stable exactly for 0 < eta a < 2 sin(pi / (2 (2 tau + 1))): 2 without delay, 1 for one
step, 0.618 for two. It is the root of largest size of z^{tau+1} - z^tau + eta a that leaves the unit circle there
(the condition of Levin & May 1976, Theoretical Population Biology 9, for such equations).

**Local SGD** (Stich 2019, arXiv:1805.09767). Each worker descends alone, and every H steps all take the mean:

    x_k = x_k - eta g_k(x_k),    and x_k = mean of all x if H divides t                                   (4)

**Compression with error feedback** (Karimireddy et al. 2019, arXiv:1901.09847). C keeps little of an array:

    top-k       the k entries of largest size, the others 0
    sign        sign(a) mean |a|                                                                          (5)
    feedback    send C(a + e), and keep e = a + e - C(a + e) for the next time                            (6)

Without (6), what C leaves out may be left out for ever.

**A cost model.** One step on N workers, with c seconds of computing for the whole batch, a latency of l seconds for each
message, a bandwidth of w bytes a second, and a gradient of b bytes in a ring:

    c / N  +  2 (N - 1) l  +  2 (N - 1) / N  b / w                                                        (7)

A rate that is multiplied with the batch ("linear scaling", with warm-up) is of Goyal et al. 2017, arXiv:1706.02677.

`torch` uses `torch.distributed` with gloo, `tensorflow` `tf.distribute.MultiWorkerMirroredStrategy`; they have the same names.
`launch` starts workers on this machine for either, and says which one ended and how. On a cluster `torchrun` does that.
"""

from gdcourse._lazy import frameworks

__getattr__, __dir__ = frameworks(__name__)
