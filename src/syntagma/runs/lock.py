"""One training at a time in a folder. The system lets go of the lock when a process ends, however it ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syntagma.errors import FolderError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds a folder for this process.

    Raises:
        FolderError: Another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = "another training is at work there; wait for its end, or name another --out."
            raise FolderError(message, path=folder) from error
        yield
    finally:
        os.close(descriptor)
