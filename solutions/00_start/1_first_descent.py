# %% [markdown]
# # First descent
#
# {{about}}
#
# **After this lesson you can**
#
# - say what gradient descent does in one sentence and write it in ten lines,
# - run the same ten lines in NumPy, PyTorch and TensorFlow, and know that they agree,
# - predict from one number whether a run will settle, swing or diverge,
# - solve an exercise of this course, check it and read the feedback.
#
# **You need** derivatives of one variable, and Python. No machine learning.

# %% [markdown]
# ## How this course works
#
# Each unit has lessons, like this one, and one notebook of exercises. A lesson derives, shows, asks and checks:
#
# - **Predict** asks you a question. Answer it, in your head or on paper, before you run the next cell. The answer follows.
# - **`assert`** lines check what the text says. If a claim here were wrong, the cell under it would fail.
# - Code comes in the order NumPy, PyTorch, TensorFlow. If you have not installed one of the two frameworks, its cells tell
#   you how, and the rest of the lesson still runs.
#
# Run a cell with Shift+Enter. Run the whole lesson with *Run > Run All Cells*. Change whatever you like: your copy is yours,
# and an update of the course never overwrites it.
#
# First, see what is installed.

# %%
from importlib.util import find_spec

for package in ("numpy", "torch", "tensorflow"):
    print(f"{package:<10}", "ready" if find_spec(package) else "not installed")

# %% [markdown]
# If something is missing or behaves oddly, `gdcourse doctor` in a terminal names the problem and its mend.

# %% [markdown]
# ## A slope tells you where to go
#
# You stand on the curve $f(x) = x^2$ at some $x$ and want to reach its lowest point. You see only the slope under your
# feet,
#
# $$f'(x) = 2x.$$
#
# A positive slope says that the ground rises to the right, so you go left. A negative slope sends you right. A flat place
# is where you stop. So move *against* the slope, and move far where it is steep:
#
# $$x_{t+1} = x_t - \eta\, f'(x_t). \tag{1}$$
#
# That is gradient descent. The number $\eta$ (eta) is the **learning rate**: it turns a slope into a length. The points
# $x_0, x_1, x_2, \dots$ are the **iterates**.
#
# **Predict.** Start at $x_0 = 2$ with $\eta = 0.1$. What is $x_1$? After ten steps, will you have reached $0$ exactly?

# %%
import numpy as np

x, lr = 2.0, 0.1
path = [x]
for step in range(10):
    slope = 2 * x
    x = x - lr * slope
    path.append(x)
print(np.round(path, 4))

# %% [markdown]
# **Answer.** The slope at $2$ is $4$, so $x_1 = 2 - 0.1 \cdot 4 = 1.6$. After ten steps you are at $0.2147$: closer, but not
# there. Each step covers a fifth of the way that is left, so some way is always left.

# %%
assert np.isclose(path[1], 1.6)
assert round(path[10], 4) == 0.2147

# %%
from gdcourse import plots


def draw(path, lr):
    fig, (left, right) = plots.figure(2)
    reach = 1.1 * max(2.0, np.abs(path).max())
    grid = np.linspace(-reach, reach, 201)
    left.plot(grid, grid**2, color="0.6", linestyle="-")
    left.plot(path, np.square(path), "o-", markersize=4, linewidth=1)
    left.set(
        xlabel="$x$", ylabel="$f(x) = x^2$", title=f"the walk, learning rate {lr:g}"
    )
    right.plot(path, "o-", markersize=4, linewidth=1)
    right.axhline(0, color="0.6", linestyle="-", linewidth=1)
    right.set(xlabel="step $t$", ylabel="$x_t$", title="where it stands")
    return fig


plots.show(
    draw(path, lr),
    alt="Left: the parabola with ten points that walk down its right side towards 0. Right: the same points against the "
    "step, falling from 2 to 0.21 ever more slowly.",
)

# %%
plots.table({"step": range(0, 11, 2), "x": path[::2], "f(x)": np.square(path[::2])})

# %% [markdown]
# ## One number decides
#
# Put $f'(x) = 2x$ into (1):
#
# $$x_{t+1} = x_t - 2\eta x_t = (1 - 2\eta)\, x_t, \qquad\text{so}\qquad x_t = (1 - 2\eta)^t\, x_0. \tag{2}$$
#
# Every step multiplies $x$ by the same factor $1 - 2\eta$. The run shrinks if the factor lies between $-1$ and $1$, that is
# for $0 < \eta < 1$.
#
# **Predict.** What happens for $\eta = 0.5$, for $\eta = 0.9$, for $\eta = 1$, and for $\eta = 1.1$?


# %%
def walk(x, lr, steps):
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - lr * 2 * path[-1])
    return np.array(path)


rates = [0.1, 0.5, 0.9, 1.0, 1.1]
ends = [walk(2.0, rate, 10)[-1] for rate in rates]
plots.table(
    {
        "learning rate": rates,
        "factor 1 - 2 lr": [1 - 2 * rate for rate in rates],
        "x after 10 steps": ends,
    }
)

# %% [markdown]
# **Answer.** With $0.5$ the factor is $0$: one step lands on the minimum. With $0.9$ it is $-0.8$: you cross the minimum at
# every step and still come closer. With $1$ it is $-1$: you swing between $2$ and $-2$ for ever. With $1.1$ it is $-1.2$:
# every step takes you further away, and after ten you are at $12.38$.

