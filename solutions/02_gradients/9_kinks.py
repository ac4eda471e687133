# %% [markdown]
# # Slopes at a kink
#
# {{about}}
#
# **After this lesson you can**
#
# - find all subgradients at a kink, and tell from them whether it is a minimum,
# - say why descent with a constant rate swings about a kink,
# - say which learning rates let it settle, and which stop too early,
# - read what PyTorch and TensorFlow answer at a kink, and avoid a `nan`.
#
# **You need** descent with a learning rate (unit 00), what a kink is (lesson 6), and the median of a list.

# %% [markdown]
# ## One number for three prices
#
# Three flats cost $1$, $2$ and $6$ (in some unit). Which one number $x$ stands for them best? Take the mean of the
# distances as the loss:
#
# $$f(x) = \tfrac13 \bigl(|x - 1| + |x - 2| + |x - 6|\bigr). \tag{1}$$
#
# Each distance has the slope $1$ where $x$ is above the price, and $-1$ below. So by hand:
#
# - at $x = 3$ two prices are below and one above: $(1 + 1 - 1)/3 = 1/3$, downhill is to the left,
# - at $x = 1.5$: $(1 - 1 - 1)/3 = -1/3$, downhill is to the right.
#
# In between, at $x = 2$, the slope jumps from $-1/3$ to $1/3$: a kink. Both sides rise, so it is the minimum. It is the
# **median**. Make the expensive flat ten times as expensive, and the median stays at $2$. The mean, which the squares would choose,
# goes from $3$ to $21$.

# %%
import numpy as np

prices = np.array([1.0, 2.0, 6.0])


def f(x):
    return np.mean(np.abs(x - prices))


def slope(x):
    return np.mean(np.sign(x - prices))


for x in (1.5, 2, 3):
    print(f"x = {x}: height {f(x):.3f}, slope {slope(x):.3f}")

# %% [markdown]
# ## Any slope that stays below
#
# At the kink there is no derivative. What can stand in for it? On a smooth bowl the tangent lies below the graph. So take
# any line that touches the graph at $x$ and stays below it. Its slope $g$ is a [[subgradient]]:
#
# $$f(x + c) \ge f(x) + g\, c \qquad \text{for every } c. \tag{2}$$
#
# Here $c$ is any way to go. This is for *convex* functions, as (1) is: between two of its points the graph
# lies on or below the straight line that joins them.
#
# **Predict.** Which numbers $g$ are subgradients of $|x|$ at $0$? Of the ReLU at $0$? And of (1) at $x = 2$?

# %%
ways = np.linspace(-3, 3, 601)
candidates = np.linspace(-1.5, 1.5, 301)


def subgradients(f, x):
    good = [
        g for g in candidates if all(f(x + c) >= f(x) + g * c - 1e-12 for c in ways)
    ]
    return round(min(good), 2), round(max(good), 2)


print("|x| at 0: from", *subgradients(abs, 0))
print("ReLU at 0: from", *subgradients(lambda x: max(0, x), 0))
print("three prices at 2: from", *subgradients(f, 2))

# %% tags=["draw"]
# The three functions, with lines that touch and stay below
from gdcourse import plots

fig, axes = plots.figure(3, width=9.2, height=3)
shown = (
    ("$|x|$ at 0", np.abs, 0, (-1, -0.5, 0, 0.5, 1)),
    ("ReLU at 0", lambda x: np.maximum(0, x), 0, (0, 0.5, 1)),
    ("three prices at 2", np.vectorize(f), 2, (-1 / 3, 0, 1 / 3)),
)
for ax, (title, function, at, slopes) in zip(axes, shown, strict=True):
    line = at + np.linspace(-2, 2, 201)
    ax.plot(line, function(line), color="black", linestyle="-", linewidth=2)
    for g in slopes:
        ax.plot(
            line,
            function(at) + g * (line - at),
            color=plots.COLOURS[0],
            linestyle="--",
            linewidth=1,
        )
    ax.plot(at, function(at), "o", color=plots.COLOURS[1], markersize=7)
    ax.set(title=title, xlabel="$x$", ylim=(function(at) - 1, function(at) + 2))
