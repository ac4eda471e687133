# %% [markdown]
# # Learning rates: eleven exercises
#
# {{about}}
#
# Replace each `raise NotImplementedError()` with your own code, run the cell, then run the test cell below it.
# A test cell that prints nothing has passed. One that fails names the property that your code does not have yet.
# The exercises do not build on each other, so you can do them in any order. Together they are worth 48 points.
#
# Some rules hold throughout. Your functions leave their inputs unchanged, also what a function that they are given has
# returned, keep nothing between calls and print nothing. A scalar result may be a Python float or a NumPy number, a list
# of numbers may be a list or an array. NumPy is all that you need.
#
# Each exercise has a cell of hidden tests on the idea, and one of a single point on unusual inputs: other types, tiny and
# huge numbers, arrays that are read-only or lie in memory in other ways: by columns, with gaps, backwards. Each task says
# what is allowed. `np.array(x, dtype=float)` makes a plain copy of any list or array.
#
# When you are done, press **Validate** in the toolbar, or run `gdcourse check 04_learning_rates` in a terminal: its
# report is shorter. Both run the visible tests. `gdcourse check 04_learning_rates --full` runs the hidden ones too.

# %%
import numpy as np

# %% [markdown]
# ## 1. How large is too large: `lr_max(A)`
#
# easy · 10 minutes · 4 points
#
# On the quadratic $f(x) = \frac{1}{2} x^\top A x$ gradient descent multiplies $x$ by one fixed matrix in each step:
#
# $$x_{t+1} = x_t - \eta A x_t = (I - \eta A)\, x_t.$$
#
# Let $L$ be the largest eigenvalue of $A$. Below the rate $2/L$ the loss falls to its minimum from every start. Above
# it the loss grows without bound from almost every start. Return this threshold, $2/L$.
#
# - `A` has the shape `(d, d)` with $d \ge 1$. It is symmetric and positive semi-definite, that is, no eigenvalue is
#   negative; you need not check this. Some eigenvalues may be 0, and some may be equal, or nearly so.
# - When `A` is all zeros the function is flat, and no rate is too large: return infinity.
# - Any other `A` has a finite threshold, however small its entries are. The result must be right to six digits.
# - `A` is an array of integers or floats of any NumPy type, also `np.int8` and `np.float16`. Its entries are 0 or between
#   $10^{-100}$ and $10^{100}$ in size.
#
# <details><summary>Hint 1: one direction at a time</summary>
#
# Along an eigenvector with the eigenvalue $\lambda$ a step multiplies the coordinate by $1 - \eta \lambda$. For which
# $\eta$ is this less than 1 in size? Every direction must meet its own condition. Which of them is the strictest?
# </details>
#
# <details><summary>Hint 2: the eigenvalues</summary>
#
# `np.linalg.eigvalsh(A)` returns the eigenvalues of a symmetric matrix in ascending order. The largest diagonal entry
# is not an eigenvalue in general, nor is the largest row sum.
# </details>
#
# <details><summary>Hint 3: division by zero</summary>
#
# With Python floats `2 / 0.0` raises an error; with NumPy's it warns. For which matrices does that happen, and what does
# the task ask for there? And which types does `np.linalg` refuse?
# </details>


# %% nbgrader={"grade_id": "lr_max", "solution": true}
def lr_max(A):
    """Return the rate up to which gradient descent on 1/2 x^T A x converges; inf when A is zero.

    A: (d, d), symmetric positive semi-definite.  Returns: float.
    """
    ### BEGIN SOLUTION
    L = float(np.linalg.eigvalsh(np.asarray(A, dtype=float))[-1])
    return 2 / L if L > 0 else np.inf
    ### END SOLUTION


# %% nbgrader={"grade_id": "lr_max-visible", "points": 1}
# Visible tests of `lr_max`: 1 point.
import numpy as np

# By hand: the eigenvalues are 1, 4 and 2. The strictest condition is |1 - 4 eta| < 1.
assert np.ndim(lr_max(np.diag([1.0, 4.0, 2.0]))) == 0, (
    "lr_max: returns one number for a matrix of size 3"
)
assert np.isclose(lr_max(np.diag([1.0, 4.0, 2.0])), 0.5), (
    "lr_max: agrees with the diagonal worked example"
)

# By hand: (1, 1) is an eigenvector with the eigenvalue 8, (1, -1) one with the eigenvalue 2.
assert np.isclose(lr_max(np.array([[5.0, 3.0], [3.0, 5.0]])), 0.25), (
    "lr_max: agrees with the second worked example"
)
assert lr_max(np.zeros((2, 2))) == np.inf, (
    "lr_max: a flat function, a matrix of zeros, allows every rate"
)

# %% nbgrader={"grade_id": "lr_max-hidden", "points": 2}
# Hidden tests of `lr_max`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _with_eigenvalues(lam, rng):
    """A symmetric matrix with these eigenvalues, along random orthogonal directions; and the directions."""
    Q = np.linalg.qr(rng.normal(size=(len(lam), len(lam))))[0]
    A = (Q * lam) @ Q.T
    return (A + A.T) / 2, Q


def _descend(A, x, lr, steps):
    for _ in range(steps):
        x = x - lr * (A @ x)
    return x


rng = np.random.default_rng(41)
for case in range(40):
    d, scale = int(rng.integers(1, 8)), 10.0 ** rng.uniform(-6, 6)
    lam = scale * rng.uniform(0.1, 1, size=d)
    if case % 4 == 1:
        lam[: d // 2] = 0
    if case % 4 == 2:
        lam[: d // 2 + 1] = lam.max()
    A, Q = _with_eigenvalues(lam, rng)
    before = A.copy()
    rate = lr_max(A)
    assert np.ndim(rate) == 0, "lr_max: returns one number for every size"
    assert np.array_equal(A, before), "lr_max: leaves A unchanged"
    assert np.isclose(rate, 2 / lam.max(), rtol=1e-6, atol=0), (
        "lr_max: is 2 over the largest eigenvalue of a random matrix"
    )
    assert np.isclose(lr_max(4 * A), rate / 4, rtol=1e-6, atol=0), (
        "lr_max: four times the matrix gives a quarter of the rate"
    )
    top = Q[:, np.argmax(lam)]
    assert np.linalg.norm(_descend(A, top, 0.99 * float(rate), 500)) < 0.1, (
        "lr_max: descent at a rate 1 % below the result converges"
    )
    assert np.linalg.norm(_descend(A, top, 1.01 * float(rate), 500)) > 10, (
        "lr_max: descent at a rate 1 % above the result diverges"
    )

for top in ([1.0, -1.0], [1.0, -1.0, 0.0], [1.0, 1.0, -2.0, 0.0], [0.0, 0.0, 1.0]):
    v = np.array(top)
    assert np.isclose(lr_max(np.outer(v, v)), 2 / (v @ v), rtol=1e-6, atol=0), (
        "lr_max: finds the one steep direction of a matrix of rank 1, wherever it points"
    )
for gap in (1e-2, 1e-3, 1e-4, 1e-5):
    A = np.outer([0.6, 0.8], [0.6, 0.8]) + (1 - gap) * np.outer(
        [0.8, -0.6], [0.8, -0.6]
    )
    assert np.isclose(lr_max((A + A.T) / 2), 2, rtol=1e-6, atol=0), (
        "lr_max: tells the largest eigenvalue from one that is nearly as large"
    )
assert np.isclose(lr_max(np.diag([0.0, 3.0])), 2 / 3, rtol=1e-6), (
    "lr_max: only the steep directions set a limit where others are flat"
)
assert lr_max(np.zeros((3, 3), dtype=int)) == np.inf, (
    "lr_max: a flat function given as integers allows every rate"
)
assert lr_max(np.zeros((1, 1))) == np.inf, (
    "lr_max: a flat function of one variable allows every rate"
)
assert np.isclose(lr_max(np.array([[-0.0, 0.0], [0.0, 4.0]])), 0.5), (
    "lr_max: a zero of either sign is a flat direction"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "lr_max-inputs", "points": 1}
# Hidden tests of `lr_max` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

_, *arrays = testing.of_every_type(
    [[100, 60], [60, 100]]
)  # the largest eigenvalue is 160
for A in arrays:
    before = testing.snapshot(A)
    assert np.isclose(lr_max(A), 1 / 80, rtol=1e-6, atol=0), (
        "lr_max: takes a matrix of any integer or float type"
    )
    assert testing.same(A, before), "lr_max: leaves a matrix of any type as it is"
for scale, A in testing.of_every_scale(
    [[5.0, 3.0], [3.0, 5.0]], (1e-100, 1e-12, 1e12, 1e100)
):
    assert np.isclose(lr_max(A), 0.25 / scale, rtol=1e-6, atol=0), (
        "lr_max: a matrix times a tiny or a huge number has its threshold divided by it"
    )
assert np.isclose(lr_max(np.array([[1e-100]])), 2e100, rtol=1e-6, atol=0), (
    "lr_max: a tiny curvature of one variable has a finite threshold"
)
for A in testing.of_every_layout([[4.0, -2.0, 0.0], [-2.0, 1.0, 0.0], [0.0, 0.0, 3.0]]):
    assert np.isclose(lr_max(A), 0.4, rtol=1e-6, atol=0), (
        "lr_max: takes a matrix that lies in memory in any way, also a read-only one"
    )
for A in (np.diag([2.0, 1.0]), np.eye(3) + np.ones((3, 3)), np.diag([4, 8])):
    assert np.asarray(lr_max(A)).dtype.kind == "f", "lr_max: returns a real float"
with testing.printing() as told:
    lr_max(np.diag([1.0, 2.0]))
assert not told(), "lr_max: prints nothing"
rng = np.random.default_rng(52)
for d in (2, 24, 40):
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    for others in (0.0, 0.01, 0.5, 0.999):
        A = (Q * np.append(4.0, np.full(d - 1, 4.0 * others))) @ Q.T
        assert np.isclose(lr_max((A + A.T) / 2), 0.5, rtol=1e-6, atol=0), (
            "lr_max: takes the largest of few or many eigenvalues, small or nearly equal ones beside it"
        )
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Five schedules: `exp_decay`, `step_decay`, `inv_time`, `cosine`, `warmup`
#
# medium · 20 minutes · 6 points
#
# A schedule is a pure function of the step number $t$. Steps count **from 0**, so the first step of training is made
# with the rate at $t = 0$. Write five of them, with the initial rate `lr0` $= \eta_0$:
#
# | function | rate at step $t$ |
# |---|---|
# | `exp_decay(lr0, gamma, t)` | $\eta_0\, \gamma^t$ |
# | `step_decay(lr0, drop, every, t)` | $\eta_0 \cdot \text{drop}^{\lfloor t / \text{every} \rfloor}$ |
# | `inv_time(lr0, k, t)` | $\eta_0 / (1 + k t)$ |
# | `cosine(lr0, T, t)` | $\frac{1}{2} \eta_0 \left(1 + \cos \frac{\pi t}{T}\right)$ for $t \le T$, and 0 after that |
# | `warmup(lr0, T, t)` | $\eta_0\, (t + 1) / T$ for $t < T$, and $\eta_0$ after that |
#
# Read off the conventions, for they differ from one library to the next:
#
# - `drop` is the factor that the rate is multiplied by, such as 0.5. It is first applied at $t =$ `every`, not one step
#   earlier or later, then at 2 `every`, 3 `every` and so on.
# - The cosine reaches 0 at $t = T$ and stays there.
# - The warm-up never makes a step with the rate 0. Step 0 has $\eta_0 / T$, step $T - 1$ is the first with the full
#   rate.
# - `t` is one whole number from 0 to 10,000, or an array of such numbers, of any shape with at least one entry and in
#   any order, integers or floats of any Python or NumPy type that holds them, also `np.uint8`. A number gives a number, an
#   array gives an array of the same shape; one without dimensions counts as a number.
# - `lr0` is positive, from $10^{-100}$ to $10^{100}$, `gamma` and `drop` lie in $(0, 1]$, `k` is 0 or more, `every` and
#   `T` are integers from 1 to $10^9$. They are Python numbers, and any of them may be an `int`, such as `lr0 = 1`.
# - The rates are floats all the same, as exact as Python's (64 bits). A rate or a power that is too small for a float is 0. An array of
#   rates is an array of its own, never that of the steps.
#
# <details><summary>Hint 1: numbers and arrays at once</summary>
#
# `if t < T:` and `min(t, T)` fail on an array; `np.where(t < T, a, b)` and `np.minimum(t, T)` do both. `math.cos`
# fails, `np.cos` does both.
# </details>
#
# <details><summary>Hint 2: no memory</summary>
#
# A schedule can be asked for step 7 twice, or for step 7 before step 3. So compute the rate from $t$ alone, and never
# from the rate that was returned last.
# </details>
#
# <details><summary>Hint 3: clamp the step instead of the rate</summary>
#
# The cosine is right for all $t$ once you put $\min(t, T)$ in place of $t$. What does the warm-up need in place of
# $t + 1$? And which operator of Python gives the floor of a quotient?
# </details>
#
# <details><summary>Hint 4: small types</summary>
#
# An array of `np.uint8` holds nothing above 255. What is its 255 plus 1? What becomes of `np.minimum(t, 1000)`? Which type
# of array has no such trouble?
# </details>


# %% nbgrader={"grade_id": "schedules", "solution": true}
def exp_decay(lr0, gamma, t):
    """Return lr0 * gamma^t.  t: int, float or array of whole numbers >= 0.  Returns: float or array like t."""
    ### BEGIN SOLUTION
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))
    ### END SOLUTION


def step_decay(lr0, drop, every, t):
    """Return lr0 * drop^floor(t / every).  t: int, float or array of whole numbers >= 0.  Returns: like t."""
    ### BEGIN SOLUTION
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)
    ### END SOLUTION


def inv_time(lr0, k, t):
    """Return lr0 / (1 + k t).  t: int, float or array of whole numbers >= 0.  Returns: float or array like t."""
    ### BEGIN SOLUTION
    return lr0 / (1 + k * np.asarray(t, dtype=float))
    ### END SOLUTION


def cosine(lr0, T, t):
    """Return half a cosine from lr0 at t = 0 to 0 at t = T, 0 after.  t: number or array.  Returns: like t."""
    ### BEGIN SOLUTION
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))
    ### END SOLUTION


def warmup(lr0, T, t):
    """Return the line from lr0 / T at t = 0 to lr0 at t = T - 1, lr0 after.  t: number or array.  Returns: like t."""
    ### BEGIN SOLUTION
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)
    ### END SOLUTION


# %% nbgrader={"grade_id": "schedules-visible", "points": 2}
# Visible tests of `schedules`: 2 points.
import numpy as np

# By hand, one step each.
assert np.isclose(exp_decay(0.8, 0.5, 2), 0.2), (
    "schedules: exp_decay agrees with the worked example"
)
assert np.isclose(step_decay(0.8, 0.25, 10, 25), 0.05), (
    "schedules: step_decay agrees with the worked example"
)
assert np.isclose(inv_time(0.6, 0.5, 4), 0.2), (
    "schedules: inv_time agrees with the worked example"
)
assert np.isclose(cosine(0.8, 10, 5), 0.4), (
    "schedules: cosine agrees with the worked example"
)
assert np.isclose(warmup(0.8, 4, 1), 0.4), (
    "schedules: warmup agrees with the worked example"
)

# The same for an array of steps; and a number gives a number.
t = np.array([0, 1, 2, 3])
assert np.allclose(exp_decay(0.8, 0.5, t), [0.8, 0.4, 0.2, 0.1]), (
    "schedules: exp_decay takes an array of steps"
)
assert np.allclose(step_decay(0.8, 0.5, 2, t), [0.8, 0.8, 0.4, 0.4]), (
    "schedules: step_decay takes an array of steps"
)
assert np.allclose(inv_time(0.6, 1.0, t), [0.6, 0.3, 0.2, 0.15]), (
    "schedules: inv_time takes an array of steps"
)
assert np.allclose(cosine(0.8, 2, t), [0.8, 0.4, 0.0, 0.0]), (
    "schedules: cosine takes an array of steps"
)
assert np.allclose(warmup(0.6, 3, t), [0.2, 0.4, 0.6, 0.6]), (
    "schedules: warmup takes an array of steps"
)
assert np.ndim(exp_decay(0.8, 0.5, 2)) == 0, (
    "schedules: exp_decay returns a number for a number"
)
assert np.ndim(step_decay(0.8, 0.5, 10, 2)) == 0, (
    "schedules: step_decay returns a number for a number"
)
assert np.ndim(inv_time(0.8, 0.5, 2)) == 0, (
    "schedules: inv_time returns a number for a number"
)
assert np.ndim(cosine(0.8, 10, 2)) == 0, (
    "schedules: cosine returns a number for a number"
)
assert np.ndim(warmup(0.8, 10, 2)) == 0, (
    "schedules: warmup returns a number for a number"
)

# %% nbgrader={"grade_id": "schedules-hidden", "points": 3}
# Hidden tests of `schedules`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import math

import numpy as np


def _exp(lr0, gamma, n):
    """The first n rates of the recursion eta <- gamma eta."""
    rates = [lr0]
    while len(rates) < n:
        rates.append(rates[-1] * gamma)
    return np.array(rates, dtype=float)


def _step(lr0, drop, every, n):
    """Runs of `every` equal rates, each `drop` times the one before."""
    return np.repeat(_exp(lr0, drop, n), every)[:n]


def _inv(lr0, k, n):
    """The reciprocals of the rates lie on a line."""
    return 1 / (np.linspace(0, n - 1, n) * (k / lr0) + 1 / lr0)


def _cos(lr0, T, n):
    """(1 + cos a) / 2 is the square of cos(a / 2)."""
    return np.array(
        [lr0 * math.cos(math.pi * t / (2 * T)) ** 2 if t < T else 0.0 for t in range(n)]
    )


def _warm(lr0, T, n):
    """A straight line between two points, level beyond them."""
    return np.interp(np.arange(n), [-1, T - 1], [0, lr0])


def _agree(rates, expected):
    return np.shape(rates) == np.shape(expected) and np.allclose(
        rates, expected, rtol=1e-9, atol=1e-15
    )


rng = np.random.default_rng(42)
for case in range(20):
    n, lr0 = (
        int(rng.integers(20, 60)),
        1 if case % 5 == 4 else float(rng.uniform(0.01, 3)),
    )
    gamma, drop, k = (
        float(rng.uniform(low, high)) for low, high in ((0.7, 1), (0.1, 0.9), (0, 2))
    )
    every, T = int(rng.integers(1, 15)), int(rng.integers(1, 40))
    steps = np.arange(n)
    assert _agree(exp_decay(lr0, gamma, steps), _exp(lr0, gamma, n)), (
        "schedules: exp_decay follows its formula for random arguments"
    )
    assert _agree(step_decay(lr0, drop, every, steps), _step(lr0, drop, every, n)), (
        "schedules: step_decay drops at each multiple of `every` and nowhere else"
    )
    assert _agree(inv_time(lr0, k, steps), _inv(lr0, k, n)), (
        "schedules: inv_time follows its formula for random arguments"
    )
    assert _agree(cosine(lr0, T, steps), _cos(lr0, T, n)), (
        "schedules: cosine falls to 0 at T and stays there"
    )
    assert _agree(warmup(lr0, T, steps), _warm(lr0, T, n)), (
        "schedules: warmup rises from lr0 / T to lr0 and stays there"
    )

    mixed = rng.integers(0, n, size=(3, 4))
    mixed = mixed.astype(float) if case % 2 else mixed
    before = mixed.copy()
    index = mixed.astype(int)
    assert _agree(exp_decay(lr0, gamma, mixed), _exp(lr0, gamma, n)[index]), (
        "schedules: exp_decay takes steps in any order, shape and type"
    )
    assert _agree(
        step_decay(lr0, drop, every, mixed), _step(lr0, drop, every, n)[index]
    ), "schedules: step_decay takes steps in any order, shape and type"
    assert _agree(inv_time(lr0, k, mixed), _inv(lr0, k, n)[index]), (
        "schedules: inv_time takes steps in any order, shape and type"
    )
    assert _agree(cosine(lr0, T, mixed), _cos(lr0, T, n)[index]), (
        "schedules: cosine takes steps in any order, shape and type"
    )
    assert _agree(warmup(lr0, T, mixed), _warm(lr0, T, n)[index]), (
        "schedules: warmup takes steps in any order, shape and type"
    )
    assert np.array_equal(mixed, before), (
        "schedules: the array of steps is left unchanged"
    )

    for t in [int(v) for v in rng.integers(0, n, size=2)]:
        number = float(t) if case % 2 else t
        assert _agree(exp_decay(lr0, gamma, number), _exp(lr0, gamma, n)[t]), (
            "schedules: exp_decay depends on t alone, not on the calls before"
        )
        assert _agree(
            step_decay(lr0, drop, every, number), _step(lr0, drop, every, n)[t]
        ), "schedules: step_decay depends on t alone, not on the calls before"
        assert _agree(inv_time(lr0, k, number), _inv(lr0, k, n)[t]), (
            "schedules: inv_time depends on t alone, not on the calls before"
        )
        assert _agree(cosine(lr0, T, number), _cos(lr0, T, n)[t]), (
            "schedules: cosine depends on t alone, not on the calls before"
        )
        assert _agree(warmup(lr0, T, number), _warm(lr0, T, n)[t]), (
            "schedules: warmup depends on t alone, not on the calls before"
        )

