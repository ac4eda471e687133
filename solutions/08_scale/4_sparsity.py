# %% [markdown]
# # Fewer weights
#
# {{about}}
#
# **After this lesson you can**
#
# - take a proximal step by hand, and say which weights it holds at exactly 0,
# - say why the same rate that is safe for descent is safe for it,
# - speed it up, and read off a plot how fast an error falls,
# - prune a network by magnitude, retrain it, and compare it fairly with a small one.
#
# **You need** the soft threshold (unit 03, the lesson on weight decay), the largest stable rate $2/L$ (unit 04) and a network with one hidden layer (unit 02).

# %% [markdown]
# ## One weight, by hand
#
# A model that runs on a watch, or travels over a slow network, should have few weights. An L1 penalty makes weights exactly 0. Take one weight, the loss
# $\frac12 (w - 1)^2$ and the penalty $\alpha\,|w|$ with $\alpha = 0.6$. Begin at $w = 0$ with the rate $\eta = 0.5$. A [[proximal step]] has two parts:
#
# - descend the loss alone: its slope at 0 is $-1$, so $w$ goes to $0.5$,
# - move by $\eta\alpha = 0.3$ towards 0, but not past it: $0.2$.
#
# Again: the slope at $0.2$ is $-0.8$, which leads to $0.6$ and then to $0.3$. The next places are $0.35$ and $0.375$. They close in on $0.4$, where the slope $-0.6$ of the loss and the
# pull $0.6$ of the penalty are equal.
#
# **Predict.** Now the loss is $\frac12 (w - 0.5)^2$. Where does $w$ go?


# %%
def soft(x, c):
    return x - max(-c, min(c, x))


def walk(target, steps=5, lr=0.5, alpha=0.6):
    w, path = 0.0, [0.0]
    for _ in range(steps):
        g = w - target
        w = soft(w - lr * g, lr * alpha)
        path.append(round(w, 4))
    return path


print("target 1:  ", walk(1.0))
print("target 0.5:", walk(0.5))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Nowhere. The slope at 0 is $-0.5$, and the first part leads to $0.25$. The second part would move it by $0.3$, so it ends at 0, exactly. The penalty **holds** a weight at 0
# whenever the slope of the loss there is no steeper than $\alpha$, whatever the rate.
#
# </details>

# %% tags=["check"]
# Do the numbers by hand hold, and the rule for held weights?
import numpy as np

assert (
    walk(1.0, 4) == [0, 0.2, 0.3, 0.35, 0.375] and abs(walk(1.0, 60)[-1] - 0.4) < 1e-4
)
assert (
    np.isclose(0.2 - 1, -0.8)
    and walk(0.5) == [0.0] * 6
    and 0.5 * 0.6 == 0.3
    and soft(0.25, 0.3) == 0
)
for target in np.linspace(-2, 2, 41):
    for lr in (0.1, 0.5, 1.0, 1.9):
        held = abs(target) <= 0.6 + 1e-9
        assert (walk(target, 9, lr) == [0.0] * 10) == held
print(
    "checked: the walk to 0.4, and a weight is held where the slope is no steeper than the pull"
)

# %% [markdown]
# ## Why it goes down
#
# Now any loss $f$ whose largest curvature is $L$, with the objective $J(w) = f(w) + \alpha \sum_j |w_j|$. Around the present weights $w_t$, with $g = \nabla f(w_t)$ and any rate
# $\eta \le 1/L$, the loss lies nowhere above this parabola:
#
# $$f(w) \le f(w_t) + g^\top (w - w_t) + \frac{1}{2\eta} \lVert w - w_t \rVert^2. \tag{1}$$
#
# Add the penalty on both sides. On the right stands something that can be minimised exactly, weight by weight. Complete the square: up to constants it is
#
# $$\frac{1}{\eta} \sum_j \Bigl( \tfrac12 (w_j - z_j)^2 + \eta\alpha\,|w_j| \Bigr), \qquad z = w_t - \eta g, \tag{2}$$
#
# and its lowest place is the [[soft threshold]] of $z_j$ by $\eta\alpha$ (unit 03). So one step minimises a bound that touches $J$ at $w_t$: **$J$ cannot rise**. Repeated, this is [[ISTA]], the
# *iterative shrinkage-thresholding algorithm*. You write it in {{exercise:ista}}.

