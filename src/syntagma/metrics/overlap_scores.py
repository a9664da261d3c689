"""Scores that give credit to spans that are partly right, as MUC-5 and SemEval 2013 task 9 count them.

Found spans are taken in the order of the text. Each is paired with at most one gold span that shares a word with it,
and each gold span is paired at most once. Neither side has spans that share a word, as no tags spell such spans.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from syntagma.metrics.span_scores import AnySpan
from syntagma.shapes import AnyArray

Spans = Sequence[Iterable[AnySpan]]
# From a found span and the gold spans that share words with it, at least one: which it is paired with, and the credit.
_Pairing = Callable[[AnySpan, list[AnySpan]], tuple[AnySpan, float]]


def count_overlaps(gold: Spans, found: Spans) -> AnyArray:
    """Count found spans of each text that share a word with a gold span of the same kind ("type" matching).

    Of several such gold spans, the one with the nearest borders is taken. A found span that only meets other kinds is
    wrong, and uses up the first of them.

    Args:
        gold: Spans (start, end, kind) of each text.
        found: Those that were found.

    Returns:
        Right, found and gold spans of each text, (rows, 3).
    """
    return _counts(gold, found, _pair_same_kind)


def count_partial(gold: Spans, found: Spans) -> AnyArray:
    """Count found spans of each text by their borders, whatever their kind ("partial" matching).

    Both borders right count 1, and some shared words count 1/2.

    Args:
        gold: Spans (start, end, kind) of each text.
        found: Those that were found.

    Returns:
        Credit, found spans and gold spans of each text, (rows, 3).
    """
    return _counts(gold, found, _pair_same_borders)


def _counts(gold: Spans, found: Spans, pair: _Pairing) -> AnyArray:
    counts = np.zeros((len(gold), 3))
    for row, sides in enumerate(zip(gold, found, strict=True)):
        of_gold, of_found = (sorted(set(side)) for side in sides)
        counts[row] = _credit(of_gold, of_found, pair), len(of_found), len(of_gold)
    return counts


def _credit(gold: list[AnySpan], found: list[AnySpan], pair: _Pairing) -> float:
    ends = [end for _, end, _ in gold]
    paired: set[AnySpan] = set()
    total = 0.0
    for span in found:
        place, near = bisect_right(ends, span[0]), []
        while place < len(gold) and gold[place][0] < span[1]:
            near += [gold[place]] if gold[place] not in paired else []
            place += 1
        if near:
            partner, credit = pair(span, near)
            paired.add(partner)
            total += credit
    return total


def _pair_same_kind(span: AnySpan, near: list[AnySpan]) -> tuple[AnySpan, float]:
    alike = [one for one in near if one[2] == span[2]]
    if not alike:
        return near[0], 0.0
    return min(alike, key=lambda one: abs(one[0] - span[0]) + abs(one[1] - span[1])), 1.0


def _pair_same_borders(span: AnySpan, near: list[AnySpan]) -> tuple[AnySpan, float]:
    exact = [one for one in near if one[:2] == span[:2]]
    return (exact[0], 1.0) if exact else (near[0], 0.5)
