# %% [markdown]
# # Which way is down?
#
# {{about}}
#
# **After this lesson you can**
#
# - find the gradient of a small function, by nudges and by calculus,
# - tell from the gradient how fast the function changes in any direction,
# - say why minus the gradient is the steepest way down, and how far that holds,
# - tell descent from ascent,
# - say why guessing a direction fails when there are many parameters.
#
# **You need** one step of descent on a parabola (unit 00), the derivative of $x^2$, Pythagoras, and the cosine.

# %% [markdown]
# ## One place, two slopes
#
# A loss of two parameters is a landscape: it has a height over each point of a map. Take
#
# $$f(x) = \tfrac12 x_1^2 + 2 x_2^2$$
#
# and stand at $(2, 0.5)$. The height there is $2 + 0.5 = 2.5$. Now nudge one number and hold the other:
#
# - $x_1$ from $2$ to $2.01$: the first term rises from $2$ to $2.02005$. That is about $2$ per unit of $x_1$.
# - $x_2$ from $0.5$ to $0.51$: the second term rises from $0.5$ to $0.5202$. That is about $2$ per unit of $x_2$ too.
#
# Such a slope is a [[partial derivative]], written $\partial f / \partial x_1$. By calculus it is $x_1$ for the first
# number and $4 x_2$ for the second. The vector of both is the [[gradient]]:
#
# $$\nabla f(x) = \Bigl(\frac{\partial f}{\partial x_1}, \frac{\partial f}{\partial x_2}\Bigr) = (x_1,\; 4 x_2),
# \qquad \nabla f(2, 0.5) = (2, 2). \tag{1}$$

# %%
import numpy as np


def f(x):
    return x[0] ** 2 / 2 + 2 * x[1] ** 2


def grad_f(x):
    return np.array([x[0], 4 * x[1]])


here = np.array([2.0, 0.5])
print(f"nudge x1: {(f(here + [0.01, 0]) - f(here)) / 0.01:.3f} per unit")
print(f"nudge x2: {(f(here + [0, 0.01]) - f(here)) / 0.01:.3f} per unit")
print("gradient:", grad_f(here))

# %% tags=["draw"]
# The landscape from above
from gdcourse import plots

WINDOW = (-0.6, 3.4, -1.3, 1.7)
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8}


def ground(ax):
    grid = np.meshgrid(np.linspace(*WINDOW[:2], 80), np.linspace(*WINDOW[2:], 80))
    lines = ax.contour(*grid, f(grid), levels=[0.1, 0.5, 1, 2.5, 5], colors="0.65")
    ax.clabel(lines, fmt="%g", fontsize=8)
    ax.plot(0, 0, "*", color="black", markersize=11)
    ax.text(0.1, -0.1, "lowest point", va="top", bbox=PAPER)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")


fig, ax = plots.figure(width=5.2, height=3.6)
ground(ax)
ax.plot(*here, "o", color=plots.COLOURS[1], markersize=8)
ax.text(2.1, 0.5, "you, at height 2.5", va="center", bbox=PAPER)
ax.set(title="a map of $f$: lines of equal height")
plots.show(
    fig,
    alt="Contours of f, ellipses around the lowest point (0, 0), four times as dense in "
    "their square along x2 as along x1. You stand at (2, 0.5), on the line of height 2.5.",
)

# %% [markdown]
# ## Any direction from two slopes
#
# The two slopes tell the slope in *every* direction. Walk the distance $h = 0.1$ in the direction $u = (0.6, 0.8)$. It
# has the length $1$, since $0.36 + 0.64 = 1$. So you move by $0.06$ along $x_1$ and by $0.08$ along $x_2$:
#
# - the first move raises $f$ by about $2 \cdot 0.06 = 0.12$,
# - the second by about $2 \cdot 0.08 = 0.16$.
#
# Together $0.28$, which is $2.8$ per unit of distance. With letters:
#
# $$f(x + h u) - f(x) \approx \frac{\partial f}{\partial x_1}\, h u_1 + \frac{\partial f}{\partial x_2}\, h u_2
# = h\, \nabla f(x) \cdot u. \tag{2}$$
#
# Why only "about"? While you walk, the slopes change, in proportion to $h$. So the rise is off by something in
# proportion to $h^2$. Halve the step, and that is a quarter.

