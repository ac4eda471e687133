"""Layers on NumPy arrays: forward, and below it backward, derived by hand."""

import math

import numpy as np

from gdcourse import _check
from gdcourse.initializers.numpy import constant, normal, xavier_uniform
from gdcourse.layers import memory, shapes

__all__ = [
    "GELU", "AvgPool", "BatchNorm", "Conv1d", "Conv2d", "Dense", "Dropout", "Embedding", "Flatten", "GaussianDropout",
    "GroupNorm", "Layer", "LayerNorm", "LeakyReLU", "MaxPool", "ReLU", "Residual", "Sequential", "Sigmoid", "Softmax",
    "Tanh",
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
        self.positive = np.greater(x, 0, out=memory.empty_like(x, bool))
        return np.maximum(x, 0, out=memory.empty_like(x))

    def _backward(self, dy):
        return np.multiply(dy, self.positive, out=memory.empty_like(self.x))


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
    """Equation (8), inverted dropout with drop rate p. x: any shape -> the same. rng: a NumPy generator of its own.

    per: what shares one m: "entry", each entry has its own; "channel", a map of x: (n, c, ...); "example", a row of x.
    """

    def __init__(self, p, rng, per="entry"):
        super().__init__()
        self.p, self.rng, self.per = shapes.rate("p", p), _check.generator(rng), shapes.per(per)

    def _forward(self, x, train):
        self.m = self.rng.random(shapes.mask(self, x)) >= self.p if train else None
        return x * self.m / (1 - self.p) if train else x

    def _backward(self, dy):
        return dy if self.m is None else dy * self.m / (1 - self.p)


class GaussianDropout(Layer):
    """Equation (8) with normal noise, equation (14). x: any shape -> the same. rng: a NumPy generator of its own."""

    def __init__(self, p, rng):
        super().__init__()
        self.p, self.rng = shapes.rate("p", p), _check.generator(rng)

    def _forward(self, x, train):
        std = math.sqrt(self.p / (1 - self.p))
        self.m = self.rng.normal(1, std, x.shape).astype(x.dtype) if train else None
        return x * self.m if train else x

    def _backward(self, dy):
        return dy if self.m is None else dy * self.m


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


class GroupNorm(Layer):
    """Equation (9) over groups of channels. x: (n, c), (n, c, l) or (n, c, h, w) -> the same. params: gamma (c,), beta (c,).

    groups: how many, each of c / groups channels; 1 takes all channels together, c each alone ("instance norm").
    """

    def __init__(self, groups, c, eps=1e-5, dtype="float64"):
        super().__init__([constant((c,), value=1.0, dtype=dtype), constant((c,), dtype=dtype)])
        self.groups, self.eps = shapes.divisor(groups, c), _check.number("eps", eps, above=0)

    def _forward(self, x, train):
        gamma, beta = self.params
        _, shape, _ = shapes.channelwise(self, x, gamma.shape[0])
        grouped = x.reshape(len(x), self.groups, -1)
        self.s = np.sqrt(grouped.var(axis=-1, keepdims=True) + self.eps)
        self.xhat = (grouped - grouped.mean(axis=-1, keepdims=True)) / self.s
        return gamma.reshape(shape) * self.xhat.reshape(x.shape) + beta.reshape(shape)

    def _backward(self, dy):
        (gamma, _), xhat = self.params, self.xhat
        axes, shape, _ = shapes.channelwise(self, dy, gamma.shape[0])
        self.grads = [np.sum(dy * xhat.reshape(dy.shape), axis=axes), np.sum(dy, axis=axes)]
        d = (gamma.reshape(shape) * dy).reshape(xhat.shape)
        d = d - d.mean(axis=-1, keepdims=True) - xhat * np.mean(d * xhat, axis=-1, keepdims=True)
        return (d / self.s).reshape(dy.shape)


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
    """In memory an image is (h, c, w, n): the rows that a kernel sees at once lie together, and what is copied in long runs."""

    dims = 2

    def __init__(
        self, c_in, c_out, size, rng, stride=1, padding=0, dilation=1, init=xavier_uniform, dtype="float64"
    ):  # fmt: skip
        size = shapes.per_axis("size", size, self.dims)
        self.stride = shapes.per_axis("stride", stride, self.dims)
        self.dilation = shapes.per_axis("dilation", dilation, self.dims)
        self.padding = shapes.pads(padding, size, self.dilation)
        super().__init__([init((c_out, c_in, *size), rng, dtype=dtype), constant((c_out,), dtype=dtype)])

    def _forward(self, x, train):
        """Row i of y is a matrix product: K (o, kh c kw) times the kh rows of cols (h, c kw, ow n) that it sees."""
        K, b = self.params
        out = shapes.convolution(self, x, K)
        x = _rows_first(x, self.padding)
        self.rows, self.places = self._windows(K.shape, out)
        self.cols = memory.empty((*x.shape[:2], len(self.places), out[-1], x.shape[-1]), x.dtype)
        for q, place in enumerate(self.places):
            self.cols[:, :, q] = x[:, :, place]
        y, K = memory.empty((len(self.rows), len(K), out[-1], x.shape[-1]), x.dtype), _kernel(K)
        for row, seen in zip(map(_matrix, y), self.rows, strict=True):
            np.matmul(K, self.cols[seen].reshape(K.shape[1], -1), out=row)
            row += b[:, None]
        return _batch_first(y, self.dims)

    def _backward(self, dy):
        K, d = _kernel(self.params[0]), _rows_first(dy)
        dK, dcols = np.zeros_like(K.T), memory.zeros_like(self.cols)
        for row, seen in zip(map(_matrix, d), self.rows, strict=True):
            dK += self.cols[seen].reshape(K.shape[1], -1) @ row.T
            dcols[seen] += memory.product(K.T, row).reshape(dcols[seen].shape)
        self.grads = [_kernel_back(dK.T, self.params[0].shape), d.sum(axis=(0, 2, 3))]
        dx = memory.zeros_like(_rows_first(self.x, self.padding))
        for q, place in enumerate(self.places):
            dx[:, :, place] += dcols[:, :, q]
        inside = (slice(before, before + h) for h, (before, _) in zip(self.x.shape[2:], self.padding, strict=True))
        return _batch_first(dx, self.dims)[:, :, *inside]

    def _windows(self, shape, out):
        """Return the rows that each row of y sees, and the columns that each place in a row of the kernel meets."""
        (kh, kw), (oh, ow) = (1, *shape[2:])[-2:], (1, *out)[-2:]
        (sh, sw), (dh, dw) = (1, *self.stride)[-2:], (1, *self.dilation)[-2:]
        rows = [slice(i * sh, i * sh + (kh - 1) * dh + 1, dh) for i in range(oh)]
        return rows, [slice(q * dw, q * dw + (ow - 1) * sw + 1, sw) for q in range(kw)]


def _rows_first(x, padding=()):
    """Return x: (n, c, h, w), or (n, c, w) for a height of 1, as (h, c, w, n) with zeros around: its own memory if it can."""
    x = (x if x.ndim == 4 else x[:, :, None]).transpose(2, 1, 3, 0)
    if not np.any(padding):
        return np.ascontiguousarray(x)
    (top, bottom), sides = ((0, 0), *padding)[-2:]
    return np.ascontiguousarray(np.pad(x, [(top, bottom), (0, 0), sides, (0, 0)]))


def _batch_first(x, dims):
    """Return x: (h, c, w, n) as (n, c, h, w), or as (n, c, w) in one dimension."""
    return x.transpose(3, 1, 0, 2) if dims == 2 else x[0].transpose(2, 0, 1)


def _kernel(K):
    """Return K: (o, c, kh, kw) as (o, kh c kw)."""
    return K.reshape(len(K), -1) if K.ndim == 3 else K.swapaxes(1, 2).reshape(len(K), -1)


def _kernel_back(K, shape):
    """Return K: (o, kh c kw) as (o, c, kh, kw)."""
    o, c, *size = shape
    return np.ascontiguousarray(K.reshape(o, size[0] if len(size) == 2 else 1, c, -1).swapaxes(1, 2)).reshape(shape)


def _matrix(a):
    return a.reshape(len(a), -1)


class Conv1d(_Conv):
    """Equation (3) in one dimension. x: (n, c_in, l) -> (n, c_out, ol). params: K (c_out, c_in, size), b (c_out,).

    padding: a number, or "causal": zeros before the first entry alone, so that y at t sees x up to t and nothing later.
    """

    dims = 1


class Conv2d(_Conv):
    """Equation (3). x: (n, c_in, h, w) -> (n, c_out, oh, ow). params: K (c_out, c_in, kh, kw), b (c_out,).

    size, stride, padding, dilation: a number, or one for height and one for width.
    """


class _Pool(Layer):
    def __init__(self, size, stride=None):
        super().__init__()
        self.size, self.stride = size, size if stride is None else stride
        shapes.per_axis("size", self.size), shapes.per_axis("stride", self.stride)

    def _places(self, x):
        size, stride, out = shapes.pooling(self, x)
        self.overlap = any(s < k for k, s in zip(size, stride, strict=True))
        return shapes.places(size, stride, out)


class MaxPool(_Pool):
    """Equation (4). x: (n, c, h, w) -> (n, c, oh, ow), or (n, c, l) -> (n, c, ol). stride: None for size."""

    def _forward(self, x, train):
        first, *others = self._places(x)
        y = memory.empty_like(x[..., *first])
        y[...] = x[..., *first]
        self.winner = memory.zeros_like(
            y, np.min_scalar_type(len(others))
        )  # the first place of those with the largest entry
        for i, place in enumerate(others, 1):
            won = x[..., *place] > y
            np.maximum(self.winner, won * self.winner.dtype.type(i), out=self.winner)
            np.maximum(y, x[..., *place], out=y)
        return y

    def _backward(self, dy):
        dx, dy = memory.zeros_like(self.x), memory.ordered_like(dy, self.y)
        for i, place in enumerate(self._places(self.x)):
            if self.overlap:
                dx[..., *place] += dy * (self.winner == i)
            else:
                np.multiply(dy, self.winner == i, out=dx[..., *place])
        return dx


class AvgPool(_Pool):
    """Equation (5). x: (n, c, h, w) -> (n, c, oh, ow), or (n, c, l) -> (n, c, ol). stride: None for size."""

    def _forward(self, x, train):
        places = self._places(x)
        return sum(x[..., *place] for place in places) / len(places)

    def _backward(self, dy):
        dx, places = memory.zeros_like(self.x), self._places(self.x)
        share = dy / len(places)
        for place in places:
            dx[..., *place] += share
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
