# %% [markdown]
# # How large is too large?
#
# {{about}}
#
# **After this lesson you can**
#
# - say what the limit $2/L$ promises when the loss is not a bowl, and prove it,
# - measure the limit of a run by bisection,
# - say what may happen beyond it: a rise and then convergence, a cycle, another minimum, or a run that flies off.
#
# **You need** the lesson before this one, and that the integral of a slope is the change of height. One experiment fits
# a logistic regression (unit 01); its formula stands there again.

# %% [markdown]
# ## A loss that is not a bowl
#
# On a parabola the limit is $2/\lambda$. But the curvature of a real loss changes from place to place. Take
# $f(x) = \sqrt{1 + x^2}$. Near $0$ it is a bowl with the curvature $1$. Far out it is nearly a straight slope:
#
# | | $x = 0$ | $x = 2$ | $x = 10$ |
# |:--|--:|--:|--:|
# | slope $x / \sqrt{1 + x^2}$ | $0$ | $0.894$ | $0.995$ |
# | curvature $(1 + x^2)^{-3/2}$ | $1$ | $0.089$ | $0.001$ |
#
# Let $L$ be the *largest* curvature anywhere. Here $L = 1$. A function whose curvature has such a bound is called
# $L$-[[smooth|smoothness]]. (Usually $L$ bounds the curvature in size; the lemma below needs only the upper side.)


# %%
def f(x):
    return (1 + x**2) ** 0.5


def slope(x):
    return x / (1 + x**2) ** 0.5


def descend(slope, x, lr, steps):
    path = [x]
    for t in range(steps):
        path.append(path[-1] - lr * slope(path[-1]))
    return path


# %% [markdown]
# **Predict.** You start at $2$, where the curvature is only $0.089$. Which of the rates $1$, $1.9$ and $3$ converge?
# Does $3$ fly off?

# %%
for lr in (1.0, 1.9, 3.0):
    path = descend(slope, 2.0, lr, 60)
    print(f"rate {lr}: after 2, 59, 60 steps", [round(path[t], 3) for t in (2, 59, 60)])

# %% tags=["draw"]
# The function, the parabola above it, and the run at the rate 3
import numpy as np

from gdcourse import plots

