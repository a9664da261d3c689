"""C++ library of the kernels (`native/`): lookup, loading, and calls with memory addresses.

If Syntagma was installed without a compiler, there is no library, and the framework's own loop is used (`select.py`).
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
    """C structure `syntagma_lstm_inputs`, the inputs of the LSTM kernel.

    `lstm.h` documents its fields. To leave out an optional array, set its address to `None`.
    """

    _fields_ = [
        *((name, ctypes.c_int64) for name in _SIZES),
        *((name, ctypes.c_void_p) for name in (*ARRAYS, "lengths", "mask", *DROPOUT)),
        ("x_masks", ctypes.c_int64),
        ("backwards", ctypes.c_int32),
        ("zero_output", ctypes.c_int32),
        ("share_prefix", ctypes.c_int32),
    ]


class Outputs(ctypes.Structure):
    """C structure `syntagma_lstm_outputs`, the addresses to which the LSTM kernel writes its results.

    `lstm.h` documents its fields.
    """

    _fields_ = [(name, ctypes.c_void_p) for name in ("y", "h", "c", "kept")]


class Gradients(ctypes.Structure):
    """C structure `syntagma_lstm_gradients`, the inputs and outputs of backpropagation.

    `lstm.h` documents its fields.
    """

    _fields_ = [
        (name, ctypes.c_void_p)
        for name in ("kept", "dy", "dh", "dc", "dc_steps", "dx", "dkernel", "drecurrent", "dbias", "dh0", "dc0")
    ]


class Series(ctypes.Structure):
    """C structure `syntagma_series`, N series of D channels that are stored one after another.

    `dtw.h` documents its fields.
    """

    _fields_ = [
        *((name, ctypes.c_int64) for name in ("rows", "channels")),
        *((name, ctypes.c_void_p) for name in ("values", "starts")),
    ]


class Library:
    """Loaded C++ library, whose methods call the kernels with the memory addresses of arrays.

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
        """Number of threads that the kernels use, including the calling thread."""
        return int(self.functions.syntagma_threads())

    @property
    def has_jax(self) -> bool:
        """Whether the library was built with the JAX bridge."""
        return hasattr(self.functions, "syntagma_jax_lstm_forward")

    def forward(self, inputs: Inputs, outputs: Outputs) -> None:
        """Run the LSTM, and write its results to the addresses in `outputs`.

        Raises:
            ValueError: If the inputs are invalid.
        """
        _check("LSTM", self.functions.syntagma_lstm_forward(ctypes.byref(inputs), ctypes.byref(outputs)))

    def backward(self, inputs: Inputs, gradients: Gradients) -> None:
        """Compute the gradients with respect to all inputs, and write them to the addresses in `gradients`.

        Raises:
            ValueError: If the inputs are invalid.
        """
        _check("LSTM", self.functions.syntagma_lstm_backward(ctypes.byref(inputs), ctypes.byref(gradients)))

    def forget(self, key: int) -> None:
        """Release the values that `forward` stored under a key for `backward`.

        Call this if `backward` will not be called.
        """
        self.functions.syntagma_lstm_forget(ctypes.c_int64(key))

    def dtw_nearest(
        self, queries: Series, candidates: Series, window: float, excluded: int | None, nearest: int, distances: int
    ) -> None:
        """Find the nearest candidate of each query under dynamic time warping.

        For the formula, see `kernels.dtw.nearest`.

        Args:
            queries: N series for which to find the nearest candidate.
            candidates: Series to search, with the same number of channels as the queries.
            window: Width of the band as a share of the length of the longer series, in [0, 1].
            excluded: Address of an array with the index of the candidate to exclude for each query, int64 (N,). `None`
                to compare each query with all candidates.
            nearest: Address to which the index of each query's nearest candidate is written, int64 (N,).
            distances: Address to which the squared distance to that candidate is written, float64 (N,).

        Raises:
            ValueError: If the inputs are invalid.
        """
        addresses = (ctypes.c_void_p(address) for address in (excluded, nearest, distances))
        series = (ctypes.byref(queries), ctypes.byref(candidates))
        _check("DTW", self.functions.syntagma_dtw_nearest(*series, ctypes.c_double(window), *addresses))


@cache
def library() -> Library | None:
    """Load the library of this installation, or return `None` if the library was not built.

    Raises:
        InputError: If an environment variable that the library reads has an invalid value.
    """
    variables.check("SYNTAGMA_ISA", "SYNTAGMA_KEEP_MB", "SYNTAGMA_THREADS")
    path = _find()
    return None if path is None else Library(path)


def require_library() -> Library:
    """Return the library. The caller must know that it exists, for example because `select.choose` chose it."""
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
