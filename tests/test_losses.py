"""The losses: our three agree, the gradients are right, the built-ins agree where they can, bad input is refused."""

import cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import log_softmax, softmax

from gdcourse.gradients import central_difference
from gdcourse.losses import numpy as losses


@pytest.mark.parametrize("name", cases.LOSSES)
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_frameworks_agree(name, framework):
    rng = np.random.default_rng(0)
    for _ in range(20):
        args = cases.loss_arguments(name, rng)
        theirs = [cases.array(framework, a) if isinstance(a, np.ndarray) else a for a in args]
        for function in (name, f"{name}_grad"):
            expected = getattr(losses, function)(*args)
            got = cases.to_numpy(getattr(cases.module("losses", framework), function)(*theirs))
            assert got.dtype == np.float64
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", cases.LOSSES)
def test_gradient_equals_central_difference(name):
    rng = np.random.default_rng(1)
    for _ in range(20):
        x, *rest = cases.loss_arguments(name, rng)
        given_ = getattr(losses, f"{name}_grad")(x, *rest)
        measured = central_difference(lambda v, rest=rest: getattr(losses, name)(v, *rest), x)
        np.testing.assert_allclose(given_, measured, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("reduction, factor", [("sum", 12), ("mean", 1), ("half_mean", 0.5)])
@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_reductions(framework, reduction, factor):
    rng = np.random.default_rng(2)
    h, y = rng.normal(size=(2, 3, 4))
    mse, mse_grad = (getattr(cases.module("losses", framework), name) for name in ("mse", "mse_grad"))
    h_, y_ = cases.array(framework, h), cases.array(framework, y)
    np.testing.assert_allclose(cases.to_numpy(mse(h_, y_, reduction)), factor * np.mean((h - y) ** 2), rtol=1e-12)
    np.testing.assert_allclose(cases.to_numpy(mse_grad(h_, y_, reduction)), factor * (h - y) / 6, rtol=1e-12)


def test_against_pytorch():
    import torch
    import torch.nn.functional as F

    rng = np.random.default_rng(3)
    for _ in range(10):
        h, y = map(torch.tensor, cases.loss_arguments("mse", rng))
        assert np.isclose(losses.mse(h, y), F.mse_loss(h, y), rtol=1e-12)
        assert np.isclose(losses.mae(h, y), F.l1_loss(h, y), rtol=1e-12)
        delta = float(rng.uniform(0.2, 2))
        assert np.isclose(losses.huber(h, y, delta), F.huber_loss(h, y, delta=delta), rtol=1e-12)
        assert np.isclose(losses.huber(h, y, delta), delta * F.smooth_l1_loss(h, y, beta=delta), rtol=1e-12)
        p, y = map(torch.tensor, cases.loss_arguments("bce", rng))
        assert np.isclose(losses.bce(p, y), F.binary_cross_entropy(p, y.double()), rtol=1e-12)
        z, y = map(torch.tensor, cases.loss_arguments("bce_with_logits", rng))
        assert np.isclose(losses.bce_with_logits(z, y), F.binary_cross_entropy_with_logits(z, y.double()), rtol=1e-12)
        z, y = map(torch.tensor, cases.loss_arguments("softmax_ce", rng))
        assert np.isclose(losses.softmax_ce(z, y), F.cross_entropy(z, y), rtol=1e-12)


def test_against_keras():
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    rng = np.random.default_rng(4)
    for _ in range(10):
        h, y = cases.loss_arguments("mse", rng)
        assert np.isclose(losses.mse(h, y), keras.losses.MeanSquaredError(dtype="float64")(y, h), rtol=1e-12)
        assert np.isclose(losses.mae(h, y), keras.losses.MeanAbsoluteError(dtype="float64")(y, h), rtol=1e-12)
        assert np.isclose(losses.huber(h, y, 0.5), keras.losses.Huber(0.5, dtype="float64")(y, h), rtol=1e-12)
        z, y = cases.loss_arguments("hinge", rng)
        assert np.isclose(losses.hinge(z, y), keras.losses.Hinge(dtype="float64")(y[:, None], z[:, None]), rtol=1e-12)
        (w,) = cases.loss_arguments("l1", rng)
        assert np.isclose(losses.l1(w), keras.regularizers.L1(1.0)(w), rtol=1e-12)
        assert np.isclose(losses.l2(w), keras.regularizers.L2(0.5)(w), rtol=1e-12)
        z, y = cases.loss_arguments("softmax_ce", rng)
        theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")(y, z)
        assert np.isclose(losses.softmax_ce(z, y), theirs, rtol=1e-12)
        z, y = cases.loss_arguments("bce_with_logits", rng)
        theirs = keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")(y[:, None], z[:, None])
        assert np.isclose(losses.bce_with_logits(z, y), theirs, rtol=1e-12)


KINKS = {
    "mae": ((np.array([[2.0, -1.0, 0.5, -0.0]]), np.array([[2.0, -1.0, 0.0, 0.0]])), [[0, 0, 0.25, 0]]),
    "l1": ((np.array([0.0, -0.0, 3.0, -2.0]),), [0, 0, 1, -1]),
    "bce_with_logits": ((np.array([0.0, -0.0, 800.0, -800.0]), np.array([0, 1, 1, 1])), [0.125, -0.125, 0, -0.25]),
    "hinge": ((np.array([1.0, -1.0, 0.0, 2.0]), np.array([1, -1, 1, 1])), [0, 0, -0.25, 0]),
    "huber": ((np.array([1.5, -1.5, 0.0, 9.0]), np.zeros(4), 1.5), [0.375, -0.375, 0, 0.375]),
}


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_at_the_kinks_the_slope_is_zero(name, framework):
    """And where only a formula has a kink, the join of Huber's loss and softplus at 0, it is the slope that the loss has."""
    args, expected = KINKS[name]
    args = [cases.array(framework, a) if isinstance(a, np.ndarray) else a for a in args]
    slope = getattr(cases.module("losses", framework), f"{name}_grad")(*args)
    np.testing.assert_array_equal(cases.to_numpy(slope), expected)


def test_the_builtins_agree_at_the_kinks():
    import torch  # noqa: I001  PyTorch first
    import torch.nn.functional as F
    import keras
    import tensorflow as tf

    (h, y), expected = KINKS["mae"]
    h_, y_ = torch.tensor(h, requires_grad=True), torch.tensor(y)
    np.testing.assert_array_equal(torch.autograd.grad(F.l1_loss(h_, y_), h_)[0], expected)
    h_ = tf.Variable(h)
    with tf.GradientTape() as tape:
        value = keras.losses.MeanAbsoluteError(dtype="float64")(y, h_)
    np.testing.assert_array_equal(tape.gradient(value, h_), expected)


@settings(deadline=None, max_examples=50)
@given(arrays(float, 4, elements=st.floats(-1e6, 1e6)), st.floats(1e-3, 1e3))
def test_huber_lies_between_the_square_and_the_line(e, delta):
    """Half the mean square while no error exceeds delta; never above it, nor above delta times the mean absolute error."""
    y, value = np.zeros(4), losses.huber(e, np.zeros(4), delta)
    assert value <= losses.mse(e, y, "half_mean") * (1 + 1e-12) and value <= delta * losses.mae(e, y) * (1 + 1e-12)
    if np.abs(e).max() <= delta:
        assert np.isclose(value, losses.mse(e, y, "half_mean"), rtol=1e-12, atol=0)
    assert np.abs(losses.huber_grad(e, y, delta)).max() <= delta / 4


def test_a_huge_error_does_not_overflow_hubers_loss():
    assert losses.huber(np.array([1e300]), np.zeros(1), 2.0) == pytest.approx(2e300)


def test_where_the_builtins_differ():
    """What the docstring of `gdcourse.losses` says of probabilities of exactly 0 and of labels outside the set."""
    import keras
    import torch
    import torch.nn.functional as F

    assert losses.bce([0.0], [1]) == np.inf
    assert F.binary_cross_entropy(torch.zeros(1), torch.ones(1)) == 100
    clipped = keras.losses.BinaryCrossentropy()(np.ones((1, 1)), np.zeros((1, 1)))
    assert np.isclose(clipped, -np.log(1e-7), rtol=1e-4)
    unbounded = F.binary_cross_entropy_with_logits(torch.tensor([100.0]), torch.tensor([9.0]))
    assert unbounded == -800
    assert keras.losses.BinaryCrossentropy(from_logits=True)(np.array([[9.0]]), np.array([[100.0]])) == -800


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_bce_with_logits_is_exact_from_the_kink_to_the_tails(framework):
    """At a logit of 0 the slope is p - y = +-1/2; far out the loss keeps its last digits on the right side too."""
    module = cases.module("losses", framework)
    z, y = np.array([0.0, 0.0, 30.0, -30.0, 1000.0, -1000.0]), np.array([0, 1, 1, 0, 0, 1])
    slopes = 6 * cases.to_numpy(module.bce_with_logits_grad(cases.array(framework, z), cases.array(framework, y)))
    tiny = np.exp(-30.0)
    np.testing.assert_allclose(slopes, [0.5, -0.5, -tiny, tiny, 1, -1], rtol=1e-12)
    for logit, label, loss in zip(
        z, y, [np.log(2), np.log(2), np.log1p(tiny), np.log1p(tiny), 1000, 1000], strict=True
    ):
        value = module.bce_with_logits(
            cases.array(framework, np.array([logit])), cases.array(framework, np.array([label]))
        )
        np.testing.assert_allclose(cases.to_numpy(value), loss, rtol=1e-12)


logits = arrays(float, (4, 3), elements=st.floats(-1000, 1000))


@settings(deadline=None, max_examples=50)
@given(logits, st.floats(-1000, 1000))
def test_softmax_ce_is_shift_invariant_and_stable(z, shift):
    y = np.array([0, 1, 2, 0])
    expected = -np.mean(log_softmax(z, axis=1)[np.arange(4), y])
    assert np.isclose(losses.softmax_ce(z, y), expected, rtol=1e-12)
    assert np.isclose(losses.softmax_ce(z + shift, y), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(losses.softmax_ce_grad(z, y), (softmax(z, axis=1) - np.eye(3)[y]) / 4, atol=1e-12)


@settings(deadline=None, max_examples=50)
@given(arrays(float, 5, elements=st.floats(-1e6, 1e6)))
def test_bce_with_logits_is_two_class_softmax(z):
    y = np.array([0, 1, 1, 0, 1])
    two = np.column_stack([np.zeros(5), z])
    assert np.isclose(losses.bce_with_logits(z, y), losses.softmax_ce(two, y), rtol=1e-12, atol=1e-300)


def test_integers_are_taken_as_numbers():
    assert losses.mse(np.array([3], np.uint8), np.array([5], np.uint8)) == 4.0


def test_float32_stays_float32():
    h = np.ones(3, np.float32)
    assert losses.mse(h, h).dtype == np.float32 and losses.mse_grad(h, h).dtype == np.float32


BAD = {
    "shapes differ": ("mse", (np.zeros((3, 1)), np.zeros(3)), r"equal shapes, got h \(3, 1\), y \(3,\)"),
    "empty": ("mse", (np.zeros(0), np.zeros(0)), "at least one element"),
    "unknown reduction": ("mse", (np.zeros(2), np.zeros(2), "average"), "got 'average'"),
    "absolute error of other shapes": ("mae", (np.zeros(2), np.zeros(3)), r"equal shapes, got h \(2,\), y \(3,\)"),
    "delta of 0": ("huber", (np.zeros(2), np.zeros(2), 0), "delta to be a finite number above 0, got 0"),
    "delta is NaN": ("huber", (np.zeros(2), np.zeros(2), float("nan")), "delta to be a finite number above 0, got nan"),
    "label 9 of two": ("bce", (np.array([0.5, 0.5]), np.array([1, 9])), r"in \{0, 1\}, got 1, 9"),
    "label 9 from logits": ("bce_with_logits", (np.zeros(2), np.array([0, 9])), r"in \{0, 1\}, got 0, 9"),
    "not a probability": ("bce", (np.array([0.5, 1.5]), np.array([1, 0])), r"in \[0, 1\], got 0.5, 1.5"),
    "class out of range": ("softmax_ce", (np.zeros((2, 3)), np.array([0, 3])), r"in 0..2, got 0, 3"),
    "labels as a column": (
        "softmax_ce",
        (np.zeros((2, 3)), np.array([[0], [1]])),
        r"logits \(n, k\) and labels \(n,\)",
    ),
    "hinge on 0 and 1": ("hinge", (np.zeros(2), np.array([0, 1])), r"in \{-1, \+1\}, got 0, 1"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("suffix", ["", "_grad"])
def test_bad_input_is_refused(case, framework, suffix):
    name, args, message = BAD[case]
    args = [cases.array(framework, a) if isinstance(a, np.ndarray) else a for a in args]
    with pytest.raises(ValueError, match=message):
        getattr(cases.module("losses", framework), name + suffix)(*args)
