"""Models: parameter counts, the same weights and results in our three, PyTorch's and Keras' own networks, bad input refused."""

import cases
import numpy as np
import pytest

from gdcourse.layers import numpy as layers
from gdcourse.models import numpy as models

# name: (made from a framework's module, the shape of x, the number of parameters)
CASES = {
    "linear": (lambda m: m.linear(5), (4, 5), 6),
    "logistic": (lambda m: m.logistic(5), (4, 5), 6),
    "mlp": (lambda m: m.mlp(), (4, 784), 101_770),
    "deep mlp": (lambda m: m.mlp((6, 5, 4, 3), seed=3), (4, 6), 35 + 24 + 15),
    "one layer": (lambda m: m.mlp((6, 3), seed=3), (4, 6), 21),
    "cnn": (lambda m: m.cnn(), (4, 1, 28, 28), 225_034),
    "cnn of digits": (lambda m: m.cnn((1, 8, 8), padding=1), (4, 1, 8, 8), 320 + 18_496 + 257 * 128 + 1_290),
    "cnn in colour": (lambda m: m.cnn((3, 12, 10), classes=4, seed=5), (4, 3, 12, 10), 896 + 18_496 + 65 * 128 + 516),
    "autoencoder": (lambda m: m.autoencoder(), (4, 784), 100_480 + 4_128 + 4_224 + 101_136),
    "small autoencoder": (lambda m: m.autoencoder((6, 2)), (4, 6), 14 + 18),
}


def made(framework, name):
    return CASES[name][0](cases.module("models", framework))


def results(framework, name):
    """Return the parameters, y, dx and the gradients, in NumPy, for one batch."""
    model, rng = made(framework, name), np.random.default_rng(1)
    y = model.forward(cases.array(framework, rng.normal(size=CASES[name][1])), train=True)
    dx = model.backward(cases.array(framework, rng.normal(size=tuple(y.shape))))
    return [cases.to_numpy(a) for a in (*model.params, y, dx, *model.grads)]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_parameter_counts(framework, name):
    assert sum(cases.to_numpy(p).size for p in made(framework, name).params) == CASES[name][2]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_frameworks_agree(framework, name):
    expected, got = results("numpy", name), results(framework, name)
    for e, g in zip(expected, got, strict=True):
        assert g.dtype == np.float64 and g.shape == e.shape
        np.testing.assert_allclose(g, e, rtol=1e-12, atol=1e-12 * np.max(np.abs(e)))
    count = len(made("numpy", name).params)
    assert all(np.array_equal(e, g) for e, g in zip(expected[:count], got[:count], strict=True))


def test_the_cnn_is_pytorchs():
    """The documents' network in `torch.nn` with our weights: the same logits and gradients."""
    import torch
    from torch import nn

    x, dy = np.random.default_rng(2).normal(size=(4, 1, 28, 28)), np.random.default_rng(3).normal(size=(4, 10))
    theirs = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10),
    ).double()  # fmt: skip
    ours = models.cnn()
    with torch.no_grad():
        for p, q in zip(ours.params, theirs.parameters(), strict=True):
            q.copy_(torch.tensor(p.T if p.ndim == 2 else p))
    y = theirs(torch.tensor(x))
    np.testing.assert_allclose(ours.forward(x), y.detach(), rtol=1e-12, atol=1e-12)
    y.backward(torch.tensor(dy))
    ours.backward(dy)
    for g, q in zip(ours.grads, theirs.parameters(), strict=True):
        e = (q.grad.T if q.ndim == 2 else q.grad).numpy()
        np.testing.assert_allclose(g, e, rtol=1e-12, atol=1e-12 * np.abs(e).max())


