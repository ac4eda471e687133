# %% [markdown]
# # Backwards through a convolution
#
# {{about}}
#
# **After this lesson you can**
#
# - work out the gradient for a kernel and for an image by hand,
# - say why the first is a cross-correlation, and the second a convolution with a flip,
# - write the backward pass of a convolution in four lines, for any stride,
# - run a gradient back through max pooling and mean pooling, with ties,
# - check all of it by difference quotients.
#
# **You need** a convolution by hand (the first lesson of this unit), and gradients that are added where a wire forks (unit 02).

# %% [markdown]
# ## Nothing new, used many times
#
# A convolution multiplies and adds. You know what a multiplication does to a gradient: each input gets the gradient times
# the *other* input. And you know that gradients are added where a value is used twice. In a convolution each weight is used in
# every window, and each pixel in several windows. The rest is bookkeeping.
#
# Take an image of $3 \times 3$, a kernel of $2 \times 2$, and so a map of $2 \times 2$:

# %%
import numpy as np

X = np.array([[1.0, 2, 0], [0, 1, 3], [2, 0, 1]])
K = np.array([[1.0, 0], [2, -1]])


def forward(X, K):
    k = len(K)
    Y = np.zeros((len(X) - k + 1, len(X[0]) - k + 1))
    for i, j in np.ndindex(Y.shape):
        Y[i, j] = np.sum(X[i : i + k, j : j + k] * K)
    return Y


print(forward(X, K))

# %% [markdown]
# Behind the map follow other layers and a loss $J$. They hand back a gradient for each number of the map,
# $D_{ij} = \partial J / \partial Y_{ij}$. Here $D$ is that table, and here $Y$ is the map. Let it be
#
# $$D = \begin{pmatrix} 1&0\\ 0&2 \end{pmatrix}.$$
#
# So two windows count: the upper left one with $1$, and the lower right one with $2$.
#
# ## The gradient for the kernel
#
# The upper left weight, $K_{00}$, was multiplied by $X_{00}$ in the first of these windows, and by $X_{11}$ in the other. Each
# use sends back the gradient times the pixel: $1 \cdot X_{00} + 2 \cdot X_{11} = 1 + 2 = 3$.
#
# **Predict.** Which gradients get the other three weights?

# %%
D = np.array([[1.0, 0], [0, 2]])

dK = np.zeros_like(K)
for i, j in np.ndindex(D.shape):
    dK += D[i, j] * X[i : i + 2, j : j + 2]
print(dK)

# %% tags=["draw"]
# Two windows, weighted and added
from gdcourse import plots

