# %% [markdown]
# # Which loss? Look at how it pulls
#
# {{about}}
#
# **After this lesson you can**
#
# - compute four losses of one sample from its margin,
# - say why nobody descends on the number of mistakes,
# - show a point that is right and harms the model all the same,
# - see what happens when the labels do not fit the loss,
# - choose a loss for a task, and find it in PyTorch and Keras.
#
# **You need** squared error and cross-entropy (lessons 1 and 4), and the slope $p - y$.

# %% [markdown]
# ## One sample, four prices
#
# For two classes, rename the labels $-1$ and $+1$. A model answers with a score $z$: positive means "I say $+1$". The
# product $y z$ is called the [[margin]]. It is positive where the answer is right, and large where it is right by far.
# Each of these losses needs the margin alone:
#
# | loss | formula | asks |
# | :--- | :--- | :--- |
# | [[0-1 loss]] | $1$ if $yz \le 0$, else $0$ | is it wrong? |
# | [[hinge loss]] | $\max(0,\ 1 - yz)$ | is it right by at least $1$? |
# | cross-entropy | $\log(1 + e^{-yz})$ | which probability did the truth get? |
# | half the square | $\frac12 (1 - yz)^2$ | is the score exactly $y$? |
#
# The third is $-\log$ of the sigmoid of $yz$, the price of lesson 4. The fourth is $\frac12 (z - y)^2$, since $y^2 =
# 1$.
#
# **Predict.** Three samples have the margins $-2$, $0.5$ and $12$. Which of the four losses would like to change the
# sample with $12$, which is right by far? In which direction?

# %%
import numpy as np

margin = np.array([-2, 0.5, 12])
print("margins      ", margin)
print("0-1          ", np.where(margin <= 0, 1.0, 0.0))
print("hinge        ", np.maximum(0, 1 - margin))
print("cross-entropy", np.round(np.logaddexp(0, -margin), 6))
print("half square  ", (1 - margin) ** 2 / 2)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Squared error, and how: a price of $60.5$, more than for the sample that is *wrong*. It wants the score *down*, to
# $1$. Cross-entropy would like the margin a little larger still, for a price of $0.000006$. Hinge and 0-1 are
# content.
#
# </details>

# %% [markdown]
# `np.logaddexp(0, a)` is $\log(e^0 + e^a)$ without overflow.
#
# ## The slope is the pull
#
# Descent feels no loss, only its slope. Here are both. (`CURVES` in the folded cell holds them: for each name the
# loss and the slope, as functions of the margin.)

# %% tags=["draw"]
# Losses and slopes against the margin
from gdcourse import plots

CURVES = {  # name -> (loss, slope) as functions of the margin
    "0-1": (
        lambda m: np.where(m <= 0, 1.0, 0.0),
        lambda m: np.where(m == 0, np.nan, 0.0),
    ),
    "hinge": (lambda m: np.maximum(0, 1 - m), lambda m: np.where(m < 1, -1.0, 0.0)),
    "cross-entropy": (
        lambda m: np.logaddexp(0, -m),
        lambda m: -np.exp(-np.logaddexp(0, m)),
    ),
    "half square": (lambda m: (1 - m) ** 2 / 2, lambda m: m - 1),
}
margins = np.linspace(-3, 4, 701)


def draw(here):
    fig, axes = plots.figure(2, width=9, height=3.6)
    for (name, pair), colour, marker in zip(
        CURVES.items(), plots.COLOURS, plots.MARKERS, strict=False
    ):
        for ax, curve in zip(axes, pair, strict=True):
            ax.plot(margins, curve(margins), label=name)
            ax.plot(here, curve(here), marker, color=colour, markersize=8)
    axes[0].set(
        xlabel="margin $yz$", title=f"price, marks at {here:g}", ylim=(-0.2, 4.5)
    )
    axes[1].set(xlabel="margin $yz$", title="slope: the pull", ylim=(-1.6, 3.2))
    axes[1].axhline(0, color="0.4", linestyle="-", linewidth=0.8)
    axes[1].legend(loc="upper left")
    return fig


