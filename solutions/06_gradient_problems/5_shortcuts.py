# %% [markdown]
# # Shortcuts
#
# {{about}}
#
# **After this lesson you can**
#
# - compute a residual block forwards and backwards by hand,
# - say why its gradient does not vanish with depth, and when it still may,
# - say what grows instead, and name three cures,
# - tell which remedy a network of fifty layers needs, alone or with others, from its loss and its first gradient.
#
# **You need** the factor of a layer and its gain $c$ (lesson 1 of this unit), [[batch normalisation]] (lesson 4; here without the learned
# numbers), and momentum (unit 03).

# %% [markdown]
# ## One block by hand
#
# A layer replaces what comes in. A block with a [[shortcut|residual connection]] only adds to it:
#
# $$y = x + f(x). \tag{1}$$
#
# In this lesson $y$ is what a block passes on. Take $f(x) = w_2 \max(0, w_1 x)$ with $w_1 = 0.5$, $w_2 = -0.4$ and $x = 2$:
#
# | | with the shortcut | without |
# |:--|:--|:--|
# | forwards | $\max(0, 0.5 \cdot 2) = 1$, so $y = 2 - 0.4 = 1.6$ | $y = -0.4$ |
# | backwards | $y' = 1 + w_2 w_1 = 1 - 0.2 = 0.8$ | $y' = w_2 w_1 = -0.2$ |
#
# Backwards, the gradient that arrives goes both ways and is added up: unchanged over the shortcut, times $f'$ through
# the block:
#
# $$\frac{dy}{dx} = 1 + f'(x). \tag{2}$$
#
# **Predict.** A chain of 50 blocks, whose slopes $f'$ are $-0.2$ and $+0.2$ in turn. What is left of a gradient with the
# shortcuts, and without?

# %%
import numpy as np

slopes = np.tile([-0.2, 0.2], 25)
print("with shortcuts:", np.prod(1 + slopes))
print("without:       ", np.prod(slopes))
print("all -0.2, with shortcuts:", 0.8**50)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# With them, $(0.8 \cdot 1.2)^{25} = 0.96^{25} = 0.36$. Without, $0.2^{50}$, about $10^{-35}$.
#
# </details>
#
# Multiply two blocks out and you see why: $(1 + f_1')(1 + f_2') = 1 + f_1' + f_2' + f_1' f_2'$. That is one term for each way back:
# around both, through one, through both. One way passes **no weight at all**, and its factor is 1. A small $f'$ now means
# "about 1" instead of "about 0".
#
# It is no law. If all slopes are $-0.2$, then $0.8^{50}$ is $10^{-5}$. Small slopes of both signs nearly cancel; large
# ones, or many of one sign, do not.
#
# ## A block of two numbers
#
# Now rows of numbers, $f(x) = \max(0, x W_1)\,W_2$, with
#
# $$x = (1, 2), \quad W_1 = \begin{pmatrix} 1 & 0 \\ -1 & 1 \end{pmatrix}, \quad W_2 = \begin{pmatrix} 1 & 0 \\ 0.5 & -1
# \end{pmatrix}.$$
#
# Forwards: $x W_1 = (-1, 2)$, the ReLU leaves $(0, 2)$, times $W_2$ is $(1, -2)$, and $y = (1, 2) + (1, -2) = (2, 0)$. Backwards, let
# $\delta = (1, 2)$ arrive: $\delta\, W_2^T = (1, -1.5)$, the switches leave $(0, -1.5)$, times $W_1^T$ is $(0, -1.5)$. Then the
# shortcut: $(1, 2) + (0, -1.5) = (1, 0.5)$. You write the whole backward pass, with the gradients for both matrices, in
# {{exercise:residual_backward}}.


# %%
def block(x, W1, W2):
    return x + np.maximum(0, x @ W1) @ W2


def block_backward(x, W1, W2, delta):
    switches = x @ W1 > 0
    return delta + ((delta @ W2.T) * switches) @ W1.T


