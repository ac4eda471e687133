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
# `int`. The padded image is at least as large as the kernel. A NaN, or a pixel many orders of magnitude larger than the others,
# shows in every window that holds it and in no other. A NaN in a kernel shows in its whole map, also where it meets zeros, and in no other.
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

for k, stride, pad in np.ndindex(4, 3, 3):
    X, K = rng.normal(size=(1, 5, 6)), rng.normal(size=(1, 1, k + 1, k + 1))
    Y, expected = conv2d(X, K, stride + 1, pad), _oracle(X, K, stride + 1, pad)
    assert np.shape(Y) == expected.shape and np.allclose(Y, expected), (
        "conv2d: each small square kernel with each stride and padding"
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
X, K = rng.normal(size=(11, 19, 17)), rng.normal(size=(6, 11, 7, 5))
assert np.allclose(conv2d(X, K, 5, 4), _oracle(X, K, 5, 4), rtol=1e-9, atol=1e-11), (
    "conv2d: many channels, many maps, wide kernels and a long stride"
)
X, K = rng.normal(size=(1, 1, 40)), rng.normal(size=(9, 1, 1, 1))
assert np.allclose(conv2d(X, K, 9, 0), _oracle(X, K, 9, 0), rtol=1e-9, atol=1e-11), (
    "conv2d: an image of one row"
)
first = conv2d(X, K, 2, 1)
second = conv2d(-X, K, 2, 1)
assert np.allclose(first, _oracle(X, K, 2, 1)) and np.allclose(second, -first), (
    "conv2d: a second call gives its own result, and leaves the first"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "conv2d-inputs", "points": 1}
# Hidden tests of `conv2d`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
from itertools import product

import numpy as np

from gdcourse.testing import (
    apart,
    of_every_layout,
    of_every_scale,
    of_every_type,
    printing,
    same,
    snapshot,
)

X, K = [[[100, 50, 0], [100, 100, 7]]], [[[[100, 1], [1, 100]]]]
for Xt in of_every_type(X):
    for Kt in (np.array(K), np.array(K, np.asarray(Xt).dtype)):
        for image, kernels in ((np.asarray(Xt), Kt), (np.array(X), Kt)):
            Y = conv2d(image, kernels, 1, 0)
            assert np.array_equal(Y, [[[20150, 5800]]]), (
                "conv2d: images and kernels of any integer or float type"
            )
            assert np.asarray(Y).dtype == np.float64, (
                "conv2d: returns float64, for images and kernels of any type"
            )
huge = np.full((1, 2, 2), 2**40)
assert np.array_equal(conv2d(huge, huge[None], 1, 0), [[[2.0**82]]]), (
    "conv2d: integers whose products are beyond 64 bits"
)
rng = np.random.default_rng(1)
X, K = rng.normal(size=(2, 4, 5)), rng.normal(size=(2, 2, 2, 3))
for kind in (np.float16, np.float32):
    narrow = X.astype(kind), K.astype(kind)
    wide = [a.astype(float) for a in narrow]
    assert np.allclose(
        conv2d(*narrow, 1, 0), conv2d(*wide, 1, 0), rtol=1e-11, atol=1e-13
    ), "conv2d: numbers of a narrow type are multiplied and added in float64"
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
    Ks = K * scale
    assert np.allclose(conv2d(X, Ks, 1, 1) / scale, expected, rtol=1e-9, atol=1e-12), (
        "conv2d: kernels of any scale"
    )
K[:, 0, 0, 0] = 0.0
for kernels in (K, np.ones(K.shape)):
    for special, (i, j) in product((np.nan, 1e200), ((0, 0), (1, 2), (3, 4))):
        Xn = X.copy()
        Xn[0, i, j] = special
        Y, expected = conv2d(Xn, kernels, 1, 2), conv2d(X, kernels, 1, 2)
        seen = np.zeros(Y.shape, bool)
        seen[:, i + 1 : i + 3, j : j + 3] = True
        assert np.allclose(Y[~seen], expected[~seen], rtol=1e-9, atol=1e-12), (
            "conv2d: a NaN or a huge pixel shows in no window but those that hold it"
        )
        assert np.isnan(special) <= np.isnan(Y[seen]).all(), (
            "conv2d: a NaN in one pixel shows in every window that holds it"
        )
one, two = conv2d(X, K, 1, 0), conv2d(X, K, 1, 0)
assert apart(one, two), "conv2d: each call returns an array of its own"
with printing() as told:
    conv2d(X, K, 1, 0)
assert not told(), "conv2d: prints nothing"
broken = K.copy()
broken[1, 0, 1, 1] = np.nan
Y = conv2d(np.zeros(X.shape), broken, 1, 2)
assert np.isnan(Y[1]).all() and not np.any(Y[0]), (
    "conv2d: a NaN of a kernel shows in its whole map, where it meets zeros too"
)
X, K = rng.normal(size=(200, 1, 2)), rng.normal(size=(1, 200, 1, 1))
assert np.allclose(
    conv2d(X, K, 1, 0)[0, 0], K.ravel() @ X[:, 0], rtol=1e-9, atol=1e-9
), "conv2d: adds over all channels, however many"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. And backwards: `conv2d_backward(X, K, dY, stride, pad)`
#
# hard · 25 minutes · 6 points
#
# The convolution is that of exercise 1. `dY`, `(O, OH, OW)`, holds the gradient of a loss for each number of the maps.
# Return the pair `(dX, dK)`: the gradients for the image, `(C, H, W)`, and for the kernels, `(O, C, kh, kw)`.
#
# Sizes, types and layouts are as in exercise 1; `dY` always has the shape of the maps. A NaN in any of the three shows in every
# gradient that it enters, also where it is multiplied by 0.
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
X, K = rng.normal(size=(5, 11, 9)), rng.normal(size=(4, 5, 5, 4))
dY = rng.normal(size=_maps(X, K, 4, 3).shape)
dX, dK = conv2d_backward(X, K, dY, 4, 3)
right = _slope(partial(_maps, K=K, stride=4, pad=3), dY, X)
assert np.allclose(dX, right, rtol=1e-9, atol=1e-11), (
    "conv2d_backward: the image's gradient with many channels, wide kernels and a long stride"
)
right = _slope(partial(_maps, X, stride=4, pad=3), dY, K)
assert np.allclose(dK, right, rtol=1e-9, atol=1e-11), (
    "conv2d_backward: the kernels' gradient with many channels, wide kernels and a long stride"
)
again = conv2d_backward(-X, K, 2 * dY, 4, 3)
assert np.allclose(again[0], 2 * dX) and np.allclose(again[1], -2 * dK), (
    "conv2d_backward: a second call with other numbers gives their gradients"
)
assert np.allclose(dK, right, rtol=1e-9, atol=1e-11), (
    "conv2d_backward: a second call leaves the gradients of the first"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "conv2d_backward-inputs", "points": 1}
# Hidden tests of `conv2d_backward`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    apart,
    of_every_layout,
    of_every_scale,
    of_every_type,
    printing,
    same,
    snapshot,
)

rng = np.random.default_rng(1)
X, K, dY = [[[100, 50], [7, 100]]], [[[[100, 3]]]], [[[100], [90]]]
for Xt in of_every_type(X):
    kind = np.asarray(Xt).dtype
    narrow = [np.array(a, kind) for a in (X, K, dY)]
    for wide in ((), (0,), (1,), (2,), (0, 1)):
        args = [a.astype(float) if i in wide else a for i, a in enumerate(narrow)]
        dX, dK = conv2d_backward(*args, 1, 0)
        assert np.array_equal(dK, [[[[10630, 14000]]]]) and np.array_equal(
            dX, [[[10000, 300], [9000, 270]]]
        ), "conv2d_backward: images, kernels and gradients of any integer or float type"
        assert np.asarray(dX).dtype == np.asarray(dK).dtype == np.float64, (
            "conv2d_backward: returns float64, for arguments of any type"
        )
huge = np.full((1, 1, 1), 2**40)
dX, dK = conv2d_backward(huge, huge[None], huge, 1, 0)
assert np.ravel(dX) == np.ravel(dK) == 2.0**80, (
    "conv2d_backward: integers whose products are beyond 64 bits"
)
X, K = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 2, 2, 2))
dY = rng.normal(size=(3, 2, 3))
expected = conv2d_backward(X, K, dY, 2, 1)
for kind in (np.float16, np.float32):
    narrow = [a.astype(kind) for a in (X, K, dY)]
    right = conv2d_backward(*(a.astype(float) for a in narrow), 2, 1)
    assert all(
        np.allclose(a, b, rtol=1e-11, atol=1e-13)
        for a, b in zip(conv2d_backward(*narrow, 2, 1), right, strict=True)
    ), "conv2d_backward: numbers of a narrow type are multiplied and added in float64"
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
    dX, dK = conv2d_backward(X * scale, K, dY, 2, 1)
    assert np.allclose(dK / scale, expected[1], rtol=1e-9, atol=1e-12), (
        "conv2d_backward: images of any scale"
    )
    dX, dK = conv2d_backward(X, K * scale, dY, 2, 1)
    assert np.allclose(dX / scale, expected[0], rtol=1e-9, atol=1e-12), (
        "conv2d_backward: kernels of any scale"
    )
broken = dY.copy()
broken[1, 0, 1] = np.nan
dX, dK = conv2d_backward(X, K, broken, 2, 1)
assert np.isnan(dX[:, 0, 1:3]).all() and np.isnan(dK[1, :, 1]).all(), (
    "conv2d_backward: a NaN shows in every gradient that it enters"
)
broken = X.copy()
broken[0, 1, 1] = np.nan
assert np.isnan(conv2d_backward(broken, K, dY, 1, 0)[1][:, 0]).any(axis=(1, 2)).all(), (
    "conv2d_backward: a NaN of the image shows in the gradient of each kernel"
)
nothing = np.zeros((3, 2, 3))
assert np.isnan(conv2d_backward(broken, K, nothing, 1, 0)[1][:, 0]).any(), (
    "conv2d_backward: a NaN of the image shows where the maps' gradient is 0, too"
)
broken = K.copy()
broken[0, 1, 0, 0] = np.nan
dX, dK = conv2d_backward(X, broken, dY, 1, 0)
assert np.isnan(dX[1, :2, :3]).all() and np.isfinite(dX[0]).all(), (
    "conv2d_backward: a NaN of a kernel shows in the gradient of its channel"
)
assert np.isfinite(dK).all(), (
    "conv2d_backward: a NaN of a kernel does not enter the kernels' gradient"
)
one, two = conv2d_backward(X, K, dY, 1, 0), conv2d_backward(X, K, dY, 1, 0)
assert apart(one, two, (X, K, dY)), "conv2d_backward: each call returns new arrays"
with printing() as told:
    conv2d_backward(X, K, dY, 1, 0)
assert not told(), "conv2d_backward: prints nothing"
broken = np.zeros((3, 2, 3))
broken[1, 0, 1] = np.nan
dX, dK = conv2d_backward(0 * X, 0 * K, broken, 1, 0)
assert np.isnan(dX[:, :2, 1:3]).all() and np.isnan(dK[1]).all(), (
    "conv2d_backward: a NaN shows where it is multiplied by 0, too"
)
assert not np.any(dX[:, 2]) and not np.any(dK[[0, 2]]), (
    "conv2d_backward: a NaN of the maps' gradient shows nowhere else"
)
X, K = rng.normal(size=(200, 1, 1)), rng.normal(size=(1, 200, 1, 1))
dX, dK = conv2d_backward(X, K, np.array([[[3.0]]]), 1, 0)
assert np.allclose(dX, 3 * K[0]) and np.allclose(dK, 3 * X[None]), (
    "conv2d_backward: a gradient for every channel, however many"
)
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
# are at least 0 times the gradient, and add up to it. `H` and `W` are at least `k`, and may leave a rest when divided by it: those
# rows and columns at the end are in no window. `x` and `dY` are finite and of any integer or float type of NumPy up to 64 bits, integers
# at most $2^{53}$ in size, and two entries are equal only if all of their digits are; calculate in `float64` and return it.
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

from gdcourse.testing import same, snapshot

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

