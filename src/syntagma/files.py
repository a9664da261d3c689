"""Reading of files with a size limit, and atomic writing that never leaves a partial file or folder."""

import ctypes
import errno
import gzip
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from syntagma.errors import InputError, StorageError
from syntagma.shapes import AnyArray

_AT_CURRENT_FOLDER = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE

# Errors of file systems that cannot flush a folder.
_CANNOT_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EACCES, errno.EPERM}
# The system's error code within the message of a SafetensorError.
_SYSTEM_CODE = re.compile(r"(?:Os \{ code:|os error) (\d+)")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Temporary files and folders of `atomic_write` and `atomic_write_folder`.
_TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}\.(tmp|old)")

_CANNOT_BE_WRITTEN = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM,
}  # fmt: skip


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`, and rename it to `path` when the block succeeds.

    The content is flushed to the disk before the rename, so a crash leaves either the old file or the new one.
    If the block raises an error, the temporary file is removed and `path` is unchanged.

    Raises:
        StorageError: If the disk is full or not writable.
    """
    path = Path(path)
    with _storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            _flush_to_disk(temporary)
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
            _flush_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def is_temporary(path: Path) -> bool:
    """Return whether `path` is named like a temporary file or folder. A killed process may leave these behind."""
    return _TEMPORARY.fullmatch(path.name) is not None


def remove_temporaries(folder: Path) -> None:
    """Remove temporary files and folders that killed processes left in a folder and its subfolders.

    No process may be writing to the folder at the same time.
    """
    for path in list(folder.rglob(".*")):
        if is_temporary(path):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


@contextmanager
def atomic_write_folder(path: str | Path) -> Iterator[Path]:
    """Yield a new folder next to `path`, and move it to `path` when the block succeeds.

    On Linux, an existing folder at `path` is exchanged with the new one in a single step, so a process killed at any
    moment leaves either the old or the new folder. On other systems the existing folder is moved aside first.

    Raises:
        StorageError: If the disk is full or not writable.
    """
    path = Path(path)
    with _storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
        temporary.chmod(0o777 & ~_umask())
        try:
            yield temporary
            if path.exists() and not _exchange(temporary, path):
                path.rename(temporary.with_suffix(".old"))
            if not path.exists():
                temporary.rename(path)
            _flush_folder(path.parent)
            shutil.rmtree(temporary.with_suffix(".old"), ignore_errors=True)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write bytes to a file atomically."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def write_arrays(path: Path, arrays: Mapping[str, AnyArray]) -> None:
    """Write named arrays to a safetensors file. Unlike the other functions here, this one does not write atomically.

    Raises:
        OSError: If the file cannot be written. This error replaces the `SafetensorError` that safetensors raises.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file(dict(arrays), path)
    except SafetensorError as error:
        code = _SYSTEM_CODE.search(str(error))
        if code is None:
            raise
        raise OSError(int(code[1]), os.strerror(int(code[1])), str(path)) from error


def write_text(path: str | Path, content: str) -> None:
    """Write text to a UTF-8 file atomically, without translating line endings."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: str | Path, value: Any) -> None:
    """Write a value to a file as indented JSON, atomically.

    Raises:
        ValueError: If a number is NaN or infinite.
    """
    write_text(path, json_text(value))


def json_text(value: Any) -> str:
    r"""Return a value as indented JSON, in the format that `write_json` writes.

    Lone surrogates, which file names may contain but UTF-8 cannot encode, are written as `\uXXXX` escapes. Reading
    the JSON restores them.

    Raises:
        ValueError: If a number is NaN or infinite.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_json_lines(path: str | Path, values: Iterable[Any]) -> None:
    """Write a JSONL file atomically, with one value per line.

    Raises:
        ValueError: If a number is NaN or infinite.
    """
    lines = [json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n" for value in values]
    write_text(path, "".join(lines))


def read_bytes(path: str | Path, limit_bytes: int) -> bytes:
    """Read a file of at most `limit_bytes`.

    Raises:
        InputError: If the file is missing, is not a regular file, or is larger than the limit.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(limit_bytes + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}.", path=path) from error
    if len(content) > limit_bytes:
        raise InputError(f"a file of this kind has at most {limit_bytes:,} bytes; this one is larger.", path=path)
    return content


def read_text(path: str | Path, limit_bytes: int) -> str:
    """Read a UTF-8 file of at most `limit_bytes`.

    Raises:
        InputError: If the content is not UTF-8, or for the reasons given in `read_bytes`.
    """
    try:
        return read_bytes(path, limit_bytes).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"must be UTF-8; byte {error.start} is not.", path=path) from error


def read_json(path: str | Path, limit_bytes: int) -> Any:
    """Read a JSON file of at most `limit_bytes`.

    Raises:
        InputError: If the content is not valid JSON, or for the reasons given in `read_text`.
    """
    try:
        return json.loads(read_text(path, limit_bytes))
    except InputError:
        raise
    except json.JSONDecodeError as error:
        raise InputError(f"is not valid JSON: {error.msg}.", path=path, line=error.lineno) from error
    except RecursionError as error:
        raise InputError("is nested too deeply to be read.", path=path) from error
    except ValueError as error:  # a number of thousands of digits
        raise InputError(f"cannot be read: {error}.", path=path) from error


def read_json_lines(path: str | Path, limit_bytes: int) -> list[Any]:
    """Read all values of a JSONL file of at most `limit_bytes`. Empty lines are skipped.

    Raises:
        InputError: If a line is not valid JSON, or for the reasons given in `read_text`.
    """
    values = []
    for number, line in enumerate(read_text(path, limit_bytes).split("\n"), start=1):
        try:
            values += [json.loads(line)] if line else []
        except (ValueError, RecursionError) as error:
            raise InputError(f"is not valid JSON: {error}.", path=path, line=number) from error
    return values


def open_binary(path: str | Path) -> IO[bytes]:
    """Open a file for reading bytes. If its name ends in `.gz`, its content is decompressed."""
    path = Path(path)
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def sha256_of(path: str | Path) -> str:
    """Return the SHA-256 digest of a file in hexadecimal.

    Raises:
        InputError: If the file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}.", path=path) from error


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    """Raise a `StorageError` that names `path` if a write within the block fails because of the disk or permissions."""
    try:
        yield
    except OSError as error:  # the error may name a file in a temporary folder
        if error.errno in _CANNOT_BE_WRITTEN:
            raise StorageError(error, path) from error
        raise


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two paths in a single step, and return whether this succeeded. Not every file system supports it."""
    try:
        rename = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    names = (os.fsencode(first), os.fsencode(second))
    return bool(rename(_AT_CURRENT_FOLDER, names[0], _AT_CURRENT_FOLDER, names[1], _EXCHANGE) == 0)


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(path: Path) -> None:
    """Flush the entries of a folder to the disk.

    The error from a file system that cannot do this, such as a network file system, is ignored, because the files
    themselves have already been flushed.
    """
    try:
        _flush_to_disk(path)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
