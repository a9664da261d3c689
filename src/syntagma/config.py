"""Base class of all settings, which are immutable, validated and read from YAML."""

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
# Names by which pydantic marks the members of a union of types in error locations.
_TYPE = re.compile(r"(literal|dict|list|tuple)\[.*\]|float|int|str|bool")

AnyConfig = TypeVar("AnyConfig", bound="Config")


class _Loader(yaml.SafeLoader):
    """YAML loader that rejects duplicate keys.

    Sexagesimal numbers, such as 1:30, are read as strings, because parsing them as numbers is slow.
    """

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Construct a mapping from a YAML node.

        Raises:
            YAMLError: If a key occurs more than once.
        """
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            counts = Counter(str(key.value) for key, _ in node.value)
            duplicate = counts.most_common(1)[0][0]
            mark = next(key.start_mark for key, _ in reversed(node.value) if str(key.value) == duplicate)
            raise yaml.constructor.ConstructorError(
                problem=f"the key {duplicate!r} occurs more than once", problem_mark=mark
            )
        return mapping


def _number(construct: Any) -> Any:
    return lambda loader, node: node.value if ":" in node.value else construct(loader, node)


_Loader.add_constructor("tag:yaml.org,2002:int", _number(yaml.SafeLoader.construct_yaml_int))
_Loader.add_constructor("tag:yaml.org,2002:float", _number(yaml.SafeLoader.construct_yaml_float))


class Config(BaseModel):
    """Base class of all settings. Instances are immutable and validated, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, values: Mapping[str, Any], where: str) -> Self:
        """Validate settings from a nested dictionary, as loaded from YAML.

        Args:
            values: Nested dictionary of settings. Missing settings get their defaults.
            where: Name of the settings in error messages, such as "recipe 'classify'".

        Raises:
            ConfigError: If a key is unknown (the message suggests the nearest one) or a value is invalid.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigError(_describe_problem(error, cls, where)) from error

    def to_yaml(self) -> str:
        """Return all settings as YAML, including defaults."""
        return to_yaml(self.model_dump(mode="json"))


def to_yaml(values: Mapping[str, Any]) -> str:
    """Return settings as YAML, in the order of the mapping."""
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)


def parse_yaml(text: str, where: str) -> dict[str, Any]:
    """Parse a YAML mapping of settings.

    Args:
        text: YAML text.
        where: Path of the settings file, or another name for the settings, for error messages.

    Raises:
        ConfigError: If the text is not valid YAML, is not a mapping with string keys, has aliases, is too large or is
            nested too deeply.
    """
    try:
        _check_complexity(text, where)
        values = yaml.load(text, Loader=_Loader)
    except ConfigError:
        raise
    except (yaml.YAMLError, ValueError) as error:  # a ValueError from a date such as 2020-13-45
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise ConfigError(f"is not valid YAML: {getattr(error, 'problem', error)}.", path=where, line=line) from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigError("must contain settings as `key: value` lines.", path=where)
    return values


def override(
    values: Mapping[str, Any], assignments: Iterable[str], option: str = "--set", form: str = "path.to.key=value"
) -> dict[str, Any]:
    """Return a copy of a nested dictionary with assignments applied.

    Args:
        values: Nested dictionary, which is not changed.
        assignments: Strings `path.to.key=value` whose values are parsed as YAML.
        option: Command-line option that received the assignments, for error messages.
        form: Expected form of an assignment, for error messages.

    Example:
        >>> override({"training": {"epochs": 3}}, ["training.epochs=5"])
        {'training': {'epochs': 5}}

    Raises:
        ConfigError: If an assignment has no path or no `=`, its value is not valid YAML, or its path leads through a
            plain value.
    """
    result = deepcopy(dict(values))
    for assignment in assignments:
        path, value = parse_assignment(assignment, option, form)
        _assign(result, path.split("."), value, f"{option} {assignment}")
    return result


def parse_assignment(assignment: str, option: str = "--set", form: str = "path.to.key=value") -> tuple[str, Any]:
    """Split an assignment such as `path.to.key=value` into its path and its parsed value.

    `option` and `form` have the same meaning as in `override`.
    """
    path, equals, text = assignment.partition("=")
    if not equals or not path:
        raise ConfigError(f"{option} takes {form}; got {assignment!r}.")
    where = f"{option} {assignment}"
    try:
        _check_complexity(text, where)
        return path, yaml.load(text, Loader=_Loader) if text else None
    except ConfigError:
        raise
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{where}: the value is not valid YAML.") from error


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of an error message about an unknown name.

    The returned text suggests the most similar known name, or lists all known names if none is similar.
    """
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}."


def _assign(values: dict[str, Any], path: list[str], value: Any, where: str) -> None:
    *parents, last = path
    for name in parents:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{where}: {name!r} is a plain value and has no keys.")
    values[last] = value


