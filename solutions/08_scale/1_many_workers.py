# %% [markdown]
# # Many workers, one gradient
#
# {{about}}
#
# **After this lesson you can**
#
# - split a batch over workers and put their gradients together so that the step is that of one machine,
# - say which weights shards of different size need, and what an empty one does,
# - say why batch normalisation does not split,
# - run a ring all-reduce by hand, and count its bytes.
#
# **You need** the gradient of a mean over a batch (unit 01), and what [[batch normalisation]] does (unit 06).

# %% [markdown]
# ## Six samples, three workers
#
# A model predicts $\hat y = w x$, with the loss $J$ = the mean of $\frac12 (\hat y - y)^2$. At $w = 0$ the gradient of
# one sample is $(0 - y)\,x = -xy$. Take six samples:
#
# | $x$ | 1 | 2 | 1 | 3 | 2 | 1 |
# |:--|--:|--:|--:|--:|--:|--:|
# | $y$ | 2 | 1 | 4 | 2 | 3 | 4 |
# | gradient | -2 | -2 | -4 | -6 | -6 | -4 |
#
# Their sum is $-24$, so the gradient of the whole batch is $-24/6 = -4$.
#
# Now three **workers**, machines or processes, share the batch. Each takes a **[[shard]]**, a part of its own, and
# finds the mean gradient over it. With two samples each they find $-2$, $-5$ and $-5$. The mean of these is $-4$,
# as it should be. Every worker takes the same step with it, so all keep the same $w$. This is
# **[[data parallelism]]**: the model is copied, the data are split.
#
# **Predict.** The shards are of size 1, 2 and 3 instead. What do the three workers find, and what is the mean of it?

# %%
import numpy as np

x = np.array([1.0, 2.0, 1.0, 3.0, 2.0, 1.0])
y = np.array([2.0, 1.0, 4.0, 2.0, 3.0, 4.0])
w = 0.0


def gradient(rows):
    return np.mean((w * x[rows] - y[rows]) * x[rows])


# %%
shards = [[0], [1, 2], [3, 4, 5]]
found = np.array([gradient(rows) for rows in shards])
sizes = np.array([1, 2, 3])
print("whole batch:  ", gradient(range(6)))
print("each worker:  ", found.round(3))
print("plain mean:   ", found.mean().round(3))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# They find $-2$, then $(-2-4)/2 = -3$, then $(-6-6-4)/3 = -5.333$. The plain mean is $-3.444$, not $-4$. It counts
# the one sample of the first worker as much as three of the last.
#
# </details>
#
# ## The weights
#
# Let worker $k$ of $N$ hold $n_k$ of the $n$ samples. Its mean times $n_k$ is the sum over its shard. Add the sums,
# then divide by $n$:
#
# $$g = \frac1n \sum_{i=1}^{n} g_i = \frac1n \sum_{k=1}^{N} n_k \Bigl(\frac{1}{n_k} \sum_{i \text{ on } k} g_i\Bigr)
# = \sum_{k=1}^{N} \frac{n_k}{n}\, g_k. \tag{1}$$
#
# Here $g_i$ is the gradient of sample $i$ and $g_k$ the mean on worker $k$. In the example:
# $\frac16 (-2) + \frac26 (-3) + \frac36 (-5.333) = -4$.
#
# **A shard may be empty**, at the end of an epoch for instance. Its weight is 0. But mind the code: the mean over no
# samples is `nan`, and `0 * nan` is `nan`. The empty shard has to be left out. In the exercises you write that: {{exercise:allreduce_mean}}.

# %%
print("weighted mean:", (sizes / 6) @ found)
print("0 * nan:", 0 * np.nan)

# %% tags=["check"]
# The numbers by hand
assert (-x * y).tolist() == [-2, -2, -4, -6, -6, -4] and gradient(range(6)) == -4
assert [gradient([k, k + 1]) for k in (0, 2, 4)] == [-2, -5, -5]
assert np.allclose(found, [-2, -3, -16 / 3]) and round(-16 / 3, 3) == -5.333
assert round(found.mean(), 3) == -3.444 and np.isclose(sizes / 6 @ found, -4)
assert np.isnan(0 * np.nan)
print("checked: the plain mean is wrong for unequal shards, the weighted one right")

