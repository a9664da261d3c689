"""Error types of predicted spans: wrong label, wrong boundaries, wrong label and boundaries, missed, and spurious."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from syntagma.text.spans import Span

NOTHING = "nothing"
_MOST_PAIRS = 20
ERRORS = {
    "right": "Correct boundaries and label",
    "kind": "Correct boundaries, wrong label",
    "borders": "Correct label, wrong boundaries",
    "both": "Wrong boundaries and label, with overlap",
    "missed": "Missed: gold span without a predicted span",
    "extra": "Spurious: predicted span without a gold span",
}


class Match(NamedTuple):
    """A gold span paired with a predicted span. A span that has no partner is paired with `None`."""

    gold: Span | None
    predicted: Span | None

    @property
    def error(self) -> str:
        """Error type of the match, which is a key of `ERRORS`."""
        if self.gold is None:
            return "extra"
        if self.predicted is None:
            return "missed"
        same_boundaries = self.gold[:2] == self.predicted[:2]
        if self.gold.kind == self.predicted.kind:
            return "right" if same_boundaries else "borders"
        return "kind" if same_boundaries else "both"


def match_spans(gold: Iterable[Span], predicted: Iterable[Span]) -> list[Match]:
    """Pair each gold span with at most one predicted span that overlaps it.

    Pairs are formed greedily. Identical spans are paired first, then spans that share the most words. Ties are broken
    in favour of equal labels, and then in favour of earlier spans.

    Returns:
        Matches that cover all gold and all predicted spans, in the order of the text.
    """
    gold_spans, others = sorted(set(gold)), sorted(set(predicted))
    pairs = [
        (one != other, -_overlap(one, other), one.kind != other.kind, one, other)
        for one in gold_spans
        for other in others
        if _overlap(one, other) > 0
    ]
    partner: dict[Span, Span] = {}
    paired: set[Span] = set()
    for *_, one, other in sorted(pairs):
        if one not in partner and other not in paired:
            partner[one] = other
            paired.add(other)
    matches = [Match(one, partner.get(one)) for one in gold_spans]
    matches += [Match(None, other) for other in others if other not in paired]
    return sorted(matches, key=lambda match: match.gold or match.predicted or ())


def count_errors(matches: Iterable[Match]) -> dict[str, int]:
    """Count the matches of each error type. The keys of the result are those of `ERRORS`."""
    counts = Counter(match.error for match in matches)
    return {name: counts[name] for name in ERRORS}


def count_confusions(matches: Iterable[Match], kinds: Sequence[str]) -> dict[str, Any]:
    """Count the confusions between span labels, regardless of boundaries.

    Args:
        matches: Pairs of gold and predicted spans.
        kinds: Span labels, including all labels that occur in `matches`.

    Returns:
        `labels` (the span labels, and `NOTHING` for a missing span), and the fields of `confusion_table`.
    """
    labels = [*kinds, NOTHING]
    counts = Counter(
        (match.gold.kind if match.gold else NOTHING, match.predicted.kind if match.predicted else NOTHING)
        for match in matches
    )
    return {"labels": labels, **confusion_table(counts, labels)}


def confusion_table(counts: Counter[tuple[str, str]], labels: Sequence[str]) -> dict[str, Any]:
    """Arrange the counts of (gold, predicted) label pairs as a matrix, and list the most frequent confusions.

    Returns:
        `matrix`, the counts by gold label (row) and predicted label (column), and `pairs`, one record for each of the
        20 most frequent pairs of different labels. A record has `gold`, `decided` (predicted label), `count` and
        `share` (of all counts with this gold label).
    """
    matrix = [[counts[gold, predicted] for predicted in labels] for gold in labels]
    sums = {gold: sum(row) for gold, row in zip(labels, matrix, strict=True)}
    wrong = sorted((-count, *pair) for pair, count in counts.items() if pair[0] != pair[1])
    pairs = [
        {"gold": gold, "decided": predicted, "count": -count, "share": -count / sums[gold]}
        for count, gold, predicted in wrong[:_MOST_PAIRS]
    ]
    return {"matrix": matrix, "pairs": pairs}


def _overlap(one: Span, other: Span) -> int:
    return min(one.end, other.end) - max(one.start, other.start)
