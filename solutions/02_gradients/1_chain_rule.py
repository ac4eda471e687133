# %% [markdown]
# # The gradient and the chain rule
#
# {{about}}
#
# **After this lesson you can**
#
# - say what a gradient is, and why its negative is the steepest way down,
# - derive the gradient of a model in stages, backwards, one stage at a time,
# - find out that a gradient is wrong although the loss goes down,
# - explain why different parameters can be one and the same model,
# - count what a gradient costs.
#
# **You need** unit 01 and the chain rule for one variable.

# %% [markdown]
# ## Which way is down?
#
# A loss depends on many parameters. Hold all but one fixed, and what is left is a function of one variable. Its
# derivative is a **partial derivative**, $\partial f / \partial x_j$. The **gradient** is the vector of all of them:
#
# $$f(x) = \tfrac12 x_1^2 + 2 x_2^2, \qquad
# \nabla f(x) = \Bigl(\frac{\partial f}{\partial x_1}, \frac{\partial f}{\partial x_2}\Bigr) = (x_1,\; 4 x_2). \tag{1}$$
#
# So it is not "the growth rate of $f$", nor "the first derivative", as you may read. In the plane there is one growth
# rate for each direction. Take a **unit vector** $u$, of length $1$, at some angle, and walk a distance $s$ along it.
# To first order in $s$
#
# $$f(x + s u) - f(x) \approx s \sum_j \frac{\partial f}{\partial x_j}\, u_j = s\, \nabla f(x) \cdot u. \tag{2}$$
#
# **Predict.** You stand at $(2, 0.5)$. The lowest point of $f$ is $(0, 0)$. Is the steepest way down the one that
# leads there?

# %%
import numpy as np

from gdcourse import plots


def f(x):
    return x[0] ** 2 / 2 + 2 * x[1] ** 2


def grad_f(x):
    return np.array([x[0], 4 * x[1]])


here = np.array([2.0, 0.5])
g = grad_f(here)


def unit(degrees):
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


def rate(degrees, s):
    """Change of f per distance, over a step of length s. degrees: () or (n,)."""
    return (f(here[:, None] + s * unit(np.atleast_1d(degrees))) - f(here)) / s


# %%
angles = np.arange(0, 361)
slopes = g @ unit(angles)


def sweep(degrees):
    fig, (left, right) = plots.figure(2, width=8.5, height=3.6)
    grid = np.meshgrid(np.linspace(-0.6, 3.4, 80), np.linspace(-1.3, 1.7, 80))
    left.contour(*grid, f(grid), levels=15, colors="0.7", linewidths=0.8)
    arrows = {"$u$": (unit(degrees), 0), "$-\\nabla f / |\\nabla f|$": (unit(225), 1)}
    for name, (u, k) in arrows.items():
        left.annotate(
            "",
            here + u,
            here,
            arrowprops={"arrowstyle": "->", "color": plots.COLOURS[k], "lw": 2},
        )
        left.plot(
            *(here + u),
            plots.MARKERS[k],
            color=plots.COLOURS[k],
            linestyle="none",
            label=name,
        )
    left.plot(0, 0, "*", color="black", linestyle="none", label="minimum")
    left.plot(*(here[:, None] + unit(angles)), color="0.4", linestyle=":", linewidth=1)
    left.set(
        xlabel="$x_1$",
        ylabel="$x_2$",
        aspect="equal",
        title=f"a unit step at {degrees}°",
    )
    right.plot(angles, slopes, label="first order, $\\nabla f \\cdot u$")
    for s in (0.1, 1):
        right.plot(angles, rate(angles, s), label=f"measured, $s$ = {s:g}")
    right.plot(degrees, g @ unit(degrees), "o", color=plots.COLOURS[0])
    right.set(
        xlabel="angle of $u$, degrees",
        ylabel="change per distance",
        title="every direction",
    )
    right.set_xticks(range(0, 361, 45))
    left.legend(fontsize="small")
    right.legend(fontsize="small")
    return fig


# %%
plots.show(
    sweep(194),
    alt="Left: contours with two unit steps from (2, 0.5), one towards the minimum at 194 degrees, one along minus "
    "the gradient at 225. Right: the change per distance is a cosine of the angle, lowest at 225 degrees.",
)
stops = [45, 135, 194, 203, 225, 315]
measured = {f"measured, s = {s:g}": rate(stops, s).round(4) for s in (1, 0.1, 0.001)}
plots.table(
    {"angle": stops, "first order": (g @ unit(np.array(stops))).round(4) + 0.0}
    | measured
)

# %% [markdown]
# **Answer.** No. To first order $f$ falls fastest at $225°$, along $-\nabla f = (-2, -2)$, at the rate $-2.83$. Towards
# the minimum, at about $194°$, the rate is $-2.42$. Equation (2) says why. With $\varphi$ the angle between $u$ and
# the gradient,
#
# $$\nabla f \cdot u = |\nabla f| \cos\varphi, \tag{3}$$
#
# which is least, $-|\nabla f|$, where $u$ points against the gradient. At right angles to it, at $135°$ and $315°$,
# the rate is zero: there the contour runs.
#
# "Steepest" holds for *short* steps. The shorter, the nearer the measured rate is to the first order. For a whole
# unit the best direction is $203°$, since $f$ bends. The gradient knows the slope where you stand, and no more.

