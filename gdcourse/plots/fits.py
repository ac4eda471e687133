"""A model's curve beside the points it should meet: each error as the side of a square, or as a spring that pulls."""

import numpy as np

from gdcourse import _check
from gdcourse.plots.style import COLOURS, figure

KINDS = ("squares", "springs", "none")
PATCH = {
    "boxstyle": "square,pad=0.1",
    "facecolor": "white",
    "edgecolor": "none",
    "alpha": 0.7,
}  # keeps a number readable


def fits(x, y, models, *, errors="none", xlabel="$x$", ylabel="$y$", title="", window=None, **options):
    """Draw points and, one panel per model, its curve with its errors.

    x, y: (n,).  models: name -> f, with f(x) the predictions, (k,) -> (k,).  errors: "squares", each with its area,
    "springs", each with its error (prediction minus target), or "none".  window: (left, right, bottom, top); squares look
    square in it.
    """
    x, y = (np.asarray(a, dtype=float) for a in (x, y))
    _check.one_of("errors", errors, KINDS)
    if x.ndim != 1 or x.shape != y.shape or not len(x) or not models:
        raise ValueError(
            f"expected x and y of one shape (n,) and a model, got {x.shape}, {y.shape}, {len(models)} models"
        )
    window = window or (x.min() - 0.5, x.max() + 0.5, y.min() - 0.5, y.max() + 0.5)
    size = {"width": min(9.0, 0.8 + 3.8 * len(models)), "height": 3.8}
    fig, axes = figure(len(models), squeeze=False, sharey=True, **{**size, **options})
    for ax, (name, model) in zip(axes[0], models.items(), strict=True):
        grid = np.linspace(*window[:2], 200)
        ax.plot(grid, model(grid), color=COLOURS[0], linestyle="-")
        for at in zip(x, y, np.asarray(model(x)) - y, strict=True):
            _error(ax, errors, *at)
        ax.plot(x, y, "o", color=COLOURS[6], markersize=6, zorder=3)
        ax.set(xlabel=xlabel, title=name, xlim=window[:2], ylim=window[2:])
        if errors == "squares":
            ax.set_aspect("equal")
    axes[0, 0].set_ylabel(ylabel)
    fig.suptitle(title, fontsize="large")
    return fig


def _error(ax, kind, x, y, e):
    if kind == "none" or abs(e) < 1e-12:
        return
    if kind == "squares":
        side = abs(e)
        sides = [x, x + side, x + side, x], [y, y, y + e, y + e]
        ax.fill(*sides, facecolor=COLOURS[5], edgecolor=COLOURS[0], linestyle="-", alpha=0.45)
        ax.text(x + side / 2, y + e / 2, f"{e * e:.3g}", ha="center", va="center", bbox=PATCH)
    else:
        turns = max(4, 2 * round(3 * abs(e)) + 2)
        swing = 0.07 * np.array([0, *([1, -1] * (turns // 2)), 0])
        ax.plot(x + swing, y + e * np.linspace(0, 1, len(swing)), color=COLOURS[1], linestyle="-", linewidth=1.3)
        ax.text(x + 0.15, y + e / 2, f"{e:+.3g}".replace("-", "−"), color=COLOURS[1], va="center", bbox=PATCH)