for case in range(30):
    k = 1 + case % 4
    H, W = k * rng.integers(1, 4, 2) + rng.integers(0, k, 2)
    x = rng.integers(-2, 1, (H, W)) * float(case % 5 > 0)  # ties of two, of all, of 0
    dY = rng.uniform(1, 2, (H // k, W // k)) * rng.choice([-1, 1], (H // k, W // k))
    dx = np.asarray(maxpool_backward(x, dY, k))
    inside = H // k * k, W // k * k
    parts, cut = (
        a[: inside[0], : inside[1]].reshape(H // k, k, W // k, k) for a in (dx, x)
    )
    assert np.allclose(parts.sum(axis=(1, 3)), dY, rtol=1e-12, atol=0), (
        "maxpool_backward: at a tie the parts of a window add up to its gradient"
    )
    assert (parts * dY[:, None, :, None] >= 0).all(), (
        "maxpool_backward: at a tie no part is against the gradient"
    )
    assert not np.any(parts[cut < cut.max(axis=(1, 3), keepdims=True)]), (
        "maxpool_backward: at a tie the smaller entries get nothing"
    )
    assert not np.any(dx[inside[0] :]) and not np.any(dx[:, inside[1] :]), (
        "maxpool_backward: at a tie with the rest, the rest gets nothing"
    )

x = rng.permutation(23 * 31).reshape(23, 31) * 1.0
dY = np.arange(1.0, 7).reshape(2, 3)
dx = np.asarray(maxpool_backward(x, dY, 10))
assert all(
    np.sum(dx[10 * i : 10 * i + 10, 10 * j : 10 * j + 10]) == dY[i, j]
    and np.count_nonzero(dx[10 * i : 10 * i + 10, 10 * j : 10 * j + 10]) == 1
    for i in range(2)
    for j in range(3)
), "maxpool_backward: large windows have one winner each"
before = snapshot(dx)
other = np.asarray(maxpool_backward(-x, dY, 10))
assert np.array_equal(other[x == x[:10, :10].min()], dY[0, :1]), (
    "maxpool_backward: a second call with other entries has other winners"
)
assert same(dx, before), "maxpool_backward: a second call leaves the first result"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "maxpool_backward-inputs", "points": 1}
# Hidden tests of `maxpool_backward`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    INTEGERS,
    apart,
    of_every_layout,
    of_every_scale,
    of_every_type,
    printing,
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
    dx = maxpool_backward(np.asarray(xt), np.array([[0.25]]), 2)
    assert np.sum(dx) == 0.25, (
        "maxpool_backward: gradients keep their fractions where the entries are integers"
    )
    assert dx.dtype == np.float64, "maxpool_backward: returns float64, for any type"
    low, high = (-(2.0**7), 2.0**6) if kind.kind != "u" else (0, 2.0**7)
    edge = np.array([[low, high, low], [low, low, high]]).astype(kind)
    dx = maxpool_backward(edge[:, :2], np.array([[1.5]]), 2)
    assert np.array_equal(dx, [[0, 1.5], [0, 0]]), (
        "maxpool_backward: entries at the end of an integer type's range"
    )
    third = np.array([[1]], kind) / np.array(3, kind)
    dx = maxpool_backward(np.array([[1, 1], [0, 1]], kind), third, 2)
    assert np.isclose(np.sum(dx), float(third[0, 0]), rtol=1e-12, atol=0), (
        "maxpool_backward: parts of a gradient of a narrow type add up in float64"
    )
for digits, kinds in (
    (24, (np.int32, np.uint32, np.int64, np.uint64, np.float64)),
    (52, (np.int64, np.uint64, np.float64)),
):
    near = np.array([[2**digits, 2**digits + 1], [2**digits - 1, 2**digits]])
    for kind in kinds:
        dx = maxpool_backward(near.astype(kind), np.array([[3.0]]), 2)
        assert np.array_equal(dx, [[0, 3], [0, 0]]), (
            "maxpool_backward: integers that differ in the last digit"
        )
for kind in (*INTEGERS, float):
    dx = maxpool_backward(np.array([[1, 1], [1, 0]]), np.array([[10]], kind), 2)
    assert np.isclose(np.sum(dx), 10, rtol=1e-12, atol=0), (
        "maxpool_backward: parts of a whole gradient add up to it, also where three tie"
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
    mixed = np.array([[-1.7e308, 1e-300], [-1e-300, 1.0]]) * [[1.0, 1.0], [1.0, 0.0]]
    assert np.array_equal(
        maxpool_backward(mixed, np.array([[scale]]), 2), [[0, scale], [0, 0]]
    ), "maxpool_backward: entries of very different sizes in one window"
one, two = maxpool_backward(x, dY, 2), maxpool_backward(x, dY, 2)
assert apart(one, two), "maxpool_backward: each call returns an array of its own"
assert apart(maxpool_backward(dY, dY, 1), dY), "maxpool_backward: returns a new array"
with printing() as told:
    maxpool_backward(x, dY, 2)
assert not told(), "maxpool_backward: prints nothing"
close = np.array([[1.0, 1.0 + 1e-15], [1.0, 1.0]])
assert np.array_equal(
    maxpool_backward(close, np.array([[1.0]]), 2), [[0, 1], [0, 0]]
), "maxpool_backward: the larger of two entries that nearly tie wins alone"

### END HIDDEN TESTS

# %% [markdown]
# ## 4. The same network elsewhere: `copy_weights(keras_model, torch_model)`
#
# hard · 25 minutes · 6 points
#
# `keras_model` is a `keras.Sequential` of `Conv2D`, `MaxPooling2D`, `ReLU`, `Flatten` and `Dense` layers, already built, and
# `torch_model` the same network as `torch.nn.Sequential` of `Conv2d`, `MaxPool2d`, `ReLU`, `Flatten` and `Linear`. Copy all
# weights and biases from Keras to PyTorch, so that both give the same scores for the same images (Keras takes them with channels last,
# PyTorch with channels first). Return nothing.
#
# There may be any number of convolutions, at least one, then one `Flatten`, then at least one dense layer. Every layer with weights
# has a bias. Image and kernels need not be square. The dtypes of the two models may differ: each is `float32` or `float64`. No
# number loses digits on the way that the PyTorch model could hold. The Keras model stays as it is. In the PyTorch
# model nothing changes but the numbers: its parameters keep their dtype and their `requires_grad`, and its layers their mode.
#
# <details><summary>Hint 1: two kinds of layers</summary>
#
# Take the layers that have weights, in order, from both models. How do the shapes of a kernel differ, and those of a dense matrix?
# </details>
#
# <details><summary>Hint 2: behind the flatten</summary>
#
# Only the first dense layer sees the flattened maps. Its rows are ordered (rows, columns, channels) in Keras. Which order does
# PyTorch expect? `keras_model.layers[i].input.shape` of the flatten layer tells the three sizes.
# </details>
#
# <details><summary>Hint 3: writing into a parameter</summary>
#
# `parameter.copy_(tensor)` inside `torch.no_grad()` changes the numbers and keeps the object.
# </details>


# %% nbgrader={"grade_id": "copy_weights", "solution": true}
def copy_weights(keras_model, torch_model):
    """Copy the weights of a Keras network into the same network in PyTorch, so that their scores agree.

    keras_model: keras.Sequential, channels last.  torch_model: torch.nn.Sequential, channels first.
    """
    ### BEGIN SOLUTION
    import torch

    given = iter(keras_model.get_weights())
    maps = next(
        layer.input.shape[1:]
        for layer in keras_model.layers
        if type(layer).__name__ == "Flatten"
    )
    flattened = True
    with torch.no_grad():
        for layer in torch_model:
            if not hasattr(layer, "weight"):
                continue
            W, b = next(given), next(given)
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            elif flattened:
                W, flattened = (
                    W.reshape(*maps, -1).transpose(3, 2, 0, 1).reshape(len(b), -1),
                    False,
                )
            else:
                W = W.T
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(W)))
            layer.bias.copy_(torch.tensor(b))
    ### END SOLUTION


# %% nbgrader={"grade_id": "copy_weights-visible", "points": 1} tags=["torch", "tensorflow"]
# Visible tests of `copy_weights`: 1 point.
import keras
import numpy as np
import torch

rng = np.random.default_rng(0)
L = keras.layers
source = keras.Sequential(
    [keras.Input((4, 4, 1)), L.Conv2D(2, 3, padding="same", activation="relu")]
    + [L.Flatten(), L.Dense(3)]
)
source.set_weights([rng.normal(size=w.shape) for w in source.get_weights()])
target = torch.nn.Sequential(
    *[torch.nn.Conv2d(1, 2, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten()],
    *[torch.nn.Linear(32, 3)],
)
copy_weights(source, target)
images = rng.normal(size=(5, 1, 4, 4)).astype("float32")
with torch.no_grad():
    scores = target(torch.from_numpy(images)).numpy()
expected = np.asarray(source(images.transpose(0, 2, 3, 1)))
assert np.allclose(scores, expected, atol=1e-4), (
    "copy_weights: a small network gives the same scores in both frameworks"
)

# %% nbgrader={"grade_id": "copy_weights-hidden", "points": 4} tags=["torch", "tensorflow"]
# Hidden tests of `copy_weights`: 4 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import keras
import numpy as np
import torch

rng = np.random.default_rng(1)


def _pair(shape, convs, dense, pool, dtype="float64"):
    """The same network in both frameworks. shape: (c, h, w).  convs: (maps, kernel).  dense: units.  pool: after each, or a size for each."""
    c, h, w = shape
    ours, theirs = [keras.Input((h, w, c), dtype=dtype)], []
    for (maps, (kh, kw)), size in zip(
        convs, np.broadcast_to(pool, len(convs)), strict=True
    ):
        size = int(size)
        ours.append(keras.layers.Conv2D(maps, (kh, kw), dtype=dtype))
        ours.append(keras.layers.ReLU(dtype=dtype))
        theirs += [torch.nn.Conv2d(c, maps, (kh, kw)), torch.nn.ReLU()]
        c, h, w = maps, h - kh + 1, w - kw + 1
        if size:
            ours.append(keras.layers.MaxPooling2D(size, dtype=dtype))
            theirs.append(torch.nn.MaxPool2d(size))
            h, w = h // size, w // size
    ours.append(keras.layers.Flatten(dtype=dtype))
    theirs.append(torch.nn.Flatten())
    units = c * h * w
    for i, k in enumerate(dense):
        ours.append(keras.layers.Dense(k, dtype=dtype))
        theirs.append(torch.nn.Linear(units, k))
        if i < len(dense) - 1:
            ours.append(keras.layers.ReLU(dtype=dtype))
            theirs.append(torch.nn.ReLU())
        units = k
    source = keras.Sequential(ours)
    source.set_weights([rng.normal(size=v.shape) for v in source.get_weights()])
    return source, torch.nn.Sequential(*theirs).double()


def _apart(shape, convs, dense, pool):
    """How far the scores of both are apart after the copy, beside the largest."""
    source, target = _pair(shape, convs, dense, pool)
    copy_weights(source, target)
    images = rng.normal(size=(4, *shape))
    with torch.no_grad():
        scores = target(torch.from_numpy(images)).numpy()
    expected = np.asarray(source(images.transpose(0, 2, 3, 1)))
    return np.abs(scores - expected).max() / np.abs(expected).max()


assert _apart((2, 12, 12), [(3, (3, 3)), (4, (3, 3))], (5, 3), 2) < 1e-12, (
    "copy_weights: several convolutions with pooling give the same scores"
)
assert _apart((1, 7, 10), [(3, (2, 5))], (4,), 0) < 1e-12, (
    "copy_weights: images and kernels that are not square give the same scores"
)
assert _apart((3, 5, 5), [(3, (3, 3))], (4, 4), 0) < 1e-12, (
    "copy_weights: with as many maps as rows and columns the scores are the same"
)
assert _apart((1, 2, 2), [(2, (1, 1))], (8, 8, 8), 0) < 1e-12, (
    "copy_weights: with as many inputs as outputs in a dense layer the scores are the same"
)
assert _apart((2, 3, 3), [(6, (3, 3))], (6,), 0) < 1e-12, (
    "copy_weights: with one pixel left before the flatten the scores are the same"
)
assert _apart((2, 7, 6), [(2, (2, 2))] * 3, (6, 6, 6), 0) < 1e-12, (
    "copy_weights: more than ten layers, equal in shape, give the same scores"
)
assert _apart((1, 3, 5), [(1, (1, 1))], (1, 1), 0) < 1e-12, (
    "copy_weights: one channel, one map and one unit give the same scores"
)
for pools in ((2, 0), (0, 2), (0, 0)):
    assert _apart((2, 12, 9), [(3, (3, 3)), (4, (2, 2))], (5,), pools) < 1e-12, (
        "copy_weights: with a pooling before, behind or without the last convolution the scores are the same"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "copy_weights-inputs", "points": 1} tags=["torch", "tensorflow"]
# Hidden tests of `copy_weights`: 1 point for other types, and for what should stay as it is.
### BEGIN HIDDEN TESTS
import keras
import numpy as np
import torch

from gdcourse.testing import printing

rng = np.random.default_rng(2)


def _pair(ours, theirs):
    """A network of one convolution, in Keras with the dtype ours, in PyTorch with the dtype theirs."""
    source = keras.Sequential(
        [
            keras.Input((3, 4, 1), dtype=ours),
            keras.layers.Conv2D(2, 2, dtype=ours),
            keras.layers.Flatten(dtype=ours),
            keras.layers.Dense(2, dtype=ours),
        ]
    )
    source.set_weights([rng.normal(size=w.shape) for w in source.get_weights()])
    target = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 2), torch.nn.Flatten(), torch.nn.Linear(12, 2)
    )
    return source, target.to(theirs)