# %%
assert angles[np.argmin(slopes)] == 225 and angles[np.argmin(rate(angles, 1))] == 203
assert round(g @ unit(225), 2) == -2.83 and np.isclose(
    g @ unit(225), -np.linalg.norm(g)
)
to_minimum = -here / np.linalg.norm(here)
assert round(g @ unit(194), 2) == -2.42 and np.allclose(
    unit(194), to_minimum, atol=2e-3
)
assert np.allclose(g @ unit(np.array([135, 315])), 0) and np.allclose(
    rate(angles, 0.001), slopes, atol=3e-3
)

# %% [markdown]
# Turn the unit step yourself. (The slider needs a running kernel.)

# %% tags=["widget"]
plots.slider(
    lambda angle: (
        sweep(angle),
        f"A unit step at {angle} degrees; first-order change {g @ unit(angle):.2f}.",
    ),
    angle=list(range(0, 361, 15)),
)

# %% [markdown]
# ### Ascent and descent
#
# One published tutorial tells you to move "along the gradient" until you reach the minimum. That is gradient
# **ascent**: it climbs. Both are useful, but one sign apart:
#
# $$\text{descent: } x \leftarrow x - \eta\, \nabla f(x), \qquad \text{ascent: } x \leftarrow x + \eta\, \nabla f(x).$$
#
# **Predict.** After ten steps of each on $f$ with the rate $\eta = 0.1$, what is the height? What does *descent* on
# $-f$ do?


# %%
def descend(gradient, x, lr, steps):
    """Return the steps + 1 points of gradient descent, overflow allowed."""
    path = [x]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            path.append(path[-1] - lr * gradient(path[-1]))
    return np.array(path)


down = descend(grad_f, here, 0.1, 10)
up = descend(
    lambda x: -grad_f(x), here, 0.1, 10
)  # descent on -f: its gradient is -grad_f
print(f"start {f(here)}, descent {f(down[-1]):.3f}, ascent {f(up[-1]):.1f}")
assert (
    f(here) == 2.5 and round(f(down[-1]), 3) == 0.243 and round(f(up[-1]), 1) == 431.8
)
assert np.allclose(up[1], here + 0.1 * grad_f(here))

# %% [markdown]
# **Answer.** From $2.5$, descent goes down to $0.243$, ascent up to $431.8$. Descent on $-f$ *is* ascent on $f$. You
# climb a likelihood, and descend a loss.
#
# ## The chain rule in three stages
#
# Now a model whose gradient you cannot write down at a glance. It has three **stages**, each a straight line:
#
# $$z_1 = w_1 x + b_1, \qquad z_2 = w_2 z_1 + b_2, \qquad h = w_3 z_2 + b_3, \qquad
# L = \frac{1}{2n} \sum_{i=1}^{n} (h_i - y_i)^2. \tag{4}$$
#
# $z_1$ and $z_2$ are intermediate values, $h$ is the prediction. The data are the 50 points around $y = 2x + 3$ of
# unit 01, with noise. Collect the parameters as $p = (w_1, b_1, w_2, b_2, w_3, b_3)$. A nudge of $w_1$ moves $z_1$, that
# moves $z_2$, that moves $h$, and that moves $L$. The chain rule multiplies the slopes along the way.

# %%
from gdcourse import datasets

data = datasets.line()
x, y = data.X[:, 0], data.y
n = len(x)
NAMES = ("w1", "b1", "w2", "b2", "w3", "b3")


def forward(p, x):
    """p: (6,), or (6, k) for k models at once. Returns z1, z2, h, one value per x."""
    w1, b1, w2, b2, w3, b3 = p[..., None]
    z1 = w1 * x + b1
    z2 = w2 * z1 + b2
    return z1, z2, w3 * z2 + b3


def loss(p):
    return np.mean((forward(p, x)[-1] - y) ** 2, axis=-1) / 2


slope, intercept = np.polyfit(x, y, 1)
floor = (
    np.mean((slope * x + intercept - y) ** 2) / 2
)  # no straight line has a lower loss
print(f"best line {slope:.3f} x + {intercept:.3f}, its loss {floor:.4f}")

# %% [markdown]
# ## A published tutorial's code
#
# First see how the gradient goes wrong. A published tutorial announces this model and these data. Its program,
# restated here, does something else. It puts a ReLU, $\max(0, z)$, after each of the first two stages. Its
# data are five points. And it computes one expression for all six parameters:


# %%
x5 = np.arange(1.0, 6.0)
y5 = np.array([2.1, 3.2, 4.3, 5.4, 6.5])
print(
    "the best line, and its largest error:",
    np.polyfit(x5, y5, 1).round(9),
    np.ptp(y5 - 1.1 * x5 - 1).round(9),
)


def relu_forward(p, x):
    w1, b1, w2, b2, w3, b3 = p
    a1 = np.maximum(w1 * x + b1, 0)
    a2 = np.maximum(w2 * a1 + b2, 0)
    return a1, a2, w3 * a2 + b3


def program_loss(p):
    return np.mean((relu_forward(p, x5)[-1] - y5) ** 2, axis=-1)


def program_gradients(p):
    a1, a2, h = relu_forward(p, x5)
    same = (2 / len(x5)) * (y5 - h) * (a2 - y5)  # for all six
    return [same * a1, same, same * a1, same, same * a2, same]


