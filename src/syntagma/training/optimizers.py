"""Optimizers, and how one becomes as good as new."""

from typing import Any

import keras
import numpy as np
from keras import ops

from syntagma.training.config import TrainingConfig

_MOMENTUM = 0.9


class _SteepestDescent:
    """Updates variables that have the attribute `descent_rate` by descent along the gradient's direction.

        m <- beta m + (1 - beta) g / max(|g|, floor),    w <- w - lr descent_rate m

    with |g| the norm over the whole variable, beta = 0.9 and floor the variable's attribute `descent_floor`: steps are
    of one length until the gradient is small, and shrink with it then. Each number moves in proportion to its gradient,
    so that what is rarely seen learns little; Adam and its kin move all alike. Without momentum (RMSprop) m is the last
    term.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """As in Keras."""
        # Under TensorFlow `variable` is not the Keras variable that has the attribute.
        place = self._get_variable_index(variable)  # type: ignore[attr-defined]
        own = self._trainable_variables[place]  # type: ignore[attr-defined]
        rate = getattr(own, "descent_rate", None)
        if rate is None:
            super().update_step(gradient, variable, learning_rate)  # type: ignore[misc]
            return
        # The squares of a huge gradient are infinite in float32: it is scaled first.
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
    """Keras' Adam, with steepest descent for variables that ask for it."""


class AdamW(_SteepestDescent, keras.optimizers.AdamW):
    """Keras' AdamW, with steepest descent for variables that ask for it."""


class RMSprop(_SteepestDescent, keras.optimizers.RMSprop):
    """Keras' RMSprop, with steepest descent for variables that ask for it."""


class SGD(_SteepestDescent, keras.optimizers.SGD):
    """Keras' SGD, with steepest descent for variables that ask for it."""


class Nadam(_SteepestDescent, keras.optimizers.Nadam):
    """Keras' Nadam, with the running product of the momentum among its variables, and steepest descent as above.

    Keras 3.15 leaves the product out, so that it is lost after each step under JAX, and at every checkpoint.
    """

    def build(self, variables: list[Any]) -> None:
        """Makes the slots."""
        if not self.built:
            super().build(variables)
            self._track_variable(self._u_product)


def optimizer_for(config: TrainingConfig) -> Any:
    """The Keras optimizer; its learning rate is set before each step (see `syntagma.training.schedule`)."""
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


def forget(optimizer: Any) -> None:
    """Sets moments and step count back to what they were before the first step."""
    for variable in optimizer.variables:
        # Nadam's running product of the momentum starts at 1, all other slots at 0.
        start = np.ones if variable is getattr(optimizer, "_u_product", None) else np.zeros
        variable.assign(start(variable.shape, keras.backend.standardize_dtype(variable.dtype)))