for ours in ("float32", "float64"):
    for theirs in (torch.float32, torch.float64):
        source, target = _pair(ours, theirs)
        before = [w.copy() for w in source.get_weights()]
        target.train(ours == "float32")
        target[0].bias.requires_grad_(False)
        target[2].weight.requires_grad_(False)
        with printing() as told:
            assert copy_weights(source, target) is None, "copy_weights: returns nothing"
        assert not told(), "copy_weights: prints nothing"
        assert all(
            np.array_equal(a, b)
            for a, b in zip(source.get_weights(), before, strict=True)
        ), "copy_weights: leaves the Keras model as it is"
        parameters = list(target.parameters())
        assert all(p.dtype == theirs for p in parameters), (
            "copy_weights: the PyTorch model's parameters keep their dtype"
        )
        assert [p.requires_grad for p in parameters] == [True, False, False, True], (
            "copy_weights: what could be trained can be trained afterwards, and nothing else"
        )
        assert all(m.training == (ours == "float32") for m in target.modules()), (
            "copy_weights: the layers of the PyTorch model keep their mode"
        )
        W, b, D, c = (w.astype(parameters[0].detach().numpy().dtype) for w in before)
        expected = W.transpose(3, 2, 0, 1), b
        expected += D.reshape(2, 3, 2, 2).transpose(3, 2, 0, 1).reshape(2, 12), c
        assert all(
            np.array_equal(p.detach().numpy(), w)
            for p, w in zip(parameters, expected, strict=True)
        ), "copy_weights: every digit arrives that the PyTorch model can hold"
### END HIDDEN TESTS

# %% [markdown]
# ## 5. What a network costs: `layer_costs(shape, layers)`
#
# easy · 15 minutes · 4 points
#
# `shape` is `(C, H, W)`: an image of `C` channels, which need not be square. It goes through `layers`, a list of 1 to 100 tuples:
#
# - `("conv", maps, k, stride, pad)`: kernels of `k` times `k`, one for each map, with one bias for each map. `pad` rows and
#   columns of zeros lie on each side of the image. A window that does not fit is left out.
# - `("pool", k)`: max pooling of each map in windows of `k` times `k`, side by side without overlap. Rows and columns that are
#   left over are in no window.
# - `("dense", units)`: each unit sees all numbers that come in, with one weight for each, and has one bias. It may come first. After
#   a dense layer only dense layers follow.
#
# Return a list with one tuple `(outputs, parameters, multiplications)` for each layer, in order: how many numbers it
# gives for one image, how many weights and biases it has, and how many times a weight is multiplied by a number that comes in. A product
# with a zero of the padding counts like the others. Adding a bias and finding a maximum are no multiplications.
#
# All sizes are integers, Python's or of any NumPy type, at least 1; `pad` is at least 0, and at least one window fits in each
# layer. The counts are integers, exact however large they are.
#
# <details><summary>Hint 1: what comes out</summary>
#
# Keep `C`, `H` and `W` up to date from layer to layer. What are they behind a convolution, and what behind a pooling?
# </details>
#
# <details><summary>Hint 2: a convolution</summary>
#
# Each number of its maps is a window times a kernel. How many products is that? How many numbers are there? The number of
# weights does not depend on `H` and `W`.
# </details>
#
# <details><summary>Hint 3: by hand</summary>
#
# An image of $1 \times 5 \times 4$ and `("conv", 2, 3, 1, 0)`: two maps of $3 \times 2$, so 12 numbers. Each takes 9
# products, 108 in all. There are $2 \cdot (9 + 1) = 20$ parameters.
# </details>
#
# <details><summary>Hint 4: types</summary>
#
# `np.uint8(200) + np.uint8(100)` is 44. Python's own integers have no largest one: `int(a)` makes one.
# </details>


