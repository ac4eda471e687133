# %% [markdown]
# # Warm-up: your first descent
#
# {{about}}
#
# One exercise. Replace `raise NotImplementedError()` with your own code, run the cell, then run the test cell below it.
# A test cell that prints nothing has passed. One that fails names the property that your code does not have yet.
#
# When you are done, press **Validate** in the toolbar, or run `gdcourse check 00_start` in a terminal: its report is
# shorter. Both run the visible tests. `gdcourse check 00_start --full` runs the hidden ones too.

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
# <details><summary>Hint 1: how long is the list?</summary>
#
# `steps` steps visit `steps + 1` points. With `steps=0` the list holds the start alone.
# </details>
#
# <details><summary>Hint 2: by hand</summary>
#
# From $x_0 = 1$ with $\eta = 0.25$: the slope is $2$, so $x_1 = 1 - 0.25 \cdot 2 = 0.5$. There the slope is $1$, so
# $x_2 = 0.5 - 0.25 \cdot 1 = 0.25$.
# </details>
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# Keep a list that begins as `[x]`. In a loop, compute the next point from the last one and append it.
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
for _ in range(20):
    x, lr, steps = rng.normal(scale=5), rng.uniform(0, 1.2), int(rng.integers(1, 30))
    path = descend(x, lr, steps)
    assert len(path) == steps + 1, (
        "descend: returns steps + 1 points for any number of steps"
    )
    closed_form = x * (1 - 2 * lr) ** np.arange(steps + 1)
    assert np.allclose(path, closed_form, rtol=1e-9, atol=1e-12), (
        "descend: each step multiplies x by 1 - 2 lr"
    )

assert np.allclose(descend(3.0, 0.1, 0), [3.0]), (
    "descend: zero steps return the start alone"
)
assert np.allclose(descend(2.0, 0.0, 3), [2.0] * 4), (
    "descend: a learning rate of zero stays at the start"
)
assert np.allclose(descend(0.0, 0.3, 3), [0.0] * 4), (
    "descend: the minimum is a fixed point"
)
assert np.allclose(descend(1, 0.5, 1), [1.0, 0.0]), "descend: accepts an integer start"
assert np.allclose(descend(1.0, 1.0, 3), [1.0, -1.0, 1.0, -1.0]), (
    "descend: with lr = 1 it swings from side to side"
)
assert np.allclose(descend(1.0, 1.5, 2), [1.0, -2.0, 4.0]), (
    "descend: with lr above 1 it diverges, unclipped"
)
assert np.allclose(descend(1.0, 0.25, 2), descend(1.0, 0.25, 2)), (
    "descend: keeps no state between calls"
)
### END HIDDEN TESTS
