"""Our schedules beside `torch.optim.lr_scheduler` and `keras.optimizers.schedules` (plateau: `keras.callbacks`).

The gap is the largest difference of a rate in the first 60 steps; equal is 1e-12. PyTorch's schedulers start from the rate of
their optimizer, 0.3 here, and step once after each step of it. `metrics` are what plateau and its counterparts look at.
"""

from types import SimpleNamespace

import numpy as np

from gdcourse._lazy import need
from gdcourse.conformance import Row, build

STEPS, LR = 60, 0.3
METRICS = [float(m) for m in np.random.default_rng(3).integers(1, 30, STEPS) + np.linspace(20, 0, STEPS).round()]


def inverse(t):
    """1 / (1 + 0.7 t)"""
    return 1 / (1 + 0.7 * t)


FLOAT32 = "float32; equal where every float among the settings is a numpy.float64"
NO_ZIGZAG, NO_CYCLE = "Keras has no cyclic rate", "Keras has no one-cycle rate"

ROWS = [
    # PyTorch
    Row(("constant", {"lr": LR}), "torch", ("ConstantLR", {"factor": 1.0}), 0, "its default factor 1/3 is a warm-up"),
    Row(("exponential", {"lr": LR, "gamma": 0.9}), "torch", ("ExponentialLR", {"gamma": 0.9}), 0),
    Row(
        ("exponential", {"lr": LR, "gamma": 0.5, "every": 2}),
        "torch",
        ("ExponentialLR", {"gamma": 0.5**0.5}),
        0,
        "gamma^(1 / every)",
    ),
    Row(("step", {"lr": LR, "gamma": 0.5, "every": 7}), "torch", ("StepLR", {"step_size": 7, "gamma": 0.5}), 0),
    Row(
        ("multi_step", {"lr": LR, "gamma": 0.1, "milestones": [5, 20, 21]}),
        "torch",
        ("MultiStepLR", {"milestones": [5, 20, 21], "gamma": 0.1}),
        0,
        "a milestone is the first step with the new rate",
    ),
    Row(("inverse_time", {"lr": LR, "rate": 0.7}), "torch", ("LambdaLR", {"lr_lambda": inverse}), 0, "no other name"),
    Row(
        ("polynomial", {"lr": LR, "steps": 40, "power": 2.5}),
        "torch",
        ("PolynomialLR", {"total_iters": 40, "power": 2.5}),
        0,
        "for end = 0",
    ),
    Row(
        ("cosine", {"lr": LR, "steps": 80, "end": 0.01}),
        "torch",
        ("CosineAnnealingLR", {"T_max": 80, "eta_min": 0.01}),
        0,
        "up to T_max",
    ),
    Row(
        ("cosine", {"lr": LR, "steps": 20}),
        "torch",
        ("CosineAnnealingLR", {"T_max": 20}),
        1e-1,
        "after T_max the rate rises again the way it fell, ours stays at the end",
    ),
    Row(
        ("cosine_restarts", {"lr": LR, "steps": 4, "growth": 2, "end": 0.01}),
        "torch",
        ("CosineAnnealingWarmRestarts", {"T_0": 4, "T_mult": 2, "eta_min": 0.01}),
        0,
    ),
    Row(
        ("cosine_restarts", {"lr": LR, "steps": 7}),
        "torch",
        ("CosineAnnealingWarmRestarts", {"T_0": 7}),
        0,
    ),
    Row(
        ("cyclic", {"low": 0.01, "high": LR, "up": 6, "down": 9}),
        "torch",
        ("CyclicLR", {"base_lr": 0.01, "max_lr": LR, "step_size_up": 6, "step_size_down": 9, "cycle_momentum": False}),
        0,
    ),
    Row(
        ("cyclic", {"low": 0.01, "high": LR, "up": 6, "shrink": 0.5}),
        "torch",
        (
            "CyclicLR",
            {"base_lr": 0.01, "max_lr": LR, "step_size_up": 6, "mode": "triangular2", "cycle_momentum": False},
        ),
        0,
    ),
    Row(
        ("cyclic", {"low": 0.01, "high": LR, "up": 6, "gamma": 0.97}),
        "torch",
        (
            "CyclicLR",
            {
                "base_lr": 0.01,
                "max_lr": LR,
                "step_size_up": 6,
                "mode": "exp_range",
                "gamma": 0.97,
                "cycle_momentum": False,
            },
        ),
        0,
    ),
    Row(
        ("one_cycle", {"high": LR, "steps": STEPS}),
        "torch",
        ("OneCycleLR", {"max_lr": LR, "total_steps": STEPS, "cycle_momentum": False}),
        0,
        "PyTorch cycles the momentum too unless told not to",
    ),
    Row(
        ("one_cycle", {"high": LR, "steps": STEPS, "rise": 0.42, "start": 0.125, "end": 0.01}),
        "torch",
        (
            "OneCycleLR",
            {
                "max_lr": LR,
                "total_steps": STEPS,
                "pct_start": 0.42,
                "div_factor": 8,
                "final_div_factor": 100,
                "cycle_momentum": False,
            },
        ),
        0,
    ),
    Row(
        ("warmup", {"schedule": ("cosine", {"lr": LR, "steps": 80}), "steps": 10, "start": 0.25 * LR}),
        "torch",
        (
            "SequentialLR",
            {
                "schedulers": [
                    ("LinearLR", {"start_factor": 0.25, "total_iters": 10}),
                    ("CosineAnnealingLR", {"T_max": 80}),
                ],
                "milestones": [10],
            },
        ),
        0,
    ),
    Row(
        ("plateau", {"lr": LR, "factor": 0.5, "patience": 3, "threshold": 1e-4, "cooldown": 2}),
        "torch",
        ("ReduceLROnPlateau", {"factor": 0.5, "patience": 3, "threshold": 1e-4, "cooldown": 2, "eps": 0}),
        0,
        "PyTorch leaves out a change below its eps of 1e-8",
    ),
    # Keras
    Row(("constant", {"lr": LR}), "keras", None, None, "an optimizer takes a number"),
    Row(
        ("exponential", {"lr": LR, "gamma": 0.9, "every": 7}),
        "keras",
        ("ExponentialDecay", {"initial_learning_rate": LR, "decay_rate": 0.9, "decay_steps": 7}),
        1e-7,
        FLOAT32,
    ),
    Row(
        ("step", {"lr": LR, "gamma": 0.5, "every": 7}),
        "keras",
        ("ExponentialDecay", {"initial_learning_rate": LR, "decay_rate": 0.5, "decay_steps": 7, "staircase": True}),
        1e-8,
        FLOAT32,
    ),
    Row(
        ("multi_step", {"lr": 0.5, "gamma": 0.5, "milestones": [5, 20, 21]}),
        "keras",
        ("PiecewiseConstantDecay", {"boundaries": [4, 19, 20], "values": [0.5, 0.25, 0.125, 0.0625]}),
        0,
        "a boundary is the last step with the old rate; these rates are exact in float32",
    ),
    Row(
        ("multi_step", {"lr": 0.5, "gamma": 0.5, "milestones": [5, 20, 21]}),
        "keras",
        ("PiecewiseConstantDecay", {"boundaries": [5, 20, 21], "values": [0.5, 0.25, 0.125, 0.0625]}),
        1e-1,
        "off by one: a boundary is the last step with the old rate",
    ),
    Row(
        ("inverse_time", {"lr": LR, "rate": 0.7, "every": 3}),
        "keras",
        ("InverseTimeDecay", {"initial_learning_rate": LR, "decay_rate": 0.7, "decay_steps": 3}),
        1e-8,
        FLOAT32,
    ),
    Row(
        ("step", {"lr": LR, "gamma": 0.5, "every": 3}),
        "keras",
        ("InverseTimeDecay", {"initial_learning_rate": LR, "decay_rate": 0.5, "decay_steps": 3, "staircase": True}),
        1e-1,
        "this staircase is lr / (1 + rate floor(t / every)): a sum, not a power",
    ),
    Row(
        ("polynomial", {"lr": LR, "steps": 40, "end": 0.01, "power": 2.5}),
        "keras",
        ("PolynomialDecay", {"initial_learning_rate": LR, "decay_steps": 40, "end_learning_rate": 0.01, "power": 2.5}),
        1e-7,
        FLOAT32,
    ),
    Row(
        ("cosine", {"lr": LR, "steps": 40, "end": 0.1 * LR}),
        "keras",
        ("CosineDecay", {"initial_learning_rate": LR, "decay_steps": 40, "alpha": 0.1}),
        1e-7,
        FLOAT32,
    ),
    Row(
        ("cosine_restarts", {"lr": LR, "steps": 4, "growth": 2, "shrink": 0.5, "end": 0.1 * LR}),
        "keras",
        (
            "CosineDecayRestarts",
            {"initial_learning_rate": LR, "first_decay_steps": 4, "t_mul": 2.0, "m_mul": 0.5, "alpha": 0.1},
        ),
        1e-7,
        FLOAT32,
    ),
    Row(("cyclic", {"low": 0.01, "high": LR, "up": 6}), "keras", None, None, NO_ZIGZAG),
    Row(("one_cycle", {"high": LR, "steps": STEPS}), "keras", None, None, NO_CYCLE),
    Row(
        ("warmup", {"schedule": ("cosine", {"lr": LR, "steps": 40}), "steps": 10, "start": 0.05}),
        "keras",
        (
            "CosineDecay",
            {"initial_learning_rate": 0.05, "decay_steps": 40, "warmup_target": LR, "warmup_steps": 10},
        ),
        1e-8,
        FLOAT32,
    ),
    Row(
        ("plateau", {"lr": 0.5, "factor": 0.5, "patience": 3, "threshold": 0}),
        "keras",
        ("ReduceLROnPlateau", {"factor": 0.5, "patience": 4, "min_delta": 0}),
        0,
        "patience counts the step that lowers the rate too; min_delta is a difference, threshold a ratio",
    ),
    Row(
        ("plateau", {"lr": 0.5, "factor": 0.5, "patience": 3, "threshold": 0}),
        "keras",
        ("ReduceLROnPlateau", {"factor": 0.5, "patience": 3, "min_delta": 0}),
        1e-1,
        "off by one: Keras waits one metric less",
    ),
]


