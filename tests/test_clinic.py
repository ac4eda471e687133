"""The clinic: every sick run is told by name, no healthy one is alarmed; the run that is watched stays as it was."""

import re
from functools import cache

import clinic_runs as runs
import numpy as np
import pytest

from gdcourse.diagnostics import RULES, Clinic, Finding, dashboard
from gdcourse.diagnostics.rules import Signal, Watch


@cache
def told(run):
    return run()


@pytest.mark.parametrize("run", runs.SICK, ids=lambda run: run.__name__)
def test_every_sick_run_is_told(run):
    clinic = told(run)
    alarms = [finding.rule for finding in clinic.findings() if finding.alarm]
    assert runs.SICK[run] in alarms, clinic.report()


@pytest.mark.parametrize("run", runs.HEALTHY, ids=lambda run: run.__name__)
def test_no_healthy_run_is_alarmed(run):
    clinic = run()
    assert not [finding for finding in clinic.findings() if finding.alarm], clinic.report()
    assert clinic.watch.losses[-1] < 0.97 * clinic.watch.losses[0]  # it is healthy


def test_the_report_says_which_layer_since_when_and_why():
    report = told(runs.sick_dying).report()
    assert re.search(r'Layer "3 ReLU": \d\d% of units never fire since step 41\.', report)
    assert "Threshold: 50%" in report and "Source: CS231n" in report and "Try: a smaller rate" in report


@pytest.mark.parametrize(
    "run", [runs.sick_exploding_at_once, runs.sick_alike_then_overflow], ids=lambda run: run.__name__
)
def test_an_overflow_hides_no_other_sickness_and_makes_none_up(run):
    """What was measured before the first number that is not finite is judged, what came after is not."""
    clinic = told(run)
    assert [finding.rule for finding in clinic.findings()] == ["overflow", runs.SICK[run]], clinic.report()
    assert 0 < clinic.watch.sound == clinic.findings()[0].since < 20


def test_a_layer_whose_numbers_are_not_finite_is_not_called_frozen():
    """The second layer breaks at step 12; a NaN as its gradient is no missing gradient, and a NaN as its ratio no rest."""
    steps, nan = 40, np.nan
    moved = [1e-3] * 12 + [nan] * 28
    watch = Watch([1.0] * steps, {"a": moved, "b": moved}, {"a": moved, "b": moved}, broken=(12, "The loss"))
    rules = [f.rule for rule in RULES for f in rule(watch)]
    assert rules == ["overflow"] and watch.sound == 12
    at_once = Watch([1.0] * steps, {"a": [nan] * 40, "b": moved}, {"a": [nan] * 40, "b": moved}, broken=(0, "The loss"))
    assert [f.rule for rule in RULES for f in rule(at_once)] == ["overflow"]
    still = Watch(
        [1.0] * steps, {"a": moved, "b": moved}, {"a": [0.0] * 12 + [nan] * 28, "b": moved}, broken=(12, "The loss")
    )
    assert [f.rule for rule in RULES for f in rule(still)] == ["overflow", "frozen layer"]


def test_a_finished_report_of_a_healthy_run():
    clinic = runs.healthy_fine_tuning()
    assert clinic.report().startswith(
        '150 steps watched, nothing to worry about.\n· frozen layer: Layer "0 Linear" is frozen'
    )


def keras_model(*layers, shape=(64,)):
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input(shape), *layers])


def keras_fit(model, lr, y=None, loss=None, optimizer=None):
    import keras

    X, labels = runs._digits()
    X, y = X.reshape(-1, *model.input_shape[1:]).astype("float32"), labels if y is None else y
    loss = loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile((optimizer or keras.optimizers.SGD)(lr), loss)
    clinic = Clinic(model)
    model.fit(X, y, batch_size=64, epochs=4, verbose=0, callbacks=[clinic.callback(X[:256], y[:256])])
    return clinic


def keras_runs():
    import torch  # noqa: F401, I001  PyTorch first
    from keras import layers as L, losses, optimizers

    crossentropy = losses.SparseCategoricalCrossentropy(from_logits=False)
    frozen = L.Dense(32, "relu", trainable=False)
    return {
        "relu": (lambda: keras_fit(keras_model(L.Dense(64, "relu"), L.Dense(10)), 0.1), None),
        "softmax": (lambda: keras_fit(keras_model(L.Dense(64, "relu"), L.Dense(10, "softmax")), 0.1, loss=crossentropy), None),
        "norm and dropout": (
            lambda: keras_fit(
                keras_model(L.Dense(64), L.BatchNormalization(), L.ReLU(), L.Dropout(0.3), L.Dense(10)),
                1e-3, optimizer=optimizers.Adam,
            ),
            None,
        ),
        "cnn": (
            lambda: keras_fit(
                keras_model(
                    L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(), L.Dense(10), shape=(8, 8, 1)
                ),
                0.05,
            ),
            None,
        ),
        "vanishing": (
            lambda: keras_fit(keras_model(*[L.Dense(32, "sigmoid") for _ in range(14)], L.Dense(10)), 0.1),
            "vanishing gradients",
        ),
        "dead": (
            lambda: keras_fit(
                keras_model(L.Dense(64, "relu", bias_initializer=lambda s, dtype: -20 * np.ones(s)), L.Dense(10)), 0.1
            ),
            "dead units",
        ),
        "saturated": (
            lambda: keras_fit(keras_model(L.Dense(64, "tanh"), L.Dense(64), L.Activation("tanh"), L.Dense(10)), 200.0),
            "saturated units",
        ),
        "alike": (
            lambda: keras_fit(
                keras_model(L.Dense(32, "tanh", kernel_initializer="zeros"), L.Dense(10, kernel_initializer="ones")), 0.1
            ),
            "units that are alike",
        ),
        "too small a rate": (lambda: keras_fit(keras_model(L.Dense(64, "relu"), L.Dense(10)), 1e-6), "rate too small"),
        "frozen on purpose": (lambda: keras_fit(keras_model(frozen, L.Dense(10)), 0.1), None),
    }  # fmt: skip


