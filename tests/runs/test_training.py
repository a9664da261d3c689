"""Training runs: the files they write, and what remains after failures."""

import functools
import json
import operator
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import polars
import pytest

import syntagma
from syntagma.data.options import ReadOptions
from syntagma.data.texts.reading import read_table
from syntagma.errors import ConfigError, DataError, FolderError
from syntagma.evaluation.classification import sizes
from syntagma.recipes import catalog
from syntagma.runs.evaluating import evaluate
from syntagma.runs.scoring import Scoring
from syntagma.runs.training import Plan, resume, train
from syntagma.tasks.registry import parse_recipe
from syntagma.training.fitting import Fitter

pytestmark = pytest.mark.backend_long


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def read_history(folder):
    return [json.loads(line) for line in folder.history.read_text().splitlines()]


def test_a_run_folder_contains_all_documented_files(result):
    folder = result.folder.path
    assert {path.name for path in folder.iterdir()} == {
        "run.json",
        "split.json",
        "history.jsonl",
        "metrics.json",
        "predictions",
        "report",
        "model",
    }
    assert {path.name for path in (folder / "report").iterdir()} == {"report.html", "report.json", "report.md"}
    assert {path.name for path in (folder / "predictions").iterdir()} == {"dev.parquet", "test.parquet"}
    assert {path.name for path in folder.parent.iterdir()} == {"run"}


def test_splits_that_are_too_large_to_score_are_refused_before_training(recipe, data, tmp_path, monkeypatch):
    monkeypatch.setattr(sizes, "MOST_SCORED", 11)
    message = r"films\.csv: dev: scoring 6 rows with 2 labels needs 12 probabilities .*files with at most 5 rows"
    with pytest.raises(DataError, match=message):
        train(Plan(recipe, data=str(data), out=tmp_path / "run"))
    assert not (tmp_path / "run" / "model").exists()


def test_other_data_that_is_too_large_to_score_is_refused(result, data, monkeypatch):
    monkeypatch.setattr(sizes, "MOST_SCORED", 100)
    with pytest.raises(DataError, match=r"films\.csv: scoring 64 rows with 2 labels needs 128 probabilities"):
        evaluate(result.folder.path, str(data))


def test_run_json_describes_how_to_reproduce_the_run(result, recipe, data):
    run = read_json(result.folder.run)
    assert run["status"] == "complete"
    assert run["seed"] == 4
    assert run["command"] == "syntagma train small.yaml 'a b'"
    columns = {"text": "text", "label": "label", "label_separator": None, "label_names": []}
    assert run["recipe"] == {**recipe.model_dump(mode="json"), "columns": columns}
    assert run["corpus"]["source"] == str(data)
    assert sum(run["corpus"]["rows"].values()) == 64
    assert {"python", "keras"} < set(run["versions"])
    assert set(run["machine"]) == {"system", "processor", "cores", "backend", "lstm"}
    assert (run["ending"], run["best_epoch"]) == ("epochs", result.model.best_epoch_)
    # The resolved recipe can be trained again.
    assert parse_recipe(recipe.to_yaml(), "again") == recipe


def test_the_history_has_one_line_per_epoch(result):
    history = read_history(result.folder)
    assert [record["epoch"] for record in history] == [1, 2]
    assert history == result.model.history_


def test_metrics_contain_both_splits_and_the_seconds_per_phase(result):
    metrics = read_json(result.folder.metrics)
    assert metrics == result.metrics
    assert set(metrics) == {"dev", "test", "baselines", "temperature", "seconds"}
    assert set(metrics["baselines"]) == {"most-frequent", "tf-idf", "nb-ngrams"}
    assert set(metrics["baselines"]["tf-idf"]["test"]) == {"accuracy", "macro_f1", "log_loss"}
    assert set(metrics["test"]) == {"rows", "accuracy", "macro_f1", "log_loss", "per_class", "never_predicted"}
    assert set(metrics["test"]["per_class"]) == {"neg", "pos"}
    assert set(metrics["seconds"]) == {"read", "encode", "train", "score", "baselines", "report"}


