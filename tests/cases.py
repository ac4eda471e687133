"""One table of cases for the three frameworks: how to make an array, and the losses' arguments as NumPy makes them."""

import importlib

import numpy as np

FRAMEWORKS = ("numpy", "torch", "tensorflow")
TOPICS = (
    "losses", "gradients", "optimizers", "clipping", "initializers", "layers", "recurrent", "models", "training", "attribution",
    "precision",
)  # fmt: skip


def module(topic, framework):
    return importlib.import_module(f"gdcourse.{topic}.{framework}")


def array(framework, values):
    """Return values (a NumPy array) as the framework's own tensor."""
    if framework == "numpy":
        return np.array(values)
    if framework == "torch":
        import torch

        return torch.tensor(values)
    import tensorflow as tf

    return tf.constant(values)


def variable(framework, values):
    """Return values as something that an optimizer can change in place."""
    if framework == "tensorflow":
        import tensorflow as tf

        return tf.Variable(values)
    return array(framework, values)


def to_numpy(value):
    return np.asarray(value.detach() if hasattr(value, "detach") else value)


def loss_arguments(name, rng):
    """Return random arguments, as NumPy arrays, for the loss called name."""
    n, k = int(rng.integers(1, 9)), int(rng.integers(2, 6))
    labels = rng.integers(0, 2, n)
    return {
        "mse": lambda: (rng.normal(size=(n, k)), rng.normal(size=(n, k))),
        "mae": lambda: (rng.normal(size=(n, k)), rng.normal(size=(n, k))),
        "huber": lambda: (rng.normal(size=(n, k)), rng.normal(size=(n, k)), float(rng.uniform(0.2, 2))),
        "bce": lambda: (rng.uniform(0.001, 0.999, n), labels),
        "bce_with_logits": lambda: (rng.normal(scale=20, size=n), labels),
        "softmax_ce": lambda: (rng.normal(scale=20, size=(n, k)), rng.integers(0, k, n)),
        "hinge": lambda: (rng.normal(size=n), 2 * labels - 1),
        "l1": lambda: (rng.normal(size=(n, k)),),
        "l2": lambda: (rng.normal(size=(n, k)),),
    }[name]()


LOSSES = ("mse", "mae", "huber", "bce", "bce_with_logits", "softmax_ce", "hinge", "l1", "l2")
