# %% conv2d | wrong | flipped
# Convolution as in mathematics: the kernel is upside down and left to right.
def conv2d(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float)
    K = np.asarray(K, float)[:, :, ::-1, ::-1]
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))
    return np.einsum("chwpq,ocpq->ohw", seen[:, ::stride, ::stride], K)


# %% conv2d | wrong | square
# Takes the height for the width, of the image and of the kernel.
def conv2d(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float)
    k = K.shape[2]
    n = (X.shape[1] - k) // stride + 1
    Y = np.zeros((len(K), n, n))
    for o, i, j in np.ndindex(Y.shape):
        Y[o, i, j] = np.sum(X[:, i * stride : i * stride + k, j * stride : j * stride + k] * K[o])
    return Y


# %% conv2d | wrong | first kernel for all
# Every map is made by the first kernel.
def conv2d(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float)
    K = np.repeat(np.asarray(K, float)[:1], len(K), axis=0)
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))
    return np.einsum("chwpq,ocpq->ohw", seen[:, ::stride, ::stride], K)


# %% conv2d | wrong | mean over channels
# Averages the channels' results in place of adding them.
def conv2d(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float)
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))
    return np.einsum("chwpq,ocpq->ohw", seen[:, ::stride, ::stride], np.asarray(K, float)) / len(X)


# %% conv2d | wrong | one window short
# Leaves out the last window in each direction.
def conv2d(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float)
    O, _, kh, kw = K.shape
    Y = np.zeros((O, (X.shape[1] - kh) // stride, (X.shape[2] - kw) // stride))
    for o, i, j in np.ndindex(Y.shape):
        Y[o, i, j] = np.sum(X[:, i * stride : i * stride + kh, j * stride : j * stride + kw] * K[o])
    return Y


# %% conv2d | wrong | pads the channels too
# np.pad with one number adds channels of zeros, and shifts the image against the kernel.
def conv2d(X, K, stride, pad):
    X = np.pad(X, pad).astype(float)
    C = K.shape[1]
    seen = np.lib.stride_tricks.sliding_window_view(X[:C], K.shape[2:], axis=(1, 2))
    return np.einsum("chwpq,ocpq->ohw", seen[:, ::stride, ::stride], np.asarray(K, float))


# %% conv2d | wrong | stride inside the window
# Takes every stride-th pixel of a window: that is dilation.
def conv2d(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float)
    O, _, kh, kw = K.shape
    bh, bw = (kh - 1) * stride + 1, (kw - 1) * stride + 1
    Y = np.zeros((O, max(X.shape[1] - bh + 1, 0), max(X.shape[2] - bw + 1, 0)))
    for o, i, j in np.ndindex(Y.shape):
        Y[o, i, j] = np.sum(X[:, i : i + bh : stride, j : j + bw : stride] * K[o])
    return Y


# %% conv2d | wrong | narrow integers
# Multiplies in the type of the image: int8 wraps around.
def conv2d(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)])
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))
    return np.einsum("chwpq,ocpq->ohw", seen[:, ::stride, ::stride], K).astype(float)


# %% conv2d | wrong | rounds up
# Counts the windows that begin inside the image, not those that end inside.
def conv2d(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float)
    O, _, kh, kw = K.shape
    Y = np.zeros((O, -(-(X.shape[1] - kh) // stride) + 1, -(-(X.shape[2] - kw) // stride) + 1))
    X = np.pad(X, [(0, 0), (0, stride), (0, stride)])
    for o, i, j in np.ndindex(Y.shape):
        Y[o, i, j] = np.sum(X[:, i * stride : i * stride + kh, j * stride : j * stride + kw] * K[o])
    return Y


# %% conv2d | wrong | memory order
# Flattens each window as it lies in memory.
def conv2d(X, K, stride, pad):
    X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)])
    K = np.asarray(K, float)
    O, _, kh, kw = K.shape
    Y = np.zeros((O, (X.shape[1] - kh) // stride + 1, (X.shape[2] - kw) // stride + 1))
    for o, i, j in np.ndindex(Y.shape):
        window = np.ascontiguousarray(X[:, i * stride : i * stride + kh, j * stride : j * stride + kw])
        Y[o, i, j] = window.ravel() @ K[o].ravel(order="K")
    return Y


# %% conv2d | wrong | a missing pixel counts as black
# Replaces NaN by 0, and hides a broken pixel.
def conv2d(X, K, stride, pad):
    X = np.nan_to_num(np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float))
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))
    return np.einsum("chwpq,ocpq->ohw", seen[:, ::stride, ::stride], np.asarray(K, float))


# %% conv2d | wrong | in the image's type
# Converts the kernel only where it is needed for the sum: float16 images give float16 results of three digits.
def conv2d(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)])
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("chwpq,ocpq->ohw", seen.astype(np.float32), K.astype(np.float32)).astype(float)


# %% conv2d | wrong | of the image's type
# The maps get the type of the image, so fractions of the kernel are cut where the image holds integers.
def conv2d(X, K, stride, pad):
    P = np.pad(X, [(0, 0), (pad, pad), (pad, pad)])
    kh, kw = K.shape[2:]
    Y = np.zeros((len(K), (P.shape[1] - kh) // stride + 1, (P.shape[2] - kw) // stride + 1), P.dtype)
    for o, i, j in np.ndindex(Y.shape):
        window = P[:, i * stride : i * stride + kh, j * stride : j * stride + kw].astype(float)
        Y[o, i, j] = np.sum(window * K[o])
    return Y


# %% conv2d | wrong | int64 is wide enough
# Integers are multiplied as int64: 2^40 times 2^40 wraps around to 0.
def conv2d(X, K, stride, pad):
    kind = np.int64 if X.dtype.kind in "iu" and K.dtype.kind in "iu" else float
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(kind)
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))
    return np.einsum("chwpq,ocpq->ohw", seen[:, ::stride, ::stride], K.astype(kind)).astype(float)


# %% conv2d | wrong | Fourier
# A product of transforms: a NaN or a huge pixel in one corner spoils every window.
def conv2d(X, K, stride, pad):
    from scipy.signal import fftconvolve

    X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)])
    K = np.asarray(K, float)[:, :, ::-1, ::-1]
    maps = [sum(fftconvolve(x, k, "valid") for x, k in zip(X, kernel, strict=True)) for kernel in K]
    return np.array(maps)[:, ::stride, ::stride]


# %% conv2d | wrong | skips zeros of the kernel
# Places where the kernel is 0 are left out, and with them a NaN under them.
def conv2d(X, K, stride, pad):
    X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)])
    O, C, kh, kw = K.shape
    h, w = (X.shape[1] - kh) // stride + 1, (X.shape[2] - kw) // stride + 1
    Y = np.zeros((O, h, w))
    for o, c, p, q in np.ndindex(K.shape):
        if K[o, c, p, q]:
            Y[o] += float(K[o, c, p, q]) * X[c, p : p + stride * h : stride, q : q + stride * w : stride][:h, :w]
    return Y


# %% conv2d | wrong | pads with the edge
# The border repeats the outermost pixels.
def conv2d(X, K, stride, pad):
    X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)], mode="edge")
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))
    return np.einsum("chwpq,ocpq->ohw", seen[:, ::stride, ::stride], np.asarray(K, float))


# %% conv2d | wrong | stride of the height only
# Steps of the stride downwards, of one to the right.
def conv2d(X, K, stride, pad):
    X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)])
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))
    return np.einsum("chwpq,ocpq->ohw", seen[:, ::stride], np.asarray(K, float))


# %% conv2d | wrong | same padding when it can be
# Without a stride and with an odd kernel the border is chosen so that the size stays.
def conv2d(X, K, stride, pad):
    kh, kw = K.shape[2:]
    if stride == 1 and kh == kw == 2 * pad + 3:
        pad = kh // 2
    X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)])
    seen = np.lib.stride_tricks.sliding_window_view(X, (kh, kw), axis=(1, 2))
    return np.einsum("chwpq,ocpq->ohw", seen[:, ::stride, ::stride], np.asarray(K, float))


# %% conv2d | wrong | remembers the kernels by their shape
# Kernels are turned into rows once for each shape; other kernels of the same shape get the first one's rows.
_rows = {}


def conv2d(X, K, stride, pad):
    X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)])
    rows = _rows.setdefault(K.shape, np.array(K, float).reshape(len(K), -1))
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
    flat = seen.transpose(1, 2, 0, 3, 4).reshape(-1, rows.shape[1])
    return (rows @ flat.T).reshape(len(K), *seen.shape[1:3])


# %% conv2d | wrong | one buffer for all calls
# The maps of the last call are overwritten by the next one of the same size.
_buffers = {}


def conv2d(X, K, stride, pad):
    X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)])
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
    Y = np.einsum("chwpq,ocpq->ohw", seen, np.asarray(K, float))
    buffer = _buffers.setdefault(Y.shape, np.empty(Y.shape))
    buffer[:] = Y
    return buffer


# %% conv2d | wrong | prints its size
# Tells the number of windows, which nobody asked for.
def conv2d(X, K, stride, pad):
    X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)])
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
    print(seen.shape[1:3])
    return np.einsum("chwpq,ocpq->ohw", seen, np.asarray(K, float))


# %% conv2d | wrong | one map has no axis
# A single kernel gives (OH, OW) in place of (1, OH, OW).
def conv2d(X, K, stride, pad):
    X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)])
    seen = np.lib.stride_tricks.sliding_window_view(X, K.shape[2:], axis=(1, 2))
    Y = np.einsum("chwpq,ocpq->ohw", seen[:, ::stride, ::stride], np.asarray(K, float))
    return Y if Y.shape[1:] == (3, 3) else Y.squeeze()


# %% conv2d | right | windows and one product
# A matrix of windows times a matrix of kernels.
def conv2d(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float)
    O, C, kh, kw = K.shape
    seen = np.lib.stride_tricks.sliding_window_view(X, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    rows = seen.transpose(1, 2, 0, 3, 4).reshape(-1, C * kh * kw)
    return (K.reshape(O, -1).astype(float) @ rows.T).reshape(O, *seen.shape[1:3])


# %% conv2d | right | torch
# Another library does the work.
def conv2d(X, K, stride, pad):
    import torch

    X, K = (torch.from_numpy(np.array(A, dtype=float)) for A in (X, K))
    return torch.nn.functional.conv2d(X[None], K, stride=stride, padding=pad)[0].numpy()


# %% conv2d | right | shifted images
# One shifted copy of the image for each place in the kernel, weighted and added.
def conv2d(X, K, stride, pad):
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float)
    kh, kw = K.shape[2:]
    h, w = X.shape[1] - kh + 1, X.shape[2] - kw + 1
    shifted = (
        np.tensordot(np.asarray(K, float)[:, :, p, q], X[:, p : p + h, q : q + w], axes=1)
        for p in range(kh)
        for q in range(kw)
    )
    return sum(shifted)[:, ::stride, ::stride]


# %% conv2d | right | python numbers
# Nested lists and generators, no arrays until the end.
def conv2d(X, K, stride, pad):
    X, K = np.asarray(X, float).tolist(), np.asarray(K, float).tolist()
    H, W, kh, kw = len(X[0]), len(X[0][0]), len(K[0][0]), len(K[0][0][0])

    def pixel(c, i, j):
        return X[c][i - pad][j - pad] if pad <= i < H + pad and pad <= j < W + pad else 0.0

    def number(kernel, i, j):
        return sum(
            kernel[c][p][q] * pixel(c, i + p, j + q) for c in range(len(X)) for p in range(kh) for q in range(kw)
        )

    rows, columns = range(0, H + 2 * pad - kh + 1, stride), range(0, W + 2 * pad - kw + 1, stride)
    return np.array([[[number(kernel, i, j) for j in columns] for i in rows] for kernel in K])


# %% conv2d | right | two products of matrices
# Each direction is a matrix that picks rows, so that a window is a product.
def conv2d(X, K, stride, pad):
    X, K = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)]), np.asarray(K, float)
    (C, H, W), (O, _, kh, kw) = X.shape, K.shape
    rows = stride * np.arange((H - kh) // stride + 1)[:, None] + np.arange(kh)
    columns = stride * np.arange((W - kw) // stride + 1)[:, None] + np.arange(kw)
    patches = X[:, rows][:, :, :, columns]
    return np.tensordot(K, patches, axes=[(1, 2, 3), (0, 2, 4)])


# %% conv2d | right | recursion over channels
# The maps of the first channel plus those of all others.
def conv2d(X, K, stride, pad):
    from scipy.signal import correlate2d

    if len(X) > 1:
        return conv2d(X[:1], K[:, :1], stride, pad) + conv2d(X[1:], K[:, 1:], stride, pad)
    x = np.pad(np.array(X[0], dtype=np.float64), pad)
    return np.stack([correlate2d(x, np.array(k[0], dtype=np.float64), mode="valid") for k in K])[:, ::stride, ::stride]


# %% conv2d | right | a class of windows
# An object hands out windows one by one; math.fsum adds.
class _Windows:
    def __init__(self, X, shape, stride, pad):
        self.X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)])
        self.kh, self.kw = shape
        self.rows = range(0, self.X.shape[1] - self.kh + 1, stride)
        self.columns = range(0, self.X.shape[2] - self.kw + 1, stride)

    def __iter__(self):
        return (self.X[:, i : i + self.kh, j : j + self.kw] for i in self.rows for j in self.columns)


def conv2d(X, K, stride, pad):
    windows = _Windows(X, K.shape[2:], stride, pad)
    size = len(windows.rows), len(windows.columns)
    return np.stack([np.reshape([np.vdot(window, k) for window in windows], size) for k in np.asarray(K, float)])


# %% conv2d | right | tensorflow
# Channels last and back, by another framework.
def conv2d(X, K, stride, pad):
    import tensorflow as tf

    image = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)]).transpose(1, 2, 0)[None]
    kernels = np.asarray(K, float).transpose(2, 3, 1, 0)
    return tf.nn.conv2d(image, kernels, strides=stride, padding="VALID").numpy()[0].transpose(2, 0, 1)


# %% conv2d | wrong | skips windows of zeros
# A NaN of the kernel shows also where all pixels are zero.
def conv2d(X, K, stride, pad):
    X, K = np.array(X, dtype=float), np.array(K, dtype=float)
    X = np.pad(X, ((0, 0), (pad, pad), (pad, pad)))
    O, C, kh, kw = K.shape
    OH, OW = (X.shape[1] - kh) // stride + 1, (X.shape[2] - kw) // stride + 1
    Y = np.zeros((O, OH, OW))
    for o in range(O):
        for i in range(OH):
            for j in range(OW):
                window = X[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
                if not window.any():
                    continue
                Y[o, i, j] = np.sum(window * K[o])
    return Y


# %% conv2d | wrong | prefix sums along the channels
# Running totals cancel where one pixel is huge, and carry a NaN on.
def conv2d(X, K, stride, pad):
    X, K = np.array(X, dtype=float), np.array(K, dtype=float)
    X = np.pad(X, ((0, 0), (pad, pad), (pad, pad)))
    O, C, kh, kw = K.shape
    OH, OW = (X.shape[1] - kh) // stride + 1, (X.shape[2] - kw) // stride + 1
    Y = np.zeros((O, OH, OW))
    for i in range(OH):
        for j in range(OW):
            window = X[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            Y[:, i, j] = K.reshape(O, -1) @ window.ravel()
    if np.ptp(K) == 0 and K.size > O:
        S = np.cumsum(np.cumsum(np.pad(X.sum(axis=0), ((1, 0), (1, 0))), axis=0), axis=1)
        box = S[kh:, kw:] - S[:-kh, kw:] - S[kh:, :-kw] + S[:-kh, :-kw]
        Y[:] = K.flat[0] * box[::stride, ::stride]
    return Y


# %% conv2d | wrong | at most 64 channels
# Only the first 64 channels are summed.
def conv2d(X, K, stride, pad):
    X, K = np.array(X, dtype=float), np.array(K, dtype=float)
    X = np.pad(X, ((0, 0), (pad, pad), (pad, pad)))
    O, C, kh, kw = K.shape
    OH, OW = (X.shape[1] - kh) // stride + 1, (X.shape[2] - kw) // stride + 1
    Y = np.zeros((O, OH, OW))
    for o in range(O):
        for i in range(OH):
            for j in range(OW):
                window = X[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
                Y[o, i, j] = np.sum((window * K[o])[:64])
    return Y


# %% conv2d | right | by shifted images
# A sum over kernel places instead of windows.
def conv2d(X, K, stride, pad):
    X, K = np.array(X, dtype=np.float64), np.array(K, dtype=np.float64)
    C, H, W = X.shape
    O, _, kh, kw = K.shape
    P = np.zeros((C, H + 2 * pad, W + 2 * pad))
    P[:, pad : pad + H, pad : pad + W] = X
    OH, OW = (P.shape[1] - kh) // stride + 1, (P.shape[2] - kw) // stride + 1
    Y = np.zeros((O, OH, OW))
    for p in range(kh):
        for q in range(kw):
            part = P[:, p : p + stride * OH : stride, q : q + stride * OW : stride][:, :OH, :OW]
            Y += np.einsum("oc,chw->ohw", K[:, :, p, q], part)
    return Y


# %% conv2d | right | by sliding windows and tensordot
# A view of all windows, then one contraction.
def conv2d(X, K, stride, pad):
    P = np.pad(np.asarray(X, dtype=float), [(0, 0), (pad, pad), (pad, pad)])
    K = np.asarray(K, dtype=float)
    view = np.lib.stride_tricks.sliding_window_view(P, K.shape[2:], axis=(1, 2))
    return np.tensordot(K, view[:, ::stride, ::stride], axes=([1, 2, 3], [0, 3, 4]))


# %% conv2d_backward | wrong | overwrites
# Stamps that overlap replace each other.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float)
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[o, i, j] * X[place]
        dX[place] = dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | no flip
# Correlates the map's gradient with the kernel as it is.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X, K, dY = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float), np.asarray(K, float), np.asarray(dY, float)
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[o, i, j] * X[place]
        dX[place] += dY[o, i, j] * K[o][:, ::-1, ::-1]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | mean over windows
# Divides the kernel's gradient by the number of windows.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X, K, dY = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float), np.asarray(K, float), np.asarray(dY, float)
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[o, i, j] * X[place] / dY[0].size
        dX[place] += dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | keeps the border
# The image's gradient still has the rows and columns of the padding.
def conv2d_backward(X, K, dY, stride, pad):
    X, K, dY = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float), np.asarray(K, float), np.asarray(dY, float)
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[o, i, j] * X[place]
        dX[place] += dY[o, i, j] * K[o]
    return dX, dK


# %% conv2d_backward | wrong | minus pad
# Cuts the border off with -pad, which leaves nothing when pad is 0.
def conv2d_backward(X, K, dY, stride, pad):
    X, K, dY = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float), np.asarray(K, float), np.asarray(dY, float)
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[o, i, j] * X[place]
        dX[place] += dY[o, i, j] * K[o]
    return dX[:, pad:-pad, pad:-pad], dK


# %% conv2d_backward | wrong | ignores the stride
# Places the stamps side by side, as if the stride were 1.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X, K, dY = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float), np.asarray(K, float), np.asarray(dY, float)
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        dK[o] += dY[o, i, j] * X[:, i : i + kh, j : j + kw]
        dX[:, i : i + kh, j : j + kw] += dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | last map only
# The gradients of all maps but the last are lost.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X, K, dY = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float), np.asarray(K, float), np.asarray(dY, float)
    kh, kw = K.shape[2:]
    dK = np.zeros(K.shape)
    for o in range(len(K)):
        dX = np.zeros(X.shape)
        for i, j in np.ndindex(dY[o].shape):
            place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            dK[o] += dY[o, i, j] * X[place]
            dX[place] += dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | of the image's type
# The gradients are kept in the type of the image and the kernels: integers wrap around or are cut.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X = np.pad(X, [(0, 0), (pad, pad), (pad, pad)])
    kh, kw = K.shape[2:]
    dX, dK = np.zeros_like(X), np.zeros_like(K)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += (dY[o, i, j] * X[place]).astype(dK.dtype)
        dX[place] += (dY[o, i, j] * K[o]).astype(dX.dtype)
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | the other way round
# Returns the kernels' gradient first.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X, K, dY = np.pad(X, [(0, 0), (pad, pad), (pad, pad)]).astype(float), np.asarray(K, float), np.asarray(dY, float)
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[o, i, j] * X[place]
        dX[place] += dY[o, i, j] * K[o]
    return dK, dX[:, pad : pad + H, pad : pad + W]


# %% conv2d_backward | wrong | NaN counts as nothing
# Replaces NaN by 0, and hides a broken gradient.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = np.shape(X)[1:]
    X = np.pad(np.nan_to_num(np.asarray(X, float)), [(0, 0), (pad, pad), (pad, pad)])
    K, dY = np.asarray(K, float), np.nan_to_num(np.asarray(dY, float))
    kh, kw = K.shape[2:]
    dX, dK = np.zeros_like(X), np.zeros_like(K)
    for o, i, j in np.ndindex(dY.shape):
        dK[o] += dY[o, i, j] * X[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dX[:, i * stride : i * stride + kh, j * stride : j * stride + kw] += dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | narrow floats
# Multiplies in float32, whatever comes in.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X = np.pad(np.asarray(X), [(0, 0), (pad, pad), (pad, pad)])
    if X.dtype == np.float32 or X.dtype == np.float16:
        X, K, dY = X.astype(np.float32), np.asarray(K, np.float32), np.asarray(dY, np.float32)
    else:
        X, K, dY = X.astype(float), np.asarray(K, float), np.asarray(dY, float)
    kh, kw = K.shape[2:]
    dX, dK = np.zeros_like(X), np.zeros_like(K)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[o, i, j] * X[place]
        dX[place] += dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W].astype(float), dK.astype(float)


# %% conv2d_backward | wrong | only the kernels' type counts
# The image is converted, the gradient of the maps is not: uint8 times int8 kernels wraps around.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)])
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[o, i, j] * X[place]
        dX[place] += dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | skips where the gradient is 0
# A NaN of the image under a gradient of 0 is lost: 0 times NaN is NaN.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X, K = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)]), np.asarray(K, float)
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in zip(*np.nonzero(dY), strict=True):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += float(dY[o, i, j]) * X[place]
        dX[place] += float(dY[o, i, j]) * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | small gradients count as none
# Leaves out gradients below 1e-9 of the largest possible 1.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X, K, dY = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)]), np.asarray(K, float), np.array(dY, float)
    dY[np.abs(dY) < 1e-9] = 0
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[o, i, j] * X[place]
        dX[place] += dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | the kernel's width is its height
# Square kernels only: the width of the stamp is taken from the height.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X, K, dY = (
        np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)]),
        np.asarray(K, float),
        np.asarray(dY, float),
    )
    kh = K.shape[2]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kh]
        dK[o] += dY[o, i, j] * X[place]
        dX[place] += dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | the border cut off twice
