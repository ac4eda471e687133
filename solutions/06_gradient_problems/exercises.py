# %% [markdown]
# # Gradient problems: exercises
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
# When you are done, run `gdcourse check 06_gradient_problems --full` in a terminal: it runs the hidden tests too.
# **Validate** in the toolbar runs the visible ones only.

# %%
import numpy as np

# %% [markdown]
# ## 1. Layer by layer: `layer_grad_norms(Ws, act, x, y)`
#
# medium · 20 minutes · 5 points
#
# A network without biases has the weights `Ws`, a list of one matrix or more, each `(inputs, outputs)` of its layer. The
# activation `act` stands after each layer **but the last**: `"sigmoid"`, `"tanh"`, `"relu"` or `"linear"` (none). `x`,
# `(n, d)`, holds one sample a row, `y`, `(n, k)`, the targets. The loss is
#
# $$J = \frac{1}{2n} \sum (\text{output} - y)^2,$$
#
# summed over all samples and outputs. Return a list with one number for each layer, in the order of `Ws`: the length of
# the gradient of $J$ for its weights, that is the root of the sum of the squares of all its entries.
#
# Layers may have different sizes, also 1. The slope of the ReLU at 0 is 0. All numbers are finite. The gradients may
# vanish or explode: lengths between $10^{-250}$ and $10^{250}$ have to be right to nine digits. (The square of $10^{-200}$ is 0
# in `float64`.) With `"sigmoid"` and `"tanh"`, scores lie between $-200$ and $200$. Far out a slope is tiny, but not 0, and its
# digits count too.
#
# <details><summary>Hint 1: forwards first</summary>
#
# Keep what each layer takes in, and the slopes at its scores.
# </details>
#
# <details><summary>Hint 2: one layer backwards</summary>
#
# Let `delta` be the gradient for the layer's scores, `(n, outputs)`. Which product gives the gradient for the layer's weights, and
# which one the gradient for what it took in? Through which slope must that go, to be the next `delta`?
# </details>
#
# <details><summary>Hint 3: a length without squares that vanish</summary>
#
# The length of `c * v` is `c` times the length of `v`. Which `c` makes the largest entry of the rest 1? Mind the gradient 0.
# </details>
#
# <details><summary>Hint 4: a slope far out</summary>
#
# $\tanh 20$ is 1 in `float64`, so $1 - \tanh^2 20$ gives 0 where the slope is $1.7 \cdot 10^{-17}$. The same slope is
# $1 / \cosh^2 z$, where nothing is subtracted. For the sigmoid, $1 - \sigma(z)$ is $\sigma(-z)$.
# </details>


# %% nbgrader={"grade_id": "layer_grad_norms", "solution": true}
def layer_grad_norms(Ws, act, x, y):
    """Return the length of the loss's gradient for the weights of each layer, a list of floats.

    Ws: list of (inputs, outputs).  act: "sigmoid", "tanh", "relu" or "linear".  x: (n, d).  y: (n, k).
    """
    ### BEGIN SOLUTION
    activate, slope = {
        "sigmoid": (
            lambda z: 1 / (1 + np.exp(-z)),
            lambda z: 0.25 / np.cosh(z / 2) ** 2,
        ),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]
    ### END SOLUTION


# %% nbgrader={"grade_id": "layer_grad_norms-visible", "points": 1}
# Visible tests of `layer_grad_norms`: 1 point.
import numpy as np

# Two samples, two layers. The first sample: 1, then 2, then 6, so the error is 2. The second one's switch is shut.
norms = layer_grad_norms(
    [np.array([[2.0]]), np.array([[3.0]])],
    "relu",
    np.array([[1.0], [-1.0]]),
    np.array([[4.0], [1.0]]),
)
assert isinstance(norms, list) and len(norms) == 2, (
    "layer_grad_norms: returns a list with one number for each layer"
)
assert np.allclose(norms, [3, 2], rtol=1e-12), (
    "layer_grad_norms: the two lengths of the worked example, in the order of the layers"
)

# %% nbgrader={"grade_id": "layer_grad_norms-hidden", "points": 3}
# Hidden tests of `layer_grad_norms`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import drawn

_ACTIVATIONS = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: z * (z.real > 0),
    "linear": lambda z: z,
}


def _loss(Ws, act, x, y):
    a = x
    for W in Ws[:-1]:
        a = _ACTIVATIONS[act](a @ W)
    return np.sum((a @ Ws[-1] - y) ** 2) / (2 * len(y))


def _norms(Ws, act, x, y):
    """Return the lengths by complex steps, one weight at a time."""
    lengths = []
    for k, W in enumerate(Ws):
        squares = 0.0
        for place in np.ndindex(W.shape):
            moved = W.astype(complex)
            moved[place] += 1e-30j
            squares += (
                _loss([*Ws[:k], moved, *Ws[k + 1 :]], act, x, y).imag / 1e-30
            ) ** 2
        lengths.append(np.sqrt(squares))
    return lengths


rng = drawn("layer_grad_norms")
for trial in range(40):
    act = list(_ACTIVATIONS)[trial % 4]
    sizes = rng.integers(1, 5, rng.integers(2, 6))
    n = int(rng.integers(1, 5))
    Ws = [
        rng.uniform(-1.2, 1.2, pair) for pair in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    x, y = rng.uniform(-1, 1, (n, sizes[0])), rng.normal(size=(n, sizes[-1]))
    found = layer_grad_norms(Ws, act, x, y)
    assert len(found) == len(Ws), (
        "layer_grad_norms: one length for each layer, for any number of layers and any sizes"
    )
    assert np.allclose(found, _norms(Ws, act, x, y), rtol=1e-9, atol=1e-13), (
        "layer_grad_norms: agrees with complex steps for each activation and random weights"
    )

Ws, x, y = [np.array([[0.5], [0.25]])], np.array([[1.0, 2.0]]), np.array([[4.0]])
for act in _ACTIVATIONS:
    assert np.allclose(layer_grad_norms(Ws, act, x, y), [3 * np.sqrt(5)], rtol=1e-12), (
        "layer_grad_norms: a single layer has no activation"
    )
W = np.array([[1.0, -1.0]])
found = layer_grad_norms(
    [W, np.array([[1.0], [1.0]])],
    "relu",
    np.array([[0.0], [2.0]]),
    np.array([[3.0], [3.0]]),
)
assert np.allclose(found, [1, 1], rtol=1e-12), (
    "layer_grad_norms: a ReLU at 0 has the slope 0"
)
found = layer_grad_norms(
    [np.array([[0.0]]), np.array([[2.0]])], "relu", np.array([[1.0]]), np.array([[3.0]])
)
assert list(found) == [0, 0], (
    "layer_grad_norms: lengths are 0 where a switch lets nothing through"
)
for depth, first, end in ((100, 1e-4, -200), (60, 0.3, -240), (5, 1e-9, -248)):
    weight = (10.0**end / first) ** (1 / (depth - 1))
    found = layer_grad_norms(
        [np.array([[weight]])] * depth, "linear", np.array([[first]]), np.array([[1.0]])
    )
    assert np.allclose(np.array(found) * 10.0**-end, 1, rtol=1e-9, atol=0), (
        "layer_grad_norms: a gradient that vanishes over many layers keeps its digits"
    )
tiny = 10.0 ** rng.uniform(-100, -20)
found = layer_grad_norms(
    [np.array([[2.0]]), np.array([[3.0]])], "relu", np.array([[tiny]]), np.ones((1, 1))
)
assert np.allclose(np.array(found) / tiny, [3, 2], rtol=1e-9, atol=0), (
    "layer_grad_norms: a switch is open however small its score is"
)
found = layer_grad_norms(
    [np.array([[100.0]])] * 60, "relu", np.array([[1.0]]), np.array([[1.0]])
)
assert np.allclose(np.log10(found), 238, atol=1e-9), (
    "layer_grad_norms: a gradient that explodes over sixty layers keeps its digits"
)
Ws = [rng.normal(size=(10, 10)) / np.sqrt(10) for _ in range(15)]
found = layer_grad_norms(
    Ws, "sigmoid", rng.normal(size=(4, 10)), rng.normal(size=(4, 10))
)
assert found[0] < 1e-5 * found[-1], (
    "layer_grad_norms: through many sigmoids the first layer's gradient is far smaller than the last one's"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "layer_grad_norms-inputs", "points": 1}
# Hidden tests of `layer_grad_norms`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    drawn,
    of_every_layout,
    of_every_scale,
    of_every_type,
    printing,
    same,
    snapshot,
)

for xt in of_every_type([[100, 50], [7, 100]]):
    kind = np.asarray(xt).dtype
    Ws = [np.array([[100, 3], [2, 1]], kind), np.array([[100], [1]], kind)]
    found = layer_grad_norms(Ws, "linear", np.asarray(xt), np.array([[100], [9]], kind))
    exact = [np.asarray(W, float) for W in Ws]
    e = (np.asarray(xt, float) @ exact[0] @ exact[1] - [[100], [9]]) / 2
    wanted = [
        np.linalg.norm(np.asarray(xt, float).T @ (e @ exact[1].T)),
        np.linalg.norm((np.asarray(xt, float) @ exact[0]).T @ e),
    ]
    assert np.allclose(found, wanted, rtol=1e-12), (
        "layer_grad_norms: samples, weights and targets of any integer or float type"
    )