# %% [markdown]
# **Predict.** Each parameter starts as an array of the shape `(1,)`. Which shape does `b3` have after one step?

# %%
from gdcourse.gradients import central_difference

p = [
    np.array([value]) for value in (0.5, 0.4, 0.6, 0.2, 0.3, 0.1)
]  # both ReLUs pass everything
given = program_gradients(p)
true = central_difference(lambda q: program_loss(list(q[:, None])), np.array(p)[:, 0])
plots.table(
    {
        "": NAMES,
        "the program": [np.array2string(v, precision=2) for v in given],
        "true derivative": true,
    }
)

p = [value - 0.1 * v for value, v in zip(p, given, strict=True)]
print("shape of b3 after one step:", p[5].shape)
assert p[5].shape == (5,)
for v, t in zip(given, true, strict=True):  # neither an entry, nor their sum
    assert not np.isclose([*v, v.sum()], t, rtol=0.01).any()
assert np.allclose(np.polyfit(x5, y5, 1), [1.1, 1.0]) and np.allclose(y5, 1.1 * x5 + 1)

# %% [markdown]
# **Answer.** `(5,)`. No sum over the samples was taken, so each "derivative" is five numbers, and broadcasting turns
# each parameter into five: a private set for each sample. Count the faults:
#
# - None of the six is a partial derivative: the factors $w_3$ and $w_2$ of the chain are missing, and so is the
#   derivative of the ReLU. The factor $(a_2 - y)$ belongs to nothing. The gradient for $w_1$ needs $x$, not $a_1$.
# - The data are not $2x + 3$ plus noise. They are $1.1x + 1$ exactly, without any noise.
# - The text's loss is $\frac{1}{2n}\sum$ and its gradient has $\frac{1}{n}$. The program's have $\frac{1}{n}$ and
#   $\frac{2}{n}$. Either pair is sound; one lesson should keep to one.
# - The loss it prints comes from a *second* forward pass, typed out again, and there `b2` is missing.
#
# **Predict.** Run it for 1000 steps with its rate $0.1$, from 200 starts. How often does its loss end near zero?

# %%
all_starts = [np.random.default_rng(seed).normal(size=(6, 1)) for seed in range(200)]
p = list(np.stack(all_starts, axis=1))  # six arrays (200, 1): row k is start k
before = program_loss(p)
with np.errstate(all="ignore"):
    for _ in range(1000):
        p = [value - 0.1 * v for value, v in zip(p, program_gradients(p), strict=True)]
    after = program_loss(p)
    w1, b1, w2, b2, w3, b3 = p
    printed = np.mean(
        (y5 - (w3 * np.maximum(w2 * np.maximum(w1 * x5 + b1, 0), 0) + b3)) ** 2, axis=-1
    )
    differs = np.abs(printed - after) > 1e-6

finite = np.isfinite(after)
outcome = {
    "not finite at the end": np.sum(~finite),
    "finite, but above the start": np.sum(finite & (after >= before)),
    "loss below 1e-6": np.sum(after < 1e-6),
    "finite, but another loss is printed": np.sum(differs & finite),
}
plots.table({"of 200 starts": outcome, "runs": outcome.values()})
print(f"start 5: loss below 1e-20: {after[5] < 1e-20}, printed {printed[5]:.2f}")

# %% [markdown]
# **Answer.** 68 times, about a third; 99 runs end in `inf` or `nan`. But do not believe the 68. Start 5 has brought its
# loss to zero, while the program prints $10.76$ for ever. And its five sets of parameters are a look-up table. Each
# knows its own point and nothing else:

# %%
lookup = [value[5] for value in p]  # five private parameter sets
at_six = relu_forward(lookup, 6.0)[-1]
print("prediction at x = 6, one per private set:", at_six.round(2), " right: 7.6")
assert list(outcome.values()) == [99, 9, 68, 92] and len(before) == 200
assert after[5] < 1e-20 and round(printed[5], 2) == 10.76
assert np.allclose(at_six, y5) and round(1.1 * 6 + 1, 1) == 7.6

# %% [markdown]
# Each set has learned its own target as a constant, and answers so at any $x$. For a sixth point there are five answers
# and no rule which to take. One line would have caught this at the first step:
# `assert gradient.shape == parameter.shape`.
#
# ## The tutorial's formulas
#
# Its text has formulas too, without the ReLU. For the model (4) they read
#
# $$\frac{\partial L}{\partial w_1} = \frac1n \sum_i (y_i - h_i)\, x_i, \qquad
# \frac{\partial L}{\partial w_2} = \frac1n \sum_i (y_i - h_i)\, z_{1i}, \qquad
# \frac{\partial L}{\partial w_3} = \frac1n \sum_i (y_i - h_i)\, z_{2i}, \tag{5, wrong}$$
#
# and $\frac1n \sum_i (y_i - h_i)$ for each $b$. The update subtracts them.
#
# **Predict.** Compare them with difference quotients. Which entries have the wrong sign, which the wrong size?


# %%
def formulas(p):
    z1, z2, h = forward(p, x)
    e = (y - h) / n
    return np.sum([e * x, e, e * z1, e, e * z2, e], axis=-1)