x, delta = np.array([1.0, 2.0]), np.array([1.0, 2.0])
W1, W2 = np.array([[1.0, 0], [-1, 1]]), np.array([[1.0, 0], [0.5, -1]])
print(block(x, W1, W2), block_backward(x, W1, W2, delta))

# %% tags=["check"]
# The numbers by hand, and the gradient by differences
assert np.isclose(2 + -0.4 * max(0, 0.5 * 2), 1.6) and np.isclose(0.5 * -0.4, -0.2)
assert np.isclose(1 - 0.2, 0.8) and np.isclose(0.8 * 1.2, 0.96)
assert round(0.96**25, 2) == 0.36 == round(np.prod(1 + slopes), 2)
assert 1e-35 < 0.2**50 < 1.2e-35 and 1e-5 < 0.8**50 < 2e-5 and len(slopes) == 50
assert (x @ W1).tolist() == [-1, 2] and (np.maximum(0, x @ W1) @ W2).tolist() == [1, -2]
assert block(x, W1, W2).tolist() == [2, 0] and (delta @ W2.T).tolist() == [1, -1.5]
assert block_backward(x, W1, W2, delta).tolist() == [1, 0.5]
for j, h in enumerate(1e-6 * np.eye(2)):
    rise = (block(x + h, W1, W2) - block(x - h, W1, W2)) @ delta / 2e-6
    assert np.isclose(rise, block_backward(x, W1, W2, delta)[j])
print("checked: both blocks by hand, the second by central differences too")

# %% [markdown]
# ## What grows instead
#
# Draw $W_1$ and $W_2$ at random, so that $f$ keeps the size of what comes in (for this ReLU the variances $2/d$ and $1/d$).
#
# **Predict.** $f(x)$ is as large as $x$, and independent of its sign. What is the mean square of $y$, compared with that of
# $x$? And after 25 blocks?


# %%
def signal(rng, kind, blocks=25, d=100):
    x, sizes = rng.normal(size=(200, d)), []
    for _ in range(blocks):
        W1 = rng.normal(0, np.sqrt(2 / d), (d, d))
        W2 = rng.normal(0, np.sqrt(1 / d), (d, d))
        into = x / np.sqrt(np.mean(x**2)) if kind == "normalised" else x
        f = np.maximum(0, into @ W1) @ W2
        x = x + {"scaled": 1 / np.sqrt(blocks), "zero": 0}.get(kind, 1) * f
        sizes.append(np.mean(x**2))
    return np.array(sizes)


# %%
kinds = ("plain", "normalised", "scaled", "zero")
sizes = {kind: signal(np.random.default_rng(0), kind) for kind in kinds}
for kind in kinds:
    print(f"{kind:11}", *np.round(sizes[kind][[0, 1, 4, 24]], 2))

# %% tags=["draw"]
# The signal's mean square against the block, four ways
from gdcourse import plots

fig, ax = plots.figure(width=6.6, height=3.2)
for kind, marker in zip(kinds, "^so.", strict=True):
    ax.semilogy(np.arange(1, 26), sizes[kind], marker=marker, markevery=4, label=kind)
