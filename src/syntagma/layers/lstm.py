"""LSTM layer that can replace Keras' own and is faster on a CPU."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

from syntagma import backend
from syntagma.errors import InputError
from syntagma.kernels import select
from syntagma.kernels.arguments import LSTMArguments, LSTMOptions
from syntagma.kernels.lstm import lstm
from syntagma.layers.projected_lstm_cell import ProjectedLSTMCell

# Whether the initial states of the current call are zero. `inner_loop` cannot tell this from the states it receives.
_FROM_ZEROS: ContextVar[bool] = ContextVar("from_zeros", default=False)
_REPLACING = threading.RLock()


@keras.saving.register_keras_serializable(package="syntagma")
class LSTM(keras.layers.LSTM):
    """Long short-term memory layer that is a drop-in replacement for `keras.layers.LSTM` and is faster on a CPU.

        [a_i; a_f; a_g; a_o] = x_t W + h_{t-1} U + b
        c_t = sigmoid(a_f) c_{t-1} + sigmoid(a_i) tanh(a_g)
        h_t = sigmoid(a_o) tanh(c_t)

    The arguments, weights and results are those of `keras.layers.LSTM`. The recurrence runs in a C++ kernel whose
    running time is proportional to the number of real tokens. The kernel supports masks, initial states, `dropout`,
    `recurrent_dropout`, `go_backwards`, `stateful`, `Bidirectional` and mixed precision. Keras' own loop is used
    instead with activations other than tanh and sigmoid, in float64, under TensorFlow, on a GPU, in an exported model,
    with `use_cudnn=True`, or if no compiler was found at installation.

    Args:
        units: Positive integer H, width of the state.
        kernel: Implementation of the recurrence. "auto" (default) uses the C++ kernel if possible and Keras' loop
            otherwise, "native" uses the C++ kernel or raises an error, and "framework" uses Keras' loop. The
            environment variable SYNTAGMA_KERNEL takes precedence.
        share_prefix: Whether to compute leading time steps only once if they are bitwise identical in several rows.
            Sharing saves time for texts that are padded on the left without a mask. The gradients with respect to the
            shared inputs are summed and assigned to one of these rows. The gradients of the variables are correct if
            equal inputs come from the same variables, for example after an embedding and a convolution. The option has
            no effect with a mask, dropout, `go_backwards` or differing initial states, or in Keras' loop. Defaults to
            False.
        learn_initial_state: Whether to learn the initial states, as the weights `initial_hidden` and `initial_cell`,
            which start at zero. States that are passed in a call take precedence. Defaults to False.
        projection_units: Positive integer P below `units`, width of the outputs and of the recurrent state,
            h_t = R' (sigmoid(a_o) tanh(c_t)) with a learned matrix R (H, P). With a projection, Keras' loop is
            used for `recurrent_dropout` and for initial states that are passed, learned or stateful. `None` (default)
            uses no projection.
        recurrent_weight_dropout: Float in [0, 1), fraction of the entries of U that are set to zero in training
            (DropConnect). New entries are drawn for each batch, and are the same at all time steps and in all
            rows. Defaults to 0; AWD-LSTM uses 0.5.
        **options: Arguments of `keras.layers.LSTM`. In the C++ kernel, `unroll` has no effect, and
            `implementation=1` only makes dropout use a separate mask per gate.

    Call arguments:
        sequences: Float tensor of shape (B, T, D).
        initial_state: List `[hidden, cell]`. The hidden state has shape (B, H), or (B, P) with a projection, and the
            cell state has shape (B, H). Defaults to zeros, or to the learned states.
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one.
        training: Whether to apply dropout.

    Output shape:
        (B, H), or (B, T, H) with `return_sequences=True`. With a projection, the last axis is P instead of H. With
        `return_state=True`, the final hidden state and the final cell state follow.

    Masking:
        At a masked step, the state does not change, and the output is the output of the previous step. Within
        `Bidirectional`, the output at a masked step is zero. Before the first real step, the output is the initial
        hidden state. (On PyTorch, on TensorFlow and when unrolled, `keras.layers.LSTM` returns zeros there.)

    Raises:
        InputError: If `kernel` is unknown, or is "native" but the C++ kernel cannot be used (the message states the
            reason); if the mask does not have shape (B, T); if `learn_initial_state` is combined with `stateful`; if
            `projection_units` is not in the range from 1 to `units` - 1; if `recurrent_weight_dropout` is outside
            [0, 1); or if one of these three options is combined with `use_cudnn=True`.

    References: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; the forget gate: Gers et al., 2000; the
    projection: Sak, Senior and Beaufays, 2014; DropConnect: Merity, Keskar and Socher, 2018.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> model = keras.Sequential([
        ...     keras.Input((None,)),
        ...     keras.layers.Embedding(5000, 32, mask_zero=True),
        ...     keras.layers.Bidirectional(layers.LSTM(100)),
        ...     keras.layers.Dense(1),
        ... ])
    """

    def __init__(
        self,
        units: int,
        *,
        kernel: str = "auto",
        share_prefix: bool = False,
        learn_initial_state: bool = False,
        projection_units: int | None = None,
        recurrent_weight_dropout: float = 0.0,
        **options: Any,
    ):
        if learn_initial_state or projection_units is not None or recurrent_weight_dropout:
            _check_additions(units, projection_units, recurrent_weight_dropout, learn_initial_state, options)
            # Keras' fused kernels, including those of `Bidirectional`, do not support these options.
            options["use_cudnn"] = False
        super().__init__(units, **options)
        if kernel not in select.KERNELS:
            raise InputError(f"`LSTM` needs a kernel in {', '.join(select.KERNELS)}; got {kernel!r}.")
        self.kernel = kernel
        self.share_prefix = share_prefix
        self.learn_initial_state = learn_initial_state
        self.projection_units = projection_units
        self.recurrent_weight_dropout = recurrent_weight_dropout
        if projection_units is not None:
            self._project(projection_units)

    def _project(self, projection_units: int) -> None:
        """Replace the cell that was created by Keras' constructor with a `ProjectedLSTMCell`."""
        plain: Any = self.cell
        self._tracker.untrack(plain)
        options = {**plain.get_config(), "implementation": plain.implementation}
        self.cell: Any = ProjectedLSTMCell(projection_units=projection_units, **options)
        self.state_size = list(self.cell.state_size)

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        """Create the weights of the cell and, with `learn_initial_state`, the initial states."""
        super().build(sequences_shape, initial_state_shape)
        if keras.backend.backend() == "torch":
            # `torch.compile` cannot trace the choice of the kernel, so the choice for compiled calls is made here. A
            # projection then needs Keras' loop, because it is unknown here whether the states start at zero.
            is_plain = self.projection_units is None
            self._compiled_kernel = self._choice(from_zeros=True).kernel if is_plain else "framework"
        if self.learn_initial_state:
            hidden, cell = self.state_size
            self.initial_hidden = self.add_weight(shape=(hidden,), initializer="zeros", name="initial_hidden")
            self.initial_cell = self.add_weight(shape=(cell,), initializer="zeros", name="initial_cell")

    @property
    def variables(self) -> list[Any]:
        """All variables, including the states of a stateful layer.

        Keras omits the states. Under JAX, however, only variables in this list keep their values between batches. The
        states are not weights, so `get_weights` and saved files do not contain them.
        """
        variables: list[Any] = super().variables
        return [*variables, *(self.states or [])] if self.stateful else variables

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """Return the initial hidden state (B, H), or (B, P) with a projection, and the initial cell state (B, H)."""
        if not self.learn_initial_state:
            zeros: list[Any] = super().get_initial_state(batch_size)
            return zeros
        states = [ops.convert_to_tensor(state) for state in (self.initial_hidden, self.initial_cell)]
        return [
            ops.broadcast_to(ops.cast(state, self.compute_dtype), (batch_size, size))
            for state, size in zip(states, self.state_size, strict=True)
        ]

    @property
    def choice(self) -> select.Choice:
        """Kernel that this layer uses in the current environment, with the reason for the choice."""
        return self._choice(from_zeros=not (self.stateful or self.learn_initial_state))

    def _kernel_for(self, sequences: Any) -> str:
        """Return the name of the kernel that computes the current call."""
        if backend.is_exporting(sequences) or self._is_on_unsupported_device(sequences):
            return "framework"
        if backend.is_compiling():
            return self._compiled_kernel
        kernel = self._choice(_FROM_ZEROS.get()).kernel
        return "framework" if self.kernel != "native" and select.is_transformed(sequences) else kernel

    def _is_on_unsupported_device(self, sequences: Any) -> bool:
        """Return whether the sequences are on a device whose memory the C++ kernel cannot read.

        Raises:
            InputError: If the device is unsupported and the layer was created with `kernel="native"`.
        """
        device = backend.device(sequences)
        if device in ("", "cpu", "meta"):  # "meta" tensors have a shape but no data; the kernel supports them
            return False
        if self.kernel == "native":
            raise InputError(
                f"The native LSTM kernel cannot be used: the sequences are on {device}, and it reads CPU memory only. "
                "Use kernel='auto'."
            )
        return True

    def _choice(self, from_zeros: bool) -> select.Choice:
        if self.use_cudnn is True:
            return select.Choice("framework", "use_cudnn=True requires cuDNN")
        if self.projection_units is not None and not (from_zeros and not self.recurrent_dropout):
            reason = "a projected state that does not start at zero, or has dropout, needs Keras' loop"
            if self.kernel == "native":
                raise InputError(f"The native LSTM kernel cannot be used: {reason}. Use kernel='auto'.")
            return select.Choice("framework", reason)
        names = [str(keras.activations.serialize(one)) for one in (self.activation, self.recurrent_activation)]
        return select.choose(names[0], names[1], dtype=self.compute_dtype, requested=self.kernel)

    def call(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
        sequences_mask: Any = None,
    ) -> Any:
        """Return the last output (B, H), or all outputs (B, T, H), followed by the final states if requested.

        If `initial_state` is given, Keras passes the implicit mask of the sequences as `sequences_mask`. Keras' own
        LSTM ignores this mask.
        """
        if not keras.backend.is_float_dtype(backend.dtype(sequences)):
            # Integers and booleans are converted to floats, as in Keras' loop.
            sequences = ops.cast(sequences, self.compute_dtype)
        mask = _flatten_mask(sequences_mask if mask is None else mask)
        _check_mask(mask, sequences)
        if backend.is_compiling():
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        token = _FROM_ZEROS.set(initial_state is None and not (self.stateful or self.learn_initial_state))
        try:
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        finally:
            _FROM_ZEROS.reset(token)

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> tuple[Any, ...]:
        """Return the last output (B, H), the outputs (B, T, H) in the order of processing, and the final states."""
        if self.stateful:  # copied, because the variables change before PyTorch computes the gradients
            initial_state = [ops.copy(state) for state in initial_state]
        recurrent = self._recurrent_kernel(training)
        if self._kernel_for(sequences) == "framework":
            return self._set_outputs_before_first_token(
                initial_state[0], self._loop(sequences, initial_state, mask, training, recurrent), mask
            )
        mask = mask[0] if isinstance(mask, list | tuple) else mask
        projection = None if self.projection_units is None else ops.convert_to_tensor(self.cell.projection)
        arguments = LSTMArguments(
            x=sequences,
            kernel=self.cell.kernel,
            # The kernel runs on the unprojected state k_t: since h_t = k_t R, h_t U = k_t (R U). Zeros stay zeros.
            recurrent=recurrent if projection is None else ops.matmul(projection, recurrent),
            bias=self._bias(),
            h0=initial_state[0] if projection is None else ops.zeros_like(initial_state[1]),
            c0=initial_state[1],
            mask=mask,
            **(self._dropout_factors(sequences, initial_state[0]) if training else {}),
        )
        options = LSTMOptions(
            self.return_sequences, self.go_backwards, self.zero_output_for_mask, share_prefix=self.share_prefix
        )
        h, c, y = lstm(arguments, options)
        if projection is not None:
            h, y = ops.matmul(h, projection), None if y is None else ops.matmul(y, projection)
        if y is None:
            last = self._last_output(h, mask)
            return last, ops.expand_dims(last, 1), [h, c]
        y = ops.flip(y, axis=1) if self.go_backwards else y
        return y[:, -1], y, [h, c]

    def _loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool, recurrent: Any) -> tuple[Any, ...]:
        """Return the results of Keras' loop, run with `recurrent` as the recurrent kernel U."""
        if not self.recurrent_weight_dropout:
            results: tuple[Any, ...] = super().inner_loop(sequences, initial_state, mask, training=training)
            return results
        with _replace_recurrent_kernel(self.cell, recurrent):
            results = super().inner_loop(sequences, initial_state, mask, training=training)
        return results

    def _set_outputs_before_first_token(self, first: Any, results: tuple[Any, ...], mask: Any) -> tuple[Any, ...]:
        """Set the outputs before the first real step to the initial hidden state.

        On some backends, Keras' loop returns zeros there.
        """
        if mask is None or self.zero_output_for_mask:
            return results
        last, outputs, states = results
        real = ops.cast(mask[0] if isinstance(mask, list | tuple) else mask, "int32")
        started = ops.cumsum(ops.flip(real, axis=1) if self.go_backwards else real, axis=1) > 0  # (B, T)
        last = ops.where(started[:, -1:], last, first)
        if self.return_sequences:
            return last, ops.where(started[:, :, None], outputs, first[:, None]), states
        return last, ops.expand_dims(last, 1), states

    def _recurrent_kernel(self, training: bool) -> Any:
        """Return the recurrent kernel U, with some entries set to zero in training."""
        with _REPLACING if self.recurrent_weight_dropout else nullcontext():
            kernel = self.cell.recurrent_kernel
        if not (training and self.recurrent_weight_dropout):
            return kernel
        kernel = ops.cast(ops.convert_to_tensor(kernel), self.compute_dtype)
        return keras.random.dropout(kernel, self.recurrent_weight_dropout, seed=self.cell.seed_generator)

    def _bias(self) -> Any:
        return ops.zeros((4 * self.units,), self.compute_dtype) if self.cell.bias is None else self.cell.bias

    def _dropout_factors(self, sequences: Any, state: Any) -> dict[str, Any]:
        factors = {}
        # As in Keras, a rate of 1 drops nothing.
        if 0 < self.dropout < 1:
            masks = self.cell.get_dropout_mask(sequences[:, 0])
            factors["x_dropout"] = ops.stack(masks if isinstance(masks, list) else [masks])
        if 0 < self.recurrent_dropout < 1:
            factors["h_dropout"] = ops.stack(self.cell.get_recurrent_dropout_mask(state))
        return factors

    def _last_output(self, h: Any, mask: Any) -> Any:
        """Return the output of the step processed last. Within `Bidirectional`, it is zero if the step is masked."""
        if mask is None or not self.zero_output_for_mask:
            return h
        real = mask[:, 0] if self.go_backwards else mask[:, -1]
        return ops.where(real[:, None], h, ops.zeros_like(h))

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        own = ("kernel", "share_prefix", "learn_initial_state", "projection_units", "recurrent_weight_dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


@contextmanager
def _replace_recurrent_kernel(cell: Any, kernel: Any) -> Iterator[None]:
    """Temporarily replace the recurrent kernel U of a cell, because Keras' loop reads U from the cell.

    Assigning to the variable would lose the gradient under PyTorch and TensorFlow. A lock ensures that only one thread
    at a time replaces a kernel.
    """
    with _REPLACING:
        original = cell.__dict__["recurrent_kernel"]
        cell.__dict__["recurrent_kernel"] = kernel
        try:
            yield
        finally:
            cell.__dict__["recurrent_kernel"] = original


def _check_mask(mask: Any, sequences: Any) -> None:
    """Check that the shape of a mask matches that of the sequences, as far as both shapes are known.

    Raises:
        InputError: If the shapes do not match.
    """
    mask = mask[0] if isinstance(mask, list | tuple) else mask
    if mask is None:
        return
    shape, wanted = tuple(mask.shape), tuple(sequences.shape[:2])
    known = [pair for pair in zip(shape, wanted, strict=False) if None not in pair]
    if len(shape) != len(wanted) or any(one != other for one, other in known):
        raise InputError(f"`LSTM` needs a mask of shape (B, T) = {wanted}; got {shape}.")


def _flatten_mask(mask: Any) -> Any:
    """Convert a mask of shape (B, T, 1) to (B, T). In a list of masks, convert only the first one."""
    if isinstance(mask, list | tuple):
        return [_flatten_mask(mask[0]), *mask[1:]]
    return mask[:, :, 0] if mask is not None and len(mask.shape) == 3 and mask.shape[-1] == 1 else mask


def _check_additions(
    units: int, projection_units: int | None, rate: float, learn_initial_state: bool, options: dict[str, Any]
) -> None:
    if projection_units is not None and not 0 < projection_units < units:
        raise InputError(
            f"`LSTM` needs projection_units of 1 or more and below its {units} units, or None; got {projection_units}."
        )
    if not 0 <= rate < 1:
        raise InputError(f"`LSTM` needs a recurrent_weight_dropout in [0, 1); got {rate}. Use 0 to switch it off.")
    if learn_initial_state and options.get("stateful"):
        raise InputError("`LSTM` cannot combine learn_initial_state and stateful, which continues from the last state.")
    if options.get("use_cudnn") is True:
        raise InputError(
            "`LSTM` supports learn_initial_state, projection_units and recurrent_weight_dropout only without cuDNN. "
            "Leave out `use_cudnn`."
        )
