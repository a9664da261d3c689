"""What trains a CRF."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.crf import known_steps, token_losses

_REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


@keras.saving.register_keras_serializable(package="syntagma")
class CRFLoss(keras.losses.Loss):
    """The negative log-likelihood of tags under a `CRF`.

        L = sum_t w_t -log p(y_t | y_{t-1}, x)

    which is -log p(y | x) where all weights w are 1. It takes tags (B, T), integers, and what `CRF` gives, (B, T, K,
    K); tokens that the CRF had masked are not read and count nothing, whatever tag stands there.

    Args:
        class_weight: {number of a tag: weight w of the tokens with it}; 1 for the others.
        reduction: "sum_over_batch_size" or "mean": the mean over the real tokens. "sum": over texts and tokens.
            "mean_with_sample_weight": divided by the sum of the weights. "none": a loss for each token, (B, T).
        name: Of the loss.
        dtype: Of the computation.

    Sample weights may be (B,), one a text, or (B, T), one a token. A text with a negative tag at every real token has
    no known tags and counts nothing: so tasks with missing labels can share a network. A tag of K or more, and a
    negative one beside others, makes the loss NaN: leave such tokens to the mask. A text that the CRF's scheme forbids
    has a loss of about 1e30.

    Raises:
        InputError: A reduction that Keras does not know; predictions of another shape than (B, T, K, K).
    """

    def __init__(
        self,
        class_weight: Mapping[int, float] | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str = "crf_loss",
        dtype: Any = None,
    ):
        if reduction not in _REDUCTIONS:
            raise InputError(f"`CRFLoss` needs a reduction out of {_REDUCTIONS}; got {reduction!r}.")
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.class_weight = None if class_weight is None else _weights_by_number(class_weight)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any | None = None) -> Any:
        """The loss, reduced.

        Which tokens are real the predictions themselves tell; Keras would multiply by their implicit mask, and cannot
        spread a weight a text over its tokens.
        """
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true = ops.convert_to_tensor(y_true)
        losses = self.call(y_true, y_pred)
        weights = ops.ones_like(losses) if sample_weight is None else spread(sample_weight, losses)
        losses = losses * weights
        if self.reduction in (None, "none"):
            return losses
        if self.reduction == "sum":
            return ops.sum(losses)
        counted = ops.cast(known_steps(y_pred, y_true), losses.dtype)
        parts = counted * weights if self.reduction == "mean_with_sample_weight" else counted
        return ops.divide_no_nan(ops.sum(losses), ops.sum(parts))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each token, (B, T)."""
        check_chain("CRFLoss", y_true, y_pred)
        losses = token_losses(y_pred, y_true)
        if self.class_weight is None:
            return losses
        size = y_pred.shape[-1]
        if not set(self.class_weight) <= set(range(size)):
            raise InputError(
                f"`CRFLoss` has class weights for {sorted(self.class_weight)}; the tags are 0 to {size - 1}."
            )
        table = np.ones(size, np.float32)
        table[list(self.class_weight)] = list(self.class_weight.values())
        tags = ops.clip(ops.cast(y_true, "int32"), 0, size - 1)  # at padding anything may stand
        return losses * ops.cast(ops.take(table, tags), losses.dtype)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        # Keys of JSON are strings; the constructor makes them numbers again.
        weights = None if self.class_weight is None else {str(tag): w for tag, w in self.class_weight.items()}
        return {**super().get_config(), "class_weight": weights}


def _weights_by_number(class_weight: Mapping[Any, float]) -> dict[int, float]:
    try:
        return {int(tag): float(weight) for tag, weight in class_weight.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            "`CRFLoss` needs `class_weight` as a dictionary from the number of a tag to its weight, such as {2: 5.0}; "
            f"got {class_weight!r}."
        ) from error


def spread(sample_weight: Any, values: Any) -> Any:
    """Weights of texts (B,) or tokens (B, T) as (B, T)."""
    weights = ops.cast(sample_weight, values.dtype)
    return ops.ones_like(values) * (weights[:, None] if len(weights.shape) == 1 else weights)


def check_chain(who: str, y_true: Any, y_pred: Any) -> None:
    """Raises for anything but tags (B, T) and a chain (B, T, K, K)."""
    if len(y_pred.shape) != 4 or y_pred.shape[-1] != y_pred.shape[-2]:
        raise InputError(f"`{who}` needs the output of a CRF layer, (B, T, K, K); got {tuple(y_pred.shape)}.")
    if len(y_true.shape) != 2:
        remedy = "`.squeeze(-1)` them" if y_true.shape[-1] == 1 else "Of one-hot tags take `.argmax(-1)`"
        raise InputError(f"`{who}` needs tags of shape (B, T), integers; got {tuple(y_true.shape)}. {remedy}.")
    for size, wanted in zip(y_true.shape, y_pred.shape[:2], strict=True):
        if size is not None and wanted is not None and size != wanted:
            raise InputError(
                f"`{who}` needs a tag for each token; got tags of shape {tuple(y_true.shape)} and predictions of "
                f"{tuple(y_pred.shape)}."
            )
