# %% [markdown]
# # A gradient from fewer rows
#
# {{about}}
#
# **After this lesson you can**
#
# - compute the gradient of a mini-batch, and list all values that it can take,
# - show that it is right on average, and say how far off it is,
# - read the noisy path of a run on contours,
# - compare batch sizes by three clocks: steps, rows and seconds.
#
# **You need** the squared error and its gradient (unit 01). Of chance: the mean of a random number, written
# $\mathbb{E}$; its variance, the mean squared distance from that mean; and that variances of independent numbers add.

# %% [markdown]
# ## Four rows by hand
#
# Fit $\hat y = w x$ to four rows. The loss $J$ is the mean of $\frac12 (w x_i - y_i)^2$, so its gradient is the mean of
# four gradients, one for each row: $g_i = (w x_i - y_i)\, x_i$. At $w = 0$ that is $-x_i y_i$:
#
# | row | $x_i$ | $y_i$ | $g_i$ |
# |--:|--:|--:|--:|
# | 1 | 1 | 1 | $-1$ |
# | 2 | 1 | 2 | $-2$ |
# | 3 | 1 | 3 | $-3$ |
# | 4 | 2 | 3 | $-6$ |
#
# The full gradient is $(-1 - 2 - 3 - 6)/4 = -3$. Suppose that you have time for two rows only. You draw rows 1 and 4,
# and get $(-1 - 6)/2 = -3.5$. Not bad. With rows 1 and 2 you get $-1.5$, half of what you should.
#
# **Predict.** There are six pairs of different rows. What is the mean of their six gradients?

# %%
from itertools import combinations

import numpy as np

g = np.array([-1.0, -2.0, -3.0, -6.0])
pairs = np.array([(a + b) / 2 for a, b in combinations(g, 2)])
print("full gradient:", g.mean())
print("pairs:", pairs, "their mean:", np.mean(pairs))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $-3$, the full gradient. Each row is in three of the six pairs, so all rows count the same. One pair may be wrong, but
# pairs are not wrong in one direction: they are right *on average*.
#
# </details>

# %% [markdown]
# ## Right on average, and how far off
#
# A [[mini-batch]] is a set $\mathcal{B}$ of $B$ rows drawn at random. Its gradient is
#
# $$g_{\mathcal{B}} = \frac1B \sum_{i \in \mathcal{B}} g_i. \tag{1}$$
#
# Draw each row independently, any of the $n$ rows with probability $1/n$. One draw then has the mean
# $\frac1n \sum_i g_i = \nabla J$. The mean of $B$ draws has the same mean:
#
# $$\mathbb{E}[g_{\mathcal{B}}] = \frac1B\,(\nabla J + \dots + \nabla J) = \nabla J. \tag{2}$$
#
# An estimate that is right on average is called [[unbiased]]. How far off is it? In our four rows one draw is off by
# $2$, $1$, $0$ or $-3$, so its variance is $(4 + 1 + 0 + 9)/4 = 3.5$. Write $\sigma^2$ for it. Variances of
# independent draws add, and dividing by $B$ divides the variance by $B^2$:
#
# $$\mathbb{E}\,(g_{\mathcal{B}} - \nabla J)^2 = \frac{B \sigma^2}{B^2} = \frac{\sigma^2}{B}. \tag{3}$$
#
# Two draws: $1.75$. With several parameters add up the variances of all coordinates, and call the sum $\sigma^2$.
#
# **Predict.** A batch of 64 costs 64 times as much as one row. By what factor is it closer to the full gradient?

# %%
rng = np.random.default_rng(0)
n = 256
x = rng.normal(size=n)
y = 1 + 2 * x + rng.normal(size=n)  # invented rows along a line
X = np.column_stack([np.ones(n), x])


def row_gradients(theta):
    errors = X @ theta - y
    return X * errors.reshape(n, 1)  # one row each, (n, 2)


# %%
start = np.array([-1.0, -1.0])
rows = row_gradients(start)
full = rows.mean(axis=0)
variance = np.sum(np.var(rows, axis=0))
sizes = np.array([1, 4, 16, 64])
squared = []
for B in sizes:
    draws = [rows[rng.integers(n, size=B)].mean(axis=0) for _ in range(4000)]
    squared.append(np.mean(np.sum((draws - full) ** 2, axis=1)))

# %% tags=["draw"]
# Noise against the batch size
from gdcourse import plots

