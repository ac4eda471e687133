"""Figures are drawn without a screen, carry alt text, and show what they were given."""

import base64
import io
import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image, ImageSequence

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


def test_paths_of_several_tracks_have_a_legend():
    tracks = {name: np.array([[1.0, y], [0.0, 0.0]]) for name, y in (("gd", 1.0), ("momentum", 0.5))}
    (ax,) = plots.paths(lambda p: p[0] ** 2 + p[1] ** 2, tracks, window=(-2, 2, -1, 1)).axes
    assert [text.get_text() for text in ax.get_legend().texts] == list(tracks)
    assert len({line.get_marker() for line in ax.lines}) == 2


def test_table(shown):
    plots.table({"rate": [0.1, 1], "end": [0.123456, "inf"]}, digits=3)
    assert shown[0]["text/markdown"].splitlines() == [
        "| rate | end |",
        "| ---: | ---: |",
        "| 0.1 | 0.123 |",
        "| 1 | inf |",
    ]


def test_a_bar_in_a_table_does_not_end_its_cell(shown):
    plots.table({"|x|": [1], "name": ["a|b"]})
    assert shown[0]["text/markdown"].splitlines()[::2] == [r"| \|x\| | name |", r"| 1 | a\|b |"]


def test_slider_redraws_on_change(monkeypatch):
    boxes = []
    monkeypatch.setattr("IPython.display.display", boxes.append)
    plots.slider(lambda rate: (plots.figure()[0], f"Nothing but axes at {rate}."), rate=[0.1, 0.2, 0.3])
    control, picture = boxes[0].children
    assert 'alt="Nothing but axes at 0.2."' in picture.value
    control.value = 0.3
    assert 'alt="Nothing but axes at 0.3."' in picture.value


def drawn(fig):
    """Draw without a screen, which fails where an artist is broken, and return the axes."""
    fig.savefig(io.BytesIO(), format="png", dpi=50)
    return fig.axes


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


# spread


RUNS = np.array([[4.0, 2.0, 1.0], [2.0, 2.0, 3.0], [3.0, 5.0, 2.0]])


def band(collection):
    """Return the lowest and highest ordinate of a band at each abscissa."""
    points = collection.get_paths()[0].vertices
    return {x: (points[points[:, 0] == x, 1].min(), points[points[:, 0] == x, 1].max()) for x in points[:, 0]}


def test_spread_draws_mean_and_range_over_the_seeds():
    (ax,) = drawn(plots.spread({"a": RUNS, "b": 2 * RUNS[:2]}, x=[1, 2, 3], log=True))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [3, 3, 2])
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [6, 4, 4])
    assert band(ax.collections[0]) == {1: (2, 4), 2: (2, 5), 3: (1, 3)}
    assert ax.get_yscale() == "log" and texts(ax.get_legend()) == ["a", "b"]
    assert ax.get_legend().get_title().get_text() == "mean, smallest to largest of 2 to 3 seeds"


def test_spread_draws_median_and_quantiles():
    (ax,) = drawn(plots.spread({"a": RUNS}, middle="median", quantiles=(0.25, 0.75)))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [3, 2, 2])
    assert band(ax.collections[0])[1] == (2, 3.5)
    assert ax.get_legend().get_title().get_text() == "median, 25 % to 75 % of 3 seeds"


def test_spread_stops_where_a_run_is_not_finite():
    (ax,) = drawn(plots.spread({"a": [[1, 2, np.inf], [1, 4, 5]]}))
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 3, np.nan])


# races


def bowl(x):
    return x[0] ** 2 + 4 * x[1] ** 2


def descent(rate, steps, start=(1.5, 0.8)):
    return np.array([np.multiply(start, [(1 - 2 * rate) ** t, (1 - 8 * rate) ** t]) for t in range(steps + 1)])


TRACKS = {"slow": descent(0.02, 30), "fast": descent(0.1, 20)}
WINDOW = (-2, 2, -1, 1)


