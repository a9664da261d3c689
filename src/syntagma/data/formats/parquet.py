"""Parquet files, read with polars.

A damaged file can make polars panic, hang, or allocate so much memory that the whole process is killed. Therefore, a
separate process reads the file and converts the content to the simpler Arrow format. This step takes a quarter of a
second.
"""

import io
import os
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

from syntagma.data.formats.lines import open_bytes
from syntagma.data.formats.rows import RawRows, check_width
from syntagma.errors import DataError

# Repeated values take almost no space in a file, so a few bytes may expand to gigabytes.
_MOST_VALUES = 200_000_000
_MOST_TEXT_BYTES = 16 << 30

_SECONDS = 60
_BYTES_A_SECOND = 1_000_000
_REFUSED, _NO_READER = 3, 4
_MOST_REASON = 300

_READER = f"""
import io, os, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),) * 2)
except (ImportError, AttributeError, OSError, ValueError):
    pass
try:
    import polars
except ImportError:
    sys.exit({_NO_READER})
try:
    frame = polars.read_parquet(io.BytesIO(sys.stdin.buffer.read()))
except (polars.exceptions.PanicException, Exception) as error:
    sys.stdout.write((str(error) or type(error).__name__).splitlines()[0])
    sys.exit({_REFUSED})
frame.write_ipc(sys.stdout.buffer)
"""


def read_parquet(path: str | Path) -> RawRows:
    """Read all columns of a Parquet file. The location of a row is its number, counted from 1.

    Raises:
        DataError: If the file is not a Parquet file, is damaged, has no rows, or is too large.
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
        with open_bytes(path) as file:
            raw = file.read()
        arrow = _as_arrow(raw) if sys.executable else None
        return polars.read_parquet(io.BytesIO(raw)) if arrow is None else polars.read_ipc(io.BytesIO(arrow))
    except (_DamagedError, polars.exceptions.PolarsError, OSError, EOFError, zlib.error) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(f"cannot be read as Parquet: {reason.rstrip('.')}.", path=path) from error


class _DamagedError(Exception):
    """Error for a file that is not valid Parquet."""


def _as_arrow(raw: bytes) -> bytes | None:
    """Convert Parquet to Arrow in a separate process; return `None` if polars cannot be imported there."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-P", "-c", _READER]
    limit_seconds = _SECONDS + len(raw) / _BYTES_A_SECOND
    try:
        done = subprocess.run(
            command, input=raw, capture_output=True, timeout=limit_seconds, check=False, env=environment
        )
    except subprocess.TimeoutExpired as error:
        raise _DamagedError("it is damaged") from error
    if done.returncode == _REFUSED:
        reason = done.stdout.decode("utf-8", errors="replace")
        raise _DamagedError("".join(letter for letter in reason if letter.isprintable())[:_MOST_REASON])
    if done.returncode == _NO_READER:
        return None
    if done.returncode:
        raise _DamagedError("it is damaged")
    return done.stdout


def _check_size(frame: Any, path: str | Path) -> None:
    import polars

    if frame.height * frame.width > _MOST_VALUES:
        raise DataError(
            f"may have at most {_MOST_VALUES:,} values; it has {frame.height:,} rows of {frame.width:,}. Split it.",
            path=path,
        )
    sizes = frame.select(polars.col(polars.String).str.len_bytes().sum())  # has no rows if no column contains text
    text_bytes = sum(sum(row) for row in sizes.rows())
    if text_bytes > _MOST_TEXT_BYTES:
        raise DataError(
            f"may contain at most {_MOST_TEXT_BYTES:,} bytes of text; it has {text_bytes:,}. Split it.", path=path
        )
