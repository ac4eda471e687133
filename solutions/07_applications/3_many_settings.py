# %% [markdown]
# # Thirty settings at once
#
# {{about}}
#
# **After this lesson you can**
#
# - differentiate the *end* of a training run by its settings, without going through the run,
# - tune thirty settings for the price of one linear solve a step,
# - show that settings overfit like weights, and say how many samples stand against it,
# - say what the same samples would have been worth as training data.
#
# **You need** the [[unrolled gradient]] (unit 04, lesson 8), [[overfitting]] (unit 01), and the Hessian of least squares (unit 03).

# %% [markdown]
# ## At the end of a run, by hand
#
# The weight $w$ is trained on $\frac12 (w - 3)^2$ with the penalty $\frac{\alpha}{2} w^2$, and judged by the validation loss $V = \frac12 (w - 2)^2$. Here $V$ is always that loss. In unit 04 you carried the
# derivative $\partial w / \partial \alpha$ through every step of a run. But a run that has **converged** forgets its steps. At its end the gradient is zero, and that is an equation:
#
# $$(w - 3) + \alpha w = 0 \quad\Rightarrow\quad w = \frac{3}{1 + \alpha}.$$
#
# **Predict.** What is $\partial w / \partial \alpha$ at $\alpha = 0$? Which $\alpha$ is best for $V$? The two steps of unit 04 gave $-0.75$ and $\frac13$.


# %%
def unroll(alpha, steps, lr=0.5):
    w, u = 0.0, 0.0
    for t in range(steps):
        w, u = w - lr * (w - 3 + alpha * w), u - lr * (u + alpha * u + w)
    return w, u


