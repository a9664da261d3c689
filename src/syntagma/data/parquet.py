"""Parquet, read with polars.

A damaged file can make polars panic, or ask for so much memory that the whole process is ended. So it is read once by a
process of its own, which may die, and only what it survives is read here. That takes a quarter of a second.
"""

import io
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from syntagma.data.lines import opened
from syntagma.data.rows import RawRows, check_width
from syntagma.errors import DataError

# What is repeated takes no room in a file: a few bytes may stand for gigabytes.
_MOST_VALUES = 200_000_000
_MOST_TEXT_BYTES = 16 << 30

_TRIAL_SECONDS = 60
_TRIAL_BYTES_A_SECOND = 1_000_000
# An error that polars reports comes out again when the file is read here.
_TRIAL = """
import io, os, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),) * 2)
except (ImportError, AttributeError, OSError, ValueError):
    pass
import polars
try:
    polars.read_parquet(io.BytesIO(sys.stdin.buffer.read()))
except (polars.exceptions.PanicException, Exception):
    pass
"""


def read_parquet(path: str | Path) -> RawRows:
    """Reads all columns of a Parquet file; a place is the number of a row, counted from 1.

    Raises:
        DataError: The file is no Parquet file, is damaged, has no rows, or too many.
    """
    frame = _frame(path)
    if frame.is_empty():
        raise DataError("has no rows.", path=path)
    check_width(frame.width, path)
    _check_size(frame, path)
    columns = {name: frame.get_column(name).to_list() for name in frame.columns}
    return RawRows(columns, list(range(1, frame.height + 1)))


def _frame(path: str | Path) -> Any:
    import polars

    try:
        with opened(path) as file:
            raw = file.read()
        with _silence():
            polars.read_parquet_schema(io.BytesIO(raw))  # most of what is damaged shows here, without a trial
            if not _survives(raw):
                raise DataError("cannot be read as Parquet: it is damaged.", path=path)
            return polars.read_parquet(io.BytesIO(raw))
    except (polars.exceptions.PanicException, polars.exceptions.PolarsError, OSError, EOFError, zlib.error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"cannot be read as Parquet: {reason}.", path=path) from error


def _survives(raw: bytes) -> bool:
    """Whether a process that reads the file comes to an ordinary end."""
    if not sys.executable:  # Python within another program: there is nothing to start
        return True
    limit_seconds = _TRIAL_SECONDS + len(raw) / _TRIAL_BYTES_A_SECOND
    command = [sys.executable, "-P", "-c", _TRIAL]
    try:
        done = subprocess.run(
            command,
            input=raw,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=limit_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing reaches this process' standard error: a damaged file can make polars panic, and print pages there."""
    try:
        kept = os.dup(2)
    except OSError:  # it is closed already
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _check_size(frame: Any, path: str | Path) -> None:
    import polars

    if frame.height * frame.width > _MOST_VALUES:
        raise DataError(
            f"may have at most {_MOST_VALUES:,} values; it has {frame.height:,} rows of {frame.width:,}. Split it.",
            path=path,
        )
    text_bytes = sum(frame.select(polars.col(polars.String).str.len_bytes().sum()).row(0))
    if text_bytes > _MOST_TEXT_BYTES:
        raise DataError(
            f"may hold at most {_MOST_TEXT_BYTES:,} bytes of text; it has {text_bytes:,}. Split it.", path=path
        )
