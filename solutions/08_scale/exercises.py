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

# %% [markdown]
# ## 2. A small step that harms most: `fgsm(x, grad, eps)`
#
# easy · 10 minutes · 4 points
#
# `x` holds the pixels of one image or of many, numbers from 0 to 1, in an array of any shape. `grad` has the same shape: the slope of the loss for each pixel.
# The *fast gradient sign method* changes each pixel by `eps` in the direction in which the loss **rises**, whatever the size of its slope. Then it keeps the pixels
# in the range from 0 to 1. Return the changed pixels, an array of the shape of `x`.
#
# A pixel whose slope is exactly 0 stays as it is. A slope that is not 0 counts, however small or large it is. `eps` is a number, 0 or more, of Python or of any
# NumPy type. All numbers are finite.
#
# <details><summary>Hint 1: by hand</summary>
#
# Three pixels 0.5, 0.5 and 0.95, slopes 3, -0.001 and 7, `eps` 0.1. What are the new pixels?
# </details>
#
# <details><summary>Hint 2: two functions of NumPy</summary>
#
# `np.sign` knows three cases. `np.clip` keeps a range.
# </details>


# %% nbgrader={"grade_id": "fgsm", "solution": true}
def fgsm(x, grad, eps):
    """Return the pixels after a step of eps each in the direction in which the loss rises, kept from 0 to 1.

    x, grad: arrays of one shape.  eps: float, 0 or more.
    """
    ### BEGIN SOLUTION
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "fgsm-visible", "points": 1}
# Visible tests of `fgsm`: 1 point.
import numpy as np

x, grad = np.array([[0.5, 0.5], [0.95, 0.25]]), np.array([[3.0, -0.001], [7.0, 0.0]])
found = fgsm(x, grad, 0.125)
assert np.shape(found) == (2, 2), "fgsm: keeps the shape of the pixels"
assert np.allclose(found, [[0.625, 0.375], [1.0, 0.25]], rtol=1e-12), (
    "fgsm: the four pixels of the worked example"
)

# %% nbgrader={"grade_id": "fgsm-hidden", "points": 2}
# Hidden tests of `fgsm`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import drawn, many


def _changed(pixel, slope, eps):
    if slope > 0:
        return min(pixel + eps, 1.0)
    return max(pixel - eps, 0.0) if slope < 0 else pixel


rng = drawn("fgsm")
for trial in range(40):
    shape = tuple(int(k) for k in rng.integers(1, 6, trial % 4 + 1))
    x = rng.choice([0.0, 1.0, 0.5], shape) if trial % 3 == 0 else rng.random(shape)
    grad = (
        rng.normal(size=shape) * (rng.random(shape) < 0.8) * 10.0 ** rng.uniform(-9, 9)
    )
    eps = float(rng.choice([0.0, 0.01, 0.3, 2.0])) * float(rng.random())
    wanted = np.vectorize(_changed, otypes=[float])(x, grad, eps)
    found = fgsm(x, grad, eps)
    assert np.shape(found) == shape and np.allclose(found, wanted, rtol=1e-12), (
        "fgsm: agrees with a case for each pixel, for any shape"
    )
    still = np.asarray(found)[grad == 0]
    assert np.array_equal(still, x[grad == 0]), (
        "fgsm: a pixel whose slope is 0 stays as it is"
    )
w, x = rng.normal(size=30), rng.uniform(0.3, 0.7, 30)
gain = w @ (np.asarray(fgsm(x, w, 0.1)) - x)
assert np.isclose(gain, 0.1 * np.abs(w).sum(), rtol=1e-9), (
    "fgsm: a linear loss rises by eps times the sum of its absolute slopes"
)
for _ in range(50):
    other = rng.uniform(-0.1, 0.1, 30)
    assert w @ other <= gain, "fgsm: no other change within eps raises it more"
for size in (1e-320, 1e-300, 1e-100, 1e-12, 1e-8, 1e12, 1e100, 1e300):
    found = fgsm(np.array([0.5, 0.5, 0.5]), np.array([size, 0.0, -size]), 0.25)
    assert np.allclose(found, [0.75, 0.5, 0.25], rtol=1e-12), (
        "fgsm: slopes of any size count alike"
    )
found = fgsm(np.full(3, 0.5), np.array([1e-200, -1e200, 1.0]), 0.25)
assert np.allclose(found, [0.75, 0.25, 0.75], rtol=1e-12), (
    "fgsm: slopes of very different sizes side by side"
)
for eps in (1e-12, 1e-9, 1e-6):
    found = np.asarray(
        fgsm(np.array([0.0, 1.0, 0.0]), np.array([1.0, -1.0, -1.0]), eps)
    )
    assert np.allclose(
        [found[0] / eps, (1 - found[1]) / eps, found[2]], [1, 1, 0], rtol=2e-4
    ), "fgsm: a step counts however small it is"
found = fgsm(np.array([0.2, 0.9, 0.4]), np.array([-1.0, 1.0, 0.0]), 1e6)
assert np.array_equal(found, [0, 1, 0.4]), "fgsm: a large eps ends at the range's ends"
assert float(fgsm(0.5, -2.0, 0.25)) == 0.25, "fgsm: a single pixel"
x, grad = many(rng, rng.random((9, 3)), rng.normal(size=(9, 3)))
assert np.allclose(
    fgsm(x, grad, 0.1),
    np.where(grad > 0, np.minimum(x + 0.1, 1), np.maximum(x - 0.1, 0)),
), "fgsm: many images, each by its own slopes"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "fgsm-inputs", "points": 1}
# Hidden tests of `fgsm`: 1 point for inputs of every type and layout.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    apart,
    near_the_limits,
    of_every_layout,
    of_every_type,
    printing,
    same,
    snapshot,
)

