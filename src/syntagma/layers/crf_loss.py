"""What trains a CRF."""

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
    """The negative log-likelihood of tags under a `CRF`.

        L = sum_t w_t -log p(y_t | y_{t-1}, x)

    which is -log p(y | x) where all weights w are 1. It takes tags (B, T), integers, and what `CRF` gives, (B, T, K,
    K); tokens that the CRF had masked are not read and count nothing, whatever tag stands there.

    Of texts that are annotated in part it takes the set of tags that each token may have, (B, T, K), booleans or 0 and
    1: all ones for a token of which nothing is known. The loss is then the negative logarithm of the probability of all
    taggings in these sets, -log sum_{y in A_1 x ... x A_T} p(y | x). Sets of one tag, which one-hot tags are, give the
    loss of these tags.

    Args:
        class_weight: {number of a tag: weight w of the tokens with it}; 1 for the others.
        reduction: "sum_over_batch_size" or "mean": the mean over the real tokens. "sum": over texts and tokens.
            "mean_with_sample_weight": divided by the sum of the weights. "none": a loss for each token, (B, T).
        name: Of the loss.
        dtype: Of the computation.

    Sample weights may be (B,), one per text, or (B, T) or (B, T, 1), one per token. A text with a negative tag, or an
    empty set, at every real token has no known tags and counts nothing: so tasks with missing labels can share a
    network. A tag of K or more, and a negative one or an empty set next to others, makes the loss NaN: leave such
    tokens to the mask. So does a tag that the CRF's scheme or an emission of -inf forbids, and a number in a set that
    is neither 0 nor 1.

    Raises:
        InputError: A reduction that Keras does not know; predictions of another shape than (B, T, K, K), tags or
            weights of other shapes than these; class weights together with sets of tags; `fit(class_weight=...)`,
            which would weigh whole texts by one of their tags.

    Reference of the sets: Tsuboi et al., Training Conditional Random Fields Using Incomplete Annotations, COLING 2008.
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
        weights = ops.ones_like(losses) if sample_weight is None else spread("CRFLoss", sample_weight, losses)
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
        losses = (token_losses if len(y_true.shape) == 2 else set_losses)(y_pred, y_true)
        if self.class_weight is None:
            return losses
        if len(y_true.shape) == 3:
            raise InputError(
                "`CRFLoss` has class weights, which are of tags that are known; got sets of tags of shape "
                f"{tuple(y_true.shape)}. Give sample weights (B, T) instead."
            )
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


def spread(who: str, sample_weight: Any, values: Any) -> Any:
    """Return weights of texts, (B,), or of tokens, (B, T) or (B, T, 1), as (B, T)."""
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
    """Raise if weights of texts come from `fit(class_weight=...)`, of which Keras tells a loss nothing else."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        of_keras = frame.f_globals.get("__name__", "").startswith("keras.src.")
        if of_keras and frame.f_code.co_name in ("fit", "train_on_batch") and frame.f_locals.get("class_weight"):
            raise InputError(
                f"`{who}` cannot heed `{frame.f_code.co_name}(class_weight=...)`, by which Keras weighs each text as "
                "if its tags were one label. Give `CRFLoss(class_weight={2: 5.0})` for tags, or `sample_weight` of "
                "shape (B, T) for tokens."
            )


def check_chain(who: str, y_true: Any, y_pred: Any) -> None:
    """Raise for anything but tags (B, T), or sets of them (B, T, K), and a chain (B, T, K, K)."""
    if len(y_pred.shape) != 4 or y_pred.shape[-1] != y_pred.shape[-2]:
        raise InputError(f"`{who}` needs the output of a CRF layer, (B, T, K, K); got {tuple(y_pred.shape)}.")
    size = y_pred.shape[-1]
    if len(y_true.shape) != 2 and (len(y_true.shape) != 3 or y_true.shape[-1] != size):
        remedy = "`.squeeze(-1)` them" if y_true.shape[-1] == 1 else "Check that there is one for each unit of the CRF"
        raise InputError(
            f"`{who}` needs tags of shape (B, T), integers, or for each token the set of tags that it may have, "
            f"(B, T, {size}), booleans; got {tuple(y_true.shape)}. {remedy}."
        )
    for size, wanted in zip(y_true.shape[:2], y_pred.shape[:2], strict=True):
        if size is not None and wanted is not None and size != wanted:
            raise InputError(
                f"`{who}` needs a tag for each token; got tags of shape {tuple(y_true.shape)} and predictions of "
                f"{tuple(y_pred.shape)}."
            )