rng = drawn("layer_grad_norms-inputs")
for act in ("sigmoid", "tanh"):
    for z in (*rng.uniform(-200, 200, 20), *rng.uniform(-30, 30, 20)):
        # One unit whose score is z: its slope and what it gives out from exponentials of numbers below 0.
        k = 1 if act == "sigmoid" else 2
        tail = np.exp(-k * abs(z))
        slope = k**2 * tail / (1 + tail) ** 2
        given = 1 / (1 + tail) if z > 0 else tail / (1 + tail)
        given = given if act == "sigmoid" else np.tanh(z)
        found = layer_grad_norms(
            [np.array([[z / 3]]), np.array([[2.0]])],
            act,
            np.array([[3.0]]),
            np.array([[7.0]]),
        )
        error = 7 - 2 * given
        assert np.allclose(
            np.array(found) / [6 * error * slope, abs(given) * error], 1, rtol=1e-9
        ), "layer_grad_norms: the slopes of sigmoid and tanh keep their digits far out"
x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
Ws = [rng.normal(size=(3, 5)), rng.normal(size=(5, 2))]
expected = layer_grad_norms(Ws, "tanh", x, y)
for xl, yl, W0, W1 in zip(
    of_every_layout(x), of_every_layout(y), *map(of_every_layout, Ws), strict=True
):
    given = [W0, W1]
    before = snapshot((xl, yl, given))
    with printing() as told:
        found = layer_grad_norms(given, "tanh", xl, yl)
    assert np.allclose(found, expected, rtol=1e-12, atol=0), (
        "layer_grad_norms: arrays that lie in memory in any way"
    )
    assert same((xl, yl, given), before) and not told(), (
        "layer_grad_norms: leaves its arguments as they are, and prints nothing"
    )
linear = layer_grad_norms(Ws, "linear", x, y)
for scale, ys in of_every_scale(y, (1e-12, 1.0, 1e12, 1e120)):
    found = layer_grad_norms([Ws[0], Ws[1] * scale], "linear", x, ys)
    assert np.allclose(
        np.array(found) / scale / [scale, 1], linear, rtol=1e-9, atol=0
    ), "layer_grad_norms: targets and weights of any scale"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. A start that fits: `init(fan_in, fan_out, kind, rng)`
#
# easy · 15 minutes · 5 points
#
# Draw the initial weights of a dense layer with `fan_in` inputs and `fan_out` outputs: an array of `float64`, `(fan_in, fan_out)`.
# All weights are independent and have the mean 0. `kind` says how they are spread:
#
# | `kind` | distribution | variance |
# |:--|:--|:--|
# | `"xavier_normal"` | normal | $2 / (\text{fan}_\text{in} + \text{fan}_\text{out})$ |
# | `"xavier_uniform"` | uniform between $-a$ and $a$ | the same |
# | `"he_normal"` | normal | $2 / \text{fan}_\text{in}$ |
# | `"he_uniform"` | uniform between $-a$ and $a$ | the same |
#
# The $a$ is yours to find. Normal means normal: nothing is cut off or drawn again. Raise a `ValueError` for any other `kind`, also for `None`.
#
# `fan_in` and `fan_out` are integers of Python or of any NumPy type, at least 1. `rng` is a `numpy.random.Generator`: take
# all random numbers from it, in any order, and none from elsewhere. So equal generators give equal weights, and a second
# call with the same generator gives others.
#
# <details><summary>Hint 1: from a variance to a scale</summary>
#
# Multiply a random number by $s$. By what is its variance multiplied?
# </details>
#
# <details><summary>Hint 2: the uniform ones</summary>
#
# Numbers that are uniform between $-a$ and $a$ have the variance $a^2/3$.
# </details>


# %% nbgrader={"grade_id": "init", "solution": true}
def init(fan_in, fan_out, kind, rng):
    """Return initial weights, (fan_in, fan_out), drawn from rng.

    kind: "xavier_normal", "xavier_uniform", "he_normal" or "he_uniform"; any other raises a ValueError.
    """
    ### BEGIN SOLUTION
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(f"expected a kind of the table, got {kind!r}")
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))
    ### END SOLUTION


# %% nbgrader={"grade_id": "init-visible", "points": 1}
# Visible tests of `init`: 1 point.
import numpy as np

for kind in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
    W = init(50, 40, kind, np.random.default_rng(0))
    assert np.shape(W) == (50, 40), (
        "init: a row for each input, a column for each output"
    )
    assert 0.1 < np.std(W) < 0.3 and abs(np.mean(W)) < 0.03, (
        "init: weights around 0, of the right order of size"
    )
    again = init(50, 40, kind, np.random.default_rng(0))
    assert np.array_equal(W, again), "init: equal generators give equal weights"

# %% nbgrader={"grade_id": "init-hidden", "points": 3}
# Hidden tests of `init`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import ndtr

from gdcourse.testing import drawn

# All tests of chance together refuse a right answer less than once in a million.


def _fits(W, std, shape):
    """Kolmogorov's test: is the largest gap between the counted and the wanted distribution small enough?"""
    w = np.sort(np.ravel(W)) / std
    wanted = ndtr(w) if shape == "normal" else np.clip((w / np.sqrt(3) + 1) / 2, 0, 1)
    n = len(w)
    gap = max(
        (np.arange(1, n + 1) / n - wanted).max(), (wanted - np.arange(n) / n).max()
    )
    return np.sqrt(n) * gap < 3.1


def _unrelated(a, b):
    return abs(np.sum(a * b)) < 6 * np.sqrt(np.sum(a**2 * b**2))


rng = drawn("init")
for kind in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
    for fan_in, fan_out in ((200, 300), (300, 200), (1000, 30), (7, 9000)):
        shape = kind.split("_")[1]
        std = np.sqrt(2 / (fan_in + fan_out if kind.startswith("xavier") else fan_in))
        W = np.asarray(init(fan_in, fan_out, kind, rng))
        assert W.shape == (fan_in, fan_out), (
            "init: the shape is (fan_in, fan_out), also where they differ"
        )
        assert _fits(W, std, shape), (
            "init: the distribution and the variance of each kind, whatever the fans"
        )
        if shape == "normal":
            assert np.abs(W).max() > 3.2 * std, "init: normal weights are not cut off"
        assert _unrelated(W[:, 1:], W[:, :-1]) and _unrelated(W[1:], W[:-1]), (
            "init: neighbouring weights are independent"
        )
        h, m = fan_in // 2, fan_out // 2
        assert _unrelated(W[:h], W[h : 2 * h]) and _unrelated(
            W[:, :m], W[:, m : 2 * m]
        ), "init: one half of the weights is independent of the other"

    sizes = np.sort(np.abs(np.ravel(init(40, 25, kind, rng))))
    assert np.diff(sizes).min() > 1e-14 * sizes[-1], (
        "init: no weight is a copy or the mirror image of another"
    )
    ones = np.array([init(1, 1, kind, rng) for _ in range(200)])
    assert ones.shape == (200, 1, 1), "init: a layer with one input and one output"
    assert _fits(ones, 1 if kind.startswith("xavier") else np.sqrt(2), shape), (
        "init: single weights, drawn one after the other, have the distribution too"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "init-inputs", "points": 1}
# Hidden tests of `init`: 1 point for fans of every type, generators, and kinds that do not exist.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import printing

for kind in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
    expected = init(100, 120, kind, np.random.default_rng(5))
    assert np.asarray(expected).dtype == np.float64, "init: returns float64"
    for integer in (np.int8, np.uint8, np.int16, np.uint64):
        W = init(integer(100), integer(120), kind, np.random.default_rng(5))
        assert np.allclose(W, expected, rtol=1e-12, atol=0), (
            "init: fans of any integer type"
        )
    others = [
        np.random.Generator(np.random.PCG64(6)),
        np.random.Generator(np.random.Philox(5)),
    ]
    for other in others:
        assert not np.allclose(init(100, 120, kind, other), expected), (
            "init: another generator gives other weights"
        )
    rng = np.random.default_rng(5)
    with printing() as told:
        first, second = init(100, 120, kind, rng), init(100, 120, kind, rng)
    assert np.array_equal(first, expected) and not np.allclose(second, expected), (
        "init: a second call with the same generator gives other weights"
    )
    assert not told(), "init: prints nothing"
unknown = [
    "xavier",
    "he",
    "normal",
    "he_normal_",
    "xavier_he",
    "Xavier_normal",
    "",
    None,
]
for kind in unknown:
    refused = False
    try:
        init(3, 4, kind, np.random.default_rng(0))
    except ValueError:
        refused = True
    assert refused, "init: raises ValueError for a kind that is not in the table"
### END HIDDEN TESTS

# %% [markdown]
# ## 3. A sum of exponentials: `logsumexp(x, axis, keepdims)`
#
# medium · 15 minutes · 5 points
#
# Return the logarithm of the sum of $e^{x_i}$ along an axis,
#
# $$\log \sum_i e^{x_i},$$
#
# without overflow: $x = (1000, 1000)$ gives $1000 + \log 2$.
#
# - `x` is an array of one dimension or more, with at least one entry along each. `axis` is an integer, which may be negative, a
#   tuple of several, or `None` for all. `keepdims` says whether the axes that were summed stay, with length 1, as in `np.sum`.
# - An entry may be any finite number, and $-\infty$, which adds nothing: $e^{-\infty} = 0$. Where all are $-\infty$, so is the
#   result. Where one is $+\infty$, the result is $+\infty$. Where one is NaN, it is NaN.
# - Where the result is near 0, an error of $10^{-12}$ is allowed; elsewhere, a relative one of $10^{-12}$.
#
# <details><summary>Hint 1: which number to take out</summary>
#
# $\log \sum e^{x_i} = c + \log \sum e^{x_i - c}$ for each finite $c$. Which $c$ leaves no exponent above 0, and one at 0?
# </details>
#
# <details><summary>Hint 2: infinities</summary>
#
# $\infty - \infty$ is NaN. What may $c$ be where the largest entry is not finite?
# </details>
#
# <details><summary>Hint 3: shapes</summary>
#
# Work with `keepdims=True` throughout, so that all fits together, and take the axes out at the end with `np.squeeze`.
# </details>


