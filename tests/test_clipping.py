"""Clipping: our three agree, direction and bounds hold, no overflow, the built-ins agree where they can."""

import math

import cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gdcourse.clipping import numpy as clipping

SHAPES = ((3, 4), (5,), (2, 3, 2))
NAMES = ("clip_by_value", "clip_by_norm", "clip_by_global_norm")


def some_gradients(seed, scale=1.0):
    rng = np.random.default_rng(seed)
    return [scale * rng.normal(size=shape) for shape in SHAPES]


def flat(grads):
    return np.concatenate([np.ravel(cases.to_numpy(g)) for g in grads])


def clip(framework, name, grads, c):
    """Return the clipped gradients as NumPy arrays, and the norm before where there is one."""
    found = getattr(cases.module("clipping", framework), name)([cases.array(framework, g) for g in grads], c)
    grads, norm = found if name == "clip_by_global_norm" else (found, None)
    return [cases.to_numpy(g) for g in grads], norm


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e200])
def test_frameworks_agree(name, framework, scale):
    for seed in range(10):
        grads = some_gradients(seed, scale)
        (expected, norm), (got, theirs) = clip("numpy", name, grads, 0.7), clip(framework, name, grads, 0.7)
        for e, g in zip(expected, got, strict=True):
            assert g.dtype == np.float64
            np.testing.assert_allclose(g, e, rtol=1e-12)
        assert norm is None or math.isclose(theirs, norm, rel_tol=1e-12)
        G = cases.module("clipping", framework).global_norm([cases.array(framework, g) for g in grads])
        assert math.isclose(G, clipping.global_norm(grads), rel_tol=1e-12)


def test_by_hand():
    grads = [np.array([3.0, 0.0]), np.array([[-4.0]])]
    got, norm = clipping.clip_by_global_norm(grads, 1.0)
    assert norm == clipping.global_norm(grads) == 5.0
    np.testing.assert_allclose(flat(got), [0.6, 0, -0.8], rtol=1e-15)
    np.testing.assert_allclose(flat(clipping.clip_by_norm(grads, 3.5)), [3, 0, -3.5], rtol=1e-15)
    np.testing.assert_allclose(flat(clipping.clip_by_value(grads, 3.5)), [3, 0, -3.5], rtol=1e-15)


entries = st.floats(-1e300, 1e300)
bounds = st.floats(1e-3, 1e3)


@settings(deadline=None, max_examples=100)
@given(arrays(float, 4, elements=entries), arrays(float, (2, 2), elements=entries), bounds)
def test_global_norm_clipping_keeps_direction_and_bound(a, b, c):
    grads = [a, b]
    before = flat(grads)
    got, norm = clipping.clip_by_global_norm(grads, c)
    assert math.isclose(norm, math.hypot(*before), rel_tol=1e-12, abs_tol=1e-320)
    assert math.hypot(*flat(got)) <= min(c, norm) * (1 + 1e-12)
    if norm <= c:
        assert np.array_equal(flat(got), before)
    else:
        np.testing.assert_allclose(flat(got) / c, before / norm, rtol=1e-12, atol=1e-15)
        assert math.isclose(math.hypot(*flat(got)), c, rel_tol=1e-12)


@settings(deadline=None, max_examples=50)
@given(arrays(float, 4, elements=entries), bounds)
def test_clipping_twice_is_clipping_once(g, c):
    for name in NAMES:
        once, _ = clip("numpy", name, [g], c)
        np.testing.assert_allclose(clip("numpy", name, once, c)[0], once, rtol=1e-12)


@settings(deadline=None, max_examples=50)
@given(arrays(float, 4, elements=entries), arrays(float, 3, elements=entries), bounds)
def test_by_value_and_by_norm_bound_what_they_say(a, b, c):
    assert np.max(np.abs(flat(clipping.clip_by_value([a, b], c)))) <= c
    for g, got in zip((a, b), clipping.clip_by_norm([a, b], c), strict=True):
        np.testing.assert_allclose(got, clipping.clip_by_global_norm([g], c)[0][0], rtol=1e-15)


def test_only_the_global_norm_keeps_the_direction():
    grads = [np.array([3.0, 0.0]), np.array([4.0])]
    cosine = {name: flat(clip("numpy", name, grads, 1.0)[0]) @ flat(grads) for name in NAMES}
    lengths = {name: 5 * np.linalg.norm(flat(clip("numpy", name, grads, 1.0)[0])) for name in NAMES}
    assert math.isclose(cosine["clip_by_global_norm"], lengths["clip_by_global_norm"])
    assert cosine["clip_by_norm"] < 0.999 * lengths["clip_by_norm"]
    assert cosine["clip_by_value"] < 0.999 * lengths["clip_by_value"]


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_what_is_returned_is_new_and_the_input_is_unchanged(framework):
    for c in (0.1, 1e6):
        grads = [cases.array(framework, g) for g in some_gradients(0)]
        for name in NAMES:
            got = getattr(cases.module("clipping", framework), name)(grads, c)
            got = got[0] if name == "clip_by_global_norm" else got
            assert all(a is not b for a, b in zip(got, grads, strict=True))
        assert np.array_equal(flat(grads), flat(some_gradients(0)))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_zeros_float32_and_norms_beyond_the_largest_float(framework):
    zeros, norm = clip(framework, "clip_by_global_norm", [np.zeros(3)], 1.0)
    assert norm == 0 and not np.any(zeros)
    (got,), norm = clip(framework, "clip_by_global_norm", [np.full(100, 3e38, np.float32)], 1.0)
    assert got.dtype == np.float32 and np.allclose(got, 0.1) and math.isclose(norm, 3e39, rel_tol=1e-6)
    (got,), norm = clip(framework, "clip_by_global_norm", [np.full(100, 1e308)], 1.0)
    assert norm == math.inf and np.allclose(got, 0.1, rtol=1e-12)


