"""Our update rules against `torch.optim`, one step each, one thread: `pytest tests/benchmarks/test_optimizers.py`.

Prints a table of ratios and fails nothing. The two sides of a pair take turns, and what counts is the processor's time of this
thread, so that a busy machine slows both. Not collected by default.
"""

import time

import numpy as np
import pytest
import torch

from gdcourse.optimizers import numpy as in_numpy
from gdcourse.optimizers import torch as in_torch

MLP = [(784, 128), (128,), (128, 10), (10,)]
MILLION = [(1_000_000,)]
PAIRS = {  # our rule, theirs, shapes, the ratio asked for
    "NumPy Adam, 1 million": (in_numpy.Adam, torch.optim.Adam, {}, MILLION, 1.2),
    "PyTorch Adam, MLP": (in_torch.Adam, torch.optim.Adam, {}, MLP, 1.5),
    "PyTorch SGD with momentum, MLP": (in_torch.SGD, torch.optim.SGD, {"momentum": 0.9}, MLP, 1.5),
    "PyTorch SGD without, MLP": (in_torch.SGD, torch.optim.SGD, {}, MLP, 1.5),
    "PyTorch GD, MLP": (in_torch.GD, torch.optim.SGD, {}, MLP, 1.5),
}
ROUNDS = 200


def ours(rule, shapes, settings):
    rng = np.random.default_rng(0)
    params, grads = ([rng.normal(size=shape).astype(np.float32) for shape in shapes] for _ in range(2))
    if rule.__module__.endswith("torch"):
        params, grads = [torch.tensor(p, requires_grad=True) for p in params], [torch.tensor(g) for g in grads]
    optimizer = rule(1e-3, **settings)
    return lambda: optimizer.step(params, grads)


def theirs(rule, shapes, settings):
    params = [torch.zeros(shape, requires_grad=True) for shape in shapes]
    for p in params:
        p.grad = torch.randn_like(p)
    return rule(params, 1e-3, **settings).step


@pytest.mark.parametrize("pair", PAIRS)
def test_step(pair, benchmark, capsys):
    torch.set_num_threads(1)
    our_rule, their_rule, settings, shapes, asked = PAIRS[pair]
    steps, times = (ours(our_rule, shapes, settings), theirs(their_rule, shapes, settings)), ([], [])

    def both():
        for step, taken in zip(steps, times, strict=True):
            start = time.thread_time()
            step()
            taken.append(time.thread_time() - start)

    benchmark.pedantic(both, rounds=ROUNDS, warmup_rounds=10)
    one, other = (1e6 * np.median(taken[10:]) for taken in times)
    benchmark.extra_info["ratio"] = one / other
    with capsys.disabled():
        print(f"\n{pair:32} {one:8.0f} us / {other:8.0f} us = {one / other:.2f}   (asked for: at most {asked})")
