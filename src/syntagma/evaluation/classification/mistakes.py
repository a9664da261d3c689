"""The rows in which a model is wrong and most sure of itself."""

from typing import Any

import numpy as np

from syntagma.evaluation.classification.predicted import Predicted, ReportInput
from syntagma.evaluation.pages.plain import shortened
from syntagma.shapes import AnyArray

MOST_MISTAKES = 20
_CHARACTERS = 400


def mistakes(given: ReportInput, split: Predicted) -> list[dict[str, Any]]:
    """At most `MOST_MISTAKES` rows, the most confident first.

    A row's confidence is the probability of what was decided; where there are several labels, the greatest among its
    wrong decisions, and `about` is the label that it is about.

    Returns:
        Records of `row` (counted from 0), `place` (where it came from), `text` (shortened), `length` (of all of it),
        `gold` and `decided` (lists of labels), `about`, `probability`.
    """
    wrong = np.flatnonzero(~given.correct(split))
    decided = given.decided(split)
    confidence, about = _confidence(split, decided)
    chosen = wrong[np.argsort(-confidence[wrong], kind="stable")][:MOST_MISTAKES]
    return [
        {
            "row": int(row),
            "place": split.table.short_place_of(int(row)),
            "text": shortened(split.shown[row], _CHARACTERS),
            "length": _length(split, int(row)),
            "gold": _names(given.labels, split.gold[row]),
            "decided": _names(given.labels, decided[row]),
            "about": given.labels[about[row]],
            "probability": float(confidence[row]),
        }
        for row in chosen
    ]


def _length(split: Predicted, row: int) -> str:
    unit, lengths = split.lengths or ("characters", [])
    count = lengths[row] if lengths else len(split.shown[row])
    return f"{count:,} {unit.removesuffix('s') if count == 1 else unit}"


def _confidence(split: Predicted, decided: AnyArray) -> tuple[AnyArray, AnyArray]:
    """The confidence of each row and the label it is about, both (rows,)."""
    p, rows = split.probabilities, np.arange(len(split))
    if not split.multilabel:
        return p[rows, decided], decided
    of_mistakes = np.where(decided != split.gold, np.where(decided == 1, p, 1 - p), -1)
    about = of_mistakes.argmax(axis=1)
    return of_mistakes[rows, about], about


def _names(labels: tuple[str, ...], decided: Any) -> list[str]:
    return [labels[k] for k in (np.flatnonzero(decided) if np.ndim(decided) else [int(decided)])]
