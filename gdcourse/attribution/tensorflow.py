"""Attribution of a score to the input, on TensorFlow tensors."""

from gdcourse import _check
from gdcourse._lazy import need
from gdcourse.attribution import checks

tf = need("tensorflow")

__all__ = ["completeness_gap", "input_gradient", "integrated_gradients", "occlusion"]


def input_gradient(model, x, target):
    """Return df_t / dx, equation (1). x: (n, ...), target: an integer or (n,) of them -> (n, ...)."""
    x = tf.convert_to_tensor(x)
    checks.batch(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = _score(model, x, target)
    return tape.gradient(score, x, unconnected_gradients="zero")


def integrated_gradients(model, x, target, baseline=None, steps=50):
    """Return the attributions of equation (2). x: (n, ...), target: an integer or (n,) of them -> (n, ...).

    baseline: as x or one example of it, None for zeros.  steps: gradients between baseline and x.
    """
    x = tf.convert_to_tensor(x)
    start = _baseline(x, baseline)
    slopes = (input_gradient(model, start + float(s) * (x - start), target) for s in checks.middles(steps))
    return (x - start) * sum(slopes) / steps


def completeness_gap(model, x, target, attributions, baseline=None):
    """Return what equation (3) is missed by: the sum of the attributions less f_t(x) - f_t(baseline). -> (n,)."""
    x = tf.convert_to_tensor(x)
    start = tf.broadcast_to(_baseline(x, baseline), x.shape)
    total = tf.reduce_sum(tf.reshape(attributions, (len(x), -1)), axis=1)
    return total - (_score(model, x, target) - _score(model, start, target))


def occlusion(model, x, target, size, stride=1, value=0.0):
    """Return by how much each window's loss lowers f_t, equation (4). x: (n, c, h, w) -> (n, oh, ow), or (n, c, l) -> (n, ol).

    size: of the window; stride: from one to the next; each a number or one per axis.  value: what replaces it.
    """
    x = tf.convert_to_tensor(x)
    checks.batch(x)
    masks, counts = checks.windows(x, size, stride)
    value = tf.cast(_check.number("value", value), x.dtype)
    lost = [_score(model, tf.where(mask, value, x), target) for mask in masks]
    return tf.reshape(tf.transpose(_score(model, x, target) - tf.stack(lost)), (len(x), *counts))


def _score(model, x, target):
    mode = {"training": False} if hasattr(model, "trainable_weights") else {}  # a model or a layer of Keras
    y = model(x, **mode) if callable(model) else model.forward(x)
    return tf.gather(y, checks.targets(target, y.shape), axis=1, batch_dims=1)


def _baseline(x, given):
    checks.batch(x)
    start = tf.zeros_like(x) if given is None else tf.cast(given, x.dtype)
    checks.baseline(x, start)
    return start
