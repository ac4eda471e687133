"""The cheat sheet holds: each name exists with its arguments, each default is the framework's, each formula the library's."""

import ast
import inspect
import re
from importlib import import_module

import numpy as np
import pytest

from gdcourse import resources, schedules
from gdcourse.initializers import numpy as initializers
from gdcourse.losses import numpy as losses
from gdcourse.optimizers import numpy as optimizers

torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

TEXT = (resources.root() / "solutions" / "cheatsheet.md").read_text("utf-8")


def codes():
    """Yield (name of a table's or text's code with its module, the code): in a table its column's head is the module."""
    modules = []
    for line in TEXT.splitlines():
        cells = line.strip("|").split(" | ") if line.startswith("|") else [line]
        if not line.startswith("|"):
            modules = []
        elif not modules:
            modules = [(re.findall(r"`((?:torch|keras)[\w.]*)`", cell) or [None])[0] for cell in cells]
            continue
        for i, cell in enumerate(cells):
            for code in re.findall(r"`([^`]+)`", cell):
                module = modules[i] if i < len(modules) else None
                if code.startswith(("torch.", "keras.")):
                    yield code
                elif module:
                    yield f"{module}.{code}"


CALLS = sorted({code for code in codes() if "(" in code})
NAMES = sorted({code.split("(")[0] for code in codes()})


def rows(heading):
    """Return the table of a section: first column -> the other columns."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return {first: rest for first, *rest in lines if not first.startswith(":")}


def found(name):
    """Return what a dotted name of a framework stands for."""
    parts = name.split(".")
    value = import_module(parts[0])
    for part in parts[1:]:
        value = getattr(value, part)
    return value


def test_the_sheet_names_much():
    assert len(CALLS) > 35 and len(NAMES) > 30


@pytest.mark.parametrize("name", NAMES)
def test_names_exist(name):
    assert callable(found(name))


@pytest.mark.parametrize("call", CALLS)
def test_arguments_exist(call):
    """Each word in a call's brackets is the name of an argument; one that comes without = has its place."""
    tree = ast.parse(call, mode="eval").body
    known = list(inspect.signature(found(ast.unparse(tree.func))).parameters)
    assert {keyword.arg for keyword in tree.keywords} <= set(known)
    assert {ast.unparse(argument) for argument in tree.args} - {"..."} <= set(known)


DEFAULTS = {  # row -> (names of the classes, argument in PyTorch, argument in Keras)
    "rate of SGD": (["SGD"], "lr", "learning_rate"),
    "rate of Adam and AdamW": (["Adam", "AdamW"], "lr", "learning_rate"),
    "rate of RMSprop": (["RMSprop"], "lr", "learning_rate"),
    "rate of Adagrad": (["Adagrad"], "lr", "learning_rate"),
    r"$\varepsilon$ of Adam, AdamW, RMSprop": (["Adam", "AdamW", "RMSprop"], "eps", "epsilon"),
    r"$\varepsilon$ of Adagrad": (["Adagrad"], "eps", "epsilon"),
    "first $s$ of Adagrad": (["Adagrad"], "initial_accumulator_value", "initial_accumulator_value"),
    r"$\beta$ of RMSprop": (["RMSprop"], "alpha", "rho"),
    "weight decay of AdamW": (["AdamW"], "weight_decay", "weight_decay"),
}


def default(owner, name, argument):
    return inspect.signature(getattr(owner, name)).parameters[argument].default


def test_defaults_are_the_frameworks():
    stated = {name: row for name, row in rows("Update rules").items() if len(row) == 2 and name != "default"}
    assert set(stated) == set(DEFAULTS)
    for name, (classes, ours, theirs) in DEFAULTS.items():
        for each in classes:
            assert float(stated[name][0]) == default(torch.optim, each, ours), (name, each)
            assert float(stated[name][1]) == default(keras.optimizers, each, theirs), (name, each)
    for each, first, second in (("Adam", "beta_1", "beta_2"), ("AdamW", "beta_1", "beta_2")):
        betas = default(keras.optimizers, each, first), default(keras.optimizers, each, second)
        assert betas == default(torch.optim, each, "betas") == (0.9, 0.999)


