# %% [markdown]
# # Gradients: eleven exercises
#
# {{about}}
#
# Replace each `raise NotImplementedError()` with your own code, run the cell, then run the test cell below it.
# A test cell that prints nothing has passed. One that fails names the property that your code does not have yet.
# The exercises do not build on each other, so you can do them in any order. Together they are worth 48 points.
#
# Some rules hold throughout, unless an exercise says otherwise. Your functions leave their inputs unchanged, keep
# nothing between calls and print nothing. All numbers are finite. An array that you are given may lie in memory in any
# order, may be read-only and may hold thousands of entries, more than Python allows levels of recursion. "Any NumPy type"
# means those from `int8` to `uint64` and from `float16` to `float64`. A scalar result may be a Python float or a NumPy number. NumPy is all that you need, but
# exercise 7 is about PyTorch and exercise 8 about TensorFlow. Without one of them, leave its exercise out.
#
# At most a quarter of an exercise's points is for unusual inputs, such as arrays of `int8`: the message of a failed test
# names the kind of input, and the exercise says which kinds there are.
#
# When you are done, press **Validate** in the toolbar, or run `gdcourse check 02_gradients` in a terminal: its report
# is shorter. Both run the visible tests. `gdcourse check 02_gradients --full` runs the hidden ones too.

# %%
import numpy as np

# %% [markdown]
# ## 1. A gradient without calculus: `numgrad(f, x, h)`
#
# easy · 10 minutes · 4 points
#
# `f` takes an array of one fixed shape and returns a number. `x` is such an array. Return the array of all central
# differences: the entry at the index $i$ is
#
# $$g_i = \frac{f(x + h\,e_i) - f(x - h\,e_i)}{2h},$$
#
# where $e_i$ has the shape of `x`, a 1 at the index $i$ and 0 elsewhere.
#
# - `x` may have any shape with at least one entry: `()`, `(d,)`, `(2, 3)`, `(2, 3, 4)`, ... The result has the same
#   shape. `x` may be a transposed array, or a slice of another one, and it may be read-only.
# - `x` may hold integers or floats of any NumPy type. Calculate in `float64` all the same, and return `float64`.
# - `f` is a black box. Call it on arrays of the shape of `x` that hold `float64`: no lists, no batches, no complex
#   numbers. It may be expensive, so do not call it more than $2$ times for each entry. It does not change its argument,
#   and returns a `float`. If that is NaN or infinite, the formula says what becomes of this entry, and of no other.
# - Use the step `h > 0` that you are given, however large or small ($x \pm h$ and $2h$ are finite), and exactly the formula above. A more accurate
#   formula gives other numbers. So does the distance of the two points that you get: where $x + h$ is rounded, the
#   denominator is still $2h$.
# - `x` is unchanged afterwards, down to the last bit.
#
# <details><summary>Hint 1: visit every index</summary>
#
# `np.ndindex(x.shape)` runs through all indices of an array of any shape, as tuples: `for i in np.ndindex(x.shape):`.
# For the shape `()` it yields the empty tuple once, and `g[()]` is a legal index.
# </details>
#
# <details><summary>Hint 2: where does your flat array live?</summary>
#
# `x.ravel()` is a view of some arrays and a copy of others, such as transposed ones. What happens to `f(x)` when you
# move an entry of the copy? And what does `x[i] += 1e-5` do to an array of integers?
# </details>
#
# <details><summary>Hint 3: whose array moves?</summary>
#
# Not the caller's, not one of integers, and not one that keeps an earlier move. What must you do to `x` before the first
# index, and what before each of the two calls of `f`?
# </details>


# %% nbgrader={"grade_id": "numgrad", "solution": true}
def numgrad(f, x, h):
    """Return the central differences of f at x with the step h.

    f: array -> number.  x: any shape.  h: float.  Returns: array of x's shape.
    """
    ### BEGIN SOLUTION
    x = np.array(x, dtype=float)
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return g
    ### END SOLUTION


# %% nbgrader={"grade_id": "numgrad-visible", "points": 1}
# Visible tests of `numgrad`: 1 point.
import numpy as np


def _cubes(x):
    """The sum of the cubes."""
    return np.sum(x**3)


# By hand, with h = 1: from 2 it is (3^3 - 1^3) / 2 = 13, from 0 it is (1 + 1) / 2 = 1. The derivatives are 12 and 0.
start = np.array([2.0, 0.0])
g = numgrad(_cubes, start, 1.0)
assert np.shape(g) == (2,), "numgrad: the result has the shape of x"
assert np.allclose(g, [13.0, 1.0]), "numgrad: agrees with the worked example"
assert np.array_equal(start, [2.0, 0.0]), (
    "numgrad: leaves x unchanged in the worked example"
)
assert np.shape(numgrad(_cubes, np.ones((2, 3)), 0.5)) == (2, 3), (
    "numgrad: a matrix gives a matrix"
)

# %% nbgrader={"grade_id": "numgrad-hidden", "points": 2}
# Hidden tests of `numgrad`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _wave(w, phase, shape, calls):
    """sin(<w, x> + phase), which takes nothing but arrays of float64 of one shape; it notes its calls."""

    def _f(x):
        if np.shape(x) != shape or np.asarray(x).dtype != np.float64:
            raise TypeError(f"f expects an array of float64 of the shape {shape}")
        calls.append(1)
        return float(np.sin(np.sum(w * x) + phase))

    return _f


def _difference(w, phase, x, h):
    """The central differences of the wave in closed form: sin(a + b) - sin(a - b) = 2 cos(a) sin(b)."""
    return np.cos(np.sum(w * x) + phase) * np.sin(w * h) / h


rng = np.random.default_rng(21)
shapes = [(), (1,), (5,), (2, 3), (3, 1), (1, 4), (2, 2, 2), (3, 3)]
for case in range(24):
    shape, h = shapes[case % 8], (1e-5, 1e-3, 0.1, 0.7, 2.0)[case % 5]
    w, x, phase = (
        np.array(rng.normal(size=shape)),
        np.array(rng.normal(size=shape)),
        float(rng.normal()),
    )
    calls, before = [], x.copy()
    g = numgrad(_wave(w, phase, shape, calls), x, h)
    assert np.array_equal(x, before), (
        "numgrad: leaves x unchanged, down to the last bit"
    )
    assert np.shape(g) == shape, (
        "numgrad: the result has the shape of x, whatever it is"
    )
    assert np.allclose(g, _difference(w, phase, x, h), rtol=1e-7, atol=1e-14 / h), (
        "numgrad: is the central difference with the given step"
    )
    assert len(calls) <= 2 * x.size, "numgrad: calls f at most twice for each entry"


def _product(x):
    """The product of all entries."""
    return float(np.prod(x))


x = np.array([[2.0, -1.0], [0.0, 3.0]])
assert np.allclose(numgrad(_product, x, 0.25), [[0.0, 0.0], [-6.0, 0.0]]), (
    "numgrad: while one entry moves, all others stay where they are"
)
assert np.allclose(
    numgrad(lambda x: float(np.sum(x**4)), np.array([1.0]), 0.5), [5.0]
), "numgrad: on a curve it gives the quotient of the formula, not the exact slope"
assert np.allclose(numgrad(lambda x: 7.0, np.zeros(3), 1e-4), 0), (
    "numgrad: a constant function gives zeros"
)
x = np.array([1.0, -3.0, 1.0])
for factor, h in ((2.0, 0.5), (-3.0, 0.5), (2.0, 4.0), (2.0, 0.5)):
    g = numgrad(lambda x, c=factor: c * float(np.sum(x * x * x)), x, h)
    assert np.allclose(g, factor * (3 * x * x + h * h)), (
        "numgrad: the same x with another f or h gives another result"
    )


def _sum(x):
    return float(np.sum(x))


# Beside 2^52 the floats above have the distance 1, those below 1/2: x + 0.6 is rounded to x + 1, x - 0.6 to x - 1/2.
assert np.allclose(numgrad(_sum, np.array([2.0**52]), 0.6), 1.25, rtol=1e-12), (
    "numgrad: where x + h is rounded, the denominator is still 2 h"
)
assert np.array_equal(numgrad(_sum, np.array([1.0, -2.0]), 1e-30), [0.0, 0.0]), (
    "numgrad: a step too small to move x gives 0"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "numgrad-inputs", "points": 1}
# Hidden tests of `numgrad` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

rng = np.random.default_rng(31)


def _cubes(w, shape):
    """<w, x^3>, whose differences are w (3 x^2 + h^2); it takes nothing but arrays of float64 of one shape."""

    def _f(x):
        if np.shape(x) != shape or np.asarray(x).dtype != np.float64:
            raise TypeError(f"f expects an array of float64 of the shape {shape}")
        return float(np.sum(w * x**3))

    return _f


w = rng.normal(size=(2, 2))
for x in list(testing.of_every_type([[100, 3], [0, 7]]))[1:]:
    before = testing.snapshot(x)
    g = np.asarray(numgrad(_cubes(w, (2, 2)), x, 0.375))
    right = w * (3 * x.astype(float) ** 2 + 0.375**2)
    assert g.dtype == np.float64 and np.allclose(g, right, rtol=1e-9, atol=1e-9), (
        "numgrad: calculates in float64 when x holds integers, float16 or float32"
    )
    assert testing.same(x, before), "numgrad: leaves x unchanged, whatever its type"

base = rng.normal(size=(3, 4))
deep = rng.normal(size=(2, 3, 2))
for x in (
    *testing.of_every_layout(base),
    base.T,
    base[::2, 1::2],
    np.moveaxis(deep, 0, 2),
    np.moveaxis(deep, 0, 1),
    np.broadcast_to(base[0], (3, 4)),
    *testing.of_every_layout(base[0]),
):
    w, before = rng.normal(size=x.shape), testing.snapshot(x)
    g = numgrad(_cubes(w, x.shape), x, 0.5)
    assert np.allclose(g, w * (3 * x**2 + 0.25), rtol=1e-9, atol=1e-11), (
        "numgrad: treats transposed arrays, slices and read-only arrays as any other"
    )
    assert testing.same(x, before), (
        "numgrad: leaves transposed arrays and slices unchanged"
    )

for scale, x in testing.of_every_scale([0.5, -2.0, 0.0], (1e-100, 1e-12, 1e12, 1e100)):
    w, h = np.array([3.0, -1.0, 2.0]), 0.25 * scale
    g = numgrad(lambda x, w=w, s=scale: float(np.sum(w * (x / s) ** 3)), x, h)
    right = w * (3 * (x / scale) ** 2 + 0.0625) / scale
    assert np.allclose(np.asarray(g) * scale, right * scale, rtol=1e-9, atol=1e-11), (
        "numgrad: treats very small and very large numbers as any other"
    )

for size in testing.SCALES:
    g = numgrad(lambda x, c=size: c * float(np.sum(x**3)), np.array([1.0, -2.0]), 0.5)
    assert np.allclose(np.asarray(g) / size, [3.25, 12.25], rtol=1e-9, atol=0), (
        "numgrad: treats functions of very small and very large values as any other"
    )

for special in (float("nan"), float("inf")):
    for at in range(3):
        x, plain = np.array([1.0, 2.0, 3.0]), np.array([0, 1, 2]) != at

        def _edge(x, at=at, special=special):
            return special if x[at] < at + 0.75 else float(np.sum(x * x))

        g = np.asarray(numgrad(_edge, x, 0.5))
        assert np.allclose(g[plain], 2 * x[plain], rtol=1e-9) and not np.isfinite(
            g[at]
        ), "numgrad: where f gives NaN or infinity, that entry has it, and no other"
x = np.array([1.0, 2.0])
with testing.printing() as told:
    first = numgrad(_cubes(np.ones(2), (2,)), x, 0.5)
    again = numgrad(_cubes(np.ones(2), (2,)), x, 0.25)
assert testing.apart(first, again, x), "numgrad: each result is an array of its own"
for x in testing.near_the_limits([[1, 0.5], [0, 0.25]]):
    w, h = rng.normal(size=(2, 2)), float(x.max())
    g = numgrad(lambda x, w=w: float(np.sum(w * x)), x, h)
    assert np.allclose(g, w, rtol=1e-9), (
        "numgrad: numbers next to the limits of their type neither wrap around nor overflow"
    )
square = rng.normal(size=(3, 3))
for x in testing.of_every_layout(square):
    g = numgrad(_cubes(square, (3, 3)), x, 0.5)
    assert np.allclose(g, square * (3 * square**2 + 0.25), rtol=1e-9, atol=1e-11), (
        "numgrad: an entry of a square array keeps its place, however that lies in memory"
    )
for infinite, right in ((np.inf, [np.nan, 1]), (-np.inf, [np.nan, 1])):
    with np.errstate(all="ignore"):
        g = numgrad(
            lambda x, v=infinite: v if x[0] != 1 else float(x[1]),
            np.array([1.0, 2.0]),
            0.5,
        )
    assert np.allclose(g, right, rtol=1e-9, equal_nan=True), (
        "numgrad: infinity minus infinity is NaN, as in the formula"
    )
x = testing.drawn("numgrad-inputs").normal(size=601)
assert np.allclose(
    numgrad(lambda x: float(x @ x), x, 0.5), 2 * x, rtol=1e-9, atol=1e-9
), "numgrad: each of hundreds of entries has its difference"
assert not told(), "numgrad: prints nothing"
assert testing.sees_refilled(
    lambda x: numgrad(lambda z: float((z**3).sum()), x, 0.25),
    np.array([1.0, 2.0, -4.0]),
), "numgrad: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. How far apart are two gradients? `rel_error(a, b)`
#
# easy · 10 minutes · 4 points
#
# Return the distance of two arrays, in relation to the longer of them:
#
# $$\frac{\lVert a - b \rVert}{\max(\lVert a \rVert, \lVert b \rVert)}, \qquad
#   \lVert a \rVert = \sqrt{\textstyle\sum_i a_i^2} \ \text{ over all entries.}$$
#
# - `a` and `b` have the same shape, whatever it is: `()`, `(d,)`, `(2, 3)`, ... If their shapes differ, raise
#   `ValueError`, whatever they hold: `(3,)` against `(3, 1)` is refused, not broadcast.
# - If all entries of both are 0, the result is 0.
# - The result does not depend on the unit: entries are 0 or of a size from $10^{-100}$ to $10^{100}$, and all are compared
#   alike. So nothing is added to the denominator, and there is no smallest one. Nor is a small distance taken for 0.
# - If an entry is NaN or infinite, the result is NaN. Then no test of the form `rel_error(a, b) < tol` passes.
# - The arrays may hold integers or floats of any NumPy type. Take their values as `float64` before you calculate.
#
# <details><summary>Hint 1: why not entry by entry?</summary>
#
# Where an entry of the gradient is nearly 0, rounding alone makes two right values differ by 100 %. The norm asks how
# large the error is beside the whole gradient.
# </details>
#
# <details><summary>Hint 2: which norm?</summary>
#
# `np.linalg.norm(a)` without further arguments is the root of the sum of squares, for every shape.
# `np.linalg.norm(a, 2)` is another norm when `a` is a matrix.
# </details>
#
# <details><summary>Hint 3: zero, and NaN</summary>
#
# Only one case needs a branch of its own. Write it so that NaN does not fall into it: what do `==`, `>` and `not ... >` say
# of NaN? And what are `max(0.0, np.nan)` and `np.maximum(0.0, np.nan)`?
# </details>


# %% nbgrader={"grade_id": "rel_error", "solution": true}
def rel_error(a, b):
    """Return the norm of a - b over the larger of the norms of a and b; 0 if both are zero.

    a, b: arrays of one shape.  Returns: float.  Raises ValueError on different shapes.
    """
    ### BEGIN SOLUTION
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError(
            f"expected two arrays of one shape, got {a.shape} and {b.shape}"
        )
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    with np.errstate(invalid="ignore"):  # infinity minus infinity, and over infinity
        return 0.0 if scale == 0 else float(np.linalg.norm(a - b) / scale)
    ### END SOLUTION


# %% nbgrader={"grade_id": "rel_error-visible", "points": 1}
# Visible tests of `rel_error`: 1 point.
import numpy as np

# By hand: the difference is (0, 4) with the norm 4, the norms are 5 and 3.
a, b = np.array([3.0, 4.0]), np.array([3.0, 0.0])
assert np.ndim(rel_error(a, b)) == 0, "rel_error: returns one number"
assert np.isclose(rel_error(a, b), 4 / 5), "rel_error: agrees with the worked example"
assert rel_error(a, a) == 0, "rel_error: equal arrays have no distance"
assert rel_error(np.zeros(2), np.zeros(2)) == 0, (
    "rel_error: two zero arrays have no distance"
)

# %% nbgrader={"grade_id": "rel_error-hidden", "points": 2}
# Hidden tests of `rel_error`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import math

import numpy as np


def _expected(a, b):
    """The formula, by math.hypot on Python floats, which neither overflows nor loses small numbers."""
    a, b = (np.asarray(v, dtype=float).ravel().tolist() for v in (a, b))
    distance = math.hypot(*(p - q for p, q in zip(a, b, strict=True)))
    return distance / max(math.hypot(*a), math.hypot(*b))


rng = np.random.default_rng(22)
shapes = [(), (1,), (6,), (2, 3), (4, 1), (2, 3, 2)]
for case in range(24):
    shape = shapes[case % 6]
    a = np.array(rng.normal(size=shape))
    near = a * (1 + 10.0 ** rng.uniform(-12, 0) * rng.normal(size=shape))
    b = np.array(near if case % 4 else rng.normal(size=shape))
    a_before, b_before = a.copy(), b.copy()
    value = rel_error(a, b)
    assert np.ndim(value) == 0, "rel_error: returns one number for every shape"
    assert np.array_equal(a, a_before) and np.array_equal(b, b_before), (
        "rel_error: leaves its inputs unchanged"
    )
    assert np.isclose(value, _expected(a, b), rtol=1e-9, atol=1e-15), (
        "rel_error: is the norm of the difference over the larger norm"
    )
    assert np.isclose(rel_error(b, a), value, rtol=1e-12, atol=0), (
        "rel_error: does not change when its arguments are swapped"
    )
    unit = 10.0 ** rng.uniform(-99, 99)
    assert np.isclose(
        rel_error(unit * a, unit * b),
        _expected(unit * a, unit * b),
        rtol=1e-9,
        atol=1e-15,
    ), "rel_error: does not depend on the unit, however small or large"
    assert np.isclose(rel_error(unit * a, -unit * a), 2.0), (
        "rel_error: an array and its opposite differ by twice the length of either"
    )
    assert np.isclose(rel_error(unit * a, 0 * a), 1.0) and np.isclose(
        rel_error(0 * a, unit * a), 1.0
    ), "rel_error: a zero array is compared with the norm of the other one"

for size in (1.0, 2.0**-330, 2.0**330):
    a = size * np.array([1.0, 0.0])
    assert np.isclose(rel_error(a, size * np.array([1.0, 1e-9])), 1e-9, atol=0), (
        "rel_error: a small entry beside a large one counts little"
    )
    assert 1e-16 < rel_error(a, np.nextafter(a, 0)) < 1.2e-16, (
        "rel_error: arrays that differ in the last digit of an entry have a distance"
    )
assert np.isclose(
    rel_error(np.array([3.0, 4.0]), np.array([4.0, 3.0])), math.sqrt(2) / 5
), "rel_error: arrays of equal length in different directions differ"
for one, two in (
    ([3.0, 3.0, 3.0], [4.0, 0.0, 0.0]),
    ([-3.0, -3.0, -3.0], [1.0, 1.0, 4.0]),
    ([9.0, 0.0, 0.0], [-6.0, -6.0, -6.0]),
    ([2.0, 2.0, 2.0, 2.0], [5.0, -1.0, -1.0, -1.0]),
):
    for a, b in ((one, two), (two, one)):
        assert np.isclose(rel_error(np.array(a), np.array(b)), _expected(a, b)), (
            "rel_error: the longer array is that of the larger norm, not of the larger entry or sum"
        )
for shape in ((), (3,), (2, 2)):
    assert rel_error(np.zeros(shape), np.zeros(shape)) == 0, (
        "rel_error: two zero arrays have no distance"
    )
nan, inf = np.nan, np.inf
broken = [
    ([nan, 1], [1, 1]),
    ([1, 1], [1, nan]),
    ([1, nan, 1], [1, 1, 1]),
    ([1, 1, 1], [nan, 1, nan]),
    ([inf, 1], [1, 1]),
    ([1, 1], [1, -inf]),
    ([inf, 1], [inf, 1]),
    ([inf, 1], [-inf, 1]),
    ([nan, inf], [1, 1]),
    ([1, inf], [nan, 1]),
    ([nan, 0], [0, 0]),
    ([0, 0], [nan, 0]),
    ([0, 0], [0, inf]),
    ([[1, 2], [nan, 4]], [[1, 2], [3, 4]]),
    ([nan], [nan]),
    (nan, 0),
    (0, nan),
]
for a, b in broken:
    with np.errstate(all="ignore"):
        value = rel_error(np.array(a, dtype=float), np.array(b, dtype=float))
    assert math.isnan(value), (
        "rel_error: NaN or infinity in either array, wherever it stands, gives NaN"
    )
for bad in (nan, inf):
    a = np.array([1.0, bad])
    with np.errstate(all="ignore"):
        assert math.isnan(rel_error(a, a)), (
            "rel_error: an array with NaN or infinity gives NaN beside itself too"
        )
