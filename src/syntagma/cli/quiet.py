"""Suppression of messages that Keras and its backends would otherwise print in the middle of a command's output."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from syntagma import importing

_LOGGERS = ("absl", "jax", "keras", "matplotlib", "tensorflow", "torch")
# Environment variables for the log levels of messages that JAX, TensorFlow, XLA and PyTorch print from C++.
_LEVELS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TORCH_CPP_LOG_LEVEL": "ERROR"}


def hush() -> None:
    """Hide all messages of Keras, its backends and Matplotlib except errors.

    Log levels that the user has set in environment variables are kept. This function must be called before any of these
    packages is imported.
    """
    wants_messages = "TF_CPP_MIN_LOG_LEVEL" in os.environ
    for name, level in _LEVELS.items():
        os.environ.setdefault(name, level)
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    if "tensorflow" not in sys.modules and not wants_messages:
        # TensorFlow prints messages while it is imported, before it reads the level. Keras imports it with every
        # backend.
        importing.wrap_first_import("tensorflow", _no_standard_error)


@contextmanager
def _no_standard_error() -> Iterator[None]:
    """Discard everything written to standard error within the `with` block, including messages from C++."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