plots.show(
    fig,
    alt="Three graphs with a kink: |x|, the ReLU, and the mean distance to the three prices. "
    "Dashed lines of several slopes touch each at its kink and stay below it.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $|x|$: all from $-1$ to $1$. ReLU: all from $0$ to $1$. The prices: all from $-1/3$ to $1/3$. In each case, all numbers
# between the slope on the left and the slope on the right.
#
# </details>

# %% [markdown]
# Put $g = 0$ into (2): it says $f(x + c) \ge f(x)$ everywhere. So **a point is a minimum just where $0$ is a
# subgradient**. That holds for $|x|$, for the prices at $2$, and for the ReLU at $0$, which is flat on its left.
#
# With many parameters, a sample's slope is multiplied by its input, as ever: a subgradient of the mean absolute error is
# the mean of $\operatorname{sign}(\text{error}) \cdot x$. You write it in {{exercise:subgrad_mae}}.

# %% tags=["check"]
# Do heights, slopes and the three ranges hold?
assert np.isclose(slope(3), 1 / 3) and np.isclose(slope(1.5), -1 / 3) and slope(2) == 0
assert np.median(prices) == 2 == np.median([1, 2, 60])
assert prices.mean() == 3 and np.mean([1, 2, 60]) == 21
grid = np.linspace(0, 7, 701)
assert np.isclose(grid[np.argmin([f(x) for x in grid])], 2)
assert subgradients(abs, 0) == (-1, 1) and subgradients(lambda x: max(0, x), 0) == (
    0,
    1,
)
low, high = subgradients(f, 2)
assert np.isclose(low, -1 / 3, atol=0.01) and np.isclose(high, 1 / 3, atol=0.01)
for g, good in ((0.32, False), (1 / 3, True), (0.35, False)):  # smooth: one slope
    assert all(f(3 + c) >= f(3) + g * c - 1e-12 for c in ways) == good
print("checked: the ranges of slopes, and the median as the minimum")

# %% [markdown]
# ## Descent on a kink
#
# Descend on $|x|$ with the constant rate $0.3$, from $1.05$. Each step has the length $0.3$, *however near the minimum
# is*: $1.05,\ 0.75,\ 0.45,\ 0.15,\ -0.15,\ 0.15, \dots$ On a smooth bowl the slope shrinks as you come near, and the steps
# with it. At a kink it does not.
#
# A published tutorial recommends *clipping* for such functions, which limits the slope to $[-1, 1]$, and "dynamic learning
# rates".
#
# **Predict.** Which of these settle at $0$: the constant rate; the same with clipping at $1$; the rate $0.3 \cdot 0.5^t$;
# the rate $0.3 / (t + 1)$?


# %%
def descend(rate, clip=np.inf, x=1.05, steps=1000):
    path = [x]
    for t in range(steps):
        g = np.clip(np.sign(x), -clip, clip)
        x = x - rate(t) * g
        path.append(x)
    return np.array(path)


# %%
paths = {
    "constant": descend(lambda t: 0.3),
    "constant, clipped": descend(lambda t: 0.3, clip=1),
    "0.3 · 0.5^t": descend(lambda t: 0.3 * 0.5**t),
    "0.3 / (t + 1)": descend(lambda t: 0.3 / (t + 1)),
}
for name, path in paths.items():
    print(f"{name}: after 10 steps {abs(path[10]):.3f}, 1000: {abs(path[-1]):.4f}")

# %% tags=["draw"]
# The four paths
fig = plots.curves(
    {name: path[:41] for name, path in paths.items()},
    ylabel="$x$",
    title="descent on $|x|$ from 1.05",
    height=3.4,
)
fig.axes[0].axhline(0, color="0.5", linewidth=0.8, linestyle="-")
plots.show(
    fig,
    alt="x against the step. The constant rate, clipped or not, swings between 0.15 and -0.15. "
    "The halving rate stops at 0.45. The rate 0.3 / (t + 1) comes down and stays near 0.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Only the last. The constant rate swings between $0.15$ and $-0.15$. Clipping at $1$ changes nothing, for the slope is
# never larger. The halving rate can cover $0.3 + 0.15 + \dots = 0.6$ in all, so it stops at $0.45$: it dies too fast.
#
# </details>

# %% [markdown]
# So the rate must die out, and yet be able to go any distance:
#
# $$\eta_t \to 0 \qquad \text{and} \qquad \sum_t \eta_t = \infty. \tag{3}$$
#
# Then the *best* loss so far converges to the minimum, for each convex function that has a minimum and bounded slopes
# (Shor, 1985). Why the best, and not the last? A step along minus a subgradient may go up. The proof is short, and you
# can redo it below. Slide the exponent: the rate is $0.3 / (t + 1)^c$, and (3) asks for $c$ from just above $0$ to $1$.
# (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the exponent of the rate
recorded = {
    c: descend(lambda t, c=c: 0.3 / (t + 1) ** c) for c in np.arange(0, 2.1, 0.25)
}


def at(c):
    path = recorded[c]
    fig = plots.curves({f"c = {c:g}": path[:201]}, ylabel="$x$", height=3)
    fig.axes[0].set(
        ylim=(-0.4, 1.1),
        title=f"0.3 / (t + 1)^{c:g}: |x| is {abs(path[-1]):.4f} after 1000 steps",
    )
    fig.axes[0].axhline(0, color="0.5", linewidth=0.8, linestyle="-")
    return (
        fig,
        f"With the exponent {c:g} the distance after 1000 steps is {abs(path[-1]):.4f}.",
    )


plots.slider(at, c=list(recorded))

# %% tags=["check"]
# Do the four paths and the slider's ends hold?
constant, clipped, halved, harmonic = paths.values()
assert np.allclose(constant[:6], [1.05, 0.75, 0.45, 0.15, -0.15, 0.15])
assert np.allclose(np.abs(constant[3:]), 0.15) and np.array_equal(constant, clipped)
assert np.isclose(halved[-1], 0.45) and np.isclose(
    sum(0.3 * 0.5**t for t in range(100)), 0.6
)
assert abs(harmonic[-1]) < 1e-3 and (np.abs(harmonic[20:41]) < 0.1).all()
assert (
    len(harmonic) == 1 + 1000
    and abs(recorded[2.0][-1]) > 0.5
    and abs(recorded[0.5][-1]) < 0.02 < abs(recorded[0.0][-1])
)
assert np.allclose(
    descend(lambda t: 0.3, clip=0.4), descend(lambda t: 0.12)
)  # a question
tries = []
for rate in (lambda t: 0.3, lambda t: 0.3 / np.sqrt(t + 1)):
    at = 6.05  # the open question
    for t in range(1000):
        at = at - rate(t) * np.mean(np.sign(at - prices))
    tries.append(abs(at - 2))
assert 0.03 < tries[0] < 0.1 and tries[1] < 0.01
with np.errstate(invalid="ignore"):
    assert np.isnan(np.inf * (1 / np.inf)) and np.clip(np.inf, -1, 1) == 1
print("checked: four rates, and that clipping at 1 changes nothing")

# %% [markdown]
# ## In three frameworks
#
# A framework gives *one* number at a kink, and does not tell you that there was a choice.
#
# **Predict.** What do PyTorch and TensorFlow give at $0$ for $|x|$ and the ReLU? And for $\max(a, b)$ with $a = b = 2$, where
# any split of $1$ between the two is right? And for $\sqrt{x}$ at $0$, which is no kink: the slope is infinite?


# %% tags=["torch"]
import torch


def at_point(function, *values):
    leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values]
    function(*leaves).backward()
    return [leaf.grad.item() for leaf in leaves]


print("abs, relu:", at_point(torch.abs, 0.0), at_point(torch.relu, 0.0))
print(
    "maximum:", at_point(torch.maximum, 2.0, 2.0), " sqrt:", at_point(torch.sqrt, 0.0)
)
careless = at_point(lambda x: torch.where(x > 0, torch.sqrt(x), 0 * x), 0.0)
print("sqrt where x > 0, else 0:", careless)


# %% tags=["tensorflow"]
import tensorflow as tf


def at_point_tf(function, *values):
    leaves = [tf.Variable(v, dtype=tf.float64) for v in values]
    with tf.GradientTape() as tape:
        result = function(*leaves)
    return [float(g) for g in tape.gradient(result, leaves)]


print("abs, relu:", at_point_tf(tf.abs, 0.0), at_point_tf(tf.nn.relu, 0.0))
print(
    "maximum:", at_point_tf(tf.maximum, 2.0, 2.0), " sqrt:", at_point_tf(tf.sqrt, 0.0)
)
print("length of (x, x):", at_point_tf(lambda x: tf.norm(tf.stack([x, x])), 0.0))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Both give $0$ for $|x|$ and the ReLU: in the range. For $\max$ they differ: PyTorch splits, $0.5$ and $0.5$, and TensorFlow
# gives the first all. Both are right. For the root both give infinity.
#
# </details>

# %% [markdown]
# See the last line of each cell. `where` picked $0$, so no root should matter. But on the way back the branch that was *not*
# picked gets the gradient $0$, times its own infinite slope: $0 \cdot \infty$ is `nan`. TensorFlow's length of a zero
# vector does the same. The cure is to keep the bad number *out of* the root: `sqrt(where(x > 0, x, 1))`, and then pick.

# %% tags=["check", "torch"]
# Is it so in PyTorch, and does the cure work?
assert at_point(torch.abs, 0.0) == at_point(torch.relu, 0.0) == [0]
assert at_point(torch.maximum, 2.0, 2.0) == [0.5, 0.5]
assert at_point(torch.sqrt, 0.0) == [np.inf] and np.isnan(careless[0])


def cured(x):
    return torch.where(x > 0, torch.sqrt(torch.where(x > 0, x, 1.0)), 0 * x)


assert at_point(cured, 0.0) == [0] and at_point(cured, 4.0) == [0.25]
assert at_point(lambda x: (x - torch.tensor(prices)).abs().mean(), 2.0) == [slope(2)]
print("checked: PyTorch at kinks; the cure gives numbers")

# %% tags=["check", "tensorflow"]
# Is it so in TensorFlow?
assert at_point_tf(tf.abs, 0.0) == at_point_tf(tf.nn.relu, 0.0) == [0]
assert at_point_tf(tf.maximum, 2.0, 2.0) == [1, 0] and at_point_tf(tf.sqrt, 0.0) == [
    np.inf
]
assert np.isnan(at_point_tf(lambda x: tf.norm(tf.stack([x, x])), 0.0)[0])
assert at_point_tf(lambda x: tf.reduce_mean(tf.abs(x - prices)), 2.0) == [slope(2)]
print("checked: TensorFlow at kinks, and that it agrees with NumPy at the median")

# %% [markdown]
# ## Summary
#
# - A subgradient is the slope of a line that touches a convex graph and stays below. At a kink there are many.
# - $0$ among them means minimum. The mean distance is least at the median.
# - At a kink the slope does not shrink, so a constant rate swings. Let the rate die out, with an infinite sum.
# - Frameworks pick one number at a kink. Infinite slopes times $0$ give `nan`, also in a branch that was not picked.
#
# ## Common mistakes
#
# - **`r / abs(r)` as the sign.** At $0$ it is `nan`. Use `sign`.
# - **Any dying rate.** One with a finite sum stops on the way.
# - **Clipping as a cure.** It shortens large slopes; at a kink of $|x|$ there are none. (Nor does clipping by norm heal an
#   infinite gradient, which it turns into `nan`. Clipping by value does.)
#
# ## Quick questions
#
# 1. Four prices: $1, 2, 6, 9$. Where is the mean distance least?
#
#    <details><summary><b>Answer</b></summary>
#
#    Everywhere from $2$ to $6$. In between, two lie below and two above, and the slope is $0$; at both ends $0$ is a subgradient.
#
#    </details>
# 2. Clip at $0.4$ in the run with the constant rate $0.3$. What changes?
#
#    <details><summary><b>Answer</b></summary>
#
#    Each step is $0.12$ long: it is the run with the rate $0.12$. It swings in a narrower band.
#
#    </details>
# 3. Is $g = 2$ a subgradient of the ReLU at $0$?
#
#    <details><summary><b>Answer</b></summary>
#
#    No. The line $2 c$ lies above the graph for $c > 0$.
#
#    </details>
# 4. Why do kinks of ReLUs do little harm in training?
#
#    <details><summary><b>Answer</b></summary>
#
#    With biases that are not zero a step meets a kink exactly only by accident, and any number from $0$ to $1$ is a fair slope there. That the rate
#    stays constant matters more.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Let $x^*$ be a minimum and $|g| \le 1$ for all subgradients. Show that each step brings you nearer to $x^*$
# as long as $f(x) - f(x^*) > \eta/2$.
#
# <details><summary><b>Outline</b></summary>
#
# $|x - \eta g - x^*|^2 = |x - x^*|^2 - 2 \eta\, g (x - x^*) + \eta^2 g^2$. By (2), with $c = x^* - x$, we have
# $g (x - x^*) \ge f(x) - f(x^*)$. So the square falls by at least $2 \eta (f(x) - f(x^*)) - \eta^2$, which is above $0$ as
# long as the loss is more than $\eta/2$ too high. Sum over all steps with their rates: the best loss so far is too high by
# at most $(|x_0 - x^*|^2 + \sum_t \eta_t^2) / (2 \sum_t \eta_t)$. With (3) that goes to $0$.
#
# </details>

# %% [markdown]
# **Try.** Descend on (1) from $x = 6.05$ with the rates $0.3$ and $0.3/\sqrt{t + 1}$. Where do you end after 1000 steps?
#
# <details><summary><b>Outline</b></summary>
#
# Use `slope` in place of `np.sign`. Both come down to the median $2$. The first swings about it, the second settles.
#
# </details>
#
# ## References
#
# - N. Z. Shor (1985). *Minimization Methods for Non-Differentiable Functions*. Springer.
# - S. Boyd, L. Vandenberghe (2004). *Convex Optimization*. Cambridge University Press. Chapter 3, on convex functions.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
