"""The numbers of a report agree with scikit-learn on the same predictions."""

import json
from dataclasses import replace

import numpy as np
import pytest
import sklearn.metrics as oracle

from syntagma.errors import DataError
from syntagma.evaluation.classification.numbers import make_report, write_report
from syntagma.evaluation.facts import RangeTest
from syntagma.metrics.calibration import expected_calibration_error

KINDS = ["binary", "multiclass", "multilabel"]


def with_texts(split, texts):
    return replace(split, table=replace(split.table, texts=texts), shown=texts)


def with_columns(split, columns):
    return replace(split, table=replace(split.table, columns=columns))


def predict(inputs, probabilities):
    if inputs.kind == "multilabel":
        return (probabilities >= inputs.threshold).astype(int)
    return (probabilities[:, 1] >= inputs.threshold).astype(int) if inputs.kind == "binary" else probabilities.argmax(1)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_of_every_split_and_model_equal_scikit_learn(report_input, kind):
    inputs = report_input(kind, threshold=0.4)
    report = make_report(inputs)
    assert (report["task"], report["kind"], report["row_names"]) == ("classification", kind, ["text", "texts"])
    for name, split in inputs.splits.items():
        assert split.kind == kind
        models = [(report["splits"][name], split.probabilities)]
        models += [(b["splits"][name], split.baselines[b["name"]]) for b in report["baselines"]]
        for scores, p in models:
            assert scores["rows"] == len(split)
            assert scores["accuracy"]["value"] == pytest.approx(oracle.accuracy_score(split.gold, predict(inputs, p)))
            for average in ("macro", "micro") if kind == "multilabel" else ("macro",):
                found = scores[f"{average}_f1"]
                assert found["value"] == pytest.approx(oracle.f1_score(split.gold, predict(inputs, p), average=average))
                assert found["low"] < found["value"] < found["high"]
    assert report["reported"] == "test"


@pytest.mark.parametrize("kind", KINDS)
def test_scores_per_label_equal_scikit_learn(finished_report, kind):
    inputs, report = finished_report(kind)
    split, found = inputs.splits["test"], report["per_label"]
    y = predict(inputs, split.probabilities)
    expected = oracle.precision_recall_fscore_support(split.gold, y, labels=range(len(inputs.labels)))
    for name, values in zip(("precision", "recall", "f1", "rows"), expected, strict=True):
        assert [label[name] for label in found] == pytest.approx(list(values))
    for k, label in enumerate(found):
        positive = split.gold[:, k] if kind == "multilabel" else split.gold == k
        assert label["roc_auc"] == pytest.approx(oracle.roc_auc_score(positive, split.probabilities[:, k]))
        assert label["average_precision"] == pytest.approx(
            oracle.average_precision_score(positive, split.probabilities[:, k])
        )


def test_the_confusion_matrix_equals_scikit_learn(finished_report):
    inputs, report = finished_report("multiclass")
    split, found = inputs.splits["test"], report["confusion"]
    matrix = oracle.confusion_matrix(split.gold, predict(inputs, split.probabilities))
    assert found["matrix"] == matrix.tolist()
    np.fill_diagonal(matrix, 0)
    worst = found["pairs"][0]
    assert worst["count"] == matrix.max()
    gold, predicted = (inputs.labels.index(worst[key]) for key in ("gold", "decided"))
    assert matrix[gold, predicted] == matrix.max()
    assert worst["share"] == pytest.approx(matrix.max() / (split.gold == gold).sum())
    assert sum(pair["count"] for pair in found["pairs"]) == matrix.sum()


def test_multilabel_counts_equal_scikit_learn(finished_report):
    inputs, report = finished_report("multilabel")
    split, found = inputs.splits["test"], report["confusion"]["labels"]
    matrices = oracle.multilabel_confusion_matrix(split.gold, predict(inputs, split.probabilities))
    ours = [[[label["rejected"], label["false_alarm"]], [label["missed"], label["hit"]]] for label in found]
    assert ours == matrices.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_thinning_a_curve_hardly_changes_its_area(report_input, kind):
    inputs = report_input(kind, rows={"test": 3000})
    report = make_report(inputs)
    areas = {label["label"]: label["roc_auc"] for label in report["per_label"]}
    areas["This model"] = areas.get("pos")
    assert next(c["name"] for c in report["curves"]) == ("This model" if kind == "binary" else inputs.labels[0])
    for curve in report["curves"]:
        assert 10 < len(curve["roc"]) <= 200
        if curve["kind"] != "baseline":
            assert oracle.auc(*zip(*curve["roc"], strict=True)) == pytest.approx(areas[curve["name"]], abs=0.002)


