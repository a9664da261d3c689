"""Parquet, read with polars."""

import io
import zlib
from pathlib import Path

from syntagma.data.lines import opened
from syntagma.data.rows import RawRows
from syntagma.errors import DataError


def read_parquet(path: str | Path) -> RawRows:
    """Reads all columns of a Parquet file; a place is the number of a row, counted from 1.

    Raises:
        DataError: The file is no Parquet file, is damaged, or has no rows.
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
    columns = {name: frame.get_column(name).to_list() for name in frame.columns}
    return RawRows(columns, list(range(1, frame.height + 1)))