for every in (1, 5, 49, 100, 5000):
    edges = np.array([every - 1, every, 2 * every - 1, 2 * every])
    assert _agree(step_decay(1, 0.5, every, edges), [1.0, 0.5, 0.5, 0.25]), (
        "schedules: step_decay drops at `every` and its multiples, neither one step before nor after"
    )
for T in (2, 7, 100):
    assert _agree(
        cosine(1, T, np.array([0, T, T + 1, 2 * T, 3 * T])), [1.0, 0, 0, 0, 0]
    ), "schedules: cosine does not rise again after T"
    assert _agree(
        warmup(1, T, np.array([0, T - 2, T - 1, T, 9 * T])),
        [1 / T, (T - 1) / T, 1.0, 1.0, 1.0],
    ), "schedules: warmup reaches lr0 at T - 1, neither before nor after"
    assert abs(float(cosine(2, T, T))) < 1e-12, "schedules: cosine ends at 0"
assert _agree(cosine(0.5, 1, np.array([0, 1])), [0.5, 0.0]), (
    "schedules: cosine with T = 1 starts at lr0 and ends at 0 one step later"
)
assert _agree(warmup(0.5, 1, np.array([0, 1])), [0.5, 0.5]), (
    "schedules: a warm-up of one step starts at the full rate"
)
assert _agree(inv_time(0.5, 0, np.array([0, 9])), [0.5, 0.5]), (
    "schedules: inv_time with k = 0 is constant"
)
assert _agree(exp_decay(2, 1, np.array([0, 9])), [2.0, 2.0]), (
    "schedules: exp_decay with gamma = 1 is constant"
)
assert _agree(step_decay(2, 1, 3, np.array([0, 9])), [2.0, 2.0]), (
    "schedules: step_decay with drop = 1 is constant"
)
assert _agree(inv_time(1, 1, np.array([0, 1, 3])), [1.0, 0.5, 0.25]), (
    "schedules: inv_time keeps the fractions where all arguments are integers"
)
assert _agree(
    exp_decay(0.1, 0.999, 2000) * 1e3, 100 * math.exp(2000 * math.log(0.999))
), "schedules: exp_decay follows its formula at a late step, 2000"
for t in (np.array([2]), np.array([[2]])):
    assert _agree(exp_decay(8, 0.5, t), np.full(t.shape, 2.0)), (
        "schedules: exp_decay gives an array of one rate for an array of one step"
    )
    assert _agree(step_decay(8, 0.5, 2, t), np.full(t.shape, 4.0)), (
        "schedules: step_decay gives an array of one rate for an array of one step"
    )
    assert _agree(inv_time(8, 0.5, t), np.full(t.shape, 4.0)), (
        "schedules: inv_time gives an array of one rate for an array of one step"
    )
    assert _agree(cosine(8, 4, t), np.full(t.shape, 4.0)), (
        "schedules: cosine gives an array of one rate for an array of one step"
    )
    assert _agree(warmup(8, 4, t), np.full(t.shape, 6.0)), (
        "schedules: warmup gives an array of one rate for an array of one step"
    )
late = 10_000
assert _agree(exp_decay(0.1, 0.5, late), 0.0), (
    "schedules: exp_decay falls to 0 at a late step, without an error"
)
assert _agree(step_decay(0.1, 0.1, 5, late), 0.0), (
    "schedules: step_decay falls to 0 at a late step, without an error"
)
assert np.isclose(exp_decay(3, 0.5, 600), 3 * 0.5**600, rtol=1e-9, atol=0), (
    "schedules: exp_decay follows its formula down to tiny rates"
)
assert np.isclose(exp_decay(3, 0.999, late), 3 * 0.999**late, rtol=1e-10, atol=0), (
    "schedules: exp_decay is as exact as Python's floats at a late step"
)
assert np.isclose(step_decay(3, 0.5, 2, 1200), 3 * 0.5**600, rtol=1e-9, atol=0), (
    "schedules: step_decay follows its formula down to tiny rates"
)
assert np.isclose(inv_time(2, 0.5, late), 2 / 5001, rtol=1e-9, atol=0), (
    "schedules: inv_time falls on and on, and is not 0 at a late step"
)
assert _agree(cosine(1, 1000, late), 0.0) and _agree(cosine(1, 2 * late, late), 0.5), (
    "schedules: cosine follows its formula at a late step, for a short and a long T"
)
assert _agree(warmup(1, 1000, late), 1.0) and _agree(
    warmup(1, 2 * late, late - 1), 0.5
), "schedules: warmup follows its formula at a late step, for a short and a long T"
assert np.isclose(warmup(1, 10**9, 1), 2e-9, rtol=1e-9, atol=0), (
    "schedules: warmup begins with a tiny rate where T is huge"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "schedules-inputs", "points": 1}
# Hidden tests of `schedules` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import math

import numpy as np

from gdcourse import testing


def _right(rates, expected):
    """Floats of 64 bits, of the same shape, to nine digits of the largest."""
    rates = np.asarray(rates)
    return (
        rates.dtype == np.float64
        and rates.shape == np.shape(expected)
        and np.allclose(rates, expected, rtol=1e-9, atol=1e-12 * np.max(expected))
    )


def _powers(base, exponents):
    return [base**n for n in exponents]


_, *arrays = testing.of_every_type([0, 1, 7, 100, 120])
_, *late = testing.of_every_type([255, 254, 3])
for t in arrays:
    before = testing.snapshot(t)
    assert _right(exp_decay(1, 0.9, t), _powers(0.9, (0, 1, 7, 100, 120))), (
        "schedules: exp_decay takes steps of any integer or float type, and returns floats of 64 bits"
    )
    assert _right(step_decay(3, 0.7, 7, t), [3, 3, 2.1, 3 * 0.7**14, 3 * 0.7**17]), (
        "schedules: step_decay takes steps of any integer or float type, and returns floats of 64 bits"
    )
    assert _right(inv_time(1, 3, t), [1, 1 / 4, 1 / 22, 1 / 301, 1 / 361]), (
        "schedules: inv_time takes steps of any integer or float type, and returns floats of 64 bits"
    )
    wave = [math.cos(math.pi * n / 240) ** 2 for n in (0, 1, 7, 100, 120)]
    assert _right(cosine(1, 120, t), wave), (
        "schedules: cosine takes steps of any integer or float type, and returns floats of 64 bits"
    )
    assert _right(warmup(1, 120, t), [1 / 120, 2 / 120, 8 / 120, 101 / 120, 1]), (
        "schedules: warmup takes steps of any integer or float type, and returns floats of 64 bits"
    )
    assert testing.same(t, before), "schedules: leaves steps of any type as they are"
for t in late:
    assert _right(exp_decay(1, 0.99, t), _powers(0.99, (255, 254, 3))), (
        "schedules: exp_decay takes the largest steps that a small type holds"
    )
    assert _right(step_decay(1, 0.5, 1000, t), [1, 1, 1]), (
        "schedules: step_decay takes an `every` that the type of the steps does not hold"
    )
    assert _right(inv_time(1, 300, t), [1 / 76501, 1 / 76201, 1 / 901]), (
        "schedules: inv_time takes a k that the type of the steps does not hold"
    )
    wave = [math.cos(math.pi * n / 2000) ** 2 for n in (255, 254, 3)]
    assert _right(cosine(1, 1000, t), wave), (
        "schedules: cosine takes a T that the type of the steps does not hold"
    )
    assert _right(warmup(1, 1000, t), [0.256, 0.255, 0.004]), (
        "schedules: warmup takes a T that the type of the steps does not hold"
    )
    assert _right(warmup(2, 200, t), [2, 2, 0.04]), (
        "schedules: warmup takes the largest steps that a small type holds"
    )
    one = t[0]  # a NumPy number
    assert _right(exp_decay(1, 0.99, one), 0.99**255), (
        "schedules: exp_decay takes a NumPy number of any type"
    )
    assert _right(step_decay(1, 0.5, 300, one), 1), (
        "schedules: step_decay takes a NumPy number of any type"
    )
    assert _right(inv_time(1, 2, one), 1 / 511), (
        "schedules: inv_time takes a NumPy number of any type"
    )
    assert _right(cosine(1, 510, one), 0.5), (
        "schedules: cosine takes a NumPy number of any type"
    )
    assert _right(warmup(1, 512, one), 0.5), (
        "schedules: warmup takes a NumPy number of any type"
    )

n = np.array([[0, 5, 2], [7, 1, 11]])
for t in [*testing.of_every_layout(n), *testing.of_every_layout(n.T)]:
    m = n if t.shape == n.shape else n.T
    assert _right(exp_decay(1, 0.5, t), 0.5**m), (
        "schedules: exp_decay takes steps that lie in memory in any way, also read-only ones"
    )
    assert _right(
        step_decay(1, 0.5, 5, t), 0.5 ** np.array(m >= 5) * 0.5 ** np.array(m >= 10)
    ), (
        "schedules: step_decay takes steps that lie in memory in any way, also read-only ones"
    )
    assert _right(inv_time(1, 2, t), 1 / (1 + 2 * m)), (
        "schedules: inv_time takes steps that lie in memory in any way, also read-only ones"
    )
    assert _right(cosine(1, 11, t), np.square(np.cos(np.pi * m / 22))), (
        "schedules: cosine takes steps that lie in memory in any way, also read-only ones"
    )
    assert _right(warmup(1, 12, t), (m + 1) / 12), (
        "schedules: warmup takes steps that lie in memory in any way, also read-only ones"
    )
t = np.array([0, 2, 5])
for scale in (1e-100, 1e-12, 1e12, 1e100):
    assert _right(exp_decay(scale, 0.5, t), [scale, scale / 4, scale / 32]), (
        "schedules: exp_decay keeps a tiny or a huge lr0 in proportion"
    )
    assert _right(step_decay(scale, 0.5, 2, t), [scale, scale / 2, scale / 4]), (
        "schedules: step_decay keeps a tiny or a huge lr0 in proportion"
    )
    assert _right(inv_time(scale, 1.5, t), [scale, scale / 4, scale / 8.5]), (
        "schedules: inv_time keeps a tiny or a huge lr0 in proportion"
    )
    assert _right(cosine(scale, 4, t), [scale, scale / 2, 0.0]), (
        "schedules: cosine keeps a tiny or a huge lr0 in proportion"
    )
    assert _right(warmup(scale, 4, t), [scale / 4, scale * 0.75, scale]), (
        "schedules: warmup keeps a tiny or a huge lr0 in proportion"
    )
assert _right(exp_decay(1, 1e-30, t), [1, 1e-60, 1e-150]), (
    "schedules: exp_decay takes a gamma near 0"
)
assert np.isclose(1 - exp_decay(1, 1 - 1e-9, 3), 3e-9, rtol=1e-6, atol=0), (
    "schedules: exp_decay takes a gamma near 1"
)
assert np.isclose(1 - inv_time(1, 1e-9, 3), 3e-9, rtol=1e-6, atol=0), (
    "schedules: inv_time takes a k near 0"
)
assert np.isclose(inv_time(1, 1e-6, 90), 1 / 1.00009, rtol=1e-12, atol=0), (
    "schedules: inv_time takes a k near 0"
)
for rates in (
    exp_decay(1, 1, 3),
    step_decay(1, 1, 2, 3),
    inv_time(1, 0, 3),
    cosine(1, 4, 0),
    warmup(1, 1, 3),
):
    assert _right(rates, 1.0), (
        "schedules: returns a float where all arguments are integers"
    )
t = np.array([0.0, 1.0, 2.0])
for rates in (
    exp_decay(1, 0.5, t),
    step_decay(1, 0.5, 2, t),
    inv_time(1, 1, t),
    cosine(1, 2, t),
    warmup(1, 2, t),
):
    assert testing.apart(rates, t), "schedules: gives an array of its own"
with testing.printing() as told:
    [
        exp_decay(1.0, 0.5, 3),
        step_decay(1.0, 0.5, 2, 3),
        inv_time(1.0, 0.5, 3),
        cosine(1.0, 5, 3),
        warmup(1.0, 5, 3),
    ]
assert not told(), "schedules: prints nothing"
three = np.full(2, 3.0)
for rates in (
    exp_decay(3, 1, three),
    step_decay(3, 1, 2, three),
    inv_time(3, 0, three),
    cosine(3, 10**9, three),
    warmup(3, 1, three),
):
    assert _right(rates, three) and testing.apart(rates, three), (
        "schedules: gives an array of its own, also where the rates equal the steps"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Reject and halve, accept and grow: `bold_driver(f, g, w, lr, steps, up, down)`
#
# medium · 20 minutes · 5 points
#
# "If the loss rises, reduce the rate" is half a rule: it says nothing about the bad step that was just made, and the
# rate can only shrink. The bold driver is the whole rule. Make `steps` *tries*. In each of them:
#
# 1. The candidate is $w' = w - \eta\, g(w)$, with the point $w$ and the rate $\eta$ that you hold now.
# 2. If $f(w') < f(w)$, keep the step: hold $w'$ from now on, and replace $\eta$ by $\text{up} \cdot \eta$.
# 3. Otherwise undo it: go on holding $w$, and replace $\eta$ by $\text{down} \cdot \eta$.
#
# Return `(w, lr, losses)`: the point and the rate that you hold after the last try, and `steps + 1` losses. `losses[t]`
# is the loss at the point held after $t$ tries, so `losses[0]` belongs to the start. They never rise.
#
# - `f(w)` returns the loss at `w`, a number of any Python or NumPy type; `g(w)` returns the gradient, an array of the
#   shape `(d,)` in `float64`, which belongs to `g`: it may be the same array each time. The tests may pass any pair of
#   functions.
# - `w` is an array of the shape `(d,)`, integers or floats of any NumPy type. It must be unchanged afterwards, and its
#   type does not limit the later points: they are floats of 64 bits, in an array of its own, also where no step is kept.
#   The loss at the start is finite.
# - At the candidate the loss can be NaN or $+\infty$, but not $-\infty$. Neither is less than $f(w)$, so the step is undone. An equal loss
#   has not fallen either, and any decrease will do, be it in the last digit. A gradient can be 0, or hold a NaN: the rules
#   are the same then.
# - Losses and rates may be tiny or huge, from $10^{-100}$ to $10^{100}$.
# - A loss is expensive: call `f` at most `2 * steps + 1` times. (`steps + 1` calls are enough.)
# - Every try counts, kept or undone. There is no retrying within a try.
# - `lr` is positive, `up` $\ge 1$, $0 <$ `down` $< 1$, and `steps` is an integer, 0 or more.
#
# <details><summary>Hint 1: which comparison?</summary>
#
# Every comparison with NaN is false. So `if new < old: keep` and `if new > old: undo` do not treat NaN alike.
# </details>
#
# <details><summary>Hint 2: do not move before you know</summary>
#
# Give the candidate a name of its own. `w -= lr * g(w)` would change the array that you may have to go back to, and the
# caller's too.
# </details>
#
# <details><summary>Hint 3: the record</summary>
#
# After a try that is undone, the loss at the held point is the same as before: append the last entry once more.
# </details>


# %% nbgrader={"grade_id": "bold_driver", "solution": true}
def bold_driver(f, g, w, lr, steps, up, down):
    """Descend with a rate that grows after each step that lowers the loss, and shrinks after each one undone.

    f: (d,) -> float.  g: (d,) -> (d,).  w: (d,).  lr, up, down: float.  steps: int.
    Returns: (w, lr, losses), where losses holds steps + 1 numbers.
    """
    ### BEGIN SOLUTION
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = float(f(candidate))
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses
    ### END SOLUTION


# %% nbgrader={"grade_id": "bold_driver-visible", "points": 1}
# Visible tests of `bold_driver`: 1 point.
import numpy as np


def _loss(w):
    """Half the square."""
    return 0.5 * float(np.sum(np.square(w)))


def _slope(w):
    """The gradient of half the square."""
    return np.array(w, dtype=float)


# By hand: from 8 with the rate 4 the candidate is 8 - 32 = -24, which is worse: the rate becomes 1.
# Then the candidate is 8 - 8 = 0, which is better: the rate becomes 1.5.
start = np.array([8.0])
w, lr, losses = bold_driver(_loss, _slope, start, 4.0, 2, 1.5, 0.25)
assert np.shape(w) == (1,), "bold_driver: the point keeps its shape"
assert np.ndim(lr) == 0, "bold_driver: the rate is one number"
assert len(losses) == 3, "bold_driver: returns steps + 1 losses"
assert np.allclose(losses, [32.0, 32.0, 0.0]), (
    "bold_driver: losses agrees with the worked example"
)
assert np.allclose(w, [0.0]), "bold_driver: the point agrees with the worked example"
assert np.isclose(lr, 1.5), "bold_driver: the rate agrees with the worked example"
assert np.array_equal(start, [8.0]), (
    "bold_driver: leaves the start unchanged in the worked example"
)

# %% nbgrader={"grade_id": "bold_driver-hidden", "points": 3}
# Hidden tests of `bold_driver`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _counted(function, calls):
    """The same function; it notes each call."""

    def _wrapped(w):
        calls.append(np.array(w, dtype=float))
        return function(calls[-1])

    return _wrapped


def _quadratic(A):
    return lambda w: 0.5 * float(w @ A @ w), lambda w: A @ w


def _in_eigenvectors(lam, coordinates, lr, steps, up, down):
    """The bold driver on 1/2 sum lam_i c_i^2, where a step multiplies c_i by 1 - lr lam_i: (c, lr, losses)."""
    energies = [0.5 * np.sum(lam * coordinates**2)]
    for _ in range(steps):
        factors = 1 - lr * lam
        change = np.sum(lam * coordinates**2 * (factors**2 - 1))
        coordinates, lr = (
            (coordinates * factors, lr * up) if change < 0 else (coordinates, lr * down)
        )
        energies.append(0.5 * np.sum(lam * coordinates**2))
    return coordinates, lr, np.array(energies)


def _close(a, b):
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-9)


rng = np.random.default_rng(43)
for _ in range(30):
    d, steps = int(rng.integers(2, 6)), int(rng.integers(1, 30))
    lam, Q = (
        10.0 ** rng.uniform(-1.5, 1.5, size=d),
        np.linalg.qr(rng.normal(size=(d, d)))[0],
    )
    lr, up, down = (
        10.0 ** rng.uniform(-2, 2),
        float(rng.uniform(1, 1.6)),
        float(rng.uniform(0.2, 0.8)),
    )
    start = rng.normal(scale=3, size=d)
    before, calls = start.copy(), []
    f, g = _quadratic((Q * lam) @ Q.T)
    w, last, losses = bold_driver(_counted(f, calls), g, start, lr, steps, up, down)
    c, true_lr, true_losses = _in_eigenvectors(lam, Q.T @ start, lr, steps, up, down)
    assert len(calls) <= 2 * steps + 1, (
        "bold_driver: calls f at most 2 * steps + 1 times"
    )
    assert np.array_equal(start, before), "bold_driver: leaves the start unchanged"
    assert len(losses) == steps + 1, (
        "bold_driver: returns steps + 1 losses for any number of steps"
    )
    assert all(b <= a for a, b in zip(losses[:-1], losses[1:], strict=True)), (
        "bold_driver: the losses never rise"
    )
    assert _close(losses, true_losses), (
        "bold_driver: losses[t] is the loss at the point held after t tries"
    )
    assert _close(w, Q @ c), "bold_driver: returns the point held after the last try"
    assert np.ndim(last) == 0 and np.isclose(last, true_lr, rtol=1e-9, atol=0), (
        "bold_driver: the rate grows after each step kept and shrinks after each one undone"
    )
    assert np.isclose(
        f(np.asarray(w, dtype=float)), float(losses[-1]), rtol=1e-9, atol=0
    ), "bold_driver: the last loss is that of the point returned"


