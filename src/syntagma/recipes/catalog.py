"""Loading of recipes by name or path, and changes to their settings. Callers provide the recipe class of each task."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from syntagma.config import parse_assignment, parse_yaml
from syntagma.errors import ConfigError
from syntagma.files import read_text
from syntagma.progress import note
from syntagma.recipes import shipped
from syntagma.recipes.schema import BaseRecipe, Schemas

SomeRecipe = TypeVar("SomeRecipe", bound=BaseRecipe)

_LIMIT_BYTES = 1 << 20
# Task of recipes without the key `task`.
_OLDEST_TASK = "classification"
# Setting `training.epochs` or `training.minutes` removes the other limits unless they are set too.
_LIMITS = ("epochs", "minutes", "min_steps")


def find(name: str, settings: Mapping[str, Any] | Iterable[str], schemas: Schemas) -> BaseRecipe:
    """Load a recipe, and apply changes to its settings.

    Setting `training.epochs` removes `training.minutes` and vice versa. Setting either one also removes
    `training.min_steps`, unless it is set too. Changing the `kind` of a section removes the settings of the previous
    kind.

    Args:
        name: Name of a shipped recipe, or path of a recipe file that ends in `.yaml` or `.yml`.
        settings: Changes as a mapping `{"path.to.key": value}`, or as `path.to.key=value` strings whose values are
            parsed as YAML.
        schemas: Function that returns the recipe class of a task, given the name of the task.

    Raises:
        ConfigError: If the recipe, a key or a kind is unknown (the message suggests the nearest name), or a value is
            invalid.
    """
    values, where = _read(name), f"recipe {name!r}"
    recipe_type = _type_of(values, where, schemas)
    return recipe_type.parse(_apply_changes(recipe_type.drop_old_settings(values), settings), where)


def change(recipe: SomeRecipe, settings: Mapping[str, Any] | Iterable[str]) -> SomeRecipe:
    """Return a copy of a recipe, with its settings changed in the same way as by `find`."""
    return recipe.parse(_apply_changes(recipe.model_dump(mode="json"), settings), where=f"recipe {recipe.name!r}")


def parse(text: str, where: str, schemas: Schemas) -> BaseRecipe:
    """Parse a recipe from YAML text; `where` names its source in error messages.

    Raises:
        ConfigError: If the recipe is invalid, for the same reasons as in `find`.
    """
    return parse_values(parse_yaml(text, where), where, schemas)


def parse_values(values: Mapping[str, Any], where: str, schemas: Schemas) -> BaseRecipe:
    """Create a recipe of any task from a nested dictionary; `where` names its source in error messages.

    Raises:
        ConfigError: If the recipe is invalid, for the same reasons as in `find`.
    """
    return _type_of(values, where, schemas).restore(values, where)


def _type_of(values: Mapping[str, Any], where: str, schemas: Schemas) -> type[BaseRecipe]:
    task = values.get("task", _OLDEST_TASK)
    if not isinstance(task, str):
        raise ConfigError(f"{where}: task must be the name of a task; got {task!r}.")
    return schemas(task)


def _read(name: str) -> dict[str, Any]:
    if name.endswith((".yaml", ".yml")):
        return parse_yaml(read_text(Path(name), _LIMIT_BYTES), where=name)
    return shipped.read(name)


def _apply_changes(values: dict[str, Any], settings: Mapping[str, Any] | Iterable[str]) -> dict[str, Any]:
    changes = _parse_changes(settings)
    named = [path for path, _ in changes]
    if "training.epochs" in named and "training.minutes" in named:
        raise ConfigError("training can have only one limit: set `training.epochs` or `training.minutes`, not both.")
    steps = (values.get("training") or {}).get("min_steps") if isinstance(values.get("training"), Mapping) else None
    limits = [name for name in ("epochs", "minutes") if f"training.{name}" in named]
    if steps and limits and "training.min_steps" not in named:
        remedy = "; set it too to keep it" if limits[0] == "epochs" else ""
        note(
            f"training.{limits[0]} is set, so the recipe's minimum number of updates, training.min_steps={steps}, is "
            f"no longer used{remedy}."
        )
    # A new kind is applied first: it removes the settings of the previous kind, but not those in the same changes.
    for path, value in sorted(changes, key=lambda change: not change[0].endswith(".kind")):
        values = _apply(values, path, value, keep=[name for name in _LIMITS if f"training.{name}" in named])
    return values


def _parse_changes(settings: Mapping[str, Any] | Iterable[str]) -> list[tuple[str, Any]]:
    return list(settings.items()) if isinstance(settings, Mapping) else [parse_assignment(one) for one in settings]


def _apply(values: dict[str, Any], path: str, value: Any, keep: Sequence[str]) -> dict[str, Any]:
    result: dict[str, Any] = dict(values)
    section = result
    *parents, last = path.split(".")
    for name in parents:
        child = section.get(name)
        if child is not None and not isinstance(child, Mapping):
            raise ConfigError(f"{path}: {name!r} is a plain value and has no keys.")
        section[name] = dict(child or {})
        section = section[name]
    if last == "kind" and section.get("kind") != value:
        section.clear()
    section[last] = value
    if path in ("training.epochs", "training.minutes") and value is not None:
        for name in _LIMITS:
            if name not in keep:
                section.pop(name, None)
    return result
