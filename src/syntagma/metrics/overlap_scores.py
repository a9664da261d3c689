"""Scores that give credit to partially correct spans, as in MUC-5 and SemEval 2013 task 9.

Predicted spans are processed in the order of the text. Each predicted span is paired with at most one gold span that
overlaps it, and each gold span is paired at most once. Gold spans do not overlap each other, and neither do predicted
spans, because tags cannot encode overlapping spans.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from syntagma.metrics.span_scores import AnySpan
from syntagma.shapes import AnyArray

Spans = Sequence[Iterable[AnySpan]]
# Function that takes a predicted span and one or more gold spans that overlap it. It returns the gold span to pair, and
# the credit.
_Pairing = Callable[[AnySpan, list[AnySpan]], tuple[AnySpan, float]]


def count_overlaps(gold: Spans, predicted: Spans) -> AnyArray:
    """Count the predicted spans of each text that overlap a gold span of the same kind ("type" matching).

    If there are several such gold spans, the one with the closest boundaries is paired. A predicted span that overlaps
    only gold spans of other kinds is counted as wrong, and is paired with the first of these gold spans.

    Args:
        gold: Gold spans (start, end, kind) of each text.
        predicted: Predicted spans (start, end, kind) of each text.

    Returns:
        Array of shape (rows, 3) with the numbers of correct, predicted and gold spans of each text.
    """
    return _count_credits(gold, predicted, _pair_by_kind)


def count_partial(gold: Spans, predicted: Spans) -> AnyArray:
    """Sum the credits of the predicted spans of each text, regardless of span kind ("partial" matching).

    A predicted span gets a credit of 1 if it has the same boundaries as a gold span, and 1/2 if it only overlaps a
    gold span.

    Args:
        gold: Gold spans (start, end, kind) of each text.
        predicted: Predicted spans (start, end, kind) of each text.

    Returns:
        Array of shape (rows, 3) with the total credit, the number of predicted spans and the number of gold spans of
        each text.
    """
    return _count_credits(gold, predicted, _pair_by_borders)


def _count_credits(gold: Spans, predicted: Spans, pair: _Pairing) -> AnyArray:
    counts = np.zeros((len(gold), 3))
    for row, sides in enumerate(zip(gold, predicted, strict=True)):
        gold_spans, predicted_spans = (sorted(set(side)) for side in sides)
        counts[row] = _credit(gold_spans, predicted_spans, pair), len(predicted_spans), len(gold_spans)
    return counts


def _credit(gold: list[AnySpan], predicted: list[AnySpan], pair: _Pairing) -> float:
    ends = [end for _, end, _ in gold]
    paired: set[AnySpan] = set()
    total = 0.0
    for span in predicted:
        index, overlapping = bisect_right(ends, span[0]), []
        while index < len(gold) and gold[index][0] < span[1]:
            overlapping += [gold[index]] if gold[index] not in paired else []
            index += 1
        if overlapping:
            partner, credit = pair(span, overlapping)
            paired.add(partner)
            total += credit
    return total


def _pair_by_kind(span: AnySpan, overlapping: list[AnySpan]) -> tuple[AnySpan, float]:
    same_kind = [one for one in overlapping if one[2] == span[2]]
    if not same_kind:
        return overlapping[0], 0.0
    return min(same_kind, key=lambda one: abs(one[0] - span[0]) + abs(one[1] - span[1])), 1.0


def _pair_by_borders(span: AnySpan, overlapping: list[AnySpan]) -> tuple[AnySpan, float]:
    exact = [one for one in overlapping if one[:2] == span[:2]]
    return (exact[0], 1.0) if exact else (overlapping[0], 0.5)