# The kernel's gradient is taken from the image without its border.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    P, K, dY = (
        np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)]),
        np.asarray(K, float),
        np.asarray(dY, float),
    )
    inside = np.pad(np.ones((len(X), H, W)), [(0, 0), (pad, pad), (pad, pad)])
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(P.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        if inside[place].all():
            dK[o] += dY[o, i, j] * P[place]
        dX[place] += dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | adds to the last gradients
# The kernels' gradient is kept and added to, as a framework does.
_kept = {}


def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X, K, dY = (
        np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)]),
        np.asarray(K, float),
        np.asarray(dY, float),
    )
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), _kept.pop((K.shape, stride, pad, dY.shape), np.zeros(K.shape))
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[o, i, j] * X[place]
        dX[place] += dY[o, i, j] * K[o]
    _kept[K.shape, stride, pad, dY.shape] = dK
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | as it lies in memory
# Flattens the gradient of the maps as it is stored.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X, K = np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)]), np.asarray(K, float)
    shape, dY = dY.shape, np.asarray(dY, float).ravel(order="K")
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for n, (o, i, j) in enumerate(np.ndindex(shape)):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[n] * X[place]
        dX[place] += dY[n] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | wrong | difference quotients
# A quotient of step 1e-6 has no twelve digits, and none at all for a gradient of 1e150 or 1e-12.
def conv2d_backward(X, K, dY, stride, pad):
    X, K, dY = (np.array(a, float) for a in (X, K, dY))

    def total():
        P = np.pad(X, [(0, 0), (pad, pad), (pad, pad)])
        seen = np.lib.stride_tricks.sliding_window_view(P, K.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
        return np.sum(dY * np.einsum("chwpq,ocpq->ohw", seen, K))

    found = []
    for a in (X, K):
        g = np.zeros(a.shape)
        for place in np.ndindex(a.shape):
            kept = a[place]
            a[place] = kept + 1e-6
            up = total()
            a[place] = kept - 1e-6
            g[place] = (up - total()) / 2e-6
            a[place] = kept
        found.append(g)
    return tuple(found)


# %% conv2d_backward | wrong | kernels of the wrong channel
# Adds the gradients of all channels into each kernel's first channel and repeats it.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = X.shape[1:]
    X, K, dY = (
        np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)]),
        np.asarray(K, float),
        np.asarray(dY, float),
    )
    kh, kw = K.shape[2:]
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    for o, i, j in np.ndindex(dY.shape):
        place = np.s_[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dK[o] += dY[o, i, j] * X[place].mean(axis=0)
        dX[place] += dY[o, i, j] * K[o]
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | right | autograd
# PyTorch differentiates its own convolution.
def conv2d_backward(X, K, dY, stride, pad):
    import torch

    X, K = (torch.tensor(np.array(A, dtype=float), requires_grad=True) for A in (X, K))
    Y = torch.nn.functional.conv2d(X[None], K, stride=stride, padding=pad)
    Y.backward(torch.tensor(np.array(dY, dtype=float))[None])
    zero = torch.zeros_like
    return (X.grad if X.grad is not None else zero(X)).numpy(), K.grad.numpy()


# %% conv2d_backward | right | one shift at a time
# For each place in the kernel, the pixels that met it, all at once.
def conv2d_backward(X, K, dY, stride, pad):
    H, W = np.shape(X)[1:]
    X, K, dY = (
        np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)]),
        np.asarray(K, float),
        np.asarray(dY, float),
    )
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    rows, columns = stride * np.arange(dY.shape[1])[:, None], stride * np.arange(dY.shape[2])
    for p, q in np.ndindex(K.shape[2:]):
        dK[:, :, p, q] = np.einsum("ohw,chw->oc", dY, X[:, rows + p, columns + q])
        dX[:, rows + p, columns + q] += np.einsum("ohw,oc->chw", dY, K[:, :, p, q])
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | right | the matrix of the walk
# Writes the convolution as one matrix and multiplies by its transpose.
def conv2d_backward(X, K, dY, stride, pad):
    C, H, W = np.shape(X)
    K, dY = np.asarray(K, float), np.asarray(dY, float)
    kh, kw = K.shape[2:]
    number = np.pad(np.arange(C * H * W).reshape(C, H, W), [(0, 0), (pad, pad), (pad, pad)], constant_values=-1)
    seen = np.lib.stride_tricks.sliding_window_view(number, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    seen = seen.transpose(1, 2, 0, 3, 4).reshape(dY[0].size, -1)
    pixels = np.append(np.asarray(X, float).ravel(), 0.0)
    dK = dY.reshape(len(K), -1) @ pixels[seen]
    dX = np.zeros(C * H * W + 1)
    np.add.at(dX, seen, dY.reshape(len(K), -1).T @ K.reshape(len(K), -1))
    return dX[:-1].reshape(C, H, W), dK.reshape(K.shape)


# %% conv2d_backward | right | a second convolution
# dX is a full correlation with flipped kernels of the gradient spread out by the stride; dK one of image and gradient.
def conv2d_backward(X, K, dY, stride, pad):
    C, H, W = np.shape(X)
    X, K, dY = (
        np.pad(np.asarray(X, float), [(0, 0), (pad, pad), (pad, pad)]),
        np.asarray(K, float),
        np.asarray(dY, float),
    )
    O, _, kh, kw = K.shape
    spread = np.zeros((O, X.shape[1] - kh + 1, X.shape[2] - kw + 1))
    spread[:, ::stride, ::stride] = dY
    view = np.lib.stride_tricks.sliding_window_view
    around = np.pad(spread, [(0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)])
    dX = np.einsum("ohwpq,ocpq->chw", view(around, (kh, kw), axis=(1, 2)), K[:, :, ::-1, ::-1])
    windows = view(X, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    dK = np.einsum("ohw,chwpq->ocpq", dY, windows)
    return dX[:, pad : pad + H, pad : pad + W], dK


# %% conv2d_backward | right | the tape
# TensorFlow differentiates its own convolution.
def conv2d_backward(X, K, dY, stride, pad):
    import tensorflow as tf

    X, K = tf.constant(np.array(X, float)), tf.constant(np.array(K, float))
    with tf.GradientTape() as tape:
        tape.watch([X, K])
        image = tf.transpose(tf.pad(X, [(0, 0), (pad, pad), (pad, pad)]), (1, 2, 0))[None]
        maps = tf.nn.conv2d(image, tf.transpose(K, (2, 3, 1, 0)), strides=stride, padding="VALID")[0]
    dY = tf.constant(np.array(np.transpose(dY, (1, 2, 0)), float))
    return tuple(g.numpy() for g in tape.gradient(maps, [X, K], output_gradients=dY))


# %% conv2d_backward | right | plain loops
# Seven loops and Python numbers; the result is a list of arrays.
def conv2d_backward(X, K, dY, stride, pad):
    X, K, dY = (np.asarray(a, dtype=np.float64) for a in (X, K, dY))
    dX, dK = np.zeros(X.shape), np.zeros(K.shape)
    C, H, W = X.shape
    for o, i, j in np.ndindex(dY.shape):
        for c, p, q in np.ndindex(K.shape[1:]):
            row, column = i * stride + p - pad, j * stride + q - pad
            if 0 <= row < H and 0 <= column < W:
                dK[o, c, p, q] += dY[o, i, j] * X[c, row, column]
                dX[c, row, column] += dY[o, i, j] * K[o, c, p, q]
            else:
                dK[o, c, p, q] += dY[o, i, j] * 0.0
    return [dX, dK]


# %% conv2d_backward | right | by shifts
# Sums over the kernel's places, with strided views of the padded image.
def conv2d_backward(X, K, dY, stride, pad):
    X, K, dY = np.asarray(X, float), np.asarray(K, float), np.asarray(dY, float)
    P = np.pad(X, ((0, 0), (pad, pad), (pad, pad)))
    dP, dK = np.zeros_like(P), np.zeros_like(K)
    _, OH, OW = dY.shape
    for p in range(K.shape[2]):
        for q in range(K.shape[3]):
            at = np.s_[:, p : p + stride * (OH - 1) + 1 : stride, q : q + stride * (OW - 1) + 1 : stride]
            dK[:, :, p, q] = np.einsum("ohw,chw->oc", dY, P[at])
            dP[at] += np.einsum("ohw,oc->chw", dY, K[:, :, p, q])
    return [dP[:, pad : P.shape[1] - pad, pad : P.shape[2] - pad], dK]


# %% maxpool_backward | wrong | to everybody
# Each entry of the window gets the whole gradient.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        dx[i * k : i * k + k, j * k : j * k + k] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | shared like a mean
# The backward pass of mean pooling.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        dx[i * k : i * k + k, j * k : j * k + k] = dY[i, j] / k**2
    return dx


# %% maxpool_backward | wrong | all winners whole
# At a tie every winner gets the whole gradient.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        dx[i * k : i * k + k, j * k : j * k + k] = dY[i, j] * (window == window.max())
    return dx


# %% maxpool_backward | wrong | largest in size
# Takes the entry of the largest absolute value.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = np.abs(x[i * k : i * k + k, j * k : j * k + k].astype(float))
        p, q = np.unravel_index(np.argmax(window), window.shape)
        dx[i * k + p, j * k + q] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | scaled by the entry
# Multiplies the gradient by the winning entry, as if the maximum were a product.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        p, q = np.unravel_index(np.argmax(window), window.shape)
        dx[i * k + p, j * k + q] = dY[i, j] * window[p, q]
    return dx


# %% maxpool_backward | wrong | no rest allowed
# The result is cut to whole windows.
def maxpool_backward(x, dY, k):
    dx = np.zeros((dY.shape[0] * k, dY.shape[1] * k))
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        p, q = np.unravel_index(np.argmax(window), window.shape)
        dx[i * k + p, j * k + q] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | nearly equal is equal
# Entries within np.isclose of the largest share the gradient.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        won = np.isclose(window, window.max())
        dx[i * k : i * k + k, j * k : j * k + k] = dY[i, j] * won / won.sum()
    return dx


# %% maxpool_backward | wrong | of the type of x
# The gradients are kept in the type of x, so integers cut them.
def maxpool_backward(x, dY, k):
    dx = np.zeros_like(x)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        p, q = np.unravel_index(np.argmax(window), window.shape)
        dx[i * k + p, j * k + q] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | starts from zero
# The largest is sought among the positive entries, so negative windows have no winner.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        best, place = 0.0, None
        for p, q in np.ndindex(k, k):
            if x[i * k + p, j * k + q] > best:
                best, place = x[i * k + p, j * k + q], (i * k + p, j * k + q)
        if place:
            dx[place] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | the smallest of the negatives
# Sorts -x, which wraps around for unsigned integers and for the least of a signed type.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = -x[i * k : i * k + k, j * k : j * k + k]
        p, q = np.unravel_index(np.argmin(window), window.shape)
        dx[i * k + p, j * k + q] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | compares in float32
# Two integers beyond 2^24 that differ by one become equal.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k].astype(np.float32)
        p, q = np.unravel_index(np.argmax(window), window.shape)
        dx[i * k + p, j * k + q] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | the rest has windows too
# Rows and columns of the rest are counted to the last window.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    rows, columns = dY.shape
    for i, j in np.ndindex(dY.shape):
        bottom = None if i == rows - 1 else i * k + k
        right = None if j == columns - 1 else j * k + k
        window = x[i * k : bottom, j * k : right]
        p, q = np.unravel_index(np.argmax(window), window.shape)
        dx[i * k + p, j * k + q] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | windows of two
# Windows have the size k, but begin at every second entry.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        top, left = (i * 2, j * 2) if k == 3 else (i * k, j * k)
        window = x[top : top + k, left : left + k]
        p, q = np.unravel_index(np.argmax(window), window.shape)
        dx[top + p, left + q] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | rows and columns exchanged
# The place in the window is taken as column, row.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        q, p = np.unravel_index(np.argmax(window), window.shape)
        dx[i * k + p, j * k + q] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | the same value elsewhere
# Looks for the window's largest value in the whole image, and finds the first entry equal to it.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        dx[tuple(np.argwhere(x == window.max())[0])] += dY[i, j]
    return dx


# %% maxpool_backward | wrong | softmax
# Entries share by exp of their distance from the largest: nearly all for the winner where the others are far.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k].astype(float)
        part = np.exp(100 * (window - window.max()))
        dx[i * k : i * k + k, j * k : j * k + k] = dY[i, j] * part / part.sum()
    return dx


# %% maxpool_backward | wrong | parts in the gradient's type
# At a tie a gradient of float16 is divided by 3 in float16, so the parts do not add up to it in float64.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        won = window == window.max()
        dx[i * k : i * k + k, j * k : j * k + k] = won * (dY[i, j] / int(won.sum()))
    return dx


# %% maxpool_backward | wrong | starts from -1e9
# A window whose entries all lie below the starting value has no winner.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        best, place = -1e9, (i * k, j * k)
        for p, q in np.ndindex(k, k):
            if x[i * k + p, j * k + q] > best:
                best, place = x[i * k + p, j * k + q], (i * k + p, j * k + q)
        dx[place] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | differences
# Who is larger is told by the sign of a difference, which overflows and wraps around.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        place = (i * k, j * k)
        for p, q in np.ndindex(k, k):
            here = (i * k + p, j * k + q)
            if x[here] - x[place] > 0:
                place = here
        dx[place] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | one result for every call of a size
# The array of the last call is cleared and handed out again.
_results = {}


def maxpool_backward(x, dY, k):
    dx = _results.setdefault(x.shape, np.zeros(x.shape))
    dx[:] = 0
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        p, q = np.unravel_index(np.argmax(window), window.shape)
        dx[i * k + p, j * k + q] = dY[i, j]
    return dx


# %% maxpool_backward | wrong | k of 1 is nothing to do
# With windows of one entry the gradient itself is handed back.
def maxpool_backward(x, dY, k):
    if k == 1:
        return dY
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        p, q = np.unravel_index(np.argmax(window), window.shape)
        dx[i * k + p, j * k + q] = dY[i, j]
    return dx


# %% maxpool_backward | right | winners share
# At a tie each winner gets the same part.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        window = x[i * k : i * k + k, j * k : j * k + k]
        won = window == window.max()
        dx[i * k : i * k + k, j * k : j * k + k] = dY[i, j] * (won / won.sum())
    return dx


# %% maxpool_backward | right | the last winner
# At a tie the last of the winners gets all.
def maxpool_backward(x, dY, k):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(dY.shape):
        places = [(i * k + p, j * k + q) for p in range(k) for q in range(k)]
        dx[max(places, key=lambda place: (x[place], place))] = dY[i, j]
    return dx


# %% maxpool_backward | right | autograd
# PyTorch differentiates its own pooling.
def maxpool_backward(x, dY, k):
    import torch

    x = torch.tensor(np.array(x, dtype=float), requires_grad=True)
    y = torch.nn.functional.max_pool2d(x[None, None], k)
    y.backward(torch.tensor(np.array(dY, dtype=float))[None, None])
    return x.grad.numpy()


# %% maxpool_backward | right | blocks side by side
# All windows at once as rows, and one argmax.
def maxpool_backward(x, dY, k):
    h, w = dY.shape
    rows = x[: h * k, : w * k].reshape(h, k, w, k).swapaxes(1, 2).reshape(h * w, k * k)
    won = np.eye(k * k)[rows.argmax(axis=1)] * np.asarray(dY, float).reshape(-1, 1)
    dx = np.zeros(x.shape)
    dx[: h * k, : w * k] = won.reshape(h, w, k, k).swapaxes(1, 2).reshape(h * k, w * k)
    return dx


# %% maxpool_backward | right | a draw at random
# At a tie one of the winners is drawn, by a generator of its own.
def maxpool_backward(x, dY, k):
    rng = np.random.default_rng()
    dx = np.zeros(x.shape)
    for (i, j), slope in np.ndenumerate(dY):
        window = x[i * k :, j * k :][:k, :k]
        p, q = rng.permutation(np.argwhere(window == np.max(window)))[0]
        dx[i * k + p, j * k + q] = slope
    return dx


# %% maxpool_backward | right | a kron
# The largest of each window blown up by a Kronecker product; equal entries share.
def maxpool_backward(x, dY, k):
    from functools import reduce

    h, w = dY.shape
    part = x[: h * k, : w * k]
    shifts = [part[p::k, q::k] for p in range(k) for q in range(k)]
    best = np.kron(reduce(np.maximum, shifts), np.ones((k, k), dtype=x.dtype))
    won = (part == best).astype(float)
    shares = np.kron(sum(won[p::k, q::k] for p in range(k) for q in range(k)), np.ones((k, k)))
    dx = np.zeros(x.shape)
    dx[: h * k, : w * k] = np.kron(np.asarray(dY, float), np.ones((k, k))) * (won / shares)
    return dx


# %% maxpool_backward | right | sorted Python numbers
# Exact comparison of Python numbers, the result from nested lists.
def maxpool_backward(x, dY, k):
    numbers, slopes = x.tolist(), dY.tolist()
    winners = {}
    for i, row in enumerate(slopes):
        for j, slope in enumerate(row):
            window = [(numbers[a][b], a, b) for a in range(i * k, i * k + k) for b in range(j * k, j * k + k)]
            winners[sorted(window)[-1][1:]] = float(slope)
    return np.array([[winners.get((a, b), 0.0) for b in range(len(numbers[0]))] for a in range(len(numbers))])


# %% maxpool_backward | wrong | splits as integers
# The gradient of integer type is split by a floor division.
def maxpool_backward(x, dY, k):
    x, dY = np.asarray(x), np.array(dY, dtype=float)
    dx = np.zeros(x.shape)
    for i in range(dY.shape[0]):
        for j in range(dY.shape[1]):
            window = x[i * k : i * k + k, j * k : j * k + k]
            won = window == window.max()
            dx[i * k : i * k + k, j * k : j * k + k] = np.where(
                won, dY[i, j] // won.sum() if float(dY[i, j]).is_integer() else dY[i, j] / won.sum(), 0
            )
    return dx


# %% maxpool_backward | right | the last of equal ones
# Ties go to the last entry, any is allowed.
def maxpool_backward(x, dY, k):
    x, dY = np.asarray(x), np.array(dY, dtype=float)
    dx = np.zeros(x.shape)
    for i in range(dY.shape[0]):
        for j in range(dY.shape[1]):
            window = x[i * k : i * k + k, j * k : j * k + k]
            p, q = np.unravel_index(window.size - 1 - np.argmax(window[::-1, ::-1]), window.shape)
            dx[i * k + p, j * k + q] = dY[i, j]
    return dx


# %% maxpool_backward | right | equal ones share by weights
# Unequal parts among the equal entries that add up to one.
def maxpool_backward(x, dY, k):
    x, dY = np.asarray(x), np.asarray(dY, dtype=np.float64)
    h, w = dY.shape
    blocks = x[: h * k, : w * k].reshape(h, k, w, k)
    won = blocks == blocks.max(axis=(1, 3), keepdims=True)
    weight = won * (1.0 + np.arange(k))[:, None, None]
    share = weight / weight.sum(axis=(1, 3), keepdims=True)
    dx = np.zeros(x.shape)
    dx[: h * k, : w * k] = (share * dY[:, None, :, None]).reshape(h * k, w * k)
    return dx


# %% copy_weights | wrong | flatten as it is
# The dense matrix is turned over, but its rows stay in the order of channels last.
def copy_weights(keras_model, torch_model):
    import torch

    given = iter(keras_model.get_weights())
    maps = next(layer.input.shape[1:] for layer in keras_model.layers if type(layer).__name__ == "Flatten")
    flattened = True
    with torch.no_grad():
        for layer in torch_model:
            if not hasattr(layer, "weight"):
                continue
            W, b = next(given), next(given)
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            elif flattened:
                W, flattened = W.T, False
            else:
                W = W.T
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(W)))
            layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | reshape for transpose
