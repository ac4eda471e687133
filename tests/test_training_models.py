"""Models of layers under `train`: the three frameworks make the same run, with dropout, batch norm and an embedding too."""

from functools import partial

import cases
import numpy as np
import pytest

EPOCHS = 10


def convolutional(framework):
    """(n, 1, 8, 8) -> (n, 3): convolution, batch norm, pooling, dropout, dense."""
    layers, rng = cases.module("layers", framework), np.random.default_rng(0)
    return layers.Sequential(
        layers.Conv2d(1, 4, 3, rng, padding=1),
        layers.BatchNorm(4),
        layers.ReLU(),
        layers.MaxPool(2),
        layers.Flatten(),
        layers.Dropout(0.25, np.random.default_rng(1)),
        layers.Dense(64, 3, rng),
    )


def embedding(framework):
    """(n, 5) indices below 7 -> (n, 3): the gradient of the table is sparse in TensorFlow."""
    layers, rng = cases.module("layers", framework), np.random.default_rng(0)
    flat = layers.Flatten(), layers.Dense(20, 6, rng), layers.Tanh(), layers.LayerNorm(6), layers.Dense(6, 3, rng)
    return layers.Sequential(layers.Embedding(7, 4, rng), *flat)


DATA = {
    convolutional: np.random.default_rng(2).normal(size=(30, 1, 8, 8)),
    embedding: np.random.default_rng(3).integers(0, 7, (30, 5)),
}


def fit(framework, make, **options):
    model, labels = make(framework), np.random.default_rng(4).integers(0, 3, 30)
    X, y = cases.array(framework, DATA[make]), cases.array(framework, labels)
    training, loss = cases.module("training", framework), cases.module("losses", framework).softmax_ce
    history = training.train(
        training.objective(model, loss), model.params, X, y, cases.module("optimizers", framework).GD(0.5),
        epochs=EPOCHS, batch_size=4, accumulate=2, weight_decay=0.01, decay_biases=False,
        clip=partial(cases.module("clipping", framework).clip_by_global_norm, c=2.0),
        validate=lambda params: loss(model.forward(X, train=False), y), restore_best=True, **options,
    )  # fmt: skip
    return history, [cases.to_numpy(p) for p in model.params]


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@pytest.mark.parametrize("make", [convolutional, embedding])
def test_frameworks_train_the_same_model(framework, make):
    ours, params = fit("numpy", make)
    theirs, others = fit(framework, make)
    for series in ("losses", "grad_norms", "step_norms", "validation"):
        np.testing.assert_allclose(getattr(theirs, series), getattr(ours, series), rtol=1e-12, err_msg=series)
    for p, q in zip(params, others, strict=True):
        np.testing.assert_allclose(q, p, rtol=1e-12, atol=1e-13)
    assert ours.losses[-1] < ours.losses[0] and max(ours.grad_norms) > 2 > min(ours.grad_norms)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_validation_after_the_best_epoch_is_found_again(framework):
    """Without batch norm, whose running means are no params, the restored model gives the best validation loss."""
    model, y = embedding(framework), cases.array(framework, np.random.default_rng(4).integers(0, 3, 30))
    X, loss = cases.array(framework, DATA[embedding]), cases.module("losses", framework).softmax_ce
    values = iter([3.0, 1.0, 2.0])
    seen = []
    training = cases.module("training", framework)
    training.train(
        training.objective(model, loss), model.params, X, y, cases.module("optimizers", framework).GD(0.5), epochs=3,
        validate=lambda params: next(values), restore_best=True,
        callbacks=[lambda history, params: seen.append(cases.to_numpy(loss(model.forward(X), y)).copy())],
    )  # fmt: skip
    assert cases.to_numpy(loss(model.forward(X), y)) == seen[1] and len(set(map(float, seen))) == 3
