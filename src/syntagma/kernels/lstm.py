"""Inner loop of the LSTM on tensors of the current backend."""

from typing import Any

from keras import ops

from syntagma import backend
from syntagma.errors import InputError
from syntagma.kernels.arguments import LSTMArguments, LSTMOptions, LSTMResults


def lstm(arguments: LSTMArguments, options: LSTMOptions) -> LSTMResults:
    """Run the LSTM with the C++ kernel. `select.choose` decides whether the kernel can be used.

        a   = x_t W + h_{t-1} U + b
        c_t = sigmoid(a_f) c_{t-1} + sigmoid(a_i) tanh(a_g)
        h_t = sigmoid(a_o) tanh(c_t)

    Args:
        arguments: Arrays of any float dtype, which are converted to float32.
        options: Options of the loop.

    Returns:
        Final states and outputs in the dtype of `arguments.x`.

    Raises:
        InputError: If the shapes do not match.
        ForkError: If this process was forked after the framework or the kernel had started threads.

    References: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; the forget gate: Gers et al., 2000.
    """
    backend.check_process()
    _check_shapes(arguments)
    dtype = backend.dtype(arguments.x)
    arrays = {name: ops.cast(array, "float32") for name, array in arguments._asdict().items() if array is not None}
    if arguments.mask is not None:
        arrays["mask"] = ops.cast(arguments.mask, "bool")
    results = _bridge()(LSTMArguments(**arrays), options)
    return LSTMResults(*(None if array is None else ops.cast(array, dtype) for array in results))


def _bridge() -> Any:
    if backend.name() == "torch":
        from syntagma.kernels import lstm_torch

        return lstm_torch.lstm
    from syntagma.kernels import lstm_jax

    return lstm_jax.lstm


def _check_shapes(arguments: LSTMArguments) -> None:
    rows, time, size = ops.shape(arguments.x)
    units = ops.shape(arguments.recurrent)[0]
    masks = 1 if arguments.x_dropout is None else ops.shape(arguments.x_dropout)[0]
    expected = LSTMArguments(
        (rows, time, size),
        (size, 4 * units),
        (units, 4 * units),
        (4 * units,),
        (rows, units),
        (rows, units),
        (rows, time),
        (4 if masks == 4 else 1, rows, size),
        (4, rows, units),
        (rows, units),
    )
    for name, array in arguments._asdict().items():
        shape = getattr(expected, name)
        if array is not None and tuple(ops.shape(array)) != shape:
            raise InputError(
                f"`lstm` needs `{name}` of shape {shape} for x of shape {(rows, time, size)} and {units} units; "
                f"got {tuple(ops.shape(array))}."
            )
