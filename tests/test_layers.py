"""Layers: forward and backward against PyTorch, differences, loops and each other; Keras where it can; bad input refused."""

import cases
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gdcourse.gradients import central_difference
from gdcourse.layers import conv2d_loops, conv2d_loops_backward, memory, receptive_field
from gdcourse.layers import numpy as layers
from gdcourse.models import numpy as models


def rng(seed=0):
    return np.random.default_rng(seed)


def torch_batch_norm(x, gamma, beta):
    import torch.nn.functional as F

    return F.batch_norm(x, None, None, gamma, beta, training=True)


def functional(name):
    """Return PyTorch's function for the case called name: (x, *params) -> y."""
    import torch
    import torch.nn.functional as F

    return {
        "dense": lambda x, W, b: F.linear(x, W.T, b),
        "conv1d": lambda x, K, b: F.conv1d(x, K, b, stride=2, padding=1),
        "conv2d": F.conv2d,
        "conv2d strided": lambda x, K, b: F.conv2d(x, K, b, stride=(2, 1), padding=(1, 2)),
        "conv1d dilated": lambda x, K, b: F.conv1d(x, K, b, stride=2, padding=1, dilation=3),
        "conv1d causal": lambda x, K, b: F.conv1d(F.pad(x, (4, 0)), K, b, dilation=2),
        "conv2d dilated": lambda x, K, b: F.conv2d(x, K, b, padding=2, dilation=(2, 1)),
        "conv2d dilated and strided": lambda x, K, b: F.conv2d(x, K, b, stride=(1, 2), padding=1, dilation=2),
        "max pool": lambda x: F.max_pool2d(x, 2),
        "max pool overlapping": lambda x: F.max_pool2d(x, (3, 2), (1, 2)),
        "max pool 1d": lambda x: F.max_pool1d(x, 2),
        "avg pool": lambda x: F.avg_pool2d(x, 2),
        "avg pool overlapping": lambda x: F.avg_pool2d(x, 3, 2),
        "avg pool 1d": lambda x: F.avg_pool1d(x, 3, 1),
        "flatten": lambda x: torch.flatten(x, 1),
        "relu": F.relu,
        "leaky relu": lambda x: F.leaky_relu(x, 0.2),
        "gelu": F.gelu,
        "gelu tanh": lambda x: F.gelu(x, approximate="tanh"),
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softmax": lambda x: F.softmax(x, dim=-1),
        "batch norm": torch_batch_norm,
        "batch norm 1d": torch_batch_norm,
        "batch norm 2d": torch_batch_norm,
        "layer norm": lambda x, gamma, beta: F.layer_norm(x, x.shape[-1:], gamma, beta),
        "group norm": lambda x, gamma, beta: F.group_norm(x, 2, gamma, beta),
        "group norm of one group": lambda x, gamma, beta: F.group_norm(x, 1, gamma, beta),
        "instance norm": lambda x, gamma, beta: F.instance_norm(x, None, None, gamma, beta),
        "residual": lambda x, W, b: x + torch.tanh(F.linear(x, W.T, b)),
        "sequential": lambda x, W, b, V, c: F.linear(F.gelu(F.linear(x, W.T, b)), V.T, c),
    }[name]


# name: (a layer made from a framework's module, the shape of x)
CASES = {
    "dense": (lambda m: m.Dense(4, 3, rng()), (5, 4)),
    "conv1d": (lambda m: m.Conv1d(3, 4, 3, rng(), stride=2, padding=1), (2, 3, 8)),
    "conv2d": (lambda m: m.Conv2d(2, 3, 3, rng()), (2, 2, 6, 5)),
    "conv2d strided": (lambda m: m.Conv2d(2, 3, (3, 2), rng(), stride=(2, 1), padding=(1, 2)), (2, 2, 6, 5)),
    "conv1d dilated": (lambda m: m.Conv1d(3, 4, 3, rng(), stride=2, padding=1, dilation=3), (2, 3, 9)),
    "conv1d causal": (lambda m: m.Conv1d(3, 4, 3, rng(), padding="causal", dilation=2), (2, 3, 8)),
    "conv2d dilated": (lambda m: m.Conv2d(2, 3, 3, rng(), padding=2, dilation=(2, 1)), (2, 2, 6, 5)),
    "conv2d dilated and strided": (
        lambda m: m.Conv2d(2, 3, (2, 3), rng(), stride=(1, 2), padding=1, dilation=2),
        (2, 2, 6, 7),
    ),
    "max pool": (lambda m: m.MaxPool(2), (2, 3, 6, 5)),
    "max pool overlapping": (lambda m: m.MaxPool((3, 2), (1, 2)), (2, 3, 6, 5)),
    "max pool 1d": (lambda m: m.MaxPool(2), (2, 3, 7)),
    "avg pool": (lambda m: m.AvgPool(2), (2, 3, 6, 5)),
    "avg pool overlapping": (lambda m: m.AvgPool(3, 2), (2, 3, 7, 6)),
    "avg pool 1d": (lambda m: m.AvgPool(3, 1), (2, 3, 7)),
    "flatten": (lambda m: m.Flatten(), (2, 3, 4, 2)),
    "relu": (lambda m: m.ReLU(), (3, 4)),
    "leaky relu": (lambda m: m.LeakyReLU(0.2), (3, 4)),
    "gelu": (lambda m: m.GELU(), (3, 4)),
    "gelu tanh": (lambda m: m.GELU(approximate=True), (3, 4)),
    "sigmoid": (lambda m: m.Sigmoid(), (3, 4)),
    "tanh": (lambda m: m.Tanh(), (3, 4)),
    "softmax": (lambda m: m.Softmax(), (2, 3, 4)),
    "batch norm": (lambda m: m.BatchNorm(3), (6, 3)),
    "batch norm 1d": (lambda m: m.BatchNorm(3), (4, 3, 5)),
    "batch norm 2d": (lambda m: m.BatchNorm(3), (4, 3, 2, 5)),
    "layer norm": (lambda m: m.LayerNorm(4), (2, 3, 4)),
    "group norm": (lambda m: m.GroupNorm(2, 6), (3, 6, 2, 5)),
    "group norm of one group": (lambda m: m.GroupNorm(1, 4), (3, 4)),
    "instance norm": (lambda m: m.GroupNorm(3, 3), (2, 3, 7)),
    "residual": (lambda m: m.Residual(m.Dense(4, 4, rng()), m.Tanh()), (5, 4)),
    "sequential": (lambda m: m.Sequential(m.Dense(4, 6, rng(1)), m.GELU(), m.Dense(6, 2, rng(2))), (5, 4)),
}


