# %% [markdown]
# # What a gradient tells
#
# {{about}}
#
# **After this lesson you can**
#
# - recover a layer's input from its gradient, exactly, and a network's input by descent,
# - clip gradients sample by sample and add noise of the right size,
# - compute what many noisy steps give away, and check it against a published figure,
# - say what privacy costs in accuracy, and why sampling helps.
#
# **You need** backward passes of dense layers (unit 02) and clipping (unit 06).

# %% [markdown]
# ## Two numbers and a quotient
#
# Workers send gradients, not data. Is the data safe? Take a layer with one output, $z = w_1 x_1 + w_2 x_2 + b$, and the input $x = (0.5, 2)$. From behind comes the slope $\delta = \partial J / \partial z = -0.4$, which the
# worker keeps to itself. It sends
#
# $$\frac{\partial J}{\partial w_1} = \delta x_1 = -0.2, \qquad \frac{\partial J}{\partial w_2} = \delta x_2 = -0.8, \qquad \frac{\partial J}{\partial b} = \delta = -0.4. \tag{1}$$
#
# The last number *is* the secret slope. Divide by it: $-0.2 / {-0.4} = 0.5$ and $-0.8 / {-0.4} = 2$. That is the input.
#
# A layer with many outputs gives the same answer once for each output whose bias gradient is not 0. You write it in {{exercise:invert_linear}}. This is [[gradient inversion]] at its simplest.
#
# **Predict.** A network with 64 inputs, 32 ReLU units and 10 classes sends the gradient of *one* digit. How well can you see the digit? And when it sends the mean gradient of two digits?

# %% tags=["setup"]
# Digits, a network with one hidden layer, and its gradient
import numpy as np

from gdcourse.datasets import digits

data = digits()
rng = np.random.default_rng(0)
W, b = rng.normal(0, np.sqrt(2 / 64), (64, 32)), np.zeros(32)
V, c = rng.normal(0, np.sqrt(2 / 42), (32, 10)), np.zeros(10)


def first_layer_gradient(X, y):
    a = np.maximum(X @ W + b, 0)
    z = a @ V + c
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    delta = ((p - np.eye(10)[y]) / len(X)) @ V.T * (a > 0)
    return X.T @ delta, delta.sum(axis=0)


# %% [markdown]
# The folded cell has `data`, the digits, and `first_layer_gradient(X, y)`, what a worker would send for the first layer. Its weights have a column for each unit.


# %%
def seen(X, y):
    dW, db = first_layer_gradient(X, y)
    unit = np.argmax(np.abs(db))
    return dW[:, unit] / db[unit]


one, two = slice(7, 8), slice(7, 9)
from_one = seen(data.X[one], data.y[one])
from_two = seen(data.X[two], data.y[two])
print(f"largest error from one digit: {np.abs(from_one - data.X[7]).max():.0e}")

# %% tags=["draw"]
# The digits and what was seen
from gdcourse import plots

plots.show(
    plots.image_grid(
        np.array([data.X[7], from_one, data.X[8], from_two]).reshape(-1, 8, 8),
        titles=["first digit", "from its gradient", "second digit", "from both"],
        columns=4,
    ),
    alt="Four images: a seven, the same seven from its gradient, an eight, and what the mean gradient of both gives, in which the two overlap.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# From one digit you see the digit, to the last places of floating point. From two, a unit shows a weighted sum of those digits for which it fires: $\sum_i \delta_i x_i / \sum_i \delta_i$. If it fires for one of them only, that one is seen exactly.
#
# </details>

# %% tags=["check"]
# Exact from one digit, a weighted sum from two
assert np.abs(from_one - data.X[7]).max() < 1e-12 and data.y[7] == 7 and data.y[8] == 8
assert np.allclose([-0.2 / -0.4, -0.8 / -0.4], [0.5, 2])
pair = np.linalg.lstsq(data.X[7:9].T, from_two)[0]
assert np.allclose(pair @ data.X[7:9], from_two) and np.isclose(pair.sum(), 1)
assert np.all(np.abs(pair) > 0.05)
dW, db = first_layer_gradient(data.X[two], data.y[two])
fires = data.X[two] @ W + b > 0
single = np.flatnonzero(fires.sum(axis=0) == 1)
for unit in single:
    its = data.X[7 + int(np.argmax(fires[:, unit]))]
    assert np.allclose(dW[:, unit] / db[unit], its)
assert len(single) > 0
print(
    "checked: one digit exactly, two as a weighted sum, and alone where a unit fires for one"
)

# %% [markdown]
# ## No formula? Descend
#
# A convolution in front has no such quotient. But an attacker can *search* for an input whose gradient is the one that was sent (Zhu, Liu and Han, 2019). The loss of the search is the squared distance of two gradients, its variables
# are the pixels, and its gradient comes from differentiating a gradient. The label is taken as known.

# %% tags=["torch"]
import torch

torch.manual_seed(0)
net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 4, 3, padding=1),
    torch.nn.Sigmoid(),
    torch.nn.Flatten(),
    torch.nn.Linear(256, 10),
).double()
for p in net.parameters():
    torch.nn.init.normal_(p, std=0.5)


