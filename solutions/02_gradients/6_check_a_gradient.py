# %% [markdown]
# # Check a gradient
#
# {{about}}
#
# **After this lesson you can**
#
# - measure a derivative from values alone, and choose the step by reason,
# - say how many digits you can expect in float64 and in float32,
# - tell a kink from a fault,
# - compare two gradients by one number per array,
# - find the line of a backward pass that is wrong.
#
# **You need** the network of lesson 5, powers and logarithms, and that a computer keeps about 16 digits of a number
# (7 in `float32`).

# %% [markdown]
# ## Two ways to measure a slope
#
# Take $f(x) = x^3$ at $x = 2$. The slope is $3 x^2 = 12$. Forget that, and measure it with the step $h = 0.1$:
#
# - [[forward difference]]: $\dfrac{f(2.1) - f(2)}{0.1} = \dfrac{9.261 - 8}{0.1} = 12.61$,
# - [[central difference]]: $\dfrac{f(2.1) - f(1.9)}{0.2} = \dfrac{9.261 - 6.859}{0.2} = 12.01$.
#
# Where do the errors $0.61$ and $0.01$ come from? Multiply out: $(2 \pm h)^3 = 8 \pm 12 h + 6 h^2 \pm h^3$. So
#
# $$\text{forward: } 12 + 6 h + h^2, \qquad \text{central: } 12 + h^2. \tag{1}$$
#
# In the central difference the term with $h^2$ stands on both sides, and falls out. For any smooth $f$ it is the same,
# by Taylor's theorem: the error is about $\frac{h}{2} f''$ forwards, and $\frac{h^2}{6} f'''$ central.
# With an $h$ ten times smaller, the first error is about ten times smaller, the second a hundred times:

# %%
for h in (0.1, 0.01):
    forward = ((2 + h) ** 3 - 2**3) / h
    central = ((2 + h) ** 3 - (2 - h) ** 3) / (2 * h)
    print(f"h = {h}: forward {forward:.4f}, central {central:.4f}")

# %% [markdown]
# ## Too small is worse
#
# So take $h = 10^{-16}$? A computer rounds. At $h = 10^{-10}$ the change of $f$ is $12 \cdot 10^{-10}$, and values
# near $8$ are stored with an error of about $10^{-15}$. So about six digits of the change are good: the leading ones
# of both values agree, and the subtraction throws them away.
#
# With $\varepsilon$ for the relative rounding of the type ($2.2 \cdot 10^{-16}$ in float64, $1.2 \cdot 10^{-7}$ in
# float32), this error is about $\varepsilon |f| / h$. It *grows* as $h$ falls. There is a best $h$ in between. Leave
# out the constants, and set the slope of the sum to zero:
#
# $$\text{forward: } h + \frac{\varepsilon}{h} \text{ is least where } 1 - \frac{\varepsilon}{h^2} = 0,\;
# h = \varepsilon^{1/2}; \qquad
# \text{central: } h^2 + \frac{\varepsilon}{h},\; 2h - \frac{\varepsilon}{h^2} = 0,\;
# h \approx \varepsilon^{1/3}. \tag{2}$$
#
# **Predict.** Put the best $h$ back into $h^2 + \varepsilon/h$. How many good digits does the central difference
# reach in float64, and in float32? And what comes out at $h = 10^{-16}$?

# %%
import numpy as np


def f(x):
    return np.exp(x) * np.sin(x)


def relative_errors(h, kind):
    x = (1 + np.arange(64) / 128).astype(kind)  # 64 places
    h = kind(h)
    forward = (f(x + h) - f(x)) / h
    central = (f(x + h) - f(x - h)) / (2 * h)
    x = x.astype(float)
    true = np.exp(x) * (np.sin(x) + np.cos(x))
    return np.mean(np.abs(forward / true - 1)), np.mean(np.abs(central / true - 1))


# %%
steps = 2.0 ** -np.arange(1, 57)  # powers of two: both types hold them exactly
errors = {
    k: np.array([relative_errors(h, k) for h in steps])
    for k in (np.float32, np.float64)
}
for kind, both in errors.items():
    smallest = [f"{error:.0e}" for error in both.min(axis=0)]
    print(kind.__name__, "smallest errors, forward and central:", *smallest)

