"""Figures in one style: a palette that colour-blind readers can tell apart, line styles that differ too, alt text always.

Every function that draws returns a Matplotlib figure and works without a screen; `show` puts one into a notebook.

- `style`: the palette and `figure`, the empty axes that all the rest begins with.
- `notebook`: `show`, `table`, `slider`.
- `films`: `film`, pictures one after another, which play without a script.
- `lines`: `curves`, and `spread` over seeds.
- `surfaces`: tracks on contours: `paths`, `race`, `race_animation`.
- `landscapes`: the loss around trained parameters: `landscape`, `filter_direction`, `loss_slice`.
- `arrays`: `arrays`, matrices with their numbers and the signs between them.
- `circuits`: `circuit`, a computation with values and gradients.
- `fits`: `fits`, a model's curve with its errors as squares or springs.
- `panels`: `phase_diagram`, `layer_histograms`, `image_grid`, `step_anatomy`.
"""

from gdcourse.plots.arrays import arrays
from gdcourse.plots.circuits import circuit
from gdcourse.plots.films import Film, film
from gdcourse.plots.fits import fits
from gdcourse.plots.landscapes import filter_direction, landscape, loss_slice
from gdcourse.plots.lines import curves, spread
from gdcourse.plots.notebook import show, slider, table
from gdcourse.plots.panels import image_grid, layer_histograms, phase_diagram, step_anatomy
from gdcourse.plots.style import COLOURS, LINES, MARKERS, STYLE, figure
from gdcourse.plots.surfaces import paths, race, race_animation

__all__ = [
    "COLOURS",
    "LINES",
    "MARKERS",
    "STYLE",
    "Film",
    "arrays",
    "circuit",
    "curves",
    "figure",
    "film",
    "filter_direction",
    "fits",
    "image_grid",
]
__all__ += ["landscape", "layer_histograms", "loss_slice", "paths", "phase_diagram", "race", "race_animation"]
__all__ += ["show", "slider", "spread", "step_anatomy", "table"]
