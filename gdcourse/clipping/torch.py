"""Gradient clipping on lists of PyTorch tensors, which are left as they are."""

import math

from gdcourse import _check
from gdcourse._lazy import need

torch = need("torch")

__all__ = ["clip_by_global_norm", "clip_by_norm", "clip_by_value", "global_norm"]


def clip_by_value(grads, c):
    """Cut every entry to [-c, c], equation (1). grads: list of arrays, c: above 0 -> list of arrays."""
    _checked(grads, c)
    return [torch.clamp(g, -c, c) for g in grads]


def clip_by_norm(grads, c):
    """Shorten each array to norm c at most, equation (2). grads: list of arrays, c: above 0 -> list of arrays."""
    _checked(grads, c)
    return [_clip([g], c)[0][0] for g in grads]


def clip_by_global_norm(grads, c):
    """Shorten the whole to norm c at most, equation (3). grads: list, c: above 0 -> (list, the norm before)."""
    _checked(grads, c)
    return _clip(grads, c)


def global_norm(grads):
    """The norm G of equation (3). grads: list of arrays -> float."""
    _checked(grads, 1.0)
    return math.prod(_norm(grads))


def _clip(grads, c):
    t, r = _norm(grads)
    if t * r <= c:
        return [g.clone() for g in grads], t * r
    return [g / t * (c / r) for g in grads], t * r


def _norm(grads):
    """Return t and r with G = t r: t the largest |entry|, r the norm of grads / t."""
    t = max(float(torch.max(torch.abs(g))) for g in grads)
    return t, math.sqrt(sum(float(torch.sum((g / t) ** 2)) for g in grads)) if t else 0.0


def _checked(grads, c):
    _check.number("c", c, above=0)
    _check.gradients(grads, lambda g: torch.all(torch.isfinite(g)))
