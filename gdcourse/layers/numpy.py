"""Layers on NumPy arrays: forward, and below it backward, derived by hand."""

import math

import numpy as np

from gdcourse import _check
from gdcourse.initializers.numpy import constant, normal, xavier_uniform
from gdcourse.layers import shapes

__all__ = [
    "GELU", "AvgPool", "BatchNorm", "Conv1d", "Conv2d", "Dense", "Dropout", "Embedding", "Flatten", "Layer",
    "LayerNorm", "LeakyReLU", "MaxPool", "ReLU", "Residual", "Sequential", "Sigmoid", "Softmax", "Tanh",
]  # fmt: skip


class Layer:
    """What all layers share. A new layer writes `_forward(x, train)` and, in NumPy, `_backward(dy)`, which sets `grads`."""

    takes_indices = False

    def __init__(self, params=()):
        self.params, self.grads, self.x, self.y = list(params), [], None, None

    def forward(self, x, train=False):
        """Return y for the batch x. train: whether this is training, which Dropout and BatchNorm ask."""
        x = shapes.check_input(self, np.asarray(x))
        y = self._forward(x, train)
        self.x, self.y = x, y
        return y

    def backward(self, dy):
        """Return dL/dx, given dy = dL/dy of the last forward pass, and leave dL/dparams in `grads`: equation (1)."""
        return self._backward(shapes.check_output(self, np.asarray(dy)))


class Dense(Layer):
    """Equation (2). x: (n, d_in) -> (n, d_out). params: W (d_in, d_out), b (d_out,)."""

    def __init__(self, d_in, d_out, rng, init=xavier_uniform, dtype="float64"):
        super().__init__([init((d_in, d_out), rng, dtype=dtype), constant((d_out,), dtype=dtype)])

    def _forward(self, x, train):
        W, b = self.params
        shapes.expect(self, x, "n", W.shape[0])
        return x @ W + b

    def _backward(self, dy):
        self.grads = [self.x.T @ dy, dy.sum(axis=0)]
        return dy @ self.params[0].T


class ReLU(Layer):
    """max(x, 0). x: any shape -> the same."""

    def _forward(self, x, train):
        return np.maximum(x, 0)

    def _backward(self, dy):
        return dy * (self.x > 0)


class LeakyReLU(Layer):
    """x where x > 0, else slope x. x: any shape -> the same."""

    def __init__(self, slope=0.01):
        super().__init__()
        self.slope = _check.number("slope", slope, least=0)

    def _forward(self, x, train):
        return np.where(x > 0, x, self.slope * x)

    def _backward(self, dy):
        return np.where(self.x > 0, dy, self.slope * dy)


class Sigmoid(Layer):
    """1 / (1 + exp(-x)). x: any shape -> the same."""

    def _forward(self, x, train):
        return np.exp(-np.logaddexp(0, -x))

    def _backward(self, dy):
        return dy * self.y * (1 - self.y)


class Tanh(Layer):
    """tanh x. x: any shape -> the same."""

    def _forward(self, x, train):
        return np.tanh(x)

    def _backward(self, dy):
        return dy * (1 - self.y**2)


class GELU(Layer):
    """Equation (11). x: any shape -> the same."""

    def __init__(self, approximate=False):
        super().__init__()
        self.approximate = approximate

    def _forward(self, x, train):
        self.Phi = (1 + np.tanh(self._inner(x))) / 2 if self.approximate else _normal_cdf(x)
        return x * self.Phi

    def _backward(self, dy):
        x, Phi = self.x, self.Phi
        if self.approximate:
            slope = 2 * Phi * (1 - Phi) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)
        else:
            slope = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return dy * (Phi + x * slope)

    def _inner(self, x):
        return math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)


def _normal_cdf(x):
    """NumPy has no erf, so Python's, one entry at a time. erfc keeps the digits of a small probability."""
    return np.vectorize(lambda t: math.erfc(-t / math.sqrt(2)) / 2, otypes=[x.dtype])(x)


class Softmax(Layer):
    """Equation (10), over the last axis. x: (..., k) -> the same."""

    def _forward(self, x, train):
        y = np.exp(x - x.max(axis=-1, keepdims=True))
        return y / y.sum(axis=-1, keepdims=True)

    def _backward(self, dy):
        return self.y * (dy - np.sum(dy * self.y, axis=-1, keepdims=True))


class Flatten(Layer):
    """Equation (6). x: (n, ...) -> (n, d)."""

    def _forward(self, x, train):
        return x.reshape(len(x), -1)

    def _backward(self, dy):
        return dy.reshape(self.x.shape)


