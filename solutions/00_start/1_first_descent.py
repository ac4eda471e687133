# %% [markdown]
# # First descent
#
# {{about}}
#
# **After this lesson you can**
#
# - read a lesson of this course: run it, answer it, open what is folded,
# - say what gradient descent does in one sentence, and write it in seven lines,
# - predict from one number whether a run will settle, swing or diverge,
# - solve an exercise, check it, and read what a failed test says.
#
# **You need** the derivative of $x^2$, which is $2x$, and some Python: names, `for` loops, lists, functions, `import`.
# Not yet: machine learning. From the next lesson on you also need NumPy arrays and the product of a matrix and a vector; each
# lesson says what it needs. To catch up: [the Python tutorial](https://docs.python.org/3/tutorial/) and
# [NumPy for beginners](https://numpy.org/doc/stable/user/absolute_beginners.html).

# %% [markdown]
# ## How to read a lesson
#
# - **Run** each cell with Shift+Enter, from top to bottom. Your copy comes without results: they appear as you run.
# - **Predict** asks you something. Answer it on paper *before* you run on. Then click on **Answer**, which is folded.
# - Some cells are folded to one grey line. They draw, check or set up. Run them like the others; a click on their
#   three dots shows the code. A check ends in a line such as "checked: ..." and stops with an error if the text is wrong.
# - Change what you like. Your copy is yours: no update of the course overwrites it.
#
# The next cell is a folded one. It tells which frameworks are installed.

# %% tags=["setup"]
# Which frameworks are installed?
from importlib.util import find_spec

for package in ("numpy", "torch", "tensorflow"):
    print(f"{package:<10}", "ready" if find_spec(package) else "not installed")

# %% [markdown]
# Where a framework is missing, its own cells say how to install it, and the rest still runs. If anything behaves oddly,
# type `gdcourse doctor` in a terminal (File > New > Terminal): it names the cause.

# %% [markdown]
# ## A slope tells you where to go
#
# You stand on the curve $f(x) = x^2$, at $x = 2$, and look for its lowest point. There is fog. You feel only the slope
# under your feet: $f'(x) = 2x = 4$.
#
# The slope is positive, so the ground rises to the right. You go left. How far? Take a tenth of the slope:
# $0.1 \cdot 4 = 0.4$. Now you are at $1.6$. There the slope is $3.2$, a tenth of it is $0.32$, and you step to $1.28$.
#
# **Predict.** Where are you after the third step? And after ten, will you have reached $0$ exactly?

# %%
x, lr = 2.0, 0.1
path = [x]
for t in range(10):
    slope = 2 * x
    x = x - lr * slope
    path.append(x)
print([round(x, 4) for x in path])

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The slope at $1.28$ is $2.56$, so you come to $1.28 - 0.256 = 1.024$. After ten steps you are at $0.2147$: closer, but
# not there. Each step covers a fifth of the way that is left, so some way is always left.
#
# </details>

# %% tags=["draw"]
# The walk on the curve, and against the step
import numpy as np

from gdcourse import plots


def draw(path, lr):
    fig, (left, right) = plots.figure(2)
    reach = 1.1 * max(2.0, np.abs(path).max())
    grid = np.linspace(-reach, reach, 201)
    left.plot(grid, grid**2, color="0.6", linestyle="-")
    left.plot(path, np.square(path), "o-", markersize=4, linewidth=1)
    left.set(xlabel="$x$", ylabel="$f(x) = x^2$", title="on the curve")
    right.plot(path, "o-", markersize=4, linewidth=1)
    right.axhline(0, color="0.6", linestyle="-", linewidth=1)
    right.set(xlabel="step $t$", ylabel="$x_t$", title="against the step")
    fig.suptitle(f"learning rate {lr:g}")
    return fig


plots.show(
    draw(path, lr),
    alt="Left: the parabola, and eleven points that walk down its right side towards 0. Right: "
    "the same points against the step; they fall from 2 to 0.21, less with each step.",
)

