"""A language model's output that can repeat what it has read."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.initializers import fresh
from syntagma.ops.pointer import pointer_mixture, pointer_weights


@keras.saving.register_keras_serializable(package="syntagma")
class PointerSentinel(keras.layers.Layer):
    """Mixes the probabilities of the vocabulary with a pointer to the last words; the sentinel decides the shares.

        q_t = tanh(W h_t + b),    a = softmax([q_t' h_{t-L+1}, ..., q_t' h_t, q_t' s]),    g = the last of a
        p(w) = g p_vocabulary(w) + sum of a_i over the places i where w stands

    Called with [states, probabilities, tokens]: h (B, T, H) of a causal network; the vocabulary's probabilities, not
    logits, (B, T, V); and the ids that the network has read, integers (B, T). Gives probabilities (B, T, V) of the next
    word. A mask (B, T), explicit or that of the states, keeps padding from being pointed at, and is passed on.

    Args:
        window: L. Merity et al. have 100.
        kernel_initializer: Of W (H, H) and s (H,).

    Raises:
        InputError: Not three tensors of three, three and two axes, or no window.

    Reference: Merity et al., Pointer Sentinel Mixture Models, ICLR 2017.
    """

    def __init__(self, window: int = 100, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        if window < 1:
            raise InputError(f"`PointerSentinel` needs a window of 1 word or more; got {window}.")
        self.window = window
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Creates W (H, H), b (H,) and s (H,)."""
        size = self._check(input_shape)[0][-1]
        draw = self.kernel_initializer
        self.kernel = self.add_weight(shape=(size, size), initializer=fresh(draw), name="kernel")
        self.bias = self.add_weight(shape=(size,), initializer="zeros", name="bias")
        self.sentinel = self.add_weight(shape=(size,), initializer=fresh(draw), name="sentinel")

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns probabilities (B, T, V)."""
        states, vocabulary, tokens = inputs
        mask = mask[0] if isinstance(mask, list | tuple) else mask
        queries = ops.tanh(ops.matmul(states, self.kernel) + self.bias)
        words, gate = pointer_weights(queries, states, ops.convert_to_tensor(self.sentinel), self.window, mask)
        return pointer_mixture(vocabulary, words, gate, tokens)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """That of the states."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """(B, T, V)."""
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
        """What the constructor takes."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {**super().get_config(), "window": self.window, "kernel_initializer": initializer}
