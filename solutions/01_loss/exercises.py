# %% [markdown]
# # Loss: eleven exercises
#
# {{about}}
#
# Replace each `raise NotImplementedError()` with your own code, run the cell, then run the test cell below it.
# A test cell that prints nothing has passed. One that fails names the property that your code does not have yet.
# The exercises do not build on each other, so you can do them in any order. Together they are worth 44 points.
#
# Some rules hold throughout:
#
# - Arrays come as NumPy arrays of any integer or float type, from `int8` and `float16` on, and may lie in memory in any order.
#   Calculate in `float64` whatever comes in: `np.asarray(x, dtype=float)` turns any of them into it.
# - Numbers are finite unless a task says otherwise. They may be tiny, such as $10^{-150}$, or huge: a tiny number is not 0.
# - Arrays and lists may hold thousands of entries, where a task does not bound them. Python allows about 1,000 levels of
#   recursion, too few for one an entry.
# - Your functions leave their inputs unchanged, keep nothing between calls and print nothing. An array that you return is
#   a new one, not an input nor a view of one.
# - A scalar result may be a Python float or a NumPy number. NumPy is all that you need.
#
# In each exercise one point of four is for such inputs and rules, three are for the idea.
#
# When you are done, press **Validate** in the toolbar, or run `gdcourse check 01_loss` in a terminal: its report is
# shorter. Both run the visible tests. `gdcourse check 01_loss --full` runs the hidden ones too.

# %%
import numpy as np

# %% [markdown]
# ## 1. Three squared errors: `mse(h, y, reduction)`
#
# easy · 5 minutes · 4 points
#
# You need the lesson [One loss, three scales](2_three_scales.ipynb).
#
# The errors of $m$ predictions $h_i$ against the targets $y_i$ are $e_i = h_i - y_i$. Return one number:
#
# | `reduction` | result |
# |---|---|
# | `"sum"` | $\sum_i e_i^2$ |
# | `"mean"` | $\frac{1}{m} \sum_i e_i^2$ |
# | `"half_mean"` | $\frac{1}{2m} \sum_i e_i^2$ |
#
# - `h` and `y` are arrays that hold the same number $m \ge 1$ of values. Each has the shape `(m,)` or `(m, 1)`. A
#   column counts as its $m$ values, so `h` of shape `(m, 1)` against `y` of shape `(m,)` is an ordinary case.
# - They may be floats or integers of any type, such as `uint8` pixels, and the two types may differ. The result is that of
#   ordinary arithmetic on their values: with the pixels 3 and 5 the error is $-2$.
# - All values are finite, and of any size for which a `float64` can hold the sum of the squared errors.
# - Any other `reduction` raises `ValueError`.
#
# <details><summary>Hint 1: what can go wrong with the shapes?</summary>
#
# Print `(h - y).shape` for `h` of shape `(3, 1)` and `y` of shape `(3,)`. How many errors should there be?
# </details>
#
# <details><summary>Hint 2: what can go wrong with the types?</summary>
#
# Print `np.uint8([3]) - np.uint8([5])`, and `np.int32([100_000]) ** 2`. When must you convert: before or after?
# </details>
#
# <details><summary>Hint 3: which tools?</summary>
#
# Look up `np.ravel` and the method `astype`. In which order must flattening, converting and subtracting come?
# </details>


# %% nbgrader={"grade_id": "mse", "solution": true}
def mse(h, y, reduction):
    """Return the squared error of the predictions h against the targets y.

    h, y: (m,) or (m, 1), any real type.  reduction: "sum", "mean" or "half_mean".  Returns: float.
    Raises ValueError on another reduction.
    """
    ### BEGIN SOLUTION
    e = np.ravel(h).astype(float) - np.ravel(y).astype(float)
    divisors = {"sum": 1, "mean": e.size, "half_mean": 2 * e.size}
    if reduction not in divisors:
        raise ValueError(
            f"reduction must be one of {list(divisors)}, got {reduction!r}"
        )
    return float(e @ e / divisors[reduction])
    ### END SOLUTION


# %% nbgrader={"grade_id": "mse-visible", "points": 1}
# Visible tests of `mse`: 1 point.
import numpy as np

# By hand: the errors are 1, -2 and 3, their squares sum to 1 + 4 + 9 = 14.
h, y = np.array([1.0, 2.0, 4.0]), np.array([0.0, 4.0, 1.0])
assert np.ndim(mse(h, y, "sum")) == 0, "mse: returns one number"
assert np.isclose(mse(h, y, "sum"), 14.0), (
    "mse: 'sum' adds the squared errors of the worked example"
)
assert np.isclose(mse(h, y, "mean"), 14.0 / 3), (
    "mse: 'mean' divides the sum by m in the worked example"
)
assert np.isclose(mse(h, y, "half_mean"), 7.0 / 3), (
    "mse: 'half_mean' divides the sum by 2m in the worked example"
)

# %% nbgrader={"grade_id": "mse-hidden", "points": 2}
# Hidden tests of `mse`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import math

import numpy as np

rng = np.random.default_rng(1)
for m in (1, 2, 3, 7, 20, 39):
    h, y = rng.normal(scale=3, size=m), rng.normal(scale=3, size=m)
    total = math.fsum((a - b) ** 2 for a, b in zip(h.tolist(), y.tolist(), strict=True))
    for a, b in (
        (h, y),
        (h[:, None], y),
        (h, y[:, None]),
        (h[:, None], y[:, None]),
    ):
        results = {name: mse(a, b, name) for name in ("sum", "mean", "half_mean")}
        assert all(np.ndim(value) == 0 for value in results.values()), (
            "mse: returns one number for each reduction, for rows and for columns"
        )
        right = np.isclose(results["sum"], total, rtol=1e-9)
        assert right or a.ndim + b.ndim > 2, "mse: 'sum' adds the squared errors"
        assert right, "mse: a column (m, 1) counts as its m values"
        assert np.isclose(results["mean"], total / m, rtol=1e-9), (
            "mse: 'mean' is the sum divided by m, for columns too"
        )
        assert np.isclose(results["half_mean"], total / (2 * m), rtol=1e-9), (
            "mse: 'half_mean' is the sum divided by 2m, for columns too"
        )

assert mse(np.array([2.0, 5.0]), np.array([2.0, 5.0]), "half_mean") == 0, (
    "mse: perfect predictions have no error"
)
for unknown in ("none", "Mean", "half", "", "sum ", None):
    try:
        mse(np.array([1.0, 2.0]), np.array([0.0, 0.0]), unknown)
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, "mse: an unknown reduction raises ValueError"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "mse-inputs", "points": 1}
# Hidden tests of `mse` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import math

import numpy as np

from gdcourse import testing


def _exact(h, y):
    return math.fsum((a - b) ** 2 for a, b in zip(h, y, strict=True))


with testing.printing() as told:
    for h, y in (
        ([100, 3, 0, 50], [0, 120, 5, 50]),  # unsigned differences are negative
        ([-100, 127, 5, 0], [100, -120, 5, 0]),  # differences do not fit into int8
        ([30_000, -300], [-30_000, 300]),  # nor these into int16, nor their squares
        ([4_000_000_000, 7], [0, 3]),  # nor do squares into int64
        ([300.5, 0.25], [-0.25, 0.5]),  # nor into float16
    ):
        hs, ys = list(testing.of_every_type(h))[1:], list(testing.of_every_type(y))[1:]
        for a, b in [
            *zip(hs, ys, strict=False),
            *zip(hs, reversed(ys), strict=False),
        ]:
            assert np.isclose(
                float(mse(a, b, "sum")), _exact(h, y), rtol=1e-9, atol=0
            ), (
                "mse: is that of ordinary arithmetic for every integer and float type, and for two different ones"
            )
    h, y = np.arange(6.0) ** 2, np.array([1.0, -2.0, 0.5, 8.0, 3.0, -1.0])
    expected = _exact(h, y)
    for a, b in zip(
        testing.of_every_layout(h), testing.of_every_layout(y[:, None]), strict=True
    ):
        before = testing.snapshot((a, b))
        assert np.isclose(float(mse(a, b, "sum")), expected, rtol=1e-9), (
            "mse: does not depend on how its inputs lie in memory"
        )
        assert testing.same((a, b), before), "mse: leaves its inputs unchanged"
    for scale, a in testing.of_every_scale(h):
        value = float(mse(a, y * scale, "mean")) / scale / scale
        assert np.isclose(value, expected / 6, rtol=1e-9, atol=0), (
            "mse: is as exact for tiny and for huge errors as for errors of 1"
        )
    for name, divisor in (("sum", 1), ("half_mean", 12)):
        assert np.isclose(
            float(mse(h + 2.0**31, y + 2.0**31, name)), expected / divisor, rtol=1e-9
        ), "mse: subtracts before it squares, so that large nearby values cost little"
    again = [mse(h, y, "mean"), mse(y, y, "mean"), mse(h, y, "mean")]
    assert np.allclose(again, [expected / 6, 0, expected / 6], rtol=1e-9), (
        "mse: keeps nothing between calls"
    )
    for h, y in zip(
        [*testing.near_the_limits([1, 0, -1]), *testing.near_the_limits([1, 0, 0.5])],
        [*testing.near_the_limits([-1, 1, 1]), *testing.near_the_limits([0, 1, 1])],
        strict=True,
    ):
        total = _exact(h.astype(float).tolist(), y.astype(float).tolist())
        assert np.isclose(float(mse(h, y, "sum")), total, rtol=1e-9, atol=0), (
            "mse: numbers next to the limits of their type neither wrap around nor overflow"
        )
    rng = testing.drawn("mse-inputs")
    h, y = testing.many(rng, rng.normal(size=50), rng.normal(size=50))
    y[::3] = h[::3]  # some predictions are right
    for last in (y[-1], y[-1] + 90):  # the same arrays, of which one number is another
        y[-1] = last
        before, total = testing.snapshot((h, y)), _exact(h.tolist(), y.tolist())
        results = [float(mse(h, y, name)) for name in ("sum", "mean", "half_mean")]
        expected = [total, total / len(h), total / len(h) / 2]
        assert np.allclose(results, expected, rtol=1e-9, atol=0), (
            "mse: each of thousands of samples counts, equal ones and those without an error too"
        )
        assert testing.same((h, y), before), "mse: leaves long inputs unchanged"
assert told() == "", "mse: prints nothing"
assert testing.sees_refilled(
    lambda h, y: mse(h, y, "mean"), np.array([1.0, 2.0, 4.0]), np.array([0.5, 3.0, 9.0])
), "mse: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. The gradient of half the mean: `mse_grad(X, y, theta)`
#
# easy · 10 minutes · 4 points
#
# You need the lesson [Squared error](1_squared_error.ipynb).
#
# A linear model predicts $h = X\theta$. Its loss on $m$ samples is
#
# $$J(\theta) = \frac{1}{2m} \sum_{i=1}^{m} \left(x_i^\top \theta - y_i\right)^2 =
#   \frac{1}{2m} \lVert X\theta - y \rVert^2.$$
#
# Return its gradient $\nabla J(\theta)$, the vector of the $d$ partial derivatives $\partial J / \partial \theta_j$.
#
# - `X` has the shape `(m, d)`, `y` the shape `(m,)`, `theta` the shape `(d,)`. The result has the shape `(d,)`.
# - `m` and `d` are at least 1; there may be fewer samples than features.
# - `X`, `y` and `theta` may be of any integer or float type, and all three of different ones. All values are finite.
# - `X` already holds every column that the model uses. Do not add one of ones.
# - Small errors of large predictions, as of time stamps near $1.7 \cdot 10^9$, keep their digits: the result is right to a
#   relative $10^{-5}$ there, so subtract before you multiply by $X^\top$.
#
# <details><summary>Hint 1: one partial derivative</summary>
#
# By the chain rule, the square of the error $e_i = x_i^\top \theta - y_i$ has the derivative $2 e_i x_{ij}$ with
# respect to $\theta_j$. What is left of the 2 and of the $2m$?
# </details>
#
# <details><summary>Hint 2: all of them at once</summary>
#
# The sum $\sum_i e_i x_{ij}$ is entry $j$ of the product $X^\top e$.
# </details>
#
# <details><summary>Hint 3: check yourself</summary>
#
# Move one entry of `theta` by $\pm 10^{-5}$ and compare
# $\left(J(\theta + \varepsilon e_j) - J(\theta - \varepsilon e_j)\right) / 2\varepsilon$ with your entry $j$.
# </details>


# %% nbgrader={"grade_id": "mse_grad", "solution": true}
def mse_grad(X, y, theta):
    """Return the gradient of J(theta) = 1/(2m) ||X theta - y||^2.

    X: (m, d).  y: (m,).  theta: (d,).  Returns: (d,).
    """
    ### BEGIN SOLUTION
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    return X.T @ (X @ theta - y) / len(y)
    ### END SOLUTION


# %% nbgrader={"grade_id": "mse_grad-visible", "points": 1}
# Visible tests of `mse_grad`: 1 point.
import numpy as np

# By hand: the predictions are 3 and 7, the errors 1 and -2. Half of 1*1 - 2*3 is -2.5, half of 1*2 - 2*4 is -3.
X, y, theta = (
    np.array([[1.0, 2.0], [3.0, 4.0]]),
    np.array([2.0, 9.0]),
    np.array([1.0, 1.0]),
)
g = mse_grad(X, y, theta)
assert np.shape(g) == (2,), (
    "mse_grad: returns one partial derivative for each entry of theta"
)
assert np.allclose(g, [-2.5, -3.0]), "mse_grad: agrees with the worked example"

# %% nbgrader={"grade_id": "mse_grad-hidden", "points": 2}
# Hidden tests of `mse_grad`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _complex_step(X, y, theta):
    """The gradient of 1/(2m) ||X theta - y||^2 from the imaginary part of the loss, exact to rounding."""
    g = np.empty(len(theta))
    for j in range(len(theta)):
        moved = theta.astype(complex)
        moved[j] += 1e-30j
        g[j] = (np.sum((X @ moved - y) ** 2) / (2 * len(y))).imag / 1e-30
    return g


rng = np.random.default_rng(2)
for m, d in ((1, 1), (1, 4), (5, 1), (2, 6), (3, 3), (8, 2), (29, 7)):
    for _ in range(2):
        X, y, theta = (
            rng.normal(size=(m, d)),
            rng.normal(scale=4, size=m),
            rng.normal(size=d),
        )
        g = mse_grad(X, y, theta)
        assert np.shape(g) == (d,), "mse_grad: has the shape of theta for any m and d"
        assert np.allclose(g, _complex_step(X, y, theta), rtol=1e-7, atol=1e-9), (
            "mse_grad: is the gradient of 1/(2m) times the squared norm"
        )
    assert np.allclose(
        mse_grad(np.vstack([X] * 3), np.tile(y, 3), theta), g, rtol=1e-7, atol=1e-9
    ), "mse_grad: does not change when every sample is repeated"

for _ in range(3):
    X, y = rng.normal(size=(25, 4)), rng.normal(size=25)
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    assert np.allclose(mse_grad(X, y, best), 0, atol=1e-9), (
        "mse_grad: vanishes at the least-squares solution"
    )
    step = rng.normal(size=4)
    assert np.allclose(
        mse_grad(X, y, best + step), X.T @ X @ step / 25, rtol=1e-7, atol=1e-9
    ), "mse_grad: grows linearly with the distance from the least-squares solution"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "mse_grad-inputs", "points": 1}
# Hidden tests of `mse_grad` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import math
from fractions import Fraction

import numpy as np

from gdcourse import testing


def _exact(X, y, theta):
    """The gradient in fractions."""
    X, y, theta = (
        np.vectorize(Fraction)(np.asarray(a).tolist()) for a in (X, y, theta)
    )
    return (X.T @ (X @ theta - y) / len(y)).astype(float)


