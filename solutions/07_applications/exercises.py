# %% [markdown]
# # Applications: exercises
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
# When you are done, run `gdcourse check 07_applications --full` in a terminal: it runs the hidden tests too.
# **Validate** in the toolbar runs the visible ones only.

# %%
import numpy as np

# %% [markdown]
# ## 1. A table of scores: `bigram_fit(text, lr, steps)`
#
# medium · 20 minutes · 5 points
#
# Train a bigram model by gradient descent. `text` is a string of two characters or more. Every character counts as it is: capital letters,
# spaces, line ends, letters of any script. The model has a score for each pair of characters, an array `W`, `(K, K)`, for `K`
# different characters: the **row** is the character before, the **column** the next one. Softmax over a row gives the probabilities of
# the next character. `W` starts at 0.
#
# The loss is the mean cross-entropy over all pairs of neighbours in `text`. Take `steps` steps of plain gradient descent with the rate
# `lr`, each on all pairs. Return three things:
#
# - `chars`: a string of the different characters of `text`, each once, in the order of `sorted`; row and column `k` belong to `chars[k]`,
# - `W` after the last step, in `float64`,
# - `losses`: a list of `steps + 1` numbers, the loss before each step and after the last one.
#
# `steps` is an integer, 0 or more, and `lr` a number above 0, both of Python or of any NumPy type. `lr` may be as small as $10^{-12}$ or as large as
# $10^6$. With the largest the scores are large after one step, and the loss has to be right all the same.
#
# <details><summary>Hint 1: count first</summary>
#
# Equal pairs have equal gradients. How many pairs are there, how often does each come, and how often does each row's character stand before another one?
# </details>
#
# <details><summary>Hint 2: the gradient of one row</summary>
#
# For one pair the gradient is `p - q`, with `q` 1 at the character that came. Add it up over all pairs that share a row, and divide by the number of *all* pairs.
# </details>
#
# <details><summary>Hint 3: large scores</summary>
#
# The logarithm of a softmax is `z - max - log(sum(exp(z - max)))`. It needs no probability that could be 0.
# </details>


# %% nbgrader={"grade_id": "bigram_fit", "solution": true}
def bigram_fit(text, lr, steps):
    """Return (chars, W, losses): the sorted characters, the scores (K, K) after the steps, and steps + 1 losses.

    text: str, two characters or more.  lr: float above 0.  steps: int, 0 or more.
    """
    ### BEGIN SOLUTION
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses
    ### END SOLUTION


# %% nbgrader={"grade_id": "bigram_fit-visible", "points": 1}
# Visible tests of `bigram_fit`: 1 point.
import numpy as np

# The pairs of "aababb": aa, ab, ba, ab, bb. After b both letters come once, so that row has nothing to learn.
chars, W, losses = bigram_fit("aababb", 1.0, 1)
assert chars == "ab" and np.shape(W) == (2, 2), (
    "bigram_fit: the sorted characters, and a score for each pair of them"
)
assert np.allclose(W, [[-0.1, 0.1], [0, 0]], rtol=1e-12, atol=1e-15), (
    "bigram_fit: one step of the worked example"
)
assert isinstance(losses, list) and len(losses) == 2, (
    "bigram_fit: a list of steps + 1 losses"
)
assert np.isclose(losses[0], np.log(2), rtol=1e-12), (
    "bigram_fit: the first loss is that of equal probabilities"
)

# %% nbgrader={"grade_id": "bigram_fit-hidden", "points": 3}
# Hidden tests of `bigram_fit`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import log_softmax

from gdcourse.testing import drawn


def _regression(text, lr, steps):
    """Softmax regression on one-hot characters, pair by pair."""
    chars = sorted(set(text))
    X = np.array([[float(a == c) for c in chars] for a in text[:-1]])
    Y = np.array([[float(b == c) for c in chars] for b in text[1:]])
    W, losses = np.zeros((len(chars), len(chars))), []
    for t in range(steps + 1):
        log_p = log_softmax(X @ W, axis=1)
        losses.append(-np.mean(np.sum(Y * log_p, axis=1)))
        if t < steps:
            W = W - lr * X.T @ (np.exp(log_p) - Y) / len(X)
    return "".join(chars), W, losses


