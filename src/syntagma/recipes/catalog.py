"""Finding a recipe by name or path, and changing it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from syntagma.config import override, parse_yaml
from syntagma.errors import ConfigError
from syntagma.files import read_text
from syntagma.recipes import shipped
from syntagma.recipes.schema import AnyRecipe, BaseRecipe, parse_recipe

SomeRecipe = TypeVar("SomeRecipe", bound=BaseRecipe)

_LIMIT_BYTES = 1 << 20
# Naming a limit of training drops the others; several may be named together, but for epochs and minutes.
_LIMITS = ("epochs", "minutes", "min_steps")


def find(name: str, settings: Mapping[str, Any] | Iterable[str] = ()) -> AnyRecipe:
    """A shipped recipe by name, or a recipe file by path, with changes.

    Args:
        name: A name, or a path that ends in `.yaml` or `.yml`.
        settings: `{"path.to.key": value}`, or `path.to.key=value` strings whose values are read as YAML. Naming one of
            `training.epochs` and `training.minutes` replaces the other and the least number of steps; naming another
            `kind` of a part drops the settings of the former one.

    Raises:
        ConfigError: Unknown recipe, key or kind (with the nearest known name), or a value outside its rule.
    """
    return parse_recipe(_changed(_read(name), settings), where=f"recipe {name!r}")


def change(recipe: SomeRecipe, settings: Mapping[str, Any] | Iterable[str]) -> SomeRecipe:
    """The recipe with changes; see `find`."""
    return recipe.parse(_changed(recipe.model_dump(mode="json"), settings), where=f"recipe {recipe.name!r}")


def parse(text: str, where: str) -> AnyRecipe:
    """A recipe from YAML.

    Raises:
        ConfigError: As `find`.
    """
    return parse_recipe(parse_yaml(text, where), where)


def _read(name: str) -> dict[str, Any]:
    if name.endswith((".yaml", ".yml")):
        return parse_yaml(read_text(Path(name), _LIMIT_BYTES), where=name)
    return shipped.read(name)


def _changed(values: dict[str, Any], settings: Mapping[str, Any] | Iterable[str]) -> dict[str, Any]:
    changes = _assignments(settings)
    named = [path for path, _ in changes]
    if "training.epochs" in named and "training.minutes" in named:
        raise ConfigError("training has one limit: set `training.epochs` or `training.minutes`, not both.")
    # A new kind first: it drops the settings of the former one, not those that were named beside it.
    for path, value in sorted(changes, key=lambda change: not change[0].endswith(".kind")):
        values = _apply(values, path, value, keep=[name for name in _LIMITS if f"training.{name}" in named])
    return values


def _assignments(settings: Mapping[str, Any] | Iterable[str]) -> list[tuple[str, Any]]:
    if isinstance(settings, Mapping):
        return list(settings.items())
    changes = []
    for setting in settings:
        path = setting.partition("=")[0]
        changes.append((path, _value_at(override({}, [setting]), path.split("."))))
    return changes


def _value_at(values: Any, path: Sequence[str]) -> Any:
    for name in path:
        values = values[name]
    return values


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