with testing.printing() as told:
    for X, y, theta in (
        ([[100, 90], [3, 120], [50, 0]], [0, 7, 127], [2, 3]),  # sums beyond 255
        ([[-100, 90], [3, -120], [50, 0]], [5, -7, -128], [2, -3]),
        ([[300, 2], [1, 2000]], [30_000, 4], [30, -20]),  # products beyond int16
        ([[3_000_000, 5], [7, 2_000_000]], [1, 2], [2_000_000, 3_000_000]),
        ([[0.25, 0.5], [300.5, -0.5]], [0.125, 256.5], [0.75, 320.5]),
    ):
        expected = _exact(X, y, theta)
        X, y, theta = (list(testing.of_every_type(a))[1:] for a in (X, y, theta))
        for few in (
            *zip(X, y, theta, strict=False),
            *zip(X, reversed(y), reversed(theta), strict=False),
        ):
            assert np.allclose(mse_grad(*few), expected, rtol=1e-9, atol=0), (
                "mse_grad: is that of ordinary arithmetic for every integer and float type, and for different ones"
            )
    X = np.array([[1.0, 2.0, 0.5], [3.0, -4.0, 2.0], [0.5, 1.0, 8.0], [2.0, 0.25, 1.0]])
    y, theta = np.array([2.0, 9.0, -1.0, 0.5]), np.array([1.0, -1.5, 0.25])
    expected = _exact(X, y, theta)
    for few in zip(*map(testing.of_every_layout, (X, y, theta)), strict=True):
        before = testing.snapshot(few)
        g = mse_grad(*few)
        assert np.allclose(g, expected, rtol=1e-9), (
            "mse_grad: does not depend on how its inputs lie in memory"
        )
        assert testing.same(few, before), "mse_grad: leaves its inputs unchanged"
        assert testing.apart(g, few), "mse_grad: returns an array of its own"
    for scale, A in testing.of_every_scale(X):
        assert np.allclose(
            np.asarray(mse_grad(X, y * scale, theta * scale)) / scale,
            expected,
            rtol=1e-9,
            atol=0,
        ), "mse_grad: is as exact for tiny and for huge targets as for targets of 1"
        assert np.allclose(
            np.asarray(mse_grad(A, y, theta / scale)) / scale,
            expected,
            rtol=1e-9,
            atol=0,
        ), "mse_grad: is as exact for tiny and for huge features as for features of 1"
    assert np.array_equal(mse_grad(X, X @ theta, theta), [0.0, 0.0, 0.0]), (
        "mse_grad: is 0 where every error is 0"
    )
    X = np.column_stack([np.ones(4), [0.0, 1.0, 2.0, 3.0]])
    y = 1.7e9 + np.array([0.0, 2.0, 1.0, 5.0])
    theta = np.array([1.7e9, 1.0])
    assert np.allclose(mse_grad(X, y, theta), _exact(X, y, theta), rtol=1e-5), (
        "mse_grad: small errors of predictions near 1.7e9, as of time stamps, keep their digits"
    )
    X, y = np.array([[1e9, 1.0], [1e9, 0.0]]), np.array([1e9 + 1, 1e9])
    theta = np.array([1.0, 1 + 2.0**-20])
    assert np.allclose(mse_grad(X, y, theta), [1e9 * 2.0**-21, 2.0**-21], rtol=1e-5), (
        "mse_grad: small errors beside large features keep their digits, so squares of features are not needed"
    )
    for x in (
        *testing.near_the_limits([[0.5, 1], [1, 0.25]]),
        *testing.near_the_limits([[-0.5, 1], [1, -1]]),
    ):
        y, theta = x[::-1, 0], x[1]
        assert np.allclose(
            mse_grad(x, y, theta), _exact(x, y, theta), rtol=1e-9, atol=0
        ), (
            "mse_grad: numbers next to the limits of their type neither wrap around nor overflow"
        )
    rng = testing.drawn("mse_grad-inputs")
    X = np.column_stack([np.ones(3), rng.normal(size=(3, 2))])
    y, theta = rng.normal(size=3), rng.normal(size=3)
    for A in testing.of_every_layout(X):
        assert np.allclose(mse_grad(A, y, theta), _exact(X, y, theta), rtol=1e-9), (
            "mse_grad: a square X counts by rows and columns, however it lies in memory, and a column of ones as any other"
        )
    wide = rng.normal(size=(2, testing.MANY))
    for A, t, v in (
        (*testing.many(rng, X, y), theta),
        (wide, y[:2], np.repeat(theta, 685)[: testing.MANY]),
    ):
        e = [math.fsum(row) - target for row, target in zip(A * v, t, strict=True)]
        expected = [math.fsum(column * e) / len(t) for column in A.T]
        assert np.allclose(mse_grad(A, t, v), expected, rtol=1e-9, atol=1e-12), (
            "mse_grad: each of thousands of samples or features counts, equal samples too"
        )
    again = mse_grad(X, y, theta), mse_grad(X, y + 4, theta), mse_grad(X, y, theta)
    assert np.array_equal(again[0], again[2]) and not np.allclose(
        again[0], again[1], rtol=1e-9
    ), "mse_grad: keeps nothing between calls"
assert told() == "", "mse_grad: prints nothing"
assert testing.sees_refilled(
    mse_grad,
    np.array([[1.0, 2.0], [1.0, 4.0], [1.0, 7.0]]),
    np.array([1.0, 5.0, 6.0]),
    np.array([2.0, -1.0]),
), "mse_grad: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Cross-entropy from logits: `softmax_ce(logits, y)`
#
# medium · 15 minutes · 4 points
#
# You need the lesson [Softmax: losses from scores](5_softmax.ipynb).
#
# Row $i$ of `logits` holds the scores $z_{i1}, \dots, z_{ik}$ of the $k$ classes for sample $i$. The softmax turns them
# into probabilities. The loss is the mean, over the $n$ samples, of minus the log-probability of the true class:
#
# $$L = -\frac{1}{n} \sum_{i=1}^{n} \log \frac{e^{z_{i y_i}}}{\sum_{j=1}^{k} e^{z_{ij}}}.$$
#
# - `logits` has the shape `(n, k)`, floats or integers of any type; `y` has the shape `(n,)` and holds integers of any type
#   from `0` to `k - 1`. `n` and `k` are at least 1. Return one number.
# - The result must be right for every finite logit, $\pm 1000$ or $\pm 10^{150}$: neither `inf` nor `nan`, and no floor.
#   A true class with the logit $-1000$ against one other class with the logit $0$ costs $1000$.
# - Right means: to a relative error of $10^{-7}$, an absolute one of $10^{-9}$, or $10^{-14}$ of the largest logit in size,
#   which is $10^{-5}$ where logits are near $10^9$. The largest of the three counts.
# - Rows may differ widely in size: one around $+1000$, the next around $-1000$.
#
# <details><summary>Hint 1: take the logarithm apart first</summary>
#
# $-\log \frac{a}{b} = \log b - \log a$. What is $\log e^{z}$? You never need the exponential of the numerator.
# </details>
#
# <details><summary>Hint 2: keep the exponentials small</summary>
#
# A constant $c$ that is taken from every logit of a row changes nothing: it cancels in the fraction. Which $c$ makes the
# largest exponent 0, so that nothing overflows and the sum is never 0? Each row has its own.
# </details>
#
# <details><summary>Hint 3: pick the true logits</summary>
#
# `logits[np.arange(n), y]` takes entry `y[i]` of row `i`. Not so `logits[:, y]`: look at its shape.
# </details>


# %% nbgrader={"grade_id": "softmax_ce", "solution": true}
def softmax_ce(logits, y):
    """Return the mean cross-entropy of softmax(logits) against the classes y.

    logits: (n, k).  y: (n,) integers in 0..k-1.  Returns: float.
    """
    ### BEGIN SOLUTION
    z = np.asarray(logits, dtype=float)
    z = z - z.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(z).sum(axis=1))
    return float(np.mean(log_sum - z[np.arange(len(y)), y]))
    ### END SOLUTION


# %% nbgrader={"grade_id": "softmax_ce-visible", "points": 1}
# Visible tests of `softmax_ce`: 1 point.
import numpy as np

# By hand: the first row gives the probabilities 1/2 and 1/2, the second 1/4 and 3/4. The true class is 0, then 1.
logits, y = np.array([[0.0, 0.0], [0.0, np.log(3)]]), np.array([0, 1])
assert np.ndim(softmax_ce(logits, y)) == 0, "softmax_ce: returns one number"
assert np.isclose(softmax_ce(logits, y), (np.log(2) + np.log(4 / 3)) / 2), (
    "softmax_ce: agrees with the worked example"
)
assert np.isclose(softmax_ce(np.zeros((3, 10)), np.array([4, 0, 9])), np.log(10)), (
    "softmax_ce: equal logits give the logarithm of the number of classes"
)
assert np.isclose(softmax_ce(np.array([[1000.0, 1000.0]]), np.array([0])), np.log(2)), (
    "softmax_ce: equal logits give the same loss however large they are"
)

# %% nbgrader={"grade_id": "softmax_ce-hidden", "points": 2}
# Hidden tests of `softmax_ce`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import log_softmax

rng = np.random.default_rng(3)
for n, k, scale in (
    (1, 1, 1),
    (1, 2, 1),
    (1, 9, 300),
    (4, 1, 30),
    (3, 2, 0.1),
    (5, 3, 1),
    (8, 8, 10),
    (2, 11, 100),
    (24, 4, 1000),
    (12, 6, 500),
):
    logits, y = rng.normal(scale=scale, size=(n, k)), rng.integers(0, k, size=n)
    loss = softmax_ce(logits, y)
    oracle = -log_softmax(logits, axis=1)[np.arange(n), y].sum() / n
    assert np.ndim(loss) == 0, "softmax_ce: returns one number for any n and k"
    assert np.isclose(loss, oracle, rtol=1e-7, atol=1e-9), (
        "softmax_ce: is the mean negative log-probability"
    )
    shifts = rng.uniform(-500, 500, size=(n, 1))
    assert np.isclose(softmax_ce(logits + shifts, y), oracle, rtol=1e-7, atol=1e-9), (
        "softmax_ce: does not change when a constant is added to a row"
    )
    order = rng.permutation(k)
    assert np.isclose(
        softmax_ce(logits[:, order], np.argsort(order)[y]), oracle, rtol=1e-7, atol=1e-9
    ), "softmax_ce: does not depend on how the classes are numbered"

for rival in (0.0, 5.0):
    assert np.isclose(
        softmax_ce(np.array([[rival, -1000.0]]), np.array([1])), 1000.0 + rival
    ), (
        "softmax_ce: is exact where the true class has a probability too small for a float"
    )
assert np.isclose(
    softmax_ce(np.array([[0.0, 0.0, -1000.0]]), np.array([2])),
    1000 + np.log(2),
    rtol=1e-9,
), "softmax_ce: several rivals of a class without hope each count"
assert np.isclose(softmax_ce(np.array([[0.0, 50.0, 0.0]]), np.array([2])), 50.0), (
    "softmax_ce: has no floor under the probability"
)
assert np.isclose(
    softmax_ce(np.array([[1000.0, 0.0, 1000.0]]), np.array([0])), np.log(2)
), "softmax_ce: does not overflow on large logits"
assert np.isclose(
    softmax_ce(np.array([[-1000.0, -1000.0]]), np.array([1])), np.log(2)
), "softmax_ce: does not underflow when all logits are small"
assert np.isclose(
    softmax_ce(np.array([[1000.0, 1000.0], [-1000.0, -1000.0]]), np.array([0, 1])),
    np.log(2),
), "softmax_ce: treats rows of different size each on its own"
assert abs(softmax_ce(np.array([[60.0, 0.0, 0.0]]), np.array([0]))) < 1e-9, (
    "softmax_ce: a sure and right prediction costs next to nothing"
)
for gap in (0.5, 5.0, 15.0, 25.0, 30.0, 36.0, 38.0, 100.0, 700.0):
    assert np.isclose(
        softmax_ce(np.array([[gap, 0.0]]), np.array([1])),
        gap + np.log1p(np.exp(-gap)),
        rtol=1e-7,
    ), "softmax_ce: a sample whose rival is ahead costs the right amount, at any lead"
for size in (3e3, 1e6, 1e150):
    assert np.isclose(
        softmax_ce(np.array([[size, -size], [0.0, 0.0]]), np.array([1, 0])),
        size + np.log(2) / 2,
    ), "softmax_ce: cuts no logit, however large it is"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "softmax_ce-inputs", "points": 1}
# Hidden tests of `softmax_ce` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import math

import numpy as np

from gdcourse import testing


def _exact(logits, y):
    """The loss in Python numbers."""
    total = 0.0
    for row, label in zip(logits, y, strict=True):
        gaps = [z - row[label] for z in row]
        top = max(gaps)
        total += top + math.log(math.fsum(math.exp(gap - top) for gap in gaps))
    return total / len(y)


many = np.linspace(-1.0, 1.0, 300)
assert np.isclose(
    softmax_ce(many[None], np.array([3], dtype=np.uint8)),
    _exact([many.tolist()], [3]),
    rtol=1e-9,
), "softmax_ce: more classes than the type of y has numbers"
with testing.printing() as told:
    labels = list(testing.of_every_type([2, 0, 1]))[1:]
    labels = [y for y in labels if y.dtype.kind in "iu"]
    for logits in (
        [[0, 2, 1], [3, 0, 4], [125, 124, 120]],
        [[100, 0, 127], [0, 120, 3], [9, 90, 126]],
        [[-100, 100, 3], [-128, 127, 0], [5, -100, 99]],
        [[-30_000, 30_000, 29_400], [0, -600, 1], [3, 2, 32_000]],
        [[0.5, 1.25, -2.0], [10.5, 11.0, 9.75], [0.125, 0.25, 0.5]],
    ):
        expected = _exact(logits, [2, 0, 1])
        for i, z in enumerate(list(testing.of_every_type(logits))[1:]):
            y = labels[i % len(labels)]
            assert np.isclose(
                float(softmax_ce(z, y)), expected, rtol=1e-9, atol=1e-9
            ), (
                "softmax_ce: is that of ordinary arithmetic for logits and labels of every type"
            )
    logits = np.array(
        [[0.0, 2.0, -1.0, 0.5], [3.0, 0.0, 4.0, 1.0], [1.0, 1.5, 0.0, 9.0]]
    )
    y = np.array([3, 0, 1])
    expected = _exact(logits.tolist(), y.tolist())
    for z, labels in zip(
        testing.of_every_layout(logits), testing.of_every_layout(y), strict=True
    ):
        before = testing.snapshot((z, labels))
        assert np.isclose(float(softmax_ce(z, labels)), expected, rtol=1e-9), (
            "softmax_ce: does not depend on how its inputs lie in memory"
        )
        assert testing.same((z, labels), before), (
            "softmax_ce: leaves its inputs unchanged"
        )
    assert np.isclose(softmax_ce(logits + 2.0**30, y), expected, atol=1e-5), (
        "softmax_ce: small differences of logits near 1e9 keep their digits"
    )
    many = np.sin(np.arange(3000.0)).reshape(100, 30) * 9
    ones = np.arange(100) * 7 % 30
    expected = _exact(many.tolist(), ones.tolist())
    for kind in testing.INTEGERS:
        assert np.isclose(
            float(softmax_ce(many, ones.astype(kind))), expected, rtol=1e-9
        ), "softmax_ce: picks the true class among many, by labels of every type"
    for scale, z in testing.of_every_scale(logits, (1e-150, 1e-12, 1e-6)):
        assert np.isclose(softmax_ce(z, y), math.log(4), atol=1e-5), (
            "softmax_ce: tiny logits are nearly equal logits"
        )
    again = softmax_ce(logits, y), softmax_ce(2 * logits, y), softmax_ce(logits, y)
    assert again[0] == again[2] != again[1], "softmax_ce: keeps nothing between calls"
    for gap in (1.0, 5.0, 15.0, 18.0, 19.0, 20.0):
        loss = softmax_ce(np.array([[gap, 0.0]]), np.array([0]))
        assert np.isclose(loss, math.log1p(math.exp(-gap)), rtol=1e-7, atol=1e-13), (
            "softmax_ce: a sample whose true class is ahead costs the right small amount"
        )
    for gap in (40.0, 400.0):
        assert abs(softmax_ce(np.array([[gap, 0.0]]), np.array([0]))) < 1e-13, (
            "softmax_ce: a sample whose true class is far ahead costs nothing that can be told"
        )
    for z in (
        *testing.near_the_limits([[1, -1], [0.5, 1], [-1, 0.5]]),
        *testing.near_the_limits([[1, 0], [0.5, 1], [0, 0.5]]),
    ):
        expected = _exact(z.astype(float).tolist(), [1, 0, 1])
        assert np.isclose(
            float(softmax_ce(z, np.array([1, 0, 1]))), expected, rtol=1e-7
        ), (
            "softmax_ce: logits next to the limits of their type neither wrap around nor overflow"
        )
    rng = testing.drawn("softmax_ce-inputs")
    z, labels = testing.many(
        rng, rng.normal(scale=3, size=(9, 4)), rng.integers(4, size=9)
    )
    wide = rng.normal(scale=3, size=(2, testing.MANY))
    for a, b in ((z, labels), (wide, np.array([testing.MANY - 1, 3]))):
        assert np.isclose(
            softmax_ce(a, b), _exact(a.tolist(), b.tolist()), rtol=1e-7
        ), (
            "softmax_ce: each of thousands of samples or classes counts, equal samples too"
        )
assert told() == "", "softmax_ce: prints nothing"
assert testing.sees_refilled(
    softmax_ce, np.array([[0.0, 2.0, 1.0], [3.0, 0.0, 0.5]]), np.array([2, 0])
), "softmax_ce: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 4. The descent loop: `gd(grad, theta0, alpha, iterations)`
#
# easy · 10 minutes · 4 points
#
# You need the lesson [Squared error](1_squared_error.ipynb).
#
# Write the loop that every later unit varies:
#
# $$\theta_{t+1} = \theta_t - \alpha\, \nabla J(\theta_t), \qquad t = 0, 1, \dots, \text{iterations} - 1.$$
#
# Return the record $[\theta_0, \theta_1, \dots, \theta_{\text{iterations}}]$: `iterations + 1` arrays of the shape
# `(d,)`, the start first, as a list or as one array of the shape `(iterations + 1, d)`. Each entry is a snapshot, an array
# of its own: later steps do not change it.
#
# - `grad` is a function. `grad(theta)` returns the gradient at `theta`, an array of the shape `(d,)`. It may return the
#   same array object each time, filled with new numbers or with the old ones, so do not rely on an earlier one, and do not
#   change what it returns.
# - A gradient can be expensive: call `grad` exactly `iterations` times, once at each of
#   $\theta_0, \dots, \theta_{\text{iterations}-1}$, in this order. Do not stop early: not where a gradient is 0, nor where the
#   points grow until they are infinite or NaN.
# - `theta0` is an array of the shape `(d,)`. It must be unchanged afterwards. It and the gradients may be of any integer or
#   float type, the points are `float64` all the same.
# - `iterations` is an integer from 0 to 300. With 0 the record holds the start alone, and `grad` is never called.
#
# <details><summary>Hint 1: a list of arrays can hold one array many times</summary>
#
# After `theta -= alpha * g` the name `theta` still means the same array, with new numbers in it. What does a list show
# to which you appended `theta` before that line?
# </details>
#
# <details><summary>Hint 2: two ways out</summary>
#
# Append `theta.copy()`, or make a new array in each step with `theta = theta - alpha * g`.
# </details>
#
# <details><summary>Hint 3: integers</summary>
#
# What type has an array that you copy from integers? `dtype` says what a copy shall hold. And what is
# `3 * np.uint8([200])`?
# </details>


