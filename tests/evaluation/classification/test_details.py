"""What is behind scores, as text: complete for few labels, bounded for many, in one line a row."""

import pytest

from syntagma.evaluation.classification.numbers import make_details, make_report
from syntagma.tasks.details import Details, suggestion


def text_of(given):
    return Details(make_details(given)).to_text()


def test_details_are_the_numbers_of_the_report(reported):
    for kind in ("binary", "multiclass", "multilabel"):
        given = reported(kind)
        details, report = make_details(given), make_report(given)
        assert {name: report[name] for name in details} == details
        assert Details(details).to_dict() is details


def test_few_labels_have_a_matrix_and_areas(reported):
    given = reported("multiclass")
    report, lines = make_report(given), text_of(given).splitlines()
    start = lines.index("confusion matrix, gold by row and decided by column")
    assert lines[start + 1].split() == ["a", "b", "c", "d"]
    for name, row, line in zip("abcd", report["confusion"]["matrix"], lines[start + 2 :], strict=False):
        assert line.split() == [name, *map(str, row)]
    for label in report["per_label"]:
        cells = [label["label"], str(label["rows"]), f"{label['roc_auc']:.4f}", f"{label['average_precision']:.4f}"]
        assert cells in [line.split() for line in lines[:start]]
    assert "threshold" not in text_of(given)


def test_several_labels_have_their_decisions_and_thresholds(reported):
    given = reported("multilabel")
    report, text = make_report(given), text_of(given)
    lines = [line.split() for line in text.splitlines()]
    for row in report["confusion"]["labels"]:
        assert [row["label"], *(str(row[name]) for name in ("hit", "missed", "false_alarm", "rejected"))] in lines
    found = report["thresholds"]
    for name, threshold in [
        ("all", found["threshold"]),
        *((row["label"], row["threshold"]) for row in found["labels"]),
    ]:
        assert [name, f"{threshold:g}"] in [line[:2] for line in lines]
    assert suggestion(found).startswith(f"Suggested by dev: --threshold {found['threshold']:g} (macro F1 of dev 0.")


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_many_labels_take_few_lines(reported, kind):
    labels = tuple(f"label {k}\n\x1b[31m" + 200 * "x" for k in range(400))
    text = text_of(reported(kind, labels=labels, rows={"dev": 150, "test": 260}))
    lines = text.splitlines()
    assert len(lines) < 150
    assert max(map(len, lines)) < 120
    assert "and 360 more labels; --json has them" in lines
    assert all(line.isprintable() for line in lines)


def test_a_threshold_that_helps_nothing_is_not_suggested():
    assert suggestion(None) == ""
    same = {"before": 0.5, "after": 0.5}
    assert suggestion({"chosen_on": "dev", "figure": "macro_f1", "threshold": 0.5, "splits": {"dev": same}}) == ""


def test_nothing_to_tell_is_no_text(reported):
    assert text_of(reported(rows={})) == ""
