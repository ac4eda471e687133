# %% [markdown]
# # Normalise
#
# {{about}}
#
# **After this lesson you can**
#
# - normalise a batch by hand, and derive what that does to a gradient on its way back,
# - say what batch norm does in evaluation, and translate between two conventions of momentum and variance,
# - say what batch norm does to a batch of one, and why layer norm does not mind,
# - say what each of the two keeps of a deep signal, and which of them makes 20 and 50 layers learn here.
#
# **You need** the backward pass through a layer (unit 02), mean and variance, and what a start can and cannot do (the lesson before this one).

# %% [markdown]
# ## Four numbers
#
# A good start holds at the start. So fix the sizes again in *each* step, within the network. One unit gives these scores for a batch of four
# examples:
#
# $$z = (1,\ 7,\ 9,\ 15).$$
#
# Their mean is $8$, the deviations are $-7, -1, 1, 7$, the variance $(49 + 1 + 1 + 49)/4 = 25$. Subtract the mean, divide by the standard deviation $5$:
#
# $$\hat z = (-1.4,\ -0.2,\ 0.2,\ 1.4).$$
#
# Mean $0$, variance $1$, whatever came in. This is [[batch normalisation]] (Ioffe and Szegedy, 2015). With $\bar z$ and $\sigma^2$ the mean and the variance over
# the batch, for each unit by itself,
#
# $$\hat z_i = \frac{z_i - \bar z}{\sqrt{\sigma^2 + \varepsilon}}, \qquad y_i = \gamma\,\hat z_i + \beta. \tag{1}$$
#
# Here $\gamma$ and $\beta$ are two parameters of the unit, a scale and a shift, learned like weights, $1$ and $0$ at first. So the network can undo the
# normalisation where that is better. [[Layer normalisation|layer normalisation]] (Ba and others, 2016) is the same formula the other way: mean and variance over the *units*, for each example by itself.
#
# **Predict.** The weights before the unit are multiplied by $10$. What happens to $\hat z$? What does that mean for the start of the lesson before?


# %%
import numpy as np


def normalise(z, axis=0, eps=1e-5):  # axis 0: batch norm, 1: layer norm
    centred = z - z.mean(axis, keepdims=True)
    std = np.sqrt((centred**2).mean(axis, keepdims=True) + eps)
    return centred / std, std


z = np.array([[1.0], [7.0], [9.0], [15.0]])
for scores in (z, 10 * z):
    print(np.round(normalise(scores)[0].ravel(), 4))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Nothing: mean and standard deviation are multiplied by $10$ too. So the gain of the weights before a normalisation does not matter for what is passed on. It still matters for how far a step moves them.
#
# </details>

# %% [markdown]
# ## Backwards
#
# Let the gradient $g = (1, 0, 0, 0)$ arrive at $\hat z$: only the first matters to the loss. But *all four* $z$ have a gradient, since each moves the mean and the
# standard deviation. Three ways lead back to $z_j$:
#
# 1. directly: $g_j$;
# 2. by the mean: each $\hat z_i$ falls when the mean rises, and $z_j$ is one $B$-th of the mean, so $-\frac1B \sum_i g_i$. Here that is $-\frac14$;
# 3. by the standard deviation: $\sigma^2 = \frac1B \sum_i (z_i - \bar z)^2$, so $\partial\sigma/\partial z_j = \frac{1}{2\sigma} \cdot \frac2B (z_j - \bar z) = \frac1B \hat z_j$. And $\hat z_i$ falls with it as
#    $-\hat z_i/\sigma$. Together $-\hat z_j \cdot \frac1B \sum_i g_i\,\hat z_i$. Here the mean of $g\,\hat z$ is $-1.4/4 = -0.35$.
#
# All three are divided by $\sigma$ (and if the gradient arrives at $y$, then $g$ is $\gamma$ times it):
#
# $$\frac{\partial J}{\partial z_j} = \frac1\sigma \Bigl(g_j - \text{mean}(g) - \hat z_j\;\text{mean}(g\,\hat z)\Bigr). \tag{2}$$
#
# | | $j = 1$ | $2$ | $3$ | $4$ |
# |:--|--:|--:|--:|--:|
# | $g_j$ | $1$ | $0$ | $0$ | $0$ |
# | $- \text{mean}(g)$ | $-0.25$ | $-0.25$ | $-0.25$ | $-0.25$ |
# | $- \hat z_j\,(-0.35)$ | $-0.49$ | $-0.07$ | $0.07$ | $0.49$ |
# | sum | $0.26$ | $-0.32$ | $-0.18$ | $0.24$ |
# | divided by $5$ | $0.052$ | $-0.064$ | $-0.036$ | $0.048$ |
#
# **Predict.** What is the sum of the last row? And its product with $\hat z$? (Think of what shifting, or stretching, all four $z$ does to the loss.)