def test_a_race_draws_tracks_and_heights_in_the_same_style():
    fig = plots.race(bowl, TRACKS, window=WINDOW, minima=[[0, 0]], title="Two rates")
    left, right = drawn(fig)
    paths, heights = [line for line in left.lines if line.get_label() in TRACKS], right.lines
    for track, path, height in zip(TRACKS.values(), paths, heights, strict=True):
        np.testing.assert_array_equal(path.get_xydata(), track)
        np.testing.assert_allclose(height.get_ydata(), track[:, 0] ** 2 + 4 * track[:, 1] ** 2)
        for trait in ("color", "linestyle", "marker", "label"):
            assert getattr(path, f"get_{trait}")() == getattr(height, f"get_{trait}")()
    assert right.get_yscale() == "log" and right.get_ylabel() == "height above the minimum"
    assert left.get_xlim() == (-2, 2) and left.get_ylim() == (-1, 1) and fig.get_suptitle() == "Two rates"
    assert texts(fig.legends[0]) == ["slow", "fast"]


def test_a_race_without_minima_shows_heights_as_they_are():
    _, right = drawn(plots.race(lambda x: bowl(x) - 7, TRACKS, window=WINDOW))
    assert right.get_yscale() == "linear" and right.lines[0].get_ydata()[0] == pytest.approx(1.5**2 + 4 * 0.8**2 - 7)


def test_heights_are_counted_from_the_lowest_minimum():
    _, right = drawn(plots.race(lambda x: bowl(x) - 7, TRACKS, window=WINDOW, minima=[[1, 1], [0, 0]]))
    np.testing.assert_allclose(right.lines[1].get_ydata(), bowl(TRACKS["fast"].T), atol=1e-14)


@pytest.mark.parametrize("minima", [None, [[0, 0]]])
def test_a_track_that_diverges_is_cut_and_does_not_hide_the_others(minima):
    away = descent(0.5, 300)  # to 1e143

    left, right = drawn(plots.race(bowl, {**TRACKS, "away": away}, window=WINDOW, minima=minima))
    path = next(line for line in left.lines if line.get_label() == "away")
    assert 1 <= len(path.get_xdata()) < 10 and np.abs(path.get_xydata()).max() <= 6
    assert right.get_ylim()[1] < 1e4 and right.lines[0].get_ydata()[0] < right.get_ylim()[1]


def test_a_race_of_one_that_stands_on_the_minimum():
    drawn(plots.race(bowl, {"still": np.zeros((5, 2))}, window=WINDOW, minima=[[0, 0]]))
    drawn(plots.race(bowl, {"still": np.zeros((1, 2))}, window=WINDOW))


def test_more_tracks_than_colours():
    tracks = {f"rate {rate:.2f}": descent(rate, 5) for rate in np.linspace(0.01, 0.1, 9)}
    assert len(drawn(plots.race(bowl, tracks, window=WINDOW))[1].lines) == 9


@pytest.fixture(scope="module")
def film():
    return plots.race_animation(bowl, TRACKS, window=WINDOW, minima=[[0, 0]], title="Bowl", frames=7)


def pictures(html):
    """Return the images of the HTML: the still one, and the frames of the moving one."""
    still, moving = (Image.open(io.BytesIO(base64.b64decode(data))) for data in re.findall(r'base64,([^"]+)"', html))
    return still.convert("RGB"), [frame.convert("RGB") for frame in ImageSequence.Iterator(moving)]


def test_a_film_needs_no_script_and_no_address(film):
    """It shows in a notebook that is not trusted, and moves only for who opens it."""
    html = film.html('Two rates race, "fast" & slow.')
    assert not re.search(r"https?:|<script|<link|onclick|src=\"(?!data:image/png)", html)
    still, moving = html.split("<details>")
    for part in (still, moving):
        assert part.count('<img alt="Two rates race, &quot;fast&quot; &amp; slow."') == 1
    assert moving.startswith("<summary>play the film</summary>") and moving.endswith("</details>")


def test_a_film_holds_its_frames_and_shows_the_last_one_at_rest(film):
    still, frames = pictures(film.html("Two rates race."))
    assert film.frames == len(frames) == 7
    assert (np.asarray(still) == np.asarray(frames[-1])).all()


def test_the_frames_of_a_film_show_the_race_step_by_step(film):
    _, frames = pictures(film.html("Two rates race."))
    found = [np.asarray(frame.convert("L"), dtype=int) for frame in frames]
    assert {picture.shape for picture in found} == {(int(3.4 * 120), 7 * 120)}
    assert all((a != b).any() for a, b in pairwise(found))
    right = [picture[100:284, 500:] for picture in found]
    ink = [(picture < 200).sum() for picture in right]
    assert ink == sorted(ink) and ink[0] < ink[-1]


