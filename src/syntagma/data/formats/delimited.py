"""Readers of CSV and TSV files, which return all rows at once or in blocks."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from syntagma.data.formats.lines import LIMIT_LINE_BYTES, name_of, read_lines, strip_line_end
from syntagma.data.formats.rows import BadRows, RawRows, check_width, single_block
from syntagma.errors import DataError
from syntagma.progress import note

NumberedLine = tuple[int, str]
Record = tuple[int, list[str]]

# Any character that `csv` accepts as a delimiter; LibreOffice also writes the line in quotes.
_DELIMITER_LINE = re.compile(r"""["']?[sS][eE][pP]=([^\w\s"'\\]|\t)["']?[,;\s]*""")
_QUOTED = re.compile('"[^"]*"')

# Errors of csv's strict mode, and messages that explain them to users.
_CSV_PROBLEMS = {
    "unexpected end of data": 'a quote (") is opened in this row and never closed',
    "expected after": 'a quoted field continues after its closing quote; write a " inside a quoted field as ""',
    "new-line character": "an unquoted field contains a carriage return",
    "larger than field limit": f"a field has more than {LIMIT_LINE_BYTES:,} characters; a quote may be unclosed",
}


def read_csv(path: str | Path, bad_rows: BadRows, *, header: bool = True) -> RawRows:
    """Read all rows of a CSV file. See `csv_blocks` for the format, the arguments and the errors."""
    return single_block(csv_blocks(path, bad_rows, header=header))


def read_tsv(path: str | Path, bad_rows: BadRows, *, quoted: bool = False, header: bool = True) -> RawRows:
    """Read all rows of a TSV file. See `tsv_blocks` for the arguments and the errors."""
    return single_block(tsv_blocks(path, bad_rows, quoted=quoted, header=header))


def csv_blocks(
    path: str | Path, bad_rows: BadRows, *, header: bool = True, most: int | None = None
) -> Iterator[RawRows]:
    """Yield the rows of a CSV file in blocks.

    If the header contains `;`, a tab or `|` but no comma, that character is the delimiter. Quoted fields may contain
    the delimiter, line endings, and doubled quotes. A first line such as `sep=;`, which Excel writes and reads, sets
    the delimiter and is skipped.

    Args:
        path: File to read; `-` is the standard input.
        bad_rows: Collector of rows that violate the format.
        header: Whether the first line contains the column names; if False, the columns are named 1, 2, and so on.
        most: Maximum number of rows in a block. By default, all rows are in one block.

    Raises:
        DataError: If there are no rows, a column name is repeated, or a row has too few or too many fields and bad
            rows are not skipped.
    """
    with read_lines(path) as content:
        lines = enumerate(content, start=1)
        first = _header(lines, path)
        named = _DELIMITER_LINE.fullmatch(strip_line_end(first[1]))
        if named:
            delimiter = named[1]
            first = _header(lines, path)
        else:
            delimiter = _delimiter(first[1])
        if delimiter != ",":
            where = "as the first line says" if named else "as in the header"
            note(f"{name_of(path)}: fields are separated by {delimiter!r}, {where}")
        records: Iterable[Record] = _quoted_records(chain([first], lines), delimiter, bad_rows)
        if delimiter == "|" and first[1].strip().startswith("|"):
            records = _strip_table_borders(records)
        records = records if header else _add_column_names(records)
        for rows in _blocks(records, path, bad_rows, header, most, content.is_ready):
            yield replace(rows, delimiter=delimiter)


def tsv_blocks(
    path: str | Path, bad_rows: BadRows, *, quoted: bool = False, header: bool = True, most: int | None = None
) -> Iterator[RawRows]:
    """Yield the rows of a TSV file in blocks.

    Args:
        path: File to read; `-` is the standard input.
        bad_rows: Collector of rows that violate the format.
        quoted: Whether fields may be quoted, like CSV fields. If False, `"` is an ordinary character, and each line is
            one row.
        header: Whether the first line contains the column names; if False, the columns are named 1, 2, and so on.
        most: Maximum number of rows in a block. By default, all rows are in one block.

    Raises:
        DataError: If there are no rows, a column name is repeated, or a row has too few or too many fields and bad
            rows are not skipped.
    """
    with read_lines(path) as content:
        lines = enumerate(content, start=1)
        numbered = chain([_header(lines, path)], lines)
        records = _quoted_records(numbered, "\t", bad_rows) if quoted else _plain_records(numbered)
        records = records if header else _add_column_names(records)
        yield from _blocks(records, path, bad_rows, header, most, content.is_ready)


def _strip_table_borders(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records of a Markdown table without empty fields at its borders or spaces around cells."""
    for line, fields in records:
        inner = fields[1:-1] if len(fields) > 1 and not (fields[0].strip() or fields[-1].strip()) else fields
        yield line, [field.strip() for field in inner]


def _add_column_names(records: Iterable[Record]) -> Iterator[Record]:
    """Yield a header with the column names 1, 2, and so on, followed by the records."""
    records = iter(records)
    first = next(records, (1, []))
    yield 1, [str(number) for number in range(1, len(first[1]) + 1)]
    yield first
    yield from records


