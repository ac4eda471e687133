# %% [markdown]
# # Loss: eleven exercises
#
# {{about}}
#
# Replace each `raise NotImplementedError()` with your own code, run the cell, then run the test cell below it.
# A test cell that prints nothing has passed. One that fails names the property that your code does not have yet.
# The exercises do not build on each other, so you can do them in any order. Together they are worth 38 points.
#
# Some rules hold throughout. Your functions leave their inputs unchanged, keep nothing between calls and print nothing.
# A scalar result may be a Python float or a NumPy number. NumPy is all that you need.
#
# When you are done, press **Validate** in the toolbar, or run `gdcourse check 01_loss` in a terminal: its report is
# shorter. Both run the visible tests. `gdcourse check 01_loss --full` runs the hidden ones too.

# %%
import numpy as np

# %% [markdown]
# ## 1. Three squared errors: `mse(h, y, reduction)`
#
# easy · 5 minutes · 3 points
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
# - They may be floats or integers of any type, such as `uint8` pixels. The result is that of ordinary arithmetic on
#   their values: with the pixels 3 and 5 the error is $-2$.
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
for _ in range(30):
    m = int(rng.integers(1, 40))
    h, y = rng.normal(scale=3, size=m), rng.normal(scale=3, size=m)
    total = math.fsum((a - b) ** 2 for a, b in zip(h.tolist(), y.tolist(), strict=True))
    h_before, y_before = h.copy(), y.copy()
    results = {name: mse(h, y, name) for name in ("sum", "mean", "half_mean")}
    assert all(np.ndim(value) == 0 for value in results.values()), (
        "mse: returns one number for each reduction"
    )
    assert np.array_equal(h, h_before) and np.array_equal(y, y_before), (
        "mse: leaves its inputs unchanged"
    )
    assert np.isclose(results["sum"], total, rtol=1e-9), (
        "mse: 'sum' adds the squared errors"
    )
    assert np.isclose(results["mean"], total / m, rtol=1e-9), (
        "mse: 'mean' is the sum divided by m"
    )
    assert np.isclose(results["half_mean"], total / (2 * m), rtol=1e-9), (
        "mse: 'half_mean' is the sum divided by 2m"
    )

    for a, b in ((h[:, None], y), (h, y[:, None]), (h[:, None], y[:, None])):
        value = mse(a, b, "sum")
        assert np.ndim(value) == 0, "mse: returns one number for columns too"
        assert np.isclose(value, total, rtol=1e-9), (
            "mse: a column (m, 1) counts as its m values"
        )
        assert np.isclose(mse(a, b, "mean"), total / m, rtol=1e-9), (
            "mse: 'mean' divides by m for columns too"
        )
        assert np.isclose(mse(a, b, "half_mean"), total / (2 * m), rtol=1e-9), (
            "mse: 'half_mean' divides by 2m for columns too"
        )

for kind, top in (
    (np.uint8, 255),
    (np.int8, 127),
    (np.uint16, 65_535),
    (np.int32, 2_000_000),
    (np.int64, 1_000),
):
    low = 0 if np.issubdtype(kind, np.unsignedinteger) else -top
    for _ in range(5):
        h, y = (
            rng.integers(low, top, size=12, endpoint=True).astype(kind)
            for _ in range(2)
        )
        total = sum((a - b) ** 2 for a, b in zip(h.tolist(), y.tolist(), strict=True))
        assert np.isclose(mse(h, y, "sum"), total, rtol=1e-9), (
            "mse: integer inputs neither wrap around nor overflow"
        )
        assert np.isclose(
            mse(h, y.astype(float), "half_mean"), total / 24, rtol=1e-9
        ), "mse: integer predictions against float targets give the same value"

for scale in (1e-9, 1e9):
    h, y = scale * rng.normal(size=9), scale * rng.normal(size=9)
    total = math.fsum((a - b) ** 2 for a, b in zip(h.tolist(), y.tolist(), strict=True))
    assert np.isclose(mse(h, y, "mean"), total / 9, rtol=1e-9, atol=0), (
        "mse: is as exact for errors of 1e-9 or 1e9 as for errors of 1"
    )
    assert np.isclose(
        mse(h.astype(np.float32), y.astype(np.float32), "sum"), total, rtol=1e-5, atol=0
    ), "mse: accepts float32"

