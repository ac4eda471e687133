# %% [markdown]
# # Numbers in a machine
#
# {{about}}
#
# **After this lesson you can**
#
# - write down all numbers of a small floating point format, and round to them by hand,
# - say where a format overflows and underflows, and how far apart its numbers are,
# - recognise a difference that has no right digit left, and avoid it,
# - say why float64 only postpones an overflow, and why clipping comes too late for it,
# - derive formulas for log-sum-exp and for the log of a sigmoid that hold at any score.
#
# **You need** binary numbers, softmax with its log-sum-exp (unit 01), the [[sigmoid]], and the clipping of a gradient's norm.

# %% [markdown]
# ## A format of six bits
#
# A machine writes a number as in $-1.25 \cdot 2^3$: a sign, a number from $1$ to just below $2$, a power of two. Spend six bits: one on
# the sign, three on the power, two on the digits after the point. Here $r$ is the number of bits after the point, $2$, and the power
# $k$ runs from $-2$ to $3$:
#
# $$\pm\,1.b_1 b_2 \cdot 2^k, \qquad 1.00_2 = 1, \quad 1.01_2 = 1.25, \quad 1.10_2 = 1.5, \quad 1.11_2 = 1.75. \tag{1}$$
#
# | $k$ | the four numbers | their distance |
# |:--|:--|--:|
# | $-2$ | $0.25$, $0.3125$, $0.375$, $0.4375$ | $0.0625$ |
# | $0$ | $1$, $1.25$, $1.5$, $1.75$ | $0.25$ |
# | $2$ | $4$, $5$, $6$, $7$ | $1$ |
# | $3$ | $8$, $10$, $12$, $14$ | $2$ |
#
# Below $0.25$ there are three more, at the distance $0.0625$, down to $0$. They are called **subnormal**. Beyond $14$ comes infinity, `inf`.
#
# A result between two of them is **rounded** to the nearer one; from the middle, to the one whose last bit is $0$. So $5.4$ becomes $5$, and $9$
# becomes $8 = 1.00_2 \cdot 2^3$. What is rounded to infinity has overflowed: this is [[overflow]]. What is rounded to $0$ has underflowed: [[underflow]].
# For any $x$ between smallest and largest, the distance to the next number is
#
# $$2^{k - r}, \quad \text{with } 2^k \le |x| < 2^{k+1}. \tag{2}$$
#
# At $1$ this distance is $2^{-r}$, here $0.25$, and is called the [[machine epsilon]] $\varepsilon$. Rounding moves a number by at most half a
# distance: by at most $\varepsilon/2$ **of itself**.


# %%
import numpy as np


def nearest(x, r, low, high):
    k = np.maximum(np.frexp(x)[1] - 1, low)  # the power of two
    step = 2.0 ** (k - r)  # equation (2)
    y = step * np.round(x / step)  # from the middle to the even one
    return np.where(np.abs(y) / 2.0**high < 2, y, np.copysign(np.inf, x))


def tiny(x):
    return nearest(np.asarray(x, dtype=float), r=2, low=-2, high=3)


print(tiny([5.4, 9, 14.9, 15, 0.04, 0.03]))

# %% tags=["draw"]
# All numbers of the format that are not negative, on a line
from gdcourse import plots

numbers = np.unique(tiny(np.linspace(0, 14, 10_000)))
fig, axes = plots.figure(1, 2, width=8.0, height=1.25)
for ax, span, title in zip(
    axes,
    ((-0.3, 15.2), (-0.02, 1.05)),
    ("28 numbers of six bits", "the same, near 0"),
    strict=True,
):
    small = numbers < 0.25
    ax.plot(numbers[~small], 0 * numbers[~small], "|", color=plots.COLOURS[0], ms=22)
    ax.plot(numbers[small], 0 * numbers[small], "|", color=plots.COLOURS[1], ms=12)
    ax.set(xlim=span, ylim=(-1, 1), yticks=[], title=title)
    ax.grid(False)
