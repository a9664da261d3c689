"""Start of the command line, and modules that must not be imported before a command needs them."""

import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from syntagma.errors import DownloadError

HEAVY = ("keras", "jax", "torch", "tensorflow", "numpy", "sklearn", "polars", "tokenizers", "yaml")


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], (*HEAVY, "pydantic")),
        (["--version"], (*HEAVY, "pydantic")),
        # typer itself imports pydantic for the options of a command.
        (["train", "--help"], HEAVY),
        (["predict", "--help"], HEAVY),
        (["data", "--help"], HEAVY),
    ],
)
def test_help_loads_nothing_heavy(arguments, heavy):
    script = f"""
import sys
sys.argv = ["syntagma", *{arguments!r}]
from syntagma.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code
loaded = [name for name in {heavy!r} if name in sys.modules]
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_names_every_command(command):
    done = command("--help")
    assert done.code == 0
    assert all(verb in done.out for verb in ("recipes", "data", "train", "evaluate", "predict"))


@pytest.mark.parametrize("verb", ["recipes", "data list", "data get", "data describe", "train", "evaluate", "predict"])
def test_every_command_has_help(command, verb):
    done = command(*verb.split(), "-h")
    assert done.code == 0
    assert re.search(rf"Usage: .*syntagma {verb} ", done.out)
    assert done.error == ""


def test_the_version_is_shown(command):
    assert command("--version").out == f"syntagma {version('syntagma')}\n"


@pytest.mark.parametrize(
    "arguments", [["trian"], ["train", "--sed", "1"], ["predict", "run", "text", "--top-k", "0"], ["data", "x"]]
)
def test_a_wrong_command_line_ends_with_code_2(command, arguments):
    done = command(*arguments)
    assert done.code == 2
    assert done.error.startswith("syntagma: ")
    assert done.error.count("\n") == 1
    assert "--help" in done.error
    assert done.out == ""


@pytest.mark.parametrize(
    ("backend", "message"),
    [
        ("foo", "KERAS_BACKEND must be jax, torch or tensorflow; got 'foo'. Change or unset it."),
        ("torch", "KERAS_BACKEND is 'torch', which is not installed. Install it, or unset KERAS_BACKEND."),
    ],
)
def test_an_unusable_backend_is_reported_in_one_line(command, monkeypatch, backend, message):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    monkeypatch.setattr("syntagma.backend.find_spec", lambda name: None)
    done = command("predict", "run", "text")
    assert (done.code, done.out, done.error) == (2, "", f"syntagma: {message}\n")


def test_the_module_runs_in_a_separate_process(tmp_path):
    """`python -m syntagma` ends with the exit code of the command."""
    done = subprocess.run(
        [sys.executable, "-m", "syntagma", "recipes", "clasify"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("syntagma: there is no recipe 'clasify': did you mean 'classify'?")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["recipes", "imdb-lstm"], pytest.param(["predict", "run", "lumo"], marks=pytest.mark.long)]
)
def test_a_closed_pipe_causes_no_traceback(workplace, arguments):
    """The pipe is closed at once, as by `syntagma recipes | head -0`."""
    with subprocess.Popen(
        [sys.executable, "-m", "syntagma", *arguments], cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        error = process.stderr.read()
    assert process.returncode == 1
    assert error == b""


def test_failures_that_are_not_the_fault_of_the_input_end_with_code_1(command, monkeypatch):
    def fail(name):
        raise DownloadError(f"{name}: the server does not answer.")

    monkeypatch.setattr("syntagma.data.corpora.registry.get", fail)
    done = command("data", "get", "imdb")
    assert (done.code, done.out, done.error) == (1, "", "syntagma: imdb: the server does not answer.\n")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("SYNTAGMA_THREADS", "many", "SYNTAGMA_THREADS must be a whole number from 1 to 256, or unset; got 'many'."),
        ("SYNTAGMA_TREADS", "2", "SYNTAGMA_TREADS is not an environment variable of Syntagma."),
    ],
)
def test_every_command_refuses_a_mistyped_variable_in_one_line(command, monkeypatch, name, text, said):
    monkeypatch.setenv(name, text)
    for arguments in (["recipes"], ["data", "list"], ["doctor"]):
        done = command(*arguments)
        assert (done.code, done.out, done.error.count("\n")) == (2, "", 1)
        assert said in done.error
    assert command("--help").code == 0
