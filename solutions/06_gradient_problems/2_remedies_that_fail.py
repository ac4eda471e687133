# %% [markdown]
# # Remedies that fail
#
# {{about}}
#
# **After this lesson you can**
#
# - say why a deeper network cures no vanishing gradient,
# - work out by hand how fast a penalty makes a gradient vanish,
# - say what Adam restores of a vanished gradient, what it does not, and what its $\varepsilon$ has to do with it,
# - measure what a network forgets about its inputs on the way up,
#
# **You need** products of many factors (the lesson before this one), L2 and L1 penalties, and Adam's step (unit 03).

# %% [markdown]
# ## The patient, and the rules
#
# Published tutorials advise three things against vanishing gradients: a deeper network, an L1 or L2 penalty, an adaptive optimizer.
# You now try each, under one set of rules.
#
# The patient is a network of sigmoids, eight to a layer, with Xavier's first weights. It has to tell apart 40 points on two half moons.
# The cross-entropy of a network that answers $\frac12$ to everything is $\ln 2 = 0.6931$. Call that *chance*.
#
# The rules: 500 steps on all points in float32, each rate of a grid, five seeds; the rate whose middle seed is best counts. `train(depth, rates, step)`
# does all rates and seeds at once and returns the last losses, a row for each rate; `step(p, g, lr)` changes a parameter. The plainest
# one is gradient descent:

# %% tags=["setup"]
# The points, the network with its gradient, and training for many rates
import numpy as np

from gdcourse.datasets import moons

data = moons(40)


def first_weights(depth, seed, width=8):
    """Return Xavier's weights of `depth` hidden layers and of the last one."""
    rng, sizes = np.random.default_rng(seed), [2] + [width] * depth + [1]
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    return [rng.normal(0, np.sqrt(2 / (a + b)), (a, b)) for a, b in pairs]


def begin(depth, rates, dtype="float32"):
    """Return weights, then biases, (rates x seeds, in, out): all networks side by side."""
    each = [first_weights(depth, seed) for _ in rates for seed in range(5)]
    Ws = [np.array(W, dtype) for W in zip(*each, strict=True)]
    return Ws + [np.zeros((len(W), 1, W.shape[2]), dtype) for W in Ws]


def sigmoid(z):
    return 1 / (1 + np.exp(-np.maximum(z, -80)))


def activations(params):
    """Return the inputs, what each hidden layer passes on, and the last scores."""
    n = len(params) // 2
    a = [data.X.astype(params[0].dtype)]
    for W, b in zip(params[: n - 1], params[n:-1], strict=True):
        a.append(sigmoid(a[-1] @ W + b))
    return a, (a[-1] @ params[n - 1] + params[-1])[..., 0]


def loss_and_grads(params):
    (a, z), y = activations(params), data.y.astype(params[0].dtype)
    loss = (np.logaddexp(0, z) - y * z).mean(axis=-1)
    delta, n, of_W, of_b = ((sigmoid(z) - y) / len(y))[..., None], len(a), [], []
    for k in range(n - 1, -1, -1):
        of_W.insert(0, a[k].swapaxes(-1, -2) @ delta)
        of_b.insert(0, delta.sum(axis=-2, keepdims=True))
        if k:
            delta = (delta @ params[k].swapaxes(-1, -2)) * (a[k] * (1 - a[k]))
    return loss, of_W + of_b


def train(depth, rates, step, alpha=0.0, power=2, steps=500, ends=None):
    """Return the last losses, (rates, seeds). alpha, power: an L2 or L1 penalty on weights. ends: a list for the parameters."""
    params = begin(depth, rates)
    lr = np.repeat(rates, 5)[:, None, None].astype("float32")
    for _ in range(steps):
        grads = loss_and_grads(params)[1]
        for i, (p, g) in enumerate(zip(params, grads, strict=True)):
            if alpha and i < len(params) // 2:
                g = g + alpha * (p if power == 2 else np.sign(p))
            step(p, g, lr)
    if ends is not None:
        ends.append(params)
    losses = loss_and_grads(params)[0].reshape(len(rates), 5)
    return np.where(np.isfinite(losses), losses, np.inf)


# %%
def descend(p, g, lr):
    p -= lr * g


