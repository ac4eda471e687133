"""The gradient check finds wrong gradients, and smoothness is the threshold of divergence."""

import numpy as np
import pytest

from gdcourse.diagnostics import gradient_check, relative_error, smoothness


def f(x):
    return np.sum(x**2 * np.arange(1, x.size + 1).reshape(x.shape))


def right(x):
    return 2 * x * np.arange(1, x.size + 1).reshape(x.shape)


@pytest.mark.parametrize("shape", [(3,), (2, 2)])
def test_a_right_gradient_passes(shape):
    assert gradient_check(f, right, np.random.default_rng(0).normal(size=shape)).ok


@pytest.mark.parametrize("wrong", [lambda x: -right(x), lambda x: right(x) / 2, lambda x: right(x) + 1e-3])
def test_a_wrong_gradient_fails_and_says_so(wrong):
    report = gradient_check(f, wrong, np.array([1.0, -2.0]))
    assert not report.ok and "DISAGREE" in str(report)


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"expected a gradient of shape \(2,\) like x, got \(1,\)"):
        gradient_check(f, lambda x: x[:1], np.ones(2))


def test_relative_error():
    assert relative_error([0, 0], [0, 0]) == 0
    assert relative_error([3, 4], [0, 0]) == 1
    assert np.isclose(relative_error([3, 4], [3, 4.5]), relative_error([3, 4.5], [3, 4]))
    assert np.isnan(relative_error([np.nan], [1.0]))


def test_smoothness_is_the_threshold():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(30, 3)) * [1, 5, 20]
    A, limit = X.T @ X / 30, 2 / smoothness(X)
    assert np.isclose(smoothness(X), np.linalg.eigvalsh(A)[-1], rtol=1e-12)
    for lr, shrinks in ((0.999 * limit, True), (1.001 * limit, False)):
        assert (np.abs(np.linalg.eigvals(np.eye(3) - lr * A)).max() < 1) == shrinks


def test_bad_data_is_refused():
    with pytest.raises(ValueError, match=r"expected X of shape \(m, d\), got \(3,\)"):
        smoothness([1, 2, 3])
