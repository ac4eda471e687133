# %% [markdown]
# # Which pixels
#
# {{about}}
#
# **After this lesson you can**
#
# - say what the gradient for an input tells, and why it can be zero though the input decided,
# - integrate slopes along a path by hand, and share a score out among its inputs,
# - prove that the shares add up, and use that as a test of your code,
# - choose the number of steps by the gap that is left,
# - say what a baseline hides.
#
# **You need** gradients through a network (lesson 3 of this unit), and an integral of $s^2$.

# %% [markdown]
# ## The slope at the point
#
# A network gives a digit the score $f_3$ for "3". Which pixels made it? Begin with a score of two inputs that you can read:
#
# $$f(x) = x_1^2\, x_2 \quad\text{at}\quad x = (1, 2), \qquad f(1, 2) = 2.$$
#
# The plainest answer is the **input gradient**: by how much does the score change if an input changes a little? The
# slopes are $2 x_1 x_2 = 4$ for $x_1$, and $x_1^2 = 1$ for $x_2$. They tell what a small change would do. They do not share out
# the $2$: $4 + 1 = 5$. Nor does slope times input: $4 \cdot 1 + 1 \cdot 2 = 6$.
#
# It can be worse. Take $f(x) = \min(x, 1)$, a score that saturates.
#
# **Predict.** At $x = 2$ the score is $1$, at $x = 0$ it is $0$. What is the slope at $x = 2$?

# %%
h = 1e-6
print("slope:", (min(2 + h, 1) - min(2 - h, 1)) / (2 * h))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $0$. The input made the whole score, and the gradient says that it does not matter. A little more or less does not. All
# of it does.
#
# </details>
#
# So the slope *at* the point answers another question than ours. We want to know how the score came about, on the way from an input
# that shows nothing.

# %% [markdown]
# ## A walk from nothing
#
# Walk from $(0, 0)$ straight to $(1, 2)$. Here $s$ is the part of the way that is done, so you are at $(s, 2s)$. There the slopes
# are $2 \cdot s \cdot 2s = 4 s^2$ and $s^2$. On a small piece of the way $x_1$ moves by $1$ times the piece, and $x_2$ by
# $2$ times the piece. Slope times move is what each adds to the score. Add up all pieces:
#
# $$\text{for } x_1: \; 1 \cdot \int_0^1 4 s^2 \, ds = \tfrac{4}{3}, \qquad
# \text{for } x_2: \; 2 \cdot \int_0^1 s^2 \, ds = \tfrac{2}{3}.$$
#
# Together they are $2$: the score, shared out. $x_1$ gets twice as much, since it enters squared.

# %% tags=["draw"]
# The walk on the score's contours, and the slopes along it
import numpy as np

from gdcourse import plots

s = np.linspace(0, 1, 101)
fig, (left, right) = plots.figure(2, width=9.0, height=3.3)
grid = np.meshgrid(np.linspace(0, 1.25, 61), np.linspace(0, 2.5, 61))
levels = [0.1, 0.5, 1, 2, 3]
lines = left.contour(*grid, grid[0] ** 2 * grid[1], levels, colors="0.6")
left.clabel(lines, fontsize=9)
left.plot(s, 2 * s, marker="o", markevery=20)
left.set(xlabel="$x_1$", ylabel="$x_2$", title="the walk on the contours of the score")
for name, added, hatch in (
    ("$x_1$: 4/3", 4 * s**2, "//"),
    ("$x_2$: 2/3", 2 * s**2, ""),
):
    (line,) = right.plot(s, added, label=name)
    right.fill_between(s, added, alpha=0.2, hatch=hatch, color=line.get_color())
right.set(xlabel="part of the way", ylabel="slope times move")
right.set(title="what each input adds")
right.legend(title="area")
plots.show(
    fig,
    alt="Left, contours of the score and a straight walk from (0, 0) to (1, 2), which ends "
    "on the contour 2. Right, what each input adds along the way: both curves rise from 0, "
    "that of the first input is twice as high.",
)

