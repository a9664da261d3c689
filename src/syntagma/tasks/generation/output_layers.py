"""Layers that compute the losses and log-probabilities of target texts."""

import math
from typing import Any

import keras
from keras import ops

from syntagma import programs
from syntagma.layers import TiedSoftmax
from syntagma.ops.attention import at_least_float32, repetition_loss, uneven_coverage_loss
from syntagma.ops.copying import target_log_probs
from syntagma.ops.softmax_loss import softmax_loss


@keras.saving.register_keras_serializable(package="syntagma")
class SubwordSoftmax(TiedSoftmax):
    """Vectors of subwords, and logits or the training loss of the decoder's outputs, with one matrix.

    With `targets`, the layer returns the loss of the whole batch, divided by the number of texts, for each text (B,).
    See `SmoothedLoss` and `TotalLoss`. With XLA on a CPU, the logits of only some words exist at a time, unless
    they are computed in half precision.
    """

    def call(
        self,
        inputs: Any,
        reverse: bool = False,
        training: bool = False,
        targets: Any = None,
        weights: Any = None,
        smoothing: float = 0.0,
    ) -> Any:
        """Return vectors (B, T, D), logits (B, T, V) with `reverse=True`, or losses (B,) if there are targets."""
        if targets is None:
            return super().call(inputs, reverse=reverse, training=training)
        if programs.are_for_cpu() and keras.backend.standardize_dtype(inputs.dtype) == "float32":
            states = ops.reshape(inputs, (-1, self.output_dim))
            matrix, bias = ops.convert_to_tensor(self.embeddings), ops.convert_to_tensor(self.bias)
            flat_targets, flat_weights = ops.reshape(targets, (-1,)), ops.reshape(weights, (-1,))
            return spread(softmax_loss(states, matrix, bias, flat_targets, flat_weights, smoothing), targets)
        logits = at_least_float32(super().call(inputs, reverse=True, training=training))
        log_probs = target_log_probs(logits, ops.cast(targets, "int32"))
        return spread(ops.sum(smoothed_losses(log_probs, logits, smoothing) * weights), targets)

    def compute_output_spec(
        self,
        inputs: Any,
        reverse: bool = False,
        training: bool = False,
        targets: Any = None,
        weights: Any = None,
        smoothing: float = 0.0,
    ) -> Any:
        """Return the spec of the vectors (B, T, D), the logits (B, T, V) or the losses (B,)."""
        if targets is None:
            return super().compute_output_spec(inputs, reverse=reverse, training=training)
        return keras.KerasTensor(targets.shape[:1], dtype="float32")


@keras.saving.register_keras_serializable(package="syntagma")
class WithoutMask(keras.layers.Layer):
    """Layer that returns its inputs without their mask."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return a copy of the inputs, because Keras stores the mask with the tensor."""
        return ops.copy(inputs)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """Return `None`."""

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the spec of the inputs."""
        return keras.KerasTensor(inputs.shape, dtype=inputs.dtype)


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
        return smoothed_losses(log_probs, logits, self.smoothing)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """Return `None`, because losses are weighted explicitly."""

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the spec of the losses."""
        return keras.KerasTensor(inputs[0].shape, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "smoothing": self.smoothing}


@keras.saving.register_keras_serializable(package="syntagma")
class TotalLoss(keras.layers.Layer):
    """Layer that sums losses (B, T) with weights (B, T), and returns equal shares of the sum for all texts (B,)."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the shares (B,) of the sum."""
        losses, weights = inputs
        return spread(ops.sum(losses * weights), losses)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """Return `None`, because losses are weighted explicitly."""

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the spec of the shares (B,)."""
        return keras.KerasTensor(inputs[0].shape[:1], dtype="float32")


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


def smoothed_losses(log_probs: Any, logits: Any, smoothing: float) -> Any:
    """Compute the losses (B, T) that `SmoothedLoss` describes."""
    if not smoothing:
        return -log_probs
    logits = at_least_float32(logits)
    uniform = ops.mean(logits, axis=-1) - ops.logsumexp(logits, axis=-1)
    return -(1 - smoothing) * log_probs - smoothing * uniform


def spread(total: Any, like: Any) -> Any:
    """Return a sum over a batch as equal shares (B,), because an output of a model has one value per row."""
    rows = ops.shape(like)[0]
    return ops.broadcast_to(total / ops.cast(rows, total.dtype), (rows,))