# %% nbgrader={"grade_id": "gd", "solution": true}
def gd(grad, theta0, alpha, iterations):
    """Return the points [theta_0, ..., theta_iterations] of gradient descent.

    grad: (d,) -> (d,).  theta0: (d,).  alpha: float.  iterations: int.  Returns: iterations + 1 arrays of shape (d,).
    """
    ### BEGIN SOLUTION
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        gradient = np.asarray(grad(path[-1]), dtype=float)
        path.append(path[-1] - alpha * gradient)
    return path
    ### END SOLUTION


# %% nbgrader={"grade_id": "gd-visible", "points": 1}
# Visible tests of `gd`: 1 point.
import numpy as np


def _double(theta):
    """The gradient of the sum of squares."""
    return 2 * np.asarray(theta)


# By hand: with alpha = 0.25, theta - 0.25 * 2 theta is half of theta.
start = np.array([1.0, -2.0])
path = gd(_double, start, 0.25, 2)
assert len(path) == 3, "gd: records iterations + 1 points, the start included"
assert np.shape(path) == (3, 2), "gd: each point has the shape of theta0"
assert np.allclose(path[-1], [0.25, -0.5]), (
    "gd: ends at the last point of the worked example"
)
assert np.allclose(path, [[1.0, -2.0], [0.5, -1.0], [0.25, -0.5]]), (
    "gd: records every point of the worked example"
)
assert np.array_equal(start, [1.0, -2.0]), (
    "gd: leaves theta0 unchanged in the worked example"
)

# %% nbgrader={"grade_id": "gd-hidden", "points": 2}
# Hidden tests of `gd`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _quadratic(A, centre, seen):
    """The gradient of 1/2 (theta - centre)^T A (theta - centre); it notes where it is called and reuses its output."""
    out = np.empty(len(centre))

    def _grad(theta):
        theta = np.array(theta, dtype=float)
        seen.append(theta)
        np.matmul(A, theta - centre, out=out)
        return out

    return _grad


def _replay(gradients, seen):
    """A gradient that ignores where it is called and returns the given ones in turn."""

    def _grad(theta):
        seen.append(np.array(theta, dtype=float))
        return gradients[(len(seen) - 1) % len(gradients)]

    return _grad


rng = np.random.default_rng(4)
for d, iterations in ((1, 1), (1, 12), (2, 3), (3, 8), (5, 29)):
    alpha = rng.uniform(0.01, 0.7)
    B = rng.normal(size=(d, d))
    A, centre, start = B @ B.T / d, rng.normal(size=d), rng.normal(scale=3, size=d)
    seen = []
    path = gd(_quadratic(A, centre, seen), start.copy(), alpha, iterations)
    lam, Q = np.linalg.eigh(A)
    powers = (1 - alpha * lam) ** np.arange(iterations + 1)[:, None]
    closed_form = centre + (powers * (Q.T @ (start - centre))) @ Q.T
    assert len(path) == iterations + 1, (
        "gd: records iterations + 1 points for any number of iterations"
    )
    assert np.shape(path) == (iterations + 1, d), (
        "gd: each record has the shape of theta0"
    )
    assert np.allclose(path, closed_form, rtol=1e-7, atol=1e-8), (
        "gd: every record is the point of its own iteration"
    )
    assert len(seen) == iterations, "gd: calls grad exactly once for each iteration"
    assert np.allclose(seen, closed_form[:-1], rtol=1e-7, atol=1e-8), (
        "gd: calls grad at the current point"
    )

for stretch in (1.0, 1e-14, 1e5):
    gradients, start, seen = rng.normal(size=(12, 3)), rng.normal(size=3), []
    gradients *= stretch
    gradients[[2, 3, 7]] = 0.0  # it is not over where a gradient is 0
    sums = np.vstack([np.zeros(3), np.cumsum(gradients, axis=0)])
    path = gd(_replay(gradients, seen), stretch * start, 0.3, 12)
    assert len(seen) == 12, (
        "gd: calls grad exactly once for each iteration, whatever it returns"
    )
    assert np.allclose(
        np.asarray(path) / stretch, start - 0.3 * sums / stretch, rtol=1e-7, atol=1e-9
    ), "gd: each step is alpha times the gradient, with its own length"

seen = []
path = gd(_quadratic(np.eye(2), np.zeros(2), seen), np.array([2.0, 1.0]), 0.5, 0)
assert np.shape(path) == (1, 2) and np.allclose(path, [[2.0, 1.0]]), (
    "gd: zero iterations record the start alone"
)
assert len(seen) == 0, "gd: zero iterations never call grad"

seen = []
path = gd(_quadratic(np.eye(2), np.zeros(2), seen), np.array([2.0, 1.0]), 0.0, 4)
assert np.array_equal(path, [[2.0, 1.0]] * 5) and len(seen) == 4, (
    "gd: calls grad once for each iteration also where alpha is 0 and nothing moves"
)

seen = []
path = gd(_quadratic(np.eye(2), np.zeros(2), seen), np.zeros(2), 0.5, 7)
assert np.shape(path) == (8, 2) and np.allclose(path, 0), (
    "gd: goes on recording at a stationary point"
)
assert len(seen) == 7, "gd: does not stop early at a stationary point"

path = gd(_quadratic(np.eye(1), np.zeros(1), []), np.array([1.0]), 3.0, 3)
assert np.allclose(path, [[1.0], [-2.0], [4.0], [-8.0]]), (
    "gd: with a large alpha it diverges, unclipped"
)
with np.errstate(all="ignore"):
    seen = []
    path = gd(_quadratic(10.0 * np.eye(1), np.zeros(1), seen), np.ones(1), 3.0, 300)
    expected = np.array([(-29.0) ** np.float64(t) for t in range(200)])
assert len(path) == 301 and len(seen) == 300, (
    "gd: goes on to the last iteration when the points overflow"
)
assert np.allclose(np.ravel(path)[:200], expected, rtol=1e-9), (
    "gd: records the points of a diverging run as they are, however large"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "gd-inputs", "points": 1}
# Hidden tests of `gd` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

with testing.printing() as told:
    for start, slope in (
        ([3, 100], [200, 1]),
        ([-3, 1], [100, -128]),
        ([0.5, 2048], [0.25, -300.5]),
    ):
        expected = np.array([start, start, start]) - 3 * np.outer([0, 1, 2], slope)
        for theta0 in list(testing.of_every_type(start))[1:]:
            path = gd(lambda theta, g=slope: np.array(g, dtype=float), theta0, 3, 2)
            assert np.allclose(path, expected, rtol=1e-12), (
                "gd: a start of any integer or float type leads to the same points"
            )
            assert all(np.asarray(point).dtype == np.float64 for point in path), (
                "gd: every record is float64, the start too, whatever the type of theta0"
            )
        for g in list(testing.of_every_type(slope))[1:]:
            grad = testing.Callback(lambda theta, g=g: g)
            path = gd(grad, np.array(start, dtype=float), 3, 2)
            assert np.allclose(path, expected, rtol=1e-12), (
                "gd: gradients of any integer or float type lead to the same points"
            )
            assert grad.untouched(), "gd: leaves alone what grad has returned"
    for kind in ("float16", "float32"):
        grad = testing.Callback(lambda theta: np.array([1.0, -1.0]))
        path = gd(grad, np.ones(2, dtype=kind), 2.0**-20, 2)
        expected = 1 - np.outer(np.arange(3) * 2.0**-20, [1, -1])
        assert np.array_equal(path, expected), (
            "gd: records points in float64, also from a start in float16 or float32"
        )
    for scale, start in testing.of_every_scale([1.0, -2.0]):
        path = gd(lambda theta: np.asarray(theta) * 1.5, start, 0.5, 3)
        expected = np.outer(0.25 ** np.arange(4), start)
        assert np.allclose(
            np.asarray(path) / scale, expected / scale, rtol=1e-9, atol=0
        ), "gd: makes its steps from tiny and from huge starts too"
    for start in testing.of_every_layout(np.array([1.0, -2.0, 4.0])):
        grad = testing.Callback(lambda theta: np.asarray(theta) * 1.0)
        before = testing.snapshot(start)
        path = gd(grad, start, 0.5, 2)
        assert np.allclose(path, np.outer([1, 0.5, 0.25], before), rtol=1e-9), (
            "gd: does not depend on how theta0 lies in memory"
        )
        assert testing.same(start, before), "gd: leaves theta0 unchanged"
        assert grad.untouched(), "gd: does not change the gradients in place"
        assert testing.apart(start, path), (
            "gd: each record is an array of its own, not theta0 and not another record"
        )
    slope = np.array([1.0, 2.0])
    grad = testing.Callback(lambda theta: slope)
    path = gd(grad, np.array([1.0, 2.0]), 1.0, 3)
    assert np.allclose(path, [[1, 2], [0, 0], [-1, -2], [-2, -4]], rtol=1e-9), (
        "gd: follows a gradient that is one array each time"
    )
    assert grad.untouched() and testing.apart(path, slope), (
        "gd: neither changes nor records an array that grad has returned"
    )
    rest = gd(lambda theta: np.zeros(2), slope, 1.0, 3)
    assert testing.apart(rest, slope), (
        "gd: each record is an array of its own where nothing moves too"
    )
    again = gd(grad, np.array([1.0, 2.0]), 1.0, 3)
    assert len(again) == 4 and np.array_equal(again, path), (
        "gd: keeps nothing between calls"
    )
    assert testing.apart(again, path), "gd: each call returns arrays of its own"
    gd(lambda theta: np.asarray(theta) * 0.5, slope, 0.5, 100)
    for start in list(testing.of_every_type([100, 64]))[1:]:
        grad = testing.Callback(lambda theta: 2 * np.asarray(theta))
        path = gd(grad, start, 0.25, 2)
        assert all(np.asarray(point).dtype == np.float64 for (point,) in grad.calls), (
            "gd: grad gets float64 points, the first one too, whatever the type of theta0"
        )
        assert np.allclose(path, [[100, 64], [50, 32], [25, 16]], rtol=1e-9), (
            "gd: a gradient that is calculated from the points has their type"
        )
    for g in (*testing.near_the_limits([1, -0.5]), *testing.near_the_limits([1, 0.5])):
        path = gd(lambda theta, g=g: g, np.zeros(2), 1000.0, 2)
        expected = -1000.0 * np.outer([0, 1, 2], g.astype(float))
        assert np.allclose(path, expected, rtol=1e-9, atol=0), (
            "gd: gradients next to the limits of their type neither wrap around nor overflow"
        )
    start = testing.drawn("gd-inputs").normal(size=testing.MANY)
    path = gd(lambda theta: np.asarray(theta) * 0.5, start, 0.5, 2)
    assert np.allclose(path, np.outer([1, 0.75, 0.5625], start), rtol=1e-9, atol=0), (
        "gd: moves each of thousands of entries"
    )
assert told() == "", "gd: prints nothing"
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Logistic regression: `logreg_loss_grad(X, y, w, lam)`
#
# hard · 20 minutes · 4 points
#
# You need the lesson [Logistic regression: a sigmoid, fitted live](7_logistic_regression.ipynb).
#
# A logistic regression has the margins $z = Xw$ and the probabilities $p_i = \sigma(z_i) = 1 / (1 + e^{-z_i})$. Column
# 0 of `X` holds ones, so `w[0]` is the bias. The loss is the mean binary cross-entropy, plus an L2 penalty on all
# weights **but the bias**:
#
# $$J(w) = -\frac{1}{n} \sum_{i=1}^{n} \bigl[y_i \log p_i + (1 - y_i) \log (1 - p_i)\bigr] +
#   \frac{\lambda}{2} \sum_{j=1}^{d-1} w_j^2.$$
#
# Return the pair `(loss, grad)`: the number $J(w)$ and the gradient $\nabla J(w)$ of the shape `(d,)`.
#
# - `X` has the shape `(n, d)` with `n` and `d` at least 1, `y` the shape `(n,)` with labels 0 and 1 (booleans, integers or
#   floats of any type), `w` the shape `(d,)`. `lam` $= \lambda \ge 0$ is a number. The penalty is not divided by $n$.
# - Other columns of `X` may hold ones too; they are no bias. `X` and `w` may be of any integer or float type.
# - Margins of $\pm 1000$ and far beyond must give the right finite loss and gradient. A sample with $y = 1$ and $z = -1000$
#   costs $1000$ exactly, not the logarithm of some small constant. A warning about overflow costs no points; a wrong value
#   does. The tests allow a relative error of $10^{-7}$ and an absolute one of $10^{-9}$ in the loss.
# - All values are finite. Features may have tiny or huge units, and `lam` may be tiny or huge too.
#
# <details><summary>Hint 1: the gradient</summary>
#
# The derivative of one sample's cross-entropy with respect to its margin is $p_i - y_i$. The chain rule does the rest,
# as for the squared error: a matrix product, then the mean.
# </details>
#
# <details><summary>Hint 2: the loss without a probability</summary>
#
# Insert $\log p = -\log(1 + e^{-z})$ and $\log(1 - p) = -z - \log(1 + e^{-z})$, or show that each sample costs
# $\log(1 + e^{z}) - y z$. The first term is `np.logaddexp(0, z)`, which does not overflow.
# </details>
#
# <details><summary>Hint 3: the penalty</summary>
#
# What is the derivative of $\frac{\lambda}{2} w_j^2$? For which $j$ does it count? Mind that a second name for `w` is not a
# copy.
# </details>


# %% nbgrader={"grade_id": "logreg_loss_grad", "solution": true}
def logreg_loss_grad(X, y, w, lam):
    """Return the loss and the gradient of L2-regularised logistic regression; the bias w[0] is not decayed.

    X: (n, d), column 0 is ones.  y: (n,) in {0, 1}.  w: (d,).  lam: float.  Returns: (float, (d,)).
    """
    ### BEGIN SOLUTION
    X, y, w = (np.asarray(a, dtype=float) for a in (X, y, w))
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    decayed = np.concatenate([[0.0], w[1:]])
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * decayed @ decayed
    return float(loss), X.T @ (p - y) / len(y) + lam * decayed
    ### END SOLUTION


# %% nbgrader={"grade_id": "logreg_loss_grad-visible", "points": 1}
# Visible tests of `logreg_loss_grad`: 1 point.
import numpy as np

# By hand: all margins are 0, so p = 1/2 and p - y = (-1/2, 1/2). The mean of (p - y) x is (0, -1).
X, y = np.array([[1.0, 2.0], [1.0, -2.0]]), np.array([1, 0])
loss, grad = logreg_loss_grad(X, y, np.array([0.0, 0.0]), 0.0)
assert np.ndim(loss) == 0, "logreg_loss_grad: the loss is one number"
assert np.shape(grad) == (2,), "logreg_loss_grad: the gradient has the shape of w"
assert np.isclose(loss, np.log(2)), (
    "logreg_loss_grad: the loss agrees with the worked example"
)
assert np.allclose(grad, [0.0, -1.0]), (
    "logreg_loss_grad: the gradient agrees with the worked example"
)

# By hand: the margins are 0 again, and the penalty with lam = 2 and w[1] = 3 adds 9 to the loss and 6 to the gradient.
loss, grad = logreg_loss_grad(
    np.array([[1.0, 0.0], [1.0, 0.0]]), y, np.array([0.0, 3.0]), 2.0
)
assert np.isclose(loss, np.log(2) + 9), (
    "logreg_loss_grad: the loss has the penalty of the second worked example"
)
assert np.allclose(grad, [0.0, 6.0]), (
    "logreg_loss_grad: the gradient has the penalty of the second worked example"
)

# %% nbgrader={"grade_id": "logreg_loss_grad-hidden", "points": 2}
# Hidden tests of `logreg_loss_grad`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import log_expit


def _oracle(X, y, w, lam):
    """The loss from scipy's log_expit, the gradient from a complex step through 1 / (1 + e^-z)."""
    signs = np.where(y == 1, 1.0, -1.0)
    loss = -np.mean(log_expit(signs * (X @ w))) + lam / 2 * np.sum(w[1:] ** 2)
    grad = np.empty(len(w))
    for j in range(len(w)):
        moved = w.astype(complex)
        moved[j] += 1e-30j
        value = np.mean(np.log(1 + np.exp(-signs * (X @ moved))))
        grad[j] = (value + lam / 2 * np.sum(moved[1:] ** 2)).imag / 1e-30
    return loss, grad


rng = np.random.default_rng(5)
for case in range(14):
    n, d = int(rng.integers(1, 30)), 1 + case % 6
    lam = (0.0, 0.1, 1.0, 3.7)[case % 4]
    X = np.column_stack([np.ones(n), rng.normal(size=(n, d - 1))])
    y, w = rng.integers(0, 2, size=n), rng.normal(scale=2, size=d)
    if case > 9:
        X[:, -1] = 1.0  # a feature that happens to be 1 for every sample is no bias
    loss, grad = logreg_loss_grad(X, y, w, lam)
    true_loss, true_grad = _oracle(X, y, w, lam)
    assert np.ndim(loss) == 0 and np.shape(grad) == (d,), (
        "logreg_loss_grad: returns a number and an array of shape (d,)"
    )
    assert np.isclose(loss, true_loss, rtol=1e-7, atol=1e-9), (
        "logreg_loss_grad: the loss is the mean cross-entropy plus the penalty without the bias"
    )
    assert np.allclose(grad, true_grad, rtol=1e-7, atol=1e-9), (
        "logreg_loss_grad: the gradient is that of the loss"
    )

