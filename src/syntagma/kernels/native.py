"""The library in C++ (`native/`), found, loaded, and called on addresses.

Whether it is there is asked, not tried: an installation without a compiler has none, and then the framework's own loop
serves (`select.py`).
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
    """`syntagma_lstm_inputs` of `lstm.h`, which says what each is; an array that is not given is `None`."""

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
    """`syntagma_series` of `dtw.h`: N series of D channels, one after the other."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in ("rows", "channels")),
        *((name, ctypes.c_void_p) for name in ("values", "starts")),
    ]


class Library:
    """The kernels as functions of structures of addresses.

    Args:
        path: The shared library.

    A call holds no lock of Python's while it works.
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
        """The instruction set in use: "avx512", "avx2" or "portable"."""
        return str(self.functions.syntagma_isa().decode())

    @property
    def threads(self) -> int:
        """Threads that work at once, the caller's included."""
        return int(self.functions.syntagma_threads())

    @property
    def has_jax(self) -> bool:
        """Whether it was built with its door for JAX."""
        return hasattr(self.functions, "syntagma_jax_lstm_forward")

    def forward(self, inputs: Inputs, outputs: Outputs) -> None:
        """Reads the sequences.

        Raises:
            ValueError: The kernel refuses the inputs.
        """
        _check("LSTM", self.functions.syntagma_lstm_forward(ctypes.byref(inputs), ctypes.byref(outputs)))

    def backward(self, inputs: Inputs, gradients: Gradients) -> None:
        """Gradients of everything that went in.

        Raises:
            ValueError: The kernel refuses the inputs.
        """
        _check("LSTM", self.functions.syntagma_lstm_backward(ctypes.byref(inputs), ctypes.byref(gradients)))

    def forget(self, name: int) -> None:
        """Give back the memory of what `forward` kept under a name, as nobody will ask for its gradients."""
        self.functions.syntagma_lstm_forget(ctypes.c_int64(name))

    def dtw_nearest(
        self, queries: Series, candidates: Series, window: float, excluded: int | None, nearest: int, distances: int
    ) -> None:
        """Find the nearest candidate of each query under dynamic time warping.

        Args:
            queries: B series.
            candidates: Series of the same channels.
            window: Share of the longer series, in [0, 1].
            excluded: Address of int64 (B,), the candidate not to compare each query with, or `None`.
            nearest: Address of int64 (B,), which is written.
            distances: Address of float64 (B,), which is written.

        Raises:
            ValueError: The kernel refuses the inputs.
        """
        addresses = (ctypes.c_void_p(address) for address in (excluded, nearest, distances))
        series = (ctypes.byref(queries), ctypes.byref(candidates))
        _check("DTW", self.functions.syntagma_dtw_nearest(*series, ctypes.c_double(window), *addresses))


@cache
def library() -> Library | None:
    """The library of this installation, or `None` where it was installed without a compiler.

    Raises:
        InputError: A variable that the library reads has a wrong value.
    """
    variables.check("SYNTAGMA_ISA", "SYNTAGMA_KEEP_MB", "SYNTAGMA_THREADS")
    path = _find()
    return None if path is None else Library(path)


def required() -> Library:
    """The library, for whoever has been told by `select.py` that it is there."""
    found = library()
    assert found is not None
    return found


def _find() -> Path | None:
    # An editable installation keeps the sources and what was built of them in two folders.
    for place in (Path(__file__).parent / _NAME, Path(str(resources.files("syntagma.kernels") / _NAME))):
        if place.is_file():
            return place
    return None


def _check(kernel: str, wrong: bytes | None) -> None:
    if wrong is not None:
        raise ValueError(f"The {kernel} kernel refuses its inputs: {wrong.decode()}.")
