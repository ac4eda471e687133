# %% [markdown]
# # Cross-entropy
#
# {{about}}
#
# **After this lesson you can**
#
# - derive binary and softmax cross-entropy from the likelihood, and their gradient $p - y$,
# - say why squared error on probabilities stalls where cross-entropy moves,
# - compute both losses from scores of any size, and name what `log(p + 1e-12)` hides,
# - recognise a double softmax by its floor, and a wrong loss by its sign.
#
# **You need** lesson 1 of this unit, logarithms, and the chain rule.

# %% [markdown]
# ## From likelihood to loss
#
# Lesson 1 predicted a number. Now you predict a **class**: is this message spam, which digit is in this picture? Sample
# $i$ has a **label** $y_i$, its true class. With two classes the labels are $0$ and $1$, and the model answers with one
# number $p_i$: the probability it gives to the label $1$. The label $0$ then has the probability $1 - p_i$. Both cases
# in one formula, the **Bernoulli** distribution:
#
# $$P(y_i) = p_i^{\,y_i} (1 - p_i)^{1 - y_i}. \tag{1}$$
#
# The **likelihood** is the probability that the model gives to all the labels together. For independent samples it is
# the product of (1) over $i$. A good model makes it large. A product of many small numbers is awkward, so take the
# logarithm, which turns it into a sum. Change the sign, because we descend, and divide by $n$, the number of samples:
#
# $$L = -\frac1n \sum_{i=1}^n \big[\, y_i \log p_i + (1 - y_i) \log (1 - p_i) \,\big]. \tag{2}$$
#
# That is **binary cross-entropy**. It is smallest where the likelihood is largest. Each sample pays $-\log$ of the
# probability that the model gave to its true label.
#
# **Predict.** Below are five forecasts. Which sample pays most? What would you pay if you always said $0.5$?

# %%
import numpy as np

import gdcourse.losses.numpy as losses
from gdcourse import plots

labels = np.array([1, 0, 1, 1, 0])
forecast = np.array([0.9, 0.2, 0.8, 0.6, 0.1])
given_to_truth = np.where(labels == 1, forecast, 1 - forecast)
price = -np.log(given_to_truth)
plots.table(
    {
        "label": labels,
        "p": forecast,
        "given to the truth": given_to_truth,
        "price": price,
    }
)

# %% [markdown]
# **Answer.** The fourth pays most, $0.5108$: it gave only $0.6$ to the truth. The likelihood of all five is $0.3110$,
# the loss is $0.2336$. Always saying $0.5$ costs $\log 2 = 0.6931$ per sample, whatever the labels: a loss above that
# is worse than no forecast.

# %%
assert price.argmax() == 3 and given_to_truth[3] == 0.6 and round(price[3], 4) == 0.5108
assert round(np.prod(given_to_truth), 4) == 0.3110
assert round(price.mean(), 4) == 0.2336
assert np.isclose(price.mean(), -np.log(np.prod(given_to_truth)) / 5)
assert np.isclose(price.mean(), losses.bce(forecast, labels))  # the library's
assert round(losses.bce(np.full(5, 0.5), labels), 4) == 0.6931
assert (
    0.5**1100 == 0 and round(-1100 * np.log(0.5)) == 762
)  # the product of 1100 halves is lost, its logarithm is not

# %%
p = np.linspace(0.005, 0.995, 199)
fig = plots.curves(
    {"label 1: $-\\log p$": -np.log(p), "label 0: $-\\log(1 - p)$": -np.log(1 - p)},
    x=p, xlabel="probability $p$ given to the label 1", ylabel="price", width=5,
)  # fmt: skip
plots.show(
    fig,
    alt="Two mirrored curves. The price of label 1 falls from above 5 near p = 0 to 0 at p = 1; that of label 0 "
    "rises the same way. They cross at p = 0.5 and 0.69.",
)

# %%
chosen = np.array([0.01, 0.1, 0.5, 0.9, 0.99])
plots.table(
    {
        "p": chosen,
        "price of label 1": -np.log(chosen),
        "price of label 0": -np.log(1 - chosen),
    }
)

# %% [markdown]
# ### From scores to probabilities
#
# A model computes a real number first, its **score**, for example $z = w^\top x + b$. A probability must lie between
# $0$ and $1$. The **sigmoid** takes the one to the other:
#
# $$p = \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad z = \log\frac{p}{1 - p}. \tag{3}$$
#
# The second form is the logarithm of the odds, so $z$ is called the **logit**.
#
# With $k$ classes the labels are $0, \dots, k - 1$, and the model computes $k$ logits $z_0, \dots, z_{k-1}$. The
# **softmax** makes them positive and lets them sum to $1$:
#
# $$p_j = \frac{e^{z_j}}{\sum_{l} e^{z_l}}. \tag{4}$$
#
# A distribution over $k$ classes is called **categorical**: it gives the label $y$ the probability $p_y$. By the same
# road as before, the price of a sample is $-\log p_y$. This is **softmax cross-entropy**,
#
# $$\ell(z, y) = -\log p_y = \log \sum_l e^{z_l} - z_y, \tag{5}$$
#
# and the loss is its mean over the samples. For two classes with the logits $0$ and $z$, (4) gives
# $p_1 = e^z / (1 + e^z) = \sigma(z)$: the binary case is the softmax with one logit held at $0$.


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    powers = np.exp(
        z - z.max(axis=-1, keepdims=True)
    )  # why the shift: see "Large logits"
    return powers / powers.sum(axis=-1, keepdims=True)


