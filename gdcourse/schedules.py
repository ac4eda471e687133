r"""Schedules: each takes its settings and returns a pure function from the step t = 0, 1, 2, ... to the learning rate.

t is a number (the rate is then a float) or an array of them (an array); it may lie between two steps. In a loop:

>>> schedule = warmup(cosine(0.5, steps=10), steps=2)
>>> [round(schedule(t), 3) for t in range(5)]
[0.0, 0.25, 0.5, 0.488, 0.452]

``optimizer.lr = schedule(t)`` before step t is all that a training loop needs. No schedule remembers anything, so a run
can be resumed at any t. Each equals its counterpart in `torch.optim.lr_scheduler` and `keras.optimizers.schedules` at
every t, where there is one; `gdcourse.conformance.schedules` has every case. What differs:

- PyTorch counts calls of `scheduler.step()`: after t of them the rate is that of t. The first step of a run has t = 0.
- `multi_step` and MultiStepLR change the rate at a milestone, Keras' PiecewiseConstantDecay one step after its boundary.
- `cosine` and Keras' CosineDecay stay at the end; PyTorch's CosineAnnealingLR goes up again the way it came down.
- `polynomial` has PolynomialLR's shape with `end` = 0, and PolynomialDecay's with any.
- ReduceLROnPlateau of PyTorch and `plateau` lower the rate after more than `patience` bad metrics, Keras' callback of that
  name after as many.
- Keras computes in float32, so it agrees to about 1e-7 of the largest rate, unless its floats are given as numpy.float64.

References: Robbins & Monro 1951, doi:10.1214/aoms/1177729586 (which decays converge: sum eta = infinity, sum eta^2 < infinity;
`inverse_time` does, `exponential` does not); Loshchilov & Hutter 2017, arXiv:1608.03983 (cosine, restarts); Smith 2017,
arXiv:1506.01186 (cyclic); Smith & Topin 2018, arXiv:1708.07120 (one cycle); Goyal et al. 2017, arXiv:1706.02677 (warm-up).
"""

from functools import wraps

import numpy as np

from gdcourse import _check

__all__ = [
    "constant",
    "cosine",
    "cosine_restarts",
    "cyclic",
    "exponential",
    "inverse_time",
    "multi_step",
    "one_cycle",
    "plateau",
    "polynomial",
    "step",
    "warmup",
]


def _schedule(factory):
    """Let a factory of rules on float arrays return functions of a number or an array, which refuse a t below 0."""

    @wraps(factory)
    def make(*args, **kwargs):
        rule = factory(*args, **kwargs)

        def schedule(t):
            steps = np.asarray(t, dtype=float)
            if not np.all((steps >= 0) & np.isfinite(steps)):
                raise ValueError(f"expected finite steps of at least 0, got {t}")
            rates = rule(steps)
            return rates if steps.ndim else float(rates)

        return schedule

    return make


@_schedule
def constant(lr):
    """lr at every t."""
    _at_least_0(lr=lr)
    return lambda t: np.full_like(t, lr)


@_schedule
def exponential(lr, gamma, every=1):
    """lr gamma^(t / every): ExponentialLR, and ExponentialDecay(decay_steps=every)."""
    _at_least_0(lr=lr, gamma=gamma)
    _above_0(every=every)
    return lambda t: lr * gamma ** (t / every)


