"""Numbers of few bits: rounding against the definitions, scales against the rule, training that needs them."""

import cases
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdcourse.precision import numpy as precision

FORMATS = {"float16": (5, 10), "bfloat16": (8, 7), "float32": (8, 23)}  # bits of exponent and fraction


def numbers(kind):
    """Return what table (1) says of a format, from its bits: largest, smallest normal, smallest, and the step after 1."""
    exponent, fraction = FORMATS[kind]
    bias = 2 ** (exponent - 1) - 1
    return (2 - 2.0**-fraction) * 2.0**bias, 2.0 ** (1 - bias), 2.0 ** (1 - bias - fraction), 2.0**-fraction


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("framework", ["numpy", "torch"])  # TensorFlow takes float32's subnormal numbers for 0
def test_the_ends_of_each_format(framework, kind):
    largest, normal, smallest, after_one = numbers(kind)
    x = [
        largest,
        largest * (1 + after_one),
        smallest,
        smallest * 0.49,
        normal,
        1 + after_one,
        1 + 0.49 * after_one,
        -0.0,
    ]
    got = cases.module("precision", framework).round_to(cases.array(framework, np.array(x)), kind)
    expected = [largest, np.inf, smallest, 0, normal, 1 + after_one, 1, 0]
    assert cases.to_numpy(got).tolist() == expected and cases.to_numpy(got).dtype == np.float64


@pytest.mark.parametrize("kind", FORMATS)
@given(st.floats(1e-30, 1e30), st.booleans())
def test_the_nearest_number_and_of_two_the_even_one(kind, x, minus):
    """Against rounding by definition: the multiple of the last place nearest to x."""
    largest, _, smallest, after_one = numbers(kind)
    x = float(np.float32(x))
    last = max(2.0 ** np.floor(np.log2(x)) * after_one, smallest)
    nearest = last * np.round(x / last)  # NumPy rounds halves to even
    expected = np.inf if nearest > largest else nearest
    sign = -1 if minus else 1
    assert precision.round_to(np.array([sign * x]), kind)[0] == sign * expected


def test_halfway_goes_to_the_even_neighbour():
    step = 2.0**-7
    got = precision.round_to(np.array([1 + step / 2, 1 + 3 * step / 2, -1 - step / 2, np.nan, -np.inf]), "bfloat16")
    np.testing.assert_array_equal(got, [1, 1 + 2 * step, -1, np.nan, -np.inf])


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_frameworks_round_alike(framework, kind):
    x = np.random.default_rng(1).normal(size=500) * np.geomspace(1e-37, 1e39, 500)
    got = cases.module("precision", framework).round_to(cases.array(framework, x), kind)
    np.testing.assert_array_equal(cases.to_numpy(got), precision.round_to(x, kind))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_what_was_scaled_comes_back_wider(framework):
    """Gradients that float16 would lose survive as 1024 times as much, and are divided in float32."""
    m, small = cases.module("precision", framework), 2.0**-26  # half of float16's smallest number is 2^-25
    scaler = m.FixedScale(1024)
    lost = cases.array(framework, np.array([small], np.float16))
    kept = cases.array(framework, np.array([1024 * small], np.float16))
    assert cases.to_numpy(lost)[0] == 0
    (got,) = scaler.unscale([kept])
    assert cases.to_numpy(got).dtype == np.float32 and cases.to_numpy(got)[0] == np.float32(small)
    (wide,) = scaler.unscale([cases.array(framework, np.array([2.0]))])
    assert cases.to_numpy(wide).dtype == np.float64 and cases.to_numpy(wide)[0] == 2 / 1024
    assert cases.to_numpy(scaler.scaled(cases.array(framework, np.array([3.0]))))[0] == 3072


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_a_dynamic_scale_follows_the_rule(framework, bad):
    scaler = cases.module("precision", framework).DynamicScale(64.0, growth=4.0, backoff=0.25, interval=2)
    scales, steps = [], []
    for g in (1.0, bad, 1.0, 1.0, 1.0, bad, bad, 1.0, 1.0):
        grads = [
            cases.array(framework, np.array([1.0, 1.0], np.float32)),
            cases.array(framework, np.array([g], np.float32)),
        ]
        steps.append(scaler.unscale(grads) is not None)
        scales.append(scaler.scale)
    assert scales == [64, 16, 16, 64, 64, 16, 4, 4, 16]
    assert steps == [True, False, True, True, True, False, False, True, True] and scaler.skipped == 3


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_a_fixed_scale_leaves_out_and_stays(framework):
    scaler = cases.module("precision", framework).FixedScale(8)
    assert scaler.unscale([cases.array(framework, np.array([np.inf]))]) is None
    assert (scaler.scale, scaler.skipped) == (8.0, 1)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_master_weights_add_up_what_sixteen_bits_lose(framework):
    """1 - 2^-13 is 1 in float16. After 64 such steps the master is 1 - 2^-7, and the model's copy shows it."""
    m, optimizers = cases.module("precision", framework), cases.module("optimizers", framework)
    p = cases.variable(framework, np.ones(3, np.float16))
    alone = cases.variable(framework, np.ones(3, np.float16))
    g, half = np.full(3, 2.0**-13, np.float32), np.full(3, 2.0**-13, np.float16)
    master, gd = m.MasterWeights([p]), optimizers.GD(1.0)
    for _ in range(64):
        gd.step(master.params, [cases.array(framework, g)])
        master.store([p])
        gd.step([alone], [cases.array(framework, half)])
    assert cases.to_numpy(alone).tolist() == [1, 1, 1]
    assert cases.to_numpy(p).tolist() == [1 - 2.0**-7] * 3 and cases.to_numpy(p).dtype == np.float16
    assert cases.to_numpy(master.params[0]).dtype == np.float32


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_a_model_in_sixteen_bits_trains_with_scale_and_master(framework):
    """A loss of 1e-7 of the usual size: in float16 alone every gradient underflows; scaled, the loss falls as in float32."""
    m, losses, models, optimizers = (
        cases.module(topic, framework) for topic in ("precision", "losses", "models", "optimizers")
    )
    x = np.random.default_rng(2).normal(size=(64, 8))
    y, small = cases.array(framework, (x[:, 0] > x[:, 1]).astype(int)), 1e-7

    def train(dtype, scaler):
        model, data = models.mlp((8, 16, 2), seed=1, dtype=dtype), cases.array(framework, x.astype(dtype))
        master, gd = m.MasterWeights(model.params), optimizers.GD(0.5 / small)
        for _ in range(60):
            dy = losses.softmax_ce_grad(model.forward(data, train=True), y)
            model.backward(dy * scaler.scaled(small))
            grads = scaler.unscale(model.grads)
            if grads is not None:
                gd.step(master.params, grads)
                master.store(model.params)
        return float(cases.to_numpy(losses.softmax_ce(model.forward(data), y)))

    reference, alone = (train(dtype, m.FixedScale(1)) for dtype in ("float32", "float16"))
    scaled = train("float16", m.DynamicScale(2.0**32))
    assert reference < 0.3 and alone > 2 * reference and abs(scaled - reference) < 0.02


