"""The course's models on NumPy arrays."""

from itertools import pairwise

from gdcourse.initializers.numpy import constant, he_normal, xavier_normal
from gdcourse.layers.numpy import Conv2d, Dense, Flatten, MaxPool, ReLU, Sequential
from gdcourse.models import sizes as check

__all__ = ["autoencoder", "cnn", "linear", "logistic", "mlp"]


def linear(d, dtype="float64"):
    """Equation (1). x: (n, d) -> (n, 1)."""
    return Sequential(Dense(d, 1, check.generator(0), init=constant, dtype=dtype))


def logistic(d, dtype="float64"):
    """Equation (2). x: (n, d) -> logits (n, 1)."""
    return linear(d, dtype)


def mlp(sizes=(784, 128, 10), activation=ReLU, init=he_normal, last=xavier_normal, seed=0, dtype="float64"):
    """Equation (3). x: (n, sizes[0]) -> logits (n, sizes[-1]).

    activation: makes the layer between two dense ones. init, last: initial weights of the hidden layers and of the last.
    """
    widths, rng, layers = check.widths(sizes), check.generator(seed), []
    for d_in, d_out in pairwise(widths[:-1]):
        layers += [Dense(d_in, d_out, rng, init, dtype), activation()]
    return Sequential(*layers, Dense(*widths[-2:], rng, last, dtype))


def autoencoder(sizes=(784, 128, 32), activation=ReLU, init=he_normal, last=xavier_normal, seed=0, dtype="float64"):
    """Equation (5). x: (n, sizes[0]) -> (n, sizes[0]), through a code of sizes[-1] numbers. Arguments as in `mlp`."""
    widths = check.widths(sizes)
    return mlp([*widths, *widths[-2::-1]], activation, init, last, seed, dtype)


def cnn(shape=(1, 28, 28), classes=10, padding=0, seed=0, dtype="float64"):
    """Equation (4). x: (n, *shape), shape (c, h, w) -> logits (n, classes). padding: of both convolutions, 1 for 8 x 8."""
    rng, (h, w) = check.generator(seed), check.pooled(shape, padding)
    before_relu = {"rng": rng, "init": he_normal, "dtype": dtype}
    return Sequential(
        Conv2d(shape[0], 32, 3, padding=padding, **before_relu), ReLU(), MaxPool(2),
        Conv2d(32, 64, 3, padding=padding, **before_relu), ReLU(), MaxPool(2),
        Flatten(), Dense(64 * h * w, 128, **before_relu), ReLU(), Dense(128, classes, rng, xavier_normal, dtype),
    )  # fmt: skip
