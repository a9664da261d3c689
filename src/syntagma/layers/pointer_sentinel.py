"""Pointer sentinel mixture, an output layer for language models."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.initializers import clone_initializer
from syntagma.ops.pointer import pointer_mixture, pointer_weights


@keras.saving.register_keras_serializable(package="syntagma")
class PointerSentinel(keras.layers.Layer):
    """Pointer sentinel mixture, an output layer with which a language model can copy one of the last L words.

        q_t = tanh(W h_t + b),    a = softmax([q_t' h_{t-L+1}, ..., q_t' h_t, q_t' s]),    g = last value of a
        p(w) = g p_vocabulary(w) + sum of a_i over the positions i at which w occurs

    The attention weight g of the sentinel s, a learned vector, becomes the weight of the vocabulary distribution.

    Args:
        window: Positive integer L, number of words that can be copied. Defaults to 100, as in the paper.
        kernel_initializer: Initializer of W (H, H) and s (H,). Defaults to "glorot_uniform".

    Call arguments:
        inputs: List `[states, probabilities, tokens]`. The states h of a causal network are a float tensor (B, T, H).
            The probabilities (not logits) of the vocabulary are a float tensor (B, T, V). The tokens are the word ids
            from which the states were computed, an integer tensor (B, T).
        mask: Boolean mask of the states (B, T), `True` at real tokens, or a list whose first item is this mask.
            Defaults to Keras' implicit mask of the states.

    Output shape:
        (B, T, V), probabilities of the next word.

    Masking:
        Padding is never copied. The mask of the states is passed on.

    Raises:
        InputError: If the inputs are not a list of three tensors with 3, 3 and 2 axes, or if `window` is below 1.

    Reference: Merity et al., Pointer Sentinel Mixture Models, ICLR 2017.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> tokens = keras.Input((None,), dtype="int32")
        >>> states = layers.LSTM(64, return_sequences=True)(keras.layers.Embedding(1000, 32)(tokens))
        >>> probabilities = keras.layers.Dense(1000, "softmax")(states)
        >>> layers.PointerSentinel(window=50)([states, probabilities, tokens]).shape
        (None, None, 1000)
    """

    def __init__(self, window: int = 100, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        if window < 1:
            raise InputError(f"`PointerSentinel` needs a window of 1 word or more; got {window}.")
        self.window = window
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Create W (H, H), b (H,) and s (H,)."""
        size = self._check(input_shape)[0][-1]
        initializer = self.kernel_initializer
        self.kernel = self.add_weight(shape=(size, size), initializer=clone_initializer(initializer), name="kernel")
        self.bias = self.add_weight(shape=(size,), initializer="zeros", name="bias")
        self.sentinel = self.add_weight(shape=(size,), initializer=clone_initializer(initializer), name="sentinel")

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return the probabilities (B, T, V) of the next word."""
        states, vocabulary, tokens = inputs
        mask = mask[0] if isinstance(mask, list | tuple) else mask
        queries = ops.tanh(ops.matmul(states, self.kernel) + self.bias)
        words, gate = pointer_weights(queries, states, ops.convert_to_tensor(self.sentinel), self.window, mask)
        return pointer_mixture(vocabulary, words, gate, tokens)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """Return the mask of the states."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape (B, T, V)."""
        return self._check(input_shape)[1]

    def _check(self, shapes: Any) -> list[tuple[int | None, ...]]:
        is_list = isinstance(shapes, list | tuple) and all(isinstance(shape, list | tuple) for shape in shapes)
        if not is_list or [len(shape) for shape in shapes] != [3, 3, 2]:
            raise InputError(
                "`PointerSentinel` needs a list of states (B, T, H), probabilities (B, T, V) and tokens (B, T); got "
                f"{shapes}."
            )
        return [tuple(shape) for shape in shapes]

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {**super().get_config(), "window": self.window, "kernel_initializer": initializer}
