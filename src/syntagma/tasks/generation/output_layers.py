"""Layers that compute the losses and log-probabilities of target texts."""

import math
from typing import Any

import keras
from keras import ops

from syntagma.ops.attention import at_least_float32, repetition_loss, uneven_coverage_loss
from syntagma.ops.copying import target_log_probs


@keras.saving.register_keras_serializable(package="syntagma")
class TargetLogProbs(keras.layers.Layer):
    """Layer that computes log-probabilities (B, T) of target ids (B, T) from logits (B, T, V)."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the log-probabilities."""
        logits, targets = inputs
        return target_log_probs(logits, ops.cast(targets, "int32"))

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """Return `None`, because losses are weighted explicitly."""

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the spec of the log-probabilities."""
        return keras.KerasTensor(inputs[1].shape, dtype="float32")


@keras.saving.register_keras_serializable(package="syntagma")
class SmoothedLoss(keras.layers.Layer):
    """Layer that computes the training loss of each target word, with label smoothing.

        loss_t = -(1 - e) log p(y_t) - e mean over the vocabulary of log p_vocabulary(w)

    Args:
        smoothing: Strength e of the label smoothing, in [0, 1).
    """

    def __init__(self, smoothing: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.smoothing = smoothing
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the losses (B, T), given log-probabilities (B, T) and logits (B, T, V)."""
        log_probs, logits = inputs
        if not self.smoothing:
            return -log_probs
        logits = at_least_float32(logits)
        uniform = ops.mean(logits, axis=-1) - ops.logsumexp(logits, axis=-1)
        return -(1 - self.smoothing) * log_probs - self.smoothing * uniform

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """Return `None`, because losses are weighted explicitly."""

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the spec of the losses."""
        return keras.KerasTensor(inputs[0].shape, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "smoothing": self.smoothing}


@keras.saving.register_keras_serializable(package="syntagma")
class CoverageLosses(keras.layers.Layer):
    """Layer that computes a coverage loss per text (B,) from attention weights (B, T, S) and both masks.

    Args:
        form: "repeated" or "uneven"; see `syntagma.layers.CoverageLoss`.
    """

    def __init__(self, form: str = "repeated", **kwargs: Any):
        super().__init__(**kwargs)
        self.form = form

    def call(self, inputs: Any) -> Any:
        """Return the losses (B,)."""
        weights, target_mask, source_mask = inputs
        if self.form == "repeated":
            return repetition_loss(weights, target_mask)
        return uneven_coverage_loss(weights, source_mask)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the spec of the losses."""
        return keras.KerasTensor(inputs[0].shape[:1], dtype="float32")

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "form": self.form}


@keras.saving.register_keras_serializable(package="syntagma")
class MeanLogProbs(keras.layers.Layer):
    """Layer that computes the logarithm of the mean probability, given log-probabilities (B, T) of several models."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the log-probabilities (B, T)."""
        stacked = ops.stack(inputs, axis=0)
        return ops.logsumexp(stacked, axis=0) - math.log(len(inputs))

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """Return `None`, because log-probabilities are weighted explicitly."""

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the spec of the log-probabilities."""
        return keras.KerasTensor(inputs[0].shape, dtype="float32")