axes[1].text(0.115, 0.62, "0 and the subnormals, short", ha="center", fontsize=9)
plots.show(
    fig,
    alt="Two number lines with a mark for each of the 28 numbers of the format. From 0 to 14 the "
    "marks stand dense near 0 and sparse at the right; their distance doubles at each power of two. "
    "The second line shows 0 to 1: below 0.5 the marks are evenly spaced, down to 0.",
)

# %% [markdown]
# The formats of real machines are the same with more bits, and `nearest` gives them too:
#
# | format | $r$ | powers $k$ | largest | $\varepsilon$ | decimal digits |
# |:--|--:|:--|--:|--:|--:|
# | float16 | $10$ | $-14$ to $15$ | $65504$ | $9.8 \cdot 10^{-4}$ | 3 |
# | float32 | $23$ | $-126$ to $127$ | $3.4 \cdot 10^{38}$ | $1.2 \cdot 10^{-7}$ | 7 |
# | float64 | $52$ | $-1022$ to $1023$ | $1.8 \cdot 10^{308}$ | $2.2 \cdot 10^{-16}$ | 16 |
#
# ## Differences that are all error
#
# Each step of a computation is rounded. Add $8 + 0.75 + 0.75$ in six bits, from the left: $8.75$ becomes $8$, and again $8$. From the right: $1.5$,
# then $9.5$, which becomes $10$. So even the order counts. That is harmless: the error is small *beside the result*. Now subtract.
#
# The variance is the mean of the squares minus the square of the mean. Many programs compute it so, since it takes one pass through the
# data. Take $2.5$ and $3$, with the variance $0.0625$.
#
# **Predict.** Do it in six bits, by hand, rounding each result: two squares, their mean, the sum of the two numbers, its half, the square of that, the difference. Which
# variance comes out?

# %%
squares = tiny([2.5**2, 3**2])
mean_of_squares = tiny(np.sum(squares) / 2)  # the sum, 14, needs no rounding
mean = tiny(tiny(2.5 + 3) / 2)
square_of_mean = tiny(mean**2)
print(squares, mean_of_squares, mean, square_of_mean)
print("variance:", tiny(mean_of_squares - square_of_mean))

