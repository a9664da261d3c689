"""Which inner loop serves an LSTM, and why: asked before, never found out by an error.

`kernel="native"` or `"framework"`, and the variable SYNTAGMA_KERNEL over it, force the answer either way.
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
# Backends under which the kernel has worked in this process.
_proved: set[str] = set()


class Choice(NamedTuple):
    """What serves, "native" (the kernel in C++) or "framework" (Keras' own loop, or cuDNN), and the reason."""

    kernel: str
    reason: str


def choose(activation: str, recurrent_activation: str, dtype: str, wanted: str = "auto") -> Choice:
    """Answers for one layer.

    Args:
        activation: Of the candidate and the output, by Keras' name.
        recurrent_activation: Of the three gates.
        dtype: In which the layer computes.
        wanted: "auto", or what the layer's user asks for; SYNTAGMA_KERNEL stands over it.

    Raises:
        InputError: No such kernel, or "native" is wanted where it cannot serve.
    """
    forced = variables.value("SYNTAGMA_KERNEL")
    wanted = wanted if forced is None else forced
    if wanted not in KERNELS:
        raise InputError(f"The kernel of an LSTM must be one of {', '.join(KERNELS)}; got {wanted!r}.")
    if wanted == "framework":
        choice = Choice("framework", "asked for")
    else:
        obstacle = _obstacle(activation, recurrent_activation, dtype)
        if wanted == "native" and obstacle:
            raise InputError(f"The native LSTM kernel cannot serve: {obstacle}. Ask for kernel='auto'.")
        choice = Choice("framework", obstacle) if obstacle else Choice("native", _best())
    _log(choice)
    return choice


def _obstacle(activation: str, recurrent_activation: str, dtype: str) -> str:
    """Why the kernel cannot serve; empty where it can."""
    if activation != "tanh" or recurrent_activation != "sigmoid":
        return f"it has tanh and sigmoid, not {activation} and {recurrent_activation}"
    if dtype == "float64":
        return "it works in float32, not in float64"
    return _obstacle_here()


def is_transformed(tensor: Any) -> bool:
    """Return whether PyTorch is about to differentiate, or map, in a way that the kernel does not know.

    That are the transforms of `torch.func`, and forward-mode derivatives.
    """
    if backend.name() != "torch":
        return False
    from syntagma.kernels.lstm_torch import is_transformed

    return is_transformed(tensor)


def _obstacle_here() -> str:
    """The same, as far as it depends on machine, installation, device and backend alone."""
    if backend.name() == "tensorflow":
        return "TensorFlow has no bridge to it"
    if backend.accelerator():
        return f"{backend.accelerator()} is in use, where the framework's own kernels are faster"
    library = native.library()
    if library is None:
        return "it was not built, since no C++ compiler was found when Syntagma was installed"
    if backend.name() == "jax" and not library.has_jax:
        return "it was built without its door for JAX, since jaxlib's headers were not found"
    return _failure()


def _failure() -> str:
    """One small call: a handler that this version of JAX does not take shows itself only then.

    Only that it works is remembered: within an export, or where tensors have no numbers, it fails for that time.
    """
    if backend.name() in _proved:
        return ""
    try:
        if backend.outside_of_tracing(_first_number) != 0:
            return "its first call gave a wrong number"
    except (RuntimeError, NotImplementedError, ValueError, TypeError) as error:
        return f"its first call failed ({str(error).splitlines()[0][:200]})"
    _proved.add(backend.name())
    return ""


def _first_number() -> float:
    from keras import ops

    from syntagma.kernels.lstm import lstm

    shapes = ((1, 1, 1), (1, 4), (1, 4), (4,), (1, 1), (1, 1))
    arrays = (ops.convert_to_tensor(np.zeros(shape, np.float32)) for shape in shapes)  # nothing is compiled for them
    return float(lstm(LSTMArguments(*arrays), LSTMOptions()).h[0, 0])


def _best() -> str:
    library = native.required()
    return f"{library.instructions}, {library.threads} threads"


@cache
def _log(choice: Choice) -> None:
    logging.getLogger("syntagma").info("LSTM: %s (%s)", choice.kernel, choice.reason)