# %% [markdown]
# Does this hold for a network, with all its layers? Equation (1) asks for nothing but a mean over samples, so yes.
# Try it with a network for digits. The library's `allreduce_mean` is equation (1); it takes one list of gradients for
# each worker, and the sizes.

# %%
from gdcourse.datasets import digits
from gdcourse.distributed.numpy import allreduce_mean
from gdcourse.losses.numpy import softmax_ce_grad
from gdcourse.models.numpy import mlp

images, labels = (part[:120] for part in digits()[:2])


def gradients(rows):
    model = mlp((64, 32, 10), seed=1)
    scores = model.forward(images[rows], train=True)
    model.backward(softmax_ce_grad(scores, labels[rows]))
    return model.grads


# %%
parts = [slice(0, 7), slice(7, 50), slice(50, 120)]
whole = gradients(slice(0, 120))
mean = allreduce_mean([gradients(part) for part in parts], [7, 43, 70])
gap = max(np.abs(a - b).max() for a, b in zip(whole, mean, strict=True))
print("largest difference below 1e-12:", gap < 1e-12)

# %% tags=["check"]
# Equation (1) on a network: equal, unequal and empty shards
size = max(np.abs(g).max() for g in whole)
cuts = [np.linspace(0, 120, n + 1, dtype=int) for n in (2, 3, 8)]
cuts += [np.array([0, 1, 100, 120]), np.array([0, 60, 60, 120])]
for cut in cuts:
    pieces = [slice(*ends) for ends in zip(cut[:-1], cut[1:], strict=True)]
    own = [
        gradients(piece) if piece.stop > piece.start else [g * np.nan for g in whole]
        for piece in pieces
    ]
    both = zip(whole, allreduce_mean(own, np.diff(cut).tolist()), strict=True)
    assert max(np.abs(a - b).max() for a, b in both) < 1e-12 * max(1, size)
plain = [sum(g) / 3 for g in zip(*(gradients(part) for part in parts), strict=True)]
off = max(np.abs(a - b).max() for a, b in zip(whole, plain, strict=True))
assert gap < 1e-12 and off > 0.01 * size
print("checked: the mean of shard gradients is the batch's, to 1e-12")

# %% [markdown]
# Equation (1) is about *gradients*, and Adam's step is not linear in them: take the mean first, then let every worker step.
#
# ## What does not split: batch normalisation
#
# Take four numbers, 0 and 2 on one worker, 4 and 6 on another. Batch normalisation takes the batch's mean off and
# divides by its standard deviation, $\sqrt5 = 2.236$ for the whole batch.
#
# **Predict.** Each worker normalises its own two numbers. What do the two get? What is lost?


# %%
def normalised(v):
    return (v - v.mean()) / v.std()


v = np.array([0.0, 2.0, 4.0, 6.0])
print("whole batch: ", normalised(v).round(3))
print("each its own:", normalised(v[:2]), normalised(v[2:]))

# the gradient of the mean of (c z - v)^2 / 2 for c, at c = 0
grad_whole = np.mean(-v * normalised(v))
grad_own = [float(np.mean(-part * normalised(part))) for part in (v[:2], v[2:])]
print("gradients:", grad_whole.round(3), "and", grad_own)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Both get $-1$ and $1$. That the second worker's numbers are larger is lost. The gradient for a factor $c$ behind the
# layer is $-2.236$ on the whole batch and $-1$ on each worker, and no weights make $-2.236$ of two times $-1$
# when they add up to 1.
#
# </details>
#
# The reason: equation (1) needs a loss that is a *sum over samples*. With batch normalisation the loss of one sample
# depends on the others of its batch, and now these are others. What people do: leave it so, and call the shard the batch;
# or send means and variances around too (`SyncBatchNorm` in PyTorch, `synchronized=True` in Keras); or
# use layer normalisation, which looks at one sample at a time.

# %% tags=["check"]
# Batch normalisation on a whole batch and on its halves
assert np.isclose(v.std(), 5**0.5) and round(5**0.5, 3) == 2.236
assert normalised(v[:2]).tolist() == normalised(v[2:]).tolist() == [-1, 1]
assert np.isclose(grad_whole, -2.236, atol=1e-3) and grad_own == [-1, -1]
print("checked: normalised shard by shard, the gradient is another one")