rng = drawn("bigram_fit")
for trial in range(40):
    letters = list("aàBbz \n.Яß漢😀")[: int(rng.integers(1, 13))]
    text = "".join(rng.choice(letters, int(rng.integers(2, 80))))
    lr, steps = float(10 ** rng.uniform(-2, 0.5)), int(rng.integers(0, 40))
    expected = _regression(text, lr, steps)
    chars, W, losses = bigram_fit(text, lr, steps)
    assert chars == expected[0], (
        "bigram_fit: the characters in sorted order, each once, as they are"
    )
    assert np.shape(W) == np.shape(expected[1]) and np.allclose(
        W, expected[1], rtol=1e-9, atol=1e-13
    ), "bigram_fit: the scores agree with softmax regression on one-hot characters"
    assert np.shape(losses) == (steps + 1,) and np.allclose(
        losses, expected[2], rtol=1e-9, atol=1e-13
    ), "bigram_fit: the loss before each step and after the last one"

chars, W, losses = bigram_fit("aababb" * 3, 3.0, 400)
p = np.exp(log_softmax(W, axis=1))
assert np.allclose(p, [[3 / 9, 6 / 9], [5 / 8, 3 / 8]], rtol=1e-9), (
    "bigram_fit: many steps end at the counted table"
)
assert np.all(np.diff(losses) < 1e-12) and losses[-1] < losses[0], (
    "bigram_fit: at a stable rate the loss falls, step by step"
)
chars, W, losses = bigram_fit("zy", 2.0, 3)
assert chars == "yz" and np.all(W[0] == 0) and W[1, 0] > 0, (
    "bigram_fit: the scores of a character that is never followed stay 0"
)
chars, W, losses = bigram_fit("aaaa", 0.5, 2)
assert np.shape(W) == (1, 1) and len(losses) == 3 and np.all(np.abs(losses) < 1e-12), (
    "bigram_fit: one character alone has nothing to learn"
)
chars, W, losses = bigram_fit("to be or not", 0.5, 0)
assert np.all(np.asarray(W) == 0) and np.allclose(losses, [np.log(7)], rtol=1e-12), (
    "bigram_fit: no step leaves scores of 0 and one loss"
)

text, wanted = "ab" * 40_000 + "ac", np.zeros((3, 3))
counts = np.array([[0, 40_000, 1], [40_000, 0, 0], [0, 0, 0]])
for _ in range(30):
    p = np.exp(log_softmax(wanted, axis=1))
    wanted -= (counts.sum(axis=1, keepdims=True) * p - counts) / counts.sum()
assert np.allclose(bigram_fit(text, 1.0, 30)[1], wanted, rtol=1e-9, atol=1e-13), (
    "bigram_fit: a long text, with pairs that come tens of thousands of times"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "bigram_fit-inputs", "points": 1}
# Hidden tests of `bigram_fit`: 1 point for rates and steps of every type and size.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.special import log_softmax

from gdcourse.testing import INTEGERS, apart, printing

text = "the theory of that other thread"
chars, W, losses = bigram_fit(text, 0.25, 100)
assert np.asarray(W).dtype == np.float64 and all(np.ndim(x) == 0 for x in losses), (
    "bigram_fit: scores in float64, and a number for each loss"
)
for kind in INTEGERS:
    found = bigram_fit(text, 0.25, np.dtype(kind).type(100))
    assert len(found[2]) == 101 and np.allclose(found[1], W, rtol=1e-9, atol=1e-13), (
        "bigram_fit: steps of any integer type"
    )
for kind, most in (("int8", 127), ("uint8", 255)):
    found = bigram_fit(text, 0.25, np.dtype(kind).type(most))
    assert len(found[2]) == most + 1, "bigram_fit: as many steps as a type can hold"
for kind in ("float16", "float32", "float64"):
    found = bigram_fit(text, np.dtype(kind).type(0.25), 100)
    assert np.allclose(found[1], W, rtol=1e-9, atol=1e-13) and np.allclose(
        found[2], losses, rtol=1e-9
    ), "bigram_fit: rates of any float type"
