"""Whether a tagger's probabilities mean what they say, and what a least probability of spans would give."""

from typing import Any

import numpy as np

from syntagma.evaluation.figures import BINS, calibration_figures
from syntagma.evaluation.tagging.predicted import TaggedSplit, TagReportInput
from syntagma.metrics.calibration import reliability_of
from syntagma.metrics.span_scores import figures
from syntagma.shapes import AnyArray
from syntagma.text.spans import spans_of

_THRESHOLDS = np.round(np.arange(0, 1, 0.05), 2)


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
        `points`, records of `threshold` and `splits` with precision, recall and F1; `chosen`, the threshold with the
        best F1 on `chosen_on` ("dev", or `None` where there is none). `None` for plain tags.
    """
    if not given.kinds or given.reported is None:
        return None
    least = _THRESHOLDS.tolist()
    left = [{name: _left(split, one) for name, split in given.splits.items()} for one in least]
    points = [{"threshold": one, "splits": splits} for one, splits in zip(least, left, strict=True)]
    if "dev" not in given.splits:
        return {"points": points, "chosen": None, "chosen_on": None}
    best = int(np.argmax([splits["dev"]["f1"] for splits in left]))
    return {"points": points, "chosen": least[best], "chosen_on": "dev"}


def _left(split: TaggedSplit, least: float) -> dict[str, float]:
    hits = found = gold = 0
    for right, spans in zip(split.gold, split.spans, strict=True):
        wanted = set(spans_of(right))
        kept = {span[:3] for span in spans if span.probability >= least}
        hits, found, gold = hits + len(wanted & kept), found + len(kept), gold + len(wanted)
    return figures(hits, found, gold)


def _decisions(given: TagReportInput, split: TaggedSplit) -> tuple[AnyArray, AnyArray]:
    """The probability of each span, or of each plain tag, and whether it is right."""
    confidence, right = [], []
    for gold, found, probabilities, spans in zip(
        split.gold, split.found, split.probabilities, split.spans, strict=True
    ):
        if given.kinds:
            wanted = set(spans_of(gold))
            confidence += [span.probability for span in spans]
            right += [span[:3] in wanted for span in spans]
        else:
            confidence += probabilities
            right += [one == other for one, other in zip(gold, found, strict=True)]
    return np.array(confidence, np.float64), np.array(right, bool)