three = softmax(np.array([2.0, 1.0, 0.0]))
print(
    "probabilities",
    np.round(three, 4),
    " prices of the labels 0, 1, 2:",
    np.round(-np.log(three), 4),
)
assert np.isclose(three.sum(), 1)
assert np.isclose(
    softmax(np.array([0.0, 1.7]))[1], sigmoid(1.7)
)  # two classes: softmax is the sigmoid
assert np.isclose(
    -np.log(three[2]), losses.softmax_ce(np.array([[2.0, 1.0, 0.0]]), np.array([2]))
)

# %% [markdown]
# ## The gradient is p − y
#
# **Two classes.** The derivative of the sigmoid is $\sigma'(z) = p(1 - p)$: differentiate (3) and
# collect $p = 1/(1 + e^{-z})$ and $1 - p = e^{-z}/(1 + e^{-z})$. The price $\ell = -y \log p - (1 - y)\log(1 - p)$ has
#
# $$\frac{d\ell}{dp} = -\frac{y}{p} + \frac{1 - y}{1 - p} = \frac{p - y}{p(1 - p)}, \qquad
# \frac{d\ell}{dz} = \frac{d\ell}{dp}\,\sigma'(z) = \frac{p - y}{p(1 - p)}\; p(1 - p) = p - y. \tag{6}$$
#
# The factor $p(1 - p)$ cancels. Remember it: in the next section it does not.
#
# **More classes.** Each $p_j$ depends on every logit. The matrix of its partial derivatives is the **Jacobian**.
# Differentiate $\log p_j = z_j - \log\sum_l e^{z_l}$ with respect to $z_i$, and multiply by $p_j$:
#
# $$\frac{\partial \log p_j}{\partial z_i} = [i = j] - p_i, \qquad
# J_{ij} = \frac{\partial p_j}{\partial z_i} = p_j\,\big([i = j] - p_i\big), \tag{7}$$
#
# where $[i = j]$ is $1$ if $i = j$ and else $0$. As a matrix, $J = \mathrm{diag}(p) - p\,p^\top$. The price $-\log p_y$
# depends on $p_y$ alone, with the derivative $-1/p_y$. The chain rule takes column $y$ of $J$:
#
# $$\frac{\partial \ell}{\partial z_i} = J_{iy} \cdot \frac{-1}{p_y}
# = -\big([i = y] - p_i\big) = p_i - [i = y]. \tag{8}$$
#
# So the gradient is $p - e_y$, where $e_y$ is the **one-hot** vector: $1$ at the true class, $0$ elsewhere (Bishop
# 2006). For a mean over $n$ samples, divide by $n$.
#
# **Predict.** The logits are $(2, 1, 0)$ and the true class is $2$. Which logits does a step of descent raise? What is
# the sum of the gradient's entries?

# %%
truth = np.array([0.0, 0.0, 1.0])
jacobian = np.diag(three) - np.outer(three, three)
gradient = jacobian @ np.array([0, 0, -1 / three[2]])

fig, (left, right) = plots.figure(2, height=2.6)
left.bar(range(3), three, color=plots.COLOURS[0])
left.set(xticks=range(3), xlabel="class", title="probabilities $p$")
right.bar(range(3), gradient, color=plots.COLOURS[1], hatch="//", edgecolor="white")
right.axhline(0, color="0.4", linestyle="-", linewidth=1)
right.set(xticks=range(3), xlabel="class", title="gradient $p - e_2$")
plots.show(
    fig,
    alt="Left: bars of the probabilities 0.67, 0.24 and 0.09. Right: bars of the gradient, 0.67 and 0.24 upwards for "
    "the wrong classes and 0.91 downwards for the true class 2.",
)

# %%
plots.table(
    {
        "class": range(3),
        "p": three,
        "one-hot": truth,
        "J times dl/dp": gradient,
        "p - one-hot": three - truth,
    }
)

# %% [markdown]
# **Answer.** Descent goes against the gradient, so it raises the true logit alone, by $0.91$ times the learning rate,
# and lowers the others in proportion to their probabilities. The entries sum to $0$: the probabilities sum to $1$, and
# so does the one-hot vector.
#
# Never trust a derivation alone. `gradient_check` moves one entry at a time by a small $h$ and compares the change of
# the loss with your gradient.

# %%
from gdcourse.diagnostics import gradient_check

rng = np.random.default_rng(0)
logits, classes = rng.normal(scale=3, size=(6, 4)), np.array([0, 3, 1, 1, 2, 0])
scores, binary = rng.normal(scale=3, size=8), np.array([1, 0, 0, 1, 1, 0, 1, 0])


def ce(z):
    return losses.softmax_ce(z, classes)


def p_minus_y(z):
    return (softmax(z) - np.eye(4)[classes]) / len(classes)


def binary_p_minus_y(z):
    return (sigmoid(z) - binary) / len(binary)


assert (
    np.allclose(gradient, three - truth)
    and abs(gradient.sum()) < 1e-12
    and round(gradient[2], 2) == -0.91
)
assert gradient_check(ce, p_minus_y, logits).error < 1e-8
assert (
    gradient_check(
        lambda z: losses.bce_with_logits(z, binary), binary_p_minus_y, scores
    ).error
    < 1e-8
)
assert not gradient_check(
    ce, lambda z: -p_minus_y(z), logits
).ok  # the wrong sign is found,
assert not gradient_check(
    ce, lambda z: 6 * p_minus_y(z), logits
).ok  # and the sum in place of the mean

