"""Candidates of shell completion: names of recipes, corpora and settings.

They are stored in `candidates.json`, because collecting them imports Keras, which takes too long for completion. A test
compares the file with the result of `collect`. `python -m syntagma.cli.candidates` writes the file.
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
    """Return all candidates, from the sources that commands use."""
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
    """Return names of recipes with their tasks, and recipe files."""
    named = ((name, f"recipe for {task}") for name, task in _stored()["recipes"].items())
    return [*_matching(named, incomplete), *_files(incomplete, (".yaml", ".yml"))]


def recipes_tasks_or_files(incomplete: str) -> Candidates:
    """Return names of recipes and tasks, and recipe files."""
    return [*recipes_or_files(incomplete), *tasks(incomplete)]


def tasks(incomplete: str) -> Candidates:
    """Return names of tasks."""
    return _matching(((name, f"all recipes of {name}") for name in _stored()["settings"]), incomplete)


def corpora(incomplete: str) -> Candidates:
    """Return names of corpora with their tasks."""
    return _matching(((name, f"corpus for {task}") for name, task in _stored()["corpora"].items()), incomplete)


def corpora_or_files(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return names of corpora, files and folders. If the recipe is known, corpora of other tasks are left out."""
    stored = _stored()["corpora"]
    task = _task(ctx)
    fitting = [(name, text) for name, text in corpora(incomplete) if task in (None, stored[name])]
    return [*fitting, *_files(incomplete)]


def setting_names(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return names of settings with their types, those of the recipe on the command line if it is known."""
    return _matching(((name, type_) for name, type_, _ in _settings(ctx)), incomplete)


def assignments(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return settings as `NAME=`, and `NAME=VALUE` once the name is complete and its values can be listed."""
    name, equals, _ = incomplete.partition("=")
    if not equals:
        return _matching(((f"{name}=", type_) for name, type_, _ in _settings(ctx)), incomplete)
    values = [value for known, _, choices in _settings(ctx) if known == name for value in choices]
    return _matching(((f"{name}={value}", "") for value in values), incomplete)


def _settings(ctx: typer.Context) -> Iterator[tuple[str, str, list[str]]]:
    """Yield name, type and values of the settings of one task, or of all tasks if the recipe does not tell the task."""
    settings = _stored()["settings"]
    task = _task(ctx)
    merged = settings[task] if task else {name: v for one in settings.values() for name, v in one.items()}
    for name, (type_, choices) in merged.items():
        yield name, type_, choices


def _task(ctx: typer.Context) -> str | None:
    """Return the task of the recipe or task on the command line; `None` if there is none, or it is a file."""
    # An option without its value ends the parsing, and the words that were read until then stay in `args`.
    for word in (ctx.params.get("recipe"), *ctx.args):
        task: str | None = _stored()["recipes"].get(word, word)
        if task in _stored()["settings"]:
            return task
    return None


def _files(incomplete: str, endings: tuple[str, ...] = ("",)) -> Candidates:
    """Return paths of folders, and of files with one of some endings, that begin with an incomplete path."""
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
    """Write the candidates into the file that completion reads, with one setting per line."""
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
