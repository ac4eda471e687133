"""Gradients of functions of NumPy arrays, by differences."""

import numpy as np

from gdcourse import _check
from gdcourse.gradients.differences import central_difference, directional_difference

__all__ = ["hessian", "hvp", "jacobian", "value_and_grad"]

H2 = 1.2e-4  # the step of second differences, eps^(1/4)


def value_and_grad(f):
    """Return g with g(params, *args) = (f(params, *args), gradients). params: list of arrays; f: -> ()."""

    def g(params, *args):
        params = [np.asarray(p) for p in params]

        def partial(i):
            return lambda p: f([*params[:i], p, *params[i + 1 :]], *args)

        value = _check.scalar("f's value", f(params, *args))
        return value, [central_difference(partial(i), p) for i, p in enumerate(params)]

    return g


def jacobian(f, x):
    """J of equation (4). f: array -> array; x: any shape -> f(x)'s shape + x's shape."""
    x = np.asarray(x, dtype=float)
    return _jacobian(f, x, 6e-6)


def hessian(f, x):
    """H of equation (5). f: array -> (); x: any shape -> x's shape + x's shape."""
    x = np.asarray(x, dtype=float)
    _check.scalar("f's value", f(x.copy()))
    return _jacobian(lambda x: central_difference(f, x, H2), x, H2)


def hvp(f, x, v):
    """H v of equation (5). f: array -> (); x, v: the same shape -> x's shape."""
    x = np.asarray(x, dtype=float)
    _check.scalar("f's value", f(x.copy()))
    return directional_difference(lambda x: central_difference(f, x, H2), x, v, H2)


def _jacobian(f, x, h):
    basis = np.eye(x.size).reshape(x.size, *x.shape)
    columns = [directional_difference(f, x, e, h) for e in basis]
    return np.stack(columns, axis=-1).reshape(np.shape(columns[0]) + x.shape)