# %% nbgrader={"grade_id": "logsumexp", "solution": true}
def logsumexp(x, axis, keepdims):
    """Return log(sum(exp(x))) along an axis.

    x: an array.  axis: an integer, a tuple of them, or None for all.  keepdims: as in np.sum.
    """
    ### BEGIN SOLUTION
    x = np.asarray(x, dtype=float)
    largest = x.max(axis=axis, keepdims=True)
    shift = np.where(np.isfinite(largest), largest, 0)
    with np.errstate(divide="ignore", over="ignore"):
        total = np.log(np.exp(x - shift).sum(axis=axis, keepdims=True)) + shift
    return total if keepdims else np.squeeze(total, axis=axis)
    ### END SOLUTION


# %% nbgrader={"grade_id": "logsumexp-visible", "points": 1}
# Visible tests of `logsumexp`: 1 point.
import numpy as np

x = np.array([[0.0, 0.0], [1000.0, 1000.0], [-1000.0, -np.inf]])
found = logsumexp(x, 1, False)
assert np.shape(found) == (3,), "logsumexp: one number for each row"
assert np.allclose(found, [np.log(2), 1000 + np.log(2), -1000], rtol=1e-12), (
    "logsumexp: the three rows of the worked example"
)
assert np.shape(logsumexp(x, 0, True)) == (1, 2), (
    "logsumexp: with keepdims the axis stays, with length 1"
)
assert np.isclose(logsumexp(np.log([1.0, 2.0, 3.0]), None, False), np.log(6)), (
    "logsumexp: of logarithms, the logarithm of their sum"
)

# %% nbgrader={"grade_id": "logsumexp-hidden", "points": 3}
# Hidden tests of `logsumexp`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import itertools
import math

import numpy as np
from scipy import special

from gdcourse.testing import drawn


def _close(found, wanted):
    return np.all(np.isclose(found, wanted, rtol=1e-12, atol=1e-12, equal_nan=True))


rng = drawn("logsumexp")
for shape in ((1,), (5,), (3, 4), (4, 1), (1, 1), (2, 3, 4), (3, 1, 2)):
    axes = [
        None,
        *range(-len(shape), len(shape)),
        *itertools.combinations(range(len(shape)), 2),
        *itertools.combinations(range(-len(shape), 0), 2),
        tuple(range(len(shape))),
    ]
    for axis, keepdims in itertools.product(axes, (False, True)):
        x = rng.normal(0, 5, shape)
        found = logsumexp(x, axis, keepdims)
        wanted = special.logsumexp(x, axis=axis, keepdims=keepdims)
        assert np.shape(found) == np.shape(wanted), (
            "logsumexp: the shape of np.sum, for each axis, several of them, and all"
        )
        assert _close(found, wanted), (
            "logsumexp: agrees with SciPy's for each axis, several of them, and all"
        )
for c in (-1e308, -1e5, -750.0, 710.0, 1e5, 1e300):
    for n in (1, 2, 7):
        assert _close(logsumexp(np.full(n, c), 0, False), c + np.log(n)), (
            "logsumexp: equal entries of any size, also such whose exponentials overflow or vanish"
        )
for _ in range(20):
    x = rng.uniform(-50, 50, 6) + rng.choice([-5000, 0, 5000])
    exact = max(x) + math.log(math.fsum(math.exp(v - max(x)) for v in x))
    assert _close(logsumexp(x, -1, False), exact), (
        "logsumexp: large and small entries together"
    )
for _ in range(10):
    below, top = rng.uniform(25, 33), rng.choice([-0.5, 0.5])
    x = np.full(1000, top - below)
    x[rng.integers(1000)] = top
    assert _close(logsumexp(x, 0, False), top + math.log1p(999 * math.exp(-below))), (
        "logsumexp: many entries far below the largest, which count together"
    )
rows = rng.normal(0, 1, (4, 3)) + np.array([[-2000.0], [0.0], [900.0], [1e6]])
assert _close(logsumexp(rows, 1, False), [special.logsumexp(row) for row in rows]), (
    "logsumexp: each row has its own size; one row's largest entry does not spoil another's"
)
inf, nan = np.inf, np.nan
for row, wanted, which in (
    ([-inf, 2.0, -inf], 2.0, "-inf adds nothing"),
    ([-inf, -inf], -inf, "all -inf gives -inf"),
    ([-inf], -inf, "all -inf gives -inf"),
    ([1.0, inf, -inf], inf, "one +inf gives +inf"),
    ([inf, inf], inf, "one +inf gives +inf"),
    ([1e308, inf], inf, "one +inf gives +inf"),
):
    table = np.array([row, [0.0] * len(row)])
    if which == "-inf adds nothing":
        assert _close(logsumexp(table, 1, False), [wanted, math.log(len(row))]), (
            "logsumexp: -inf adds nothing, and leaves the other rows alone"
        )
    elif which == "all -inf gives -inf":
        assert _close(logsumexp(table, 1, False), [wanted, math.log(len(row))]), (
            "logsumexp: only -inf gives -inf, and leaves the other rows alone"
        )
    else:
        assert _close(logsumexp(table, 1, False), [wanted, math.log(len(row))]), (
            "logsumexp: one +inf gives +inf, and leaves the other rows alone"
        )
for place in range(3):
    for other in (0.0, -inf, inf):
        row = [other] * 3
        row[place] = nan
        found = logsumexp(np.array([row, [1.0, 1.0, 1.0]]), 1, False)
        assert np.isnan(found[0]) and _close(found[1], 1 + math.log(3)), (
            "logsumexp: NaN gives NaN, wherever it stands and whatever else there is"
        )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "logsumexp-inputs", "points": 1}
# Hidden tests of `logsumexp`: 1 point for inputs of every type and layout.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy import special

from gdcourse.testing import (
    drawn,
    of_every_layout,
    of_every_type,
    printing,
    same,
    snapshot,
)

for values in ([[127, -128], [100, 100]], [[255, 0], [200, 199]], [[11, 12], [3, 90]]):
    wanted = special.logsumexp(np.array(values, float), axis=1)
    for xt in of_every_type(values):
        found = logsumexp(np.asarray(xt), 1, False)
        assert np.allclose(found, wanted, rtol=1e-12, atol=0), (
            "logsumexp: calculates in float64, whatever integers or floats come in"
        )
        assert np.asarray(found).dtype == np.float64, "logsumexp: returns float64"
x = drawn("logsumexp-inputs").normal(0, 300, (3, 4))
wanted = special.logsumexp(x, axis=0)
for given in of_every_layout(x):
    before = snapshot(given)
    with printing() as told:
        found = logsumexp(given, 0, False)
    assert np.allclose(found, wanted, rtol=1e-12, atol=0), (
        "logsumexp: arrays that lie in memory in any way"
    )
    assert same(given, before) and not told(), (
        "logsumexp: leaves its argument as it is, and prints nothing"
    )
again = logsumexp(np.zeros((3, 4)), 0, False)
assert np.allclose(again, np.log(3), rtol=1e-12), (
    "logsumexp: keeps nothing between calls"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Both tails: `log_sigmoid(x)`
#
# easy · 10 minutes · 4 points
#
# Return the logarithm of the sigmoid,
#
# $$\log \frac{1}{1 + e^{-x}},$$
#
# of each entry of `x`, an array of any shape or a number. The result has the shape of `x`.
#
# - The **relative** error is at most $10^{-12}$, wherever the result is not smaller than $10^{-300}$: also at $x = 40$, where
#   the result is $-4 \cdot 10^{-18}$, and at $x = -10^{300}$. Below that, anything between $-10^{-300}$ and $0$ will do.
# - $-\infty$ gives $-\infty$, $+\infty$ gives $0$, and NaN gives NaN.
#
# <details><summary>Hint 1: two forms</summary>
#
# Multiply above and below by $e^x$. Which of the two forms overflows for large $x$, and which for very negative ones?
# </details>
#
# <details><summary>Hint 2: the right tail</summary>
#
# In `np.log(1 + t)` a tiny `t` is lost in the sum. NumPy has a function that does both at once.
# </details>


# %% nbgrader={"grade_id": "log_sigmoid", "solution": true}
def log_sigmoid(x):
    """Return log(1 / (1 + exp(-x))) of each entry of x, an array or a number."""
    ### BEGIN SOLUTION
    x = np.asarray(x, dtype=float)
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
    ### END SOLUTION


# %% nbgrader={"grade_id": "log_sigmoid-visible", "points": 1}
# Visible tests of `log_sigmoid`: 1 point.
import numpy as np

found = log_sigmoid(np.array([[0.0, -1000.0], [np.log(3.0), 3.0]]))
assert np.shape(found) == (2, 2), "log_sigmoid: the result has the shape of x"
assert np.allclose(found[0], [-np.log(2), -1000], rtol=1e-12), (
    "log_sigmoid: one half at 0, and no overflow on the left"
)
assert np.allclose(found[1, 0], np.log(0.75), rtol=1e-12), (
    "log_sigmoid: three quarters at the logarithm of 3"
)

# %% nbgrader={"grade_id": "log_sigmoid-hidden", "points": 2}
# Hidden tests of `log_sigmoid`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
from decimal import Decimal, localcontext

import numpy as np

from gdcourse.testing import drawn


def _exact(x):
    """Return the value from 400 decimal digits."""
    with localcontext() as context:
        context.prec, context.Emax, context.Emin = 400, 10**15, -(10**15)
        x = Decimal(float(x))
        if x < -2000:  # there it is x to more digits than a float64 has
            return float(x)
        return float(-(1 + (-x).exp()).ln())


rng = drawn("log_sigmoid")
for low, high, where in (
    (-5, 5, "middle"),
    (5, 36, "right"),
    (36, 690, "far right"),
    (680, 690.77, "far right"),
    (-36, -5, "left"),
    (-24.3, -24, "left"),
    (-1000, -36, "far left"),
):
    x = rng.uniform(low, high, 20)
    wanted = np.array([_exact(v) for v in x])
    good = np.all(np.abs(log_sigmoid(x) - wanted) <= 1e-12 * np.abs(wanted))
    if where == "middle":
        assert good, "log_sigmoid: agrees with 400 decimal digits between -5 and 5"
    elif "right" in where:
        assert good, "log_sigmoid: keeps its digits on the right, where it is nearly 0"
    else:
        assert good, "log_sigmoid: keeps its digits on the left, where it is nearly x"
for x in (1e-300, -1e-300, 1e-17, -1e-17, 1e-9, -1e-9, 0.0, -0.0):
    assert np.isclose(log_sigmoid(np.array([x]))[0], _exact(x), rtol=1e-12, atol=0), (
        "log_sigmoid: keeps its digits beside 0"
    )
assert np.array_equal(log_sigmoid(np.array([-1e300, -1.7e308])), [-1e300, -1.7e308]), (
    "log_sigmoid: is x itself, far on the left"
)
far = log_sigmoid(np.array([700.0, 800.0, 1e300, np.inf]))
assert np.all(far <= 0) and np.all(far >= -1e-300), (
    "log_sigmoid: is 0 or a tiny negative number, far on the right"
)
assert log_sigmoid(np.array([-np.inf]))[0] == -np.inf, "log_sigmoid: of -inf is -inf"
for place in range(3):
    x = np.array([1.0, -2.0, 3.0])
    x[place] = np.nan
    found = log_sigmoid(x)
    good = np.isfinite(np.delete(found, place)).all()
    assert np.isnan(found[place]) and good, (
        "log_sigmoid: NaN gives NaN in its place alone"
    )
for shape in ((), (1,), (1, 1), (2, 3, 4), (0,), (3, 0)):
    x = rng.normal(size=shape)
    found = log_sigmoid(x if shape else float(x))
    assert np.shape(found) == shape, (
        "log_sigmoid: the result has the shape of x: a number, one entry, none, several dimensions"
    )
    assert np.allclose(found, -np.logaddexp(0, -x), rtol=1e-12), (
        "log_sigmoid: agrees with logaddexp for each shape"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "log_sigmoid-inputs", "points": 1}
# Hidden tests of `log_sigmoid`: 1 point for inputs of every type and layout.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    drawn,
    of_every_layout,
    of_every_type,
    printing,
    same,
    snapshot,
)

