"""The accountant: the published figure, the closed form, integrals of the divergence, and bad input."""

import numpy as np
import pytest

from gdcourse.privacy import epsilon, renyi


def test_the_published_figure():
    """Abadi et al. 2016, section 5.1: q = 0.01, sigma = 4, 10,000 steps, delta = 1e-5."""
    assert abs(epsilon(4.0, 10_000, 1e-5, q=0.01) - 1.26) < 0.005


@pytest.mark.parametrize("q", [0.001, 0.05, 0.5, 0.99])
@pytest.mark.parametrize("sigma", [0.7, 2.0, 6.0])
def test_the_divergence_is_its_integral(q, sigma):
    z = np.linspace(-15 * sigma, 15 * sigma + 12, 600_001)
    density = np.exp(-(z**2) / (2 * sigma**2)) / np.sqrt(2 * np.pi * sigma**2)
    ratio = 1 - q + q * np.exp((2 * z - 1) / (2 * sigma**2))
    for order in (2, 3, 5):
        integral = np.sum(density * ratio**order) * (z[1] - z[0])
        np.testing.assert_allclose(renyi(sigma, q, [order])[0], np.log(integral) / (order - 1), rtol=1e-7, atol=1e-10)


def test_without_sampling_it_is_the_closed_form():
    orders = np.arange(2, 50)
    np.testing.assert_allclose(renyi(3.0, 1.0, orders), orders / 18, rtol=1e-14)
    np.testing.assert_allclose(renyi(3.0, 1 - 1e-12, orders), orders / 18, rtol=1e-6)
    for steps, sigma in ((1, 2.0), (100, 30.0), (10, 5.0)):
        closed = steps / (2 * sigma**2) + np.sqrt(2 * steps * np.log(1e5)) / sigma
        assert closed <= epsilon(sigma, steps, 1e-5) * (1 + 1e-12) < 1.02 * closed


def test_more_steps_less_noise_and_larger_shares_lose_more():
    base = epsilon(2.0, 100, 1e-5, q=0.1)
    assert epsilon(2.0, 200, 1e-5, q=0.1) > base and epsilon(3.0, 100, 1e-5, q=0.1) < base
    assert epsilon(2.0, 100, 1e-5, q=0.2) > base and epsilon(2.0, 100, 1e-6, q=0.1) > base
    assert epsilon(2.0, 100, 1e-5) > epsilon(2.0, 100, 1e-5, q=0.9)


def test_small_noise_does_not_overflow():
    assert np.all(np.isfinite(renyi(0.01, 0.01))) and np.isfinite(epsilon(0.01, 10, 1e-5, q=0.01))


@pytest.mark.parametrize(
    "arguments, told",
    [
        ((0.0, 10, 1e-5), "sigma"),
        ((-1.0, 10, 1e-5), "sigma"),
        ((np.nan, 10, 1e-5), "sigma"),
        ((1.0, 10, 0.0), "delta"),
        ((1.0, 10, 1.0), "delta"),
        ((1.0, -1, 1e-5), "steps"),
        ((1.0, 10, 1e-5, 0.0), "q"),
        ((1.0, 10, 1e-5, 1.5), "q"),
        ((1.0, 10, 1e-5, np.nan), "q"),
        ((1.0, 10, 1e-5, 0.5, [1, 2]), "orders"),
        ((1.0, 10, 1e-5, 0.5, [2.5]), "orders"),
        ((1.0, 10, 1e-5, 0.5, []), "orders"),
    ],
)
def test_bad_input_is_refused(arguments, told):
    with pytest.raises(ValueError, match=told):
        epsilon(*arguments)