assert rel_error(np.array([0.0, -0.0]), np.array([-0.0, 0.0])) == 0, (
    "rel_error: zeros of either sign have no distance"
)
different = [
    ((3,), (3, 1)),
    ((3,), (1, 3)),
    ((2, 3), (3, 2)),
    ((1,), ()),
    ((4,), (1,)),
    ((2, 3), (3,)),
    ((2,), (3,)),
]
for one, two in different:
    for fill in (0.0, 1.0, nan):
        try:
            rel_error(np.full(one, fill), np.full(two, fill))
        except ValueError:
            refused = True
        else:
            refused = False
        assert refused, "rel_error: arrays of different shapes raise ValueError"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "rel_error-inputs", "points": 1}
# Hidden tests of `rel_error` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import math

import numpy as np

from gdcourse import testing


def _exact(a, b):
    """The formula, by math.hypot on Python floats."""
    a, b = (np.asarray(v, dtype=float).ravel().tolist() for v in (a, b))
    distance = math.hypot(*(p - q for p, q in zip(a, b, strict=True)))
    return distance / max(math.hypot(*a), math.hypot(*b))


pairs = zip(
    list(testing.of_every_type([[100, 3], [0, 90]]))[1:],
    list(testing.of_every_type([[5, 100], [2, 120]]))[1:],
    strict=True,
)
for a, b in pairs:
    before = testing.snapshot((a, b))
    assert math.isclose(rel_error(a, b), _exact(a, b), rel_tol=1e-9), (
        "rel_error: integers of any type neither wrap around nor overflow"
    )
    assert testing.same((a, b), before), (
        "rel_error: leaves arrays of any type unchanged"
    )
a, b = np.array([100, -100], dtype=np.int8), np.array([-100, 90], dtype=np.int8)
assert math.isclose(rel_error(a, b), _exact(a, b), rel_tol=1e-9), (
    "rel_error: small signed integers neither wrap around nor overflow"
)
for kind, sizes in (
    (np.float16, (3e-7, 1.0, 6e4)),
    (np.float32, (1e-40, 1e-30, 1.0, 1e30)),
):
    for size in sizes:
        a, b = np.array([0.3, -0.7], dtype=kind), np.array([0.3, 0.6], dtype=kind)
        a, b = (a * kind(size)).astype(kind), (b * kind(size)).astype(kind)
        assert math.isclose(rel_error(a, b), _exact(a, b), rel_tol=1e-9), (
            "rel_error: float16 and float32 are taken as float64, small or large"
        )
a, b = np.float32([0.1, 0.7, 0.3]), np.array([0.1, 0.7, 0.3])
assert math.isclose(rel_error(a, b), _exact(a, b), rel_tol=1e-9), (
    "rel_error: an array of float32 beside one of float64 is not rounded further"
)
rng = np.random.default_rng(32)
X, Y = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
for a in testing.of_every_layout(X):
    for b in testing.of_every_layout(Y):
        before = testing.snapshot((a, b))
        assert math.isclose(rel_error(a, b), _exact(X, Y), rel_tol=1e-9), (
            "rel_error: transposed, strided and read-only arrays count as any other"
        )
        assert testing.same((a, b), before), (
            "rel_error: leaves transposed and strided arrays unchanged"
        )
with testing.printing() as told:
    rel_error(X, Y)
    rel_error(0 * X, 0 * X)
for a in (
    *testing.near_the_limits([[1, 0.5], [0, 0.25]]),
    *testing.near_the_limits([[1, -0.5], [-1, 0.25]]),
):
    b = a[::-1]
    assert math.isclose(rel_error(a, b), _exact(a, b), rel_tol=1e-9), (
        "rel_error: numbers next to the limits of their type neither wrap around nor overflow"
    )
X, Y = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
for a in testing.of_every_layout(X):
    assert math.isclose(rel_error(a, Y), _exact(X, Y), rel_tol=1e-9), (
        "rel_error: entries of square arrays keep their places, however those lie in memory"
    )
a, b = testing.many(
    testing.drawn("rel_error-inputs"), rng.normal(size=40), rng.normal(size=40)
)
for place in (0, 1500, len(b) - 1):  # the same arrays, of which one number is another
    b[place] += 50.0
    assert math.isclose(rel_error(a, b), _exact(a, b), rel_tol=1e-9), (
        "rel_error: each of thousands of entries counts, equal ones too"
    )
assert not told(), "rel_error: prints nothing"
assert testing.sees_refilled(
    rel_error, np.array([1.0, 2.0, 4.0]), np.array([0.5, 3.0, 9.0])
), "rel_error: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Three stages: `grad3(p, x, y)`
#
# medium · 15 minutes · 4 points
#
# Three linear stages stand in a row. For each of the $n$ samples $x_i$
#
# $$z_i = w_1 x_i + b_1, \qquad u_i = w_2 z_i + b_2, \qquad \hat y_i = w_3 u_i + b_3, \qquad
#   J = \frac{1}{2n} \sum_{i=1}^{n} (\hat y_i - y_i)^2.$$
#
# Return the six partial derivatives of $J$, as a dict with the keys of `p`.
#
# - `p` is a dict with the keys `"w1"`, `"b1"`, `"w2"`, `"b2"`, `"w3"`, `"b3"`. Each value is one number, shared by all
#   samples. There is no activation between the stages.
# - `x` and `y` have the shape `(n,)` with `n` at least 1. They, and the numbers in `p`, may be integers or floats of any
#   NumPy type and of any size. Take them as `float64` before you calculate: the result is right to nine digits.
# - Each value of the result is one number too. If yours is an array of `n` values, the sum over the samples is missing.
#
# <details><summary>Hint 1: start at the end</summary>
#
# $\partial J / \partial \hat y_i = (\hat y_i - y_i) / n$. Call this $d_i$. The last stage is the easy one:
# $\partial J / \partial w_3 = \sum_i d_i u_i$ and $\partial J / \partial b_3 = \sum_i d_i$.
# </details>
#
# <details><summary>Hint 2: one stage back</summary>
#
# What does $\hat y_i$ do when $u_i$ grows by 1? It grows by $w_3$. So $\partial J / \partial u_i = d_i w_3$, and this
# plays for the second stage the part that $d_i$ plays for the third.
# </details>
#
# <details><summary>Hint 3: check yourself</summary>
#
# Compare with a central difference in each parameter. A loss that falls during training proves nothing: with some
# factors of the chain rule left out it falls all the same.
# </details>


# %% nbgrader={"grade_id": "grad3", "solution": true}
def grad3(p, x, y):
    """Return the gradient of J = 1/(2n) sum((w3 (w2 (w1 x + b1) + b2) + b3 - y)^2).

    p: dict of the numbers w1, b1, w2, b2, w3, b3.  x, y: (n,).  Returns: dict with the same keys, of floats.
    """
    ### BEGIN SOLUTION
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d_out = (p["w3"] * u + p["b3"] - y) / len(y)
    d_u = d_out * p["w3"]
    d_z = d_u * p["w2"]
    g = {
        "w1": d_z @ x,
        "b1": d_z.sum(),
        "w2": d_u @ z,
        "b2": d_u.sum(),
        "w3": d_out @ u,
        "b3": d_out.sum(),
    }
    return {name: float(value) for name, value in g.items()}
    ### END SOLUTION


# %% nbgrader={"grade_id": "grad3-visible", "points": 1}
# Visible tests of `grad3`: 1 point.
import numpy as np

# By hand: z = (1, 2), u = (3, 5), the predictions are (8, 14), so the errors are (1, -2) and half of them (0.5, -1).
p = {"w1": 1.0, "b1": 0.0, "w2": 2.0, "b2": 1.0, "w3": 3.0, "b3": -1.0}
x, y = np.array([1.0, 2.0]), np.array([7.0, 16.0])
g = grad3(p, x, y)
assert set(g) == {"w1", "b1", "w2", "b2", "w3", "b3"}, (
    "grad3: the result has the keys of p"
)
assert all(np.ndim(value) == 0 for value in g.values()), (
    "grad3: each partial derivative is one number"
)
assert np.isclose(g["w3"], 0.5 * 3 - 1 * 5), "grad3: w3 agrees with the worked example"
assert np.isclose(g["b3"], 0.5 - 1), "grad3: b3 agrees with the worked example"
assert np.isclose(g["w2"], 3 * (0.5 * 1 - 1 * 2)), (
    "grad3: w2 agrees with the worked example"
)

# %% nbgrader={"grade_id": "grad3-hidden", "points": 2}
# Hidden tests of `grad3`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _loss(p, x, y):
    return np.sum(
        (p["w3"] * (p["w2"] * (p["w1"] * x + p["b1"]) + p["b2"]) + p["b3"] - y) ** 2
    ) / (2 * len(y))


def _complex_step(p, x, y):
    """The six partial derivatives from the imaginary part of the loss, exact to rounding."""
    return {name: _loss({**p, name: p[name] + 1e-30j}, x, y).imag / 1e-30 for name in p}


names = ["w1", "b1", "w2", "b2", "w3", "b3"]
rng = np.random.default_rng(23)
for case in range(24):
    n = 1 if case < 4 else int(rng.integers(1, 20))
    p = dict(zip(names, rng.normal(scale=1.5, size=6).tolist(), strict=True))
    p = {name: p[name] for name in rng.permutation(names).tolist()}
    x, y = rng.normal(scale=2, size=n), rng.normal(scale=3, size=n)
    before = dict(p), x.copy(), y.copy()
    g = grad3(p, x, y)
    assert (
        p == before[0] and np.array_equal(x, before[1]) and np.array_equal(y, before[2])
    ), "grad3: leaves its inputs unchanged"
    assert set(g) == set(names), "grad3: the result has the keys of p"
    assert all(np.ndim(value) == 0 for value in g.values()), (
        "grad3: each partial derivative is one number, for every n"
    )
    true = _complex_step(p, x, y)
    right = {
        name: np.isclose(g[name], true[name], rtol=1e-7, atol=1e-9) for name in names
    }
    assert right["w3"] and right["b3"], (
        "grad3: the third stage has the partial derivatives of J"
    )
    assert right["w2"] and right["b2"], (
        "grad3: the second stage has the partial derivatives of J"
    )
    assert right["w1"] and right["b1"], (
        "grad3: the first stage has the partial derivatives of J"
    )
    twice = grad3(p, np.tile(x, 2), np.tile(y, 2))
    assert all(
        np.isclose(twice[name], true[name], rtol=1e-7, atol=1e-9) for name in names
    ), "grad3: does not change when every sample is repeated"

p = {"w1": 2.0, "b1": 1.0, "w2": -1.0, "b2": 0.5, "w3": 3.0, "b3": 0.0}
x = np.array([-2.0, 0.0, 1.5, 4.0])
g = grad3(p, x, 3.0 * (-1.0 * (2.0 * x + 1.0) + 0.5))
assert all(abs(value) < 1e-9 for value in g.values()), (
    "grad3: where every prediction is right, all six are zero"
)
g = grad3({**p, "w2": 0.0}, x, np.ones(4))
assert abs(g["w1"]) < 1e-9 and abs(g["b1"]) < 1e-9, (
    "grad3: a second stage with weight 0 lets nothing through to the first"
)
assert np.isclose(g["w2"], 4.125), (
    "grad3: where the weight of the second stage is 0, its own slope is still that of J"
)
g = grad3({**p, "w3": 0.0}, x, np.ones(4))
assert all(abs(g[name]) < 1e-9 for name in ("w1", "b1", "w2", "b2")), (
    "grad3: a third stage with weight 0 lets nothing through"
)
for _ in range(5):
    p = dict(zip(names, rng.normal(size=6).tolist(), strict=True))
    x, y = rng.normal(size=9), rng.normal(size=9)
    g = grad3(p, x, y)
    assert np.isclose(p["w3"] * g["b3"], g["b2"]) and np.isclose(
        p["w2"] * g["b2"], g["b1"]
    ), "grad3: from stage to stage the chain rule brings one more factor"
    other = grad3({**p, "b3": p["b3"] + 1.0}, x, y)
    assert np.isclose(other["b3"], g["b3"] + 1.0) and grad3(p, x, y) == g, (
        "grad3: other parameters give another result, the same ones the same again"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "grad3-inputs", "points": 1}
# Hidden tests of `grad3` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _by_moments(p, x, y):
    """The gradient from the mean error and the mean of error times input, in Python floats; and what each is made of.

    The prediction is slope * x + offset, so that every derivative is a product of those two means and weights.
    """
    p = {name: float(value) for name, value in p.items()}
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    slope, offset = (
        p["w3"] * p["w2"] * p["w1"],
        p["w3"] * (p["w2"] * p["b1"] + p["b2"]) + p["b3"],
    )
    e = slope * x + offset - y
    m, s = np.mean(e), np.mean(e * x)
    u = p["w2"] * p["w1"], p["w2"] * p["b1"] + p["b2"]
    w = p["w3"], p["w3"] * p["w2"]
    right = {"b3": m, "b2": w[0] * m, "b1": w[1] * m, "w1": w[1] * s}
    right |= {"w3": u[0] * s + u[1] * m, "w2": w[0] * (p["w1"] * s + p["b1"] * m)}
    size = np.abs(e).mean()
    reach = np.abs(e * x).mean() / size if size else 0.0
    least = {
        "b3": size,
        "b2": w[0] * size,
        "b1": w[1] * size,
        "w1": w[1] * size * reach,
    }
    least |= {"w3": abs(u[0]) * size * reach + abs(u[1]) * size}
    least |= {"w2": w[0] * (abs(p["w1"]) * size * reach + abs(p["b1"]) * size)}
    return right, least


def _close(g, p, x, y):
    right, least = _by_moments(p, x, y)
    return set(g) == set(right) and all(
        abs(g[name] - right[name]) <= 1e-9 * abs(least[name]) for name in right
    )


kinds = list(testing.of_every_type([100, 3, 0, 50]))[1:]
targets = list(testing.of_every_type([3, 120, 9, 1]))[1:]
for x, y in zip(kinds, targets, strict=True):
    number = x.dtype.type
    p = {"w1": number(3), "b1": number(90), "w2": number(2), "b2": number(100)}
    p |= {"w3": number(5), "b3": number(1)}
    before = testing.snapshot((p, x, y))
    assert _close(grad3(p, x, y), p, x, y), (
        "grad3: integers and floats of any type count as the numbers that they are"
    )
    assert testing.same((p, x, y), before), "grad3: leaves inputs of any type unchanged"
rng = np.random.default_rng(33)
p = dict(zip(["w1", "b1", "w2", "b2", "w3", "b3"], (2, -1, 3, 1, -2, 4), strict=True))
for x in testing.of_every_layout(rng.normal(size=5)):
    for y in testing.of_every_layout(rng.normal(size=5)):
        before = testing.snapshot((p, x, y))
        assert _close(grad3(p, x, y), p, x, y), (
            "grad3: slices, reversed and read-only arrays count as any other"
        )
        assert testing.same((p, x, y), before), "grad3: leaves slices unchanged"
for scale in (1e-100, 1e-12, 1e12, 1e100):
    x, y = scale * rng.normal(size=6), scale * rng.normal(size=6)
    p = {
        "w1": 1.5,
        "b1": 0.5 * scale,
        "w2": -2.0,
        "b2": 3.0 * scale,
        "w3": 0.5,
        "b3": -scale,
    }
    assert _close(grad3(p, x, y), p, x, y), (
        "grad3: very small and very large numbers count as any other"
    )
x = 1.7e9 + np.arange(5.0)
y = 2 * x + np.array([1.0, -2.0, 3.0, 0.0, 1.0])
p = {"w1": 1.0, "b1": 0.0, "w2": 2.0, "b2": 0.0, "w3": 1.0, "b3": 0.0}
g = grad3(p, x, y)
assert np.allclose([g["b3"], g["b1"]], [-0.6, -1.2], rtol=1e-9, atol=0), (
    "grad3: small errors of large predictions, as for time stamps, are not lost"
)
assert _close(g, p, x, y), (
    "grad3: no derivative loses its digits beside large inputs, as for time stamps"
)
with testing.printing() as told:
    grad3(p, x, y)
names = ["w1", "b1", "w2", "b2", "w3", "b3"]
for values in ([1, 0.5, 0.25, 0.75, 1, 0.5, 0.75], [1, -0.5, -1, 0.75, -0.25, -1, 0.5]):
    for x in testing.near_the_limits(values):
        p, y = dict(zip(names, x[:6], strict=True)), x[::-1]
        assert _close(grad3(p, x, y), p, x, y), (
            "grad3: numbers next to the limits of their type neither wrap around nor overflow"
        )
rng = testing.drawn("grad3-inputs")
x, y = rng.normal(size=30), rng.normal(size=30)
for zero in (*names, ("w1", "w3"), ("w1", "w2"), ("w2", "w3"), names):
    p = dict(zip(names, rng.normal(size=6).tolist(), strict=True))
    p |= dict.fromkeys([zero] if isinstance(zero, str) else zero, 0.0)
    assert _close(grad3(p, x, y), p, x, y), (
        "grad3: a weight or a bias of 0 has its derivative too"
    )
p = dict(zip(names, rng.normal(size=6).tolist(), strict=True))
x, y = testing.many(rng, x, y)
for _ in range(2):
    assert _close(grad3(p, x, y), p, x, y), (
        "grad3: each of thousands of samples counts, equal ones too"
    )
    x[-1], y[1500] = x[-1] + 50, y[1500] - 50  # other numbers in the same arrays
assert not told(), "grad3: prints nothing"
assert testing.sees_refilled(
    lambda x, y: grad3(
        {"w1": 2.0, "b1": 0.5, "w2": -1.0, "b2": 0.25, "w3": 3.0, "b3": 1.0}, x, y
    ),
    np.array([1.0, 2.0, 4.0]),
    np.array([0.5, 3.0, 9.0]),
), "grad3: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Who has made a mistake? `find_bugs(f, x, grads)`
#
# medium · 15 minutes · 4 points
#
# Several people have derived the gradient of the same function `f` at the same point `x`. `grads` is a dict: the name
# of each of them, with the array that they claim to be $\nabla f(x)$. Return the names of those who are wrong, each
# once, as a set or a list in any order.
#
# `x` is an array of `float64`, of any shape with 1 to 200 entries. `f` takes such an array and returns a `float`. It does
# not change its argument and it is smooth: central differences with a step of $10^{-5}$ give every entry of its gradient
# to $10^{-7}$ or better.
#
# With $\lVert \cdot \rVert$ the root of the sum of all squared entries, a claim $g$ is
#
# - **right** if it has the shape of `x` and $\lVert g - \nabla f(x) \rVert \le 10^{-6}\, \lVert \nabla f(x) \rVert$;
# - **wrong** if it has another shape, or holds NaN or infinity, or if
#   $\lVert g - \nabla f(x) \rVert > 10^{-3} \max(\lVert g \rVert, \lVert \nabla f(x) \rVert)$.
#
# There are no claims in between, so that a tolerance of $10^{-4}$ is safe. Two more promises help at the edges:
# $\lVert \nabla f(x) \rVert$ is 0 or lies between 0.1 and 1000; and where it is 0, a right claim is 0 in every entry
# and the norm of a wrong one is at least 0.1.
#
# - All of the claims may be wrong, or none. `grads` may be empty. More than half of them may make the same mistake.
# - A claim may hold integers or floats of any NumPy type, and numbers of any size. Its values count.
#
# <details><summary>Hint 1: who knows the truth?</summary>
#
# Not the majority. Measure the gradient yourself with central differences, once, and compare each claim with it.
# </details>
#
# <details><summary>Hint 2: compare norms</summary>
#
# A right claim may be off by a lot in an entry that is nearly 0, in relation to that entry. Divide the norm of the
# difference by the larger norm. Where the gradient is 0 your own measurement is not exactly 0: a smallest denominator,
# such as 0.05, keeps you from dividing rounding by rounding.
# </details>
#
# <details><summary>Hint 3: shapes, NaN, and tolerances that you did not choose</summary>
#
# `(3,)` minus `(3, 1)` broadcasts to a matrix, so look at the shape first. A comparison with NaN is false: in which
# direction must you ask? And `np.allclose` compares entry by entry, with an absolute tolerance of its own.
# </details>


# %% nbgrader={"grade_id": "find_bugs", "solution": true}
def find_bugs(f, x, grads):
    """Return the set of the names whose gradients of f at x are wrong.

    f: array -> number.  x: any shape.  grads: dict of name -> array.  Returns: set (or list) of names.
    """
    ### BEGIN SOLUTION
    measured, h = np.empty(x.shape), 1e-5
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        measured[i] = (f(x + step) - f(x - step)) / (2 * h)

    def agrees(g):
        g = np.asarray(g, dtype=float)
        if np.shape(g) != x.shape or not np.all(np.isfinite(g)):
            return False
        distance = np.linalg.norm(g - measured)
        return distance < 1e-4 * max(np.linalg.norm(measured), 0.05)

    return {name for name, g in grads.items() if not agrees(g)}
    ### END SOLUTION


# %% nbgrader={"grade_id": "find_bugs-visible", "points": 1}
# Visible tests of `find_bugs`: 1 point.
import numpy as np


def _f(x):
    """x0^2 x1, with the gradient (2 x0 x1, x0^2)."""
    return x[0] ** 2 * x[1]


