# %% [markdown]
# # Logistic regression: a sigmoid, fitted live
#
# {{about}}
#
# **After this lesson you can**
#
# - fit a sigmoid to six points, the first step by hand,
# - read a trained weight as a factor on the odds,
# - train a spam filter with a penalty on large weights, and prove that you reached the optimum,
# - say why the weights grow without end on data that a line separates, and how fast.
#
# **You need** lessons 3 (standardise, $2/L$) and 4 (score, odds, cross-entropy, $p - y$).

# %% [markdown]
# ## Six students, by hand
#
# Six students worked $1, 2, \dots, 6$ hours for a test. Those with $3$, $5$ and $6$ hours passed. (Invented, as the
# mails below.) [[Logistic regression]] gives each a score $z = wx + b$ and the probability $p = 1/(1 + e^{-z})$ of
# passing, and makes the mean cross-entropy small. Its gradient is "error times input":
#
# $$\frac{\partial J}{\partial b} = \frac1n \sum_i (p_i - y_i), \qquad
# \frac{\partial J}{\partial w} = \frac1n \sum_i (p_i - y_i)\, x_i. \tag{1}$$
#
# **Predict.** Begin at $b = w = 0$, where each $p$ is $\frac12$. Which two numbers are the gradient? Where does a first
# step with the rate $0.3$ lead?

# %%
import numpy as np

x = np.array([1.0, 2, 3, 4, 5, 6])
y = np.array([0, 0, 1, 0, 1, 1])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# %%
b, w = 0.0, 0.0
path = [(b, w)]
for step in range(1000):
    error = sigmoid(w * x + b) - y
    b, w = b - 0.3 * np.mean(error), w - 0.3 * np.mean(error * x)
    path.append((b, w))

