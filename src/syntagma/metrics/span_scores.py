"""Precision, recall and F1 of spans. A predicted span is correct if a gold span has the same boundaries and kind."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from syntagma.shapes import LongArray

# A span as (start, end, kind), with word offsets.
AnySpan = tuple[int, int, str]


class SpanCounts(NamedTuple):
    """Number of spans per text and kind, in int64 arrays of shape (rows, K).

    Attributes:
        hits: Number of correctly predicted spans.
        predicted: Number of predicted spans.
        gold: Number of gold spans.
    """

    hits: LongArray
    predicted: LongArray
    gold: LongArray


def count_spans(
    gold: Sequence[Iterable[AnySpan]], predicted: Sequence[Iterable[AnySpan]], kinds: Sequence[str]
) -> SpanCounts:
    """Count the correct, predicted and gold spans of each text by kind. Duplicate spans count once.

    Args:
        gold: Gold spans (start, end, kind) of each text.
        predicted: Predicted spans (start, end, kind) of each text.
        kinds: Names of the K kinds, which must include all kinds in `gold` and `predicted`.
    """
    column: dict[Hashable, int] = {kind: number for number, kind in enumerate(kinds)}
    counts = SpanCounts(*(np.zeros((len(gold), len(kinds)), np.int64) for _ in range(3)))
    for row, (gold_spans, predicted_spans) in enumerate(zip(gold, predicted, strict=True)):
        expected, actual = set(gold_spans), set(predicted_spans)
        for spans, table in ((expected & actual, counts.hits), (actual, counts.predicted), (expected, counts.gold)):
            for _, _, kind in spans:
                table[row, column[kind]] += 1
    return counts


def score_spans(counts: SpanCounts, kinds: Sequence[str]) -> dict[str, Any]:
    """Compute precision, recall and F1 of spans.

    A score whose denominator is 0 is 0.

    Args:
        counts: Number of spans per text and kind.
        kinds: Names of the K kinds, in the order of the columns of `counts`.

    Returns:
        Scores over all spans (`span_precision`, `span_recall` and `span_f1`), the mean F1 of the kinds that have gold
        or predicted spans (`macro_span_f1`), the number of gold spans (`spans`), and the scores and number of gold
        spans of each kind (`per_kind`).
    """
    sums = [table.sum(axis=0) for table in counts]
    per_kind = {
        kind: {**precision_recall_f1(*(int(one[number]) for one in sums)), "spans": int(sums[2][number])}
        for number, kind in enumerate(kinds)
    }
    counted = [
        per_kind[kind]["f1"] for kind, predicted, gold in zip(kinds, sums[1], sums[2], strict=True) if predicted + gold
    ]
    overall = precision_recall_f1(*(int(one.sum()) for one in sums))
    return {
        **{f"span_{name}": value for name, value in overall.items()},
        "macro_span_f1": float(np.mean(counted)) if counted else 0.0,
        "spans": int(sums[2].sum()),
        "per_kind": per_kind,
    }


def precision_recall_f1(hits: float, predicted: float, gold: float) -> dict[str, float]:
    """Compute precision, recall and F1 from counts. A score whose denominator is 0 is 0."""
    return {
        "precision": hits / predicted if predicted else 0.0,
        "recall": hits / gold if gold else 0.0,
        "f1": 2 * hits / (predicted + gold) if predicted + gold else 0.0,
    }
