"""Schedules: bounded, continuous, without memory; `test_conformance` has them beside PyTorch's and Keras'."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdcourse import schedules as s
from gdcourse.conformance import build
from gdcourse.conformance import schedules as conformance

T = 60


SETTINGS = [row.ours for row in conformance.ROWS if row.ours[0] != "plateau"]


@pytest.mark.parametrize("ours", SETTINGS, ids=lambda ours: ours[0])
def test_an_array_of_steps_gives_each_steps_rate(ours):
    """The tables of conformance compare the arrays."""
    schedule = build(ours, lambda name, **rest: getattr(s, name)(**rest))
    assert [schedule(t) for t in range(T)] == pytest.approx(list(schedule(np.arange(T))), rel=1e-15)


def test_one_cycle_ends_as_pytorch_does():
    """The last step, which PyTorch's scheduler reaches with its last permitted call."""
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.3, T, cycle_momentum=False)
    for _ in range(T - 1):
        optimizer.step()
        scheduler.step()
    assert s.one_cycle(0.3, T)(T - 1) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
    assert s.one_cycle(0.3, T)(10 * T) == s.one_cycle(0.3, T)(T - 1)


@pytest.mark.parametrize("cooldown, patience, least", [(0, 0, 0.0), (0, 3, 0.0), (2, 1, 0.01), (5, 2, 0.0)])
def test_plateau_equals_pytorch(cooldown, patience, least):
    import torch

    rng = np.random.default_rng(patience)
    for trial in range(20):
        metrics = (
            np.round(rng.normal(size=T).cumsum() / 3 + 10, 1) if trial % 2 else rng.integers(1, 4, T).astype(float)
        )
        metrics[rng.integers(T)] = np.nan
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.5)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=0.7, patience=patience, cooldown=cooldown, min_lr=least, eps=0
        )
        expected = []
        for metric in metrics:
            scheduler.step(metric)
            expected.append(optimizer.param_groups[0]["lr"])
        got = s.plateau(list(metrics), 0.5, factor=0.7, patience=patience, cooldown=cooldown, least=least)
        np.testing.assert_allclose(got, expected, rtol=1e-12)


rates = st.floats(0, 10)
times = st.floats(0, 500)
counts = st.integers(1, 100)


@settings(deadline=None, max_examples=200)
@given(rates, rates, counts, counts, times)
def test_bounded(a, b, n, m, t):
    """No schedule leaves the interval between its two rates."""
    low, high = sorted((a, b))
    for schedule in (
        s.constant(high), s.cosine(high, n, low), s.cosine_restarts(high, n, 1.5, 1.0, low), s.polynomial(high, n, low),
        s.cyclic(low, high, n, m), s.cyclic(low, high, n, m, 0.5, 0.9), s.warmup(s.cosine(high, n, low), m, low),
    ):  # fmt: skip
        assert low - 1e-12 <= schedule(t) <= high + 1e-12
    for schedule in (s.exponential(high, 0.9, n), s.step(high, 0.5, n), s.inverse_time(high, 0.3, n)):
        assert 0 <= schedule(t) <= high
    assert 0 <= s.one_cycle(high, n + 9)(t) <= high + 1e-12


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 50), st.integers(1, 50), st.sampled_from([0, 1, 2]))
def test_continuous_at_joins(n, m, cycle):
    joins = {
        "end of a cosine": (s.cosine(1.0, n, 0.2), n),
        "end of a polynomial": (s.polynomial(1.0, n, 0.2, 1.5), n),
        "top of a zigzag": (s.cyclic(0.1, 1.0, n, m), n + cycle * (n + m)),
        "foot of a zigzag": (s.cyclic(0.1, 1.0, n, m, shrink=0.5), (cycle + 1) * (n + m)),
        "end of a warm-up": (s.warmup(s.cosine(1.0, m, 0.1), n, 0.3), n),
        "top of one cycle": (s.one_cycle(1.0, n + 9), 0.3 * (n + 9) - 1),
        "end of one cycle": (s.one_cycle(1.0, n + 9), n + 8),
    }
    for schedule, t in joins.values():
        assert abs(schedule(t + 1e-6) - schedule(t)) < 1e-5 and abs(schedule(t) - schedule(t - 1e-6)) < 1e-5


def test_restarts_begin_at_the_top():
    schedule = s.cosine_restarts(0.3, 10, growth=2, shrink=0.5)
    assert [schedule(t) for t in (0, 10, 30, 70)] == [0.3, 0.15, 0.075, 0.0375]
    assert schedule(10 - 1e-6) < 1e-9


def test_decays_sum_as_robbins_and_monro_ask():
    """The rates of exponential decay have a finite sum, lr / (1 - gamma), so a run cannot go further than that."""
    t = np.arange(10**5)
    assert s.exponential(0.1, 0.9)(t).sum() == pytest.approx(1.0)
    assert s.inverse_time(0.1, 1.0)(t).sum() == pytest.approx(0.1 * (np.log(10**5) + np.euler_gamma), rel=1e-4)
    x = np.prod(1 - s.exponential(0.1, 0.9)(t))  # descent on x^2 / 2 from 1
    assert round(x, 4) == 0.3579


def test_arrays_keep_their_shape_and_stay_unchanged():
    t = np.arange(6).reshape(2, 3)
    assert s.warmup(s.cosine_restarts(0.1, 3), 2)(t).shape == (2, 3) and t[1, 2] == 5
    assert isinstance(s.warmup(s.step(0.1, 0.5, 3), 2)(np.int64(3)), float)
    assert s.cosine_restarts(0.1, 3)(np.array([])).shape == (0,)


@pytest.mark.parametrize("t", [-1, float("nan"), float("inf"), [0, -2]])
def test_bad_steps_are_refused(t):
    with pytest.raises(ValueError, match="finite steps of at least 0"):
        s.cosine(0.1, 10)(t)


BAD = {
    "negative rate": (lambda: s.constant(-0.1), ValueError, "lr to be a finite number of at least 0, got -0.1"),
    "NaN": (lambda: s.exponential(float("nan"), 0.9), ValueError, "lr to be a finite number"),
    "text": (lambda: s.step("0.1", 0.5, 3), TypeError, "lr to be a number, got str"),
    "no steps": (lambda: s.cosine(0.1, 0), ValueError, "steps to be a finite number above 0, got 0"),
    "shrinking cycles": (lambda: s.cosine_restarts(0.1, 5, growth=0.5), ValueError, "growth to be .* least 1"),
    "no room to rise": (lambda: s.one_cycle(0.1, 3), ValueError, "top between the first and the last"),
    "negative milestone": (lambda: s.multi_step(0.1, 0.5, [-1]), ValueError, "each milestone"),
    "plateau that grows": (lambda: s.plateau([1.0], 0.1, factor=1.5), ValueError, "below 1, got 1.5"),
    "negative patience": (lambda: s.plateau([1.0], 0.1, patience=-1), ValueError, "patience"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_settings_are_refused(case):
    make, error, message = BAD[case]
    with pytest.raises(error, match=message):
        make()