@pytest.mark.parametrize("name", [
    "relu", "softmax", "norm and dropout", "cnn", "vanishing", "dead", "saturated", "alike", "too small a rate",
    "frozen on purpose",
])  # fmt: skip
def test_keras_fit(name):
    make, expected = keras_runs()[name]
    clinic = make()
    alarms = [finding.rule for finding in clinic.findings() if finding.alarm]
    assert (expected in alarms) if expected else not alarms, clinic.report()
    assert clinic.watch.steps == 64


def test_keras_double_softmax_in_a_loop_of_ones_own():
    """`tf.nn.softmax` on the model's output hides the logits from Keras; the labels tell."""
    import torch  # noqa: F401, I001  PyTorch first
    import keras
    import tensorflow as tf

    model = keras_model(keras.layers.Dense(64, "relu"), keras.layers.Dense(10), keras.layers.Softmax())
    crossentropy, adam = keras.losses.SparseCategoricalCrossentropy(from_logits=True), keras.optimizers.Adam(1e-3)
    clinic = Clinic(model)
    for a, b in runs.batches(*runs._digits(), 40, 64):
        with tf.GradientTape() as tape:
            loss = crossentropy(b, tf.identity(model(a, training=True)))
        grads = tape.gradient(loss, model.trainable_weights)
        adam.apply(grads, model.trainable_weights)
        clinic.step(loss, y=b, grads=grads, x=a)
    assert [f.rule for f in clinic.findings()] == ["double softmax"], clinic.report()


def test_watching_changes_nothing_in_pytorch():
    import torch

    def train(watched):
        torch.manual_seed(0)
        model = torch.nn.Sequential(
            torch.nn.Linear(64, 32),
            torch.nn.BatchNorm1d(32),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.5),
            torch.nn.Linear(32, 10),
        )
        optimizer, clinic = torch.optim.Adam(model.parameters()), Clinic(model) if watched else None
        for a, b in runs.batches(*runs._digits(), 20, 32):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(torch.tensor(a, dtype=torch.float32)), torch.tensor(b))
            loss.backward()
            optimizer.step()
            if clinic:
                clinic.step(loss)
        if clinic:
            clinic.close()
        assert not any(module._forward_hooks for module in model.modules())
        return model.state_dict()

    plain, watched = train(False), train(True)
    assert all(torch.equal(plain[name], watched[name]) for name in plain)


def test_watching_changes_nothing_in_keras():
    """Running statistics and the random states of dropout are set back after each look."""
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    def train(watched):
        L = keras.layers
        model = keras_model(L.Dense(32), L.BatchNormalization(), L.ReLU(), L.Dropout(0.5), L.Dense(10))
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        X, y = runs._digits()
        look = [Clinic(model).callback(X[:64], y[:64])] if watched else []
        model.fit(X, y, batch_size=64, epochs=1, shuffle=False, verbose=0, callbacks=look)
        return [w.copy() for w in model.get_weights()]

    for plain, watched in zip(train(False), train(True), strict=True):
        np.testing.assert_array_equal(plain, watched)


def test_an_evaluation_in_between_is_not_watched():
    import torch

    model = runs.dense((64, 16, 10), torch.nn.ReLU)
    optimizer, clinic = runs.sgd(model, 0.1), Clinic(model)
    for a, b in runs.batches(*runs._digits(), 5, 32):
        a = torch.tensor(a, dtype=torch.float32)
        with torch.no_grad():
            model(a[:1])
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(a), torch.tensor(b))
        loss.backward()
        optimizer.step()
        clinic.step(loss)
    assert clinic.watch.signals["1 ReLU"].rows == [32] * 5


