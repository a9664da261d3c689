"""The table of all tasks, and functions that find the task with a given name, for given data or of a saved model."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syntagma import bundle
from syntagma.config import nearest
from syntagma.data.corpora.registry import find_named
from syntagma.data.sources import SplitFiles
from syntagma.errors import ConfigError
from syntagma.recipes import catalog
from syntagma.recipes.schema import BaseRecipe

if TYPE_CHECKING:
    from syntagma.tasks.estimator import Estimator
    from syntagma.tasks.task import Task

# Each module defines its task as `TASK`. The first task is the default for data that no other task recognises.
_MODULES = {
    "classification": "syntagma.tasks.classification.task",
    "tagging": "syntagma.tasks.tagging.task",
    "series": "syntagma.tasks.series.task",
    "generation": "syntagma.tasks.generation.task",
}
# Alternative names that commands accept.
_ALIASES = {"tagged": "tagging"}


def names() -> list[str]:
    """Return the names of all tasks."""
    return list(_MODULES)


@lru_cache
def task(name: str) -> "Task[Any]":
    """Return the task with the given name.

    Raises:
        ConfigError: If there is no task with that name.
    """
    name = _ALIASES.get(name, name)
    if name not in _MODULES:
        raise ConfigError(f"task must be one of {', '.join(_MODULES)}; got {name!r}: {nearest(name, _MODULES)}")
    result: Task[Any] = import_module(_MODULES[name]).TASK
    return result


def task_of_data(source: str | Path | SplitFiles, roles: Iterable[str] = ()) -> "Task[Any]":
    """Return the task that fits the data: the task of a named corpus, or the task that recognises the path.

    Args:
        source: Name of a corpus, path, or files of the splits. If there are several files, only the first is inspected.
        roles: Roles of columns that the user named, such as "source". If only one task has all of them, the data are
            for this task.
    """
    if isinstance(source, SplitFiles):
        source = source.first
    elif (corpus := find_named(source)) is not None:
        return task(corpus.task)
    if roles := set(roles):
        fitting = [name for name in _MODULES if roles <= set(task(name).file_options.columns)]
        if len(fitting) == 1:
            return task(fitting[0])
    first, *others = _MODULES
    path = Path(source).expanduser()
    return next((found for name in others if (found := task(name)).recognises(path)), task(first))


def schema(name: str) -> type[BaseRecipe]:
    """Return the recipe class of a task."""
    return task(name).recipe


def find_recipe(name: str, settings: Mapping[str, Any] | Iterable[str] = ()) -> BaseRecipe:
    """Load a shipped recipe or a recipe file, and apply changes to it; see `catalog.find` for the arguments."""
    return catalog.find(name, settings, schema)


def parse_recipe(text: str, where: str) -> BaseRecipe:
    """Parse the YAML text of a recipe; see `catalog.parse` for the arguments."""
    return catalog.parse(text, where, schema)


def restore_recipe(values: Mapping[str, Any], where: str) -> BaseRecipe:
    """Restore the recipe of a saved model from its stored values; see `catalog.parse_values` for the arguments."""
    return catalog.parse_values(values, where, schema)


def load(path: str | Path) -> "Estimator":
    """Load a saved model.

    Args:
        path: Folder that `save` wrote, or the folder of a training run.

    Returns:
        The fitted estimator, such as a `TextClassifier`, ready to predict.

    Raises:
        FolderError: If there is no folder at `path`.
        BundleError: If a file is missing, was modified, is too large or has a newer format. The message names the file.

    Example:
        >>> model = syntagma.load("runs/imdb")  # doctest: +SKIP
        >>> model.predict(["a good film"])  # doctest: +SKIP
        array(['pos'], dtype='<U3')
    """
    contents = bundle.read(path)
    with bundle.name_file_in_errors(contents.folder / "recipe.yaml"):
        loaded_task = task(restore_recipe(contents.recipe, "the recipe").task)
    return loaded_task.load_model(contents)