# By hand: at (1, 3) the gradient is (6, 1).
claims = {
    "Ada": np.array([6.0, 1.0]),
    "Ben": np.array([3.0, 1.0]),
    "Cleo": np.array([-6.0, -1.0]),
}
found = find_bugs(_f, np.array([1.0, 3.0]), claims)
assert isinstance(found, (set, frozenset, list, tuple)), (
    "find_bugs: returns a set or a list of names"
)
assert "Ada" not in found, (
    "find_bugs: does not name the one who is right in the worked example"
)
assert "Ben" in found, (
    "find_bugs: names the one who forgot a factor in the worked example"
)
assert sorted(found) == ["Ben", "Cleo"], (
    "find_bugs: names those who are wrong, and nobody else, in the worked example"
)
assert len(find_bugs(_f, np.array([1.0, 3.0]), {"Ada": np.array([6.0, 1.0])})) == 0, (
    "find_bugs: names nobody when all are right"
)

# %% nbgrader={"grade_id": "find_bugs-hidden", "points": 2}
# Hidden tests of `find_bugs`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import expit, logsumexp, softmax


def _problem(rng, kind, shape):
    """A function of an array, a point, and the gradient there, by calculus."""
    d = int(np.prod(shape))
    B, c, x = (
        rng.normal(size=(d + 2, d)),
        rng.normal(size=d + 2),
        rng.normal(size=shape),
    )
    v = x.ravel()
    if kind == "quadratic":
        size, value, slope = 1.0, (lambda z: np.sum(z**2) / 2), (lambda z: z)
    elif kind == "logistic":
        size, value, slope = 3.0, (lambda z: np.sum(np.logaddexp(0, z))), expit
    elif kind == "waves":
        size, value, slope = 8.0, (lambda z: np.sum(np.sin(z))), np.cos
    else:
        size, value, slope = 0.5, logsumexp, softmax

    def _f(x):
        if np.shape(x) != shape:
            raise TypeError(f"f expects an array of the shape {shape}")
        return float(size * value(B @ np.ravel(x) + c))

    return _f, x, (size * B.T @ slope(B @ v + c)).reshape(shape)


def _rel(a, b):
    return np.linalg.norm(a - b) / max(np.linalg.norm(a), np.linalg.norm(b))


def _right(rng, g):
    """Claims that agree to 1e-6 of the norm, though not always entry by entry."""
    noise = rng.normal(size=g.shape)
    return [g.copy(), g + 9.5e-7 * np.linalg.norm(g) * noise / np.linalg.norm(noise)]


def _wrong(rng, g):
    """Claims that are off by more than 1e-3, one for each kind of mistake."""
    noise, one = rng.normal(size=g.shape), np.zeros(g.shape)
    one.flat[rng.integers(g.size)] = 1.0
    lost = g.copy()
    lost.flat[np.argmax(np.abs(lost))] = 0.0
    claims = [
        2 * g,
        g / 2,
        -g,
        1.00105 * g,
        g / 1.00105,
        np.zeros_like(g),
        np.abs(g),
        np.full(g.shape, g.mean()),
        lost,
        g + 0.01,
    ]
    claims += [
        g.ravel()[::-1].reshape(g.shape),
        g + 1.05e-3 * np.linalg.norm(g) * noise / np.linalg.norm(noise),
    ]
    claims += [g + 1.05e-3 * np.linalg.norm(g) * one, g * len(g), g / np.linalg.norm(g)]
    if g.ndim == 2 and g.shape[0] == g.shape[1]:
        claims.append(g.T)
    return [claim for claim in claims if _rel(claim, g) > 1.02e-3]


rng = np.random.default_rng(24)
shapes = [(1,), (4,), (2, 3), (3, 3), (2, 2, 2)]
kinds = ["quadratic", "logistic", "waves", "softmax"]
for case in range(20):
    f, x, g = _problem(rng, kinds[case % 4], shapes[case % 5])
    if not 0.1 <= np.linalg.norm(g) <= 1000:
        continue
    claims = [(claim, False) for claim in _right(rng, g)] + [
        (claim, True) for claim in _wrong(rng, g)
    ]
    order = rng.permutation(len(claims))[: int(rng.integers(3, len(claims) + 1))]
    grads = {f"group {i}": np.array(claims[j][0]) for i, j in enumerate(order)}
    bad = {f"group {i}" for i, j in enumerate(order) if claims[j][1]}
    x_before, grads_before = (
        x.copy(),
        {name: claim.copy() for name, claim in grads.items()},
    )
    found = find_bugs(f, x, grads)
    assert np.array_equal(x, x_before), "find_bugs: leaves x unchanged"
    assert list(grads) == list(grads_before) and all(
        np.array_equal(grads[n], grads_before[n]) for n in grads
    ), "find_bugs: leaves the claims unchanged"
    assert isinstance(found, (set, frozenset, list, tuple)), (
        "find_bugs: returns a set or a list of names"
    )
    assert len(found) == len(set(found)), "find_bugs: names nobody twice"
    assert not set(found) - bad, "find_bugs: names nobody whose claim is right"
    assert not bad - set(found), "find_bugs: names everybody whose claim is wrong"

for case in range(4):
    f, x, g = _problem(rng, kinds[case % 4], (3,))
    broken = [
        np.where([False, True, False], bad, g) for bad in (np.nan, np.inf, -np.inf)
    ]
    broken += [
        g[:, None],
        g[None, :],
        g[:2],
        np.append(g, 0.0),
        g[:1],
        np.full(3, np.nan),
        np.array(g.sum()),
    ]
    found = find_bugs(
        f, x, {**{str(i): claim for i, claim in enumerate(broken)}, "right": g}
    )
    assert not {"0", "1", "2", "8"} - set(found), (
        "find_bugs: names a claim with NaN or infinity"
    )
    assert not {"3", "4", "5", "6", "7", "9"} - set(found), (
        "find_bugs: names a claim of another shape"
    )
    assert "right" not in found, "find_bugs: is not put off by claims of another shape"
    assert set(find_bugs(f, x, {"a": 2 * g, "b": g, "c": 2 * g, "d": 2 * g})) == {
        "a",
        "c",
        "d",
    }, "find_bugs: does not ask the majority"
    assert set(find_bugs(f, x, {"a": 2 * g, "b": 1.1 * g, "c": 1.01 * g})) == set(
        "abc"
    ), "find_bugs: names all where all are wrong, the one that is nearest too"
    assert len(find_bugs(f, x, {})) == 0, "find_bugs: without claims it names nobody"

f, x, g = _problem(rng, "waves", (1,))
assert set(
    find_bugs(f, x, {"a": np.full((1, 1), g[0]), "b": np.array(g[0]), "c": g})
) == {"a", "b"}, (
    "find_bugs: names a claim of another shape, though it holds the right number"
)
for case in range(
    9
):  # gradients with entries that are 0, and claims that are right by their norm
    d, size = int(rng.integers(2, 6)), (0.1001, 100.0, 999.0)[case % 3]
    g = size * np.eye(d)[int(rng.integers(d))] * rng.choice([-1, 1])
    off = 9e-7 * np.linalg.norm(g) * np.roll(np.sign(np.abs(g)), 1)
    x = rng.normal(size=d)
    x.flags.writeable = False
    found = find_bugs(
        lambda z, g=g: float(g @ z),
        x,
        {"exact": g, "a little off": g + off, "wrong": g + 1.2e3 * off},
    )
    assert "exact" not in found and "a little off" not in found, (
        "find_bugs: where an entry of the gradient is 0, a claim that is off there by little of the whole norm is right"
    )
    assert "wrong" in found, (
        "find_bugs: where an entry of the gradient is 0, a claim that is off there by much of the whole norm is wrong"
    )
d = 144
g, noise = 100.0 * np.eye(d)[5], rng.choice([-1.0, 1.0], size=d) / np.sqrt(d)
found = find_bugs(
    lambda z, g=g: float(g @ z),
    np.zeros(d),
    {"a": g + 0.1005 * noise, "b": g, "c": g + 9.5e-5 * noise},
)
assert set(found) == {"a"}, (
    "find_bugs: many small errors add up to one norm, which decides"
)
even = 100.0 * noise
claims = {"a": even.copy(), "b": even.copy()}
claims["a"][7] += 0.105
claims["b"][7] += 9.5e-5
found = find_bugs(lambda z, g=even: float(g @ z), np.zeros(d), claims)
assert set(found) == {"a"}, (
    "find_bugs: one larger error among many entries counts in the norm, which decides"
)
g = np.array([100.0, 0.0, -2.0])
claims = {str(bad): np.array([100.0, bad, -2.0]) for bad in (np.nan, np.inf, -np.inf)}
with np.errstate(all="ignore"):
    found = find_bugs(lambda z, g=g: float(g @ z), np.zeros(3), claims)
assert len(found) == 3, (
    "find_bugs: names a claim with NaN or infinity where the gradient is 0"
)
f, x, g = _problem(rng, "waves", (3,))
again = {"a": 2 * g, "b": g}
assert set(find_bugs(f, x, again)) == set(find_bugs(f, x, again)) == {"a"}, (
    "find_bugs: the same call names the same again"
)
assert set(find_bugs(lambda z, f=f: 2 * f(z), x, again)) == {"b"}, (
    "find_bugs: another function with the same claims is measured anew"
)
for shape in ((3,), (2, 2)):
    centre = rng.normal(size=shape)
    grads = {
        "zero": np.zeros(shape),
        "ones": np.ones(shape),
        "one": np.eye(4)[0, : int(np.prod(shape))].reshape(shape),
    }
    grads["small"] = -0.105 * grads["one"]
    found = find_bugs(
        lambda z, c=centre: float(np.sum(np.cosh(z - c))), centre.copy(), grads
    )
    assert "zero" not in found, "find_bugs: at a stationary point a claim of 0 is right"
    assert set(found) == {"ones", "one", "small"}, (
        "find_bugs: at a stationary point any other claim is wrong"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "find_bugs-inputs", "points": 1}
# Hidden tests of `find_bugs` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _linear(g):
    """The function <g, x>, which takes nothing but arrays of float64 of the shape of g."""

    def _f(x):
        if np.shape(x) != np.shape(g) or np.asarray(x).dtype != np.float64:
            raise TypeError(f"f expects an array of float64 of the shape {np.shape(g)}")
        return float(np.sum(g * x))

    return _f


for values in ([[100, 3], [0, 120]], [[-100, 3], [0, 90]], [[300, -300], [0, 400]]):
    g = np.array(values, dtype=float)
    claims = list(testing.of_every_type(values))[1:]
    wrong = list(testing.of_every_type((-g).tolist()))[1:]
    wrong += [np.array([[100, 3], [0, 120]], dtype="uint8") + np.uint8(1)]
    wrong += [(g % 256).astype("uint8"), np.float16([[300, 300], [300, 300]])]
    wrong = [w for w in wrong if not np.array_equal(w, g)]
    grads = {f"right {i}": claim for i, claim in enumerate(claims)}
    grads |= {f"wrong {i}": claim for i, claim in enumerate(wrong)}
    before = testing.snapshot(grads)
    found = set(find_bugs(_linear(g), np.zeros((2, 2)), grads))
    assert not found & {f"right {i}" for i in range(len(claims))}, (
        "find_bugs: a right claim of any integer or float type is right"
    )
    assert found >= {f"wrong {i}" for i in range(len(wrong))}, (
        "find_bugs: a wrong claim of any integer or float type is wrong"
    )
    assert testing.same(grads, before), "find_bugs: leaves claims of any type unchanged"

g = np.array([3.0, -4.0])
huge = {"a": np.array([1e200, 3.0]), "b": np.array([-1e308, 1e308]), "c": g * 1e160}
huge |= {"d": np.array([np.inf, -np.inf]), "e": np.array([np.nan, 1e300]), "f": g}
huge |= {"g": np.array([1e-300, 0.0]), "h": np.array([np.inf, -4.0])}
with np.errstate(all="ignore"):
    assert set(find_bugs(_linear(g), np.ones(2), huge)) == set("abcdegh"), (
        "find_bugs: claims of any size, however huge, tiny or infinite, are compared with what is measured"
    )
    none = {"a": np.array([1e200, 0.0]), "b": np.zeros(2), "c": np.array([0, -1])}
    assert set(find_bugs(lambda x: 7.0, np.ones(2), none)) == {"a", "c"}, (
        "find_bugs: of a constant function only a claim of 0 is right, however huge another"
    )
g, rng = np.array([[0.25, -2.0, 0.5], [4.0, 1.0, -1.0]]), np.random.default_rng(34)
for x in testing.of_every_layout(rng.normal(size=(2, 3))):
    claims = list(testing.of_every_layout(g))
    wrong = list(testing.of_every_layout(g[::-1]))
    grads = {f"right {i}": claim for i, claim in enumerate(claims)}
    grads |= {f"wrong {i}": claim for i, claim in enumerate(wrong)}
    before = testing.snapshot((x, grads))
    assert set(find_bugs(_linear(g), x, grads)) == {f"wrong {i}" for i in range(5)}, (
        "find_bugs: transposed, strided and read-only arrays count as any other"
    )
    assert testing.same((x, grads), before), (
        "find_bugs: leaves transposed and strided arrays unchanged"
    )
g = np.array([0.1])
near = {"right": g + 1e-8, "wrong": g + 1.004e-4}
assert set(find_bugs(_linear(g), np.zeros(1), near)) == {"wrong"}, (
    "find_bugs: measures an error beside the gradient also where that is small"
)
g = np.array(3.0)
assert set(
    find_bugs(_linear(g), np.array(0.5), {"a": g, "b": -g, "c": np.array([3.0])})
) == {"b", "c"}, "find_bugs: takes a point without dimensions"
with testing.printing() as told:
    find_bugs(_linear(g), np.array(0.5), {"a": g, "b": -g})
g = np.array([[3.0, -4.0], [0.5, 1.0]])
limits = list(testing.near_the_limits([[1, 0.5], [0, 0.25]]))
grads = {f"wrong {i}": x for i, x in enumerate(limits)} | {"right": g}
assert set(find_bugs(_linear(g), np.ones((2, 2)), grads)) == set(grads) - {"right"}, (
    "find_bugs: claims next to the limits of their type neither wrap around nor overflow"
)
rng = testing.drawn("find_bugs-inputs")
g = rng.normal(size=199)
grads = {f"group {i}": g.copy() for i in range(61)}
for i in range(0, 61, 3):  # wrong in one entry, the last one too
    grads[f"group {i}"][-1 - 3 * i] += 0.1
assert set(find_bugs(_linear(g), rng.normal(size=199), grads)) == {
    f"group {i}" for i in range(0, 61, 3)
}, "find_bugs: compares each of many claims in each of many entries"
g = rng.normal(size=(3, 3))
grads = {f"right {i}": c for i, c in enumerate(testing.of_every_layout(g))}
grads |= {f"wrong {i}": c for i, c in enumerate(testing.of_every_layout(g.T))}
assert set(find_bugs(_linear(g), np.zeros((3, 3)), grads)) == {
    f"wrong {i}" for i in range(5)
}, "find_bugs: a transposed claim is wrong, however it lies in memory"
assert not told(), "find_bugs: prints nothing"
assert testing.sees_refilled(
    lambda x, g: find_bugs(lambda z: float((z**3).sum()), x, {"a": 3 * x**2, "b": g}),
    np.array([1.0, 2.0, 4.0]),
    np.array([48.0, 12.0, 3.0]),
), "find_bugs: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Back through a network: `mlp_backward(params, cache, y)`
#
# hard · 25 minutes · 5 points
#
# A network with one hidden layer classifies $n$ samples with $d$ features into $k$ classes. Its forward pass was
#
# $$Z_1 = X W_1 + b_1, \qquad A_1 = \max(0, Z_1), \qquad S = A_1 W_2 + b_2,$$
#
# and its loss is the mean cross-entropy of the softmax of the logits $S$, as in unit 01:
#
# $$J = -\frac{1}{n} \sum_{i=1}^{n} \log \frac{e^{S_{i y_i}}}{\sum_{j=1}^{k} e^{S_{ij}}}.$$
#
# Return the gradient of $J$ with respect to the four parameters, as a dict with the keys `"W1"`, `"b1"`, `"W2"`,
# `"b2"`.
#
# | dict | entries and shapes |
# |---|---|
# | `params` | `"W1"` $(d, h)$, `"b1"` $(h,)$, `"W2"` $(h, k)$, `"b2"` $(k,)$ |
# | `cache` | `"X"` $(n, d)$, `"Z1"` $(n, h)$, `"A1"` $(n, h)$, `"logits"` $(n, k)$ |
# | result | as `params` |
#
# - `y` has the shape `(n,)` and holds integers of any type, from `0` to `k - 1`. `n`, `d`, `h` and `k` are at least 1.
# - The cache holds what the forward pass gave for `params`. Where an entry of `Z1` is exactly 0, the slope of the ReLU
#   counts as 0, as in PyTorch and TensorFlow.
# - Logits of $\pm 1000$ must give the right finite gradient. An error of $10^{-12}$ in a probability does not count.
# - The arrays of `params` and `cache` may hold integers or floats of any NumPy type. Take them as `float64` before you
#   calculate. The keys of both dicts stand in any order.
#
# <details><summary>Hint 1: the last step of the forward pass is the first of the backward pass</summary>
#
# From unit 01: $\partial J / \partial S = (P - Y) / n$, with the probabilities $P$ and the one-hot rows $Y$. To find
# $P$ without overflow, take the largest logit of each row away before the exponential.
# </details>
#
# <details><summary>Hint 2: let the shapes lead you</summary>
#
# With $D = \partial J / \partial S$ of the shape $(n, k)$, the gradient of $W_2$ must have the shape $(h, k)$ and that
# of $A_1$ the shape $(n, h)$. Each is the product of two matrices that you have, one of them transposed. A bias is
# added to every row, so its gradient is the sum over the rows.
# </details>
#
# <details><summary>Hint 3: the ReLU</summary>
#
# It passes the gradient where $Z_1 > 0$ and stops it elsewhere, entry by entry. After that the first layer looks like the
# second: which array came in there, and what arrives?
# </details>


# %% nbgrader={"grade_id": "mlp_backward", "solution": true}
def mlp_backward(params, cache, y):
    """Return the gradient of the mean softmax cross-entropy of a two-layer ReLU network.

    params: dict of W1 (d, h), b1 (h,), W2 (h, k), b2 (k,).  cache: dict of X (n, d), Z1 (n, h), A1 (n, h), logits (n, k).
    y: (n,) integers in 0..k-1.  Returns: dict with the keys and shapes of params.
    """
    ### BEGIN SOLUTION
    X, Z1, A1, S = (np.asarray(cache[k], float) for k in ("X", "Z1", "A1", "logits"))
    P = np.exp(S - S.max(axis=1, keepdims=True))
    D = P / P.sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ np.asarray(params["W2"], float).T * (Z1 > 0)
    return {
        "W1": X.T @ D1,
        "b1": D1.sum(axis=0),
        "W2": A1.T @ D,
        "b2": D.sum(axis=0),
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "mlp_backward-visible", "points": 1}
# Visible tests of `mlp_backward`: 1 point.
import numpy as np

# By hand: Z1 = (3, -1), A1 = (3, 0), and both logits are 3. The probabilities are 1/2 and 1/2, the true class is 0.
params = {"W1": np.array([[1.0, 1.0], [1.0, -1.0]]), "b1": np.zeros(2)}
params |= {"W2": np.array([[1.0, 0.0], [2.0, 5.0]]), "b2": np.array([0.0, 3.0])}
cache = {
    "X": np.array([[1.0, 2.0]]),
    "Z1": np.array([[3.0, -1.0]]),
    "A1": np.array([[3.0, 0.0]]),
}
cache |= {"logits": np.array([[3.0, 3.0]])}
g = mlp_backward(params, cache, np.array([0]))
assert set(g) == {"W1", "b1", "W2", "b2"}, (
    "mlp_backward: the result has the keys of params"
)
assert all(np.shape(g[name]) == params[name].shape for name in params), (
    "mlp_backward: the result has the shapes of params"
)
assert np.allclose(g["b2"], [-0.5, 0.5]), (
    "mlp_backward: b2 agrees with the worked example"
)
assert np.allclose(g["W2"], [[-1.5, 1.5], [0.0, 0.0]]), (
    "mlp_backward: W2 agrees with the worked example"
)
assert np.allclose(g["b1"], [-0.5, 0.0]), (
    "mlp_backward: b1 agrees with the worked example"
)
twice = mlp_backward(
    params, {name: np.tile(a, (2, 1)) for name, a in cache.items()}, np.array([0, 0])
)
assert np.allclose(twice["b2"], g["b2"]), (
    "mlp_backward: the mean does not change when the sample is there twice"
)

# %% nbgrader={"grade_id": "mlp_backward-hidden", "points": 3}
# Hidden tests of `mlp_backward`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _forward(params, X):
    Z1 = X @ params["W1"] + params["b1"]
    A1 = np.where(Z1.real > 0, Z1, 0)
    return {"X": X, "Z1": Z1, "A1": A1, "logits": A1 @ params["W2"] + params["b2"]}


def _loss(params, X, y):
    S = _forward(params, X)["logits"]
    top = S.real.max(axis=1)
    return np.mean(
        top + np.log(np.exp(S - top[:, None]).sum(axis=1)) - S[np.arange(len(y)), y]
    )