for x in of_every_type([[1, 0], [0, 1]]):
    for grad in of_every_type([[3, 100], [0, 100]]):
        found = fgsm(x, grad, 0.25)
        assert np.array_equal(found, [[1, 0.25], [0, 1]]), (
            "fgsm: pixels and slopes of any integer or float type, and lists"
        )
        assert np.asarray(found).dtype == np.float64, "fgsm: returns float64"
for grad in near_the_limits([[1, -1], [0, 0.5]]):
    found = fgsm(np.full((2, 2), 0.5), grad, 0.25)
    assert np.array_equal(found, [[0.75, 0.25], [0.5, 0.75]]), (
        "fgsm: large slopes of a narrow type"
    )
least = np.array([-128, 127, 0], np.int8)
assert np.array_equal(fgsm(np.full(3, 0.5), least, 0.25), [0.25, 0.75, 0.5]), (
    "fgsm: the smallest number of a narrow type"
)
for kind in (np.float16, np.float32):
    x = np.array([0.5, 0.1, 0.9], kind)
    found = fgsm(x, np.array([1, -1, 1], kind), kind(0.001))
    step = float(kind(0.001))
    assert np.allclose(
        found, x.astype(float) + [step, -step, step], rtol=1e-12, atol=0
    ), "fgsm: adds in float64"
    found = fgsm(np.array([0.5, 0.3]), np.array([1, -1], kind), 0.1)
    assert np.allclose(found, [0.6, 0.2], rtol=1e-12), (
        "fgsm: a step is not rounded to the type of the slopes"
    )
assert np.array_equal(fgsm(np.zeros(2), np.ones(2), np.uint8(1)), [1, 1]), (
    "fgsm: an eps that is an integer"
)
x = np.array([[0.2, 0.8, 0.0], [0.5, 1.0, 0.3]])
grad = np.array([[-1.0, 2.0, -3.0], [0.0, 1.0, 0.5]])
for xl, gl in zip(of_every_layout(x), of_every_layout(grad), strict=True):
    before = snapshot((xl, gl))
    with printing() as told:
        found = fgsm(xl, gl, 0.1)
        still = fgsm(xl, gl, 0.0)
    assert np.allclose(found, [[0.1, 0.9, 0], [0.5, 1, 0.4]], rtol=1e-12), (
        "fgsm: arrays that lie in memory in any way"
    )
    assert same((xl, gl), before) and not told(), (
        "fgsm: leaves its arguments as they are, and prints nothing"
    )
    assert np.array_equal(still, x) and apart(still, xl), (
        "fgsm: with eps 0 it returns equal pixels, in an array of its own"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Many workers, one gradient: `allreduce_mean(grads, sizes)`
#
# medium · 15 minutes · 5 points
#
# A batch is split into shards, one for each worker. Worker number `i` has `sizes[i]` samples and the gradient `grads[i]` of the **mean** loss over them: a list of arrays, one for each
# parameter. All workers have the same parameters, so the first array has the same shape everywhere, and so on. Return the gradient of the mean loss over the whole batch: a list of arrays of these shapes.
#
# Shards may have different sizes. A shard may be empty: its mean is 0/0, so whatever its arrays hold, NaN too, does not count. Any other NaN or infinity is a worker's mistake, and has to stay in sight: the
# result is not finite at that place, and right at all others. Raise a `ValueError` if all shards are empty, or if there is none.
#
# `sizes` is a list or an array of integers, 0 or more, of any integer type. A parameter may have any shape, also `()`. Gradients are finite up to $10^{300}$ where they are not a mistake.
#
# <details><summary>Hint 1: by hand</summary>
#
# Three losses 1, 2 and 9. One worker has the first two, the other one the third. What are their means, and what is the mean of all?
# </details>
#
# <details><summary>Hint 2: weights</summary>
#
# Multiply a shard's mean by its size, and you have its sum. To stay below overflow, multiply by its share of all samples instead.
# </details>
#
# <details><summary>Hint 3: 0 times NaN</summary>
#
# is NaN. Leave empty shards out before you multiply.
# </details>


# %% nbgrader={"grade_id": "allreduce_mean", "solution": true}
def allreduce_mean(grads, sizes):
    """Return the gradient of the mean over all samples, a list of arrays.

    grads: for each worker a list of arrays.  sizes: for each worker its number of samples; all 0 raises a ValueError.
    """
    ### BEGIN SOLUTION
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]
    ### END SOLUTION


# %% nbgrader={"grade_id": "allreduce_mean-visible", "points": 1}
# Visible tests of `allreduce_mean`: 1 point.
import numpy as np

# Three samples at one worker, one at the other.
found = allreduce_mean(
    [[np.array([1.0, 2.0]), np.array(4.0)], [np.array([5.0, -2.0]), np.array(8.0)]],
    [3, 1],
)
assert isinstance(found, list) and len(found) == 2, (
    "allreduce_mean: a list with an array for each parameter"
)
assert np.shape(found[0]) == (2,) and np.shape(found[1]) == (), (
    "allreduce_mean: each array has its parameter's shape"
)
assert np.allclose(found[0], [2, 1], rtol=1e-12) and np.isclose(found[1], 5), (
    "allreduce_mean: the mean over the four samples of the worked example"
)

# %% nbgrader={"grade_id": "allreduce_mean-hidden", "points": 3}
# Hidden tests of `allreduce_mean`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import drawn


def _gradient(X, y, W, b):
    """Return the gradient of a linear model's mean squared error; NaN for no sample."""
    with np.errstate(all="ignore"):
        E = X @ W + b - y
        return [X.T @ E / np.float64(len(X)), E.sum(0) / np.float64(len(X))]


