"""Attribution of a score to the input, on PyTorch tensors."""

from contextlib import contextmanager

from gdcourse import _check
from gdcourse._lazy import need
from gdcourse.attribution import checks

torch = need("torch")

__all__ = ["completeness_gap", "input_gradient", "integrated_gradients", "occlusion"]


def input_gradient(model, x, target):
    """Return df_t / dx, equation (1). x: (n, ...), target: an integer or (n,) of them -> (n, ...)."""
    x = torch.as_tensor(x)
    checks.batch(x)
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        return torch.autograd.grad(_score(model, x, target).sum(), x)[0]


def integrated_gradients(model, x, target, baseline=None, steps=50):
    """Return the attributions of equation (2). x: (n, ...), target: an integer or (n,) of them -> (n, ...).

    baseline: as x or one example of it, None for zeros.  steps: gradients between baseline and x.
    """
    x = torch.as_tensor(x).detach()
    start = _baseline(x, baseline)
    slopes = (input_gradient(model, start + float(s) * (x - start), target) for s in checks.middles(steps))
    return (x - start) * sum(slopes) / steps


@torch.no_grad()
def completeness_gap(model, x, target, attributions, baseline=None):
    """Return what equation (3) is missed by: the sum of the attributions less f_t(x) - f_t(baseline). -> (n,)."""
    x = torch.as_tensor(x)
    start = _baseline(x, baseline).expand_as(x)
    total = attributions.reshape(len(x), -1).sum(dim=1)
    return total - (_score(model, x, target) - _score(model, start, target))


@torch.no_grad()
def occlusion(model, x, target, size, stride=1, value=0.0):
    """Return by how much each window's loss lowers f_t, equation (4). x: (n, c, h, w) -> (n, oh, ow), or (n, c, l) -> (n, ol).

    size: of the window; stride: from one to the next; each a number or one per axis.  value: what replaces it.
    """
    x = torch.as_tensor(x)
    checks.batch(x)
    masks, counts = checks.windows(x, size, stride)
    _check.number("value", value)
    masks = torch.as_tensor(masks, device=x.device)
    lost = [_score(model, x.masked_fill(mask, value), target) for mask in masks]
    return (_score(model, x, target) - torch.stack(lost)).T.reshape(len(x), *counts)


def _score(model, x, target):
    with _evaluation(model):
        y = model(x) if callable(model) else model.forward(x)
    chosen = torch.as_tensor(checks.targets(target, y.shape).copy(), device=y.device)
    return y[torch.arange(len(y), device=y.device), chosen]


@contextmanager
def _evaluation(model):
    """A module of `torch.nn` is set to evaluation, and each of its parts back to what it was."""
    modes = [(m, m.training) for m in model.modules()] if isinstance(model, torch.nn.Module) else []
    try:
        for module, _ in modes:
            module.training = False
        yield
    finally:
        for module, training in modes:
            module.training = training


def _baseline(x, given):
    checks.batch(x)
    start = torch.zeros_like(x) if given is None else torch.as_tensor(given, dtype=x.dtype, device=x.device)
    checks.baseline(x, start)
    return start
