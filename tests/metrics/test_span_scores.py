"""Span scores, compared with manual counts and with nervaluate."""

import random

import pytest

from syntagma.metrics.span_scores import count_spans, score_spans
from syntagma.text.spans import tags_to_spans

KINDS = ["LOC", "PER"]


def scores(gold, predicted):
    return score_spans(count_spans(gold, predicted, KINDS), KINDS)


def test_a_span_is_correct_only_with_both_borders_and_its_kind():
    gold = [[(0, 2, "PER"), (3, 4, "LOC")], [(1, 2, "LOC")], []]
    predicted = [[(0, 2, "PER"), (3, 5, "LOC")], [(1, 2, "PER")], [(0, 1, "PER")]]
    result = scores(gold, predicted)
    assert (result["span_precision"], result["span_recall"]) == (1 / 4, 1 / 3)
    assert result["span_f1"] == pytest.approx(2 / 7)
    assert result["per_kind"]["PER"] == {"precision": 1 / 3, "recall": 1.0, "f1": 0.5, "spans": 1}
    assert result["per_kind"]["LOC"]["f1"] == 0
    assert (result["macro_span_f1"], result["spans"]) == (0.25, 3)


def test_without_spans_all_scores_are_zero_and_absent_kinds_do_not_count():
    assert scores([[]], [[]])["span_f1"] == 0
    assert scores([[(0, 1, "PER")]], [[(0, 1, "PER")]])["macro_span_f1"] == 1


def test_span_scores_equal_those_of_nervaluate_on_random_tags():
    nervaluate = pytest.importorskip("nervaluate")
    draw = random.Random(3)
    tags = ["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC"]

    def legal(length):
        text = []
        for _ in range(length):
            allowed = [tag for tag in tags if tag[0] != "I" or (text and text[-1][1:] == tag[1:])]
            text.append(draw.choice(allowed))
        return text

    gold = [legal(draw.randint(1, 12)) for _ in range(300)]
    predicted = [[tag if draw.random() < 0.8 else "O" for tag in text] for text in gold]
    predicted = [text if draw.random() < 0.7 else legal(len(text)) for text in predicted]
    ours = scores([tags_to_spans(text) for text in gold], [tags_to_spans(text) for text in predicted])
    theirs = nervaluate.Evaluator(gold, predicted, tags=KINDS, loader="list").evaluate()
    strict = theirs["overall"]["strict"]
    assert ours["span_precision"] == pytest.approx(strict.precision)
    assert ours["span_recall"] == pytest.approx(strict.recall)
    assert ours["span_f1"] == pytest.approx(strict.f1)
    for kind in KINDS:
        assert ours["per_kind"][kind]["f1"] == pytest.approx(theirs["entities"][kind]["strict"].f1)
