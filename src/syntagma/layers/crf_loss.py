"""Negative log-likelihood loss of a CRF."""

import sys
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.crf import known_steps, set_losses, token_losses

_REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


@keras.saving.register_keras_serializable(package="syntagma")
class CRFLoss(keras.losses.Loss):
    """Negative log-likelihood of the gold tags under a `CRF`.

        L = - sum_t w_t log p(y_t | y_{t-1}, x)

    The weight w_t is the class weight of the tag y_t. If all weights are 1, L = -log p(y | x). Masked tokens are
    ignored.

    For partially annotated texts, pass the set A_t of tags that each token may have, encoded as K zeros and ones. For a
    token whose tag is unknown, pass all ones. The loss is then the negative logarithm of the total probability of all
    tag sequences that these sets allow, -log sum_{y in A_1 x ... x A_T} p(y | x). If every set contains a single tag
    (one-hot tags), the loss is the same as for integer tags.

    Args:
        class_weight: Dictionary that maps tag ids to weights w. Tags that are not listed have a weight of 1. By
            default, all weights are 1.
        reduction: Way of combining the losses of the tokens. "sum_over_batch_size" (default) or "mean": mean over the
            real tokens of texts with known tags. "sum": sum over texts and tokens. "mean_with_sample_weight": sum
            divided by the sum of the sample weights. "none" or `None`: no reduction; the result has shape (B, T).
        name: Name of the loss. Defaults to "crf_loss".
        dtype: Dtype of the computation.

    Call arguments:
        y_true: Gold tags, integers (B, T), or sets of allowed tags (B, T, K), encoded as booleans or as zeros and ones.
        y_pred: Output of a `CRF` layer, a float tensor (B, T, K, K).
        sample_weight: Weights per text, of shape (B,), or per token, of shape (B, T) or (B, T, 1). By default, all
            weights are 1.

    Missing and invalid tags:
        A text has no known tags if every real token has a negative tag or an empty set. Such a text does not
        contribute, so tasks with missing labels can share a network. The loss is NaN if a tag is K or more, if a text
        mixes known tags with negative tags or empty sets (mask such tokens instead), if the scheme of the CRF or an
        emission of -inf rules out a gold tag, or if a set contains a number other than 0 and 1.

    Raises:
        InputError: If `reduction` is unknown; if `class_weight` is invalid or is combined with sets of tags; if the
            tags, predictions or sample weights have shapes other than those above; or if `fit(class_weight=...)` is
            used, because Keras would then weight each text as a whole by one of its tags.

    Reference: Tsuboi et al., Training Conditional Random Fields Using Incomplete Annotations, COLING 2008 (sets of
    tags).

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> model = keras.Sequential([keras.Input((None, 8)), keras.layers.Dense(5), layers.CRF(5)])
        >>> model.compile("adam", loss=layers.CRFLoss(class_weight={0: 0.5}))
    """

    def __init__(
        self,
        class_weight: Mapping[int, float] | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str = "crf_loss",
        dtype: Any = None,
    ):
        if reduction not in _REDUCTIONS:
            raise InputError(f"`CRFLoss` needs a reduction in {_REDUCTIONS}; got {reduction!r}.")
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.class_weight = None if class_weight is None else _weights_by_number(class_weight)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any | None = None) -> Any:
        """Compute the reduced loss.

        Keras' own method cannot expand per-text weights to the tokens. Keras also multiplies the losses by the implicit
        mask of the predictions. That step is unnecessary here, because the predictions themselves show which tokens are
        masked.
        """
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true = ops.convert_to_tensor(y_true)
        losses = self.call(y_true, y_pred)
        weights = ops.ones_like(losses) if sample_weight is None else expand_weights("CRFLoss", sample_weight, losses)
        losses = losses * weights
        if self.reduction in (None, "none"):
            return losses
        if self.reduction == "sum":
            return ops.sum(losses)
        counted = ops.cast(known_steps(y_pred, y_true), losses.dtype)
        parts = counted * weights if self.reduction == "mean_with_sample_weight" else counted
        return ops.divide_no_nan(ops.sum(losses), ops.sum(parts))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each token, as a tensor of shape (B, T)."""
        check_chain("CRFLoss", y_true, y_pred)
        losses = (token_losses if len(y_true.shape) == 2 else set_losses)(y_pred, y_true)
        if self.class_weight is None:
            return losses
        if len(y_true.shape) == 3:
            raise InputError(
                "`CRFLoss` can use class weights only with one known tag per token; got sets of tags of shape "
                f"{tuple(y_true.shape)}. Pass sample weights (B, T) instead."
            )
        size = y_pred.shape[-1]
        if not set(self.class_weight) <= set(range(size)):
            raise InputError(
                f"`CRFLoss` needs class weights for tags 0 to {size - 1}; got {sorted(self.class_weight)}."
            )
        table = np.ones(size, np.float32)
        table[list(self.class_weight)] = list(self.class_weight.values())
        tags = ops.clip(ops.cast(y_true, "int32"), 0, size - 1)  # padding may hold any value
        return losses * ops.cast(ops.take(table, tags), losses.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the loss."""
        # JSON has string keys only; the constructor converts them back to integers.
        weights = None if self.class_weight is None else {str(tag): w for tag, w in self.class_weight.items()}
        return {**super().get_config(), "class_weight": weights}


