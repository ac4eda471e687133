"""Convolution as the equation writes it, one window at a time: to read, and to test the fast ones against."""

import numpy as np


def conv2d_loops(x, K, b, stride=1, padding=0, dilation=1):
    """Equation (3). x: (n, c, h, w), K: (o, c, kh, kw), b: (o,) -> (n, o, oh, ow).

    >>> x, K = np.arange(9.0).reshape(1, 1, 3, 3), np.array([[[[1.0, 0.0], [0.0, 10.0]]]])
    >>> print(conv2d_loops(x, K, np.zeros(1))[0, 0])
    [[40. 51.]
     [73. 84.]]
    """
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    (n, _, h, w), (o, _, kh, kw) = x.shape, K.shape
    kh, kw = dilation * (kh - 1) + 1, dilation * (kw - 1) + 1
    y = np.empty((n, o, (h - kh) // stride + 1, (w - kw) // stride + 1))
    for n, o, i, j in np.ndindex(y.shape):
        y[n, o, i, j] = b[o] + np.sum(x[_window(n, i * stride, j * stride, kh, kw, dilation)] * K[o])
    return y


def conv2d_loops_backward(x, K, dy, stride=1, padding=0, dilation=1):
    """Equation (1) for (3). x, K: as in `conv2d_loops`, dy: (n, o, oh, ow) -> dx, dK, db."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    (_, _, h, w), (_, _, kh, kw) = x.shape, K.shape
    kh, kw = dilation * (kh - 1) + 1, dilation * (kw - 1) + 1
    dx, dK, db = np.zeros(x.shape), np.zeros(K.shape), np.zeros(K.shape[0])
    for n, o, i, j in np.ndindex(dy.shape):
        window = _window(n, i * stride, j * stride, kh, kw, dilation)
        dx[window] += dy[n, o, i, j] * K[o]
        dK[o] += dy[n, o, i, j] * x[window]
        db[o] += dy[n, o, i, j]
    return dx[:, :, padding : h - padding, padding : w - padding], dK, db


def _window(n, i, j, kh, kw, dilation):
    """Return where the kernel meets image n: kh rows from i and kw columns from j on, every dilation-th of them."""
    return n, slice(None), slice(i, i + kh, dilation), slice(j, j + kw, dilation)