def _complex_step(params, X, y):
    """Every partial derivative from the imaginary part of the loss, exact to rounding."""
    gradient = {}
    for name, value in params.items():
        gradient[name] = np.empty(value.shape)
        for i in np.ndindex(value.shape):
            moved = value.astype(complex)
            moved[i] += 1e-30j
            gradient[name][i] = _loss({**params, name: moved}, X, y).imag / 1e-30
    return gradient


def _random(rng, d, h, k, scale):
    shapes = {"W1": (d, h), "b1": (h,), "W2": (h, k), "b2": (k,)}
    return {name: scale * rng.normal(size=shape) for name, shape in shapes.items()}


rng = np.random.default_rng(25)
names = ["W1", "b1", "W2", "b2"]
for case in range(20):
    n, d, h, k = (int(rng.integers(1, top)) for top in (9, 5, 6, 5))
    if case < 6:
        n, d, h, k = [
            (1, 1, 1, 1),
            (1, 3, 3, 3),
            (3, 3, 3, 3),
            (5, 1, 4, 2),
            (4, 2, 1, 3),
            (6, 2, 2, 2),
        ][case]
    params, X, y = (
        _random(rng, d, h, k, 1.0),
        rng.normal(size=(n, d)),
        rng.integers(0, k, size=n),
    )
    y = y.astype((np.int64, np.int32, np.uint8)[case % 3])
    cache = _forward(params, X)
    params, cache = (
        {key: given[key] for key in rng.permutation(list(given)).tolist()}
        for given in (params, cache)
    )
    before = (
        [{key: a.copy() for key, a in given.items()} for given in (params, cache)],
        y.copy(),
    )
    g = mlp_backward(params, cache, y)
    assert all(
        list(given) == list(kept)
        and all(np.array_equal(given[key], kept[key]) for key in kept)
        for given, kept in zip((params, cache), before[0], strict=True)
    ), "mlp_backward: leaves the parameters and the cache unchanged"
    assert np.array_equal(y, before[1]), "mlp_backward: leaves the labels unchanged"
    assert set(g) == set(names), "mlp_backward: the result has the keys of params"
    assert all(np.shape(g[name]) == params[name].shape for name in names), (
        "mlp_backward: the result has the shapes of params, whatever the sizes"
    )
    true = _complex_step(params, X, y.astype(int))
    right = {
        name: np.allclose(g[name], true[name], rtol=1e-7, atol=1e-10) for name in names
    }
    assert right["W2"] and right["b2"], (
        "mlp_backward: the second layer has the gradient of the mean cross-entropy"
    )
    assert right["W1"] and right["b1"], (
        "mlp_backward: the first layer has the gradient of the mean cross-entropy"
    )
    both = mlp_backward(
        params, {key: np.tile(a, (2, 1)) for key, a in cache.items()}, np.tile(y, 2)
    )
    assert all(
        np.allclose(both[name], true[name], rtol=1e-7, atol=1e-10) for name in names
    ), "mlp_backward: does not change when every sample is repeated"

for case in range(6):
    params, X, y = (
        _random(rng, 3, 4, 3, 30.0),
        rng.normal(size=(5, 3)),
        rng.integers(0, 3, size=5),
    )
    g = mlp_backward(params, _forward(params, X), y)
    assert all(np.all(np.isfinite(g[name])) for name in names), (
        "mlp_backward: large logits give neither inf nor nan"
    )
    true = _complex_step(params, X, y)
    assert all(
        np.allclose(g[name], true[name], rtol=1e-7, atol=1e-9) for name in names
    ), "mlp_backward: is right for large logits"

params, X, y = (
    _random(rng, 3, 4, 3, 1.0),
    rng.normal(size=(4, 3)),
    np.array([0, 1, 2, 0]),
)
for unit in (
    1e-100,
    1e-20,
    1e20,
    1e100,
):  # the first layer by it, the second by its inverse: the same logits
    small = {"W1": unit * params["W1"], "b1": unit * params["b1"]}
    small |= {"W2": params["W2"] / unit, "b2": params["b2"]}
    g, true = mlp_backward(small, _forward(small, X), y), _complex_step(params, X, y)
    assert all(
        np.allclose(np.asarray(g[name]) * unit, true[name], rtol=1e-7, atol=1e-10)
        for name in ("W1", "b1")
    ), "mlp_backward: a unit is on however little above 0, and has its gradient"
    assert np.allclose(np.asarray(g["W2"]) / unit, true["W2"], rtol=1e-7, atol=1e-10), (
        "mlp_backward: activations of any size have their part in W2"
    )
params = {"W1": np.array([[1.0, -1.0, 2.0]]), "b1": np.array([-1.0, 1.0, 0.0])}
params |= {"W2": np.array([[1.0, 0.0], [3.0, -2.0], [-1.0, 4.0]]), "b2": np.zeros(2)}
X, y = np.array([[1.0], [0.0], [2.0]]), np.array([0, 1, 1])
g, moved = mlp_backward(params, _forward(params, X), y), {}
for name in ("W1", "b1"):  # with every bias a little lower, what is exactly 0 is off
    lower = {**params, "b1": params["b1"] - 1e-9}
    moved[name] = _complex_step(lower, X, y)[name]
assert all(np.allclose(g[name], moved[name], atol=1e-7) for name in moved), (
    "mlp_backward: where Z1 is exactly 0, nothing passes the ReLU on the way back"
)

params = _random(rng, 2, 3, 2, 1.0)
X, y = rng.uniform(0.5, 1, size=(4, 2)), np.array([0, 1, 1, 0])
params["W1"][:, 1], params["b1"][1] = -1.0, -1.0
g = mlp_backward(params, _forward(params, X), y)
assert (
    np.allclose(np.asarray(g["W1"])[:, 1], 0, atol=1e-12) and abs(g["b1"][1]) < 1e-12
), (
    "mlp_backward: a unit that is off for every sample has zeros in its column of W1 and in b1"
)
assert np.allclose(np.asarray(g["W2"])[1], 0, atol=1e-12), (
    "mlp_backward: a unit that is off for every sample has zeros in its row of W2"
)
params["b2"] = np.array([500.0, -500.0])
g = mlp_backward(params, _forward(params, X), np.array([0, 0, 0, 0]))
assert all(np.allclose(g[name], 0, atol=1e-9) for name in names), (
    "mlp_backward: where every prediction is sure and right, all gradients are zero"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "mlp_backward-inputs", "points": 1}
# Hidden tests of `mlp_backward` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

names = ["W1", "b1", "W2", "b2"]


def _one_by_one(params, cache, y):
    """The mean over the samples, in float64, one sample after the other."""
    W2, g = np.asarray(params["W2"], dtype=float), dict.fromkeys(names, 0.0)
    rows = zip(
        *(np.asarray(cache[k], dtype=float) for k in ("X", "Z1", "A1", "logits")),
        y,
        strict=True,
    )
    for x, z, a, s, label in rows:
        d = np.exp(s - np.logaddexp.reduce(s)) - (np.arange(len(s)) == int(label))
        d1 = np.where(z > 0, W2 @ d, 0.0)
        parts = {"W1": np.outer(x, d1), "b1": d1, "W2": np.outer(a, d), "b2": d}
        g = {n: g[n] + parts[n] / len(y) for n in names}
    # What the rounding of probabilities near 1 leaves where all is sure or cancels is 0.
    return {n: np.where(np.abs(a) < 1e-10, 0.0, a) for n, a in g.items()}


def _right(params, cache, y):
    g, true = mlp_backward(params, cache, y), _one_by_one(params, cache, y)
    return set(g) == set(names) and all(
        np.shape(g[n]) == true[n].shape
        and np.allclose(g[n], true[n], rtol=1e-9, atol=1e-10)
        for n in names
    )


# Small whole numbers, so that every type holds the same forward pass: Z1 = (100 0 | 5 3), and logits that differ by little.
exact = {"X": [[20, 0], [1, 3]], "W1": [[5, 0], [0, 1]], "b1": [0, 0]}
exact |= {"Z1": [[100, 0], [5, 3]], "A1": [[100, 0], [5, 3]]}
exact |= {"W2": [[1, 1], [2, 0]], "b2": [0, 1], "logits": [[100, 101], [11, 6]]}
signed = exact | {"b1": [0, -6], "Z1": [[100, -6], [5, -3]], "A1": [[100, 0], [5, 0]]}
signed |= {"W2": [[0, 1], [2, 0]], "b2": [-110, 0], "logits": [[-110, 100], [-110, 5]]}
for case in (exact, signed):
    typed = {key: list(testing.of_every_type(value))[1:] for key, value in case.items()}
    for kind in {a.dtype for a in typed["Z1"]} & {a.dtype for a in typed["logits"]}:
        given = {
            k: next(a for a in made if a.dtype == kind) for k, made in typed.items()
        }
        params = {n: given[n] for n in names}
        cache = {k: given[k] for k in ("logits", "A1", "Z1", "X")}
        y = np.array([1, 0], dtype=kind if kind.kind in "iu" else np.int8)
        before = testing.snapshot((params, cache, y))
        assert _right(params, cache, y), (
            "mlp_backward: integers and floats of any type count as the numbers that they are"
        )
        assert testing.same((params, cache, y), before), (
            "mlp_backward: leaves arrays of any type unchanged"
        )

rng = np.random.default_rng(35)
X, k = rng.normal(size=(4, 2)), 300
params = {"W1": rng.normal(size=(2, 3)), "b1": rng.normal(size=3)}
params |= {"W2": rng.normal(size=(3, k)), "b2": rng.normal(size=k)}
Z1 = X @ params["W1"] + params["b1"]
cache = {"X": X, "Z1": Z1, "A1": np.maximum(Z1, 0)}
cache["logits"] = cache["A1"] @ params["W2"] + params["b2"]
for y in testing.of_every_layout(np.array([199, 0, 130, 77], dtype=np.uint8)):
    assert _right(params, cache, y), (
        "mlp_backward: labels of uint8 are classes among 300, more than their type counts"
    )
layouts = [
    list(testing.of_every_layout(a)) for a in (*params.values(), *cache.values())
]
for arrays in zip(*layouts, strict=True):
    params, cache = (
        dict(zip(params, arrays[:4], strict=True)),
        dict(zip(cache, arrays[4:], strict=True)),
    )
    before = testing.snapshot((params, cache))
    assert _right(params, cache, np.array([199, 0, 130, 77])), (
        "mlp_backward: transposed, strided and read-only arrays count as any other"
    )
    assert testing.same((params, cache), before), (
        "mlp_backward: leaves transposed and strided arrays unchanged"
    )
y = np.array([3, 0, 1, 2])
first = mlp_backward(params, cache, y)
mlp_backward(params, cache, y[::-1])
again = mlp_backward(params, cache, y)
assert all(np.array_equal(first[n], again[n]) for n in names), (
    "mlp_backward: the same call gives the same gradient again"
)
with testing.printing() as told:
    one, two = (mlp_backward(params, cache, labels) for labels in (y, y[::-1]))
assert testing.apart(one, two, params, cache), (
    "mlp_backward: each array of a result is one of its own"
)
for values in ([[1, 0.5], [0.25, 1]], [[1, -0.5], [-0.25, 1]]):
    for x in testing.near_the_limits(values):
        eye, zero = np.eye(2, dtype=x.dtype), np.zeros(2, dtype=x.dtype)
        params = {"W1": eye, "b1": zero, "W2": eye, "b2": zero.copy()}
        logits = np.maximum(x, zero)
        if x.min() < 0:  # logits of both signs, whose difference leaves the type
            params["b2"][1] = -x.max()
            logits = logits + params["b2"]
        cache = {"X": x, "Z1": x, "A1": np.maximum(x, zero), "logits": logits}
        for y in (np.array([0, 1]), np.array([1, 0])):
            assert _right(params, cache, y), (
                "mlp_backward: numbers next to the limits of their type neither wrap around nor overflow"
            )
rng = testing.drawn("mlp_backward-inputs")
X, y = testing.many(rng, rng.normal(size=(12, 3)), rng.integers(3, size=12))
params = {"W1": rng.normal(size=(3, 3)), "b1": rng.normal(size=3)}
params |= {"W2": rng.normal(size=(3, 3)), "b2": rng.normal(size=3)}
for _ in range(2):
    Z1 = X @ params["W1"] + params["b1"]
    cache = {"X": X, "Z1": Z1, "A1": np.maximum(Z1, 0)}
    cache["logits"] = cache["A1"] @ params["W2"] + params["b2"]
    assert _right(params, cache, y), (
        "mlp_backward: each of thousands of samples counts, equal ones too"
    )
    X, y = X[-3:], y[-3:]  # and now all matrices are square
for arrays in zip(
    *(testing.of_every_layout(a) for a in (*params.values(), *cache.values())),
    strict=True,
):
    given = dict(zip([*params, *cache], arrays, strict=True))
    assert _right({n: given[n] for n in params}, {k: given[k] for k in cache}, y), (
        "mlp_backward: square arrays count by rows and columns, however they lie in memory"
    )
assert not told(), "mlp_backward: prints nothing"
assert testing.sees_refilled(mlp_backward, params, cache, np.array([2, 0, 1])), (
    "mlp_backward: takes an array that the caller has refilled for what it holds now"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. A tape of your own: `Value`
#
# hard · 30 minutes · 6 points
#
# Write the class behind automatic differentiation, for single numbers. A `Value` holds a number, and remembers from
# which other values it was calculated, and how. Then `backward()` can walk back and apply the chain rule.
#
# | expression | result |
# |---|---|
# | `Value(3.0)` | a value with `.data` 3.0 and `.grad` 0 |
# | `a + b`, `a * b` | a new value; `b` or `a` may also be a plain `int` or `float` |
# | `a.relu()` | a new value, $\max(0, a)$, with the slope 1 above 0 and 0 below; at 0 any slope from 0 to 1 is right |
# | `a.backward()` | sets gradients and returns nothing |
#
# After `out.backward()`, every value `v` from which `out` was calculated, directly or through others, has
# `v.grad` $= \partial\, \text{out} / \partial v$: leaves, values in between, and `out` itself with 1.
#
# - Values may be **shared**: in `a * a + a` the value `a` is used three times, and its gradient is the sum over all
#   ways that lead from `out` back to `a`. The ways may have different lengths.
# - `backward()` starts anew each time. What `.grad` held before does not count: call it twice and the gradients are the
#   same. The `.grad` of values from which `out` was not calculated does not change.
# - The graph may be deep: a chain of 5,000 operations must not end in a `RecursionError`. And it may have very many
#   ways: `v = v + v`, repeated 100 times, has $2^{100}$ of them. So visit each value once.
# - No operation changes `.data` of an existing value, or returns one of its operands. Values that hold equal numbers are
#   still different values.
# - Between two calculations your caller may set `.data` of a leaf, as a step of training does, and `.grad` of any value;
#   `.data` is not set between a calculation and its `backward()`.
# - The numbers are Python's, of type `int` or `float`, of any size that a `float` can hold, and so are all results.
#
# The skeleton below names the methods. You may add more methods and attributes, and helper functions in the same cell.
#
# <details><summary>Hint 1: what must a value remember?</summary>
#
# Its parents, and the slope of the result with respect to each of them: for `a * b` the slopes are `b.data` for `a` and
# `a.data` for `b`. That is all that `backward()` needs: parent's `grad` += slope times own `grad`.
# </details>
#
# <details><summary>Hint 2: in which order?</summary>
#
# A value may hand its gradient on only when it is complete, so after all values that were calculated from it. Reverse
# a list in which every value stands behind its parents (a topological order). Depth-first search gives one: append
# a value when all its parents have been appended.
# </details>
#
# <details><summary>Hint 3: without recursion</summary>
#
# Collect the values in a list that grows while you walk along it, each value once. That list is in no useful order yet.
# But which of two values was made first, a parent or what was made from it? Let each value remember when it was made.
# </details>
#
# <details><summary>Hint 4: plain numbers</summary>
#
# `2 * a` calls `a.__rmul__(2)`, since `int` does not know what to do with a `Value`. Turn a plain number into
# a `Value` without parents first.
# </details>


# %% nbgrader={"grade_id": "Value", "solution": true}
class Value:
    """A number that remembers how it was calculated.

    data: the number.  grad: the derivative with respect to it of the value whose backward() was called last, at first 0.
    """

    def __init__(self, data, parents=(), slopes=()):
        """Make a value; parents: the values it was calculated from, slopes: its derivative by each of them."""
        ### BEGIN SOLUTION
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes
        ### END SOLUTION

    def __add__(self, other):
        """Return self + other; other: Value or number."""
        ### BEGIN SOLUTION
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))
        ### END SOLUTION

    def __mul__(self, other):
        """Return self * other; other: Value or number."""
        ### BEGIN SOLUTION
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))
        ### END SOLUTION

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        """Return max(0, self)."""
        ### BEGIN SOLUTION
        on = self.data > 0
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))
        ### END SOLUTION

    def backward(self):
        """Set grad of every value that self was calculated from, and of self, to the derivative of self."""
        ### BEGIN SOLUTION
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            value, parents_done = stack.pop()
            if parents_done:
                order.append(value)
            elif id(value) not in visited:
                visited.add(id(value))
                value.grad = 0.0
                stack.append((value, True))
                stack.extend((parent, False) for parent in value.parents)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad
        ### END SOLUTION


# %% nbgrader={"grade_id": "Value-visible", "points": 2}
# Visible tests of `Value`: 2 points.
import numpy as np

# By hand: c = a b + a = -4. Its slopes are b + 1 = -2 for a, and a = 2 for b.
a, b = Value(2.0), Value(-3.0)
c = a * b + a
assert np.isclose(c.data, -4.0), (
    "Value: data of the result agrees with the worked example"
)
assert a.grad == 0 and c.grad == 0, "Value: gradients are 0 before backward"
c.backward()
assert np.isclose(c.grad, 1.0), (
    "Value: the result has the gradient 1 with respect to itself"
)
assert np.isclose(b.grad, 2.0), (
    "Value: in the worked example the value that is used once has the right gradient"
)
assert np.isclose(a.grad, -2.0), (
    "Value: in the worked example the value that is used twice has the sum of both ways"
)
assert a.data == 2.0 and b.data == -3.0, "Value: leaves data of its operands unchanged"

# By hand: 3 a + 1 = 7 passes the ReLU with slope 3; -2 does not pass.
a = Value(2.0)
d = (3 * a + 1).relu()
d.backward()
assert np.isclose(d.data, 7.0) and np.isclose(a.grad, 3.0), (
    "Value: relu passes a positive number with slope 1"
)
a = Value(2.0)
d = (a * -1.0).relu()
d.backward()
assert d.data == 0 and a.grad == 0, "Value: relu stops a negative number"

# %% nbgrader={"grade_id": "Value-hidden", "points": 3}
# Hidden tests of `Value`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _program(rng, leaves, length):
    """A random program, as a list of (operation, operand, operand), and the numbers that it calculates."""
    steps, numbers = [], rng.normal(size=leaves).tolist()
    for _ in range(length):
        i, j = (int(k) for k in rng.integers(len(numbers), size=2))
        constant = float(rng.normal())
        kind = str(
            rng.choice(
                ["add", "add", "mul", "mul", "mul", "relu", "add number", "number mul"]
            )
        )
        if kind == "relu" and abs(numbers[i]) < 1e-6:
            kind = "add number"
        if kind == "mul" and abs(numbers[i] * numbers[j]) > 100:
            kind = "add"
        steps.append((kind, i, j if kind in ("add", "mul") else constant))
        numbers.append(_apply(*steps[-1], numbers))
    return steps, numbers


def _apply(kind, i, other, values):
    """One step of a program on a list of numbers, real or complex, or of Values."""
    if kind == "add":
        return values[i] + values[other]
    if kind == "mul":
        return values[i] * values[other]
    if kind == "add number":
        return values[i] + other
    if kind == "number mul":
        return other * values[i]
    return (
        values[i] * (values[i].real > 0)
        if isinstance(values[i], float | complex)
        else values[i].relu()
    )


def _derivative(steps, numbers, leaves, k):
    """The derivative of the last number by number k, from a complex step there."""
    values = [complex(v) for v in numbers[:leaves]]
    for at in range(len(numbers)):
        if at >= leaves:
            values.append(_apply(*steps[at - leaves], values))
        if at == k:
            values[k] += 1e-30j
    return values[-1].imag / 1e-30


rng = np.random.default_rng(26)
for case in range(20):
    leaves, length = int(rng.integers(1, 4)), int(rng.integers(1, 14))
    steps, numbers = _program(rng, leaves, length)
    values = [Value(v) for v in numbers[:leaves]]
    for step in steps:
        values.append(_apply(*step, values))
    assert np.allclose([v.data for v in values], numbers, rtol=1e-12), (
        "Value: data is the result of each operation"
    )
    assert all(v.grad == 0 for v in values), "Value: gradients are 0 before backward"
    values[-1].backward()
    true = [_derivative(steps, numbers, leaves, k) for k in range(len(numbers))]
    grads = [v.grad for v in values]
    assert np.allclose(grads[:leaves], true[:leaves], rtol=1e-7, atol=1e-9), (
        "Value: every leaf has the derivative of the result"
    )
    assert np.allclose(grads, true, rtol=1e-7, atol=1e-9), (
        "Value: every value in between has the derivative of the result, and a value that is not used has 0"
    )
    values[-1].backward()
    assert np.allclose([v.grad for v in values], true, rtol=1e-7, atol=1e-9), (
        "Value: a second backward gives the same gradients"
    )
    assert np.allclose([v.data for v in values], numbers, rtol=1e-12), (
        "Value: backward leaves data unchanged"
    )

