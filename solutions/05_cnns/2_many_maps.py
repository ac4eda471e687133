# %% [markdown]
# # Many maps
#
# {{about}}
#
# **After this lesson you can**
#
# - run one kernel over an image of several channels, and several kernels over one image,
# - count the outputs, weights and multiplications of any convolutional layer,
# - say where a network keeps its weights, and where it spends its time,
# - pool a map by hand, and say what pooling keeps and what it loses,
# - turn seven loops into one matrix product, and say why that is fast.
#
# **You need** one kernel on one image (the lesson before this one).

# %% [markdown]
# ## A kernel has a table for each channel
#
# A colour picture has three numbers for each pixel: three **[[channels|channel]]**. A kernel then has three tables, one for
# each channel. Each table walks over its own channel. The results are added, so *one* map comes out.
#
# Two channels of $2 \times 2$ pixels, and a kernel of the same size:
#
# $$\begin{pmatrix} 1&2\\ 3&4 \end{pmatrix}, \begin{pmatrix} 5&0\\ 0&5 \end{pmatrix} \quad\text{and}\quad
# \begin{pmatrix} 1&0\\ 0&1 \end{pmatrix}, \begin{pmatrix} 1&1\\ -1&-1 \end{pmatrix}.$$
#
# The first channel gives $1 + 4 = 5$, the second $5 + 0 - 0 - 5 = 0$. The map has one number, $5 + 0 = 5$.
#
# To get more maps, take more kernels. Each has its own weights and one bias, which is added to its whole map. With the
# maps counted by $o$ and the channels by $c$,
#
# $$Y_{oij} = b_o + \sum_{c} \sum_{p} \sum_{q} X_{c,\; i+p,\; j+q} \; K_{ocpq}. \tag{1}$$
#
# Here $o$ is the index of a map, and here $Y$ is all maps together. The maps are the channels that the next layer sees: a
# layer turns channels into channels.

# %%
import numpy as np

X = np.array([[[1, 2], [3, 4]], [[5, 0], [0, 5]]])
K = np.array([[[1, 0], [0, 1]], [[1, 1], [-1, -1]]])
for channel, table in zip(X, K, strict=True):
    print("one channel:", np.sum(channel * table))
print("the map:", np.sum(X * K))

# %% [markdown]
# ## Count it
#
# A layer of $O$ kernels of $k \times k$ on $C$ channels has
#
# $$O\,(C\,k^2 + 1) \text{ weights and biases, and needs } C\,k^2 \text{ multiplications for each number of its maps.} \tag{2}$$
#
# Here $O$ and $C$ are the numbers of maps and channels.
#
# Take a network that many tutorials build for images of $28 \times 28$: 32 kernels of $3 \times 3$, ReLU, pooling in
# windows of $2 \times 2$, 64 kernels of $3 \times 3$, ReLU, pooling, a dense layer with 128 units, ReLU, and a
# dense layer with 10. Pooling halves the sides, rounded down (next section): 28, 26, 13, 11, 5.
# The first dense layer sees $64$ maps of $5 \times 5$. It is a convolution too, with kernels as large as the maps: one
# window fits.
#
# **Predict.** Which of its four layers with weights has the most of them? And which one multiplies most?

# %%
layers = {
    "conv 32": {"maps": 32, "side": 26, "channels": 1, "k": 3},
    "conv 64": {"maps": 64, "side": 11, "channels": 32, "k": 3},
    "dense 128": {"maps": 128, "side": 1, "channels": 64, "k": 5},
    "dense 10": {"maps": 10, "side": 1, "channels": 128, "k": 1},
}
for name, a in layers.items():
    per_number = a["channels"] * a["k"] ** 2
    numbers = a["maps"] * a["side"] ** 2
    a["weights"] = a["maps"] * (per_number + 1)
    a["products"] = numbers * per_number
    print(f"{name:10} {numbers:6} numbers {a['weights']:7} weights", end="")
    print(f" {a['products']:8} multiplications")

# %% tags=["draw"]
# Weights and multiplications side by side
from gdcourse import plots

fig, axes = plots.figure(2, width=7.0, height=2.6, sharey=True)
for ax, what, title in zip(
    axes, ("weights", "products"), ("weights", "multiplications"), strict=True
):
    bars = ax.barh(list(layers), [a[what] for a in layers.values()])
    ax.bar_label(bars, [f"{a[what]:,}" for a in layers.values()], padding=3)
    ax.set(title=title, xticks=[])
    ax.margins(x=0.35)
    ax.grid(False)