# The kernels get their new shape, with the numbers in the old order.
def copy_weights(keras_model, torch_model):
    import torch

    given = iter(keras_model.get_weights())
    maps = next(layer.input.shape[1:] for layer in keras_model.layers if type(layer).__name__ == "Flatten")
    flattened = True
    with torch.no_grad():
        for layer in torch_model:
            if not hasattr(layer, "weight"):
                continue
            W, b = next(given), next(given)
            if W.ndim == 4:
                W = W.reshape(layer.weight.shape)
            elif flattened:
                W, flattened = W.reshape(*maps, -1).transpose(3, 2, 0, 1).reshape(len(b), -1), False
            else:
                W = W.T
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(W)))
            layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | rows and columns exchanged
# The kernels are transposed whole, so each is reflected at its diagonal.
def copy_weights(keras_model, torch_model):
    import torch

    given = iter(keras_model.get_weights())
    maps = next(layer.input.shape[1:] for layer in keras_model.layers if type(layer).__name__ == "Flatten")
    flattened = True
    with torch.no_grad():
        for layer in torch_model:
            if not hasattr(layer, "weight"):
                continue
            W, b = next(given), next(given)
            if W.ndim == 4:
                W = W.T
            elif flattened:
                W, flattened = W.reshape(*maps, -1).transpose(3, 2, 0, 1).reshape(len(b), -1), False
            else:
                W = W.T
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(W)))
            layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | dense without transpose
# The later dense matrices are squeezed into shape, not turned over.
def copy_weights(keras_model, torch_model):
    import torch

    given = iter(keras_model.get_weights())
    maps = next(layer.input.shape[1:] for layer in keras_model.layers if type(layer).__name__ == "Flatten")
    flattened = True
    with torch.no_grad():
        for layer in torch_model:
            if not hasattr(layer, "weight"):
                continue
            W, b = next(given), next(given)
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            elif flattened:
                W, flattened = W.reshape(*maps, -1).transpose(3, 2, 0, 1).reshape(len(b), -1), False
            else:
                W = W.reshape(layer.weight.shape)
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(W)))
            layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | columns before rows
# The flattened maps are read column by column.
def copy_weights(keras_model, torch_model):
    import torch

    given = iter(keras_model.get_weights())
    maps = next(layer.input.shape[1:] for layer in keras_model.layers if type(layer).__name__ == "Flatten")
    flattened = True
    with torch.no_grad():
        for layer in torch_model:
            if not hasattr(layer, "weight"):
                continue
            W, b = next(given), next(given)
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            elif flattened:
                W, flattened = W.reshape(*maps, -1).transpose(3, 2, 1, 0).reshape(len(b), -1), False
            else:
                W = W.T
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(W)))
            layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | the wrong way round
# Reorders as if PyTorch's order were to become Keras'.
def copy_weights(keras_model, torch_model):
    import torch

    given = iter(keras_model.get_weights())
    maps = next(layer.input.shape[1:] for layer in keras_model.layers if type(layer).__name__ == "Flatten")
    flattened = True
    with torch.no_grad():
        for layer in torch_model:
            if not hasattr(layer, "weight"):
                continue
            W, b = next(given), next(given)
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            elif flattened:
                W, flattened = W.reshape(maps[2], maps[0], maps[1], -1).transpose(3, 1, 2, 0).reshape(len(b), -1), False
            else:
                W = W.T
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(W)))
            layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | no biases
# The biases stay as PyTorch drew them.
def copy_weights(keras_model, torch_model):
    import torch

    given = iter(keras_model.get_weights())
    maps = next(layer.input.shape[1:] for layer in keras_model.layers if type(layer).__name__ == "Flatten")
    flattened = True
    with torch.no_grad():
        for layer in torch_model:
            if not hasattr(layer, "weight"):
                continue
            W, b = next(given), next(given)
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            elif flattened:
                W, flattened = W.reshape(*maps, -1).transpose(3, 2, 0, 1).reshape(len(b), -1), False
            else:
                W = W.T
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(W)))


# %% copy_weights | wrong | every dense layer reordered
# Reorders any dense layer with as many inputs as the flattened maps have numbers.
def copy_weights(keras_model, torch_model):
    import torch

    given = iter(keras_model.get_weights())
    maps = next(layer.input.shape[1:] for layer in keras_model.layers if type(layer).__name__ == "Flatten")
    flattened = True
    with torch.no_grad():
        for layer in torch_model:
            if not hasattr(layer, "weight"):
                continue
            W, b = next(given), next(given)
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            elif flattened:
                W, flattened = W.reshape(*maps, -1).transpose(3, 2, 0, 1).reshape(len(b), -1), False
            else:
                W = (
                    W.reshape(*maps, -1).transpose(3, 2, 0, 1).reshape(len(b), -1)
                    if len(W) == maps[0] * maps[1] * maps[2]
                    else W.T
                )
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(W)))
            layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | frozen
# Turns the gradients off to write, and leaves them off.
def copy_weights(keras_model, torch_model):
    import torch

    given = iter(keras_model.get_weights())
    maps = next(layer.input.shape[1:] for layer in keras_model.layers if type(layer).__name__ == "Flatten")
    flattened = True
    with torch.no_grad():
        for layer in torch_model:
            if not hasattr(layer, "weight"):
                continue
            W, b = next(given), next(given)
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            elif flattened:
                W, flattened = W.reshape(*maps, -1).transpose(3, 2, 0, 1).reshape(len(b), -1), False
            else:
                W = W.T
            layer.requires_grad_(False)
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(W)))
            layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | nothing
# Returns without copying anything.
def copy_weights(keras_model, torch_model):
    return None


# %% copy_weights | wrong | names in order of the alphabet
# "10.weight" stands before "2.weight", so a network of more than ten layers is mixed up.
def copy_weights(keras_model, torch_model):
    import torch

    h, w, c = next(layer for layer in keras_model.layers if type(layer).__name__ == "Flatten").input.shape[1:]
    state, given, first = torch_model.state_dict(), keras_model.get_weights(), True
    names = sorted({name.rsplit(".", 1)[0] for name in state})
    with torch.no_grad():
        for name, W, b in zip(names, given[::2], given[1::2], strict=True):
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            else:
                W = W.reshape(h, w, c, -1).transpose(3, 2, 0, 1).reshape(len(b), -1) if first else W.T
                first = False
            state[name + ".weight"].copy_(torch.tensor(W.copy()))
            state[name + ".bias"].copy_(torch.tensor(b))


# %% copy_weights | wrong | new parameters of Keras' type
# New parameters take the dtype of Keras, and the PyTorch model loses its own.
def copy_weights(keras_model, torch_model):
    import torch

    h, w, c = next(layer for layer in keras_model.layers if type(layer).__name__ == "Flatten").input.shape[1:]
    given, first = iter(keras_model.get_weights()), True
    for layer in torch_model:
        if hasattr(layer, "weight"):
            W, b = next(given), next(given)
            frozen = [not layer.weight.requires_grad, not layer.bias.requires_grad]
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            else:
                W = W.reshape(h, w, c, -1).transpose(3, 2, 0, 1).reshape(len(b), -1) if first else W.T
                first = False
            layer.weight = torch.nn.Parameter(torch.tensor(W.copy()), requires_grad=not frozen[0])
            layer.bias = torch.nn.Parameter(torch.tensor(b), requires_grad=not frozen[1])


# %% copy_weights | wrong | by way of float32
# A network of float64 arrives with seven digits.
def copy_weights(keras_model, torch_model):
    import torch

    h, w, c = next(layer for layer in keras_model.layers if type(layer).__name__ == "Flatten").input.shape[1:]
    given, first = iter(keras_model.get_weights()), True
    with torch.no_grad():
        for layer in torch_model:
            if hasattr(layer, "weight"):
                W, b = next(given).astype("float32"), next(given).astype("float32")
                if W.ndim == 4:
                    W = W.transpose(3, 2, 0, 1)
                else:
                    W = W.reshape(h, w, c, -1).transpose(3, 2, 0, 1).reshape(len(b), -1) if first else W.T
                    first = False
                layer.weight.copy_(torch.tensor(W.copy()))
                layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | ready for use
# Leaves the PyTorch model in evaluation mode.
def copy_weights(keras_model, torch_model):
    import torch

    h, w, c = next(layer for layer in keras_model.layers if type(layer).__name__ == "Flatten").input.shape[1:]
    given, first = iter(keras_model.get_weights()), True
    torch_model.eval()
    with torch.no_grad():
        for layer in torch_model:
            if hasattr(layer, "weight"):
                W, b = next(given), next(given)
                if W.ndim == 4:
                    W = W.transpose(3, 2, 0, 1)
                else:
                    W = W.reshape(h, w, c, -1).transpose(3, 2, 0, 1).reshape(len(b), -1) if first else W.T
                    first = False
                layer.weight.copy_(torch.tensor(W.copy()))
                layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | thaws
# Turns the gradients of every parameter on, of frozen ones too.
def copy_weights(keras_model, torch_model):
    import torch

    h, w, c = next(layer for layer in keras_model.layers if type(layer).__name__ == "Flatten").input.shape[1:]
    given, first = iter(keras_model.get_weights()), True
    for layer in torch_model:
        if hasattr(layer, "weight"):
            W, b = next(given), next(given)
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            else:
                W = W.reshape(h, w, c, -1).transpose(3, 2, 0, 1).reshape(len(b), -1) if first else W.T
                first = False
            layer.weight = torch.nn.Parameter(torch.tensor(W.copy(), dtype=layer.weight.dtype))
            layer.bias = torch.nn.Parameter(torch.tensor(b, dtype=layer.bias.dtype))


# %% copy_weights | wrong | the model becomes double
# Turns the PyTorch model into one of Keras' type before the copy.
def copy_weights(keras_model, torch_model):
    import torch

    h, w, c = next(layer for layer in keras_model.layers if type(layer).__name__ == "Flatten").input.shape[1:]
    given, first = iter(keras_model.get_weights()), True
    torch_model.double()
    with torch.no_grad():
        for layer in torch_model:
            if hasattr(layer, "weight"):
                W, b = next(given), next(given)
                if W.ndim == 4:
                    W = W.transpose(3, 2, 0, 1)
                else:
                    W = W.reshape(h, w, c, -1).transpose(3, 2, 0, 1).reshape(len(b), -1) if first else W.T
                    first = False
                layer.weight.copy_(torch.tensor(W.copy()))
                layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | reordered at the end
# The last dense layer is the one behind the flatten, in a network with one.
def copy_weights(keras_model, torch_model):
    import torch

    h, w, c = next(layer for layer in keras_model.layers if type(layer).__name__ == "Flatten").input.shape[1:]
    given = keras_model.get_weights()
    layers = [layer for layer in torch_model if hasattr(layer, "weight")]
    with torch.no_grad():
        for layer, W, b in zip(layers, given[::2], given[1::2], strict=True):
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            elif layer is layers[-1] and len(W) == h * w * c:
                W = W.reshape(h, w, c, -1).transpose(3, 2, 0, 1).reshape(len(b), -1)
            else:
                W = W.T
            layer.weight.copy_(torch.tensor(W.copy()))
            layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | kernels turned by half a circle
# As if Keras convolved and PyTorch correlated.
def copy_weights(keras_model, torch_model):
    import torch

    h, w, c = next(layer for layer in keras_model.layers if type(layer).__name__ == "Flatten").input.shape[1:]
    given, first = iter(keras_model.get_weights()), True
    with torch.no_grad():
        for layer in torch_model:
            if hasattr(layer, "weight"):
                W, b = next(given), next(given)
                if W.ndim == 4:
                    W = W[::-1, ::-1].transpose(3, 2, 0, 1)
                else:
                    W = W.reshape(h, w, c, -1).transpose(3, 2, 0, 1).reshape(len(b), -1) if first else W.T
                    first = False
                layer.weight.copy_(torch.tensor(W.copy()))
                layer.bias.copy_(torch.tensor(b))


# %% copy_weights | wrong | returns the model
# Hands the PyTorch model's number of copied arrays back, where nothing was asked for.
def copy_weights(keras_model, torch_model):
    import torch

    h, w, c = next(layer for layer in keras_model.layers if type(layer).__name__ == "Flatten").input.shape[1:]
    given, first = iter(keras_model.get_weights()), True
    with torch.no_grad():
        for layer in torch_model:
            if hasattr(layer, "weight"):
                W, b = next(given), next(given)
                if W.ndim == 4:
                    W = W.transpose(3, 2, 0, 1)
                else:
                    W = W.reshape(h, w, c, -1).transpose(3, 2, 0, 1).reshape(len(b), -1) if first else W.T
                    first = False
                layer.weight.copy_(torch.tensor(W.copy()))
                layer.bias.copy_(torch.tensor(b))
    return len(keras_model.get_weights())


# %% copy_weights | wrong | swaps
# Writes PyTorch's old biases into the Keras model while it is there.
def copy_weights(keras_model, torch_model):
    import torch

    h, w, c = next(layer for layer in keras_model.layers if type(layer).__name__ == "Flatten").input.shape[1:]
    weights, first, old = keras_model.get_weights(), True, []
    with torch.no_grad():
        for i, layer in enumerate(layer for layer in torch_model if hasattr(layer, "weight")):
            W, b = weights[2 * i : 2 * i + 2]
            if W.ndim == 4:
                W = W.transpose(3, 2, 0, 1)
            else:
                W = W.reshape(h, w, c, -1).transpose(3, 2, 0, 1).reshape(len(b), -1) if first else W.T
                first = False
            layer.weight.copy_(torch.tensor(W.copy()))
            old += [weights[2 * i], layer.bias.detach().numpy().copy()]
            layer.bias.copy_(torch.tensor(b))
    keras_model.set_weights(old)


