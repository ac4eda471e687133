# %% [markdown]
# # Convolutional networks: exercises
#
# {{about}}
#
# Replace each `raise NotImplementedError()` with your own code, run the cell, then run the test cell below it.
# A test cell that prints nothing has passed. One that fails names the property that your code does not have yet.
# The exercises do not build on each other, so you can do them in any order.
#
# Some rules hold throughout, unless an exercise says otherwise. Your functions leave their inputs unchanged, keep
# nothing between calls and print nothing. Arrays may lie in memory in any way (transposed, with gaps). They may hold
# integers or floats of any NumPy type; calculate in `float64` and return it. NumPy is all that you need where no framework
# is named.
#
# When you are done, run `gdcourse check 05_cnns --full` in a terminal: it runs the hidden tests too. **Validate** in the
# toolbar runs the visible ones only.

# %%
import numpy as np

# %% [markdown]
# ## 1. A convolution: `conv2d(X, K, stride, pad)`
#
# medium · 20 minutes · 5 points
#
# `X` is one image of several channels, `(C, H, W)`. `K` holds `O` kernels, one for each map, `(O, C, kh, kw)`. Put `pad`
# rows and columns of zeros on each side of the image, let every kernel walk over it in steps of `stride`, and return
# the maps, `(O, OH, OW)`:
#
# $$Y_{oij} = \sum_{c} \sum_{p} \sum_{q} X^{\text{padded}}_{c,\; i s + p,\; j s + q} \; K_{ocpq},$$
#
# where $s$ is the stride. The kernel is not flipped. There is no bias. A window that does not fit is left out.
#
# Image and kernel need not be square, and `C`, `O`, `H`, `W`, `kh`, `kw` may each be 1. `stride >= 1` and `pad >= 0` are
# `int`. The padded image is at least as large as the kernel.
#
# <details><summary>Hint 1: how large is the result?</summary>
#
# Count the places where a window can begin, for the height and for the width. Each has its own kernel size.
# </details>
#
# <details><summary>Hint 2: one window</summary>
#
# The window of place `(i, j)` has the shape `(C, kh, kw)`, and so has each kernel. What is the sum of their product?
# </details>
#
# <details><summary>Hint 3: by hand</summary>
#
# `X` of one channel $\begin{pmatrix} 1&2\\ 3&4 \end{pmatrix}$, one kernel $\begin{pmatrix} 1&0\\ 0&10 \end{pmatrix}$,
# `pad = 1`, `stride = 1`: nine windows. The first holds $0, 0, 0, 1$ and gives $10$. The one in the middle gives $41$.
# </details>


# %% nbgrader={"grade_id": "conv2d", "solution": true}
def conv2d(X, K, stride, pad):
    """Return the cross-correlation of an image with each kernel.

    X: (C, H, W).  K: (O, C, kh, kw).  stride: int >= 1.  pad: int >= 0, zeros on each side.  Returns (O, OH, OW).
    """
    ### BEGIN SOLUTION
    X = np.pad(np.asarray(X, dtype=float), [(0, 0), (pad, pad), (pad, pad)])
    K = np.asarray(K, dtype=float)
    kh, kw = K.shape[2:]
    OH, OW = (X.shape[1] - kh) // stride + 1, (X.shape[2] - kw) // stride + 1
    Y = np.zeros((len(K), OH, OW))
    for i in range(OH):
        for j in range(OW):
            window = X[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            Y[:, i, j] = np.sum(K * window, axis=(1, 2, 3))
    return Y
    ### END SOLUTION


# %% nbgrader={"grade_id": "conv2d-visible", "points": 1}
# Visible tests of `conv2d`: 1 point.
import numpy as np

Y = conv2d(np.array([[[1, 2], [3, 4]]]), np.array([[[[1, 0], [0, 10]]]]), 1, 1)
assert np.shape(Y) == (1, 3, 3), "conv2d: returns one map for each kernel"
assert np.array_equal(Y, [[[10, 20, 0], [30, 41, 2], [0, 3, 4]]]), (
    "conv2d: every number of the worked example, without flipping the kernel"
)

# %% nbgrader={"grade_id": "conv2d-hidden", "points": 3}
# Hidden tests of `conv2d`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.signal import correlate2d


def _oracle(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)])
    full = [
        sum(correlate2d(x, k, "valid") for x, k in zip(X, kernels, strict=True))
        for kernels in K
    ]
    return np.array(full)[:, ::stride, ::stride]