# %% [markdown]
# ### The same in PyTorch and TensorFlow
#
# Both frameworks have (2) and (5) built in, taking logits, and so has the course's library. All must agree with NumPy.

# %% tags=["torch"]
import gdcourse.losses.torch as torch_losses  # says what to install if PyTorch is missing
import torch

z = torch.tensor(logits, requires_grad=True)
s = torch.tensor(scores, requires_grad=True)
torch_classes, torch_binary = (
    torch.tensor(classes),
    torch.tensor(binary, dtype=torch.float64),
)
softmax_loss = torch.nn.functional.cross_entropy(z, torch_classes)
binary_loss = torch.nn.functional.binary_cross_entropy_with_logits(s, torch_binary)
softmax_loss.backward()
binary_loss.backward()

assert abs(softmax_loss.item() - losses.softmax_ce(logits, classes)) < 1e-12
assert abs(binary_loss.item() - losses.bce_with_logits(scores, binary)) < 1e-12
assert (
    abs(torch_losses.softmax_ce(z, torch_classes).item() - softmax_loss.item()) < 1e-12
)
assert (
    abs(torch_losses.bce_with_logits(s, torch_binary).item() - binary_loss.item())
    < 1e-12
)
assert np.allclose(z.grad, p_minus_y(logits), rtol=0, atol=1e-12)
assert np.allclose(s.grad, binary_p_minus_y(scores), rtol=0, atol=1e-12)
total = torch.nn.functional.cross_entropy(z, torch_classes, reduction="sum")
assert np.isclose(
    total.item(), 6 * softmax_loss.item()
)  # "sum" has a gradient n times as long

# %% tags=["tensorflow"]
import gdcourse.losses.tensorflow as tf_losses  # says what to install if TensorFlow is missing
import tensorflow as tf

z, s = tf.Variable(logits), tf.Variable(scores)
# A Keras loss computes in float32 unless told otherwise.
keras_softmax = tf.keras.losses.SparseCategoricalCrossentropy(
    from_logits=True, dtype="float64"
)
keras_binary = tf.keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")
with tf.GradientTape() as tape:
    softmax_loss, binary_loss = keras_softmax(classes, z), keras_binary(binary, s)
    both = softmax_loss + binary_loss
grad_z, grad_s = tape.gradient(both, [z, s])

assert abs(float(softmax_loss) - losses.softmax_ce(logits, classes)) < 1e-12
assert abs(float(binary_loss) - losses.bce_with_logits(scores, binary)) < 1e-12
assert abs(float(tf_losses.softmax_ce(z, classes)) - float(softmax_loss)) < 1e-12
assert abs(float(tf_losses.bce_with_logits(s, binary)) - float(binary_loss)) < 1e-12
assert np.allclose(grad_z, p_minus_y(logits), rtol=0, atol=1e-12)
assert np.allclose(grad_s, binary_p_minus_y(scores), rtol=0, atol=1e-12)

# %% [markdown]
# ## Why not squared error on the probability
#
# You could also ask $(p - y)^2$ to be small. Its slope with respect to the logit is
#
# $$\frac{d}{dz}\,(p - y)^2 = 2\,(p - y)\,p\,(1 - p). \tag{9}$$
#
# Nothing cancels $p(1 - p)$ now. Where the model is sure, $p$ is near $0$ or $1$ and this factor is near $0$, **even
# where the model is sure and wrong**.
#
# **Predict.** The label is $1$ and the logit is $-10$, so $p$ is about $0.00005$. Descend with learning rate $1$ until
# $p \ge 0.5$. How many steps does cross-entropy take, and how many squared error?


# %%
def ce_slope(z):
    return sigmoid(z) - 1


def square_slope(z):
    return 2 * (sigmoid(z) - 1) * sigmoid(z) * (1 - sigmoid(z))


def steps_to_half(slope, z=-10.0, lr=1.0):
    steps = 0
    while z < 0:
        z, steps = z - lr * slope(z), steps + 1
    return steps


# %%
grid = np.linspace(-10, 5, 301)
fig, (left, right) = plots.figure(2)
left.plot(grid, np.logaddexp(0, -grid), label="cross-entropy")
left.plot(grid, (sigmoid(grid) - 1) ** 2, label="squared error")
right.plot(grid, ce_slope(grid))
right.plot(grid, square_slope(grid))
left.set(xlabel="logit $z$", title="loss of a sample with label 1")
left.legend()
right.set(xlabel="logit $z$", title="its slope")
plots.show(
    fig,
    alt="Left: cross-entropy rises in a straight line towards negative logits, squared error flattens at 1. "
    "Right: the slope of cross-entropy tends to -1 there, that of squared error returns to 0.",
)

# %%
chosen = np.array([-10.0, -5.0, -2.0, 0.0, 2.0])
plots.table(
    {
        "z": chosen,
        "p": sigmoid(chosen),
        "slope, CE": ce_slope(chosen),
        "slope, squared": square_slope(chosen),
    }
)

# %% [markdown]
# **Answer.** Cross-entropy takes $11$ steps, squared error $11\,034$. At $z = -10$ the slopes are $-1.0000$ and
# $-0.0001$: squared error learns least from its worst mistakes.
#
# Squared error on the *score*, without a sigmoid, has no such factor and can train classifiers well (Hui & Belkin
# 2021). It is squared error behind a sigmoid or softmax that stalls.

