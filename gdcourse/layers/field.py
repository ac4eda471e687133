"""The receptive field: what of the input one output of stacked windows sees."""

from typing import NamedTuple

import numpy as np


class ReceptiveField(NamedTuple):
    """Output i sees the inputs from start + jump i on, size of them; where they leave the input lie the zeros of padding.

    Numbers, or one number per axis.
    """

    size: int | tuple
    jump: int | tuple
    start: int | tuple


def receptive_field(layers):
    """Return the `ReceptiveField` of convolutions and poolings one after another.

    layers: a model or layers of this course that keep an image an image, or pairs (size, stride), triples (size, stride,
    dilation) or quadruples (size, stride, dilation, padding before), each a number or one number per axis. With k, s, d and p
    of a layer, and r, j and a of what came before (1, 1 and 0 for the input):

        r <- r + (k - 1) d j,      a <- a - p j,      j <- j s

    (Araujo, Norris & Sim 2019, doi:10.23915/distill.00021). It is where the input can count; by how much it does is another
    question, which the input's gradient answers (Luo et al. 2016, arXiv:1701.04128).

    >>> receptive_field([(3, 1), (2, 2), (3, 1), (2, 2)])
    ReceptiveField(size=10, jump=4, start=0)
    """
    size, jump, start = np.array(1), np.array(1), np.array(0)
    for k, s, d, p in _windows(layers):
        size, start, jump = size + (k - 1) * d * jump, start - p * jump, jump * s
    found = np.broadcast_arrays(size, jump, start)
    return ReceptiveField(*(int(a) if a.ndim == 0 else tuple(map(int, a)) for a in found))


PASSES = {"BatchNorm", "Dropout", "GELU", "GaussianDropout", "LeakyReLU", "ReLU", "Sigmoid", "Tanh"}


def _windows(layers):
    """Yield size, stride, dilation and the padding before of each layer that looks at more than one place, as arrays."""
    layers = getattr(layers, "layers", layers)
    if not isinstance(layers, list | tuple):
        raise TypeError(f"expected a model, or a list of layers or of (size, stride), got {type(layers).__name__}")
    for layer in layers:
        if isinstance(layer, list | tuple):
            yield _numbers(layer)
        elif hasattr(layer, "layers"):
            yield from _windows(layer)
        elif hasattr(layer, "dilation"):
            before = [pair[0] for pair in layer.padding]
            yield tuple(map(np.asarray, (layer.params[0].shape[2:], layer.stride, layer.dilation, before)))
        elif hasattr(layer, "stride"):
            yield tuple(map(np.asarray, (layer.size, layer.stride, 1, 0)))
        elif type(layer).__name__ not in PASSES:
            expected = "convolutions, poolings and what acts entry by entry"
            raise ValueError(f"expected {expected}, got {type(layer).__name__}, which looks at the whole input")


def _numbers(row):
    if not 2 <= len(row) <= 4:
        raise ValueError(f"expected (size, stride), and perhaps dilation and padding, got {row!r}")
    numbers = [np.asarray(a) for a in (*row, *(1, 0)[len(row) - 2 :])]
    for a, least in zip(numbers, (1, 1, 1, 0), strict=True):
        if a.dtype.kind not in "iu" or a.min() < least:
            raise ValueError(f"expected integers of at least 1, and of at least 0 for padding, got {row!r}")
    return numbers