assert np.allclose(bigram_fit(text, np.int8(1), 5)[1], bigram_fit(text, 1.0, 5)[1]), (
    "bigram_fit: a rate that is an integer"
)
place = {c: k for k, c in enumerate(chars)}
counts = np.zeros((len(chars), len(chars)))
for a, b in zip(text[:-1], text[1:], strict=True):
    counts[place[a], place[b]] += 1
step = (counts - counts.sum(axis=1, keepdims=True) / len(chars)) / counts.sum()
for lr in (1e-12, 1e-6, 1e3, 1e6):
    found = bigram_fit(text, lr, 1)
    assert np.allclose(np.asarray(found[1]) / lr, step, rtol=1e-9, atol=1e-14), (
        "bigram_fit: rates of any size"
    )
    wanted = -np.sum(counts * log_softmax(lr * step, axis=1)) / counts.sum()
    assert np.isclose(found[2][1], wanted, rtol=1e-9), (
        "bigram_fit: the loss is right where the scores are large"
    )
with printing() as told:
    first, second = bigram_fit(text, 0.25, 3), bigram_fit(text, 0.25, 3)
assert not told() and apart(first[1], second[1]), (
    "bigram_fit: prints nothing, and gives an array of its own at each call"
)
assert np.array_equal(first[1], second[1]) and first[2] == second[2], (
    "bigram_fit: equal calls give equal results"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. An alarm from normal scores: `anomaly_threshold(scores_normal, q)`
#
# easy · 12 minutes · 4 points
#
# `scores_normal` holds the scores of normal samples, one number or more, in any order: a list or an array of one dimension. Return the threshold, a Python `float`: the smallest of
# these scores such that at least a share `q` of all scores is at or below it. It is always one of the scores: nothing is interpolated.
#
# `q` is a number above 0, and 1 at most. Raise a `ValueError` for any other `q`, if there are no scores, or if one of them is NaN (a model that gives NaN
# should not set alarms). Infinite scores are allowed; each is larger, or smaller, than all finite ones.
#
# `q` times the number of scores may be off a whole number by rounding: in floating point, `0.07 * 100` is above 7. Where it is within $10^{-9}$ of a whole number, that number is meant.
#
# <details><summary>Hint 1: by hand</summary>
#
# Five scores, sorted, and `q = 0.5`. How many have to be at or below the threshold? In which place is it?
# </details>
#
# <details><summary>Hint 2: rounding</summary>
#
# `ceil(q * n)` is the place, but for rounding. What can you take off before you round up?
# </details>


# %% nbgrader={"grade_id": "anomaly_threshold", "solution": true}
def anomaly_threshold(scores_normal, q):
    """Return the smallest score such that at least a share q of all is at or below it, a float.

    scores_normal: (n,), n >= 1, without NaN.  q: 0 < q <= 1.  Anything else raises a ValueError.
    """
    ### BEGIN SOLUTION
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[place - 1])
    ### END SOLUTION


# %% nbgrader={"grade_id": "anomaly_threshold-visible", "points": 1}
# Visible tests of `anomaly_threshold`: 1 point.
import numpy as np

scores = [0.9, 0.2, 0.5, 0.4, 0.3, 0.4, 1.4, 0.7, 0.5, 0.6]
assert anomaly_threshold(scores, 0.9) == 0.9, (
    "anomaly_threshold: nine of the ten scores of the example are at or below it"
)
assert anomaly_threshold(np.array([3.0, 1.0, 2.0]), 0.5) == 2.0, (
    "anomaly_threshold: at least the share q, where q times n is no whole number"
)
assert isinstance(anomaly_threshold(scores, 0.5), float), (
    "anomaly_threshold: returns a float"
)

# %% nbgrader={"grade_id": "anomaly_threshold-hidden", "points": 2}
# Hidden tests of `anomaly_threshold`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
from fractions import Fraction

import numpy as np

from gdcourse.testing import drawn

rng = drawn("anomaly_threshold")
for trial in range(60):
    n = int(rng.integers(1, 40))
    scores = rng.normal(size=n) if trial % 2 else rng.integers(-3, 4, n).astype(float)
    part = int(rng.integers(1, 101))
    wanted = min(
        s
        for s in scores
        if Fraction(int(np.sum(scores <= s)), n) >= Fraction(part, 100)
    )
    assert anomaly_threshold(scores, part / 100) == wanted, (
        "anomaly_threshold: the smallest score with a share q at or below it, ties and all"
    )