def test_a_film_keeps_the_colours_of_the_tracks(film):
    still, _ = pictures(film.html("x"))
    colours = {colour for _, colour in still.getcolors()}
    for colour in plots.COLOURS[:2]:
        assert tuple(bytes.fromhex(colour[1:])) in colours


def test_the_same_film_is_the_same_html(film):
    again = plots.race_animation(bowl, TRACKS, window=WINDOW, minima=[[0, 0]], title="Bowl", frames=7)
    assert again.html("Two rates race.") == film.html("Two rates race.")


def test_a_film_has_no_more_frames_than_steps():
    film = plots.race_animation(bowl, {"short": descent(0.1, 3)}, window=WINDOW)
    assert film.frames == 4


def test_show_displays_a_film_with_alt_text(shown, film):
    plots.show(film, "Two rates race down a bowl.")
    assert 'alt="Two rates race down a bowl."' in shown[0]["text/html"]
    assert shown[0]["text/plain"] == "[animation] Two rates race down a bowl."
    with pytest.raises(ValueError, match="expected alt to be a sentence"):
        plots.show(film, "")


# a film of any figures


def walk(place):
    table = np.full((2, 2), np.nan)
    table.flat[: place + 1] = 7
    return plots.arrays([("so far", table)], title=f"place {place}")


def test_a_film_of_figures_has_one_frame_for_each_state():
    still, frames = pictures(plots.film(walk, range(4), seconds=2).html("A table fills with sevens."))
    found = [np.asarray(frame.convert("L"), dtype=int) for frame in frames]
    assert len(found) == 4 and (np.asarray(still.convert("L")) == found[-1]).all()
    ink = [(picture[60:] < 128).sum() for picture in found]  # below the title
    assert ink == sorted(ink) and len(set(ink)) == 4


def test_a_film_of_figures_lasts_so_long():
    film = plots.film(walk, range(4), seconds=2)
    assert film.pause == 500
    with Image.open(io.BytesIO(base64.b64decode(film._film()))) as moving:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(moving)] == [500, 500, 500, 2000]


@pytest.mark.parametrize("states, seconds", [([0], 1), (range(61), 1), ([0, 1], 0)])
def test_a_film_refuses_too_few_or_too_many_figures(states, seconds):
    with pytest.raises(ValueError, match="expected 2 to 60 states and seconds above 0"):
        plots.film(walk, states, seconds)


def test_a_film_refuses_figures_of_different_sizes():
    with pytest.raises(ValueError, match=r"expected figures of one size, got \d+ x \d+, \d+ x \d+"):
        plots.film(lambda k: plots.arrays([("a", np.ones((k, k)))]), [1, 2])


# landscapes


def network():
    """Return parameters and loss of a small ReLU network, and the same function with its layers scaled by c and 1/c."""
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
    params = [rng.normal(size=(3, 5)), rng.normal(size=5), rng.normal(size=(5, 2)), rng.normal(size=2)]

    def loss(params):
        W1, b1, W2, b2 = params
        return ((np.maximum(X @ W1 + b1, 0) @ W2 + b2 - y) ** 2).mean()

    W1, b1, W2, b2 = params
    return loss, params, [4 * W1, 4 * b1, W2 / 4, b2]


@pytest.mark.parametrize("axis, kept", [(-1, (0,)), (0, (1,))])
def test_filters_of_a_direction_are_as_long_as_those_of_the_parameters(axis, kept):
    W = np.random.default_rng(0).normal(size=(4, 6))
    W[:, 2] = W[1] = 0
    (d,) = plots.filter_direction([W], np.random.default_rng(1), axis=axis)
    np.testing.assert_allclose(np.linalg.norm(d, axis=kept), np.linalg.norm(W, axis=kept), rtol=1e-14)
    raw = np.random.default_rng(1).normal(size=W.shape)
    np.testing.assert_allclose(
        d * np.linalg.norm(raw, axis=kept, keepdims=True), raw * np.linalg.norm(W, axis=kept, keepdims=True)
    )


def test_filters_of_a_convolution_and_one_axis_per_array():
    rng = np.random.default_rng(0)
    kernels, weights = rng.normal(size=(8, 3, 5, 5)), rng.normal(size=(8, 10))
    d, e = plots.filter_direction([kernels, weights], rng, axis=[0, -1])
    np.testing.assert_allclose(np.linalg.norm(d.reshape(8, -1), axis=1), np.linalg.norm(kernels.reshape(8, -1), axis=1))
    np.testing.assert_allclose(np.linalg.norm(e, axis=0), np.linalg.norm(weights, axis=0))


