"""State of training as plain values. Arrays, such as weights, are stored separately."""

from dataclasses import dataclass, field
from typing import Any, Literal

Ending = Literal["", "epochs", "minutes", "patience", "interrupt", "diverged"]


@dataclass
class FitState:
    """State of training between two steps, as plain values for JSON.

    Attributes:
        epoch: Current epoch, counted from 1.
        step: Number of completed steps in the current epoch.
        steps: Number of completed steps in all epochs.
        loss_sum: Sum of mean batch loss times number of rows, over the completed batches of the current epoch.
        rows: Number of rows in the completed batches of the current epoch.
        seconds: Training time in seconds, summed over all processes if training was resumed.
        epoch_seconds: Training time of the current epoch in seconds.
        rate_factor: Multiplier of the scheduled learning rate. It is halved on plateaus and at restarts.
        restarts: Number of restarts so far.
        impatience: Number of epochs since the best epoch or the last restart, whichever is later.
        waiting: Number of epochs since the best epoch or since the learning rate was last halved, whichever is later.
        planned_steps: Total number of steps that replaces the time budget once training has been resumed. 0 if there is
            no time budget or training has not been resumed.
        ending: Reason why training ended, or "" while it runs.
        history: Record of each completed epoch.
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