@pytest.mark.parametrize("kind", KINDS)
def test_the_temperature_of_dev_lowers_the_calibration_error_of_test(report_input, kind):
    inputs = report_input(kind, rows={"dev": 600, "test": 1500})
    found = make_report(inputs)["calibration"]
    assert found["temperature"] > 1.3
    for name, split in inputs.splits.items():
        before, after = found["splits"][name]["before"], found["splits"][name]["after"]
        assert after["expected_calibration_error"] < 0.7 * before["expected_calibration_error"]
        assert after["expected_calibration_error"] == expected_calibration_error(split.gold, split.probabilities)
        decisions = split.gold.size
        assert sum(part["count"] for part in after["reliability"]) == decisions


def test_the_verdict_names_the_better_and_the_worse_model(finished_report):
    inputs, report = finished_report("multiclass")
    found = report["verdict"]
    assert (found["outcome"], found["chosen_on"], found["tested_on"]) == ("better", "dev", "test")
    assert found["sentence"].startswith(
        "The neural model is significantly better than TF-IDF + logistic regression (the best"
    )
    exchanged = {
        name: replace(split, probabilities=split.baselines["tf-idf"], baselines={"tf-idf": split.probabilities})
        for name, split in inputs.splits.items()
    }
    found = make_report(replace(inputs, splits=exchanged))["verdict"]
    assert (found["outcome"], found["by_macro_f1"]) == ("worse", "worse")
    assert "significantly worse than TF-IDF + logistic regression: " in found["sentence"]


def test_equal_models_do_not_differ_and_the_baseline_is_chosen_on_test_without_dev(report_input):
    inputs = report_input(rows={"test": 80})
    split = inputs.splits["test"]
    same = replace(split, baselines={"nb-ngrams": split.probabilities, "tf-idf": 1 - split.probabilities})
    found = make_report(replace(inputs, splits={"test": same}))["verdict"]
    assert (found["outcome"], found["against"], found["chosen_on"]) == ("no difference", "nb-ngrams", "test")
    assert "does not differ significantly from" in found["sentence"]
    assert "a difference of 0.0 percentage points" in found["sentence"]


def test_the_best_baseline_is_chosen_on_dev_rather_than_test(report_input):
    inputs = report_input()
    right, wrong = (
        {name: np.eye(2, dtype=np.float32)[abs(split.gold - miss)] for name, split in inputs.splits.items()}
        for miss in (0, 1)
    )
    chosen = {
        name: replace(split, baselines={"tf-idf": (right if name == "dev" else wrong)[name], "nb-ngrams": wrong[name]})
        for name, split in inputs.splits.items()
    }
    assert make_report(replace(inputs, splits=chosen))["verdict"]["against"] == "tf-idf"


def test_slices_are_scored_on_their_rows(finished_report):
    inputs, report = finished_report()
    split, found = inputs.splits["test"], report["slices"]
    right = predict(inputs, split.probabilities) == split.gold
    lengths, stars = found["by"]
    assert [lengths["name"], stars["name"]] == ["Length in words", "stars"]
    assert sum(part["rows"] for part in lengths["parts"]) == len(split)
    for part in lengths["parts"]:
        low, high = map(int, part["name"].split(" to "))
        inside = [low <= len(text.split()) <= high for text in split.shown]
        assert (part["rows"], part["value"]) == (sum(inside), pytest.approx(right[inside].mean()))
    assert [part["name"] for part in stars["parts"]] == ["0", "1", "2"]
    assert [part["value"] for part in stars["parts"]] == pytest.approx([right[k::3].mean() for k in range(3)])
    assert found["left_out"] == [{"column": "number", "reason": "260 distinct values; the limit is 20"}]


def test_a_slice_that_is_clearly_worse_is_marked(report_input):
    inputs = report_input(rows={"test": 260})
    split = inputs.splits["test"]
    wrong = predict(inputs, split.probabilities) != split.gold
    columns = {"hard": [["easy", None][int(row)] for row in wrong]}
    parts = make_report(replace(inputs, splits={"test": with_columns(split, columns)}))["slices"]["by"][1]["parts"]
    assert [(part["name"], part["verdict"]) for part in parts] == [("easy", "above"), ("(missing)", "below")]


def test_chinese_is_measured_in_characters(report_input):
    inputs = report_input(rows={"test": 4})
    texts = ["好", "很好 看", "非常好看", "很好看"]
    found = make_report(replace(inputs, splits={"test": with_texts(inputs.splits["test"], texts)}))["slices"]["by"][0]
    assert found["name"] == "Length in characters"
    assert [(part["name"], part["rows"]) for part in found["parts"]] == [("1", 1), ("3", 2), ("4", 1)]


