"""Parquet, read with polars."""

import io
import zlib
from pathlib import Path
from typing import Any

from syntagma.data.lines import opened
from syntagma.data.rows import RawRows, check_width
from syntagma.errors import DataError

# What is repeated takes no room in a file: a few bytes may stand for gigabytes.
_MOST_VALUES = 200_000_000
_MOST_TEXT_BYTES = 16 << 30


def read_parquet(path: str | Path) -> RawRows:
    """Reads all columns of a Parquet file; a place is the number of a row, counted from 1.

    Raises:
        DataError: The file is no Parquet file, is damaged, has no rows, or too many.
    """
    import polars

    try:
        with opened(path) as file:
            frame = polars.read_parquet(io.BytesIO(file.read()))
    except (polars.exceptions.PolarsError, OSError, EOFError, zlib.error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"cannot be read as Parquet: {reason}.", path=path) from error
    if frame.is_empty():
        raise DataError("has no rows.", path=path)
    check_width(frame.width, path)
    _check_size(frame, path)
    columns = {name: frame.get_column(name).to_list() for name in frame.columns}
    return RawRows(columns, list(range(1, frame.height + 1)))


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
