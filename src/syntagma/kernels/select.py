"""Choice between the C++ kernel and Keras' own loop for an LSTM layer, made before the call rather than after an error.

The layer's argument `kernel` forces the choice if it is "native" or "framework". The environment variable
SYNTAGMA_KERNEL takes precedence over the argument.
"""

import logging
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from syntagma import backend, variables
from syntagma.errors import InputError
from syntagma.kernels import native
from syntagma.kernels.arguments import LSTMArguments, LSTMOptions

KERNELS = ("auto", "native", "framework")
# Backends with which a test call of the kernel has succeeded in this process.
_working_backends: set[str] = set()


class Choice(NamedTuple):
    """Implementation of the inner loop that an LSTM layer uses, and the reason for choosing it.

    Attributes:
        kernel: Name of the implementation: "native" (the C++ kernel) or "framework" (Keras' own loop, or cuDNN).
        reason: Reason for the choice, for logs and messages.
    """

    kernel: str
    reason: str


def choose(activation: str, recurrent_activation: str, dtype: str, requested: str = "auto") -> Choice:
    """Choose the implementation of the inner loop for an LSTM layer, and log the choice.

    Args:
        activation: Keras name of the activation function for the candidate and the output.
        recurrent_activation: Keras name of the activation function for the three gates.
        dtype: Dtype in which the layer computes.
        requested: Kernel requested by the user: "auto", "native" or "framework". SYNTAGMA_KERNEL takes precedence.

    Raises:
        InputError: If the kernel is unknown, or "native" is requested and cannot be used.
    """
    forced = variables.value("SYNTAGMA_KERNEL")
    requested = requested if forced is None else forced
    if requested not in KERNELS:
        raise InputError(f"The kernel of an LSTM must be one of {', '.join(KERNELS)}; got {requested!r}.")
    if requested == "framework":
        choice = Choice("framework", "requested")
    else:
        obstacle = _obstacle(activation, recurrent_activation, dtype)
        if requested == "native" and obstacle:
            raise InputError(f"The native LSTM kernel cannot be used: {obstacle}. Use kernel='auto'.")
        choice = Choice("framework", obstacle) if obstacle else Choice("native", _describe_kernel())
    _log(choice)
    return choice


def _obstacle(activation: str, recurrent_activation: str, dtype: str) -> str:
    """Return why the C++ kernel cannot be used for a layer, or an empty string if it can."""
    if activation != "tanh" or recurrent_activation != "sigmoid":
        return f"it supports tanh and sigmoid, not {activation} and {recurrent_activation}"
    if dtype == "float64":
        return "it computes in float32, not in float64"
    return _environment_obstacle()


def is_transformed(tensor: Any) -> bool:
    """Return whether PyTorch is applying a transform that the kernel does not support.

    The kernel supports neither the transforms of `torch.func` nor forward-mode derivatives.
    """
    if backend.name() != "torch":
        return False
    from syntagma.kernels.lstm_torch import is_transformed

    return is_transformed(tensor)


def _environment_obstacle() -> str:
    """Return why the C++ kernel cannot be used with this installation, device and backend, or "" if it can."""
    if backend.name() == "tensorflow":
        return "there is no bridge for TensorFlow"
    if backend.accelerator():
        return f"{backend.accelerator()} is in use, where the framework's own kernels are faster"
    library = native.library()
    if library is None:
        return "it was not built, because no C++ compiler was found when Syntagma was installed"
    if backend.name() == "jax" and not library.has_jax:
        return "it was built without its JAX bridge, because the headers of jaxlib were not found"
    return _failure()


def _failure() -> str:
    """Make a small test call, and return why it failed, or an empty string if it succeeded.

    A JAX version that does not accept the kernel raises an error only at the first call. Only success is cached,
    because the call can fail temporarily: during an export, or while tensors have no values.
    """
    if backend.name() in _working_backends:
        return ""
    try:
        if backend.run_outside_tracing(_test_call) != 0:
            return "its first call returned a wrong result"
    except (RuntimeError, NotImplementedError, ValueError, TypeError) as error:
        return f"its first call failed ({str(error).splitlines()[0][:200]})"
    _working_backends.add(backend.name())
    return ""


def _test_call() -> float:
    from keras import ops

    from syntagma.kernels.lstm import lstm

    shapes = ((1, 1, 1), (1, 4), (1, 4), (4,), (1, 1), (1, 1))
    arrays = (ops.convert_to_tensor(np.zeros(shape, np.float32)) for shape in shapes)  # without compiling anything
    return float(lstm(LSTMArguments(*arrays), LSTMOptions()).h[0, 0])


def _describe_kernel() -> str:
    library = native.require_library()
    return f"{library.instructions}, {library.threads} threads"


@cache
def _log(choice: Choice) -> None:
    logging.getLogger("syntagma").info("LSTM: %s (%s)", choice.kernel, choice.reason)
