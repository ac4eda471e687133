"""Stopping rules: each takes its settings and returns a rule, a function of the `History` that says whether to stop.

A NaN is never small and never an improvement, so a run that diverged is not taken for one that converged.
"""

import math
from itertools import pairwise

from gdcourse import _check


def small_step(tol, times=1):
    """Stop when the last ``times`` steps were each shorter than ``tol``."""
    return _small("small step", "step_norms", tol, times)


def small_gradient(tol, times=1):
    """Stop when the last ``times`` gradients were each shorter than ``tol``."""
    return _small("small gradient", "grad_norms", tol, times)


def small_decrease(tol, times=1):
    """Stop when each of the last ``times`` epochs changed the loss by less than ``tol``."""
    _check.number("tol", tol, above=0)
    _check.number("times", times, least=1)

    def rule(history):
        recent = history.losses[-times - 1 :]
        return len(recent) > times and all(abs(a - b) < tol for a, b in pairwise(recent))

    return _named("small decrease", rule)


def patience(epochs, tol=0.0):
    """Stop when the validation loss has not improved on its best by more than ``tol`` for ``epochs`` epochs."""
    _check.number("epochs", epochs, least=1)

    def rule(history):
        earlier, recent = history.validation[:-epochs], history.validation[-epochs:]
        best = min((value for value in earlier if not math.isnan(value)), default=math.inf)
        return bool(earlier) and not any(value < best - tol for value in recent)

    return _named("patience", rule)


def _small(name, series, tol, times):
    _check.number("tol", tol, above=0)
    _check.number("times", times, least=1)

    def rule(history):
        recent = getattr(history, series)[-times:]
        return len(recent) == times and all(value < tol for value in recent)

    return _named(name, rule)


def _named(name, rule):
    rule.__name__ = name
    return rule