for n in (10, 25, 50, 100, 200, 1000):
    for part in range(1, 101):
        place = -(-part * n // 100)
        assert anomaly_threshold(np.arange(n, 0, -1.0), part / 100) == place, (
            "anomaly_threshold: a whole number of scores is not moved by rounding"
        )
assert anomaly_threshold(np.arange(1001, 0, -1.0), 500.0001 / 1001) == 501, (
    "anomaly_threshold: a little more than a whole number of scores needs one more"
)
assert anomaly_threshold([4.0, 8.0, 6.0], 1.0) == 8.0, (
    "anomaly_threshold: with q = 1 it is the largest score"
)
assert anomaly_threshold([4.0, 8.0, 6.0], 1e-15) == 4.0, (
    "anomaly_threshold: with a tiny q it is the smallest score"
)
assert anomaly_threshold([2.5], 0.3) == 2.5, "anomaly_threshold: a single score"
assert anomaly_threshold([np.inf, 1.0, -np.inf, 2.0], 0.75) == 2.0, (
    "anomaly_threshold: infinite scores have their place like others"
)
assert anomaly_threshold([np.inf, 1.0], 0.9) == np.inf, (
    "anomaly_threshold: the threshold may be infinite"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "anomaly_threshold-inputs", "points": 1}
# Hidden tests of `anomaly_threshold`: 1 point for inputs of every type, layout and scale, and those to refuse.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    at_every_place,
    of_every_layout,
    of_every_scale,
    of_every_type,
    printing,
    same,
    snapshot,
)

for scores in of_every_type([100, 7, 3, 120, 50]):
    found = anomaly_threshold(scores, 0.7)
    assert found == 100 and type(found) is float, (
        "anomaly_threshold: scores of any integer or float type, a float from all"
    )
for kind in (np.float16, np.float32):
    assert anomaly_threshold([3.0, 1.0, 2.0, 4.0], kind(0.5)) == 2.0, (
        "anomaly_threshold: q of any float type"
    )
assert anomaly_threshold(np.arange(1.0, 4098.0), np.float16(0.5)) == 2049.0, (
    "anomaly_threshold: a narrow q and many scores"
)
scores = np.array([0.3, -1.5, 2.0, 0.25, 7.0, 0.1])
for laid in of_every_layout(scores):
    before = snapshot(laid)
    with printing() as told:
        assert anomaly_threshold(laid, 0.5) == 0.25, (
            "anomaly_threshold: scores that lie in memory in any way"
        )
    assert same(laid, before) and not told(), (
        "anomaly_threshold: leaves the scores as they are, and prints nothing"
    )
for scale, scaled in of_every_scale(scores):
    assert anomaly_threshold(scaled, 0.5) == scaled[3], (
        "anomaly_threshold: scores of any scale"
    )


def _refused(scores, q):
    try:
        anomaly_threshold(scores, q)
    except ValueError:
        return True
    return False


for bad in at_every_place(scores, np.nan):
    assert _refused(bad, 0.5), "anomaly_threshold: raises ValueError for a NaN"
assert _refused([], 0.5), "anomaly_threshold: raises ValueError for no scores"
assert all(_refused(scores, q) for q in (0, -0.1, 1.01, np.nan, np.inf)), (
    "anomaly_threshold: raises ValueError for q outside of 0 to 1"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Pairs in the right order: `auc(scores, y)`
#
# medium · 20 minutes · 5 points
#
# `scores`, `(n,)`, are numbers, large where a sample looks odd. `y`, `(n,)`, has the labels: 1 for an anomaly, 0 for a normal sample, as integers, floats or Booleans.
# Both may be lists. Return the AUC, a Python `float`: of all pairs of an anomaly and a normal sample, the share in which the anomaly has the larger score; a tie counts one half.
#
# Equal means exactly equal. Infinite scores are allowed, and a tie with each other. Raise a `ValueError` if a score is NaN, if one of the two labels is missing, if a label is neither 0 nor 1, or if the
# lengths differ.
#
# There may be 200,000 samples: all pairs at once would not fit into memory.
#
# <details><summary>Hint 1: ranks</summary>
#
# Number the sorted scores from 1 on. How many normal samples lie below an anomaly, given its rank and its place among the anomalies?
# </details>
#
# <details><summary>Hint 2: ties</summary>
#
# Equal scores all get the mean of their places. `np.unique` can say how often each score comes (`return_counts`), and which of them each sample has (`return_inverse`).
# </details>


# %% nbgrader={"grade_id": "auc", "solution": true}
def auc(scores, y):
    """Return the share of pairs (anomaly, normal) in which the anomaly has the larger score; ties count half.

    scores: (n,), without NaN.  y: (n,), 1 = anomaly, 0 = normal, both there.  Anything else raises a ValueError.
    """
    ### BEGIN SOLUTION
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(
            f"expected both labels, got {m} anomalies and {n} normal samples"
        )
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))
    ### END SOLUTION


