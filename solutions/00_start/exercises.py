# %% [markdown]
# # Warm-up: your first descent
#
# {{about}}
#
# Two exercises. In each, put your own code in the place of `raise NotImplementedError()`, run the cell, then run the cell of
# visible tests below it. If that prints nothing, they pass. If one fails, the last line of the error says what should hold
# and does not hold yet.
#
# Then run the cell `check("descend")` below the tests. It runs the hidden tests too, and lists what holds and what does not,
# on which kind of input. `check()` goes through the whole notebook.
#
# It looks at what you have run in this notebook. To see what somebody else would get from the file, save it, and type
# `gdcourse check 00_start --full` in a terminal (File > New > Terminal). The button **Validate** in the toolbar runs the visible
# tests only.

# %%
import numpy as np

# %% [markdown]
# ## 1. Descend a parabola: `descend(x, lr, steps)`
#
# easy · 5 minutes · 3 points
#
# The function $f(x) = x^2$ has the derivative $f'(x) = 2x$. Gradient descent moves against it:
#
# $$x_{t+1} = x_t - \eta\, f'(x_t).$$
#
# Start at `x`, make `steps` steps with the learning rate `lr` $= \eta$, and return the list of all points that you visit:
# the start first, then one point for each step.
#
# `x` and `lr` are Python numbers, `int` or `float`: `x` of any size, `lr` from 0 to 2. All points of the tests are finite.
# `steps` is an `int` from 0 to 100. An array is as good as a list.
#
# <details><summary>Hint 1: how long is the list?</summary>
#
# Count the start. With `steps=0` the list holds the start alone.
# </details>
#
# <details><summary>Hint 2: by hand</summary>
#
# From $x_0 = 1$ with $\eta = 0.25$: the slope is $2$, so $x_1 = 1 - 0.25 \cdot 2 = 0.5$. There the slope is $1$, so
# $x_2 = 0.5 - 0.25 \cdot 1 = 0.25$.
# </details>
#
# <details><summary>Hint 3: in Python</summary>
#
# In a list `path`, the last point is `path[-1]`. What does the next point need to know of the path?
# </details>


# %% nbgrader={"grade_id": "descend", "solution": true}
def descend(x, lr, steps):
    """Return the list [x_0, x_1, ..., x_steps] of gradient descent on f(x) = x**2.

    x: float, the start.  lr: float, the learning rate.  steps: int, how many steps to make.
    """
    ### BEGIN SOLUTION
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - lr * 2 * path[-1])
    return path
    ### END SOLUTION


# %% nbgrader={"grade_id": "descend-visible", "points": 1}
# Visible tests of `descend`: 1 point.
import numpy as np

path = descend(1.0, 0.25, 2)
assert len(path) == 3, "descend: returns steps + 1 points, the start included"
assert path[0] == 1.0, "descend: the first point is the start"
assert np.allclose(path, [1.0, 0.5, 0.25]), (
    "descend: follows x - lr * 2x in the worked example"
)

# %% nbgrader={"grade_id": "descend-hidden", "points": 2}
# Hidden tests of `descend`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(0)
for scale in (1.0, 1e-200, 1e200):
    for _ in range(20):
        x, steps = scale * float(rng.normal(scale=5)), int(rng.integers(1, 100))
        lr = float(rng.choice([rng.uniform(1e-3, 0.49), rng.uniform(0.51, 1.2)]))
        path = descend(x, lr, steps)
        assert len(path) == steps + 1, (
            "descend: returns steps + 1 points for any number of steps"
        )
        closed_form = x * (1 - 2 * lr) ** np.arange(steps + 1)
        assert np.allclose(path, closed_form, rtol=1e-9, atol=0), (
            "descend: each step multiplies x by 1 - 2 lr, from a start of any size"
        )