def built(framework, name, seed=0):
    """Return the case's layer with random params (biases and gammas too), a random x and a random dy, in NumPy."""
    make, shape = CASES[name]
    layer, generator = make(cases.module("layers", framework)), rng(seed)
    for p in layer.params:
        assign(p, generator.normal(size=tuple(p.shape)))
    x = 2 * generator.normal(size=shape)
    y = make(layers).forward(x, train=True)
    return layer, x, generator.normal(size=y.shape)


def assign(p, values):
    if hasattr(p, "assign"):
        p.assign(values)
    else:
        (p.data if hasattr(p, "detach") else p)[...] = cases.array("torch", values) if hasattr(p, "detach") else values


def run(framework, name, seed=0, train=True):
    """Return y, dx and grads as NumPy arrays."""
    layer, x, dy = built(framework, name, seed)
    y = layer.forward(cases.array(framework, x), train)
    dx = layer.backward(cases.array(framework, dy))
    return [cases.to_numpy(a) for a in (y, dx, *layer.grads)]


def close(got, expected, rtol=1e-12):
    """Assert agreement relative to the largest entry: a sum may cancel."""
    assert got.dtype == expected.dtype and got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol * max(1, np.max(np.abs(expected))))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@pytest.mark.parametrize("train", [True, False])
def test_frameworks_agree(name, framework, train):
    for seed in range(3):
        expected, got = run("numpy", name, seed, train), run(framework, name, seed, train)
        assert len(got) == len(expected)
        for g, e in zip(got, expected, strict=True):
            assert g.dtype == np.float64
            close(g, e)


@pytest.mark.parametrize("name", CASES)
def test_equals_pytorch_forward_and_backward(name):
    import torch

    for seed in range(3):
        layer, x, dy = built("numpy", name, seed)
        inputs = [torch.tensor(a, requires_grad=True) for a in (x, *layer.params)]
        y = functional(name)(*inputs)
        expected = [y.detach(), *torch.autograd.grad(y, inputs, torch.tensor(dy))]
        for g, e in zip(run("numpy", name, seed), expected, strict=True):
            close(g, e.numpy())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("train", [True, False])
def test_backward_equals_central_differences(name, train):
    layer, x, dy = built("numpy", name)
    layer.forward(x, train)
    dx = layer.backward(dy)
    np.testing.assert_allclose(
        dx, central_difference(lambda v: np.sum(layer.forward(v, train) * dy), x), rtol=1e-6, atol=1e-7
    )
    for p, g in zip(layer.params, list(layer.grads), strict=True):

        def loss(v, p=p):
            kept = p.copy()
            p[...] = v
            value = np.sum(layer.forward(x, train) * dy)
            p[...] = kept
            return value

        np.testing.assert_allclose(g, central_difference(loss, p.copy()), rtol=1e-6, atol=1e-7)


@st.composite
def convolutions(draw):
    """Return x, K, b, stride, padding, dilation of a convolution whose kernel fits."""
    n, c, o = (draw(st.integers(1, 3)) for _ in range(3))
    h, w = (draw(st.integers(1, 7)) for _ in range(2))
    kh, kw, stride, padding, dilation = (draw(st.integers(*ends)) for ends in ((1, 4), (1, 4), (1, 3), (0, 2), (1, 2)))
    assume(all(dilation * (k - 1) < size + 2 * padding for k, size in ((kh, h), (kw, w))))
    generator = rng(draw(st.integers(0, 999)))
    x, K, b = (generator.normal(size=s) for s in ((n, c, h, w), (o, c, kh, kw), (o,)))
    return x, K, b, stride, padding, dilation


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@settings(deadline=None, max_examples=60)
@given(problem=convolutions())
def test_conv_equals_the_loops(framework, problem):
    x, K, b, *window = problem
    layer = cases.module("layers", framework).Conv2d(*K.shape[1::-1], K.shape[2:], rng(), *window)
    for p, values in zip(layer.params, (K, b), strict=True):
        assign(p, values)
    y = conv2d_loops(x, K, b, *window)
    close(cases.to_numpy(layer.forward(cases.array(framework, x))), y)
    dy = np.cos(np.arange(y.size)).reshape(y.shape)
    dx, dK, db = conv2d_loops_backward(x, K, dy, *window)
    close(cases.to_numpy(layer.backward(cases.array(framework, dy))), dx)
    for g, e in zip(layer.grads, (dK, db), strict=True):
        close(cases.to_numpy(g), e)