@_schedule
def step(lr, gamma, every):
    """lr gamma^floor(t / every): StepLR, and ExponentialDecay(staircase=True)."""
    _at_least_0(lr=lr, gamma=gamma)
    _above_0(every=every)
    return lambda t: lr * gamma ** (t // every)


@_schedule
def multi_step(lr, gamma, milestones):
    """lr gamma^(number of milestones <= t): MultiStepLR, and PiecewiseConstantDecay with boundaries one lower."""
    _at_least_0(lr=lr, gamma=gamma)
    milestones = np.sort([_check.number("each milestone", m, least=0) for m in milestones])
    return lambda t: lr * gamma ** np.searchsorted(milestones, t, side="right").astype(float)


@_schedule
def inverse_time(lr, rate, every=1):
    """lr / (1 + rate t / every): InverseTimeDecay."""
    _at_least_0(lr=lr, rate=rate)
    _above_0(every=every)
    return lambda t: lr / (1 + rate * t / every)


@_schedule
def polynomial(lr, steps, end=0.0, power=1.0):
    """end + (lr - end) (1 - t / steps)^power, then end: PolynomialLR (end 0), PolynomialDecay."""
    _at_least_0(lr=lr, end=end)
    _above_0(steps=steps, power=power)
    return lambda t: end + (lr - end) * (1 - np.minimum(t, steps) / steps) ** power


@_schedule
def cosine(lr, steps, end=0.0):
    """end + (lr - end) (1 + cos(pi t / steps)) / 2, then end: CosineAnnealingLR up to its T_max, CosineDecay."""
    _at_least_0(lr=lr, end=end)
    _above_0(steps=steps)
    return lambda t: _half_cosine(lr, end, np.minimum(t, steps) / steps)


@_schedule
def cosine_restarts(lr, steps, growth=1.0, shrink=1.0, end=0.0):
    """`cosine` again and again, each time growth times as long and shrink times as high.

    CosineAnnealingWarmRestarts (T_mult=growth), CosineDecayRestarts (t_mul=growth, m_mul=shrink).
    """
    _at_least_0(lr=lr, end=end)
    _above_0(steps=steps, shrink=shrink)
    _check.number("growth", growth, least=1)

    def rule(t):
        starts, length = [0.0], steps
        while starts[-1] + length <= np.max(t, initial=0):
            starts.append(starts[-1] + length)
            length *= growth
        cycle = np.searchsorted(starts, t, side="right") - 1
        done = (t - np.take(starts, cycle)) / (steps * float(growth) ** cycle)
        return end + float(shrink) ** cycle * (_half_cosine(lr, end, done) - end)

    return rule


@_schedule
def cyclic(low, high, up, down=None, shrink=1.0, gamma=1.0):
    """A zigzag: from low to high in ``up`` steps, back in ``down`` (as many by default): CyclicLR.

    The height is multiplied by shrink after each cycle (1/2: "triangular2") and by gamma^t ("exp_range").
    """
    _at_least_0(low=low, high=high, shrink=shrink, gamma=gamma)
    down = up if down is None else down
    _above_0(up=up, down=down)

    def rule(t):
        cycle, place = np.divmod(t, up + down)
        return low + (high - low) * np.interp(place, [0, up, up + down], [0, 1, 0]) * shrink**cycle * gamma**t

    return rule


@_schedule
def one_cycle(high, steps, rise=0.3, start=1 / 25, end=1e-4):
    """From start * high to high along a cosine, then to start * end * high at the last of the steps, t = steps - 1.

    OneCycleLR (pct_start=rise, div_factor=1/start, final_div_factor=1/end). The top is at t = rise * steps - 1.
    """
    _at_least_0(high=high, start=start, end=end)
    top = rise * _check.number("steps", steps, least=2) - 1
    if not 0 < top < steps - 1:
        raise ValueError(f"expected a top between the first and the last step, got it at t = {top:g} of 0..{steps - 1}")
    last = start * high * end

    def rule(t):
        up = _half_cosine(start * high, high, np.minimum(t / top, 1))
        down = _half_cosine(high, last, np.clip((t - top) / (steps - 1 - top), 0, 1))
        return np.where(t <= top, up, down)

    return rule


@_schedule
def warmup(schedule, steps, start=0.0):
    """In a line from start to schedule(0) in ``steps`` steps, then ``schedule`` from its beginning.

    SequentialLR([LinearLR(start / lr, total_iters=steps), ...]), CosineDecay(warmup_target=lr, warmup_steps=steps).
    """
    _at_least_0(start=start)
    _above_0(steps=steps)
    top = schedule(0)
    return lambda t: np.where(t < steps, start + (top - start) * t / steps, schedule(np.maximum(t - steps, 0)))


def plateau(metrics, lr, factor=0.1, patience=10, threshold=1e-4, cooldown=0, least=0.0):
    """The rate after each of the metrics, a list as long as they: ReduceLROnPlateau, from the whole history.

    A metric that is not below best (1 - threshold) is bad, and NaN always is. After more than ``patience`` bad ones in a
    row the rate is multiplied by factor, but not below ``least``, and the next ``cooldown`` metrics do not count as bad.

    >>> plateau([3, 2, 2, 2, 2], lr=1.0, factor=0.5, patience=1)
    [1.0, 1.0, 1.0, 0.5, 0.5]
    """
    _at_least_0(lr=lr, factor=factor, patience=patience, threshold=threshold, cooldown=cooldown, least=least)
    _check.number("factor", factor, least=0, below=1)
    best, bad, resting, rates = np.inf, 0, 0, []
    for metric in metrics:
        best, bad = (metric, 0) if metric < best * (1 - threshold) else (best, bad + 1)
        if resting > 0:
            resting, bad = resting - 1, 0
        if bad > patience:
            lr, bad, resting = max(factor * lr, min(lr, least)), 0, cooldown
        rates.append(lr)
    return rates


def _half_cosine(first, last, part):
    return last + (first - last) * (1 + np.cos(np.pi * part)) / 2


def _at_least_0(**values):
    for name, value in values.items():
        _check.number(name, value, least=0)


def _above_0(**values):
    for name, value in values.items():
        _check.number(name, value, above=0)