# %%
assert round(sigmoid(-10), 5) == 0.00005
assert (
    steps_to_half(ce_slope) == 11
    and steps_to_half(square_slope) == 11_034
    and sigmoid(0) == 0.5
)
assert f"{ce_slope(-10):.4f}" == "-1.0000" and f"{square_slope(-10):.4f}" == "-0.0001"
assert gradient_check(lambda z: ((sigmoid(z) - 1) ** 2).sum(), square_slope, chosen).ok

# %% [markdown]
# ## Cross-entropy, hinge and 0-1 loss against the margin
#
# Rename the two classes $-1$ and $+1$, and call the class $s$. The **margin** $m = s z$ is positive where the score has
# the right sign, and large where it is right by far. Three losses in terms of it:
#
# $$\text{0-1: } [m \le 0], \qquad \text{hinge: } \max(0,\, 1 - m), \qquad
# \text{cross-entropy: } \log(1 + e^{-m}). \tag{10}$$
#
# The **0-1 loss** counts mistakes, and $1$ minus its mean is the **accuracy**. The other two stand in for it.
#
# **Predict.** A sample has the margin $-1$. Which of the three losses has a slope there? And at a margin of $2$?

# %%
kinds = {  # name -> (loss, slope), each a function of the margin
    "cross-entropy": (lambda m: np.logaddexp(0, -m), lambda m: -sigmoid(-m)),
    "hinge": (lambda m: np.maximum(0, 1 - m), lambda m: np.where(m < 1, -1.0, 0.0)),
    "0-1": (
        lambda m: np.where(m <= 0, 1.0, 0.0),
        lambda m: np.where(m == 0, np.nan, 0.0),
    ),  # a jump has no slope
}
margins = np.linspace(-3, 3, 601)


def draw(here):
    fig, axes = plots.figure(2)
    for (name, functions), colour, marker in zip(
        kinds.items(), plots.COLOURS, plots.MARKERS, strict=False
    ):
        for ax, function in zip(axes, functions, strict=True):
            ax.plot(margins, function(margins), label=name)
            ax.plot(here, function(here), marker, color=colour, markersize=8)
    axes[0].set(xlabel="margin $m$", title=f"loss, points at $m = {here:g}$")
    axes[1].set(xlabel="margin $m$", title="slope", ylim=(-1.1, 0.15))
    axes[0].legend()
    return fig


plots.show(
    draw(-1.0),
    alt="Left: three losses against the margin; cross-entropy bends smoothly, hinge has a kink at 1, 0-1 a jump at 0. "
    "Right: their slopes; cross-entropy's is negative, hinge's is -1 below 1 and 0 above, that of 0-1 is 0.",
)

# %%
chosen = np.array([-2.0, -1.0, 0.5, 1.0, 2.0])
rows = {"margin": chosen}
for name, (loss, slope) in kinds.items():
    rows |= {name: loss(chosen), f"slope, {name}": slope(chosen)}
plots.table(rows)

# %% [markdown]
# **Answer.** At $-1$ cross-entropy has the slope $-0.7311$, hinge $-1$, the 0-1 loss $0$. At $2$ only cross-entropy
# still has one, $-0.1192$.
#
# - The **0-1 loss** is flat, with one jump. Its slope is $0$ where it has one, so descent cannot use it.
# - **Hinge** pushes each sample up to the margin $1$ and then lets it be. At the kink itself any slope from $-1$ to $0$
#   serves as a subgradient; the library takes $0$.
# - **Cross-entropy** pushes every sample, ever more weakly. It gives probabilities; hinge does not.
#
# Neither hinge nor cross-entropy divided by $\log 2$ ever falls below the 0-1 loss, so a small value of either bounds
# the share of mistakes (Bartlett, Jordan & McAuliffe 2006).

# %%
assert round(-sigmoid(1.0), 4) == -0.7311 and round(-sigmoid(-2.0), 4) == -0.1192
assert losses.hinge_grad(np.array([-1.0]), np.array([1])) == -1
assert losses.hinge_grad(np.array([1.0]), np.array([1])) == 0  # at the kink
zero_one = kinds["0-1"][0](margins)
assert np.all(kinds["hinge"][0](margins) >= zero_one)
assert np.all(kinds["cross-entropy"][0](margins) / np.log(2) >= zero_one)
assert np.isclose(
    kinds["hinge"][0](margins).mean(), losses.hinge(margins, np.ones(601))
)
assert np.isclose(
    kinds["cross-entropy"][0](margins).mean(),
    losses.bce_with_logits(margins, np.ones(601)),
)

# %% [markdown]
# Move the slider through the margins. Watch where each slope dies.


# %% tags=["widget"]
def at(margin):
    return draw(margin), f"Losses and slopes with points at a margin of {margin}."


plots.slider(at, margin=[quarter / 4 for quarter in range(-12, 13)])

# %% [markdown]
# ## Large logits
#
# A computer's numbers end. Float64 stores a number in 8 bytes, float32 in 4. In float64 $e^{710}$ is `inf`, in float32
# $e^{89}$ is. So (3) and (4), typed in as they stand, break on large logits.
#
# **Predict.** The label is $1$ and the logit is $-1000$. What is the right price? What do you get from
# `-log(1 / (1 + exp(-z)))`, and what from `-log(p + 1e-12)`?


# %%
def naive(z):
    return -np.log(1 / (1 + np.exp(-z)))


def with_epsilon(z):
    return -np.log(1 / (1 + np.exp(-z)) + z.dtype.type(1e-12))