def measure(row):
    """Run both sides of a row and return the largest difference of a rate."""
    import gdcourse.schedules as schedules

    name, arguments = row.ours
    run = {"torch": _run_torch, "keras": _run_keras}[row.framework]
    if name == "plateau":
        ours = schedules.plateau(METRICS, **arguments)
    else:
        ours = build(row.ours, lambda name, **rest: getattr(schedules, name)(**rest))(np.arange(STEPS))
    return float(np.abs(ours - np.array(run(*row.theirs))).max())


def _run_torch(name, arguments):
    torch = need("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], LR)

    def make(name, **rest):
        return getattr(torch.optim.lr_scheduler, name)(optimizer, **rest)

    scheduler, rates = build((name, arguments), make), []
    for metric in METRICS:
        optimizer.step()
        if name == "ReduceLROnPlateau":
            scheduler.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
        if name != "ReduceLROnPlateau" and len(rates) < STEPS:
            scheduler.step()
    return rates


def _run_keras(name, arguments):
    need("tensorflow")
    import keras

    if name != "ReduceLROnPlateau":
        schedule = getattr(keras.optimizers.schedules, name)(**arguments)
        return [float(schedule(t)) for t in range(STEPS)]
    callback, rates = keras.callbacks.ReduceLROnPlateau("loss", mode="min", **arguments), []
    callback.set_model(SimpleNamespace(optimizer=keras.optimizers.SGD(0.5)))
    callback.on_train_begin()
    for metric in METRICS:
        callback.on_epoch_end(0, {"loss": metric})
        rates.append(float(callback.model.optimizer.learning_rate))
    return rates
