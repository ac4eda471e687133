# %% [markdown]
# # The size of a step
#
# {{about}}
#
# **After this lesson you can**
#
# - compute the factor by which one step multiplies the distance to the minimum,
# - say from that factor whether a run glides, zigzags or flies off,
# - split a run into directions, each with a factor of its own,
# - find the best rate for a bowl, and say how many steps its shape costs.
#
# **You need** the step of gradient descent (unit 00), and one word of linear algebra: an *eigenvector* of a matrix $A$
# is a direction $u$ that $A$ only stretches, $A u = \lambda u$. The number $\lambda$ is its *eigenvalue*.

# %% [markdown]
# ## One parabola, one factor
#
# Descend on $f(x) = 2x^2$. Its slope is $4x$, its minimum is at $0$. Start at $x = 1$ with the [[learning rate]]
# $\eta = 0.1$:
#
# - the slope is $4$, the step $0.1 \cdot 4 = 0.4$: you arrive at $0.6$,
# - the slope is $2.4$, the step $0.24$: you arrive at $0.36$,
# - the slope is $1.44$, the step $0.144$: you arrive at $0.216$.
#
# Each step multiplies by $0.6$. Now four times the rate:


# %%
def descend(lr, steps=3, x=1.0):
    path = [x]
    for t in range(steps):
        slope = 4 * x
        x = x - lr * slope
        path.append(x)
    return path


for lr in (0.1, 0.4):
    print(f"rate {lr}:", [round(x, 3) for x in descend(lr)])

# %% [markdown]
# The sizes are the same, but each step crosses the minimum: the factor is $-0.6$. The slope is $4x$, so
#
# $$x - \eta \cdot 4x = (1 - 4\eta)\, x. \tag{1}$$
#
# The $4$ is the [[curvature]] of the parabola, its second
# derivative. Call it $\lambda$, and $e_t$ the distance to the minimum after $t$ steps, with its sign:
#
# $$e_{t+1} = (1 - \eta\lambda)\, e_t, \qquad\text{so}\qquad e_t = (1 - \eta\lambda)^t\, e_0. \tag{2}$$
#
# **Predict.** Take 50 steps from $1$ at the rates $0.2$, $0.25$, $0.475$, $0.5$ and $0.525$. Work out the five factors.
# Which runs change sides at each step? Where does each end?

# %%
for lr in (0.2, 0.25, 0.475, 0.5, 0.525):
    end = descend(lr, steps=50)[-1]
    print(f"rate {lr:<5}  factor {1 - 4 * lr:5.2f}  after 50 steps {end:.2g}")

# %% tags=["draw"]
# Four runs on the parabola
import numpy as np

from gdcourse import plots

shown = {0.1: "glides", 0.25: "arrives at once", 0.45: "zigzags", 0.525: "flies off"}
fig, axes = plots.figure(4, width=9.4, height=2.7, sharey=True)
at = np.linspace(-1.6, 1.6, 121)
for ax, (lr, said) in zip(axes, shown.items(), strict=True):
    path = np.array(descend(lr, steps=4))
    ax.plot(at, 2 * at**2, color="0.6", linestyle="-")
    ax.plot(path, 2 * path**2, "o-", color=plots.COLOURS[1], markersize=5, linewidth=1)
    ax.plot(path[0], 2 * path[0] ** 2, "s", color="black", markersize=7)
    factor = f"{round(1 - 4 * lr, 3):g}".replace("-", "−")
    ax.set(xlabel="$x$", title=f"rate {lr}, factor {factor}:\n{said}", ylim=(-0.3, 5))
