"""`syntagma settings`: list of recipe settings with their types, defaults and meanings."""

import json
import re
import shutil
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from syntagma.cli import candidates
from syntagma.cli.layout import OUTPUT, examples
from syntagma.errors import ConfigError

if TYPE_CHECKING:
    from syntagma.recipes.settings import Setting

EXAMPLES = examples(
    "syntagma settings classify",
    "syntagma settings classify dropout",
    "syntagma settings patience",
    "syntagma settings 'training.*rate'",
)
_WIDEST = 120
_USAGE = """\
syntagma settings RECIPE           all settings of a recipe, with its defaults
syntagma settings RECIPE PATTERN   those whose name or meaning contains PATTERN
syntagma settings PATTERN          search in the settings of all tasks

Recipes: {recipes}
Tasks:   {tasks}"""


class _Listed(NamedTuple):
    """A setting to list, with the tasks that have it.

    Attributes:
        setting: Setting with its type, default and meaning.
        conditions: For each task with this setting, the conditions under which the setting exists, such as
            "model.kind=recurrent". An empty string means that there is no condition. The mapping is empty if the
            settings of a single recipe are listed.
    """

    setting: "Setting"
    conditions: dict[str, list[str]]


def settings(
    recipe: Annotated[
        str | None,
        typer.Argument(
            help="Name of a recipe, path of a recipe file (.yaml), or name of a task. Left out, PATTERN is searched in "
            "all tasks.",
            metavar="RECIPE",
            autocompletion=candidates.recipes_tasks_or_files,
        ),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Argument(
            help="Part of a name, such as dropout, or a name with * for any text. If no name matches, the meanings are "
            "searched.",
            metavar="PATTERN",
            autocompletion=candidates.setting_names,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=OUTPUT)] = False,
) -> None:
    """List recipe settings with their types, defaults and meanings.

    Change a setting with `syntagma train RECIPE --set NAME=VALUE`, or in your own recipe file.
    """
    if recipe is None:
        _show_usage()
        return
    from syntagma.cli.lean_imports import import_for_predicting

    import_for_predicting()

    from syntagma.recipes import shipped
    from syntagma.tasks import registry

    tasks: list[str] = []
    is_recipe = recipe in shipped.names() or recipe.endswith((".yaml", ".yml"))
    if is_recipe or (pattern is not None and recipe not in registry.names()):
        listed = _list_recipe(recipe)
    elif recipe in registry.names():
        listed = _list_tasks(tasks := [recipe])
    else:
        listed, pattern = _list_tasks(tasks := registry.names()), recipe
    if pattern is not None:
        listed = _search(listed, pattern)
    if as_json:
        typer.echo(json.dumps([_to_json(one) for one in listed], indent=2, ensure_ascii=False))
        return
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    for one in listed:
        for line in _lines(one, tasks, width):
            typer.echo(line)


def _show_usage() -> None:
    from syntagma.recipes import shipped
    from syntagma.tasks import registry

    names = textwrap.fill(
        ", ".join(shipped.names()), 79, initial_indent=" " * 9, subsequent_indent=" " * 9, break_on_hyphens=False
    )
    typer.echo(_USAGE.format(recipes=names.strip(), tasks=", ".join(registry.names())))


def _list_recipe(name: str) -> list[_Listed]:
    from syntagma.recipes.settings import list_settings
    from syntagma.tasks.registry import find_recipe

    recipe = find_recipe(name)
    return [_Listed(setting, {}) for setting in list_settings(type(recipe), recipe)]


def _list_tasks(tasks: list[str]) -> list[_Listed]:
    """Return the settings of the given tasks.

    A setting that is the same in several tasks, or under several conditions, is returned once.
    """
    from syntagma.recipes.settings import list_settings
    from syntagma.tasks import registry

    merged: dict[str, _Listed] = {}
    for task in tasks:
        for setting in list_settings(registry.schema(task)):
            same = repr(setting._replace(condition=""))
            listed = merged.setdefault(same, _Listed(setting, {}))
            listed.conditions.setdefault(task, []).append(setting.condition)
    names = list(dict.fromkeys(one.setting.name for one in merged.values()))
    return sorted(merged.values(), key=lambda one: names.index(one.setting.name))


def _search(listed: list[_Listed], pattern: str) -> list[_Listed]:
    """Return the settings whose name contains a pattern or, if there are none, those whose meaning contains it.

    Args:
        listed: Settings to search.
        pattern: Text to search for, ignoring case. `*` matches any text.

    Raises:
        ConfigError: If neither the name nor the meaning of any setting contains the pattern.
    """
    from syntagma.config import nearest
    from syntagma.recipes import shipped

    for text_of, wanted in ((_name, re.sub("[ -]", "_", pattern)), (_meaning, pattern)):
        expression = re.compile(".*".join(map(re.escape, wanted.split("*"))), re.IGNORECASE)
        if found := [one for one in listed if expression.search(text_of(one))]:
            return found
    known = {name for one in listed for name in (_name(one), _name(one).rpartition(".")[2])}
    hint = nearest(pattern, [*sorted(known), *shipped.names()])
    if hint.startswith("known"):  # a list that is too long for a message
        hint = "`syntagma settings RECIPE` lists those of a recipe."
    raise ConfigError(f"no setting matches {pattern!r}: {hint}")


def _name(listed: _Listed) -> str:
    return listed.setting.name


def _meaning(listed: _Listed) -> str:
    return listed.setting.meaning


def _to_json(listed: _Listed) -> dict[str, Any]:
    setting = listed.setting
    shown = {key: value for key, value in setting._asdict().items() if key != "condition"}
    conditions = {task: [one for one in assignments if one] for task, assignments in listed.conditions.items()}
    return {**shown, "tasks": conditions} if conditions else shown


def _lines(listed: _Listed, tasks: list[str], width: int) -> Iterator[str]:
    """Yield the lines that describe a setting: `NAME=DEFAULT`, followed by indented lines with type, meaning and tasks.

    Args:
        listed: Setting to describe.
        tasks: Names of all tasks whose settings are listed. Empty for the settings of a single recipe.
        width: Maximum width of a line in characters.
    """
    setting = listed.setting
    if setting.is_section and setting.default is not None:
        yield f"{setting.name}:"
    elif setting.is_required:
        yield f"{setting.name}  (required)"
    else:
        yield textwrap.shorten(f"{setting.name}={setting.default_text}", max(width, 40), placeholder=" ...")
    texts = ["" if setting.type == "section" else setting.type, setting.meaning, _scope(listed.conditions, tasks)]
    for text in filter(None, texts):
        yield from textwrap.wrap(text, width, initial_indent=" " * 4, subsequent_indent=" " * 4, break_on_hyphens=False)


def _scope(conditions: dict[str, list[str]], tasks: list[str]) -> str:
    """Return a sentence that names the tasks that have a setting, and the conditions under which it exists.

    The result is "" if the settings of a single recipe are listed, or if the settings of a single task are listed and
    there is no condition.

    Args:
        conditions: Conditions of the setting for each task, as in `_Listed`.
        tasks: Names of all tasks whose settings are listed.
    """
    parts = []
    for task, assignments in conditions.items():
        names = {one.partition("=")[0] for one in assignments}
        kinds = ", ".join(one.partition("=")[2] for one in assignments)
        parts.append(task if "" in names else f"{task} with {names.pop()}={kinds}")
    if parts == tasks:
        return "For all tasks." if len(tasks) > 1 else ""
    return f"For {'; '.join(parts)}."
