"""Losses on TensorFlow tensors: the value, and below it the gradient, from a tape."""

from gdcourse import _check
from gdcourse._lazy import need

tf = need("tensorflow")

__all__ = [
    "bce", "bce_grad", "bce_with_logits", "bce_with_logits_grad", "hinge", "hinge_grad", "huber", "huber_grad", "l1",
    "l1_grad", "l2", "l2_grad", "mae", "mae_grad", "mse", "mse_grad", "softmax_ce", "softmax_ce_grad",
]  # fmt: skip

SCALE = {"sum": lambda m: 1.0, "mean": lambda m: 1.0 / m, "half_mean": lambda m: 0.5 / m}


def mse(h, y, reduction="mean"):
    """Squared error, equation (1). h, y: the same shape -> ()."""
    h, y, scale = _squared_error(h, y, reduction)
    return scale * tf.reduce_sum((h - y) ** 2)


def mse_grad(h, y, reduction="mean"):
    """Gradient of `mse` with respect to h, of h's shape."""
    return _grad(mse, h, y, reduction)


def _squared_error(h, y, reduction):
    h, y = _floats(h, y)
    _check.same_shape(h=h, y=y)
    _check.one_of("reduction", reduction, SCALE)
    return h, y, SCALE[reduction](h.shape.num_elements())


def mae(h, y):
    """Mean absolute error, equation (2). h, y: the same shape -> ()."""
    h, y = _regression(h, y)
    return tf.reduce_mean(tf.abs(h - y))


def mae_grad(h, y):
    """A subgradient of `mae` with respect to h: at the kink, where h = y, it is 0."""
    return _grad(mae, h, y)


def huber(h, y, delta=1.0):
    """Huber's loss, equation (3). h, y: the same shape -> (). delta: where the square gives way to the line, above 0."""
    _check.number("delta", delta, above=0)
    h, y = _regression(h, y)
    e = tf.abs(h - y)
    a = tf.minimum(e, delta)
    return tf.reduce_mean(a * (e - a / 2))


def huber_grad(h, y, delta=1.0):
    """Gradient of `huber` with respect to h: the error, clipped to [-delta, delta], over its size."""
    return _grad(huber, h, y, delta)


def _regression(h, y):
    h, y = _floats(h, y)
    _check.same_shape(h=h, y=y)
    return h, y


def bce(p, y):
    """Binary cross-entropy from probabilities, equation (4). p: (n,) in [0, 1], y: (n,) in {0, 1} -> ()."""
    p, y = _probabilities(p, y)
    return -tf.reduce_mean(tf.math.log(tf.where(y == 1, p, 1)) + tf.math.log1p(-tf.where(y == 1, 0, p)))


def bce_grad(p, y):
    """Gradient of `bce` with respect to p: (n,)."""
    return _grad(bce, p, y)


def _probabilities(p, y):
    p, y = _floats(p, y)
    _check.same_shape(p=p, y=y)
    _check.labels_in(tf.reduce_all((y == 0) | (y == 1)), y, "in {0, 1}")
    _check.labels_in(tf.reduce_all((p >= 0) & (p <= 1)), p, "in [0, 1]")
    return p, y


def bce_with_logits(z, y):
    """Binary cross-entropy from logits, equation (5). z: (n,), y: (n,) in {0, 1} -> ()."""
    z, y = _binary(z, y)
    return tf.reduce_mean(tf.nn.softplus((1 - 2 * y) * z))


def bce_with_logits_grad(z, y):
    """Gradient of `bce_with_logits` with respect to z: (p - y) / n."""
    return _grad(bce_with_logits, z, y)


def _binary(z, y):
    z, y = _floats(z, y)
    _check.same_shape(z=z, y=y)
    _check.labels_in(tf.reduce_all((y == 0) | (y == 1)), y, "in {0, 1}")
    return z, y


def softmax_ce(z, y):
    """Cross-entropy from logits, equation (6). z: (n, k), y: (n,) in {0, ..., k-1} -> ()."""
    z, y = _classes(z, y)
    return tf.reduce_mean(tf.reduce_logsumexp(z, axis=1) - tf.gather(z, y, axis=1, batch_dims=1))


def softmax_ce_grad(z, y):
    """Gradient of `softmax_ce` with respect to z: (softmax(z) - one-hot(y)) / n."""
    return _grad(softmax_ce, z, y)


def _classes(z, y):
    (z,), y = _floats(z), tf.convert_to_tensor(y)
    _check.rows_match(z, y)
    _check.labels_in(
        tf.reduce_all((y >= 0) & (y < z.shape[1]) & (tf.cast(y, tf.int64) == y)), y, f"in 0..{z.shape[1] - 1}"
    )
    return z, tf.cast(y, tf.int64)


def hinge(z, y):
    """Hinge loss, equation (7). z: (n,) scores, y: (n,) in {-1, +1} -> ()."""
    z, y = _signed(z, y)
    return tf.reduce_mean(tf.nn.relu(1 - y * z))


def hinge_grad(z, y):
    """A subgradient of `hinge` with respect to z: at the kink, where the margin is 1, it is 0."""
    return _grad(hinge, z, y)


def _signed(z, y):
    z, y = _floats(z, y)
    _check.same_shape(z=z, y=y)
    _check.labels_in(tf.reduce_all((y == -1) | (y == 1)), y, "in {-1, +1}")
    return z, y


def l1(w):
    """Sum of absolute values, equation (8). w: any shape -> ()."""
    return tf.reduce_sum(tf.abs(_floats(w)[0]))


def l1_grad(w):
    """A subgradient of `l1`: the sign of w; at the kink, where an entry is 0, it is 0."""
    return _grad(l1, w)


def l2(w):
    """Half the sum of squares, equation (9). w: any shape -> ()."""
    return 0.5 * tf.reduce_sum(_floats(w)[0] ** 2)


def l2_grad(w):
    """Gradient of `l2`: w itself."""
    return _grad(l2, w)


def _grad(loss, x, *args):
    (x,) = _floats(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(x, *args)
    return tape.gradient(value, x)


def _floats(*arrays):
    """Return the tensors as floats of the first one's type; integers become float64."""
    arrays = [tf.convert_to_tensor(a) for a in arrays]
    dtype = arrays[0].dtype if arrays[0].dtype.is_floating else tf.float64
    return [tf.cast(a, dtype) for a in arrays]