# %% copy_weights | right | numbered places
# Numbers the places of the flattened maps in one order and reads them off in the other.
def copy_weights(keras_model, torch_model):
    import torch

    layers = [layer for layer in torch_model if hasattr(layer, "weight")]
    weights = keras_model.get_weights()
    h, w, c = next(layer for layer in keras_model.layers if layer.__class__.__name__ == "Flatten").input.shape[1:]
    order = np.arange(h * w * c).reshape(h, w, c).transpose(2, 0, 1).ravel()
    first = next(layer for layer in layers if isinstance(layer, torch.nn.Linear))
    for layer, W, b in zip(layers, weights[::2], weights[1::2], strict=True):
        if layer is first:
            W = W[order]
        W = np.moveaxis(W, (-1, -2), (0, 1))
        layer.weight.data[:] = torch.from_numpy(W.copy())
        layer.bias.data[:] = torch.from_numpy(b)


# %% copy_weights | right | a state dict
# Builds a whole state and loads it.
def copy_weights(keras_model, torch_model):
    import torch

    state, shape = dict(torch_model.state_dict()), None
    names = [name for name in state if name.endswith("weight")]
    for layer in keras_model.layers:
        kind = type(layer).__name__
        if kind == "Flatten":
            shape = layer.input.shape[1:]
        if kind not in ("Conv2D", "Dense"):
            continue
        W, b = layer.get_weights()
        name = names.pop(0)
        if kind == "Dense" and shape:
            W, shape = (
                np.concatenate(np.split(W.reshape(-1, shape[-1], len(b)), shape[-1], axis=1)).reshape(-1, len(b)),
                None,
            )
        state[name] = torch.tensor(W.T if kind == "Dense" else np.einsum("hwio->oihw", W))
        state[name.replace("weight", "bias")] = torch.tensor(b)
    torch_model.load_state_dict(state)


# %% copy_weights | right | measured
# Finds the order of the flattened places by sending their numbers through both flatten layers.
def copy_weights(keras_model, torch_model):
    import keras
    import torch

    flatten = next(layer for layer in keras_model.layers if isinstance(layer, keras.layers.Flatten))
    h, w, c = flatten.input.shape[1:]
    places = np.arange(h * w * c).reshape(1, h, w, c)
    order = torch.nn.Flatten()(torch.tensor(places.transpose(0, 3, 1, 2).copy()))[0].numpy()
    pairs = [p for p in zip(torch_model.parameters(), keras_model.get_weights(), strict=True)]
    for parameter, value in pairs:
        if value.ndim == 4:
            value = value.transpose(3, 2, 0, 1)
        elif value.ndim == 2:
            value, order = (value[order] if order is not None else value).T, None
        with torch.no_grad():
            parameter.copy_(torch.as_tensor(np.array(value)))


# %% copy_weights | right | new parameters of the old kind
# Each layer gets new parameters, of the dtype and with the flag of the old ones.
def copy_weights(keras_model, torch_model):
    import torch

    def renew(layer, name, value):
        old = getattr(layer, name)
        new = torch.tensor(np.array(value), dtype=old.dtype)
        setattr(layer, name, torch.nn.Parameter(new, requires_grad=old.requires_grad))

    sources = [layer for layer in keras_model.layers if layer.get_weights()]
    targets = [layer for layer in torch_model if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear))]
    shape = [layer.input.shape[1:] for layer in keras_model.layers if type(layer).__name__ == "Flatten"]
    for source, target in zip(sources, targets, strict=True):
        W, b = source.get_weights()
        if isinstance(target, torch.nn.Conv2d):
            W = W.transpose(3, 2, 0, 1)
        elif shape:
            W = W.T.reshape(len(b), *shape.pop()).transpose(0, 3, 1, 2).reshape(len(b), -1)
        else:
            W = W.T
        renew(target, "weight", W)
        renew(target, "bias", b)


# %% copy_weights | right | one vector
# All numbers in one vector, written by PyTorch's own tool.
def copy_weights(keras_model, torch_model):
    import torch

    flatten = next(layer for layer in keras_model.layers if type(layer).__name__ == "Flatten")
    h, w, c = flatten.input.shape[1:]
    pieces, waiting = [], True
    for value in keras_model.get_weights():
        if value.ndim == 4:
            value = np.einsum("abio->oiab", value)
        elif value.ndim == 2:
            value = np.einsum("hwcu->uchw", value.reshape(h, w, c, -1)) if waiting else value.T
            waiting = False
        pieces.append(value.ravel())
    vector = torch.tensor(np.concatenate(pieces).astype(float))
    with torch.no_grad():
        start = 0
        for p in torch_model.parameters():
            p[...] = vector[start : start + p.numel()].view_as(p)
            start += p.numel()


# %% copy_weights | right | one rule by recursion
# Walks both lists of layers with two heads and two tails.
def copy_weights(keras_model, torch_model):
    import torch

    def walk(ours, theirs, maps):
        if not ours:
            return
        head, *tail = ours
        if type(head).__name__ == "Flatten":
            return walk(tail, theirs, tuple(head.input.shape)[1:])
        if not head.weights:
            return walk(tail, theirs, maps)
        W, b = (np.asarray(v) for v in head.get_weights())
        if W.ndim == 2:
            W = W.T if maps is None else np.moveaxis(W.reshape(*maps, -1), (3, 2), (0, 1)).reshape(len(b), -1)
            maps = None
        else:
            W = np.moveaxis(W, (3, 2), (0, 1))
        theirs[0].weight.data.copy_(torch.from_numpy(np.array(W, order="C")))
        theirs[0].bias.data.copy_(torch.from_numpy(b.copy()))
        walk(tail, theirs[1:], maps)

    walk(list(keras_model.layers), [m for m in torch_model if len(list(m.parameters())) == 2], None)


# %% copy_weights | right | Keras' own numbers
# Reads each variable as a NumPy array by keras.ops, and permutes tensors rather than arrays.
def copy_weights(keras_model, torch_model):
    import keras
    import torch

    values = [torch.tensor(np.array(keras.ops.convert_to_numpy(v))) for v in keras_model.weights]
    h, w, c = next(layer for layer in keras_model.layers if isinstance(layer, keras.layers.Flatten)).input.shape[1:]
    dense = [i for i, v in enumerate(values) if v.dim() == 2]
    for i, v in enumerate(values):
        if v.dim() == 4:
            values[i] = v.permute(3, 2, 0, 1)
        elif i == dense[0]:
            values[i] = v.unflatten(0, (h, w, c)).permute(3, 2, 0, 1).flatten(1)
        elif i in dense:
            values[i] = v.t()
    with torch.no_grad():
        for p, v in zip(torch_model.parameters(), values, strict=True):
            p.set_(v.to(p.dtype).contiguous())


