"""The documents' CNN, one training step (forward, backward), ours against `torch.nn`: `pytest tests/benchmarks/test_layers.py`.

float32, 32 images of 28 x 28, one thread. Prints the ratios and fails nothing. The two sides take turns, and what counts is
the processor's time of this thread, so that a busy machine slows both. Not collected by default.
"""

import time

import numpy as np
import pytest
import torch
from torch import nn

from gdcourse.losses import numpy as losses_numpy
from gdcourse.losses import torch as losses_torch
from gdcourse.models import numpy as models_numpy
from gdcourse.models import torch as models_torch

ASKED = {"NumPy": "at most 1.0", "PyTorch": "nothing"}
ROUNDS = 60


def ours(framework, x, y):
    losses, models, array = {
        "NumPy": (losses_numpy, models_numpy, np.asarray),
        "PyTorch": (losses_torch, models_torch, torch.tensor),
    }[framework]
    x, y, model = array(x), array(y), models.cnn(dtype="float32")
    return lambda: model.backward(losses.softmax_ce_grad(model.forward(x, train=True), y))


def theirs(x, y):
    x, y, model = torch.tensor(x), torch.tensor(y), nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip

    def step():
        model.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()

    return step


@pytest.mark.parametrize("framework", ASKED)
def test_step(framework, benchmark, capsys):
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 1, 28, 28)).astype(np.float32), rng.integers(0, 10, 32)
    steps, times = (ours(framework, x, y), theirs(x, y)), ([], [])

    def both():
        for step, taken in zip(steps, times, strict=True):
            start = time.thread_time()
            step()
            taken.append(time.thread_time() - start)

    benchmark.pedantic(both, rounds=ROUNDS, warmup_rounds=5)
    one, other = (1e3 * np.median(taken[5:]) for taken in times)
    benchmark.extra_info["ratio"] = one / other
    asked = f"(asked for: {ASKED[framework]})"
    with capsys.disabled():
        print(f"\n{framework:8} {one:6.2f} ms / torch.nn {other:6.2f} ms = {one / other:.2f}   {asked}")
