"""How fast does a run converge, and how noisy are its gradients?"""

from dataclasses import dataclass

import numpy as np

from gdcourse import _check


@dataclass(frozen=True)
class Convergence:
    """How errors fall. kind: "linear", "sublinear", or "none" where the tail falls by less than 0.1 %.

    rate: rho of equation (3).  order: p of equation (4).  steps: (first, last) of those that were fitted.
    """

    kind: str
    rate: float
    order: float
    steps: tuple[int, int]

    def __str__(self):
        law = {
            "linear": f"each step multiplies the error by {self.rate:.4g}",
            "sublinear": f"the error falls like t^-{self.order:.3g}",
            "none": f"the error does not fall: each step multiplies it by {self.rate:.4g}",
        }
        return f"{self.kind}: {law[self.kind]} (steps {self.steps[0]} to {self.steps[1]})"


def convergence_rate(errors, *, tail=0.5, floor=None):
    """Fit equations (3) and (4) to the tail of a run and return the better as a `Convergence`.

    errors: (n,) distances to the minimum, or losses less the least loss, step by step.  tail: the share of steps to fit.
    floor: errors from the first at or below it on are rounding, and left out; None for 1e-12 of the first error.

    >>> print(convergence_rate(0.9 ** np.arange(50)))
    linear: each step multiplies the error by 0.9 (steps 25 to 49)
    """
    e = np.asarray(errors, dtype=float)
    if e.ndim != 1 or not e.size or not np.isfinite(e).all() or (e < 0).any():
        raise ValueError(f"expected errors to be a list of finite numbers of at least 0, got {_first_bad(e)}")
    if not 0 < _check.number("tail", tail, above=0) <= 1:
        raise ValueError(f"expected tail to be a share of at most 1, got {tail}")
    low = np.flatnonzero(e <= (1e-12 * e[0] if floor is None else _check.number("floor", floor, least=0)))
    stop = low[0] if low.size else len(e)
    t = np.arange(max(1, round((1 - tail) * stop)), stop)
    if len(t) < 4:
        raise ValueError(f"expected at least 4 errors above the floor in the tail, got {len(t)} of {len(e)}")
    (slope, miss), (power, power_miss) = _line(t, np.log(e[t])), _line(np.log(t), np.log(e[t]))
    kind = "linear" if miss <= power_miss else "sublinear"
    if -slope * (t[-1] - t[0]) < 1e-3:
        kind = "none"
    return Convergence(kind, float(np.exp(slope)), float(-power), (int(t[0]), int(t[-1])))


def _line(x, y):
    """Least-squares slope of y on x, and the sum of squares that it leaves."""
    x, y = x - x.mean(), y - y.mean()
    slope = (x @ y) / (x @ x)
    return slope, np.sum((y - slope * x) ** 2)


def _first_bad(e):
    if e.ndim != 1 or not e.size:
        return f"shape {e.shape}"
    i = int(np.flatnonzero(~(np.isfinite(e) & (e >= 0)))[0])
    return f"{e[i]} at place {i}"


@dataclass(frozen=True)
class NoiseScale:
    """Estimates of equation (5). noise: tr(Sigma).  signal: |G|^2, which chance may make negative."""

    noise: float
    signal: float

    @property
    def scale(self):
        """The batch size at which noise and signal are equally strong; infinite where no signal shows."""
        return self.noise / self.signal if self.signal > 0 else np.inf


def gradient_noise_scale(gradients):
    """Return the `NoiseScale` from per-example gradients: (n, ...), n at least 2, one gradient per row.

    >>> print(gradient_noise_scale([[1.0, 2.0], [3.0, 2.0]]))
    NoiseScale(noise=2.0, signal=7.0)
    """
    G = np.asarray(gradients, dtype=float)
    if G.ndim < 2 or len(G) < 2:
        raise ValueError(f"expected gradients of shape (n, ...) with n of at least 2, got {G.shape}")
    G = G.reshape(len(G), -1)
    return noise_scale_of_two((1, np.mean(np.sum(G * G, axis=1))), (len(G), np.sum(G.mean(axis=0) ** 2)))


def noise_scale_of_two(small, big):
    """Return the `NoiseScale` from two batch sizes, as data-parallel workers have them: one device's batch and the whole.

    small, big: (batch size, squared norm of the batch's mean gradient), the norms averaged over steps to steady them.
    """
    (b, norm_b), (B, norm_B) = small, big
    for name, value in (("b", b), ("|G_b|^2", norm_b), ("B", B), ("|G_B|^2", norm_B)):
        _check.number(name, value, least=0)
    if not 0 < b < B:
        raise ValueError(f"expected two batch sizes, the smaller first, got {b} and {B}")
    return NoiseScale(float((norm_b - norm_B) / (1 / b - 1 / B)), float((B * norm_B - b * norm_b) / (B - b)))
