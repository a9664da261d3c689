"""How right a tagger is: tags of words, spans, whole sentences, labels of texts and the tags of a lower layer."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from syntagma.evaluation.figures import label_figures
from syntagma.evaluation.tagging.predicted import TaggedSplit
from syntagma.metrics.overlap_scores import count_overlaps, count_partial
from syntagma.metrics.span_scores import count_spans, figures, span_figures
from syntagma.text.spans import Span, tags_to_spans

Tags = Sequence[Sequence[str]]


def spans_in(words: Tags, tags: Tags) -> frozenset[str]:
    """The words of all spans, in lower case, joined by spaces."""
    return frozenset(
        _surface(row, span) for row, marks in zip(words, tags, strict=True) for span in tags_to_spans(marks)
    )


def seen_places(words: Tags, gold: Tags, found: Tags, seen: frozenset[str]) -> list[list[tuple[int, int]]]:
    """The places (start, end) of right and found spans whose words are among those of `spans_in`."""
    places = []
    for row, *sides in zip(words, gold, found, strict=True):
        spans = {span for tags in sides for span in tags_to_spans(tags) if _surface(row, span) in seen}
        places.append(sorted({(span.start, span.end) for span in spans}))
    return places


def _surface(words: Sequence[str], span: Span) -> str:
    return " ".join(words[span.start : span.end]).lower()


def tagging_scores(gold: Tags, found: Tags, known: Sequence[Sequence[bool]], kinds: Sequence[str]) -> dict[str, Any]:
    """Return the scores of tagged texts, given whether training knows each word, and the kinds of spans, if any.

    Returns:
        `rows`, `words`, `accuracy` (of words), `unknown_accuracy` (of words that training has not seen; `None` without
        any) and their number `unknown_words`, `sentence_accuracy` (all words right); for spans what `span_figures` and
        `overlap_figures` return; for plain tags `per_tag` with precision, recall, F1 and words.
    """
    right = [
        np.array([one == other for one, other in zip(*pair, strict=True)], bool)
        for pair in zip(gold, found, strict=True)
    ]
    words = sum(map(len, right))
    unknown = np.concatenate([~np.asarray(row, bool) for row in known]) if words else np.zeros(0, bool)
    flat = np.concatenate(right) if words else np.zeros(0, bool)
    scores: dict[str, Any] = {
        "rows": len(gold),
        "words": words,
        "accuracy": float(flat.mean()) if words else 0.0,
        "unknown_words": int(unknown.sum()),
        "unknown_accuracy": float(flat[unknown].mean()) if unknown.any() else None,
        "sentence_accuracy": float(np.mean([row.all() for row in right])) if right else 0.0,
    }
    if kinds:
        all_kinds = sorted({*kinds, *(span.kind for tags in (*gold, *found) for span in tags_to_spans(tags))})
        of_gold, of_found = as_spans(gold, kinds), as_spans(found, kinds)
        counts = count_spans(of_gold, of_found, all_kinds)
        return scores | span_figures(counts, all_kinds) | overlap_figures(of_gold, of_found)
    return scores | {"per_tag": _per_tag(gold, found)}


def as_spans(tags: Tags, kinds: Sequence[str]) -> list[list[Span]]:
    """Return the spans of each text; of plain tags, which spell no kinds of spans, each word is one."""
    if kinds:
        return [tags_to_spans(row) for row in tags]
    return [[Span(place, place + 1, tag) for place, tag in enumerate(row)] for row in tags]


def overlap_figures(gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]) -> dict[str, float]:
    """Return precision, recall and F1 of partly right spans.

    For `overlap_...`, a span is right if it shares a word with a gold span of its kind. For `partial_...`, right
    borders count 1 and shared words 1/2, whatever the kind.
    """
    counts = {"overlap": count_overlaps(gold, found), "partial": count_partial(gold, found)}
    return {
        f"{name}_{figure}": value
        for name, table in counts.items()
        for figure, value in figures(*table.sum(axis=0).tolist()).items()
    }


def _per_tag(gold: Tags, found: Tags) -> dict[str, dict[str, float]]:
    of_gold, of_found = as_spans(gold, ()), as_spans(found, ())
    names = sorted({tag for side in (gold, found) for tags in side for tag in tags})
    per_kind = span_figures(count_spans(of_gold, of_found, names), names)["per_kind"]
    return {
        name: {**{key: row[key] for key in ("precision", "recall", "f1")}, "words": row["spans"]}
        for name, row in per_kind.items()
    }


def scores_beside(split: TaggedSplit) -> dict[str, Any]:
    """The scores of what a tagger says beside its tags, as far as the split has it.

    Returns:
        Of labels of whole texts `utterance_accuracy`, `utterance_macro_f1` (over labels that occur or are found),
        `frame_accuracy` (the label and all tags right; Hakkani-Tür et al., 2016) and `per_utterance` with precision,
        recall, F1 and rows of each label; of lower tags `lower_accuracy`, of words.
    """
    scores: dict[str, Any] = {}
    if (given := split.utterances) is not None and given.gold:
        right = [one == other for one, other in zip(given.gold, given.found, strict=True)]
        tags_right = [one == other for one, other in zip(split.gold, split.found, strict=True)]
        per_label = _per_label(given.gold, given.found)
        scores["utterance_accuracy"] = sum(right) / len(right)
        scores["utterance_macro_f1"] = sum(row["f1"] for row in per_label.values()) / len(per_label)
        scores["frame_accuracy"] = sum(map(all, zip(right, tags_right, strict=True))) / len(right)
        scores["per_utterance"] = per_label
    if split.lower is not None:
        pairs = [
            pair for rows in zip(split.lower.gold, split.lower.found, strict=True) for pair in zip(*rows, strict=True)
        ]
        scores["lower_accuracy"] = sum(one == other for one, other in pairs) / max(1, len(pairs))
    return scores


def all_tagging_scores(split: TaggedSplit) -> dict[str, Any]:
    """Return `tagging_scores` of a split, the log loss per word, and the scores of whole texts and lower tags."""
    scores = tagging_scores(split.gold, split.found, split.known, split.kinds)
    return scores | {"log_loss": split.log_loss} | raw_scores(split) | scores_beside(split)


def raw_scores(split: TaggedSplit) -> dict[str, float]:
    """Return how good a model is on texts that it cuts into words itself, nothing if that was not tried.

    Returns:
        `raw_span_f1`, with both borders right in characters; or `raw_accuracy` of plain tags, the share of the gold
        words that were cut out and tagged right.
    """
    if split.raw is None or not split.raw:
        return {}
    hits, found, gold = (sum(column) for column in zip(*split.raw, strict=True))
    if split.kinds:
        return {"raw_span_f1": figures(hits, found, gold)["f1"]}
    return {"raw_accuracy": hits / gold if gold else 0.0}


def _per_label(gold: list[str], found: list[str]) -> dict[str, dict[str, Any]]:
    from sklearn.metrics import precision_recall_fscore_support

    names = sorted({*gold, *found})
    return label_figures(names, precision_recall_fscore_support(gold, found, labels=names, zero_division=0))
