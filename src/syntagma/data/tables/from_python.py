"""Checking and conversion of values passed from Python: lists, NumPy arrays, and pandas or polars columns."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from syntagma.data.tables.label_values import BadValueError, brief, sort_labels
from syntagma.data.tables.table import Labels
from syntagma.errors import DataError

_PLAIN_LABEL_TYPES = (str, bool, int, float)


def as_labels(labels: Any) -> Labels:
    """Return labels as a list with one label, or one sorted tuple of labels, per row.

    A label is a string, an integer, a float or a boolean. Labels keep their type, except that NumPy scalars become
    Python scalars. In multilabel data, each row is a list, tuple, set or array of labels, and becomes a tuple.

    Args:
        labels: List, array, or pandas or polars column with one label, or one collection of labels, per row.

    Raises:
        DataError: If the labels are a single string or several columns, if only some rows have several labels, or if
            a label is missing, is repeated in its row, or has an unsupported type.
    """
    values = [_python_value(value) for value in list_values(labels, "labels")]
    several = [isinstance(value, list | tuple | set | frozenset | np.ndarray) for value in values]
    if any(several) and not all(several):
        row = several.index(False)
        raise DataError(
            f"labels: some rows have a list of labels, but row {row} has {values[row]!r}. Use [{values[row]!r}]."
        )
    if any(several):
        return [_label_tuple(value, row) for row, value in enumerate(values)]
    return [_label(value, row) for row, value in enumerate(values)]


def list_values(values: Any, what: str) -> list[Any]:
    """Return the rows of an iterable, an array or a data frame column as a list.

    Arrays and columns are recognised by their attributes, which avoids importing pandas and polars.

    Args:
        values: Iterable of rows, or a 2-D array or data frame with a single column.
        what: Plural noun for the values in error messages, such as "texts".

    Raises:
        DataError: If `values` is a single string, is a mapping, is not iterable, or has several columns.
    """
    if isinstance(values, str | bytes):
        raise DataError(f"{what} must be a list of strings; got one string. Put it in a list: [{brief(values)}].")
    axes = len(getattr(values, "shape", (0,)))
    if isinstance(values, Mapping) or not isinstance(values, Iterable) or axes == 0:
        raise DataError(f"{what} must be a list, an array or a column; got {type(values).__name__}.")
    if axes == 2:
        values = _flatten_column(values, what)
    return list(values.to_list() if hasattr(values, "to_list") else values)


def _flatten_column(frame: Any, what: str) -> Any:
    if frame.shape[1] != 1:
        remedy = (
            "Choose one, as in frame['text']." if what == "texts" else "Pass a tuple of labels for each row instead."
        )
        raise DataError(f"{what} must be one column; got {frame.shape[1]} columns. {remedy}")
    return np.asarray(frame).ravel()


def _python_value(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _label_tuple(values: Any, row: int) -> tuple[Any, ...]:
    try:
        return sort_labels([_label(_python_value(value), row) for value in values])
    except BadValueError as problem:
        raise DataError(f"labels: row {row}: {problem}; rows are counted from 0.") from problem


def _label(value: Any, row: int) -> Any:
    if is_missing(value):
        raise DataError(
            f"labels: row {row} has no label ({value}); rows are counted from 0. Drop the row, or give it a label."
        )
    if not isinstance(value, _PLAIN_LABEL_TYPES):
        raise DataError(
            f"labels: row {row} is {brief(value)} ({type(value).__name__}); a label must be a string, an integer, a "
            "float or a boolean."
        )
    return str(value) if isinstance(value, str) else value


def is_missing(value: Any) -> bool:
    """Return whether a value is `None`, NaN, or the equivalent in pandas (`NA`, `NaT`)."""
    is_nan = isinstance(value, float) and math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType") or is_nan