axes[0].set_ylabel("$f$")
plots.show(
    fig,
    alt="Four parabolas with four steps each from the square at 1. At rate 0.1 the points "
    "glide down one side. At 0.25 the first step lands on the minimum. At 0.45 they "
    "jump from side to side and come lower, at 0.525 they jump and climb.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The factors are $0.2$, $0$, $-0.9$, $-1$ and $-1.1$. Those below zero change sides. At $0.475$ the run swings and
# still arrives: $0.9^{50}$ is $0.0052$. At $0.5$ it jumps between $1$ and $-1$. At $0.525$ it is at $117$. So "a large
# rate oscillates" is half the story: it may oscillate *and* converge.
#
# </details>

# %% [markdown]
# The distance shrinks if the factor is smaller than $1$ in size, $-1 < 1 - \eta\lambda < 1$:
#
# | rate | factor | the run |
# |:--|:--|:--|
# | $0 < \eta < 1/\lambda$ | between $0$ and $1$ | glides |
# | $\eta = 1/\lambda$ | $0$ | arrives in one step |
# | $1/\lambda < \eta < 2/\lambda$ | between $-1$ and $0$ | zigzags and converges |
# | $\eta = 2/\lambda$ | $-1$ | jumps to and fro |
# | $\eta > 2/\lambda$ | below $-1$ | flies off |

# %% tags=["check"]
# The numbers by hand, and the five runs
assert np.allclose(descend(0.1), [1, 0.6, 0.36, 0.216]) and np.isclose(
    1 - 4 * 0.4, -0.6
)
assert np.allclose(descend(0.4), [1, -0.6, 0.36, -0.216])
assert np.allclose([4 * 0.6, 0.1 * 4, 0.1 * 2.4], [2.4, 0.4, 0.24])
assert np.allclose([4 * 0.36, 0.1 * 1.44], [1.44, 0.144])
ends = {lr: descend(lr, 50) for lr in (0.2, 0.25, 0.475, 0.5, 0.525)}
factors = [1 - 4 * lr for lr in ends]
assert np.allclose(factors, [0.2, 0, -0.9, -1, -1.1])
assert round(0.9**50, 4) == 0.0052 == round(ends[0.475][-1], 4)
assert abs(ends[0.5][-1]) == 1 and round(ends[0.525][-1]) == 117
sides = {
    lr: [a * b < 0 for a, b in zip(p[:-1], p[1:], strict=True)]
    for lr, p in ends.items()
}
assert [all(s) for s in sides.values()] == [False, False, True, True, True]
heights = {lr: [2 * x**2 for x in descend(lr, 4)] for lr in shown}
assert np.all(np.diff(heights[0.45]) < 0) and np.all(np.diff(heights[0.525]) > 0)
assert min(descend(0.1, 4)) > 0 and heights[0.25][1] == 0
print("checked: every step multiplies by 1 - 4 lr; five runs end where the text says")

# %% [markdown]
# ## Two parabolas, two factors
#
# Now two parameters, with different curvatures: $f(x) = \frac12 \cdot 1\, x_1^2 + \frac12 \cdot 10\, x_2^2$. The
# slopes are $x_1$ and $10\, x_2$: each coordinate descends on a parabola of its own. They share only the rate.
#
# At the rate $0.15$ the factors are $1 - 0.15 \cdot 1 = 0.85$ and $1 - 0.15 \cdot 10 = -0.5$. Two steps from $(1, 1)$
# lead to $(0.85,\, -0.5)$ and then $(0.7225,\, 0.25)$. The steep direction swings and is soon done. The flat one
# creeps.

# %%
curvatures = np.array([1.0, 10.0])


def errors(lr, steps):
    e = np.array([1.0, 1.0])
    path = [e]
    for t in range(steps):
        e = (1 - lr * curvatures) * e
        path.append(e)
    return np.array(path)


print(errors(0.15, steps=2))

# %% [markdown]
# **Predict.** You raise the rate to $0.19$ to help the flat direction. Which of the two is farther from the minimum
# after 30 steps? And at the rate $0.21$?

# %%
for lr in (0.15, 0.19, 0.21):
    print(
        f"rate {lr}: factors", 1 - lr * curvatures, "ends", errors(lr, 30)[-1].round(4)
    )

# %% tags=["draw"]
# The run, its two factors, and the two parts of the loss
WIDE = {"width": 9.6, "height": 3.1}
FLAT, STEEP = plots.COLOURS[0], plots.COLOURS[1]


def split(lr, steps=30):
    path = errors(lr, steps)
    fig, (left, middle, right) = plots.figure(3, **WIDE)
    a, b = np.meshgrid(np.linspace(-1.3, 1.3, 81), np.linspace(-1.3, 1.3, 81))
    left.contour(a, b, a**2 / 2 + 5 * b**2, levels=12, colors="0.75", linewidths=0.8)
    left.plot(*path.T, "o-", color="black", markersize=3, linewidth=1)
    left.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), xlabel="flat, $x_1$")
    left.set(ylabel="steep, $x_2$", title=f"the run at rate {lr:g}")
    rates = np.linspace(0, 0.23, 100)
    for i, (colour, dash, mark) in enumerate([(FLAT, "-", "o"), (STEEP, ":", "s")]):
        middle.plot(rates, abs(1 - rates * curvatures[i]), dash, color=colour)
        middle.plot(lr, abs(1 - lr * curvatures[i]), mark, color=colour, markersize=8)
        part = curvatures[i] * path[:, i] ** 2 / 2
        right.plot(part, dash, color=colour, label=["flat part", "steep part"][i])
    middle.axhline(1, color="0.5", linewidth=1, linestyle="-")
    middle.set(xlabel="rate", title="size of the factors", ylim=(0, 1.35))
    right.plot(np.sum(curvatures * path**2 / 2, axis=1), color="black", label="loss")
    right.lines[-1].set(linewidth=1, linestyle="-", zorder=0)
    right.set(xlabel="step", yscale="log", ylim=(1e-6, 1e3), title="the loss, split")
    fig.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig


