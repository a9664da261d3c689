"""The exceptions of Syntagma.

    SyntagmaError
    ├── InputError (ValueError)     something that a person gave is wrong; the command ends with exit code 2
    │   ├── DataError               a file, a row, a column, a text or a label
    │   ├── ConfigError             a recipe, a key of it, or a value
    │   ├── BundleError             a saved model that cannot be trusted or read
    │   └── FolderError             an output folder or a run folder
    │       └── StorageError (OSError)  a disk that is full or may not be written
    ├── DownloadError (OSError)     a named corpus that could not be fetched
    ├── MissingPackageError (ImportError)   an optional package; the message names the extra that brings it
    └── ForkError (RuntimeError)    a forked process, in which the framework would never answer

A message says who, the rule, the value that broke it, and the remedy.
"""

import errno
import re
from pathlib import Path

# What stands in a file may be shown, but neither fill the screen nor break the line.
_LONGEST_MESSAGE = 1500
_SHOWN_END = 500
_FROM_KERAS = "Exception encountered when calling"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class SyntagmaError(Exception):
    """Base of every error that Syntagma raises on purpose."""


class InputError(SyntagmaError, ValueError):
    """Something that a person gave is wrong.

    Args:
        message: Rule, value and remedy, in one line.
        path: The file where it stands, if there is one; the message starts with it.
        line: The line in that file, counted from 1.
    """

    def __init__(self, message: str, *, path: str | Path | None = None, line: int | None = None):
        self.path = None if path is None else str(path)
        self.line = line
        super().__init__(_one_line(_place(self.path, line) + message))


class DataError(InputError):
    """A file, row, column, text or label that breaks a rule."""


class ConfigError(InputError):
    """A recipe, a key or a value that breaks a rule."""


class BundleError(InputError):
    """A saved model that is incomplete, changed, too large, or of another format."""


class FolderError(InputError):
    """An output folder that exists, is missing, or is no run folder."""


class StorageError(FolderError, OSError):
    """A place that cannot be written: the disk is full, read-only, or somebody else's.

    Args:
        error: What the system said.
        path: What was to be written.
    """

    def __init__(self, error: OSError, path: str | Path):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        remedy = "Make room there" if full else "Change its permissions, or choose another place"
        message = f"cannot be written: {error.strerror}. {remedy}; a training that had begun goes on with --resume."
        super().__init__(message, path=path)
        self.errno, self.strerror = error.errno, error.strerror

    def __str__(self) -> str:
        return str(self.args[0])


class DownloadError(SyntagmaError, OSError):
    """A named corpus that could not be fetched or did not have the promised content."""


class ForkError(SyntagmaError, RuntimeError):
    """A process was forked after the framework had started, and would wait for threads that it does not have."""


class MissingPackageError(SyntagmaError, ImportError):
    """An optional package that is not installed."""


def _one_line(message: str) -> str:
    """The message with line ends, lone surrogates and the like spelled out, and without its middle where it is long."""
    if message.startswith(_FROM_KERAS):  # which has put what the layer was called with behind it
        return _COLOURS.sub("", message)
    if not message.isprintable():  # signs without width too, which might be what is wrong
        message = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)
    if len(message) <= _LONGEST_MESSAGE:
        return message
    return f"{message[: _LONGEST_MESSAGE - _SHOWN_END]} ... {message[-_SHOWN_END:]}"


def _place(path: str | None, line: int | None) -> str:
    if path is None:
        return ""
    return f"{path}: " if line is None else f"{path}:{line}: "
