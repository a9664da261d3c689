"""Training that is killed at any moment and resumed ends with exactly the same weights."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from syntagma import backend
from syntagma.data.corpora.registry import load_corpus
from syntagma.errors import ConfigError, DataError, FolderError
from syntagma.files import read_json
from syntagma.progress import quietly
from syntagma.recipes import catalog
from syntagma.runs import training
from syntagma.runs.folder import lock_folder
from syntagma.runs.training import Plan, resume, train
from syntagma.tasks.estimator import Estimator
from syntagma.training.checkpoint import Checkpoint
from syntagma.training.fitting import Fitter

# Function that reads the data of a run.
LOAD = "syntagma.tasks.labelling.label_task.load_corpus"

# Writes a checkpoint after every step, so many kills interrupt the writing of a checkpoint. Sleeps in each step, so
# training lasts long enough to be killed.
SLOW = """
import sys, time
from pathlib import Path
from syntagma.training import fitting
from syntagma.training.checkpoint import Checkpoint
Checkpoint.due = lambda self: True
step = fitting.Fitter._step
def slow(self, batch, done):
    Path("stepping").touch()
    time.sleep(0.02)
    return step(self, batch, done)
fitting.Fitter._step = slow
sys.argv = ["syntagma", *sys.argv[1:]]
from syntagma.cli import main
main()
"""


def weights(folder):
    return load_file(folder / "model" / "weights.safetensors")


def assert_same_weights(one, other):
    first, second = weights(one), weights(other)
    assert list(first) == list(second)
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name], err_msg=name)


@pytest.fixture(scope="module")
def resumable(recipe):
    """Return a recipe with random states, a schedule, a branch with its own optimiser, and a share chosen per epoch."""
    settings = {
        "training.epochs": 5,
        "training.schedule": "cosine",
        "embedding.dropout": 0.3,
        "embedding.word_dropout": 0.1,
        "text.ngrams": {"longest": 2, "min_documents": 1},
        "ngram_branch": {"descent_rate": 100, "counts": True},
    }
    return catalog.change(recipe, settings)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory, resumable, data):
    """Return a folder with `small.yaml`, `films.csv`, and the uninterrupted run `whole`."""
    folder = tmp_path_factory.mktemp("workshop")
    (folder / "small.yaml").write_text(resumable.to_yaml())
    shutil.copy(data, folder / "films.csv")
    train(Plan(resumable, data=str(folder / "films.csv"), out=folder / "whole", seed=3, report=False))
    return folder


def run(folder, *arguments):
    command = [sys.executable, "-c", SLOW, "train", *arguments, "--no-report"][
        : None if "--resume" not in arguments else -1
    ]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def train_with_kills(folder, name, kills, seed):
    """Train into `name`, kill and resume it at random moments, and return the number of kills that took effect."""
    moments = random.Random(seed)
    hits = 0
    arguments = ["small.yaml", "--data", "films.csv", "--out", name, "--seed", "3"]
    for _ in range(kills):
        stepping = folder / "stepping"
        stepping.unlink(missing_ok=True)
        process = run(folder, *arguments)
        # Wait for the first training step, because the imports take most of the time.
        deadline = time.monotonic() + 60
        while not stepping.is_file() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 1.0))
        process.kill()
        hits += process.wait() == -signal.SIGKILL
        process.stderr.close()
        if (folder / name / "run.json").is_file():
            arguments = ["--resume", name]
    done = run(folder, *arguments)
    error = done.communicate(timeout=120)[1]
    assert done.returncode == 0 or "is complete" in error, error
    return hits


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_kill_does_not_change_the_weights(workshop):
    assert train_with_kills(workshop, "killed", kills=1, seed=1) >= 1
    assert_same_weights(workshop / "killed", workshop / "whole")


@pytest.mark.backend
@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_many_kills_at_random_moments_do_not_change_the_weights(workshop):
    wanted = 20 if backend.name() == "jax" else 3
    hits = part = 0
    while hits < wanted:
        hits += train_with_kills(workshop, f"many-{part}", kills=4, seed=part)
        assert_same_weights(workshop / f"many-{part}", workshop / "whole")
        part += 1


@pytest.fixture(scope="module")
def interrupted(workshop, resumable):
    """Return the folder of a run that failed in its third epoch. Tests must not change it."""
    finish = Fitter._finish_epoch

    def fail(self):
        if self.state.epoch == 3:
            raise MemoryError
        finish(self)

    with pytest.MonkeyPatch.context() as patch, quietly(), pytest.raises(MemoryError):
        patch.setattr(Fitter, "_finish_epoch", fail)
        train(Plan(resumable, data=str(workshop / "films.csv"), out=workshop / "cut", seed=3, report=False))
    return workshop / "cut"


@pytest.fixture
def interrupted_run(interrupted, tmp_path):
    """Return a copy of a run that failed in its third epoch."""
    shutil.copytree(interrupted, tmp_path / "run")
    return tmp_path / "run"


def test_a_resumed_run_matches_an_uninterrupted_one_and_leaves_no_checkpoint(interrupted_run, workshop):
    result = resume(interrupted_run)
    assert_same_weights(interrupted_run, workshop / "whole")
    assert not (interrupted_run / "checkpoint").exists()
    assert len(result.folder.history.read_text().splitlines()) == 5
    whole, again = (read_json(folder / "metrics.json", 1 << 20) for folder in (workshop / "whole", interrupted_run))
    assert {**whole, "seconds": None} == {**again, "seconds": None}
    # The share of the branch that was chosen on dev is restored too.
    chosen = [weights(folder)["sum/shares"].tolist() for folder in (workshop / "whole", interrupted_run)]
    assert chosen[0] == chosen[1] != [0.5, 1.0]


def test_a_run_killed_before_training_is_resumed_too(workshop, resumable, tmp_path, monkeypatch):
    """Resume a run of which only `run.json` was written."""
    whole = read_json(workshop / "whole" / "run.json", 1 << 20)
    (tmp_path / "run").mkdir()
    shutil.copy(workshop / "whole" / "run.json", tmp_path / "run")
    training.write_json(tmp_path / "run" / "run.json", whole | {"status": "training"})
    resume(tmp_path / "run")
    assert_same_weights(tmp_path / "run", workshop / "whole")


def test_a_complete_run_cannot_be_resumed(workshop):
    with pytest.raises(FolderError, match="is complete, so there is nothing to resume"):
        resume(workshop / "whole")


def test_only_limits_can_be_changed_when_resuming(interrupted_run):
    with pytest.raises(ConfigError, match=r"`training` of the recipe .* only training\.epochs, training\.minutes"):
        resume(interrupted_run, ["training.learning_rate=0.5"])
    with pytest.raises(ConfigError, match="`batches` of the recipe"):
        resume(interrupted_run, ["batches.size=4"])
    assert len(resume(interrupted_run, ["training.epochs=3"]).folder.history.read_text().splitlines()) == 3


def test_changed_data_are_refused(interrupted_run, workshop, tmp_path, monkeypatch):
    changed = tmp_path / "films.csv"
    changed.write_text((workshop / "films.csv").read_text().replace("neg", "pos", 3))
    monkeypatch.setattr(LOAD, lambda source, *options, **how: load_corpus(str(changed), *options, **how))
    with pytest.raises(DataError, match="differ from the rows that this training began with"):
        resume(interrupted_run)


def test_missing_data_are_reported_and_the_run_can_still_be_resumed(interrupted_run, workshop, monkeypatch):
    monkeypatch.setattr(LOAD, lambda source, *options, **how: load_corpus(source + ".gone", *options, **how))
    with pytest.raises(DataError, match=r"films\.csv\.gone"):
        resume(interrupted_run)
    monkeypatch.undo()
    resume(interrupted_run)
    assert_same_weights(interrupted_run, workshop / "whole")


def test_a_second_process_in_the_same_folder_is_refused(interrupted_run, resumable, workshop):
    with lock_folder(interrupted_run):
        with pytest.raises(FolderError, match="another process is training in this folder"):
            resume(interrupted_run)
        with pytest.raises(FolderError, match="another process is training in this folder"):
            train(Plan(resumable, data=str(workshop / "films.csv"), out=interrupted_run, overwrite=True))
    assert (interrupted_run / "checkpoint").exists()


def test_the_lock_of_a_killed_process_is_released(interrupted_run, workshop):
    code = f"""
