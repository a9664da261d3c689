"""The base of every config: frozen, complete, and an unknown key is an error that names the nearest known one."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Self, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from syntagma.errors import ConfigError

_LIMIT_DEPTH = 20

AnyConfig = TypeVar("AnyConfig", bound="Config")


class Config(BaseModel):
    """A frozen record of settings in which every default is written out."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, values: Mapping[str, Any], where: str) -> Self:
        """Checks a nested dictionary.

        Args:
            values: Keys and values as they come out of YAML.
            where: Names the source in an error ("recipe 'classify'").

        Raises:
            ConfigError: An unknown key (with the nearest known one) or a value outside its rule.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigError(_first_problem(error, cls, where)) from error

    def to_yaml(self) -> str:
        """All settings, defaults written out."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def parse_yaml(text: str, where: str) -> dict[str, Any]:
    """Parses YAML that holds one mapping of settings.

    Args:
        text: The YAML.
        where: Its file or another name for it, for errors.

    Raises:
        ConfigError: No valid YAML, no mapping, nested too deeply, or with aliases.
    """
    try:
        _refuse_bombs(text, where)
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise ConfigError(f"is not valid YAML: {getattr(error, 'problem', error)}.", path=where, line=line) from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigError("must hold settings as `key: value` lines.", path=where)
    return values


def override(values: Mapping[str, Any], assignments: Iterable[str]) -> dict[str, Any]:
    """Applies `path.to.key=value` assignments to a nested dictionary; values are read as YAML.

    Example:
        >>> override({"training": {"epochs": 3}}, ["training.epochs=5"])
        {'training': {'epochs': 5}}

    Raises:
        ConfigError: An assignment without `=`, or one that goes through a plain value.
    """
    result = _copy(values)
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals or not path:
            raise ConfigError(f"--set takes path.to.key=value; got {assignment!r}.")
        _assign(result, path.split("."), _value(text, assignment), assignment)
    return result


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence part that names the known name nearest to a mistaken one, or lists what there is."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}."


def _value(text: str, assignment: str) -> Any:
    try:
        return yaml.safe_load(text) if text else None
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {assignment}: the value is not valid YAML.") from error


def _assign(values: dict[str, Any], path: list[str], value: Any, assignment: str) -> None:
    *parents, last = path
    for name in parents:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            raise ConfigError(f"--set {assignment}: {name!r} holds a plain value and has no keys.")
    values[last] = value


def _copy(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copy(value) if isinstance(value, Mapping) else value for key, value in values.items()}


def _refuse_bombs(text: str, where: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError("aliases (`*name`) are not allowed in settings.", path=where)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _LIMIT_DEPTH:
                raise ConfigError(f"is nested deeper than {_LIMIT_DEPTH} levels.", path=where)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _first_problem(error: ValidationError, config: type[Config], where: str) -> str:
    problem = error.errors()[0]
    path = [str(part) for part in problem["loc"]]
    if problem["type"] == "extra_forbidden":
        return f"{where} has no key {'.'.join(path)!r}: {nearest(path[-1], _keys_at(config, path[:-1]))}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {'.'.join(path) or 'settings'}: {message}; got {_brief(problem['input'])}."


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _keys_at(config: type[Config], path: list[str]) -> list[str]:
    candidates: list[type[Config]] = [config]
    for name in path:
        fields = [c.model_fields[name].annotation for c in candidates if name in c.model_fields]
        # A tagged union puts its tag into the path, where there is no field of that name.
        tagged = [c for c in candidates if "kind" in c.model_fields and c.model_fields["kind"].default == name]
        candidates = [c for field in fields for c in _configs_in(field)] or tagged or candidates
    return sorted({key for c in candidates for key in c.model_fields})


def _configs_in(annotation: Any) -> list[type[Config]]:
    if isinstance(annotation, type) and issubclass(annotation, Config):
        return [annotation]
    return [found for part in get_args(annotation) for found in _configs_in(part)]