# %% [markdown]
# ## Three ways down
#
# A regression with more features than samples: 300 features, each much like the one before it (a correlation of 0.9), 100 samples, and 8 features that matter. The data, `X` and `y`, are invented, linear, with noise, and `alpha` is 0.1.

# %% tags=["setup"]
# The data: X, (100, 300), y, and the true weights
rng = np.random.default_rng(0)
n, d, alpha = 100, 300, 0.1
X = rng.normal(size=(n, d))
for j in range(1, d):
    X[:, j] = 0.9 * X[:, j - 1] + np.sqrt(1 - 0.9**2) * X[:, j]
true = np.zeros(d)
true[rng.choice(d, 8, replace=False)] = rng.choice([-2, 2], 8)
y = X @ true + rng.normal(0, 0.5, n)


# %%
def slope(w):
    return X.T @ (X @ w - y) / n


L = np.linalg.norm(X, 2) ** 2 / n
print(f"largest curvature: {L:.1f}, so the rate 1/L is {1 / L:.3f}")

# %% [markdown]
# Three methods with the rate $1/L$. Each takes one gradient a step:
#
# - **by the slope**: $w \leftarrow w - \eta\,(g + \alpha \operatorname{sign}(w))$,
# - **ISTA**: descend, then threshold,
# - **[[FISTA]]** (Beck and Teboulle, 2009): the same step, but taken from a point $v$ that lies ahead, along the last move. It is Nesterov's idea (unit 03):
#
# $$w_{t+1} = \operatorname{soft}(v_t - \eta \nabla f(v_t),\, \eta\alpha), \qquad v_{t+1} = w_{t+1} + \frac{k_t - 1}{k_{t+1}} (w_{t+1} - w_t), \tag{3}$$
#
# with $k_0 = 1$ and $k_{t+1} = \tfrac12 \bigl(1 + \sqrt{1 + 4 k_t^2}\bigr)$. Here $k_t$ is a number that grows by about one half each step, so the factor begins at 0 and nears 1.
#
# **Predict.** After 300 steps: which of the three have weights that are exactly 0? And how many steps does ISTA need to be as good as FISTA is after 100?

# %%
from gdcourse.optimizers.proximal import fista, ista


def by_slope(lr, steps):
    w = np.zeros(d)
    path = [w]
    for _ in range(steps):
        w = w - lr * (slope(w) + alpha * np.sign(w))
        path.append(w)
    return np.array(path)


# %%
start, steps = np.zeros(d), 3000
runs = {
    "by the slope": by_slope(1 / L, steps),
    "ISTA": ista(slope, start, 1 / L, alpha, steps),
    "FISTA": fista(slope, start, 1 / L, alpha, steps),
}
for name, path in runs.items():
    print(f"{name:12} weights that are not 0 after 300 steps:", np.sum(path[300] != 0))

# %% tags=["draw"]
# How far each is above the lowest value, from scikit-learn's Lasso
from sklearn.linear_model import Lasso

from gdcourse import plots

lasso = Lasso(alpha=alpha, fit_intercept=False, tol=1e-14, max_iter=10**6).fit(X, y)


def objective(w):
    return np.sum((X @ w - y) ** 2) / (2 * n) + alpha * np.abs(w).sum()


lowest = objective(lasso.coef_)
gaps = {
    name: np.array([objective(w) for w in path]) - lowest for name, path in runs.items()
}
t = np.arange(1, steps + 1)
reach = L * np.sum(lasso.coef_**2)
fig, ax = plots.figure(height=3.8)
for (name, gap), style in zip(gaps.items(), ("-.", "-", "--"), strict=True):
    ax.loglog(t, np.maximum(gap[1:], 1e-12), style, label=name)