# %% [markdown]
# The *sign* of the slope said which way: against it. Its *size* said how far: long steps where it is steep, short ones
# near the bottom. Nobody told the walk to slow down. As a formula:
#
# $$x_{t+1} = x_t - \eta\, f'(x_t). \tag{1}$$
#
# This is [[gradient descent]]. The number $\eta$ (eta, in code `lr`) is the [[learning rate]]: it turns a slope into the
# length of a step. The points $x_0, x_1, x_2, \dots$ are the [[iterates|iterate]].

# %% tags=["check"]
# Are the numbers of the walk right?
assert np.isclose(0.1 * 2 * 2.0, 0.4) and np.allclose(path[1:4], [1.6, 1.28, 1.024])
assert np.isclose(2 * 1.6, 3.2) and np.isclose(0.1 * 3.2, 0.32)
assert np.isclose(2 * 1.28, 2.56) and np.isclose(0.1 * 2.56, 0.256)
assert round(path[10], 4) == 0.2147 and round(path[10], 2) == 0.21 and len(path) == 11
assert np.allclose(np.diff(path), -np.array(path[:-1]) / 5) and min(path) > 0
assert (np.diff(np.abs(np.diff(path))) < 0).all()  # less with each step
print("checked: the walk, step by step, and that each step covers a fifth")

# %% [markdown]
# ## One number decides
#
# Was $0.1$ a good rate? Put $f'(x) = 2x$ into (1):
#
# $$x_{t+1} = x_t - 2\eta\, x_t = (1 - 2\eta)\, x_t. \tag{2}$$
#
# Each step multiplies $x$ by the same factor, $1 - 2\eta$. For $\eta = 0.1$ it is $0.8$. After $t$ steps
# $x_t = (1 - 2\eta)^t\, x_0$.
#
# **Predict.** Ten steps brought you from $2$ to about $0.2$: ten times nearer. How many do you need, from $2$, to come
# below $0.002$? And what if you had started at $2000$?

# %%
for start in (2.0, 2000.0):
    x, steps = start, 0
    while x > 0.002:
        x = 0.8 * x
        steps = steps + 1
    print(f"from {start:g}: {steps} steps")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Each factor of ten costs about ten steps, since $0.8^{10}$ is about a tenth. So it takes about thirty, in fact $31$;
# and from $2000$ about sixty, in fact $62$.
#
# </details>

# %% [markdown]
# **Predict.** Start at $2$ again. What happens with $\eta = 0.5$, with $0.9$, with $1$, and with $1.1$?


# %%
def walk(x, lr, steps):
    path = [x]
    for t in range(steps):
        x = x - lr * 2 * x
        path.append(x)
    return path