class Embedding(Layer):
    """Equation (7): rows of a table. x: integers of any shape (...) -> (..., d). params: W (count, d). `backward`: None."""

    takes_indices = True

    def __init__(self, count, d, rng, init=normal, dtype="float64"):
        super().__init__([init((count, d), rng, dtype=dtype)])

    def _forward(self, x, train):
        (W,) = self.params
        _check.labels_in(np.all((x >= 0) & (x < W.shape[0])), x, f"in 0..{W.shape[0] - 1}")
        return W[x]

    def _backward(self, dy):
        self.grads = [np.zeros_like(self.params[0])]
        np.add.at(self.grads[0], self.x, dy)


class Dropout(Layer):
    """Equation (8), inverted dropout with drop rate p. x: any shape -> the same. rng: a NumPy generator of its own."""

    def __init__(self, p, rng):
        super().__init__()
        self.p, self.rng = shapes.rate("p", p), _check.generator(rng)

    def _forward(self, x, train):
        self.m = self.rng.random(x.shape) >= self.p if train else None
        return x * self.m / (1 - self.p) if train else x

    def _backward(self, dy):
        return dy if self.m is None else dy * self.m / (1 - self.p)


class LayerNorm(Layer):
    """Equation (9) over the last axis. x: (..., d) -> the same. params: gamma (d,), beta (d,)."""

    def __init__(self, d, eps=1e-5, dtype="float64"):
        super().__init__([constant((d,), value=1.0, dtype=dtype), constant((d,), dtype=dtype)])
        self.eps = _check.number("eps", eps, above=0)

    def _forward(self, x, train):
        gamma, beta = self.params
        shapes.expect(self, x, *["n"] * (x.ndim - 1), gamma.shape[0])
        self.s = np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
        self.xhat = (x - x.mean(axis=-1, keepdims=True)) / self.s
        return gamma * self.xhat + beta

    def _backward(self, dy):
        xhat, rows = self.xhat, tuple(range(dy.ndim - 1))
        self.grads = [np.sum(dy * xhat, axis=rows), np.sum(dy, axis=rows)]
        d = self.params[0] * dy
        return (d - d.mean(axis=-1, keepdims=True) - xhat * np.mean(d * xhat, axis=-1, keepdims=True)) / self.s


class BatchNorm(Layer):
    """Equations (9), (13). x: (n, c), (n, c, l) or (n, c, h, w) -> the same. params: gamma (c,), beta (c,).

    mean, var: the running statistics, which evaluation uses and training updates.
    """

    def __init__(self, c, momentum=0.1, eps=1e-5, dtype="float64"):
        ones, zeros = constant((c,), value=1.0, dtype=dtype), constant((c,), dtype=dtype)
        super().__init__([ones, zeros])
        self.mean, self.var = np.copy(zeros), np.copy(ones)
        self.momentum, self.eps = shapes.rate("momentum", momentum), _check.number("eps", eps, above=0)

    def _forward(self, x, train):
        gamma, beta = self.params
        axes, shape, m = shapes.channelwise(self, x, gamma.shape[0], train)
        mean, var = (x.mean(axis=axes), x.var(axis=axes)) if train else (self.mean, self.var)
        if train:
            self.mean = (1 - self.momentum) * self.mean + self.momentum * mean
            self.var = (1 - self.momentum) * self.var + self.momentum * var * m / (m - 1)
        self.train, self.s = train, np.sqrt(var + self.eps).reshape(shape)
        self.xhat = (x - mean.reshape(shape)) / self.s
        return gamma.reshape(shape) * self.xhat + beta.reshape(shape)

    def _backward(self, dy):
        (gamma, _), xhat = self.params, self.xhat
        axes, shape, m = shapes.channelwise(self, dy, gamma.shape[0])
        dgamma, dbeta = self.grads = [np.sum(dy * xhat, axis=axes), np.sum(dy, axis=axes)]
        if self.train:  # the batch's mean and variance depend on x too
            dy = dy - dbeta.reshape(shape) / m - xhat * dgamma.reshape(shape) / m
        return gamma.reshape(shape) / self.s * dy


