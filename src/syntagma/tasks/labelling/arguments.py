"""Labels and thresholds that a person gives in Python, checked."""

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
    """Refuse a threshold that means nothing.

    Raises:
        ConfigError: It is outside [0, 1], or the model chooses one of many classes.
    """
    if not isinstance(threshold, Real) or isinstance(threshold, bool) or not 0 <= threshold <= 1:
        raise ConfigError(f"threshold must be a probability from 0 to 1; got {threshold!r}.")
    if threshold != 0.5:
        check_has_threshold(threshold, labels)


def check_has_threshold(threshold: float, labels: LabelSet) -> None:
    """Raise `ConfigError` for a threshold of a model that chooses one of many classes."""
    if labels.kind == "multiclass":
        raise ConfigError(
            f"threshold is for two classes or for several labels a row; this model chooses one of {labels.size} "
            f"classes, the most probable. Leave the threshold out; got {threshold!r}."
        )


def as_matrix(y: Any) -> AnyArray | None:
    """Return labels that are a matrix of 0 and 1, as scikit-learn writes several labels per row, else `None`.

    The matrix may be an array, a SciPy sparse matrix, or a list of lists of one length.
    """
    if hasattr(y, "toarray"):
        y = y.toarray()
    if isinstance(y, list | tuple) and is_indicator(y):
        y = np.asarray(y)
    is_table = isinstance(y, np.ndarray) and y.ndim == 2 and y.shape[1] > 1
    return y if is_table and y.dtype.kind in "biuf" and np.isin(y, (0, 1)).all() else None


def labels_of(y: Any, columns: int | None = None) -> Any:
    """Return labels as they are, or a matrix of 0 and 1 as the numbers of its columns, or their names in a data frame.

    Raises:
        DataError: The matrix has not the number of columns that is needed, or a data frame holds something else.
    """
    if hasattr(y, "columns") and len(y.columns) > 1:
        return _of_frame(y)
    matrix = as_matrix(y)
    if matrix is None:
        return y
    if columns is not None and matrix.shape[1] != columns:
        raise DataError(
            f"labels: the matrix needs a column for each of {columns} labels; got {matrix.shape[1]} columns."
        )
    return [tuple(np.flatnonzero(row).tolist()) for row in matrix]


def _of_frame(frame: Any) -> list[tuple[str, ...]]:
    """Return the names of the columns that have 1 in each row."""
    matrix = as_matrix(np.asarray(frame))
    if matrix is None:
        raise DataError("labels: a data frame of several columns must hold 0 and 1, a column for each label.")
    names = [str(name) for name in frame.columns]
    return [tuple(names[place] for place in np.flatnonzero(row)) for row in matrix]


def class_weights(wanted: Mapping[str, float], labels: LabelSet) -> FloatArray:
    """Return the weight of each class, (K,), 1 for those that are not named.

    Raises:
        ConfigError: A weight for a label that training has not.
    """
    weights = np.ones(labels.size, np.float32)
    for name, weight in wanted.items():
        if name not in labels.names:
            raise ConfigError(
                f"`training.class_weights` has a weight for {name!r}, which no training row has as its label: "
                f"{nearest(name, labels.names)}"
            )
        weights[labels.names.index(name)] = weight
    return weights


def as_corpus(X: Any, y: Any, make_table: MakeTable, rows: str) -> Corpus:
    """Return a corpus as it is, or a table, or rows and labels, as its train split.

    The name of the rows in the plural, `rows`, is for messages.

    Raises:
        DataError: Labels are missing, or a column of a matrix of labels has no row.
    """
    if isinstance(X, Corpus | Table) and y is not None:
        raise DataError("labels are in the corpus already; leave the second argument out.")
    if isinstance(X, Corpus):
        return X
    if y is None and not isinstance(X, Table):
        raise DataError(f"{rows} without labels are nothing to learn from; give the labels as the second argument.")
    matrix = as_matrix(y)
    if matrix is not None and not matrix.any(axis=0).all():
        empty = int(np.flatnonzero(~matrix.any(axis=0))[0])
        raise DataError(f"labels: column {empty} of the matrix is 0 in every row; leave it out.")
    return Corpus(rows, {"train": X if isinstance(X, Table) else make_table(X, labels_of(y))})