def _barrier(w):
    """w - log w, summed: inf at 0 and NaN below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.sum(w - np.log(w)))


for _ in range(20):
    start, rate, steps = (
        rng.uniform(0.05, 3, size=int(rng.integers(1, 4))),
        float(rng.uniform(2, 30)),
        0,
    )
    here, last, expected, calls = start, rate, [_barrier(start)], []
    while steps < 20:
        there = here - last * (1 - 1 / here)
        change = _barrier(there) - expected[-1] if np.all(there > 0) else np.inf
        if abs(change) < 1e-6:  # so close to the minimum that rounding would decide
            break
        here, last = (there, last * 1.25) if change < 0 else (here, last * 0.5)
        expected.append(_barrier(here))
        steps += 1
    w, lr, losses = bold_driver(
        _counted(_barrier, calls), lambda w: 1 - 1 / w, start, rate, steps, 1.25, 0.5
    )
    assert len(calls) <= 2 * steps + 1, (
        "bold_driver: calls f at most 2 * steps + 1 times with NaN too"
    )
    assert np.all(np.isfinite(losses)) and np.all(np.isfinite(w)), (
        "bold_driver: undoes each step to a point where the loss is NaN"
    )
    assert (
        _close(losses, expected) and _close(w, here) and np.isclose(lr, last, rtol=1e-9)
    ), "bold_driver: a NaN at the candidate undoes the step and shrinks the rate"

# From 1.5 with the gradient 1 and the rate 1.5 the candidate is 0, where the loss is infinite.
w, last, losses = bold_driver(
    _barrier, lambda w: np.ones(1), np.array([1.5]), 1.5, 1, 2.0, 0.5
)
assert _close(w, [1.5]) and np.isclose(last, 0.75), (
    "bold_driver: an infinite loss undoes the step"
)

w, last, losses = bold_driver(
    lambda w: 3.0, lambda w: np.ones(2), np.array([1.0, 2.0]), 0.8, 3, 2.0, 0.5
)
assert _close(w, [1.0, 2.0]) and np.isclose(last, 0.1), (
    "bold_driver: an equal loss undoes the step"
)
assert _close(losses, [3.0] * 4), (
    "bold_driver: goes on recording while every step is undone"
)

w, last, losses = bold_driver(
    lambda w: float(-w[0]), lambda w: np.ones(1), np.array([0.0]), 1.0, 4, 2.0, 0.5
)
assert _close(w, [0.0]) and np.isclose(last, 1 / 16), (
    "bold_driver: steps against g and judges by f, where the two do not belong together"
)

w, last, losses = bold_driver(
    lambda w: float(w[0]), lambda w: np.ones(1), np.array([0]), 0.5, 3, 2.0, 0.5
)
assert _close(w, [-3.5]) and np.isclose(last, 4.0), (
    "bold_driver: keeps the fractions of later points where the start is an integer"
)
assert _close(losses, [0.0, -0.5, -1.5, -3.5]), (
    "bold_driver: records losses below zero as they are"
)

calls = []
w, last, losses = bold_driver(
    _counted(lambda w: float(w @ w), calls),
    lambda w: 2 * w,
    np.array([3.0]),
    0.7,
    0,
    2.0,
    0.5,
)
assert _close(w, [3.0]) and np.isclose(last, 0.7), (
    "bold_driver: with steps = 0 the point and the rate stay as they are"
)
assert _close(losses, [9.0]) and len(calls) <= 1, (
    "bold_driver: with steps = 0 the losses are that of the start alone"
)

# A loss that rises for one try in a narrow valley: undone, not retried.
f, g = _quadratic(np.diag([1.0, 100.0]))
w, last, losses = bold_driver(f, g, np.array([1.0, 1.0]), 1.0, 1, 1.1, 0.5)
assert _close(w, [1.0, 1.0]) and np.isclose(last, 0.5), (
    "bold_driver: each try has one candidate, also one that is undone"
)
again = bold_driver(f, g, np.array([1.0, 1.0]), 1.0, 1, 1.1, 0.5)
assert (
    _close(again[0], w) and np.isclose(again[1], last) and _close(again[2], losses)
), "bold_driver: keeps no state between calls"


def _table(losses, elsewhere):
    """A loss of one variable that is looked up."""
    return lambda w: losses.get(float(w[0]), elsewhere)


falls = [1.0, float(np.nextafter(1, 0)), 0.5, 0.5 - 1e-16, -1e-300]
f = _table({-float(t): loss for t, loss in enumerate(falls)}, 9.0)
w, last, losses = bold_driver(
    f, lambda w: np.ones(1), np.array([0.0]), 1.0, 4, 1.0, 0.5
)
assert np.array_equal(losses, falls) and _close(w, [-4.0]) and last == 1.0, (
    "bold_driver: a decrease in the last digit is a decrease"
)
for special in (np.nan, np.inf):
    # The first, the third and the last of five tries meet it.
    f = _table({0.0: 8.0, -0.5: 7.0, -0.875: 6.0}, special)
    w, last, losses = bold_driver(
        f, lambda w: np.ones(1), np.array([0.0]), 1.0, 5, 1.5, 0.5
    )
    assert np.array_equal(losses, [8.0, 8.0, 7.0, 7.0, 6.0, 6.0]), (
        "bold_driver: goes on after a NaN or an infinity at the first, a middle and the last try"
    )
    assert _close(w, [-0.875]) and np.isclose(last, 0.28125), (
        "bold_driver: a NaN or an infinity undoes the step and shrinks the rate, whenever it comes"
    )
w, last, losses = bold_driver(
    lambda w: float(w @ w), lambda w: 2 * w, np.zeros(2), 1.0, 6, 2.0, 0.5
)
assert _close(losses, [0.0] * 7) and np.isclose(last, 1 / 64), (
    "bold_driver: makes all its tries where the gradient is 0 too"
)
w, last, losses = bold_driver(
    lambda w: float(w @ w),
    lambda w: np.array([np.nan, 1.0]),
    np.ones(2),
    1.0,
    3,
    2.0,
    0.5,
)
assert (
    _close(w, [1.0, 1.0]) and _close(losses, [2.0] * 4) and np.isclose(last, 1 / 8)
), "bold_driver: a gradient that holds a NaN leads to steps that are undone"
w, last, losses = bold_driver(
    lambda w: float(w[0]),
    lambda w: np.full(1, 1.0 if w[0] == 0 else np.nan),
    np.zeros(1),
    1.0,
    2,
    2.0,
    0.5,
)
assert _close(w, [-1.0]) and _close(losses, [0.0, -1.0, -1.0]) and last == 1.0, (
    "bold_driver: judges a candidate by its loss, not by its gradient"
)
w, last, losses = bold_driver(
    lambda w: 1.0, lambda w: np.ones(1), np.array([0.0]), 1.0, 300, 2.0, 0.5
)
assert len(losses) == 301 and np.isclose(last, 0.5**300, rtol=1e-9, atol=0), (
    "bold_driver: makes all its tries however small the rate has become"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "bold_driver-inputs", "points": 1}
# Hidden tests of `bold_driver` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _scaled(scale):
    return lambda w: scale * float(w @ w) / 2, lambda w: scale * np.asarray(w)


def _table(losses, elsewhere):
    """A loss of the first variable that is looked up."""
    return lambda w: losses.get(float(w[0]), elsewhere)


_, *starts = testing.of_every_type([100, 50])
for start in starts:
    before, g = (
        testing.snapshot(start),
        testing.Callback(lambda w: np.array(w, dtype=float)),
    )
    w, lr, losses = bold_driver(
        lambda w: float(np.sum(np.square(w, dtype=float))) / 2,
        g,
        start,
        0.1,
        3,
        1.5,
        0.5,
    )
    expected = np.array([100.0, 50.0]) * 0.9 * 0.85 * 0.775
    assert np.allclose(w, expected, rtol=1e-12, atol=0) and np.isclose(
        lr, 0.3375, rtol=1e-9
    ), (
        "bold_driver: takes a start of any integer or float type, and computes in 64 bits"
    )
    assert np.allclose(losses[3], np.sum(expected**2) / 2, rtol=1e-12, atol=0), (
        "bold_driver: takes a start of any integer or float type, and computes in 64 bits"
    )
    assert testing.same(start, before), (
        "bold_driver: leaves a start of any type as it is"
    )
    w, lr, losses = bold_driver(lambda w: 1.0, g, start, 0.1, 2, 1.5, 0.5)
    assert np.asarray(w).dtype == np.float64 and np.array_equal(w, [100, 50]), (
        "bold_driver: returns a point of 64 bits, also where no step is kept"
    )
for start in testing.of_every_layout([3.0, 4.0, -1.0]):
    before = testing.snapshot(start)
    w, lr, losses = bold_driver(*_scaled(1.0), start, 0.5, 2, 1.0, 0.5)
    assert np.allclose(w, [0.75, 1.0, -0.25], rtol=1e-9) and testing.same(
        start, before
    ), "bold_driver: takes a start that lies in memory in any way, also a read-only one"

# The gradient is one and the same array at each call.
constant = np.array([1.0, -2.0])
g = testing.Callback(lambda w: constant)
w, lr, losses = bold_driver(
    lambda w: float(w[0] - w[1]), g, np.zeros(2), 0.5, 3, 2.0, 0.5
)
assert g.untouched(), "bold_driver: leaves the arrays that g returns as they are"
assert np.allclose(w, [-3.5, 7.0], rtol=1e-9) and np.allclose(
    losses, [0.0, -1.5, -4.5, -10.5], rtol=1e-9
), "bold_driver: is right where g returns the same array each time"

for kind in ("uint8", "int8", "uint64", "float16", "float32"):
    # The tries meet 3, which is kept, 4, which is undone, and 1.
    table = {
        at: np.array([loss], dtype=kind)[0]
        for at, loss in ((0, 5), (-1, 3), (-3, 4), (-2, 1))
    }
    w, lr, losses = bold_driver(
        _table(table, 9),
        lambda w: np.ones(1),
        np.zeros(1),
        1.0,
        3,
        2.0,
        0.5,
    )
    assert np.array_equal(losses, [5, 3, 3, 1]) and np.isclose(lr, 2.0, rtol=1e-9), (
        "bold_driver: takes losses that are NumPy numbers of any type"
    )
table = {0: 10**30, -1: 10**30 - 10**16, -3: 7, -7: 7.0}
w, lr, losses = bold_driver(
    lambda w: table[float(w[0])], lambda w: np.ones(1), np.zeros(1), 1, 3, 2, 0.5
)
assert np.isclose(lr, 2.0, rtol=1e-9) and np.allclose(w, -3.0, rtol=1e-9), (
    "bold_driver: takes integers for losses, for the rate and for `up`"
)

for scale in (1e-100, 1e-12, 1e12, 1e100):
    w, last, losses = bold_driver(
        *_scaled(scale), np.array([8.0]), 4.0 / scale, 2, 1.5, 0.25
    )
    assert np.allclose(np.array(losses) / scale, [32, 32, 0], rtol=1e-9), (
        "bold_driver: any decrease counts, of tiny and of huge losses"
    )
    assert np.allclose(w, 0, rtol=1e-9) and np.isclose(
        last, 1.5 / scale, rtol=1e-9, atol=0
    ), "bold_driver: any rate is kept as it is, a tiny and a huge one"
    w, last, losses = bold_driver(*_scaled(1.0), np.array([scale]), 0.5, 3, 1.0, 0.5)
    assert np.allclose(w, scale / 8, rtol=1e-9, atol=0), (
        "bold_driver: any point is kept as it is, near 0 and far away"
    )
start = np.array([1.0, 2.0])
for steps, rate in ((0, 1.0), (3, 1e9)):
    w, lr, losses = bold_driver(*_scaled(1.0), start, rate, steps, 1.5, 0.5)
    assert np.array_equal(w, start) and testing.apart(w, start), (
        "bold_driver: returns an array of its own, also where no step is kept"
    )
with testing.printing() as told:
    bold_driver(*_scaled(1.0), np.array([8.0]), 4.0, 2, 1.5, 0.25)
assert not told(), "bold_driver: prints nothing"
# Where the gradient is NaN the candidate is, and the loss may be anything there: it is asked for as elsewhere.
for there, kept in ((-1.0, True), (np.nan, False), (2.0, False)):
    asked = testing.Callback(lambda w, there=there: there if np.isnan(w[0]) else 0.0)
    w, lr, losses = bold_driver(
        asked, lambda w: np.full(1, np.nan), np.zeros(1), 1.0, 1, 2.0, 0.5
    )
    assert lr == (2.0 if kept else 0.5) and np.isnan(w[0]) == kept, (
        "bold_driver: a candidate that is NaN is judged by its loss like others"
    )
    assert losses[-1] == (there if kept else 0.0), (
        "bold_driver: records the loss of the point that it holds, a NaN point too"
    )
w, lr, losses = bold_driver(
    lambda w: float(w[0]), lambda w: np.ones(1), np.zeros(1), 1.0, 450, 1.0, 0.5
)
assert w[0] == -450 and np.array_equal(losses, -np.arange(451.0)), (
    "bold_driver: makes and records every try of a long run"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Backtracking: `armijo(f, g, x, d, c, rho)`
#
# medium · 15 minutes · 4 points
#
# A line search asks how far to go from $x$ along a given direction $d$. Any decrease at all is too little to ask for,
# since decreases can shrink towards 0 long before the minimum. Armijo's condition asks for a fair share of what the
# slope promises:
#
# $$f(x + a d) \le f(x) + c\, a\, g(x)^\top d.$$
#
# Try $a = 1, \rho, \rho^2, \dots$ in this order and return the first $a$ that meets the condition.
#
# - `f(x)` returns a number and `g(x)` the gradient, an array of the shape `(n,)`, which belongs to `g`: both are functions.
#   `x` and `d` are arrays of the shape `(n,)`. All these are integers or floats of any NumPy type; the search is made in
#   floats of 64 bits, whatever the types. `c` and `rho` lie strictly between 0 and 1.
# - `d` need not be the negative gradient, and it is not normalised. It must be a *descent direction*, that is,
#   $g(x)^\top d < 0$, however little. Otherwise, also where the slope is NaN, raise `ValueError`: the loop might never
#   end, or end at a meaningless step.
# - $f(x)$ is finite. At a trial point the loss can be NaN or $+\infty$, but not $-\infty$. Such a trial does not meet the condition.
# - Equality meets the condition. In the tests some $a$ always does, but it can take hundreds of reductions to reach it.
# - The loss and the slope at the start may be tiny or huge, from $10^{-100}$ to $10^{100}$ in size.
#
# <details><summary>Hint 1: what stays the same</summary>
#
# $f(x)$ and $g(x)^\top d$ are taken at the point where the search starts. They do not change in the loop.
# </details>
#
# <details><summary>Hint 2: NaN again</summary>
#
# Which of `while value > bound` and `while not value <= bound` goes on when `value` is NaN?
# </details>
#
# <details><summary>Hint 3: before the loop and in it</summary>
#
# Two things come before the loop: what does not change in it, and the check of the slope. In the loop there is one
# question, the whole inequality. Which of its terms change with $a$?
# </details>


# %% nbgrader={"grade_id": "armijo", "solution": true}
def armijo(f, g, x, d, c, rho):
    """Return the first a in 1, rho, rho^2, ... with f(x + a d) <= f(x) + c a g(x).d.

    f: (n,) -> float.  g: (n,) -> (n,).  x, d: (n,).  c, rho: float in (0, 1).  Returns: float.
    Raises ValueError unless d is a descent direction.
    """
    ### BEGIN SOLUTION
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a
    ### END SOLUTION


# %% nbgrader={"grade_id": "armijo-visible", "points": 1}
# Visible tests of `armijo`: 1 point.
import numpy as np


def _half_square(x):
    return 0.5 * float(np.sum(np.square(x)))


def _itself(x):
    return np.array(x, dtype=float)


# By hand: from 2 along -6 the slope is -12. The whole step ends at -4, where the loss is 8, up from 2. Half of it ends
# at -1, where it is 0.5: a decrease, but more than 2 - 0.5 * 0.5 * 12 = -1. A quarter ends at 0.5, where the loss is
# 0.125. This is not more than 2 - 0.5 * 0.25 * 12 = 0.5.
a = armijo(_half_square, _itself, np.array([2.0]), np.array([-6.0]), 0.5, 0.5)
assert np.ndim(a) == 0, "armijo: returns one number"
assert np.isclose(a, 0.25), "armijo: agrees with the worked example"

# By hand: the whole step ends at the minimum. 0 is not more than 2 - 0.25 * 4.
assert np.isclose(
    armijo(_half_square, _itself, np.array([2.0]), np.array([-2.0]), 0.25, 0.5), 1.0
), "armijo: takes the whole step if it is good enough"

try:
    armijo(_half_square, _itself, np.array([2.0]), np.array([2.0]), 0.1, 0.5)
except ValueError:
    refused = True
else:
    refused = False
assert refused, "armijo: a direction of ascent raises ValueError"

# %% nbgrader={"grade_id": "armijo-hidden", "points": 2}
# Hidden tests of `armijo`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import math

import numpy as np


def _quadratic(A):
    return lambda x: 0.5 * float(x @ A @ x), lambda x: A @ x


def _closed_form(A, x, d, c, rho):
    """On 1/2 x^T A x the condition reads a <= 2 (1 - c) |slope| / (d^T A d); None where rounding could decide."""
    reductions = math.log(2 * (1 - c) * -(x @ A @ d) / (d @ A @ d)) / math.log(rho)
    if abs(reductions - round(reductions)) < 1e-3:
        return None
    return rho ** max(0, math.ceil(reductions))


rng = np.random.default_rng(44)
done = 0
while done < 40:
    n, c, rho = (
        int(rng.integers(1, 6)),
        float(rng.uniform(0.01, 0.95)),
        float(rng.uniform(0.2, 0.9)),
    )
    B = rng.normal(size=(n, n))
    A = B @ B.T + 0.1 * np.eye(n)
    x, d = rng.normal(size=n), rng.normal(size=n) * 10.0 ** rng.uniform(-1, 2)
    d = (
        -A @ x * 10.0 ** rng.uniform(-1, 1)
        if done % 3 == 0
        else d
        if x @ A @ d < 0
        else -d
    )
    expected = _closed_form(A, x, d, c, rho)
    if expected is None or abs(x @ A @ d) < 1e-3:
        continue
    done += 1
    before = x.copy(), d.copy()
    a = armijo(*_quadratic(A), x, d, c, rho)
    assert np.array_equal(x, before[0]) and np.array_equal(d, before[1]), (
        "armijo: leaves its inputs unchanged"
    )
    assert np.ndim(a) == 0, "armijo: returns one number in any dimension"
    assert np.isclose(a, expected, rtol=1e-9, atol=0), (
        "armijo: is the first of 1, rho, rho^2, ... that meets the condition"
    )


def _barrier(x):
    """x - log x, summed: inf at 0 and NaN below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.sum(x - np.log(x)))


for _ in range(20):
    n, c, rho = (
        int(rng.integers(1, 4)),
        float(rng.uniform(0.05, 0.5)),
        float(rng.choice([0.5, 0.75, 0.3])),
    )
    x = rng.uniform(1.5, 6, size=n)
    d = -rng.uniform(1.5, 40) * x * rng.uniform(0.7, 1.3, size=n)
    slope = float(np.sum((1 - 1 / x) * d))
    lengths = rho ** np.arange(400)
    values = np.array([_barrier(x + length * d) for length in lengths])
    gaps = values - (_barrier(x) + c * lengths * slope)
    expected = lengths[np.flatnonzero(np.isfinite(gaps) & (gaps <= 0))[0]]
    a = armijo(_barrier, lambda x: 1 - 1 / x, x, d, c, rho)
    assert np.all(x + float(a) * d > 0), (
        "armijo: goes on past each trial point where the loss is NaN"
    )
    assert np.isclose(a, expected, rtol=1e-9, atol=0), (
        "armijo: a NaN at a trial point asks for a shorter step"
    )

a = armijo(_barrier, lambda x: 1 - 1 / x, np.array([4.0]), np.array([-4.0]), 0.1, 0.5)
assert np.isclose(a, 0.5), (
    "armijo: an infinite loss at a trial point asks for a shorter step"
)
for scale, rho in ((1e8, 0.9), (1e12, 0.5), (1e6, 0.95), (1e100, 0.5)):
    a = armijo(
        *_quadratic(np.array([[scale]])), np.array([1.0]), np.array([-scale]), 0.25, rho
    )
    reductions = math.ceil(math.log(1.5 / scale) / math.log(rho))
    assert np.isclose(a, rho**reductions, rtol=1e-9, atol=0), (
        "armijo: goes on for as many reductions as it takes"
    )

half_square = _quadratic(np.eye(1))
assert np.isclose(
    armijo(*half_square, np.array([1.0]), np.array([-1.0]), 0.5, 0.5), 1.0
), "armijo: accepts a trial where both sides are equal"
assert np.isclose(
    armijo(*half_square, np.array([1.0]), np.array([-0.001]), 0.25, 0.5), 1.0
), "armijo: the result is at most 1, where a longer step would be better still"

assert np.isclose(
    armijo(*half_square, np.array([1.0]), np.array([-1.0]), 0.5 + 1e-9, 0.5), 0.5
), "armijo: refuses a trial that misses the condition by a little"
# A decrease that is too small: from 1 to -0.95 the loss falls, but by far less than half of what the slope promises.
assert np.isclose(
    armijo(*half_square, np.array([1.0]), np.array([-1.95]), 0.5, 0.5), 0.5
), "armijo: asks for more than any decrease: a far too small one is refused"

