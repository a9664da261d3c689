"""Help texts: headings, widths, and examples that work as printed."""

import re
import shlex

import pytest
import typer

from syntagma.cli.app import _FIRST_STEPS, app
from syntagma.data.corpora.registry import CORPORA
from syntagma.tasks.registry import find_recipe

ROOT = typer.main.get_command(app)


def commands(command=ROOT, path=()):
    yield path, command
    for name, part in getattr(command, "commands", {}).items():
        yield from commands(part, (*path, name))


ALL = dict(commands())
EXAMPLES = [
    (path, line.strip().removeprefix("$ "))
    for path, command in ALL.items()
    for line in command.epilog.splitlines()
    if line.strip().startswith("$ ")
] + [
    ((), line.strip())
    for line in re.findall(r"syntagma [^.]*?(?=\.?$)", _FIRST_STEPS.replace(": ", "\n"), re.MULTILINE)
]


def parse(words):
    """Return the parameters that the command of a line gets, without running it."""
    command, context = ROOT, ROOT.make_context("syntagma", list(words))
    while words and hasattr(command, "commands"):
        name, command, words = command.resolve_command(context, list(words))
        context = command.make_context(name, list(words), parent=context)
    return context.params


@pytest.mark.parametrize(("path", "example"), EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_examples_work_as_printed(path, example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(example)
    words = words[words.index("syntagma") + 1 :]
    words = words[: words.index(">")] if ">" in words else words
    try:
        values = parse(words)
    except typer.Exit:
        assert words[-1] == "--help"
        return
    recipe = values.get("recipe")
    if recipe is not None and recipe.startswith(("classify", "tag", "imdb")):
        assert find_recipe(recipe, values.get("set_") or [])
    data = values.get("data")
    assert data is None or data in CORPORA or "." in data


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_help_ends_with_examples_of_the_command_itself(command, monkeypatch, path):
    monkeypatch.setenv("COLUMNS", "80")
    done = command(*path, "--help")
    assert (done.code, done.error) == (0, "")
    lines = [line.strip() for line in done.out.splitlines() if line.strip()]
    printed = lines[max(i for i, line in enumerate(lines) if line.startswith("Example")) + 1 :]
    assert all(line.startswith("$ ") for line in printed)
    assert any(f"syntagma {' '.join(path)}".strip() in line for line in printed)
    assert max(len(line) for line in ALL[path].epilog.splitlines()) < 80


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_fits_the_terminal_and_a_file(command, monkeypatch, path, width):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    done = command(*path, "--help")
    assert max(map(len, done.out.splitlines())) <= width
    assert "\x1b" not in done.out
    assert "…" not in done.out


def test_options_have_headings(command):
    headings = re.findall(r"─ ([A-Z][a-z ]+) ─", command("train", "--help").out)
    assert headings == ["Arguments", "Data", "Data formats", "Training", "Output", "Other options"]
    assert re.findall(r"─ ([A-Z][a-z ]+) ─", command("--help").out) == ["Options", "Models", "Information"]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_and_argument_is_explained_in_a_sentence(path):
    for param in ALL[path].params:
        assert getattr(param, "help", None), param.name
        assert param.help.endswith("."), param.name
        assert len({param.help[0], param.help[0].upper()}) == 1, param.name


def test_flags_are_not_shown_as_if_they_took_a_value(command):
    for path in (("train",), (), ("data",)):
        assert "<bool>" not in command(*path, "--help").out


def test_the_command_alone_leads_to_a_first_model_in_three_lines(command):
    done = command()
    assert (done.code, done.error) == (0, "")
    lines = done.out.splitlines()
    assert len(lines) == 3
    assert "syntagma train classify" in lines[0]
    assert "syntagma predict" in lines[1]
    assert "syntagma --help" in lines[2]
    assert max(map(len, lines)) <= 80


def test_an_extra_argument_is_an_error_that_names_the_arguments(command):
    done = command("settings", "classify", "units", "dropout")
    assert done.code == 2
    assert "extra argument(s) (dropout). The command takes RECIPE PATTERN." in done.error
