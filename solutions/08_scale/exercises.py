# %% [markdown]
# # Scale: exercises
#
# {{about}}
#
# Replace each `raise NotImplementedError()` with your own code, run the cell, then run the test cell below it.
# A test cell that prints nothing has passed. One that fails names the property that your code does not have yet.
# The exercises do not build on each other, so you can do them in any order.
#
# Some rules hold throughout, unless an exercise says otherwise. Your functions leave their inputs unchanged, keep
# nothing between calls and print nothing. Arrays may lie in memory in any way (transposed, with gaps). They may hold
# integers or floats of any NumPy type; calculate in `float64` and return it. NumPy is all that you need where no framework
# is named.
#
# When you are done, run `gdcourse check 08_scale --full` in a terminal: it runs the hidden tests too.
# **Validate** in the toolbar runs the visible ones only.

# %%
import numpy as np

# %% [markdown]
# ## 1. Exact zeros: `ista(A, y, lam, lr, steps)`
#
# medium · 20 minutes · 5 points
#
# `A`, `(n, d)`, has one sample a row, `y`, `(n,)`, the targets, and `lam` is the strength of an L1 penalty. The weights `w`, `(d,)`, are to
# minimise
#
# $$J = \frac{1}{2n} \sum_i ((A w)_i - y_i)^2 + \text{lam} \sum_j |w_j|.$$
#
# Begin with all weights at 0 and take exactly `steps` steps with the rate `lr`. Each has two parts: a step of gradient descent on the squares alone, then
# the proximal step of the penalty, which brings each weight nearer to 0 by `lr` times `lam`, but not past 0. Return the weights after the last step, an array `(d,)`.
# A weight that the penalty holds is exactly 0. A weight that it does not hold is not 0, however small it is.
#
# `n` and `d` are 1 or more, and `d` may be the larger one. `steps` is an integer, 0 or more, `lam` a number, 0 or more, and `lr` a number above 0, all of Python or of any NumPy
# type. `A` and `y` are arrays or lists of finite numbers. The rate is used as it is, also where it is too large and the weights grow.
#
# <details><summary>Hint 1: the first part</summary>
#
# What is the gradient of the squares for $w_j$? Count: which factor is left of $\frac{1}{2n}$?
# </details>
#
# <details><summary>Hint 2: the second part</summary>
#
# Work it out on paper for `lr` times `lam` equal to 1: where do 3, -3, 0.5 and -0.5 go? This is the soft threshold of unit 03.
# </details>
#
# <details><summary>Hint 3: types</summary>
#
# `np.float16(0.1)` and `np.int8(100)` are narrow numbers too. `float` makes them wide.
# </details>


# %% nbgrader={"grade_id": "ista", "solution": true}
def ista(A, y, lam, lr, steps):
    """Return the weights, (d,), after proximal gradient steps from 0 on squares / (2n) + lam * absolute values.

    A: (n, d).  y: (n,).  lam: float, 0 or more.  lr: float above 0.  steps: int, 0 or more.
    """
    ### BEGIN SOLUTION
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w
    ### END SOLUTION


# %% nbgrader={"grade_id": "ista-visible", "points": 1}
# Visible tests of `ista`: 1 point.
import numpy as np

# The gradient at 0 is (-4, 0.4, 2). With the rate 0.5 that leads to (2, -0.2, -1); then 0.25 is taken off.
A, y = np.array([[4.0, 0.0, 0.0], [0.0, -0.4, -2.0]]), np.array([2.0, 2.0])
w = ista(A, y, 0.5, 0.5, 1)
assert np.shape(w) == (3,), "ista: one weight for each column of A"
assert np.allclose(w, [1.75, 0, -0.75], rtol=1e-12, atol=0), (
    "ista: one step of the worked example"
)
assert np.array_equal(ista(A, y, 0.5, 0.5, 0), [0, 0, 0]), (
    "ista: no step leaves all weights at 0"
)

# %% nbgrader={"grade_id": "ista-hidden", "points": 3}
# Hidden tests of `ista`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import warnings

import numpy as np
from sklearn.linear_model import Lasso

from gdcourse.testing import drawn, many


def _steps(A, y, lam, lr, steps):
    """Take the steps weight by weight, each by its own case."""
    n, d = len(A), len(A[0])
    w = [0.0] * d
    for _ in range(steps):
        errors = [sum(A[i][j] * w[j] for j in range(d)) - y[i] for i in range(n)]
        new = []
        for j in range(d):
            z = w[j] - lr * sum(A[i][j] * errors[i] for i in range(n)) / n
            new.append(z - lr * lam if z > lr * lam else min(z + lr * lam, 0.0))
        w = new
    return np.array(w)


