"""Pictures of many numbers at once: over two hyper-parameters, per layer, per image, per part of one step."""

import math

import numpy as np

from gdcourse import _check
from gdcourse.plots.style import COLOURS, figure


def phase_diagram(
    x, y, values, *, theory=None, levels=(1.0,), log="xy", xlabel="x", ylabel="y", label="", title="", **options
):
    """Draw a quantity over two hyper-parameters as a map, with the contour that theory predicts on top.

    x: (m,), y: (n,) increasing, values: (n, m) with values[j, i] at (x[i], y[j]); hatched where not finite.  theory:
    f(x, y) -> values, arrays in and out, drawn at ``levels``.  log: which of x, y and the colours z have a log scale.
    """
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Patch

    x, y, values = (np.asarray(a, dtype=float) for a in (x, y, values))
    _check_grid(x, y, values, log)
    edges = _edges(x, "x" in log), _edges(y, "y" in log)
    fig, ax = figure(**{"width": 6.4, "height": 4.2, **options})
    shown = np.ma.masked_invalid(values)
    ax.set_facecolor("0.9")
    mesh = ax.pcolormesh(*edges, shown, cmap="viridis", norm=LogNorm() if "z" in log else None)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.set_xscale("log" if "x" in log else "linear")
    ax.set_yscale("log" if "y" in log else "linear")
    ax.grid(False)
    fig.colorbar(mesh, label=label)
    proxies = [_theory(ax, theory, edges, levels, log, label)] if theory else []
    if shown.mask.any():
        ax.patch.set(hatch="//", edgecolor="0.6")
        proxies.append(Patch(facecolor="0.9", edgecolor="0.6", hatch="//", label="not finite"))
    if proxies:
        ax.legend(handles=proxies, loc="lower left", framealpha=0.9)
    return fig


def _check_grid(x, y, values, log):
    if x.ndim != 1 or y.ndim != 1 or values.shape != (len(y), len(x)) or min(len(x), len(y)) < 2:
        raise ValueError(f"expected x (m,), y (n,), values (n, m), m, n > 1, got {x.shape}, {y.shape}, {values.shape}")
    if not set(log) <= set("xyz"):
        raise ValueError(f"expected log to hold only letters of 'xyz', got {log!r}")
    for name, a in (("x", x), ("y", y)):
        if not (np.diff(a) > 0).all() or (name in log and a[0] <= 0):
            raise ValueError(f"expected {name} increasing{', above 0 for a log scale' * (name in log)}, got {a}")


def _edges(centres, log):
    """Return the borders half way between the centres, (n,) -> (n + 1,); on a log scale half way in the logarithm."""
    at = np.log(centres) if log else centres
    middle = (at[1:] + at[:-1]) / 2
    edges = np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])
    return np.exp(edges) if log else edges


def _theory(ax, theory, edges, levels, log, label):
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import withStroke

    fine = [
        (np.geomspace if name in log else np.linspace)(edge[0], edge[-1], 200)
        for name, edge in zip("xy", edges, strict=True)
    ]
    x, y = np.meshgrid(*fine)
    lines = ax.contour(x, y, theory(x, y), levels=levels, colors="white", linewidths=1.5, linestyles="-")
    lines.set(path_effects=[withStroke(linewidth=3.5, foreground="black")])
    name = f"{label or 'value'} = {', '.join(f'{level:g}' for level in levels)} in theory"
    return Line2D([], [], color="white", linewidth=1.5, path_effects=lines.get_path_effects(), label=name)


def layer_histograms(layers, *, bins=40, columns=4, xlabel="value", log=False, title="", sharex=False, **options):
    """Draw one histogram per layer: of its weights, gradients or activations.

    layers: name -> array of any shape, or name -> {label: array} to compare, as before and after training.  log: scale
    of the counts.  sharex: one range for all layers. Each panel says the standard deviation and the share of exact zeros.
    """
    if not layers:
        raise ValueError("expected at least one layer, got none")
    layers = {name: parts if isinstance(parts, dict) else {"": parts} for name, parts in layers.items()}
    fig, axes = _panels(len(layers), columns, 2.3, {"sharex": sharex, **options})
    for ax, (name, parts) in zip(axes, layers.items(), strict=True):
        _histogram(ax, name, {label: _finite(name, part) for label, part in parts.items()}, bins, log)
    fig.supxlabel(xlabel, fontsize="medium")
    fig.supylabel("count", fontsize="medium")
    fig.suptitle(title, fontsize="large")
    return fig


