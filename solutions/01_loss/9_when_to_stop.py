# %% [markdown]
# # When to stop
#
# {{about}}
#
# **After this lesson you can**
#
# - say where three common stopping rules stop, from one line of algebra,
# - name what each of them measures besides closeness to the minimum,
# - recognise a plateau, a saddle and a noisy run by what the rules do there,
# - write a rule that does not take NaN for success.
#
# **You need** gradient descent on a parabola (unit 00), curvature (lesson 3), the sigmoid (lesson 4) and the spam
# filter (lesson 7).

# %% [markdown]
# ## Three rules on one parabola
#
# Gradient descent has no last step. Three rules are in use. Each stops when something is smaller than a tolerance:
#
# - **small gradient**: the length of $g$,
# - **small step**: the length of the step, $\eta g$,
# - **small decrease**: the fall of the loss in one step.
#
# Take $f(x) = x^2/2$, whose gradient is $x$. Start at $x = 1$ with the rate $0.1$: each step leaves $0.9$ of $x$. Let
# the tolerance be $0.001$ for all three.
#
# **Predict.** How close to the minimum does each rule stop? The fall in one step is $\frac12 x^2 - \frac12 (0.9 x)^2
# = 0.095\, x^2$.

# %%
import numpy as np


def where_rules_fire(f, slope, x, rate, steps=1000, tol=0.001):
    fired = {}
    for t in range(steps):
        g = slope(x)
        after = x - rate * g
        sizes = {"decrease": abs(f(x) - f(after))}
        sizes |= {"step": np.linalg.norm(rate * g), "gradient": np.linalg.norm(g)}
        for rule, size in sizes.items():
            if size < tol and rule not in fired:
                fired[rule] = t, x
        x = after
    return fired


# %%
def parabola(x):
    return x**2 / 2


