"""Run folders: training, interruption, resuming, scoring, comparing, reports and predictions."""

import json
import shutil

import numpy as np
import pytest
from predicted import probabilities
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


def flatten(values, name=""):
    """Return all numbers of nested scores by their path, and the lengths of lists."""
    if isinstance(values, dict):
        return {path: one for key, value in values.items() for path, one in flatten(value, f"{name}/{key}").items()}
    return {name: len(values) if isinstance(values, list) else values}


def test_a_run_stores_all_results(case, trained):
    folder, result = RunFolder(trained.run), trained.result
    run, metrics = folder.read(), read_json(folder.metrics, LIMIT)
    assert (run["status"], run["recipe"]["task"]) == ("complete", case.task.name)
    assert run["corpus"]["rows"] == {"train": 48, "dev": 6, "test": 6}
    assert metrics == json.loads(json.dumps(result.metrics))
    assert {split: metrics[split] for split in ("dev", "test")} == {
        split: one.to_dict() for split, one in result.evaluations.items()
    }
    assert set(figure.key for figure in case.task.metrics) & set(metrics["test"])
    assert all(set(scores) == {"dev", "test"} for scores in metrics["baselines"].values())
    assert metrics["baselines"]
    assert {name: metrics[name] for name in trained.model.tuned_metrics()} == trained.model.tuned_metrics()
    assert [record["epoch"] for record in read_json_lines(folder.history, LIMIT)] == [1, 2, 3]
    assert not folder.checkpoint.exists()
    assert result.scores.verdict in (folder.report / "report.md").read_text(encoding="utf-8")


def test_the_plan_is_restored_from_its_run(case, trained):
    plan = Plan.from_run(RunFolder(trained.run).read(), trained.run)
    assert plan.recipe == trained.model.recipe_
    assert plan.task is case.task
    assert plan.seed == 3


def test_stored_predictions_get_the_same_scores(case, trained):
    stored = stored_predictions(case.task, trained.loaded, RunFolder(trained.run))
    for split, evaluation in trained.result.evaluations.items():
        assert flatten(case.task.score(stored[split]).to_dict()) == pytest.approx(
            flatten(evaluation.to_dict()), abs=1e-5
        )
    joined = case.task.join([stored["dev"], stored["test"]])
    assert case.task.score(joined).scores["rows"] == 12


def test_a_loaded_run_gets_the_same_scores_and_report(trained, tmp_path):
    evaluation = evaluate(trained.run, report=tmp_path / "report")
    found, expected = evaluation.to_dict(), trained.result.evaluations["test"].to_dict()
    assert flatten(found) == pytest.approx(flatten(expected), abs=1e-5)
    for name in ("report.json", "report.md", "report.html"):
        assert (tmp_path / "report" / name).is_file()
    first, again = (
        read_json(folder / "report.json", LIMIT) for folder in (trained.run / "report", tmp_path / "report")
    )
    assert list(first) == list(again)
    assert flatten(again["splits"]) == pytest.approx(flatten(first["splits"]), abs=1e-5)


def test_details_of_the_scores_of_a_run_are_available(case, trained, tmp_path):
    found = evaluate(trained.run, details=True, report=tmp_path / "report")
    scored = evaluate(trained.run)
    scores = json.loads(json.dumps(found.to_dict()))
    details = scores.pop("details")
    assert flatten(scores) == pytest.approx(flatten(scored.to_dict()), abs=1e-5)
    report = read_json(tmp_path / "report" / "report.json", LIMIT)
    assert details["reported"] == report["reported"] == "test"
    if "confusion" in report:
        assert flatten(details["confusion"]) == pytest.approx(flatten(report["confusion"]))
    assert found.to_text().startswith(scored.to_text())
    assert len(found.to_text()) > len(scored.to_text()) + 40
    assert evaluate(trained.run, split="dev", details=True).to_dict()["details"]["reported"] == "dev"


def test_a_threshold_changes_scores_and_report_or_raises_an_error(case, trained, tmp_path):
    if not case.has_threshold:
        knows = "threshold" in case.task.prediction_config.model_fields
        with pytest.raises(ConfigError, match="Leave the threshold out" if knows else "threshold"):
            evaluate(trained.run, answers={"threshold": 0.5})
        return
    with pytest.raises(ConfigError, match="threshold: must be"):
        evaluate(trained.run, answers={"threshold": 1.5})
    stored = stored_predictions(case.task, trained.loaded, RunFolder(trained.run))
    settings = {"threshold": 0.999}
    changed = case.task.change_predictions(None, stored["test"], case.task.prediction_config.parse(settings, "test"))
    expected = case.task.score(changed).to_dict()
    found = evaluate(trained.run, answers=settings, report=tmp_path, details=True).to_dict()
    assert flatten({name: found[name] for name in expected}) == pytest.approx(flatten(expected), abs=1e-5)
    report = read_json(tmp_path / "report.json", LIMIT)
    assert report["note"] == "Evaluated with --threshold 0.999."
    assert report["splits"]["test"]["accuracy"]["value"] == pytest.approx(expected["accuracy"])
    assert "Evaluated with --threshold 0.999." in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Evaluated with --threshold 0.999." in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert found["comparison"]["runs"] == ["--threshold 0.999", "the default"]
    default = case.task.score(stored["test"]).to_dict()
    compared = {name: value for name, value in found["comparison"].items() if isinstance(value, dict)}
    assert set(compared) & set(expected)
    for name in set(compared) & set(expected):
        assert compared[name]["first"] == pytest.approx(expected[name])
        assert compared[name]["difference"] == pytest.approx(expected[name] - default[name])
    data = str(trained.run.parent / case.data[0])
    assert evaluate(trained.run, data, answers=settings).scored.scores["rows"] == 60