def test_biases_stay_but_a_lone_vector_is_one_filter():
    rng = np.random.default_rng(0)
    _, bias = plots.filter_direction([np.ones((2, 3)), np.ones(3)], rng)
    assert not bias.any()
    weights, bias = plots.filter_direction([np.array([3.0, 4.0]), np.array(2.0)], rng)
    assert np.linalg.norm(weights) == pytest.approx(5) and abs(bias) == pytest.approx(2)


def test_filter_normalisation_takes_the_scale_of_the_layers_out():
    loss, params, scaled = network()
    assert loss(params) == pytest.approx(loss(scaled))
    steps = np.linspace(-1, 1, 5)

    def slice_of(params, **options):
        direction = plots.filter_direction(params, np.random.default_rng(5), **options)
        return plots.loss_slice(loss, params, [direction], steps)

    np.testing.assert_allclose(slice_of(params), slice_of(scaled), rtol=1e-12)
    assert not np.allclose(slice_of(params, normalise=False), slice_of(scaled, normalise=False), rtol=0.1)


def test_a_slice_holds_the_losses_along_the_directions_and_changes_nothing():
    loss, params, _ = network()
    before = [p.copy() for p in params]
    rng = np.random.default_rng(0)
    d, e = (plots.filter_direction(params, rng) for _ in range(2))
    losses = plots.loss_slice(loss, params, [d, e], [-0.5, 0, 1])
    expected = loss([p + 1 * a - 0.5 * b for p, a, b in zip(params, d, e, strict=True)])
    assert losses.shape == (3, 3) and losses[0, 2] == pytest.approx(expected) and losses[1, 1] == loss(params)
    for p, q in zip(params, before, strict=True):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("log", [False, True])
def test_a_landscape_of_two_directions_has_the_parameters_in_its_middle(log):
    loss, params, _ = network()
    fig = plots.landscape(loss, params, np.random.default_rng(0), points=9, span=0.5, log=log, title="t")
    ax, bar = drawn(fig)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[0, 0]])
    assert ax.get_xlabel() == "step $a$, filter-normalised" and bar.get_ylabel() == "loss"
    assert np.allclose([*ax.get_xlim(), *ax.get_ylim()], [-0.5, 0.5] * 2)
    rng = np.random.default_rng(0)
    chosen = [plots.filter_direction(params, rng) for _ in range(2)]
    losses = plots.loss_slice(loss, params, chosen, np.linspace(-0.5, 0.5, 9))
    np.testing.assert_allclose(ax.collections[0].get_clim(), [losses.min(), losses.max()])


def test_a_landscape_of_one_direction_is_a_curve():
    loss, params, _ = network()
    fig = plots.landscape(loss, params, np.random.default_rng(0), directions=1, points=10, normalise=False)
    (ax,) = drawn(fig)
    curve, here = ax.lines
    assert len(curve.get_xdata()) == 11 and here.get_xydata().tolist() == [[0, loss(params)]]
    assert curve.get_ydata()[5] == loss(params) and "not normalised" in ax.get_xlabel()


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("log", [False, True])
def test_losses_that_are_not_finite_or_all_equal_are_drawn(directions, log):
    def loss(params):
        return np.inf if params[0][0, 0] > 1.2 else 0.0 if params[0][0, 0] > 1.1 else 1.0

    for span in (1.0, 1e-6):
        options = {"directions": directions, "log": log, "span": span, "points": 7}
        drawn(plots.landscape(loss, [np.ones((2, 2))], np.random.default_rng(0), **options))


# panels


RATES, BETAS = np.geomspace(1e-3, 10, 5), np.linspace(0, 0.9, 4)


def test_a_phase_diagram_puts_every_value_on_its_cell():
    values = np.arange(20.0).reshape(4, 5) + 1
    fig = plots.phase_diagram(RATES, BETAS, values, log="x", xlabel="rate", ylabel="beta", label="steps")
    ax, bar = drawn(fig)
    mesh = ax.collections[0]
    np.testing.assert_array_equal(mesh.get_array(), values)
    corners = mesh.get_coordinates()
    assert corners.shape == (5, 6, 2)
    np.testing.assert_allclose(np.sqrt(corners[0, 1:, 0] * corners[0, :-1, 0]), RATES)
    np.testing.assert_allclose((corners[1:, 0, 1] + corners[:-1, 0, 1]) / 2, BETAS)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear") and bar.get_ylabel() == "steps"
    assert ax.get_legend() is None


