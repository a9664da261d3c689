"""Every tutorial is run as it is read: its Python, its commands, and what it says comes out of them."""

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
PRACTICES = sorted(set((ROOT / "docs" / "practices").glob("*.md")) - {ROOT / "docs" / "practices" / "schedules.md"})
GUIDES = [*(ROOT / "docs" / "guides" / f"{name}.md" for name in ("parts", "series", "tagging")), *PRACTICES]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATTERNS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run_python(code, names):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<tutorial>", "exec"), names)
    return printed.getvalue()


def run_shell(code):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code], capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_tutorials():
    assert TUTORIALS


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_does_what_it_says(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "tutorial"}
    output = ""
    for language, code in _BLOCK.findall(path.read_text(encoding="utf-8")):
        if language == "text":
            told = doctest.OutputChecker().check_output(code, output, _PATTERNS)
            assert told, f"the page says:\n{code}\nthe program says:\n{output}"
        else:
            output = {"python": lambda code: run_python(code, names), "sh": run_shell}[language](code)


@pytest.mark.backend
@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_a_guide_does_what_it_says(path, tmp_path, monkeypatch):
    test_a_tutorial_does_what_it_says(path, tmp_path, monkeypatch)


def test_output_that_differs_is_noticed(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n")
    with pytest.raises(AssertionError, match="the page says"):
        test_a_tutorial_does_what_it_says(page, tmp_path, monkeypatch)
