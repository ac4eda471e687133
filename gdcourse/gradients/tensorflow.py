"""Gradients of functions of TensorFlow tensors, by tapes."""

from gdcourse import _check
from gdcourse._lazy import need

tf = need("tensorflow")

__all__ = ["hessian", "hvp", "jacobian", "value_and_grad"]

ZERO = tf.UnconnectedGradients.ZERO  # what does not depend on x has the derivative 0, not None


def value_and_grad(f):
    """Return g with g(params, *args) = (f(params, *args), gradients). params: list of arrays; f: -> ()."""

    def g(params, *args):
        params = [_float(p) for p in params]
        with tf.GradientTape() as tape:
            tape.watch(params)
            value = _check.scalar("f's value", f(params, *args))
        return value, [_dense(g) for g in tape.gradient(value, params)]

    return g


def jacobian(f, x):
    """J of equation (4). f: array -> array; x: any shape -> f(x)'s shape + x's shape."""
    x = _float(x)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
        elements = tf.unstack(tf.reshape(y, -1))
    rows = [_dense(tape.gradient(y_i, x, unconnected_gradients=ZERO)) for y_i in elements]
    return tf.reshape(tf.stack(rows), y.shape + x.shape)


def hessian(f, x):
    """H of equation (5). f: array -> (); x: any shape -> x's shape + x's shape."""
    return jacobian(lambda x: _grad(f, x), x)


def hvp(f, x, v):
    """H v of equation (5). f: array -> (); x, v: the same shape -> x's shape."""
    x = _float(x)
    v = tf.cast(v, x.dtype)
    _check.same_shape(x=x, v=v)
    with tf.GradientTape() as tape:
        tape.watch(x)
        g = _grad(f, x)
    return _dense(tape.gradient(g, x, output_gradients=v, unconnected_gradients=ZERO))


def _float(x):
    """Return x, or integers as float64."""
    x = x if isinstance(x, tf.Variable) else tf.convert_to_tensor(x)
    return x if x.dtype.is_floating else tf.cast(x, tf.float64)


def _grad(f, x):
    """Return df/dx; zero where f does not depend on x."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = _check.scalar("f's value", f(x))
    return _dense(tape.gradient(value, x, unconnected_gradients=ZERO))


def _dense(g):
    """Return g as a tensor: looking rows up in a table leaves the slices that were touched."""
    return tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g
