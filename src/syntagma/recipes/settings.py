"""List of all settings of a recipe, with their types, defaults and meanings.

The list is generated from the config classes: types and defaults from their fields, meanings from the `Attributes:` or
`Args:` sections of their docstrings. `syntagma settings` and the settings reference on the website are in turn
generated from the list.
"""

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import yaml
from pydantic_core import PydanticUndefined, to_jsonable_python

from syntagma.config import Config, to_yaml

# Names of the simple types, as a user reads them.
_TYPES: dict[Any, str] = {bool: "true or false", int: "int", float: "float", str: "text", NoneType: "null"}
_SECTION = "section"
_KIND = "kind"
# The docstrings of config classes all have this format, so a docstring parser would be a needless dependency.
_FIELDS = re.compile(r"^(?:Attributes|Args):\n((?:[ ]{4}.*\n|\n)+)", re.MULTILINE)
_FIELD = re.compile(r"^(\w+)(?: \([^)]*\))?: (.*(?:\n(?:[ ]+.*)?)*)", re.MULTILINE)


class Setting(NamedTuple):
    """One setting of a recipe.

    Attributes:
        name: Dotted name, as in `--set NAME=VALUE`.
        type: Description of the allowed values, such as "int > 0", "float in [0, 1)" or "one of adam, sgd". A group of
            settings has the type "section", or "section or null" if it can be switched off.
        default: Default as a plain YAML or JSON value. The default of a section is a mapping. `None` if the setting is
            required, or if its default is null.
        meaning: What the setting does, as plain text with `code` in backticks.
        is_required: Whether a recipe must give a value, because there is no default.
        condition: Assignment that the setting depends on, such as "model.kind=recurrent". Empty if the setting does not
            depend on another one.
        choices: Allowed values, such as the names of the optimizers, if they can be listed. Empty if they cannot.
    """

    name: str
    type: str
    default: Any
    meaning: str
    is_required: bool = False
    condition: str = ""
    choices: tuple[str, ...] = ()

    @property
    def is_section(self) -> bool:
        """Whether this is a group of settings rather than an individual setting."""
        return self.type.startswith(_SECTION)

    @property
    def default_text(self) -> str:
        """Default as one line of YAML.

        The text is "required" if there is no default, and empty for a section that is on by default.
        """
        if self.is_required:
            return "required"
        if self.is_section and self.default is not None:
            return ""
        return _inline(self.default)


def list_settings(schema: type[Config], recipe: Config | None = None) -> list[Setting]:
    """Return all settings of a recipe class in the order of its fields, each section before its settings.

    The settings of an optional section are listed even if the section is off by default. Setting one of them switches
    the section on. If a section has several kinds with different settings, the settings of all kinds are listed, with
    the kind as their condition. A name can therefore occur several times.

    Args:
        schema: Config class of the recipes of a task.
        recipe: Recipe whose values are listed as defaults. If a section has several kinds, only the settings of the
            kind in this recipe are listed.

    Example:
        >>> from syntagma.recipes.schema import Expected
        >>> [(one.name, one.type, one.default_text) for one in list_settings(Expected)]
        [('corpus', 'text', 'required'), ('scores', '{name: float}', '{}'), ('minutes', 'float >= 0', 'required')]
    """
    return list(_fields(schema, recipe))


@lru_cache
def describe_fields(config: type[Config]) -> dict[str, str]:
    """Return a dictionary with the meaning of each field, as documented by a config class and its base classes."""
    classes = [one for one in reversed(config.__mro__) if issubclass(one, Config)]
    return {name: text for one in classes for name, text in _documented(one).items()}


def to_commented_yaml(recipe: Config, width: int = 80) -> str:
    """Return all settings of a recipe as YAML, each below a comment with its meaning and type.

    Args:
        recipe: Recipe to write.
        width: Maximum width of a comment line, in columns.
    """
    return "\n".join(_commented(list_settings(type(recipe), recipe), width)) + "\n"


def _fields(config: type[Config], value: Config | None, prefix: str = "", condition: str = "") -> Iterator[Setting]:
    """Yield the settings of a config class. If `value` is given, its values are listed as the defaults."""
    described = describe_fields(config)
    for name, field in config.model_fields.items():
        if name == _KIND and condition.startswith(f"{prefix}{_KIND}="):
            continue  # listed once for all kinds
        default = getattr(value, name) if value is not None else field.get_default(call_default_factory=True)
        required = default is PydanticUndefined
        meaning = described.get(name) or (_kinds_text([config]) if name == _KIND else "")
        setting = Setting(
            prefix + name,
            _type_text(field.annotation, field.metadata),
            None if required else to_jsonable_python(default),
            meaning,
            required,
            condition,
            tuple(_choices(field.annotation)),
        )
        yield setting
        if parts := _configs(field.annotation):
            yield from _section(setting, parts, default if isinstance(default, Config) else None)


def _section(setting: Setting, parts: Sequence[type[Config]], value: Config | None) -> Iterator[Setting]:
    """Yield the settings of a section. If it has one config class per kind, the setting `kind` comes first."""
    prefix = f"{setting.name}."
    if len(parts) == 1:
        yield from _fields(parts[0], value, prefix, setting.condition)
        return
    kinds = {str(part.model_fields[_KIND].default): part for part in parts}
    chosen = getattr(value, _KIND, None)
    listed = f"one of {', '.join(kinds)}"
    yield Setting(prefix + _KIND, listed, chosen, _kinds_text(parts), chosen is None, setting.condition, tuple(kinds))
    for kind, part in kinds.items():
        if value is None or kind == chosen:
            yield from _fields(part, value, prefix, f"{prefix}{_KIND}={kind}")


