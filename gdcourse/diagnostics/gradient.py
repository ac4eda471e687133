"""Is the gradient right?"""

from dataclasses import dataclass

import numpy as np

from gdcourse.gradients.differences import central_difference


@dataclass
class GradientReport:
    """The outcome of `gradient_check`; prints as a table. error: norm of the difference, relative to the larger norm."""

    given: np.ndarray
    measured: np.ndarray
    error: float
    tolerance: float

    @property
    def ok(self):
        return self.error <= self.tolerance

    def __str__(self):
        rows = zip(self.given.ravel(), self.measured.ravel(), strict=True)
        lines = [f"{'entry':>5} {'given':>14} {'measured':>14}"]
        lines += [f"{i:5d} {g:14.6g} {m:14.6g}" for i, (g, m) in enumerate(rows)]
        verdict = "agree" if self.ok else "DISAGREE"
        return "\n".join([*lines, f"relative error {self.error:.1e}: they {verdict} (tolerance {self.tolerance:.0e})"])


def gradient_check(f, grad, x, h=6e-6, tolerance=1e-6):
    """Compare grad(x) with the central difference of f at x. f: array -> (), grad: array -> x's shape.

    >>> print(gradient_check(lambda x: (x**2).sum(), lambda x: x, np.array([1.0, -3.0])))
    entry          given       measured
        0              1              2
        1             -3             -6
    relative error 5.0e-01: they DISAGREE (tolerance 1e-06)
    """
    x = np.asarray(x, dtype=float)
    given, measured = np.asarray(grad(x.copy()), dtype=float), central_difference(f, x, h)
    if given.shape != x.shape:
        raise ValueError(f"expected a gradient of shape {x.shape} like x, got {given.shape}")
    return GradientReport(given, measured, relative_error(given, measured), tolerance)


def relative_error(a, b):
    """Norm of a - b over the larger of the two norms; 0 where both are zero, NaN where either holds a NaN."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))  # max() would drop a NaN
    return float(np.linalg.norm(a - b) / scale) if scale != 0 else 0.0