# %% nbgrader={"grade_id": "layer_costs", "solution": true}
def layer_costs(shape, layers):
    """Return a list of (outputs, parameters, multiplications), one for each layer.

    shape: (C, H, W).  layers: a list of ("conv", maps, k, stride, pad), ("pool", k) and ("dense", units).
    """
    ### BEGIN SOLUTION
    (C, H, W), costs = map(int, shape), []
    for kind, *sizes in layers:
        first, *others = map(int, sizes)
        if kind == "pool":
            H, W = H // first, W // first
            costs.append((C * H * W, 0, 0))
            continue
        if kind == "conv":
            k, stride, pad = others
            seen, *sides = C * k * k, H, W
            H, W = ((side + 2 * pad - k) // stride + 1 for side in sides)
        else:
            seen, H, W = C * H * W, 1, 1
        C, outputs = first, first * H * W
        costs.append((outputs, C * (seen + 1), outputs * seen))
    return costs
    ### END SOLUTION


# %% nbgrader={"grade_id": "layer_costs-visible", "points": 1}
# Visible tests of `layer_costs`: 1 point.
costs = layer_costs((1, 5, 4), [("conv", 2, 3, 1, 0), ("pool", 2), ("dense", 3)])
assert len(costs) == 3 and all(isinstance(row, tuple) for row in costs), (
    "layer_costs: one tuple for each layer"
)
assert costs[0] == (12, 20, 108), "layer_costs: the convolution of the worked example"
assert costs[1] == (2, 0, 0), (
    "layer_costs: pooling has no weights, and leaves out a row that is left over"
)
assert costs[2] == (3, 9, 6), (
    "layer_costs: a dense layer sees all numbers of the pooled maps"
)

# %% nbgrader={"grade_id": "layer_costs-hidden", "points": 2}
# Hidden tests of `layer_costs`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _counted(shape, layers):
    """Walk every window of every layer, and count."""
    C, H, W = shape
    counts = []
    for kind, first, *others in layers:
        if kind == "dense":
            counts.append((first, first * (C * H * W) + first, first * C * H * W))
            C, H, W = first, 1, 1
            continue
        k, stride, pad = others if kind == "conv" else (first, first, 0)
        rows = len([i for i in range(-pad, H + pad, stride) if i + k <= H + pad])
        columns = len([j for j in range(-pad, W + pad, stride) if j + k <= W + pad])
        weights, each = 0, 0
        if kind == "conv":
            weights = np.zeros((first, C, k, k)).size + np.zeros(first).size
            each = np.zeros((C, k, k)).size
            C = first
        H, W = rows, columns
        counts.append((C * H * W, weights, C * H * W * each))
    return counts


rng = np.random.default_rng(0)
for _ in range(60):
    shape = tuple(int(a) for a in rng.integers(1, [5, 30, 30]))
    C, H, W = shape
    layers = []
    for _ in range(int(rng.integers(0, 4))):
        if rng.random() < 0.6:
            pad, stride = int(rng.integers(0, 3)), int(rng.integers(1, 4))
            k = int(rng.integers(1, min(H, W, 6) + 2 * pad + 1))
            layers.append(("conv", int(rng.integers(1, 8)), k, stride, pad))
            H, W = ((a + 2 * pad - k) // stride + 1 for a in (H, W))
        else:
            k = int(rng.integers(1, min(H, W, 4) + 1))
            layers.append(("pool", k))
            H, W = H // k, W // k
    for _ in range(int(rng.integers(0, 3)) + (not layers)):
        layers.append(("dense", int(rng.integers(1, 20))))
    found, expected = layer_costs(shape, layers), _counted(shape, layers)
    assert len(found) == len(layers), "layer_costs: one entry for each layer, always"
    assert [a[0] for a in found] == [a[0] for a in expected], (
        "layer_costs: the outputs of each layer of random networks"
    )
    assert [a[1] for a in found] == [a[1] for a in expected], (
        "layer_costs: the parameters of each layer of random networks"
    )
    assert [a[2] for a in found] == [a[2] for a in expected], (
        "layer_costs: the multiplications of each layer of random networks"
    )

documents = [("conv", 32, 3, 1, 0), ("pool", 2), ("conv", 64, 3, 1, 0), ("pool", 2)]
documents += [("dense", 128), ("dense", 10)]
costs = layer_costs((1, 28, 28), documents)
assert [a[1] for a in costs] == [320, 0, 18_496, 0, 204_928, 1_290], (
    "layer_costs: the parameters of the lesson's network"
)
assert [a[2] for a in costs] == [194_688, 0, 2_230_272, 0, 204_800, 1_280], (
    "layer_costs: the multiplications of the lesson's network"
)
small, large = (
    layer_costs((3, side, side), [("conv", 8, 3, 1, 1)])[0] for side in (10, 20)
)
assert small[1] == large[1] and 4 * small[2] == large[2], (
    "layer_costs: a larger image costs a convolution more products and no more weights"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "layer_costs-inputs", "points": 1}
# Hidden tests of `layer_costs`: 1 point for integers of every type and size.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import INTEGERS, same, snapshot

plain = [("conv", 100, 5, 2, 100), ("pool", 3), ("dense", 120), ("dense", 2)]
expected = layer_costs((3, 99, 101), plain)
assert expected[0] == (2_205_200, 7_600, 165_390_000), (
    "layer_costs: a padding that is wider than the kernel"
)
for name in INTEGERS:
    kind = getattr(np, name)
    shape = (kind(3), kind(99), kind(101))
    layers = [(word, *map(kind, sizes)) for word, *sizes in plain]
    before = snapshot((shape, layers))
    found = layer_costs(shape, layers)
    assert [tuple(map(int, a)) for a in found] == expected, (
        "layer_costs: sizes of any integer type"
    )
    assert same((shape, layers), before), (
        "layer_costs: leaves its arguments as they are"
    )
assert layer_costs(np.array([1, 4, 4], np.uint8), [("pool", 3)]) == [(1, 0, 0)], (
    "layer_costs: a shape that is an array, and a pooling first"
)
side = 10**9
assert layer_costs((7, side + 1, side), [("dense", side)]) == [
    (side, side * (7 * side * (side + 1) + 1), 7 * side * side * (side + 1))
], "layer_costs: exact counts beyond 64 bits"
side = 10**17 + 3
for layer, left, costs in (
    (("pool", 1), side, (0, 0)),
    (("pool", 5), side // 5, (0, 0)),
    (("conv", 1, 2, 3, 0), (side - 2) // 3 + 1, (5, 4 * ((side - 2) // 3 + 1) ** 2)),
):
    assert layer_costs((1, side, side), [layer]) == [(left**2, *costs)], (
        "layer_costs: images larger than a float can count"
    )
found = layer_costs((1, 5, 5), [("conv", 1, 5, 3, 0), ("dense", 1)])
assert all(type(a) is int or isinstance(a, np.integer) for row in found for a in row), (
    "layer_costs: the counts are integers"
)
assert found == [(1, 26, 25), (1, 2, 1)], (
    "layer_costs: a kernel as large as the image leaves one number"
)
costs = layer_costs((1, 9, 9), [("conv", 2, 3, 1, 1)] * 99 + [("dense", 7)])
assert len(costs) == 100 and costs[1:99] == [(162, 38, 2916)] * 98, (
    "layer_costs: a hundred layers"
)
assert costs[99] == (7, 1141, 1134), (
    "layer_costs: a hundred layers, and the last of them"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. How far it sees: `receptive_field(layers)`
#
# medium · 15 minutes · 4 points
#
# Windows are stacked along one axis of an image. `layers` is a list of pairs `(k, stride)` or triples `(k, stride, dilation)`,
# first layer first, or an array with such rows. A layer's window holds `k` numbers of the layer before, `dilation` apart (1 in a pair), and moves by
# `stride` from one output to the next. A convolution and a pooling are alike here.
#
# One number of the last layer rests on some pixels of the image. Return how many pixels lie from the first to the last of them,
# both counted: the **[[receptive field]]**, an integer. Pixels in between count even if no window looks at them. The image is
# large enough; its border plays no part.
#
# There are at most 100 layers. `layers` may be empty, also an array of the shape `(0, 2)` or `(0, 3)`: a pixel sees itself. `k`, `stride` and `dilation` are integers of at least 1, Python's or of any NumPy
# type, and may differ from layer to layer. The result is exact however large it is.
#
# <details><summary>Hint 1: two layers by hand</summary>
#
# First `(3, 2)`, then `(2, 1)`. A number of the last layer sees two neighbours of the middle one. These see three pixels each, and the
# second window begins two pixels after the first: pixels 0 to 4, so 5.
# </details>
#
# <details><summary>Hint 2: one layer more</summary>
#
# Let the numbers of a layer see $r$ pixels each, and let two neighbours' views begin $j$ pixels apart. The next layer looks at
# `k` of them, `dilation` apart. How far is the last of these from the first, in pixels? By how much does that widen $r$?
# </details>
#
# <details><summary>Hint 3: the stride</summary>
#
# A stride does not widen the view of its own layer. What does it do to $j$?
# </details>


# %% nbgrader={"grade_id": "receptive_field", "solution": true}
def receptive_field(layers):
    """Return how many pixels lie from the first to the last that one number of the last layer rests on.

    layers: a list of (k, stride) or (k, stride, dilation), first layer first.  Returns an int.
    """
    ### BEGIN SOLUTION
    size = jump = 1
    for layer in layers:
        k, stride, *rest = map(int, layer)
        dilation = rest[0] if rest else 1
        size += (k - 1) * dilation * jump
        jump *= stride
    return size
    ### END SOLUTION


# %% nbgrader={"grade_id": "receptive_field-visible", "points": 1}
# Visible tests of `receptive_field`: 1 point.
assert receptive_field([(3, 2), (2, 1)]) == 5, "receptive_field: the worked example"
assert receptive_field([(3, 1)]) == 3, "receptive_field: one layer sees its window"
assert receptive_field([(3, 1), (3, 1)]) == 5, (
    "receptive_field: two layers without strides see more than one, and overlap"
)

# %% nbgrader={"grade_id": "receptive_field-hidden", "points": 2}
# Hidden tests of `receptive_field`: 2 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np


def _seen(layers):
    """Go back from one number of the last layer to all pixels that it rests on."""
    places = {0}
    for k, stride, *rest in reversed(layers):
        dilation = rest[0] if rest else 1
        places = {i * stride + p * dilation for i in places for p in range(k)}
    return max(places) - min(places) + 1


rng = np.random.default_rng(0)
for case in range(60):
    sizes = rng.integers(1, 4, size=(int(rng.integers(1, 6)), 3 if case % 2 else 2))
    layers = [tuple(map(int, row)) for row in sizes]
    assert receptive_field(layers) == _seen(layers), (
        "receptive_field: agrees with following the windows back, for random layers"
    )
    mixed = [row if i % 2 else row[:2] for i, row in enumerate(layers)]
    assert receptive_field(mixed) == _seen(mixed), (
        "receptive_field: pairs and triples in one list"
    )
assert receptive_field([]) == 1, "receptive_field: a pixel sees itself"
assert receptive_field([(1, 5), (1, 3)]) == 1, (
    "receptive_field: windows of one pixel see one pixel, whatever the strides"
)
assert receptive_field([(2, 3), (2, 1)]) == 5 and receptive_field([(2, 5)]) == 2, (
    "receptive_field: with gaps between windows, from the first pixel to the last"
)
assert receptive_field([(3, 1), (2, 2), (3, 1), (2, 2)]) == 10, (
    "receptive_field: the lesson's network"
)
first, second = (5, 2), (3, 1)
assert (
    receptive_field([first, second]) == 9 and receptive_field([second, first]) == 7
), "receptive_field: the order of the layers counts"
doubled = [(2, 1, 2**i) for i in range(10)]
assert receptive_field(doubled) == 1024, (
    "receptive_field: doubled dilations double the view"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "receptive_field-inputs", "points": 1}
# Hidden tests of `receptive_field`: 1 point for integers of every type and size.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import of_every_layout, of_every_type, same, snapshot

for layers in of_every_type([[100, 2, 3], [120, 100, 1], [3, 1, 100]]):
    if np.asarray(layers).dtype.kind == "f":
        continue
    before = snapshot(layers)
    rows = [tuple(row) for row in layers]
    assert receptive_field(rows) == 40_536, "receptive_field: sizes of any integer type"
    assert receptive_field(layers) == 40_536, (
        "receptive_field: layers that are lists or rows of an array"
    )
    assert same(layers, before), "receptive_field: leaves its argument as it is"
for layers in of_every_layout([[3, 2], [3, 2], [2, 4]]):
    assert receptive_field(layers) == 11, (
        "receptive_field: rows of an array that lies in memory in any way"
    )
assert receptive_field([(2, 2)] * 100) == 2**100, (
    "receptive_field: exact beyond 64 bits"
)
assert receptive_field([(10**18, 1)]) == 10**18, (
    "receptive_field: windows that are too large to be walked"
)
found = receptive_field([(2, 2), (2, 2)])
assert isinstance(found, int | np.integer), "receptive_field: returns an integer"
assert receptive_field([(3, 3)] * 60) == 3**60, (
    "receptive_field: an odd number beyond 64 bits, to its last digit"
)
long = [(2, 2)] * 99
assert [receptive_field([*long, last]) for last in ((2, 1), (5, 1))] == [
    2**100,
    2**99 * 5,
], "receptive_field: two long lists that differ in the last layer"
for columns in (2, 3):
    assert receptive_field(np.zeros((0, columns), int)) == 1, (
        "receptive_field: an array without rows has no layers"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Dropout: `dropout(x, p, rng, train)`
#
# medium · 15 minutes · 5 points
#
# Return the pair `(y, mask)` with `y = x * mask`, both of the shape of `x` and new arrays.
#
# - In training (`train` is `True`), each entry of `x` is dropped with probability `p`, independently of all others: its mask is 0.
#   An entry that is kept has a mask that makes up for it, so that the mean of the mask is 1 (*inverted* dropout).
# - In evaluation (`train` is `False`) the mask is ones, and nothing is drawn.
# - All randomness comes from `rng`, a `np.random.Generator`. The same state of it gives the same mask, another state another one.
#
# `x` has any shape of at least one dimension. Its entries are finite. `p` is the rate at which entries are *dropped*, a Python or
# NumPy number with $0 \le p < 1$.
#
# <details><summary>Hint 1: how large is a mask that is kept?</summary>
#
# It is 0 with probability $p$ and $c$ with probability $1 - p$. Which $c$ gives the mean 1?
# </details>
#
# <details><summary>Hint 2: drawing</summary>
#
# `rng.random(shape)` draws numbers between 0 and 1 for a whole array. With which probability is one of them at least $p$?
# </details>


# %% nbgrader={"grade_id": "dropout", "solution": true}
def dropout(x, p, rng, train):
    """Return (y, mask) of inverted dropout, y = x * mask.

    x: array of any shape.  p: the drop rate, 0 <= p < 1.  rng: np.random.Generator.  train: bool.
    """
    ### BEGIN SOLUTION
    if train:
        mask = (rng.random(x.shape) >= p) / (1 - float(p))
    else:
        mask = np.ones(x.shape)
    return x * mask, mask
    ### END SOLUTION


# %% nbgrader={"grade_id": "dropout-visible", "points": 1}
# Visible tests of `dropout`: 1 point.
import numpy as np

x = np.array([[3.0, -1, 2], [4, 5, -6]])
y, mask = dropout(x, 0.75, np.random.default_rng(0), True)
assert np.shape(y) == np.shape(mask) == (2, 3), "dropout: both have the shape of x"
assert np.array_equal(y, x * mask), "dropout: y is x times the mask"
assert np.isin(mask, [0, 4]).all(), (
    "dropout: where three of four are dropped, what is left counts four times"
)
y, mask = dropout(x, 0.75, np.random.default_rng(0), False)
assert np.array_equal(y, x) and np.array_equal(mask, np.ones((2, 3))), (
    "dropout: in evaluation nothing is dropped and nothing is scaled"
)

# %% nbgrader={"grade_id": "dropout-hidden", "points": 3}
# Hidden tests of `dropout`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy.stats import binomtest

from gdcourse.testing import FALSE_ALARM, is_uniform, same, snapshot


def _dropped(shape, p, rng):
    return np.asarray(dropout(np.ones(shape), p, rng, True)[1]) == 0


rng = np.random.default_rng(0)
for case in range(30):
    shape = tuple(int(a) for a in rng.integers(1, 6, size=1 + case % 4))
    p, x = float(rng.uniform(0, 0.99)), rng.normal(size=shape)
    y, mask = (np.asarray(a) for a in dropout(x, p, rng, True))
    assert y.shape == mask.shape == shape, (
        "dropout: x of any shape gives y and a mask of this shape"
    )
    kept = mask != 0
    assert np.allclose(mask[kept], 1 / (1 - p), rtol=1e-12, atol=0), (
        "dropout: a mask is 0 or makes up for what is dropped, at any rate"
    )
    assert np.allclose(y, x * mask, rtol=1e-12, atol=0), (
        "dropout: y is x times the mask, at any rate"
    )
    before = snapshot(rng)
    y, mask = dropout(x, p, rng, False)
    assert np.array_equal(y, x) and np.array_equal(mask, np.ones(shape)), (
        "dropout: in evaluation the mask is ones, at any rate"
    )
    assert same(rng, before), "dropout: in evaluation nothing is drawn"
    y, mask = dropout(x, 0, rng, True)
    assert np.array_equal(y, x) and np.array_equal(mask, np.ones(shape)), (
        "dropout: at the rate 0 nothing is dropped"
    )

# Each of the tests of chance below refuses a right answer at most once in a million.
for p in (0.02, 0.3, 0.5, 0.9, 0.999):
    count = int(_dropped((200, 500), p, rng).sum())
    assert binomtest(count, 100_000, p).pvalue >= FALSE_ALARM, (
        "dropout: entries are dropped at the rate p"
    )
for shape, name in (((2000, 3), "rows"), ((3, 2000), "columns"), ((500, 4, 3), "all")):
    drops = _dropped(shape, 0.5, rng)
    drops = drops.T if name == "columns" else drops.reshape(-1, 3)
    patterns = drops @ np.array([1, 2, 4])
    assert is_uniform(np.bincount(patterns, minlength=8)), (
        "dropout: entries beside each other are dropped independently, in each direction"
    )
    pairs = drops[::2] + 2 * drops[1::2]
    assert is_uniform(np.bincount(pairs.ravel(), minlength=4)), (
        "dropout: each sample has a mask of its own"
    )
counts = [int(_dropped(4, 0.5, rng).sum()) for _ in range(400)]
spread = np.bincount(counts, minlength=5)
for count, ways in zip(spread, (1, 4, 6, 4, 1), strict=True):
    assert binomtest(int(count), 400, ways / 16).pvalue >= FALSE_ALARM, (
        "dropout: how many entries are dropped is chance too, from none to all"
    )
masks = [_dropped(50, 0.5, np.random.default_rng(seed)) for seed in range(6)]
assert all((masks[i] != masks[j]).any() for i in range(6) for j in range(i)), (
    "dropout: generators with different seeds give different masks"
)
again = _dropped(50, 0.5, np.random.default_rng(3))
assert np.array_equal(again, masks[3]), (
    "dropout: generators with the same seed give the same mask"
)
one = np.random.default_rng(5)
first, second = _dropped(50, 0.5, one), _dropped(50, 0.5, one)
assert (first != second).any(), "dropout: a second call has another mask"
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "dropout-inputs", "points": 1}
# Hidden tests of `dropout`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    apart,
    of_every_layout,
    of_every_scale,
    of_every_type,
    same,
    snapshot,
)

for xt in of_every_type([[100, 0, 7], [90, 1, 120]]):
    x = np.asarray(xt)
    for train in (True, False):
        y, mask = dropout(x, 0.9, np.random.default_rng(4), train)
        assert np.array_equal(y, x.astype(float) * mask), (
            "dropout: x of any integer or float type"
        )
        assert y.dtype == mask.dtype == np.float64, (
            "dropout: y and mask are float64, for x of any type"
        )
x = np.arange(1.0, 13).reshape(3, 4)
for kind in (np.float16, np.float32, np.float64):
    for rate in (0.1, 0.3):
        p = kind(rate)
        _, mask = dropout(x, p, np.random.default_rng(1), True)
        assert np.isclose(mask.max(), 1 / (1 - float(p)), rtol=1e-12), (
            "dropout: rates of any float type"
        )
expected = dropout(x, 0.5, np.random.default_rng(2), True)
for xl in of_every_layout(x):
    for train in (True, False):
        before = snapshot(xl)
        y, mask = dropout(xl, 0.5, np.random.default_rng(2), train)
        assert same(xl, before), "dropout: leaves x as it is"
        assert apart(xl, y, mask), "dropout: returns two new arrays"
        assert np.array_equal(y, x * mask), (
            "dropout: y is x times the mask, however x lies in memory"
        )
        assert not train or np.array_equal(mask, expected[1]), (
            "dropout: the mask does not depend on how x lies in memory"
        )
for scale, xs in of_every_scale(x):
    y, mask = dropout(xs, 0.5, np.random.default_rng(2), True)
    assert np.array_equal(mask, expected[1]) and np.array_equal(y, xs * mask), (
        "dropout: x of any scale"
    )
y, mask = dropout(np.zeros(200), 0.5, np.random.default_rng(0), True)
assert np.any(mask) and not np.any(y) and not np.all(mask), (
    "dropout: the mask does not depend on the entries, even where they are 0"
)
for p, train in ((0.5, False), (0, False), (0, True)):
    y, mask = dropout(np.ones(3), p, np.random.default_rng(0), train)
    assert apart(y, mask), "dropout: y and mask are two arrays, where both are ones too"
### END HIDDEN TESTS

# %% [markdown]
# ## 8. Stop in time: `early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience)`
#
# medium · 20 minutes · 5 points
#
# Train a model of any framework, and give it back with the best weights that it had. You get four functions:
#
# - `fit_one_epoch()` trains for one epoch; ignore what it returns,
# - `validate()` returns the validation loss, a number,
# - `get_weights()` returns the weights, a list of arrays. They are the model's own: the next epoch changes the numbers in them.
# - `set_weights(weights)` takes such a list and writes its numbers into the model.
#
# After each epoch ask for the validation loss, once. An epoch whose loss is finite and smaller than all before it is the best so
# far, however little smaller it is. Stop as soon as `patience` epochs in a row, an `int` of at least 1, were not the best so far. Then
# call `set_weights`, once, with the weights of the best epoch. If no epoch had a finite loss, these are the weights before the first
# epoch. Return the losses of all epochs as a list of floats.
#
# Losses may be NaN or infinite, of any scale and sign, and of any Python or NumPy type; integers are at most $2^{53}$ in size. Arrays of weights may have any shape
# and type, and keep them. A run has at most 500 epochs. You may call `get_weights` as often as you like; do not write into its arrays.
#
# <details><summary>Hint 1: whose weights are these?</summary>
#
# `best = get_weights()` gives the model's arrays a second name. What does `best` hold after the next epoch?
# </details>
#
# <details><summary>Hint 2: NaN</summary>
#
# Every comparison with NaN is false. `loss < best` then says "no", but `not loss >= best` says "yes".
# </details>
#
# <details><summary>Hint 3: when to stop</summary>
#
# Count the epochs since the best one. With `patience = 1` the first epoch that is no better ends the training.
# </details>


# %% nbgrader={"grade_id": "early_stop_fit", "solution": true}
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    """Train until patience epochs in a row were not the best so far; restore the best weights; return all losses.

    patience: int >= 1.  Returns a list of floats.
    """
    ### BEGIN SOLUTION
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
        else:
            since += 1
    set_weights(kept)
    return losses
    ### END SOLUTION


# %% nbgrader={"grade_id": "early_stop_fit-visible", "points": 1}
# Visible tests of `early_stop_fit`: 1 point.
import numpy as np

model, epochs = [np.zeros(2)], []
table = [5.0, 3.0, 4.0, 2.0, 2.5, 2.0, 1.0]


def _fit():
    epochs.append(len(epochs))
    model[0] += 1.0
    return model


def _write(weights):
    for own, given in zip(model, weights, strict=True):
        own[...] = given


losses = early_stop_fit(_fit, lambda: table[epochs[-1]], lambda: model, _write, 2)
assert list(losses) == [5.0, 3.0, 4.0, 2.0, 2.5, 2.0], (
    "early_stop_fit: stops after two epochs that are not the best so far, and returns all losses"
)
assert np.array_equal(model[0], [4.0, 4.0]), (
    "early_stop_fit: the model has the weights of its best epoch in the end"
)

# %% nbgrader={"grade_id": "early_stop_fit-hidden", "points": 3}
# Hidden tests of `early_stop_fit`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import math

import numpy as np


class _Model:
    """Weights that change in place; the losses of its epochs are given, and worse ones follow. told: what was asked of it."""

    def __init__(self, losses, weights, worse=1e6):
        self.losses, self.worse = losses, worse
        self.weights, self.epoch, self.told = weights, 0, []

    def fit(self):
        if self.epoch > 600:
            raise RuntimeError("training does not stop")
        self.epoch += 1
        self.told.append("fit")
        for w in self.weights:
            w += 1
        return self.weights  # so that an answer's second names for them follow

    def validate(self):
        self.told.append("validate")
        place = self.epoch - 1
        return self.losses[place] if place < len(self.losses) else self.worse

    def get(self):
        return self.weights

    def set(self, weights):
        self.told.append("set")
        for own, given in zip(self.weights, weights, strict=True):
            own[...] = given


def _run(losses, patience, worse=1e6):
    """Return the losses that were returned, the model, and by how many epochs its weights have moved."""
    start = [np.array([[0.0, 10.0], [20.0, 30.0]]), np.array([-5.0])]
    model = _Model(losses, [w.copy() for w in start], worse)
    found = early_stop_fit(model.fit, model.validate, model.get, model.set, patience)
    moved = {
        float(d)
        for w, s in zip(model.weights, start, strict=True)
        for d in (w - s).ravel()
    }
    return list(found), model, moved


def _expected(losses, patience, worse=1e6):
    """Return the losses up to the stop, and the number of the best epoch; 0 where none is finite."""
    losses = list(losses) + [worse] * (patience + 1)
    for end in range(1, len(losses) + 1):
        finite = [loss for loss in losses[:end] if math.isfinite(loss)]
        best = losses.index(min(finite)) + 1 if finite else 0
        if end - best == patience:
            return losses[:end], best
    return None


nan, inf = float("nan"), float("inf")
rng = np.random.default_rng(0)
for case in range(60):
    patience = int(rng.integers(1, 5))
    losses = [float(v) for v in rng.integers(-6, 6, size=int(rng.integers(1, 25)))]
    if case % 2:
        losses = [
            v if rng.random() < 0.8 else float(rng.choice([nan, inf, -inf]))
            for v in losses
        ]
    found, model, moved = _run(losses, patience)
    expected, best = _expected(losses, patience)
    assert len(found) == len(expected), (
        "early_stop_fit: stops as soon as patience epochs in a row were not the best so far"
    )
    assert np.array_equal(found, expected, equal_nan=True), (
        "early_stop_fit: returns the loss of every epoch, in order"
    )
    assert moved == {float(best)}, (
        "early_stop_fit: all weights of the model are those of the best epoch"
    )
    assert model.told == ["fit", "validate"] * len(expected) + ["set"], (
        "early_stop_fit: validates once after each epoch, and sets the weights once, in the end"
    )

for bad in (nan, inf, -inf):
    for losses in ([bad, 3, 2, 1], [3, bad, 2, bad, 1], [3, 2, 1, bad]):
        found, _, moved = _run(losses, 2)
        assert moved == {float(losses.index(1) + 1)}, (
            "early_stop_fit: a loss that is not finite is not the best, wherever it comes"
        )
    found, _, moved = _run([bad] * 3, 3)
    assert len(found) == 3 and moved == {0.0}, (
        "early_stop_fit: without a finite loss the weights are those from before the first epoch"
    )
    found, _, moved = _run([bad, bad, 7.0], 3)
    assert len(found) == 6 and moved == {3.0}, (
        "early_stop_fit: losses that are not finite count as epochs without a best"
    )
found, _, moved = _run([2.0, 2.0, 2.0, 2.0], 3)
assert len(found) == 4 and moved == {1.0}, (
    "early_stop_fit: an equal loss is not smaller, and the first of equals is the best"
)
found, _, moved = _run([9.0, 5.0, 8.0, 7.0, 6.0], 3)
assert len(found) == 5 and moved == {2.0}, (
    "early_stop_fit: better than the epoch before is not the best so far"
)
found, _, moved = _run([4.0] + [5.0, 3.0] * 4, 2)
assert len(found) == 5 and moved == {3.0}, (
    "early_stop_fit: counts the epochs in a row, from the best one on"
)
found, _, moved = _run([float(-v) for v in range(200)], 1)
assert len(found) == 201 and moved == {200.0}, (
    "early_stop_fit: goes on as long as the loss falls"
)
found, _, moved = _run([1.0], 150)
assert len(found) == 151 and moved == {1.0}, "early_stop_fit: waits as long as patience"
found, _, moved = _run([float(-v) for v in range(450)], 1)
assert len(found) == 451 and moved == {450.0}, (
    "early_stop_fit: goes on for as many epochs as the loss falls"
)
for bad in (nan, inf):
    found, _, moved = _run([5.0] + [bad] * 60 + [4.0], 70)
    assert len(found) == 132 and moved == {62.0}, (
        "early_stop_fit: waits as long as patience while no loss is finite"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "early_stop_fit-inputs", "points": 1}
# Hidden tests of `early_stop_fit`: 1 point for losses and weights of every type and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import Callback, of_every_scale, of_every_type, printing


def _run(losses, weights, patience=2):
    """Return what was returned, the weights that were set, and the model's functions."""
    losses, told = iter([*losses, *[losses[0]] * 20]), []

    def _fit():
        for w in weights:
            w += w.dtype.type(1)
        return weights

    get = Callback(lambda: weights)
    found = early_stop_fit(_fit, lambda: next(losses), get, told.append, patience)
    return found, told, get


for losses in of_every_type([100, 120, 7, 9, 8, 1]):
    found, told, _ = _run(losses, [np.zeros(2)])
    assert list(found) == [100, 120, 7, 9, 8], (
        "early_stop_fit: losses of any integer or float type"
    )
    assert type(found) is list and all(isinstance(loss, float) for loss in found), (
        "early_stop_fit: returns a list of floats"
    )
    assert np.array_equal(told[0][0], [3, 3]), (
        "early_stop_fit: the best of losses of any type"
    )
for scale, losses in of_every_scale([3, 2, 2.5, 1, 4]):
    for sign, best in ((1, 4), (-1, 1)):
        found, told, _ = _run([float(sign * v) for v in losses], [np.zeros(2)], 3)
        assert told[0][0][0] == best, "early_stop_fit: losses of any scale and sign"
found, told, _ = _run([1.0, 1.0 - 1e-15, 1.0 - 2e-15, 1.0], [np.zeros(2)])
assert len(found) == 5 and told[0][0][0] == 3, (
    "early_stop_fit: a loss that is smaller by the last digit is smaller"
)
for kind in ("int8", "uint8", "float16", "float32", "float64"):
    weights = [np.zeros(s, kind) for s in ((2, 3), (1,), (), (3, 1, 2))]
    _, told, get = _run([2.0, 1.0, 5.0, 6.0], weights)
    assert [(w.shape, w.dtype) for w in map(np.asarray, told[0])] == [
        (w.shape, w.dtype) for w in weights
    ], "early_stop_fit: weights keep their shapes and types"
    assert all(np.all(np.asarray(w) == 2) for w in told[0]), (
        "early_stop_fit: weights of any shape and type"
    )
    assert all(np.all(w == 4) for w in weights) and not get.overwritten, (
        "early_stop_fit: writes nothing into the model's arrays itself"
    )
weights = [np.zeros((3, 4)).T, np.zeros(6)[::2]]
_, told, _ = _run([2.0, 1.0], weights)
assert [np.shape(w) for w in told[0]] == [(4, 3), (3,)], (
    "early_stop_fit: weights that lie in memory in any way"
)
with printing() as said:
    _run([2.0, 1.0], [np.zeros(2)])
assert not said(), "early_stop_fit: prints nothing"
for high in (1e300, 1.7e308):
    found, told, _ = _run([high, high * 0.9, high], [np.zeros(2)])
    assert told[0][0][0] == 2 and len(found) == 4, (
        "early_stop_fit: finite losses near the largest float"
    )
mixed = [np.zeros(2, kind) for kind in ("int8", "float32", "float64")]
_, told, _ = _run([2.0, 1.0], mixed)
assert [np.asarray(w).dtype for w in told[0]] == [w.dtype for w in mixed], (
    "early_stop_fit: weights of one shape and different types keep their types"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 9. All the way from black: `integrated_gradients(f_grad, x, x0, n)`
#
# medium · 15 minutes · 5 points
#
# Which entries of the input `x` does a score rest on? Walk in a straight line from a baseline `x0` (such as a black image) to
# `x`, and collect the gradient on the way. Cut the way into `n` equal pieces and take the gradient in the middle of each:
#
# $$a_i = (x_i - x_{0,i}) \; \frac{1}{n} \sum_{k=1}^{n} \frac{\partial f}{\partial x_i}\Bigl(x_0 + \frac{k - \frac12}{n}\,(x - x_0)\Bigr).$$
#
# Return the attributions $a$, an array of the shape of `x`.
#
# - `x` and `x0` have the same shape, of at least one dimension, and any NumPy type. Calculate in `float64`.
# - `f_grad(point)` returns the gradient of the score at one point, both of the shape of `x`. Hand it a `float64` array. Call it **exactly
#   `n` times**; `n` is an `int` of at least 1. It may return any type of float, and the same array each time, with new numbers
#   in it: add what you need before you call it again, and do not write into it.
# - Where a gradient is NaN, so is the attribution of this entry, and no other.
#
# <details><summary>Hint 1: one entry by hand</summary>
#
# $f(x) = x^2$ from $0$ to $4$ with $n = 2$: the middles are $1$ and $3$, the gradients $2$ and $6$. Their mean is $4$, times $4$ is
# $16 = f(4) - f(0)$.
# </details>
#
# <details><summary>Hint 2: check yourself</summary>
#
# The attributions add up to $f(x) - f(x_0)$, nearly, and the better the larger `n` is. For a linear or quadratic $f$ they do so
# exactly with any `n`.
# </details>
#
# <details><summary>Hint 3: types</summary>
#
# For `uint8`, `3 - 5` is 254. And a sum of `float16` has three digits and ends at 65504.
# </details>


# %% nbgrader={"grade_id": "integrated_gradients", "solution": true}
def integrated_gradients(f_grad, x, x0, n):
    """Return the attributions of the entries of x by integrated gradients, at the middles of n pieces.

    f_grad: array -> array, the gradient.  x, x0: arrays of one shape.  n: int >= 1.  Returns an array of this shape.
    """
    ### BEGIN SOLUTION
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    total = np.zeros(x.shape)
    for k in range(n):
        total += np.asarray(f_grad(x0 + (k + 0.5) / n * (x - x0)), dtype=float) / n
    return (x - x0) * total
    ### END SOLUTION


# %% nbgrader={"grade_id": "integrated_gradients-visible", "points": 1}
# Visible tests of `integrated_gradients`: 1 point.
import numpy as np

a = integrated_gradients(lambda x: 2 * x, np.array([4.0]), np.array([0.0]), 2)
assert np.shape(a) == (1,), "integrated_gradients: has the shape of x"
assert np.allclose(a, [16]), "integrated_gradients: the square of the worked example"
# f(x) = 3 x_0 - x_1 x_2, from (1, 0, 1)
a = integrated_gradients(
    lambda x: np.array([3.0, -x[2], -x[1]]),
    np.array([2.0, 4, 3]),
    np.array([1.0, 0, 1]),
    5,
)
assert np.allclose(a, [3, -8, -4]), (
    "integrated_gradients: a linear and a mixed term, from a baseline that is not zero"
)

# %% nbgrader={"grade_id": "integrated_gradients-hidden", "points": 3}
# Hidden tests of `integrated_gradients`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import Callback

rng = np.random.default_rng(0)


def _cubic(shape):
    """Return a random polynomial of degree 3 of an array's entries, and its gradient."""
    size = int(np.prod(shape))
    b, C, d = (
        rng.normal(size=size),
        rng.normal(size=(size, size)),
        rng.normal(size=size),
    )

    def _f(x):
        v = x.ravel()
        return b @ v + v @ C @ v / 2 + d @ v**3 / 3

    def _grad(x):
        v = x.ravel()
        return (b + (C + C.T) @ v / 2 + d * v**2).reshape(shape)

    return _f, _grad, d


for case in range(40):
    shape = tuple(int(a) for a in rng.integers(1, 4, size=1 + case % 3))
    f, grad, d = _cubic(shape)
    x, x0, n = rng.normal(size=shape), rng.normal(size=shape), int(rng.integers(1, 12))
    looked = Callback(grad)
    a = np.asarray(integrated_gradients(looked, x, x0, n))
    assert a.shape == shape, "integrated_gradients: an attribution for each entry"
    assert len(looked.calls) == n, "integrated_gradients: calls f_grad exactly n times"
    ways = sorted(
        float(np.vdot(point - x0, x - x0) / np.vdot(x - x0, x - x0))
        for (point,) in looked.calls
    )
    assert all(point.shape == shape for (point,) in looked.calls), (
        "integrated_gradients: asks f_grad about points of the shape of x"
    )
    assert np.allclose(ways, [(2 * k + 1) / (2 * n) for k in range(n)], atol=1e-9), (
        "integrated_gradients: looks at the middle of each piece of the way"
    )
    # The midpoint rule misses the integral of (x0 + t (x - x0))^2 by (x - x0)^2 / (12 n^2), exactly.
    step = x - x0
    exact = step * (grad(x0) + 4 * grad(x0 + step / 2) + grad(x)) / 6
    missed = step * d.reshape(shape) * step**2 / (12 * n**2)
    assert np.allclose(a, exact - missed, rtol=1e-9, atol=1e-11), (
        "integrated_gradients: agrees with the formula for random polynomials of degree 3"
    )
    gap = np.sum(a) - (f(x) - f(x0))
    assert np.isclose(gap, -np.sum(missed), rtol=1e-6, atol=1e-10), (
        "integrated_gradients: the attributions add up to the difference of the scores, nearly"
    )

x = rng.normal(size=(2, 3))
a = integrated_gradients(lambda p: np.ones((2, 3)), x, x, 4)
assert np.array_equal(a, np.zeros((2, 3))), (
    "integrated_gradients: where x is the baseline there is nothing to attribute"
)
f, grad, _ = _cubic((4,))
there = integrated_gradients(grad, np.arange(4.0), np.ones(4), 7)
back = integrated_gradients(grad, np.ones(4), np.arange(4.0), 7)
assert np.allclose(there, -np.asarray(back), rtol=1e-9, atol=1e-11), (
    "integrated_gradients: the way back gives the opposite"
)
# A score that is flat at x, and steep on the way.
steep = Callback(lambda p: (p < 1).astype(float))
a = integrated_gradients(steep, np.array([5.0]), np.array([0.0]), 5 * 400)
assert len(steep.calls) == 5 * 400, (
    "integrated_gradients: calls f_grad exactly n times, for a large n"
)
assert np.isclose(a[0], 1, rtol=1e-9), (
    "integrated_gradients: sees what a score rose by before it became flat"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "integrated_gradients-inputs", "points": 1}
# Hidden tests of `integrated_gradients`: 1 point for inputs of every type, layout and scale, and for what f_grad returns.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    Callback,
    at_every_place,
    of_every_layout,
    of_every_scale,
    of_every_type,
    printing,
    same,
    snapshot,
)


def _constant(slope):
    return Callback(lambda p: slope)


def _wave(width, height):
    return lambda p: height * np.cos(p / width)


for xt in of_every_type([[0, 100, 7], [120, 1, 5]]):
    for x0t in of_every_type([[100, 0, 120], [90, 1, 6]]):
        x, x0 = np.asarray(xt), np.asarray(x0t)
        looked = Callback(lambda p: p)
        a = np.asarray(integrated_gradients(looked, x, x0, 3))
        expected = (x.astype(float) ** 2 - x0.astype(float) ** 2) / 2
        assert np.allclose(a, expected, rtol=1e-9), (
            "integrated_gradients: x and baseline of any integer or float type"
        )
        assert a.dtype == np.float64, "integrated_gradients: returns float64"
        assert all(p.dtype == np.float64 for (p,) in looked.calls), (
            "integrated_gradients: hands float64 to f_grad, for x of any type"
        )
x, x0 = np.arange(6.0).reshape(2, 3), np.full((2, 3), -1.0)
for kind, value in ((np.float16, 60_000), (np.float32, 0.1), (np.float64, 0.1)):
    slope = np.full((2, 3), value, kind)
    looked = _constant(slope)
    a = integrated_gradients(looked, x, x0, 50)
    assert np.allclose(a, (x - x0) * float(kind(value)), rtol=1e-12), (
        "integrated_gradients: gradients of any float type, added in float64"
    )
    assert looked.untouched(), "integrated_gradients: writes nothing into a gradient"
buffer = np.zeros((2, 3))


def _reuses(p):
    buffer[...] = 2 * p
    return buffer


assert np.allclose(integrated_gradients(_reuses, x, x0, 4), x**2 - 1, rtol=1e-12), (
    "integrated_gradients: a gradient that comes in the same array each time"
)
for xl, x0l in zip(of_every_layout(x), of_every_layout(x0), strict=True):
    before = snapshot((xl, x0l))
    a = integrated_gradients(lambda p: 2 * p, xl, x0l, 4)
    assert np.allclose(a, x**2 - 1, rtol=1e-12), (
        "integrated_gradients: arrays that lie in memory in any way"
    )
    assert same((xl, x0l), before), (
        "integrated_gradients: leaves x and baseline as they are"
    )
for scale, xs in of_every_scale(x, (1e-200, 1e-12, 1.0, 1e12, 1e200)):
    a = integrated_gradients(_wave(scale, 1), xs, x0 * scale, 3)
    expected = integrated_gradients(np.cos, x, x0, 3)
    assert np.allclose(np.asarray(a) / scale, expected, rtol=1e-9), (
        "integrated_gradients: inputs of any scale"
    )
    a = integrated_gradients(_wave(1, scale), x, x0, 3)
    assert np.allclose(np.asarray(a) / scale, expected, rtol=1e-9), (
        "integrated_gradients: gradients of any scale"
    )
for slope in at_every_place(np.ones((2, 3)), np.nan):
    a = integrated_gradients(_constant(slope), x, x0, 2)
    assert np.array_equal(np.isnan(a), np.isnan(slope)), (
        "integrated_gradients: a NaN shows in its own entry, and in no other"
    )
    a = integrated_gradients(_constant(slope), x, x, 2)
    assert np.array_equal(np.isnan(a), np.isnan(slope)), (
        "integrated_gradients: a NaN shows where x is the baseline, too"
    )
for slope in of_every_layout(np.arange(6.0).reshape(2, 3)):
    a = integrated_gradients(_constant(slope), x, x0, 2)
    assert np.allclose(a, (x - x0) * np.arange(6.0).reshape(2, 3), rtol=1e-12), (
        "integrated_gradients: gradients that lie in memory in any way"
    )
near = np.array([1.0, 1e8])
a = integrated_gradients(lambda p: np.ones(2), near + [1e-9, 1e-7], near, 3)
assert np.allclose(a, (near + [1e-9, 1e-7]) - near, rtol=1e-12, atol=0), (
    "integrated_gradients: a baseline that is very near"
)
with printing() as told:
    integrated_gradients(lambda p: p, x, x0, 2)
assert not told(), "integrated_gradients: prints nothing"
### END HIDDEN TESTS

# %% [markdown]
# ## 10. Or was it luck? `beats_chance(correct, n, classes)`
#
# medium · 15 minutes · 5 points
#
# A network was asked about `n` test images and got `correct` of them right, with `0 <= correct <= n`. There are `classes` classes. Does
# it know anything? Who guesses is right with probability `1 / classes` in each image, independently of the others.
#
# Return the pair `(p, better)`: the probability `p` that who guesses gets **at least** `correct` of `n` right, a `float`, and
# `better`, a `bool` of Python or NumPy: `True` where this probability is below 1/100, so that luck of this size is rare. Two of two
# right among ten classes are exactly 1/100, which is not below it.
#
# Add up exactly, with no normal approximation: the relative error of `p` is at most `1e-9`, also where `p` is as small as
# `1e-300`; where it is smaller, anything from 0 to `1e-300` will do. All three are integers, Python's or of any NumPy type, with `1 <= n <= 2000` and `2 <= classes <= 1000`.
#
# <details><summary>Hint 1: exactly k of n</summary>
#
# There are $\binom nk$ ways to choose the $k$ that are right, and each has the probability
# $(1/K)^k\,(1 - 1/K)^{n-k}$ with $K$ classes. Which $k$ are "at least `correct`"?
# </details>
#
# <details><summary>Hint 2: by hand</summary>
#
# Two of three right, with two classes: $3 \cdot \frac18 + \frac18 = \frac12$. Nothing special.
# </details>
#
# <details><summary>Hint 3: small tails, large numbers</summary>
#
# `1 - q` has no digits left where `q` is nearly 1. `math.comb(2000, 1000)` is too large for a float, but Python's integers have
# no largest one. Multiply every term by `classes**n` and divide once, in the end.
# </details>


# %% nbgrader={"grade_id": "beats_chance", "solution": true}
def beats_chance(correct, n, classes):
    """Return (p, better): the probability of at least correct right guesses of n, and whether it is below 0.01.

    correct, n, classes: ints.  Returns (float, bool).
    """
    ### BEGIN SOLUTION
    from math import comb

    correct, n, classes = int(correct), int(n), int(classes)
    ways = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1))
    p = ways / classes**n
    return p, p < 0.01
    ### END SOLUTION


# %% nbgrader={"grade_id": "beats_chance-visible", "points": 1}
# Visible tests of `beats_chance`: 1 point.
import numpy as np

p, better = beats_chance(2, 3, 2)
assert np.isclose(p, 0.5), "beats_chance: at least two of three, the worked example"
assert not better, "beats_chance: what happens in half of all cases is no proof"
p, better = beats_chance(3, 4, 10)  # 4 * 0.1**3 * 0.9 + 0.1**4
assert np.isclose(p, 0.0037) and better, (
    "beats_chance: three of four right among ten classes is rarely luck"
)

# %% nbgrader={"grade_id": "beats_chance-hidden", "points": 3}
# Hidden tests of `beats_chance`: 3 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
from itertools import product
from math import comb

import numpy as np
from scipy.stats import binom

from gdcourse.testing import drawn

for n, classes in ((1, 2), (1, 7), (3, 3), (4, 2), (5, 3)):
    guesses = [g.count(0) for g in product(range(classes), repeat=n)]
    for correct in range(n + 1):
        p, _ = beats_chance(correct, n, classes)
        share = sum(right >= correct for right in guesses) / len(guesses)
        assert np.isclose(p, share, rtol=1e-9, atol=0), (
            "beats_chance: agrees with writing down all guesses"
        )

rng = np.random.default_rng(0)
for case in range(80):
    n, classes = int(rng.integers(1, 400)), int(rng.integers(2, 30))
    middle = n / classes + rng.normal() * 2 * np.sqrt(n / classes)
    correct = int(np.clip(round(middle), 0, n))
    p, better = beats_chance(correct, n, classes)
    expected = binom.sf(correct - 1, n, 1 / classes)
    assert np.isclose(p, expected, rtol=1e-9, atol=0), (
        "beats_chance: agrees with the binomial distribution for random counts"
    )
    assert bool(better) == (expected < 0.01), (
        "beats_chance: is better where the probability is below 0.01"
    )
for classes in (2, 10, 1000):
    p, better = beats_chance(0, 50, classes)
    assert np.isclose(p, 1, rtol=1e-12) and not better, (
        "beats_chance: none right is what everyone reaches at least"
    )
    p, _ = beats_chance(60, 60, classes)
    assert np.isclose(p, float(classes) ** -60, rtol=1e-9, atol=0), (
        "beats_chance: all right, and a very small probability"
    )
for correct, n, classes in ((200, 297, 10), (1000, 2000, 2), (1500, 2000, 2)):
    p, _ = beats_chance(correct, n, classes)
    assert np.isclose(p, binom.sf(correct - 1, n, 1 / classes), rtol=1e-9, atol=0), (
        "beats_chance: many images, with all digits of a small probability"
    )
p, better = beats_chance(10, 2000, 1000)
assert np.isclose(p, binom.sf(9, 2000, 0.001), rtol=1e-9, atol=0) and better, (
    "beats_chance: a small share right can be better than chance among many classes"
)
few, many = beats_chance(6, 10, 2), beats_chance(600, 1000, 2)
assert not few[1] and many[1], (
    "beats_chance: the same accuracy says more about more images"
)
low = beats_chance(10, 297, 10)
assert low[0] > 0.99 and not low[1], (
    "beats_chance: fewer right than by guessing is not better"
)
# The tail of these is a little above 0.01 and a little below it; a two-sided or another rule decides otherwise.
for correct, n, classes, verdict in (
    (8, 9, 2, False),
    (9, 11, 2, False),
    (10, 11, 2, True),
    (16, 20, 2, True),
    (15, 20, 2, False),
    (5, 16, 10, False),
    (6, 16, 10, True),
):
    assert bool(beats_chance(correct, n, classes)[1]) == verdict, (
        "beats_chance: decides by the probability of at least as many right"
    )
rng = drawn("beats_chance-hidden")
for case in range(60):
    # Wide and far out: up to 2000 images and 1000 classes, probabilities down to 1e-300.
    n, classes = int(rng.integers(2, 2001)), int(2 * 500 ** rng.random())
    correct = int(rng.integers(0, n + 1) ** rng.uniform(0.5, 1))
    ways = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1))
    p, better = beats_chance(correct, n, classes)
    expected = ways / classes**n
    if expected > 1e-300:
        assert np.isclose(p, expected, rtol=1e-9, atol=0), (
            "beats_chance: agrees with whole numbers, for many images and many classes"
        )
    assert bool(better) == (100 * ways < classes**n), (
        "beats_chance: decides as whole numbers do, for many images and many classes"
    )
