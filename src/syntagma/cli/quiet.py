"""Keep the frameworks' own messages out of what a command prints."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from syntagma import importing

_LOGGERS = ("absl", "jax", "keras", "matplotlib", "tensorflow", "torch")
# What JAX, TensorFlow and XLA, and PyTorch print from C++.
_LEVELS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TORCH_CPP_LOG_LEVEL": "ERROR"}


def hush() -> None:
    """Keep all but errors of the frameworks from being printed; what the user has set in the environment stays.

    Call it before any of them is imported.
    """
    wants_messages = "TF_CPP_MIN_LOG_LEVEL" in os.environ
    for name, level in _LEVELS.items():
        os.environ.setdefault(name, level)
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    if "tensorflow" not in sys.modules and not wants_messages:
        # It prints while it is imported, before it has read the level. Keras imports it under every backend.
        importing.surround("tensorflow", _no_standard_error)


@contextmanager
def _no_standard_error() -> Iterator[None]:
    """Lead what this process writes to standard error, from C++ too, nowhere."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