def _weights_by_number(class_weight: Mapping[Any, float]) -> dict[int, float]:
    try:
        return {int(tag): float(weight) for tag, weight in class_weight.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            "`CRFLoss` needs `class_weight` as a dictionary from tag ids to weights, such as {2: 5.0}; "
            f"got {class_weight!r}."
        ) from error


def expand_weights(who: str, sample_weight: Any, values: Any) -> Any:
    """Expand per-text weights (B,), or per-token weights (B, T) or (B, T, 1), to the shape (B, T).

    Args:
        who: Name of the loss or metric, for error messages.
        sample_weight: Weights to expand.
        values: Tensor (B, T) with the shape and dtype of the result.

    Raises:
        InputError: If the weights have another shape, or were created by `fit(class_weight=...)`.
    """
    weights = ops.cast(sample_weight, values.dtype)
    shape = tuple(weights.shape)
    if len(shape) == 1:
        _refuse_class_weight(who)
        weights = weights[:, None]
    elif len(shape) == 3 and shape[-1] == 1:
        weights = weights[..., 0]
    fits = all(
        one in (1, None) or wanted in (one, None) for one, wanted in zip(weights.shape, values.shape, strict=False)
    )
    if len(weights.shape) not in (0, 2) or not fits:
        raise InputError(
            f"`{who}` needs sample weights of shape (B,), one per text, or (B, T), one per token, for tags of shape "
            f"{tuple(values.shape)}; got {shape}."
        )
    return ops.ones_like(values) * weights


def _refuse_class_weight(who: str) -> None:
    """Raise `InputError` if the weights come from `fit(class_weight=...)`.

    The use of this argument can be detected only in Keras' stack frames.
    """
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        is_keras = frame.f_globals.get("__name__", "").startswith("keras.src.")
        if is_keras and frame.f_code.co_name in ("fit", "train_on_batch") and frame.f_locals.get("class_weight"):
            raise InputError(
                f"`{who}` does not support `{frame.f_code.co_name}(class_weight=...)`, with which Keras weights whole "
                "texts by one of their tags. Use `CRFLoss(class_weight={2: 5.0})` to weight tags, or `sample_weight` "
                "of shape (B, T) to weight tokens."
            )


def check_chain(who: str, y_true: Any, y_pred: Any) -> None:
    """Check that gold tags have shape (B, T) or (B, T, K), and that the output of a CRF has shape (B, T, K, K).

    Raises:
        InputError: If either shape is different, or if the two shapes do not match.
    """
    if len(y_pred.shape) != 4 or y_pred.shape[-1] != y_pred.shape[-2]:
        raise InputError(f"`{who}` needs the output of a CRF layer, (B, T, K, K); got {tuple(y_pred.shape)}.")
    size = y_pred.shape[-1]
    if len(y_true.shape) != 2 and (len(y_true.shape) != 3 or y_true.shape[-1] != size):
        squeeze, check = "Apply `.squeeze(-1)`", "Check that the last axis has one value per unit of the CRF"
        remedy = squeeze if y_true.shape[-1] == 1 else check
        raise InputError(
            f"`{who}` needs integer tags of shape (B, T), or a boolean set of allowed tags per token, of shape "
            f"(B, T, {size}); got {tuple(y_true.shape)}. {remedy}."
        )
    for size, wanted in zip(y_true.shape[:2], y_pred.shape[:2], strict=True):
        if size is not None and wanted is not None and size != wanted:
            raise InputError(
                f"`{who}` needs a tag for each token; got tags of shape {tuple(y_true.shape)} and predictions of "
                f"{tuple(y_pred.shape)}."
            )