for correct, n, classes in (
    (2, 3, 17),
    (66, 107, 2),
    (15, 108, 14),
    (23, 32, 2),
    (22, 105, 8),
    (32, 67, 3),
):
    ways = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1))
    assert bool(beats_chance(correct, n, classes)[1]) == (100 * ways < classes**n), (
        "beats_chance: decides where the probability is close to 0.01"
    )
for correct, n, classes in ((2, 2, 10), (1, 1, 100)):
    assert not beats_chance(correct, n, classes)[1], (
        "beats_chance: exactly 0.01 is not below 0.01"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "beats_chance-inputs", "points": 1}
# Hidden tests of `beats_chance`: 1 point for integers of every type and size.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import INTEGERS, printing

expected = beats_chance(100, 120, 3)
for name in INTEGERS:
    kind = getattr(np, name)
    p, better = beats_chance(kind(100), kind(120), kind(3))
    assert np.isclose(p, expected[0], rtol=1e-9, atol=0) and better, (
        "beats_chance: counts of any integer type"
    )
    assert isinstance(p, float) and isinstance(better, bool | np.bool_), (
        "beats_chance: returns a float and a bool, for counts of any type"
    )
    p, better = beats_chance(kind(0), kind(100), kind(2))
    assert np.isclose(p, 1, rtol=1e-12) and not better, (
        "beats_chance: none right, of any integer type"
    )
    assert isinstance(p, float) and isinstance(better, bool | np.bool_), (
        "beats_chance: returns a float and a bool where nothing can go wrong too"
    )