rng = drawn("allreduce_mean")
for trial in range(40):
    workers, d, k = (int(v) for v in rng.integers(1, 6, 3))
    sizes = rng.integers(0, 7, workers)
    sizes[int(rng.integers(workers))] += 1
    n = int(sizes.sum())
    X, y = rng.normal(size=(n, d)), rng.normal(size=(n, k))
    W, b = rng.normal(size=(d, k)), rng.normal(size=k)
    cuts = np.cumsum(sizes)[:-1]
    shards = list(zip(np.split(X, cuts), np.split(y, cuts), strict=True))
    grads = [_gradient(*shard, W, b) for shard in shards]
    found = allreduce_mean(grads, [int(s) for s in sizes])
    assert len(found) == 2 and all(
        np.shape(a) == np.shape(p) for a, p in zip(found, (W, b), strict=True)
    ), "allreduce_mean: an array of its shape for each parameter"
    for a, wanted in zip(found, _gradient(X, y, W, b), strict=True):
        assert np.allclose(a, wanted, rtol=1e-9, atol=1e-11), (
            "allreduce_mean: unequal and empty shards give the big batch's gradient"
        )

one = [np.array([[1.5, -2.0]]), np.array(3.0)]
for empty in (np.nan, np.inf, 1e300, 0.0, 7.0):
    none = [np.full((1, 2), empty), np.array(empty)]
    for grads, sizes in (([none, one], [0, 5]), ([one, none, none], [1, 0, 0])):
        found = allreduce_mean(grads, sizes)
        assert all(np.array_equal(a, b) for a, b in zip(found, one, strict=True)), (
            "allreduce_mean: an empty shard does not count, whatever it holds"
        )
for mistake in (np.nan, np.inf, -np.inf):
    for place in range(3):
        bad = np.array([1.0, 2.0, 3.0])
        bad[place] = mistake
        found = allreduce_mean([[bad], [np.array([5.0, 6.0, 7.0])]], [1, 3])[0]
        good = np.arange(3) != place
        assert not np.isfinite(found[place]) and np.allclose(
            found[good], np.array([4.0, 5.0, 6.0])[good], rtol=1e-12
        ), (
            "allreduce_mean: a worker's NaN or infinity stays in sight, at its place alone"
        )
found = allreduce_mean([[np.array([1.0])], [np.array([3.0])]], [10**6, 1])[0]
assert np.allclose(found - 1, 2 / 1_000_001, rtol=1e-9, atol=0), (
    "allreduce_mean: one sample counts among a million"
)
found = allreduce_mean([[np.array([k])] for k in range(300)], [1] * 300)[0]
assert np.allclose(found, 149.5, rtol=1e-12), "allreduce_mean: many workers"
found = allreduce_mean([[np.array([4.0, -1.0])]], [7])
assert np.array_equal(found[0], [4, -1]), "allreduce_mean: a single worker"
assert allreduce_mean([[], []], [2, 3]) == [], "allreduce_mean: no parameters"


def _refused(grads, sizes):
    try:
        allreduce_mean(grads, sizes)
    except ValueError:
        return True
    return False


assert _refused([one, one], [0, 0]) and _refused([one], [0]), (
    "allreduce_mean: raises ValueError where all shards are empty"
)
assert _refused([], []), "allreduce_mean: raises ValueError where there is no shard"
assert not _refused([one, one], [0, 1]), "allreduce_mean: one sample is enough"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "allreduce_mean-inputs", "points": 1}
# Hidden tests of `allreduce_mean`: 1 point for inputs of every type, layout and scale.
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

for g in of_every_type([100, 120, 7]):
    found = allreduce_mean([[np.asarray(g)], [np.asarray(g)[::-1]]], [3, 1])[0]
    assert np.asarray(found).dtype == np.float64 and np.allclose(
        found, [76.75, 120, 30.25], rtol=1e-12
    ), "allreduce_mean: gradients of any integer or float type"
for g in near_the_limits([1, 0.5, 0.25]):
    found = allreduce_mean([[g], [g], [g]], [5, 2, 3])[0]
    assert np.allclose(found, g.astype(float), rtol=1e-12), (
        "allreduce_mean: large gradients of a narrow type"
    )
one, two = [np.array([[1.0, -2.0], [0.5, 3.0]])], [np.array([[4.0, 2.0], [2.5, -1.0]])]
for kind in INTEGERS:
    found = allreduce_mean([one, two, one], np.array([100, 120, 100], kind))[0]
    assert np.allclose(found, (200 * one[0] + 120 * two[0]) / 320, rtol=1e-12), (
        "allreduce_mean: sizes of any integer type, whose sum does not fit"
    )
most = 2**62
for sizes in ([most, most, most], np.array([most] * 3)):
    found = allreduce_mean([one, two, two], sizes)[0]
    assert np.allclose(found, (one[0] + 2 * two[0]) / 3, rtol=1e-12), (
        "allreduce_mean: very large sizes"
    )
for scale in (1e-300, 1e-150, 1e-15, 1e150, 1e300):
    found = allreduce_mean([[one[0] * scale], [two[0] * scale]], [3 * 10**9, 10**9])[0]
    assert np.allclose(found / scale, 0.75 * one[0] + 0.25 * two[0], rtol=1e-9), (
        "allreduce_mean: gradients of any scale"
    )
