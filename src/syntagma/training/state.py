"""Where a training stands: everything but the arrays, as plain values."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Ending = Literal["", "epochs", "minutes", "patience", "interrupt", "diverged"]


@dataclass
class FitState:
    """A training between two steps.

    Attributes:
        epoch: The epoch under way, from 1.
        step: How many of its batches are done.
        steps: All steps so far.
        loss_sum: Loss of this epoch's rows so far, summed.
        rows: This epoch's rows so far.
        seconds: Time spent in training, over all processes that took part.
        epoch_seconds: Of it in this epoch.
        rate_factor: What plateaus and restarts have made of the learning rate.
        restarts: Restarts so far.
        impatience: Epochs since the best one, or since a restart.
        waiting: Epochs since the best one, or since the rate was last halved on a plateau.
        planned_steps: The number of steps that a time budget was found to allow; 0 where the clock still decides.
        ending: What ended training, or "".
        history: One record an epoch.
    """

    epoch: int = 1
    step: int = 0
    steps: int = 0
    loss_sum: float = 0.0
    rows: int = 0
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    rate_factor: float = 1.0
    restarts: int = 0
    impatience: int = 0
    waiting: int = 0
    planned_steps: int = 0
    ending: Ending = ""
    history: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, exact to the last bit."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "FitState":
        """The state that `to_dict` wrote."""
        return cls(**values)
