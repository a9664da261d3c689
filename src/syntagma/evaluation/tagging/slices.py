"""Scores of a tagger on slices of a split: by sentence length, span length, and occurrence in the training data."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from syntagma.evaluation.figures import name_quartiles, score_slice
from syntagma.evaluation.tagging.predictions import TaggedSplit, TagReportInput
from syntagma.text.spans import Span, tags_to_spans

_MANY_WORDS = 3


class _Item(NamedTuple):
    """A gold or predicted span, or a word as a span of length 1, with its sentence index and correctness."""

    row: int
    span: Span
    correct: bool


def tag_slices(inputs: TagReportInput, split: TaggedSplit) -> list[dict[str, Any]]:
    """Score slices of the spans in a split, or of the words if the tags are plain.

    Returns:
        One record per criterion with `name` and `parts` (the slices). A slice has `name`, `rows` (number of gold spans
        or words), `value` (recall of spans or accuracy of words), `low` and `high` (bounds of the 95 % Wilson interval)
        and `verdict`. The verdict is "below" or "above" if the interval does not contain the score of the whole split,
        and otherwise "within". Slices of spans also have `found` (number of predicted spans) and `precision`.
    """
    lengths = [len(row) for row in split.words]
    quartile_names = name_quartiles([length for length in lengths if length])
    criteria: dict[str, Callable[[_Item], str]] = {}
    if inputs.kinds:
        criteria["Span length in words"] = lambda item: _span_length(item.span)
        if (seen := split.seen) is not None:
            criteria["Seen in training"] = lambda item: "seen" if item.span[:2] in seen[item.row] else "unseen"
        gold, predicted = _spans(split)
    else:
        criteria["Seen in training"] = lambda item: "seen" if split.known[item.row][item.span.start] else "unseen"
        gold, predicted = _words(split), None
    criteria["Sentence length in words"] = lambda item: quartile_names[lengths[item.row]]
    return [{"name": name, "parts": _parts(gold, predicted, slice_name)} for name, slice_name in criteria.items()]


def _parts(
    gold: list[_Item], predicted: list[_Item] | None, slice_name: Callable[[_Item], str]
) -> list[dict[str, Any]]:
    overall = float(np.mean([item.correct for item in gold])) if gold else 0.0
    sides = [[(slice_name(item), item.correct) for item in side] for side in (gold, predicted or [])]
    parts = []
    for name in sorted({name for side in sides for name, _ in side}, key=_order):
        recalled = np.array([correct for other, correct in sides[0] if other == name], bool)
        part = score_slice(name, recalled, overall)
        if predicted is not None:
            precise = np.array([correct for other, correct in sides[1] if other == name], bool)
            part |= {"found": len(precise), "precision": float(precise.mean()) if len(precise) else None}
        parts.append(part)
    return parts


def _order(name: str) -> tuple[float, str]:
    number = name.replace(",", "").split(" ")[0]
    return (float(number), name) if number.isdigit() else (float("inf"), name)


def _spans(split: TaggedSplit) -> tuple[list[_Item], list[_Item]]:
    """Return the gold spans and the predicted spans, in two lists."""
    gold, predicted = [], []
    for row, tags in enumerate(zip(split.gold, split.predicted, strict=True)):
        gold_spans, predicted_spans = (set(tags_to_spans(side)) for side in tags)
        gold += [_Item(row, span, span in predicted_spans) for span in gold_spans]
        predicted += [_Item(row, span, span in gold_spans) for span in predicted_spans]
    return gold, predicted


def _words(split: TaggedSplit) -> list[_Item]:
    return [
        _Item(row, Span(place, place + 1, gold), gold == predicted)
        for row, pair in enumerate(zip(split.gold, split.predicted, strict=True))
        for place, (gold, predicted) in enumerate(zip(*pair, strict=True))
    ]


def _span_length(span: Span) -> str:
    words = span.end - span.start
    return str(words) if words < _MANY_WORDS else f"{_MANY_WORDS} or more"