def test_a_run_can_be_scored_on_other_data(case, trained):
    """Score all rows of a file, including the training rows of the model."""
    name, _ = case.data
    data = trained.run.parent / name
    found = evaluate(trained.run, str(data))
    assert found.scores["rows"] == 60
    assert flatten(found.to_dict()) == pytest.approx(
        flatten(trained.model.evaluate(trained.corpus.train).to_dict()), abs=1e-5
    )
    with pytest.raises(DataError, match="has no split 'test'; it has train"):
        evaluate(trained.run, str(data), split="test")


def test_a_run_does_not_differ_from_itself(trained):
    found = compare(trained.run, trained.run)
    assert found.rows == 6
    assert "No significant difference" in found.to_text()
    assert json.loads(json.dumps(found.to_dict()))["runs"] == [str(trained.run)] * 2
    with pytest.raises(FolderError, match="is not a run folder"):
        compare(trained.run / "model", trained.run)


def test_a_run_can_start_from_another(case, trained, tmp_path):
    """Check that the model does not change with a learning rate close to zero."""
    recipe = case.small(training__learning_rate=1e-12, training__epochs=1, training__dev=False)
    data = str(trained.run.parent / case.data[0])
    model = train(Plan(recipe, data, tmp_path / "on", start_from=trained.run, baselines=False, report=False)).model
    assert model.encoder_.to_dict() == trained.model.encoder_.to_dict()
    assert model.labels_ == trained.model.labels_
    assert model.recipe_.training == recipe.training
    np.testing.assert_allclose(probabilities(model, case.inputs), probabilities(trained.model, case.inputs), atol=1e-5)


@pytest.fixture
def cut_off(trained, tmp_path):
    """Run folder after the first epoch, as after a power failure."""
    return shutil.copytree(trained.cut_off, tmp_path / "run")


def test_a_resumed_run_ends_bitwise_equal(trained, cut_off):
    assert len(read_json_lines(cut_off / "history.jsonl", LIMIT)) == 1
    result = resume(cut_off)
    whole, again = (load_file(run / "model" / "weights.safetensors") for run in (trained.run, cut_off))
    assert list(again) == list(whole)
    for name, array in whole.items():
        np.testing.assert_array_equal(again[name], array, err_msg=name)
    assert [record["loss"] for record in result.model.history_] == [one["loss"] for one in trained.model.history_]
    assert result.model.tuned_values() == trained.model.tuned_values()
    assert flatten(result.metrics["test"]) == flatten(trained.result.metrics["test"])
    assert compare(trained.run, cut_off).to_dict()["rows"] == 6
    with pytest.raises(FolderError, match="is complete, so there is nothing to resume"):
        resume(cut_off)


def test_only_the_same_training_can_be_resumed(case, trained, cut_off):
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


def is_unsupported(task, model, answers, format):
    """Return whether predictions cannot be written in a format; the error must name the format."""
    try:
        task.check_prediction(model, answers, format)
    except ConfigError as error:
        if format not in str(error):
            raise
        return True
    return False


def test_predictions_can_be_written_in_every_format(case, trained, asked):
    """Check that each format contains all rows, or is rejected before writing."""
    task, answers = case.task, case.task.prediction_config()
    table = task.read_input(None, str(asked), None, ReadOptions(), trained.loaded)
    found = task.predict_new(trained.loaded, table, answers)
    unsupported = [format for format in task.writers if is_unsupported(task, trained.loaded, answers, format)]
    assert tuple(unsupported) == case.refuses
    written = {format: writer.write(found) for format, writer in task.writers.items() if format not in unsupported}
    assert set(written) >= {"plain", "jsonl"}
    assert next(iter(task.writers)) in written
    rows = [json.loads(line) for line in written["jsonl"].splitlines()]
    assert len(rows) == len(table)
    for format, content in written.items():
        assert len(content) > len(table)
        if format != "parquet":
            assert content.decode("utf-8").count("\n") >= len(table) - 1
    # The command writes the same, with the format given as an option or by the file name.
    for output, format in (("out.jsonl", None), ("out", "jsonl")):
        predict(trained.run, None, str(asked), None, str(asked.parent / output), format, {}, {}, {})
        assert (asked.parent / output).read_bytes() == written["jsonl"]


def test_invalid_requests_fail_before_anything_is_written(trained, asked):
    out = str(asked.parent / "out.jsonl")
    for output, format, columns, settings, answers, message in (
        (out, "docx", {}, {}, {}, "--format docx is not supported by this model"),
        (f"{out}.docx", None, {}, {}, {}, "unknown file extension"),
        (out, None, {"colour": "red"}, {}, {}, "colour.* does not apply"),
        (out, None, {}, {"colour": "red"}, {}, "--colour does not apply"),
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
