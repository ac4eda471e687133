# %% [markdown]
# # Minima and saddles
#
# {{about}}
#
# **After this lesson you can**
#
# - predict which minimum a start and a rate lead to,
# - say which rates a minimum can hold,
# - tell a minimum from a saddle by the eigenvalues, and say when they cannot tell,
# - say which rules move on where the gradient is zero.
#
# **You need** the rules of this unit up to Adam; second derivatives; eigenvalues of a symmetric matrix.

# %% [markdown]
# ## Two wells
#
# So far there was one minimum. Take $f(x) = \frac{x^4}{4} - \frac{x^2}{2} + \frac{x}{10}$. Its slope is $x^3 - x +
# 0.1$. It has two minima: at $0.946$ with the height $-0.153$, and at $-1.047$ with $-0.352$. The second is the
# **global** one, the lowest of all. The first is a [[local minimum]], lowest among its neighbours only. Between them
# is a hill, with its top at $0.101$.
#
# From $x = 1.9$ the slope is $6.859 - 1.9 + 0.1 = 5.059$. At the rate $0.2$ the first step leads to $1.9 - 1.012 =
# 0.888$, into the right well. At the rate $0.6$ it leads to $1.9 - 3.035 = -1.135$, over the hill, into the left one.
#
# **Predict.** Where do you end from $1.5$ with the rate $0.2$? From $1.9$ with $0.2$, and with $0.6$? And which well
# do you reach with the rate $1$, wherever you begin?

# %% tags=["setup"]
# NumPy, the pictures of the course, and the surfaces
import numpy as np

from gdcourse import plots
from gdcourse.functions import bounded_saddle, double_well, himmelblau


# %%
def settle(x, rate, steps=600):
    """Where descent ends; nan if it does not settle."""
    with np.errstate(all="ignore"):
        for _ in range(steps):
            x = x - rate * (x**3 - x + 0.1)
        resting = np.abs(x**3 - x + 0.1) < 1e-6
    return np.where(resting, x, np.nan)


for start, rate in ((1.5, 0.2), (1.9, 0.2), (1.9, 0.6), (-1.5, 1.0)):
    print(f"from {start} at rate {rate}: ends at {settle(start, rate):.3f}")

# %% tags=["draw"]
# The two wells, and where each start and rate lead
from matplotlib.colors import to_rgb

starts, rates = np.linspace(-2, 2, 161), np.linspace(0.02, 1.3, 65)
ends = settle(*np.meshgrid(starts, rates))
fig, (left, right) = plots.figure(2, width=9.6, height=3.9, width_ratios=[1, 1.5])
at = np.linspace(-1.75, 1.75, 200)
left.plot(at, double_well(at[None]), color="black", linestyle="-")
for x, marker, colour, name in (
    (-1.0467, "s", plots.COLOURS[0], "global"),
    (0.9456, "o", plots.COLOURS[4], "local"),
):
    left.plot(x, double_well(x), marker, color=colour, markersize=11, label=name)
left.set(xlabel="$x$", ylabel="$f$", title="two wells", ylim=(-0.5, 1))
left.legend(loc="upper center")
shades = np.where(np.isnan(ends), 2, np.where(ends < 0, 0, 1))
colours = np.array(["#4da0d0", "#f0b93a", "#dddddd"])[shades]
boxes = np.array([to_rgb(name) for name in colours.ravel()]).reshape(*colours.shape, 3)
right.imshow(boxes, extent=(-2, 2, 0.02, 1.3), origin="lower", aspect="auto")
right.contourf(
    starts, rates, shades == 1, levels=[0.5, 1.5], colors="none", hatches=["//"]
)
right.grid(False)
right.set(xlabel="start", ylabel=r"rate $\eta$", title="where descent ends")
for x, y, words in (
    (-1.2, 0.3, "global"), (0.9, 0.15, "local"), (-0.7, 1.05, "does not settle"),
):  # fmt: skip
    box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 2}
    right.text(x, y, words, ha="center", va="center", bbox=box)
