"""C++ library of the kernels (`native/`): lookup, loading, and calls with memory addresses.

An installation without a compiler has no library. The framework's own loop is used then (`select.py`).
"""

import ctypes
import sys
from functools import cache
from importlib import resources
from pathlib import Path

from syntagma import variables

_NAMES = {"darwin": "libsyntagma_lstm.dylib"}
_NAME = _NAMES.get(sys.platform, "libsyntagma_lstm.so")
_SIZES = ("batch", "time", "inputs", "units")
ARRAYS = ("x", "kernel", "recurrent", "bias", "h0", "c0")
DROPOUT = ("x_dropout", "h_dropout", "y_dropout")


class Inputs(ctypes.Structure):
    """`syntagma_lstm_inputs` in `lstm.h`, which documents the fields. `None` leaves out an array."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in _SIZES),
        *((name, ctypes.c_void_p) for name in (*ARRAYS, "lengths", "mask", *DROPOUT)),
        ("x_masks", ctypes.c_int64),
        ("backwards", ctypes.c_int32),
        ("zero_output", ctypes.c_int32),
        ("share_prefix", ctypes.c_int32),
    ]


class Outputs(ctypes.Structure):
    """`syntagma_lstm_outputs`."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("y", "h", "c", "kept")]


class Gradients(ctypes.Structure):
    """`syntagma_lstm_gradients`."""

    _fields_ = [
        (name, ctypes.c_void_p)
        for name in ("kept", "dy", "dh", "dc", "dc_steps", "dx", "dkernel", "drecurrent", "dbias", "dh0", "dc0")
    ]


class Series(ctypes.Structure):
    """`syntagma_series` in `dtw.h`: N series of D channels, one after another."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in ("rows", "channels")),
        *((name, ctypes.c_void_p) for name in ("values", "starts")),
    ]


class Library:
    """Kernels as functions of structures of memory addresses.

    Calls release Python's global interpreter lock.

    Args:
        path: Path of the shared library.
    """

    def __init__(self, path: Path):
        self.path = path
        self.functions = ctypes.CDLL(str(path))
        for name in ("forward", "backward"):
            getattr(self.functions, f"syntagma_lstm_{name}").restype = ctypes.c_char_p
        self.functions.syntagma_dtw_nearest.restype = ctypes.c_char_p
        self.functions.syntagma_isa.restype = ctypes.c_char_p
        self.functions.syntagma_threads.restype = ctypes.c_int32

    @property
    def instructions(self) -> str:
        """Instruction set in use: "avx512", "avx2" or "portable"."""
        return str(self.functions.syntagma_isa().decode())

    @property
    def threads(self) -> int:
        """Number of threads, including that of the caller."""
        return int(self.functions.syntagma_threads())

    @property
    def has_jax(self) -> bool:
        """True if the library was built with the JAX bridge."""
        return hasattr(self.functions, "syntagma_jax_lstm_forward")

    def forward(self, inputs: Inputs, outputs: Outputs) -> None:
        """Run the LSTM.

        Raises:
            ValueError: If the inputs are invalid.
        """
        _check("LSTM", self.functions.syntagma_lstm_forward(ctypes.byref(inputs), ctypes.byref(outputs)))

    def backward(self, inputs: Inputs, gradients: Gradients) -> None:
        """Compute the gradients of all inputs.

        Raises:
            ValueError: If the inputs are invalid.
        """
        _check("LSTM", self.functions.syntagma_lstm_backward(ctypes.byref(inputs), ctypes.byref(gradients)))

    def forget(self, key: int) -> None:
        """Release the residuals that `forward` stored under a key, whose gradients are no longer needed."""
        self.functions.syntagma_lstm_forget(ctypes.c_int64(key))

    def dtw_nearest(
        self, queries: Series, candidates: Series, window: float, excluded: int | None, nearest: int, distances: int
    ) -> None:
        """Find the nearest candidate of each query under dynamic time warping.

        Args:
            queries: B series.
            candidates: Series with the same channels.
            window: Width of the band as a share of the longer series, in [0, 1].
            excluded: Address of the candidate that each query is not compared with, int64 (B,), or `None`.
            nearest: Address of the output, int64 (B,).
            distances: Address of the output, float64 (B,).

        Raises:
            ValueError: If the inputs are invalid.
        """
        addresses = (ctypes.c_void_p(address) for address in (excluded, nearest, distances))
        series = (ctypes.byref(queries), ctypes.byref(candidates))
        _check("DTW", self.functions.syntagma_dtw_nearest(*series, ctypes.c_double(window), *addresses))


@cache
def library() -> Library | None:
    """Load the library of this installation, or return `None` if it was installed without a compiler.

    Raises:
        InputError: If an environment variable that the library reads has an invalid value.
    """
    variables.check("SYNTAGMA_ISA", "SYNTAGMA_KEEP_MB", "SYNTAGMA_THREADS")
    path = _find()
    return None if path is None else Library(path)


def require_library() -> Library:
    """Return the library, for callers that know from `select.py` that it exists."""
    loaded = library()
    assert loaded is not None
    return loaded


def _find() -> Path | None:
    # In an editable installation, the sources and the built library are in different folders.
    for path in (Path(__file__).parent / _NAME, Path(str(resources.files("syntagma.kernels") / _NAME))):
        if path.is_file():
            return path
    return None


def _check(kernel: str, error: bytes | None) -> None:
    if error is not None:
        raise ValueError(f"The {kernel} kernel got invalid inputs: {error.decode()}.")
