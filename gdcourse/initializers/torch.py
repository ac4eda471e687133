"""Initial weights as PyTorch tensors."""

import math

from gdcourse import _check
from gdcourse._lazy import need
from gdcourse.initializers.draws import fans, ones, orthonormal, standard_normal, standard_uniform

torch = need("torch")

__all__ = [
    "constant", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "normal", "orthogonal",
    "xavier_normal", "xavier_uniform",
]  # fmt: skip


def constant(shape, rng=None, value=0.0, dtype="float64"):
    """All entries equal. rng is not used: it is there so that `constant` can stand where the others do."""
    return _weights(ones, _check.number("value", value), shape, rng, dtype)


def normal(shape, rng, std=0.01, dtype="float64"):
    """Normal with mean 0 and the standard deviation std."""
    return _weights(standard_normal, _check.number("std", std, least=0), shape, rng, dtype)


def lecun_normal(shape, rng, dtype="float64"):
    """Normal with variance 1 / fan_in, equation (4)."""
    return _weights(standard_normal, math.sqrt(1 / fans(shape)[0]), shape, rng, dtype)


def lecun_uniform(shape, rng, dtype="float64"):
    """Uniform with variance 1 / fan_in, equation (4)."""
    return _weights(standard_uniform, math.sqrt(1 / fans(shape)[0]), shape, rng, dtype)


def he_normal(shape, rng, dtype="float64"):
    """Normal with variance 2 / fan_in, equation (3)."""
    return _weights(standard_normal, math.sqrt(2 / fans(shape)[0]), shape, rng, dtype)


def he_uniform(shape, rng, dtype="float64"):
    """Uniform with variance 2 / fan_in, equation (3)."""
    return _weights(standard_uniform, math.sqrt(2 / fans(shape)[0]), shape, rng, dtype)


def xavier_normal(shape, rng, gain=1.0, dtype="float64"):
    """Normal with variance gain^2 2 / (fan_in + fan_out), equation (2)."""
    _check.number("gain", gain, above=0)
    return _weights(standard_normal, gain * math.sqrt(2 / sum(fans(shape))), shape, rng, dtype)


def xavier_uniform(shape, rng, gain=1.0, dtype="float64"):
    """Uniform with variance gain^2 2 / (fan_in + fan_out), equation (2)."""
    _check.number("gain", gain, above=0)
    return _weights(standard_uniform, gain * math.sqrt(2 / sum(fans(shape))), shape, rng, dtype)


def orthogonal(shape, rng, gain=1.0, dtype="float64"):
    """A gain times orthonormal rows or columns, equation (5)."""
    return _weights(orthonormal, _check.number("gain", gain, above=0), shape, rng, dtype)


def _weights(draw, scale, shape, rng, dtype):
    _check.one_of("dtype", dtype, {"bfloat16", "float16", "float32", "float64"})
    return torch.tensor(scale * draw(shape, rng), dtype=getattr(torch, dtype))