fig, ax = plots.figure(width=5.6)
ax.loglog(sizes, squared, "o", markersize=8, label="4000 batches")
ax.loglog(sizes, variance / sizes, label=r"$\sigma^2 / B$")
ax.set_xticks(sizes, [str(B) for B in sizes])
ax.minorticks_off()
ax.set(xlabel="batch size $B$", ylabel="mean squared distance")
ax.set_title("distance from the full gradient, squared")
ax.legend()
plots.show(
    fig,
    alt="Mean squared distance from the full gradient against the batch size, both axes "
    "logarithmic: four measured points lie on the falling straight line sigma^2 / B.",
)
plots.table({"B": sizes, "measured": squared, "theory": variance / sizes}, digits=3)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# By $8$. The *squared* distance falls by 64, so the distance by its root. The price grows like $B$, the precision like
# $\sqrt B$. That is why small batches pay.
#
# </details>

# %% tags=["check"]
# The four rows, and equation (3) on 256
assert all(sum(i in p for p in combinations(range(4), 2)) == 3 for i in range(4))
assert g.mean() == np.mean(pairs) == -3 and pairs[2] == -3.5 and pairs[0] == -1.5
assert np.var(g) == 3.5 and np.var([(a + b) / 2 for a in g for b in g]) == 1.75
assert np.isclose(np.var(pairs), 1.75 * (4 - 2) / (4 - 1))  # different rows: to derive
assert np.allclose(squared, variance / sizes, rtol=0.1)
assert 7 < np.sqrt(squared[0] / squared[3]) < 9 and len(draws) == 4000 and n == 256
print("checked: no bias, and a variance of sigma^2 / B")

# %% [markdown]
# ## Far away the rows agree
#
# Is that noise large? Compare it with the gradient. On the left all $256$ row gradients at the start, drawn as downhill
# arrows. On the right the same at the minimum, where their mean is zero.

# %% tags=["draw"]
# Downhill arrows of single rows, far away and at the minimum
best = np.linalg.lstsq(X, y)[0]
fig, axes = plots.figure(2, width=8.4, height=3.9, sharex=True, sharey=True)
for ax, theta, title in zip(
    axes, (start, best), ("far away", "at the minimum"), strict=True
):
    arrows = -row_gradients(theta)
    ax.quiver(
        np.zeros(n),
        np.zeros(n),
        *arrows.T,
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.003,
        color="0.55",
    )
    ax.quiver(
        0, 0, *arrows.mean(axis=0), angles="xy", scale_units="xy", scale=1,
        width=0.014, color=plots.COLOURS[1],
    )  # fmt: skip
    ax.plot(0, 0, "o", color="black", markersize=4)
    ax.set(xlim=(-7, 15), ylim=(-7, 15), xlabel=r"step in $\theta_0$", title=title)
    ax.set_aspect("equal")
axes[0].set_ylabel(r"step in $\theta_1$")
plots.show(
    fig,
    alt="Arrows of 256 rows from one point. Far away nine in ten lie on the side of a thick "
    "long arrow, their mean. At the minimum they are shorter, point in all directions, and "
    "no mean arrow is seen.",
)

# %% [markdown]
# Far from the minimum nine rows in ten point to the same side as their mean, so a few of them suffice. (The longest
# arrows leave the picture.) At the minimum they contradict each other, and what is left is noise.
#
# **Predict.** Three runs of 60 steps at one rate, with batches of $256$, $16$ and $1$. What will the paths look like?


# %%
def run(B, lr=0.2, steps=60, seed=1):
    rng, theta = np.random.default_rng(seed), start
    path = [theta]
    for _ in range(steps):
        drawn = np.arange(n) if B == n else rng.integers(n, size=B)
        theta = theta - lr * row_gradients(theta)[drawn].mean(axis=0)
        path.append(theta)
    return np.array(path)


# %% tags=["draw"]
# Three paths on the same contours
def heights(theta):
    e = np.tensordot(X, theta, 1) - y.reshape(n, *[1] * (theta.ndim - 1))
    return np.mean(e**2, axis=0) / 2


def draw(ax, B):
    at = np.linspace(-1.6, 2.4, 81), np.linspace(-1.4, 3, 81)
    grid = np.stack(np.meshgrid(*at))
    levels = heights(best) + 0.05 * 2.0 ** np.arange(9)
    ax.contour(*at, heights(grid), levels=levels, colors="0.75", linewidths=0.8)
    ax.plot(*run(B).T, "o-", markersize=3, linewidth=1)
    ax.plot(*best, "*", color="black", markerfacecolor="white", markersize=13)
    ax.set(xlabel=r"$\theta_0$", title="all 256 rows" if B == n else f"B = {B}")


fig, axes = plots.figure(3, width=9.4, height=3.4, sharey=True)
for ax, B in zip(axes, (n, 16, 1), strict=True):
    draw(ax, B)