rng = np.random.default_rng(0)
for _ in range(40):
    C, O, kh, kw = rng.integers(1, 4, 4)
    pad, stride = int(rng.integers(0, 3)), int(rng.integers(1, 4))
    H, W = kh + int(rng.integers(0, 6)), kw + int(rng.integers(0, 6))
    X, K = rng.normal(size=(C, H, W)), rng.normal(size=(O, C, kh, kw))
    Y, expected = conv2d(X, K, stride, pad), _oracle(X, K, stride, pad)
    assert np.shape(Y) == expected.shape, (
        "conv2d: the maps have a number for every window that fits, whatever the sizes"
    )
    assert np.allclose(Y, expected, rtol=1e-10, atol=1e-12), (
        "conv2d: agrees with the formula for random images, kernels, strides and paddings"
    )

X, K = rng.normal(size=(2, 5, 9)), rng.normal(size=(3, 2, 2, 3))
assert np.allclose(conv2d(X, K, 2, 1), _oracle(X, K, 2, 1)), (
    "conv2d: images and kernels that are not square"
)
assert np.allclose(conv2d(X, K, 1, 3), _oracle(X, K, 1, 3)), (
    "conv2d: a padding that is wider than the kernel"
)
assert np.allclose(
    conv2d(X, K[:, :, :1, :1], 3, 0), _oracle(X, K[:, :, :1, :1], 3, 0)
), "conv2d: a kernel of one pixel, with a stride that is larger"
assert np.allclose(conv2d(X[:, :2, :3], K, 4, 0), _oracle(X[:, :2, :3], K, 4, 0)), (
    "conv2d: a kernel as large as the image"
)
assert np.allclose(conv2d(X, K[[1, 0]], 1, 0), _oracle(X, K, 1, 0)[[1, 0]]), (
    "conv2d: each map belongs to its own kernel"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "conv2d-inputs", "points": 1}
# Hidden tests of `conv2d`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    of_every_layout,
    of_every_scale,
    of_every_type,
    same,
    snapshot,
)

X, K = [[[100, 50, 0], [100, 100, 7]]], [[[[100, 1], [1, 100]]]]
for Xt in of_every_type(X):
    for Kt in (np.array(K), np.array(K, np.asarray(Xt).dtype)):
        assert np.array_equal(conv2d(np.asarray(Xt), Kt, 1, 0), [[[20150, 5800]]]), (
            "conv2d: images and kernels of any integer or float type"
        )
rng = np.random.default_rng(1)
X, K = rng.normal(size=(2, 4, 5)), rng.normal(size=(2, 2, 2, 3))
expected = conv2d(X, K, 1, 1)
for Xl in of_every_layout(X):
    for Kl in of_every_layout(K):
        before = snapshot((Xl, Kl))
        assert np.allclose(conv2d(Xl, Kl, 1, 1), expected, rtol=1e-12, atol=1e-14), (
            "conv2d: arrays that lie in memory in any way"
        )
        assert same((Xl, Kl), before), "conv2d: leaves image and kernels as they are"
for scale, Xs in of_every_scale(X):
    assert np.allclose(conv2d(Xs, K, 1, 1) / scale, expected, rtol=1e-9, atol=1e-12), (
        "conv2d: images of any scale"
    )
