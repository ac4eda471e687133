# %% [markdown]
# # Settings by gradient
#
# {{about}}
#
# **After this lesson you can**
#
# - differentiate the loss by the learning rate, and let the rate descend,
# - carry a derivative through a whole training run, and tune an L2 weight with it,
# - say which settings have a gradient, and what a tuned validation loss is worth,
# - describe what the curvature of a network does when the rate is fixed.
#
# **You need** the chain rule (unit 02), softmax regression and the L2 penalty (unit 01), and $2/L$ (lessons 1 and 2).

# %% [markdown]
# ## The slope of the loss along the rate
#
# Descend on $x^2/2$ from $x = 1$ with the rate $0.1$: you arrive at $0.9$, where the loss is $0.405$. Would a slightly
# larger rate have been better? The point you reach is $x_1 = x_0 - \eta\, g_0$. It moves by $-g_0 = -1$ per unit of
# rate. The loss there has the slope $g_1 = 0.9$. So by the chain rule the loss changes with the rate by
# $g_1 \cdot (-g_0) = -0.9$: yes, larger is better.
#
# So let the rate descend too. Here $\beta$ is the rate of the rate:
#
# $$\frac{\partial J(\theta_t)}{\partial \eta} = g_t \cdot \frac{\partial \theta_t}{\partial \eta} = -\, g_t \cdot g_{t-1},
# \qquad \eta \leftarrow \eta + \beta\, g_t \cdot g_{t-1}. \tag{1}$$
#
# This is the **[[hypergradient]]** (Baydin et al. 2018). In words: if two gradients in a row agree, the step was too
# short; if they oppose each other, it went too far. It costs one product. Only the last step counts here:
# $\theta_{t-1}$ is taken as given. Between gradients the dot is the inner product.


# %%
def descend(x, lr, beta, steps):
    g_before, rates = x, [lr]
    x = x - lr * g_before
    for t in range(steps):
        g = x  # the slope of x^2 / 2
        lr = lr + beta * g * g_before
        x, g_before = x - lr * g, g
        rates.append(lr)
    return x, rates


# %% [markdown]
# **Predict.** On this parabola the best rate is $1/\lambda = 1$. Start once with the rate $0.1$, once with $1.9$, with
# $\beta = 0.5$. Which way does each rate go? Does it reach $1$?

# %%
for first in (0.1, 1.9):
    x, rates = descend(1.0, first, beta=0.5, steps=30)
    print(
        f"from {first}:",
        [round(lr, 3) for lr in rates[:5]],
        "... after 30 steps",
        round(rates[-1], 3),
    )

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# From $0.1$ it rises, since the slopes agree in sign. From $1.9$ each step crosses the minimum, the slopes disagree,
# and it falls. Both stop short of $1$, at $0.756$ and $1.244$: as the slopes vanish, so does what moves the rate.
#
# </details>

# %% [markdown]
# Now softmax regression on real digits, 200 full-batch steps. The exercise {{exercise:hypergrad_lr}} is the rule
# itself.
#
# **Predict.** Seven first rates from $0.001$ to $100$, and $\beta = 1$. Which runs will end alike, those from low first
# rates or those from high ones? Think of how long the gradients stay.

# %% tags=["setup"]
# Softmax regression on 944 digits, with a rate that learns
import numpy as np

from gdcourse import datasets, plots
from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad
from gdcourse.optimizers.numpy import Hypergradient
from gdcourse.training.numpy import train

rest, _ = datasets.split(datasets.digits(), test=0.25)
digits, _ = datasets.split(rest, test=0.3, seed=1)
A = np.column_stack([np.ones(len(digits.y)), digits.X])


def softmax_loss(params, X, y):
    z = X @ params[0]
    return softmax_ce(z, y), [X.T @ softmax_ce_grad(z, y)]


def regress(lr, beta, steps=200):
    W = np.zeros((65, 10))
    return train(softmax_loss, [W], A, digits.y, Hypergradient(lr, beta), epochs=steps)


starts = [0.001, 0.01, 0.1, 1.0, 10.0, 30.0, 100.0]
runs = {beta: [regress(lr, beta) for lr in starts] for beta in (0, 0.1, 1)}

# %% tags=["draw"]
# How the rate learns, and where the runs end
fig, (left, right) = plots.figure(2, width=9.2, height=3.5)
for lr, run, marker in zip(starts, runs[1], plots.MARKERS, strict=True):
    left.plot(
        run.rates, marker=marker, markevery=40, markersize=5, label=f"from {lr:g}"
    )