# %% [markdown]
# In general the walk goes from a **[[baseline]]** $b$, an input that shows nothing, to $x$. Here $b$ is that input, and here $a_i$ is the
# share of input $i$:
#
# $$a_i = (x_i - b_i) \int_0^1 \frac{\partial f}{\partial x_i}\bigl(b + s\,(x - b)\bigr)\, ds. \tag{1}$$
#
# These are the **[[integrated gradients]]** (Sundararajan, Taly and Yan 2017). Why do they add up? Let $q(s) = f(b + s(x - b))$ be the
# score on the way; here $q$ is only a name. By the chain rule its slope is
#
# $$q'(s) = \sum_i \frac{\partial f}{\partial x_i}\bigl(b + s\,(x - b)\bigr)\, (x_i - b_i).$$
#
# Integrate both sides from $0$ to $1$. On the left stands $q(1) - q(0)$, and on the right the sum of the shares:
#
# $$\sum_i a_i = f(x) - f(b). \tag{2}$$
#
# This is called **[[completeness]]**. It holds for smooth scores and for those with kinks, as ReLU makes them: a walk meets a kink in
# single points only, unless it runs along one. And it is a free test: code that breaks (2) is wrong.
#
# Write it for any score, input and baseline in {{exercise:integrated_gradients}}, after the next section.

# %% [markdown]
# ## In four lines
#
# A computer adds up pieces: it takes the slopes in the middles of $n$ equal pieces. Here $n$ is the number of pieces, and the
# integral becomes a mean.


# %%
def integrated(slope, x, b, n):
    total = 0
    for k in range(n):
        total = total + slope(b + (k + 0.5) / n * (x - b))
    return (x - b) * total / n


# %% [markdown]
# **Predict.** With one piece, the slopes are taken once, half way at $(0.5, 1)$. Which shares come out for our $f$? Do they add
# up to $2$?


# %%
def slope(x):
    return np.array([2 * x[0] * x[1], x[0] ** 2])