plots.show(
    draw(2.0),
    alt="Left: four prices against the margin: a step at 0, hinge with a kink at 1, "
    "cross-entropy falling smoothly, and a parabola with its lowest point at 1. Right: their "
    "slopes; that of the square is positive beyond 1, those of the others never are.",
)

# %% [markdown]
# **Predict.** For $y = 1$ cross-entropy has the slope $p - 1$; in the margin it is that for both labels, with $p$ the
# sigmoid of the margin. What are the four slopes at the margin $-1$, and at $2$?

# %%
for name, (loss, slope) in CURVES.items():
    print(f"{name:14} at -1: {slope(-1.0):7.4f}   at 2: {slope(2.0):7.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $-1$: $0$ for 0-1, $-1$ for hinge, $-0.7311$ for cross-entropy, $-2$ for the square. At $2$: $0$, $0$, $-0.1192$,
# and $+1$ for the square.
#
# </details>

# %% [markdown]
# - The **0-1 loss** is what you often care about: one minus its mean is the [[accuracy]]. But it is flat, with one
#   jump, so its slope says nothing. The others stand in for it.
# - **Hinge** pulls each sample until its margin is $1$, then lets it be. At the kink, any slope from $-1$ to $0$
#   serves (a [[subgradient]]). It gives no probability.
# - **Cross-entropy** pulls always, ever more weakly, and hardest where the model is most wrong. It gives probabilities.
# - The **square** pulls back what is right by more than $1$.
#
# Hinge, and cross-entropy divided by $\log 2$, lie nowhere below the 0-1 loss. So if their mean is small, the share of
# mistakes is small too (Bartlett, Jordan and McAuliffe, 2006).
#
# Move the slider along the margins, and watch each pull die. (It needs a running kernel.)


# %% tags=["widget", "draw"]
# A slider over the margin
def at(margin):
    return draw(
        margin
    ), f"The four prices and slopes with marks at the margin {margin}."


plots.slider(at, margin=[quarter / 4 for quarter in range(-12, 17)])

# %% tags=["check"]
# Prices, slopes and bounds
import gdcourse.losses.numpy as losses
from gdcourse.gradients import central_difference

prices = {name: pair[0](margin) for name, pair in CURVES.items()}
assert list(prices["half square"]) == [4.5, 0.125, 60.5] and prices["0-1"][0] == 1
assert round(prices["cross-entropy"][2], 6) == 0.000006 and prices["hinge"][2] == 0
pulls = {name: (pair[1](-1.0), pair[1](2.0)) for name, pair in CURVES.items()}
assert [round(float(v), 4) for v in pulls["cross-entropy"]] == [-0.7311, -0.1192]
assert pulls["hinge"] == (-1, 0) and pulls["half square"] == (-2, 1)
assert pulls["0-1"] == (0, 0)
for loss, slope in CURVES.values():
    for m in (-1.7, 0.4, 2.3):
        numeric = central_difference(lambda v, loss=loss: loss(v[0]), np.array([m]))
        assert np.isclose(numeric[0], slope(m), atol=1e-7)
zero_one = CURVES["0-1"][0](margins)
assert np.all(CURVES["hinge"][0](margins) >= zero_one)
assert np.all(CURVES["cross-entropy"][0](margins) / np.log(2) >= zero_one - 1e-12)
assert np.all(CURVES["half square"][1](margins[margins > 1]) > 0)
for name in ("0-1", "hinge", "cross-entropy"):
    assert np.nanmax(CURVES[name][1](margins)) <= 0
assert np.isclose(np.maximum(0, 1 - margin).mean(), losses.hinge(margin, np.ones(3)))
print("checked: four prices and four slopes")

# %% [markdown]
# ## A point that is right, and does harm
#
# Four points on a line: $x = -2$ and $-1$ with the label $-1$, $x = 0.5$ and $2$ with $+1$. The model is $z = wx +
# b$, and its **boundary** is where $z = 0$. Train it with each of three losses. Then add a fifth point, $x = 12$ with
# the label $+1$: as easy as can be.
#
# **Predict.** Which boundary moves most? Will all points still be on their right side?


# %%
def boundary(name, x, y):
    b, w = 0.0, 0.0
    slope = CURVES[name][1]
    for _ in range(1000):
        pull = slope(y * (w * x + b)) * y  # slope in the score of each sample
        b, w = b - 0.02 * np.mean(pull), w - 0.02 * np.mean(pull * x)
    return -b / w


x, y = np.array([-2, -1, 0.5, 2]), np.array([-1, -1, 1, 1])
x_5, y_5 = np.append(x, 12), np.append(y, 1)
for name in ("half square", "hinge", "cross-entropy"):
    four, five = boundary(name, x, y), boundary(name, x_5, y_5)
    print(f"{name:14} four points: {four:5.2f}   five points: {five:5.2f}")

# %% tags=["draw"]
# The three boundaries, without and with the easy point
fig, axes = plots.figure(1, 2, width=8, height=1.75)
for ax, (at_x, at_y), title in zip(
    axes, ((x, y), (x_5, y_5)), ("four points", "and an easy fifth"), strict=True
):
    for label, marker, colour in ((-1, "s", 1), (1, "o", 0)):
        there = at_x[at_y == label]
        style = {"color": plots.COLOURS[colour], "markersize": 9}
        ax.plot(there, 0 * there, marker, label=f"label {label:+d}", **style)
    for name, line in (("half square", "-"), ("hinge", "--"), ("cross-entropy", ":")):
        ax.axvline(boundary(name, at_x, at_y), color="0.2", linestyle=line, label=name)
    ax.set(yticks=[], xlim=(-3, 13), title=title)
axes[1].set_xlabel("$x$")
axes[0].legend(loc="center right", ncols=2)
plots.show(
    fig,
    alt="Points on a line and three boundaries. With four points all boundaries lie between "
    "-1 and 0.5. With the fifth, at 12, hinge and cross-entropy stay there, and that of the "
    "square has moved to 0.63, beyond the point at 0.5.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The square's boundary goes from $-0.12$ to $0.63$. The point at $0.5$ is now on the wrong side, and why? To bring the
# easy point's score down to $1$, the line must become flat. Hinge stays at $-0.25$, cross-entropy moves by $0.01$.
#
# </details>

# %% [markdown]
# That does not make squared error on scores useless: Hui and Belkin (2021) trained large networks with it about as
# well. It does mean that a loss may work against your aim where you do not look for it.
#
# ## A label outside its set
#
# Code that you can find in print classifies the digits $0$ to $9$ like this:
#
# ```python
# model.add(Dense(1, activation="sigmoid"))
# loss = binary_crossentropy(y, p)  # y is 0, 1, ... or 9
# ```
#
# The formula takes such labels without a word:
#
# $$\ell = -y \log p - (1 - y) \log(1 - p) \qquad\text{with } y = 9. \tag{1}$$
#
# **Predict.** Which sign has $\ell$ at $p = 0.9$? Where does descent on the score end? (Its slope is $p - y$.)

# %%
for p in (0.5, 0.9, 0.9999999):
    print(f"p {p}: loss {-9 * np.log(p) - (1 - 9) * np.log(1 - p):.2f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Negative: $-17.47$, and $-128.94$ at $0.9999999$. The factor $1 - y$ is $-8$, so the second term *pays* for $p \to
# 1$. The slope $p - 9$ is below $-8$ everywhere, so descent goes on for ever. And one $p$ cannot name ten classes.
#
# </details>

# %% [markdown]
# **A price below zero, where every term should cost something, means a label outside its set, or a $p$ outside $0$ to
# $1$.** Not every such label shows itself so. This course's own `bce` refuses them, and so will your
# {{exercise:bce_guard}}.
#
# ## Which loss for which task
#
# | you predict | the model gives | loss | PyTorch | Keras |
# | :--- | :--- | :--- | :--- | :--- |
# | a number | a number | squared error | `MSELoss` | `MeanSquaredError` |
# | a number, with outliers | a number | absolute error, Huber | `L1Loss`, `HuberLoss` | `MeanAbsoluteError`, `Huber` |
# | one of two classes | one score | cross-entropy | `BCEWithLogitsLoss` | `BinaryCrossentropy` |
# | one of $K$ classes | $K$ scores | softmax cross-entropy | `CrossEntropyLoss` | `SparseCategoricalCrossentropy` |
# | any of $K$ tags | $K$ scores | cross-entropy for each tag | `BCEWithLogitsLoss` | `BinaryCrossentropy` |
# | a side, no probability | one score | hinge | none | `Hinge` |
#
# [[Huber loss]] is a square for small errors and a straight line for large ones. The cross-entropies of Keras need
# `from_logits=True`. Then no model ends in a sigmoid or softmax: apply them where you want to read a probability.

# %% tags=["check"]
# Boundaries, and the loss of a label 9
found = {n: (boundary(n, x, y), boundary(n, x_5, y_5)) for n in list(CURVES)[1:]}
assert [round(v, 2) for v in found["half square"]] == [-0.12, 0.63]
assert [round(v, 2) for v in found["hinge"]] == [-0.25, -0.25]
assert round(found["cross-entropy"][1] - found["cross-entropy"][0], 2) == 0.01
exact = [np.polyfit(a, b, 1) for a, b in ((x, y), (x_5, y_5))]
assert np.allclose([-b / w for w, b in exact], found["half square"], atol=1e-4)
assert all(-1 < value < 0.5 for four, _ in found.values() for value in (four,))
nine = {p: -9 * np.log(p) + 8 * np.log(1 - p) for p in (0.5, 0.9, 0.9999999)}
assert round(nine[0.9], 2) == -17.47 and round(nine[0.9999999], 2) == -128.94
try:
    losses.bce(np.array([0.9]), np.array([9]))
    raise AssertionError("a label 9 was accepted")
except ValueError:
    pass
print("checked: the easy point moves the square's boundary, and a label 9 is refused")

# %% [markdown]
# ## In three frameworks
#
# Do the built-in losses refuse the label 9? Give them the score $16$.

# %%
print("NumPy, by the formula:", np.logaddexp(0, 16.0) - 9 * 16.0)

# %% tags=["torch"]
import torch

z_t, nine_t = torch.tensor([16.0]), torch.tensor([9.0])
loss_t = torch.nn.BCEWithLogitsLoss()(z_t, nine_t)
print("PyTorch:", loss_t.item())

# %% tags=["tensorflow"]
import tensorflow as tf

bce = tf.keras.losses.BinaryCrossentropy(from_logits=True)
loss_k = bce(tf.constant([9.0]), tf.constant([16.0]))
print("Keras:", float(loss_k))

# %% [markdown]
# They do not. Given a *probability*, PyTorch's `BCELoss` does refuse; Keras' loss does not.

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree, and who refuses?
assert loss_t.item() == float(loss_k) == -128
assert np.isclose(np.logaddexp(0, 16.0) - 9 * 16.0, -128, atol=1e-5)
try:
    torch.nn.BCELoss()(torch.tensor([0.9]), nine_t)
    refused = False
except (ValueError, RuntimeError):
    refused = True
from_p = tf.keras.losses.BinaryCrossentropy()(tf.constant([9.0]), tf.constant([0.9]))
assert refused and np.isclose(float(from_p), nine[0.9], rtol=1e-4)
hinge_k = tf.keras.losses.Hinge()(tf.constant([1.0]), tf.constant([0.5]))
assert float(hinge_k) == 0.5
print("checked: both accept a label 9 with scores")

# %% [markdown]
# ## Summary
#
# - Write a loss as a function of the margin, and look at its slope: that is how hard it pulls, and on whom.
# - Mistakes are flat. Hinge lets go at the margin $1$, cross-entropy never quite, the square pulls back.
# - Choose the loss by what a label may be, and check that the labels are in that set.
#
# ## Common mistakes
#
# - **Descending on accuracy.** Its slope is zero where it has one.
# - **Squared error on labels, because it runs.** Points that are right by far then count as errors.
# - **Labels $0$ and $1$ in a hinge loss.** It wants $-1$ and $+1$: with $y = 0$ each sample costs $1$.
# - **One sigmoid for ten classes.**
#
# ## Quick questions
#
# 1. Hinge and 0-1 loss of a sample are both $0$. What do you know of its margin?
#
#    <details><summary><b>Answer</b></summary>
#
#    Hinge is $0$ from the margin $1$ on, so it is at least $1$.
#
#    </details>
# 2. A picture may show a cat, a dog, both or none. Which loss?
#
#    <details><summary><b>Answer</b></summary>
#
#    Two scores, and cross-entropy for each tag. A softmax would make the two compete.
#
#    </details>
# 3. All samples are right, with margins of at least $5$. What do hinge and cross-entropy still do to the model?
#
#    <details><summary><b>Answer</b></summary>
#
#    Hinge does nothing. Cross-entropy goes on, with pulls of at most $e^{-5} \approx 0.0067$ each.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that cross-entropy, $\log(1 + e^{-yz})$, lies between $\max(0, -yz)$ and $\max(0, -yz) + \log 2$.
# Where is the gap largest?
#
# <details><summary><b>Outline</b></summary>
#
# Write $a = -yz$. If $a \ge 0$, take $e^a$ out: $\log(1 + e^a) = a + \log(1 + e^{-a})$, and the last term is between
# $0$ and $\log 2$. If $a < 0$ it is $\log(1 + e^a)$, again between these. The gap is $\log 2$ at $a = 0$:
# cross-entropy is a smoothed corner.
#
# </details>
#
# **Try.** Move the easy point to $x = 3$, $6$, $24$, $1000$. Where does the square's boundary go? Is it worst at the
# far end?
#
# <details><summary><b>Outline</b></summary>
#
# It goes to $0.08$, $0.35$, $0.87$ and $1.24$ (solve for the best line: descent needs a smaller rate for large $x$).
# The farther, the worse, but it levels off: as long as it is one point, the line gives in to it only so far.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
for far, expected in ((3, 0.08), (6, 0.35), (24, 0.87), (1000, 1.24)):
    w, b = np.polyfit(np.append(x, far), y_5, 1)
    assert round(-b / w, 2) == expected
assert round(np.exp(-5), 4) == 0.0067 and np.logaddexp(0, -5) < np.exp(-5)
a = np.linspace(-30, 30, 6001)
gap = np.logaddexp(0, a) - np.maximum(0, a)
assert gap.min() >= 0 and np.isclose(gap.max(), np.log(2)) and a[gap.argmax()] < 1e-9
print("checked: the boundary for easy points at four places")

# %% [markdown]
# ## References
#
# - P. L. Bartlett, M. I. Jordan, J. D. McAuliffe (2006). Convexity, classification, and risk bounds. *Journal of the
#   American Statistical Association* 101(473), 138–156. doi:10.1198/016214505000000907
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning*. Springer. Section 4.1.3 shows the harm of easy
#   points.
# - L. Hui, M. Belkin (2021). Evaluation of neural architectures trained with square loss vs cross-entropy in
#   classification tasks. *ICLR 2021*. arXiv:2006.07322
# - P. J. Huber (1964). Robust estimation of a location parameter. *Annals of Mathematical Statistics* 35(1), 73–101.
#   doi:10.1214/aoms/1177703732
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
