"""What is wrong with spans: their kind, their borders, both, or all of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from syntagma.text.spans import Span

NOTHING = "nothing"
_MOST_PAIRS = 20
ERRORS = {
    "right": "Borders and kind are right",
    "kind": "The borders are right, the kind is not",
    "borders": "The kind is right, a border is not",
    "both": "Kind and borders are wrong, some words are shared",
    "missed": "There is a span, and none was found there",
    "extra": "A span was found where there is none",
}


class Match(NamedTuple):
    """A right span and the found one that is taken for it; one of them may be missing."""

    gold: Span | None
    found: Span | None

    @property
    def error(self) -> str:
        """A key of `ERRORS`."""
        if self.gold is None:
            return "extra"
        if self.found is None:
            return "missed"
        same_borders = self.gold[:2] == self.found[:2]
        if self.gold.kind == self.found.kind:
            return "right" if same_borders else "borders"
        return "kind" if same_borders else "both"


def match_spans(gold: Iterable[Span], found: Iterable[Span]) -> list[Match]:
    """Pairs each right span with at most one found span that shares words with it, in the order of the text.

    Equal spans first, then those that share most words; of these those of one kind, and then the first.
    """
    right, others = sorted(set(gold)), sorted(set(found))
    pairs = [
        (one != other, -_shared(one, other), one.kind != other.kind, one, other)
        for one in right
        for other in others
        if _shared(one, other) > 0
    ]
    partner: dict[Span, Span] = {}
    taken: set[Span] = set()
    for *_, one, other in sorted(pairs):
        if one not in partner and other not in taken:
            partner[one] = other
            taken.add(other)
    matches = [Match(one, partner.get(one)) for one in right] + [Match(None, one) for one in others if one not in taken]
    return sorted(matches, key=lambda match: match.gold or match.found or ())


def count_errors(matches: Iterable[Match]) -> dict[str, int]:
    """How many there are of each key of `ERRORS`."""
    counts = Counter(match.error for match in matches)
    return {name: counts[name] for name in ERRORS}


def kinds_taken_for(matches: Iterable[Match], kinds: Sequence[str]) -> dict[str, Any]:
    """What kind is taken for what kind, borders right or not.

    Returns:
        `labels`, the kinds and `NOTHING`; `matrix`, counts by right kind (row) and found kind (column); `pairs`, of
        different ones, the most frequent first, each with `gold`, `decided`, `count` and `share` of its row.
    """
    labels = [*kinds, NOTHING]
    counts = Counter(
        (match.gold.kind if match.gold else NOTHING, match.found.kind if match.found else NOTHING) for match in matches
    )
    return {"labels": labels, **confusion_of(counts, labels)}


def confusion_of(counts: Counter[tuple[str, str]], labels: Sequence[str]) -> dict[str, Any]:
    """`matrix` of counts by right and found label, and `pairs`, the 20 most frequent confusions."""
    matrix = [[counts[gold, found] for found in labels] for gold in labels]
    sums = {gold: sum(row) for gold, row in zip(labels, matrix, strict=True)}
    wrong = sorted((-count, *pair) for pair, count in counts.items() if pair[0] != pair[1])
    pairs = [
        {"gold": gold, "decided": found, "count": -count, "share": -count / sums[gold]}
        for count, gold, found in wrong[:_MOST_PAIRS]
    ]
    return {"matrix": matrix, "pairs": pairs}


def _shared(one: Span, other: Span) -> int:
    return min(one.end, other.end) - max(one.start, other.start)
