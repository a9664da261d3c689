"""Pages of the reference that are written from the code: commands, settings, recipes, corpora, practices.

`make reference` writes them; a test compares them with the code.
"""

import functools
import posixpath
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import typer.main
import yaml

from syntagma.cli.app import app
from syntagma.data.corpora.registry import CORPORA
from syntagma.recipes import shipped
from syntagma.recipes.practices import PRACTICES
from syntagma.recipes.settings import Setting, list_settings
from syntagma.tasks import registry
from syntagma.wording import metric_with_value

FOLDER = Path(__file__).parent / "reference"
_NOTE = "<!-- Written by `make reference`. -->"
# Parts of a recipe that describe it.
_ABOUT = ("name", "description", "expected", "corpus", "task")
_RECIPES = """\
The recipes `imdb-*` repeat a well-known tutorial exactly: the 5,000 most frequent words as ranks, 500 tokens, cut
and padded on the left, no mask, an embedding of 32, an LSTM of 100 units, Adam, 3 epochs, batches of 64, all 25,000
reviews, no dev split, the last epoch. They are there to be compared with. For your own texts, begin with
`classify`."""
_CORPORA = """\
A corpus is used by its name: `syntagma train classify --data rotten-tomatoes`. `syntagma data get NAME` fetches it,
`syntagma data list` shows which ones are on this machine. A name is looked up in `$SYNTAGMA_DATA/<name>/`, then in
the cache (`$SYNTAGMA_CACHE`, else `~/.cache/syntagma`), then fetched and checked against a pinned digest. A path
such as `./imdb` means a folder of that name. `conll2000` (`train.txt`, `test.txt`) and `conll2003` (`eng.train`,
`eng.testa`, `eng.testb`) cannot be fetched: ask their owners for the files. `dates`, `docstrings` and `notices`
are made on this machine, and `messages` is read from the programs on it."""
_PRACTICES = """\
Best practices of the field, each with the part that your own Keras model can use (in `syntagma.layers` unless
another module is named) and the setting or option that switches it on. `syntagma practices` prints the same.
[Practices](../explanation/practices/index.md) says what to do first, and why."""


# Commands.


def commands_page() -> str:
    """Return the page of all commands with their options."""
    lines = [
        "# Commands",
        "",
        _NOTE,
        "",
        "Every command shows its help with `--help`. [Exit codes](errors.md#exit-codes) are 0, 1, 2 and 130.",
        "",
        "| command | what it does |",
        "|---|---|",
        *(f"| [`{name}`](#{_anchor(name)}) | {_summary(command)} |" for name, command in commands()),
    ]
    for name, command in commands():
        lines += ["", *_command(name, command)]
    return "\n".join(lines) + "\n"


def commands() -> list[tuple[str, Any]]:
    """Return every command that runs something, by its full name."""
    return list(_commands(typer.main.get_command(app), "syntagma"))


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    if any(_shown(command.params)) and name == "syntagma":
        yield name, command
    for part, one in command.commands.items():
        if not one.hidden:
            yield from _commands(one, f"{name} {part}")


def _shown(parameters: Iterable[Any]) -> list[Any]:
    return [one for one in parameters if not getattr(one, "hidden", False) and "--help" not in one.opts]


def _command(name: str, command: Any) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield from _help_lines(command.help or "")
    arguments = [one for one in _shown(command.params) if one.param_type_name == "argument"]
    options = [one for one in _shown(command.params) if one.param_type_name == "option"]
    usage = [name, *map(_usage, arguments), *(["[OPTIONS]"] if options else [])]
    yield from ("```", " ".join(usage), "```", "")
    if arguments:
        yield from ("| argument | meaning |", "|---|---|")
        yield from (f"| `{_usage(one)}` | {_cell(one.help or '')} |" for one in arguments)
        yield ""
    yield from ("```{program} " + name, "```", "")
    panels = dict.fromkeys(getattr(one, "rich_help_panel", None) or "Options" for one in options)
    for panel in panels:
        members = [one for one in options if (getattr(one, "rich_help_panel", None) or "Options") == panel]
        if len(panels) > 1:
            yield from (f"**{panel}**", "")
        for option in members:
            yield from _option(option)
    if epilog := getattr(command, "epilog", None):
        yield from _example_lines(epilog)