# %% [markdown]
# ## A ring, by hand
#
# How does each worker come to know the sum of all arrays? This is called an **[[all-reduce]]**. The naive way: all send
# theirs to worker 0, which adds and sends the sum back. Worker 0 then moves everything.
#
# The **ring** (Patarasuk and Yuan, 2009) shares the work. Each worker cuts its array into $N$ pieces and sends only to the
# next one. Three workers hold $(1, 2, 3)$, $(10, 20, 30)$ and $(100, 200, 300)$; a piece is one number.
#
# - **Add and pass on**, $N - 1 = 2$ rounds. In round 1 worker 0 sends its first piece, 1, to worker 1, which adds: 11.
#   At the same time worker 1 sends 20 to worker 2, and worker 2 sends 300 to worker 0. In round 2 each sends on
#   the sum that it has just made: worker 1 sends 11 to worker 2, which now has 111, *whole*.
# - **Pass on**, 2 rounds. Now each worker has one whole piece. It goes around, and replaces what it meets.
#
# **Predict.** Which piece is whole on worker 0 after the two rounds of adding? How many numbers has each worker sent at the end?

# %%
from gdcourse.distributed.numpy import gather_bytes, ring_allreduce, ring_rounds

arrays = [np.array([1.0, 2.0, 3.0]) * 10**k for k in range(3)]
rounds = list(ring_rounds(arrays))
for t, (_, held) in enumerate(rounds):
    print(f"after round {t}:", [row.astype(int).tolist() for row in held])

total, sent = ring_allreduce(arrays)
print("bytes that each sent:", sent.tolist())
print("bytes that each moves in a gather:", gather_bytes(arrays).tolist())

# %% tags=["draw"]
# A film: pieces on their way around the ring
from gdcourse import plots

ANGLE = np.pi / 2 - 2 * np.pi * np.arange(3) / 3
HOMES = np.stack([1.5 * np.cos(ANGLE), np.sin(ANGLE)], axis=1)
SLOTS = np.array([-0.42, 0.0, 0.42])
FULL = [111, 222, 333]


def ring(state):
    t, share = state
    held = rounds[t][1]
    fig, ax = plots.figure(width=6.0, height=3.6)
    for k, home in enumerate(HOMES):
        ax.text(*(home + [0, 0.3]), f"worker {k}", ha="center")
        for j, slot in enumerate(SLOTS):
            number = int(held[k, j])
            box = {"facecolor": "white", "edgecolor": plots.COLOURS[j], "linewidth": 2}
            weight = "bold" if number == FULL[j] else "normal"
            spot = home + [slot, 0]
            ax.text(
                *spot, f"{number}", ha="center", va="center", bbox=box, weight=weight
            )
    if share is not None:
        for k, j in enumerate(rounds[t + 1][0]):
            start, end = (HOMES[each % 3] + [SLOTS[j], 0] for each in (k, k + 1))
            box = {"facecolor": plots.COLOURS[j], "edgecolor": "black"}
            spot = start + share * (end - start)
            number = f"{int(held[k, j])}"
            ax.text(*spot, number, ha="center", va="center", bbox=box, color="white")
    what = "add and pass on" if t < 2 else "pass on"
    ax.set(xlim=(-2.2, 2.2), ylim=(-0.9, 1.6), xticks=[], yticks=[])
    ax.set_title("all have the sum" if share is None else f"round {t + 1}: {what}")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return fig


