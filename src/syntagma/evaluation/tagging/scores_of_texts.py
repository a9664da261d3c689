"""Scores of what a tagger says beside its tags: the labels of whole texts, and the tags of a lower layer."""

from typing import Any

from syntagma.evaluation.tagging.predicted import TaggedSplit
from syntagma.evaluation.tagging.scores import tagging_scores

# Figures of whole texts by the names that reports give them.
UTTERANCE_FIGURES = {
    "utterance_accuracy": "Labels of texts",
    "utterance_macro_f1": "Macro F1 of them",
    "frame_accuracy": "Label and all tags right",
}


def scores_beside(split: TaggedSplit) -> dict[str, Any]:
    """The scores, of what the split has.

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
    return scores | {"log_loss": split.log_loss} | scores_beside(split)


def _per_label(gold: list[str], found: list[str]) -> dict[str, dict[str, float]]:
    from sklearn.metrics import precision_recall_fscore_support

    names = sorted({*gold, *found})
    figures = precision_recall_fscore_support(gold, found, labels=names, zero_division=0)
    return {
        name: {"precision": float(precision), "recall": float(recall), "f1": float(f1), "rows": int(rows)}
        for name, precision, recall, f1, rows in zip(names, *figures, strict=True)
    }