for x in (3.0, -0.5):
    a = Value(x)
    (a + a).backward()
    assert np.isclose(a.grad, 2.0), (
        "Value: a value added to itself gets both parts of its gradient"
    )
    (a * a).backward()
    assert np.isclose(a.grad, 2 * x), (
        "Value: a value multiplied by itself gets both parts of its gradient"
    )
    out = 2 + a * 3 + (4.0 * a + 1) * a
    out.backward()
    assert np.isclose(out.data, 2 + 4 * x + 4 * x * x), (
        "Value: plain numbers may stand on either side"
    )
    assert np.isclose(a.grad, 4 + 8 * x), (
        "Value: plain numbers on either side have the right slopes"
    )
    out = (a + 1) * (a * 2 + 1 * a)
    out.backward()
    assert np.isclose(a.grad, 6 * x + 3), "Value: a diamond adds both ways"

a = Value(2.0)
b = a * 3
c = b + a
d = c * b
e = d + b * a + a
e.backward()
assert np.isclose(a.grad, 61.0), (
    "Value: ways of different lengths are all complete before they are handed on"
)
assert np.allclose([b.grad, c.grad, d.grad, e.grad], [16.0, 6.0, 1.0, 1.0]), (
    "Value: with ways of different lengths, values in between have complete gradients too"
)

a, b = Value(2.0), Value(5.0)
c, d = a * b, a + b
c.backward()
d.backward()
assert np.allclose([a.grad, b.grad], [1.0, 1.0]), (
    "Value: backward starts anew, whatever the gradients were"
)
assert np.isclose(c.grad, 1.0), (
    "Value: backward leaves the gradient of a value that the result was not made from"
)
c.backward()
assert np.allclose([a.grad, b.grad], [5.0, 2.0]), (
    "Value: backward of another result starts anew too"
)
a, b, unused = Value(2.0), Value(3.0), Value(4.0)
c = a * b
off = c * -1
d = off.relu() + b
e = d * 2.0
for value in (a, b, c, off, d, e, unused):
    value.grad = 7.0
d.backward()
grads = [value.grad for value in (a, b, c, off, d)]
assert np.allclose(grads, [0.0, 1.0, 0.0, 0.0, 1.0]), (
    "Value: gradients that the caller has set do not count, even where the derivative is 0"
)
assert e.grad == 7.0 and unused.grad == 7.0, (
    "Value: leaves the gradient of what is made from the result, or has no part in it"
)
a, b, c = Value(2.0), Value(2.0), Value(2.0)
out = a * b + b * 3 + a * 0.5 + c * c
out.backward()
assert np.allclose([a.grad, b.grad, c.grad], [2.5, 5.0, 4.0]), (
    "Value: values that hold equal numbers are different values"
)
w, x = Value(1.0), Value(3.0)
for _ in range(3):  # descend w x: the slope is x, then other numbers go in
    loss = w * x
    loss.backward()
    w.data = w.data - 0.25 * w.grad
assert np.isclose(w.data, 1.0 - 3 * 0.75) and np.isclose(loss.data, -1.5), (
    "Value: a leaf whose data the caller has changed counts with the new number"
)
leaf = Value(4)
leaf.backward()
assert leaf.grad == 1 and leaf.data == 4, (
    "Value: a leaf has the gradient 1 with respect to itself"
)
a = Value(2.0)
made = [a + 0, 0 + a, a * 1, 1 * a, a.relu(), a * 0, 0 * a]
for value, slope in zip(made, (1, 1, 1, 1, 1, 0, 0), strict=True):
    a.grad = 7.0
    value.backward()
    assert a.grad == slope, "Value: plus 0, times 1 and times 0 have a derivative too"
    value.data = 5.0
assert a.data == 2.0, (
    "Value: each operation returns a new value, even plus 0, times 1 or relu"
)
a = Value(0.0)
out = a.relu()
out.backward()
assert out.data == 0 and 0 <= a.grad <= 1, "Value: relu has at 0 a slope from 0 to 1"
a, b = Value(-2.0), Value(3.0)
out = a.relu() * b + (a * b).relu() + (a * a).relu()
out.backward()
assert np.allclose([a.grad, b.grad], [-4.0, 0.0]), (
    "Value: relu looks at its own operand"
)

x = Value(0.5)
v = x
for k in range(5000):
    v = v + x if k % 2 else (v * 1.0).relu() if k % 500 == 0 else 1 * v
v.backward()
assert np.isclose(v.data, 1250.5) and np.isclose(x.grad, 2501.0), (
    "Value: a chain of 5,000 sums, products and ReLUs has the right data and gradient"
)
x = Value(1.0)
v = x
for _ in range(100):
    v = v + v
v.backward()
assert np.isclose(x.grad / 2.0**100, 1.0), (
    "Value: visits each value once, however many ways there are"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "Value-inputs", "points": 1}
# Hidden tests of `Value` with unusual numbers: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

a, b = Value(3), Value(-2)
out = (a * b * -1 + 5 + a).relu() * 2 + sum([a, b, 1])
assert out.backward() is None, "Value: backward returns nothing"
assert out.data == 30 and (a.grad, b.grad) == (7, -5), (
    "Value: integers count as the numbers that they are"
)
a = Value(1)
out = a * 0.5 + 1 * a * 0.25
out.backward()
assert np.isclose(out.data, 0.75, rtol=1e-9) and np.isclose(a.grad, 0.75, rtol=1e-9), (
    "Value: an integer times a fraction is no integer"
)
for x, y in (
    (1e-300, 1e10),
    (1e-150, 1e-100),
    (1e150, -1e100),
    (1e300, 2.0),
    (-1e-300, 3.0),
):
    a, b = Value(x), Value(y)
    out = a.relu() * b + a
    out.backward()
    on = 1.0 if x > 0 else 0.0
    assert np.isclose(out.data, on * x * y + x, rtol=1e-12, atol=0), (
        "Value: data of tiny and huge numbers is right"
    )
    assert np.allclose([a.grad, b.grad], [on * y + 1, on * x], rtol=1e-12, atol=0), (
        "Value: gradients of tiny and huge numbers are right"
    )
x = Value(1e-5)
v = x
for _ in range(30):
    v = v * x * 1e5
v.backward()
assert np.isclose(x.grad, 31.0, rtol=1e-9) and np.isclose(
    v.data, 1e-5, rtol=1e-9, atol=0
), "Value: nothing is rounded, clipped or left out on a way with small factors"
a = Value(3.0)
(a * 1e20 * 1e-20).backward()
assert np.isclose(a.grad, 1.0, rtol=1e-9), (
    "Value: a tiny gradient on the way is handed on as any other"
)
a, b = Value(1e16), Value(1.0)
out = a + b * 3.0
out.backward()
assert b.grad == 3.0 and a.grad == 1.0, (
    "Value: a small number beside a large one has its whole derivative"
)
with testing.printing() as told:
    (Value(2.0) * Value(3.0) + 1).relu().backward()
assert not told(), "Value: prints nothing"
### END HIDDEN TESTS

# %% [markdown]
# ## 7. One step in PyTorch: `torch_step(model, x, y, opt, loss_fn)`
#
# medium · 15 minutes · 5 points
#
# Make one step of training: forward pass, loss, backward pass, update. Here you do change something: the parameters of
# `model`.
#
# - `model` is a `torch.nn.Module`, `opt` an optimizer of `torch.optim` that needs no closure and holds all or some of its
#   parameters. Some may be frozen (`requires_grad=False`). `x` and `y` are tensors of inputs and targets.
# - The loss of the step is the **mean** of all entries of `loss_fn(model(x), y)`: PyTorch's losses take the prediction
#   first. `loss_fn` may return one number, or one for each sample, or even one for each output (`reduction="none"`).
# - Return the loss before the update, as a Python `float`: not a tensor, which would keep its whole graph alive. Keep
#   neither the loss nor the prediction in any other place, such as a list.
# - Gradients that earlier calls, or other code, left in `.grad` have no influence on this step. A parameter that is
#   frozen, or that the loss does not depend on, stays as it is, though `opt` may have momentum or weight decay.
# - Let `opt` make the update, exactly once: it has its own rate, and it may remember earlier steps.
# - Call `model` exactly once, in the mode in which it is. Leave the mode (`train` or `eval`) of the model and of each of
#   its parts as it is, and leave frozen what is frozen. `x` and `y`, which ask for no
#   gradient, stay as they are, in every respect.
#
# <details><summary>Hint 1: why is there a zero_grad at all?</summary>
#
# `backward()` *adds* to `.grad`. So it must be cleared between two backward passes, and here you do not know who was
# there before you. Where in your function is the right place?
# </details>
#
# <details><summary>Hint 2: what is wrong with `return loss`?</summary>
#
# It is a tensor that leads to the graph, which leads to every activation. A list of 1,000 such losses holds 1,000
# batches of activations. `loss.item()` is only the number.
# </details>
#
# <details><summary>Hint 3: the order</summary>
#
# There are five things to do. Which of them must not come between the backward pass and the update, and why?
# </details>
#
# <details><summary>Hint 4: cleared, or set to 0?</summary>
#
# For `opt`, a gradient of 0 is a gradient: weight decay and momentum move the parameter all the same. Only where `.grad` is
# `None` it does nothing. Which of the two does `zero_grad` leave behind, and for which parameters?
# </details>


# %% nbgrader={"grade_id": "torch_step", "solution": true} tags=["torch"]
import torch


def torch_step(model, x, y, opt, loss_fn):
    """Make one step of opt on the mean of loss_fn(model(x), y) and return that loss, before the update, as a float.

    model: torch.nn.Module.  x, y: tensors.  opt: torch.optim.Optimizer.  loss_fn: (prediction, y) -> tensor.
    """
    ### BEGIN SOLUTION
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    return loss.item()
    ### END SOLUTION


# %% nbgrader={"grade_id": "torch_step-visible", "points": 1} tags=["torch"]
# Visible tests of `torch_step`: 1 point.
import numpy as np
import torch

# By hand: with the weight 1 the errors are -2 and 2, their mean square is 4. The slope is (2 (-2) 1 + 2 (2) 2) / 2 = 2.
model = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
model.load_state_dict({"weight": torch.tensor([[1.0]], dtype=torch.float64)})
x, y = (
    torch.tensor([[1.0], [2.0]], dtype=torch.float64),
    torch.tensor([[3.0], [0.0]], dtype=torch.float64),
)
opt = torch.optim.SGD(model.parameters(), lr=0.25)
loss = torch_step(model, x, y, opt, torch.nn.MSELoss())
assert isinstance(loss, float | np.floating | np.ndarray) and np.ndim(loss) == 0, (
    "torch_step: returns the loss as a number, not as a tensor"
)
assert np.isclose(loss, 4.0), (
    "torch_step: returns the loss before the update in the worked example"
)
assert np.isclose(model.state_dict()["weight"].item(), 0.5), (
    "torch_step: makes the step of the worked example"
)

# By hand: now the errors are -2.5 and 1, and the slope is (2 (-2.5) 1 + 2 (1) 2) / 2 = -0.5.
torch_step(model, x, y, opt, torch.nn.MSELoss())
assert np.isclose(model.state_dict()["weight"].item(), 0.625), (
    "torch_step: makes a second step from the new weight"
)

# %% nbgrader={"grade_id": "torch_step-hidden", "points": 2} tags=["torch"]
# Hidden tests of `torch_step`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
import torch


def _model(rng, d, h, k):
    """A network with one hidden layer in float64, with weights from NumPy."""
    layers = torch.nn.Linear(d, h), torch.nn.ReLU(), torch.nn.Linear(h, k)
    model = torch.nn.Sequential(*layers).double()
    model.load_state_dict(
        {
            name: torch.tensor(rng.normal(size=p.shape))
            for name, p in model.state_dict().items()
        }
    )
    return model


def _weights(model):
    return {name: value.numpy().copy() for name, value in model.state_dict().items()}


def _loss(w, x, y, kind):
    """The mean loss of the network in NumPy, for real or complex weights."""
    z = x @ w["0.weight"].T + w["0.bias"]
    out = np.where(z.real > 0, z, 0) @ w["2.weight"].T + w["2.bias"]
    if kind == "squares":
        return np.mean((out - y) ** 2)
    if kind == "sum of squares":
        return np.sum((out - y) ** 2)
    top = out.real.max(axis=1)
    return np.mean(
        top + np.log(np.exp(out - top[:, None]).sum(axis=1)) - out[np.arange(len(y)), y]
    )


def _gradient(w, x, y, kind):
    """Every partial derivative from a complex step."""
    gradient = {name: np.empty(value.shape) for name, value in w.items()}
    for name, value in w.items():
        for i in np.ndindex(value.shape):
            moved = value.astype(complex)
            moved[i] += 1e-30j
            gradient[name][i] = _loss({**w, name: moved}, x, y, kind).imag / 1e-30
    return gradient


def _close(a, b):
    return all(np.allclose(a[name], b[name], rtol=1e-7, atol=1e-9) for name in b)


losses = [
    ("squares", torch.nn.MSELoss()),
    ("squares", torch.nn.MSELoss(reduction="none")),
    ("sum of squares", torch.nn.MSELoss(reduction="sum")),
    ("entropy", torch.nn.CrossEntropyLoss()),
    ("entropy", torch.nn.CrossEntropyLoss(reduction="none")),
]
rng = np.random.default_rng(27)
for case in range(10):
    kind, loss_fn = losses[case % 5]
    n, d, h, k = (
        int(rng.integers(2, 8)),
        int(rng.integers(1, 4)),
        int(rng.integers(1, 4)),
        int(rng.integers(2, 4)),
    )
    model, lr, momentum = _model(rng, d, h, k), 0.0625, (0.0, 0.5)[case % 2]
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    if case % 3 == 0:
        for p in model.parameters():
            p.grad = torch.ones_like(p)
    expected = _weights(model)
    velocity = {name: np.zeros(value.shape) for name, value in expected.items()}
    for _ in range(2):
        x = rng.normal(size=(n, d))
        y = rng.integers(0, k, size=n) if kind == "entropy" else rng.normal(size=(n, k))
        x_given, y_given = torch.tensor(x), torch.tensor(y)
        loss = torch_step(model, x_given, y_given, opt, loss_fn)
        assert np.array_equal(x_given.numpy(), x) and np.array_equal(
            y_given.numpy(), y
        ), "torch_step: leaves x and y unchanged"
        gradient = _gradient(expected, x, y, kind)
        before = float(_loss(expected, x, y, kind))
        for name in expected:
            velocity[name] = momentum * velocity[name] + gradient[name]
            expected[name] = expected[name] - lr * velocity[name]
        assert (
            isinstance(loss, float | np.floating | np.ndarray) and np.ndim(loss) == 0
        ), "torch_step: returns the loss as a number, not as a tensor"
        assert np.isclose(loss, before, rtol=1e-7, atol=1e-9), (
            "torch_step: returns the mean of the losses, before the update"
        )
        assert _close(_weights(model), expected), (
            "torch_step: makes one step of opt on the mean loss, whatever happened before"
        )

model = _model(rng, 2, 3, 2)
for name, p in model.named_parameters():
    p.requires_grad_(name.startswith("2."))
start, x, y = _weights(model), rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
torch_step(
    model,
    torch.tensor(x),
    torch.tensor(y),
    torch.optim.SGD(model.parameters(), lr=0.5),
    torch.nn.MSELoss(),
)
gradient, moved = _gradient(start, x, y, "squares"), _weights(model)
assert all(
    np.array_equal(moved[name], start[name]) for name in ("0.weight", "0.bias")
), "torch_step: leaves frozen parameters alone"
assert all(
    np.allclose(moved[name], start[name] - 0.5 * gradient[name])
    for name in ("2.weight", "2.bias")
), "torch_step: moves the other parameters beside frozen ones"

# Adam, by hand: the velocity of the gradient over the root of that of its square, both corrected for their start at 0.
model = _model(rng, 2, 3, 2)
first, last = model[0].parameters(), model[2].parameters()
opt = torch.optim.Adam([{"params": first, "lr": 0.125}, {"params": last}], lr=0.25)
expected = _weights(model)
v, s = ({name: np.zeros(w.shape) for name, w in expected.items()} for _ in range(2))
for t in (1, 2, 3):
    x, y = rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
    torch_step(model, torch.tensor(x), torch.tensor(y), opt, torch.nn.MSELoss())
    gradient = _gradient(expected, x, y, "squares")
    for name, g in gradient.items():
        v[name] = 0.9 * v[name] + 0.1 * g
        s[name] = 0.999 * s[name] + 0.001 * g * g
        root = np.sqrt(s[name] / (1 - 0.999**t)) + 1e-8
        rate = 0.125 if name.startswith("0.") else 0.25
        expected[name] = expected[name] - rate * v[name] / (1 - 0.9**t) / root
    assert _close(_weights(model), expected), (
        "torch_step: lets an optimizer with a memory, and with two rates, make its own step once"
    )

x, y = rng.normal(loc=3, size=(6, 2)), rng.normal(size=(6, 1))
for training in (True, False):
    model = torch.nn.Sequential(
        torch.nn.BatchNorm1d(2, momentum=0.5), torch.nn.Linear(2, 1)
    )
    model = model.double().train(training)
    opt = torch.optim.SGD(model.parameters(), lr=0.125)
    torch_step(model, torch.tensor(x), torch.tensor(y), opt, torch.nn.MSELoss())
    assert model.training == training and model[0].training == training, (
        "torch_step: leaves the mode of the model as it is"
    )
    seen = model.state_dict()["0.running_mean"].numpy()
    assert np.allclose(seen, 0.5 * x.mean(axis=0) if training else 0.0), (
        "torch_step: calls the model once, in its mode"
    )

model = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
model.load_state_dict({"weight": torch.tensor([[0.0]], dtype=torch.float64)})
x, y = (
    torch.tensor([[2.0], [-1.0]], dtype=torch.float64),
    torch.tensor([[1.0], [0.0]], dtype=torch.float64),
)
loss = torch_step(
    model,
    x,
    y,
    torch.optim.SGD(model.parameters(), lr=1.0),
    torch.nn.BCEWithLogitsLoss(),
)
assert np.isclose(loss, np.log(2)), (
    "torch_step: hands the prediction to loss_fn first, then the target"
)
assert np.isclose(model.state_dict()["weight"].item(), 0.75), (
    "torch_step: the step follows the slope of the loss in the prediction, not in the target"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "torch_step-inputs", "points": 1} tags=["torch"]
# Hidden tests of `torch_step` with unusual models and optimizers: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np
import torch

from gdcourse import testing


def _branches(rng):
    """Three linear maps: the first is frozen, the second trained, and the forward pass leaves the third one out."""
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    model[0].requires_grad_(False)
    model[1].register_module("out", torch.nn.Linear(2, 2))
    model.double().load_state_dict(
        {
            n: torch.tensor(rng.normal(size=p.shape))
            for n, p in model.state_dict().items()
        }
    )
    return model


def _weights(model):
    return {name: value.numpy().copy() for name, value in model.state_dict().items()}


rng = np.random.default_rng(37)
makers = [
    lambda p: torch.optim.SGD(p, lr=0.125, momentum=0.5),
    lambda p: torch.optim.SGD(p, lr=0.125, weight_decay=0.5),
    lambda p: torch.optim.AdamW(p, lr=0.125),
]
for make in makers:
    model = _branches(rng)
    opt = make(model.parameters())
    for _ in range(2):
        for p in model.parameters():
            p.grad = torch.ones_like(p)  # other code has been here
        before, x, y = (
            _weights(model),
            torch.tensor(rng.normal(size=(3, 2))),
            torch.zeros(3, 2),
        )
        kept = testing.snapshot((x, y))
        torch_step(model, x, y.double(), opt, torch.nn.MSELoss())
        after = _weights(model)
        assert not np.array_equal(after["1.weight"], before["1.weight"]), (
            "torch_step: moves a parameter beside others that do not move"
        )
        assert all(
            np.array_equal(after[n], before[n]) for n in after if n.startswith("0.")
        ), (
            "torch_step: a frozen parameter stays, though other code has left a gradient in it"
        )
        assert all(np.array_equal(after[n], before[n]) for n in after if "out" in n), (
            "torch_step: a parameter that the loss does not depend on stays, whatever momentum or decay opt has"
        )
        frozen = [n for n, p in model.named_parameters() if not p.requires_grad]
        assert frozen == ["0.weight", "0.bias"], (
            "torch_step: leaves frozen what is frozen, and nothing else"
        )
        assert testing.same((x, y), kept), (
            "torch_step: leaves x and y as they are, whether they require a gradient too"
        )

