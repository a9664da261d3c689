"""Learning-rate schedules."""

import math

from syntagma.training.config import TrainingConfig


def rate_at(done: float, config: TrainingConfig) -> float:
    """Return the learning rate at a point in training.

    Args:
        done: Completed share of the steps or of the time budget, from 0 to 1.
        config: Settings of training, including the schedule.
    """
    if done < config.warmup:
        return config.learning_rate * done / config.warmup
    fallen = (min(done, 1) - config.warmup) / (1 - config.warmup)
    if config.schedule == "linear":
        return config.learning_rate * (1 - fallen)
    if config.schedule == "exponential":
        return config.learning_rate * config.final_rate**fallen
    if config.schedule == "cosine":
        return config.learning_rate * (1 + math.cos(math.pi * _cycle_progress(done, config))) / 2
    return config.learning_rate


def ends_cycle(epoch: int, epochs: int, cycles: int) -> bool:
    """Return whether an epoch, counted from 1, is the last one of a cosine cycle."""
    return epoch * cycles % epochs == 0


def _cycle_progress(done: float, config: TrainingConfig) -> float:
    """Return the completed share of the current cosine cycle; the first cycle begins after the warm-up."""
    if done >= 1:
        return 1.0
    cycle, place = divmod(done * config.cycles, 1)
    warmup = min(config.warmup * config.cycles, 1 - 1e-9) if cycle == 0 else 0.0
    return max(0.0, (place - warmup) / (1 - warmup))