for steps in (2, 5, 10, 40):
    w, u = unroll(0.0, steps)
    print(f"{steps:2} steps: w = {w:.4f}, dw/dalpha = {u:.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $-3 / (1 + \alpha)^2$, so $-3$ at $\alpha = 0$: the unrolled derivative goes there with the number of steps. And $w = 2$ at $\alpha = \frac12$. Two steps had not arrived, so their best $\alpha$ was another one.
#
# </details>
#
# You need not solve the equation for $w$. Differentiate it as it stands, with $w$ a function of $\alpha$: $\frac{\partial w}{\partial \alpha} + \alpha \frac{\partial w}{\partial \alpha} + w = 0$, so
#
# $$\frac{\partial w}{\partial \alpha} = -\frac{w}{1 + \alpha}. \tag{1}$$
#
# This is the **[[implicit gradient]]**. It asks where the run ended, not how it got there.
#
# ## Thirty of them
#
# Now least squares with a penalty of its own for each weight, $\frac12 \sum_j \alpha_j w_j^2$. With $H = X^T X / n$ and $c = X^T y / n$, training ends where
#
# $$(H + \mathrm{diag}(\alpha))\, w = c. \tag{2}$$
#
# Write $A$ for the matrix on the left. Differentiate by $\alpha_j$. On the left both factors change: $A\, \frac{\partial w}{\partial \alpha_j}$ from the weights, and $w_j$ in row $j$ from the matrix. On the right nothing does. So $\frac{\partial w}{\partial \alpha_j}$ is $-w_j$ times column $j$ of
# $A^{-1}$, and
#
# $$\frac{\partial V}{\partial \alpha_j} = \nabla V \cdot \frac{\partial w}{\partial \alpha_j} = -\, w_j\, u_j, \qquad A\, u = \nabla V. \tag{3}$$
#
# Here $u$ is the solution of one linear system, with the same matrix as (2). **One solve more gives all thirty derivatives.** To keep each $\alpha_j$ positive, descend on $a_j = \log \alpha_j$, whose derivative has the factor $\alpha_j$ more. The bias has no penalty.

# %%
import numpy as np


def solve(X, y, alpha):
    A = X.T @ X / len(y) + np.diag(alpha)
    return A, np.linalg.solve(A, X.T @ y / len(y))


def loss(X, y, w):
    return np.mean((X @ w - y) ** 2) / 2


# %%
def validation(fit, held, a):
    """The validation loss where training ends, and its derivatives by a = log alpha."""
    alpha = np.append(0, np.exp(a))  # none on the bias
    A, w = solve(*fit, alpha)
    X, y = held
    u = np.linalg.solve(A, X.T @ (X @ w - y) / len(y))
    return loss(X, y, w), (-w * u * alpha)[1:]


# %% [markdown]
# The tumours of unit 04 again: 30 measures each, labels $-1$ and $1$, and **40 samples to train**. `draw(seed, m)` draws them at random, with `m` others for validation and the rest, 300 or more, to test. Which of the 30 measures should be held back, and how much? First one $\alpha$ for all, the
# best of a grid of 53 values on the validation samples. Then, from there, 1,000 steps of descent on all thirty at once, with the rate 10, which was found by trying.

# %% tags=["setup"]
# Draw tumours to fit, to validate and to test; the grid
from gdcourse.datasets import breast_cancer
from gdcourse.optimizers.numpy import GD

table = breast_cancer()


def draw(seed, m):
    """Return (X, y) to fit, for validation, to test; scaled by those to fit."""
    order = np.random.default_rng(seed).permutation(569)
    fit, held, test = order[:40], order[40 : 40 + m], order[40 + m :]
    X = (table.X - table.X[fit].mean(axis=0)) / table.X[fit].std(axis=0)
    X, y = np.column_stack([np.ones(569), X]), 2.0 * table.y - 1
    return [(X[rows], y[rows]) for rows in (fit, held, test)]


GRID = np.linspace(-9, 4, 53)


def best_shared(fit, held):
    return GRID[np.argmin([validation(fit, held, np.full(30, a))[0] for a in GRID])]


# %%
def tune(fit, held, steps=1000, lr=10):
    a = np.full(30, best_shared(fit, held))
    descent, track = GD(lr), [a.copy()]
    for t in range(steps):
        descent.step([a], [validation(fit, held, a)[1]])
        track.append(a.copy())
    return track


# %% [markdown]
# **Predict.** Ten draws with 20 validation samples, and ten with 200. How will the validation loss move from one shared $\alpha$ to thirty? And the test loss?

# %%
names = {"one": 0, "thirty": -1}
results = {}
for m in (20, 200):
    for seed in range(10):
        fit, held, test = draw(seed, m)
        track = tune(fit, held)
        for name, place in names.items():
            a = track[place]
            w = solve(*fit, np.append(0, np.exp(a)))[1]
            pair = validation(fit, held, a)[0], loss(*test, w)
            results.setdefault((m, name), []).append(pair)
    for name in names:
        held_loss, test_loss = np.mean(results[m, name], axis=0)
        print(f"{m:3} held, {name:6}: {held_loss:.3f} validation, {test_loss:.3f} test")

# %% tags=["draw"]
# Validation and test loss along the descent, for one draw each
from gdcourse import plots

fig, axes = plots.figure(2, width=9.0, height=3.3)
for ax, m in zip(axes, (20, 200), strict=True):
    fit, held, test = draw(4, m) if m == 20 else draw(2, m)
    track = tune(fit, held)[::20]
    ends = [solve(*fit, np.append(0, np.exp(a)))[1] for a in track]
    steps = 20 * np.arange(len(track))
    ax.plot(steps, [loss(*held, w) for w in ends], "--", label="validation")
    ax.plot(steps, [loss(*test, w) for w in ends], "-", label="test")
    ax.set(xlabel="steps on thirty settings", ylabel="loss", ylim=(0, 0.3))
    ax.set_title(f"{m} validation samples")
axes[1].legend(loc="lower left")
plots.show(
    fig,
    alt="Two panels: validation and test loss against the steps on thirty settings. With 20 validation samples "
    "the dashed validation loss falls and the test loss rises. With 200 both fall together.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The validation loss falls in both, since that is what descends. With 20 samples it is halved, from 0.158 to 0.081, and the test loss *rises* from 0.162 to 0.201. With 200 the test loss falls too, from 0.159 to 0.140.
#
# </details>
#
# **Thirty settings are thirty parameters**, and their training set is the validation set. With 20 samples they overfit it, as any thirty weights would. A grid of one setting hides this, because one number cannot fit much.
#
# ## Free?
#
# The 200 validation samples have labels. What if you had *trained* on them?
#
# **Predict.** All 240 samples to train, one shared $\alpha$, chosen by five folds: each fifth in turn is held out, and the losses are averaged. Is the test loss above or below the 0.140 of the thirty settings?


# %%
def by_folds(X, y, folds=5):
    fold, total = np.arange(len(y)) % folds, 0
    for k in range(folds):
        inside, outside = fold != k, fold == k
        for_fit, for_val = (X[inside], y[inside]), (X[outside], y[outside])
        total += np.array(
            [validation(for_fit, for_val, np.full(30, a))[0] for a in GRID]
        )
    return GRID[np.argmin(total)]


# %%
folded, chosen = [], []
for seed in range(10):
    fit, held, test = draw(seed, 200)
    X, y = (np.concatenate(pair) for pair in zip(fit, held, strict=True))
    chosen.append(by_folds(X, y))
    w = solve(X, y, np.append(0, np.full(30, np.exp(chosen[-1]))))[1]
    folded.append(loss(*test, w))
print(f"240 to train, one setting: {np.mean(folded):.3f} test")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Below: 0.128. Here the samples are worth more as training data than as judges of thirty settings.
#
# </details>
#
# So gradients for settings are cheap, not free: what you tune on, you pay for in labels. They pay off where a setting cannot be had otherwise, and where labels for judging are plenty. And three limits stay. The setting needs a derivative. Training has to *end*: after an early stop (1) is wrong, and the unrolled
# gradient is right. And for a network the system with $A$ is too large to solve: it is solved approximately, by conjugate gradients or a few terms of a series (Lorraine and others, 2020).

# %% tags=["check"]
# The case by hand, equation (3) by differences, and the ten draws
assert np.allclose([unroll(0.0, 40)[1], unroll(0.5, 80)[0]], [-3, 2], rtol=1e-6)
assert len(X) == 240 == 40 + 200 and 100**2 == 10_000 and 1000 + 1 == 1001
assert unroll(0.0, 2)[1] == -0.75 and np.isclose(unroll(1 / 3, 2)[0], 2)
for alpha in (0.0, 0.5, 2.0):
    w, u = unroll(alpha, 200, lr=0.3)
    assert np.isclose(u, -w / (1 + alpha), rtol=1e-9)
fit, held, test = draw(0, 20)
a = np.random.default_rng(1).normal(-2, 2, 30)
for j in range(30):
    h = np.where(np.arange(30) == j, 1e-4, 0)
    up, down = (validation(fit, held, a + s * h)[0] for s in (1, -1))
    assert np.isclose(
        (up - down) / 2e-4, validation(fit, held, a)[1][j], rtol=1e-5, atol=1e-9
    )
means = {key: np.mean(pairs, axis=0).round(3) for key, pairs in results.items()}
assert means[20, "one"].tolist() == [0.158, 0.162]
assert means[20, "thirty"].tolist() == [0.081, 0.201]
assert (means[200, "one"][1], means[200, "thirty"][1]) == (0.159, 0.140)
assert len(GRID) == 53 and np.mean(folded).round(3) == 0.128
better = [
    t[1] < o[1]
    for o, t in zip(results[200, "one"], results[200, "thirty"], strict=True)
]
assert sum(better) >= 9 and all(
    t[0] < o[0]
    for m in (20, 200)
    for o, t in zip(results[m, "one"], results[m, "thirty"], strict=True)
)
assert all(-9 < a < 4 for a in chosen) and len(folded) == 10
assert (
    len(test[1]) >= 300
    and len(draw(0, 200)[2][1]) >= 300
    and len(tune(fit, held, 3)) == 4
)
falls = [validation(fit, held, a)[0] for a in tune(fit, held)[::50]]
assert np.all(np.diff(falls) < 0) and len(tune(fit, held)) == 1001
print("checked: the implicit gradient; thirty settings overfit 20 samples, not 200")

# %% [markdown]
# ## In three frameworks
#
# PyTorch and TensorFlow differentiate through `solve` itself, so (3) comes from their backward pass. The same thirty derivatives, the first three shown:

# %%
fit, held, test = draw(0, 200)
a = np.full(30, -1.0)
slope = validation(fit, held, a)[1]
print("NumPy:     ", slope[:3])

# %% tags=["torch"]
import torch

(X, y), (X_held, y_held) = ([torch.tensor(v) for v in pair] for pair in (fit, held))
a_t = torch.tensor(a, requires_grad=True)
alpha = torch.cat([torch.zeros(1), torch.exp(a_t)])
w = torch.linalg.solve(X.T @ X / 40 + torch.diag(alpha), X.T @ y / 40)
(torch.mean((X_held @ w - y_held) ** 2) / 2).backward()
print("PyTorch:   ", a_t.grad[:3].numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

(X, y), (X_held, y_held) = fit, held
a_k = tf.Variable(a)
with tf.GradientTape() as tape:
    alpha = tf.concat([tf.zeros(1, tf.float64), tf.exp(a_k)], axis=0)
    A = tf.constant(X.T @ X / 40) + tf.linalg.diag(alpha)
    w = tf.linalg.solve(A, (X.T @ y / 40)[:, None])[:, 0]
    V = tf.reduce_mean((tf.linalg.matvec(X_held, w) - y_held) ** 2) / 2
slope_k = tape.gradient(V, a_k).numpy()
print("TensorFlow:", slope_k[:3])

# %% tags=["check", "torch", "tensorflow"]
# The same derivatives in all three
assert np.allclose(slope, a_t.grad.numpy(), rtol=1e-9, atol=1e-13)
assert np.allclose(slope, slope_k, rtol=1e-9, atol=1e-13)
print("checked: by equation (3), and through the solve in two frameworks")

# %% [markdown]
# ## Summary
#
# - At the end of training the gradient is zero. Differentiate that equation: the settings' derivatives come without the run.
# - One more linear solve gives all of them, however many there are.
# - Settings that are tuned on a validation set are trained on it. Thirty of them overfit 20 samples.
# - Labels spent on tuning are not spent on training. Compare with both.
#
# ## Common mistakes
#
# - **The implicit gradient of a run that has not converged.**
# - **The tuned validation loss as a result.** It was halved here while the test loss rose.
# - **"Gradient descent tunes hyper-parameters, so accuracy rises"**, in the words of a published tutorial. It tunes those that have a derivative, on data that cost labels.
# - **A penalty on the bias.**
# - **No baseline with the same labels.**
#
# ## Quick questions
#
# 1. Training ends at $w = 4$ with $\alpha = 1$, on $\frac12 (w - 8)^2$ plus the penalty. What is $\partial w / \partial \alpha$?
#
#    <details><summary><b>Answer</b></summary>
#
#    By (1), $-4 / (1 + 1) = -2$.
#
#    </details>
# 2. A weight is zero at the end of training. What is the derivative of the validation loss by its own penalty?
#
#    <details><summary><b>Answer</b></summary>
#
#    Zero, by (3): a penalty on a weight of zero has nothing to shrink.
#
#    </details>
# 3. You have 300 settings and a network of 10,000 weights. How many linear systems does (3) need for one step, and of what size?
#
#    <details><summary><b>Answer</b></summary>
#
#    One, with a matrix of $10{,}000 \times 10{,}000$. The number of settings does not matter.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Settings that weigh the samples: the training loss is $\frac{1}{2n} \sum_i s_i (x_i \cdot w - y_i)^2$. Here $s_i$ is the weight of sample $i$. What is $\partial V / \partial s_i$ at the end of training?
#
# <details><summary><b>Outline</b></summary>
#
# Training ends where $\sum_i s_i (x_i \cdot w - y_i)\, x_i = 0$. Differentiate by $s_i$: $A\, \frac{\partial w}{\partial s_i} + \frac1n (x_i \cdot w - y_i)\, x_i = 0$, so $\frac{\partial V}{\partial s_i} = -\frac1n (x_i \cdot w - y_i)\, x_i \cdot u$
# with the same $u$. It says which samples help and which harm: those with a positive value harm.
#
# </details>

# %% [markdown]
# **Try.** Stop the descent on the thirty settings of a draw with 20 validation samples after 10 steps instead of 1,000. What does the test loss do?
#
# <details><summary><b>Outline</b></summary>
#
# It stays close to that of one setting, 0.163 on average over the ten draws: stopping early holds the settings near their shared start, as it does with weights.
#
# </details>

# %% tags=["check"]
# The numbers of the questions, a few steps, and the weights of samples
assert -4 / (1 + 1) == -2 and np.isclose((4 - 8) + 1 * 4, 0)
short = []
for seed in range(10):
    fit, held, test = draw(seed, 20)
    w = solve(*fit, np.append(0, np.exp(tune(fit, held, 10)[-1])))[1]
    short.append(loss(*test, w))
assert np.mean(short).round(3) == 0.163


def weighed(s):
    (X, y), (X_held, y_held) = fit, held
    A = (X.T * s) @ X / 40 + 0.1 * np.eye(31)
    w = np.linalg.solve(A, X.T @ (s * y) / 40)
    u = np.linalg.solve(A, X_held.T @ (X_held @ w - y_held) / len(y_held))
    return loss(X_held, y_held, w), -(X @ w - y) * (X @ u) / 40


for i in range(5):
    h = np.where(np.arange(40) == i, 1e-5, 0)
    quotient = (weighed(1 + h)[0] - weighed(1 - h)[0]) / 2e-5
    assert np.isclose(quotient, weighed(np.ones(40))[1][i], rtol=1e-5, atol=1e-10)
print("checked: the questions, an early stop, and the weights of samples")

# %% [markdown]
# ## References
#
# - Y. Bengio (2000). Gradient-based optimization of hyperparameters. *Neural Computation* 12, 1889–1900. doi:10.1162/089976600300015187
# - D. Maclaurin, D. Duvenaud, R. P. Adams (2015). Gradient-based hyperparameter optimization through reversible learning. *ICML 2015*. arXiv:1502.03492
# - J. Lorraine, P. Vicol, D. Duvenaud (2020). Optimizing millions of hyperparameters by implicit differentiation. *AISTATS 2020*. arXiv:1911.02590
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
