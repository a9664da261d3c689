"""Keeping the messages of the frameworks out of the output of commands."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from syntagma import importing

_LOGGERS = ("absl", "jax", "keras", "matplotlib", "tensorflow", "torch")
# Levels of the messages that JAX, TensorFlow, XLA and PyTorch print from C++.
_LEVELS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TORCH_CPP_LOG_LEVEL": "ERROR"}


def hush() -> None:
    """Hide all messages of the frameworks except errors. Levels that the user has set in the environment are kept.

    This must be called before any of the frameworks is imported.
    """
    wants_messages = "TF_CPP_MIN_LOG_LEVEL" in os.environ
    for name, level in _LEVELS.items():
        os.environ.setdefault(name, level)
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    if "tensorflow" not in sys.modules and not wants_messages:
        # TensorFlow prints during its import, before it reads the level, and Keras imports it with every backend.
        importing.wrap_first_import("tensorflow", _no_standard_error)


@contextmanager
def _no_standard_error() -> Iterator[None]:
    """Discard what this process writes to standard error within the block, including messages from C++."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