def test_every_row_is_in_one_split_and_equal_texts_share_a_split(result, data):
    split = read_json(result.folder.split)
    assert list(split) == ["train", "dev", "test"]
    assert sorted(functools.reduce(operator.iadd, split.values(), [])) == list(range(64))
    assert all(4 <= len(split[name]) <= 8 for name in ("dev", "test"))  # a tenth
    texts = read_table(data).texts
    sides = [{texts[row] for row in rows} for rows in split.values()]
    assert sum(map(len, sides)) == len(set(texts))


def test_predictions_are_stored_with_their_rows(result, data):
    table = read_table(data)
    rows = read_json(result.folder.split)["test"]
    frame = polars.read_parquet(result.folder.predictions / "test.parquet")
    baselines = [f"{name}:{label}" for name in ("most-frequent", "tf-idf", "nb-ngrams") for label in ("neg", "pos")]
    ours = ["columns", "logit:0", "probability:neg", "probability:pos"]
    assert frame.columns == ["row", "source", "place", "text", "gold", "predicted", *ours, *baselines]
    assert frame["place"].to_list() == [f"line {table.lines[row]}" for row in rows]
    assert frame["predicted"].to_list() == result.model.predict(frame["text"].to_list()).tolist()
    assert frame["text"].to_list() == [table.texts[row] for row in rows]
    assert frame["gold"].to_list() == [table.labels[row] for row in rows]
    assert [json.loads(row) for row in frame["columns"]] == [{"number": str(row)} for row in rows]
    np.testing.assert_array_equal(
        frame.select("probability:neg", "probability:pos").to_numpy(),
        result.model.predict_proba(frame["text"].to_list()),
    )


def test_the_model_loads_from_the_run_folder_and_from_its_bundle(result, reviews):
    texts, _ = reviews(8, seed=1)
    expected = result.model.predict_proba(texts)
    np.testing.assert_array_equal(syntagma.load(result.folder.path).predict_proba(texts), expected)
    np.testing.assert_array_equal(syntagma.load(result.folder.model).predict_proba(texts), expected)


def test_the_same_seed_gives_the_same_metrics_and_weights(result, recipe, data, tmp_path):
    again = train(Plan(recipe, data=str(data), out=tmp_path / "again", seed=4, report=False))
    assert {**again.metrics, "seconds": None} == {**result.metrics, "seconds": None}
    timed = {"seconds": None, "texts_per_second": None}
    assert [r | timed for r in read_history(again.folder)] == [r | timed for r in read_history(result.folder)]
    assert (again.folder.model / "weights.safetensors").read_bytes() == (
        result.folder.model / "weights.safetensors"
    ).read_bytes()


def test_another_seed_is_scored_on_the_same_rows(result, recipe, data, tmp_path):
    other = train(Plan(recipe, data=str(data), out=tmp_path / "other", seed=5, baselines=False, report=False))
    assert read_json(other.folder.split) == read_json(result.folder.split)
    assert other.metrics["test"]["log_loss"] != result.metrics["test"]["log_loss"]


def test_splits_of_the_data_are_used_unchanged(recipe, write_csv, reviews, tmp_path):
    (tmp_path / "data").mkdir()
    for seed, (split, rows) in enumerate({"train": 40, "dev": 10, "test": 12}.items()):
        write_csv(tmp_path / "data" / f"{split}.csv", *reviews(rows, seed=seed))
    run = train(Plan(recipe, data=str(tmp_path / "data"), out=tmp_path / "run", baselines=False, report=False))
    assert not run.folder.split.exists()
    assert read_json(run.folder.run)["corpus"]["rows"] == {"train": 40, "dev": 10, "test": 12}
    stored = polars.read_parquet(run.folder.predictions / "test.parquet")
    assert stored["text"].to_list() == reviews(12, seed=2)[0]
    # Stored rows and the original data are the same rows.
    assert evaluate(run.folder.path).scores == evaluate(run.folder.path, str(tmp_path / "data")).scores


def test_without_dev_all_training_rows_are_used(recipe, write_csv, reviews, tmp_path):
    (tmp_path / "data").mkdir()
    for seed, (split, rows) in enumerate({"train": 40, "test": 10}.items()):
        write_csv(tmp_path / "data" / f"{split}.csv", *reviews(rows, seed=seed))
    recipe = catalog.change(recipe, {"training.dev": False})
    run = train(Plan(recipe, data=str(tmp_path / "data"), out=tmp_path / "run", report=False))
    assert set(run.metrics) == {"test", "baselines", "temperature", "seconds"}
    assert read_json(run.folder.run)["corpus"]["rows"] == {"train": 40, "test": 10}


