"""Lines of numbers without a header, as in the UCR archive: the class label, then the values of one series."""

from pathlib import Path

import numpy as np

from syntagma.data.formats.lines import first_line, read_lines, without_end
from syntagma.data.formats.numbers import is_missing, parse_numbers
from syntagma.data.formats.raw_series import RawSeries, without_padding
from syntagma.data.formats.rows import BadRows
from syntagma.data.tables.label_values import BadValueError
from syntagma.shapes import FloatArray

LABEL = "label"


def holds_numbers_only(path: str | Path) -> bool:
    """Return whether the first line of a file that is not blank has two numbers or more, and nothing else.

    Raises:
        DataError: The file cannot be read, or is not UTF-8.
    """
    fields = _fields(first_line(path))
    return len(fields) >= 2 and not is_missing(fields[0]) and not parse_numbers(fields)[1]


def read_ucr_lines(path: str | Path, bad_rows: BadRows) -> RawSeries:
    """Read one series per line: fields separated by tabs, commas or spaces; the first is the label.

    Missing values at the end of a line end its series, because the archive pads shorter ones with NaN.

    Raises:
        DataError: The file cannot be read.
    """
    found = RawSeries(label=LABEL, columns={LABEL: []})
    with read_lines(path) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            fields = _fields(line)
            try:
                series = _series(fields[1:])
            except BadValueError as problem:
                bad_rows.found(number, str(problem))
                continue
            found.series.append(series)
            found.columns[LABEL].append(_label(fields[0]))
            found.places.append(number)
    return found


def _fields(line: str) -> list[str]:
    line = without_end(line)
    delimiter = next((sign for sign in "\t,;" if sign in line), None)
    return line.strip(" ").split(delimiter)


def _series(cells: list[str]) -> FloatArray:
    values, problems = parse_numbers(cells)
    if problems:
        place = min(problems)
        raise BadValueError(f"field {place + 2}: {problems[place]}")
    series = without_padding(values)
    if not len(series):
        raise BadValueError("the row has no value after its label")
    return series


def _label(cell: str) -> str:
    # Older files of the archive write the label 1 as 1.0000000e+00.
    values, problems = parse_numbers([cell])
    whole = not problems and np.isfinite(values[0]) and float(values[0]).is_integer()
    return str(int(values[0])) if whole else cell.strip()
