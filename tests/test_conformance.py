"""The conformance tables: what they call equal is equal, what they call a gap is there, and of the size that they say."""

import importlib

import cases
import numpy as np
import pytest

from gdcourse import conformance, schedules
from gdcourse.conformance import layers, losses, optimizers
from gdcourse.conformance import schedules as schedule_rows

TOPICS = ("losses", "initializers", "layers", "recurrent", "optimizers", "clipping", "schedules", "precision")
TABLES = {topic: importlib.import_module(f"gdcourse.conformance.{topic}") for topic in TOPICS}
ROWS = [(topic, row) for topic, table in TABLES.items() for row in table.ROWS]
PAIRS = [(topic, row) for topic, row in ROWS if row.theirs]


def agrees(topic, row):
    """Whether the measured gap is what the row says: a power of ten, within a factor of 5 (rounding differs by machine)."""
    gap = TABLES[topic].measure(row)
    if row.gap == 0:
        return gap < getattr(TABLES[topic], "EQUAL", 1e-12), gap
    return gap == row.gap or row.gap / 5 < gap < 5 * row.gap, gap


def name(topic, row):
    return f"{topic} {conformance.table([row])}".replace(" ", "")[:80]


@pytest.mark.parametrize("topic, row", PAIRS, ids=[name(*pair) for pair in PAIRS])
@pytest.mark.filterwarnings(
    "ignore:The epoch parameter in `scheduler.step",  # SequentialLR's own call
    "ignore:reduction. 'mean' divides the total loss",  # KLDivLoss, which the row is about
    "ignore:Using padding='same' with even kernel",  # PyTorch copies x
    "ignore:__array__ implementation doesn't accept a copy",  # the callback of Keras, about its own variable
)
def test_every_row(topic, row):
    as_the_row_says, gap = agrees(topic, row)
    assert as_the_row_says, f"measured {gap:.2e}"


NOT_COMPARED = {"layers": {"Layer", "Sequential"}}  # they compute nothing


@pytest.mark.parametrize("topic", TOPICS)
def test_everything_stands_beside_both_frameworks(topic):
    ours = schedules.__all__ if topic == "schedules" else cases.module(topic, "numpy").__all__
    expected = {n for n in ours if not n.endswith("_grad")} - NOT_COMPARED.get(topic, set())
    rows = TABLES[topic].ROWS
    assert {(row.ours[0], row.framework) for row in rows} == {(n, f) for n in expected for f in ("torch", "keras")}
    assert len({str(row) for row in rows}) == len(rows)


@pytest.mark.parametrize("topic, row", ROWS, ids=[name(*row) for row in ROWS])
def test_what_is_not_equal_says_why(topic, row):
    assert row.gap == 0 or row.why
    assert (row.gap is None) == (row.theirs is None)


@pytest.mark.parametrize("topic", TOPICS)
def test_table_has_a_line_for_every_row(topic):
    lines = conformance.table(TABLES[topic].ROWS).splitlines()
    assert len(lines) == len(TABLES[topic].ROWS) and all(line.count(" | ") >= 3 for line in lines)


def test_what_has_no_counterpart_has_none():
    import torch  # noqa: I001  PyTorch first
    import keras

    assert not {"Lion", "Hypergradient"} & set(dir(torch.optim)) and not hasattr(keras.optimizers, "Hypergradient")
    rows = {(row.ours[0], row.framework) for topic, row in ROWS if topic == "optimizers" and row.theirs is None}
    assert rows == {("Lion", "torch"), ("Hypergradient", "torch"), ("Hypergradient", "keras")}
    assert not [n for n in dir(keras.optimizers.schedules) if "Cycl" in n]
    with pytest.raises(ValueError, match="not supported for strided"):
        torch.nn.Conv2d(3, 4, 3, stride=2, padding="same")
    with pytest.raises(RuntimeError, match="Found dtype Long"):
        torch.nn.BCELoss()(torch.full((2,), 0.5), torch.tensor([0, 1]))


def test_no_constant_is_eps_hat():
    """Keras' first five steps each ask (8) for another eps, eps-hat / sqrt(1 - beta2^t)."""
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    beta1, beta2, eps = 0.5, 0.75, 2.0**-3
    adam = keras.optimizers.Adam(0.125, beta1, beta2, eps)
    w, m, v, needed = keras.Variable([0.0], dtype="float64"), 0.0, 0.0, []
    for t, g in enumerate([1.0, 0.5, 2.0, 1.5, 1.0], 1):
        before = float(w.numpy()[0])
        adam.apply([keras.ops.convert_to_tensor(np.array([g]))], [w])
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        step = before - float(w.numpy()[0])
        needed.append(0.125 * m / (1 - beta1**t) / step - np.sqrt(v / (1 - beta2**t)))
    np.testing.assert_allclose(needed, [eps / np.sqrt(1 - beta2**t) for t in range(1, 6)], rtol=1e-12)
    assert needed[0] == pytest.approx(2 * eps) and needed == sorted(needed, reverse=True)