def _histogram(ax, name, parts, bins, log):
    edges = np.histogram_bin_edges(np.concatenate(list(parts.values())), bins)
    for i, (label, values) in enumerate(parts.items()):
        said = f"{label + ': ' if label else ''}std {values.std():.2g}"
        said += f", {100 * np.mean(values == 0):.0f} % zeros" if (values == 0).any() else ""
        style = {"alpha": 0.5, "linewidth": 1.2, "edgecolor": COLOURS[i], "linestyle": ["-", "--", "-.", ":"][i % 4]}
        ax.hist(values, edges, histtype="stepfilled", facecolor=COLOURS[i], label=said, log=log, **style)
    ax.set_title(name, fontsize="medium")
    ax.margins(y=0.15 + 0.13 * len(parts))  # room for the legend above the bars
    ax.legend(fontsize="x-small", handlelength=1, loc="upper right")


def _finite(name, values):
    values = np.asarray(values, dtype=float).ravel()
    if not np.isfinite(values).all() or not values.size:
        count = np.sum(~np.isfinite(values))
        raise ValueError(f"expected finite values in layer {name!r}, got {count} of {values.size} that are not")
    return values


def image_grid(images, *, titles=None, marked=None, columns=8, signed=False, title="", **options):
    """Draw images side by side on one scale.

    images: (n, h, w), (n, 1, h, w), (n, h, w, 3), or flat (n, d) with d a square.  titles: n strings or numbers.  marked:
    (n,) booleans; those images get a frame, as mistakes do.  signed: colours around 0, for filters and gradients.
    """
    images = _square(np.asarray(images, dtype=float))
    marked = np.zeros(len(images), bool) if marked is None else np.asarray(marked, dtype=bool)
    titles = [""] * len(images) if titles is None else list(titles)
    if not len(titles) == len(marked) == len(images):
        raise ValueError(f"expected {len(images)} titles and marks, got {len(titles)} and {len(marked)}")
    fig, axes = _panels(len(images), columns, 1.15 if any(titles) else 0.95, options)
    high = np.abs(images).max() if signed else images.max()
    scale = {"cmap": "RdBu_r" if signed else "gray", "vmin": -high if signed else images.min(), "vmax": high}
    for ax, image, name, mark in zip(axes, images, titles, marked, strict=True):
        shown = ax.imshow(image, **scale)
        ax.set(xticks=[], yticks=[])
        ax.set_title(name, fontsize="small", pad=2, color=COLOURS[1] if mark else "black")
        ax.spines[:].set(visible=bool(mark), color=COLOURS[1], linewidth=3)
        ax.grid(False)
    if signed:
        fig.colorbar(shown, ax=list(axes), shrink=0.8)
    fig.suptitle(title, fontsize="large")
    return fig


def _square(images):
    if images.ndim == 2 and images.shape[1] and math.isqrt(images.shape[1]) ** 2 == images.shape[1]:
        side = math.isqrt(images.shape[1])
        images = images.reshape(-1, side, side)
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]
    if 0 in images.shape or not (images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)):
        expected = "(n, h, w), (n, 1, h, w), (n, h, w, 3), or (n, d) with d a square"
        raise ValueError(f"expected images {expected}, got {images.shape}")
    return images


def step_anatomy(parts, *, names=None, title="", **options):
    """Draw one step of an optimizer in its parts, a bar per parameter: gradient, velocity, accumulator, step.

    parts: name -> (d,) values, in the order in which the rule computes them.  names: the d parameters' names. Every part
    has its own scale, for their units differ; each bar carries its value.
    """
    parts = {name: np.atleast_1d(np.asarray(values, dtype=float)) for name, values in parts.items()}
    d = len(next(iter(parts.values()), ()))
    names = [f"$x_{{{i + 1}}}$" for i in range(d)] if names is None else list(names)
    if not d or any(values.shape != (len(names),) for values in parts.values()):
        shapes = ", ".join(f"{name} {values.shape}" for name, values in parts.items())
        raise ValueError(f"expected at least one value per part and name, got {len(names)} names and {shapes}")
    size = {"width": 2.2 * len(parts) + 0.6, "height": 1.1 + 0.32 * d}
    fig, axes = figure(len(parts), sharey=True, squeeze=False, **{**size, **options})
    for ax, colour, (name, values) in zip(axes[0], COLOURS * 2, parts.items(), strict=False):
        bars = ax.barh(names, values, color=colour, height=0.6)
        ax.bar_label(bars, [f"{value + 0.0:.3g}" for value in values], padding=3, fontsize="small")
        ax.axvline(0, color="black", linewidth=0.8, linestyle="-")
        ax.set_title(name, fontsize="medium")
        ax.margins(x=0.45)
        ax.locator_params(axis="x", nbins=3)
    axes[0, 0].invert_yaxis()
    fig.suptitle(title, fontsize="large")
    return fig


def _panels(n, columns, height, options):
    """Return a figure and its n axes in rows of at most ``columns``; the places left over are empty."""
    columns = min(n, int(_check.number("columns", columns, least=1)))
    rows = -(-n // columns)
    width = {"width": max(3.0, min(9.0, height * columns))}
    fig, axes = figure(columns, rows, squeeze=False, **{**width, "height": height, **options})
    for ax in axes.flat[n:]:
        ax.remove()
    return fig, axes.flat[:n]