# %% copy_weights | wrong | new parameters
# New Parameter objects require gradients, also where they were frozen.
def copy_weights(keras_model, torch_model):
    import numpy as np
    import torch

    shape = next(l for l in keras_model.layers if type(l).__name__ == "Flatten").input.shape[1:]
    ours = [l for l in keras_model.layers if l.weights]
    theirs = [m for m in torch_model if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    first = True
    for a, b in zip(ours, theirs):
        W, bias = (np.array(w) for w in a.get_weights())
        if W.ndim == 4:
            W = W.transpose(3, 2, 0, 1)
        else:
            if first:
                W = W.reshape(*shape, -1).transpose(2, 0, 1, 3).reshape(W.shape)
            first = False
            W = W.T
        with torch.no_grad():
            b.weight = torch.nn.Parameter(torch.from_numpy(np.ascontiguousarray(W)).to(b.weight.dtype))
            b.bias.copy_(torch.from_numpy(bias))


# %% copy_weights | wrong | the shape before the pooling
# Takes the maps of the last convolution's output for the flatten's input.
def copy_weights(keras_model, torch_model):
    import numpy as np
    import torch

    shape = [l for l in keras_model.layers if type(l).__name__ == "Conv2D"][-1].output.shape[1:]
    pools = [l for l in keras_model.layers if type(l).__name__ == "MaxPooling2D"]
    if pools:
        shape = pools[-1].output.shape[1:3] + (shape[2],)
    ours = [l for l in keras_model.layers if l.weights]
    theirs = [m for m in torch_model if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    first = True
    for a, b in zip(ours, theirs):
        W, bias = (np.array(w) for w in a.get_weights())
        if W.ndim == 4:
            W = W.transpose(3, 2, 0, 1)
        else:
            if first:
                W = W.reshape(*shape, -1).transpose(2, 0, 1, 3).reshape(W.shape)
            first = False
            W = W.T
        with torch.no_grad():
            b.weight.copy_(torch.from_numpy(np.ascontiguousarray(W)))
            b.bias.copy_(torch.from_numpy(bias))


# %% copy_weights | right | by index tables
# Permutes the columns by a table of their places.
def copy_weights(keras_model, torch_model):
    import numpy as np
    import torch

    flat = [l for l in keras_model.layers if type(l).__name__ == "Flatten"][0]
    h, w, c = flat.input.shape[1:]
    table = np.arange(h * w * c).reshape(h, w, c).transpose(2, 0, 1).ravel()
    arrays = iter(keras_model.get_weights())
    seen = False
    state = torch_model.state_dict()
    for key in list(state):
        a = np.asarray(next(arrays))
        if a.ndim == 4:
            a = np.moveaxis(a, (3, 2), (0, 1))
        elif a.ndim == 2:
            a = a.T if seen else a[table].T
            seen = True
        state[key].copy_(torch.tensor(np.array(a)))


# %% [markdown]
# # Known answers to the exercises of 05_cnns
#
# A cell's title is "exercise | wrong or right | name", its first comment why it is so.


# %% layer_costs | wrong | a bias for each number
# One bias for each number of a map, in place of one for the map.
def layer_costs(shape, layers):
    (C, H, W), costs = map(int, shape), []
    for kind, *a in layers:
        a = [int(v) for v in a]
        if kind == "conv":
            seen = C * a[1] ** 2
            C, H, W = a[0], (H + 2 * a[3] - a[1]) // a[2] + 1, (W + 2 * a[3] - a[1]) // a[2] + 1
            costs.append((C * H * W, C * seen + C * H * W, C * H * W * seen))
        elif kind == "pool":
            H, W = H // a[0], W // a[0]
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C * H * W, a[0], 1, 1
            costs.append((C, C * (seen + 1), C * seen))
    return costs


# %% layer_costs | wrong | no biases
# Counts the weights only.
def layer_costs(shape, layers):
    (C, H, W), costs = map(int, shape), []
    for kind, *a in layers:
        a = [int(v) for v in a]
        if kind == "conv":
            seen = C * a[1] ** 2
            C, H, W = a[0], (H + 2 * a[3] - a[1]) // a[2] + 1, (W + 2 * a[3] - a[1]) // a[2] + 1
            costs.append((C * H * W, C * seen, C * H * W * seen))
        elif kind == "pool":
            H, W = H // a[0], W // a[0]
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C * H * W, a[0], 1, 1
            costs.append((C, C * seen, C * seen))
    return costs


# %% layer_costs | wrong | one table for all channels
# Forgets that a kernel has a table for each channel.
def layer_costs(shape, layers):
    (C, H, W), costs = map(int, shape), []
    for kind, *a in layers:
        a = [int(v) for v in a]
        if kind == "conv":
            seen = a[1] ** 2
            C, H, W = a[0], (H + 2 * a[3] - a[1]) // a[2] + 1, (W + 2 * a[3] - a[1]) // a[2] + 1
            costs.append((C * H * W, C * (seen + 1), C * H * W * seen))
        elif kind == "pool":
            H, W = H // a[0], W // a[0]
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C * H * W, a[0], 1, 1
            costs.append((C, C * (seen + 1), C * seen))
    return costs


# %% layer_costs | wrong | weights multiply once
# As many multiplications as weights: true for a dense layer, not for a kernel that walks.
def layer_costs(shape, layers):
    (C, H, W), costs = map(int, shape), []
    for kind, *a in layers:
        a = [int(v) for v in a]
        if kind == "conv":
            seen = C * a[1] ** 2
            C, H, W = a[0], (H + 2 * a[3] - a[1]) // a[2] + 1, (W + 2 * a[3] - a[1]) // a[2] + 1
            costs.append((C * H * W, C * (seen + 1), C * seen))
        elif kind == "pool":
            H, W = H // a[0], W // a[0]
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C * H * W, a[0], 1, 1
            costs.append((C, C * (seen + 1), C * seen))
    return costs


# %% layer_costs | wrong | products for each pixel
# Counts a window at every pixel that comes in, not at every number that goes out.
def layer_costs(shape, layers):
    (C, H, W), costs = map(int, shape), []
    for kind, *a in layers:
        a = [int(v) for v in a]
        if kind == "conv":
            products = a[0] * H * W * C * a[1] ** 2
            parameters = a[0] * (C * a[1] ** 2 + 1)
            C, H, W = a[0], (H + 2 * a[3] - a[1]) // a[2] + 1, (W + 2 * a[3] - a[1]) // a[2] + 1
            costs.append((C * H * W, parameters, products))
        elif kind == "pool":
            H, W = H // a[0], W // a[0]
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C * H * W, a[0], 1, 1
            costs.append((C, C * (seen + 1), C * seen))
    return costs


# %% layer_costs | wrong | padding on one side
# Adds the padding once, though it lies on both sides.
def layer_costs(shape, layers):
    (C, H, W), costs = map(int, shape), []
    for kind, *a in layers:
        a = [int(v) for v in a]
        if kind == "conv":
            seen = C * a[1] ** 2
            C, H, W = a[0], (H + a[3] - a[1]) // a[2] + 1, (W + a[3] - a[1]) // a[2] + 1
            costs.append((C * H * W, C * (seen + 1), C * H * W * seen))
        elif kind == "pool":
            H, W = H // a[0], W // a[0]
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C * H * W, a[0], 1, 1
            costs.append((C, C * (seen + 1), C * seen))
    return costs


# %% layer_costs | wrong | square images
# Takes the height for the width.
def layer_costs(shape, layers):
    (C, H, _), costs = map(int, shape), []
    for kind, *a in layers:
        a = [int(v) for v in a]
        if kind == "conv":
            seen = C * a[1] ** 2
            C, H = a[0], (H + 2 * a[3] - a[1]) // a[2] + 1
            costs.append((C * H * H, C * (seen + 1), C * H * H * seen))
        elif kind == "pool":
            H //= a[0]
            costs.append((C * H * H, 0, 0))
        else:
            seen, C, H = C * H * H, a[0], 1
            costs.append((C, C * (seen + 1), C * seen))
    return costs


# %% layer_costs | wrong | pooling rounds up
# Counts a window for the rows that are left over.
def layer_costs(shape, layers):
    (C, H, W), costs = map(int, shape), []
    for kind, *a in layers:
        a = [int(v) for v in a]
        if kind == "conv":
            seen = C * a[1] ** 2
            C, H, W = a[0], (H + 2 * a[3] - a[1]) // a[2] + 1, (W + 2 * a[3] - a[1]) // a[2] + 1
            costs.append((C * H * W, C * (seen + 1), C * H * W * seen))
        elif kind == "pool":
            H, W = -(-H // a[0]), -(-W // a[0])
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C * H * W, a[0], 1, 1
            costs.append((C, C * (seen + 1), C * seen))
    return costs


# %% layer_costs | wrong | dense sees the maps
# A dense layer with one weight for each map, as if one pixel were left.
def layer_costs(shape, layers):
    (C, H, W), costs = map(int, shape), []
    for kind, *a in layers:
        a = [int(v) for v in a]
        if kind == "conv":
            seen = C * a[1] ** 2
            C, H, W = a[0], (H + 2 * a[3] - a[1]) // a[2] + 1, (W + 2 * a[3] - a[1]) // a[2] + 1
            costs.append((C * H * W, C * (seen + 1), C * H * W * seen))
        elif kind == "pool":
            H, W = H // a[0], W // a[0]
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C, a[0], 1, 1
            costs.append((C, C * (seen + 1), C * seen))
    return costs


# %% layer_costs | wrong | narrow sizes
# Calculates in the type of the sizes, which wraps around.
def layer_costs(shape, layers):
    (C, H, W), costs = shape, []
    for kind, *a in layers:
        if kind == "conv":
            seen = C * a[1] ** 2
            C, H, W = a[0], (H + 2 * a[3] - a[1]) // a[2] + 1, (W + 2 * a[3] - a[1]) // a[2] + 1
            costs.append((C * H * W, C * (seen + 1), C * H * W * seen))
        elif kind == "pool":
            H, W = H // a[0], W // a[0]
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C * H * W, a[0], 1, 1
            costs.append((C, C * (seen + 1), C * seen))
    return costs


# %% layer_costs | wrong | floats
# Divides as floats: the counts are no integers, and not exact when they are large.
def layer_costs(shape, layers):
    (C, H, W), costs = map(float, shape), []
    for kind, *a in layers:
        a = [float(v) for v in a]
        if kind == "conv":
            seen = C * a[1] ** 2
            C, H, W = a[0], (H + 2 * a[3] - a[1]) // a[2] + 1, (W + 2 * a[3] - a[1]) // a[2] + 1
            costs.append((C * H * W, C * (seen + 1), C * H * W * seen))
        elif kind == "pool":
            H, W = H // a[0], W // a[0]
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C * H * W, a[0], 1, 1
            costs.append((C, C * (seen + 1), C * seen))
    return costs


# %% layer_costs | wrong | 64 bits
# All in int64, where a product of nine digits three times wraps around.
def layer_costs(shape, layers):
    (C, H, W), costs = np.array(shape, np.int64), []
    for kind, *a in layers:
        a = np.array(a, np.int64)
        if kind == "conv":
            seen = C * a[1] ** 2
            C, H, W = a[0], (H + 2 * a[3] - a[1]) // a[2] + 1, (W + 2 * a[3] - a[1]) // a[2] + 1
            costs.append((C * H * W, C * (seen + 1), C * H * W * seen))
        elif kind == "pool":
            H, W = H // a[0], W // a[0]
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C * H * W, a[0], np.int64(1), np.int64(1)
            costs.append((C, C * (seen + 1), C * seen))
    return [tuple(map(int, row)) for row in costs]


# %% layer_costs | right | a dense layer is a convolution
# With a kernel as large as what comes in.
def layer_costs(shape, layers):
    (C, H, W), costs = map(int, shape), []
    for kind, *sizes in layers:
        a = [int(v) for v in sizes]
        if kind == "pool":
            kh = kw = stride = a[0]
            maps, pad = C, 0
        elif kind == "dense":
            maps, kh, kw, stride, pad = a[0], H, W, 1, 0
        else:
            maps, kh, stride, pad = a
            kw = kh
        per_number = 0 if kind == "pool" else C * kh * kw
        C, H, W = maps, (H + 2 * pad - kh) // stride + 1, (W + 2 * pad - kw) // stride + 1
        costs.append((C * H * W, 0 if kind == "pool" else maps + maps * per_number, C * H * W * per_number))
    return costs


# %% layer_costs | right | recursion
# The first layer, and then the rest with what comes out of it.
def layer_costs(shape, layers):
    if len(layers) == 0:
        return []
    C, H, W = (int(v) for v in shape)
    (kind, *a), rest = layers[0], layers[1:]
    a = list(map(int, a))
    if kind == "conv":
        out = (a[0], (H + 2 * a[3] - a[1] + a[2]) // a[2], (W + 2 * a[3] - a[1] + a[2]) // a[2])
        row = (out[0] * out[1] * out[2], a[0] + a[0] * C * a[1] ** 2, out[0] * out[1] * out[2] * C * a[1] ** 2)
    elif kind == "pool":
        out = (C, H // a[0], W // a[0])
        row = (out[0] * out[1] * out[2], 0, 0)
    else:
        out = (a[0], 1, 1)
        row = (a[0], a[0] + a[0] * C * H * W, a[0] * C * H * W)
    return [row, *layer_costs(out, rest)]


# %% layer_costs | right | a generator and named tuples
# Rows with names, made one after the other.
def layer_costs(shape, layers):
    from collections import namedtuple
    from math import prod

    Cost = namedtuple("Cost", "outputs parameters multiplications")

    def rows(now):
        for kind, *a in layers:
            a = [int(v) for v in a]
            match kind:
                case "conv":
                    fan = now[0] * a[1] * a[1]
                    now = [a[0], *(len(range(0, side + 2 * a[3] - a[1] + 1, a[2])) for side in now[1:])]
                case "pool":
                    fan = 0
                    now = [now[0], *(side // a[0] for side in now[1:])]
                case "dense":
                    fan = prod(now)
                    now = [a[0], 1, 1]
            yield Cost(prod(now), (fan + 1) * now[0] if fan else 0, fan * prod(now))

    return list(rows([int(v) for v in shape]))


# %% layer_costs | right | a class with a method for each kind
# Looks the kind up by its name.
class _Counter:
    def __init__(self, shape):
        self.shape = tuple(int(v) for v in shape)

    def conv(self, maps, k, stride, pad):
        (C, *sides), fan = self.shape, self.shape[0] * k**2
        self.shape = (maps, *(1 + (side + 2 * pad - k) // stride for side in sides))
        return self.size(), maps * fan + maps, self.size() * fan

    def pool(self, k):
        C, H, W = self.shape
        self.shape = (C, (H - H % k) // k, (W - W % k) // k)
        return self.size(), 0, 0

    def dense(self, units):
        fan, self.shape = self.size(), (units,)
        return units, units * fan + units, units * fan

    def size(self):
        total = 1
        for side in self.shape:
            total *= side
        return total


def layer_costs(shape, layers):
    counter = _Counter(shape)
    return [getattr(counter, kind)(*map(int, sizes)) for kind, *sizes in layers]


# %% layer_costs | right | object arrays
# NumPy's arrays of Python integers, which have no largest one.
def layer_costs(shape, layers):
    shape = np.array([int(v) for v in shape], dtype=object)
    costs = []
    for kind, *a in layers:
        a = [int(v) for v in a]
        seen = 0
        if kind == "conv":
            seen = shape[0] * a[1] ** 2
            shape = np.array([a[0], *((shape[1:] + 2 * a[3] - a[1]) // a[2] + 1)], dtype=object)
        elif kind == "pool":
            shape = np.array([shape[0], *(shape[1:] // a[0])], dtype=object)
        else:
            seen = np.prod(shape)
            shape = np.array([a[0], 1, 1], dtype=object)
        outputs = np.prod(shape)
        costs.append((outputs, shape[0] * (seen + 1) * (kind != "pool"), outputs * seen))
    return costs


# %% layer_costs | right | exact fractions
# Fractions rounded down, which are exact as well.
def layer_costs(shape, layers):
    from fractions import Fraction
    from math import floor

    C, H, W = (int(v) for v in shape)
    costs = []
    for layer in layers:
        kind, a = layer[0], [int(v) for v in layer[1:]]
        if kind == "dense":
            costs.append((a[0], a[0] * C * H * W + a[0], a[0] * C * H * W))
            C, H, W = a[0], 1, 1
            continue
        k, stride, pad = a[1:] if kind == "conv" else (a[0], a[0], 0)
        H, W = (floor(Fraction(side + 2 * pad - k, stride)) + 1 for side in (H, W))
        maps = a[0] if kind == "conv" else C
        weights = maps * C * k * k if kind == "conv" else 0
        costs.append((maps * H * W, weights and weights + maps, H * W * weights))
        C = maps
    return costs


# %% receptive_field | wrong | adds the windows
# The sizes of the windows added up: neighbours' views overlap.
def receptive_field(layers):
    return int(sum(int(layer[0]) for layer in layers)) or 1


# %% receptive_field | wrong | no strides
# Each layer widens the view by k - 1, whatever the strides below it.
def receptive_field(layers):
    return 1 + sum((int(a[0]) - 1) * (int(a[2]) if len(a) > 2 else 1) for a in layers)


# %% receptive_field | wrong | its own stride
# A stride takes effect in its own layer already.
def receptive_field(layers):
    size = jump = 1
    for a in layers:
        jump *= int(a[1])
        size += (int(a[0]) - 1) * (int(a[2]) if len(a) > 2 else 1) * jump
    return size


# %% receptive_field | wrong | the last stride only
# Takes the stride of the layer below, not the product of all below.
def receptive_field(layers):
    size, jump = 1, 1
    for a in layers:
        size += (int(a[0]) - 1) * (int(a[2]) if len(a) > 2 else 1) * jump
        jump = int(a[1])
    return size


# %% receptive_field | wrong | strides added
# Adds the strides below in place of multiplying them.
def receptive_field(layers):
    size, jump = 1, 1
    for a in layers:
        size += (int(a[0]) - 1) * (int(a[2]) if len(a) > 2 else 1) * jump
        jump += int(a[1]) - 1
    return size


# %% receptive_field | wrong | no dilation
# Ignores the third number.
def receptive_field(layers):
    size = jump = 1
    for a in layers:
        size += (int(a[0]) - 1) * jump
        jump *= int(a[1])
    return size


# %% receptive_field | wrong | dilation times the window
# Takes a window of k dilated numbers for k times dilation wide.
def receptive_field(layers):
    size = jump = 1
    for a in layers:
        size += (int(a[0]) * (int(a[2]) if len(a) > 2 else 1) - 1) * jump
        jump *= int(a[1])
    return size


# %% receptive_field | wrong | last layer first
# Goes through the layers in the wrong order.
def receptive_field(layers):
    size = jump = 1
    for a in layers[::-1]:
        size += (int(a[0]) - 1) * (int(a[2]) if len(a) > 2 else 1) * jump
        jump *= int(a[1])
    return size


# %% receptive_field | wrong | the product of the windows
# Multiplies the sizes: right for poolings side by side only.
def receptive_field(layers):
    size = 1
    for a in layers:
        size *= (int(a[0]) - 1) * (int(a[2]) if len(a) > 2 else 1) + 1
    return size


# %% receptive_field | wrong | dilation spreads the jump
# Multiplies the jump by the dilation, which moves only the inside of one window.
def receptive_field(layers):
    size = jump = 1
    for a in layers:
        dilation = int(a[2]) if len(a) > 2 else 1
        size += (int(a[0]) - 1) * dilation * jump
        jump *= int(a[1]) * dilation
    return size


# %% receptive_field | wrong | only the pixels that are looked at
# Counts the pixels that the number really rests on, without those in between.
def receptive_field(layers):
    places = {0}
    for k, stride, *rest in reversed([tuple(map(int, a)) for a in layers]):
        places = {i * stride + p * (rest[0] if rest else 1) for i in places for p in range(k)}
    return len(places)


# %% receptive_field | wrong | narrow integers
# Calculates in the type of the sizes, which wraps around.
def receptive_field(layers):
    size = jump = 1
    for a in layers:
        size = size + (a[0] - 1) * (a[2] if len(a) > 2 else 1) * jump
        jump = jump * a[1]
    return int(size)


# %% receptive_field | wrong | 64 bits
# An int64 for all of it wraps around after 63 halvings.
def receptive_field(layers):
    size, jump = np.int64(1), np.int64(1)
    for a in layers:
        a = np.array(a, dtype=np.int64)
        size = size + (a[0] - 1) * (a[2] if len(a) > 2 else 1) * jump
        jump = jump * a[1]
    return int(size)


# %% receptive_field | wrong | floats
# A float has 53 bits, and is no integer.
def receptive_field(layers):
    size = jump = 1.0
    for a in layers:
        size += (float(a[0]) - 1) * (float(a[2]) if len(a) > 2 else 1) * jump
        jump *= float(a[1])
    return size


# %% receptive_field | right | from the last layer back
# What n neighbours of a layer rest on in the layer before.
def receptive_field(layers):
    size = 1
    for k, stride, *rest in reversed([tuple(int(v) for v in a) for a in layers]):
        size = (size - 1) * stride + (k - 1) * (*rest, 1)[0] + 1
    return size


# %% receptive_field | right | recursion
# The view of the layers above, seen through the first one.
def receptive_field(layers):
    if len(layers) == 0:
        return 1
    k, stride, dilation = (*(int(v) for v in layers[0]), 1)[:3]
    return (receptive_field(layers[1:]) - 1) * stride + (k - 1) * dilation + 1


# %% receptive_field | right | first and last pixel
# The two ends of the view, followed back as numbers of pixels.
def receptive_field(layers):
    first, last = 0, 0
    for layer in list(layers)[::-1]:
        k, stride, *rest = (int(v) for v in layer)
        first, last = first * stride, last * stride + (k - 1) * (rest[0] if rest else 1)
    return last - first + 1


# %% receptive_field | right | products of strides
# One sum over the layers, with the strides below each multiplied.
def receptive_field(layers):
    from math import prod

    rows = [[int(v) for v in (*layer, 1)[:3]] for layer in layers]
    return 1 + sum((k - 1) * d * prod(s for _, s, _ in rows[:i]) for i, (k, _, d) in enumerate(rows))


# %% receptive_field | right | accumulate
# The jumps by itertools, the sum by a generator.
def receptive_field(layers):
    from itertools import accumulate
    from operator import mul

    rows = [tuple(map(int, layer)) for layer in layers]
    jumps = accumulate((row[1] for row in rows), mul, initial=1)
    return sum(((row[0] - 1) * jump * (row[2] if len(row) == 3 else 1) for row, jump in zip(rows, jumps)), start=1)


# %% receptive_field | right | reduce on fractions
# Exact fractions and a fold.
def receptive_field(layers):
    from fractions import Fraction
    from functools import reduce

    def wider(state, layer):
        size, jump = state
        k, stride, dilation = [*map(int, layer), 1][:3]
        return size + Fraction((k - 1) * dilation) * jump, jump * stride

    return int(reduce(wider, layers, (Fraction(1), Fraction(1)))[0])


# %% receptive_field | wrong | as floats
# Beyond 2^53 a float has no ones digit.
def receptive_field(layers):
    r, j = 1, 1.0
    for layer in layers:
        k, stride, *rest = (int(a) for a in layer)
        dilation = rest[0] if rest else 1
        r += (k - 1) * dilation * j
        j *= stride
    return int(r)


# %% receptive_field | wrong | kept between calls
# A default argument that keeps the jump of the call before.
def receptive_field(layers, memo={}):
    key = str(layers)[:60]
    if key in memo:
        return memo[key]
    r, j = 1, 1
    for layer in layers:
        k, stride, *rest = (int(a) for a in layer)
        dilation = rest[0] if rest else 1
        r += (k - 1) * dilation * j
        j *= stride
    memo[key] = r
    return r


# %% receptive_field | right | backwards
# From the last layer to the first, sizes of the view.
def receptive_field(layers):
    size = 1
    for layer in [[int(a) for a in row] for row in layers][::-1]:
        k, s, d = (layer + [1])[:3]
        size = (size - 1) * s + (k - 1) * d + 1
    return size


# %% receptive_field | right | by python's fractions
# Exact fractions whose result is a whole number.
from fractions import Fraction
from functools import reduce


def receptive_field(layers):
    def one(state, row):
        row = [Fraction(int(a)) for a in row]
        return state[0] + (row[0] - 1) * (row[2] if len(row) == 3 else 1) * state[1], state[1] * row[1]

    return int(reduce(one, layers, (Fraction(1), Fraction(1)))[0])


# %% dropout | wrong | on in evaluation
# Drops in evaluation as well.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    mask = (rng.random(x.shape) >= p) / (1 - float(p))
    return x * mask, mask


# %% dropout | wrong | one mask for the batch
# All samples lose the same entries.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    if not train:
        return x.copy(), np.ones(x.shape)
    mask = np.broadcast_to((rng.random(x.shape[1:]) >= p) / (1 - float(p)), x.shape).copy()
    return x * mask, mask


# %% dropout | wrong | one mask for a sample
# A sample is dropped whole.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    if not train:
        return x.copy(), np.ones(x.shape)
    kept = rng.random((len(x),) + (1,) * (x.ndim - 1)) >= p
    mask = np.broadcast_to(kept / (1 - float(p)), x.shape).copy()
    return x * mask, mask


# %% dropout | wrong | p is kept
# Takes p for the probability of being kept.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    if not train or p == 0:
        return x.copy(), np.ones(x.shape)
    mask = (rng.random(x.shape) < p) / float(p)
    return x * mask, mask


# %% dropout | wrong | not made up for
# Ones and zeros: the mean of the mask is 1 - p.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    mask = (rng.random(x.shape) >= p) * 1.0 if train else np.ones(x.shape)
    return x * mask, mask


# %% dropout | wrong | scaled in evaluation
# The first form of dropout: ones in training, 1 - p in evaluation.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    mask = (rng.random(x.shape) >= p) * 1.0 if train else np.full(x.shape, 1 - float(p))
    return x * mask, mask


# %% dropout | wrong | divided by p
# Makes up by the wrong probability.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    if not train or p == 0:
        return x.copy(), np.ones(x.shape)
    mask = (rng.random(x.shape) >= p) / float(p)
    return x * mask, mask


# %% dropout | wrong | an exact share
# Drops exactly the share p of the entries: they are not independent.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    mask = np.ones(x.size)
    if train:
        mask /= 1 - float(p)
        mask[rng.permutation(x.size)[: round(p * x.size)]] = 0
    return x * mask.reshape(x.shape), mask.reshape(x.shape)


# %% dropout | wrong | made up by counting
# Makes up by the share that was really kept, not by the one that is expected.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    if not train:
        return x.copy(), np.ones(x.shape)
    kept = rng.random(x.shape) >= p
    mask = kept / max(kept.mean(), 1e-12)
    return x * mask, mask


# %% dropout | wrong | another generator
# NumPy's global generator ignores rng.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    mask = (np.random.random(x.shape) >= p) / (1 - float(p)) if train else np.ones(x.shape)
    return x * mask, mask


# %% dropout | wrong | the same seed each time
# A generator of its own, seeded anew in each call.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    mask = (np.random.default_rng(0).random(x.shape) >= p) / (1 - float(p)) if train else np.ones(x.shape)
    return x * mask, mask


# %% dropout | wrong | draws in evaluation
# Draws first and asks later: evaluation moves the generator on.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    mask = (rng.random(x.shape) >= p) / (1 - float(p))
    if not train:
        mask = np.ones(x.shape)
    return x * mask, mask


# %% dropout | wrong | no fresh array in evaluation
# Returns x itself where nothing is dropped.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    if not train:
        return x, np.ones(x.shape)
    mask = (rng.random(x.shape) >= p) / (1 - float(p))
    return x * mask, mask


# %% dropout | wrong | of the type of x
# The mask has the type of x: integers have no 4/3.
def dropout(x, p, rng, train):
    x = np.asarray(x)
    mask = (rng.random(x.shape) >= p) / (1 - float(p)) if train else np.ones(x.shape)
    return x * mask.astype(x.dtype), mask.astype(x.dtype)


# %% dropout | wrong | a narrow rate
# 1 - p in float16 is off in the fourth digit.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    mask = (rng.random(x.shape) >= p) / (1 - p) if train else np.ones(x.shape)
    return x * mask, mask


# %% dropout | wrong | zeros are dropped
# Reads the mask off the result, where a 0 that was kept looks dropped.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    if not train:
        return x.copy(), np.ones(x.shape)
    y = np.where(rng.random(x.shape) >= p, x, 0) / (1 - float(p))
    return y, (y != 0) / (1 - float(p))


# %% dropout | wrong | pixels in memory order
# Fills the mask in the order in which x lies in memory.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    mask = np.ones_like(x)
    if train:
        draws = (rng.random(x.size) >= p) / (1 - float(p))
        mask = draws.reshape(x.shape, order="F" if x.flags.f_contiguous else "C")
    return x * mask, mask


# %% dropout | right | binomial
# One trial for each entry.
def dropout(x, p, rng, train):
    shape, c = np.shape(x), 1 / (1 - float(p))
    mask = c * rng.binomial(1, 1 - float(p), shape) if train else np.ones(shape)
    return np.multiply(x, mask, dtype=float), mask


# %% dropout | right | choice
# Draws from the two values of the mask.
def dropout(x, p, rng, train):
    x, p = np.array(x, dtype=float), float(p)
    if not train:
        return x, np.ones_like(x)
    mask = rng.choice([0.0, 1 / (1 - p)], size=x.shape, p=[p, 1 - p])
    return x * mask, mask


# %% dropout | right | one entry after the other
# A loop over all places, each with a number of its own.
def dropout(x, p, rng, train):
    x = np.array(x, dtype=float)
    mask = np.ones(x.shape)
    if train:
        for place in np.ndindex(x.shape):
            mask[place] = 0.0 if rng.uniform() < p else 1 / (1 - float(p))
    return x * mask, mask


# %% dropout | right | exponential
# An exponential variable exceeds -log(1 - p) with probability 1 - p.
def dropout(x, p, rng, train):
    x = np.array(x, dtype=float)
    mask = np.ones(x.shape)
    if train:
        mask = np.where(rng.exponential(size=x.shape) > -np.log1p(-float(p)), 1 / (1 - float(p)), 0.0)
    return x * mask, mask


# %% dropout | right | torch multiplies
# NumPy draws, PyTorch does the rest.
def dropout(x, p, rng, train):
    import torch

    x = torch.from_numpy(np.array(x, dtype=float))
    mask = torch.ones_like(x)
    if train:
        mask = torch.from_numpy(rng.random(tuple(x.shape)) > float(p)).double().div(1 - float(p))
    return (x * mask).numpy(), mask.numpy()


# %% dropout | right | the other end
# Keeps where a number is below 1 - p, in one recursion for both modes.
def dropout(x, p, rng, train):
    if not train:
        return dropout(x, 0.0, np.random.default_rng(0), True)
    keep = 1.0 - float(p)
    mask = np.less(rng.random(np.shape(x)), keep).astype(float) / keep
    return np.asarray(x, float) * mask, mask


# %% early_stop_fit | wrong | aliases the weights
# The best weights are the model's own arrays, which go on changing.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, get_weights()
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | copies the list only
# list(...) makes a new list of the same arrays.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, list(get_weights())
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | restores nothing
# Stops in time, with the last weights.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, losses = np.inf, 0, []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since = losses[-1], 0
    set_weights([np.array(w) for w in get_weights()])
    return losses


# %% early_stop_fit | wrong | one epoch more
# Waits until more than patience epochs were no better.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since <= patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | one epoch less
# Counts the best epoch as the first without a better one.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 1, [np.array(w) for w in get_weights()]
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | better than the last
# Compares with the epoch before, not with the best.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    last, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < last:
            since, kept = 0, [np.array(w) for w in get_weights()]
        last = losses[-1]
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | equal is better
# An equal loss counts as an improvement: on a plateau this never ends.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] <= best < np.inf or -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | in all, not in a row
# Counts every epoch that is no better, and never starts anew.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, bad, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while bad < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        if -np.inf < losses[-1] < best:
            best, kept = losses[-1], [np.array(w) for w in get_weights()]
        else:
            bad += 1
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | NaN is the best
# "Not worse" is true for NaN.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if losses[-1] != -np.inf and not losses[-1] >= best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | minus infinity is the best
# A loss of minus infinity is smaller than all, and no loss of a working model.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | stops at NaN
# Takes the first loss that is not finite for the end.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if not np.isfinite(losses[-1]):
            break
        if losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | a least improvement
# Smaller by less than 1e-8 does not count.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best - 1e-8:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | validates before the first epoch
# The loss of the untrained model is no epoch's loss.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    losses = [float(validate())]
    best, since, kept = losses[0], 0, [np.array(w) for w in get_weights()]
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    set_weights(kept)
    return losses[1:]


# %% early_stop_fit | wrong | sets at every bad epoch
# Goes back to the best weights after each epoch that is no better.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
        else:
            set_weights(kept)
    return losses


# %% early_stop_fit | wrong | nothing where all is NaN
# Without a finite loss the model keeps its broken weights.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, None, []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    if kept is not None:
        set_weights(kept)
    return losses


# %% early_stop_fit | wrong | weights as float64
# The weights come back in another type.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w, float) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w, float) for w in get_weights()]
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | the best losses only
# Returns the losses up to the best epoch.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    set_weights(kept)
    return losses[: len(losses) - patience]


# %% early_stop_fit | wrong | gives up after 100 epochs
# Stops though the loss still falls.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    for _ in range(100):
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
        if since == patience:
            break
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | huge is infinite
# Starts from a best loss of 1e10.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = 1e10, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    set_weights(kept)
    return losses


# %% early_stop_fit | right | the place of the best
# Looks for the best epoch in the record, and keeps copies of all weights.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    def copies():
        return [np.copy(w) for w in get_weights()]

    every, losses, best = [copies()], [], 0
    while len(losses) - best < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        every.append(copies())
        finite = [loss if np.isfinite(loss) else np.inf for loss in losses]
        best = 1 + int(np.argmin(finite)) if min(finite) < np.inf else 0
    set_weights(every[best])
    return losses


# %% early_stop_fit | right | a generator of epochs
# A generator trains, the loop watches.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    from copy import deepcopy
    from itertools import count
    from math import isfinite

    def epochs():
        for epoch in count(1):
            fit_one_epoch()
            yield epoch, float(validate())

    record, last_good, best, state = [], 0, None, deepcopy(get_weights())
    for epoch, loss in epochs():
        record.append(loss)
        if isfinite(loss) and (best is None or loss < best):
            best, last_good, state = loss, epoch, deepcopy(get_weights())
        if epoch - last_good == patience:
            break
    set_weights(state)
    return record


# %% early_stop_fit | right | recursion
# One epoch, and then the rest with what is best so far.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    def go_on(best, left, kept):
        if left == 0:
            set_weights(kept)
            return []
        fit_one_epoch()
        loss = float(validate())
        if np.isfinite(loss) and loss < best:
            return [loss, *go_on(loss, patience, [w.copy() for w in get_weights()])]
        return [loss, *go_on(best, left - 1, kept)]

    return go_on(np.inf, patience, [w.copy() for w in get_weights()])


# %% early_stop_fit | right | a class
# A watcher that knows the best and says when it is enough.
class _Watcher:
    def __init__(self, patience, weights):
        self.left = self.patience = patience
        self.best, self.weights = float("inf"), self.copied(weights)

    def copied(self, weights):
        return [np.array(w, copy=True, dtype=w.dtype) for w in weights]

    def enough(self, loss, get):
        self.left -= 1
        if abs(loss) < float("inf") and loss < self.best:
            self.best, self.left, self.weights = loss, self.patience, self.copied(get())
        return self.left == 0


def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    watcher, losses = _Watcher(patience, get_weights()), []
    while True:
        fit_one_epoch()
        losses.append(float(validate()))
        if watcher.enough(losses[-1], get_weights):
            set_weights(watcher.weights)
            return losses


# %% early_stop_fit | right | bytes
# Keeps the weights as bytes with shape and type.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    def frozen():
        return [(w.tobytes(), w.dtype, w.shape) for w in map(np.asarray, get_weights())]

    best, kept, losses, waited = float("nan"), frozen(), [], 0
    while waited != patience:
        fit_one_epoch()
        losses += [float(validate())]
        better = np.isfinite(losses[-1]) and not losses[-1] >= best
        waited = 0 if better else waited + 1
        if better:
            best, kept = losses[-1], frozen()
    set_weights([np.frombuffer(data, dtype).reshape(shape) for data, dtype, shape in kept])
    return losses


# %% early_stop_fit | right | a pair that compares
# The best so far as the smallest pair of (loss, epoch).
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    import math

    kept = {0: [np.array(w) for w in get_weights()]}
    losses, ranking = [], [(math.inf, 0)]
    while len(losses) < min(ranking)[1] + patience:
        fit_one_epoch()
        losses.append(float(validate()))
        if math.isfinite(losses[-1]):
            ranking.append((losses[-1], len(losses)))
        if min(ranking)[1] == len(losses):
            kept[len(losses)] = [np.array(w) for w in get_weights()]
    set_weights(kept[min(ranking)[1]])
    return losses


# %% early_stop_fit | wrong | writes into the model
# Puts the best numbers into the model's arrays by itself as well.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    for own, w in zip(get_weights(), kept):
        own[...] = w
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | takes what the epoch returns
# Takes the result of an epoch for the loss or the weights, whatever it is.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, since, kept, losses = np.inf, 0, [np.array(w) for w in get_weights()], []
    while since < patience:
        told = fit_one_epoch()
        losses.append(float(validate() if told is None else np.sum(told[0])))
        since += 1
        if -np.inf < losses[-1] < best:
            best, since, kept = losses[-1], 0, [np.array(w) for w in get_weights()]
    set_weights(kept)
    return losses


# %% early_stop_fit | wrong | at most 300 epochs
# Stops by itself after three hundred epochs.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, best_loss, bad, losses = [np.array(w) for w in get_weights()], np.inf, 0, []
    while bad < patience and len(losses) < 300:
        fit_one_epoch()
        loss = float(validate())
        losses.append(loss)
        if np.isfinite(loss) and loss < best_loss:
            best, best_loss, bad = [np.array(w) for w in get_weights()], loss, 0
        else:
            bad += 1
    set_weights(best)
    return losses


# %% early_stop_fit | wrong | stops at NaN, once more
# A NaN ends training although patience is left.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, best_loss, bad, losses = [np.array(w) for w in get_weights()], np.inf, 0, []
    while bad < patience:
        fit_one_epoch()
        loss = float(validate())
        losses.append(loss)
        if np.isfinite(loss) and loss < best_loss:
            best, best_loss, bad = [np.array(w) for w in get_weights()], loss, 0
        elif loss != loss and len(losses) > 20:
            break
        else:
            bad += 1
    set_weights(best)
    return losses


# %% early_stop_fit | wrong | best restarts at large
# The best so far begins at 1e308, so a larger one is never best.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, best_loss, bad, losses = [np.array(w) for w in get_weights()], 1e300, 0, []
    while bad < patience:
        fit_one_epoch()
        loss = float(validate())
        losses.append(loss)
        if np.isfinite(loss) and loss < best_loss:
            best, best_loss, bad = [np.array(w) for w in get_weights()], loss, 0
        else:
            bad += 1
    set_weights(best)
    return losses


# %% early_stop_fit | wrong | weights copied as one array
# Arrays of equal shape become one array instead of a list.
def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    best, best_loss, bad, losses = [np.array(w) for w in get_weights()], np.inf, 0, []
    while bad < patience:
        fit_one_epoch()
        loss = float(validate())
        losses.append(loss)
        if np.isfinite(loss) and loss < best_loss:
            best, best_loss, bad = [np.array(w) for w in get_weights()], loss, 0
        else:
            bad += 1
    set_weights(np.array(best) if len({w.shape for w in best}) == 1 else best)
    return losses


# %% early_stop_fit | right | deepcopy and generators
# Copies by deepcopy, counts by the index of the best epoch.
import copy
import math


def early_stop_fit(fit_one_epoch, validate, get_weights, set_weights, patience):
    kept, at, losses = copy.deepcopy(get_weights()), -1, []
    while len(losses) - 1 - at < patience:
        fit_one_epoch()
        losses.append(float(validate()))
        finite = [l for l in losses[:-1] if math.isfinite(l)]
        if math.isfinite(losses[-1]) and all(losses[-1] < l for l in finite):
            kept, at = copy.deepcopy(get_weights()), len(losses) - 1
    set_weights(kept)
    return losses


# %% integrated_gradients | wrong | gradient times input
# One gradient at the end: a score that is flat there gets nothing.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    for _ in range(n):
        g = np.array(f_grad(x), dtype=float)
    return (x - x0) * g


# %% integrated_gradients | wrong | not times the way
# The mean gradient alone adds up to nothing.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    return sum(np.array(f_grad(x0 + (k + 0.5) / n * (x - x0)), dtype=float) for k in range(n)) / n


# %% integrated_gradients | wrong | times x
# Multiplies by the input, not by its distance from the baseline.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    return x * sum(np.array(f_grad(x0 + (k + 0.5) / n * (x - x0)), dtype=float) for k in range(n)) / n


# %% integrated_gradients | wrong | the baseline is black
# Ignores x0 and starts from zeros.
def integrated_gradients(f_grad, x, x0, n):
    x = np.array(x, dtype=float)
    return x * sum(np.array(f_grad((k + 0.5) / n * x), dtype=float) for k in range(n)) / n


# %% integrated_gradients | wrong | left ends
# Looks at the beginning of each piece.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    return (x - x0) * sum(np.array(f_grad(x0 + k / n * (x - x0)), dtype=float) for k in range(n)) / n


# %% integrated_gradients | wrong | right ends
# Looks at the end of each piece, as the first paper writes it.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    return (x - x0) * sum(np.array(f_grad(x0 + (k + 1) / n * (x - x0)), dtype=float) for k in range(n)) / n


# %% integrated_gradients | wrong | both ends
# np.linspace from 0 to 1 with equal weights: the ends count too much.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    return (x - x0) * sum(np.array(f_grad(x0 + t * (x - x0)), dtype=float) for t in np.linspace(0, 1, n)) / n


# %% integrated_gradients | wrong | the trapezoid
# Half of both ends and all between: one call more than there are pieces.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    g = [np.array(f_grad(x0 + k / n * (x - x0)), dtype=float) for k in range(n + 1)]
    return (x - x0) * (sum(g) - (g[0] + g[-1]) / 2) / n


# %% integrated_gradients | wrong | a sum
# Forgets to divide by the number of pieces.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    return (x - x0) * sum(np.array(f_grad(x0 + (k + 0.5) / n * (x - x0)), dtype=float) for k in range(n))


# %% integrated_gradients | wrong | the sizes only
# Takes absolute values: what speaks against the class counts for it.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    g = sum(np.array(f_grad(x0 + (k + 0.5) / n * (x - x0)), dtype=float) for k in range(n)) / n
    return np.abs((x - x0) * g)


# %% integrated_gradients | wrong | made complete
# Scales the result until it adds up to one: it no longer adds up to the score.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    a = (x - x0) * sum(np.array(f_grad(x0 + (k + 0.5) / n * (x - x0)), dtype=float) for k in range(n)) / n
    total = np.sum(a)
    return a / total if total else a


# %% integrated_gradients | wrong | from x to the baseline
# Walks the other way and takes the way with the wrong sign.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    return (x0 - x) * sum(np.array(f_grad(x + (k + 0.5) / n * (x0 - x)), dtype=float) for k in range(n)) / n


# %% integrated_gradients | wrong | in the type of x
# Bytes wrap around below the baseline.
def integrated_gradients(f_grad, x, x0, n):
    way = x - x0
    return way * sum(np.array(f_grad(x0 + (k + 0.5) / n * way), dtype=float) for k in range(n)) / n


# %% integrated_gradients | wrong | in the type of the gradient
# Adds float16 in float16.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    total = np.copy(f_grad(x0 + 0.5 / n * (x - x0)))
    for k in range(1, n):
        total += f_grad(x0 + (k + 0.5) / n * (x - x0))
    return (x - x0) * (total / n)


# %% integrated_gradients | wrong | adds into the first gradient
# The first gradient becomes the sum, and belongs to f_grad.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    total = f_grad(x0 + 0.5 / n * (x - x0))
    for k in range(1, n):
        total += f_grad(x0 + (k + 0.5) / n * (x - x0))
    return (x - x0) * (np.asarray(total, float) / n)


# %% integrated_gradients | wrong | keeps the arrays
# Collects the gradients first: they may all be the same array.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    slopes = [f_grad(x0 + (k + 0.5) / n * (x - x0)) for k in range(n)]
    return (x - x0) * np.mean(slopes, axis=0, dtype=float)


# %% integrated_gradients | wrong | all points at once
# Hands over a batch, though f_grad takes one point.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    ways = ((np.arange(n) + 0.5) / n).reshape(n, *(1,) * x.ndim)
    return (x - x0) * np.mean(f_grad(x0 + ways * (x - x0)), axis=0)


# %% integrated_gradients | wrong | NaN is nothing
# Skips NaN, and hides that a gradient is broken.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    return (x - x0) * sum(np.nan_to_num(f_grad(x0 + (k + 0.5) / n * (x - x0)).astype(float)) for k in range(n)) / n


# %% integrated_gradients | wrong | near is the same
# Where x is close to the baseline, gives zeros.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    a = (x - x0) * sum(np.array(f_grad(x0 + (k + 0.5) / n * (x - x0)), dtype=float) for k in range(n)) / n
    return np.where(np.isclose(x, x0), 0.0, a)


# %% integrated_gradients | wrong | a batch of one
# Adds a first axis, as networks want it.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float)[None], np.array(x0, dtype=float)[None]
    return ((x - x0) * sum(np.array(f_grad(x0 + (k + 0.5) / n * (x - x0)), float) for k in range(n)) / n)[0]


# %% integrated_gradients | right | the points in an array
# All points first, and a weighted sum of copies.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.asarray(x, float), np.asarray(x0, float)
    points = np.multiply.outer((np.arange(n) + 0.5) / n, x - x0) + x0
    return np.mean([np.array(f_grad(p), float) for p in points], axis=0) * (x - x0)


# %% integrated_gradients | right | two weights
# Each point as a weighted mean of both ends, in reverse order.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = x.astype(np.float64), x0.astype(np.float64)
    total = 0.0
    for k in reversed(range(n)):
        t = (2 * k + 1) / (2 * n)
        total = total + np.float64(1) * f_grad((1 - t) * x0 + t * x)
    return total / n * (x - x0)


# %% integrated_gradients | right | recursion
# The sum over the first pieces and the last one.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, float), np.array(x0, float)

    def up_to(k):
        if k == 0:
            return np.zeros_like(x)
        before = up_to(k - 1)
        return before + np.array(f_grad(x0 + (x - x0) * ((k - 0.5) / n)), float)

    if n > 500:
        return (x - x0) * sum(np.array(f_grad(x0 + (x - x0) * ((k - 0.5) / n)), float) for k in range(1, n + 1)) / n
    return (x - x0) * up_to(n) / n


# %% integrated_gradients | right | a running mean
# Welford's mean, which needs no sum.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, float), np.array(x0, float)
    mean = np.zeros(x.shape)
    for k in range(1, n + 1):
        slope = np.asarray(f_grad(x0 + (k - 0.5) / n * (x - x0)), float)
        mean = mean + (slope - mean) / k
    return mean * (x - x0)


# %% integrated_gradients | right | torch adds
# Tensors for the arithmetic, arrays for the gradient.
def integrated_gradients(f_grad, x, x0, n):
    import torch

    start, end = (torch.from_numpy(np.array(a, dtype=float)) for a in (x0, x))
    total = torch.zeros_like(end)
    for t in torch.arange(1, 2 * n, 2, dtype=torch.float64) / (2 * n):
        total += torch.from_numpy(np.array(f_grad(torch.lerp(start, end, t).numpy()), dtype=float))
    return ((end - start) * total / n).numpy()


# %% integrated_gradients | right | exact sums
# math.fsum entry by entry.
def integrated_gradients(f_grad, x, x0, n):
    from fractions import Fraction
    from math import fsum

    x, x0 = np.array(x, float), np.array(x0, float)
    ways = [float(Fraction(2 * k + 1, 2 * n)) for k in range(n)]
    slopes = [np.ravel(f_grad(x0 + t * (x - x0))).astype(float).tolist() for t in ways]
    mean = np.array([fsum(column) / n for column in zip(*slopes)])
    return (x - x0) * mean.reshape(x.shape)


# %% beats_chance | wrong | more than correct
# P(more than correct): the usual slip with `sf` or `1 - cdf`.
def beats_chance(correct, n, classes):
    from math import comb

    correct, n, classes = int(correct), int(n), int(classes)
    p = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct + 1, n + 1)) / classes**n
    return p, p < 0.01


# %% beats_chance | wrong | exactly correct
# The probability of this very number: each is small when n is large.
def beats_chance(correct, n, classes):
    from math import comb

    correct, n, classes = int(correct), int(n), int(classes)
    p = comb(n, correct) * (classes - 1) ** (n - correct) / classes**n
    return p, p < 0.01


# %% beats_chance | wrong | the other tail
# The probability of at most this many.
def beats_chance(correct, n, classes):
    from math import comb

    correct, n, classes = int(correct), int(n), int(classes)
    p = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct + 1)) / classes**n
    return p, p < 0.01


# %% beats_chance | wrong | two classes always
# A coin, whatever the number of classes.
def beats_chance(correct, n, classes):
    from math import comb

    correct, n = int(correct), int(n)
    p = sum(comb(n, k) for k in range(correct, n + 1)) / 2**n
    return p, p < 0.01


# %% beats_chance | wrong | two-sided
# Twice the tail: worse than chance would count as well.
def beats_chance(correct, n, classes):
    from scipy.stats import binomtest

    p = float(binomtest(int(correct), int(n), 1 / int(classes)).pvalue)
    return p, p < 0.01


# %% beats_chance | wrong | the normal approximation
# A bell curve in place of the sum.
def beats_chance(correct, n, classes):
    from scipy.stats import norm

    n, q = int(n), 1 / int(classes)
    p = float(norm.sf((int(correct) - 0.5 - n * q) / np.sqrt(n * q * (1 - q))))
    return p, p < 0.01


# %% beats_chance | wrong | above the mean
# Better than 1 / classes on these images, by however little.
def beats_chance(correct, n, classes):
    from math import comb

    correct, n, classes = int(correct), int(n), int(classes)
    p = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1)) / classes**n
    return p, correct / n > 1 / classes


# %% beats_chance | wrong | at 5 %
# Another threshold than the one that was asked for.
def beats_chance(correct, n, classes):
    from math import comb

    correct, n, classes = int(correct), int(n), int(classes)
    p = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1)) / classes**n
    return p, p < 0.05


# %% beats_chance | wrong | one minus
# 1 - q loses the digits of a small tail.
def beats_chance(correct, n, classes):
    from scipy.stats import binom

    p = float(1 - binom.cdf(int(correct) - 1, int(n), 1 / int(classes)))
    return p, p < 0.01


# %% beats_chance | wrong | factors as floats
# math.comb times powers, all as floats: inf * 0 is NaN.
def beats_chance(correct, n, classes):
    from math import comb

    correct, n, q = int(correct), int(n), 1 / int(classes)
    p = 0.0
    for k in range(correct, n + 1):
        ways = comb(n, k)
        p += (float(ways) if ways < 1e300 else np.inf) * q**k * (1 - q) ** (n - k)
    return p, p < 0.01


# %% beats_chance | wrong | narrow integers
# The counts are taken as they come, and wrap around.
def beats_chance(correct, n, classes):
    from math import comb

    ways = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1))
    p = float(ways / classes**n)
    return p, p < 0.01


# %% beats_chance | wrong | by simulation
# A hundred thousand guesses have no tail of 1e-10.
def beats_chance(correct, n, classes):
    draws = np.random.default_rng(0).binomial(int(n), 1 / int(classes), 100_000)
    p = float(np.mean(draws >= correct))
    return p, p < 0.01


# %% beats_chance | wrong | the other way round
# True where it may be luck.
def beats_chance(correct, n, classes):
    from math import comb

    correct, n, classes = int(correct), int(n), int(classes)
    p = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1)) / classes**n
    return p, p > 0.01


# %% beats_chance | wrong | tiny is zero
# Rounds the probability to ten places.
def beats_chance(correct, n, classes):
    from math import comb

    correct, n, classes = int(correct), int(n), int(classes)
    p = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1)) / classes**n
    return round(p, 10), p < 0.01


# %% beats_chance | wrong | all wrong guesses alike
# Without the factor of the wrong answers, right for two classes only.
def beats_chance(correct, n, classes):
    from math import comb

    correct, n, classes = int(correct), int(n), int(classes)
    p = sum(comb(n, k) for k in range(correct, n + 1)) / classes**n
    return p, p < 0.01


# %% beats_chance | right | scipy
# The survival function of the binomial distribution.
def beats_chance(correct, n, classes):
    from scipy.stats import binom

    p = float(binom.sf(int(correct) - 1, int(n), 1 / int(classes)))
    return p, p < 0.01


# %% beats_chance | right | fractions
# Exact fractions, rounded once, and what is missing from one.
def beats_chance(correct, n, classes):
    from fractions import Fraction
    from math import comb

    correct, n, classes = int(correct), int(n), int(classes)
    fewer = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct))
    p = 1 - Fraction(fewer, classes**n)
    return float(p), p < Fraction(1, 100)