def stable(z):
    return np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))


chosen, rows = np.array([-10.0, -50.0, -100.0, -1000.0]), {}
with np.errstate(over="ignore", divide="ignore"):  # overflow is what we came to see
    for kind in (np.float32, np.float64):
        for function in (naive, with_epsilon, stable):
            rows[f"{function.__name__}, {kind.__name__}"] = function(
                chosen.astype(kind)
            )
plots.table({"z": chosen, **rows})

# %% [markdown]
# **Answer.** The right price is $1000$. The first formula says `inf`. The second stops at $27.63 = -\log 10^{-12}$, for
# the logit $-50$ as for $-1000$: it reports the same price for bad and for hopeless.
#
# Worse is the slope. That of $-\log(p + \varepsilon)$ is
#
# $$-\frac{p(1 - p)}{p + \varepsilon}, \tag{11}$$
#
# which is about $-p/\varepsilon$ once $p$ is below $\varepsilon$. The true slope is $p - 1$, almost $-1$. At $z = -50$
# the patch keeps $2 \cdot 10^{-10}$ of it, at $z = -1000$ nothing at all. The error is gone, and so is the learning.

# %%
assert rows["naive, float32"][2] == np.inf and rows["naive, float64"][2] == 100
assert (
    rows["naive, float64"][3] == np.inf
    and rows["stable, float64"][3] == rows["stable, float32"][3] == 1000
)
assert np.allclose(
    [*rows["with_epsilon, float64"][1:], -np.log(1e-12)], 27.63, atol=0.005
)
with np.errstate(over="ignore", invalid="ignore"):
    assert np.exp(np.float64(710)) == np.exp(np.float32(89)) == np.inf
    assert np.isnan(
        np.exp(1000.0) / (np.exp(1000.0) + 1)
    )  # the softmax of (1000, 0), typed in as it stands
    p_true = 1 / (1 + np.exp(-np.array([-50.0, -1000.0])))
patched = -p_true * (1 - p_true) / (p_true + 1e-12)
assert np.isclose(patched[0], -2e-10, rtol=0.05) and patched[1] == 0
assert np.isclose(losses.bce_with_logits_grad(np.array([-1000.0]), np.array([1])), -1)

# %%
grid = np.linspace(-120, 20, 561, dtype=np.float32)
with np.errstate(over="ignore", divide="ignore"):
    p = 1 / (1 + np.exp(-grid))
    fig, (left, right) = plots.figure(2)
    left.plot(
        grid,
        naive(grid),
        color=plots.COLOURS[2],
        linestyle="-",
        linewidth=7,
        alpha=0.4,
        label="naive",
    )
    left.plot(grid, stable(grid), color=plots.COLOURS[0], linestyle="-", label="stable")
    left.plot(
        grid,
        with_epsilon(grid),
        color=plots.COLOURS[1],
        linestyle="--",
        label="log(p + 1e-12)",
    )
right.plot(grid, p - 1)
right.plot(grid, -p * (1 - p) / (p + 1e-12))
left.set(xlabel="logit $z$", title="loss for label 1 in float32")
left.legend()
right.set(xlabel="logit $z$", title="slope")
plots.show(
    fig,
    alt="Left: the stable loss is a straight line up to 120; the naive loss follows it and ends at a logit of -88; "
    "the patched one is flat at 27.6 below about -30. Right: the true slope is -1 there, the patched slope 0.",
)

# %%
plots.table({"z": [-50, -1000], "true slope": p_true - 1, "slope with 1e-12": patched})

# %% [markdown]
# ### Take the logarithm apart first
#
# The cure is algebra. Compute the price from the logit and never form $p$. For label $1$ it is
# $-\log\sigma(z) = \log(1 + e^{-z})$. The function $\mathrm{softplus}(t) = \log(1 + e^t)$ overflows for large $t$, so
# there take $e^t$ out of the logarithm: $\log(1 + e^t) = t + \log(e^{-t} + 1)$. Both cases in one:
#
# $$\mathrm{softplus}(t) = \max(t, 0) + \log\big(1 + e^{-|t|}\big). \tag{12}$$
#
# No exponent is positive now. For $k$ classes, take $e^c$ out of the sum, with $c = \max_l z_l$:
#
# $$\log\sum_l e^{z_l} = c + \log\sum_l e^{z_l - c}. \tag{13}$$
#
# The largest exponent is $0$, so the sum lies between $1$ and $k$: no overflow, no $\log 0$. This is **logsumexp**
# (Blanchard, Higham & Higham 2021), and (5) is (13) minus $z_y$. The library and both frameworks do this, given logits.
# Moving to float64 only moves the cliff, from $89$ to $710$.

# %%
hard = np.array(
    [[1000.0, 0.0, -1000.0], [1000.0, 1000.0, 1000.0], [-1000.0, -1000.0, -999.0]]
)
targets = np.array([2, 0, 2])
top = hard.max(axis=1)
price = (
    top + np.log(np.exp(hard - top[:, None]).sum(axis=1)) - hard[np.arange(3), targets]
)
plots.table(
    {
        "logits": [" ".join(f"{v:g}" for v in row) for row in hard],
        "label": targets,
        "price": price,
    }
)
assert price[0] == 2000 and np.isclose(price[1], np.log(3))
assert np.isclose(price.mean(), losses.softmax_ce(hard, targets))
assert np.allclose(
    stable(np.array([-1000.0, 0.0, 1000.0])), np.logaddexp(0, [1000.0, 0.0, -1000.0])
)

