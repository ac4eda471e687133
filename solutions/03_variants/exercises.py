# %% [markdown]
# # Variants of descent: twelve exercises
#
# {{about}}
#
# Replace each `raise NotImplementedError()` with your own code, run the cell, then run the test cell below it.
# A test cell that prints nothing has passed. One that fails names the property that your code does not have yet.
# The exercises do not build on each other, so you can do them in any order: use nothing in one exercise that you
# wrote for another. Together they are worth 37 points.
#
# Some rules hold throughout. Your functions leave their inputs unchanged, keep nothing between calls and print nothing.
# For the seven *step functions* (exercises 3 to 9) this means:
#
# - A step returns new weights and, but for Newton's, a new state. What it was given holds the same numbers afterwards:
#   the weights, the gradient and the state, also where the state is a dictionary with arrays in it. So the caller may
#   repeat a step from a saved state, or take another one from there.
# - All memory of earlier steps is in what is returned and handed back: two runs may take turns.
# - `w`, `g` and the state arrays hold floats and have one and the same shape: any number of dimensions, none included.
#   A result without dimensions may be a NumPy number. (`newton_step` has shapes of its own.)
# - The rate `lr` may change from one step to the next. The other numbers stay the same throughout a run.
#
# NumPy is all that you need, but for the last exercise, which asks about PyTorch and Keras.
#
# When you are done, press **Validate** in the toolbar, or run `gdcourse check 03_variants` in a terminal: its report is
# shorter. Both run the visible tests. `gdcourse check 03_variants --full` runs the hidden ones too.

# %%
import numpy as np

