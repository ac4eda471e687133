"""What a run tells about itself, and the rules that read it: each with its threshold and its source.

A rule is a function of a `Watch` that yields `Finding`s. Thresholds without a source in the literature lie between what the
tests' healthy runs show and what their sick runs show.
"""

import math
from dataclasses import dataclass, field

import numpy as np

ENOUGH = 20  # steps that most rules want to have seen

DEAD_SHARE, DEAD_STEPS, DEAD_ROWS = 0.5, 20, 256
SATURATED_SHARE = 0.5
FLAT = 0.05  # a slope of a sigmoid or tanh counts as flat below this share of its largest
VANISHING, EXPLODING = 1e-4, 1e3
LARGE_RATIO, SMALL_RATIO = 0.1, 1e-5
LARGE_INPUT, UNEQUAL_INPUTS = 30.0, 100.0
ALIKE = 1e-6


@dataclass(frozen=True)
class Finding:
    """What looks wrong. alarm: False for a remark that may be as you meant it.

    rule: its name.  layer: "" for the whole model.  since: the step from which it holds.  says: one sentence with the
    measured number.  threshold, cure, source: in words.
    """

    rule: str
    layer: str
    since: int
    says: str
    threshold: str
    cure: str
    source: str
    alarm: bool = True

    def __str__(self):
        return f"{self.says}\n    Threshold: {self.threshold}. Source: {self.source}.\n    Try: {self.cure}."