def best(losses):
    return np.sort(losses[np.median(losses, axis=1).argmin()])  # of the best rate


rates = [3, 10, 30]
losses = train(1, rates, descend)
print("middle seed of each rate:", np.round(np.median(losses, axis=1), 3))
print("five seeds at the best:  ", np.round(best(losses), 3))

# %% [markdown]
# One hidden layer learns the moons, on each seed, with the rate $10$.
#
# ## A deeper network
#
# **Predict.** A sigmoid's slope is at most $\frac14$. What do you expect of 2, 5, 10 and 20 layers, each with its own best rate? Can a
# larger rate make up for the small gradient?

# %%
by_depth = {1: losses}
for depth in (2, 5, 10, 20):
    by_depth[depth] = train(depth, rates, descend)
    print(f"{depth:2} layers: {np.round(best(by_depth[depth]), 3)}")

# %% tags=["draw"]
# Five seeds at the best rate for each depth
from gdcourse import plots


def dots(ax, runs, marker, colour, shift=0.0, label=None):
    """Draw the five best-rate losses of each depth, one column each."""
    for i, values in enumerate(runs.values()):
        ax.plot(
            i + shift + np.linspace(-0.1, 0.1, 5),
            best(values),
            marker,
            color=colour,
            label=label if i == 0 else None,
        )
    ax.set(xticks=range(len(runs)), xticklabels=list(runs), xlabel="hidden layers")
    ax.set(ylabel="loss after 500 steps", ylim=(-0.03, 0.8))


