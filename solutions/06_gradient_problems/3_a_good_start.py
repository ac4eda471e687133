# %% [markdown]
# # A good start
#
# {{about}}
#
# **After this lesson you can**
#
# - derive Xavier's variance from a wish forwards and a wish backwards, and He's from ReLU's half,
# - say which start belongs to which activation, and predict how a signal decays after the wrong one,
# - say what orthogonal weights keep that independent ones do not,
# - say which weights PyTorch and Keras draw, also when you ask for nothing.
#
# **You need** the gain of a layer and ReLU's half (lesson 1 of this unit), the variance of a sum of independent numbers, and the
# product of two matrices.

# %% [markdown]
# ## Two wishes for one layer
#
# A layer has 4 inputs and 2 outputs and no activation. Each of its eight weights is $+s$ or $-s$ by the toss of a coin; here $s$ is one
# number for all. Feed in four ones. An output is a sum of four terms $\pm s$, and its square is, on average, $4 s^2$: the mean square has
# been multiplied by **the number of inputs** times $s^2$.
#
# Backwards, let the gradients $(1, 1)$ arrive at the two outputs. Each input gets a sum of two terms $\pm s$: the mean square is
# multiplied by **the number of outputs** times $s^2$.
#
# So there are two wishes. Forwards you want $4 s^2 = 1$, backwards $2 s^2 = 1$. Both cannot be had. In the middle lies $3 s^2 = 1$. With
# $s^2 = \frac13$ the mean square is multiplied by $\frac43$ forwards and by $\frac23$ backwards. (A next layer that leads back from 2 to 4 multiplies
# forwards by $\frac23$, both together by $\frac89$.)

# %%
from itertools import product

import numpy as np

s = np.sqrt(1 / 3)
forward, backward = [], []
for signs in product((-s, s), repeat=8):  # all 256 layers
    W = np.reshape(signs, (4, 2))
    forward.append(np.mean((np.ones(4) @ W) ** 2))
    backward.append(np.mean((W @ np.ones(2)) ** 2))
print(f"forwards {np.mean(forward):.3f}, backwards {np.mean(backward):.3f}")

# %% [markdown]
# In general, for independent weights with mean $0$ and the variance $\sigma^2$, as in lesson 1, the two wishes are
#
# $$\text{fan}_\text{in}\;\sigma^2 = 1 \quad\text{and}\quad \text{fan}_\text{out}\;\sigma^2 = 1. \tag{1}$$
#
# Here fan in and fan out are the numbers of inputs and outputs. **Xavier's start** (Glorot and Bengio, 2010) divides by the mean of both:
#
# $$\sigma^2 = \frac{2}{\text{fan}_\text{in} + \text{fan}_\text{out}}. \tag{2}$$
#
# Any distribution will do. A normal one has the standard deviation $\sigma$; a uniform one between $-c$ and $c$ has the variance
# $c^2/3$, so $c = \sqrt3\,\sigma$. Write both: {{exercise:init}}.

# %% [markdown]
# ## What the activation takes
#
# Equation (2) knows nothing of the activation. **ReLU** first. The sum of four coin tosses $\pm\frac12$ was this in lesson 1:
#
# | $z$ | $-2$ | $-1$ | $0$ | $1$ | $2$ |
# |:--|--:|--:|--:|--:|--:|
# | in how many of the 16 cases | 1 | 4 | 6 | 4 | 1 |
# | ReLU passes on | $0$ | $0$ | $0$ | $1$ | $2$ |
#
# The mean of $z^2$ is $1$. What is passed on has the mean square $(4 \cdot 1 + 1 \cdot 4)/16 = \frac12$. So it is for every distribution that is
# the same on both sides of $0$. Backwards half of the switches are shut: half again. So **He's start** (He and others, 2015)
# doubles the variance:
#
# $$\sigma^2 = \frac{2}{\text{fan}_\text{in}}. \tag{3}$$
#
# **Tanh** takes less. Near $0$ it is $\tanh z \approx z - z^3/3$, so $\tanh^2 z \approx z^2 - \frac23 z^4$. Here $r_k$ is the mean square of what layer
# $k$ passes on. With weights of the gain 1, the next $z$ is close to normal with the mean square $r_k$, and for a normal number the mean of
# $z^4$ is $3 r_k^2$. So
#
# $$r_{k+1} \approx r_k - \tfrac23 \cdot 3 r_k^2 = r_k - 2 r_k^2. \tag{4}$$
#
# That is a decay, but a slow one: $1/r_k$ grows by about $2$ in each layer, so that $r_k \approx 1/(2k)$.
#
# **Predict.** Fifty layers of equal width; each kind gets inputs of the size 1 (the root of the mean square). Which size is left: after no activation and Xavier, ReLU
# and Xavier, ReLU and He, tanh and Xavier?


