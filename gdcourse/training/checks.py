"""Checks of what ``train`` is given, before anything changes; the same for every framework."""

import sys

from gdcourse import _check


def run(
    kind, params, X, y, optimizer, *, epochs, batch_size, accumulate, weight_decay, restore_best, on_divergence, **calls
):
    """Raise unless a run can begin. kind: the type of a parameter.  calls: name -> a function or None, and callbacks."""
    _parameters(kind, params)
    _rows(X, y)
    if not callable(getattr(optimizer, "step", None)):
        raise TypeError(f"expected an optimizer with a method step(params, grads), got {type(optimizer).__name__}")
    _check.whole("epochs", epochs, 0)
    _check.whole("accumulate", accumulate, 1)
    if batch_size is not None:
        _check.whole("batch_size", batch_size, 1, len(X), "the number of rows")
    elif accumulate > 1:
        raise ValueError(f"expected a batch_size with accumulate={accumulate}, got None: all rows are one batch")
    _check.number("weight_decay", weight_decay, least=0)
    _check.one_of("on_divergence", on_divergence, ("continue", "stop"))
    _functions(optimizer, **calls)
    if restore_best and calls["validate"] is None:
        raise ValueError("expected validate with restore_best=True, got None: it says which epoch is best")


def rate(schedule, t):
    """Return the learning rate that a schedule gives step t, or raise."""
    return _check.number(f"schedule({t})", float(schedule(t)), least=0)


def same(params, model):
    """Raise unless params are the model's own."""
    if len(params) != len(model.params) or any(p is not own for p, own in zip(params, model.params, strict=True)):
        raise ValueError("expected the model's own params, got others: its forward pass would not see them")


def gradient_of(loss):
    """Return the function <loss>_grad of the module that the loss comes from, or raise."""
    name = f"{getattr(loss, '__name__', type(loss).__name__)}_grad"
    found = getattr(sys.modules.get(getattr(loss, "__module__", None)), name, None)
    if not callable(found):
        raise TypeError(f"expected a loss with its gradient {name} in the same module, got {loss!r}")
    return found


def _parameters(kind, params):
    if not isinstance(params, list | tuple) or not params:
        raise TypeError(f"expected params to be a list with at least one array, got {type(params).__name__}")
    for i, p in enumerate(params):
        if not isinstance(p, kind):
            raise TypeError(f"expected params[{i}] to be of type {kind.__name__}, got {type(p).__name__}")
        if "float" not in str(p.dtype):
            raise TypeError(f"expected params[{i}] to hold floats, got {p.dtype}")


def _rows(X, y):
    for name, array in (("X", X), ("y", y)):
        if len(getattr(array, "shape", ())) == 0:
            raise TypeError(f"expected {name} to be an array with rows, got {type(array).__name__}")
    if len(X) != len(y) or len(X) == 0:
        raise ValueError(f"expected as many rows in y as in X, and at least one, got {len(X)} in X and {len(y)} in y")


def _functions(optimizer, *, callbacks, **functions):
    if not isinstance(callbacks, list | tuple):
        raise TypeError(f"expected callbacks to be a list of functions, got {type(callbacks).__name__}")
    given = {name: function for name, function in functions.items() if function is not None or name == "loss_and_grad"}
    given |= {f"callbacks[{i}]": function for i, function in enumerate(callbacks)}
    for name, function in given.items():
        if not callable(function):
            raise TypeError(f"expected {name} to be a function, got {type(function).__name__}")
    if functions["schedule"] is not None and not hasattr(optimizer, "lr"):
        raise TypeError(f"expected an optimizer with a rate lr for the schedule to set, got {type(optimizer).__name__}")
