"""The base of every config: frozen, complete, and an unknown key is an error that names the nearest known one."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, Self, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from syntagma.errors import ConfigError

_LIMIT_DEPTH = 20
_LIMIT_EVENTS = 20_000
# How pydantic names one of several types that a value may have.
_TYPE = re.compile(r"(literal|dict|list|tuple)\[.*\]|float|int|str|bool")

AnyConfig = TypeVar("AnyConfig", bound="Config")


class _Loader(yaml.SafeLoader):
    """YAML without keys that are there twice, and without numbers to the base of 60, which take long to read."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping.

        Raises:
            YAMLError: A key is there twice.
        """
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        if len(found) < len(node.value):
            counts = Counter(str(key.value) for key, _ in node.value)
            twice = counts.most_common(1)[0][0]
            mark = next(key.start_mark for key, _ in reversed(node.value) if str(key.value) == twice)
            raise yaml.constructor.ConstructorError(problem=f"the key {twice!r} is there twice", problem_mark=mark)
        return found


def _number(construct: Any) -> Any:
    return lambda loader, node: node.value if ":" in node.value else construct(loader, node)


_Loader.add_constructor("tag:yaml.org,2002:int", _number(yaml.SafeLoader.construct_yaml_int))
_Loader.add_constructor("tag:yaml.org,2002:float", _number(yaml.SafeLoader.construct_yaml_float))


class Config(BaseModel):
    """A frozen record of settings in which every default is written out."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, values: Mapping[str, Any], where: str) -> Self:
        """Check a nested dictionary as YAML holds it; `where` names it in an error ("recipe 'classify'").

        Raises:
            ConfigError: An unknown key (with the nearest known one) or a value outside its rule.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigError(_first_problem(error, cls, where)) from error

    def to_yaml(self) -> str:
        """Return all settings as YAML, defaults written out."""
        return to_yaml(self.model_dump(mode="json"))


def to_yaml(values: Mapping[str, Any]) -> str:
    """Write settings as YAML."""
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)


def parse_yaml(text: str, where: str) -> dict[str, Any]:
    """Parse YAML that holds one mapping of settings; `where` is its file or another name for it, for errors.

    Raises:
        ConfigError: No valid YAML, no mapping, nested too deeply, or with aliases.
    """
    try:
        _refuse_bombs(text, where)
        values = yaml.load(text, Loader=_Loader)
    except ConfigError:
        raise
    except (yaml.YAMLError, ValueError) as error:  # a ValueError from a date such as 2020-13-45
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise ConfigError(f"is not valid YAML: {getattr(error, 'problem', error)}.", path=where, line=line) from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigError("must hold settings as `key: value` lines.", path=where)
    return values


def override(
    values: Mapping[str, Any], assignments: Iterable[str], option: str = "--set", form: str = "path.to.key=value"
) -> dict[str, Any]:
    """Return a nested dictionary with `path.to.key=value` assignments, whose values are read as YAML.

    The option that the assignments come from, and their form, are for messages.

    Example:
        >>> override({"training": {"epochs": 3}}, ["training.epochs=5"])
        {'training': {'epochs': 5}}

    Raises:
        ConfigError: An assignment without `=`, or one that goes through a plain value.
    """
    result = deepcopy(dict(values))
    for assignment in assignments:
        path, value = parse_assignment(assignment, option, form)
        _assign(result, path.split("."), value, f"{option} {assignment}")
    return result


def parse_assignment(assignment: str, option: str = "--set", form: str = "path.to.key=value") -> tuple[str, Any]:
    """Return path and value of an assignment; see `override`."""
    path, equals, text = assignment.partition("=")
    if not equals or not path:
        raise ConfigError(f"{option} takes {form}; got {assignment!r}.")
    where = f"{option} {assignment}"
    try:
        _refuse_bombs(text, where)
        return path, yaml.load(text, Loader=_Loader) if text else None
    except ConfigError:
        raise
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{where}: the value is not valid YAML.") from error


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a part of a sentence that names the known name nearest to a mistaken one, or lists what there is."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}."


def _assign(values: dict[str, Any], path: list[str], value: Any, where: str) -> None:
    *parents, last = path
    for name in parents:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{where}: {name!r} holds a plain value and has no keys.")
    values[last] = value


def _refuse_bombs(text: str, where: str) -> None:
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        if count > _LIMIT_EVENTS:
            raise ConfigError(f"holds more than {_LIMIT_EVENTS:,} names, values and brackets.", path=where)
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError("aliases (`*name`) are not allowed in settings.", path=where)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _LIMIT_DEPTH:
                raise ConfigError(f"is nested deeper than {_LIMIT_DEPTH} levels.", path=where)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _first_problem(error: ValidationError, config: type[Config], where: str) -> str:
    problem = _deepest(error, config)
    path = _path(problem)
    if problem["type"] == "extra_forbidden":
        shown = ".".join(_without_tags(path, config))
        return f"{where} has no key {shown!r}: {nearest(path[-1], _keys_at(config, path[:-1]))}"
    place = ".".join(_without_tags(path, config)) or "settings"
    if problem["type"] == "union_tag_invalid":
        kinds = problem["ctx"]["expected_tags"].replace("'", "")
        return f"{where}: {place}.kind must be one of {kinds}; got {problem['ctx']['tag']!r}."
    if problem["type"] == "union_tag_not_found":
        return f"{where}: {place}.kind is missing; got {_brief(problem['input'])}."
    if problem["type"] in ("model_type", "model_attributes_type"):
        return f"{where}: {place} must hold settings as `key: value`; got {_brief(problem['input'])}."
    found = problem["input"]
    if problem["type"] == "value_error" and isinstance(found, Mapping):  # of several settings, which the message names
        return f"{where}: {place}: {_message(problem)}."
    return f"{where}: {place}: {_of_all_types(error, path, config)}; got {_brief(found)}."


def _path(problem: Any) -> list[str]:
    return [str(part) for part in problem["loc"]]


def _deepest(error: ValidationError, config: type[Config]) -> Any:
    """The first problem; of a value that may be of several types, that within the type which it nearly is."""
    problems = error.errors()
    place = _without_tags(_path(problems[0]), config)
    same = [one for one in problems if _without_tags(_path(one), config)[: len(place)] == place]
    return max(same, key=lambda one: len(_without_tags(_path(one), config)))


def _message(problem: Any) -> str:
    message: str = problem["msg"]
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def _of_all_types(error: ValidationError, path: list[str], config: type[Config]) -> str:
    """What a value must be; where it may be of several types, what each of them wants."""
    place = _without_tags(path, config)
    others = [one for one in error.errors() if _without_tags(_path(one), config) == place]
    first, *rest = dict.fromkeys(map(_message, others))
    return "".join([first, *(f", or {message.removeprefix('must be ')}" for message in rest)])


def _without_tags(path: list[str], config: type[Config]) -> list[str]:
    """The path as a person writes it: pydantic puts the `kind` of a part, or one of several types, into it."""
    names = [name for place, name in enumerate(path) if not _tagged(_configs_at(config, path[:place]), name)]
    return [name for place, name in enumerate(names) if place == 0 or not _TYPE.fullmatch(name)]


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _keys_at(config: type[Config], path: list[str]) -> list[str]:
    return sorted({key for found in _configs_at(config, path) for key in found.model_fields})


def _configs_at(config: type[Config], path: list[str]) -> list[type[Config]]:
    found: list[type[Config]] = [config]
    for name in path:
        fields = [c.model_fields[name].annotation for c in found if name in c.model_fields]
        # A tagged union puts its tag into the path, where there is no field of that name.
        found = [c for field in fields for c in _configs_in(field)] or _tagged(found, name) or found
    return found


def _tagged(configs: list[type[Config]], name: str) -> list[type[Config]]:
    return [c for c in configs if "kind" in c.model_fields and c.model_fields["kind"].default == name]


def _configs_in(annotation: Any) -> list[type[Config]]:
    if isinstance(annotation, type) and issubclass(annotation, Config):
        return [annotation]
    return [found for part in get_args(annotation) for found in _configs_in(part)]