def _documented(config: type[Config]) -> dict[str, str]:
    text = inspect.cleandoc(config.__doc__ or "") + "\n"
    sections = [textwrap.dedent(found) for found in _FIELDS.findall(text)]
    return {name: " ".join(meaning.split()) for one in sections for name, meaning in _FIELD.findall(one)}


def _kinds_text(configs: Iterable[type[Config]]) -> str:
    """Return a text with the kind of each config class and the first line of its docstring."""
    texts = []
    for config in configs:
        summary, _, _ = inspect.cleandoc(config.__doc__ or "").partition("\n")
        texts.append(f"`{config.model_fields[_KIND].default}`: {summary}")
    return " ".join(texts)


def _alternatives(annotation: Any) -> list[Any]:
    """Return the types in a union as a list. If the annotation is not a union, it is the only entry."""
    origin = get_origin(annotation)
    if origin is Annotated and get_origin(get_args(annotation)[0]) in (Union, UnionType):
        return _alternatives(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [one for part in get_args(annotation) for one in _alternatives(part)]
    return [annotation]


def _configs(annotation: Any) -> list[type[Config]]:
    return [one for one in _alternatives(annotation) if isinstance(one, type) and issubclass(one, Config)]


def _choices(annotation: Any) -> Iterator[str]:
    """Yield the values that a type annotation such as a `Literal` allows, formatted as YAML."""
    for one in _alternatives(annotation):
        if get_origin(one) is Literal:
            yield from map(_inline, get_args(one))
        elif one is bool:
            yield from ("true", "false")
        elif one is NoneType:
            yield "null"


def _type_text(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """Return a description of the values that a type annotation allows; `metadata` holds the limits of the field."""
    parts = _alternatives(annotation)
    if len(parts) == 1 and get_origin(parts[0]) is Literal:
        values = [str(value) for value in get_args(parts[0])]
        return f"one of {', '.join(values)}" if len(values) > 1 else f"always {values[0]}"
    return " or ".join(dict.fromkeys(text for part in parts for text in _part_texts(part, metadata)))


def _part_texts(annotation: Any, metadata: Sequence[Any]) -> list[str]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _part_texts(arguments[0], [*metadata, *arguments[1:]])
    if origin is Literal:
        return [str(value) for value in arguments]
    if origin is dict:
        return [f"{{name: {_type_text(arguments[1])}}}"]
    if origin in (tuple, list):
        entry = arguments[0]
        keys = ", ".join(entry.model_fields) if _configs(entry) else ""
        return [f"list of {f'{{{keys}}}' if keys else _type_text(entry)}{_length_text(metadata)}"]
    if isinstance(annotation, type) and issubclass(annotation, Config):
        return [_SECTION]
    if annotation in (int, float):
        return [_number_text(annotation, metadata)]
    if annotation is str and _limits(metadata, "min_length", "max_length") == (1, 1):
        return ["one character"]
    return [_TYPES.get(annotation, str(getattr(annotation, "__name__", annotation)))]


def _limits(metadata: Sequence[Any], *names: str) -> tuple[Any, ...]:
    """Return the named limits of a field, with `None` for each limit that the field does not have."""
    return tuple(next((v for one in metadata if (v := getattr(one, name, None)) is not None), None) for name in names)


def _length_text(metadata: Sequence[Any]) -> str:
    shortest, longest = _limits(metadata, "min_length", "max_length")
    if longest is not None:
        return f", {shortest or 0} to {longest} of them"
    return "" if not shortest else f", at least {shortest}"


def _number_text(number: type, metadata: Sequence[Any]) -> str:
    """Return the type and range of a number as text, such as "int > 0", "int in [1, 8]" or "float in [0, 1)"."""
    name = _TYPES[number]
    above, least, below, most = _limits(metadata, "gt", "ge", "lt", "le")
    if None not in (low := above if least is None else least, high := below if most is None else most):
        if number is int:
            return f"{name} in [{low + (least is None)}, {high - (most is None)}]"
        left, right = "(" if least is None else "[", ")" if most is None else "]"
        return f"{name} in {left}{low:g}, {high:g}{right}"
    signs = {">": above, ">=": least, "<": below, "<=": most}
    return " ".join([name, *(f"{sign} {limit}" for sign, limit in signs.items() if limit is not None)])


def _inline(value: Any) -> str:
    """Return a plain value as one line of YAML."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=float("inf"))
    return text.removesuffix("\n").removesuffix("\n...")


def _commented(settings: Sequence[Setting], width: int) -> Iterator[str]:
    switched_off = tuple(f"{one.name}." for one in settings if one.is_section and one.default is None)
    for setting in (one for one in settings if not one.name.startswith(switched_off)):
        *parents, key = setting.name.split(".")
        indent = "  " * len(parents)
        # NUL replaces the spaces of a type so that it is not broken over lines.
        allowed = "" if setting.is_section else f" ({setting.type})".replace(" ", "\0")[1:]
        lines = textwrap.wrap(
            f"{setting.meaning} {allowed}",
            width,
            initial_indent=f"{indent}# ",
            subsequent_indent=f"{indent}# ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield from (line.replace("\0", " ") for line in lines)
        if setting.is_section and setting.default is not None:
            yield f"{indent}{key}:"
        else:
            yield textwrap.indent(to_yaml({key: setting.default}), indent).rstrip("\n")