# %%
def normalise_backward(g, z_hat, std, axis=0):
    means = g.mean(axis, keepdims=True), (g * z_hat).mean(axis, keepdims=True)
    return (g - means[0] - z_hat * means[1]) / std


z_hat, std = normalise(z)
back = normalise_backward(np.array([[1.0], [0], [0], [0]]), z_hat, std)
print(back.ravel().round(3), "sum", back.sum().round(6), end=" ")
print("times z_hat", np.sum(back * z_hat).round(6))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Both are $0$ (but for $\varepsilon$). Shifting or stretching all four changes nothing in $\hat z$, so the gradient has no part in these two directions. Equation (2) takes
# just these two parts out.
#
# </details>

# %% tags=["check"]
# By hand, by differences, by the library; batch and layer norm
from gdcourse.gradients import central_difference
from gdcourse.layers.numpy import BatchNorm, LayerNorm

assert z.mean() == 8 and z.var() == 25 and 49 + 1 + 1 + 49 == 100
assert np.allclose(z_hat.ravel(), [-1.4, -0.2, 0.2, 1.4], atol=1e-5)
assert np.allclose(normalise(10 * z)[0], z_hat, atol=1e-5)
assert np.isclose(-1.4 / 4, -0.35)
rows = np.array([[1, 0, 0, 0], 4 * [-0.25], [-0.49, -0.07, 0.07, 0.49]])
assert np.allclose(rows.sum(axis=0), [0.26, -0.32, -0.18, 0.24])
assert np.allclose(back.ravel(), [0.052, -0.064, -0.036, 0.048], atol=1e-5)
assert abs(back.sum()) < 1e-12 and abs(np.sum(back * z_hat)) < 1e-5
rng = np.random.default_rng(0)
x, g = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
for axis, layer in ((0, BatchNorm(3)), (1, LayerNorm(3))):
    hat, spread = normalise(x, axis)
    slope = normalise_backward(g, hat, spread, axis)
    numeric = central_difference(
        lambda v, axis=axis: np.sum(g * normalise(v, axis)[0]), x
    )
    assert np.allclose(slope, numeric, atol=1e-7)
    assert np.allclose(layer.forward(x, train=True), hat)
    assert np.allclose(layer.backward(g), slope)
print("checked: equation (2) by hand, by differences and in the library")

# %% [markdown]
# ## Training is not evaluation
#
# In evaluation there may be one example only, and its answer should not depend on who else is asked. So batch norm keeps [[running statistics]]: after each batch of training
#
# $$\text{running} \leftarrow (1 - c)\,\text{running} + c\,\text{batch}, \tag{3}$$
#
# and evaluation puts these into equation (1). They begin with mean $0$ and variance $1$. You write all of this, forwards and backwards, in {{exercise:batchnorm}}. Two conventions differ without a word:
#
# | | PyTorch | Keras |
# |:--|:--|:--|
# | "momentum" by default | $0.1$, which is $c$ | $0.99$, which is $1 - c$ |
# | the variance that is kept | divided by $B - 1$: here $33.3$ | divided by $B$: here $25$ |
# | after our batch: mean | $0.1 \cdot 8 = 0.8$ | $0.01 \cdot 8 = 0.08$ |
# | after our batch: variance | $0.9 + 3.33 = 4.23$ | $0.99 + 0.25 = 1.24$ |
#
# (In training both divide by $B$ in equation (1).)
#
# **Predict.** All batches are alike. After how many is the running mean within 1 % of theirs, with $c = 0.1$, and with $c = 0.01$?

# %%
for c in (0.1, 0.01):
    left, batches = 1.0, 0
    while left > 0.01:
        left, batches = (1 - c) * left, batches + 1
    print(f"c = {c}: {batches} batches")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $0.9^{44}$ and $0.99^{459}$ are the first below $0.01$: 44 batches, and 459. A model evaluated sooner is evaluated with the numbers it began with.
