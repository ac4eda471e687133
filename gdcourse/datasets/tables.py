"""Tables made on the spot from a seed: small, offline, the same on every machine.

The tables are invented, with the traits that matter for gradient descent: features on very different scales (`houses`), one
class much rarer than the other (`spam`, `credit`), classes that overlap, so that no straight line separates them.
"""

from typing import NamedTuple

import numpy as np

from gdcourse import _check


class Dataset(NamedTuple):
    """X: (n, d) floats, or (n, 1, h, w) for images.  y: (n,).  features: the d names, with units.  target: y's meaning."""

    X: np.ndarray
    y: np.ndarray
    features: tuple[str, ...]
    target: str


def line(n=50, slope=2.0, intercept=3.0, noise=1.0, seed=0):
    """y = slope x + intercept + normal noise, with x uniform in [0, 5). X: (n, 1), y: (n,)."""
    rng = generator(n, seed)
    x = rng.uniform(0, 5, n)
    return Dataset(x[:, None], slope * x + intercept + rng.normal(0, noise, n), ("x",), "y")


def houses(n=200, seed=0):
    """Houses with area, rooms, age and distance to the centre; the price is linear in them plus noise. X: (n, 4)."""
    rng = generator(n, seed)
    area = rng.normal(120, 35, n).clip(40, 250)
    rooms = np.round(area / 30 + rng.normal(0, 0.8, n)).clip(1, 9)
    age = rng.uniform(0, 80, n)
    distance = rng.exponential(8, n)
    price = 60 + 2.4 * area + 9 * rooms - 0.8 * age - 3.5 * distance + rng.normal(0, 25, n)
    X = np.column_stack([area, rooms, age, distance])
    return Dataset(X, price, ("area (m²)", "rooms", "age (years)", "distance (km)"), "price (thousand euros)")


def spam(n=1000, share=0.2, seed=0):
    """Mails with counts of telling signs; y is 1 for spam, a ``share`` of all. X: (n, 5), y: (n,) in {0, 1}."""
    rng, y = _labels(n, share, seed)
    signs = {  # mean count in an honest mail, in spam
        "exclamation marks": (0.6, 2.2),
        "links": (0.8, 2.0),
        "words in capitals": (1.0, 2.8),
        "'free' or 'prize'": (0.1, 0.9),
        "names of yours": (1.2, 0.3),
    }
    X = np.column_stack([rng.poisson(np.where(y == 1, there, here)) for here, there in signs.values()])
    return Dataset(X.astype(float), y, tuple(signs), "1 = spam")


def credit(n=2000, seed=0):
    """Loans; y is 1 where the loan was not paid back, about one in ten. X: (n, 4), y: (n,) in {0, 1}."""
    rng = generator(n, seed)
    income = rng.lognormal(3.5, 0.45, n)
    ratio = rng.beta(2, 4, n)
    late = rng.poisson(0.7, n)
    years = rng.gamma(2.5, 4, n)
    logit = -2.9 - 0.03 * (income - 35) + 2.5 * (ratio - 0.33) + 0.75 * late - 0.06 * (years - 10)
    y = (rng.uniform(size=n) < 1 / (1 + np.exp(-logit))).astype(int)
    features = ("income (thousand euros)", "debt to income", "late payments", "years of history")
    return Dataset(np.column_stack([income, ratio, late, years]), y, features, "1 = not paid back")


def split(data, test=0.3, seed=0):
    """Return (train, test): the rows in random order, a share ``test`` of them held out."""
    if not 0 < test < 1:
        raise ValueError(f"expected test, the share held out, between 0 and 1, got {test}")
    order = np.random.default_rng(seed).permutation(len(data.y))
    cut = len(order) - round(test * len(order))
    return tuple(data._replace(X=data.X[rows], y=data.y[rows]) for rows in (order[:cut], order[cut:]))


def _labels(n, share, seed):
    if not 0 < share < 1:
        raise ValueError(f"expected share, that of the label 1, between 0 and 1, got {share}")
    rng = generator(n, seed)
    return rng, rng.permutation((np.arange(n) < round(share * n)).astype(int))


def generator(n, seed):
    """Return the generator of `seed`, after a check that n is a whole number of rows, at least 1."""
    if n != int(_check.number("n", n, least=1)):
        raise ValueError(f"expected n to be a whole number of rows, got {n}")
    return np.random.default_rng(seed)
