"""Differences against derivatives known in closed form; gradients, Jacobians and Hessians in three frameworks."""

import cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gdcourse.functions import SURFACES
from gdcourse.gradients import central_difference, complex_step, directional_difference, forward_difference

TOLERANCE = {"numpy": 1e-5, "torch": 1e-12, "tensorflow": 1e-12}  # NumPy takes differences


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
@pytest.mark.parametrize(
    "difference, rtol", [(forward_difference, 1e-5), (central_difference, 1e-8), (complex_step, 1e-14)]
)
def test_differences_of_a_smooth_function(difference, rtol, shape):
    x = np.random.default_rng(0).normal(size=shape)
    before = x.copy()
    np.testing.assert_allclose(difference(lambda v: np.sum(np.sin(v) * v), x), np.cos(x) * x + np.sin(x), rtol=rtol)
    np.testing.assert_array_equal(x, before)


def test_orders_of_the_error():
    """Halving h halves the forward error and quarters the central and the complex one."""
    x = np.array([1.0])
    for difference, ratio in ((forward_difference, 2), (central_difference, 4), (complex_step, 4)):
        wide, narrow = (abs(difference(lambda v: np.exp(v).sum(), x, h)[0] - np.e) for h in (1e-2, 5e-3))
        assert np.isclose(wide / narrow, ratio, rtol=0.01)


def test_only_the_complex_step_survives_a_tiny_step():
    """At h = 1e-20 a subtraction leaves nothing; the complex step keeps every digit (Squire & Trapp's own example)."""

    def f(v):
        return (np.exp(v) / (np.sin(v) ** 3 + np.cos(v) ** 3)).sum()

    x, slope = np.array([1.5]), 3.62203370071632998
    assert central_difference(f, x, 1e-20)[0] == 0
    assert np.isclose(complex_step(f, x)[0], slope, rtol=1e-15)
    assert 1e-12 < abs(central_difference(f, x)[0] - slope) < 1e-8


@pytest.mark.parametrize("difference", [forward_difference, central_difference, complex_step])
@pytest.mark.parametrize("h", [0, -1e-5, float("nan")])
def test_bad_steps_are_refused(difference, h):
    with pytest.raises(ValueError, match="expected h to be a finite number above 0"):
        difference(np.sum, np.ones(2), h)


def test_a_function_that_drops_the_imaginary_part_is_refused():
    with pytest.raises(TypeError, match="expected f to return a complex number"):
        complex_step(lambda v: np.abs(v).sum(), np.ones(2))


@pytest.mark.parametrize("difference", [forward_difference, central_difference, complex_step])
def test_complex_points_are_refused(difference):
    with pytest.raises(TypeError, match="real numbers, got complex128"):
        difference(np.sum, np.ones(2, complex))


@settings(deadline=None, max_examples=50)
@given(arrays(float, (2, 3), elements=st.floats(-2, 2)), arrays(float, (2, 3), elements=st.floats(-100, 100)))
def test_directional_difference_is_the_gradient_times_the_direction(x, v):
    slope = directional_difference(lambda u: np.sum(np.sin(u) * u), x, v)
    assert np.isclose(slope, np.sum((np.cos(x) * x + np.sin(x)) * v), rtol=1e-7, atol=1e-7 * (1 + np.abs(v).max()))


def test_a_direction_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"equal shapes, got x \(2,\), v \(3,\)"):
        directional_difference(np.sum, np.ones(2), np.ones(3))


# Functions of one array: how each framework writes it, and its derivatives as NumPy writes them.


def ops(framework):
    """Return exp and sum in the framework's words."""
    if framework == "torch":
        import torch

        return torch.exp, torch.sum
    if framework == "tensorflow":
        import tensorflow as tf

        return tf.exp, tf.reduce_sum
    return np.exp, np.sum


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_value_and_grad(framework):
    rng, (_, total) = np.random.default_rng(1), ops(framework)
    w, b, c = rng.normal(size=(2, 3)), rng.normal(size=3), 0.7
    f = cases.module("gradients", framework).value_and_grad(lambda p, c: c * total(p[0] ** 2 * p[1]))
    value, (dw, db) = f([cases.array(framework, w), cases.array(framework, b)], c)
    rtol = TOLERANCE[framework]
    np.testing.assert_allclose(cases.to_numpy(value), c * (w**2 * b).sum(), rtol=1e-12)
    np.testing.assert_allclose(cases.to_numpy(dw), 2 * c * w * b, rtol=rtol, atol=1e-9)
    np.testing.assert_allclose(cases.to_numpy(db), c * (w**2).sum(0), rtol=rtol, atol=1e-9)