p, better = beats_chance(300, 300, 10)
assert np.isclose(p, 1e-300, rtol=1e-9, atol=0) and better, (
    "beats_chance: as small as 1e-300"
)
p, better = beats_chance(1999, 2000, 2)
assert 0 <= p < 1e-300 and better, (
    "beats_chance: a probability that is too small for a float is still below 0.01"
)
p, better = beats_chance(1, 2000, 1000)
assert np.isclose(p, -np.expm1(2000 * np.log1p(-0.001)), rtol=1e-9) and not better, (
    "beats_chance: as many images and classes as there may be"
)
with printing() as told:
    beats_chance(3, 5, 2)
assert not told(), "beats_chance: prints nothing"
### END HIDDEN TESTS

# %% [markdown]
# ## 11. The whole of it: `train_mlp(X, y, hidden, epochs, lr, seed)`
#
# hard · 35 minutes · 6 points
#
# Train a network with one hidden layer, so that whoever has your numbers gets your network, and return a function `predict`,
# or anything else that can be called. All choices are fixed:
#
# - `X` holds the training data, `(n, d)`, and `y` the classes of its rows, integers from 0 on; there are $K$, the largest
#   entry plus 1. `X` is finite, of a scale from `1e-100` to `1e100`, with at least two different entries.
# - **Scale.** From all entries of `X` subtract their mean, one number, and divide by their standard deviation, one number (NumPy's).
# - **Weights.** `rng = np.random.default_rng(seed)`. Then `W1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d)` and
#   `W2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden)`, in this order. The biases `b1` and `b2` start at 0.
# - **Scores.** `relu(X @ W1 + b1) @ W2 + b2`. The loss is the mean [[cross-entropy]] of their softmax. Where the input of
#   ReLU is 0, so is its slope.
# - **Steps.** Each epoch draws `order = rng.permutation(n)` and takes the rows in this order, 32 at a time; the last batch holds what is
#   left. Each batch makes one step: from every weight and bias subtract `lr` times its gradient of the mean loss *of this batch*. All gradients of a
#   step are taken at the same weights.
# - `predict(X_new)` takes `(m, d)` and returns the class with the largest score for each row, `(m,)`, integers.
#
# The answer for one row does not depend on which rows are asked together with it. Nothing is learned while answering. `hidden` is at least 1 and `epochs` at least 0: then the network is untrained. All rules
# of the beginning hold: `X`, `X_new` and `y` of any NumPy type and layout.
#
# <details><summary>Hint 1: backwards</summary>
#
# For a batch of $B$ rows: the gradient for the scores is `(softmax - one_hot) / B`. The gradient for `W2` is the hidden layer's
# output, transposed, times that; for `b2` its sum over the rows. And for the hidden layer's output?
# </details>
#
# <details><summary>Hint 2: a softmax that does not overflow</summary>
#
# Subtract each row's largest score first.
# </details>
#
# <details><summary>Hint 3: `predict`</summary>
#
# A function within the function still sees the weights, and the mean and the standard deviation of the *training* data. Those of the new rows
# are not to be used: they would make the answer for one row depend on its neighbours.
# </details>