@settings(deadline=None, max_examples=30)
@given(problem=convolutions())
def test_the_loops_equal_pytorch(problem):
    import torch
    import torch.nn.functional as F

    x, K, b, *window = problem
    inputs = [torch.tensor(a, requires_grad=True) for a in (x, K, b)]
    y = F.conv2d(*inputs, *window)
    close(conv2d_loops(x, K, b, *window), y.detach().numpy())
    dy = torch.cos(torch.arange(y.numel(), dtype=torch.float64)).reshape(y.shape)
    for g, e in zip(conv2d_loops_backward(x, K, dy.numpy(), *window), torch.autograd.grad(y, inputs, dy), strict=True):
        close(g, e.numpy())


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("kind", ["max", "avg"])
@settings(deadline=None, max_examples=40)
@given(st.integers(1, 7), st.integers(1, 7), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_pooling_equals_pytorch(framework, kind, h, w, size, stride, seed):
    import torch
    import torch.nn.functional as F

    assume(size <= min(h, w))
    x = rng(seed).normal(size=(2, 2, h, w))
    theirs = torch.tensor(x, requires_grad=True)
    y = getattr(F, f"{kind}_pool2d")(theirs, size, stride)
    dy = torch.cos(torch.arange(y.numel(), dtype=torch.float64)).reshape(y.shape)
    layer = getattr(cases.module("layers", framework), f"{kind.capitalize()}Pool")(size, stride)
    close(cases.to_numpy(layer.forward(cases.array(framework, x))), y.detach().numpy())
    (dx,) = torch.autograd.grad(y, theirs, dy)
    close(cases.to_numpy(layer.backward(cases.array(framework, dy.numpy()))), dx.numpy())


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_causal_convolution_does_not_see_the_future(framework):
    """And of the past what the stacked windows reach: 1 + 2 + 2 * 2 = 7 entries here."""
    m = cases.module("layers", framework)
    model = m.Sequential(
        m.Conv1d(1, 2, 3, rng(1), padding="causal"), m.Conv1d(2, 1, 3, rng(2), padding="causal", dilation=2)
    )
    x = rng(3).normal(size=(1, 1, 12))
    before = cases.to_numpy(model.forward(cases.array(framework, x)))
    x[0, 0, 4] += 1.0
    changed = cases.to_numpy(model.forward(cases.array(framework, x))) != before
    assert before.shape == (1, 1, 12) and changed[0, 0].nonzero()[0].tolist() == list(range(4, 11))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_ties_in_max_pooling_go_to_the_first(framework):
    x = np.array([[[[1.0, 3, 2, 2], [3, 3, 2, 2]]]])
    layer = cases.module("layers", framework).MaxPool(2)
    layer.forward(cases.array(framework, x))
    dx = cases.to_numpy(layer.backward(cases.array(framework, np.array([[[[5.0, 7]]]]))))
    assert dx.tolist() == [[[[0, 5, 7, 0], [0, 0, 0, 0]]]]


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_slopes_at_the_kink(framework):
    module = cases.module("layers", framework)
    for layer, slope in ((module.ReLU(), 0.0), (module.LeakyReLU(0.1), 0.1)):
        layer.forward(cases.array(framework, np.zeros((1, 2))))
        assert cases.to_numpy(layer.backward(cases.array(framework, np.ones((1, 2))))).tolist() == [[slope, slope]]


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_embedding(framework):
    layer = cases.module("layers", framework).Embedding(5, 3, rng())
    W, x = cases.to_numpy(layer.params[0]), np.array([[1, 4], [1, 1]])
    y = cases.to_numpy(layer.forward(cases.array(framework, x)))
    assert np.array_equal(y, W[x])
    dy = rng(1).normal(size=y.shape)
    assert layer.backward(cases.array(framework, dy)) is None
    one_hot = np.eye(5)[x].reshape(-1, 5)
    close(cases.to_numpy(layer.grads[0]), one_hot.T @ dy.reshape(-1, 3))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_a_model_that_begins_with_an_embedding(framework):
    m, results = cases.module("layers", framework), {}
    for module in (m, layers):
        model = module.Sequential(module.Embedding(6, 2, rng(1)), module.Flatten(), module.Dense(6, 3, rng(2)))
        make = framework if module is m else "numpy"
        model.forward(cases.array(make, np.array([[0, 5, 2], [2, 2, 1]])))
        assert model.backward(cases.array(make, rng(3).normal(size=(2, 3)))) is None
        results[module] = [cases.to_numpy(g) for g in model.grads]
    for g, e in zip(results[m], results[layers], strict=True):
        close(g, e)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_dropout(framework):
    module = cases.module("layers", framework)
    ones = np.ones((400, 300))
    layer, reference = module.Dropout(0.3, rng(5)), layers.Dropout(0.3, rng(5))
    y = cases.to_numpy(layer.forward(cases.array(framework, ones), train=True))
    assert np.array_equal(y, reference.forward(ones, train=True))  # the same mask in all three
    assert set(np.unique(y)) == {0.0, 1 / 0.7}
    assert abs(np.mean(y) - 1) < 5 * np.sqrt(0.3 / 0.7 / y.size)
    assert len({row.tobytes() for row in y}) == 400  # a mask for each example
    assert np.array_equal(cases.to_numpy(layer.backward(cases.array(framework, ones))), y)
    again = cases.to_numpy(layer.forward(cases.array(framework, ones), train=True))
    assert not np.array_equal(again, y)
    assert np.array_equal(cases.to_numpy(layer.forward(cases.array(framework, ones))), ones)
    assert np.array_equal(cases.to_numpy(layer.backward(cases.array(framework, ones))), ones)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("per, groups", [("channel", 200 * 5), ("example", 200)])
def test_dropout_of_channels_and_of_examples(framework, per, groups):
    """What shares a mask is kept or dropped together; a dropped example is a residual block that is left out."""
    layer = cases.module("layers", framework).Dropout(0.4, rng(6), per=per)
    ones = np.ones((200, 5, 3, 2))
    y = cases.to_numpy(layer.forward(cases.array(framework, ones), train=True))
    assert np.array_equal(y, layers.Dropout(0.4, rng(6), per=per).forward(ones, train=True))
    together = y.reshape(groups, -1)
    assert np.all(together == together[:, :1]) and set(np.unique(y)) == {0.0, 1 / 0.6}
    assert abs(y.mean() - 1) < 5 * np.sqrt(0.4 / 0.6 / groups)
    assert np.array_equal(cases.to_numpy(layer.backward(cases.array(framework, ones))), y)
    assert np.array_equal(cases.to_numpy(layer.forward(cases.array(framework, ones))), ones)


def test_dropout_of_channels_is_that_of_the_frameworks():
    """Each drops whole channels and scales the others: Dropout2d in PyTorch, SpatialDropout2D in Keras."""
    import torch  # noqa: I001  PyTorch first
    import keras

    ones = np.ones((300, 4, 3, 3))
    theirs = torch.nn.Dropout2d(0.4)(torch.tensor(ones)).numpy()
    kerass = np.asarray(keras.layers.SpatialDropout2D(0.4, dtype="float64")(np.moveaxis(ones, 1, -1), training=True))
    ours = layers.Dropout(0.4, rng(), per="channel").forward(ones, train=True)
    for y in (ours, theirs, np.moveaxis(kerass, -1, 1)):
        channels = y.reshape(1200, 9)
        assert np.all(channels == channels[:, :1]) and abs(np.mean(channels > 0) - 0.6) < 5 * np.sqrt(0.24 / 1200)
        np.testing.assert_allclose(np.unique(y), [0, 1 / 0.6], rtol=1e-6)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_gaussian_dropout(framework):
    """Noise of mean 1 and of the variance that dropout's own has, p / (1 - p); Keras' has the same."""
    layer = cases.module("layers", framework).GaussianDropout(0.2, rng(7))
    ones = np.ones((400, 300))
    y = cases.to_numpy(layer.forward(cases.array(framework, ones), train=True))
    assert np.array_equal(y, layers.GaussianDropout(0.2, rng(7)).forward(ones, train=True))
    assert abs(y.mean() - 1) < 5 * np.sqrt(0.25 / y.size) and np.isclose(y.var(), 0.25, rtol=5 * np.sqrt(2 / y.size))
    assert np.array_equal(cases.to_numpy(layer.backward(cases.array(framework, ones))), y)
    assert np.array_equal(cases.to_numpy(layer.forward(cases.array(framework, ones))), ones)
    assert np.array_equal(cases.to_numpy(layer.backward(cases.array(framework, ones))), ones)


def test_gaussian_dropout_of_keras():
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    y = np.asarray(keras.layers.GaussianDropout(0.2, dtype="float64", seed=1)(np.ones((400, 300)), training=True))
    assert abs(y.mean() - 1) < 5 * np.sqrt(0.25 / y.size) and np.isclose(y.var(), 0.25, rtol=5 * np.sqrt(2 / y.size))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 2, 5)])