def test_the_theory_of_a_phase_diagram_lies_where_it_is_equal_to_the_level():
    x, y = np.geomspace(0.1, 10, 9), np.geomspace(0.5, 50, 7)
    fig = plots.phase_diagram(x, y, np.outer(y, x), theory=lambda x, y: x * y, levels=(2.0,), log="xyz", label="xy")
    ax = drawn(fig)[0]
    (contour,) = ax.collections[1].get_paths()
    np.testing.assert_allclose(np.prod(contour.vertices, axis=1), 2, rtol=1e-3)
    assert texts(ax.get_legend()) == ["xy = 2 in theory"] and ax.get_yscale() == "log"
    assert type(ax.collections[0].norm).__name__ == "LogNorm"


def test_values_of_a_phase_diagram_that_are_not_finite_are_named():
    values = np.ones((4, 5))
    values[1, 2], values[0, 0] = np.nan, np.inf
    ax = drawn(plots.phase_diagram(RATES, BETAS, values, log="x"))[0]
    assert np.argwhere(ax.collections[0].get_array().mask).tolist() == [[0, 0], [1, 2]]
    assert texts(ax.get_legend()) == ["not finite"]


def test_layer_histograms_count_every_value():
    rng = np.random.default_rng(0)
    layers = {
        "W1": rng.normal(size=(7, 9)),
        "b1": np.zeros(9),
        "W2": {"before": rng.normal(size=9), "after": [0, 1, 2]},
    }
    fig = plots.layer_histograms(layers, bins=5, columns=2, title="Weights")
    axes = drawn(fig)
    assert [ax.get_title() for ax in axes] == ["W1", "b1", "W2"]

    def counts(ax):  # the tops of the steps, from the outlines
        return [outline(patch.get_path().vertices) for patch in ax.patches]

    def outline(points):
        return round(sum((b[0] - a[0]) * a[1] for a, b in pairwise(points) if b[0] > a[0]) / width(points))

    def width(points):
        return np.min(np.diff(np.unique(points[:, 0])))

    assert [counts(ax) for ax in axes] == [[63], [9], [9, 3]]
    assert texts(axes[1].get_legend()) == ["std 0, 100 % zeros"]
    assert texts(axes[2].get_legend())[1] == "after: std 0.82, 33 % zeros"


def test_layer_histograms_on_a_log_scale_and_one_range():
    axes = drawn(plots.layer_histograms({"a": [1.0, 2, 3], "b": [10.0, 20]}, log=True, sharex=True))
    assert {ax.get_yscale() for ax in axes} == {"log"} and axes[0].get_xlim() == axes[1].get_xlim()


IMAGES = np.random.default_rng(0).uniform(size=(5, 4, 4))


@pytest.mark.parametrize("images", [IMAGES, IMAGES[:, None], IMAGES.reshape(5, 16), np.stack([IMAGES] * 3, axis=-1)])
def test_an_image_grid_holds_every_image(images):
    axes = drawn(plots.image_grid(images, columns=3))
    assert len(axes) == 5 and axes[3].get_subplotspec().rowspan.start == 1
    for ax, image in zip(axes, IMAGES, strict=True):
        shown = ax.images[0].get_array()
        np.testing.assert_array_equal(shown[..., 0] if shown.ndim == 3 else shown, image)
        assert ax.images[0].get_clim() == (IMAGES.min(), IMAGES.max())


def test_an_image_grid_marks_and_names():
    axes = drawn(plots.image_grid(IMAGES, titles=range(5), marked=[0, 0, 1, 0, 0], title="Mistakes"))
    assert [ax.get_title() for ax in axes] == list("01234")
    assert [ax.spines["left"].get_visible() for ax in axes] == [False, False, True, False, False]


def test_a_signed_image_grid_is_symmetric_around_zero():
    *axes, _bar = drawn(plots.image_grid(IMAGES - 0.9, signed=True))
    assert axes[0].images[0].get_clim() == pytest.approx((-np.abs(IMAGES - 0.9).max(), np.abs(IMAGES - 0.9).max()))


