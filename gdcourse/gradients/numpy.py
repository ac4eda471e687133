"""Gradients of functions of NumPy arrays."""

import numpy as np

from gdcourse.gradients.differences import central_difference

__all__ = ["value_and_grad"]


def value_and_grad(f):
    """Return g with g(params, *args) = (f(params, *args), gradients). params: list of arrays; f: -> ()."""

    def g(params, *args):
        params = [np.asarray(p) for p in params]

        def partial(i):
            return lambda p: f([*params[:i], p, *params[i + 1 :]], *args)

        return f(params, *args), [central_difference(partial(i), p) for i, p in enumerate(params)]

    return g