# %% nbgrader={"grade_id": "auc-visible", "points": 1}
# Visible tests of `auc`: 1 point.
import numpy as np

# Six pairs: 5 beats 1, 2 and 4; 2 beats 1, ties with 2, and loses to 4.
found = auc(np.array([5.0, 2.0, 1.0, 2.0, 4.0]), np.array([1, 1, 0, 0, 0]))
assert np.isclose(found, 0.75, rtol=1e-12), "auc: the six pairs of the worked example"
assert isinstance(found, float), "auc: returns a float"

# %% nbgrader={"grade_id": "auc-hidden", "points": 3}
# Hidden tests of `auc`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
from fractions import Fraction

import numpy as np

from gdcourse.testing import drawn

rng = drawn("auc")
for trial in range(60):
    n = int(rng.integers(2, 40))
    y = rng.permutation(np.arange(n) < int(rng.integers(1, n))).astype(int)
    scores = rng.normal(size=n) if trial % 3 else rng.integers(0, 4, n).astype(float)
    a, b = scores[y == 1][:, None], scores[y == 0][None, :]
    twice = 2 * int(np.sum(a > b)) + int(np.sum(a == b))
    wanted = float(Fraction(twice, 2 * a.size * b.size))
    assert np.isclose(auc(scores, y), wanted, rtol=1e-12, atol=1e-14), (
        "auc: the share of pairs in the right order, with ties as half"
    )
    assert np.isclose(auc(-scores, y), 1 - wanted, rtol=1e-9, atol=1e-12), (
        "auc: scores the other way round win what was lost"
    )
assert (
    auc([1.0, 2.0, 3.0], [0, 0, 1]) == 1.0 and auc([3.0, 2.0, 1.0], [0, 0, 1]) == 0.0
), "auc: 1 where all pairs are in order, 0 where none is"
assert auc([2.0] * 7, [1, 0, 0, 1, 0, 0, 0]) == 0.5, "auc: one half where all are tied"
assert auc([np.inf, 1.0, np.inf, -np.inf], [1, 0, 0, 0]) == 2.5 / 3, (
    "auc: infinite scores have their order, and tie with each other"
)
close = np.nextafter(1.0, 2.0)
assert auc([close, 1.0], [1, 0]) == 1.0, "auc: nearly equal is no tie"
m = 100_000
scores, y = np.arange(2 * m) // 2, np.arange(2 * m) % 2
assert np.isclose(auc(scores, y), 0.5, rtol=1e-12), (
    "auc: many samples, a tie in each pair"
)
scores = np.arange(2.0 * m)
assert np.isclose(auc(scores, y), (m + 1) / (2 * m), rtol=1e-12), (
    "auc: many samples, and a sum of ranks with many digits"
)
assert np.isclose(auc(scores, scores >= 2 * m - 3), 1.0, rtol=1e-14), (
    "auc: a few anomalies among many normal samples"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "auc-inputs", "points": 1}
# Hidden tests of `auc`: 1 point for inputs of every type, layout and scale, and those to refuse.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    at_every_place,
    of_every_layout,
    of_every_scale,
    of_every_type,
    printing,
    same,
    snapshot,
)

numbers, labels = [3, 120, 7, 7, 100], [0, 1, 0, 1, 0]
for scores in of_every_type(numbers):
    for y in (*of_every_type(labels), np.array(labels, dtype=bool)):
        found = auc(scores, y)
        assert np.isclose(found, 4.5 / 6, rtol=1e-12) and type(found) is float, (
            "auc: scores and labels of any type, and Booleans"
        )