@pytest.mark.parametrize("kind", KINDS)
def test_mistakes_are_sorted_by_decreasing_confidence(finished_report, kind):
    inputs, report = finished_report(kind)
    split, found = inputs.splits["test"], report["mistakes"]
    y = predict(inputs, split.probabilities)
    wrong = (y != split.gold) if kind != "multilabel" else (y != split.gold).any(axis=1)
    assert len(found) == min(20, wrong.sum())
    assert all(wrong[mistake["row"]] for mistake in found)
    confidences = [mistake["probability"] for mistake in found]
    assert confidences == sorted(confidences, reverse=True)
    sure = (
        np.where(y != split.gold, np.maximum(split.probabilities, 1 - split.probabilities), 0).max()
        if (kind == "multilabel")
        else split.probabilities.max(axis=1)[wrong].max()
    )
    assert confidences[0] == pytest.approx(sure)
    assert found[0]["gold"] != found[0]["decided"]


def test_the_text_of_a_mistake_is_shortened(report_input):
    inputs = report_input(rows={"test": 60})
    split = with_texts(inputs.splits["test"], ["word " * 1000] * 60)
    first = make_report(replace(inputs, splits={"test": split}))["mistakes"][0]
    assert len(first["text"]) <= 400
    assert first["text"].endswith("…")
    assert first["length"] == "5,000 characters"


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        # Without rows, the kind of the task hardly matters.
        pytest.param(kind, rows, marks=[pytest.mark.long] * (kind != "binary" and not any(rows.values())))
        for kind in KINDS
        for rows in (
            {},
            {"dev": 0, "test": 0},
            {"dev": 40, "test": 0},
            {"test": 1},
            {"test": 3},
            {"dev": 1, "test": 60},
        )
    ],
    ids=str,
)
def test_few_or_no_rows_still_give_a_report(report_input, tmp_path, kind, rows):
    report = write_report(tmp_path / "report", report_input(kind, rows=rows))
    filled = [name for name, count in rows.items() if count]
    assert report["reported"] == (filled[-1] if filled else None)
    assert (report["verdict"]["outcome"] == "no baseline") is not bool(filled)
    assert json.loads((tmp_path / "report" / "report.json").read_text("utf-8")) == report
    for name in ("report.html", "report.md"):
        assert "nan" not in (tmp_path / "report" / name).read_text("utf-8").split()


@pytest.mark.usefixtures("blank_pictures")
@pytest.mark.parametrize("kind", KINDS)
def test_a_perfect_accuracy_has_an_interval_below_one(report_input, tmp_path, kind):
    report = write_report(tmp_path, report_input(kind, rows={"test": 50}, strength=30))
    accuracy = report["splits"]["test"]["accuracy"]
    assert (accuracy["value"], accuracy["high"], accuracy["method"]) == (1, 1, "Wilson")
    assert 0.9 < accuracy["low"] < 0.95
    assert report["mistakes"] == []
    assert "There are none" in (tmp_path / "report.html").read_text("utf-8")


def test_a_single_class_in_test_has_no_curves(report_input, tmp_path):
    inputs = report_input()
    split = replace(inputs.splits["test"], gold=np.ones(260, np.int64))
    report = write_report(tmp_path, replace(inputs, splits={"test": split}))
    assert report["curves"] == []
    assert report["per_label"][0]["roc_auc"] is None
    assert report["macro_areas"] == {"roc_auc": None, "average_precision": None}


def test_a_run_without_baselines_or_finite_losses_has_a_report(report_input, tmp_path):
    inputs = report_input(
        history=[{"epoch": 1, "loss": float("nan")}, {"epoch": 2, "loss": 0.5}],
        rate_finder=RangeTest([(1e-4, 0.7)], None, 1e-3),
    )
    splits = {name: replace(split, baselines={}) for name, split in inputs.splits.items()}
    report = write_report(tmp_path, replace(inputs, splits=splits))
    assert report["verdict"]["outcome"] == "no baseline"
    assert report["history"][0]["loss"] is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probabilities": np.zeros((3, 3))}, r"probabilities of shape \(rows, K\) = \(260, 2\); got \(3, 3\)"),
        ({"logits": np.zeros((3, 1))}, r"uncalibrated probabilities of shape \(rows, K\) = \(260, 2\); got \(3, 2\)"),
        ({"logits": np.full((260, 1), np.nan)}, "finite uncalibrated probabilities; 260 rows have NaN or infinity"),
        ({"baselines": {"tf-idf": np.zeros((260, 1))}}, "probabilities of tf-idf of shape"),
        ({"gold": np.zeros((260, 2))}, r"gold of shape \(rows,\) = \(260,\); got \(260, 2\)"),
    ],
)
def test_predictions_of_wrong_shape_are_refused(report_input, changes, message):
    inputs = report_input()
    with pytest.raises(DataError, match=message):
        replace(inputs, splits={"test": replace(inputs.splits["test"], **changes)})


def test_a_column_of_wrong_length_is_refused(report_input):
    with pytest.raises(DataError, match="260 texts need the same number of stars; got 1"):
        with_columns(report_input().splits["test"], {"stars": [1]})