# %% nbgrader={"grade_id": "train_mlp", "solution": true}
def train_mlp(X, y, hidden, epochs, lr, seed):
    """Train a network with one hidden layer of ReLU by mini-batches of 32; return predict: (m, d) -> (m,) classes.

    X: (n, d).  y: (n,) ints.  hidden, epochs: ints.  lr: float.  seed: int.
    """
    ### BEGIN SOLUTION
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d), np.zeros(hidden)
    W2, b2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden), np.zeros(K)
    for _ in range(epochs):
        order = rng.permutation(n)
        for start in range(0, n, 32):
            rows = order[start : start + 32]
            a = np.maximum(X[rows] @ W1 + b1, 0)
            scores = a @ W2 + b2
            p = np.exp(scores - scores.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            dscores = (p - np.eye(K)[y[rows]]) / len(rows)
            dz = dscores @ W2.T * (a > 0)
            W2 -= lr * a.T @ dscores
            b2 -= lr * dscores.sum(axis=0)
            W1 -= lr * X[rows].T @ dz
            b1 -= lr * dz.sum(axis=0)

    def predict(X_new):
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict
    ### END SOLUTION


# %% nbgrader={"grade_id": "train_mlp-visible", "points": 1}
# Visible tests of `train_mlp`: 1 point.
import numpy as np

rng = np.random.default_rng(0)


def _pictures(n):
    """Noise of 8 by 8 pixels with a bright row (class 0), a bright column (1) or both (2), anywhere."""
    y = rng.integers(0, 3, size=n)
    X = rng.normal(size=(n, 8, 8))
    for picture, label in zip(X, y, strict=True):
        if label != 1:
            picture[rng.integers(8)] += 3
        if label != 0:
            picture[:, rng.integers(8)] += 3
    return X.reshape(n, 64), y


X, y = _pictures(600)
X_new, y_new = _pictures(300)
predict = train_mlp(X, y, 40, 20, 0.2, 0)
classes = predict(X_new)
assert np.shape(classes) == (300,), "train_mlp: one class for each new row"
assert np.mean(classes == y_new) > 0.85, (
    "train_mlp: most pictures that it was not trained on are right"
)
again = train_mlp(X, y, 40, 20, 0.2, 0)(X_new)
assert np.array_equal(classes, again), "train_mlp: the same seed gives the same network"

# %% nbgrader={"grade_id": "train_mlp-hidden", "points": 4}
# Hidden tests of `train_mlp`: 4 points. They run when your work is graded, or with `gdcourse check --full`.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.layers.numpy import Dense, ReLU, Sequential
from gdcourse.losses.numpy import softmax_ce_grad


def _oracle(X, y, hidden, epochs, lr, seed):
    """The same network of the course's layers; return its scores for new rows."""
    K, rng = int(y.max()) + 1, np.random.default_rng(seed)
    first, last = Dense(X.shape[1], hidden, rng), Dense(hidden, K, rng)
    net, rng = Sequential(first, ReLU(), last), np.random.default_rng(seed)
    first.params[0][...] = rng.normal(size=(X.shape[1], hidden))
    first.params[0] *= np.sqrt(2 / X.shape[1])
    last.params[0][...] = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden)
    scaled = (X - X.mean()) / X.std()
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for rows in np.split(order, range(32, len(X), 32)):
            net.backward(softmax_ce_grad(net.forward(scaled[rows]), y[rows]))
            for p, g in zip(net.params, net.grads, strict=True):
                p -= lr * g
    return lambda new: net.forward((new - X.mean()) / X.std())


