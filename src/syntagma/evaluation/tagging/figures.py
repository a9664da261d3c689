"""Scores of a tagger with 95 % confidence intervals, and significance tests against its baselines."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from syntagma.evaluation.figures import NO_BASELINE, best_baseline, judge_test, share_interval
from syntagma.evaluation.pages.wording import comparison_sentence
from syntagma.evaluation.tagging.predictions import TaggedSplit, TagReportInput, Tags
from syntagma.evaluation.tagging.scores import auxiliary_scores, tagging_scores, to_spans
from syntagma.metrics.overlap_scores import count_overlaps, count_partial
from syntagma.metrics.significance import bootstrap_sums, paired_bootstrap_sums
from syntagma.metrics.span_scores import count_spans, precision_recall_f1
from syntagma.shapes import AnyArray
from syntagma.text.spans import tags_to_spans

# With more span labels or tags than this, only the most frequent are reported individually.
MOST_KINDS = 200
_TEST = "paired bootstrap over sentences"
# Functions that compute a metric from counts summed over sentences. The counts are correct words and all words, of
# shape (samples, 2), or correct, predicted and gold spans, of shape (samples, 3).
_FIGURES = {
    "accuracy": lambda sums: _ratio(sums[:, 0], sums[:, 1]),
    "span_f1": lambda sums: _ratio(2 * sums[:, 0], sums[:, 1] + sums[:, 2]),
    "span_precision": lambda sums: _ratio(sums[:, 0], sums[:, 1]),
    "span_recall": lambda sums: _ratio(sums[:, 0], sums[:, 2]),
}


def main_figure(inputs: TagReportInput) -> str:
    """Return the key of the main metric: "span_f1" for tags that encode spans, "accuracy" for plain tags."""
    return "span_f1" if inputs.kinds else "accuracy"


def tag_scores(inputs: TagReportInput, split: TaggedSplit, predicted: Tags | None = None) -> dict[str, Any]:
    """Score the tags predicted by the model, or by a baseline, on a split.

    Args:
        inputs: Input of the report, which defines the span labels.
        split: Sentences with gold tags and the model's predictions.
        predicted: Tags predicted by a baseline for the same sentences. By default, the model's tags are scored.

    Returns:
        The scores of `tagging_scores`. Of these, `accuracy`, `unknown_accuracy`, `sentence_accuracy`, `span_precision`,
        `span_recall`, `span_f1`, `overlap_f1` and `partial_f1` are dicts with `value`, `low` and `high` (bounds of the
        95 % confidence interval) and `method`. For the model, the result also contains `log_loss` and the fields of
        `auxiliary_scores`. A split without words has only `rows` and `words`.
    """
    if not any(split.words):
        return {"rows": len(split), "words": 0}
    tags = split.predicted if predicted is None else predicted
    scores = tagging_scores(split.gold, tags, split.known, inputs.kinds)
    words = _counts(split.gold, tags, spans=False)
    scores["accuracy"] = _interval(words, "accuracy")
    scores["sentence_accuracy"] = share_interval((words[:, 0] == words[:, 1])[words[:, 1] > 0])
    if scores["unknown_accuracy"] is not None:
        unknown = [_select_unknown(rows, split.known) for rows in (split.gold, tags)]
        scores["unknown_accuracy"] = _interval(_counts(*unknown, spans=False), "accuracy")
    if inputs.kinds:
        spans = _counts(split.gold, tags, spans=True)
        for name in ("span_f1", "span_precision", "span_recall"):
            scores[name] = _interval(spans, name)
        sides = [to_spans(side, inputs.kinds) for side in (split.gold, tags)]
        scores["overlap_f1"] = _interval(count_overlaps(*sides), "span_f1")
        scores["partial_f1"] = _interval(count_partial(*sides), "span_f1")
    return scores | ({"log_loss": split.log_loss, **_auxiliary_scores(split)} if predicted is None else {})


def kind_scores(inputs: TagReportInput, split: TaggedSplit) -> list[dict[str, Any]]:
    """Score the model and its baselines for each span label or, for plain tags, for each tag.

    Returns:
        One record per span label or tag with `kind` (its name), `count` (number of gold spans or words), `precision`,
        `recall` and `f1` of the model, and `baselines` (F1 of each baseline, keyed by title). Each F1 is a dict with
        `value`, `low` and `high` (bounds of the 95 % confidence interval) and `method`. If there are more than
        `MOST_KINDS` span labels or tags, only the most frequent are included.
    """
    gold, models = to_spans(split.gold, inputs.kinds), {"": split.predicted, **split.baselines}
    predicted = {title: to_spans(tags, inputs.kinds) for title, tags in models.items()}
    frequency = Counter(span.kind for row in gold for span in row)
    others = {span.kind for side in predicted.values() for row in side for span in row}
    every = sorted({*inputs.kinds, *frequency, *others})
    # (rows, K, 3)
    counts = {title: np.stack(count_spans(gold, spans, every), axis=-1) for title, spans in predicted.items()}
    shown = sorted(sorted(every, key=lambda kind: -frequency[kind])[:MOST_KINDS])
    return [
        _kind_record(kind, {title: table[:, every.index(kind)] for title, table in counts.items()}) for kind in shown
    ]


def _kind_record(kind: str, counts: Mapping[str, AnyArray]) -> dict[str, Any]:
    f1 = {title: _interval(table, "span_f1") for title, table in counts.items()}
    sums = [int(number) for number in counts[""].sum(axis=0)]
    own = precision_recall_f1(*sums) | {"f1": f1.pop("")}
    return {"kind": kind, "count": sums[2], **own, "baselines": f1}


def tag_baselines(inputs: TagReportInput, split: TaggedSplit) -> list[dict[str, Any]]:
    """Score each baseline, and compare the model with each baseline in a significance test.

    Args:
        inputs: Input of the report, with all splits.
        split: Split that is reported in detail. The significance test uses this split.

    Returns:
        One record per baseline with `title`, `splits` (scores by split, see `tag_scores`) and `test`, a paired
        bootstrap test with `difference` (model minus baseline), `p_value` and `test` (name of the test).
    """
    return [
        {
            "title": title,
            "splits": {
                name: tag_scores(inputs, other, other.baselines[title])
                for name, other in inputs.splits.items()
                if title in other.baselines
            },
            "test": _paired_test(inputs, split, tags),
        }
        for title, tags in split.baselines.items()
    ]


def tag_verdict(inputs: TagReportInput, baselines: list[dict[str, Any]]) -> dict[str, Any]:
    """Compare the main metric of the model with that of the best baseline (see `best_baseline`).

    Args:
        inputs: Input of the report.
        baselines: Result of `tag_baselines`.

    Returns:
        `outcome` ("better", "worse", "no difference" or "no baseline") and `sentence`. If there is a baseline, also
        `against` (its title), `chosen_on` (split on which the baseline was selected) and `tested_on` (split on which
        the model and the baseline were compared).
    """
    reported, figure = inputs.reported, main_figure(inputs)
    if reported is None or not baselines:
        return NO_BASELINE
    has_dev = "dev" in inputs.splits and any(inputs.splits["dev"].words)
    best, chosen_on, other = best_baseline(baselines, figure, reported, has_dev=has_dev)
    scores, metric = best["splits"][reported], f"{'span F1' if inputs.kinds else 'token accuracy'} on {reported}"
    theirs = scores[figure]["value"]
    return {
        "outcome": judge_test(best["test"]),
        "sentence": comparison_sentence(best["test"], other, theirs, scores["words"], metric=metric, test_name=_TEST),
        "against": best["title"],
        "chosen_on": chosen_on,
        "tested_on": reported,
    }


def compare_tags(gold: Tags, first: Tags, second: Tags, *, spans: bool) -> dict[str, Any]:
    """Compare the tags of two models with a paired bootstrap test over sentences.

    Args:
        gold: Gold tags of each sentence.
        first: Tags of the first model.
        second: Tags of the second model.
        spans: Whether to compare the span F1 instead of the token accuracy.

    Returns:
        `figure` (key of the metric), `first` (score of the first model), `difference` (first minus second, with its
        95 % confidence interval), `p_value` and `test` (name of the test).
    """
    counts = [_counts(gold, tags, spans=spans) for tags in (first, second)]
    name = "span_f1" if spans else "accuracy"
    difference, p_value = paired_bootstrap_sums(counts[0], counts[1], _FIGURES[name])
    return {
        "figure": name,
        "first": float(_FIGURES[name](counts[0].sum(axis=0)[None])[0]),
        "difference": asdict(difference),
        "p_value": p_value,
        "test": _TEST,
    }


def _auxiliary_scores(split: TaggedSplit) -> dict[str, Any]:
    """Add confidence intervals and the text-level accuracy of each baseline to the result of `auxiliary_scores`."""
    scores = auxiliary_scores(split)
    if (utterances := split.utterances) is not None and utterances.gold:
        gold = np.array(utterances.gold)
        correct = np.array(utterances.predicted) == gold
        tags_correct = np.array([one == two for one, two in zip(split.gold, split.predicted, strict=True)])
        scores["utterance_accuracy"] = share_interval(correct)
        scores["frame_accuracy"] = share_interval(correct & tags_correct)
        scores["utterance_baselines"] = {
            title: share_interval(np.array(labels) == gold) for title, labels in utterances.baselines.items()
        }
    return scores


def _paired_test(inputs: TagReportInput, split: TaggedSplit, tags: Tags) -> dict[str, Any]:
    comparison = compare_tags(split.gold, split.predicted, tags, spans=bool(inputs.kinds))
    return {name: comparison[name] for name in ("difference", "p_value", "test")}


def _counts(gold: Tags, tags: Tags, *, spans: bool) -> AnyArray:
    """Return each sentence's counts for the functions in `_FIGURES`: (rows, 3) for spans, or (rows, 2) for words."""
    if not spans:
        return np.array([[sum(map(str.__eq__, *pair)), len(pair[0])] for pair in zip(gold, tags, strict=True)])
    gold_spans, predicted_spans = ([tags_to_spans(row) for row in side] for side in (gold, tags))
    kinds = sorted({span.kind for row in (*gold_spans, *predicted_spans) for span in row})
    return np.stack([table.sum(axis=1) for table in count_spans(gold_spans, predicted_spans, kinds)], axis=1)


def _select_unknown(tags: Tags, known: list[list[bool]]) -> Tags:
    """Return the tags of words that do not occur in the training data."""
    return [[tag for tag, old in zip(*pair, strict=True) if not old] for pair in zip(tags, known, strict=True)]


def _ratio(part: AnyArray, whole: AnyArray) -> AnyArray:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _interval(counts: AnyArray, figure: str) -> dict[str, Any]:
    return asdict(bootstrap_sums(counts, _FIGURES[figure])) | {"method": "bootstrap over sentences"}