found = allreduce_mean([[np.array([1e-200, 1e200])], [np.array([3e-200, 0])]], [1, 1])
assert np.allclose(found[0] / [1e-200, 1e200], [2, 0.5], rtol=1e-12, atol=0), (
    "allreduce_mean: large and tiny gradients side by side"
)
for a, b in zip(of_every_layout(one[0]), of_every_layout(two[0]), strict=True):
    given = [[a], [b]]
    before = snapshot(given)
    with printing() as told:
        found = allreduce_mean(given, (1, 3))
    assert np.allclose(found[0], 0.25 * one[0] + 0.75 * two[0], rtol=1e-12), (
        "allreduce_mean: arrays that lie in memory in any way"
    )
    assert same(given, before) and not told(), (
        "allreduce_mean: leaves its arguments as they are, and prints nothing"
    )
    assert apart(allreduce_mean([[a], [b]], [1, 0]), [a, b]), (
        "allreduce_mean: returns arrays of its own, also where one worker has it all"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Gradients that come late: `stale_gd(A, w, lr, delay, steps)`
#
# medium · 15 minutes · 5 points
#
# The loss is $\frac12 w^\top A w$ with a symmetric matrix `A`, `(d, d)`. In a slow network the gradient that arrives at step $t$ was taken `delay` steps ago, at $w_{t - \text{delay}}$. It is applied to the
# weights as they are now:
#
# $$w_{t+1} = w_t - \text{lr} \cdot A\, w_{t - \text{delay}}, \qquad w_s = w_0 \text{ for } s < 0.$$
#
# So the first `delay` steps, too, use a gradient: the one at the start. Begin at `w`, `(d,)`, take `steps` steps, and return a list of all `steps + 1` weights, the start first. Each is an array `(d,)` of its own.
# With `delay` 0 this is gradient descent.
#
# `delay` and `steps` are integers, 0 or more, and `delay` may be the larger one. `lr` is a number above 0. Any of them may have any NumPy type. All numbers are finite, and `A` may have negative eigenvalues.
#
# <details><summary>Hint 1: by hand</summary>
#
# One weight, `A` = 1, start 1, rate 0.5, delay 1. The first step uses the gradient at the start, and so does the second. What are the first four weights?
# </details>
#
# <details><summary>Hint 2: the list knows the past</summary>
#
# You record all weights anyway. Which entry of the list is $w_{t - \text{delay}}$, and which one if the index is negative?
# </details>


# %% nbgrader={"grade_id": "stale_gd", "solution": true}
def stale_gd(A, w, lr, delay, steps):
    """Return the list of steps + 1 weights of descent on w'Aw/2 with gradients that are delay steps old.

    A: (d, d), symmetric.  w: (d,).  lr: float above 0.  delay, steps: int, 0 or more.
    """
    ### BEGIN SOLUTION
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path
    ### END SOLUTION


# %% nbgrader={"grade_id": "stale_gd-visible", "points": 1}
# Visible tests of `stale_gd`: 1 point.
import numpy as np

path = stale_gd(np.array([[1.0]]), np.array([1.0]), 0.5, 1, 4)
assert isinstance(path, list) and len(path) == 5, (
    "stale_gd: a list of steps + 1 weights, the start first"
)
assert np.allclose(path, [[1], [0.5], [0], [-0.25], [-0.25]], rtol=1e-12), (
    "stale_gd: the weights of the worked example"
)
path = stale_gd(np.diag([1.0, 2.0]), np.array([4.0, 4.0]), 0.25, 0, 2)
assert np.allclose(path, [[4, 4], [3, 2], [2.25, 1]], rtol=1e-12), (
    "stale_gd: with delay 0 it is gradient descent"
)

# %% nbgrader={"grade_id": "stale_gd-hidden", "points": 3}
# Hidden tests of `stale_gd`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import drawn


def _companion(A, w, lr, delay, steps):
    """Apply one matrix to the present and all past weights at once."""
    d = len(w)
    M = np.eye((delay + 1) * d, k=-d)
    M[:d, :d] += np.eye(d)
    M[:d, -d:] -= lr * A
    state, path = np.tile(w, delay + 1), [w]
    for _ in range(steps):
        state = M @ state
        path.append(state[:d])
    return np.array(path)


rng = drawn("stale_gd")
for trial in range(40):
    d, delay, steps = (int(v) for v in rng.integers((1, 0, 0), (5, 7, 30)))
    A = rng.normal(size=(d, d))
    A = A @ A.T / d if trial % 3 else (A + A.T) / 2
    w, lr = rng.normal(size=d), float(rng.uniform(0.02, 0.4))
    wanted = _companion(A, w, lr, delay, steps)
    found = stale_gd(A, w, lr, delay, steps)
    assert np.shape(found) == (steps + 1, d), (
        "stale_gd: steps + 1 weights, for any sizes"
    )
    scale = np.abs(wanted).max(axis=1, keepdims=True) + np.abs(w).max()
    assert np.allclose(
        np.array(found) / scale, wanted / scale, rtol=1e-9, atol=1e-10
    ), "stale_gd: agrees with one matrix for present and past, for any delay"

for delay in (0, 1, 2, 5, 9):
    limit = 2 * np.sin(np.pi / (2 * (2 * delay + 1)))
    for rate, ends in ((0.9, "falls"), (1.1, "grows")):
        path = np.abs(
            stale_gd(np.array([[4.0]]), np.array([1.0]), rate * limit / 4, delay, 2500)
        )
        late = path[-60:].max()
        assert (late < 1e-3) == (ends == "falls") and (late > 1e3) == (
            ends == "grows"
        ), (
            "stale_gd: it settles below the largest rate that theory allows for the delay, and grows above"
        )
A, w = np.array([[2.0, -1.0], [-1.0, 3.0]]), np.array([1.0, -2.0])
path = stale_gd(A, w, 0.1, 50, 6)
assert np.allclose(path, [w - t * 0.1 * A @ w for t in range(7)], rtol=1e-12), (
    "stale_gd: a delay longer than the run uses the gradient at the start throughout"
)
path = stale_gd(A, w, 0.1, 3, 0)
assert len(path) == 1 and np.array_equal(path[0], w), (
    "stale_gd: no step leaves the start alone in the list"
)
path = stale_gd(np.diag([1.0, 0.0]), np.array([1.0, 5.0]), 0.5, 2, 12)
assert np.all(np.array(path)[:, 1] == 5), "stale_gd: a flat direction is left alone"
path = stale_gd(np.array([[1.0]]), np.array([1.0]), 1e-9, 2, 3000)
assert np.allclose(1 - np.ravel(path), 1e-9 * np.arange(3001), rtol=1e-4, atol=1e-15), (
    "stale_gd: small steps are all taken"
)
path = stale_gd(np.eye(2), np.array([0.0, 0.0]), 0.5, 1, 20)
assert len(path) == 21 and not np.any(path), (
    "stale_gd: a start at the minimum stays there"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "stale_gd-inputs", "points": 1}
# Hidden tests of `stale_gd`: 1 point for inputs of every type, layout and scale.
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

H = np.array([[100.0, 20.0], [20.0, 120.0]])
start = np.array([100.0, 7.0])
wanted = [start]
for t in range(3):
    wanted.append(wanted[t] - 0.001 * H @ wanted[max(t - 1, 0)])
for A in of_every_type(H.astype(int)):
    for w in of_every_type(start.astype(int)):
        path = stale_gd(A, w, 0.001, 1, 3)
        assert np.allclose(path, wanted, rtol=1e-11) and all(
            np.asarray(p).dtype == np.float64 for p in path
        ), "stale_gd: calculates in float64, whatever integers or floats come in"
for A in near_the_limits([[1, 0.5], [0.5, 0.75]]):
    wide = A.astype(float)
    lr = 0.5 / np.abs(wide).max()
    w = A[0] if A.dtype.kind != "f" else np.array([2.0, 1.0], A.dtype)
    path = stale_gd(A, w, lr, 1, 2)
    once = w - lr * wide @ w.astype(float)
    scale = np.abs(w.astype(float)).max()
    assert np.allclose(
        np.array(path[1:]) / scale,
        np.array([once, 2 * once - w]) / scale,
        rtol=1e-9,
        atol=1e-12,
    ), "stale_gd: large numbers of a narrow type"
A, w = np.array([[1.5, 0.5], [0.5, 1.0]]), np.array([3.0, -1.0])
wanted = np.array(stale_gd(A, w, 0.125, 2, 300))
for kind in INTEGERS:
    number = np.dtype(kind).type
    assert np.allclose(stale_gd(A, w, 0.125, number(2), 300), wanted, atol=1e-13), (
        "stale_gd: delays and steps of any integer type"
    )
    path = stale_gd(A, w, 0.125, number(120), number(100))
    assert np.allclose(path[-1], w - 12.5 * A @ w, rtol=1e-10), (
        "stale_gd: a long delay of any integer type"
    )
for kind in (np.float16, np.float32, np.float64):
    assert np.allclose(stale_gd(A, w, kind(0.125), 2, 110), wanted[:111], atol=1e-13), (
        "stale_gd: rates of any float type"
    )
for Al, wl in zip(of_every_layout(A), of_every_layout(w), strict=True):
    before = snapshot((Al, wl))
    with printing() as told:
        path = stale_gd(Al, wl, 0.125, 2, 110)
    assert np.allclose(path, wanted[:111], rtol=1e-10, atol=1e-13), (
        "stale_gd: arrays that lie in memory in any way"
    )
    assert same((Al, wl), before) and not told(), (
        "stale_gd: leaves its arguments as they are, and prints nothing"
    )
    assert apart(*path, wl), (
        "stale_gd: each record is an array of its own, the start too"
    )
for scale in (1e-200, 1e-15, 1e15, 1e200):
    path = np.array(stale_gd(A, w * scale, 0.125, 2, 40)) / scale
    assert np.allclose(path, wanted[:41], rtol=1e-9, atol=1e-13), (
        "stale_gd: weights of any scale"
    )
    path = stale_gd(A * scale, w, 0.125 / scale, 2, 40)
    assert np.allclose(path, wanted[:41], rtol=1e-9, atol=1e-13), (
        "stale_gd: curvatures of any scale"
    )
assert same(stale_gd(A, w, 0.125, 2, 9), stale_gd(A, w, 0.125, 2, 9)), (
    "stale_gd: equal calls give equal results"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. A gradient that tells little of each: `dp_gradient(G, C, sigma, rng)`
#
# hard · 25 minutes · 6 points
#
# `G`, `(B, d)`, holds the gradient of each of `B` samples in a row. Return the step's gradient as DP-SGD takes it, an array `(d,)`:
#
# 1. Clip each row on its own: a row that is longer than `C` is scaled to the length `C`, any other one stays as it is.
# 2. Take the mean of the clipped rows.
# 3. Add normal noise: to each entry its own, with the mean 0 and the standard deviation `sigma` $\cdot$ `C` / `B`.
#
# The noise does not depend on the rows in any way. `C` is a number above 0, `sigma` a number, 0 or more, both of Python or of any NumPy type. With `sigma` 0 there is no noise. `rng` is a `numpy.random.Generator`:
# take all random numbers from it, and none from elsewhere. So equal generators give equal results, and a second call with the same generator gives other noise.
#
# All numbers are finite. Rows may be 0. Their lengths and `C` lie between $10^{-250}$ and $10^{250}$, where the square of an entry may overflow or be 0: such rows are clipped like all others.
# The noise is tested by chance: a right answer fails less than once in a million times.
#
# <details><summary>Hint 1: by hand</summary>
#
# Two rows, (3, 4) and (0, 1), and `C` 1. How long is each, what is left of them, and what is their mean?
# </details>
#
# <details><summary>Hint 2: a length without squares that overflow</summary>
#
# Divide a row by its largest absolute entry first. Mind the row of zeros.
# </details>
#
# <details><summary>Hint 3: where the scale of the noise comes from</summary>
#
# One sample can change the mean by `C / B` at most when it joins. The noise has to hide that, and not the length of any row that is there.
# </details>


# %% nbgrader={"grade_id": "dp_gradient", "solution": true}
def dp_gradient(G, C, sigma, rng):
    """Return the mean of the clipped rows plus noise of the standard deviation sigma * C / B, (d,).

    G: (B, d), a gradient for each sample.  C: float above 0.  sigma: float, 0 or more.
    """
    ### BEGIN SOLUTION
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)  # the largest entry is 1, or all are 0
    most = C / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1)
    clipped = unit * np.minimum(largest, most)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise
    ### END SOLUTION