fig, (left, right) = plots.figure(2, width=9, height=3.3, sharey=True)
at = np.linspace(-3.2, 3.6, 200)
cap = f(2) + slope(2) * (at - 2) + (at - 2) ** 2 / 2
left.plot(at, f(at), label="$f$")
left.plot(at, cap, label="parabola of curvature $L = 1$ that touches $f$ at 2")
left.plot(2, f(2), "o", color="black")
left.set(
    xlabel="$x$",
    ylabel="$f$",
    ylim=(0.8, 5),
    title="a parabola lies above the function",
)
cycle = np.array(descend(slope, 2.0, 3.0, 60))
right.plot(at, f(at))
right.plot(cycle, f(cycle), "s-", color=plots.COLOURS[2], markersize=4, linewidth=1)
right.set(xlabel="$x$", title="at the rate 3: a cycle about the minimum")
fig.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
plots.show(
    fig,
    alt="Left, f is a rounded valley; a steeper parabola touches it at 2 and stays above it. "
    "Right, a run on f from 2 ends in jumps from side to side at the same height, above "
    "the minimum.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $1$ and $1.9$ converge. $3$ ends in a **cycle**, from $1.118$ to $-1.118$ and back. Near the minimum the curvature is
# $1$, and $3$ is beyond $2/1$, so the minimum pushes the run away. Far out the slope stays below $1$, so no step is
# longer than $3$, and each points back towards $0$: the run cannot fly off. (A cycle needs $3x/\sqrt{1+x^2} = 2x$, so $x^2 = 1.25$.)
#
# </details>

# %% tags=["check"]
# The table, the three ends, the parabola above
from gdcourse.gradients import central_difference

for x, s, c in ((0.0, 0, 1), (2.0, 0.894, 0.089), (10.0, 0.995, 0.001)):
    assert round(slope(x), 3) == s and round((1 + x**2) ** -1.5, 3) == c
    assert np.isclose(central_difference(slope, np.float64(x)), (1 + x**2) ** -1.5)
assert abs(descend(slope, 2.0, 1.0, 60)[-1]) < 1e-9
assert abs(descend(slope, 2.0, 1.9, 60)[-1]) < 0.01
assert np.allclose(abs(cycle[-2:]), 1.118, atol=5e-4) and cycle[-1] * cycle[-2] < 0
assert np.isclose(1.25**0.5, abs(cycle[-1])) and np.all(cap >= f(at) - 1e-12)
print("checked: slopes and curvatures, two runs that converge and one that cycles")

# %% [markdown]
# ## What the limit promises, proved
#
# Look at the left picture. A parabola with the *largest* curvature touches $f$ where you stand. It bends up faster than
# $f$ can, so it stays above $f$ on both sides. So if a step takes you down on the parabola, $f$ has fallen at least as
# far. And parabolas we understand.
#
# In formulas, for a step from $x$ to $x + s$. Here $s, r$ are distances from $x$. Go to the right, $s > 0$; to the left
# all is mirrored. The slope changes by at most $L$ per unit of way, so at the distance $r$ it is at most $f'(x) + L r$.
# Add up the slopes on the way:
#
# $$f(x + s) \;\le\; f(x) + \int_0^s \bigl( f'(x) + L r \bigr)\, dr \;=\; f(x) + f'(x)\, s + \tfrac{L}{2} s^2. \tag{1}$$
#
# Now take the step of gradient descent, $s = -\eta f'(x)$:
#
# $$f(x + s) \;\le\; f(x) - \eta f'(x)^2 + \tfrac{L}{2} \eta^2 f'(x)^2 \;=\; f(x) - \eta \Bigl( 1 - \frac{\eta L}{2}
# \Bigr) f'(x)^2. \tag{2}$$
#
# With many parameters let no eigenvalue of the Hessian $H$ be above $L$, anywhere. Here $a$ is how far you go along the
# line $x - a g$. The slope at $a = 0$ is $-\lVert g \rVert^2$, and the curvature $g^T H g$ is at most
# $L \lVert g \rVert^2$. Put these into (1), with $s = \eta$. This is the **[[descent lemma]]** (Nesterov 2004):
#
# $$f(x - \eta g) \;\le\; f(x) - \eta \Bigl( 1 - \frac{\eta L}{2} \Bigr) \lVert g \rVert^2, \qquad g = \nabla f(x).
# \tag{3}$$
#
# The bracket is positive for $0 < \eta < 2/L$: *every* such step lowers $f$, wherever the gradient is not
# zero.
#
# **Predict.** You stand at $2$ on our $f$, with $f'(2)^2 = 0.8$ and $L = 1$. Which rate promises the largest fall, and
# how large is it? Does $f$ really fall as little at that rate?

# %%
for lr in (0.5, 1.0, 1.5, 1.9):
    promised = lr * (1 - lr / 2) * slope(2) ** 2
    fall = f(2) - f(2 - lr * slope(2))
    print(f"rate {lr}: promised fall {promised:.3f}, real fall {fall:.3f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $\eta(1 - \eta/2)$ is largest in the middle, at $\eta = 1/L = 1$, where it is $\frac12$: a fall of at least $0.4$. The
# real fall is $0.745$, since $f$ bends less than the parabola here. A promise for the worst place is cautious
# elsewhere.
#
# </details>

# %% [markdown]
# What follows, at a fixed rate below $2/L$? Add (3) up over all steps. The falls together cannot exceed $f(x_0)$ minus
# the greatest lower bound of $f$. So if there is one, the sum of all $\lVert g_t \rVert^2$ is finite, and the gradients
# tend to zero. If the run settles at a point, it is a [[stationary point]]: a minimum, local or global, or in rare
# cases a saddle or a maximum. (On $e^{-x}$ it never settles.)

# %% tags=["check"]
# The lemma at random points and rates; the numbers of the prediction
rng = np.random.default_rng(0)
for x, lr in zip(rng.normal(0, 5, 1000), rng.uniform(0, 4, 1000), strict=True):
    bound = f(x) - lr * (1 - lr / 2) * slope(x) ** 2
    assert f(x - lr * slope(x)) <= bound + 1e-12
assert np.isclose(slope(2) ** 2, 0.8) and np.isclose(0.5 * slope(2) ** 2, 0.4)
assert round(f(2) - f(2 - slope(2)), 3) == 0.745
assert (1.1 * (1 - 1.1 / 2)) < 0.5 > (0.9 * (1 - 0.9 / 2))
out = descend(lambda x: -np.exp(-x), 0.0, 1.0, 10_000)  # on exp(-x): L is 1 from 0 on
assert np.all(np.diff(out) > 0) and out[-1] > 9 and np.exp(-out[-1]) < 2e-4
bowl, at = np.diag([3.0, -1.0, 2.0]), rng.normal(size=(1000, 3))  # (3), with a saddle
heights = [np.sum(v * (v @ bowl), axis=1) / 2 for v in (at, at - 0.2 * at @ bowl)]
promise = 0.2 * (1 - 0.2 * 3 / 2) * np.sum((at @ bowl) ** 2, axis=1)
assert np.all(heights[1] <= heights[0] - promise + 1e-12)
print(
    "checked: the lemma holds at 1000 random points and rates; a run that never settles"
)

# %% [markdown]
# ## The limit, measured
#
# Do not take $2/L$ on trust. Say that a run *converges* when 2000 steps shrink its gradient to a millionth. Take a
# small rate that converges and a large one that does not. Try the middle on the log scale. Keep the half that holds the
# limit, and repeat: this is [[bisection]].


# %%
def converges(gradient, x, lr, steps=2000):
    first = np.linalg.norm(gradient(x))
    for t in range(steps):
        x = x - lr * gradient(x)
    return np.linalg.norm(gradient(x)) < 1e-6 * first  # false for NaN


def limit(gradient, x, low, high):
    for k in range(14):
        middle = (low * high) ** 0.5
        if converges(gradient, x, middle):
            low = middle
        else:
            high = middle
    return low


# %% [markdown]
# Three losses. A valley with the curvatures $1$ and $100$. Least squares on the (invented) house prices of unit 01. And
# logistic regression on the 569 real tumours, with the L2 penalty $0.005\, \lVert w \rVert^2$. With the predicted
# probabilities $p_i$ its Hessian is
#
# $$H(w) = \frac1n \sum_i p_i (1 - p_i)\, x_i x_i^T + 0.01\, I. \tag{4}$$
#
# Since $p(1 - p)$ is at most $\frac14$, the largest eigenvalue of $X^T X / 4n$, plus $0.01$, is an $L$ for every $w$.

# %% tags=["setup"]
# The three losses: gradient, start, and the largest curvature anywhere
from gdcourse import datasets
from gdcourse.functions import quadratic


def standardised(X):
    return np.column_stack([np.ones(len(X)), (X - X.mean(axis=0)) / X.std(axis=0)])


homes, tumours = datasets.houses(), datasets.breast_cancer()
A, price = standardised(homes.X), homes.y
X, y = standardised(tumours.X), tumours.y


def prob(w):
    return 1 / (1 + np.exp(-(X @ w)))


def log_loss(w):
    z = X @ w
    return np.mean(np.logaddexp(0, z) - y * z) + 0.005 * w @ w


def log_gradient(w):
    return X.T @ (prob(w) - y) / len(y) + 0.01 * w


def log_hessian(w):
    p = prob(w)
    return (X.T * (p * (1 - p))) @ X / len(y) + 0.01 * np.eye(len(w))


def largest(H):
    return np.linalg.eigvalsh(H)[-1]


valley = quadratic([1.0, 100.0])
losses = {
    "valley": (valley.gradient, valley.start, 100.0),
    "houses": (
        lambda w: A.T @ (A @ w - price) / 200,
        np.zeros(5),
        largest(A.T @ A / 200),
    ),
    "tumours": (log_gradient, np.zeros(31), largest(X.T @ X / 4 / 569) + 0.01),
}
w_star = np.zeros(31)
for _ in range(20):  # Newton's method, unit 03
    w_star = w_star - np.linalg.solve(log_hessian(w_star), log_gradient(w_star))

# %% [markdown]
# **Predict.** Where is the curvature of (4) largest, and where does the run end? Will bisection find $2/L$ for all
# three?

# %%
found = {}
with np.errstate(over="ignore", invalid="ignore"):  # runs that fly off
    for name, (gradient, start, L) in losses.items():
        found[name] = limit(gradient, start, low=0.05 / L, high=50 / L)
        print(f"{name:8} 2/L = {2 / L:.4f}   by bisection {found[name]:.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# For the two bowls it does: $0.0199$ against $0.02$, and $1.11$ against $1.115$ (a little low: 2000 steps must be
# enough for a millionth, so the factor must be below $0.993$ in size). For the tumours it finds $9.0$, fifteen times
# $2/L = 0.601$. There $L$ is a bound for the worst place, the start, where all $p_i = \frac12$. What decides in the end
# is the curvature *at the minimum*, where most probabilities are near $0$ or $1$: $2/\lambda_{\max}(H(w^*)) = 9.01$.
#
# </details>

# %% [markdown]
# So $2/L$ is a **guarantee**, not a cliff. Below it, each step lowers the loss. Above it a step *may* raise the loss,
# and the run may converge all the same. The second limit, $2$ over the curvature at the minimum, is where the minimum
# begins to push runs away. Watch three rates on the tumours, one below the guarantee and two on either side of $9.01$:

# %% tags=["draw"]
# Three rates on the tumours
runs = {}
for lr in (0.5, 8.6, 9.5):
    w, heights = np.zeros(31), []
    for _ in range(1501):
        heights.append(log_loss(w))
        w = w - lr * log_gradient(w)
    runs[lr] = np.array(heights)

lowest = log_loss(w_star)
fig, ax = plots.figure(width=7.5, height=3.6)
for (lr, heights), marker in zip(runs.items(), plots.MARKERS, strict=False):
    shown = np.unique(np.geomspace(1, 1501, 40).astype(int)) - 1
    above = heights[shown] - lowest
    ax.plot(shown + 1, above, marker=marker, markersize=4, label=f"rate {lr}")
ax.set(xscale="log", yscale="log", xlabel="step + 1", ylabel="loss above the minimum")
ax.set(title="logistic regression on the tumours", ylim=(1e-9, 4))
ax.legend(loc="lower left")
plots.show(
    fig,
    alt="Loss above the minimum against the step, on log scales. At rate 0.5 it falls at every "
    "step, slowly. At rate 8.6 it first jumps up, then falls far below. At rate 9.5 it does "
    "the same, comes close to the minimum within 100 steps, and is then pushed up again to "
    "about 0.006, where it stays.",
)

# %% tags=["check"]
# Bisection against theory, and the three runs
for name, (_, _, L) in losses.items():
    end = largest(log_hessian(w_star)) if name == "tumours" else L
    off = found[name] * end / 2 - 1
    assert 0 < off < 0.002 if name == "tumours" else -0.004 < off < 0  # 0.4 % low
assert f"{found['valley']:.4f}" == "0.0199" and 2 / 100 == 0.02
assert f"{found['houses']:.2f}" == "1.11" and round(found["tumours"], 1) == 9.0
assert round(2 / losses["houses"][2], 3) == 1.115
assert (
    round(2 / losses["tumours"][2], 3) == 0.601
    and 14.5 < found["tumours"] / 0.601 < 15.5
)
assert round(2 / largest(log_hessian(w_star)), 2) == 9.01 and len(y) == 569
assert np.isclose(largest(log_hessian(np.zeros(31))), losses["tumours"][2])
w, way = np.random.default_rng(1).normal(0, 0.3, (2, 31))
assert np.allclose(central_difference(log_loss, w), log_gradient(w), atol=1e-8)
turned = (log_gradient(w + 1e-5 * way) - log_gradient(w - 1e-5 * way)) / 2e-5
assert np.allclose(turned, log_hessian(w) @ way, atol=1e-8) and 2 * 0.005 == 0.01
assert np.all(np.diff(runs[0.5]) < 0) and runs[8.6][1] > runs[8.6][0]
assert runs[8.6][-1] - lowest < 1e-6 and runs[9.5][:100].min() - lowest < 1e-3
assert round(runs[9.5][-100:].mean() - lowest, 3) == 0.006
assert np.ptp(runs[9.5][-100::2]) < 1e-6 < np.ptp(runs[9.5][-100:])  # a cycle of two
near = {lr: int(np.argmax(heights - lowest < 1e-3)) for lr, heights in runs.items()}
assert near[0.5] == 106 and near[9.5] <= near[8.6] == 20
assert runs[9.5][1] > runs[9.5][0]
climbs = np.argmax(runs[9.5][86:] - lowest > 0.002)
assert runs[9.5].argmin() == 86 and 80 < climbs < 120  # about a hundred steps
p_end = prob(w_star)
assert np.mean(p_end * (1 - p_end) < 0.1) > 0.5  # most are near 0 or 1
assert runs[8.6].min() < runs[0.5].min() < runs[9.5][-1]
print("checked: bisection finds 2 over the curvature at the minimum, three times")

# %% [markdown]
# Two things are worth a second look. The larger rates, $8.6$ and $9.5$, are within $0.001$ of the minimum after 20
# steps, in spite of their jump at the start; $0.5$ needs 106. And at $9.5$ the run comes close before it is pushed
# away: the steepest direction has a factor just beyond $-1$, and needs about a hundred steps to grow back. It ends in a cycle, as
# ours did on $f$. A *bowl* has no brake far out: beyond $2/L$ a run there flies off to infinity, from almost every
# start.
#
# ## In three frameworks
#
# They compute the matrix of second derivatives for you. Here is the limit at the minimum, $2/\lambda_{\max}(H(w^*))$.

# %% tags=["torch"]
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

X_t, y_t = torch.tensor(X), torch.tensor(y, dtype=torch.float64)


def torch_loss(w):
    return binary_cross_entropy_with_logits(X_t @ w, y_t) + 0.005 * w @ w


H_t = torch.func.hessian(torch_loss)(torch.tensor(w_star))
print("PyTorch:", 2 / torch.linalg.eigvalsh(H_t)[-1].item())

# %% tags=["tensorflow"]
import tensorflow as tf

w_k = tf.Variable(w_star)
with tf.GradientTape() as outer:
    with tf.GradientTape() as inner:
        z = tf.linalg.matvec(X, w_k)
        each = tf.nn.sigmoid_cross_entropy_with_logits(labels=y.astype(float), logits=z)
        loss = tf.reduce_mean(each) + 0.005 * tf.reduce_sum(w_k**2)
    slopes = inner.gradient(loss, w_k)
H_k = outer.jacobian(slopes, w_k)
print("TensorFlow:", 2 / tf.linalg.eigvalsh(H_k)[-1].numpy())

# %% tags=["check", "torch", "tensorflow"]
# Do the three matrices agree?
for other in (H_t.numpy(), H_k.numpy()):
    assert np.allclose(other, log_hessian(w_star), rtol=0, atol=1e-12)
print("checked: three Hessians, one limit")

# %% [markdown]
# ## Summary
#
# - If the curvature is nowhere above $L$, each step with $\eta < 2/L$ lowers the loss, by at least
#   $\eta(1 - \eta L/2) \lVert g \rVert^2$. The promise is largest at $1/L$.
# - The limit of a run is measured by bisection. On our three losses it was $2$ over the curvature where the run ends.
# - Between the two limits the loss may rise and the run yet converge, perhaps to another minimum (Try). Beyond both:
#   for example a cycle, or off to infinity.
#
# ## Common mistakes
#
# - **Taking $2/L$ for the best rate.** It is a promise for the worst place on the way.
# - **"The loss rose, so the rate is too large."** One rise may be the price of a fast run. Look at where it goes.
# - **"It converged, so this is the minimum."** A vanishing gradient may belong to a saddle or a local minimum.
#
# ## Quick questions
#
# 1. All curvatures lie between $-3$ and $2$. What is $L$ in the lemma?
#
#    <details><summary><b>Answer</b></summary>
#
#    $2$ is enough: (1) needs only that the slope grows by at most $L$ per unit. The negative ones help the fall.
#
#    </details>
# 2. Which rate halves the promised fall of $\eta = 1/L$?
#
#    <details><summary><b>Answer</b></summary>
#
#    $\eta(1 - \eta L/2) = 1/(4L)$ gives $\eta L = 1 \pm \sqrt{1/2}$: about $0.29/L$ or $1.71/L$.
#
#    </details>
# 3. Why did bisection need a run of 2000 steps, not of 20?
#
#    <details><summary><b>Answer</b></summary>
#
#    In 20 steps only factors below $0.5$ in size shrink a gradient to a millionth, in 2000 steps all below $0.993$. So
#    on our bowls the limit found is at most 0.4 % low.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Suppose that $\lVert g \rVert^2 \ge 2\mu\,(f - \min f)$ everywhere, for some $\mu > 0$. This is the
# Polyak–Łojasiewicz condition (Karimi et al. 2016). Show that at $\eta = 1/L$ the excess $f - \min f$ shrinks by a
# fixed factor each step.
#
# <details><summary><b>Outline</b></summary>
#
# By (3) the fall is at least $\lVert g \rVert^2 / 2L$, which is at least $(\mu/L)(f - \min f)$. So the excess is
# multiplied by at most $1 - \mu/L = 1 - 1/\kappa$.
#
# </details>

# %% [markdown]
# **Try.** "Too large a rate jumps past the global minimum", says a published tutorial. The double well
# $x^4/4 - x^2/2 + x/10$ has its global minimum near $-1.05$ and a local one near $0.95$. Start at $2$ with the rates
# $0.1$ and $0.6$. Then start at $-2$. Does the tutorial's sentence hold? Does its reverse?
#
# <details><summary><b>Outline</b></summary>
#
# From $2$ the small rate ends in the local minimum. The large one leaps across both wells and ends in the *global* one.
# From $-2$ it leaps out of the global well and ends in the local one. A rate knows nothing of local and global.
#
# </details>

# %% tags=["check"]
# The two questions with numbers, and the double well
from gdcourse.functions import double_well

for share in (1 - 0.5**0.5, 1 + 0.5**0.5):
    assert np.isclose(share * (1 - share / 2), 0.25) and round(share, 2) in (0.29, 1.71)
assert double_well.minima.ravel().round(2).tolist() == [-1.05, 0.95]
ends = {
    (start, lr): descend(double_well.gradient, np.array([start]), lr, 200)[-1][0]
    for start, lr in ((2.0, 0.1), (2.0, 0.6), (-2.0, 0.6))
}
assert [round(v, 2) for v in ends.values()] == [0.95, -1.05, 0.95]
curved = [3 * v**2 - 1 for v in (2.0, *double_well.minima.ravel())]  # start and minima
assert 2 / curved[0] < 0.6 < 2 / max(curved[1:])  # 0.6 lies between the two limits
assert round(10 ** (-6 / 20), 1) == 0.5 and round(10 ** (-6 / 2000), 3) == 0.993
assert (1 - 10 ** (-6 / 2000)) / 2 < 0.004
print("checked: the quick questions, and three runs in the double well")

# %% [markdown]
# ## References
#
# - Y. Nesterov (2004). *Introductory Lectures on Convex Optimization*, section 1.2.3. Springer.
#   doi:10.1007/978-1-4419-8853-9
# - H. Karimi, J. Nutini, M. Schmidt (2016). Linear convergence of gradient and proximal-gradient methods under the
#   Polyak–Łojasiewicz condition. *ECML PKDD 2016*. arXiv:1608.04636
# - J. M. Cohen, S. Kaur, Y. Li, J. Z. Kolter, A. Talwalkar (2021). Gradient descent on neural networks typically occurs
#   at the edge of stability. *ICLR 2021*. arXiv:2103.00065 (what happens beyond $2/L$ in a network: lesson 8)
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