import os
from pathlib import Path
from syntagma.runs.folder import lock_folder
with lock_folder(Path({str(interrupted_run)!r})):
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    resume(interrupted_run)
    assert_same_weights(interrupted_run, workshop / "whole")


def test_different_cores_and_versions_are_reported(interrupted_run, monkeypatch, loud, capsys):
    elsewhere = {"cores": 96, "backend": backend.name(), "lstm": "native (rvv, 96 threads)"}
    monkeypatch.setattr(training, "machine", lambda: elsewhere)
    monkeypatch.setattr(training, "versions", lambda: {"keras": "99.1"})
    resume(interrupted_run)
    notes = capsys.readouterr().err
    assert " at the start, now 96; the last bits" in notes
    assert ", now native (rvv, 96 threads); the last bits of the weights may differ." in notes
    assert ", now keras 99.1." in notes


def test_another_backend_is_refused(interrupted_run, monkeypatch):
    monkeypatch.setattr(training, "machine", lambda: {"cores": 2, "backend": "none"})
    with pytest.raises(ConfigError, match=f"started with KERAS_BACKEND={backend.name()}; got none"):
        resume(interrupted_run)


def test_a_run_can_be_resumed_after_a_full_disk(resumable, workshop, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(Estimator, "save", full)
        train(Plan(resumable, data=str(workshop / "films.csv"), out=tmp_path / "run", seed=3, report=False))
    assert Checkpoint(tmp_path / "run" / "checkpoint" / "state").exists()
    resume(tmp_path / "run")
    assert_same_weights(tmp_path / "run", workshop / "whole")
