"""The training loop: the three frameworks make the same run, batches cover the rows, stopping rules stop where they should."""

import math

import cases
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdcourse import datasets
from gdcourse.losses import numpy as losses
from gdcourse.training import History, batches, patience, small_decrease, small_gradient, small_step


def loss_and_grad(framework):
    """The half-mean squared error of a linear model: by hand in NumPy, by differentiation elsewhere."""
    if framework == "numpy":

        def by_hand(params, X, y):
            h = X @ params[0]
            return losses.mse(h, y, "half_mean"), [X.T @ losses.mse_grad(h, y, "half_mean")]

        return by_hand
    mse = cases.module("losses", framework).mse
    if framework == "torch":
        return cases.module("gradients", framework).value_and_grad(lambda p, X, y: mse(X @ p[0], y, "half_mean"))
    import tensorflow as tf

    f = lambda p, X, y: mse(tf.linalg.matvec(X, p[0]), y, "half_mean")  # noqa: E731
    return cases.module("gradients", framework).value_and_grad(f)


def run(framework, *, start=None, lr=0.1, **options):
    data = datasets.houses(60)
    X = np.column_stack([np.ones(60), (data.X - data.X.mean(0)) / data.X.std(0)])
    w = cases.variable(framework, np.zeros(5) if start is None else start)
    train, GD = cases.module("training", framework).train, cases.module("optimizers", framework).GD
    X_, y_ = cases.array(framework, X), cases.array(framework, data.y)
    history = train(loss_and_grad(framework), [w], X_, y_, GD(lr), **options)
    return history, cases.to_numpy(w), X, data.y


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@pytest.mark.parametrize("batch_size", [None, 7])
def test_frameworks_make_the_same_run(framework, batch_size):
    ours, w, *_ = run("numpy", epochs=50, batch_size=batch_size, seed=3)
    theirs, v, *_ = run(framework, epochs=50, batch_size=batch_size, seed=3)
    for series in ("losses", "grad_norms", "step_norms"):
        np.testing.assert_allclose(getattr(theirs, series), getattr(ours, series), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(theirs.losses, ours.losses, rtol=1e-12)
    np.testing.assert_allclose(v, w, rtol=1e-12)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_full_batches_reach_least_squares(framework):
    history, w, X, y = run(framework, epochs=2000, lr=0.5, stop=small_gradient(1e-9))
    np.testing.assert_allclose(w, np.linalg.lstsq(X, y, rcond=None)[0], rtol=1e-8)
    assert history.stopped == "small gradient" and len(history) < 2000


def test_history_records_loss_before_and_norms_of_the_step():
    start = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    history, w, X, y = run("numpy", start=start, epochs=1, lr=0.01)
    gradient = X.T @ (X @ start - y) / 60
    assert np.isclose(history.losses[0], np.mean((X @ start - y) ** 2) / 2, rtol=1e-12)
    assert np.isclose(history.grad_norms[0], np.linalg.norm(gradient), rtol=1e-12)
    assert np.isclose(history.step_norms[0], 0.01 * np.linalg.norm(gradient), rtol=1e-12)
    np.testing.assert_allclose(w, start - 0.01 * gradient, rtol=1e-12)


def test_validation_is_recorded_and_patience_stops():
    values = iter([3.0, 2.0, 2.5, 2.25, 1.0])
    history, *_ = run("numpy", epochs=9, validate=lambda _: next(values), stop=patience(2))
    assert history.validation == [3.0, 2.0, 2.5, 2.25] and history.stopped == "patience"


def test_the_seed_alone_decides_the_batches():
    one, two, other = (run("numpy", epochs=3, batch_size=8, seed=seed)[0].losses for seed in (0, 0, 1))
    assert one == two and one != other


@given(st.integers(1, 60), st.data())
def test_batches_cover_every_row_once(n, data):
    size = data.draw(st.integers(1, n))
    parts = list(batches(n, size, np.random.default_rng(0)))
    assert sorted(np.concatenate(parts)) == list(range(n))
    assert all(len(part) == size for part in parts[:-1]) and len(parts) == math.ceil(n / size)


@pytest.mark.parametrize("size", [0, -1, 11])
def test_bad_batch_sizes_are_refused(size):
    with pytest.raises(ValueError, match=f"expected a batch size from 1 to 10 .*, got {size}"):
        list(batches(10, size, np.random.default_rng(0)))


NAN = math.nan
RULES = [
    (small_step(0.1, 2), {"step_norms": [0.5, 0.05, 0.02]}, True),
    (small_step(0.1, 3), {"step_norms": [0.5, 0.05, 0.02]}, False),
    (small_step(0.1), {"step_norms": [NAN]}, False),
    (small_gradient(0.1), {"grad_norms": [0.05]}, True),
    (small_gradient(0.1, 2), {"grad_norms": [0.05]}, False),
    (small_decrease(0.5, 2), {"losses": [4.0, 2.0, 1.75, 1.625]}, True),
    (small_decrease(0.5, 3), {"losses": [4.0, 2.0, 1.75, 1.625]}, False),
    (small_decrease(0.5), {"losses": [1.0, 4.0]}, False),
    (small_decrease(0.5), {"losses": [1.0, NAN]}, False),
    (small_decrease(0.5), {"losses": [1.0]}, False),
    (patience(2), {"validation": [3.0, 2.0, 2.5, 2.25]}, True),
    (patience(3), {"validation": [3.0, 2.0, 2.5, 2.25]}, False),
    (patience(1, tol=0.5), {"validation": [2.0, 1.75]}, True),
    (patience(2), {"validation": [1.0, NAN, NAN]}, True),
    (patience(2), {"validation": [NAN, 3.0, 2.0, 1.0]}, False),
    (patience(2), {"validation": [1.0, 1.0]}, False),
]


@pytest.mark.parametrize("rule, series, stops", RULES)
def test_stopping_rules(rule, series, stops):
    assert rule(History(**series)) is stops


@pytest.mark.parametrize("make", [small_step, small_gradient, small_decrease])
def test_bad_tolerances_are_refused(make):
    with pytest.raises(ValueError, match="expected tol to be a finite number above 0, got 0"):
        make(0)
