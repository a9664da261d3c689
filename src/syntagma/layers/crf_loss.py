"""Loss of a CRF."""

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

        L = sum_t w_t -log p(y_t | y_{t-1}, x)

    With all weights w equal to 1, this is -log p(y | x). Masked tokens are not read and do not contribute.

    For partially annotated texts, pass the set of tags that each token may have, with all ones for a token about
    which nothing is known. The loss is then the negative logarithm of the total probability of all tag sequences in
    these sets, -log sum_{y in A_1 x ... x A_T} p(y | x). For sets of one tag, such as one-hot tags, it is the loss of
    these tags.

    Args:
        class_weight: Dictionary from tag ids to the weights w of their tokens; other tags have a weight of 1.
            Defaults to `None`.
        reduction: "sum_over_batch_size" (default) or "mean": mean over the real tokens. "sum": sum over texts and
            tokens. "mean_with_sample_weight": sum divided by the sum of the weights. "none" or `None`: loss of each
            token, (B, T).
        name: Name of the loss. Defaults to "crf_loss".
        dtype: Dtype of the computation.

    Call arguments:
        y_true: Integer tags (B, T), or sets of allowed tags (B, T, K), booleans or 0 and 1.
        y_pred: Output of a `CRF` layer, (B, T, K, K).
        sample_weight: Weights of shape (B,), one per text, or (B, T) or (B, T, 1), one per token.

    Missing and invalid tags:
        A text with a negative tag, or an empty set, at every real token has no known tags and does not contribute.
        This lets tasks with missing labels share a network. The loss is NaN if a tag is K or more, if a negative tag
        or an empty set appears next to known tags (mask such tokens instead), if the scheme of the CRF or an
        emission of -inf forbids a gold tag, or if a set holds a number other than 0 and 1.

    Raises:
        InputError: If `reduction` is unknown to Keras; if the predictions are not of shape (B, T, K, K), or tags or
            weights have other shapes than above; if class weights are combined with sets of tags; or if
            `fit(class_weight=...)` is used, which would weight whole texts by one of their tags.

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

        The predictions themselves tell which tokens are real. Keras would multiply by the implicit mask of the
        predictions, and cannot expand a weight per text over the tokens.
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
        """Compute the loss of each token, (B, T)."""
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
    """Expand weights of texts (B,), or of tokens (B, T) or (B, T, 1), to (B, T).

    Args:
        who: Name of the loss or metric, for error messages.
        sample_weight: Weights.
        values: Tensor (B, T) that gives the shape and dtype.

    Raises:
        InputError: If the weights have another shape, or come from `fit(class_weight=...)`.
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
    """Raise if weights of texts come from `fit(class_weight=...)`, which only the calling frames of Keras reveal."""
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
    """Check the shapes of tags (B, T), or sets of tags (B, T, K), and of a chain (B, T, K, K).

    Raises:
        InputError: If they have other shapes.
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
