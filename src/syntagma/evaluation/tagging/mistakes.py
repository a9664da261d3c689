"""The list of a tagger's most confident mistakes, each shown in the context of its sentence."""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

from syntagma.evaluation.tagging.predictions import TaggedSplit, TagReportInput
from syntagma.evaluation.tagging.span_errors import Match, match_spans
from syntagma.text.spans import Span, tags_to_spans

MOST_MISTAKES = 30
# Number of words shown on each side of a mistake.
_CONTEXT_WORDS = 12


def match_split(inputs: TagReportInput, split: TaggedSplit) -> list[list[Match]]:
    """Pair the gold and predicted spans of each sentence. For plain tags, each word counts as a span."""
    pairs = zip(split.gold, split.predicted, strict=True)
    if inputs.kinds:
        return [match_spans(tags_to_spans(gold), tags_to_spans(predicted)) for gold, predicted in pairs]
    return [
        [
            Match(Span(place, place + 1, one), Span(place, place + 1, other))
            for place, (one, other) in enumerate(zip(gold, predicted, strict=True))
        ]
        for gold, predicted in pairs
    ]


def tag_mistakes(split: TaggedSplit, matches: Sequence[Sequence[Match]]) -> list[dict[str, Any]]:
    """List the most confident mistakes: at most `MOST_MISTAKES` in total, and at most two per sentence.

    The confidence of a mistake is the probability of the predicted span. If a gold span was missed, the confidence is
    the lowest probability of the tags that were predicted for the words of the span.

    Args:
        split: Sentences with gold tags and predictions.
        matches: Pairs of gold and predicted spans of each sentence (see `match_split`).

    Returns:
        One record per mistake, in order of decreasing confidence, with `row` (0-based index of the sentence), `place`
        (source of the sentence), `error` (key of `span_errors.ERRORS`), `gold` and `found` (gold and predicted span
        label, `None` for a missing span), `probability` (the confidence), `before` and `after` (whether the sentence is
        truncated before and after `pieces`), and `pieces`. A piece is a sequence of words with `text`, `gold` (whether
        the words belong to the gold span) and `found` (whether the words belong to the predicted span).
    """
    candidates = [
        (_confidence(split, row, match), row, match)
        for row, row_matches in enumerate(matches)
        for match in row_matches
        if match.error != "right"
    ]
    candidates.sort(key=lambda mistake: (-mistake[0], mistake[1]))
    chosen: list[dict[str, Any]] = []
    count = Counter[int]()
    for probability, row, match in candidates:
        count[row] += 1
        if count[row] <= 2 and len(chosen) < MOST_MISTAKES:
            chosen.append(_record(split.words[row], row, match, probability))
    return [one | {"place": _place(split, one["row"])} for one in chosen]


def _place(split: TaggedSplit, row: int) -> str:
    return f"sentence {row + 1:,}" if split.places is None else split.places[row]


def _confidence(split: TaggedSplit, row: int, match: Match) -> float:
    if match.predicted is None:
        assert match.gold is not None
        return min(split.probabilities[row][match.gold.start : match.gold.end])
    for start, end, kind, probability in split.spans[row]:
        if (start, end, kind) == match.predicted:
            return probability
    return split.probabilities[row][match.predicted.start]


def _record(words: list[str], row: int, match: Match, probability: float) -> dict[str, Any]:
    spans = [span for span in match if span is not None]
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    start, end = max(0, first - _CONTEXT_WORDS), min(len(words), last + _CONTEXT_WORDS)
    borders = sorted({start, end, *(place for span in spans for place in span[:2])})
    pieces = [
        {
            "text": " ".join(words[begin:stop]),
            "gold": match.gold is not None and match.gold.start <= begin < match.gold.end,
            "found": match.predicted is not None and match.predicted.start <= begin < match.predicted.end,
        }
        for begin, stop in itertools.pairwise(borders)
    ]
    return {
        "row": row,
        "error": match.error,
        "gold": None if match.gold is None else match.gold.kind,
        "found": None if match.predicted is None else match.predicted.kind,
        "probability": probability,
        "before": start > 0,
        "after": end < len(words),
        "pieces": pieces,
    }
