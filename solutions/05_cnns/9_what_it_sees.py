# %% [markdown]
# # What it sees
#
# {{about}}
#
# **After this lesson you can**
#
# - say which window a filter answers most strongly, and what a picture of filters does not tell,
# - work out by formula how much of the image one number sees, and by gradient which part of it counts,
# - show what excites a map,
# - say where each of these ways of looking misleads.
#
# **You need** many maps and pooling (lesson 2 of this unit), and gradients through a convolution (lesson 3).

# %% [markdown]
# ## A network to look at
#
# We train the network of lesson 4 on 1,297 of scikit-learn's digits, and keep 500 that it never sees. Its first kernels are put
# aside *before* training, for later.

# %%
import numpy as np

from gdcourse.datasets import digits
from gdcourse.losses.numpy import softmax_ce
from gdcourse.models.numpy import cnn
from gdcourse.optimizers.numpy import Adam
from gdcourse.training.numpy import objective, train

data = digits(images=True)
images, labels = data.X[1297:], data.y[1297:]
net = cnn((1, 8, 8), padding=1)
untrained = net.params[0].copy()

# %%
run = {"epochs": 10, "batch_size": 32}
loss = objective(net, softmax_ce)
train(loss, net.params, data.X[:1297], data.y[:1297], Adam(1e-3), **run)
right = np.mean(net.forward(images).argmax(axis=1) == labels)
print("more than 93 % of the new digits are right:", right > 0.93)

# %% [markdown]
# ## Filters: what would you like to see?
#
# A kernel, or [[filter]], multiplies and adds. Ask it: which window gets your largest answer? Take a kernel of two numbers,
# $(3, 4)$, and four windows of length $5$. $(5, 0)$ gets $15$, $(0, 5)$ gets $20$, $(4, 3)$ gets $24$, and $(3, 4)$ gets
# $25$: the winner is the window that looks like the kernel.
#
# This is so for all kernels: the answer is $\lVert k \rVert \, \lVert x \rVert \cos\varphi$, where $\varphi$ is the angle between the
# kernel $k$ and the window $x$. Among windows of one length the largest answer goes to the direction of the kernel itself. **A
# picture of a filter shows what it looks for.** (Among windows of *any* length a bright one wins that fits badly:
# $(0, 50)$ gets $200$.)
#
# Here are filters of our first layer and, above them, the same ones before training.
#
# **Predict.** By how many degrees did training turn a filter, in the middle of the 32? Guess before you look.

# %%
before = untrained.reshape(32, 9)
after = net.params[0].reshape(32, 9)
lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
angles = np.degrees(np.arccos(np.sum(before * after, axis=1) / lengths))
print("less than 10 degrees:", np.median(angles) < 10)

# %% tags=["draw"]
# The first 12 of the 32 filters, before and after training
from gdcourse import plots

