"""Annotations and evaluations of a classifier, and how they are displayed."""

import json

import pytest

from syntagma import Annotation, Evaluation


def test_an_annotation_agrees_with_predict_and_predict_proba(binary, reviews):
    texts, _ = reviews(20, seed=1)
    probabilities = binary.predict_proba(texts)
    annotations = binary.annotate(texts)
    assert [a.text for a in annotations] == texts
    assert [a.label for a in annotations] == binary.predict(texts).tolist()
    for annotation, row in zip(annotations, probabilities, strict=True):
        assert annotation.scores == {"neg": row[0], "pos": row[1]}
        assert annotation.probability == row.max()
        assert list(annotation.scores.values()) == sorted(row, reverse=True)


def test_labels_keep_their_type_in_scores(multiclass):
    annotation = multiclass.annotate(["lumo tavi resh"])[0]
    assert annotation.label == 3
    assert {type(label) for label in annotation.scores} == {int}


def test_a_threshold_decides_the_label_of_an_annotation(binary):
    for annotation in binary.annotate(["lumo tavi", "grib noke"], threshold=0.0):
        assert annotation.label == "pos"
        assert annotation.probability == annotation.scores["pos"]


def test_the_probability_of_several_labels_is_the_lowest_of_them(multilabel, reviews):
    texts, _ = reviews(8, labels=((), ("drama",), ("comedy",), ("drama", "comedy", "short <10 min")), seed=1)
    for annotation in multilabel.annotate(texts):
        scores = annotation.scores
        certainty = min((scores[name] for name in annotation.label), default=1 - max(scores.values()))
        assert annotation.probability == pytest.approx(certainty)


def test_truncated_texts_are_flagged(binary):
    """The recipe has a maximum of 16 tokens."""
    exact, longer = binary.annotate(["film " * 16, "film " * 17])
    assert (exact.truncated, longer.truncated) == (False, True)


def test_annotating_an_empty_list_gives_an_empty_list(binary):
    assert binary.annotate([]) == []


def test_to_dict_can_be_written_as_json(binary, multilabel):
    for model in (binary, multilabel):
        record = model.annotate(["grib film"])[0].to_dict()
        assert set(record) == {"text", "label", "probability", "scores", "truncated"}
        assert json.loads(json.dumps(record))["text"] == "grib film"


def test_html_in_texts_and_labels_is_escaped():
    annotation = Annotation("<script>alert(1)</script>", "<b>", 0.9, {"<b>": 0.9, "&": 0.1})
    shown = annotation._repr_html_()
    assert "<script" not in shown
    assert "<b>" not in shown
    assert "&lt;script&gt;" in shown
    assert "<td>&amp;</td>" in shown


def test_html_in_class_names_of_a_score_table_is_escaped():
    row = {"precision": 1.0, "recall": 0.5, "f1": 2 / 3, "rows": 1200}
    scores = {"rows": 1200, "accuracy": 0.5, "macro_f1": 0.4, "log_loss": 0.7, "per_class": {"<img src=x>": row}}
    evaluation = Evaluation(scores)
    assert "<img" not in evaluation._repr_html_()
    assert "&lt;img src=x&gt;" in evaluation._repr_html_()
    assert str(evaluation) == evaluation.to_text()
    assert "1,200 texts   accuracy 0.5000   macro F1 0.4000   log loss 0.7000" in str(evaluation)
    assert evaluation.to_dict() == scores
