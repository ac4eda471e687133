# %% [markdown]
# # Tune honestly
#
# {{about}}
#
# **After this lesson you can**
#
# - find the order of magnitude of the rate with one short run, the range test,
# - choose among rates on validation data, with several seeds, and treat diverged runs right,
# - search two settings at once, at random and from coarse to fine,
# - say what a chosen number is worth.
#
# **You need** training, validation and test sets (unit 01), mini-batches (unit 03), and the network with one hidden
# layer of ReLUs.

# %% [markdown]
# ## One short run: the range test
#
# You have a new network and no idea of the rate. The **[[range test]]** (Smith 2017) makes one short run in which the
# rate grows by the same factor at each mini-batch, from far too small to far too large. For example:
#
# | rate | 0.0001 | 0.01 | 1 | 100 | 10 000 |
# |:--|--:|--:|--:|--:|--:|
# | loss | 6 | 5 | 2 | 1.5 | 3 |
#
# At first nothing happens, then the loss falls, in the end it turns. Where is a good rate? *Not* at the lowest loss,
# $100$: there the fall has ended, and the next rates do harm. Take the middle of the **steepest fall**. It is between
# $0.01$ and $1$: $5 \to 2$. On the log axis the middle is $\sqrt{0.01 \cdot 1} = 0.1$.
#
# Now a network with 64 inputs, 32 hidden units and 10 scores, on the digits: 881 images to learn from, 377 to validate,
# 539 put aside as the test set.

# %% tags=["setup"]
# The data and the network
import numpy as np

from gdcourse import datasets, plots
from gdcourse.losses.numpy import softmax_ce
from gdcourse.models.numpy import mlp
from gdcourse.optimizers.numpy import GD
from gdcourse.training.numpy import objective, train

rest, test = datasets.split(datasets.digits(), test=0.3)
learn, valid = datasets.split(rest, test=0.3, seed=1)


# %%
def sweep(rates, seed):
    net, rng = mlp([64, 32, 10], seed=seed), np.random.default_rng(seed)
    loss_and_grads, losses = objective(net, softmax_ce), []
    for lr in rates:
        rows = rng.choice(len(learn.y), 64, replace=False)
        loss, grads = loss_and_grads(net.params, learn.X[rows], learn.y[rows])
        losses.append(loss)  # before the step with this rate
        GD(lr).step(net.params, grads)
    return np.array(losses)


rates = np.geomspace(1e-4, 10, 200)
raw = [sweep(rates, seed) for seed in range(5)]

# %% [markdown]
# Each loss is of one mini-batch, so it is noisy. A running mean calms it, as in Adam: keep $\beta = 0.9$ of the old
# mean and divide by $1 - \beta^t$. Keep every tenth value of it, so that neighbouring rates differ by a factor of
# $1.78$. Cut the run where a batch's loss is above four times the lowest so far: it has blown up.
#
# **Predict.** Will five seeds agree on the steepest fall? To within one such step, two, or more?


# %% tags=["draw"]
# The running means, the cut at the blow-up, the steepest fall
def smooth(losses, beta=0.9):
    mean, calm = 0.0, []
    for t, loss in enumerate(losses, 1):
        mean = beta * mean + (1 - beta) * loss
        calm.append(mean / (1 - beta**t))
    return np.array(calm)


def steepest_fall(rates, losses, every=10):
    """Return the kept running means, the rate of the steepest fall, that of the lowest."""
    blown = losses[1:] > 4 * np.minimum.accumulate(losses)[:-1]
    end = 1 + int(np.argmax(blown)) if blown.any() else len(losses)
    kept, at = smooth(losses[:end])[::every], rates[:end:every]
    place = int(np.argmin(np.diff(kept)))  # the rates are even steps of the logarithm
    return kept, float(np.sqrt(at[place] * at[place + 1])), float(at[np.argmin(kept)])