@pytest.mark.parametrize("scale", np.geomspace(0.5, 4, 8))
def test_the_best_constant_leaves_a_gap(scale):
    row = next(r for r in optimizers.ROWS if r.framework == "keras" and r.ours[1].get("eps") is optimizers.eps_hat)
    constant = row._replace(ours=(row.ours[0], {**row.ours[1], "eps": scale * optimizers.EPS}))
    assert optimizers.measure(constant) > 1e-5


def keras_float64(measure):
    """Measure with float64 as the float type that Keras takes by default."""
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    keras.config.set_floatx("float64")
    try:
        return measure()
    finally:
        keras.config.set_floatx("float32")


def test_float64_as_keras_own_float_mends_the_rate_alone():
    rate = next(row for row in optimizers.ROWS if "rate as a float32" in row.why)
    betas = next(row for row in optimizers.ROWS if "0.999" in row.why)
    assert keras_float64(lambda: optimizers.measure(rate)) < 1e-12
    assert keras_float64(lambda: optimizers.measure(betas)) > 1e-6


def test_float64_as_keras_own_float_mends_the_losses():
    row = next(row for row in losses.ROWS if row.why == losses.FLOAT32)
    assert keras_float64(lambda: losses.measure(row)) < 1e-12


FLOAT32 = [row for row in schedule_rows.ROWS if row.why == schedule_rows.FLOAT32]


@pytest.mark.parametrize("row", FLOAT32, ids=[name("", row) for row in FLOAT32])
def test_settings_in_float64_mend_keras_schedules(row):
    """What TensorFlow makes of a Python float is a float32, so the formulas are equal, and only the rounding is not."""
    called, arguments = row.theirs
    exact = {k: np.float64(v) if isinstance(v, float) else v for k, v in arguments.items()}
    assert schedule_rows.measure(row._replace(theirs=(called, exact))) < 1e-12


def test_float64_as_pytorchs_default_mends_nadam():
    import torch

    row = next(row for row in optimizers.ROWS if row.ours[0] == "Nadam" and row.framework == "torch")
    torch.set_default_dtype(torch.float64)
    try:
        assert optimizers.measure(row) < 1e-12
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("delta", [0.25, 0.5, 2.0])
def test_smooth_l1_times_beta_is_hubers_loss(delta):
    """The slopes' largest ratio is the factor that the row's reason names."""
    arguments = {**losses.DATA["huber"], "delta": delta}
    ours = cases.module("losses", "numpy").huber(**arguments)
    h, y = losses.DATA["huber"].values()
    value, slopes = losses._run_torch("SmoothL1Loss", {"beta": delta}, h, y)
    np.testing.assert_allclose(delta * value, ours, rtol=1e-12)
    np.testing.assert_allclose(delta * slopes, cases.module("losses", "numpy").huber_grad(**arguments), rtol=1e-12)


def test_a_wrong_table_is_caught():
    """Each measure sees a change of one argument: a row that says equal is not equal by itself."""
    wrong = {
        "losses": ("huber", {"delta": 0.75}),
        "initializers": ("xavier_uniform", {"gain": 1.6}),
        "layers": ("LeakyReLU", {"slope": 0.02}),
        "recurrent": ("LSTM", {"d_in": 3, "d": 2, "fresh": "forget_bias"}),
        "optimizers": ("Adam", {"lr": 0.1, "eps": 2e-3}),
        "clipping": ("clip_by_value", {"c": 0.4}),
        "schedules": ("step", {"lr": 0.3, "gamma": 0.5, "every": 8}),
        "precision": ("DynamicScale", {"scale": 8.0, "interval": 4}),
    }
    for topic, ours in wrong.items():
        row = next(r for r in TABLES[topic].ROWS if r.ours[0] == ours[0] and r.framework == "torch" and r.gap == 0)
        assert agrees(topic, row)[0] and not agrees(topic, row._replace(ours=ours))[0]


def test_padding_at_the_end_is_numpys():
    x = np.arange(8.0).reshape(1, 1, 2, 4)
    assert layers._padded(x, (0, 1)).shape == (1, 1, 3, 5) and layers._padded(x, (0, 0)) is x
    assert layers._padded(x, (0, 1))[..., -1, :].sum() == 0 == layers._padded(x, (0, 1))[..., -1].sum()
