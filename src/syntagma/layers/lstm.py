"""The LSTM of Keras with a faster inner loop."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.kernels import select
from syntagma.kernels.arguments import LSTMArguments, LSTMOptions
from syntagma.kernels.lstm import lstm


@keras.saving.register_keras_serializable(package="syntagma")
class LSTM(keras.layers.LSTM):
    """A `keras.layers.LSTM`: the same arguments, weights and results, faster on a CPU.

        a   = x_t W + h_{t-1} U + b
        c_t = sigmoid(a_f) c_{t-1} + sigmoid(a_i) tanh(a_g)
        h_t = sigmoid(a_o) tanh(c_t)

    The sequences are read by a kernel in C++ whose work is proportional to the real tokens. Masks, first states,
    `dropout` and `recurrent_dropout`, `go_backwards`, `stateful`, `Bidirectional` and mixed precision stay on it.
    Where it cannot serve (other activations than tanh and sigmoid, float64, TensorFlow, a GPU, an installation without
    a compiler, `use_cudnn=True`), the loop of Keras does.

    Args:
        units: H.
        kernel: "auto" (the C++ kernel wherever it can serve), "native" (that one, or an error) or "framework" (the
            loop of Keras). The environment variable SYNTAGMA_KERNEL stands over it.
        share_prefix: Whether steps at the beginning that are the same in several rows, bit for bit, are read once:
            padding on the left without a mask. The gradients of their inputs then stand, summed, in one of these rows,
            which is right where equal inputs come from the same variables, as behind an embedding and a convolution.
            With a mask, dropout, `go_backwards` or first states that differ, and on Keras' loop, it changes nothing.
        **options: As of `keras.layers.LSTM`. `unroll` and `implementation` change nothing on the C++ kernel, but that
            `implementation=1` drops other inputs for each gate.

    Takes (B, T, D) and gives (B, H), or (B, T, H) with `return_sequences`. At a masked step the state stays, and the
    output is the one before it (before the first real step the first state, where Keras has zeros on PyTorch, on
    TensorFlow, and when it unrolls), or zero within `Bidirectional`.

    Raises:
        InputError: `kernel="native"` where it cannot serve; the message says why.

    Reference: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; the forget gate: Gers et al., 2000.

    >>> model = keras.Sequential([keras.layers.Embedding(5000, 32, mask_zero=True), LSTM(100), keras.layers.Dense(1)])
    """

    def __init__(self, units: int, *, kernel: str = "auto", share_prefix: bool = False, **options: Any):
        super().__init__(units, **options)
        if kernel not in select.KERNELS:
            raise InputError(f"`LSTM` needs a kernel out of {', '.join(select.KERNELS)}; got {kernel!r}.")
        self.kernel = kernel
        self.share_prefix = share_prefix

    @property
    def choice(self) -> select.Choice:
        """Which kernel serves this layer here, and why."""
        if self.use_cudnn is True:
            return select.Choice("framework", "use_cudnn=True asks for cuDNN")
        names = [str(keras.activations.serialize(one)) for one in (self.activation, self.recurrent_activation)]
        return select.choose(names[0], names[1], dtype=self.compute_dtype, wanted=self.kernel)

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> tuple[Any, ...]:
        """Last output (B, H), outputs (B, T, H) in the order of reading, and the last state and cell."""
        if self.choice.kernel == "framework":
            found: tuple[Any, ...] = super().inner_loop(sequences, initial_state, mask, training=training)
            return found
        mask = mask[0] if isinstance(mask, list | tuple) else mask
        arguments = LSTMArguments(
            x=sequences,
            kernel=self.cell.kernel,
            recurrent=self.cell.recurrent_kernel,
            bias=self._bias(),
            h0=initial_state[0],
            c0=initial_state[1],
            mask=mask,
            **(self._dropout_factors(sequences, initial_state[0]) if training else {}),
        )
        options = LSTMOptions(
            self.return_sequences, self.go_backwards, self.zero_output_for_mask, share_prefix=self.share_prefix
        )
        h, c, y = lstm(arguments, options)
        if y is None:
            last = self._last_output(h, mask)
            return last, ops.expand_dims(last, 1), [h, c]
        y = ops.flip(y, axis=1) if self.go_backwards else y
        return y[:, -1], y, [h, c]

    def _bias(self) -> Any:
        return ops.zeros((4 * self.units,), self.compute_dtype) if self.cell.bias is None else self.cell.bias

    def _dropout_factors(self, sequences: Any, state: Any) -> dict[str, Any]:
        factors = {}
        # A rate of 1 drops nothing: so Keras has it.
        if 0 < self.dropout < 1:
            masks = self.cell.get_dropout_mask(sequences[:, 0])
            factors["x_dropout"] = ops.stack(masks if isinstance(masks, list) else [masks])
        if 0 < self.recurrent_dropout < 1:
            factors["h_dropout"] = ops.stack(self.cell.get_recurrent_dropout_mask(state))
        return factors

    def _last_output(self, h: Any, mask: Any) -> Any:
        """The output of the step that is read last."""
        if mask is None or not self.zero_output_for_mask:
            return h
        real = mask[:, 0] if self.go_backwards else mask[:, -1]
        return ops.where(real[:, None], h, ops.zeros_like(h))

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "kernel": self.kernel, "share_prefix": self.share_prefix}
