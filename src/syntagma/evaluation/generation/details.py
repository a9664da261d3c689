"""Detailed results of a generator as text tables for the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syntagma.evaluation.generation.figures import METRICS, show_score
from syntagma.evaluation.pages.plain import shorten
from syntagma.wording import escape_control

_MOST_EXAMPLES = 5
_CHARACTERS = 200
# Metrics whose scores have confidence intervals.
_WITH_INTERVALS = ("bleu", "bleu_lowercase", "chrf", "exact_match", "rouge_l", "length_ratio", "repetition_rate")


@dataclass(frozen=True)
class GenerationDetails:
    """Detailed results of a generator on one split: scores with intervals, kept strings, doubts, slices and examples.

    Attributes:
        numbers: Result of `make_generation_details`.
    """

    numbers: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the results as plain values that can be written as JSON."""
        return self.numbers

    def to_text(self) -> str:
        """Return the results as text tables, separated by empty lines."""
        if self.numbers["reported"] is None:
            return ""
        scores = self.numbers["scores"]
        parts = [
            _scores(scores, self.numbers["reported"]),
            _kept(scores["kept"]),
            _doubts(scores["doubts"], scores["rows"]),
            _searches(self.numbers["searches"] or []),
            _slices(self.numbers["slices"], self.numbers["metric"]),
            _worst(self.numbers["examples"]["worst"]),
        ]
        return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _scores(scores: Mapping[str, Any], reported: str) -> list[str]:
    rows = [
        [METRICS[name], show_score(name, scores[name]["value"]), _interval(name, scores[name])]
        for name in _WITH_INTERVALS
    ]
    rows += [[METRICS[name], show_score(name, scores[name]), ""] for name in ("perplexity", "kept_rate")]
    heading = [f"{reported}, {scores['rows']:,} rows", "score", "95 % interval"]
    return [*_table(heading, rows), f"sacreBLEU: {scores['bleu_signature']}"]


def _kept(kept: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [[one["kind"], f"{one['strings']:,}", f"{one['value']:.1%}", f"{one['in_references']:.1%}"] for one in kept]
    return _table(["strings of the source", "count", "in outputs", "in references"], rows) if rows else []


def _doubts(doubts: Mapping[str, int], rows: int) -> list[str]:
    counts = [[name, f"{count:,}", f"{count / rows:.1%}"] for name, count in doubts.items()]
    return _table(["doubts", "outputs", "share"], counts) if counts else []


def _searches(searches: Sequence[Mapping[str, Any]]) -> list[str]:
    if not searches:
        return []
    names = list(searches[0]["scores"])
    rows = [
        [
            f"{one['beams']}{' (chosen)' if one['chosen'] else ''}",
            f"{one['length_penalty']:g}",
            f"{one['coverage_penalty']:g}",
            *(show_score(name, one["scores"].get(name)) for name in names),
        ]
        for one in searches
    ]
    titles = [METRICS.get(name, name) for name in names]
    return ["searches tried on dev", *_table(["beams", "length penalty", "coverage penalty", *titles], rows)]


def _slices(slices: Sequence[Mapping[str, Any]], metric: str) -> list[str]:
    rows = [
        [
            f"{by['name']}: {part['name']}",
            f"{part['rows']:,}",
            show_score(metric, part["value"]),
            _interval(metric, part),
        ]
        for by in slices
        for part in by["parts"]
    ]
    return _table(["slice", "rows", METRICS[metric], "95 % interval"], rows) if rows else []


def _worst(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = ["outputs with the lowest chrF"] if rows else []
    for row in rows[:_MOST_EXAMPLES]:
        lines.append(f"{row['place']}, chrF {row['chrf']:.1f}")
        lines += [
            f"  {name:<10} {shorten(escape_control(row[name]), _CHARACTERS)}"
            for name in ("source", "reference", "output")
        ]
    return lines


def _interval(metric: str, score: Mapping[str, Any]) -> str:
    return f"{show_score(metric, score['low'])} to {show_score(metric, score['high'])}"


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table with aligned columns. The first column is aligned to the left."""
    cells = [heading, *([escape_control(row[0]), *row[1:]] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()
        for row in cells
    ]
