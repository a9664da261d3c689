"""A training that is killed at any moment and resumed ends with the very same weights."""

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
from syntagma.recipes import catalog
from syntagma.runs import training
from syntagma.runs.folder import locked
from syntagma.runs.training import Plan, resume, train
from syntagma.tasks.estimator import Estimator
from syntagma.training.checkpoint import Checkpoint
from syntagma.training.fitting import Fitter

# Where the rows of a run come from.
LOAD = "syntagma.tasks.labelling.label_task.load_corpus"

# Saves its state after every step, so that many kills fall into the writing of a checkpoint; sleeps a little in each
# step, so that training lasts long enough to be killed.
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
    """With what `classify` has: random states, a schedule, a branch that descends, a share chosen after each epoch."""
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
    """A folder with `small.yaml`, `films.csv`, and the run `whole` that nothing cut off."""
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


def killed_and_resumed(folder, name, kills, seed):
    """Trains into `name`, killed at random moments, resumed each time; gives the number of kills that hit."""
    moments = random.Random(seed)
    hits = 0
    arguments = ["small.yaml", "--data", "films.csv", "--out", name, "--seed", "3"]
    for _ in range(kills):
        stepping = folder / "stepping"
        stepping.unlink(missing_ok=True)
        process = run(folder, *arguments)
        # After the imports, which take most of the time: from the first step on.
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


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_kill_changes_no_bit(workshop):
    assert killed_and_resumed(workshop, "killed", kills=1, seed=1) >= 1
    assert_same_weights(workshop / "killed", workshop / "whole")


@pytest.mark.backend
@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_many_kills_at_random_moments_change_no_bit(workshop):
    wanted = 20 if backend.name() == "jax" else 3
    hits = part = 0
    while hits < wanted:
        hits += killed_and_resumed(workshop, f"many-{part}", kills=4, seed=part)
        assert_same_weights(workshop / f"many-{part}", workshop / "whole")
        part += 1


@pytest.fixture
def cut(workshop, resumable, tmp_path, monkeypatch):
    """A run that died in its third epoch."""
    finish = Fitter._finish_epoch

    def die(self):
        if self.state.epoch == 3:
            raise MemoryError
        finish(self)

    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(Fitter, "_finish_epoch", die)
        train(Plan(resumable, data=str(workshop / "films.csv"), out=tmp_path / "run", seed=3, report=False))
    return tmp_path / "run"


def test_a_run_that_died_goes_on_and_leaves_no_checkpoint(cut, workshop):
    result = resume(cut)
    assert_same_weights(cut, workshop / "whole")
    assert not (cut / "checkpoint").exists()
    assert len(result.folder.history.read_text().splitlines()) == 5
    whole, again = (read_json(folder / "metrics.json", 1 << 20) for folder in (workshop / "whole", cut))
    assert {**whole, "seconds": None} == {**again, "seconds": None}


def test_a_run_killed_in_its_first_second_is_resumed_too(workshop, resumable, tmp_path, monkeypatch):
    """Only `run.json` was written."""
    whole = read_json(workshop / "whole" / "run.json", 1 << 20)
    (tmp_path / "run").mkdir()
    shutil.copy(workshop / "whole" / "run.json", tmp_path / "run")
    training.write_json(tmp_path / "run" / "run.json", whole | {"status": "training"})
    resume(tmp_path / "run")
    assert_same_weights(tmp_path / "run", workshop / "whole")


def test_the_share_was_chosen_and_comes_back_with_the_rest(workshop, cut):
    resume(cut)
    chosen = [weights(folder)["sum/shares"].tolist() for folder in (workshop / "whole", cut)]
    assert chosen[0] == chosen[1] != [0.5, 1.0]


def test_a_complete_run_has_nothing_to_resume(workshop):
    with pytest.raises(FolderError, match="is complete: nothing is left to resume"):
        resume(workshop / "whole")


def test_limits_may_change_and_nothing_else(cut):
    with pytest.raises(ConfigError, match=r"`training` of the recipe .* only training\.epochs, training\.minutes"):
        resume(cut, ["training.learning_rate=0.5"])
    with pytest.raises(ConfigError, match="`batches` of the recipe"):
        resume(cut, ["batches.size=4"])
    assert len(resume(cut, ["training.epochs=3"]).folder.history.read_text().splitlines()) == 3


def test_data_that_changed_are_refused(cut, workshop, tmp_path, monkeypatch):
    changed = tmp_path / "films.csv"
    changed.write_text((workshop / "films.csv").read_text().replace("neg", "pos", 3))
    monkeypatch.setattr(LOAD, lambda source, *options, **how: load_corpus(str(changed), *options, **how))
    with pytest.raises(DataError, match="differ from the rows that this training began with"):
        resume(cut)


def test_data_that_are_gone_are_named_and_nothing_is_lost(cut, workshop, monkeypatch):
    monkeypatch.setattr(LOAD, lambda source, *options, **how: load_corpus(source + ".gone", *options, **how))
    with pytest.raises(DataError, match=r"films\.csv\.gone"):
        resume(cut)
    monkeypatch.undo()
    resume(cut)
    assert_same_weights(cut, workshop / "whole")


def test_a_second_training_in_one_folder_is_refused(cut, resumable, workshop):
    with locked(cut):
        with pytest.raises(FolderError, match="another training is at work there"):
            resume(cut)
        with pytest.raises(FolderError, match="another training is at work there"):
            train(Plan(resumable, data=str(workshop / "films.csv"), out=cut, overwrite=True))
    assert (cut / "checkpoint").exists()


def test_the_lock_of_a_dead_process_blocks_nothing(cut, workshop):
    code = f"""
import os
from pathlib import Path
from syntagma.runs.folder import locked
with locked(Path({str(cut)!r})):
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    resume(cut)
    assert_same_weights(cut, workshop / "whole")


def test_another_number_of_cores_and_other_versions_are_said(cut, monkeypatch, loud, capsys):
    elsewhere = {"cores": 96, "backend": backend.name(), "lstm": "native (rvv, 96 threads)"}
    monkeypatch.setattr(training, "machine", lambda: elsewhere)
    monkeypatch.setattr(training, "versions", lambda: {"keras": "99.1"})
    resume(cut)
    told = capsys.readouterr().err
    assert " when it began, now 96; the last bits" in told
    assert ", now native (rvv, 96 threads); the last bits of the weights may differ." in told
    assert "; now it is keras 99.1." in told


def test_another_backend_is_refused(cut, monkeypatch):
    monkeypatch.setattr(training, "machine", lambda: {"cores": 2, "backend": "none"})
    with pytest.raises(ConfigError, match=f"began with KERAS_BACKEND={backend.name()}; got none"):
        resume(cut)


def test_a_full_disk_while_saving_the_model_loses_nothing(resumable, workshop, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(Estimator, "save", full)
        train(Plan(resumable, data=str(workshop / "films.csv"), out=tmp_path / "run", seed=3, report=False))
    assert Checkpoint(tmp_path / "run" / "checkpoint" / "state").exists()
    resume(tmp_path / "run")
    assert_same_weights(tmp_path / "run", workshop / "whole")
