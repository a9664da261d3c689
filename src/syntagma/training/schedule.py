"""The course of the learning rate."""

import math

from syntagma.training.config import TrainingConfig


def rate_at(done: float, config: TrainingConfig) -> float:
    """Return the learning rate after a share of the steps, or of the minutes, in [0, 1]."""
    if done < config.warmup:
        return config.learning_rate * done / config.warmup
    fallen = (min(done, 1) - config.warmup) / (1 - config.warmup)
    if config.schedule == "linear":
        return config.learning_rate * (1 - fallen)
    if config.schedule == "exponential":
        return config.learning_rate * config.final_rate**fallen
    if config.schedule == "cosine":
        return config.learning_rate * (1 + math.cos(math.pi * _within_cycle(done, config))) / 2
    return config.learning_rate


def ends_cycle(epoch: int, epochs: int, cycles: int) -> bool:
    """Return whether a cycle ends with an epoch, counted from 1."""
    return epoch * cycles % epochs == 0


def _within_cycle(done: float, config: TrainingConfig) -> float:
    """Return the share of the present cycle that is over; the warm-up is cut off the first one."""
    if done >= 1:
        return 1.0
    cycle, place = divmod(done * config.cycles, 1)
    warmup = min(config.warmup * config.cycles, 1 - 1e-9) if cycle == 0 else 0.0
    return max(0.0, (place - warmup) / (1 - warmup))