fig = plots.image_grid(
    np.concatenate([before[:12], after[:12]]),
    columns=12,
    signed=True,
    title="12 filters: before training (above) and after (below)",
    width=9.0,
)
plots.show(
    fig,
    alt="Twelve filters of 3 by 3 in red and blue, before training in the upper row and "
    "after it in the lower one. Each looks almost the same in both rows.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# By less than $10$ degrees, and none by more than $30$. What you see in these pictures was mostly *drawn at random before the
# first digit*.
#
# </details>
#
# So do not read a story into them. In networks that learn long from a million photographs, first filters do turn into edges
# and patches of colour (Zeiler and Fergus 2014). Ours had little need to: with its first filters left as they were drawn, it is
# right about as often (checked below). And behind the first layer a filter has a table for each of 32 channels, which are
# no pixels. There a picture of weights says little. We need other ways.

# %% tags=["check"]
# The windows, a search for a better one, the angles, and frozen filters
assert [np.dot((3, 4), w) for w in [(5, 0), (0, 5), (4, 3), (3, 4)]] == [15, 20, 24, 25]
assert np.dot((3, 4), (0, 50)) == 200 and right > 0.93
turns = np.linspace(0, 2 * np.pi, 10_001)
assert (5 * np.stack([np.cos(turns), np.sin(turns)], axis=1) @ (3, 4)).max() <= 25
assert np.median(angles) < 10 and angles.max() < 30
assert len(untrained) == 32 and len(images) == 500 and len(data.X) - 500 == 1297


def frozen(params, X, y):
    value, grads = loss_still(params, X, y)
    return value, [0 * grads[0], 0 * grads[1], *grads[2:]]


still = cnn((1, 8, 8), padding=1, seed=0)
loss_still = objective(still, softmax_ce)
train(frozen, still.params, data.X[:1297], data.y[:1297], Adam(1e-3), **run)
assert np.array_equal(still.params[0], untrained)
assert abs(np.mean(still.forward(images).argmax(axis=1) == labels) - right) < 0.015
print("checked: no filter turned by 30 degrees, and frozen ones do about as well")

# %% [markdown]
# ## How much of the image one number sees
#
# Take a row of pixels and two layers, each with a kernel of three ones. A number of the second layer adds three numbers of the
# first, and each of these adds three pixels. Neighbours overlap, so together they see five pixels: that is
# its [[receptive field]].
#
# **Predict.** How often does each of the five pixels enter the sum?

# %%
ones = np.ones(3, int)
print("two layers:", np.convolve(ones, ones))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $1, 2, 3, 2, 1$ times. From the pixel in the middle three ways lead to the number, from the pixel at the border only one.
#
# </details>
#
# First the *size*. Here $r$ is the size of the field so far, and here $v$ is the jump: by how many pixels the window moves when you take
# the next number of the layer. For the image itself both are $1$. A layer with kernel $k$ and stride $s$ adds $k - 1$ steps to the field,
# each as wide as the jump. Its stride multiplies the jump:
#
# $$r \leftarrow r + (k - 1)\, v, \qquad\text{then}\qquad v \leftarrow s\, v. \tag{1}$$
#
# Work it out for our network: convolution 3, pooling 2 with stride 2, convolution 3, pooling 2 with stride 2.


# %%
def field(layers):
    r, v = 1, 1
    for k, s in layers:
        r += (k - 1) * v
        v *= s
    return r, v


layers = [(3, 1), (2, 2), (3, 1), (2, 2)]
for n in range(5):
    print("layers:", n, " field and jump:", field(layers[:n]))

# %% [markdown]
# One number behind the second convolution sees $8$ pixels in each direction, as many as our images have.
#
# Now *which part counts*. Ask the gradient: put $1$ at one number of the last map and $0$ elsewhere, go backwards, and look where
# something arrives. With our kernels of ones, the five pixels get $1, 2, 3, 2, 1$, the number of ways. With random kernels each way
# carries a random product, and the mean *square* of the gradient is proportional to the number of ways. Below are five layers with
# kernel 3, so $r = 11$, and 400 draws of random kernels.

# %%
from gdcourse.layers.numpy import Conv2d, Sequential

rng = np.random.default_rng(0)
squares = np.zeros((11, 11))
for _ in range(400):
    stack = Sequential(*[Conv2d(1, 1, 3, rng) for _ in range(5)])
    stack.forward(np.zeros((1, 1, 11, 11)))  # 11 pixels leave one number
    squares += stack.backward(np.ones((1, 1, 1, 1)))[0, 0] ** 2
middle = squares[3:8, 3:8].sum() / squares.sum()
print("more than half of it in the 5 x 5 pixels of the middle:", middle > 0.5)


# %% tags=["draw"]
# The measured squares beside the number of ways
def number_of_ways(depth):
    row = np.ones(1)
    for _ in range(depth):
        row = np.convolve(row, ones)
    return np.outer(row, row)


ways = number_of_ways(5)
fig, axes = plots.figure(2, width=7.0, height=3.2)
for ax, values, name in zip(
    axes,
    (squares, ways),
    ("squared gradient, 400 draws", "number of ways"),
    strict=True,
):
    shown = ax.imshow(values / values.sum(), cmap="viridis", vmin=0, vmax=0.045)
    ax.set(title=name, xlabel="column", ylabel="row")
    ax.set(xticks=range(0, 11, 2), yticks=range(0, 11, 2))
    ax.grid(False)
fig.colorbar(shown, ax=list(axes), shrink=0.8, label="share of the sum")
plots.show(
    fig,
    alt="Two maps of 11 by 11 pixels, nearly the same: the squared gradient of five "
    "layers, and the number of ways. Both are bright in the middle and dark at the "
    "border.",
)


# %% tags=["widget", "draw"]
# A slider over the number of layers
def ways_of(layers):
    values = number_of_ways(layers)
    size = len(values)
    fig, ax = plots.figure(width=4.6, height=3.6)
    shown = ax.imshow(values / values.max(), cmap="viridis", vmin=0, vmax=1)
    told = f"{layers} layers of kernel 3: a field of {size} x {size}"
    ax.set(title=told, xlabel="column", ylabel="row")
    ax.grid(False)
    fig.colorbar(shown, label="ways, beside the middle")
    return fig, told + ", bright in the middle."


plots.slider(ways_of, layers=[1, 2, 3, 5, 8, 12, 20])

# %% [markdown]
# The formula says where an input *can* count. About two thirds of what arrives comes from the fifth of the pixels in the
# middle. As layers are added, the field grows in proportion to their number, the bright part only like its square root (Luo et al.
# 2016).
#
# Write the formula yourself, with strides and dilations, in {{exercise:receptive_field}}.

# %% tags=["check"]
# Sizes against gradients, the share of the middle, and its growth
from gdcourse.layers.field import receptive_field

assert np.convolve(ones, ones).tolist() == [1, 2, 3, 2, 1] and middle > 0.5
assert field(layers) == (10, 4) and field(layers[:3]) == (8, 2)
assert field([(3, 1)] * 5) == (11, 1) and field([(3, 1)] * 3) == (7, 1)
assert field([(3, 2)] * 3)[0] == 1 + 2 + 4 + 8 == 15
assert receptive_field([(3, 1), (2, 2), (3, 1)]).size == 8
share = ways[3:8, 3:8].sum() / ways.sum()
assert 0.6 < share < 0.72 and abs(middle - share) < 0.06 and 25 / 121 < 0.21
assert np.corrcoef(squares.ravel(), ways.ravel())[0, 1] > 0.97
assert squares.max() / squares.sum() < 0.045
places = np.arange(-20, 21)
spreads = []
for depth in (5, 20):
    row = number_of_ways(depth).sum(axis=0)
    at = places[20 - depth : 21 + depth]
    spreads.append(np.sqrt((row / row.sum()) @ at**2))
assert np.isclose(spreads[1] / spreads[0], 2)  # four times the layers
for cut, (number, size) in {3: ((1, 2), 4), 4: ((1, 2), 8)}.items():
    part = Sequential(*net.layers[:cut])
    hit = np.zeros((8, 8), bool)
    for image in images[:50]:
        y = part.forward(image[None])
        dy = np.zeros_like(y)
        dy[0, :, number[0], number[1]] = 1
        hit |= part.backward(dy)[0, 0] != 0
    rows, columns = np.nonzero(hit)
    seen = receptive_field(part.layers)
    for found, place, axis in ((rows, number[0], 0), (columns, number[1], 1)):
        first = seen.start[axis] + seen.jump[axis] * place
        assert found.min() == max(first, 0) and found.max() == min(first + size - 1, 7)
print("checked: formula and gradient agree on what is seen; the middle counts most")

# %% [markdown]
# ## Activations: what excites a map
#
# A forward pass leaves all maps in its layers. For a map of the second convolution, ask 500 new digits which of them excites
# it most, anywhere. Show the part of the image that the excited number sees: its receptive field.
#
# **Predict.** Take the nine digits that excite a map most. For how many of the 64 maps are all nine of the same class: none,
# some, or most?

# %%
net.forward(images)
maps = net.layers[4].y  # second convolution, after ReLU: (500, 64, 4, 4)
peaks = maps.max(axis=(2, 3))  # for each digit and map its largest number
top = np.argsort(-peaks, axis=0)[:9]  # the nine digits that excite a map most
same = [np.bincount(labels[top[:, m]]).max() for m in range(64)]
print("all nine of one class: some maps:", same.count(9) > 0, end=", ")
print("less than a third of them:", same.count(9) < 64 / 3)

# %% tags=["draw"]
# The windows that excite three maps most, cut out of the padded digits
chosen = np.argsort(same)[[63, 50, 0]]
cut = []
for m in chosen:
    for n in top[:, m]:
        i, j = np.unravel_index(maps[n, m].argmax(), (4, 4))
        padded = np.pad(
            images[n, 0], 4, constant_values=0.35
        )  # grey: outside the digit
        cut.append(padded[2 * i + 1 : 2 * i + 9, 2 * j + 1 : 2 * j + 9])
fig = plots.image_grid(
    np.array(cut),
    columns=9,
    width=8.0,
    titles=[str(labels[n]) for m in chosen for n in top[:, m]],
    title="three maps, one a row: the nine windows that excite it most",
)
plots.show(
    fig,
    alt="Three rows of nine windows with the digit they come from. In the first row all "
    "windows come from one digit and look alike; in the last row they come from at least "
    "three digits.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# For some. Most maps find what they look for in digits of several classes.
#
# </details>
#
# Some maps look for one digit's bend, most for a stroke that several digits have. The picture shows what *excites* a map in
# extreme cases, nine of 500. What the network then *does* with it depends on the weights behind.

# %% tags=["check"]
# What the three rows show, and each map's winners counted
same_best = labels[top[:, chosen[0]]]
assert len(set(same_best)) == 1 and len(set(labels[top[:, chosen[2]]])) >= 3
assert (
    0 < same.count(9) < 64 / 3 and np.median(same) < 8 and maps.shape == (500, 64, 4, 4)
)
assert all((peaks[top[-1, m], m] >= np.sort(peaks[:, m])[-9]) for m in range(64))
print("checked: some maps have nine winners of one class, most do not")

# %% [markdown]
# ## In three frameworks
#
# The gradient of one number tells its field in any framework: two layers with kernels of ones, on a row of seven pixels.

# %%
from gdcourse.layers.numpy import Conv1d

stack = Sequential(Conv1d(1, 1, 3, rng), Conv1d(1, 1, 3, rng))
for layer in stack.layers:
    layer.params[0][...] = 1
stack.forward(np.zeros((1, 1, 7)))
print("NumPy:     ", stack.backward(np.array([[[0.0, 1, 0]]])).ravel())

# %% tags=["torch"]
import torch

row_t = torch.zeros(1, 1, 7, requires_grad=True)
K_t = torch.ones(1, 1, 3)
Y_t = torch.conv1d(torch.conv1d(row_t, K_t), K_t)
Y_t[0, 0, 1].backward()
print("PyTorch:   ", row_t.grad[0, 0].numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

row_k, K_k = tf.Variable(tf.zeros((1, 7, 1))), tf.ones((3, 1, 1))
with tf.GradientTape() as tape:
    Y_k = tf.nn.conv1d(tf.nn.conv1d(row_k, K_k, 1, "VALID"), K_k, 1, "VALID")
    one = Y_k[0, 1, 0]
seen_k = tape.gradient(one, row_k)[0, :, 0].numpy()
print("TensorFlow:", seen_k)

# %% tags=["check", "torch", "tensorflow"]
# The same five pixels in all three
expected = [0, 1, 2, 3, 2, 1, 0]
assert stack.backward(np.array([[[0.0, 1, 0]]])).ravel().tolist() == expected
assert row_t.grad[0, 0].tolist() == seen_k.tolist() == expected
print("checked: NumPy, PyTorch and TensorFlow see the same five of seven pixels")

# %% [markdown]
# ## Summary
#
# - A filter answers most strongly to a window that looks like it. A picture of filters needs the one from before training
#   beside it.
# - $r \leftarrow r + (k - 1)\, v$, then $v \leftarrow s\, v$: what a number can see. The gradient tells what counts: the middle.
# - The windows that excite a map show what it looks for, in extreme cases.
#
# ## Common mistakes
#
# - **A story told from filters** that looked the same before training.
# - **The jump updated too early**: in (1) the field grows by the *old* jump, then the jump grows.
# - **"It sees the whole image"** from the formula: the border of a field may count next to nothing.
#
# ## Quick questions
#
# 1. Three layers with kernel 3 and stride 2 each. How large is the field?
#
#    <details><summary><b>Answer</b></summary>
#
#    The jumps are $1, 2, 4$, so $1 + 2 + 4 + 8 = 15$.
#
#    </details>
# 2. Two kernels, $(1, 0)$ and $(10, 0)$. Do they look for different things?
#
#    <details><summary><b>Answer</b></summary>
#
#    No: they have the same direction. The second answers ten times as loudly.
#
#    </details>
# 3. A layer with kernel 1 is put between two others. How does the field change?
#
#    <details><summary><b>Answer</b></summary>
#
#    Not at all: $k - 1 = 0$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that the bright part of the field grows like the square root of the number of layers.
#
# <details><summary><b>Outline</b></summary>
#
# A way takes one step of $-1$, $0$ or $1$ in each layer. Draw a way at random: its end is a sum of independent steps, each of mean $0$ and
# variance $2/3$. After 20 layers the variance is four times that after 5, so the spread is twice as wide.
#
# </details>

# %% [markdown]
# **Try.** Freeze the first layer: set its two gradients to zero at each step, and train. How much worse does the network
# get, over three seeds?
#
# <details><summary><b>Outline</b></summary>
#
# Wrap `loss`: return its gradients with the first two multiplied by $0$. Compare the mean of three seeds with the same three seeds
# trained in full. A difference that is smaller than the spread of the seeds is no difference that you have shown.
#
# </details>
#
# ## References
#
# - M. D. Zeiler, R. Fergus (2014). Visualizing and understanding convolutional networks. *ECCV*. arXiv:1311.2901
# - W. Luo, Y. Li, R. Urtasun, R. Zemel (2016). Understanding the effective receptive field in deep convolutional neural
#   networks. *NIPS*. arXiv:1701.04128
# - A. Araujo, W. Norris, J. Sim (2019). Computing receptive fields of convolutional neural networks. *Distill*.
#   doi:10.23915/distill.00021
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
