"""Mistakes of a tagger in their sentences, the most confident first."""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

from syntagma.evaluation.tagging.predicted import TaggedSplit, TagReportInput
from syntagma.evaluation.tagging.span_errors import Match, match_spans
from syntagma.text.spans import Span, tags_to_spans

MOST_MISTAKES = 30
# Words around a mistake that are shown.
_AROUND = 12


def matches_of(given: TagReportInput, split: TaggedSplit) -> list[list[Match]]:
    """Right and found spans of each sentence, paired; of plain tags every word is one."""
    if given.kinds:
        return [
            match_spans(tags_to_spans(gold), tags_to_spans(found))
            for gold, found in zip(split.gold, split.found, strict=True)
        ]
    return [
        [
            Match(Span(place, place + 1, one), Span(place, place + 1, other))
            for place, (one, other) in enumerate(zip(gold, found, strict=True))
        ]
        for gold, found in zip(split.gold, split.found, strict=True)
    ]


def tag_mistakes(split: TaggedSplit, matches: Sequence[Sequence[Match]]) -> list[dict[str, Any]]:
    """At most `MOST_MISTAKES`, the most confident first, at most two of a sentence.

    Of a found span the confidence is its probability; of one that was missed, the least probability of the tags that
    stand in its place.

    Returns:
        Records of `row` (counted from 0), `place` (where it came from), `error` (of `span_errors.ERRORS`), `gold` and
        `found` (kinds or `None`), `probability`, `before` and `after` (whether words are left out there) and `pieces`:
        consecutive words, records of `text`, `gold` (whether they are in the right span) and `found` (whether in the
        found one).
    """
    found = [
        (_confidence(split, row, match), row, match)
        for row, of_row in enumerate(matches)
        for match in of_row
        if match.error != "right"
    ]
    found.sort(key=lambda mistake: (-mistake[0], mistake[1]))
    chosen: list[dict[str, Any]] = []
    of_row = Counter[int]()
    for probability, row, match in found:
        of_row[row] += 1
        if of_row[row] <= 2 and len(chosen) < MOST_MISTAKES:
            chosen.append(_record(split.words[row], row, match, probability))
    return [one | {"place": _place(split, one["row"])} for one in chosen]


def _place(split: TaggedSplit, row: int) -> str:
    return f"sentence {row + 1:,}" if split.places is None else split.places[row]


def _confidence(split: TaggedSplit, row: int, match: Match) -> float:
    if match.found is None:
        assert match.gold is not None
        return min(split.probabilities[row][match.gold.start : match.gold.end])
    for start, end, kind, probability in split.spans[row]:
        if (start, end, kind) == match.found:
            return probability
    return split.probabilities[row][match.found.start]


def _record(words: list[str], row: int, match: Match, probability: float) -> dict[str, Any]:
    spans = [span for span in match if span is not None]
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    start, end = max(0, first - _AROUND), min(len(words), last + _AROUND)
    borders = sorted({start, end, *(place for span in spans for place in span[:2])})
    pieces = [
        {
            "text": " ".join(words[begin:stop]),
            "gold": match.gold is not None and match.gold.start <= begin < match.gold.end,
            "found": match.found is not None and match.found.start <= begin < match.found.end,
        }
        for begin, stop in itertools.pairwise(borders)
    ]
    return {
        "row": row,
        "error": match.error,
        "gold": None if match.gold is None else match.gold.kind,
        "found": None if match.found is None else match.found.kind,
        "probability": probability,
        "before": start > 0,
        "after": end < len(words),
        "pieces": pieces,
    }