for gap in (0.5, 5.0, 15.0, 25.0, 30.0, 36.0, 38.0, 100.0, 700.0):
    for label in (0, 1):
        x, side = np.array([[1.0, gap]]), np.array([0.0, 1.0 - 2 * label])
        loss, grad = logreg_loss_grad(x, np.array([label]), side, 0.0)
        assert np.isclose(loss, gap + np.log1p(np.exp(-gap)), rtol=1e-7), (
            "logreg_loss_grad: a sample on the wrong side costs the right amount, at a margin of any size"
        )

bias_only = np.array([4.0, 0.0, 0.0])
X, y = (
    np.column_stack([np.ones(6), rng.normal(size=(6, 2))]),
    np.array([0, 1, 1, 0, 1, 0]),
)
without, with_penalty = (
    logreg_loss_grad(X, y, bias_only, 0.0),
    logreg_loss_grad(X, y, bias_only, 5.0),
)
assert np.isclose(without[0], with_penalty[0]), (
    "logreg_loss_grad: the loss does not penalise the bias"
)
assert np.allclose(without[1], with_penalty[1]), (
    "logreg_loss_grad: the gradient does not decay the bias"
)

for size in (1000.0, 5e5, 1e12):  # margins of 1000 and far more
    X, w = np.array([[1.0, size], [1.0, -size]]), np.array([0.0, 1.0])
    loss, grad = logreg_loss_grad(X, np.array([0, 1]), w, 0.0)
    assert np.isclose(loss, size), (
        "logreg_loss_grad: the loss is exact at large margins on the wrong side"
    )
    assert np.allclose(grad, [0.0, size]), (
        "logreg_loss_grad: the gradient is exact at large margins on the wrong side"
    )
    loss, grad = logreg_loss_grad(X, np.array([1, 0]), w, 0.0)
    assert abs(loss) < 1e-9, (
        "logreg_loss_grad: large margins on the right side cost next to nothing"
    )
    assert np.allclose(grad, 0), (
        "logreg_loss_grad: the gradient vanishes at large margins on the right side"
    )
    loss, grad = logreg_loss_grad(X, np.array([1, 1]), w, 0.5)
    assert np.isclose(loss, size / 2 + 0.25), (
        "logreg_loss_grad: large margins on both sides in one batch"
    )
    assert np.allclose(grad, [-0.5, size / 2 + 0.5]), (
        "logreg_loss_grad: the gradient with large margins on both sides in one batch"
    )
assert np.isclose(
    logreg_loss_grad(np.ones((1, 1)), np.array([1]), np.array([-50.0]), 1.0)[0], 50.0
), "logreg_loss_grad: has no floor under the probability"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "logreg_loss_grad-inputs", "points": 1}
# Hidden tests of `logreg_loss_grad` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import math

import numpy as np

from gdcourse import testing


def _exact(X, y, w, lam):
    """Loss and gradient in Python numbers."""
    loss, grad = lam / 2 * sum(v * v for v in w[1:]), [0.0, *(lam * v for v in w[1:])]
    for x, label in zip(X, y, strict=True):
        z = sum(a * b for a, b in zip(x, w, strict=True))
        tail = math.exp(-abs(z))
        p = 1 / (1 + tail) if z > 0 else tail / (1 + tail)
        loss += (max(z, 0) - z * label + math.log1p(tail)) / len(y)
        grad = [g + (p - label) * a / len(y) for g, a in zip(grad, x, strict=True)]
    return loss, grad


with testing.printing() as told:
    for X, w in (
        ([[1, 100, 90], [1, 3, 120], [1, 50, 0]], [1, 2, 3]),
        ([[1, -100, 90], [1, 3, -120], [1, 2, 0]], [1, -2, -3]),
        ([[1, 20, 2], [1, 0, 21], [1, 3, 3]], [120, 1, 20]),  # 20 * 20 beyond int8
        ([[1, 0.25, 0.5], [1, 300.5, -2.5], [1, 3.5, 7]], [0.5, 0.75, 80.25]),
    ):
        y = [1, 0, 0]
        loss, grad = _exact(X, y, w, 2)
        Xs, ys, ws = (list(testing.of_every_type(a))[1:] for a in (X, y, w))
        ys.append(np.array(y, dtype=bool))
        for i, (A, v) in enumerate(
            [
                *zip(Xs, ws, strict=False),
                *zip(Xs, reversed(ws), strict=False),
                (np.array(X, dtype=float), np.array(w, dtype=float)),
            ]
        ):
            for labels in ys[i % 6 :: 6] if i else ys:
                told_loss, told_grad = logreg_loss_grad(A, labels, v, 2)
                assert np.isclose(float(told_loss), loss, rtol=1e-9), (
                    "logreg_loss_grad: the loss is the same for inputs and labels of every type"
                )
                assert np.allclose(told_grad, grad, rtol=1e-9, atol=1e-9), (
                    "logreg_loss_grad: the gradient is the same for inputs and labels of every type"
                )
    X = np.array(
        [[1.0, 2.0, 0.5], [1.0, -4.0, 2.0], [1.0, 1.0, -8.0], [1.0, 0.25, 1.0]]
    )
    y, w = np.array([1, 0, 0, 1]), np.array([1.0, -1.5, 0.25])
    loss, grad = _exact(X.tolist(), y.tolist(), w.tolist(), 0.5)
    for few in zip(*map(testing.of_every_layout, (X, y, w)), strict=True):
        before = testing.snapshot(few)
        told_loss, told_grad = logreg_loss_grad(*few, 0.5)
        assert np.isclose(told_loss, loss, rtol=1e-9) and np.allclose(
            told_grad, grad, rtol=1e-9
        ), "logreg_loss_grad: does not depend on how its inputs lie in memory"
        assert testing.same(few, before), (
            "logreg_loss_grad: leaves its inputs unchanged"
        )
        assert testing.apart(told_grad, few), (
            "logreg_loss_grad: returns an array of its own"
        )
    for scale in testing.SCALES:
        units = np.array([1.0, scale, 1.0])  # the same feature in another unit
        told_loss, told_grad = logreg_loss_grad(X * units, y, w / units, 0.0)
        expected = _exact(X.tolist(), y.tolist(), w.tolist(), 0.0)
        assert np.isclose(float(told_loss), expected[0], rtol=1e-9), (
            "logreg_loss_grad: the loss does not depend on the unit of a feature"
        )
        assert np.allclose(told_grad / units, expected[1], rtol=1e-9, atol=0), (
            "logreg_loss_grad: the gradient is as exact for features of tiny and of huge units"
        )
        told_grad = logreg_loss_grad(0 * X + [1, 0, 0], y, w, scale)[1]
        assert np.allclose(
            np.asarray(told_grad)[1:] / scale, w[1:], rtol=1e-9, atol=0
        ), "logreg_loss_grad: tiny and huge penalties count in full"
    told_loss, told_grad = logreg_loss_grad(
        np.array([[1.0, 0.0]]), np.array([1]), np.array([1e9, 1.0]), 2.0
    )
    assert np.isclose(told_loss, 1.0, rtol=1e-9) and np.allclose(
        told_grad, [0.0, 2.0], rtol=1e-9
    ), "logreg_loss_grad: a huge bias does not drown the penalty of the weights"
    for bias in (0.5, 30.0):
        told_grad = logreg_loss_grad(
            np.array([[1.0, 0.0]]), np.array([0]), np.array([bias, 1.0]), 1e18
        )[1]
        assert np.allclose(
            told_grad, [1 / (1 + np.exp(-bias)), 1e18], rtol=1e-9, atol=0
        ), "logreg_loss_grad: a huge lam leaves the gradient of the bias alone"
    again = logreg_loss_grad(X, y, w, 0.5), logreg_loss_grad(X, 1 - y, w, 0.5)
    assert not np.isclose(again[0][0], again[1][0], rtol=1e-9) and np.isclose(
        again[0][0], loss, rtol=1e-9
    ), "logreg_loss_grad: keeps nothing between calls"
    for x in (
        *testing.near_the_limits([1, -1]),
        *testing.near_the_limits([1, 0.5]),
    ):
        A = np.ones((2, 2), dtype=x.dtype)
        A[:, 1] = x[::-1]
        loss, grad = _exact(
            A.astype(float).tolist(), [1, 0], x.astype(float).tolist(), 0.5
        )
        told_loss, told_grad = logreg_loss_grad(A, np.array([1, 0]), x, 0.5)
        assert np.isclose(float(told_loss), loss, rtol=1e-7), (
            "logreg_loss_grad: the loss of numbers next to the limits of their type neither wraps around nor overflows"
        )
        assert np.allclose(told_grad, grad, rtol=1e-9), (
            "logreg_loss_grad: the gradient of numbers next to the limits of their type neither wraps around nor overflows"
        )
    rng = testing.drawn("logreg_loss_grad-inputs")
    X = np.column_stack([np.ones(3), rng.normal(size=(3, 2))])
    y, w = np.array([1, 0, 1]), rng.normal(size=3)
    expected = _exact(X.tolist(), y.tolist(), w.tolist(), 0.5)
    for A in testing.of_every_layout(X):
        told_loss, told_grad = logreg_loss_grad(A, y, w, 0.5)
        assert np.isclose(told_loss, expected[0], rtol=1e-9) and np.allclose(
            told_grad, expected[1], rtol=1e-9
        ), "logreg_loss_grad: a square X counts by rows, however it lies in memory"
    wide = np.column_stack([np.ones(2), rng.normal(size=(2, testing.MANY - 1))])
    v = rng.normal(scale=0.05, size=testing.MANY)
    for A, labels, u in ((*testing.many(rng, X, y), w), (wide, y[:2], v)):
        loss, grad = _exact(A.tolist(), labels.tolist(), u.tolist(), 0.5)
        told_loss, told_grad = logreg_loss_grad(A, labels, u, 0.5)
        assert np.isclose(told_loss, loss, rtol=1e-7) and np.allclose(
            told_grad, grad, rtol=1e-7, atol=1e-12
        ), (
            "logreg_loss_grad: each of thousands of samples or features counts, equal samples too"
        )
    with_lam, without = (logreg_loss_grad(X, y, w, lam)[1] for lam in (0.0, 0.0))
    assert testing.apart(with_lam, without, w, X), (
        "logreg_loss_grad: a penalty of 0 leaves the gradient an array of its own"
    )
assert told() == "", "logreg_loss_grad: prints nothing"
assert testing.sees_refilled(
    lambda *given: logreg_loss_grad(*given, 0.5),
    np.array([[1.0, 2.0], [1.0, -4.0], [1.0, 7.0]]),
    np.array([1, 0, 0]),
    np.array([2.0, -1.0]),
), "logreg_loss_grad: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Standardise: `standardise(train, test)`
#
# medium · 10 minutes · 4 points
#
# You need the lesson [House prices: the scale of the features](3_house_prices.ipynb).
#
# Gradient descent likes features of the same size. For each column $j$, let $\mu_j$ and $\sigma_j$ be the mean and the
# population standard deviation (divide by $n$, not by $n - 1$) **of the training set**. Replace every value of that
# column in both sets:
#
# $$x_{ij} \mapsto \frac{x_{ij} - \mu_j}{\sigma_j}.$$
#
# Return the pair `(train_s, test_s)`.
#
# - `train` has the shape `(n, d)`, `test` the shape `(k, d)`, with `n`, `k` and `d` at least 1. Both may be of any integer or
#   float type, and of different ones; all values are finite. The results have the same shapes and hold `float64`.
# - A column is *constant* when all its training values are equal. It carries no information, so it becomes 0 in both
#   sets, whatever the test set holds there. Take care: rounding can give such a column a tiny computed $\sigma_j$, such as
#   $10^{-17}$, in place of 0.
# - Every other column is divided by its $\sigma_j$ and nothing else. Differences from the mean are 0 or of a size from
#   $10^{-150}$ to $10^{150}$: values of about $10^{-6}$ are ordinary, and so are time stamps near $1.7 \cdot 10^9$ that differ
#   by seconds.
#
# <details><summary>Hint 1: why not the statistics of the test set?</summary>
#
# The test set stands for data that you have not seen. A model that learned from your scaled training set expects one
# fixed map from raw to scaled values. What would happen to a test set of one row?
# </details>
#
# <details><summary>Hint 2: find the constant columns</summary>
#
# Compare the largest and the smallest training value of each column. `np.std([0.1] * 3) == 0` is false.
# </details>
#
# <details><summary>Hint 3: no division by 0</summary>
#
# Which divisor does no harm in a constant column, whose result you overwrite anyway? `np.where` chooses between two values,
# column by column.
# </details>


# %% nbgrader={"grade_id": "standardise", "solution": true}
def standardise(train, test):
    """Return both sets scaled by the mean and the population std of the training set; constant columns become 0.

    train: (n, d).  test: (k, d).  Returns: ((n, d), (k, d)).
    """
    ### BEGIN SOLUTION
    train, test = np.asarray(train, dtype=float), np.asarray(test, dtype=float)
    constant = train.max(axis=0) == train.min(axis=0)
    mean, std = train.mean(axis=0), np.where(constant, 1.0, train.std(axis=0))
    return tuple(np.where(constant, 0.0, (X - mean) / std) for X in (train, test))
    ### END SOLUTION


# %% nbgrader={"grade_id": "standardise-visible", "points": 1}
# Visible tests of `standardise`: 1 point.
import numpy as np

# By hand: the training means are 2 and 20, the standard deviations 1 and 10.
train, test = np.array([[1.0, 10.0], [3.0, 30.0]]), np.array([[5.0, 20.0]])
train_s, test_s = standardise(train, test)
assert np.shape(train_s) == (2, 2), (
    "standardise: the scaled training set keeps its shape"
)
assert np.shape(test_s) == (1, 2), "standardise: the scaled test set keeps its shape"
assert np.allclose(train_s, [[-1.0, -1.0], [1.0, 1.0]]), (
    "standardise: the training set of the worked example"
)
assert np.allclose(test_s, [[3.0, 0.0]]), (
    "standardise: the test set of the worked example"
)

# %% nbgrader={"grade_id": "standardise-hidden", "points": 2}
# Hidden tests of `standardise`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import math

import numpy as np


def _columns(train, test):
    """The expected result, one column at a time from exact sums; no column may be constant."""
    out = np.empty(train.shape), np.empty(test.shape)
    for j in range(train.shape[1]):
        values = [float(v) for v in train[:, j]]
        mean = math.fsum(values) / len(values)
        std = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / len(values))
        for source, target in zip((train, test), out, strict=True):
            target[:, j] = [(float(v) - mean) / std for v in source[:, j]]
    return out


rng = np.random.default_rng(6)
for n, k, d in ((2, 1, 1), (2, 5, 3), (3, 3, 2), (7, 1, 5), (20, 4, 1), (39, 19, 4)):
    for whole in (False, True):
        scale, centre = 10.0 ** rng.uniform(-6, 4, size=d), rng.normal(size=d)
        train, test = (
            scale * (rng.normal(size=(n, d)) + centre),
            scale * (rng.normal(size=(k, d)) + centre + 1),
        )
        if whole:
            train, test = (rng.integers(-50, 50, size=(rows, d)) for rows in (n, k))
            train[0], train[1] = -60, 60
        train_s, test_s = standardise(train, test)
        train_true, test_true = _columns(train, test)
        assert np.shape(train_s) == (n, d) and np.shape(test_s) == (k, d), (
            "standardise: both sets keep their shapes"
        )
        assert np.allclose(train_s, train_true, rtol=1e-6, atol=1e-8), (
            "standardise: the training set is scaled by its own mean and population standard deviation"
        )
        assert np.allclose(test_s, test_true, rtol=1e-6, atol=1e-8), (
            "standardise: the test set is scaled by the mean and standard deviation of the training set"
        )
        assert np.allclose(
            standardise(train, test[:1])[1], test_true[:1], rtol=1e-6, atol=1e-8
        ), "standardise: a row of the test set does not depend on the other rows"

for value, n in (
    (0.0, 5),
    (7.0, 8),
    (0.1, 3),
    (0.1, 10),
    (0.7, 6),
    (0.7, 10),
    (-1e6 / 3, 7),
    (-1e6 / 3, 10),
):
    train = np.column_stack([np.full(n, value), rng.normal(size=n), np.full(n, 2.0)])
    test = np.array([[value, 1.0, 2.0], [value + 5, 2.0, 9.0], [value - 2, 3.0, -1.0]])
    train_true, test_true = _columns(train[:, 1:2], test[:, 1:2])
    train_s, test_s = (np.asarray(a) for a in standardise(train, test))
    whole = np.std(train[:, 0]) == 0
    assert np.allclose(train_s[:, [0, 2]], 0, atol=1e-9) or not whole, (
        "standardise: a constant column with a computed std of 0 becomes 0 in the training set"
    )
    assert np.allclose(test_s[:, [0, 2]], 0, atol=1e-9) or not whole, (
        "standardise: a constant column with a computed std of 0 becomes 0 in the test set"
    )
    assert np.allclose(train_s[:, [0, 2]], 0, atol=1e-9) or whole, (
        "standardise: a constant column whose computed std is about 1e-17 becomes 0 in the training set"
    )
    assert np.allclose(test_s[:, [0, 2]], 0, atol=1e-9) or whole, (
        "standardise: a constant column whose computed std is about 1e-17 becomes 0 in the test set"
    )
    assert np.allclose(train_s[:, 1:2], train_true) and np.allclose(
        test_s[:, 1:2], test_true
    ), "standardise: the columns beside constant ones are scaled as usual"

