"""Details of scores as text: complete for few labels, bounded for many, with one line per row."""

import pytest

from syntagma.evaluation.classification.numbers import make_details
from syntagma.tasks.details import Details, suggestion


def text_of(inputs):
    return Details(make_details(inputs)).to_text()


def test_details_are_the_numbers_of_the_report(finished_report):
    for kind in ("binary", "multiclass", "multilabel"):
        inputs, report = finished_report(kind)
        details = make_details(inputs)
        assert {name: report[name] for name in details} == details
        assert Details(details).to_dict() is details


def test_few_labels_have_a_confusion_matrix_and_areas(finished_report):
    inputs, report = finished_report("multiclass")
    lines = text_of(inputs).splitlines()
    start = lines.index("confusion matrix, rows are gold and columns are predicted")
    assert lines[start + 1].split() == ["a", "b", "c", "d"]
    for name, row, line in zip("abcd", report["confusion"]["matrix"], lines[start + 2 :], strict=False):
        assert line.split() == [name, *map(str, row)]
    for label in report["per_label"]:
        cells = [label["label"], str(label["rows"]), f"{label['roc_auc']:.4f}", f"{label['average_precision']:.4f}"]
        assert cells in [line.split() for line in lines[:start]]
    assert "threshold" not in text_of(inputs)


def test_multilabel_details_have_counts_and_thresholds(finished_report):
    inputs, report = finished_report("multilabel")
    text = text_of(inputs)
    lines = [line.split() for line in text.splitlines()]
    for row in report["confusion"]["labels"]:
        assert [row["label"], *(str(row[name]) for name in ("hit", "missed", "false_alarm", "rejected"))] in lines
    thresholds = report["thresholds"]
    for name, threshold in [
        ("all", thresholds["threshold"]),
        *((row["label"], row["threshold"]) for row in thresholds["labels"]),
    ]:
        assert [name, f"{threshold:g}"] in [line[:2] for line in lines]
    assert suggestion(thresholds).startswith(
        f"Suggested by dev: --threshold {thresholds['threshold']:g} (macro F1 of dev 0."
    )


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_many_labels_take_few_lines(report_input, kind):
    labels = tuple(f"label {k}\n\x1b[31m" + 200 * "x" for k in range(400))
    text = text_of(report_input(kind, labels=labels, rows={"dev": 150, "test": 260}))
    lines = text.splitlines()
    assert len(lines) < 150
    assert max(map(len, lines)) < 120
    assert any(line.startswith("and 360 more labels") for line in lines)
    assert all(line.isprintable() for line in lines)


def test_a_threshold_without_benefit_is_not_suggested():
    assert suggestion(None) == ""
    same = {"before": 0.5, "after": 0.5}
    assert suggestion({"chosen_on": "dev", "figure": "macro_f1", "threshold": 0.5, "splits": {"dev": same}}) == ""


def test_details_without_rows_are_empty(report_input):
    assert text_of(report_input(rows={})) == ""
