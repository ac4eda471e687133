# %% [markdown]
# # Shrinking weights: decay and soft thresholds
#
# {{about}}
#
# **After this lesson you can**
#
# - say why an L2 penalty and weight decay are the same for plain descent, and not for Adam,
# - derive AdamW's step,
# - compute an L1 penalty's step that ends at exactly zero, and say why the gradient's does not,
# - tell which framework argument does which.
#
# **You need** Adam (the lesson before this one), and penalties: a term added to the loss to keep weights small.

# %% [markdown]
# ## One penalty, two places
#
# Add $\frac{\alpha}{2} w^2$ to the loss. Its gradient is $\alpha w$. With plain descent a step is
#
# $$w - \eta\,(g + \alpha w) = (1 - \eta\alpha)\, w - \eta\, g. \tag{1}$$
#
# So the L2 penalty is the same as [[weight decay]]: a factor a little below 1 in every step. Take $w = 1$, $\eta =
# 0.01$ and $\alpha = 0.1$: the factor is $0.999$, and after 1000 steps $0.999^{1000} = 0.37$ is left, if the gradient
# only adds noise.
#
# Now Adam. With the penalty *in the gradient*, Adam divides $\alpha w$ by $\sqrt{\hat s}$, together with the rest.
# For a weight whose gradients are noise of size $\sigma$, that root is about $\sigma$. So the factor becomes
#
# $$1 - \frac{\eta\alpha}{\sigma}. \tag{2}$$
#
# **Predict.** Three weights have gradients of pure noise, with $\sigma = 10$, $1$ and $0.1$. All start at $1$. How
# much is left of each after 1000 steps? (`adam`, folded, is the step of the lesson before: it returns the step for
# the rate 1 and its new state, which begins as `START`.)

# %% tags=["setup"]
# NumPy, the pictures of the course, and Adam of the lesson before
import numpy as np

from gdcourse import plots


def adam(g, state, beta1=0.9, beta2=0.999, eps=1e-8):
    t, m, s = state
    t, m, s = t + 1, beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return m / (1 - beta1**t) / ((s / (1 - beta2**t)) ** 0.5 + eps), (t, m, s)


START = (0, 0.0, 0.0)

# %%
sigma = np.array([10.0, 1.0, 0.1])
lr, alpha = 0.01, 0.1


def fade(l2, decay, steps=1000):
    rng, state, w = np.random.default_rng(0), START, np.ones((200, 3))
    path = [w.mean(axis=0)]
    for _ in range(steps):
        g = sigma * rng.normal(size=w.shape) + l2 * w
        step, state = adam(g, state)
        w = (1 - lr * decay) * w - lr * step
        path.append(w.mean(axis=0))
    return np.array(path)  # the mean of 200 runs, for each of the three weights


# %%
faded = {"penalty in Adam's gradient": fade(alpha, 0), "decay outside": fade(0, alpha)}
ends = {name: path[-1] for name, path in faded.items()}
plots.table({"noise": sigma} | ends, digits=2)

# %% tags=["draw"]
# The three weights, with the penalty inside and outside
fig, axes = plots.figure(2, width=9, height=3.3, sharey=True)
for ax, (name, path), divisor in zip(
    axes, faded.items(), (sigma, np.ones(3)), strict=True
):
    for k in range(3):
        style = {"color": plots.COLOURS[k], "linestyle": plots.LINES[k]}
        ax.plot(path[:, k], label=f"noise {sigma[k]:g}", **style)
        theory = (1 - lr * alpha / divisor[k]) ** np.arange(1001)
        ax.plot(theory, color="black", linestyle=":", linewidth=1)
    ax.set(xlabel="step", title=name)
