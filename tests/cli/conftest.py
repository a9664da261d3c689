"""Fixtures that run the command line in this process, and a trained run."""

import io
import shutil
import sys
from dataclasses import dataclass

import pytest

from syntagma.cli import main


@pytest.fixture(autouse=True)
def _runs_without_pictures(blank_pictures):
    """Draw blank pictures; runs that last the whole session draw real ones."""


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
def workplace(tmp_path_factory, reviews, small_recipe):
    """Return a folder with `small.yaml`, `films.csv` and a run `run` trained on them. Tests must not change it."""
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "small.yaml").write_text(small_recipe)
    texts, labels = reviews(60)
    rows = "".join(f'"{text}",{label}\n' for text, label in zip(texts, labels, strict=True))
    (folder / "films.csv").write_text("text,label\n" + rows)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["syntagma", "train", "small.yaml", "--data", "films.csv", "--out", "run"])
        main()
    assert not ended.value.code
    return folder


@pytest.fixture
def here(workplace, tmp_path, monkeypatch):
    """Return a copy of `workplace` as the working folder."""
    shutil.copytree(workplace, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path