model = torch.nn.Sequential(
    torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 2)
).double()
model[1].eval()  # as in fine-tuning: the statistics of a part stay
before, opt = _weights(model), torch.optim.SGD(model[2].parameters(), lr=0.25)
x, y = torch.tensor(rng.normal(size=(4, 2))), torch.tensor([1, 0, 1, 1])
torch_step(model, x, y, opt, torch.nn.CrossEntropyLoss())
after = _weights(model)
assert [part.training for part in model] == [True, False, True] and model.training, (
    "torch_step: leaves the mode of each part of the model as it is"
)
assert all(np.array_equal(after[n], before[n]) for n in after if n[0] in "01"), (
    "torch_step: leaves parameters that opt does not hold, and the statistics of a part in evaluation mode"
)
assert not np.array_equal(after["2.weight"], before["2.weight"]), (
    "torch_step: moves the parameters that opt holds, where it holds some only"
)

model = torch.nn.Linear(1, 1, bias=False)  # float32
model.load_state_dict({"weight": torch.tensor([[1.0]])})
x, y = torch.tensor([[3.0], [0.0]]).flip(0), torch.tensor([[0.0], [1e-3]])
loss = torch_step(
    model, x, y, torch.optim.SGD(model.parameters(), lr=1e-3), torch.nn.L1Loss()
)
assert np.isclose(loss, 1.4995, rtol=1e-6), (
    "torch_step: returns the mean loss of a model in float32"
)
assert np.isclose(model.state_dict()["weight"].item(), 1 - 1.5e-3, rtol=1e-6), (
    "torch_step: makes the step of a model in float32"
)
# Targets that the model nearly meets: what is rounded to float32 on the way is not.
model, W = torch.nn.Linear(2, 2, bias=False).double(), rng.normal(size=(2, 2))
model.load_state_dict({"weight": torch.tensor(W)})
X, noise = rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
x, y = torch.tensor(X), torch.tensor(X @ W.T + 1e-6 * noise)
with testing.printing() as told:
    opt = torch.optim.SGD(model.parameters(), lr=0.125)
    loss = torch_step(model, x, y, opt, torch.nn.MSELoss(reduction="none"))
assert np.isclose(loss, 1e-12 * np.mean(noise**2), rtol=1e-6, atol=0), (
    "torch_step: float64 is not rounded on the way"
)
moved = (W - model.state_dict()["weight"].numpy()) / 0.125
assert np.allclose(moved, -1e-6 * noise.T @ X / 4, rtol=1e-6, atol=1e-13), (
    "torch_step: makes its step where the loss is tiny too"
)
model.load_state_dict({"weight": torch.tensor(W)})
opt = torch.optim.SGD(model.parameters(), lr=2.0**-46)
loss = torch_step(model, 1e6 * x, 0 * y, opt, torch.nn.MSELoss())
assert np.isclose(loss, 1e12 * np.mean((X @ W.T) ** 2), rtol=1e-12, atol=0), (
    "torch_step: the loss of a model in float64 has all its digits"
)
moved = (W - model.state_dict()["weight"].numpy()) * 2.0**46
assert np.allclose(moved, 1e12 * W @ X.T @ X / 4, rtol=1e-9), (
    "torch_step: makes its step where the gradient is huge too"
)
model = torch.nn.Linear(1, 1, bias=False)
opt = torch.optim.SGD(model.parameters(), lr=0.5)
loss = torch_step(
    model, torch.tensor([[1e30]]), torch.zeros(1, 1), opt, torch.nn.MSELoss()
)
assert not np.isfinite([loss, model.state_dict()["weight"].item()]).any(), (
    "torch_step: lets opt make its update also where the loss overflows"
)
model = torch.nn.Linear(1, 1, bias=False).double()
for rows in (
    3,
    2053,
):  # PoissonNLLLoss broadcasts (n, 1) against (3,), and takes (n, 1)
    model.load_state_dict({"weight": torch.tensor([[0.5]], dtype=torch.float64)})
    X, Y = rng.normal(size=(rows, 1)), rng.uniform(size=3 if rows == 3 else (rows, 1))
    rate = np.exp(0.5 * X)
    opt = torch.optim.SGD(model.parameters(), lr=0.25)
    loss = torch_step(
        model, torch.tensor(X), torch.tensor(Y), opt, torch.nn.PoissonNLLLoss()
    )
    assert np.isclose(loss, np.mean(rate - Y * 0.5 * X), rtol=1e-9), (
        "torch_step: the loss is the mean of what loss_fn returns for y as it is, and of each of thousands of samples"
    )
    assert np.isclose(
        model.state_dict()["weight"].item(),
        0.5 - 0.25 * np.mean(rate * X - Y * X),
        rtol=1e-9,
    ), "torch_step: the step is that of y as it is, and of each of thousands of samples"
model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)).double()
opt = torch.optim.SGD(model.parameters(), lr=0.25, momentum=0.5)
x, y = torch.tensor(rng.normal(size=(5, 2))), torch.tensor(rng.normal(size=(5, 2)))
for frozen in (None, 0, 1, 0):  # layers are frozen and thawed between two steps
    for at, layer in enumerate(model):
        layer.requires_grad_(at != frozen)
    before = _weights(model)
    torch_step(model, x, y, opt, torch.nn.MSELoss())
    after = _weights(model)
    assert all(
        np.array_equal(after[n], before[n]) == (n[0] == str(frozen)) for n in after
    ), "torch_step: moves what is not frozen now, whatever was frozen before"
assert not told(), "torch_step: prints nothing"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "torch_step-memory", "points": 1} tags=["torch", "beside"]
# Hidden test of `torch_step`'s memory: 1 point. It counts tensors, so it runs beside your code.
### BEGIN HIDDEN TESTS
import copy
import gc

import torch

model = torch.nn.Sequential(
    torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2)
).double()
x, y = (
    torch.linspace(-1, 1, 8, dtype=torch.float64).reshape(4, 2),
    torch.ones(4, 2, dtype=torch.float64),
)
twin = copy.deepcopy(model)
opt, its = (torch.optim.SGD(m.parameters(), lr=0.01) for m in (model, twin))
torch_step(model, x, y, opt, torch.nn.MSELoss())
gc.collect()
gc.freeze()  # from here on, gc.get_objects() lists only what is made after this line
try:
    for _ in range(20):
        torch_step(model, x, y, opt, torch.nn.MSELoss())
    gc.collect()
    made = [o for o in gc.get_objects() if type(o) is torch.Tensor]
    graphs, alive = sum(o.grad_fn is not None for o in made), len(made)
    del made
finally:
    gc.unfreeze()
for _ in range(21):
    its.zero_grad()
    torch.nn.functional.mse_loss(twin(x), y).backward()
    its.step()
assert all(
    torch.allclose(p, q)
    for p, q in zip(model.parameters(), twin.parameters(), strict=True)
), "torch_step: makes 21 steps, of which the memory is counted"
assert graphs == 0, "torch_step: keeps no graph of a step alive"
assert alive <= 4, "torch_step: keeps no tensor of a step alive, but for the gradients"
### END HIDDEN TESTS

# %% [markdown]
# ## 8. One step in TensorFlow: `tape_step(model, x, y, opt, loss_fn)`
#
# medium · 15 minutes · 4 points
#
# The same step with a `tf.GradientTape`. It changes the variables of `model`.
#
# - `model` is a built Keras model, `opt` an optimizer of Keras. `x` and `y` are NumPy arrays of inputs and targets.
# - The loss of the step is the **mean** of all entries of `loss_fn(y, model(x, training=True))`: Keras's losses take
#   the target first. `loss_fn` may return one number, or one for each sample. `tape.gradient` of a vector is the
#   gradient of its **sum**: the step would be $n$ times too large, and grow with the batch. Penalties that layers keep in
#   `model.losses` are no part of it.
# - Return the loss before the update, as a Python `float`.
# - Call `model` exactly once, with `training=True`, so that layers such as batch normalisation know what you do.
# - Only `model.trainable_variables` get a gradient. A layer with `trainable = False` stays as it is.
# - Let `opt` make the update, exactly once: it has its own rate, and it may remember earlier steps.
# - `x`, `y` and the model may hold `float32` or `float64`, and `y` integers too, if `loss_fn` takes them.
#
# <details><summary>Hint 1: what does a tape see?</summary>
#
# Only what is calculated inside its `with` block. If the prediction is made before, or passes through `.numpy()`, the
# gradients are `None`.
# </details>
#
# <details><summary>Hint 2: one number</summary>
#
# `tf.reduce_mean` turns a vector into its mean and leaves one number as it is. It belongs inside the block too.
# </details>
#
# <details><summary>Hint 3: the update</summary>
#
# A Keras optimizer takes pairs of a gradient and its variable, in `opt.apply_gradients`. The gradients come in the order
# in which you named the variables to the tape. Does any of this belong into the block?
# </details>


# %% nbgrader={"grade_id": "tape_step", "solution": true} tags=["tensorflow"]
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # with these two lines TensorFlow
os.environ.setdefault(
    "TF_ENABLE_ONEDNN_OPTS", "0"
)  # keeps its start-up notes to itself
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    """Make one step of opt on the mean of loss_fn(y, model(x)) and return that loss, before the update, as a float.

    model: Keras model.  x, y: arrays.  opt: Keras optimizer.  loss_fn: (y, prediction) -> tensor.
    """
    ### BEGIN SOLUTION
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return float(loss)
    ### END SOLUTION


# %% nbgrader={"grade_id": "tape_step-visible", "points": 1} tags=["tensorflow"]
# Visible tests of `tape_step`: 1 point.
import numpy as np
import tensorflow as tf

# By hand: with the weight 1 the errors are -2 and 2, their mean square is 4. The slope is (2 (-2) 1 + 2 (2) 2) / 2 = 2.
layers = [
    tf.keras.layers.Input((1,), dtype="float64"),
    tf.keras.layers.Dense(1, use_bias=False, dtype="float64"),
]
model = tf.keras.Sequential(layers)
model.set_weights([np.array([[1.0]])])
x, y = np.array([[1.0], [2.0]]), np.array([[3.0], [0.0]])
loss = tape_step(
    model,
    x,
    y,
    tf.keras.optimizers.SGD(0.25),
    tf.keras.losses.MeanSquaredError(dtype="float64"),
)
assert isinstance(loss, float | np.floating | np.ndarray) and np.ndim(loss) == 0, (
    "tape_step: returns the loss as a number, not as a tensor"
)
assert np.isclose(loss, 4.0), (
    "tape_step: returns the loss before the update in the worked example"
)
assert np.allclose(model.get_weights()[0], 0.5), (
    "tape_step: makes the step of the worked example"
)

# By hand: the same step once more, but from a loss for each sample, 4 and 4.
model.set_weights([np.array([[1.0]])])
loss = tape_step(model, x, y, tf.keras.optimizers.SGD(0.25), tf.keras.losses.MSE)
assert np.ndim(loss) == 0 and np.isclose(loss, 4.0), (
    "tape_step: returns the mean of a vector of losses"
)
assert np.allclose(model.get_weights()[0], 0.5), (
    "tape_step: makes the step of the mean of a vector of losses"
)

# %% nbgrader={"grade_id": "tape_step-hidden", "points": 2} tags=["tensorflow"]
# Hidden tests of `tape_step`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
import tensorflow as tf

keras = tf.keras


def _model(rng, d, h, k):
    """A network with one hidden layer in float64, with weights from NumPy."""
    hidden, last = (
        keras.layers.Dense(h, activation="relu", dtype="float64"),
        keras.layers.Dense(k, dtype="float64"),
    )
    model = keras.Sequential([keras.layers.Input((d,), dtype="float64"), hidden, last])
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def _loss(w, x, y, kind):
    """The mean loss of the network in NumPy, for real or complex weights."""
    z = x @ w[0] + w[1]
    out = np.where(z.real > 0, z, 0) @ w[2] + w[3]
    if kind == "squares":
        return np.mean((out - y) ** 2)
    if kind == "sum of squares":
        return np.sum(np.mean((out - y) ** 2, axis=1))
    top = out.real.max(axis=1)
    return np.mean(
        top + np.log(np.exp(out - top[:, None]).sum(axis=1)) - out[np.arange(len(y)), y]
    )


def _gradient(w, x, y, kind):
    """Every partial derivative from a complex step."""
    gradient = [np.empty(value.shape) for value in w]
    for at, value in enumerate(w):
        for i in np.ndindex(value.shape):
            moved = value.astype(complex)
            moved[i] += 1e-30j
            gradient[at][i] = (
                _loss([*w[:at], moved, *w[at + 1 :]], x, y, kind).imag / 1e-30
            )
    return gradient


def _close(a, b):
    return all(
        np.allclose(p, q, rtol=1e-6, atol=1e-8) for p, q in zip(a, b, strict=True)
    )


entropy = keras.losses.SparseCategoricalCrossentropy
losses = [
    ("squares", keras.losses.MSE),
    ("squares", keras.losses.MeanSquaredError(dtype="float64")),
    ("entropy", entropy(from_logits=True, reduction=None, dtype="float64")),
    ("sum of squares", keras.losses.MeanSquaredError(reduction="sum", dtype="float64")),
    ("entropy", entropy(from_logits=True, dtype="float64")),
]
rng = np.random.default_rng(28)
for case in range(10):
    kind, loss_fn = losses[case % 5]
    n, d, h, k = (
        int(rng.integers(2, 7)),
        int(rng.integers(1, 4)),
        int(rng.integers(1, 4)),
        int(rng.integers(2, 4)),
    )
    model, lr, momentum = _model(rng, d, h, k), 0.0625, (0.0, 0.5)[case % 2]
    opt = keras.optimizers.SGD(lr, momentum=momentum)
    expected = model.get_weights()
    velocity = [np.zeros(value.shape) for value in expected]
    for _ in range(2):
        x = rng.normal(size=(n, d))
        y = rng.integers(0, k, size=n) if kind == "entropy" else rng.normal(size=(n, k))
        x_before, y_before = x.copy(), y.copy()
        loss = tape_step(model, x, y, opt, loss_fn)
        assert np.array_equal(x, x_before) and np.array_equal(y, y_before), (
            "tape_step: leaves x and y unchanged"
        )
        gradient, before = (
            _gradient(expected, x, y, kind),
            float(_loss(expected, x, y, kind)),
        )
        velocity = [
            momentum * v - lr * g for v, g in zip(velocity, gradient, strict=True)
        ]
        expected = [w + v for w, v in zip(expected, velocity, strict=True)]
        assert (
            isinstance(loss, float | np.floating | np.ndarray) and np.ndim(loss) == 0
        ), "tape_step: returns the loss as a number, not as a tensor"
        assert np.isclose(loss, before, rtol=1e-6, atol=1e-8), (
            "tape_step: returns the mean of the losses, before the update"
        )
        assert _close(model.get_weights(), expected), (
            "tape_step: makes one step of opt on the mean loss"
        )

for frozen in (0, 1):
    model, kept = _model(rng, 2, 3, 2), slice(2 * frozen, 2 * frozen + 2)
    model.layers[frozen].trainable = False
    start, x, y = model.get_weights(), rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    tape_step(model, x, y, keras.optimizers.SGD(0.5), keras.losses.MSE)
    expected = [
        w - 0.5 * g
        for w, g in zip(start, _gradient(start, x, y, "squares"), strict=True)
    ]
    expected[kept] = start[kept]
    assert _close(model.get_weights()[kept], start[kept]), (
        "tape_step: leaves a frozen layer as it is"
    )
    assert _close(model.get_weights(), expected), (
        "tape_step: moves the other layers beside a frozen one"
    )

# Adam, by hand: the velocity of the gradient over the root of that of its square, both corrected for their start at 0.
model, opt = _model(rng, 2, 3, 2), keras.optimizers.Adam(0.25)
expected = model.get_weights()
v, s = ([np.zeros(w.shape) for w in expected] for _ in range(2))
for t in (1, 2, 3):
    x, y = rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
    tape_step(model, x, y, opt, keras.losses.MSE)
    gradient = _gradient(expected, x, y, "squares")
    for at, g in enumerate(gradient):
        v[at], s[at] = 0.9 * v[at] + 0.1 * g, 0.999 * s[at] + 0.001 * g * g
        rate = 0.25 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        expected[at] = expected[at] - rate * v[at] / (np.sqrt(s[at]) + 1e-7)
    assert all(
        np.allclose(p, q, rtol=1e-4, atol=1e-4)  # Keras keeps 0.999 in float32
        for p, q in zip(model.get_weights(), expected, strict=True)
    ), "tape_step: lets an optimizer with a memory make its own step"
    assert int(opt.iterations.numpy()) == t, (
        "tape_step: asks the optimizer for one step, not for more"
    )

penalty = keras.regularizers.L2(0.5)
last = keras.layers.Dense(1, kernel_regularizer=penalty, dtype="float64")
model = keras.Sequential([keras.layers.Input((2,), dtype="float64"), last])
x, y, W = rng.normal(size=(4, 2)), rng.normal(size=(4, 1)), rng.normal(size=(2, 1))
model.set_weights([W, np.zeros(1)])
loss = tape_step(model, x, y, keras.optimizers.SGD(0.125), keras.losses.MSE)
assert np.isclose(loss, np.mean((x @ W - y) ** 2)), (
    "tape_step: penalties of the layers are no part of the loss that is returned"
)
assert np.allclose(model.get_weights()[0], W - 0.25 * x.T @ (x @ W - y) / 4), (
    "tape_step: penalties of the layers are no part of the step"
)

x, y = rng.normal(loc=3, size=(6, 2)), rng.normal(size=(6, 1))
norm, last = (
    keras.layers.BatchNormalization(momentum=0.5, dtype="float64"),
    keras.layers.Dense(1, dtype="float64"),
)
model = keras.Sequential([keras.layers.Input((2,), dtype="float64"), norm, last])
tape_step(model, x, y, keras.optimizers.SGD(0.125), keras.losses.MSE)
seen = model.get_weights()[2]
assert np.allclose(seen, 0.5 * x.mean(axis=0), rtol=1e-5), (
    "tape_step: calls the model once, with training=True"
)

model = keras.Sequential(
    [
        keras.layers.Input((1,), dtype="float64"),
        keras.layers.Dense(1, use_bias=False, dtype="float64"),
    ]
)
model.set_weights([np.array([[0.0]])])
x, y = np.array([[2.0], [-1.0]]), np.array([[1.0], [0.0]])
loss_fn = keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")
loss = tape_step(model, x, y, keras.optimizers.SGD(1.0), loss_fn)
assert np.isclose(loss, np.log(2)), (
    "tape_step: hands the target to loss_fn first, then the prediction"
)
assert np.allclose(model.get_weights()[0], 0.75), (
    "tape_step: the step follows the slope of the loss in the prediction, not in the target"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "tape_step-inputs", "points": 1} tags=["tensorflow"]
# Hidden tests of `tape_step` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np
import tensorflow as tf

from gdcourse import testing

keras = tf.keras


def _linear(W, kind):
    """A model without a bias and with the weights W."""
    last = keras.layers.Dense(W.shape[1], use_bias=False, dtype=kind)
    model = keras.Sequential([keras.layers.Input(W.shape[:1], dtype=kind), last])
    model.set_weights([W])
    return model


rng = np.random.default_rng(38)
X, Y, W = rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), rng.normal(size=(2, 2))
layouts = zip(testing.of_every_layout(X), testing.of_every_layout(Y), strict=True)
for kind, x, y in [("float64", x, y) for x, y in list(layouts)[1::2]] + [
    ("float32", X.astype("float32"), Y.astype("float32"))
]:
    model, before = _linear(W, kind), testing.snapshot((x, y))
    loss = tape_step(model, x, y, keras.optimizers.SGD(0.125), keras.losses.MSE)
    assert np.isclose(loss, np.mean((X @ W - Y) ** 2), rtol=1e-5), (
        "tape_step: returns the mean loss for arrays of any layout, and in float32"
    )
    assert np.allclose(
        model.get_weights()[0], W - 0.125 * X.T @ (X @ W - Y) / 4, rtol=1e-5, atol=1e-6
    ), "tape_step: makes the step for arrays of any layout, and in float32"
    assert testing.same((x, y), before), (
        "tape_step: leaves x and y unchanged, whatever their layout and type"
    )

loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
for kind in ("uint8", "int64"):
    model, y = _linear(W, "float64"), np.array([1, 0, 1, 1], dtype=kind)
    P = np.exp(X @ W) / np.exp(X @ W).sum(axis=1, keepdims=True)
    loss = tape_step(model, X, y, keras.optimizers.SGD(0.5), loss_fn)
    assert np.isclose(loss, -np.mean(np.log(P[np.arange(4), y])), rtol=1e-6), (
        "tape_step: returns the mean loss for labels of any type of integer"
    )
    assert np.allclose(
        model.get_weights()[0], W - 0.5 * X.T @ (P - np.eye(2)[y]) / 4, rtol=1e-6
    ), "tape_step: makes the step for labels of any type of integer"

for n in (1, 3):  # a batch of one, and one output: nothing may be squeezed or broadcast
    model, x, y = _linear(W[:, :1], "float64"), X[:n], Y[:n, :1]
    loss = tape_step(model, x, y, keras.optimizers.SGD(0.25), keras.losses.MSE)
    assert np.isclose(loss, np.mean((x @ W[:, :1] - y) ** 2), rtol=1e-9), (
        "tape_step: returns the mean loss of a batch of one"
    )
    right = W[:, :1] - 0.5 * x.T @ (x @ W[:, :1] - y) / n
    assert np.allclose(model.get_weights()[0], right, rtol=1e-9), (
        "tape_step: makes the step of a batch of one"
    )