ax.loglog(t, reach / 2 / t, ":", color="0.5", label="bounds: $1/t$ and $1/t^2$")
ax.loglog(t, 2 * reach / (t + 1.0) ** 2, ":", color="0.5")
ax.set(xlabel="step", ylabel="above the lowest $J$", title="one gradient a step each")
ax.legend()
plots.show(
    fig,
    alt="Distance to the lowest objective against the step, both on logarithmic scales. By the slope the curve flattens after a thousand steps above 0.01. "
    "ISTA falls on, to below 0.0001 after 3000 steps. FISTA is below 0.01 after 100 steps. Both stay below their dotted bounds.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# By the slope, no weight is 0: all 300 are used. ISTA has fewer than 60 left after 300 steps, FISTA about as many as the minimum itself, which has 28. What FISTA reaches in 100 steps takes ISTA more than 500.
#
# </details>
#
# Two bounds are proved for the rate $1/L$, with $w^\star$ the minimum and a start at 0 (Beck and Teboulle, 2009):
#
# $$\text{ISTA: } J(w_t) - J(w^\star) \le \frac{L \lVert w^\star \rVert^2}{2t}, \qquad \text{FISTA: } J(w_t) - J(w^\star) \le \frac{2 L \lVert w^\star \rVert^2}{(t + 1)^2}. \tag{4}$$
#
# The slope is no better with another rate. Of those that we tried, from $1/L$ down to a thousandth of it, constant or falling like $1/\sqrt{t}$, none came as low as ISTA, and none made one zero.

# %% tags=["check"]
# Are the counts, the bounds and the claim about rates true?
counts = {
    name: [int(np.sum(p[k] != 0)) for k in (300, steps)] for name, p in runs.items()
}
assert counts["by the slope"] == [300, 300] and np.sum(lasso.coef_ != 0) == 28
assert 40 < counts["ISTA"][0] < 60 and abs(counts["FISTA"][0] - 28) <= 3
assert np.argmax(gaps["ISTA"] < gaps["FISTA"][100]) > 500
assert gaps["by the slope"][1000:].min() > 0.01 and gaps["ISTA"][-1] < 1e-4
assert (
    steps == 3000
    and gaps["FISTA"][100] < 0.01
    and np.all(np.diff(gaps["ISTA"]) < 1e-12)
)
assert np.all(gaps["ISTA"][1:] <= reach / 2 / t)
assert np.all(gaps["FISTA"][1:] <= 2 * reach / (t + 1.0) ** 2)
for part in (1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001):
    for falls in (False, True):
        w, best = np.zeros(d), np.inf
        for k in range(steps):
            lr = part / L / (np.sqrt(k + 1) if falls else 1)
            w = w - lr * (slope(w) + alpha * np.sign(w))
            best = min(best, objective(w)) if k % 20 == 19 else best
        assert best - lowest > 10 * gaps["ISTA"][-1] and np.all(w != 0)
assert np.allclose(runs["FISTA"][-1], lasso.coef_, atol=1e-3)
assert np.all(np.abs(slope(lasso.coef_)) <= alpha * (1 + 1e-6))
print(
    "checked: who makes zeros, both bounds, and fourteen ways to choose the rate of the slope"
)

# %% [markdown]
# **How many are left?** $\alpha$ decides. No weight is left when $\alpha$ is at least the steepest slope at 0, by the rule of the first section. From there down, weights enter. At $\alpha = 0.1$ the
# eight largest of the 28 are the eight that matter, with the right signs. But the penalty has its price: each of them comes out at 2 or below, and three of the eight are more than 0.9 too small.

# %% tags=["draw"]
# Weights against the strength of the penalty
alphas = np.abs(slope(start)).max() * np.logspace(0, -3, 25)
found = np.array([fista(slope, start, 1 / L, a, 600)[-1] for a in alphas])
fig, ax = plots.figure(height=3.6)
for j in range(d):
    ax.semilogx(
        alphas,
        found[:, j],
        "-",
        color="0.75" if true[j] == 0 else "C0",
        zorder=2 + (true[j] != 0),
    )
ax.axhline(0, color="0.3", linewidth=0.6)
ax.set(
    xlabel=r"$\alpha$",
    ylabel="weight",
    title="blue: the 8 features that matter (true weights 2 and -2)",
)
plots.show(
    fig,
    alt="All 300 weights against the strength of the penalty. At the right end all are 0. Towards the left the eight weights of features that matter leave 0 one after the other and come near 2 or -2; "
    "other weights stay small.",
)

# %% [markdown]
# Move $\alpha$ and look at all 300 weights. (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the strength of the penalty


def at(alpha):
    w = found[[f"{a:.3g}" for a in alphas].index(alpha)]
    fig, ax = plots.figure(height=3)
    ax.vlines(np.arange(d), 0, w, color="C0", linewidth=1)
    ax.plot(
        np.flatnonzero(true), true[true != 0], "x", color="C1", label="true weights"
    )
    told = f"alpha = {alpha}: {np.sum(w != 0)} of 300 weights are not 0"
    ax.set(xlabel="feature", ylabel="weight", title=told, ylim=(-2.6, 2.6))
    ax.legend()
    return fig, told + "."


plots.slider(at, alpha=[f"{a:.3g}" for a in alphas])

# %% tags=["check"]
# What does the path show?
assert np.all(found[0] == 0) and np.sum(found[1] != 0) >= 1
middle = np.argmin(np.abs(alphas - alpha))
best = np.argsort(-np.abs(found[middle]))[:8]
assert np.array_equal(np.sort(best), np.flatnonzero(true))
assert np.all(found[middle][true != 0] * true[true != 0] > 0)
assert np.all(np.abs(found[middle][true != 0]) < 2.02)
assert np.sum(2 - np.abs(found[middle][true != 0]) > 0.9) == 3
assert np.abs(found[middle][true == 0]).max() < 0.2 and np.abs(true).max() == 2
assert np.sum(found[6][true != 0] != 0) <= 4 and np.sum(found[-1] != 0) > 80
print("checked: nothing at the largest alpha, and the eight that matter lead at 0.1")

# %% [markdown]
# ## A network: cut, then train again
#
# A threshold works on any loss. For networks there is a way that is simpler still, [[pruning]]: train, set the weights with the smallest absolute values to 0, and **train again** with those fixed at 0. Each step multiplies its gradient by a mask. Take the digits, 64 hidden units and two layers of weights, $64 \cdot 64 + 64 \cdot 10 = 4736$ of them.

# %% tags=["setup"]
# Data, initial weights, and how often a network is right
from gdcourse.datasets import digits

data = digits()
order = np.random.default_rng(1).permutation(len(data.X))
train, test = order[:1200], order[1200:]
onehot = np.eye(10)[data.y]


def initial(hidden, seed):
    rng = np.random.default_rng(seed)
    W = rng.normal(0, np.sqrt(2 / 64), (64, hidden))
    V = rng.normal(0, np.sqrt(2 / (hidden + 10)), (hidden, 10))
    return [W, np.zeros(hidden), V, np.zeros(10)]


def accuracy(params):
    W, b, V, c = params
    scores = np.maximum(data.X[test] @ W + b, 0) @ V + c
    return np.mean(scores.argmax(axis=1) == data.y[test])


def free(params):
    return [np.ones_like(p) for p in params]


def gradient(params, X, Y):
    W, b, V, c = params
    a = np.maximum(X @ W + b, 0)
    z = a @ V + c
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    delta = (p - Y) / len(X)
    back = delta @ V.T * (a > 0)
    return [X.T @ back, back.sum(axis=0), a.T @ delta, delta.sum(axis=0)]


# %% [markdown]
# The folded cell has the data and helpers: `initial(hidden, seed)`, `gradient(params, X, Y)` by hand (unit 02), `accuracy(params)`, and `free(params)`, a mask of ones. A network is a list `[W, b, V, c]`.


# %%
def fit(params, masks, epochs, seed, lr=0.3):
    params, rng = (
        [p * m for p, m in zip(params, masks, strict=True)],
        np.random.default_rng(seed),
    )
    for _ in range(epochs):
        for batch in np.array_split(rng.permutation(train), 37):
            grads = gradient(params, data.X[batch], onehot[batch])
            params = [
                p - lr * m * g for p, m, g in zip(params, masks, grads, strict=True)
            ]
    return params


# %%
def largest(params, keep):
    """A mask that keeps this share of each matrix, the weights of largest size."""
    masks = free(params)
    for k in (0, 2):
        size = np.abs(params[k])
        masks[k] = 1.0 * (size >= np.quantile(size, 1 - keep))
    return masks


# %% [markdown]
# Five ways to have only a tenth, or a twentieth, of the weights, each with 40 epochs in all, from four seeds:
#
# - **cut**: train for 40 epochs, then cut, no more,
# - **cut, train**: 20 epochs, cut, 20 epochs more with the mask,
# - **bit by bit**: 20 epochs, then four cuts by equal factors, with 5 epochs after each,
# - **at random**: as the second, but which weights stay is drawn,
# - **small**: a dense network with fewer hidden units, so that it has as many parameters, biases counted, trained for 40 epochs.
#
# The folded function `five_ways(keep, seed)` takes them all.
#
# **Predict.** With a tenth of the weights: how much does the cut alone cost, and how much of it does training again win back? Is a cut network better than a small one?


# %% tags=["setup"]
# The five ways, from one seed


def five_ways(keep, seed):
    half = fit(initial(64, seed), free(initial(64, seed)), 20, seed)
    whole = fit(half, free(half), 20, seed + 10)
    masks = largest(half, keep)
    bit, rng = half, np.random.default_rng(seed)
    for share in keep ** (np.arange(1, 5) / 4):
        bit = fit(bit, largest(bit, share), 5, seed + 20)
    drawn = [rng.permutation(m.ravel()).reshape(m.shape) for m in masks]
    small = initial(round((keep * 4736 + 64) / 75), seed)
    cut = [p * m for p, m in zip(whole, largest(whole, keep), strict=True)]
    again, chance = fit(half, masks, 20, seed + 10), fit(half, drawn, 20, seed + 10)
    small = fit(small, free(small), 40, seed)
    return [accuracy(p) for p in (whole, cut, again, bit, chance, small)]


# %%
names = ["all weights", "cut", "cut, train", "bit by bit", "at random", "small"]
results = {k: np.array([five_ways(k, s) for s in range(4)]) for k in (0.2, 0.1, 0.05)}
for keep, table in results.items():
    means = [
        f"{name} {m:.2f}" for name, m in zip(names, table.mean(axis=0), strict=True)
    ]
    print(f"keep {keep:.0%}: ", ", ".join(means))

# %% tags=["draw"]
# The five ways, with the spread of four seeds
fig, ax = plots.figure(height=3.8)
for k, (name, marker) in enumerate(zip(names[1:], "sovDx", strict=True)):
    at_x = np.arange(3) + 0.12 * (k - 2)
    table = np.array([results[keep][:, k + 1] for keep in results])
    middle = table.mean(axis=1)
    ax.errorbar(
        at_x,
        middle,
        [middle - table.min(axis=1), table.max(axis=1) - middle],
        fmt=marker,
        label=name,
        capsize=3,
    )
ax.axhline(results[0.2][:, 0].mean(), color="0.5", linestyle=":", label="all weights")
ax.set(
    xticks=range(3),
    xticklabels=["20 %", "10 %", "5 %"],
    xlabel="weights that are left",
    ylabel="accuracy on test digits",
    ylim=(0, 1.02),
)
ax.legend(fontsize=8)
plots.show(
    fig,
    alt="Accuracy with 20, 10 and 5 percent of the weights left. Cut alone falls steeply. Weights that stay at random lose more than those of largest size. "
    "With a tenth, cut and trained again is near the dotted line of the whole network. With a twentieth, bit by bit is the highest of the five.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The cut alone loses more than 20 points of a hundred. Training again wins nearly all of that back: with a tenth of its weights the network is less than 3 points below the whole one. With a twentieth, bit by bit is
# better than a cut at once, and ahead of a dense network with as many parameters.
#
# </details>

# %% tags=["check"]
# Are these comparisons true, on average over the seeds?
mean = {
    keep: dict(zip(names, table.mean(axis=0), strict=True))
    for keep, table in results.items()
}
assert 64 * 64 + 64 * 10 == 4736 and 64 + 10 == 74 and len(train) == 1200
assert mean[0.1]["all weights"] - mean[0.1]["cut"] > 0.2
assert mean[0.1]["all weights"] - mean[0.1]["cut, train"] < 0.03
assert mean[0.05]["bit by bit"] == max(
    v for k, v in mean[0.05].items() if k != "all weights"
)
assert all(m["cut, train"] - m["at random"] > 0.02 for m in mean.values())
assert mean[0.05]["bit by bit"] - mean[0.05]["cut, train"] > 0.01
assert all(
    results[0.2].mean(axis=0)[k] > results[0.05].mean(axis=0)[k] for k in range(1, 6)
)
half = fit(initial(64, 0), free(initial(64, 0)), 1, 0)
masks = largest(half, 0.1)
after = fit(half, masks, 1, 1)
assert all(np.all(p[m == 0] == 0) for p, m in zip(after, masks, strict=True))
assert abs(sum(masks[k].sum() for k in (0, 2)) / 4736 - 0.1) < 0.01
print("checked: what a cut costs, what training wins back, and who is ahead of whom")

# %% [markdown]
# **What it saves.** A matrix with holes has to say where its numbers stand. With one index of two bytes for each number of four bytes, a tenth of the weights takes 15 % of the bytes, not 10 %.

# %% [markdown]
# ## In three frameworks
#
# The proximal step is one line after the gradient. PyTorch has the threshold as `softshrink`.

# %% tags=["torch"]
import torch

X_t, y_t = torch.tensor(X), torch.tensor(y)
w_t = torch.zeros(d, dtype=torch.float64, requires_grad=True)
for _ in range(50):
    (g,) = torch.autograd.grad(((X_t @ w_t - y_t) ** 2).sum() / (2 * n), w_t)
    with torch.no_grad():
        w_t.copy_(torch.nn.functional.softshrink(w_t - g / L, alpha / L))

# %% tags=["tensorflow"]
import tensorflow as tf

w_k = tf.Variable(np.zeros(d))
for _ in range(50):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((tf.linalg.matvec(X, w_k) - y) ** 2) / (2 * n)
    z = w_k - tape.gradient(loss, w_k) / L
    w_k.assign(tf.sign(z) * tf.maximum(tf.abs(z) - alpha / L, 0))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree, zeros included?
for w in (w_t.detach().numpy(), w_k.numpy()):
    assert np.allclose(w, runs["ISTA"][50], rtol=1e-9, atol=1e-12)
    assert np.array_equal(w == 0, runs["ISTA"][50] == 0)
print(
    "checked: fifty steps of ISTA are the same in NumPy, PyTorch and TensorFlow, zeros too"
)

# %% [markdown]
# ## Summary
#
# - A proximal step descends the loss, then moves each weight by $\eta\alpha$ towards 0, not past it.
# - For $\eta \le 1/L$ the objective cannot rise. ISTA's error falls at least like $1/t$, FISTA's like $1/t^2$.
# - Networks are pruned by magnitude and trained again, best bit by bit. Judge a pruned network beside a small dense one with as many parameters and as much training.
#
# ## Common mistakes
#
# - **The slope of $|w|$.** It makes no zeros, and cutting off what is small afterwards is another method, with another threshold.
# - **Threshold $\alpha$ in the place of $\eta\alpha$.** The minimum then depends on the rate.
# - **Cut and stop.** That measures the damage of the cut, not what the weights that are left can do.
#
# ## Quick questions
#
# 1. The slope of the loss at 0 is $0.3$ for one weight, and $\alpha = 0.25$. Is the weight held?
#
#    <details><summary><b>Answer</b></summary>
#
#    No: $0.3$ is steeper than $0.25$. It leaves 0, to the negative side.
#
#    </details>
# 2. ISTA has the error $0.08$ after 1000 steps, and its error falls like $1/t$. When is it $0.01$?
#
#    <details><summary><b>Answer</b></summary>
#
#    After $8000$ steps.
#
#    </details>
# 3. And FISTA, whose error falls like $1/t^2$, from $0.09$ at step 100 to $0.01$?
#
#    <details><summary><b>Answer</b></summary>
#
#    A ninth of the error takes three times the steps: 300.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that the right side of (1) plus the penalty is (2) plus a constant.
#
# <details><summary><b>Outline</b></summary>
#
# With $z = w_t - \eta g$, $\frac{1}{2\eta} \lVert w - z \rVert^2 = \frac{1}{2\eta} \lVert w - w_t \rVert^2 + g^\top (w - w_t) + \frac{\eta}{2} \lVert g \rVert^2$. The last term does not depend on $w$.
#
# </details>

# %% [markdown]
# **Try.** Prune whole hidden units. How many may go before the accuracy falls by two points?
#
# <details><summary><b>Outline</b></summary>
#
# Measure a unit by the length of its weights in times that of its weights out. Set both to 0 for the shortest ones, bias too, and train again.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert 0.3 > 0.25 and soft(0 - 0.5 * 0.3, 0.5 * 0.25) < 0
assert 0.08 * 1000 / 0.01 == 8000 and round(100 * (0.09 / 0.01) ** 0.5) == 300
assert 0.1 * (4 + 2) / 4 == 0.15000000000000002
print(
    "checked: a weight that leaves, eight times and three times the steps, 15 % of the bytes"
)

# %% [markdown]
# ## References
#
# - I. Daubechies, M. Defrise, C. De Mol (2004). An iterative thresholding algorithm for linear inverse problems with a sparsity constraint. *Communications on Pure and Applied Mathematics* 57, 1413–1457. doi:10.1002/cpa.20042
# - A. Beck, M. Teboulle (2009). A fast iterative shrinkage-thresholding algorithm for linear inverse problems. *SIAM Journal on Imaging Sciences* 2, 183–202. doi:10.1137/080716542
# - S. Han, J. Pool, J. Tran, W. J. Dally (2015). Learning both weights and connections for efficient neural networks. *NeurIPS*. arXiv:1506.02626
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
