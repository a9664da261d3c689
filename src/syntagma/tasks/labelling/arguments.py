"""Validation and conversion of the labels, class weights and thresholds that users pass to a classifier."""

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
    """Raise an error if a decision threshold is invalid or cannot have an effect.

    Args:
        threshold: Decision threshold.
        labels: Labels of the model.

    Raises:
        ConfigError: If the threshold is outside [0, 1], or differs from 0.5 for a model of more than two classes.
    """
    if not isinstance(threshold, Real) or isinstance(threshold, bool) or not 0 <= threshold <= 1:
        raise ConfigError(f"threshold must be a probability from 0 to 1; got {threshold!r}.")
    if threshold != 0.5:
        check_uses_threshold(threshold, labels)


def check_uses_threshold(threshold: float, labels: LabelSet) -> None:
    """Raise `ConfigError` if the model always predicts the most probable of more than two classes.

    A threshold has no effect on such a model.

    Args:
        threshold: Decision threshold, for the message.
        labels: Labels of the model.
    """
    if labels.kind == "multiclass":
        raise ConfigError(
            f"threshold is for two classes or for several labels per row; this model chooses the most probable of "
            f"{labels.size} classes. Leave the threshold out; got {threshold!r}."
        )


def as_matrix(y: Any) -> AnyArray | None:
    """Return labels as an array if they are an indicator matrix, or `None` if they are not.

    An indicator matrix, with which scikit-learn represents several labels per row, has the shape (rows, K), where K is
    at least 2, and contains only 0 and 1.

    Args:
        y: Labels in any form. An indicator matrix may be an array, a SciPy sparse matrix, or a list of lists of equal
            length.
    """
    if hasattr(y, "toarray"):
        y = y.toarray()
    if isinstance(y, list | tuple) and is_indicator(y):
        y = np.asarray(y)
    is_table = isinstance(y, np.ndarray) and y.ndim == 2 and y.shape[1] > 1
    return y if is_table and y.dtype.kind in "biuf" and np.isin(y, (0, 1)).all() else None


def convert_indicators(y: Any, columns: int | None = None) -> Any:
    """Convert an indicator matrix of 0 and 1 to the labels of each row. Labels in any other form are not changed.

    Args:
        y: Labels in any form. The labels in a matrix are the column numbers, from 0. The labels in a data frame are the
            column names.
        columns: Number of columns that a matrix must have, or `None` if any number is allowed. Data frames are not
            checked.

    Returns:
        A list with a tuple of labels for each row if `y` is a matrix or a data frame of several columns; otherwise `y`.

    Raises:
        DataError: If the matrix has a different number of columns, or the data frame contains values other than 0 and
            1.
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
    """Return, for each row of a data frame, the names of the columns that are 1."""
    matrix = as_matrix(np.asarray(frame))
    if matrix is None:
        raise DataError("labels: a data frame of several columns must hold only 0 and 1, with one column per label.")
    names = [str(name) for name in frame.columns]
    return [tuple(names[place] for place in np.flatnonzero(row)) for row in matrix]


def class_weights(wanted: Mapping[str, float], labels: LabelSet) -> FloatArray:
    """Return the weight of each class in the training loss.

    Args:
        wanted: Dictionary of weights, keyed by class name. Other classes have weight 1.
        labels: Labels of the model.

    Returns:
        Weights, a float32 array of shape (K,).

    Raises:
        ConfigError: If `wanted` names a label that no training row has.
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
    """Convert the arguments `X` and `y` of `fit` to a corpus.

    Args:
        X: Corpus, table or rows. A corpus is returned unchanged. A table or rows become the train split.
        y: Labels of the rows, or `None` for a corpus or a table, which contains its labels.
        make_table: Function that converts rows and labels to a table.
        rows: Plural name of the rows for messages, such as "texts".

    Raises:
        DataError: If labels are missing, if `y` is passed in addition to a corpus or a table, or if a column of an
            indicator matrix is 0 in every row.
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