axes[0].set_ylabel("weight, mean of 200 runs")
axes[1].legend(title="dotted: theory")
plots.show(
    fig,
    alt="Mean weight by step for three sizes of noise. With the penalty in the gradient the "
    "weight with much noise hardly decays, that with little is gone after 500 steps. With "
    "decay outside all three fall together, as theory says.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# By (2) about $0.90$, $0.37$ and $0.00$. The noisier a weight, the *less* it feels of the penalty. That is hardly
# what you wanted. With the decay outside all three keep about $0.37$.
#
# </details>

# %% [markdown]
# **AdamW** (Loshchilov and Hutter, 2019) takes the decay out of the gradient. It is [[decoupled weight decay]]: first
# the factor, then Adam's step from the gradient $g$ of the loss alone,
#
# $$w \leftarrow (1 - \eta\alpha)\, w - \eta\, \frac{\hat m}{\sqrt{\hat s} + \varepsilon}. \tag{3}$$
#
# You write it in {{exercise:adamw_step}}. Note that the decay contains the rate: a schedule that lowers $\eta$ lowers
# it too.

# %% tags=["check"]
# Both factors, in theory and in 200 runs
inside, outside = ends.values()
assert 1 - lr * alpha == 0.999 and round(0.999**1000, 2) == 0.37
theory = [(1 - lr * alpha / s) ** 1000 for s in sigma]
assert np.round(theory, 2).tolist() == [0.90, 0.37, 0.00]
assert np.allclose(inside, theory, atol=0.06) and np.allclose(outside, 0.37, atol=0.04)
assert faded["penalty in Adam's gradient"][500, 2] < 0.02 and inside[0] > 0.8
print("checked: inside the gradient the noisy weight escapes, outside none does")

# %% [markdown]
# ## A penalty with a kink
#
# Decay makes weights small, but not zero. To switch features off you want exact zeros. The **L1 penalty**
# $\alpha\,|w|$ pulls with the same force $\alpha$ however small $w$ is. Its slope is $\alpha$ for $w > 0$ and
# $-\alpha$ for $w < 0$. Let $\eta\alpha = 0.1$, no other gradient, and start at $w = 0.25$: $0.25, 0.15, 0.05, \dots$
#
# **Predict.** Go on with plain descent. What are the next four places?

# %%
w, by_slope = 0.25, [0.25]
for _ in range(6):
    w = w - 0.1 * np.sign(w)
    by_slope.append(round(float(w), 2))
print("by the slope:     ", by_slope)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $-0.05, 0.05, -0.05, 0.05$: the slope steps over the kink for ever.
#
# </details>

# %% [markdown]
# The mend: move towards $0$ by $0.1$, **but not past it**. That gives $0.25, 0.15, 0.05, 0, 0, \dots$ For any $x$ and
# any length $c$ of the move it is the [[soft threshold]]:
#
# $$\operatorname{soft}(x, c) = \begin{cases} x - c & \text{if } x > c, \\ 0 & \text{if } -c \le x \le c, \\
# x + c & \text{if } x < -c. \end{cases} \tag{4}$$
#
# It is not a trick. It is the place $w$ that makes $\frac12 (w - x)^2 + c\,|w|$ smallest: stay close to $x$, and pay
# for size. For $w > 0$ the slope of that is $w - x + c$, zero at $w = x - c$, which is positive only if $x > c$. The
# other side is the mirror image, and between them the kink at $0$ is lowest. A step that is defined by such a small
# minimisation is called [[proximal|proximal step]].

# %% tags=["draw"]
# What is minimised, and the soft threshold
at, c = np.linspace(-1.6, 1.6, 401), 0.5
fig, (left, right) = plots.figure(2, width=9, height=3.2)
for x, marker in ((1.0, "o"), (0.3, "s")):
    cost = (at - x) ** 2 / 2 + c * abs(at)
    (line,) = left.plot(at, cost, label=f"$x$ = {x}")
    best = max(x - c, 0)
    height = (best - x) ** 2 / 2 + c * abs(best)
    left.plot(best, height, marker, color=line.get_color(), markersize=9)
left.set(xlabel="$w$", title=r"$\frac{1}{2}(w - x)^2 + 0.5\,|w|$", ylim=(0, 2.5))
left.legend()
right.plot(at, at, color="0.6", linestyle=":", label="no penalty")
right.plot(at, at / (1 + c), label="L2: shrink by a factor")
right.plot(at, np.sign(at) * np.maximum(abs(at) - c, 0), label="L1: soft threshold")
right.set(xlabel="before", ylabel="after", title="one step of shrinking, $c$ = 0.5")
right.legend()
plots.show(
    fig,
    alt="Left, two costs with a kink at 0: for x = 1 the lowest place is at 0.5, for x = 0.3 "
    "it is the kink. Right, L2 shrinks every number by a factor; the soft threshold moves "
    "numbers by 0.5 towards 0, and those between -0.5 and 0.5 to 0.",
)

# %% [markdown]
# The same question with an L2 penalty, $\frac12 (w - x)^2 + \frac{c}{2} w^2$, has the answer $x/(1 + c)$: a factor,
# as in weight decay. So both are steps *outside* the gradient. A step of descent on the loss, then a soft threshold
# with $c = \eta\alpha$ (the pull $\alpha$ for one step), is called ISTA (Daubechies, Defrise and De Mol, 2004). You
# write (4) in {{exercise:soft_threshold}}.

# %% [markdown]
# ## Zeros that are zeros
#
# A regression with 20 features, of which only 4 matter (invented, linear, with noise). The L1 penalty has $\alpha =
# 0.1$.
#
# **Predict.** After 2000 steps at one rate: how many of the 20 weights are exactly zero, by the slope of the penalty,
# and by the soft threshold?

# %%
rng = np.random.default_rng(0)
X = rng.normal(size=(100, 20))
true = np.zeros(20)
true[:4] = [2, -1, 1.5, -0.5]
y = X @ true + rng.normal(0, 0.5, 100)


# %%
def soft(x, c):
    return x - np.clip(x, -c, c)


def fit(proximal, lr=0.1, alpha=0.1, steps=2000):
    w = np.zeros(20)
    for _ in range(steps):
        g = X.T @ (X @ w - y) / 100
        if proximal:
            w = soft(w - lr * g, lr * alpha)
        else:
            w = w - lr * (g + alpha * np.sign(w))
    return w


# %%
by_slope_w, by_soft = fit(False), fit(True)
print(
    "exact zeros:",
    np.sum(by_slope_w == 0),
    "by the slope,",
    np.sum(by_soft == 0),
    "soft",
)
print("found:", np.flatnonzero(by_soft), " true:", np.flatnonzero(true))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# None by the slope: weights that should be zero dance around it. With the soft threshold all 16 that do not matter are
# exactly zero. The four that matter come out a little too small: that is what the penalty costs.
#
# </details>

# %% tags=["check"]
# The kink, the soft threshold as a minimum, and the zeros
from sklearn.linear_model import Lasso

assert by_slope == [0.25, 0.15, 0.05, -0.05, 0.05, -0.05, 0.05]
walk = [0.25]
for _ in range(4):
    walk.append(float(soft(walk[-1], 0.1)))
assert np.allclose(walk, [0.25, 0.15, 0.05, 0, 0]) and walk[-1] == 0
fine = np.linspace(-3, 3, 60_001)
for x in (-2.0, -0.5, -0.1, 0.0, 0.3, 0.5, 1.0):
    lowest = fine[np.argmin((fine - x) ** 2 / 2 + 0.5 * abs(fine))]
    assert abs(lowest - soft(x, 0.5)) < 1e-3
    lowest = fine[np.argmin((fine - x) ** 2 / 2 + 0.5 * fine**2 / 2)]
    assert abs(lowest - x / 1.5) < 1e-3
oracle = Lasso(alpha=0.1, fit_intercept=False, tol=1e-10).fit(X, y).coef_
assert np.allclose(by_soft, oracle, atol=1e-6) and np.sum(by_slope_w == 0) == 0
assert np.flatnonzero(by_soft).tolist() == [0, 1, 2, 3] and np.sum(oracle == 0) == 16
assert np.all(abs(by_soft[:4]) < abs(np.linalg.lstsq(X, y)[0][:4])) and len(X) == 100
by_alpha = {a: fit(True, alpha=a) for a in (0.01, 0.1, 0.3, 0.4, 1.0)}
assert [int(np.sum(by_alpha[a] == 0)) for a in (0.01, 0.1, 1.0)] == [6, 16, 19]
assert np.all(by_alpha[0.3][:4] != 0) and np.flatnonzero(by_alpha[0.4][:4] == 0) == [3]
assert round((1 - 0.01 * 0.5) ** 2, 2) == 0.99 and 0.995 == 1 - 0.01 * 0.5
assert soft(0.4, 0.5) == 0 and np.isclose(soft(-0.7, 0.5), -0.2)
print("checked: exact zeros by the soft threshold, as by the Lasso of scikit-learn")

# %% [markdown]
# ## In three frameworks
#
# The argument has one name and two meanings: `weight_decay` of PyTorch's `Adam` is the penalty in the gradient. In
# Keras' `Adam`, and in both `AdamW`, it is the decay outside. The test: a gradient of zero, $w = 1$, one step, $\eta
# = 0.125$ and $\alpha = 0.5$. A decay leaves $1 - 0.0625 = 0.9375$. The penalty makes Adam's first step, of length
# $\eta$: $0.875$.

# %%
print("outside:", 1 - 0.125 * 0.5)
print("inside: ", 1 - 0.125 * float(adam(np.array(0.5 * 1.0), START)[0]))

# %% tags=["torch"]
import torch

left_t = {}
for name in ("Adam", "AdamW"):
    w_t = torch.tensor(1.0, dtype=torch.float64)
    optimizer = getattr(torch.optim, name)([w_t], lr=0.125, weight_decay=0.5)
    w_t.grad = torch.zeros_like(w_t)
    optimizer.step()
    left_t[name] = round(w_t.item(), 6)
print("PyTorch:", left_t)

# %% tags=["tensorflow"]
import tensorflow as tf

left_k = {}
for name in ("Adam", "AdamW"):
    w_k = tf.Variable(1.0, dtype=tf.float64)
    optimizer = getattr(tf.keras.optimizers, name)(0.125, weight_decay=0.5)
    optimizer.apply_gradients([(tf.zeros_like(w_k), w_k)])
    left_k[name] = round(float(w_k), 6)
print("Keras:", left_k)

# %% tags=["check", "torch", "tensorflow"]
# One name, two meanings; and the soft threshold in all three
assert left_t == {"Adam": 0.875, "AdamW": 0.9375} and 0.125 * 0.5 == 0.0625
assert left_k == {"Adam": 0.9375, "AdamW": 0.9375}
x = np.array([-2.0, 0.2, 0.7])
shrunk = torch.nn.functional.softshrink(torch.tensor(x), 0.5).numpy()
by_keras = tf.keras.ops.soft_shrink(tf.constant(x), 0.5).numpy()
assert np.allclose(shrunk, soft(x, 0.5)) and np.allclose(by_keras, soft(x, 0.5))
print("checked: Adam in PyTorch has it inside, the other three outside")

# %% [markdown]
# The soft threshold is `torch.nn.functional.softshrink` and `keras.ops.soft_shrink`.
#
# ## Summary
#
# - For plain descent an L2 penalty is weight decay. Adam divides it away where gradients are noisy.
# - AdamW decays outside of the gradient, by $1 - \eta\alpha$, all weights alike.
# - An L1 penalty has a kink. The soft threshold moves towards zero and stops there: exact zeros.
#
# ## Common mistakes
#
# - **Decay put into $m$ or $s$.** AdamW's averages see the loss's gradient alone.
# - **One value of $\alpha$ for `Adam` and `AdamW`.** They mean different things. Tune anew.
# - **The slope of $|w|$ and the hope for zeros.** It dances around them.
#
# ## Quick questions
#
# 1. AdamW with $\eta = 0.01$, $\alpha = 0.5$, all gradients zero. What is left of $w = 1$ after two steps?
#
#    <details><summary><b>Answer</b></summary>
#
#    $0.995^2$, about $0.99$.
#
#    </details>
# 2. $\operatorname{soft}(-0.7, 0.5)$, $\operatorname{soft}(0.4, 0.5)$?
#
#    <details><summary><b>Answer</b></summary>
#
#    $-0.2$ and $0$.
#
#    </details>
# 3. Why does L2 give no exact zeros?
#
#    <details><summary><b>Answer</b></summary>
#
#    Its pull $\alpha w$ fades with $w$. A factor makes a number smaller, but zero only in the limit.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** At which $w$ is $\frac12 (w - x)^2 + \frac{c}{2} w^2$ smallest? Compare the factor with weight decay's for
# small $c$.
#
# <details><summary><b>Outline</b></summary>
#
# $w - x + c w = 0$ gives $w = x/(1 + c)$. For small $c$ this is about $(1 - c)\,x$, weight decay with $\eta\alpha = c$.
#
# </details>

# %% [markdown]
# **Try.** Raise $\alpha$ in the regression from $0.01$ to $1$ and count the zeros. Which true weight is lost first?
#
# <details><summary><b>Outline</b></summary>
#
# There are 6 zeros at $0.01$, 16 at $0.1$ and 19 at $1$. The smallest, $-0.5$, is lost first, between $0.3$ and
# $0.4$. A weight goes to zero once the pull of the data on it is weaker than $\alpha$.
#
# </details>
#
# ## References
#
# - I. Loshchilov, F. Hutter (2019). Decoupled weight decay regularization. arXiv:1711.05101
# - I. Daubechies, M. Defrise, C. De Mol (2004). An iterative thresholding algorithm for linear inverse problems with a
#   sparsity constraint. doi:10.1002/cpa.20042
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