# %%
u = np.array([0.6, 0.8])
print(f"equation (2): {grad_f(here) @ u:.2f} per unit of distance")
for h in (1, 0.1, 0.01):
    print(f"measured with h = {h}: {(f(here + h * u) - f(here)) / h:.3f}")

# %% [markdown]
# **Predict.** The lowest point is $(0, 0)$. Is the steepest way down from $(2, 0.5)$ the one that leads there?

# %%
angles = np.radians(np.arange(360))
directions = np.array([np.cos(angles), np.sin(angles)])  # one unit vector per column
rates = grad_f(here) @ directions
print(f"steepest way down: {np.argmin(rates)} degrees, at the rate {rates.min():.2f}")

to_minimum = -here / np.linalg.norm(here)
print(f"towards the lowest point: {grad_f(here) @ to_minimum:.2f}")

# %% tags=["draw"]
# The sweep over all directions
measured = {h: (f(here[:, None] + h * directions) - f(here)) / h for h in (0.1, 1)}


def sweep(degrees):
    fig, (left, right) = plots.figure(2, width=9, height=3.7)
    ground(left)
    marks = {degrees: ("your step", 0), 225: (r"along $-\nabla f$", 1)}
    for angle, (name, k) in marks.items():
        end = here + directions[:, angle]
        arrow = {"arrowstyle": "-|>", "color": plots.COLOURS[k], "lw": 2.2 - k}
        left.annotate("", end, here, arrowprops=arrow)
        mark = {"color": plots.COLOURS[k], "linestyle": "none", "label": name}
        left.plot(*end, plots.MARKERS[k], **mark)
    left.set(title=f"a unit step at {degrees}°")
    right.plot(rates, label=r"$\nabla f \cdot u$")
    for h, values in measured.items():
        right.plot(values, label=f"measured, $h$ = {h:g}")
    right.plot(degrees, rates[degrees], "o", color=plots.COLOURS[0], markersize=8)
    right.set(xlabel="angle of $u$, degrees", ylabel="change per distance")
    right.set(title="every direction", xticks=range(0, 361, 45))
    left.legend(loc="upper left", fontsize=9)
    fig.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=3)
    return fig


