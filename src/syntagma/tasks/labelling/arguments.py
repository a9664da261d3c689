"""Validation and conversion of labels, class weights and thresholds."""

from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from syntagma.config import nearest
from syntagma.data.tables.label_cells import is_indicator
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import ConfigError, DataError
from syntagma.shapes import AnyArray, FloatArray
from syntagma.text.labels import LabelSet

MakeTable = Callable[[Any, Any], Table]


def check_threshold(threshold: float, labels: LabelSet) -> None:
    """Raise an error if a threshold is invalid or has no effect.

    Raises:
        ConfigError: If the threshold is outside [0, 1], or differs from 0.5 for a model of more than two classes.
    """
    if not isinstance(threshold, Real) or isinstance(threshold, bool) or not 0 <= threshold <= 1:
        raise ConfigError(f"threshold must be a probability from 0 to 1; got {threshold!r}.")
    if threshold != 0.5:
        check_uses_threshold(threshold, labels)


def check_uses_threshold(threshold: float, labels: LabelSet) -> None:
    """Raise `ConfigError` if the model chooses one of more than two classes, for which a threshold has no effect."""
    if labels.kind == "multiclass":
        raise ConfigError(
            f"threshold is for two classes or for several labels per row; this model chooses the most probable of "
            f"{labels.size} classes. Leave the threshold out; got {threshold!r}."
        )


def as_matrix(y: Any) -> AnyArray | None:
    """Return the labels as an array if they are a matrix of 0 and 1, else `None`.

    scikit-learn represents several labels per row as such an indicator matrix (rows, K). It may be an array, a SciPy
    sparse matrix, or a list of lists of equal length.
    """
    if hasattr(y, "toarray"):
        y = y.toarray()
    if isinstance(y, list | tuple) and is_indicator(y):
        y = np.asarray(y)
    is_table = isinstance(y, np.ndarray) and y.ndim == 2 and y.shape[1] > 1
    return y if is_table and y.dtype.kind in "biuf" and np.isin(y, (0, 1)).all() else None


def convert_indicators(y: Any, columns: int | None = None) -> Any:
    """Convert an indicator matrix of 0 and 1 to a list of labels per row; return other labels unchanged.

    Args:
        y: Labels. The labels of a matrix are the numbers of its columns; of a data frame, their names.
        columns: Number of columns that a matrix must have; `None` for any number.

    Returns:
        `y`, or a list of tuples of labels.

    Raises:
        DataError: If the matrix has another number of columns, or a data frame holds other values than 0 and 1.
    """
    if hasattr(y, "columns") and len(y.columns) > 1:
        return _convert_frame(y)
    matrix = as_matrix(y)
    if matrix is None:
        return y
    if columns is not None and matrix.shape[1] != columns:
        raise DataError(
            f"labels: the matrix needs a column for each of {columns} labels; got {matrix.shape[1]} columns."
        )
    return [tuple(np.flatnonzero(row).tolist()) for row in matrix]


def _convert_frame(frame: Any) -> list[tuple[str, ...]]:
    """Return the names of the columns that are 1 in each row."""
    matrix = as_matrix(np.asarray(frame))
    if matrix is None:
        raise DataError("labels: a data frame of several columns must hold only 0 and 1, with one column per label.")
    names = [str(name) for name in frame.columns]
    return [tuple(names[place] for place in np.flatnonzero(row)) for row in matrix]


def class_weights(wanted: Mapping[str, float], labels: LabelSet) -> FloatArray:
    """Return the weight of each class, float32 (K,); classes without an entry in `wanted` have weight 1.

    Raises:
        ConfigError: If `wanted` has an entry for a label that no training row has.
    """
    weights = np.ones(labels.size, np.float32)
    for name, weight in wanted.items():
        if name not in labels.names:
            raise ConfigError(
                f"`training.class_weights` has a weight for {name!r}, but no training row has this label: "
                f"{nearest(name, labels.names)}"
            )
        weights[labels.names.index(name)] = weight
    return weights


def make_corpus(X: Any, y: Any, make_table: MakeTable, rows: str) -> Corpus:
    """Return the arguments of `fit` as a corpus.

    Args:
        X: Corpus, which is returned unchanged, or a table or rows, which become the train split.
        y: Labels of the rows; `None` for a corpus or a table, which contain them.
        make_table: Function that converts rows and labels to a table.
        rows: Name of the rows in the plural, for messages.

    Raises:
        DataError: If labels are missing or given twice, or a column of an indicator matrix is 0 in every row.
    """
    if isinstance(X, Corpus | Table) and y is not None:
        raise DataError("labels are in the corpus already; leave the second argument out.")
    if isinstance(X, Corpus):
        return X
    if y is None and not isinstance(X, Table):
        raise DataError(f"training needs labels for the {rows}; pass the labels as the second argument.")
    matrix = as_matrix(y)
    if matrix is not None and not matrix.any(axis=0).all():
        empty = int(np.flatnonzero(~matrix.any(axis=0))[0])
        raise DataError(f"labels: column {empty} of the matrix is 0 in every row; remove the column.")
    return Corpus(rows, {"train": X if isinstance(X, Table) else make_table(X, convert_indicators(y))})