def test_batch_norm_keeps_the_statistics_of_pytorch(framework, shape):
    import torch

    ours = cases.module("layers", framework).BatchNorm(3, momentum=0.2)
    theirs = (torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d)(3, momentum=0.2, dtype=torch.float64)
    for seed in range(5):
        x = 3 + 2 * rng(seed).normal(size=shape)
        close(
            cases.to_numpy(ours.forward(cases.array(framework, x), train=True)),
            theirs(torch.tensor(x)).detach().numpy(),
        )
    close(cases.to_numpy(ours.mean), theirs.running_mean.numpy())
    close(cases.to_numpy(ours.var), theirs.running_var.numpy())
    x = rng(9).normal(size=shape)
    close(cases.to_numpy(ours.forward(cases.array(framework, x))), theirs.eval()(torch.tensor(x)).detach().numpy())


def test_batch_norm_and_keras():
    """What the docstring says: momentum is 1 - ours, the variance divides by m and not by m - 1, eps is 1e-3."""
    import keras

    x = rng(1).normal(size=(8, 3))
    ours = layers.BatchNorm(3, momentum=0.25, eps=1e-3)
    theirs = keras.layers.BatchNormalization(momentum=0.75, dtype="float64")
    np.testing.assert_allclose(theirs(x, training=True), ours.forward(x, train=True), rtol=1e-12)
    np.testing.assert_allclose(theirs.moving_mean, ours.mean, rtol=1e-12)
    batch = (ours.var - 0.75) / 0.25  # the running variance began at 1
    np.testing.assert_allclose(theirs.moving_variance, 0.75 + 0.25 * batch * 7 / 8, rtol=1e-12)
    assert np.all(np.abs(theirs.moving_variance - ours.var) > 1e-3)


def test_keras_layers_with_our_weights():
    """Dense, convolution, pooling and norms on (n, h, w, c); a dense layer after flattening needs its rows permuted."""
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    x = rng(2).normal(size=(2, 3, 6, 6))
    conv, pool, dense = layers.Conv2d(3, 4, 3, rng(3)), layers.MaxPool(2), layers.Dense(16, 5, rng(4))
    model = layers.Sequential(conv, layers.Tanh(), pool, layers.Flatten(), dense)
    K, b = conv.params
    theirs = keras.Sequential(
        [
            keras.layers.Conv2D(4, 3, activation="tanh", dtype="float64"),
            keras.layers.MaxPooling2D(2, dtype="float64"),
            keras.layers.Flatten(dtype="float64"),
            keras.layers.Dense(5, dtype="float64"),
        ]
    )
    theirs.build((None, 6, 6, 3))
    theirs.layers[0].set_weights([K.transpose(2, 3, 1, 0), b])
    W = dense.params[0]
    theirs.layers[3].set_weights([W.reshape(4, 2, 2, 5).transpose(1, 2, 0, 3).reshape(16, 5), dense.params[1]])
    expected = model.forward(x)
    np.testing.assert_allclose(theirs(x.transpose(0, 2, 3, 1)), expected, rtol=1e-10, atol=1e-12)
    theirs.layers[3].set_weights(dense.params)
    assert not np.allclose(theirs(x.transpose(0, 2, 3, 1)), expected)
    norm = keras.layers.LayerNormalization(epsilon=1e-5, dtype="float64")
    np.testing.assert_allclose(norm(x), layers.LayerNorm(6).forward(x), rtol=1e-10, atol=1e-12)


