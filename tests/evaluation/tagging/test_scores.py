"""Scores of a tagger match hand-computed examples."""

import pytest

from syntagma.evaluation.tagging.predictions import LowerTags, TaggedSplit, Utterances
from syntagma.evaluation.tagging.scores import all_tagging_scores, auxiliary_scores, span_f1, tagging_scores

GOLD = [["O", "B-x", "I-x"], ["B-y", "O"], []]
PREDICTED = [["O", "B-x", "O"], ["B-y", "O"], []]
KNOWN = [[True, True, False], [False, True], []]


def test_words_sentences_and_spans_are_scored():
    scores = tagging_scores(GOLD, PREDICTED, KNOWN, ["x", "y"])
    assert (scores["rows"], scores["words"], scores["unknown_words"]) == (3, 5, 2)
    assert (scores["accuracy"], scores["unknown_accuracy"]) == (0.8, 0.5)
    assert scores["sentence_accuracy"] == pytest.approx(2 / 3)
    assert (scores["span_f1"], scores["per_kind"]["y"]["f1"]) == (0.5, 1.0)


def test_span_labels_of_either_gold_or_predictions_are_scored():
    assert set(tagging_scores([["B-z"]], [["B-x"]], [[True]], ["x"])["per_kind"]) == {"x", "z"}


def test_plain_tags_are_scored_per_tag():
    scores = tagging_scores([["A", "B", "B"]], [["A", "B", "A"]], [[True] * 3], [])
    assert scores["per_tag"] == {
        "A": {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "words": 1},
        "B": {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "words": 2},
    }
    assert "span_f1" not in scores
    assert scores["unknown_accuracy"] is None


def test_no_sentences_have_accuracy_0():
    assert tagging_scores([], [], [], [])["accuracy"] == 0


def test_all_scores_combine_tags_text_labels_and_lower_tags():
    split = TaggedSplit(
        words=[["in", "New", "York"], ["Oslo", "is"], []],
        gold=GOLD,
        predicted=PREDICTED,
        known=KNOWN,
        probabilities=[[0.9] * len(row) for row in GOLD],
        spans=[[], [], []],
        log_losses=[1.5, None, 0.0],
        utterances=Utterances(["ask", "say", "say"], ["ask", "say", "ask"], [0.9] * 3),
        lower=LowerTags([["A", "B", "B"], ["B", "C"], []], [["A", "B", "C"], ["B", "C"], []]),
        kinds=("x", "y"),
    )
    scores = all_tagging_scores(split)
    assert scores == tagging_scores(GOLD, PREDICTED, KNOWN, ["x", "y"]) | {"log_loss": 0.5} | auxiliary_scores(split)
    assert scores["utterance_accuracy"] == pytest.approx(2 / 3)
    assert scores["utterance_macro_f1"] == pytest.approx(2 / 3)
    assert scores["frame_accuracy"] == pytest.approx(1 / 3)  # only the second text has all tags and the label correct
    assert scores["lower_accuracy"] == 0.8
    assert "per_tag" in all_tagging_scores(TaggedSplit([["a"]], [["X"]], [["Y"]], [[True]], [[0.9]], [[]], [0.1]))


def test_span_f1_is_that_of_all_scores():
    gold = [["B-a", "I-a", "O", "B-b"], ["O", "B-b"], ["O"]]
    predicted = [["B-a", "I-a", "O", "B-a"], ["B-b", "B-b"], ["O"]]
    assert span_f1(gold, predicted) == pytest.approx(2 * 2 / (4 + 3))
    assert (
        span_f1(gold, predicted)
        == tagging_scores(gold, predicted, [[True] * len(row) for row in gold], "ab")["span_f1"]
    )
    assert span_f1([["O"]], [["O"]]) == 0.0