# %%
assert walk(2.0, 0.5, 1)[1] == 0
assert np.isclose(1 - 2 * 0.9, -0.8) and abs(walk(2.0, 0.9, 10)[-1]) < 2
assert np.allclose(walk(2.0, 1.0, 10), [2, -2] * 5 + [2])
assert np.isclose(1 - 2 * 1.1, -1.2) and round(walk(2.0, 1.1, 10)[-1], 2) == 12.38
for rate in rates:
    assert np.allclose(
        walk(2.0, rate, 10), 2.0 * (1 - 2 * rate) ** np.arange(11), atol=1e-12
    )  # equation (2)

# %% [markdown]
# Four of the five walks, side by side:

# %%
fig, axes = plots.figure(4, width=9, height=2.4, sharex=True)
for ax, rate in zip(axes, [0.1, 0.5, 0.9, 1.1], strict=True):
    ax.plot(walk(2.0, rate, 10), "o-", markersize=3, linewidth=1)
    ax.axhline(0, color="0.6", linestyle="-", linewidth=1)
    ax.set(title=f"rate {rate}", xlabel="step $t$")
axes[0].set_ylabel("$x_t$")
plots.show(
    fig,
    alt="Four walks of ten steps from x = 2. Rate 0.1 decays slowly to 0, rate 0.5 is at 0 after one step, rate 0.9 swings "
    "around 0 and shrinks, rate 1.1 swings and grows to 12.",
)

# %% [markdown]
# Move the slider to see the rates between them. (It needs a running kernel: run the cells above first.)

# %% tags=["widget"]
recorded = {round(rate, 2): walk(2.0, rate, 10) for rate in np.arange(0.05, 1.16, 0.05)}


def at(rate):
    return draw(
        recorded[rate], rate
    ), f"The walk down the parabola with learning rate {rate}."


plots.slider(at, rate=list(recorded))

# %% [markdown]
# ## The same in three frameworks
#
# NumPy made you write the slope $2x$ yourself. PyTorch and TensorFlow find it for you: you write $f$, and they
# differentiate it. How they do it is the story of unit 02. Here, see that all three make the same walk.

# %% tags=["torch"]
from gdcourse.optimizers.torch import GD  # says what to install if PyTorch is missing
import torch

x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
optimizer = GD(lr=0.1)
torch_path = [x.item()]
for step in range(10):
    loss = x**2
    (slope,) = torch.autograd.grad(loss, x)
    optimizer.step([x], [slope])
    torch_path.append(x.item())
assert np.allclose(torch_path, path, rtol=1e-12)

# %% tags=["tensorflow"]
from gdcourse.optimizers.tensorflow import (
    GD,
)  # says what to install if TensorFlow is missing
import tensorflow as tf

x = tf.Variable(2.0, dtype=tf.float64)
optimizer = GD(lr=0.1)
tf_path = [float(x)]
for step in range(10):
    with tf.GradientTape() as tape:
        loss = x**2
    slope = tape.gradient(loss, x)
    optimizer.step([x], [slope])
    tf_path.append(float(x))
assert np.allclose(tf_path, path, rtol=1e-12)
print("all three agree:", np.round(tf_path[-3:], 4))

# %% [markdown]
# `GD` is the library's. Put `??` behind a name to read its source, here or anywhere in the course: all
# of it is short enough to be read.

# %% [markdown]
# ## Solve, check, read the feedback
#
# Open `exercises.ipynb` beside this lesson. Each exercise has three cells:
#
# 1. **Yours** says `raise NotImplementedError()`. Put your code in its place.
# 2. **Visible tests** you can read. Run the cell: if it prints nothing, they pass. If one fails, its last line names the
#    property that is broken, for example `descend: returns steps + 1 points, the start included`.
# 3. **Hidden tests** run when your work is graded. They try random inputs and edge cases.
#
# To check a whole notebook, press **Validate** in its toolbar: it runs the visible tests. Or use a terminal:
#
# ```
# gdcourse check 00_start          # the visible tests
# gdcourse check 00_start --full   # the hidden ones too: it names the broken property, never the answer
# ```
#
# You may solve an exercise in any way that returns the right values: a loop, one NumPy expression, a framework. The tests
# look at what your function returns, not at how it is written.

# %% [markdown]
# ## Summary
#
# - Gradient descent moves against the slope: $x \leftarrow x - \eta f'(x)$.
# - On $x^2$ each step multiplies $x$ by $1 - 2\eta$: it settles for $0 < \eta < 1$, swings at $1$, diverges above.
# - NumPy, PyTorch and TensorFlow make the same walk. The course asserts it each time.
#
# ## Common mistakes
#
# - **Adding the slope.** $x + \eta f'(x)$ climbs.
# - **Using the height for the slope.** The step is $\eta f'(x)$, not $\eta f(x)$.
# - **Forgetting the start.** `steps` steps visit `steps + 1` points.
# - **Keeping the first slope.** It must be computed anew at each point.
#
# ## Reference
#
# - A. Cauchy (1847). Méthode générale pour la résolution des systèmes d'équations simultanées. *Comptes rendus* 25, 536–538.
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
