# %% [markdown]
# # Softmax: losses from scores
#
# {{about}}
#
# **After this lesson you can**
#
# - turn the scores of several classes into probabilities and a price, by hand,
# - derive the gradient, $p$ minus one-hot,
# - compute the loss for scores of any size,
# - say what `log(p + 1e-12)` hides, and what it costs,
# - recognise a softmax that is applied twice by its floor.
#
# **You need** the lesson on cross-entropy: price, score, $p - y$.

# %% [markdown]
# ## Three scores, by hand
#
# A model looks at a picture and gives a score to each of three classes: cat $z_0 = 0$, dog $z_1 = \log 2$, fox $z_2 =
# \log 5$. To make them positive, take $e$ to the power of each: $1$, $2$, $5$. To let them add up to one, divide by
# their sum: $\frac18$, $\frac28$, $\frac58$. That is the [[softmax]]:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}. \tag{1}$$
#
# The price is minus the logarithm of what the truth $y$ was given, as before. In scores:
#
# $$\ell = -\log p_y = \log \sum_j e^{z_j} - z_y. \tag{2}$$
#
# **Predict.** The picture shows a cat, class $0$. What is the price? Which scores should descent raise, which lower? By
# which amounts, if you nudge each score in turn?

# %%
import numpy as np

z = np.log([1.0, 2, 5])
p = np.exp(z) / np.sum(np.exp(z))
print("probabilities", p, " price of class 0:", round(-np.log(p[0]), 4))


# %%
def loss(z, y):
    return np.log(np.sum(np.exp(z))) - z[y]


for k in range(3):
    nudge = np.zeros(3)
    nudge[k] = 1e-6
    slope = (loss(z + nudge, 0) - loss(z - nudge, 0)) / 2e-6
    print(f"slope for class {k}: {slope:6.3f}")

# %% tags=["draw"]
# Probabilities and gradient as bars
from gdcourse import plots

fig, (left, right) = plots.figure(2, width=7.5, height=2.6)
names = ["cat (true)", "dog", "fox"]
for ax, heights, title, hatch in (
    (left, p, "probabilities $p$", None),
    (right, p - np.array([1, 0, 0]), "gradient, $p$ minus one-hot", "//"),
):
    bars = ax.bar(
        names, heights, color=plots.COLOURS[0], hatch=hatch, edgecolor="white"
    )
    ax.bar_label(
        bars, [f"{height:.3g}".replace("-", "−") for height in heights], padding=2
    )
    ax.axhline(0, color="0.3", linestyle="-", linewidth=1)
    ax.margins(y=0.2)
    ax.set_title(title)