starts = np.random.default_rng(0).normal(size=(6, 12))  # twelve starts, one per column
p0 = np.array([0.5, -1.0, 2.0, 0.3, 0.6, 1.0])
given, true = formulas(p0), central_difference(loss, p0)
plots.table(
    {
        "": NAMES,
        "formula": given,
        "difference quotient": true,
        "ratio true/formula": true / given,
    }
)
assert np.allclose(true / given, [-1.2, -1.2, -0.6, -0.6, -1, -1])
assert np.allclose(-p0[4] * p0[2], -1.2)

# %% [markdown]
# **Answer.** Here all six signs are wrong, and four sizes. The ratios name the faults. At the last stage it is $-1$:
# the formulas have $y - h$ where $h - y$ belongs, so the update climbs. At the second stage the factor $w_3 = 0.6$ is
# missing as well, at the first $w_3 w_2 = 1.2$.
#
# **Predict.** Run them as they stand from twelve starts, with the rate $0.003$. Do all twelve runs explode?

# %%
RATE = 0.003
climb = descend(formulas, starts, RATE, 1000)
with np.errstate(all="ignore"):
    climb_losses = np.array([loss(q) for q in climb])  # (1001, 12)
lost = ~(climb_losses[60] < 1e12)
plots.table(
    {"start": range(12)}
    | {f"loss at step {t}": climb_losses[t] for t in (0, 60, 1000)},
    digits=3,
)
assert (climb[-1][4, ~lost] < 0).all() and (
    climb[-1][2, ~lost] > 0
).all()  # w3 and w2 of the two
assert (
    lost.sum() == 10
    and (climb_losses[-1, ~lost] < 0.52).all()
    and round(floor, 4) == 0.4967
)

# %% [markdown]
# **Answer.** Ten do: within 60 steps they pass $10^{12}$. But two come down, below $0.52$, close to the floor of
# $0.4967$. They climb at first too, but the climb throws them to where $w_3 < 0 < w_2$. There the missing factors
# $w_3 w_2$ and $w_3$ are negative: in four entries the second fault undoes the first. So even with the wrong sign a
# loss may fall.
#
# ### With only the sign mended
#
# Most readers would find the sign, flip it, and see all twelve runs converge. The factors are still missing. How
# wrong is such a gradient? Measure the **angle** between it and the right one, here by difference quotients:
#
# $$\cos\varphi = \frac{g_{\text{wrong}} \cdot g_{\text{right}}}{|g_{\text{wrong}}|\,|g_{\text{right}}|}. \tag{6}$$
#
# Below $90°$ a short step still goes down, by (3). Above $90°$ it goes up.
#
# **Predict.** What angles do you expect along runs that converge?


# %%
def mended(p):
    return -formulas(p)


def angle(a, b):
    """Degrees between the columns of a and b."""
    cosine = (
        np.sum(a * b, axis=0) / np.linalg.norm(a, axis=0) / np.linalg.norm(b, axis=0)
    )
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def measured_gradient(p):
    return np.array([central_difference(loss, column) for column in p.T]).T


run = descend(mended, starts, RATE, 3000)
kept = np.unique(np.geomspace(1, 1001, 80).round().astype(int)) - 1  # steps to look at
losses = np.array([loss(q) for q in run])
degrees = np.array([angle(mended(run[t]), measured_gradient(run[t])) for t in kept])


# %%
def story(step):
    fig, axes = plots.figure(3, width=9.5, height=3.3)
    for ax, values in zip(axes, (losses[kept], degrees), strict=False):
        ax.plot(
            kept + 1,
            values,
            color="0.75",
            linestyle="-",
            linewidth=0.8,
            label=["other starts"] + [""] * 11,
        )
        ax.plot(
            kept + 1,
            values[:, 10],
            color=plots.COLOURS[0],
            linestyle="-",
            linewidth=2,
            label="start 10",
        )
        ax.plot(
            step + 1,
            values[list(kept).index(step), 10],
            "o",
            color=plots.COLOURS[1],
            markersize=8,
        )
        ax.set(xscale="log", xlabel="step + 1")
    axes[0].axhline(floor, color="black", linestyle=":", label="floor")
    axes[0].set(yscale="log", ylabel="loss", title="all twelve converge")
    axes[1].axhline(90, color="black", linestyle="--", label="90°: no descent above")
    axes[1].set(
        ylabel="angle to the gradient, degrees", title="none is right", ylim=(-5, 200)
    )
    axes[2].plot(x, y, ".", color="0.6")
    axes[2].plot(
        x, forward(run[step][:, 10], x)[-1], color=plots.COLOURS[0], linestyle="-"
    )
    axes[2].set(
        xlabel="$x$", ylabel="$y$", title=f"start 10, step {step}", ylim=(-8, 15)
    )
    for ax in axes[:2]:
        ax.legend(fontsize="small")
    return fig


# %%
plots.show(
    story(0),
    alt="Twelve runs with the mended sign. Left: all losses end at the floor. Middle: the angle to the true gradient "
    "starts between 13 and 128 degrees, exceeds 90 in some runs, and stays off 0. Right: the points rise, and the line "
    "of start 10 at step 0 lies flat, far below them.",
)
plots.table(
    {
        "start": range(12),
        "loss at the end": losses[-1],
        "steps that raise it": np.sum(np.diff(losses, axis=0) > 1e-9, axis=0),
        "first angle": degrees[0],
        "largest": degrees.max(axis=0),
        "at step 1000": degrees[-1],
    }
)