for values in ([127, -128, 0], [255, 1, 40], [-100, 11, 20]):
    wanted = -np.log1p(np.exp(-np.abs(np.array(values, float))))
    wanted += np.minimum(np.array(values, float), 0)
    for xt in of_every_type(values):
        found = log_sigmoid(np.asarray(xt))
        assert np.allclose(found, wanted, rtol=1e-12, atol=0), (
            "log_sigmoid: calculates in float64, whatever integers or floats come in"
        )
        assert np.asarray(found).dtype == np.float64, "log_sigmoid: returns float64"
x = drawn("log_sigmoid-inputs").normal(0, 30, (3, 4))
for given in of_every_layout(x):
    before = snapshot(given)
    with printing() as told:
        found = log_sigmoid(given)
    assert np.allclose(found, -np.logaddexp(0, -x), rtol=1e-12, atol=0), (
        "log_sigmoid: arrays that lie in memory in any way"
    )
    assert same(given, before) and not told(), (
        "log_sigmoid: leaves its argument as it is, and prints nothing"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 5. A scale that adapts: `loss_scaler_step(scale, good_steps, grads, growth_interval)`
#
# medium · 15 minutes · 5 points
#
# The loss was multiplied by `scale` before the backward pass, so that small gradients survive in `float16`. One step of dynamic
# loss scaling decides what becomes of the gradients, and of the scale. `good_steps` counts the steps since the scale last changed.
# Return three things, `(scale, good_steps, grads)`:
#
# - **If any entry of any gradient is infinite or NaN**, this step is left out: half the scale, 0 good steps, and `None` in place of
#   the gradients.
# - **Else** the gradients over the scale that the loss was multiplied with, a list of new `float64` arrays, and one more good step.
#   If that makes `growth_interval` of them, or more, the scale doubles and the count begins again at 0.
#
# `grads` is a list of one array or more, of any shapes, of `float16`, `float32` or `float64`. Finite ones over the scale stay within
# the range of a `float64`; one without dimensions may come back as a number. `scale` is a positive number, a Python
# float or a NumPy number of any float type. It, its half and its double lie between $10^{-30}$ and $10^{30}$, though not always
# within the range of its own type; return it as a Python float. `good_steps` is an integer of at least 0 and `growth_interval` one of at least 1, of Python or of any NumPy type.
#
# <details><summary>Hint 1: which scale divides?</summary>
#
# The gradients carry the scale that came in, not the one that goes out.
# </details>
#
# <details><summary>Hint 2: in which format?</summary>
#
# What was scaled up to survive in `float16` vanishes again if it is divided in `float16`.
# </details>


# %% nbgrader={"grade_id": "loss_scaler_step", "solution": true}
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    """Return (scale, good_steps, grads or None) after one step of dynamic loss scaling.

    scale: a positive number.  good_steps: since it last changed.  grads: list of float arrays, scaled.
    """
    ### BEGIN SOLUTION
    scale, good_steps = float(scale), int(good_steps)
    grads = [np.array(g, dtype=float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return scale / 2, 0, None
    grads = [g / scale for g in grads]
    if good_steps + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, good_steps + 1, grads
    ### END SOLUTION


# %% nbgrader={"grade_id": "loss_scaler_step-visible", "points": 1}
# Visible tests of `loss_scaler_step`: 1 point.
import numpy as np

grads = [np.array([16.0, -4.0], np.float16), np.array([[8.0]], np.float16)]
scale, good, unscaled = loss_scaler_step(8.0, 0, grads, 2)
assert (scale, good) == (8.0, 1), (
    "loss_scaler_step: a good step leaves the scale and is counted"
)
assert np.allclose(unscaled[0], [2, -0.5]) and np.allclose(unscaled[1], [[1]]), (
    "loss_scaler_step: gradients over the scale"
)
scale, good, unscaled = loss_scaler_step(8.0, 1, grads, 2)
assert (scale, good) == (16.0, 0) and np.allclose(unscaled[0], [2, -0.5]), (
    "loss_scaler_step: the last of the good steps doubles the scale, after the gradients were divided"
)
grads[1][0, 0] = np.inf
assert loss_scaler_step(8.0, 1, grads, 2) == (4.0, 0, None), (
    "loss_scaler_step: an overflow halves the scale and leaves the step out"
)

# %% nbgrader={"grade_id": "loss_scaler_step-hidden", "points": 3}
# Hidden tests of `loss_scaler_step`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import drawn

rng = drawn("loss_scaler_step")
for trial in range(40):
    shapes = [(), (1,), (3,), (2, 2), (1, 3, 2), (4, 1)]
    scale = float(2.0 ** rng.integers(-98, 98)) * float(rng.choice([1, 1.5, 0.7]))
    good, interval = int(rng.integers(0, 6)), int(rng.integers(1, 7))
    grads = [
        np.asarray(rng.normal(size=shapes[i]) * 10.0 ** rng.integers(-6, 6))
        for i in rng.integers(0, 6, rng.integers(1, 4))
    ]
    bad = trial % 3 == 0
    if bad:
        which = grads[rng.integers(len(grads))]
        which[...] = np.where(rng.random(which.shape) < 0.5, which, 0)
        which.flat[rng.integers(which.size)] = rng.choice([np.inf, -np.inf, np.nan])
    found = loss_scaler_step(scale, good, grads, interval)
    if bad:
        assert found[2] is None, (
            "loss_scaler_step: one infinity or NaN, in any place of any gradient, leaves the step out"
        )
        assert found[0] == scale / 2 and found[1] == 0, (
            "loss_scaler_step: an overflow halves the scale, and the count begins again"
        )
        continue
    doubles = good + 1 >= interval
    assert found[0] == (2 * scale if doubles else scale), (
        "loss_scaler_step: doubles the scale after growth_interval good steps, not before and not later"
    )
    assert found[1] == (0 if doubles else good + 1), (
        "loss_scaler_step: counts the good steps, from 0 after the scale has changed"
    )
    assert len(found[2]) == len(grads) and all(
        np.shape(g) == np.shape(f) for g, f in zip(grads, found[2], strict=True)
    ), "loss_scaler_step: as many gradients, of the same shapes"
    assert all(
        np.allclose(f, g / scale, rtol=1e-12, atol=0)
        for g, f in zip(grads, found[2], strict=True)
    ), "loss_scaler_step: divides by the scale that came in"

scale, good, taken = 2.0**10, 0, []
for step in range(
    30
):  # a run in which gradients of 3 overflow in float16 from the scale 2^15 on
    with np.errstate(over="ignore"):
        scaled = [np.array([3.0 * scale]).astype(np.float16)]
    before = scale
    scale, good, grads = loss_scaler_step(scale, good, scaled, 3)
    taken.append(grads is not None)
    assert (grads is None) == (before >= 2.0**15) and scale <= 2.0**15, (
        "loss_scaler_step: a run climbs until it overflows, comes back, and climbs again"
    )
assert sum(taken) == 26, (
    "loss_scaler_step: a run climbs until it overflows, comes back, and climbs again"
)

for big in (
    np.array([60000.0, -60000.0], np.float16),
    np.array([60000.0, 60000.0], np.float16),
    np.array([3e38, 3e38], np.float32),
    np.array([1e300, -1e300]),
    np.array([1.5e308, 1.5e308]),
):
    found = loss_scaler_step(4.0, 0, [np.ones(3), big], 9)[2]
    assert found is not None and np.allclose(found[1], big.astype(float) / 4), (
        "loss_scaler_step: large gradients that are finite are no overflow, also where their sum or square is none"
    )
for scale in (2.0**24, 2.0**60, 2.0**98, 2.0**-60):
    assert loss_scaler_step(scale, 0, [np.ones(2)], 1)[0] == 2 * scale, (
        "loss_scaler_step: a scale of any size doubles"
    )
    assert loss_scaler_step(scale, 0, [np.full(2, np.inf)], 1)[0] == scale / 2, (
        "loss_scaler_step: a scale of any size is halved"
    )
small = np.array([2.0**-24, 2.0**-14], np.float16)
(found,) = loss_scaler_step(np.float16(1024), 0, [small], 9)[2]
assert np.allclose(found, [2.0**-34, 2.0**-24], rtol=1e-12, atol=0), (
    "loss_scaler_step: gradients that float16 cannot hold any more survive the division"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "loss_scaler_step-inputs", "points": 1}
# Hidden tests of `loss_scaler_step`: 1 point for inputs of every type and layout.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    FLOATS,
    INTEGERS,
    apart,
    drawn,
    of_every_layout,
    printing,
    same,
    snapshot,
)

for kind in FLOATS:
    given = [np.array([3.0, -1.0], kind), np.array([[0.5]], kind)]
    found = loss_scaler_step(np.dtype(kind).type(4.0), 0, given, 5)
    assert all(np.asarray(g).dtype == np.float64 for g in found[2]), (
        "loss_scaler_step: gradients of every float type become float64"
    )
    assert type(found[0]) is float and found[0] == 4.0, (
        "loss_scaler_step: the scale is a Python float, whatever came in"
    )
for narrow in (np.float16(40000), np.float16(2.0**-24), np.float32(3e-30)):
    assert loss_scaler_step(narrow, 0, [np.ones(2)], 1)[0] == 2 * float(narrow), (
        "loss_scaler_step: doubles a narrow scale beyond the largest number of its type"
    )
    halved = loss_scaler_step(narrow, 0, [np.full(2, np.nan)], 1)[0]
    assert halved == float(narrow) / 2, (
        "loss_scaler_step: halves a narrow scale below the smallest number of its type"
    )
for kind in INTEGERS:
    most = min(int(np.iinfo(kind).max), 2**40)
    found = loss_scaler_step(2.0, np.dtype(kind).type(most), [np.ones(2)], 2 * most)
    assert found[1] == most + 1 and found[0] == 2.0, (
        "loss_scaler_step: counts beyond the largest number of a narrow integer type"
    )
    found = loss_scaler_step(2.0, 0, [np.ones(2)], np.dtype(kind).type(1))
    assert tuple(found[:2]) == (4.0, 0), (
        "loss_scaler_step: an interval of any integer type"
    )
x = drawn("loss_scaler_step-inputs").normal(size=(3, 4))
for given in of_every_layout(x):
    before = snapshot([given])
    with printing() as told:
        _, _, found = loss_scaler_step(0.5, 0, [given], 3)
    assert np.allclose(found[0], 2 * x, rtol=1e-12, atol=0), (
        "loss_scaler_step: arrays that lie in memory in any way"
    )
    assert same([given], before) and not told(), (
        "loss_scaler_step: leaves its arguments as they are, and prints nothing"
    )
given = [np.ones(3), np.ones(2)]
_, _, found = loss_scaler_step(1.0, 0, given, 3)
assert apart(found, given), (
    "loss_scaler_step: the gradients that it returns are new arrays, also with the scale 1"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Batch norm, both ways: `batchnorm(x, gamma, beta, state, train)`
#
# hard · 30 minutes · 6 points
#
# Write batch norm and its backward pass, two functions in one cell. `x`, `(n, d)`, holds one example a row; `gamma` and `beta`,
# `(d,)`, scale and shift each column; `state` is a dict with the running `"mean"` and `"var"`, `(d,)` each.
#
# `batchnorm` returns `(y, state, cache)`:
#
# - **In training** (`train` is true, and $n \geq 2$) each column is normalised by its own mean and variance,
#
# $$\hat x = \frac{x - \bar x}{\sqrt{\sigma^2 + 10^{-5}}}, \qquad y = \gamma\,\hat x + \beta, \qquad
# \sigma^2 = \frac1n \sum (x - \bar x)^2.$$
#
# - The new state is $0.9$ times the old one plus $0.1$ times the batch's: its mean, and its **unbiased** variance, with $n - 1$ in
#   place of $n$.
# - **In evaluation** ($n \geq 1$) the state's mean and variance take the place of the batch's, and the new state equals the old one.
#
# The new state is a new dict of new arrays; the one that was handed over stays as it is. What `cache` holds is up to you:
# arrays and numbers, or an object or function of your own. Nobody changes `x`, `gamma` or `beta` before the backward pass.
#
# `batchnorm_backward(dy, cache)` gets the gradient of the loss for `y`, `(n, d)`, and returns those for `x`, `gamma` and `beta`, a
# tuple `(dx, dgamma, dbeta)`. After a forward pass in evaluation, mean and variance are constants.
#
# All numbers are finite, and sizes are between $10^{-100}$ and $10^{100}$ where they are not 0. A column may be far from 0 beside its
# spread, such as time stamps, or constant. All arrays may be of any integer or float type.
#
# <details><summary>Hint 1: two ways to a variance</summary>
#
# The mean of the squares minus the square of the mean loses all digits where the mean is large. Subtract first.
# </details>
#
# <details><summary>Hint 2: the backward pass in training</summary>
#
# Adding a constant to a column changes no $\hat x$; neither does stretching it around its mean (but for the $10^{-5}$). So what is
# left of $\gamma\,dy$ must have the mean 0, and no part along $\hat x$. Which multiples of 1 and of $\hat x$ do you subtract?
# </details>
#
# <details><summary>Hint 3: what to keep</summary>
#
# $\hat x$, the root, `gamma`, and whether it was training.
# </details>


# %% nbgrader={"grade_id": "batchnorm", "solution": true}
def batchnorm(x, gamma, beta, state, train):
    """Return (y, state, cache). x: (n, d).  gamma, beta: (d,).  state: {"mean": (d,), "var": (d,)}."""
    ### BEGIN SOLUTION
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, train)
    ### END SOLUTION


def batchnorm_backward(dy, cache):
    """Return (dx, dgamma, dbeta). dy: (n, d), the gradient for y.  cache: what batchnorm returned."""
    ### BEGIN SOLUTION
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta
    ### END SOLUTION


# %% nbgrader={"grade_id": "batchnorm-visible", "points": 1}
# Visible tests of `batchnorm`: 1 point.
import numpy as np

x = np.array([[1.0], [7.0], [9.0], [15.0]])  # the mean 8, the variance 25
old = {"mean": np.array([0.0]), "var": np.array([1.0])}
y, new, cache = batchnorm(x, np.array([2.0]), np.array([1.0]), old, True)
assert np.allclose(y[:, 0], [-1.8, 0.6, 1.4, 3.8], rtol=1e-5), (
    "batchnorm: normalises the worked example, then scales and shifts"
)
assert np.allclose(new["mean"], [0.8]) and np.allclose(new["var"], [0.9 + 10 / 3]), (
    "batchnorm: a tenth of the batch's mean, and of its unbiased variance"
)
y, new, cache = batchnorm(x, np.array([2.0]), np.array([1.0]), old, False)
assert np.allclose(y, 2 * x + 1, rtol=1e-4), "batchnorm: evaluation uses the state"
dx, dgamma, dbeta = batchnorm_backward(np.ones((4, 1)), cache)
assert np.allclose(dx, 2, rtol=1e-4) and np.allclose(dbeta, [4]), (
    "batchnorm: backwards in evaluation, each gradient goes through by itself"
)

# %% nbgrader={"grade_id": "batchnorm-hidden", "points": 4}
# Hidden tests of `batchnorm`: 4 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import drawn


def _forward(x, gamma, beta, state, train):
    """Return y and the new state; also for complex numbers."""
    mean, var = state["mean"], state["var"]
    new = {"mean": np.array(mean), "var": np.array(var)}
    if train:
        mean = x.sum(axis=0) / len(x)
        squares = ((x - mean) ** 2).sum(axis=0)
        var = squares / len(x)
        new = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * squares / (len(x) - 1),
        }
    return gamma * (x - mean) / np.sqrt(var + 1e-5) + beta, new


def _backward(dy, x, gamma, beta, state, train):
    """Return the gradients of sum(dy * y) by complex steps."""
    found = []
    for which in range(3):
        grad = np.zeros(np.shape((x, gamma, beta)[which]))
        for place in np.ndindex(grad.shape):
            moved = [np.array(a, dtype=complex) for a in (x, gamma, beta)]
            moved[which][place] += 1e-30j
            y, _ = _forward(*moved, state, train)
            grad[place] = np.sum(dy * y).imag / 1e-30
        found.append(grad)
    return found


rng = drawn("batchnorm")
for trial in range(40):
    train = trial % 2 == 0
    n, d = int(rng.integers(3, 8)), int(rng.integers(1, 5))
    n = n if train else int(rng.integers(1, 6))
    x = rng.normal(size=(n, d)) * rng.uniform(0.01, 5, d) + rng.normal(size=d)
    gamma, beta, dy = rng.normal(size=d), rng.normal(size=d), rng.normal(size=(n, d))
    state = {"mean": rng.normal(size=d), "var": rng.uniform(0.001, 4, d)}
    y, new, cache = batchnorm(x, gamma, beta, state, train)
    wanted, kept = _forward(x, gamma, beta, state, train)
    assert np.shape(y) == (n, d), "batchnorm: y has the shape of x"
    if train:
        assert np.allclose(y, wanted, rtol=1e-9, atol=1e-11), (
            "batchnorm: normalises each column by the batch, in training"
        )
        assert np.allclose(new["mean"], kept["mean"], rtol=1e-9, atol=1e-13), (
            "batchnorm: the running mean takes a tenth of each batch's"
        )
        assert np.allclose(new["var"], kept["var"], rtol=1e-9, atol=0), (
            "batchnorm: the running variance takes a tenth of the batch's unbiased one"
        )
    else:
        assert np.allclose(y, wanted, rtol=1e-9, atol=1e-11), (
            "batchnorm: normalises by the state, in evaluation, a single example too"
        )
        assert all(np.array_equal(new[k], state[k]) for k in ("mean", "var")), (
            "batchnorm: evaluation leaves the running statistics"
        )
    found = batchnorm_backward(dy, cache)
    wanted = _backward(dy, x, gamma, beta, state, train)
    assert [np.shape(a) for a in found] == [(n, d), (d,), (d,)], (
        "batchnorm: gradients for x, gamma and beta, with their shapes"
    )
    scale = np.abs(wanted[0]).max()
    if train:
        assert np.allclose(found[0], wanted[0], rtol=1e-7, atol=1e-9 * scale), (
            "batchnorm: the gradient for x, in training, agrees with complex steps"
        )
    else:
        assert np.allclose(found[0], wanted[0], rtol=1e-7, atol=1e-9 * scale), (
            "batchnorm: the gradient for x, in evaluation, agrees with complex steps"
        )
    assert np.allclose(found[1], wanted[1], rtol=1e-7, atol=1e-9), (
        "batchnorm: the gradient for gamma agrees with complex steps"
    )
    assert np.allclose(found[2], wanted[2], rtol=1e-7, atol=1e-9), (
        "batchnorm: the gradient for beta agrees with complex steps"
    )

ones, zeros = np.ones(3), np.zeros(3)
state = {"mean": zeros, "var": ones}
mean, var = 0.0, 1.0
for _ in range(200):
    batch = rng.normal(3, 2, (64, 3))
    mean = 0.9 * mean + 0.1 * batch.mean(axis=0)
    var = 0.9 * var + 0.1 * batch.var(axis=0, ddof=1)
    _, state, _ = batchnorm(batch, ones, zeros, state, True)
y, _, _ = batchnorm(np.full((1, 3), 5.0), ones, zeros, state, False)
assert np.allclose(y, (5 - mean) / np.sqrt(var + 1e-5), rtol=1e-9), (
    "batchnorm: after many batches evaluation normalises by what they had in common"
)
constant = np.full((4, 1), 3.0)
y, new, cache = batchnorm(
    constant, ones[:1], 2 * ones[:1], {"mean": zeros[:1], "var": ones[:1]}, True
)
assert np.allclose(y, 2, rtol=1e-9), "batchnorm: of a constant column beta is left"
dx, _, _ = batchnorm_backward(np.array([[1.0], [0.0], [0.0], [0.0]]), cache)
assert np.allclose(dx[:, 0] * np.sqrt(1e-5), [0.75, -0.25, -0.25, -0.25], rtol=1e-9), (
    "batchnorm: backwards through a constant column, only the mean is taken away"
)
stamps = 1.7e9 + np.array([[0.0], [1.0], [2.0], [5.0]])
y, new, _ = batchnorm(
    stamps, ones[:1], zeros[:1], {"mean": zeros[:1], "var": zeros[:1]}, True
)
assert np.allclose(
    y[:, 0],
    (np.array([0, 1, 2, 5]) - 2) / np.sqrt(3.5 + 1e-5),
    rtol=1e-4,
    atol=1e-6,
), "batchnorm: a column far from 0 keeps its digits"
assert np.allclose(new["var"], 0.1 * 14 / 3, rtol=1e-4), (
    "batchnorm: a column far from 0 keeps the digits of its variance"
)
first = batchnorm(
    np.array([[1.0], [3.0]]),
    ones[:1],
    zeros[:1],
    {"mean": zeros[:1], "var": ones[:1]},
    True,
)
batchnorm(
    np.array([[99.0], [5.0]]),
    7 * ones[:1],
    zeros[:1],
    {"mean": zeros[:1], "var": ones[:1]},
    True,
)
assert np.allclose(
    batchnorm_backward(np.array([[1.0], [0.0]]), first[2])[1], [-1], rtol=1e-4
), "batchnorm: a later forward pass does not change what an earlier one has cached"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "batchnorm-inputs", "points": 1}
# Hidden tests of `batchnorm`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    FLOATS,
    apart,
    drawn,
    of_every_layout,
    of_every_type,
    printing,
    same,
    snapshot,
)

