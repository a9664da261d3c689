"""Precision, recall and F1 of spans: right only with both borders and the kind."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from syntagma.shapes import LongArray

# A place and a kind: (start, end, kind).
AnySpan = tuple[int, int, str]


class SpanCounts(NamedTuple):
    """Spans of each text and kind, int64 (rows, K).

    Attributes:
        hits: That were found and are right.
        found: That were found.
        gold: That there are.
    """

    hits: LongArray
    found: LongArray
    gold: LongArray


def count_spans(
    gold: Sequence[Iterable[AnySpan]], found: Sequence[Iterable[AnySpan]], kinds: Sequence[str]
) -> SpanCounts:
    """Counts the spans of each text.

    Args:
        gold: The spans (start, end, kind) of each text; twice the same is once.
        found: Those that were found.
        kinds: K kinds; all that occur.
    """
    place: dict[Hashable, int] = {kind: number for number, kind in enumerate(kinds)}
    counts = SpanCounts(*(np.zeros((len(gold), len(kinds)), np.int64) for _ in range(3)))
    for row, (of_gold, of_found) in enumerate(zip(gold, found, strict=True)):
        right, decided = set(of_gold), set(of_found)
        for spans, table in ((right & decided, counts.hits), (decided, counts.found), (right, counts.gold)):
            for _, _, kind in spans:
                table[row, place[kind]] += 1
    return counts


def span_figures(counts: SpanCounts, kinds: Sequence[str]) -> dict[str, Any]:
    """Precision, recall and F1 over all spans (`span_...`), the mean F1 of the kinds (`macro_span_f1`), and `per_kind`.

    A figure without anything to divide by is 0. A kind that neither occurs nor was found does not count in the mean.
    """
    sums = [table.sum(axis=0) for table in counts]
    per_kind = {
        kind: {**figures(*(int(one[number]) for one in sums)), "spans": int(sums[2][number])}
        for number, kind in enumerate(kinds)
    }
    counted = [per_kind[kind]["f1"] for kind, found, gold in zip(kinds, sums[1], sums[2], strict=True) if found + gold]
    overall = figures(*(int(one.sum()) for one in sums))
    return {
        **{f"span_{name}": value for name, value in overall.items()},
        "macro_span_f1": float(np.mean(counted)) if counted else 0.0,
        "spans": int(sums[2].sum()),
        "per_kind": per_kind,
    }


def figures(hits: float, found: float, gold: float) -> dict[str, float]:
    """Precision, recall and F1 of counts."""
    return {
        "precision": hits / found if found else 0.0,
        "recall": hits / gold if gold else 0.0,
        "f1": 2 * hits / (found + gold) if found + gold else 0.0,
    }
