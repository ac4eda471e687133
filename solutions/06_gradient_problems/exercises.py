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
# in `float64`.)
#
# <details><summary>Hint 1: forwards first</summary>
#
# Keep what each layer takes in. The slopes of all four activations can be computed from what the activation gives out.
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


# %% nbgrader={"grade_id": "layer_grad_norms", "solution": true}
def layer_grad_norms(Ws, act, x, y):
    """Return the length of the loss's gradient for the weights of each layer, a list of floats.

    Ws: list of (inputs, outputs).  act: "sigmoid", "tanh", "relu" or "linear".  x: (n, d).  y: (n, k).
    """
    ### BEGIN SOLUTION
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
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


rng = np.random.default_rng(0)
for trial in range(40):
    act = list(_ACTIVATIONS)[trial % 4]
    sizes = rng.integers(1, 5, rng.integers(2, 6))
    n = int(rng.integers(1, 5))
    Ws = [rng.normal(size=pair) for pair in zip(sizes[:-1], sizes[1:], strict=True)]
    x, y = rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))
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
found = layer_grad_norms(
    [np.array([[0.01]])] * 100, "tanh", np.array([[1e-3]]), np.array([[1.0]])
)
assert np.allclose(np.log10(np.maximum(found, 1e-300)), -201, atol=1e-4), (
    "layer_grad_norms: a gradient that vanishes over a hundred layers keeps its digits"
)
found = layer_grad_norms(
    [np.array([[100.0]])] * 60, "relu", np.array([[1.0]]), np.array([[1.0]])
)
assert np.allclose(np.log10(found), 238, atol=1e-9), (
    "layer_grad_norms: a gradient that explodes over sixty layers keeps its digits"
)
Ws = [rng.normal(size=(20, 20)) / np.sqrt(20) for _ in range(12)]
found = layer_grad_norms(
    Ws, "sigmoid", rng.normal(size=(8, 20)), rng.normal(size=(8, 20))
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
rng = np.random.default_rng(1)
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
# The $a$ is yours to find. Normal means normal: nothing is cut off or drawn again. Raise a `ValueError` for any other `kind`.
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
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(f"expected a known kind, got {kind!r}")
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

# Each test of chance refuses a right answer about once in a million.


def _fits(W, std, shape):
    """Kolmogorov's test: is the largest gap between the counted and the wanted distribution small enough?"""
    w = np.sort(np.ravel(W)) / std
    wanted = ndtr(w) if shape == "normal" else np.clip((w / np.sqrt(3) + 1) / 2, 0, 1)
    n = len(w)
    gap = max(
        (np.arange(1, n + 1) / n - wanted).max(), (wanted - np.arange(n) / n).max()
    )
    return np.sqrt(n) * gap < 2.7


def _unrelated(a, b):
    return abs(np.sum(a * b)) < 5 * np.sqrt(np.sum(a**2 * b**2))


rng = np.random.default_rng(1)
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

    ones = np.array([init(1, 1, kind, rng) for _ in range(4000)])
    assert ones.shape == (4000, 1, 1), "init: a layer with one input and one output"
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
for kind in ("xavier", "he", "normal", "he_normal_", "xavier_he", "Xavier_normal", ""):
    refused = False
    try:
        init(3, 4, kind, np.random.default_rng(0))
    except ValueError:
        refused = True
    assert refused, "init: raises ValueError for a kind that is not in the table"
### END HIDDEN TESTS