rates = [0.1, 0.5, 0.9, 1.0, 1.1]
for rate in rates:
    end = walk(2.0, rate, 10)[-1]
    print(f"rate {rate}: factor {1 - 2 * rate:4.1f}, after 10 steps at {end:8.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# - $0.5$: the factor is $0$. One step lands on the minimum.
# - $0.9$: the factor is $-0.8$. You cross the minimum at each step, and still come closer.
# - $1$: the factor is $-1$. You swing between $2$ and $-2$ for ever.
# - $1.1$: the factor is $-1.2$. Each step takes you further away. After ten you are at $12.38$: the run [[diverges|diverge]].
#
# </details>

# %% tags=["draw"]
# Four of the five walks, side by side
fig, axes = plots.figure(4, width=9, height=2.6)
for ax, rate in zip(axes, [0.1, 0.5, 0.9, 1.1], strict=True):
    ax.plot(walk(2.0, rate, 10), "o-", markersize=3, linewidth=1)
    ax.axhline(0, color="0.6", linestyle="-", linewidth=1)
    ax.set(
        title=f"rate {rate}",
        xlabel="step $t$",
        ylim=(-14, 14) if rate > 1 else (-2.4, 2.4),
    )
axes[0].set_ylabel("$x_t$")
plots.show(
    fig,
    alt="Four walks of ten steps from x = 2. Rate 0.1 falls to 0.2 without crossing 0. Rate 0.5 is at 0 after one "
    "step. Rate 0.9 swings around 0 and shrinks. Rate 1.1, on a wider scale, swings and grows to 12.",
)

# %% [markdown]
# So a run on this curve comes closer if the factor lies between $-1$ and $1$, that is for $0 < \eta < 1$. Above
# $0.5$ it overshoots; above $1$ it overshoots so far that it ends up higher.
#
# Move through the rates. (A slider needs a running kernel: run the cells above first.)

# %% tags=["widget", "draw"]
# A slider over the rate
recorded = {round(rate, 2): walk(2.0, rate, 10) for rate in np.arange(0.05, 1.16, 0.05)}


def at(rate):
    said = f"The walk on the parabola with learning rate {rate} ends at {recorded[rate][-1]:.3g}."
    return draw(recorded[rate], rate), said


plots.slider(at, rate=list(recorded))

# %% tags=["check"]
# Do the walks follow equation (2), and end as the answers say?
factors = {rate: 1 - 2 * rate for rate in rates}
for rate, factor in factors.items():
    assert np.allclose(walk(2.0, rate, 10), 2.0 * factor ** np.arange(11), atol=1e-12)
assert np.allclose(list(factors.values()), [0.8, 0, -0.8, -1, -1.2])
assert walk(2.0, 0.5, 1)[1] == 0 and walk(2.0, 1.0, 10) == [2, -2] * 5 + [2]
assert (
    round(walk(2.0, 1.1, 10)[-1], 2) == 12.38
    and round(walk(2.0, 0.1, 10)[-1], 1) == 0.2
)
swings = np.array(walk(2.0, 0.9, 10))
assert (swings[1:] * swings[:-1] < 0).all() and (np.diff(abs(swings)) < 0).all()
for start, said in ((2, 31), (2000, 62)):
    assert start * 0.8**said < 0.002 <= start * 0.8 ** (said - 1)
assert 0.09 < 0.8**10 < 0.11
print("checked: equation (2) for five rates, how each run ends, and 31 and 62 steps")

# %% [markdown]
# **Why walk at all?** On $x^2$ you could solve $2x = 0$ and be done. A network has millions of numbers to set, and no
# formula for the best ones. But a slope for each of them can be computed (unit 02). So one walks.

# %% [markdown]
# ## In three frameworks
#
# You wrote the slope $2x$ yourself. PyTorch and TensorFlow find it from $f$. The walk is the same.

# %% tags=["torch"]
import torch

x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
torch_path = [x.item()]
for t in range(10):
    (slope,) = torch.autograd.grad(x**2, x)
    with torch.no_grad():
        x -= lr * slope
    torch_path.append(x.item())
print("PyTorch ends at", round(torch_path[-1], 4))

# %% tags=["tensorflow"]
import tensorflow as tf

x = tf.Variable(2.0, dtype=tf.float64)
tf_path = [float(x)]
for t in range(10):
    with tf.GradientTape() as tape:
        y = x**2
    x.assign_sub(lr * tape.gradient(y, x))
    tf_path.append(float(x))
print("TensorFlow ends at", round(tf_path[-1], 4))

# %% tags=["check", "torch", "tensorflow"]
# Do the three make the same walk?
assert np.allclose(torch_path, path, rtol=1e-12)
assert np.allclose(tf_path, path, rtol=1e-12)
print("checked: all eleven points agree in NumPy, PyTorch and TensorFlow")

# %% [markdown]
# ## Your turn: solve, check, read the feedback
#
# Now open the exercise {{exercise:descend}}. Each exercise has a task with folded hints, and four cells:
#
# 1. **Your answer.** Put your code where it says `raise NotImplementedError()`. Any way that returns the right values will
#    do; the tests look at what your function returns.
# 2. **Visible tests.** Run the cell. If it prints nothing, they pass. If one fails, read the *last* line of the error. It
#    says what should hold, and does not yet: "descend: returns steps + 1 points, the start included".
# 3. **Hidden tests** are an empty cell in your copy. They try random inputs and special cases.
# 4. **A check**, `check("descend")`. Run it: it runs the visible and the hidden tests on your answer, and lists what
#    holds and what does not. It never shows an answer.
#
# The check looks at what you have run in the notebook so far. What counts is the file: save it, and type in a terminal:
#
# ```
# gdcourse check 00_start --full
# ```
#
# It runs the notebook from top to bottom, as a grader does. The button **Validate** in the toolbar runs the visible tests
# only. Its "Success!" is no promise that the hidden ones pass.

# %% [markdown]
# ## Summary
#
# - Gradient descent steps against the slope: $x_{t+1} = x_t - \eta f'(x_t)$.
# - On $x^2$ each step multiplies $x$ by $1 - 2\eta$. The run settles for $0 < \eta < 1$, swings at $1$, diverges above.
# - The step shrinks with the slope: descent slows down near the bottom by itself.
#
# ## Common mistakes
#
# - **Adding the slope.** $x + \eta f'(x)$ climbs.
# - **Stepping by the height.** The step is $\eta f'(x)$, not $\eta f(x)$.
# - **Keeping the first slope.** It must be computed anew at each point.
# - **Forgetting the start.** Ten steps visit eleven points.
#
# ## Quick questions
#
# 1. You stand at $x = -3$ on $x^2$. Which way does descent go, and why?
#
#    <details><summary><b>Answer</b></summary>
#
#    To the right. The slope there is $-6$, and descent goes against it.
#
#    </details>
# 2. Two runs are equally near to $0$ after each step, but one jumps from side to side. How do their rates relate?
#
#    <details><summary><b>Answer</b></summary>
#
#    Their factors differ in the sign alone. So the rates add up to $1$, as $0.1$ and $0.9$ do.
#
#    </details>
# 3. Validate says "Success!". Which tests have passed?
#
#    <details><summary><b>Answer</b></summary>
#
#    The visible ones. `check("descend")` and `gdcourse check 00_start --full` run the hidden ones too.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Take $f(x) = c\,x^2$ with a constant $c > 0$. By which factor does a step multiply $x$, and for which rates
# does the run settle?
#
# <details><summary><b>Outline</b></summary>
#
# The slope is $2cx$, so the factor is $1 - 2 \eta c$. It lies between $-1$ and $1$ for $0 < \eta < 1/c$. A curve that
# bends ten times as much needs a rate ten times as small.
#
# </details>

# %% [markdown]
# **Try.** On $f(x) = x^4$ the slope is $4x^3$. Use $\eta = 0.1$, and start once at $2$ and once at $3$. Why do the runs
# end so differently?
#
# <details><summary><b>Outline</b></summary>
#
# The factor is $1 - 4\eta x^2$ now: it depends on where you are. At $2$ it is $-0.6$ and the run comes closer. At $3$ it
# is $-2.6$: you are thrown out to $-7.8$, where the curve is steeper still. Within $x^2 < 5$ it settles, outside it
# diverges. So one rate can be right in one place and wrong in another.
#
# </details>

# %% tags=["check"]
# Do the answers to the questions hold?
assert 2 * -3 == -6
assert np.allclose(np.abs(walk(2.0, 0.1, 10)), np.abs(walk(2.0, 0.9, 10)))


def quartic(x, steps=40):
    for t in range(steps):
        x = x - 0.1 * 4 * x**3 if abs(x) < 1e9 else x
    return abs(x)


assert np.isclose(1 - 4 * 0.1 * 2**2, -0.6) and np.isclose(1 - 4 * 0.1 * 3**2, -2.6)
assert np.isclose(3 * -2.6, -7.8)
inside, outside = np.sqrt(5) * 0.999, np.sqrt(5) * 1.001
assert quartic(inside, 10_000) < 0.1 < 1e9 < quartic(outside)
print("checked: the quick questions and both outlines")

# %% [markdown]
# ## References
#
# - A. Cauchy (1847). Méthode générale pour la résolution des systèmes d'équations simultanées. *Comptes rendus* 25,
#   536–538. The first gradient descent in print.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