# %%
def sizes(act, c, rng, depth=50, d=100, networks=40):
    a = rng.standard_normal((networks, 1, d), dtype="float32")
    found = []
    for _ in range(depth):
        Ws = rng.standard_normal((networks, d, d), dtype="float32")
        a = act(a @ (c / np.sqrt(d) * Ws))  # gain c
        found.append(np.sqrt(np.mean(a**2)))
    return np.array(found)


def relu(z):
    return np.maximum(z, 0)


# %%
kinds = {
    "none, Xavier": (lambda z: z, 1.0),
    "ReLU, Xavier": (relu, 1.0),
    "ReLU, He": (relu, 2**0.5),
    "tanh, Xavier": (np.tanh, 1.0),
}
measured = {}
for name, (act, c) in kinds.items():
    measured[name] = sizes(act, np.float32(c), np.random.default_rng(0))
    print(f"{name}: {measured[name][49]:.2g} after 50 layers")

# %% tags=["draw"]
# The size of the signal by layer, measured and in theory
from gdcourse import plots

k = np.arange(1, 51)
theory = {
    "none, Xavier": np.ones(50),
    "ReLU, Xavier": 2.0 ** (-k / 2),
    "ReLU, He": np.ones(50),
    "tanh, Xavier": 1 / np.sqrt(2 * k),
}
fig, ax = plots.figure(width=7.0, height=3.4)
for i, (name, marker) in enumerate(zip(kinds, "osd^", strict=True)):
    ax.semilogy(
        k,
        measured[name],
        marker,
        color=plots.COLOURS[i],
        markersize=4,
        markevery=2,
        label=name,
    )
    ax.semilogy(k, theory[name], "-", color=plots.COLOURS[i], linewidth=1)
