# %% [markdown]
# # Sharp and flat
#
# {{about}}
#
# **After this lesson you can**
#
# - compute the sharpness of a minimum: by hand for two weights, for a network from products with the Hessian,
# - make the sharpness of a ReLU network as large as you like without changing one of its answers,
# - draw a filter-normalised slice of the loss, and say what it is safe from and what it is not,
# - say what follows from a sharpness, and what does not.
#
# **You need** the Hessian and its eigenvalues (unit 02), the limit $2/L$ of the rate and the sharpness (unit 04), and ReLU networks.

# %% [markdown]
# ## Two weights
#
# A minimum can be a narrow ravine or a wide valley. One reads that flat minima "generalise better". Before you believe it, compute one.
#
# The smallest network has two layers of one weight, $\hat y = w_2\,w_1\,x$. There is one sample, $x = 1$ with the target $y = 1$:
#
# $$J(w_1, w_2) = \tfrac12\,e^2, \qquad e = w_1 w_2 - 1.$$
#
# Its minima are all points with $w_1 w_2 = 1$. The first derivatives are $e\,w_2$ and $e\,w_1$; differentiate them once more:
#
# $$H = \begin{pmatrix} w_2^2 & w_1 w_2 + e \\ w_1 w_2 + e & w_1^2 \end{pmatrix}, \quad\text{at a minimum}\quad
# H = \begin{pmatrix} w_2^2 & 1 \\ 1 & w_1^2 \end{pmatrix}.$$
#
# There its determinant is $w_1^2 w_2^2 - 1 = 0$. So one eigenvalue is $0$ (along the valley), and the other is the sum of the diagonal. It is the **[[sharpness]]**:
#
# $$L = w_1^2 + w_2^2. \tag{1}$$
#
# **Predict.** Order by sharpness: $(1, 1)$, $(2, \frac12)$, $(4, \frac14)$. Which of the three networks does best on new data?

# %%
import numpy as np

for w_1, w_2 in ((1, 1), (2, 1 / 2), (4, 1 / 4)):
    H = np.array([[w_2**2, 1], [1, w_1**2]])
    print(f"({w_1}, {w_2}): eigenvalues {np.linalg.eigvalsh(H).round(4) + 0.0}")

# %% tags=["draw"]
# Three minima of one function, and two cuts through each
from gdcourse import plots


def bowl(w_1, w_2):
    return (w_1 * w_2 - 1) ** 2 / 2


three = ((1.0, 1.0), (2.0, 0.5), (4.0, 0.25))
fig, axes = plots.figure(3, width=10.5, height=3.3)
w = np.linspace(0.05, 5, 200)
levels = [0.02, 0.1, 0.3, 1, 3, 10]
axes[0].contour(w, w, bowl(*np.meshgrid(w, w)), levels, colors="0.6", linewidths=0.8)
axes[0].plot(w[w > 0.2], 1 / w[w > 0.2], "k--", label="minima")
h = np.linspace(-0.5, 0.5, 101)
for point, marker, line in zip(three, "os^", ("-", "--", ":"), strict=True):
    a, b = np.array(point)
    u = np.array([b, a]) / np.hypot(a, b)  # the steep eigenvector
    name = f"({a:g}, {b:g})"
    axes[0].plot(a, b, marker, markersize=8, label=name)
    axes[1].plot(h, bowl(a + h * u[0], b + h * u[1]), line, label=name)
    axes[2].plot(h, bowl(a + h * a, b + h * b), line, label=name)
