"""Whether a tagger's probabilities mean what they say, and what a least probability of spans would give."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from syntagma.evaluation.figures import BINS, calibration_figures
from syntagma.evaluation.tagging.predicted import TaggedSplit, TagReportInput
from syntagma.metrics.calibration import reliability_of
from syntagma.metrics.span_scores import figures
from syntagma.shapes import AnyArray
from syntagma.text.spans import tags_to_spans

CHOSEN_ON = "dev"
_THRESHOLDS: list[float] = np.round(np.arange(0, 1, 0.05), 2).tolist()
# Fewer spans speak for any threshold.
_LEAST_SPANS = 5


def tag_calibration(given: TagReportInput) -> dict[str, Any]:
    """`bins`, and for each split with decisions, `after`: error, means and bins of its spans, or of its plain tags."""
    decided = {name: _decisions(given, split) for name, split in given.splits.items()}
    return {
        "bins": BINS,
        "splits": {
            name: {"after": calibration_figures(reliability_of(confidence, right, BINS))}
            for name, (confidence, right) in decided.items()
            if len(right)
        },
    }


def thresholds(given: TagReportInput) -> dict[str, Any] | None:
    """What is left of the spans from a least probability on: precision rises, recall falls.

    Returns:
        `points`, records of `threshold` and `splits` with precision, recall and F1; and what `suggest_thresholds`
        returns, with `threshold` `None` if that is nothing. `None` for plain tags.
    """
    if not given.kinds or given.reported is None:
        return None
    of_kinds = {name: _by_kind(split) for name, split in given.splits.items()}
    points = [
        {"threshold": least, "splits": {name: _left(kinds, least) for name, kinds in of_kinds.items()}}
        for least in _THRESHOLDS
    ]
    return {"points": points, **(suggest_thresholds(given.splits) or {"threshold": None})}


def suggest_thresholds(splits: Mapping[str, TaggedSplit]) -> dict[str, Any] | None:
    """Choose the least probability of spans on dev, for all kinds together and for each kind.

    The best F1 on dev decides; of equal ones, the least threshold. A kind of few spans keeps all of its spans.

    Returns:
        `chosen_on`, `figure`, `threshold`, and `splits`, for each the F1 `before`, without a threshold, and `after`;
        `one_by_one`, the F1 with a threshold per kind; and `labels`, records of `label` (a kind), `rows` (gold spans of
        dev), `threshold`, and `splits` with the F1 `before` and `after`. `None` without enough spans of dev.
    """
    of_kinds = {name: _by_kind(split) for name, split in splits.items() if len(split)}
    dev = of_kinds.get(CHOSEN_ON, {})
    if sum(spans.gold for spans in dev.values()) < _LEAST_SPANS:
        return None
    threshold = _best(dev)
    own = {kind: _best({kind: spans}) if spans.gold >= _LEAST_SPANS else 0.0 for kind, spans in sorted(dev.items())}

    def scored(kind: str | None, after: Mapping[str, float] | float) -> dict[str, dict[str, float]]:
        """F1 by split, of one kind or all."""
        chosen = {
            name: kinds if kind is None else {kind: kinds.get(kind, _NO_SPANS)} for name, kinds in of_kinds.items()
        }
        return {
            name: {"before": _left(kinds, 0.0)["f1"], "after": _left(kinds, after)["f1"]}
            for name, kinds in chosen.items()
        }

    return {
        "chosen_on": CHOSEN_ON,
        "figure": "span_f1",
        "threshold": threshold,
        "splits": scored(None, threshold),
        "one_by_one": {name: figures["after"] for name, figures in scored(None, own).items()},
        "labels": [
            {"label": kind, "rows": dev[kind].gold, "threshold": least, "splits": scored(kind, least)}
            for kind, least in own.items()
        ],
    }


class _Spans(NamedTuple):
    """Found spans of one kind: their probabilities, whether they are right, and how many gold spans there are."""

    probabilities: AnyArray
    right: AnyArray
    gold: int


_NO_SPANS = _Spans(np.zeros(0), np.zeros(0, bool), 0)


def _by_kind(split: TaggedSplit) -> dict[str, _Spans]:
    found: dict[str, list[tuple[float, bool]]] = {}
    gold = Counter[str]()
    for tags, spans in zip(split.gold, split.spans, strict=True):
        wanted = set(tags_to_spans(tags))
        gold.update(span.kind for span in wanted)
        for span in spans:
            found.setdefault(span.kind, []).append((span.probability, span[:3] in wanted))
    return {
        kind: _Spans(
            np.array([probability for probability, _ in found.get(kind, [])], np.float64),
            np.array([right for _, right in found.get(kind, [])], bool),
            gold[kind],
        )
        for kind in {*found, *gold}
    }


def _left(kinds: Mapping[str, _Spans], least: Mapping[str, float] | float) -> dict[str, float]:
    """Return precision, recall and F1 of the spans that a threshold leaves, or one for each kind."""
    hits = found = gold = 0
    for kind, spans in kinds.items():
        kept = spans.probabilities >= (least.get(kind, 0.0) if isinstance(least, Mapping) else least)
        hits, found, gold = hits + int((kept & spans.right).sum()), found + int(kept.sum()), gold + spans.gold
    return figures(hits, found, gold)


def _best(kinds: Mapping[str, _Spans]) -> float:
    return _THRESHOLDS[int(np.argmax([_left(kinds, least)["f1"] for least in _THRESHOLDS]))]


def _decisions(given: TagReportInput, split: TaggedSplit) -> tuple[AnyArray, AnyArray]:
    """The probability of each span, or of each plain tag, and whether it is right."""
    confidence, right = [], []
    for gold, found, probabilities, spans in zip(
        split.gold, split.found, split.probabilities, split.spans, strict=True
    ):
        if given.kinds:
            wanted = set(tags_to_spans(gold))
            confidence += [span.probability for span in spans]
            right += [span[:3] in wanted for span in spans]
        else:
            confidence += probabilities
            right += [one == other for one, other in zip(gold, found, strict=True)]
    return np.array(confidence, np.float64), np.array(right, bool)