# %% [markdown]
# ## 1. Mini-batches: `minibatches(X, y, b, rng)`
#
# easy · 10 minutes · 3 points
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
#   two with different seeds other ones, and a second epoch with the same generator again other ones.
# - `X` and `y` are arrays, and are unchanged afterwards. The batches may be views or copies.
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
# <details><summary>Hint 3: the shape of the code</summary>
#
# `order = rng.permutation(len(y))`. Then, for each `start` in `range(0, len(y), b)`, the rows
# `order[start : start + b]` are a batch: take them from `X` and from `y`.
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
    "minibatches: the sizes of the worked example"
)
assert [Xb.shape for Xb, _ in batches] == [(2, 2), (2, 2), (1, 2)], (
    "minibatches: Xb has the rows of its batch"
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


def _epoch(X, y, b, rng):
    return [(np.array(Xb), np.array(yb)) for Xb, yb in minibatches(X, y, b, rng)]


def _order(n, b, rng):
    """The order in which n samples come."""
    return np.concatenate(
        [yb for _, yb in _epoch(np.arange(n)[:, None], np.arange(n), b, rng)]
    ).tolist()


rng = np.random.default_rng(1)
for case in range(40):
    n, seed = int(rng.integers(1, 40)), int(rng.integers(2**30))
    b = int(rng.integers(1, n + 4))
    X, labels = (
        rng.normal(size=((n,), (n, 1), (n, 4), (n, 2, 3))[case % 4]),
        rng.permutation(n),
    )
    y = labels.astype(float) if case % 3 == 0 else labels
    before = X.copy(), y.copy()
    batches = _epoch(X, y, b, np.random.default_rng(seed))
    assert np.array_equal(X, before[0]) and np.array_equal(y, before[1]), (
        "minibatches: leaves its inputs unchanged"
    )
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
    place = np.argsort(labels)
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
    orders = [_order(50, b, np.random.default_rng(seed)) for seed in range(4)]
    assert list(range(50)) not in orders, (
        "minibatches: the samples come in random order"
    )
    assert all(orders[i] != orders[j] for i in range(4) for j in range(i)), (
        "minibatches: generators with different seeds give different orders"
    )
    used = np.random.default_rng(0)
    used.random(3)
    assert _order(50, b, used) != orders[0], (
        "minibatches: goes on from where the generator stands"
    )
    one = np.random.default_rng(5)
    assert _order(50, b, one) != _order(50, b, one), (
        "minibatches: a second epoch has another order"
    )

for b in (1, 2, 3, 4):
    orders = {tuple(_order(4, b, np.random.default_rng(seed))) for seed in range(400)}
    assert len(orders) == 24, "minibatches: every order of the samples can occur"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. One epoch: `sgd_epoch(w, X, y, b, lr, grad_fn, rng)`
#
# medium · 15 minutes · 3 points
#
# Run one epoch of stochastic gradient descent from the weights `w` and return the weights after it. For one mini-batch
# $(X_b, y_b)$ after the other,
#
# $$w \leftarrow w - \eta\, \nabla J_b(w), \qquad \eta = \text{lr}.$$
#
# - The batches are as in exercise 1: samples in a random order drawn from `rng` alone, `b` in each batch, the rest in
#   the last; every sample once, rows of `X` and `y` together. Write these lines here again.
# - `grad_fn(w, Xb, yb)` returns the gradient at `w` of the **mean** loss of the batch, an array of the shape `(d,)`. It
#   is called exactly once for each batch, at the weights that the batch before has left.
# - `w` has the shape `(d,)`, `X` the shape `(n, d)`, `y` the shape `(n,)`. All three hold floats and are unchanged
#   afterwards. The result is an array of the shape `(d,)`.
# - The rate is `lr` for every batch, the short one included.
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
# <details><summary>Hint 3: the caller's weights</summary>
#
# `w -= lr * g` changes the array of the caller. `w = w - lr * g` makes a new one.
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
assert np.allclose(end, [1.0, -2.0]), "sgd_epoch: agrees with the worked example"
assert np.array_equal(start, [8.0, -16.0]), (
    "sgd_epoch: leaves w unchanged in the worked example"
)

# %% nbgrader={"grade_id": "sgd_epoch-hidden", "points": 2}
# Hidden tests of `sgd_epoch`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _recorder(calls):
    """The gradient of 1/(2m) ||X w - y||^2, which notes what it is given and what it returns."""

    def _grad(w, Xb, yb):
        w, Xb, yb = (np.array(a, dtype=float) for a in (w, Xb, yb))
        g = np.array(
            [
                sum(e * x for e, x in zip(Xb @ w - yb, column, strict=True))
                for column in Xb.T
            ]
        ) / len(yb)
        calls.append((w, Xb, yb, g))
        return g.copy()

    return _grad


def _first_batches(n, rng, epochs):
    """The targets of the first batch of each of some epochs with one generator."""
    firsts = []
    for _ in range(epochs):
        calls = []
        sgd_epoch(
            np.zeros(1),
            np.ones((n, 1)),
            np.arange(float(n)),
            5,
            0.1,
            _recorder(calls),
            rng,
        )
        firsts.append(calls[0][2].tolist())
    return firsts


rng = np.random.default_rng(2)
for _ in range(40):
    n, d, lr, seed = (
        int(rng.integers(1, 25)),
        int(rng.integers(1, 5)),
        rng.uniform(0.01, 0.3),
        int(rng.integers(2**30)),
    )
    b = int(rng.integers(1, n + 4))
    X, w = rng.normal(size=(n, d)), rng.normal(scale=2, size=d)
    y = rng.permutation(n) + 0.25
    before, calls = (w.copy(), X.copy(), y.copy()), []
    end = sgd_epoch(w, X, y, b, lr, _recorder(calls), np.random.default_rng(seed))
    assert all(np.array_equal(a, c) for a, c in zip(before, (w, X, y), strict=True)), (
        "sgd_epoch: leaves its inputs unchanged"
    )
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

firsts = [_first_batches(200, np.random.default_rng(seed), 1)[0] for seed in range(4)]
assert [0.0, 1.0, 2.0, 3.0, 4.0] not in firsts, (
    "sgd_epoch: the samples come in random order"
)
assert all(firsts[i] != firsts[j] for i in range(4) for j in range(i)), (
    "sgd_epoch: generators with different seeds give different orders"
)
firsts = _first_batches(200, np.random.default_rng(9), 3)
assert firsts[0] != firsts[1] and firsts[1] != firsts[2] and firsts[0] != firsts[2], (
    "sgd_epoch: a second epoch with the same generator has another order"
)
starts = {
    _first_batches(15, np.random.default_rng(seed), 1)[0][0] for seed in range(100)
}
assert len({value % 5 for value in starts}) == 5, (
    "sgd_epoch: single samples are shuffled, not blocks of them"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Momentum: `momentum_step(w, g, v, lr, mu)`
#
# easy · 10 minutes · 3 points
#
# One step of the heavy-ball method, as `torch.optim.SGD` has it. The velocity collects gradients; the rate comes after:
#
# $$v \leftarrow \mu v + g, \qquad w \leftarrow w - \eta\, v, \qquad \eta = \text{lr}.$$
#
# Return the pair `(w, v)` of the new weights and the new velocity.
#
# - `w`, `g` and `v` are arrays of one shape. A run starts with `v` all zeros, but any `v` may come in.
# - `mu` $= \mu$ lies in $[0, 1)$. The rate may change from step to step.
# - The rules for step functions at the top of this notebook hold: no input is changed.
#
# <details><summary>Hint 1: where does the rate stand?</summary>
#
# Some books write $v \leftarrow \mu v - \eta g$ and $w \leftarrow w + v$. Take two steps by hand with the rates 1 and
# 0.1 in both forms. What does the first gradient contribute to the second step?
# </details>
#
# <details><summary>Hint 2: in place or not</summary>
#
# `v *= mu` changes the caller's array; `v = mu * v + g` does not.
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
    "momentum_step: the velocity of the worked example"
)
assert np.allclose(new_w, [-0.25, 3.75]), (
    "momentum_step: the weights of the worked example"
)
assert np.array_equal(w, [1, 2]) and np.array_equal(v, [1, 1]), (
    "momentum_step: leaves w and v of the example unchanged"
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
for case in range(36):
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
        ), "momentum_step: leaves its inputs unchanged"
        assert new_w.shape == shape and new_v.shape == shape, (
            "momentum_step: keeps any shape"
        )
        assert np.allclose(new_v, true_v, rtol=1e-9, atol=1e-9), (
            "momentum_step: the velocity is the decayed sum of the gradients, without the rate"
        )
        assert np.allclose(new_w, true_w, rtol=1e-9, atol=1e-9), (
            "momentum_step: each step is the rate of its own time, times the velocity"
        )
        w, v = new_w, new_v

g = np.array([1.0, -2.0])
w, v = momentum_step(np.zeros(2), g, np.zeros(2), 1.0, 0.5)
other = momentum_step(np.zeros(3), np.ones(3), np.zeros(3), 0.25, 0.9)
w, v = momentum_step(np.array(w), np.zeros(2), np.array(v), 0.1, 0.5)
assert np.allclose(other[0], -0.25), "momentum_step: keeps no state between calls"
assert np.allclose(w, -1.05 * g) and np.allclose(v, 0.5 * g), (
    "momentum_step: coasts on when the gradient is zero"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Nesterov's momentum: `nesterov_step(w, g, v, lr, mu)`
#
# easy · 10 minutes · 3 points
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
# - `mu` $= \mu$ lies in $[0, 1)$. The rate may change from step to step.
# - The rules for step functions at the top of this notebook hold: no input is changed.
#
# <details><summary>Hint 1: how often does the gradient count?</summary>
#
# It is in $g$, and in $\mu v$ once more. From $v = 0$ the first step is $\eta (1 + \mu) g$, and for momentum without
# Nesterov it is $\eta g$.
# </details>
#
# <details><summary>Hint 2: the order</summary>
#
# Compute the new velocity first. The weights use it.
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
    "nesterov_step: the velocity of the worked example"
)
assert np.allclose(new_w, [-0.625, 4.875]), (
    "nesterov_step: the weights of the worked example"
)
assert np.array_equal(w, [1, 2]) and np.array_equal(v, [1, 1]), (
    "nesterov_step: leaves w and v of the example unchanged"
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
for case in range(36):
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
        ), "nesterov_step: leaves its inputs unchanged"
        assert new_w.shape == shape and new_v.shape == shape, (
            "nesterov_step: keeps any shape"
        )
        assert np.allclose(new_v, true_v, rtol=1e-9, atol=1e-9), (
            "nesterov_step: the velocity is the decayed sum of the gradients, without the rate"
        )
        assert np.allclose(new_w, true_w, rtol=1e-9, atol=1e-9), (
            "nesterov_step: each step is the rate of its own time, times the gradient plus mu times the new velocity"
        )
        w, v = new_w, new_v

# The textbook's form, with the gradient at the point ahead: x = w + lr mu v there is w here, at a constant rate.
for _ in range(10):
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
assert np.allclose(other[0], -0.475), "nesterov_step: keeps no state between calls"
assert np.allclose(w, -1.525 * g) and np.allclose(v, 0.5 * g), (
    "nesterov_step: coasts on when the gradient is zero"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Adagrad: `adagrad_step(w, g, s, lr, eps)`
#
# easy · 10 minutes · 2 points
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
# - The rules for step functions at the top of this notebook hold: no input is changed.
#
# <details><summary>Hint 1: the first step</summary>
#
# From $s = 0$ the root is $|g|$. What is the first step, if $\varepsilon$ is small? How does it depend on the size of
# $g$?
# </details>
#
# <details><summary>Hint 2: inside or outside</summary>
#
# `np.sqrt(s) + eps` and `np.sqrt(s + eps)` differ: for $s = 0$ and $\varepsilon = 10^{-8}$ by a factor of 10,000.
# </details>


# %% nbgrader={"grade_id": "adagrad_step", "solution": true}
def adagrad_step(w, g, s, lr, eps):
    """Return the weights and the accumulated squared gradients after one step of Adagrad.

    w, g, s: arrays of one shape.  lr, eps: floats.  Returns: (w, s).
    """
    ### BEGIN SOLUTION
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
assert np.allclose(new_s, [9.0, 16.0]), "adagrad_step: the sums of the worked example"
assert np.allclose(new_w, [-0.5, 2.8]), (
    "adagrad_step: the weights of the worked example"
)
assert np.array_equal(w, [1, 2]) and np.array_equal(s, [0, 12]), (
    "adagrad_step: leaves w and s of the example unchanged"
)

# %% nbgrader={"grade_id": "adagrad_step-hidden", "points": 1}
# Hidden tests of `adagrad_step`: 1 point. They run when your work is graded, or with `gdcourse check --full`.
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
for case in range(36):
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
        ), "adagrad_step: leaves its inputs unchanged"
        assert new_w.shape == shape and new_s.shape == shape, (
            "adagrad_step: keeps any shape"
        )
        assert np.allclose(new_s, true_s, rtol=1e-9, atol=1e-15), (
            "adagrad_step: sums up the squared gradients"
        )
        assert np.allclose(new_w, true_w, rtol=1e-9, atol=1e-12), (
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

# %% [markdown]
# ## 6. RMSprop: `rmsprop_step(w, g, s, lr, rho, eps)`
#
# easy · 10 minutes · 2 points
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
# - The rules for step functions at the top of this notebook hold: no input is changed.
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
    "rmsprop_step: the averages of the worked example"
)
assert np.allclose(new_w, [0.2, 2.4]), "rmsprop_step: the weights of the worked example"
assert np.array_equal(w, [1, 2]) and np.array_equal(s, [0, 4]), (
    "rmsprop_step: leaves w and s of the example unchanged"
)

# %% nbgrader={"grade_id": "rmsprop_step-hidden", "points": 1}
# Hidden tests of `rmsprop_step`: 1 point. They run when your work is graded, or with `gdcourse check --full`.
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
for case in range(36):
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
        ), "rmsprop_step: leaves its inputs unchanged"
        assert new_w.shape == shape and new_s.shape == shape, (
            "rmsprop_step: keeps any shape"
        )
        assert np.allclose(new_s, true_s, rtol=1e-8, atol=1e-15), (
            "rmsprop_step: averages the squared gradients, the newest with the weight 1 - rho"
        )
        assert np.allclose(new_w, true_w, rtol=1e-8, atol=1e-10), (
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

# %% [markdown]
# ## 7. Adam: `adam_step(w, g, state, lr, b1, b2, eps)`
#
# medium · 20 minutes · 4 points
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
# `state = state or {}` treats `None` like `{}`, and `state.get("t", 0)` gives 0 where there is nothing yet. Return a
# new dictionary such as `{"t": t, "m": m, "v": v}`, made of new arrays: `m = b1 * m + ...`, not `m *= b1`.
# </details>


# %% nbgrader={"grade_id": "adam_step", "solution": true}
def adam_step(w, g, state, lr, b1, b2, eps):
    """Return the weights and the state after one step of Adam.

    w, g: arrays of one shape.  state: dict, {} or None at first.  lr, b1, b2, eps: floats.  Returns: (w, dict).
    """
    ### BEGIN SOLUTION
    state = state or {}
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
assert np.allclose(first, [0.75]), "adam_step: the first step of the worked example"
second, state = adam_step(np.array(first), np.array([-2.0]), state, 0.5, 0.5, 0.75, 2.0)
assert np.allclose(second, [5 / 6]), "adam_step: the second step of the worked example"
assert w[0] == 1 and start == {}, (
    "adam_step: leaves w and the state of the worked example unchanged"
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
for case in range(36):
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
    path = _closed_form(w, G, lrs, b1, b2, eps)
    state, saved = (None if case % 2 else {}), []
    for g, lr, true_w in zip(G, lrs.tolist(), path, strict=True):
        g = np.array(g)
        before = w.copy(), g.copy()
        saved.append((w, state))
        new_w, state = adam_step(w, g, state, lr, b1, b2, eps)
        new_w = np.array(new_w, dtype=float)
        assert np.array_equal(w, before[0]) and np.array_equal(g, before[1]), (
            "adam_step: leaves w and g unchanged"
        )
        assert new_w.shape == shape, "adam_step: keeps any shape"
        assert isinstance(state, dict), "adam_step: each new state is a dictionary"
        if len(saved) == 1:
            assert np.allclose(new_w, true_w, rtol=1e-7, atol=1e-9), (
                "adam_step: the first step is that of corrected averages, with eps outside the root"
            )
        assert np.allclose(new_w, true_w, rtol=1e-7, atol=1e-9), (
            "adam_step: every step of a run is that of corrected averages, with its own rate"
        )
        w = new_w
    k = int(rng.integers(steps))
    old_w, old_state = saved[k]
    again = np.array(
        adam_step(old_w, np.array(G[k]), old_state, float(lrs[k]), b1, b2, eps)[0],
        dtype=float,
    )
    assert np.allclose(again, path[k], rtol=1e-7, atol=1e-9), (
        "adam_step: a step repeated from a saved state is the same"
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
assert start == {}, "adam_step: leaves an empty state empty"
assert np.allclose(w, [-0.1 / 1.01, 0.1, 0.0]), (
    "adam_step: the first step hardly depends on the size of the gradient"
)
state, w = None, np.zeros(1)
for _ in range(50):
    w, state = adam_step(
        np.array(w, dtype=float), np.array([2.5]), state, 0.01, 0.9, 0.999, 1e-12
    )
assert np.allclose(w, -0.5), (
    "adam_step: under a constant gradient every step has the size of the rate"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 8. AdamW: `adamw_step(w, g, state, lr, b1, b2, eps, wd)`
#
# medium · 15 minutes · 4 points
#
# An L2 penalty adds $\lambda w$ to the gradient, and Adam then divides it by $\sqrt{\hat v}$ like all the rest: weights
# with large gradients hardly decay. AdamW decouples the two. As `torch.optim.AdamW` does it, first every weight decays,
# then Adam makes its step from there:
#
# $$w' = (1 - \eta \lambda)\, w_{t-1}, \qquad w_t = w' - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \varepsilon},
#   \qquad \eta = \text{lr}, \quad \lambda = \text{wd},$$
#
# with $\hat m_t$ and $\hat v_t$ as in exercise 7, from the gradients `g` alone. Return the pair `(w, state)`.
#
# - The state works as in exercise 7: a dictionary with what you like in it, `{}` or `None` before the first step,
#   unchanged by the step that reads it. A new run with `{}` begins at $t = 1$.
# - `w` and `g` are arrays of one shape. `wd` $\ge 0$ is a number. With `wd` = 0 the step is that of Adam.
# - The decay knows the rate of its own step: when the rate changes, so does the factor $1 - \eta \lambda$.
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
    state = state or {}
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
assert np.allclose(first, [0.65]), "adamw_step: the first step of the worked example"
second, state = adamw_step(
    np.array(first), np.array([-2.0]), state, 0.5, 0.5, 0.75, 2.0, 0.2
)
assert np.allclose(second, [0.585 + 1 / 12]), (
    "adamw_step: the second step of the worked example"
)
assert w[0] == 1 and start == {}, (
    "adamw_step: leaves w and the state of the worked example unchanged"
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
for case in range(36):
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
    path = _closed_form(w, G, lrs, b1, b2, eps, wd)
    state, saved = (None if case % 2 else {}), []
    for g, lr, true_w in zip(G, lrs.tolist(), path, strict=True):
        g = np.array(g)
        before = w.copy(), g.copy()
        saved.append((w, state))
        new_w, state = adamw_step(w, g, state, lr, b1, b2, eps, wd)
        new_w = np.array(new_w, dtype=float)
        assert np.array_equal(w, before[0]) and np.array_equal(g, before[1]), (
            "adamw_step: leaves w and g unchanged"
        )
        assert new_w.shape == shape, "adamw_step: keeps any shape"
        assert isinstance(state, dict), "adamw_step: each new state is a dictionary"
        if wd == 0:
            assert np.allclose(new_w, true_w, rtol=1e-7, atol=1e-9), (
                "adamw_step: without decay it is Adam"
            )
        if len(saved) == 1:
            assert np.allclose(new_w, true_w, rtol=1e-7, atol=1e-9), (
                "adamw_step: the first step decays, then moves"
            )
        assert np.allclose(new_w, true_w, rtol=1e-7, atol=1e-9), (
            "adamw_step: every step of a run decays with its own rate, then moves like Adam"
        )
        w = new_w
    k = int(rng.integers(steps))
    old_w, old_state = saved[k]
    again = np.array(
        adamw_step(old_w, np.array(G[k]), old_state, float(lrs[k]), b1, b2, eps, wd)[0],
        dtype=float,
    )
    assert np.allclose(again, path[k], rtol=1e-7, atol=1e-9), (
        "adamw_step: a step repeated from a saved state is the same"
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

start, state, w = {}, {}, np.array([8.0, -4.0])
for lr in (0.5, 1.0, 0.25):
    w, state = adamw_step(
        np.array(w, dtype=float), np.zeros(2), state, lr, 0.9, 0.999, 1e-8, 0.5
    )
assert np.allclose(w, np.array([8.0, -4.0]) * 0.75 * 0.5 * 0.875), (
    "adamw_step: without gradients only the decay is left"
)
adamw_step(np.ones(2), np.ones(2), start, 0.5, 0.9, 0.999, 1e-8, 0.5)
assert start == {}, "adamw_step: leaves an empty state empty"
w, _ = adamw_step(
    np.array([2.0, 2.0]), np.array([1e3, 1e-3]), None, 0.1, 0.9, 0.999, 1e-12, 0.5
)
assert np.allclose(w, 1.8), (
    "adamw_step: the decay does not depend on the size of the gradient"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 9. Newton's method: `newton_step(g, H, w, damping)`
#
# medium · 10 minutes · 3 points
#
# Newton's method jumps to the stationary point of the quadratic that has the same gradient and the same Hessian.
# Damping adds a multiple of the identity, which shortens the step. Solve for $d$ and return the new weights:
#
# $$(H + \lambda I)\, d = g, \qquad w \leftarrow w - d, \qquad \lambda = \text{damping}.$$
#
# - Note the order of the arguments: the gradient `g` of the shape `(d,)`, the symmetric Hessian `H` of the shape
#   `(d, d)`, the weights `w` of the shape `(d,)`, and `damping`, a number of 0 or more. The arrays may hold integers.
#   Return the new weights, of the shape `(d,)`.
# - $H$ may have negative eigenvalues: then the plain formula may lead uphill or to a saddle, and it is what you should
#   return. $H + \lambda I$ is never singular here, nor close to it.
# - No input is changed, `H` included.
#
# <details><summary>Hint 1: no inverse needed</summary>
#
# `np.linalg.solve(A, g)` returns the $d$ with $A d = g$.
# </details>
#
# <details><summary>Hint 2: the identity</summary>
#
# `H + damping` adds the number to every entry. `np.eye(len(g))` is the identity.
# </details>


# %% nbgrader={"grade_id": "newton_step", "solution": true}
def newton_step(g, H, w, damping):
    """Return the weights after one damped Newton step.

    g: (d,).  H: (d, d), symmetric.  w: (d,).  damping: float.  Returns: (d,).
    """
    ### BEGIN SOLUTION
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
    "newton_step: the worked example without damping"
)
assert np.allclose(newton_step(g, H, w, 6.0), [0.75, -1.0]), (
    "newton_step: the worked example with damping"
)
assert np.array_equal(H, [[2, 0], [0, -4]]), (
    "newton_step: leaves H of the worked example unchanged"
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
for case in range(40):
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
        "newton_step: leaves its inputs unchanged"
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
H = np.array([[2, 1], [1, 3]])
assert np.allclose(
    newton_step(np.array([4, 7]), H, np.array([0, 1]), 0), [-1.0, -1.0]
), "newton_step: accepts integers"
assert np.allclose(
    newton_step(np.array([4, 6]), H, np.array([0, 1]), 0.5), [-32 / 31, -13 / 31]
), "newton_step: accepts integers with a fractional damping"
assert np.array_equal(H, [[2, 1], [1, 3]]), "newton_step: leaves an integer H unchanged"
### END HIDDEN TESTS

# %% [markdown]
# ## 10. Shrink: `soft_threshold(x, t)`
#
# easy · 10 minutes · 2 points
#
# An L1 penalty has a kink at 0, which plain descent steps over for ever. A *proximal* step gets it right, and it needs
# the number $u$ with the smallest $\frac{1}{2}(u - x)^2 + t\,|u|$. It is $x$, moved towards 0 by $t$, but not past it:
#
# $$\operatorname{soft}(x, t) = \begin{cases} x - t & \text{if } x > t, \\ 0 & \text{if } -t \le x \le t, \\
#   x + t & \text{if } x < -t. \end{cases}$$
#
# - `x` is a number or an array of any shape, floats or signed integers. The result has the same shape, and each entry
#   depends on its own entry of `x` alone. A number may come back as an array without dimensions, or the other way
#   round.
# - `t` is a number of 0 or more; a negative one raises `ValueError`. It may be fractional where `x` holds integers.
# - `x` is unchanged afterwards.
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
    return np.sign(x) * np.maximum(np.abs(x) - t, 0.0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "soft_threshold-visible", "points": 1}
# Visible tests of `soft_threshold`: 1 point.
import numpy as np

# By hand: 3 and -3 move by 1; 1, 0.5 and -0.25 would reach or cross 0, and stop there.
x = np.array([3.0, -3.0, 1.0, 0.5, -0.25])
assert np.shape(soft_threshold(x, 1.0)) == (5,), "soft_threshold: keeps the shape of x"
assert np.allclose(soft_threshold(x, 1.0), [2.0, -2.0, 0.0, 0.0, 0.0]), (
    "soft_threshold: agrees with the worked example"
)
assert np.array_equal(x, [3.0, -3.0, 1.0, 0.5, -0.25]), (
    "soft_threshold: leaves x of the worked example unchanged"
)
assert np.ndim(soft_threshold(-2.5, 1.0)) == 0, (
    "soft_threshold: a number gives a number"
)
assert np.isclose(soft_threshold(-2.5, 1.0), -1.5), "soft_threshold: accepts a number"

# %% nbgrader={"grade_id": "soft_threshold-hidden", "points": 1}
# Hidden tests of `soft_threshold`: 1 point. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(10)
for case in range(40):
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

for case in range(10):
    x, t = rng.integers(-9, 10, size=8), (0.5, 2, 1.25, 0, 3)[case % 5]
    x = x.astype(np.int8) if case % 2 else x
    oracle = [v - t if v > t else v + t if v < -t else 0 for v in x.tolist()]
    before = x.copy()
    assert np.allclose(soft_threshold(x, t), oracle), (
        "soft_threshold: accepts integers, and any t with them"
    )
    assert np.array_equal(x, before), "soft_threshold: leaves integers unchanged"

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

# %% [markdown]
# ## 11. Minimum, maximum or saddle: `classify_stationary(H)`
#
# medium · 15 minutes · 3 points
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
# - `H` has the shape `(d, d)` with `d` at least 1, is symmetric up to rounding, finite, and may hold integers.
# - Rounding rarely leaves an eigenvalue at exactly 0. Count $\lambda_i$ as zero when
#   $|\lambda_i| \le 10^{-8} \max_k |\lambda_k|$. The bound is relative, so that the answer does not change when the
#   loss is measured in other units: $10^{-9} H$ gets the answer of $H$. In the zero matrix every eigenvalue is zero.
#
# A zero eigenvalue leaves the answer to higher derivatives: $x^2 + y^4$, $x^2 - y^4$ and $x^2 + y^3$ have the same
# Hessian at the origin. But where there are directions up and directions down, nothing can turn the point into an
# extremum.
#
# <details><summary>Hint 1: eigenvalues of a symmetric matrix</summary>
#
# `np.linalg.eigvalsh(H)` returns them, real and sorted. The determinant is their product: in two dimensions its sign
# tells a saddle from an extremum, in three it does not.
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
    eigenvalues = np.linalg.eigvalsh(H)
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
    "classify_stationary: a bowl"
)
assert classify_stationary(np.array([[-1.0, 0.0], [0.0, -1.0]])) == "maximum", (
    "classify_stationary: a dome"
)
assert classify_stationary(np.array([[0.0, 1.0], [1.0, 0.0]])) == "saddle", (
    "classify_stationary: the product x y"
)
assert classify_stationary(np.array([[2.0, 0.0], [0.0, 0.0]])) == "undecided", (
    "classify_stationary: a flat direction"
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
for case in range(160):
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
    assert np.array_equal(H, before), "classify_stationary: leaves H unchanged"
    assert isinstance(answer, str), "classify_stationary: the answer is a string"
    assert answer in ("minimum", "maximum", "saddle", "undecided"), (
        "classify_stationary: is one of the four answers"
    )
    assert answer == kind or kind != "minimum", (
        "classify_stationary: only positive eigenvalues, of any scale"
    )
    assert answer == kind or kind != "maximum", (
        "classify_stationary: only negative eigenvalues, of any scale"
    )
    assert answer == kind or kind != "saddle", (
        "classify_stationary: eigenvalues of both signs, with or without zeros"
    )
    assert answer == kind or kind != "undecided", (
        "classify_stationary: zeros beside eigenvalues of one sign"
    )

for d in (1, 2, 3, 4):
    assert classify_stationary(np.zeros((d, d))) == "undecided", (
        "classify_stationary: the zero matrix"
    )
    assert classify_stationary(-np.eye(d)) == "maximum", (
        "classify_stationary: a dome in any dimension"
    )
    assert classify_stationary(1e-12 * np.eye(d)) == "minimum", (
        "classify_stationary: a very flat bowl is a bowl"
    )
assert classify_stationary(np.array([[2, 3], [3, 2]])) == "saddle", (
    "classify_stationary: looks beyond the diagonal"
)
assert classify_stationary(np.array([[1, 1], [1, 1]])) == "undecided", (
    "classify_stationary: accepts integers"
)
assert classify_stationary(np.diag([-1.0, -2.0, 3.0])) == "saddle", (
    "classify_stationary: a positive determinant, d = 3"
)
assert classify_stationary(np.diag([1.0, -1.0, -2.0, 3.0])) == "saddle", (
    "classify_stationary: a positive determinant, d = 4"
)
assert classify_stationary(np.diag([1.0, 0.0, -1.0])) == "saddle", (
    "classify_stationary: up, flat and down"
)
assert classify_stationary(np.diag([0.0, 0.0, -1.0])) == "undecided", (
    "classify_stationary: flat, flat and down"
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

# %% [markdown]
# ## 12. When two libraries agree: `conformance(name)`
#
# hard · 40 minutes · 5 points
#
# The same name in PyTorch and in Keras need not mean the same rule. For each of the cases below, find arguments with
# which the two optimizers make the same steps, or find out that there are none.
#
# Return `{"torch": {...}, "keras": {...}}`: two dictionaries of keyword arguments, one for the constructor of each
# optimizer. Return `None` where no arguments that meet the case's conditions agree. Any other `name` raises
# `ValueError`.
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
        "conformance: each answer is None or a dictionary with the keys 'torch' and 'keras'"
    )
    assert answer is None or all(
        isinstance(arguments, dict) for arguments in answer.values()
    ), "conformance: the arguments of each library are a dictionary"

answer = conformance("sgd")
assert answer is not None, "conformance: 'sgd' has an answer"
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

assert _right("sgd"), "conformance: the answer to 'sgd' is right"
assert _right("momentum"), "conformance: the answer to 'momentum' is right"
assert _right("momentum_halved"), (
    "conformance: the answer to 'momentum_halved' is right"
)
assert _right("nesterov"), "conformance: the answer to 'nesterov' is right"
assert _right("adagrad"), "conformance: the answer to 'adagrad' is right"
assert _right("rmsprop"), "conformance: the answer to 'rmsprop' is right"
assert _right("rmsprop_eps"), "conformance: the answer to 'rmsprop_eps' is right"
assert _right("adam"), "conformance: the answer to 'adam' is right"
assert _right("adam_eps"), "conformance: the answer to 'adam_eps' is right"
assert _right("amsgrad"), "conformance: the answer to 'amsgrad' is right"
assert _right("adadelta"), "conformance: the answer to 'adadelta' is right"
assert _right("nadam"), "conformance: the answer to 'nadam' is right"
for unknown in ("", "SGD", "adamw", "momentum "):
    try:
        conformance(unknown)
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, "conformance: an unknown name raises ValueError, whatever it is"
### END HIDDEN TESTS