# %% nbgrader={"grade_id": "dp_gradient-visible", "points": 1}
# Visible tests of `dp_gradient`: 1 point.
import numpy as np

G = np.array([[3.0, 4.0], [0.0, 1.0], [-0.5, 0.0], [0.0, 0.0]])
found = dp_gradient(G, 1.0, 0.0, np.random.default_rng(0))
assert np.shape(found) == (2,), "dp_gradient: a number for each column"
assert np.allclose(found, [0.025, 0.45], rtol=1e-12), (
    "dp_gradient: without noise, the mean of the clipped rows of the worked example"
)
first, second = (dp_gradient(G, 1.0, 2.0, np.random.default_rng(0)) for _ in range(2))
assert np.array_equal(first, second) and not np.allclose(first, found), (
    "dp_gradient: equal generators give equal noise"
)

# %% nbgrader={"grade_id": "dp_gradient-hidden", "points": 4}
# Hidden tests of `dp_gradient`: 4 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import chdtr, chdtrc, ndtr

from gdcourse.testing import drawn, many


def _mean(G, C):
    """Clip row by row, with lengths that neither overflow nor vanish."""
    total = np.zeros(G.shape[1])
    for row in G:
        size = max(abs(v) for v in row)
        length = (
            size * float(np.sqrt(sum((v / size) ** 2 for v in row))) if size else 0.0
        )
        total += row * min(1.0, C / length) / len(G) if length else 0.0
    return total


