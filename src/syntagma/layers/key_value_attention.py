"""Attention to a window of previous steps, with vectors split into a key, a value and optionally a prediction part."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.attention import window_attention


class _WindowAttention(keras.layers.Layer):
    """Base class of layers that attend to a window of previous steps.

    The input features are split into `parts` equal slices.
    """

    parts = 2

    def __init__(self, window: int = 5, units: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if window < 1:
            raise InputError(f"`{type(self).__name__}` needs a window of 1 step or more; got {window}.")
        self.window = window
        self.units = units
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights for the scores and the outputs."""
        size = self._part_size(input_shape)
        units = self.units or size

        def kernel(name: str, *shape: int) -> Any:
            return self.add_weight(shape=shape, initializer="glorot_uniform", name=name)

        self.window_kernel = kernel("window_kernel", size, units)
        self.query_kernel = kernel("query_kernel", size, units)
        self.direction = kernel("direction", units)
        self.context_kernel = kernel("context_kernel", size, size)
        self.current_kernel = kernel("current_kernel", size, size)

    def call(self, inputs: Any, mask: Any | None = None, return_attention_scores: bool = False) -> Any:
        """Return the outputs (B, T, d) and, if requested, the attention weights (B, T, L), oldest step first."""
        keys, values, *rest = ops.split(inputs, self.parts, axis=-1)  # (B, T, d) each
        context, weights = window_attention(
            ops.matmul(keys, self.query_kernel),
            ops.matmul(keys, self.window_kernel),
            values,
            ops.convert_to_tensor(self.direction),
            self.window,
            mask,
        )
        current = rest[0] if rest else values
        outputs = ops.tanh(ops.matmul(context, self.context_kernel) + ops.matmul(current, self.current_kernel))
        return (outputs, weights) if return_attention_scores else outputs

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (B, T, d)."""
        return (*input_shape[:2], self._part_size(input_shape))

    def compute_output_spec(self, inputs: Any, mask: Any = None, return_attention_scores: bool = False) -> Any:
        """Return the specs of the outputs (B, T, d) and, if requested, of the weights (B, T, L)."""
        size = self._part_size(inputs.shape)
        outputs = keras.KerasTensor((*inputs.shape[:2], size), dtype=self.compute_dtype)
        weights = keras.KerasTensor((*inputs.shape[:2], self.window), dtype=self.compute_dtype)
        return (outputs, weights) if return_attention_scores else outputs

    def _part_size(self, shape: tuple[int | None, ...]) -> int:
        size = shape[-1]
        if size is None or size % self.parts:
            raise InputError(
                f"`{type(self).__name__}` needs inputs whose width is a multiple of {self.parts}; got {size}. Change "
                "the units of the layer before it."
            )
        return size // self.parts

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "window": self.window, "units": self.units}


@keras.saving.register_keras_serializable(package="syntagma")
class KeyValueAttention(_WindowAttention):
    """Attention from each step to the L steps before it, with vectors that are split into a key and a value.

        [k_t; v_t] = h_t
        a_t = softmax(w' tanh(W1 [k_{t-L} ... k_{t-1}] + W2 k_t)),    c_t = sum_l a_tl v_{t-L+l}
        y_t = tanh(W3 c_t + W4 v_t)

    Keys and values have width d. No step attends to itself or to later steps. A step without previous real steps has a
    context of 0.

    Args:
        window: Positive integer L, number of previous steps. Defaults to 5, because the language models in the
            paper pay little attention to steps further back.
        units: Positive integer, width of the hidden layer of the scoring network. `None` (default) uses d.

    Call arguments:
        inputs: Float tensor of shape (B, T, 2 d), such as the outputs of a causal LSTM.
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one.
        return_attention_scores: Whether to return the attention weights too. Defaults to False.

    Output shape:
        (B, T, d). With `return_attention_scores=True`, also the weights (B, T, L), with the oldest step first.

    Masking:
        Padding gets a weight of exactly 0. The mask is passed on.

    Raises:
        InputError: If `window` is below 1, or the width of the inputs is not divisible by 2.

    Reference: Daniluk et al., Frustratingly Short Attention Spans in Neural Language Modeling, ICLR 2017.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> x = keras.Input((None, 50))
        >>> states = layers.LSTM(20, return_sequences=True)(x)
        >>> layers.KeyValueAttention(window=5)(states).shape
        (None, None, 10)
    """


@keras.saving.register_keras_serializable(package="syntagma")
class KeyValuePredictAttention(_WindowAttention):
    """Attention from each step to the L steps before it, with vectors split into a key, a value and a prediction part.

        [k_t; v_t; p_t] = h_t
        a_t = softmax(w' tanh(W1 [k_{t-L} ... k_{t-1}] + W2 k_t)),    c_t = sum_l a_tl v_{t-L+l}
        y_t = tanh(W3 c_t + W4 p_t)

    Unlike `KeyValueAttention`, the layer uses a separate prediction part p_t. All parts have width d.

    Args:
        window: Positive integer L, number of previous steps. Defaults to 5, because the language models in the
            paper pay little attention to steps further back.
        units: Positive integer, width of the hidden layer of the scoring network. `None` (default) uses d.

    Call arguments:
        inputs: Float tensor of shape (B, T, 3 d), such as the outputs of a causal LSTM.
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one.
        return_attention_scores: Whether to return the attention weights too. Defaults to False.

    Output shape:
        (B, T, d). With `return_attention_scores=True`, also the weights (B, T, L), with the oldest step first.

    Masking:
        Padding gets a weight of exactly 0. The mask is passed on.

    Raises:
        InputError: If `window` is below 1, or the width of the inputs is not divisible by 3.

    Reference: Daniluk et al., Frustratingly Short Attention Spans in Neural Language Modeling, ICLR 2017.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> x = keras.Input((None, 50))
        >>> states = layers.LSTM(30, return_sequences=True)(x)
        >>> layers.KeyValuePredictAttention(window=5)(states).shape
        (None, None, 10)
    """

    parts = 3
