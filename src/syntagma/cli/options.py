"""Options that several verbs share."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from syntagma.data.reading import ReadOptions


class BadRows(StrEnum):
    """What happens to rows that break a rule."""

    error = "error"
    skip = "skip"


TextColumn = Annotated[str | None, typer.Option(help="Column of the texts; guessed otherwise.", metavar="NAME")]
LabelColumn = Annotated[str | None, typer.Option(help="Column of the labels; guessed otherwise.", metavar="NAME")]
LabelSeparator = Annotated[
    str | None, typer.Option(help="Character between several labels of one text.", metavar="CHAR")
]
Quoted = Annotated[bool, typer.Option("--quoted", help="In TSV files, fields may stand in double quotes.")]
BadRowsOption = Annotated[
    BadRows, typer.Option("--bad-rows", help="Stop at a row that breaks a rule, or skip it and say so.")
]


def read_options(
    text_column: str | None = None,
    label_column: str | None = None,
    label_separator: str | None = None,
    quoted: bool = False,
    bad_rows: BadRows = BadRows.error,
) -> "ReadOptions":
    """The options of reading files."""
    from syntagma.data.reading import ReadOptions

    return ReadOptions(text_column, label_column, label_separator, quoted, bad_rows.value)
