"""Differences against derivatives known in closed form, and value_and_grad in three frameworks."""

import cases
import numpy as np
import pytest

from gdcourse.gradients import central_difference, forward_difference


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
@pytest.mark.parametrize("difference, rtol", [(forward_difference, 1e-5), (central_difference, 1e-8)])
def test_differences_of_a_smooth_function(difference, rtol, shape):
    x = np.random.default_rng(0).normal(size=shape)
    before = x.copy()
    np.testing.assert_allclose(difference(lambda v: np.sum(np.sin(v) * v), x), np.cos(x) * x + np.sin(x), rtol=rtol)
    np.testing.assert_array_equal(x, before)


def test_orders_of_the_error():
    """Halving h halves the forward error and quarters the central one."""
    x = np.array([1.0])
    errors = {
        d: [abs(d(lambda v: np.exp(v).sum(), x, h)[0] - np.e) for h in (1e-2, 5e-3)]
        for d in (forward_difference, central_difference)
    }
    assert np.isclose(errors[forward_difference][0] / errors[forward_difference][1], 2, rtol=0.01)
    assert np.isclose(errors[central_difference][0] / errors[central_difference][1], 4, rtol=0.01)


@pytest.mark.parametrize("h", [0, -1e-5, float("nan")])
def test_bad_steps_are_refused(h):
    with pytest.raises(ValueError, match="expected h to be a finite number above 0"):
        central_difference(np.sum, np.ones(2), h)


@pytest.mark.parametrize("framework, rtol", [("numpy", 1e-6), ("torch", 1e-12), ("tensorflow", 1e-12)])
def test_value_and_grad(framework, rtol):
    rng = np.random.default_rng(1)
    w, b, c = rng.normal(size=(2, 3)), rng.normal(size=3), 0.7
    f = cases.module("gradients", framework).value_and_grad(
        lambda p, c: c * (p[0] ** 2 * p[1]).sum() if framework != "tensorflow" else _tf_f(p, c)
    )
    value, (dw, db) = f([cases.array(framework, w), cases.array(framework, b)], c)
    np.testing.assert_allclose(cases.to_numpy(value), c * (w**2 * b).sum(), rtol=1e-12)
    np.testing.assert_allclose(cases.to_numpy(dw), 2 * c * w * b, rtol=rtol, atol=1e-9)
    np.testing.assert_allclose(cases.to_numpy(db), c * (w**2).sum(0), rtol=rtol, atol=1e-9)


def _tf_f(p, c):
    import tensorflow as tf

    return c * tf.reduce_sum(p[0] ** 2 * p[1])
