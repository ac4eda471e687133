# %% [markdown]
# # Why a rate falls, and why it may rise first
#
# {{about}}
#
# **After this lesson you can**
#
# - compute how low a noisy run ends under any plan for the rate,
# - show, on real data and at equal cost, that a rate that falls beats the best fixed one,
# - say what the first steps of a run can destroy, and rescue such a run by a warm-up.
#
# **You need** mini-batches, the noise floor and Adam (unit 03). A ReLU passes positive numbers on and replaces the
# others by $0$.

# %% [markdown]
# ## Two wishes, one rate
#
# Unit 03 left you with a dilemma: with mini-batches, a large rate comes down fast and stays on a high [[noise floor]];
# a small one goes low, but slowly. Put it into one formula. On $x^2/2$ you see not the slope $x$ but $x + \xi$, where
# the noise $\xi$ has mean $0$ and variance $1$. A step makes $(1 - \eta)\, x - \eta\, \xi$. Square it and take the
# mean. The mixed term vanishes, since the noise knows nothing of $x$:
#
# $$\mathbb{E}\, x_{t+1}^2 = (1 - \eta)^2\; \mathbb{E}\, x_t^2 + \eta^2. \tag{1}$$
#
# By hand, from $x = 1$ at the rate $0.5$: $0.25 \cdot 1 + 0.25 = 0.5$. What was there shrinks, fresh noise comes in.
# With a fixed rate it settles at the $c$ that (1) does not change. From $c = (1 - \eta)^2 c + \eta^2$ follows
# $c\,(2\eta - \eta^2) = \eta^2$, so $c = \eta / (2 - \eta)$, here $\frac13$. (The loss $x^2/2$ has half of it: unit
# 03's $\eta/4$ for a small rate.) But (1) holds step by step, so it takes *any* plan for the rate:


# %%
def mean_squares(rates, start=1.0):
    square = start
    path = [square]
    for eta in rates:
        square = (1 - eta) ** 2 * square + eta**2
        path.append(square)
    return path


print([round(v, 3) for v in mean_squares([0.5] * 6)])

# %% [markdown]
# **Predict.** You have 60 steps, from $x = 10$, so the square is $100$ at first. Which of three plans ends lowest: $0.5$ throughout, $0.05$ throughout,
# or 10 steps of $0.5$ and then $0.05$? (In the picture a coin decides whether the noise is $1$ or $-1$.)

# %%
plans = {
    "0.5 throughout": [0.5] * 60,
    "0.05 throughout": [0.05] * 60,
    "0.5, then 0.05": [0.5] * 10 + [0.05] * 50,
}
for name, rates in plans.items():
    print(f"{name:16} mean square after 60 steps {mean_squares(rates, 100.0)[-1]:.3f}")

# %% tags=["draw"]
# The three plans: one noisy run each, and equation (1)
import numpy as np

from gdcourse import plots

coins = np.random.default_rng(4).choice([-1.0, 1.0], size=60)
fig, (left, right) = plots.figure(2, width=9.2, height=3.4)
for (name, rates), marker in zip(plans.items(), plots.MARKERS, strict=False):
    x, path = 10.0, [10.0]
    for eta, coin in zip(rates, coins, strict=True):
        x = x - eta * (x + coin)
        path.append(x)
    mark = {"marker": marker, "markersize": 4, "markevery": 6, "linewidth": 1.3}
    left.plot(path, label=name, **mark)
    right.plot(mean_squares(rates, 100.0), label=name, **mark)