plots.show(
    sweep(194),
    alt="Left: unit steps from (2, 0.5) at 194 degrees, which points at the lowest point, and "
    "at 225 degrees, along minus the gradient. Right: the change per distance is a cosine "
    "of the angle, lowest at 225 degrees. For a whole unit the lowest is at 203 degrees.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# No. The steepest way down is at $225°$, the direction of $(-2, -2)$, and there $f$ falls by $2.83$ per unit. Towards
# the lowest point it falls by $2.43$ only.
#
# </details>

# %% [markdown]
# The curve on the right is a cosine, and here is why. Turn the sheet of paper, with all that is drawn on it, until
# the gradient points to the right. Heights, lengths and angles do not change by that. Now the gradient is $(|\nabla
# f|, 0)$, and a $u$ at the angle $\varphi$ to it is $(\cos\varphi, \sin\varphi)$. So
#
# $$\nabla f \cdot u = |\nabla f| \cos\varphi. \tag{3}$$
#
# This is least at $\varphi = 180°$: **minus the gradient is the steepest way down**, at the rate $-|\nabla f|$. At
# right angles to the gradient the rate is $0$. There the line of equal height runs.
#
# So the gradient is not "the growth rate". There is one rate for each direction, and the gradient holds them all.

# %% tags=["check"]
# Do the nudges, the rates and the angles hold?
assert f(here) == 2.5 and round(2.01**2 / 2, 5) == 2.02005
assert round(2 * 0.51**2, 4) == 0.5202 and round(0.6**2, 2) == 0.36
assert np.isclose(0.64 + 0.36, u @ u) and np.allclose(0.1 * u, [0.06, 0.08])
assert (
    np.allclose(grad_f(here) * 0.1 * u, [0.12, 0.16]) and round(0.12 + 0.16, 2) == 0.28
)
assert np.isclose(grad_f(here) @ u, 2.8) and u.tolist() == [0.6, 0.8]
off = [f(here + h * u) - f(here) - h * grad_f(here) @ u for h in (0.2, 0.1)]
assert np.isclose(off[0], 4 * off[1])  # halve the step: a quarter
assert np.argmin(rates) == 225 and np.argmin(measured[1]) == 203
assert np.isclose(rates.min(), -np.linalg.norm(grad_f(here)))
assert round(rates.min(), 2) == -2.83 and round(grad_f(here) @ to_minimum, 2) == -2.43
assert np.allclose(directions[:, 194], to_minimum, atol=2e-3)
assert np.allclose(rates[[135, 315]], 0)  # at right angles
print("checked: the gradient gives the rate in each of 360 directions")

# %% [markdown]
# Turn the step yourself. (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the angle
plots.slider(
    lambda angle: (sweep(angle), f"At {angle} degrees the rate is {rates[angle]:.2f}."),
    angle=list(range(0, 360, 15)),
)

# %% [markdown]
# ## Steepest where you stand
#
# The gradient knows the slopes at your place, no more. For a step of a whole unit the best direction is $203°$: on the
# way the slopes change. So take a short step, then ask again. That is [[gradient descent]]:
#
# $$\text{descent: } x \leftarrow x - \eta\, \nabla f(x), \qquad \text{ascent: } x \leftarrow x + \eta\, \nabla f(x).$$
#
# By hand, with the [[learning rate]] $\eta = 0.1$: $(2, 0.5) - 0.1 \cdot (2, 2) = (1.8, 0.3)$. The height is now
# $1.62 + 0.18 = 1.8$. One published tutorial tells you to move "along the gradient" until you reach the minimum. That
# is the other one, ascent: it climbs.
#
# **Predict.** Take ten steps of each. Does descent head straight for $(0, 0)$? Guess both final heights.


# %%
def walk(x, lr, steps):
    path = [x]
    for _ in range(steps):
        x = x - lr * grad_f(x)
        path.append(x)
    return np.array(path)


down = walk(here, 0.1, 10)
up = walk(here, -0.1, 10)  # a negative rate: plus the gradient
print(f"height after descent {f(down[-1]):.3f}, after ascent {f(up[-1]):.1f}")

# %% tags=["draw"]
# Both walks on the map
plots.show(
    plots.paths(
        f,
        {"descent": down, "ascent": up[:4]},
        window=(-0.6, 3.4, -0.6, 1.7),
        title="each step sets out at right angles to its line",
        width=6.4,
        height=3.8,
    ),
    alt="Contours with two walks from (2, 0.5). Descent drops to the valley floor near x2 = 0 "
    "and then turns towards (0, 0). Ascent climbs away to the upper right.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It bends. Each step multiplies $x_1$ by $1 - 0.1 = 0.9$, and $x_2$ by $1 - 0.4 = 0.6$. So the steep coordinate is done
# first. Descent ends at the height $0.243$, ascent at $431.8$.
#
# </details>

# %% [markdown]
# Both have their use. Descent on $-f$ is the same as ascent on $f$. You descend a loss, and you climb a likelihood.

# %% tags=["check"]
# Do both walks go where the text says?
assert np.allclose(down[1], [1.8, 0.3]) and np.isclose(f(down[1]), 1.8)
assert np.isclose(1.8**2 / 2, 1.62) and np.isclose(2 * 0.3**2, 0.18)
assert np.allclose(down[1:, 0] / down[:-1, 0], 0.9)
assert np.allclose(down[1:, 1] / down[:-1, 1], 0.6) and np.isclose(1 - 0.4, 0.6)
assert round(f(down[-1]), 3) == 0.243 and round(f(up[-1]), 1) == 431.8
assert (np.diff([f(x) for x in up]) > 0).all() and (up[-1] > here).all()
assert np.allclose([3 * -0.6 - 4 * 0.8, 3 * 0.8 - 4 * 0.6], [-5, 0])  # the questions
for lr, factor in ((0.49, -0.96), (0.5, -1), (0.6, -1.4)):
    path = walk(here, lr, 9)
    assert np.allclose(path[1:, 1] / path[:-1, 1], factor)
    assert (path[1:, 0] / path[:-1, 0] > 0).all() and path[-1, 0] < 2
assert np.allclose([2, 4 / 100 * 5], [2, 0.2]) and np.isclose(-0.2 / 10, -0.02)
print("checked: ten steps of descent and of ascent")

# %% [markdown]
# ## Why not guess?
#
# On a map you could try directions all around, without any calculus. But take a network that reads digits: $784$
# pixels, a layer of $128$ units, $10$ classes. It has $784 \cdot 128$ weights and $128$ biases in the layer, $128
# \cdot 10$ and $10$ behind it: $101\,770$ parameters.
#
# **Predict.** Draw a direction at random among $10\,000$ parameters. How much of the steepest rate does it reach,
# typically: a half, a tenth, a hundredth?

# %%
rng = np.random.default_rng(0)
cosines = {}
for d in (2, 100, 10_000):
    u = rng.normal(size=(1000, d))  # 1000 random directions
    u /= np.linalg.norm(u, axis=1, keepdims=True)  # each of length 1
    gradient = np.ones(d) / np.sqrt(d)  # any one of length 1
    cosines[d] = u @ gradient
    print(f"d = {d}: typically {np.sqrt(np.mean(cosines[d] ** 2)):.3f}")

# %% tags=["draw"]
# The rates of random directions
fig, axes = plots.figure(3, width=9, height=2.8, sharex=True)
for ax, (d, cosine) in zip(axes, cosines.items(), strict=True):
    ax.hist(cosine, np.linspace(-1, 1, 41), color=plots.COLOURS[0])
    ax.set(title=f"{d} parameters", xlabel=r"$\cos\varphi$")
axes[0].set(ylabel="random directions")
plots.show(
    fig,
    alt="Histograms of the cosine between 1000 random directions and the gradient. With 2 "
    "parameters it spreads from -1 to 1, most at the ends; with 100 it stays within "
    "0.5; with 10000 every one lies within 0.05 of 0.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# A hundredth. The squares of the entries of $u$ add up to $1$. No direction is preferred, so the square of the part
# along the gradient has the mean $1/d$, and the part itself is typically $1/\sqrt{d}$. Among $10\,000$ parameters the
# best of $1000$ guesses reaches less than $4\,\%$ of the steepest rate.
#
# </details>

# %% [markdown]
# In high dimensions nearly every direction is nearly level. That is why learning needs the gradient. The next lessons
# show how to get it, for all parameters at once.

# %% tags=["check"]
# Do random directions lie where the text and the picture have them?
for d, cosine in cosines.items():
    assert np.isclose(np.sqrt(np.mean(cosine**2)), 1 / np.sqrt(d), rtol=0.06)
    assert len(cosine) == 1000
assert np.abs(cosines[10_000]).max() < 0.04 and np.abs(cosines[10_000]).max() < 0.05
assert np.abs(cosines[100]).max() < 0.5 and np.abs(cosines[2]).max() > 0.999
counts = np.histogram(cosines[2], np.linspace(-1, 1, 41))[0]
assert min(counts[[0, -1]]) > 2 * max(counts[5:-5])  # most at the ends
assert 784 * 128 + 128 + 128 * 10 + 10 == 101_770
print("checked: a random direction has typically 1/sqrt(d) of the steepest rate")

# %% [markdown]
# ## In three frameworks
#
# PyTorch and TensorFlow find the gradient from $f$ alone. How they do it, you will build yourself in this unit.

# %% tags=["torch"]
import torch

x_t = torch.tensor(here, requires_grad=True)
f(x_t).backward()
print("PyTorch:", x_t.grad.numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

x_k = tf.Variable(here)
with tf.GradientTape() as tape:
    height = f(x_k)
print("TensorFlow:", tape.gradient(height, x_k).numpy())

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
with tf.GradientTape() as tape:
    height = f(x_k)
assert np.array_equal(grad_f(here), x_t.grad)
assert np.array_equal(grad_f(here), tape.gradient(height, x_k))
print("checked: by hand, PyTorch and TensorFlow give the same (2, 2)")

# %% [markdown]
# ## Summary
#
# - A partial derivative is a slope for one number while the others are held. The gradient is the vector of them.
# - The rate of change in the direction $u$ is $\nabla f \cdot u$, which is $|\nabla f|$ times a cosine.
# - Minus the gradient is the steepest way down where you stand. It need not point at the lowest point.
# - Among $d$ parameters a random direction reaches about $1/\sqrt{d}$ of the steepest rate.
#
# ## Common mistakes
#
# - **Plus for minus.** $x + \eta \nabla f$ climbs.
# - **Old gradient.** Take it anew at each step: it belongs to one place.
# - **"It points to the minimum."** It is at right angles to the line of equal height. On a stretched landscape the
#   minimum is elsewhere.
#
# ## Quick questions
#
# 1. The gradient is $(3, -4)$. In which direction does the function fall fastest, and how fast?
#
#    <details><summary><b>Answer</b></summary>
#
#    Along $(-0.6, 0.8)$, by $5$ per unit of distance: the length of $(3, -4)$.
#
#    </details>
# 2. Name a direction in which that function stays level, to first order.
#
#    <details><summary><b>Answer</b></summary>
#
#    $(0.8, 0.6)$: its product with $(3, -4)$ is $0$. The opposite one does as well.
#
#    </details>
# 3. The gradient is $(0, 0)$. Are you at a minimum?
#
#    <details><summary><b>Answer</b></summary>
#
#    Not for sure. It may be a maximum, or a saddle: $x_1^2 - x_2^2$ has the gradient $(0, 0)$ at $(0, 0)$, and there
#    you can go up and down.
#
#    </details>
# 4. $f$ is in euros and $x_1$ in metres. Which unit has $\partial f / \partial x_1$, and which must $\eta$ have?
#
#    <details><summary><b>Answer</b></summary>
#
#    Euros per metre. $\eta$ times that must be metres, so $\eta$ is in square metres per euro. A rate that fits one
#    unit does not fit another.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Measure $x_2$ in a unit that is ten times smaller. Here $r$ is the new number, $r = 10 x_2$. Write $f$
# with $x_1$ and $r$, and find the steepest way down in that map from the same place. Is it the same way?
#
# <details><summary><b>Outline</b></summary>
#
# $f = \frac12 x_1^2 + \frac{2}{100} r^2$ has the gradient $(x_1, \frac{4}{100} r)$. At $x_1 = 2$, $r = 5$ that is
# $(2, 0.2)$, so the way is $(-2, -0.2)$. In the old units it is $(-2, -0.02)$: nearly along $x_1$. "Steepest" depends
# on the units in which you measure. Unit 01 standardises the features for this reason.
#
# </details>

# %% [markdown]
# **Try.** Walk with the rates $0.49$, $0.5$ and $0.6$. What does $x_2$ do, and why does $x_1$ not mind?
#
# <details><summary><b>Outline</b></summary>
#
# $x_2$ is multiplied by $1 - 4\eta$: by $-0.96$, $-1$ and $-1.4$. So it dies out in a zigzag, swings with constant
# size, or explodes. $x_1$ is multiplied by $1 - \eta$, which is between $0$ and $1$ each time. The steepest
# coordinate sets the limit. Unit 04 starts there.
#
# </details>
#
# ## References
#
# - A.-L. Cauchy (1847). Méthode générale pour la résolution des systèmes d'équations simultanées. *Comptes rendus de
#   l'Académie des sciences* 25, 536–538. The first steepest descent.
# - J. Nocedal, S. J. Wright (2006). *Numerical Optimization*, 2nd edition. Springer. Section 2.2.
#   doi:10.1007/978-0-387-40065-5
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