# %% tags=["torch"]
def sent(image, label, **options):
    loss = torch.nn.functional.cross_entropy(net(image), label)
    return torch.autograd.grad(loss, list(net.parameters()), **options)


# %% tags=["torch"]
secret = torch.tensor(data.X[7].reshape(1, 1, 8, 8))
label = torch.tensor([7])
target = sent(secret, label)
guess = torch.rand(1, 1, 8, 8, dtype=torch.float64, requires_grad=True)
search = torch.optim.LBFGS([guess], max_iter=4, line_search_fn="strong_wolfe")


def distance():
    search.zero_grad()
    now = sent(guess, label, create_graph=True)
    loss = sum(((a - b) ** 2).sum() for a, b in zip(now, target, strict=True))
    loss.backward()
    return loss


# %% tags=["torch"]
frames, gaps = [guess.detach().numpy().copy()], []
for _ in range(60):
    gaps.append(float(search.step(distance).detach()))
    frames.append(guess.detach().numpy().copy())
error = float((guess - secret).abs().max().detach())
print(f"largest error of a pixel after the search: {error:.0e}")

# %% tags=["draw", "torch"]
# The search as pictures
shown = [frames[0], frames[1], frames[2], frames[-1], secret.numpy()]
plots.show(
    plots.image_grid(
        np.clip(np.array(shown).reshape(-1, 8, 8), 0, 1),
        titles=["start", "4 steps", "8 steps", "at the end", "secret"],
        columns=5,
    ),
    alt="Five images: random pixels, then after 4 and 8 steps of the search, its end, and the secret seven. The last two look the same.",
)

# %% tags=["check", "torch"]
# Did the search find the digit?
assert error < 1e-3 and gaps[0] > 1
assert np.abs(frames[0].ravel() - data.X[7]).max() > 0.5
print("checked: the search ends at the secret image, to a thousandth")

# %% [markdown]
# ## A mean that hides each one
#
# The mend must hold against *any* way to look. Let the training be random, and compare two data sets that differ by one sample. It is **$(\varepsilon, \delta)$-differentially private** if for any set of outcomes
#
# $$\Pr(\text{outcome}) \le e^{\varepsilon} \Pr{}'(\text{outcome}) + \delta. \tag{2}$$
#
# Here $\varepsilon$ is the privacy that is lost, smaller is safer, and $\delta$ a small probability (below one over the number of samples), in this section and the next. With [[differential privacy]], whoever sees all weights and all gradients can hardly tell
# whether you took part. [[DP-SGD]] (Abadi and others, 2016) gets it in two moves:
#
# - **Clip each sample's gradient** to the length $C$. No single one moves the sum by more than $C$.
# - **Add normal noise** to the sum, of the standard deviation $\sigma C$ in each entry. The mean of $B$ samples then has the noise $\sigma C / B$.
#
# By hand, with $C = 1$: the gradients $(3, 4)$ and $(0, 1)$ have the lengths 5 and 1. Clipped they are $(0.6, 0.8)$ and $(0, 1)$, with the mean $(0.3, 0.9)$. With $\sigma = 1$ each entry gets noise of the standard deviation $0.5$. You write this in {{exercise:dp_gradient}}.
#
# **Predict.** Two samples: what goes wrong if you clip the *mean* of their gradients to the length 1?


# %%
def private_mean(G, C, sigma, rng):
    lengths = np.linalg.norm(G, axis=1, keepdims=True)
    clipped = G * np.minimum(1, C / np.maximum(lengths, 1e-12))
    return clipped.mean(axis=0) + sigma * C / len(G) * rng.normal(size=G.shape[1])


G = np.array([[3.0, 4.0], [0.0, 1.0]])
print("clipped, then averaged:", private_mean(G, 1.0, 0.0, rng))
mean = G.mean(axis=0)
print("averaged, then clipped:", (mean / np.linalg.norm(mean)).round(3))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The first sample drowns the second: $(0.514, 0.857)$ is little but the first one's direction. Worse, one sample can turn the clipped mean from one side to the other, a move of length $2$ however many others there are. Noise of $\sigma C / B$ would not hide that.
#
# </details>