def test_keras_rounds_the_root_of_two_in_gelu():
    """What the docstring says: the gap is there, and of the size of float32's rounding."""
    import keras

    x = np.array([[1.0, -2.0, 0.5]])
    for approximate in (False, True):
        gap = np.abs(np.asarray(keras.activations.gelu(x, approximate)) - layers.GELU(approximate).forward(x)).max()
        assert 1e-10 < gap < 1e-7


def test_defaults_of_the_builtins():
    """What the docstring says of momentum, eps and slopes."""
    import torch  # noqa: I001  PyTorch first
    import keras

    ours, torchs, kerass = layers.BatchNorm(2), torch.nn.BatchNorm1d(2), keras.layers.BatchNormalization()
    assert (ours.momentum, torchs.momentum, kerass.momentum) == (0.1, 0.1, 0.99)
    assert (ours.eps, torchs.eps, kerass.epsilon) == (1e-5, 1e-5, 1e-3)
    ours, torchs, kerass = layers.LeakyReLU(), torch.nn.LeakyReLU(), keras.layers.LeakyReLU()
    assert (ours.slope, torchs.negative_slope, kerass.negative_slope) == (0.01, 0.01, 0.3)


def test_same_padding_of_keras():
    """Equal to padding=k // 2 for odd k and stride 1; with stride 2 Keras pads an even size at the end alone."""
    import torch  # noqa: I001  PyTorch first
    import keras

    x = rng(6).normal(size=(1, 2, 6, 6))
    for stride, equal in ((1, True), (2, False)):
        ours = layers.Conv2d(2, 3, 3, rng(7), stride=stride, padding=1)
        theirs = keras.layers.Conv2D(3, 3, strides=stride, padding="same", dtype="float64")
        theirs.build((None, 6, 6, 2))
        theirs.set_weights([ours.params[0].transpose(2, 3, 1, 0), ours.params[1]])
        got = np.asarray(theirs(x.transpose(0, 2, 3, 1))).transpose(0, 3, 1, 2)
        assert got.shape == ours.forward(x).shape
        assert np.allclose(got, ours.forward(x), rtol=1e-10) == equal
    with pytest.raises(ValueError, match="not supported for strided"):
        torch.nn.Conv2d(2, 3, 3, stride=2, padding="same")
    at_the_end = np.pad(x, [(0, 0), (0, 0), (0, 1), (0, 1)])
    np.testing.assert_allclose(got, conv2d_loops(at_the_end, *ours.params, stride=2), rtol=1e-10, atol=1e-12)


def little_cnn(m):
    return m.Sequential(
        m.Conv2d(1, 3, 3, rng(1)), m.BatchNorm(3), m.ReLU(), m.MaxPool(2), m.Flatten(), m.Dropout(0.3, rng(2)),
        m.Residual(m.Dense(12, 12, rng(3)), m.Tanh()), m.Dense(12, 4, rng(4)),
    )  # fmt: skip


def data(framework, seed=0):
    x, y = rng(seed).normal(size=(5, 1, 6, 6)), rng(seed).integers(0, 4, 5)
    return cases.array(framework, x), cases.array(framework, y)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_fifty_steps_of_a_whole_model_agree(framework):
    """Convolution, norm, dropout, residual and gradient descent: the same weights in all three after 50 steps."""
    trained = {}
    for name in ("numpy", framework):
        model, losses = little_cnn(cases.module("layers", name)), cases.module("losses", name)
        optimizer = cases.module("optimizers", name).GD(0.1)
        for step in range(50):
            x, y = data(name, step)
            model.backward(losses.softmax_ce_grad(model.forward(x, train=True), y))
            optimizer.step(model.params, model.grads)
        trained[name] = [cases.to_numpy(p) for p in model.params]
    assert len(trained[framework]) == 8
    for g, e in zip(trained[framework], trained["numpy"], strict=True):
        close(g, e)


def test_a_torch_loop_differentiates_the_loss_itself():
    import torch

    m, losses = cases.module("layers", "torch"), cases.module("losses", "torch")
    (ours, theirs), x_y = (little_cnn(m), little_cnn(m)), [data("torch", step) for step in range(5)]
    gd = cases.module("optimizers", "torch").GD(0.1)
    sgd = torch.optim.SGD(theirs.params, 0.1)
    for x, y in x_y:
        ours.backward(losses.softmax_ce_grad(ours.forward(x, train=True), y))
        gd.step(ours.params, ours.grads)
        sgd.zero_grad()
        losses.softmax_ce(theirs.forward(x, train=True), y).backward()
        sgd.step()
    for g, e in zip(ours.params, theirs.params, strict=True):
        close(g.detach().numpy(), e.detach().numpy())