# %% [markdown]
# ## The double softmax
#
# A loss that takes logits applies the softmax itself. If the model has already applied one, the loss softmaxes
# probabilities. Nothing crashes, and the loss even falls. Put the model's output $p$ into (5) for the logits:
#
# $$\ell = \log\sum_l e^{p_l} - p_y = \log\Big(1 + \sum_{l \ne y} e^{p_l - p_y}\Big). \tag{14}$$
#
# Each $p_l - p_y$ is at least $-1$, because $p_l \ge 0$ and $p_y \le 1$. A perfect forecast reaches $-1$ in all $k - 1$
# terms. So the loss has a **floor**:
#
# $$\ell \ge \log\Big(1 + \frac{k - 1}{e}\Big). \tag{15}$$
#
# **Predict.** For ten classes, what does a perfect model's loss read? What does a model read that is certain and wrong?


# %%
def plain(z, y):
    return losses.softmax_ce(z, y), losses.softmax_ce_grad(z, y)


def double(z, y):
    p = softmax(z)
    g = losses.softmax_ce_grad(p, y)
    return losses.softmax_ce(p, y), p * (
        g - (p * g).sum(axis=1, keepdims=True)
    )  # the Jacobian (7) times g


assert gradient_check(
    lambda z: double(z, classes)[0], lambda z: double(z, classes)[1], logits
).ok


# %%
def descend(head, steps=10_000, lr=1.0):
    z, record = np.zeros((1, 10)), []
    for _ in range(steps):
        loss, gradient = head(z, np.array([3]))
        z -= lr * gradient
        record.append(loss)
    return record


floor = np.log(1 + 9 / np.e)
alone = {"softmax once": descend(plain), "softmax twice": descend(double)}
fig = plots.curves(
    alone, x=np.arange(1, 10_001), title="descent on the ten logits of one sample"
)
fig.axes[0].axhline(floor, color="0.4", linestyle=":", linewidth=1)
fig.axes[0].set(xscale="log")
plots.show(
    fig,
    alt="Loss against the step on a logarithmic axis. With one softmax it falls from 2.30 to 0; with two it falls "
    "later and levels off on the dotted floor at 1.46.",
)

# %%
shown = [1, 10, 100, 1000, 10_000]
plots.table(
    {
        "step": shown,
        **{name: [record[t - 1] for t in shown] for name, record in alone.items()},
    }
)

# %% [markdown]
# **Answer.** A perfect model reads $\log(1 + 9/e) = 1.4612$, and descent ends there. A certain and wrong one reads
# $\log(e + 9) = 2.4612$. All forecasts, from perfect to hopeless, lie within $1$ of each other. Equal logits cost
# $\log 10 = 2.3026$ either way, so the first loss of a run does not give the mistake away. The floor does.
#
# The gradient passes through the Jacobian (7), which vanishes when $p$ is nearly one-hot, right or wrong. That is the
# factor $p(1 - p)$ once more.

# %%
assert round(floor, 4) == 1.4612 and floor < alone["softmax twice"][-1] < floor + 1e-3
certain = 1000 * np.eye(10)[[3, 5]]  # right, then wrong: the truth is 3
assert np.isclose(double(certain[:1], np.array([3]))[0], floor)
assert round(double(certain[1:], np.array([3]))[0], 4) == 2.4612
assert (
    round(alone["softmax once"][0], 4) == round(alone["softmax twice"][0], 4) == 2.3026
)
wrong_once, wrong_twice = (
    head(certain[1:], np.array([3]))[1] for head in (plain, double)
)
assert np.abs(wrong_once).max() == 1 and np.abs(wrong_twice).max() == 0
mixed = rng.dirichlet(np.ones(10), 1000)  # any other forecasts lie between the two
assert np.all(
    np.abs(np.log(np.exp(mixed).sum(axis=1)) - mixed[:, 3] - floor - 0.5) < 0.5
)

# %% [markdown]
# ### What it does to training
#
# Scikit-learn brings 1797 pictures of handwritten digits, 8 by 8 pixels. The model is linear: ten logits $z = xW + b$,
# trained from zero by 200 steps of gradient descent on 70 % of them and tested on the rest. A slower loss might just
# need another rate, so both get the same six rates, on three random splits.
#
# **Predict.** The softmax keeps the order of the logits. Does a second one cost accuracy at every learning rate?

# %%
from sklearn.datasets import load_digits

from gdcourse.datasets import Dataset, split
from gdcourse.optimizers.numpy import GD
from gdcourse.training.numpy import train

raw = load_digits()
digits = Dataset(raw.data / 16, raw.target, tuple(raw.feature_names), "digit")


def fit(head, data, lr):
    def loss_and_grad(params, X, y):
        loss, g = head(X @ params[0] + params[1], y)
        return loss, [X.T @ g, g.sum(axis=0)]

    params = [np.zeros((64, 10)), np.zeros(10)]
    history = train(loss_and_grad, params, data.X, data.y, GD(lr), epochs=200)
    return params, history.losses[-1]


def accuracy(params, data):
    return np.mean((data.X @ params[0] + params[1]).argmax(axis=1) == data.y)


# %%
rates = [0.1, 0.3, 1, 3, 10, 30]
parts = [split(digits, seed=seed) for seed in range(3)]
tested, final = {}, {}
for name, head in {"once": plain, "twice": double}.items():
    runs = [[(fit(head, learn, rate), test) for learn, test in parts] for rate in rates]
    tested[name] = np.array(
        [[accuracy(params, test) for (params, _), test in row] for row in runs]
    )
    final[name] = np.array([np.mean([loss for (_, loss), _ in row]) for row in runs])

