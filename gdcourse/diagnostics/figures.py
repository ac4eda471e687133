"""A run at a glance."""

import numpy as np

PANELS = {  # measurement -> title, whether its scale is logarithmic
    "loss": ("loss", True),
    "gradient_norms": ("gradient norm", True),
    "update_ratios": ("update / weight", True),
    "activation_mean": ("mean activation", False),
    "activation_std": ("spread of activations", True),
    "dead_units": ("share of dead units", False),
    "flat_outputs": ("share of flat outputs", False),
}


def record(history, **measurements):
    """Append one step's measurements to history, in place. history: a dict; measurements: name -> {layer: number}.

    >>> history = {}
    >>> record(history, gradient_norms={"0 Dense": 0.5, "2 Dense": 0.25})
    >>> record(history, gradient_norms={"0 Dense": 0.4, "2 Dense": 0.2})
    >>> history
    {'gradient_norms': {'0 Dense': [0.5, 0.4], '2 Dense': [0.25, 0.2]}}
    """
    for name, layers in measurements.items():
        series = history.setdefault(name, {})
        for layer, value in layers.items():
            series.setdefault(layer, []).append(float(value))


def dashboard(history, *, title=""):
    """Draw one panel per measurement, one line per layer, first layers dark and last ones light. Returns the figure.

    history: name -> {layer: (steps,) numbers}, as `record` makes it; "loss" may be a plain list. The names are "loss",
    "gradient_norms", "update_ratios", "activation_mean", "activation_std", "dead_units" and "flat_outputs"; those absent
    are left out.
    """
    from gdcourse import plots

    unknown = sorted(set(history) - set(PANELS))
    if unknown or not history:
        raise ValueError(f"expected a history of {', '.join(PANELS)}, got {', '.join(map(repr, unknown)) or 'nothing'}")
    shown = [name for name in PANELS if name in history]
    fig, axes = plots.figure(min(len(shown), 3), -(-len(shown) // 3), width=10.0, squeeze=False)
    for ax in axes.flat[len(shown) :]:
        ax.remove()
    for ax, name in zip(axes.flat, shown, strict=False):
        _panel(ax, name, history[name], plots.LINES)
    fig.suptitle(title)
    return fig


def _panel(ax, name, series, lines):
    import matplotlib as mpl

    series = series if isinstance(series, dict) else {"": series}
    shades = mpl.colormaps["cividis"](np.linspace(0, 0.85, len(series)))
    for i, (layer, values) in enumerate(series.items()):
        ax.plot(np.asarray(values, dtype=float), color=shades[i], linestyle=lines[i % len(lines)], label=layer)
    label, log = PANELS[name]
    ax.set(xlabel="step", title=label)
    if log and any(np.any(np.asarray(values) > 0) for values in series.values()):
        ax.set_yscale("log")
    if name == "update_ratios":
        ax.axhline(1e-3, color="0.5", linewidth=0.8, linestyle="-", zorder=0)
    if name in ("dead_units", "flat_outputs"):
        ax.set_ylim(-0.02, 1.02)
    if 1 < len(series) <= 12:
        ax.legend(fontsize="x-small")