plots.show(
    fig,
    alt="Left, a curve with two wells, the left one deeper. Right, a map over start and rate. "
    "At small rates the border between the wells is the hill top, 0.1. From rate 0.32 up far "
    "starts jump across, in wedges; above 0.88 runs settle in the local well alone, above 1.19 none does.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $0.946$, $0.946$, $-1.047$. With the rate $1$ at $0.946$, whatever the start, if at all: the global minimum
# cannot hold such a rate.
#
# </details>

# %% [markdown]
# Why can it not? Near a minimum of curvature $\lambda$ each step multiplies the distance by $1 - \eta\lambda$. A
# minimum holds a run only if $\eta < 2/\lambda$. The curvature is $3x^2 - 1$: $2.287$ in the global well, so $\eta <
# 0.875$; $1.683$ in the local one, so $\eta < 1.189$. Large rates prefer *flat* minima, be they high or low.
#
# Two published rules do not stand. "If a function is smooth, descent converges to the global minimum": $f$ is a
# polynomial, as smooth as can be. Smoothness leads to a zero gradient, no more. And "too large a rate jumps past the
# global optimum": here it jumped out of the local one. What *does* help is a [[convex]] function: between any two
# points the graph lies on or below the straight line that joins them. Then every minimum is global. The rate must
# still suit.

# %% tags=["check"]
# The wells, the four runs, and the map
low, local = double_well.minima[:, 0]
assert round(low, 3) == -1.047 and round(local, 3) == 0.946
assert abs(double_well.gradient(0.101)) < 1e-4
assert [round(float(double_well(x)), 3) for x in (local, low)] == [-0.153, -0.352]
assert np.isclose(1.9**3 - 1.9 + 0.1, 5.059) and np.isclose(1.9**3, 6.859)
assert np.allclose([0.2 * 5.059, 0.6 * 5.059], [1.012, 3.035], atol=1e-3)
assert np.allclose([1.9 - 1.012, 1.9 - 3.035], [0.888, -1.135])
found = [float(settle(x, r)) for x, r in ((1.5, 0.2), (1.9, 0.2), (1.9, 0.6))]
assert np.allclose(found, [local, local, low])
bends = [3 * x**2 - 1 for x in (low, local)]
assert np.round(bends, 3).tolist() == [2.287, 1.683]
assert [round(2 / b, 3) for b in bends] == [0.875, 1.189]
upper = ends[(rates > 0.88) & (rates < 1.18)]
assert np.allclose(upper[np.isfinite(upper)], local, atol=1e-3)
assert np.isnan(ends[rates > 1.19]).all()
crosses = ((ends < 0) & (starts > 0.12)) | ((ends > 0) & (starts < 0.09))
assert np.isclose(rates[crosses.any(axis=1)][0], 0.32)
anywhere = settle(np.random.default_rng(0).uniform(-2, 2, 5000), 1.0)
assert np.allclose(anywhere[np.isfinite(anywhere)], local, atol=1e-3)


def layers(row):
    """How often the well changes from start to start."""
    return np.sum(np.abs(np.diff(row[np.isfinite(row)])) > 1)


place, v = np.array(np.meshgrid(starts, rates)[0]), 0.0  # with momentum, to try
with np.errstate(all="ignore"):
    for _ in range(3000):
        v = 0.9 * v + (place**3 - place + 0.1)
        place = place - rates.reshape(-1, 1) * v
    place[np.abs(place**3 - place + 0.1) > 1e-6] = np.nan
assert place[0, -1] < 0 < ends[0, -1] and layers(place[20]) > 5 > layers(ends[20])
assert np.isclose(1.5**3 - 1.5 + 0.1, 1.975) and round(1.399 / 1.975, 2) == 0.71
assert np.isclose(1.5 - 0.101, 1.399) and 1.5 - 0.72 * 1.975 < 0.101 < 1.5 - 0.7 * 1.975
print("checked: which well, and which rates it can hold")

# %% [markdown]
# ## Stationary points in many dimensions
#
# A point with zero gradient is called [[stationary|stationary point]]. Look at the Hessian's eigenvalues there, the
# curvatures:
#
# - all positive: a minimum. All negative: a maximum.
# - positive and negative ones: a [[saddle]], up in some directions, down in others.
# - some zero and the others of one sign: they cannot tell.
#
# The last case is not a formality. $x^4$ has curvature $0$ at its minimum, and $x_1^2 - x_2^4$ has curvatures $2$ and
# $0$ at a point that is no minimum.
#
# **Himmelblau's function**, $f = (x_1^2 + x_2 - 11)^2 + (x_1 + x_2^2 - 7)^2$, has nine stationary points: four
# minima, all with $f = 0$, four saddles and a maximum. Here is one of each kind. In two dimensions the determinant of
# $H$, the product of its two eigenvalues, tells saddles as well: it is negative there. In three it does not. The
# signs $+,+,-$ and $-,-,-$ both have a negative product. You write the test in {{exercise:classify_stationary}}.

# %%
places = {
    "minimum": (3.0, 2.0),
    "saddle": (0.0867, 2.8843),
    "maximum": (-0.2708, -0.923),
}
for name, place in places.items():
    curvatures = np.linalg.eigvalsh(himmelblau.hessian(place))
    print(f"{name}: curvatures {curvatures.round(1)}")

# %% [markdown]
# Are local minima the main trouble in high dimensions? As a toy, draw random symmetric matrices as Hessians.
# **Predict.** What share of them has positive eigenvalues only, in one dimension, in three, in six?

# %%
rng = np.random.default_rng(0)
for d in (1, 2, 3, 6):
    A = rng.normal(size=(20_000, d, d))
    smallest = np.linalg.eigvalsh(A + A.transpose(0, 2, 1))[:, 0]
    print(f"{d} dimensions: {np.mean(smallest > 0):.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Half in one, $3\,\%$ in three, next to none in six. If each sign were a coin of its own, it would be $\frac18$ in
# three; the eigenvalues of one matrix also push each other apart. A network's Hessian is no such draw. But Dauphin
# and others (2014) report the same trend: in many dimensions saddles and plateaus are the usual obstacle.
#
# </details>

# %% [markdown]
# ## Past a saddle
#
# $f = x_1^2 - x_2^2 + x_2^4/2$ has a saddle at $(0, 0)$ and minima at $x_2 = \pm 1$. Start at $(1.5, 0.001)$: almost
# on the ridge. Along $x_2$ the curvature is $-2$, so with the rate $0.1$ each step multiplies $x_2$ by $1 + 0.2$.
# From $0.001$ to $0.5$ takes $\log 500 / \log 1.2 = 34$ steps: a saddle does not stop you, it delays you.
#
# **Predict.** All at the rate $0.1$: who gets away from there first, plain descent or momentum? And from $x_2 = 0$
# exactly, plain descent, without and with a little noise?


# %%
def leave(x2, beta=0.0, noise=0.0, steps=300):
    rng, v, place = np.random.default_rng(0), 0.0, np.array([1.5, x2])
    path = [place]
    for _ in range(steps):
        v = beta * v + bounded_saddle.gradient(place) + noise * rng.normal(size=2)
        place = place - 0.1 * v
        path.append(place)
    return np.array(path)


# %%
plans = {"plain": (0.001,), "momentum 0.9": (0.001, 0.9)}
plans |= {"plain, x2 = 0": (0.0,), "noisy, x2 = 0": (0.0, 0.0, 0.001)}
escapes = {name: leave(*plan) for name, plan in plans.items()}
for name, path in escapes.items():
    gone = np.flatnonzero(np.abs(path[:, 1]) > 0.5)
    print(f"{name}: leaves at step {gone[0] if len(gone) else 'none of 300'}")

# %% tags=["draw"]
# Four runs past the saddle
fig = plots.race(
    bounded_saddle,
    {name: path[:80] for name, path in escapes.items()},
    window=(-2, 2, -1.75, 1.75),
    minima=bounded_saddle.minima,
    title="past a saddle",
    width=9,
    height=4,
)
plots.show(
    fig,
    alt="Left, contours with a saddle between two minima, and four tracks. Right, height by "
    "step: all fall to the height of the saddle and wait; momentum leaves first, plain and "
    "noisy descent later, the run with x2 = 0 stays.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Momentum at step 17, plain descent at 35. (A larger rate shortens the delay as well.) From $x_2 = 0$ exactly plain
# descent stays on the saddle, since no gradient points sideways. A little noise is enough to push it off, here at
# step 54: the noise of mini-batches is of use.
#
# </details>

# %% [markdown]
# ## On a zero gradient
#
# A published tutorial says that a zero gradient makes a run oscillate. Does it? Give each rule one gradient of $1$,
# and then a zero.
#
# **Predict.** Plain descent, momentum, RMSprop, Adam: which of them moves in the second step?

# %%
from gdcourse.optimizers.numpy import GD, SGD, Adam, RMSprop

moves = {}
for rule in (GD(0.1), SGD(0.1, momentum=0.9), RMSprop(0.1), Adam(0.1)):
    w = np.array([1.0])
    rule.step([w], [np.array([1.0])])
    before = w.copy()
    rule.step([w], [np.array([0.0])])
    moves[type(rule).__name__] = bool(w != before)
print(moves)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Momentum (`SGD`) and Adam: they remember past gradients. Plain descent and RMSprop stand still. So it is wrong for
# both kinds: no oscillation on a zero gradient alone, and no standstill for those that remember. Whoever moves here
# has momentum.
#
# </details>

# %% tags=["check"]
# Saddles by their eigenvalues, the escapes, and the rules that move
assert moves == {"GD": False, "SGD": True, "RMSprop": False, "Adam": True}
for name, place in places.items():
    signs = np.sign(np.linalg.eigvalsh(himmelblau.hessian(place))).tolist()
    assert signs == {"minimum": [1, 1], "saddle": [-1, 1], "maximum": [-1, -1]}[name]
    assert np.abs(himmelblau.gradient(place)).max() < 0.05
points = np.stack(np.meshgrid(np.linspace(-5, 5, 41), np.linspace(-5, 5, 41))).reshape(
    2, -1
)
for _ in range(60):  # Newton's method from everywhere finds them all
    bend = np.moveaxis(himmelblau.hessian(points), -1, 0)
    slope = himmelblau.gradient(points).T.reshape(-1, 2, 1)
    points = points - np.linalg.solve(bend, slope)[:, :, 0].T
nine = np.unique(points.T.round(6), axis=0)
found = [int(np.sum(np.linalg.eigvalsh(himmelblau.hessian(p)) < 0)) for p in nine]
assert sorted(found) == [0, 0, 0, 0, 1, 1, 1, 1, 2] and np.allclose(
    himmelblau(himmelblau.minima.T), 0
)
gone = [np.flatnonzero(np.abs(path[:, 1]) > 0.5) for path in escapes.values()]
assert [int(g[0]) if len(g) else None for g in gone[:3]] == [35, 17, None]
assert gone[3][0] == 54 and np.allclose(escapes["plain, x2 = 0"][-1], 0)
quicker = np.array([0.0, 0.001])  # at five times the rate
for faster in range(35):
    quicker = quicker - 0.5 * bounded_saddle.gradient(quicker)
    if quicker[1] > 0.5:
        break
assert faster < 17
assert 0.9 in plans["momentum 0.9"]
assert (
    round(np.log(500) / np.log(1.2)) == 34 and 1 + 0.1 * 2 == 1.2 and 0.5 / 0.001 == 500
)
shares = []
for d in (1, 3, 6):
    A = np.random.default_rng(d).normal(size=(20_000, d, d))
    shares.append(np.mean(np.linalg.eigvalsh(A + A.transpose(0, 2, 1))[:, 0] > 0))
assert 0.48 < shares[0] < 0.52 and 0.025 < shares[1] < 0.035 and shares[2] < 5e-4
assert (
    np.isclose(3 / 100, shares[1], atol=0.005) and round(np.log(1.2) / np.log(1.1)) == 2
)
assert (
    np.sign([1 * 1 * -1, -1 * -1 * -1]).tolist() == [-1, -1]
    and 1.5 == escapes["plain"][0, 0]
)
print("checked: a saddle delays, noise and memory help, and two rules stand still")

# %% [markdown]
# ## In three frameworks
#
# The curvatures at Himmelblau's saddle, by second derivatives of the framework.

# %%
saddle = np.array(places["saddle"])
print("NumPy:     ", np.linalg.eigvalsh(himmelblau.hessian(saddle)))

# %% tags=["torch"]
import torch


def hill(p):
    return (p[0] ** 2 + p[1] - 11) ** 2 + (p[0] + p[1] ** 2 - 7) ** 2


H_t = torch.autograd.functional.hessian(hill, torch.tensor(saddle))
print("PyTorch:   ", torch.linalg.eigvalsh(H_t).numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

p = tf.Variable(saddle)
with tf.GradientTape() as outer:
    with tf.GradientTape() as inner:
        value = (p[0] ** 2 + p[1] - 11) ** 2 + (p[0] + p[1] ** 2 - 7) ** 2
    g = inner.gradient(value, p)
H_k = outer.jacobian(g, p)
print("TensorFlow:", tf.linalg.eigvalsh(H_k).numpy())

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert np.allclose(H_t.numpy(), himmelblau.hessian(saddle), rtol=1e-12)
assert np.allclose(H_k.numpy(), himmelblau.hessian(saddle), rtol=1e-12)
print("checked: the same Hessian from all three")

# %% [markdown]
# ## Summary
#
# - Start and rate choose the minimum. One of curvature $\lambda$ holds rates below $2/\lambda$ only.
# - The signs of the curvatures tell minimum, maximum and saddle; zeros leave it open.
# - A saddle delays. At one rate, momentum shortens the delay, and noise starts an escape that would not begin. On an
#   exact zero, rules that remember no gradients stand still.
#
# ## Common mistakes
#
# - **A small gradient taken for a minimum.** Saddles and plateaus have it too.
# - **The determinant in three dimensions.** It can be negative at a maximum. Look at all eigenvalues.
# - **Zero counted as positive.** $x_1^2 - x_2^4$ has no negative curvature at $0$, and no minimum.
#
# ## Quick questions
#
# 1. A minimum has the curvatures $4$ and $10$. Which rates can it hold?
#
#    <details><summary><b>Answer</b></summary>
#
#    $\eta < 2/10$.
#
#    </details>
# 2. Curvatures $3, 0, -1$ at a zero gradient. What is it?
#
#    <details><summary><b>Answer</b></summary>
#
#    A saddle. Up along one, down along another: the zero cannot change that.
#
#    </details>
# 3. The same saddle, the rate halved. How long is the delay?
#
#    <details><summary><b>Answer</b></summary>
#
#    About twice as long: $\log 1.1$ in place of $\log 1.2$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** From which starts $x > 0.946$ does the first step at the rate $\eta$ lead over the hill top? Write the
# condition, and find a rate at which the start $1.5$ does.
#
# <details><summary><b>Outline</b></summary>
#
# $x - \eta\,(x^3 - x + 0.1) < 0.101$. At $1.5$ the slope is $1.975$, so $\eta > 1.399/1.975 = 0.71$ is enough to get
# to the other side. Whether it stays there is another question.
#
# </details>

# %% [markdown]
# **Try.** Draw the map again for momentum $0.9$. What has become of the wedges?
#
# <details><summary><b>Outline</b></summary>
#
# Add `v` to `settle`. A ball rolls over the hill from far starts even at small rates, and the border folds into many
# layers.
#
# </details>
#
# ## References
#
# - Y. Dauphin and others (2014). Identifying and attacking the saddle point problem in high-dimensional non-convex
#   optimization. arXiv:1406.2572
# - H. Karimi, J. Nutini, M. Schmidt (2016). Linear convergence of gradient and proximal-gradient methods under the
#   Polyak-Łojasiewicz condition. arXiv:1608.04636
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