left.set(
    xlabel="step", ylabel="rate", yscale="log", title=r"the rate learns, $\beta$ = 1"
)
left.set(ylim=(5e-4, 200))
left.legend(ncols=2, loc="lower right")
for (beta, group), marker in zip(runs.items(), plots.MARKERS, strict=False):
    name = "fixed rate" if beta == 0 else rf"$\beta$ = {beta:g}"
    right.plot(starts, [run.losses[-1] for run in group], marker=marker, label=name)
right.set(xscale="log", yscale="log", xlabel="first rate", title="after 200 steps")
right.set(ylabel="training loss", yticks=[0.02, 0.05, 0.1, 0.2, 0.5, 1, 2])
right.yaxis.set_major_formatter("{x:g}")
right.minorticks_off()
right.legend()
plots.show(
    fig,
    alt="Left, the rate against the step: from 0.001 to 1 it rises within 50 steps to about 2 and "
    "stays there; from 10 and more it falls. Right, the last loss against the first rate: with "
    "a fixed rate it falls steeply, from 2.263 to below 0.02 at the rate 30, and rises again; "
    "with a rate that learns the lines are nearly flat up to 1 and then join the first.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Those from low ones. While the rate is low, the gradients stay long and agree, so it rises. From a high rate they are
# soon short, and the rate hardly moves any more. From all first rates up to $1$ the run ends between $0.134$ and
# $0.136$; with a fixed rate those runs end between $2.263$ and $0.191$. But the choice has moved, not gone: the end
# depends on $\beta$ now. And the best fixed rate, $30$, ends lower than any run with $\beta = 1$: $0.016$ against
# $0.020$. With $\beta = 0.1$ the lowest is $0.013$, but two values of $\beta$ take $14$ runs, fixed rates $7$. You gain
# safety from a bad first guess more than a better end.
#
# </details>

# %% [markdown]
# Nor is $\beta$ a pure number. Multiply the loss by $10$, and the product of two gradients grows by $100$, while
# the best rate shrinks by $10$.

# %% tags=["check"]
# Equation (1) against a difference quotient; the parabola; the digits
assert np.isclose(0.9**2 / 2, 0.405) and 0.9 * -1 == -0.9 and 1 - 0.1 == 0.9
g0 = softmax_loss([np.zeros((65, 10))], A, digits.y)[1][0]


def after_step(lr):
    return softmax_loss([-lr * g0], A, digits.y)


quotient = (after_step(0.1 + 1e-5)[0] - after_step(0.1 - 1e-5)[0]) / 2e-5
assert np.isclose(-np.sum(after_step(0.1)[1][0] * g0), quotient, rtol=1e-8)
low, high = (descend(1.0, first, 0.5, 30)[1] for first in (0.1, 1.9))
assert [round(v, 3) for v in (low[-1], high[-1])] == [0.756, 1.244]
ends = {
    beta: [round(run.losses[-1], 3) for run in group] for beta, group in runs.items()
}
assert (ends[0][0], ends[0][3], ends[0][5]) == (2.263, 0.191, 0.016)
assert min(ends[1][:4]) == 0.134 and max(ends[1][:4]) == 0.136
assert min(ends[0]) == 0.016 < ends[0][6] and min(ends[1]) == 0.020 and starts[5] == 30
assert starts[6] == 100 and min(ends[0.1]) == ends[0.1][5] == 0.013
assert all(1.8 < rate < 2.2 for run in runs[1][:4] for rate in run.rates[50:])
assert all(run.rates[-1] < lr for lr, run in zip(starts[4:], runs[1][4:], strict=True))
assert all(run.rates[-1] > 0.98 * run.rates[50] for run in runs[1][4:])
assert len(runs[0.1]) + len(runs[1]) == 14 and len(runs[0]) == 7
assert len(digits.y) == 944
flat = {beta: max(values[:4]) - min(values[:4]) for beta, values in ends.items()}
assert flat[0] > 2 and flat[0.1] < 0.1 and flat[1] < 0.01
print("checked: the slope along the rate, and where the runs end")

# %% [markdown]
# ## Through the whole run: the L2 weight
#
# Some settings act on *every* step. Take the L2 penalty $\frac{\alpha}{2} w^2$. On the training loss $\alpha = 0$ looks
# best, so judge it by the validation loss at the end of the run. Here $V$ is that loss. By hand: the training loss is
# $\frac12 (w - 3)^2$, the validation loss $\frac12 (w - 2)^2$, the rate $0.5$. Two steps from $w = 0$:
#
# - $w_1 = 0 - 0.5\,(0 - 3 + \alpha \cdot 0) = 1.5$,
# - $w_2 = 1.5 - 0.5\,(1.5 - 3 + 1.5\,\alpha) = 2.25 - 0.75\,\alpha$.
#
# So $\partial w_2 / \partial \alpha = -0.75$, and $V' = (w_2 - 2) \cdot (-0.75)$. At $\alpha = 0$ that is $-0.1875$:
# more penalty helps. It is zero at $\alpha = \frac13$, where $w_2 = 2$.
#
# For longer runs do not multiply out. *Carry* the derivative: here $u_t$ is $\partial w_t / \partial \alpha$. To get
# from $u_t$ to $u_{t+1}$, differentiate the step itself:
#
# $$w_{t+1} = w_t - \eta\,(w_t - 3 + \alpha w_t) \quad\Rightarrow\quad
# u_{t+1} = u_t - \eta\,(u_t + \alpha u_t + w_t), \qquad u_0 = 0. \tag{2}$$
#
# The last term, $w_t$, is the direct effect of $\alpha$ on this step; the others hand on what came before. This is
# the **[[unrolled gradient]]**.


# %%
def unroll(alpha, steps, lr=0.5):
    w, u = 0.0, 0.0
    for t in range(steps):
        w, u = w - lr * (w - 3 + alpha * w), u - lr * (u + alpha * u + w)
    return w, u


print("w, dw/dalpha after 2 steps:", unroll(0.0, 2))

# %% [markdown]
# With many weights and least squares, the slope $w - 3$ becomes $H w - c$ with $H = X^T X / n$ and $c = X^T y / n$. So
# in (2) the first $u_t$ in the bracket becomes $H u_t$. To keep $\alpha$ positive, write $\alpha = e^a$. Here $a$ is a
# plain number to descend on, and $u_t$ is $\partial w_t / \partial a$. Since $d\alpha/da = \alpha$, the last term
# becomes $\alpha w_t$.
#
# **Predict.** Least squares on 40 of the real tumours with 30 measures each: nearly as many weights as samples. The
# labels are $-1$ and $1$. 200 others are for validation. Will 40 steps of descent on $a$ find the same valley as a grid of 45 values?
# (Start at $a = -6$ with the rate $20$, found by trying: a setting of its own.)

# %% tags=["setup"]
# 40 tumours to fit, 200 to validate; the run with its derivative
table = datasets.breast_cancer()
order = np.random.default_rng(0).permutation(569)
fit, held = order[:40], order[40:240]
centre, width = table.X[fit].mean(axis=0), table.X[fit].std(axis=0)
X, X_held = (
    np.column_stack([np.ones(len(i)), (table.X[i] - centre) / width])
    for i in (fit, held)
)
y, y_held = 2.0 * table.y[fit] - 1, 2.0 * table.y[held] - 1
H, c = X.T @ X / 40, X.T @ y / 40
RATE = 1 / np.linalg.eigvalsh(H)[-1]


def validation(a, steps=1000):
    """The validation loss after the run, and its derivative by a = log alpha."""
    w, u, alpha = np.zeros(31), np.zeros(31), np.exp(a)
    for _ in range(steps):
        w, u = w - RATE * (H @ w - c + alpha * w), u - RATE * (H @ u + alpha * (u + w))
    e = X_held @ w - y_held
    return e @ e / 400, (X_held @ u) @ e / 200


# %%
grid = np.linspace(-9, 2, 45)
losses = [validation(a)[0] for a in grid]
track = [-6.0]
for t in range(40):
    track.append(track[-1] - 20 * validation(track[-1])[1])
print("grid:   ", grid[np.argmin(losses)], min(losses).round(4))
print("descent:", round(track[-1], 2), validation(track[-1])[0].round(4))

# %% tags=["draw"]
# The grid and the descent
fig, ax = plots.figure(width=7.5, height=3.2)
ax.plot(grid, losses, label="grid of 45 values")
heights = [validation(a)[0] for a in track]
ax.plot(
    track, heights, "o", color=plots.COLOURS[1], markersize=5, label="descent on $a$"
)
ax.set(
    xlabel=r"$a = \log \alpha$",
    ylabel="validation loss",
    title="the L2 weight, two ways",
)
ax.legend()
plots.show(
    fig,
    alt="The validation loss against log alpha: high on the left, a valley near 0, a rise on the "
    "right. The descent starts at -6 on the left slope and comes to rest in the valley.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Yes: both find $a = -0.25$ and a loss of $0.164$; with hardly any penalty it is $0.470$. For one setting a grid is
# simpler. Descent pays when there are many, for then a grid is out of reach (Maclaurin et al. 2015 go backwards through
# the run, which suits many settings at once).
#
# </details>

# %% [markdown]
# Two limits. "Gradient descent tunes hyper-parameters", says a published tutorial: only those with a derivative. The
# number of layers, the batch size, the choice of an optimizer have none. And $V$ is now *trained on*. Report a test
# set.

# %% tags=["check"]
# The two steps by hand, the derivative, grid and descent
assert unroll(0.0, 1) == (1.5, 0.0) and unroll(0.0, 2) == (2.25, -0.75)
for alpha in (0.0, 0.2, 1 / 3):
    assert np.allclose(unroll(alpha, 2), (2.25 - 0.75 * alpha, -0.75))
assert (2.25 - 2) * -0.75 == -0.1875 and np.isclose(unroll(1 / 3, 2)[0], 2)
for a in (-6.0, -2.0, 0.0):
    quotient = (validation(a + 1e-4)[0] - validation(a - 1e-4)[0]) / 2e-4
    assert np.isclose(validation(a)[1], quotient, rtol=1e-5)
assert grid[np.argmin(losses)] == -0.25 and abs(track[-1] + 0.25) < 0.01
assert (
    round(min(losses), 3) == round(heights[-1], 3) == 0.164
    and round(losses[0], 3) == 0.470
)
assert (
    set(y) == set(y_held) == {-1, 1}
    and len(y) == 40
    and len(y_held) == 200
    and len(grid) == 45
    and len(track) == 41
)
print("checked: the carried derivative, and one valley found twice")

# %% [markdown]
# ## In three frameworks
#
# PyTorch and TensorFlow can go backwards through all the steps of a run, if you write the steps as operations on
# tensors. The derivative of the validation loss by $a$, at $a = -2$:

# %%
print("NumPy:     ", validation(-2.0)[1])

# %% tags=["torch"]
import torch

H_t, c_t, X_t, y_t = (torch.tensor(v) for v in (H, c, X_held, y_held))
a_t = torch.tensor(-2.0, dtype=torch.float64, requires_grad=True)
w = torch.zeros(31, dtype=torch.float64)
for t in range(1000):
    w = w - RATE * (H_t @ w - c_t + torch.exp(a_t) * w)
(torch.sum((X_t @ w - y_t) ** 2) / 400).backward()
print("PyTorch:   ", a_t.grad.item())

# %% tags=["tensorflow"]
import tensorflow as tf

a_k = tf.Variable(-2.0, dtype=tf.float64)
with tf.GradientTape() as tape:
    w = tf.zeros(31, dtype=tf.float64)
    for t in range(1000):
        w = w - RATE * (tf.linalg.matvec(H, w) - c + tf.exp(a_k) * w)
    loss = tf.reduce_sum((tf.linalg.matvec(X_held, w) - y_held) ** 2) / 400
tf_slope = tape.gradient(loss, a_k).numpy()
print("TensorFlow:", tf_slope)

# %% tags=["check", "torch", "tensorflow"]
# Forwards by hand and backwards by the frameworks
assert np.allclose(validation(-2.0)[1], [a_t.grad.item(), tf_slope], rtol=1e-9)
print("checked: one derivative, carried forwards and found backwards")

# %% [markdown]
# ## Going deeper: the edge of stability
#
# A bowl has one $L$. What does the largest curvature of a *network*, its **[[sharpness]]**, do while you train at a
# fixed rate? Cohen et al. (2021) followed it. So do we: 200 digits, 20 tanh units, squared error, all samples in each
# step.
#
# **Predict.** Will the sharpness of the network rise or fall? If it rises: at which value does trouble begin at the
# rate $1$, and at $0.5$?

# %% tags=["draw"]
# The sharpness of a small network along two runs
from gdcourse.diagnostics import curvature
from gdcourse.layers.numpy import Tanh
from gdcourse.models.numpy import mlp

pixels = datasets.digits().X[:200] - datasets.digits().X[:200].mean(axis=0)
targets = np.eye(10)[datasets.digits().y[:200]]


def loss_and_slope(net, v):
    """Loss and flat gradient of the network at the flat parameters v."""
    for p in net.params:
        p[...], v = v[: p.size].reshape(p.shape), v[p.size :]
    e = net.forward(pixels, train=True) - targets
    net.backward(e / len(e))
    return np.sum(e**2) / 2 / len(e), np.concatenate([g.ravel() for g in net.grads])


def sharpness_run(lr, steps=1500, h=1e-4):
    net, losses, sharpness = mlp([64, 20, 10], activation=Tanh, seed=0), [], []
    v = 0.3 * np.concatenate(
        [p.ravel() for p in net.params]
    )  # a small start: little curvature
    for t in range(steps + 1):
        if t % 50 == 0:

            def product(d, v=v):
                up, down = (loss_and_slope(net, v + s * h * d)[1] for s in (1, -1))
                return (up - down) / (2 * h)

            sharpness.append(curvature(product, len(v), steps=15).largest)
        loss, slope = loss_and_slope(net, v)
        losses.append(loss)
        v = v - lr * slope
    return np.array(losses), np.array(sharpness)


edge = {lr: sharpness_run(lr) for lr in (0.5, 1.0)}
fig, ax = plots.figure(width=7.5, height=3.2)
for (lr, (_, sharpness)), colour, marker in zip(
    edge.items(), plots.COLOURS, plots.MARKERS, strict=False
):
    style = {"color": colour, "marker": marker, "markersize": 4}
    ax.plot(np.arange(0, 1501, 50), sharpness, label=f"rate {lr}", **style)
    ax.axhline(2 / lr, color=colour, linestyle=":")
    where = {"va": "center", "transform": ax.get_yaxis_transform()}
    ax.text(1.01, 2 / lr, f"2 / {lr:g}", color=colour, **where)
ax.set(
    xlabel="step",
    ylabel="sharpness",
    ylim=(0, 4.6),
    title="the sharpness climbs towards 2 / rate",
)
ax.legend(loc="lower right")
plots.show(
    fig,
    alt="Sharpness against the step. Both runs start near 1.3. At the rate 1 it rises to the dotted "
    "line at 2 and hovers about it. At the rate 0.5 it rises further and stays below its "
    "line at 4.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It rises. Trouble begins where the rate is $2/L$: at $2/\eta = 2$, and at $4$. At the rate $1$ the sharpness gets
# there; its last ten values are $2$ on average, to a tenth. There the loss rises in hundreds of single steps, and falls
# all the same in the long run. This is the [[edge of stability]]: the run itself moves to where the rate is just too
# large. It was seen in many networks; it is no theorem, and at $0.5$ our run does not get there.
#
# </details>

# %% tags=["check"]
# The edge, reached and not reached
rises = {lr: int(np.sum(np.diff(losses) > 0)) for lr, (losses, _) in edge.items()}
assert rises[0.5] == 0 and rises[1.0] > 200
assert abs(edge[1.0][1][-10:].mean() - 2) < 0.1 and edge[0.5][1].max() < 4
assert (2 / 1.0, 2 / 0.5) == (2, 4)
assert round(edge[1.0][1][0], 1) == 1.3 and edge[1.0][0][-1] < edge[1.0][0][200]
assert edge[0.5][1].max() > edge[1.0][1][-10:].mean() + 0.5
print("checked: at the rate 1 the sharpness hovers about 2")

# %% [markdown]
# ## Summary
#
# - The slope of the loss along the rate is minus the product of two gradients in a row.
# - A derivative can be carried through a run, step by step, for any setting that the steps depend on smoothly.
# - Such rules save bad guesses more than they improve good ones. They bring a setting of their own.
# - What is tuned on validation data is too good on validation data.
#
# ## Common mistakes
#
# - **One minus sign too many.** The derivative is $-g_t \cdot g_{t-1}$; descent on it *adds* the product.
# - **Choosing $\alpha$ on the training loss.** There zero wins.
# - **Forgetting the direct term.** Without $w_t$ in (2) the derivative stays zero for ever.
#
# ## Quick questions
#
# 1. Two gradients in a row are $(1, 2)$ and $(3, -1)$. The rate is $0.1$, $\beta = 0.01$. What is the new rate?
#
#    <details><summary><b>Answer</b></summary>
#
#    The product is $3 - 2 = 1$, so $0.1 + 0.01 = 0.11$.
#
#    </details>
# 2. On a bowl the rate is just below $2/L$. What does the hypergradient do?
#
#    <details><summary><b>Answer</b></summary>
#
#    The steep direction changes sign in each step, so its part of the product is negative and large: the rate falls.
#
#    </details>
# 3. How much memory does the carried derivative (2) need for 5 settings and a million weights? And going backwards
#    through 1000 steps?
#
#    <details><summary><b>Answer</b></summary>
#
#    Forwards: one $u$ per setting, 5 million numbers. Backwards: the weights of all steps, a thousand million, whatever
#    the number of settings.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Carry the derivative by the *rate*: with $u_t = \partial w_t / \partial \eta$ for
# $w_{t+1} = w_t - \eta (w_t - 3)$, write the rule for $u_{t+1}$. Check it on two steps from $0$.
#
# <details><summary><b>Outline</b></summary>
#
# $u_{t+1} = u_t - \eta u_t - (w_t - 3)$. From $0$: $w_1 = 3\eta$, $u_1 = 3$; $w_2 = 6\eta - 3\eta^2$, and
# $u_2 = 3 - 3\eta + 3 - 3\eta = 6 - 6\eta$, which is the derivative. The hypergradient keeps the last term alone.
#
# </details>

# %% [markdown]
# **Try.** In the first experiment use $\beta = 5$. From which first rates does the run still converge? Then take
# $\beta = 0.5$ again and divide the product by $|g_{t-1}|^2$. What changes when the loss is multiplied by 100?
#
# <details><summary><b>Outline</b></summary>
#
# From those between $0.5$ and $1.5$: at the two ends the run goes round in circles for ever. From $0.1$ the first
# product is $0.9$, so the rate jumps to $4.6$: far beyond $2$. With the division the product is a pure number, here
# $1 - \eta$, and the rate does reach $1$. But it is added to a rate, so $\beta$ still has to shrink by 100 with the
# best rate. To be rid of that, multiply: $\eta \leftarrow \eta\,(1 + \beta p)$, where $p$ is that number.
#
# </details>

# %% tags=["check"]
# The quick and the open questions
assert np.isclose(0.1 + 0.01 * np.dot([1, 2], [3, -1]), 0.11)
assert np.isclose(0.1 + 5 * 0.9, 4.6) and descend(1.0, 0.1, 5, 1)[1][1] > 2
for lr in (0.1, 0.4):
    w, u = 0.0, 0.0
    for _ in range(2):
        w, u = w - lr * (w - 3), u - lr * u - (w - 3)
    assert np.isclose(w, 6 * lr - 3 * lr**2) and np.isclose(u, 6 - 6 * lr)
for k in range(201):  # first rates from 0 to 2 with beta = 5: beyond 1e9, or home
    x, steps = 1.0, 0
    while 1e-9 < abs(x) < 1e9 and steps < 1000:
        steps += 20
        x = descend(1.0, k / 100, 5, steps)[0]
    assert (abs(x) <= 1e-9) == (50 < k < 150) and (steps == 1000) == (k in (50, 150))


def divided(lr, beta, c, times, steps=60):
    """Descend on c x^2 / 2 from 1 with the divided product; return the rates."""
    g_before, x, rates = c, 1 - lr * c, [lr]
    for _ in range(steps):
        p = c * x * g_before / g_before**2
        assert np.isclose(p, 1 - c * lr)
        lr = lr * (1 + beta * p) if times else lr + beta * p
        g_before, x = c * x, x - lr * c * x
        if abs(x) < 1e-150:
            break
        rates.append(lr)
    return np.array(rates)


added, scaled = (divided(0.1 / c, 0.5 / c, c, times=False) for c in (1, 100))
assert np.allclose(added / 100, scaled) and abs(added[-1] - 1) < 1e-2
assert divided(0.001, 0.5, 100, times=False, steps=1)[1] > 2 / 100
added, scaled = (divided(0.1 / c, 0.5, c, times=True) for c in (1, 100))
assert np.allclose(added / 100, scaled) and abs(added[-1] - 1) < 1e-2
print("checked: the new rate, the jump, the circles, and what becomes of beta")

# %% [markdown]
# ## References
#
# - A. G. Baydin, R. Cornish, D. Martínez Rubio, M. Schmidt, F. Wood (2018). Online learning rate adaptation with
#   hypergradient descent. *ICLR 2018*. arXiv:1703.04782
# - D. Maclaurin, D. Duvenaud, R. P. Adams (2015). Gradient-based hyperparameter optimization through reversible
#   learning. *ICML 2015*. arXiv:1502.03492
# - J. M. Cohen, S. Kaur, Y. Li, J. Z. Kolter, A. Talwalkar (2021). Gradient descent on neural networks typically occurs at
#   the edge of stability. *ICLR 2021*. arXiv:2103.00065
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