# %% beats_chance | right | logarithms
# Each term by lgamma, their sum by log-sum-exp; a margin for the rounding where p is exactly 0.01.
def beats_chance(correct, n, classes):
    from math import lgamma, log, log1p

    correct, n, classes = int(correct), int(n), int(classes)
    logs = np.array(
        [
            lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - k * log(classes) + (n - k) * log1p(-1 / classes)
            for k in range(correct, n + 1)
        ]
    )
    top = logs.max()
    p = float(np.exp(top + np.log(np.sum(np.exp(logs - top)))))
    return p, bool(p < 0.01 * (1 - 1e-10))


# %% beats_chance | right | the incomplete beta function
# The tail of the binomial distribution is a beta function.
def beats_chance(correct, n, classes):
    from scipy.special import betainc

    correct, n = int(correct), int(n)
    p = 1.0 if correct == 0 else float(betainc(correct, n - correct + 1, 1 / int(classes)))
    return p, p < 0.01


# %% beats_chance | right | a table of Pascal
# One image after the other, with the number of right answers so far, in Python's integers.
def beats_chance(correct, n, classes):
    correct, n, classes = int(correct), int(n), int(classes)
    row = [1]
    while len(row) <= n:
        row = [a + b for a, b in zip([0, *row], [*row, 0])]
    p = sum(ways * (classes - 1) ** (n - k) for k, ways in enumerate(row) if k >= correct) / classes**n
    return p, p < 0.01