fig, ax = plots.figure(width=6)
for (name, results), marker in zip(tested.items(), plots.MARKERS, strict=False):
    middle = results.mean(axis=1)
    spread = [middle - results.min(axis=1), results.max(axis=1) - middle]
    ax.errorbar(
        rates, middle, yerr=spread, marker=marker, capsize=3, label=f"softmax {name}"
    )
ax.set(
    xscale="log",
    xlabel="learning rate",
    ylabel="test accuracy",
    ylim=(0, 1.03),
    title="digits, three splits",
)
ax.legend()
plots.show(
    fig,
    alt="Test accuracy against the learning rate. With one softmax it stays above 0.9 at all six rates. With two it "
    "rises from 0.54 at rate 0.1 to 0.97 at rate 10, where it meets the other curve, and falls to 0.70 at rate 30.",
)

# %%
best = {name: results.mean(axis=1) for name, results in tested.items()}
columns = {f"accuracy, {name}": best[name] for name in best} | {
    f"loss, {name}": final[name] for name in final
}
plots.table({"rate": rates, **columns}, digits=3)

# %% [markdown]
# **Answer.** At five rates of six it does: $0.85$ against $0.96$ at rate $1$, $0.70$ against $0.96$ at rate $30$.
# There, two to four of the ten digits are never answered: their $p_j$ is near $0$, and (7) has $p_j$ as a factor, so
# nothing pulls them back. At rate $10$ the two tie at $0.97$: tuning can hide a double softmax. The loss cannot. At
# rate $10$ it reads $1.51$ where the right one reads $0.05$.

# %%
assert len(raw.target) == 1797 and all(best["once"] > 0.9)
assert [round(best[name][2], 2) for name in best] == [0.96, 0.85]
assert [round(best[name][4], 2) for name in best] == [0.97, 0.97]
assert [round(best[name][5], 2) for name in best] == [0.96, 0.70]
assert [round(final[name][4], 2) for name in final] == [0.05, 1.51]
assert np.all(final["twice"] > floor)
assert list(np.round(best["twice"], 2) < np.round(best["once"], 2)) == [True] * 4 + [
    False,
    True,
]
for ((W, b), _), test in runs[5]:  # softmax twice, at rate 30
    p = softmax(test.X @ W + b)
    missing = ~np.isin(test.y, p.argmax(axis=1))
    assert (
        len(set(test.y[missing])) in (2, 3, 4)
        and np.median(p[missing, test.y[missing]]) < 1e-4
    )

# %% [markdown]
# ### What the frameworks say
#
# PyTorch says nothing. Keras 3 on TensorFlow is subtler: a softmax *layer* stores its logits on the output tensor, in a
# hidden attribute. A loss with `from_logits=True` finds them, warns, and uses them. A copy of that tensor has lost
# the attribute, and `tf.nn.softmax` never sets it. Then the double softmax is back, without a word.

# %% tags=["torch"]
import gdcourse.losses.torch as torch_losses  # says what to install if PyTorch is missing
import torch
import warnings

z = torch.tensor(logits)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    twice = torch.nn.functional.cross_entropy(
        torch.softmax(z, dim=1), torch.tensor(classes)
    ).item()
assert abs(twice - double(logits, classes)[0]) < 1e-12 and not caught

# %% tags=["tensorflow"]
import gdcourse.losses.tensorflow as tf_losses  # says what to install if TensorFlow is missing
import tensorflow as tf
import warnings

(weights, bias), _ = fit(plain, parts[0][0], 1)
test = parts[0][1]
layer = tf.keras.layers.Dense(10, activation="softmax")
layer.build((None, 64))
layer.set_weights([weights, bias])
linear = tf.constant(test.X @ weights + bias, dtype=tf.float32)
outputs = {"logits": linear, "Dense(10, softmax)": layer(test.X)}
outputs |= {
    "a copy of it": tf.identity(layer(test.X)),
    "tf.nn.softmax": tf.nn.softmax(linear),
}

read = {}
for name, output in outputs.items():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
            test.y, output
        )
    read[name] = float(value), len(caught)
plots.table(
    {
        "output": list(read),
        "loss": [v for v, _ in read.values()],
        "warnings": [n for _, n in read.values()],
    }
)

once, twice = (head(test.X @ weights + bias, test.y)[0] for head in (plain, double))
assert np.allclose(
    [value for value, _ in read.values()], [once, once, twice, twice], rtol=1e-4
)
assert [number for _, number in read.values()] == [0, 1, 0, 0]
assert hasattr(outputs["Dense(10, softmax)"], "_keras_logits") and not hasattr(
    outputs["a copy of it"], "_keras_logits"
)

# %% [markdown]
# ## Which loss for which task
#
# | you predict | the model's output | loss | PyTorch | Keras |
# | :--- | :--- | :--- | :--- | :--- |
# | a number | one number | squared error | `MSELoss` | `MeanSquaredError` |
# | one of two classes | one logit | (2) | `BCEWithLogitsLoss` | `BinaryCrossentropy` |
# | one of $k$ classes | $k$ logits | (5) | `CrossEntropyLoss` | `SparseCategoricalCrossentropy` |
# | any of $k$ tags (multi-label) | $k$ logits | (2) for each tag | `BCEWithLogitsLoss` | `BinaryCrossentropy` |
# | a side, no probability | one score | hinge | none | `Hinge` |
#
# The Keras cross-entropies need `from_logits=True`. Then no model ends in a sigmoid or softmax: apply them only
# where you want to read probabilities.
#
# ### A label outside the set
#
# A published tutorial's code classifies the digits $0$ to $9$ with *one* sigmoid output and binary cross-entropy on
# these labels. Nothing in (2) stops you from putting $y = 9$ into it.
#
# **Predict.** What sign has the loss for $y = 9$ and $p = 0.9999999$? Where does descent on the logit end?


