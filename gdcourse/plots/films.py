"""Films: pictures one after another, as an animated PNG that plays without a script."""

import base64
from dataclasses import dataclass
from html import escape
from io import BytesIO

import numpy as np
from matplotlib.colors import to_rgb

from gdcourse.plots.style import COLOURS

DPI = 120  # of a film: sharp at the 100 pixels per inch at which it is shown
MOST = 60  # pictures


@dataclass(frozen=True, repr=False)
class Film:
    """An animation as pictures, the last of which shows all of it. pictures: PIL images.  pause: milliseconds for each."""

    pictures: tuple
    pause: float

    @property
    def frames(self):
        """How many pictures it holds."""
        return len(self.pictures)

    def html(self, alt):
        """Return the HTML: the last picture, and the film folded below it, so that it moves only for who opens it.

        The film is an animated PNG, a picture like any other: it plays without a script, so in a notebook that is not
        trusted and on a page without a kernel. alt: the words for both.
        """
        width = round(self.pictures[0].width * 100 / DPI)
        style = f'alt="{escape(alt)}" width="{width}" style="max-width:100%"'
        still, film = (f'<img {style} src="data:image/png;base64,{data}">' for data in (self._still(), self._film()))
        return f"{still}<details><summary>play the film</summary>{film}</details>"

    def _still(self):
        return _base64(self.pictures[-1])

    def _film(self):
        first, *rest = self.pictures
        pauses = [self.pause] * len(rest) + [2000]  # the end stands for two seconds, then it begins again
        return _base64(first, save_all=True, append_images=rest, duration=pauses, loop=0)


def film(draw, states, seconds=8):
    """Return a `Film` of draw(state), a figure, for each of states, in their order.

    states: 2 to 60.  seconds: how long it runs.
    """
    states = list(states)
    if not 2 <= len(states) <= MOST or not seconds > 0:
        raise ValueError(f"expected 2 to {MOST} states and seconds above 0, got {len(states)} and {seconds}")
    pictures = tuple(camera(draw(state))() for state in states)
    if len(sizes := {picture.size for picture in pictures}) > 1:
        raise ValueError(f"expected figures of one size, got {', '.join(f'{w} x {h}' for w, h in sorted(sizes))}")
    return Film(pictures, 1000 * seconds / len(states))


def camera(fig):
    """Return a function that takes a picture of the figure as it is now, in the course's colours."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(fig)
    fig.set_dpi(DPI)

    def shot():
        canvas.draw()
        return _with_few_colours(np.asarray(canvas.buffer_rgba()))

    return shot


def _base64(picture, **options):
    buffer = BytesIO()
    picture.save(buffer, format="png", optimize=True, **options)
    return base64.b64encode(buffer.getvalue()).decode()


def _with_few_colours(pixels):
    """Return a picture in the course's colours and their tints: a fifth of the size of all colours."""
    from PIL import Image

    palette = Image.new("P", (1, 1))
    palette.putpalette(_palette())
    return Image.fromarray(pixels).convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)


def _palette():
    """Return 16 greys from white to black and five tints of each colour, three numbers of 0 to 255 each."""
    greys = np.repeat(np.linspace(1, 0, 16), 3).reshape(-1, 3)
    colours = np.array([to_rgb(colour) for colour in COLOURS[:-1]])  # the last is black
    tints = [1 - share * (1 - colours) for share in (1, 0.8, 0.6, 0.4, 0.2)]
    return np.rint(255 * np.vstack([greys, *tints])).astype(int).ravel().tolist()
