"""CSV and TSV: a header line, then rows of fields."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from syntagma.data.formats.lines import LIMIT_LINE_BYTES, name_of, read_lines, without_end
from syntagma.data.formats.rows import BadRows, RawRows, check_width, only_block
from syntagma.errors import DataError
from syntagma.progress import note

NumberedLine = tuple[int, str]
Record = tuple[int, list[str]]

# Any sign but one that `csv` cannot take; in quotes too, which LibreOffice writes.
_DELIMITER_LINE = re.compile(r"""["']?[sS][eE][pP]=([^\w\s"'\\]|\t)["']?[,;\s]*""")
_QUOTED = re.compile('"[^"]*"')

# What csv's strict mode says, and what it means to a person.
_CSV_PROBLEMS = {
    "unexpected end of data": 'a quote (") is opened in this row and never closed',
    "expected after": 'a quoted field goes on after its closing quote; a " inside a quoted field is written ""',
    "new-line character": "a carriage return stands inside a field without quotes",
    "larger than field limit": f"a field has more than {LIMIT_LINE_BYTES:,} characters; a quote may never be closed",
}


def read_csv(path: str | Path, bad_rows: BadRows, *, header: bool = True) -> RawRows:
    """Read all rows of `csv_blocks`."""
    return only_block(csv_blocks(path, bad_rows, header=header))


def read_tsv(path: str | Path, bad_rows: BadRows, *, quoted: bool = False, header: bool = True) -> RawRows:
    """Read all rows of `tsv_blocks`."""
    return only_block(tsv_blocks(path, bad_rows, quoted=quoted, header=header))


def csv_blocks(
    path: str | Path, bad_rows: BadRows, *, header: bool = True, most: int | None = None
) -> Iterator[RawRows]:
    """Yield comma-separated rows in blocks of at most `most`.

    `;`, a tab or `|` is taken where the header holds one of them and no comma.

    A field in quotes may hold the delimiter, line ends, and a quote written twice. A first line `sep=;`, which Excel
    writes and reads, names the delimiter and is passed over.

    Raises:
        DataError: See `_rows`.
    """
    with read_lines(path) as content:
        lines = enumerate(content, start=1)
        first = _header(lines, path)
        named = _DELIMITER_LINE.fullmatch(without_end(first[1]))
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
            records = _without_frame(records)
        for rows in _rows(records if header else _named(records), path, bad_rows, header, most, content.waits):
            yield replace(rows, delimiter=delimiter)


def tsv_blocks(
    path: str | Path, bad_rows: BadRows, *, quoted: bool = False, header: bool = True, most: int | None = None
) -> Iterator[RawRows]:
    """Yield tab-separated rows in blocks of at most `most`.

    Unless fields may be `quoted` as in CSV, `"` is an ordinary character, and a row is a line.

    Raises:
        DataError: See `_rows`.
    """
    with read_lines(path) as content:
        lines = enumerate(content, start=1)
        numbered = chain([_header(lines, path)], lines)
        records = _quoted_records(numbered, "\t", bad_rows) if quoted else _plain_records(numbered)
        yield from _rows(records if header else _named(records), path, bad_rows, header, most, content.waits)


def _without_frame(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records of a table in Markdown without its edges, and without the spaces around its cells."""
    for line, fields in records:
        inner = fields[1:-1] if len(fields) > 1 and not (fields[0].strip() or fields[-1].strip()) else fields
        yield line, [field.strip() for field in inner]


def _named(records: Iterable[Record]) -> Iterator[Record]:
    """Yield names for columns that have none, 1, 2, and so on, then the records."""
    records = iter(records)
    first = next(records, (1, []))
    yield 1, [str(number) for number in range(1, len(first[1]) + 1)]
    yield first
    yield from records


def _rows(
    records: Iterable[Record],
    path: str | Path,
    bad_rows: BadRows,
    header: bool,
    most: int | None,
    waits: Callable[[], bool],
) -> Iterator[RawRows]:
    """Sort the fields of records into columns, in one block at least; the first record is the header.

    Raises:
        DataError: There is no row, a column name stands twice, or a row has too few or too many fields.
    """
    records = iter(records)
    line, first = next(records, (1, []))
    names = _column_names(first, path, line)
    rows, count = RawRows({name: [] for name in names}, has_header=header), 0
    for line, fields in records:
        if len(fields) != len(names):
            bad_rows.found(line, _wrong_count(len(fields), names))
            continue
        count += 1
        rows.places.append(line)
        for column, field in zip(rows.columns.values(), fields, strict=True):
            column.append(field)
        if most is not None and (len(rows.places) >= most or not waits()):
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
    # A column without a name is what pandas writes for its index.
    check_width(len(header), path, line=line)
    names = [name.strip() or f"column {number}" for number, name in enumerate(header, start=1)]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"two columns are named {name!r}; rename one.", path=name_of(path), line=line)
    return names


def _wrong_count(count: int, names: list[str]) -> str:
    fields = "field" if count == 1 else "fields"
    columns = "column" if len(names) == 1 else "columns"
    remedy = "" if count < len(names) else "; a text that holds the delimiter must be in quotes"
    return f"the row has {count:,} {fields}, but the header names {len(names):,} {columns} ({', '.join(names)}){remedy}"


def _plain_records(lines: Iterable[NumberedLine]) -> Iterator[Record]:
    for number, line in lines:
        line = without_end(line)
        if line:
            yield number, line.split("\t")


def _quoted_records(lines: Iterable[NumberedLine], delimiter: str, bad_rows: BadRows) -> Iterator[Record]:
    """Yields (line, fields) of each record, the line being that on which it begins."""
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
            bad_rows.found(physical.first, _problem(error))
            physical.give_back()
            continue
        if fields:
            header_read = True
            yield physical.first, fields


class _PhysicalLines:
    """Hands lines to `csv.reader` and can take back those that a quote swallowed.

    After a quote that is never closed, reading goes on with the next line of the file. Otherwise one such quote would
    silently cost all rows after it.
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
        """The number of the line on which the record at hand begins."""
        return self._record[0][0]

    def begin_record(self) -> None:
        self._record = []

    def give_back(self) -> None:
        """All lines of the record but its first will be read again."""
        self._returned.extendleft(reversed(self._record[1:]))


def _problem(error: csv.Error) -> str:
    return next((meaning for words, meaning in _CSV_PROBLEMS.items() if words in str(error)), str(error))