ax.set(xlabel="layer", ylabel="size of the signal", ylim=(1e-9, 100))
ax.set(title="measured (markers) and in theory (lines)")
ax.legend(loc="lower left", ncols=2)
plots.show(
    fig,
    alt="Size of the signal over 50 layers on a logarithmic scale. Without activation and with "
    "ReLU and He it stays near 1. With tanh and Xavier it falls slowly to about 0.1. With ReLU and "
    "Xavier it falls along a straight line below 1e-7.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $1$; $2^{-25} = 3 \cdot 10^{-8}$; $1$; and $\sqrt{1/100} = 0.1$.
#
# </details>
#
# So **Xavier with ReLU dies**: an exponential decay. Xavier with tanh loses nine tenths over 50 layers, though only like $1/\sqrt{k}$.

# %% tags=["check"]
# All layers of the hand case, ReLU's half, and four lines of theory
assert np.isclose(np.mean(forward), 4 / 3) and np.isclose(np.mean(backward), 2 / 3)
assert len(forward) == 256 and np.isclose(4 / 3 * 2 / 3, 8 / 9)
tosses = np.array([sum(t) for t in product((-0.5, 0.5), repeat=4)])
values, counts = np.unique(tosses, return_counts=True)
assert values.tolist() == [-2, -1, 0, 1, 2] and counts.tolist() == [1, 4, 6, 4, 1]
assert np.mean(relu(tosses) ** 2) == 0.5 and np.mean(tosses**2) == 1
uniform = np.random.default_rng(0).uniform(-3, 3, 10**6)
assert abs(uniform.var() - 3**2 / 3) < 0.01
for name, line in theory.items():
    room = 1.15 if name == "tanh, Xavier" else 1.7
    late = slice(9, None)  # 1 / (2 k) forgets how it began
    off = measured[name][late] / line[late]
    assert np.all((off < room) & (off > 1 / room)), (name, off)
assert f"{2.0**-25:.0e}" == "3e-08" and measured["ReLU, Xavier"][49] < 1e-7
assert abs(measured["tanh, Xavier"][49] - 0.1) < 0.015 and np.sqrt(1 / 100) == 0.1
normal = np.random.default_rng(0).normal(size=10**6)
assert abs(np.mean(normal**4) - 3) < 0.05
print("checked: 4/3 and 2/3 over 256 layers, ReLU's half, and theory over 50 layers")

# %% [markdown]
# ## In every direction, not on average
#
# Two matrices by hand, both $2 \times 2$. The sum of the squared entries is $2$ in each, so **on average** over all directions both keep
# the size:
#
# $$Q = \begin{pmatrix} 0.6 & 0.8 \\ -0.8 & 0.6 \end{pmatrix}, \qquad W = \begin{pmatrix} 1.4 & 0 \\ 0 & 0.2 \end{pmatrix}.$$
#
# Here $Q$ is a rotation: its columns have the length 1 and stand at a right angle, so it leaves *every* vector as long as it is. Such a matrix is
# [[orthogonal]]. $W$ stretches one direction by $1.4$ and shrinks the other to $0.2$. Such factors of a matrix are its [[singular values|singular value]]: $1$ and $1$ of $Q$,
# $1.4$ and $0.2$ of $W$.
#
# **Predict.** Ten layers of $Q$, and ten of $W$: by which factors do they multiply the directions?

# %%
Q = np.array([[0.6, 0.8], [-0.8, 0.6]])
W = np.array([[1.4, 0.0], [0.0, 0.2]])
for name, matrix in {"Q": Q, "W": W}.items():
    ten = np.linalg.matrix_power(matrix, 10)
    print(name, np.linalg.svd(ten, compute_uv=False))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $Q$: by $1$ and $1$. $W$: by $1.4^{10} = 29$ and $0.2^{10} = 10^{-7}$. A signal in the second direction is gone, though on average nothing is lost.
#
# </details>
#
# Independent random weights are like $W$: fifty matrices of the gain 1, multiplied. Orthogonal ones are drawn from the QR factors of a normal matrix:

# %%
from gdcourse.initializers.numpy import orthogonal

rng = np.random.default_rng(0)
independent, rotations, spectra = np.eye(50), np.eye(50), {}
for depth in range(1, 51):
    independent = independent @ (rng.normal(size=(50, 50)) / np.sqrt(50))
    rotations = rotations @ orthogonal((50, 50), rng)
    spectra[depth] = np.linalg.svd([independent, rotations], compute_uv=False)
for depth in (1, 10, 50):
    middle = np.median(spectra[depth], axis=1)
    print(f"{depth:2} layers: middle {middle[0]:.1e} and {middle[1]:.3f}")

# %% tags=["draw"]
# Singular values of products of 1, 10 and 50 matrices
fig, ax = plots.figure(width=6.6, height=3.2)
for i, (depth, marker) in enumerate(((1, "o"), (10, "s"), (50, "^"))):
    ax.semilogy(
        np.arange(1, 51),
        np.maximum(spectra[depth][0], 1e-17),
        marker,
        markersize=4,
        color=plots.COLOURS[i],
        label=f"independent, {depth}",
    )
ax.semilogy(np.arange(1, 51), spectra[50][1], "k-", label="orthogonal, 1 to 50")
ax.set(xlabel="singular value, by size", ylabel="factor", ylim=(1e-17, 100))
ax.set(title="products of 1, 10 and 50 layers without activation")
ax.legend(loc="lower left")
plots.show(
    fig,
    alt="The 50 singular values of products of matrices. For one independent matrix they fall from about 2 to "
    "0.01; for ten, and more so for fifty, most are tiny. For orthogonal ones all lie at 1.",
)

# %% [markdown]
# After 50 independent layers the largest factor is still a few units, the middle one is $10^{-8}$: whatever came in, *one direction* comes out. After orthogonal layers every direction
# does. That is exact without activation (Saxe and others, 2014), and nearly so for tanh at small signals. ReLU's switches spoil it a little; for it, take $\sqrt2\,Q$.

# %% tags=["check"]
# Directions by hand and in fifty layers
assert (
    abs(Q).max() == 0.8
    and np.isclose(np.sum(Q**2), 2)
    and np.isclose(np.sum(W**2), 2)
    and np.allclose(Q @ Q.T, np.eye(2))
)
assert round(1.4**10) == 29 and f"{0.2**10:.0e}" == "1e-07"
assert np.allclose(spectra[50][1], 1) and 1 < spectra[50][0].max() < 20
assert -9.5 < np.log10(np.median(spectra[50][0])) < -6.5
ratio = spectra[50][0][0] / spectra[50][0][1]
assert ratio > 1.5 and abs(spectra[1][0].max() - 2) < 0.3 and spectra[1][0].min() < 0.05
shares = spectra[50][0] ** 2 / np.sum(spectra[50][0] ** 2)
assert shares[0] > 0.6 and abs(spectra[1][0].min() - 0.01) < 0.02
print("checked: a rotation keeps all directions, fifty random layers about one")

# %% [markdown]
# ## Does it learn?
#
# The patient of the lesson before this one, 40 points on two moons, with 20 hidden layers of 16 units and plain gradient descent: 300 steps, four rates, five seeds, the best rate
# counts. With sigmoids no run left chance, $0.693$, by gradient descent. Only activation and start are changed. `train(act, start)` does it.
#
# **Predict.** Order them: ReLU with Xavier, ReLU with He, tanh with Xavier, tanh and ReLU with orthogonal weights.

# %% tags=["setup"]
# Train 20 layers on the moons at five rates with five seeds each
from gdcourse.datasets import moons
from gdcourse.initializers.numpy import he_normal, xavier_normal

data = moons(40)
RATES = np.array([0.01, 0.03, 0.1, 0.3], "float32")
SLOPES = {
    "tanh": lambda a: 1 - a**2,
    "relu": lambda a: (a > 0) * np.float32(1),
}


def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -80, 80)))