@dataclass
class Signal:
    """Outputs of one activation over a run. kind: "relu", "sigmoid" or "tanh".

    fired: per unit the last step in which it was not 0.  flat: share of outputs where the slope is next to nothing.
    dead: share of units without a sign of life in the last DEAD_STEPS steps and DEAD_ROWS rows, NaN until those are seen.
    """

    kind: str
    hidden: bool = False
    fired: np.ndarray | None = None
    mean: list = field(default_factory=list)
    std: list = field(default_factory=list)
    flat: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    dead: list = field(default_factory=list)

    def see(self, a, axis):
        """Take in the outputs a: (n, ...) of one step, the units along axis."""
        a, step = np.asarray(a, dtype=float), len(self.rows)
        with np.errstate(all="ignore"):
            self.mean.append(float(a.mean()))
            self.std.append(float(a.std()))
            slope = {"sigmoid": 4 * a * (1 - a), "tanh": 1 - a * a}.get(self.kind)
        self.flat.append(0.0 if slope is None else float(np.mean(slope < FLAT)))
        axis %= a.ndim
        self.rows.append(a.size // a.shape[axis])
        fires = np.any(a != 0, axis=tuple(i for i in range(a.ndim) if i != axis))
        if self.fired is None or self.fired.shape != fires.shape:
            self.fired = np.full(fires.shape, step - 1)
        self.fired[fires] = step
        since = self.quiet_since()
        self.dead.append(math.nan if since is None else float(np.mean(self.fired < since)))

    def quiet_since(self):
        """Return the step since which a unit must be silent to count as dead, None as long as too little is seen."""
        rows, since = 0, len(self.rows)
        while since > 0 and (len(self.rows) - since < DEAD_STEPS or rows < DEAD_ROWS):
            since -= 1
            rows += self.rows[since]
        return since if len(self.rows) - since >= DEAD_STEPS and rows >= DEAD_ROWS else None


@dataclass
class Watch:
    """What a clinic has seen. Series have one number per step; layers are in forward order, names as in `activations`."""

    losses: list = field(default_factory=list)
    grads: dict = field(default_factory=dict)  # layer -> root mean square of its gradient, NaN for none
    ratios: dict = field(default_factory=dict)  # layer -> |change| / |weights|
    spread: dict = field(
        default_factory=dict
    )  # layer -> (units, largest difference of two units over the largest weight)
    signals: dict = field(default_factory=dict)
    inputs: list = field(default_factory=list)  # (largest, median) root mean square of a feature
    outputs: list = field(
        default_factory=list
    )  # (k, whether rows are probabilities, cross-entropy of them as logits or NaN)
    frozen: tuple = ()
    broken: tuple | None = None  # (step, what) of the first number that was not finite

    @property
    def steps(self):
        return len(self.losses)

    @property
    def sound(self):
        """Steps before the first number that was not finite."""
        return self.broken[0] if self.broken else self.steps


def overflow(watch):
    """Numbers that are not finite: the first of them, since all later ones follow from it."""
    if watch.broken:
        step, what = watch.broken
        yield Finding(
            "overflow", "", step, f"{what} is not finite from step {step} on.", "any infinity or NaN",
            "a smaller rate, scaled inputs, logarithms of sums of exponentials from logits, loss scaling in float16",
            "IEEE 754; Micikevicius et al. 2018, arXiv:1710.03740",
        )  # fmt: skip


def vanishing(watch):
    """The gradient of early layers is a small part of that of others, step after step."""
    if watch.steps < ENOUGH or len(watch.grads) < 3:
        return
    share = _shares(watch)
    small = [name for name, s in share.items() if 0 < s < VANISHING]
    if (
        small
        and min(share, key=lambda name: share[name] if share[name] > 0 else math.inf)
        in list(share)[: len(share) // 2 + 1]
    ):
        yield Finding(
            "vanishing gradients", small[0], 0,
            f'The gradient per weight of layer "{small[0]}" is {share[small[0]]:.0e} of the largest layer\'s'
            f"{_others(small)}, in the middle of {watch.steps} steps.",
            f"below {VANISHING:g}", "ReLU, He's or Xavier's initial weights, normalisation, residual connections, fewer layers",
            "Bengio, Simard & Frasconi 1994; Glorot & Bengio 2010; the threshold is ours",
        )  # fmt: skip


def exploding(watch):
    """Activations grow from layer to layer, or the gradient does on its way back; read before numbers overflow."""
    first = max(1, min(10, watch.sound))  # of a first step that overflows, what is finite tells
    hidden = [_middle(s.std[:first]) for s in watch.signals.values() if s.hidden]
    growth = _growth(hidden)
    back = _growth([_middle(g[:first]) for g in watch.grads.values()][::-1])
    if max(growth, back) > EXPLODING:
        what = (
            f"The spread of the activations grows {growth:.0e} times from the first hidden layer to the last"
            if growth >= back
            else f"The gradient per weight grows {back:.0e} times from the last layer to the first"
        )
        yield Finding(
            "exploding", "", 0, f"{what}, in the first {first} steps.", f"above {EXPLODING:g} times",
            "smaller initial weights (He's, Xavier's), normalisation, clipping by norm",
            "Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063; the threshold is ours",
        )  # fmt: skip


def dead_units(watch):
    """Units behind a ReLU that are 0 on every row: no gradient reaches their weights, so they stay so."""
    found = {}
    for name, s in watch.signals.items():
        if s.kind == "relu" and s.dead and s.dead[-1] >= DEAD_SHARE:
            found[name] = s.dead[-1], int(s.fired[s.fired < s.quiet_since()].max()) + 1
    if found:
        name, (share, since) = next(iter(found.items()))
        yield Finding(
            "dead units", name, since,
            f'Layer "{name}": {share:.0%} of units never fire since step {since}{_others(list(found))}.',
            f"{DEAD_SHARE:.0%} of a layer silent for {DEAD_STEPS} steps and {DEAD_ROWS} rows",
            "a smaller rate, He's initial weights, biases not below 0, LeakyReLU",
            'CS231n notes, "neural-networks-1", which reports 40 %',
        )  # fmt: skip


def saturated(watch):
    """Hidden sigmoids or tanhs at their ends, where the slope is next to nothing."""
    found = {}
    for name, s in watch.signals.items():
        if s.kind in ("sigmoid", "tanh") and s.hidden and len(s.flat) >= ENOUGH:
            recent = float(np.median(s.flat[-ENOUGH:]))
            if recent >= SATURATED_SHARE:
                quiet = np.array(s.flat) < SATURATED_SHARE
                found[name] = recent, int(np.flatnonzero(quiet)[-1]) + 1 if quiet.any() else 0
    if found:
        name, (share, since) = next(iter(found.items()))
        yield Finding(
            "saturated units", name, since,
            f'Layer "{name}": {share:.0%} of outputs are where the slope is below {FLAT:.0%} of its largest, '
            f"since step {since}{_others(list(found))}.",
            f"{SATURATED_SHARE:.0%} of a hidden layer",
            "smaller initial weights (Xavier's), scaled inputs, normalisation, ReLU",
            "Glorot & Bengio 2010, section 3; the threshold is ours",
        )  # fmt: skip


def large_rate(watch):
    """Steps of a tenth of the weights that do not lower the loss, or a loss that multiplies."""
    if watch.steps < ENOUGH or watch.broken:
        return
    losses, quarter = np.array(watch.losses), max(watch.steps // 4, 5)
    start, end = losses[0], float(np.median(losses[-quarter:]))
    ratio = max((float(np.median(r[-quarter:])) for r in watch.ratios.values()), default=0.0)
    if (ratio > LARGE_RATIO and end > 0.5 * start) or (end > 3 * start and ratio > 1e-3):
        yield Finding(
            "rate too large", "", watch.steps - quarter,
            f"A step changes up to {ratio:.2g} of a layer's weights, and the loss went from {start:.3g} to {end:.3g}.",
            f"{LARGE_RATIO:g} of the weights a step without half of the loss gone, or three times the first loss",
            "a tenth of the rate, or a warm-up", 'CS231n notes, "neural-networks-3" (about 1e-3 is usual)',
        )  # fmt: skip


def small_rate(watch):
    """Steps of next to nothing, and a loss that stays where it began."""
    if watch.steps < 50 or watch.broken:
        return
    losses, quarter = np.array(watch.losses), watch.steps // 4
    fall = 1 - np.median(losses[-quarter:]) / np.median(losses[:quarter])
    ratios = [float(np.median(r)) for r in watch.ratios.values()]
    if ratios and 0 < max(ratios) < SMALL_RATIO and abs(fall) < 0.01:
        yield Finding(
            "rate too small", "", 0,
            f"A step changes at most {max(ratios):.0e} of a layer's weights, and the loss fell by {fall:.1%} in "
            f"{watch.steps} steps.",
            f"below {SMALL_RATIO:g} of the weights a step, with less than 1 % of the loss gone",
            "ten times the rate; if the run was finished before you looked, nothing",
            'CS231n notes, "neural-networks-3" (about 1e-3 is usual)',
        )  # fmt: skip


def unscaled_inputs(watch):
    """Features that are large, or of very different sizes: the curvature along them differs by the square."""
    if not watch.inputs:
        return
    largest, median = (float(np.median(column)) for column in zip(*watch.inputs, strict=True))
    if largest > LARGE_INPUT or (median > 0 and largest / median > UNEQUAL_INPUTS):
        yield Finding(
            "unscaled inputs", "", 0,
            f"The largest input feature has a root mean square of {largest:.3g}, the middle one {median:.3g}.",
            f"above {LARGE_INPUT:g}, or {UNEQUAL_INPUTS:g} times the middle one",
            "mean 0 and deviation 1 for each feature, from the training set; pixels over 255",
            "LeCun, Bottou, Orr & Müller 1998, section 4.3; the threshold is ours",
        )  # fmt: skip


def double_softmax(watch):
    """Probabilities where the loss expects logits: it cannot fall below log(1 + (k - 1) / e)."""
    rows = [(k, a, b, loss) for (k, ok, a, b), loss in zip(watch.outputs, watch.losses, strict=False) if ok]
    if watch.steps < ENOUGH or len(rows) < 0.9 * watch.steps:
        return
    k, floor = rows[0][0], math.log(1 + (rows[0][0] - 1) / math.e)
    told = [abs(a - loss) < 0.5 * abs(b - loss) for _, a, b, loss in rows if abs(a - b) > 0.05 * loss]
    known = np.isfinite(rows[0][1])
    late = [row[-1] for row in rows[-max(len(rows) // 5, 5) :]]
    at_floor = floor * 0.999 < min(late) and max(late) < 1.05 * floor
    if (len(told) >= 10 and np.mean(told) > 0.9) if known else at_floor:
        yield Finding(
            "double softmax", "", 0,
            f"The model returns probabilities, and the loss takes the softmax of them once more: for {k} classes it cannot "
            f"fall below {floor:.4f}; now it is {np.median(late):.4f}.",
            "the loss is the cross-entropy of the outputs taken as logits", "no softmax in the model, or from_logits=False",
            f"log(1 + {k - 1} / e), the loss of a certain and right answer",
        )  # fmt: skip


def frozen_layers(watch):
    """Layers that get a gradient and never move, or that no gradient reaches, as long as numbers are finite."""
    steps = watch.sound
    if steps < 10:
        return
    moving = any(np.any(np.array(r[:steps]) > 0) for r in watch.ratios.values())
    for name, r in watch.ratios.items() if moving else ():
        grads = np.array(watch.grads[name][:steps])
        if np.isnan(grads).all():
            yield _frozen(name, f"has had no gradient in {steps} steps", "is it used? Is something detached?")
        elif not np.any(np.array(r[:steps]) > 0) and np.nanmax(grads) > 0:
            yield _frozen(name, f"gets a gradient, and has not changed in {steps} steps", "does the optimizer know it?")
    for name in watch.frozen:
        yield _frozen(name, "is frozen", "right in fine-tuning; else let it train", alarm=False)


def _frozen(name, what, cure, alarm=True):
    source = "any step moves what has a gradient"
    return Finding("frozen layer", name, 0, f'Layer "{name}" {what}.', "no change at all", cure, source, alarm)


def alike_units(watch):
    """Units of a hidden layer with the same weights get the same gradient, and stay the same."""
    if watch.steps < 5:
        return
    for name, (units, spread) in list(watch.spread.items())[:-1]:
        if units > 1 and spread < ALIKE:
            yield Finding(
                "units that are alike", name, 0,
                f'Layer "{name}": all {units} units have the same weights, after {watch.steps} steps still.',
                f"weights that differ by less than {ALIKE:g} of the largest", "random initial weights",
                "Goodfellow, Bengio & Courville 2016, section 8.4",
            )  # fmt: skip
            return


RULES = (
    overflow, double_softmax, unscaled_inputs, alike_units, frozen_layers, dead_units, saturated, vanishing, exploding,
    large_rate, small_rate,
)  # fmt: skip


def _shares(watch):
    """Return layer -> the middle of its gradient's share of the largest layer's, step by step."""
    table = np.array(list(watch.grads.values()), dtype=float)
    with np.errstate(all="ignore"):
        shares = table / np.nanmax(np.where(np.isfinite(table), table, np.nan), axis=0, initial=0.0)
    return {
        name: float(np.nanmedian(row)) if np.isfinite(row).any() else math.nan
        for name, row in zip(watch.grads, shares, strict=True)
    }


def _middle(values):
    """Return the median of the finite ones, NaN where there are none."""
    finite = [v for v in values if math.isfinite(v)]
    return float(np.median(finite)) if finite else math.nan


def _growth(sizes):
    """Return the last finite size over the first, 0 where fewer than three layers or no size above 0 tell."""
    sizes = [size for size in sizes if math.isfinite(size)]
    return sizes[-1] / sizes[0] if len(sizes) > 2 and sizes[0] > 0 else 0.0


def _others(names):
    return "" if len(names) == 1 else f" (and {len(names) - 1} more like it)"