# %% tags=["check"]
# The numbers by hand, and how far one sample can move either mean
assert np.allclose(private_mean(G, 1.0, 0.0, rng), [0.3, 0.9])
assert np.allclose(private_mean(G[:1], 1.0, 0.0, rng), [0.6, 0.8])
assert np.allclose(mean / np.linalg.norm(mean), [0.514, 0.857], atol=5e-4)
others = np.tile([1e-3, 0.0], (99, 1))
far = np.vstack([others, [[-50.0, 0.0]]])


def clipped_late(G):
    m = G.mean(axis=0)
    return m / max(1, np.linalg.norm(m) / 1e-3)


assert np.linalg.norm(clipped_late(far) - clipped_late(others)) > 1.9e-3
moved = private_mean(far, 1e-3, 0, rng) * 100 - private_mean(others, 1e-3, 0, rng) * 99
assert np.linalg.norm(moved) <= 1e-3 * (1 + 1e-9)
print(
    "checked: clipped early one sample moves the sum by C at most, clipped late it turns it"
)

# %% [markdown]
# ## Counting what is lost
#
# Each step loses some privacy, and an **[[accountant]]** adds it up. Here $r$ is a distance of two distributions of outcomes, Rényi's divergence of an order $a > 1$. It has what is needed: over steps it *adds up* (Mironov, 2017). For noise $\sigma$ it is
#
# $$r(a) = \frac{a}{2 \sigma^2}, \qquad \text{and after } T \text{ steps } \quad \varepsilon = T\, r(a) + \frac{\log (1/\delta)}{a - 1} \quad \text{for any } a. \tag{3}$$
#
# Take the best $a$. The derivative is zero at $a - 1 = \sigma \sqrt{2 \log(1/\delta) / T}$, and there
#
# $$\varepsilon = \frac{T}{2 \sigma^2} + \frac{\sqrt{2\, T \log (1/\delta)}}{\sigma}. \tag{4}$$
#
# As long as the second part leads, four times the steps cost twice the privacy, not four times.
#
# **Sampling helps.** If each step takes each sample with probability $q$ only, then mostly you are not there. The formula for $r$ is longer (Mironov, Talwar and Zhang, 2019); `gdcourse.privacy` has it.
#
# **Predict.** $\sigma = 4$, $10\,000$ steps, $\delta = 10^{-5}$. By (4), what is $\varepsilon$, roughly: 1, 10, 100 or 400? And with $q = 0.01$?

# %%
from gdcourse.privacy import epsilon