Xn = X.copy()
Xn[0, 0, 0] = np.nan
Y = conv2d(Xn, K, 1, 0)
assert np.isnan(Y[:, 0, 0]).all() and np.isfinite(Y[:, 1:]).all(), (
    "conv2d: a NaN in one pixel shows in the windows that hold it and in no other"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. And backwards: `conv2d_backward(X, K, dY, stride, pad)`
#
# hard · 25 minutes · 6 points
#
# The convolution is that of exercise 1. `dY`, `(O, OH, OW)`, holds the gradient of a loss for each number of the maps.
# Return the pair `(dX, dK)`: the gradients for the image, `(C, H, W)`, and for the kernels, `(O, C, kh, kw)`.
#
# Sizes, types and layouts are as in exercise 1; `dY` always has the shape of the maps.
#
# <details><summary>Hint 1: two roles</summary>
#
# Number `(o, i, j)` of the maps is a window of the image times kernel `o`. Backwards, what does the kernel get from
# it, and what does the window get?
# </details>
#
# <details><summary>Hint 2: overlaps</summary>
#
# A pixel lies in several windows, and in the maps of all kernels. What happens to gradients where a value is used more than once?
# </details>
#
# <details><summary>Hint 3: padding</summary>
#
# Work on the padded image. Which part of its gradient belongs to the image? Mind `pad = 0`.
# </details>


# %% nbgrader={"grade_id": "conv2d_backward", "solution": true}
def conv2d_backward(X, K, dY, stride, pad):
    """Return (dX, dK), the gradients of a loss for the image and the kernels, given dY, the one for the maps.

    X: (C, H, W).  K: (O, C, kh, kw).  dY: (O, OH, OW).  stride: int >= 1.  pad: int >= 0.
    """
    ### BEGIN SOLUTION
    H, W = np.shape(X)[1:]
    X = np.pad(np.asarray(X, dtype=float), [(0, 0), (pad, pad), (pad, pad)])
    K, dY = np.asarray(K, dtype=float), np.asarray(dY, dtype=float)
    kh, kw = K.shape[2:]
    dX, dK = np.zeros_like(X), np.zeros_like(K)
    for o, i, j in np.ndindex(dY.shape):
        top, left = i * stride, j * stride
        dK[o] += dY[o, i, j] * X[:, top : top + kh, left : left + kw]
        dX[:, top : top + kh, left : left + kw] += dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK
    ### END SOLUTION


# %% nbgrader={"grade_id": "conv2d_backward-visible", "points": 1}
# Visible tests of `conv2d_backward`: 1 point.
import numpy as np

X = np.array([[[1.0, 2, 0], [0, 1, 3], [2, 0, 1]]])
K, dY = np.array([[[[1.0, 0], [2, -1]]]]), np.array([[[1.0, 0], [0, 2]]])
dX, dK = conv2d_backward(X, K, dY, 1, 0)
assert np.shape(dX) == (1, 3, 3) and np.shape(dK) == (1, 1, 2, 2), (
    "conv2d_backward: each gradient has the shape of what it belongs to"
)
assert np.array_equal(dK, [[[[3, 8], [0, 3]]]]), (
    "conv2d_backward: the kernel's gradient of the lesson's example"
)
assert np.array_equal(dX, [[[1, 0, 0], [2, 1, 0], [0, 4, -2]]]), (
    "conv2d_backward: the image's gradient of the lesson's example"
)

# %% nbgrader={"grade_id": "conv2d_backward-hidden", "points": 4}
# Hidden tests of `conv2d_backward`: 4 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
from functools import partial

import numpy as np


def _maps(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)])
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))
    return np.einsum("chwpq,ocpq->ohw", seen[:, ::stride, ::stride], K)


def _slope(maps, dY, x):
    """Return the gradient of sum(dY * maps(x)): maps is linear, so a difference quotient of step 1 is exact."""
    g = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        unit = np.zeros(x.shape)
        unit[place] = 1.0
        g[place] = np.sum(dY * maps(unit))
    return g


rng = np.random.default_rng(0)
for _ in range(30):
    C, O, kh, kw = rng.integers(1, 4, 4)
    pad, stride = int(rng.integers(0, 3)), int(rng.integers(1, 4))
    H, W = kh + int(rng.integers(0, 4)), kw + int(rng.integers(0, 4))
    X, K = rng.normal(size=(C, H, W)), rng.normal(size=(O, C, kh, kw))
    dY = rng.normal(size=_maps(X, K, stride, pad).shape)
    dX, dK = conv2d_backward(X, K, dY, stride, pad)
    assert np.shape(dX) == X.shape and np.shape(dK) == K.shape, (
        "conv2d_backward: the gradients have the shapes of image and kernels, with any padding and stride"
    )
    expected = _slope(partial(_maps, K=K, stride=stride, pad=pad), dY, X)
    assert np.allclose(dX, expected, rtol=1e-9, atol=1e-11), (
        "conv2d_backward: the image's gradient equals difference quotients, with any padding and stride"
    )
    expected = _slope(partial(_maps, X, stride=stride, pad=pad), dY, K)
    assert np.allclose(dK, expected, rtol=1e-9, atol=1e-11), (
        "conv2d_backward: the kernels' gradient equals difference quotients, with any padding and stride"
    )

