"""Fixtures that run the command line in this process, and a trained run."""

import contextlib
import io
import shutil
import sys
from dataclasses import dataclass

import pytest

from syntagma.cli import main
from syntagma.progress import quietly


@pytest.fixture(autouse=True)
def _runs_without_pictures(blank_pictures):
    """Draw blank pictures."""


@dataclass(frozen=True)
class Done:
    """Exit code and output of a command."""

    code: int
    out: str
    error: str


@pytest.fixture
def command(monkeypatch, capfd):
    """Return a function that runs `syntagma ARGUMENTS` and returns exit code and both streams."""

    def command(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["syntagma", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, error = capfd.readouterr()
        return Done(ended.value.code or 0, out, error)

    return command


@pytest.fixture(scope="session")
def run_in(without_pictures):
    """Return a function that runs `syntagma ARGUMENTS` in a folder, for fixtures that outlast a test.

    It returns what the command prints. Pictures in reports are blank.
    """

    def run_in(folder, *arguments):
        printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(printed),
            quietly(),
            without_pictures(),
            pytest.raises(SystemExit) as ended,
        ):
            patch.chdir(folder)
            patch.setattr(sys, "argv", ["syntagma", *arguments])
            main()
        assert not ended.value.code
        printed.flush()
        return printed.buffer.getvalue().decode("utf-8")

    return run_in


@pytest.fixture(scope="session")
def workplace(tmp_path_factory, reviews, small_recipe, run_in):
    """Return a folder with `small.yaml`, `films.csv` and a run `run` trained on them. Tests must not change it."""
    folder = tmp_path_factory.mktemp("workplace")
    # Without rare words, models have the same vocabulary, so that they share their compiled programs.
    (folder / "small.yaml").write_text(small_recipe.replace("min_count: 1", "min_count: 2"))
    texts, labels = reviews(60)
    rows = "".join(f'"{text}",{label}\n' for text, label in zip(texts, labels, strict=True))
    (folder / "films.csv").write_text("text,label\n" + rows)
    run_in(folder, "train", "small.yaml", "--data", "films.csv", "--out", "run")
    return folder


@pytest.fixture
def here(workplace, tmp_path, monkeypatch):
    """Return a copy of `workplace` as the working folder."""
    shutil.copytree(workplace, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path