plots.show(
    plots.arrays(
        ["1 ·", ("window 0, 0", X[:2, :2]), "+ 2 ·", ("window 1, 1", X[1:, 1:])]
        + ["=", ("gradient for K", dK)],
        title="each window comes back, times the gradient of its number",
    ),
    alt="Once the window 1 2, 0 1 plus twice the window 1 3, 0 1 is 3 8, 0 3.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $K_{01}$: $1 \cdot 2 + 2 \cdot 3 = 8$. $K_{10}$: $1 \cdot 0 + 2 \cdot 0 = 0$. $K_{11}$: $1 \cdot 1 + 2 \cdot 1 = 3$. You
# add whole windows, each times the gradient of its number.
#
# </details>
#
# As a formula, for each place $p, q$ in the kernel:
#
# $$\frac{\partial J}{\partial K_{pq}} = \sum_{i} \sum_{j} D_{ij} \; X_{i+p,\; j+q}. \tag{1}$$
#
# Compare it with the forward pass, $Y_{ij} = \sum_p \sum_q K_{pq} X_{i+p,\,j+q}$. It is the same sum, with $D$ in the place of
# the kernel. **The gradient for the kernel is the image, cross-correlated with the gradients of the map.** The
# function `forward` computes it.

# %%
print(forward(X, D))

# %% [markdown]
# ## The gradient for the image
#
# Now ask the pixel in the middle, $X_{11}$. It stands in all four windows. In the upper left window it met $K_{11} = -1$, in
# the lower right one $K_{00} = 1$. So its gradient is $1 \cdot (-1) + 2 \cdot 1 = 1$.
#
# For the whole image: each window *stamps the kernel* on the place it looked at, times its gradient. Stamps that overlap are
# added.
#
# **Predict.** Stamp $1 \cdot K$ on the upper left and $2 \cdot K$ on the lower right of a table of zeros. What is
# the result?

# %%
dX = np.zeros_like(X)
for i, j in np.ndindex(D.shape):
    dX[i : i + 2, j : j + 2] += D[i, j] * K
print(dX)

# %% tags=["draw"]
# Two stamps and their sum
stamps = []
for i, j in ((0, 0), (1, 1)):
    stamps.append(np.zeros((3, 3)))
    stamps[-1][i : i + 2, j : j + 2] = D[i, j] * K
plots.show(
    plots.arrays(
        [("1 · K, upper left", stamps[0]), "+", ("2 · K, lower right", stamps[1])]
        + ["=", ("gradient for X", dX)],
        marked={
            "1 · K, upper left": [(0, 0), (0, 1), (1, 0), (1, 1)],
            "2 · K, lower right": [(1, 1), (1, 2), (2, 1), (2, 2)],
        },
    ),
    alt="Two tables of 3 by 3 with the kernel stamped on the upper left, and twice the "
    "kernel on the lower right. Their sum has the rows 1 0 0, 2 1 0 and 0 4 -2.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $\begin{pmatrix} 1&0&0\\ 2&1&0\\ 0&4&-2 \end{pmatrix}$. The stamps overlap in the middle only: $-1 + 2 = 1$.
#
# </details>
#
# You can also stand on a pixel and look around, as the forward pass does. Pixel $X_{uv}$ meets $K_{pq}$ in the window that
# begins at $u - p, v - q$. Here $u$ and $v$ are its row and column:
#
# $$\frac{\partial J}{\partial X_{uv}} = \sum_{p} \sum_{q} D_{u-p,\; v-q} \; K_{pq}, \tag{2}$$
#
# where $D$ is $0$ outside. The signs are minus: walking right in the kernel is walking left in $D$. That is a
# **convolution** in the strict sense, with the flip. Put $p = k - 1 - p'$ into (2), and $q$ likewise: the signs become
# plus, and the kernel is read backwards. So to compute it with `forward`, flip the kernel yourself, and put $k - 1$
# zeros around $D$:

# %%
print(forward(np.pad(D, 1), K[::-1, ::-1]))

# %% [markdown]
# There is a short way to see the flip coming. The forward pass is a matrix, $y = C x$, with the kernel's weights in
# each row. Backwards, a matrix product becomes the transpose: the gradient for $x$ is $C^T$ times that for $y$. Here
# $C$ is the matrix built as in the first lesson. The middle pixel's column holds the kernel in reverse order.

# %% tags=["check"]
# Both gradients: by hand, by formula, by matrix, by differences
from gdcourse.gradients import central_difference

assert dK.tolist() == [[3, 8], [0, 3]] and dX.tolist() == [
    [1, 0, 0],
    [2, 1, 0],
    [0, 4, -2],
]
assert np.array_equal(forward(X, D), dK)
assert np.array_equal(forward(np.pad(D, 1), K[::-1, ::-1]), dX)
units = np.eye(9).reshape(9, 3, 3)
C = np.stack([forward(unit, K).ravel() for unit in units], axis=1)
assert np.array_equal((C.T @ D.ravel()).reshape(3, 3), dX) and C.shape == (4, 9)
by_K = central_difference(lambda v: np.sum(D * forward(X, v)), K)
by_X = central_difference(lambda v: np.sum(D * forward(v, K)), X)
assert np.allclose(by_K, dK, atol=1e-8) and np.allclose(by_X, dX, atol=1e-8)
assert list(C[:, 4]) == list(K[::-1, ::-1].ravel())  # the middle pixel's column
print("checked: both gradients, four ways each")

# %% [markdown]
# ## The backward pass, to write from memory
#
# Forward: window times kernel, summed. Backward: the window goes to the kernel, the kernel goes to the window, each
# times the gradient. With a stride $s$, windows begin at $s\,i$ and $s\,j$. Nothing else changes.


# %%
def backward(X, K, D, stride=1):
    dX, dK, k = np.zeros_like(X), np.zeros_like(K), len(K)
    for i, j in np.ndindex(D.shape):
        top, left = i * stride, j * stride
        dK += D[i, j] * X[top : top + k, left : left + k]
        dX[top : top + k, left : left + k] += D[i, j] * K
    return dX, dK


dX, dK = backward(X, K, D)
print(dK)

# %% [markdown]
# With padding, run this on the padded image, then cut the border off `dX`: zeros that you added are no
# parameters. With channels and several maps, the windows get a channel axis, and all maps add their stamps. The bias of a map is
# added at each place, so its gradient is the sum of $D$. That is {{exercise:conv2d_backward}}.
#
# **Predict.** The stride is $2$ and the kernel $2 \times 2$ on an image of $5 \times 5$. Which pixels get a gradient of zero
# whatever $D$ is?

# %%
image = np.arange(25.0).reshape(5, 5)
print(backward(image, np.ones((2, 2)), np.ones((2, 2)), stride=2)[0])

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Two windows fit in each direction: they cover rows and columns $0$ to $3$. The last row and the last column are in no window. The loss does not
# depend on them.
#
# </details>

# %% [markdown]
# ## Backwards through pooling
#
# **Mean pooling** of $2 \times 2$ multiplies each entry by $1/4$ and adds. Backwards, each entry gets a quarter of the gradient.
#
# **Max pooling** is a switch: the gradient goes to the entry that won, whole. The others get $0$: moving one of them a little
# changes nothing.
#
# **Predict.** The window $\begin{pmatrix} 3&1\\ 2&3 \end{pmatrix}$ is pooled to $3$, and the gradient $8$ comes back. Who
# gets it?


# %%
def maxpool_backward(window, d):
    winner = np.zeros_like(window)
    winner.flat[np.argmax(window)] = d  # the first of the largest
    return winner


print(maxpool_backward(np.array([[3.0, 1], [2, 3]]), 8))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# There are two winners. The maximum has a kink here: raise either $3$, and it rises by as much; lower one, and nothing
# happens. All ways to split the $8$ into two shares of at least $0$ are [[subgradients|subgradient]]: $8$ and $0$, $4$
# and $4$. PyTorch and TensorFlow give it to the first, on the processor. A difference quotient would give $4$ to each.
#
# </details>
#
# Ties are not rare: behind a ReLU, many windows hold four zeros. There the choice does not matter to what lies before the
# ReLU, whose gradient is $0$ anyway. {{exercise:maxpool_backward}} accepts any split.

# %% tags=["check"]
# Strides, pooling and ties
dX5 = backward(image, np.ones((2, 2)), np.ones((2, 2)), stride=2)[0]
assert (dX5[4] == 0).all() and (dX5[:, 4] == 0).all() and (dX5[:4, :4] == 1).all()


def strided(v, K=K):
    return np.sum(D * forward(v, K)[::2, ::2])


wide = np.random.default_rng(0).normal(size=(4, 4))
assert np.allclose(
    central_difference(strided, wide), backward(wide, K, D, 2)[0], atol=1e-8
)
by_kernel = central_difference(lambda v: strided(wide, v), K)
assert np.allclose(by_kernel, backward(wide, K, D, 2)[1], atol=1e-8)
tie = np.array([[3.0, 1], [2, 3]])
assert np.allclose(central_difference(lambda v: 8 * v.max(), tie), [[4, 0], [0, 4]])
assert maxpool_backward(tie, 8).tolist() == [[8, 0], [0, 0]]
assert np.allclose(central_difference(lambda v: 8 * v.mean(), tie), 2)

edge = np.array([[-1.0, 1], [-1, 1]])  # the last question


def find(image, kernel, steps):
    for _ in range(steps):
        error = forward(image, kernel) - forward(image, edge)
        kernel = kernel - 0.01 * backward(image, kernel, error)[1]
    return kernel


for seed in range(5):
    drawn = np.random.default_rng(seed).uniform(size=(8, 8))
    assert np.allclose(find(drawn, np.zeros((2, 2)), 300), edge, atol=1e-3)
    assert not np.allclose(find(drawn, np.zeros((2, 2)), 100), edge, atol=1e-2)
flat = np.ones((8, 8))
assert not forward(flat, edge).any() and not find(flat, np.zeros((2, 2)), 10).any()
moved = find(flat, K, 100) - K
assert np.ptp(moved) < 1e-12 and abs(moved).min() > 0.1
print("checked: stride 2, pooling with a tie by difference quotients, a kernel found")

# %% [markdown]
# ## In three frameworks
#
# Autograd and the tape know these rules. Ask them for the same two tables.

# %% tags=["torch"]
import torch
import torch.nn.functional as F

X_t, K_t = (torch.tensor(A[None, None], requires_grad=True) for A in (X, K))
F.conv2d(X_t, K_t).backward(torch.tensor(D[None, None]))
tie_t = torch.tensor(tie[None, None], requires_grad=True)
F.max_pool2d(tie_t, 2).backward(torch.full((1, 1, 1, 1), 8.0, dtype=torch.float64))
print(K_t.grad[0, 0].numpy(), tie_t.grad[0, 0].numpy(), sep="\n")

# %% tags=["tensorflow"]
import tensorflow as tf

X_k, K_k = tf.Variable(X[None, :, :, None]), tf.Variable(K[:, :, None, None])
tie_k = tf.Variable(tie[None, :, :, None])
with tf.GradientTape() as tape:
    Y_k = tf.nn.conv2d(X_k, K_k, 1, "VALID")
    J_k = tf.reduce_sum(Y_k * D[None, :, :, None])
    J_k += tf.reduce_sum(8 * tf.nn.max_pool2d(tie_k, 2, 2, "VALID"))
dX_k, dK_k, dtie_k = tape.gradient(J_k, [X_k, K_k, tie_k])
print(dK_k[:, :, 0, 0].numpy(), dtie_k[0, :, :, 0].numpy(), sep="\n")

# %% tags=["check", "torch", "tensorflow"]
# All three agree, and both frameworks give a tie to the first
assert np.array_equal(K_t.grad[0, 0], dK) and np.array_equal(dK_k[:, :, 0, 0], dK)
assert np.array_equal(X_t.grad[0, 0], dX) and np.array_equal(dX_k[0, :, :, 0], dX)
assert np.array_equal(tie_t.grad[0, 0], maxpool_backward(tie, 8))
assert np.array_equal(dtie_k[0, :, :, 0], maxpool_backward(tie, 8))
print("checked: by hand, by autograd and by tape, ties included")

# %% [markdown]
# ## Summary
#
# - The kernel's gradient: all windows, each times the gradient of its number, added. The image, cross-correlated with $D$.
# - The image's gradient: the kernel stamped at each window, times the gradient of its number. A convolution with the flip.
# - Mean pooling shares the gradient out. Max pooling gives it to the winner; at a tie any split is a subgradient.
#
# ## Common mistakes
#
# - **Overwriting stamps.** Windows overlap: `+=`, not `=`.
# - **The mean over windows.** A weight that is used in 36 windows gets the *sum* of 36 gradients.
# - **A flip in the wrong place.** The kernel's gradient has none, the image's has one.
# - **Forgetting the border.** With padding, `dX` must have the size of the image, not of the padded one.
#
# ## Quick questions
#
# 1. All of $D$ is $0$ but one $1$. What is the gradient for the image?
#
#    <details><summary><b>Answer</b></summary>
#
#    The kernel, stamped at the window of that number, and $0$ elsewhere.
#
#    </details>
# 2. And the gradient for the kernel?
#
#    <details><summary><b>Answer</b></summary>
#
#    That window of the image.
#
#    </details>
# 3. The image is constant, all pixels are $1$. What do you know of the kernel's gradient?
#
#    <details><summary><b>Answer</b></summary>
#
#    All its entries are the same: the sum of $D$.
#
#    </details>
# 4. How many multiplications does the backward pass need, beside the forward pass?
#
#    <details><summary><b>Answer</b></summary>
#
#    Twice as many: as many for the kernel, and as many for the image.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show from formula (2) that for a kernel of $1 \times 1$ the gradient for the image is $D$ times the weight. Then
# find the gradient for the weight.
#
# <details><summary><b>Outline</b></summary>
#
# Only $p = q = 0$ is left: $D_{uv} K_{00}$. By (1), the weight gets $\sum_{i} \sum_{j} D_{ij} X_{ij}$: a dense layer's rule,
# summed over all pixels.
#
# </details>

# %% [markdown]
# **Try.** Use `backward` to *find* a kernel: make a map with the kernel $\begin{pmatrix} -1&1\\ -1&1 \end{pmatrix}$ from a random
# image, start from zeros, and descend half the sum of the squared errors. Does it find the kernel? What if the image is
# constant?
#
# <details><summary><b>Outline</b></summary>
#
# $D$ is the map's error. With $8 \times 8$ random pixels between $0$ and $1$ and the rate $0.01$ it is there in a few
# hundred steps. In a constant image the wanted map is $0$, and so is that of the zero kernel: the loss is $0$ at once,
# and nothing moves. From another start all four weights would move together.
#
# </details>
#
# ## References
#
# - V. Dumoulin, F. Visin (2016). A guide to convolution arithmetic for deep learning. arXiv:1603.07285
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep Learning*, sections 9.2 to 9.5. MIT Press.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