#
# </details>
#
# **A batch of one** has the variance $0$, so $\hat z = 0$: in training every input would give $\beta$. PyTorch and this library refuse it. Layer norm asks nothing of the batch: one example's output
# is the same alone, in any company, in training and in evaluation. Look at the first example while only the last one changes:

# %%
batch = np.array([[1.0, 2, 6], [7, 0, 2], [9, 5, 1], [15, 3, 3]])
other = batch.copy()
other[3] = [-9, 8, 0]
for axis, name in ((0, "batch norm"), (1, "layer norm")):
    before, after = normalise(batch, axis)[0][0], normalise(other, axis)[0][0]
    print(f"{name}: {before.round(2)} -> {after.round(2)}")

# %% tags=["check"]
# The two conventions, batches of one, and layer norm's independence
layer = BatchNorm(1)
layer.forward(z, train=True)
assert np.isclose(layer.mean[0], 0.8) and round(layer.var[0], 2) == 4.23
assert round(25 * 4 / 3, 1) == 33.3 and round(0.1 * 25 * 4 / 3, 2) == 3.33
keras_like = BatchNorm(1, momentum=0.01)
keras_like.forward(z, train=True)
assert np.isclose(keras_like.mean[0], 0.08) and round(0.99 + 0.01 * 25, 2) == 1.24
assert 0.9**44 < 0.01 < 0.9**43 and 0.99**459 < 0.01 < 0.99**458
assert np.allclose(normalise(z[:1])[0], 0)
refused = ""
try:
    BatchNorm(1).forward(z[:1], train=True)
except ValueError as error:
    refused = str(error)
assert "more than one value" in refused
assert np.array_equal(normalise(batch, 1)[0][0], normalise(other, 1)[0][0])
assert not np.allclose(normalise(batch, 0)[0][0], normalise(other, 0)[0][0], atol=0.1)
print("checked: running statistics, a batch of one, layer norm in any company")

# %% [markdown]
# ## What a deep signal keeps
#
# Fifty layers, 40 examples, before each activation nothing, batch norm or layer norm. `walk(act, axis)` returns, layer by layer, how much the *examples* still differ (the standard deviation over the
# examples, relative to the size), and what a gradient is multiplied by on the way back.

# %% tags=["setup"]
# Walk forwards and backwards through fifty random layers
ACTS = {
    "sigmoid": (
        lambda z: 1 / (1 + np.exp(-np.clip(z, -80, 80))),
        lambda a: a * (1 - a),
    ),
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0) * 1.0),
}


def walk(act, axis, seed=0, depth=50, d=100, batch=40):
    """Return (how examples differ after each layer, the gradient's size after 0, 1, ... layers), Xavier's start."""
    rng, (f, slope) = np.random.default_rng(seed), ACTS[act]
    a, kept, differ = rng.normal(size=(batch, d)), [], []
    for _ in range(depth):
        W = rng.normal(size=(d, d)) / np.sqrt(d)
        hat, std = (a @ W, 1) if axis is None else normalise(a @ W, axis)
        a = f(hat)
        kept.append((W, hat, std, slope(a)))
        differ.append(np.sqrt(a.var(axis=0).mean() / np.mean(a**2)))
    g = rng.normal(size=(batch, d))
    sizes = [np.sqrt(np.mean(g**2))]
    for W, hat, std, s in kept[::-1]:
        g = g * s if axis is None else normalise_backward(g * s, hat, std, axis)
        g = g @ W.T
        sizes.append(np.sqrt(np.mean(g**2)))
    return np.array(differ), np.array(sizes) / sizes[0]


# %%
walks = {}
for act in ("sigmoid", "relu"):
    for name, axis in {"nothing": None, "batch": 0, "layer": 1}.items():
        five = [walk(act, axis, seed) for seed in range(5)]
        walks[act, name] = [np.median(each, axis=0) for each in zip(*five, strict=True)]
        differ, size = walks[act, name]
        print(f"{act:8}{name:8} differ {differ[49]:.1e}, gradient {size[50]:.1e}")

# %% tags=["draw"]
# How examples differ, and the gradient's size, for two activations
from gdcourse import plots

