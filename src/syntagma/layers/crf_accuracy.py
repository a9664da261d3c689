"""Accuracy of the tags that a CRF predicts."""

from typing import Any

import keras
from keras import ops

from syntagma.layers.crf_loss import check_chain, expand_weights
from syntagma.ops.crf import known_steps, likeliest_tags


@keras.saving.register_keras_serializable(package="syntagma")
class CRFAccuracy(keras.metrics.Metric):
    """Accuracy of a `CRF`'s most likely tag sequences: the share of real tokens whose predicted tag is correct.

    If the gold tags are sets of allowed tags, a predicted tag counts as correct if the set contains it. Tokens that may
    have any tag, and texts without known tags, are not counted. The metric decodes each batch, which costs about as
    much as the CRF itself.

    Args:
        name: Name of the metric. Defaults to "accuracy".
        dtype: Dtype of the computation.

    Call arguments:
        y_true: Gold tags, integers (B, T), or sets of allowed tags (B, T, K), in the format of `CRFLoss`.
        y_pred: Output of a `CRF` layer, a float tensor (B, T, K, K).
        sample_weight: Weights per text, of shape (B,), or per token, of shape (B, T) or (B, T, 1). By default, all
            weights are 1.

    Raises:
        InputError: If the tags, predictions or weights have shapes other than those above, or if
            `fit(class_weight=...)` is used.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> model = keras.Sequential([keras.Input((None, 8)), keras.layers.Dense(5), layers.CRF(5)])
        >>> model.compile("adam", loss=layers.CRFLoss(), metrics=[layers.CRFAccuracy()])
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.right = self.add_variable(shape=(), initializer="zeros", name="right")
        self.total = self.add_variable(shape=(), initializer="zeros", name="total")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any | None = None) -> None:
        """Update the accuracy with the tags and predictions of a batch."""
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred, dtype=self.dtype)
        check_chain("CRFAccuracy", y_true, y_pred)
        predicted = likeliest_tags(y_pred)
        known = known_steps(y_pred, y_true)
        if len(y_true.shape) == 2:
            right = predicted == ops.cast(y_true, "int32")
        else:
            predicted = ops.expand_dims(ops.maximum(predicted, 0), -1)  # NO_TAG is -1; those tokens are not counted
            right = ops.take_along_axis(y_true, predicted, axis=-1)[..., 0]
            known = ops.logical_and(known, ops.any(ops.equal(y_true, 0), axis=-1))
        counted = ops.cast(known, self.dtype)
        weights = counted if sample_weight is None else counted * expand_weights("CRFAccuracy", sample_weight, counted)
        right = ops.cast(right, self.dtype)
        self.right.assign_add(ops.sum(right * weights))
        self.total.assign_add(ops.sum(weights))

    def result(self) -> Any:
        """Return the accuracy, from 0 to 1."""
        return ops.divide_no_nan(self.right, self.total)
