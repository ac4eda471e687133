"""Put figures, tables and sliders into a notebook, with words for readers who cannot see them."""

import base64
from html import escape
from io import BytesIO

import numpy as np


def show(fig, alt):
    """Display a figure, or a `Film`, with ``alt``, the sentence that a reader who cannot see it needs. Returns nothing."""
    from IPython.display import display

    display(_picture(fig, alt), raw=True)


def _picture(fig, alt):
    if not isinstance(alt, str) or len(alt.split()) < 4:
        raise ValueError(f"expected alt to be a sentence that says what the figure shows, got {alt!r}")
    if hasattr(fig, "html"):
        return {"text/html": fig.html(alt), "text/plain": f"[animation] {alt}"}
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
    lines = [[_cell(name, digits) for name in columns], ["---:"] * len(columns), *map(list, zip(*text, strict=True))]
    markdown = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    display({"text/markdown": markdown, "text/plain": markdown}, raw=True)


def _cell(value, digits):
    text = f"{value:.{digits}g}" if isinstance(value, float | np.floating) else str(value)
    return text.replace("|", "\\|")  # a bare one would end the cell


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