assert mse(np.array([2.0, 5.0]), np.array([2.0, 5.0]), "half_mean") == 0, (
    "mse: perfect predictions have no error"
)
for unknown in ("none", "Mean", "half", ""):
    try:
        mse(np.array([1.0, 2.0]), np.array([0.0, 0.0]), unknown)
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, "mse: an unknown reduction raises ValueError"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. The gradient of half the mean: `mse_grad(X, y, theta)`
#
# easy · 10 minutes · 3 points
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
# - `m` and `d` are at least 1; there may be fewer samples than features. `X` and `y` may hold integers.
# - `X` already holds every column that the model uses. Do not add one of ones.
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
for _ in range(40):
    m, d = int(rng.integers(1, 30)), int(rng.integers(1, 8))
    X, y, theta = (
        rng.normal(size=(m, d)),
        rng.normal(scale=4, size=m),
        rng.normal(size=d),
    )
    before = X.copy(), y.copy(), theta.copy()
    g = mse_grad(X, y, theta)
    assert all(
        np.array_equal(a, b) for a, b in zip(before, (X, y, theta), strict=True)
    ), "mse_grad: leaves its inputs unchanged"
    assert np.shape(g) == (d,), "mse_grad: has the shape of theta for any m and d"
    assert np.allclose(g, _complex_step(X, y, theta), rtol=1e-7, atol=1e-9), (
        "mse_grad: is the gradient of 1/(2m) times the squared norm"
    )
    assert np.allclose(
        mse_grad(np.vstack([X] * 3), np.tile(y, 3), theta), g, rtol=1e-7, atol=1e-9
    ), "mse_grad: does not change when every sample is repeated"

for _ in range(5):
    X, y = rng.normal(size=(25, 4)), rng.normal(size=25)
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    assert np.allclose(mse_grad(X, y, best), 0, atol=1e-9), (
        "mse_grad: vanishes at the least-squares solution"
    )
    step = rng.normal(size=4)
    assert np.allclose(
        mse_grad(X, y, best + step), X.T @ X @ step / 25, rtol=1e-7, atol=1e-9
    ), "mse_grad: grows linearly with the distance from the least-squares solution"

for scale in (1e-3, 1e3):
    X, y, theta = rng.normal(size=(9, 3)), scale * rng.normal(size=9), np.zeros(3)
    assert np.allclose(
        np.asarray(mse_grad(X, y, theta)) / scale,
        -X.T @ (y / scale) / 9,
        rtol=1e-7,
        atol=1e-9,
    ), "mse_grad: is as exact for targets of 0.001 or 1000 as for targets of 1"

X, y, theta = (
    rng.integers(-5, 6, size=(7, 3)),
    rng.integers(-5, 6, size=7),
    rng.integers(-5, 6, size=3),
)
expected = _complex_step(X, y, theta)
assert np.allclose(mse_grad(X, y, theta), expected), "mse_grad: accepts integers"
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
# - `logits` has the shape `(n, k)`, floats or signed integers; `y` has the shape `(n,)` and holds integers from `0` to
#   `k - 1`. `n` and `k` are at least 1. Return one number.
# - The result must be right for every finite logit up to $\pm 1000$ and beyond: neither `inf` nor `nan`, and no floor.
#   A true class with the logit $-1000$ against one other class with the logit $0$ costs $1000$.
# - Rows may differ widely in size: one around $+1000$, the next around $-1000$.
#
# <details><summary>Hint 1: take the logarithm apart first</summary>
#
# $-\log \frac{a}{b} = \log b - \log a$. What is $\log e^{z}$? You never need the exponential of the numerator.
# </details>
#
# <details><summary>Hint 2: keep the exponentials small</summary>
#
# For any number $c$, $\log \sum_j e^{z_j} = c + \log \sum_j e^{z_j - c}$. Which $c$ makes the largest exponent 0, so
# that nothing overflows and the sum is never 0? Each row has its own.
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
    top = logits.max(axis=1)
    log_sum = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return float(np.mean(log_sum - logits[np.arange(len(y)), y]))
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

# %% nbgrader={"grade_id": "softmax_ce-hidden", "points": 3}
# Hidden tests of `softmax_ce`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import log_softmax