big = np.array([2**60 + 1, 2**60])
assert auc(big, [1, 0]) == 1.0 and auc(big, [0, 1]) == 0.0, (
    "auc: large integers that differ by 1 are not equal"
)
y = np.arange(400) % 2
assert np.isclose(auc(np.arange(400), y.astype(np.uint8)), 201 / 400, rtol=1e-12), (
    "auc: more samples than a narrow label type can count"
)
scores, y = np.array([0.5, -1.0, 2.0, 0.5, 3.0]), np.array([1, 0, 0, 0, 1])
for s, labels in zip(of_every_layout(scores), of_every_layout(y), strict=True):
    before = snapshot((s, labels))
    with printing() as told:
        assert np.isclose(auc(s, labels), 4.5 / 6, rtol=1e-12), (
            "auc: arrays that lie in memory in any way"
        )
    assert same((s, labels), before) and not told(), (
        "auc: leaves its arguments as they are, and prints nothing"
    )
for scale, scaled in of_every_scale(scores):
    assert np.isclose(auc(scaled, y), 4.5 / 6, rtol=1e-12), "auc: scores of any scale"


def _refused(scores, y):
    try:
        auc(scores, y)
    except ValueError:
        return True
    return False


for bad in at_every_place(scores, np.nan):
    assert _refused(bad, y), "auc: raises ValueError for a NaN"
assert _refused([1.0, 2.0], [1, 1]) and _refused([1.0, 2.0], [0, 0]), (
    "auc: raises ValueError where a label is missing"
)
assert _refused([1.0, 2.0, 3.0], [0, 1, 2]) and _refused([1.0, 2.0], [-1, 1]), (
    "auc: raises ValueError for other labels"
)
assert _refused([1.0, 2.0, 3.0], [0, 1]) and _refused([1.0], [0, 1]), (
    "auc: raises ValueError where the lengths differ"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Keep what was learned: `freeze(model, names)`
#
# medium · 20 minutes · 5 points
#
# A model that was trained on one task is to learn another one, and part of it is to stay exactly as it is. Write the function that holds
# that part still. Here you do change something: the state of `model`, a `torch.nn.Module`.
#
# `names` is a list or tuple of strings, perhaps an empty one. Each is the name of a **part** (`"0"`, `"body.norm"`; `""` is the whole model) or of one
# **parameter** (`"0.weight"`), as `named_modules` and `named_parameters` write them. A part or a parameter that sits in two places of the model has two names, and both are valid.
#
# - A frozen **parameter** asks for no gradient, and its `.grad` is `None`, whatever was in there. So no later step of an optimizer moves it, even if that optimizer
#   has held it before and has momentum or weight decay.
# - In a frozen **part** all parameters are frozen, at any depth, and the part with all that is in it is put into evaluation mode. So the running
#   statistics of a batch norm stay where they are, and dropout lets all pass.
# - All else stays as it is: the values of parameters and buffers, what was frozen or in evaluation mode before, `requires_grad`, `.grad` and
#   mode of the other parts. A parameter that is frozen by its own name does not change any mode.
# - A name that is neither a part nor a parameter (a buffer's name, for one) raises a `ValueError`. In that case *nothing* is frozen, whatever the other names are.
#
# Return a list of the names of those parameters that still ask for a gradient, in the order of `model.named_parameters()`.
#
# <details><summary>Hint 1: which names are there?</summary>
#
# `model.named_modules()` and `model.named_parameters()` give (name, object). Both leave out what they have given before, under another name. They have an argument for that.
# </details>
#
# <details><summary>Hint 2: why is 0 no good for a gradient?</summary>
#
# Momentum goes on with the steps of the past, and weight decay adds the weight itself. An optimizer leaves a parameter alone only if it finds no gradient.
# </details>
#
# <details><summary>Hint 3: what moves without a gradient?</summary>
#
# A batch norm in training mode updates its buffers in the forward pass. `requires_grad` says nothing about it, the mode does.
# </details>


# %% nbgrader={"grade_id": "freeze", "solution": true} tags=["torch"]
import torch


def freeze(model, names):
    """Freeze parts and parameters of the model; return the names of the parameters that still ask for a gradient.

    model: torch.nn.Module.  names: list or tuple of str.  A name that is neither raises a ValueError, and nothing changes.
    """
    ### BEGIN SOLUTION
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(f"expected a part or a parameter, got {name!r}")
    for name in names:
        frozen = (
            parts[name].eval().parameters() if name in parts else [parameters[name]]
        )
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]
    ### END SOLUTION


