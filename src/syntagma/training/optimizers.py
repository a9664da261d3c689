"""Keras optimizers that update marked variables by normalised gradient descent, and a function to reset optimizers."""

from typing import Any

import keras
import numpy as np
from keras import ops

from syntagma.training.config import TrainingConfig

_MOMENTUM = 0.9


class _SteepestDescent:
    """Optimizer mixin that updates variables with the attribute `descent_rate` by normalised gradient descent.

        m <- beta m + (1 - beta) g / max(|g|, floor),    w <- w - lr descent_rate m

    |g| is the norm over the whole variable, beta is 0.9, and floor is the attribute `descent_floor` of the variable.
    All steps have the same length until the gradient norm falls below the floor. From then on, they shrink with the
    norm. Each component moves in proportion to its gradient, so the weights of rare features change little. Adam and
    related optimizers, in contrast, give all components steps of similar size. For an optimizer without momentum
    (RMSprop), m is g / max(|g|, floor).
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable, with the same arguments as `keras.optimizers.Optimizer.update_step`."""
        # Under TensorFlow, `variable` is not the Keras variable that has the attribute.
        place = self._get_variable_index(variable)  # type: ignore[attr-defined]
        own = self._trainable_variables[place]  # type: ignore[attr-defined]
        rate = getattr(own, "descent_rate", None)
        if rate is None:
            super().update_step(gradient, variable, learning_rate)  # type: ignore[misc]
            return
        # The gradient is scaled first because the squares of a huge gradient overflow in float32.
        scale = ops.maximum(ops.max(ops.abs(gradient)), own.descent_floor)
        scaled = gradient / scale
        direction = scaled / ops.maximum(ops.sqrt(ops.sum(ops.square(scaled))), own.descent_floor / scale)
        slots = getattr(self, "_momentums", None) or getattr(self, "momentums", None)
        if slots:
            momentum = slots[place]
            self.assign_add(momentum, (1 - _MOMENTUM) * (direction - momentum))  # type: ignore[attr-defined]
            direction = momentum
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * rate * direction)  # type: ignore[attr-defined]


class Adam(_SteepestDescent, keras.optimizers.Adam):
    """Keras' Adam, with normalised gradient descent for variables that have a `descent_rate`."""


class AdamW(_SteepestDescent, keras.optimizers.AdamW):
    """Keras' AdamW, with normalised gradient descent for variables that have a `descent_rate`."""


class RMSprop(_SteepestDescent, keras.optimizers.RMSprop):
    """Keras' RMSprop, with normalised gradient descent for variables that have a `descent_rate`."""


class SGD(_SteepestDescent, keras.optimizers.SGD):
    """Keras' SGD, with normalised gradient descent for variables that have a `descent_rate`."""


class Nadam(_SteepestDescent, keras.optimizers.Nadam):
    """Keras' Nadam, with normalised gradient descent for variables that have a `descent_rate`.

    Unlike Nadam in Keras 3.15, it also tracks the running product of the momentum as a variable of the optimizer.
    Otherwise, the product would be lost after each step under JAX and at every checkpoint.
    """

    def build(self, variables: list[Any]) -> None:
        """Create the optimizer state for the variables."""
        if not self.built:
            super().build(variables)
            self._track_variable(self._u_product)


def optimizer_for(config: TrainingConfig) -> Any:
    """Return the Keras optimizer for the settings. `train_step` sets its learning rate at each step."""
    common: dict[str, Any] = {
        "name": config.optimizer,
        "learning_rate": config.learning_rate,
        "global_clipnorm": config.clip_norm,
        "clipvalue": config.clip_value,
        "weight_decay": config.weight_decay or None,
    }
    if config.optimizer == "sgd":
        return SGD(momentum=_MOMENTUM, nesterov=True, **common)
    if config.optimizer == "rmsprop":
        return RMSprop(**common)
    if config.optimizer == "adamw":
        return AdamW(beta_2=config.beta_2, **{**common, "weight_decay": config.weight_decay})
    kind = Nadam if config.optimizer == "nadam" else Adam
    return kind(beta_2=config.beta_2, **common)


def reset(optimizer: Any) -> None:
    """Set the moments and the step count of an optimizer to their initial values, in place.

    The learning rate is 0 until the next `train_step` sets it.
    """
    for variable in optimizer.variables:
        # Nadam's running product of the momentum starts at 1, and all other variables start at 0.
        start = np.ones if variable is getattr(optimizer, "_u_product", None) else np.zeros
        variable.assign(start(variable.shape, keras.backend.standardize_dtype(variable.dtype)))