states = [(t, share) for t in range(4) for share in np.linspace(0, 1, 9)]
film = plots.film(ring, [*states, (4, None)], seconds=12)
plots.show(
    film,
    alt="Three workers in a ring. In two rounds, pieces travel to the next worker and are added; "
    "in two more the sums 111, 222 and 333 travel on and replace. At the end all three hold them.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Worker 0 has the second piece whole, 222: in round 2 worker 2 sent it 220, and it had 2. Each worker sends one number
# in each of four rounds: 4 numbers of 8 bytes, 32 bytes, and takes in as many: it moves 64. In the gather, worker 0 moves 96
# bytes and each other one 48.
#
# </details>
#
# Step through it yourself. (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the rounds
pictures = {
    t: (ring((t, 0.5 if t < 4 else None)), f"After {t} of 4 rounds of the ring.")
    for t in range(5)
}
plots.slider(lambda t: pictures[t], t=list(pictures))

# %% [markdown]
# ## Bytes
#
# Let the array have $c$ bytes, so a piece has $c/N$. Each worker sends one piece in each of $2(N-1)$ rounds:
#
# $$\text{bytes that each worker sends in the ring} = 2\,\frac{N-1}{N}\,c < 2c. \tag{2}$$
#
# In the naive gather, worker 0 takes in $N - 1$ arrays and sends $N - 1$: it moves $2(N-1)\,c$ bytes, and all wait for it.
#
# Let a gradient have $c = 100$ million bytes, for 2, 10 and 1,000 workers:

# %%
workers = np.array([2, 10, 1000])
in_ring = 2 * (workers - 1) / workers * 100
in_gather = 2 * (workers - 1) * 100
print("ring:  ", in_ring)
print("gather:", in_gather)

# %% tags=["draw"]
# Bytes that the busiest worker moves, against the number of workers
many = np.arange(2, 65)
fig, ax = plots.figure(width=6.4, height=3.2)
ax.plot(many, 2 * (many - 1), label="gather: worker 0")
ax.plot(many, 4 * (many - 1) / many, label="ring: each worker")
ax.set(yscale="log", xlabel="workers $N$", ylabel="sizes of the array")
ax.set(title="what the busiest worker moves, in and out")
ax.legend()
plots.show(
    fig,
    alt="Against the number of workers from 2 to 64, on a log scale: in a gather worker 0 moves ever "
    "more, up to 126 arrays; in the ring each worker moves between 2 and 4 arrays.",
)

# %% [markdown]
# In the ring a worker sends 100, 180 and 199.8 million, and takes in as many: hardly more with a thousand workers than with ten.
# In the gather worker 0 moves 200, then 1,800, then 199,800 million.
#
# What fails: the *rounds*. There are $2(N-1)$ of them, and each waits for a message. Lesson 3 puts that into a cost model.

# %% tags=["check"]
# The ring: rounds, bytes, and equation (2) for other sizes
assert rounds[1][1].tolist() == [[1, 2, 303], [11, 20, 30], [100, 220, 300]]
assert rounds[2][1][0, 1] == 222 and rounds[2][1][2, 0] == 111
assert rounds[2][0].tolist() == [2, 0, 1] and rounds[1][1][2, 1] == 220
assert FULL == [111, 222, 333] and total.tolist() == [FULL] * 3 and len(rounds) == 5
assert sent.tolist() == [32] * 3 and gather_bytes(arrays).tolist() == [96, 48, 48]
for n in (2, 3, 5, 8):
    some = list(np.random.default_rng(n).normal(size=(n, 40 * n)))
    summed, out = ring_allreduce(some)
    assert np.allclose(summed, np.sum(some, axis=0), rtol=1e-12, atol=1e-13)
    assert out.tolist() == [2 * (n - 1) * 40 * 8] * n  # c / n is 40 numbers
assert np.allclose(in_ring, [100, 180, 199.8]) and in_gather.tolist() == [
    200,
    1800,
    199800,
]
assert 2 * (64 - 1) == 126 and (2 * (many - 1) / many).max() < 2
assert (4 * (many - 1) / many).min() == 2 and many[0] == 2 and 2 * 32 == 64
assert np.isclose(in_ring * 1000, [100_000, 180_000, 199_800]).all()
print("checked: four rounds by hand, and the bytes of equation (2)")

# %% [markdown]
# ## In three frameworks
#
# Equation (1) is the same everywhere. Two shards, of 40 and 80 images, one linear layer:

# %%
V = np.random.default_rng(0).normal(0, 0.1, (64, 10))


def shard_gradient(rows):
    score = images[rows] @ V
    return images[rows].T @ softmax_ce_grad(score, labels[rows])


two = [shard_gradient(slice(0, 40)), shard_gradient(slice(40, 120))]
g = (40 * two[0] + 80 * two[1]) / 120
print("NumPy:     ", g[20, :3])

# %% tags=["torch"]
import torch

V_t = torch.tensor(V, requires_grad=True)
for rows in (slice(0, 40), slice(40, 120)):
    X_t, y_t = torch.tensor(images[rows]), torch.tensor(labels[rows])
    loss = torch.nn.functional.cross_entropy(X_t @ V_t, y_t)
    (loss * len(y_t) / 120).backward()  # .grad adds up
print("PyTorch:   ", V_t.grad[20, :3].numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

V_k, g_k = tf.Variable(V), 0
for rows in (slice(0, 40), slice(40, 120)):
    with tf.GradientTape() as tape:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels[rows], images[rows] @ V_k
        )
        loss_k = tf.reduce_mean(losses) * (len(losses) / 120)
    g_k = g_k + tape.gradient(loss_k, V_k)
print("TensorFlow:", g_k[20, :3].numpy())

# %% tags=["check", "torch", "tensorflow"]
# One gradient of the whole batch in all three
batch = shard_gradient(slice(0, 120))
for other in (g, V_t.grad.numpy(), g_k.numpy()):
    assert np.abs(batch - other).max() < 1e-12
assert np.abs(batch).max() > 0.01
print("checked: NumPy, PyTorch and TensorFlow, two shards and the whole batch")

# %% [markdown]
# ## Summary
#
# - The gradient of the batch is the mean of the shards' gradients, weighted by their sizes. Empty shards are left out.
# - All workers take the mean before they step, so they keep the same parameters.
# - It holds for losses that are sums over samples. Batch normalisation makes samples depend on each other.
# - A ring all-reduce takes $2(N-1)$ rounds. Each worker sends less than twice the array, however many there are.
#
# ## Common mistakes
#
# - **The plain mean of unequal shards.** The last batch of an epoch is where it happens.
# - **`0 * nan`.** One empty shard, and every worker has `nan`.
# - **The sum in place of the mean.** Then the learning rate grows with the number of workers, unseen.
# - **Different starts.** Equal steps keep equal parameters equal, and different ones different. Send worker 0's to all first.
#
# ## Quick questions
#
# 1. Two workers hold 30 and 10 samples and find the gradients 2 and 6. What is the batch's?
#
#    <details><summary><b>Answer</b></summary>
#
#    $\frac{30}{40} \cdot 2 + \frac{10}{40} \cdot 6 = 3$.
#
#    </details>
# 2. Five workers sum an array of 10 numbers in a ring. How many rounds, and how many numbers does each send?
#
#    <details><summary><b>Answer</b></summary>
#
#    8 rounds, a piece of 2 numbers in each: 16 numbers.
#
#    </details>
# 3. Why does layer normalisation split, when batch normalisation does not?
#
#    <details><summary><b>Answer</b></summary>
#
#    It takes mean and deviation over one sample's features. The loss stays a sum over samples.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that in any all-reduce each worker sends at least $c$ bytes, if nothing is compressed. How far is the ring from that bound?
#
# <details><summary><b>Outline</b></summary>
#
# Each of a worker's numbers, or a sum that holds it, has to leave the worker: $c$ bytes. The ring sends $2(N-1)/N$ times as much:
# with two workers it meets the bound, with many it is within a factor of 2.
#
# </details>

# %% [markdown]
# **Try.** Cut the arrays of `ring_allreduce` so that the number of workers does not divide their length, such as 7 numbers on 3
# workers. Does every worker send the same number of bytes? Do all rounds take equally long?
#
# <details><summary><b>Outline</b></summary>
#
# No: the pieces hold 2, 2 and 3 numbers. Who sends the long piece more often sends more; and in each round somebody sends it, so
# each round lasts as long as the longest piece.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert (30 * 2 + 10 * 6) / 40 == 3
assert ring_allreduce([np.ones(10)] * 5)[1].tolist() == [16 * 8] * 5
uneven = list(ring_rounds([np.ones(7)] * 3))
assert len(set(ring_allreduce([np.ones(7)] * 3)[1].tolist())) > 1
assert all(2 in pieces for pieces, _ in uneven[1:]) and [7 // 3, 14 // 3, 7] == [
    2,
    4,
    7,
]
print("checked: the numbers of the questions")

# %% [markdown]
# ## References
#
# - P. Patarasuk, X. Yuan (2009). Bandwidth optimal all-reduce algorithms for clusters of workstations. *Journal of Parallel and Distributed Computing* 69, 117–124.
# - P. Goyal and others (2017). Accurate, large minibatch SGD: training ImageNet in 1 hour. arXiv:1706.02677
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