def quartic(framework, A):
    """f(x) = exp(sum x) + sum_ij A_ij x_i^2 x_j, with gradient and Hessian."""
    exp, total = ops(framework)
    A_ = cases.array(framework, A)

    def f(x):
        return exp(total(x)) + total(A_ * x[:, None] ** 2 * x[None, :])

    def H(x):
        cross = 2 * A * x[:, None]
        return np.exp(x.sum()) + cross + cross.T + np.diag(2 * A @ x)

    return f, H


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_hessian_and_hvp(framework):
    rng, g = np.random.default_rng(2), cases.module("gradients", framework)
    for n in (1, 3, 4):
        A, x, v = rng.normal(size=(n, n)), rng.normal(size=n), 10 * rng.normal(size=n)
        f, H = quartic(framework, A)
        x_, v_ = cases.array(framework, x), cases.array(framework, v)
        tolerance = {"rtol": TOLERANCE[framework], "atol": TOLERANCE[framework]}
        np.testing.assert_allclose(cases.to_numpy(g.hessian(f, x_)), H(x), **tolerance)
        np.testing.assert_allclose(cases.to_numpy(g.hvp(f, x_, v_)), H(x) @ v, **tolerance)
        np.testing.assert_array_equal(cases.to_numpy(x_), x)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_jacobian(framework):
    rng, (exp, _) = np.random.default_rng(3), ops(framework)
    W, x = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))
    W_ = cases.array(framework, W)
    J = cases.to_numpy(cases.module("gradients", framework).jacobian(lambda x: exp(W_ @ x), cases.array(framework, x)))
    expected = np.einsum("ik,ij,kl->ikjl", np.exp(W @ x), W, np.eye(2))
    assert J.shape == (4, 2, 3, 2)
    np.testing.assert_allclose(J, expected, rtol=TOLERANCE[framework], atol=1e-8)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_shapes_of_matrices_and_numbers(framework):
    g, (exp, total) = cases.module("gradients", framework), ops(framework)
    x = np.arange(6.0).reshape(2, 3) / 10
    H = cases.to_numpy(g.hessian(lambda x: total(x**3), cases.array(framework, x)))
    np.testing.assert_allclose(H.reshape(6, 6), np.diag(6 * x.ravel()), atol=1e-6)
    number = cases.array(framework, np.float64(1.0))
    for measured in (g.hessian(exp, number), g.jacobian(exp, number), g.hvp(exp, number, number)):
        assert cases.to_numpy(measured).shape == () and np.isclose(cases.to_numpy(measured), np.e, rtol=1e-6)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_what_does_not_depend_on_x_has_derivative_zero(framework):
    """The gradient of a linear function is a constant: its graph ends, and the Hessian is zero all the same."""
    g, (_, total) = cases.module("gradients", framework), ops(framework)
    x = cases.array(framework, np.array([1.0, 2.0]))
    for f in (lambda x: 3 * total(x), lambda x: total(x) * 0 + 1):
        assert np.array_equal(np.round(cases.to_numpy(g.hessian(f, x)), 6), np.zeros((2, 2)))
        assert np.array_equal(np.round(cases.to_numpy(g.hvp(f, x, x)), 6), np.zeros(2))
    one = cases.array(framework, np.ones(3))
    assert np.array_equal(cases.to_numpy(g.jacobian(lambda x: one, x)), np.zeros((3, 2)))


@pytest.mark.parametrize("name", ["beale", "himmelblau", "rosenbrock"])
def test_numpy_on_the_surfaces(name):
    g, surface = cases.module("gradients", "numpy"), SURFACES[name]
    for x in np.random.default_rng(4).uniform(-1, 1, (5, 2)):
        H = surface.hessian(x)
        np.testing.assert_allclose(g.hessian(surface, x), H, rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(g.jacobian(surface.gradient, x), H, rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_against_the_builtins(framework):
    rng, g = np.random.default_rng(5), cases.module("gradients", framework)
    f, _ = quartic(framework, rng.normal(size=(3, 3)))
    x, v = (cases.array(framework, a) for a in rng.normal(size=(2, 3)))
    ours = [cases.to_numpy(a) for a in (g.hessian(f, x), g.hvp(f, x, v))]
    if framework == "torch":
        from torch.autograd import functional

        theirs = functional.hessian(f, x), functional.hvp(f, x, v)[1]
    else:
        import tensorflow as tf

        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = f(x)
            slope = inner.gradient(y, x)
        H = outer.jacobian(slope, x)
        theirs = H, tf.linalg.matvec(H, v)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, cases.to_numpy(b), rtol=1e-12)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_integers_are_taken_as_numbers(framework):
    g, (_, total) = cases.module("gradients", framework), ops(framework)
    x = cases.array(framework, np.array([1, 2]))
    _, (slope,) = g.value_and_grad(lambda p: total(p[0] ** 3))([x])
    np.testing.assert_allclose(cases.to_numpy(slope), [3, 12], rtol=1e-6)
    np.testing.assert_allclose(cases.to_numpy(g.hessian(lambda x: total(x**3), x)), [[6, 0], [0, 12]], atol=1e-5)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_a_vector_of_losses_is_refused(framework):
    """TensorFlow would differentiate their sum."""
    g, x = cases.module("gradients", framework), cases.array(framework, np.ones(3))
    for call in (
        lambda: g.value_and_grad(lambda p: p[0] ** 2)([x]),
        lambda: g.hessian(lambda x: x**2, x),
        lambda: g.hvp(lambda x: x**2, x, x),
    ):
        with pytest.raises(ValueError, match=r"expected f's value to be one number of shape \(\), got shape \(3,\)"):
            call()


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_hvp_refuses_a_direction_of_another_shape(framework):
    g, (_, total) = cases.module("gradients", framework), ops(framework)
    with pytest.raises(ValueError, match=r"equal shapes, got x \(2,\), v \(3,\)"):
        g.hvp(total, cases.array(framework, np.ones(2)), cases.array(framework, np.ones(3)))


def test_rows_of_a_table_in_tensorflow():
    """Looking rows up leaves sparse slices on the tape; the gradients are dense all the same."""
    import tensorflow as tf

    g, table = cases.module("gradients", "tensorflow"), tf.constant([[1.0, 2.0], [3.0, 4.0]], tf.float64)

    def f(table):
        return tf.reduce_sum(tf.gather(table, [0, 0]) ** 3)

    _, (slope,) = g.value_and_grad(lambda p: f(p[0]))([table])
    np.testing.assert_allclose(slope, [[6, 24], [0, 0]])
    np.testing.assert_allclose(g.hvp(f, table, tf.ones_like(table)), [[12, 24], [0, 0]])
