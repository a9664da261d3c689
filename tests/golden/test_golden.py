"""Tests that saved models of older versions still predict the same, and that saved runs can be resumed."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import syntagma
from syntagma import backend
from syntagma.files import read_json
from syntagma.runs.comparing import compare
from syntagma.runs.evaluating import evaluate
from syntagma.runs.folder import RunFolder
from syntagma.runs.scoring import stored_predictions
from syntagma.runs.training import resume
from syntagma.tasks import registry

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("blank_pictures")]

HERE = Path(__file__).parent
RUNS = ["classification", "tagging", "generation"]


def golden(folder):
    """Return a saved model and its recorded predictions."""
    manifest = json.loads((folder / "model" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["format"] == 1
    return syntagma.load(folder / "model"), json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def test_a_classifier_of_format_1_predicts_the_same_as_before():
    model, expected = golden(HERE / "format-1")
    assert model.classes_.tolist() == expected["labels"]
    assert (model.members_, model.temperature_) == (2, 1.25)
    assert np.abs(model.predict_proba(expected["texts"]) - expected["probabilities"]).max() < 1e-5


def test_a_tagger_of_format_1_predicts_the_same_as_before():
    model, expected = golden(HERE / "format-1-tagger")
    words = expected["words"]
    assert model.classes_.tolist() == expected["classes"]
    assert model.members_ == 2
    assert model.predict(words) == expected["tags"]
    for predicted, row in zip(model.predict_proba(words), expected["marginals"], strict=True):
        assert np.abs(predicted - row).max() < 1e-5
    annotations = model.annotate(words)
    assert [one.label for one in annotations] == expected["labels"]
    assert [[word.lower for word in one.words] for one in annotations] == expected["lower"]


def test_a_generator_of_format_1_generates_the_same_as_before():
    model, expected = golden(HERE / "format-1-generator")
    assert model.members_ == 2
    assert model.tuned_values()["search"] == expected["search"]
    annotations = model.annotate(expected["texts"], alternatives=2)
    assert [[one.text for one in generated.alternatives] for generated in annotations] == expected["outputs"]
    for generated, scores in zip(annotations, expected["scores"], strict=True):
        assert [one.score for one in generated.alternatives] == pytest.approx(scores, abs=1e-4)
    scored = model.score_pairs(expected["sources"], expected["targets"])
    for pair, log_probs in zip(scored, expected["log_probs"], strict=True):
        assert pair.log_probs == pytest.approx(log_probs, abs=1e-4)


@pytest.fixture
def runs(tmp_path):
    """Return a copy of the saved runs with the paths of this machine."""
    shutil.copytree(HERE / "runs", tmp_path / "runs")
    for path in (tmp_path / "runs").glob("*/*.json"):
        path.write_text(path.read_text(encoding="utf-8").replace("@HERE@", str(tmp_path / "runs")), encoding="utf-8")
    return tmp_path / "runs"


def figures(values, name=""):
    """Return all numbers of nested scores by their path."""
    if isinstance(values, dict):
        return {path: one for key, value in values.items() for path, one in figures(value, f"{name}/{key}").items()}
    if isinstance(values, list):
        return figures(dict(enumerate(values)), name)
    return {name: values}


def assert_scores(scores, expected):
    scores, expected = figures(scores), figures(expected)
    for name, value in expected.items():
        assert scores[name] == (pytest.approx(value, abs=1e-5) if isinstance(value, float) else value), name


@pytest.mark.parametrize("name", RUNS)
def test_a_run_has_the_same_scores_as_before(runs, name):
    kept = read_json(runs / name / "metrics.json", 1 << 20)
    assert_scores(evaluate(runs / name).to_dict(), kept["test"])
    task, model = registry.task(name), syntagma.load(runs / name)
    stored = stored_predictions(task, model, RunFolder(runs / name))
    for split in ("dev", "test"):
        assert_scores(task.score(stored[split]).to_dict(), kept[split])
        for baseline, scores in task.score_baselines(stored[split]).items():
            assert_scores(scores, kept["baselines"][baseline][split])
    assert set(task.score_baselines(stored["test"])) == set(kept["baselines"])


@pytest.mark.parametrize("name", RUNS)
def test_a_run_can_be_compared_with_itself_and_reported_again(runs, name):
    comparison = compare(runs / name, runs / name)
    assert comparison.rows == 6
    assert "No significant difference" in comparison.to_text()
    evaluate(runs / name, report=runs / "report")
    report = read_json(runs / "report" / "report.json", 1 << 20)
    assert report["task"] == name
    assert (runs / "report" / "report.html").is_file()


@pytest.mark.skipif(backend.name() != "jax", reason="these runs began under JAX and can be resumed only there")
@pytest.mark.parametrize("name", RUNS)
def test_an_interrupted_run_is_resumed_and_ends_like_an_uninterrupted_one(runs, name):
    """The uninterrupted run was trained by the version that created the interrupted one."""
    result = resume(runs / f"{name}-cut-off")
    assert RunFolder(runs / f"{name}-cut-off").read()["status"] == "complete"
    assert not (runs / f"{name}-cut-off" / "checkpoint").exists()
    assert set(result.evaluations) == {"dev", "test"}
    whole, again = (load_file(runs / one / "model" / "weights.safetensors") for one in (name, f"{name}-cut-off"))
    assert list(whole) == list(again)
    for weight, array in whole.items():
        np.testing.assert_allclose(again[weight], array, atol=1e-4, err_msg=weight)
