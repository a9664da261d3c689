"""Evaluation on the held-out rows of a run, or on other data."""

import json
import shutil

import pytest

from syntagma.errors import DataError, FolderError
from syntagma.runs.evaluating import evaluate


@pytest.mark.parametrize(("split", "name"), [(None, "test"), ("test", "test"), ("dev", "dev")])
def test_stored_rows_reproduce_the_metrics_of_the_run(result, split, name):
    stored = json.loads(result.folder.metrics.read_text())[name]
    assert evaluate(result.folder.path, split=split).scores == stored


def test_all_rows_of_a_single_file_are_scored(result, data):
    scores = evaluate(result.folder.path, str(data)).scores
    assert scores["rows"] == 64
    right = sum(value["recall"] * value["rows"] for value in scores["per_class"].values())
    assert scores["accuracy"] == pytest.approx(right / 64)


def test_the_test_split_of_a_folder_is_scored_by_default(result, write_csv, reviews, tmp_path):
    write_csv(tmp_path / "train.csv", *reviews(12))
    write_csv(tmp_path / "test.csv", *reviews(8, seed=1))
    assert evaluate(result.folder.path, str(tmp_path)).scores["rows"] == 8
    assert evaluate(result.folder.path, str(tmp_path), split="train").scores["rows"] == 12
    with pytest.raises(DataError, match=r"has no split 'dev'; it has train, test\. Choose one with --split"):
        evaluate(result.folder.path, str(tmp_path), split="dev")


def test_a_bundle_has_no_stored_rows(result):
    with pytest.raises(FolderError, match="is a saved model without stored rows to score; pass data with --data"):
        evaluate(result.folder.model)


def test_a_missing_split_is_reported(result):
    with pytest.raises(FolderError, match=r"unsup\.parquet: is missing: this run has no such split"):
        evaluate(result.folder.path, split="unsup")


def test_damaged_predictions_are_reported(result, tmp_path):
    shutil.copytree(result.folder.path, tmp_path / "run")
    (tmp_path / "run" / "predictions" / "test.parquet").write_bytes(b"PAR1 no table PAR1")
    with pytest.raises(FolderError, match=r"test\.parquet: is damaged .*Pass --data instead"):
        evaluate(tmp_path / "run")


def test_unknown_labels_are_reported(result, write_csv, reviews, tmp_path):
    path = write_csv(tmp_path / "other.csv", *reviews(6, labels=("pos", "so-so")))
    with pytest.raises(
        DataError, match=r"other\.csv:3: the label 'so-so' does not occur in training\. .*Known labels: neg, pos\."
    ):
        evaluate(result.folder.path, str(path))
