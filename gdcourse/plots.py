"""Figures in one style: a palette that colour-blind readers can tell apart, line styles that differ too, alt text always.

Every function that draws returns a Matplotlib figure and works without a screen; `show` puts one into a notebook.
"""

import base64
from html import escape
from io import BytesIO

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]  # Okabe & Ito 2008
LINES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (1, 1))]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
STYLE = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.prop_cycle": mpl.cycler(color=COLOURS) + mpl.cycler(linestyle=LINES),
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "grid.alpha": 0.3,
    "svg.hashsalt": "gdcourse",
}


def figure(columns=1, rows=1, *, width=7.0, height=3.2, **options):
    """Return (figure, axes) in the course's style; axes as `matplotlib.pyplot.subplots` gives them. Sizes in inches."""
    with mpl.rc_context(STYLE):
        fig = Figure(figsize=(width, height * rows))
        return fig, fig.subplots(rows, columns, **options)


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


def paths(f, tracks, *, window, levels=18, xlabel="$x_1$", ylabel="$x_2$", title="", **options):
    """Draw contours of f with the points visited by each track.

    f: (2, ...) -> (...).  tracks: name -> (n, 2).  window: (left, right, bottom, top).
    """
    left, right, bottom, top = window
    x, y = np.meshgrid(np.linspace(left, right, 121), np.linspace(bottom, top, 121))
    heights = f(np.stack([x, y]))
    fig, ax = figure(**options)
    spaced = np.quantile(heights, np.linspace(0, 1, levels) ** 2)
    ax.contour(x, y, heights, levels=np.unique(spaced), colors="0.6", linewidths=0.8, linestyles="-")
    for (name, track), marker in zip(tracks.items(), MARKERS, strict=False):
        track = np.asarray(track)
        ax.plot(track[:, 0], track[:, 1], marker=marker, markersize=4, linewidth=1.2, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, xlim=(left, right), ylim=(bottom, top))
    if len(tracks) > 1:
        ax.legend()
    return fig


def show(fig, alt):
    """Display a figure with ``alt``, the sentence that a reader who cannot see it needs. Returns nothing."""
    from IPython.display import display

    display(_picture(fig, alt), raw=True)


def _picture(fig, alt):
    if not isinstance(alt, str) or len(alt.split()) < 4:
        raise ValueError(f"expected alt to be a sentence that says what the figure shows, got {alt!r}")
    buffer = BytesIO()
    fig.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    data = base64.b64encode(buffer.getvalue()).decode()
    width = round(fig.get_figwidth() * 100)
    html = f'<img alt="{escape(alt)}" width="{width}" style="max-width:100%" src="data:image/png;base64,{data}">'
    return {"text/html": html, "text/plain": f"[figure] {alt}"}


def table(columns, digits=4):
    """Display columns of numbers or words, name -> values, as a table; floats with ``digits`` significant digits."""
    from IPython.display import display

    text = [[_cell(value, digits) for value in values] for values in columns.values()]
    lines = [list(columns), ["---:"] * len(columns), *map(list, zip(*text, strict=True))]
    markdown = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    display({"text/markdown": markdown, "text/plain": markdown}, raw=True)


def _cell(value, digits):
    return f"{value:.{digits}g}" if isinstance(value, float | np.floating) else str(value)


def slider(draw, **ranges):
    """Show draw(**values), which returns (figure, alt), under one slider per keyword.

    ranges: name -> list of values; the slider stops at each of them. Without a running kernel nothing shows, so precede it
    with a static figure that carries the same message.
    """
    import ipywidgets
    from IPython.display import display

    controls = {
        name: ipywidgets.SelectionSlider(
            options=list(values),
            value=values[len(values) // 2],
            description=name,
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "36em"},
        )
        for name, values in ranges.items()
    }
    picture = ipywidgets.HTML()

    def redraw(_=None):
        fig, alt = draw(**{name: control.value for name, control in controls.items()})
        picture.value = _picture(fig, alt)["text/html"]

    for control in controls.values():
        control.observe(redraw, "value")
    redraw()
    display(ipywidgets.VBox([*controls.values(), picture]))
