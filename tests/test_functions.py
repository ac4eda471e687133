"""The surfaces: derivatives against complex steps and differences, minima that are minima, shapes, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import rosen, rosen_der, rosen_hess

from gdcourse import functions
from gdcourse.functions import SURFACES, double_well, quadratic, rastrigin, rosenbrock
from gdcourse.gradients import central_difference, complex_step

MORE = {
    "quadratic in 5 dimensions": quadratic([0.1, 1, 2, 3, 50], seed=3, centre=[1, 2, 3, 4, 5]),
    "indefinite quadratic": quadratic([-1, 4], seed=None),
    "rosenbrock in 5 dimensions": rosenbrock(5),
    "rastrigin in 3 dimensions": rastrigin(3),
}
ALL = {**SURFACES, **MORE}
SMOOTH = [name for name, surface in ALL.items() if surface.smooth]


def points(surface, n, seed=0):
    """Return (d, n) points in the surface's window."""
    low, high = np.reshape(surface.window, (-1, 2)).T[:, :, None]
    return np.random.default_rng(seed).uniform(low, high, (surface.dimension, n))


@pytest.mark.parametrize("name", SMOOTH)
def test_gradient_equals_the_complex_step(name):
    for x in points(ALL[name], 20).T:
        np.testing.assert_allclose(ALL[name].gradient(x), complex_step(ALL[name], x), rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("name", SMOOTH)
def test_hessian_equals_the_complex_step_of_the_gradient(name):
    surface = ALL[name]
    for x in points(surface, 20).T:
        measured = [complex_step(lambda v, i=i: surface.gradient(v)[i], x) for i in range(surface.dimension)]
        np.testing.assert_allclose(surface.hessian(x), measured, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("name", ALL)
def test_gradient_equals_the_central_difference(name):
    for x in points(ALL[name], 5).T:
        np.testing.assert_allclose(ALL[name].gradient(x), central_difference(ALL[name], x), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", ALL)
def test_minima(name):
    """Each is stationary, the Hessian there is positive definite, none is lower nearby, and the lowest comes first."""
    surface = ALL[name]
    heights = surface(surface.minima.T)
    assert (np.diff(heights) > -1e-12).all()
    for m, height in zip(surface.minima, heights, strict=True):
        np.testing.assert_allclose(surface.gradient(m), 0, atol=1e-12)
        near = m[:, None] + np.random.default_rng(0).normal(scale=1e-3, size=(surface.dimension, 200))
        assert (surface(near) > height).all()
        if surface.smooth:
            assert np.linalg.eigvalsh(surface.hessian(m))[0] > 0


@pytest.mark.parametrize("name", ALL)
def test_the_lowest_minimum_is_the_lowest_point_of_the_window(name):
    surface = ALL[name]
    if len(surface.minima):
        assert (surface(points(surface, 20000)) >= surface(surface.minima[0])).all()


@pytest.mark.parametrize("name", ALL)
def test_minima_and_start_lie_in_the_window(name):
    low, high = np.reshape(ALL[name].window, (-1, 2)).T
    for x in ALL[name].minima:
        assert (low < x).all() and (x < high).all()
    if ALL[name].dimension <= 2:
        assert (low <= ALL[name].start).all() and (ALL[name].start <= high).all()


@pytest.mark.parametrize("name", ALL)
def test_trailing_axes_hold_many_points(name):
    surface = ALL[name]
    x, d = points(surface, 12).reshape(-1, 3, 4), surface.dimension
    value, gradient, hessian = surface(x), surface.gradient(x), surface.hessian(x)
    assert value.shape == (3, 4) and gradient.shape == (d, 3, 4) and hessian.shape == (d, d, 3, 4)
    for i in np.ndindex(3, 4):
        at = x[:, *i]
        np.testing.assert_allclose(value[i], surface.value(at), rtol=1e-14)
        np.testing.assert_allclose(gradient[:, *i], surface.gradient(at), rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(hessian[:, :, *i], surface.hessian(at), rtol=1e-14)


def test_double_well_from_the_right_ends_in_the_local_minimum():
    x = 1.5
    for _ in range(200):
        x = x - 0.2 * double_well.gradient(x)
    low, local = double_well.minima.ravel()
    assert np.isclose(x, local, atol=1e-12) and round(local, 4) == 0.9456 and round(low, 4) == -1.0467
    assert round(float(double_well(local)), 4) == -0.1526 and round(float(double_well(low)), 4) == -0.3524


def test_rosenbrock_against_scipy():
    for x in points(rosenbrock(4), 10).T:
        np.testing.assert_allclose(rosenbrock(4)(x), rosen(x), rtol=1e-12)
        np.testing.assert_allclose(rosenbrock(4).gradient(x), rosen_der(x), rtol=1e-12)
        np.testing.assert_allclose(rosenbrock(4).hessian(x), rosen_hess(x), rtol=1e-12)


def test_known_values():
    assert functions.beale([0.0, 0.0]) == 1.5**2 + 2.25**2 + 2.625**2
    assert functions.himmelblau([0.0, 0.0]) == 170
    assert rosenbrock()([-1.2, 1.0]) == pytest.approx(24.2)
    assert rastrigin()([0.5, 0.5]) == pytest.approx(40.5)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=5), st.integers(0, 99))
def test_a_quadratic_has_its_spectrum(spectrum, seed):
    A = quadratic(spectrum, seed=seed).hessian(np.zeros(len(spectrum)))
    np.testing.assert_array_equal(A, A.T)
    np.testing.assert_allclose(np.linalg.eigvalsh(A), np.sort(spectrum), atol=1e-12 * max(1, *np.abs(spectrum)))


def test_the_rotation_is_a_rotation_and_follows_the_seed():
    for seed in range(20):
        Q = functions._rotation(3, seed)
        np.testing.assert_allclose(Q @ Q.T, np.eye(3), atol=1e-14)
        assert np.isclose(np.linalg.det(Q), 1)
    zero = [0.0, 0.0]
    assert np.array_equal(quadratic(seed=1).hessian(zero), quadratic(seed=1).hessian(zero))
    assert not np.allclose(quadratic(seed=1).hessian(zero), quadratic(seed=2).hessian(zero))
    assert np.array_equal(quadratic([1, 9], seed=None).hessian(zero), [[1, 0], [0, 9]])


def test_at_the_kink_the_slope_is_zero():
    assert functions.absolute.gradient(0.0) == 0 and functions.absolute.gradient(-2.0) == -1


def test_integers_are_taken_as_numbers_and_the_point_is_not_changed():
    x = np.array([3, 2])
    assert functions.himmelblau.gradient(x).dtype == float and functions.himmelblau(x) == 0
    np.testing.assert_array_equal(x, [3, 2])


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: functions.beale([1.0, 2.0, 3.0]), ValueError, r"shape \(2, ...\) for beale, got \(3,\)"),
        (lambda: functions.beale.gradient(1.0), ValueError, r"shape \(2, ...\) for beale, got \(\)"),
        (lambda: functions.beale(["a", "b"]), TypeError, "expected x to hold numbers"),
        (lambda: quadratic([]), ValueError, "list of finite numbers"),
        (lambda: quadratic([1.0, np.nan]), ValueError, "list of finite numbers"),
        (lambda: quadratic([1.0, 2.0], centre=[0.0]), ValueError, "equal shapes"),
        (lambda: rosenbrock(1), ValueError, "d to be a finite number of at least 2, got 1"),
        (lambda: rastrigin(2.0), TypeError, "d to be a whole number, got float"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_table_is_keyed_by_name():
    assert all(name == surface.name for name, surface in SURFACES.items()) and len(SURFACES) == 9
