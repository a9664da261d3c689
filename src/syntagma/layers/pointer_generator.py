"""Pointer-generator, an output layer that can copy words of the source."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.copying import extended_log_probs, mixed_log_probs


@keras.saving.register_keras_serializable(package="syntagma")
class PointerGenerator(keras.layers.Layer):
    """Pointer-generator, an output layer that generates words of the vocabulary or copies words of the source.

        g = sigmoid(w' o_t + b)
        p(w) = g p_vocabulary(w) + (1 - g) sum of a_ts over the source positions s of the word w

    The vocabulary of V words is extended by the S positions of the source. A source word that is not in the vocabulary
    has the id V plus the position of its first occurrence, so that it can be copied by this id. For all other source
    words, the probabilities of generating and copying add up.

    Args:
        bias_initializer: Initializer of the scalar bias b. Defaults to "zeros".

    Call arguments:
        inputs: List `[outputs, logits, weights, tokens]`: the outputs o of a decoder (B, T, P), the logits of the
            vocabulary (B, T, V), the attention weights a (B, T, S), zero at source padding, and the integer ids of the
            source words (B, S), from 0 to V + S - 1.
        targets: Integer ids of the target words (B, T), from 0 to V + S - 1. By default, the probabilities of all
            words are returned.
        mask: Mask of the outputs (B, T), or a list whose first item is this mask. Defaults to Keras' implicit mask.

    Output shape:
        Probabilities (B, T, V + S). With `targets`, the log-probabilities of the targets (B, T), which need far less
        memory, and the shares of their probabilities that come from copying, (B, T).

    Masking:
        The mask of the outputs is passed on.

    Raises:
        InputError: If the inputs are not a list of four tensors with 3, 3, 3 and 2 axes.

    Reference: See, Liu and Manning, Get To The Point: Summarization with Pointer-Generator Networks, ACL 2017.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> outputs, logits = np.ones((1, 2, 8), "float32"), np.zeros((1, 2, 10), "float32")
        >>> weights, tokens = np.full((1, 2, 4), 0.25, "float32"), np.array([[5, 11, 5, 7]])
        >>> tuple(layers.PointerGenerator()([outputs, logits, weights, tokens]).shape)
        (1, 2, 14)
    """

    def __init__(self, bias_initializer: Any = "zeros", **kwargs: Any):
        super().__init__(**kwargs)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Create w (P,) and b."""
        size = self._check(input_shape)[0][-1]
        self.kernel = self.add_weight(shape=(size,), initializer="glorot_uniform", name="kernel")
        self.bias = self.add_weight(shape=(), initializer=self.bias_initializer, name="bias")

    def call(self, inputs: Any, targets: Any = None, mask: Any | None = None) -> Any:
        """Return the probabilities (B, T, V + S), or the log-probabilities and shares of copying of the targets."""
        outputs, logits, weights, tokens = inputs
        gate, tokens = self.gate(outputs), ops.cast(tokens, "int32")
        if targets is None:
            return ops.exp(extended_log_probs(logits, gate, weights, tokens))
        return mixed_log_probs(logits, gate, weights, tokens, ops.cast(targets, "int32"))

    def gate(self, outputs: Any) -> Any:
        """Return the logits (B, T) of the probability of generating, given outputs (B, T, P)."""
        kernel, bias = (ops.cast(ops.convert_to_tensor(one), outputs.dtype) for one in (self.kernel, self.bias))
        return ops.matmul(outputs, kernel) + bias

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """Return the mask of the outputs."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask

    def compute_output_spec(self, inputs: Any, targets: Any = None, mask: Any = None) -> Any:
        """Return the spec of the probabilities (B, T, V + S), or of the log-probabilities and shares (B, T)."""
        _, logits, weights, _ = self._check([one.shape for one in inputs])
        if targets is not None:
            return tuple(keras.KerasTensor(tuple(logits[:2]), dtype="float32") for _ in range(2))
        size = None if None in (logits[-1], weights[-1]) else logits[-1] + weights[-1]
        return keras.KerasTensor((*logits[:2], size), dtype="float32")

    def _check(self, shapes: Any) -> list[tuple[Any, ...]]:
        is_list = isinstance(shapes, list | tuple) and all(isinstance(shape, list | tuple) for shape in shapes)
        if not is_list or [len(shape) for shape in shapes] != [3, 3, 3, 2]:
            raise InputError(
                "`PointerGenerator` needs a list of outputs (B, T, P), logits (B, T, V), attention weights (B, T, S) "
                f"and source ids (B, S); got {shapes}."
            )
        return [tuple(shape) for shape in shapes]

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        initializer = keras.initializers.serialize(self.bias_initializer)
        return {**super().get_config(), "bias_initializer": initializer}
