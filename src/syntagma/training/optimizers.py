"""Optimizers and the course of their learning rate."""

import math
from typing import Any

import keras

from syntagma.training.config import TrainingConfig


def optimizer_for(config: TrainingConfig) -> Any:
    """The Keras optimizer; its learning rate is set before each step (see `rate_at`)."""
    common: dict[str, Any] = {
        "learning_rate": config.learning_rate,
        "global_clipnorm": config.clip_norm,
        "weight_decay": config.weight_decay or None,
    }
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(momentum=0.9, nesterov=True, **common)
    if config.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(**common)
    if config.optimizer == "adamw":
        return keras.optimizers.AdamW(beta_2=config.beta_2, **{**common, "weight_decay": config.weight_decay})
    kind = keras.optimizers.Nadam if config.optimizer == "nadam" else keras.optimizers.Adam
    return kind(beta_2=config.beta_2, **common)


def rate_at(done: float, config: TrainingConfig) -> float:
    """The learning rate after a share of training.

    Args:
        done: Share of the steps, or of the minutes, in [0, 1].
        config: Its `learning_rate`, `warmup` and `schedule`.
    """
    if done < config.warmup:
        return config.learning_rate * done / config.warmup
    left = (1 - min(done, 1)) / (1 - config.warmup)
    if config.schedule == "linear":
        return config.learning_rate * left
    if config.schedule == "cosine":
        return config.learning_rate * (1 - math.cos(math.pi * left)) / 2
    return config.learning_rate