calm, steepest, turning = zip(
    *[steepest_fall(rates, losses) for losses in raw], strict=True
)
fig, ax = plots.figure(width=7.5, height=3.5)
ax.plot(
    rates,
    raw[0],
    color="0.75",
    linestyle="-",
    linewidth=0.8,
    label="one seed, each batch",
)
for i, losses in enumerate(calm):
    at = rates[: 10 * len(losses) : 10]
    name = ["running mean, to the blow-up", ""][i > 0]
    ax.plot(at, losses, "-", color=plots.COLOURS[0], linewidth=1, label=name)
    heights = np.interp([steepest[i], turning[i]], at, losses)
    ax.plot(steepest[i], heights[0], "s", color=plots.COLOURS[1], markersize=8)
    ax.plot(turning[i], heights[1], "v", color="black", markersize=8)
ax.plot([], [], "s", color=plots.COLOURS[1], label="steepest fall")
ax.plot([], [], "v", color="black", label="lowest loss")
ax.set(
    xscale="log", ylim=(0, 4), xlabel="rate", ylabel="loss", title="range test, digits"
)
ax.legend(loc="lower left")
plots.show(
    fig,
    alt="Loss against the rate on a log axis. The running means of five seeds are flat up to about "
    "0.01, fall together, and turn up near 1. Squares mark the steepest falls, about half way "
    "down; triangles the lowest losses, near 1.",
)
plots.table(
    {"seed": range(5), "steepest fall": steepest, "lowest loss": turning}, digits=2
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# All five put it at $0.44$, in the same step. The lowest loss is near $1$ and is followed by the blow-up. The running
# mean lags behind the batches, and the test sees a few early steps only. So it gives the *order of magnitude*. (Another
# common rule, a tenth of the rate of the lowest loss, would say $0.1$.) The cut at the blow-up matters, or the fall
# after it would count: {{exercise:range_test}}.
#
# </details>

# %% [markdown]
# ## A grid, several seeds, and a set put aside
#
# Around that order of magnitude, try a grid by three rules.
#
# - Score each rate on the **validation** set. The test set stays shut until the end.
# - Run **several seeds** per rate. Compare means, and show the range.
# - A run that ends in NaN, or above $\log 10 = 2.303$, the loss of guessing, has **lost**: count its loss as infinite.
#   To drop it from the mean would flatter its rate.


# %% tags=["setup"]
# One training run of ten epochs, and its score
def trained(lr, seed, epochs=10):
    net = mlp([64, 32, 10], seed=seed)
    options = {
        "epochs": epochs,
        "batch_size": 64,
        "seed": seed,
        "on_divergence": "stop",
    }
    with np.errstate(over="ignore", invalid="ignore"):
        train(
            objective(net, softmax_ce), net.params, learn.X, learn.y, GD(lr), **options
        )
    return net


def score(net, data):
    loss = softmax_ce(net.forward(data.X, train=False), data.y)
    return loss if loss <= np.log(10) else np.inf  # NaN is not <= either


# %%
grid = 10.0 ** np.arange(-2.5, 1.1, 0.5)
nets = [[trained(lr, seed) for seed in range(5)] for lr in grid]
scores = np.array([[score(net, valid) for net in row] for row in nets])
means = scores.mean(axis=1)

# %% [markdown]
# **Predict.** Suppose that you had run *one* seed. Would you have chosen the same rate as by the mean of
# five?

# %% tags=["draw"]
# Means, single runs, and what each seed would have chosen
fig, ax = plots.figure(width=7.5, height=3.3)
for seed in range(5):
    ax.plot(
        grid,
        scores[:, seed],
        "o",
        color="black",
        markerfacecolor="none",
        markersize=6,
        label=["one run", ""][seed > 0],
    )
ax.plot(grid, means, "-", color=plots.COLOURS[0], label="mean of five seeds")
for lr in grid[np.isinf(means)]:
    ax.text(lr, 2.6, "lost", ha="center", color=plots.COLOURS[1])
ax.set(
    xscale="log",
    yscale="log",
    xlabel="rate",
    ylabel="validation loss",
    ylim=(0.15, 3.4),
)
ax.set(title="digits, 10 epochs", yticks=[0.2, 0.5, 1, 2], xlim=(0.002, 16))
ax.yaxis.set_major_formatter("{x:g}")
ax.minorticks_off()
ax.legend(loc="lower left")
plots.show(
    fig,
    alt="Validation loss against the rate, log scales. The mean falls from above 2 to 0.262 at the "
    "rate 0.32, where five dots lie on top of each other; at the rate 1 the mean is about as "
    "low, but the dots lie far apart. The two largest rates are marked as lost.",
)
by_seed = grid[scores.argmin(axis=0)]
plots.table({"seed": range(5), "the rate it would choose": by_seed}, digits=2)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Four seeds of five would have chosen the rate $1$. The best single run is there, with $0.208$. So is one with $0.423$.
# The means are $0.276$ for $1$ and $0.262$ for $0.32$, whose five runs lie between $0.257$ and $0.266$. Five seeds do
# not separate two such means. But $0.32$ is *as good and steadier*, so choose it. On the test set, opened now and once,
# its five networks read 95.4 % of the digits on average.
#
# </details>

# %% [markdown]
# Both ends of the grid are clearly worse, so the best is inside. Had it been at an end, you would widen the grid. The
# rules, with their corners, are {{exercise:best_lr}}.

# %% tags=["check"]
# The range test and the grid in numbers
assert [len(part.y) for part in (learn, valid, test)] == [881, 377, 539]
assert round(np.log(10), 3) == 2.303
assert np.allclose(steepest, 0.44, atol=0.005) and np.isclose(
    rates[10] / rates[0], 1.78, atol=0.005
)
assert (
    0.5 < min(turning)
    and max(turning) < 1.1
    and round(np.median(turning) / 10, 1) == 0.1
)
table = {0.0001: 6, 0.01: 5, 1: 2, 100: 1.5, 10_000: 3}  # even steps on the log axis
falls = -np.diff(list(table.values()))
assert falls.argmax() == 1 and falls[1] == 5 - 2 and np.sqrt(0.01 * 1) == 0.1
assert min(table, key=table.get) == 100
by_hand = (0.9 * 0.1 * 2 + 0.1 * 4) / (1 - 0.9**2)
assert np.isclose(smooth(np.array([2.0, 4.0]))[1], by_hand)
choice = int(means.argmin())
assert round(grid[choice], 2) == 0.32 and 0 < choice < len(grid) - 1 and means[0] > 2
assert np.sum(by_seed == 1) == 4 and np.isinf(means[6:]).all()
assert [round(v, 3) for v in means[4:6]] == [0.262, 0.276] and scores[
    5
].min() == scores.min()
assert [f"{v:.3f}" for v in (scores[5].min(), scores[5].max())] == ["0.208", "0.423"]
assert [f"{v:.3f}" for v in (scores[4].min(), scores[4].max())] == ["0.257", "0.266"]
right = [np.mean(net.forward(test.X).argmax(axis=1) == test.y) for net in nets[choice]]
assert f"{100 * np.mean(right):.1f}" == "95.4"
print(
    "checked: the range test's order of magnitude, and what one seed would have chosen"
)

# %% [markdown]
# ## Two settings at once
#
# With two settings, a grid has few values of each: a grid of $3 \times 3$ runs tries *three* rates. Nine points drawn
# at random, a [[random search]], try *nine*. That helps if one setting matters much more than the other, and you do not
# know which (Bergstra and Bengio 2012). Draw on the log scale: $10^{q}$. Here $q$ is a random exponent, spread evenly.


# %%
def random_points(rng, count):
    lr = 10 ** rng.uniform(-5, 3, count)
    alpha = 10 ** rng.uniform(-6, -2, count)
    return lr, alpha


lr, alpha = random_points(np.random.default_rng(0), 3)
print("rates:", lr, "penalties:", alpha)

# %% [markdown]
# Is it true? Logistic regression on the tumours has two settings, the rate and the L2 strength $\alpha$. Train it for
# all $81 \times 21$ pairs once and keep the validation losses. Then let the searches play against this table thousands
# of times, each with 16 runs. Nobody knows where the box lies, so each game shifts the grid at random.
#
# **Predict.** Which comes within 4 % of the best loss most often: a $4 \times 4$ grid, 16 random points, or 10 random
# points and then 6 more within a factor of ten of the best rate so far, their $\alpha$ anywhere?

# %% tags=["setup"]
# The table of validation losses, and three ways to search it
tumours, held = datasets.split(datasets.breast_cancer(), test=0.4)
centre, width = tumours.X.mean(axis=0), tumours.X.std(axis=0)
X, V = (
    np.column_stack([np.ones(len(d.y)), (d.X - centre) / width])
    for d in (tumours, held)
)


def validation_losses(lr, alpha):
    """The validation loss after 60 steps for every pair of settings: (pairs,)."""
    W = np.zeros((31, len(lr)))
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(X @ W, -500, 500)))
        W = W - lr * (X.T @ (p - tumours.y[:, None]) / len(X) + alpha * W)
    z = V @ W
    return np.mean(np.logaddexp(0, z) - held.y[:, None] * z, axis=0)


