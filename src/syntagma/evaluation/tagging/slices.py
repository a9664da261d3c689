"""Scores of parts of a tagged split: long and short sentences and spans, what training has seen and what is new."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from syntagma.evaluation.figures import part_scores, quarters
from syntagma.evaluation.tagging.predicted import TaggedSplit, TagReportInput
from syntagma.text.spans import Span, tags_to_spans

_MANY_WORDS = 3


class _Item(NamedTuple):
    """A span or a word of one sentence, and whether it is right."""

    row: int
    span: Span
    right: bool


def tag_slices(given: TagReportInput, split: TaggedSplit) -> list[dict[str, Any]]:
    """Spans or words by what they are.

    Returns:
        Records of `name` and `parts`. A part has `name`, `rows` (right spans, or words), `value` (the share of them
        that was found, or tagged right) with `low` and `high` (Wilson), and `verdict`, "below" or "above" where the
        interval leaves out the share of all. Of spans it has `found` (found spans of that part) and their `precision`.
    """
    lengths = [len(row) for row in split.words]
    quarter_of = quarters([length for length in lengths if length])
    by: dict[str, Callable[[_Item], str]] = {}
    if given.kinds:
        by["Words in the span"] = lambda item: _span_length(item.span)
        if (seen := split.seen) is not None:
            by["Seen in training"] = lambda item: "seen" if item.span[:2] in seen[item.row] else "new"
        gold, found = _spans(split)
    else:
        by["Word"] = lambda item: "seen in training" if split.known[item.row][item.span.start] else "new"
        gold, found = _words(split), None
    by["Words in the sentence"] = lambda item: quarter_of[lengths[item.row]]
    return [{"name": name, "parts": _parts(gold, found, part_of)} for name, part_of in by.items()]


def _parts(gold: list[_Item], found: list[_Item] | None, part_of: Callable[[_Item], str]) -> list[dict[str, Any]]:
    overall = float(np.mean([item.right for item in gold])) if gold else 0.0
    sides = [[(part_of(item), item.right) for item in side] for side in (gold, found or [])]
    parts = []
    for name in sorted({name for side in sides for name, _ in side}, key=_order):
        right = np.array([is_right for other, is_right in sides[0] if other == name], bool)
        part = part_scores(name, right, overall)
        if found is not None:
            decided = np.array([is_right for other, is_right in sides[1] if other == name], bool)
            part |= {"found": len(decided), "precision": float(decided.mean()) if len(decided) else None}
        parts.append(part)
    return parts


def _order(name: str) -> tuple[float, str]:
    number = name.replace(",", "").split(" ")[0]
    return (float(number), name) if number.isdigit() else (float("inf"), name)


def _spans(split: TaggedSplit) -> tuple[list[_Item], list[_Item]]:
    gold, found = [], []
    for row, (right, decided) in enumerate(zip(split.gold, split.found, strict=True)):
        of_gold, of_found = set(tags_to_spans(right)), set(tags_to_spans(decided))
        gold += [_Item(row, span, span in of_found) for span in of_gold]
        found += [_Item(row, span, span in of_gold) for span in of_found]
    return gold, found


def _words(split: TaggedSplit) -> list[_Item]:
    return [
        _Item(row, Span(place, place + 1, gold), gold == found)
        for row, pair in enumerate(zip(split.gold, split.found, strict=True))
        for place, (gold, found) in enumerate(zip(*pair, strict=True))
    ]


def _span_length(span: Span) -> str:
    words = span.end - span.start
    return str(words) if words < _MANY_WORDS else f"{_MANY_WORDS} or more"
