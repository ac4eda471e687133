"""On a CUDA device the PyTorch files run unchanged and give the CPU's numbers. Skipped where there is none.

Layers and update rules have tests of their own beside their others.
"""

import cases
import numpy as np
import pytest
import torch

DEVICE = "cuda"
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def close(on_device, on_cpu):
    assert on_device.device.type == DEVICE
    np.testing.assert_allclose(on_device.detach().cpu(), on_cpu.detach(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", cases.LOSSES)
def test_losses(name):
    module, rng = cases.module("losses", "torch"), np.random.default_rng(0)
    for _ in range(5):
        args = [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in cases.loss_arguments(name, rng)]
        there = [a.to(DEVICE) if isinstance(a, torch.Tensor) else a for a in args]
        for function in (getattr(module, name), getattr(module, f"{name}_grad")):
            close(function(*there), function(*args))


def test_labels_on_the_device_are_named_when_they_are_refused():
    z, y = torch.zeros(2, 3, device=DEVICE), torch.tensor([0, 3], device=DEVICE)
    with pytest.raises(ValueError, match=r"in 0..2, got 0, 3"):
        cases.module("losses", "torch").softmax_ce(z, y)


def test_gradients():
    module, x = cases.module("gradients", "torch"), torch.tensor([[0.3, -1.2], [2.0, 0.5]], dtype=torch.float64)

    def f(x):
        return torch.sum(torch.sin(x) * x**2)

    for function in (
        lambda x: module.hessian(f, x),
        lambda x: module.hvp(f, x, x),
        lambda x: module.jacobian(torch.exp, x),
    ):
        close(function(x.to(DEVICE)), function(x))
    (value, (grad,)), expected = module.value_and_grad(lambda p: f(p[0]))([x.to(DEVICE)]), torch.cos(x) * x**2
    close(value, f(x))
    close(grad, expected + 2 * x * torch.sin(x))


@pytest.mark.parametrize("name", ["clip_by_value", "clip_by_norm", "clip_by_global_norm"])
def test_clipping(name):
    clip, rng = getattr(cases.module("clipping", "torch"), name), np.random.default_rng(0)
    grads = [torch.tensor(rng.normal(size=shape)) for shape in ((3, 2), (4,))]
    there, here = clip([g.to(DEVICE) for g in grads], 0.5), clip(grads, 0.5)
    if name == "clip_by_global_norm":
        (there, norm), (here, expected) = there, here
        assert norm == pytest.approx(expected, rel=1e-12)
    for g, e in zip(there, here, strict=True):
        close(g, e)


def test_a_training_run():
    """The whole loop: a model, mini-batches, a schedule, clipping, weight decay, accumulation, the best weights restored."""
    losses, training, models = (cases.module(topic, "torch") for topic in ("losses", "training", "models"))
    rng, runs = np.random.default_rng(0), []
    X, y = torch.tensor(rng.normal(size=(40, 6))), torch.tensor(rng.integers(0, 3, 40))
    for device in ("cpu", DEVICE):
        with torch.device(device):
            model = models.mlp((6, 5, 3))
        history = training.train(
            training.objective(model, losses.softmax_ce), model.params, X.to(device), y.to(device),
            cases.module("optimizers", "torch").Adam(0.01), epochs=5, batch_size=8, accumulate=2,
            schedule=lambda t: 0.01 / (1 + t), weight_decay=0.01, restore_best=True,
            clip=lambda grads: cases.module("clipping", "torch").clip_by_global_norm(grads, 0.5),
            validate=lambda params, model=model, device=device: losses.softmax_ce(
                model.forward(X.to(device)), y.to(device)),
        )  # fmt: skip
        runs.append((history, model.params))
    (here, expected), (there, got) = runs
    np.testing.assert_allclose(there.losses, here.losses, rtol=1e-9)
    for g, e in zip(got, expected, strict=True):
        close(g, e)
