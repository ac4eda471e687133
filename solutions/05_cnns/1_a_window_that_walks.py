# %% [markdown]
# # A window that walks
#
# {{about}}
#
# **After this lesson you can**
#
# - convolve a small image with a small kernel by hand,
# - say what a kernel looks for, from its numbers,
# - work out how large the result is, with padding and with a stride,
# - write a convolution as one matrix, and say which of its weights are shared,
# - tell convolution from cross-correlation, and say when that matters.
#
# **You need** matrix products, and what a dense layer computes (unit 02).

# %% [markdown]
# ## One window after the other
#
# An image is a table of numbers. Here is one of $4 \times 4$ pixels, dark (0) on the left and bright (1) on the right.
# The border between the two is a staircase:
#
# $$\begin{pmatrix} 0&0&1&1\\ 0&0&1&1\\ 0&1&1&1\\ 1&1&1&1 \end{pmatrix}, \qquad
# \text{and a smaller table, the kernel:} \quad \begin{pmatrix} -1&1\\ -1&1 \end{pmatrix}.$$
#
# Lay the [[kernel]] on the upper left corner. It covers a window of $2 \times 2$ pixels, all $0$. Multiply each
# pixel by the number on top of it, and add: the result is $0$. Move the kernel one pixel to the right. The window is now
# $\begin{pmatrix} 0&1\\ 0&1 \end{pmatrix}$, and the sum is $-0 + 1 - 0 + 1 = 2$. One more to the right, and the
# window is all ones: $-1 + 1 - 1 + 1 = 0$. That is the first row of the result: $0, 2, 0$.
#
# **Predict.** Move the kernel one row down and walk again. Which three numbers come out? Then do the last row.

# %%
import numpy as np

X = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1]])
upright = np.array([[-1, 1], [-1, 1]])


# %%
def convolve(X, K):
    k = len(K)
    Y = np.zeros((len(X) - k + 1, len(X[0]) - k + 1))
    for i in range(len(Y)):
        for j in range(len(Y[0])):
            Y[i, j] = np.sum(X[i : i + k, j : j + k] * K)
    return Y


Y = convolve(X, upright)
print(Y)

# %% tags=["draw"]
# The image, the kernel and what comes out, with one window shaded
from gdcourse import plots

plots.show(
    plots.arrays(
        [("image", X), "∗", ("kernel", upright), "=", ("result", Y)],
        marked={"image": [(0, 1), (0, 2), (1, 1), (1, 2)], "result": [(0, 1)]},
        title="one window, one number",
    ),
    alt="The 4 by 4 image, the 2 by 2 kernel and the 3 by 3 result with rows 0 2 0, "
    "1 1 0 and 1 0 0. The window in rows 0 and 1, columns 1 and 2 is shaded, and so is "
    "its number, 2.",
)


# %% tags=["draw"]
# A film of the window's walk over the staircase
def window_at(place):
    i, j = divmod(place, 3)
    inside = [(i + p, j + q) for p in range(2) for q in range(2)]
    so_far = np.where(np.arange(9).reshape(3, 3) <= place, Y, np.nan)
    told = f"row {i}, column {j}: the window gives {Y[i, j]:g}"
    parts = [("image", X), "∗", ("kernel", upright), "=", ("result", so_far)]
    return plots.arrays(parts, marked={"image": inside, "result": [(i, j)]}, title=told)