class Rules:
    """The formulas of the sheet, as they stand there; t counts from 1."""

    def __init__(self):
        self.v = self.s = self.m = 0.0

    def gd(self, x, g, t, lr):
        return x - lr * g

    def momentum(self, x, g, t, lr, beta=0.9):
        self.v = beta * self.v + g
        return x - lr * self.v

    def nesterov(self, x, g, t, lr, beta=0.9):
        self.v = beta * self.v + g
        return x - lr * (g + beta * self.v)

    def adagrad(self, x, g, t, lr, eps=1e-10):
        self.s = self.s + g**2
        return x - lr * g / (np.sqrt(self.s) + eps)

    def rmsprop(self, x, g, t, lr, beta=0.99, eps=1e-8):
        self.s = beta * self.s + (1 - beta) * g**2
        return x - lr * g / (np.sqrt(self.s) + eps)

    def adam(self, x, g, t, lr, alpha=0.0, beta1=0.9, beta2=0.999, eps=1e-8):
        self.m = beta1 * self.m + (1 - beta1) * g
        self.s = beta2 * self.s + (1 - beta2) * g**2
        m_hat, s_hat = self.m / (1 - beta1**t), self.s / (1 - beta2**t)
        return x - lr * m_hat / (np.sqrt(s_hat) + eps) - lr * alpha * x

    def adamw(self, x, g, t, lr):
        return self.adam(x, g, t, lr, alpha=0.01)


OURS = {
    "gd": lambda lr: optimizers.GD(lr),
    "momentum": lambda lr: optimizers.SGD(lr, momentum=0.9),
    "nesterov": lambda lr: optimizers.SGD(lr, momentum=0.9, nesterov=True),
    "adagrad": lambda lr: optimizers.Adagrad(lr),
    "rmsprop": lambda lr: optimizers.RMSprop(lr),
    "adam": lambda lr: optimizers.Adam(lr),
    "adamw": lambda lr: optimizers.AdamW(lr),
}


@pytest.mark.parametrize("name", OURS)
def test_update_rules_are_the_librarys_and_pytorchs(name):
    stated = {rule.lower(): row for rule, row in rows("Update rules").items()}
    call = "torch.optim." + stated[name][1].strip("`")
    lr, target = 0.05, np.array([1.0, -2.0, 0.5])
    x, library = np.array([3.0, 1.0, -4.0]), [np.array([3.0, 1.0, -4.0])]
    tensor = torch.tensor(x, requires_grad=True)
    theirs = eval(call, {"torch": torch, "params": [tensor], "lr": lr})
    rules, ours = Rules(), OURS[name](lr)
    for t in range(1, 31):
        x = getattr(rules, name)(x, x - target, t, lr)
        ours.step(library, [library[0] - target])
        tensor.grad = tensor.detach() - torch.tensor(target)
        theirs.step()
        np.testing.assert_allclose(library[0], x, rtol=1e-10)
        np.testing.assert_allclose(tensor.detach().numpy(), x, rtol=1e-10)
    if name.startswith("adam"):
        first = OURS["adam"](lr)
        start = [np.array([1.0, 1.0])]
        first.step(start, [np.array([1e-3, 1e5])])
        np.testing.assert_allclose(start[0], 1 - lr, rtol=1e-4)


