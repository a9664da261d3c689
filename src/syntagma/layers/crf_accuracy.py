"""The accuracy of a CRF's likeliest tags."""

from typing import Any

import keras
from keras import ops

from syntagma.layers.crf_loss import check_chain, spread
from syntagma.ops.crf import best_tags, known_steps


@keras.saving.register_keras_serializable(package="syntagma")
class CRFAccuracy(keras.metrics.Metric):
    """The share of real tokens whose tag in the likeliest sequence is right.

    Takes what `CRFLoss` takes. It decodes each batch, which costs about as much as the CRF itself.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.right = self.add_variable(shape=(), initializer="zeros", name="right")
        self.total = self.add_variable(shape=(), initializer="zeros", name="total")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any | None = None) -> None:
        """Counts a batch; sample weights may be (B,) or (B, T)."""
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred, dtype=self.dtype)
        check_chain("CRFAccuracy", y_true, y_pred)
        counted = ops.cast(known_steps(y_pred, y_true), self.dtype)
        weights = counted if sample_weight is None else counted * spread(sample_weight, counted)
        found, _ = best_tags(y_pred)
        right = ops.cast(found == ops.cast(y_true, "int32"), self.dtype)
        self.right.assign_add(ops.sum(right * weights))
        self.total.assign_add(ops.sum(weights))

    def result(self) -> Any:
        """0 to 1."""
        return ops.divide_no_nan(self.right, self.total)
