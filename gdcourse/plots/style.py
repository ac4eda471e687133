"""The course's colours, line styles and markers, and the empty axes in that style."""

import matplotlib as mpl
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
