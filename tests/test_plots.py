"""Figures are drawn without a screen, carry alt text, and show what they were given."""

import base64
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from gdcourse import plots


@pytest.fixture
def shown(monkeypatch):
    """Collect what is displayed."""
    bundles = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw=False: bundles.append(data))
    return bundles


def test_show_emits_a_png_with_alt_text(shown):
    fig, ax = plots.figure()
    ax.plot([1, 2])
    plots.show(fig, 'A line that rises from "1" to 2 & stops.')
    html = shown[0]["text/html"]
    assert 'alt="A line that rises from &quot;1&quot; to 2 &amp; stops."' in html
    png = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
    assert png.startswith(b"\x89PNG") and shown[0]["text/plain"].startswith("[figure] A line")


@pytest.mark.parametrize("alt", ["", "a plot", None])
def test_show_refuses_a_figure_without_alt_text(alt):
    with pytest.raises(ValueError, match="expected alt to be a sentence"):
        plots.show(plots.figure()[0], alt)


def test_the_same_figure_is_the_same_bytes(shown):
    for _ in range(2):
        plots.show(plots.curves({"a": [3, 2, 1]}), "One curve that falls from 3 to 1.")
    assert shown[0] == shown[1]


def test_curves_draw_every_series():
    fig = plots.curves({"a": [1, 2], "b": [3, 4]}, x=[10, 20], log=True, title="t")
    (ax,) = fig.axes
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1, 2], [3, 4]]
    assert ax.get_yscale() == "log" and [t.get_text() for t in ax.get_legend().texts] == ["a", "b"]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_paths_draw_tracks_on_contours():
    track = np.array([[1.0, 1.0], [0.5, 0.2], [0.0, 0.0]])
    fig = plots.paths(lambda p: p[0] ** 2 + 4 * p[1] ** 2, {"gd": track}, window=(-2, 2, -1, 1))
    (ax,) = fig.axes
    assert isinstance(fig, Figure) and ax.get_xlim() == (-2, 2) and ax.get_ylim() == (-1, 1)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), track)


def test_table(shown):
    plots.table({"rate": [0.1, 1], "end": [0.123456, "inf"]}, digits=3)
    assert shown[0]["text/markdown"].splitlines() == [
        "| rate | end |",
        "| ---: | ---: |",
        "| 0.1 | 0.123 |",
        "| 1 | inf |",
    ]


def test_slider_redraws_on_change(monkeypatch):
    boxes = []
    monkeypatch.setattr("IPython.display.display", boxes.append)
    plots.slider(lambda rate: (plots.figure()[0], f"Nothing but axes at {rate}."), rate=[0.1, 0.2, 0.3])
    control, picture = boxes[0].children
    assert 'alt="Nothing but axes at 0.2."' in picture.value
    control.value = 0.3
    assert 'alt="Nothing but axes at 0.3."' in picture.value
