"""Base classes of the results of all tasks, which can be printed and converted to JSON."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from syntagma.wording import escape_control


@dataclass(frozen=True, repr=False)
class BaseEvaluation:
    """Scores on labelled rows. `print` and notebooks show the scores as a table.

    Attributes:
        scores: Dictionary of scores, keyed by name. Values may be dictionaries too, such as the scores of each class.
    """

    scores: dict[str, Any]

    @property
    def accuracy(self) -> float:
        """Fraction of rows or words with a correct prediction, 0 to 1.

        If rows may have several labels, a prediction is correct only if it has exactly the gold labels.
        """
        return float(self.scores["accuracy"])

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as plain values that can be written as JSON."""
        return self.scores

    def to_text(self) -> str:
        """Return the scores as a text table."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        numbers = {name: value for name, value in self.scores.items() if isinstance(value, int | float)}
        shown = (f"{name}={f'{one:.4g}' if isinstance(one, float) else one}" for name, one in numbers.items())
        return f"{type(self).__name__}({', '.join(shown)})"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.to_text())}</pre>"


class Displayable(Protocol):
    """Interface of a result that can be printed or written as JSON, such as a comparison or a description."""

    def to_text(self) -> str:
        """Return the result as text."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values that can be written as JSON."""
        ...


def figures_table(rows: Mapping[str, Mapping[str, Any]], heading: str, count: str) -> list[str]:
    """Return the lines of a table with the precision, recall, F1 and count of each label.

    Args:
        rows: Dictionary that maps each label to a record with `precision`, `recall`, `f1` and the count.
        heading: Heading of the column with the labels.
        count: Key of the count in the records, and heading of its column, such as "rows".
    """
    names = [escape_control(name) for name in rows]
    width = max([5, *map(len, names)])
    lines = [f"{heading:<{width}}  precision  recall      F1  {count:>{max(6, len(count) + 1)}}"]
    for name, row in zip(names, rows.values(), strict=True):
        figures = f"{row['precision']:9.4f}  {row['recall']:6.4f}  {row['f1']:6.4f}"
        lines.append(f"{name:<{width}}  {figures}  {row[count]:{max(6, len(count) + 1)},}")
    return lines
