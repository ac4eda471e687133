"""Runs for the clinic, sick and healthy, in PyTorch unless the name says otherwise. Each returns its `Clinic`."""

from itertools import pairwise

import numpy as np

from gdcourse.datasets import breast_cancer, digits
from gdcourse.diagnostics import Clinic


def _digits():
    data = digits()
    return data.X[:1000], data.y[:1000]


def _tumours():
    data = breast_cancer()
    return data.X, data.y


def batches(X, y, steps, size, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        rows = rng.integers(0, len(X), size)
        yield X[rows], y[rows]


def fit(model, X, y, optimizer, loss=None, steps=150, size=64, labels=True, dtype=None, clip=None):
    """Train a PyTorch module under the eyes of a clinic."""
    import torch

    loss, dtype = loss or torch.nn.functional.cross_entropy, dtype or torch.float32
    clinic = Clinic(model)
    for a, b in batches(np.asarray(X), np.asarray(y), steps, size):
        a = torch.tensor(a) if a.dtype.kind == "i" else torch.tensor(a, dtype=dtype)
        b = torch.tensor(b) if b.dtype.kind == "i" else torch.tensor(b, dtype=dtype)
        optimizer.zero_grad()
        value = loss(model(a), b)
        value.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        clinic.step(value, y=b if labels and b.ndim == 1 and not b.is_floating_point() else None)
    clinic.close()
    return clinic


def dense(sizes, activation, init=None, norm=None, last=()):
    import torch
    from torch import nn

    torch.manual_seed(0)
    layers = []
    for d_in, d_out in pairwise(sizes[:-1]):
        layers += [nn.Linear(d_in, d_out), *([norm(d_out)] if norm else []), activation()]
    model = nn.Sequential(*layers, nn.Linear(*sizes[-2:]), *last)
    for module in model:
        if init and isinstance(module, nn.Linear):
            init(module.weight)
            nn.init.zeros_(module.bias)
    return model


def sgd(model, lr, **options):
    import torch

    return torch.optim.SGD(model.parameters(), lr, **options)


def adam(model, lr=1e-3, **options):
    import torch

    return torch.optim.Adam(model.parameters(), lr, **options)


def nn():
    import torch

    return torch.nn


def small_normal(std):
    return lambda w: nn().init.normal_(w, 0, std)


DEEP = (64, *[32] * 15, 10)


def sick_vanishing():
    model = dense(DEEP, nn().Sigmoid, nn().init.xavier_uniform_)
    return fit(model, *_digits(), sgd(model, 0.1))


def sick_vanishing_adam():
    model = dense(DEEP, nn().Sigmoid, nn().init.xavier_uniform_)
    return fit(model, *_digits(), adam(model))


def sick_exploding():
    model = dense(DEEP, nn().ReLU, small_normal(0.8))
    return fit(model, *_digits(), sgd(model, 1e-9))


def sick_exploding_at_once():
    """As above, at a usual rate: after a few steps no number is finite."""
    model = dense(DEEP, nn().ReLU, small_normal(0.8))
    return fit(model, *_digits(), sgd(model, 0.03))


def sick_alike_then_overflow():
    """Units that are alike in the first layer, and one corrupted batch after ten steps."""
    import torch

    X, y = (torch.tensor(a[:64]) for a in _digits())
    model = dense((64, 16, 10), nn().ReLU, lambda w: nn().init.constant_(w, 0.02)).double()
    optimizer, clinic = sgd(model, 0.1), Clinic(model)
    for t in range(30):
        optimizer.zero_grad()
        value = nn().functional.cross_entropy(model(X / float(t != 10)), y)
        value.backward()
        optimizer.step()
        clinic.step(value)
    return clinic


def sick_dead():
    model = dense((64, 128, 64, 10), nn().ReLU, nn().init.kaiming_normal_)
    nn().init.constant_(model[0].bias, -20.0)
    return fit(model, *_digits(), sgd(model, 0.1))


def sick_dying():
    """Healthy at first; one step at three hundred times the rate, number 40, kills most units of a layer."""
    import torch

    X, _ = _digits()
    model = dense((64, 64, 32, 1), nn().ReLU, nn().init.kaiming_normal_)
    optimizer, clinic = sgd(model, 0.01), Clinic(model)
    for t, (a, b) in enumerate(batches(X, 10 * X.mean(axis=1, keepdims=True), 150, 64)):
        optimizer.param_groups[0]["lr"] = 3.0 if t == 40 else 0.01
        optimizer.zero_grad()
        a, b = (torch.tensor(v, dtype=torch.float32) for v in (a, b))
        value = torch.nn.functional.mse_loss(model(a), b)
        value.backward()
        if t != 40:
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        clinic.step(value)
    return clinic


def sick_saturated():
    model = dense((64, 64, 64, 10), nn().Tanh, small_normal(2.0))
    return fit(model, *_digits(), sgd(model, 0.01))


def sick_saturated_sigmoid():
    model = dense((64, 64, 64, 10), nn().Sigmoid, small_normal(3.0))
    return fit(model, *_digits(), sgd(model, 0.01))


def sick_large_rate():
    model = dense((64, 64, 10), nn().Tanh)
    return fit(model, *_digits(), sgd(model, 50.0))


def sick_large_rate_adam():
    model = dense((64, 64, 10), nn().Tanh)
    return fit(model, *_digits(), adam(model, 1.0))


def sick_small_rate():
    model = dense((64, 64, 10), nn().ReLU)
    return fit(model, *_digits(), sgd(model, 1e-5))


def sick_overflow():
    """Regression with a rate beyond 2 / L: the loss squares its way out of the numbers."""
    X, y = _tumours()
    model = dense((30, 16, 1), nn().ReLU)
    return fit(model, (X - X.mean(0)) / X.std(0), y[:, None] * 100.0, sgd(model, 1.0), nn().functional.mse_loss)


def sick_log_of_zero():
    import torch

    model = dense((64, 32, 10), nn().ReLU, small_normal(2.0), last=[nn().Softmax(dim=1)])
    loss = lambda p, y: -torch.log(p[torch.arange(len(y)), y]).mean()  # noqa: E731
    return fit(model, *_digits(), sgd(model, 0.1), loss)


def sick_unscaled():
    model = dense((30, 16, 2), nn().ReLU)
    return fit(model, *_tumours(), sgd(model, 1e-3))


def sick_pixels_of_255():
    X, y = _digits()
    model = dense((64, 64, 10), nn().ReLU)
    return fit(model, 255 * X, y, sgd(model, 1e-4))


def sick_double_softmax():
    model = dense((64, 64, 10), nn().ReLU, last=[nn().Softmax(dim=1)])
    return fit(model, *_digits(), adam(model))


def sick_double_softmax_without_labels():
    model = dense((64, 64, 10), nn().ReLU, last=[nn().Softmax(dim=1)])
    return fit(model, *_digits(), adam(model, 5e-3), labels=False, steps=300)


def sick_forgotten_layer():
    model = dense((64, 64, 32, 10), nn().ReLU)
    import torch

    return fit(model, *_digits(), torch.optim.SGD(list(model[0].parameters()) + list(model[4].parameters()), 0.1))


def sick_detached():
    import torch

    class Detached(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.first, self.second = torch.nn.Linear(64, 32), torch.nn.Linear(32, 10)

        def forward(self, x):
            return self.second(torch.relu(self.first(x)).detach())

    model = Detached()
    return fit(model, *_digits(), sgd(model, 0.1))


def sick_constant_start():
    model = dense((64, 64, 10), nn().ReLU, lambda w: nn().init.constant_(w, 0.02))
    return fit(model, *_digits(), sgd(model, 0.1))


def sick_zero_start():
    model = dense((64, 64, 10), nn().Tanh, nn().init.zeros_)
    return fit(model, *_digits(), sgd(model, 0.1))


SICK = {  # run: what must be among the alarms
    sick_vanishing: "vanishing gradients",
    sick_vanishing_adam: "vanishing gradients",
    sick_exploding: "exploding",
    sick_exploding_at_once: "exploding",
    sick_alike_then_overflow: "units that are alike",
    sick_dead: "dead units",
    sick_dying: "dead units",
    sick_saturated: "saturated units",
    sick_saturated_sigmoid: "saturated units",
    sick_large_rate: "rate too large",
    sick_large_rate_adam: "rate too large",
    sick_small_rate: "rate too small",
    sick_overflow: "overflow",
    sick_log_of_zero: "overflow",
    sick_unscaled: "unscaled inputs",
    sick_pixels_of_255: "unscaled inputs",
    sick_double_softmax: "double softmax",
    sick_double_softmax_without_labels: "double softmax",
    sick_forgotten_layer: "frozen layer",
    sick_detached: "frozen layer",
    sick_constant_start: "units that are alike",
    sick_zero_start: "units that are alike",
}


def healthy_relu():
    model = dense((64, 128, 64, 10), nn().ReLU)
    return fit(model, *_digits(), sgd(model, 0.1))


def healthy_long():
    """To a loss near 0, where gradients are small and noisy."""
    model = dense((64, 64, 10), nn().ReLU)
    return fit(model, *_digits(), adam(model, 1e-2), steps=800)


def healthy_tanh_long():
    model = dense((64, 64, 64, 10), nn().Tanh)
    return fit(model, *_digits(), adam(model, 3e-3), steps=600)


def healthy_sigmoid():
    model = dense((64, 64, 10), nn().Sigmoid)
    return fit(model, *_digits(), adam(model, 1e-2))


def healthy_gelu_deep():
    model = dense((64, *[64] * 6, 10), nn().GELU)
    return fit(model, *_digits(), adam(model))


def healthy_deep_with_batch_norm():
    model = dense((64, *[64] * 12, 10), nn().ReLU, nn().init.kaiming_normal_, nn().BatchNorm1d)
    return fit(model, *_digits(), sgd(model, 0.05))


def healthy_deep_with_layer_norm():
    model = dense((64, *[64] * 8, 10), nn().ReLU, nn().init.kaiming_normal_, nn().LayerNorm)
    return fit(model, *_digits(), adam(model))


def healthy_momentum_and_decay():
    model = dense((64, 64, 10), nn().ReLU)
    return fit(model, *_digits(), sgd(model, 0.05, momentum=0.9, weight_decay=1e-3), steps=400)


def healthy_dropout():
    import torch

    torch.manual_seed(0)
    model = nn().Sequential(nn().Linear(64, 64), nn().ReLU(), nn().Dropout(0.5), nn().Linear(64, 10))
    return fit(model, *_digits(), adam(model))


def healthy_cnn():
    import torch

    torch.manual_seed(0)
    model = nn().Sequential(
        nn().Conv2d(1, 16, 3, padding=1), nn().ReLU(), nn().MaxPool2d(2), nn().Conv2d(16, 32, 3, padding=1), nn().ReLU(),
        nn().MaxPool2d(2), nn().Flatten(), nn().Linear(128, 64), nn().ReLU(), nn().Linear(64, 10),
    )  # fmt: skip
    X, y = _digits()
    return fit(model, X.reshape(-1, 1, 8, 8), y, adam(model))


def sick_functional():
    """Dead units whose ReLU is a function, seen as the input of the next layer."""
    import torch

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.hidden, self.out = torch.nn.Linear(64, 32), torch.nn.Linear(32, 10)
            torch.nn.init.constant_(self.hidden.bias, -20.0)

        def forward(self, x):
            return self.out(torch.relu(self.hidden(x)))

    model = Net()
    return fit(model, *_digits(), sgd(model, 0.1))


SICK[sick_functional] = "dead units"


def healthy_functional():
    """Activations and flattening as functions, so that no module shows them."""
    import torch
    import torch.nn.functional as F

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.conv, self.hidden = torch.nn.Conv2d(1, 8, 3), torch.nn.Linear(72, 32)
            self.out = torch.nn.Linear(32, 10)

        def forward(self, x):
            x = torch.flatten(F.max_pool2d(F.relu(self.conv(x)), 2), 1)
            return self.out(torch.tanh(self.hidden(x)))

    X, y = _digits()
    model = Net()
    return fit(model, X.reshape(-1, 1, 8, 8), y, adam(model))


def healthy_residual():
    import torch

    class Block(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.f = torch.nn.Sequential(
                torch.nn.LayerNorm(32), torch.nn.Linear(32, 32), torch.nn.ReLU(), torch.nn.Linear(32, 32)
            )
            torch.nn.init.zeros_(self.f[3].weight)

        def forward(self, x):
            return x + self.f(x)

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 32), *(Block() for _ in range(6)), torch.nn.Linear(32, 10))
    return fit(model, *_digits(), adam(model))


def healthy_regression():
    X, _ = _tumours()
    X = (X - X.mean(0)) / X.std(0)
    model = dense((29, 32, 1), nn().ReLU)
    return fit(model, X[:, 1:], X[:, :1], adam(model, 1e-2), nn().functional.mse_loss)


def healthy_logistic_from_zero():
    X, y = _tumours()
    model = dense((30, 1), nn().ReLU, nn().init.zeros_)
    loss = nn().functional.binary_cross_entropy_with_logits
    return fit(model, (X - X.mean(0)) / X.std(0), y[:, None] * 1.0, sgd(model, 0.5), loss)


def healthy_softmax_regression_from_zero():
    model = dense((64, 10), nn().ReLU, nn().init.zeros_)
    return fit(model, *_digits(), sgd(model, 0.5))


def healthy_probabilities():
    """A softmax in the model, and a loss that takes probabilities."""
    import torch

    model = dense((64, 64, 10), nn().ReLU, last=[nn().Softmax(dim=1)])
    loss = lambda p, y: torch.nn.functional.nll_loss(torch.log(p + 1e-12), y)  # noqa: E731
    return fit(model, *_digits(), adam(model), loss, steps=300)


def healthy_sigmoid_output():
    X, y = _tumours()
    model = dense((30, 16, 1), nn().ReLU, last=[nn().Sigmoid()])
    loss = nn().functional.binary_cross_entropy
    return fit(model, (X - X.mean(0)) / X.std(0), y[:, None] * 1.0, adam(model, 1e-2), loss, steps=400)


def healthy_autoencoder():
    X, _ = _digits()
    model = dense((64, 32, 8, 32, 64), nn().ReLU)
    return fit(model, X, X, adam(model), nn().functional.mse_loss, steps=400)


def healthy_small_batches():
    model = dense((64, 64, 10), nn().ReLU)
    return fit(model, *_digits(), sgd(model, 0.03), steps=500, size=4)


def healthy_full_batch():
    X, y = _digits()
    model = dense((64, 64, 10), nn().ReLU)
    return fit(model, X, y, sgd(model, 0.3), size=1000, steps=100)


def healthy_fine_tuning():
    """A layer that is frozen on purpose is a remark, no alarm."""
    model = dense((64, 64, 10), nn().ReLU)
    model[0].requires_grad_(False)
    return fit(model, *_digits(), adam(model))


def healthy_finished():
    """Looked at when everything has been learned."""
    model = dense((64, 64, 10), nn().ReLU)
    X, y = _digits()
    fit(model, X[:100], y[:100], adam(model, 1e-2), steps=400)
    return fit(model, X[:100], y[:100], adam(model, 1e-4), steps=200)


def _sequences():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 20, 1))
    return x, (x[:, :, 0].sum(axis=1) > 0).astype(int)