ax.set(xlabel="block", ylabel="mean square of x", title="what comes out of each block")
ax.legend(loc="upper left")
plots.show(
    fig,
    alt="The mean square of the signal over 25 blocks on a logarithmic scale. Plain is a "
    "straight line up beyond 1e7. Normalised bends and ends near 26, scaled ends near 2.7, "
    "zero stays at 1.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The weights of $W_2$ have the mean 0, so the mean of $2 x f(x)$ is 0 too, and the squares add up: twice as much.
# After 25 blocks that is $2^{25}$, about $3 \cdot 10^7$. (One network strays: here it is about half of that.)
#
# </details>
#
# $$\mathbb{E}[y^2] = \mathbb{E}[x^2] + 2\,\mathbb{E}[x f(x)] + \mathbb{E}[f(x)^2] = 2\,\mathbb{E}[x^2]. \tag{3}$$
#
# So a shortcut turns the trouble round: **nothing vanishes, and the signal explodes**, and the gradient with it. Three cures:
#
# - **Normalise** what goes *into* $f$. Then each $f$ adds about 1, not as much as there is: $1 + 25 = 26$ after 25 blocks.
# - **Scale** $f$ by $1/\sqrt{25}$: each block multiplies by $1 + \frac{1}{25}$, and $1.04^{25} = 2.7$.
# - **Begin at zero**: $W_2 = 0$. Then each block passes on $x$ as it is, and learns what to add.
#
# ## Before or after the addition
#
# The first residual networks had a ReLU *after* the addition, $\max(0, x + f(x))$ (He and others, 2016). It stands in the
# shortcut's way: where it is shut, both ways back are cut. A few months later the same authors moved it, and the normalisation,
# into $f$, *before* the weights ("pre-activation"): normalise, activate, weigh, twice over. Then the way from the last block to
# the first is free. The race below is run so.

# %% tags=["check"]
# The signal's growth, four ways
many = [[signal(np.random.default_rng(s), k)[-1] for s in range(4)] for k in kinds]
plain, normalised, scaled, zero = np.array(many)
assert (
    3e7 < 2**25 < 3.5e7
    and 0.3 < np.mean(plain) / 2**25 < 2
    and sizes["plain"][-1] > 1e7
)
assert 0.3 < sizes["plain"][-1] / 2**25 < 0.6  # about half
assert np.all(np.abs(normalised / 26 - 1) < 0.2) and 1 + 25 == 26
assert np.allclose(sizes["plain"][:2], [2, 4], rtol=0.1)
assert 1 + 1 / 25 == 1.04 and round(1.04**25, 1) == 2.7
assert np.all(np.abs(scaled / 2.7 - 1) < 0.2) and np.allclose(zero, 1, atol=0.05)
print("checked: 2 to the power 25, 26, 2.7 and 1, on four networks within 20 %")

# %% [markdown]
# ## Fifty layers, each remedy alone
#
# A network for the digits: 25 blocks of two layers of 16 units. Four switches, all off: sigmoids, the gain
# $c = 1$, no normalisation, no shortcuts. Each can be put on:
#
# - **activation**: ReLU instead of the sigmoid,
# - **start**: the gain at which lesson 1 has the factor 1: $\sqrt2$ for ReLU, $4$ for the sigmoid,
# - **normalisation**: over the batch, before each activation,
# - **shortcuts**: around each block.
#
# `fit(...)` trains a network by 40 steps of momentum on batches of 32, at each of six rates from $0.004$ to $4$ and with each of
# three seeds. It returns the training loss of the last 10 steps, one row for each seed, and the first layer's gradient at the
# start. (A loss of $2.30 = \ln 10$ is that of guessing.)
#
# **Predict.** Which of the four, *alone*, makes this network learn?

# %% tags=["setup"]
# Fit many networks at once: axis 0 runs over seeds and rates
from gdcourse.datasets import digits

data = digits()
X = ((data.X - data.X.mean()) / data.X.std()).astype("float32")
RATES = 0.004 * 4.0 ** np.arange(6)


def draw(gain, zero, rates, seeds, d=16, layers=50):
    """Return the weights (seeds x rates, d_in, d_out) of all layers, and as many biases."""
    shapes = [(64, d), *[(d, d)] * layers, (d, 10)]
    weights = []
    for k, (d_in, d_out) in enumerate(shapes):
        c = gain if 0 < k <= layers else 1
        c = 0 if zero and 0 < k <= layers and k % 2 == 0 else c
        own = [np.random.default_rng([s, k]).normal(size=(d_in, d_out)) for s in seeds]
        own = np.repeat(own, len(rates), axis=0) * c / np.sqrt(d_in)
        weights.append(own.astype("float32"))
    return weights, [np.zeros_like(W[:, :1]) for W in weights]


def activate(a, relu, norm):
    """Normalise over the batch if norm, then the activation; return also what goes back."""
    s, xhat = None, a
    if norm:
        away = a - a.mean(axis=1, keepdims=True)
        s = np.sqrt(np.mean(away * away, axis=1, keepdims=True) + 1e-5)
        xhat = away / s
    out = np.maximum(0, xhat) if relu else 0.5 + 0.5 * np.tanh(0.5 * xhat)
    return out, (out, xhat, s)


def activate_back(delta, kept, relu, norm):
    out, xhat, s = kept
    delta = delta * (out > 0) if relu else delta * out * (1 - out)
    if norm:
        along = xhat * np.mean(delta * xhat, axis=1, keepdims=True)
        delta = (delta - delta.mean(axis=1, keepdims=True) - along) / s
    return delta


def loss_and_grads(weights, biases, x, y, relu, norm, shortcuts):
    last, kept, a = len(weights) - 1, [], x @ weights[0] + biases[0]
    for k in range(1, last + 1):
        around = a if k % 2 else around
        out, back = activate(a, relu, norm)
        kept.append(back)
        a = out @ weights[k] + biases[k]
        if shortcuts and k < last and k % 2 == 0:
            a = a + around
    p = np.exp(a - a.max(axis=2, keepdims=True))
    p /= p.sum(axis=2, keepdims=True)
    right = np.eye(10, dtype="float32")[y]
    loss = -np.log(np.maximum(1e-30, (p * right).sum(axis=2))).mean(axis=1)
    delta, grads = (p - right) / x.shape[1], []
    for k in range(last, 0, -1):
        around = delta if k % 2 == 0 else around
        grads.append(kept[k - 1][0].swapaxes(1, 2) @ delta)
        grads.append(delta.sum(axis=1, keepdims=True))
        delta = delta @ weights[k].swapaxes(1, 2)
        delta = activate_back(delta, kept[k - 1], relu, norm)
        if shortcuts and k < last and k % 2:
            delta = delta + around
    grads += [x.swapaxes(1, 2) @ delta, delta.sum(axis=1, keepdims=True)]
    return loss, grads[::-1][::2], grads[::-1][1::2]


def fit(relu, start, norm, shortcuts, zero=False, rates=RATES, seeds=(0, 1, 2)):
    gain = (np.sqrt(2) if relu else 4) if start else 1
    weights, biases = draw(gain, zero, rates, seeds)
    eta = np.tile(rates, len(seeds)).astype("float32")[:, None, None]
    velocity = [np.zeros_like(p) for p in weights + biases]
    rngs, losses = [np.random.default_rng([s, 99]) for s in seeds], []
    for step in range(40):
        rows = [rng.integers(0, len(X), 32) for rng in rngs]
        rows = np.repeat(rows, len(rates), axis=0)
        with np.errstate(all="ignore"):  # some runs diverge
            loss, db, dW = loss_and_grads(
                weights, biases, X[rows], data.y[rows], relu, norm, shortcuts
            )
            if step == 0:
                first = np.sqrt(np.sum(np.float64(dW[0]) ** 2, axis=(1, 2)))
            losses.append(loss)
            for p, v, g in zip(weights + biases, velocity, dW + db, strict=True):
                v *= 0.9
                v += g
                p -= eta * v
    final = np.mean(losses[-10:], axis=0).reshape(len(seeds), -1)
    final = np.where(np.isfinite(final), final, np.inf)
    return final, first.reshape(len(seeds), -1)[:, 0]


# %% tags=["check"]
# The gradient of one run of `fit` by central differences
rng = np.random.default_rng(0)
for switches in ((0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)):
    Ws, bs = draw(1, False, [1], [0])
    Ws, bs = [W.astype("float64") for W in Ws], [0.1 + b.astype("float64") for b in bs]
    few, labels = X[None, :16].astype("float64"), data.y[None, :16]
    grads = loss_and_grads(Ws, bs, few, labels, *switches)
    for kind, params in ((1, bs), (2, Ws)):
        for k in (0, 49, 50, 51):
            u = rng.normal(size=params[k].shape)
            ends = []
            for h in (1e-7, -1e-7):
                params[k] += h * u
                ends.append(loss_and_grads(Ws, bs, few, labels, *switches)[0][0])
                params[k] -= h * u
            rise, slope = (ends[0] - ends[1]) / 2e-7, np.sum(grads[kind][k] * u)
            assert np.isclose(rise, slope, rtol=1e-3, atol=1e-7)
print("checked: forward and backward of the race, for four settings of the switches")

# %%
on = {"relu": True, "start": True, "norm": True, "shortcuts": True}
off = dict.fromkeys(on, False)
ways = {"nothing": off}
for name in on:
    ways[f"{name} alone"] = off | {name: True}
ways["all four"] = on
for name in on:
    ways[f"all but {name}"] = on | {name: False}
ways["all but norm, W2 = 0"] = on | {"norm": False, "zero": True}

# %%
results = {}
print("                       rate   loss of 3 seeds   first gradient")
for name, way in ways.items():
    losses, first = fit(**way)
    best = losses.mean(axis=0).argmin()
    results[name] = losses, first, best
    low, high = losses[:, best].min(), losses[:, best].max()
    said = f"{low:5.2f} to {high:5.2f}  {first.mean():13.0e}"
    print(f"{name:21}  {RATES[best]:5.3f}  {said}")

# %% tags=["draw"]
# Loss against the first gradient, a mark for each seed
fig, ax = plots.figure(width=8.2, height=4.4)
for i, (name, (losses, first, best)) in enumerate(results.items()):
    seen = np.minimum(losses[:, best], 4)
    colour = plots.COLOURS[0 if "alone" in name or name == "nothing" else 1]
    ax.plot(seen, [i] * 3, "o" if colour == plots.COLOURS[0] else "s", color=colour)
    ax.text(4.9, i, f"{first.mean():.0e}", va="center", ha="right", fontsize=9)
ax.axvline(np.log(10), color="black", linestyle=":", label="guessing")
ax.set(yticks=range(len(results)), yticklabels=list(results), xlim=(0, 5))
ax.set(xlabel="training loss at the best rate (4: diverges); right: first gradient")
ax.set(title="fifty layers, three seeds each, 40 steps")
ax.invert_yaxis()
ax.legend(loc="lower center")
plots.show(
    fig,
    alt="Training losses of three seeds for eleven ways. With nothing, the activation alone or "
    "the start alone, they lie at guessing, 2.30. Normalisation alone lies in between. Shortcuts "
    "alone and all four are below 1.2; all but normalisation diverges, all but shortcuts "
    "stays near guessing.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The shortcuts. Normalisation alone helps, but slower. The other two alone do nothing: their first gradients are smaller
# than $10^{-6}$.
#
# </details>
#
# Each row has its reason:
#
# - **relu alone**: with $c = 1$ each layer multiplies by $1/\sqrt2$ (lesson 1). **start alone**: with the gain 4 the sigmoids
#   saturate.
# - **norm alone** holds the spread of each score, so the slopes stay away from 0.
# - **shortcuts alone** leave the sigmoids as they are. Their small slopes are now small additions to 1.
# - **all but norm**: equation (3). The signal explodes, and every rate in the grid diverges. Start each $W_2$ at 0, and it learns.
# - **all but shortcuts**: no vanishing here. The normalised ReLU layers *multiply* the gradient, each by about $1.2$
#   (Yang and others, 2019). After 50 it is $10^4$ times or more, and the loss stays near guessing.
#
# So the four are no list to tick off. **Two of these deep networks fail although three remedies are in.** Look at the first
# gradient: far below 1 or far above says which way to go. With shortcuts and normalisation in, the activation and the start
# hardly matter here. (These are losses in training after few steps; they say how easily a network learns, not how well it generalises.)
#
# One caution on reading it. A first gradient of about 1 is needed here, but does not suffice: "norm alone" has that, too.


# %% tags=["check"]
# The race: who learns, who does not, and the first gradients
def loss_of(name):
    losses, _, best = results[name]
    return losses[:, best]


middle = {name: r[1].mean() for name, r in results.items()}
for name in ("nothing", "relu alone", "start alone", "all but shortcuts"):
    assert loss_of(name).min() > 2.2 and results[name][0].min() > 2.1
assert np.all(np.isinf(results["all but norm"][0]).any(axis=0))
shallow = ("shortcuts alone", "all four", "all but relu", "all but start")
for name in (*shallow, "all but norm, W2 = 0"):
    assert loss_of(name).max() < 1.2
for name in ("norm alone", *shallow, "all but norm, W2 = 0"):
    assert 0 < results[name][2] < len(RATES) - 1  # the best rate is no end of the grid
    assert 0.05 < middle[name] < 50
assert np.all(loss_of("norm alone") < 2.2) and loss_of("norm alone").min() > 1.5
assert max(middle["nothing"], middle["relu alone"], middle["start alone"]) < 1e-6
assert middle["all but norm"] > 1e2 and middle["all but shortcuts"] > 10**4
assert abs((middle["all but shortcuts"] / 2) ** (1 / 50) - 1.2) < 0.1
assert round(np.log(10), 2) == 2.3 and RATES[0] == 0.004
assert np.isclose(RATES[-1], 4, rtol=0.1) and len(RATES) == 6 and X.shape[1] == 64
assert draw(1, False, [1], [0])[0][1].shape == (1, 16, 16)
assert len(results) == 11 and 40 > 32  # steps; rows of a batch
print(
    "checked: three ways stay at guessing, all with shortcuts and a bounded signal learn"
)

# %% [markdown]
# ## In three frameworks
#
# Write a shortcut as it is, a plus: automatic differentiation adds the two ways up. The block of two numbers again.

# %%
from gdcourse.layers.numpy import Dense, ReLU, Residual

rng = np.random.default_rng(0)
residual = Residual(Dense(2, 2, rng), ReLU(), Dense(2, 2, rng))
residual.params[0][:], residual.params[2][:] = W1, W2
y = residual.forward(x[None])
print("NumPy:     ", y[0], residual.backward(delta[None])[0])

# %% tags=["torch"]
import torch

x_t = torch.tensor(x, requires_grad=True)
y_t = x_t + torch.relu(x_t @ torch.tensor(W1)) @ torch.tensor(W2)
y_t.backward(torch.tensor(delta))
print("PyTorch:   ", y_t.detach().numpy(), x_t.grad.numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

x_k = tf.Variable(x[None])
with tf.GradientTape() as tape:
    y_k = x_k + tf.nn.relu(x_k @ W1) @ W2
slope_k = tape.gradient(y_k, x_k, output_gradients=delta[None])
print("TensorFlow:", y_k.numpy()[0], slope_k.numpy()[0])

# %% tags=["check", "torch", "tensorflow"]
# The same block in all three
for forwards in (y[0], y_t.detach().numpy(), y_k.numpy()[0]):
    assert np.allclose(forwards, [2, 0])
for backwards in (
    residual.backward(delta[None])[0],
    x_t.grad.numpy(),
    slope_k.numpy()[0],
):
    assert np.allclose(backwards, [1, 0.5])
print("checked: NumPy, PyTorch and TensorFlow give (2, 0) and (1, 0.5)")

# %% [markdown]
# ## Summary
#
# - $y = x + f(x)$ passes the gradient on as $1 + f'$. One way back goes through no weight.
# - Then the signal grows: it doubles its mean square with each block, unless $f$ is normalised, scaled, or zero at first.
# - Of four remedies alone, shortcuts rescued fifty layers of sigmoids. Two rows with three remedies failed.
#
# ## Common mistakes
#
# - **"Residual networks cannot vanish or explode."** They can do both; the first is rare, the second is what to expect.
# - **A layer on the shortcut itself**, such as an activation after the addition: then no way back is free.
# - **Zero for both $W_1$ and $W_2$.** Then neither gets a gradient (question 2).
# - **$x$ and $f(x)$ of different shapes.** NumPy may broadcast without a word; the library's `Residual` refuses.
#
# ## Quick questions
#
# 1. $f'$ is $0.1$ in each of 50 blocks. What does the gradient multiply by?
#
#    <details><summary><b>Answer</b></summary>
#
#    By $1.1^{50} = 117$. All of one sign: it explodes.
#
#    </details>
# 2. $W_2 = 0$ at first. Which of $W_1$ and $W_2$ has a gradient in the first step?
#
#    <details><summary><b>Answer</b></summary>
#
#    $W_2$: its gradient is made of what came in, $\max(0, x W_1)$, and of $\delta$. That for $W_1$ goes through $W_2$, so
#    it is 0 in the first step. In the second it is not.
#
#    </details>
# 3. How many ways lead back through 3 blocks, and how many go through exactly 2 of the $f$?
#
#    <details><summary><b>Answer</b></summary>
#
#    $2^3 = 8$; three.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Scale each of $n$ branches by $1/\sqrt{n}$. What does the mean square become for many blocks? And with $1/n$?
#
# <details><summary><b>Outline</b></summary>
#
# $(1 + 1/n)^n$, which tends to $e$ from below. With $1/n$ it is $(1 + 1/n^2)^n$, which tends to 1: then the branches
# hardly count at first.
#
# </details>

# %% [markdown]
# **Try.** Run `fit(**ways["all but norm"], rates=10 ** np.arange(-6, -3.0, 0.5))`. Is there a rate at which the network
# without normalisation learns?
#
# <details><summary><b>Outline</b></summary>
#
# Where it does not diverge, it comes back to about $2.3$ at best, within these steps: the scores are thousands at
# first, and most steps go into making them smaller.
#
# </details>

# %% tags=["check"]
# The questions, and the smaller rates
assert round(1.1**50) == 117 and 2**3 == 8
few = X[None, :16].astype("float64"), data.y[None, :16]
Ws, bs = draw(1, True, [1], [0])
grads = loss_and_grads(Ws, bs, *few, False, False, True)[2]
assert np.all(grads[1] == 0) and np.any(grads[2] != 0)
assert all((1 + 1 / n) ** n < np.e for n in (1, 10, 1000))
assert np.isclose((1 + 1 / 1000) ** 1000, np.e, rtol=1e-3)
assert np.isclose((1 + 1 / 1000**2) ** 1000, 1, atol=2e-3)
small, _ = fit(**ways["all but norm"], rates=10 ** np.arange(-6, -3.0, 0.5))
assert np.min(small.mean(axis=0)) > 2 and abs(np.min(small.mean(axis=0)) - 2.3) < 0.4
print("checked: the answers, and that smaller rates do not mend the explosion")

# %% [markdown]
# ## References
#
# - K. He, X. Zhang, S. Ren, J. Sun (2016). Deep residual learning for image recognition. *CVPR*. arXiv:1512.03385
# - K. He, X. Zhang, S. Ren, J. Sun (2016). Identity mappings in deep residual networks. *ECCV*. arXiv:1603.05027
# - A. Veit, M. Wilber, S. Belongie (2016). Residual networks behave like ensembles of relatively shallow networks. *NeurIPS*.
#   arXiv:1605.06431
# - H. Zhang, Y. Dauphin, T. Ma (2019). Fixup initialization: residual learning without normalization. *ICLR*. arXiv:1901.09321
# - G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein, S. Schoenholz (2019). A mean field theory of batch normalization. *ICLR*.
#   arXiv:1902.08129
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