SCHEDULES = {
    "exponential": (schedules.exponential(0.3, 0.9), lambda t: 0.3 * 0.9**t),
    "step": (schedules.step(0.3, 0.5, 4), lambda t: 0.3 * 0.5 ** (t // 4)),
    "inverse time": (schedules.inverse_time(0.3, 0.2), lambda t: 0.3 / (1 + 0.2 * t)),
    "polynomial": (schedules.polynomial(0.3, 20, power=2.0), lambda t: 0.3 * (1 - t / 20) ** 2),
    "cosine": (schedules.cosine(0.3, 20), lambda t: 0.5 * 0.3 * (1 + np.cos(np.pi * t / 20))),
    "warm-up": (schedules.warmup(schedules.constant(0.3), 20), lambda t: 0.3 * t / 20),
}


def test_schedules_are_the_librarys():
    assert set(SCHEDULES) == set(rows("Schedules")) - {"schedule"}
    for ours, formula in SCHEDULES.values():
        t = np.arange(20)
        np.testing.assert_allclose(ours(t), formula(t), rtol=1e-12, atol=1e-15)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


N = 6
RNG = np.random.default_rng(0)
H, Y = RNG.normal(size=N) * 3, RNG.normal(size=N)
LABELS, SIGNS, CLASSES = RNG.integers(0, 2, N), RNG.choice([-1, 1], N), RNG.integers(0, 4, N)
Z = RNG.normal(size=(N, 4))
LOSSES = {  # row -> (the library's loss, its gradient, both by the formulas of the sheet)
    "squared error": (losses.mse(H, Y), losses.mse_grad(H, Y), np.sum((H - Y) ** 2) / N, 2 / N * (H - Y)),
    "absolute error": (losses.mae(H, Y), losses.mae_grad(H, Y), np.sum(np.abs(H - Y)) / N, np.sign(H - Y) / N),
    "two classes": (
        losses.bce_with_logits(H, LABELS),
        losses.bce_with_logits_grad(H, LABELS),
        -np.sum(LABELS * np.log(sigmoid(H)) + (1 - LABELS) * np.log(1 - sigmoid(H))) / N,
        (sigmoid(H) - LABELS) / N,
    ),
    "$K$ classes": (
        losses.softmax_ce(Z, CLASSES),
        losses.softmax_ce_grad(Z, CLASSES),
        -np.sum(np.log(softmax(Z)[np.arange(N), CLASSES])) / N,
        (softmax(Z) - np.eye(4)[CLASSES]) / N,
    ),
    r"hinge, $y_i = \pm 1$": (
        losses.hinge(H, SIGNS),
        losses.hinge_grad(H, SIGNS),
        np.sum(np.maximum(0, 1 - SIGNS * H)) / N,
        np.where(SIGNS * H < 1, -SIGNS / N, 0),
    ),
    "L2 penalty": (losses.l2(H), losses.l2_grad(H), np.sum(H**2) / 2, H),
    "Huber": (losses.huber(H, Y), losses.huber_grad(H, Y), None, np.clip(H - Y, -1, 1) / N),
}


def test_losses_and_gradients_are_the_librarys():
    assert set(LOSSES) == set(rows("Losses and their gradients")) - {"loss"}
    for name, (loss, gradient, by_formula, slope) in LOSSES.items():
        np.testing.assert_allclose(gradient, slope, rtol=1e-12, atol=1e-15, err_msg=name)
        if by_formula is not None:
            np.testing.assert_allclose(loss, by_formula, rtol=1e-12, err_msg=name)


def test_losses_of_the_frameworks_are_those():
    h, y = torch.tensor(H), torch.tensor(Y)
    for name, call, args in (
        ("squared error", torch.nn.MSELoss(), (h, y)),
        ("absolute error", torch.nn.L1Loss(), (h, y)),
        ("Huber", torch.nn.HuberLoss(delta=1.0), (h, y)),
        ("two classes", torch.nn.BCEWithLogitsLoss(), (h, torch.tensor(LABELS, dtype=torch.float64))),
        ("$K$ classes", torch.nn.CrossEntropyLoss(), (torch.tensor(Z), torch.tensor(CLASSES))),
    ):
        np.testing.assert_allclose(call(*args).item(), LOSSES[name][0], rtol=1e-12, err_msg=name)
    for name, loss, args in (
        ("squared error", keras.losses.MeanSquaredError(dtype="float64"), (Y, H)),
        ("two classes", keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64"), (LABELS, H)),
        ("$K$ classes", keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64"), (CLASSES, Z)),
        (r"hinge, $y_i = \pm 1$", keras.losses.Hinge(dtype="float64"), (SIGNS, H)),
    ):
        np.testing.assert_allclose(float(loss(*args)), LOSSES[name][0], rtol=1e-6, err_msg=name)
    penalty = keras.regularizers.L2(l2=0.05)(keras.ops.convert_to_tensor(H))
    np.testing.assert_allclose(float(penalty), 0.1 * LOSSES["L2 penalty"][0], rtol=1e-6)
    assert not hasattr(torch.nn, "HingeLoss")


@pytest.mark.parametrize(
    "name, variance",
    [("xavier_normal", 2 / (300 + 500)), ("he_normal", 2 / 300), ("lecun_normal", 1 / 300)],
)
def test_initial_weights_have_the_stated_variance(name, variance):
    drawn = getattr(initializers, name)((300, 500), np.random.default_rng(0))
    assert abs(drawn.var() / variance - 1) < 0.02  # 150,000 draws: five standard deviations


def test_layers_begin_as_stated():
    torch.manual_seed(0)
    linear = torch.nn.Linear(400, 300)
    for drawn in (linear.weight, linear.bias):
        assert 0.99 / 20 < drawn.abs().max().item() <= 1 / 20
    dense = keras.layers.Dense(300)
    assert isinstance(dense.kernel_initializer, keras.initializers.GlorotUniform)
    assert isinstance(dense.bias_initializer, keras.initializers.Zeros)
