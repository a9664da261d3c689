"""Calibration of a tagger's probabilities, and the effect of a probability threshold on its spans."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from syntagma.evaluation.figures import BINS, calibration_figures
from syntagma.evaluation.tagging.predictions import TaggedSplit, TagReportInput
from syntagma.metrics.calibration import bin_decisions
from syntagma.metrics.span_scores import precision_recall_f1
from syntagma.shapes import AnyArray
from syntagma.text.spans import tags_to_spans

CHOSEN_ON = "dev"
_THRESHOLDS: list[float] = np.round(np.arange(0, 1, 0.05), 2).tolist()
# With fewer gold spans the choice of a threshold would be arbitrary.
_MIN_SPANS = 5


def tag_calibration(inputs: TagReportInput) -> dict[str, Any]:
    """Compute the calibration of the predicted spans or, for plain tags, of the predicted tags.

    Returns:
        `bins` (number of bins) and `splits`, which maps each split with predictions to a record with the single key
        `after`, whose value has the fields of `calibration_figures`.
    """
    predictions = {name: _predictions(inputs, split) for name, split in inputs.splits.items()}
    return {
        "bins": BINS,
        "splits": {
            name: {"after": calibration_figures(bin_decisions(confidence, correct, BINS))}
            for name, (confidence, correct) in predictions.items()
            if len(correct)
        },
    }


def thresholds(inputs: TagReportInput) -> dict[str, Any] | None:
    """Score the predicted spans at a range of thresholds (minimum span probabilities).

    A higher threshold keeps fewer spans, so precision tends to rise and recall tends to fall.

    Returns:
        `points`, one record per threshold with `threshold` and `splits` (precision, recall and F1 by split), and the
        fields returned by `suggest_thresholds`. If `suggest_thresholds` returns `None`, the only one of these fields is
        `threshold`, which is `None`. The whole result is `None` for plain tags, or if no split has words.
    """
    if not inputs.kinds or inputs.reported is None:
        return None
    spans_by_split = {name: _group_by_kind(split) for name, split in inputs.splits.items()}
    points = [
        {"threshold": threshold, "splits": {name: _scores(kinds, threshold) for name, kinds in spans_by_split.items()}}
        for threshold in _THRESHOLDS
    ]
    return {"points": points, **(suggest_thresholds(inputs.splits) or {"threshold": None})}


def suggest_thresholds(splits: Mapping[str, TaggedSplit]) -> dict[str, Any] | None:
    """Choose minimum span probabilities on dev: a global threshold for all spans, and one threshold per span label.

    Thresholds maximise the F1 on dev, and ties go to the lowest threshold. A label with fewer than five gold spans on
    dev gets the threshold 0, which keeps all of its predicted spans.

    Returns:
        `chosen_on` (name of the split), `figure` (key of the metric), `threshold` (the global one), and `splits`: for
        each split, the F1 `before` (without a threshold) and `after` (with the threshold). Two more fields describe the
        thresholds per span label: `one_by_one`, the F1 of each split with these thresholds, and `labels`, one record
        per span label with `label`, `rows` (number of gold spans on dev), `threshold`, and `splits` with the F1
        `before` and `after`. The result is `None` if there is no dev split, or if dev has fewer than five gold spans.
    """
    spans_by_split = {name: _group_by_kind(split) for name, split in splits.items() if len(split)}
    dev = spans_by_split.get(CHOSEN_ON, {})
    if sum(spans.gold for spans in dev.values()) < _MIN_SPANS:
        return None
    threshold = _best_threshold(dev)
    own = {
        kind: _best_threshold({kind: spans}) if spans.gold >= _MIN_SPANS else 0.0 for kind, spans in sorted(dev.items())
    }

    def compare_f1(kind: str | None, after: Mapping[str, float] | float) -> dict[str, dict[str, float]]:
        """Return each split's F1 without and with a threshold, for one span label or, if `kind` is `None`, for all."""
        chosen = {
            name: kinds if kind is None else {kind: kinds.get(kind, _NO_SPANS)}
            for name, kinds in spans_by_split.items()
        }
        return {
            name: {"before": _scores(kinds, 0.0)["f1"], "after": _scores(kinds, after)["f1"]}
            for name, kinds in chosen.items()
        }

    return {
        "chosen_on": CHOSEN_ON,
        "figure": "span_f1",
        "threshold": threshold,
        "splits": compare_f1(None, threshold),
        "one_by_one": {name: f1["after"] for name, f1 in compare_f1(None, own).items()},
        "labels": [
            {"label": kind, "rows": dev[kind].gold, "threshold": minimum, "splits": compare_f1(kind, minimum)}
            for kind, minimum in own.items()
        ],
    }


class _Spans(NamedTuple):
    """Probabilities and correctness of the predicted spans with one label, and the number of gold spans with it."""

    probabilities: AnyArray
    correct: AnyArray
    gold: int


_NO_SPANS = _Spans(np.zeros(0), np.zeros(0, bool), 0)


def _group_by_kind(split: TaggedSplit) -> dict[str, _Spans]:
    predicted: dict[str, list[tuple[float, bool]]] = {}
    gold = Counter[str]()
    for tags, spans in zip(split.gold, split.spans, strict=True):
        gold_spans = set(tags_to_spans(tags))
        gold.update(span.kind for span in gold_spans)
        for span in spans:
            predicted.setdefault(span.kind, []).append((span.probability, span[:3] in gold_spans))
    return {
        kind: _Spans(
            np.array([probability for probability, _ in predicted.get(kind, [])], np.float64),
            np.array([correct for _, correct in predicted.get(kind, [])], bool),
            gold[kind],
        )
        for kind in {*predicted, *gold}
    }


def _scores(kinds: Mapping[str, _Spans], threshold: Mapping[str, float] | float) -> dict[str, float]:
    """Compute precision, recall and F1 without the spans below the threshold, or below the threshold of their label."""
    hits = predicted = gold = 0
    for kind, spans in kinds.items():
        kept = spans.probabilities >= (threshold.get(kind, 0.0) if isinstance(threshold, Mapping) else threshold)
        hits += int((kept & spans.correct).sum())
        predicted += int(kept.sum())
        gold += spans.gold
    return precision_recall_f1(hits, predicted, gold)


def _best_threshold(kinds: Mapping[str, _Spans]) -> float:
    return _THRESHOLDS[int(np.argmax([_scores(kinds, threshold)["f1"] for threshold in _THRESHOLDS]))]


def _predictions(inputs: TagReportInput, split: TaggedSplit) -> tuple[AnyArray, AnyArray]:
    """Return the probability and correctness of each predicted span or, for plain tags, of each predicted tag."""
    confidence, correct = [], []
    for gold, predicted, probabilities, spans in zip(
        split.gold, split.predicted, split.probabilities, split.spans, strict=True
    ):
        if inputs.kinds:
            gold_spans = set(tags_to_spans(gold))
            confidence += [span.probability for span in spans]
            correct += [span[:3] in gold_spans for span in spans]
        else:
            confidence += probabilities
            correct += [one == other for one, other in zip(gold, predicted, strict=True)]
    return np.array(confidence, np.float64), np.array(correct, bool)
