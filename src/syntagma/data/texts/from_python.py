"""Texts and labels that come from Python."""

from typing import Any

from syntagma.data.tables.from_python import as_labels, is_missing, values_of
from syntagma.data.tables.label_values import brief, is_encodable
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError


def as_texts(texts: Any) -> list[str]:
    """Return the strings of an iterable, a NumPy array, a pandas or polars Series, or a DataFrame of one column.

    Raises:
        DataError: One single string, several columns, or a row that is missing or no string.
    """
    values = values_of(texts, "texts")
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise DataError(_wrong_text(row, value))
        if not is_encodable(value):
            raise DataError(f"texts: row {row} holds half a surrogate pair, which is no character; rows count from 0.")
    return [str(value) for value in values]


def table_from_python(texts: Any, labels: Any = None) -> TextTable:
    """Makes a table of texts and perhaps labels; see `as_texts` and `as_labels`.

    Raises:
        DataError: As there; there are no texts, or not as many labels.
    """
    rows = as_texts(texts)
    if not rows:
        raise DataError("texts: there are none; at least one is needed.")
    if labels is None:
        return TextTable(rows)
    values = as_labels(labels)
    if len(values) != len(rows):
        raise DataError(f"texts and labels must be equally many; got {len(rows)} texts and {len(values)} labels.")
    return TextTable(rows, labels=values)


def _wrong_text(row: int, value: Any) -> str:
    if is_missing(value):
        return f"texts: row {row} has no text ({value}); rows count from 0. Drop it, or put an empty string."
    return f"texts: row {row} must be a string; got {brief(value)} ({type(value).__name__}); rows count from 0."