X, K = rng.normal(size=(1, 5, 5)), rng.normal(size=(1, 1, 2, 2))
dX, _ = conv2d_backward(X, K, np.ones((1, 2, 2)), 2, 0)
assert not np.any(dX[:, 4]) and not np.any(dX[:, :, 4]), (
    "conv2d_backward: pixels that no window covers have the gradient 0"
)
dX, dK = conv2d_backward(X, K, np.zeros((1, 4, 4)), 1, 0)
assert not np.any(dX) and not np.any(dK), (
    "conv2d_backward: without a gradient for the maps there is none for image and kernels"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "conv2d_backward-inputs", "points": 1}
# Hidden tests of `conv2d_backward`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    of_every_layout,
    of_every_scale,
    of_every_type,
    same,
    snapshot,
)

rng = np.random.default_rng(1)
X, K, dY = [[[100, 50], [7, 100]]], [[[[100, 3]]]], [[[100], [90]]]
for Xt in of_every_type(X):
    kind = np.asarray(Xt).dtype
    dX, dK = conv2d_backward(
        np.asarray(Xt), np.array(K, kind), np.array(dY, kind), 1, 0
    )
    assert np.array_equal(dK, [[[[10630, 14000]]]]) and np.array_equal(
        dX, [[[10000, 300], [9000, 270]]]
    ), "conv2d_backward: images, kernels and gradients of any integer or float type"
X, K = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 2, 2, 2))
dY = rng.normal(size=(3, 2, 3))
expected = conv2d_backward(X, K, dY, 2, 1)
for Xl, Kl, dYl in zip(
    of_every_layout(X), of_every_layout(K), of_every_layout(dY), strict=True
):
    before = snapshot((Xl, Kl, dYl))
    found = conv2d_backward(Xl, Kl, dYl, 2, 1)
    assert all(
        np.allclose(a, b, rtol=1e-12, atol=1e-14)
        for a, b in zip(found, expected, strict=True)
    ), "conv2d_backward: arrays that lie in memory in any way"
    assert same((Xl, Kl, dYl), before), (
        "conv2d_backward: leaves its arguments as they are"
    )
for scale, dYs in of_every_scale(dY):
    found = conv2d_backward(X, K, dYs, 2, 1)
    assert all(
        np.allclose(a / scale, b, rtol=1e-9, atol=1e-12)
        for a, b in zip(found, expected, strict=True)
    ), "conv2d_backward: gradients of any scale"
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Who wins gets it all: `maxpool_backward(x, dY, k)`
#
# medium · 15 minutes · 4 points
#
# `x`, `(H, W)`, was cut into windows of `k` times `k`, side by side without overlap, and the largest entry of each kept. `dY`,
# `(H // k, W // k)`, holds the gradient for each of these. Return the gradient for `x`, `(H, W)`.
#
# If several entries of a window are equal to its largest, you may split the gradient among them in any way: parts that
# are at least 0 times the gradient, and add up to it. `H` and `W` may leave a rest when divided by `k`: those rows and columns
# at the end are in no window. `x` is finite and of any NumPy type; calculate in `float64` and return it.
#
# <details><summary>Hint 1: one window</summary>
#
# All entries but the winner get 0. For `k = 1` every entry is the winner of its own window.
# </details>
#
# <details><summary>Hint 2: where is the largest?</summary>
#
# `np.argmax` of a window gives one number: the place in the window, counted row by row. `np.unravel_index` turns it into
# row and column.
# </details>


# %% nbgrader={"grade_id": "maxpool_backward", "solution": true}
def maxpool_backward(x, dY, k):
    """Return the gradient for x, given the one for its max pooling in windows of k times k with stride k.

    x: (H, W).  dY: (H // k, W // k).  k: int >= 1.  Returns (H, W).
    """
    ### BEGIN SOLUTION
    x, dY = np.asarray(x), np.asarray(dY, dtype=float)
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        row, column = np.unravel_index(np.argmax(window), window.shape)
        dx[i * k + row, j * k + column] = dY[i, j]
    return dx
    ### END SOLUTION


# %% nbgrader={"grade_id": "maxpool_backward-visible", "points": 1}
# Visible tests of `maxpool_backward`: 1 point.
import numpy as np

x = np.array([[1, 3, 0, 0], [2, 2, 0, 4], [0, 8, 1, 5], [0, 0, 1, 1]])
dx = maxpool_backward(x, np.array([[10.0, 20], [30, 40]]), 2)
assert np.shape(dx) == (4, 4), "maxpool_backward: returns an array of the shape of x"
assert np.array_equal(
    dx, [[0, 10, 0, 0], [0, 0, 0, 20], [0, 30, 0, 40], [0, 0, 0, 0]]
), "maxpool_backward: each gradient goes to the winner of its window, in the example"

