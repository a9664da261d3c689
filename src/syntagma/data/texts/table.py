"""Rows of texts."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from syntagma.data.tables.table import PER_ROW, Table


@dataclass(frozen=True, repr=False)
class TextTable(Table):
    """Texts in a fixed order, with whatever else was in their rows; see `Table` for the other arguments.

    Args:
        texts: The texts, one per row.

    Example:
        >>> table = TextTable(["good", "bad", "fine"], labels=["+", "-", "+"])
        >>> table.select([2, 0]).texts
        ['fine', 'good']
    """

    ROWS: ClassVar[str] = "texts"
    ROLE: ClassVar[str] = "text"

    texts: list[str] = field(metadata=PER_ROW)
    _: KW_ONLY
    source: str = "texts"

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def keys(self) -> Sequence[str]:
        """The texts themselves."""
        return self.texts

    def why_alike(self) -> str | None:
        """Return whether all texts are equal or empty, white space aside."""
        if len({text.strip() for text in self.texts}) != 1:
            return None
        return "equal" if self.texts[0].strip() else "empty"