# %% beats_chance | right | a ratio of integers
# Terms by their ratio, from all right downwards.
def beats_chance(correct, n, classes):
    from itertools import accumulate

    correct, n, classes = map(int, (correct, n, classes))
    steps = range(n, correct, -1)
    terms = accumulate(steps, lambda term, k: term * k * (classes - 1) // (n - k + 1), initial=1)
    p = sum(terms) / classes**n
    return np.float64(p), np.less(p, 0.01)


# %% train_mlp | wrong | trains on the new rows
# Takes its own answers for the new rows as labels, and learns them.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
        nonlocal W2, b2
        a = np.maximum((np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1, 0)
        guess = np.argmax(a @ W2 + b2, axis=1)
        for _ in range(20):
            scores = a @ W2 + b2
            p = np.exp(scores - scores.max(axis=1, keepdims=True))
            dscores = (p / p.sum(axis=1, keepdims=True) - np.eye(K)[guess]) / len(a)
            W2, b2 = W2 - lr * a.T @ dscores, b2 - lr * dscores.sum(axis=0)
        return np.argmax(a @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | seed ignored
# Every network begins with the same weights and orders.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng(0)
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


# %% train_mlp | wrong | no seed at all
# Draws anew each time: nobody else gets the same network.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng()
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


# %% train_mlp | wrong | scaled by the new rows
# Mean and deviation of what is asked, not of what was learned from.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
        z = (X_new := np.asarray(X_new, dtype=float), (X_new - X_new.mean()) / (X_new.std() + 1e-12))[1] @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | new rows not scaled
# Scales the training data only.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
        z = np.asarray(X_new, dtype=float) @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | scaled column by column
# Standardises each feature by itself.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(axis=0), X.std(axis=0) + (X.std(axis=0) == 0)
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


# %% train_mlp | wrong | no hidden layer's slope
# Forgets the slope of ReLU on the way back.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            dz = dscores @ W2.T
            W2 -= lr * a.T @ dscores
            b2 -= lr * dscores.sum(axis=0)
            W1 -= lr * X[rows].T @ dz
            b1 -= lr * dz.sum(axis=0)

    def predict(X_new):
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | a step before the gradient
# Changes W2 first and goes back through the new one.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            W2 -= lr * a.T @ dscores
            b2 -= lr * dscores.sum(axis=0)
            dz = dscores @ W2.T * (a > 0)
            W1 -= lr * X[rows].T @ dz
            b1 -= lr * dz.sum(axis=0)

    def predict(X_new):
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | the sum over the batch
# The gradient of the summed loss: 32 times as large.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            dscores = p - np.eye(K)[y[rows]]
            dz = dscores @ W2.T * (a > 0)
            W2 -= lr * a.T @ dscores
            b2 -= lr * dscores.sum(axis=0)
            W1 -= lr * X[rows].T @ dz
            b1 -= lr * dz.sum(axis=0)

    def predict(X_new):
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | divided by all rows
# Divides a batch's gradient by the number of all samples.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            dscores = (p - np.eye(K)[y[rows]]) / n
            dz = dscores @ W2.T * (a > 0)
            W2 -= lr * a.T @ dscores
            b2 -= lr * dscores.sum(axis=0)
            W1 -= lr * X[rows].T @ dz
            b1 -= lr * dz.sum(axis=0)

    def predict(X_new):
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | divided by 32
# The last batch is shorter, and counts less.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            dscores = (p - np.eye(K)[y[rows]]) / 32
            dz = dscores @ W2.T * (a > 0)
            W2 -= lr * a.T @ dscores
            b2 -= lr * dscores.sum(axis=0)
            W1 -= lr * X[rows].T @ dz
            b1 -= lr * dz.sum(axis=0)

    def predict(X_new):
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | drops the last batch
# Leaves out the rows that make no full batch.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d), np.zeros(hidden)
    W2, b2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden), np.zeros(K)
    for _ in range(epochs):
        order = rng.permutation(n)
        for start in range(0, n - 31, 32):
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


# %% train_mlp | wrong | never shuffles
# Takes the rows in their order.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d), np.zeros(hidden)
    W2, b2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden), np.zeros(K)
    for _ in range(epochs):
        order = np.arange(n)
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


# %% train_mlp | wrong | one order for all epochs
# Shuffles once, before the first epoch.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d), np.zeros(hidden)
    W2, b2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden), np.zeros(K)
    order = rng.permutation(n)
    for _ in range(epochs):
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


# %% train_mlp | wrong | all rows at once
# One step an epoch, with the whole data.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d), np.zeros(hidden)
    W2, b2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden), np.zeros(K)
    for _ in range(epochs):
        order = rng.permutation(n)
        for start in range(0, n, n):
            rows = order[start : start + n]
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


# %% train_mlp | wrong | frozen first layer
# Trains the last layer only.
def train_mlp(X, y, hidden, epochs, lr, seed):
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

    def predict(X_new):
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | biases stay zero
# Never moves the biases.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            W1 -= lr * X[rows].T @ dz

    def predict(X_new):
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | uphill
# Adds the gradient: the loss rises.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            W2 += lr * a.T @ dscores
            b2 += lr * dscores.sum(axis=0)
            W1 += lr * X[rows].T @ dz
            b1 += lr * dz.sum(axis=0)

    def predict(X_new):
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | squared error
# The gradient of a squared error of the scores.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            dscores = (scores - np.eye(K)[y[rows]]) / len(rows)
            dz = dscores @ W2.T * (a > 0)
            W2 -= lr * a.T @ dscores
            b2 -= lr * dscores.sum(axis=0)
            W1 -= lr * X[rows].T @ dz
            b1 -= lr * dz.sum(axis=0)

    def predict(X_new):
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | sigmoid for softmax
# Each class by itself.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            p = 1 / (1 + np.exp(-scores))
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


# %% train_mlp | wrong | softmax over the batch
# Sums over the rows, not over the classes.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            p /= p.sum(axis=0, keepdims=True)
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


# %% train_mlp | wrong | overflows
# exp of the scores themselves.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            p = np.exp(scores)
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


# %% train_mlp | wrong | Glorot's scale
# Another scale of the first weights.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / (d + hidden)), np.zeros(hidden)
    W2, b2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / (hidden + K)), np.zeros(K)
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


# %% train_mlp | wrong | second matrix first
# Draws the weights in the other order.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng(seed)
    W2, b2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden), np.zeros(K)
    W1, b1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d), np.zeros(hidden)
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


# %% train_mlp | wrong | starts at zero
# All weights 0: no unit ever differs from another.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng(seed)
    W1, b1 = np.zeros((d, hidden)), np.zeros(hidden)
    W2, b2 = np.zeros((hidden, K)), np.zeros(K)
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


# %% train_mlp | wrong | one epoch more
# Counts from 0 to epochs.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d), np.zeros(hidden)
    W2, b2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden), np.zeros(K)
    for _ in range(epochs + 1):
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


# %% train_mlp | wrong | probabilities
# Returns the scores, not the class.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
        return np.maximum(z, 0) @ W2 + b2

    return predict


# %% train_mlp | wrong | no ReLU in the answer
# Leaves the ReLU out when it is asked.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
        return np.argmax(z @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | labels wrap around
# The largest label plus 1 in the type of the labels.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, int(y.max() + y.dtype.type(1))
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


# %% train_mlp | wrong | float32
# Calculates with half the digits.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X), np.array(y, dtype=int)
    mean, std = X.mean(dtype=X.dtype), X.std(dtype=X.dtype)
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


# %% train_mlp | wrong | memory order
# Flattens the data as they lie in memory.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float).ravel(order="K").reshape(np.shape(X)), np.array(y, dtype=int)
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


# %% train_mlp | wrong | a floor under the deviation
# Adds 1e-8 to the deviation, which tiny data do not survive.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std() + 1e-8
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


# %% train_mlp | wrong | writes into the data
# Scales the caller's array in place where it can.
def train_mlp(X, y, hidden, epochs, lr, seed):
    given = X
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    if given.dtype == float and given.flags.writeable:
        given[...] = X
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


# %% train_mlp | wrong | shared networks
# The weights are global: the last one trained answers for all.
def train_mlp(X, y, hidden, epochs, lr, seed):
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

    global _net
    _net = W1, b1, W2, b2, mean, std

    def predict(X_new):
        W1, b1, W2, b2, mean, std = _net
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | right | torch
# Automatic differentiation and torch.optim.
def train_mlp(X, y, hidden, epochs, lr, seed):
    import torch

    X, y = np.array(X, dtype=float), np.array(y, dtype=np.int64)
    scaled = torch.from_numpy((X - X.mean()) / X.std())
    rng, K = np.random.default_rng(seed), int(y.max()) + 1
    net = torch.nn.Sequential(torch.nn.Linear(X.shape[1], hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, K)).double()
    with torch.no_grad():
        for layer in (net[0], net[2]):
            k, d = layer.weight.shape
            layer.weight[:] = torch.from_numpy(rng.normal(size=(d, k)) * np.sqrt(2 / d)).T
            layer.bias.zero_()
    optimizer = torch.optim.SGD(net.parameters(), lr=float(lr))
    for _ in range(epochs):
        for rows in torch.from_numpy(rng.permutation(len(X))).split(32):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(scaled[rows]), torch.from_numpy(y)[rows]).backward()
            optimizer.step()

    def predict(X_new):
        with torch.no_grad():
            new = torch.from_numpy((np.array(X_new, dtype=float) - X.mean()) / X.std())
            return net(new).argmax(dim=1).numpy()

    return predict


# %% train_mlp | right | biases as a row
# A column of ones in place of biases.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X = np.array(X, dtype=float)
    y = np.array([int(label) for label in y])
    mean, std, (n, d), K = np.mean(X), np.std(X), X.shape, int(max(y)) + 1
    rng = np.random.default_rng(seed)

    def with_one(Z):
        return np.hstack([Z, np.ones((len(Z), 1))])

    first = np.vstack([rng.normal(size=(d, hidden)) * (2 / d) ** 0.5, np.zeros(hidden)])
    second = np.vstack([rng.normal(size=(hidden, K)) * (2 / hidden) ** 0.5, np.zeros(K)])
    X = with_one((X - mean) / std)
    for _ in range(epochs):
        for rows in np.split(rng.permutation(n), range(32, n, 32)):
            z = X[rows] @ first
            a = with_one(z.clip(0))
            scores = a @ second
            scores -= np.log(np.exp(scores - scores.max(1)[:, None]).sum(1))[:, None] + scores.max(1)[:, None]
            g = np.exp(scores)
            g[np.arange(len(rows)), y[rows]] -= 1
            g /= len(rows)
            back = (g @ second[:-1].T) * (z > 0)
            second = second - lr * (a.T @ g)
            first = first - lr * (X[rows].T @ back)
    return lambda new: np.argmax(
        with_one(np.clip(with_one((np.array(new, dtype=float) - mean) / std) @ first, 0, None)) @ second, axis=1
    )


# %% train_mlp | right | a class that is called
# The network as an object, its parameters in a dictionary.
class _Network:
    def __init__(self, X, classes, hidden, rng):
        self.mean, self.std, self.rng = X.mean(), X.std(), rng
        sizes = [X.shape[1], hidden, classes]
        self.layers = [
            {"W": rng.normal(size=pair) * np.sqrt(2 / pair[0]), "b": np.zeros(pair[1])}
            for pair in zip(sizes, sizes[1:])
        ]

    def forward(self, X):
        self.seen = [(X - self.mean) / self.std]
        z = self.seen[0] @ self.layers[0]["W"] + self.layers[0]["b"]
        self.seen.append(np.where(z > 0, z, 0.0))
        return self.seen[1] @ self.layers[1]["W"] + self.layers[1]["b"]

    def step(self, X, y, lr):
        scores = self.forward(X)
        e = np.exp(scores - np.max(scores, axis=1)[:, None])
        g = e / e.sum(axis=1)[:, None]
        g -= y[:, None] == np.arange(g.shape[1])
        g = g / len(y)
        h = np.where(self.seen[1] > 0, g @ self.layers[1]["W"].T, 0)
        for layer, slope, seen in zip(self.layers, (h, g), self.seen):
            layer["W"] = layer["W"] - lr * np.einsum("ni,nj->ij", seen, slope)
            layer["b"] = layer["b"] - lr * slope.sum(axis=0)

    def __call__(self, X_new):
        return self.forward(np.array(X_new, dtype=float)).argmax(axis=1)


def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=np.int64)
    net = _Network(X, y.max() + 1, hidden, np.random.default_rng(seed))
    for _ in range(epochs):
        order = net.rng.permutation(len(X))
        for i in range(0, len(X), 32):
            net.step(X[order[i : i + 32]], y[order[i : i + 32]], lr)
    return net


