"""Where a training stands: everything but the arrays, as plain values."""

from dataclasses import dataclass, field
from typing import Any, Literal

Ending = Literal["", "epochs", "minutes", "patience", "interrupt", "diverged"]


@dataclass
class FitState:
    """A training between two steps, as plain values for JSON.

    Attributes:
        epoch: The epoch under way, from 1.
        step: Number of its batches that are done.
        steps: Number of all steps so far.
        loss_sum: Sum of the losses of this epoch's rows so far.
        seconds: Time spent in training, over all processes that took part.
        rate_factor: What plateaus and restarts have made of the learning rate.
        impatience: Epochs since the best one, or since a restart.
        waiting: Epochs since the best one, or since the rate was last halved on a plateau.
        planned_steps: The number of steps that a time budget was found to allow; 0 where the clock still decides.
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