# Targets that the model nearly meets: what is rounded to float32 on the way is not.
model, noise = _linear(W, "float64"), rng.normal(size=(4, 2))
with testing.printing() as told:
    loss = tape_step(
        model, X, X @ W + 1e-6 * noise, keras.optimizers.SGD(0.125), keras.losses.MSE
    )
assert np.isclose(loss, 1e-12 * np.mean(noise**2), rtol=1e-6, atol=0), (
    "tape_step: float64 is not rounded on the way"
)
moved = (W - model.get_weights()[0]) / 0.125
assert np.allclose(moved, -1e-6 * X.T @ noise / 4, rtol=1e-6, atol=1e-13), (
    "tape_step: makes its step where the loss is tiny too"
)
model.set_weights([W])
opt = keras.optimizers.SGD(2.0**-46)
tape_step(model, 1e6 * X, 0 * noise, opt, keras.losses.MSE)
moved = (W - model.get_weights()[0]) * 2.0**46
assert np.allclose(moved, 1e12 * X.T @ X @ W / 4, rtol=1e-9), (
    "tape_step: makes its step where the gradient is huge too"
)
model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
model.set_weights([np.ones((1, 1)), np.zeros(1)])
x, y = np.full((1, 1), 1e30, "float32"), np.zeros((1, 1), "float32")
loss = tape_step(model, x, y, keras.optimizers.SGD(0.5), keras.losses.MSE)
assert not np.isfinite([loss, model.get_weights()[0].item()]).any(), (
    "tape_step: lets opt make its update also where the loss overflows"
)
model, y = _linear(W, "float64"), np.array([1, 0, 1, 1])
P = np.exp(X @ W) / np.exp(X @ W).sum(axis=1, keepdims=True)
loss_fn = tf.nn.sparse_softmax_cross_entropy_with_logits  # takes integers only
loss = tape_step(model, X, y, keras.optimizers.SGD(0.5), loss_fn)
assert np.isclose(loss, -np.mean(np.log(P[np.arange(4), y])), rtol=1e-9), (
    "tape_step: hands integers to loss_fn as they are"
)
for rows in (3, 2053):  # squared_difference broadcasts (n, 1) against (3,)
    V, x = W[:, :1], rng.normal(size=(rows, 2))
    y = rng.normal(size=3 if rows == 3 else (rows, 1))
    model = _linear(V, "float64")
    opt, error = keras.optimizers.SGD(0.25), x @ V - y
    loss = tape_step(model, x, y, opt, tf.math.squared_difference)
    assert np.isclose(loss, np.mean(error**2), rtol=1e-9), (
        "tape_step: the loss is the mean of what loss_fn returns for y as it is, and of each of thousands of samples"
    )
    right = V - 0.5 * x.T @ error.mean(axis=1, keepdims=True) / rows
    assert np.allclose(model.get_weights()[0], right, rtol=1e-9), (
        "tape_step: the step is that of y as it is, and of each of thousands of samples"
    )
    assert int(opt.iterations.numpy()) == 1, (
        "tape_step: the optimizer makes the step itself, and counts it"
    )
model, expected = _linear(W, "float64"), W
opt = keras.optimizers.SGD(0.25, weight_decay=0.5)
for _ in range(2):
    tape_step(model, X, Y, opt, keras.losses.MSE)
    slope = X.T @ (X @ expected - Y) / 4
    expected = expected - 0.25 * 0.5 * expected
    expected = expected - 0.25 * slope
    assert np.allclose(model.get_weights()[0], expected, rtol=1e-6), (
        "tape_step: an optimizer with weight decay makes its own step"
    )
layers = [keras.layers.Dense(2, dtype="float64") for _ in range(2)]
model = keras.Sequential([keras.layers.Input((2,), dtype="float64"), *layers])
opt = keras.optimizers.SGD(0.25)
for frozen in (None, 0, 1):  # layers are frozen and thawed between two steps
    for at, layer in enumerate(layers):
        layer.trainable = at != frozen
    before = model.get_weights()
    tape_step(model, X, Y, opt, keras.losses.MSE)
    moved = [
        not np.array_equal(a, b)
        for a, b in zip(model.get_weights(), before, strict=True)
    ]
    assert moved == [at // 2 != frozen for at in range(4)], (
        "tape_step: moves what is not frozen now, whatever was frozen before"
    )
assert not told(), "tape_step: prints nothing"
### END HIDDEN TESTS

# %% [markdown]
# ## 9. A slope at a kink: `subgrad_mae(X, y, theta)`
#
# medium · 15 minutes · 4 points
#
# A linear model predicts $X\theta$. Its mean absolute error on $n$ samples is
#
# $$J(\theta) = \frac{1}{n} \sum_{i=1}^{n} \left| x_i^\top \theta - y_i \right|.$$
#
# Where a residual $r_i = x_i^\top \theta - y_i$ is 0 and $x_i$ is not, it has a kink, and no gradient. What takes its
# place is a **subgradient**: a vector $g$ with $J(z) \ge J(\theta) + g^\top (z - \theta)$ for every $z$. Return one, of
# the shape `(d,)`. Where $J$ has a gradient, it is the only one. At a kink there are many, and each is right: all
#
# $$g = \frac{1}{n} \sum_{i=1}^{n} s_i\, x_i \qquad \text{with } s_i = \operatorname{sign}(r_i) \text{ if } r_i \ne 0
#   \text{ and any } s_i \in [-1, 1] \text{ if } r_i = 0.$$
#
# - `X` has the shape `(n, d)`, `y` the shape `(n,)`, `theta` the shape `(d,)`, with `n` and `d` at least 1. They may
#   hold integers or floats of any NumPy type and of any size. Take their values as `float64` before you calculate.
# - A small residual is not 0: nothing is smoothed, and nothing is rounded.
#
# <details><summary>Hint 1: one sample</summary>
#
# The slope of $|r|$ is 1 for $r > 0$ and $-1$ for $r < 0$. By the chain rule it is multiplied by $x_i$.
# </details>
#
# <details><summary>Hint 2: at 0</summary>
#
# $r / |r|$ is NaN at 0. `np.sign(0)` is 0, which lies between $-1$ and $1$.
# </details>
#
# <details><summary>Hint 3: one $s_i$ for each sample</summary>
#
# All entries of $g$ must come from the *same* $s_i$. A forward difference in each coordinate breaks this rule: for
# $|\theta_1 - \theta_2|$ at $(0, 0)$ it finds $(1, 1)$, which is no subgradient.
# </details>


# %% nbgrader={"grade_id": "subgrad_mae", "solution": true}
def subgrad_mae(X, y, theta):
    """Return a subgradient of J(theta) = 1/n sum(|X theta - y|); any one will do.

    X: (n, d).  y: (n,).  theta: (d,).  Returns: (d,).
    """
    ### BEGIN SOLUTION
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    return X.T @ np.sign(X @ theta - y) / len(y)
    ### END SOLUTION


# %% nbgrader={"grade_id": "subgrad_mae-visible", "points": 1}
# Visible tests of `subgrad_mae`: 1 point.
import numpy as np

# By hand: the predictions are 3 and 7, the residuals 1 and -2, so half of (1, 2) - (3, 4) is (-1, -1).
X, y, theta = (
    np.array([[1.0, 2.0], [3.0, 4.0]]),
    np.array([2.0, 9.0]),
    np.array([1.0, 1.0]),
)
g = subgrad_mae(X, y, theta)
assert np.shape(g) == (2,), "subgrad_mae: returns one slope for each entry of theta"
assert np.allclose(g, [-1.0, -1.0]), "subgrad_mae: agrees with the worked example"

# By hand: |theta| at 0 has every slope from -1 to 1.
g = subgrad_mae(np.array([[1.0]]), np.array([0.0]), np.array([0.0]))
assert np.all(np.abs(g) <= 1), (
    "subgrad_mae: returns a slope from -1 to 1 at the kink of the absolute value"
)

# %% nbgrader={"grade_id": "subgrad_mae-hidden", "points": 2}
# Hidden tests of `subgrad_mae`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.optimize import lsq_linear


def _is_subgradient(g, X, y, theta):
    """Can g be written with s_i in [-1, 1] where the residual is 0? By bounded least squares."""
    r = X @ theta - y
    rest = (
        len(y) * np.asarray(g, dtype=float)
        - X[r > 0].sum(axis=0)
        + X[r < 0].sum(axis=0)
    )
    at_kink = X[r == 0].astype(float)
    if len(at_kink) == 0:
        return bool(np.all(np.abs(rest) <= 1e-10 * np.abs(X).sum(axis=0)))
    fit = lsq_linear(at_kink.T, rest, bounds=(-1 - 1e-7, 1 + 1e-7), tol=1e-12)
    return bool(np.linalg.norm(at_kink.T @ fit.x - rest) <= 1e-5 * len(y))


def _lies_below(g, X, y, theta, points):
    """Does the plane of slope g touch the loss from below? By the definition, at given points."""
    values = np.abs(points @ X.T - y).mean(axis=1)
    return bool(
        np.all(
            values
            >= np.abs(X @ theta - y).mean()
            + (points - theta) @ np.asarray(g, dtype=float)
            - 1e-6
        )
    )


rng = np.random.default_rng(29)
for _ in range(15):
    m, d = int(rng.integers(1, 25)), int(rng.integers(1, 6))
    X, y, theta = (
        rng.normal(scale=2, size=(m, d)),
        rng.normal(scale=3, size=m),
        rng.normal(size=d),
    )
    before = X.copy(), y.copy(), theta.copy()
    g = subgrad_mae(X, y, theta)
    assert all(
        np.array_equal(a, b) for a, b in zip(before, (X, y, theta), strict=True)
    ), "subgrad_mae: leaves its inputs unchanged"
    assert np.shape(g) == (d,), "subgrad_mae: has the shape of theta for any n and d"
    assert _is_subgradient(g, X, y, theta), (
        "subgrad_mae: is the gradient of the mean absolute error where there is one"
    )
    again = subgrad_mae(np.vstack([X] * 2), np.tile(y, 2), theta)
    assert np.allclose(again, g, rtol=1e-10, atol=1e-12), (
        "subgrad_mae: does not change when every sample is repeated"
    )
    size = 10.0 ** rng.uniform(-3, -1, size=m) * rng.choice([-1, 1], size=m)
    assert _is_subgradient(
        subgrad_mae(X, X @ theta - size, theta), X, X @ theta - size, theta
    ), "subgrad_mae: neither smooths nor rounds small residuals"

for case in range(20):
    m, d = int(rng.integers(1, 12)), int(rng.integers(1, 5))
    X, theta = rng.integers(-3, 4, size=(m, d)), rng.integers(-3, 4, size=d)
    y = X @ theta + rng.integers(-2, 3, size=m) * (
        rng.random(m) < (0.6, 0.3, 0.0)[case % 3]
    )
    if case % 2:
        X, y, theta = X.astype(float), y.astype(float), theta.astype(float)
    g = subgrad_mae(X, y, theta)
    assert np.shape(g) == (d,), "subgrad_mae: has the shape of theta at a kink"
    assert np.all(np.isfinite(g)), "subgrad_mae: is finite at a kink"
    assert _is_subgradient(g, X, y, theta), (
        "subgrad_mae: each sample has one sign for all entries, from -1 to 1 at a kink"
    )
    points = theta + np.vstack(
        [
            rng.normal(size=(50, d)),
            0.1 * rng.normal(size=(50, d)),
            np.eye(d),
            -np.eye(d),
        ]
    )
    assert _lies_below(g, X, y, theta, points), (
        "subgrad_mae: its plane touches the loss from below"
    )

X, theta = (
    rng.integers(-3, 4, size=(9, 3)).astype(float),
    rng.integers(-3, 4, size=3).astype(float),
)
for small in (1e-9, 1e-12):
    y = X @ theta - small * rng.choice([-1, 1], size=9)
    assert _is_subgradient(subgrad_mae(X, y, theta), X, y, theta), (
        "subgrad_mae: a residual far below 1e-6 is not 0"
    )
for small in (1e-300, 1e-200, 1e-100):
    y = small * rng.choice([-1.0, 1.0], size=9)
    g = subgrad_mae(X, y, 0 * theta)
    assert np.allclose(g, -np.sign(y) @ X / 9, rtol=1e-10, atol=1e-12), (
        "subgrad_mae: the smallest residual has a sign, and a slope of its own"
    )
y = rng.normal(size=9)
first, other = subgrad_mae(X, y, theta), subgrad_mae(X, -y, theta)
assert _is_subgradient(other, X, -y, theta), (
    "subgrad_mae: other targets give another slope"
)
assert np.array_equal(first, subgrad_mae(X, y, theta)), (
    "subgrad_mae: the same call gives the same slope again"
)

g = subgrad_mae(np.array([[1.0, -1.0]]), np.array([0.0]), np.array([0.0, 0.0]))
assert np.isclose(g[0], -g[1]) and abs(g[0]) <= 1 + 1e-6, (
    "subgrad_mae: for one sample at its kink, both entries come from one sign"
)
X = np.array([[1.0], [1.0], [1.0]])
assert (
    abs(subgrad_mae(X, np.array([0.0, 2.0, 5.0]), np.array([2.0]))[0]) <= 1 / 3 + 1e-6
), "subgrad_mae: at the median the slopes of both sides cancel"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "subgrad_mae-inputs", "points": 1}
# Hidden tests of `subgrad_mae` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

# By hand: the predictions are 100 + 100 = 200, 3 and 10, so the signs are +, - and any one for the row (0, 10).
typed = [
    list(testing.of_every_type(values))[1:]
    for values in ([[100, 100], [2, 1], [0, 10]], [120, 30, 10], [1, 1])
]
for X, y, theta in zip(*typed, strict=True):
    before = testing.snapshot((X, y, theta))
    g = np.asarray(subgrad_mae(X, y, theta), dtype=float)
    assert np.isclose(3 * g[0], 98, rtol=1e-9) and abs(3 * g[1] - 99) <= 10 + 1e-9, (
        "subgrad_mae: integers and floats of any type count as the numbers that they are"
    )
    assert testing.same((X, y, theta), before), (
        "subgrad_mae: leaves arrays of any type unchanged"
    )
signed = zip(
    *(
        list(testing.of_every_type(values))[1:]
        for values in ([[-100, 50], [100, -50]], [-110, 100], [-2, -1])
    ),
    strict=True,
)
for X, y, theta in signed:
    g = subgrad_mae(X, y, theta)
    assert np.allclose(g, [-100.0, 50.0], rtol=1e-12), (
        "subgrad_mae: signed integers of any type count as the numbers that they are"
    )
X, y, theta = np.array([[1, -3]] * 300, dtype=np.float16), np.ones(300), np.zeros(2)
X[:, 0] = 300
assert np.allclose(subgrad_mae(X, y, theta), [-300.0, 3.0], rtol=1e-12), (
    "subgrad_mae: the sum over many samples in float16 does not overflow"
)
y = np.float32([0.1, 0.3, -0.7])
X, theta = np.eye(3), y.astype(float) + np.array([1e-12, -1e-12, 1e-12])
assert np.allclose(
    subgrad_mae(X, y, theta), np.array([1.0, -1.0, 1.0]) / 3, rtol=1e-9
), "subgrad_mae: float32 beside float64 is not rounded further"
rng = np.random.default_rng(39)
X, y, theta = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=3)
right = np.sign(X @ theta - y) @ X / 5
layouts = [list(testing.of_every_layout(a)) for a in (X, y, theta)]
for case in range(7):
    given = [
        made[case * step % 5] for made, step in zip(layouts, (1, 2, 3), strict=True)
    ]
    before = testing.snapshot(given)
    assert np.allclose(subgrad_mae(*given), right, rtol=1e-12), (
        "subgrad_mae: transposed, strided and read-only arrays count as any other"
    )
    assert testing.same(given, before), (
        "subgrad_mae: leaves transposed and strided arrays unchanged"
    )
for scale in (1e-150, 1e-12, 1e12, 1e150):
    g = subgrad_mae(scale * X, scale * scale * y, scale * theta)
    assert np.allclose(np.asarray(g) / scale, right, rtol=1e-9), (
        "subgrad_mae: very small and very large numbers count as any other"
    )
with testing.printing() as told:
    first, again = subgrad_mae(X, y, theta), subgrad_mae(X, -y, theta)
assert testing.apart(first, again, X, y, theta), (
    "subgrad_mae: each result is an array of its own"
)
y = np.array([1.0, -0.3, 1e-5])
up, down = (np.nextafter(y, side) for side in (np.inf, -np.inf))
assert np.allclose(subgrad_mae(np.eye(3), y, up), np.ones(3) / 3, rtol=1e-9), (
    "subgrad_mae: a residual of one unit in the last digit is not 0"
)
assert np.allclose(subgrad_mae(np.eye(3), y, down), -np.ones(3) / 3, rtol=1e-9), (
    "subgrad_mae: a residual of minus one unit in the last digit is not 0"
)
for values in ([[1, 0.5], [0.25, 0.75]], [[1, -0.5], [-0.25, 1]]):
    for X in testing.near_the_limits(values):
        y, theta, wide = X[:, 1], X[0], X.astype(float)
        signs = np.sign((wide / wide.max()) @ wide[0] - wide[:, 1] / wide.max())
        assert np.allclose(subgrad_mae(X, y, theta), signs @ wide / 2, rtol=1e-9), (
            "subgrad_mae: numbers next to the limits of their type neither wrap around nor overflow"
        )
rng = testing.drawn("subgrad_mae-inputs")
X, y, theta = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3)
for A in testing.of_every_layout(X):
    assert np.allclose(
        subgrad_mae(A, y, theta), np.sign(X @ theta - y) @ X / 3, rtol=1e-9, atol=1e-12
    ), "subgrad_mae: a square X counts by rows, however it lies in memory"
wide = rng.normal(size=(2, testing.MANY))
for A, t, v in (
    (*testing.many(rng, X, y), theta),
    (wide, y[:2], rng.normal(size=testing.MANY)),
):
    assert np.allclose(
        subgrad_mae(A, t, v), np.sign(A @ v - t) @ A / len(t), rtol=1e-9, atol=1e-12
    ), "subgrad_mae: each of thousands of samples or features counts, equal samples too"
assert not told(), "subgrad_mae: prints nothing"
assert testing.sees_refilled(
    subgrad_mae,
    np.array([[1.0, 2.0], [1.0, 4.0], [1.0, 7.0]]),
    np.array([1.0, 5.0, 6.5]),
    np.array([2.0, -1.0]),
), "subgrad_mae: takes an array that the caller has refilled for what it holds now"
### END HIDDEN TESTS

# %% [markdown]
# ## 10. How small a step? `best_h(way, size, bend, eps)`
#
# medium · 15 minutes · 4 points
#
# A difference quotient is wrong for two reasons. The curve bends, and the computer rounds. Lesson 6 has the orders; here
# are the constants. The error of the slope is at most
#
# $$E(h) = \frac{h}{2}\, c + \frac{2 \varepsilon s}{h} \ \text{ (forward)}, \qquad
#   E(h) = \frac{h^2}{6}\, c + \frac{\varepsilon s}{h} \ \text{ (central)}.$$
#
# Here $s$ is `size`, the size of $f$ near the point; $c$ is `bend`, the size of $f''$ (forward) or of $f'''$ (central);
# $\varepsilon$ is `eps`, the relative rounding of the type of number. Return the step $h > 0$ at which $E(h)$ is least.
#
# - `way` is `"forward"` or `"central"`. Any other string raises `ValueError`.
# - `size`, `bend` and `eps` are numbers above 0, `size` and `bend` from $10^{-100}$ to $10^{100}$, `eps` from $10^{-40}$ to 1.
#   They may be Python's, or integers or floats of any NumPy type: take their values as `float64` before you calculate.
# - The result is one number, right to a relative $10^{-4}$.
# - `eps` comes from the caller, who knows whether `f` calculates in `float32` or in `float64`.
#
# <details><summary>Hint 1: two terms</summary>
#
# One term grows with $h$, the other falls. Where the sum is least its slope in $h$ is 0.
# </details>
#
# <details><summary>Hint 2: is it where both terms are equal?</summary>
#
# For one of the two ways it is, for the other it is not. Try it with $c = s = \varepsilon = 1$ on paper.
# </details>
#
# <details><summary>Hint 3: check yourself</summary>
#
# Calculate $E$ at your step, and at steps 1 % smaller and larger. Both must be above it.
# </details>


# %% nbgrader={"grade_id": "best_h", "solution": true}
def best_h(way, size, bend, eps):
    """Return the step at which the error bound of a difference quotient is least.

    way: "forward" or "central".  size, bend, eps: numbers above 0.  Returns: float.  Raises ValueError on another way.
    """
    ### BEGIN SOLUTION
    ratio = float(eps) * float(size) / float(bend)
    if way == "forward":
        return 2 * np.sqrt(ratio)
    if way == "central":
        return np.cbrt(3 * ratio)
    raise ValueError(f"expected way to be 'forward' or 'central', got {way!r}")
    ### END SOLUTION


# %% nbgrader={"grade_id": "best_h-visible", "points": 1}
# Visible tests of `best_h`: 1 point.
import numpy as np