def _blocks(
    records: Iterable[Record],
    path: str | Path,
    bad_rows: BadRows,
    header: bool,
    most: int | None,
    is_ready: Callable[[], bool],
) -> Iterator[RawRows]:
    """Group records into blocks of rows. If all rows are skipped, yield a single empty block.

    Args:
        records: Line number and fields of each record. The first record contains the column names.
        path: Path of the file, for messages.
        bad_rows: Collector of rows with too few or too many fields.
        header: Whether the column names come from the file.
        most: Maximum number of rows in a block; `None` puts all rows into one block.
        is_ready: Function that returns whether the next line is available. If it returns False, a block ends early
            unless `most` is `None`.

    Raises:
        DataError: If there are no rows, a column name is repeated, or a row has too few or too many fields and bad
            rows are not skipped.
    """
    records = iter(records)
    line, first = next(records, (1, []))
    names = _column_names(first, path, line)
    rows, count = RawRows({name: [] for name in names}, has_header=header), 0
    for line, fields in records:
        if len(fields) != len(names):
            bad_rows.add(line, _wrong_count(len(fields), names))
            continue
        count += 1
        rows.places.append(line)
        for column, field in zip(rows.columns.values(), fields, strict=True):
            column.append(field)
        if most is not None and (len(rows.places) >= most or not is_ready()):
            yield rows
            rows = RawRows({name: [] for name in names}, has_header=header)
    if not count and not len(bad_rows):
        raise DataError("has a header but no rows.", path=name_of(path))
    if rows.places or not count:
        yield rows


def _header(lines: Iterator[NumberedLine], path: str | Path) -> NumberedLine:
    for number, line in lines:
        if line.strip():
            return number, line
    raise DataError("is empty; a header line and rows are needed.", path=name_of(path))


def _delimiter(header: str) -> str:
    unquoted = _QUOTED.sub("", header)
    if "," in unquoted:
        return ","
    return next((delimiter for delimiter in ";\t|" if delimiter in unquoted), ",")


def _column_names(header: list[str], path: str | Path, line: int) -> list[str]:
    # pandas writes its index as a column without a name.
    check_width(len(header), path, line=line)
    names = [name.strip() or f"column {number}" for number, name in enumerate(header, start=1)]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"two columns are named {name!r}; rename one.", path=name_of(path), line=line)
    return names


def _wrong_count(count: int, names: list[str]) -> str:
    fields = "field" if count == 1 else "fields"
    columns = "column" if len(names) == 1 else "columns"
    remedy = "; quote fields that contain the delimiter (in TSV files, with --quoted)" if count > len(names) else ""
    return f"the row has {count:,} {fields}, but the header names {len(names):,} {columns} ({', '.join(names)}){remedy}"


def _plain_records(lines: Iterable[NumberedLine]) -> Iterator[Record]:
    for number, line in lines:
        line = strip_line_end(line)
        if line:
            yield number, line.split("\t")


def _quoted_records(lines: Iterable[NumberedLine], delimiter: str, bad_rows: BadRows) -> Iterator[Record]:
    """Yield the first line number and the fields of each record; report malformed records to `bad_rows`."""
    csv.field_size_limit(max(csv.field_size_limit(), LIMIT_LINE_BYTES))
    physical = _PhysicalLines(lines)
    reader = csv.reader(physical, delimiter=delimiter, strict=True)
    header_read = False
    while True:
        physical.begin_record()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if not header_read:
                raise DataError(
                    f"the header: {_problem(error)}.", path=name_of(bad_rows.path), line=physical.first
                ) from error
            bad_rows.add(physical.first, _problem(error))
            physical.push_back()
            continue
        if fields:
            header_read = True
            yield physical.first, fields


class _PhysicalLines:
    """Line iterator for `csv.reader`, with a method to push back lines that an unclosed quote consumed.

    After a record with an unclosed quote, reading continues with the line after the first line of the record.
    Otherwise, all rows after the quote would be lost silently.
    """

    def __init__(self, lines: Iterable[NumberedLine]):
        self._lines = iter(lines)
        self._returned: deque[NumberedLine] = deque()
        self._record: list[NumberedLine] = []

    def __iter__(self) -> "_PhysicalLines":
        return self

    def __next__(self) -> str:
        numbered = self._returned.popleft() if self._returned else next(self._lines)
        self._record.append(numbered)
        return numbered[1]

    @property
    def first(self) -> int:
        """Number of the first line of the current record."""
        return self._record[0][0]

    def begin_record(self) -> None:
        """Mark the next line as the first line of a new record."""
        self._record = []

    def push_back(self) -> None:
        """Push back all lines of the current record except the first, so that they are read again."""
        self._returned.extendleft(reversed(self._record[1:]))


def _problem(error: csv.Error) -> str:
    return next((meaning for words, meaning in _CSV_PROBLEMS.items() if words in str(error)), str(error))
