"""Scores of a tagger for tags, spans, whole sentences, text-level labels, and the tags of an auxiliary lower layer."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from syntagma.evaluation.figures import label_figures
from syntagma.evaluation.tagging.predictions import TaggedSplit
from syntagma.metrics.overlap_scores import count_overlaps, count_partial
from syntagma.metrics.span_scores import count_spans, precision_recall_f1, score_spans
from syntagma.text.spans import Span, tags_to_spans

Tags = Sequence[Sequence[str]]


def collect_span_texts(words: Tags, tags: Tags) -> frozenset[str]:
    """Collect the distinct texts of all spans, in lower case and with words joined by spaces."""
    return frozenset(
        _surface(row, span) for row, marks in zip(words, tags, strict=True) for span in tags_to_spans(marks)
    )


def find_seen_spans(words: Tags, gold: Tags, predicted: Tags, seen: frozenset[str]) -> list[list[tuple[int, int]]]:
    """Find the gold and predicted spans whose words also form a span in the training data.

    Args:
        words: Words of each sentence.
        gold: Gold tags of each sentence.
        predicted: Predicted tags of each sentence.
        seen: Span texts of the training data (see `collect_span_texts`).

    Returns:
        For each sentence, the sorted boundaries (start, end) of the spans that were found.
    """
    places = []
    for row, *sides in zip(words, gold, predicted, strict=True):
        spans = {span for tags in sides for span in tags_to_spans(tags) if _surface(row, span) in seen}
        places.append(sorted({(span.start, span.end) for span in spans}))
    return places


def _surface(words: Sequence[str], span: Span) -> str:
    return " ".join(words[span.start : span.end]).lower()


def tagging_scores(
    gold: Tags, predicted: Tags, known: Sequence[Sequence[bool]], kinds: Sequence[str]
) -> dict[str, Any]:
    """Compute the scores of predicted tags.

    Args:
        gold: Gold tags of each sentence.
        predicted: Predicted tags of each sentence.
        known: Whether each word occurs in the training data.
        kinds: Span labels that the tags encode, or an empty sequence for plain tags.

    Returns:
        `rows` and `words` (numbers of sentences and words), `accuracy` (share of words with the correct tag),
        `unknown_words` (number of words that do not occur in the training data), `unknown_accuracy` (accuracy on
        unknown words, or `None` if all words are known) and `sentence_accuracy` (share of sentences with all tags
        correct). For tags that encode spans, also the results of `score_spans` and `overlap_figures`. For plain tags,
        also `per_tag` with `precision`, `recall`, `f1` and `words` (number of gold words) of each tag.
    """
    correct = [
        np.array([one == other for one, other in zip(*pair, strict=True)], bool)
        for pair in zip(gold, predicted, strict=True)
    ]
    words = sum(map(len, correct))
    unknown = np.concatenate([~np.asarray(row, bool) for row in known]) if words else np.zeros(0, bool)
    flat = np.concatenate(correct) if words else np.zeros(0, bool)
    scores: dict[str, Any] = {
        "rows": len(gold),
        "words": words,
        "accuracy": float(flat.mean()) if words else 0.0,
        "unknown_words": int(unknown.sum()),
        "unknown_accuracy": float(flat[unknown].mean()) if unknown.any() else None,
        "sentence_accuracy": float(np.mean([row.all() for row in correct])) if correct else 0.0,
    }
    if kinds:
        all_kinds = sorted({*kinds, *(span.kind for tags in (*gold, *predicted) for span in tags_to_spans(tags))})
        gold_spans, predicted_spans = to_spans(gold, kinds), to_spans(predicted, kinds)
        counts = count_spans(gold_spans, predicted_spans, all_kinds)
        return scores | score_spans(counts, all_kinds) | overlap_figures(gold_spans, predicted_spans)
    return scores | {"per_tag": _per_tag(gold, predicted)}


def span_f1(gold: Tags, predicted: Tags) -> float:
    """Compute the micro-averaged F1 of spans from the tags of each sentence. The F1 is 0 if there are no spans."""
    hits = predicted_count = gold_count = 0
    for pair in zip(gold, predicted, strict=True):
        gold_spans, predicted_spans = (set(tags_to_spans(tags)) for tags in pair)
        hits += len(gold_spans & predicted_spans)
        predicted_count += len(predicted_spans)
        gold_count += len(gold_spans)
    return precision_recall_f1(hits, predicted_count, gold_count)["f1"]


def to_spans(tags: Tags, kinds: Sequence[str]) -> list[list[Span]]:
    """Decode each sentence's spans. If `kinds` is empty (plain tags), each word is a span labelled with its tag."""
    if kinds:
        return [tags_to_spans(row) for row in tags]
    return [[Span(place, place + 1, tag) for place, tag in enumerate(row)] for row in tags]