table = np.array([[100, 3], [120, 1], [90, 2]], float)
wanted = (table - table.mean(axis=0)) / np.sqrt(table.var(axis=0) + 1e-5)
for xt in of_every_type(table.astype(int).tolist()):
    kind = np.asarray(xt).dtype
    two, ten = np.array([2, 2], kind), np.array([10, 10], kind)
    given = {"mean": np.array([100, 100], kind), "var": np.array([50, 50], kind)}
    y, new, cache = batchnorm(np.asarray(xt), two, ten, given, True)
    assert np.allclose(y, 2 * wanted + 10, rtol=1e-9), (
        "batchnorm: calculates in float64, whatever integers or floats come in"
    )
    assert np.asarray(y).dtype == new["mean"].dtype == np.float64, (
        "batchnorm: returns float64"
    )
    y, _, _ = batchnorm(np.asarray(xt), two, ten, given, False)
    assert np.allclose(y, 2 * (table - 100) / np.sqrt(50 + 1e-5) + 10, rtol=1e-9), (
        "batchnorm: calculates in float64 in evaluation too"
    )
    found = batchnorm_backward(np.asarray(xt), cache)
    assert np.allclose(found[2], table.sum(axis=0), rtol=1e-12), (
        "batchnorm: gradients of any integer or float type"
    )
