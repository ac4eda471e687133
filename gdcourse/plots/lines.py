"""Quantities against the step: single runs, and runs that differ only in their seed."""

import numpy as np

from gdcourse.plots.style import figure

MIDDLES = {"mean": np.mean, "median": np.median}


def curves(series, *, x=None, xlabel="step", ylabel="loss", title="", log=False, **options):
    """Draw named curves. series: name -> (n,) values.  x: (n,) shared abscissae, 0, 1, ... if None.  log: scale of y."""
    fig, ax = figure(**options)
    for name, values in series.items():
        ax.plot(np.arange(len(values)) if x is None else x, values, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if log:
        ax.set_yscale("log")
    if len(series) > 1:
        ax.legend()
    return fig


def spread(
    series, *, x=None, middle="mean", quantiles=(0, 1), xlabel="step", ylabel="loss", title="", log=False, **options
):
    """Draw, for each name, the middle of several runs as a line and their spread as a band around it.

    series: name -> (seeds, n).  middle: "mean" or "median" over the seeds.  quantiles: the band's edges; (0, 1) is from
    the smallest to the largest.  x, log: as in `curves`. The legend says what line and band are. Where one run is not
    finite, the line stops.
    """
    low, high = quantiles
    if middle not in MIDDLES or not 0 <= low < high <= 1:
        expected = "middle to be 'mean' or 'median' and quantiles 0 <= low < high <= 1"
        raise ValueError(f"expected {expected}, got {middle!r} and {quantiles}")
    if not series:
        raise ValueError("expected at least one name with runs, got none")
    fig, ax = figure(**options)
    series = {name: _runs(name, values) for name, values in series.items()}
    for name, runs in series.items():
        at = np.arange(runs.shape[1]) if x is None else x
        (line,) = ax.plot(at, MIDDLES[middle](runs, axis=0), label=name)
        edges = np.quantile(runs, quantiles, axis=0)
        ax.fill_between(at, *edges, color=line.get_color(), alpha=0.2, linewidth=0)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if log:
        ax.set_yscale("log")
    ax.legend(title=_said(middle, quantiles, [len(runs) for runs in series.values()]))
    return fig


def _runs(name, values):
    runs = np.asarray(values, dtype=float)
    if runs.ndim != 2 or 0 in runs.shape:
        raise ValueError(f"expected values of shape (seeds, n) for {name!r}, got {runs.shape}")
    return np.where(np.isfinite(runs).all(axis=0), runs, np.nan)


def _said(middle, quantiles, seeds):
    low, high = quantiles
    band = "smallest to largest" if (low, high) == (0, 1) else f"{100 * low:g} % to {100 * high:g} %"
    count = f"{min(seeds)}" if min(seeds) == max(seeds) else f"{min(seeds)} to {max(seeds)}"
    return f"{middle}, {band} of {count} seeds"
