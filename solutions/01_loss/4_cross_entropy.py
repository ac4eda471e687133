# %% [markdown]
# # Cross-entropy: a price on surprise
#
# {{about}}
#
# **After this lesson you can**
#
# - judge forecasts by hand, with a product and with a sum,
# - derive cross-entropy from the likelihood,
# - derive its gradient for a score, $p - y$, and say which factor cancels,
# - show where squared error on a probability hardly learns,
# - say what entropy and KL divergence measure, and which loss no constant forecast gets below.
#
# **You need** the logarithm and the derivatives of $\log x$ and $e^x$; from lesson 1, "error times input". Here
# $\log$ is always the natural logarithm.

# %% [markdown]
# ## Three forecasters
#
# On three days it rains, stays dry, and rains: the **labels** are $y = 1, 0, 1$. Before each day three people said with
# which probability it would rain.
#
# | | day 1: rain | day 2: dry | day 3: rain |
# | :--- | ---: | ---: | ---: |
# | Anna | 0.9 | 0.2 | 0.6 |
# | Ben | 0.5 | 0.5 | 0.5 |
# | Cleo | 0.99 | 0.01 | 0.02 |
#
# Anna gave what happened the probabilities $0.9$, then $1 - 0.2 = 0.8$, then $0.6$. If days are independent, she gave
# the three days together the product, $0.432$. That is the [[likelihood]] of her forecasts.
#
# **Predict.** Which are the likelihoods of Ben and Cleo? Who is worst?

# %%
import numpy as np

