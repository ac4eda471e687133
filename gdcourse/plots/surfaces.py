"""Tracks of optimizers on the contours of a surface: as a picture, as a race against the step, as a film of the race."""

from itertools import cycle

import numpy as np

from gdcourse.plots.films import Film, camera
from gdcourse.plots.style import MARKERS, figure


def paths(f, tracks, *, window, levels=18, xlabel="$x_1$", ylabel="$x_2$", title="", **options):
    """Draw contours of f with the points visited by each track.

    f: (2, ...) -> (...).  tracks: name -> (n, 2).  window: (left, right, bottom, top).
    """
    fig, ax = figure(**options)
    _contours(ax, f, window, levels)
    for (name, track), marker in zip(tracks.items(), MARKERS, strict=False):
        track = np.asarray(track)
        ax.plot(track[:, 0], track[:, 1], marker=marker, markersize=4, linewidth=1.2, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, xlim=window[:2], ylim=window[2:])
    if len(tracks) > 1:
        ax.legend()
    return fig


def race(f, tracks, *, window, minima=None, levels=18, xlabel="$x_1$", ylabel="$x_2$", title="", **options):
    """Draw several optimizers' tracks on the contours of f, left, and their height against the step, right.

    f: (2, ...) -> (...).  tracks: name -> (n, 2), the start first.  window: (left, right, bottom, top).  minima: (k, 2)
    points to mark; heights are then counted from the lowest of them, on a log scale, else as they are. A track is cut
    where it is no longer finite or far outside the window.
    """
    return _race(f, tracks, window, minima, levels, xlabel, ylabel, title, options)[0]


def race_animation(f, tracks, *, window, minima=None, frames=60, seconds=8, width=7.0, height=3.4, **options):
    """Return the race of `race` as a `Film`: `show(film, alt)` displays its last picture, and the film for who opens it.

    frames: at most 60, spread evenly over the steps.  seconds: how long it runs.  The rest as in `race`.
    """
    if not 2 <= frames <= 60 or not seconds > 0:
        raise ValueError(f"expected 2 to 60 frames and seconds above 0, got {frames} and {seconds}")
    defaults = {"levels": 12, "xlabel": "$x_1$", "ylabel": "$x_2$", "title": ""} | options
    labels = [defaults.pop(name) for name in ("levels", "xlabel", "ylabel", "title")]
    fig, runs = _race(f, tracks, window, minima, *labels, {"width": width, "height": height, **defaults})
    last = max(len(track) for track, *_ in runs) - 1
    steps = np.unique(np.linspace(0, last, frames).round().astype(int))
    return Film(_film(fig, runs, steps), 1000 * seconds / len(steps))


def _contours(ax, f, window, levels):
    left, right, bottom, top = window
    x, y = np.meshgrid(np.linspace(left, right, 121), np.linspace(bottom, top, 121))
    heights = f(np.stack([x, y]))
    spaced = np.quantile(heights, np.linspace(0, 1, levels) ** 2)
    ax.contour(x, y, heights, levels=np.unique(spaced), colors="0.6", linewidths=0.8, linestyles="-")


def _race(f, tracks, window, minima, levels, xlabel, ylabel, title, options):
    """Return the figure and, for each track, (track, heights, line on the contours, line against the step)."""
    left, right, bottom, top = window
    if not tracks or not (left < right and bottom < top):
        expected = "at least one track" if not tracks else "a window with left < right and bottom < top"
        raise ValueError(f"expected {expected}, got {'none' if not tracks else tuple(window)}")
    tracks = {name: _cut(name, track, window) for name, track in tracks.items()}
    minima = np.empty((0, 2)) if minima is None else np.reshape(minima, (-1, 2))
    ground = f(minima.T).min() if len(minima) else 0.0
    fig, (left, right) = figure(2, **{"width": 8.5, "height": 3.6, **options})
    _contours(left, f, window, levels)
    left.plot(*minima.T, "*", color="black", markersize=11, markerfacecolor="white", zorder=4)
    runs = [
        (track, heights, *_draw(left, right, track, heights, name, marker))
        for (name, track), marker in zip(tracks.items(), cycle(MARKERS), strict=False)
        for heights in [f(track.T) - ground]
    ]
    left.plot(*runs[0][0][0], "o", color="black", markersize=8, markerfacecolor="none", zorder=5)
    left.set(xlabel=xlabel, ylabel=ylabel, xlim=window[:2], ylim=window[2:])
    right.set(xlabel="step", ylabel="height above the minimum" if len(minima) else "height")
    _heights(right, [heights for _, heights, *_ in runs], log=len(minima) > 0)
    fig.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=min(len(runs), 6))
    fig.suptitle(title, fontsize="large")
    return fig, runs


def _draw(left, right, track, heights, name, marker):
    every = max(1, len(track) // 8)
    style = {"marker": marker, "markersize": 4, "markevery": every, "linewidth": 1.3, "label": name}
    (path,) = left.plot(*track.T, **style)
    return path, right.plot(heights, **style)[0]


def _heights(ax, runs, log):
    """Show heights down to rounding errors and up to little more than the highest start: who diverges leaves the axes."""
    start, heights = max(run[0] for run in runs), np.concatenate(runs)
    low, top = heights.min(), heights.max()
    if log and top > 0:
        start = start if start > 0 else top
        ax.set_yscale("log", nonpositive="mask")
        ax.set_ylim(max(heights[heights > 0].min(), 1e-12 * start) / 3, min(3 * top, 1e3 * start))
    elif top > low:
        top = min(top, 2 * start - low) if start > low else top
        ax.set_ylim(low - 0.05 * (top - low), top + 0.05 * (top - low))


def _cut(name, track, window):
    """Return the track up to the first point that is not finite or farther out than three windows."""
    track = np.asarray(track, dtype=float)
    if track.ndim != 2 or track.shape[1] != 2 or not len(track):
        raise ValueError(f"expected a track of shape (n, 2) for {name!r}, got {track.shape}")
    low, high = np.reshape(window, (2, 2)).T
    away = np.abs(track - (low + high) / 2) > 3 * (high - low)
    lost = (away | ~np.isfinite(track)).any(axis=1)
    if lost[0]:
        raise ValueError(f"expected the track {name!r} to begin near the window {tuple(window)}, got {track[0]}")
    return track[: lost.argmax()] if lost.any() else track


def _film(fig, runs, steps):
    """Return one picture per step, in the course's colours."""
    shot = camera(fig)
    said = fig.get_suptitle() and f"{fig.get_suptitle()}, "

    def picture(step):
        for track, heights, path, curve in runs:
            path.set_data(*track[: step + 1].T)
            curve.set_data(np.arange(len(heights))[: step + 1], heights[: step + 1])
        fig.suptitle(f"{said}step {step}", fontsize="large")
        return shot()

    picture(steps[-1])
    for ax in fig.axes:  # the limits and the layout of the whole race hold in every frame
        ax.set(xlim=ax.get_xlim(), ylim=ax.get_ylim())
    fig.set_layout_engine("none")
    return tuple(picture(step) for step in steps)