@pytest.mark.parametrize("framework, dtypes", [("numpy", ["float16"]), ("torch", ["float16", "bfloat16"])])
def test_layers_in_sixteen_bits(framework, dtypes):
    for dtype in dtypes:
        model = cases.module("models", framework).cnn((1, 8, 8), 3, padding=1, dtype=dtype)
        if framework == "torch":
            import torch

            x = torch.ones(2, 1, 8, 8, dtype=getattr(torch, dtype))
        else:
            x = np.ones((2, 1, 8, 8), dtype)
        y = model.forward(x)
        dx = model.backward(y * 0 + 1)
        assert {str(a.dtype).removeprefix("torch.") for a in (y, dx, *model.grads, *model.params)} == {dtype}


def test_tensorflow_in_sixteen_bits():
    import tensorflow as tf

    for dtype in ("float16", "bfloat16"):
        model = cases.module("models", "tensorflow").mlp((4, 5, 3), dtype=dtype)
        y = model.forward(tf.ones((2, 4), dtype))
        dx = model.backward(tf.ones_like(y))
        assert {a.dtype.name for a in (y, dx, *model.grads, *model.params)} == {dtype}


def test_numpy_has_no_bfloat16():
    with pytest.raises(ValueError, match=r"dtype to be one of .*'float16'.*, got 'bfloat16'"):
        cases.module("models", "numpy").mlp((4, 5, 3), dtype="bfloat16")


BAD = {
    "kind": (lambda m, a: m.round_to(a, "float8"), ValueError, "kind to be one of .* got 'float8'"),
    "integers": (lambda m, a: m.round_to(np.arange(3), "float16"), TypeError, "an array of floats, got .*int64"),
    "scale": (lambda m, a: m.FixedScale(0), ValueError, "scale to be a finite number above 0, got 0"),
    "scale by name": (lambda m, a: m.DynamicScale("dynamic"), TypeError, "scale to be a number, got str"),
    "growth": (lambda m, a: m.DynamicScale(growth=0.5), ValueError, "growth .* of at least 1, got 0.5"),
    "backoff": (lambda m, a: m.DynamicScale(backoff=1.0), ValueError, "backoff .* below 1, got 1.0"),
    "interval": (lambda m, a: m.DynamicScale(interval=0), ValueError, "interval .* at least 1, got 0"),
    "no gradients": (lambda m, a: m.FixedScale(8).unscale([]), TypeError, "grads to be a list with at least one array"),
    "a gradient": (lambda m, a: m.FixedScale(8).unscale(a), TypeError, "grads to be a list"),
    "gradient None": (lambda m, a: m.FixedScale(8).unscale([None]), TypeError, r"grads\[0\] .* floats, got NoneType"),
    "master dtype": (lambda m, a: m.MasterWeights([a], "float16"), ValueError, "dtype to be one of .* got 'float16'"),
    "master of none": (lambda m, a: m.MasterWeights([]), TypeError, "params to be a list with at least one array"),
    "other params": (lambda m, a: m.MasterWeights([a]).store([a, a]), ValueError, "got 2 params and 1 grads"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_bad_input_is_refused(framework, case):
    call, error, message = BAD[case]
    with pytest.raises(error, match=message):
        call(cases.module("precision", framework), cases.array(framework, np.ones(3)))
