r"""The loss around trained parameters theta, along random directions (Li, Xu, Taylor, Studer & Goldstein 2018,
arXiv:1712.09913).

    L(a) = loss(theta + a delta),    L(a, b) = loss(theta + a delta + b eta)                                        (1)

with delta and eta Gaussian. A step of length 1 means little to large weights and much to small ones, and a ReLU network
whose layers are scaled by c and 1/c computes the same with other weights; so each filter of a direction (the weights into
one unit or channel) is given the norm of the same filter of theta, "filter normalisation":

    delta_ij  <-  delta_ij ||theta_ij|| / ||delta_ij||                                                              (2)

A slice sees one or two of very many directions: a bowl in it does not show that there is no way down elsewhere.
"""

import numpy as np

from gdcourse import _check
from gdcourse.plots.style import COLOURS, figure


def filter_direction(params, rng, *, axis=-1, normalise=True):
    """Return a random direction, a list of arrays shaped like params, filter by filter as long as params, equation (2).

    params: list of arrays.  rng: a NumPy `Generator`.  axis: where an array counts its filters, -1 for weights (in, out),
    0 for (out, in); a list gives one per array. Arrays of one axis (biases, scales of normalisation) stay where they are,
    as in the paper, unless there are no others: then each is one filter.  normalise=False keeps the raw Gaussian.
    """
    params = _arrays(params)
    axes = [axis] * len(params) if isinstance(axis, int) else list(axis)
    if len(axes) != len(params):
        raise ValueError(f"expected one axis per parameter, got {len(axes)} axes and {len(params)} params")
    draws = [rng.normal(size=p.shape) for p in params]
    matrices = any(p.ndim > 1 for p in params)
    still = [matrices and p.ndim <= 1 for p in params]
    scaled = [_like(d, p, a) if normalise else d for d, p, a in zip(draws, params, axes, strict=True)]
    return [np.zeros_like(d) if s else d for d, s in zip(scaled, still, strict=True)]


def loss_slice(loss, params, directions, steps):
    """Return the losses of equation (1): (n,) for one direction, (n, n) for two, the first along the columns.

    loss: list of arrays -> ().  params: list of arrays, not changed.  directions: one or two lists of arrays shaped like
    params.  steps: (n,) the values of a, and of b.
    """
    params, steps = _arrays(params), np.asarray(steps, dtype=float)
    if len(directions) not in (1, 2):
        raise ValueError(f"expected one or two directions, got {len(directions)}")
    for direction in directions:
        if [np.shape(d) for d in direction] != [p.shape for p in params]:
            shapes = [p.shape for p in params], [np.shape(d) for d in direction]
            raise ValueError(f"expected directions shaped like params, {shapes[0]}, got {shapes[1]}")
    grid = np.meshgrid(*[steps] * len(directions))
    moves = zip(*(a.ravel() for a in grid), strict=True)
    return np.reshape([float(loss(_moved(params, directions, move))) for move in moves], grid[0].shape)


def _moved(params, directions, move):
    for a, direction in zip(move, directions, strict=True):
        params = [p + a * d for p, d in zip(params, direction, strict=True)]
    return params


def landscape(
    loss, params, rng, *, directions=2, span=1.0, points=25, axis=-1, normalise=True, log=False, title="", **options
):
    """Draw the loss around params along random directions: a curve for one direction, contours for two.

    loss: list of arrays -> ().  params: list of arrays, not changed.  rng: a NumPy `Generator`.  span: the slice goes from
    -span to span.  points: losses along each direction.  axis, normalise: as in `filter_direction`.  log: scale of the
    loss. Losses that are not finite are left out.
    """
    _check.one_of("directions", directions, (1, 2))
    _check.number("span", span, above=0)
    steps = np.linspace(-span, span, int(_check.number("points", points, least=3)) | 1)  # odd: params are in the middle
    chosen = [filter_direction(params, rng, axis=axis, normalise=normalise) for _ in range(directions)]
    losses = loss_slice(loss, params, chosen, steps)
    if not np.isfinite(losses).any():
        raise ValueError("expected at least one finite loss in the slice, got none")
    draw = _curve if directions == 1 else _bowl
    said = "filter-normalised" if normalise else "not normalised"
    return draw(steps, np.where(np.isfinite(losses), losses, np.nan), log, said, title, options)


def _curve(steps, losses, log, said, title, options):
    fig, ax = figure(**options)
    ax.plot(steps, losses)
    ax.plot(0, losses[len(steps) // 2], "*", color=COLOURS[1], markersize=12, label="the parameters")
    ax.set(xlabel=f"step $a$ along a random direction, {said}", ylabel="loss", title=title)
    if log:
        ax.set_yscale("log")
    ax.legend()
    return fig


def _bowl(steps, losses, log, said, title, options):
    from matplotlib.colors import LogNorm

    fig, ax = figure(**{"width": 5.8, "height": 4.6, **options})
    shown = np.ma.masked_invalid(np.where(losses > 0, losses, np.nan) if log else losses)
    levels = np.geomspace(shown.min(), shown.max(), 15) if log else np.linspace(shown.min(), shown.max(), 15)
    levels = np.unique(levels) if shown.min() < shown.max() else [shown.min(), shown.min() + 1]
    filled = ax.contourf(steps, steps, shown, levels=levels, cmap="viridis", norm=LogNorm() if log else None)
    ax.contour(steps, steps, shown, levels=levels, colors="white", linewidths=0.6, alpha=0.7)
    ax.plot(0, 0, "*", color="white", markeredgecolor="black", markersize=13)
    ax.set(xlabel=f"step $a$, {said}", ylabel=f"step $b$, {said}", title=title)
    ax.grid(False)
    ax.locator_params(nbins=5)
    fig.colorbar(filled, label="loss", format="%.3g")
    return fig


def _like(direction, p, axis):
    """Give each filter of the direction the norm of the same filter of p."""
    others = tuple(i for i in range(p.ndim) if p.ndim > 1 and i != axis % p.ndim) or None
    length = np.sqrt(np.sum(direction**2, axis=others, keepdims=True))
    return direction * np.sqrt(np.sum(p**2, axis=others, keepdims=True)) / np.where(length > 0, length, 1)


def _arrays(params):
    if not isinstance(params, list | tuple) or not params:
        raise TypeError(f"expected params to be a list with at least one array, got {type(params).__name__}")
    return [np.asarray(p, dtype=float) for p in params]