def test_a_tape_differentiates_the_loss_itself():
    import tensorflow as tf

    m, losses = cases.module("layers", "tensorflow"), cases.module("losses", "tensorflow")
    model, again = little_cnn(m), little_cnn(m)
    x, y = data("tensorflow")
    with tf.GradientTape() as tape:
        loss = losses.softmax_ce(model.forward(x, train=True), y)
    dx = again.backward(losses.softmax_ce_grad(again.forward(x, train=True), y))
    assert dx.shape == x.shape
    for g, e in zip(tape.gradient(loss, model.params), again.grads, strict=True):
        close(g.numpy(), e.numpy())


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_inputs_are_unchanged_and_a_second_pass_gives_the_same(framework):
    for name in CASES:
        layer, x, dy = built(framework, name)
        before, x_, dy_ = x.copy(), cases.array(framework, x), cases.array(framework, dy)
        first = [cases.to_numpy(layer.forward(x_)), cases.to_numpy(layer.backward(dy_))]
        second = [cases.to_numpy(layer.forward(x_)), cases.to_numpy(layer.backward(dy_))]
        assert np.array_equal(cases.to_numpy(x_), before) and np.array_equal(cases.to_numpy(dy_), dy)
        assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_what_a_layer_returned_is_never_overwritten():
    """NumPy's layers use memory again, but not while anything that they returned, or a view of it, is held."""
    model, held = models.cnn((1, 16, 16), seed=1), []
    for seed in range(6):
        x = rng(seed).normal(size=(40, 1, 16, 16))
        y = model.forward(x, train=True)
        model.backward(np.cos(y))
        arrays = [
            y,
            model.layers[0].y[3:, ::2],
            model.layers[1].y,
            model.layers[2].y,
            model.layers[3].y.T,
            *model.grads,
        ]
        held += [(a, a.copy()) for a in arrays]
    assert all(np.array_equal(a, copy) for a, copy in held)


def test_memory_is_used_again_once_nobody_holds_it(monkeypatch):
    monkeypatch.setattr(memory, "_kept", {})
    a = memory.empty((300, 300), "float64")
    place, view = a.__array_interface__["data"][0], a[5:, ::3]
    del a
    assert memory.empty((90000,), "float64").__array_interface__["data"][0] != place  # the view still holds it
    del view
    assert memory.empty((100, 900), "float64").__array_interface__["data"][0] == place
    assert memory.empty((2, 3), "float32").flags.owndata  # a small one is NumPy's own


def test_memory_that_is_kept_has_a_limit(monkeypatch):
    monkeypatch.setattr(memory, "_kept", {})
    monkeypatch.setattr(memory, "LIMIT", 10 * memory.SMALLEST)
    for n in range(1, 30):
        memory.empty((n * memory.SMALLEST,), "uint8")
    assert sum(size * len(blocks) for size, blocks in memory._kept.items()) <= memory.LIMIT


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_arrays_in_the_order_of_another(order):
    a = np.arange(24.0).reshape(2, 3, 4).transpose(order)
    made = memory.empty_like(a, bool)
    assert made.shape == a.shape and made.dtype == bool and memory._order(made) == memory._order(a)
    assert memory.ordered_like(a, made) is a and not memory.zeros_like(a).any()
    copy = memory.ordered_like(a, np.ones(a.shape))
    assert np.array_equal(copy, a) and copy.flags.c_contiguous


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_float32_stays_float32(framework):
    m, f32 = cases.module("layers", framework), {"dtype": "float32"}
    model = m.Sequential(
        m.Conv2d(1, 3, 3, rng(1), padding=1, **f32), m.BatchNorm(3, **f32), m.LeakyReLU(), m.MaxPool(2), m.GELU(),
        m.AvgPool(2, 1), m.GroupNorm(3, 3, **f32), m.Flatten(), m.LayerNorm(12, **f32), m.Dropout(0.3, rng(2)),
        m.GaussianDropout(0.3, rng(2)), m.Dropout(0.3, rng(2), per="example"), m.Sigmoid(), m.Tanh(),
        m.GELU(approximate=True), m.Residual(m.Dense(12, 12, rng(3), **f32), m.ReLU()), m.Softmax(),
    )  # fmt: skip
    x = rng().normal(size=(5, 1, 6, 6)).astype(np.float32)
    y = model.forward(cases.array(framework, x), train=True)
    dx = model.backward(cases.array(framework, np.cos(cases.to_numpy(y))))
    assert {cases.to_numpy(a).dtype for a in (y, dx, *model.grads, *model.params)} == {np.dtype(np.float32)}
    assert cases.to_numpy(m.Embedding(3, 2, rng(), **f32).forward(cases.array(framework, np.array([0])))).dtype == "f4"


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_large_inputs_do_not_overflow(framework):
    module, x = cases.module("layers", framework), cases.array(framework, np.array([[-1000.0, 0, 1000]]))
    expected = {"Sigmoid": [0, 0.5, 1], "Softmax": [0, 0, 1], "Tanh": [-1, 0, 1], "GELU": [0, 0, 1000]}
    for name, y in expected.items():
        layer = getattr(module, name)()
        np.testing.assert_allclose(cases.to_numpy(layer.forward(x))[0], y, atol=1e-300)
        assert np.all(np.isfinite(cases.to_numpy(layer.backward(cases.array(framework, np.ones((1, 3)))))))


def test_gelu_keeps_the_digits_of_a_small_probability():
    from scipy.special import ndtr

    x = np.array([[-30.0, -8, -1e-9, 3]])
    for framework in cases.FRAMEWORKS:
        got = cases.module("layers", framework).GELU().forward(cases.array(framework, x))
        np.testing.assert_allclose(cases.to_numpy(got), x * ndtr(x), rtol=1e-12)


