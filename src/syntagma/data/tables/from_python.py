"""Values that come from Python, checked: lists, NumPy arrays, pandas and polars columns."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from syntagma.data.tables.label_values import BadValueError, brief, in_order
from syntagma.data.tables.table import Labels
from syntagma.errors import DataError

_PLAIN_LABEL_TYPES = (str, bool, int, float)


def as_labels(labels: Any) -> Labels:
    """Return a list of labels; each keeps its Python type, and NumPy's numbers become Python's.

    A list, tuple or set of strings, integers, floats or truth values in each row becomes a tuple of several labels.

    Raises:
        DataError: One single string, several columns, a row that is missing, or values that cannot be labels.
    """
    values = [_python(value) for value in values_of(labels, "labels")]
    several = [isinstance(value, list | tuple | set | frozenset | np.ndarray) for value in values]
    if any(several) and not all(several):
        row = several.index(False)
        raise DataError(
            f"labels: some rows have a list of labels, but row {row} has {values[row]!r}. Use [{values[row]!r}]."
        )
    if any(several):
        return [_label_tuple(value, row) for row, value in enumerate(values)]
    return [_label(value, row) for row, value in enumerate(values)]


def values_of(values: Any, what: str) -> list[Any]:
    """The rows as a list; pandas, polars and NumPy are known by their methods, so that none need be imported."""
    if isinstance(values, str | bytes):
        raise DataError(f"{what} must be a list of strings; got one string. Put it into a list: [{brief(values)}].")
    axes = len(getattr(values, "shape", (0,)))
    if isinstance(values, Mapping) or not isinstance(values, Iterable) or axes == 0:
        raise DataError(f"{what} must be a list, an array or a column; got {type(values).__name__}.")
    if axes == 2:
        values = _only_column(values, what)
    return list(values.to_list() if hasattr(values, "to_list") else values)


def _only_column(frame: Any, what: str) -> Any:
    if frame.shape[1] != 1:
        remedy = (
            "Choose one, as in frame['text']." if what == "texts" else "Give a tuple of labels for each row instead."
        )
        raise DataError(f"{what} must be one column; got {frame.shape[1]} columns. {remedy}")
    return np.asarray(frame).ravel()


def _python(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _label_tuple(values: Any, row: int) -> tuple[Any, ...]:
    try:
        return in_order([_label(_python(value), row) for value in values])
    except BadValueError as problem:
        raise DataError(f"labels: row {row}: {problem}; rows count from 0.") from problem


def _label(value: Any, row: int) -> Any:
    if is_missing(value):
        raise DataError(f"labels: row {row} has no label ({value}); rows count from 0. Drop it, or give it a label.")
    if not isinstance(value, _PLAIN_LABEL_TYPES):
        raise DataError(
            f"labels: row {row} holds {brief(value)} ({type(value).__name__}); a label is a string, an integer, a "
            "float or a truth value."
        )
    return str(value) if isinstance(value, str) else value


def is_missing(value: Any) -> bool:
    """Return whether a value is `None`, NaN, or what pandas has in their place."""
    is_nan = isinstance(value, float) and math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType") or is_nan