plots.show(
    fig,
    alt="Left: bars of the probabilities 0.125, 0.25 and 0.625. Right: bars of the gradient, "
    "-0.875 for the true class, 0.25 and 0.625 for the others.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The price is $\log 8 = 2.0794$. Raise the score of the cat alone: its slope is $\frac18 - 1 = -0.875$. The others
# have the slopes $0.25$ and $0.625$, their probabilities: who took most of the cat's share is lowered most. The three
# add up to $0$.
#
# </details>

# %% [markdown]
# Derive it from (2). The derivative of $\log \sum_j e^{z_j}$ for $z_k$ is $e^{z_k} / \sum_j e^{z_j}$, which is $p_k$.
# The derivative of $-z_y$ is $-1$ if $k$ is the true class, else $0$. So
#
# $$\frac{\partial \ell}{\partial z_k} = p_k - [k = y], \tag{3}$$
#
# where $[k = y]$ is $1$ if $k = y$, else $0$. As a vector it is called [[one-hot]]. With that vector for $y$ it is $p -
# y$ again. And the sigmoid is the softmax of two scores, $0$ and $z$: then $p_1 = e^z/(1 + e^z)$.

# %% tags=["check"]
# Probabilities, price and gradient
import gdcourse.losses.numpy as losses
from gdcourse.gradients import central_difference

assert np.allclose(p, [0.125, 0.25, 0.625]) and round(np.log(8), 4) == 2.0794
gradient = p - np.array([1, 0, 0])
assert np.allclose(gradient, [-0.875, 0.25, 0.625]) and abs(gradient.sum()) < 1e-12
assert np.allclose(gradient, central_difference(lambda v: loss(v, 0), z), atol=1e-8)
assert np.isclose(np.exp(1.7) / (1 + np.exp(1.7)), 1 / (1 + np.exp(-1.7)))
print("checked: the gradient is p minus one-hot")

# %% [markdown]
# ## Large scores
#
# Add 1000 to all three scores. Each power grows by the same factor, $e^{1000}$, which cancels in (1). Only
# differences of scores count.
#
# **Predict.** So the probabilities stay. What does NumPy say?

# %%
with np.errstate(over="ignore", invalid="ignore"):
    large = np.exp(z + 1000)
    print("powers", large, " probabilities", large / np.sum(large))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# A computer's numbers end: in float64 (8 bytes a number) $e^{710}$ is `inf`, in float32 $e^{89}$ is. And `inf`
# divided by `inf` is `nan`.
#
# </details>

# %% [markdown]
# The cure uses the same fact. For any number $c$,
#
# $$\log \sum_j e^{z_j} = c + \log \sum_j e^{z_j - c}. \tag{4}$$
#
# Take for $c$ the largest score. Then the largest exponent is $0$: nothing overflows, and the sum is between $1$ and
# the number of classes, so its logarithm is safe. This is [[log-sum-exp]].


# %%
def stable_loss(z, y):
    c = np.max(z)
    return c + np.log(np.sum(np.exp(z - c))) - z[y]


print("scores + 1000:", round(stable_loss(z + 1000, 0), 4))
print("sure and wrong:", stable_loss(np.array([0.0, -1000.0]), 1))

# %% [markdown]
# The last price is right: the truth had the probability $e^{-1000}$. As a number it is $0$, and its logarithm is
# minus infinity. So do not form $p$ and then take its logarithm. **Compute the loss from the scores**:
# {{exercise:softmax_ce}}.
#
# ## A patch that hides the error
#
# Many programs form $p$ all the same, and write `-np.log(p + 1e-12)` to avoid $\log 0$.
#
# **Predict.** One score, label $1$. What does the patch say at $z = -50$ and at $z = -1000$, where the right prices are
# $50$ and $1000$? And what becomes of the slope?

# %%
with np.errstate(over="ignore"):
    for score in (-10.0, -50.0, -1000.0):
        p_1 = 1 / (1 + np.exp(-score))
        patched = -np.log(p_1 + 1e-12)
        slope = -p_1 * (1 - p_1) / (p_1 + 1e-12)
        print(
            f"z {score:6}: price {patched:5.2f}, slope {slope:.1e}, right {p_1 - 1:.1f}"
        )

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The price stops at $-\log 10^{-12} = 27.63$, the same for bad and for hopeless. The right slope is $-1$. The patch
# keeps $2 \cdot 10^{-10}$ of it at $-50$, and nothing at $-1000$. The error is gone, and so is the learning.
#
# </details>

# %% tags=["check"]
# Overflow, the stable loss, and the patch
with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
    assert np.exp(np.float64(710)) == np.exp(np.float32(89)) == np.inf
    assert np.isnan(large / np.sum(large)).all() and np.exp(-1000.0) == 0
    for score, kept in ((-50.0, 2e-10), (-1000.0, 0.0)):
        p_1 = 1 / (1 + np.exp(-score))
        assert np.isclose(-np.log(p_1 + 1e-12), 27.63, atol=0.005)
        assert np.isclose(p_1 * (1 - p_1) / (p_1 + 1e-12), kept, rtol=0.05)
assert np.isclose(stable_loss(z + 1000, 0), np.log(8))
assert stable_loss(np.array([0.0, -1000.0]), 1) == 1000
hard = np.array([[1000.0, 0, -1000], [3, 1, 2], [-1000, -1000, -999]])
mine = np.mean(
    [stable_loss(row, label) for row, label in zip(hard, [2, 1, 0], strict=True)]
)
assert np.isclose(mine, losses.softmax_ce(hard, np.array([2, 1, 0])))
print("checked: the stable loss is exact, the patch stops at 27.63")

# %% [markdown]
# ## Softmax, twice
#
# A loss that takes scores applies the softmax itself. If the model ends in a softmax too, the loss treats
# probabilities as scores. Nothing crashes, and the loss falls. Put $p$ in place of $z$ into (2), with $K$ classes:
#
# $$\ell = \log \sum_j e^{p_j} - p_y = \log \Bigl(1 + \sum_{j \ne y} e^{p_j - p_y}\Bigr) \ge
# \log\Bigl(1 + \frac{K - 1}{e}\Bigr), \tag{5}$$
#
# since no $p_j$ is below $0$ and no $p_y$ above $1$. A perfect forecast reaches this **floor**.
#
# **Predict.** There are ten classes. What does a perfect model's loss read? And one that is sure and wrong?

# %%
forecasts = {"right": np.eye(10)[3], "wrong": np.eye(10)[5]}  # the truth is 3
for name, forecast in forecasts.items():
    print(f"sure and {name}: {stable_loss(forecast, 3):.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The floor is $\log(1 + 9/e) = 1.4612$. Sure and wrong costs $\log(e + 9) = 2.4612$: everything from perfect to
# hopeless lies within $1$. With small first scores a model reads about $\log 10 = 2.3026$ either way, so the first
# loss does not give it away. The last one does.
#
# </details>

# %% [markdown]
# Does it harm training? Take 1797 pictures of handwritten digits (real ones, 8 by 8 pixels), a linear model with ten
# scores, and 200 steps of descent. A slow loss might need another rate, so both get the same eight rates, on three
# random splits into training and test pictures. In the folded cell `once` and `twice` return loss and gradient for
# the scores, with one softmax and with two, and `train` makes a run with either.

# %% tags=["setup"]
# The two losses with their gradients, and training on digits
from gdcourse import datasets

digits = datasets.digits()


def softmax(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def once(z, y):
    return losses.softmax_ce(z, y), losses.softmax_ce_grad(z, y)


def twice(z, y):
    p = softmax(z)
    g = losses.softmax_ce_grad(p, y)
    back = p * (g - np.sum(p * g, axis=1, keepdims=True))  # through the first softmax
    return losses.softmax_ce(p, y), back


def train(head, rate, seed):
    """Return (share of test pictures that are right, training loss) after 200 steps."""
    learn, test = datasets.split(digits, seed=seed)
    X, X_test = (np.column_stack([np.ones(len(d.X)), d.X]) for d in (learn, test))
    W = np.zeros((65, 10))
    for _ in range(200):
        value, g = head(X @ W, learn.y)
        W -= rate * X.T @ g
    return np.mean((X_test @ W).argmax(axis=1) == test.y), value


# %%
rates = [0.1, 0.3, 1, 3, 10, 30, 100, 300]
results = {
    name: np.array([[train(head, rate, seed) for seed in range(3)] for rate in rates])
    for name, head in {"once": once, "twice": twice}.items()
}

# %% tags=["draw"]
# Accuracy and loss against the rate
fig, (left, right) = plots.figure(2, width=8.5)
for (name, found), marker in zip(results.items(), "os", strict=True):
    for ax, column in ((left, 0), (right, 1)):
        middle = found[:, :, column].mean(axis=1)
        low, high = found[:, :, column].min(axis=1), found[:, :, column].max(axis=1)
        bars = ax.errorbar(rates, middle, (middle - low, high - middle), marker=marker)
        bars.set_label(f"softmax {name}")
        ax.set(xscale="log", xlabel="learning rate")
right.axhline(np.log(1 + 9 / np.e), color="0.4", linestyle=":", label="floor 1.4612")
left.set(ylabel="share right, test", ylim=(0, 1.03), title="digits, three splits")
right.set(ylabel="loss, training", title="the loss at the end")
right.legend(loc=(0.42, 0.27))
plots.show(
    fig,
    alt="Left: with one softmax the share of right answers is above 0.9 at all eight rates. "
    "With two it rises from 0.54 at rate 0.1 to 0.97 at rate 10 and falls below 0.4 at rate "
    "100. Right: the loss with two softmaxes stays above the dotted floor at 1.4612.",
)

# %% [markdown]
# At seven of the eight rates the second softmax costs accuracy. At the rate $10$ it does not: $0.97$ both times, so
# **tuning can hide it**. The loss cannot. There it reads $1.51$, where the right one reads $0.05$. If a loss on $K$
# classes settles near $\log(1 + (K - 1)/e)$, look for two softmaxes. The exercise {{exercise:diagnose_loss}}
# asks you to find this fault and others.

# %% tags=["check"]
# The floor, and what a second softmax does to training
floor = np.log(1 + 9 / np.e)
assert round(floor, 4) == 1.4612 and round(np.log(np.e + 9), 4) == 2.4612
assert np.isclose(stable_loss(forecasts["right"], 3), floor)
assert np.isclose(stable_loss(forecasts["wrong"], 3), np.log(np.e + 9))
assert round(np.log(10), 4) == 2.3026 and len(digits.y) == 1797
shares = {name: found[:, :, 0].mean(axis=1) for name, found in results.items()}
ends = {name: found[:, :, 1].mean(axis=1) for name, found in results.items()}
assert (
    list(shares["twice"] < shares["once"] - 0.01) == [True] * 4 + [False] + [True] * 3
)
assert [round(s[4], 2) for s in shares.values()] == [0.97, 0.97] and rates[4] == 10
assert [round(e[4], 2) for e in ends.values()] == [0.05, 1.51] and rates[0] == 0.1
assert (
    results["once"][:, :, 0].min() > 0.9
    and shares["twice"][6] < 0.4
    and rates[6] == 100
)
assert abs(shares["twice"][0] - 0.54) < 0.01 and ends["twice"].min() > floor
assert 0 < np.argmax(shares["once"]) < 7 and 0 < np.argmax(shares["twice"]) < 7
scores, labels = np.random.default_rng(0).normal(size=(4, 5)), np.array([0, 4, 2, 2])
numeric = central_difference(lambda v: twice(v, labels)[0], scores)
assert np.allclose(numeric, twice(scores, labels)[1], atol=1e-8)
print("checked: the floor 1.4612, and one rate of eight that hides the second softmax")

# %% [markdown]
# ## In three frameworks
#
# Both built-in losses take scores: PyTorch's always, Keras' with `from_logits=True`. What do they say to probabilities?

# %%
scores, truth = np.array([[2.0, 1, 0], [0, 3, 1]]), np.array([2, 1])
print(f"NumPy: once {once(scores, truth)[0]:.4f}, twice {twice(scores, truth)[0]:.4f}")

# %% tags=["torch"]
import torch

z_t, y_t = torch.tensor(scores), torch.tensor(truth)
cross_entropy = torch.nn.CrossEntropyLoss()
once_t, twice_t = cross_entropy(z_t, y_t), cross_entropy(torch.softmax(z_t, 1), y_t)
print(f"PyTorch: once {once_t.item():.4f}, twice {twice_t.item():.4f}")

# %% tags=["tensorflow"]
import tensorflow as tf

keras_loss = tf.keras.losses.SparseCategoricalCrossentropy(
    from_logits=True, dtype="float64"
)
once_k = keras_loss(truth, scores)
twice_k = keras_loss(truth, tf.nn.softmax(scores))
print(f"Keras: once {float(once_k):.4f}, twice {float(twice_k):.4f}")

# %% [markdown]
# Neither complains. Keras 3 on TensorFlow has one exception: the output of a *layer* with `activation="softmax"`
# carries its scores along, hidden. The loss finds them, warns, and uses them. A copy of that output has lost them,
# and the second softmax is back, without a word.

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree, and when does Keras notice?
import warnings

assert np.isclose(once_t.item(), once(scores, truth)[0], rtol=1e-12)
assert np.isclose(float(once_k), once(scores, truth)[0], rtol=1e-12)
assert np.isclose(twice_t.item(), twice(scores, truth)[0], rtol=1e-12)
assert np.isclose(float(twice_k), twice(scores, truth)[0], rtol=1e-12)
layer = tf.keras.layers.Dense(3, activation="softmax", dtype="float64")
layer.build((None, 3))
layer.set_weights([np.eye(3), np.zeros(3)])
read = []
for output in (layer(scores), tf.identity(layer(scores))):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read.append((float(keras_loss(truth, output)), len(caught)))
assert np.allclose(read, [(float(once_k), 1), (float(twice_k), 0)])
print("checked: all three agree, and Keras warns at the layer's output alone")

# %% [markdown]
# ## Summary
#
# - Softmax turns scores into probabilities; only their differences count. The gradient is $p$ minus one-hot.
# - Compute the loss from scores by log-sum-exp. It is accurate at $\pm 1000$, and needs no patch.
# - A patched logarithm stops the price, and with it the slope.
# - Two softmaxes have a floor, $1.4612$ for ten classes. A lucky rate can hide the harm, the loss shows it.
#
# ## Common mistakes
#
# - **Exponentiating raw scores.** `exp(1000)` is `inf`, and `inf / inf` is `nan`.
# - **One maximum for the whole batch.** A row far below it underflows. Each row has its own.
# - **Softmax, then a loss that takes scores.** Or scores, given to a loss that expects probabilities.
# - **Float64 as the cure.** It moves the cliff from $89$ to $710$.
#
# ## Quick questions
#
# 1. Three scores are equal. What are the probabilities, and what is the price of any class?
#
#    <details><summary><b>Answer</b></summary>
#
#    A third each, so the price is $\log 3$.
#
#    </details>
# 2. All scores are doubled. Do the probabilities stay?
#
#    <details><summary><b>Answer</b></summary>
#
#    No, the differences double: the forecast becomes surer. Unless all scores were equal.
#
#    </details>
# 3. Your loss on two classes goes down to $0.3133$ and no further, though every training sample is right. Why?
#
#    <details><summary><b>Answer</b></summary>
#
#    $\log(1 + 1/e) = 0.3133$ is the floor of two softmaxes with two classes.
#
#    </details>
# 4. The gradient for the true class is $-0.2$. Which probability did it get?
#
#    <details><summary><b>Answer</b></summary>
#
#    $p_y - 1 = -0.2$, so $0.8$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Find the slope of $\ell = -\log(p + \varepsilon)$ in the score, for label $1$. For which $p$ is it half of
# what it should be?
#
# <details><summary><b>Outline</b></summary>
#
# The chain rule gives $-p(1 - p)/(p + \varepsilon)$, and the right slope is $-(1 - p)$. Their ratio is
# $p/(p + \varepsilon)$, which is one half at $p = \varepsilon$.
#
# </details>
#
# **Try.** Give ten classes random scores of size $100$, $10$, $1$ and $0.1$. How does the mean price of a random true
# class compare with $\log 10$? What does that say about a good start for training?
#
# <details><summary><b>Outline</b></summary>
#
# Large scores are bold guesses, so they cost far more than $\log 10$; small ones come close to it. A first loss well
# above $\log K$ says that the initial scores are too large.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert round(np.log(1 + 1 / np.e), 4) == 0.3133 and np.isclose(0.8 - 1, -0.2)
assert np.isclose(stable_loss(np.array([5.0, 5, 5]), 1), np.log(3))
rng = np.random.default_rng(0)
paid = [
    losses.softmax_ce(rng.normal(0, size, (2000, 10)), rng.integers(0, 10, 2000))
    for size in (100, 10, 1, 0.1)
]
assert paid[0] > 100 > paid[1] > 10 > paid[2] > paid[3] > 2.3026
assert paid[3] < 2.3026 + 0.01
print("checked: small first scores cost about log 10")

# %% [markdown]
# ## References
#
# - P. Blanchard, D. J. Higham, N. J. Higham (2021). Accurately computing the log-sum-exp and softmax functions. *IMA
#   Journal of Numerical Analysis* 41(4), 2311–2330. doi:10.1093/imanum/draa038
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning*. Springer. Section 4.3.4.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