ACTS = {"tanh": np.tanh, "relu": relu}


def begin(start, seed, depth, width=16):
    """Return the hidden layers' weights by `start`, and the last layer's by Xavier."""
    rng, widths = np.random.default_rng(seed), [2] + [width] * depth
    hidden = [start(s, rng) for s in zip(widths[:-1], widths[1:], strict=True)]
    return [*hidden, xavier_normal((width, 1), rng)]


def train(act, start, depth=20, steps=300):
    """Return the last losses, (rates, seeds); infinity where they are no numbers."""
    f, slope, lr = ACTS[act], SLOPES[act], np.repeat(RATES, 5)[:, None, None]
    each = [begin(start, seed, depth) for seed in range(5)] * len(RATES)
    Ws = [np.array(W, "float32") for W in zip(*each, strict=True)]
    bs = [np.zeros((len(W), 1, W.shape[2]), "float32") for W in Ws]
    X, y = data.X.astype("float32"), data.y.astype("float32")
    with np.errstate(all="ignore"):
        for _ in range(steps + 1):
            a = [X]
            for W, b in zip(Ws[:-1], bs[:-1], strict=True):
                a.append(f(a[-1] @ W + b))
            z = (a[-1] @ Ws[-1] + bs[-1])[..., 0]
            delta = ((sigmoid(z) - y) / len(y))[..., None]
            for k in range(depth, -1, -1):
                of_W, of_b = a[k].swapaxes(-1, -2) @ delta, delta.sum(-2, keepdims=True)
                if k:
                    delta = (delta @ Ws[k].swapaxes(-1, -2)) * slope(a[k])
                Ws[k] -= lr * of_W
                bs[k] -= lr * of_b
        losses = (np.logaddexp(0, z) - y * z).mean(axis=-1).reshape(len(RATES), 5)
    return np.where(np.isfinite(losses), losses, np.inf)


# %%
from functools import partial

starts = {
    "ReLU, Xavier": ("relu", xavier_normal),
    "ReLU, He": ("relu", he_normal),
    "ReLU, orthogonal": ("relu", partial(orthogonal, gain=2**0.5)),
    "tanh, Xavier": ("tanh", xavier_normal),
    "tanh, orthogonal": ("tanh", orthogonal),
}
losses = {name: train(*how) for name, how in starts.items()}
best = {name: end[np.median(end, axis=1).argmin()] for name, end in losses.items()}
for name, five in best.items():
    print(f"{name:17} {np.round(np.sort(five), 3)}")

