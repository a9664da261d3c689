"""Tables of texts."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from syntagma.data.tables.table import PER_ROW, Table


@dataclass(frozen=True, repr=False)
class TextTable(Table):
    """A table of texts, with optional labels and other columns. The other arguments are those of `Table`.

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
        """Texts of the rows: rows are equal if their texts are."""
        return self.texts

    def common_property(self) -> str | None:
        """Return "equal" or "empty" if all texts are, apart from white space at the ends; otherwise `None`."""
        if len({text.strip() for text in self.texts}) != 1:
            return None
        return "equal" if self.texts[0].strip() else "empty"
