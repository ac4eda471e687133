"""Attribution of a score to the input, on NumPy arrays."""

import numpy as np

from gdcourse import _check
from gdcourse.attribution import checks

__all__ = ["completeness_gap", "input_gradient", "integrated_gradients", "occlusion"]


def input_gradient(model, x, target):
    """Return df_t / dx, equation (1). x: (n, ...), target: an integer or (n,) of them -> (n, ...)."""
    x = np.asarray(x)
    checks.batch(x)
    y = model.forward(x)
    dy = np.zeros_like(y)
    dy[np.arange(len(y)), checks.targets(target, y.shape)] = 1
    return model.backward(dy)


def integrated_gradients(model, x, target, baseline=None, steps=50):
    """Return the attributions of equation (2). x: (n, ...), target: an integer or (n,) of them -> (n, ...).

    baseline: as x or one example of it, None for zeros.  steps: gradients between baseline and x.
    """
    x = np.asarray(x)
    start = _baseline(x, baseline)
    slopes = (input_gradient(model, start + s * (x - start), target) for s in checks.middles(steps).astype(x.dtype))
    return (x - start) * sum(slopes) / steps


def completeness_gap(model, x, target, attributions, baseline=None):
    """Return what equation (3) is missed by: the sum of the attributions less f_t(x) - f_t(baseline). -> (n,)."""
    x = np.asarray(x)
    start = np.broadcast_to(_baseline(x, baseline), x.shape)
    total = np.reshape(attributions, (len(x), -1)).sum(axis=1)
    return total - (_score(model, x, target) - _score(model, start, target))


def occlusion(model, x, target, size, stride=1, value=0.0):
    """Return by how much each window's loss lowers f_t, equation (4). x: (n, c, h, w) -> (n, oh, ow), or (n, c, l) -> (n, ol).

    size: of the window; stride: from one to the next; each a number or one per axis.  value: what replaces it.
    """
    x = np.asarray(x)
    checks.batch(x)
    masks, counts = checks.windows(x, size, stride)
    _check.number("value", value)
    lost = [_score(model, np.where(mask, x.dtype.type(value), x), target) for mask in masks]
    return (_score(model, x, target) - np.stack(lost)).T.reshape(len(x), *counts)


def _score(model, x, target):
    y = model.forward(x)
    return y[np.arange(len(y)), checks.targets(target, y.shape)]


def _baseline(x, given):
    checks.batch(x)
    start = np.zeros_like(x) if given is None else np.asarray(given, dtype=x.dtype)
    checks.baseline(x, start)
    return start
