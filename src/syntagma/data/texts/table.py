"""Tables of texts."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from syntagma.data.tables.table import PER_ROW, Table


@dataclass(frozen=True, repr=False)
class TextTable(Table):
    """A table with one text per row, and optional labels and other columns. See `Table` for the other arguments.

    Args:
        texts: Text of each row.

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
        """Text of each row. Rows with equal texts count as equal."""
        return self.texts

    def common_property(self) -> str | None:
        """Return "empty" if all texts are blank, "equal" if they differ only in outer white space, or else `None`."""
        if len({text.strip() for text in self.texts}) != 1:
            return None
        return "equal" if self.texts[0].strip() else "empty"
