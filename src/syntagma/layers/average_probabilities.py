"""An ensemble's output: the mean of its members' probabilities, as logits again."""

from typing import Any, Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class AverageProbabilities(keras.layers.Layer):
    """Logits whose probabilities are the mean of the probabilities of several logits.

    Takes a list of n tensors (B, K) and gives (B, K), computed in the log domain so that nothing overflows. With
    "sigmoid" each of the K values is a decision of its own,

        log p - log (1 - p),    p = mean_i sigmoid(logits_i)

    and with "softmax" the K values are one distribution: log mean_i softmax(logits_i).

    Args:
        activation: What makes probabilities of logits, "sigmoid" or "softmax".

    Reference:
        Denkowski and Neubig, Stronger Baselines for Trustable Results in Neural Machine Translation, 2017.
    """

    def __init__(self, activation: Literal["sigmoid", "softmax"] = "softmax", **kwargs: Any):
        super().__init__(**kwargs)
        if activation not in ("sigmoid", "softmax"):
            raise ValueError(f"`AverageProbabilities` takes 'sigmoid' or 'softmax'; got {activation!r}.")
        self.activation = activation
        self.supports_masking = True

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """None: the mean of what stands at padding is as meaningless as that."""

    def build(self, input_shape: Any) -> None:
        """There is nothing to build."""

    def call(self, inputs: Any) -> Any:
        """Averages a list of logits (B, K)."""
        logits = ops.stack(inputs, axis=0)  # (n, B, K)
        if self.activation == "softmax":
            return _log_mean(ops.log_softmax(logits, axis=-1))
        return _log_mean(ops.log_sigmoid(logits)) - _log_mean(ops.log_sigmoid(-logits))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """(B, K)."""
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "activation": self.activation}


def _log_mean(values: Any) -> Any:
    return ops.logsumexp(values, axis=0) - ops.log(ops.cast(values.shape[0], values.dtype))