def test_multilabel_data_can_be_trained_and_evaluated(recipe, write_csv, reviews, tmp_path):
    texts, labels = reviews(60, labels=("", "drama", "comedy", "drama; short"))
    path = write_csv(tmp_path / "films.csv", texts, labels)
    options = ReadOptions(label_separator=";")
    run = train(Plan(recipe, data=str(path), out=tmp_path / "run", options=options, report=False))
    gold = polars.read_parquet(run.folder.predictions / "test.parquet")["gold"].to_list()
    assert {tuple(row) for row in gold} <= {(), ("drama",), ("comedy",), ("drama", "short")}
    assert evaluate(run.folder.path).scores == run.metrics["test"]
    assert evaluate(run.folder.path, str(path), settings={"label_separator": ";"}).scores["rows"] == 60


def test_a_recipe_without_a_corpus_needs_data(recipe, tmp_path):
    with pytest.raises(ConfigError, match="recipe 'small' specifies no corpus; pass --data PATH_OR_NAME"):
        train(Plan(recipe, out=tmp_path / "run"))
    assert list(tmp_path.iterdir()) == []


def test_invalid_data_leave_no_files(recipe, write_csv, reviews, tmp_path):
    texts, _ = reviews(30)
    path = write_csv(tmp_path / "one.csv", texts, ["pos"] * 30)
    with pytest.raises(DataError, match="at least two different labels; found only 'pos'"):
        train(Plan(recipe, data=str(path), out=tmp_path / "run"))
    assert list(tmp_path.iterdir()) == [path]


