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