# %% nbgrader={"grade_id": "freeze-visible", "points": 1} tags=["torch"]
# Visible tests of `freeze`: 1 point.
import torch

model = torch.nn.Sequential(
    torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)
)
rest = freeze(model, ["0", "1.bias"])
assert rest == ["1.weight", "2.weight", "2.bias"], (
    "freeze: returns the names of the parameters that still ask for a gradient"
)
assert [p.requires_grad for p in model.parameters()] == [False] * 2 + [True, False] + [
    True
] * 2, "freeze: the parameters of the part and the one parameter ask for no gradient"
assert [part.training for part in model] == [False, True, True] and model.training, (
    "freeze: only the frozen part goes into evaluation mode"
)

# %% nbgrader={"grade_id": "freeze-hidden", "points": 3} tags=["torch"]
# Hidden tests of `freeze`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
import torch

from gdcourse.testing import drawn


def _model():
    """Twelve blocks (so that the name "1" begins those of "10" and "11"), each with a batch norm, dropout and a linear part."""
    blocks = [
        torch.nn.Sequential(
            torch.nn.BatchNorm1d(3), torch.nn.Dropout(0.5), torch.nn.Linear(3, 3)
        )
        for _ in range(12)
    ]
    return torch.nn.ModuleDict({"body": torch.nn.Sequential(*blocks)}).double()


def _train(model, opt, steps=3):
    for _ in range(steps):
        opt.zero_grad()
        x = torch.tensor(rng.normal(size=(8, 3)))
        loss = (model["body"](x) - 1).square().mean()
        if loss.requires_grad:
            loss.backward()
        opt.step()


def _bits(model):
    return {name: v.numpy().tobytes() for name, v in model.state_dict().items()}


def _within(name, names):
    return any(n in ("", name) or name.startswith(n + ".") for n in names)


rng = drawn("freeze")
for case in range(24):
    model, before = _model(), []
    parts = [name for name, _ in model.named_modules()]
    kinds = [name for name, _ in model.named_parameters()]
    opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=0.1)
    if case % 3 == 0:
        opt = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.1)
    _train(model, opt)
    asleep = [str(n) for n in rng.choice(kinds, 3, replace=False)]
    for name in asleep:
        model.get_parameter(name).requires_grad_(False)
    still = str(rng.choice(parts[2:]))
    model.get_submodule(still).training = False
    names = [str(n) for n in rng.choice(parts[2:] + kinds, 1 + case % 5, replace=False)]
    names += ["body.1"] * (case % 2)
    chosen = [n for n in names if n in parts]
    frozen = [name for name in kinds if _within(name, names)]
    modes = {n: m.training and not _within(n, chosen) for n, m in model.named_modules()}
    grads = {n: p.grad.clone() for n, p in model.named_parameters() if n not in frozen}
    held = _bits(model)
    rest = freeze(model, names)
    assert _bits(model) == held, "freeze: no parameter and no buffer changes its value"
    assert rest == [n for n in kinds if n not in frozen and n not in asleep], (
        "freeze: the names of those that still ask for a gradient, in the model's order"
    )
    assert rest == [n for n, p in model.named_parameters() if p.requires_grad], (
        "freeze: exactly what is named, at any depth, asks for no gradient, and what was frozen stays so"
    )
    assert all(model.get_parameter(n).grad is None for n in frozen), (
        "freeze: a frozen parameter has no gradient left"
    )
    assert all(
        p.grad is not None and torch.equal(p.grad, grads[n])
        for n, p in model.named_parameters()
        if n in grads
    ), "freeze: the gradients of the others stay"
    assert {n: m.training for n, m in model.named_modules()} == modes, (
        "freeze: frozen parts and all in them are in evaluation mode, others are as they were"
    )
    _train(model, opt)
    after = _bits(model)
    assert all(after[n] == held[n] for n in held if _within(n, names) and n in kinds), (
        "freeze: an optimizer with momentum or weight decay does not move what is frozen"
    )
    assert all(after[n] == held[n] for n in held if _within(n, chosen)), (
        "freeze: training leaves the running statistics of a frozen part bit for bit"
    )
    if rest:
        assert any(after[n] != held[n] for n in rest), "freeze: the others still train"

