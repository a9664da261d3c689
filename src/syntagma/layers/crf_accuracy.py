"""The accuracy of a CRF's likeliest tags."""

from typing import Any

import keras
from keras import ops

from syntagma.layers.crf_loss import check_chain, spread
from syntagma.ops.crf import known_steps, likeliest_tags


@keras.saving.register_keras_serializable(package="syntagma")
class CRFAccuracy(keras.metrics.Metric):
    """The share of real tokens whose tag in the likeliest sequence is right.

    Takes what `CRFLoss` takes. Where that are sets of tags, a tag of the set is right, and tokens that may have any tag
    are not counted. It decodes each batch, which costs about as much as the CRF itself.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.right = self.add_variable(shape=(), initializer="zeros", name="right")
        self.total = self.add_variable(shape=(), initializer="zeros", name="total")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any | None = None) -> None:
        """Counts a batch; sample weights may be (B,), (B, T) or (B, T, 1)."""
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred, dtype=self.dtype)
        check_chain("CRFAccuracy", y_true, y_pred)
        found = likeliest_tags(y_pred)
        known = known_steps(y_pred, y_true)
        if len(y_true.shape) == 2:
            right = found == ops.cast(y_true, "int32")
        else:
            places = ops.expand_dims(ops.maximum(found, 0), -1)  # what is not known is not counted
            right = ops.take_along_axis(y_true, places, axis=-1)[..., 0]
            known = ops.logical_and(known, ops.any(ops.equal(y_true, 0), axis=-1))
        counted = ops.cast(known, self.dtype)
        weights = counted if sample_weight is None else counted * spread("CRFAccuracy", sample_weight, counted)
        right = ops.cast(right, self.dtype)
        self.right.assign_add(ops.sum(right * weights))
        self.total.assign_add(ops.sum(weights))

    def result(self) -> Any:
        """0 to 1."""
        return ops.divide_no_nan(self.right, self.total)
