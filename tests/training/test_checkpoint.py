"""Tests that interrupted training resumes as if it had never stopped."""

import json
from dataclasses import asdict

import keras
import numpy as np
import pytest

from syntagma import backend
from syntagma.errors import FolderError
from syntagma.training import checkpoint as module
from syntagma.training.checkpoint import Checkpoint
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import Feed, TrainingBatch
from syntagma.training.fitting import Fitter
from syntagma.training.objectives import loss_for
from syntagma.training.state import FitState

pytestmark = pytest.mark.backend

STEPS, SIZE = 3, 4


class KilledError(Exception):
    pass


def small_model(seed):
    """Return a model with dropout, whose training depends on random states."""
    with backend.seeded(seed):
        x = keras.Input((2,), name="x")
        return keras.Model({"x": x}, keras.layers.Dense(1, name="logits")(keras.layers.Dropout(0.3)(x)))


def feed(before_batch=lambda: None):
    random = np.random.default_rng(0)
    x = random.normal(size=(STEPS * SIZE, 2)).astype(np.float32)
    y = (x[:, :1] > 0).astype(np.float32)

    def batches(epoch, start):
        for step in range(start, STEPS):
            before_batch()
            rows = np.random.default_rng(epoch).permutation(STEPS * SIZE)[step * SIZE : (step + 1) * SIZE]
            yield TrainingBatch({"x": x[rows]}, y[rows], np.ones(SIZE, np.float32), SIZE)

    return Feed(batches, steps=STEPS, rows=STEPS * SIZE)


def weights_of(model):
    return [weight.numpy().copy() for weight in model.weights]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def fitter(folder, seed=1, seconds=0.0, accuracies=None, **settings):
    """Return a fitter whose dev accuracy depends on the weights."""
    model = small_model(seed)
    settings = {"epochs": 6, "learning_rate": 0.1, "schedule": "cosine", "monitor": "accuracy", **settings}

    def scorer():
        total = float(sum(np.abs(array).sum() for array in weights_of(model)))
        return {"accuracy": total % 1, "macro_f1": 0.5, "loss": 0.1}

    checkpoint = None if folder is None else Checkpoint(folder, seconds)
    return Fitter(model, loss_for("binary"), TrainingConfig(**settings), scorer, checkpoint=checkpoint)


def killed_after(steps):
    """Return a feed that raises an error after a number of batches."""
    left = [steps]

    def before_batch():
        if left[0] == 0:
            raise KilledError
        left[0] -= 1

    return feed(before_batch)


VARIANTS = {
    "plain": {},
    "snapshots": {"cycles": 3, "combine": "ensemble", "combine_epochs": 3},
    "average": {"combine": "average", "keep": "last", "optimizer": "nadam"},
    "restarts": {"patience": 1, "restarts": 2, "schedule": "constant"},
    "plateau": {"plateau": 1, "optimizer": "rmsprop"},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_resumed_training_ends_with_exactly_the_same_weights(variant, tmp_path):
    whole = fitter(None, **VARIANTS[variant])
    expected = whole.fit(feed())
    for steps in (0, 1, 4, 3):
        cut = fitter(tmp_path / "state", seed=steps + 5, **VARIANTS[variant])
        if not (tmp_path / "state").exists():
            cut = fitter(tmp_path / "state", **VARIANTS[variant])
        with pytest.raises(KilledError):
            cut.fit(killed_after(steps))
    last = fitter(tmp_path / "state", seed=99, **VARIANTS[variant])
    result = last.fit(feed())
    assert same(weights_of(last.model), weights_of(whole.model))
    assert result.epochs == expected.epochs
    assert len(result.members) == len(expected.members)
    assert all(same(one, other) for one, other in zip(result.members, expected.members, strict=True))
    figures = [
        [(r["epoch"], r["loss"], r["learning_rate"], r["dev"]) for r in run.history] for run in (result, expected)
    ]
    assert figures[0] == figures[1]
    assert result.ending == expected.ending


def test_finished_training_is_not_continued(tmp_path):
    first = fitter(tmp_path / "state")
    first.fit(feed())
    again = fitter(tmp_path / "state", seed=3)
    result = again.fit(killed_after(0))
    assert same(weights_of(again.model), weights_of(first.model))
    assert result.ending == "epochs"


def test_resumed_training_may_have_more_epochs(tmp_path):
    fitter(tmp_path / "state", schedule="constant", epochs=2).fit(feed())
    longer = fitter(tmp_path / "state", schedule="constant", epochs=6).fit(feed())
    assert [record["epoch"] for record in longer.history] == [1, 2, 3, 4, 5, 6]
    assert longer.history[-1]["loss"] == fitter(None, schedule="constant").fit(feed()).history[-1]["loss"]


def test_a_resumed_time_budget_is_counted_in_steps(tmp_path):
    """Half of the time is used after six steps, so six more follow, regardless of their speed."""
    cut = fitter(tmp_path / "state", epochs=None, minutes=100)
    with pytest.raises(KilledError):
        cut.fit(killed_after(6))
    path = tmp_path / "state" / "state.json"
    content = json.loads(path.read_text())
    content["values"]["fit"]["seconds"] = 3000.0
    path.write_text(json.dumps(content))
    result = fitter(tmp_path / "state", epochs=None, minutes=100).fit(feed())
    assert result.ending == "minutes"
    assert len(result.history) == 12 // STEPS


def test_the_state_is_saved_when_due_and_after_each_epoch(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(Checkpoint, "save", lambda self, values, arrays: saved.append(values["fit"]["steps"]))
    fitter(tmp_path / "state", seconds=1e9, epochs=2).fit(feed())
    assert saved == [STEPS, 2 * STEPS]
    saved.clear()
    monkeypatch.setattr(Checkpoint, "due", lambda self: True)
    fitter(tmp_path / "state", epochs=1).fit(feed())
    assert saved == [1, 2, 3, 3]


def test_a_failed_save_keeps_the_older_state_and_training_continues(tmp_path, monkeypatch, loud, capsys):
    checkpoint = Checkpoint(tmp_path / "state")
    checkpoint.save({"number": 1}, {"a": np.ones(2)})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "sha256_of", full)
    checkpoint.save({"number": 2}, {"a": np.zeros(2)})
    monkeypatch.undo()
    assert "could not be written (No space left on device); training continues" in capsys.readouterr().err
    values, arrays = checkpoint.load()
    assert (values, arrays["a"].tolist()) == ({"number": 1}, [1, 1])
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


@pytest.mark.parametrize("name", ["state.json", "state.safetensors"])
def test_a_damaged_checkpoint_is_named_in_the_error(tmp_path, name):
    checkpoint = Checkpoint(tmp_path / "state")
    checkpoint.save({"number": 1}, {"a": np.ones(2)})
    path = tmp_path / "state" / name
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(FolderError, match="state: is damaged"):
        checkpoint.load()


def test_a_checkpoint_of_another_model_raises_an_error(tmp_path):
    with pytest.raises(KilledError):
        fitter(tmp_path / "state").fit(killed_after(1))
    other = fitter(tmp_path / "state", optimizer="sgd")
    with pytest.raises(FolderError, match="belongs to another recipe or version"):
        other.fit(feed())


def test_numbers_are_restored_exactly():
    state = FitState(seconds=0.1 + 0.2, loss_sum=1 / 3, history=[{"loss": 2 / 3}])
    assert FitState(**json.loads(json.dumps(asdict(state)))) == state
