"""Finding a recipe by name or path, and changing it. Who calls tells the schema of each task."""

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
# The task of recipes that name none.
_OLDEST_TASK = "classification"
# Naming a limit of training drops the others; several may be named together, but for epochs and minutes.
_LIMITS = ("epochs", "minutes", "min_steps")


def find(name: str, settings: Mapping[str, Any] | Iterable[str], schemas: Schemas) -> BaseRecipe:
    """Return a shipped recipe by name, or a recipe file by its path in `.yaml` or `.yml`, with changes.

    Settings are `{"path.to.key": value}`, or `path.to.key=value` strings whose values are read as YAML. Naming one of
    `training.epochs` and `training.minutes` replaces the other and the least number of steps; naming another `kind` of
    a part drops the settings of the former one.

    Raises:
        ConfigError: Unknown recipe, key or kind (with the nearest known name), or a value outside its rule.
    """
    values, where = _read(name), f"recipe {name!r}"
    recipe_type = _type_of(values, where, schemas)
    return recipe_type.parse(_changed(recipe_type.without_old_settings(values), settings), where)


def change(recipe: SomeRecipe, settings: Mapping[str, Any] | Iterable[str]) -> SomeRecipe:
    """Return the recipe with changes; see `find`."""
    return recipe.parse(_changed(recipe.model_dump(mode="json"), settings), where=f"recipe {recipe.name!r}")


def parse(text: str, where: str, schemas: Schemas) -> BaseRecipe:
    """Parse a recipe in YAML.

    Raises:
        ConfigError: As `find`.
    """
    return parse_values(parse_yaml(text, where), where, schemas)


def parse_values(values: Mapping[str, Any], where: str, schemas: Schemas) -> BaseRecipe:
    """Check a nested dictionary that is the recipe of any task.

    Raises:
        ConfigError: As `find`.
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


def _changed(values: dict[str, Any], settings: Mapping[str, Any] | Iterable[str]) -> dict[str, Any]:
    changes = _assignments(settings)
    named = [path for path, _ in changes]
    if "training.epochs" in named and "training.minutes" in named:
        raise ConfigError("training has one limit: set `training.epochs` or `training.minutes`, not both.")
    steps = (values.get("training") or {}).get("min_steps") if isinstance(values.get("training"), Mapping) else None
    limits = [name for name in ("epochs", "minutes") if f"training.{name}" in named]
    if steps and limits and "training.min_steps" not in named:
        note(
            f"training.{limits[0]} is set, so that the recipe's least number of updates, training.min_steps={steps}, "
            "no longer holds; set it too to keep it."
        )
    # A new kind first: it drops the settings of the former one, not those that were named beside it.
    for path, value in sorted(changes, key=lambda change: not change[0].endswith(".kind")):
        values = _apply(values, path, value, keep=[name for name in _LIMITS if f"training.{name}" in named])
    return values


def _assignments(settings: Mapping[str, Any] | Iterable[str]) -> list[tuple[str, Any]]:
    return list(settings.items()) if isinstance(settings, Mapping) else [parse_assignment(one) for one in settings]


def _apply(values: dict[str, Any], path: str, value: Any, keep: Sequence[str]) -> dict[str, Any]:
    result: dict[str, Any] = dict(values)
    section = result
    *parents, last = path.split(".")
    for name in parents:
        child = section.get(name)
        if child is not None and not isinstance(child, Mapping):
            raise ConfigError(f"{path}: {name!r} holds a plain value and has no keys.")
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
