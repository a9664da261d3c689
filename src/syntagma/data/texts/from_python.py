"""Construction of tables from texts and labels that are passed in Python."""

from typing import Any

from syntagma.data.tables.from_python import as_labels, is_missing, list_values
from syntagma.data.tables.label_values import brief, is_encodable
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError


def as_texts(texts: Any, what: str = "texts") -> list[str]:
    """Return texts as a list of strings, after checking each text.

    Args:
        texts: Iterable, NumPy array, or pandas or polars Series of strings, or DataFrame with one column of strings.
        what: Plural noun for the texts in error messages.

    Raises:
        DataError: If `texts` is a single string or has several columns, or if one of the texts is missing, is not a
            string, or contains a lone surrogate.
    """
    values = list_values(texts, what)
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise DataError(_wrong_text(row, value, what))
        if not is_encodable(value):
            raise DataError(f"{what}: row {row} contains a lone surrogate; rows are counted from 0.")
    return [str(value) for value in values]


def table_from_python(texts: Any, labels: Any = None) -> TextTable:
    """Make a table of texts with optional labels.

    Args:
        texts: One or more texts, in any form that `as_texts` accepts.
        labels: Label of each text, in any form that `as_labels` accepts. `None` if there are no labels.

    Raises:
        DataError: If there are no texts, if a text or label is invalid, or if the numbers of texts and labels differ.
    """
    rows = as_texts(texts)
    if not rows:
        raise DataError("texts: there are none; at least one is needed.")
    if labels is None:
        return TextTable(rows)
    values = as_labels(labels)
    if len(values) != len(rows):
        raise DataError(f"each text needs one label; got {len(rows)} texts and {len(values)} labels.")
    return TextTable(rows, labels=values)


def _wrong_text(row: int, value: Any, what: str) -> str:
    if is_missing(value):
        return f"{what}: row {row} has no text ({value}); rows are counted from 0. Drop it, or use an empty string."
    return f"{what}: row {row} must be a string; got {brief(value)} ({type(value).__name__}); rows are counted from 0."