model = _model()
opt = torch.optim.SGD(model.parameters(), lr=0.01, weight_decay=0.1)
_train(model, opt)
held = _bits(model)
assert freeze(model, [""]) == [] and not any(m.training for m in model.modules()), (
    "freeze: the empty name is the whole model"
)
_train(model, opt)
assert _bits(model) == held, "freeze: a model frozen as a whole stays bit for bit"

# One weight in two places, under two names; and one part in two places.
for name in ("0.weight", "2.weight"):
    tied = torch.nn.Sequential(
        torch.nn.Linear(3, 3), torch.nn.ReLU(), torch.nn.Linear(3, 3)
    )
    tied[2].weight = tied[0].weight
    assert freeze(tied, [name]) == ["0.bias", "2.bias"], (
        "freeze: a weight in two places is frozen by either name"
    )
    assert tied[0].training and tied[2].training, (
        "freeze: a parameter's own name changes no mode"
    )
for name in ("0", "2"):
    once = torch.nn.Linear(3, 3)
    tied = torch.nn.Sequential(once, torch.nn.ReLU(), once, torch.nn.Linear(3, 1))
    assert freeze(tied, [name]) == ["3.weight", "3.bias"] and not once.training, (
        "freeze: a part in two places is frozen by either name"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "freeze-inputs", "points": 1} tags=["torch"]
# Hidden tests of `freeze`: 1 point for names and models of every kind, and names to refuse.
### BEGIN HIDDEN TESTS
import torch

from gdcourse.testing import printing, same


def _small():
    model = torch.nn.Sequential(
        torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 1)
    )
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    return model


def _refused(model, names):
    try:
        freeze(model, names)
    except ValueError:
        return True
    return False


for bad in (
    "1.running_mean",
    "3",
    "0.",
    "weight",
    "0.weights",
    "1.num_batches_tracked",
):
    for names in ([bad], ["0", bad], [bad, "2"], ["0", "1.weight", bad, "2"]):
        model = _small()
        assert _refused(model, names), (
            "freeze: raises ValueError for a name that is no part and no parameter"
        )
        assert all(
            p.requires_grad and p.grad is not None for p in model.parameters()
        ), "freeze: after a bad name no parameter has changed"
        assert all(m.training for m in model.modules()), (
            "freeze: after a bad name nothing is frozen"
        )
for names in (["1", "0.bias"], ("1", "0.bias"), ["0.bias", "1", "1", "0.bias"]):
    model, before = _small(), list(names)
    with printing() as told:
        rest = freeze(model, names)
        again = freeze(model, names)
    assert rest == ["0.weight", "2.weight", "2.bias"] == again and type(rest) is list, (
        "freeze: lists and tuples, names that come twice, and a second call"
    )
    assert same(list(names), before) and not told(), (
        "freeze: leaves the names as they are, and prints nothing"
    )
model = _small()
assert len(freeze(model, [])) == 6 and all(m.training for m in model.modules()), (
    "freeze: no names, nothing frozen"
)
kinds = torch.nn.ParameterList([torch.zeros(2), torch.ones(())])
model = torch.nn.ModuleDict({"scales": kinds, "drop": torch.nn.Dropout()})
assert freeze(model, ["scales.1", "drop"]) == ["scales.0"], (
    "freeze: parameters of any shape, and a part without parameters"
)
assert not model["drop"].training and model["scales"].training, (
    "freeze: a part without parameters goes into evaluation mode too"
)
for dtype in (torch.float16, torch.bfloat16, torch.float64):
    model = _small().eval().to(dtype)
    assert freeze(model, ["2"]) == ["0.weight", "0.bias", "1.weight", "1.bias"] and all(
        p.dtype == dtype for p in model.parameters()
    ), "freeze: models of any float type, in evaluation mode before"
    assert not model.training, "freeze: a model in evaluation mode stays in it"
### END HIDDEN TESTS