rng = drawn("dp_gradient")
for trial in range(40):
    B, d = (int(k) for k in rng.integers(1, 8, 2))
    G = rng.normal(size=(B, d)) * 10.0 ** rng.uniform(-2, 2, (B, 1))
    G[rng.random(B) < 0.15] = 0
    C = float(10.0 ** rng.uniform(-1.5, 1.5))
    found = dp_gradient(G, C, 0.0, rng)
    assert np.shape(found) == (d,) and np.allclose(
        found, _mean(G, C), rtol=1e-9, atol=1e-12 * C
    ), "dp_gradient: each row is clipped on its own, before the mean"
assert np.allclose(dp_gradient([[0.6, 0.8]], 1.0, 0.0, rng), [0.6, 0.8], rtol=1e-12), (
    "dp_gradient: a row as long as C stays as it is"
)
G = np.array([[3e-9, 4e-9], [1e-9, 0.0]])
assert np.allclose(dp_gradient(G, 1.0, 0.0, rng), [2e-9, 2e-9], rtol=1e-9, atol=0), (
    "dp_gradient: short rows are not made longer"
)
assert not np.any(dp_gradient(np.zeros((3, 2)), 1.0, 0.0, rng)), (
    "dp_gradient: rows of zeros stay zeros"
)
for size in (1e-249, 1e-200, 1e-160, 1e160, 1e200, 1e249):
    G = np.array([[3.0, 4.0], [0.0, 0.1], [0.0, 0.0]]) * size
    found = dp_gradient(G, size, 0.0, rng) / size
    assert np.allclose(found, [0.2, 0.9 / 3], rtol=1e-9, atol=0), (
        "dp_gradient: lengths whose squares overflow or vanish"
    )
G = np.array([[3e200, 4e200], [0.3, 0.4], [3e-200, 4e-200]])
assert np.allclose(dp_gradient(G, 1.0, 0.0, rng), [0.3, 0.4], rtol=1e-9), (
    "dp_gradient: long and short rows side by side"
)
(G,) = many(
    rng, rng.normal(size=(9, 3)) * [[1], [9], [2], [5], [1], [3], [1], [7], [4]]
)
assert np.allclose(dp_gradient(G, 2.0, 0.0, rng), _mean(G, 2.0), rtol=1e-8), (
    "dp_gradient: many samples"
)

# Each of the following tests of chance refuses right noise with a probability below 1e-7; there are nine.


def _noise(G, C, sigma, calls):
    """Return the noise of many calls in units of its standard deviation, (calls, d)."""
    generator = np.random.default_rng(int(rng.integers(2**60)))
    found = [dp_gradient(G, C, sigma, generator) for _ in range(calls)]
    return (np.array(found) - _mean(G, C)) * len(G) / (sigma * C)


def _normal(z):
    """Could these be independent standard normal numbers, by Kolmogorov's distance and by the sum of squares?"""
    z = np.sort(np.ravel(z))
    places = np.arange(1, z.size + 1) / z.size
    gap = np.maximum(np.abs(ndtr(z) - places), np.abs(ndtr(z) - places + 1 / z.size))
    squares = np.sum(z**2)
    return (
        gap.max() < np.sqrt(np.log(2 / 5e-8) / (2 * z.size))
        and min(chdtr(z.size, squares), chdtrc(z.size, squares)) > 2e-8
    )


