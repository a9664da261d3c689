"""Scores of tags by hand."""

import pytest

from syntagma.evaluation.tagging.scores import tagging_scores

GOLD = [["O", "B-x", "I-x"], ["B-y", "O"], []]
FOUND = [["O", "B-x", "O"], ["B-y", "O"], []]
KNOWN = [[True, True, False], [False, True], []]


def test_words_sentences_and_spans():
    scores = tagging_scores(GOLD, FOUND, KNOWN, ["x", "y"])
    assert (scores["rows"], scores["words"], scores["unknown_words"]) == (3, 5, 2)
    assert (scores["accuracy"], scores["unknown_accuracy"]) == (0.8, 0.5)
    assert scores["sentence_accuracy"] == pytest.approx(2 / 3)
    assert (scores["span_f1"], scores["per_kind"]["y"]["f1"]) == (0.5, 1.0)


def test_a_kind_that_only_one_side_has_counts():
    assert set(tagging_scores([["B-z"]], [["B-x"]], [[True]], ["x"])["per_kind"]) == {"x", "z"}


def test_plain_tags_are_scored_one_by_one():
    scores = tagging_scores([["A", "B", "B"]], [["A", "B", "A"]], [[True] * 3], [])
    assert scores["per_tag"] == {
        "A": {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "words": 1},
        "B": {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "words": 2},
    }
    assert "span_f1" not in scores
    assert scores["unknown_accuracy"] is None


def test_nothing_to_score():
    assert tagging_scores([], [], [], [])["accuracy"] == 0