plots.show(
    split(0.15),
    alt="Left, contours of a valley: the run zigzags across it, then creeps along it. Middle, "
    "the sizes of the factors against the rate: the flat line falls slowly, the steep "
    "one falls to 0 at 0.1 and rises again. Right, the flat part of the loss falls "
    "slowly and is nearly all of the loss after a few steps; the steep part is soon gone.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $0.19$ the factors are $0.81$ and $-0.9$. Now the *steep* direction is the slow one: it ends at $0.0424$, the flat
# one at $0.0018$. At $0.21$ its factor is $-1.1$, and the run flies off along $x_2$ while $x_1$ converges.
#
# </details>

# %% [markdown]
# The loss is on a log axis. Each part shrinks by the square of its factor at every step, the same share each time: a
# straight line. Slide through the rates: the sum bends where the larger part gives way to the other, at $0.15$ the steep
# part at first, then the flat one. At $0.19$ the steep part is the larger throughout. (The slider needs a running kernel.)


# %% tags=["widget", "draw"]
# A slider over the rate
def at_rate(rate):
    flat, steep = 1 - rate * curvatures
    return split(rate), (
        f"At rate {rate:g} the factors are {flat:.2f} and {steep:.2f}; the loss is split "
        "into a flat and a steep part, each a straight line on a log scale."
    )


plots.slider(at_rate, rate=[0.02, 0.05, 0.1, 0.12, 0.15, 0.17, 0.18, 0.19, 0.2, 0.21])

# %% tags=["draw"]
# Four rates on the same bowl, with a film for who opens it
half = np.array([1, 0.5])  # start at (1, 0.5), so that the picture stays readable
race = {f"rate {lr}": errors(lr, 30) * half for lr in (0.05, 0.15, 0.19)}
race["rate 0.21"] = errors(0.21, 11) * half  # the next step leaves the picture


def bowl(x):
    return (x[0] ** 2 + 10 * x[1] ** 2) / 2


window = (-0.3, 1.2, -1.5, 1.5)
shape = {"width": 9, "height": 3.6, "frames": 31}
film = plots.race_animation(bowl, race, window=window, minima=np.zeros((1, 2)), **shape)
plots.show(
    film,
    alt="Four runs on the bowl and their heights against the step. Rate 0.05 glides and creeps, "
    "0.15 zigzags a little and is lowest at the end, 0.19 zigzags for long, and 0.21 zigzags "
    "wider and wider, climbs, and leaves the picture after 11 steps.",
)

# %% tags=["check"]
# The worked steps, the ends, and what the picture shows
assert np.allclose(errors(0.15, 2), [[1, 1], [0.85, -0.5], [0.7225, 0.25]])
assert np.allclose(1 - 0.19 * curvatures, [0.81, -0.9])
assert np.isclose(1 - 0.21 * 10, -1.1)
assert np.allclose(abs(errors(0.19, 30)[-1]), [0.0018, 0.0424], atol=5e-5)
wild = errors(0.21, 30)
assert abs(wild[-1, 1]) > 10 and np.all(np.diff(wild[:, 0]) < 0)


def split_of(lr):
    return curvatures * errors(lr, 30) ** 2 / 2


parts = split_of(0.15)
assert parts[0, 1] > parts[0, 0] and parts[5, 0] > 0.95 * parts[5].sum()
ends = {name: float(bowl(path[-1])) for name, path in race.items()}
assert min(ends, key=ends.get) == "rate 0.15" and ends["rate 0.21"] > bowl([1, 0.5])
assert race["rate 0.05"].min() > 0 and len(race["rate 0.21"]) == 11 + 1
swings = errors(0.19, 30)[:, 1]
assert np.all(swings[1:] * swings[:-1] < 0) and np.all(np.diff(abs(wild[:, 1])) > 0)
assert abs(wild[11, 1]) / 2 < 1.5 < abs(wild[12, 1]) / 2
larger = {lr: set(split_of(lr).argmax(axis=1)) for lr in (0.05, 0.15, 0.19, 0.21)}
assert [len(which) for which in larger.values()] == [2, 2, 1, 1]  # a bend, or none
print("checked: two factors, two straight lines, and the ends of the runs")

# %% [markdown]
# ## The best rate, and what a bowl costs
#
# A small rate is slow in the flat direction, a large one in the steep. The best is where both are equally slow:
#
# $$1 - \eta \cdot 1 = -(1 - \eta \cdot 10) \quad\Rightarrow\quad \eta = \tfrac{2}{11} = 0.1818, \quad
# \text{both } \tfrac{9}{11} = 0.818 \text{ in size.}$$
#
# In general, with the smallest curvature $\mu$ and the largest $L$,
#
# $$\eta = \frac{2}{L + \mu}, \qquad \rho = \frac{L - \mu}{L + \mu} = \frac{\kappa - 1}{\kappa + 1}, \qquad
# \kappa = \frac{L}{\mu}. \tag{3}$$
#
# Here $\rho$ is the factor of the slowest directions. It depends on the ratio $\kappa$ alone, the
# [[condition number]]: how many times steeper the bowl is one way than the other. For large $\kappa$ it is close to
# $1 - 2/\kappa$.
#
# **Predict.** With $\kappa = 10$ the error falls to a hundredth in 23 steps. How many does $\kappa = 100$ need? And
# $\kappa = 1000$?

# %%
for kappa in (10, 100, 1000):
    rho = (kappa - 1) / (kappa + 1)
    steps = np.log(0.01) / np.log(rho)  # solves rho ** steps = 0.01
    print(f"kappa {kappa:4}: factor {rho:.4f}, {np.ceil(steps):.0f} steps")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $231$ and $2303$: for large $\kappa$, $t$ steps leave about $e^{-2t/\kappa}$ of the error, so ten times $\kappa$ is
# ten times the steps. A narrow valley is slow at *every* fixed rate. Better scales, momentum and second derivatives
# (unit 03) help.
#
# </details>

# %% [markdown]
# Count the steps for any bowl and any rate in {{exercise:steps_to_reach}}.
#
# ## Any bowl is parabolas, turned
#
# Most valleys do not lie along the axes. Take $f(\theta) = \frac12 e^T H e$ with $e = \theta - \theta^*$,
# where $\theta^*$ is the minimum and $H$ is symmetric, its [[Hessian]]. In a bowl all eigenvalues are positive. The
# gradient at $e_t$ is $H e_t$. Write $e_t$ as a sum along the eigenvectors of $H$, which can be chosen at right angles
# since $H$ is symmetric: $e_t = \sum_j c_j u_j$. Since $H u_j = \lambda_j u_j$, a
# step only stretches each term:
#
# $$e_{t+1} = e_t - \eta H e_t = \sum_j (1 - \eta \lambda_j)\, c_j u_j. \tag{4}$$
#
# Along the eigenvectors there are the parabolas again. In a bowl the run converges to the minimum from every start if $0 < \eta < 2/L$ with $L$
# the largest eigenvalue: {{exercise:lr_max}}.
#
# **Predict.** $H = \begin{pmatrix} 5.5 & 4.5 \\ 4.5 & 5.5 \end{pmatrix}$ stretches $(1, 1)$ by $10$ and $(1, -1)$ by
# $1$. You start at $(2, 0)$ and take one step at the rate $0.1$. Where do you land? Use the factors, not the matrix.

# %%
H = np.array([[5.5, 4.5], [4.5, 5.5]])
theta = np.array([2.0, 0.0])
theta = theta - 0.1 * H @ theta
print("one step:", theta, " eigenvalues:", np.linalg.eigvalsh(H))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $(2, 0) = (1, 1) + (1, -1)$. The first part has the factor $1 - 0.1 \cdot 10 = 0$ and is gone. The second has
# $1 - 0.1 \cdot 1 = 0.9$. So you land at $(0.9,\, -0.9)$, on the floor of the valley, with all the creeping to do.
#
# </details>

# %% [markdown]
# And on real data? Fit the 569 tumours of scikit-learn's table by least squares, from 30 measures of their cells. The
# Hessian is $X^T X / n$. Raw, it has $\kappa \approx 2 \cdot 10^{12}$; with all measures brought to mean $0$ and
# deviation $1$, about $10^5$. Without perimeters and areas, which nearly repeat the radii, it is about $1300$.

# %% tags=["check"]
# The best rate, the steps, the turned bowl, and real condition numbers
from gdcourse import datasets

assert round(2 / 11, 4) == 0.1818 and round(9 / 11, 3) == 0.818
assert np.allclose(abs(1 - 2 / 11 * curvatures), 9 / 11)
tried = np.linspace(0.01, 0.2, 1901)
slowest = np.max(abs(1 - tried[:, None] * curvatures), axis=1)
assert abs(tried[slowest.argmin()] - 2 / 11) < 1e-4  # no rate of a fine grid is better
counts = [np.ceil(np.log(0.01) / np.log((k - 1) / (k + 1))) for k in (10, 100, 1000)]
assert counts == [23, 231, 2303]
assert np.allclose(theta, [0.9, -0.9]) and np.allclose(H @ [1, 1], [10, 10])
assert np.allclose(H @ [1, -1], [1, -1]) and np.isclose(1 - 0.1 * 1, 0.9)
assert H.ravel().tolist() == [5.5, 4.5, 4.5, 5.5]
tumours = datasets.breast_cancer().X
assert tumours.shape == (569, 30)
scaled = (tumours - tumours.mean(axis=0)) / tumours.std(axis=0)
kappas = [np.linalg.cond(X.T @ X / len(X)) for X in (tumours, scaled)]
assert f"{kappas[0]:.0e}" == "2e+12" and f"{kappas[1]:.0e}" == "1e+05"
close = np.corrcoef(
    scaled.T
)  # radii, perimeters, areas: columns 0, 2, 3, and 10, 20 on
assert all(min(close[k, k + 2], close[k, k + 3]) > 0.95 for k in (0, 10, 20))
rest = np.delete(scaled, [2, 3, 12, 13, 22, 23], axis=1)
assert round(np.linalg.cond(rest.T @ rest / 569), -2) == 1300
for kappa in (100, 1000):  # the factor, and what t = kappa steps leave
    rho = (kappa - 1) / (kappa + 1)
    assert abs(rho - (1 - 2 / kappa)) < 2.1 / kappa**2
    assert np.isclose(rho**kappa, np.exp(-2), rtol=0.01)
assert np.allclose(
    [b / a for a, b in zip(counts[:-1], counts[1:], strict=True)], 10, 0.01
)
print("checked: the best rate, the steps, and the condition numbers 2e12 and 1e5")

# %% [markdown]
# ## In three frameworks
#
# One step of their descent is equation (4). Here it is from $(2, 0)$ at the rate $0.1$:

# %% tags=["torch"]
import torch

theta_t = torch.tensor([2.0, 0.0], dtype=torch.float64, requires_grad=True)
loss = theta_t @ torch.tensor(H) @ theta_t / 2
loss.backward()
torch.optim.SGD([theta_t], lr=0.1).step()
print("PyTorch:", theta_t.detach().numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

theta_k = tf.Variable([2.0, 0.0], dtype=tf.float64)
with tf.GradientTape() as tape:
    loss = tf.tensordot(theta_k, tf.linalg.matvec(H, theta_k), 1) / 2
theta_k.assign_sub(0.1 * tape.gradient(loss, theta_k))
print("TensorFlow:", theta_k.numpy())

# %% tags=["check", "torch", "tensorflow"]
# Do the three land on the floor of the valley?
for landed in (theta, theta_t.detach().numpy(), theta_k.numpy()):
    assert np.allclose(landed, [0.9, -0.9], rtol=0, atol=1e-12)
print("checked: NumPy, PyTorch and TensorFlow land at (0.9, -0.9)")

# %% [markdown]
# ## Summary
#
# - On a bowl one step multiplies the error along each eigenvector of the Hessian by $1 - \eta\lambda$.
# - Below $1/\lambda$ it glides, up to $2/\lambda$ it zigzags and converges, beyond it flies off. The steepest direction
#   sets the limit, $2/L$.
# - The best fixed rate is $2/(L + \mu)$. For large $\kappa = L/\mu$ its steps grow in proportion to $\kappa$.
#
# ## Common mistakes
#
# - **Lowering the rate at the first zigzag.** Between $1/\lambda$ and $2/\lambda$ the run converges, and may be fast.
# - **Raising the rate because the loss creeps.** The flat direction creeps, but the steep one sets the limit.
# - **Reading the curvature off the diagonal of $H$.** In the turned bowl both entries are $5.5$, and $L$ is $10$.
#
# ## Quick questions
#
# 1. The curvatures are $2$ and $8$. From which rate on does a run fly off? From which on does it zigzag somewhere?
#
#    <details><summary><b>Answer</b></summary>
#
#    It flies off beyond $2/8 = 0.25$. Beyond $1/8 = 0.125$ the steep direction has a negative factor.
#
#    </details>
# 2. One run has the factors $0.9$ and $-0.9$. A second has $0.9$ and $0.1$. Which converges faster in the long run?
#
#    <details><summary><b>Answer</b></summary>
#
#    Neither: the slowest factor decides, and both have one of size $0.9$.
#
#    </details>
# 3. You multiply the loss by $3$. What happens to the best rate, and what to the number of steps?
#
#    <details><summary><b>Answer</b></summary>
#
#    All curvatures grow threefold, so the best rate is a third. $\kappa$ is a ratio, so the steps stay.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that no rate does better on a bowl with curvatures $\mu$ and $L$ than $2/(L+\mu)$. What do curvatures
# in between change?
#
# <details><summary><b>Outline</b></summary>
#
# Draw $\lvert 1 - \eta\mu \rvert$ and $\lvert 1 - \eta L \rvert$ against $\eta$. The slowest factor is the upper of the
# two. Left of the crossing the first is above and falls; right of it the second is above and rises. So the crossing is
# the lowest point. For a $\lambda$ in between, $1 - \eta\lambda$ lies between the two factors, so it is no larger in
# size.
#
# </details>

# %% [markdown]
# **Try.** In `errors`, use the rate $1$ for the first step and $0.1$ for the second. Explain what you see. Which rates
# finish three curvatures in three steps? What could go wrong with forty?
#
# <details><summary><b>Outline</b></summary>
#
# The first step has the factors $0$ and $-9$, the second $0.9$ and $0$: both errors are $0$ after two steps. For three
# curvatures take the rates $1/\lambda_j$ in turn. On the way other directions grow, here ninefold, and rounding errors
# with them: on a turned bowl with forty curvatures from $1$ to $100$, forty such steps end beyond $10^{20}$. Still, in
# two steps this plan beat every fixed rate. Lesson 4 has another reason to change the rate: noise.
#
# </details>

# %% tags=["check"]
# The quick and the open questions
assert 2 / 8 == 0.25 and 1 / 8 == 0.125 and np.log(3 * 2 / (3 * 1)) == np.log(2)
e = np.ones(2)
for lr, factors in ((1.0, [0, -9]), (0.1, [0.9, 0])):
    assert np.allclose(1 - lr * curvatures, factors)
    e = (1 - lr * curvatures) * e
assert np.allclose(e, 0, atol=1e-15)
two = [np.abs(errors(lr, 2)[-1]).max() for lr in np.linspace(0.01, 0.3, 291)]
assert min(two) > 0.5  # no fixed rate comes near in two steps
grown = split_of(0.15)[1:] / split_of(0.15)[:-1]
assert np.allclose(grown, (1 - 0.15 * curvatures) ** 2)  # the same share at each step


def in_turn(curved):
    """The error left on a turned bowl by one step per curvature, at the rates 1 / curvature."""
    d = len(curved)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(d, d)))[0]
    matrix, e = (turn * curved) @ turn.T, np.ones(d)
    for curvature in curved:
        e = e - matrix @ e / curvature
    return np.linalg.norm(e)


assert in_turn(np.array([1.0, 3.0, 10.0])) < 1e-12
assert in_turn(np.geomspace(1, 100, 40)) > 10.0**20  # rounding errors, stretched
print("checked: three rates end a run on three curvatures; forty rates do not")

# %% [markdown]
# ## References
#
# - Y. Nesterov (2004). *Introductory Lectures on Convex Optimization*, section 2.1.5. Springer.
#   doi:10.1007/978-1-4419-8853-9
# - G. Goh (2017). Why momentum really works. *Distill*. doi:10.23915/distill.00006 (the loss split into its parts)
# - W. N. Street, W. H. Wolberg, O. L. Mangasarian (1993). Nuclear feature extraction for breast tumor diagnosis.
#   *IS&T/SPIE Electronic Imaging* 1905. doi:10.1117/12.148698 (the tumours)
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
