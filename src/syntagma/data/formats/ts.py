"""The `.ts` format of the UCR and UEA time series archives: a header of `@` lines, then one line per series.

Dimensions are separated by `:`, their values by `,`, and the class label comes last: `1.0,2.5,?:0.1,0.2,0.3:walk`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from syntagma.config import nearest
from syntagma.data.formats.lines import name_of, read_lines, strip_line_end
from syntagma.data.formats.numbers import parse_numbers
from syntagma.data.formats.raw_series import RawSeries
from syntagma.data.formats.rows import BadRows
from syntagma.data.tables.label_values import BadValueError
from syntagma.errors import DataError
from syntagma.shapes import FloatArray

LABEL = "label"

_COMMENTS = ("#", "%")

NumberedLine = tuple[int, str]


@dataclass
class _Header:
    """Header of a `.ts` file. If it lacks the number of dimensions or steps, the first row determines that number.

    Args:
        dimensions: Number of dimensions D of each row.
        length: Number of steps of each row; checked only if `equal_length` is True.
        equal_length: Whether all rows have the same number of steps.
        labelled: Whether each line ends with a class label.
        classes: Allowed class labels; empty if the header does not list them.
    """

    dimensions: int | None = None
    length: int | None = None
    equal_length: bool = False
    labelled: bool = False
    classes: tuple[str, ...] = ()


def read_ts(path: str | Path, bad_rows: BadRows) -> RawSeries:
    """Read the series of a `.ts` file, one per line. Class labels are read into the column `label`.

    Args:
        path: File to read; `-` is the standard input.
        bad_rows: Collector of lines that violate the format.

    Raises:
        DataError: If there are no rows, if the header is incomplete, contradicts itself, or declares time stamps or
            numeric targets, or if a line violates the format and bad rows are not skipped.
    """
    result = RawSeries()
    with read_lines(path) as content:
        lines = _skip_comments(content)
        header = _read_header(lines, name_of(path))
        labels = []
        for number, line in lines:
            try:
                series, label = _row(line, header)
            except BadValueError as problem:
                bad_rows.add(number, str(problem))
                continue
            result.series.append(series)
            result.places.append(number)
            labels.append(label)
    if not result.places and not len(bad_rows):
        raise DataError("has no rows after @data.", path=name_of(path))
    if header.labelled:
        result.label, result.columns = LABEL, {LABEL: labels}
    return result


def _skip_comments(lines: Iterator[str]) -> Iterator[NumberedLine]:
    for number, line in enumerate(lines, start=1):
        stripped = strip_line_end(line).strip()
        if stripped and not stripped.startswith(_COMMENTS):
            yield number, stripped


def _read_header(lines: Iterator[NumberedLine], source: str) -> _Header:
    header = _Header()
    for number, line in lines:
        if not line.startswith("@"):
            problem = f"a header line must start with @; got {line[:40]!r}. Is @data missing?"
            raise DataError(problem, path=source, line=number)
        key, *values = line.split()
        if key.casefold() == "@data":
            return header
        try:
            _read_key(key.casefold(), values, header)
        except BadValueError as problem:
            raise DataError(f"{str(problem).rstrip('.')}.", path=source, line=number) from problem
    raise DataError("ends before @data; a .ts file has a header, @data, and one line per series.", path=source)


def parse_ts_row(text: str) -> FloatArray:
    """Parse a row without a label, such as `1,2,3`, or `1,2:5,6` for two channels.

    Returns:
        The series, of shape (T, D).

    Raises:
        BadValueError: If a value is not a number, or the channels have different numbers of steps.
    """
    return _row(text.strip(), _Header())[0]


def _read_key(key: str, values: list[str], header: _Header) -> None:
    """Store the values of one header line in `header`; ignore keys that are not needed."""
    if key == "@timestamps" and _truth(key, values):
        raise BadValueError(
            "@timeStamps true: rows with time stamps are not supported. Save only the values, or one step per row as "
            "CSV."
        )
    if key == "@targetlabel" and _truth(key, values):
        raise BadValueError("@targetLabel true: numeric targets are not supported; class labels are needed.")
    if key == "@classlabel":
        header.labelled, header.classes = _truth(key, values), tuple(values[1:])
    elif key == "@equallength":
        header.equal_length = _truth(key, values)
    elif key == "@serieslength":
        header.length = _count(key, values)
    elif key in ("@dimensions", "@dimension"):
        _set_dimensions(header, _count(key, values))
    elif key == "@univariate" and _truth(key, values):
        _set_dimensions(header, 1)


def _set_dimensions(header: _Header, count: int) -> None:
    if header.dimensions not in (None, count):
        raise BadValueError(f"the header declares both {header.dimensions} and {count} dimensions. Correct one of them")
    header.dimensions = count


def _truth(key: str, values: list[str]) -> bool:
    value = values[0].casefold() if values else ""
    if value not in ("true", "false"):
        raise BadValueError(f"{key} must be true or false; got {value!r}")
    return value == "true"


def _count(key: str, values: list[str]) -> int:
    value = values[0] if values else ""
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
        raise BadValueError(f"{key} must be a positive integer below 1,000,000,000; got {value!r}")
    return int(value)


def _row(line: str, header: _Header) -> tuple[FloatArray, str | None]:
    """Parse a line; return its series of shape (T, D) and its label, which is `None` if the file has no labels."""
    parts = line.split(":")
    label = _label(parts.pop().strip(), parts, header) if header.labelled else None
    if header.dimensions is None:
        header.dimensions = len(parts)
    if len(parts) != header.dimensions:
        label_too = " and a label" if header.labelled else ""
        raise BadValueError(
            f"each row must have {header.dimensions} dimensions{label_too}, separated by ':'; got {len(parts)} "
            "dimensions"
        )
    dimensions = [_dimension(part, number) for number, part in enumerate(parts, start=1)]
    _check_equal_lengths(dimensions)
    series = np.stack(dimensions, axis=1)
    if header.equal_length and header.length is None:
        header.length = len(series)
    if header.equal_length and len(series) != header.length:
        raise BadValueError(
            f"all series must have {header.length} steps, because the header has @equalLength true; got {len(series)}"
        )
    return series, label


def _label(label: str, parts: list[str], header: _Header) -> str:
    if not parts:
        raise BadValueError("the row must end with ':' and its class label (@classLabel true)")
    if header.classes and label not in header.classes:
        raise BadValueError(f"the class label {label[:40]!r} is not in @classLabel; {nearest(label, header.classes)}")
    return label


def _dimension(part: str, number: int) -> FloatArray:
    cells = part.split(",")
    values, problems = parse_numbers(cells)
    for place, cell in enumerate(cells):
        if not cell or cell.isspace():
            problems[place] = "is empty; write a missing value as ?"
    if problems:
        place = min(problems)
        raise BadValueError(f"dimension {number}, step {place + 1}: {problems[place]}")
    return values.astype(np.float32)


def _check_equal_lengths(dimensions: list[FloatArray]) -> None:
    for number, values in enumerate(dimensions, start=1):
        if len(values) != len(dimensions[0]):
            raise BadValueError(
                f"all dimensions of a row must have the same number of steps; dimension 1 has {len(dimensions[0])}, "
                f"dimension {number} has {len(values)}"
            )