# %% tags=["draw"]
# Five seeds at the best rate for each activation and start
fig, ax = plots.figure(width=7.0, height=3.0)
for i, five in enumerate(best.values()):
    ax.plot(five, [i] * 5, "o", alpha=0.6, color=plots.COLOURS[i % 6])
    ax.plot(np.median(five), i, "|", color="black", markersize=18, markeredgewidth=2)
ax.axvline(np.log(2), color="black", linestyle=":")
ax.set(yticks=range(len(best)), yticklabels=list(best), xlabel="loss after 300 steps")
ax.set(title="20 layers; dotted: chance; bar: the middle seed")
ax.invert_yaxis()
plots.show(
    fig,
    alt="Losses of five seeds for five pairs of activation and start. ReLU with Xavier "
    "lies near chance. ReLU with He and tanh with Xavier come down on most seeds; with orthogonal weights "
    "the middle seed is lower, for ReLU and for tanh.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# ReLU with Xavier is last: $2^{-10}$ of the signal is left after 20 layers, and it stays near chance. He's start and tanh with Xavier learn on most seeds. With orthogonal
# weights the middle seed is better, with ReLU and with tanh.
#
# </details>
#
# **What a start cannot do**: it holds at the start. The weights move, and nothing keeps the sizes where they were. The next lesson mends that.

# %% tags=["check"]
# What learns and what does not, with room for other processors
middle = {name: np.median(five) for name, five in best.items()}
assert abs(np.log(2) - 0.693) < 5e-4 and 2.0**-10 < 0.001
assert np.all(best["ReLU, Xavier"] > 0.6)
for name in ("ReLU, He", "tanh, Xavier"):
    assert np.sum(best[name] < 0.4) >= 3
assert middle["ReLU, orthogonal"] < middle["ReLU, He"]
assert middle["tanh, orthogonal"] < middle["tanh, Xavier"]
for name in ("ReLU, He", "ReLU, orthogonal", "tanh, Xavier", "tanh, orthogonal"):
    assert 0 < np.median(losses[name], axis=1).argmin() < 3
print("checked: 20 layers learn with the start that fits, and not with Xavier and ReLU")

# %% [markdown]
# ## In three frameworks
#
# A layer with 300 inputs and 100 outputs. The variance times fan in is the square of the gain, $c^2$; ReLU wants $2$.

# %%
ours = {"NumPy, He": he_normal((300, 100), np.random.default_rng(0))}

# %% tags=["torch"]
import torch

torch.manual_seed(0)
V = torch.empty(100, 300)  # PyTorch: (outputs, inputs)
he_t = torch.nn.init.kaiming_normal_(V.clone())
he_out = torch.nn.init.kaiming_normal_(V.clone(), mode="fan_out")
linear = torch.nn.Linear(300, 100).weight.detach()
from_torch = {"PyTorch, He": he_t, "PyTorch, He, fan_out": he_out}
from_torch["PyTorch, Linear"] = linear

# %% tags=["tensorflow"]
import keras

he_k = keras.initializers.HeNormal(seed=0)((300, 100))
dense = keras.layers.Dense(100, kernel_initializer=keras.initializers.GlorotUniform(0))
dense.build((None, 300))
from_keras = {"Keras, He": he_k, "Keras, Dense": dense.kernel}
from_keras = {name: keras.ops.convert_to_numpy(W) for name, W in from_keras.items()}

# %% tags=["torch", "tensorflow"]
drawn = ours | {name: W.numpy() for name, W in from_torch.items()} | from_keras
for name, W in drawn.items():
    c2, largest = 300 * W.var(), np.abs(W).max() / W.std()
    print(f"{name:21} c^2 = {c2:.2f}, largest {largest:.1f} std")

# %% [markdown]
# - **Fan modes.** `mode="fan_out"` fixes the backward wish. A weight stored the other way round (Keras' layout given to PyTorch) swaps the fans without a word.
# - **Cut normals.** Keras' `HeNormal` draws again beyond two standard deviations and widens by $1/0.88$: the variance is right, the largest weight is at $2.3$.
# - **Defaults.** `torch.nn.Linear` draws uniformly with $c^2 = \frac13$ (and biases too), Keras' `Dense` Xavier's uniform. Each is too small for deep ReLU networks: per layer the size is multiplied by $\sqrt{1/6} = 0.41$, and at equal widths by $0.71$.

# %% tags=["check", "torch", "tensorflow"]
# The variances of all initialisers, and the cut
wanted = {"NumPy, He": 2, "PyTorch, He": 2, "Keras, He": 2, "PyTorch, Linear": 1 / 3}
wanted |= {"PyTorch, He, fan_out": 6, "Keras, Dense": 300 * 2 / 400}
for name, c2 in wanted.items():
    assert abs(300 * drawn[name].var() / c2 - 1) < 0.05, name
largest = {name: np.abs(V).max() / V.std() for name, V in drawn.items()}
assert 2.2 < largest["Keras, He"] < 2.31 and largest["NumPy, He"] > 3.5
assert largest["PyTorch, He"] > 3.5 and abs(2 / 0.88 - 2.3) < 0.05
assert round((1 / 6) ** 0.5, 2) == 0.41 and round(0.5**0.5, 2) == 0.71
print("checked: three frameworks' variances, and Keras' cut at 2.3")

# %% [markdown]
# ## Summary
#
# - Forwards the number of inputs times the variance counts, backwards the number of outputs. Xavier divides by the mean of both.
# - ReLU halves the mean square: He doubles the variance. Tanh with Xavier decays like $1/\sqrt{k}$, ReLU with Xavier like $2^{-k/2}$.
# - Independent weights keep the size on average over directions, orthogonal ones in every direction.
#
# ## Common mistakes
#
# - **"Take tanh"**, a published tutorial's advice against vanishing gradients, and no word about the start. Better than a sigmoid; not for 50 layers.
# - **The framework's default with many ReLU layers.** It was made for neither.
# - **Zeros.** Equal weights get equal gradients and stay equal for ever: only biases may start at 0.
#
# ## Quick questions
#
# 1. A layer has 128 inputs, 384 outputs, and a ReLU. Which standard deviations do He and Xavier take?
#
#    <details><summary><b>Answer</b></summary>
#
#    $\sqrt{2/128} = 0.125$ and $\sqrt{2/512} = 0.0625$.
#
#    </details>
# 2. How deep may tanh with Xavier be if a quarter of the size is to arrive?
#
#    <details><summary><b>Answer</b></summary>
#
#    $1/\sqrt{2k} = \frac14$ at $k = 8$.
#
#    </details>
#
# 3. Which singular values has $2Q$?
#
#    <details><summary><b>Answer</b></summary>
#
#    $2$ and $2$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Which variance keeps the size forwards for a leaky ReLU with the slope $0.1$ below $0$?
#
# <details><summary><b>Outline</b></summary>
#
# One half of the mean square stays, of the other half $0.01$: together $0.505$. So $\sigma^2 = 1.98/\text{fan}_\text{in}$.
#
# </details>

# %% [markdown]
# **Try.** Train the five with `depth=50`. Which still leave chance?
#
# <details><summary><b>Outline</b></summary>
#
# ReLU with Xavier does not. The others leave it on some seeds or all, and end far higher than with 20 layers.
#
# </details>

# %% tags=["check"]
# The numbers of the questions, and one run with 50 layers
assert (2 / 128) ** 0.5 == 0.125 and (2 / (128 + 384)) ** 0.5 == 0.0625
assert 128 + 384 == 512 and np.allclose(np.linalg.svd(2 * Q)[1], 2)
assert 1 / np.sqrt(2 * 8) == 0.25 and round((1 + 0.1**2) / 2, 3) == 0.505
assert round(1 / 0.505, 2) == 1.98 and round(0.1**2, 2) == 0.01
print("checked: the answers to the questions")

# %% [markdown]
# ## References
#
# - X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural networks. *AISTATS*.
# - K. He, X. Zhang, S. Ren, J. Sun (2015). Delving deep into rectifiers: surpassing human-level performance on ImageNet
#   classification. *ICCV*. arXiv:1502.01852
# - A. M. Saxe, J. L. McClelland, S. Ganguli (2014). Exact solutions to the nonlinear dynamics of learning in deep linear
#   neural networks. *ICLR*. arXiv:1312.6120
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
