"""Scores of tagged splits with their 95 % intervals, baselines beside them, and whether the model is better."""

from typing import Any

import numpy as np

from syntagma.evaluation.figures import OPENINGS, outcome_of, share_interval
from syntagma.evaluation.pages.wording import p_value_text, percent, points
from syntagma.evaluation.tagging.predicted import TaggedSplit, TagReportInput, Tags
from syntagma.evaluation.tagging.scores import tagging_scores
from syntagma.evaluation.tagging.scores_of_texts import scores_beside
from syntagma.metrics.significance import bootstrap_sums, paired_bootstrap_sums
from syntagma.metrics.span_scores import count_spans
from syntagma.shapes import AnyArray
from syntagma.text.spans import spans_of


def main_figure(given: TagReportInput) -> str:
    """The figure that decides: F1 of spans, or the accuracy of plain tags."""
    return "span_f1" if given.kinds else "accuracy"


def tag_scores(given: TagReportInput, split: TaggedSplit, found: Tags | None = None) -> dict[str, Any]:
    """Scores of the model, or of other tags.

    Returns:
        As `tagging_scores`, but `accuracy`, `unknown_accuracy`, `sentence_accuracy` and the overall figures of spans
        are dicts of `value`, `low`, `high` and `method`; and `log_loss`, of the model only.
    """
    if not any(split.words):
        return {"rows": len(split), "words": 0}
    tags = split.found if found is None else found
    scores = tagging_scores(split.gold, tags, split.known, given.kinds)
    words = _word_counts(split, tags)
    scores["accuracy"] = _interval(words, _accuracy)
    whole = (words[:, 0] == words[:, 1])[words[:, 1] > 0]
    scores["sentence_accuracy"] = share_interval(whole)
    if scores["unknown_accuracy"] is not None:
        unknown = _word_counts(split, tags, only_unknown=True)
        scores["unknown_accuracy"] = _interval(unknown, _accuracy)
    if given.kinds:
        counts = _span_counts(split, tags)
        for name, figure in (("f1", _f1), ("precision", _precision), ("recall", _recall)):
            scores[f"span_{name}"] = _interval(counts, figure)
    return scores | ({"log_loss": split.log_loss, **_beside(split)} if found is None else {})


def tag_baselines(given: TagReportInput, split: TaggedSplit) -> list[dict[str, Any]]:
    """Each baseline: `title`, its scores by split, and the model's lead over it on the reported split, `test`."""
    return [
        {
            "title": title,
            "splits": {
                name: tag_scores(given, other, other.baselines[title])
                for name, other in given.splits.items()
                if title in other.baselines
            },
            "test": _paired_test(given, split, tags),
        }
        for title, tags in split.baselines.items()
    ]