log_lr, log_alpha = np.meshgrid(np.linspace(-5, 3, 81), np.linspace(-6, -2, 21))
pairs = validation_losses(10 ** log_lr.ravel(), 10 ** log_alpha.ravel()).reshape(21, 81)


def look_up(u, v):
    """Loss at relative places u, v in [0, 1] of the box."""
    return pairs[np.rint(20 * v).astype(int), np.rint(80 * u).astype(int)]


GAMES = 5000
rng = np.random.default_rng(0)
u, v = rng.random((GAMES, 16)), rng.random((GAMES, 16))
found = {}
shift = rng.random((GAMES, 2, 1))
rows, columns = ((np.arange(4) + shift[:, i]) / 4 for i in (0, 1))
found["grid of 4 × 4"] = look_up(
    np.repeat(rows, 4, axis=1), np.tile(columns, (1, 4))
).min(axis=1)
found["16 at random"] = look_up(u, v).min(axis=1)
first = look_up(u[:, :10], v[:, :10])
centre_u = u[np.arange(GAMES), first.argmin(axis=1)][:, None]
low, high = np.clip(centre_u - 1 / 8, 0, 1), np.clip(centre_u + 1 / 8, 0, 1)
fine = look_up(low + (high - low) * u[:, 10:], v[:, 10:])
found["10, then 6 near the best"] = np.minimum(first.min(axis=1), fine.min(axis=1))