# %% [markdown]
# **Answer.** Every run converges, to within $0.0001$ of the floor. Yet start 10 begins at $128°$: it goes *uphill*, and
# its loss rises for 4 steps. In 6 of 12 runs the angle is above $90°$ at some time.
# At step 1000 it lies between $1°$ and $22°$, and in no run at $0°$.
#
# Why does it work at all? The entries for $w_3$ and $b_3$ are right. And where all six entries vanish, the errors sum
# to zero, alone and weighted by $x$: that is the condition for the best line. So *if* it comes to rest, it rests in
# the right place. That it comes to rest is luck. **"The loss went down" proves nothing about a gradient.**

# %%
assert (losses[-1] - floor < 0.0001).all() and round(degrees[0, 10]) == 128
assert np.sum(np.diff(losses[:, 10]) > 1e-9) == 4
assert np.sum((degrees > 90).any(axis=0)) == 6 and degrees[-1].min() > 1
assert (
    round(degrees[0].min()) == 13
    and round(degrees[-1].min()) == 1
    and round(degrees[-1].max()) == 22
)

# %% tags=["widget"]
plots.slider(
    lambda step: (story(step), f"Start 10 at step {step}: loss, angle, line."),
    step=kept[::3].tolist(),
)

# %% [markdown]
# ## The right gradient, backwards
#
# Now derive it. Start at the loss, and ask of each intermediate value what the loss feels of it. Write $\delta$ for
# that, one number per sample. $L$ holds $h_i$ once, in a square:
#
# $$\delta_{3i} = \frac{\partial L}{\partial h_i} = \frac1n (h_i - y_i). \tag{7}$$
#
# **Third stage.** $h = w_3 z_2 + b_3$ has the slopes $\partial h/\partial w_3 = z_2$, $\partial h/\partial b_3 = 1$ and
# $\partial h/\partial z_2 = w_3$. All samples share $w_3$, so its nudge reaches $L$ along $n$ ways, and ways *add*:
#
# $$\frac{\partial L}{\partial w_3} = \sum_i \delta_{3i} z_{2i}, \qquad
# \frac{\partial L}{\partial b_3} = \sum_i \delta_{3i}, \qquad
# \delta_{2i} = \frac{\partial L}{\partial z_{2i}} = w_3\, \delta_{3i}. \tag{8}$$
#
# **Second stage.** The same three slopes, with $\delta_2$ in place of $\delta_3$:
#
# $$\frac{\partial L}{\partial w_2} = \sum_i \delta_{2i} z_{1i}, \qquad
# \frac{\partial L}{\partial b_2} = \sum_i \delta_{2i}, \qquad
# \delta_{1i} = w_2\, \delta_{2i}. \tag{9}$$
#
# **First stage.** Its input is $x$:
#
# $$\frac{\partial L}{\partial w_1} = \sum_i \delta_{1i} x_i, \qquad
# \frac{\partial L}{\partial b_1} = \sum_i \delta_{1i}. \tag{10}$$
#
# Put together, $\partial L/\partial w_1 = \frac1n \sum_i (h_i - y_i)\, w_3 w_2\, x_i$: both lost factors are there.
# Plain "error times input" is right for the last stage alone. This way back is **backpropagation**. Each stage needs
# only the $\delta$ from behind it and the input that it kept.


# %%
def backward(p):
    _, _, w2, _, w3, _ = p[..., None]
    z1, z2, h = forward(p, x)
    d3 = (h - y) / n  # (7)
    d2 = w3 * d3  # (8)
    d1 = w2 * d2  # (9)
    return np.sum([d1 * x, d1, d2 * z1, d2, d3 * z2, d3], axis=-1)


# %% [markdown]
# The picture shows it for one sample, $x = 1$ and $y = 5$. Above each value stands the value, below it the
# $\delta$.


# %%
def chain_picture(p, x_1, y_1):
    z1, z2, h = (float(v[0]) for v in forward(p, np.array([x_1])))
    d3 = h - y_1
    values = {"$x$": x_1, "$z_1$": z1, "$z_2$": z2, "$h$": h, "$L$": d3**2 / 2}
    deltas = [p[0] * p[2] * p[4] * d3, p[2] * p[4] * d3, p[4] * d3, d3, 1.0]
    labels = [
        f"$w_1$ = {p[0]:g}",
        f"$w_2$ = {p[2]:g}",
        f"$w_3$ = {p[4]:g}",
        f"$h - y$ = {d3:.2f}",
    ]
    fig, ax = plots.figure(width=8.5, height=2)
    for k, ((name, value), delta) in enumerate(
        zip(values.items(), deltas, strict=True)
    ):
        ax.text(
            k,
            0,
            name,
            ha="center",
            va="center",
            fontsize=13,
            bbox={"boxstyle": "circle", "fc": "white"},
        )
        ax.text(k, 0.55, f"{value:.2f}", ha="center", color=plots.COLOURS[0])
        ax.text(k, -0.75, f"{delta:.2f}", ha="center", color=plots.COLOURS[1])
    for k, label in enumerate(labels):
        for ends, height, c in (
            ((k + 0.2, k + 0.8), 0.12, 0),
            ((k + 0.8, k + 0.2), -0.12, 1),
        ):
            arrow = {"arrowstyle": "->", "color": plots.COLOURS[c]}
            ax.annotate("", (ends[1], height), (ends[0], height), arrowprops=arrow)
        ax.text(k + 0.5, -0.42, f"× {label}", ha="center", color=plots.COLOURS[1])
    ax.set(
        xlim=(-0.5, 4.5),
        ylim=(-0.95, 0.9),
        title="blue: values, forwards    orange: derivatives of $L$, backwards",
    )
    ax.axis("off")
    return fig, values, deltas