# %%
x = np.array([6689, 6690, 6691], dtype=np.float32)  # the variance is 2/3
one_pass = np.mean(x * x) - np.mean(x) * np.mean(x)
two_passes = np.mean((x - np.mean(x)) ** 2)
print(f"float32: one pass {one_pass}, two passes {two_passes:.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The squares $6.25$ and $9$ become $6$ and $8$, their mean is $7$. The sum $5.5$ becomes $6$, so the mean is $3$, and its square $9$ becomes $8$. And $7 - 8 = -1$: a
# **negative** variance. Its root, which batch normalisation divides by, is `nan`.
#
# </details>
#
# The subtraction itself made no error. It took away the digits that both numbers share, and left the rounding errors of what came before. This is
# [[cancellation]]. In float32 the same happens at $6690$: squares near $45$ million are $4$ apart, the variance is $\frac23$, and $-4$ comes
# out. The cure is another formula: subtract the mean *first*, while the numbers are exact.

# %% tags=["check"]
# Six bits, three formats, and a variance below zero
assert tiny([5.4, 9, 14.9, 15, 0.04, 0.03]).tolist() == [5, 8, 14, np.inf, 0.0625, 0]
assert len(numbers) == 28 and numbers[-1] == 14 and numbers[1] == 0.0625
assert set(numbers) >= {0.25, 0.3125, 0.375, 0.4375, 1.0, 1.25, 1.5, 1.75}
assert np.allclose(np.diff(numbers[numbers <= 0.5]), 0.0625)
for bits, value in {"1.00": 1, "1.01": 1.25, "1.10": 1.5, "1.11": 1.75}.items():
    assert int(bits.replace(".", ""), 2) / 4 == value
assert np.finfo(float).max > 10.0**308
wide = numbers[numbers >= 0.25]
assert all(np.isclose(wide[i + 4], 2 * wide[i]) for i in range(len(wide) - 4))
assert np.diff(numbers).tolist() == sorted(np.diff(numbers)) and 2.0**-2 == 0.25
rng = np.random.default_rng(0)
for kind, r, low, high in (
    (np.float16, 10, -14, 15),
    (np.float32, 23, -126, 127),
    (np.float64, 52, -1022, 1023),
):
    info = np.finfo(kind)
    assert (info.nmant, info.minexp, info.maxexp - 1) == (r, low, high)
    assert 1 + info.eps == np.nextafter(kind(1), kind(2)) and info.eps == 2.0**-r
    v = rng.normal(size=9999) * 2.0 ** rng.uniform(low - r - 2, min(high, 1000), 9999)
    with np.errstate(over="ignore", under="ignore"):
        rounded = nearest(v, r, low, high)
        assert np.array_equal(rounded, v.astype(kind).astype(float))
    inside = (np.abs(v) >= 2.0**low) & np.isfinite(rounded)
    error = np.abs(rounded - v)[inside]  # at most half an epsilon of itself
    assert inside.sum() > 1000 and np.all(error <= info.eps / 2 * np.abs(v[inside]))
assert float(np.finfo(np.float16).max) == 65504
assert f"{np.finfo(np.float32).max:.1e}" == "3.4e+38"
assert f"{np.finfo(np.float64).max:.1e}" == "1.8e+308"
eps = [float(np.finfo(k).eps) for k in (np.float16, np.float32, np.float64)]
assert [f"{e:.1e}" for e in eps] == ["9.8e-04", "1.2e-07", "2.2e-16"]
assert np.round(-np.log10(eps)).tolist() == [3, 7, 16] and 1022 < 1023
assert tiny(8 + 0.75) == 8 and tiny(1.5) == 1.5 and tiny(8 + 1.5) == 10 == tiny(9.5)
assert tiny(8.75) == 8 and np.var([2.5, 3]) == 0.0625 and 2.5**2 == 6.25
assert squares.tolist() == [6, 8] and mean_of_squares == 7 and mean == 3
assert square_of_mean == 8 and tiny(7 - square_of_mean) == -1
assert tiny(14.0) == 14 and tiny(5.5) == 6  # half of it is the same
assert one_pass == -4 and np.isclose(two_passes, 2 / 3)
assert np.spacing(np.float32(6690**2)) == 4 and round(6690**2 / 1e6) == 45
print("checked: the format against NumPy's three, and the negative variances")

# %% [markdown]
# ## float64 only postpones
#
# No function of deep learning leaves the numbers sooner than $e^z$. The largest number of float32 is $3.4 \cdot 10^{38}$, so $z$ may grow to its
# logarithm, $88.7$.
#
# **Predict.** float64's largest is $10^{270}$ times larger. How many times larger may $z$ be? (`last`, in the folded cell, bisects for it.)


# %% tags=["setup"]
# Bisection over the numbers of a format
def last(kind, good, start, end):
    """The last number of a format, from start on towards end, at which good holds."""
    a, b = kind(start), kind(end)
    while np.nextafter(a, b) != b:
        middle = a + (b - a) / kind(2)
        a, b = (middle, b) if good(middle) else (a, middle)
    return a


# %%
ends = {}
with np.errstate(over="ignore", under="ignore"):
    for kind in (np.float16, np.float32, np.float64):
        high = last(kind, lambda z: np.isfinite(np.exp(z)), 0, 2000)
        low = last(kind, lambda z: np.exp(z) > 0, 0, -2000)
        ends[kind.__name__] = low, high
        print(f"{kind.__name__}: positive numbers from z = {low} to {high}")

# %% tags=["draw"]
# Where the power of e is a positive number, format by format
fig, ax = plots.figure(width=7.5, height=2.1)
for i, (name, (low, high)) in enumerate(ends.items()):
    ax.barh(i, high - low, left=low, height=0.5, color=plots.COLOURS[0])
    ax.text(low - 12, i, f"0  $\\leftarrow$  {low:.2f}", ha="right", va="center")
    ax.text(high + 12, i, f"{high:.2f}  $\\rightarrow$  inf", ha="left", va="center")
ax.set(yticks=range(3), yticklabels=list(ends), xlabel="z", xlim=(-1200, 1150))
ax.set_title("where $e^z$ is a positive number")
ax.invert_yaxis()
plots.show(
    fig,
    alt="Three bars over z. In float16 the power of e is a positive number from -17.33 to 11.09, in "
    "float32 from -103.97 to 88.72, in float64 from -745.13 to 709.78; to the left it is 0, to the right infinity.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Eight times: up to $709.78$. The logarithm turns a factor of $10^{270}$ into eleven bits of power in place of eight, and three bits are a factor of
# $8$. The very next number of float64 overflows.
#
# </details>
#
# Where a run diverges, scores grow by a factor at each step. Twice the memory buys a few steps.
#
# **Nor does clipping help, after the fact.** A published tutorial advises to clip gradients against overflow. Let the gradient be $(\infty, 3, 4)$.
# Its norm is $\infty$.
#
# **Predict.** What does clipping to the norm $1$ return?

# %%
g = np.array([np.inf, 3, 4])
with np.errstate(invalid="ignore"):
    print("clipped:", g * min(1, 1 / np.linalg.norm(g)))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The factor is $1/\infty = 0$, and $\infty \cdot 0$ is not a number: `[nan, 0, 0]`. One `nan` in a weight makes every score `nan` at the next step.
#
# </details>
#
# Clipping works on *large* gradients, so it may keep the **next** forward pass from overflowing. It cannot mend one that has. What mends it is a
# formula in which nothing overflows.
#
# ## Log-sum-exp: which number to take out
#
# Unit 01 used $\log \sum_j e^{z_j} = c + \log \sum_j e^{z_j - c}$ with the largest score as $c$. Why the largest? Take the scores $1000$, $999$, $0$ in
# float64, where the powers live from $-745$ to $709.78$. With
# $c = 0$, $e^{1000}$ overflows. With $c = 500$ nothing does. With $c = 2000$ all three powers are $0$, and $\log 0 = -\infty$.
#
# So the power of the *largest* difference, $\max_j z_j - c$, must neither overflow nor underflow. With $c = \max_j z_j$ it is $0$ at
# any score and in any format. One power is exactly $1$, the others lie between $0$ and $1$, so for $K$ scores
#
# $$1 \le \sum_j e^{z_j - c} \le K, \qquad c \le \log \sum_j e^{z_j} \le c + \log K. \tag{3}$$
#
# Powers that underflow are lost beside a $1$ anyway: that is **harmless underflow**. And the logarithm of a softmax is $z_k$ minus this number,
# never `log(softmax(z))`, which is $-\infty$ where the softmax underflows.


# %%
def naive(z, c):
    with np.errstate(over="ignore", divide="ignore"):
        return c + np.log(np.sum(np.exp(z - c)))


z = np.array([1000.0, 999, 0])
print({c: round(float(naive(z, c)), 4) for c in (0, 500, 2000, 1000)})

# %% [markdown]
# You write it for any axis in {{exercise:logsumexp}}, where it must also stand scores of $-\infty$, which programs use to mask a class.
#
# ## The logarithm of a sigmoid, in both tails
#
# The loss of one score needs $\log \sigma$ with the sigmoid $\sigma = 1/(1 + e^{-z})$. As written, it fails on both sides:
#
# | $z$ | what the formula meets | result | right |
# |--:|:--|--:|--:|
# | $-800$ | $e^{800}$ overflows | $-\infty$ | $-800$ |
# | $40$ | $1 + e^{-40}$ is rounded to $1$ | $0$ | $-4.2 \cdot 10^{-18}$ |
#
# **The right tail.** $e^{-40}$ is lost in the sum, by rounding. NumPy's `log1p(x)` computes $\log(1 + x)$ without forming $1 + x$. So $-\mathrm{log1p}(e^{-z})$ is right for $z \ge 0$, where $e^{-z}$ is at most $1$.
#
# **The left tail.** Take the large power out:
#
# $$-\log(1 + e^{-z}) = -\log\bigl(e^{-z} (e^{z} + 1)\bigr) = z - \log(1 + e^{z}), \tag{4}$$
#
# which is right for $z \le 0$, where $e^z$ is at most $1$. Both have the same shape, so one line serves both:
#
# $$\log \frac{1}{1 + e^{-z}} = \min(z, 0) - \mathrm{log1p}\bigl(e^{-|z|}\bigr). \tag{5}$$


# %%
def log_sigmoid(z):
    return np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))


