"""What a person gives to a task in Python, checked."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np

from syntagma.data.tables.table import Corpus, Table
from syntagma.data.texts.from_python import table_from_python
from syntagma.errors import ConfigError, DataError
from syntagma.recipes import catalog
from syntagma.recipes.schema import BaseRecipe
from syntagma.text.labels import LabelSet

_SEEDS = 1 << 32

SomeRecipe = TypeVar("SomeRecipe", bound=BaseRecipe)


def check_parameters(recipe: Any, settings: Any, seed: Any) -> None:
    """Refuses what no recipe, no settings and no seed can be.

    Raises:
        ConfigError: See there.
    """
    if not isinstance(recipe, str | BaseRecipe):
        raise ConfigError(f"recipe must be the name or path of a recipe, or a Recipe; got {recipe!r}.")
    if settings is not None and not (isinstance(settings, Mapping) and all(isinstance(key, str) for key in settings)):
        raise ConfigError(f"settings must be a dictionary such as {{'training.epochs': 5}}; got {settings!r}.")
    if not isinstance(seed, Integral) or isinstance(seed, bool) or not 0 <= int(seed) < _SEEDS:
        raise ConfigError(f"seed must be a whole number from 0 to {_SEEDS - 1}; got {seed!r}.")


def recipe_for(recipe: Any, settings: Mapping[str, Any] | None, wanted: type[SomeRecipe], task: str) -> SomeRecipe:
    """The complete recipe of a task.

    Raises:
        ConfigError: It is the recipe of another task, or unknown, or a setting is.
    """
    changes = settings or {}
    found = catalog.find(recipe, changes) if isinstance(recipe, str) else catalog.change(recipe, changes)
    if not isinstance(found, wanted):
        raise ConfigError(f"recipe {found.name!r} is for {found.task}, which {task} does not do.")
    return found


def check_threshold(threshold: float, labels: LabelSet) -> None:
    """Refuses a threshold that means nothing.

    Raises:
        ConfigError: It is outside [0, 1], or the task is to choose one of many classes.
    """
    if not isinstance(threshold, Real) or isinstance(threshold, bool) or not 0 <= threshold <= 1:
        raise ConfigError(f"threshold must be a probability from 0 to 1; got {threshold!r}.")
    if threshold != 0.5 and labels.task == "multiclass":
        raise ConfigError(
            f"threshold is for two classes or for several labels a text; this model chooses one of {labels.size} "
            f"classes, the most probable. Leave the threshold out; got {threshold!r}."
        )


def is_matrix(y: Any) -> bool:
    """Whether labels are a matrix of 0 and 1 with a column a label, as scikit-learn writes several labels a row."""
    values = y if isinstance(y, np.ndarray) else None
    return (
        values is not None
        and values.ndim == 2
        and values.shape[1] > 1
        and values.dtype.kind in "biuf"
        and bool(np.isin(values, (0, 1)).all())
    )


def as_table(X: Any, y: Any, columns: int | None = None) -> Table:
    """Texts and labels as a table; a matrix of 0 and 1 becomes the numbers of its columns.

    Raises:
        DataError: The matrix has not the number of columns that is needed.
    """
    if columns is not None and is_matrix(y) and y.shape[1] != columns:
        raise DataError(f"labels: the matrix needs a column for each of {columns} labels; got {y.shape[1]} columns.")
    return table_from_python(X, [tuple(np.flatnonzero(row).tolist()) for row in y] if is_matrix(y) else y)


def as_corpus(X: Any, y: Any) -> Corpus:
    """A corpus as it is, or a table or texts and labels as its train split.

    Raises:
        DataError: Labels are missing, or a column of a matrix of labels has no row.
    """
    if isinstance(X, Corpus | Table) and y is not None:
        raise DataError("labels stand in the corpus already; leave the second argument out.")
    if isinstance(X, Corpus):
        return X
    if y is None and not isinstance(X, Table):
        raise DataError("texts without labels are nothing to learn from; give the labels as the second argument.")
    if is_matrix(y) and not y.any(axis=0).all():
        empty = int(np.flatnonzero(~y.any(axis=0))[0])
        raise DataError(f"labels: column {empty} of the matrix is 0 in every row; leave it out.")
    return Corpus("texts", {"train": X if isinstance(X, Table) else as_table(X, y)})