plots.show(
    plots.film(window_at, range(9), seconds=14),
    alt="The end of the walk: the window in rows 2 and 3, columns 2 and 3 of the image "
    "gives the last number, 0, and the result is full. The film shows all nine places, "
    "row by row, and fills one number of the result at each.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The second row is $1, 1, 0$, the third $1, 0, 0$. In the second row, the first window is
# $\begin{pmatrix} 0&0\\ 0&1 \end{pmatrix}$: the border crosses it in one of two rows, so the sum is $1$.
#
# </details>

# %% [markdown]
# Read the result as a picture. It is $0$ wherever the image does not change from left to right. It is large where dark
# turns bright. The kernel subtracts the left from the right, so it *looks for upright edges*. The result is called
# a [[feature map]]: a map that says where the feature is.
#
# Here $Y$ is the map of the image $X$, and $p$ and $q$ count the rows and columns of the kernel $K$. The code says
#
# $$Y_{ij} = \sum_{p} \sum_{q} X_{i+p,\; j+q} \; K_{pq}. \tag{1}$$
#
# Row $i$ and column $j$ of the map begin at $0$, and so do $p$ and $q$.
#
# **Predict.** Turn the kernel: $\begin{pmatrix} -1&-1\\ 1&1 \end{pmatrix}$. What does it look for? What is
# the first row of its map?

# %%
lying = upright.T
print(convolve(X, lying))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It subtracts the upper row from the lower, so it looks for edges that lie. The first two rows of the image are the same:
# the first row of the map is $0, 0, 0$. The steps of the staircase show in the other two.
#
# </details>

# %% tags=["check"]
# The numbers of this section
assert Y.tolist() == [[0, 2, 0], [1, 1, 0], [1, 0, 0]]
assert convolve(X, lying).tolist() == [[0, 0, 0], [1, 1, 0], [1, 0, 0]]
assert X[1:3, :2].tolist() == [[0, 0], [0, 1]] and X[:2, 1:3].tolist() == [
    [0, 1],
    [0, 1],
]
assert lying.tolist() == [[-1, -1], [1, 1]]
print("checked: both maps, number by number")

# %% [markdown]
# ## A real picture
#
# Both kernels on a handwritten digit of $8 \times 8$ pixels, from scikit-learn. Red is a positive number, blue a negative
# one: dark to bright, and bright to dark.

# %%
from gdcourse.datasets import digits

seven = digits(images=True).X[7, 0]
maps = [convolve(seven, upright), convolve(seven, lying)]

# %% tags=["draw"]
# The digit beside its two maps
fig, axes = plots.figure(3, width=7.0, height=2.5)
for ax, image, name in zip(
    axes, [seven, *maps], ["a digit", "upright", "lying"], strict=True
):
    scale = (0, 1, "gray") if name == "a digit" else (-2, 2, "RdBu_r")
    shown = ax.imshow(image, vmin=scale[0], vmax=scale[1], cmap=scale[2])
    ax.set(title=name, xticks=[], yticks=[])
    ax.grid(False)
fig.colorbar(shown, ax=axes[-1], shrink=0.8)
plots.show(
    fig,
    alt="A handwritten seven. Each row of the upright kernel's map begins red, on the "
    "left of a stroke, and ends blue, on the right of one. The lying kernel's map has a "
    "red band above the stroke in the middle and a blue one below it.",
)


# %% [markdown]
# ## Few weights, used everywhere
#
# You could also compute the map by a dense layer: stack the $16$ pixels into one vector, and multiply it by a matrix
# with a row for each of the $9$ results. Each row holds the four numbers of the kernel, in the places that its window
# covers, and zeros elsewhere.


# %%
def as_matrix(K, h, w):
    rows = []
    for i in range(h - len(K) + 1):
        for j in range(w - len(K) + 1):
            row = np.zeros((h, w))
            row[i : i + len(K), j : j + len(K)] = K
            rows.append(row.ravel())
    return np.array(rows)


C = as_matrix(upright, 4, 4)
print("same numbers:", np.array_equal(C @ X.ravel(), Y.ravel()), " shape:", C.shape)

# %% tags=["draw"]
# The matrix of the kernel's walk
fig, ax = plots.figure(width=6.2, height=3.4)
shown = ax.imshow(C, cmap="RdBu_r", vmin=-2, vmax=2)
ax.set(xlabel="pixel of the image", ylabel="number of the map")
ax.set(title="the same four weights in each row", xticks=range(16), yticks=range(9))
ax.grid(False)
plots.show(
    fig,
    alt="A matrix of 9 rows and 16 columns. Each row has two blue and two red cells, in "
    "the same pattern, one column further right than in the row above, and two columns "
    "further where a new row of the map begins.",
)

# %% [markdown]
# So a convolution *is* a dense layer, with two rules that a free dense layer does not have:
#
# - **Local**: a number of the map depends on the pixels of its window alone. The other weights are zero.
# - **Shared**: all windows use the same weights.
#
# **Predict.** A map of $6 \times 6$ is made from an image of $8 \times 8$. How many weights has a dense layer for that, and
# how many has a kernel of $3 \times 3$? (Leave biases out.)

# %%
print("dense:", (8 * 8) * (6 * 6), " kernel:", 3 * 3)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $64 \cdot 36 = 2304$ against $9$. With $28 \times 28$ pixels and a map of $26 \times 26$ it is $529{,}984$ against $9$: the
# kernel does not grow with the image.
#
# </details>
#
# Sharing has a consequence that you can see. Move the image, and the map moves with it: an edge is found wherever it
# stands. A dense layer has to learn each place anew. That the map moves along is called [[equivariance]], and it holds away from the borders,
# where pixels leave the picture.

# %%
moved = np.roll(seven, 1, axis=1)
moved[:, 0] = 0
before, after = convolve(seven, upright), convolve(moved, upright)
print("moved with it:", np.array_equal(before[:, :-1], after[:, 1:]))

# %% tags=["check"]
# Matrix, counts, and the map that moves with its image
assert np.array_equal(C @ X.ravel(), Y.ravel()) and C.shape == (9, 16)
assert all(sorted(row)[:2] == [-1, -1] and sorted(row)[-2:] == [1, 1] for row in C)
starts = np.array([np.flatnonzero(row)[0] for row in C])
assert np.diff(starts).tolist() == [1, 1, 2, 1, 1, 2, 1, 1]
assert 64 * 36 == 2304 and (28 * 28) * (26 * 26) == 529_984
assert np.array_equal(before[:, :-1], after[:, 1:]) and before.any()
for row in maps[0]:
    ends = row[row != 0][[0, -1]]
    assert ends[0] > 0 > ends[1]
assert (maps[1][2] > 0).all() and (maps[1][4] <= 0).all() and np.abs(maps).max() <= 2
print("checked: one matrix, 9 weights for 2304, and equivariance on a digit")

# %% [markdown]
# ## Padding and stride
#
# The map is smaller than the image: a kernel of $k$ pixels fits into $h$ pixels at $h - k + 1$ places. Stack ten
# such layers with $k = 3$, and $20$ pixels are gone. Two remedies and a shortcut:
#
# - **[[padding]]**: put zeros around the image, here $a$ on each side. The image is then $h + 2a$ high.
# - **[[stride]]**: move the kernel by more than one pixel at a time, here by $s$. The map is then smaller by that factor.
#
# Count the places. The first window begins at $0$, the last one must end inside, so it begins at $h + 2a - k$ at the
# latest. Windows begin at $0, s, 2s, \ldots$ So there are
#
# $$\left\lfloor \frac{h + 2a - k}{s} \right\rfloor + 1 \tag{2}$$
#
# of them. Here $a$ and $s$ are the padding and the stride, and the brackets round down: a window that does not fit is
# left out, and so are the last pixels.
#
# **Predict.** An image is $8$ pixels high. How high is the map for (kernel 3, padding 1, stride 1), for (3, 0, 2), for
# (3, 1, 2) and for (5, 2, 1)?


# %%
def height(h, k, a, s):
    return (h + 2 * a - k) // s + 1


for k, a, s in [(3, 1, 1), (3, 0, 2), (3, 1, 2), (5, 2, 1)]:
    print(f"kernel {k}, padding {a}, stride {s}: {height(8, k, a, s)}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $8, 3, 4, 8$. An odd kernel with padding $(k - 1)/2$ and stride $1$ keeps the size. With (3, 0, 2) the windows
# begin at $0, 2, 4$, and the last row of pixels is never looked at.
#
# </details>
#
# Zeros around an image are not free: black is a colour, and the border of the picture becomes an edge.

# %% [markdown]
# ## Convolution or cross-correlation?
#
# In mathematics, a convolution flips the kernel first: upside down, and left to right. Formula (1) does not flip, and is
# called **cross-correlation**. What the frameworks call convolution is (1).
#
# Does it matter? Not to a layer that *learns* its kernel: it learns the flipped one, and the maps are the same. It
# matters when you take a kernel from a book, or a function from another library. NumPy has both, in one dimension;
# `same` keeps the length.

# %%
signal, k1 = np.array([0, 0, 1, 0, 0]), np.array([1, 2, 3])
print("correlate:", np.correlate(signal, k1, "same"))
print("convolve: ", np.convolve(signal, k1, "same"))

# %% [markdown]
# Convolution answers a single $1$ with the kernel as it is written, cross-correlation with the kernel reversed. A
# published tutorial writes $\sigma(W * x + b)$ with the sign of convolution; its code runs (1).

# %% tags=["check"]
# Sizes by counting windows, and both kinds of convolution against SciPy
from scipy.signal import convolve2d, correlate2d

for k, a, s, expected in [(3, 1, 1, 8), (3, 0, 2, 3), (3, 1, 2, 4), (5, 2, 1, 8)]:
    begins = [i for i in range(0, 8 + 2 * a, s) if i + k <= 8 + 2 * a]
    assert height(8, k, a, s) == expected == len(begins)
assert [i for i in range(0, 8, 2) if i + 3 <= 8] == [0, 2, 4]  # so rows 0 to 6 are seen
assert np.array_equal(convolve(seven, lying), correlate2d(seven, lying, "valid"))
assert np.array_equal(
    convolve(seven, lying[::-1, ::-1]), convolve2d(seven, lying, "valid")
)
assert np.correlate(signal, k1, "same").tolist() == [0, 3, 2, 1, 0]
assert np.convolve(signal, k1, "same").tolist() == [0, 1, 2, 3, 0]
print("checked: formula (2) by counting, formula (1) against SciPy")

# %% [markdown]
# {{exercise:conv2d}} asks for all of it: any size, padding, stride, and several channels, which the next lesson adds.

# %% [markdown]
# ## In three frameworks
#
# Both frameworks want a batch and channels: PyTorch (images, channels, rows, columns), TensorFlow (images, rows,
# columns, channels). Kernels have two more axes too, both 1 here (next lesson). Neither flips. We pad TensorFlow's
# image by hand; lesson 4 says why.

# %%
print(convolve(np.pad(X, 1), upright)[::2, ::2])

# %% tags=["torch"]
import torch
import torch.nn.functional as F

X_t, K_t = (torch.tensor(A, dtype=torch.float64)[None, None] for A in (X, upright))
Y_t = F.conv2d(X_t, K_t, padding=1, stride=2)[0, 0]
print(Y_t.numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

padded = tf.constant(np.pad(X, 1)[None, :, :, None], tf.float64)
K_k = tf.constant(upright[:, :, None, None], tf.float64)
Y_k = tf.nn.conv2d(padded, K_k, strides=2, padding="VALID")[0, :, :, 0]
print(Y_k.numpy())

# %% tags=["check", "torch", "tensorflow"]
# Ours with padding and stride, and theirs
ours = convolve(np.pad(X, 1), upright)[::2, ::2]
assert np.array_equal(ours, Y_t.numpy()) and np.array_equal(ours, Y_k.numpy())
assert ours.shape == (height(4, 2, 1, 2),) * 2
print("checked: NumPy, PyTorch and TensorFlow give the same map")

# %% [markdown]
# ## Summary
#
# - A kernel walks over the image. At each place, window times kernel, summed, is one number of the feature map.
# - It is a dense layer with local and shared weights: few of them, and what it finds moves with the image.
# - $\lfloor (h + 2a - k)/s \rfloor + 1$ windows fit. Padding keeps the size, a stride divides it.
# - Frameworks do not flip the kernel. Learning does not care; copying does.
#
# ## Common mistakes
#
# - **Flipping in one place only**: `scipy.signal.convolve2d` beside a framework gives other numbers.
# - **A window too few or too many**: `range(h - k)` leaves the last window out, `range(h)` runs over the border.
# - **Square by habit**: code that takes the height for the width works until an image is not square.
#
# ## Quick questions
#
# 1. What does the kernel $\begin{pmatrix} 0&0\\ 0&1 \end{pmatrix}$ do?
#
#    <details><summary><b>Answer</b></summary>
#
#    It copies the lower right pixel of each window: the map is the image without its first row and column.
#
#    </details>
# 2. All numbers of a kernel are $1/9$, it is $3 \times 3$. What is its map?
#
#    <details><summary><b>Answer</b></summary>
#
#    The mean of each window: a blurred image.
#
#    </details>
# 3. What does an edge kernel whose numbers add up to $0$ answer on a bright, even wall?
#
#    <details><summary><b>Answer</b></summary>
#
#    $0$. The same number times a sum of $0$: brightness alone does not count.
#
#    </details>
# 4. Image $32$ high, kernel $5$, stride $2$, no padding. How high is the map?
#
#    <details><summary><b>Answer</b></summary>
#
#    $\lfloor 27/2 \rfloor + 1 = 14$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Convolve first with $K_1$ and then with $K_2$, both $3 \times 3$, without anything between. Show that one
# kernel of $5 \times 5$ does the same, and count the weights.
#
# <details><summary><b>Outline</b></summary>
#
# Write (1) for the second map and put (1) of the first into it. Here $u$ and $v$ count within $K_1$. Pixel
# $X_{i+p+u,\, j+q+v}$ appears with the weight $K_1[u, v]\, K_2[p, q]$. Collect by $p + u$ and $q + v$, which run from
# $0$ to $4$. It is $25$ weights against $18$: without a bend between them, two layers are one, and a restricted one.
#
# </details>

# %% [markdown]
# **Try.** Make a kernel of $3 \times 3$ that finds strokes which rise from left to right, like "/". Look at its map of the
# seven. What must its numbers add up to?
#
# <details><summary><b>Outline</b></summary>
#
# Put $2$ on the diagonal from lower left to upper right and $-1$ elsewhere: $3 \cdot 2 - 6 = 0$. The sum should be $0$, or
# an even wall gives an answer too.
#
# </details>
#
# ## References
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). Gradient-based learning applied to document recognition.
#   *Proceedings of the IEEE* 86, 2278–2324. doi:10.1109/5.726791
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep Learning*, chapter 9. MIT Press.
# - V. Dumoulin, F. Visin (2016). A guide to convolution arithmetic for deep learning. arXiv:1603.07285
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