assert np.array_equal(descend(3.0, 0.1, 0), [3.0]), (
    "descend: zero steps return the start alone"
)
assert np.array_equal(descend(2.0, 0.0, 3), [2.0] * 4), (
    "descend: with a learning rate of zero every point is the start"
)
assert np.array_equal(descend(0.0, 0.3, 3), [0.0] * 4), (
    "descend: a start at the minimum stays there, for all its steps"
)
assert np.allclose(descend(2.0, 0.5, 60), [2.0] + [0.0] * 60, atol=1e-12), (
    "descend: goes on to the last step when the minimum is reached early"
)
slow = descend(1.0, 1e-12, 100)
assert np.allclose(np.diff(slow), -2e-12, rtol=1e-3, atol=0), (
    "descend: a tiny learning rate makes tiny steps, not none"
)
assert np.array_equal(descend(3, 0.25, 2), [3.0, 1.5, 0.75]), (
    "descend: an integer start may lead to points that are no integers"
)
assert np.array_equal(descend(2, 1, 3), [2, -2, 2, -2]), (
    "descend: accepts an integer learning rate"
)
assert np.array_equal(descend(1.0, 1.0, 3), [1.0, -1.0, 1.0, -1.0]), (
    "descend: with lr = 1 the points swing from side to side"
)
assert np.array_equal(descend(1.0, 1.5, 2), [1.0, -2.0, 4.0]), (
    "descend: with lr above 1 the points move ever further away"
)
assert np.array_equal(descend(1.0, 0.25, 2), descend(1.0, 0.25, 2)), (
    "descend: the same call gives the same points again"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Will it settle? `fate(x, lr)`
#
# medium · 10 minutes · 4 points
#
# The model $\hat y = w x$ is trained as in the lesson "A first model": gradient descent on half the mean of the squared
# errors, all samples in each step, with the learning rate `lr` $= \eta$. You get the inputs of the samples and the rate,
# not the targets. What becomes of the distance between $w$ and its best value? Return
#
# - `"settles"` if it shrinks towards 0,
# - `"swings"` if it keeps its size for ever,
# - `"diverges"` if it grows without end.
#
# `x` is a list or a one-dimensional array of at least one number, integers or floats of any NumPy type, finite, not all 0.
# `lr` is a positive `float`. In the tests a rate is either exactly on the border, in numbers that a computer holds exactly, or at
# least a thousandth of the border's value away from it.
#
# <details><summary>Hint 1: which number decides?</summary>
#
# Each step multiplies the distance by one factor. It is in equation (2) of the lesson.
# </details>
#
# <details><summary>Hint 2: by hand</summary>
#
# For the inputs $1$ and $3$ the mean of the squares is $5$. With $\eta = 0.3$ the factor is $1 - 1.5 = -0.5$: the distance
# halves, and changes its side. With $\eta = 0.5$ the factor is $-1.5$.
# </details>
#
# <details><summary>Hint 3: when the numbers are unusual</summary>
#
# An array of `np.int8` holds nothing above 127, so the square of 100 does not fit: turn the inputs into floats first. And
# with a tiny rate, `1 - tiny` is rounded to 1. Can you tell the three cases apart without the 1?
# </details>


# %% nbgrader={"grade_id": "fate", "solution": true}
def fate(x, lr):
    """Return "settles", "swings" or "diverges": what becomes of the distance of w from its best value.

    x: (n,) inputs of the samples, a list or an array.  lr: float > 0, the learning rate.
    """
    ### BEGIN SOLUTION
    L = np.mean(np.square(np.asarray(x, dtype=float)))
    if lr * L < 2:
        return "settles"
    return "swings" if lr * L == 2 else "diverges"
    ### END SOLUTION


# %% nbgrader={"grade_id": "fate-visible", "points": 1}
# Visible tests of `fate`: 1 point.
import numpy as np

assert fate([1.0, 3.0], 0.3) == "settles", (
    "fate: the first example settles, crossing its best value at each step"
)
assert fate([1.0, 3.0], 0.5) == "diverges", "fate: the second example diverges"
assert fate([2.0], 0.5) == "swings", (
    "fate: one input of 2 with the rate 0.5 swings, since its factor is -1"
)

# %% nbgrader={"grade_id": "fate-hidden", "points": 2}
# Hidden tests of `fate`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _run(x, lr):
    """Train from w = 1 on targets of 0, whose best weight is 0, and look at the distance."""
    w = 1.0
    for _ in range(2):
        w -= lr * np.sum((w * x) * x) / len(x)
    return "settles" if abs(w) < 1 else "diverges"


rng = np.random.default_rng(1)
for _ in range(60):
    x = rng.normal(
        loc=rng.uniform(-3, 3), scale=rng.uniform(0.1, 3), size=rng.integers(1, 9)
    )
    border = 2 * len(x) / np.sum(x * x)
    lr = float(
        border * rng.choice([0.01, 0.4, 0.6, 0.9, 0.999, 1.001, 1.1, 1.5, 3, 50])
    )
    assert fate(x, lr) == _run(x, lr), (
        "fate: agrees with a run of descent, for random inputs and rates"
    )

for x, lr in (
    ([1, 1, 1, 1], 2.0),
    ([-2.0], 0.5),
    ([4.0, 0.0, 0.0, 0.0], 0.5),
    ([5, 3, -1, 1, 0, 0, 0, 0, 0], 0.5),
    ([0, -8, 0, 0], 0.125),
):
    assert fate(x, lr) == "swings", "fate: swings if the rate is exactly on the border"
assert fate([1.0, -1.0, 1.0, -1.0], 1.9) == "settles", (
    "fate: inputs whose mean is 0 have a border too"
)
assert fate([5.0, 5.0, 5.0], 0.05) == "settles", (
    "fate: equal inputs settle below the border"
)
assert fate([5.0, 5.0, 5.0], 0.1) == "diverges", (
    "fate: equal inputs diverge above the border"
)
assert fate([1.0, 2.0], 0.2) == "settles", (
    "fate: in kilograms the lesson's rate settles"
)
assert fate([1000.0, 2000.0], 0.2) == "diverges", (
    "fate: in grams the lesson's rate diverges"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "fate-inputs", "points": 1}
# Hidden tests of `fate` with unusual numbers: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

for x in testing.of_every_type([100, 50, 0, 25]):  # the mean square is 3281.25
    assert fate(x, 2.0 / 3400) == "settles", (
        "fate: settles below the border with inputs of any integer or float type"
    )
    assert fate(x, 2.0 / 3200) == "diverges", (
        "fate: diverges above the border with inputs of any integer or float type"
    )
for x in testing.of_every_type([1000, 500, 0, 250]):  # the mean square is 328125
    assert fate(x, 2.0 / 340_000) == "settles", (
        "fate: settles below the border with large inputs of any type"
    )
    assert fate(x, 2e-2 / 3200) == "diverges", (
        "fate: diverges above the border with large inputs of any type"
    )
for scale, x in testing.of_every_scale([1.0, 2.0, -3.0], (1e-100, 1e-6, 1e6, 1e100)):
    for same in testing.of_every_layout(x):
        border = 2 * 3 / 14 / scale / scale
        assert fate(same, 0.99 * border) == "settles", (
            "fate: settles below the border with inputs of any scale"
        )
        assert fate(same, 1.01 * border) == "diverges", (
            "fate: diverges above the border with inputs of any scale"
        )
assert fate([1.0, 2.0], 1e-30) == "settles", (
    "fate: a tiny rate settles too, however slowly"
)
x = np.array([1.0, 2.0])
before = testing.snapshot(x)
fate(x, 0.2)
assert testing.same(x, before), "fate: leaves the inputs as they are"
### END HIDDEN TESTS