# %%
def unguarded(p, y):
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


at_double, at_single = unguarded(0.9999999, 9), unguarded(np.float32(0.9999999), 9)

z, path, losses_seen = 0.0, [], []
while len(path) < 101:
    path.append(z)
    losses_seen.append(
        np.logaddexp(0, z) - 9 * z
    )  # (2) from the logit, as the frameworks compute it
    z -= 0.1 * (sigmoid(z) - 9)
fig = plots.curves(
    {"label 9": losses_seen}, title="binary cross-entropy on the label 9", width=5
)
plots.show(
    fig,
    alt="The loss falls in an almost straight line from 0.7 at step 0 to -641 at step 100. It has no floor.",
)

# %%
shown = [0, 1, 2, 10, 100]
taken = np.array(path)[shown]
plots.table(
    {
        "step": shown,
        "logit": taken,
        "p": sigmoid(taken),
        "loss": np.array(losses_seen)[shown],
    }
)

# %% [markdown]
# **Answer.** The loss is $-128.94$; in float32 it is $-127.54$, because there $1 - p$ rounds to $1.19 \cdot 10^{-7}$.
# The factor $1 - y$ is $-8$, so the second term of (2) rewards $p \to 1$ without limit. By (6) the slope is $p - 9$,
# never above $-8$: descent never ends. After $100$ steps the loss is $-640.88$. On all the digits together it is no
# better: their mean label is $4.49$, so the mean slope stays negative. And one $p$ cannot name ten classes.
#
# A loss below zero, where every term should be a price, is the sign of a label outside its set. The library refuses it:

# %%
assert round(at_double, 2) == -128.94 and f"{at_single:.2f}" == "-127.54"
assert np.isclose(1 - np.float32(0.9999999), 1.19e-7, rtol=0.01)
assert round(losses_seen[100], 2) == -640.88 and np.all(np.diff(path) > 0.799)
assert round(raw.target.mean(), 2) == 4.49

try:
    losses.bce(np.array([0.9999999]), np.array([9]))
    raise AssertionError("a label 9 was accepted")
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
# The frameworks do not, once they are given logits, nor does Keras given a probability:

# %% tags=["torch"]
import gdcourse.losses.torch as torch_losses  # says what to install if PyTorch is missing
import torch

nine = torch.tensor([9.0])
assert (
    torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor([16.0]), nine
    ).item()
    == -128
)

# %% tags=["tensorflow"]
import gdcourse.losses.tensorflow as tf_losses  # says what to install if TensorFlow is missing
import tensorflow as tf

nine = tf.constant([9.0])
assert (
    f"{float(tf.keras.losses.binary_crossentropy(nine, tf.constant([0.9999999]))):.2f}"
    == "-127.54"
)
assert (
    float(
        tf.keras.losses.binary_crossentropy(nine, tf.constant([16.0]), from_logits=True)
    )
    == -128
)

# %% [markdown]
# ## Summary
#
# - Cross-entropy is the mean of $-\log$ of the probability given to the truth: the likelihood, ready for descent.
# - Its gradient with respect to the logits is $p - y$. It is largest where the model is most wrong.
# - Squared error behind a sigmoid, the 0-1 loss, a patched logarithm and a second softmax all lose that gradient.
# - Compute losses from logits, by (12) and (13). Ten classes with a loss that stops at $1.4612$: look for two
#   softmaxes.
# - Choose the loss by what a label may be, and check that the labels are in that set.
#
# ## Common mistakes
#
# - **Exponentiating raw logits.** `exp(1000)` is `inf`, and `inf / inf` is NaN.
# - **`log(p + 1e-12)`.** The loss stops at $27.63$ and the gradient at $0$.
# - **Softmax, then a loss that takes logits.** Or the reverse: logits given to a loss that expects probabilities.
# - **Labels outside the set.** $9$ in binary cross-entropy, $0$ in the hinge loss, $k$ among classes $0$ to $k - 1$.
# - **Sum for mean.** The gradient, and with it the step, is $n$ times as long.
# - **$y - p$ for $p - y$.** Descent then climbs. A gradient check finds it.
# - **Naming one loss and coding another.** Report the loss that you descend.
#
# ## References
#
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning*. Springer. Sections 4.3.2 and 4.3.4.
# - L. Hui, M. Belkin (2021). Evaluation of neural architectures trained with square loss vs cross-entropy in
#   classification tasks. *ICLR 2021*. arXiv:2006.07322
# - P. L. Bartlett, M. I. Jordan, J. D. McAuliffe (2006). Convexity, classification, and risk bounds. *Journal of the
#   American Statistical Association* 101(473), 138–156. doi:10.1198/016214505000000907
# - P. Blanchard, D. J. Higham, N. J. Higham (2021). Accurately computing the log-sum-exp and softmax functions. *IMA
#   Journal of Numerical Analysis* 41(4), 2311–2330. doi:10.1093/imanum/draa038
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
