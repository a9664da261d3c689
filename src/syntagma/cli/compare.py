"""`syntagma compare`: comparison of two runs on the same rows."""

from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.layout import DATA, examples
from syntagma.cli.options import AsJson, show

EXAMPLES = examples("syntagma compare runs/first runs/second")


def compare(
    first: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
    second: Annotated[Path, typer.Argument(help="Another run folder, scored on the same rows.", metavar="RUN")],
    split: Annotated[str, typer.Option(help="Split to compare on.", rich_help_panel=DATA)] = "test",
    json: AsJson = False,
) -> None:
    """Compare two runs on the same rows with paired significance tests."""
    from syntagma.runs.comparing import compare

    show(compare(first, second, split), json)