y = np.array([1, 0, 1])
forecasts = {
    "Anna": np.array([0.9, 0.2, 0.6]),
    "Ben": np.array([0.5, 0.5, 0.5]),
    "Cleo": np.array([0.99, 0.01, 0.02]),
}
for name, p in forecasts.items():
    given_to_truth = np.where(y == 1, p, 1 - p)
    print(f"{name:5} {given_to_truth}  product {np.prod(given_to_truth):.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Ben: $0.5^3 = 0.125$. Cleo: $0.99 \cdot 0.99 \cdot 0.02 = 0.0196$. She is nearly perfect on two days, and worse than a
# coin on all three together: one bold mistake spoils the product.
#
# </details>

# %% [markdown]
# ## From a product to a price
#
# A product of many probabilities is awkward: over 1100 days of Ben's it is too small for a computer, and prints as
# $0$. Its logarithm is a sum, and as logarithms of probabilities are negative, change the sign. Then each day has a
# **price**, minus the logarithm of the probability that was given to what happened:
#
# $$\ell = -\log p \;\text{ if } y = 1, \qquad \ell = -\log(1 - p) \;\text{ if } y = 0. \tag{1}$$
#
# In one line, as each term is there for one label only, and averaged over $n$ samples:
#
# $$J = -\frac1n \sum_{i=1}^n \bigl[\, y_i \log p_i + (1 - y_i) \log(1 - p_i) \,\bigr]. \tag{2}$$
#
# This loss is [[cross-entropy]]. It is smallest where the likelihood is largest. A certainty that comes true costs
# nothing; a coin flip costs $\log 2 = 0.693$; a mistake costs the more, the surer you were, without an upper limit.

# %%
for name, p in forecasts.items():
    price = -np.log(np.where(y == 1, p, 1 - p))
    print(f"{name:5} prices {np.round(price, 3)}  mean {np.mean(price):.3f}")

# %% tags=["draw"]
# The price of a probability, with the nine forecasts on it
from gdcourse import plots

fig, ax = plots.figure(width=6, height=3.4)
grid = np.linspace(0.008, 1, 300)
ax.plot(grid, -np.log(grid), color="0.5", linestyle="-")
for (name, p), marker, colour in zip(
    forecasts.items(), "os^", plots.COLOURS, strict=False
):
    given = np.where(y == 1, p, 1 - p)
    ax.plot(given, -np.log(given), marker, color=colour, markersize=8, label=name)
ax.set(xlabel="probability given to what happened", ylabel="price", title="surprise")
ax.legend()
plots.show(
    fig,
    alt="The price falls from almost 5 near probability 0 to 0 at 1, steeply at first. "
    "Anna's three marks lie below 0.6, Ben's at 0.69, Cleo's near 0, but one at 3.9.",
)

# %% tags=["check"]
# Likelihoods and prices
assert list(forecasts["Cleo"]) == [0.99, 0.01, 0.02]
assert np.isclose(np.prod([0.9, 0.8, 0.6]), 0.432) and 0.5**3 == 0.125
assert round(0.99 * 0.99 * 0.02, 4) == 0.0196 and 0.5**1100 == 0
prices = {n: -np.log(np.where(y == 1, p, 1 - p)) for n, p in forecasts.items()}
for name, p in forecasts.items():
    formula = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    assert np.isclose(formula, prices[name].mean())
assert round(np.log(2), 3) == 0.693 and prices["Anna"].max() < 0.6
assert round(prices["Cleo"].max(), 1) == 3.9 and np.sort(prices["Cleo"])[1] < 0.02
assert round(np.log(2), 2) == 0.69 and 4.5 < -np.log(0.008) < 5
print("checked: the product decides as the mean price does")

# %% [markdown]
# ## From a score to a probability
#
# A model computes a **score** first, any real number, such as $z = w x + b$. The [[sigmoid]] turns it into a
# probability:
#
# $$p = \frac{1}{1 + e^{-z}}, \qquad\text{so}\qquad \frac{p}{1 - p} = e^z. \tag{3}$$
#
# The quotient on the right is called the odds. A score of $0$ means even odds, and each unit more multiplies the odds
# by $e = 2.718$. As $z$ is the logarithm of the odds, it is called the [[logit]].
#
# The slope of the sigmoid, which the chain rule will need: from $p = (1 + e^{-z})^{-1}$,
#
# $$\frac{dp}{dz} = \frac{e^{-z}}{(1 + e^{-z})^2} = \frac{1}{1 + e^{-z}} \cdot \frac{e^{-z}}{1 + e^{-z}} = p\,(1 - p). \tag{4}$$
#
# ## The gradient is p − y
#
# A model says $p = 0.8$. If it rains, the price $-\log p$ has the slope $-1/0.8 = -1.25$ in $p$, and $p$ has the slope
# $0.8 \cdot 0.2 = 0.16$ in $z$. Together: $-1.25 \cdot 0.16 = -0.2$.
#
# **Predict.** It stays dry instead. Which slope has the price in $z$ now? Do both results look like $p$ and $y$?


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def price(z, y):
    return -np.log(sigmoid(z)) if y == 1 else -np.log(1 - sigmoid(z))


z, h = np.log(0.8 / 0.2), 1e-6
for label in (1, 0):
    slope = (price(z + h, label) - price(z - h, label)) / (2 * h)
    print(f"label {label}: slope {slope:.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The price is $-\log(1 - p)$ with the slope $1/(1 - 0.8) = 5$ in $p$. Times $0.16$ that is $0.8$. So the slopes are
# $0.8 - 1$ and $0.8 - 0$: both are $p - y$.
#
# </details>

# %% [markdown]
# In general, differentiate (1) in one formula and multiply by (4):
#
# $$\frac{d\ell}{dp} = -\frac{y}{p} + \frac{1 - y}{1 - p} = \frac{p - y}{p\,(1 - p)}, \qquad
# \frac{d\ell}{dz} = \frac{p - y}{p\,(1 - p)} \cdot p\,(1 - p) = p - y. \tag{5}$$
#
# The factor $p(1 - p)$ cancels. With $z = w x + b$ it remains to multiply by $\partial z/\partial w = x$: the
# gradient is $(p - y)\,x$. That is "error times input" again, though $p$ is not linear in $w$. Lesson 1 had a missing
# factor there, the slope of the prediction. Here the slope of this loss takes it out.
#
# ## Why not squared error?
#
# With half the square, $\frac12 (p - y)^2$, nothing cancels, and the factor stays:
#
# $$\frac{d}{dz}\, \tfrac12 (p - y)^2 = (p - y)\, p\,(1 - p). \tag{6}$$
#
# **Predict.** The label is $1$ and $z = -10$, so $p$ is about $0.00005$: sure and wrong. Descend at the rate $1$ until
# $p \ge 0.5$. Which of the two losses gets there first? By how much?

# %%
slopes = {
    "cross-entropy": lambda p: p - 1,
    "squared error": lambda p: (p - 1) * p * (1 - p),
}
for name, slope in slopes.items():
    z, steps = -10.0, 0
    while z < 0:
        z = z - slope(sigmoid(z))
        steps = steps + 1
    print(f"{name}: first slope {slope(sigmoid(-10)):.5f}, steps {steps}")

# %% tags=["draw"]
# The two losses of a sample with label 1, and their slopes
grid = np.linspace(-10, 5, 301)
p = sigmoid(grid)
fig, (left, right) = plots.figure(2, width=8.5)
left.plot(grid, -np.log(p), label="cross-entropy")
left.plot(grid, (p - 1) ** 2 / 2, label="half the square")
right.plot(grid, p - 1)
right.plot(grid, (p - 1) * p * (1 - p))
left.set(xlabel="score $z$", title="loss of a sample with label 1")
right.set(xlabel="score $z$", title="its slope")
left.legend()
plots.show(
    fig,
    alt="Left: towards negative scores cross-entropy rises in a straight line to 10, half "
    "the square flattens at 0.5. Right: there the slope of cross-entropy tends to -1, the "
    "other's to 0.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Cross-entropy takes $11$ steps, squared error $22\,063$. Its first slope is $-0.00005$: it learns least from its worst
# mistake.
#
# </details>

# %% tags=["check"]
# Slopes by hand and by difference quotient, and the two races
from gdcourse.gradients import central_difference


def steps_to_half(slope):
    z, steps = -10.0, 0
    while z < 0:
        z, steps = z - slope(sigmoid(z)), steps + 1
    return steps


assert round(np.e, 3) == 2.718 and np.isclose(sigmoid(np.log(4)), 0.8)
assert np.isclose(-1 / 0.8 * 0.8 * 0.2, -0.2) and np.isclose(1 / (1 - 0.8) * 0.16, 0.8)
assert 1 / 0.8 == 1.25 and np.isclose(0.8 * 0.2, 0.16)
for score in (-3.0, 0.0, 1.4):
    for label in (0, 1):
        p = sigmoid(score)
        by_steps = central_difference(
            lambda v, y=label: price(v[0], y), np.array([score])
        )
        assert np.isclose(by_steps[0], p - label, atol=1e-8)
        half = central_difference(
            lambda v, y=label: (sigmoid(v[0]) - y) ** 2 / 2, np.array([score])
        )
        assert np.isclose(half[0], (p - label) * p * (1 - p), atol=1e-8)
assert round(sigmoid(-10), 5) == 0.00005
assert [steps_to_half(s) for s in slopes.values()] == [11, 22063]
assert f"{slopes['squared error'](sigmoid(-10)):.5f}" == "-0.00005"
assert np.isclose(-np.log(sigmoid(-10.0)), 10, atol=1e-3)
print("checked: p - y by difference quotients, and 11 steps against 22063")

# %% [markdown]
# ## Where the name comes from
#
# In a valley it rains on three of four days, in no order that anyone knows. You must say the same $p$ every day. Over
# the years a share $q = 0.75$ of your days costs $-\log p$, and the rest costs $-\log(1 - p)$. Your mean price is
#
# $$\operatorname{cross-entropy}(q, p) = -q \log p - (1 - q) \log(1 - p). \tag{7}$$
#
# **Predict.** Which $p$ is cheapest: $0.5$, $0.75$, $0.9$ or $1$?


# %%
def mean_price(q, p):
    return -q * np.log(p) - (1 - q) * np.log(1 - p)


for p in (0.5, 0.75, 0.9, 0.99):
    print(f"say {p}: {mean_price(0.75, p):.4f}")

# %% tags=["draw"]
# The mean price against what is said, for one true share


def valley(q):
    fig, ax = plots.figure(width=6, height=3.4)
    said = np.linspace(0.02, 0.98, 400)
    ax.plot(said, mean_price(q, said), label="cross-entropy")
    floor = mean_price(q, q)
    ax.axhline(floor, color="0.4", linestyle=":", label="entropy")
    ax.plot(q, floor, "o", color="black")
    at = 0.25 if q >= 0.5 else 0.75
    style = {"arrowstyle": "<->", "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (at, mean_price(q, at)), (at, floor), arrowprops=style)
    ax.text(at - 0.015, (floor + mean_price(q, at)) / 2, "KL", ha="right", va="center")
    ax.set(xlabel="what you say, $p$", ylabel="mean price", ylim=(0, 2.5))
    ax.set_title(f"it rains on {q:g} of all days: entropy {floor:.3f}")
    ax.legend(loc="upper center")
    return fig


plots.show(
    valley(0.75),
    alt="The mean price as a curve over p with its lowest point at p = 0.75, on the dotted "
    "line of the entropy at 0.562. At p = 0.25 an arrow marks the distance of 0.549, the KL.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The honest one, $0.75$, at $0.5623$. Saying $0.5$ costs $0.6931$, and $0.9$ costs $0.6547$. Saying $1$ costs
# infinitely much on the first dry day.
#
# </details>

# %% [markdown]
# Check with (5): the derivative of (7) is $(p - q)/(p(1 - p))$. It is negative below $q$ and positive above, so $p =
# q$ is the one minimum. Three quantities share the picture:
#
# - the lowest price, $-q\log q - (1 - q)\log(1 - q)$, is the [[entropy]]: what the weather itself costs you,
# - what you pay is the cross-entropy of $q$ and $p$,
# - the difference is the [[KL divergence]]: what your wrong belief costs. It is $0$ at $p = q$, and else positive.
#
# So descent on cross-entropy pulls a forecast towards the true share, where days look alike, and not towards $0$ or
# $1$. And the loss has a floor above $0$: whoever ignores the day's features cannot get below the entropy on average.
# That is the mark that a model must beat.
#
# Move the slider. Which valley is hardest to forecast? (It needs a running kernel.)


# %% tags=["widget", "draw"]
# A slider over the true share
def at(q):
    return valley(q), f"The mean price over p where it rains on {q} of all days."


plots.slider(at, q=[0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95])

# %% tags=["check"]
# Entropy, cross-entropy and their distance
said = {p: round(mean_price(0.75, p), 4) for p in (0.5, 0.75, 0.9)}
assert said == {0.5: 0.6931, 0.75: 0.5623, 0.9: 0.6547}
assert round(mean_price(0.75, 0.75), 3) == 0.562
assert round(mean_price(0.75, 0.25) - mean_price(0.75, 0.75), 3) == 0.549
grid = np.linspace(0.001, 0.999, 999)
for q in (0.1, 0.5, 0.75):
    assert np.isclose(grid[mean_price(q, grid).argmin()], q)
assert np.argmax(mean_price(grid, grid)) == 499 and grid[499] == 0.5
print("checked: the honest forecast is the cheapest")

# %% [markdown]
# ## In three frameworks
#
# Both have (2) from scores built in, and differentiate it. Take Anna's three scores.

# %%
z = np.log(forecasts["Anna"] / (1 - forecasts["Anna"]))
print("NumPy by hand:", np.round((sigmoid(z) - y) / 3, 4))

# %% tags=["torch"]
import torch

z_t = torch.tensor(z, requires_grad=True)
y_t = torch.tensor(y, dtype=torch.float64)
loss_t = torch.nn.functional.binary_cross_entropy_with_logits(z_t, y_t)
loss_t.backward()
print("PyTorch:", np.round(z_t.grad.numpy(), 4))

# %% tags=["tensorflow"]
import tensorflow as tf

z_k = tf.Variable(z)
bce = tf.keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")
with tf.GradientTape() as tape:
    loss_k = bce(y, z_k)
grad_k = tape.gradient(loss_k, z_k)
print("TensorFlow:", np.round(grad_k.numpy(), 4))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
by_hand = prices["Anna"].mean(), (sigmoid(z) - y) / 3
assert np.isclose(loss_t.item(), by_hand[0], rtol=1e-12)
assert np.isclose(float(loss_k), by_hand[0], rtol=1e-12)
assert np.allclose(z_t.grad, by_hand[1], rtol=0, atol=1e-12)
assert np.allclose(grad_k, by_hand[1], rtol=0, atol=1e-12)
print("checked: loss and gradient agree in all three")

# %% [markdown]
# ## Summary
#
# - Cross-entropy is the mean of $-\log$ of the probability given to the truth: the likelihood, ready for descent.
# - Its slope in the score is $p - y$. Squared error keeps a factor $p(1 - p)$, and hardly learns where it is sure and
#   wrong.
# - Cross-entropy is entropy plus KL divergence: what the world costs, and what a wrong belief costs on top.
#
# ## Common mistakes
#
# - **$p(1 - p)$ once more.** $p - y$ is the slope in the score already. {{exercise:logreg_loss_grad}} tests it.
# - **$y - p$.** Descent then climbs.
# - **Aiming at a loss of 0.** Where the outcome is uncertain the floor is the entropy.
#
# ## Quick questions
#
# 1. A forecaster always says $0.5$. What is the mean price, if it rains every day? If it rains on half of the days?
#
#    <details><summary><b>Answer</b></summary>
#
#    $\log 2$ both times. The price of a coin flip does not depend on what happens.
#
#    </details>
# 2. The slope in the score is $-0.9$. What are label and probability?
#
#    <details><summary><b>Answer</b></summary>
#
#    $p - y = -0.9$ is negative, so $y = 1$ and $p = 0.1$.
#
#    </details>
# 3. Half of all mails are spam, and a filter has the loss $0.75$. What do you make of it?
#
#    <details><summary><b>Answer</b></summary>
#
#    It is worse than saying $0.5$ to every mail, which costs $0.693$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** There are $K$ kinds of weather with the true shares $q_k$, and you say $p_k$. Show that
# $\operatorname{KL} = \sum_k q_k \log(q_k/p_k)$ is not negative. Use that $\log a \le a - 1$ for each $a > 0$.
#
# <details><summary><b>Outline</b></summary>
#
# $-\operatorname{KL} = \sum_k q_k \log(p_k/q_k) \le \sum_k q_k (p_k/q_k - 1) = \sum_k p_k - \sum_k q_k = 1 - 1 = 0$.
# There is equality only where each quotient is $1$, since the tangent $a - 1$ meets $\log a$ at $a = 1$ alone.
#
# </details>
#
# **Try.** In the race from $z = -10$, let squared error have a larger rate. Find one with which it needs at most 11
# steps. What does that rate do to a sample with label $0$ that stands at $z = 0$?
#
# <details><summary><b>Outline</b></summary>
#
# With a rate of $3000$ it takes $10$ steps. At $z = 0$ the slope is $0.5 \cdot 0.25 = 0.125$, so that sample is
# thrown to $-375$, where its slope is $0$ to every digit. On that side it is right; next time it may not be.
#
# </details>

# %% tags=["check"]
# The numbers of the open question
assert steps_to_half(lambda p: 3000 * slopes["squared error"](p)) == 10
assert 0.5 * 0.25 == 0.125 and -3000 * 0.125 == -375
assert np.isclose(0.1 - 1, -0.9) and 0.75 > np.log(2)
print("checked: a rate of 3000, and what it does elsewhere")

# %% [markdown]
# ## References
#
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning*. Springer. Sections 1.6 and 4.3.2.
# - C. E. Shannon (1948). A mathematical theory of communication. *Bell System Technical Journal* 27, 379–423 and
#   623–656. doi:10.1002/j.1538-7305.1948.tb01338.x
# - S. Kullback, R. A. Leibler (1951). On information and sufficiency. *Annals of Mathematical Statistics* 22(1), 79–86.
#   doi:10.1214/aoms/1177729694
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