scores = np.array([-800.0, -1, 0, 20, 40])
with np.errstate(over="ignore", divide="ignore"):
    print("as written:", np.log(1 / (1 + np.exp(-scores))))
print("by (5):    ", log_sigmoid(scores))

# %% tags=["draw"]
# The relative error of the formula as written, against equation (5)
grid = np.arange(-120.0, 61)
errors = {}
for kind in (np.float32, np.float64):
    with np.errstate(over="ignore", divide="ignore"):
        written = np.log(1 / (1 + np.exp(-grid.astype(kind)))).astype(float)
        errors[kind.__name__] = np.abs(written / log_sigmoid(grid) - 1)
fig, ax = plots.figure(width=7.5, height=3.0)
for (name, error), marker in zip(errors.items(), ("s", "o"), strict=True):
    around = np.lib.stride_tricks.sliding_window_view(error, 7).max(axis=1)
    shown = np.clip(around, 1e-17, 1)
    ax.semilogy(grid[3:-3], shown, marker=marker, markevery=15, ms=5, label=name)
ax.set(xlabel="z", ylabel="relative error, seven scores", ylim=(3e-18, 8))
ax.set_title("log of the sigmoid as written; 1 or more is drawn at 1")
ax.legend(loc="center left")
plots.show(
    fig,
    alt="Largest relative error of the formula as written around each score, in float32 and float64. "
    "On the left it is below a millionth until, in float32, it jumps to 1 or more below -88. On the right "
    "it grows by itself and reaches 1 near 17 in float32 and near 37 in float64.",
)