# %% tags=["draw"]
# The table as a map, one search each, and how often each is close
fig, (left, right) = plots.figure(2, width=9.4, height=3.6)
shown = np.minimum(pairs, 0.7)
filled = left.pcolormesh(log_lr, log_alpha, shown, cmap="viridis", shading="nearest")
grid_u, grid_v = np.meshgrid((np.arange(4) + 0.5) / 4, (np.arange(4) + 0.5) / 4)
left.plot(
    8 * grid_u.ravel() - 5, 4 * grid_v.ravel() - 6, "s", color="white", label="grid"
)
left.plot(8 * u[1] - 5, 4 * v[1] - 6, "o", color=plots.COLOURS[1], label="random")
left.lines[0].set(markeredgecolor="black")
left.lines[1].set(markeredgecolor="white")
left.set(xlabel="$\\log_{10}$ of the rate", ylabel="$\\log_{10}$ of $\\alpha$")
left.set_title("validation loss, 16 runs each")
left.grid(False)
fig.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=2)
fig.colorbar(filled, ax=left, label="loss (0.7 and more: yellow)")
close = {name: np.mean(losses < 1.04 * pairs.min()) for name, losses in found.items()}
bars = right.barh(
    list(close), list(close.values()), color=plots.COLOURS[:3], height=0.55
)
right.bar_label(bars, [f"{share:.0%}" for share in close.values()], padding=3)
right.set(
    xlim=(0, 1.12), xlabel="share of 5000 searches", title="within 4 % of the best loss"
)
right.invert_yaxis()
plots.show(
    fig,
    alt="Left, a map: the loss changes much with the rate and hardly with the penalty; a grid of 16 "
    "squares stands in four columns, 16 random dots in 16. Right, bars: the grid comes close "
    "least often, random points more often, coarse to fine most often.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The grid in 49 % of the searches, random points in 71 %, coarse to fine in 88 %. The map says why: the loss changes
# with the rate and hardly with $\alpha$, so a grid wastes its runs on four rates. It is no law. The random points beat
# the grid in 63 % of the games, not in all. In a narrower box the two come close together. And if you *knew* that only
# the rate matters, 16 rates on a line would be better than either.
#
# </details>

# %% [markdown]
# **What is the number worth?** The loss of the winner was chosen because it is low. So part of it is luck, and it is
# too good. The more you try, the more so. That is why the test set is opened once, for the one winner.

# %% tags=["check"]
# The three searches
assert [f"{share:.0%}" for share in close.values()] == ["49%", "71%", "88%"]
assert (0.49, 0.71, 0.88) == tuple(round(share, 2) for share in close.values())
beaten = np.mean(found["16 at random"] < found["grid of 4 × 4"])
assert round(beaten, 2) == 0.63 and GAMES == 5000 and 1.04 == 1 + 4 / 100
spread = np.ptp(pairs[:, 30:60], axis=0).mean(), np.ptp(pairs[:, 30:60], axis=1).mean()
best_at = np.unravel_index(pairs.argmin(), pairs.shape)
assert 0 < best_at[0] < 20 and 0 < best_at[1] < 80  # the best lies inside the box
assert spread[1] > 5 * spread[0]  # the rate matters more than the penalty
line = [
    pairs[10, np.rint(80 * (np.arange(16) + s) / 16).astype(int)].min()
    for s in rng.random(500)
]
assert np.mean(np.array(line) < 1.04 * pairs.min()) > close["10, then 6 near the best"]
narrow = pairs[:, 30:71]  # rates from 0.01 to 100
near = {}
for name, x in (("grid", np.repeat(rows, 4, axis=1)), ("random", u)):
    y = np.tile(columns, (1, 4)) if name == "grid" else v
    lowest = narrow[np.rint(20 * y).astype(int), np.rint(40 * x).astype(int)].min(
        axis=1
    )
    near[name] = np.mean(lowest < 1.04 * pairs.min())
assert abs(near["grid"] - near["random"]) < 0.1 and (log_lr[0, 30], log_lr[0, 70]) == (
    -2,
    2,
)
print("checked: how often each search comes close, in a wide box and in a narrow one")

# %% [markdown]
# ## In three frameworks
#
# A search is a loop around training and does not care what trains. Three rates for softmax regression on the digits, 30
# steps each, scored on the validation set:


# %%
def numpy_score(lr):
    W = np.zeros((64, 10))
    for t in range(30):
        e = np.exp(learn.X @ W)
        p = e / e.sum(axis=1, keepdims=True)
        W = W - lr * learn.X.T @ (p - np.eye(10)[learn.y]) / len(learn.y)
    return softmax_ce(valid.X @ W, valid.y)


print("NumPy:     ", [round(float(numpy_score(lr)), 4) for lr in (0.5, 5, 50)])

# %% tags=["torch"]
import torch
from torch.nn.functional import cross_entropy

X_t, y_t = torch.tensor(learn.X), torch.tensor(learn.y)
V_t, v_t = torch.tensor(valid.X), torch.tensor(valid.y)


# %% tags=["torch"]
def torch_score(lr):
    W = torch.zeros(64, 10, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([W], lr=lr)
    for t in range(30):
        optimizer.zero_grad()
        cross_entropy(X_t @ W, y_t).backward()
        optimizer.step()
    return cross_entropy(V_t @ W, v_t).item()


print("PyTorch:   ", [round(torch_score(lr), 4) for lr in (0.5, 5, 50)])

# %% tags=["tensorflow"]
import tensorflow as tf


def tf_loss(labels, logits):
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    )


# %% tags=["tensorflow"]
def tf_score(lr):
    W = tf.Variable(tf.zeros((64, 10), dtype=tf.float64))
    for t in range(30):
        with tf.GradientTape() as tape:
            loss = tf_loss(learn.y, learn.X @ W)
        W.assign_sub(lr * tape.gradient(loss, W))
    return float(tf_loss(valid.y, valid.X @ W))


print("TensorFlow:", [round(tf_score(lr), 4) for lr in (0.5, 5, 50)])

# %% tags=["check", "torch", "tensorflow"]
# Do the three choose the same rate?
for lr in (0.5, 5.0, 50.0):
    assert np.allclose(numpy_score(lr), [torch_score(lr), tf_score(lr)], rtol=1e-9)
assert min((0.5, 5.0, 50.0), key=numpy_score) == 5.0
print("checked: the three score alike and choose the rate 5")

# %% [markdown]
# ## Summary
#
# - The range test gives the order of magnitude of the rate: the middle of the steepest fall before the blow-up.
# - Score on validation data, with several seeds, by the mean. A diverged run counts as infinite.
# - For several settings draw at random, on log scales, then search near the best.
# - The winner's own score is too good. Open the test set once.
#
# ## Common mistakes
#
# - **The rate of the lowest loss of a range test.** The blow-up begins there.
# - **One seed.** It favours the rate that gambles.
# - **Dropping diverged runs.** The mean of the survivors flatters.
# - **A best value at the end of the grid.** Widen the grid.
# - **An even grid from 0.1 to 1.** Rates matter by factors: use logarithms.
#
# ## Quick questions
#
# 1. You draw a rate evenly from $0.0001$ to $1$, not on the log scale. How likely is it below $0.1$?
#
#    <details><summary><b>Answer</b></summary>
#
#    About one in ten. Three of the four powers of ten get a tenth of the draws.
#
#    </details>
# 2. A rate has the losses $0.2$, $0.2$ and NaN. Another has three times $0.3$. Which wins?
#
#    <details><summary><b>Answer</b></summary>
#
#    The second. The first has a lost run: you cannot rely on it.
#
#    </details>
# 3. How many random points do you need so that, with 95 %, at least one falls among the best 5 % of the box?
#
#    <details><summary><b>Answer</b></summary>
#
#    All $k$ miss with $0.95^k$. That is below $0.05$ for $k = 59$. It does not depend on how many settings there are.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Ten rates are equally good: each run's validation loss is $0.3$ plus normal noise with the deviation
# $0.02$. You run each once and report the lowest. About how far below $0.3$ is it? (Draw ten normal numbers many
# times.) And if each of the ten is run with five seeds, and you report the lowest mean? And five fresh seeds of that
# winner?
#
# <details><summary><b>Outline</b></summary>
#
# The lowest of ten normal numbers lies about $1.54$ deviations below the mean: $0.031$ below $0.3$, at $0.269$. The
# mean of five seeds has the deviation $0.02 / \sqrt 5 = 0.009$, so the lowest of ten such means is about $0.286$: still
# too good. Fresh seeds have no luck built in: their mean is $0.3$ on average.
#
# </details>

# %% [markdown]
# **Try.** Run the range test with 50 batches in place of 200, and with 1000. How does the curve move? Why? And what
# becomes of the steepest fall?
#
# <details><summary><b>Outline</b></summary>
#
# A faster sweep leaves fewer steps for each rate, so the loss begins to fall later, at a larger rate. A slower one
# falls earlier. The test measures the rate *and* the time you give it. Part of it is the running mean, about ten
# batches late: a factor of $10$ in the rate with 50 batches, of $1.1$ with 1000. The same factor lies between values
# that are kept. So 50 batches say only "between $0.1$ and $1.2$". With 1000 a step is too short to stand out from the
# noise: the five seeds lie between $0.0001$ and $0.1$. Keep every fiftieth value, a factor of $1.78$ again, and
# they lie between $0.07$ and $0.14$.
#
# </details>

# %% tags=["check"]
# The quick and the open questions
assert 0.95**59 < 0.05 < 0.95**58 and round(1 - 0.95, 2) == 5 / 100
lost = [v if np.isfinite(v) else np.inf for v in (0.2, 0.2, np.nan)]
assert np.mean(lost) > np.mean([0.3, 0.3, 0.3])
assert abs((0.1 - 0.0001) / (1 - 0.0001) - 0.1) < 0.001
lows = np.random.default_rng(0).normal(size=(100_000, 10)).min(axis=1).mean()
assert round(-lows, 2) == 1.54 and round(0.3 - 1.54 * 0.02, 3) == 0.269
assert (
    round(0.02 / 5**0.5, 3) == 0.009 and round(0.3 - 1.54 * 0.02 / 5**0.5, 3) == 0.286
)
winners = rng.normal(0.3, 0.02, (10_000, 10, 5)).mean(axis=2).min(axis=1)
assert round(1.54 * 0.02, 3) == 0.031 and abs(winners.mean() - 0.286) < 0.001
half, late = [], []  # the rates half way down: of the batches, of the running mean
for count in (50, 200, 1000):
    swept = np.geomspace(1e-4, 1, count)
    raw_mean = np.mean([sweep(swept, seed) for seed in range(3)], axis=0)
    for into, losses in ((half, raw_mean), (late, smooth(raw_mean))):
        into.append(swept[np.argmax(losses < (losses[0] + losses.min()) / 2)])
assert half[0] > half[1] > half[2] and late[0] > late[1] > late[2]
found_at = {}
for count, every in ((50, 10), (1000, 10), (1000, 50)):
    swept = np.geomspace(1e-4, 10, count)
    falls = [steepest_fall(swept, sweep(swept, seed), every)[1] for seed in range(5)]
    found_at[count, every] = (min(falls), max(falls))
few = np.geomspace(1e-4, 10, 50)[::10]  # all five seeds fall between two of these
assert found_at[50, 10] == (np.sqrt(few[3] * few[4]),) * 2
assert [f"{v:.1f}" for v in few[3:]] == ["0.1", "1.2"]
low, high = found_at[1000, 10]
assert round(low, 4) == 0.0001 and round(high, 1) == 0.1
assert 0.07 < found_at[1000, 50][0] < found_at[1000, 50][1] < 0.14
factors = [(10 / 1e-4) ** (10 / count) for count in (50, 1000)]
assert np.isclose(factors[0], 10) and round(factors[1], 1) == 1.1
ramp = np.arange(200.0)  # behind a straight line the mean is 0.9 / 0.1 = 9 batches late
assert np.isclose(ramp[-1] - smooth(ramp)[-1], 9, atol=1e-3)
print("checked: the luck of the lowest, and a slower sweep that falls earlier")

# %% [markdown]
# ## References
#
# - L. N. Smith (2017). Cyclical learning rates for training neural networks. *WACV 2017*. arXiv:1506.01186 (the range test)
# - J. Bergstra, Y. Bengio (2012). Random search for hyper-parameter optimization. *JMLR* 13, 281–305.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