G = rng.normal(size=(4, 30)) * [[0.01], [0.1], [1.0], [10.0]]
z = _noise(G, 2.5, 1.5, 400)
assert _normal(z), "dp_gradient: normal noise of the standard deviation sigma * C / B"
assert _normal(z.sum(axis=1) / np.sqrt(30)), (
    "dp_gradient: each entry has noise of its own"
)
assert _normal(z.sum(axis=0) / np.sqrt(400)), (
    "dp_gradient: each call has noise of its own"
)
assert _normal(_noise(np.zeros((9, 40)), 0.125, 0.5, 200)), (
    "dp_gradient: noise also where all rows are zeros"
)
assert _normal(_noise(G[:2], 100.0, 3.0, 200)), (
    "dp_gradient: noise by C also where no row is as long"
)
assert _normal(_noise(G[:1], 1e-3, 0.01, 200)), "dp_gradient: one sample, little noise"
assert _normal(_noise(G[:, :1], 1.0, 1.0, 3000)), "dp_gradient: a single column"
assert _normal(_noise(np.repeat(G, 30, axis=0), 1.0, 20.0, 200)), (
    "dp_gradient: more samples, less noise"
)
z = _noise(G, 1.0, 1.0, 300)
pairs = np.concatenate([z[:, ::2] + z[:, 1::2], z[:, ::2] - z[:, 1::2]], axis=1)
assert _normal(pairs / np.sqrt(2)), "dp_gradient: neighbours have independent noise"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "dp_gradient-inputs", "points": 1}
# Hidden tests of `dp_gradient`: 1 point for inputs of every type and layout, and for the generator.
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

rng = np.random.default_rng(5)
for G in of_every_type([[100, 0], [60, 80], [3, 4]]):
    found = dp_gradient(G, 50.0, 0.0, rng)
    assert np.asarray(found).dtype == np.float64 and np.allclose(
        found, [83 / 3, 44 / 3], rtol=1e-12
    ), "dp_gradient: calculates in float64, whatever integers or floats come in"
for G in near_the_limits([[1, 0], [0, 1], [0, 0]]):
    size = np.abs(G.astype(float)).max()
    found = dp_gradient(G, size / 4, 0.0, rng)
    assert np.allclose(found / size, [1 / 12, 1 / 12], rtol=1e-9), (
        "dp_gradient: large gradients of a narrow type"
    )
least = np.array([[-128, 0], [0, 4]], np.int8)
assert np.allclose(dp_gradient(least, 8.0, 0.0, rng), [-4, 2], rtol=1e-12), (
    "dp_gradient: the smallest number of a narrow type"
)
G = np.array([[3.0, 4.0], [-1.0, 0.5], [0.0, 0.0]])


def _seeded(G, C, sigma):
    return dp_gradient(G, C, sigma, np.random.default_rng(9))


wanted = _seeded(G, 2.0, 3.0)
for kind in (*INTEGERS, "float16", "float32", "float64"):
    number = np.dtype(kind).type
    assert np.allclose(_seeded(G, number(2), number(3)), wanted, rtol=1e-12), (
        "dp_gradient: C and sigma of any type"
    )
    assert np.allclose(
        _seeded(G, number(100), number(120)), _seeded(G, 100.0, 120.0), rtol=1e-12
    ), "dp_gradient: the product of a narrow C and a narrow sigma"
for kind in (np.float16, np.float32):
    small = kind(0.001)
    exact = _seeded(G, float(small), float(small))
    assert np.allclose(_seeded(G, small, small), exact, rtol=1e-12, atol=0), (
        "dp_gradient: the product of a narrow C and a narrow sigma"
    )
for laid in of_every_layout(G):
    before = snapshot(laid)
    with printing() as told:
        found = _seeded(laid, 2.0, 3.0)
    assert np.allclose(found, wanted, rtol=1e-12), (
        "dp_gradient: arrays that lie in memory in any way"
    )
    assert same(laid, before) and not told(), (
        "dp_gradient: leaves the rows as they are, and prints nothing"
    )
    assert apart(_seeded(laid[:1], 100.0, 0.0), laid), (
        "dp_gradient: returns an array of its own"
    )
generator, before = np.random.default_rng(1), np.random.get_state()
first, second = (dp_gradient(G, 2.0, 3.0, generator) for _ in range(2))
assert not np.any(np.isclose(first, second, rtol=1e-9)), (
    "dp_gradient: a second call with the same generator gives other noise"
)
assert not np.allclose(dp_gradient(G, 2.0, 3.0, np.random.default_rng(2)), first), (
    "dp_gradient: another generator gives other noise"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. What a gradient gives away: `invert_linear(dW, db)`
#
# easy · 12 minutes · 4 points
#
# A linear layer has the scores $z = W x + b$, with `W`, `(k, d)`, as PyTorch stores it: a row for each output. One sample `x`, `(d,)`, went through it. From the network behind it came $\delta = \partial J / \partial z$, `(k,)`, which nobody tells you. You see the
# gradients of the layer only: `dW`, `(k, d)`, for the weights and `db`, `(k,)`, for the bias. Return `x`.
#
# Some entries of `db` may be 0: their rows of `dW` are 0 too and say nothing. Raise a `ValueError` if all of them are 0. An entry that is not 0 says something, however small it is, down to $10^{-300}$.
# Both arrays may have been rounded before they were sent, to `float16` for example. So rely on rows where rounding matters least, those with a large $|\text{db}|$, and you are right to one part in a thousand.
#
# All numbers are finite.
#
# <details><summary>Hint 1: by hand</summary>
#
# One output, two inputs: $z = w_1 x_1 + w_2 x_2 + b$. What are the slopes of $J$ for $w_1$ and for $b$, if the one for $z$ is $\delta$?
# </details>
#
# <details><summary>Hint 2: which row</summary>
#
# `np.argmax` of the absolute values. What is the absolute value of -128 in `int8`?
# </details>


# %% nbgrader={"grade_id": "invert_linear", "solution": true}
def invert_linear(dW, db):
    """Return the input x, (d,), of a linear layer z = W x + b from its gradients.

    dW: (k, d).  db: (k,); all of it 0 raises a ValueError.
    """
    ### BEGIN SOLUTION
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row] / db[row]
    ### END SOLUTION