train, test = np.array([[1.0, 4.0], [3.0, 8.0]]), np.array([[5.0, 6.0], [5.0, 8.0]])
assert np.allclose(standardise(train, test)[1], [[3.0, 0.0], [3.0, 1.0]]), (
    "standardise: a column that is constant in the test set alone is scaled as usual"
)

train, test = np.array([[4, 2, 9]]), np.array([[1, 2, 3], [4, 5, 6]])
train_s, test_s = standardise(train, test)
assert np.shape(train_s) == (1, 3) and np.shape(test_s) == (2, 3), (
    "standardise: one training row keeps the shapes"
)
assert np.allclose(train_s, 0) and np.allclose(test_s, 0), (
    "standardise: with one training row every column is constant"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "standardise-inputs", "points": 1}
# Hidden tests of `standardise` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _exact(train, test):
    """Scale by the exact mean, in units in which the numbers are of ordinary size."""
    train, test = np.array(train, dtype=float), np.array(test, dtype=float)
    first = train[0]
    size = np.max(np.abs(train - first), axis=0)
    units = np.where(size > 0, size, np.inf)
    a, b = (train - first) / units, (test - first) / units
    std = np.where(size > 0, a.std(axis=0), 1)
    return (a - a.mean(axis=0)) / std, (b - a.mean(axis=0)) / std


with testing.printing() as told:
    for train, test in (
        ([[100, 7, 0], [120, 7, 127], [3, 7, 50]], [[90, 9, 1], [0, 7, 120]]),
        ([[-100, 7, 0], [120, 7, -128], [3, 7, 50]], [[90, -9, 1], [0, 7, 120]]),
        ([[30_000, 7, 5], [20_000, 7, 3], [0, 7, 300]], [[9, 9, 31_000]]),
        ([[4_000_000_000, 3], [5, 3], [7, 3]], [[1, 3_000_000_000]]),
        ([[300.5, 0.25], [0.5, 0.25], [2000, 0.25]], [[0.125, 0.25], [500, 1]]),
    ):
        expected = _exact(train, test)
        trains, tests = (list(testing.of_every_type(a))[1:] for a in (train, test))
        for few in (
            *zip(trains, tests, strict=False),
            *zip(trains, reversed(tests), strict=False),
        ):
            got = standardise(*few)
            assert np.allclose(got[0], expected[0], rtol=1e-9, atol=1e-12), (
                "standardise: scales a training set of every integer and float type alike"
            )
            assert np.allclose(got[1], expected[1], rtol=1e-9, atol=1e-12), (
                "standardise: scales a test set of every integer and float type alike"
            )
    train = np.array(
        [[1.0, 2.0, 3.0], [3.0, 0.0, 3.0], [0.5, 1.0, 3.0], [2.0, 7.0, 3.0]]
    )
    test = np.array([[1.0, 1.0, 4.0], [2.0, -8.0, 3.0]])
    expected = _exact(train, test)
    for few in zip(*map(testing.of_every_layout, (train, test)), strict=True):
        before = testing.snapshot(few)
        got = standardise(*few)
        assert np.allclose(got[0], expected[0], rtol=1e-9) and np.allclose(
            got[1], expected[1], rtol=1e-9
        ), "standardise: does not depend on how its inputs lie in memory"
        assert testing.same(few, before), "standardise: leaves its inputs unchanged"
        assert testing.apart(got, few), "standardise: returns arrays of its own"
    units = np.array([1e-150, 1e12, 1.0]), np.array([1e150, 1e-12, 1e-300])
    for unit in units:
        got = standardise(train * unit, test * unit)
        assert np.allclose(got[0], expected[0], rtol=1e-9, atol=1e-12), (
            "standardise: divides a column by its std however tiny or huge that is"
        )
        assert np.allclose(got[1], expected[1], rtol=1e-9, atol=1e-12), (
            "standardise: scales the test set in tiny and in huge units too"
        )
    train = 1.7e9 + np.array([[0.0, 0.0], [1.0, 3600.0], [2.0, 60.0], [1.0, 0.0]])
    test = 1.7e9 + np.array([[3.0, 7200.0]])
    got, expected = standardise(train, test), _exact(train, test)
    assert np.allclose(got[0], expected[0], atol=2e-6), (
        "standardise: a column of time stamps near 1.7e9 that differ by seconds is scaled like any other"
    )
    assert np.allclose(got[1], expected[1], atol=1e-5), (
        "standardise: time stamps of the test set are scaled by those of the training set"
    )
    near = 1e6 + 1e-7 * np.array([[0.0], [1.0], [3.0], [2.0]])
    assert np.allclose(standardise(near, near), _exact(near, near), atol=0.02), (
        "standardise: a column whose values differ only in their last digits is not constant"
    )
    again = standardise(train, test)
    assert np.array_equal(again[0], got[0]) and testing.apart(again, got), (
        "standardise: keeps nothing between calls"
    )
    for train in (
        *testing.near_the_limits([[1, 0.5], [0, 1], [0.25, 0]]),
        *testing.near_the_limits([[1, -1], [-1, 1], [0.25, 1]]),
    ):
        got, expected = standardise(train, train[::-1]), _exact(train, train[::-1])
        assert np.allclose(got[0], expected[0], rtol=1e-9, atol=1e-12) and np.allclose(
            got[1], expected[1], rtol=1e-9, atol=1e-12
        ), (
            "standardise: numbers next to the limits of their type neither wrap around nor overflow"
        )
    rng = testing.drawn("standardise-inputs")
    train, test = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    expected = _exact(train, test)
    for a, b in zip(*map(testing.of_every_layout, (train, test)), strict=True):
        got = standardise(a, b)
        assert np.allclose(got[0], expected[0], rtol=1e-9) and np.allclose(
            got[1], expected[1], rtol=1e-9
        ), "standardise: square sets count by columns, however they lie in memory"
    (train,), test = testing.many(rng, train), rng.normal(size=(testing.MANY, 3))
    rare = np.ones(testing.MANY)  # all equal but one
    for place in (0, 1400, testing.MANY - 1):
        rare[:] = 1.0
        rare[place] = 4.0
        train[:, 1] = rare
        got, expected = standardise(train, test), _exact(train, test)
        assert np.allclose(got[0], expected[0], rtol=1e-7, atol=1e-9) and np.allclose(
            got[1], expected[1], rtol=1e-7, atol=1e-9
        ), (
            "standardise: each of thousands of rows counts, and a column with one other value is not constant"
        )
    train, test = rng.normal(size=(3, testing.MANY)), rng.normal(size=(2, testing.MANY))
    got, expected = standardise(train, test), _exact(train, test)
    assert np.allclose(got[0], expected[0], rtol=1e-7) and np.allclose(
        got[1], expected[1], rtol=1e-7
    ), "standardise: scales each of thousands of columns"
    neutral = np.array([[-1.0, 1.0], [1.0, -1.0]])
    got = standardise(neutral, neutral)
    assert testing.apart(got, neutral) and np.allclose(got, [neutral, neutral]), (
        "standardise: sets that are standardised already give arrays of their own too"
    )
assert told() == "", "standardise: prints nothing"
assert testing.sees_refilled(
    standardise,
    np.array([[1.0, 2.0], [3.0, 5.0], [4.0, 9.0]]),
    np.array([[2.0, 4.0], [7.0, 1.0]]),
), "standardise: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Back to raw units: `unscale(w, b, mean, std)`
#
# medium · 10 minutes · 4 points
#
# You need the lesson [House prices: the scale of the features](3_house_prices.ipynb).
#
# You trained a linear model on standardised features. It predicts
#
# $$\hat y = \sum_{j=1}^{d} w_j\, s_j + b, \qquad s_j = \frac{x_j - \mu_j}{\sigma_j}.$$
#
# Return the pair `(w_raw, b_raw)` of the same model on raw features: for **every** $x$,
#
# $$\hat y = \sum_{j=1}^{d} w^{\text{raw}}_j\, x_j + b^{\text{raw}}.$$
#
# - `w`, `mean` and `std` have the shape `(d,)` and `b` is a number. `w_raw` has the shape `(d,)` and `b_raw` is a
#   number. All four may be of any integer or float type, and of different ones; all values are finite.
# - Features have units of their own: a $\sigma_j$ of $10^{-12}$ beside one of $10^{12}$ is ordinary, and every entry of `w_raw`
#   is to be right to a relative error of $10^{-9}$.
# - `std[j]` is never negative. Where it is 0 the feature was constant and `standardise` set it to 0 for every sample,
#   so $s_j = 0$ in the first formula, whatever `w[j]` and `mean[j]` are. There `w_raw[j]` is 0.
#
# <details><summary>Hint 1: insert</summary>
#
# Put $(x_j - \mu_j)/\sigma_j$ in place of $s_j$ in the first formula. Sort the terms: those with $x_j$, and those
# without.
# </details>
#
# <details><summary>Hint 2: what belongs to the bias</summary>
#
# Each feature leaves the constant $-w_j \mu_j / \sigma_j$ behind. It is $-w^{\text{raw}}_j \mu_j$.
# </details>
#
# <details><summary>Hint 3: the features with std 0</summary>
#
# Which raw weight must such a feature have, and what does it then add to the bias? `np.where` and `np.divide` can both leave
# out some entries.
# </details>


# %% nbgrader={"grade_id": "unscale", "solution": true}
def unscale(w, b, mean, std):
    """Return the weights and the bias, for raw features, of a linear model of standardised ones.

    w, mean, std: (d,).  b: float.  Returns: ((d,), float).
    """
    ### BEGIN SOLUTION
    w, mean, std = (np.asarray(a, dtype=float) for a in (w, mean, std))
    w_raw = np.where(std > 0, w / np.where(std > 0, std, 1), 0.0)
    return w_raw, float(b - w_raw @ mean)
    ### END SOLUTION


# %% nbgrader={"grade_id": "unscale-visible", "points": 1}
# Visible tests of `unscale`: 1 point.
import numpy as np

# By hand: 3 (x1 - 10)/2 + 4 (x2 - 20)/8 + 5 is 1.5 x1 + 0.5 x2 - 15 - 10 + 5.
w_raw, b_raw = unscale(
    np.array([3.0, 4.0]), 5.0, np.array([10.0, 20.0]), np.array([2.0, 8.0])
)
assert np.shape(w_raw) == (2,), "unscale: returns one raw weight for each feature"
assert np.ndim(b_raw) == 0, "unscale: the raw bias is one number"
assert np.allclose(w_raw, [1.5, 0.5]), "unscale: the weights of the worked example"
assert np.isclose(b_raw, -20.0), "unscale: the bias of the worked example"

# %% nbgrader={"grade_id": "unscale-hidden", "points": 2}
# Hidden tests of `unscale`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(7)
for d in (1, 1, 2, 3, 4, 6):
    for _ in range(2):
        w, b = rng.normal(scale=3, size=d), float(rng.normal(scale=5))
        mean, std = rng.normal(scale=4, size=d), rng.uniform(0.2, 5, size=d)
        w_raw, b_raw = unscale(w, b, mean, std)
        assert np.shape(w_raw) == (d,) and np.ndim(b_raw) == 0, (
            "unscale: returns an array of shape (d,) and a number"
        )
        X = rng.normal(scale=10, size=(8, d))
        predictions = ((X - mean) / std) @ w + b
        assert np.allclose(
            X @ np.asarray(w_raw) + b_raw, predictions, rtol=1e-7, atol=1e-8
        ), "unscale: both models predict the same for every input"

for _ in range(4):
    X = rng.normal(size=(30, 3)) * [1.0, 50.0, 0.02] + [5.0, 120.0, -1.0]
    y = X @ [2.0, -0.3, 40.0] + 7 + rng.normal(size=30)
    mean, std = X.mean(axis=0), X.std(axis=0)
    fits = [
        np.linalg.lstsq(np.column_stack([A, np.ones(30)]), y, rcond=None)[0]
        for A in (X, (X - mean) / std)
    ]
    w_raw, b_raw = unscale(fits[1][:3], float(fits[1][3]), mean, std)
    assert np.allclose(w_raw, fits[0][:3], rtol=1e-6, atol=1e-8), (
        "unscale: the weights of a fit on scaled features become those of the fit on raw ones"
    )
    assert np.isclose(b_raw, fits[0][3], rtol=1e-6, atol=1e-8), (
        "unscale: the bias of a fit on scaled features becomes that of the fit on raw ones"
    )

w, mean, std = (
    np.array([2.0, 9.0, -1.0, 7.0]),
    np.array([1.0, 30.0, 4.0, 0.0]),
    np.array([0.5, 0.0, 2.0, 0.0]),
)
w_raw, b_raw = unscale(w, 1.0, mean, std)
assert np.all(np.isfinite(w_raw)) and np.isfinite(b_raw), (
    "unscale: a std of 0 gives neither inf nor nan"
)
assert np.all(np.asarray(w_raw)[[1, 3]] == 0), (
    "unscale: the raw weight of a constant feature is 0"
)
assert np.allclose(w_raw, [4.0, 0.0, -0.5, 0.0]), (
    "unscale: the weights beside a constant feature are as usual"
)
assert np.isclose(b_raw, -1.0), "unscale: a constant feature does not move the bias"

w_raw, b_raw = unscale(w, 2.5, mean, np.zeros(4))
assert np.allclose(w_raw, 0) and np.isclose(b_raw, 2.5), (
    "unscale: where every feature is constant the bias is all that is left"
)
w, mean, std = np.array([1.0, -2.0]), np.zeros(2), np.ones(2)
w_raw, b_raw = unscale(w, 3.0, mean, std)
assert np.allclose(w_raw, w) and np.isclose(b_raw, 3.0), (
    "unscale: a scaling that changes nothing changes no weight"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "unscale-inputs", "points": 1}
# Hidden tests of `unscale` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import math
from fractions import Fraction

import numpy as np

from gdcourse import testing


def _exact(w, b, mean, std):
    """The raw weights and the raw bias, by fractions."""
    parts = [
        (Fraction(v) / Fraction(s) if s else Fraction(0), Fraction(m))
        for v, m, s in zip(w, mean, std, strict=True)
    ]
    return [float(v) for v, _ in parts], float(b - sum(v * m for v, m in parts))


with testing.printing() as told:
    for w, mean, std in (
        ([100, 3, 7, 90], [100, 120, 9, 2], [2, 1, 0, 125]),
        ([-100, 3, 7, 90], [100, -128, 9, 127], [2, 1, 0, 125]),
        ([30_000, 5], [-300, 32_000], [3, 0]),
        ([4_000_000_000, 3], [4_000_000_000, 1], [1, 2]),
        ([300.5, 0.25], [2000, -0.5], [0.125, 0.75]),
    ):
        weights, bias = _exact(w, 3, mean, std)
        ws, means, stds = (list(testing.of_every_type(a))[1:] for a in (w, mean, std))
        for few in (
            *zip(ws, means, stds, strict=False),
            *zip(ws, reversed(means), stds[::-1], strict=False),
        ):
            w_raw, b_raw = unscale(few[0], 3, few[1], few[2])
            assert np.allclose(w_raw, weights, rtol=1e-9, atol=0), (
                "unscale: the raw weights are the same for every integer and float type"
            )
            assert np.isclose(float(b_raw), bias, rtol=1e-9), (
                "unscale: the raw bias is the same for every integer and float type"
            )
    w, mean, std = np.array([[2.0, 9.0, -1.0], [1.0, 30.0, 4.0], [0.5, 0.0, 2.0]])
    for few in zip(*map(testing.of_every_layout, (w, mean, std)), strict=True):
        before = testing.snapshot(few)
        w_raw, b_raw = unscale(few[0], 1.0, few[1], few[2])
        assert np.allclose(w_raw, [4, 0, -0.5], rtol=1e-9) and np.isclose(
            b_raw, -1, rtol=1e-9
        ), "unscale: does not depend on how its inputs lie in memory"
        assert testing.same(few, before), (
            "unscale: leaves its inputs unchanged, also where a std is 0"
        )
        assert testing.apart(w_raw, few), "unscale: returns an array of its own"
    units = np.array([1e-12, 1e12, 1.0, 1e-150, 1e150])  # five features, five units
    w, mean, std = np.array(
        [
            [2.0, -3.0, 9.0, 1.0, 5.0],
            [1.0, 4.0, 30.0, -2.0, 8.0],
            [0.5, 3.0, 0.0, 2.0, 1.0],
        ]
    )
    w_raw, b_raw = unscale(w, 1.0, mean * units, std * units)
    weights, bias = _exact(w, 1, mean, std)
    assert np.allclose(np.asarray(w_raw) * units, weights, rtol=1e-9, atol=0), (
        "unscale: each raw weight is right on its own, in tiny and in huge units; a tiny std is not 0"
    )
    assert np.isclose(float(b_raw), bias, rtol=1e-9), (
        "unscale: the raw bias does not depend on the units"
    )
    for scale in testing.SCALES:
        w_raw, b_raw = unscale(w * scale, 1.0 * scale, mean, std)
        assert np.allclose(np.asarray(w_raw) / scale, weights, rtol=1e-9, atol=0), (
            "unscale: tiny and huge weights count in full"
        )
        assert np.isclose(float(b_raw) / scale, bias, rtol=1e-9), (
            "unscale: a tiny or huge bias counts in full"
        )
    stamps = 1.7e9 + mean
    w_raw, b_raw = unscale(w, 1.0, stamps, std)
    weights, bias = _exact(w, 1, stamps, std)
    assert np.allclose(w_raw, weights, rtol=1e-12) and np.isclose(
        float(b_raw), bias, rtol=1e-12
    ), "unscale: means near 1.7e9, as of time stamps, cost no digits"
    again = unscale(w, 1.0, stamps, std)
    assert np.array_equal(again[0], w_raw) and testing.apart(again[0], w_raw), (
        "unscale: keeps nothing between calls"
    )
    for x in (
        *testing.near_the_limits([1, -1, 0.5]),
        *testing.near_the_limits([1, 0.25, 0.5]),
    ):
        one = np.ones(3, dtype=x.dtype)
        w_raw, b_raw = unscale(x, x[0], x[::-1], one)
        weights, bias = _exact(
            x.tolist(), Fraction(float(x[0])), x[::-1].tolist(), [1] * 3
        )
        assert np.allclose(w_raw, weights, rtol=1e-9, atol=0) and np.isclose(
            float(b_raw), bias, rtol=1e-9, atol=0
        ), (
            "unscale: numbers next to the limits of their type neither wrap around nor overflow"
        )
        b_raw = unscale(np.array([0.3]), x[0], np.array([0.7]), np.array([0.9]))[1]
        bias = float(x[0]) - 0.3 / 0.9 * 0.7
        assert np.isclose(float(b_raw), bias, rtol=1e-12, atol=0), (
            "unscale: the raw bias is float64, whatever the type of b"
        )
    rng = testing.drawn("unscale-inputs")
    w, mean = rng.normal(size=(2, testing.MANY))
    std = rng.choice([0.0, 0.5, 1.0, 3.0], size=testing.MANY)
    w_raw, b_raw = unscale(w, 1.0, mean, std)
    weights = [
        v / s if s else 0.0 for v, s in zip(w.tolist(), std.tolist(), strict=True)
    ]
    assert np.allclose(w_raw, weights, rtol=1e-9, atol=0) and np.isclose(
        float(b_raw), 1.0 - math.fsum(weights * mean), rtol=1e-9, atol=1e-9
    ), "unscale: each of thousands of features counts"
    w, mean, one = np.array([1.0, -2.0]), np.zeros(2), np.ones(2)
    w_raw, b_raw = unscale(w, 0.0, mean, one)
    assert testing.apart(w_raw, (w, mean, one)) and np.allclose(w_raw, w), (
        "unscale: a scaling that changes nothing gives an array of its own too"
    )
