"""Exceptions that Syntagma raises.

    SyntagmaError
    ├── InputError (ValueError)     wrong user input; the command exits with code 2
    │   ├── DataError               a file, row, column, text or label
    │   ├── ConfigError             a recipe, one of its keys, or a value
    │   ├── BundleError             a saved model that cannot be trusted or read
    │   └── FolderError             an output folder or a run folder
    │       └── StorageError (OSError)  a disk that is full or not writable
    ├── DownloadError (OSError)     a named corpus that could not be downloaded
    ├── MissingPackageError (ImportError)   an optional package; the message names the extra that installs it
    └── ForkError (RuntimeError)    a forked process, in which the framework would hang

Each message names the object, the rule, the value that broke it, and the remedy.
"""

import errno
import re
from pathlib import Path

# Messages may quote the content of files, which must neither fill the screen nor break the line.
_LONGEST_MESSAGE = 1500
_SHOWN_END = 500
_FROM_KERAS = "Exception encountered when calling"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class SyntagmaError(Exception):
    """Base class of all errors that Syntagma raises deliberately."""


class InputError(SyntagmaError, ValueError):
    """Wrong user input: a file, an option, a recipe or an argument.

    Args:
        message: Error message on one line, with the rule, the value and the remedy.
        path: File or folder that caused the error, if any. Its path is placed before `message`.
        line: Line number in that file, counted from 1.
    """

    def __init__(self, message: str, *, path: str | Path | None = None, line: int | None = None):
        self.path = None if path is None else str(path)
        self.line = line
        super().__init__(_one_line(_place(self.path, line) + message))


class DataError(InputError):
    """An invalid file, row, column, text or label."""


class ConfigError(InputError):
    """An invalid recipe, setting or option."""


class BundleError(InputError):
    """A saved model that is incomplete, modified, too large, or in another format."""


class FolderError(InputError):
    """An output folder that already exists, or a run folder that is missing, damaged or unsuitable."""


class StorageError(FolderError, OSError):
    """Error raised when a path cannot be written: the disk is full or read-only, or permission is denied.

    Args:
        error: Error raised by the operating system.
        path: File or folder that could not be written.
    """

    def __init__(self, error: OSError, path: str | Path):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        remedy = "Free some disk space" if full else "Change its permissions, or choose another path"
        message = f"cannot be written: {error.strerror}. {remedy}; an interrupted training continues with --resume."
        super().__init__(message, path=path)
        self.errno, self.strerror = error.errno, error.strerror

    def __str__(self) -> str:
        return str(self.args[0])


class DownloadError(SyntagmaError, OSError):
    """A named corpus that could not be downloaded, or whose content differs from the expected checksum."""


class ForkError(SyntagmaError, RuntimeError):
    """A process that was forked after the framework had started threads.

    A fork does not copy threads, so the process would wait for them forever.
    """


class MissingPackageError(SyntagmaError, ImportError):
    """An optional package that is needed but not installed."""


def _one_line(message: str) -> str:
    """Return a message on one line, with unprintable characters escaped and the middle of a long message cut out.

    Messages from Keras keep their line breaks. Only terminal colours are removed from them.
    """
    if message.startswith(_FROM_KERAS):  # Keras appends the arguments of the call, on separate lines
        return _COLOURS.sub("", message)
    if not message.isprintable():  # escapes zero-width characters too, because they may be the cause of the error
        message = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)
    if len(message) <= _LONGEST_MESSAGE:
        return message
    return f"{message[: _LONGEST_MESSAGE - _SHOWN_END]} ... {message[-_SHOWN_END:]}"


def _place(path: str | None, line: int | None) -> str:
    if path is None:
        return ""
    return f"{path}: " if line is None else f"{path}:{line}: "