def test_history_is_what_the_dashboard_draws():
    clinic = runs.healthy_relu()
    fig = dashboard(clinic.history)
    titles = ["loss", "gradient norm", "update / weight", "spread of activations", "share of dead units"]
    assert [ax.get_title() for ax in fig.axes] == titles
    assert list(clinic.history["gradient_norms"]) == ["0 Linear", "2 Linear", "4 Linear"]
    flat = told(runs.sick_saturated).history
    assert "dead_units" not in flat and list(flat["flat_outputs"]) == ["1 Tanh", "3 Tanh"]
    assert all(len(series) == 150 and min(series) > 0.3 for series in flat["flat_outputs"].values())
    assert dashboard(flat).axes[-1].get_title() == "share of flat outputs"


@pytest.mark.parametrize("rows", [4, 64])
def test_the_share_of_dead_units_is_that_of_the_last_twenty_steps_and_256_rows(rows):
    """Against a count over all that was put out, on units that fire seldom, often, never, and no more after step 30."""
    rng, signal, outputs = np.random.default_rng(rows), Signal("relu"), []
    for t in range(120):
        rates = np.array([0.001, 0.01, 0.5, 0.0, 0.5 * (t <= 30), 0.002])
        outputs.append((rng.random((rows, 6)) < rates) * 1.0)
        signal.see(outputs[-1], -1)
    steps = max(20, 256 // rows)
    for t, share in enumerate(signal.dead):
        if t + 1 < steps:
            assert np.isnan(share)
        else:
            assert share == np.mean(np.concatenate(outputs[t + 1 - steps : t + 1]).sum(axis=0) == 0)
    assert {signal.dead[-1], signal.dead[steps]} <= {k / 6 for k in range(7)} and signal.dead[-1] >= 2 / 6


def test_the_history_of_dying_units():
    """None dead at first; after the one large step at 40, and twenty more, most of them, as the report says."""
    clinic = told(runs.sick_dying)
    share = clinic.history["dead_units"]["3 ReLU"]
    assert len(share) == 150 and np.isnan(share[18]) and share[40] < 0.5 < share[60] == share[-1]
    assert f"{share[-1]:.0%} of units never fire since step 41" in clinic.report()


def test_measurements_are_those_of_the_run():
    """Gradient per weight, update ratio and dead units of one step by hand."""
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1)).double()
    with torch.no_grad():
        model[0].weight.copy_(torch.eye(2))
        model[0].bias.copy_(torch.tensor([0.0, -5.0]))
        model[2].weight.fill_(1.0)
        model[2].bias.zero_()
    clinic, sgd = Clinic(model), torch.optim.SGD(model.parameters(), 0.5)
    loss = model(torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float64)).sum()
    loss.backward()
    sgd.step()
    clinic.step(loss)
    watch = clinic.watch
    assert watch.losses == [4.0] and watch.signals["1 ReLU"].fired.tolist() == [0, -1]
    np.testing.assert_allclose(
        watch.grads["0 Linear"], [np.sqrt((4**2 + 6**2 + 2**2) / 6)]
    )  # dW = [[4, 6], [0, 0]], db = [2, 0]
    np.testing.assert_allclose(watch.ratios["2 Linear"], [0.5 * np.sqrt(4**2 + 2**2) / np.sqrt(2)])
    np.testing.assert_allclose(watch.inputs, [(np.sqrt(10), (np.sqrt(5) + np.sqrt(10)) / 2)])


def test_units_that_fire_now_and_then_are_not_dead():
    """A unit counts as dead only after twenty steps and 256 rows without one."""
    rng = np.random.default_rng(0)

    def watch(rate, steps, rows):
        signal = Signal("relu")
        for _ in range(steps):
            signal.see((rng.random((rows, 10)) < rate) * 1.0, -1)
        found = Watch(losses=[1.0] * steps, signals={"a": signal})
        return [f.rule for rule in RULES for f in rule(found)]

    assert watch(0.05, 100, 8) == [] and watch(0.0, 19, 64) == [] and watch(0.0, 30, 8) == []
    assert watch(0.0, 40, 8) == ["dead units"]


def test_every_rule_has_its_threshold_and_source():
    seen = {}
    for run in runs.SICK:
        seen |= {f.rule: f for f in told(run).findings() if f.rule == runs.SICK[run] and f.rule not in seen}
    assert set(seen) == set(runs.SICK.values()) and len(seen) >= len(RULES) - 1
    for finding in seen.values():
        assert isinstance(finding, Finding) and all((finding.says, finding.threshold, finding.cure, finding.source))
        assert finding.says[0].isupper() and finding.says.endswith(".") and re.search(r"\d", finding.says)


def unhooked():
    import torch

    return Clinic(torch.nn.Linear(2, 1))


def keras_clinic():
    import keras

    return Clinic(keras_model(keras.layers.Dense(2)))


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: Clinic(object()), TypeError, "a PyTorch module or a Keras model, got object"),
        (lambda: unhooked().findings(), ValueError, "expected at least one step, got none"),
        (lambda: unhooked().step(1.0), ValueError, "expected gradients, got none: call step after backward"),
        (lambda: keras_clinic().step(1.0), ValueError, "expected grads and x beside a Keras model"),
        (
            lambda: unhooked().step(np.ones(3)),
            ValueError,
            r"expected loss to be one number of shape \(\), got shape \(3,\)",
        ),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