axes[0].set(xlabel="$w_1$", ylabel="$w_2$", title="one valley of minima")
axes[1].set(xlabel="step", ylabel="loss", title="across the valley", ylim=(0, 1.3))
axes[2].set(xlabel="step, in parts of each weight", title="in proportion")
axes[2].set(ylim=(0, 1.3))
axes[0].legend(loc="upper right", fontsize=8)
axes[1].legend(loc="upper center", fontsize=8)
plots.show(
    fig,
    alt="Left: contours of the loss over the two weights, with a dashed curve of minima and three points on it. Middle: cuts across the valley "
    "by steps of equal length; the parabola at (4, 1/4) is the narrowest, that at (1, 1) the widest. Right: cuts by steps in proportion to the "
    "weights; the three curves lie on each other.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# By (1): $2$, $4.25$ and $16.06$. Sharpness grows without limit along the valley, and its least value is the $2$ at $(1, 1)$. But on new data they are **the same**: each of them
# computes $\hat y = x$.
#
# </details>
#
# What cuts to the right fair? There a step is measured *in parts of each weight*: with $h$ for the step,
#
# $$J\big((1 + h)\,w_1,\ (1 + h)\,w_2\big) = \tfrac12\,\big((1 + h)^2\,w_1 w_2 - 1\big)^2 = \tfrac12\,(2h + h^2)^2.$$
#
# No weight is left in it. For small $h$ it is $2h^2$, with the second derivative $4$ at each of the minima.
#
# ## A network
#
# Nothing of this needs one weight per layer. For $c > 0$, $\max(c z, 0) = c \max(z, 0)$. So multiply the first layer of a ReLU network by $c$, weights and biases, and divide the next
# layer's weights by $c$: no output changes (Dinh and others, 2017).
#
# We train 24 units on 500 digits until the loss is below $0.03$; the other digits are held out. The folded cell has `X, y` and `X_new, y_new`, `start(seed)`, and `train(B, rate, seed)`,
# which returns the parameters and the number of epochs.

# %%
from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad


def loss_and_grads(params, X, y):
    W_1, b_1, W_2, b_2 = params
    a = np.maximum(X @ W_1 + b_1, 0)
    z = a @ W_2 + b_2
    dz = softmax_ce_grad(z, y)
    da = dz @ W_2.T * (a > 0)
    grads = [X.T @ da, da.sum(axis=0), a.T @ dz, dz.sum(axis=0)]
    return softmax_ce(z, y), grads


# %%
def rescale(params, c):
    W_1, b_1, W_2, b_2 = params
    return [c * W_1, c * b_1, W_2 / c, b_2]


# %% tags=["setup"]
# The digits, a start, and training until the loss is below 0.03
from gdcourse import datasets

digits = datasets.digits()
X, y, X_new, y_new = digits.X[:500], digits.y[:500], digits.X[500:], digits.y[500:]


def start(seed):
    rng = np.random.default_rng(seed)
    W_1, W_2 = rng.normal(0, (2 / 64) ** 0.5, (64, 24)), rng.normal(0, 0.2, (24, 10))
    return [W_1, np.zeros(24), W_2, np.zeros(10)]


def loss(params, X=X, y=y):
    return loss_and_grads(params, X, y)[0]


def train(B, rate, seed, epochs=150):
    """Return (params, epochs), epochs beyond the last where the loss is still above."""
    params, rng = start(seed), np.random.default_rng(seed + 100)
    for epoch in range(1, epochs + 1):
        for rows in np.array_split(rng.permutation(500), 500 // B):
            _, grads = loss_and_grads(params, X[rows], y[rows])
            for p, g in zip(params, grads, strict=True):
                p -= rate * g
        if loss(params) < 0.03:
            return params, epoch
    return params, epochs + 1


def flat(arrays):
    return np.concatenate([a.ravel() for a in arrays])


def like(v, params):
    """Cut the long vector v into arrays shaped like params."""
    ends = np.cumsum([p.size for p in params])
    parts = np.split(v, ends[:-1])
    return [part.reshape(p.shape) for part, p in zip(parts, params, strict=True)]


def gradient(theta):
    return flat(loss_and_grads(like(theta, start(0)), X, y)[1])


# %% [markdown]
# The Hessian has $1810^2$ entries. But $H v$ is only the change of the gradient along $v$, and `curvature` finds the largest eigenvalue from two dozen such products (unit 04). The folded
# `flat` strings arrays together, `like(v, params)` cuts them apart, and `gradient` is that of a vector:

# %%
from gdcourse.diagnostics import curvature


def sharpness(params, h=1e-5):
    theta = flat(params)

    def product(v):
        return (gradient(theta + h * v) - gradient(theta - h * v)) / (2 * h)

    return curvature(product, theta.size, steps=25).largest


# %% [markdown]
# **Predict.** $c = 8$. What happens to the loss on new data? To the sharpness: a little, eightfold, sixty-four-fold?

# %%
params, epochs = train(B=10, rate=0.4, seed=0)
for c in (1, 2, 4, 8):
    same = rescale(params, c)
    print(f"c = {c}: loss on new data {loss(same, X_new, y_new):.6f}, ", end="")
    print(f"sharpness {sharpness(same):.1f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The loss does not change. The sharpness is multiplied by nearly 4 with each doubling from 2 on: the curvature for the second layer's weights grows with $c^2$, and has no limit. (At $c = 1$ the
# first layer has a part in it, which falls with $c^2$. So from 1 to 8 the factor is 28, not 64.)
#
# </details>
#
# So a sharpness, *alone*, says nothing about new data: you may have any value above some least one, with the same network.
#
# ## A slice in the scale of the weights
#
# The cut in proportion has a form for networks, by Li and others (2018). Here $r$ is a direction drawn at random, one array for each of $\theta$. Call the weights that lead into one unit a filter, as if it were a channel. **[[Filter normalisation|filter normalisation]]** gives each filter
# of $r$ the length of the same filter of $\theta$, and leaves biases where they are:
#
# $$r_k \leftarrow \frac{\lVert \theta_k \rVert}{\lVert r_k \rVert}\; r_k, \qquad \text{then draw } J(\theta + h\,r) \text{ against } h. \tag{2}$$
#
# Here $k$ counts filters. If a layer is multiplied by $c$, so is its part of $r$, and $\theta + h\,r$ is the rescaled network once more. **The slice is the same, exactly.** A direction that keeps its own length is no such thing.

# %%
from gdcourse.plots import filter_direction, loss_slice

h = np.linspace(-1, 1, 21)


def scaled_slice(params):
    r = filter_direction(params, np.random.default_rng(3))
    return loss_slice(loss, params, [r], h)


for c in (1, 8):
    print(f"c = {c}:", scaled_slice(rescale(params, c))[::5].round(4))

# %% tags=["draw"]
# The same network twice: slices along raw and normalised directions
slices = {}
for c in (1, 8):
    same = rescale(params, c)
    raw = filter_direction(same, np.random.default_rng(3), normalise=False)
    raw = [p / max(np.linalg.norm(p), 1e-9) for p in raw]  # length 1 for each layer
    slices[c, False] = loss_slice(loss, same, [raw], h)
    slices[c, True] = scaled_slice(same)
fig, axes = plots.figure(2, width=9.2, height=3.3)
for ax, normalise in zip(axes, (False, True), strict=True):
    for c, style in ((1, "o-"), (8, "s--")):
        values = slices[c, normalise]
        ax.semilogy(h, values, style, markevery=(c // 8, 2), label=f"c = {c}")
    ax.set(xlabel="step $h$", ylim=(0.01, 30))
axes[0].set(ylabel="loss", title="raw: length 1 for each layer")
axes[1].set(title="filter-normalised")
axes[0].legend(loc="upper center")
axes[1].legend(loc="upper center")
plots.show(
    fig,
    alt="Two panels, the loss on a logarithmic scale against the step. Left, along the raw direction, the curve for c = 8 is steep and the curve for c = 1 shallow. Right, along "
    "the filter-normalised direction, the two curves lie on each other.",
)

# %% [markdown]
# Where it fails:
#
# - **Unit by unit.** Multiply the weights into unit $j$ by $c_j$, and divide those out of it by $c_j$, with another $c_j$ for each unit. Again no output changes. But the second layer's filters, the weights *into* a class, mix all units, and
#   the slice is no longer the same: with factors from a wide distribution, ours was more than twice as high at $h = 0.5$.
# - **One direction of 1810.** A random direction is nearly at right angles to a narrow ravine: a slice shows something like an average of all curvatures.

# %% tags=["check"]
# Two weights, the rescaled network, and its slices
for (w_1, w_2), L in zip(three, (2, 4.25, 16.06), strict=True):
    values = np.linalg.eigvalsh([[w_2**2, 1], [1, w_1**2]])
    assert np.allclose(values, [0, w_1**2 + w_2**2]) and round(values[1], 2) == L
    assert np.isclose(bowl(1.1 * w_1, 1.1 * w_2), (0.2 + 0.01) ** 2 / 2)
    steps = [bowl((1 + d) * w_1, (1 + d) * w_2) for d in (-1e-4, 0, 1e-4)]
    assert np.isclose(np.diff(steps, 2)[0] / 1e-8, 4, atol=1e-3)
w = np.geomspace(1e-3, 1e3, 1001)
assert np.isclose((w**2 + w**-2).min(), 2) and w[(w**2 + w**-2).argmin()].round(6) == 1
c_j = np.exp(np.random.default_rng(5).normal(0, 1, 24))
W_1, b_1, W_2, b_2 = params
by_unit = [W_1 * c_j, b_1 * c_j, W_2 / c_j[:, None], b_2]
by_unit_slice = scaled_slice(by_unit)
assert flat(params).size == 1810 and len(X) == 500 and loss(params) < 0.03
assert [p.shape for p in params] == [(64, 24), (24,), (24, 10), (10,)]
z = [np.maximum(X_new @ p[0] + p[1], 0) @ p[2] + p[3] for p in (params, same, by_unit)]
assert np.allclose(z[0], z[1], atol=1e-10) and np.allclose(z[0], z[2], atol=1e-10)
sharp = {c: sharpness(rescale(params, c)) for c in (1, 2, 4, 8)}
doubled = [sharp[4] / sharp[2], sharp[8] / sharp[4]]
assert 3 < min(doubled) and max(doubled) < 4.1 and 64 == 8**2
assert abs(sharp[8] / sharp[1] - 28) < 14
assert np.allclose(slices[1, True], slices[8, True], rtol=1e-9)
assert slices[8, False][-1] > 5 * slices[1, False][-1]
assert by_unit_slice[15] > 2 * slices[1, True][15] and h[15] == 0.5
v = np.random.default_rng(0).normal(size=1810)
ends = [loss(like(flat(params) + d * v, params)) for d in (1e-6, -1e-6)]
slope = flat(loss_and_grads(params, X, y)[1]) @ v
assert np.isclose((ends[0] - ends[1]) / 2e-6, slope, rtol=1e-4)
print("checked: the function stays, sharpness grows, the filter-normalised slice stays")

# %% [markdown]
# ## Are flat minima better?
#
# One reads that the noise of small batches drives a run out of sharp minima into a flat one, which does better on new data (Keskar and others, 2017). Try it, with batches of 10 and of 250. Each size
# gets that of three rates which reaches the loss $0.03$ in the fewest epochs, on the seeds 0 and 1. Then both are compared on five other seeds. The held-out digits choose nothing.
#
# **Predict.** Which size ends in flatter minima? Which does better on new data?

# %%
grid = {10: (0.2, 0.4, 0.8), 250: (0.5, 1, 2)}
spent, found = {}, {}
for B, rates in grid.items():
    for rate in rates:
        spent[B, rate] = np.mean([train(B, rate, seed)[1] for seed in (0, 1)])
    best = min(rates, key=lambda rate: spent[B, rate])
    runs = [train(B, best, seed)[0] for seed in (2, 3, 4, 5, 6)]
    measured = [(sharpness(p), loss(p, X_new, y_new), loss(p)) for p in runs]
    found[B] = np.transpose(measured)
    print(f"batch {B}, rate {best}: sharpness {found[B][0].round(2)}, ", end="")
    print(f"new data {found[B][1].round(2)}")

# %% tags=["draw"]
# Sharpness and loss on new data of ten minima, and one of them rescaled
fig, ax = plots.figure(width=7.4, height=3.4)
for (B, (x, on_new, _)), marker in zip(found.items(), "os", strict=True):
    ax.plot(x, on_new, marker, markersize=8, label=f"batches of {B}")
factors = (1, 1.5, 2, 4, 8)
moved = np.array([sharpness(rescale(runs[0], c)) for c in factors])
ax.plot(moved, [found[250][1, 0]] * 5, "^:", color="0.4", label="one of them, rescaled")
ax.set(xscale="log", xlabel="sharpness", ylabel="loss on new data")
ax.set(title="minima with a training loss below 0.03", ylim=(0, 0.7))
ax.legend(loc="upper right")
plots.show(
    fig,
    alt="Loss on new data against the sharpness, on a logarithmic scale, for five minima of each batch size. The minima of the small batches lie further left, "
    "those of the large ones are no higher. From one of them a horizontal line of triangles leads to the right, to a sharpness above 10.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Here the small batches ended in flatter minima, on average. And they were **not** better: the losses on new data are near $0.35$ and $0.32$, less apart than seeds of the small batches are. (Small batches also stop
# a little further below $0.03$.)
#
# </details>
#
# One small network, one set of data, ten runs: flatter *need not* be better. It does not follow that it never is. And the triangles show why no raw sharpness can be the cause: one network, at any sharpness.
#
# ## What follows from a sharpness
#
# One thing does: the limit of the rate, $2/L$ (unit 04). The *steps* see the curvature, even if the answers do not. Let gradient descent go on from the minimum above with the rate $0.4$, at $c = 1$ and at $c = 8$:

# %%
for c in (1, 8):
    moving, losses = rescale(params, c), []
    limit = 2 / sharpness(moving)
    for _ in range(3):
        value, grads = loss_and_grads(moving, X, y)
        losses.append(round(float(value), 3))
        moving = [p - 0.4 * g for p, g in zip(moving, grads, strict=True)]
    print(f"c = {c}: limit {limit:.2f}, losses {losses}")

# %% [markdown]
# At $c = 1$ the limit is about $2$, and the loss falls on. At $c = 8$ it is below $0.1$: the same network is thrown out of its minimum within two steps.
#
# So badly scaled weights make training hard, though the function is the same. That is what the start of lesson 3 cares for.

# %% tags=["check"]
# The comparison, and the rate's limit
for B, rates in grid.items():
    assert spent[B, rates[1]] < min(spent[B, rates[0]], spent[B, rates[2]])
small, large = found[10], found[250]
assert small[0].mean() < 0.95 * large[0].mean() and small.shape == (3, 5)
means = small[1].mean(), large[1].mean()
assert abs(means[0] - 0.35) < 0.05 and abs(means[1] - 0.32) < 0.03
assert abs(means[0] - means[1]) < np.ptp(small[1]) and moved[-1] > 10
assert means[1] < means[0] + 0.02 and max(map(loss, runs)) < 0.03
assert small[2].mean() < large[2].mean() < 0.03 and len(factors) == 5
assert sharp[1] < 2 / 0.4 < sharp[8] and 1.5 < 2 / sharp[1] < 3 and 2 / sharp[8] < 0.1
fallen = []
for c in (1, 8):
    p = rescale(params, c)
    for _ in range(2):
        p = [q - 0.4 * g for q, g in zip(p, loss_and_grads(p, X, y)[1], strict=True)]
    fallen.append(loss(p))
assert fallen[0] < loss(params) < 1 < fallen[1]
print("checked: the flatter minima are no better here; the sharp one is left at once")

# %% [markdown]
# ## In three frameworks
#
# PyTorch and TensorFlow need no differences: they differentiate the gradient's product with $v$ once more, which is $H v$.

# %% tags=["torch"]
import torch

theta = [torch.tensor(p, requires_grad=True) for p in params]
z = torch.relu(torch.tensor(X) @ theta[0] + theta[1]) @ theta[2] + theta[3]
J = torch.nn.functional.cross_entropy(z, torch.tensor(y))
grads_t = torch.autograd.grad(J, theta, create_graph=True)


def product_t(v):
    parts = [torch.tensor(part) for part in like(v, params)]
    Hv = torch.autograd.grad(grads_t, theta, parts, retain_graph=True)
    return flat([part.numpy() for part in Hv])


# %% tags=["torch"]
sharp_t = curvature(product_t, 1810, steps=25).largest
print("NumPy:     ", sharpness(params))
print("PyTorch:   ", sharp_t)

# %% tags=["tensorflow"]
import tensorflow as tf

theta_k = [tf.Variable(p) for p in params]


def product_k(v):
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            z = tf.nn.relu(X @ theta_k[0] + theta_k[1]) @ theta_k[2] + theta_k[3]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, z)
            J = tf.reduce_mean(losses)
        grads = inner.gradient(J, theta_k)
    parts = [tf.constant(part) for part in like(v, params)]
    Hv = outer.gradient(grads, theta_k, output_gradients=parts)
    return flat([part.numpy() for part in Hv])


# %% tags=["tensorflow"]
sharp_k = curvature(product_k, 1810, steps=25).largest
print("TensorFlow:", sharp_k)

# %% tags=["check", "torch", "tensorflow"]
# The same sharpness in all three
assert np.allclose([sharp_t, sharp_k], sharp[1], rtol=1e-4)
assert np.isclose(sharp_t, sharp_k, rtol=1e-9)
print("checked: the same sharpness by differences, PyTorch and TensorFlow")

# %% [markdown]
# ## Summary
#
# - Layers of a ReLU network can be rescaled without a change of its function. The sharpness becomes as large as you like.
# - So sharpness alone tells nothing about new data. It tells which rates the weights as they stand can bear.
# - A filter-normalised slice is the same after layers are rescaled, and not the same after single units are.
# - In our ten runs the flatter minima were no better.
#
# ## Common mistakes
#
# - **Pictures of two networks compared along raw directions.** You compare the sizes of their weights.
# - **"The slice is a bowl, so there is no way down."** It shows one direction of 1810.
# - **Sharpness at different training losses.** Cross-entropy flattens as its loss falls: compare at equal losses.
# - **A cause read from a correlation** of a few runs.
#
# ## Quick questions
#
# 1. $\hat y = w_2 w_1 x$ at the minimum $(10, 0.1)$. How sharp is it, and up to which rate does gradient descent stay?
#
#    <details><summary><b>Answer</b></summary>
#
#    $L = 100 + 0.01 = 100.01$, so nearly up to $0.02$. At $(1, 1)$ it is up to $1$.
#
#    </details>
# 2. Does the trick work with tanh in the place of ReLU?
#
#    <details><summary><b>Answer</b></summary>
#
#    No: $\tanh(cz)$ is not $c \tanh z$. (Signs can be turned, with $c = -1$, which leaves the sharpness as it is.)
#
#    </details>
# 3. A layer is followed by batch normalisation. What does multiplying its weights by $c$ do to the function?
#
#    <details><summary><b>Answer</b></summary>
#
#    Nothing, and nobody has to divide (but for the small number under the root). It is the second reason for (2).
#
#    </details>
#
# ## Derive and try
#
# **Derive.** With $w_1 w_2 = 1$: show that (1) is at least $2$, and the least at the two balanced minima.
#
# <details><summary><b>Outline</b></summary>
#
# $w_1^2 + w_2^2 = (w_1 - w_2)^2 + 2 w_1 w_2 = (w_1 - w_2)^2 + 2$. It is $2$ where $w_1 = w_2$, at $(1, 1)$ and $(-1, -1)$.
#
# </details>

# %% [markdown]
# **Try.** Draw the sharpness of `rescale(params, c)` for $c$ from $\frac18$ to $8$. Where is it least, and why does it rise on both sides?
#
# <details><summary><b>Outline</b></summary>
#
# Near $c = 1$: to the left the first layer's curvature grows, with $1/c^2$, to the right the second one's.
#
# </details>

# %% tags=["check"]
# The answers to the questions
assert np.isclose(np.linalg.eigvalsh([[0.01, 1], [1, 100]])[1], 100.01)
assert round(2 / 100.01, 2) == 0.02 and 2 / 2 == 1
assert np.isclose(np.tanh(-0.7), -np.tanh(0.7)) and np.tanh(1.4) < 1.9 * np.tanh(0.7)
line = {c: sharpness(rescale(params, c)) for c in (1 / 8, 1 / 4, 0.7, 1.4)}
assert line[1 / 8] > 3 * line[1 / 4] and line[1 / 4] > 3 * max(line[0.7], line[1.4])
assert sharp[1] < 2 * min(line[0.7], line[1.4]) and sharp[8] > 3 * sharp[4]
a = np.random.default_rng(0).normal(size=(50, 3))
norm = [(c * a - (c * a).mean(axis=0)) / (c * a).std(axis=0) for c in (1, 5)]
assert np.allclose(*norm)
print("checked: the answers to the questions")

# %% [markdown]
# ## References
#
# - H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein (2018). Visualizing the loss landscape of neural nets. *NeurIPS*. arXiv:1712.09913
# - L. Dinh, R. Pascanu, S. Bengio, Y. Bengio (2017). Sharp minima can generalize for deep nets. *ICML*. arXiv:1703.04933
# - N. Keskar, D. Mudigere, J. Nocedal, M. Smelyanskiy, P. Tang (2017). On large-batch training for deep learning: generalization gap and sharp
#   minima. *ICLR*. arXiv:1609.04836
# - S. Hochreiter, J. Schmidhuber (1997). Flat minima. *Neural Computation* 9, 1–42. doi:10.1162/neco.1997.9.1.1
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