for kind in FLOATS:
    found = batchnorm_backward(np.array([[2048, 1], [1, 1], [0, 1]], kind), cache)
    assert np.array_equal(found[2], [2049, 3]), (
        "batchnorm: adds gradients of narrow floats in float64"
    )
    assert all(np.asarray(a).dtype == np.float64 for a in found), (
        "batchnorm: gradients are returned as float64"
    )
rng = drawn("batchnorm-inputs")
x, dy = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
state = {"mean": rng.normal(size=3), "var": rng.uniform(1, 2, 3)}
gamma, beta = rng.normal(size=3), rng.normal(size=3)
for train in (True, False):
    plain = batchnorm(x, gamma, beta, state, train)
    back = batchnorm_backward(dy, plain[2])
    for xl, dyl in zip(of_every_layout(x), of_every_layout(dy), strict=True):
        before = snapshot((xl, dyl, gamma, beta, state))
        with printing() as told:
            y, new, cache = batchnorm(xl, gamma, beta, state, train)
            found = batchnorm_backward(dyl, cache)
        assert np.allclose(y, plain[0], rtol=1e-12, atol=1e-14), (
            "batchnorm: arrays that lie in memory in any way"
        )
        assert np.allclose(found[0], back[0], rtol=1e-9, atol=1e-13), (
            "batchnorm: gradients that lie in memory in any way"
        )
        assert same((xl, dyl, gamma, beta, state), before) and not told(), (
            "batchnorm: leaves its arguments as they are, and prints nothing"
        )
        assert new is not state and apart(
            [new["mean"], new["var"]], [state["mean"], state["var"]]
        ), "batchnorm: the new state is a new dict of new arrays, in evaluation too"
    for scale in (1e-60, 1e60):
        big = {"mean": state["mean"] * scale, "var": state["var"] * scale**2}
        y, _, _ = batchnorm(x * scale, gamma, beta, big, train)
        center = x.mean(axis=0) if train else state["mean"]
        var = x.var(axis=0) if train else state["var"]
        wanted = gamma * (x - center) * scale / np.sqrt(var * scale**2 + 1e-5) + beta
        assert np.allclose(y, wanted, rtol=1e-9, atol=1e-13), (
            "batchnorm: columns of any scale"
        )
