"""Texts and labels that come from Python: lists, NumPy arrays, pandas and polars columns."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from syntagma.data.tables.table import Labels, Table
from syntagma.data.texts.label_values import is_encodable
from syntagma.errors import DataError

_PLAIN_LABEL_TYPES = (str, bool, int, float)


def as_texts(texts: Any) -> list[str]:
    """Makes a list of strings.

    Args:
        texts: A list, tuple or other iterable of strings, a NumPy array, a pandas or polars Series, or a DataFrame or
            array of one column.

    Raises:
        DataError: One single string, several columns, or a row that is missing or no string.
    """
    values = _values(texts, "texts")
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise DataError(_wrong_text(row, value))
        if not is_encodable(value):
            raise DataError(f"texts: row {row} holds half a surrogate pair, which is no character; rows count from 0.")
    return [str(value) for value in values]


def as_labels(labels: Any) -> Labels:
    """Makes a list of labels; each keeps its Python type, and NumPy's numbers become Python's.

    Args:
        labels: As in `as_texts`, of strings, integers, floats or truth values; or a list, tuple or set of them a row,
            where a text may have several labels (a tuple comes out).

    Raises:
        DataError: One single string, several columns, a row that is missing, or values that cannot be labels.
    """
    values = [_python(value) for value in _values(labels, "labels")]
    several = [isinstance(value, list | tuple | set | frozenset | np.ndarray) for value in values]
    if any(several) and not all(several):
        row = several.index(False)
        raise DataError(
            f"labels: some rows have a list of labels, but row {row} has {values[row]!r}. Use [{values[row]!r}]."
        )
    if any(several):
        return [_label_tuple(value, row) for row, value in enumerate(values)]
    return [_label(value, row) for row, value in enumerate(values)]


def table_from_python(texts: Any, labels: Any = None) -> Table:
    """Makes a table of texts and perhaps labels; see `as_texts` and `as_labels`.

    Raises:
        DataError: As there; there are no texts, or not as many labels.
    """
    rows = as_texts(texts)
    if not rows:
        raise DataError("texts: there are none; at least one is needed.")
    if labels is None:
        return Table(rows)
    values = as_labels(labels)
    if len(values) != len(rows):
        raise DataError(f"texts and labels must be equally many; got {len(rows)} texts and {len(values)} labels.")
    return Table(rows, values)


def _values(values: Any, what: str) -> list[Any]:
    """The rows as a list; pandas, polars and NumPy are known by their methods, so that none need be imported."""
    if isinstance(values, str | bytes):
        raise DataError(f"{what} must be a list of strings; got one string. Put it into a list: [{_brief(values)}].")
    axes = len(getattr(values, "shape", (0,)))
    if isinstance(values, Mapping) or not isinstance(values, Iterable) or axes == 0:
        raise DataError(f"{what} must be a list, an array or a column; got {type(values).__name__}.")
    if axes == 2:
        values = _only_column(values, what)
    if hasattr(values, "to_list"):
        return list(values.to_list())
    return list(values)


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
    ordered = sorted(values, key=str) if isinstance(values, set | frozenset) else list(values)
    return tuple(dict.fromkeys(_label(_python(value), row) for value in ordered))


def _label(value: Any, row: int) -> Any:
    if _is_missing(value):
        raise DataError(f"labels: row {row} has no label ({value}); rows count from 0. Drop it, or give it a label.")
    if not isinstance(value, _PLAIN_LABEL_TYPES):
        raise DataError(
            f"labels: row {row} holds {_brief(value)} ({type(value).__name__}); a label is a string, an integer, a "
            "float or a truth value."
        )
    return str(value) if isinstance(value, str) else value


def _wrong_text(row: int, value: Any) -> str:
    if _is_missing(value):
        return f"texts: row {row} has no text ({value}); rows count from 0. Drop it, or put an empty string."
    return f"texts: row {row} must be a string; got {_brief(value)} ({type(value).__name__}); rows count from 0."


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ in ("NAType", "NaTType") or _is_nan(value)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _brief(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."
