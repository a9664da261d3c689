"""Scores of parts of a split: by the length of the texts, and by the other columns of the data."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from syntagma.evaluation.classification.predicted import Predicted, ReportInput
from syntagma.evaluation.figures import part_scores, quarters
from syntagma.shapes import BoolArray
from syntagma.text.scripts import share_without_spaces

MOST_VALUES = 20
_MISSING = "(missing)"


def slices(given: ReportInput, split: Predicted) -> dict[str, Any]:
    """Accuracy of parts of a split, each with Wilson's interval.

    Returns:
        `by`: records of `name`, `kind` ("length" or "column") and `parts`, each with `name`, `rows`, `value`, `low`,
        `high`, and `verdict`: "below" or "above" where the interval leaves out the accuracy of all rows, else
        "within". `left_out`: records of `column` and `reason`.
    """
    right = given.correct(split)
    found, left_out = [_by_length(split, right)], []
    for column, values in split.table.columns.items():
        names = [_name(value) for value in values]
        count = len(set(names))
        if 2 <= count <= MOST_VALUES:
            found.append({"name": column, "kind": "column", "parts": _by_value(names, right)})
        else:
            reason = (
                "the same value in every row" if count == 1 else f"{count:,} different values; at most {MOST_VALUES}"
            )
            left_out.append({"column": column, "reason": reason})
    return {"by": found, "left_out": left_out}


def _by_length(split: Predicted, right: BoolArray) -> dict[str, Any]:
    unit, lengths = split.lengths or _lengths_of_texts(split.shown)
    names = quarters(lengths)
    parts = _parts(dict.fromkeys(names.values()), [names[length] for length in lengths], right)
    return {"name": f"Length in {unit}", "kind": "length", "parts": parts}


def _lengths_of_texts(texts: list[str]) -> tuple[str, list[int]]:
    if share_without_spaces(texts) > 0.5:
        return "characters", [len("".join(text.split())) for text in texts]
    return "words", [len(text.split()) for text in texts]


def _by_value(names: list[str], right: BoolArray) -> list[dict[str, Any]]:
    """A part for each value: numbers in their order, other values the most frequent first."""
    counts = Counter(names)
    values = sorted(counts, key=lambda name: (name == _MISSING, _number(name), -counts[name], name))
    return _parts(values, names, right)


def _parts(parts: Iterable[str], names: list[str], right: BoolArray) -> list[dict[str, Any]]:
    of_row, overall = np.array(names, dtype=object), float(right.mean())
    return [part_scores(name, right[of_row == name], overall) for name in parts]


def _name(value: Any) -> str:
    missing = value is None or value == "" or (isinstance(value, float) and np.isnan(value))
    return _MISSING if missing else str(value)


def _number(name: str) -> float:
    try:
        number = float(name)
    except ValueError:
        return np.inf
    return number if np.isfinite(number) else np.inf