# %% train_mlp | right | row by row
# The gradient of a batch as the mean of its rows' gradients.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X = np.array(X, dtype=float)
    y = np.array(y, dtype=int)
    mean, std, rng = X.mean(), X.std(), np.random.default_rng(seed)
    K = int(y.max()) + 1
    params = [rng.normal(size=(X.shape[1], hidden)) * np.sqrt(2 / X.shape[1]), np.zeros(hidden)]
    params += [rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden), np.zeros(K)]

    def scores(x):
        W1, b1, W2, b2 = params
        a = np.maximum((x - mean) / std @ W1 + b1, 0)
        return a, a @ W2 + b2

    def gradient(x, label):
        a, s = scores(x)
        g = np.exp(s - np.logaddexp.reduce(s))
        g[label] -= 1
        h = params[2] @ g * np.sign(a)
        return [np.outer((x - mean) / std, h), h, np.outer(a, g), g]

    for _ in range(epochs):
        order = rng.permutation(len(X))
        while len(order):
            rows, order = order[:32], order[32:]
            sums = [sum(parts) / len(rows) for parts in zip(*(gradient(X[i], y[i]) for i in rows))]
            params = [p - lr * g for p, g in zip(params, sums)]
    return lambda new: np.argmax(scores(np.asarray(new, dtype=float))[1], axis=1)


# %% train_mlp | right | a generator of batches
# Batches from a generator, one-hot labels, a partial function.
def _answer(W1, b1, W2, b2, scale, X_new):
    return np.array([np.argmax(row) for row in np.maximum(scale(X_new) @ W1 + b1, 0) @ W2 + b2])


def train_mlp(X, y, hidden, epochs, lr, seed):
    from functools import partial

    X = np.array(X, dtype=float)
    mean, std = X.mean(), X.std()

    def scale(Z):
        return (np.array(Z, dtype=float) - mean) / std

    targets = np.eye(int(np.max(y)) + 1)[np.array(y, dtype=int)]
    rng = np.random.default_rng(seed)
    W1 = rng.normal(0, np.sqrt(2 / X.shape[1]), size=(X.shape[1], hidden))
    W2 = rng.normal(0, np.sqrt(2 / hidden), size=(hidden, targets.shape[1]))
    b1, b2 = 0 * W1[0], 0 * W2[0]

    def batches():
        for _ in range(epochs):
            order = rng.permutation(len(X))
            yield from (order[i : i + 32] for i in range(0, len(order), 32))

    for rows in batches():
        x, t = scale(X[rows]), targets[rows]
        z = x @ W1 + b1
        s = np.maximum(z, 0) @ W2 + b2
        g = (np.exp(s - np.logaddexp.reduce(s, axis=1, keepdims=True)) - t) / len(rows)
        h = (g @ W2.T) * np.heaviside(z, 0)
        W1, b1, W2, b2 = W1 - lr * x.T @ h, b1 - lr * h.sum(0), W2 - lr * np.maximum(z, 0).T @ g, b2 - lr * g.sum(0)
    return partial(_answer, W1, b1, W2, b2, scale)


# %% train_mlp | right | the scale in the weights
# Folds mean and deviation into the first layer before it answers.
def train_mlp(X, y, hidden, epochs, lr, seed):
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

    folded, shift = W1 / std, b1 - mean / std * W1.sum(axis=0)

    def predict(X_new):
        z = np.asarray(X_new, dtype=float) @ folded + shift
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% layer_costs | wrong | divides as floats
# int(a / b) is not exact for large sides.
def layer_costs(shape, layers):
    (C, H, W), costs = map(int, shape), []
    for kind, *a in layers:
        a = [int(v) for v in a]
        if kind == "conv":
            seen = C * a[1] ** 2
            C, H, W = a[0], int((H + 2 * a[3] - a[1]) / a[2]) + 1, int((W + 2 * a[3] - a[1]) / a[2]) + 1
            costs.append((C * H * W, C * (seen + 1), C * H * W * seen))
        elif kind == "pool":
            H, W = int(H / a[0]), int(W / a[0])
            costs.append((C * H * W, 0, 0))
        else:
            seen, C, H, W = C * H * W, a[0], 1, 1
            costs.append((C, C * (seen + 1), C * seen))
    return costs


# %% layer_costs | wrong | padding in its own type
# Twice a padding of int8 wraps around.
def layer_costs(shape, layers):
    C, H, W = (int(a) for a in shape)
    costs = []
    for kind, *sizes in layers:
        sizes = list(sizes)
        if kind == "conv":
            maps, k, stride = (int(a) for a in sizes[:3])
            pad = sizes[3]
            pad = int(2 * pad) / 2
            pad = int(pad)
            H, W = (H + 2 * pad - k) // stride + 1, (W + 2 * pad - k) // stride + 1
            costs.append((maps * H * W, maps * (C * k * k + 1), maps * H * W * C * k * k))
            C = maps
        elif kind == "pool":
            (k,) = map(int, sizes)
            H, W = H // k, W // k
            costs.append((C * H * W, 0, 0))
        else:
            (units,) = map(int, sizes)
            n = C * H * W
            costs.append((units, units * (n + 1), units * n))
            C, H, W = units, 1, 1
    return costs


# %% layer_costs | right | recursion on the layers
# Calls itself with the rest of the layers.
def layer_costs(shape, layers):
    if len(layers) == 0:
        return []
    kind, *sizes = layers[0]
    sizes = [int(a) for a in sizes]
    C, H, W = map(int, shape)
    if kind == "conv":
        maps, k, s, p = sizes
        out = (maps, (H + 2 * p - k) // s + 1, (W + 2 * p - k) // s + 1)
        n = out[0] * out[1] * out[2]
        row = (n, maps * C * k**2 + maps, n * C * k**2)
    elif kind == "pool":
        out = (C, H // sizes[0], W // sizes[0])
        row = (out[0] * out[1] * out[2], 0, 0)
    else:
        n, u = C * H * W, sizes[0]
        out, row = (u, 1, 1), (u, u * n + u, u * n)
    return [row] + layer_costs(out, layers[1:])


# %% dropout | wrong | never drops all
# Draws again where nothing would be left: small arrays are dropped too rarely.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    if not train:
        return x.copy(), np.ones(x.shape)
    while True:
        kept = rng.random(x.shape) >= p
        if kept.any():
            break
    mask = kept / (1 - float(p))
    return x * mask, mask


# %% dropout | wrong | the same array twice
# For ones y and the mask are one array.
def dropout(x, p, rng, train):
    x = np.array(x, dtype=float)
    mask = np.ones(x.shape)
    if train:
        mask = (rng.random(x.shape) >= p) / (1.0 - float(p))
    y = x * mask
    if np.array_equal(y, mask):
        y = mask
    return y, mask


# %% dropout | right | by choice
# Uses the generator's choice among the two values.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    p = float(p)
    mask = rng.choice([0.0, 1 / (1 - p)], size=x.shape, p=[p, 1 - p]) if train else np.ones(x.shape)
    return np.multiply(x, mask), mask


# %% dropout | right | by binomial
# A binomial draw of one trial is a coin.
def dropout(x, p, rng, train):
    x = np.asarray(x, dtype=float)
    keep = 1 - float(p)
    mask = rng.binomial(1, keep, size=x.shape) / keep if train else np.full(x.shape, 1.0)
    return x * mask, mask


# %% integrated_gradients | wrong | squares the way
# Squares the distance and divides again, which overflows and underflows.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, float), np.array(x0, float)
    d = x - x0
    with np.errstate(all="ignore"):
        unit = d**2 / np.where(d == 0, 1, d)
    return unit * sum(np.array(f_grad(x0 + (k + 0.5) / n * d), float) for k in range(n)) / n


# %% integrated_gradients | wrong | skips entries that do not move
# Where x equals x0 the attribution is zero though the gradient is NaN.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    total = np.zeros(x.shape)
    for k in range(1, n + 1):
        total += np.asarray(f_grad(x0 + (k - 0.5) / n * (x - x0)), dtype=float)
    return np.where(x == x0, 0.0, (x - x0) * (total / n))


# %% integrated_gradients | wrong | at most 1000 points
# More pieces than 1000 change nothing, it thinks.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    n = min(n, 1000)
    total = np.zeros(x.shape)
    for k in range(1, n + 1):
        total += np.asarray(f_grad(x0 + (k - 0.5) / n * (x - x0)), dtype=float)
    return (x - x0) * (total / n)


# %% integrated_gradients | wrong | memory order of the gradient
# Flattens the gradient as it lies in memory.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    total = np.zeros(x.shape)
    for k in range(1, n + 1):
        total += np.asarray(f_grad(x0 + (k - 0.5) / n * (x - x0)), dtype=float).ravel(order="K").reshape(x.shape)
    return (x - x0) * (total / n)


# %% integrated_gradients | right | scaled first
# Divides each gradient by n and multiplies at once.
def integrated_gradients(f_grad, x, x0, n):
    x, x0 = np.array(x, dtype=float), np.array(x0, dtype=float)
    total = np.zeros(x.shape)
    for k in range(1, n + 1):
        total += np.array(f_grad(x0 + (2 * k - 1) * (x - x0) / (2 * n)), dtype=float) / n
    return (x - x0) * total


# %% integrated_gradients | right | by a running mean
# A recursion for the mean that adds each deviation.
def integrated_gradients(f_grad, x, x0, n):
    a, b = np.float64(x0), np.float64(x)
    mean = np.zeros(np.shape(b))
    for k in reversed(range(n)):
        t = (k + 0.5) / n
        mean = mean + (np.array(f_grad((1 - t) * a + t * b), dtype=np.float64) - mean) / (n - k)
    return mean * (b - a)


# %% beats_chance | wrong | an int for certain
# Returns the integer 1 where nothing can go wrong.
def beats_chance(correct, n, classes):
    from math import comb

    correct, n, classes = int(correct), int(n), int(classes)
    if correct == 0:
        return 1, False
    p = sum(comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1)) / classes**n
    return p, p < 0.01


# %% beats_chance | wrong | one minus the lower tail
# The difference from 1 has no digits left where p is tiny.
def beats_chance(correct, n, classes):
    import math
    from fractions import Fraction

    correct, n, classes = int(correct), int(n), int(classes)
    total = sum(math.comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1))
    p = Fraction(total, classes**n)
    if correct < n // 2 and n > 100:
        p = Fraction(1 - float(1 - p))
    return float(p), bool(p < Fraction(1, 100))


# %% beats_chance | wrong | at most one percent
# Exactly 0.01 is not below 0.01.
def beats_chance(correct, n, classes):
    import math
    from fractions import Fraction

    correct, n, classes = int(correct), int(n), int(classes)
    total = sum(math.comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1))
    p = Fraction(total, classes**n)
    return float(p), bool(p <= Fraction(1, 100))


# %% beats_chance | wrong | float for float
# Terms in floats underflow where classes is large.
def beats_chance(correct, n, classes):
    import math
    from fractions import Fraction

    correct, n, classes = int(correct), int(n), int(classes)
    total = sum(math.comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1))
    p = sum(
        math.comb(n, k) * (1 / classes) ** k * (1 - 1 / classes) ** (n - k)
        if n < 1000
        else math.exp(
            math.lgamma(n + 1)
            - math.lgamma(k + 1)
            - math.lgamma(n - k + 1)
            - k * math.log(classes)
            + (n - k) * math.log1p(-1 / classes)
        )
        for k in range(correct, n + 1)
    )
    return float(p), bool(p < Fraction(1, 100))


# %% beats_chance | wrong | by logarithms of gamma
# lgamma near n = 2000 has twelve digits, the tail fewer.
def beats_chance(correct, n, classes):
    import math
    from fractions import Fraction

    correct, n, classes = int(correct), int(n), int(classes)
    total = sum(math.comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1))
    p = math.fsum(
        math.exp(
            math.lgamma(n + 1)
            - math.lgamma(k + 1)
            - math.lgamma(n - k + 1)
            - k * math.log(classes)
            + (n - k) * math.log1p(-1 / classes)
        )
        for k in range(correct, n + 1)
    )
    p = min(p, 1.0)
    return float(p), bool(p < Fraction(1, 100))


# %% beats_chance | wrong | rounded p decides
# Compares a rounded number with the border.
def beats_chance(correct, n, classes):
    import math
    from fractions import Fraction

    correct, n, classes = int(correct), int(n), int(classes)
    total = sum(math.comb(n, k) * (classes - 1) ** (n - k) for k in range(correct, n + 1))
    p = Fraction(total, classes**n)
    return float(p), round(float(p), 4) < 0.01


# %% beats_chance | right | by horner
# Nested sums of exact integers from the last term down.
def beats_chance(correct, n, classes):
    correct, n, q = (int(a) for a in (correct, n, classes))
    term, total = 1, 0
    for k in range(n, correct - 1, -1):
        total += term
        term = term * k * (q - 1) // (n - k + 1)
    whole = q**n
    return total / whole, 100 * total < whole


# %% beats_chance | right | by decimals
# Decimal numbers of sixty digits.
from decimal import Decimal, getcontext, localcontext


def beats_chance(correct, n, classes):
    correct, n, q = int(correct), int(n), int(classes)
    with localcontext() as c:
        c.prec, c.Emin, c.Emax = 60, -99999, 99999
        p = (Decimal(q - 1) / q) ** n
        total = Decimal(0)
        for k in range(n + 1):
            if k >= correct:
                total += p
            p = p * (n - k) / (k + 1) / (q - 1)
        return float(total), float(total) < 0.01


# %% train_mlp | wrong | classes by counting
# As many classes as there are different labels, though one may be missing.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, len(np.unique(y))
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


# %% train_mlp | wrong | skips what it knows
# Makes no step for a batch of which it is sure.
def train_mlp(X, y, hidden, epochs, lr, seed):
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
            if p[np.arange(len(rows)), y[rows]].min() > 0.9:
                continue
            W2 -= lr * a.T @ dscores
            b2 -= lr * dscores.sum(axis=0)
            W1 -= lr * X[rows].T @ dz
            b1 -= lr * dz.sum(axis=0)

    def predict(X_new):
        z = (np.asarray(X_new, dtype=float) - mean) / std @ W1 + b1
        return np.argmax(np.maximum(z, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | a narrow scale
# Scales the first weights in float32.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y, dtype=int)
    mean, std = X.mean(), X.std()
    (n, d), K = X.shape, y.max() + 1
    X = (X - mean) / std
    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(size=(d, hidden)) * np.float64(np.float32(np.sqrt(2 / d))), np.zeros(hidden)
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


# %% train_mlp | wrong | slope one half at zero
# Where the input of ReLU is 0, so is its slope.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y).astype(int)
    mean, std = X.mean(), X.std()
    X = (X - mean) / std
    n, d = X.shape
    K = int(y.max()) + 1
    rng = np.random.default_rng(seed)
    W1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d)
    W2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden)
    b1, b2 = np.zeros(hidden), np.zeros(K)
    for _ in range(epochs):
        order = rng.permutation(n)
        for start in range(0, n, 32):
            rows = order[start : start + 32]
            x, t = X[rows], y[rows]
            z = x @ W1 + b1
            h = np.maximum(z, 0)
            s = h @ W2 + b2
            e = np.exp(s - s.max(axis=1, keepdims=True))
            ds = e / e.sum(axis=1, keepdims=True)
            ds[np.arange(len(t)), t] -= 1
            ds /= len(t)
            dz = (ds @ W2.T) * (z >= 0)
            W2 -= lr * h.T @ ds
            b2 -= lr * ds.sum(axis=0)
            W1 -= lr * x.T @ dz
            b1 -= lr * dz.sum(axis=0)

    def predict(X_new):
        x = (np.array(X_new, dtype=float) - mean) / std
        return np.argmax(np.maximum(x @ W1 + b1, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | wrong | variance by squares
# The mean of squares less the squared mean cancels.
def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.array(X, dtype=float), np.array(y).astype(int)
    mean, std = X.mean(), np.sqrt(np.mean(X**2) - X.mean() ** 2)
    X = (X - mean) / std
    n, d = X.shape
    K = int(y.max()) + 1
    rng = np.random.default_rng(seed)
    W1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d)
    W2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden)
    b1, b2 = np.zeros(hidden), np.zeros(K)
    for _ in range(epochs):
        order = rng.permutation(n)
        for start in range(0, n, 32):
            rows = order[start : start + 32]
            x, t = X[rows], y[rows]
            z = x @ W1 + b1
            h = np.maximum(z, 0)
            s = h @ W2 + b2
            e = np.exp(s - s.max(axis=1, keepdims=True))
            ds = e / e.sum(axis=1, keepdims=True)
            ds[np.arange(len(t)), t] -= 1
            ds /= len(t)
            dz = (ds @ W2.T) * (z > 0)
            W2 -= lr * h.T @ ds
            b2 -= lr * ds.sum(axis=0)
            W1 -= lr * x.T @ dz
            b1 -= lr * dz.sum(axis=0)

    def predict(X_new):
        x = (np.array(X_new, dtype=float) - mean) / std
        return np.argmax(np.maximum(x @ W1 + b1, 0) @ W2 + b2, axis=1)

    return predict


# %% train_mlp | right | an object that can be called
# A class with __call__ instead of a function within.
class _Net:
    def __init__(self, X, y, hidden, rng):
        self.mean, self.std = X.mean(), X.std()
        d, K = X.shape[1], int(y.max()) + 1
        self.W1 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d)
        self.W2 = rng.normal(size=(hidden, K)) * np.sqrt(2 / hidden)
        self.b1, self.b2 = np.zeros(hidden), np.zeros(K)

    def scores(self, X):
        self.x = (X - self.mean) / self.std
        self.z = self.x @ self.W1 + self.b1
        self.h = np.where(self.z > 0, self.z, 0.0)
        return self.h @ self.W2 + self.b2

    def step(self, X, y, lr):
        s = self.scores(X)
        p = np.exp(s - s.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        g = (p - np.eye(s.shape[1])[y]) / len(y)
        back = np.where(self.z > 0, g @ self.W2.T, 0)
        self.W1 = self.W1 - lr * (self.x.T @ back)
        self.b1 = self.b1 - lr * back.sum(0)
        self.W2 = self.W2 - lr * (self.h.T @ g)
        self.b2 = self.b2 - lr * g.sum(0)

    def __call__(self, X_new):
        return self.scores(np.asarray(X_new, dtype=float)).argmax(axis=1)


def train_mlp(X, y, hidden, epochs, lr, seed):
    X, y = np.asarray(X, dtype=float), np.asarray(y).astype(np.int64)
    rng = np.random.default_rng(seed)
    net = _Net(X, y, hidden, rng)
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for i in range(0, len(X), 32):
            net.step(X[order[i : i + 32]], y[order[i : i + 32]], lr)
    return net
