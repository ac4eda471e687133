"""Layers on PyTorch tensors: forward alone, since autograd derives backward."""

import math

from gdcourse import _check
from gdcourse._lazy import need
from gdcourse.initializers.torch import constant, normal, xavier_uniform
from gdcourse.layers import shapes

torch = need("torch")
F = torch.nn.functional

__all__ = [
    "GELU", "AvgPool", "BatchNorm", "Conv1d", "Conv2d", "Dense", "Dropout", "Embedding", "Flatten", "GaussianDropout",
    "GroupNorm", "Layer", "LayerNorm", "LeakyReLU", "MaxPool", "ReLU", "Residual", "Sequential", "Sigmoid", "Softmax",
    "Tanh",
]  # fmt: skip


class Layer:
    """What all layers share. A new layer writes `_forward(x, train)` and, in NumPy, `_backward(dy)`, which sets `grads`."""

    takes_indices = False

    def __init__(self, params=()):
        self.params, self.grads, self.x, self.y = [p.requires_grad_() for p in params], [], None, None

    def forward(self, x, train=False):
        """Return y for the batch x. train: whether this is training, which Dropout and BatchNorm ask."""
        x = shapes.check_input(self, torch.as_tensor(x))
        if not (self.takes_indices or x.requires_grad):
            x = x.detach().requires_grad_()  # a batch of data: backward returns its gradient too
        y = self._forward(x, train)
        self.x, self.y = x, y
        return y

    def backward(self, dy):
        """Return dL/dx, given dy = dL/dy of the last forward pass, and leave dL/dparams in `grads`: equation (1)."""
        dy = shapes.check_output(self, torch.as_tensor(dy))
        inputs = [self.x, *self.params][self.takes_indices :]
        grads = list(torch.autograd.grad(self.y, inputs, dy, materialize_grads=True))
        dx = None if self.takes_indices else grads.pop(0)
        self.grads = grads
        return dx


class Dense(Layer):
    """Equation (2). x: (n, d_in) -> (n, d_out). params: W (d_in, d_out), b (d_out,)."""

    def __init__(self, d_in, d_out, rng, init=xavier_uniform, dtype="float64"):
        super().__init__([init((d_in, d_out), rng, dtype=dtype), constant((d_out,), dtype=dtype)])

    def _forward(self, x, train):
        W, b = self.params
        shapes.expect(self, x, "n", W.shape[0])
        return x @ W + b


class ReLU(Layer):
    """max(x, 0). x: any shape -> the same."""

    def _forward(self, x, train):
        return torch.relu(x)


class LeakyReLU(Layer):
    """x where x > 0, else slope x. x: any shape -> the same."""

    def __init__(self, slope=0.01):
        super().__init__()
        self.slope = _check.number("slope", slope, least=0)

    def _forward(self, x, train):
        return torch.where(x > 0, x, self.slope * x)


class Sigmoid(Layer):
    """1 / (1 + exp(-x)). x: any shape -> the same."""

    def _forward(self, x, train):
        return torch.sigmoid(x)


class Tanh(Layer):
    """tanh x. x: any shape -> the same."""

    def _forward(self, x, train):
        return torch.tanh(x)


class GELU(Layer):
    """Equation (11). x: any shape -> the same."""

    def __init__(self, approximate=False):
        super().__init__()
        self.approximate = approximate

    def _forward(self, x, train):
        if self.approximate:
            return x / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
        return x * torch.erfc(-x / math.sqrt(2)) / 2


class Softmax(Layer):
    """Equation (10), over the last axis. x: (..., k) -> the same."""

    def _forward(self, x, train):
        return torch.softmax(x, dim=-1)


class Flatten(Layer):
    """Equation (6). x: (n, ...) -> (n, d)."""

    def _forward(self, x, train):
        return x.reshape(len(x), -1)


class Embedding(Layer):
    """Equation (7): rows of a table. x: integers of any shape (...) -> (..., d). params: W (count, d). `backward`: None."""

    takes_indices = True

    def __init__(self, count, d, rng, init=normal, dtype="float64"):
        super().__init__([init((count, d), rng, dtype=dtype)])

    def _forward(self, x, train):
        (W,) = self.params
        _check.labels_in(torch.all((x >= 0) & (x < W.shape[0])), x, f"in 0..{W.shape[0] - 1}")
        return W[x]


