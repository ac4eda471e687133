"""Shapes and types of what goes into a layer and comes out, in any framework; and windows that slide over an array."""

import functools
import itertools
import math
from numbers import Integral

from gdcourse import _check


def check_input(layer, x):
    """Return x if it is of the type that the layer works with, else raise."""
    got = _name(x.dtype)
    if layer.takes_indices:
        expected, ok = "integers", got.startswith(("int", "uint"))
    elif layer.params:
        expected = _name(layer.params[0].dtype)
        ok = got == expected
    else:
        expected, ok = "floats", "float" in got
    if not ok:
        raise TypeError(f"{type(layer).__name__}: expected x of {expected}, got {got}")
    return x


def check_output(layer, dy):
    """Return dy if it is of the shape that the layer's last forward pass returned, else raise."""
    if layer.y is None:
        raise RuntimeError(f"{type(layer).__name__}: expected a forward pass before backward")
    if tuple(dy.shape) != tuple(layer.y.shape):
        raise ValueError(
            f"{type(layer).__name__}: expected dy of shape {tuple(layer.y.shape)} like y, got {tuple(dy.shape)}"
        )
    return dy


def expect(layer, x, *sizes):
    """Raise unless x has these sizes, of which a word stands for any: ``expect(self, x, "n", 784)``."""
    shape = tuple(x.shape)
    fits = len(shape) == len(sizes) and all(isinstance(s, str) or n == s for n, s in zip(shape, sizes, strict=True))
    if not fits or 0 in shape:
        raise ValueError(f"{type(layer).__name__}: expected x of shape ({', '.join(map(str, sizes))}), got {shape}")


def per_axis(name, value, dims=None, least=1, words=()):
    """Return an integer, or one integer for each of dims axes, as a tuple of dims integers. dims=None only checks.

    words: what else value may be, for the message.
    """
    values = value if isinstance(value, list | tuple) else (value,) * (dims or 1)
    if not all(isinstance(v, Integral) and not isinstance(v, bool) and v >= least for v in values):
        expected = " or ".join([f"of integers of at least {least}", *map(repr, words)])
        raise ValueError(f"expected {name} to be {expected}, got {value!r}")
    if dims and len(values) != dims:
        raise ValueError(f"expected {name} to have {dims} numbers, one per axis, got {value!r}")
    return tuple(map(int, values))


def rate(name, value):
    """Return value if it is a number from 0 to below 1, else raise."""
    if _check.number(name, value, least=0) >= 1:
        raise ValueError(f"expected {name} to be below 1, got {value}")
    return value


def per(value):
    """Return value if it names what shares one mask of dropout, else raise."""
    _check.one_of("per", value, {"entry", "channel", "example"})
    return value


def mask(layer, x):
    """Return the shape of a dropout's mask, which meets x by broadcasting."""
    shape = tuple(x.shape)
    least = {"entry": 0, "channel": 2, "example": 1}[layer.per]
    if len(shape) < least:
        raise ValueError(f"{type(layer).__name__}: expected x of shape (n, {'c, ' * (least - 1)}...), got {shape}")
    return shape if layer.per == "entry" else shape[:least] + (1,) * (len(shape) - least)


def divisor(groups, c):
    """Return groups if so many equal groups can be made of c channels, else raise."""
    (groups,) = per_axis("groups", groups, 1)
    if c % groups:
        raise ValueError(f"expected groups to divide the {c} channels, got {groups}")
    return groups


def check_layers(layers, kind):
    """Return a list of layers of that kind, none twice (each keeps what its own backward needs), else raise."""
    if not layers or not all(isinstance(layer, kind) for layer in layers):
        raise TypeError(f"expected at least one layer, got {', '.join(type(x).__name__ for x in layers) or 'none'}")
    if len({id(layer) for layer in layers}) < len(layers):
        raise ValueError("expected different layers, got the same one twice")
    return list(layers)


def channelwise(layer, x, c, train=False):
    """Return the axes of x but the channels', the shape in which (c,) meets x, and the entries per channel."""
    sizes = "n", c, *"hw"[: max(len(x.shape) - 2, 0)]
    expect(layer, x, *sizes)
    m = math.prod(x.shape) // c
    if train and m < 2:
        raise ValueError(f"{type(layer).__name__}: expected more than one value per channel in training, got {m}")
    return (0, *range(2, len(x.shape))), (1, c) + (1,) * (len(x.shape) - 2), m


def pads(padding, size, dilation):
    """Return the zeros before and after each axis. padding: a number, one per axis, or in one dimension "causal"."""
    words = ("causal",) if len(size) == 1 else ()
    if isinstance(padding, str) and padding in words:
        return ((dilation[0] * (size[0] - 1), 0),)
    return tuple((p, p) for p in per_axis("padding", padding, len(size), 0, words))


def reach(size, dilation):
    """Return how many entries a window spans along each axis: d (k - 1) + 1, of which it meets k."""
    return tuple(d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True))


def convolution(layer, x, K):
    """Return how many windows of the kernel K (o, c, ...) fit along each of the last axes of x (n, c, ...), padded."""
    expect(layer, x, "n", K.shape[1], *"hw"[: layer.dims])
    padded = [n + sum(p) for n, p in zip(x.shape[2:], layer.padding, strict=True)]
    return outputs(layer, padded, reach(K.shape[2:], layer.dilation), layer.stride)


def pooling(layer, x):
    """Return the window's size and stride along each of the last axes of x (n, c, ...), and how many windows fit."""
    dims = 1 if len(x.shape) == 3 else 2
    expect(layer, x, "n", "c", *"hw"[:dims])
    size, stride = per_axis("size", layer.size, dims), per_axis("stride", layer.stride, dims)
    return size, stride, outputs(layer, x.shape, size, stride)


def outputs(layer, shape, size, stride):
    """Return how many windows fit along each of the last axes of an array of this shape: floor((h - kh) / s) + 1."""
    last = tuple(shape)[-len(size) :]
    if any(k > n for k, n in zip(size, last, strict=True)):
        raise ValueError(
            f"{type(layer).__name__}: expected windows no larger than {last}, the padded input, got {size}"
        )
    return tuple((n - k) // s + 1 for n, k, s in zip(last, size, stride, strict=True))


def places(size, stride, out, dilation=None):
    """Return, for each place in the window, where the entries are which it meets: one slice for each axis that it slides over.

    out: how many windows there are along each axis.
    """
    axes = zip(size, dilation or [1] * len(size), stride, out, strict=True)
    return list(itertools.product(*([slice(i * d, i * d + s * n, s) for i in range(k)] for k, d, s, n in axes)))


@functools.cache
def _name(dtype):
    return getattr(dtype, "name", str(dtype)).removeprefix("torch.")
