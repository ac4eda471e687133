"""What a run leaves behind."""

import math
from dataclasses import dataclass, field


@dataclass
class History:
    """One entry per epoch, but one per step in rates. Numbers, strings and None: ``json.dumps(asdict(history))`` works.

    losses: mean training loss, without any decay's penalty.
    grad_norms: of the last step's gradient, equation (2), before clipping and decay.  step_norms: of the last step.
    validation: what ``train`` was given to measure, if anything.  rates: the optimizer's rate at each step, if it has one.
    stopped: the name of the rule that ended the run, "diverged", "interrupted", or None if it went through all epochs.
    """

    losses: list[float] = field(default_factory=list)
    grad_norms: list[float] = field(default_factory=list)
    step_norms: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    stopped: str | None = None

    def __len__(self):
        return len(self.losses)

    @property
    def best(self):
        """The epoch, from 0, of the lowest validation loss, the first if there are several; NaN never is. None if none.

        >>> History(validation=[math.nan, 2.0, 1.0, 1.5]).best
        2
        """
        lowest = min((value for value in self.validation if value < math.inf), default=None)
        return None if lowest is None else self.validation.index(lowest)

    def record(self, loss, grad_norm, step_norm, rates=(), validation=None):
        """Append one epoch."""
        self.losses.append(loss)
        self.grad_norms.append(grad_norm)
        self.step_norms.append(step_norm)
        self.rates.extend(rates)
        if validation is not None:
            self.validation.append(validation)

    def plot(self, **options):
        """Return a Matplotlib figure: loss and validation, gradient norm, and the rate if it changed.

        The loss of an epoch is drawn at its beginning, the validation loss at its end. options: of `gdcourse.plots.figure`.
        """
        from gdcourse import plots

        panels = [_plot_losses, _plot_norms] + ([_plot_rates] if len(set(self.rates)) > 1 else [])
        fig, axes = plots.figure(len(panels), **{"width": 3.8 * len(panels), **options})
        for panel, ax in zip(panels, axes, strict=True):
            panel(self, ax)
        return fig


def _plot_losses(history, ax):
    ax.plot(range(len(history)), history.losses, label="training")
    if history.validation:
        ax.plot(range(1, len(history) + 1), history.validation, label="validation")
    if history.best is not None:
        ax.plot(history.best + 1, history.validation[history.best], "o", color="black", label="best")
    ax.set(xlabel="epoch", ylabel="loss")
    ax.legend()


def _plot_norms(history, ax):
    ax.plot(range(len(history)), history.grad_norms)
    ax.set(xlabel="epoch", ylabel="gradient norm")
    if any(0 < norm < math.inf for norm in history.grad_norms):
        ax.set_yscale("log")


def _plot_rates(history, ax):
    ax.plot(range(len(history.rates)), history.rates)
    ax.set(xlabel="step", ylabel="learning rate")
