"""The LSTM of Keras with a faster inner loop."""

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

# Whether the call that is at work begins with zeros: `inner_loop` is told the states only.
_FROM_ZEROS: ContextVar[bool] = ContextVar("from_zeros", default=False)
_REPLACING = threading.RLock()


@keras.saving.register_keras_serializable(package="syntagma")
class LSTM(keras.layers.LSTM):
    """A `keras.layers.LSTM`: the same arguments, weights and results, faster on a CPU.

        a   = x_t W + h_{t-1} U + b
        c_t = sigmoid(a_f) c_{t-1} + sigmoid(a_i) tanh(a_g)
        h_t = sigmoid(a_o) tanh(c_t)

    The sequences are read by a kernel in C++ whose work is proportional to the real tokens. Masks, first states,
    `dropout` and `recurrent_dropout`, `go_backwards`, `stateful`, `Bidirectional` and mixed precision stay on it.
    Where it cannot serve (other activations than tanh and sigmoid, float64, TensorFlow, a GPU, an export, no compiler
    at installation, `use_cudnn=True`), the loop of Keras does.

    Args:
        units: H.
        kernel: "auto" (the C++ kernel wherever it can serve), "native" (that one, or an error) or "framework" (the
            loop of Keras). The environment variable SYNTAGMA_KERNEL stands over it.
        share_prefix: Whether steps at the beginning that are the same in several rows, bit for bit, are read once:
            padding on the left without a mask. The gradients of their inputs then stand, summed, in one of these rows,
            which is right where equal inputs come from the same variables, as behind an embedding and a convolution.
            With a mask, dropout, `go_backwards` or first states that differ, and on Keras' loop, it changes nothing.
        learn_initial_state: Whether the states to begin with are learned, from zeros, in place of zeros: the weights
            `initial_hidden` and `initial_cell`. States that the layer is called with go before them.
        projection_units: P, width of the outputs and of the state that is fed back, h_t = P' (sigmoid(a_o) tanh(c_t)),
            fewer than units; `None` for no projection.
        recurrent_weight_dropout: Share of the entries of U that are left out in training, others in each batch and the
            same at all steps and in all rows (DropConnect), in [0, 1). AWD-LSTM has 0.5.
        **options: As of `keras.layers.LSTM`. `unroll` and `implementation` change nothing on the C++ kernel, but that
            `implementation=1` drops other inputs for each gate.

    Takes (B, T, D) and gives (B, H), or (B, T, H) with `return_sequences`. At a masked step the state stays, and the
    output is the one before it (before the first real step the first state, where Keras has zeros on PyTorch, on
    TensorFlow, and when it unrolls), or zero within `Bidirectional`.

    Raises:
        InputError: `kernel="native"` where it cannot serve; the message says why. A learned state together with
            `stateful`, as many projection units as units or more, a rate outside [0, 1), and any of the three together
            with `use_cudnn=True`, which has none of them.

    References: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; the forget gate: Gers et al., 2000; the
    projection: Sak, Senior and Beaufays, 2014; DropConnect: Merity, Keskar and Socher, 2018.

    >>> model = keras.Sequential([keras.layers.Embedding(5000, 32, mask_zero=True), LSTM(100), keras.layers.Dense(1)])
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
            # Keras' fused calls, also those of `Bidirectional`, know nothing of them.
            options["use_cudnn"] = False
        super().__init__(units, **options)
        if kernel not in select.KERNELS:
            raise InputError(f"`LSTM` needs a kernel out of {', '.join(select.KERNELS)}; got {kernel!r}.")
        self.kernel = kernel
        self.share_prefix = share_prefix
        self.learn_initial_state = learn_initial_state
        self.projection_units = projection_units
        self.recurrent_weight_dropout = recurrent_weight_dropout
        if projection_units is not None:
            self._project(projection_units)

    def _project(self, projection_units: int) -> None:
        """Puts a cell with a projection in the place of the one that Keras' constructor has made."""
        plain: Any = self.cell
        self._tracker.untrack(plain)
        options = {**plain.get_config(), "implementation": plain.implementation}
        self.cell: Any = ProjectedLSTMCell(projection_units=projection_units, **options)
        self.state_size = list(self.cell.state_size)

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        """Creates the weights of the cell, and the states to begin with where they are learned."""
        super().build(sequences_shape, initial_state_shape)
        if keras.backend.backend() == "torch":  # `torch.compile` cannot follow what decides on the kernel
            # Nor whether a call begins with zeros, without which a projection needs the loop.
            is_plain = self.projection_units is None
            self._compiled_kernel = self._choice(from_zeros=True).kernel if is_plain else "framework"
        if self.learn_initial_state:
            hidden, cell = self.state_size
            self.initial_hidden = self.add_weight(shape=(hidden,), initializer="zeros", name="initial_hidden")
            self.initial_cell = self.add_weight(shape=(cell,), initializer="zeros", name="initial_cell")

    @property
    def variables(self) -> list[Any]:
        """All variables, and the states of a stateful layer, which Keras leaves out: JAX carries on only what is here.

        They are no weights: `get_weights` and saved files do not hold them.
        """
        variables: list[Any] = super().variables
        return [*variables, *(self.states or [])] if self.stateful else variables

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """Hidden state (B, H), or (B, P), and cell (B, H) to begin with."""
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
        """Which kernel serves this layer here, and why."""
        return self._choice(from_zeros=not (self.stateful or self.learn_initial_state))

    def _served_by(self, sequences: Any) -> str:
        """Return the kernel that serves a call that is at work."""
        if backend.is_exporting(sequences) or self._is_elsewhere(sequences):
            return "framework"
        if backend.is_compiling():
            return self._compiled_kernel
        kernel = self._choice(_FROM_ZEROS.get()).kernel
        return "framework" if self.kernel != "native" and select.is_transformed(sequences) else kernel

    def _is_elsewhere(self, sequences: Any) -> bool:
        """Return whether a device holds the sequences whose memory the kernel cannot read."""
        device = backend.device(sequences)
        if device in ("", "cpu", "meta"):  # tensors without numbers are shapes, which the kernel has too
            return False
        if self.kernel == "native":
            raise InputError(
                f"The native LSTM kernel cannot serve: the sequences are on {device}, and it reads the CPU's memory. "
                "Ask for kernel='auto'."
            )
        return True

    def _choice(self, from_zeros: bool) -> select.Choice:
        if self.use_cudnn is True:
            return select.Choice("framework", "use_cudnn=True asks for cuDNN")
        if self.projection_units is not None and not (from_zeros and not self.recurrent_dropout):
            reason = "a projected state that does not begin with zeros, or is dropped, needs the loop of Keras"
            if self.kernel == "native":
                raise InputError(f"The native LSTM kernel cannot serve: {reason}. Ask for kernel='auto'.")
            return select.Choice("framework", reason)
        names = [str(keras.activations.serialize(one)) for one in (self.activation, self.recurrent_activation)]
        return select.choose(names[0], names[1], dtype=self.compute_dtype, wanted=self.kernel)

    def call(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
        sequences_mask: Any = None,
    ) -> Any:
        """Returns (B, H), or (B, T, H), and the states where they are asked for.

        `sequences_mask` is where Keras puts the implicit mask if states are given too; its own LSTM misses it then.
        """
        if not keras.backend.is_float_dtype(backend.dtype(sequences)):
            # Whole numbers and truth values are read as numbers, as by Keras' loop.
            sequences = ops.cast(sequences, self.compute_dtype)
        mask = _flat(sequences_mask if mask is None else mask)
        _check_mask(mask, sequences)
        if backend.is_compiling():
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        begins = _FROM_ZEROS.set(initial_state is None and not (self.stateful or self.learn_initial_state))
        try:
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        finally:
            _FROM_ZEROS.reset(begins)

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> tuple[Any, ...]:
        """Last output (B, H), outputs (B, T, H) in the order of reading, and the last state and cell."""
        if self.stateful:  # the variables get new values before PyTorch takes the gradients
            initial_state = [ops.copy(state) for state in initial_state]
        recurrent = self._recurrent_kernel(training)
        if self._served_by(sequences) == "framework":
            return self._beginning_with(
                initial_state[0], self._loop(sequences, initial_state, mask, training, recurrent), mask
            )
        mask = mask[0] if isinstance(mask, list | tuple) else mask
        projection = None if self.projection_units is None else ops.convert_to_tensor(self.cell.projection)
        arguments = LSTMArguments(
            x=sequences,
            kernel=self.cell.kernel,
            # The product goes through the kernel: h_t U with h_t = P' k_t is k_t (P U), and zeros stay zeros.
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
        """Return what Keras' loop gives with this U."""
        if not self.recurrent_weight_dropout:
            found: tuple[Any, ...] = super().inner_loop(sequences, initial_state, mask, training=training)
            return found
        with _recurrent_kernel_of(self.cell, recurrent):
            found = super().inner_loop(sequences, initial_state, mask, training=training)
        return found

    def _beginning_with(self, first: Any, found: tuple[Any, ...], mask: Any) -> tuple[Any, ...]:
        """What Keras' loop gives, with the first state before the first real step, where some backends have zeros."""
        if mask is None or self.zero_output_for_mask:
            return found
        last, outputs, states = found
        real = ops.cast(mask[0] if isinstance(mask, list | tuple) else mask, "int32")
        begun = ops.cumsum(ops.flip(real, axis=1) if self.go_backwards else real, axis=1) > 0  # (B, T)
        last = ops.where(begun[:, -1:], last, first)
        if self.return_sequences:
            return last, ops.where(begun[:, :, None], outputs, first[:, None]), states
        return last, ops.expand_dims(last, 1), states

    def _recurrent_kernel(self, training: bool) -> Any:
        """U, with entries left out in training."""
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
        own = ("kernel", "share_prefix", "learn_initial_state", "projection_units", "recurrent_weight_dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


@contextmanager
def _recurrent_kernel_of(cell: Any, kernel: Any) -> Iterator[None]:
    """Keras' loop reads U from the cell: within the block it finds this one.

    An assignment to the variable would lose the gradient under PyTorch and TensorFlow. One thread at a time does this.
    """
    with _REPLACING:
        own = cell.__dict__["recurrent_kernel"]
        cell.__dict__["recurrent_kernel"] = kernel
        try:
            yield
        finally:
            cell.__dict__["recurrent_kernel"] = own


def _check_mask(mask: Any, sequences: Any) -> None:
    """Refuse a mask that does not fit the sequences, as far as their sizes are known."""
    mask = mask[0] if isinstance(mask, list | tuple) else mask
    if mask is None:
        return
    found, wanted = tuple(mask.shape), tuple(sequences.shape[:2])
    known = [pair for pair in zip(found, wanted, strict=False) if None not in pair]
    if len(found) != len(wanted) or any(one != other for one, other in known):
        raise InputError(f"`LSTM` needs a mask of shape (B, T) = {wanted}; got {found}.")


def _flat(mask: Any) -> Any:
    """Return a mask (B, T), also of one that is (B, T, 1), or is in a list with those of states."""
    if isinstance(mask, list | tuple):
        return [_flat(mask[0]), *mask[1:]]
    return mask[:, :, 0] if mask is not None and len(mask.shape) == 3 and mask.shape[-1] == 1 else mask


def _check_additions(
    units: int, projection_units: int | None, rate: float, learn_initial_state: bool, options: dict[str, Any]
) -> None:
    if projection_units is not None and not 0 < projection_units < units:
        raise InputError(
            f"`LSTM` needs projection_units under its {units} units and over 0, or None; got {projection_units}."
        )
    if not 0 <= rate < 1:
        raise InputError(f"`LSTM` needs a recurrent_weight_dropout in [0, 1); got {rate}. Use 0 to switch it off.")
    if learn_initial_state and options.get("stateful"):
        raise InputError("`LSTM` cannot learn its first state and be stateful, which goes on from the last one.")
    if options.get("use_cudnn") is True:
        raise InputError(
            "`LSTM` has no learned first state, projection or recurrent_weight_dropout on cuDNN. Leave `use_cudnn` out."
        )