def test_against_pytorch():
    import torch

    for scale in (0.01, 1.0, 100.0):
        grads = some_gradients(1, scale)
        got, norm = clipping.clip_by_global_norm(grads, 1.0)
        params = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in grads]
        for p, g in zip(params, grads, strict=True):
            p.grad = torch.tensor(g)
        theirs = torch.nn.utils.clip_grad_norm_(params, 1.0)
        assert math.isclose(norm, theirs, rel_tol=1e-12)
        gap = 1 / (1 + 1e-6 / norm) if norm > 1 else 1.0  # the 1e-6 that PyTorch adds
        np.testing.assert_allclose(flat([p.grad for p in params]), gap * flat(got), rtol=1e-12)
        assert (norm <= 1) == np.allclose(flat([p.grad for p in params]), flat(got), rtol=1e-12, atol=0)
        for p, g in zip(params, grads, strict=True):
            p.grad = torch.tensor(g)
        torch.nn.utils.clip_grad_value_(params, 0.3)
        assert np.array_equal(flat([p.grad for p in params]), flat(clipping.clip_by_value(grads, 0.3)))


def test_against_tensorflow_and_keras():
    import torch  # noqa: F401, I001  PyTorch first
    import keras
    import tensorflow as tf

    for scale in (0.01, 1.0, 100.0):
        grads = some_gradients(2, scale)
        theirs = [tf.constant(g) for g in grads]
        got, norm = clipping.clip_by_global_norm(grads, 1.0)
        clipped, theirs_norm = tf.clip_by_global_norm(theirs, tf.constant(1.0, tf.float64))
        assert math.isclose(norm, theirs_norm, rel_tol=1e-12)
        np.testing.assert_allclose(flat(clipped), flat(got), rtol=1e-12)
        by_norm = [tf.clip_by_norm(g, 0.7) for g in theirs]
        np.testing.assert_allclose(flat(by_norm), flat(clipping.clip_by_norm(grads, 0.7)), rtol=1e-12)
        variables = [keras.Variable(np.zeros(g.shape), dtype="float64") for g in grads]
        keras.optimizers.SGD(1.0, global_clipnorm=1.0).apply(theirs, variables)
        np.testing.assert_allclose(flat([-v.numpy() for v in variables]), flat(got), rtol=1e-12)


def test_where_the_builtins_differ():
    """What the docstring says of 1e200 and of NaN."""
    import tensorflow as tf
    import torch

    huge = np.array([3e200, 4e200])
    np.testing.assert_allclose(clipping.clip_by_global_norm([huge], 1.0)[0][0], [0.6, 0.8], rtol=1e-12)
    p = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    p.grad = torch.tensor(huge)
    torch.nn.utils.clip_grad_norm_([p], 1.0)
    assert p.grad.tolist() == [0.0, 0.0]
    assert np.all(np.isnan(tf.clip_by_global_norm([tf.constant(huge)], tf.constant(1.0, tf.float64))[0][0]))
    p.grad = torch.tensor([np.nan, 1.0], dtype=torch.float64)
    torch.nn.utils.clip_grad_norm_([p], 1.0)
    assert torch.isnan(p.grad).all()


def test_an_embedding_gradient_from_a_tape_is_clipped():
    import tensorflow as tf

    W = tf.Variable(np.ones((4, 2)))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(W, [1, 1, 3]))
    (got,), norm = cases.module("clipping", "tensorflow").clip_by_global_norm([tape.gradient(loss, W)], 1.0)
    expected = np.array([[0, 0], [2, 2], [0, 0], [1, 1]])
    np.testing.assert_allclose(got, expected / np.sqrt(10), rtol=1e-12)
    assert math.isclose(norm, np.sqrt(10))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "grads, c, error, message",
    [
        ([], 1.0, TypeError, "list with at least one array"),
        (np.ones(2), 1.0, TypeError, "expected grads to be a list"),
        ([None], 1.0, TypeError, r"grads\[0\] to be an array of floats, got NoneType"),
        ([np.ones(2), np.ones(2, int)], 1.0, TypeError, r"grads\[1\] to be an array of floats, got .*int64"),
        ([np.ones(2), np.array([1.0, np.nan])], 1.0, ValueError, r"NaN or infinity in grads\[1\]"),
        ([np.ones((0, 2))], 1.0, ValueError, r"at least one element, got grads\[0\] of shape \(0, 2\)"),
        ([np.array([np.inf])], 1.0, ValueError, r"NaN or infinity in grads\[0\]"),
        ([np.ones(2)], 0.0, ValueError, "c to be a finite number above 0, got 0.0"),
        ([np.ones(2)], -1.0, ValueError, "got -1.0"),
        ([np.ones(2)], math.nan, ValueError, "got nan"),
        ([np.ones(2)], "1", TypeError, "expected c to be a number"),
    ],
)
def test_bad_input_is_refused(framework, name, grads, c, error, message):
    if isinstance(grads, list):
        grads = [None if g is None else cases.array(framework, g) for g in grads]
    else:
        grads = cases.array(framework, grads)
    with pytest.raises(error, match=message):
        getattr(cases.module("clipping", framework), name)(grads, c)