assert told() == "", "unscale: prints nothing"
assert testing.sees_refilled(
    lambda w, mean, std: unscale(w, 1.0, mean, std),
    np.array([1.0, -2.0]),
    np.array([3.0, 5.0]),
    np.array([2.0, 0.5]),
), "unscale: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 8. When to stop: `should_stop(history, rule, tol, patience)`
#
# hard · 20 minutes · 4 points
#
# You need the lesson [When to stop](9_when_to_stop.ipynb).
#
# `history` is a list of Python floats, one for each iteration so far, the newest last. Return `True` if training should stop
# now and `False` if not. Call the last `patience` entries *recent* and all those before them *earlier*.
#
# | `rule` | `history` holds | stop when | entries needed |
# |---|---|---|---|
# | `"step"` | norms of the steps | every recent entry is below `tol` | `patience` |
# | `"gradient"` | norms of the gradients | every recent entry is below `tol` | `patience` |
# | `"decrease"` | training losses | every recent change is less than `tol` in size | `patience + 1` |
# | `"patience"` | validation losses | no recent entry improves on the best earlier entry | `patience + 1` |
#
# - A *recent change* is the difference between a recent entry and the entry just before it. Its size is its absolute
#   value: a loss that rises by 5 has not converged.
# - *Below* and *less than* are strict: an entry equal to `tol` does not count.
# - Under `"patience"`, the *best earlier entry* is the smallest of the earlier entries that are not NaN, or infinity if
#   all of them are NaN. A recent entry $v$ *improves* on it when $v < \text{best} - \text{tol}$. NaN never improves.
# - A history that is too short gives `False`.
# - NaN is never below `tol`, and a difference that is NaN is never less than `tol`.
# - Entries may be NaN or infinite at any place. Norms are 0 or more; losses may be negative, tiny or huge.
# - `tol` is 0 or more and finite, `patience` an integer of 1 or more. Any other `rule` raises `ValueError`, whatever the
#   history.
#
# <details><summary>Hint 1: NaN and comparisons</summary>
#
# Every comparison with NaN is false: `nan < tol` and `nan >= tol` alike. So `v < tol` and `not v >= tol` differ. Which
# of them treats NaN as the rules above ask for? And what does `min([float("nan"), 1.0])` return?
# </details>
#
# <details><summary>Hint 2: the slices</summary>
#
# `history[-patience:]` are the recent entries, `history[:-patience]` the earlier ones. Look at both for a history that
# is too short: `all` of an empty list is `True`.
# </details>
#
# <details><summary>Hint 3: the differences</summary>
#
# How many entries do `patience` changes need? Two slices of that history, one place apart, hold the entries and those
# before them.
# </details>


# %% nbgrader={"grade_id": "should_stop", "solution": true}
def should_stop(history, rule, tol, patience):
    """Return whether training should stop now.

    history: list of floats, newest last.  rule: "step", "gradient", "decrease" or "patience".  tol: float.
    patience: int.  Returns: bool.  Raises ValueError on another rule.
    """
    ### BEGIN SOLUTION
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError(
            f"rule must be 'step', 'gradient', 'decrease' or 'patience', got {rule!r}"
        )
    earlier, recent = history[:-patience], history[-patience:]
    if rule in ("step", "gradient"):
        return len(recent) == patience and all(v < tol for v in recent)
    if not earlier:
        return False
    if rule == "decrease":
        return all(
            abs(old - new) < tol
            for old, new in zip(history[-patience - 1 : -1], recent, strict=True)
        )
    best = min((v for v in earlier if not np.isnan(v)), default=np.inf)
    return not any(v < best - tol for v in recent)
    ### END SOLUTION


# %% nbgrader={"grade_id": "should_stop-visible", "points": 1}
# Visible tests of `should_stop`: 1 point.
import numpy as np

answer = should_stop([0.5, 0.05, 0.02], "step", 0.1, 2)
assert isinstance(answer, (bool, np.bool_)), "should_stop: returns True or False"

# By hand: the last two steps are below 0.1, the one before them is not.
assert should_stop([0.5, 0.05, 0.02], "step", 0.1, 2), (
    "should_stop: 'step' stops in the worked example"
)
assert not should_stop([0.5, 0.05, 0.02], "step", 0.1, 3), (
    "should_stop: 'step' asks for `patience` small steps"
)
assert should_stop([0.5, 0.05, 0.02], "gradient", 0.1, 2), (
    "should_stop: 'gradient' stops in the worked example"
)

# By hand: the loss falls by 2, then by 0.25, then by 0.125.
assert should_stop([4.0, 2.0, 1.75, 1.625], "decrease", 0.5, 2), (
    "should_stop: 'decrease' stops in the worked example"
)
assert not should_stop([4.0, 2.0, 1.75, 1.625], "decrease", 0.5, 3), (
    "should_stop: 'decrease' asks for `patience` small changes"
)

# By hand: the best of 3 and 2 is 2, and neither 2.5 nor 2.25 is better. But 2 is better than 3.
assert should_stop([3.0, 2.0, 2.5, 2.25], "patience", 0.0, 2), (
    "should_stop: 'patience' stops in the worked example"
)
assert not should_stop([3.0, 2.0, 2.5, 2.25], "patience", 0.0, 3), (
    "should_stop: 'patience' goes on while a recent entry improves on the earlier ones"
)

# By hand: 1.75 is better than 2, but not by more than 0.5.
assert should_stop([2.0, 1.75], "patience", 0.5, 1), (
    "should_stop: 'patience' asks for an improvement of more than tol"
)
assert not should_stop([0.05], "step", 0.1, 2), (
    "should_stop: a history that is too short gives False"
)
assert not should_stop([1.0, 4.0], "decrease", 0.5, 1), (
    "should_stop: 'decrease' looks at the size of the change"
)

# %% nbgrader={"grade_id": "should_stop-hidden", "points": 2}
# Hidden tests of `should_stop`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import itertools

import numpy as np

from gdcourse import testing


def _expected(history, rule, tol, patience):
    """The rules of the table, by counting how many entries in a row meet them, newest first."""
    values = np.array(history, dtype=float)
    if rule == "patience":
        if len(values) <= patience:
            return False
        earlier, recent = np.split(values, [len(values) - patience])
        known = earlier[~np.isnan(earlier)]
        best = np.sort(known)[0] if known.size else np.inf
        return bool(np.count_nonzero(recent < best - tol) == 0)
    if rule == "decrease":
        with np.errstate(invalid="ignore"):
            values = np.abs(values[1:] - values[:-1])
    run = 0
    while run < len(values) and values[-1 - run] < tol:
        run += 1
    return run >= patience


RULES = ("step", "gradient", "decrease", "patience")
nan = float("nan")
for rule in RULES:
    assert not should_stop([], rule, 1.0, 1), (
        "should_stop: an empty history is too short"
    )
    assert not should_stop([0.0, 0.0], rule, 1.0, 3), (
        "should_stop: a history that is too short gives False"
    )
assert not should_stop([1.0, 1.0], "decrease", 0.5, 2), (
    "should_stop: two entries have one difference only"
)
assert not should_stop([1.0, 1.0], "patience", 0.5, 2), (
    "should_stop: 'patience' needs an earlier entry to compare with"
)
assert not should_stop([0.25, 0.5, 0.25], "step", 0.5, 2), (
    "should_stop: 'step' goes on when a recent entry equals tol"
)
assert not should_stop([0.01, nan, 0.01], "step", 0.1, 2), (
    "should_stop: 'step' goes on when a recent entry is NaN"
)
assert not should_stop([0.01, 0.01, nan], "gradient", 0.1, 1), (
    "should_stop: 'gradient' goes on when the newest entry is NaN"
)
assert not should_stop([1.0, nan, nan], "decrease", 0.1, 2), (
    "should_stop: 'decrease' goes on when a recent change is NaN"
)
for history, patience in (
    ([1.0, nan, 1.0], 1),
    ([1.0, 1.0, nan, 1.0], 2),
    ([1.0, nan, 1.0, 1.0], 2),
    ([1.0, 1.0, nan, 1.0, 1.0], 3),
):
    assert not should_stop(history, "decrease", 0.5, patience), (
        "should_stop: 'decrease' goes on where a NaN lies between equal losses"
    )
for best, v, tol in (
    (1.1, 1.0, 0.1),
    (0.3, 0.2, 0.1),
    (0.8, 0.5, 0.3),
    (1.0, 0.9, 0.1),
):
    assert should_stop([best, v], "patience", tol, 1) == (not v < best - tol), (
        "should_stop: 'patience' asks whether v < best - tol, with the rounding of that"
    )
    falls_by = abs(best - v)
    assert should_stop([best, v], "decrease", tol, 1) == (falls_by < tol), (
        "should_stop: 'decrease' asks whether the difference is below tol, with the rounding of that"
    )
assert not should_stop([1.0, 3.0, 9.0], "decrease", 0.1, 2), (
    "should_stop: 'decrease' goes on while the loss rises by more than tol"
)
assert should_stop([1.0, nan, nan], "patience", 0.0, 2), (
    "should_stop: 'patience' stops when the recent entries are NaN"
)
assert should_stop([nan, 1.0, 2.0, 3.0], "patience", 0.0, 2), (
    "should_stop: 'patience' passes over an earlier NaN when it looks for the best"
)
assert not should_stop([nan, 3.0, 2.0, 1.0], "patience", 0.0, 2), (
    "should_stop: 'patience' goes on when recent entries improve on the numbers after an earlier NaN"
)
assert should_stop([nan, nan, nan], "patience", 0.0, 2), (
    "should_stop: 'patience' stops when every entry of the history is NaN"
)
assert not should_stop([nan, 5.0], "patience", 0.0, 1), (
    "should_stop: 'patience' goes on when all earlier entries are NaN and a recent one is a number"
)
for recent in ([nan, 1.0], [1.0, nan], [nan, 1.0, nan]):
    assert not should_stop([2.0, *recent], "patience", 0.0, len(recent)), (
        "should_stop: 'patience' goes on when a recent entry improves, also beside a NaN"
    )
assert should_stop([1.0, 2.0, 1.5], "patience", 0.0, 1), (
    "should_stop: 'patience' compares with the best, not the last"
)
assert should_stop([1.0, 0.75, 0.5], "patience", 0.5, 2), (
    "should_stop: an improvement must be larger than tol"
)
assert not should_stop([1.0, 0.25, 1.0], "decrease", 0.5, 2), (
    "should_stop: 'decrease' goes on when two large changes cancel"
)
assert not should_stop([0.01, 0.9, 0.01], "gradient", 0.5, 2), (
    "should_stop: 'gradient' goes on when one recent entry is large and the others are small"
)
for unknown in ("loss", "Step", ""):
    for history in ([], [1.0, 1.0, 1.0]):
        try:
            should_stop(history, unknown, 0.1, 1)
        except ValueError:
            refused = True
        else:
            refused = False
        assert refused, (
            "should_stop: an unknown rule raises ValueError, whatever the history"
        )


def _follows(history, rule, tol, patience):
    """Does the answer agree with the table?"""
    answer = should_stop(history, rule, tol, patience)
    assert isinstance(answer, (bool, np.bool_)), (
        "should_stop: returns True or False for every history"
    )
    agrees = bool(answer) == _expected(history, rule, tol, patience)
    assert agrees or rule != "step", "should_stop: 'step' follows the table"
    assert agrees or rule != "gradient", "should_stop: 'gradient' follows the table"
    assert agrees or rule != "decrease", "should_stop: 'decrease' follows the table"
    return agrees


rng = np.random.default_rng(8)
falling = [0.5, 0.4375, 0.125, 0.0625, 0.03125, 0.015625, 0.015625]
for rule in RULES:
    low = -3 if rule in ("decrease", "patience") else 0  # a norm is never negative
    odd = [nan, np.inf, -np.inf] if low else [nan, np.inf]
    for case in range(64):
        patience = int(rng.integers(1, 5))
        tol = float(rng.choice([0.0, 0.25, 0.5, 0.75]))
        history = rng.integers(low, 4, size=int(rng.integers(0, 10))) / 4
        if case % 2 == 0:
            special = rng.choice(odd, size=history.size)
            history = np.where(rng.random(history.size) > 0.3, history, special)
        assert _follows(history.tolist(), rule, tol, patience), (
            "should_stop: 'patience' follows the table"
        )
    for case in range(32):  # tenths, where v < best - tol and best - v > tol differ
        history = rng.integers(low, 12, size=4) / 10
        tol = float(rng.integers(1, 4)) / 10
        assert _follows(history.tolist(), rule, tol, 1 + case % 2), (
            "should_stop: 'patience' compares as the task says, where rounding decides too"
        )
    histories = falling, falling[::-1], [0.25, *falling[:4], 0.0, 0.0]
    for turn, (special, history) in enumerate(itertools.product(odd, histories)):
        for place in range(7):
            changed = list(history)
            changed[place] = special
            assert _follows(changed, rule, 0.0625, 1 + 2 * ((turn + place) % 2)), (
                "should_stop: 'patience' follows the table with a NaN or an infinity at any place"
            )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "should_stop-inputs", "points": 1}
# Hidden tests of `should_stop` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

with testing.printing() as told:
    for scale in (*testing.SCALES, 2.0**-60, 2.0**60):
        below, above = np.nextafter(scale, 0.0), np.nextafter(scale, np.inf)
        for rule in ("step", "gradient"):
            assert should_stop([5 * scale, float(below)], rule, scale, 1), (
                "should_stop: an entry just below tol is below, however small or large tol is"
            )
            for value in (scale, float(above)):
                assert not should_stop([value, 0.0, value], rule, scale, 1), (
                    "should_stop: an entry at tol or just above it is not below, however small or large tol is"
                )
        assert should_stop([3 * scale, 2 * scale], "decrease", 1.0625 * scale, 1), (
            "should_stop: a change is compared with tol itself, however small or large the losses are"
        )
        assert not should_stop([3 * scale, 2 * scale], "decrease", 0.9375 * scale, 1), (
            "should_stop: 'decrease' goes on while changes are larger than tol, however small the losses are"
        )
        assert not should_stop([4 * scale, 2 * scale], "patience", 1.5 * scale, 1), (
            "should_stop: an improvement counts however small or large the losses are"
        )
        assert should_stop([4 * scale, 2 * scale], "patience", 2.5 * scale, 1), (
            "should_stop: an improvement of less than tol is none, however large the losses are"
        )
        assert not should_stop([-2 * scale, -4 * scale], "patience", 1.5 * scale, 1), (
            "should_stop: losses may be negative, and fall further"
        )
        assert should_stop([-4 * scale, -2 * scale], "patience", 0.0, 1), (
            "should_stop: negative losses that rise do not improve"
        )
    base = 2.0**31
    assert not should_stop([base, base + 1.0], "decrease", 0.5, 1), (
        "should_stop: a change is no ratio, also where the losses are large"
    )
    assert not should_stop([base, base - 1.0], "patience", 0.5, 1), (
        "should_stop: an improvement is no ratio, also where the losses are large"
    )
    for rule in ("step", "gradient", "decrease", "patience"):
        history = [0.5, float("nan"), 0.25, 0.125]
        before = testing.snapshot(history)
        first = should_stop(history, rule, 0.5, 1)
        assert testing.same(history, before), (
            "should_stop: leaves the history unchanged"
        )
        assert not should_stop([9.0, 3.0], rule, 0.5, 1), (
            "should_stop: keeps nothing between calls"
        )
        assert should_stop(history, rule, 0.5, 1) == first, (
            "should_stop: the same call gives the same answer again"
        )
        long = [1.0] * 300 + [0.0] * 3
        assert should_stop(long, rule, 0.5, 2) and not should_stop(
            long, rule, 0.5, 303
        ), "should_stop: a long history is as good as a short one"
        usual, odd = (0.0, 1.0) if rule in ("step", "gradient") else (1.0, 0.0)
        long = [usual] * testing.MANY
        long[-1600] = odd
        assert [should_stop(long, rule, 0.5, k) for k in (1500, 1700)] == [
            True,
            False,
        ], "should_stop: looks at each of thousands of recent entries"
        assert should_stop([0.25, *long[-1599:]], "patience", 0.5, 1), (
            "should_stop: the best earlier entry may lie thousands of entries back"
        )
    for unknown in (None, "step ", "PATIENCE"):
        try:
            should_stop([1.0, 1.0], unknown, 0.1, 1)
        except ValueError:
            refused = True
        else:
            refused = False
        assert refused, "should_stop: refuses every rule that is not in the table"
