"""Rounding, loss scaling and master weights on NumPy arrays."""

import numpy as np

from gdcourse import _check
from gdcourse.precision import scales

__all__ = ["DynamicScale", "FixedScale", "MasterWeights", "round_to"]


def round_to(x, kind):
    """Return x with every entry rounded to the nearest number of a format of table (1), in the dtype of x.

    kind: "float32", "bfloat16" or "float16".
    """
    x, kind = np.asarray(x), scales.kind(kind)
    scales.floats("x", [x])
    with np.errstate(over="ignore"):  # beyond the largest is infinity
        single = x.astype(np.float32)
        rounded = _bfloat16(single) if kind == "bfloat16" else single.astype(kind)
        return rounded.astype(x.dtype)


def _bfloat16(x):
    """The upper half of a float32's bits, after half a unit of its last place is added; a little less if that is even."""
    bits = x.view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return np.where(np.isnan(x), x, rounded.astype(np.uint32).view(np.float32))


class _Arrays:
    @staticmethod
    def _wide(g):
        return g.astype(np.promote_types(g.dtype, np.float32))

    @staticmethod
    def _finite(g):
        return np.isfinite(g).all()


class FixedScale(_Arrays, scales.Scale):
    """Equation (2). scale: S."""


class DynamicScale(_Arrays, scales.Dynamic):
    """Equation (3). scale: S at first, afterwards S as it is."""

    def __init__(self, scale=2.0**16, growth=2.0, backoff=0.5, interval=2000):
        super().__init__(scale, growth, backoff, interval)


class MasterWeights:
    """Equation (4). params: the model's, of which `params` holds copies in dtype, for an optimizer to step on."""

    def __init__(self, params, dtype="float32"):
        _check.one_of("dtype", dtype, {"float32", "float64"})
        self.params = [p.astype(dtype) for p in scales.floats("params", params)]

    def store(self, params):
        """Set the model's params, in place, to the copies, rounded to the model's own type."""
        _check.paired(params, self.params)
        for p, master in zip(params, self.params, strict=True):
            p[...] = master
