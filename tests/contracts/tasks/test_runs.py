"""From a file to a run folder and back: trained, cut off, resumed, scored, compared, reported, asked."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file

from syntagma import bundle
from syntagma.data.options import ReadOptions
from syntagma.data.tables.table import Corpus
from syntagma.errors import ConfigError, DataError, FolderError
from syntagma.files import read_json, read_json_lines
from syntagma.runs.comparing import compare
from syntagma.runs.evaluating import evaluate
from syntagma.runs.folder import RunFolder
from syntagma.runs.predicting import predict
from syntagma.runs.scoring import stored_predictions
from syntagma.runs.training import Plan, resume, train

pytestmark = pytest.mark.backend

LIMIT = 1 << 24


def figures(values, name=""):
    """All numbers of nested scores by their path, and the lengths of lists."""
    if isinstance(values, dict):
        return {path: one for key, value in values.items() for path, one in figures(value, f"{name}/{key}").items()}
    return {name: len(values) if isinstance(values, list) else values}


def test_a_run_keeps_all_that_it_found(case, trained):
    folder, result = RunFolder(trained.run), trained.result
    run, metrics = folder.read(), read_json(folder.metrics, LIMIT)
    assert (run["status"], run["recipe"]["task"]) == ("complete", case.task.name)
    assert run["corpus"]["rows"] == {"train": 48, "dev": 6, "test": 6}
    assert metrics == json.loads(json.dumps(result.metrics))
    assert {split: metrics[split] for split in ("dev", "test")} == {
        split: one.to_dict() for split, one in result.evaluations.items()
    }
    assert set(figure.key for figure in case.task.figures) & set(metrics["test"])
    assert all(set(scores) == {"dev", "test"} for scores in metrics["baselines"].values())
    assert metrics["baselines"]
    assert {name: metrics[name] for name in trained.model.tuned_metrics()} == trained.model.tuned_metrics()
    assert [record["epoch"] for record in read_json_lines(folder.history, LIMIT)] == [1, 2, 3]
    assert not folder.checkpoint.exists()
    assert result.scores.verdict in (folder.report / "report.md").read_text(encoding="utf-8")


def test_a_plan_comes_back_from_its_run(case, trained):
    plan = Plan.from_run(RunFolder(trained.run).read(), trained.run)
    assert plan.recipe == trained.model.recipe_
    assert plan.task is case.task
    assert plan.seed == 3


def test_stored_predictions_are_scored_as_they_were(case, trained):
    stored = stored_predictions(case.task, trained.loaded, RunFolder(trained.run))
    for split, evaluation in trained.result.evaluations.items():
        assert figures(case.task.score(stored[split]).to_dict()) == pytest.approx(
            figures(evaluation.to_dict()), abs=1e-5
        )
    joined = case.task.join([stored["dev"], stored["test"]])
    assert case.task.score(joined).scores["rows"] == 12


def test_a_loaded_run_is_scored_and_reported_as_it_was(trained, tmp_path):
    evaluation = evaluate(trained.run, report=tmp_path / "report")
    found, expected = evaluation.to_dict(), trained.result.evaluations["test"].to_dict()
    assert figures(found) == pytest.approx(figures(expected), abs=1e-5)
    for name in ("report.json", "report.md", "report.html"):
        assert (tmp_path / "report" / name).is_file()
    first, again = (
        read_json(folder / "report.json", LIMIT) for folder in (trained.run / "report", tmp_path / "report")
    )
    assert list(first) == list(again)
    assert figures(again["splits"]) == pytest.approx(figures(first["splits"]), abs=1e-5)


def test_what_is_behind_the_scores_of_a_run_is_told(case, trained, tmp_path):
    found = evaluate(trained.run, details=True, report=tmp_path / "report")
    scored = evaluate(trained.run)
    told = json.loads(json.dumps(found.to_dict()))
    details = told.pop("details")
    assert figures(told) == pytest.approx(figures(scored.to_dict()), abs=1e-5)
    report = read_json(tmp_path / "report" / "report.json", LIMIT)
    assert details["reported"] == report["reported"] == "test"
    assert figures(details["confusion"]) == pytest.approx(figures(report["confusion"]))
    assert found.to_text().startswith(scored.to_text())
    assert len(found.to_text()) > len(scored.to_text()) + 40
    assert evaluate(trained.run, split="dev", details=True).to_dict()["details"]["reported"] == "dev"


def test_a_threshold_decides_what_is_scored_and_reported_or_is_refused(case, trained, tmp_path):
    with pytest.raises(ConfigError, match="threshold: must be"):
        evaluate(trained.run, threshold=1.5)
    if not case.has_threshold:
        with pytest.raises(ConfigError, match="Leave the threshold out"):
            evaluate(trained.run, threshold=0.5)
        return
    stored = stored_predictions(case.task, trained.loaded, RunFolder(trained.run))
    expected = case.task.score(case.task.apply_threshold(stored["test"], 0.999)).to_dict()
    found = evaluate(trained.run, threshold=0.999, report=tmp_path, details=True).to_dict()
    assert figures({name: found[name] for name in expected}) == pytest.approx(figures(expected), abs=1e-5)
    report = read_json(tmp_path / "report.json", LIMIT)
    assert report["note"] == "Evaluated with --threshold 0.999."
    assert report["splits"]["test"]["accuracy"]["value"] == pytest.approx(expected["accuracy"])
    assert "Evaluated with --threshold 0.999." in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Evaluated with --threshold 0.999." in (tmp_path / "report.md").read_text(encoding="utf-8")
    data = str(trained.run.parent / case.data[0])
    assert evaluate(trained.run, data, threshold=0.999).scores["rows"] == 60


def test_a_run_is_scored_on_other_data_as_on_its_own(case, trained):
    """All rows of a file, of which some are those that the model was trained on."""
    name, _ = case.data
    data = trained.run.parent / name
    found = evaluate(trained.run, str(data))
    assert found.scores["rows"] == 60
    assert figures(found.to_dict()) == pytest.approx(
        figures(trained.model.evaluate(trained.corpus.train).to_dict()), abs=1e-5
    )
    with pytest.raises(DataError, match="has no split 'test'; it has train"):
        evaluate(trained.run, str(data), split="test")


def test_a_run_is_no_better_than_itself(trained):
    found = compare(trained.run, trained.run)
    assert found.rows == 6
    assert "No difference" in found.to_text()
    assert json.loads(json.dumps(found.to_dict()))["runs"] == [str(trained.run)] * 2
    with pytest.raises(FolderError, match="is not a run folder"):
        compare(trained.run / "model", trained.run)


def test_a_run_goes_on_from_another(case, trained, tmp_path):
    """With next to no learning rate, the model stays what it was."""
    still = case.small(training__learning_rate=1e-12, training__epochs=1, training__dev=False)
    data = str(trained.run.parent / case.data[0])
    model = train(Plan(still, data, tmp_path / "on", start_from=trained.run, baselines=False, report=False)).model
    assert model.encoder_.to_dict() == trained.model.encoder_.to_dict()
    assert model.labels_ == trained.model.labels_
    assert model.recipe_.training == still.training
    for one, other in zip(model.predict_proba(case.inputs), trained.model.predict_proba(case.inputs), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.fixture
def cut_off(trained, tmp_path):
    """The run as a power cut after its first epoch would have left it."""
    return shutil.copytree(trained.cut_off, tmp_path / "run")


def test_a_run_that_was_cut_off_ends_with_the_same_bits(trained, cut_off):
    assert len(read_json_lines(cut_off / "history.jsonl", LIMIT)) == 1
    result = resume(cut_off)
    whole, again = (load_file(run / "model" / "weights.safetensors") for run in (trained.run, cut_off))
    assert list(again) == list(whole)
    for name, array in whole.items():
        np.testing.assert_array_equal(again[name], array, err_msg=name)
    assert [record["loss"] for record in result.model.history_] == [one["loss"] for one in trained.model.history_]
    assert result.model.tuned_values() == trained.model.tuned_values()
    assert figures(result.metrics["test"]) == figures(trained.result.metrics["test"])
    assert compare(trained.run, cut_off).to_dict()["rows"] == 6
    with pytest.raises(FolderError, match="is complete, so there is nothing to resume"):
        resume(cut_off)


def test_only_the_same_training_is_gone_on_with(case, trained, cut_off):
    with pytest.raises(ConfigError, match="differs from the recipe that this training began with"):
        resume(cut_off, ["training.learning_rate=0.5"])
    checkpoint, model = cut_off / "checkpoint", case.task.new_model(trained.model.recipe_, seed=3)
    model.verbose = False
    fewer = trained.corpus.train.select(range(1, 60))
    with pytest.raises(DataError, match="differ from the rows that this training began with"):
        model.fit(Corpus("fewer", {"train": fewer}), checkpoint=checkpoint)
    with pytest.raises(ConfigError, match="this training began with seed 3; got 4"):
        model.set_params(seed=4).fit(trained.corpus, checkpoint=checkpoint)


@pytest.fixture
def asked(case, tmp_path):
    name, content = case.asked
    (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path / name


def refuses(task, model, answers, format):
    """Whether a model cannot give its answers in a format; the message names it."""
    try:
        task.check_prediction(model, answers, format)
    except ConfigError as error:
        if format not in str(error):
            raise
        return True
    return False


def test_a_file_is_answered_in_every_format(case, trained, asked):
    """What is written says something of every row; a format that cannot say it is refused before."""
    task, answers = case.task, case.task.prediction_config()
    table = task.read_input(None, str(asked), None, ReadOptions(), trained.loaded)
    found = task.predict_new(trained.loaded, table, answers)
    refused = [format for format in task.writers if refuses(task, trained.loaded, answers, format)]
    assert tuple(refused) == case.refuses
    written = {format: writer.write(found) for format, writer in task.writers.items() if format not in refused}
    assert set(written) >= {"plain", "jsonl"}
    assert next(iter(task.writers)) in written
    rows = [json.loads(line) for line in written["jsonl"].splitlines()]
    assert len(rows) == len(table)
    for format, content in written.items():
        assert len(content) > len(table)
        if format != "parquet":
            assert content.decode("utf-8").count("\n") >= len(table) - 1
    # The command writes the same, whether it is told the format or the name of a file says it.
    for output, format in (("out.jsonl", None), ("out", "jsonl")):
        predict(trained.run, None, str(asked), None, str(asked.parent / output), format, {}, {}, {})
        assert (asked.parent / output).read_bytes() == written["jsonl"]


def test_what_cannot_be_asked_is_refused_before_anything_is_written(trained, asked):
    out = str(asked.parent / "out.jsonl")
    for output, format, columns, settings, answers, message in (
        (out, "docx", {}, {}, {}, "--format docx is not supported by this model"),
        (f"{out}.docx", None, {}, {}, {}, "unknown file extension"),
        (out, None, {"colour": "red"}, {}, {}, "colour.* is not for"),
        (out, None, {}, {"colour": "red"}, {}, "--colour is not for"),
        (out, None, {}, {}, {"topk": 1}, "has no key 'topk': did you mean 'top_k'"),
        (str(asked), "jsonl", {}, {}, {}, "is the input file"),
    ):
        with pytest.raises(ConfigError, match=message):
            predict(trained.run, None, str(asked), None, output, format, columns, settings, answers)
    assert sorted(path.name for path in asked.parent.iterdir()) == [asked.name]


def test_a_run_and_its_bundle_are_the_same_model(trained):
    one, other = bundle.read(trained.run), bundle.read(trained.run / "model")
    assert (one.recipe, one.parts, one.settled) == (other.recipe, other.parts, other.settled)
    with pytest.raises(FolderError, match="without stored rows to score; pass data with --data"):
        evaluate(trained.run / "model")