assert told() == "", "should_stop: prints nothing"
### END HIDDEN TESTS

# %% [markdown]
# ## 9. A cross-entropy on its guard: `bce_guard(p, y)`
#
# medium · 10 minutes · 4 points
#
# You need the lesson [Which loss? Look at how it pulls](6_which_loss.ipynb).
#
# Given probabilities $p_i$ and labels $y_i \in \{0, 1\}$, return the mean binary cross-entropy
#
# $$L = -\frac{1}{n} \sum_{i=1}^{n} \begin{cases} \log p_i & \text{if } y_i = 1, \\ \log (1 - p_i) & \text{if } y_i = 0.
#   \end{cases}$$
#
# With labels such as 0 to 9 the usual formula $-y \log p - (1 - y) \log(1 - p)$ gives a number all the same, and it has
# no lower bound: descent can push it down for ever. So refuse what makes no sense. Raise `ValueError` when
#
# - `p` and `y` differ in shape: `(n,)` against `(n, 1)` is refused, not broadcast;
# - a label is neither 0 nor 1 (0.5, $-1$, 9 or NaN);
# - a probability is below 0, above 1 or NaN.
#
# Everything else is accepted:
#
# - `p` and `y` are arrays of the shape `(n,)` with `n` at least 1. Probabilities may be floats or integers, labels floats,
#   booleans or integers, each of any type, such as `float16` or `uint8`.
# - A probability of exactly 0 or 1 is legal. On the right side ($y = 1, p = 1$ or $y = 0, p = 0$) the sample costs 0.
#   On the wrong side it costs infinity, and so does the mean. Nothing is clipped: $p = 10^{-300}$ with $y = 1$ costs
#   $300 \log 10$. A warning about a division by zero costs no points.
# - The tests allow a relative error of $10^{-9}$ and an absolute one of $10^{-12}$: there, $\log(1 - p)$ is as good as `log1p`.
#
# <details><summary>Hint 1: NaN slips through</summary>
#
# `(p < 0) | (p > 1)` is false for NaN. Ask the other way round: are all of them inside?
# </details>
#
# <details><summary>Hint 2: zero times infinity</summary>
#
# `0 * np.log(0)` is NaN. Choose the probability of the observed label first, then take one logarithm for each sample.
# </details>
#
# <details><summary>Hint 3: the order of the questions</summary>
#
# Ask about the shapes first: the other two questions compare entry with entry. `np.errstate` keeps NumPy quiet about
# $\log 0$.
# </details>


# %% nbgrader={"grade_id": "bce_guard", "solution": true}
def bce_guard(p, y):
    """Return the mean binary cross-entropy of the probabilities p against the labels y.

    p: (n,) in [0, 1].  y: (n,) in {0, 1}.  Returns: float, possibly inf.  Raises ValueError on anything else.
    """
    ### BEGIN SOLUTION
    p, y = np.asarray(p, dtype=float), np.asarray(y, dtype=float)
    if p.shape != y.shape:
        raise ValueError(
            f"p and y must have the same shape, got {p.shape} and {y.shape}"
        )
    if not np.all((y == 0) | (y == 1)):
        raise ValueError(f"labels must be 0 or 1, got {np.unique(y)}")
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"probabilities must lie in [0, 1], got {p}")
    with np.errstate(divide="ignore"):
        return float(-np.mean(np.log(np.where(y == 1, p, 1 - p))))
    ### END SOLUTION


# %% nbgrader={"grade_id": "bce_guard-visible", "points": 1}
# Visible tests of `bce_guard`: 1 point.
import numpy as np

# By hand: the observed labels have the probabilities 1/2 and 1/4, which cost log 2 and log 4.
assert np.ndim(bce_guard(np.array([0.5, 0.75]), np.array([1, 0]))) == 0, (
    "bce_guard: returns one number"
)
assert np.isclose(
    bce_guard(np.array([0.5, 0.75]), np.array([1, 0])), 1.5 * np.log(2)
), "bce_guard: agrees with the worked example"

# By hand: the first sample costs nothing, the second log 2.
assert np.isclose(bce_guard(np.array([1.0, 0.5]), np.array([1, 1])), np.log(2) / 2), (
    "bce_guard: a sure and right prediction costs nothing"
)

try:
    bce_guard(np.array([0.5, 0.75]), np.array([1, 9]))
except ValueError:
    refused = True
else:
    refused = False
assert refused, "bce_guard: a label of 9 raises ValueError"

try:
    bce_guard(np.array([0.5, 0.75]), np.array([[1], [0]]))
except ValueError:
    refused = True
else:
    refused = False
assert refused, (
    "bce_guard: a column of labels against a row of probabilities raises ValueError"
)

# %% nbgrader={"grade_id": "bce_guard-hidden", "points": 2}
# Hidden tests of `bce_guard`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import xlog1py, xlogy

rng = np.random.default_rng(9)
for n in (1, 1, 2, 3, 5, 9, 20, 39):
    p, y = rng.uniform(0.001, 0.999, size=n), rng.integers(0, 2, size=n)
    for labels in (y, 1 - y, np.zeros(n), np.ones(n)):
        oracle = -sum(xlogy(labels, p) + xlog1py(1 - labels, -p)) / n
        loss = bce_guard(p, labels)
        assert np.ndim(loss) == 0, "bce_guard: returns one number for any n"
        assert np.isclose(loss, oracle, rtol=1e-7, atol=1e-12), (
            "bce_guard: is the mean over the samples"
        )

assert abs(bce_guard(np.array([1.0, 0.0, 1.0]), np.array([1, 0, 1]))) < 1e-12, (
    "bce_guard: sure and right predictions cost nothing"
)
assert np.isclose(
    bce_guard(np.array([1.0, 0.5, 0.0, 0.5]), np.array([1, 1, 0, 0])), np.log(2) / 2
), "bce_guard: sure and right predictions beside others cost nothing"
assert bce_guard(np.array([0.0, 0.5]), np.array([1, 1])) == np.inf, (
    "bce_guard: the logarithm of a probability of 0 is not clipped where the label is 1"
)
assert bce_guard(np.array([0.5, 1.0, 0.2]), np.array([1, 0, 0])) == np.inf, (
    "bce_guard: the logarithm of a probability of 0 is not clipped where the label is 0"
)
assert bce_guard(np.array([0.0, 1.0, 1.0, 0.0]), np.array([1, 0, 1, 0])) == np.inf, (
    "bce_guard: costs infinity where sure predictions are wrong and others right"
)
for tiny in (1e-300, 5e-324):
    assert np.isclose(
        bce_guard(np.array([tiny, 1.0]), np.array([1, 1])), -np.log(tiny) / 2
    ), "bce_guard: clips nothing, not even the smallest float"
    assert np.isclose(
        bce_guard(np.array([1 - 2.0**-53, 0.0]), np.array([0, 0])), 53 * np.log(2) / 2
    ), "bce_guard: clips nothing next to 1"

assert np.isclose(
    bce_guard(np.full(60, 1e-200), np.ones(60)), 200 * np.log(10), rtol=1e-9
), "bce_guard: adds logarithms, so that many small probabilities cost a finite amount"

half = np.array([0.5, 0.5, 0.5])
for labels in (
    [0, 1, 2],
    [0, 1, -1],
    [7, 8, 9],
    [0.5, 1.0, 0.0],
    [0.0, 1.0, np.nan],
    [0.0, np.nan, 1.0],
    [np.nan, 0.0, 1.0],
    [np.nan, np.nan, np.nan],
    [np.inf, 1.0, 0.0],
    [2, 2, 2],
    [0.5, 0.5, 0.5],
    [0.25, 1.0, 1.0],
    [0.0, 0.75, 0.0],
    [1e-9, 0.0, 1.0],
    [5e-324, 0.0, 1.0],
    [0.0, 1 - 2.0**-53, 1.0],
):
    try:
        bce_guard(half, np.array(labels))
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, "bce_guard: a label that is neither 0 nor 1 raises ValueError"

for bad in (
    -0.1,
    1.1,
    2.0,
    np.nan,
    np.inf,
    -np.inf,
    1 + 2.0**-52,
    1 + 1e-9,
    -1e-9,
    -5e-324,
):
    for place in range(3):
        for label in (0, 1):
            p, y = np.array([0.5, 0.25, 0.75]), np.array([1, 0, 1])
            p[place], y[place] = bad, label
            try:
                bce_guard(p, y)
            except ValueError:
                refused = True
            else:
                refused = False
            assert refused, (
                "bce_guard: a probability outside [0, 1] or NaN raises ValueError"
            )

zeros = np.zeros(3, dtype=int)
for a, b in (
    (half[:, None], zeros),
    (half, zeros[:, None]),
    (half, zeros[:2]),
    (half[:2], zeros),
    (half[:1], zeros),
    (half, zeros[:1]),
    (half[:1], zeros[:1, None]),
    (half, zeros[None, :]),
):
    try:
        bce_guard(a, b)
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, "bce_guard: arrays of different shapes raise ValueError"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "bce_guard-inputs", "points": 1}
# Hidden tests of `bce_guard` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import math

import numpy as np

from gdcourse import testing


def _refuses(p, y):
    try:
        bce_guard(p, y)
    except ValueError:
        return True
    return False


with testing.printing() as told:
    for p, y in (
        ([1, 0, 1, 1], [1, 0, 1, 1]),
        ([0.5, 0.25, 0.125, 0.75], [1, 0, 0, 1]),
        ([2.0**-14, 1 - 2.0**-11, 1, 0.5], [1, 0, 1, 0]),
    ):
        expected = -sum(
            math.log(q if label else 1 - q) for q, label in zip(p, y, strict=True)
        )
        ys = [*list(testing.of_every_type(y))[1:], np.array(y, dtype=bool)]
        for i, a in enumerate(list(testing.of_every_type(p))[1:]):
            for labels in ys[i % 5 :: 5]:
                loss = bce_guard(a, labels)
                assert np.isclose(float(loss), expected / 4, rtol=1e-9, atol=1e-12), (
                    "bce_guard: takes probabilities and labels of every integer and float type, and booleans as labels"
                )
    for labels in list(testing.of_every_type([1, 0, 3]))[1:]:
        assert _refuses(np.array([0.5, 0.5, 0.5]), labels), (
            "bce_guard: refuses a label of 3 in every type"
        )
    for p in list(testing.of_every_type([1, 2, 0]))[1:]:
        assert _refuses(p, np.array([1, 1, 0])), (
            "bce_guard: refuses a probability above 1 in every type"
        )
    p, y = np.array([0.5, 0.2, 0.9, 0.05]), np.array([1, 0, 0, 1])
    expected = bce_guard(p, y)
    for few in zip(*map(testing.of_every_layout, (p, y)), strict=True):
        before = testing.snapshot(few)
        assert np.isclose(bce_guard(*few), expected, rtol=1e-12), (
            "bce_guard: does not depend on how its inputs lie in memory"
        )
        assert testing.same(few, before), "bce_guard: leaves its inputs unchanged"
    for bad in (2.0, -1.0, np.nan, np.inf):
        for few in zip(testing.at_every_place(p, bad), [y, y, y], strict=True):
            before = testing.snapshot(few)
            assert _refuses(*few) and testing.same(few, before), (
                "bce_guard: leaves inputs unchanged that it refuses"
            )
    assert bce_guard(p, y) == expected != bce_guard(p, 1 - y), (
        "bce_guard: keeps nothing between calls"
    )
    for p, y in (
        (np.array([-0.0, 0.5]), np.array([0, 1])),
        (np.array([0.0, 0.5]), np.array([-0.0, 1.0])),
    ):
        assert np.isclose(bce_guard(p, y), math.log(2) / 2, rtol=1e-9), (
            "bce_guard: minus zero is 0, as a probability and as a label"
        )
    rng = testing.drawn("bce_guard-inputs")
    p = rng.uniform(size=60) ** 4  # so that 1 - p is rounded
    p, y = testing.many(rng, p, rng.integers(2, size=60))
    for label in (y[-1], 1 - y[-1]):  # the same arrays, of which one label is another
        y[-1] = label
        before = testing.snapshot((p, y))
        expected = -math.fsum(
            math.log(q if one else 1 - q)
            for q, one in zip(p.tolist(), y.tolist(), strict=True)
        )
        assert np.isclose(bce_guard(p, y), expected / len(p), rtol=1e-9), (
            "bce_guard: each of thousands of samples counts, equal ones too"
        )
        assert testing.same((p, y), before), (
            "bce_guard: leaves its inputs unchanged, to the last digit"
        )
    for place in (1500, len(p) - 1):
        broken = [(p.copy(), y.copy()) for _ in range(3)]
        broken[0][0][place], broken[1][0][place], broken[2][1][place] = np.nan, 1.5, 9
        assert all(_refuses(a, b) for a, b in broken), (
            "bce_guard: refuses one wrong entry among thousands"
        )
assert told() == "", "bce_guard: prints nothing"
assert testing.sees_refilled(
    bce_guard, np.array([0.25, 0.5, 0.75]), np.array([1, 0, 0])
), "bce_guard: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 10. A threshold by cost: `best_threshold(p, y, cost_miss, cost_alarm)`
#
# medium · 15 minutes · 4 points
#
# You need the lesson [From scores to decisions](8_decisions.ipynb).
#
# A model gave the samples the probabilities $p_i$, and afterwards the labels turned out to be $y_i$. A decision says 1 where
# $p_i \ge$ threshold, else 0. Each 1 that it calls 0 costs `cost_miss`, each 0 that it calls 1 costs `cost_alarm`. Return a
# threshold with the smallest total cost on these samples.
#
# - `p` and `y` have the shape `(n,)` with `n` from 1 to 1000; `p` lies in $[0, 1]$, `y` holds 0 and 1, integers, floats or
#   booleans of any type. Both costs are Python numbers from $10^{-300}$ to $10^{300}$.
# - Equal probabilities may occur. Different ones differ by $10^{-12}$ or more.
# - Do not trust the probabilities: they may be far too bold, too timid or even the wrong way round. Only the costs on these
#   samples count.
# - To say 1 to every sample, or to none, can be best too. A threshold may be any float, also below 0 or above 1, or infinite.
# - Often many thresholds are equally good. Any of them is right. The tests compare in `float64`, whatever the type of `p`.
#
# <details><summary>Hint 1: which thresholds are different?</summary>
#
# Move the threshold slowly from 0 to 1. When does a decision change? How many different sets of decisions are there?
# </details>
#
# <details><summary>Hint 2: the two ends</summary>
#
# Which threshold calls every sample 1? Which calls none of them 1? Is that one among the values of `p`?
# </details>
#
# <details><summary>Hint 3: equal probabilities</summary>
#
# Samples with equal $p$ cross the threshold together. If you count step by step along the sorted samples, look only at
# steps where $p$ changes.
# </details>


# %% nbgrader={"grade_id": "best_threshold", "solution": true}
def best_threshold(p, y, cost_miss, cost_alarm):
    """Return a threshold with the smallest total cost of saying 1 where p >= threshold.

    p: (n,) in [0, 1].  y: (n,) in {0, 1}.  cost_miss, cost_alarm: floats above 0.  Returns: float.
    """

    ### BEGIN SOLUTION
    def cost(threshold):
        called = p >= threshold
        return cost_miss * np.sum(~called & (y == 1)) + cost_alarm * np.sum(
            called & (y == 0)
        )

    return float(min([*np.unique(p), np.inf], key=cost))
    ### END SOLUTION


# %% nbgrader={"grade_id": "best_threshold-visible", "points": 1}
# Visible tests of `best_threshold`: 1 point.
import numpy as np


def _cost(threshold, p, y, cost_miss, cost_alarm):
    called = np.asarray(p, dtype=float) >= float(threshold)
    return cost_miss * np.sum(~called & (y == 1)) + cost_alarm * np.sum(
        called & (y == 0)
    )