for rule, (t, x) in where_rules_fire(parabola, lambda x: x, 1.0, 0.1).items():
    print(f"small {rule:8} fires at step {t}, where x = {x:.5f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The gradient is below $0.001$ at $x = 0.001$. The step is $0.1 x$, so it is small from $x = 0.01$ on. The decrease
# needs $x^2 < 0.001/0.095$, so it is small at $x = 0.1$ already. With $0.9^t$ that is at the steps $66$, $44$ and
# $22$. One tolerance, and a hundredfold difference in where you end.
#
# </details>

# %% [markdown]
# In general a step is $-\eta g$, and for a small rate the loss falls by about slope times length of the step:
#
# $$\text{step} = \eta\, \lVert g \rVert, \qquad \text{decrease} \approx \eta\, \lVert g \rVert^2. \tag{1}$$
#
# So two of the rules measure the *rate* as much as the place. And the decrease is of second order: it gets small long
# before the gradient does. "Stop when the loss no longer falls noticeably", as many texts have it, is that rule.
#
# **Predict.** The same parabola, and a rate of $0.0001$. When do the three rules fire?

# %%
tiny = where_rules_fire(parabola, lambda x: x, 1.0, 0.0001, steps=70_000)
for rule, (t, x) in tiny.items():
    print(f"small {rule:8} fires at step {t}, where x = {x:.5f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Step and decrease fire at once, at $x = 1$: nothing has been learned. They saw a small rate and took it for a small
# error. The gradient does not depend on the rate. It fires where it did before, if it takes $69\,075$ steps.
#
# </details>

# %% tags=["draw"]
# The loss along the run, with the steps at which the rules fire
from gdcourse import plots

MARKS = {"decrease": ("o", 0), "step": ("s", 1), "gradient": ("^", 2)}


def along(rate, steps=120):
    fig, ax = plots.figure(width=6.5, height=3.3)
    ax.plot(parabola((1 - rate) ** np.arange(steps + 1)), color="0.6", linestyle="-")
    fired = where_rules_fire(parabola, lambda x: x, 1.0, rate, steps=steps)
    for rule, (t, x) in fired.items():
        marker, colour = MARKS[rule]
        style = {"color": plots.COLOURS[colour], "markersize": 9}
        ax.plot(t, parabola(x), marker, label=f"small {rule}: step {t}", **style)
    ax.set(xlabel="step", ylabel="loss", yscale="log", ylim=(1e-9, 2))
    ax.set_title(f"parabola, learning rate {rate:g}")
    if fired:
        ax.legend()
    return fig, fired


plots.show(
    along(0.1)[0],
    alt="The loss falls in a straight line on a log scale. Small decrease fires at step 22, "
    "small step at 44 and small gradient at 66, each a hundred times lower than the last.",
)

# %% [markdown]
# Move the rate. When do the marks meet, and when do two of them move to the start? (It needs a running kernel.)


# %% tags=["widget", "draw"]
# A slider over the rate
def at(rate):
    fig, fired = along(rate)
    told = ", ".join(f"small {rule} at step {t}" for rule, (t, _) in fired.items())
    return (
        fig,
        f"The loss at the rate {rate}: {told or 'no rule fires within 120 steps'}.",
    )


plots.slider(at, rate=[0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6, 0.9])

# %% tags=["check"]
# Where the rules fire on the parabola
fired = where_rules_fire(parabola, lambda x: x, 1.0, 0.1)
assert {rule: t for rule, (t, _) in fired.items()} == {
    "decrease": 22,
    "step": 44,
    "gradient": 66,
}
assert (
    np.isclose((1 - 0.9**2) / 2, 0.095)
    and np.sqrt(0.001 / 0.095) > 0.1 > fired["decrease"][1]
)
assert fired["step"][1] < 0.01 < fired["step"][1] / 0.9
assert {rule: t for rule, (t, _) in tiny.items()} == {
    "decrease": 0,
    "step": 0,
    "gradient": 69075,
}
lows = [parabola(x) for _, x in fired.values()]
assert 90 < lows[0] / lows[1] < 110 and 90 < lows[1] / lows[2] < 110
x, rate = 0.7, 0.0001
assert np.isclose(parabola(x) - parabola(x - rate * x), rate * x**2, rtol=1e-3)
print("checked: steps 22, 44 and 66, and what a tiny rate does to two of the rules")

# %% [markdown]
# ## Flat, and not a minimum
#
# A small gradient says that the ground is level, no more. Such a point is called [[stationary]]. Two places where it
# is not the minimum:
#
# - a [[plateau]]: one weight $w$, the loss $\frac12 (p - 0.9)^2$ with $p$ the sigmoid of $w$. Far to the left the
#   sigmoid is flat, and so is the loss. The minimum, $0$, is at $w = 2.2$.
# - a [[saddle]]: $f = x_1^2 - x_2^2 + x_2^4/4$. At $(0, 0)$ it is level, a valley in $x_1$ and a ridge in $x_2$. The
#   minima, $-1$, are at $x_2 = \pm\sqrt 2$.
#
# **Predict.** The runs start at $w = -6$, at $w = -8$, and at $(1, 10^{-8})$. In which does the small gradient rule,
# with tolerance $0.001$, stop in the wrong place?


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def plateau(w):
    return (sigmoid(w) - 0.9) ** 2 / 2


def plateau_slope(w):
    return (sigmoid(w) - 0.9) * sigmoid(w) * (1 - sigmoid(w))


# %%
def saddle(x):
    return x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4


def saddle_slope(x):
    return np.array([2 * x[0], x[1] ** 3 - 2 * x[1]])


# %%
runs = {
    "plateau from -6": (plateau, plateau_slope, -6.0, 1.0),
    "plateau from -8": (plateau, plateau_slope, -8.0, 1.0),
    "saddle": (saddle, saddle_slope, np.array([1, 1e-8]), 0.1),
}
for name, (f, slope, start, rate) in runs.items():
    print(name)
    for rule, (t, x) in where_rules_fire(f, slope, start, rate).items():
        print(f"   small {rule:8} fires at step {t:3}, loss {f(x):.4f}")

# %% tags=["draw"]
# The loss along two of the runs, with the steps at which the rules fire
fig, axes = plots.figure(2, width=9, height=3.2)
for ax, name, steps in zip(
    axes, ("plateau from -6", "saddle"), (1000, 200), strict=True
):
    f, slope, x, rate = runs[name]
    fired, heights = where_rules_fire(f, slope, x, rate, steps), []
    for _ in range(steps):
        heights.append(f(x))
        x = x - rate * slope(x)
    ax.plot(heights, color="0.6", linestyle="-")
    for rule, (t, where) in fired.items():
        marker, colour = MARKS[rule]
        size = {"decrease": 9, "step": 11, "gradient": 6}[rule]
        style = {"color": plots.COLOURS[colour], "markersize": size}
        ax.plot(t, f(where), marker, label=f"small {rule}", **style)
    ax.set(xlabel="step", ylabel="loss", title=name)
    ax.legend()
plots.show(
    fig,
    alt="Left, plateau: the loss stays near 0.4 for over 400 steps, then falls to 0; small "
    "decrease fires at the start, the other two at the bottom. Right, saddle: all three fire "
    "near 0 before step 40; at about step 100 the loss falls to -1.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# On the plateau from $-6$ the gradient is $0.0022$, so the rule goes on, and is right in the end; small decrease
# stops at once. From $-8$ the gradient is $0.0003$, and all three rules stop where they began. At the saddle all
# three stop at a loss near $0$, and had they waited, the run would have reached $-1$.
#
# </details>

# %% [markdown]
# What helps? Look further than the slope. At the saddle the curvature along $x_2$ is $-2$: a level point with a
# negative curvature is no minimum. So look at the curve, and try another start.
#
# ## Noise
#
# Often a step takes the gradient of a few samples only, a [[batch]], and the next step that of others (unit 03). Such
# a gradient is in general not zero at the minimum of all samples. Two samples show it: their losses $\frac12 (w -
# 1)^2$ and $\frac12 (w + 1)^2$ have their mean's minimum at $w = 0$. There one pulls with $1$, the other with $-1$,
# for ever. So near $w = 0$ "small gradient" cannot fire, and near $\pm 1$ it may. And small decrease?
#
# The spam filter of lesson 7, trained in batches of 20. One pass over all mails is an [[epoch]]. The rule, folded in
# `epochs_until_decrease_is_small`, compares the mean loss of an epoch with that of the epoch before. Only the order
# of the mails differs, from [[seed]] to seed: the number from which the random order is made.

# %% tags=["setup"]
# Train the spam filter in batches until two epochs agree
from gdcourse import datasets

mails, _ = datasets.split(datasets.spam())
X = np.column_stack(
    [np.ones(700), (mails.X - mails.X.mean(axis=0)) / mails.X.std(axis=0)]
)


def epochs_until_decrease_is_small(tol, seed, most=400):
    rng, w, before = np.random.default_rng(seed), np.zeros(6), np.inf
    for number in range(1, most + 1):
        total = 0.0
        for rows in rng.permutation(700).reshape(35, 20):
            z = X[rows] @ w
            total += np.mean(np.logaddexp(0, z) - mails.y[rows] * z) / 35
            w = w - X[rows].T @ (sigmoid(z) - mails.y[rows]) / 20
        if abs(total - before) < tol:
            return number
        before = total
    return most


# %%
lottery = {}
for tol in (1e-3, 1e-4, 1e-5):
    lottery[tol] = [epochs_until_decrease_is_small(tol, seed) for seed in range(8)]
    print(f"tolerance {tol:g}: stops after epochs {lottery[tol]}")

# %% [markdown]
# (400 was the limit.) When two noisy numbers happen to agree, the rule fires: with the tolerance $10^{-4}$ after $4$
# epochs with one seed, after $75$ with another. With $10^{-5}$ one still stops after $4$, and others run into the
# limit. That is a lottery, not a rule. Average over many epochs, or ask data that the training does not see: the next
# lesson.
#
# ## A loop that takes NaN for success
#
# **Predict.** This loop minimises $x^4$ from $3$ at the rate $1$, far too large. When does it stop, and what does it
# say?


# %%
def descend_until_flat(x, lr, tol=0.001):
    before, now = np.inf, x**4
    while abs(before - now) >= tol:  # goes on while the change is large
        x = x - lr * 4 * x**3
        before, now = now, x**4
    return f"converged, loss {now}"


with np.errstate(over="ignore", invalid="ignore"):
    print(descend_until_flat(np.float64(3), lr=1.0))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The loss overflows to infinity, twice. Infinity minus infinity is NaN, and with NaN each comparison is false. So the
# loop ends, and reports success.
#
# </details>

# %% [markdown]
# Ask "is it small?", never "is it not large?": `if abs(before - now) < tol: stop`. NaN then never counts as small.
# You write all these rules in {{exercise:should_stop}}. What to use:
#
# 1. Always a limit on the steps, a check that the loss is finite, and a look at the curve.
# 2. For a minimum, with full gradients: a small gradient, several times in a row.
# 3. For predictions of new data: a validation set. That is the next lesson.
#
# If every curvature is at least $\mu > 0$, a small gradient also tells how good you are: the loss is at most
# $\lVert g \rVert^2/2\mu$ above the minimum.

# %% tags=["check"]
# Plateau, saddle, noise and NaN
found = {name: where_rules_fire(*run) for name, run in runs.items()}
assert found["plateau from -6"]["decrease"][0] == 0
assert plateau(found["plateau from -6"]["gradient"][1]) < 1e-4
assert {t for t, _ in found["plateau from -8"].values()} == {0}
assert (
    round(-plateau_slope(-6.0), 4) == 0.0022
    and round(-plateau_slope(-8.0), 4) == 0.0003
)
assert round(np.log(9), 1) == 2.2 and np.isclose(sigmoid(np.log(9)), 0.9)
assert all(abs(saddle(x)) < 0.002 and t < 40 for t, x in found["saddle"].values())
x, w, heights = np.array([1, 1e-8]), -6.0, []
for _ in range(400):
    x, w = x - 0.1 * saddle_slope(x), w - plateau_slope(w)
    heights.append(saddle(x))
assert np.isclose(heights[-1], -1) and heights[80] > -0.01 and heights[120] < -0.99
assert plateau(w) > 0.3 and np.isclose(plateau(-6.0), 0.4, atol=0.01)
assert np.isclose(saddle([0, np.sqrt(2)]), -1)
assert (min(lottery[1e-4]), max(lottery[1e-4])) == (4, 75)
assert min(lottery[1e-5]) == 4 and max(lottery[1e-5]) == 400
with np.errstate(over="ignore", invalid="ignore"):
    assert descend_until_flat(np.float64(3), lr=1.0) == "converged, loss inf"
for start in (0.3, 2.0, -5.0):  # the bound, on a convex function with curvature >= 1
    g, gap = start + start**3, start**2 / 2 + start**4 / 4
    assert gap <= g**2 / 2
print("checked: what the rules do on a plateau, at a saddle, in noise and with NaN")

# %% [markdown]
# ## In three frameworks
#
# The rules need the length of the gradient over *all* parameters. Here for two arrays, $(3, 0)$ and $4$.

# %%
grads = [np.array([3.0, 0.0]), np.array([4.0])]
print("NumPy:", np.sqrt(sum(np.sum(g**2) for g in grads)))

# %% tags=["torch"]
import torch

params = [torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True)]
(3 * params[0][0] + 4 * params[1][0]).backward()
norm_t = torch.nn.utils.clip_grad_norm_(params, max_norm=float("inf"))  # clips nothing
print("PyTorch:", norm_t.item(), " finite:", torch.isfinite(norm_t).item())

# %% tags=["tensorflow"]
import tensorflow as tf

norm_k = tf.linalg.global_norm([tf.constant(g) for g in grads])
print("TensorFlow:", float(norm_k), " finite:", bool(tf.math.is_finite(norm_k)))

# %% [markdown]
# Keras has `TerminateOnNaN` among its callbacks, and `EarlyStopping`, which the next lesson uses.

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert np.sqrt(sum(np.sum(g**2) for g in grads)) == norm_t.item() == float(norm_k) == 5
assert hasattr(tf.keras.callbacks, "TerminateOnNaN")
print("checked: the length 5 in all three")

# %% [markdown]
# ## Summary
#
# - With one tolerance the three rules stop at very different places: $\eta \lVert g \rVert$ and $\eta \lVert g
#   \rVert^2$ measure the rate too.
# - A small gradient means level ground: a minimum, a plateau or a saddle.
# - With batches, rules on single steps or epochs are a lottery.
# - NaN must count as neither small nor better.
#
# ## Common mistakes
#
# - **A signed decrease.** A loss that rises by $5$ has not converged: take the absolute value.
# - **One small step is enough.** It may be chance: ask several times in a row.
# - **Comparing gradients of different scales of a loss.** The sum's is $2n$ times the half-mean's.
#
# ## Quick questions
#
# 1. You halve the learning rate. What happens to the place where small step stops, on a parabola? And small gradient?
#
#    <details><summary><b>Answer</b></summary>
#
#    The step is $\eta x$, so small step stops at twice the distance. Small gradient stops where it did.
#
#    </details>
# 2. A run starts exactly on the ridge of the saddle, at $(1, 0)$. Where does it end?
#
#    <details><summary><b>Answer</b></summary>
#
#    In the saddle: the gradient along $x_2$ is $0$ at each step. With noise it would leave.
#
#    </details>
# 3. `while not abs(change) < tol:`. Does this loop end if the change is NaN?
#
#    <details><summary><b>Answer</b></summary>
#
#    No. `abs(nan) < tol` is false, so `not` of it is true, and it goes on until the limit on the steps.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Near a saddle $x_2$ grows by the factor $1 + 2\eta$ a step. How does the number of steps until it leaves
# depend on where it starts, $x_2 = 10^{-k}$?
#
# <details><summary><b>Outline</b></summary>
#
# It must grow by $10^k$, which takes $k \log 10/\log(1 + 2\eta)$ steps: with $\eta = 0.1$ about $12.6$ for each power
# of ten. So it stays long, but not for ever.
#
# </details>
#
# **Try.** On the parabola, let each rule ask five times in a row. Which of the failures of this lesson does that
# mend, and which not?
#
# <details><summary><b>Outline</b></summary>
#
# It makes chance agreements in noise much rarer. It mends nothing on a tiny rate, on a plateau or at a saddle: there
# the sizes stay small for hundreds of steps.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert round(np.log(10) / np.log(1.2), 1) == 12.6
halved = where_rules_fire(parabola, lambda x: x, 1.0, 0.05)
usual = where_rules_fire(parabola, lambda x: x, 1.0, 0.1)
assert 1.8 < halved["step"][1] / usual["step"][1] < 2.2
x = np.array([1.0, 0.0])
for _ in range(1000):
    x = x - 0.1 * saddle_slope(x)
assert np.linalg.norm(x) < 1e-12
print("checked: steps to leave a saddle")

# %% [markdown]
# ## References
#
# - Y. Nesterov (2004). *Introductory Lectures on Convex Optimization*. Springer. doi:10.1007/978-1-4419-8853-9.
# - Y. Dauphin and others (2014). Identifying and attacking the saddle point problem in high-dimensional non-convex
#   optimization. *NeurIPS*. arXiv:1406.2572
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