rng = drawn("ista")
for trial in range(40):
    n, d = (int(k) for k in rng.integers(1, 9, 2))
    A, y = rng.normal(size=(n, d)), 3 * rng.normal(size=n)
    lam = float(10 ** rng.uniform(-2, 0.3)) if trial % 4 else 0.0
    lr = float(rng.uniform(0.05, 1.2)) / np.linalg.norm(A, 2) ** 2 * n
    steps = int(rng.integers(1, 30))
    wanted = _steps(A.tolist(), y.tolist(), lam, lr, steps)
    w = ista(A, y, lam, lr, steps)
    assert np.shape(w) == (d,) and np.allclose(w, wanted, rtol=1e-8, atol=1e-10), (
        "ista: agrees with steps taken weight by weight, for any sizes"
    )
    w, least = ista(A, y, lam, lr, 1), np.abs(A.T @ y / n)
    held, free = least < lam * (1 - 1e-9), least > lam * (1 + 1e-9)
    assert np.all(w[held] == 0) and np.all(w[free] != 0), (
        "ista: the first step leaves a weight at exactly 0 where the penalty holds it, and nowhere else"
    )

for trial in range(12):
    n, d = 60, int(rng.integers(2, 15))
    A = rng.normal(size=(n, d))
    y = A @ (rng.normal(size=d) * (rng.random(d) < 0.5)) + 0.5 * rng.normal(size=n)
    lam = float(rng.uniform(0.05, 0.3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Lasso(alpha=lam, fit_intercept=False, tol=1e-14, max_iter=100_000)
        wanted = model.fit(A, y).coef_
    w = ista(A, y, lam, n / np.linalg.norm(A, 2) ** 2, 3000)
    assert np.allclose(w, wanted, rtol=1e-6, atol=1e-8), (
        "ista: many steps end where scikit-learn's Lasso does"
    )
    slack = lam - np.abs(A.T @ (A @ w - y)) / n
    assert np.all(w[slack > 1e-6] == 0), (
        "ista: weights that the penalty holds at the end are exactly 0"
    )

A, y = rng.normal(size=(7, 5)), rng.normal(size=7)
pulls = np.abs(A.T @ y) / 7
assert not np.any(ista(A, y, pulls.max() * 1.000001, 0.1, 50)), (
    "ista: a penalty that is stronger than each slope at 0 holds all weights there"
)
w = ista(A, y, pulls.max() * (1 - 1e-7), 0.1, 1)
assert np.array_equal(w != 0, pulls == pulls.max()), (
    "ista: a penalty that is a little weaker lets one weight go, if only a little way"
)
w = ista(A, y, 0.0, 0.1, 3)
moved = np.zeros(5)
for _ in range(3):
    moved = moved - 0.1 * A.T @ (A @ moved - y) / 7
assert np.allclose(w, moved, rtol=1e-9, atol=1e-12), (
    "ista: without a penalty it is gradient descent"
)
L = np.linalg.norm(A, 2) ** 2 / 7
found = [ista(A, y, 0.02, 1 / L, steps) for steps in range(30)]
J = [np.sum((A @ w - y) ** 2) / 14 + 0.02 * np.abs(w).sum() for w in found]
assert np.all(np.diff(J) < 1e-12) and J[-1] < J[0], (
    "ista: below the largest stable rate the objective never rises"
)
wanted = _steps(A.tolist(), y.tolist(), 0.02, 7 / L, 25)
assert np.abs(wanted).max() > 1e6 and np.allclose(
    ista(A, y, 0.02, 7 / L, 25) / np.abs(wanted).max(),
    wanted / np.abs(wanted).max(),
    rtol=1e-6,
    atol=1e-6,
), "ista: a rate that is too large is used all the same"
w = ista([[1.0]], [1.0], 0.25, 1e-9, 5000)
assert np.allclose(w, 5000 * 0.75e-9, rtol=1e-5, atol=0), (
    "ista: a small rate takes all its steps"
)
w = ista([[3.0]], [-2.0], 1.5, 1 / 9, 4)
assert np.allclose(w, -0.5, rtol=1e-12), "ista: one sample and one weight"
A, y = many(rng, rng.normal(size=(9, 4)), rng.normal(size=9))
w, wanted = ista(A, y, 0.05, 0.2, 20), _steps(A.tolist(), y.tolist(), 0.05, 0.2, 20)
assert np.allclose(w, wanted, rtol=1e-8, atol=1e-11), (
    "ista: many samples, each as often as it is there"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "ista-inputs", "points": 1}
# Hidden tests of `ista`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    INTEGERS,
    apart,
    near_the_limits,
    of_every_layout,
    of_every_type,
    printing,
    same,
    snapshot,
)


def _two(A, y, lam, lr):
    """Return the weights after two steps, by cases."""
    A, y = np.asarray(A, float), np.asarray(y, float)
    w = np.zeros(A.shape[1])
    for _ in range(2):
        z = w - lr * A.T @ (A @ w - y) / len(y)
        w = np.where(z > lr * lam, z - lr * lam, np.minimum(z + lr * lam, 0))
    return w


targets = [100, 3, 90]
for A in of_every_type([[120, 1], [100, 2], [7, 90]]):
    for y in of_every_type(targets):
        w = ista(A, y, 2.0, 1e-4, 2)
        assert np.asarray(w).dtype == np.float64 and np.allclose(
            w, _two(A, y, 2.0, 1e-4), rtol=1e-10
        ), "ista: calculates in float64, whatever integers or floats come in"
for A in near_the_limits([[1, 0.5], [0.75, 0], [0.25, 1]]):
    unit = float(np.abs(A.astype(float)).max())
    y = np.array([1, 0.5, 0.25]) * unit
    lr, lam = 1 / unit**2, 0.1 * unit**2
    for targets in (y, y.astype(A.dtype)):
        assert np.allclose(
            ista(A, targets, lam, lr, 2), _two(A, targets, lam, lr), rtol=1e-9
        ), "ista: large numbers of a narrow type"

rng = np.random.default_rng(8)
A, y = rng.normal(size=(6, 4)), rng.normal(size=6)
wanted = ista(A, y, 0.0625, 0.25, 100)
for kind in INTEGERS:
    assert np.allclose(ista(A, y, 0.0625, 0.25, np.dtype(kind).type(100)), wanted), (
        "ista: steps of any integer type"
    )
for kind in (np.float16, np.float32, np.float64):
    assert np.allclose(
        ista(A, y, kind(0.0625), kind(0.25), 100), wanted, rtol=1e-9, atol=1e-13
    ), "ista: penalties and rates of any float type"
    small = kind(0.001)
    assert np.allclose(
        ista(A, y, small, small, 9) / ista(A, y, float(small), float(small), 9), 1
    ), "ista: the product of a narrow rate and a narrow penalty"
assert np.allclose(
    ista(A * 0.1, y * 50, np.int8(1), np.uint8(1), 3), ista(A * 0.1, y * 50, 1, 1, 3)
), "ista: penalties and rates that are integers"
for Al, yl in zip(of_every_layout(A), of_every_layout(y), strict=True):
    before = snapshot((Al, yl))
    with printing() as told:
        found = ista(Al, yl, 0.0625, 0.25, 100)
    assert np.allclose(found, wanted, rtol=1e-10, atol=1e-13), (
        "ista: arrays that lie in memory in any way"
    )
    assert same((Al, yl), before) and not told(), (
        "ista: leaves its arguments as they are, and prints nothing"
    )
A = np.array([[2.0, 0.0, 0.5], [0.0, 1.0, 0.5], [1.0, 0.0, -0.5]])
y = np.array([3.0, 0.1, -1.0])
wanted = _two(A, y, 0.25, 0.5)
for scale in (1e-200, 1e-15, 1e15, 1e200):
    found = ista(A, y * scale, 0.25 * scale, 0.5, 2)
    assert np.allclose(found / scale, wanted, rtol=1e-10, atol=0), (
        "ista: targets and penalties of any scale"
    )
for scale in (1e-100, 1e-12, 1e12, 1e100):
    found = ista(A * scale, y, 0.25 * scale, 0.5 / scale**2, 2)
    assert np.allclose(found * scale, wanted, rtol=1e-10, atol=0), (
        "ista: samples and rates of any scale"
    )
first, second = ista(A, y, 0.25, 0.5, 2), ista(A, y, 0.25, 0.5, 2)
assert np.array_equal(first, second) and apart(first, second), (
    "ista: equal calls give equal weights, in arrays of their own"
)
### END HIDDEN TESTS
