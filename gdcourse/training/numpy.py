"""The training loop on NumPy arrays."""

import math
from itertools import count

import numpy as np
from tqdm.auto import trange

from gdcourse import _check
from gdcourse.training import checks
from gdcourse.training.batches import groups
from gdcourse.training.history import History

__all__ = ["objective", "train"]


def train(
    loss_and_grad, params, X, y, optimizer, *, epochs, batch_size=None, seed=0, schedule=None, accumulate=1, clip=None,
    weight_decay=0.0, decay_biases=True, validate=None, stop=None, restore_best=False, on_divergence="continue",
    callbacks=(), progress=False,
):  # fmt: skip
    """Run equations (1) to (6), changing params in place. Returns the `History`.

    loss_and_grad(params, X, y) -> (loss, grads): the mean loss over the rows given, and one gradient per parameter.
    params: list of arrays.  X: (n, ...), y: (n, ...).  optimizer: has step(params, grads).
    batch_size: rows per mini-batch, None for all.  seed: of the shuffling.
    schedule(t) -> the rate that optimizer.lr is set to before step t = 0, 1, ...; afterwards the last one stays.
    accumulate: mini-batches per step.  clip(grads) -> (grads, norm before clipping).
    weight_decay: lambda of (4).  decay_biases: False to decay only params of two or more dimensions.
    validate(params) -> (): recorded after each epoch.  stop: a rule from `gdcourse.training.stopping`.
    restore_best: at the end, set params back to those of `History.best`, if there is one; params alone, so not the running
    means of a batch norm.
    on_divergence: at a loss or gradient that is not finite, "stop" ends the run before the step, with stopped == "diverged",
    that loss as the epoch's, and NaN for the validation; "continue" goes on as long as the loss takes what comes, and sets
    params to NaN if the gradient is not finite, because no optimizer has a step along it.
    callbacks: functions of (history, params), called after each epoch.  progress: show a bar.

    An interrupt from the keyboard ends the run with the history and params of the last complete epoch, and stopped ==
    "interrupted"; it is not raised again. What an optimizer remembers is never set back.
    """
    checks.run(
        np.ndarray, params, X, y, optimizer, epochs=epochs, batch_size=batch_size, accumulate=accumulate,
        weight_decay=weight_decay, restore_best=restore_best, on_divergence=on_divergence, callbacks=callbacks,
        loss_and_grad=loss_and_grad, schedule=schedule, clip=clip, validate=validate, stop=stop,
    )  # fmt: skip
    rng, history, t = np.random.default_rng(seed), History(), count()
    last, best, lowest = _copies(params), None, math.inf
    try:
        for _ in trange(epochs, disable=not progress, desc="epoch"):
            total, rates = 0.0, []
            for group in groups(len(X), batch_size, accumulate, rng):
                before = _copies(params)
                if schedule is not None:
                    optimizer.lr = checks.rate(schedule, next(t))
                loss, grads = _mean(loss_and_grad, params, X, y, group)
                if on_divergence == "stop" and not (math.isfinite(loss) and _finite(grads)):
                    total, norm, history.stopped = loss, _norm(grads), "diverged"
                    break
                rates += [float(optimizer.lr)] if hasattr(optimizer, "lr") else []
                norm = _step(optimizer, params, grads, clip, weight_decay, decay_biases)
                total += loss * sum(map(len, group)) / len(X)
            value = math.nan if history.stopped or validate is None else float(validate(params))
            step_norm = _norm([p - b for p, b in zip(params, before, strict=True)])
            last = _copies(params)
            history.record(total, norm, step_norm, rates, None if validate is None else value)
            if restore_best and value < lowest:
                best, lowest = last, value
            if stop is not None and not history.stopped and stop(history):
                history.stopped = getattr(stop, "__name__", "stop")
            for callback in callbacks:
                callback(history, params)
            if history.stopped:
                break
    except KeyboardInterrupt:
        history.stopped = "interrupted"
        _assign(params, last)
    if best is not None:
        _assign(params, best)
    return history


def _mean(loss_and_grad, params, X, y, group):
    """Equation (2): the loss and its gradient over all rows of a group of mini-batches."""
    mean, sums = 0.0, [0.0] * len(params)
    for rows in group:
        loss, grads = loss_and_grad(params, X[rows], y[rows])
        _check.paired(params, grads)
        share = len(rows) / sum(map(len, group))
        mean += share * float(loss)
        sums = [s + share * g for s, g in zip(sums, grads, strict=True)]
    return mean, sums


def _step(optimizer, params, grads, clip, weight_decay, decay_biases):
    """Equations (3) to (5). Returns the norm of the gradient before clipping."""
    if not _finite(grads):
        _assign(params, [p * math.nan for p in params])
        return _norm(grads)
    grads, norm = (grads, _norm(grads)) if clip is None else clip(grads)
    if weight_decay:
        decayed = [decay_biases or p.ndim > 1 for p in params]
        grads = [g + weight_decay * p if d else g for p, g, d in zip(params, grads, decayed, strict=True)]
    optimizer.step(params, grads)
    return float(norm)


def _copies(params):
    return [p.copy() for p in params]


def _assign(params, values):
    for p, value in zip(params, values, strict=True):
        p[...] = value


def _finite(arrays):
    return all(np.isfinite(a).all() for a in arrays)


def _norm(arrays):
    return float(np.sqrt(sum(np.sum(a * a) for a in arrays)))


def objective(model, loss, **options):
    """Return the loss_and_grad of a model, for `train` with the model's own params.

    model: has params, forward(x, train=True) -> outputs, backward(dy) and grads.  loss(outputs, y, **options) -> ().
    PyTorch and TensorFlow differentiate; NumPy takes the gradient from the function <loss>_grad in the loss's module, and
    goes backward through the model.
    """
    loss_grad = checks.gradient_of(loss)

    def loss_and_grad(params, X, y):
        checks.same(params, model)
        outputs = model.forward(X, train=True)
        model.backward(loss_grad(outputs, y, **options))
        return loss(outputs, y, **options), list(model.grads)

    return loss_and_grad