class Dropout(Layer):
    """Equation (8), inverted dropout with drop rate p. x: any shape -> the same. rng: a NumPy generator of its own.

    per: what shares one m: "entry", each entry has its own; "channel", a map of x: (n, c, ...); "example", a row of x.
    """

    def __init__(self, p, rng, per="entry"):
        super().__init__()
        self.p, self.rng, self.per = shapes.rate("p", p), _check.generator(rng), shapes.per(per)

    def _forward(self, x, train):
        m = self.rng.random(shapes.mask(self, x)) >= self.p if train else None
        return x * torch.as_tensor(m, device=x.device) / (1 - self.p) if train else x.clone()


class GaussianDropout(Layer):
    """Equation (8) with normal noise, equation (14). x: any shape -> the same. rng: a NumPy generator of its own."""

    def __init__(self, p, rng):
        super().__init__()
        self.p, self.rng = shapes.rate("p", p), _check.generator(rng)

    def _forward(self, x, train):
        std = math.sqrt(self.p / (1 - self.p))
        m = self.rng.normal(1, std, tuple(x.shape)) if train else None
        return x * torch.as_tensor(m, dtype=x.dtype, device=x.device) if train else x.clone()


class LayerNorm(Layer):
    """Equation (9) over the last axis. x: (..., d) -> the same. params: gamma (d,), beta (d,)."""

    def __init__(self, d, eps=1e-5, dtype="float64"):
        super().__init__([constant((d,), value=1.0, dtype=dtype), constant((d,), dtype=dtype)])
        self.eps = _check.number("eps", eps, above=0)

    def _forward(self, x, train):
        gamma, beta = self.params
        shapes.expect(self, x, *["n"] * (x.ndim - 1), gamma.shape[0])
        var, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
        return gamma * (x - mean) / torch.sqrt(var + self.eps) + beta


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
        var, mean = torch.var_mean(grouped, dim=-1, correction=0, keepdim=True)
        xhat = (grouped - mean) / torch.sqrt(var + self.eps)
        return gamma.reshape(shape) * xhat.reshape(x.shape) + beta.reshape(shape)


class BatchNorm(Layer):
    """Equations (9), (13). x: (n, c), (n, c, l) or (n, c, h, w) -> the same. params: gamma (c,), beta (c,).

    mean, var: the running statistics, which evaluation uses and training updates.
    """

    def __init__(self, c, momentum=0.1, eps=1e-5, dtype="float64"):
        ones, zeros = constant((c,), value=1.0, dtype=dtype), constant((c,), dtype=dtype)
        super().__init__([ones, zeros])
        self.mean, self.var = zeros.detach().clone(), ones.detach().clone()
        self.momentum, self.eps = shapes.rate("momentum", momentum), _check.number("eps", eps, above=0)

    def _forward(self, x, train):
        gamma, beta = self.params
        axes, shape, m = shapes.channelwise(self, x, gamma.shape[0], train)
        mean, var = (x.mean(dim=axes), x.var(dim=axes, correction=0)) if train else (self.mean, self.var)
        if train:
            self.mean = (1 - self.momentum) * self.mean + self.momentum * mean.detach()
            self.var = (1 - self.momentum) * self.var + self.momentum * var.detach() * m / (m - 1)
        s = torch.sqrt(var + self.eps).reshape(shape)
        return gamma.reshape(shape) * (x - mean.reshape(shape)) / s + beta.reshape(shape)


class _Conv(Layer):
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
        K, b = self.params
        shapes.convolution(self, x, K)
        x = F.pad(x, [zeros for pair in reversed(self.padding) for zeros in pair])  # the last axis first
        convolve = F.conv2d if self.dims == 2 else F.conv1d
        return convolve(x, K, b, self.stride, dilation=self.dilation)


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


class MaxPool(_Pool):
    """Equation (4). x: (n, c, h, w) -> (n, c, oh, ow), or (n, c, l) -> (n, c, ol). stride: None for size."""

    def _forward(self, x, train):
        size, stride, _ = shapes.pooling(self, x)
        return (F.max_pool2d if len(size) == 2 else F.max_pool1d)(x, size, stride)


class AvgPool(_Pool):
    """Equation (5). x: (n, c, h, w) -> (n, c, oh, ow), or (n, c, l) -> (n, c, ol). stride: None for size."""

    def _forward(self, x, train):
        size, stride, _ = shapes.pooling(self, x)
        return (F.avg_pool2d if len(size) == 2 else F.avg_pool1d)(x, size, stride)


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