fig, ax = plots.figure(width=6.6, height=3.0)
dots(ax, by_depth, "o", plots.COLOURS[0])
ax.axhline(np.log(2), color="black", linestyle=":", label="chance")
ax.set(title="gradient descent, the best rate of each depth")
ax.legend(loc="lower right")
plots.show(
    fig,
    alt="Losses of five seeds against the number of hidden layers. With 1 and 2 layers "
    "most are near 0, with 5 most lie at chance, with 10 and 20 all of them.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# With two layers most seeds still learn. With five, most stay at chance, with 10 and 20 all, **at every rate**. A larger rate does multiply the first
# layer's step. But it multiplies the last layer's too, whose gradient has not vanished: at the rate $10$ the last layer swings
# to and fro, and the loss ends *above* chance.
#
# </details>
#
# So one more layer is one more factor below 1. A deeper network is the illness, not the remedy.

# %% tags=["check"]
# Depth by depth
assert abs(np.log(2) - 0.6931) < 5e-5 and len(data.y) == 40
assert np.median(losses, axis=1).argmin() == 1 and best(losses).max() < 0.05
assert np.sum(best(by_depth[2]) < 0.1) >= 3
assert np.sum(best(by_depth[5]) > 0.65) >= 3
for depth in (10, 20):
    assert np.all(np.abs(by_depth[depth][:1] - np.log(2)) < 0.001)
    assert by_depth[depth][1:].min() > 1
print("checked: 1 and 2 layers learn, 10 and 20 stay at chance at every rate")

# %% [markdown]
# ## A penalty on the weights
#
# An L2 penalty $\frac{\alpha}{2} w^2$ adds $\alpha w$ to the gradient of each weight. Say the loss itself has nearly no gradient left. Then
# a step is
#
# $$w \leftarrow w - \eta\,\alpha\,w = (1 - \eta\alpha)\,w. \tag{1}$$
#
# With $\eta = 1$ and $\alpha = 0.01$ a weight is multiplied by $0.99$ in each step, in 100 steps by $0.99^{100} = 0.366$.
#
# **Predict.** A gradient goes back through ten matrices of weights to the first layer. By what is it multiplied after those 100 steps?

# %%
sizes = {}
for alpha in (0, 0.01):
    ends = []
    train(10, [1], descend, alpha=alpha, steps=100, ends=ends)
    first = loss_and_grads(ends[0])[1][0]
    sizes[alpha] = np.linalg.norm(first, axis=(1, 2))
    print(f"alpha = {alpha}: gradient of the first layer", np.round(sizes[alpha], 12))
print("by hand:", 0.366**10, "measured:", np.round(sizes[0.01] / sizes[0], 5))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# By $0.366^{10} = 4.3 \cdot 10^{-5}$. Measured, it is about twice that: smaller weights move the sigmoids towards their
# middle, so their slopes rise a little, up to the quarter and no further.
#
# </details>
#
# An L1 penalty takes $\eta\alpha$ off each weight in each step, until it is $0$. Then *nothing* passes. Now the fair runs, where there is something to gain:
# five layers.

# %%
five_rates = [1, 2, 5]
penalised = {"none": train(5, five_rates, descend)}
for power in (2, 1):
    for alpha in (1e-4, 1e-3):
        end = train(5, five_rates, descend, alpha, power)
        penalised[f"L{power}, {alpha:g}"] = end
for name, end in penalised.items():
    print(f"{name:9} {np.round(best(end), 3)}")

# %% [markdown]
# Neither strength lets more seeds leave chance, and the larger one keeps all five there. A penalty shrinks the weights, and the gain of a
# layer *is* the size of its weights. What it can help against is the opposite, an **exploding** gradient (Pascanu and others, 2013,
# discuss it for that).

# %% tags=["check"]
# By hand and measured; no strength helps
assert round(0.99**100, 3) == 0.366 and f"{0.366**10:.1e}" == "4.3e-05"
ratio = sizes[0.01] / sizes[0]
assert np.all((ratio > 1.3 * 0.99**1000) & (ratio < 4 * 0.99**1000))
freed = {name: np.sum(best(end) < 0.6) for name, end in penalised.items()}
assert max(freed.values()) <= freed["none"] + 1 <= 3
for name in ("L2, 0.001", "L1, 0.001"):
    assert np.all(penalised[name] > 0.69)
print("checked: the penalty's factor by hand, and no strength that helps")

# %% [markdown]
# ## An adaptive optimizer
#
# Adam divides the mean gradient by the root of the mean square. In the first step both are of the gradient itself, so that
#
# $$\Delta = -\eta\,\frac{g}{|g| + \varepsilon}. \tag{2}$$
#
# | $g$ | $10^{-3}$ | $10^{-8}$ | $10^{-13}$ |
# |:--|--:|--:|--:|
# | with $\varepsilon = 10^{-8}$: the step, in parts of $\eta$ | $0.99999$ | $0.5$ | $0.00001$ |
# | with $\varepsilon = 10^{-30}$ | $1$ | $1$ | $1$ |
#
# So Adam gives a small gradient its full step back, **as long as it is large beside $\varepsilon$**.
#
# **Predict.** At the start, the first layer's gradient is about $10^{-3}$ with 5 layers, $10^{-7}$ with 10 and $10^{-13}$ with 20. With
# $\varepsilon = 10^{-8}$, which of the three does Adam bring away from chance? And with $10^{-30}$?


# %%
class Adam:
    def __init__(self, eps=1e-8):
        self.eps, self.kept = eps, {}

    def __call__(self, p, g, lr):
        m, s, t = self.kept.get(id(p), (0, 0, 0))
        m, s, t = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2, t + 1
        self.kept[id(p)] = m, s, t
        root = np.sqrt(s / (1 - 0.999**t))
        p -= lr * m / (1 - 0.9**t) / (root + self.eps)


# %%
adam_rates, adam, ends = [0.001, 0.01, 0.1], {}, []
for depth, eps in ((5, 1e-8), (10, 1e-8), (20, 1e-8), (20, 1e-30)):
    adam[depth, eps] = train(depth, adam_rates, Adam(eps), ends=ends)
    print(f"{depth:2} layers, eps {eps:g}: {np.round(best(adam[depth, eps]), 3)}")

# %% tags=["draw"]
# Gradient descent beside Adam
fig, ax = plots.figure(width=7.0, height=3.2)
usual = {depth: adam[depth, 1e-8] for depth in (5, 10, 20)}
dots(ax, {d: by_depth[d] for d in usual}, "o", plots.COLOURS[0], -0.25, "GD")
dots(ax, usual, "s", plots.COLOURS[1], 0, "Adam, eps 1e-8")
ax.plot(
    2.25 + np.linspace(-0.1, 0.1, 5),
    best(adam[20, 1e-30]),
    "^",
    color=plots.COLOURS[2],
    label="Adam, eps 1e-30",
)
ax.axhline(np.log(2), color="black", linestyle=":", label="chance")
ax.set(title="the best rate of each", xlim=(-0.5, 4))
ax.legend(loc="center right")
plots.show(
    fig,
    alt="Losses of five seeds for 5, 10 and 20 layers. Gradient descent is at chance nearly "
    "everywhere. Adam reaches 0 with 5 layers, about 0.3 with 10, and stays at chance with 20; "
    "with the smaller eps it reaches about 0.3 there too.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# With 5 layers and with 10 the gradient is large beside $10^{-8}$, and Adam leaves chance. With 20 it does not: a step is a hundred-thousandth of its
# rate. With $\varepsilon = 10^{-30}$ it leaves chance there too.
#
# </details>
#
# So "an adaptive optimizer does nothing here" is wrong, and "it solves it" is wrong too. It cures five layers, on most seeds. Of 15 runs with 10 layers, and 30
# with 20, **not one** comes down to $0.2$, where one hidden layer reaches $0.01$ by plain gradient descent.

# %% tags=["check"]
# Equation (2), the sizes at the start, and Adam by depth
steps = [g / (g + 1e-8) for g in (1e-3, 1e-8, 1e-13)]
assert np.allclose(steps, [0.99999, 0.5, 0.00001], atol=1e-7)
for depth, power in ((5, -3), (10, -7), (20, -13)):
    size = np.linalg.norm(loss_and_grads(begin(depth, [1]))[1][0], axis=(1, 2))
    assert abs(np.log10(np.median(size)) - power) < 1
assert np.median(best(adam[5, 1e-8])) < 0.05 and np.all(best(adam[10, 1e-8]) < 0.5)
assert np.all(np.abs(adam[20, 1e-8] - np.log(2)) < 0.001)
assert np.sum(best(adam[20, 1e-30]) < 0.5) >= 4
assert adam[10, 1e-8].size == 15 and 2 * adam[20, 1e-8].size == 30
assert min(adam[key].min() for key in adam if key[0] > 5) > 0.2
assert abs(np.median(best(adam[10, 1e-8])) - 0.3) < 0.08
assert abs(np.median(best(adam[20, 1e-30])) - 0.3) < 0.08
assert np.median(losses, axis=1).min() < 0.01
for key in ((5, 1e-8), (10, 1e-8), (20, 1e-30)):
    middle = np.median(adam[key], axis=1)
    assert middle[0] > middle.min() < middle[-1]
print("checked: Adam cures 5 layers, half cures 10, and 20 only with a tiny eps")

# %% [markdown]
# ## What is lost, and where
#
# Backwards, only the *length* is lost. A floating point number keeps its digits however small it is, so the first layer's gradient of $10^{-13}$ is
# as exact as any other, and dividing it by its own length repairs it.
#
# Forwards, it is different. Between two points that differ by a little, a sigmoid leaves a quarter of the difference at most, times the weight. Start at
# a difference of $1$ and take a quarter each time: ten layers leave $10^{-6}$, twenty $10^{-12}$. But these are differences of numbers near $0.5$, which a
# float32 rounds to a multiple of $6 \cdot 10^{-8}$.
#
# **Predict.** From which layer on does a float32 hold no trace of which of the 40 points came in?

# %%
spread = {}
for dtype in ("float64", "float32"):
    a, _ = activations(begin(20, [1], dtype))
    spread[dtype] = np.array([np.ptp(a_k, axis=1).max() for a_k in a[1:]])
print("largest difference in layers 5, 10, 15, 20:")
for dtype, values in spread.items():
    print(dtype, values[[4, 9, 14, 19]])

# %% tags=["setup"]
# How wrong a float32 gradient is, by layer, at chance
exact = begin(20, [1], "float64")
exact[-1] -= activations(exact)[1].mean(axis=1)[
    :, None, None
]  # the last bias is fitted
grads = {
    dtype: loss_and_grads([p.astype(dtype) for p in exact])[1][:21]
    for dtype in ("float32", "float64")
}
wrong = [
    np.median(np.linalg.norm(g - h, axis=(1, 2)) / np.linalg.norm(h, axis=(1, 2)))
    for g, h in zip(grads["float32"], grads["float64"], strict=True)
]

# %% tags=["draw"]
# What is left of the differences, and the error of the gradient
fig, axes = plots.figure(2, width=9.2, height=3.2)
for dtype, marker in (("float64", "o"), ("float32", "s")):
    axes[0].semilogy(np.arange(1, 21), spread[dtype], marker, label=dtype)
axes[0].set(title="largest difference between two points", ylim=(1e-15, 10))
axes[1].semilogy(np.arange(1, 22), wrong, "^", color=plots.COLOURS[2])
axes[1].axhline(1, color="black", linestyle=":", label="as large as the gradient")
axes[1].set(title="error of the float32 gradient, relative", ylim=(1e-8, 1e8))
for ax in axes:
    ax.set(xlabel="layer", xticks=range(0, 21, 5))
    ax.legend(loc="lower left" if ax is axes[0] else "upper left")
plots.show(
    fig,
    alt="Left: the largest difference between two points falls by about a factor of four per "
    "layer, in float32 down to a rounding error and no further. Right: the relative error of the float32 gradient "
    "rises from below 1e-6 in the first layer past 1 at about layer 12, to more than 1000 in the last.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# A quarter each time meets $6 \cdot 10^{-8}$ after 12 layers. From about there on the points differ by one rounding, which depends on how the sums
# were rounded and not on the point. In float64 the differences go on falling, to $10^{-12}$ in layer 20.
#
# </details>
#
# The right picture shows what that does at chance (with the last bias fitted). A layer's gradient is made of the differences that reach *it*. In the first layers it is
# right to six digits. From about layer 12 on it is rounding error, and Adam gives rounding error the full step too.
#
# And what a trained network has learned? Look at the answers of Adam's 20 layers:

# %%
i = np.median(adam[20, 1e-30], axis=1).argmin()  # the best rate, seed by seed
for seed, z in enumerate(activations(ends[-1])[1].reshape(3, 5, -1)[i]):
    answers, counts = np.unique(np.round(sigmoid(z), 1), return_counts=True)
    print(f"seed {seed}: answers {answers}, given {counts} times")

# %% [markdown]
# Two answers. A chain of sigmoids that stretches differences also saturates (the lesson before this one), so what arrives above is *on* or *off*. In each of these runs the border between the two is a straight line, which the moons do not have. **Rescaling the step does not
# change what the layers pass on.** What does is the subject of the next lessons: where the network starts, and what it is built of.

# %% tags=["check"]
# What is lost on the way up, and what is learned in the end
from scipy.optimize import linprog

assert f"{0.25**10:.0e}" == "1e-06" and 0.9e-12 < 0.25**20 < 1e-12
assert f"{np.finfo('float32').eps / 2:.0e}" == "6e-08" and 0.25**12 <= 6e-8 < 0.25**11
assert spread["float32"][14:].max() < 2e-7 and 1e-13 < spread["float64"][-1] < 1e-11
rates_of_fall = (spread["float64"][-1] / spread["float64"][0]) ** (1 / 19)
assert 0.2 < rates_of_fall < 0.3
assert wrong[0] < 1e-6 and wrong[8] < 1 < wrong[13] and wrong[20] > 1000


def is_straight(answer):
    """Return whether some straight line parts the points as the answers do."""
    rows = np.where(answer, -1, 1)[:, None] * np.column_stack([data.X, np.ones(40)])
    return linprog(np.zeros(3), rows, -np.ones(40), bounds=(None, None)).status == 0


few, straight = 0, 0
for z in activations(ends[-1])[1].reshape(3, 5, -1)[i]:
    middle = (z.min() + z.max()) / 2
    few += len(np.unique(np.round(sigmoid(z), 1))) <= 2
    straight += is_straight(z > middle)
assert few >= 4 and straight >= 4
assert not is_straight(data.y == 1)
print("checked: differences fall by four per layer, and the answers are two")

# %% [markdown]
# ## In three frameworks
#
# Adam's first step at a gradient of $10^{-13}$, in parts of the rate, each with its default $\varepsilon$:

# %%
from gdcourse.optimizers import numpy as optimizers

w = np.zeros(1)
optimizers.Adam(lr=1.0).step([w], [np.array([1e-13])])
print("NumPy:  ", w[0])

# %% tags=["torch"]
import torch

w_t = torch.zeros(1, dtype=torch.float64, requires_grad=True)
w_t.grad = torch.tensor([1e-13], dtype=torch.float64)
torch.optim.Adam([w_t], lr=1.0).step()
print("PyTorch:", w_t.item())

# %% tags=["tensorflow"]
import keras

w_k = keras.Variable([0.0], dtype="float64")
rule = keras.optimizers.Adam(learning_rate=1.0)
rule.apply([keras.ops.array([1e-13], dtype="float64")], [w_k])
print("Keras:  ", float(w_k[0]))

# %% [markdown]
# Keras' default is $10^{-7}$, and it is added *before* the bias correction of $\sqrt{s}$, so in the first step it acts as $10^{-7}/\sqrt{0.001}$. The step is another 300 times smaller.

# %% tags=["check", "torch", "tensorflow"]
# The first step in all three
assert np.isclose(w[0], -1e-13 / (1e-13 + 1e-8)) and np.isclose(w_t.item(), w[0])
assert np.isclose(float(w_k[0]), -1e-13 / (1e-13 + 1e-7 / 0.001**0.5), rtol=1e-4)
assert 300 < w[0] / float(w_k[0]) < 330
print("checked: PyTorch as equation (2), Keras 300 times smaller")

# %% [markdown]
# ## Summary
#
# - Deeper: one more factor below 1. Ten layers of sigmoids stay at chance at every rate.
# - L2 multiplies each weight by $1 - \eta\alpha$ in each step, and the gradient by that for each layer. It helps against explosions.
# - Adam restores the length of a step while $|g|$ is large beside $\varepsilon$. It does not restore what the layers no longer pass on.
#
# ## Common mistakes
#
# - **A larger rate for a small gradient.** Only the lower layers' gradients are small. The last layer diverges first.
# - **"Adam is scale-free."** Down to its $\varepsilon$. Look at yours.
# - **One seed.** With five layers one seed in five leaves chance; whoever happens on it has a "remedy".
#
# ## Quick questions
#
# 1. With $\eta = 0.1$ and $\alpha = 0.1$, which share of a weight is left after 100 steps without any other gradient?
#
#    <details><summary><b>Answer</b></summary>
#
#    $1 - \eta\alpha = 0.99$, so $0.366$ again: only the product counts.
#
#    </details>
# 2. A gradient of $10^{-8}$ arrives, and $\varepsilon$ is $10^{-8}$. What is Adam's first step, with the rate $0.01$?
#
#    <details><summary><b>Answer</b></summary>
#
#    Half of the rate, $0.005$.
#
#    </details>
# 3. With L1, $\eta = 1$ and $\alpha = 0.001$, after how many steps is a weight of $0.3$ exactly $0$, without any other gradient?
#
#    <details><summary><b>Answer</b></summary>
#
#    $300$: it loses $0.001$ in each.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Plain gradient descent, but with a rate for each layer that makes up for the factor $\frac14$ of each layer above it. Which
# rate would the first of 20 layers need, if the last has $1$? How does that differ from Adam?
#
# <details><summary><b>Outline</b></summary>
#
# $4^{20} = 10^{12}$. Adam does this from the gradient's own history, for each weight, and stops where $\varepsilon$ begins.
#
# </details>

# %% [markdown]
# **Try.** Give Adam with 10 layers more steps, `steps=3000`, at the rate $0.01$. Does it reach the moons' curved border?
#
# <details><summary><b>Outline</b></summary>
#
# Count the different answers of each seed, as above, beside the loss. In a trial run all five seeds still gave two.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert np.isclose((1 - 0.1 * 0.1) ** 100, 0.366, atol=5e-4) and 0.01 * 0.5 == 0.005
assert round(0.3 / 0.001) == 300 and 1.0e12 < 4**20 < 1.1e12
print("checked: the answers to the questions")

# %% [markdown]
# ## References
#
# - X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural networks. *AISTATS*.
# - R. Pascanu, T. Mikolov, Y. Bengio (2013). On the difficulty of training recurrent neural networks. *ICML*.
#   arXiv:1211.5063
# - D. P. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. *ICLR*. arXiv:1412.6980
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