# %%
for t in (1, 10, 100, 1000):
    print(f"step {t:4}: b {path[t][0]:6.3f}  w {path[t][1]:.3f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Three errors are $\frac12$ and three $-\frac12$, so the first sum is $0$. With the inputs: $\frac12(1 + 2 + 4) -
# \frac12(3 + 5 + 6) = -3.5$, over six $-0.583$. So $b$ stays, and $w$ goes to $0.3 \cdot 0.583 = 0.175$.
#
# </details>

# %% tags=["draw"]
# The sigmoid at five steps of the run
from gdcourse import plots


def cross_entropy(b, w):
    z = w * x + b
    return np.mean(np.logaddexp(0, z) - y * z)


def fitted(steps):
    fig, ax = plots.figure(width=6.5, height=3.4)
    grid = np.linspace(0, 7, 200)
    for t in steps:
        b, w = path[t]
        ax.plot(grid, sigmoid(w * grid + b), label=f"step {t}")
    ax.plot(x, y, "o", color=plots.COLOURS[6], markersize=7)
    ax.set(xlabel="hours", ylabel="probability of passing", ylim=(-0.06, 1.06))
    ax.set_title(f"loss after step {steps[-1]}: {cross_entropy(*path[steps[-1]]):.4f}")
    ax.legend(loc="lower right")
    return fig


plots.show(
    fitted([0, 1, 10, 100, 1000]),
    alt="Six points at 0 or 1 and five curves: a level line at one half at step 0, then "
    "steeper and steeper S-curves; the last crosses one half at 3.5 hours.",
)

# %% [markdown]
# Watch it live: move the slider through the run. (It needs a running kernel.)


# %% tags=["widget", "draw"]
# A slider over the steps
def at(step):
    b, w = path[step]
    told = f"The sigmoid after {step} steps: it crosses one half at {-b / w:.2f} hours."
    return fitted([step]), told


plots.slider(at, step=[1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000])

# %% [markdown]
# The curve crosses $\frac12$ where $wx + b = 0$, at $x = -b/w = 3.5$: the data look the same from both ends. The final
# weight is $w = 1.2$. One more hour adds $1.2$ to the score, so it multiplies the odds by $e^{1.2} = 3.3$.

# %% tags=["check"]
# First step, boundary, odds
assert np.allclose(path[1], (0, 0.175)) and round(3.5 / 6, 3) == 0.583
b, w = path[-1]
assert round(-b / w, 1) == 3.5 and round(w, 1) == 1.2 and round(np.exp(1.2), 1) == 3.3
assert abs(np.mean((sigmoid(w * x + b) - y) * x)) < 1e-3
losses = [cross_entropy(*point) for point in path]
assert np.isclose(losses[0], np.log(2)) and losses[-1] < losses[100] < losses[10]
print("checked: the first step, and the boundary at 3.5 hours")

# %% [markdown]
# ## A spam filter
#
# Now 1000 mails, a fifth of them spam, each described by five counts, such as exclamation marks. The counts were drawn
# independently for the two kinds, which makes a logistic model exactly right: real mails are not so obliging. Hold 300
# back, and standardise with the other 700.
#
# Large weights make bold forecasts. A **penalty**, called [[L2]], holds them down with a strength $\alpha$ that you
# choose:
#
# $$J = \text{mean cross-entropy} + \frac{\alpha}{2} \sum_{j \ge 1} w_j^2, \qquad
# \frac{\partial J}{\partial w_j} = \frac1n \sum_i (p_i - y_i)\, x_{ij} + \alpha w_j. \tag{2}$$
#
# The bias, column 0, is left out: it sets how common spam is, and no share of spam is simpler than another.

# %%
from gdcourse import datasets

train, held_out = datasets.split(datasets.spam())
mean, std = train.X.mean(axis=0), train.X.std(axis=0)
X = np.column_stack([np.ones(700), (train.X - mean) / std])
alpha = 0.01


def gradient(w):
    penalty = np.append(0, alpha * w[1:])
    return X.T @ (sigmoid(X @ w) - train.y) / 700 + penalty


# %% [markdown]
# Which rate is safe? Differentiate (1) once more: $(p_i - y_i)\, x_i$ becomes $p_i (1 - p_i)\, x_i^2$. For squared
# error it was $x_i^2$ (lesson 3). And $p(1 - p)$ is at most $\frac14$. So the curvature is at most a quarter of that
# of squared error, plus $\alpha$ for the penalty. Take this bound for $L$: here $2/L = 4.2$, and a rate of $1$ is
# safe.
#
# **Predict.** The five counts are exclamation marks, links, words in capitals, "free" or "prize", and names of people
# whom you know. Which weights will be negative? At $w = 0$, what is the loss?

# %%
w_spam = np.zeros(6)
for _ in range(1000):
    w_spam = w_spam - 1.0 * gradient(w_spam)
names = ["bias", *train.features]
plots.table({"count": names, "weight": w_spam, "odds times": np.exp(w_spam)}, digits=3)

X_new = np.column_stack([np.ones(300), (held_out.X - mean) / std])
print("right:", round(np.mean((X_new @ w_spam > 0) == held_out.y), 2))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Of the five only the names speak for an honest mail: one standard deviation more multiplies the odds of spam by
# $0.39$. One of exclamation marks multiplies them by $3.41$. At $w = 0$ each $p$ is one half, so the loss is $\log 2
# = 0.6931$.
#
# </details>

# %% [markdown]
# ## Is this the optimum?
#
# The loss is [[convex]]: no curvature is negative anywhere. So where the gradient is zero is the minimum. A second
# witness is scikit-learn, with another method. Mind its convention: it minimises a sum, with a factor $C = 1/(\alpha
# n)$ in front.

# %%
from sklearn.linear_model import LogisticRegression

judge = LogisticRegression(C=1 / (alpha * 700), tol=1e-10, max_iter=10_000)
judge.fit(X[:, 1:], train.y)
print("length of the gradient:", f"{np.linalg.norm(gradient(w_spam)):.0e}")
print("scikit-learn:", np.round(judge.coef_[0], 3))

# %% [markdown]
# Write loss and gradient yourself, for scores of any size: {{exercise:logreg_loss_grad}}.

# %% tags=["check"]
# Gradient, optimum and what the filter can do
import gdcourse.losses.numpy as library
from gdcourse.diagnostics import smoothness
from gdcourse.gradients import central_difference


def objective(w):
    return library.bce_with_logits(X @ w, train.y) + alpha / 2 * np.sum(w[1:] ** 2)


somewhere = np.random.default_rng(0).normal(size=6)
assert np.allclose(
    gradient(somewhere), central_difference(objective, somewhere), atol=1e-8
)
assert np.allclose(w_spam, [*judge.intercept_, *judge.coef_[0]], atol=1e-7)
assert np.linalg.norm(gradient(w_spam)) < 1e-12
assert round(2 / (smoothness(X) / 4 + alpha), 1) == 4.2
assert round(objective(np.zeros(6)), 4) == 0.6931 and len(train.y) == 700 == 1000 - 300
assert round(np.exp(w_spam[1]), 2) == 3.41 and round(np.exp(w_spam[5]), 2) == 0.39
assert [names[j] for j in range(1, 6) if w_spam[j] < 0] == ["names of yours"]
assert round(np.mean((X_new @ w_spam > 0) == held_out.y), 2) > 0.9
print("checked: the gradient vanishes, and scikit-learn finds the same weights")

# %% [markdown]
# ## When a line separates the classes
#
# Take away the penalty, and let all samples be right: the data are [[separable]]. The smallest case is one sample
# with $x = 1$ and $y = 1$, and a weight. Its loss $\log(1 + e^{-w})$ falls for ever, so there is no best $w$. How
# fast does $w$ run away? For a large $w$ the slope $p - 1$ is about $-e^{-w}$, so at the rate $1$ a step adds about
# $e^{-w}$ to $w$.
#
# **Predict.** By about how much does a step raise $e^w$? So how does $w$ depend on the number of steps $t$?

# %%
w = 0.0
for t in range(1, 100_001):
    w = w + 1 - sigmoid(w)
    if t in (10, 100, 1000, 10_000, 100_000):
        print(f"step {t:6}: w {w:6.3f}   e^w {np.exp(w):9.0f}   log t {np.log(t):6.3f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The slope of $e^w$ is $e^w$, so it rises by about $e^w \cdot e^{-w} = 1$ a step. After $t$ steps $e^w$ is about $t$,
# and $w$ about $\log t$. Ten times the steps add $\log 10 = 2.303$ to the weight.
#
# </details>

# %% [markdown]
# In more dimensions the *length* of $w$ grows like $\log t$, while its direction settles: at the boundary with the
# widest distance to the nearest points on both sides, with the bias counted in the length (Soudry and others, 2018).
# Take the four samples of lesson 6: zeros at $-2$ and $-1$, ones at $0.5$ and $2$. The boundary $-b/w$ moves towards
# $-0.25$, half way between $-1$ and $0.5$. So the forecasts become ever bolder, and the size of the weights is
# decided by when you stop. With L2 it is decided by $\alpha$: with $0.01$ the single weight settles at $3.36$.

# %% tags=["check"]
# The growth of the weight, with and without a penalty
weights, w, w_l2 = {}, 0.0, 0.0
for t in range(1, 100_001):
    w, w_l2 = w + 1 - sigmoid(w), w_l2 + 1 - sigmoid(w_l2) - 0.01 * w_l2
    weights[t] = w
assert np.allclose(
    [weights[10**k] for k in (3, 4, 5)], np.log([1e3, 1e4, 1e5]), atol=3e-3
)
assert round(np.log(10), 3) == 2.303 and np.isclose(
    weights[10**5] - weights[10**4], 2.303, 1e-3
)
assert round(w_l2, 2) == 3.36 and np.isclose(1 - sigmoid(w_l2), 0.01 * w_l2)
points, sides = np.array([-2, -1, 0.5, 2]), np.array([0, 0, 1, 1])  # of lesson 6
b, w, seen = 0.0, 0.0, []
for t in range(30_000):
    error = sigmoid(w * points + b) - sides
    b, w = b - 0.5 * np.mean(error), w - 0.5 * np.mean(error * points)
    seen.append(-b / w)
gap = np.abs(np.array(seen)[[99, 999, 9999, 29999]] + 0.25)
assert np.all(np.diff(gap) < 0) and gap[-1] < 0.02
print("checked: w grows like log t, and the boundary nears the widest margin")

# %% [markdown]
# ## In three frameworks
#
# A hundred steps on the mails. PyTorch and TensorFlow get the loss (2) and find the gradient themselves.

# %%
w_100 = np.zeros(6)
for _ in range(100):
    w_100 = w_100 - 1.0 * gradient(w_100)
print("NumPy:", np.round(w_100, 4))

# %% tags=["torch"]
import torch

X_t, y_t = torch.tensor(X), torch.tensor(train.y, dtype=torch.float64)
w_t = torch.zeros(6, dtype=torch.float64, requires_grad=True)
descent = torch.optim.SGD([w_t], lr=1.0)
for _ in range(100):
    descent.zero_grad()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(X_t @ w_t, y_t)
    (loss + alpha / 2 * torch.sum(w_t[1:] ** 2)).backward()
    descent.step()
print("PyTorch:", np.round(w_t.tolist(), 4))

# %% tags=["tensorflow"]
import tensorflow as tf

w_k, y_k = tf.Variable(np.zeros(6)), tf.constant(train.y, dtype=tf.float64)
for _ in range(100):
    with tf.GradientTape() as tape:
        z = tf.linalg.matvec(X, w_k)
        losses_k = tf.nn.sigmoid_cross_entropy_with_logits(labels=y_k, logits=z)
        J = tf.reduce_mean(losses_k) + alpha / 2 * tf.reduce_sum(w_k[1:] ** 2)
    w_k.assign_sub(1.0 * tape.gradient(J, w_k))
print("TensorFlow:", np.round(w_k.numpy(), 4))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert np.allclose(w_t.tolist(), w_100, rtol=0, atol=1e-12)
assert np.allclose(w_k, w_100, rtol=0, atol=1e-12)
print("checked: the same weights after 100 steps in all three")

# %% [markdown]
# ## Summary
#
# - Logistic regression is a linear score, a sigmoid and cross-entropy. Its gradient is $(p - y)\,x$, averaged.
# - A weight adds to the score, so its power multiplies the odds.
# - L2 adds $\alpha w$ to the gradient, but not for the bias. A zero gradient proves the optimum: the loss is convex.
# - On separable data, without a penalty, the weights grow like $\log t$.
#
# ## Common mistakes
#
# - **Penalising the bias.** Leave $w_0$ out of the penalty, in the loss and in the gradient.
# - **$C = 1/\alpha$.** scikit-learn sums over the samples: $C = 1/(\alpha n)$.
# - **$\log p$ from a rounded $p$.** At a score of 1000 it is $\log 0$. Compute from the score.
# - **Reading weights of features in different units.** Standardise first; then they can be compared.
#
# ## Quick questions
#
# 1. A feature has the weight $0$. What does one more of it do to the odds?
#
#    <details><summary><b>Answer</b></summary>
#
#    It multiplies them by $e^0 = 1$: nothing.
#
#    </details>
# 2. At the optimum without a penalty, what is the mean of all $p_i$?
#
#    <details><summary><b>Answer</b></summary>
#
#    The share of the label 1. By (1) the errors add up to zero.
#
#    </details>
# 3. Training accuracy is $1$, and the loss still falls, slowly. Is it worth going on?
#
#    <details><summary><b>Answer</b></summary>
#
#    The data are separable: the weights grow like $\log t$, and forecasts become bolder. Ask a held-out set, or use L2.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that the loss is convex: for one sample, find the second derivative of $\log(1 + e^z) - yz$ in $z$.
# Then say why a sum of such terms in $z = Xw$ has no negative curvature.
#
# <details><summary><b>Outline</b></summary>
#
# The first derivative is $p - y$, the second $p(1 - p) > 0$. Along any direction $u$ each score changes at a constant
# speed, $x_i^\top u$, so the curvature along $u$ is $\frac1n \sum_i p_i(1 - p_i)(x_i^\top u)^2 \ge 0$.
#
# </details>
#
# **Try.** Let the student with four hours pass. Is the data set separable now? What do $w$ and the boundary do in 1000
# steps, and in 10,000?
#
# <details><summary><b>Outline</b></summary>
#
# It is: all with three hours or more passed. The weight goes on growing, from $3.3$ to $7.1$, and the boundary nears
# $2.5$, half way between two and three hours.
#
# </details>

# %% tags=["check"]
# The open question
passed, b, w, at_step = np.array([0, 0, 1, 1, 1, 1]), 0.0, 0.0, {}
for t in range(1, 10_001):
    error = sigmoid(w * x + b) - passed
    b, w = b - 0.3 * np.mean(error), w - 0.3 * np.mean(error * x)
    at_step[t] = w, -b / w
assert round(at_step[1000][0], 1) == 3.3 and round(at_step[10_000][0], 1) == 7.1
assert abs(at_step[10_000][1] - 2.5) < abs(at_step[1000][1] - 2.5)
print("checked: separable students, and a weight that grows")

# %% [markdown]
# ## References
#
# - D. R. Cox (1958). The regression analysis of binary sequences. *Journal of the Royal Statistical Society B* 20(2),
#   215–242. doi:10.1111/j.2517-6161.1958.tb00292.x
# - D. Soudry and others (2018). The implicit bias of gradient descent on separable data. *JMLR* 19(70), 1–57.
#   arXiv:1710.10345
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