def _agrees(predict, scores, new):
    """Are these the classes with the largest scores?"""
    return np.array_equal(predict(new), scores(new).argmax(axis=1))


def _borders(scores, new):
    """Return points just on both sides of borders between classes, between neighbours in new."""

    def _class(points):
        return scores(points).argmax(axis=1)

    low, high = new[:-1], new[1:]
    for _ in range(34):
        middle = (low + high) / 2
        before = (_class(middle) == _class(low))[:, None]
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return np.concatenate([low, high])


def _blobs(n, d, K, rng):
    y = np.append(rng.integers(0, K, size=n - 1), K - 1)
    return rng.normal(size=(K, d))[y] * 2 + rng.normal(size=(n, d)) + 3, y


rng = np.random.default_rng(0)
for epochs in (0, 1, 3):
    for _ in range(7):
        n, d, K = (int(v) for v in rng.integers([20, 1, 2], [120, 6, 6]))
        hidden, lr, seed = (
            int(rng.integers(1, 20)),
            float(rng.uniform(0.05, 0.5)),
            int(rng.integers(1000)),
        )
        X, y = _blobs(n, d, K, rng)
        if K > 3:
            y[y == 0] = K - 1  # a class that no row has
        predict = train_mlp(X, y, hidden, epochs, lr, seed)
        scores = _oracle(X, y, hidden, epochs, lr, seed)
        new = rng.normal(size=(300, d)) * 4 + 3
        new = np.concatenate([new, _borders(scores, new)])
        if epochs == 0:
            assert _agrees(predict, scores, new), (
                "train_mlp: scale, first weights and scores are those of the task"
            )
        elif epochs == 1:
            assert _agrees(predict, scores, new), (
                "train_mlp: after one epoch it is the network of the task, for random sizes, rates and seeds"
            )
        else:
            assert _agrees(predict, scores, new), (
                "train_mlp: after several epochs it is the network of the task, for random sizes, rates and seeds"
            )

y = np.arange(60) % 3
X = 6.0 * np.eye(3)[y] + 0.3 * rng.normal(size=(60, 3))
scores = _oracle(X, y, 10, 60, 0.5, 1)
new = _borders(scores, rng.normal(size=(200, 3)) * 4 + 2)
assert _agrees(train_mlp(X, y, 10, 60, 0.5, 1), scores, new), (
    "train_mlp: goes on for all epochs, also when every row is right already"
)
X, y = _blobs(90, 2, 3, rng)
new = rng.normal(size=(400, 2)) * 4 + 3
scores = _oracle(X, y, 8, 3, 1e4, 5)
assert np.array_equal(train_mlp(X, y, 8, 3, 1e4, 5)(new), scores(new).argmax(axis=1)), (
    "train_mlp: scores of any size make no overflow"
)
predict = train_mlp(X, y, 8, 4, 0.3, 5)
together = np.asarray(predict(new))
alone = [int(np.asarray(predict(row[None]))[0]) for row in new[:20]]
assert alone == together[:20].tolist(), (
    "train_mlp: the class of a row does not depend on the rows beside it"
)
assert np.array_equal(predict(new * 0 + new[0]), np.full(400, together[0])), (
    "train_mlp: the training data's mean and deviation, not those of the new rows"
)
assert np.array_equal(predict(new), together), (
    "train_mlp: learns nothing while it answers"
)
others = [np.asarray(train_mlp(X, y, 8, 1, 0.05, seed)(new)) for seed in range(4)]
assert all((others[i] != others[j]).any() for i in range(4) for j in range(i)), (
    "train_mlp: another seed gives another network"
)
assert np.array_equal(predict(new), together), (
    "train_mlp: a network stays as it is while others are trained"
)
# The exclusive or: no line between the classes, so a network without a hidden layer fails.
corners = rng.integers(0, 2, size=(400, 2))
X, y = corners + 0.05 * rng.normal(size=(400, 2)), corners[:, 0] ^ corners[:, 1]
predict = train_mlp(X, y, 20, 40, 0.3, 0)
assert np.mean(np.asarray(predict(X)) == y) > 0.99, (
    "train_mlp: learns what no straight line can separate"
)
# Labels by chance: much is learned by heart, nothing holds for new rows.
X, y = rng.normal(size=(60, 20)), rng.integers(0, 2, size=60)
new, truth = rng.normal(size=(400, 20)), rng.integers(0, 2, size=400)
predict = train_mlp(X, y, 50, 60, 0.3, 0)
assert np.mean(np.asarray(predict(X)) == y) > 0.95, (
    "train_mlp: learns chance labels by heart"
)
assert abs(np.mean(np.asarray(predict(new)) == truth) - 0.5) < 0.15, (
    "train_mlp: knows nothing about new rows whose labels are chance"
)
# Rows of zeros, and others that add up to zero: at the first step the input of every ReLU is exactly 0 for some rows.
X = np.array([[0.0, 0], [0, 0], [0, 0], [3, 1], [-3, -1], [1, -2], [-1, 2], [0, 0]])
y = np.array([0, 1, 0, 1, 1, 0, 0, 0])
for seed in range(5):
    scores = _oracle(X, y, 6, 1, 0.7, seed)
    new = _borders(scores, rng.normal(size=(100, 2)) * 3)
    assert _agrees(train_mlp(X, y, 6, 1, 0.7, seed), scores, new), (
        "train_mlp: where the input of ReLU is exactly 0, so is its slope"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "train_mlp-inputs", "points": 1}
# Hidden tests of `train_mlp`: 1 point for inputs of every type, layout and scale.
### BEGIN HIDDEN TESTS
import numpy as np

from gdcourse.testing import (
    INTEGERS,
    of_every_layout,
    of_every_scale,
    of_every_type,
    printing,
    same,
    snapshot,
)

rng = np.random.default_rng(1)
y = np.append(rng.integers(0, 3, size=69), 2)
X = rng.integers(0, 12, size=(70, 3)) + 40 * (y[:, None] == np.arange(3))
new = rng.integers(0, 60, size=(200, 3))
expected = train_mlp(X, y, 6, 2, 0.1, 3)(new)
assert np.ptp(expected) > 0, "train_mlp: tells classes apart"
for Xt in list(of_every_type(X))[1:]:
    for newt in (new, new.astype(Xt.dtype)):
        assert np.array_equal(train_mlp(Xt, y, 6, 2, 0.1, 3)(newt), expected), (
            "train_mlp: training and new rows of any integer or float type"
        )
for name in INTEGERS:
    found = train_mlp(X, y.astype(name), 6, 2, 0.1, 3)(new)
    assert np.array_equal(found, expected), "train_mlp: labels of any integer type"
    assert np.issubdtype(np.asarray(found).dtype, np.integer), (
        "train_mlp: the classes are integers"
    )
many = np.arange(128).repeat(2)
rows = np.stack([many % 16, many // 16], axis=1) * 100.0
found = train_mlp(rows, many.astype(np.int8), 4, 1, 0.1, 0)(rows)
assert np.array_equal(found, train_mlp(rows, many, 4, 1, 0.1, 0)(rows)), (
    "train_mlp: as many classes as the type of the labels has"
)
for Xl in of_every_layout(X * 1.5):
    for yl in of_every_layout(y):
        before = snapshot((Xl, yl))
        predict = train_mlp(Xl, yl, 6, 2, 0.1, 3)
        assert same((Xl, yl), before), "train_mlp: leaves the training data as they are"
        assert np.array_equal(predict(new * 1.5), expected), (
            "train_mlp: arrays that lie in memory in any way"
        )
for rowsl in of_every_layout(new):
    before = snapshot(rowsl)
    assert np.array_equal(predict(rowsl), train_mlp(X * 1.5, y, 6, 2, 0.1, 3)(new)), (
        "train_mlp: new rows that lie in memory in any way"
    )
    assert same(rowsl, before), "train_mlp: leaves the new rows as they are"
for scale, Xs in of_every_scale(X, (1e-100, 1e-12, 1e12, 1e100)):
    assert np.array_equal(train_mlp(Xs, y, 6, 2, 0.1, 3)(new * scale), expected), (
        "train_mlp: data of any scale"
    )
with printing() as told:
    train_mlp(X, y, 3, 1, 0.1, 0)(new)
assert not told(), "train_mlp: prints nothing"
for far in (1e8, -1e8):
    found = train_mlp(X + far, y, 6, 2, 0.1, 3)(new + far)
    assert np.array_equal(found, expected), "train_mlp: data far from 0"
### END HIDDEN TESTS