zeros = {"mean": np.zeros(3), "var": np.zeros(3)}
center, squares = x.mean(axis=0), np.sum((x - x.mean(axis=0)) ** 2, axis=0)
for spread in (1e-90, 1e-60, 1e-12, 3e-7, 1e-6, 1e-5, 1e-3):
    y, new, cache = batchnorm(x * spread, gamma, zeros["mean"], zeros, True)
    xhat = (x - center) * spread / np.sqrt(squares / 5 * spread**2 + 1e-5)
    assert np.allclose(y / spread, gamma * xhat / spread, rtol=1e-9, atol=1e-9), (
        "batchnorm: columns with a tiny spread, whose variance is small beside the constant"
    )
    assert np.allclose(new["var"] / spread**2, squares / 40, rtol=1e-9, atol=0), (
        "batchnorm: the running variance of columns with a tiny spread"
    )
    assert np.allclose(new["mean"] / spread, center / 10, rtol=1e-9, atol=1e-13), (
        "batchnorm: the running mean of columns with a tiny spread"
    )
    found = batchnorm_backward(dy, cache)[1] / spread
    assert np.allclose(found, np.sum(dy * xhat / spread, 0), rtol=1e-9, atol=1e-9), (
        "batchnorm: the gradient for gamma of columns with a tiny spread"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 7. One length for all: `clip_by_global_norm(grads, c)`
#
# easy · 15 minutes · 5 points
#
# `grads` is a list of one array or more, of any shapes. Their **global norm** is the root of the sum of the squares of all entries
# of all arrays. Return `(clipped, norm)`: a list of new `float64` arrays, and the global norm as it was before.
#
# - If the norm is above `c`, a positive number, all arrays are multiplied by one factor, so that the global norm becomes `c`. Else
#   they keep their values, bit for bit.
# - Entries may be as tiny as $10^{-200}$ and as huge as $10^{200}$, whose squares a `float64` cannot hold; so may `c`. The norm
#   is right to nine digits.
# - If an entry is infinite or NaN, the norm that you return is infinite or NaN, and what the arrays hold does not matter: the
#   caller looks at the norm and leaves the step out. Or raise a `ValueError`.
# - Arrays may be of any integer or float type, and there may be arrays without entries among them. One without dimensions may
#   come back as a number.
#
# <details><summary>Hint 1: one factor</summary>
#
# Which factor makes a norm of 10 a norm of 2? It must be the same for every array, or the direction changes.
# </details>
#
# <details><summary>Hint 2: squares that do not fit</summary>
#
# Divide all entries by the largest absolute value first. What must the root be multiplied with afterwards? Mind that it may be 0.
# </details>
#
# <details><summary>Hint 3: a factor that does not fit</summary>
#
# `c / norm` may be too small for a `float64` where `norm` is huge and `c` tiny. `g / norm` is at most 1.
# </details>


# %% nbgrader={"grade_id": "clip_by_global_norm", "solution": true}
def clip_by_global_norm(grads, c):
    """Return (clipped, norm): new arrays whose global norm is at most c, and the norm before.

    grads: list of arrays.  c: a positive number.
    """
    ### BEGIN SOLUTION
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [g / norm * float(c) for g in grads]
    return grads, norm
    ### END SOLUTION


# %% nbgrader={"grade_id": "clip_by_global_norm-visible", "points": 1}
# Visible tests of `clip_by_global_norm`: 1 point.
import numpy as np

grads = [np.array([3.0, 0.0]), np.array([[4.0]])]
clipped, norm = clip_by_global_norm(grads, 1.0)
assert np.isclose(norm, 5), (
    "clip_by_global_norm: the norm before, over all arrays together"
)
assert np.allclose(clipped[0], [0.6, 0]) and np.allclose(clipped[1], [[0.8]]), (
    "clip_by_global_norm: all arrays are shortened by one factor"
)
clipped, norm = clip_by_global_norm(grads, 6.0)
assert np.isclose(norm, 5) and np.allclose(clipped[0], [3, 0]), (
    "clip_by_global_norm: below c nothing changes"
)

# %% nbgrader={"grade_id": "clip_by_global_norm-hidden", "points": 3}
# Hidden tests of `clip_by_global_norm`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import math

import numpy as np

from gdcourse.testing import drawn


def _norm(grads):
    return math.hypot(*(float(v) for g in grads for v in np.ravel(g)))


rng = drawn("clip_by_global_norm")
shapes = [(), (1,), (3,), (2, 2), (1, 3, 2), (4, 1), (0,), (2, 0)]
for trial in range(40):
    scale = 10.0 ** rng.integers(-3, 4)
    grads = [
        np.asarray(rng.normal(size=shapes[i]) * scale) for i in rng.integers(0, 8, 4)
    ]
    grads.append(rng.normal(size=2) * scale)
    length = _norm(grads)
    beside = 1 + (-1) ** trial * [1e-8, 3e-8, 1e-7, 3e-7, 9e-7, 1e-5, 1e-3][trial % 7]
    c = float(
        length * rng.choice([0.001, 0.3, 3, 1000]) if trial % 3 else length * beside
    )
    clipped, norm = clip_by_global_norm(grads, c)
    assert np.isclose(norm, length, rtol=1e-9), (
        "clip_by_global_norm: the global norm before clipping, whether it clips or not"
    )
    assert [np.shape(g) for g in clipped] == [np.shape(g) for g in grads], (
        "clip_by_global_norm: as many arrays, of the same shapes, empty ones too"
    )
    if length > c:
        assert np.isclose(_norm(clipped), c, rtol=1e-9, atol=0), (
            "clip_by_global_norm: the clipped gradients have the global norm c"
        )
        assert all(
            np.allclose(a, g * (c / length), rtol=1e-9, atol=0)
            for a, g in zip(clipped, grads, strict=True)
        ), "clip_by_global_norm: the direction stays, over all arrays"
    else:
        assert all(np.array_equal(a, g) for a, g in zip(clipped, grads, strict=True)), (
            "clip_by_global_norm: below c every number stays as it is"
        )
for size in (1e-200, 1e-170, 1e170, 1e200):
    grads = [np.array([3.0, 0.0]) * size, np.array([[4.0]]) * size]
    for c in (1e-3 * size, 1e3 * size):
        clipped, norm = clip_by_global_norm(grads, c)
        assert np.isclose(norm / size, 5, rtol=1e-9), (
            "clip_by_global_norm: the norm of entries whose squares overflow or vanish"
        )
        wanted = 0.8e-3 if c < size else 4.0
        assert np.isclose(clipped[1][0, 0] / size, wanted, rtol=1e-9), (
            "clip_by_global_norm: clips entries whose squares overflow or vanish"
        )
clipped, norm = clip_by_global_norm(
    [np.array([1e200, -1e-200]), np.array([1e200])], 1e-200
)
assert np.allclose(clipped[0][0] / 1e-200, np.sqrt(0.5), rtol=1e-9) and norm > 1e200, (
    "clip_by_global_norm: a huge norm and a tiny c"
)
clipped, norm = clip_by_global_norm([np.zeros(3), np.zeros((2, 1))], 1.0)
assert norm == 0 and all(np.array_equal(g, np.zeros(g.shape)) for g in clipped), (
    "clip_by_global_norm: gradients of 0 stay 0, and their norm is 0"
)
clipped, norm = clip_by_global_norm([np.zeros((0, 3))], 1.0)
assert norm == 0 and np.shape(clipped[0]) == (0, 3), (
    "clip_by_global_norm: without any entry the norm is 0"
)
clipped, norm = clip_by_global_norm([np.array([3.0, 4.0])], 5.0)
assert np.allclose(clipped[0], [3, 4], rtol=1e-12), (
    "clip_by_global_norm: at c itself nothing changes"
)
for odd in (np.nan, np.inf, -np.inf):
    for which in range(3):
        grads = [np.ones(2), np.ones((2, 2)), np.ones(3)]
        grads[which].flat[-1] = odd
        try:
            _, norm = clip_by_global_norm(grads, 1.0)
            told = not np.isfinite(norm)
        except ValueError:
            told = True
        assert told, (
            "clip_by_global_norm: an infinity or NaN in any array is told: by the norm, or by a ValueError"
        )
grads = [np.array([np.inf, np.nan]), np.array([-np.inf])]
try:
    _, norm = clip_by_global_norm(grads, 1.0)
    told = not np.isfinite(norm)
except ValueError:
    told = True
assert told, "clip_by_global_norm: several infinities and NaN together are told too"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "clip_by_global_norm-inputs", "points": 1}
# Hidden tests of `clip_by_global_norm`: 1 point for inputs of every type and layout.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    apart,
    drawn,
    of_every_layout,
    of_every_type,
    printing,
    same,
    snapshot,
)

for xt in of_every_type([[100, 20], [120, 90]]):
    given = [np.asarray(xt), np.asarray(xt)[0]]
    length = np.sqrt(100**2 + 20**2 + 120**2 + 90**2 + 100**2 + 20**2)
    for c in (np.float32(2.0), np.int8(2), 2):
        clipped, norm = clip_by_global_norm(given, c)
        assert np.isclose(norm, length, rtol=1e-9), (
            "clip_by_global_norm: squares in float64, whatever integers or floats come in"
        )
        assert np.allclose(clipped[1], np.array([100, 20]) * 2 / length, rtol=1e-9), (
            "clip_by_global_norm: clips in float64, whatever integers or floats come in"
        )
        assert all(np.asarray(g).dtype == np.float64 for g in clipped), (
            "clip_by_global_norm: returns float64"
        )
for kind in ("int8", "int16", "int32", "int64"):
    least = np.iinfo(kind).min
    clipped, norm = clip_by_global_norm([np.array([least, 0], kind)], 2.0)
    assert np.isclose(norm, -float(least), rtol=1e-9), (
        "clip_by_global_norm: the smallest number of an integer type, whose absolute value does not fit it"
    )
    assert np.allclose(clipped[0], [-2, 0], rtol=1e-9, atol=0), (
        "clip_by_global_norm: clips the smallest number of an integer type"
    )
x = drawn("clip_by_global_norm-inputs").normal(size=(3, 4))
length = np.sqrt(np.sum(x**2))
for given in of_every_layout(x):
    for c in (0.5 * length, 2 * length):
        before = snapshot([given])
        with printing() as told:
            clipped, norm = clip_by_global_norm([given], c)
        assert np.allclose(clipped[0], x * min(1, c / length), rtol=1e-9, atol=0), (
            "clip_by_global_norm: arrays that lie in memory in any way"
        )
        assert same([given], before) and not told(), (
            "clip_by_global_norm: leaves its arguments as they are, and prints nothing"
        )