def test_the_mlp_and_the_cnn_have_keras_parameter_counts():
    import torch  # noqa: F401  PyTorch first
    from keras import Sequential
    from keras.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D

    assert Sequential([Input((784,)), Dense(128), Dense(10)]).count_params() == CASES["mlp"][2]
    cnn = [Input((28, 28, 1)), Conv2D(32, 3), MaxPooling2D(), Conv2D(64, 3), MaxPooling2D(), Flatten(), Dense(128)]
    assert Sequential([*cnn, Dense(10)]).count_params() == CASES["cnn"][2]


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_seeds(framework):
    m = cases.module("models", framework)

    def weights(seed):
        return cases.to_numpy(m.mlp((4, 3, 2), seed=seed).params[0])

    assert np.array_equal(weights(1), weights(1)) and not np.array_equal(weights(1), weights(2))
    assert np.array_equal(weights(np.random.default_rng(1)), weights(1))
    one = np.random.default_rng(1)  # a generator goes on, so a second model differs
    assert not np.array_equal(weights(one), weights(one))


def test_initial_weights_are_as_the_docstring_says():
    first, bias, last, _ = models.mlp((400, 300, 200)).params
    assert abs(first.var() * 400 / 2 - 1) < 0.02 and abs(last.var() * 500 / 2 - 1) < 0.03 and not bias.any()
    assert not any(p.any() for p in models.linear(3).params + models.logistic(3).params)


def test_activation_and_init_can_be_chosen():
    from gdcourse.initializers.numpy import orthogonal

    model = models.mlp((4, 4, 4, 2), activation=layers.Tanh, init=orthogonal, seed=0)
    assert [type(layer).__name__ for layer in model.layers] == ["Dense", "Tanh", "Dense", "Tanh", "Dense"]
    W = model.params[0]
    np.testing.assert_allclose(W @ W.T, np.eye(4), atol=1e-12)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_models_learn(framework):
    """Logistic regression reaches the optimum of scikit-learn, the small CNN remembers four images."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    losses, gd = cases.module("losses", framework), cases.module("optimizers", framework).GD
    X = rng.normal(size=(60, 2))
    y = (X @ [1.0, -2] + 2 * rng.normal(size=60) > 0.3).astype(int)
    model, optimizer = cases.module("models", framework).logistic(2), gd(2.0)
    for _ in range(400):
        z = model.forward(cases.array(framework, X))
        model.backward(losses.bce_with_logits_grad(z[:, 0], cases.array(framework, y))[:, None])
        optimizer.step(model.params, model.grads)
    best = LogisticRegression(C=np.inf, tol=1e-12).fit(X, y)
    np.testing.assert_allclose(cases.to_numpy(model.params[0])[:, 0], best.coef_[0], rtol=1e-4)

    images, labels = rng.normal(size=(4, 1, 8, 8)), cases.array(framework, np.arange(4))
    model, optimizer = cases.module("models", framework).cnn((1, 8, 8), padding=1), gd(0.05)
    for _ in range(20):
        z = model.forward(cases.array(framework, images), train=True)
        model.backward(losses.softmax_ce_grad(z, labels))
        optimizer.step(model.params, model.grads)
    assert cases.to_numpy(z).argmax(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda m: m.mlp((784,)), ValueError, r"at least two integers above 0, .* got \(784,\)"),
        (lambda m: m.mlp(784), ValueError, "got 784"),
        (lambda m: m.mlp((784, 0, 10)), ValueError, r"got \(784, 0, 10\)"),
        (lambda m: m.mlp(seed=None), TypeError, "an integer or a numpy.random.Generator, got NoneType"),
        (lambda m: m.mlp(dtype="int64"), ValueError, "got 'int64'"),
        (lambda m: m.mlp(seed=-1), ValueError, "non-negative"),
        (lambda m: m.linear(0), ValueError, r"positive integers, got \(0, 1\)"),
        (lambda m: m.cnn((1, 8, 8)), ValueError, "at least 10 rows and columns with padding=0, got 8 x 8"),
        (lambda m: m.cnn((28, 28)), ValueError, r"\(channels, height, width\), got \(28, 28\)"),
        (lambda m: m.cnn(padding=-1), ValueError, "padding"),
        (lambda m: m.autoencoder((4, -2)), ValueError, r"got \(4, -2\)"),
    ],
)
def test_bad_input_is_refused(framework, make, error, message):
    with pytest.raises(error, match=message):
        make(cases.module("models", framework))