def test_a_corpus_without_training_rows_is_refused(recipe, write_csv, reviews, tmp_path):
    (tmp_path / "data").mkdir()
    write_csv(tmp_path / "data" / "test.csv", *reviews(10))
    with pytest.raises(DataError, match="training needs a split `train`; the data has test"):
        train(Plan(recipe, data=str(tmp_path / "data"), out=tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_the_older_run_is_restored_if_the_new_one_fails_in_its_first_epoch(result, recipe, data, tmp_path, monkeypatch):
    shutil.copytree(result.folder.path, tmp_path / "run")

    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(Fitter, "_finish_epoch", fail)
    with pytest.raises(OSError, match="no space left"):
        train(Plan(recipe, data=str(data), out=tmp_path / "run", overwrite=True))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert evaluate(tmp_path / "run").scores == result.metrics["test"]


def test_a_run_that_fails_later_is_kept_for_resuming_together_with_the_older_one(
    result, recipe, data, tmp_path, monkeypatch
):
    shutil.copytree(result.folder.path, tmp_path / "run")

    def fail(*_, **__):
        raise OSError("no space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space left"):
        patch.setattr(Scoring, "score", fail)
        train(Plan(recipe, data=str(data), out=tmp_path / "run", seed=4, overwrite=True, report=False))
    assert {path.name for path in tmp_path.iterdir()} == {"run", ".run.replaced"}
    again = resume(tmp_path / "run")
    assert {**again.metrics, "seconds": None} == {**result.metrics, "seconds": None}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert not again.folder.checkpoint.exists()


def test_overwriting_an_interrupted_run_keeps_the_older_one_until_the_new_one_is_complete(
    result, recipe, data, tmp_path, monkeypatch
):
    """After two killed overwrites the original run still exists."""
    shutil.copytree(result.folder.path, tmp_path / ".run.replaced")
    (tmp_path / "run").mkdir()
    shutil.copy(result.folder.run, tmp_path / "run" / "run.json")

    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(Fitter, "_finish_epoch", fail)
    with pytest.raises(OSError, match="no space left"):
        train(Plan(recipe, data=str(data), out=tmp_path / "run", overwrite=True))
    assert evaluate(tmp_path / "run").scores == result.metrics["test"]


def test_overwriting_replaces_the_whole_run(result, recipe, data, tmp_path):
    shutil.copytree(result.folder.path, tmp_path / "run")
    with pytest.raises(FolderError, match="exists; pass --overwrite to replace this run"):
        train(Plan(recipe, data=str(data), out=tmp_path / "run"))
    train(Plan(recipe, data=str(data), out=tmp_path / "run", seed=9, overwrite=True, report=False))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert read_json(tmp_path / "run" / "run.json")["seed"] == 9
    assert not (tmp_path / "run" / "report").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_keeps_the_best_model_so_far(recipe, data, tmp_path):
    (tmp_path / "small.yaml").write_text(recipe.to_yaml())
    command = [sys.executable, "-m", "syntagma", "train", "small.yaml", "--data", str(data), "--out", "run"]
    endless = ["--set", "training.epochs=1000000", "--no-baselines", "--no-report"]
    with subprocess.Popen(
        command + endless, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stderr:
            if line.startswith("Epoch 3/1000000: loss"):
                process.send_signal(signal.SIGINT)
                break
        out, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "Stopped by Ctrl-C; the model of epoch" in error
    assert "Traceback" not in error
    assert "test accuracy" in out
    assert {path.name for path in tmp_path.iterdir()} == {"small.yaml", "run"}
    run = read_json(tmp_path / "run" / "run.json")
    assert (run["status"], run["ending"]) == ("interrupted", "interrupt")
    assert evaluate(tmp_path / "run").scores == read_json(tmp_path / "run" / "metrics.json")["test"]


def test_a_label_that_occurs_only_in_test_is_detected_before_training(recipe, data, tmp_path, loud, capsys):
    folder = tmp_path / "splits"
    folder.mkdir()
    shutil.copy(data, folder / "train.csv")
    (folder / "test.csv").write_text("text,label\nlumo tavi,neg\nlumo,new\n")
    with pytest.raises(DataError, match=r"test\.csv:3: the label 'new' does not occur in training"):
        train(Plan(recipe, data=str(folder), out=tmp_path / "run"))
    assert "Epoch" not in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    skipping = ReadOptions(bad_rows="skip")
    plan = Plan(recipe, data=str(folder), out=tmp_path / "run", options=skipping, baselines=False, report=False)
    assert train(plan).metrics["test"]["rows"] == 1


def test_data_warnings_are_printed_before_training(recipe, data, tmp_path, loud, capsys):
    odd = tmp_path / "odd.csv"
    odd.write_text(data.read_text() + "lumo,Neg,7\n,neg,8\n")
    train(Plan(recipe, data=str(odd), out=tmp_path / "run", baselines=False, report=False))
    shown = capsys.readouterr().err
    assert "labels that differ only in case, white space or Unicode form are different labels: 'Neg' (1) / " in shown


@pytest.mark.usefixtures("loud")
def test_the_range_test_runs_on_request_and_does_not_change_training(result, recipe, data, tmp_path, capsys):
    plan = Plan(recipe, data=str(data), out=tmp_path / "run", seed=4, baselines=False, find_rate=True)
    tried = train(plan)
    kept = read_json(tried.folder.rates)
    assert len(kept["rates"]) == len(kept["losses"]) > 10
    report = read_json(tried.folder.report / "report.json")
    assert report["rate_finder"]["suggested"] == kept["suggested"]
    assert report["rate_finder"]["used"] == recipe.training.learning_rate
    assert "Learning-rate range test" in (tried.folder.report / "report.html").read_text(encoding="utf-8")
    assert f"training continues with the recipe's {recipe.training.learning_rate:g}" in capsys.readouterr().err
    for split in ("dev", "test"):
        assert tried.metrics[split] == result.metrics[split]
    evaluate(tried.folder.path, report=tmp_path / "again")
    assert read_json(tmp_path / "again" / "report.json")["rate_finder"] == report["rate_finder"]


def test_a_resumed_run_does_not_repeat_the_range_test(recipe, data, tmp_path, monkeypatch):
    plan = Plan(recipe, data=str(data), out=tmp_path / "run", find_rate=True, baselines=False, report=False)
    monkeypatch.setattr(Fitter, "_finish", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(plan)
    monkeypatch.undo()
    monkeypatch.setattr("syntagma.tasks.estimator.run_range_test", None)
    assert resume(tmp_path / "run").folder.rates.is_file()


def interrupt(*_):
    raise KeyboardInterrupt


def test_the_group_column_of_an_older_run_is_restored(result):
    run = result.folder.read()
    run["plan"] = {**run["plan"], "groups": "author"}
    assert Plan.from_run(run, result.folder.path).options.columns["group"] == "author"