steps, sigma, delta = 10_000, 4.0, 1e-5
best = steps / (2 * sigma**2) + np.sqrt(2 * steps * np.log(1 / delta)) / sigma
print(f"all samples in each step: epsilon = {best:.0f}")
print(f"one in a hundred:         epsilon = {epsilon(sigma, steps, delta, q=0.01):.2f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# With all samples in each step about $430$, which protects nobody. With one in a hundred it is $1.26$: the figure that Abadi and others (2016) give for these numbers.
#
# </details>

# %% tags=["check"]
# The published figure, the closed form, and three integrals
from gdcourse.privacy import renyi

assert abs(best - 430) < 5 and abs(epsilon(sigma, steps, delta, q=0.01) - 1.26) < 0.01
for T, s in ((1, 2.0), (100, 30.0), (10, 5.0)):
    closed = T / (2 * s**2) + np.sqrt(2 * T * np.log(1e5)) / s
    assert closed <= epsilon(s, T, 1e-5) * (1 + 1e-9) < closed * 1.02
z = np.linspace(-40, 60, 400_001)
for q, s, a in ((0.01, 1.0, 4), (0.2, 2.0, 8), (0.5, 1.5, 3)):
    density = np.exp(-(z**2) / (2 * s**2)) / np.sqrt(2 * np.pi * s**2)
    ratio = 1 - q + q * np.exp((2 * z - 1) / (2 * s**2))
    integral = np.sum(density * ratio**a) * (z[1] - z[0])
    assert np.isclose(renyi(s, q, [a])[0], np.log(integral) / (a - 1), rtol=1e-9)
ratio = epsilon(40.0, 400, 1e-5) / epsilon(40.0, 100, 1e-5)
assert 2 <= ratio < 2.3
print("checked: 1.26 as published, the closed form for q = 1, and three integrals")

# %% [markdown]
# ## What it costs
#
# Softmax regression on 1200 digits, 200 steps, each with one sample in ten, $C = 1$, $\delta = 10^{-4}$. For each noise we try seven rates, choose one on 297 digits, and measure on 300 others, with three seeds. (Choosing costs privacy too, which is not counted here.)

# %% tags=["setup"]
# Data in three parts, and DP-SGD for softmax regression
order = np.random.default_rng(1).permutation(len(data.X))
train, choose, test = order[:1200], order[1200:1497], order[1497:]
X = np.hstack([data.X, np.ones((len(data.X), 1))])
onehot = np.eye(10)[data.y]
RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


def probabilities(X, M):
    z = X @ M
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def accuracy(M, part):
    return np.mean((X[part] @ M).argmax(axis=1) == data.y[part])


# %% [markdown]
# One sample's gradient is the product of its input and its error, $x_i (p_i - y_i)^\top$, so its length is the product of their lengths. No gradient has to be stored to be clipped.


# %%
def train_private(sigma, lr, seed, steps=200, q=0.1, C=1.0):
    rng, M = np.random.default_rng(seed), np.zeros((65, 10))
    for _ in range(steps):
        batch = train[rng.random(1200) < q]
        e = probabilities(X[batch], M) - onehot[batch]
        lengths = np.linalg.norm(X[batch], axis=1) * np.linalg.norm(e, axis=1)
        e *= np.minimum(1, C / np.maximum(lengths, 1e-12))[:, None]
        total = X[batch].T @ e + sigma * C * rng.normal(size=M.shape)
        M -= lr * total / (q * 1200)
    return M


# %%
sigmas = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
lost = [epsilon(s, 200, 1e-4, q=0.1) if s else np.inf for s in sigmas]
scores, rates = [], []
for s in sigmas:
    fits = [[train_private(s, lr, seed) for seed in range(3)] for lr in RATES]
    k = np.argmax([np.mean([accuracy(M, choose) for M in row]) for row in fits])
    rates.append(RATES[k])
    scores.append([accuracy(M, test) for M in fits[k]])
for s, eps, row in zip(sigmas, lost, scores, strict=True):
    print(f"sigma {s:4}: epsilon {eps:5.2f}, accuracy {np.mean(row):.2f}")

# %% tags=["draw"]
# Accuracy against the privacy that is lost
scores = np.array(scores)
fig, ax = plots.figure(height=3.6)
middle = scores.mean(axis=1)
bars = [middle[1:] - scores[1:].min(axis=1), scores[1:].max(axis=1) - middle[1:]]
ax.errorbar(
    lost[1:], middle[1:], bars, fmt="o-", capsize=3, label="DP-SGD, three seeds"
)
ax.axhline(middle[0], color="0.5", linestyle=":", label="clipped, no noise")
ax.set_xscale("log")
ax.set(
    xlabel=r"$\varepsilon$, smaller is safer",
    ylabel="accuracy on test digits",
    ylim=(0.4, 1),
)
ax.legend()
plots.show(
    fig,
    alt="Accuracy against epsilon on a logarithmic axis. From about 0.4 to 11 the accuracy rises from below 0.85 to near the dotted line of training without noise.",
)

# %% [markdown]
# At $\varepsilon$ near 11 less than four points of a hundred are lost; below 1 it is more than ten. More data would help: with the same batch $q$ is smaller, and with the same $q$ the batch is larger and the noise in its mean, $\sigma C / B$, smaller.
#
# Move $\sigma$, and look at what the *gradient* of one digit gives away when it is clipped to 1 and the noise is added. (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the noise
dW, db = first_layer_gradient(data.X[one], data.y[one])
whole = np.concatenate([dW.ravel(), db])[None]


def noisy(sigma):
    g = private_mean(whole, 1.0, sigma, np.random.default_rng(3))
    dW, db = g[:-32].reshape(64, 32), g[-32:]
    unit = np.argmax(np.abs(db))
    return dW[:, unit] / db[unit]


def at(sigma):
    told = f"from a clipped gradient with noise, sigma = {sigma:g}"
    image = np.clip(noisy(sigma), 0, 1).reshape(1, 8, 8)
    return plots.image_grid(image, title=told, columns=1), told + "."


plots.slider(at, sigma=[0.0, 0.001, 0.01, 0.03, 0.1, 1.0])

# %% tags=["check"]
# What privacy costs here, and what noise does to the inversion
assert 10 < lost[1] < 12 and lost[4] < 1 and len(choose) == 297 and len(test) == 300
assert middle[0] - middle[1] < 0.04 and middle[0] - middle[4] > 0.1
assert middle[5] < 0.85 and np.all(np.diff(lost[1:]) < 0)
assert all(r not in (RATES[0], RATES[-1]) for r in rates)
off = [np.abs(noisy(s) - data.X[7]).mean() for s in (0.0, 0.001, 1.0)]
assert off[0] < 1e-12 < off[1] < 0.2 < off[2]
print(
    "checked: less than four points at 11, more than ten points below 1, and a digit that noise hides"
)

# %% [markdown]
# ## In three frameworks
#
# Both frameworks give the gradient of a batch; for each sample's own you ask otherwise. PyTorch: `grad` of one sample, `vmap` over all. TensorFlow: the Jacobian of the losses.

# %% tags=["torch"]
few, M0 = train[:5], np.random.default_rng(4).normal(size=(65, 10))


def loss_of_one(M, x, y):
    return torch.nn.functional.cross_entropy((x @ M)[None], y[None])


each = torch.func.vmap(torch.func.grad(loss_of_one), in_dims=(None, 0, 0))
per_torch = each(torch.tensor(M0), torch.tensor(X[few]), torch.tensor(data.y[few]))

# %% tags=["tensorflow"]
import tensorflow as tf

M_k = tf.Variable(M0)
with tf.GradientTape() as tape:
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(data.y[few], X[few] @ M_k)
per_tf = tape.jacobian(losses, M_k)

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree, sample by sample?
e = probabilities(X[few], M0) - onehot[few]
by_hand = X[few][:, :, None] * e[:, None, :]
assert by_hand.shape == (5, 65, 10)
assert np.allclose(per_torch.numpy(), by_hand, rtol=1e-10, atol=1e-13)
assert np.allclose(per_tf.numpy(), by_hand, rtol=1e-10, atol=1e-13)
lengths = np.linalg.norm(X[few], axis=1) * np.linalg.norm(e, axis=1)
assert np.allclose(np.linalg.norm(by_hand.reshape(5, -1), axis=1), lengths)
print("checked: five gradients, each by itself, are the same in all three")

# %% [markdown]
# ## Summary
#
# - A gradient is a function of the data, and often it can be turned round: by a quotient for a dense layer, by a search for others.
# - DP-SGD clips each sample's gradient and adds noise by the clipping length. An accountant adds up what all steps lose.
# - Sampling makes small losses of large ones. The price is accuracy, and it falls with more data.
#
# ## Common mistakes
#
# - **Clipping the mean.** One sample then moves it by more than the noise hides.
# - **Noise by the data.** Noise that depends on the longest gradient that is there tells something about it.
# - **Averages are safe.** A unit that fires for one sample of the batch shows that sample.
#
# ## Quick questions
#
# 1. A row of a weight gradient is $(6, -3)$, its bias gradient $3$. What was the input?
#
#    <details><summary><b>Answer</b></summary>
#
#    $(2, -1)$.
#
#    </details>
# 2. $C = 2$, $\sigma = 1.5$, $B = 60$. Which noise does an entry of the mean get?
#
#    <details><summary><b>Answer</b></summary>
#
#    $1.5 \cdot 2 / 60 = 0.05$.
#
#    </details>
# 3. A layer has no bias. Is its input safe?
#
#    <details><summary><b>Answer</b></summary>
#
#    No: each row of the gradient is a multiple of the input, so everything but its scale is seen.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Find (4) from (3).
#
# <details><summary><b>Outline</b></summary>
#
# Put $a = 1 + s$: $\varepsilon = T/(2\sigma^2) + T s/(2\sigma^2) + \log(1/\delta)/s$. The last two are smallest where they are equal, and their sum is then twice the root of their product.
#
# </details>

# %% [markdown]
# **Try.** Send the gradient of two digits through the search of the second section, with both images unknown. Are both found?
#
# <details><summary><b>Outline</b></summary>
#
# Search for an array of two images, from several random starts. Their order is free, and not each start ends at a distance of 0.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert np.array_equal(np.array([6, -3]) / 3, [2, -1]) and np.isclose(1.5 * 2 / 60, 0.05)
assert np.linalg.matrix_rank(dW) == 1
print("checked: the input (2, -1), noise of 0.05, and a gradient of rank 1")

# %% [markdown]
# ## References
#
# - M. Abadi and others (2016). Deep learning with differential privacy. *CCS*. arXiv:1607.00133
# - I. Mironov (2017). Rényi differential privacy. *CSF*. arXiv:1702.07476
# - I. Mironov, K. Talwar, L. Zhang (2019). Rényi differential privacy of the sampled Gaussian mechanism. arXiv:1908.10530
# - L. Zhu, Z. Liu, S. Han (2019). Deep leakage from gradients. *NeurIPS*. arXiv:1906.08935
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