def tag_verdict(given: TagReportInput, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether the model is better than the better baseline, which is chosen on dev where there is one.

    Returns:
        `outcome` ("better", "worse", "no difference" or "no baseline"), `sentence`, and, where there is a baseline,
        `against` (its title), `chosen_on` and `tested_on` (splits).
    """
    reported, figure = given.reported, main_figure(given)
    if reported is None or not found:
        return {"outcome": "no baseline", "sentence": "No baseline was scored: whether a network pays here is unknown."}
    has_dev = "dev" in given.splits and any(given.splits["dev"].words)
    chosen_on = "dev" if has_dev and all("dev" in one["splits"] for one in found) else reported
    best = max(found, key=lambda one: one["splits"][chosen_on][figure]["value"])
    gap, p_value = best["test"]["difference"], best["test"]["p_value"]
    outcome = outcome_of(best["test"])
    other = best["title"] if len(found) == 1 else f"{best['title']}, the better baseline on {chosen_on}"
    theirs, words = best["splits"][reported][figure]["value"], best["splits"][reported]["words"]
    sentence = (
        f"{OPENINGS[outcome].format(other=other)}: {percent(theirs + gap['value'], words)} against "
        f"{percent(theirs, words)} {_NAMES[figure]} on {reported}, a difference of {points(gap['value'], words)} "
        f"points (95 % interval {points(gap['low'], words)} to {points(gap['high'], words)}; paired bootstrap over "
        f"sentences, {p_value_text(p_value)})."
    )
    return {
        "outcome": outcome,
        "sentence": sentence,
        "against": best["title"],
        "chosen_on": chosen_on,
        "tested_on": reported,
    }


_NAMES = {"span_f1": "span F1", "accuracy": "accuracy"}


def compare_tags(gold: Tags, first: Tags, second: Tags, *, spans: bool) -> dict[str, Any]:
    """The lead of one model's tags over another's: `figure`, `first`, `difference`, `p_value` and `test`."""
    counts = [_counts(gold, tags, spans=spans) for tags in (first, second)]
    figure = _f1 if spans else _accuracy
    difference, p_value = paired_bootstrap_sums(counts[0], counts[1], figure)
    return {
        "figure": "span_f1" if spans else "accuracy",
        "first": float(figure(counts[0].sum(axis=0)[None])[0]),
        "difference": {"value": difference.value, "low": difference.low, "high": difference.high},
        "p_value": p_value,
        "test": "paired bootstrap over sentences",
    }


def _beside(split: TaggedSplit) -> dict[str, Any]:
    """`scores_beside`, its shares as dicts like the others, and the accuracy of others on labels of texts."""
    scores = scores_beside(split)
    if (given := split.utterances) is not None and given.gold:
        gold = np.array(given.gold)
        right = np.array(given.found) == gold
        tags_right = np.array([one == two for one, two in zip(split.gold, split.found, strict=True)])
        scores["utterance_accuracy"] = share_interval(right)
        scores["frame_accuracy"] = share_interval(right & tags_right)
        scores["utterance_baselines"] = {
            title: share_interval(np.array(labels) == gold) for title, labels in given.baselines.items()
        }
    return scores


def _paired_test(given: TagReportInput, split: TaggedSplit, tags: Tags) -> dict[str, Any]:
    found = compare_tags(split.gold, split.found, tags, spans=bool(given.kinds))
    return {name: found[name] for name in ("difference", "p_value", "test")}


def _counts(gold: Tags, tags: Tags, *, spans: bool) -> AnyArray:
    if not spans:
        return np.array([[sum(map(str.__eq__, *pair)), len(pair[0])] for pair in zip(gold, tags, strict=True)])
    of_gold, of_found = ([[(*span[:2], span.kind) for span in spans_of(row)] for row in side] for side in (gold, tags))
    kinds = sorted({span[2] for row in (*of_gold, *of_found) for span in row})
    return np.stack([table.sum(axis=1) for table in count_spans(of_gold, of_found, kinds)], axis=1)


def _span_counts(split: TaggedSplit, tags: Tags) -> AnyArray:
    """Hits, found and right spans of each sentence, (rows, 3)."""
    return _counts(split.gold, tags, spans=True)


def _word_counts(split: TaggedSplit, tags: Tags, *, only_unknown: bool = False) -> AnyArray:
    """Words that are right, and all words, of each sentence, (rows, 2)."""
    rows = []
    for gold, found, known in zip(split.gold, tags, split.known, strict=True):
        right = [one == other for one, other, old in zip(gold, found, known, strict=True) if not (only_unknown and old)]
        rows.append([sum(right), len(right)])
    return np.array(rows)


def _accuracy(sums: AnyArray) -> AnyArray:
    return _ratio(sums[:, 0], sums[:, 1])


def _f1(sums: AnyArray) -> AnyArray:
    return _ratio(2 * sums[:, 0], sums[:, 1] + sums[:, 2])


def _precision(sums: AnyArray) -> AnyArray:
    return _ratio(sums[:, 0], sums[:, 1])


def _recall(sums: AnyArray) -> AnyArray:
    return _ratio(sums[:, 0], sums[:, 2])


def _ratio(part: AnyArray, whole: AnyArray) -> AnyArray:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _interval(counts: AnyArray, figure: Any) -> dict[str, Any]:
    found = bootstrap_sums(counts, figure)
    return {"value": found.value, "low": found.low, "high": found.high, "method": "bootstrap over sentences"}
