"""Scores on slices of a split: by length and novelty of the source, by copying, and by doubts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from syntagma.evaluation.figures import name_quartiles
from syntagma.evaluation.generation.counts import count_texts, sum_scores
from syntagma.evaluation.generation.figures import bootstrap_figure, main_metric
from syntagma.evaluation.generation.predictions import GeneratedSplit, GenerationReportInput, Output
from syntagma.evaluation.generation.words import split_words

# A piece counts as copied if more than this share of its probability comes from copying.
_COPIED = 0.5


def generation_slices(inputs: GenerationReportInput, split: GeneratedSplit) -> list[dict[str, Any]]:
    """Score slices of a split.

    Returns:
        One record per criterion with `name` and `parts` (the slices). A slice has `name`, `rows`, `value` (main metric
        on the slice), `low` and `high` (bounds of the 95 % confidence interval), `verdict`, and `scores` (other
        metrics). The verdict is "below" or "above" if the interval does not contain the score of the whole split, and
        otherwise "within".
    """
    metric = main_metric(inputs)
    counts = count_texts(split.texts, split.references)
    overall = sum_scores({metric: counts[metric]})[metric]
    slices = []
    for criterion, names in _criteria(split).items():
        parts = []
        for name in dict.fromkeys(sorted(names, key=_order)):
            rows = np.array([other == name for other in names])
            part = {key: table[rows] for key, table in counts.items()}
            figure = bootstrap_figure(part, metric)
            verdict = "below" if figure["high"] < overall else "above" if figure["low"] > overall else "within"
            parts.append(
                {"name": name, "rows": int(rows.sum()), **figure, "verdict": verdict, "scores": sum_scores(part)}
            )
        if len(parts) > 1:
            slices.append({"name": criterion, "parts": parts})
    return slices


def _criteria(split: GeneratedSplit) -> dict[str, list[str]]:
    """Return the name of each row's slice, by criterion."""
    lengths = [len(split_words(source)) for source in split.sources]
    quartiles = name_quartiles(lengths)
    criteria = {"Source length in words": [quartiles[length] for length in lengths]}
    if split.new_words is not None:
        criteria["Source words not seen in training"] = [
            str(count) if count < 2 else "2 or more" for count in split.new_words
        ]
    if any(output.copied is not None for output in split.outputs):
        criteria["Copying"] = [_copying(output) for output in split.outputs]
    criteria["Doubts"] = ["with doubts" if output.doubts else "without doubts" for output in split.outputs]
    return criteria


def _copying(output: Output) -> str:
    return "some pieces copied" if max(output.copied or [0.0]) > _COPIED else "no piece copied"


def _order(name: str) -> tuple[float, str]:
    number = name.replace(",", "").split(" ")[0]
    return (float(number), name) if number.isdigit() else (float("inf"), name)


def copied_share(outputs: Sequence[Output]) -> float | None:
    """Return the share of pieces of which copying explains more than half of the probability, or `None`.

    It is `None` if the model does not copy, or generated no pieces.
    """
    shares = [share for output in outputs if output.copied is not None for share in output.copied]
    return sum(share > _COPIED for share in shares) / len(shares) if shares else None
