"""Candidates for shell completion: names of recipes, corpora and settings.

The candidates are stored in `candidates.json`, because collecting them imports Keras, which takes too long for shell
completion. To update the file, run `python -m syntagma.cli.candidates`. A test compares the file with the result of
`collect`.
"""

import json
import os
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import typer

_FILE = Path(__file__).with_name("candidates.json")
Candidates = list[tuple[str, str]]


def collect() -> dict[str, Any]:
    """Collect all candidates from the package.

    Returns:
        The content of `candidates.json`: the task of each recipe, the task of each corpus, and for each task the type
        and the possible values of each setting. A setting whose values cannot be listed has an empty list of values.
    """
    from syntagma.data.corpora.registry import CORPORA
    from syntagma.recipes import shipped
    from syntagma.recipes.settings import list_settings
    from syntagma.tasks import registry

    settings: dict[str, dict[str, Any]] = {}
    for task in registry.names():
        merged = settings.setdefault(task, {})
        for one in list_settings(registry.schema(task)):
            if not one.is_section or "null" in one.choices:
                type_, choices = merged.get(one.name, (one.type, []))
                merged[one.name] = [type_, [*choices, *(c for c in one.choices if c not in choices)]]
    return {
        "recipes": {name: registry.find_recipe(name).task for name in shipped.names()},
        "corpora": {name: corpus.task for name, corpus in CORPORA.items()},
        "settings": settings,
    }


@lru_cache
def _stored() -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a message would appear in the middle of the command line
        found = {"recipes": {}, "corpora": {}, "settings": {}}
    return found


def recipes_or_files(incomplete: str) -> Candidates:
    """Return the matching recipes, each described by its task, followed by the matching folders and recipe files."""
    named = ((name, f"recipe for {task}") for name, task in _stored()["recipes"].items())
    return [*_matching(named, incomplete), *_files(incomplete, (".yaml", ".yml"))]


def recipes_tasks_or_files(incomplete: str) -> Candidates:
    """Return the matching recipes, recipe files and tasks."""
    return [*recipes_or_files(incomplete), *tasks(incomplete)]


def tasks(incomplete: str) -> Candidates:
    """Return the matching tasks."""
    return _matching(((name, f"all recipes of {name}") for name in _stored()["settings"]), incomplete)


def corpora(incomplete: str) -> Candidates:
    """Return the matching corpora, each with a description that names its task."""
    return _matching(((name, f"corpus for {task}") for name, task in _stored()["corpora"].items()), incomplete)


def corpora_or_files(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return the matching corpora, files and folders.

    If the command line names a recipe or a task, corpora for a different task are left out.
    """
    stored = _stored()["corpora"]
    task = _task(ctx)
    fitting = [(name, text) for name, text in corpora(incomplete) if task in (None, stored[name])]
    return [*fitting, *_files(incomplete)]


def setting_names(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return the matching settings, each with its type.

    If the command line names a recipe or a task, settings of other tasks are left out.
    """
    return _matching(((name, type_) for name, type_, _ in _settings(ctx)), incomplete)


def assignments(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return the matching settings as `NAME=`, or as `NAME=VALUE` once the equals sign has been typed.

    Values are only returned for settings whose values can be listed.
    """
    name, equals, _ = incomplete.partition("=")
    if not equals:
        return _matching(((f"{name}=", type_) for name, type_, _ in _settings(ctx)), incomplete)
    values = [value for known, _, choices in _settings(ctx) if known == name for value in choices]
    return _matching(((f"{name}={value}", "") for value in values), incomplete)


def _settings(ctx: typer.Context) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the name, the type and the possible values of each setting.

    If the command line names a task (see `_task`), settings of other tasks are left out.
    """
    settings = _stored()["settings"]
    task = _task(ctx)
    merged = settings[task] if task else {name: v for one in settings.values() for name, v in one.items()}
    for name, (type_, choices) in merged.items():
        yield name, type_, choices


def _task(ctx: typer.Context) -> str | None:
    """Return the task that the command line names, directly or through a shipped recipe, or `None` if there is none."""
    # Parsing ends at an option without a value, such as the one to be completed. Words before it remain in `args`.
    for word in (ctx.params.get("recipe"), *ctx.args):
        task: str | None = _stored()["recipes"].get(word, word)
        if task in _stored()["settings"]:
            return task
    return None


def _files(incomplete: str, endings: tuple[str, ...] = ("",)) -> Candidates:
    """Return the folders and files whose path begins with the incomplete path.

    Hidden files and folders are returned only once the first character of their name has been typed.

    Args:
        incomplete: Beginning of a path, as typed.
        endings: Allowed endings of file names. By default, all files are returned.
    """
    folder, slash, start = incomplete.rpartition("/")
    folder += slash
    found = []
    with suppress(OSError, ValueError), os.scandir(os.path.expanduser(folder) or ".") as entries:
        for entry in entries:
            if entry.name.startswith(start) and (start or not entry.name.startswith(".")):
                is_folder = entry.is_dir()
                if is_folder or entry.name.endswith(endings):
                    found.append((f"{folder}{entry.name}{'/' if is_folder else ''}", ""))
    return sorted(found)


def _matching(pairs: Iterable[tuple[str, str]], incomplete: str) -> Candidates:
    return [pair for pair in pairs if pair[0].startswith(incomplete)]


def write() -> None:
    """Collect all candidates, and write them to `candidates.json` with one setting per line."""
    found = collect()
    tasks = [
        f"{json.dumps(task)}: {{\n{_json_lines(settings, 4)}\n  }}" for task, settings in found["settings"].items()
    ]
    parts = [f'"{key}": {{\n{_json_lines(found[key], 2)}\n}}' for key in ("recipes", "corpora")]
    parts.append('"settings": {\n  ' + ",\n  ".join(tasks) + "\n}")
    _FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def _json_lines(values: Mapping[str, Any], indent: int) -> str:
    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in values.items())
    return textwrap.indent(",\n".join(lines), " " * indent)


if __name__ == "__main__":
    write()
