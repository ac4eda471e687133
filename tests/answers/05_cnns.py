# %% [markdown]
# # Known answers to the exercises of 05_cnns
#
# A cell's title is "exercise | wrong or right | name", its first comment why it is so.

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