axes[0].set_ylabel(r"$\theta_1$")
plots.show(
    fig,
    alt="Three paths of 60 steps over contours, from the lower left to a star, the "
    "minimum. All rows: a smooth curve that ends on it. Batches of 16: slightly crooked. "
    "One row: the path staggers, and wanders about the star without settling.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At first all three go the same way, and one row costs $256$ times less. Near the star the full batch settles.
# Batches of one wander about for ever; the next lesson says how far. Batches of 16 are in between.
#
# </details>

# %% [markdown]
# Slide from one row to all of them. (The slider needs a running kernel.)


# %% tags=["widget", "draw"]
# A slider over the batch size
def at_size(B):
    fig, ax = plots.figure(width=4.6, height=3.8)
    draw(ax, B)
    ax.set_ylabel(r"$\theta_1$")
    return fig, f"A path of 60 steps over contours, with {B} rows in each batch."


plots.slider(at_size, B=[1, 2, 4, 8, 16, 32, 64, n])

# %% tags=["check"]
# Do the arrows and the paths do what the text and the pictures say?
far, near = -row_gradients(start), -row_gradients(best)
assert round(np.mean(far @ far.mean(axis=0) > 0), 1) == 0.9
assert (
    0.3 < np.mean(near @ [1, 0] > 0) < 0.7 and np.abs(near.mean(axis=0)).max() < 1e-12
)
assert np.linalg.norm(near, axis=1).mean() < np.linalg.norm(far, axis=1).mean() / 2
seeds = {B: np.array([run(B, seed=k)[40:] for k in range(20)]) for B in (n, 16, 1)}
away = {B: np.mean(np.linalg.norm(ends - best, axis=-1)) for B, ends in seeds.items()}
assert away[n] < 0.001 < away[16] < away[1] / 3 and away[1] > 0.3
assert max(np.linalg.norm(run(B)[20] - best) for B in (n, 16, 1)) < 1.2
assert all(len(run(B)) == 60 + 1 for B in (n, 16, 1))


def third_epoch(order):
    """Mean distance from the minimum in the third epoch, 16 rows a batch; to try."""
    theta, away = start, []
    for _ in range(3):
        for rows in np.split(order(), 16):
            theta = theta - 0.2 * row_gradients(theta)[rows].mean(axis=0)
            away.append(np.linalg.norm(theta - best))
    return np.mean(away[32:])


dealt_out = [third_epoch(lambda: rng.permutation(n)) for _ in range(50)]
assert 1.5 < third_epoch(lambda: np.argsort(x)) / np.mean(dealt_out) < 2.5
print("checked: far away the rows agree, at the minimum they cancel")

# %% [markdown]
# ## Three clocks
#
# Which batch size is fastest? It depends on what you count. A full batch makes the better step, a small batch the
# cheaper one. And in seconds? A computer works on the rows of a batch side by side, so a step with 8 rows takes
# far less than eight times as long as a step with one.
#
# The race: real digits, $8 \times 8$ pixels, and a network with 32 hidden units, until the loss over all $1438$
# training images (`N` in the code) is below $0.3$. Each batch size tries the same seven rates with two seeds, and
# races with five others. The table shows the median. An [[epoch]] is once through all rows. (Folded: `race` makes one
# run and stops after `MOST[B]` steps, `tune` picks the rate, `seconds_per_step` takes the time.)
#
# **Predict.** Who wins by steps, who by epochs, who by seconds: $1$, $8$, $64$, or all $1438$ rows?

# %% tags=["setup"]
# The digits, the gradient of a batch, and the race
from time import perf_counter

from gdcourse import datasets
from gdcourse.models.numpy import mlp
from gdcourse.training import batches

digits, _ = datasets.split(datasets.digits(), test=0.2)
N, TARGET = len(digits.y), 0.3


def network(params, rows):
    """Return the mean loss over rows, and its four gradients."""
    W1, b1, W2, b2 = params
    inputs, labels = digits.X[rows], digits.y[rows]
    hidden = np.maximum(inputs @ W1 + b1, 0)
    scores = hidden @ W2 + b2
    scores -= scores.max(axis=1, keepdims=True)
    each = np.arange(len(labels))
    powers = np.exp(scores)
    sums = powers.sum(axis=1)
    loss = np.mean(np.log(sums) - scores[each, labels])
    delta = powers / sums.reshape(-1, 1)
    delta[each, labels] -= 1
    delta /= len(labels)
    back = delta @ W2.T * (hidden > 0)
    return loss, [inputs.T @ back, back.sum(0), hidden.T @ delta, delta.sum(0)]


def race(B, lr, seed, most):
    """Return the steps to the target, inf if not within `most`, and (step, loss) pairs."""
    rng, seen, steps = np.random.default_rng(seed), [], 0
    params = [p.copy() for p in mlp([64, 32, 10], seed=seed).params]
    while True:
        for rows in batches(N, B, rng):
            if steps % max(1, 128 // B) == 0:  # look after every 128 rows
                loss = network(params, slice(None))[0]
                seen.append((steps, loss))
                if loss < TARGET or steps >= most or not loss < 100:
                    return (steps if loss < TARGET else np.inf), seen
            _, grads = network(params, rows)
            params = [p - lr * g for p, g in zip(params, grads, strict=True)]
            steps += 1


MOST = {1: 1500, 8: 500, 64: 150, N: 60}  # steps; the fastest need far fewer


def tune(B, rates):
    """Return the rate that is fastest for two seeds; who is slower so far may stop."""
    best, chosen = 2 * MOST[B], None
    for lr in rates:
        count = sum(race(B, lr, seed, min(best, MOST[B]))[0] for seed in (0, 1))
        if count < best:
            best, chosen = count, float(lr)
    return chosen


def seconds_per_step(B):
    """The fastest of five measurements."""
    dealt = list(batches(N, B, np.random.default_rng(0)))[:100]
    params, times = mlp([64, 32, 10], seed=0).params, []
    for _ in range(5):
        began = perf_counter()
        for rows in dealt:
            network(params, rows)
        times.append((perf_counter() - began) / len(dealt))
    return min(times)


# %% tags=["nbval-ignore-output"]
rates = 2 * 0.5 ** np.arange(7)
sizes = [1, 8, 64, N]
with np.errstate(all="ignore"):  # the largest rates diverge
    rate = {B: tune(B, rates) for B in sizes}
runs = {B: [race(B, rate[B], seed, MOST[B]) for seed in range(2, 7)] for B in sizes}
steps = {B: int(np.median([count for count, _ in runs[B]])) for B in sizes}
cost = {B: seconds_per_step(B) for B in sizes}

columns = {"B": sizes, "rate": rate.values(), "steps": steps.values()}
columns["epochs"] = [steps[B] * B / N for B in sizes]
columns["milliseconds"] = [1000 * steps[B] * cost[B] for B in sizes]
plots.table(columns, digits=2)

# %% tags=["draw"]
# The same runs by three clocks
fig, axes = plots.figure(3, width=9.6, height=3.4, sharey=True)
for B, marker in zip(sizes, plots.MARKERS, strict=False):
    at, losses = np.array(runs[B][0][1]).T
    style = {"marker": marker, "markersize": 5, "markevery": max(1, len(at) // 4)}
    for ax, unit in zip(axes, (1, B / N, 1000 * cost[B]), strict=True):
        ax.plot(at[1:] * unit, losses[1:], label=f"B = {B}", **style)
for ax, name in zip(axes, ("steps", "epochs", "milliseconds"), strict=True):
    ax.axhline(TARGET, color="0.4", linestyle=":")
    ax.set(xscale="log", yscale="log", xlabel=name, title=f"by {name}")
axes[0].set(ylabel="loss over all rows")
axes[0].set_yticks([0.3, 0.5, 1, 2], ["0.3", "0.5", "1", "2"])
axes[0].minorticks_off()
lines = axes[0].get_legend_handles_labels()
fig.legend(*lines, loc="outside lower center", ncols=4)
plots.show(
    fig,
    alt="Loss against steps, epochs and milliseconds for four batch sizes. By steps the "
    "large batches are left of the small ones. By epochs the small ones are. By "
    "milliseconds batches of 64 are ahead of one row and of all rows.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# By steps all rows, a little ahead of 64. By epochs one row and eight, with less than one epoch. By seconds batches
# of 64, far ahead of one row and of all rows. The seconds depend on your machine. One that works on more rows side by
# side, such as a graphics card, favours larger batches.
#
# </details>

# %% tags=["check"]
# Who wins by which clock?
assert all(rates[0] > r > rates[-1] for r in rate.values()) and N == 1438
assert all(np.isfinite(count) for B in sizes for count, _ in runs[B])
epochs = {B: steps[B] * B / N for B in sizes}
assert steps[N] < steps[64] < 2 * steps[N] and steps[1] > 10 * steps[64]
assert max(epochs[1], epochs[8]) < 1 < epochs[64] / 1.5 < epochs[N] / 10
took = {B: steps[B] * cost[B] for B in sizes}
assert 3 * took[64] < min(took[1], took[N]) and TARGET == 0.3
assert cost[8] < 4 * cost[1]
print("checked: three clocks, three orders, and each best rate inside its grid")

# %% [markdown]
# So say what you count. "My method needs half the steps" means little if a step costs three times as much.
#
# ## An epoch loses no row
#
# In practice you do not draw rows independently. You shuffle them, then deal them out, and each row comes once in an
# epoch. Two things go wrong easily. Ten rows in batches of four leave a short batch of two: do not drop it. And if you
# average over the epoch, weight each batch by its rows. You write both in {{exercise:minibatches}} and
# {{exercise:sgd_epoch}}.
#
# ## In three frameworks
#
# All three deal out batches. With `shuffle` on, each epoch has a new order.

# %%
ten = np.arange(10)
dealt = list(batches(10, 4, np.random.default_rng(1)))
print("ours:", [list(map(int, rows)) for rows in dealt])

# %% tags=["torch"]
import torch

torch.manual_seed(0)
loader = torch.utils.data.DataLoader(torch.arange(10), batch_size=4, shuffle=True)
dealt_torch = [rows.tolist() for rows in loader]
print("PyTorch:", dealt_torch)

# %% tags=["tensorflow"]
import tensorflow as tf

dealt_tf = tf.data.Dataset.range(10).shuffle(10, seed=0).batch(4)
dealt_tf = [rows.numpy().tolist() for rows in dealt_tf]
print("TensorFlow:", dealt_tf)

# %% tags=["check", "torch", "tensorflow"]
# Does each deal out every row once, the short batch last?
for found in (dealt, dealt_torch, dealt_tf):
    assert [len(rows) for rows in found] == [4, 4, 2]
    assert sorted(int(i) for rows in found for i in rows) == list(range(10))
means = [np.mean(rows**2) for rows in dealt]
assert np.isclose(np.average(means, weights=[4, 4, 2]), np.mean(ten**2))
assert abs(np.mean(means) - np.mean(ten**2)) > 0.1  # unweighted it is wrong
print("checked: three frameworks, ten rows, batches of 4, 4 and 2")

# %% [markdown]
# ## Summary
#
# - A mini-batch gradient is unbiased. Its variance is $\sigma^2 / B$, its distance falls like $1/\sqrt B$.
# - Far from the minimum rows agree, and few suffice. Near it they cancel, and the path wanders.
# - Steps, rows and seconds are three clocks. In seconds, batches of medium size won here.
#
# ## Common mistakes
#
# - **The tail dropped.** Without the last short batch, some rows are never seen if the order is fixed.
# - **Sums in place of means.** Then the step grows with the batch.
# - **Rows and labels shuffled apart.** Draw one order, use it for both.
#
# ## Quick questions
#
# 1. You double the batch from 32 to 64. By what factor does the distance from the full gradient shrink?
#
#    <details><summary><b>Answer</b></summary>
#
#    By $\sqrt2$.
#
#    </details>
# 2. At the minimum of $J$, is the gradient of a mini-batch zero?
#
#    <details><summary><b>Answer</b></summary>
#
#    Its mean is. A single one is in general not. It is for every batch if the model fits each row exactly, for then
#    each $g_i$ is zero.
#
#    </details>
# 3. A thousand rows, batches of 300. How many steps has an epoch, and how large is the last batch?
#
#    <details><summary><b>Answer</b></summary>
#
#    Four steps. The last has 100 rows.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** The pairs of *different* rows have the variance $7/6$, not $1.75$. Show that for $B$ different rows out of
# $n$ it is $\frac{\sigma^2}{B} \cdot \frac{n - B}{n - 1}$.
#
# <details><summary><b>Outline</b></summary>
#
# Two different rows have deviations that tend to cancel: all $n$ add up to zero. So the mean product of two of them is
# $-\sigma^2/(n - 1)$. The variance of the mean of $B$ has $B$ squares and $B(B - 1)$ products, all divided by $B^2$.
#
# </details>

# %% [markdown]
# **Try.** Sort the 256 rows by $x$ and deal them out in order, 16 at a time, without shuffling. Draw the path of three
# epochs.
#
# <details><summary><b>Outline</b></summary>
#
# Neighbours in the batch now agree with each other, but not with the rest. At a fixed place the gradients of an epoch
# still have the right mean, but the path swings once per epoch, and stays about twice as far from the star as with
# shuffling.
#
# </details>
#
# ## References
#
# - H. Robbins, S. Monro (1951). A stochastic approximation method. *Annals of Mathematical Statistics* 22.
#   doi:10.1214/aoms/1177729586
# - L. Bottou, F. E. Curtis, J. Nocedal (2018). Optimization methods for large-scale machine learning.
#   doi:10.1137/16M1080173
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