# By hand: the eight loans of the lesson. From 0.1 on, all three lost ones are called 1 and three good ones too: cost 3.
p = np.array([0.8, 0.6, 0.5, 0.3, 0.2, 0.15, 0.08, 0.05])
y = np.array([1, 0, 1, 0, 0, 1, 0, 0])
answer = best_threshold(p, y, 10, 1)
assert np.ndim(answer) == 0, "best_threshold: returns one number"
assert _cost(answer, p, y, 10, 1) == 3, (
    "best_threshold: reaches the smallest cost on the eight loans when a miss costs more"
)

# By hand: when an alarm costs ten times a miss, it is best to call the loan with 0.8 alone: two misses.
assert _cost(best_threshold(p, y, 1, 10), p, y, 1, 10) == 2, (
    "best_threshold: reaches the smallest cost on the eight loans when an alarm costs more"
)

# %% nbgrader={"grade_id": "best_threshold-hidden", "points": 2}
# Hidden tests of `best_threshold`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _cost(threshold, p, y, cost_miss, cost_alarm):
    called = [value >= float(threshold) for value in p.tolist()]
    pairs = list(zip(called, y.tolist(), strict=True))
    misses = sum(not c and label == 1 for c, label in pairs)
    return cost_miss * misses + cost_alarm * sum(c and label == 0 for c, label in pairs)


def _least(p, y, cost_miss, cost_alarm):
    """The smallest cost of calling the samples with the k largest p, for all k that part no equal ones."""
    order = np.argsort(-p, kind="stable")
    q, labels = p[order], np.asarray(y)[order] == 1
    ends = [k for k in range(len(p) + 1) if k in (0, len(p)) or q[k - 1] > q[k]]
    return min(
        cost_miss * labels[k:].sum() + cost_alarm * (~labels[:k]).sum() for k in ends
    )


def _is_best(p, y, cost_miss, cost_alarm):
    answer = best_threshold(p, y, cost_miss, cost_alarm)
    assert np.ndim(answer) == 0, "best_threshold: returns one number for any n"
    assert not np.isnan(float(answer)), "best_threshold: the threshold is not NaN"
    return np.isclose(
        _cost(answer, p, y, cost_miss, cost_alarm),
        _least(p, y, cost_miss, cost_alarm),
        rtol=1e-9,
        atol=0,
    )


rng = np.random.default_rng(10)
for n in (1, 2, 3, 5, 8, 12, 20, 31, 45, 59):
    p = rng.uniform(size=n)
    y = (rng.uniform(size=n) < p).astype(int)
    miss, alarm = (10.0 ** rng.uniform(-1.5, 1.5, size=2)).tolist()
    assert _is_best(p, y, miss, alarm), (
        "best_threshold: reaches the smallest cost for honest probabilities"
    )
    assert _is_best(p**6, y, miss, alarm), (
        "best_threshold: reaches the smallest cost for probabilities that are far too small"
    )
    assert _is_best(1e-6 * p, y, miss, alarm), (
        "best_threshold: reaches the smallest cost where all probabilities lie close together"
    )
    assert _is_best(np.round(p, 1), y, miss, alarm), (
        "best_threshold: samples with equal probabilities cross the threshold together"
    )
    assert _is_best(1 - p, y, miss, alarm), (
        "best_threshold: reaches the smallest cost for probabilities that are the wrong way round"
    )
for _ in range(40):  # few samples, many ties
    n = int(rng.integers(1, 7))
    p, y = rng.integers(0, 4, size=n) / 3, rng.integers(0, 2, size=n)
    miss, alarm = rng.choice([0.5, 1.0, 2.5, 10.0], size=2).tolist()
    assert _is_best(p, y, miss, alarm), (
        "best_threshold: reaches the smallest cost on few samples with many equal probabilities"
    )

p = np.array([0.2, 0.7, 1.0])
for label, told in ((0, 0), (1, 3)):
    threshold = float(best_threshold(p, np.full(3, label), 1.0, 1.0))
    called = int(np.sum(p >= threshold))
    assert called == told or label == 1, (
        "best_threshold: with labels 0 alone no sample is called 1, not even one with p = 1"
    )
    assert called == told or label == 0, (
        "best_threshold: with labels 1 alone every sample is called 1"
    )
y = np.array([1, 0, 0])
assert _is_best(p, y, 1.0, 100.0), (
    "best_threshold: to call no sample 1 can be the cheapest"
)
assert _is_best(p, y, 100.0, 1.0), (
    "best_threshold: to call every sample 1 can be the cheapest"
)
assert _is_best(np.array([0.0]), np.array([1]), 1.0, 1.0), (
    "best_threshold: a single sample with p = 0 and label 1 is called 1"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "best_threshold-inputs", "points": 1}
# Hidden tests of `best_threshold` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _called(threshold, p):
    return [value >= float(threshold) for value in np.asarray(p).tolist()]


with testing.printing() as told:
    for p, y, expected in (
        ([0, 1, 1, 0], [0, 1, 1, 0], [False, True, True, False]),
        ([0.5, 0.25, 0.75, 0.125], [0, 1, 1, 0], [True, True, True, False]),
        ([1 - 2.0**-11, 1, 0.5, 2.0**-14], [0, 1, 0, 0], [False, True, False, False]),
        ([0.5, 0.5 + 2.0**-11, 0, 1], [0, 1, 0, 1], [False, True, False, True]),
    ):
        ys = [*list(testing.of_every_type(y))[1:], np.array(y, dtype=bool)]
        for i, a in enumerate(list(testing.of_every_type(p))[1:]):
            for labels in ys[i % 3 :: 3]:
                assert _called(best_threshold(a, labels, 3, 2), p) == expected, (
                    "best_threshold: takes probabilities and labels of every integer and float type, and booleans as labels"
                )
    many, labels = (np.repeat(a, [30, 260, 10]) for a in ([0.25, 0.5, 0.75], [0, 1, 0]))
    for kind in ("int8", "uint8", "bool"):
        assert _called(
            best_threshold(many, labels.astype(kind), 1, 2), [0.25, 0.5]
        ) == [
            False,
            True,
        ], "best_threshold: counts hundreds of samples, whatever the type of the labels"
    p, y = np.array([0.1, 0.4, 0.6, 0.9, 0.3]), np.array([0, 1, 0, 1, 1])
    for scale in testing.SCALES:
        for miss, alarm, expected in (
            (3.0, 1.0, [False, True, True, True, True]),
            (1.0, 3.0, [False, False, False, True, False]),
        ):
            assert (
                _called(best_threshold(p, y, miss * scale, alarm * scale), p)
                == expected
            ), (
                "best_threshold: only the ratio of the costs counts, however small or large they are"
            )
    near = 0.5 + 1e-12 * np.array([3, 0, 1, 2])
    assert _called(best_threshold(near, np.array([1, 0, 0, 1]), 1, 1), near) == [
        True,
        False,
        False,
        True,
    ], "best_threshold: probabilities that differ by 1e-12 are different"
    small = np.array([3e-12, 0.0, 1e-12, 2e-12])
    assert _called(best_threshold(small, np.array([1, 0, 0, 1]), 1, 1), small) == [
        True,
        False,
        False,
        True,
    ], "best_threshold: tiny probabilities are not 0"
    for a, labels in zip(*map(testing.of_every_layout, (p, y)), strict=True):
        before = testing.snapshot((a, labels))
        assert _called(best_threshold(a, labels, 1, 3), p)[:4] == [False] * 3 + [
            True
        ], "best_threshold: does not depend on how its inputs lie in memory"
        assert testing.same((a, labels), before), (
            "best_threshold: leaves its inputs unchanged"
        )
    assert _called(best_threshold(p, 1 - y, 3, 1), p) == [True] * 5 and _called(
        best_threshold(p, y, 1, 3), p
    )[:4] == [False] * 3 + [True], "best_threshold: keeps nothing between calls"
    for miss, alarm in ((1e300, 1e-300), (1e-300, 1e300)):
        for p, y, expected in (
            ([0.2, 0.8], [0, 1], [False, True]),
            (
                [0.2, 0.5, 0.8, 0.9],
                [1, 0, 1, 0],
                [miss > 1, miss > 1, miss > 1, miss > 1],
            ),
        ):
            assert (
                _called(best_threshold(np.array(p), np.array(y), miss, alarm), p)
                == expected
            ), "best_threshold: both costs count, however far they lie apart"
    for runs in (
        [1, 41, 100],
        [1, 300, 500],
        [2, 90, 89, 90, 700],
        [300, 299, 50, 200],
    ):
        y = np.concatenate([np.full(n, 1 - i % 2) for i, n in enumerate(runs)])[:999]
        for p in (np.linspace(1, 0, len(y)), np.round(np.linspace(1, 0, len(y)), 2)):
            for labels in (y, 1 - y[::-1]):
                cost = [
                    (labels[p < t] == 1).sum() + (labels[p >= t] == 0).sum()
                    for t in [*sorted(set(p.tolist())), 2.0]
                ]
                called = np.array(_called(best_threshold(p, labels, 1, 1), p))
                assert np.sum(called != (labels == 1)) == min(cost), (
                    "best_threshold: looks at all of hundreds of values, however long nothing gets better"
                )
assert told() == "", "best_threshold: prints nothing"
assert testing.sees_refilled(
    lambda p, y: best_threshold(p, y, 3.0, 1.0),
    np.array([0.1, 0.4, 0.6, 0.7]),
    np.array([0, 1, 0, 1]),
), "best_threshold: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 11. What is wrong with this loss? `diagnose_loss(loss)`
#
# hard · 20 minutes · 4 points
#
# You need the lesson [Softmax: losses from scores](5_softmax.ipynb).
#
# `loss(logits, y)` is a black box. `logits` has the shape `(n, k)`, `y` holds `n` integers from 0 to `k - 1`, and it returns a
# number. It should be the mean softmax cross-entropy. You may only call it. Return what it is:
#
# | verdict | the box computes |
# |---|---|
# | `"right"` | the mean cross-entropy, right for logits of any size |
# | `"twice"` | the same, but of `softmax(logits)` in place of `logits` |
# | `"sum"` | the sum over the samples in place of the mean |
# | `"patched"` | the mean of $-\log(p + \varepsilon)$, with an $\varepsilon$ from $10^{-15}$ to $10^{-6}$ |
# | `"overflow"` | the right mean for small logits; it exponentiates the logits as they come |
#
# - Each box has one fault at most. `"overflow"` gives NaN or infinity where `exp` of a logit overflows. Boxes calculate in
#   `float64`, but rounding may move their last digits. The number may be a Python float or one of NumPy's.
# - Calling can be expensive: call the box at most 10 times. It does not change what you hand it. You choose `n`, `k`, the
#   logits, all finite, and the labels.
#
# <details><summary>Hint 1: which inputs tell two boxes apart?</summary>
#
# Equal logits, one sample: all five boxes agree on $\log k$, or nearly. For each pair of verdicts find an input on which
# they differ by much. What do you know by hand of a sure and right forecast? Of a sure and wrong one?
# </details>
#
# <details><summary>Hint 2: how large?</summary>
#
# The patch shows only where $p$ is below $\varepsilon$. How large must a difference of logits be for that, when
# $\varepsilon$ is $10^{-15}$? And at which size does `exp` overflow?
# </details>
#
# <details><summary>Hint 3: the order of the questions</summary>
#
# A box that overflows can answer NaN, and each comparison with NaN is false. So ask about that one first, or in words that
# NaN cannot pass.
# </details>


# %% nbgrader={"grade_id": "diagnose_loss", "solution": true}
def diagnose_loss(loss):
    """Return what the black box computes: "right", "twice", "sum", "patched" or "overflow".

    loss: (logits (n, k), y (n,)) -> float.
    """
    ### BEGIN SOLUTION
    wrong, labels = np.array([[0.0, -100.0]]), np.array([1])  # p = e^-100
    if not np.isfinite(loss(wrong + 1000, labels)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(wrong, labels)
    return "right" if price > 99 else "patched" if price > 5 else "twice"
    ### END SOLUTION


# %% nbgrader={"grade_id": "diagnose_loss-visible", "points": 1}
# Visible tests of `diagnose_loss`: 1 point.
import numpy as np


def _right(logits, y):
    top = logits.max(axis=1)
    log_sum = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return float(np.mean(log_sum - logits[np.arange(len(y)), y]))


def _sum(logits, y):
    return len(y) * _right(logits, y)


assert isinstance(diagnose_loss(_right), str), "diagnose_loss: returns a string"
assert diagnose_loss(_right) == "right", "diagnose_loss: knows the right loss"
assert diagnose_loss(_sum) == "sum", "diagnose_loss: knows the sum over the samples"

# %% nbgrader={"grade_id": "diagnose_loss-hidden", "points": 2}
# Hidden tests of `diagnose_loss`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import log_softmax, softmax


def _box(kind, calls, eps=1e-12, jitter=0.0):
    """A box of one kind that notes its calls; jitter moves the last digits of what it returns."""

    def _loss(logits, y):
        z, y = np.array(logits, dtype=float), np.array(y)
        calls.append(z.shape)
        rows = np.arange(len(y))
        if kind == "twice":
            z = softmax(z, axis=1)
        if kind == "overflow":
            with np.errstate(all="ignore"):
                p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
                prices = np.log(np.exp(z).sum(axis=1)) - z[rows, y]
                prices = np.where(np.isfinite(p[rows, y]), prices, np.nan)
        elif kind == "infinite":  # it overflows too, but to infinity
            with np.errstate(all="ignore"):
                prices = np.log(np.exp(z).sum(axis=1)) - z[rows, y]
        elif kind == "patched":
            prices = -np.log(softmax(z, axis=1)[rows, y] + eps)
        else:
            prices = -log_softmax(z, axis=1)[rows, y]
        value = prices.sum() if kind == "sum" else prices.mean()
        return float(value * (1 + jitter))

    return _loss


for jitter in (0.0, 1e-13, -1e-13):
    calls = []
    told = diagnose_loss(_box("right", calls, jitter=jitter))
    assert told == "right", (
        "diagnose_loss: says 'right' to the right loss, also when rounding moves its last digits"
    )
    assert len(calls) <= 10, "diagnose_loss: calls a right box at most 10 times"
    calls = []
    told = diagnose_loss(_box("twice", calls, jitter=jitter))
    assert told == "twice", (
        "diagnose_loss: says 'twice' where the softmax is applied twice"
    )
    assert len(calls) <= 10, (
        "diagnose_loss: calls a box with two softmaxes at most 10 times"
    )
    calls = []
    told = diagnose_loss(_box("sum", calls, jitter=jitter))
    assert told == "sum", "diagnose_loss: says 'sum' where the samples are added"
    assert len(calls) <= 10, "diagnose_loss: calls a box that adds at most 10 times"
    for kind in ("overflow", "infinite"):
        calls = []
        told = diagnose_loss(_box(kind, calls, jitter=jitter))
        assert told == "overflow", (
            "diagnose_loss: says 'overflow' where large logits give NaN or infinity"
        )
        assert len(calls) <= 10, (
            "diagnose_loss: calls a box that overflows at most 10 times"
        )

for eps in (1e-12, 1e-6, 3e-8, 1e-10):
    calls = []
    told = diagnose_loss(_box("patched", calls, eps=eps))
    assert told == "patched", (
        "diagnose_loss: says 'patched' for a patch of ordinary size"
    )
    assert len(calls) <= 10, "diagnose_loss: calls a patched box at most 10 times"
for eps in (1e-15, 2e-15, 1e-14):
    assert diagnose_loss(_box("patched", [], eps=eps)) == "patched", (
        "diagnose_loss: says 'patched' for a very small patch too"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "diagnose_loss-inputs", "points": 1}
# Hidden tests of `diagnose_loss` with unusual boxes: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import log_softmax, softmax

from gdcourse import testing


def _box(kind, wrap=float, eps=1e-12):
    """A box that takes what the task says and nothing else, and returns numbers of the type of `wrap`."""

    def _loss(logits, y):
        z, y = np.asarray(logits, dtype=float), np.asarray(y)
        if z.ndim != 2 or y.shape != z.shape[:1] or y.dtype.kind not in "iu":
            raise TypeError("expected logits (n, k) and n integers")
        if not np.all(np.isfinite(z)) or y.min() < 0 or y.max() >= z.shape[1]:
            raise ValueError("expected finite logits and labels from 0 to k - 1")
        rows = np.arange(len(y))
        if kind == "overflow":
            with np.errstate(all="ignore"):
                prices = np.log(np.exp(z).sum(axis=1)) - z[rows, y]
            prices = np.where(np.isfinite(prices), prices, np.nan)
        elif kind == "patched":
            prices = -np.log(softmax(z, axis=1)[rows, y] + eps)
        else:
            z = softmax(z, axis=1) if kind == "twice" else z
            prices = -log_softmax(z, axis=1)[rows, y]
        return wrap(prices.sum() if kind == "sum" else prices.mean())

    return _loss


KINDS = ("sum", "right", "twice", "patched", "overflow")
with testing.printing() as told:
    for wrap in (float, np.float64, np.array):
        for kind in KINDS:
            assert diagnose_loss(_box(kind, wrap)) == kind, (
                "diagnose_loss: asks with logits and labels as the task describes them, and takes any number for an answer"
            )
    for eps in 10.0 ** np.arange(-15.0, -5.5, 0.75):
        assert diagnose_loss(_box("patched", eps=eps)) == "patched", (
            "diagnose_loss: knows a patch of every size from 1e-15 to 1e-6"
        )
    for kind in (*KINDS, *KINDS[::-1]):
        assert diagnose_loss(_box(kind)) == kind, (
            "diagnose_loss: keeps nothing from one box to the next"
        )
assert told() == "", "diagnose_loss: prints nothing"
### END HIDDEN TESTS
