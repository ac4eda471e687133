"""Our rules beside `torch.optim` and `keras.optimizers`.

The gap is the largest difference of a parameter after 50 steps along `problem`'s gradients, in float64; equal is 1e-12. The
numbers are such that float32 holds them, but for the rows that are about those it does not hold.
"""

import numpy as np

from gdcourse._lazy import need
from gdcourse.conformance import Row

STEPS = 50


def halving(t):
    """A rate for the rows about schedules: 0.125, and half of it after every tenth step."""
    return 0.125 * 0.5 ** (t // 10)


def eps_hat(t):
    """What eps must be at step t for (8) to be Keras' Adam with epsilon = 2^-10 and beta_2 = 0.75."""
    return EPS / (1 - 0.75 ** (t + 1)) ** 0.5


EPS = 2.0**-10
ADAM = {"lr": 0.125, "beta1": 0.5, "beta2": 0.75}
KERAS_ADAM = {"learning_rate": 0.125, "beta_1": 0.5, "beta_2": 0.75}

INSIDE = "Keras adds eps inside the root"
HAT = "Keras' eps is eps-hat: (8) with eps / sqrt(1 - beta2^t), which no constant is"

ROWS = [
    # PyTorch
    Row(("GD", {"lr": 0.1}), "torch", ("SGD", {"lr": 0.1}), 0),
    Row(("SGD", {"lr": 0.1, "momentum": 0.9}), "torch", ("SGD", {"lr": 0.1, "momentum": 0.9}), 0),
    Row(
        ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
        "torch",
        ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
        0,
    ),
    Row(("SGD", {"lr": halving, "momentum": 0.9}), "torch", ("SGD", {"lr": halving, "momentum": 0.9}), 0),
    Row(("Hypergradient", {"lr": 0.1, "beta": 0.001}), "torch", None, None, "torch.optim has no hypergradient descent"),
    Row(
        ("Adagrad", {"lr": 0.1, "eps": 1e-3, "initial": 0.1}),
        "torch",
        ("Adagrad", {"lr": 0.1, "eps": 1e-3, "initial_accumulator_value": 0.1}),
        0,
    ),
    Row(
        ("RMSprop", {"lr": 0.1, "rho": 0.9, "eps": 1e-3}),
        "torch",
        ("RMSprop", {"lr": 0.1, "alpha": 0.9, "eps": 1e-3}),
        0,
    ),
    Row(
        ("Adadelta", {"lr": 1.0, "rho": 0.9, "eps": 1e-3}),
        "torch",
        ("Adadelta", {"lr": 1.0, "rho": 0.9, "eps": 1e-3}),
        0,
    ),
    Row(("Adam", {"lr": 0.1, "eps": 1e-3}), "torch", ("Adam", {"lr": 0.1, "eps": 1e-3}), 0),
    Row(("AMSGrad", {"lr": 0.1, "eps": 1e-3}), "torch", ("Adam", {"lr": 0.1, "eps": 1e-3, "amsgrad": True}), 0),
    Row(
        ("AdamW", {"lr": 0.1, "eps": 1e-3, "weight_decay": 0.1}),
        "torch",
        ("AdamW", {"lr": 0.1, "eps": 1e-3, "weight_decay": 0.1}),
        0,
    ),
    Row(
        ("AdamW", {"lr": 0.1, "weight_decay": 0.1}),
        "torch",
        ("Adam", {"lr": 0.1, "weight_decay": 0.1}),
        1e-1,
        "Adam's weight_decay is an L2 penalty in the gradient, which the division by sqrt(v) levels out",
    ),
    Row(
        ("Nadam", {"lr": 0.1, "eps": 1e-3}),
        "torch",
        ("NAdam", {"lr": 0.1, "eps": 1e-3}),
        1e-9,
        "PyTorch keeps the product of the mu_t in its default dtype, float32",
    ),
    Row(("Lion", {"lr": 0.1, "weight_decay": 0.1}), "torch", None, None, "torch.optim has no Lion"),
    # Keras
    Row(("GD", {"lr": 0.125}), "keras", ("SGD", {"learning_rate": 0.125}), 0),
    Row(("GD", {"lr": 0.1}), "keras", ("SGD", {"learning_rate": 0.1}), 1e-8, "Keras keeps the rate as a float32"),
    Row(("SGD", {"lr": 0.125, "momentum": 0.75}), "keras", ("SGD", {"learning_rate": 0.125, "momentum": 0.75}), 0),
    Row(
        ("SGD", {"lr": 0.125, "momentum": 0.75, "nesterov": True}),
        "keras",
        ("SGD", {"learning_rate": 0.125, "momentum": 0.75, "nesterov": True}),
        0,
    ),
    Row(
        ("SGD", {"lr": 0.125, "momentum": 0.9}),
        "keras",
        ("SGD", {"learning_rate": 0.125, "momentum": 0.9}),
        1e-5,
        "Keras rounds the momentum to float32",
    ),
    Row(
        ("SGD", {"lr": halving, "momentum": 0.75}),
        "keras",
        ("SGD", {"learning_rate": halving, "momentum": 0.75}),
        1,
        "Keras' velocity holds the rate, so a new one does not reach the old gradients",
    ),
    Row(("Hypergradient", {"lr": 0.1, "beta": 0.001}), "keras", None, None, "Keras has no hypergradient descent"),
    Row(
        ("Adagrad", {"lr": 0.125, "eps": 0, "initial": 0.125 + EPS}),
        "keras",
        ("Adagrad", {"learning_rate": 0.125, "epsilon": EPS, "initial_accumulator_value": 0.125}),
        0,
        "eps inside the root is an accumulator that starts higher",
    ),
    Row(
        ("Adagrad", {"lr": 0.125, "eps": EPS, "initial": 0.125}),
        "keras",
        ("Adagrad", {"learning_rate": 0.125, "epsilon": EPS, "initial_accumulator_value": 0.125}),
        1e-4,
        INSIDE,
    ),
    Row(
        ("Adagrad", {"lr": 0.125, "eps": EPS}),
        "keras",
        ("Adagrad", {"learning_rate": 0.125, "epsilon": EPS}),
        1e-1,
        "Keras' accumulator starts from 0.1 by default",
    ),
    Row(
        ("RMSprop", {"lr": 0.125, "rho": 0.75, "eps": 0}),
        "keras",
        ("RMSprop", {"learning_rate": 0.125, "rho": 0.75, "epsilon": 0}),
        0,
        "equal at eps = 0",
    ),
    Row(
        ("RMSprop", {"lr": 0.125, "rho": 0.75, "eps": EPS}),
        "keras",
        ("RMSprop", {"learning_rate": 0.125, "rho": 0.75, "epsilon": EPS}),
        1e-1,
        INSIDE,
    ),
    Row(
        ("Adadelta", {"lr": 1.0, "rho": 0.75, "eps": EPS}),
        "keras",
        ("Adadelta", {"learning_rate": 1.0, "rho": 0.75, "epsilon": EPS}),
        0,
        "inside the root in all of them",
    ),
    Row(("Adam", {**ADAM, "eps": 0}), "keras", ("Adam", {**KERAS_ADAM, "epsilon": 0}), 0, "equal at eps = 0"),
    Row(("Adam", {**ADAM, "eps": EPS}), "keras", ("Adam", {**KERAS_ADAM, "epsilon": EPS}), 1e-3, HAT),
    Row(
        ("Adam", {**ADAM, "eps": eps_hat}),
        "keras",
        ("Adam", {**KERAS_ADAM, "epsilon": EPS}),
        0,
        "eps changed before every step",
    ),
    Row(
        ("Adam", {"lr": 0.125, "eps": 0}),
        "keras",
        ("Adam", {"learning_rate": 0.125, "epsilon": 0}),
        1e-5,
        "Keras rounds 0.9 and 0.999 to float32 in 1 - beta^t",
    ),
    Row(
        ("AMSGrad", {**ADAM, "eps": 0}),
        "keras",
        ("Adam", {**KERAS_ADAM, "epsilon": 0, "amsgrad": True}),
        0,
        "equal at eps = 0",
    ),
    Row(
        ("AMSGrad", {**ADAM, "eps": EPS}), "keras", ("Adam", {**KERAS_ADAM, "epsilon": EPS, "amsgrad": True}), 1e-3, HAT
    ),
    Row(
        ("AdamW", {**ADAM, "eps": 0, "weight_decay": 0.125}),
        "keras",
        ("AdamW", {**KERAS_ADAM, "epsilon": 0, "weight_decay": 0.125}),
        0,
        "equal at eps = 0",
    ),
    Row(
        ("AdamW", {**ADAM, "eps": EPS, "weight_decay": 0.125}),
        "keras",
        ("AdamW", {**KERAS_ADAM, "epsilon": EPS, "weight_decay": 0.125}),
        1e-3,
        HAT,
    ),
    Row(
        ("Nadam", {**ADAM, "eps": EPS, "momentum_decay": 1}),
        "keras",
        ("Nadam", {**KERAS_ADAM, "epsilon": EPS}),
        1e-8,
        "Keras rounds the 0.96 of mu_t to float32 in one place and not in another; eps is (11)'s",
    ),
    Row(
        ("Nadam", {**ADAM, "eps": EPS}),
        "keras",
        ("Nadam", {**KERAS_ADAM, "epsilon": EPS}),
        1e-1,
        "Keras' momentum decay is 1 and cannot be changed",
    ),
    Row(
        ("Lion", {"lr": 0.125, "beta1": 0.5, "beta2": 0.75, "weight_decay": 0.125}),
        "keras",
        ("Lion", {"learning_rate": 0.125, "beta_1": 0.5, "beta_2": 0.75, "weight_decay": 0.125}),
        0,
    ),
]


def problem():
    """Return two parameters, (3, 2) and (4,), and the gradients of each step: the same for every rule."""
    rng = np.random.default_rng(0)
    params, *grads = ([rng.normal(size=(3, 2)), rng.normal(size=4)] for _ in range(STEPS + 1))
    return params, grads


def measure(row):
    """Run both sides of a row and return the largest difference of a parameter after the last step."""
    theirs = {"torch": _run_torch, "keras": _run_keras}[row.framework](*row.theirs)
    return max(float(np.abs(a - b).max()) for a, b in zip(_run_ours(*row.ours), theirs, strict=True))


def _at(t, arguments):
    return {name: value(t) if callable(value) else value for name, value in arguments.items()}


def _run_ours(name, arguments):
    import gdcourse.optimizers.numpy as rules

    params, grads = problem()
    rule = getattr(rules, name)(**_at(0, arguments))
    for t, g in enumerate(grads):
        for argument in arguments.keys() & {"lr", "eps"}:
            setattr(rule, argument, _at(t, arguments)[argument])
        rule.step(params, g)
    return params


def _run_torch(name, arguments):
    torch = need("torch")
    start, grads = problem()
    params = [torch.tensor(p, requires_grad=True) for p in start]
    rule = getattr(torch.optim, name)(params, **_at(0, arguments))
    for t, gs in enumerate(grads):
        rule.param_groups[0]["lr"] = _at(t, arguments)["lr"]
        for p, g in zip(params, gs, strict=True):
            p.grad = torch.tensor(g)
        rule.step()
    return [p.detach().numpy() for p in params]


def _run_keras(name, arguments):
    need("tensorflow")
    import keras

    start, grads = problem()
    params = [keras.Variable(p, dtype="float64") for p in start]
    rule = getattr(keras.optimizers, name)(**_at(0, arguments))
    for t, gs in enumerate(grads):
        if callable(arguments["learning_rate"]):
            rule.learning_rate = arguments["learning_rate"](t)
        rule.apply([keras.ops.convert_to_tensor(g) for g in gs], params)
    return [p.numpy() for p in params]