# By hand: h/2 * 2 + 2 * 0.01 * 1 / h has the slope 1 - 0.02 / h^2, which is 0 at the root of 0.02.
h = best_h("forward", 1.0, 2.0, 0.01)
assert np.ndim(h) == 0, "best_h: returns one number"
assert np.isclose(h, 0.02**0.5, rtol=1e-4), (
    "best_h: agrees with the worked example of a forward difference"
)
# By hand: h^2/6 * 3 + 0.001 * 8 / h has the slope h - 0.008 / h^2, which is 0 at 0.2.
h = best_h("central", 8.0, 3.0, 0.001)
assert np.isclose(h, 0.2, rtol=1e-4), (
    "best_h: agrees with the worked example of a central difference"
)

# %% nbgrader={"grade_id": "best_h-hidden", "points": 2}
# Hidden tests of `best_h`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.optimize import minimize_scalar


def _bound(way, size, bend, eps, h):
    if way == "forward":
        return bend * h / 2 + 2 * eps * size / h
    return bend * h**2 / 6 + eps * size / h


def _least(way, size, bend, eps):
    """The least of the bound, by golden section over the logarithm of h."""
    found = minimize_scalar(
        lambda u: np.log(_bound(way, size, bend, eps, np.exp(u))),
        bracket=(-40.0, -8.0, 20.0),
        tol=1e-9,
    )
    return float(np.exp(found.x))


rng = np.random.default_rng(210)
types = [float(np.finfo(np.float64).eps), float(np.finfo(np.float32).eps)]
for case in range(40):
    way = ("forward", "central")[case % 2]
    size, bend = 10.0 ** rng.uniform(-3, 3, size=2)
    eps = types[case // 2 % 2]
    h = best_h(way, size, bend, eps)
    assert np.ndim(h) == 0, "best_h: returns one number for any size, bend and eps"
    assert np.isfinite(h) and h > 0, "best_h: the step is above 0"
    for k in (0.99, 1.01):
        assert _bound(way, size, bend, eps, h) < _bound(way, size, bend, eps, k * h), (
            "best_h: no step 1 % larger or smaller has a lower bound"
        )
    right = np.isclose(h, _least(way, size, bend, eps), rtol=1e-4, atol=0)
    assert right or way == "central", (
        "best_h: the step of a forward difference is where its bound is least"
    )
    assert right or way == "forward", (
        "best_h: the step of a central difference is where its bound is least"
    )

for way in ("forward", "central"):
    for size, bend in (
        (1e-12, 1.0),
        (1e12, 1.0),
        (1.0, 1e-12),
        (1.0, 1e12),
        (1e-100, 1e100),
        (1e100, 1e-100),
        (1e-100, 1e-100),
    ):
        h = best_h(way, size, bend, types[0])
        assert all(
            _bound(way, size, bend, types[0], h)
            < _bound(way, size, bend, types[0], k * h)
            for k in (0.99, 1.01)
        ), "best_h: very large and very small functions have a best step of their own"
        middle = {
            "forward": (4e-9 * size / bend) ** 0.5,
            "central": np.cbrt(3e-9 * size / bend),
        }
        assert np.isclose(
            best_h(way, size, bend, 1e-9), middle[way], rtol=2e-5, atol=0
        ), "best_h: the step is exact for very large and very small functions too"
    a = best_h(way, 2.0, 3.0, 1e-9)
    b = best_h(way, 2.0, 3.0, 1e-3)
    assert b > 50 * a and best_h(way, 2.0, 3.0, 1e-9) == a, (
        "best_h: a coarser type of number wants a larger step, the same one the same again"
    )

# On real functions: no step of a fine grid is much better than the returned one.
for way, kind in (
    ("forward", np.float64),
    ("central", np.float64),
    ("forward", np.float32),
    ("central", np.float32),
):
    x = (1 + np.arange(64) / 128).astype(kind)

    def _error(h, way=way, kind=kind, x=x):
        h = kind(h)
        up, down = np.exp(x + h), np.exp(x - h) if way == "central" else np.exp(x)
        width = (x + h).astype(float) - ((x - h) if way == "central" else x).astype(
            float
        )
        return np.mean(
            np.abs((up - down).astype(float) / width - np.exp(x.astype(float)))
        )

    grid = min(
        _error(h) for h in 2.0 ** np.arange(-40.0, 0.0, 0.25) if kind(1) + kind(h) != 1
    )
    assert (
        _error(best_h(way, np.exp(1.25), np.exp(1.25), float(np.finfo(kind).eps)))
        < 10 * grid
    ), (
        "best_h: measured on the exponential, in float32 and float64, the error at the step is near its least"
    )

for bad in (
    "backward",
    "",
    "Forward",
    "CENTRAL",
    "for",
    "f",
    "c",
    "forwards",
    "central ",
    " forward",
    "forward central",
):
    try:
        best_h(bad, 1.0, 1.0, types[0])
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, (
        "best_h: a way that is neither forward nor central raises ValueError"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "best_h-inputs", "points": 1}
# Hidden tests of `best_h` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _is_best(way, size, bend, eps, h):
    """Is the slope of the bound in log h zero there, to a relative 2e-4 of its terms?"""
    if way == "forward":
        terms = bend * h / 2, 2 * eps * size / h
        return abs(terms[0] - terms[1]) <= 2e-4 * max(terms)
    terms = bend * h**2 / 3, eps * size / h
    return abs(terms[0] - terms[1]) <= 4e-4 * max(terms)


for way in ("forward", "central"):
    for size in list(testing.of_every_type(100))[1:]:
        for bend in list(testing.of_every_type(120))[1:]:
            h = best_h(way, size[()], bend[()], 2.0**-52)
            assert np.ndim(h) == 0 and _is_best(
                way, 100.0, 120.0, 2.0**-52, float(h)
            ), (
                "best_h: integers and floats of any type count as the numbers that they are"
            )
    eps = np.finfo(np.float16).eps
    h = float(best_h(way, np.float16(6e4), np.float16(0.25), eps))
    assert _is_best(way, float(np.float16(6e4)), 0.25, 2.0**-10, h), (
        "best_h: float16 arguments count as the numbers that they are"
    )
    eps = np.finfo(np.float32).eps
    for size, bend in ((1e-30, 1e30), (1e30, 1e-30), (3.0, 7.0), (1e-38, 1e-38)):
        size, bend = np.float32(size), np.float32(bend)
        h = float(best_h(way, size, bend, eps))
        assert _is_best(way, float(size), float(bend), float(eps), h), (
            "best_h: float32 arguments count as the numbers that they are, tiny or huge"
        )
    for size, bend, eps in ((3, 7, 1), (10**30, 7, 1e-16), (1, 10**40, 1e-7)):
        h = float(best_h(way, size, bend, eps))
        assert _is_best(way, float(size), float(bend), float(eps), h), (
            "best_h: Python integers count as the numbers that they are, however large"
        )
with testing.printing() as told:
    best_h("forward", 1.0, 1.0, 1e-9), best_h("central", 1.0, 1.0, 1e-9)
for way in ("forward", "central"):
    for x in testing.near_the_limits([1, 0.5, 0.25]):
        for size, bend in ((x[0], x[1]), (x[2], x[0])):
            h = float(best_h(way, size, bend, 2.0**-52))
            assert _is_best(way, float(size), float(bend), 2.0**-52, h), (
                "best_h: numbers next to the limits of their type neither wrap around nor overflow"
            )
assert not told(), "best_h: prints nothing"
### END HIDDEN TESTS

# %% [markdown]
# ## 11. What went wrong? `diagnose(given, measured, n)`
#
# medium · 15 minutes · 4 points
#
# Somebody derived the gradient of a mean loss over `n` samples, for one parameter array. `given` is the result,
# `measured` the gradient by central differences. Return the first of these words that fits:
#
# | word | `given` is close to |
# |---|---|
# | `"right"` | `measured` |
# | `"sign"` | minus `measured`: the run would climb |
# | `"sum"` | `n` times `measured`: a sum was taken in place of the mean |
# | `"mean twice"` | `measured` over `n`: the $1/n$ was put in two times |
# | `"transposed"` | the transpose of `measured`, if both are matrices |
# | `"other"` | none of these |
#
# - "Close" is by norms: two arrays $a$ and $b$ of the same shape are close if
#   $\lVert a - b \rVert \le 10^{-4} \max(\lVert a \rVert, \lVert b \rVert)$, with the root of the sum of *all* squares. What
#   is close here is so to $10^{-5}$, and what is not is off by $10^{-3}$ or more. Two arrays of zeros are close.
# - Arrays of different shapes are not close, and NaN or infinity is not close to anything.
# - `given` and `measured` have any shape with at least one entry. Entries are 0 or of a size from $10^{-100}$ to $10^{100}$.
#   `n` is a whole number from 1 to $10^9$. All three may be of any NumPy type of integers or floats: take their values as
#   `float64` before you calculate.
#
# <details><summary>Hint 1: one helper</summary>
#
# Five of the six rows ask the same question about `given` and another array. Write that question once.
# </details>
#
# <details><summary>Hint 2: where does the order matter?</summary>
#
# With `n` equal to 1, or a symmetric matrix, or zeros, several rows fit.
# </details>
#
# <details><summary>Hint 3: entries near 0</summary>
#
# Do not divide `given` by `measured`. An entry that is 0 in one and rounding in the other has no ratio that says anything.
# </details>


# %% nbgrader={"grade_id": "diagnose", "solution": true}
def diagnose(given, measured, n):
    """Return which mistake explains the given gradient: "right", "sign", "sum", "mean twice", "transposed" or "other".

    given, measured: arrays.  n: number of samples.  Returns: str.
    """
    ### BEGIN SOLUTION
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {
        "right": measured,
        "sign": -measured,
        "sum": n * measured,
        "mean twice": measured / n,
    }
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")
    ### END SOLUTION


# %% nbgrader={"grade_id": "diagnose-visible", "points": 1}
# Visible tests of `diagnose`: 1 point.
import numpy as np

measured = np.array([[1.0, 2.0], [0.0, -4.0]])
assert diagnose(measured.copy(), measured, 10) == "right", (
    "diagnose: a gradient that equals the measured one is right"
)
assert diagnose(-measured, measured, 10) == "sign", (
    "diagnose: minus the measured gradient is a fault of the sign"
)
assert diagnose(np.array([[1.0, 0.0], [2.0, -4.0]]), measured, 10) == "transposed", (
    "diagnose: rows and columns exchanged is a transpose"
)
assert diagnose(3 * measured, measured, 10) == "other", (
    "diagnose: a factor that has nothing to do with the samples is another fault"
)

# %% nbgrader={"grade_id": "diagnose-hidden", "points": 2}
# Hidden tests of `diagnose`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _faults(g, n):
    """Each fault that the task names, as it comes about."""
    yield "right", g
    yield "sign", -g
    yield "sum", np.sum([g] * n, axis=0)
    yield "mean twice", g / n
    if g.ndim == 2:
        yield "transposed", np.array(g.T)
    if g.shape != (1, 1) and g.ndim == 2 and g.shape[0] == g.shape[1]:
        yield "other", -g.T
        yield "other", n * g.T
    if g.ndim == 3:
        yield "other", g.transpose(2, 1, 0)
    yield "other", 2 * g if n != 2 else 5 * g
    yield "other", -n * g
    yield "other", 1.0011 * g
    yield "other", 0.998 * n * g
    yield "other", -g / n
    yield "other", np.abs(g) + 0.1 * np.linalg.norm(g)


rng = np.random.default_rng(211)
shapes = [(), (1,), (5,), (3, 3), (2, 4), (2, 3, 2), (1, 4), (4, 1)]
for case in range(16):
    shape, n = shapes[case % 8], int(rng.integers(3, 200))
    g = np.array(10.0 ** rng.uniform(-95, 95) * rng.normal(size=shape))
    if g.size > 2:
        g.flat[0] = 0.0
    for word, exact in _faults(g, n):
        noise = rng.normal(size=exact.shape)
        given = np.array(
            exact
            + (case % 3)
            * 4.9e-6
            * np.linalg.norm(exact)
            * noise
            / np.linalg.norm(noise)
        )
        before = given.copy(), g.copy()
        told = diagnose(given, g, n)
        assert np.array_equal(given, before[0]) and np.array_equal(g, before[1]), (
            "diagnose: leaves its arrays unchanged"
        )
        assert isinstance(told, str), "diagnose: returns one of the words"
        assert word != "right" or told == word, (
            "diagnose: a gradient that is right up to rounding is told as right"
        )
        assert word != "sign" or told == word, (
            "diagnose: minus the gradient, up to rounding, is told as a fault of the sign"
        )
        assert word != "sum" or told == word, (
            "diagnose: a sum over the samples, up to rounding, is told as a sum"
        )
        assert word != "mean twice" or told == word, (
            "diagnose: a gradient over the number of samples, up to rounding, is told as mean twice"
        )
        assert word != "transposed" or told == word, (
            "diagnose: a transposed gradient, square or not, up to rounding, is told as transposed"
        )
        assert word != "other" or told == word, (
            "diagnose: a fault that is in no other row of the table is told as other"
        )

g, symmetric = rng.normal(size=4), np.array([[1.0, 2.0], [2.0, -3.0]])
assert diagnose(g, g, 1) == "right", (
    "diagnose: with one sample, the mean and the sum are both right"
)
assert diagnose(-g, g, 1) == "sign", (
    "diagnose: with one sample a turned sign is a turned sign"
)
assert diagnose(symmetric, symmetric, 9) == "right", (
    "diagnose: a symmetric matrix that equals the measured one is right"
)
wide = rng.normal(size=(2, 3))
assert (
    diagnose(wide.T, wide, 1) == "transposed" and diagnose(2 * wide, wide, 1) == "other"
), "diagnose: with one sample the other rows of the table still fit"
assert diagnose(np.array([2.0]), np.array(2.0), 3) == "other", (
    "diagnose: one number in brackets is of another shape than the number"
)
skew = np.array([[0.0, 2.0], [-2.0, 0.0]])
assert diagnose(skew.T, skew, 9) == "sign", (
    "diagnose: where two rows of the table fit, the first is told"
)
for shape in ((), (3,), (2, 2)):
    assert diagnose(np.zeros(shape), np.zeros(shape), 7) == "right", (
        "diagnose: zeros beside zeros are right"
    )
    for size in (1e-100, 1e-12, 1.0, 1e100):
        ones = np.full(shape, size)
        assert diagnose(0 * ones, ones, 7) == "other", (
            "diagnose: zeros beside a measured gradient, however small, are another fault"
        )
        assert diagnose(ones, 0 * ones, 7) == "other", (
            "diagnose: a gradient, however small, beside measured zeros is another fault"
        )
g = rng.normal(size=(3, 2))
for broken in (np.nan, np.inf, -np.inf):
    for at in ((0, 0), (1, 1), (2, 1)):
        given = g.copy()
        given[at] = broken
        assert diagnose(given, g, 4) == "other" and diagnose(g, given, 4) == "other", (
            "diagnose: a gradient with NaN or infinity, wherever it stands, is another fault"
        )
        assert diagnose(given, given, 4) == "other", (
            "diagnose: NaN or infinity in both is not close"
        )
for given in (g.ravel(), g[:, :1], g[None], g.sum(axis=0), np.array(g.sum())):
    assert diagnose(given, g, 4) == "other", (
        "diagnose: a gradient of another shape is another fault"
    )
assert diagnose(np.array([[1.0], [2.0]]), np.array([1.0, 2.0]), 4) == "other", (
    "diagnose: a column is not close to a vector"
)
for n in (2, 1000, 10**6):
    assert diagnose(n * g, g, n) == "sum" and diagnose(g / n, g, n) == "mean twice", (
        "diagnose: tells a sum and mean twice for any number of samples"
    )
spread = np.zeros((12, 12))
spread[3, 5] = 100.0
off = rng.choice([-1.0, 1.0], size=(12, 12)) * 100 / 12
assert diagnose(spread + 1.1e-3 * off, spread, 5) == "other", (
    "diagnose: many small errors add up to one norm, which decides"
)
assert diagnose(spread + 9e-6 * off, spread, 5) == "right", (
    "diagnose: many tiny errors are still close"
)
g = np.array([1e3, 0.0])
assert diagnose(g + [0.0, 1e-3], g, 50) == "right", (
    "diagnose: a small error in an entry that is 0 counts in relation to the whole"
)
assert diagnose(g + [0.0, 1.0], g, 50) == "other", (
    "diagnose: a large error in an entry that is 0 is another fault"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "diagnose-inputs", "points": 1}
# Hidden tests of `diagnose` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

whole = list(testing.of_every_type([[100, 3], [0, 60]]))[1:]
turned = list(testing.of_every_type([[100, 0], [3, 60]]))[1:]
for g, turn in zip(whole, turned, strict=True):
    before, exact = testing.snapshot((g, turn)), g.astype(float)
    assert diagnose(g, exact, 7) == "right" == diagnose(exact, g, 7), (
        "diagnose: a right gradient of any type is told as right"
    )
    assert diagnose(turn, g, 7) == "transposed", (
        "diagnose: a transpose of any type is told as transposed"
    )
    assert diagnose(-exact, g, 7) == "sign" == diagnose(g, -exact, 7), (
        "diagnose: a turned sign beside any type is told as sign"
    )
    n = g.dtype.type(100)
    assert diagnose(100 * exact, g, n) == "sum" == diagnose(g, exact / 100, n), (
        "diagnose: a sum of any type, with n of any type, is told as sum"
    )
    assert diagnose(exact / 100, g, n) == "mean twice" == diagnose(g, 100 * exact, n), (
        "diagnose: mean twice of any type, with n of any type, is told as mean twice"
    )
    assert testing.same((g, turn), before), (
        "diagnose: leaves arrays of any type unchanged"
    )
g = np.array([[100, 3], [0, 60]])
for wrapped in ((-g) % 256, (100 * g) % 256, (g + 128) % 256):
    assert diagnose(wrapped.astype("uint8"), g.astype("uint8"), 100) == "other", (
        "diagnose: what fits only after wrapping around is another fault"
    )
half = np.array([300.0, -400.0], dtype=np.float16)
assert (
    diagnose(2 * half, half, 3) == "other"
    and diagnose(200.0 * half.astype(float), half, 200) == "sum"
), "diagnose: norms and sums of float16 do not overflow"
single = np.array([3e30, -4e30], dtype=np.float32)
assert (
    diagnose(2 * single, single, 3) == "other"
    and diagnose(single, single, 3) == "right"
), "diagnose: norms of float32 do not overflow"
tiny = np.array([3e-30, -4e-30], dtype=np.float32)
assert diagnose(2 * tiny, tiny, 3) == "other" and diagnose(-tiny, tiny, 3) == "sign", (
    "diagnose: norms of float32 do not vanish"
)
rng = np.random.default_rng(41)
g = rng.normal(size=(3, 3))
for given in testing.of_every_layout(g):
    for measured, word in (
        (g, "right"),
        (-g, "sign"),
        (g.T, "transposed"),
        (g / 9, "sum"),
    ):
        for laid in list(testing.of_every_layout(measured))[1::2]:
            before = testing.snapshot((given, laid))
            assert diagnose(given, laid, 9) == word, (
                "diagnose: transposed, strided and read-only arrays count as any other"
            )
            assert testing.same((given, laid), before), (
                "diagnose: leaves transposed and strided arrays unchanged"
            )
assert diagnose(given, g, 9) == diagnose(given, g, 9) == "right", (
    "diagnose: the same call gives the same word again"
)
with testing.printing() as told:
    diagnose(g, g, 9), diagnose(g, 2 * g, 9)
for shape in ((2,), (3, 2), (3, 3)):
    ones = np.ones(shape)
    for n in (10**4, 10**6, 10**9):
        assert (
            diagnose(0 * ones, ones, n) == diagnose(ones, 0 * ones, n) == "other"
            and diagnose(ones / n, ones, n) == "mean twice"
        ), "diagnose: zeros are not a gradient over many samples"
assert diagnose(np.zeros((3, 2)), np.zeros((2, 3)), 5) == "transposed", (
    "diagnose: zeros of the transposed shape are transposed"
)
assert diagnose(np.zeros((3, 2)), np.zeros((3, 1)), 5) == "other", (
    "diagnose: zeros of another shape are another fault"
)
for x in testing.near_the_limits([[1, -1], [0.5, -0.25]]):
    wide = x.astype(float)
    for given, word in (
        (wide, "right"),
        (-wide, "sign"),
        (3 * wide, "sum"),
        (wide / 3, "mean twice"),
        (wide.T, "transposed"),
        (wide[::-1], "other"),
        (2 * wide, "other"),
    ):
        assert diagnose(given, x, 3) == word, (
            "diagnose: numbers next to the limits of their type neither wrap around nor overflow"
        )
rng = testing.drawn("diagnose-inputs")
(g,) = testing.many(rng, rng.normal(size=20))
for factor, word in ((1, "right"), (-1, "sign"), (7, "sum"), (1 / 7, "mean twice")):
    given = factor * g
    assert diagnose(given, g, 7) == word, (
        "diagnose: tells the fault of thousands of entries"
    )
    for place in (0, 1500, len(g) - 1):
        given[place] += 0.5 * factor * np.linalg.norm(g)
        assert diagnose(given, g, 7) == "other", (
            "diagnose: one wrong entry among thousands is another fault"
        )
        given[place] = factor * g[place]
assert not told(), "diagnose: prints nothing"
### END HIDDEN TESTS