rng = np.random.default_rng(3)
for _ in range(40):
    n, k, scale = (
        int(rng.integers(1, 25)),
        int(rng.integers(1, 12)),
        10.0 ** rng.uniform(-1, 3),
    )
    logits, y = rng.normal(scale=scale, size=(n, k)), rng.integers(0, k, size=n)
    logits_before, y_before = logits.copy(), y.copy()
    loss = softmax_ce(logits, y)
    assert np.array_equal(logits, logits_before) and np.array_equal(y, y_before), (
        "softmax_ce: leaves its inputs unchanged"
    )
    oracle = (
        -sum(log_softmax(row)[label] for row, label in zip(logits, y, strict=True)) / n
    )
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
assert np.isclose(
    softmax_ce(np.array([[0, 2, -1]]), np.array([0], dtype=np.uint8)),
    np.log(1 + np.e**2 + 1 / np.e),
), "softmax_ce: accepts integer logits and labels of any integer type"
### END HIDDEN TESTS

# %% [markdown]
# ## 4. The descent loop: `gd(grad, theta0, alpha, iterations)`
#
# easy · 10 minutes · 3 points
#
# You need the lesson [Squared error](1_squared_error.ipynb).
#
# Write the loop that every later unit varies:
#
# $$\theta_{t+1} = \theta_t - \alpha\, \nabla J(\theta_t), \qquad t = 0, 1, \dots, \text{iterations} - 1.$$
#
# Return the record $[\theta_0, \theta_1, \dots, \theta_{\text{iterations}}]$: `iterations + 1` arrays of the shape
# `(d,)`, the start first, as a list or as one array of the shape `(iterations + 1, d)`. Each entry is a snapshot: later
# steps do not change it.
#
# - `grad` is a function. `grad(theta)` returns the gradient at `theta`, an array of the shape `(d,)`. It may return the
#   same array object each time, filled with new numbers, so do not rely on an earlier one.
# - A gradient can be expensive: call `grad` exactly `iterations` times, once at each of
#   $\theta_0, \dots, \theta_{\text{iterations}-1}$, in this order. Do not stop early.
# - `theta0` is an array of the shape `(d,)`, floats or integers. It must be unchanged afterwards. An integer start does
#   not force the later points to be integers.
# - `iterations` is an integer, 0 or more. With 0 the record holds the start alone, and `grad` is never called.
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
# What type has an array that you copy from integers? `dtype` says what a copy shall hold.
# </details>


# %% nbgrader={"grade_id": "gd", "solution": true}
def gd(grad, theta0, alpha, iterations):
    """Return the points [theta_0, ..., theta_iterations] of gradient descent.

    grad: (d,) -> (d,).  theta0: (d,).  alpha: float.  iterations: int.  Returns: iterations + 1 arrays of shape (d,).
    """
    ### BEGIN SOLUTION
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        path.append(path[-1] - alpha * grad(path[-1]))
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
for _ in range(25):
    d, iterations, alpha = (
        int(rng.integers(1, 6)),
        int(rng.integers(1, 30)),
        rng.uniform(0.01, 0.7),
    )
    B = rng.normal(size=(d, d))
    A, centre, start = B @ B.T / d, rng.normal(size=d), rng.normal(scale=3, size=d)
    seen, before = [], start.copy()
    path = gd(_quadratic(A, centre, seen), start, alpha, iterations)
    lam, Q = np.linalg.eigh(A)
    powers = (1 - alpha * lam) ** np.arange(iterations + 1)[:, None]
    closed_form = centre + (powers * (Q.T @ (start - centre))) @ Q.T
    assert len(path) == iterations + 1, (
        "gd: records iterations + 1 points for any number of iterations"
    )
    assert np.shape(path) == (iterations + 1, d), (
        "gd: each record has the shape of theta0"
    )
    assert np.array_equal(start, before), "gd: leaves theta0 unchanged"
    assert np.allclose(path, closed_form, rtol=1e-7, atol=1e-8), (
        "gd: every record is the point of its own iteration"
    )
    assert len(seen) == iterations, "gd: calls grad exactly once for each iteration"
    assert np.allclose(seen, closed_form[:-1], rtol=1e-7, atol=1e-8), (
        "gd: calls grad at the current point"
    )

