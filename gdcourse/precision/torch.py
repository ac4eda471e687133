"""Rounding, loss scaling and master weights on PyTorch tensors."""

from gdcourse import _check
from gdcourse._lazy import need
from gdcourse.precision import scales

torch = need("torch")

__all__ = ["DynamicScale", "FixedScale", "MasterWeights", "round_to"]


def round_to(x, kind):
    """Return x with every entry rounded to the nearest number of a format of table (1), in the dtype of x.

    kind: "float32", "bfloat16" or "float16".
    """
    x, kind = torch.as_tensor(x), scales.kind(kind)
    scales.floats("x", [x])
    return x.to(torch.float32).to(getattr(torch, kind)).to(x.dtype)


class _Arrays:
    @staticmethod
    def _wide(g):
        return g.to(torch.promote_types(g.dtype, torch.float32))

    @staticmethod
    def _finite(g):
        return bool(torch.isfinite(g).all())


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
        kind = getattr(torch, dtype)
        self.params = [p.detach().to(kind, copy=True).requires_grad_() for p in scales.floats("params", params)]

    def store(self, params):
        """Set the model's params, in place, to the copies, rounded to the model's own type."""
        _check.paired(params, self.params)
        with torch.no_grad():
            for p, master in zip(params, self.params, strict=True):
                p.copy_(master)
