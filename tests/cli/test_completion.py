"""Shell completion: names that can be completed, and the script for Bash as a shell runs it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from syntagma.cli import candidates

HEAVY = ("keras", "jax", "numpy", "sklearn", "polars", "yaml")
BIN = Path(sys.executable).parent
# Bash splits a line at blanks and at the sign = before it calls a completion function.
SHELL = r"""
source "$HOME/.bash_completions/syntagma.sh"
compopt() { :; }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_syntagma_completion syntagma
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def complete(command, monkeypatch):
    """A function that returns the candidates for the last of some words, as the script of a shell gets them."""

    def complete(*words):
        monkeypatch.setenv("_SYNTAGMA_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", "\n".join(("syntagma", *words)))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        done = command()
        assert (done.code, done.error) == (0, "")
        return done.out.split()

    return complete


def test_stored_candidates_are_up_to_date():
    assert json.loads(candidates._FILE.read_text()) == json.loads(json.dumps(candidates.collect())), (
        "run `python -m syntagma.cli.candidates`"
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["tra"], ["train"]),
        (["train", "--seed"], ["--seed", "--seeds"]),
        (["train", "tag"], ["tag", "tag-joint", "tag-pos"]),
        (["recipes", "tag-"], ["tag-joint", "tag-pos"]),
        (["data", "get", "wnut"], ["wnut17"]),
        (["data", "describe", "--task", "s"], ["series"]),
        (["train", "tag", "--data", "w"], ["wnut17"]),
        (["train", "classify", "--data", "wn"], []),
        (["evaluate", "run", "--data", "wn"], ["wnut17"]),
        (["train", "classify", "--set", "training.pat"], ["training.patience="]),
        (["train", "tag", "--set", "training.keep="], ["training.keep=best", "training.keep=last"]),
        (["train", "--set=training.keep=l"], ["training.keep=last"]),
        (["train", "tag", "--set", "training.label_sm"], []),
        (["train", "--set", "training.label_sm"], ["training.label_smoothing="]),
        (["train", "classify", "--set", "nothing.at.all="], []),
        (["settings", "seri"], ["series"]),
        (["settings", "classify", "training.pat"], ["training.patience"]),
        (["nonsense", "x"], []),
        (["train", "--nonsense", "x"], []),
        (["train", "'open"], []),
    ],
)
def test_names_are_completed(complete, tmp_path, monkeypatch, words, found):
    monkeypatch.chdir(tmp_path)
    assert complete(*words) == found


def test_files_are_completed_where_they_can_be_given(complete, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("my.yaml", "my.csv", ".hidden.csv"):
        Path(name).touch()
    Path("mine").mkdir()
    Path("mine/a.csv").touch()
    assert complete("train", "my") == ["my.yaml"]
    assert complete("train", "--data", "mi") == ["mine/"]
    assert complete("train", "--data", "my") == ["my.csv", "my.yaml"]
    assert complete("train", "--data", "mine/") == ["mine/a.csv"]
    assert complete("train", "--data", "nowhere/") == []
    assert ".hidden.csv" not in complete("train", "--data", "")


def test_a_damaged_file_of_candidates_is_not_complained_about(complete, tmp_path, monkeypatch):
    candidates._stored.cache_clear()
    monkeypatch.setattr(candidates, "_FILE", tmp_path / "none.json")
    assert complete("data", "get", "") == []
    candidates._stored.cache_clear()


def test_an_error_is_not_shown_in_the_command_line(command, monkeypatch):
    def fail(incomplete):
        raise RuntimeError

    monkeypatch.setattr(candidates, "_stored", fail)
    monkeypatch.setenv("_SYNTAGMA_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "syntagma data get x")
    monkeypatch.setenv("COMP_CWORD", "3")
    done = command()
    assert (done.out, done.error) == ("", "")


def test_completion_loads_nothing_heavy():
    script = f"""
import sys
sys.argv = ["syntagma"]
from syntagma.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code
loaded = [name for name in {HEAVY!r} if name in sys.modules]
assert not loaded, loaded
"""
    variables = {"_SYNTAGMA_COMPLETE": "complete_bash", "COMP_WORDS": "syntagma train --set mod", "COMP_CWORD": "3"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    assert done.returncode == 0, done.stderr
    assert "model.units=" in done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="Bash is not installed")
def test_completion_is_installed_for_bash_and_completes(tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}

    def bash(script, *words):
        done = subprocess.run(
            ["bash", "--norc", "-c", script, "bash", *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    shown = bash("syntagma --show-completion; exit $?")
    assert "_syntagma_completion()" in shown
    bash("syntagma --install-completion; exit $?")
    assert (tmp_path / ".bash_completions" / "syntagma.sh").read_text().strip() == shown.strip()
    assert f"source '{tmp_path}/.bash_completions/syntagma.sh'" in (tmp_path / ".bashrc").read_text()
    train = ("syntagma", "train", "classify")
    assert bash(SHELL, *train, "--set", "training.opti").split() == ["training.optimizer="]
    assert bash(SHELL, *train, "--set", "training.optimizer", "=", "ad").split() == ["adam", "adamw"]
    assert bash(SHELL, *train, "--set", "training.keep", "=", "").split() == ["best", "last"]
    assert bash(SHELL, *train, "--set", "=", "training.keep", "=", "l").split() == ["last"]
    assert bash(SHELL, *train, "--data", "imd").split() == ["imdb"]
