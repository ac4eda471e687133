# %% [markdown]
# # Products of many factors
#
# {{about}}
#
# **After this lesson you can**
#
# - compute by hand what a gradient is multiplied by in each layer,
# - say why a product of fifty factors is nearly always tiny or huge,
# - say what a sigmoid costs in each layer at least, and a ReLU on average,
# - derive the factor of a wide layer from the spread of its weights,
# - predict from depth and gain whether a network's gradient vanishes or explodes.
#
# **You need** the backward pass through a layer (unit 02), the sigmoid (unit 01), and the mean and variance of a sum of
# independent random numbers.

# %% [markdown]
# ## One neuron in each layer
#
# One neuron in each layer, all with the same weight $w$ and bias $b$. Layer $k$ takes $a_{k-1}$ and passes on
#
# $$z_k = w\,a_{k-1} + b, \qquad a_k = \frac{1}{1 + e^{-z_k}}. \tag{1}$$
#
# Let $w = 1$, $b = -0.5$, and let $0.5$ come in. Then $z_1 = 0$, and the [[sigmoid]] of $0$ is $0.5$. So each layer is fed
# $0.5$ and passes on $0.5$.
#
# Now backwards. A gradient that arrives at $a_k$ goes through the sigmoid and through the weight. So each layer
# multiplies it by the sigmoid's slope $a_k (1 - a_k)$ times $w$. Here that is $0.5 \cdot 0.5 \cdot 1 = 0.25$:
#
# | layers passed | 1 | 2 | 3 | 4 |
# |:--|--:|--:|--:|--:|
# | the gradient is multiplied by | $0.25$ | $0.0625$ | $0.015625$ | $0.0039$ |
#
# **Predict.** What is left of the gradient after 10 layers, and after 50? And which weight $w$, with $b = -w/2$, would
# keep it as it is?


# %%
import numpy as np


def chain(w, b, a, depth=50):
    factors = []
    for _ in range(depth):
        a = 1 / (1 + np.exp(-(w * a + b)))
        factors.append(a * (1 - a) * w)  # slope times weight
    return np.cumprod(factors)  # the product of the first 1, 2, ... factors


for w in (1, 4, 5):
    left = chain(w, -w / 2, 0.5)
    print(f"w = {w}: after 10 layers {left[9]:.2g}, after 50 {left[49]:.2g}")

# %% tags=["draw"]
# The product of the factors against the number of layers
from gdcourse import plots

fig, ax = plots.figure(width=6.6, height=3.2)
layers = np.arange(1, 51)
for w, marker in ((5, "^"), (4, "o"), (1, "s")):
    ax.semilogy(
        layers,
        chain(w, -w / 2, 0.5),
        marker=marker,
        markevery=10,
        label=f"w = {w}: {w / 4:g} for each layer",
    )
