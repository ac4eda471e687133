"""Checks of arguments, shared by the three frameworks: errors say what came and what was expected.

They look only at shapes, plain numbers and reductions to booleans, so they need no framework.
"""

import math
from numbers import Integral, Real

import numpy as np


def same_shape(**arrays):
    """Raise unless the named arrays share one shape: ``same_shape(h=h, y=y)``."""
    shapes = {name: tuple(a.shape) for name, a in arrays.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"expected equal shapes, got {_list(shapes)}")
    if 0 in next(iter(shapes.values())):
        raise ValueError(f"expected at least one element, got {_list(shapes)}")


def rows_match(z, y):
    """Raise unless z is (n, k) and y is (n,) with n > 0."""
    if len(z.shape) != 2 or tuple(y.shape) != tuple(z.shape[:1]) or 0 in tuple(z.shape):
        raise ValueError(f"expected logits (n, k) and labels (n,), got {tuple(z.shape)} and {tuple(y.shape)}")


def labels_in(ok, y, expected):
    """Raise unless ``ok``, a framework's "all are in their set", is true of y."""
    if not bool(ok):
        values = np.unique(np.asarray(y.detach().cpu() if hasattr(y, "detach") else y))
        raise ValueError(f"expected every value {expected}, got {', '.join(f'{v:g}' for v in values[:5])}")


def scalar(name, value):
    """Return ``value`` if its shape is (), else raise: frameworks take a vector of losses for its sum, or fail later."""
    if tuple(np.shape(value)) != ():
        raise ValueError(f"expected {name} to be one number of shape (), got shape {tuple(np.shape(value))}")
    return value


def one_of(name, value, allowed):
    """Raise unless ``value`` is one of ``allowed``."""
    if value not in allowed:
        raise ValueError(f"expected {name} to be one of {sorted(allowed)}, got {value!r}")


def number(name, value, *, above=None, least=None, below=math.inf):
    """Return ``value`` if it is a finite real number above ``above``, of at least ``least``, below ``below``, else raise."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"expected {name} to be a number, got {type(value).__name__}")
    bound = f" above {above}" if above is not None else f" of at least {least}" if least is not None else ""
    bound += f" and below {below}" if below < math.inf else ""
    inside = (above is None or value > above) and (least is None or value >= least) and value < below
    if not math.isfinite(value) or not inside:
        raise ValueError(f"expected {name} to be a finite number{bound}, got {value}")
    return value


def whole(name, value, least, most=None, most_is=""):
    """Return ``value`` as an int if it is an integer from ``least`` to ``most``, else raise. most_is: what ``most`` means."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"expected {name} to be an integer, got {type(value).__name__}")
    if value < least or (most is not None and value > most):
        bound = f"of at least {least}" if most is None else f"from {least} to {most} ({most_is})"
        raise ValueError(f"expected {name} to be an integer {bound}, got {value}")
    return int(value)


def paired(params, grads):
    """Raise unless params and grads are lists of equal length, shape by shape."""
    for name, arrays in (("params", params), ("grads", grads)):
        if not isinstance(arrays, list | tuple) or not arrays:
            raise TypeError(f"expected {name} to be a list with at least one array, got {type(arrays).__name__}")
    if len(params) != len(grads):
        raise ValueError(f"expected one gradient per parameter, got {len(params)} params and {len(grads)} grads")
    for i, (p, g) in enumerate(zip(params, grads, strict=True)):
        if g is None:
            raise ValueError(f"expected an array for grads[{i}], got None: the loss does not depend on params[{i}]")
        if not hasattr(p, "shape") or not hasattr(g, "shape"):
            raise TypeError(f"expected arrays at place {i}, got {type(p).__name__} and {type(g).__name__}")
        if tuple(p.shape) != tuple(g.shape):
            raise ValueError(f"expected grads[{i}] of shape {tuple(p.shape)} like params[{i}], got {tuple(g.shape)}")


def gradients(grads, isfinite):
    """Raise unless grads is a list of float arrays of finite numbers. isfinite: array -> (), a framework's "all finite"."""
    if not isinstance(grads, list | tuple) or not grads:
        raise TypeError(f"expected grads to be a list with at least one array, got {type(grads).__name__}")
    for i, g in enumerate(grads):
        if "float" not in str(getattr(g, "dtype", "")):
            raise TypeError(
                f"expected grads[{i}] to be an array of floats, got {getattr(g, 'dtype', type(g).__name__)}"
            )
        if 0 in tuple(g.shape):
            raise ValueError(f"expected at least one element, got grads[{i}] of shape {tuple(g.shape)}")
        if not bool(isfinite(g)):
            raise ValueError(
                f"expected finite gradients, got NaN or infinity in grads[{i}], which no clipping can mend"
            )


def generator(rng):
    """Return ``rng`` if it is a NumPy generator, else raise."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"expected rng to be a numpy.random.Generator, got {type(rng).__name__}")
    return rng


def _list(shapes):
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())