# %% [markdown]
# On the right the error *grows* with the score, at the same slope in both formats: at $z = 20$ float64 has $7$ of its $16$ digits left, from $37$ on none. You
# write (5) for arrays of any shape in {{exercise:log_sigmoid}}. The same two moves mend most such formulas: **take the
# large part out**, and **do not form $1$ plus something tiny**.

# %% tags=["check"]
# The ends of the powers, clipping, and both tails
for kind in (np.float16, np.float32, np.float64):
    low, high = map(float, ends[kind.__name__])
    info = np.finfo(kind)
    assert 0 <= np.log(float(info.max)) - high < 3 * float(np.spacing(kind(high)))
    smallest = float(info.smallest_subnormal)
    assert abs(low - (np.log(smallest) - np.log(2))) < 0.02  # half of it is rounded up
assert [round(float(high), 2) for _, high in ends.values()] == [11.09, 88.72, 709.78]
assert [round(float(low), 2) for low, _ in ends.values()] == [-17.33, -103.97, -745.13]
assert round(float(ends["float32"][1]), 1) == 88.7 and 2**3 == 8
top = ends["float64"][1]
with np.errstate(over="ignore"):
    assert np.exp(top) < np.inf == np.exp(np.nextafter(top, np.inf))
ratio = float(np.finfo(np.float64).max) / float(np.finfo(np.float32).max)
assert 269.5 < np.log10(ratio) < 270 and abs(top / 88.72 - 8) < 0.01
with np.errstate(over="ignore"):
    assert np.exp(np.float32(89)) == np.inf == np.exp(710.0)
with np.errstate(invalid="ignore"):
    clipped = g * min(1, 1 / np.linalg.norm(g))
