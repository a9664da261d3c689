"""Scores of partly correct spans, compared with manual counts and with nervaluate."""

import random

import numpy as np
import pytest

from syntagma.metrics.overlap_scores import count_overlaps, count_partial
from syntagma.metrics.span_scores import precision_recall_f1
from syntagma.text.spans import tags_to_spans

KINDS = ["LOC", "ORG", "PER"]


@pytest.mark.parametrize(
    ("predicted", "overlap", "partial"),
    [
        ([], 0, 0),
        ([(0, 2, "PER"), (4, 7, "LOC")], 2, 2),
        ([(1, 3, "PER")], 1, 0.5),  # shares a word
        ([(2, 4, "PER")], 0, 0),  # adjacent to both, without a shared word
        ([(0, 2, "LOC")], 0, 1),
        ([(0, 1, "PER"), (1, 2, "PER")], 1, 0.5),  # a gold span is paired only once
        ([(0, 9, "LOC")], 1, 0.5),  # overlaps two kinds, and is paired with its own
        ([(4, 5, "PER"), (5, 7, "LOC")], 0, 0.5),  # the wrong kind comes first and is paired with the gold span
    ],
)
def test_partly_correct_spans_match_a_manual_count(predicted, overlap, partial):
    gold = [(0, 2, "PER"), (4, 7, "LOC")]
    assert count_overlaps([gold], [predicted]).tolist() == [[overlap, len(predicted), 2]]
    assert count_partial([gold], [predicted]).tolist() == [[partial, len(predicted), 2]]


def test_the_nearest_of_several_spans_of_the_same_kind_is_paired():
    gold = [(0, 1, "PER"), (2, 6, "PER")]
    # (0, 6) is paired with the nearer (2, 6), so (0, 1) remains unpaired.
    assert count_overlaps([gold], [[(0, 6, "PER")]])[0, 0] == 1
    assert count_overlaps([gold], [[(0, 3, "PER"), (3, 6, "PER")]])[0, 0] == 2


def random_tags(draw, length):
    tags = ["O", *(f"{prefix}-{kind}" for kind in KINDS for prefix in ("B", "I", "I"))]
    text = []
    for _ in range(length):
        text.append(draw.choice([tag for tag in tags if tag[0] != "I" or (text and text[-1][1:] == tag[1:])]))
    return text


@pytest.mark.parametrize("seed", range(5))
def test_overlap_scores_equal_those_of_nervaluate_exactly(seed):
    nervaluate = pytest.importorskip("nervaluate")
    draw = random.Random(seed)
    gold = [random_tags(draw, draw.randint(1, 25)) for _ in range(200)]
    predicted = [random_tags(draw, len(text)) for text in gold]
    predicted = [
        [new if draw.random() < 0.4 else tag for tag, new in zip(*pair, strict=True)]
        for pair in zip(gold, predicted, strict=True)
    ]
    theirs = nervaluate.Evaluator(gold, predicted, tags=KINDS, loader="list").evaluate()["overall"]
    sides = [[tags_to_spans(text) for text in side] for side in (gold, predicted)]
    for name, count in (("ent_type", count_overlaps), ("partial", count_partial)):
        credit, predicted_spans, gold_spans = count(*sides).sum(axis=0)
        ours = precision_recall_f1(credit, predicted_spans, gold_spans)
        assert ours["precision"] == theirs[name].precision
        assert ours["recall"] == theirs[name].recall
        assert ours["f1"] == pytest.approx(theirs[name].f1, rel=1e-15)
        assert 0 < ours["f1"] < 1


def test_partial_credit_is_never_below_the_exact_count():
    draw = random.Random(7)
    gold = [tags_to_spans(random_tags(draw, 20)) for _ in range(50)]
    predicted = [tags_to_spans(random_tags(draw, 20)) for _ in range(50)]
    right = np.array([len({*one} & {*other}) for one, other in zip(gold, predicted, strict=True)])
    assert (count_partial(gold, predicted)[:, 0] >= right).all()
