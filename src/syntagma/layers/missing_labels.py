"""Losses of tasks that not every text has a label for."""

from typing import Any, Self

import keras
from keras import ops

from syntagma import backend


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

    Labels are as the loss wants them: one for each output, (B, K) or (B, T, 1), each of which may be missing, or one
    class number for a distribution, (B,) or (B, T). Sample weights (B,), or of the labels' shape, count besides, and so
    does Keras' implicit mask.

    Reference: hard parameter sharing, Caruana, 1993; Ruder, An Overview of Multi-Task Learning, 2017.
    """

    def __init__(self, loss: Any, missing: float = -1, name: str = "missing_labels", **options: Any):
        super().__init__(name=name, **options)
        self.loss = keras.losses.get(loss)
        self.missing = missing

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any | None = None) -> Any:
        """The loss, reduced over the labels that are there; a mask of Keras on the predictions takes others away."""
        mask = backend.implicit_mask(y_pred)
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true = ops.convert_to_tensor(y_true)
        losses, present = self._parts(y_true, y_pred)
        counted = ops.cast(present, losses.dtype)
        if mask is not None:
            counted = counted * _like(ops.cast(mask, losses.dtype), counted)
        weights = counted if sample_weight is None else counted * _like(ops.cast(sample_weight, losses.dtype), counted)
        losses = ops.where(weights > 0, losses * weights, ops.zeros_like(losses))
        if self.reduction in (None, "none"):
            return losses
        if self.reduction == "sum":
            return ops.sum(losses)
        parts = weights if self.reduction == "mean_with_sample_weight" else counted
        return ops.divide_no_nan(ops.sum(losses), ops.sum(parts))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of all labels; those of missing ones are 0."""
        losses, present = self._parts(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
        return ops.where(present, losses, ops.zeros_like(losses))

    def _parts(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        """A loss for each label, and whether the label is there, of one shape."""
        if len(y_pred.shape) == len(y_true.shape):
            # A label for each output: Keras' losses take the mean over the last axis, which is then one of its own.
            y_true, y_pred = ops.expand_dims(y_true, -1), ops.expand_dims(y_pred, -1)
        missing = ops.equal(y_true, ops.cast(self.missing, y_true.dtype))
        losses = self._losses(ops.cast(ops.where(missing, ops.zeros_like(y_true), y_true), self.dtype), y_pred)
        present = ops.logical_not(missing)
        return losses, present[..., 0] if len(present.shape) > len(losses.shape) else present

    def _losses(self, y_true: Any, y_pred: Any) -> Any:
        return self.loss.call(y_true, y_pred) if isinstance(self.loss, keras.losses.Loss) else self.loss(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "loss": keras.losses.serialize(self.loss), "missing": self.missing}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The loss with its loss."""
        return cls(**{**config, "loss": keras.losses.deserialize(config["loss"])})


def _like(weights: Any, values: Any) -> Any:
    """Weights of the first axes, spread over the others."""
    shape = (*ops.shape(weights), *[1] * (len(values.shape) - len(weights.shape)))
    return ops.ones_like(values) * ops.reshape(weights, shape)