left.axhline(0, color="0.5", linewidth=1, linestyle="-")
left.set(xlabel="step", ylabel="$x$", title="one run each", ylim=(-2, 4))
right.set(xlabel="step", ylabel="mean of $x^2$", title="on average", yscale="log")
fig.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
plots.show(
    fig,
    alt="Left, three runs: at rate 0.5 the path comes down at once and then jumps about 0; at "
    "0.05 it comes down slowly and smoothly; the third comes down at once and then is calm. "
    "Right, the mean squares on a log axis: the first levels off at a third, the second "
    "falls as a straight line, the third falls fast, then on towards a low floor.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The floor is $0.05 / 1.95 = 0.026$. The first plan sits on its own floor, $0.333$. The second has not arrived:
# $0.238$. The third forgets the start with ten large steps, and then lets the noise out with small ones: it ends at
# $0.027$. No fixed rate can do both.
#
# </details>

# %% tags=["check"]
# Equation (1) against many runs; the floors; the three plans
ends = [round(mean_squares(rates, 100.0)[-1], 3) for rates in plans.values()]
assert ends == [0.333, 0.238, 0.027] and round(0.05 / 1.95, 3) == 0.026
assert np.allclose(mean_squares([0.5] * 40)[-1], 1 / 3)
assert np.isclose(0.01 / (2 - 0.01) / 2, 0.01 / 4, rtol=0.01)  # half of it is eta / 4
assert mean_squares([0.5])[-1] == 0.5 and 0.25 * 1 + 0.25 == 0.5
many = np.random.default_rng(0).choice([-1.0, 1.0], size=(60, 100_000))
x = np.full(100_000, 10.0)
for eta, coin in zip(plans["0.5, then 0.05"], many, strict=True):
    x = x - eta * (x + coin)
assert abs(np.mean(x**2) / mean_squares(plans["0.5, then 0.05"], 100.0)[-1] - 1) < 0.03
fixed = [mean_squares([eta] * 60, 100.0)[-1] for eta in np.linspace(0.01, 1, 100)]
assert min(fixed) > 1.5 * ends[2]  # no fixed rate does both
print("checked: equation (1) holds over 100,000 runs, and so do the floors")

# %% [markdown]
# ## On real data, at equal cost
#
# Now the 569 tumours again, with mini-batches of 8. The loss is the logistic loss with a small L2 penalty. It has one
# minimum, so we can say how far above it a run ends. Each run takes 2000 steps. Two plans:
#
# - a fixed rate $\eta$,
# - exponential decay from $\eta$ to $\eta/100$: each step multiplies the rate by the same number.
#
# Each plan gets the same 15 values of $\eta$, tuned on ten seeds, then judged on 20 *fresh* ones.

# %% tags=["setup"]
# Ten or more runs at once, each with its own mini-batches
from gdcourse import datasets, schedules

table = datasets.breast_cancer()
X = np.column_stack(
    [np.ones(569), (table.X - table.X.mean(axis=0)) / table.X.std(axis=0)]
)
y = table.y


def log_loss(w):
    z = w @ X.T
    return np.mean(np.logaddexp(0, z) - y * z, axis=-1) + 0.005 * np.sum(w**2, axis=-1)


w_star = np.zeros(31)
for _ in range(20):  # Newton's method, unit 03
    p = 1 / (1 + np.exp(-(X @ w_star)))
    H = (X.T * (p * (1 - p))) @ X / 569 + 0.01 * np.eye(31)
    w_star = w_star - np.linalg.solve(H, X.T @ (p - y) / 569 + 0.01 * w_star)
LOWEST = log_loss(w_star)


def excess(schedule, steps, seeds):
    """Loss above the minimum at every 50th step and at the end: (seeds, kept)."""
    draws = [np.random.default_rng(s).integers(569, size=(steps, 8)) for s in seeds]
    w, kept = np.zeros((len(draws), 31)), []
    for t, eta in enumerate(schedule(np.arange(steps))):
        if t % 50 == 0:
            kept.append(log_loss(w) - LOWEST)
        rows = np.stack([draw[t] for draw in draws])
        z = np.clip(np.einsum("sbd,sd->sb", X[rows], w), -500, 500)
        slope = np.einsum("sb,sbd->sd", 1 / (1 + np.exp(-z)) - y[rows], X[rows]) / 8
        w = w - eta * (slope + 0.01 * w)
    return np.array([*kept, log_loss(w) - LOWEST]).T


# %%
makers = {
    "fixed": lambda lr: schedules.constant(lr),
    "decay": lambda lr: schedules.exponential(lr, gamma=0.01 ** (1 / 2000)),
}
grid = 10.0 ** np.arange(-2, 0.9, 0.2)
tuned, chosen = {}, {}
for name, make in makers.items():
    tuned[name] = [excess(make(lr), 2000, range(10))[:, -1].mean() for lr in grid]
    chosen[name] = grid[np.argmin(tuned[name])]
fresh = {
    name: excess(makers[name](lr), 2000, range(100, 120)) for name, lr in chosen.items()
}

# %% [markdown]
# **Predict.** By which factor will the better plan end lower: 1.1, 3 or 30? (The floor is about in proportion to the
# rate.) How many steps would the other need to catch up?

# %% tags=["draw"]
# Tuning, and the fresh runs
longer = {
    lr: excess(schedules.constant(lr), 6000, range(100, 120))
    for lr in (0.016, 0.025, 0.04)
}
catch_up = {lr: runs[:, -1].mean() for lr, runs in longer.items()}
fig, (left, right) = plots.figure(2, width=9.4, height=3.5)
at = np.append(np.arange(0, 2000, 50), 2000)
for (name, runs), marker in zip(fresh.items(), plots.MARKERS, strict=False):
    left.plot(grid, tuned[name], marker=marker, markersize=5, label=name)
    (line,) = right.plot(
        at, runs.mean(axis=0), label=f"{name}, from {chosen[name]:.2g}"
    )
    right.fill_between(
        at,
        runs.min(axis=0),
        runs.max(axis=0),
        color=line.get_color(),
        alpha=0.2,
        linewidth=0,
    )
left.set(xscale="log", yscale="log", ylim=(1e-4, 1), xlabel="first rate")
left.set(ylabel="loss above the minimum", title="after 2000 steps, 10 seeds")
left.legend()
right.set(
    yscale="log", ylim=(5e-5, 1), xlabel="step", title="20 fresh seeds: mean, range"
)
right.legend()
plots.show(
    fig,
    alt="Left, the excess loss against the first rate: two valleys, that of decay lower and "
    "farther to the right. Right, the two chosen runs against the step with bands: after the "
    "first steps the mean of the decaying one is below that of the fixed one, to the end.",
)
plots.table(
    {
        "plan": fresh,
        "chosen rate": list(chosen.values()),
        "mean end": [runs[:, -1].mean() for runs in fresh.values()],
        "range": [
            f"{r[:, -1].min():.5f} to {r[:, -1].max():.5f}" for r in fresh.values()
        ],
    },
    digits=2,
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# By about $3$: the fixed rate ends at $0.00066$ above the minimum on average, decay at $0.00023$, and lower on each of
# the 20 seeds. To come as low, a fixed rate needs about three times the steps: the best of three is at $0.00039$ after
# 4000, and at $0.00021$ after 6000. Decay can afford to start six times as fast, because the noise of its early steps
# is let out again. And its valley is wider: a first rate ten times too large makes decay less than three times worse,
# the fixed plan more than ten times.
#
# </details>

# %% tags=["check"]
# The tuned rates stand inside the grid; fresh seeds; longer runs
assert X.shape == (569, 31) and np.isclose(
    log_loss(np.ones(31)) - 0.005 * 31,
    np.mean(np.logaddexp(0, X.sum(axis=1)) - y * X.sum(axis=1)),
)
end = {name: runs[:, -1] for name, runs in fresh.items()}
for name, values in tuned.items():
    assert 2 < np.argmin(values) < len(grid) - 3 and len(grid) == 15, name
assert (
    f"{end['fixed'].mean():.5f}" == "0.00066"
    and f"{end['decay'].mean():.5f}" == "0.00023"
)
assert np.all(end["decay"] < end["fixed"]) and len(end["decay"]) == 20
gain = end["fixed"].mean() / end["decay"].mean()
assert 2.7 < gain < 3.3 and min((1.1, 3, 30), key=lambda v: abs(np.log(v / gain))) == 3
assert (
    f"{min(catch_up.values()):.5f}" == "0.00021"
    and np.argmin(list(catch_up.values())) == 1
)
after_4000 = [runs[:, 4000 // 50].mean() for runs in longer.values()]
assert f"{min(after_4000):.5f}" == "0.00039" and 0.00021 < end["decay"].mean() < 0.00026
assert min(runs[:, 5000 // 50].mean() for runs in longer.values()) > end["decay"].mean()
assert 6 < chosen["decay"] / chosen["fixed"] < 6.5
best = {name: int(np.argmin(values)) for name, values in tuned.items()}
harm = {name: tuned[name][best[name] + 5] / tuned[name][best[name]] for name in tuned}
assert (
    harm["fixed"] > 10 and harm["decay"] < 3
)  # five places of the grid are a factor of ten
assert fresh["decay"].mean(axis=0)[1:].max() < fresh["fixed"].mean(axis=0)[1]
assert np.all(fresh["decay"].mean(axis=0)[1:] < fresh["fixed"].mean(axis=0)[1:])
print("checked: at equal cost decay ends three times lower, on all 20 fresh seeds")

# %% [markdown]
# ## Why a rate may rise first
#
# Sometimes the danger is at the start. Descend on $x^4/4$ from $x = 3$. The slope is $x^3 = 27$, the curvature
# $3x^2 = 27$. At the rate $0.25$ you land at $3 - 0.25 \cdot 27 = -3.75$: farther out, where it is steeper still. The
# run flies off: the limit of lesson 1 is $2/27 = 0.074$ here, and $0.25$ is far beyond it. Near the minimum the same
# rate would be *timid*. So begin with $0.05$ and raise the rate by $0.05$ each step until it is $0.25$:
# $3 \to 1.65 \to 1.20 \to 0.94 \to \dots$. This is a **[[warm-up]]**.
#
# A network that is fresh from its initialisation is such a place. Take Adam, whose first step moves every weight with a
# gradient by $\eta$, however small that gradient is (unit 03). The network has three hidden layers of 32 ReLUs and
# reads digits; its first weights have a size of about $0.2$. A first step of $\eta = 0.2$ is as large as the weights
# themselves: one gradient rewrites the whole network.

# %% tags=["setup"]
# Adam on 250 digits, all in one batch, for 100 steps
from gdcourse.diagnostics import activations, dead_units, snapshot, update_ratios
from gdcourse.losses.numpy import softmax_ce
from gdcourse.models.numpy import mlp
from gdcourse.optimizers.numpy import Adam
from gdcourse.training.numpy import objective

digits = datasets.digits()
images, labels = digits.X[:250], digits.y[:250]


def dead_share(model):
    """The share of hidden units that pass nothing on, for any image."""
    passed = [v for name, v in activations(model, images).items() if "ReLU" in name]
    return np.mean(np.concatenate([dead_units(v) for v in passed]))


def train_digits(rates, seed):
    """Return (losses, first update in parts of the weights, dead share after 0, 1, 10 and all steps)."""
    model = mlp([64, 32, 32, 32, 10], seed=seed)
    optimizer, loss_and_grad, losses = Adam(rates[0]), objective(model, softmax_ce), []
    dead = [dead_share(model)]
    for t, lr in enumerate(rates):
        optimizer.lr, before = lr, snapshot(model) if t == 0 else None
        loss, grads = loss_and_grad(model.params, images, labels)
        losses.append(loss)
        optimizer.step(model.params, grads)
        if t + 1 in (1, 10, len(rates)):
            dead.append(dead_share(model))
        if t == 0:
            first = max(update_ratios(before, snapshot(model)).values())
    return np.array(losses), first, np.array(dead)


# %%
def warm_up(lr, steps, warm):
    return [lr * min(1, (t + 1) / warm) for t in range(steps)]


for name, rates in {"at once": [0.2] * 100, "warm-up": warm_up(0.2, 100, 20)}.items():
    losses, first, _ = train_digits(rates, seed=2)
    print(f"{name}: the first step is {first:.0%} of the weights")
    print("   losses at steps 0, 1, 2, 99:", losses[[0, 1, 2, 99]].round(2))

# %% [markdown]
# **Predict.** The loss of the first run ends at $2.30 = \log 10$, that of guessing. Which share of its hidden units is
# then dead, that is, $0$ for every image? When do they die? Why does the run not recover?

# %%
for name, rates in {"at once": [0.2] * 100, "warm-up": warm_up(0.2, 100, 20)}.items():
    dead = train_digits(rates, seed=2)[2]
    print(f"{name}: dead after 0, 1, 10, 100 steps", dead.round(2))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At the end 98 % are dead: 5 % were at the start, 50 % after the first step, 91 % after ten. No gradient comes back
# through a dead unit (unit 02: the switch is shut), so hardly a later step can wake it. The warm-up's first step
# changes the weights by 5 %, not by all of their size, and most units live.
#
# </details>

# %% [markdown]
# **Predict.** At which of the rates $0.01$, $0.03$, $0.1$, $0.2$ and $0.4$ is there nothing to rescue? Does the warm-up
# rescue all the others?

# %% tags=["draw"]
# With and without warm-up, five rates, three seeds
tried = [0.01, 0.03, 0.1, 0.2, 0.4]
ends = {
    "at once": [[train_digits([lr] * 100, s)[0][-1] for lr in tried] for s in range(3)],
    "20 steps of warm-up": [
        [train_digits(warm_up(lr, 100, 20), s)[0][-1] for lr in tried] for s in range(3)
    ],
}
fig, ax = plots.figure(width=7.5, height=3.4)
for i, (name, values) in enumerate(ends.items()):
    style = {"color": plots.COLOURS[i], "marker": plots.MARKERS[i], "linestyle": "none"}
    ax.plot(tried, np.median(values, axis=0), plots.LINES[i], color=plots.COLOURS[i])
    ax.plot(tried, np.transpose(values), **style, label=[name, "", ""])
ax.axhline(np.log(10), color="0.5", linewidth=1, linestyle="-")
ax.text(0.01, 2.6, "guessing", color="0.3", va="bottom")
ax.set(xscale="log", yscale="log", xlabel="rate", ylabel="training loss at the end")
ax.set(
    xticks=tried,
    xticklabels=tried,
    ylim=(1e-6, 10),
    title="Adam, 100 steps, three seeds",
)
ax.minorticks_off()
ax.legend(loc="center left")
plots.show(
    fig,
    alt="The last loss against the rate, log scales, three marks per rate. Up to 0.03 all runs "
    "end below 0.001. At 0.2 the runs without warm-up lie near the line of "
    "guessing, those with it far below. At 0.4 both are high.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $0.01$ and $0.03$ there is nothing to rescue: all runs end below $0.001$, with and without. At $0.1$ and $0.2$ a
# warm-up helps: it makes larger rates *possible*. At $0.4$ it is not enough. Here you would simply take $0.03$.
#
# </details>

# %% tags=["check"]
# The quartic by hand, the dead units, the rates that a warm-up rescues
x = 3.0
assert x**3 == 27 and 3 * x**2 == 27 and x - 0.25 * x**3 == -3.75
path = [x]
for t in range(200):
    path.append(path[-1] - min(0.05 * (t + 1), 0.25) * path[-1] ** 3)
assert [f"{v:.2f}" for v in path[1:4]] == ["1.65", "1.20", "0.94"] and abs(
    path[-1]
) < 0.11
fly = [3.0]
for _ in range(5):
    fly.append(fly[-1] - 0.25 * fly[-1] ** 3)
assert abs(fly[-1]) > 1e6 and round(2 / 27, 3) == 0.074
stuck, first, dead = train_digits([0.2] * 100, seed=2)
warmed, small, alive = train_digits(warm_up(0.2, 100, 20), seed=2)
assert round(stuck[-1], 2) == round(np.log(10), 2) == 2.30
assert max(alive) < 0.5 and round(small, 2) == 0.05 and first > 0.9
assert dead.round(2).tolist() == [0.05, 0.5, 0.91, 0.98]
once, warmed = (np.array(ends[name]) for name in ends)
assert once[:, :2].max() < 0.001 and warmed[:, :2].max() < 0.001 and tried[1] == 0.03
assert np.median(once, axis=0).argmin() == 1 and once[:, 1].max() < 1e-4  # 0.03 will do
assert np.all(warmed[:, 2] < once[:, 2]) and tried[:3] == [0.01, 0.03, 0.1]
assert once[:, 3].min() > 1 and warmed[:, 3].max() < 0.1 and tried[3:] == [0.2, 0.4]
assert np.median(once[:, 4]) > 1 and np.median(warmed[:, 4]) > 1
sizes = [p.std() for p in mlp([64, 32, 32, 32, 10], seed=2).params if p.ndim == 2]
assert 0.15 < np.mean(sizes) < 0.25
print("checked: one step kills half the units, ten nearly all; a warm-up spares most")

# %% [markdown]
# A warm-up pays where a large rate is worth having, as with very large batches: it is used for networks that break in
# their first steps (Goyal et al. 2017).
#
# ## In three frameworks
#
# Lesson 5 shows their ready-made schedules. None is needed: the rate is an attribute, and you may set it before each
# step. Here is the third plan on the noisy parabola, with the same coins.


# %%
def third_plan(x):
    for eta, coin in zip(plans["0.5, then 0.05"], coins, strict=True):
        x = x - eta * (x + coin)
    return x


print("NumPy:", third_plan(10.0))

# %% tags=["torch"]
import torch

x_t = torch.tensor(10.0, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([x_t], lr=0.5)
for eta, coin in zip(plans["0.5, then 0.05"], coins, strict=True):
    optimizer.param_groups[0]["lr"] = eta
    optimizer.zero_grad()
    (x_t**2 / 2 + coin * x_t).backward()
    optimizer.step()
print("PyTorch:", x_t.item())

# %% tags=["tensorflow"]
import tensorflow as tf

x_k = tf.Variable(10.0, dtype=tf.float64)
optimizer = tf.keras.optimizers.SGD(learning_rate=0.5)
for eta, coin in zip(plans["0.5, then 0.05"], coins, strict=True):
    optimizer.learning_rate = eta
    with tf.GradientTape() as tape:
        loss = x_k**2 / 2 + coin * x_k
    optimizer.apply_gradients([(tape.gradient(loss, x_k), x_k)])
print("TensorFlow:", x_k.numpy())

# %% tags=["check", "torch", "tensorflow"]
# Do the three end at the same place? Keras keeps its rate in float32.
assert np.isclose(third_plan(10.0), x_t.item(), rtol=1e-12)
assert np.isclose(third_plan(10.0), x_k.numpy(), rtol=1e-6)
print("checked: the same end in NumPy, PyTorch and TensorFlow")

# %% [markdown]
# ## Summary
#
# - A fixed rate in noise ends on a floor, about in proportion to the rate.
# - A rate that falls forgets the start with large steps and lets the noise out with small ones.
# - On the tumours decay ended three times lower than the best fixed rate at the same cost.
# - The first steps can destroy what training needs. A warm-up keeps them small.
#
# ## Common mistakes
#
# - **Comparing a schedule with *your* fixed rate.** Compare it with the best one, tuned with as many runs.
# - **Lowering the rate as soon as the loss is noisy.** Early on, large steps come down faster than they add noise.
# - **A warm-up as a charm.** Look at the first losses: if they do not jump, there is little to rescue.
#
# ## Quick questions
#
# 1. A run sits on its floor. You halve the rate. What happens to the floor, and how fast?
#
#    <details><summary><b>Answer</b></summary>
#
#    It falls to about half. It gets there in about $1/\eta$ steps, with the new $\eta$, since what is above it shrinks
#    by $(1 - \eta)^2$ per step.
#
#    </details>
# 2. You double the batch size, so the variance of the noise is halved. Which rate gives the same floor as before?
#
#    <details><summary><b>Answer</b></summary>
#
#    About twice the rate: the floor is about in proportion to $\eta$ times that variance. This is
#    one reason why larger batches allow larger rates.
#
#    </details>
# 3. With all 569 tumours in each batch, would decay still win?
#
#    <details><summary><b>Answer</b></summary>
#
#    Not for this reason: there is no noise, so no floor.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Here $c$ is the mean square $\mathbb{E}\, x_t^2$ that you hold. Which rate makes the next one in (1)
# smallest? How does it change as $c$ falls?
#
# <details><summary><b>Outline</b></summary>
#
# The derivative of $(1 - \eta)^2 c + \eta^2$ is zero at $\eta = c/(c + 1)$. Far out it is close to $1$. As $c$ falls it
# falls too. Put it in: the new $1/c$ is the old $1/c$ plus $1$. So $c$ falls like $1/t$, and so does the best rate. No
# single rate is best for long.
#
# </details>

# %% [markdown]
# **Try.** In the plan "0.5, then 0.05", move the switch. How early is too early, how late too late? Then add a third
# rate, $0.005$, for the last 20 steps. Why does it not help?
#
# <details><summary><b>Outline</b></summary>
#
# A switch after 4 to 20 steps ends near $0.03$. After 1 step it leaves much of the start, after 50 much of the noise.
# In its 20 steps the third rate takes off a sixth, from $0.040$ to $0.033$. Had you stayed at $0.05$, you would be at
# $0.027$. A small rate needs time to let the noise out.
#
# </details>


# %% tags=["check"]
# The open questions
def switched(k):
    return mean_squares([0.5] * k + [0.05] * (60 - k), 100.0)[-1]


assert (
    all(switched(k) < 0.035 for k in range(4, 21))
    and min(switched(1), switched(50)) > 0.05
)
third = mean_squares([0.5] * 10 + [0.05] * 30 + [0.005] * 20, 100.0)
assert [f"{v:.3f}" for v in (third[40], third[-1])] == ["0.040", "0.033"]
assert round(switched(10), 3) == 0.027 and 0.16 < 1 - third[-1] / third[40] < 0.18
square, each = 5.0, []
for _ in range(6):  # the best rate for each step
    new = min((1 - eta) ** 2 * square + eta**2 for eta in np.linspace(0, 1, 10_001))
    each.append(1 / new - 1 / square)
    square = new
assert np.allclose(each, 1, atol=1e-4)
print("checked: the switch, the third rate, and the best rate for each step")

# %% [markdown]
# ## References
#
# - H. Robbins, S. Monro (1951). A stochastic approximation method. *Annals of Mathematical Statistics* 22, 400–407.
#   doi:10.1214/aoms/1177729586
# - P. Goyal et al. (2017). Accurate, large minibatch SGD: training ImageNet in 1 hour. arXiv:1706.02677
# - L. Bottou, F. E. Curtis, J. Nocedal (2018). Optimization methods for large-scale machine learning. *SIAM Review* 60,
#   223–311. doi:10.1137/16M1080173
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
