"""Scores of tagged splits with their 95 % intervals, baselines beside them, and whether the model is better."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from syntagma.evaluation.figures import NO_BASELINE, best_baseline, outcome_of, share_interval
from syntagma.evaluation.pages.wording import lead_sentence
from syntagma.evaluation.tagging.predicted import TaggedSplit, TagReportInput, Tags
from syntagma.evaluation.tagging.scores import as_spans, scores_beside, tagging_scores
from syntagma.metrics.overlap_scores import count_overlaps, count_partial
from syntagma.metrics.significance import bootstrap_sums, paired_bootstrap_sums
from syntagma.metrics.span_scores import count_spans, figures
from syntagma.shapes import AnyArray
from syntagma.text.spans import tags_to_spans

# Of more kinds or tags, the rarest have no line of their own.
MOST_KINDS = 200
_TEST = "paired bootstrap over sentences"
# Of sums over sentences: right words and all words, (samples, 2), or right spans, found spans and gold spans,
# (samples, 3).
_FIGURES = {
    "accuracy": lambda sums: _ratio(sums[:, 0], sums[:, 1]),
    "span_f1": lambda sums: _ratio(2 * sums[:, 0], sums[:, 1] + sums[:, 2]),
    "span_precision": lambda sums: _ratio(sums[:, 0], sums[:, 1]),
    "span_recall": lambda sums: _ratio(sums[:, 0], sums[:, 2]),
}


def main_figure(given: TagReportInput) -> str:
    """The figure that decides: F1 of spans, or the accuracy of plain tags."""
    return "span_f1" if given.kinds else "accuracy"


def tag_scores(given: TagReportInput, split: TaggedSplit, found: Tags | None = None) -> dict[str, Any]:
    """Scores of the model, or of other tags.

    Returns:
        As `tagging_scores`, but `accuracy`, `unknown_accuracy`, `sentence_accuracy`, the overall figures of spans and
        the F1 of partly right ones are dicts of `value`, `low`, `high` and `method`; and `log_loss`, of the model only.
    """
    if not any(split.words):
        return {"rows": len(split), "words": 0}
    tags = split.found if found is None else found
    scores = tagging_scores(split.gold, tags, split.known, given.kinds)
    words = _counts(split.gold, tags, spans=False)
    scores["accuracy"] = _interval(words, "accuracy")
    scores["sentence_accuracy"] = share_interval((words[:, 0] == words[:, 1])[words[:, 1] > 0])
    if scores["unknown_accuracy"] is not None:
        unknown = [_unknown_words(rows, split.known) for rows in (split.gold, tags)]
        scores["unknown_accuracy"] = _interval(_counts(*unknown, spans=False), "accuracy")
    if given.kinds:
        spans = _counts(split.gold, tags, spans=True)
        for name in ("span_f1", "span_precision", "span_recall"):
            scores[name] = _interval(spans, name)
        sides = [as_spans(side, given.kinds) for side in (split.gold, tags)]
        scores["overlap_f1"] = _interval(count_overlaps(*sides), "span_f1")
        scores["partial_f1"] = _interval(count_partial(*sides), "span_f1")
    return scores | ({"log_loss": split.log_loss, **_beside(split)} if found is None else {})


def kind_scores(given: TagReportInput, split: TaggedSplit) -> list[dict[str, Any]]:
    """Return the figures of each kind of span, or of each plain tag, of the model and of the baselines.

    Returns:
        Records of `kind`, `count` (gold spans, or words), `precision`, `recall` and `f1` of the model, and `baselines`,
        F1 by title. An F1 is a dict of `value`, `low`, `high` and `method`. Of more than `MOST_KINDS`, the most
        frequent.
    """
    gold, models = as_spans(split.gold, given.kinds), {"": split.found, **split.baselines}
    found = {title: as_spans(tags, given.kinds) for title, tags in models.items()}
    frequency = Counter(span.kind for row in gold for span in row)
    others = {span.kind for side in found.values() for row in side for span in row}
    every = sorted({*given.kinds, *frequency, *others})
    # (rows, K, 3)
    counts = {title: np.stack(count_spans(gold, spans, every), axis=-1) for title, spans in found.items()}
    shown = sorted(sorted(every, key=lambda kind: -frequency[kind])[:MOST_KINDS])
    return [_of_kind(kind, {title: table[:, every.index(kind)] for title, table in counts.items()}) for kind in shown]


def _of_kind(kind: str, counts: Mapping[str, AnyArray]) -> dict[str, Any]:
    f1 = {title: _interval(table, "span_f1") for title, table in counts.items()}
    sums = [int(number) for number in counts[""].sum(axis=0)]
    own = figures(*sums) | {"f1": f1.pop("")}
    return {"kind": kind, "count": sums[2], **own, "baselines": f1}


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
    """Return whether the model is better than the better baseline; see `best_baseline`.

    Returns:
        `outcome` ("better", "worse", "no difference" or "no baseline"), `sentence`, and, where there is a baseline,
        `against` (its title), `chosen_on` and `tested_on` (splits).
    """
    reported, figure = given.reported, main_figure(given)
    if reported is None or not found:
        return NO_BASELINE
    has_dev = "dev" in given.splits and any(given.splits["dev"].words)
    best, chosen_on, other = best_baseline(found, figure, reported, has_dev=has_dev)
    scores, what = best["splits"][reported], f"{'span F1' if given.kinds else 'accuracy'} on {reported}"
    return {
        "outcome": outcome_of(best["test"]),
        "sentence": lead_sentence(best["test"], other, scores[figure]["value"], scores["words"], what=what, how=_TEST),
        "against": best["title"],
        "chosen_on": chosen_on,
        "tested_on": reported,
    }


def compare_tags(gold: Tags, first: Tags, second: Tags, *, spans: bool) -> dict[str, Any]:
    """The lead of one model's tags over another's: `figure`, `first`, `difference`, `p_value` and `test`."""
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
    """Return what `_FIGURES` reads, for each sentence: (rows, 3) of spans, (rows, 2) of words."""
    if not spans:
        return np.array([[sum(map(str.__eq__, *pair)), len(pair[0])] for pair in zip(gold, tags, strict=True)])
    of_gold, of_found = ([tags_to_spans(row) for row in side] for side in (gold, tags))
    kinds = sorted({span.kind for row in (*of_gold, *of_found) for span in row})
    return np.stack([table.sum(axis=1) for table in count_spans(of_gold, of_found, kinds)], axis=1)


def _unknown_words(tags: Tags, known: list[list[bool]]) -> Tags:
    return [[tag for tag, old in zip(*pair, strict=True) if not old] for pair in zip(tags, known, strict=True)]


def _ratio(part: AnyArray, whole: AnyArray) -> AnyArray:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _interval(counts: AnyArray, figure: str) -> dict[str, Any]:
    return asdict(bootstrap_sums(counts, _FIGURES[figure])) | {"method": "bootstrap over sentences"}