# %%
fig, values, deltas = chain_picture(p0, 1.0, 5.0)
plots.show(
    fig,
    alt="A chain of five circles, x, z1, z2, h and L. Blue values are computed from left to right, orange "
    "derivatives from right to left; each arrow back multiplies by the slope of its stage.",
)
plots.table(
    {
        "": ["x", "z1", "z2", "h", "L"],
        "value": values.values(),
        "derivative of L": deltas,
    },
    digits=3,
)

# %% [markdown]
# **Predict.** Does `backward` pass the check, and from how many of the twelve starts does it converge? Give both
# gradients the rate $0.003$, and then $0.01$.

# %%
from gdcourse.diagnostics import gradient_check

print(gradient_check(loss, backward, p0))
assert gradient_check(loss, backward, p0).ok and not gradient_check(loss, mended, p0).ok
assert all(gradient_check(loss, backward, start).ok for start in starts.T)

# %%
arrived = {}
with np.errstate(all="ignore"):
    for name, gradient in {"right": backward, "sign mended only": mended}.items():
        for lr in (0.003, 0.01):
            arrived[f"{name}, rate {lr}"] = (
                loss(descend(gradient, starts, lr, 3000)[-1]) - floor
            )
converged = [int(np.sum(excess < 1e-4)) for excess in arrived.values()]
medians = [np.nanmedian(excess) for excess in arrived.values()]
medians = [
    f"{v:.0e}" if v > 1e-12 else "below 1e-12" for v in medians
]  # further down is rounding
plots.table(
    {
        "gradient": arrived,
        "runs that converge, of 12": converged,
        "median excess of these": medians,
    }
)

# %% [markdown]
# **Answer.** It passes, at all twelve starts. With $0.003$ both gradients bring all runs home. With $0.01$ the right
# one still does, and is done sooner; the mended one loses 3 of 12 to `nan`. The luck ends with the small rate.
#
# With a ReLU after a stage, $a = \max(0, z)$, the way back through it multiplies by its slope, $1$ where $z > 0$ and
# $0$ elsewhere. So this is what the tutorial's program should have computed, on the five points:

# %%
assert converged == [12, 12, 12, 9]


def relu_backward(p):
    _, _, w2, _, w3, _ = p
    a1, a2, h = relu_forward(p, x5)
    d3 = 2 / 5 * (h - y5)  # this program's loss is the mean: factor 2
    d2 = w3 * d3 * (a2 > 0)
    d1 = w2 * d2 * (a1 > 0)
    return np.array([np.sum(d) for d in (d1 * x5, d1, d2 * a1, d2, d3 * a2, d3)])


assert all(
    gradient_check(program_loss, relu_backward, start[:, 0]).ok for start in all_starts
)

# %% [markdown]
# ### Layers with many neurons
#
# In a network, stage $l$ is a **layer** of several neurons. Its weights are a matrix $W^l$, one row per neuron, and
# it has one bias $b^l_j$ per neuron. $z^l = W^l a^{l-1} + b^l$ is not yet the layer's output; that is
# $a^l = \sigma(z^l)$, with $\sigma$ for instance the ReLU. With $\delta^l = \partial L / \partial z^l$, one number per
# neuron, nothing new happens on the way back:
#
# $$\delta^l = \bigl((W^{l+1})^\top \delta^{l+1}\bigr) \odot \sigma'(z^l), \qquad
# \frac{\partial L}{\partial W^l} = \delta^l (a^{l-1})^\top, \qquad
# \frac{\partial L}{\partial b^l} = \delta^l, \tag{11}$$
#
# for one sample; samples add. $\odot$ multiplies entry by entry. The transpose sums over the neurons that a value
# feeds: ways add, as before. No mean over the neurons is taken.
#
# ## The same in three frameworks
#
# PyTorch and TensorFlow apply the chain rule for you: you write only the loss. Gradient, losses and the parameters
# after 50 steps agree to $10^{-12}$.

# %%
from gdcourse.optimizers.numpy import GD
from gdcourse.training.numpy import train

trained = p0.copy()
history = train(
    lambda ps, x, y: (loss(ps[0]), [backward(ps[0])]),
    [trained],
    x,
    y,
    GD(0.01),
    epochs=50,
)
assert np.allclose(trained, descend(backward, p0, 0.01, 50)[-1], rtol=1e-12)

# %% tags=["torch"]
from gdcourse.gradients.torch import value_and_grad as torch_value_and_grad
from gdcourse.optimizers.torch import GD as TorchGD
from gdcourse.training.torch import train as torch_train
import torch


def torch_loss(params, x, y):
    w1, b1, w2, b2, w3, b3 = params[0]
    return torch.mean((w3 * (w2 * (w1 * x + b1) + b2) + b3 - y) ** 2) / 2


