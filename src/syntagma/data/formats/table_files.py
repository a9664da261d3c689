"""Reading of tables in any format (CSV, TSV, JSON, Parquet), and of plain text with one row per line."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from syntagma.data.formats.delimited import csv_blocks, read_csv, read_tsv, tsv_blocks
from syntagma.data.formats.jsonl import jsonl_blocks, read_jsonl
from syntagma.data.formats.lines import name_of, strip_line_end
from syntagma.data.formats.parquet import read_parquet
from syntagma.data.formats.rows import BadRows, Place, RawRows
from syntagma.data.formats.streams import split_into_blocks
from syntagma.data.options import ReadOptions
from syntagma.errors import DataError

TABLES = ("csv", "tsv", "jsonl", "parquet")


def bad_rows_of(path: str | Path, format: str, options: ReadOptions) -> BadRows:
    """Return an empty collector for the bad rows of a file."""
    return BadRows(path, skip=options.skips_bad_rows, unit="row" if format == "parquet" else "line")


def read_table_file(path: str | Path, format: str, options: ReadOptions, bad_rows: BadRows) -> RawRows:
    """Read all rows of a table.

    Args:
        path: Path of the file. `-` is the standard input.
        format: One of `TABLES`.
        options: Reading options.
        bad_rows: Collector of rows that violate the format.

    Raises:
        DataError: If the file violates its format, or a row is invalid and not skipped.
    """
    if format == "csv":
        return read_csv(path, bad_rows, header=not options.no_header)
    if format == "tsv":
        return read_tsv(path, bad_rows, quoted=options.quoted, header=not options.no_header)
    return read_jsonl(path, bad_rows) if format == "jsonl" else read_parquet(path)


def table_blocks(
    path: str | Path, format: str, options: ReadOptions, bad_rows: BadRows, most: int
) -> Iterator[RawRows]:
    """Yield the rows of a table in blocks of at most `most` rows. A Parquet file is a single block.

    The other arguments and the errors are the same as for `read_table_file`.
    """
    if format == "csv":
        yield from csv_blocks(path, bad_rows, header=not options.no_header, most=most)
    elif format == "tsv":
        yield from tsv_blocks(path, bad_rows, quoted=options.quoted, header=not options.no_header, most=most)
    elif format == "jsonl":
        yield from jsonl_blocks(path, bad_rows, most)
    else:
        yield read_parquet(path)


def line_blocks(
    lines: Iterable[str], path: str | Path, column: str, most: int | None, is_ready: Callable[[], bool]
) -> Iterator[RawRows]:
    """Yield plain lines as rows with a single column. Blank lines are rows too.

    Blank lines are kept so that the lines of the output stay aligned with those of the input.

    Args:
        lines: Lines with their line endings.
        path: Path of the file, for messages.
        column: Name of the column.
        most: Maximum number of rows in a block; `None` puts all rows into one block.
        is_ready: Function that returns whether the next line is available. If it returns False, a block ends early
            unless `most` is `None`.

    Raises:
        DataError: If there are no lines.
    """
    count = 0
    for block in split_into_blocks(lines, most or sys.maxsize, (lambda: True) if most is None else is_ready):
        places: list[Place] = list(range(count + 1, count + len(block) + 1))
        yield RawRows({column: [strip_line_end(line) for line in block]}, places)
        count += len(block)
    if not count:
        raise DataError("is empty; one text per line is needed.", path=name_of(path))
