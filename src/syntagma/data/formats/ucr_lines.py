"""The headerless text format of the UCR archive: each line has a class label, followed by the values of one series."""

from pathlib import Path

import numpy as np

from syntagma.data.formats.lines import first_line, read_lines, strip_line_end
from syntagma.data.formats.numbers import is_missing, parse_numbers
from syntagma.data.formats.raw_series import RawSeries, strip_padding
from syntagma.data.formats.rows import BadRows
from syntagma.data.tables.label_values import BadValueError
from syntagma.shapes import FloatArray

LABEL = "label"


def holds_numbers_only(path: str | Path) -> bool:
    """Return whether the first non-blank line of a file consists of two or more numbers.

    Raises:
        DataError: If the file cannot be read or is not UTF-8.
    """
    fields = _fields(first_line(path))
    return len(fields) >= 2 and not is_missing(fields[0]) and not parse_numbers(fields)[1]


def read_ucr_lines(path: str | Path, bad_rows: BadRows) -> RawSeries:
    """Read one series per line. The first field of a line is the label, and the other fields are values.

    Fields are separated by tabs, commas, semicolons or spaces. Missing values at the end of a line are dropped, because
    the archive pads shorter series with NaN.

    Args:
        path: File to read; `-` is the standard input.
        bad_rows: Collector of lines with invalid values or without values.

    Raises:
        DataError: If the file cannot be read, or a line is invalid and bad rows are not skipped.
    """
    result = RawSeries(label=LABEL, columns={LABEL: []})
    with read_lines(path) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            fields = _fields(line)
            try:
                series = _series(fields[1:])
            except BadValueError as problem:
                bad_rows.add(number, str(problem))
                continue
            result.series.append(series)
            result.columns[LABEL].append(_label(fields[0]))
            result.places.append(number)
    return result


def _fields(line: str) -> list[str]:
    line = strip_line_end(line)
    delimiter = next((sign for sign in "\t,;" if sign in line), None)
    return line.strip(" ").split(delimiter)


def _series(cells: list[str]) -> FloatArray:
    values, problems = parse_numbers(cells)
    if problems:
        place = min(problems)
        raise BadValueError(f"field {place + 2}: {problems[place]}")
    series = strip_padding(values)
    if not len(series):
        raise BadValueError("the row has no value after its label")
    return series


def _label(cell: str) -> str:
    # Older files of the archive write the label 1 as 1.0000000e+00.
    values, problems = parse_numbers([cell])
    whole = not problems and np.isfinite(values[0]) and float(values[0]).is_integer()
    return str(int(values[0])) if whole else cell.strip()