p_t, x_t, y_t = (torch.tensor(a) for a in (p0, x, y))
_, (gradient,) = torch_value_and_grad(torch_loss)([p_t], x_t, y_t)
assert np.allclose(gradient, backward(p0), rtol=1e-12)
run_t = torch_train(
    torch_value_and_grad(torch_loss), [p_t], x_t, y_t, TorchGD(0.01), epochs=50
)
assert np.allclose(p_t, trained, rtol=1e-12) and np.allclose(
    run_t.losses, history.losses, rtol=1e-12
)

# %% tags=["tensorflow"]
from gdcourse.gradients.tensorflow import value_and_grad as tf_value_and_grad
from gdcourse.optimizers.tensorflow import GD as TFGD
from gdcourse.training.tensorflow import train as tf_train
import tensorflow as tf


def tf_loss(params, x, y):
    w1, b1, w2, b2, w3, b3 = tf.unstack(params[0])
    return tf.reduce_mean((w3 * (w2 * (w1 * x + b1) + b2) + b3 - y) ** 2) / 2


p_f = tf.Variable(p0)
_, (gradient,) = tf_value_and_grad(tf_loss)([p_f], tf.constant(x), tf.constant(y))
assert np.allclose(gradient, backward(p0), rtol=1e-12)
run_f = tf_train(tf_value_and_grad(tf_loss), [p_f], x, y, TFGD(0.01), epochs=50)
assert np.allclose(p_f, trained, rtol=1e-12) and np.allclose(
    run_f.losses, history.losses, rtol=1e-12
)

# %% [markdown]
# ## Six parameters, one line
#
# Multiply (4) out:
#
# $$h = \underbrace{w_3 w_2 w_1}_{a}\, x + \underbrace{w_3 (w_2 b_1 + b_2) + b_3}_{c}. \tag{12}$$
#
# Without a ReLU, three stages are one straight line, with two effective numbers. Such a model is a **deep linear
# network**. Many parameters are **equivalent**: they make the same line. For instance, double $w_1$ and $b_1$, and
# halve $w_2$.
#
# **Predict.** The Hessian, the matrix of second derivatives, is 6 by 6. How many of its eigenvalues are zero at a
# minimum?

# %%
from gdcourse.gradients.numpy import hessian

ends = descend(backward, starts, 0.01, 6000)[-1]
eigenvalues = np.array(
    [np.linalg.eigvalsh(hessian(loss, end))[::-1] for end in ends[:, :4].T]
)
w1, b1, w2, b2, w3, b3 = ends
columns = {
    f"eigenvalue {k}": eigenvalues[:, k - 1].round(4) + 0.0 for k in (1, 2, 3, 6)
}
plots.table(
    {
        "start": range(4),
        "w1": w1[:4],
        "w2": w2[:4],
        "w3": w3[:4],
        "a": (w1 * w2 * w3)[:4],
    }
    | columns
)
assert np.allclose(w1 * w2 * w3, slope) and np.allclose(
    w3 * (w2 * b1 + b2) + b3, intercept
)
assert (np.abs(eigenvalues[:, 2:]) < 1e-4).all() and (eigenvalues[:, :2] > 0.5).all()

# %% [markdown]
# **Answer.** Four; the **rank** of the Hessian is 2. All runs found the same line by different parameters. Along four
# directions you can walk, at first order, without changing the line. So do not read a meaning into a single weight
# of such a model.
#
# The loss of the line is the same everywhere along these directions. Its curvature is not. Take the best line in the
# form $w_1 = ca$, $b_1 = cb$, $w_2 = 1/c$, with $w_3 = 1$ and $b_2 = b_3 = 0$, where $a$ and $b$ are its slope and
# intercept.
#
# **Predict.** Let $\lambda$ be the largest eigenvalue. Descent near a minimum needs a rate below $2/\lambda$ (unit 01,
# where it was called $L$). Does this limit depend on $c$?

# %%
nudge = 1e-3 * np.random.default_rng(1).normal(size=6)
limits, grown = {}, {}
for c in (0.5, 1, 2, 4):
    minimum = np.array([c * slope, c * intercept, 1 / c, 0, 1, 0])
    limits[c] = 2 / np.linalg.eigvalsh(hessian(loss, minimum))[-1]
    near = minimum + nudge
    grown[c] = [
        loss(descend(backward, near, k * limits[c], 50)[-1]) - floor for k in (0.9, 1.1)
    ]
below, above = np.transpose(list(grown.values()))
plots.table(
    {
        "c": limits,
        "2/λ": limits.values(),
        "excess, 50 steps at 0.9 · 2/λ": below,
        "at 1.1 · 2/λ": above,
    },
    digits=3,
)
assert [round(limit, 4) for limit in limits.values()] == [
    0.0144,
    0.0119,
    0.0051,
    0.0015,
]
assert (below < 1e-7).all() and (above > 1e-3).all()

# %% [markdown]
# **Answer.** Yes: the same line allows $0.0144$ for $c = 0.5$, and only $0.0015$ for $c = 4$. Ten per cent below the
# limit the nudge dies out, ten per cent above it grows. In unit 01 the limit came from the data alone. Here it also
# depends on where in the valley you are.
#
# ## What a gradient costs
#
# "Gradients are expensive", you may read. Count. A chain of $K$ stages takes $K$ multiplications forwards. The way
# back takes two per stage: $\delta z$ for the weight, $w \delta$ to pass on. A central difference takes two forward
# passes for *each* of the $2K$ parameters.
#
# **Predict.** For 100 stages, how many multiplications are forward and backward together, and how many the
# differences?


