"""Loss for tasks in which some labels are missing."""

from typing import Any, Self

import keras
from keras import ops

from syntagma import backend


@keras.saving.register_keras_serializable(package="syntagma")
class MissingLabels(keras.losses.Loss):
    """Loss that ignores missing labels, for networks with one head per task.

    Pass `fit` labels for every head, with the value of `missing` in place of each missing label. By default, the loss
    is the mean over the labels that are present, so a task keeps its weight even in batches with few labels for the
    task. The loss is 0 for a batch without any labels.

    Args:
        loss: A Keras loss for numeric labels, or its name, such as "sparse_categorical_crossentropy" or
            "binary_crossentropy".
        missing: Number that represents a missing label. Defaults to -1.
        name: Name of the loss. Defaults to "missing_labels".
        **options: Arguments of `keras.losses.Loss`, such as `reduction`.

    Call arguments:
        y_true: Labels in the format that `loss` expects: either one label per output, in the shape of `y_pred`, such as
            (B, K) or (B, T, 1), or one class index per distribution, in the shape (B,) or (B, T). Any label may be
            missing.
        y_pred: Predictions of the head.
        sample_weight: Weights of shape (B,), or of the same shape as the labels. By default, all weights are 1. Keras'
            implicit mask of the predictions is applied too.

    Reference: Caruana, Multitask Learning: A Knowledge-Based Source of Inductive Bias, 1993 (hard parameter sharing);
    Ruder, An Overview of Multi-Task Learning in Deep Neural Networks, 2017.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> loss = layers.MissingLabels("binary_crossentropy")
        >>> y_pred = np.array([[0.5], [0.9]], "float32")
        >>> round(float(loss(np.array([[1], [-1]]), y_pred)), 4)  # the second label is missing
        0.6931
    """

    def __init__(self, loss: Any, missing: float = -1, name: str = "missing_labels", **options: Any):
        super().__init__(name=name, **options)
        self.loss = keras.losses.get(loss)
        self.missing = missing

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any | None = None) -> Any:
        """Return the loss, reduced over the labels that are neither missing nor masked."""
        mask = backend.implicit_mask(y_pred)
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true = ops.convert_to_tensor(y_true)
        losses, present = self._parts(y_true, y_pred)
        counted = ops.cast(present, losses.dtype)
        if mask is not None:
            counted = counted * _expand_like(ops.cast(mask, losses.dtype), counted)
        weights = (
            counted if sample_weight is None else counted * _expand_like(ops.cast(sample_weight, losses.dtype), counted)
        )
        losses = ops.where(weights > 0, losses * weights, ops.zeros_like(losses))
        if self.reduction in (None, "none"):
            return losses
        if self.reduction == "sum":
            return ops.sum(losses)
        parts = weights if self.reduction == "mean_with_sample_weight" else counted
        return ops.divide_no_nan(ops.sum(losses), ops.sum(parts))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each label, without reduction. The loss of a missing label is 0."""
        losses, present = self._parts(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
        return ops.where(present, losses, ops.zeros_like(losses))

    def _parts(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        """Return the loss of each label, and a boolean tensor of the same shape, `True` if the label is present."""
        if len(y_pred.shape) == len(y_true.shape):
            # One label per output: Keras' losses average over the last axis, so each label needs an axis of size 1.
            y_true, y_pred = ops.expand_dims(y_true, -1), ops.expand_dims(y_pred, -1)
        missing = ops.equal(y_true, ops.cast(self.missing, y_true.dtype))
        losses = self._losses(ops.cast(ops.where(missing, ops.zeros_like(y_true), y_true), self.dtype), y_pred)
        present = ops.logical_not(missing)
        return losses, present[..., 0] if len(present.shape) > len(losses.shape) else present

    def _losses(self, y_true: Any, y_pred: Any) -> Any:
        return self.loss.call(y_true, y_pred) if isinstance(self.loss, keras.losses.Loss) else self.loss(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the loss, including the configuration of the wrapped loss."""
        return {**super().get_config(), "loss": keras.losses.serialize(self.loss), "missing": self.missing}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Create the loss, including the wrapped loss, from a configuration."""
        return cls(**{**config, "loss": keras.losses.deserialize(config["loss"])})


def _expand_like(weights: Any, values: Any) -> Any:
    """Expand weights to the shape of the values. The axes of the weights are the leading axes of the values."""
    shape = (*ops.shape(weights), *[1] * (len(values.shape) - len(weights.shape)))
    return ops.ones_like(values) * ops.reshape(weights, shape)
