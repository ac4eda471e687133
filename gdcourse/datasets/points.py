"""Classes in the plane, made from a seed: what a straight boundary can, cannot, and can by no means separate."""

import numpy as np

from gdcourse import _check
from gdcourse.datasets.tables import Dataset, generator

AXES = ("x1", "x2")


def blobs(n=300, classes=3, spread=0.8, seed=0):
    """Round clouds with their centres evenly on the circle of radius 3. X: (n, 2), y: (n,) in 0 ... classes - 1.

    spread: standard deviation of a cloud along each axis. Straight lines separate the classes as well as anything can.
    """
    rng, y = _classes(n, classes, seed)
    angle = 2 * np.pi * y / classes
    X = 3 * np.column_stack([np.cos(angle), np.sin(angle)]) + _noise(rng, n, spread, "spread")
    return Dataset(X, y, AXES, "class")


def moons(n=200, noise=0.15, seed=0):
    """Two half circles of radius 1 that reach into each other. X: (n, 2), y: (n,) in {0, 1}; no straight line separates.

    The upper arc, label 0, has its centre at (0, 0), the lower one, label 1, at (1, 1/2).
    """
    rng, y = _classes(n, 2, seed)
    angle = rng.uniform(0, np.pi, n)
    sign = 1 - 2 * y
    X = np.column_stack([y + sign * np.cos(angle), 0.5 * y + sign * np.sin(angle)]) + _noise(rng, n, noise)
    return Dataset(X, y, AXES, "class")


def spirals(n=300, classes=2, turns=1.5, noise=0.02, seed=0):
    """Arms that wind ``turns`` times around the origin, out to radius 1. X: (n, 2), y: (n,) in 0 ... classes - 1."""
    rng, y = _classes(n, classes, seed)
    _check.number("turns", turns, above=0)
    radius = np.sqrt(rng.uniform(0.01, 1, n))  # the root spreads the points evenly along the arm
    angle = 2 * np.pi * (turns * radius + y / classes)
    X = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + _noise(rng, n, noise)
    return Dataset(X, y, AXES, "class")


def _classes(n, classes, seed):
    if classes != int(_check.number("classes", classes, least=2)):
        raise ValueError(f"expected classes to be a whole number, got {classes}")
    rng = generator(n, seed)
    return rng, rng.permutation(np.arange(int(n)) % int(classes))


def _noise(rng, n, scale, name="noise"):
    return rng.normal(0, _check.number(name, scale, least=0), (int(n), 2))