x, nothing = np.array([1.0, 2.0]), np.zeros(2)
for n in (1, 2, 10, 100):
    shares = integrated(slope, x, nothing, n)
    print(f"{n:3} pieces: {shares.round(5)}  sum {shares.sum():.5f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $1 \cdot 2 \cdot 0.5 \cdot 1 = 1$ and $2 \cdot 0.5^2 = 0.5$. Their sum is $1.5$, and $0.5$ is missing. With twice the pieces a
# quarter of it is, as the score is smooth.
#
# </details>
#
# What is missing is the *gap* in (2). Compute it each time, and raise $n$ until it is small beside the score.

# %% tags=["check"]
# Slopes, shares and gaps by hand; a saturated score; random walks
from gdcourse.gradients import central_difference


def f(x):
    return x[0] ** 2 * x[1]


assert slope(x).tolist() == [4, 1] and f(x) == 2 and slope(x) @ x == 6
assert np.allclose(slope(x), central_difference(f, x), atol=1e-8)
assert integrated(slope, x, nothing, 1).tolist() == [1, 0.5]
gaps = [2 - integrated(slope, x, nothing, n).sum() for n in (1, 2, 4)]
assert np.allclose(gaps, [0.5, 0.5 / 4, 0.5 / 16]) and 2 - 1.5 == 0.5
assert np.allclose(integrated(slope, x, nothing, 1000), [4 / 3, 2 / 3], atol=1e-5)
assert (min(2 + h, 1) - min(2 - h, 1)) / (2 * h) == 0 and min(0, 1) == 0
saturated = integrated(lambda v: 1.0 * (v < 1), np.array(2.0), np.array(0.0), 1000)
assert np.isclose(saturated, 1)
draws = np.random.default_rng(0)
for _ in range(100):
    end, start = draws.normal(size=(2, 2))
    summed = integrated(slope, end, start, 500).sum()
    assert np.isclose(summed, f(end) - f(start), atol=1e-4)
print("checked: 4/3 and 2/3, gaps that fall to a quarter, and 100 random walks")

# %% [markdown]
# ## On a digit
#
# The network of lesson 4 again, trained as in the lesson before. The slopes for all pixels are one pass backwards: a $1$ at the score of the
# class, $0$ at the others.

# %%
from gdcourse.datasets import digits
from gdcourse.losses.numpy import softmax_ce
from gdcourse.models.numpy import cnn
from gdcourse.optimizers.numpy import Adam
from gdcourse.training.numpy import objective, train

# %%
data = digits(images=True)
images, labels = data.X[1297:], data.y[1297:]
net = cnn((1, 8, 8), padding=1)
run = {"epochs": 10, "batch_size": 32}
loss = objective(net, softmax_ce)
train(loss, net.params, data.X[:1297], data.y[:1297], Adam(1e-3), **run)
right = np.mean(net.forward(images).argmax(axis=1) == labels)
print("more than 93 % of the new digits are right:", right > 0.93)


# %%
def slope_of_three(image):
    net.forward(image[None])
    one = np.zeros((1, 10))
    one[0, 3] = 1
    return net.backward(one)[0]


three, black, white = images[49], np.zeros((1, 8, 8)), np.ones((1, 8, 8))
from_black = integrated(slope_of_three, three, black, 64)
from_white = integrated(slope_of_three, three, white, 64)

# %% [markdown]
# **Predict.** From a black baseline, which share does a pixel get that is black in the image? Which pixels get nothing from a white
# baseline?

# %%
print("black pixels, from black:", from_black[three == 0].any())
print("black pixels, from white:", from_white[three == 0].any())
print("white pixels, from white:", from_white[three == 1].any())

# %% tags=["draw"]
# The three, its slopes, and the shares from two baselines
fig, axes = plots.figure(4, width=9.5, height=2.7)
pictures = {"the digit": three, "input gradient": slope_of_three(three)}
pictures |= {"shares, from black": from_black, "shares, from white": from_white}
for ax, (name, values) in zip(axes, pictures.items(), strict=True):
    limit = 1 if name == "the digit" else np.abs(values).max()
    colours = "gray" if name == "the digit" else "RdBu_r"
    low = 0 if name == "the digit" else -limit
    shown = ax.imshow(values[0], cmap=colours, vmin=low, vmax=limit)
    ax.set(title=name, xticks=[], yticks=[])
    ax.grid(False)
    fig.colorbar(shown, ax=ax, shrink=0.75)
plots.show(
    fig,
    alt="A handwritten three; its input gradient, which is spread over the whole image; the "
    "shares from a black baseline, which lie on the strokes alone; and the shares from a "
    "white baseline, more than half of which lie on black pixels.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Exactly $0$: by (1) the share has the factor $x_i - b_i$. From white, the white pixels get nothing.
#
# </details>
#
# So a baseline hides what looks like it. From black, only ink can get a share, however much the empty places speak for a "3".
# No baseline shows nothing to the network in every respect: say which one you took, and try a second.
#
# How many pieces does the network need? Its score has kinks, so the gap falls less smoothly than above. Here are, for 100 digits, the
# mean and the largest gap. Beside them, the scores rise by about $10$.

# %%
from gdcourse.attribution.numpy import completeness_gap, integrated_gradients

batch, classes = images[:100], labels[:100]
gap_of = {}
for n in (1, 8, 64):
    shares = integrated_gradients(net, batch, classes, steps=n)
    gap_of[n] = np.abs(completeness_gap(net, batch, classes, shares))
    print(
        f"{n:3} pieces: mean gap {gap_of[n].mean():.1g}, largest {gap_of[n].max():.1g}"
    )

# %% [markdown]
# One piece leaves little already. From black, and but for its biases, a network of ReLUs answers an image twice as bright with scores
# twice as high, so on the way the slopes hardly change. Do not count on it: $\min(x, 1)$ has a bias.
#
# ## In three frameworks
#
# `gdcourse.attribution` has integrated gradients in all three. The same weights, so the same shares, and the same gap.

# %%
print("NumPy:     ", integrated_gradients(net, three[None], 3, steps=64)[0, 0, 4, 3:6])

# %% tags=["torch"]
import torch

from gdcourse import attribution, models

net_t = models.torch.cnn((1, 8, 8), padding=1)
with torch.no_grad():
    for p_t, p in zip(net_t.params, net.params, strict=True):
        p_t.copy_(torch.tensor(p))
three_t = torch.tensor(three[None])
shares_t = attribution.torch.integrated_gradients(net_t, three_t, 3, steps=64)
print("PyTorch:   ", shares_t.numpy()[0, 0, 4, 3:6])

# %% tags=["tensorflow"]
import tensorflow as tf

from gdcourse import attribution, models

net_k = models.tensorflow.cnn((1, 8, 8), padding=1)
for p_k, p in zip(net_k.params, net.params, strict=True):
    p_k.assign(p)
three_k = tf.constant(three[None])
shares_k = attribution.tensorflow.integrated_gradients(net_k, three_k, 3, steps=64)
print("TensorFlow:", shares_k.numpy()[0, 0, 4, 3:6])

# %% tags=["check"]
# Completeness on the digit and on 100 more, from both baselines
score, of_black, of_white = (net.forward(v[None])[0, 3] for v in (three, black, white))
assert abs(from_black.sum() - (score - of_black)) < 0.01 * (score - of_black)
assert abs(from_white.sum() - (score - of_white)) < 0.02 * abs(score - of_white)
shares = integrated_gradients(net, three[None], 3, steps=64)[0]
assert np.allclose(shares, from_black, atol=1e-10)
assert not from_black[three == 0].any() and not from_white[three == 1].any()
assert from_white[three == 0].any() and labels[49] == 3
rises = (net.forward(batch) - net.forward(0 * batch))[np.arange(100), classes]
assert 8 < np.mean(rises) < 12 and gap_of[64].mean() < gap_of[1].mean() / 3
assert gap_of[64].max() < 0.02 * np.mean(rises) and gap_of[1].mean() < 0.5
fresh = cnn((1, 8, 8), padding=1, seed=1)  # all biases are still 0
assert np.allclose(fresh.forward(2 * batch), 2 * fresh.forward(batch))
slopes = np.abs(slope_of_three(three))
assert (slopes > 0.1 * slopes.max()).mean() > 0.5  # spread over the image
assert np.abs(from_white[three == 0]).sum() > 0.6 * np.abs(from_white).sum()
print("checked: (2) holds to 2 %, and a baseline's own colour gets no share")

# %% tags=["check", "torch", "tensorflow"]
# All three frameworks
assert np.allclose(shares_t, shares, atol=1e-10) and np.allclose(
    shares_k, shares, atol=1e-10
)
print("checked: NumPy, PyTorch and TensorFlow share the score out in the same way")

# %% [markdown]
# ## Summary
#
# - The input gradient tells what a small change does. Where a score saturates, it is zero, whatever made the score.
# - Integrated gradients add up slopes on the way from a baseline. The shares add up to the rise of the score.
# - The gap tells whether there were pieces enough. Completeness tests the code; it does not prove that the shares mean much.
# - A pixel that has the baseline's colour gets no share.
#
# ## Common mistakes
#
# - **The gradient of the loss or of the probability** in place of the score: where the network is sure, it is close to zero.
# - **Forgetting $x_i - b_i$**: mean slopes do not add up to anything.
# - **The score of the baseline left out** of (2): $f(b)$ is seldom $0$.
# - **A walk to the wrong class**: ask for the class that the network gave, or say which other.
#
# ## Quick questions
#
# 1. $f(x) = 3 x_1 - 2 x_2$, from $(0, 0)$ to $(1, 1)$. Which shares?
#
#    <details><summary><b>Answer</b></summary>
#
#    $3$ and $-2$: the slopes are the same all the way. One piece is enough.
#
#    </details>
# 2. The shares add up to $7$, the score rises by $9$. What do you do first?
#
#    <details><summary><b>Answer</b></summary>
#
#    Take more pieces. If the gap stays, look for a mistake.
#
#    </details>
# 3. All shares add up exactly. Is the picture right?
#
#    <details><summary><b>Answer</b></summary>
#
#    It is complete. Equal shares for all pixels could add up as well. The next lesson tests more.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Let $f(x) = x_1^c\, x_2$ with a constant $c$. Show that the shares from $(0, 0)$ are in the ratio of the exponents.
#
# <details><summary><b>Outline</b></summary>
#
# On the way, the slope for $x_1$ is $c\, s^c\, x_1^{c-1} x_2$, and its integral times $x_1$ is $\frac{c}{c+1} f(x)$. For $x_2$ it is
# $s^c x_1^c$, and the share is $\frac{1}{c+1} f(x)$. Their ratio is $c$ to $1$. For $c = 2$ these are two thirds and one third.
#
# </details>

# %% [markdown]
# **Try.** Walk on a bent way: first $x_1$ alone from $0$ to $1$, then $x_2$ from $0$ to $2$. Which shares does $x_1^2 x_2$ give now? What does
# the straight way have that this one has not?
#
# <details><summary><b>Outline</b></summary>
#
# On the first part $x_2 = 0$, so nothing is gained; on the second all of it: the shares are $0$ and $2$. They add up too. The straight
# way treats all inputs alike: if two of them play the same role in $f$ and have the same value, they get the same share.
#
# </details>
#
# ## References
#
# - K. Simonyan, A. Vedaldi, A. Zisserman (2013). Deep inside convolutional networks: visualising image classification models
#   and saliency maps. arXiv:1312.6034
# - M. Sundararajan, A. Taly, Q. Yan (2017). Axiomatic attribution for deep networks. *ICML*. arXiv:1703.01365
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