for _ in range(5):
    gradients, start, seen = rng.normal(size=(12, 3)), rng.normal(size=3), []
    path = gd(_replay(gradients, seen), start, 0.3, 12)
    sums = np.vstack([np.zeros(3), np.cumsum(gradients, axis=0)])
    assert len(seen) == 12, (
        "gd: calls grad exactly once for each iteration, whatever it returns"
    )
    assert np.allclose(path, start - 0.3 * sums), (
        "gd: each step is alpha times the gradient, with its own length"
    )

start, seen = np.array([3, -1]), []
path = gd(_quadratic(np.eye(2), np.zeros(2), seen), start, 0.5, 2)
assert np.allclose(path, [[3, -1], [1.5, -0.5], [0.75, -0.25]]), (
    "gd: an integer start does not cut off the fractions"
)
assert np.array_equal(start, [3, -1]), "gd: leaves an integer theta0 unchanged"

seen = []
path = gd(_quadratic(np.eye(2), np.zeros(2), seen), np.array([2.0, 1.0]), 0.5, 0)
assert np.shape(path) == (1, 2) and np.allclose(path, [[2.0, 1.0]]), (
    "gd: zero iterations record the start alone"
)
assert len(seen) == 0, "gd: zero iterations never call grad"

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
again = gd(_quadratic(np.eye(1), np.zeros(1), []), np.array([1.0]), 3.0, 3)
assert len(again) == 4 and np.allclose(again, path), "gd: keeps no state between calls"
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
# - `X` has the shape `(n, d)` with `n` and `d` at least 1, `y` the shape `(n,)` with labels 0 and 1 (integers or
#   floats), `w` the shape `(d,)`. `lam` $= \lambda \ge 0$ is a number. The penalty is not divided by $n$.
# - Margins of $\pm 1000$ must give the right finite loss and gradient. A sample with $y = 1$ and $z = -1000$ costs
#   $1000$ exactly, not the logarithm of some small constant. A warning about overflow costs no points; a wrong value
#   does.
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

# %% nbgrader={"grade_id": "logreg_loss_grad-hidden", "points": 3}
# Hidden tests of `logreg_loss_grad`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import log_expit


def _oracle(X, y, w, lam):
    """The loss from scipy's log_expit, the gradient from a complex step through 1 / (1 + e^-z)."""
    z = X @ w
    loss = -sum(
        log_expit(a) if label == 1 else log_expit(-a)
        for a, label in zip(z, y, strict=True)
    ) / len(y)
    grad = np.empty(len(w))
    for j in range(len(w)):
        moved = w.astype(complex)
        moved[j] += 1e-30j
        signs = np.where(y == 1, -1.0, 1.0)
        value = np.mean(np.log(1 + np.exp(signs * (X @ moved)))) + lam / 2 * np.sum(
            moved[1:] ** 2
        )
        grad[j] = value.imag / 1e-30
    return loss + lam / 2 * np.sum(w[1:] ** 2), grad


rng = np.random.default_rng(5)
for case in range(40):
    n, d, lam = (
        int(rng.integers(1, 30)),
        int(rng.integers(1, 7)),
        float(rng.choice([0.0, 0.1, 1.0, 3.7])),
    )
    X = np.column_stack([np.ones(n), rng.normal(size=(n, d - 1))])
    y, w = rng.integers(0, 2, size=n), rng.normal(scale=2, size=d)
    y = y.astype(float) if case % 2 else y
    before = X.copy(), y.copy(), w.copy()
    loss, grad = logreg_loss_grad(X, y, w, lam)
    assert all(np.array_equal(a, b) for a, b in zip(before, (X, y, w), strict=True)), (
        "logreg_loss_grad: leaves its inputs unchanged"
    )
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

