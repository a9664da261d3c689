"""The list of a classifier's most confident mistakes."""

from typing import Any

import numpy as np

from syntagma.evaluation.classification.predictions import Predictions, ReportInput
from syntagma.evaluation.pages.plain import shorten
from syntagma.shapes import AnyArray

MOST_MISTAKES = 20
_CHARACTERS = 400


def mistakes(inputs: ReportInput, split: Predictions) -> list[dict[str, Any]]:
    """List the `MOST_MISTAKES` misclassified rows with the highest confidence, or all if there are fewer.

    The confidence of a prediction is the probability of the predicted label. For multilabel data, the model decides for
    or against each label of a row, and the confidence is the highest probability of a wrong decision.

    Returns:
        One record per row, in order of decreasing confidence, with `row` (0-based index), `place` (source of the row),
        `text` (shortened), `length` (of the full text, with its unit), `gold` and `decided` (lists of gold and
        predicted labels), `about` (label that the confidence refers to) and `probability` (the confidence).
    """
    wrong = np.flatnonzero(~inputs.is_correct(split))
    predicted = inputs.predict(split)
    confidence, about = _confidence(split, predicted)
    chosen = wrong[np.argsort(-confidence[wrong], kind="stable")][:MOST_MISTAKES]
    return [
        {
            "row": int(row),
            "place": split.table.short_place_of(int(row)),
            "text": shorten(split.shown[row], _CHARACTERS),
            "length": _length(split, int(row)),
            "gold": _names(inputs.labels, split.gold[row]),
            "decided": _names(inputs.labels, predicted[row]),
            "about": inputs.labels[about[row]],
            "probability": float(confidence[row]),
        }
        for row in chosen
    ]


def _length(split: Predictions, row: int) -> str:
    unit, lengths = split.lengths or ("characters", [])
    count = lengths[row] if lengths else len(split.shown[row])
    return f"{count:,} {unit.removesuffix('s') if count == 1 else unit}"


def _confidence(split: Predictions, predicted: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Return the confidence for each row and the index of the label that it refers to, both of shape (rows,)."""
    p, rows = split.probabilities, np.arange(len(split))
    if not split.multilabel:
        return p[rows, predicted], predicted
    wrong_confidence = np.where(predicted != split.gold, np.where(predicted == 1, p, 1 - p), -1)
    about = wrong_confidence.argmax(axis=1)
    return wrong_confidence[rows, about], about


def _names(labels: tuple[str, ...], row: Any) -> list[str]:
    return [labels[k] for k in (np.flatnonzero(row) if np.ndim(row) else [int(row)])]
