"""Ensemble of classifiers that averages their probabilities."""

from typing import Any, Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class AverageProbabilities(keras.layers.Layer):
    """Average of the probabilities of several classifiers, converted back to logits.

        "softmax":  log mean_i softmax(logits_i)
        "sigmoid":  log p - log (1 - p),    p = mean_i sigmoid(logits_i)

    With "softmax", the K values of a row form one distribution. With "sigmoid", each value is a separate decision.
    The mean is computed in the log domain to prevent overflow.

    Args:
        activation: Activation that turns the logits into probabilities, "softmax" (default) or "sigmoid".

    Call arguments:
        inputs: List of n float tensors of shape (B, K), the logits of the n classifiers.

    Output shape:
        (B, K). No mask is passed on.

    Raises:
        ValueError: If `activation` is neither "softmax" nor "sigmoid".

    Reference:
        Denkowski and Neubig, Stronger Baselines for Trustable Results in Neural Machine Translation, 2017.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> logits = layers.AverageProbabilities()([np.zeros((1, 2), "float32"), np.full((1, 2), 3.0, "float32")])
        >>> np.exp(np.array(logits)).round(2).tolist()
        [[0.5, 0.5]]
    """

    def __init__(self, activation: Literal["sigmoid", "softmax"] = "softmax", **kwargs: Any):
        super().__init__(**kwargs)
        if activation not in ("sigmoid", "softmax"):
            raise ValueError(
                f"`AverageProbabilities` needs an activation of 'sigmoid' or 'softmax'; got {activation!r}."
            )
        self.activation = activation
        self.supports_masking = True

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """Return `None`, because no mask is passed on."""

    def build(self, input_shape: Any) -> None:
        """Mark the layer as built. It has no weights."""

    def call(self, inputs: Any) -> Any:
        """Return the logits (B, K) of the averaged probabilities."""
        logits = ops.stack(inputs, axis=0)  # (n, B, K)
        if self.activation == "softmax":
            return _log_mean(ops.log_softmax(logits, axis=-1))
        return _log_mean(ops.log_sigmoid(logits)) - _log_mean(ops.log_sigmoid(-logits))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape (B, K)."""
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "activation": self.activation}


def _log_mean(values: Any) -> Any:
    return ops.logsumexp(values, axis=0) - ops.log(ops.cast(values.shape[0], values.dtype))
