"""Commands do not print the messages of the frameworks."""

import os
import re
import subprocess
import sys

import keras
import pytest

FOREIGN = re.compile(
    r"^[IWEF]\d{4}|\bWARNING\b|Warning:|absl|oneDNN|tensorflow|cuda|\bXLA\b|\bjax\b|matplotlib|keras|pytorch",
    re.I | re.M,
)
BACKEND = keras.backend.backend()


def in_its_own_process(*arguments, code=None, **environment):
    """Run a command as a user without a GPU and without a writable home folder."""
    start = ["-m", "syntagma"] if code is None else ["-c", code]
    variables = {name: value for name, value in os.environ.items() if name not in ("HOME", "TF_CPP_MIN_LOG_LEVEL")}
    variables |= {"HOME": "/proc", "KERAS_BACKEND": BACKEND, "CUDA_VISIBLE_DEVICES": "-1", **environment}
    command = [sys.executable, *start, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=variables)


@pytest.mark.backend_long
@pytest.mark.long
def test_no_command_prints_messages_of_a_framework(workplace, tmp_path):
    run, films = tmp_path / "run", workplace / "films.csv"
    for arguments in (
        ("train", workplace / "small.yaml", "--data", films, "--out", run),
        ("evaluate", run, "--data", films),
        ("predict", run, "a fine film"),
    ):
        done = in_its_own_process(*arguments)
        assert done.returncode == 0, done.stderr
        said = (done.stdout + done.stderr).replace(str(tmp_path), "").replace(str(workplace), "")
        assert FOREIGN.search(said) is None, said


SPEAK = """
import logging, os, sys
from syntagma.cli import quiet
quiet.hush()
for name in ("absl", "jax._src.xla_bridge", "matplotlib", "tensorflow"):
    logging.getLogger(name).warning("said by %s", name)
    logging.getLogger(name).error("failed in %s", name)
print(os.environ["TF_CPP_MIN_LOG_LEVEL"], len(sys.meta_path))
"""


def test_loggers_of_frameworks_report_only_errors():
    done = in_its_own_process(code=SPEAK, KERAS_BACKEND="jax")
    assert "said by" not in done.stderr
    assert done.stderr.count("failed in") == 4


def test_messages_of_tensorflow_can_be_requested():
    quietly, aloud = (
        in_its_own_process(code=SPEAK, KERAS_BACKEND="tensorflow", **level).stdout.split()
        for level in ({}, {"TF_CPP_MIN_LOG_LEVEL": "0"})
    )
    assert (quietly[0], aloud[0]) == ("3", "0")
    assert int(quietly[1]) == int(aloud[1]) + 1  # the import is wrapped