ax.set(xlabel="layers passed", ylabel="gradient, times", title="sigmoids fed with 0.5")
ax.legend(loc="lower left")
plots.show(
    fig,
    alt="Three straight lines on a logarithmic scale against the number of layers. With "
    "w = 5 the gradient grows, with w = 4 it stays at 1, with w = 1 it falls below 1e-30 "
    "at layer 50.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# A millionth after 10 layers, $8 \cdot 10^{-31}$ after 50. With $w = 4$ each factor is $4 \cdot 0.25 = 1$. With $w = 5$ it
# is $1.25$, and fifty of them are $70{,}000$.
#
# </details>
#
# This is the whole trouble. Fifty factors of $0.9$ make $0.005$, fifty of $1.1$ make $117$. **A long product is tiny if
# its factors are typically below 1, and huge if they are above.** The first is the [[vanishing gradient]], the second
# the [[exploding gradient]]. The border between the two is thin.

# %% [markdown]
# ## The quarter, and why large weights do not repair it
#
# A sigmoid's slope $a(1-a)$ is largest in the middle, at $a = 0.5$: one **quarter**. Far from the middle it is nearly
# $0$: the neuron is [[saturated|saturation]]. Then take $w = 8$ and $b = -4$: a factor of $2$ in the middle.
#
# **Predict.** Feed in exactly $0.5$. What is the gradient's factor after 50 layers? Now feed in $0.51$. Is the factor
# about the same?

# %%
middle = chain(8, -4, 0.50)
beside = chain(8, -4, 0.51)
print(f"fed with 0.50: {middle[49]:.2g}")
print(f"fed with 0.51: {beside[49]:.2g}, at most {beside.max():.1f} on the way")

# %% tags=["draw"]
# Two inputs to the same chain
fig, ax = plots.figure(width=6.6, height=3.2)
ax.semilogy(layers, middle, marker="^", markevery=10, label="fed with 0.50")
ax.semilogy(layers, beside, marker="s", markevery=10, label="fed with 0.51")
ax.set(xlabel="layers passed", ylabel="gradient, times", title="w = 8, b = -4")
ax.legend(loc="center right")
plots.show(
    fig,
    alt="Two lines that rise together at first. The one for 0.50 goes on to 1e15; "
    "the one for 0.51 turns and falls below 1e-30.",
)


# %% tags=["widget", "draw"]
# A slider over the weight
def at_weight(w):
    fig, ax = plots.figure(width=6.6, height=3.2)
    for a, marker in ((0.50, "^"), (0.51, "s")):
        ax.semilogy(
            layers,
            chain(w, -w / 2, a),
            marker=marker,
            markevery=10,
            label=f"fed with {a}",
        )
    ax.set(xlabel="layers passed", ylabel="gradient, times", ylim=(1e-42, 1e25))
    ax.set(title=f"w = {w}")
    ax.legend(loc="upper left")
    return fig, f"The gradient against the layers passed, for the weight {w}."


plots.slider(at_weight, w=[0.5, 1, 2, 3, 3.8, 4, 4.2, 5, 6, 8, 10])

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Fed with $0.50$ it is $2^{50}$, about $10^{15}$: it explodes. Fed with $0.51$ it is about $10^{-33}$: it vanishes. In
# the chain, the same factor of $2$ acts forwards. It doubles the distance from $0.5$ in each layer, until the neurons
# saturate. From there on their slope is about $0.02$.
#
# </details>
#
# So larger weights are no simple cure: they push $z$ out of the middle, and the slope falls. Move the slider (it needs a
# running kernel): at which weights do the two inputs part?

# %% tags=["check"]
# The numbers of one neuron in each layer
assert np.allclose(chain(1, -0.5, 0.5)[:4], [0.25, 0.0625, 0.015625, 0.00390625])
assert round(0.25**4, 4) == 0.0039 and 0.9e-6 < 0.25**10 < 1e-6
assert f"{0.25**50:.0e}" == "8e-31" and round(5 / 4, 2) == 1.25
assert np.allclose(chain(4, -2, 0.5), 1) and round(1.25**50, -3) in (70_000, 71_000)
assert 70_000 < 1.25**50 < 70_100 and np.isclose(chain(5, -2.5, 0.5)[49], 1.25**50)
assert round(0.9**50, 3) == 0.005 and round(1.1**50) == 117
assert np.isclose(middle[49], 2.0**50) and 1e15 < 2.0**50 < 1.2e15
assert 1e-33 < beside[49] < 3e-33 and beside.argmax() == 4 and 0.51 > 0.5
assert np.allclose(beside[:3], middle[:3], rtol=0.1)
fixed = 0.51
for _ in range(50):
    fixed = 1 / (1 + np.exp(-(8 * fixed - 4)))
assert round(fixed * (1 - fixed), 2) == 0.02
grid = np.linspace(0, 1, 10_001)
assert (grid * (1 - grid)).max() == 0.25 and grid[(grid * (1 - grid)).argmax()] == 0.5
print("checked: the quarter, three weights, and two inputs to one chain")

# %% [markdown]
# ## Many neurons: a sum of random signs
#
# Real layers are wide and their weights random, so the factor is an average. One sum by hand: a neuron gets four
# numbers, all $1$, through weights of $+\frac12$ or $-\frac12$ by the toss of a coin. Its score $z$ is one of
#
# | $z$ | $-2$ | $-1$ | $0$ | $1$ | $2$ |
# |:--|--:|--:|--:|--:|--:|
# | in how many of the 16 cases | 1 | 4 | 6 | 4 | 1 |
#
# The mean of $z^2$ is $(4 + 4 + 0 + 4 + 4)/16 = 1$, the mean square of what came in. No accident: four inputs, weights
# of the variance $\frac14$, and $4 \cdot \frac14 = 1$.
#
# In general: $d$ inputs, independent weights with mean $0$ and the variance $c^2/d$. Here $c$ is the [[gain]] of the layer.
# When the sum is squared, products of two different weights have the mean $0$, so only squares remain:
#
# $$\mathbb{E}\Bigl[\bigl(\sum_j W_j\,\delta_j\bigr)^2\Bigr] = \sum_j \mathbb{E}[W_j^2]\;\delta_j^2 =
# \frac{c^2}{d} \sum_j \delta_j^2 = c^2 \times \text{mean square of } \delta. \tag{2}$$
#
# Backwards the sum runs over the gradients $\delta$ of the next layer; forwards the same holds for the inputs.
#
# ## The activation's share
#
# Then each entry is multiplied by the activation's slope. A [[ReLU]] is a switch: the slope is $1$ where $z > 0$, else
# $0$. Let the gradient $(1, -3, 2, 2)$ arrive, and the switches be open, shut, shut, open.
#
# **Predict.** Which share of the sum of squares goes on? And on average, if a coin opens the switches?

# %%
delta = np.array([1, -3, 2, 2])
passed = delta * np.array([1, 0, 0, 1])
print(passed, "sum of squares:", np.sum(delta**2), "->", np.sum(passed**2))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $(1, 0, 0, 2)$ goes on: $5$ of $18$. On average each square stays with the chance $\frac12$, so **half** of the sum.
#
# </details>
#
# With random weights $z$ is as often above $0$ as below: this is ReLU's half. Put both steps together, for any activation
# $f$, as if slopes and weights were independent:
#
# $$\text{mean square of } \delta_{k-1} \approx c^2\;\mathbb{E}[f'(z)^2] \times \text{mean square of } \delta_k. \tag{3}$$
#
# The size of the gradient is the root of this, so each layer multiplies it by $c\,\sqrt{\mathbb{E}[f'(z)^2]}$:
#
# | activation | slope | factor for each layer | it is 1 at |
# |:--|:--|:--|:--|
# | none | $1$ | $c$ | $c = 1$ |
# | ReLU | $0$ or $1$, half and half | $c/\sqrt2$ | $c = \sqrt2$ |
# | tanh | at most $1$ | at most $c$ | $c \ge 1$ |
# | sigmoid | at most $\frac14$ | at most $c/4$ | $c \ge 4$ |
#
# So choose the spread of the first weights for $c$ to be right. He and others (2015) take $c = \sqrt2$ before a ReLU. Glorot
# and Bengio (2010), called Xavier's start, take $c = 1$; where a layer has more outputs than inputs, or fewer, they divide
# by the mean of both numbers. You draw such weights in {{exercise:init}}.

# %% [markdown]
# ## Measure it
#
# The slopes do depend on the same weights, so measure. A gradient walks back through 50 ReLU layers of 200 neurons, a row
# for each gain.
#
# **Predict.** At $c = 1$, what is left after 20 layers, and after 50? Which gain keeps the size?


# %%
def gradient_sizes(gains, rng, depth=50, d=200):
    c = np.array(gains)[:, None]
    Ws = rng.standard_normal((depth, d, d), dtype="float32") / np.sqrt(d)
    a, switches = rng.normal(size=d) + 0 * c, []  # the same input in each row
    for W in Ws:
        z = c * (a @ W)
        a = np.maximum(0, z)
        switches.append(z > 0)
    delta = rng.normal(size=d) + 0 * c
    squares = [np.mean(delta**2, axis=1)]
    for W, switch in zip(Ws[::-1], switches[::-1], strict=True):
        delta = c * ((delta * switch) @ W.T)
        squares.append(np.mean(delta**2, axis=1))
    return np.array(squares).T / squares[0][0]  # rows: gains; columns: 0, 1, ... layers


# %%
rng = np.random.default_rng(0)
gains = 2.0 ** np.arange(-1, 2, 0.5)
networks = np.array([gradient_sizes(gains, rng) for _ in range(100)])
measured = np.sqrt(networks.mean(axis=0))  # over 100 networks
theory = (gains[:, None] / np.sqrt(2)) ** np.arange(51)
for k in (20, 50):
    print(f"c = 1, {k} layers: {measured[2, k]:.2g}, in theory {theory[2, k]:.2g}")

# %% tags=["draw"]
# Depth and gain as a map, measured and in theory
at = [1, 5, 10, 20, 30, 40, 50]
fig, axes = plots.figure(2, width=9.2, height=3.6, sharey=True)
for ax, values, title in zip(
    axes, (measured, theory), ("measured", r"in theory: $(c/\sqrt{2})^k$"), strict=True
):
    powers = np.log10(values[:, at])
    shown = ax.imshow(
        powers, cmap="RdBu_r", vmin=-23, vmax=23, origin="lower", aspect=0.8
    )
    for row, line in enumerate(powers):
        for column, power in enumerate(line):
            dark = abs(power) > 13
            ax.text(
                column,
                row,
                f"{power + 0.0:.1f}",
                ha="center",
                va="center",
                fontsize=9,
                color="white" if dark else "black",
            )
    ax.set(
        title=title, xlabel="layers passed, k", xticks=range(len(at)), xticklabels=at
    )
    ax.grid(False)
axes[0].set(ylabel="gain c", yticks=range(len(gains)))
axes[0].set_yticklabels([f"{c:.2f}" for c in gains])
fig.colorbar(shown, ax=list(axes), label="power of ten")
plots.show(
    fig,
    alt="Two maps of the power of ten of the gradient over seven depths and six gains, "
    "measured and in theory. They look the same: the row of gain 1.41 is near 0 "
    "throughout; below it the gradient vanishes, above it explodes, and more so with depth.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The factor is $1/\sqrt2$ for each layer: $2^{-10}$, about $0.001$, after 20, and $2^{-25}$, about $3 \cdot 10^{-8}$,
# after 50. The gain $\sqrt2 = 1.41$ keeps the size.
#
# </details>
#
# Over 100 networks, theory and measurement agree within 10 % in each cell, over more than twenty powers of ten. A *single*
# network strays further: at $c = \sqrt2$ and 50 layers, the 100 range from a fifth to three times. (For ReLU, $c$
# is a plain factor that the switches do not see. So the rows are one measurement, times $c^k$.)

# %% tags=["check"]
# Sums of signs, the half, and the map within ten percent
from itertools import product

signs = np.array(list(product((-0.5, 0.5), repeat=4))).sum(axis=1)
values, counts = np.unique(signs, return_counts=True)
assert values.tolist() == [-2, -1, 0, 1, 2] and counts.tolist() == [1, 4, 6, 4, 1]
assert signs.mean() == 0 and np.mean(signs**2) == 1 and len(signs) == 16
assert passed.tolist() == [1, 0, 0, 2] and np.sum(delta**2) == 18
assert np.sum(passed**2) == 5
halves = [np.sum((delta * m) ** 2) for m in product((0, 1), repeat=4)]
assert np.mean(halves) == 9
assert np.all(np.abs(measured / theory - 1) < 0.10)  # in each of 6 x 51 cells
assert round(2.0**-10, 3) == 0.001 and f"{2.0**-25:.0e}" == "3e-08"
assert np.isclose(gains[3], np.sqrt(2)) and round(2**0.5, 2) == 1.41
assert np.log10(measured.max() / measured.min()) > 20
assert np.allclose(measured, measured[2] * gains[:, None] ** np.arange(51))
single = np.sqrt(networks[:, 3, 50])
assert 0.18 < single.min() < 0.2 and 2.7 < single.max() < 3.3  # single networks stray
assert np.all(np.abs(np.log10(measured[3])) < 0.5) and measured.shape == (6, 51)
assert (np.diff(measured[:3, at]) < 0).all() and (np.diff(measured[4:, at]) > 0).all()
assert (1 - np.tanh(np.linspace(-9, 9, 2001)) ** 2).max() == 1
assert networks.shape[0] == 100 and measured[3, 50] < 1.1
print("checked: the half by all 16 switches, the map within 10 % of equation (3)")

# %% [markdown]
# The gradient for a layer's *weights* is $\delta$ times what came in (unit 02), so it vanishes with either. You measure
# it in {{exercise:layer_grad_norms}}.

# %% [markdown]
# ## In three frameworks
#
# Automatic differentiation multiplies the same factors. Twenty sigmoids, each fed with $0.5$:

# %%
print("NumPy:  ", chain(1, -0.5, 0.5)[19])

# %% tags=["torch"]
import torch

x_t = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
a_t = x_t
for _ in range(20):
    a_t = torch.sigmoid(a_t - 0.5)
a_t.backward()
print("PyTorch:", x_t.grad.item())

# %% tags=["tensorflow"]
import tensorflow as tf

x_k = tf.Variable(0.5, dtype=tf.float64)
with tf.GradientTape() as tape:
    a_k = tf.identity(x_k)
    for _ in range(20):
        a_k = tf.sigmoid(a_k - 0.5)
slope_k = float(tape.gradient(a_k, x_k))
print("TensorFlow:", slope_k)

# %% tags=["check", "torch", "tensorflow"]
# The same product in all three
assert chain(1, -0.5, 0.5)[19] == x_t.grad.item() == slope_k == 0.25**20
print("checked: NumPy, PyTorch and TensorFlow give 0.25 to the power 20")

# %% [markdown]
# ## Summary
#
# - Backwards, each layer multiplies the gradient by slope times weight: below 1 it vanishes with depth, above 1 it explodes.
# - A sigmoid's slope is at most a quarter. A larger weight also pushes the neuron towards saturation.
# - A wide layer of the gain $c$ multiplies the gradient's size by $c\,\sqrt{\mathbb{E}[f'(z)^2]}$: with ReLU by $c/\sqrt2$.
#
# ## Common mistakes
#
# - **"A large gradient leads to vanishing or exploding"**, a published tutorial says. To exploding: vanishing is the
#   small side of 1.
# - **One layer's small gradient.** Look at the *ratio* between layers: all are small where the loss is.
# - **Only the slope.** The weights are half of each factor.
#
# ## Quick questions
#
# 1. Each layer multiplies the gradient by $\frac12$. After how many layers is less than a thousandth left?
#
#    <details><summary><b>Answer</b></summary>
#
#    Ten: $2^{10} = 1024$.
#
#    </details>
# 2. A layer has 100 inputs, a ReLU, and independent weights of the standard deviation $0.1$. What is the factor?
#
#    <details><summary><b>Answer</b></summary>
#
#    The variance $0.01$ is $c^2/100$, so $c = 1$, and the factor is $1/\sqrt2$, about $0.71$.
#
#    </details>
# 3. You double the width $d$ and keep the variance of each weight. What happens to the gain?
#
#    <details><summary><b>Answer</b></summary>
#
#    The variance is $c^2/d$, so $c$ grows by $\sqrt2$. Fifty layers multiply the gradient by $2^{25}$ more.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** A leaky ReLU has the slope $1$ above $0$ and $0.2$ below. Which factor has a layer of the gain $c$, and at which
# gain is it 1?
#
# <details><summary><b>Outline</b></summary>
#
# $\mathbb{E}[f'(z)^2] = (1 + 0.04)/2 = 0.52$. The factor is $0.72\,c$, so $c = 1.39$.
#
# </details>

# %% [markdown]
# **Try.** Replace the ReLU in `gradient_sizes` by tanh, `a = np.tanh(z)` with the slopes `1 - a**2` in place of the
# switches. Which gain is its border? Why is the factor no longer the same in each layer?
#
# <details><summary><b>Outline</b></summary>
#
# At $c = 1$ the signal shrinks on the way, so $z$ falls and the slopes come closer to $1$: the gradient vanishes slowly,
# not like a power. For larger $c$, $z$ settles at a size that depends on $c$.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert 2**10 == 1024 > 1000 > 2**9 and round(1 / 2**0.5, 2) == 0.71
assert round(100 * 0.1**2, 2) == 1.0 and round(0.1**2, 2) == 0.01
assert (1 + 0.2**2) / 2 == 0.52 and round(0.2**2, 2) == 0.04
assert round(0.52**0.5, 2) == 0.72 and round(1 / 0.52**0.5, 2) == 1.39
print("checked: the answers to the questions")

# %% [markdown]
# ## References
#
# - Y. Bengio, P. Simard, P. Frasconi (1994). Learning long-term dependencies with gradient descent is difficult. *IEEE
#   Transactions on Neural Networks* 5, 157–166. doi:10.1109/72.279181
# - X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural networks. *AISTATS*.
# - K. He, X. Zhang, S. Ren, J. Sun (2015). Delving deep into rectifiers: surpassing human-level performance on ImageNet
#   classification. *ICCV*. arXiv:1502.01852
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
