"""Rows that a report shows: the worst and best outputs, an even sample, and outputs that lack a source string."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from syntagma.evaluation.generation.counts import count_texts
from syntagma.evaluation.generation.kept import KeptString
from syntagma.evaluation.generation.predictions import GeneratedSplit
from syntagma.evaluation.pages.plain import shorten
from syntagma.metrics.chrf import chrf

MOST_WORST, MOST_OTHERS, MOST_LOST = 20, 10, 20
# Longer texts are truncated, so that a page with many documents stays readable.
_CHARACTERS = 700


def choose_examples(split: GeneratedSplit) -> dict[str, list[dict[str, Any]]]:
    """Choose rows to show, ranked by chrF of each single row.

    chrF is used because BLEU of a short text is 0 whenever no four words match.

    Returns:
        `worst` (at most 20 rows with the lowest chrF, without exact matches), `best` (at most 10 rows with the highest
        chrF; of ties, the longest references) and `sample` (at most 10 rows, evenly spaced). Each row has `row`
        (0-based number), `place`, `source`, `reference`, `output`, `chrf`, `probability` (of the whole output) and
        `doubts`.
    """
    scores = chrf(count_texts(split.texts, split.references)["chrf"])
    exact = np.array([output == reference for output, reference in zip(split.texts, split.references, strict=True)])
    lengths = np.array([len(reference) for reference in split.references])
    ranking = np.lexsort((-lengths, scores))
    worst = [row for row in ranking if not exact[row]][:MOST_WORST]
    best = np.lexsort((-lengths, -scores))[:MOST_OTHERS]
    sample = np.unique(np.linspace(0, len(split) - 1, min(MOST_OTHERS, len(split))).astype(int))
    return {
        "worst": _records(split, worst, scores),
        "best": _records(split, best, scores),
        "sample": _records(split, sample, scores),
    }


def lost_strings(split: GeneratedSplit, strings: Sequence[KeptString]) -> list[dict[str, Any]]:
    """List source strings that the reference contains and the output lacks, at most 20.

    Returns:
        One record per string with `row`, `place`, `kind`, `string` and `output`.
    """
    lost = [one for one in strings if one.in_reference and not one.in_output]
    return [
        {
            "row": one.row,
            "place": place_of(split, one.row),
            "kind": one.kind,
            "string": shorten(one.string, _CHARACTERS),
            "output": shorten(split.outputs[one.row].text, _CHARACTERS),
        }
        for one in lost[:MOST_LOST]
    ]


def place_of(split: GeneratedSplit, row: int) -> str:
    """Return the file and line of a row, or its number if they are unknown."""
    return f"row {row + 1:,}" if split.places is None else split.places[row]


def _records(split: GeneratedSplit, rows: Iterable[Any], scores: Any) -> list[dict[str, Any]]:
    return [
        {
            "row": int(row),
            "place": place_of(split, row),
            "source": shorten(split.sources[row], _CHARACTERS),
            "reference": shorten(split.references[row], _CHARACTERS),
            "output": shorten(split.outputs[row].text, _CHARACTERS),
            "chrf": float(scores[row]),
            "probability": float(np.exp(sum(split.outputs[row].log_probs))),
            "doubts": split.outputs[row].doubts,
        }
        for row in rows
    ]