assert np.isnan(clipped[0]) and clipped[1:].tolist() == [0, 0]
exact = 1000 + np.log1p(np.exp(-1.0))
assert naive(z, 0) == np.inf and naive(z, 2000) == -np.inf and z.tolist()[1] == 999
assert np.isclose(naive(z, 500), exact) and np.isclose(naive(z, 1000), exact)
assert np.exp(-745.0) > 0 == np.exp(-1000.0)
for _ in range(200):  # equation (3)
    s = rng.normal(size=rng.integers(1, 9)) * 10.0 ** rng.uniform(-3, 4)
    total = np.sum(np.exp(s - s.max()))
    assert 1 <= total <= len(s)
assert log_sigmoid(-800.0) == -800 and f"{log_sigmoid(40.0):.1e}" == "-4.2e-18"
with np.errstate(over="ignore", divide="ignore"):
    written = np.log(1 / (1 + np.exp(-scores)))
assert written[0] == -np.inf and written[4] == 0
line = np.linspace(-30, 10, 401)
assert np.allclose(log_sigmoid(line), line - np.log1p(np.exp(line)), rtol=1e-12)
assert np.allclose(log_sigmoid(line), -np.logaddexp(0, -line), rtol=1e-12)
double, single = errors["float64"], errors["float32"]
assert 7 <= -np.log10(double[grid == 20][0]) < 8 and np.all(double[grid >= 37] == 1)
assert double[grid == 36] < 1 and np.all(double[grid < 0] < 1e-13)
assert np.all(single[grid >= 18] == 1) and single[grid == 15] < 1
assert np.all(single[grid < -88] >= 1)
assert np.all(single[(grid >= -88) & (grid < 0)] < 1e-6)
print("checked: the last exponents, clipping too late, equations (3) and (5)")

# %% [markdown]
# ## In three frameworks
#
# Each has both functions, and each clips. PyTorch can be told to raise an error.

# %%
print("NumPy:     ", naive(z, z.max()), log_sigmoid(np.array([-800.0, 40])))

# %% tags=["torch"]
import torch

