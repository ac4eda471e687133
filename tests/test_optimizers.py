"""Gradient descent in three frameworks."""

import cases
import numpy as np
import pytest


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_fifty_steps_follow_the_closed_form(framework):
    """On a quadratic each step multiplies the distance to the minimum by I - lr A."""
    rng = np.random.default_rng(0)
    B = rng.normal(size=(4, 4))
    A, start, lr = B @ B.T, rng.normal(size=4), 0.05
    w, optimizer = cases.variable(framework, start), cases.module("optimizers", framework).GD(lr)
    for _ in range(50):
        optimizer.step([w], [cases.array(framework, A @ cases.to_numpy(w))])
    expected = np.linalg.matrix_power(np.eye(4) - lr * A, 50) @ start
    np.testing.assert_allclose(cases.to_numpy(w), expected, rtol=1e-12)


def test_equals_the_builtins():
    import keras
    import torch

    rng = np.random.default_rng(1)
    start, grads = rng.normal(size=3), rng.normal(size=(50, 3))
    ours, lr = start.copy(), 0.125  # a rate that float32 holds exactly: Keras keeps it so
    theirs = torch.tensor(start, requires_grad=True)
    keras_w = keras.Variable(start, dtype="float64")
    gd, sgd, keras_sgd = (
        cases.module("optimizers", "numpy").GD(lr),
        torch.optim.SGD([theirs], lr),
        keras.optimizers.SGD(lr),
    )
    for g in grads:
        gd.step([ours], [g])
        theirs.grad = torch.tensor(g)
        sgd.step()
        keras_sgd.apply([keras.ops.convert_to_tensor(g)], [keras_w])
    np.testing.assert_allclose(theirs.detach(), ours, rtol=1e-12)
    np.testing.assert_allclose(keras_w.numpy(), ours, rtol=1e-12)


def test_keras_rounds_the_rate_to_float32():
    """What the docstring says: with 0.1 the gap is there, and of the size of float32's rounding."""
    import keras

    w = keras.Variable([1.0], dtype="float64")
    keras.optimizers.SGD(0.1).apply([keras.ops.convert_to_tensor(np.array([1.0]))], [w])
    assert 1e-10 < abs(float(w.numpy()[0]) - 0.9) < 1e-8


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize(
    "lr, error", [(-0.1, ValueError), (float("nan"), ValueError), ("0.1", TypeError), (None, TypeError)]
)
def test_bad_rates_are_refused(framework, lr, error):
    with pytest.raises(error, match="expected lr to be a"):
        cases.module("optimizers", framework).GD(lr)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize(
    "grads, message",
    [
        ([], "grads to be a list with at least one"),
        ([np.ones(2), np.ones(2)], "1 params and 2 grads"),
        ([np.ones(3)], r"grads\[0\] of shape \(2,\) like params\[0\], got \(3,\)"),
        ([None], r"got None: the loss does not depend on params\[0\]"),
    ],
)
def test_bad_gradients_are_refused_and_change_nothing(framework, grads, message):
    w = cases.variable(framework, np.array([1.0, 2.0]))
    grads = [None if g is None else cases.array(framework, g) for g in grads]
    with pytest.raises((TypeError, ValueError), match=message):
        cases.module("optimizers", framework).GD(0.1).step([w], grads)
    np.testing.assert_array_equal(cases.to_numpy(w), [1.0, 2.0])