def test_the_anatomy_of_a_step_has_a_bar_per_part_and_parameter():
    parts = {"gradient": [3.0, -4.0], "velocity": [0.3, -0.4], "step": [-0.1, -0.0]}
    fig = plots.step_anatomy(parts, names=["w", "b"], title="Step 1")
    axes = drawn(fig)
    assert [ax.get_title() for ax in axes] == list(parts)
    for ax, values in zip(axes, parts.values(), strict=True):
        assert [bar.get_width() for bar in ax.patches] == values
        assert ax.yaxis_inverted()
    assert [text.get_text() for text in axes[2].texts] == ["-0.1", "0"]
    assert [tick.get_text() for tick in axes[0].get_yticklabels()] == ["w", "b"]


RNG = np.random.default_rng(0)
GRID = (RATES, BETAS, np.ones((4, 5)))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: plots.spread({"a": [1, 2]}), r"shape \(seeds, n\) for 'a', got \(2,\)"),
        (lambda: plots.spread({"a": RUNS}, middle="mode"), "middle to be 'mean' or 'median'.*got 'mode'"),
        (lambda: plots.spread({"a": RUNS}, quantiles=(0.9, 0.1)), r"0 <= low < high <= 1, got .* and \(0.9, 0.1\)"),
        (lambda: plots.spread({}), "at least one name with runs, got none"),
        (lambda: plots.race(bowl, {}, window=WINDOW), "at least one track, got none"),
        (lambda: plots.race(bowl, {"a": [1, 2]}, window=WINDOW), r"shape \(n, 2\) for 'a', got \(2,\)"),
        (lambda: plots.race(bowl, {"a": [[9, 9]]}, window=WINDOW), "'a' to begin near the window"),
        (
            lambda: plots.race(bowl, TRACKS, window=(2, -2, -1, 1)),
            r"left < right and bottom < top, got \(2, -2, -1, 1\)",
        ),
        (lambda: plots.race_animation(bowl, TRACKS, window=WINDOW, frames=61), "2 to 60 frames.*got 61"),
        (lambda: plots.filter_direction([np.ones(2)], RNG, axis=[0, 1]), "one axis per parameter, got 2 axes and 1"),
        (lambda: plots.loss_slice(sum, [np.ones(2)], [], [0]), "one or two directions, got 0"),
        (lambda: plots.loss_slice(sum, [np.ones(2)], [[np.ones(3)]], [0]), r"shaped like params, .* got \[\(3,\)\]"),
        (lambda: plots.landscape(sum, [np.ones(2)], RNG, directions=3), r"one of \[1, 2\], got 3"),
        (lambda: plots.landscape(sum, [np.ones(2)], RNG, span=0), "span to be a finite number above 0, got 0"),
        (lambda: plots.landscape(lambda p: np.nan, [np.ones(2)], RNG), "at least one finite loss"),
        (lambda: plots.phase_diagram(RATES, BETAS, np.ones((5, 4))), r"values \(n, m\).*got \(5,\), \(4,\), \(5, 4\)"),
        (lambda: plots.phase_diagram(*GRID, log="xy"), "y increasing, above 0 for a log scale"),
        (lambda: plots.phase_diagram(RATES[::-1], *GRID[1:], log=""), "x increasing, got"),
        (lambda: plots.phase_diagram(*GRID, log="w"), "letters of 'xyz', got 'w'"),
        (lambda: plots.layer_histograms({}), "at least one layer, got none"),
        (lambda: plots.layer_histograms({"a": [1, np.nan]}), "finite values in layer 'a', got 1 of 2 that are not"),
        (lambda: plots.image_grid(np.ones((2, 15))), r"\(n, d\) with d a square, got \(2, 15\)"),
        (lambda: plots.image_grid(IMAGES, titles="ab"), "5 titles and marks, got 2 and 5"),
        (
            lambda: plots.step_anatomy({"g": [1, 2], "m": [1]}),
            r"one value per part and name, got 2 names and g \(2,\), m \(1,\)",
        ),
        (lambda: plots.step_anatomy({}), "at least one value per part"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_params_that_are_not_a_list_are_refused():
    with pytest.raises(TypeError, match="params to be a list with at least one array, got ndarray"):
        plots.filter_direction(np.ones(3), RNG)


def test_the_exported_names_are_complete_and_need_no_screen():
    assert set(plots.__all__) <= set(dir(plots)) and len(plots.__all__) == len(set(plots.__all__))
    code = "import sys, gdcourse.plots; print('matplotlib.pyplot' in sys.modules, 'IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"


def test_a_circuit_shows_values_and_gradients():
    nodes = {"x": (0, 0, "x"), "y": (1, 0, r"(\,)^2")}
    (ax,) = plots.circuit(nodes, [("x", "y")], values={"x": 3, "y": 9}, grads={"x": 6, "y": 1}).axes
    assert [t.get_text() for t in ax.texts if t.get_text()][2:] == ["3", "← 6", "9", "← 1"]
    (forward,) = plots.circuit(nodes, [("x", "y")], values={"x": -3}).axes
    assert "−3" in [t.get_text() for t in forward.texts] and not any("←" in t.get_text() for t in forward.texts)


def test_a_circuit_refuses_a_wire_to_nowhere():
    with pytest.raises(ValueError, match="expected wires between the nodes x, got z"):
        plots.circuit({"x": (0, 0, "x")}, [("x", "z")], values={})


def test_arrays_hold_their_numbers_names_and_shapes():
    left, right = np.array([[1.0, 2.5], [-3.0, 0.0]]), np.array([[7.0], [8.0]])
    fig = plots.arrays([("A", left), "@", ("B", right)], marked={"A": [(0, 1)]}, title="t")
    (ax,) = fig.axes
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["1", "2.5", "−3", "0", "A\n(2, 2)", "7", "8", "B\n(2, 1)", "@"]
    shaded = [patch for patch in ax.patches if patch.get_alpha() == 0.45]
    assert len(shaded) == 1 and shaded[0].get_xy() == (1, 0)  # above the middle: row 0


@pytest.mark.parametrize("parts", [[], ["@"], [("A", np.zeros(3))], [("A", np.zeros((2, 0)))]])
def test_arrays_refuse_what_is_no_matrix(parts):
    with pytest.raises(ValueError, match="array"):
        plots.arrays(parts)


def test_arrays_refuse_two_of_one_name_and_marks_elsewhere():
    one = np.eye(2)
    with pytest.raises(ValueError, match="different names"):
        plots.arrays([("A", one), ("A", one)])
    with pytest.raises(ValueError, match="marks in the arrays A, got B"):
        plots.arrays([("A", one)], marked={"B": [(0, 0)]})


# fits


X_FIT, Y_FIT = np.array([1.0, 2, 4]), np.array([1.0, 4, 3])
MODELS = {"line": lambda x: x, "level": lambda x: 3 + 0 * x}


@pytest.mark.parametrize("errors", ["squares", "springs", "none"])
def test_fits_draw_each_model_with_its_errors(errors):
    fig = plots.fits(X_FIT, Y_FIT, MODELS, errors=errors, window=(0, 6, 0, 6))
    for ax, (name, model) in zip(drawn(fig), MODELS.items(), strict=True):
        e = model(X_FIT) - Y_FIT
        curve, points = ax.lines[0].get_xydata(), ax.lines[-1].get_xydata()
        np.testing.assert_allclose(curve[:, 1], model(curve[:, 0]))
        np.testing.assert_array_equal(points, np.column_stack([X_FIT, Y_FIT]))
        told = [text.get_text().replace("−", "-") for text in ax.texts]
        expected = {"squares": [f"{v * v:.3g}" for v in e if v], "springs": [f"{v:+.3g}" for v in e if v], "none": []}
        assert ax.get_title() == name and told == expected[errors]


def test_the_side_of_a_square_is_its_error():
    (ax,) = drawn(plots.fits(X_FIT, Y_FIT, {"line": MODELS["line"]}, errors="squares", window=(0, 6, 0, 6)))
    sides = [np.ptp(patch.get_xy(), axis=0).tolist() for patch in ax.patches]
    assert sides == [[2, 2], [1, 1]] and ax.get_aspect() == 1


@pytest.mark.parametrize(
    "x, y, models, told",
    [([1, 2], [1], MODELS, "expected x and y of one shape"), ([1], [1], {}, "expected x and y of one shape")],
)
def test_fits_refuse_what_they_cannot_draw(x, y, models, told):
    with pytest.raises(ValueError, match=told):
        plots.fits(x, y, models)


def test_fits_name_the_kinds_of_errors():
    with pytest.raises(ValueError, match="expected errors to be one of"):
        plots.fits([1], [1], MODELS, errors="arrows")
