"""Text tables with confusions, areas under curves and suggested thresholds, shortened when there are many labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syntagma.evaluation.pages.plain import shorten
from syntagma.wording import escape_control, metric_title

# Maximum number of labels in a table, which then has the most frequent ones only, and in a confusion matrix, which is
# then replaced with a list of the most frequently confused pairs.
_MOST_LINES = 40
_MOST_IN_MATRIX = 12
_CHARACTERS, _CHARACTERS_OF_COLUMN = 28, 9


@dataclass(frozen=True)
class Details:
    """Detailed results on one split: confusions and, if available, areas under curves, error types and thresholds.

    Attributes:
        numbers: Dictionary with the keys `confusion`, `thresholds`, `per_label`, `macro_areas` and `labels`, whose
            values have the same form as in the JSON file of a report, and `errors`, a list of records with `title` and
            `count`. Every key is optional.
    """

    numbers: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the results as plain values that can be written as JSON."""
        return self.numbers

    def to_text(self) -> str:
        """Return the results as text tables, separated by empty lines."""
        parts = [
            _areas(self.numbers.get("per_label") or [], self.numbers.get("macro_areas") or {}),
            _errors(self.numbers.get("errors") or []),
            _confusion(self.numbers.get("confusion") or {}, self.numbers.get("labels") or ()),
            _thresholds(self.numbers.get("thresholds")),
        ]
        return "\n\n".join("\n".join(lines) for lines in parts if lines)


def suggestion(thresholds: Mapping[str, Any] | None) -> str:
    """Return a sentence that suggests the threshold chosen on the dev split.

    Args:
        thresholds: Result of `Task.suggest_thresholds`, or `None`.

    Returns:
        The sentence, or "" if `thresholds` is `None` or the threshold does not improve the score on the dev split.
    """
    if thresholds is None:
        return ""
    chosen_on, splits = thresholds["chosen_on"], thresholds["splits"]
    if splits[chosen_on]["after"] <= splits[chosen_on]["before"]:
        return ""
    figures = ", ".join(f"{split} {score['before']:.3f} to {score['after']:.3f}" for split, score in splits.items())
    figure = metric_title(thresholds["figure"])
    return f"Suggested by {chosen_on}: --threshold {thresholds['threshold']:g} ({figure} of {figures})"


def _areas(labels: Sequence[Mapping[str, Any]], means: Mapping[str, Any]) -> list[str]:
    if not labels:
        return []
    shown = sorted(labels, key=lambda row: -row["rows"])[:_MOST_LINES]
    rows = [
        [row["label"], f"{row['rows']:,}", _number(row["roc_auc"]), _number(row["average_precision"])] for row in shown
    ]
    rows.append(["mean", "", _number(means["roc_auc"]), _number(means["average_precision"])])
    return [*_table(["label", "rows", "ROC AUC", "average precision"], rows), *_left_out(labels, shown)]


def _errors(errors: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{error['count']:>8,}  {error['title']}" for error in errors]


def _confusion(confusion: Mapping[str, Any], labels: Sequence[str]) -> list[str]:
    labels = confusion.get("labels") or labels
    if "pairs" not in confusion:
        return _decisions(labels)
    if "matrix" in confusion and len(labels) <= _MOST_IN_MATRIX:
        names = [shorten(escape_control(name), _CHARACTERS_OF_COLUMN) for name in labels]
        rows = [[name, *(f"{count:,}" for count in row)] for name, row in zip(labels, confusion["matrix"], strict=True)]
        return ["confusion matrix, rows are gold and columns are predicted", *_table(["", *names], rows)]
    pairs = [
        [
            pair["gold"],
            shorten(escape_control(pair["decided"]), _CHARACTERS),
            f"{pair['count']:,}",
            f"{pair['share']:.1%}",
        ]
        for pair in confusion["pairs"]
    ]
    return _table(["most often confused: gold", "predicted", "count", "of gold"], pairs) if pairs else []


def _decisions(counts: Sequence[Any]) -> list[str]:
    """Return the lines of a table with each label's hits, misses, false alarms and correct rejections.

    This table replaces the confusion matrix when rows may have several labels.
    """
    shown = sorted(counts, key=lambda row: -(row["hit"] + row["missed"]))[:_MOST_LINES]
    names = ("hit", "missed", "false_alarm", "rejected")
    rows = [[row["label"], *(f"{row[name]:,}" for name in names)] for row in shown]
    heading = ["label", "hits", "misses", "false alarms", "correct rejections"]
    return [*_table(heading, rows), *_left_out(counts, shown)] if rows else []


def _thresholds(thresholds: Mapping[str, Any] | None) -> list[str]:
    if thresholds is None:
        return []
    splits = thresholds["splits"]
    labels = thresholds.get("labels", [])
    shown = sorted(labels, key=lambda row: -row["rows"])[:_MOST_LINES]
    rows = [_threshold_row("all", f"{thresholds['threshold']:g}", splits)]
    if labels:
        one_by_one = {
            split: {"before": score["before"], "after": thresholds["one_by_one"][split]}
            for split, score in splits.items()
        }
        rows.append(_threshold_row("one per label", "", one_by_one))
    rows += [_threshold_row(row["label"], f"{row['threshold']:g}", row["splits"]) for row in shown]
    heading = ["label", f"best on {thresholds['chosen_on']}", *(f"{split} F1" for split in splits)]
    title = f"suggested thresholds, {metric_title(thresholds['figure'])} without and with them"
    return [title, *_table(heading, rows), *_left_out(labels, shown)]


def _threshold_row(name: str, threshold: str, splits: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [name, threshold, *(f"{one['before']:.4f} to {one['after']:.4f}" for one in splits.values())]


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table with aligned columns. Long names in the first column are shortened."""
    cells = [heading, *([shorten(escape_control(row[0]), _CHARACTERS), *row[1:]] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in cells
    ]


def _left_out(every: Sequence[Any], shown: Sequence[Any]) -> list[str]:
    more = len(every) - len(shown)
    return [f"and {more:,} more labels; --json lists them all"] if more else []


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