for x, d in (
    ([1.0, 0.0], [1.0, 0.0]),
    ([1.0, 0.0], [0.0, 1.0]),
    ([1.0, 2.0], [0.0, 0.0]),
    ([0.0, 0.0], [-1.0, 3.0]),
):
    try:
        armijo(*_quadratic(np.eye(2)), np.array(x), np.array(d), 0.1, 0.5)
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, "armijo: a slope of zero or above raises ValueError"
try:
    armijo(
        lambda x: -float(x @ x),
        lambda x: -2 * x,
        np.array([1.0, 1.0]),
        np.array([-0.1, -0.1]),
        0.1,
        0.5,
    )
except ValueError:
    refused = True
else:
    refused = False
assert refused, "armijo: a short step uphill raises ValueError"


def _table(losses, elsewhere):
    """A loss of the first variable that is looked up."""
    return lambda x: losses.get(float(x[0]), elsewhere)


def _constant(gradient):
    return lambda x: np.array(gradient)


def _patient(calls):
    """A constant loss that ends a search without end."""

    def _loss(x):
        calls.append(x)
        if len(calls) > 5000:
            raise RuntimeError("5000 losses were asked for")
        return 1.0

    return _loss


for place in range(3):
    g = _constant([np.nan if i == place else -1.0 - i for i in range(3)])
    try:
        armijo(_patient([]), g, np.ones(3), np.ones(3), 0.1, 0.5)
    except ValueError:
        refused = True
    else:
        refused = False
    assert refused, (
        "armijo: a slope that is NaN raises ValueError, wherever the NaN stands"
    )
for special in (np.nan, np.inf):
    for losses, expected in (
        ([special, 0.0], 0.5),
        ([9.0, special, 0.0], 0.25),
        ([9.0, 9.0, special, special, 0.0], 0.0625),
    ):
        table = {-(0.5**k): loss for k, loss in enumerate(losses)} | {0.0: 1.0}
        a = armijo(
            _table(table, 0.0),
            lambda x: np.ones(1),
            np.zeros(1),
            -np.ones(1),
            0.1,
            0.5,
        )
        assert np.isclose(a, expected, rtol=1e-9, atol=0), (
            "armijo: a NaN or an infinity at the first or a later trial asks for a shorter step"
        )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "armijo-inputs", "points": 1}
# Hidden tests of `armijo` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _half_square(x):
    return 0.5 * float(np.sum(np.square(x, dtype=float)))


def _itself(x):
    return np.array(x, dtype=float)


def _table(losses, elsewhere):
    """A loss of the first variable that is looked up."""
    return lambda x: losses.get(float(x[0]), elsewhere)


def _constant(gradient):
    return testing.Callback(lambda x: np.array(gradient))


def _scaled(scale):
    return lambda x: scale * _half_square(x), lambda x: scale * _itself(x)


def _refused(x, d, slopes):
    try:
        armijo(_half_square, lambda x: slopes, x, d, 0.1, 0.5)
    except ValueError:
        return True
    return False


# Along minus three times the gradient a may be at most 2 (1 - c) / 3 = 1 / 3.
_, *points = testing.of_every_type([40, 20])
for x in points:
    before, g = testing.snapshot(x), testing.Callback(_itself)
    for kind in ("int8", "int16", "float16", "float32", "float64"):
        d = np.array([-120, -60], dtype=kind)
        assert np.isclose(armijo(_half_square, g, x, d, 0.5, 0.5), 0.25, rtol=1e-9), (
            "armijo: takes a point and a direction of any integer or float type"
        )
    assert testing.same(x, before), "armijo: leaves a point of any type as it is"
    assert g.untouched(), "armijo: leaves the arrays that g returns as they are"
# The slope is -20,000: the whole step promises 10,000 and brings 200, half of it brings 9,000.
for kind in ("int8", "int16", "float16", "float32"):
    g = _constant(np.array([100, 100], dtype=kind))
    d = np.array([-100, -100], dtype=kind)
    f = _table({0.0: 0.0, -100.0: -200.0}, -9000.0)
    assert np.isclose(armijo(f, g, np.zeros(2), d, 0.5, 0.5), 0.5, rtol=1e-9), (
        "armijo: takes a gradient of any integer or float type"
    )
    assert g.untouched(), "armijo: leaves a gradient of any type as it is"
for kind in ("uint8", "int8", "float16", "float32"):
    start, whole, half, quarter = np.array([100, 120, 110, 96], dtype=kind)
    f = _table({0.0: start, -1.0: whole, -0.5: half}, quarter)
    a = armijo(f, _constant([20.0]), np.zeros(1), -np.ones(1), 0.5, 0.5)
    assert np.isclose(a, 0.25, rtol=1e-9), (
        "armijo: takes losses that are NumPy numbers of any type"
    )

for kind in ("float16", "float32", "float64"):
    high, low = np.array([1.0, 0.5], dtype=kind)  # in 32 bits 1 - 1e-9 is 1
    f = _table({0.0: high, -1.0: high}, low)
    a = armijo(f, _constant([1.0]), np.zeros(1), -np.ones(1), 1e-9, 0.5)
    assert np.isclose(a, 0.5, rtol=1e-9), (
        "armijo: compares in floats of 64 bits, also losses that are NumPy numbers of a narrow type"
    )
# The loss is finite at 0.3 = 1 - 0.7 and beyond 0.5: in 16 bits 1 - 0.7 is not 0.3.
for kind in ("float16", "float32", "float64"):
    one = np.ones(1, dtype=kind)
    a = armijo(
        lambda x: (
            1.0
            if x[0] == 1
            else 0.0
            if abs(x[0] - 0.3) < 1e-9 or x[0] > 0.5
            else np.inf
        ),
        lambda x: np.ones(1),
        one,
        -one,
        0.1,
        0.7,
    )
    assert np.isclose(a, 0.7, rtol=1e-9), (
        "armijo: makes its trials in floats of 64 bits"
    )

constant = np.array([1.0, -2.0])
g = testing.Callback(lambda x: constant)
table = {0.0: 0.0, -3.0: 9.0, -1.5: 9.0}
a = armijo(
    lambda x: table.get(float(x[0]), -9.0),
    g,
    np.zeros(2),
    np.array([-3.0, 0.5]),
    0.5,
    0.5,
)
assert np.isclose(a, 0.25, rtol=1e-9) and g.untouched(), (
    "armijo: leaves a gradient that is the same array at each call as it is"
)
for x in testing.of_every_layout([2.0, 0.0, -1.0]):
    for d in testing.of_every_layout([-6.0, 0.0, 3.0]):
        before = testing.snapshot([x, d])
        assert np.isclose(
            armijo(_half_square, _itself, x, d, 0.5, 0.5), 0.25, rtol=1e-9
        ), "armijo: takes arrays that lie in memory in any way, also read-only ones"
        assert testing.same([x, d], before), (
            "armijo: leaves its arrays as they are, however they lie in memory"
        )

for scale in (1e-100, 1e-12, 1e12, 1e100):
    a = armijo(*_scaled(scale), np.array([2.0]), np.array([-6.0]), 0.5, 0.5)
    assert np.isclose(a, 0.25, rtol=1e-9), (
        "armijo: the unit of the loss does not matter, however small or large"
    )
    assert _refused(np.ones(2), np.ones(2), scale * np.ones(2)), (
        "armijo: a positive slope raises ValueError, however small or large"
    )
    a = armijo(
        lambda x: float(x[0]),
        lambda x: np.ones(1),
        np.array([0.0]),
        np.array([-scale]),
        0.5,
        0.5,
    )
    assert np.isclose(a, 1.0, rtol=1e-9), (
        "armijo: a negative slope is one of descent, however small or large"
    )
for g, d in (([1.0, 0.0], [-1e-20, 1.0]), ([1e-30, 1.0], [-1.0, 0.0])):
    along = armijo(
        lambda x: 0.0 if x[0] == 0 else -9.0,
        _constant(g),
        np.zeros(2),
        np.array(d),
        0.5,
        0.5,
    )
    assert np.isclose(along, 1.0, rtol=1e-9), (
        "armijo: takes a direction that is nearly at right angles to the gradient"
    )
for scale in (1e-100, 1e100):
    f = _table({0.0: scale, -1.0: np.nan, -0.5: 2 * scale}, 0.1 * scale)
    a = armijo(f, _constant([scale]), np.zeros(1), -np.ones(1), 0.5, 0.5)
    assert np.isclose(a, 0.25, rtol=1e-9), (
        "armijo: a NaN is no loss, beside tiny and beside huge ones"
    )
assert _refused(np.array([1.0, 0.0]), np.array([-0.0, 1.0]), np.array([1.0, 0.0])), (
    "armijo: a slope of minus zero raises ValueError"
)
a = armijo(_half_square, _itself, np.array([2.0]), np.array([-2.0]), 0.25, 0.5)
assert np.asarray(a).dtype.kind == "f" and a == 1, (
    "armijo: returns a float, also for the whole step"
)
with testing.printing() as told:
    armijo(_half_square, _itself, np.array([2.0]), np.array([-6.0]), 0.5, 0.5)
assert not told(), "armijo: prints nothing"
# The slope is -180,000, which float16 does not hold; the whole step promises 90,000 and brings 80,000.
for kind in ("int16", "float16", "float32", "float64"):
    g = _constant(np.array([300, 300], dtype=kind))
    f = _table({0.0: 0.0, -300.0: -8e4}, -7e4)
    a = armijo(f, g, np.zeros(2), np.array([-300, -300], dtype=kind), 0.5, 0.5)
    assert np.isclose(a, 0.5, rtol=1e-9), (
        "armijo: takes a slope that the type of its factors does not hold"
    )