lse_t = torch.logsumexp(torch.tensor(z), 0).item()
tails_t = torch.nn.functional.logsigmoid(torch.tensor([-800.0, 40], dtype=float))
w_t = torch.zeros(3, requires_grad=True)
w_t.grad = torch.tensor([np.inf, 3, 4])
torch.nn.utils.clip_grad_norm_([w_t], 1.0)  # error_if_nonfinite=True would raise
print("PyTorch:   ", lse_t, tails_t.numpy(), " clipped:", w_t.grad.numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

lse_k = float(tf.reduce_logsumexp(tf.constant(z)))
tails_k = tf.math.log_sigmoid(tf.constant([-800.0, 40], dtype=tf.float64))
clipped_k = tf.clip_by_global_norm([tf.constant([np.inf, 3, 4])], 1.0)[0][0]
print("TensorFlow:", lse_k, tails_k.numpy(), " clipped:", clipped_k.numpy())

# %% tags=["check", "torch", "tensorflow"]
# The same in all three, and what clipping makes of an infinity
assert np.allclose([lse_t, lse_k], naive(z, 1000), rtol=1e-15)
for tails in (tails_t.numpy(), tails_k.numpy()):
    assert np.allclose(tails, log_sigmoid(np.array([-800.0, 40])), rtol=1e-14, atol=0)
assert np.isnan(w_t.grad[0].item()) and w_t.grad[1:].tolist() == [0, 0]
assert np.isnan(clipped_k.numpy()).all()
raised = False
w_t.grad = torch.tensor([np.inf, 3, 4])
try:
    torch.nn.utils.clip_grad_norm_([w_t], 1.0, error_if_nonfinite=True)
except RuntimeError:
    raised = True
assert raised
print("checked: both tails in all three; clipping an infinity gives nan in all three")

# %% [markdown]
# ## Summary
#
# - A format has as many numbers from $1$ to $2$ as from $2$ to $4$. Rounding costs at most $\varepsilon/2$ of a number.
# - A difference of nearly equal numbers keeps their errors and loses their digits.
# - Overflow is cured by another formula; more bits postpone it, and clipping comes after it.
# - Log-sum-exp takes out the largest score. The log of a sigmoid is $\min(z, 0) - \mathrm{log1p}(e^{-|z|})$.
#
# ## Common mistakes
#
# - **`log(softmax(z))`, `log(1 - p)`**: the logarithm of what was rounded. Compute it from the scores.
# - **`log(1 + x)`** with a tiny `x`, and **`exp(x) - 1`**: `log1p` and `expm1` exist for this.
# - **`where(z > 0, a, b)`** as a cure: both sides are computed, and the gradient through the one not chosen may be `nan`.
#
# ## Quick questions
#
# 1. What is the next number after $8$ in float16?
#
#    <details><summary><b>Answer</b></summary>
#
#    The distance is $2^{3 - 10} = 2^{-7}$, so $8.0078125$.
#
#    </details>
# 2. What is $2^{24} + 1$ in float32?
#
#    <details><summary><b>Answer</b></summary>
#
#    From $2^{24}$ on the distance is $2$, and the middle goes to the even one: $2^{24}$ again. A counter in float32 stops there.
#
#    </details>
# 3. Scores of ten classes, all $-1000$. What is their log-sum-exp, and what does $c = 0$ give?
#
#    <details><summary><b>Answer</b></summary>
#
#    $-1000 + \log 10 = -997.7$. With $c = 0$ all powers underflow: $-\infty$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** $\sqrt{x^2 + 1} - x$ for $x = 10^8$ in float64. What comes out, what is right, and which formula gives it?
#
# <details><summary><b>Outline</b></summary>
#
# $x^2 + 1$ is rounded to $x^2$, so $0$ comes out. Multiply and divide by $\sqrt{x^2 + 1} + x$: it is $1/(\sqrt{x^2 + 1} + x)$, about $5 \cdot 10^{-9}$.
#
# </details>

# %% [markdown]
# **Try.** Write `log_one_minus_exp(x)`, $\log(1 - e^x)$ for $x < 0$, right for $x = -10^{-20}$ and for $x = -50$. Which of `log1p(-exp(x))` and
# `log(-expm1(x))` is good where?
#
# <details><summary><b>Outline</b></summary>
#
# Near $0$ the power is near $1$: `log(-expm1(x))`. Far below it is tiny: `log1p(-exp(x))`. Mächler (2012) changes at $-\log 2$.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert float(np.nextafter(np.float16(8), np.float16(9))) == 8.0078125 == 8 + 2.0**-7
assert np.float32(2**24) + np.float32(1) == 2**24
assert round(-1000 + np.log(10), 1) == -997.7
assert naive(np.full(10, -1000.0), 0) == -np.inf
assert np.isclose(naive(np.full(10, -1000.0), -1000), -997.7, atol=0.05)
assert np.sqrt(1e16 + 1) - 1e8 == 0 and np.isclose(1 / (np.sqrt(1e16 + 1) + 1e8), 5e-9)
with np.errstate(divide="ignore"):
    assert np.log1p(-np.exp(-1e-20)) == -np.inf
assert np.isclose(np.log(-np.expm1(-1e-20)), np.log(1e-20))
assert np.log(-np.expm1(-50.0)) == 0 and np.isclose(
    np.log1p(-np.exp(-50.0)), -np.exp(-50.0)
)
between = [np.sum((numbers >= a) & (numbers < 2 * a)) for a in (1, 2, 4)]
assert between == [4, 4, 4]
print("checked: the answers to the questions")

# %% [markdown]
# ## References
#
# - D. Goldberg (1991). What every computer scientist should know about floating-point arithmetic. *ACM Computing Surveys* 23,
#   5–48. doi:10.1145/103162.103163
# - P. Blanchard, D. J. Higham, N. J. Higham (2021). Accurately computing the log-sum-exp and softmax functions. *IMA Journal of
#   Numerical Analysis* 41, 2311–2330. doi:10.1093/imanum/draa038
# - M. Mächler (2012). Accurately computing $\log(1 - \exp(-|a|))$. Vignette of the R package *Rmpfr*.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