def _check_complexity(text: str, where: str) -> None:
    """Raise a `ConfigError` if YAML text is unsafe to load: too large, nested too deeply, or with aliases."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        if count > _LIMIT_EVENTS:
            raise ConfigError(f"has more than {_LIMIT_EVENTS:,} names, values and brackets.", path=where)
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError("aliases (`*name`) are not allowed in settings.", path=where)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _LIMIT_DEPTH:
                raise ConfigError(f"is nested deeper than {_LIMIT_DEPTH} levels.", path=where)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _describe_problem(error: ValidationError, config: type[Config], where: str) -> str:
    """Return the message for the first problem in a validation error."""
    problem = _deepest_problem(error, config)
    path = _path(problem)
    if problem["type"] == "extra_forbidden":
        shown = ".".join(_strip_tags(path, config))
        inner = [name for name in _setting_paths(config) if name.endswith(f".{path[-1]}")]
        if len(path) == 1 and inner:
            return f"{where} has no key {shown!r}: did you mean {' or '.join(map(repr, inner))}?"
        return f"{where} has no key {shown!r}: {nearest(path[-1], _keys_at(config, path[:-1]))}"
    place = ".".join(_strip_tags(path, config)) or "settings"
    if problem["type"] == "union_tag_invalid":
        kinds = problem["ctx"]["expected_tags"].replace("'", "")
        return f"{where}: {place}.kind must be one of {kinds}; got {problem['ctx']['tag']!r}."
    if problem["type"] == "union_tag_not_found":
        return f"{where}: {place}.kind is missing; got {_abbreviate(problem['input'])}."
    if problem["type"] in ("model_type", "model_attributes_type"):
        return f"{where}: {place} must contain settings as `key: value`; got {_abbreviate(problem['input'])}."
    value = problem["input"]
    if problem["type"] == "value_error" and isinstance(value, Mapping):  # the message names the settings involved
        return f"{where}: {place}: {_message(problem)}."
    return f"{where}: {place}: {_merge_messages(error, path, config)}; got {_abbreviate(value)}."


def _path(problem: Any) -> list[str]:
    return [str(part) for part in problem["loc"]]


def _deepest_problem(error: ValidationError, config: type[Config]) -> Any:
    """Return the first problem in a validation error.

    If the value with the problem may have several types, return the problem for the type that fits best.
    """
    problems = error.errors()
    place = _strip_tags(_path(problems[0]), config)
    same = [one for one in problems if _strip_tags(_path(one), config)[: len(place)] == place]
    return max(same, key=lambda one: len(_strip_tags(_path(one), config)))


def _message(problem: Any) -> str:
    message: str = problem["msg"]
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def _merge_messages(error: ValidationError, path: list[str], config: type[Config]) -> str:
    """Return a text that says what a value must be. If several types are allowed, their messages are joined."""
    place = _strip_tags(path, config)
    others = [one for one in error.errors() if _strip_tags(_path(one), config) == place]
    first, *rest = dict.fromkeys(map(_message, others))
    return "".join([first, *(f", or {message.removeprefix('must be ')}" for message in rest)])


def _strip_tags(path: list[str], config: type[Config]) -> list[str]:
    """Return a path as it is written in a recipe, without the `kind` values and type names that pydantic adds."""
    names = [name for place, name in enumerate(path) if not _configs_of_kind(_configs_at(config, path[:place]), name)]
    return [name for place, name in enumerate(names) if place == 0 or not _TYPE.fullmatch(name)]


def _abbreviate(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _setting_paths(config: type[Config], above: tuple[type[Config], ...] = ()) -> list[str]:
    """Return the paths of all settings, such as "training.patience", each once. Recursive sections are entered once."""
    paths: dict[str, None] = {}
    for name, field in config.model_fields.items():
        paths[name] = None
        for section in _configs_in(field.annotation):
            if section not in above:
                paths |= dict.fromkeys(f"{name}.{inner}" for inner in _setting_paths(section, (*above, section)))
    return list(paths)


def _keys_at(config: type[Config], path: list[str]) -> list[str]:
    return sorted({key for section in _configs_at(config, path) for key in section.model_fields})


def _configs_at(config: type[Config], path: list[str]) -> list[type[Config]]:
    """Return the config classes of the section at a path. There are several if the section is a union of classes."""
    configs: list[type[Config]] = [config]
    for name in path:
        fields = [c.model_fields[name].annotation for c in configs if name in c.model_fields]
        # The path of a tagged union contains its tag, which is not the name of a field.
        configs = [c for field in fields for c in _configs_in(field)] or _configs_of_kind(configs, name) or configs
    return configs


def _configs_of_kind(configs: list[type[Config]], kind: str) -> list[type[Config]]:
    return [c for c in configs if "kind" in c.model_fields and c.model_fields["kind"].default == kind]


def _configs_in(annotation: Any) -> list[type[Config]]:
    if isinstance(annotation, type) and issubclass(annotation, Config):
        return [annotation]
    return [config for part in get_args(annotation) for config in _configs_in(part)]