fig, axes = plots.figure(2, 2, width=9.0, height=5.6, sharex=True)
for row, act in zip(axes, ("sigmoid", "relu"), strict=True):
    for i, (name, marker) in enumerate(
        (("nothing", "o"), ("batch", "s"), ("layer", "^"))
    ):
        differ, size = walks[act, name]
        style = {
            "color": plots.COLOURS[i],
            "markersize": 4,
            "markevery": 4,
            "label": name,
        }
        row[0].semilogy(np.arange(1, 51), differ, marker, **style)
        row[1].semilogy(np.arange(51), size, marker, **style)
    row[0].set(title=f"{act}: how examples differ", ylim=(1e-17, 10))
    row[1].set(title=f"{act}: size of the gradient", ylim=(1e-34, 1e9))
    row[0].legend(loc="lower left")
axes[1, 0].set(xlabel="layer")
axes[1, 1].set(xlabel="layers passed, from the top")
plots.show(
    fig,
    alt="Four pictures over 50 layers. Sigmoid: with batch norm the examples differ as much in layer 50 as at first and "
    "the gradient keeps its size; with nothing or layer norm both vanish. ReLU: with batch norm the gradient grows to more than 1000; with "
    "layer norm it keeps its size, and the differences between examples fall to about 0.1.",
)

# %% [markdown]
# - **Batch norm** divides by how the *examples* differ. So they differ as much in layer 50 as in layer 1, with the sigmoid too. But each ReLU layer multiplies the gradient by about $1.2$ on the way back: after 50
#   layers by more than $10^4$. Right after the start batch norm *makes* a gradient explode (Yang and others, 2019).
# - **Layer norm** sees one example and cannot know how it differs from the others. With ReLU it keeps the gradient's size, at any gain. But the examples grow alike, and with the sigmoid, whose outputs are all about $\frac12$, differences and gradient
#   vanish as before, a little more slowly.
#
# ## Which of them learns?
#
# The moons of the last two lessons: 40 points, Xavier's start, 16 units a layer, 100 steps of gradient descent, rates a decade apart, five seeds with 20 layers and three with 50. Without a norm neither activation leaves chance, $0.693$, by much.
#
# **Predict.** Four pairs: sigmoid or ReLU, with batch or layer norm. Which learn with 20 layers? With 50?

# %% tags=["setup"]
# Train many normalised networks side by side, in float32
from gdcourse.datasets import moons
from gdcourse.initializers.numpy import xavier_normal

data = moons(40)


def begin(seed, depth, width=16):
    rng, widths = np.random.default_rng(seed), [2] + [width] * depth + [1]
    pairs = zip(widths[:-1], widths[1:], strict=True)
    return [xavier_normal(pair, rng) for pair in pairs]


def train(act, axis, rates, depth=20, seeds=5, steps=100):
    """Return the last losses, (rates, seeds). The scale is left at 1; the biases are the shifts."""
    (f, slope), sigmoid = ACTS[act], ACTS["sigmoid"][0]
    lr = np.repeat(rates, seeds)[:, None, None].astype("float32")
    each = [begin(seed, depth) for seed in range(seeds)] * len(rates)
    Ws = [np.array(W, "float32") for W in zip(*each, strict=True)]
    bs = [np.zeros((len(W), 1, W.shape[2]), "float32") for W in Ws]
    X, y = data.X.astype("float32"), data.y.astype("float32")
    for _ in range(steps + 1):
        a, norms = [X], []
        for W, b in zip(Ws[:-1], bs[:-1], strict=True):
            z = a[-1] @ W
            norms.append(
                (z, 1) if axis is None else normalise(z, axis, np.float32(1e-5))
            )
            a.append(f(norms[-1][0] + b))
        z = (a[-1] @ Ws[-1] + bs[-1])[..., 0]
        delta = ((sigmoid(z) - y) / len(y))[..., None].astype("float32")
        for k in range(depth, -1, -1):
            of_b = delta.sum(axis=-2, keepdims=True)
            if k < depth and axis is not None:
                delta = normalise_backward(delta, *norms[k], axis)
            of_W = a[k].swapaxes(-1, -2) @ delta
            if k:
                delta = (delta @ Ws[k].swapaxes(-1, -2)) * slope(a[k]).astype("float32")
            Ws[k] -= lr * of_W
            bs[k] -= lr * of_b
    losses = (np.logaddexp(0, z) - y * z).mean(axis=-1).reshape(len(rates), seeds)
    return np.where(np.isfinite(losses), losses, np.inf)


