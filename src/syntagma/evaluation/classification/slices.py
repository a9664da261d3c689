"""Accuracy on slices of a split, formed by row length and by the values of other columns."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from syntagma.evaluation.classification.predictions import Predictions, ReportInput
from syntagma.evaluation.figures import name_quartiles, score_slice
from syntagma.shapes import BoolArray
from syntagma.text.scripts import share_without_spaces

MOST_VALUES = 20
_MISSING = "(missing)"


def slices(inputs: ReportInput, split: Predictions) -> dict[str, Any]:
    """Compute the accuracy on each slice of a split, with its 95 % Wilson interval.

    Returns:
        `by`: one record per criterion with `name`, `kind` ("length" or "column") and `parts`, the slices with the
        fields of `score_slice`. `left_out`: one record per column that cannot be split into slices, with `column` and
        `reason`.
    """
    correct = inputs.is_correct(split)
    criteria, left_out = [_slice_by_length(split, correct)], []
    for column, values in split.table.columns.items():
        names = [_name(value) for value in values]
        count = len(set(names))
        if 2 <= count <= MOST_VALUES:
            criteria.append({"name": column, "kind": "column", "parts": _slice_by_value(names, correct)})
        else:
            reason = (
                "the same value in every row"
                if count == 1
                else f"{count:,} distinct values; the limit is {MOST_VALUES}"
            )
            left_out.append({"column": column, "reason": reason})
    return {"by": criteria, "left_out": left_out}


def _slice_by_length(split: Predictions, correct: BoolArray) -> dict[str, Any]:
    unit, lengths = split.lengths or _text_lengths(split.shown)
    names = name_quartiles(lengths)
    parts = _parts(dict.fromkeys(names.values()), [names[length] for length in lengths], correct)
    return {"name": f"Length in {unit}", "kind": "length", "parts": parts}


def _text_lengths(texts: list[str]) -> tuple[str, list[int]]:
    """Return the unit of length and the length of each text.

    The unit is "words", or "characters" if most letters of the texts belong to scripts without spaces.
    """
    if share_without_spaces(texts) > 0.5:
        return "characters", [len("".join(text.split())) for text in texts]
    return "words", [len(text.split()) for text in texts]


def _slice_by_value(names: list[str], correct: BoolArray) -> list[dict[str, Any]]:
    """Return one slice per value: numbers in ascending order, then other values by frequency, then missing values."""
    counts = Counter(names)
    values = sorted(counts, key=lambda name: (name == _MISSING, _number(name), -counts[name], name))
    return _parts(values, names, correct)


def _parts(parts: Iterable[str], names: list[str], correct: BoolArray) -> list[dict[str, Any]]:
    row_names, overall = np.array(names, dtype=object), float(correct.mean())
    return [score_slice(name, correct[row_names == name], overall) for name in parts]


def _name(value: Any) -> str:
    missing = value is None or value == "" or (isinstance(value, float) and np.isnan(value))
    return _MISSING if missing else str(value)


def _number(name: str) -> float:
    try:
        number = float(name)
    except ValueError:
        return np.inf
    return number if np.isfinite(number) else np.inf
