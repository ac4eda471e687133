"""Gradients of functions of TensorFlow tensors."""

from gdcourse._lazy import need

tf = need("tensorflow")

__all__ = ["value_and_grad"]


def value_and_grad(f):
    """Return g with g(params, *args) = (f(params, *args), gradients). params: list of arrays; f: -> ()."""

    def g(params, *args):
        with tf.GradientTape() as tape:
            tape.watch(params)
            value = f(params, *args)
        return value, tape.gradient(value, params)

    return g