def overlap_figures(gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]) -> dict[str, float]:
    """Compute precision, recall and F1 with credit for partial matches (SemEval 2013 task 9).

    In `overlap_...` scores ("type" matching), a predicted span is correct if it shares a word with a gold span that has
    the same label. In `partial_...` scores ("partial" matching), a span with exact boundaries counts as 1 and an
    overlapping span as 1/2, regardless of the label. For details, see `syntagma.metrics.overlap_scores`.
    """
    counts = {"overlap": count_overlaps(gold, predicted), "partial": count_partial(gold, predicted)}
    return {
        f"{name}_{figure}": value
        for name, table in counts.items()
        for figure, value in precision_recall_f1(*table.sum(axis=0).tolist()).items()
    }


def _per_tag(gold: Tags, predicted: Tags) -> dict[str, dict[str, float]]:
    names = sorted({tag for side in (gold, predicted) for tags in side for tag in tags})
    per_kind = score_spans(count_spans(to_spans(gold, ()), to_spans(predicted, ()), names), names)["per_kind"]
    return {
        name: {**{key: row[key] for key in ("precision", "recall", "f1")}, "words": row["spans"]}
        for name, row in per_kind.items()
    }


def auxiliary_scores(split: TaggedSplit) -> dict[str, Any]:
    """Score the auxiliary predictions of a tagger: text-level labels and the tags of a lower layer.

    Returns:
        For text-level labels: `utterance_accuracy`, `utterance_macro_f1` (over labels that occur or are predicted),
        `frame_accuracy` (share of texts in which the label and all tags are correct; Hakkani-Tür et al., 2016) and
        `per_utterance` with `precision`, `recall`, `f1` and `rows` of each label. For lower tags: `lower_accuracy`
        (share of words with the correct lower tag). The dict is empty if the split has no auxiliary predictions.
    """
    scores: dict[str, Any] = {}
    if (labels := split.utterances) is not None and labels.gold:
        correct = [one == other for one, other in zip(labels.gold, labels.predicted, strict=True)]
        tags_correct = [one == other for one, other in zip(split.gold, split.predicted, strict=True)]
        per_label = _per_label(labels.gold, labels.predicted)
        scores["utterance_accuracy"] = sum(correct) / len(correct)
        scores["utterance_macro_f1"] = sum(row["f1"] for row in per_label.values()) / len(per_label)
        scores["frame_accuracy"] = sum(map(all, zip(correct, tags_correct, strict=True))) / len(correct)
        scores["per_utterance"] = per_label
    if split.lower is not None:
        rows = zip(split.lower.gold, split.lower.predicted, strict=True)
        pairs = [pair for row in rows for pair in zip(*row, strict=True)]
        scores["lower_accuracy"] = sum(one == other for one, other in pairs) / max(1, len(pairs))
    return scores


def all_tagging_scores(split: TaggedSplit) -> dict[str, Any]:
    """Compute all scores of a split: `tagging_scores`, `log_loss`, `raw_text_scores` and `auxiliary_scores`."""
    scores = tagging_scores(split.gold, split.predicted, split.known, split.kinds)
    return scores | {"log_loss": split.log_loss} | raw_text_scores(split) | auxiliary_scores(split)


def raw_text_scores(split: TaggedSplit) -> dict[str, float]:
    """Score the predictions for original texts, which the model tokenised itself.

    Returns:
        For tags that encode spans, `raw_span_f1`, for which the character offsets of both boundaries and the label must
        match. For plain tags, `raw_accuracy`, the share of gold words that were tokenised and tagged correctly. The
        dict is empty if the split has no counts in `raw`.
    """
    if split.raw is None or not split.raw:
        return {}
    hits, predicted, gold = (sum(column) for column in zip(*split.raw, strict=True))
    if split.kinds:
        return {"raw_span_f1": precision_recall_f1(hits, predicted, gold)["f1"]}
    return {"raw_accuracy": hits / gold if gold else 0.0}


def _per_label(gold: list[str], predicted: list[str]) -> dict[str, dict[str, Any]]:
    from sklearn.metrics import precision_recall_fscore_support

    names = sorted({*gold, *predicted})
    return label_figures(names, precision_recall_fscore_support(gold, predicted, labels=names, zero_division=0))
