# %% [markdown]
# # Variants of descent: fourteen exercises
#
# {{about}}
#
# Replace each `raise NotImplementedError()` with your own code, run the cell, then run the test cell below it.
# A test cell that prints nothing has passed. One that fails ends with a sentence that says what should hold, and with
# your code does not hold yet. The exercises do not build on each other, so you can do them in any order: use nothing in
# one exercise that you wrote for another.
#
# Some rules hold throughout. Your functions leave their inputs unchanged, keep nothing between calls and print nothing.
# An array that you return is a new one, not one that you were given.
# Unless the task says otherwise, all numbers are finite, and arrays may lie in memory in any way: transposed, reversed,
# with gaps, or so that they cannot be written to.
#
# For the seven *step functions* (`momentum_step` to `newton_step`) there are four more:
#
# - A step returns new weights and, but for Newton's, a new state. What it was given holds the same numbers afterwards:
#   the weights, the gradient and the state, also where the state is a dictionary with arrays in it. So the caller may
#   repeat a step from a saved state, or take another one from there.
# - All memory of earlier steps is in what is returned and handed back: two runs may take turns. What is returned lives
#   on when the caller writes its next gradient into the same array `g`, as training loops do.
# - `w` and the state arrays hold float64, and so do the results. `g` may also come as float32 or float16, as from a
#   GPU: make it float64 before you square it or average it. All have one shape, of any number of dimensions, none
#   included. A result without dimensions may be a NumPy number. (`newton_step` has shapes and types of its own.)
# - Numbers may have any size: $10^{-100}$ is not 0. The rate `lr` may change from one step to the next, and may be 0;
#   the other settings stay the same throughout a run. Each entry goes its own way: if one entry of the gradient is
#   NaN, its weight becomes NaN, and the others do not notice.
#
# Each exercise has visible tests, hidden tests of its idea, and most have one point for unusual inputs: the types,
# sizes and layouts above. NumPy is all that you need, but for the last exercise, which asks about PyTorch and Keras.
#
# When you are done, press **Validate** in the toolbar, or run `gdcourse check 03_variants` in a terminal: its report is
# shorter. Both run the visible tests. `gdcourse check 03_variants --full` runs the hidden ones too.

# %%
import numpy as np

# %% [markdown]
# ## 1. Mini-batches: `minibatches(X, y, b, rng)`
#
# easy · 10 minutes · 4 points
#
# You need the lesson [A gradient from fewer rows](1_batches.ipynb).
#
# Cut a data set of $n$ samples into mini-batches, for one epoch. Return an iterable of pairs `(Xb, yb)`: a list, a
# generator, or anything else that `for Xb, yb in minibatches(X, y, b, rng):` accepts.
#
# - `X` has $n \ge 1$ rows and any further dimensions: its shape is `(n,)`, `(n, d)`, `(n, height, width)` and so on.
#   `y` has the shape `(n,)`. Row `i` of `X` belongs to entry `i` of `y`, and stays with it.
# - Every sample is in exactly one batch. All batches have `b` samples, but for the last, which holds what is left: with
#   $n = 5$ and $b = 2$ the sizes are 2, 2 and 1. The integer `b` is 1 or more. If it exceeds $n$, there is one batch.
# - The samples come in random order, and each of the $n!$ orders is equally likely.
# - All randomness comes from `rng`, a `np.random.Generator`. Two generators with the same seed give the same batches,
#   two with different seeds other ones, and a second epoch with the same generator again other ones. Nothing is drawn
#   that is not used: one random order for each epoch.
# - `X` and `y` are arrays of numbers of any type, integers or floats, and each batch has the types of its arrays. A
#   missing value, NaN, is a value like any other. The batches may be views or copies.
#
# <details><summary>Hint 1: one order for both</summary>
#
# Shuffling `X` and then `y` gives two different orders. Shuffle the indices $0, \dots, n - 1$ instead, once.
# </details>
#
# <details><summary>Hint 2: the last batch</summary>
#
# A slice may reach beyond the end: `np.arange(5)[4:6]` has one entry. What does `range(0, 5, 2)` contain?
# </details>
#
# <details><summary>Hint 3: many rows at once</summary>
#
# An array takes a whole array of indices: `X[[3, 0, 4]]` has three rows, in this order. Which method of `rng` returns
# all indices in random order?
# </details>


# %% nbgrader={"grade_id": "minibatches", "solution": true}
def minibatches(X, y, b, rng):
    """Return an iterable of the mini-batches (Xb, yb) of one epoch, in the random order of rng; the last may be short.

    X: (n, ...).  y: (n,).  b: int, at least 1.  rng: np.random.Generator.
    """
    ### BEGIN SOLUTION
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        yield X[rows], y[rows]
    ### END SOLUTION


# %% nbgrader={"grade_id": "minibatches-visible", "points": 1}
# Visible tests of `minibatches`: 1 point.
import numpy as np

# Five samples in batches of two: row i of X is (i, 10 i), and y[i] is 100 i.
X, y = (
    np.array([[0, 0], [1, 10], [2, 20], [3, 30], [4, 40]]),
    np.array([0, 100, 200, 300, 400]),
)
batches = [
    (np.array(Xb), np.array(yb))
    for Xb, yb in minibatches(X, y, 2, np.random.default_rng(0))
]
assert [len(yb) for _, yb in batches] == [2, 2, 1], (
    "minibatches: five samples in batches of two make the sizes 2, 2 and 1"
)
assert [Xb.shape for Xb, _ in batches] == [(2, 2), (2, 2), (1, 2)], (
    "minibatches: Xb has the rows of its batch, and all columns"
)
assert sorted(np.concatenate([yb for _, yb in batches]).tolist()) == y.tolist(), (
    "minibatches: every sample of the worked example is there once"
)
assert all(np.array_equal(Xb[:, 1] * 10, yb) for Xb, yb in batches), (
    "minibatches: rows of X and y stay together"
)

# %% nbgrader={"grade_id": "minibatches-hidden", "points": 2}
# Hidden tests of `minibatches`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _epoch(X, y, b, rng):
    return [(np.array(Xb), np.array(yb)) for Xb, yb in minibatches(X, y, b, rng)]


def _order(n, b, rng):
    """The order in which n samples come."""
    return np.concatenate([yb for _, yb in _epoch(np.arange(n), np.arange(n), b, rng)])


rng = np.random.default_rng(1)
for case in range(24):
    n, seed = int(rng.integers(1, 40)), int(rng.integers(2**30))
    b = int(rng.integers(1, n + 4))
    X = rng.normal(size=((n,), (n, 1), (n, 4), (n, 2, 3))[case % 4])
    y = rng.permutation(n)
    batches = _epoch(X, y, b, np.random.default_rng(seed))
    sizes = [len(yb) for _, yb in batches]
    assert sum(sizes) == n, (
        "minibatches: the batches together have as many samples as the data"
    )
    assert sizes == [min(b, n - start) for start in range(0, n, b)], (
        "minibatches: all batches have b samples, but for the last, which has the rest"
    )
    assert all(
        Xb.shape == (len(yb), *X.shape[1:]) and yb.ndim == 1 for Xb, yb in batches
    ), "minibatches: Xb and yb keep the further dimensions of X and y"
    seen = np.concatenate([yb for _, yb in batches]).astype(int)
    assert sorted(seen.tolist()) == list(range(n)), (
        "minibatches: every sample is in exactly one batch"
    )
    place = np.argsort(y)
    assert all(np.array_equal(Xb, X[place[yb.astype(int)]]) for Xb, yb in batches), (
        "minibatches: rows of X and y stay together for each shape"
    )
    again = _epoch(X, y, b, np.random.default_rng(seed))
    assert len(again) == len(batches) and all(
        np.array_equal(one, two)
        for pair in zip(batches, again, strict=True)
        for one, two in zip(*pair, strict=True)
    ), "minibatches: generators with the same seed give the same batches"

for b in (1, 3, 50, 80):
    orders = [_order(50, b, np.random.default_rng(seed)).tolist() for seed in range(4)]
    assert list(range(50)) not in orders, (
        "minibatches: the samples come in random order"
    )
    assert all(orders[i] != orders[j] for i in range(4) for j in range(i)), (
        "minibatches: generators with different seeds give different orders"
    )
    used = np.random.default_rng(0)
    used.random(3)
    assert _order(50, b, used).tolist() != orders[0], (
        "minibatches: goes on from where the generator stands"
    )
    one = np.random.default_rng(5)
    assert _order(50, b, one).tolist() != _order(50, b, one).tolist(), (
        "minibatches: a second epoch has another order"
    )

# Are all orders equally likely? Each of the four chi-square tests refuses a fair shuffle at most once in a million.
draws = iter([(1 + seed % 4, seed) for seed in range(600)])
counts = testing.orders(
    lambda: _order(4, (d := next(draws))[0], np.random.default_rng(d[1])), 4, 600
)
assert min(counts) > 0, "minibatches: every order of the samples can occur"
assert testing.is_uniform(counts), (
    "minibatches: all orders of four samples occur equally often"
)
order = _order(20_000, 20_000, np.random.default_rng(77))
table = np.histogram2d(order, np.arange(20_000), bins=10)[0]
assert testing.is_uniform(table.ravel()), (
    "minibatches: every sample is equally likely at every place of the order"
)
rises = int(np.sum(np.diff(order) > 0))
assert testing.is_uniform([rises, 19_999 - rises]), (
    "minibatches: of two neighbours in the order, either is equally likely to come first"
)
assert np.sum(np.abs(np.diff(order)) == 1) < 25, (
    "minibatches: neighbours in the data are no neighbours in the order"
)
sizes = [len(yb) for _, yb in _epoch(np.arange(403), np.arange(403), 25, rng)]
assert sizes == [25] * 16 + [3], (
    "minibatches: only the last batch is short, where there are many samples too"
)
n = testing.MANY
order = _order(n, 2, np.random.default_rng(8))
assert np.sum(np.abs(np.diff(order)) == 1) < 25, (
    "minibatches: neighbours in the data are no neighbours in small batches of many samples"
)
X, y = rng.normal(size=(30, 2, 3, 2)), np.arange(30)
assert all(
    np.array_equal(Xb, X[yb]) for Xb, yb in _epoch(X, y, 7, np.random.default_rng(8))
), "minibatches: Xb keeps the dimensions of coloured images"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "minibatches-inputs", "points": 1}
# Hidden tests of `minibatches` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _epoch(X, y, b, rng):
    return [(np.array(Xb), np.array(yb)) for Xb, yb in minibatches(X, y, b, rng)]


def _together(X, y, batches):
    """Do the batches hold the rows of X and y, each once and beside its partner? Compared byte by byte."""
    rows = [(x.tobytes(), t.tobytes()) for x, t in zip(X, y, strict=True)]
    given = [
        (x.tobytes(), t.tobytes())
        for Xb, yb in batches
        for x, t in zip(Xb, yb, strict=True)
    ]
    return sorted(rows) == sorted(given)


rng = np.random.default_rng(2)
numbers = np.arange(24).reshape(12, 2)
for X in list(testing.of_every_type(numbers))[1:]:
    for y in (X[:, 0].copy(), np.arange(12) * 0.5):
        batches = _epoch(X, y, 5, rng)
        assert all(Xb.dtype == X.dtype and yb.dtype == y.dtype for Xb, yb in batches), (
            "minibatches: each batch has the types of its arrays, whatever they are"
        )
        assert _together(X, y, batches), (
            "minibatches: holds every row once with X and y of any integer or float type"
        )
for X in testing.of_every_layout(numbers * 1.5):
    for y in testing.of_every_layout(np.arange(12.0)):
        before = testing.snapshot((X, y))
        batches = _epoch(X, y, 5, rng)
        assert testing.same((X, y), before), "minibatches: leaves X and y as they are"
        assert _together(X, y, batches), (
            "minibatches: holds every row once, however X and y lie in memory"
        )
for y in testing.at_every_place(np.arange(12.0), np.nan):
    X = numbers * 1.0
    X[np.isnan(y), 1] = np.nan
    assert _together(X, y, _epoch(X, y, 5, rng)), (
        "minibatches: a row with a missing value stays with its target"
    )
y = np.array([3.0, 3.0, 3.0, 1.0, 1.0])
assert _together(numbers[:5], y, _epoch(numbers[:5], y, 2, rng)), (
    "minibatches: equal targets are different samples"
)
X, y = np.arange(2**60, 2**60 + 300), np.arange(300)
assert _together(X, y, _epoch(X, y, 7, rng)), (
    "minibatches: holds every row once with some hundreds of samples and large integers"
)
# An order that numpy's permutation or its sorted random keys give is known: is it the first, and was it the last draw?
for draw in (lambda rng: rng.permutation(40), lambda rng: rng.random(40).argsort()):
    used, other = np.random.default_rng(3), np.random.default_rng(3)
    batches = _epoch(np.arange(40), np.arange(40), 3, used)
    order = np.concatenate([yb for _, yb in batches])
    if not np.array_equal(order, draw(other)):
        for _ in range(15):
            assert not np.array_equal(order, draw(other)), (
                "minibatches: draws no order that it does not use"
            )
    else:
        assert testing.same(used, other), (
            "minibatches: draws nothing after the order of the epoch"
        )
