"""The training loop on NumPy arrays."""

import numpy as np
from tqdm.auto import trange

from gdcourse.training.batches import batches
from gdcourse.training.history import History

__all__ = ["train"]


def train(
    loss_and_grad, params, X, y, optimizer, *, epochs, batch_size=None, seed=0, validate=None, stop=None, progress=False
):
    """Run equations (1) and (2), changing params in place. Returns the `History`.

    loss_and_grad(params, X, y) -> (loss, grads): the mean loss over the rows given, and one gradient per parameter.
    params: list of arrays.  X: (n, ...), y: (n, ...).  optimizer: has step(params, grads).
    batch_size: rows per step, None for all.  seed: of the shuffling.
    validate(params) -> (): recorded after each epoch.  stop: a rule from `gdcourse.training.stopping`.
    """
    rng, history = np.random.default_rng(seed), History()
    for _ in trange(epochs, disable=not progress, desc="epoch"):
        total = 0.0
        for rows in batches(len(X), batch_size, rng):
            loss, grads = loss_and_grad(params, X[rows], y[rows])
            before = [p.copy() for p in params]
            optimizer.step(params, grads)
            total += float(loss) * len(rows) / len(X)
        history.losses.append(total)
        history.grad_norms.append(_norm(grads))
        history.step_norms.append(_norm([p - b for p, b in zip(params, before, strict=True)]))
        if validate is not None:
            history.validation.append(float(validate(params)))
        if stop is not None and stop(history):
            history.stopped = stop.__name__
            break
    return history


def _norm(arrays):
    return float(np.sqrt(sum(np.sum(a * a) for a in arrays)))