for scale in (2.0**-300, 1.0, 2.0**300):
    above = np.nextafter(scale / 2, np.inf)
    f = _table({0.0: scale, -1.0: above, -0.5: 0.75 * scale}, 0.0)
    a = armijo(f, _constant([scale]), np.zeros(1), -np.ones(1), 0.5, 0.5)
    assert np.isclose(a, 0.5, rtol=1e-9), (
        "armijo: equality meets the condition, and a loss above it by the last digit does not"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Wait, then reduce: `plateau(metrics, lr0, factor, patience, cooldown, min_lr)`
#
# hard · 20 minutes · 5 points
#
# `metrics` holds one validation loss for each epoch. After each of them the rate is reduced if there has been no
# progress for too long. Return the list of the rates after each metric, as many as there are metrics. The rules
# are those of PyTorch's `ReduceLROnPlateau` with its `threshold` and `eps` set to 0.
#
# Start with the rate `lr0`, with the *best* metric so far at infinity, and with two counters, `bad` and `wait`, at 0.
# For each metric $m$ do, in this order:
#
# 1. If $m <$ best: set best to $m$ and `bad` to 0. Otherwise add 1 to `bad`.
# 2. If `wait` is above 0: subtract 1 from it and set `bad` to 0. (This is the cool-down. The best is kept up to date.)
# 3. If `bad` is now **greater** than `patience`: replace the rate $\eta$ by $\max(\text{factor} \cdot \eta,
#    \text{min\_lr})$, set `wait` to `cooldown`, and set `bad` to 0.
# 4. Record the rate.
#
# - Only a metric that is strictly smaller than the best is progress. One that is equal to it is not, and any decrease
#   is enough, however small.
# - NaN and $+\infty$ are never progress, not even as the first metric, and NaN never becomes the best.
# - The rate never rises.
# - `metrics` is a list or an array of the shape `(n,)`, integers or floats of any NumPy type, and may be empty. Each metric
#   is finite, NaN or $+\infty$; integers are at most $2^{53}$ in size.
# - The other arguments are Python numbers. `factor` lies strictly between 0 and 1; `patience` and `cooldown` are integers
#   of 0 or more; $0 \le$ `min_lr` $\le$ `lr0`.
# - Metrics and rates may be tiny or huge, from $10^{-100}$ to $10^{100}$ in size.
#
# <details><summary>Hint 1: count by hand</summary>
#
# With `patience = 0` each metric without progress reduces the rate. With `patience = 2` the third in a row does.
# </details>
#
# <details><summary>Hint 2: NaN as the best</summary>
#
# `min(float("nan"), 1.0)` is NaN, and nothing is ever smaller than NaN. Compare with `<` first, and replace the best
# only if the answer is true.
# </details>
#
# <details><summary>Hint 3: the cool-down</summary>
#
# It begins with the metric after the reduction. During `cooldown` metrics `bad` stays at 0. So the next reduction comes
# `cooldown + patience + 1` metrics after the last, at the earliest.
# </details>


# %% nbgrader={"grade_id": "plateau", "solution": true}
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    """Return the rate after each metric, reduced when the metric has stopped improving.

    metrics: list or array of n floats.  lr0, factor, min_lr: float.  patience, cooldown: int.  Returns: n floats.
    """
    ### BEGIN SOLUTION
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates
    ### END SOLUTION


# %% nbgrader={"grade_id": "plateau-visible", "points": 1}
# Visible tests of `plateau`: 1 point.
import numpy as np

# By hand: 3 and 2 are progress. 2.5, 2 and 4 are not, and the third of them is more than the patience of 2.
rates = plateau([3.0, 2.0, 2.5, 2.0, 4.0, 1.0], 0.8, 0.5, 2, 0, 0.0)
assert len(rates) == 6, "plateau: returns one rate for each metric"
assert np.allclose(rates, [0.8, 0.8, 0.8, 0.8, 0.4, 0.4]), (
    "plateau: agrees with the worked example"
)

# By hand: with no patience the second metric reduces the rate. The cool-down spares the next one, not the one after it.
rates = plateau([1.0, 1.0, 1.0, 1.0, 1.0], 0.8, 0.5, 0, 1, 0.3)
assert np.allclose(rates, [0.8, 0.4, 0.4, 0.3, 0.3]), (
    "plateau: agrees with the worked example of a cool-down"
)
nan = float("nan")
assert np.allclose(plateau([1.0, nan, nan], 0.8, 0.5, 1, 0, 0.0), [0.8, 0.8, 0.4]), (
    "plateau: a NaN counts as a metric without progress"
)

# %% nbgrader={"grade_id": "plateau-hidden", "points": 3}
# Hidden tests of `plateau`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _expected(metrics, lr0, factor, patience, cooldown, min_lr):
    """The rates from the places of the reductions: the first run of patience + 1 stale epochs after each cool-down."""
    values = np.concatenate([[np.inf], np.asarray(metrics, dtype=float)])
    stale = ~(values[1:] < np.fmin.accumulate(values)[:-1])
    rates, first = np.full(len(stale), float(lr0)), 0
    ends = np.arange(patience, len(stale))
    while True:
        hits = [
            end
            for end in ends
            if end - patience >= first and stale[end - patience : end + 1].all()
        ]
        if not hits:
            return rates
        rates[hits[0] :] = max(rates[hits[0]] * factor, min_lr)
        first = hits[0] + 1 + cooldown


def _agree(rates, expected):
    return np.shape(rates) == np.shape(expected) and np.allclose(
        rates, expected, rtol=1e-9, atol=0
    )


nan, inf = float("nan"), float("inf")
assert len(plateau([], 0.5, 0.5, 1, 1, 0.0)) == 0, (
    "plateau: an empty list of metrics gives an empty list of rates"
)
assert _agree(
    plateau([1.0, 2.0, 3.0, 4.0], 1.0, 0.5, 2, 0, 0.0), [1.0, 1.0, 1.0, 0.5]
), "plateau: reduces when the count exceeds the patience, neither before nor after"
assert _agree(plateau([2.0, 2.0, 2.0], 1.0, 0.5, 1, 0, 0.0), [1.0, 1.0, 0.5]), (
    "plateau: an equal metric is no progress"
)
assert _agree(
    plateau([2.0, 3.0, 2.5, 2.25], 1.0, 0.5, 2, 0, 0.0), [1.0, 1.0, 1.0, 0.5]
), "plateau: compares with the best, not with the metric before"
assert _agree(
    plateau([1.0, 1 - 1e-9, 1 - 2e-9, 1 - 3e-9], 1.0, 0.5, 0, 0, 0.0), [1.0] * 4
), "plateau: any decrease is progress, however small"
assert _agree(
    plateau([5.0, 6.0, 6.0, 4.0, 6.0, 6.0], 1.0, 0.5, 2, 0, 0.0), [1.0] * 6
), "plateau: progress starts the count again"
assert _agree(
    plateau([5.0, 6.0, 7.0, 8.0, 9.0], 1.0, 0.5, 1, 0, 0.0), [1.0, 1.0, 0.5, 0.5, 0.25]
), "plateau: a reduction starts the count again"
assert _agree(
    plateau([5.0, 6.0, 5.5, 5.5], 1.0, 0.5, 0, 0, 0.0), [1.0, 0.5, 0.25, 0.125]
), "plateau: a reduction does not reset the best"
assert _agree(
    plateau([5.0, 6.0, 7.0, 8.0, 9.0], 1.0, 0.5, 0, 2, 0.0), [1.0, 0.5, 0.5, 0.5, 0.25]
), "plateau: a cool-down spares as many metrics as it says"
assert _agree(
    plateau([5.0, 6.0, 3.0, 4.0, 4.0], 1.0, 0.5, 0, 1, 0.0), [1.0, 0.5, 0.5, 0.25, 0.25]
), "plateau: the best is kept up to date in a cool-down"
assert _agree(
    plateau([5.0, 6.0, 3.0, 4.0, 2.0, 1.0, 1.0], 1.0, 0.5, 0, 3, 0.0),
    [1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25],
), "plateau: progress does not end a cool-down early"
assert _agree(
    plateau([1.0] * 6, 1.0, 0.1, 0, 0, 0.05), [1.0, 0.1, 0.05, 0.05, 0.05, 0.05]
), "plateau: the rate stops at min_lr and not before"
assert _agree(plateau([1.0] * 4, 0.2, 0.5, 0, 0, 0.2), [0.2] * 4), (
    "plateau: a rate at min_lr stays there"
)
assert _agree(
    plateau([4.0, 5.0, 3.0, 2.0, 1.0], 1.0, 0.5, 0, 0, 0.0), [1.0, 0.5, 0.5, 0.5, 0.5]
), "plateau: progress does not raise the rate again"
assert _agree(
    plateau([nan, nan, 5.0, 6.0], 1.0, 0.5, 1, 0, 0.0), [1.0, 0.5, 0.5, 0.5]
), "plateau: NaN at the start counts as no progress"
assert _agree(
    plateau([nan, 5.0, 4.0, 3.0], 1.0, 0.5, 0, 0, 0.0), [0.5, 0.5, 0.5, 0.5]
), "plateau: NaN at the start does not hide later progress"
assert _agree(plateau([5.0, nan, 4.0, nan, 3.0], 1.0, 0.5, 1, 0, 0.0), [1.0] * 5), (
    "plateau: NaN in between does not hide later progress"
)
assert _agree(plateau([inf, inf, 3.0], 1.0, 0.5, 0, 0, 0.0), [0.5, 0.25, 0.25]), (
    "plateau: an infinity counts as a metric without progress"
)

rng = np.random.default_rng(45)
for case in range(240):
    n, patience, cooldown = (
        int(rng.integers(1, 40)),
        int(rng.integers(0, 5)),
        int(rng.integers(0, 5)),
    )
    lr0, factor = float(rng.uniform(0.1, 2)), float(rng.uniform(0.05, 0.95))
    min_lr = 0.0 if case % 2 else float(lr0 * rng.uniform(0.01, 1))
    metrics = np.round(rng.normal(size=n) + np.linspace(rng.uniform(0, 4), 0, n), 1)
    if case % 3 == 0:
        metrics = np.where(rng.random(n) < 0.2, rng.choice([nan, inf], size=n), metrics)
    given = metrics.tolist() if case % 4 else metrics.copy()
    rates = plateau(given, lr0, factor, patience, cooldown, min_lr)
    expected = _expected(metrics, lr0, factor, patience, cooldown, min_lr)
    assert np.array_equal(given, metrics, equal_nan=True), (
        "plateau: leaves the metrics unchanged"
    )
    assert np.shape(rates) == (n,), (
        "plateau: returns one rate for each metric, for any number of them"
    )
    first = int(np.argmax(expected < lr0)) if np.any(expected < lr0) else n
    assert _agree(rates[:first], expected[:first]), (
        "plateau: waits for more than `patience` metrics without progress"
    )
    assert _agree(rates[: first + 1], expected[: first + 1]), (
        "plateau: reduces as soon as the patience is exceeded"
    )
    assert _agree(rates, expected), "plateau: follows the four rules on random metrics"

assert _agree(
    plateau([1.0] * 400, 1.0, 0.5, 150, 120, 0.0), np.repeat([1.0, 0.5], [151, 249])
), "plateau: counts as far as a long patience and a long cool-down ask for"
for patience, cooldown in ((10**6, 0), (0, 10**6)):
    rates = plateau([1.0] * 5, 1.0, 0.5, patience, cooldown, 0.0)
    assert _agree(rates, [1.0] + [1.0 if patience else 0.5] * 4), (
        "plateau: a patience or a cool-down may be longer than the run"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "plateau-inputs", "points": 1}
# Hidden tests of `plateau` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _agree(rates, expected):
    return np.shape(rates) == np.shape(expected) and np.allclose(
        rates, expected, rtol=1e-9, atol=0
    )


nan = float("nan")
for metrics in testing.of_every_type([100, 120, 99, 99, 127, 98, 120]):
    before = testing.snapshot(metrics)
    assert _agree(plateau(metrics, 0.3, 0.1, 1, 0, 0.0), [0.3] * 4 + [0.03] * 3), (
        "plateau: takes metrics of any integer or float type"
    )
    assert testing.same(metrics, before), (
        "plateau: leaves metrics of any type as they are"
    )
for metrics in testing.of_every_layout([3.0, 2.0, 2.5, 2.0, 4.0, 1.0]):
    assert _agree(plateau(metrics, 0.8, 0.5, 2, 0, 0.0), [0.8] * 4 + [0.4] * 2), (
        "plateau: takes metrics that lie in memory in any way, also read-only ones"
    )
for metrics in testing.at_every_place([5.0, 4.0, 3.0], nan):
    assert _agree(
        plateau(metrics, 1.0, 0.5, 0, 0, 0.0),
        np.cumprod(np.where(np.isnan(metrics), 0.5, 1.0)),
    ), (
        "plateau: a NaN counts as a metric without progress, and hides none, wherever it stands"
    )
for scale in (1e-100, 1e-12, 1e12, 1e100):
    given = [scale * m for m in (3.0, 2.0, 2.5, 2.0, 4.0, 1.0)]
    assert _agree(plateau(given, 0.8, 0.5, 2, 0, 0.0), [0.8] * 4 + [0.4] * 2), (
        "plateau: the unit of the metrics does not matter, however tiny or huge they are"
    )
    assert _agree(
        plateau([-m for m in given], 0.8, 0.5, 0, 0, 0.0),
        np.multiply(0.8, [1, 0.5, 0.25, 0.125, 0.125, 0.0625]),
    ), "plateau: metrics below 0 are metrics like others, however tiny or huge they are"
    rates = plateau([1.0] * 4, scale, 0.5, 0, 0, 0.2 * scale)
    assert _agree(rates, np.multiply(scale, [1, 0.5, 0.25, 0.2])), (
        "plateau: any rate can be reduced, however tiny or huge, down to any min_lr"
    )
falling = [1.0]
for _ in range(6):
    falling.append(float(np.nextafter(falling[-1], 0)))
assert _agree(plateau(falling, 1.0, 0.5, 0, 0, 0.0), [1.0] * 7), (
    "plateau: a decrease in the last digit is progress"
)
assert _agree(plateau([0.0, -0.0, 0.0], 1.0, 0.5, 1, 0, 0.0), [1.0, 1.0, 0.5]), (
    "plateau: zeros of both signs are equal metrics"
)
assert _agree(plateau([3, 2, 2, 2], 1, 0.5, 1, 0, 0), [1.0, 1.0, 1.0, 0.5]), (
    "plateau: takes integers, also for the rates"
)
assert _agree(plateau([1.0] * 300, 1.0, 0.9, 0, 0, 0.0), 0.9 ** np.arange(300)), (
    "plateau: reduces again and again, in a long run too"
)
with testing.printing() as told:
    plateau([1.0, 1.0, nan], 1.0, 0.5, 0, 1, 0.0)
assert not told(), "plateau: prints nothing"
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Read a range test: `range_test(losses, lrs)`
#
# hard · 20 minutes · 4 points
#
# In a range test the rate grows a little with every step of one short training run: at first nothing happens, then the
# loss falls, and in the end it blows up. `losses[i]` is the loss at the rate `lrs[i]`. Return a good rate by this rule:
#
# 1. **Cut.** Going from left to right, the run has *blown up* at the first `losses[i]` that is NaN or infinite, or more
#    than 4 times as large as the smallest loss before it. Drop this entry and everything after it, even if the loss
#    comes down again.
# 2. **Slopes.** Between each two neighbours that are left, take the slope of the loss over the **logarithm** of the
#    rate:
#
#    $$s_i = \frac{\text{losses}_{i+1} - \text{losses}_i}{\log \text{lrs}_{i+1} - \log \text{lrs}_i}.$$
#
# 3. **Choose.** Take the $i$ with the steepest fall, that is, the smallest $s_i$; among equals, the first. Return the
#    rate in the middle between the two neighbours on the logarithmic axis,
#    $\sqrt{\text{lrs}_i \cdot \text{lrs}_{i+1}}$.
#
# If fewer than two losses are left, or if the loss falls nowhere among those left (no $s_i$ is negative), there is
# nothing to recommend: raise `ValueError`.
#
# - `losses` and `lrs` are lists or arrays of the shape `(n,)` with the same $n \ge 1$, integers or floats of any NumPy
#   type. The rates are positive and strictly increasing, but not always evenly spaced. Every loss is positive, or NaN, or
#   infinite, of either sign.
# - Losses and rates may be tiny or huge, from $10^{-100}$ to $10^{100}$. A fall is a fall, however small. The result must
#   be right to seven digits.
# - The losses are smooth enough already. Use them as they are.
# - A loss that is exactly 4 times the smallest one has not blown up yet. A first loss that is finite never has.
#
# <details><summary>Hint 1: why not the rate with the smallest loss?</summary>
#
# At the smallest loss the fall has come to an end: the rate there is about to become too large. The steepest fall lies
# some way to the left of it.
# </details>
#
# <details><summary>Hint 2: find the cut</summary>
#
# Walk along the losses and keep the smallest so far, beginning with infinity. Which comparison stops at NaN too?
# `np.isfinite` is false for NaN and for both infinities.
# </details>
#
# <details><summary>Hint 3: slopes</summary>
#
# `np.diff` gives the differences of neighbours. A slope is one difference over another; of what are the two? And
# `np.argmin` returns the first of equals, but it returns something even where nothing falls.
# </details>


# %% nbgrader={"grade_id": "range_test", "solution": true}
def range_test(losses, lrs):
    """Return the rate, midway on the logarithmic axis, at which the loss falls most steeply before it blows up.

    losses: n floats, possibly NaN or inf.  lrs: n floats, positive, increasing.  Returns: float.
    Raises ValueError when the loss never falls before it blows up.
    """
    ### BEGIN SOLUTION
    losses, lrs, kept, best = (
        np.asarray(losses, dtype=float),
        np.asarray(lrs, dtype=float),
        0,
        np.inf,
    )
    while kept < len(losses) and np.isfinite(losses[kept]) and losses[kept] <= 4 * best:
        best = min(best, losses[kept])
        kept += 1
    slopes = np.diff(losses[:kept]) / np.diff(np.log(lrs[:kept]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))
    ### END SOLUTION


# %% nbgrader={"grade_id": "range_test-visible", "points": 1}
# Visible tests of `range_test`: 1 point.
import numpy as np

# By hand: the rates are evenly spaced on the logarithmic axis. The largest fall, from 5 to 2, is between 0.01 and 1.
rate = range_test([6.0, 5.0, 2.0, 1.5, 3.0], [1e-4, 1e-2, 1.0, 1e2, 1e4])
assert np.ndim(rate) == 0, "range_test: returns one number"
assert np.isclose(rate, 0.1), "range_test: agrees with the worked example"

# By hand: 9 is more than 4 times 2, so the run has blown up. The fall from 9 to 1 does not count.
assert np.isclose(range_test([3.0, 2.0, 9.0, 1.0], [0.01, 0.04, 0.16, 0.64]), 0.02), (
    "range_test: the fall after a blow-up does not count"
)
assert np.isclose(
    range_test([3.0, 2.0, float("nan"), 1.0], [0.01, 0.04, 0.16, 0.64]), 0.02
), "range_test: a NaN is a blow-up"

# %% nbgrader={"grade_id": "range_test-hidden", "points": 2}
# Hidden tests of `range_test`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _refused(losses, lrs):
    try:
        range_test(losses, lrs)
    except ValueError:
        return True
    return False


nan, inf = float("nan"), float("inf")
rng = np.random.default_rng(46)
for case in range(60):
    # Built backwards: choose the slopes and the gaps, so that the steepest place is known, and add them up to a curve.
    n = int(rng.integers(3, 25))
    gaps, slopes = rng.uniform(0.05, 2.0, size=n - 1), rng.uniform(-1, 2, size=n - 1)
    j = int(rng.integers(n - 1))
    slopes[j] = -rng.uniform(1.01, 1.5)
    lrs = np.exp(
        np.log(10.0 ** rng.uniform(-8, -3)) + np.concatenate([[0], np.cumsum(gaps)])
    )
    curve = np.concatenate([[0], np.cumsum(slopes * gaps)])
    losses = (
        curve - curve.min() + (curve.max() - curve.min()) * rng.uniform(0.4, 2) + 0.1
    )
    expected = float(np.exp((np.log(lrs[j]) + np.log(lrs[j + 1])) / 2))
    if case % 2:
        bad = [nan, inf, 4.01 * losses.min(), 1e9][case // 2 % 4]
        tail = np.array(
            [bad, bad if case % 4 == 1 else 1e6, 50 * losses.max(), 0.01, 5.0, 0.005]
        )
        losses = np.concatenate([losses, tail])
        lrs = np.concatenate([lrs, lrs[-1] * 1.05 ** np.arange(1, 7)])
    given = (
        (losses.tolist(), lrs.tolist())
        if case % 3 == 0
        else (losses.copy(), lrs.copy())
    )
    rate = range_test(*given)
    assert np.array_equal(given[0], losses, equal_nan=True) and np.array_equal(
        given[1], lrs
    ), "range_test: leaves its inputs unchanged"
    assert np.ndim(rate) == 0, "range_test: returns one number for any curve"
    assert np.isclose(rate, expected, rtol=1e-7, atol=0), (
        "range_test: is the middle of the steepest fall over the logarithm of the rate, before the blow-up"
    )
    assert np.isclose(range_test(given[0], 8 * lrs), 8 * expected, rtol=1e-7, atol=0), (
        "range_test: rates eight times as large give a result eight times as large"
    )

lrs = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
assert np.isclose(
    range_test([1.0, 3.9, 3.8, 3.7, 0.7, 0.6], lrs), 10**-1.5, rtol=1e-7, atol=0
), "range_test: a rise to less than 4 times the smallest loss is no blow-up"
assert np.isclose(
    range_test([2.0, 1.0, 4.0, 0.5, 0.4, 0.3], lrs), 10**-2.5, rtol=1e-7, atol=0
), "range_test: a loss of exactly 4 times the smallest is kept"
assert np.isclose(
    range_test([2.0, 1.0, 4.1, 0.5, 0.4, 0.3], lrs), 10**-4.5, rtol=1e-7, atol=0
), (
    "range_test: measures the blow-up by the smallest loss before it, not by the first or the last"
)
assert np.isclose(
    range_test([2.0, 1.0, 3.0, 9.0, 0.5, 0.4], lrs), 10**-4.5, rtol=1e-7, atol=0
), (
    "range_test: a loss that climbs past 4 times the smallest in several rises has blown up"
)
assert np.isclose(
    range_test([9.0, 8.5, 3.0, 2.9, inf, 0.1], lrs), 10**-3.5, rtol=1e-7, atol=0
), "range_test: infinity is a blow-up"
assert np.isclose(
    range_test([9.0, 8.5, 8.0, 7.9, 2.0, 1.0], lrs), 10**-1.5, rtol=1e-7, atol=0
), "range_test: a fall to less than a quarter is no blow-up"
assert np.isclose(range_test([4.0, 3.0, 2.0], [1.0, 2.0, 4.0]), np.sqrt(2)), (
    "range_test: among equal slopes the first counts"
)
assert np.isclose(range_test([4.0, 3.0], [0.02, 0.08]), 0.04), (
    "range_test: answers for two losses"
)

assert _refused([1.0], [0.1]), "range_test: one loss alone raises ValueError"
assert _refused([nan, 3.0, 2.0, 1.0], lrs[:4]), (
    "range_test: a NaN at the start raises ValueError"
)
assert _refused([inf, 3.0, 2.0, 1.0], lrs[:4]), (
    "range_test: an infinite start raises ValueError"
)
assert _refused([1.0, nan, 0.5, 0.2], lrs[:4]), (
    "range_test: a blow-up at the second loss raises ValueError"
)
assert _refused([1.0, 2.0, 3.0, 3.5], lrs[:4]), (
    "range_test: a loss that only rises raises ValueError"
)
assert _refused([1.0, 1.0, 1.0], lrs[:3]), "range_test: a flat loss raises ValueError"
assert np.isclose(
    range_test([4.0, 2.0, 1.5, nan], lrs[:4]), 10**-4.5, rtol=1e-7, atol=0
), "range_test: a NaN in the last place is a blow-up too"
assert np.isclose(
    range_test([4.0, 2.0, 1.5, -inf, 0.1], lrs[:5]), 10**-4.5, rtol=1e-7, atol=0
), "range_test: minus infinity is a blow-up"
for bad in (nan, inf, -inf):
    for place in range(1, 5):
        losses = [8.0, 7.5, 6.5, 5.0, 1.0]
        losses[place] = bad
        if place == 1:
            assert _refused(losses, lrs[:5]), (
                "range_test: a blow-up at the second loss leaves one, and raises ValueError"
            )
        else:
            assert np.isclose(
                range_test(losses, lrs[:5]), 10 ** (place - 6.5), rtol=1e-7, atol=0
            ), (
                "range_test: drops a NaN or an infinity and all that follows, wherever it stands"
            )
assert _refused([1.0, 2.0, 9.0, 0.5], lrs[:4]), (
    "range_test: a loss that falls only after the blow-up raises ValueError"
)
for case in range(60):
    # Short gaps between the rates, down to a millionth; for every sixth run 400 of them.
    n = 400 if case % 6 == 0 else int(rng.integers(4, 40))
    gaps = 10.0 ** rng.uniform(-6, -1) * rng.uniform(0.2, 2.5, size=n - 1)
    slopes = rng.uniform(-0.9, 0.95, size=n - 1)
    j = int(rng.integers(n - 1))
    slopes[j] = -1.0
    lrs = 1e-3 * np.exp(np.concatenate([[0], np.cumsum(gaps)]))
    curve = np.concatenate([[0], np.cumsum(slopes * gaps)])
    losses = 1 + 0.5 * (curve - curve.min()) / np.ptp(curve)
    tail = [4.1 * losses.min(), 0.1, 5.0, 0.01]
    found = range_test(
        np.append(losses, tail), np.append(lrs, lrs[-1] * np.exp([1.0, 2, 3, 4]))
    )
    assert np.isclose(
        found, np.sqrt(lrs[j]) * np.sqrt(lrs[j + 1]), rtol=1e-7, atol=0
    ), (
        "range_test: takes slopes over the logarithm for rates close together, and for long runs"
    )
steps = np.arange(410)
lrs = np.exp(steps / 20.0)
falling = 10 * np.exp(-steps / 100.0)
falling[200:] -= 0.1
falling[380:] = 5.0  # below the first, far above 4 times the smallest
falling[390:] = 0.1
assert np.isclose(
    range_test(falling, lrs), np.sqrt(lrs[199] * lrs[200]), rtol=1e-7, atol=0
), "range_test: compares with the smallest loss so far, all along a long run"
assert np.isclose(range_test([4.0, 3.0, 2 - 1e-9], [1.0, 2.0, 4.0]), np.sqrt(8)), (
    "range_test: a slope that is steeper by little is steeper"
)
lrs = np.exp([0.0, 0.2, 0.21])  # the slopes are -1 and -0.97
assert np.isclose(range_test([10.0, 9.8, 9.8 - 0.0097], lrs), np.exp(0.1), rtol=1e-7), (
    "range_test: a difference of two rates in parts of the first is no difference of logarithms"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "range_test-inputs", "points": 1}
# Hidden tests of `range_test` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _refused(losses, lrs):
    try:
        range_test(losses, lrs)
    except ValueError:
        return True
    return False


# The fall from 90 to 50 is the largest, the one from 50 to 29 is the steepest: its rates are close together.
for losses in testing.of_every_type([100, 90, 50, 29, 120, 1]):
    for lrs in testing.of_every_type([1, 2, 100, 110, 120, 125]):
        before = testing.snapshot([losses, lrs])
        assert np.isclose(range_test(losses, lrs), 11_000**0.5, rtol=1e-7, atol=0), (
            "range_test: takes losses and rates of any integer or float type"
        )
        assert testing.same([losses, lrs], before), (
            "range_test: leaves losses and rates of any type as they are"
        )
for losses in testing.of_every_type([60, 50, 20, 90, 100, 10]):
    assert np.isclose(
        range_test(losses, [1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6]), 0.1, rtol=1e-7
    ), "range_test: measures the blow-up right for losses of any integer or float type"
assert np.isclose(
    range_test([3, 2, 2, 9], [1, 100, 10_000, 1_000_000]), 10.0, rtol=1e-7
), "range_test: takes lists of integers"
big = np.array([1, 10**6, 10**9], dtype=np.int64)
for lrs in (big, big.astype(np.int32), big.astype(np.uint32)):
    assert np.isclose(range_test([3.0, 2.5, 1.0], lrs), 10**7.5, rtol=1e-7, atol=0), (
        "range_test: takes rates whose product does not fit into their type"
    )
rates = np.array([1e-4, 1e-2, 1.0, 1e2, 1e4])
for losses in testing.of_every_layout([6.0, 5.0, 2.0, 1.5, 3.0]):
    for lrs in testing.of_every_layout(rates):
        assert np.isclose(range_test(losses, lrs), 0.1, rtol=1e-7), (
            "range_test: takes arrays that lie in memory in any way, also read-only ones"
        )
for scale in (1e-100, 1e-12, 1e12, 1e100):
    assert np.isclose(
        range_test([scale * v for v in (6.0, 5.0, 2.0, 9.0, 0.1)], rates),
        0.1,
        rtol=1e-7,
    ), "range_test: the unit of the loss does not matter, however tiny or huge it is"
    for lrs in ([scale, 4 * scale, 16 * scale], scale * np.array([1.0, 4.0, 16.0])):
        assert np.isclose(
            range_test([3.0, 2.9, 1.0], lrs), 8 * scale, rtol=1e-7, atol=0
        ), "range_test: tiny and huge rates are rates like others"
    assert _refused([scale, scale, 2 * scale], rates[:3]), (
        "range_test: a loss that does not fall raises ValueError, however tiny or huge it is"
    )
assert np.isclose(
    range_test([1.0, np.nextafter(1, 0), 2.0], rates[:3]), 1e-3, rtol=1e-7
), "range_test: a fall in the last digit is a fall"
assert np.isclose(
    range_test([2.0, 1.0, np.nextafter(4, 5), 0.1], rates[:4]), 1e-3, rtol=1e-7
), "range_test: a loss above 4 times the smallest in its last digit has blown up"
close = [100.0, 100.0 * np.exp(1e-6), 200.0]  # the slopes are -1.2 and about -1
assert np.isclose(range_test([2.0, 2.0 - 1.2e-6, 1.3], close), 100.00005, rtol=1e-7), (
    "range_test: takes rates that lie close together"
)
with testing.printing() as told:
    range_test([6.0, 5.0, 2.0, 9.0], rates[:4])
assert not told(), "range_test: prints nothing"
rates = np.array([100, 101, 103, 106, 110])
losses = 10 + np.cumsum(
    [0, *(np.array([-1.0, -1.02, -0.5, -0.9]) * np.diff(np.log(rates)))]
)
for lrs in testing.of_every_type(rates):
    assert np.isclose(range_test(losses, lrs), 10_403**0.5, rtol=1e-7, atol=0), (
        "range_test: takes logarithms in 64 bits, for rates of any type"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Where exponential decay stalls: `stalls_at(lr0, gamma)`
#
# medium · 10 minutes · 4 points
#
# Descend on $f(x) = \frac{1}{2} x^2$ from $x_0 = 1$ with the decaying rate $\eta_t = \text{lr0} \cdot \gamma^t$, $t =
# 0, 1, 2, \dots$. The gradient is $x$, so
#
# $$x_{t+1} = x_t - \text{lr0} \cdot \gamma^t\, x_t.$$
#
# All the rates together add up to a finite sum, $\text{lr0} / (1 - \gamma)$, and the point can stop short of the
# minimum at 0. Return the limit of $x_t$ for $t \to \infty$.
#
# - `lr0` and `gamma` $= \gamma$ are Python numbers, `lr0` may be an `int`: $10^{-12} \le \text{lr0} \le 4$ and
#   $10^{-12} \le \gamma \le 0.999$. Where `lr0` is larger than 1 some early steps pass the minimum and change the sign of
#   $x$; where it is larger than 2 they lead away from it. The limit may be negative.
# - The result must have a relative error below $10^{-6}$, even where it is tiny. In the tests the limit is 0 or at least
#   $10^{-100}$ in size.
# - If some step lands on the minimum exactly, the limit is 0. No test comes close to that without doing so.
#
# <details><summary>Hint 1: one factor for each step</summary>
#
# Each step multiplies $x$ by $1 - \text{lr0} \cdot \gamma^t$. Which product is the limit? It is not
# $e^{-\text{lr0}/(1-\gamma)}$, though this is close when the rates are small.
# </details>
#
# <details><summary>Hint 2: when to stop</summary>
#
# The factors that are left out matter less the closer they are to 1. When does `1 - rate == 1` hold in floats? How many
# steps does this take for $\gamma = 0.999$?
# </details>


# %% nbgrader={"grade_id": "stalls_at", "solution": true}
def stalls_at(lr0, gamma):
    """Return the limit of gradient descent on x^2 / 2 from 1 with the rates lr0 * gamma^t.

    lr0: float > 0.  gamma: float in (0, 1).  Returns: float.
    """
    ### BEGIN SOLUTION
    x, lr = 1.0, lr0
    while lr > 1e-20:
        x, lr = x - lr * x, lr * gamma
    return x
    ### END SOLUTION


# %% nbgrader={"grade_id": "stalls_at-visible", "points": 1}
# Visible tests of `stalls_at`: 1 point.
import numpy as np

# From a run of 1,000 steps: with lr0 = 0.1 and gamma = 0.9 the point stalls at about 0.3579.
assert np.ndim(stalls_at(0.1, 0.9)) == 0, "stalls_at: returns one number"
assert abs(stalls_at(0.1, 0.9) - 0.3579) < 5e-5, (
    "stalls_at: agrees with the recorded run"
)

# By hand: with the rate 1 the first step lands on the minimum. With the rates 2, 1, ... the second one does.
assert abs(stalls_at(1.0, 0.5)) < 1e-12, (
    "stalls_at: the first step can land on the minimum"
)
assert abs(stalls_at(2.0, 0.5)) < 1e-12, (
    "stalls_at: the second step can land on the minimum"
)

# %% nbgrader={"grade_id": "stalls_at-hidden", "points": 2}
# Hidden tests of `stalls_at`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _series(lr0, gamma):
    """The limit from log prod (1 - a gamma^t) = -sum_k a^k / (k (1 - gamma^k)), once a is below 1/2."""
    early, a = 1.0, lr0
    while a >= 0.5:
        early, a = early * (1 - a), a * gamma
    k = np.arange(1, 61)
    return early * np.exp(-np.sum(a**k / (k * -np.expm1(k * np.log(gamma)))))


rng = np.random.default_rng(47)
for case in range(60):
    gamma = (
        float(rng.uniform(0.01, 0.99))
        if case % 3
        else float(1 - 10 ** rng.uniform(-2.5, -1))
    )
    lr0 = float(rng.uniform(0.01, 1) if case % 2 else rng.uniform(1, 4))
    lr0 = min(lr0, 40 * (1 - gamma))
    x, expected = stalls_at(lr0, gamma), _series(lr0, gamma)
    assert np.ndim(x) == 0, "stalls_at: returns one number for all rates"
    assert np.sign(x) == np.sign(expected), (
        "stalls_at: has the sign that the early steps leave"
    )
    assert np.isclose(x, expected, rtol=1e-6, atol=0), (
        "stalls_at: is the limit of the descent for random rates"
    )
    assert np.isclose(
        x, (1 - lr0) * stalls_at(lr0 * gamma, gamma), rtol=1e-6, atol=0
    ), (
        "stalls_at: after the first step the rest of the descent is one from a lower rate"
    )

for gamma in (0.3, 0.5, 0.7, 0.9):
    exact = 1 + sum(
        (-1) ** k * (gamma ** (k * (3 * k - 1) / 2) + gamma ** (k * (3 * k + 1) / 2))
        for k in range(1, 90)
    )
    assert np.isclose(stalls_at(gamma, gamma), exact, rtol=1e-6, atol=0), (
        "stalls_at: is right where lr0 equals gamma"
    )
for lr0, gamma in ((0.06, 0.999), (0.01, 0.999), (0.002, 0.999), (1.5, 0.975)):
    assert np.isclose(stalls_at(lr0, gamma), _series(lr0, gamma), rtol=1e-6, atol=0), (
        "stalls_at: goes on long enough when the rates fall slowly, and in relative terms when the limit is small"
    )
assert stalls_at(1.5, 0.5) < 0, (
    "stalls_at: a first step past the minimum leaves a negative limit"
)
assert abs(stalls_at(1, 0.75)) < 1e-12, (
    "stalls_at: accepts an integer, and lands on the minimum with it"
)
assert abs(stalls_at(4.0, 0.5)) < 1e-12, (
    "stalls_at: a late step can land on the minimum too"
)
assert np.isclose(stalls_at(3, 0.001), -2 * 0.997 * (1 - 3e-6), rtol=1e-6), (
    "stalls_at: is right for a gamma near 0, where all is over after few steps"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "stalls_at-inputs", "points": 1}
# Hidden tests of `stalls_at` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import math
from fractions import Fraction

import numpy as np

from gdcourse import testing


def _product(lr0, gamma, steps):
    """The point after some steps, in exact fractions; where gamma is small few steps are enough."""
    x, rate = Fraction(1), Fraction(lr0)
    for _ in range(steps):
        x, rate = x * (1 - rate), rate * Fraction(gamma)
    return float(x)


def _logarithms(lr0, gamma):
    """The limit from the logarithms of the factors."""
    size, sign = 0.0, 1
    while lr0 > 1e-20:
        size, sign, lr0 = (
            size + math.log(abs(1 - lr0)),
            sign * (-1) ** (lr0 > 1),
            lr0 * gamma,
        )
    return sign * math.exp(size)


for lr0 in (1e-12, 1e-9, 1e-6):
    assert np.isclose(1 - stalls_at(lr0, 0.5), 2 * lr0, rtol=1e-3, atol=0), (
        "stalls_at: a tiny lr0 moves the point by a tiny way"
    )
for lr0, gamma in ((0.9, 1e-12), (3.0, 1e-9), (0.5, 1e-6), (4, 1e-3), (2, 0.01)):
    assert np.isclose(
        stalls_at(lr0, gamma), _product(lr0, gamma, 12), rtol=1e-6, atol=0
    ), (
        "stalls_at: is right where gamma is tiny, so that nearly all is over after the first step"
    )
# The limits are near 1e-22 and 1e-91.
for lr0 in (0.05, 0.2):
    assert np.isclose(
        stalls_at(lr0, 0.999), _logarithms(lr0, 0.999), rtol=1e-6, atol=0
    ), (
        "stalls_at: keeps its relative error where the limit is tiny and the rates fall slowly"
    )
for lr0, gamma in ((4.0, 0.9), (3.9, 0.95), (3.3, 0.97)):
    assert np.isclose(
        stalls_at(lr0, gamma), _logarithms(lr0, gamma), rtol=1e-6, atol=0
    ), "stalls_at: is right where the first steps lead far away"
assert (
    stalls_at(1, 0.999) == 0 and stalls_at(4, 0.25) == 0 and stalls_at(2, 0.5) == 0
), "stalls_at: is exactly 0 where a step lands on the minimum"
assert np.asarray(stalls_at(2, 0.75)).dtype.kind == "f", "stalls_at: returns a float"
assert stalls_at(0.3, 0.8) == stalls_at(0.3, 0.8), (
    "stalls_at: the same call gives the same limit again"
)
with testing.printing() as told:
    stalls_at(1.5, 0.5)
assert not told(), "stalls_at: prints nothing"
for lr0, gamma in ((1, 0.5), (2, 0.5), (4, 0.25), (1e-12, 1e-12)):
    assert np.asarray(stalls_at(lr0, gamma)).dtype.kind == "f", (
        "stalls_at: returns a float, also where it is 0"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 8. Descend on the rate itself: `hypergrad_lr(g_now, g_prev, lr, beta)`
#
# easy · 10 minutes · 4 points
#
# The rate is a number that the loss depends on, so it has a derivative too. The last step went from $w_{t-1}$ to $w_t =
# w_{t-1} - \eta\, g_{t-1}$. With the chain rule, the loss at $w_t$ changes with the rate of that step by
#
# $$\frac{\partial f(w_t)}{\partial \eta} = g_t^\top \frac{\partial w_t}{\partial \eta} = -\, g_t^\top g_{t-1}.$$
#
# Make one step of gradient **descent** on the rate with the step size `beta` $= \beta$, and return the new rate:
#
# $$\eta_{\text{new}} = \eta - \beta\, \frac{\partial f(w_t)}{\partial \eta}.$$
#
# - `g_now` $= g_t$ and `g_prev` $= g_{t-1}$ are arrays of the same shape: `(d,)`, or that of a weight matrix or a filter.
#   The product runs over **all** their entries and is one number.
# - Return one number, as the formula gives it, computed in floats of 64 bits. It may be negative: nothing is clipped or
#   normalised.
# - The arrays hold integers or floats of any NumPy type, also two different ones, and lie in memory in any way, one by rows
#   and the other by columns. `lr` and `beta` are Python numbers. All numbers are finite, 0 or between $10^{-100}$ and
#   $10^{100}$ in size, and so are the products.
#
# <details><summary>Hint 1: two minus signs</summary>
#
# When both gradients point the same way, a longer last step would have been better. Should the rate grow or shrink?
# </details>
#
# <details><summary>Hint 2: matrices</summary>
#
# `A @ B` is the matrix product. You want one number: multiply the entries that stand at the same place, and add up.
# </details>


# %% nbgrader={"grade_id": "hypergrad_lr", "solution": true}
def hypergrad_lr(g_now, g_prev, lr, beta):
    """Return the rate after one step of gradient descent on the rate.

    g_now, g_prev: arrays of the same shape.  lr, beta: float.  Returns: float.
    """
    ### BEGIN SOLUTION
    product = np.asarray(g_now, dtype=float) * np.asarray(g_prev, dtype=float)
    return float(lr + beta * np.sum(product))
    ### END SOLUTION


# %% nbgrader={"grade_id": "hypergrad_lr-visible", "points": 1}
# Visible tests of `hypergrad_lr`: 1 point.
import numpy as np

# By hand: the product of the gradients is 3 - 8 = -5, so they disagree. A step of 0.01 changes the rate by 0.05.
g_now, g_prev = np.array([1.0, 2.0]), np.array([3.0, -4.0])
assert np.ndim(hypergrad_lr(g_now, g_prev, 0.5, 0.01)) == 0, (
    "hypergrad_lr: returns one number"
)
assert np.isclose(hypergrad_lr(g_now, g_prev, 0.5, 0.01), 0.45), (
    "hypergrad_lr: agrees with the worked example"
)

# %% nbgrader={"grade_id": "hypergrad_lr-hidden", "points": 2}
# Hidden tests of `hypergrad_lr`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(48)
for _ in range(30):
    d, lr, beta = (
        int(rng.integers(1, 7)),
        float(rng.uniform(0.01, 1)),
        float(10.0 ** rng.uniform(-4, 1)),
    )
    B, centre, w = (
        rng.normal(size=(d, d)),
        rng.normal(size=d),
        rng.normal(scale=2, size=d),
    )
    A = B @ B.T
    g_prev = A @ (w - centre)
    g_now = A @ (w - lr * g_prev - centre)
    # A complex step through the loss after the last step, as a function of its rate.
    moved = w - (lr + 1e-30j) * g_prev - centre
    slope = (moved @ A @ moved / 2).imag / 1e-30
    before = g_now.copy(), g_prev.copy()
    rate = hypergrad_lr(g_now, g_prev, lr, beta)
    assert np.array_equal(g_now, before[0]) and np.array_equal(g_prev, before[1]), (
        "hypergrad_lr: leaves its inputs unchanged"
    )
    assert np.ndim(rate) == 0, "hypergrad_lr: returns one number in any dimension"
    assert np.isclose(rate, lr - beta * slope, rtol=1e-7, atol=1e-9), (
        "hypergrad_lr: is one step of descent on the rate of the last step"
    )

for shape in ((1,), (3, 3), (2, 5), (4, 1), (2, 3, 2, 2)):
    g_now, g_prev = rng.normal(size=shape), rng.normal(size=shape)
    expected = 0.2 + 0.7 * sum(
        a * b
        for a, b in zip(g_now.ravel().tolist(), g_prev.ravel().tolist(), strict=True)
    )
    rate = hypergrad_lr(g_now, g_prev, 0.2, 0.7)
    assert np.ndim(rate) == 0, "hypergrad_lr: returns one number for every shape"
    assert np.isclose(rate, expected, rtol=1e-9, atol=1e-12), (
        "hypergrad_lr: the product runs over all entries"
    )

big = np.full(4, 10.0)
assert np.isclose(hypergrad_lr(big, -big, 0.1, 0.01), -3.9), (
    "hypergrad_lr: returns a negative rate as it is"
)
assert np.isclose(hypergrad_lr(big, big, 0.1, 0.01), 4.1), (
    "hypergrad_lr: gradients that agree raise the rate"
)
assert np.isclose(hypergrad_lr(2 * big, big, 0.1, 0.01), 8.1), (
    "hypergrad_lr: the length of the gradients counts"
)
assert np.isclose(hypergrad_lr(np.zeros(4), big, 0.1, 0.01), 0.1), (
    "hypergrad_lr: keeps the rate where a gradient is zero"
)
assert np.isclose(hypergrad_lr(big, big, 0.1, 0.0), 0.1), (
    "hypergrad_lr: with beta = 0 the rate is kept"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "hypergrad_lr-inputs", "points": 1}
# Hidden tests of `hypergrad_lr` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

_, *now = testing.of_every_type([100, 0, 120, 50])
_, *prev = testing.of_every_type([90, 70, 110, 1])
for g_now in now:
    for g_prev in prev[:: 3 if g_now.dtype == np.float64 else 7]:
        before = testing.snapshot([g_now, g_prev])
        rate = hypergrad_lr(g_now, g_prev, 0.25, 0.5)
        assert np.isclose(rate, 11_125.25, rtol=1e-12), (
            "hypergrad_lr: takes gradients of any integer or float type, also of two different ones"
        )
        assert testing.same([g_now, g_prev], before), (
            "hypergrad_lr: leaves gradients of any type as they are"
        )
for kind in ("float16", "float32"):
    long = np.full(3001, 1.5, dtype=kind)
    long[::2] = 2.0**-9
    expected = 1501 * 2.0**-18 + 1500 * 2.25
    assert np.isclose(hypergrad_lr(long, long, 0.0, 1.0), expected, rtol=1e-12), (
        "hypergrad_lr: adds up in 64 bits, whatever the type of the gradients"
    )
assert np.isclose(
    hypergrad_lr(np.array([1, -2]), np.array([3, 4]), 1, 2), -9.0, rtol=1e-9
), "hypergrad_lr: takes integers for the rate and for beta"
A, B = np.arange(6.0).reshape(2, 3), np.array([[1.0, -2.0, 4.0], [8.0, 0.0, 16.0]])
for g_now in testing.of_every_layout(A):
    for g_prev in testing.of_every_layout(B):
        assert np.isclose(
            hypergrad_lr(g_now, g_prev, 0.5, 0.1),
            0.5 + 0.1 * float(sum([0, -2, 8, 24, 0, 80])),
            rtol=1e-12,
        ), (
            "hypergrad_lr: multiplies entries of the same place, however the two arrays lie in memory"
        )
A, B = np.arange(9.0).reshape(3, 3), np.diag([1.0, 2.0, 4.0]) + np.tri(3)
for g_now in testing.of_every_layout(A):
    for g_prev in testing.of_every_layout(B):
        assert np.isclose(
            hypergrad_lr(g_now, g_prev, 0.5, 0.5), 0.5 + 0.5 * 68, rtol=1e-12
        ), "hypergrad_lr: multiplies entries of the same place of square matrices too"
for scale in (1e-100, 1e-12, 1e12, 1e100):
    one = np.array([2.0, -1.0])
    assert np.isclose(
        hypergrad_lr(scale * one, one, scale, 3.0), 16 * scale, rtol=1e-12, atol=0
    ), "hypergrad_lr: tiny and huge gradients move tiny and huge rates"
    assert np.isclose(
        hypergrad_lr(scale * one, one / scale, 0.5, 0.5), 3.0, rtol=1e-12, atol=0
    ), "hypergrad_lr: takes a tiny gradient and a huge one together"
    assert np.isclose(
        hypergrad_lr(one, one, 0.0, scale), 5 * scale, rtol=1e-12, atol=0
    ), "hypergrad_lr: takes a tiny and a huge beta"
assert float(hypergrad_lr(np.array([1]), np.array([1]), 1, 0.25)) == 1.25, (
    "hypergrad_lr: keeps the fraction of a rate that was an integer"
)
rate = hypergrad_lr(np.array([[3]]), np.array([[2]]), 1, 1)
assert np.ndim(rate) == 0 and float(rate) == 7, (
    "hypergrad_lr: returns one number for a matrix of one entry"
)
with testing.printing() as told:
    hypergrad_lr(one, one, 0.5, 0.5)
assert not told(), "hypergrad_lr: prints nothing"
for kind in testing.FLOATS:
    g_now, g_prev = (
        rng.normal(size=7).astype(kind) for rng in [testing.drawn("hypergrad_lr")] * 2
    )
    product = float(np.sum(g_now.astype(float) * g_prev.astype(float)))
    for beta in (0.1, 1e-9, 1e7):
        assert np.isclose(
            hypergrad_lr(g_now, g_prev, 0.0, beta), beta * product, rtol=1e-12, atol=0
        ), (
            "hypergrad_lr: multiplies by beta in 64 bits, whatever the type of the gradients"
        )
for g_now in testing.near_the_limits([1, 0.5, 0.75]):
    exact = [int(v) for v in g_now]
    for beta in (1.0, 1e-30):
        right = beta * float(sum(v * v for v in exact))
        assert np.isclose(
            hypergrad_lr(g_now, g_now, 0.0, beta), right, rtol=1e-9, atol=0
        ), "hypergrad_lr: takes gradients whose products do not fit into their type"
for shape in (
    (1, 1, 2, 3),
    (1, 3, 1, 2),
    (2, 3, 2, 2),
    (1, 2, 2, 1, 2),
    (testing.MANY,),
):
    g_now = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    assert np.isclose(
        hypergrad_lr(g_now, g_now[..., ::-1], 0.0, 1.0),
        sum(
            a * b for a, b in zip(g_now.ravel(), g_now[..., ::-1].ravel(), strict=True)
        ),
        rtol=1e-12,
    ), "hypergrad_lr: adds up over all entries of a filter, or of any other shape"
### END HIDDEN TESTS

# %% [markdown]
# ## 9. Tune honestly: `best_lr(train, grid, seeds)`
#
# medium · 15 minutes · 4 points
#
# `train(lr, seed)` makes a whole training run and returns its final **validation** loss, a number. One run proves
# little, since a lucky seed can make any rate look good. So train with every rate of `grid` under every seed of
# `seeds`, and return the rate whose mean loss over the seeds is the smallest.
#
# - A run has *diverged* when its loss is NaN or infinite (of either sign). A rate with at least one diverged run is out
#   of the contest, however good its other runs are. Do not average over the runs that happened to survive.
# - If every rate is out, raise `ValueError`.
# - If two rates share the smallest mean, the one that comes first in `grid` wins.
# - Training is expensive, so call `train` **exactly once** for each pair of a rate and a seed, in any order. Every rate
#   is tried with the same seeds: the comparison is fair.
# - `grid` is a list or an array of distinct positive numbers, in no particular order, and `seeds` a list or an array of
#   distinct integers, of any NumPy type. Neither is empty. `train` wants each seed as an integer.
# - A loss is a number of any Python or NumPy type, also `np.uint8` or `np.float16`. It may be negative, tiny or huge, from
#   $10^{-100}$ to $10^{300}$ in size: a huge loss is a bad one, but not a diverged run.
# - Means that differ, however little, are different. Equal means are equal in exact numbers, so that rounding does not
#   decide.
#
# <details><summary>Hint 1: what does a NaN do to the mean, and to the minimum?</summary>
#
# Try `np.mean([1.0, np.nan])`, `np.nanmean([1.0, np.nan])`, `np.argmin([2.0, np.nan, 1.0])` and
# `min([np.nan, 1.0])`. Which of them do you want?
# </details>
#
# <details><summary>Hint 2: rows that cannot win</summary>
#
# Collect all losses in an array with one row for each rate. Find the rows that are out before you take means. Which mean
# would lose to every other?
# </details>


# %% nbgrader={"grade_id": "best_lr", "solution": true}
def best_lr(train, grid, seeds):
    """Return the rate with the smallest mean validation loss over the seeds; a diverged run rules its rate out.

    train: (lr, seed) -> float.  grid: rates.  seeds: ints.  Returns: a rate of grid.
    Raises ValueError when no rate is left.
    """
    ### BEGIN SOLUTION
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError(f"every rate of {list(grid)} diverged")
    losses[~finite] = np.inf
    return grid[np.argmin(losses.mean(axis=1))]
    ### END SOLUTION


# %% nbgrader={"grade_id": "best_lr-visible", "points": 1}
# Visible tests of `best_lr`: 1 point.
import numpy as np

# By hand: the means are 2.5 and 2. The best single run, 1, belongs to the rate with the worse mean.
table = {(0.1, 0): 1.0, (0.1, 1): 4.0, (0.3, 0): 2.0, (0.3, 1): 2.0}
rate = best_lr(lambda lr, seed: table[lr, seed], [0.1, 0.3], [0, 1])
assert np.ndim(rate) == 0, "best_lr: returns one number"
assert np.isclose(rate, 0.3), "best_lr: agrees with the worked example"

# By hand: one of the two runs at 0.3 is NaN now, which rules 0.3 out.
table[0.3, 1] = float("nan")
assert np.isclose(best_lr(lambda lr, seed: table[lr, seed], [0.1, 0.3], [0, 1]), 0.1), (
    "best_lr: a diverged run rules its rate out"
)

# %% nbgrader={"grade_id": "best_lr-hidden", "points": 2}
# Hidden tests of `best_lr`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import math

import numpy as np


def _look_up(table, calls):
    """A training that looks its loss up; it notes each call."""

    def _train(lr, seed):
        calls.append((float(lr), int(seed)))
        return table[calls[-1]]

    return _train


def _expected(table, grid, seeds):
    """The first of the rates in the order of their exact means; rates with a diverged run are left out."""
    ranked = []
    for place, lr in enumerate(grid):
        losses = [table[lr, seed] for seed in seeds]
        if all(math.isfinite(loss) for loss in losses):
            ranked.append((math.fsum(losses) / len(losses), place, lr))
    return min(ranked)[2] if ranked else None


nan, inf = float("nan"), float("inf")
rng = np.random.default_rng(49)
for case in range(60):
    n, k = int(rng.integers(1, 9)), int(rng.integers(1, 7))
    grid = [float(lr) for lr in rng.permutation(10.0 ** rng.uniform(-4, 1, size=n))]
    seeds = [int(seed) for seed in rng.choice(1000, size=k, replace=False)]
    table = {
        (lr, seed): float(rng.normal(1 if case % 2 else 0))
        for lr in grid
        for seed in seeds
    }
    if case % 3:
        for pair in table:
            if rng.random() < 0.15:
                table[pair] = float(rng.choice([nan, inf, -inf]))
    expected, calls = _expected(table, grid, seeds), []
    if expected is None:
        continue
    given = (
        (np.array(grid), np.array(seeds))
        if case % 4 == 0
        else (list(grid), list(seeds))
    )
    rate = best_lr(_look_up(table, calls), *given)
    assert np.array_equal(given[0], grid) and np.array_equal(given[1], seeds), (
        "best_lr: leaves its inputs unchanged"
    )
    assert len(calls) == n * k, (
        "best_lr: calls train as often as there are pairs of a rate and a seed"
    )
    assert set(calls) == set(table), "best_lr: tries every rate with every seed"
    assert np.ndim(rate) == 0, "best_lr: returns one number for any grid"
    assert float(rate) == expected, (
        "best_lr: is the rate with the smallest mean over the seeds, without diverged ones"
    )

# The smallest mean, the smallest median, the smallest run and the smallest spread each at a rate of their own.
runs = {
    0.4: [2.0, 2.0, 2.0],
    0.3: [0.0, 3.0, 6.0],
    0.2: [0.9, 1.0, 8.0],
    0.1: [0.5, 1.75, 3.0],
}
table = {(lr, seed): losses[seed] for lr, losses in runs.items() for seed in range(3)}
assert best_lr(_look_up(table, []), list(runs), [0, 1, 2]) == 0.1, (
    "best_lr: judges by the mean, where median, best run and spread would name other rates"
)

table = {(0.1, seed): 10.0 * (seed == 4) for seed in range(5)}
table |= {(0.3, seed): 1.0 for seed in range(5)}
assert float(best_lr(_look_up(table, []), [0.1, 0.3], list(range(5)))) == 0.3, (
    "best_lr: counts the worst run and the best one too"
)
table = {(lr, seed): nan if lr != 7 else 3.0 for lr in range(1, 10) for seed in (1, 2)}
assert best_lr(_look_up(table, []), list(range(1, 10)), [1, 2]) == 7, (
    "best_lr: one rate that is left is enough, however many are out"
)

for bad in (nan, inf, -inf):
    table = {
        (0.1, 0): 5e6,
        (0.1, 1): 6e6,
        (0.9, 0): 0.0,
        (0.9, 1): bad,
        (0.5, 0): bad,
        (0.5, 1): bad,
    }
    for grid in ([0.1, 0.9, 0.5], [0.5, 0.9, 0.1], [0.9, 0.1, 0.5]):
        for seeds in ([0, 1], [1, 0]):
            calls = []
            rate = best_lr(_look_up(table, calls), grid, seeds)
            assert rate == 0.1, "best_lr: a rate with a diverged run never wins"
            assert len(calls) == 6 and set(calls) == set(table), (
                "best_lr: a diverged run is not repeated"
            )
    refusals = []
    for grid in ([0.9, 0.5], [0.5]):
        try:
            best_lr(_look_up(table, []), grid, [0, 1])
        except ValueError:
            refusals.append(grid)
    assert len(refusals) == 2, "best_lr: raises ValueError when every rate has diverged"

table = {
    (lr, seed): loss
    for lr, loss in ((0.5, 1.0), (0.1, 1.0), (0.9, 1.0), (0.3, 2.0))
    for seed in range(4)
}
for grid in ([0.3, 0.5, 0.1, 0.9], [0.3, 0.9, 0.5, 0.1], [0.1, 0.9, 0.5, 0.3]):
    first = next(lr for lr in grid if lr != 0.3)
    assert best_lr(_look_up(table, []), grid, [0, 1, 2, 3]) == first, (
        "best_lr: among equals the first in the grid wins"
    )
assert (
    best_lr(_look_up({(0.5, 7): -3.0, (2.0, 7): -4.0}, []), [0.5, 2.0], [7]) == 2.0
), "best_lr: compares losses below zero too"
assert best_lr(_look_up({(0.5, 7): 1e9}, []), [0.5], [7]) == 0.5, (
    "best_lr: answers for one rate and one seed"
)

for place in range(3):
    for bad in (nan, inf, -inf):
        losses = [1.0, 2.0, 3.0]
        losses[place] = bad
        table = {(0.1, seed): losses[seed] for seed in range(3)} | {
            (0.9, seed): 100.0 for seed in range(3)
        }
        for grid in ([0.1, 0.9], [0.9, 0.1]):
            calls = []
            assert best_lr(_look_up(table, calls), grid, [0, 1, 2]) == 0.9, (
                "best_lr: a run that diverges under the first, a middle or the last seed rules its rate out"
            )
            assert len(calls) == 6, (
                "best_lr: calls train once for each pair, also after a run that diverged"
            )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "best_lr-inputs", "points": 1}
# Hidden tests of `best_lr` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing


def _look_up(table):
    return testing.Callback(lambda lr, seed: table[float(lr), int(seed)])


# Three runs of 100, 120 and 90 against three of 110: the sums do not fit into 8 bits.
for losses in testing.of_every_type([100, 120, 90, 110, 110, 110]):
    table = {
        (lr, seed): losses[3 * (lr == 2.0) + seed]
        for lr in (0.5, 2.0)
        for seed in range(3)
    }
    assert best_lr(_look_up(table), [2.0, 0.5], [0, 1, 2]) == 0.5, (
        "best_lr: takes losses of any integer or float type"
    )
for lr, losses in ((0.5, [60_000, 60_000]), (2.0, [65_000, 56_000])):
    table |= {
        (lr, seed): loss for seed, loss in enumerate(np.array(losses, dtype=np.float16))
    }
assert best_lr(_look_up(table), [0.5, 2.0], [0, 1]) == 0.5, (
    "best_lr: takes losses whose sum does not fit into their type"
)
table = {
    (0.5, 1): 10**30,
    (2.0, 1): 10**30 - 10**16,
    (0.5, 2): np.float32(2),
    (2.0, 2): np.array(2.5),
}
assert best_lr(_look_up(table), [0.5, 2.0], [1, 2]) == 2.0, (
    "best_lr: takes losses of different types, also Python's large integers"
)
table = {(lr, seed): abs(lr - 3) + seed for lr in (1, 2, 3, 4) for seed in (7, 100)}
for grid in testing.of_every_type([4, 1, 3, 2]):
    for seeds in ([7, 100], np.array([7, 100], np.uint8), np.array([100, 7], np.int64)):
        before, train = testing.snapshot([grid, seeds]), _look_up(table)
        assert best_lr(train, grid, seeds) == 3, (
            "best_lr: takes rates and seeds of any type"
        )
        assert testing.same([grid, seeds], before), (
            "best_lr: leaves rates and seeds of any type as they are"
        )
        assert all(isinstance(seed, int | np.integer) for _, seed in train.calls), (
            "best_lr: hands each seed to train as an integer"
        )
        assert len(train.calls) == 8, (
            "best_lr: calls train once for each pair, for rates and seeds of any type"
        )
for grid in testing.of_every_layout([0.5, 2.0, 1.0]):
    for seeds in testing.of_every_layout([3, 1]):
        table = {(lr, seed): lr + seed for lr in (0.5, 2.0, 1.0) for seed in (3, 1)}
        assert best_lr(_look_up(table), grid, seeds) == 0.5, (
            "best_lr: takes arrays that lie in memory in any way, also read-only ones"
        )
for scale in (1e-100, 1e-12, 1e12, 1e100, 1e300):
    for sign in (1, -1):
        table = {
            (lr, seed): sign * loss * scale
            for lr, loss in ((0.5, 2.0), (2.0, 1.0), (1.0, 3.0))
            for seed in (1, 2)
        }
        assert best_lr(_look_up(table), [0.5, 2.0, 1.0], [1, 2]) == (
            2.0 if sign > 0 else 1.0
        ), "best_lr: the unit of the loss does not matter, however tiny or huge it is"
    table = {(0.5, 1): float("nan"), (0.5, 2): 0.0, (2.0, 1): scale, (2.0, 2): scale}
    assert best_lr(_look_up(table), [0.5, 2.0], [1, 2]) == 2.0, (
        "best_lr: a huge loss is not a diverged run"
    )
    table |= {
        (1.0, 1): 0.0,
        (1.0, 2): float("inf"),
        (3.0, 1): 2 * scale,
        (3.0, 2): scale,
    }
    assert best_lr(_look_up(table), [0.5, 1.0, 3.0, 2.0], [1, 2]) == 2.0, (
        "best_lr: a diverged run loses to any other, a huge loss included"
    )
    table = {(lr * scale / 1e100, 1): lr for lr in (3.0, 1.0, 2.0)}
    assert best_lr(_look_up(table), [lr for lr, _ in table], [1]) == scale / 1e100, (
        "best_lr: takes tiny and huge rates"
    )
table = {(0.5, 1): 1.0, (2.0, 1): 1.0 - 1e-15, (1.0, 1): 1.0 + 1e-15}
assert best_lr(_look_up(table), [0.5, 2.0, 1.0], [1]) == 2.0, (
    "best_lr: means that differ in the last digits are different"
)
with testing.printing() as told:
    best_lr(_look_up({(0.5, 1): 1.0, (2.0, 1): float("nan")}), [0.5, 2.0], [1])
assert not told(), "best_lr: prints nothing"
seeds = list(range(40))
for scale in (1.0, 1e300):
    table = {(0.5, seed): scale * (0.5 if seed < 25 else 9.0) for seed in seeds}
    table |= {(2.0, seed): scale for seed in seeds}
    table |= {
        (1.0, seed): scale * (float("nan") if seed == 33 else 0.0) for seed in seeds
    }
    assert best_lr(_look_up(table), [0.5, 1.0, 2.0], seeds) == 2.0, (
        "best_lr: takes the mean over many seeds, of huge losses too"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 10. What a bowl costs: `steps_to_reach(curvatures, lr, share)`
#
# medium · 15 minutes · 4 points
#
# On a bowl, one step of gradient descent multiplies the error along the direction $j$ by $1 - \eta\lambda_j$, where
# $\lambda_j$ is the curvature in that direction. The directions do not disturb each other. You want *every* error down
# to at most `share` of what it was at the start. Return the smallest number of steps after which this holds, from
# whatever start. If there is no such number, return infinity.
#
# - `curvatures` is a list or an array of the shape `(d,)` with $d \ge 1$: the $\lambda_j$, each 0 or more, in any order,
#   integers or floats of any NumPy type. Some may be equal.
# - `lr` $= \eta$ and `share` are Python floats. `lr` is positive, and `share` lies strictly between 0 and 1.
# - Curvatures and rates may be tiny or huge, from $10^{-100}$ to $10^{100}$, and a share may be as small as $10^{-100}$. The
#   product of a curvature and the rate is 0, or at least $10^{-9}$.
# - "At most": an error of exactly `share` is good enough. With the factor $\frac12$, a share of $2^{-29}$ takes 29 steps, though
#   the quotient of two rounded logarithms may be a little above 29. The tests try such ties with the factors $\frac12$ and
#   $\frac34$, whose powers a float holds exactly. Otherwise no test is so close to a tie.
# - Return one number, an integer or a whole float.
# - The answer can be a thousand million, but no more, unless it is infinite. So compute it; a loop over the steps would not
#   end in time. Above a million a relative error of $10^{-6}$ is allowed.
#
# <details><summary>Hint 1: which direction decides?</summary>
#
# Write down the factors for the curvatures 1 and 10 at the rate 0.19. Which error is the last to arrive? Why does the
# sign of its factor not matter?
# </details>
#
# <details><summary>Hint 2: from the factor to the steps</summary>
#
# After $t$ steps a factor of size $\rho$ leaves $\rho^t$. Solve $\rho^t \le \text{share}$ for $t$; logarithms turn the
# power into a product. Mind that both logarithms are negative.
# </details>
#
# <details><summary>Hint 3: the two ends</summary>
#
# Which factors never bring the error down? One of them belongs to a direction without curvature. And which factor has
# no logarithm, though one step is enough?
# </details>


# %% nbgrader={"grade_id": "steps_to_reach", "solution": true}
def steps_to_reach(curvatures, lr, share):
    """Return the number of steps until each error on a bowl is at most `share` of its start; inf if it never is.

    curvatures: (d,), each >= 0.  lr: float > 0.  share: float in (0, 1).  Returns: one whole number, or inf.
    """
    ### BEGIN SOLUTION
    ways = lr * np.asarray(curvatures, dtype=float)
    least = np.min(np.minimum(ways, 2 - ways))  # of an error of 1, taken by a step
    if least <= 0:
        return np.inf
    if least >= 1 - share:
        return 1
    steps = int(np.ceil(np.log(share) / np.log1p(-least)))  # on a tie perhaps one more
    return steps - 1 if (1 - least) ** (steps - 1) <= share else steps
    ### END SOLUTION


# %% nbgrader={"grade_id": "steps_to_reach-visible", "points": 1}
# Visible tests of `steps_to_reach`: 1 point.
import numpy as np

# By hand: the factors are 0.5 and -0.25. The slower leaves 1/2, 1/4, 1/8: the third step is at most 0.2.
steps = steps_to_reach(np.array([1.0, 2.5]), 0.5, 0.2)
assert np.ndim(steps) == 0, "steps_to_reach: returns one number for the worked example"
assert steps == 3, "steps_to_reach: agrees with the worked example"

# By hand: the factors are 0.75 and -1.5. The second direction flies off.
assert steps_to_reach(np.array([0.5, 5.0]), 0.5, 0.2) == np.inf, (
    "steps_to_reach: a direction that flies off never arrives"
)

# %% nbgrader={"grade_id": "steps_to_reach-hidden", "points": 2}
# Hidden tests of `steps_to_reach`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _near_a_tie(factors, share, steps):
    """True if rounding could decide: the slowest error passes the share within a millionth of a whole step."""
    slowest = np.max(np.abs(factors))
    with np.errstate(divide="ignore"):
        exact = np.log(share) / np.log(slowest)
    return abs(exact - np.round(exact)) < 1e-6 * max(1, exact) ** 0.5 + 1e-9 * exact


def _descend_until(curvatures, lr, share):
    """Count the steps of a real descent from (1, ..., 1)."""
    e = np.ones(len(curvatures))
    for t in range(1, 20_000):
        e = e - lr * curvatures * e
        if np.all(np.abs(e) <= share):
            return t
    return None


rng = np.random.default_rng(50)
done = 0
while done < 60:
    d = int(rng.integers(1, 7))
    curvatures = 10.0 ** rng.uniform(-1.5, 1, size=d) * 10.0 ** rng.integers(-3, 4)
    lr = float(rng.uniform(0.05, 1.98) / curvatures.max())
    share = float(10.0 ** rng.uniform(-6, -0.05))
    if done % 5 == 4:
        curvatures[:] = curvatures[0]
        lr = float(rng.uniform(0.05, 1.95) / curvatures[0])
    expected = _descend_until(curvatures, lr, share)
    if expected is None or _near_a_tie(1 - lr * curvatures, share, expected):
        continue
    done += 1
    given = curvatures.copy()
    steps = steps_to_reach(given, lr, share)
    assert np.array_equal(given, curvatures), (
        "steps_to_reach: leaves the curvatures unchanged"
    )
    assert np.ndim(steps) == 0, (
        "steps_to_reach: returns one number for any number of directions"
    )
    assert steps == expected, (
        "steps_to_reach: counts the steps of a real descent on random bowls"
    )
    assert steps_to_reach(given[::-1], lr, share) == expected, (
        "steps_to_reach: the order of the directions does not matter"
    )

assert steps_to_reach(np.array([2.0]), 0.25, 0.25) == 2, (
    "steps_to_reach: an error of exactly the share is good enough"
)
assert steps_to_reach(np.array([1.0, 1.5]), 1.0, 0.25) == 2, (
    "steps_to_reach: a negative factor counts by its size"
)
assert steps_to_reach(np.array([1.0, 1.9]), 1.0, 0.5) == 7, (
    "steps_to_reach: the steepest direction can be the slowest"
)
assert steps_to_reach(np.array([4.0]), 0.25, 1e-9) == 1, (
    "steps_to_reach: one step is enough where every factor is 0"
)
assert steps_to_reach(np.array([4.0, 4.0]), 0.25, 0.9) == 1, (
    "steps_to_reach: one step is enough where several factors are 0"
)
assert steps_to_reach(np.array([0.75, 1.0]), 1.0, 0.9) == 1, (
    "steps_to_reach: one step is the least, even for a share near 1"
)
# Long runs: 1 - 1e-9 needs about -log(share) / 1e-9 steps; the relative error of a right answer stays small.
for flat, share in ((1e-9, 0.5), (2e-8, 1e-3), (1e-7, 0.37)):
    exact = np.log(share) / np.log1p(-flat)
    steps = steps_to_reach(np.array([flat, 1.0]), 1.0, share)
    assert np.isclose(steps, exact, rtol=1e-6, atol=1), (
        "steps_to_reach: is right for a bowl with a condition number of millions"
    )

assert steps_to_reach(np.array([1.0, 0.0]), 0.5, 0.9) == np.inf, (
    "steps_to_reach: a direction without curvature never moves"
)
assert steps_to_reach(np.zeros(3), 10.0, 0.9) == np.inf, (
    "steps_to_reach: a flat function gives no descent at all"
)
assert steps_to_reach(np.array([4.0]), 0.5, 0.9) == np.inf, (
    "steps_to_reach: at the rate 2 / L the error swings and does not shrink"
)
assert steps_to_reach(np.array([1.0, 4.0]), 0.75, 0.99) == np.inf, (
    "steps_to_reach: beyond the rate 2 / L the steepest direction flies off"
)
assert steps_to_reach(np.array([1.0, 1e12]), 1.0, 0.5) == np.inf, (
    "steps_to_reach: flies off on a bowl with a condition number of 1e12"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "steps_to_reach-inputs", "points": 1}
# Hidden tests of `steps_to_reach` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

# The factors are 1 - 0.01 (100, 50, 3, 120): the third is 0.97, and 0.97^76 is below 0.1.
for curvatures in testing.of_every_type([100, 50, 3, 120]):
    before = testing.snapshot(curvatures)
    assert steps_to_reach(curvatures, 0.01, 0.1) == 76, (
        "steps_to_reach: takes curvatures of any integer or float type"
    )
    assert steps_to_reach(curvatures, 1 / 64, 0.1) == 48, (
        "steps_to_reach: takes curvatures of any integer or float type, also where the steepest overshoots"
    )
    assert steps_to_reach(curvatures, 0.02, 0.1) == np.inf, (
        "steps_to_reach: sees for curvatures of any type that the steepest direction flies off"
    )
    slow = np.ceil(np.log(0.01) / np.log1p(-0.0006))
    assert steps_to_reach(curvatures, 0.0002, 0.01) == slow, (
        "steps_to_reach: multiplies curvatures of any type by the rate in 64 bits"
    )
    assert testing.same(curvatures, before), (
        "steps_to_reach: leaves curvatures of any type as they are"
    )
for curvatures in testing.of_every_layout([1.0, 3.0, 2.0, 0.5]):
    assert steps_to_reach(curvatures, 0.5, 0.1) == 9, (
        "steps_to_reach: takes curvatures that lie in memory in any way, also read-only ones"
    )
for scale, curvatures in testing.of_every_scale(
    [1.0, 3.0, 2.0, 0.5], (1e-100, 1e-12, 1e12, 1e100)
):
    assert steps_to_reach(curvatures, 0.5 / scale, 0.1) == 9, (
        "steps_to_reach: a bowl that is steeper and a rate that is smaller by the same factor take as many steps"
    )
    assert steps_to_reach(np.append(curvatures, 0.0), 0.5 / scale, 0.1) == np.inf, (
        "steps_to_reach: a direction without curvature never arrives, beside tiny and huge ones"
    )
    assert steps_to_reach(curvatures, 0.7 / scale, 0.1) == np.inf, (
        "steps_to_reach: flies off in any unit"
    )
for k in (1, 2, 7, 29, 31, 39, 47, 58, 59, 62, 78, 151, 200, 329):
    assert steps_to_reach([1.0], 0.5, 0.5**k) == k, (
        "steps_to_reach: an error of exactly the share is good enough, after any number of steps"
    )
for k in (1, 3, 6, 9, 13, 18, 23, 30, 33):  # a float holds these powers of 3/4 exactly
    assert steps_to_reach([0.25, 1.0], 1.0, 0.75**k) == k, (
        "steps_to_reach: an error of exactly the share is good enough, for other factors too"
    )
for digits in (3, 30, 100):
    assert steps_to_reach([1.0, 3.0], 0.5, 0.3 * 10.0**-digits) == np.ceil(
        (digits + np.log10(1 / 0.3)) / np.log10(2)
    ), "steps_to_reach: takes a share that is tiny"
assert (
    steps_to_reach([0.25, 1.0], 1.0, 1 - 1e-9) == 1
    and steps_to_reach([1e-3, 1.0], 1.0, 0.9995) == 1
), "steps_to_reach: takes a share near 1"
assert np.isclose(
    steps_to_reach([1e-6, 1.0], 1.0, 0.5), np.log(2) * 1e6, rtol=1e-6, atol=1
), "steps_to_reach: is right where a direction is nearly flat"
assert np.isclose(
    steps_to_reach([2 - 1e-6, 1.0], 1.0, 0.5), np.log(2) * 1e6, rtol=1e-6, atol=1
), "steps_to_reach: is right where the rate is just below the threshold"
for way in (2e-11, 2 - 2e-11):
    assert np.isclose(
        steps_to_reach([way, 1.0], 1.0, 0.99), -np.log(0.99) / 2e-11, rtol=1e-3, atol=0
    ), "steps_to_reach: arrives in the end where a factor is nearly 1 or -1"
assert steps_to_reach([1.995, 1.0], 1.0, 0.5) == 139, (
    "steps_to_reach: counts right where the steepest direction swings for long"
)
assert steps_to_reach([2 + 1e-12], 1.0, 0.5) == np.inf, (
    "steps_to_reach: never arrives where the rate is just above the threshold"
)
for share in np.linspace(0.4, 0.9, 40):
    exact = np.log(share) / np.log1p(-1e-6)
    if abs(exact - round(exact)) > 1e-3:
        assert steps_to_reach([1e-6, 1.0], 1.0, float(share)) == np.ceil(exact), (
            "steps_to_reach: counts exactly up to a million steps"
        )
steps = steps_to_reach([1e-7, 1.0], 1.0, 0.123)
assert float(steps) == round(float(steps)), (
    "steps_to_reach: returns a whole number, a large one too"
)
with testing.printing() as told:
    steps_to_reach([1.0, 3.0], 0.5, 0.1)
assert not told(), "steps_to_reach: prints nothing"
### END HIDDEN TESTS

# %% [markdown]
# ## 11. Read the curves: `diagnose_run(train, valid)`
#
# medium · 20 minutes · 4 points
#
# `train[t]` and `valid[t]` are the training and the validation loss of a run at the end of epoch $t$. Put the run into
# one of six boxes. Ask the questions in this order; the first that is answered by yes names the box:
#
# | question | box | what one would try |
# |---|---|---|
# | Is any loss, of either kind, NaN or infinite? | `"broken"` | a lower rate, a look at the data |
# | Is the last training loss no lower than the first? | `"no progress"` | the checks before training |
# | Is the last training loss more than 10 % above the lowest one? | `"unstable"` | a lower rate, or one that decays |
# | Is the last validation loss more than 10 % above the lowest one? | `"overfitting"` | stop there; more data, a penalty |
# | Did the last quarter of the epochs bring more than a tenth of the whole fall of the training loss? | `"too short"` | more epochs, a higher rate |
# | none of these | `"settled"` | leave it |
#
# - `train` and `valid` are lists or arrays of the same $n \ge 2$ numbers, integers or floats of any NumPy type. Finite
#   losses are positive, and may be tiny or huge, from $10^{-100}$ to $10^{100}$. They may wobble.
# - "More than 10 % above the lowest" means above 1.1 times the lowest, wherever in the run that was.
# - The last quarter is the last $q = \lfloor n / 4 \rfloor$ epochs, but at least one. Its fall is what the training loss
#   lost during them, from the end of the epoch before them to the end of the run. The whole fall is that from the first
#   to the last training loss.
# - A verdict does not depend on the unit of the loss: all losses times $10^{12}$, or divided by it, give the same box. No
#   test is so close to a border that rounding would decide.
#
# <details><summary>Hint 1: questions to NaN</summary>
#
# Each comparison with NaN is false, and `min` may or may not pass it on. So the first question must be asked, and
# answered, before all others.
# </details>
#
# <details><summary>Hint 2: the last quarter</summary>
#
# Take $n = 8$. The last two epochs are numbers 6 and 7. At the end of which epoch do they begin? Write that index for
# any $n$ as a negative one.
# </details>
#
# <details><summary>Hint 3: no differences against fixed numbers</summary>
#
# A comparison such as `loss > best + 0.1` breaks when the loss is measured in another unit. Each question above
# compares two numbers in the unit of the loss.
# </details>


# %% nbgrader={"grade_id": "diagnose_run", "solution": true}
def diagnose_run(train, valid):
    """Return the first of "broken", "no progress", "unstable", "overfitting", "too short", "settled" that fits the run.

    train, valid: n >= 2 losses each, one per epoch.  Returns: str.
    """
    ### BEGIN SOLUTION
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"
    ### END SOLUTION


# %% nbgrader={"grade_id": "diagnose_run-visible", "points": 1}
# Visible tests of `diagnose_run`: 1 point.
import numpy as np

# Four runs of eight epochs with the same training loss. It falls from 2 to 0.5 and hardly moves at the end.
train = [2.0, 1.2, 0.8, 0.6, 0.55, 0.52, 0.51, 0.5]
assert diagnose_run(train, [2.1, 1.3, 0.9, 0.7, 0.7, 0.68, 0.7, 0.69]) == "settled", (
    "diagnose_run: both losses have come to rest in the worked example"
)
assert (
    diagnose_run(train, [2.1, 1.3, 0.9, 0.7, 0.7, 0.75, 0.8, 0.9]) == "overfitting"
), "diagnose_run: the validation loss has risen from 0.7 to 0.9 in the worked example"
assert (
    diagnose_run(train, [2.1, 1.3, 0.9, float("nan"), 0.7, 0.7, 0.7, 0.7]) == "broken"
), "diagnose_run: one NaN among the validation losses breaks the worked example"
# The last two of eight epochs bring 0.9 - 0.5 = 0.4, more than a tenth of the whole fall of 1.5.
slow = [2.0, 1.8, 1.6, 1.4, 1.2, 0.9, 0.7, 0.5]
assert diagnose_run(slow, slow) == "too short", (
    "diagnose_run: the training loss still falls fast in the worked example"
)

# %% nbgrader={"grade_id": "diagnose_run-hidden", "points": 2}
# Hidden tests of `diagnose_run`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
from fractions import Fraction
import math

import numpy as np

nan, inf = float("nan"), float("inf")


def _verdict(train, valid):
    """The box in exact fractions, and how far the nearest question was from its other answer, in parts of its loss."""
    if not all(map(math.isfinite, [*train, *valid])):
        return "broken", 1.0
    train, valid = [Fraction(v) for v in train], [Fraction(v) for v in valid]
    before = train[len(train) - 1 - max(1, len(train) // 4)]
    questions = {
        "no progress": (train[-1], train[0]),
        "unstable": (train[-1], min(train) * 11 / 10),
        "overfitting": (valid[-1], min(valid) * 11 / 10),
        "too short": (before - train[-1], (train[0] - train[-1]) / 10),
    }
    margin = 1.0
    for box, (left, right) in questions.items():
        margin = min(margin, float(abs(left - right) / train[0]))
        if left > right or (box == "no progress" and left == right):
            return box, margin
    return "settled", margin


def _curve(rng, n, kind):
    """A made-up pair of losses of one kind, with noise of one per cent."""
    t = np.linspace(0, 1, n)
    fall = 0.1 + 2 * np.exp(-rng.uniform(6, 12) * t)
    train = {
        "slow": 2 - rng.uniform(0.3, 1.5) * t,
        "flat": np.full(n, 2.0) + rng.uniform(0, 0.5) * t,
        "spike": fall + rng.uniform(0.2, 0.8) * (t > 0.8),
    }.get(kind, fall)
    valid = train + rng.uniform(0.1, 0.4)
    if kind == "overfit":
        valid = valid + rng.uniform(0.3, 3) * np.maximum(t - 0.4, 0) ** 2
    noise = 1 + 0.01 * rng.normal(size=(2, n))
    return train * noise[0], valid * noise[1]


rng = np.random.default_rng(51)
found = {}
for case in range(300):
    kind = ["healthy", "slow", "flat", "spike", "overfit"][case % 5]
    n = int(rng.integers(2, 40))
    train, valid = _curve(rng, n, kind)
    if case % 7 == 0:
        (train if case % 2 else valid)[int(rng.integers(n))] = [nan, inf, -inf][
            case % 3
        ]
    expected, margin = _verdict(train, valid)
    if margin < 1e-6:
        continue
    found[expected] = found.get(expected, 0) + 1
    given = (
        (train.tolist(), valid.tolist()) if case % 3 else (train.copy(), valid.copy())
    )
    box = diagnose_run(*given)
    assert np.array_equal(given[0], train, equal_nan=True) and np.array_equal(
        given[1], valid, equal_nan=True
    ), "diagnose_run: leaves its inputs unchanged"
    assert isinstance(box, str), "diagnose_run: returns one string"
    if expected == "broken":
        assert box == "broken", (
            "diagnose_run: a NaN or an infinity anywhere means broken"
        )
        continue
    if expected in ("no progress", "unstable"):
        assert box == expected, (
            "diagnose_run: judges the training loss by its first, its lowest and its last value"
        )
    assert box == expected, "diagnose_run: asks the six questions in their order"
assert min(found.values()) >= 10 and len(found) == 6, "diagnose_run: every box is tried"

good = [2.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
for bad in (nan, inf, -inf):
    for place in (0, 3, 7):
        broken = [*good[:place], bad, *good[place + 1 :]]
        assert diagnose_run(broken, good) == "broken", (
            "diagnose_run: one training loss that is not finite means broken, wherever it stands"
        )
        assert diagnose_run(good, broken) == "broken", (
            "diagnose_run: one validation loss that is not finite means broken, wherever it stands"
        )
assert diagnose_run(good, good) == "settled", (
    "diagnose_run: two equal curves that have come to rest are settled"
)
assert diagnose_run([1.0] * 4, good[:4]) == "no progress", (
    "diagnose_run: a training loss that stays where it was has made no progress"
)
assert diagnose_run([1.0, 0.2, 0.3, 1.0], [1.0, 0.5, 0.5, 0.5]) == "no progress", (
    "diagnose_run: back at the first training loss there is no progress, whatever came between"
)
assert diagnose_run([1.0, 2.0, 4.0, 9.0], [1.0, 2.0, 4.0, 9.0]) == "no progress", (
    "diagnose_run: a training loss that grows and stays finite has made no progress"
)
assert diagnose_run([1.0, 0.5, 0.9, 0.8], [1.0, 0.5, 0.9, 0.8]) == "unstable", (
    "diagnose_run: where both losses have risen again the training loss is asked first"
)
assert (
    diagnose_run(
        [1.0, 0.5, 0.7, 0.5, 0.5, 0.5, 0.5, 0.5],
        [1.0, 0.6, 0.9, 0.6, 0.6, 0.6, 0.6, 0.6],
    )
    == "settled"
), "diagnose_run: losses that rose and came back are judged by where they end"
assert diagnose_run(good, [1.0, 0.5, 0.7, 0.62, 0.6, 0.6, 0.6, 0.6]) == "overfitting", (
    "diagnose_run: the validation loss is compared with its lowest value, not with the one before"
)
assert diagnose_run(good, [0.5, 2.0, 2.0, 1.5, 1.0, 0.8, 0.7, 0.6]) == "overfitting", (
    "diagnose_run: the lowest validation loss may be the first one"
)
assert diagnose_run(good, [9.0, 8.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0]) == "settled", (
    "diagnose_run: a gap between the two losses is no overfitting as long as the validation loss does not rise"
)
assert diagnose_run(good, [0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.54]) == "settled", (
    "diagnose_run: a rise of the validation loss of less than a tenth is no overfitting"
)
assert diagnose_run([4.0, 2.0], [4.0, 2.0]) == "too short", (
    "diagnose_run: of two epochs the last is the last quarter"
)
assert diagnose_run([4.0, 3.0, 2.0, 2.0], [4.0, 3.0, 2.0, 2.0]) == "settled", (
    "diagnose_run: of four epochs the last quarter is one"
)
assert diagnose_run([4.0, 3.0, 2.5, 2.5, 2.5, 2.0, 2.0], [4.0] * 7) == "settled", (
    "diagnose_run: of seven epochs the last quarter is one"
)
assert (
    diagnose_run([4.0, 3.0, 2.5, 2.5, 2.5, 2.5, 2.0, 2.0], [4.0] * 8) == "too short"
), "diagnose_run: of eight epochs the last quarter is two"
assert diagnose_run([9.0, 3.0, 2.5, 2.5, 2.5, 2.5, 2.0, 2.0], [4.0] * 8) == "settled", (
    "diagnose_run: the fall of the last quarter is compared with the whole fall"
)
assert diagnose_run([4.0, 4.0 - 1e-9], [4.0, 4.0]) == "too short", (
    "diagnose_run: any fall of the training loss is progress, however small"
)
assert (
    diagnose_run([4.0, 3.0, 2.0, 2.0, 2.0, 2.1, 2.1, 2.15], [4.0] * 8) == "settled"
), (
    "diagnose_run: a training loss that rises a little in the last quarter is not too short a run"
)
assert (
    diagnose_run([1.5, 1.2, 1.0, 1.0, 1.0, 1.0, 1.05, 1.09], [4.0] * 8) == "settled"
), "diagnose_run: a rise in the last quarter is no fall, however large it is"
assert (
    diagnose_run([3.0, 2.1, 2.1, 2.1, 2.1, 2.1, 1.95, 2.1], [4.0] * 8) == "settled"
), (
    "diagnose_run: the fall of the last quarter ends with the last loss, not with the lowest"
)
assert diagnose_run(good, [0.5, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.5]) == "overfitting", (
    "diagnose_run: a validation loss that ends far above its first is overfitting too"
)
assert diagnose_run([4.0, 3.0, 2.0, 1.79], [4.0] * 4) == "settled", (
    "diagnose_run: the whole fall ends with the last loss, not with the one before"
)
assert (
    diagnose_run(
        [2.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.54],
        [2.0, 1.0, 1.0, 1.2, 1.4, 1.6, 1.8, 1.9],
    )
    == "overfitting"
), "diagnose_run: the validation loss alone decides on overfitting"
falling = [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
assert (
    diagnose_run(falling, [4.0, 3.0, 2.0, 1.0, 1.5, 2.0, 3.0, 4.0]) == "overfitting"
), (
    "diagnose_run: a run that overfits and is too short overfits, in the order of the questions"
)
assert (
    diagnose_run([4.0, 9.0, 3.0, 2.5, 2.5, 2.5, 2.0, 2.0], [4.0] * 8) == "too short"
), "diagnose_run: the whole fall begins at the first loss, not at the highest"
assert (
    diagnose_run([2.6, 2.0, 2.2, 2.2, 2.2, 2.2, 2.2, 2.15], [4.0] * 8) == "too short"
), "diagnose_run: the whole fall ends at the last loss, not at the lowest"
assert (
    diagnose_run([9.0, 5, 4, 4, 4, 4, 4, 4], [3.0, 1, 1, 1.2, 1.4, 1.6, 1.8, 2])
    == "overfitting"
), "diagnose_run: a validation loss below that of training can rise, too"
for n in (20, 22, 23, 41, 42, 43, 2053):
    q = n // 4
    for early, box in ((1, "settled"), (0, "too short")):
        train = np.full(n, 1.0)
        train[: n - q - 1 + (1 - early)] = (
            2.0  # falls once, just before the last quarter or in its first epoch
        )
        assert diagnose_run(train, np.ones(n)) == box, (
            "diagnose_run: the last quarter is rounded down, however long the run is"
        )
    for place in (0, n // 2, n - 2):
        valid = np.ones(n)
        valid[place] = nan
        assert diagnose_run(train, valid) == "broken", (
            "diagnose_run: looks for NaN in all of a long run"
        )
        valid[place] = 0.5
        assert diagnose_run(train, valid) == "overfitting", (
            "diagnose_run: looks for the lowest validation loss in all of a long run"
        )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "diagnose_run-inputs", "points": 1}
# Hidden tests of `diagnose_run` with unusual inputs: 1 point.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse import testing

# The losses of the training, those of the validation, and the box; all are whole numbers that 8 bits hold.
RUNS = [
    ([120, 60, 30, 20, 20, 20, 20, 20], [120, 70, 40, 40, 40, 40, 40, 41], "settled"),
    ([120, 60, 40, 40, 40, 40, 40, 42], [120, 70, 40, 40, 40, 40, 40, 41], "settled"),
    (
        [120, 60, 30, 20, 20, 20, 20, 20],
        [120, 70, 40, 45, 50, 50, 60, 70],
        "overfitting",
    ),
    ([120, 60, 30, 20, 20, 20, 20, 30], [120, 70, 40, 40, 40, 40, 40, 40], "unstable"),
    (
        [120, 110, 100, 90, 80, 70, 60, 50],
        [120, 110, 100, 90, 80, 70, 60, 50],
        "too short",
    ),
    (
        [100, 60, 30, 20, 20, 50, 90, 120],
        [120, 70, 40, 40, 40, 40, 40, 40],
        "no progress",
    ),
]
for train, valid, box in RUNS:
    for t, v in zip(
        testing.of_every_type(train), testing.of_every_type(valid), strict=True
    ):
        before = testing.snapshot([t, v])
        assert diagnose_run(t, v) == box, (
            "diagnose_run: takes losses of any integer or float type"
        )
        assert testing.same([t, v], before), (
            "diagnose_run: leaves losses of any type as they are"
        )
    assert diagnose_run(np.array(train, dtype=np.uint8), valid) == box, (
        "diagnose_run: takes two kinds of losses of different types"
    )
    for scale in (1e-100, 1e-12, 1e12, 1e100):
        assert diagnose_run(scale * np.array(train), scale * np.array(valid)) == box, (
            "diagnose_run: the unit of the loss does not matter, however tiny or huge it is"
        )
    for t in testing.of_every_layout(np.array(train, dtype=float)):
        assert diagnose_run(t, valid) == box, (
            "diagnose_run: takes arrays that lie in memory in any way, also read-only ones"
        )
train, valid, _ = RUNS[0]
for special in (np.nan, np.inf, -np.inf):
    for broken in testing.at_every_place(
        np.array(train, dtype=np.float32), np.float32(special)
    ):
        before = testing.snapshot(broken)
        assert (
            diagnose_run(broken, valid) == "broken"
            and diagnose_run(valid, broken) == "broken"
        ), (
            "diagnose_run: a NaN or an infinity of 32 bits means broken, wherever it stands"
        )
        assert testing.same(broken, before), (
            "diagnose_run: leaves losses that are not finite as they are"
        )
with testing.printing() as told:
    diagnose_run(train, valid)
assert not told(), "diagnose_run: prints nothing"
### END HIDDEN TESTS