# %% nbgrader={"grade_id": "invert_linear-visible", "points": 1}
# Visible tests of `invert_linear`: 1 point.
import numpy as np

x, delta = np.array([0.5, -3.0, 2.0]), np.array([0.0, -4.0])
found = invert_linear(np.outer(delta, x), delta)
assert np.shape(found) == (3,), "invert_linear: a number for each input"
assert np.allclose(found, x, rtol=1e-12), (
    "invert_linear: the input of the worked example"
)

# %% nbgrader={"grade_id": "invert_linear-hidden", "points": 2}
# Hidden tests of `invert_linear`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
import torch

from gdcourse.testing import drawn

rng = drawn("invert_linear")
for trial in range(30):
    d, k, classes = (int(v) for v in rng.integers((1, 2, 2), (9, 9, 6)))
    x = rng.normal(size=d)
    W, b, V = (
        torch.tensor(rng.normal(size=shape), requires_grad=True)
        for shape in ((k, d), k, (classes, k))
    )
    hidden = torch.relu(W @ torch.tensor(x) + b)
    if not torch.any(hidden > 0):
        continue
    label = torch.tensor(int(rng.integers(classes)))
    torch.nn.functional.cross_entropy(V @ hidden, label).backward()
    found = invert_linear(W.grad.numpy(), b.grad.numpy())
    assert np.shape(found) == (d,) and np.allclose(found, x, rtol=1e-7, atol=1e-9), (
        "invert_linear: the input of a network's first layer, from PyTorch's gradients"
    )
x = np.array([1.5, 0.0, -2.0])
for k in range(4):
    delta = np.zeros(4)
    delta[k] = -0.5
    assert np.allclose(invert_linear(np.outer(delta, x), delta), x, rtol=1e-12), (
        "invert_linear: the one row that says something may be any"
    )
for size in (1e-300, 1e-200, 1e-100, 1e-15, 1e-8, 1e8, 1e100, 1e200, 1e300):
    delta = np.array([0.0, 0.3, -0.7]) * size
    assert np.allclose(invert_linear(np.outer(delta, x), delta), x, rtol=1e-9), (
        "invert_linear: gradients of any size"
    )
delta = np.array([0.5, -2.0, 1.5])
assert np.allclose(invert_linear(np.outer(delta, x), delta), x, rtol=1e-12), (
    "invert_linear: bias gradients that add up to 0"
)
delta = np.array([1e-300, 1e200, 0.0, 1.0])
assert np.allclose(invert_linear(np.outer(delta, x), delta), x, rtol=1e-9), (
    "invert_linear: large and tiny rows side by side"
)
for trial in range(30):
    x = rng.uniform(0.5, 2, 6) * rng.choice([-1, 1], 6)
    delta = rng.permutation([*(10.0 ** rng.uniform(-8, -5, 5)), 0.0, 0.3, -0.9])
    found = invert_linear(
        np.outer(delta, x).astype(np.float16), delta.astype(np.float16)
    )
    assert np.allclose(found, x, rtol=1.5e-3, atol=0), (
        "invert_linear: rounded gradients, by the rows where that matters least"
    )
x = np.array([3.0])
assert np.allclose(invert_linear([[6.0]], [2.0]), x, rtol=1e-12), (
    "invert_linear: one input and one output"
)
assert not np.any(invert_linear(np.zeros((2, 3)), np.array([0.0, 2.0]))), (
    "invert_linear: an input of zeros"
)


def _refused(dW, db):
    try:
        invert_linear(dW, db)
    except ValueError:
        return True
    return False


assert _refused(np.zeros((2, 3)), np.zeros(2)) and _refused([[0.0]], [0.0]), (
    "invert_linear: raises ValueError where no row says anything"
)
assert not _refused(np.array([[0.0], [2e-300]]), np.array([0.0, 1e-300])), (
    "invert_linear: a tiny bias gradient is not 0"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "invert_linear-inputs", "points": 1}
# Hidden tests of `invert_linear`: 1 point for inputs of every type and layout.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    apart,
    near_the_limits,
    of_every_layout,
    of_every_type,
    printing,
    same,
    snapshot,
)

for dW in of_every_type([[0, 0, 0], [5, 120, 0]]):
    for db in of_every_type([0, 10]):
        found = invert_linear(dW, db)
        assert np.asarray(found).dtype == np.float64 and np.allclose(
            found, [0.5, 12, 0], rtol=1e-12
        ), "invert_linear: gradients of any integer or float type, and lists"
least = np.array([4, -128, 0], np.int8)
found = invert_linear(np.array([[2, 3], [-64, -95], [0, 0]], np.int8), least)
assert np.allclose(found, [0.5, 95 / 128], rtol=2e-4), (
    "invert_linear: the smallest number of a narrow type"
)
for dW in near_the_limits([[0.5, 1], [0.25, 0.5]]):
    found = invert_linear(dW, dW[:, 1])
    assert np.allclose(found, [0.5, 1], rtol=1e-12), (
        "invert_linear: large gradients of a narrow type"
    )
x, delta = np.array([1.0, -2.0, 0.5]), np.array([0.5, -3.0, 0.0, 1.0])
for dW, db in zip(
    of_every_layout(np.outer(delta, x)), of_every_layout(delta), strict=True
):
    before = snapshot((dW, db))
    with printing() as told:
        found = invert_linear(dW, db)
    assert np.allclose(found, x, rtol=1e-12), (
        "invert_linear: arrays that lie in memory in any way"
    )
    assert same((dW, db), before) and not told(), (
        "invert_linear: leaves its arguments as they are, and prints nothing"
    )
one = np.array([[2.0, 3.0]])
assert apart(invert_linear(one, np.array([1.0])), one), (
    "invert_linear: returns an array of its own"
)
### END HIDDEN TESTS
