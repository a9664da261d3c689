"""Construction of tables from series and labels that are passed in Python."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from syntagma.data.formats.numbers import LARGEST
from syntagma.data.formats.ts import parse_ts_row
from syntagma.data.series.table import SeriesTable
from syntagma.data.tables.from_python import as_labels
from syntagma.data.tables.label_values import BadValueError, brief
from syntagma.data.tables.table import Table
from syntagma.errors import DataError
from syntagma.shapes import AnyArray, FloatArray

_NUMBERS = "biuf"


def series_table(X: Any, y: Any = None) -> SeriesTable:
    """Make a table of series with optional labels.

    Args:
        X: Series in one of three forms. An array has shape (B, T, D), or (B, T) for a single channel. A list contains
            one array or nested list of shape (T, D) or (T,) per series, where the length T may differ between series.
            A `SeriesTable` is returned unchanged. NaN and `None` are missing values.
        y: Label of each series: a string, an integer, a float or a boolean. `None` if there are no labels, and if `X`
            is a `SeriesTable`, which contains its own labels.

    Raises:
        DataError: If a row is not a valid series, if rows differ in the number of channels, if labels are passed
            without series or in addition to a `SeriesTable`, if a label is invalid, or if the numbers of series and
            labels differ.

    Example:
        >>> table = series_table([[[0.5, 1.0], [0.25, 2.0]], [[1.5, 3.0]]], ["low", "high"])
        >>> table.lengths, table.channels
        ([2, 1], ('1', '2'))
    """
    if isinstance(X, SeriesTable):
        if y is not None:
            raise DataError("the table already contains labels; leave out the second argument.")
        return X
    rows = [_series(values, row) for row, values in enumerate(_rows(X))]
    if not rows and y is not None:
        raise DataError("series: there are none; at least one is needed.")
    _check_channels(rows)
    return SeriesTable(rows, labels=None if y is None else _labels(y, len(rows)))


def parse_series(texts: Sequence[str]) -> SeriesTable:
    """Parse series written as text, with commas between values and colons between channels. `?` is a missing value.

    Args:
        texts: Text of each series.

    Raises:
        DataError: If a value is not a number, if the channels of one series differ in length, or if two series differ
            in the number of channels.

    Example:
        >>> parse_series(["1,2,?:5,6,7"]).series[0].shape
        (3, 2)
    """
    rows = []
    for row, text in enumerate(texts):
        try:
            rows.append(parse_ts_row(text))
        except BadValueError as problem:
            raise DataError(
                f"series {row + 1}: {problem}. Write it as 1,2,3 or, for two channels, 1,2,3:4,5,6."
            ) from problem
    _check_channels(rows)
    return SeriesTable(rows)


def _rows(X: Any) -> list[Any]:
    """Return the rows of an array, a list or another iterable, without converting the values in the rows.

    Raises:
        DataError: If `X` is not an iterable of rows, is an array with more than three axes, or is a single series.
    """
    if isinstance(X, Table):
        raise DataError(f"series must be numbers; got a {type(X).__name__}, which contains {X.ROWS}.")
    if isinstance(X, str | bytes | Mapping) or not isinstance(X, Iterable):
        raise DataError(f"series must be a list or an array; got {type(X).__name__}.")
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    axes = getattr(X, "ndim", None)
    if axes == 0 or (axes is not None and axes > 3):
        raise DataError(f"series must have shape (rows, steps, channels) or (rows, steps); got {X.shape}.")
    rows = list(X)
    if rows and all(_is_number(value) for value in rows):
        raise DataError("series: a list of series is needed; got a single one. Put it in a list: [series].")
    return rows


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float | np.number)


def _series(values: Any, row: int) -> FloatArray:
    """Return the values of one row as a float32 array of shape (T, D).

    Raises:
        DataError: If the values are not numbers, have the wrong number of axes, or are infinite or too large, or if
            there are no steps or channels.
    """
    array = _numbers(values, row)
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2 or array.shape[1] == 0:
        raise DataError(f"series: row {row} must have shape (steps, channels) or (steps,); got {array.shape}.")
    if len(array) == 0:
        raise DataError(f"series: row {row} has no steps; rows are counted from 0. Drop it.")
    if (np.abs(array) > LARGEST).any():
        worst = np.nanmax(np.abs(array))
        raise DataError(f"series: row {row} contains {worst}, which is infinite or too large; rows are counted from 0.")
    return np.ascontiguousarray(array, dtype=np.float32)


def _numbers(values: Any, row: int) -> AnyArray:
    """Convert the values of one row to a float64 array.

    Raises:
        DataError: If the values are not numbers, or if the steps have different numbers of channels.
    """
    rule = f"series: row {row} must be numbers of shape (steps, channels) or (steps,) (rows are counted from 0)"
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{rule}; its steps have different numbers of channels.") from error
    if array.dtype.kind not in _NUMBERS + "O":
        raise DataError(f"{rule}; got {brief(values)} ({array.dtype}).")
    if array.dtype.kind == "O" and any(isinstance(value, str | bytes) for value in array.ravel()):
        raise DataError(f"{rule}; it contains strings.")
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{rule}; got {brief(values)}.") from error


def _check_channels(rows: list[FloatArray]) -> None:
    for row, values in enumerate(rows):
        if values.shape[1] != rows[0].shape[1]:
            raise DataError(
                f"series: all rows must have the same number of channels; row 0 has {rows[0].shape[1]}, row {row} has "
                f"{values.shape[1]}."
            )


def _labels(y: Any, count: int) -> list[Any]:
    labels = as_labels(y)
    if len(labels) != count:
        raise DataError(f"each series needs one label; got {count} series and {len(labels)} labels.")
    if any(isinstance(label, tuple) for label in labels):
        raise DataError("labels: a series has exactly one label; got a list of labels per row.")
    return labels
