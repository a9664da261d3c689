"""Counts of source strings, such as numbers and placeholders, that the output contains unchanged."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from syntagma.evaluation.figures import share_interval
from syntagma.evaluation.generation.predictions import GeneratedSplit
from syntagma.text.kept_strings import KINDS, find_kept


class KeptString(NamedTuple):
    """A string of a source that the output should contain unchanged.

    Attributes:
        row: Number of the row.
        kind: Class of the string, such as "numbers".
        string: The string.
        in_output: Whether the output contains it.
        in_reference: Whether the reference contains it.
    """

    row: int
    kind: str
    string: str
    in_output: bool
    in_reference: bool


def match_kept(split: GeneratedSplit, texts: Sequence[str] | None = None) -> list[KeptString]:
    """Find the strings of all classes in the sources, and look each of them up in the output and the reference.

    A string that occurs N times in the source has to occur N times in the output. Strings are compared as a whole: "1"
    is not found in "15".

    Args:
        split: Rows with sources, references and outputs.
        texts: Outputs to use instead of those of the model, such as those of a baseline.
    """
    found = []
    for row, (source, reference) in enumerate(zip(split.sources, split.references, strict=True)):
        strings = find_kept(source, KINDS)
        if not strings:
            continue
        output = split.outputs[row].text if texts is None else texts[row]
        left = [Counter(kept.string for kept in find_kept(text, KINDS)) for text in (output, reference)]
        for kept in strings:
            present = [counts[kept.string] > 0 for counts in left]
            for counts in left:
                counts[kept.string] -= 1
            found.append(KeptString(row, kept.kind, kept.string, *present))
    return found


def kept_figures(strings: Sequence[KeptString]) -> list[dict[str, Any]]:
    """Compute the share of source strings that the outputs contain, by class.

    Returns:
        One record per class that occurs in the sources with `kind`, `strings` (number of strings in the sources),
        `in_references` (share of these strings that the references contain), and `value`, `low`, `high` and `method`
        (share that the outputs contain, with its 95 % Wilson interval).
    """
    by_kind: defaultdict[str, list[KeptString]] = defaultdict(list)
    for one in strings:
        by_kind[one.kind].append(one)
    return [
        {
            "kind": kind,
            "strings": len(by_kind[kind]),
            "in_references": float(np.mean([one.in_reference for one in by_kind[kind]])),
            **share_interval(np.array([one.in_output for one in by_kind[kind]])),
        }
        for kind in KINDS
        if kind in by_kind
    ]
