"""A wheel of this checkout, installed into an environment with only Python: no compiler, no sources."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLE = "text,label\n" + "".join(
    f"{word} film number {number},{label}\n"
    for number in range(40)
    for word, label in [("good", "pos"), ("bad", "neg")]
)
RECIPE = """
name: small
description: A small one.
text: {encoder: {kind: word}}
embedding: {size: 4}
model: {kind: recurrent, units: 5}
training: {epochs: 2}
"""

pytestmark = pytest.mark.long


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=1200, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(request, tmp_path_factory):
    """A function that runs the command of an installation from a wheel; `param` is the compiler that built it."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = {**os.environ, **({"CXX": request.param} if request.param else {})}
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT, env=environment)
    (wheel,) = folder.glob("syntagma-*.whl")
    venv.create(folder / "venv", with_pip=True)
    run(folder / "venv/bin/python", "-m", "pip", "install", "--quiet", wheel)
    (folder / "here").mkdir()
    # Only what is installed can be found: no compiler, no checkout.
    clean = {"PATH": str(folder / "venv/bin"), "HOME": str(folder), "KERAS_BACKEND": "jax"}
    assert shutil.which("c++", path=clean["PATH"]) is None
    (folder / "here/few.csv").write_text(TABLE)
    (folder / "here/small.yaml").write_text(RECIPE)
    return wheel.name, lambda *words: run(folder / "venv/bin/syntagma", *words, cwd=folder / "here", env=clean)


def trains_and_predicts(syntagma):
    syntagma("train", "small.yaml", "--data", "few.csv", "--out", "new", "--no-baselines")
    assert syntagma("predict", "new", "good film").strip()


@pytest.mark.skipif(shutil.which("c++") is None, reason="needs a C++ compiler")
@pytest.mark.parametrize("installed", [""], indirect=True, ids=["compiled"])
def test_a_wheel_brings_its_kernel(installed):
    name, syntagma = installed
    assert "-py3-none-" in name
    assert not name.endswith("-any.whl")
    assert "LSTM: native" in syntagma("doctor", "--seconds", "0")
    trains_and_predicts(syntagma)


@pytest.mark.parametrize("installed", ["/bin/false"], indirect=True, ids=["without a compiler"])
def test_without_a_compiler_there_is_a_wheel_and_the_loop_of_keras(installed):
    name, syntagma = installed
    assert name.endswith("-py3-none-any.whl")
    assert "LSTM: framework (it was not built" in syntagma("doctor", "--seconds", "0")
    trains_and_predicts(syntagma)
