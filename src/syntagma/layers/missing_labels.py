"""Losses of tasks that not every text has a label for."""

from typing import Any, Self

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class MissingLabels(keras.losses.Loss):
    """A loss in which labels that are missing count nothing: for a network with a head for each of several tasks.

    Give `fit` a label for every head, and `missing` where a text, or a token, has none. The loss is the mean over those
    that have one, so that a task keeps its weight in batches where few do; 0 where none has.

    Args:
        loss: A Keras loss, or its name, for labels that are numbers, such as "sparse_categorical_crossentropy" or
            "binary_crossentropy".
        missing: The number that stands for no label.
        name: Of the loss.

    Labels are (B,), (B, 1) or (B, T); a mask of Keras and sample weights count besides.

    Reference: hard parameter sharing, Caruana, 1993; Ruder, An Overview of Multi-Task Learning, 2017.
    """

    def __init__(self, loss: Any, missing: float = -1, name: str = "missing_labels", **options: Any):
        super().__init__(name=name, **options)
        self.loss = keras.losses.get(loss)
        self.missing = missing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of all labels; those of missing ones are 0, and the others raised to keep the mean."""
        if len(y_pred.shape) == 1:  # Keras' losses take the mean over the last axis
            y_true, y_pred = ops.expand_dims(y_true, -1), ops.expand_dims(y_pred, -1)
        missing = ops.equal(y_true, ops.cast(self.missing, y_true.dtype))
        losses = self._losses(ops.where(missing, ops.zeros_like(y_true), y_true), y_pred)
        present = ops.logical_not(missing)
        if len(present.shape) > len(losses.shape):
            present = ops.any(present, axis=-1)
        share = ops.mean(ops.cast(present, losses.dtype))
        return ops.where(present, ops.divide_no_nan(losses, share), ops.zeros_like(losses))

    def _losses(self, y_true: Any, y_pred: Any) -> Any:
        return self.loss.call(y_true, y_pred) if isinstance(self.loss, keras.losses.Loss) else self.loss(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "loss": keras.losses.serialize(self.loss), "missing": self.missing}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The loss with its loss."""
        return cls(**{**config, "loss": keras.losses.deserialize(config["loss"])})
