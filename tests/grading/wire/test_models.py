"""Models and optimizers cross as copies: a step over there is a step here, and a state that does not fit is refused."""

import numpy as np
import pytest

from gdcourse.grading.judge.codec import JudgeCodec
from gdcourse.grading.student.process import StudentCodec
from gdcourse.grading.wire import models
from gdcourse.grading.wire.models import StateError
from gdcourse.grading.wire.packing import pack, unpack

torch = pytest.importorskip("torch")


def both(objects):
    """Return (the student's copies, what brings the judge's objects up to date)."""
    judge, student = JudgeCodec(None), StudentCodec(None)
    copies = models.unpack(unpack(pack(models.pack(objects, judge))), student)

    def bring_back():
        for value, copy in zip(objects, copies, strict=True):
            data = unpack(pack(models.state(copy, copies, student)))
            models.update(value, judge.decode(data), objects)

    return copies, bring_back


def test_only_models_and_their_like_cross_as_copies():
    layer = torch.nn.Linear(2, 1)
    assert models.is_framework_object(layer) and models.is_framework_object(torch.optim.SGD(layer.parameters()))
    assert not any(map(models.is_framework_object, [torch.ones(1), np.ones(1), 3, torch, torch.nn.Linear]))


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
def test_a_step_over_there_is_a_step_here(make):
    torch.manual_seed(0)
    model, twin = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    twin.load_state_dict(model.state_dict())
    x = torch.randn(5, 3)
    steps = []
    for mine in (model, twin):
        optimizer = make(mine.parameters(), lr=0.1)
        objects = [mine, optimizer]
        (copy, its_optimizer), bring_back = both(objects) if mine is model else (objects, lambda: None)
        for _ in range(2):
            its_optimizer.zero_grad()
            copy(x).square().sum().backward()
            its_optimizer.step()
        bring_back()
        steps.append(optimizer)
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(ours, theirs) and torch.equal(ours.grad, theirs.grad)
    assert str(steps[0].state_dict()) == str(steps[1].state_dict())


def test_gradients_modes_and_frozen_parameters_cross_both_ways():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout())
    model[0].weight.grad = torch.full((2, 2), 7.0)
    (copy,), bring_back = both([model])
    assert torch.equal(copy[0].weight.grad, model[0].weight.grad) and copy[0].bias.grad is None
    copy.eval()
    copy[0].bias.requires_grad_(False)
    bring_back()
    assert not model.training and not model[1].training and not model[0].bias.requires_grad


@pytest.mark.parametrize("make", [lambda: torch.nn.Linear(2, 1), lambda: torch.nn.BatchNorm1d(2)])
def test_a_type_that_changes_over_there_changes_here(make):
    model = make()
    model.weight.grad = torch.ones_like(model.weight)
    (copy,), bring_back = both([model])
    copy.double()
    copy.weight.data[:] = 1 / 3
    bring_back()
    assert model.weight.dtype == model.weight.grad.dtype == torch.float64
    assert torch.equal(model.weight, copy.weight) and model.weight.requires_grad
    assert [b.dtype for b in model.buffers()] == [b.dtype for b in copy.buffers()]


def test_what_two_objects_share_is_shared_by_their_copies():
    layer = torch.nn.Linear(2, 2)
    (alone, within), _ = both([layer, torch.nn.Sequential(layer)])
    assert within[0] is alone


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"state": {}, "grads": [], "flags": [[], []]},
        {
            "state": {"weight": torch.ones(3, 3), "bias": torch.ones(1)},
            "grads": [None, None],
            "flags": [[True], [True, True]],
        },
        {
            "state": torch.nn.Linear(2, 1).state_dict(),
            "grads": [torch.ones(5, 5), None],
            "flags": [[True], [True, True]],
        },
        {"state": torch.nn.Linear(2, 1).state_dict(), "grads": [None], "flags": [[True], [True, True]]},
        {"state": torch.nn.Linear(2, 1).state_dict(), "grads": [None, None], "flags": 5},
        {"groups": [], "state": {}},
        "nothing",
    ],
)
def test_a_state_that_does_not_fit_is_refused(changed):
    with pytest.raises(StateError, match="the state of a Linear does not fit"):
        models.update(torch.nn.Linear(2, 1), changed, [])


@pytest.mark.slow
def test_a_step_of_keras_over_there_is_a_step_here():
    pytest.importorskip("tensorflow")
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    x = np.linspace(0, 1, 15).reshape(5, 3)
    for mine in (model, twin):
        optimizer = keras.optimizers.Adam(0.1)
        objects = [mine, optimizer]
        for _ in range(2):  # the second time, the copies are those of the first
            (copy, its_optimizer), bring_back = both(objects) if mine is model else (objects, lambda: None)
            copy.compile(its_optimizer, "mse", run_eagerly=True)
            copy.train_on_batch(x, np.ones((5, 2)))
            bring_back()
        assert int(optimizer.iterations) == 2
    for ours, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