X, w = np.array([[1.0, 1000.0], [1.0, -1000.0]]), np.array([0.0, 1.0])
loss, grad = logreg_loss_grad(X, np.array([0, 1]), w, 0.0)
assert np.isclose(loss, 1000.0), (
    "logreg_loss_grad: the loss is exact at large margins on the wrong side"
)
assert np.allclose(grad, [0.0, 1000.0]), (
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
assert np.isclose(loss, 500.25), (
    "logreg_loss_grad: large margins on both sides in one batch"
)
assert np.allclose(grad, [-0.5, 500.5]), (
    "logreg_loss_grad: the gradient with large margins on both sides in one batch"
)
assert np.isclose(
    logreg_loss_grad(np.ones((1, 1)), np.array([1]), np.array([-50.0]), 1.0)[0], 50.0
), "logreg_loss_grad: has no floor under the probability"
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Standardise: `standardise(train, test)`
#
# medium · 10 minutes · 3 points
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
# - `train` has the shape `(n, d)`, `test` the shape `(k, d)`, with `n`, `k` and `d` at least 1. Both may hold integers.
#   The results have the same shapes and hold floats.
# - A column is *constant* when all its training values are equal. It carries no information, so it becomes 0 in both
#   sets, whatever the test set holds there. Take care: rounding can give such a column a tiny computed $\sigma_j$, such as
#   $10^{-17}$, in place of 0.
# - Every other column is divided by its $\sigma_j$ and nothing else, however small its unit is: values of about
#   $10^{-6}$ are ordinary.
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
for case in range(30):
    n, k, d = (
        int(rng.integers(2, 40)),
        int(rng.integers(1, 20)),
        int(rng.integers(1, 6)),
    )
    scale, centre = 10.0 ** rng.uniform(-6, 4, size=d), rng.normal(size=d)
    train, test = (
        scale * (rng.normal(size=(n, d)) + centre),
        scale * (rng.normal(size=(k, d)) + centre + 1),
    )
    if case % 5 == 4:
        train, test = (rng.integers(-50, 50, size=(rows, d)) for rows in (n, k))
        train[0], train[1] = -60, 60
    before = train.copy(), test.copy()
    train_s, test_s = standardise(train, test)
    assert np.array_equal(train, before[0]) and np.array_equal(test, before[1]), (
        "standardise: leaves its inputs unchanged"
    )
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
    train = np.column_stack([np.full(n, value), rng.normal(size=n)])
    test = np.array([[value, 1.0], [value + 5, 2.0], [value - 2, 3.0]])
    train_true, test_true = _columns(train[:, 1:], test[:, 1:])
    train_s, test_s = standardise(train, test)
    whole = np.std(train[:, 0]) == 0
    assert np.allclose(train_s[:, 0], 0, atol=1e-9) or not whole, (
        "standardise: a constant column with a computed std of 0 becomes 0 in the training set"
    )
    assert np.allclose(test_s[:, 0], 0, atol=1e-9) or not whole, (
        "standardise: a constant column with a computed std of 0 becomes 0 in the test set"
    )
    assert np.allclose(train_s[:, 0], 0, atol=1e-9) or whole, (
        "standardise: a constant column whose computed std is about 1e-17 becomes 0 in the training set"
    )
    assert np.allclose(test_s[:, 0], 0, atol=1e-9) or whole, (
        "standardise: a constant column whose computed std is about 1e-17 becomes 0 in the test set"
    )
    assert np.allclose(train_s[:, 1:], train_true) and np.allclose(
        test_s[:, 1:], test_true
    ), "standardise: the columns beside a constant one are scaled as usual"

train, test = np.array([[4, 2, 9]]), np.array([[1, 2, 3], [4, 5, 6]])
train_s, test_s = standardise(train, test)
assert np.shape(train_s) == (1, 3) and np.shape(test_s) == (2, 3), (
    "standardise: one training row keeps the shapes"
)
assert np.allclose(train_s, 0) and np.allclose(test_s, 0), (
    "standardise: with one training row every column is constant"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Back to raw units: `unscale(w, b, mean, std)`
#
# medium · 10 minutes · 3 points
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
#   number. All may be integers.
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
for _ in range(30):
    d = int(rng.integers(1, 7))
    w, b = rng.normal(scale=3, size=d), float(rng.normal(scale=5))
    mean, std = rng.normal(scale=4, size=d), rng.uniform(0.2, 5, size=d)
    before = w.copy(), mean.copy(), std.copy()
    w_raw, b_raw = unscale(w, b, mean, std)
    assert all(
        np.array_equal(a, c) for a, c in zip(before, (w, mean, std), strict=True)
    ), "unscale: leaves its inputs unchanged"
    assert np.shape(w_raw) == (d,) and np.ndim(b_raw) == 0, (
        "unscale: returns an array of shape (d,) and a number"
    )
    X = rng.normal(scale=10, size=(8, d))
    predictions = ((X - mean) / std) @ w + b
    assert np.allclose(
        X @ np.asarray(w_raw) + b_raw, predictions, rtol=1e-7, atol=1e-8
    ), "unscale: both models predict the same for every input"

for _ in range(10):
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
    np.array([2.0, 9.0, -1.0]),
    np.array([1.0, 30.0, 4.0]),
    np.array([0.5, 0.0, 2.0]),
)
w_raw, b_raw = unscale(w, 1.0, mean, std)
assert np.all(np.isfinite(w_raw)) and np.isfinite(b_raw), (
    "unscale: a std of 0 gives neither inf nor nan"
)
assert np.asarray(w_raw)[1] == 0, "unscale: the raw weight of a constant feature is 0"
assert np.allclose(w_raw, [4.0, 0.0, -0.5]), (
    "unscale: the weights beside a constant feature are as usual"
)
assert np.isclose(b_raw, -1.0), "unscale: a constant feature does not move the bias"

w_raw, b_raw = unscale(np.array([3, 0]), 2, np.array([5, 1]), np.array([2, 4]))
assert np.allclose(w_raw, [1.5, 0.0]) and np.isclose(b_raw, -5.5), (
    "unscale: accepts integers"
)
w, mean, std = np.array([1.0, -2.0]), np.zeros(2), np.ones(2)
w_raw, b_raw = unscale(w, 3.0, mean, std)
assert np.allclose(w_raw, w) and np.isclose(b_raw, 3.0), (
    "unscale: a scaling that changes nothing changes no weight"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 8. When to stop: `should_stop(history, rule, tol, patience)`
#
# hard · 20 minutes · 4 points
#
# You need the lesson [When to stop](9_when_to_stop.ipynb).
#
# `history` is a list of floats, one for each iteration so far, the newest last. Return `True` if training should stop
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
# - `tol` is 0 or more, `patience` an integer of 1 or more. Any other `rule` raises `ValueError`, whatever the history.
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

# %% nbgrader={"grade_id": "should_stop-hidden", "points": 3}
# Hidden tests of `should_stop`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


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


nan = float("nan")
for rule in ("step", "gradient", "decrease", "patience"):
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

rng = np.random.default_rng(8)
for rule in ("step", "gradient", "decrease", "patience"):
    for case in range(250):
        patience, tol = (
            int(rng.integers(1, 5)),
            float(rng.choice([0.0, 0.25, 0.5, 0.75])),
        )
        history = (rng.integers(0, 4, size=int(rng.integers(0, 9))) / 4).tolist()
        if case % 3 == 0:
            history = [
                v if rng.random() > 0.2 else float(rng.choice([np.nan, np.inf]))
                for v in history
            ]
        before = list(history)
        verdict = bool(should_stop(history, rule, tol, patience))
        assert np.array_equal(history, before, equal_nan=True), (
            "should_stop: leaves the history unchanged"
        )
        agrees = verdict == _expected(before, rule, tol, patience)
        assert agrees or rule != "step", "should_stop: 'step' follows the table"
        assert agrees or rule != "gradient", "should_stop: 'gradient' follows the table"
        assert agrees or rule != "decrease", "should_stop: 'decrease' follows the table"
        assert agrees or rule != "patience", "should_stop: 'patience' follows the table"
### END HIDDEN TESTS

# %% [markdown]
# ## 9. A cross-entropy on its guard: `bce_guard(p, y)`
#
# medium · 10 minutes · 3 points
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
# - `p` and `y` are arrays of the shape `(n,)` with `n` at least 1. Labels may be floats, booleans or integers of
#   any type, such as `uint8`.
# - A probability of exactly 0 or 1 is legal. On the right side ($y = 1, p = 1$ or $y = 0, p = 0$) the sample costs 0.
#   On the wrong side it costs infinity, and so does the mean. Nothing is clipped: $p = 10^{-300}$ with $y = 1$ costs
#   $300 \log 10$. A warning about a division by zero costs no points.
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
    p, y = np.asarray(p), np.asarray(y)
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
for case in range(30):
    n, kind = int(rng.integers(1, 40)), (int, float, bool, np.uint8)[case % 4]
    p, y = rng.uniform(0.001, 0.999, size=n), rng.integers(0, 2, size=n).astype(kind)
    p_before, y_before = p.copy(), y.copy()
    number = y.astype(float)
    oracle = -sum(xlogy(number, p) + xlog1py(1 - number, -p)) / n
    loss = bce_guard(p, y)
    assert np.ndim(loss) == 0, "bce_guard: returns one number for any n"
    assert np.isclose(loss, oracle, rtol=1e-7, atol=1e-12), (
        "bce_guard: is the mean over the samples, for each label type"
    )
    assert np.array_equal(p, p_before) and np.array_equal(y, y_before), (
        "bce_guard: leaves its inputs unchanged"
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
assert np.isclose(
    bce_guard(np.array([1e-300, 1.0]), np.array([1, 1])), 150 * np.log(10)
), "bce_guard: clips nothing"
assert np.isclose(bce_guard(np.array([1, 0]), np.array([1, 0])), 0), (
    "bce_guard: accepts integers as probabilities"
)

half = np.array([0.5, 0.5, 0.5])
for labels in (
    [0, 1, 2],
    [0, 1, -1],
    [7, 8, 9],
    [0.5, 1.0, 0.0],
    [0.0, 1.0, np.nan],
    [2, 2, 2],
    [1e-9, 0.0, 1.0],
):
    try:
        bce_guard(half, np.array(labels))
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, "bce_guard: a label that is neither 0 nor 1 raises ValueError"

for bad in (-0.1, 1.1, 2.0, np.nan, np.inf, -np.inf, 1 + 1e-9, -1e-9):
    for label in (0, 1):
        try:
            bce_guard(np.array([0.5, bad]), np.array([1, label]))
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
    (half[:1], zeros),
    (half, zeros[:1]),
):
    try:
        bce_guard(a, b)
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, "bce_guard: arrays of different shapes raise ValueError"
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
# - `p` and `y` have the shape `(n,)` with `n` at least 1; `p` lies in $[0, 1]$, `y` holds 0 and 1, integers, floats or
#   booleans. Equal probabilities may occur. Both costs are numbers above 0.
# - Do not trust the probabilities: they may be far too bold, too timid or even the wrong way round. Only the costs on these
#   samples count.
# - To say 1 to every sample, or to none, can be best too. A threshold may be any float, also below 0 or above 1, or infinite.
# - Often many thresholds are equally good. Any of them is right.
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
    called = p >= float(threshold)
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

# %% nbgrader={"grade_id": "best_threshold-hidden", "points": 3}
# Hidden tests of `best_threshold`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
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
for case in range(40):
    n, kind = int(rng.integers(1, 60)), (int, float, bool)[case % 3]
    p = rng.uniform(size=n)
    y = (rng.uniform(size=n) < p).astype(kind)
    miss, alarm = (10.0 ** rng.uniform(-1.5, 1.5, size=2)).tolist()
    before = p.copy(), y.copy()
    assert _is_best(p, y, miss, alarm), (
        "best_threshold: reaches the smallest cost for honest probabilities"
    )
    assert np.array_equal(p, before[0]) and np.array_equal(y, before[1]), (
        "best_threshold: leaves its inputs unchanged"
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
for scale in (1e-12, 1e12):
    p, y = np.array([0.1, 0.4, 0.6, 0.9]), np.array([0, 1, 0, 1])
    assert _is_best(p, y, 3.0 * scale, 1.0 * scale), (
        "best_threshold: only the ratio of the costs counts, however small or large they are"
    )
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
#   `float64`, but rounding may move their last digits.
# - Calling can be expensive: call the box at most 10 times. It does not change what you hand it. You choose `n`, `k`, the
#   logits and the labels.
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

# %% nbgrader={"grade_id": "diagnose_loss-hidden", "points": 3}
# Hidden tests of `diagnose_loss`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
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
    calls = []
    told = diagnose_loss(_box("overflow", calls, jitter=jitter))
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
for kind in ("sum", "right", "twice", "right"):
    assert diagnose_loss(_box(kind, [])) == kind, (
        "diagnose_loss: keeps nothing from one box to the next"
    )
### END HIDDEN TESTS