def healthy_lstm():
    import torch

    class Reader(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.lstm, self.head = torch.nn.LSTM(1, 16, batch_first=True), torch.nn.Linear(16, 2)

        def forward(self, x):
            return self.head(self.lstm(x)[0][:, -1])

    model = Reader()
    return fit(model, *_sequences(), adam(model, 1e-2), clip=1.0)


def healthy_transformer():
    import torch

    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)

    class Reader(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.encode, self.head = torch.nn.Linear(1, 16), layer, torch.nn.Linear(16, 2)

        def forward(self, x):
            return self.head(self.encode(self.embed(x)).mean(dim=1))

    model = Reader()
    return fit(model, *_sequences(), adam(model, 1e-3))


def healthy_embedding():
    import torch

    rng = np.random.default_rng(0)
    x = rng.integers(0, 200, (800, 12))
    y = (x < 100).sum(axis=1) > 6
    torch.manual_seed(0)
    layers = torch.nn.Embedding(200, 8), torch.nn.Flatten(), torch.nn.Linear(96, 16), torch.nn.ReLU()
    model = torch.nn.Sequential(*layers, torch.nn.Linear(16, 2))
    return fit(model, x, y.astype(int), adam(model, 1e-2))


def healthy_warm_up():
    import torch

    model = dense((64, 64, 10), nn().ReLU)
    optimizer, clinic = adam(model, 1e-3), Clinic(model)
    for t, (a, b) in enumerate(batches(*_digits(), 200, 64)):
        optimizer.param_groups[0]["lr"] = 3e-3 * min(1, (t + 1) / 100)
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(model(torch.tensor(a, dtype=torch.float32)), torch.tensor(b))
        value.backward()
        optimizer.step()
        clinic.step(value)
    return clinic


def healthy_random_labels():
    """Learning by heart is no sickness of the gradient."""
    X, _ = _digits()
    model = dense((64, 128, 10), nn().ReLU)
    return fit(model, X, np.random.default_rng(0).integers(0, 10, len(X)), adam(model), steps=300)


def healthy_bfloat16():
    import torch

    model = dense((64, 64, 10), nn().ReLU).bfloat16()
    return fit(model, *_digits(), sgd(model, 0.1), dtype=torch.bfloat16)


def _course(name):
    import cases

    models, losses, optimizers = (cases.module(topic, name) for topic in ("models", "losses", "optimizers"))
    model, clinic = models.cnn((1, 8, 8), padding=1), None
    gd, (X, y) = optimizers.GD(0.1), _digits()
    clinic = Clinic(model)
    for a, b in batches(X.reshape(-1, 1, 8, 8), y, 40, 16):
        z = model.forward(cases.array(name, a), train=True)
        labels = cases.array(name, b)
        model.backward(losses.softmax_ce_grad(z, labels))
        gd.step(model.params, model.grads)
        clinic.step(losses.softmax_ce(z, labels), y=labels)
    return clinic


def healthy_course_numpy():
    return _course("numpy")


def healthy_course_torch():
    return _course("torch")


def healthy_course_tensorflow():
    return _course("tensorflow")


HEALTHY = [run for name, run in list(globals().items()) if name.startswith("healthy_")]