z = np.zeros
BAD = {
    "dense width": (lambda m: m.Dense(4, 3, rng()), z((5, 3)), r"Dense: expected x of shape \(n, 4\), got \(5, 3\)"),
    "dense image": (lambda m: m.Dense(4, 3, rng()), z((5, 1, 2, 2)), r"\(n, 4\), got \(5, 1, 2, 2\)"),
    "dense empty": (lambda m: m.Dense(4, 3, rng()), z((0, 4)), r"got \(0, 4\)"),
    "conv channels": (lambda m: m.Conv2d(3, 2, 3, rng()), z((1, 1, 5, 5)), r"Conv2d: .* \(n, 3, h, w\), got \(1, 1, 5, 5\)"),
    "conv channels last": (lambda m: m.Conv2d(3, 2, 3, rng()), z((1, 5, 5, 3)), r"got \(1, 5, 5, 3\)"),
    "conv kernel": (lambda m: m.Conv2d(1, 2, 5, rng()), z((1, 1, 4, 6)), r"no larger than \(4, 6\), .* got \(5, 5\)"),
    "conv1d": (lambda m: m.Conv1d(3, 2, 3, rng()), z((1, 3, 5, 5)), r"Conv1d: .* \(n, 3, h\), got"),
    "conv dilated": (lambda m: m.Conv1d(1, 2, 3, rng(), dilation=3), z((1, 1, 6)), r"than \(6,\), .* got \(7,\)"),
    "group norm": (lambda m: m.GroupNorm(2, 4), z((5, 3)), r"GroupNorm: expected x of shape \(n, 4\), got \(5, 3\)"),
    "dropout of channels": (lambda m: m.Dropout(0.5, rng(), per="channel"), z(3), r"shape \(n, c, ...\), got \(3,\)"),
    "pool": (lambda m: m.MaxPool(2), z((2, 3, 1, 4)), r"MaxPool: expected windows no larger than \(1, 4\)"),
    "pool rows": (lambda m: m.AvgPool(2), z((2, 4)), r"AvgPool: expected x of shape \(n, c, h, w\), got \(2, 4\)"),
    "batch norm": (lambda m: m.BatchNorm(3), z((5, 4)), r"BatchNorm: expected x of shape \(n, 3\), got \(5, 4\)"),
    "batch norm of one": (lambda m: m.BatchNorm(3), z((1, 3)), "more than one value per channel in training, got 1"),
    "layer norm": (lambda m: m.LayerNorm(3), z((5, 4)), r"LayerNorm: .* got \(5, 4\)"),
    "embedding": (lambda m: m.Embedding(3, 2, rng()), np.array([0, 3]), "in 0..2, got 0, 3"),
    "embedding below": (lambda m: m.Embedding(3, 2, rng()), np.array([-1]), "in 0..2, got -1"),
    "residual": (lambda m: m.Residual(m.Dense(4, 3, rng())), z((5, 4)), r"Residual: .* \(5, 3\), got \(5, 4\)"),
    "integers": (lambda m: m.Dense(2, 3, rng()), z((5, 2), int), "Dense: expected x of float64, got int64"),
    "float32": (lambda m: m.Dense(2, 3, rng()), z((5, 2), np.float32), "expected x of float64, got float32"),
    "integers to relu": (lambda m: m.ReLU(), z((5, 2), int), "ReLU: expected x of floats, got int64"),
    "floats as indices": (lambda m: m.Embedding(3, 2, rng()), z(2), "Embedding: expected x of integers, got float64"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_bad_input_is_refused_and_changes_nothing(case, framework):
    make, x, message = BAD[case]
    layer = make(cases.module("layers", framework))
    state = [cases.to_numpy(a).copy() for a in (*layer.params, getattr(layer, "mean", 0), getattr(layer, "var", 0))]
    with pytest.raises((ValueError, TypeError), match=message):
        layer.forward(cases.array(framework, x), train=True)
    after = [cases.to_numpy(a) for a in (*layer.params, getattr(layer, "mean", 0), getattr(layer, "var", 0))]
    assert all(np.array_equal(a, b) for a, b in zip(state, after, strict=True))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_bad_backward_is_refused(framework):
    layer = cases.module("layers", framework).Dense(4, 3, rng())
    with pytest.raises(RuntimeError, match="Dense: expected a forward pass before backward"):
        layer.backward(cases.array(framework, z((5, 3))))
    layer.forward(cases.array(framework, z((5, 4))))
    with pytest.raises(ValueError, match=r"dy of shape \(5, 3\) like y, got \(1, 3\)"):
        layer.backward(cases.array(framework, z((1, 3))))


BAD_ARGUMENTS = {
    "no width": (lambda m: m.Dense(0, 3, rng()), ValueError, r"positive integers, got \(0, 3\)"),
    "a seed for a generator": (lambda m: m.Dense(2, 3, 0), TypeError, "numpy.random.Generator, got int"),
    "dtype": (lambda m: m.Dense(2, 3, rng(), dtype="int8"), ValueError, "got 'int8'"),
    "stride": (lambda m: m.Conv2d(1, 1, 3, rng(), stride=0), ValueError, "stride .* at least 1, got 0"),
    "padding": (lambda m: m.Conv2d(1, 1, 3, rng(), padding=-1), ValueError, "padding .* at least 0, got -1"),
    "padding by name": (lambda m: m.Conv2d(1, 1, 3, rng(), padding="same"), ValueError, "got 'same'"),
    "padding of a sequence": (
        lambda m: m.Conv1d(1, 1, 3, rng(), padding="same"),
        ValueError,
        "or 'causal', got 'same'",
    ),
    "a causal image": (lambda m: m.Conv2d(1, 1, 3, rng(), padding="causal"), ValueError, "at least 0, got 'causal'"),
    "dilation": (lambda m: m.Conv2d(1, 1, 3, rng(), dilation=0), ValueError, "dilation .* at least 1, got 0"),
    "groups": (lambda m: m.GroupNorm(3, 4), ValueError, "expected groups to divide the 4 channels, got 3"),
    "no groups": (lambda m: m.GroupNorm(0, 4), ValueError, "groups .* at least 1, got 0"),
    "dropout per": (lambda m: m.Dropout(0.5, rng(), per="pixel"), ValueError, "got 'pixel'"),
    "gaussian drop rate": (lambda m: m.GaussianDropout(1.0, rng()), ValueError, "p to be below 1, got 1.0"),
    "size": (lambda m: m.Conv2d(1, 1, (3, 3, 3), rng()), ValueError, r"size to have 2 numbers, .* got \(3, 3, 3\)"),
    "window": (lambda m: m.MaxPool(1.5), ValueError, "size .* got 1.5"),
    "drop rate": (lambda m: m.Dropout(1.0, rng()), ValueError, "p to be below 1, got 1.0"),
    "drop rate below": (lambda m: m.Dropout(-0.1, rng()), ValueError, "got -0.1"),
    "drop rate NaN": (lambda m: m.Dropout(float("nan"), rng()), ValueError, "got nan"),
    "dropout seed": (lambda m: m.Dropout(0.5, 0), TypeError, "numpy.random.Generator, got int"),
    "momentum": (lambda m: m.BatchNorm(3, momentum=1.5), ValueError, "momentum to be below 1, got 1.5"),
    "eps": (lambda m: m.LayerNorm(3, eps=0.0), ValueError, "eps to be a finite number above 0"),
    "slope": (lambda m: m.LeakyReLU(-1), ValueError, "slope .* got -1"),
    "no layers": (lambda m: m.Sequential(), TypeError, "at least one layer, got none"),
    "a list of layers": (lambda m: m.Sequential([m.ReLU()]), TypeError, "at least one layer, got list"),
    "a layer twice": (lambda m: m.Sequential(*[m.ReLU()] * 2), ValueError, "the same one twice"),
}


@pytest.mark.parametrize("case", BAD_ARGUMENTS)
@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_bad_arguments_are_refused(case, framework):
    make, error, message = BAD_ARGUMENTS[case]
    with pytest.raises(error, match=message):
        make(cases.module("layers", framework))


def test_on_a_cuda_device_the_numbers_are_the_cpus():
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    m, losses = cases.module("layers", "torch"), cases.module("losses", "torch")
    model = little_cnn(m)
    with torch.device("cuda"):
        on_device = little_cnn(m)
    x, y = data("torch")
    for _ in range(3):
        dx = model.backward(losses.softmax_ce_grad(model.forward(x, train=True), y))
        dx_ = on_device.backward(losses.softmax_ce_grad(on_device.forward(x.cuda(), train=True), y.cuda()))
        for g, e in zip([dx_, *on_device.grads], [dx, *model.grads], strict=True):
            np.testing.assert_allclose(g.cpu(), e, rtol=1e-9, atol=1e-12)


# Receptive field


def seen_by(model, shape, place):
    """Return along each axis the first and the last entry of the input with a gradient, of one output: (c = 0, *place)."""
    y = model.forward(rng(1).normal(size=shape))
    dy = np.zeros(y.shape)
    dy[(0, 0, *place)] = 1
    touched = np.argwhere(model.backward(dy)[0].any(axis=0))
    return [(int(low), int(high)) for low, high in zip(touched.min(0), touched.max(0), strict=True)]


STACKS = {
    "the documents' network": (lambda m: m.Sequential(*models.cnn((1, 28, 28)).layers[:6]), (1, 1, 28, 28), (2, 3)),
    "strides and padding": (
        lambda m: m.Sequential(
            m.Conv2d(1, 2, (3, 5), rng(2), stride=2, padding=(1, 2)), m.Tanh(), m.AvgPool(3, 1),
            m.Residual(m.Conv2d(2, 2, 3, rng(3), padding=1), m.Tanh()),
        ),
        (1, 1, 40, 40), (7, 8),
    ),
    "dilated and causal": (
        lambda m: m.Sequential(*(m.Conv1d(1, 1, 2, rng(d), dilation=d, padding="causal") for d in (1, 2, 4, 8))),
        (1, 1, 40), (30,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STACKS)
def test_receptive_field_is_where_the_gradient_is(name):
    """Largest entries take no gradient from the others, so max pooling is asked with the mean in its place."""
    make, shape, place = STACKS[name]
    model = make(layers)
    model.layers = [layers.AvgPool(2) if isinstance(layer, layers.MaxPool) else layer for layer in model.layers]
    model.layers = [layers.Tanh() if isinstance(layer, layers.ReLU) else layer for layer in model.layers]
    for layer in model.layers:
        for p in layer.params:
            p[...] = rng(4).uniform(0.1, 0.2, size=p.shape)
    field = receptive_field(make(layers))
    ends = [(a + i * j, a + i * j + r - 1) for r, j, a, i in zip(*field, place, strict=True)]
    assert seen_by(model, shape, place) == ends


def test_receptive_fields_by_hand():
    assert receptive_field([]) == (1, 1, 0)
    assert receptive_field([(3, 1), (3, 1)]).size == receptive_field([(5, 1)]).size == 5
    assert receptive_field([(2, 1, 2**k) for k in range(10)]).size == 1024
    assert receptive_field([(7, 2, 1, 3), ((3, 1), 2)]) == ((11, 7), (4, 4), (-3, -3))


@pytest.mark.parametrize(
    "given, error, message",
    [
        (models.cnn((1, 28, 28)), ValueError, "got Flatten, which looks at the whole input"),
        ([layers.GroupNorm(1, 2)], ValueError, "got GroupNorm"),
        ([(3,)], ValueError, r"expected \(size, stride\).*, got \(3,\)"),
        ([(3, 0)], ValueError, r"at least 1, .* got \(3, 0\)"),
        ([(3, 1.5)], ValueError, r"integers .* got \(3, 1.5\)"),
        (3, TypeError, "expected a model, or a list of layers .*, got int"),
    ],
)
def test_what_has_no_receptive_field(given, error, message):
    with pytest.raises(error, match=message):
        receptive_field(given)
