"""Attribution against differences, closed forms and the axioms; the same in three frameworks and on their own models."""

import cases
import numpy as np
import pytest

from gdcourse.attribution import numpy as attribution
from gdcourse.gradients import central_difference
from gdcourse.layers import numpy as layers
from gdcourse.models import numpy as models


def rng(seed=0):
    return np.random.default_rng(seed)


def network(m, activation="Tanh"):
    """Convolution, norm, dropout (which must be off) and two dense layers: images (n, 1, 6, 6) -> (n, 3)."""
    return m.Sequential(
        m.Conv2d(1, 3, 3, rng(1)), m.BatchNorm(3), getattr(m, activation)(), m.MaxPool(2), m.Flatten(),
        m.Dropout(0.5, rng(2)), m.Dense(12, 3, rng(3)),
    )  # fmt: skip


X, TARGET = rng(4).normal(size=(4, 1, 6, 6)), np.array([0, 2, 1, 2])
CALLS = {
    "input_gradient": lambda a, model, x: a.input_gradient(model, x, TARGET),
    "integrated_gradients": lambda a, model, x: a.integrated_gradients(model, x, TARGET, steps=7),
    "integrated_gradients from a baseline": lambda a, model, x: a.integrated_gradients(model, x, 1, x[0] + 1, steps=3),
    "completeness_gap": lambda a, model, x: a.completeness_gap(model, x, TARGET, x),
    "completeness_gap from a baseline": lambda a, model, x: a.completeness_gap(model, x, TARGET, x, x[0]),
    "occlusion": lambda a, model, x: a.occlusion(model, x, TARGET, (2, 3), stride=(2, 1), value=0.5),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_frameworks_agree(framework, name):
    expected = CALLS[name](attribution, network(layers), X)
    a, model = cases.module("attribution", framework), network(cases.module("layers", framework))
    got = cases.to_numpy(CALLS[name](a, model, cases.array(framework, X)))
    assert got.dtype == np.float64 and got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


def score(model, x, target):
    return model.forward(x)[np.arange(len(x)), target]


def test_input_gradient_is_the_slope_of_the_score():
    model = network(layers)
    slope = central_difference(lambda x: np.sum(score(model, x, TARGET)), X)
    np.testing.assert_allclose(attribution.input_gradient(model, X, TARGET), slope, rtol=1e-6, atol=1e-8)


def test_a_linear_model_is_attributed_exactly():
    """There a = W[:, t] (x - x0), whatever the number of steps, and an occluded window takes its share with it."""
    model = layers.Sequential(layers.Flatten(), layers.Dense(36, 2, rng(5)))
    W, x0 = model.params[0][:, 1].reshape(1, 6, 6), rng(6).normal(size=(1, 6, 6))
    for steps in (1, 5):
        a = attribution.integrated_gradients(model, X, 1, x0, steps)
        np.testing.assert_allclose(a, W * (X - x0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(attribution.completeness_gap(model, X, 1, a, x0), 0, atol=1e-12)
    drop = attribution.occlusion(model, X, 1, 2, stride=2)
    share = (W * X).reshape(4, 3, 2, 3, 2).sum(axis=(2, 4))
    np.testing.assert_allclose(drop, share, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("activation, order", [("Tanh", 2), ("ReLU", 1)])
def test_completeness_comes_with_the_steps(activation, order):
    """The gap falls like 1 / steps^2 where the score is smooth, and at least like 1 / steps with kinks."""
    model = models.mlp((8, 16, 16, 3), getattr(layers, activation), seed=7)
    for p in model.params[1::2]:
        p[...] = rng(9).normal(size=p.shape)
    x, gaps = 2 * rng(8).normal(size=(50, 8)), []
    for steps in (20, 200, 2000):
        a = attribution.integrated_gradients(model, x, 0, steps=steps)
        gaps.append(np.sqrt(np.mean(attribution.completeness_gap(model, x, 0, a) ** 2)))
    assert gaps[2] < 1e-3 * np.abs(a).sum(axis=1).mean()
    falls = np.log10(np.array(gaps[:-1]) / gaps[1:])
    assert np.all(falls > 0.7 * order) and (order == 1 or np.all(falls < 2.2))


def test_without_biases_one_gradient_is_enough():
    """A ReLU network is then linear along every ray from 0, so (2) is x times the gradient at x."""
    model, x = models.mlp((8, 16, 16, 3), seed=7), rng(8).normal(size=(5, 8))
    a = attribution.integrated_gradients(model, x, 0, steps=1)
    np.testing.assert_allclose(a, x * attribution.input_gradient(model, x, 0), rtol=1e-12)
    np.testing.assert_allclose(attribution.completeness_gap(model, x, 0, a), 0, atol=1e-12)


class Saturated(layers.Layer):
    """1 - max(1 - x, 0), flat from 1 on: the example of Sundararajan, Taly & Yan."""

    def _forward(self, x, train):
        return 1 - np.maximum(1 - x, 0)

    def _backward(self, dy):
        return dy * (self.x < 1)


def test_integrated_gradients_see_what_the_gradient_at_x_does_not():
    model, x = layers.Sequential(Saturated()), np.array([[2.0]])
    assert attribution.input_gradient(model, x, 0) == 0
    np.testing.assert_allclose(attribution.integrated_gradients(model, x, 0, steps=100), 1)


def test_occlusion_window_by_window():
    model, found = network(layers), attribution.occlusion(network(layers), X, TARGET, (2, 3), (2, 1), value=-1.0)
    assert found.shape == (4, 3, 4)
    for i, j in np.ndindex(3, 4):
        hidden = X.copy()
        hidden[:, :, 2 * i : 2 * i + 2, j : j + 3] = -1
        np.testing.assert_allclose(found[:, i, j], score(model, X, TARGET) - score(model, hidden, TARGET), atol=1e-12)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_occlusion_of_sequences(framework):
    m = cases.module("layers", framework)
    model = m.Sequential(m.Conv1d(2, 3, 3, rng(1)), m.Tanh(), m.Flatten(), m.Dense(18, 2, rng(2)))
    found = cases.module("attribution", framework).occlusion(model, cases.array(framework, X.reshape(9, 2, 8)), 1, 3)
    assert tuple(found.shape) == (9, 6)


def test_pytorchs_own_modules():
    """The same weights give the same maps; dropout is off, running statistics stay, and the mode comes back."""
    import torch

    a, ours = cases.module("attribution", "torch"), network(cases.module("layers", "torch"))
    nn = torch.nn
    theirs = nn.Sequential(
        nn.Conv2d(1, 3, 3),
        nn.BatchNorm2d(3),
        nn.Tanh(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(12, 3),
    ).double()
    with torch.no_grad():
        for p, q in zip(theirs.parameters(), ours.params, strict=True):
            p.copy_(q if q.ndim != 2 else q.T)
    theirs.train()
    theirs[1].eval()
    state = {name: value.clone() for name, value in theirs.state_dict().items()}
    x = torch.tensor(X)
    for call in CALLS.values():
        np.testing.assert_allclose(call(a, theirs, x), call(a, ours, x).detach(), rtol=1e-12, atol=1e-12)
    assert [m.training for m in theirs] == [True, False] + [True] * 5 and theirs.training
    assert all(torch.equal(state[name], value) for name, value in theirs.state_dict().items())
    assert all(p.grad is None for p in theirs.parameters()) and not x.requires_grad
    function = a.input_gradient(lambda x: torch.stack([x.sum(1), (x**2).sum(1)], 1), torch.tensor([[1.0, -2.0]]), 1)
    assert function.tolist() == [[2, -4]]


def test_keras_models():
    import torch  # noqa: F401, I001  PyTorch first
    import keras
    import tensorflow as tf

    a, x = cases.module("attribution", "tensorflow"), tf.constant(rng(9).normal(size=(5, 4)))
    ours = models.mlp((4, 6, 3), layers.Tanh, seed=3)
    theirs = keras.Sequential(
        [
            keras.Input((4,), dtype="float64"),
            keras.layers.Dense(6, "tanh", dtype="float64"),
            keras.layers.Dropout(0.5, dtype="float64"),
            keras.layers.Dense(3, dtype="float64"),
        ]
    )
    theirs.set_weights(ours.params)
    for call in (lambda a, model, x: a.input_gradient(model, x, 2), lambda a, m, x: a.integrated_gradients(m, x, 0)):
        np.testing.assert_allclose(call(a, theirs, x), call(attribution, ours, x.numpy()), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_float32_stays_float32(framework):
    a, x = cases.module("attribution", framework), cases.array(framework, X.astype(np.float32))
    model = cases.module("models", framework).cnn((1, 6, 6), 3, padding=1, dtype="float32")
    for call in CALLS.values():
        assert cases.to_numpy(call(a, model, x)).dtype == np.float32


BAD = {
    "integers": (lambda a, m, x: a.input_gradient(m, X.astype(int), 0), TypeError, "expected x of floats, got .*int64"),
    "one example": (lambda a, m, x: a.input_gradient(m, X[0, 0, 0], 0), ValueError, r"a batch \(n, ...\), got shape \(6,\)"),
    "target": (lambda a, m, x: a.input_gradient(m, x, 3), ValueError, r"every target in 0..2, got 3 to 3"),
    "targets": (lambda a, m, x: a.occlusion(m, x, [0, 1], 2), ValueError, r"an integer or 4 of them, got int64 \(2,\)"),
    "target of float": (lambda a, m, x: a.input_gradient(m, x, 1.0), ValueError, r"got float64 \(\)"),
    "steps": (lambda a, m, x: a.integrated_gradients(m, x, 0, steps=0), ValueError, "at least 1, got 0"),
    "baseline": (lambda a, m, x: a.integrated_gradients(m, x, 0, X[0, 0]), ValueError, r"of one example, got \(6, 6\)"),
    "window": (lambda a, m, x: a.occlusion(m, x, 0, 7), ValueError, r"no larger than \(6, 6\), got \(7, 7\)"),
    "stride": (lambda a, m, x: a.occlusion(m, x, 0, 2, stride=0), ValueError, "stride .* at least 1, got 0"),
    "value": (lambda a, m, x: a.occlusion(m, x, 0, 2, value=np.nan), ValueError, "value to be a finite number, got nan"),
    "table": (lambda a, m, x: a.occlusion(m, x[:, 0, 0], 0, 2), ValueError, r"\(n, c, h, w\) or \(n, c, l\), got \(4, 6\)"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_bad_input_is_refused(framework, case):
    call, error, message = BAD[case]
    model = network(cases.module("layers", framework))
    with pytest.raises(error, match=message):
        call(cases.module("attribution", framework), model, cases.array(framework, X))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_a_model_without_scores_is_refused(framework):
    m = cases.module("layers", framework)
    with pytest.raises(ValueError, match=r"returns scores \(n, k\), got shape \(4, 1, 6, 6\)"):
        a = cases.module("attribution", framework)
        a.input_gradient(m.Sequential(m.Tanh()), cases.array(framework, X), 0)