# %% tags=["draw", "nbval-ignore-output"]
# The error against the step, both axes logarithmic
from gdcourse import plots


def draw_errors(k):
    fig, axes = plots.figure(2, width=8.6, height=3.6, sharey=True)
    for ax, (kind, both) in zip(axes, errors.items(), strict=True):
        name, eps = kind.__name__, np.finfo(kind).eps
        for way, error, colour, marker, power in zip(
            ("forward", "central"),
            both.T,
            plots.COLOURS,
            plots.MARKERS,
            (1 / 2, 1 / 3),
            strict=False,
        ):
            ax.loglog(steps, error, color=colour, label=way)
            ax.loglog(steps[k - 1], error[k - 1], marker, color=colour, markersize=8)
            ax.axvline(eps**power, color=colour, linestyle=":", linewidth=1)
        ax.set(
            xlabel="step $h$",
            title=f"{name}, marks at $h = 2^{{-{k}}}$",
            ylim=(1e-12, 5),
            xticks=10.0 ** np.arange(-16, 1, 4),
        )
    axes[0].set_ylabel("mean relative error")
    axes[0].legend(loc="lower left")
    return fig


plots.show(
    draw_errors(17),
    alt="Error against h on logarithmic axes, in float32 and float64. As h falls, each curve falls along a line, turns "
    "near its dotted line, the best h of equation (2), and rises to 1.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $h = \varepsilon^{1/3}$ both parts are $\varepsilon^{2/3}$: about $4 \cdot 10^{-11}$ and $2 \cdot 10^{-5}$.
# Measured it is about $11$ digits in float64, and $5$ in float32. Forward differences reach $8$, and between $3$ and
# $4$. At $h = 10^{-16}$ it is too late: $x + h$ *is* $x$, the difference is $0$, and the relative error is $1$.
#
# </details>

# %% [markdown]
# **So check in float64, with central differences, and $h$ near $6 \cdot 10^{-6}$.** You find such a step by reason in
# {{exercise:best_h}}, and write the measurement in {{exercise:numgrad}}. Slide $h$ down. (The slider needs a running
# kernel.)


# %% tags=["widget", "draw"]
# A slider over the step
def at_step(k):
    forward, central = errors[np.float64][k - 1]
    told = f"At h = 2^-{k}, in float64: forward {forward:.1e}, central {central:.1e}."
    return draw_errors(k), told


plots.slider(at_step, k=list(range(1, 57)))

# %% tags=["check"]
# Do the errors of x^3, the digits and the best steps hold?
assert np.isclose(2.1**3, 9.261) and np.isclose(1.9**3, 6.859)
assert np.isclose((9.261 - 8) / 0.1 - 12, 0.61) and np.isclose(
    (9.261 - 6.859) / 0.2, 12.01
)
assert np.isclose(12.61 - 12, 0.61) and np.isclose(12.01 - 12, 0.01)
assert np.isclose(forward - 12, 0.0601) and np.isclose(central - 12, 0.0001)
assert np.spacing(8.0) / 2 < 1e-15 < 2 * np.spacing(8.0)
measured = ((2 + 1e-10) ** 3 - 8) / 1e-10
assert 5.5 < -np.log10(abs(measured / 12 - 1)) < 7.5
for kind, both in errors.items():
    eps = np.finfo(kind).eps
    for error, order in zip(both.T, (1, 2), strict=True):
        assert 1 / 8 < steps[np.argmin(error)] / eps ** (1 / (order + 1)) < 8
    assert f"{eps:.1e}" in ("1.2e-07", "2.2e-16")
digits = [-np.log10(both.min(axis=0)) for both in errors.values()]
assert np.round(digits[1]).tolist() == [8, 11] and round(digits[0][1]) == 5
assert 3 < digits[0][0] < 4 and 1 + 1e-16 == 1
assert (errors[np.float64][53] == 1).all() and steps[53] < 1e-16
slopes = np.polyfit(np.log(steps[3:9]), np.log(errors[np.float64][3:9]), 1)[0]
assert np.round(slopes, 1).tolist() == [1, 2]
assert round(np.finfo(float).eps ** (1 / 3) * 1e6) == 6
assert round(np.finfo(float).eps ** (2 / 3) * 1e11) == 4
assert round(np.finfo(np.float32).eps.astype(float) ** (2 / 3) * 1e5) == 2
assert round(np.finfo(float).eps ** (1 / 5), 4) == 0.0007  # to derive
assert 12 < -np.log10(np.finfo(float).eps ** (4 / 5)) < 13
print("checked: the errors of (1), the digits, and the best steps of (2)")

# %% [markdown]
# ## Kinks
#
# All this rests on a smooth $f$. Where the slope jumps, at a kink, a difference mixes both sides.
#
# **Predict.** What does the central difference with $h = 6 \cdot 10^{-6}$ say about $\operatorname{ReLU}(x) = \max(0,
# x)$ at $x = 0$, and at $x = 10^{-6}$, where the slope is $1$? What if $h$ is ten times smaller?


# %%
def relu(x):
    return np.maximum(0, x)


for x in (0, 1e-6):
    for h in (6e-6, 6e-7):
        print(f"x = {x:g}, h = {h:g}: {(relu(x + h) - relu(x - h)) / (2 * h):.3f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $0$ it is $0.5$, for *every* $h$. At $10^{-6}$ it is $0.583$: the kink lies within reach. With the smaller $h$ it
# does not, and the answer is $1$.
#
# </details>

# %% [markdown]
# So if a check fails, try a smaller $h$. A kink *near* the point moves out of reach; a fault stays. A kink *on* the
# point stays too: with zero biases and a blank picture every score is exactly $0$. So check with random biases.
#
# ## One number for "how wrong"
#
# Let $a$ be the given and $b$ the measured gradient. Compare them entry by entry, or as a whole:
#
# $$\text{by entries: } \max_j \frac{|a_j - b_j|}{\max(|a_j|, |b_j|)}, \qquad
# \text{by norms: } \frac{\lVert a - b \rVert}{\max(\lVert a \rVert, \lVert b \rVert)}. \tag{3}$$
#
# Here $a, b$ are gradients; the bars are the root of the sum of squares.
#
# **Predict.** Two cases. In the first the given gradient is *right*: $(e, 10^{-10})$. In the second an entry has the
# *wrong sign*: $(2000, -0.0002)$. Which measure sounds the alarm in which case? (Folded: `right` and `sign`, each a
# given and a measured gradient.)


# %%
def by_entries(a, b):
    return np.max(np.abs(a - b) / np.maximum(np.abs(a), np.abs(b)))


def by_norms(a, b):
    return np.linalg.norm(a - b) / max(np.linalg.norm(a), np.linalg.norm(b))


# %% tags=["setup"]
# The two functions, measured at (1, 1)
from gdcourse.gradients import central_difference

ones = np.ones(2)
right = (
    np.array([np.e, 1e-10]),
    central_difference(lambda x: np.exp(x[0]) + 1e-10 * x[1], ones),
)
sign = (
    np.array([2000, -2e-4]),
    central_difference(lambda x: 1000 * x[0] ** 2 + 1e-4 * x[1] ** 2, ones),
)

# %%
for name, (given, measured) in {"right": right, "wrong sign": sign}.items():
    by = by_entries(given, measured), by_norms(given, measured)
    print(f"{name}: by entries {by[0]:.1g}, by norms {by[1]:.1g}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# By entries cries wolf in the first: the measured tiny entry is all rounding. By norms sleeps through the second: the
# large entry hides the small one.
#
# </details>

# %% [markdown]
# The way out: **by norms, but each parameter array by itself**. Entries of one array tend to be of one size. You
# write it in {{exercise:rel_error}}.
#
# Which number is small? A right gradient of a network agrees to seven digits or more: (2) promises eleven, and the
# many sums of a network cost some. A fault is rarely so fine: a lost factor of 2 gives $0.5$. So: below $10^{-7}$ it
# passes, above $10^{-4}$ it fails. In between, or near a kink, try a smaller $h$.

# %% tags=["check"]
# Do the kinks and the two cases hold?
for h in (1e-2, 6e-6, 6e-7, 1e-12):
    assert (relu(h) - relu(-h)) / (2 * h) == 0.5
assert round((relu(7e-6) - relu(-5e-6)) / 1.2e-5, 3) == 0.583
assert np.isclose((relu(1.6e-6) - relu(0.4e-6)) / 1.2e-6, 1)
assert by_entries(*right) > 0.1 and by_norms(*right) < 1e-9
assert by_entries(*sign) > 1.9 and by_norms(*sign) < 1e-6 and sign[0][1] == -0.0002
print("checked: a kink on the point and near it; both measures in both cases")

# %% [markdown]
# ## Find the wrong line
#
# The network of lesson 5, on 8 pictures of handwritten digits: 64 pixels, 32 hidden units, 10 classes.
# `network(seed)` makes its four arrays $W_1, b_1, W_2, b_2$, `scores` is the forward pass, and `measure` takes the
# central difference of the loss for each array. These three are in the folded cell, with the pictures `X`, their
# digits `y` and the `NAMES` of the arrays. The backward pass is the one to be checked:

# %% tags=["setup"]
# The digits, the network, its forward pass, and the measured gradients
from sklearn.datasets import load_digits

from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad

digits = load_digits()
X, y = digits.data / 16, digits.target
NAMES = ("W1", "b1", "W2", "b2")


def network(seed=0):
    rng = np.random.default_rng(seed)
    shapes = (64, 32), (32,), (32, 10), (10,)
    return [
        rng.normal(scale=0.1 if len(s) == 1 else np.sqrt(2 / s[0]), size=s)
        for s in shapes
    ]


def scores(params, X):
    W1, b1, W2, b2 = params
    return relu(X @ W1 + b1) @ W2 + b2


def measure(params, X, y):
    def moved(i, p):
        return softmax_ce(scores([*params[:i], p, *params[i + 1 :]], X), y)

    return [
        central_difference(lambda p, i=i: moved(i, p), p) for i, p in enumerate(params)
    ]


# %%
def gradients(params, X, y, mask=True):
    W1, b1, W2, b2 = params
    Z = X @ W1 + b1
    G_S = softmax_ce_grad(relu(Z) @ W2 + b2, y)  # for the scores
    G_Z = G_S @ W2.T
    if mask:
        G_Z = G_Z * (Z > 0)  # through the ReLU
    return [X.T @ G_Z, G_Z.sum(axis=0), relu(Z).T @ G_S, G_S.sum(axis=0)]


# %% [markdown]
# Someone has left out the mask: `mask=False`.
#
# **Predict.** Which of the four gradients fail the check?

# %%
measured = measure(network(), X[:8], y[:8])
for mask in (True, False):
    given = gradients(network(), X[:8], y[:8], mask)
    found = [f"{by_norms(g, m):.0e}" for g, m in zip(given, measured, strict=True)]
    print(f"mask {mask}:", dict(zip(NAMES, found, strict=True)))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $W_1$ and $b_1$ fail, $W_2$ and $b_2$ pass. (Trained with it, the network learns nearly as well as with the right
# one. Lesson 4 showed why that proves nothing.)
#
# </details>

# %% [markdown]
# The gradients of the second layer are right, those of the first wrong. So the fault lies *between*, in the line that
# goes through the ReLU. That is the method:
#
# 1. A small network, float64, sizes that all differ, random biases.
# 2. One number per array, by norms. If it fails, try a smaller $h$ once; then look for a fault.
# 3. Go from the loss backwards to the first array that fails. The fault is on the way to it.
# 4. Divide measured by given there, entry by entry. A constant is a missing factor, $-1$ a sign, $n$ or $1/n$ a mean.
#
# The check of these 2,410 parameters took 4,820 losses. Run it after a change, not in training. In
# {{exercise:find_bugs}} you judge what several people claim, and in {{exercise:diagnose}} you name the mistake.

# %% tags=["check"]
# Which arrays fail, and does the network learn all the same?
errors_of = {}
for mask in (True, False):
    pairs = zip(gradients(network(), X[:8], y[:8], mask), measured, strict=True)
    errors_of[mask] = [by_norms(g, m) for g, m in pairs]
assert max(errors_of[True]) < 1e-7 and max(errors_of[False][2:]) < 1e-7
assert min(errors_of[False][:2]) > 1e-2
assert 2 * sum(p.size for p in network()) == 2 * 2410 == 4820
learned = {}
for mask in (True, False):
    params = network()
    for k in range(0, 12_970, 32):  # ten passes over 1297 pictures
        rows = np.arange(k, k + 32) % 1297
        for p, g in zip(params, gradients(params, X[rows], y[rows], mask), strict=True):
            p -= 0.1 * g
    learned[mask] = np.mean(scores(params, X[1297:]).argmax(axis=1) == y[1297:])
assert min(learned.values()) > 0.8 and abs(learned[True] - learned[False]) < 0.03
still = network()
still[1][:] = 0  # zero biases, and a blank picture
blank = X[:8] * (np.arange(8) > 0)[:, None]
off = [
    by_norms(g, m)
    for g, m in zip(
        gradients(still, blank, y[:8]), measure(still, blank, y[:8]), strict=True
    )
]
assert off[1] > 0.1
print("checked: W1 and b1 fail alone; a blank picture and zero biases fail too")

# %% [markdown]
# ## In three frameworks
#
# Both have a check of their own. PyTorch's compares; TensorFlow's returns both gradients, and you compare.

# %% tags=["torch"]
import torch

x_t = torch.tensor([2.0, -1.0], dtype=torch.float64, requires_grad=True)
print("PyTorch:", torch.autograd.gradcheck(lambda x: (x**3).sum(), (x_t,)))

# %% tags=["tensorflow"]
import tensorflow as tf

theirs, differences = tf.test.compute_gradient(
    lambda x: tf.reduce_sum(x**3), [tf.constant([2.0, -1.0], tf.float64)], delta=6e-6
)
print("TensorFlow:", theirs[0].ravel(), differences[0].ravel().round(8))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
ours = central_difference(lambda x: np.sum(x**3), np.array([2.0, -1.0]))
assert np.allclose(ours, [12, 3]) and np.allclose(theirs[0], [[12, 3]])
assert np.allclose(differences[0], [[12, 3]])
(x_t**3).sum().backward()
assert x_t.grad.tolist() == [12, 3]
print("checked: NumPy, PyTorch and TensorFlow find 12 and 3")

# %% [markdown]
# ## Summary
#
# - A forward difference is wrong by about $h$, a central one by about $h^2$, and both by about $\varepsilon / h$.
# - The best steps are near $\sqrt\varepsilon$ and $\sqrt[3]\varepsilon$. In float64, central: $6 \cdot 10^{-6}$, eleven
#   digits.
# - Kinks make right gradients fail. Random points and biases keep away from them.
# - Compare by norms, array by array. The first array that fails, seen from the loss, tells where the fault is.
#
# ## Common mistakes
#
# - **$h$ as small as possible.** Then the difference is rounding, or $0$.
# - **A check in float32.** Five digits are about all that it gives.
# - **One number for the whole network.** A large array hides a small one.
# - **Zero biases.** They put blank inputs on the kink.
#
# ## Quick questions
#
# 1. $f$ is a straight line. How wrong is a forward difference, rounding aside?
#
#    <details><summary><b>Answer</b></summary>
#
#    Not at all, for each $h$: $f''$ is $0$.
#
#    </details>
# 2. You halve $h$, and the error of a central difference falls to a quarter. Is $h$ above or below the best one?
#
#    <details><summary><b>Answer</b></summary>
#
#    Above: the term $h^2$ rules. Below, the error would double.
#
#    </details>
# 3. A bias fails the check with $0.5$ where the backward pass says $0$. A smaller $h$ changes nothing. What do you try?
#
#    <details><summary><b>Answer</b></summary>
#
#    Another point: a score may lie exactly on the kink of a ReLU.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** The formula $\frac{8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))}{12 h}$ has an error of about $h^4$. What is
# its best $h$, and how many digits do you expect in float64?
#
# <details><summary><b>Outline</b></summary>
#
# $h^4 + \varepsilon / h$ is least near $h = \varepsilon^{1/5}$, about $0.0007$. There the error is about
# $\varepsilon^{4/5}$: some $12$ digits. It takes four values for each entry.
#
# </details>

# %% [markdown]
# **Try.** Put another fault into `gradients`: a mean in place of the sum in `b1`, or the sign of `G_S`. Which arrays
# fail, and with which ratio?
#
# <details><summary><b>Outline</b></summary>
#
# The mean: `b1` alone, with the ratio $8$ for 8 pictures, or $1/8$ the other way round. The sign: all four, with $-1$.
#
# </details>
#
# ## References
#
# - J. Nocedal, S. J. Wright (2006). *Numerical Optimization*, 2nd edition, section 8.1. Springer.
#   doi:10.1007/978-0-387-40065-5
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
