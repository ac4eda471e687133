"""What differential privacy costs: an accountant for many steps of clipped, noisy gradients (DP-SGD).

A mechanism is (eps, delta)-private if, for any two data sets that differ by one sample that is added or left out, and for
any set S of outcomes,

    P(outcome in S) <= exp(eps) P'(outcome in S) + delta.                                                  (1)

Renyi's divergence of order a > 1 between the two distributions of outcomes adds up over steps (Mironov 2017). For the
Gaussian mechanism, a sum of clipped vectors plus noise of sigma times the clipping length, it is at most

    r(a) = a / (2 sigma^2),                                                                                (2)

and where each sample takes part in a step with probability q, on its own, it is for whole orders a

    r(a) = 1 / (a - 1) log sum_k C(a, k) (1 - q)^(a - k) q^k exp((k^2 - k) / (2 sigma^2)),   k = 0 ... a    (3)

(Mironov, Talwar & Zhang 2019). From T steps, any order gives a bound, and the least of them counts:

    eps = min over a of  T r(a) + log(1 / delta) / (a - 1).                                                (4)

References: Abadi et al. 2016, arXiv:1607.00133; Mironov 2017, arXiv:1702.07476; Mironov, Talwar & Zhang 2019,
arXiv:1908.10530.
"""

import numpy as np

from gdcourse import _check

__all__ = ["epsilon", "renyi"]
ORDERS = np.arange(2, 257)


def renyi(sigma, q=1.0, orders=ORDERS):
    """Equations (2) and (3): the divergence of one step for each whole order. -> (len(orders),)

    sigma: noise in units of the clipping length.  q: the share of samples that a step takes, 0 < q <= 1.
    """
    _check.number("sigma", sigma, above=0)
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    if not len(orders) or any(a != int(a) or a < 2 for a in orders):
        raise ValueError(f"expected orders to be whole numbers of 2 and more, got {list(orders)}")
    return np.array([_moment(int(a), float(q), float(sigma)) / (a - 1) for a in orders])


def epsilon(sigma, steps, delta, q=1.0, orders=ORDERS):
    """Equation (4): the least eps of ``steps`` steps at this delta.

    >>> round(epsilon(4.0, 10_000, 1e-5, q=0.01), 2)
    1.26
    """
    _check.number("steps", steps, least=0)
    _check.number("delta", delta, above=0, below=1)
    bounds = steps * renyi(sigma, q, orders) + np.log(1 / delta) / (np.asarray(orders) - 1)
    return float(bounds.min())


def _moment(a, q, sigma):
    """The logarithm of the sum of (3), from logarithms: its terms overflow."""
    from scipy.special import gammaln, logsumexp

    k = np.arange(a + 1)
    if q == 1:
        return (a * a - a) / (2 * sigma**2)
    choices = gammaln(a + 1) - gammaln(k + 1) - gammaln(a - k + 1)
    return logsumexp(choices + (a - k) * np.log1p(-q) + k * np.log(q) + (k * k - k) / (2 * sigma**2))
