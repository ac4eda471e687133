"""A computation drawn as a circuit: values flow to the right, gradients back to the left."""

from gdcourse.plots.style import COLOURS, figure

FORWARD, BACKWARD = COLOURS[0], COLOURS[1]


def circuit(nodes, wires, *, values, grads=None, title="", **options):
    """Draw gates and wires, each node's value above it and, if given, the gradient that arrives there below it.

    nodes: name -> (column, row, label); one whose label is its name is an input, drawn as a square box, others as round
    gates.  wires: (from, to) pairs of names.  values, grads: name -> number; a node may be left out of either.
    """
    unknown = {name for wire in wires for name in wire} - set(nodes)
    if unknown or not nodes:
        raise ValueError(f"expected wires between the nodes {', '.join(nodes)}, got {', '.join(sorted(unknown))}")
    columns, rows = (max(place[i] for place in nodes.values()) for i in (0, 1))
    size = {"width": 1.45 * columns + 1.2, "height": 1.25 * rows + 1.3}
    fig, ax = figure(**{**size, **options})
    boxes = {name: _box(ax, place, name) for name, place in nodes.items()}
    for start, end in wires:
        _arrow(ax, nodes[start], nodes[end], boxes[start], boxes[end])
    for name, (column, row, _) in nodes.items():
        _number(ax, values.get(name), (column, row + 0.27), FORWARD, "bottom")
        _number(ax, (grads or {}).get(name), (column, row - 0.27), BACKWARD, "top", prefix="← ")
    ax.set(xlim=(-0.6, columns + 0.6), ylim=(-0.7, rows + 0.7), title=title)
    ax.axis("off")
    _legend(ax, grads)
    return fig


def _box(ax, place, name):
    column, row, label = place
    shape = "square,pad=0.45" if label == name else "circle,pad=0.35"
    style = {"boxstyle": shape, "facecolor": "0.94" if label == name else "white", "edgecolor": "0.2"}
    return ax.text(column, row, f"${label}$", ha="center", va="center", fontsize="large", bbox=style)


def _arrow(ax, start, end, from_box, to_box):
    ax.annotate(
        "",
        end[:2],
        start[:2],
        arrowprops={
            "arrowstyle": "-|>",
            "color": "0.35",
            "patchA": from_box.get_bbox_patch(),
            "patchB": to_box.get_bbox_patch(),
            "shrinkA": 0,
            "shrinkB": 1,
        },
    )


def _number(ax, value, at, colour, side, prefix=""):
    if value is not None:
        weight = "bold" if prefix else "normal"
        text = {"color": colour, "ha": "center", "va": side, "fontweight": weight}
        ax.text(*at, f"{prefix}{value + 0.0:.4g}".replace("-", "−"), **text)


def _legend(ax, grads):
    from matplotlib.lines import Line2D

    entries = [Line2D([], [], linestyle="none", marker="^", color=FORWARD, label="above: value")]
    if grads:
        entries.append(Line2D([], [], linestyle="none", marker="<", color=BACKWARD, label="below: gradient ←"))
    ax.legend(handles=entries, loc="upper center", bbox_to_anchor=(0.5, 0.02), ncols=2, frameon=False)