given = [np.ones(3), np.ones(2)]
for c in (1.0, 100.0):
    clipped, _ = clip_by_global_norm(given, c)
    assert apart(clipped, given), (
        "clip_by_global_norm: returns new arrays, whether it clips or not"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 8. Around and through: `residual_backward(x, W1, W2, dy)`
#
# medium · 15 minutes · 5 points
#
# A block with a shortcut adds to what comes in,
#
# $$y = x + \max(0,\; x W_1)\, W_2,$$
#
# with `x`, `(n, d)`, one example a row, `W1`, `(d, h)`, and `W2`, `(h, d)`. The gradient of the loss for `y` is `dy`, `(n, d)`. Return a
# tuple `(dx, dW1, dW2)`: the gradients for `x`, `W1` and `W2`, as new `float64` arrays.
#
# - `n`, `d` and `h` are at least 1, and `h` may be smaller or larger than `d`. The slope of the ReLU at 0 is 0.
# - All numbers are finite, of any integer or float type. Products of up to four of them stay within the range of a `float64`.
#
# <details><summary>Hint 1: two ways back</summary>
#
# `x` reaches `y` on two ways. So two gradients arrive at `x`. What becomes of them?
# </details>
#
# <details><summary>Hint 2: the switches</summary>
#
# A gradient passes the ReLU where its *input* was above 0. Compute `x @ W1` again.
# </details>


# %% nbgrader={"grade_id": "residual_backward", "solution": true}
def residual_backward(x, W1, W2, dy):
    """Return the gradients (dx, dW1, dW2) of y = x + relu(x W1) W2.

    x, dy: (n, d).  W1: (d, h).  W2: (h, d).
    """
    ### BEGIN SOLUTION
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    return dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy
    ### END SOLUTION


# %% nbgrader={"grade_id": "residual_backward-visible", "points": 1}
# Visible tests of `residual_backward`: 1 point.
import numpy as np

# The block of the lesson: the scores are -1 and 2, so one switch is shut.
x, dy = np.array([[1.0, 2.0]]), np.array([[1.0, 2.0]])
W1, W2 = np.array([[1.0, 0.0], [-1.0, 1.0]]), np.array([[1.0, 0.0], [0.5, -1.0]])
dx, dW1, dW2 = residual_backward(x, W1, W2, dy)
assert np.allclose(dx, [[1, 0.5]]), (
    "residual_backward: around the block and through it, in the worked example"
)
assert np.allclose(dW1, [[0, -1.5], [0, -3]]) and np.allclose(dW2, [[0, 0], [2, 4]]), (
    "residual_backward: the gradients for the weights of the worked example"
)

# %% nbgrader={"grade_id": "residual_backward-hidden", "points": 3}
# Hidden tests of `residual_backward`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import apart, drawn


def _loss(arrays, dy):
    x, W1, W2 = arrays
    z = x @ W1
    return np.sum((x + (z * (z.real > 0)) @ W2) * dy)


def _gradients(x, W1, W2, dy):
    """Return the gradients by complex steps, one number at a time."""
    found = []
    for which in range(3):
        grad = np.zeros((x, W1, W2)[which].shape)
        for place in np.ndindex(grad.shape):
            arrays = [a.astype(complex) for a in (x, W1, W2)]
            arrays[which][place] += 1e-30j
            grad[place] = _loss(arrays, dy).imag / 1e-30
        found.append(grad)
    return found


rng = drawn("residual_backward")
for trial in range(30):
    n, d, h = (int(k) for k in rng.integers(1, 6, 3))
    x, dy = rng.normal(size=(n, d)), rng.normal(size=(n, d))
    W1, W2 = rng.normal(size=(d, h)), rng.normal(size=(h, d))
    found = residual_backward(x, W1, W2, dy)
    wanted = _gradients(x, W1, W2, dy)
    assert [np.shape(g) for g in found] == [(n, d), (d, h), (h, d)], (
        "residual_backward: three gradients with the shapes of x, W1 and W2, for any sizes"
    )
    assert np.allclose(found[0], wanted[0], rtol=1e-9, atol=1e-12), (
        "residual_backward: the gradient for x agrees with complex steps"
    )
    assert np.allclose(found[1], wanted[1], rtol=1e-9, atol=1e-12), (
        "residual_backward: the gradient for W1 agrees with complex steps"
    )
    assert np.allclose(found[2], wanted[2], rtol=1e-9, atol=1e-12), (
        "residual_backward: the gradient for W2 agrees with complex steps"
    )
x, dy = np.array([[1.0, 1.0]]), np.array([[1.0, -2.0]])
W1, W2 = np.array([[1.0, 2.0], [-1.0, -2.0]]), np.array([[1.0, 3.0], [2.0, 5.0]])
dx, dW1, dW2 = residual_backward(x, W1, W2, dy)
assert np.array_equal(dx, dy) and not np.any(dW1) and not np.any(dW2), (
    "residual_backward: a ReLU at 0 lets nothing through, and the shortcut all"
)
dx, dW1, dW2 = residual_backward(x, W1 * 0, W2, dy)
assert np.array_equal(dx, dy) and not np.any(dW1), (
    "residual_backward: a block of zeros hands the gradient on as it is"
)
dx, dW1, dW2 = residual_backward(x, np.abs(W1), W2 * 0, dy)
assert np.array_equal(dx, dy) and not np.any(dW1), (
    "residual_backward: with W2 = 0 only W2 gets a gradient"
)
assert np.allclose(dW2, [[2, -4], [4, -8]], rtol=1e-12), (
    "residual_backward: with W2 = 0 only W2 gets a gradient"
)
left = np.array([[1.0, -2.0, 0.5]])
for _ in range(50):
    W1, W2 = rng.normal(size=(3, 4)) * 0.1, rng.normal(size=(4, 3)) * 0.1
    left = residual_backward(rng.normal(size=(1, 3)), W1, W2, left)[0]
assert 0.1 < np.linalg.norm(left) < 100, (
    "residual_backward: a gradient that passes fifty blocks with small weights is still there"
)
for trial in range(20):
    n, d, h = (int(k) for k in rng.integers(1, 4, 3))
    # Numbers of very different sizes, and no sum of both signs: each gradient has all its digits.
    x, W1, W2, dy = (
        10.0 ** rng.uniform(-20, 20, shape)
        for shape in ((n, d), (d, h), (h, d), (n, d))
    )
    W1 = W1 * rng.choice([-1, 1, 1], h)
    z = x @ W1
    dz = np.where(z > 0, dy @ W2.T, 0)
    wanted = (dy + dz @ W1.T, x.T @ dz, np.where(z > 0, z, 0).T @ dy)
    found = residual_backward(x, W1, W2, dy)
    assert all(
        np.allclose(a, b, rtol=1e-12, atol=0)
        for a, b in zip(found, wanted, strict=True)
    ), (
        "residual_backward: large and tiny numbers side by side, none of which is taken for 0"
    )
x, dy = rng.uniform(1, 2, (3, 2)), rng.normal(size=(3, 2))
found = residual_backward(x, -np.ones((2, 4)), rng.normal(size=(4, 2)), dy)
assert np.array_equal(found[0], dy) and apart(found[0], dy), (
    "residual_backward: where no unit fires, dx equals dy, as an array of its own"
)
for tiny in (1e-300, 1e-160, 1e-20, 1e-13):
    dx, dW1, dW2 = residual_backward(
        np.array([[2.0]]), np.array([[1.0]]), np.array([[3.0]]), np.array([[tiny]])
    )
    assert np.allclose(np.array([dx, dW1, dW2]) / tiny, [[[4]], [[6]], [[2]]]), (
        "residual_backward: a gradient counts however small it is"
    )
for tiny in (1e-300, 1e-160):
    dx, dW1, dW2 = residual_backward(
        np.array([[tiny]]), np.array([[1.0]]), np.array([[2.0]]), np.array([[1.0]])
    )
    assert np.isclose(dx[0, 0], 3) and np.isclose(dW1[0, 0] / tiny, 2), (
        "residual_backward: a score is above 0 however small it is"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "residual_backward-inputs", "points": 1}
# Hidden tests of `residual_backward`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    apart,
    drawn,
    of_every_layout,
    of_every_type,
    printing,
    same,
    snapshot,
)

for xt in of_every_type([[100, 20], [120, 90]]):
    kind = np.asarray(xt).dtype
    given = [
        np.asarray(xt),
        *(
            np.array(a, kind)
            for a in ([[2, 1], [1, 3]], [[1, 2], [3, 1]], [[5, 100], [7, 1]])
        ),
    ]
    wide = [a.astype(float) for a in given]
    z = wide[0] @ wide[1]
    dz = wide[3] @ wide[2].T
    wanted = [wide[3] + dz @ wide[1].T, wide[0].T @ dz, z.T @ wide[3]]
    found = residual_backward(*given)
    assert all(
        np.allclose(a, b, rtol=1e-12, atol=0)
        for a, b in zip(found, wanted, strict=True)
    ), "residual_backward: calculates in float64, whatever integers or floats come in"
    assert all(np.asarray(a).dtype == np.float64 for a in found), (
        "residual_backward: returns float64"
    )
rng = drawn("residual_backward-inputs")
shapes = [(5, 3), (3, 4), (4, 3), (5, 3)]
plain = [rng.normal(size=shape) for shape in shapes]
wanted = residual_backward(*plain)
for given in zip(*map(of_every_layout, plain), strict=True):
    before = snapshot(list(given))
    with printing() as told:
        found = residual_backward(*given)
    assert all(
        np.allclose(a, b, rtol=1e-12, atol=1e-14)
        for a, b in zip(found, wanted, strict=True)
    ), "residual_backward: arrays that lie in memory in any way"
    assert same(list(given), before) and not told(), (
        "residual_backward: leaves its arguments as they are, and prints nothing"
    )
    assert apart(list(found), list(given)), "residual_backward: returns new arrays"
x, W1, W2, dy = plain
through = np.where(x @ W1 > 0, dy @ W2.T, 0) @ W1.T
for scale in (1e-60, 1e60):
    found = residual_backward(*(a * scale for a in plain))
    sizes = (np.maximum(scale, scale**3), scale**3, scale**3)
    exact = (dy * scale + through * scale**3, *(g * scale**3 for g in wanted[1:]))
    assert all(
        np.allclose(a / size, b / size, rtol=1e-9, atol=1e-12)
        for a, b, size in zip(found, exact, sizes, strict=True)
    ), "residual_backward: numbers of any scale"
### END HIDDEN TESTS
