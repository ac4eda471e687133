"""Arrays with their numbers and the signs between them: a matrix product as one writes it on paper."""

import numpy as np

from gdcourse.plots.style import COLOURS, figure

CELL, GAP = 0.5, 0.28  # inches


def arrays(parts, *, marked=None, title="", **options):
    """Draw arrays and signs from left to right, each array's name and shape below it.

    parts: (name, array of shape (rows, columns)) for an array, a string for a sign, in their order; NaN is an empty cell.
    marked: name -> (row, column) pairs whose cells are shaded.
    """
    marked = marked or {}
    placed, right = _places(parts)
    if set(marked) - set(placed):
        raise ValueError(
            f"expected marks in the arrays {', '.join(placed)}, got {', '.join(set(marked) - set(placed))}"
        )
    tall = max(len(values) for values, _ in placed.values())
    fig, ax = figure(**{"width": CELL * right + 0.4, "height": CELL * (tall + 1.1) + 0.4 * bool(title), **options})
    for name, (values, left) in placed.items():
        _grid(ax, name, values, left, set(map(tuple, marked.get(name, ()))))
    for sign, at in _signs(parts):
        ax.text(at, 0, sign, ha="center", va="center", fontsize="x-large")
    ax.set(xlim=(-0.4, right), ylim=(-tall / 2 - 0.9, tall / 2 + 0.2), aspect="equal", title=title)
    ax.axis("off")
    return fig


def _places(parts):
    """Return name -> (values, left edge) in cells, and the right end of it all."""
    placed, at = {}, 0.0
    for part in parts:
        if isinstance(part, str):
            at += 2 * GAP / CELL
            continue
        name, values = part[0], np.asarray(part[1])
        if values.ndim != 2 or 0 in values.shape or name in placed:
            raise ValueError(f"expected arrays (rows, columns) under different names, got {name!r} {values.shape}")
        placed[name], at = (values, at), at + values.shape[1]
    if not placed:
        raise ValueError("expected at least one array, got none")
    return placed, at + 0.4


def _signs(parts):
    at = 0.0
    for part in parts:
        if isinstance(part, str):
            yield part, at + GAP / CELL
        at += 2 * GAP / CELL if isinstance(part, str) else np.shape(part[1])[1]


def _grid(ax, name, values, left, marks):
    from matplotlib.patches import Rectangle

    rows, columns = values.shape
    for i, j in np.ndindex(rows, columns):
        corner = (left + j, rows / 2 - i - 1)
        fill = {"facecolor": COLOURS[4], "alpha": 0.45} if (i, j) in marks else {"facecolor": "0.96"}
        ax.add_patch(Rectangle(corner, 1, 1, edgecolor="none", **fill))
        ax.add_patch(Rectangle(corner, 1, 1, edgecolor="0.5", fill=False, linewidth=0.8))
        text = "" if np.isnan(values[i, j]) else f"{values[i, j] + 0.0:.3g}".replace("-", "−")
        ax.text(corner[0] + 0.5, corner[1] + 0.5, text, ha="center", va="center")
    ax.text(
        left + columns / 2, -rows / 2 - 0.15, f"{name}\n({rows}, {columns})", ha="center", va="top", fontsize="small"
    )