axes[0].invert_yaxis()
plots.show(
    fig,
    alt="Two bar charts of four layers. Weights: 320, 18,496, 204,928 and 1,290; the "
    "first dense layer has most. Multiplications: 194,688, 2,230,272, 204,800 and 1,280; "
    "the second convolution has most.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The first dense layer holds $204{,}928$ of the $225{,}034$ weights, nine tenths. The second convolution does
# $2{,}230{,}272$ of the $2{,}631{,}040$ multiplications, more than eight tenths: its few weights are used at $121$
# places each. **Here the dense layer holds the weights, and a convolution does the work.**
#
# </details>
#
# Count any network of such layers in {{exercise:layer_costs}}.

# %% tags=["check"]
# The counts, against the course's own network
from gdcourse.models.numpy import cnn

sizes = [p.size for p in cnn().params]
assert [w + b for w, b in zip(sizes[::2], sizes[1::2], strict=True)] == [
    a["weights"] for a in layers.values()
]
assert sum(a["weights"] for a in layers.values()) == 225_034
assert sum(a["products"] for a in layers.values()) == 2_631_040
assert 204_928 / 225_034 > 0.9 and 2_230_272 / 2_631_040 > 0.8 and 11**2 == 121
assert layers["dense 128"]["weights"] == 204_928
assert layers["conv 64"]["products"] == 2_230_272
assert max(layers, key=lambda name: layers[name]["weights"]) == "dense 128"
assert max(layers, key=lambda name: layers[name]["products"]) == "conv 64"
assert [np.sum(c * t) for c, t in zip(X, K, strict=True)] == [5, 0]
assert np.sum(X * K) == 5 and [a["products"] for a in layers.values()][::2] == [
    194_688,
    204_800,
]
assert layers["conv 64"]["weights"] == 18_496
assert layers["dense 10"]["products"] == 1_280
assert layers["conv 32"]["weights"] == 320 and layers["dense 10"]["weights"] == 1_290
print("checked: weights against a real network, multiplications by counting")

# %% [markdown]
# ## Pooling: one number for a window
#
# [[Pooling|pooling]] cuts each map into windows, here of $2 \times 2$ without overlap, and keeps one number of each.
# **Max pooling** keeps the largest, **mean pooling** the mean. It has no weights.
#
# **Predict.** Pool this map of $4 \times 4$ by hand, both ways.

# %%
A = np.array([[1, 3, 0, 0], [2, 2, 0, 4], [0, 8, 1, 1], [0, 0, 1, 1]])


def windows(A, k):
    h, w = A.shape[0] // k, A.shape[1] // k
    # window's row and column, then the row and column within it
    return A.reshape(h, k, w, k).swapaxes(1, 2)


print("max:\n", windows(A, 2).max(axis=(2, 3)))
print("mean:\n", windows(A, 2).mean(axis=(2, 3)))

# %% tags=["draw"]
# The map and both pooled maps
plots.show(
    plots.arrays(
        [
            ("map", A),
            "→",
            ("max", windows(A, 2).max(axis=(2, 3))),
            "or",
            ("mean", windows(A, 2).mean(axis=(2, 3))),
        ],
        marked={
            "map": [(2, 0), (2, 1), (3, 0), (3, 1)],
            "max": [(1, 0)],
            "mean": [(1, 0)],
        },
    ),
    alt="A 4 by 4 map; its max pooling with rows 3 4 and 8 1; its mean pooling with rows "
    "2 1 and 2 1. The lower left window, which holds an 8 and three zeros, is shaded.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Max: $3, 4$ and $8, 1$. Mean: $2, 1$ and $2, 1$. The lower left window holds one strong answer, $8$, and three zeros. Max
# keeps it. The mean cannot tell it from a window of four twos.
#
# </details>
#
# What for? The next layer has a quarter of the numbers to look at, and each of its windows covers about twice as much
# of the image in each direction. And a feature may move a little: while the $8$ stays within its window, the pooled map
# does not change.
#
# That is often told as "pooling makes a network indifferent to small shifts". Look closer.
#
# **Predict.** A row of a map is $0, 0, 7, 0, 0, 0$, pooled in pairs. Move the $7$ by one to the right, and then by
# one more. Which moves change the pooled row?

# %%
row = np.array([0, 0, 7, 0, 0, 0])
for move in range(3):
    moved = np.roll(row, move)
    print(moved, "->", moved.reshape(3, 2).max(axis=1))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The first does not, the second does: the $7$ crosses a border between windows. So a shift by one is forgotten where it
# stays inside a window, and becomes a shift by a whole window where it does not.
#
# </details>

# %% tags=["check"]
# Pooling by hand
assert windows(A, 2).max(axis=(2, 3)).tolist() == [[3, 4], [8, 1]]
assert windows(A, 2).mean(axis=(2, 3)).tolist() == [[2, 1], [2, 1]]
pooled = [np.roll(row, move).reshape(3, 2).max(axis=1).tolist() for move in range(3)]
assert pooled == [[0, 7, 0], [0, 7, 0], [0, 0, 7]]
print("checked: both poolings, and one shift that is forgotten and one that is not")

# %% [markdown]
# ## Seven loops
#
# For a whole batch, formula (1) has seven indices: image, map, row, column, channel, and two within the kernel. Written
# as it stands:


# %%
def convolve_loops(X, K, b):
    (N, C, H, W), (O, _, k, _) = X.shape, K.shape
    Y = np.zeros((N, O, H - k + 1, W - k + 1))
    for n, o, i, j in np.ndindex(Y.shape):  # four loops
        total = b[o]
        for c, p, q in np.ndindex(C, k, k):  # and three more
            total += X[n, c, i + p, j + q] * K[o, c, p, q]
        Y[n, o, i, j] = total
    return Y


# %% [markdown]
# This is clear, and slow: Python does one multiplication at a time. A matrix product does the same multiplications in
# compiled code that keeps the processor busy. So build two matrices whose product is the answer:
#
# - one row for each *window*, its $C\,k^2$ numbers side by side,
# - one column for each *kernel*, its $C\,k^2$ numbers in the same order.
#
# Row times column is window times kernel, summed: formula (1).


# %%
def convolve(X, K, b):
    k = K.shape[2]
    # image, channel, row and column of a window; then row and column within it
    seen = np.lib.stride_tricks.sliding_window_view(X, (k, k), axis=(2, 3))
    seen = seen.transpose(0, 2, 3, 1, 4, 5)  # image, row, column; then the window
    rows = seen.reshape(-1, K[0].size)
    Y = rows @ K.reshape(len(K), -1).T + b
    return Y.reshape(*seen.shape[:3], len(K)).transpose(0, 3, 1, 2)


# %% [markdown]
# A pixel stands in up to $k^2$ windows, so the matrix of windows is up to $k^2$ times as large as the images: memory is what
# the speed costs. Below, both run on a batch of 16 digits with 8 kernels. The picture shows the matrix of windows of one small image.

# %%
from time import perf_counter

from gdcourse.datasets import digits

rng = np.random.default_rng(0)
images = digits(images=True).X[:16]
kernels, biases = rng.normal(size=(8, 1, 3, 3)), rng.normal(size=8)
seconds = []
for function in (convolve_loops, convolve):
    begin = perf_counter()
    maps = function(images, kernels, biases)
    seconds.append(perf_counter() - begin)
print(
    "maps:", maps.shape, " more than ten times as fast:", seconds[0] > 10 * seconds[1]
)

# %% tags=["draw"]
# The windows of a small image as rows, and one kernel as a column
small = np.arange(1, 10).reshape(3, 3)
rows = np.lib.stride_tricks.sliding_window_view(small, (2, 2)).reshape(4, 4)
column = np.array([[1], [0], [0], [10]])
plots.show(
    plots.arrays(
        [
            ("image", small),
            "→",
            ("windows", rows),
            "·",
            ("kernel", column),
            "=",
            ("map", rows @ column),
        ],
        marked={
            "image": [(0, 1), (0, 2), (1, 1), (1, 2)],
            "windows": [(1, j) for j in range(4)],
            "map": [(1, 0)],
        },
    ),
    alt="An image with the numbers 1 to 9; its four windows as the rows 1 2 4 5, 2 3 5 6, "
    "4 5 7 8 and 5 6 8 9; a kernel as the column 1 0 0 10; and the map 51, 62, 84, 95. The "
    "second window is shaded in all of them.",
)

# %% tags=["check"]
# Loops, product and the course's own layer
from gdcourse.layers.loops import conv2d_loops

assert np.allclose(convolve(images, kernels, biases), maps, atol=1e-12)
assert np.allclose(convolve_loops(images, kernels, biases), maps, atol=1e-12)
assert np.allclose(conv2d_loops(images, kernels, biases), maps, atol=1e-12)
assert (rows @ column).ravel().tolist() == [51, 62, 84, 95] and rows[1].tolist() == [
    2,
    3,
    5,
    6,
]
assert 16 * (3 * 25 + 1) == 1216 and round(1 / 64 + 1 / 9, 3) == 0.127
assert round(256 * 36 * 9 * 8 / 1e6, 1) == 0.7  # megabytes of float64
assert maps.shape == (16, 8, 6, 6) and seconds[0] > 10 * seconds[1]
assert (6 * 6 * 9) / (8 * 8) == 5.0625  # for small images the border keeps it below 9
print("checked: seven loops and one product give the same maps")

# %% [markdown]
# ## In three frameworks
#
# The same layer, with the same weights. PyTorch keeps kernels as (maps, channels, rows, columns), Keras as (rows, columns,
# channels, maps), and its images have their channels last.

# %% tags=["torch"]
import torch

layer_t = torch.nn.Conv2d(1, 8, 3, dtype=torch.float64)
with torch.no_grad():
    layer_t.weight.copy_(torch.from_numpy(kernels))
    layer_t.bias.copy_(torch.from_numpy(biases))
    maps_t = layer_t(torch.from_numpy(images)).numpy()
print("PyTorch:", maps_t.shape)

# %% tags=["tensorflow"]
import keras

layer_k = keras.layers.Conv2D(8, 3, dtype="float64")
layer_k.build((None, 8, 8, 1))
layer_k.set_weights([kernels.transpose(2, 3, 1, 0), biases])
maps_k = layer_k(images.transpose(0, 2, 3, 1)).numpy()
print("Keras:  ", maps_k.shape)

# %% tags=["check", "torch", "tensorflow"]
# The same maps in all three
assert np.allclose(maps_t, maps, atol=1e-12)
assert np.allclose(maps_k.transpose(0, 3, 1, 2), maps, atol=1e-12)
assert layer_k.count_params() == sum(p.numel() for p in layer_t.parameters()) == 80
print("checked: NumPy, PyTorch and Keras, 80 weights and equal maps")

# %% [markdown]
# ## Summary
#
# - A kernel spans all channels of its input and makes one map. Many kernels make many maps, the channels of the next layer.
# - $O\,(C k^2 + 1)$ weights and biases; $C k^2$ multiplications for each number. In our network a dense layer holds the
#   weights, and a convolution does the work.
# - Pooling keeps one number of each window: fewer numbers, a wider view, and a little freedom to move.
# - Windows as rows, kernels as columns, one product: the same sums, much faster, for more memory.
#
# ## Common mistakes
#
# - **One kernel table for all channels.** Each channel has its own.
# - **A bias for each pixel.** There is one for each map.
# - **The pooling formula with one index.** A window of $k \times k$ has $k^2$ entries, and each map is pooled by itself.
# - **Rows and columns in two orders**: windows sorted (channel, row, column) and kernels sorted (row, column, channel)
#   multiply without an error, and wrongly.
#
# ## Quick questions
#
# 1. A colour picture, 16 kernels of $5 \times 5$. How many weights and biases?
#
#    <details><summary><b>Answer</b></summary>
#
#    $16\,(3 \cdot 25 + 1) = 1216$.
#
#    </details>
# 2. The picture grows to twice the height and width. What happens to the weights of this layer, and to its
#    multiplications?
#
#    <details><summary><b>Answer</b></summary>
#
#    The weights stay. The multiplications become about four times as many.
#
#    </details>
# 3. What does a kernel of $1 \times 1$ do on 64 channels?
#
#    <details><summary><b>Answer</b></summary>
#
#    It mixes the 64 numbers of each pixel into one, the same way at each pixel: a dense layer over channels.
#
#    </details>
# 4. Why is a window of four $-1$ pooled to $-1$ by both methods?
#
#    <details><summary><b>Answer</b></summary>
#
#    The largest of four equal numbers is that number, and so is their mean.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Split a kernel of $3 \times 3$ on $C$ channels with $O$ maps into two layers: first one kernel of $3
# \times 3$ for each channel alone, then $1 \times 1$ kernels that mix the channels. Count weights without biases, and
# find the factor that is saved for $C = O = 64$.
#
# <details><summary><b>Outline</b></summary>
#
# $9C + C\,O$ in place of $9\,C\,O$. The ratio is $1/O + 1/9$, for $64$ about $0.127$: one eighth. This is a depthwise
# separable convolution (Chollet 2017). In return there are layers that it cannot imitate.
#
# </details>

# %% [markdown]
# **Try.** Run `convolve` on the digits in `float32` and `float64`, and on 16, 64 and 256 images. How does the time
# grow? Where does it grow faster than the number of images, and what might be the reason?
#
# <details><summary><b>Outline</b></summary>
#
# In proportion, at first. The matrix of windows for 256 images of $8 \times 8$ holds $256 \cdot 36 \cdot 9$ numbers, 0.7 MB: when
# it outgrows the processor's cache, copying windows may take longer than multiplying them. `float32` halves it.
#
# </details>
#
# ## References
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). Gradient-based learning applied to document recognition.
#   *Proceedings of the IEEE* 86, 2278–2324. doi:10.1109/5.726791
# - K. Chellapilla, S. Puri, P. Simard (2006). High performance convolutional neural networks for document processing.
#   *Tenth International Workshop on Frontiers in Handwriting Recognition*.
# - F. Chollet (2017). Xception: deep learning with depthwise separable convolutions. *CVPR*. arXiv:1610.02357
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