class _Conv(Layer):
    dims = 2

    def __init__(self, c_in, c_out, size, rng, stride=1, padding=0, init=xavier_uniform, dtype="float64"):
        size = shapes.per_axis("size", size, self.dims)
        self.stride = shapes.per_axis("stride", stride, self.dims)
        self.padding = shapes.per_axis("padding", padding, self.dims, least=0)
        super().__init__([init((c_out, c_in, *size), rng, dtype=dtype), constant((c_out,), dtype=dtype)])

    def _forward(self, x, train):
        """One matrix product, K (o, c kh kw) times cols (c kh kw, n oh ow). Channels come first in memory: no copies."""
        K, b = self.params
        out = shapes.convolution(self, x, K)
        x = np.pad(x.swapaxes(0, 1), [(0, 0), (0, 0), *((p, p) for p in self.padding)])  # (c, n, h, w)
        self.cols = np.stack(shapes.offsets(x, K.shape[2:], self.stride, out), axis=1)  # (c, kh kw, n, oh, ow)
        y = _matrix(K) @ self.cols.reshape(_matrix(K).shape[1], -1)
        y += b[:, None]
        return y.reshape(len(K), x.shape[1], *out).swapaxes(0, 1)

    def _backward(self, dy):
        K, _ = self.params
        d = _matrix(dy.swapaxes(0, 1))  # (o, n oh ow)
        self.grads = [(d @ self.cols.reshape(_matrix(K).shape[1], -1).T).reshape(K.shape), d.sum(axis=1)]
        dcols = (_matrix(K).T @ d).reshape(self.cols.shape)
        n, c, *last = self.x.shape
        dx = np.zeros((c, n, *(h + 2 * p for h, p in zip(last, self.padding, strict=True))), dy.dtype)
        for place, view in enumerate(shapes.offsets(dx, K.shape[2:], self.stride, dy.shape[2:])):
            view += dcols[:, place]
        inside = (slice(p, p + h) for h, p in zip(last, self.padding, strict=True))
        return dx[(..., *inside)].swapaxes(0, 1)


def _matrix(a):
    return a.reshape(len(a), -1)


class Conv1d(_Conv):
    """Equation (3) in one dimension. x: (n, c_in, l) -> (n, c_out, ol). params: K (c_out, c_in, size), b (c_out,)."""

    dims = 1


class Conv2d(_Conv):
    """Equation (3). x: (n, c_in, h, w) -> (n, c_out, oh, ow). params: K (c_out, c_in, kh, kw), b (c_out,).

    size, stride, padding: a number, or one for height and one for width.
    """


class _Pool(Layer):
    def __init__(self, size, stride=None):
        super().__init__()
        self.size, self.stride = size, size if stride is None else stride
        shapes.per_axis("size", self.size), shapes.per_axis("stride", self.stride)

    def _windows(self, x):
        """Return views of x, one per place in the window, each of the output's shape."""
        size, stride, out = shapes.pooling(self, x)
        return shapes.offsets(x, size, stride, out)


class MaxPool(_Pool):
    """Equation (4). x: (n, c, h, w) -> (n, c, oh, ow), or (n, c, l) -> (n, c, ol). stride: None for size."""

    def _forward(self, x, train):
        first, *others = self._windows(x)
        y = first.copy("K")
        for view in others:
            np.maximum(y, view, out=y)
        return y

    def _backward(self, dy):
        dx, left = np.zeros_like(self.x), dy.copy("K")
        for view, dview in zip(self._windows(self.x), self._windows(dx), strict=True):
            here = left * (view == self.y)
            dview += here
            left -= here  # so that of equal entries only the first gets it
        return dx


class AvgPool(_Pool):
    """Equation (5). x: (n, c, h, w) -> (n, c, oh, ow), or (n, c, l) -> (n, c, ol). stride: None for size."""

    def _forward(self, x, train):
        views = self._windows(x)
        return sum(views) / len(views)

    def _backward(self, dy):
        dx = np.zeros_like(self.x)
        views = self._windows(dx)
        for view in views:
            view += dy / len(views)
        return dx


class Sequential(Layer):
    """Layers one after another. params, grads: those of the layers, in order."""

    def __init__(self, *layers):
        self.layers = shapes.check_layers(layers, Layer)

    @property
    def params(self):
        return [p for layer in self.layers for p in layer.params]

    @property
    def grads(self):
        return [g for layer in self.layers for g in layer.grads]

    def forward(self, x, train=False):
        for layer in self.layers:
            x = layer.forward(x, train)
        return x

    def backward(self, dy):
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return dy


class Residual(Sequential):
    """Equation (12), f being layers one after another. x: any shape that f keeps -> the same."""

    def forward(self, x, train=False):
        y = super().forward(x, train)
        shapes.expect(self, x, *y.shape)
        return x + y

    def backward(self, dy):
        return dy + super().backward(dy)