# %% nbgrader={"grade_id": "maxpool_backward-hidden", "points": 2}
# Hidden tests of `maxpool_backward`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(0)
for _ in range(40):
    k = int(rng.integers(1, 5))
    H, W = k * rng.integers(1, 4, 2) + rng.integers(0, k, 2)
    x = rng.permutation(H * W).reshape(H, W) - H * W / 2.0  # all different
    dY = rng.normal(size=(H // k, W // k))
    dx = np.asarray(maxpool_backward(x, dY, k))
    assert dx.shape == x.shape, (
        "maxpool_backward: has the shape of x, also where windows leave a rest"
    )
    expected = np.zeros(x.shape)
    cut = x[: H // k * k, : W // k * k].reshape(H // k, k, W // k, k)
    largest = cut.max(axis=(1, 3), keepdims=True)
    expected[: H // k * k, : W // k * k] = np.where(
        cut == largest, dY[:, None, :, None], 0
    ).reshape(H // k * k, W // k * k)
    assert np.allclose(dx, expected, rtol=1e-12, atol=0), (
        "maxpool_backward: the winner of each window gets its gradient, the others 0, for any size"
    )

for x in (np.zeros((4, 4)), np.full((4, 4), -3.0), rng.integers(0, 2, (6, 6)) * 1.0):
    for sign in (1.0, -1.0):
        dY = sign * rng.uniform(1, 2, (len(x) // 2, len(x) // 2))
        dx = np.asarray(maxpool_backward(x, dY, 2))
        parts = dx.reshape(len(x) // 2, 2, len(x) // 2, 2)
        assert np.allclose(parts.sum(axis=(1, 3)), dY, rtol=1e-12), (
            "maxpool_backward: at a tie the parts of a window add up to its gradient"
        )
        assert (sign * dx >= 0).all() and (np.abs(dx) <= 2).all(), (
            "maxpool_backward: at a tie no part is against the gradient"
        )
        cut = x.reshape(parts.shape)
        assert not np.any(parts[cut < cut.max(axis=(1, 3), keepdims=True)]), (
            "maxpool_backward: at a tie the smaller entries get nothing"
        )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "maxpool_backward-inputs", "points": 1}
# Hidden tests of `maxpool_backward`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    of_every_layout,
    of_every_scale,
    of_every_type,
    same,
    snapshot,
)

X, dY = [[1, 120, 3], [4, 5, 6], [7, 8, 9]], [[100]]
for xt in of_every_type(X):
    kind = np.asarray(xt).dtype
    assert np.array_equal(
        maxpool_backward(np.asarray(xt), np.array(dY, kind), 2),
        [[0, 100, 0], [0, 0, 0], [0, 0, 0]],
    ), "maxpool_backward: entries and gradients of any integer or float type"
    assert np.sum(maxpool_backward(np.asarray(xt), np.array([[0.25]]), 2)) == 0.25, (
        "maxpool_backward: gradients keep their fractions where the entries are integers"
    )
rng = np.random.default_rng(1)
x, dY = rng.normal(size=(4, 6)), rng.normal(size=(2, 3))
expected = maxpool_backward(x, dY, 2)
for xl, dYl in zip(of_every_layout(x), of_every_layout(dY), strict=True):
    before = snapshot((xl, dYl))
    assert np.array_equal(maxpool_backward(xl, dYl, 2), expected), (
        "maxpool_backward: arrays that lie in memory in any way"
    )
    assert same((xl, dYl), before), "maxpool_backward: leaves its arguments as they are"
for scale, xs in of_every_scale(x):
    for shift in (0, -1e3 * scale):
        assert np.array_equal(maxpool_backward(xs + shift, dY, 2), expected), (
            "maxpool_backward: entries of any scale, all negative ones too"
        )
    assert np.allclose(
        maxpool_backward(x, dY * scale, 2) / scale, expected, rtol=1e-12, atol=0
    ), "maxpool_backward: gradients of any scale"
close = np.array([[1.0, 1.0 + 1e-15], [1.0, 1.0]])
assert np.array_equal(
    maxpool_backward(close, np.array([[1.0]]), 2), [[0, 1], [0, 0]]
), "maxpool_backward: the larger of two entries that nearly tie wins alone"
### END HIDDEN TESTS
