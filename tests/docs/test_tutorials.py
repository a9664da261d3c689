"""Every tutorial and how-to page is run as it is read: its Python, its commands, and the output that it shows."""

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from syntagma.cli import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(python|sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages_with_code(folder):
    """Return the pages of a folder that have something to run; blocks without a language are only read."""
    return {page for page in folder.glob("*.md") if re.search(r"^```(python|sh)$", page.read_text("utf-8"), re.M)}


HOW_TO = pages_with_code(DOCS / "how-to") - {DOCS / "how-to" / "keras-2-sequential.md"}  # has its own test
_PRACTICES_FOLDER = DOCS / "explanation" / "practices"
PRACTICES = pages_with_code(_PRACTICES_FOLDER)
# Layers in Keras models work under every backend.
ON_LAYERS = {DOCS / "tutorials" / "layers-in-your-keras-model.md", *HOW_TO, *PRACTICES}
TUTORIALS = (pages_with_code(DOCS / "tutorials") | {DOCS / "quickstart.md"}) - ON_LAYERS
# Pages that take longest; `make test` runs the others, and `make test-long` all of them.
_LONG = {
    *(DOCS / "tutorials" / f"{name}.md" for name in ("in-python", "your-own-pairs", "your-own-texts")),
    *(_PRACTICES_FOLDER / f"{name}.md" for name in ("outputs", "multi-task")),
}
_PATTERNS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run_python(code, names):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<tutorial>", "exec"), names)
    return printed.getvalue()


def run_command(arguments):
    printed, told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(told),
        pytest.raises(SystemExit) as ended,
    ):
        patch.setattr(sys, "argv", arguments)
        main()
    assert not ended.value.code, told.getvalue()
    printed.flush()
    return printed.buffer.getvalue().decode("utf-8")


def run_shell(code):
    """Run a block: a line that is only the project's command in this process, all else in a shell."""
    lines = code.splitlines()
    if all(line.startswith("syntagma ") and not set(line) & set("|>&;$") for line in lines):
        return "".join(run_command(shlex.split(line)) for line in lines)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code], capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_page(path):
    """Run a page's blocks in the working folder and compare the output that it shows."""
    names = {"__name__": "tutorial"}
    output = ""
    for language, code in _BLOCK.findall(path.read_text(encoding="utf-8")):
        if language == "text":
            told = doctest.OutputChecker().check_output(code, output, _PATTERNS)
            assert told, f"the page says:\n{code}\nthe program says:\n{output}"
        else:
            output = {"python": lambda code: run_python(code, names), "sh": run_shell}[language](code)


def pages(paths):
    """Return the pages as parameters of a test, those that take longest with the mark `long`."""
    return [pytest.param(path, id=path.stem, marks=[pytest.mark.long] * (path in _LONG)) for path in sorted(paths)]


def test_the_long_pages_exist():
    assert _LONG < TUTORIALS | ON_LAYERS
    assert TUTORIALS - _LONG


@pytest.mark.usefixtures("blank_pictures")
@pytest.mark.parametrize("path", pages(TUTORIALS))
def test_a_tutorial_does_what_it_says(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_page(path)


@pytest.mark.backend_long
@pytest.mark.parametrize("path", pages(ON_LAYERS))
def test_a_page_on_layers_does_what_it_says(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_page(path)


def test_output_that_differs_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n")
    with pytest.raises(AssertionError, match="the page says"):
        run_page(page)
