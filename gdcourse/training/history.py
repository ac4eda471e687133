"""What a run leaves behind."""

from dataclasses import dataclass, field


@dataclass
class History:
    """One entry per epoch. losses: mean training loss; step_norms, grad_norms: of the epoch's last step;
    validation: what ``train`` was given to measure, if anything; stopped: the name of the rule that ended the run, or None.
    """

    losses: list[float] = field(default_factory=list)
    grad_norms: list[float] = field(default_factory=list)
    step_norms: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    stopped: str | None = None

    def __len__(self):
        return len(self.losses)
