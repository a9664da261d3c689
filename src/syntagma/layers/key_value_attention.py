"""Attention to the last few outputs, with separate parts for separate jobs."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.attention import window_attention


class _WindowAttention(keras.layers.Layer):
    """The common part: each input is split into parts of one width, the first of which is the key."""

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
        """Creates the kernels of the score and of the output."""
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
        """Returns outputs (B, T, d), and the weights (B, T, L) where asked for, the oldest step first."""
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
        """(B, T, d)."""
        return (*input_shape[:2], self._part_size(input_shape))

    def compute_output_spec(self, inputs: Any, mask: Any = None, return_attention_scores: bool = False) -> Any:
        """(B, T, d), and (B, T, L) where asked for."""
        size = self._part_size(inputs.shape)
        outputs = keras.KerasTensor((*inputs.shape[:2], size), dtype=self.compute_dtype)
        weights = keras.KerasTensor((*inputs.shape[:2], self.window), dtype=self.compute_dtype)
        return (outputs, weights) if return_attention_scores else outputs

    def _part_size(self, shape: tuple[int | None, ...]) -> int:
        size = shape[-1]
        if size is None or size % self.parts:
            raise InputError(
                f"`{type(self).__name__}` splits its inputs into {self.parts} parts of one width; got a width of "
                f"{size}. Give the layer before it a multiple of {self.parts} units."
            )
        return size // self.parts

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "window": self.window, "units": self.units}


@keras.saving.register_keras_serializable(package="syntagma")
class KeyValueAttention(_WindowAttention):
    """Attention of each output to the last L outputs before it, whose halves are key and value.

        [k_t; v_t] = h_t
        a_t = softmax(w' tanh(W1 [k_{t-L} ... k_{t-1}] + W2 k_t)),    c_t = sum_l a_tl v_{t-L+l}
        y_t = tanh(W3 c_t + W4 v_t)

    Takes (B, T, 2 d), as from a causal LSTM, and gives (B, T, d); the mask is passed on. No step sees itself or the
    future, padding has a weight of exactly 0, and a step with nothing before it has the context 0.

    Args:
        window: L. The paper's language models use little beyond the last 5.
        units: Width of the comparison, by default d.

    Raises:
        InputError: No window, or an odd width.

    Reference: Daniluk et al., Frustratingly Short Attention Spans in Neural Language Modeling, ICLR 2017.
    """


@keras.saving.register_keras_serializable(package="syntagma")
class KeyValuePredictAttention(_WindowAttention):
    """As `KeyValueAttention`, with a third part of its own for the prediction: [k_t; v_t; p_t] = h_t.

        y_t = tanh(W3 c_t + W4 p_t)

    Takes (B, T, 3 d) and gives (B, T, d).

    Args:
        window: L.
        units: Width of the comparison, by default d.

    Raises:
        InputError: No window, or a width that 3 does not divide.

    Reference: Daniluk et al., Frustratingly Short Attention Spans in Neural Language Modeling, ICLR 2017.
    """

    parts = 3