def _usage(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> Iterator[str]:
    value = "" if option.is_flag else f" {option.metavar or _values(option)}"
    names = ", ".join(f"{one}{value}" for one in [*option.opts, *option.secondary_opts])
    yield f"```{{option}} {names}"
    yield _markdown(option.help or "")
    if facts := list(_facts(option)):
        yield from ("", " ".join(facts))
    yield from ("```", "")


def _facts(option: Any) -> Iterator[str]:
    if not option.is_flag and option.default not in (None, ()) and not callable(option.default):
        yield f"Default: `{getattr(option.default, 'value', option.default)}`."
    if option.metavar and (choices := _choices(option)):
        yield f"One of {', '.join(f'`{one}`' for one in choices)}."
    if option.min is not None:
        yield f"At least {option.min:,}." if option.max is None else f"Range: {option.min:,} to {option.max:,}."
    if option.multiple and "repeated" not in (option.help or ""):
        yield "May be given several times."


def _choices(option: Any) -> list[str]:
    kind = option.type_descriptor.annotation
    return [str(one.value) for one in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


def _values(option: Any) -> str:
    kind = option.type_descriptor.annotation
    return "|".join(_choices(option)) or {int: "INTEGER", float: "NUMBER"}.get(kind, "TEXT")


def _summary(command: Any) -> str:
    return _cell(re.split(r"\n\s*\n", command.help or "")[0])


def _help_lines(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.replace("\b", "").strip()):
        yield _markdown(" ".join(paragraph.split()))
        yield ""


def _example_lines(text: str) -> Iterator[str]:
    lines = [line.strip() for line in text.replace("\b", "").splitlines() if line.strip()]
    yield lines[0]
    yield ""
    yield from ("```", *(line.removeprefix("$ ") for line in lines[1:]), "```")


# Settings.


class _Variant(NamedTuple):
    """What is the same for some tasks or kinds of a setting."""

    setting: Setting
    where: list[str]


_SECTIONS = {
    "training": "Training: epochs, learning rate, early stopping, regularisation",
    "batches": "Batches, padding and long texts",
    "text": "Text: vocabulary, n-grams, words",
    "embedding": "Embedding: word vectors and their dropout",
    "model": "Model: network, layers, dropout, attention",
    "ngram_branch": "N-gram branch",
    "feature_crf": "Feature CRF",
    "": "The recipe itself, and settings of one task",
}


def settings_page() -> str:
    """Return the page of all settings of all tasks."""
    lines = [
        "# Settings (hyperparameters)",
        "",
        _NOTE,
        "",
        "Every setting of every recipe, with type, range, default and meaning. Change one with",
        '`--set training.patience=2` or, in Python, `settings={"training.patience": 2}`;',
        "[Change settings](../how-to/change-settings.md) shows the common ones. The default applies if the recipe does",
        "not set the setting. Recipes that set it follow, with their values; `syntagma recipes NAME` shows all of one.",
        "",
        "A setting without a task is the same for all tasks: classification (texts), tagging and series.",
    ]
    every = setting_variants()
    for section, title in _SECTIONS.items():
        lines += ["", f"## {title}", ""]
        for name, variants in every.items():
            if (name.split(".")[0] if name.split(".")[0] in _SECTIONS else "") == section:
                lines += _setting(name, variants)
    return "\n".join(lines).rstrip() + "\n"


def setting_variants() -> dict[str, list[_Variant]]:
    """Return every setting by name, with one variant for each meaning that it has in some tasks or kinds."""
    found: dict[str, list[_Variant]] = {}
    for task in registry.names():
        for setting in list_settings(registry.schema(task)):
            variants = found.setdefault(setting.name, [])
            bare = setting._replace(condition="")
            same = next((one for one in variants if repr(one.setting) == repr(bare)), None)
            where = f"{task} with `{setting.condition}`" if setting.condition else task
            if same is None:
                variants.append(_Variant(bare, [where]))
            else:
                same.where.append(where)
    return found


def _setting(name: str, variants: Sequence[_Variant]) -> Iterator[str]:
    tasks = [where for one in variants for where in one.where]
    everywhere = len(variants) == 1 and set(tasks) >= set(registry.names())
    yield f"````{{confval}} {name}"
    if len(variants) == 1:
        yield from _fields(variants[0].setting)
        yield ""
        if not everywhere:
            yield f"*{_listed(variants[0].where)}.* "
        yield _markdown(variants[0].setting.meaning)
    else:
        yield ""
        for variant in variants:
            default = variant.setting.default_text
            shown = f", default `{default}`" if default else ""
            kind = f"{_markdown(variant.setting.type)}{shown}. "
            yield f"- *{_listed(variant.where)}:* {kind}{_markdown(variant.setting.meaning)}"
    if values := _recipe_values().get(name):
        shown = "; ".join(f"{_code(value)} ({', '.join(recipes)})" for value, recipes in values.items())
        yield from ["", f"Recipes that set it: {shown}."]
    yield "````"
    yield ""


@functools.cache
def _recipe_values() -> dict[str, dict[str, list[str]]]:
    """Return the recipes that set each value of each setting, except those that repeat the tutorial."""
    found: dict[str, dict[str, list[str]]] = {}

    def add(recipe: str, path: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                add(recipe, f"{path}.{key}" if path else key, inner)
        else:
            text = yaml.safe_dump(value, default_flow_style=True).split("\n...")[0].strip()
            found.setdefault(path, {}).setdefault(text, []).append(f"`{recipe}`")

    for recipe in shipped.names():
        if not recipe.startswith("imdb-"):
            add(recipe, "", {key: one for key, one in shipped.read(recipe).items() if key not in _ABOUT})
    return found


def _fields(setting: Setting) -> Iterator[str]:
    yield f":type: {_markdown(setting.type)}"
    if setting.default_text:
        yield f":default: {setting.default_text if setting.is_required else _code(setting.default_text)}"


def _listed(where: Sequence[str]) -> str:
    """Return tasks and kinds, those of one task together."""
    return "; ".join(dict.fromkeys(where))


# Recipes.


def recipes_page() -> str:
    """Return the page of the shipped recipes with what each sets."""
    lines = [
        "# Recipes",
        "",
        _NOTE,
        "",
        "`syntagma train RECIPE --data DATA` trains one. Settings that a recipe does not list have their",
        "[defaults](settings.md); `syntagma recipes NAME` shows all of them.",
        "",
        "| recipe | task | what it is |",
        "|---|---|---|",
    ]
    recipes = {name: shipped.read(name) for name in shipped.names()}
    for name, values in recipes.items():
        task = registry.find_recipe(name).task
        lines.append(f"| [`{name}`](#{_anchor(name)}) | {task} | {_cell(values['description'])} |")
    lines += [
        "",
        *textwrap.wrap(_RECIPES, 120),
    ]
    for name, values in recipes.items():
        lines += ["", f"## {name}", "", values["description"], ""]
        for result in values.get("expected", ()):
            scores = ", ".join(f"test {metric_with_value(key, value)}" for key, value in result["scores"].items())
            lines.append(f"- {result['corpus']}: {scores} after {result['minutes']:g} minutes on two CPU cores")
        kept = {key: value for key, value in values.items() if key not in ("name", "description", "expected")}
        if values.get("expected"):
            lines.append("")
        lines += ["```yaml", *yaml.safe_dump(kept, sort_keys=False, width=100).splitlines(), "```"]
    return "\n".join(lines) + "\n"


# Corpora.


def corpora_page() -> str:
    """Return the page of the corpora that are known by name."""
    lines = [
        "# Corpora",
        "",
        _NOTE,
        "",
        *textwrap.wrap(_CORPORA, 120),
        "",
        "| name | task | what it is | classes | rows |",
        "|---|---|---|---|---|",
    ]
    corpora = sorted(CORPORA.items(), key=lambda item: (item[1].task, item[0]))
    for name, corpus in corpora:
        rows = ", ".join(f"{count:,} {split}" for split, count in corpus.rows.items())
        classes = "" if corpus.classes is None else str(corpus.classes)
        description = _cell(corpus.description)
        lines.append(f"| [`{name}`](#{_anchor(name)}) | {corpus.task} | {description} | {classes} | {rows} |")
    for name, corpus in corpora:
        facts = {
            "Split": corpus.split,
            "Licence": corpus.licence,
            "Cite": corpus.citation,
            "Known faults": corpus.notes,
            "Source": corpus.how_obtained,
        }
        lines += ["", f"## {name}", "", _sentence(corpus.description), ""]
        lines += [f"- {title}: {_linked(_markdown(text))}" for title, text in facts.items() if text]
    return "\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    return _markdown(text[:1].upper() + text[1:].removesuffix(".") + ".")


def _linked(text: str) -> str:
    return re.sub(r"(?<![<`])(https?://[^\s;,)]+[^\s;,).])", r"<\1>", text)


# Practices.


def practices_page() -> str:
    """Return the page with the table of all practices."""
    lines = [
        "# Practices",
        "",
        _NOTE,
        "",
        *textwrap.wrap(_PRACTICES, 120),
        "",
        "| practice | part | switched on by |",
        "|---|---|---|",
    ]
    for practice in PRACTICES:
        parts = ", ".join(f"`{part}`" for part in practice.parts.split())
        page = posixpath.normpath(f"../explanation/practices/{practice.page}")
        is_option = practice.switches.startswith("--")
        settings = [practice.switches] if is_option else practice.switches.split()
        switches = " ".join(f"`{one}`" for one in settings)
        switches += f" in `{practice.recipe}`" if switches and practice.recipe != "RECIPE" else ""
        lines.append(f"| [{practice.name}]({page}) | {parts} | {switches} |")
    return "\n".join(lines) + "\n"


# Markdown.


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-").replace(".", "-")


def _markdown(text: str) -> str:
    """Return plain text with `code` as Markdown."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if place % 2 else re.sub(r"([*_<\[\]|~$])", r"\\\1", part) for place, part in enumerate(parts))


def _code(text: str) -> str:
    return f"`{text}`"


def _cell(text: str) -> str:
    return _markdown(text)


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "settings.md": settings_page,
    "recipes.md": recipes_page,
    "corpora.md": corpora_page,
    "practices.md": practices_page,
}


if __name__ == "__main__":
    for file_name, page in PAGES.items():
        (FOLDER / file_name).write_text(page(), encoding="utf-8")