# %%
class Number:
    """A number that counts the multiplications it takes part in."""

    count = 0

    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        return Number(self.value + other.value)

    def __mul__(self, other):
        Number.count += 1
        return Number(self.value * other.value)


# %%
def chain_forward(w, b, x):
    kept = [x]
    for w_k, b_k in zip(w, b, strict=True):
        kept.append(w_k * kept[-1] + b_k)
    return kept


def chain_backward(w, kept, delta):
    """Return the derivatives by the weights, by the biases, and by x, of an output whose derivative is delta."""
    by_w, by_b = [], []
    for w_k, z in zip(w[::-1], kept[-2::-1], strict=True):
        by_w.insert(0, delta * z)
        by_b.insert(0, delta)
        delta = w_k * delta
    return by_w, by_b, delta


# %%
def count(K):
    """Return the multiplications of one forward pass, of it with the way back, and of central differences."""
    w, b = [
        [Number(v) for v in np.random.default_rng(seed).normal(size=K)]
        for seed in (0, 1)
    ]
    Number.count = 0
    kept = chain_forward(w, b, Number(1.0))
    forwards = Number.count
    chain_backward(w, kept, Number(1.0))
    return forwards, Number.count, 2 * 2 * K * forwards


stages = [3, 10, 30, 100, 300]
only, both, differences = np.transpose([count(K) for K in stages])
fig = plots.curves(
    {"the value alone": only, "value and gradient": both, "central differences": differences},
    x=stages, xlabel="stages K", ylabel="multiplications", title="cost of all 2K derivatives", log=True,
)  # fmt: skip
fig.axes[0].set_xscale("log")
plots.show(
    fig,
    alt="Multiplications against the number of stages, both scales logarithmic. The value alone and the value with "
    "its gradient are parallel lines, a factor of 3 apart; central differences rise twice as steeply.",
)
plots.table(
    {
        "stages": stages,
        "value": only,
        "value and gradient": both,
        "central differences": differences,
    }
)

# %% [markdown]
# **Answer.** 300 against 40 000. The value with *all* its derivatives costs three times the value, however many
# parameters there are. This is the **cheap-gradient principle**. Baur and Strassen proved it: three times the
# multiplications and divisions suffice for any such computation, and for all operations a small constant does
# (Griewank and Walther).
#
# The price is memory. `kept` holds every intermediate value until the way back has used it. That is what fills
# a graphics card in training.

# %%
assert count(100) == (100, 300, 40_000) and np.array_equal(both, 3 * only)
w, b = [np.random.default_rng(seed).normal(size=3) for seed in (0, 1)]
by_w, by_b, _ = chain_backward(list(w), chain_forward(w, b, 1.0), 1.0)
assert np.allclose(by_w, central_difference(lambda w: chain_forward(w, b, 1.0)[-1], w))
assert np.allclose(by_b, central_difference(lambda b: chain_forward(w, b, 1.0)[-1], b))

# %% [markdown]
# ## Summary
#
# - The gradient is the vector of partial derivatives. The rate of change along a unit vector $u$ is
#   $\nabla f \cdot u$; it is least along $-\nabla f$. That is local: it need not point at the minimum.
# - Backwards, each stage multiplies the incoming $\delta$ by its own slopes. Along a way slopes multiply; different
#   ways add.
# - A wrong gradient may converge. Check it against difference quotients.
# - The three linear stages are one line: the Hessian has rank 2, and the largest stable rate depends on which
#   equivalent parameters you have.
# - A gradient costs a small multiple of the value, and memory.
#
# ## Common mistakes
#
# - **$y - h$ in the gradient.** You climb, unless a second fault hides it.
# - **The factors of later stages are missing.** $w_1$ needs $w_3 w_2$, $w_2$ needs $w_3$.
# - **No sum over the samples.** Parameters turn into vectors. Assert that shapes stay.
# - **The ReLU's slope is forgotten.** Multiply by $1$ or $0$.
# - **Two forward passes, typed twice.** Write one function and use it for training and for printing.
# - **"The loss went down, so the gradient is right."** Twelve of twelve wrong runs went down.
#
# ## References
#
# - A.-L. Cauchy (1847). Méthode générale pour la résolution des systèmes d'équations simultanées. *Comptes rendus
#   de l'Académie des sciences* 25, 536-538. Steepest descent.
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). Learning representations by back-propagating errors.
#   *Nature* 323, 533-536. doi:10.1038/323533a0.
# - W. Baur, V. Strassen (1983). The complexity of partial derivatives. *Theoretical Computer Science* 22, 317-330.
#   doi:10.1016/0304-3975(83)90110-X.
# - A. Griewank, A. Walther (2008). *Evaluating Derivatives*, 2nd edition. SIAM. doi:10.1137/1.9780898717761.
# - A. M. Saxe, J. L. McClelland, S. Ganguli (2014). Exact solutions to the nonlinear dynamics of learning in deep
#   linear neural networks. arXiv:1312.6120.
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