for X, y in (
    (np.arange(2**60, 2**60 + 30), np.arange(30) / 4),
    (np.arange(30) / 4, np.arange(2**60, 2**60 + 30)),
    (np.arange(2**60, 2**60 + 30), np.arange(2**63, 2**63 + 30, dtype=np.uint64)),
):
    assert _together(X, y, _epoch(X, y, 7, rng)), (
        "minibatches: X and y keep their digits, also beside the other's type"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 2. One epoch: `sgd_epoch(w, X, y, b, lr, grad_fn, rng)`
#
# medium · 15 minutes · 4 points
#
# You need the lesson [A gradient from fewer rows](1_batches.ipynb).
#
# Run one epoch of stochastic gradient descent from the weights `w` and return the weights after it. For one mini-batch
# $(X_b, y_b)$ after the other,
#
# $$w \leftarrow w - \eta\, \nabla J_b(w), \qquad \eta = \text{lr}.$$
#
# - The batches are as in exercise 1: samples in a random order drawn from `rng` alone, `b` in each batch, the rest in
#   the last; every sample once, rows of `X` and `y` together. Write these lines here again.
# - `grad_fn(w, Xb, yb)` returns the gradient at `w` of the **mean** loss of the batch, an array of the shape `(d,)`. It
#   is called exactly once for each batch, at the weights that the batch before has left. What it returns belongs to it:
#   it may return the same array again, so leave that array as it is.
# - `w` has the shape `(d,)`, `X` the shape `(n, d)`, `y` the shape `(n,)`. All three hold float64 and are unchanged
#   afterwards. The result is an array of the shape `(d,)`.
# - The rate is `lr` for every batch, the short one included. No batch is left out, whatever its gradient is: zero,
#   tiny, huge or NaN.
#
# <details><summary>Hint 1: how many steps?</summary>
#
# There are $\lceil n/b \rceil$ batches, and each makes one step. Where are the weights when the second batch comes?
# </details>
#
# <details><summary>Hint 2: the mean</summary>
#
# `grad_fn` has divided by the size of the batch already, the right size of the last one too. Nothing is left to divide.
# </details>
#
# <details><summary>Hint 3: whose array?</summary>
#
# `-=` and `*=` change the array on their left, and whoever holds it sees that. Which of your arrays belong to the
# caller, which to `grad_fn`?
# </details>


# %% nbgrader={"grade_id": "sgd_epoch", "solution": true}
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    """Return the weights after one epoch of mini-batch SGD.

    w: (d,).  X: (n, d).  y: (n,).  b: int, at least 1.  lr: float.  grad_fn: (w, Xb, yb) -> (d,), of the mean loss.
    rng: np.random.Generator.  Returns: (d,).
    """
    ### BEGIN SOLUTION
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        w = w - lr * grad_fn(w, X[rows], y[rows])
    return w
    ### END SOLUTION


# %% nbgrader={"grade_id": "sgd_epoch-visible", "points": 1}
# Visible tests of `sgd_epoch`: 1 point.
import numpy as np


def _half_square(w, Xb, yb):
    """The gradient of |w|^2 / 2, whatever the batch."""
    return np.array(w, dtype=float)


# By hand: five samples make three batches of at most two. Each step with lr = 0.5 halves the weights.
start = np.array([8.0, -16.0])
end = sgd_epoch(
    start, np.ones((5, 2)), np.ones(5), 2, 0.5, _half_square, np.random.default_rng(0)
)
assert np.shape(end) == (2,), "sgd_epoch: returns weights of the shape of w"
assert np.allclose(end, [1.0, -2.0]), (
    "sgd_epoch: three steps with the rate 0.5 halve the weights three times"
)
assert np.array_equal(start, [8.0, -16.0]), (
    "sgd_epoch: w holds the same numbers after the call"
)

# %% nbgrader={"grade_id": "sgd_epoch-hidden", "points": 2}
# Hidden tests of `sgd_epoch`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _recorder(calls):
    """The gradient of 1/(2m) ||X w - y||^2, which notes what it is given and what it returns."""

    def _grad(w, Xb, yb):
        w, Xb, yb = (np.array(a, dtype=float) for a in (w, Xb, yb))
        g = np.sum((Xb @ w - yb)[:, None] * Xb, axis=0) / len(yb)
        calls.append((w, Xb, yb, g))
        return g.copy()

    return _grad


def _batches(n, b, rng):
    """The targets 0, ..., n - 1 of each batch."""
    calls = []

    def _zero(w, Xb, yb):
        calls.append(np.array(yb))
        return np.zeros(1)

    sgd_epoch(np.zeros(1), np.ones((n, 1)), np.arange(float(n)), b, 0.1, _zero, rng)
    return calls


rng = np.random.default_rng(2)
for _ in range(24):
    n, d, lr, seed = (
        int(rng.integers(1, 25)),
        int(rng.integers(1, 5)),
        rng.uniform(0.01, 0.3),
        int(rng.integers(2**30)),
    )
    b = int(rng.integers(1, n + 4))
    X, w = rng.normal(size=(n, d)), rng.normal(scale=2, size=d)
    y, calls = rng.permutation(n) + 0.25, []
    end = sgd_epoch(w, X, y, b, lr, _recorder(calls), np.random.default_rng(seed))
    assert len(calls) == -(-n // b), (
        "sgd_epoch: calls grad_fn exactly once for each batch"
    )
    sizes = [len(yb) for _, _, yb, _ in calls]
    assert sizes == [min(b, n - start) for start in range(0, n, b)], (
        "sgd_epoch: all batches have b samples, but for the last, which has the rest"
    )
    seen = np.concatenate([yb for _, _, yb, _ in calls])
    assert np.array_equal(np.sort(seen), np.sort(y)), (
        "sgd_epoch: every sample is used exactly once"
    )
    place = np.argsort(y)
    assert all(
        np.array_equal(Xb, X[place[yb.astype(int)]]) for _, Xb, yb, _ in calls
    ), "sgd_epoch: rows of X and y stay together"
    path = w - lr * np.vstack([np.zeros(d), np.cumsum([g for *_, g in calls], axis=0)])
    assert np.allclose([at for at, *_ in calls], path[:-1], rtol=1e-9, atol=1e-9), (
        "sgd_epoch: each gradient is taken where the step before has led"
    )
    assert np.shape(end) == (d,), (
        "sgd_epoch: returns weights of the shape of w for any n and d"
    )
    assert np.allclose(end, path[-1], rtol=1e-9, atol=1e-9), (
        "sgd_epoch: each step is lr times the gradient of its batch"
    )
    again = sgd_epoch(w, X, y, b, lr, _recorder([]), np.random.default_rng(seed))
    assert np.allclose(end, again, rtol=1e-9, atol=1e-9), (
        "sgd_epoch: generators with the same seed give the same weights"
    )

firsts = [
    _batches(100, 5, np.random.default_rng(seed))[0].tolist() for seed in range(4)
]
assert all(sorted(first) != [0, 1, 2, 3, 4] for first in firsts), (
    "sgd_epoch: the samples come in random order"
)
assert all(firsts[i] != firsts[j] for i in range(4) for j in range(i)), (
    "sgd_epoch: generators with different seeds give different orders"
)
one = np.random.default_rng(9)
firsts = [_batches(100, 5, one)[0].tolist() for _ in range(3)]
assert firsts[0] != firsts[1] and firsts[1] != firsts[2] and firsts[0] != firsts[2], (
    "sgd_epoch: a second epoch with the same generator has another order"
)
# Which batch does a sample come to? Both tests refuse a fair shuffle at most once in a million.
batches = np.array(_batches(20_000, 400, np.random.default_rng(78)))
batch_of = np.empty(20_000)
batch_of[batches.astype(int)] = np.arange(50)[:, None]
table = np.histogram2d(batch_of, np.arange(20_000), bins=10)[0]
assert testing.is_uniform(table.ravel()), (
    "sgd_epoch: every sample is equally likely in every batch"
)
pairs = int(np.sum(batch_of[1:] == batch_of[:-1]))  # one in 50, so 399 of them
assert 290 < pairs < 510, "sgd_epoch: single samples are shuffled, not blocks of them"
sizes = [len(yb) for yb in _batches(403, 25, rng)]
assert sizes == [25] * 16 + [3], (
    "sgd_epoch: only the last batch is short, where there are many samples too"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "sgd_epoch-inputs", "points": 1}
# Hidden tests of `sgd_epoch` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

w, X = np.array([3.0, -2.0, 0.5]), np.arange(21.0).reshape(7, 3)
y = np.arange(7.0)

same_gradient = np.array([4.0, 0.0, -8.0])
same_gradient.flags.writeable = False  # whoever writes into it gets a ValueError
try:
    end = sgd_epoch(
        w, X, y, 2, 0.25, lambda w, Xb, yb: same_gradient, np.random.default_rng(0)
    )
except ValueError:
    end = None
assert end is not None, "sgd_epoch: leaves the array that grad_fn returns as it is"
assert np.allclose(end, [-1.0, -2.0, 8.5], rtol=1e-12), (
    "sgd_epoch: steps right where grad_fn returns one and the same array each time"
)
reused = np.zeros(3)


def _into_one_array(w, Xb, yb):
    """The slope of |w|^2, always in the same array."""
    reused[:] = 2 * np.array(w, dtype=float)
    return reused


end = sgd_epoch(w, X, y, 2, 0.25, _into_one_array, np.random.default_rng(0))
assert np.allclose(end, w / 16, rtol=1e-12), (
    "sgd_epoch: steps right where grad_fn writes each gradient into the same array"
)
at_zero = sgd_epoch(
    np.zeros(3), X, y, 2, 0.25, lambda w, Xb, yb: w, np.random.default_rng(0)
)
assert np.array_equal(at_zero, np.zeros(3)), (
    "sgd_epoch: stays where every gradient is zero"
)

for scale in (1e-300, 1e-150, 1e-13, 1e13, 1e150, 1e300):
    shrink = testing.Callback(lambda w, Xb, yb: 2 * np.array(w, dtype=float))
    end = sgd_epoch(scale * w, X, y, 2, 0.25, shrink, np.random.default_rng(0))
    assert np.allclose(end, scale * w / 16, rtol=1e-9, atol=0), (
        "sgd_epoch: makes every step with weights and gradients of any size"
    )
quiet = testing.Callback(lambda w, Xb, yb: np.full(3, float(np.max(yb) == 6)))
end = sgd_epoch(w, X, y, 2, 0.25, quiet, np.random.default_rng(0))
assert len(quiet.calls) == 4 and np.allclose(end, w - 0.25, rtol=1e-12), (
    "sgd_epoch: goes on to the last batch when gradients on the way are zero"
)
broken = testing.Callback(lambda w, Xb, yb: np.array([np.nan, 1.0, 1.0]))
end = sgd_epoch(w, X, y, 2, 0.25, broken, np.random.default_rng(0))
assert len(broken.calls) == 4 and np.allclose(
    end, [np.nan, -3.0, -0.5], equal_nan=True, rtol=1e-9
), "sgd_epoch: goes on to the last batch when a gradient holds NaN"
still = testing.Callback(lambda w, Xb, yb: np.ones(3))
end = sgd_epoch(w, X, y, 3, 0.0, still, np.random.default_rng(0))
assert len(still.calls) == 3 and np.array_equal(end, w), (
    "sgd_epoch: a rate of zero visits every batch and moves nothing"
)

ends = []
for same_X in testing.of_every_layout(X):
    for same_y, same_w in zip(
        testing.of_every_layout(y), testing.of_every_layout(w), strict=True
    ):
        before = testing.snapshot((same_w, same_X, same_y))
        grad = testing.Callback(lambda w, Xb, yb: (Xb @ w - yb) @ Xb / len(yb))
        ends.append(
            sgd_epoch(same_w, same_X, same_y, 3, 1e-3, grad, np.random.default_rng(0))
        )
        assert testing.same((same_w, same_X, same_y), before), (
            "sgd_epoch: leaves w, X and y as they are"
        )
        assert all(
            np.array_equal(Xb, np.array([3 * yb, 3 * yb + 1, 3 * yb + 2]).T)
            for _, Xb, yb in grad.calls
        ), "sgd_epoch: rows of X and y stay together, however they lie in memory"
assert np.allclose(ends, ends[0], rtol=1e-9), (
    "sgd_epoch: the same numbers give the same weights, however they lie in memory"
)
# An order that numpy's permutation or its sorted random keys give is known: is it the first, and was it the last draw?
for draw in (lambda rng: rng.permutation(40), lambda rng: rng.random(40).argsort()):
    used, other = np.random.default_rng(3), np.random.default_rng(3)
    zero = testing.Callback(lambda w, Xb, yb: np.zeros(1))
    sgd_epoch(np.zeros(1), np.ones((40, 1)), np.arange(40.0), 1, 0.1, zero, used)
    order = np.concatenate([yb for _, _, yb in zero.calls])
    if not np.array_equal(order, draw(other)):
        for _ in range(45):
            assert not np.array_equal(order, draw(other)), (
                "sgd_epoch: draws no order that it does not use"
            )
    else:
        assert testing.same(used, other), (
            "sgd_epoch: draws nothing after the order of the epoch"
        )
lost = testing.Callback(lambda w, Xb, yb: np.full(3, np.nan))
end = sgd_epoch(w, X, y, 2, 0.25, lost, np.random.default_rng(0))
assert len(lost.calls) == 4 and np.isnan(end).all(), (
    "sgd_epoch: a batch whose gradient is all NaN makes its step, too"
)
n = testing.MANY
many = testing.Callback(lambda w, Xb, yb: np.ones(1))
end = sgd_epoch(
    np.zeros(1),
    np.ones((n, 1)),
    np.arange(n / 1.0),
    5,
    1.0,
    many,
    np.random.default_rng(0),
)
steps = -(-n // 5)
assert len(many.calls) == steps and np.array_equal(end, [-steps]), (
    "sgd_epoch: each of several hundred batches makes its step"
)
assert np.array_equal(np.ravel([at for at, *_ in many.calls]), -np.arange(steps)), (
    "sgd_epoch: each of several hundred gradients is taken where the step before has led"
)
seen = np.concatenate([yb for *_, yb in many.calls])
assert np.sum(np.abs(np.diff(seen)) == 1) < 25, (
    "sgd_epoch: neighbours in the data are no neighbours in small batches of many samples"
)
for rate, gradient in ((0.0, 1.0), (0.25, 0.0)):
    fixed = np.full(3, gradient)
    end = sgd_epoch(
        w,
        X,
        y,
        2,
        rate,
        testing.Callback(lambda w, Xb, yb, fixed=fixed: fixed),
        np.random.default_rng(0),
    )
    assert testing.apart(w, fixed, end), "sgd_epoch: the weights are a new array"
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Where it stops: `noise_floor(lr, curvatures, variances, b)`
#
# medium · 15 minutes · 4 points
#
# You need the lesson [The noise floor](2_noise_floor.ipynb).
#
# Near a minimum a loss is a sum of parabolas, one along each direction $j$, with the curvature $\lambda_j > 0$. Along
# it a batch of `b` samples, drawn with replacement, has a gradient with noise of mean 0 and variance
# $\sigma_j^2 / b$:
#
# $$e_j \leftarrow e_j - \eta\,(\lambda_j e_j + \xi_j), \qquad \operatorname{Var} \xi_j = \sigma_j^2 / b,
#   \qquad \eta = \text{lr}.$$
#
# Each step draws new noise. Return the number at which the **mean excess loss** settles, the sum of all
# $\frac12 \lambda_j \operatorname{Var} e_j$ after very many steps. It is asked for exactly, at any rate: what holds for
# small rates only is not enough. If the run does not settle, since $\eta \lambda_j \ge 2$ along some direction, return
# `math.inf`, whatever the noise along that direction.
#
# - `curvatures` holds the $\lambda_j > 0$, `variances` the $\sigma_j^2 \ge 0$, the variances of the gradient of a
#   single sample: two lists or one-dimensional arrays of the same length, 1 or more, of integers or floats of any
#   NumPy type.
# - `lr` is a positive `float`, at least $10^{-150}$. `b` is an `int` of 1 or more.
# - In the tests $\eta \lambda_j$ is either exactly 2, in numbers that a computer holds exactly, or at least a
#   thousandth away from it. The result is a number.
#
# <details><summary>Hint 1: by hand</summary>
#
# One direction, $\lambda = \sigma^2 = b = 1$ and $\eta = \frac12$: a step halves $e$ and adds noise of the variance
# $\frac14$. So a variance $c$ becomes $\frac14 c + \frac14$. Which $c$ stays as it is? The excess is half of it.
# </details>
#
# <details><summary>Hint 2: any numbers</summary>
#
# A factor $f$ multiplies a variance by $f^2$, and variances of independent terms add up. Write down what one step makes
# of $c$, and solve for the $c$ that stays. Does a factor cancel?
# </details>
#
# <details><summary>Hint 3: tiny rates</summary>
#
# `1 - (1 - tiny) ** 2` is rounded to 0. Multiply the bracket out by hand first.
# </details>


# %% nbgrader={"grade_id": "noise_floor", "solution": true}
def noise_floor(lr, curvatures, variances, b):
    """Return the mean excess loss at which mini-batch descent settles at a fixed rate, or math.inf where it does not.

    lr: float > 0.  curvatures, variances: (d,), of one sample's gradient.  b: int, the batch size.  Returns: float.
    """
    ### BEGIN SOLUTION
    pull = lr * np.asarray(curvatures, dtype=float)
    if np.any(pull >= 2):
        return np.inf
    return np.sum(lr * np.asarray(variances, dtype=float) / (2 * (2 - pull) * b))
    ### END SOLUTION


# %% nbgrader={"grade_id": "noise_floor-visible", "points": 1}
# Visible tests of `noise_floor`: 1 point.
import numpy as np

# By hand: the two rows of the lesson settle at 1/6. A second direction with curvature 2 and variance 3 adds
# 0.5 * 3 / (2 * (2 - 1)) = 0.75.
assert np.ndim(noise_floor(0.5, [1.0], [1.0], 1)) == 0, (
    "noise_floor: the result is one number"
)
assert np.isclose(noise_floor(0.5, [1.0], [1.0], 1), 1 / 6), (
    "noise_floor: the two rows of the lesson settle where the lesson says"
)
assert np.isclose(noise_floor(0.5, [1.0, 2.0], [1.0, 3.0], 1), 1 / 6 + 0.75), (
    "noise_floor: two directions add up"
)
assert np.isclose(noise_floor(0.5, [1.0, 2.0], [1.0, 3.0], 4), (1 / 6 + 0.75) / 4), (
    "noise_floor: four samples in a batch quarter the floor"
)
assert noise_floor(3.0, [1.0], [1.0], 1) == np.inf, (
    "noise_floor: at a rate of three over the curvature there is no floor: inf"
)

# %% nbgrader={"grade_id": "noise_floor-hidden", "points": 2}
# Hidden tests of `noise_floor`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _settled(lr, curvatures, variances, b):
    """The excess after 4096 steps c <- f c + a of the variance: two of them are one with f^2 and f a + a."""
    f, a = (1 - lr * curvatures) ** 2, lr**2 * variances / b
    for _ in range(12):
        f, a = f * f, f * a + a
    return np.sum(curvatures * a) / 2


rng = np.random.default_rng(20)
for case in range(40):
    d, b = int(rng.integers(1, 6)), int(rng.choice([1, 2, 8, 32]))
    lr = float(rng.uniform(0.01, 2))
    curvatures = rng.uniform(0.02, 1.97, size=d) / lr
    variances = rng.uniform(0, 5, size=d)
    floor = noise_floor(lr, curvatures, variances, b)
    assert np.isclose(floor, _settled(lr, curvatures, variances, b), rtol=1e-9), (
        "noise_floor: is where the variance of many steps settles, at any rate below the border"
    )
    beyond = curvatures.copy()
    beyond[rng.integers(d)] = rng.choice([2.01, 3.0, 50.0]) / lr
    assert noise_floor(lr, beyond, variances, b) == np.inf, (
        "noise_floor: one direction beyond the border is enough for inf"
    )

for lr, curvature in ((0.5, 4.0), (2.0, 1.0), (0.125, 16.0)):
    assert noise_floor(lr, [curvature], [1.0], 3) == np.inf, (
        "noise_floor: exactly on the border the variance grows for ever: inf"
    )
    assert noise_floor(lr, [curvature / 2, curvature], [1.0, 0.0], 3) == np.inf, (
        "noise_floor: a direction on the border gives inf, whatever its noise"
    )
    assert np.isfinite(noise_floor(lr, [0.999 * curvature], [1.0], 3)), (
        "noise_floor: just below the border there is a floor"
    )
    assert np.isclose(noise_floor(lr, [curvature / 2], [8.0], 2), 2 * lr), (
        "noise_floor: where one step forgets the start, the floor is that of one step's noise"
    )
assert noise_floor(0.1, [1.0, 2.0], [0.0, 0.0], 1) == 0, (
    "noise_floor: without noise the floor is 0"
)
swapped = noise_floor(0.3, [1.0, 5.0], [2.0, 7.0], 1)
assert np.isclose(swapped, noise_floor(0.3, [5.0, 1.0], [7.0, 2.0], 1)), (
    "noise_floor: the order of the directions does not matter"
)
assert not np.isclose(swapped, noise_floor(0.3, [1.0, 5.0], [7.0, 2.0], 1)), (
    "noise_floor: each curvature belongs to its own variance"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "noise_floor-inputs", "points": 1}
# Hidden tests of `noise_floor` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _is(expected, *args):
    """Does the answer return this number? False also where it raises an error."""
    try:
        found = float(noise_floor(*args))
    except (TypeError, ValueError, ArithmeticError, IndexError):
        return False
    return bool(np.isclose(found, expected, rtol=1e-9, atol=0))


curvatures, variances, lr = [100, 50, 1, 25], [90, 100, 64, 0], 0.0153
expected = sum(
    lr * v / (2 * (2 - lr * c)) / 3 for c, v in zip(curvatures, variances, strict=True)
)
for same in testing.of_every_type(curvatures):
    for noise in testing.of_every_type(variances):
        assert _is(expected, lr, same, noise, 3), (
            "noise_floor: the same numbers in any integer or float type, or in lists, have the same floor"
        )
        assert _is(np.inf, 0.0301, same, noise, 3), (
            "noise_floor: a direction beyond the border gives inf with numbers of any type"
        )
for same in testing.of_every_layout(curvatures):
    for noise in testing.of_every_layout(variances):
        before = testing.snapshot((same, noise))
        assert _is(expected, lr, same, noise, 3), (
            "noise_floor: the floor does not depend on how the arrays lie in memory"
        )
        assert testing.same((same, noise), before), (
            "noise_floor: leaves its arrays as they are"
        )
for scale, same in testing.of_every_scale(curvatures, (1e-120, 1e-9, 1e9, 1e120)):
    assert _is(
        expected * scale, lr / scale, same, np.multiply(variances, scale**2), 3
    ), "noise_floor: in other units of the loss it is the same floor, in those units"
for tiny in (1e-5, 1e-9, 1e-17, 1e-100):
    assert _is(tiny * 254 / 12, tiny / 1e3, [1e-3], [254e3], 3), (
        "noise_floor: a tiny rate has a tiny floor, not none"
    )
for small in (1e-8, 1e-7, 1e-6, 1e-4, 1e-2):
    assert _is(small * 254 / (2 * (2 - small)) / 3, small, [1.0], [254.0], 3), (
        "noise_floor: a small rate has all the digits of its floor"
    )
assert _is(lr * 254 / 3 / 4, lr, [1e-30] * 4, variances, 3), (
    "noise_floor: along a very flat direction the noise counts too"
)
assert _is(0.5 * 0.002 / 3 / 10**6, 0.5, [1.0], [0.002], 10**6), (
    "noise_floor: accepts a very large batch"
)
many = np.linspace(0.1, 1.9, 300)
assert _is(
    np.sum(0.5 * many[::-1] / (2 * (2 - 0.5 * many))), 0.5, many, many[::-1], 1
), "noise_floor: adds up however many directions"
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Momentum: `momentum_step(w, g, v, lr, mu)`
#
# easy · 10 minutes · 4 points
#
# You need the lesson [Momentum: a ball with friction](3_momentum.ipynb).
#
# One step of the heavy-ball method, as `torch.optim.SGD` has it. The velocity collects gradients; the rate comes after:
#
# $$v \leftarrow \mu v + g, \qquad w \leftarrow w - \eta\, v, \qquad \eta = \text{lr}.$$
#
# Return the pair `(w, v)` of the new weights and the new velocity.
#
# - `w`, `g` and `v` are arrays of one shape. A run starts with `v` all zeros, but any `v` may come in.
# - `mu` $= \mu$ lies in $[0, 1)$. The rate may change from step to step, and may be 0.
# - The rules for step functions at the top of this notebook hold: no input is changed, and the new velocity is not the
#   array `g` itself, which the caller soon fills with the next gradient.
#
# <details><summary>Hint 1: where does the rate stand?</summary>
#
# Some books write $v \leftarrow \mu v - \eta g$ and $w \leftarrow w + v$. Take two steps by hand with the rates 1 and
# 0.1 in both forms. What does the first gradient contribute to the second step?
# </details>
#
# <details><summary>Hint 2: in place or not</summary>
#
# `v *= mu` changes the caller's array. What does `mu * v` do?
# </details>


# %% nbgrader={"grade_id": "momentum_step", "solution": true}
def momentum_step(w, g, v, lr, mu):
    """Return the weights and the velocity after one step with momentum.

    w, g, v: arrays of one shape.  lr, mu: floats.  Returns: (w, v).
    """
    ### BEGIN SOLUTION
    v = mu * v + g
    return w - lr * v, v
    ### END SOLUTION


# %% nbgrader={"grade_id": "momentum_step-visible", "points": 1}
# Visible tests of `momentum_step`: 1 point.
import numpy as np

# By hand: v = 0.5 * (1, 1) + (2, -4) = (2.5, -3.5), and w = (1, 2) - 0.5 v.
w, g, v = np.array([1.0, 2.0]), np.array([2.0, -4.0]), np.array([1.0, 1.0])
new_w, new_v = momentum_step(w, g, v, 0.5, 0.5)
assert np.shape(new_w) == (2,) and np.shape(new_v) == (2,), (
    "momentum_step: weights and velocity keep their shape"
)
assert np.allclose(new_v, [2.5, -3.5]), (
    "momentum_step: the new velocity is the one worked out by hand"
)
assert np.allclose(new_w, [-0.25, 3.75]), (
    "momentum_step: the new weights are those worked out by hand"
)
assert np.array_equal(w, [1, 2]) and np.array_equal(v, [1, 1]), (
    "momentum_step: w and v hold the same numbers after the call"
)

# %% nbgrader={"grade_id": "momentum_step-hidden", "points": 2}
# Hidden tests of `momentum_step`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _closed_form(w, v, G, lrs, mu):
    """All weights and velocities as sums over the gradients: v_t = mu^t v_0 + sum over k <= t of mu^(t-k) g_k."""
    t = np.arange(1, len(G) + 1)
    weights = np.where(t[:, None] >= t, float(mu) ** np.maximum(t[:, None] - t, 0), 0.0)
    flat = weights @ G.reshape(len(G), -1) + np.outer(float(mu) ** t, v)
    moved = np.ravel(w) - np.cumsum(lrs[:, None] * flat, axis=0)
    return moved.reshape(G.shape), flat.reshape(G.shape)


rng = np.random.default_rng(3)
shapes = ((), (1,), (5,), (3, 1), (2, 3), (2, 1, 4))
for case in range(18):
    shape, steps = shapes[case % 6], int(rng.integers(1, 30))
    mu = float(rng.choice([0.0, 0.5, 0.9, 0.99]))
    lrs = rng.uniform(0.01, 1, size=steps) if case % 3 else np.full(steps, 0.3)
    G, w = rng.normal(scale=3, size=(steps, *shape)), np.array(rng.normal(size=shape))
    v = np.array(rng.normal(size=shape)) if case % 2 else np.zeros(shape)
    path_w, path_v = _closed_form(w, v, G, lrs, mu)
    for g, lr, true_w, true_v in zip(G, lrs.tolist(), path_w, path_v, strict=True):
        g = np.array(g)
        before = w.copy(), g.copy(), v.copy()
        new_w, new_v = (
            np.array(a, dtype=float) for a in momentum_step(w, g, v, lr, mu)
        )
        assert all(
            np.array_equal(a, c) for a, c in zip(before, (w, g, v), strict=True)
        ), "momentum_step: w, g and v hold the same numbers after the call"
        assert new_w.shape == shape and new_v.shape == shape, (
            "momentum_step: weights and velocity keep any shape"
        )
        assert np.allclose(new_v, true_v, rtol=1e-10, atol=1e-10), (
            "momentum_step: the velocity is the decayed sum of the gradients, without the rate"
        )
        assert np.allclose(new_w, true_w, rtol=1e-10, atol=1e-10), (
            "momentum_step: each step is the rate of its own time, times the velocity"
        )
        w, v = new_w, new_v

g = np.array([1.0, -2.0])
w, v = momentum_step(np.zeros(2), g, np.zeros(2), 1.0, 0.5)
other = momentum_step(np.zeros(3), np.ones(3), np.zeros(3), 0.25, 0.9)
w, v = momentum_step(np.array(w), np.zeros(2), np.array(v), 0.1, 0.5)
assert np.allclose(other[0], -0.25), (
    "momentum_step: a step between two steps of a run does not disturb it"
)
assert np.allclose(w, -1.05 * g) and np.allclose(v, 0.5 * g), (
    "momentum_step: coasts on when the gradient is zero"
)
w, v = momentum_step(np.ones(2), g, np.array([0.0, 4.0]), 0.0, 0.5)
assert np.array_equal(w, [1, 1]) and np.allclose(v, [1.0, 0.0]), (
    "momentum_step: with a rate of zero the weights stay, and the velocity goes on"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "momentum_step-inputs", "points": 1} tags=["beside"]
# Hidden test of `momentum_step` with unusual inputs: 1 point. It looks at memory, so it runs beside your code.
### BEGIN HIDDEN TESTS
import numpy as np


def _laid_out(a):
    """Yield the numbers of a: by rows, by columns, with gaps, backwards, and so that nobody can write to them."""
    wide = np.repeat(a, 2, axis=1)
    wide[:, 1::2] = 7.0
    frozen = a.copy()
    frozen.flags.writeable = False
    yield from (a.copy(), a.copy(order="F"), wide[:, ::2], np.flip(np.flip(a).copy()))
    yield frozen


_rng = np.random.default_rng(3)
_w, _v = _rng.normal(size=(2, 2, 3))
_g = np.array([[2.0, 0.5, -1.0], [0.0, 300.0, -0.25]])
_true_v = 0.9 * _v + _g
_true_w = _w - 0.3 * (_true_v)
for _type in (np.float16, np.float32, np.float64):
    _found = momentum_step(_w, _g.astype(_type), _v, 0.3, 0.9)
    assert np.allclose(_found, [_true_w, _true_v], rtol=1e-13, atol=1e-13), (
        "momentum_step: a gradient of float16, float32 or float64 gives float64 weights and velocity"
    )
for _each in zip(_laid_out(_w), list(_laid_out(_g))[::-1], _laid_out(_v), strict=True):
    _found = momentum_step(*_each, 0.3, 0.9)
    assert np.allclose(_found, [_true_w, _true_v], rtol=1e-13, atol=1e-13), (
        "momentum_step: the step does not depend on how its arrays lie in memory"
    )
for _scale in (1e-150, 1e-13, 1e13, 1e150):
    _found = momentum_step(_scale * _w, _scale * _g, _scale * _v, 0.3, 0.9)
    assert np.allclose(
        np.divide(_found, _scale), [_true_w, _true_v], rtol=1e-12, atol=1e-12
    ), "momentum_step: numbers of any size make the same step in their own units"
for _place in ((0, 0), (0, 2), (1, 2)):
    _broken = _g.copy()
    _broken[_place] = np.nan
    _found = np.array(momentum_step(_w, _broken, _v, 0.3, 0.9))
    assert np.isnan(_found[(..., *_place)]).all() and np.isnan(_found).sum() == 2, (
        "momentum_step: a NaN in the gradient makes its own weight NaN, and no other"
    )
    _spoilt = np.where(np.isnan(_broken), np.nan, [_true_w, _true_v])
    assert np.allclose(_found, _spoilt, rtol=1e-13, atol=1e-13, equal_nan=True), (
        "momentum_step: beside a NaN the other weights make their own step"
    )
for _start in (np.zeros((2, 3)), _v):
    for _rate, _mu in ((0.3, 0.9), (0.0, 0.9), (0.3, 0.0)):
        _given = _w.copy(), _g.copy(), _start.copy()
        _found = momentum_step(*_given, _rate, _mu)
        _kept = np.array(_found)
        for _array in _given:
            _array[...] = 77.0
        assert np.array_equal(_found, _kept), (
            "momentum_step: what it has returned stays when the caller writes into its own arrays again"
        )
        momentum_step(_v, _w, _g, 0.5, 0.5)
        assert np.array_equal(_found, _kept), (
            "momentum_step: what it has returned stays when the next step is made"
        )
### END HIDDEN TESTS

# %% [markdown]
# ## 5. How fast is momentum? `momentum_matrix(lr, mu, curvature)`
#
# medium · 15 minutes · 4 points
#
# You need the lesson [How fast is momentum?](4_momentum_speed.ipynb).
#
# Along one direction with the curvature $\lambda$, momentum moves the distance $e_t$ from the minimum by the two
# distances before. Return the pair `(M, rho)`:
#
# - `M` is the matrix of the shape `(2, 2)` that turns the last two distances into the next two, and so on:
#
#   $$\begin{pmatrix} e_{t+1} \\ e_t \end{pmatrix} = M \begin{pmatrix} e_t \\ e_{t-1} \end{pmatrix}, \qquad
#   e_{t+1} = e_t - \eta \lambda\, e_t + \mu\,(e_t - e_{t-1}), \qquad \eta = \text{lr}.$$
#
# - `rho` is the spectral radius of $M$, a real number: the largest absolute value of its eigenvalues. After many steps,
#   the distance changes by this factor per step: the run converges if it is below 1, and diverges if it is above.
#
# `lr` $\ge 0$, `mu` $= \mu$ in $[0, 1)$ and `curvature` $= \lambda$ are Python numbers, `int` or `float`. The
# curvature may be of any size up to $10^{100}$, 0, or negative: along such a direction of a saddle a run leaves it,
# and `rho` says how fast. Where two eigenvalues meet, rounding may move them by $10^{-7}$; so much does not count
# there.
#
# <details><summary>Hint 1: by hand</summary>
#
# With $\eta = \mu = \frac12$ and $\lambda = 1$ the next distance is $e_t - \frac12 e_{t-1}$. That is one row of $M$.
# The other row only says that $e_t$ stays $e_t$.
# </details>
#
# <details><summary>Hint 2: complex eigenvalues</summary>
#
# The eigenvalues of that matrix are $\frac12 \pm \frac12 i$. The absolute value of each is $\sqrt{1/2}$, longer than
# its real part.
# </details>
#
# <details><summary>Hint 3: which function?</summary>
#
# $M$ is not symmetric, so `np.linalg.eigvalsh` would answer for another matrix. Its neighbour takes any square matrix.
# </details>


# %% nbgrader={"grade_id": "momentum_matrix", "solution": true}
def momentum_matrix(lr, mu, curvature):
    """Return (M, rho): the matrix of one step of momentum on (e_t, e_{t-1}), and its spectral radius.

    lr, mu, curvature: numbers.  Returns: (2, 2) array, float.
    """
    ### BEGIN SOLUTION
    M = np.array([[1 + mu - lr * curvature, -mu], [1, 0]], dtype=float)
    return M, np.max(np.abs(np.linalg.eigvals(M)))
    ### END SOLUTION


# %% nbgrader={"grade_id": "momentum_matrix-visible", "points": 1}
# Visible tests of `momentum_matrix`: 1 point.
import numpy as np

# By hand: e = 4, 2, then 2 - 4 / 2 = 0. The eigenvalues 1/2 + i/2 and 1/2 - i/2 have the absolute value sqrt(1/2).
M, rho = momentum_matrix(0.5, 0.5, 1.0)
assert np.shape(M) == (2, 2) and np.ndim(rho) == 0, (
    "momentum_matrix: returns a 2 x 2 matrix and a number"
)
assert np.allclose(np.array(M) @ [2.0, 4.0], [0.0, 2.0]), (
    "momentum_matrix: M turns the two distances worked out by hand, the newer one first, into the next two"
)
assert np.isrealobj(np.array(rho)) and np.isclose(rho, 0.5**0.5), (
    "momentum_matrix: rho is a real number, the absolute value of the two eigenvalues found by hand"
)
assert np.isclose(momentum_matrix(0.25, 0.0, 1.0)[1], 0.75), (
    "momentum_matrix: without momentum rho is the factor of plain descent"
)

# %% nbgrader={"grade_id": "momentum_matrix-hidden", "points": 2}
# Hidden tests of `momentum_matrix`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _radius(pull, mu):
    """The longer solution of r^2 - (1 + mu - pull) r + mu = 0, by cases; pull: rate times curvature."""
    p = 1 + mu - pull
    inside = p * p - 4 * mu
    return mu**0.5 if inside <= 0 else (abs(p) + inside**0.5) / 2


rng = np.random.default_rng(21)
for case in range(60):
    mu = float(rng.choice([0.0, 0.25, 0.5, 0.81, 0.9, 0.99, rng.uniform(0, 1)]))
    lr, curvature = float(rng.uniform(0.01, 2)), float(rng.uniform(-1, 4))
    if case % 5 == 0:
        curvature = 0.0
    M, rho = momentum_matrix(lr, mu, curvature)
    M, rho = np.array(M), float(rho)
    e, v, distances = rng.normal(), 0.0, []
    for _ in range(12):
        distances.append(e)
        v = mu * v + curvature * e
        e -= lr * v
    pair = np.array([distances[1], distances[0]])
    for newer, older in zip(distances[2:], distances[1:-1], strict=True):
        pair = M @ pair
        assert np.allclose(pair, [newer, older], rtol=1e-9, atol=1e-9), (
            "momentum_matrix: M leads from the first two distances of a run to all later ones"
        )
    true = _radius(lr * curvature, mu)
    assert curvature < 0 or np.isclose(rho, true, rtol=1e-7, atol=1e-7), (
        "momentum_matrix: rho is the largest absolute value of the eigenvalues, real or complex"
    )
    assert np.isclose(rho, true, rtol=1e-7, atol=1e-7), (
        "momentum_matrix: with a negative curvature rho is above 1, as fast as the run leaves"
    )

for mu in (0.0, 0.25, 0.81):
    for pull in np.linspace((1 - mu**0.5) ** 2 + 1e-3, (1 + mu**0.5) ** 2 - 1e-3, 7):
        assert mu == 0 or np.isclose(
            momentum_matrix(0.5, mu, 2 * float(pull))[1], mu**0.5
        ), "momentum_matrix: on the flat floor rho is the root of mu, at any curvature"
    for side in (-1, 1):
        pull = (1 + side * mu**0.5) ** 2 + side * 1e-8
        assert np.isclose(momentum_matrix(1.0, mu, pull)[1], _radius(pull, mu), 1e-6), (
            "momentum_matrix: just off the flat floor one eigenvalue is longer already"
        )
    edge = 2 * (1 + mu)
    assert momentum_matrix(1.0, mu, 0.99 * edge)[1] < 1, (
        "momentum_matrix: rho is below 1 just below the border"
    )
    assert momentum_matrix(1.0, mu, 1.01 * edge)[1] > 1, (
        "momentum_matrix: rho is above 1 just beyond the border, where the eigenvalue is negative"
    )
    assert np.isclose(momentum_matrix(0.3, mu, 0.0)[1], 1.0), (
        "momentum_matrix: without curvature rho is 1"
    )
assert np.isclose(momentum_matrix(1 / 9, 4 / 9, 25.0)[1], 2 / 3, atol=1e-6), (
    "momentum_matrix: rho at the best setting of the lesson"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "momentum_matrix-inputs", "points": 1}
# Hidden tests of `momentum_matrix` with unusual numbers: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

for lr, mu, curvature in ((1, 0, 3), (2, 0, 1), (0, 0, 5), (1, 0.5, 1), (0.5, 0, 1)):
    M, rho = momentum_matrix(lr, mu, curvature)
    assert np.array_equal(M, [[1 + mu - lr * curvature, -mu], [1, 0]]), (
        "momentum_matrix: M is the same where the numbers are integers"
    )
    floats = momentum_matrix(float(lr), float(mu), float(curvature))
    assert np.isclose(rho, floats[1], rtol=1e-7), (
        "momentum_matrix: rho is the same where the numbers are integers"
    )
for size in (10**30, -(10**30), 10**100):
    M, rho = momentum_matrix(1, 0, size)
    right = np.allclose(
        np.array(M, dtype=float), [[-float(size), 0], [1, 0]], rtol=1e-9
    )
    assert right and np.isclose(float(rho), abs(size), rtol=1e-9), (
        "momentum_matrix: takes a huge curvature that is an integer, with all other numbers integers"
    )
for size in (1e9, 1e50, 1e100):
    for sign in (-1, 1):
        M, rho = momentum_matrix(0.5, 0.25, sign * size)
        assert np.isclose(np.array(M)[0, 0], -sign * size / 2, rtol=1e-8), (
            "momentum_matrix: M holds a huge curvature of either sign"
        )
        assert np.isclose(rho, size / 2, rtol=1e-8), (
            "momentum_matrix: rho of a huge curvature is huge, and finite"
        )
for lr, curvature in ((1e-10, 1.0), (1e-200, 1e193), (1.0, 1e-8), (1e150, 1e-160)):
    slow = float(momentum_matrix(lr, 0.5, curvature)[1])
    assert np.isclose(slow, 1 - 2 * lr * curvature, rtol=0, atol=1e-13), (
        "momentum_matrix: with a tiny rate or curvature rho is just below 1"
    )
    leaving = float(momentum_matrix(lr, 0.5, -curvature)[1])
    assert np.isclose(leaving, 1 + 2 * lr * curvature, rtol=0, atol=1e-13), (
        "momentum_matrix: with a tiny negative curvature rho is just above 1"
    )
for mu in (1e-12, 1 - 1e-9):
    assert np.isclose(
        momentum_matrix(0.5, mu, 2.0)[1], mu**0.5, rtol=1e-6, atol=1e-12
    ), "momentum_matrix: rho is the root of mu for a tiny mu and for one close to 1"
first = momentum_matrix(0.5, 0.5, 1.0)[0]
again = momentum_matrix(0.5, 0.5, 2.0)[0]
assert np.array_equal(first, [[1.0, -0.5], [1.0, 0.0]]), (
    "momentum_matrix: a second call does not change what the first has returned"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Nesterov's momentum: `nesterov_step(w, g, v, lr, mu)`
#
# easy · 10 minutes · 4 points
#
# You need the lesson [Nesterov, and where the rate goes](5_nesterov.ipynb).
#
# Nesterov's method takes the gradient where the velocity is about to lead. PyTorch keeps the weights at that place, so
# that the gradient `g` at `w` is the right one, and the step looks one velocity ahead:
#
# $$v \leftarrow \mu v + g, \qquad w \leftarrow w - \eta\, (g + \mu v), \qquad \eta = \text{lr},$$
#
# where the second formula uses the **new** $v$. This is `torch.optim.SGD(..., nesterov=True)`. Return the pair
# `(w, v)`.
#
# - `w`, `g` and `v` are arrays of one shape. A run starts with `v` all zeros, but any `v` may come in.
# - `mu` $= \mu$ lies in $[0, 1)$. The rate may change from step to step, and may be 0.
# - The rules for step functions at the top of this notebook hold: no input is changed, and the new velocity is not the
#   array `g` itself, which the caller soon fills with the next gradient.
#
# <details><summary>Hint 1: how often does the gradient count?</summary>
#
# It is in $g$, and in $\mu v$ once more. From $v = 0$ the first step is $\eta (1 + \mu) g$, and for momentum without
# Nesterov it is $\eta g$.
# </details>
#
# <details><summary>Hint 2: the order</summary>
#
# There are two velocities, the one that came in and the new one. Which of them does the formula for $w$ use?
# </details>


# %% nbgrader={"grade_id": "nesterov_step", "solution": true}
def nesterov_step(w, g, v, lr, mu):
    """Return the weights and the velocity after one step of Nesterov's momentum, in PyTorch's form.

    w, g, v: arrays of one shape.  lr, mu: floats.  Returns: (w, v).
    """
    ### BEGIN SOLUTION
    v = mu * v + g
    return w - lr * (g + mu * v), v
    ### END SOLUTION


# %% nbgrader={"grade_id": "nesterov_step-visible", "points": 1}
# Visible tests of `nesterov_step`: 1 point.
import numpy as np

# By hand: v = 0.5 * (1, 1) + (2, -4) = (2.5, -3.5), and w = (1, 2) - 0.5 * (2 + 1.25, -4 - 1.75).
w, g, v = np.array([1.0, 2.0]), np.array([2.0, -4.0]), np.array([1.0, 1.0])
new_w, new_v = nesterov_step(w, g, v, 0.5, 0.5)
assert np.shape(new_w) == (2,) and np.shape(new_v) == (2,), (
    "nesterov_step: weights and velocity keep their shape"
)
assert np.allclose(new_v, [2.5, -3.5]), (
    "nesterov_step: the new velocity is the one worked out by hand"
)
assert np.allclose(new_w, [-0.625, 4.875]), (
    "nesterov_step: the new weights are those worked out by hand"
)
assert np.array_equal(w, [1, 2]) and np.array_equal(v, [1, 1]), (
    "nesterov_step: w and v hold the same numbers after the call"
)

# %% nbgrader={"grade_id": "nesterov_step-hidden", "points": 2}
# Hidden tests of `nesterov_step`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _closed_form(w, v, G, lrs, mu):
    """All weights and velocities as sums over the gradients: v_t = mu^t v_0 + sum over k <= t of mu^(t-k) g_k."""
    t = np.arange(1, len(G) + 1)
    weights = np.where(t[:, None] >= t, float(mu) ** np.maximum(t[:, None] - t, 0), 0.0)
    flat = G.reshape(len(G), -1)
    velocity = weights @ flat + np.outer(float(mu) ** t, v)
    moved = np.ravel(w) - np.cumsum(lrs[:, None] * (flat + mu * velocity), axis=0)
    return moved.reshape(G.shape), velocity.reshape(G.shape)


rng = np.random.default_rng(4)
shapes = ((), (1,), (5,), (3, 1), (2, 3), (2, 1, 4))
for case in range(18):
    shape, steps = shapes[case % 6], int(rng.integers(1, 30))
    mu = float(rng.choice([0.0, 0.5, 0.9, 0.99]))
    lrs = rng.uniform(0.01, 1, size=steps) if case % 3 else np.full(steps, 0.3)
    G, w = rng.normal(scale=3, size=(steps, *shape)), np.array(rng.normal(size=shape))
    v = np.array(rng.normal(size=shape)) if case % 2 else np.zeros(shape)
    path_w, path_v = _closed_form(w, v, G, lrs, mu)
    for g, lr, true_w, true_v in zip(G, lrs.tolist(), path_w, path_v, strict=True):
        g = np.array(g)
        before = w.copy(), g.copy(), v.copy()
        new_w, new_v = (
            np.array(a, dtype=float) for a in nesterov_step(w, g, v, lr, mu)
        )
        assert all(
            np.array_equal(a, c) for a, c in zip(before, (w, g, v), strict=True)
        ), "nesterov_step: w, g and v hold the same numbers after the call"
        assert new_w.shape == shape and new_v.shape == shape, (
            "nesterov_step: weights and velocity keep any shape"
        )
        assert np.allclose(new_v, true_v, rtol=1e-10, atol=1e-10), (
            "nesterov_step: the velocity is the decayed sum of the gradients, without the rate"
        )
        assert np.allclose(new_w, true_w, rtol=1e-10, atol=1e-10), (
            "nesterov_step: each step is the rate of its own time, times the gradient plus mu times the new velocity"
        )
        w, v = new_w, new_v

# The textbook's form, with the gradient at the point ahead: x = w + lr mu v there is w here, at a constant rate.
for _ in range(5):
    B, lr, mu = rng.normal(size=(3, 3)), 0.05, 0.8
    A, x, ahead, v = B @ B.T / 3, np.ones(3), np.zeros(3), np.zeros(3)
    w = x.copy()
    for _ in range(15):
        assert np.allclose(w, x - lr * mu * ahead, rtol=1e-8, atol=1e-9), (
            "nesterov_step: stays at the point ahead of Nesterov's own iterates"
        )
        ahead = mu * ahead + A @ (x - lr * mu * ahead)
        x = x - lr * ahead
        w, v = (np.array(a, dtype=float) for a in nesterov_step(w, A @ w, v, lr, mu))

g = np.array([1.0, -2.0])
w, v = nesterov_step(np.zeros(2), g, np.zeros(2), 1.0, 0.5)
other = nesterov_step(np.zeros(3), np.ones(3), np.zeros(3), 0.25, 0.9)
w, v = nesterov_step(np.array(w), np.zeros(2), np.array(v), 0.1, 0.5)
assert np.allclose(other[0], -0.475), (
    "nesterov_step: a step between two steps of a run does not disturb it"
)
assert np.allclose(w, -1.525 * g) and np.allclose(v, 0.5 * g), (
    "nesterov_step: coasts on when the gradient is zero"
)
w, v = nesterov_step(np.ones(2), g, np.array([0.0, 4.0]), 0.0, 0.5)
assert np.array_equal(w, [1, 1]) and np.allclose(v, [1.0, 0.0]), (
    "nesterov_step: with a rate of zero the weights stay, and the velocity goes on"
)
for mu in (0.0, 1e-9, 0.01, 0.04):
    w, v = nesterov_step(np.array([0.0]), np.array([2.0]), np.array([5.0]), 0.5, mu)
    assert np.isclose(w[0], -1 - mu - mu**2 * 2.5, rtol=1e-12, atol=0), (
        "nesterov_step: a small momentum counts in both of its places"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "nesterov_step-inputs", "points": 1} tags=["beside"]
# Hidden test of `nesterov_step` with unusual inputs: 1 point. It looks at memory, so it runs beside your code.
### BEGIN HIDDEN TESTS
import numpy as np


def _laid_out(a):
    """Yield the numbers of a: by rows, by columns, with gaps, backwards, and so that nobody can write to them."""
    wide = np.repeat(a, 2, axis=1)
    wide[:, 1::2] = 7.0
    frozen = a.copy()
    frozen.flags.writeable = False
    yield from (a.copy(), a.copy(order="F"), wide[:, ::2], np.flip(np.flip(a).copy()))
    yield frozen


_rng = np.random.default_rng(4)
_w, _v = _rng.normal(size=(2, 2, 3))
_g = np.array([[2.0, 0.5, -1.0], [0.0, 300.0, -0.25]])
_true_v = 0.9 * _v + _g
_true_w = _w - 0.3 * (_g + 0.9 * _true_v)
for _type in (np.float16, np.float32, np.float64):
    _found = nesterov_step(_w, _g.astype(_type), _v, 0.3, 0.9)
    assert np.allclose(_found, [_true_w, _true_v], rtol=1e-13, atol=1e-13), (
        "nesterov_step: a gradient of float16, float32 or float64 gives float64 weights and velocity"
    )
for _each in zip(_laid_out(_w), list(_laid_out(_g))[::-1], _laid_out(_v), strict=True):
    _found = nesterov_step(*_each, 0.3, 0.9)
    assert np.allclose(_found, [_true_w, _true_v], rtol=1e-13, atol=1e-13), (
        "nesterov_step: the step does not depend on how its arrays lie in memory"
    )
for _scale in (1e-150, 1e-13, 1e13, 1e150):
    _found = nesterov_step(_scale * _w, _scale * _g, _scale * _v, 0.3, 0.9)
    assert np.allclose(
        np.divide(_found, _scale), [_true_w, _true_v], rtol=1e-12, atol=1e-12
    ), "nesterov_step: numbers of any size make the same step in their own units"
for _place in ((0, 0), (0, 2), (1, 2)):
    _broken = _g.copy()
    _broken[_place] = np.nan
    _found = np.array(nesterov_step(_w, _broken, _v, 0.3, 0.9))
    assert np.isnan(_found[(..., *_place)]).all() and np.isnan(_found).sum() == 2, (
        "nesterov_step: a NaN in the gradient makes its own weight NaN, and no other"
    )
    _spoilt = np.where(np.isnan(_broken), np.nan, [_true_w, _true_v])
    assert np.allclose(_found, _spoilt, rtol=1e-13, atol=1e-13, equal_nan=True), (
        "nesterov_step: beside a NaN the other weights make their own step"
    )
for _start in (np.zeros((2, 3)), _v):
    for _rate, _mu in ((0.3, 0.9), (0.0, 0.9), (0.3, 0.0)):
        _given = _w.copy(), _g.copy(), _start.copy()
        _found = nesterov_step(*_given, _rate, _mu)
        _kept = np.array(_found)
        for _array in _given:
            _array[...] = 77.0
        assert np.array_equal(_found, _kept), (
            "nesterov_step: what it has returned stays when the caller writes into its own arrays again"
        )
        nesterov_step(_v, _w, _g, 0.5, 0.5)
        assert np.array_equal(_found, _kept), (
            "nesterov_step: what it has returned stays when the next step is made"
        )
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Adagrad: `adagrad_step(w, g, s, lr, eps)`
#
# easy · 10 minutes · 4 points
#
# You need the lesson [A rate for each weight](6_rate_per_weight.ipynb).
#
# Adagrad gives every weight a rate of its own: the more gradient a weight has seen, the smaller its steps. For each
# entry on its own,
#
# $$s \leftarrow s + g^2, \qquad w \leftarrow w - \eta\, \frac{g}{\sqrt{s} + \varepsilon}, \qquad \eta = \text{lr},$$
#
# where the second formula uses the **new** $s$. Return the pair `(w, s)`.
#
# - `w`, `g` and `s` are arrays of one shape, and `s` has no negative entry. Most runs start with `s` all zeros.
# - `eps` $= \varepsilon > 0$ stands outside the root. Where `g` and `s` are both 0, the weight does not move.
# - The rules for step functions at the top of this notebook hold: no input is changed, and a gradient of float16, which
#   ends at 65504, is made float64 before it is squared.
#
# <details><summary>Hint 1: the first step</summary>
#
# From $s = 0$ the root is $|g|$. What is the first step, if $\varepsilon$ is small? How does it depend on the size of
# $g$?
# </details>
#
# <details><summary>Hint 2: inside or outside</summary>
#
# A root over a sum, or a sum with a root in it: for $s = 0$ and $\varepsilon = 10^{-8}$ they differ by a factor of
# 10,000.
# </details>


# %% nbgrader={"grade_id": "adagrad_step", "solution": true}
def adagrad_step(w, g, s, lr, eps):
    """Return the weights and the accumulated squared gradients after one step of Adagrad.

    w, g, s: arrays of one shape.  lr, eps: floats.  Returns: (w, s).
    """
    ### BEGIN SOLUTION
    g = np.asarray(g, dtype=float)
    s = s + g**2
    return w - lr * g / (np.sqrt(s) + eps), s
    ### END SOLUTION


# %% nbgrader={"grade_id": "adagrad_step-visible", "points": 1}
# Visible tests of `adagrad_step`: 1 point.
import numpy as np

# By hand: s = (0 + 9, 12 + 4), its roots are 3 and 4, and w = (1, 2) - 2 * (3 / 4, -2 / 5).
w, g, s = np.array([1.0, 2.0]), np.array([3.0, -2.0]), np.array([0.0, 12.0])
new_w, new_s = adagrad_step(w, g, s, 2.0, 1.0)
assert np.shape(new_w) == (2,) and np.shape(new_s) == (2,), (
    "adagrad_step: weights and sums keep their shape"
)
assert np.allclose(new_s, [9.0, 16.0]), (
    "adagrad_step: the new sums are those worked out by hand"
)
assert np.allclose(new_w, [-0.5, 2.8]), (
    "adagrad_step: the new weights are those worked out by hand"
)
assert np.array_equal(w, [1, 2]) and np.array_equal(s, [0, 12]), (
    "adagrad_step: w and s hold the same numbers after the call"
)

# %% nbgrader={"grade_id": "adagrad_step-hidden", "points": 2}
# Hidden tests of `adagrad_step`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import math

import numpy as np


def _closed_form(w, s, column, lrs, eps):
    """The path of one weight, from exact sums of all the squares so far."""
    sums = [
        math.fsum([s, *(g * g for g in column[: t + 1])]) for t in range(len(column))
    ]
    moves = [
        lr * g / (math.sqrt(total) + eps)
        for lr, g, total in zip(lrs, column, sums, strict=True)
    ]
    return [w - math.fsum(moves[: t + 1]) for t in range(len(moves))], sums


rng = np.random.default_rng(5)
shapes = ((), (1,), (5,), (3, 1), (2, 3), (2, 1, 4))
for case in range(18):
    shape, steps, eps = (
        shapes[case % 6],
        int(rng.integers(1, 20)),
        float(rng.choice([1e-10, 1e-4, 0.1, 1.0])),
    )
    lrs = rng.uniform(0.01, 1, size=steps)
    G, w = (
        rng.normal(size=(steps, *shape)) * 10.0 ** rng.uniform(-4, 2, size=shape),
        np.array(rng.normal(size=shape)),
    )
    s = np.array(rng.uniform(0, 2, size=shape)) if case % 2 else np.zeros(shape)
    columns = [
        _closed_form(a, b, column, lrs.tolist(), eps)
        for a, b, column in zip(
            w.ravel().tolist(),
            s.ravel().tolist(),
            G.reshape(steps, -1).T.tolist(),
            strict=True,
        )
    ]
    path_w, path_s = (
        np.array([c[part] for c in columns]).T.reshape(G.shape) for part in (0, 1)
    )
    for g, lr, true_w, true_s in zip(G, lrs.tolist(), path_w, path_s, strict=True):
        g = np.array(g)
        before = w.copy(), g.copy(), s.copy()
        new_w, new_s = (
            np.array(a, dtype=float) for a in adagrad_step(w, g, s, lr, eps)
        )
        assert all(
            np.array_equal(a, c) for a, c in zip(before, (w, g, s), strict=True)
        ), "adagrad_step: w, g and s hold the same numbers after the call"
        assert new_w.shape == shape and new_s.shape == shape, (
            "adagrad_step: weights and sums keep any shape"
        )
        assert np.allclose(new_s, true_s, rtol=1e-10, atol=0), (
            "adagrad_step: sums up the squared gradients"
        )
        assert np.allclose(new_w, true_w, rtol=1e-10, atol=1e-10), (
            "adagrad_step: divides each gradient by the root of its own sum, plus eps"
        )
        w, s = new_w, new_s

w, s = adagrad_step(np.array([3.0, 3.0]), np.array([0.0, 1e-6]), np.zeros(2), 0.5, 1e-8)
assert np.allclose(np.asarray(w)[0], 3.0), (
    "adagrad_step: a weight without any gradient does not move"
)
assert np.allclose(w, [3.0, 3.0 - 0.5 / 1.01]), (
    "adagrad_step: eps stands outside the root"
)
assert np.asarray(s)[0] == 0, (
    "adagrad_step: a weight without any gradient keeps its sum"
)
G = np.zeros((9, 2))
G[:, 0], G[4, 1] = 1.0, 1.0
w, s = np.zeros(2), np.zeros(2)
for g in G:
    w, s = (np.array(a, dtype=float) for a in adagrad_step(w, g, s, 1.0, 1e-12))
assert np.allclose(w, [-sum(1 / math.sqrt(t) for t in range(1, 10)), -1.0]), (
    "adagrad_step: a rare feature keeps its full rate"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "adagrad_step-inputs", "points": 1}
# Hidden tests of `adagrad_step` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import math

import numpy as np

from gdcourse import testing


def _true(w, g, s, lr, eps):
    """The new weights and sums, one entry after the other, in Python's floats."""
    pairs = []
    for a, b, c in zip(
        w.ravel().tolist(), g.ravel().tolist(), s.ravel().tolist(), strict=True
    ):
        c = c + b * b
        pairs.append((a - lr * b / (math.sqrt(c) + eps), c))
    return np.array(pairs).T.reshape(2, *w.shape)


def _is(true, w, g, s, lr, eps, **how):
    """Does the answer make this step? False also where it raises an error."""
    try:
        found = adagrad_step(w, g, s, lr, eps)
        return np.allclose(
            np.array(found[0]), true[0], rtol=1e-11, atol=0, **how
        ) and np.allclose(np.array(found[1]), true[1], rtol=1e-11, atol=0, **how)
    except (TypeError, ValueError, ArithmeticError, IndexError):
        return False


rng = np.random.default_rng(22)
w, s = rng.normal(size=(2, 3)), rng.uniform(0.5, 2, size=(2, 3))
g = np.array([[2.0, 0.5, -1.0], [0.0, 300.0, -0.25]])
true = _true(w, g, s, 0.3, 1e-3)
for kind in testing.FLOATS:
    assert _is(true, w, g.astype(kind), s, 0.3, 1e-3), (
        "adagrad_step: a gradient of float16, float32 or float64 gives float64 weights and sums"
    )
    zero = np.zeros((2, 3))
    assert _is(
        _true(zero, g, zero, 0.3, 1e-3), zero, g.astype(kind), zero, 0.3, 1e-3
    ), "adagrad_step: the first gradient of a run may be of float16, float32 or float64"
laid_out = [list(testing.of_every_layout(a)) for a in (w, g, s)]
for each in zip(laid_out[0], laid_out[1][::-1], laid_out[2], strict=True):
    before = testing.snapshot(each)
    assert _is(true, *each, 0.3, 1e-3), (
        "adagrad_step: the step does not depend on how its arrays lie in memory"
    )
    assert testing.same(each, before), "adagrad_step: leaves its arrays as they are"
for scale in (1e-145, 1e-12, 1e12, 1e120):
    in_units = np.array([true[0] * scale, true[1] * scale**2])
    assert _is(
        in_units, w * scale, g * scale, s * scale**2, 0.3 * scale, 1e-3 * scale
    ), "adagrad_step: numbers of any size make the same step in their own units"
    zero, alone = np.zeros((2, 3)), g * scale
    assert _is(_true(zero, alone, zero, 0.3, 1e-8), zero, alone, zero, 0.3, 1e-8), (
        "adagrad_step: a first gradient of any size is no special case"
    )
for broken in testing.at_every_place(g, np.nan):
    spoilt = np.where(np.isnan(broken), np.nan, true)
    assert _is(spoilt, w, broken, s, 0.3, 1e-3, equal_nan=True), (
        "adagrad_step: a NaN in the gradient makes its own weight NaN, and no other"
    )
assert _is([w, true[1]], w, g, s, 0.0, 1e-3), (
    "adagrad_step: with a rate of zero the weights stay, and the sums go on"
)
assert _is(_true(w, g * 0, s, 0.3, 1e-3), w, g * 0, s, 0.3, 1e-3), (
    "adagrad_step: a gradient of zeros moves no weight and keeps the sums"
)
for lr, slope in ((0.3, g), (0.0, g), (0.3, 0 * g), (0.0, 0 * g)):
    found = adagrad_step(w, slope, s, lr, 1e-3)
    assert testing.apart(w, slope, s, found), (
        "adagrad_step: the weights and sums are new arrays, also where nothing moves"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 8. RMSprop: `rmsprop_step(w, g, s, lr, rho, eps)`
#
# easy · 10 minutes · 4 points
#
# You need the lesson [A rate for each weight](6_rate_per_weight.ipynb).
#
# Adagrad never forgets, so its steps only shrink. RMSprop keeps a moving average in place of the sum. For each entry on
# its own,
#
# $$s \leftarrow \rho s + (1 - \rho) g^2, \qquad w \leftarrow w - \eta\, \frac{g}{\sqrt{s} + \varepsilon},
#   \qquad \eta = \text{lr},$$
#
# where the second formula uses the **new** $s$. Return the pair `(w, s)`.
#
# - `w`, `g` and `s` are arrays of one shape, and `s` has no negative entry. Most runs start with `s` all zeros, and
#   nothing is done about the small $s$ of the first steps.
# - `rho` $= \rho$ lies in $[0, 1)$. `eps` $= \varepsilon > 0$ stands outside the root. Where `g` and `s` are both 0,
#   the weight does not move.
# - The rules for step functions at the top of this notebook hold: no input is changed, and a gradient of float16, which
#   ends at 65504, is made float64 before it is squared.
#
# <details><summary>Hint 1: what keeps, what comes new?</summary>
#
# With $\rho = 0.9$, nine tenths of the old average stay. With $\rho = 0$ the average is the newest square.
# </details>
#
# <details><summary>Hint 2: the first step</summary>
#
# From $s = 0$ the first step is $\eta / \sqrt{1 - \rho}$ in size, if $\varepsilon$ is small: with $\rho = 0.99$ ten
# times the rate. Adam corrects this; RMSprop does not.
# </details>


# %% nbgrader={"grade_id": "rmsprop_step", "solution": true}
def rmsprop_step(w, g, s, lr, rho, eps):
    """Return the weights and the averaged squared gradients after one step of RMSprop.

    w, g, s: arrays of one shape.  lr, rho, eps: floats.  Returns: (w, s).
    """
    ### BEGIN SOLUTION
    g = np.asarray(g, dtype=float)
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / (np.sqrt(s) + eps), s
    ### END SOLUTION


# %% nbgrader={"grade_id": "rmsprop_step-visible", "points": 1}
# Visible tests of `rmsprop_step`: 1 point.
import numpy as np

# By hand: s = 0.75 * (0, 4) + 0.25 * (16, 4) = (4, 4), its root is 2, and w = (1, 2) - 0.5 * (4, -2) / 2.5.
w, g, s = np.array([1.0, 2.0]), np.array([4.0, -2.0]), np.array([0.0, 4.0])
new_w, new_s = rmsprop_step(w, g, s, 0.5, 0.75, 0.5)
assert np.shape(new_w) == (2,) and np.shape(new_s) == (2,), (
    "rmsprop_step: weights and averages keep their shape"
)
assert np.allclose(new_s, [4.0, 4.0]), (
    "rmsprop_step: the new averages are those worked out by hand"
)
assert np.allclose(new_w, [0.2, 2.4]), (
    "rmsprop_step: the new weights are those worked out by hand"
)
assert np.array_equal(w, [1, 2]) and np.array_equal(s, [0, 4]), (
    "rmsprop_step: w and s hold the same numbers after the call"
)

# %% nbgrader={"grade_id": "rmsprop_step-hidden", "points": 2}
# Hidden tests of `rmsprop_step`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _closed_form(w, s, G, lrs, rho, eps):
    """All weights and averages as sums over the squared gradients, with the weights (1 - rho) rho^(t-k)."""
    t, flat = np.arange(1, len(G) + 1), G.reshape(len(G), -1)
    weights = np.where(
        t[:, None] >= t, (1 - rho) * float(rho) ** np.maximum(t[:, None] - t, 0), 0.0
    )
    average = weights @ flat**2 + np.outer(float(rho) ** t, s)
    moved = np.ravel(w) - np.cumsum(lrs[:, None] * flat / (average**0.5 + eps), axis=0)
    return moved.reshape(G.shape), average.reshape(G.shape)


rng = np.random.default_rng(6)
shapes = ((), (1,), (5,), (3, 1), (2, 3), (2, 1, 4))
for case in range(18):
    shape, steps, eps = (
        shapes[case % 6],
        int(rng.integers(1, 25)),
        float(rng.choice([1e-10, 1e-4, 0.1, 1.0])),
    )
    rho, lrs = (
        float(rng.choice([0.0, 0.3, 0.9, 0.99])),
        rng.uniform(0.01, 1, size=steps),
    )
    G, w = (
        rng.normal(size=(steps, *shape)) * 10.0 ** rng.uniform(-4, 2, size=shape),
        np.array(rng.normal(size=shape)),
    )
    s = np.array(rng.uniform(0, 2, size=shape)) if case % 2 else np.zeros(shape)
    path_w, path_s = _closed_form(w, s, G, lrs, rho, eps)
    for g, lr, true_w, true_s in zip(G, lrs.tolist(), path_w, path_s, strict=True):
        g = np.array(g)
        before = w.copy(), g.copy(), s.copy()
        new_w, new_s = (
            np.array(a, dtype=float) for a in rmsprop_step(w, g, s, lr, rho, eps)
        )
        assert all(
            np.array_equal(a, c) for a, c in zip(before, (w, g, s), strict=True)
        ), "rmsprop_step: w, g and s hold the same numbers after the call"
        assert new_w.shape == shape and new_s.shape == shape, (
            "rmsprop_step: weights and averages keep any shape"
        )
        assert np.allclose(new_s, true_s, rtol=1e-10, atol=0), (
            "rmsprop_step: averages the squared gradients, the newest with the weight 1 - rho"
        )
        assert np.allclose(new_w, true_w, rtol=1e-10, atol=1e-10), (
            "rmsprop_step: divides each gradient by the root of its own average, plus eps"
        )
        w, s = new_w, new_s

w, s = rmsprop_step(
    np.array([3.0, 3.0]), np.array([0.0, 1e-6]), np.zeros(2), 0.5, 0.75, 1e-8
)
assert np.allclose(np.asarray(w)[0], 3.0), (
    "rmsprop_step: a weight without any gradient does not move"
)
assert np.allclose(w, [3.0, 3.0 - 0.5 / 0.51]), (
    "rmsprop_step: eps stands outside the root"
)
assert np.asarray(s)[0] == 0, (
    "rmsprop_step: a weight without any gradient keeps its average"
)
w, s = rmsprop_step(np.zeros(1), np.zeros(1), np.array([8.0]), 0.5, 0.75, 1e-8)
assert np.allclose(s, 6.0) and np.allclose(w, 0.0), (
    "rmsprop_step: forgets old gradients while none comes"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "rmsprop_step-inputs", "points": 1}
# Hidden tests of `rmsprop_step` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import math

import numpy as np

from gdcourse import testing


def _true(w, g, s, lr, eps):
    """The new weights and averages, one entry after the other, in Python's floats."""
    pairs = []
    for a, b, c in zip(
        w.ravel().tolist(), g.ravel().tolist(), s.ravel().tolist(), strict=True
    ):
        c = 0.9 * c + (1 - 0.9) * b * b
        pairs.append((a - lr * b / (math.sqrt(c) + eps), c))
    return np.array(pairs).T.reshape(2, *w.shape)


def _is(true, w, g, s, lr, eps, **how):
    """Does the answer make this step? False also where it raises an error."""
    try:
        found = rmsprop_step(w, g, s, lr, 0.9, eps)
        return np.allclose(
            np.array(found[0]), true[0], rtol=1e-11, atol=0, **how
        ) and np.allclose(np.array(found[1]), true[1], rtol=1e-11, atol=0, **how)
    except (TypeError, ValueError, ArithmeticError, IndexError):
        return False


rng = np.random.default_rng(22)
w, s = rng.normal(size=(2, 3)), rng.uniform(0.5, 2, size=(2, 3))
g = np.array([[2.0, 0.5, -1.0], [0.0, 300.0, -0.25]])
true = _true(w, g, s, 0.3, 1e-3)
for kind in testing.FLOATS:
    assert _is(true, w, g.astype(kind), s, 0.3, 1e-3), (
        "rmsprop_step: a gradient of float16, float32 or float64 gives float64 weights and averages"
    )
    zero = np.zeros((2, 3))
    assert _is(
        _true(zero, g, zero, 0.3, 1e-3), zero, g.astype(kind), zero, 0.3, 1e-3
    ), "rmsprop_step: the first gradient of a run may be of float16, float32 or float64"
laid_out = [list(testing.of_every_layout(a)) for a in (w, g, s)]
for each in zip(laid_out[0], laid_out[1][::-1], laid_out[2], strict=True):
    before = testing.snapshot(each)
    assert _is(true, *each, 0.3, 1e-3), (
        "rmsprop_step: the step does not depend on how its arrays lie in memory"
    )
    assert testing.same(each, before), "rmsprop_step: leaves its arrays as they are"
for scale in (1e-145, 1e-12, 1e12, 1e120):
    in_units = np.array([true[0] * scale, true[1] * scale**2])
    assert _is(
        in_units, w * scale, g * scale, s * scale**2, 0.3 * scale, 1e-3 * scale
    ), "rmsprop_step: numbers of any size make the same step in their own units"
    zero, alone = np.zeros((2, 3)), g * scale
    assert _is(_true(zero, alone, zero, 0.3, 1e-8), zero, alone, zero, 0.3, 1e-8), (
        "rmsprop_step: a first gradient of any size is no special case"
    )
for broken in testing.at_every_place(g, np.nan):
    spoilt = np.where(np.isnan(broken), np.nan, true)
    assert _is(spoilt, w, broken, s, 0.3, 1e-3, equal_nan=True), (
        "rmsprop_step: a NaN in the gradient makes its own weight NaN, and no other"
    )
assert _is([w, true[1]], w, g, s, 0.0, 1e-3), (
    "rmsprop_step: with a rate of zero the weights stay, and the averages go on"
)
assert _is(_true(w, g * 0, s, 0.3, 1e-3), w, g * 0, s, 0.3, 1e-3), (
    "rmsprop_step: a gradient of zeros moves no weight, and the averages decay"
)
for lr, slope in ((0.3, g), (0.0, g), (0.3, 0 * g), (0.0, 0 * g)):
    found = rmsprop_step(w, slope, s, lr, 0.9, 1e-3)
    assert testing.apart(w, slope, s, found), (
        "rmsprop_step: the weights and averages are new arrays, also where nothing moves"
    )
for kind in testing.FLOATS:
    _, fresh = rmsprop_step(w, g.astype(kind), s, 0.3, 0.0, 1e-3)
    assert np.asarray(fresh).dtype == np.float64 and np.array_equal(fresh, g * g), (
        "rmsprop_step: without memory the average is the newest square, in float64"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 9. Adam: `adam_step(w, g, state, lr, b1, b2, eps)`
#
# medium · 20 minutes · 5 points
#
# You need the lesson [Adam: two running means](7_adam.ipynb).
#
# Adam averages the gradients and their squares. Both averages start at 0, and both are corrected for it. In step
# $t = 1, 2, \dots$, for each entry on its own,
#
# $$m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t, \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2,$$
#
# $$\hat m_t = \frac{m_t}{1 - \beta_1^t}, \qquad \hat v_t = \frac{v_t}{1 - \beta_2^t}, \qquad
#   w_t = w_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \varepsilon}, \qquad \eta = \text{lr}.$$
#
# Return the pair `(w, state)`.
#
# - `state` is a dictionary. What is in it is up to you: numbers, strings, arrays, and lists or dictionaries of them. A
#   run starts with `{}` or with `None`, and either is the state before the first step. Each later step gets what the
#   step before has returned.
# - The dictionary that comes in is unchanged afterwards, with all that is in it. A step can be repeated from a saved
#   state and gives the same result. A new run with `{}` begins at $t = 1$, whatever ran before.
# - `w` and `g` are arrays of one shape. `b1` $= \beta_1$ and `b2` $= \beta_2$ lie in $[0, 1)$.
#   `eps` $= \varepsilon > 0$ stands outside the root, and is added after the correction.
# - The rules for step functions at the top of this notebook hold. A step counts whatever its gradient or its rate is,
#   also if they are 0, and a run may be long. A gradient of float16 or float32 is made float64 before it is averaged.
#
# <details><summary>Hint 1: what has to be remembered?</summary>
#
# $m$, $v$ and $t$. Without $t$ every step is corrected as if it were the first.
# </details>
#
# <details><summary>Hint 2: the first step</summary>
#
# After one step $\hat m_1 = g_1$ and $\hat v_1 = g_1^2$, so each weight moves by almost exactly the rate, against the
# sign of its gradient. Does yours?
# </details>
#
# <details><summary>Hint 3: reading and writing the state</summary>
#
# A dictionary's method `get` takes a second argument: what to return where there is nothing yet. Return a new
# dictionary with new arrays in it; `*=` and `+=` would write into the old ones.
# </details>


# %% nbgrader={"grade_id": "adam_step", "solution": true}
def adam_step(w, g, state, lr, b1, b2, eps):
    """Return the weights and the state after one step of Adam.

    w, g: arrays of one shape.  state: dict, {} or None at first.  lr, b1, b2, eps: floats.  Returns: (w, dict).
    """
    ### BEGIN SOLUTION
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}
    ### END SOLUTION


# %% nbgrader={"grade_id": "adam_step-visible", "points": 1}
# Visible tests of `adam_step`: 1 point.
import numpy as np

# By hand, with lr = 0.5, b1 = 0.5, b2 = 0.75 and eps = 2. Step 1: m = 1, v = 1, corrected 2 and 4, so that w moves from
# 1 by -0.5 * 2 / (2 + 2). Step 2: m = -0.5, v = 1.75, corrected -2/3 and 4, so that w moves by 0.5 * (2/3) / 4.
w, start = np.array([1.0]), {}
first, state = adam_step(w, np.array([2.0]), start, 0.5, 0.5, 0.75, 2.0)
assert np.shape(first) == (1,), "adam_step: the weights keep their shape"
assert isinstance(state, dict), "adam_step: the new state is a dictionary"
assert np.allclose(first, [0.75]), (
    "adam_step: the first step leads where the one worked out by hand leads"
)
second, state = adam_step(np.array(first), np.array([-2.0]), state, 0.5, 0.5, 0.75, 2.0)
assert np.allclose(second, [5 / 6]), (
    "adam_step: the second step leads where the one worked out by hand leads"
)
assert w[0] == 1 and start == {}, (
    "adam_step: w and the empty state are the same after the call"
)
assert np.allclose(
    adam_step(w, np.array([2.0]), None, 0.5, 0.5, 0.75, 2.0)[0], [0.75]
), "adam_step: None starts a run too"

# %% nbgrader={"grade_id": "adam_step-hidden", "points": 3}
# Hidden tests of `adam_step`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import copy

import numpy as np


def _closed_form(w, G, lrs, b1, b2, eps):
    """All weights of a run, from the corrected averages as weighted means of all gradients so far."""
    t, flat = np.arange(1, len(G) + 1), G.reshape(len(G), -1)

    def _mean(beta, values):
        weights = np.where(
            t[:, None] >= t, float(beta) ** np.maximum(t[:, None] - t, 0), 0.0
        )
        return weights / weights.sum(axis=1, keepdims=True) @ values

    moves = lrs[:, None] * _mean(b1, flat) / (_mean(b2, flat**2) ** 0.5 + eps)
    return (np.ravel(w) - np.cumsum(moves, axis=0)).reshape(G.shape)


rng = np.random.default_rng(7)
shapes = ((), (1,), (5,), (3, 1), (2, 3), (2, 1, 4))
for case in range(18):
    shape, steps, eps = (
        shapes[case % 6],
        int(rng.integers(2, 25)),
        float(rng.choice([1e-10, 1e-3, 0.1, 1.0])),
    )
    b1, b2 = (
        float(rng.choice([0.0, 0.5, 0.9])),
        float(rng.choice([0.0, 0.75, 0.9, 0.999])),
    )
    lrs = rng.uniform(0.01, 1, size=steps) if case % 3 else np.full(steps, 0.1)
    G, w = (
        rng.normal(size=(steps, *shape)) * 10.0 ** rng.uniform(-4, 2, size=shape),
        np.array(rng.normal(size=shape)),
    )
    G[rng.random(G.shape) < 0.1] = 0.0
    path = _closed_form(w, G, lrs, b1, b2, eps)
    state, saved = (None if case % 2 else {}), []
    for g, lr, true_w in zip(G, lrs.tolist(), path, strict=True):
        g = np.array(g)
        before = w.copy(), g.copy()
        saved.append((w, state))
        new_w, state = adam_step(w, g, state, lr, b1, b2, eps)
        new_w = np.array(new_w, dtype=float)
        assert np.array_equal(w, before[0]) and np.array_equal(g, before[1]), (
            "adam_step: w and g hold the same numbers after the call"
        )
        assert new_w.shape == shape, "adam_step: the weights keep any shape"
        assert isinstance(state, dict), "adam_step: each new state is a dictionary"
        if len(saved) == 1:
            assert np.allclose(new_w, true_w, rtol=1e-10, atol=1e-10), (
                "adam_step: the first step is that of corrected averages, with eps outside the root"
            )
        assert np.allclose(new_w, true_w, rtol=1e-10, atol=1e-10), (
            "adam_step: every step of a run is that of corrected averages, with its own rate"
        )
        w = new_w
    k = int(rng.integers(steps))
    old_w, old_state = saved[k]
    again = np.array(
        adam_step(old_w, np.array(G[k]), old_state, float(lrs[k]), b1, b2, eps)[0],
        dtype=float,
    )
    assert np.allclose(again, path[k], rtol=1e-10, atol=1e-10), (
        "adam_step: a step repeated from a saved state is the same"
    )
    beside = adam_step(
        old_w + 1.0, np.array(G[k]), old_state, float(lrs[k]), b1, b2, eps
    )[0]
    assert np.allclose(beside, path[k] + 1.0, rtol=1e-10, atol=1e-10), (
        "adam_step: a step starts at the weights that it is given, whatever the state"
    )

one, two = rng.normal(size=(12, 3)), rng.normal(size=(12, 2, 2))
runs = [[np.zeros(3), {}], [np.ones((2, 2)), None]]
for pair in zip(one, two, strict=True):
    for run, g in zip(runs, pair, strict=True):
        w, run[1] = adam_step(run[0], g, copy.deepcopy(run[1]), 0.1, 0.9, 0.99, 1e-8)
        run[0] = np.array(w, dtype=float)
for run, G, start in zip(runs, (one, two), (np.zeros(3), np.ones((2, 2))), strict=True):
    assert np.allclose(
        run[0], _closed_form(start, G, np.full(12, 0.1), 0.9, 0.99, 1e-8)[-1]
    ), "adam_step: two runs that take turns do not disturb each other"

start = {}
w, _ = adam_step(np.zeros(3), np.array([1e-6, -3.0, 0.0]), start, 0.1, 0.9, 0.999, 1e-8)
assert start == {}, "adam_step: an empty state is empty after the call"
assert np.allclose(w, [-0.1 / 1.01, 0.1, 0.0]), (
    "adam_step: the first step hardly depends on the size of the gradient"
)
quiet = np.append(np.full(40, 1e-3), 1.0)[:, None]
state, w = {}, np.zeros(1)
for g in quiet:
    before = float(np.ravel(w)[0])
    w, state = adam_step(np.array(w, dtype=float), g, state, 0.1, 0.0, 0.999, 1e-8)
expected = -0.1 / np.sqrt(
    np.average(np.ravel(quiet) ** 2, weights=0.999 ** np.arange(40, -1, -1))
)
assert np.isclose(float(np.ravel(w)[0]) - before, expected, rtol=1e-4), (
    "adam_step: after many small gradients a large one makes a step far longer than the rate"
)
state, w = None, np.zeros(1)
for _ in range(50):
    w, state = adam_step(
        np.array(w, dtype=float), np.array([2.5]), state, 0.01, 0.9, 0.999, 1e-12
    )
assert np.allclose(w, -0.5), (
    "adam_step: under a constant gradient every step has the size of the rate"
)

# A long run on constant gradients: the corrected moments are those of the first step, so each step is as long as that.
w, state, g = np.zeros(2), {}, np.array([1.0, 1e-10])
for t in range(1050):
    w, state = adam_step(w, g, state, 1e-3, 0.9, 0.9999, 1e-10)
assert np.allclose(w, [-1.05, -1.05 / 2], rtol=1e-6, atol=0), (
    "adam_step: the correction is made in every step of a long run"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "adam_step-inputs", "points": 1}
# Hidden tests of `adam_step` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

B1, B2 = 0.9, 0.99


def _true(w, G, lrs, eps):
    """The weights after each step of a run, by the formulas, in float64."""
    m = v = np.zeros_like(w)
    path = []
    for t, (g, lr) in enumerate(zip(G, lrs, strict=True), start=1):
        m, v = B1 * m + (1 - B1) * g, B2 * v + (1 - B2) * g * g
        root = np.sqrt(v / (1 - B2**t))
        w = w - lr * (m / (1 - B1**t)) / (root + eps)
        path.append(w)
    return np.array(path)


def _run(w, G, lrs, eps):
    """The weights after each step of the answer; None where it raises an error."""
    path, state = [], {}
    try:
        for g, lr in zip(G, lrs, strict=True):
            w, state = adam_step(w, g, state, lr, B1, B2, eps)
            w = np.array(w, dtype=float)
            path.append(w)
    except (TypeError, ValueError, ArithmeticError, LookupError):
        return None
    return np.array(path)


def _same(found, true, **how):
    return found is not None and np.allclose(found, true, rtol=1e-10, atol=0, **how)


rng = np.random.default_rng(23)
w, lrs = rng.normal(size=(2, 3)), [0.1, 0.3, 0.2]
G = np.array([[[2.0, 0.5, -1.0], [0.0, 300.0, -0.25]]] * 3)
G[1], G[2] = 0.5 * G[0, ::-1], -G[0]
true = _true(w, G, lrs, 1e-3)
for kind in testing.FLOATS:
    assert _same(_run(w, G.astype(kind), lrs, 1e-3), true), (
        "adam_step: gradients of float16, float32 or float64 give float64 weights"
    )
mixed = [G[0].astype(np.float16), G[1].astype(np.float32), G[2]]
assert _same(_run(w, mixed, lrs, 1e-3), true), (
    "adam_step: gradients of one run may have different types"
)
for start, *gradients in zip(
    *(
        list(testing.of_every_layout(a))[:: 1 - 2 * (k % 2)]
        for k, a in enumerate((w, *G))
    ),
    strict=True,
):
    before = testing.snapshot((start, gradients))
    assert _same(_run(start, gradients, lrs, 1e-3), true), (
        "adam_step: a step does not depend on how its arrays lie in memory"
    )
    assert testing.same((start, gradients), before), (
        "adam_step: leaves w and g as they are"
    )
for scale in (1e-120, 1e-12, 1e12, 1e120):
    assert _same(_run(w, G * scale, lrs, 1e-3 * scale), true), (
        "adam_step: the step is the same for gradients of any size, with eps in their units"
    )
    zero = np.zeros((2, 3))
    alone = _true(zero, G * scale, lrs, 1e-8)
    assert _same(_run(zero, G * scale, lrs, 1e-8), alone), (
        "adam_step: a gradient of any size is no special case"
    )
for broken in testing.at_every_place(G[1], np.nan):
    spoilt = true.copy()
    spoilt[1:, np.isnan(broken)] = np.nan
    assert _same(
        _run(
            w,
            [G[0], broken, G[2]],
            lrs,
            1e-3,
        ),
        spoilt,
        equal_nan=True,
    ), "adam_step: a NaN in the gradient makes its own weight NaN, and no other"
assert _same(_run(w, G, [0.1, 0.0, 0.2], 1e-3), _true(w, G, [0.1, 0.0, 0.2], 1e-3)), (
    "adam_step: a step with a rate of zero counts as a step, and moves no weight"
)
quiet = np.array([G[0], 0 * G[1], G[2]])
assert _same(_run(w, quiet, lrs, 1e-3), _true(w, quiet, lrs, 1e-3)), (
    "adam_step: a step with a gradient of zeros counts as a step, and the weights coast on"
)
long, many = rng.normal(size=(300, 1)), np.full(300, 0.01)
found, true = _run(np.ones(1), long, many, 1e-8), _true(np.ones(1), long, many, 1e-8)
assert found is not None and np.allclose(found, true, rtol=1e-9, atol=1e-9), (
    "adam_step: every step of a run of some hundreds is corrected by its own number"
)
for lr, slope in ((0.3, G[0]), (0.0, G[0]), (0.3, 0 * G[0])):
    state = {}
    for b1, b2 in ((0.0, 0.0), (0.9, 0.99)):
        new, after = adam_step(w, slope, state, lr, b1, b2, 1e-3)
        assert testing.apart(w, slope, new, after), (
            "adam_step: the weights and the state hold new arrays, also where nothing moves"
        )
        state = after
### END HIDDEN TESTS

# %% [markdown]
# ## 10. AdamW: `adamw_step(w, g, state, lr, b1, b2, eps, wd)`
#
# medium · 15 minutes · 5 points
#
# You need the lesson [Shrinking weights: decay and soft thresholds](8_weight_decay.ipynb).
#
# An L2 penalty adds $\lambda w$ to the gradient, and Adam then divides it by $\sqrt{\hat v}$ like all the rest: weights
# with large gradients hardly decay. AdamW decouples the two. As `torch.optim.AdamW` does it, first every weight decays,
# then Adam makes its step from there:
#
# $$w' = (1 - \eta \lambda)\, w_{t-1}, \qquad w_t = w' - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \varepsilon},
#   \qquad \eta = \text{lr}, \quad \lambda = \text{wd},$$
#
# with $\hat m_t$ and $\hat v_t$ as in exercise 9, from the gradients `g` alone. Return the pair `(w, state)`.
#
# - The state works as in exercise 9: a dictionary with what you like in it, `{}` or `None` before the first step,
#   unchanged by the step that reads it. A new run with `{}` begins at $t = 1$.
# - `w` and `g` are arrays of one shape. `wd` $\ge 0$ is a number. With `wd` = 0 the step is that of Adam.
# - The decay knows the rate of its own step: when the rate changes, so does the factor $1 - \eta \lambda$.
# - The rules for step functions at the top of this notebook hold. A step counts whatever its gradient or its rate is,
#   also if they are 0, and a run may be long. A gradient of float16 or float32 is made float64 before it is averaged.
#
# <details><summary>Hint 1: where does the decay enter?</summary>
#
# Not in $m$, not in $v$. If all gradients are 0, then $w_t = (1 - \eta \lambda)^t w_0$.
# </details>
#
# <details><summary>Hint 2: before or after?</summary>
#
# Write $u$ for Adam's quotient. Decay first gives $w - \eta \lambda w - \eta u$. Decay last gives one term more. Which?
# </details>


# %% nbgrader={"grade_id": "adamw_step", "solution": true}
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    """Return the weights and the state after one step of AdamW.

    w, g: arrays of one shape.  state: dict, {} or None at first.  lr, b1, b2, eps, wd: floats.  Returns: (w, dict).
    """
    ### BEGIN SOLUTION
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 - lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {
        "t": t,
        "m": m,
        "v": v,
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "adamw_step-visible", "points": 1}
# Visible tests of `adamw_step`: 1 point.
import numpy as np

# By hand, with lr = 0.5, b1 = 0.5, b2 = 0.75, eps = 2 and wd = 0.2, so that the factor is 0.9. Step 1: m = 1 and v = 1,
# corrected 2 and 4, so w = 0.9 * 1 - 0.5 * 2 / 4. Step 2: corrected -2/3 and 4, so w = 0.9 * 0.65 + 0.5 * (2/3) / 4.
w, start = np.array([1.0]), {}
first, state = adamw_step(w, np.array([2.0]), start, 0.5, 0.5, 0.75, 2.0, 0.2)
assert np.shape(first) == (1,), "adamw_step: the weights keep their shape"
assert isinstance(state, dict), "adamw_step: the new state is a dictionary"
assert np.allclose(first, [0.65]), (
    "adamw_step: the first step leads where the one worked out by hand leads"
)
second, state = adamw_step(
    np.array(first), np.array([-2.0]), state, 0.5, 0.5, 0.75, 2.0, 0.2
)
assert np.allclose(second, [0.585 + 1 / 12]), (
    "adamw_step: the second step leads where the one worked out by hand leads"
)
assert w[0] == 1 and start == {}, (
    "adamw_step: w and the empty state are the same after the call"
)
first, _ = adamw_step(w, np.array([2.0]), None, 0.5, 0.5, 0.75, 2.0, 0.2)
assert np.allclose(first, [0.65]), "adamw_step: None starts a run too"

# %% nbgrader={"grade_id": "adamw_step-hidden", "points": 3}
# Hidden tests of `adamw_step`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import copy

import numpy as np


def _closed_form(w, G, lrs, b1, b2, eps, wd):
    """All weights of a run: w_0 and Adam's moves, each times the decay factors of the steps that follow it."""
    t, flat = np.arange(1, len(G) + 1), G.reshape(len(G), -1)

    def _mean(beta, values):
        weights = np.where(
            t[:, None] >= t, float(beta) ** np.maximum(t[:, None] - t, 0), 0.0
        )
        return weights / weights.sum(axis=1, keepdims=True) @ values

    moves = lrs[:, None] * _mean(b1, flat) / (_mean(b2, flat**2) ** 0.5 + eps)
    left = np.cumprod(1 - lrs * wd)[:, None]
    return (left * (np.ravel(w) - np.cumsum(moves / left, axis=0))).reshape(G.shape)


rng = np.random.default_rng(8)
shapes = ((), (1,), (5,), (3, 1), (2, 3), (2, 1, 4))
for case in range(18):
    shape, steps, eps = (
        shapes[case % 6],
        int(rng.integers(2, 25)),
        float(rng.choice([1e-10, 1e-3, 0.1, 1.0])),
    )
    b1, b2 = (
        float(rng.choice([0.0, 0.5, 0.9])),
        float(rng.choice([0.0, 0.75, 0.9, 0.999])),
    )
    wd = float(rng.choice([0.0, 0.01, 0.1, 0.5]))
    lrs = rng.uniform(0.01, 1, size=steps) if case % 3 else np.full(steps, 0.1)
    scales = 10.0 ** rng.uniform(-4, 2, size=shape)
    G, w = (
        rng.normal(size=(steps, *shape)) * scales,
        np.array(rng.normal(scale=5, size=shape)),
    )
    G[rng.random(G.shape) < 0.1] = 0.0
    path = _closed_form(w, G, lrs, b1, b2, eps, wd)
    state, saved = (None if case % 2 else {}), []
    for g, lr, true_w in zip(G, lrs.tolist(), path, strict=True):
        g = np.array(g)
        before = w.copy(), g.copy()
        saved.append((w, state))
        new_w, state = adamw_step(w, g, state, lr, b1, b2, eps, wd)
        new_w = np.array(new_w, dtype=float)
        assert np.array_equal(w, before[0]) and np.array_equal(g, before[1]), (
            "adamw_step: w and g hold the same numbers after the call"
        )
        assert new_w.shape == shape, "adamw_step: the weights keep any shape"
        assert isinstance(state, dict), "adamw_step: each new state is a dictionary"
        if wd == 0:
            assert np.allclose(new_w, true_w, rtol=1e-10, atol=1e-10), (
                "adamw_step: without decay it is Adam"
            )
        if len(saved) == 1:
            assert np.allclose(new_w, true_w, rtol=1e-10, atol=1e-10), (
                "adamw_step: the first step decays, then moves"
            )
        assert np.allclose(new_w, true_w, rtol=1e-10, atol=1e-10), (
            "adamw_step: every step of a run decays with its own rate, then moves like Adam"
        )
        w = new_w
    k = int(rng.integers(steps))
    old_w, old_state = saved[k]
    again = np.array(
        adamw_step(old_w, np.array(G[k]), old_state, float(lrs[k]), b1, b2, eps, wd)[0],
        dtype=float,
    )
    assert np.allclose(again, path[k], rtol=1e-10, atol=1e-10), (
        "adamw_step: a step repeated from a saved state is the same"
    )
    beside = adamw_step(
        old_w + 1.0, np.array(G[k]), old_state, float(lrs[k]), b1, b2, eps, wd
    )[0]
    assert np.allclose(beside, path[k] + (1 - lrs[k] * wd), rtol=1e-10, atol=1e-10), (
        "adamw_step: a step starts at the weights that it is given, whatever the state"
    )

one, two = rng.normal(size=(12, 3)), rng.normal(size=(12, 2, 2))
runs = [[np.full(3, 4.0), {}], [np.ones((2, 2)), None]]
for pair in zip(one, two, strict=True):
    for run, g in zip(runs, pair, strict=True):
        w, run[1] = adamw_step(
            run[0], g, copy.deepcopy(run[1]), 0.1, 0.9, 0.99, 1e-8, 0.3
        )
        run[0] = np.array(w, dtype=float)
for run, G, start in zip(
    runs, (one, two), (np.full(3, 4.0), np.ones((2, 2))), strict=True
):
    assert np.allclose(
        run[0], _closed_form(start, G, np.full(12, 0.1), 0.9, 0.99, 1e-8, 0.3)[-1]
    ), "adamw_step: two runs that take turns do not disturb each other"

quiet = np.append(np.full(40, 1e-3), 1.0)[:, None]
state, w = {}, np.zeros(1)
for g in quiet:
    before = float(np.ravel(w)[0])
    w, state = adamw_step(
        np.array(w, dtype=float), g, state, 0.1, 0.0, 0.999, 1e-8, 0.0
    )
expected = -0.1 / np.sqrt(
    np.average(np.ravel(quiet) ** 2, weights=0.999 ** np.arange(40, -1, -1))
)
assert np.isclose(float(np.ravel(w)[0]) - before, expected, rtol=1e-4), (
    "adamw_step: after many small gradients a large one makes a step far longer than the rate"
)
start, state, w = {}, {}, np.array([8.0, -4.0])
for lr in (0.5, 1.0, 0.25):
    w, state = adamw_step(
        np.array(w, dtype=float), np.zeros(2), state, lr, 0.9, 0.999, 1e-8, 0.5
    )
assert np.allclose(w, np.array([8.0, -4.0]) * 0.75 * 0.5 * 0.875), (
    "adamw_step: without gradients only the decay is left"
)
adamw_step(np.ones(2), np.ones(2), start, 0.5, 0.9, 0.999, 1e-8, 0.5)
assert start == {}, "adamw_step: an empty state is empty after the call"
w, _ = adamw_step(
    np.array([2.0, 2.0]), np.array([1e3, 1e-3]), None, 0.1, 0.9, 0.999, 1e-12, 0.5
)
assert np.allclose(w, 1.8), (
    "adamw_step: the decay does not depend on the size of the gradient"
)

# A long run on constant gradients: the corrected moments are those of the first step, so each step adds the same.
w, state, g = np.zeros(2), {}, np.array([1.0, 1e-10])
for t in range(1050):
    w, state = adamw_step(w, g, state, 1e-3, 0.9, 0.9999, 1e-10, 0.5)
expected = -2 * (1 - (1 - 0.5e-3) ** 1050)
assert np.allclose(w, [expected, expected / 2], rtol=1e-6, atol=0), (
    "adamw_step: the correction is made in every step of a long run"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "adamw_step-inputs", "points": 1}
# Hidden tests of `adamw_step` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

B1, B2 = 0.9, 0.99


def _true(w, G, lrs, eps, wd):
    """The weights after each step of a run, by the formulas, in float64."""
    m = v = np.zeros_like(w)
    path = []
    for t, (g, lr) in enumerate(zip(G, lrs, strict=True), start=1):
        m, v = B1 * m + (1 - B1) * g, B2 * v + (1 - B2) * g * g
        root = np.sqrt(v / (1 - B2**t))
        w = (1 - lr * wd) * w - lr * (m / (1 - B1**t)) / (root + eps)
        path.append(w)
    return np.array(path)


def _run(w, G, lrs, eps, wd):
    """The weights after each step of the answer; None where it raises an error."""
    path, state = [], {}
    try:
        for g, lr in zip(G, lrs, strict=True):
            w, state = adamw_step(w, g, state, lr, B1, B2, eps, wd)
            w = np.array(w, dtype=float)
            path.append(w)
    except (TypeError, ValueError, ArithmeticError, LookupError):
        return None
    return np.array(path)


def _same(found, true, **how):
    return found is not None and np.allclose(found, true, rtol=1e-10, atol=0, **how)


rng = np.random.default_rng(24)
w, lrs = rng.normal(size=(2, 3)), [0.1, 0.3, 0.2]
G = np.array([[[2.0, 0.5, -1.0], [0.0, 300.0, -0.25]]] * 3)
G[1], G[2] = 0.5 * G[0, ::-1], -G[0]
true = _true(w, G, lrs, 1e-3, 0.3)
for kind in testing.FLOATS:
    assert _same(_run(w, G.astype(kind), lrs, 1e-3, 0.3), true), (
        "adamw_step: gradients of float16, float32 or float64 give float64 weights"
    )
mixed = [G[0].astype(np.float16), G[1].astype(np.float32), G[2]]
assert _same(_run(w, mixed, lrs, 1e-3, 0.3), true), (
    "adamw_step: gradients of one run may have different types"
)
for start, *gradients in zip(
    *(
        list(testing.of_every_layout(a))[:: 1 - 2 * (k % 2)]
        for k, a in enumerate((w, *G))
    ),
    strict=True,
):
    before = testing.snapshot((start, gradients))
    assert _same(_run(start, gradients, lrs, 1e-3, 0.3), true), (
        "adamw_step: a step does not depend on how its arrays lie in memory"
    )
    assert testing.same((start, gradients), before), (
        "adamw_step: leaves w and g as they are"
    )
for scale in (1e-120, 1e-12, 1e12, 1e120):
    assert _same(_run(w, G * scale, lrs, 1e-3 * scale, 0.3), true), (
        "adamw_step: the step is the same for gradients of any size, with eps in their units"
    )
    zero = np.zeros((2, 3))
    alone = _true(zero, G * scale, lrs, 1e-8, 0.3)
    assert _same(_run(zero, G * scale, lrs, 1e-8, 0.3), alone), (
        "adamw_step: a gradient of any size is no special case"
    )
for broken in testing.at_every_place(G[1], np.nan):
    spoilt = true.copy()
    spoilt[1:, np.isnan(broken)] = np.nan
    assert _same(
        _run(
            w,
            [G[0], broken, G[2]],
            lrs,
            1e-3,
            0.3,
        ),
        spoilt,
        equal_nan=True,
    ), "adamw_step: a NaN in the gradient makes its own weight NaN, and no other"
assert _same(
    _run(w, G, [0.1, 0.0, 0.2], 1e-3, 0.3), _true(w, G, [0.1, 0.0, 0.2], 1e-3, 0.3)
), "adamw_step: a step with a rate of zero counts as a step, and moves no weight"
quiet = np.array([G[0], 0 * G[1], G[2]])
assert _same(_run(w, quiet, lrs, 1e-3, 0.3), _true(w, quiet, lrs, 1e-3, 0.3)), (
    "adamw_step: a step with a gradient of zeros counts as a step, and the weights coast on"
)
for wd in (1e-9, 0.5, 1.0, 4.0, 300.0):
    assert _same(
        _run(w, G, [0.5, 0.5, 0.25], 1e-3, wd), _true(w, G, [0.5, 0.5, 0.25], 1e-3, wd)
    ), "adamw_step: a decay of any size is followed, tiny, whole, or beyond zero"
long, many = rng.normal(size=(300, 1)), np.full(300, 0.01)
found, true = (
    _run(np.ones(1), long, many, 1e-8, 0.3),
    _true(np.ones(1), long, many, 1e-8, 0.3),
)
assert found is not None and np.allclose(found, true, rtol=1e-9, atol=1e-9), (
    "adamw_step: every step of a run of some hundreds is corrected by its own number"
)
for lr, slope in ((0.3, G[0]), (0.0, G[0]), (0.3, 0 * G[0])):
    state = {}
    for b1, b2 in ((0.0, 0.0), (0.9, 0.99)):
        new, after = adamw_step(w, slope, state, lr, b1, b2, 1e-3, 0.3)
        assert testing.apart(w, slope, new, after), (
            "adamw_step: the weights and the state hold new arrays, also where nothing moves"
        )
        state = after
### END HIDDEN TESTS

# %% [markdown]
# ## 11. Shrink: `soft_threshold(x, t)`
#
# easy · 10 minutes · 4 points
#
# You need the lesson [Shrinking weights: decay and soft thresholds](8_weight_decay.ipynb).
#
# An **L1 penalty** adds $\alpha \sum_j |w_j|$ to a loss, to make weights exactly 0. It has a kink at 0, which plain
# descent steps over for ever. A **proximal** step handles it: descend the loss without the penalty, to $x$, then take
# the point that makes the penalty small and stays close to $x$. For each entry that is the $u$ with the smallest
# $\frac{1}{2}(u - x)^2 + t\,|u|$, where $t = \eta \alpha$. It is $x$, moved towards 0 by $t$, but not past it:
#
# $$\operatorname{soft}(x, t) = \begin{cases} x - t & \text{if } x > t, \\ 0 & \text{if } -t \le x \le t, \\
#   x + t & \text{if } x < -t. \end{cases}$$
#
# - `x` is a number or an array of any shape, of integers up to $2^{53}$ in size or floats of any NumPy type; compute in
#   float64. The result has the same shape, and each entry depends on its own entry of `x` alone. A number may come back
#   as an array without dimensions, or the other way round.
# - `t` is a number of 0 or more, of any finite size; a negative one raises `ValueError`. It may be fractional where `x` holds
#   integers, and too large for the integers of `x`.
# - All other entries of `x` are finite. A NaN in `x` stays NaN: a threshold must not hide it. `x` is unchanged afterwards.
#
# <details><summary>Hint 1: sign and size</summary>
#
# The size of the result is $|x| - t$, or 0 if that is negative. The sign is that of `x`.
# </details>
#
# <details><summary>Hint 2: another way</summary>
#
# $x$ minus the result lies between $-t$ and $t$. Which function of NumPy keeps a number between two others?
# </details>


# %% nbgrader={"grade_id": "soft_threshold", "solution": true}
def soft_threshold(x, t):
    """Return x moved towards 0 by t, entry by entry, but not beyond 0.

    x: number or array.  t: float, at least 0.  Returns: the shape of x.  Raises ValueError on a negative t.
    """
    ### BEGIN SOLUTION
    if t < 0:
        raise ValueError(f"t must be 0 or more, got {t}")
    x = np.asarray(x, dtype=float)
    return np.sign(x) * np.maximum(np.abs(x) - t, 0.0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "soft_threshold-visible", "points": 1}
# Visible tests of `soft_threshold`: 1 point.
import numpy as np

# By hand: 3 and -3 move by 1; 1, 0.5 and -0.25 would reach or cross 0, and stop there.
x = np.array([3.0, -3.0, 1.0, 0.5, -0.25])
assert np.shape(soft_threshold(x, 1.0)) == (5,), (
    "soft_threshold: the result has the shape of x"
)
assert np.allclose(soft_threshold(x, 1.0), [2.0, -2.0, 0.0, 0.0, 0.0]), (
    "soft_threshold: each entry is the one worked out by hand"
)
assert np.array_equal(x, [3.0, -3.0, 1.0, 0.5, -0.25]), (
    "soft_threshold: x holds the same numbers after the call"
)
assert np.ndim(soft_threshold(-2.5, 1.0)) == 0, (
    "soft_threshold: a number gives a number"
)
assert np.isclose(soft_threshold(-2.5, 1.0), -1.5), "soft_threshold: accepts a number"

# %% nbgrader={"grade_id": "soft_threshold-hidden", "points": 2}
# Hidden tests of `soft_threshold`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(10)
for case in range(20):
    shape = ((), (1,), (7,), (3, 4), (2, 1, 3))[case % 5]
    x, t = (
        np.array(rng.normal(scale=3, size=shape)),
        float(rng.uniform(0, 4)) if case % 8 else 0.0,
    )
    before = x.copy()
    u = np.array(soft_threshold(x, t), dtype=float)
    assert np.array_equal(x, before), "soft_threshold: leaves x unchanged"
    assert u.shape == shape, "soft_threshold: keeps any shape"
    inside = np.abs(x) <= t
    assert np.all(u[inside] == 0), "soft_threshold: what is no larger than t becomes 0"
    assert np.allclose(u[~inside] + t * np.sign(u[~inside]), x[~inside]), (
        "soft_threshold: what is larger than t moves towards 0 by t"
    )
    candidates = u + np.array([-0.3, -1e-3, 1e-3, 0.3]).reshape(-1, *[1] * len(shape))
    cost = (u - x) ** 2 / 2 + t * np.abs(u)
    assert np.all((candidates - x) ** 2 / 2 + t * np.abs(candidates) > cost), (
        "soft_threshold: no other number near it has a smaller cost"
    )
    assert np.allclose(soft_threshold(-x, t), -u), (
        "soft_threshold: treats both signs alike"
    )

assert np.allclose(soft_threshold(4, 1.5), 2.5), (
    "soft_threshold: accepts an integer number"
)
assert np.array_equal(soft_threshold(np.array([-2.0, 2.0]), 2.0), [0, 0]), (
    "soft_threshold: a size of exactly t gives 0"
)
x = np.array([-1e-9, 5.0])
assert np.array_equal(soft_threshold(x, 0.0), x), (
    "soft_threshold: t = 0 changes nothing"
)
assert np.allclose(
    soft_threshold(np.array([1e12, -1e12]), 1.0), [1e12 - 1, 1 - 1e12], rtol=1e-15
), "soft_threshold: large numbers lose t, not a share"
for bad in (-1.0, -1e-9, -3):
    try:
        soft_threshold(np.array([1.0]), bad)
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, "soft_threshold: a negative t raises ValueError"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "soft_threshold-inputs", "points": 1}
# Hidden tests of `soft_threshold` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _is(expected, x, t):
    """Does the answer return these numbers? False also where it raises an error."""
    try:
        found = np.array(soft_threshold(x, t), dtype=float)
    except (TypeError, ValueError, ArithmeticError, IndexError):
        return False
    return found.shape == np.shape(expected) and np.allclose(
        found, expected, rtol=1e-12, atol=0, equal_nan=True
    )


def _oracle(x, t):
    """The three cases, for one number after the other."""
    return [v - t if v > t else v + t if v < -t else 0.0 for v in x]


for values in ([100, -100, 7, -3, 1, 0], [127, -128, 3, -7], [250, 100, 7, 3, 0]):
    for t in (0, 0.3, 3, 6.25, 100, 200, 1000, 1e10):
        for x in list(testing.of_every_type(values))[1:]:
            before = testing.snapshot(x)
            assert _is(_oracle(values, t), x, t), (
                "soft_threshold: accepts integers and floats of any type, with any t"
            )
            assert testing.same(x, before), "soft_threshold: leaves x as it is"
big = 2**53 - 1
assert _is([big - 3.0, 3.0 - big], np.array([big, -big]), 3), (
    "soft_threshold: keeps all digits of large integers"
)
numbers = np.array([[3.0, -2.5, 0.25], [-0.5, 8.0, -1.0]])
true = np.reshape(_oracle(numbers.ravel().tolist(), 0.75), (2, 3))
for x in testing.of_every_layout(numbers):
    before = testing.snapshot(x)
    assert _is(true, x, 0.75), (
        "soft_threshold: the result does not depend on how x lies in memory"
    )
    assert testing.same(x, before), "soft_threshold: leaves x as it is"
for scale, x in testing.of_every_scale(numbers, (1e-300, 1e-150, 1e-12, 1e12, 1e150)):
    assert _is(true * scale, x, 0.75 * scale), (
        "soft_threshold: tiny and huge numbers and thresholds are no special case"
    )
    assert _is(x, x, 1e-320 * scale), (
        "soft_threshold: a threshold of next to nothing takes next to nothing"
    )
for x in testing.at_every_place(numbers, np.nan):
    assert _is(np.where(np.isnan(x), np.nan, true), x, 0.75), (
        "soft_threshold: a NaN stays NaN, and its neighbours do not notice"
    )
assert _is(np.zeros((2, 3)), numbers, 1e200), (
    "soft_threshold: a huge threshold leaves zeros"
)
for x in (np.float32(2.5), np.int8(-100), 7, -0.25):
    assert _is(_oracle([float(x)], 1.5)[0], x, 1.5), (
        "soft_threshold: accepts a single number of any type"
    )
refused = []
for negative in (-1e-300, -1e-13, -2, -1e300):
    try:
        soft_threshold(numbers, negative)
    except ValueError:
        refused.append(negative)
assert len(refused) == 4, "soft_threshold: a negative t of any size raises ValueError"
mixed = np.array([1e20, 1.0, -1e-10])
for t in (0.0, 1e-11, 0.5):
    assert _is(_oracle(mixed.tolist(), t), mixed, t), (
        "soft_threshold: a small entry beside a large one is thresholded by itself"
    )
for t in (0.0, 0.75):
    assert testing.apart(numbers, soft_threshold(numbers, t)), (
        "soft_threshold: the result is a new array"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 12. Minimum, maximum or saddle: `classify_stationary(H)`
#
# medium · 15 minutes · 4 points
#
# You need the lesson [Minima and saddles](9_minima_and_saddles.ipynb).
#
# At a point where the gradient vanishes, the signs of the eigenvalues of the Hessian say what the point is, as far as
# second derivatives can tell. Return one of four strings:
#
# | positive eigenvalues | negative | zero | answer |
# |---|---|---|---|
# | all | none | none | `"minimum"` |
# | none | all | none | `"maximum"` |
# | some | some | some or none | `"saddle"` |
# | some or none | none | some | `"undecided"` |
# | none | some or none | some | `"undecided"` |
#
# - `H` is an array of the shape `(d, d)` with `d` at least 1, of finite integers or floats of any NumPy type and
#   size. It is symmetric up to rounding: `H[i, j]` and `H[j, i]` may differ in the last digit.
# - Rounding rarely leaves an eigenvalue at exactly 0. Count $\lambda_i$ as zero when $|\lambda_i| \le 10^{-8} \max_k
#   |\lambda_k|$. The bound is relative, so that the answer does not change when the loss is measured in other units:
#   $10^{-9} H$ gets the answer of $H$. In the zero matrix every eigenvalue is zero. So small a bound needs
#   eigenvalues in float64, whatever the type of `H`. In the tests none lies within a tenth of the bound.
#
# A zero eigenvalue leaves the answer to higher derivatives: $x^2 + y^4$, $x^2 - y^4$ and $x^2 + y^3$ have the same
# Hessian at the origin. But where there are directions up and directions down, nothing can turn the point into an
# extremum.
#
# <details><summary>Hint 1: eigenvalues of a symmetric matrix</summary>
#
# NumPy has a function for the eigenvalues of symmetric matrices, which are real. The determinant is their product: in
# two dimensions its sign tells a saddle from an extremum, in three it does not.
# </details>
#
# <details><summary>Hint 2: the order of the questions</summary>
#
# Ask first whether there are both positive and negative ones. Then whether any is zero.
# </details>


# %% nbgrader={"grade_id": "classify_stationary", "solution": true}
def classify_stationary(H):
    """Return what a stationary point with the Hessian H is: "minimum", "maximum", "saddle" or "undecided".

    H: (d, d), symmetric.  An eigenvalue counts as zero up to 1e-8 times the largest in size.
    """
    ### BEGIN SOLUTION
    eigenvalues = np.linalg.eigvalsh(np.asarray(H, dtype=float))
    tol = 1e-8 * np.max(np.abs(eigenvalues))
    up, down = np.sum(eigenvalues > tol), np.sum(eigenvalues < -tol)
    if up and down:
        return "saddle"
    if up + down < len(eigenvalues):
        return "undecided"
    return "minimum" if up else "maximum"
    ### END SOLUTION


# %% nbgrader={"grade_id": "classify_stationary-visible", "points": 1}
# Visible tests of `classify_stationary`: 1 point.
import numpy as np

# By hand: (x^2 + y^2) / 2, its negative, x y, whose Hessian has the eigenvalues 1 and -1, and x^2 + y^4.
assert classify_stationary(np.array([[1.0, 0.0], [0.0, 1.0]])) == "minimum", (
    "classify_stationary: curvature up in all directions is a minimum"
)
assert classify_stationary(np.array([[-1.0, 0.0], [0.0, -1.0]])) == "maximum", (
    "classify_stationary: curvature down in all directions is a maximum"
)
assert classify_stationary(np.array([[0.0, 1.0], [1.0, 0.0]])) == "saddle", (
    "classify_stationary: the product x y has a saddle"
)
assert classify_stationary(np.array([[2.0, 0.0], [0.0, 0.0]])) == "undecided", (
    "classify_stationary: one direction up and one flat leave it undecided"
)

# %% nbgrader={"grade_id": "classify_stationary-hidden", "points": 2}
# Hidden tests of `classify_stationary`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _symmetric(rng, eigenvalues):
    """A symmetric matrix with the given eigenvalues, in random axes; no entry of it need have their signs."""
    Q = np.linalg.qr(rng.normal(size=(len(eigenvalues),) * 2))[0]
    A = Q @ np.diag(eigenvalues) @ Q.T
    return (A + A.T) / 2


rng = np.random.default_rng(11)
for case in range(120):
    d, scale = int(rng.integers(1, 7)), 10.0 ** rng.uniform(-10, 10)
    sizes = 10.0 ** rng.uniform(-4, 0, size=d)
    kind = ("minimum", "maximum", "saddle", "undecided")[case % 4]
    if kind == "maximum":
        sizes = -sizes
    if kind in ("saddle", "undecided"):
        sizes = np.append(sizes, 1.0) * (-1) ** (case // 4)
        zero = [0.0, 1e-13, -1e-13][case % 3]
        if kind == "undecided":
            sizes[: int(rng.integers(1, d + 1))] = zero
        else:
            sizes[0] = -0.05 * sizes[-1]
            sizes = np.append(sizes, [zero] * int(rng.integers(0, 3)))
    H = scale * _symmetric(rng, rng.permutation(sizes))
    before = H.copy()
    answer = classify_stationary(H)
    assert np.array_equal(H, before), (
        "classify_stationary: H holds the same numbers after the call"
    )
    assert isinstance(answer, str), "classify_stationary: the answer is a string"
    assert answer in ("minimum", "maximum", "saddle", "undecided"), (
        "classify_stationary: is one of the four answers"
    )
    assert answer == kind or kind != "minimum", (
        "classify_stationary: only positive eigenvalues make a minimum, at any scale"
    )
    assert answer == kind or kind != "maximum", (
        "classify_stationary: only negative eigenvalues make a maximum, at any scale"
    )
    assert answer == kind or kind != "saddle", (
        "classify_stationary: eigenvalues of both signs make a saddle, with or without zeros"
    )
    assert answer == kind or kind != "undecided", (
        "classify_stationary: zeros beside eigenvalues of one sign leave it undecided"
    )

for d in (1, 2, 3, 4):
    assert classify_stationary(np.zeros((d, d))) == "undecided", (
        "classify_stationary: the zero matrix leaves it undecided"
    )
    assert classify_stationary(-np.eye(d)) == "maximum", (
        "classify_stationary: a dome of any dimension is a maximum"
    )
    assert classify_stationary(1e-12 * np.eye(d)) == "minimum", (
        "classify_stationary: a very flat bowl is a minimum"
    )
assert classify_stationary(np.array([[2, 3], [3, 2]])) == "saddle", (
    "classify_stationary: looks beyond the diagonal"
)
assert classify_stationary(np.diag([-1.0, -2.0, 3.0])) == "saddle", (
    "classify_stationary: a positive determinant may belong to a saddle of three dimensions"
)
assert classify_stationary(np.diag([1.0, -1.0, -2.0, 3.0])) == "saddle", (
    "classify_stationary: a positive determinant may belong to a saddle of four dimensions"
)
assert classify_stationary(np.diag([1.0, 0.0, -1.0])) == "saddle", (
    "classify_stationary: up, flat and down make a saddle"
)
assert classify_stationary(np.diag([0.0, 0.0, -1.0])) == "undecided", (
    "classify_stationary: flat, flat and down leave it undecided"
)
assert classify_stationary(np.diag([1.0, 1e-6])) == "minimum", (
    "classify_stationary: small is not zero"
)
assert classify_stationary(np.diag([1.0, -1e-6])) == "saddle", (
    "classify_stationary: small and negative is not zero"
)
assert classify_stationary(np.diag([1.0, -1e-10])) == "undecided", (
    "classify_stationary: within the bound it is zero"
)
assert classify_stationary(np.diag([1e9, 1.0])) == "undecided", (
    "classify_stationary: the bound is relative"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "classify_stationary-inputs", "points": 1}
# Hidden tests of `classify_stationary` with unusual matrices: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _is(kind, H):
    """Is this the answer? False also where it raises an error."""
    try:
        return classify_stationary(H) == kind
    except (TypeError, ValueError, ArithmeticError, IndexError):
        return False


for kind, H in (
    ("saddle", [[100, 120], [120, 100]]),
    ("minimum", [[100, 64], [64, 100]]),
    ("undecided", [[100, 100], [100, 100]]),
    ("saddle", [[1, 2, 0], [2, 1, 0], [0, 0, 100]]),
    ("maximum", [[-100, 64], [64, -100]]),
    ("saddle", [[120, 0, 100], [0, 127, 0], [100, 0, 80]]),
):
    for same in list(testing.of_every_type(H))[1:]:
        before = testing.snapshot(same)
        assert _is(kind, same), (
            "classify_stationary: the answer is the same for integers and floats of any type"
        )
        assert testing.same(same, before), "classify_stationary: leaves H as it is"
    for same in testing.of_every_layout(np.array(H, dtype=float)):
        before = testing.snapshot(same)
        assert _is(kind, same), (
            "classify_stationary: the answer does not depend on how H lies in memory"
        )
        assert testing.same(same, before), "classify_stationary: leaves H as it is"

rng = np.random.default_rng(25)
for d in (2, 3, 5, 9, 24):
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    for small, kind in (
        (1.2e-8, "minimum"),
        (0.8e-8, "undecided"),
        (-0.8e-8, "undecided"),
        (-1.2e-8, "saddle"),
    ):
        eigenvalues = np.append(np.ones(d - 1), small)
        for scale in (1e-200, 1e-9, 1.0, 1e9, 1e200):
            H = (Q * (eigenvalues * scale)) @ Q.T
            assert _is(kind, (H + H.T) / 2), (
                "classify_stationary: the bound is a share of the largest eigenvalue, at any scale"
            )
            assert _is(kind, np.diag(eigenvalues * scale)), (
                "classify_stationary: the bound is a share of the largest entry of a diagonal matrix"
            )
    H = np.eye(d)
    H[0, 1], H[1, 0] = 1e-16, -1e-16
    assert _is("minimum", H) and _is("maximum", -H), (
        "classify_stationary: a matrix that is symmetric but for rounding has real curvatures"
    )
    H = Q @ np.diag(np.r_[1.0, np.full(d - 1, 2.0)]) @ Q.T
    H[0, 1] *= 1 + 1e-15
    assert _is("minimum", H) and _is("saddle", H - 1.5 * np.eye(d)), (
        "classify_stationary: entries that differ in their last digit change nothing"
    )
tiny32 = np.diag([1.0, 1e-30, 1e-30]).astype(np.float32)
assert _is("undecided", tiny32) and _is(
    "minimum", 1e-30 * np.eye(2, dtype=np.float32)
), "classify_stationary: float32 makes no difference to the bound"
H = np.array([[1.0, 1 - 2.0**-20], [1 - 2.0**-20, 1.0]])
for kind in (np.float32, np.float64):
    assert _is("minimum", H.astype(kind)), (
        "classify_stationary: eigenvalues are computed in float64, whatever the type of H"
    )
H = np.array([[1.0, 1.0, 0.25], [1.0, 1.0, 0.25], [0.25, 0.25, 0.0625]])
for kind in testing.FLOATS:
    assert _is("undecided", H.astype(kind)), (
        "classify_stationary: zeros are found in float64, whatever the type of H"
    )
for d in (3, 6, 20) * 6:
    v, u = (
        rng.integers(1, 2**12, size=(2, d)) * 1.0
    )  # products of 24 bits: exact in float32
    H = np.outer(v, v)
    assert _is("undecided", H.astype(np.float32)), (
        "classify_stationary: a matrix of rank one of float32 has zeros, found in float64"
    )
    H = np.diag(u) + 2.0**20 * np.ones((d, d))
    for kind, sign in (("minimum", 1), ("maximum", -1)):
        assert _is(kind, (sign * H).astype(np.float32)), (
            "classify_stationary: small curvatures of float32 are found in float64"
        )
    H = np.eye(d)
    H[0, 1] = H[1, 0] = 3.0
    assert _is("saddle", H) and _is("saddle", -H), (
        "classify_stationary: looks beyond the diagonal, in many dimensions too"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 13. Newton's method: `newton_step(g, H, w, damping)`
#
# medium · 10 minutes · 4 points
#
# You need the lesson [Newton's method: digits that double](12_newton.ipynb).
#
# Newton's method jumps to the stationary point of the quadratic that has the same gradient and the same Hessian.
# Damping adds a multiple of the identity, which shortens the step. Solve for $d$ and return the new weights:
#
# $$(H + \lambda I)\, d = g, \qquad w \leftarrow w - d, \qquad \lambda = \text{damping}.$$
#
# - Note the order of the arguments: the gradient `g` of the shape `(d,)`, the symmetric Hessian `H` of the shape
#   `(d, d)`, the weights `w` of the shape `(d,)`, and `damping`, a number of 0 or more. The arrays may hold integers or
#   floats of any NumPy type; compute in float64. Return the new weights, of the shape `(d,)`.
# - $H$ may have negative eigenvalues: then the plain formula may lead uphill or to a saddle, and it is what you should
#   return. $H + \lambda I$ is never singular here. But weights have units of their own: in others, curvatures along the
#   axes may differ by a factor of $10^{20}$, and the step is the same in its units.
# - No input is changed, `H` included. A gradient of any size makes a step: nothing is small enough to be skipped.
#
# <details><summary>Hint 1: no inverse needed</summary>
#
# The step is the solution of a system of linear equations. `np.linalg` has a function for that, with pivots.
# </details>
#
# <details><summary>Hint 2: the identity</summary>
#
# `H + damping` adds the number to every entry. Where should it go? `np.eye` may help.
# </details>


# %% nbgrader={"grade_id": "newton_step", "solution": true}
def newton_step(g, H, w, damping):
    """Return the weights after one damped Newton step.

    g: (d,).  H: (d, d), symmetric.  w: (d,).  damping: float.  Returns: (d,).
    """
    ### BEGIN SOLUTION
    g, H, w = (np.asarray(a, dtype=float) for a in (g, H, w))
    return w - np.linalg.solve(H + damping * np.eye(len(g)), g)
    ### END SOLUTION


# %% nbgrader={"grade_id": "newton_step-visible", "points": 1}
# Visible tests of `newton_step`: 1 point.
import numpy as np

# By hand: without damping d = (2 / 2, 4 / -4) = (1, -1). With the damping 6, d = (2 / 8, 4 / 2).
g, H, w = (
    np.array([2.0, 4.0]),
    np.array([[2.0, 0.0], [0.0, -4.0]]),
    np.array([1.0, 1.0]),
)
assert np.shape(newton_step(g, H, w, 0.0)) == (2,), (
    "newton_step: returns weights of the shape of w"
)
assert np.allclose(newton_step(g, H, w, 0.0), [0.0, 2.0]), (
    "newton_step: without damping the step is the one worked out by hand"
)
assert np.allclose(newton_step(g, H, w, 6.0), [0.75, -1.0]), (
    "newton_step: with damping the step is the one worked out by hand"
)
assert np.array_equal(H, [[2, 0], [0, -4]]), (
    "newton_step: H holds the same numbers after the call"
)

# %% nbgrader={"grade_id": "newton_step-hidden", "points": 2}
# Hidden tests of `newton_step`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _symmetric(rng, eigenvalues):
    Q = np.linalg.qr(rng.normal(size=(len(eigenvalues),) * 2))[0]
    A = Q @ np.diag(eigenvalues) @ Q.T
    return (A + A.T) / 2


rng = np.random.default_rng(9)
for case in range(24):
    d, damping = int(rng.integers(1, 8)), (0.0, 0.1, 1.0, 5.0)[case % 4]
    eigenvalues = rng.uniform(0.3, 5, size=d)
    if case % 2 == 0:
        eigenvalues *= rng.choice([-1, 1], size=d)
    H, direction, w = (
        _symmetric(rng, eigenvalues - damping),
        rng.normal(size=d),
        rng.normal(size=d),
    )
    g = (
        np.array([sum(a * b for a, b in zip(row, direction, strict=True)) for row in H])
        + damping * direction
    )
    before = g.copy(), H.copy(), w.copy()
    new = newton_step(g, H, w, damping)
    assert all(np.array_equal(a, c) for a, c in zip(before, (g, H, w), strict=True)), (
        "newton_step: g, H and w hold the same numbers after the call"
    )
    assert np.shape(new) == (d,), "newton_step: keeps the shape of w for any d"
    assert np.allclose(new, w - direction, rtol=1e-7, atol=1e-8), (
        "newton_step: the damped Hessian times the step is the gradient"
    )

for case in range(10):
    H, centre, w = (
        _symmetric(rng, rng.uniform(0.5, 9, size=4)),
        rng.normal(size=4),
        rng.normal(scale=9, size=4),
    )
    H = -H if case % 3 == 2 else H
    assert np.allclose(
        newton_step(H @ (w - centre), H, w, 0.0), centre, rtol=1e-7, atol=1e-7
    ), (
        "newton_step: one step without damping reaches the stationary point of any quadratic"
    )
    A = _symmetric(rng, rng.uniform(0.5, 2, size=4)) @ _symmetric(
        rng, rng.uniform(0.5, 2, size=4)
    )
    g = rng.normal(size=4)
    moved = newton_step(A.T @ g, A.T @ H @ A, np.linalg.solve(A, w), 0.0)
    assert np.allclose(
        A @ np.asarray(moved), newton_step(g, H, w, 0.0), rtol=1e-6, atol=1e-6
    ), "newton_step: without damping it does not depend on the coordinates"
    assert np.allclose(
        (w - newton_step(g, H, w, 1e5)) * 1e5, g, rtol=1e-3, atol=1e-3
    ), "newton_step: with much damping it is a short gradient step"

saddle = newton_step(
    np.array([4.0, -2.0]), np.diag([2.0, -1.0]), np.array([2.0, 2.0]), 0.0
)
assert np.allclose(saddle, 0.0), (
    "newton_step: without damping it goes to a saddle like to a minimum"
)
assert np.allclose(
    newton_step(np.zeros(2), np.diag([3.0, -2.0]), np.array([5.0, 1.0]), 0.5),
    [5.0, 1.0],
), "newton_step: stays at a stationary point"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "newton_step-inputs", "points": 1}
# Hidden tests of `newton_step` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
from fractions import Fraction

import numpy as np

from gdcourse import testing


def _true(g, H, w, damping):
    """The new weights, by elimination in exact fractions."""
    n = len(g)
    rows = [
        [Fraction(v) for v in (*row, right)] for row, right in zip(H, g, strict=True)
    ]
    for i in range(n):
        rows[i][i] += Fraction(damping)
    for k in range(n):
        pivot = next(i for i in range(k, n) if rows[i][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(n):
            if i != k:
                share = rows[i][k] / rows[k][k]
                rows[i] = [a - share * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [float(Fraction(w[k]) - rows[k][n] / rows[k][k]) for k in range(n)]


def _is(expected, *args):
    """Does the answer return these weights? False also where it raises an error."""
    try:
        found = np.array(newton_step(*args), dtype=float)
    except (TypeError, ValueError, ArithmeticError, IndexError):
        return False
    return found.shape == np.shape(expected) and np.allclose(
        found, expected, rtol=1e-9, atol=0
    )


g, H, w = [100, 7, 50], [[100, 64, 1], [64, 3, 0], [1, 0, 120]], [9, 100, 0]
for damping in (0, 0.5, 100):
    true = _true(g, H, w, damping)
    types = [list(testing.of_every_type(a))[1:] for a in (g, H, w)]
    for each in zip(*types, strict=True):
        assert _is(true, *each, damping), (
            "newton_step: accepts integers and floats of any type"
        )
    laid_out = [
        list(testing.of_every_layout(np.array(a, dtype=float))) for a in (g, H, w)
    ]
    for each in zip(*laid_out, strict=True):
        before = testing.snapshot(each)
        assert _is(true, *each, damping), (
            "newton_step: the step does not depend on how its arrays lie in memory"
        )
        assert testing.same(each, before), "newton_step: leaves its arrays as they are"

for g, H, damping in (
    ([3.0, 5.0], [[0.0, 2.0], [2.0, 0.0]], 0.0),
    ([3.0, 5.0], [[0.0, 2.0], [2.0, 1.0]], 0),
    ([3.0, 5.0], [[-1.0, 2.0], [2.0, 7.0]], 1.0),
    ([1.0, 0.0], [[0.0, 1.0], [1.0, 0.0]], 0.0),
    ([1.0, 1.0], [[1.0, 0.0], [0.0, -1.0]], 0.0),
    ([1.0, 2.0, 3.0], [[0.0, 0.0, 1.0], [0.0, 2.0, 0.0], [1.0, 0.0, 0.0]], 0.0),
    ([1.0, 2.0], [[1e-20, 1.0], [1.0, 1.0]], 0.0),
    ([1.0, 2.0], [[-1e-18, 1.0], [1.0, -3.0]], 0.0),
):
    arrays = np.array(g), np.array(H), np.array([4.0, -7.0, 2.0])[: len(g)]
    assert _is(_true(g, H, arrays[2].tolist(), damping), *arrays, damping), (
        "newton_step: zero, tiny or opposite curvatures on the diagonal are no obstacle"
    )
for curvatures in ([1e10, -1e-10, 1.0], [1e-12, 1e6, 3.0], [1e-200, 1e-190, -1e-195]):
    g = np.array([2.0, -3.0, 5.0]) * curvatures
    assert _is([-2.0, 3.0, -5.0], g, np.diag(curvatures), np.zeros(3), 0.0), (
        "newton_step: curvatures along the axes may differ by any factor"
    )
H = np.array([[4.0, 1.0, -2.0], [1.0, -3.0, 0.5], [-2.0, 0.5, 1.0]])
g, zero = np.array([1.0, -2.0, 0.5]), np.zeros(3)
for units in ([1.0, 2.0**33, 1.0], [2.0**-33, 1.0, 2.0**10]):
    step = np.divide(_true(g, H, zero, 0.0), units)
    assert _is(step, g * units, H * np.outer(units, units), zero, 0.0), (
        "newton_step: in other units of single weights the step is the same, in those units"
    )
for scale in (1e-150, 1e-13, 1e13, 1e150):
    assert _is(np.multiply(_true(g, H, zero, 0.5), scale), g * scale, H, zero, 0.5), (
        "newton_step: a gradient of any size makes a step of its size"
    )
    assert _is(_true(g, H, zero, 0.5), g * scale, H * scale, zero, 0.5 * scale), (
        "newton_step: in other units of the loss the step is the same"
    )
assert np.shape(
    newton_step(np.array([3.0]), np.array([[2.0]]), np.array([1.0]), 1)
) == (1,), "newton_step: one weight comes back in an array of one entry"
for g in (np.zeros(2), np.ones(2)):
    w = np.array([1.0, 2.0])
    assert testing.apart(w, g, newton_step(g, np.eye(2), w, 0.0)), (
        "newton_step: the weights are a new array, also where nothing moves"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 14. When two libraries agree: `conformance(name)`
#
# hard · 40 minutes · 5 points
#
# You need the lesson [Three training loops, one run](11_three_loops.ipynb), its last section.
#
# The same name in PyTorch and in Keras need not mean the same rule. For each of the cases below, find arguments with
# which the two optimizers make the same steps, or find out that there are none.
#
# Return `{"torch": {...}, "keras": {...}}`: two dictionaries of keyword arguments, one for the constructor of each
# optimizer. Return `None` where no arguments that meet the case's conditions agree. Any other string
# raises `ValueError`.
#
# | `name` | optimizer of PyTorch, of Keras | conditions, besides a rate of 1/8 in both |
# |---|---|---|
# | `"sgd"` | `SGD`, `SGD` | no momentum |
# | `"momentum"` | `SGD`, `SGD` | momentum 3/4 in both, not Nesterov's |
# | `"momentum_halved"` | `SGD`, `SGD` | as `"momentum"`; after step 10 the rate of both is set to 1/16 |
# | `"nesterov"` | `SGD`, `SGD` | momentum 3/4 in both, Nesterov's |
# | `"adagrad"` | `Adagrad`, `Adagrad` | Keras has `epsilon=1/16` and `initial_accumulator_value=1/8` |
# | `"rmsprop"` | `RMSprop`, `RMSprop` | decay 3/4 in both; any epsilon from 0 to 1/64 in each |
# | `"rmsprop_eps"` | `RMSprop`, `RMSprop` | decay 3/4 in both; Keras has `epsilon=1/64`, PyTorch any |
# | `"adam"` | `Adam`, `Adam` | decays 3/4 and 7/8 in both, no AMSGrad; any epsilon from 0 to 1/64 in each |
# | `"adam_eps"` | `Adam`, `Adam` | decays 3/4 and 7/8 in both, no AMSGrad; Keras has `epsilon=1/64`, PyTorch any |
# | `"amsgrad"` | `Adam`, `Adam` | as `"adam"`, but with AMSGrad in both |
# | `"adadelta"` | `Adadelta`, `Adadelta` | decay 3/4 in both; Keras has `epsilon=1/64`, PyTorch any |
# | `"nadam"` | `NAdam`, `Nadam` | decays 3/4 and 7/8 in both; Keras has `epsilon=1/64`, PyTorch any |
#
# - *Decay* is the factor that an average keeps of its old value: `rho`, `alpha`, `betas`, or `beta_1` and `beta_2`. All
#   fractions above are exact in float32, in which Keras keeps some of its numbers.
# - The arguments may be any of these, as far as the optimizer knows them. Leave all others alone.
#   For PyTorch: `lr`, `momentum`, `dampening`, `nesterov`, `alpha`, `rho`, `betas`, `eps`, `centered`, `amsgrad`,
#   `lr_decay`, `initial_accumulator_value`, `momentum_decay`.
#   For Keras: `learning_rate`, `momentum`, `nesterov`, `rho`, `beta_1`, `beta_2`, `epsilon`, `centered`, `amsgrad`,
#   `initial_accumulator_value`.
# - *To agree* means: both start from the same float64 weights, and are given the same 20 gradients, one after the
#   other. After every step, each weight in Keras differs from that in PyTorch by no more than $10^{-6}$ of the farthest
#   that PyTorch has moved this weight from its start.
# - This must hold for all gradients without zeros: of either sign, and of any size from $10^{-12}$ to 100. So an
#   epsilon of $10^{-8}$ is not small.
#
# Nothing has to be run in your function: it may look its answers up. But run the optimizers to find them. The tests do.
#
# <details><summary>Hint 1: read the rule, not its name</summary>
#
# `print(inspect.getsource(keras.optimizers.Adam.update_step))` shows Keras's rule. PyTorch's stands in its
# documentation as a box of pseudo-code, for each optimizer. Write both down with the same letters.
# </details>
#
# <details><summary>Hint 2: compare defaults</summary>
#
# An argument that you leave out has a default, and the two libraries seldom chose the same: rates, decays, epsilons,
# the first value of an accumulator, the decay of NAdam's momentum.
# </details>
#
# <details><summary>Hint 3: where does epsilon stand?</summary>
#
# Inside a root, outside it, or outside but before the correction of the bias. Ask for each pair whether another number
# on the other side can make up for it in every step. It can if epsilon is 0, and sometimes otherwise: something added
# inside a root to a sum that never decays might as well have been there from the start.
# </details>
#
# <details><summary>Hint 4: run two of them side by side</summary>
#
# In PyTorch: `w = torch.zeros(3, dtype=torch.float64)`, `optimizer = torch.optim.SGD([w], lr=0.125)`, then for each
# gradient `w.grad = torch.tensor(g)` and `optimizer.step()`. In Keras:
# `w = keras.Variable(np.zeros(3), dtype="float64")`, `optimizer = keras.optimizers.SGD(learning_rate=0.125)`, then
# `optimizer.apply([keras.ops.convert_to_tensor(g)], [w])`. Import PyTorch before Keras.
# </details>


# %% nbgrader={"grade_id": "conformance", "solution": true}
def conformance(name):
    """Return the arguments with which PyTorch and Keras agree, {"torch": {...}, "keras": {...}}, or None if none exist.

    name: one of the cases of the table.  Raises ValueError on another name.
    """
    ### BEGIN SOLUTION
    betas, beta_1_2 = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,  # Keras has the rate inside the velocity: old gradients keep their old rate
        "nesterov": (
            {"momentum": 0.75, "nesterov": True},
            {"momentum": 0.75, "nesterov": True},
        ),
        # sqrt(1/8 + sum + 1/16) is a root without epsilon of a sum that began at 3/16
        "adagrad": (
            {"eps": 0.0, "initial_accumulator_value": 3 / 16},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0.0}, {"rho": 0.75, "epsilon": 0.0}),
        "rmsprop_eps": None,  # Keras has epsilon inside the root, of an average that forgets
        "adam": ({**betas, "eps": 0.0}, {**beta_1_2, "epsilon": 0.0}),
        "adam_eps": None,  # Keras adds epsilon before the correction, whose factor changes from step to step
        "amsgrad": (
            {**betas, "eps": 0.0, "amsgrad": True},
            {**beta_1_2, "epsilon": 0.0, "amsgrad": True},
        ),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        # Keras warms the momentum up by 0.96^t, PyTorch by 0.96^(t * momentum_decay)
        "nadam": (
            {**betas, "eps": 1 / 64, "momentum_decay": 1.0},
            {**beta_1_2, "epsilon": 1 / 64},
        ),
    }
    if name not in pairs:
        raise ValueError(f"name must be one of {list(pairs)}, got {name!r}")
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {
        "torch": {"lr": 0.125, **for_torch},
        "keras": {"learning_rate": 0.125, **for_keras},
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "conformance-visible", "points": 1}
# Visible tests of `conformance`: 1 point.
import os

names = (
    "sgd",
    "momentum",
    "momentum_halved",
    "nesterov",
    "adagrad",
    "rmsprop",
    "rmsprop_eps",
)
names += ("adam", "adam_eps", "amsgrad", "adadelta", "nadam")
for name in names:
    answer = conformance(name)
    assert answer is None or (
        isinstance(answer, dict) and set(answer) == {"torch", "keras"}
    ), (
        "conformance: every answer is None or a dictionary with the keys 'torch' and 'keras'"
    )
    assert answer is None or all(
        isinstance(arguments, dict) for arguments in answer.values()
    ), "conformance: the arguments of each library are a dictionary"

answer = conformance("sgd")
assert answer is not None, (
    "conformance: 'sgd' has arguments that agree, so the answer is not None"
)
assert answer["torch"].get("lr") == 0.125, (
    "conformance: PyTorch has the rate 1/8 in 'sgd'"
)
assert answer["keras"].get("learning_rate") == 0.125, (
    "conformance: Keras has the rate 1/8 in 'sgd'"
)

# The two frameworks take some seconds to import. PyTorch comes first.
os.environ["TF_CPP_MIN_LOG_LEVEL"], os.environ["TF_ENABLE_ONEDNN_OPTS"] = "3", "0"
import numpy as np
import torch
import keras

w, v = torch.zeros(3, dtype=torch.float64), keras.Variable(np.zeros(3), dtype="float64")
optimizers = (
    torch.optim.SGD([w], **answer["torch"]),
    keras.optimizers.SGD(**answer["keras"]),
)
for g in np.random.default_rng(0).normal(size=(20, 3)):
    w.grad = torch.tensor(g)
    optimizers[0].step()
    optimizers[1].apply([keras.ops.convert_to_tensor(g, dtype="float64")], [v])
    assert float(keras.ops.max(keras.ops.abs(v - w.numpy()))) < 1e-6, (
        "conformance: PyTorch and Keras make the same steps in 'sgd'"
    )
try:
    conformance("lion")
except ValueError:
    refused = True
else:
    refused = False
assert refused, "conformance: an unknown name raises ValueError"

# %% nbgrader={"grade_id": "conformance-hidden", "points": 4}
# Hidden tests of `conformance`: 4 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import os
import warnings

conformance(
    "sgd"
)  # where nothing is written yet, the tests end here, before the frameworks are imported
os.environ["TF_CPP_MIN_LOG_LEVEL"], os.environ["TF_ENABLE_ONEDNN_OPTS"] = "3", "0"
import numpy as np
import torch
import keras

# name -> optimizer of PyTorch, of Keras, what PyTorch's must have, what Keras's must have; then whether any agree.
_ADAM = (
    {"betas": (3 / 4, 7 / 8), "amsgrad": False},
    {"beta_1": 3 / 4, "beta_2": 7 / 8, "amsgrad": False},
)
_CASES = {
    "sgd": ("SGD", "SGD", {"momentum": 0}, {"momentum": 0}, True),
    "momentum": ("SGD", "SGD", *[{"momentum": 3 / 4, "nesterov": False}] * 2, True),
    "momentum_halved": (
        "SGD",
        "SGD",
        *[{"momentum": 3 / 4, "nesterov": False}] * 2,
        False,
    ),
    "nesterov": ("SGD", "SGD", *[{"momentum": 3 / 4, "nesterov": True}] * 2, True),
    "adagrad": (
        "Adagrad",
        "Adagrad",
        {},
        {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        True,
    ),
    "rmsprop": ("RMSprop", "RMSprop", {"alpha": 3 / 4}, {"rho": 3 / 4}, True),
    "rmsprop_eps": (
        "RMSprop",
        "RMSprop",
        {"alpha": 3 / 4},
        {"rho": 3 / 4, "epsilon": 1 / 64},
        False,
    ),
    "adam": ("Adam", "Adam", *_ADAM, True),
    "adam_eps": ("Adam", "Adam", _ADAM[0], {**_ADAM[1], "epsilon": 1 / 64}, False),
    "amsgrad": ("Adam", "Adam", *[{**half, "amsgrad": True} for half in _ADAM], True),
    "adadelta": (
        "Adadelta",
        "Adadelta",
        {"rho": 3 / 4},
        {"rho": 3 / 4, "epsilon": 1 / 64},
        True,
    ),
    "nadam": (
        "NAdam",
        "Nadam",
        {"betas": (3 / 4, 7 / 8)},
        {"beta_1": 3 / 4, "beta_2": 7 / 8, "epsilon": 1 / 64},
        True,
    ),
}
_FOR_TORCH = {
    "lr",
    "momentum",
    "dampening",
    "nesterov",
    "alpha",
    "rho",
    "betas",
    "eps",
    "centered",
    "amsgrad",
}
_FOR_TORCH |= {"lr_decay", "initial_accumulator_value", "momentum_decay"}
_FOR_KERAS = {
    "learning_rate",
    "momentum",
    "nesterov",
    "rho",
    "beta_1",
    "beta_2",
    "epsilon",
    "centered",
    "amsgrad",
}
_FOR_KERAS |= {"initial_accumulator_value"}


def _meets(settings, asked):
    """Are the asked values among the settings of an optimizer?"""
    return all(np.array_equal(settings[key], value) for key, value in asked.items())


def _allowed(name, group, config):
    """Do the built optimizers meet the conditions of the table?"""
    asked_torch, asked_keras = _CASES[name][2:4]
    small = name not in ("rmsprop", "adam", "amsgrad") or (
        0 <= group["eps"] <= 1 / 64 and 0 <= config["epsilon"] <= 1 / 64
    )
    return (
        small
        and _meets(group, {"lr": 1 / 8, **asked_torch})
        and _meets(config, {"learning_rate": 1 / 8, **asked_keras})
    )


def _farthest_apart(name, answer, gradients):
    """The largest distance of the two paths, as a share of how far PyTorch moves each weight; None if not allowed."""
    w = torch.zeros(gradients.shape[1], dtype=torch.float64)
    v = keras.Variable(np.zeros(gradients.shape[1]), dtype="float64")
    try:
        ours = getattr(torch.optim, _CASES[name][0])([w], **answer["torch"])
        theirs = getattr(keras.optimizers, _CASES[name][1])(**answer["keras"])
    except (TypeError, ValueError):
        return None
    if not _allowed(name, ours.param_groups[0], theirs.get_config()):
        return None
    paths = [], []
    for t, g in enumerate(gradients):
        if t == 10 and name == "momentum_halved":
            ours.param_groups[0]["lr"], theirs.learning_rate = 1 / 16, 1 / 16
        w.grad = torch.tensor(g)
        ours.step()
        theirs.apply([keras.ops.convert_to_tensor(g, dtype="float64")], [v])
        paths[0].append(w.numpy().copy())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of how Keras calls NumPy
            paths[1].append(np.array(keras.ops.convert_to_numpy(v)))
    moved = np.max(np.abs(paths[0]), axis=0)
    return np.max(np.abs(np.subtract(*paths)) / np.where(moved > 0, moved, np.nan))


def _right(name):
    """Is the answer to this case right? A dictionary is tried out; None is right where no dictionary can be."""
    answer = conformance(name)
    if answer is None:
        return not _CASES[name][4]
    if not isinstance(answer, dict) or set(answer) != {"torch", "keras"}:
        return False
    if not (set(answer["torch"]) <= _FOR_TORCH and set(answer["keras"]) <= _FOR_KERAS):
        return False
    apart = _farthest_apart(name, answer, _gradients)
    return apart is not None and bool(apart <= 1e-6)


_rng = np.random.default_rng(12)
_sizes = 10.0 ** np.concatenate(
    [np.linspace(-11, 2, 24), _rng.uniform(-11, 2, size=16)]
)
_gradients = (
    _rng.choice([-1, 1], size=(20, 40)) * _rng.uniform(0.1, 1, size=(20, 40)) * _sizes
)
_gradients[:, 30:] = 10.0 ** _rng.uniform(-12, 2, size=(20, 10))

assert _right("sgd"), (
    "conformance: 'sgd' gets arguments that the table allows and that make equal steps, or None if none do"
)
assert _right("momentum"), (
    "conformance: 'momentum' gets arguments that the table allows and that make equal steps, or None if none do"
)
assert _right("momentum_halved"), (
    "conformance: 'momentum_halved' gets arguments that the table allows and that make equal steps, or None if none do"
)
assert _right("nesterov"), (
    "conformance: 'nesterov' gets arguments that the table allows and that make equal steps, or None if none do"
)
assert _right("adagrad"), (
    "conformance: 'adagrad' gets arguments that the table allows and that make equal steps, or None if none do"
)
assert _right("rmsprop"), (
    "conformance: 'rmsprop' gets arguments that the table allows and that make equal steps, or None if none do"
)
assert _right("rmsprop_eps"), (
    "conformance: 'rmsprop_eps' gets arguments that the table allows and that make equal steps, or None if none do"
)
assert _right("adam"), (
    "conformance: 'adam' gets arguments that the table allows and that make equal steps, or None if none do"
)
assert _right("adam_eps"), (
    "conformance: 'adam_eps' gets arguments that the table allows and that make equal steps, or None if none do"
)
assert _right("amsgrad"), (
    "conformance: 'amsgrad' gets arguments that the table allows and that make equal steps, or None if none do"
)
assert _right("adadelta"), (
    "conformance: 'adadelta' gets arguments that the table allows and that make equal steps, or None if none do"
)
assert _right("nadam"), (
    "conformance: 'nadam' gets arguments that the table allows and that make equal steps, or None if none do"
)
for unknown in ("", "SGD", "adamw", "momentum "):
    try:
        conformance(unknown)
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, "conformance: an unknown name raises ValueError, whatever it is"
### END HIDDEN TESTS