def best(losses):
    return np.sort(losses[np.median(losses, axis=1).argmin()])


# %%
from itertools import product

rates = {"batch": [0.003, 0.03, 0.3, 3, 30], "layer": [0.0003, 0.003, 0.03]}
axes_of, runs = {"batch": -2, "layer": -1}, {}
for act, name, depth in product(("sigmoid", "relu"), axes_of, (20, 50)):
    seeds = {20: 5, 50: 3}[depth]
    losses = train(act, axes_of[name], rates[name], depth, seeds)
    runs[act, name, depth] = losses
    print(f"{depth} layers, {act:7} {name}: {best(losses).round(3)}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# With batch norm both learn, with 20 layers and with 50, though from *Xavier's* start; with 50 not on each seed. With layer norm the sigmoids stay at chance, as the picture says. ReLU with layer norm leaves it with 20 layers,
# and with 50 hardly.
#
# </details>
#
# So here, **alone**, batch norm cures and layer norm does not. Do not take that for a verdict. Layer norm is at home in networks where each layer adds to what it got, so that differences pass by it: transformers. And batch norm needs batches
# that are large and drawn alike, in training and later.

# %% tags=["check"]
# What differs, what explodes, what learns
assert np.ptp(walks["sigmoid", "batch"][0]) < 0.05
assert 0.3 < walks["sigmoid", "batch"][1][50] < 30
for name in ("nothing", "layer"):
    assert (
        walks["sigmoid", name][0][49] < 1e-10 and walks["sigmoid", name][1][50] < 1e-15
    )
assert walks["sigmoid", "layer"][1][50] > walks["sigmoid", "nothing"][1][50]
growth = walks["relu", "batch"][1][50] ** (1 / 50)
assert abs(growth - 1.2) < 0.05 and walks["relu", "batch"][1][50] > 1e4 > 1000
assert 0.3 < walks["relu", "layer"][1][50] < 3
assert (
    abs(walks["relu", "layer"][0][49] - 0.1) < 0.05 < walks["relu", "layer"][0][0] / 5
)
assert walks["relu", "nothing"][1][50] < 1e-6 and abs(np.log(2) - 0.693) < 5e-4
for act in ("sigmoid", "relu"):
    without = train(act, None, [0.003, 0.03, 0.3], seeds=3)
    assert np.all(best(without) > 0.6)
    for depth, share in ((20, 0.8), (50, 0.6)):
        assert np.mean(best(runs[act, "batch", depth]) < 0.6) >= share
    for name in axes_of:
        middle = np.median(runs[act, name, 20], axis=1)
        assert (
            act == "sigmoid" and name == "layer" or middle.min() < min(middle[[0, -1]])
        )
for depth in (20, 50):
    assert np.all(best(runs["sigmoid", "layer", depth]) > 0.69)
    assert np.median(best(runs["relu", "batch", depth])) < 0.2
assert np.median(best(runs["sigmoid", "batch", 20])) < 0.3
assert 0.2 < np.median(best(runs["relu", "layer", 20])) < 0.65
assert np.median(best(runs["relu", "layer", 50])) > 0.5
print("checked: batch norm cures sigmoid and ReLU at 20 and 50 layers, layer norm not")

# %% [markdown]
# ## In three frameworks
#
# One batch of training, then the running statistics, each with its defaults:

# %%
from gdcourse.layers.numpy import BatchNorm

layer = BatchNorm(1)
layer.forward(z, train=True)
print("NumPy:  ", layer.mean, layer.var)

# %% tags=["torch"]
import torch

norm_t = torch.nn.BatchNorm1d(1)
norm_t(torch.tensor(z, dtype=torch.float32))  # a new module is in training
print("PyTorch:", norm_t.running_mean.numpy(), norm_t.running_var.numpy())

# %% tags=["tensorflow"]
import keras

norm_k = keras.layers.BatchNormalization()
norm_k(keras.ops.array(z, dtype="float32"), training=True)
print("Keras:  ", float(norm_k.moving_mean[0]), float(norm_k.moving_variance[0]))

# %% [markdown]
# Keras' $\varepsilon$ is $10^{-3}$, PyTorch's and ours $10^{-5}$, which matters where variances are small. In PyTorch say `model.eval()` before you evaluate; Keras' `predict` does by itself.

# %% tags=["check", "torch", "tensorflow"]
# The running statistics in all three
assert np.isclose(norm_t.running_mean.item(), layer.mean[0], rtol=1e-6)
assert np.isclose(norm_t.running_var.item(), layer.var[0], rtol=1e-6)
assert np.isclose(float(norm_k.moving_mean[0]), 0.08, rtol=1e-5)
assert np.isclose(float(norm_k.moving_variance[0]), 1.24, rtol=1e-5)
assert norm_k.epsilon == 1e-3 and norm_t.eps == 1e-5
print("checked: PyTorch's running statistics are ours, Keras' its own")

# %% [markdown]
# ## Summary
#
# - Subtract the mean, divide by the standard deviation: over the batch, or over the units. Backwards, the gradient loses its part along $1$ and along $\hat z$, and is divided by $\sigma$.
# - Batch norm keeps the differences between examples through any depth, and needs running statistics in evaluation. Layer norm keeps sizes only, and needs none.
# - Alone, batch norm makes 20 and 50 layers learn here, with sigmoids too.
#
# ## Common mistakes
#
# - **Evaluation in training mode.** Answers depend on the company, and the running statistics go on changing.
# - **Keras' momentum given to PyTorch.** With $c = 0.99$ the running mean is nearly the last batch's.
# - **A bias before batch norm.** The mean takes it out again: it has no effect and no gradient.
#
# ## Quick questions
#
# 1. Normalise $(2, 2, 2, 10)$ by hand.
#
#    <details><summary><b>Answer</b></summary>
#
#    Mean $4$, variance $(4 + 4 + 4 + 36)/4 = 12$, so $(-2, -2, -2, 6)/3.46 = (-0.58, -0.58, -0.58, 1.73)$.
#
#    </details>
# 2. Batch norm with $B = 2$: what can $\hat z$ be?
#
#    <details><summary><b>Answer</b></summary>
#
#    $(-1, 1)$ or $(1, -1)$, or $(0, 0)$ if both are equal: only which is larger is left.
#
#    </details>
# 3. Which momentum of Keras is PyTorch's $0.1$?
#
#    <details><summary><b>Answer</b></summary>
#
#    $0.9$. The variances still differ, by $B/(B - 1)$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** The weights before a batch norm are multiplied by $c$. By what is their gradient multiplied?
#
# <details><summary><b>Outline</b></summary>
#
# The loss is the same function of the direction of $w$, $J(c\,w) = J(w)$. Differentiate for $w$: $c\,\nabla J(c\,w) = \nabla J(w)$, so by $1/c$. Large weights then move little: the scale sets the effective rate.
#
# </details>

# %% [markdown]
# **Try.** Put He's start in place of Xavier's in `walk` (multiply `W` by $\sqrt2$). Which of the six lines change?
#
# <details><summary><b>Outline</b></summary>
#
# Those without a norm. With one the forward pass forgets the gain, and backwards $1/\sigma$ cancels it.
#
# </details>

# %% tags=["check"]
# The numbers of the questions, and a gradient divided by c
assert np.var([2, 2, 2, 10]) == 12 and round(12**0.5, 2) == 3.46
assert np.allclose(np.array([-2, 6]) / 12**0.5, [-0.58, 1.73], atol=5e-3)
assert np.allclose(np.abs(normalise(np.array([[3.0], [8.0]]))[0]), 1, atol=1e-4)
assert round(1 - 0.1, 1) == 0.9
grads = {}
for c in (1, 7):
    hat, std = normalise(x @ (c * batch[:3]), 0, 0)
    grads[c] = x.T @ normalise_backward(g, hat, std)
assert np.allclose(grads[1], 7 * grads[7])
print("checked: the answers, and that larger weights get a smaller gradient")

# %% [markdown]
# ## References
#
# - S. Ioffe, C. Szegedy (2015). Batch normalization: accelerating deep network training by reducing internal covariate
#   shift. *ICML*. arXiv:1502.03167
# - J. L. Ba, J. R. Kiros, G. E. Hinton (2016). Layer normalization. arXiv:1607.06450
# - G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein, S. S. Schoenholz (2019). A mean field theory of batch
#   normalization. *ICLR*. arXiv:1902.08129
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
