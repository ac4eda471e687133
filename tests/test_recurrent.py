"""Recurrent layers: forward and backward against PyTorch's own, differences and each other; long memory; bad input refused."""

import cases
import numpy as np
import pytest

from gdcourse.gradients import central_difference
from gdcourse.recurrent import numpy as recurrent


def rng(seed=0):
    return np.random.default_rng(seed)


CASES = {
    "RNN": lambda m: m.RNN(3, 4, rng(1)),
    "RNN, last": lambda m: m.RNN(3, 4, rng(1), last=True),
    "LSTM": lambda m: m.LSTM(3, 4, rng(1)),
    "LSTM, last": lambda m: m.LSTM(3, 4, rng(1), last=True),
    "LSTM, no forget bias": lambda m: m.LSTM(3, 4, rng(1), forget_bias=0.0),
}
X = rng(2).normal(size=(5, 3, 6))


def dy_like(y):
    return np.cos(np.arange(y.size)).reshape(y.shape)


def run(framework, name, x=X):
    """Return y, dx and grads as NumPy arrays."""
    layer = CASES[name](cases.module("recurrent", framework))
    y = layer.forward(cases.array(framework, x), train=True)
    dx = layer.backward(cases.array(framework, dy_like(cases.to_numpy(y))))
    return [cases.to_numpy(a) for a in (y, dx, *layer.grads)]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_frameworks_agree(framework, name):
    for got, expected in zip(run(framework, name), run("numpy", name), strict=True):
        assert got.dtype == np.float64
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_equals_pytorchs_own_layer_forward_and_backward(name):
    import torch

    layer = CASES[name](recurrent)
    W, U, b = layer.params
    theirs = getattr(torch.nn, name.split(",")[0])(3, 4, batch_first=True).double()
    with torch.no_grad():
        for p, value in zip(theirs.parameters(), (W.T, U.T, b, 0 * b), strict=True):
            p.copy_(torch.tensor(value))
    x = torch.tensor(X.transpose(0, 2, 1).copy(), requires_grad=True)
    y = theirs(x)[0]
    y = y[:, -1] if "last" in name else y.transpose(1, 2)
    y.backward(torch.tensor(dy_like(y.detach().numpy())))
    dW, dU, db, _ = (p.grad.numpy() for p in theirs.parameters())
    expected = y.detach().numpy(), x.grad.numpy().transpose(0, 2, 1), dW.T, dU.T, db
    for g, e in zip(run("numpy", name), expected, strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_backward_equals_central_differences(name):
    layer = CASES[name](recurrent)
    dy = dy_like(layer.forward(X))

    def loss(a, p=None):
        if p is None:
            return np.sum(layer.forward(a) * dy)
        kept = p.copy()
        p[...] = a
        value = np.sum(layer.forward(X) * dy)
        p[...] = kept
        return value

    dx = layer.backward(dy)
    np.testing.assert_allclose(dx, central_difference(loss, X), rtol=1e-6, atol=1e-8)
    for p, g in zip(layer.params, list(layer.grads), strict=True):
        np.testing.assert_allclose(g, central_difference(lambda a, p=p: loss(a, p), p.copy()), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["RNN", "LSTM"])
@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_a_layer_is_its_cell_step_by_step(framework, name):
    layer = CASES[name](cases.module("recurrent", framework))
    x = cases.array(framework, X)
    y, state = cases.to_numpy(layer.forward(x)), layer.start(5)
    assert not any(cases.to_numpy(a).any() for a in state)
    for t in range(6):
        state = layer.cell(x[..., t], state)
        np.testing.assert_allclose(cases.to_numpy(state[0]), y[..., t], rtol=1e-12, atol=1e-15)
    assert all(tuple(a.shape) == (5, 4) for a in state) and len(state) == {"RNN": 1, "LSTM": 2}[name]


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_what_they_start_with(framework):
    """Every block of U orthogonal, b zero but for the forget gate's."""
    layer = cases.module("recurrent", framework).LSTM(3, 4, rng(), forget_bias=2.0)
    _, U, b = (cases.to_numpy(p) for p in layer.params)
    for block in np.split(U, 4, axis=1):
        np.testing.assert_allclose(block.T @ block, np.eye(4), atol=1e-12)
    assert b.tolist() == [0] * 4 + [2] * 4 + [0] * 8


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("name", ["RNN", "LSTM"])
def test_float32_stays_float32(framework, name):
    layer = getattr(cases.module("recurrent", framework), name)(3, 4, rng(), dtype="float32")
    y = layer.forward(cases.array(framework, X.astype(np.float32)))
    dx = layer.backward(cases.array(framework, np.cos(cases.to_numpy(y))))
    assert {cases.to_numpy(a).dtype for a in (y, dx, *layer.grads, *layer.params)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_fifty_steps_of_a_model_agree(framework):
    trained = {}
    for f in ("numpy", framework):
        layers, losses = cases.module("layers", f), cases.module("losses", f)
        model = layers.Sequential(
            cases.module("recurrent", f).RNN(3, 5, rng(1)),
            cases.module("recurrent", f).LSTM(5, 4, rng(2), last=True),
            layers.Dense(4, 2, rng(3)),
        )
        gd, x, y = cases.module("optimizers", f).GD(0.3), cases.array(f, X), cases.array(f, np.array([0, 1, 1, 0, 1]))
        for _ in range(50):
            model.backward(losses.softmax_ce_grad(model.forward(x, train=True), y))
            gd.step(model.params, model.grads)
        trained[f] = [cases.to_numpy(p) for p in model.params]
    for g, e in zip(trained[framework], trained["numpy"], strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-12, atol=1e-12)


def test_along_the_cell_only_the_forget_gate_counts():
    """With the gates' weights at zero, dc_l / dc_1 is sigmoid(b_f)^(l - 1): equation (4) by hand."""
    layer = recurrent.LSTM(1, 2, rng(), forget_bias=3.0)
    for p in layer.params[:2]:
        p[...] = 0
    layer.params[2][4:6] = 0.5  # g = tanh 0.5 at every step
    layer.forward(np.zeros((1, 1, 8)))
    f, i, g, o = (1 / (1 + np.exp(-3))), 0.5, np.tanh(0.5), 0.5
    c = [i * g * sum(f**k for k in range(t)) for t in range(1, 9)]
    np.testing.assert_allclose(layer.y[0, 0], o * np.tanh(c), rtol=1e-12)
    dy = np.zeros((1, 2, 8))
    dy[0, 0, -1] = 1
    layer.backward(dy)
    dg = o * (1 - np.tanh(c[-1]) ** 2) * i * (1 - g**2) * sum(f**k for k in range(8))
    np.testing.assert_allclose(layer.grads[2][4], dg, rtol=1e-12)


def test_gradients_to_the_first_of_sixty_steps():
    """An open forget gate hands them back; a plain layer's tanh halves them again and again, orthogonal U or not."""
    x, reach = rng(5).normal(size=(20, 1, 60)), {}
    for name, layer in (("RNN", recurrent.RNN(1, 8, rng(7))), ("LSTM", recurrent.LSTM(1, 8, rng(7), forget_bias=5.0))):
        layer.last = True
        dx = layer.backward(np.cos(layer.forward(x)))
        reach[name] = np.linalg.norm(dx[..., 0]) / np.linalg.norm(dx[..., -1])
    assert reach["LSTM"] > 0.1 and reach["RNN"] < 1e-3, reach


BAD = {
    "images": (np.zeros((2, 3, 4, 4)), r": expected x of shape \(n, 3, l\), got \(2, 3, 4, 4\)"),
    "length first": (np.zeros((2, 6, 3)), r"\(n, 3, l\), got \(2, 6, 3\)"),
    "no steps": (np.zeros((2, 3, 0)), r"got \(2, 3, 0\)"),
    "float32": (np.zeros((2, 3, 4), np.float32), "expected x of float64, got float32"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("name", ["RNN", "LSTM"])
@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_bad_input_is_refused(framework, name, case):
    x, message = BAD[case]
    with pytest.raises((ValueError, TypeError), match=message):
        CASES[name](cases.module("recurrent", framework)).forward(cases.array(framework, x))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_bad_arguments_and_states_are_refused(framework):
    m = cases.module("recurrent", framework)
    layer, x = m.LSTM(3, 4, rng()), cases.array(framework, X[..., 0])
    with pytest.raises(ValueError, match=r"LSTM: expected a state of 2 x \(5, 4\), got \[\(5, 4\)\]"):
        layer.cell(x, layer.start(5)[:1])
    with pytest.raises(ValueError, match=r"expected a state of 2 x \(5, 4\), got \[\(1, 4\), \(1, 4\)\]"):
        layer.cell(x, layer.start(1))
    with pytest.raises(ValueError, match=r"LSTM: expected x of shape \(n, 3\), got \(5, 2\)"):
        layer.cell(x[:, :2], layer.start(5))
    with pytest.raises(TypeError, match="expected forget_bias to be a number, got str"):
        m.LSTM(3, 4, rng(), forget_bias="one")
    with pytest.raises(ValueError, match=r"positive integers, got \(3, 0\)"):
        m.RNN(3, 0, rng())
    with pytest.raises(TypeError, match=r"numpy\.random\.Generator, got int"):
        m.RNN(3, 4, 0)
