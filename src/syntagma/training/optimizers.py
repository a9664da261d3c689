"""Optimizers, and how one becomes as good as new."""

from typing import Any

import keras
import numpy as np

from syntagma.training.config import TrainingConfig


class Nadam(keras.optimizers.Nadam):
    """Keras' Nadam, with the running product of the momentum among its variables.

    Keras 3.15 leaves it out, so that it is lost after each step under JAX, and at every checkpoint.
    """

    def build(self, variables: list[Any]) -> None:
        """Makes the slots."""
        if not self.built:
            super().build(variables)
            self._track_variable(self._u_product)


def optimizer_for(config: TrainingConfig) -> Any:
    """The Keras optimizer; its learning rate is set before each step (see `syntagma.training.schedule`)."""
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
    kind = Nadam if config.optimizer == "nadam" else keras.optimizers.Adam
    return kind(beta_2=config.beta_2, **common)


def forget(optimizer: Any) -> None:
    """Sets moments and step count back to what they were before the first step."""
    for variable in optimizer.variables:
        # Nadam's running product of the momentum starts at 1, all other slots at 0.
        start = np.ones if variable is getattr(optimizer, "_u_product", None) else np.zeros
        variable.assign(start(variable.shape, keras.backend.standardize_dtype(variable.dtype)))
