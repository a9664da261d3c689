"""`syntagma compare`: two runs on the same test rows."""

from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.options import AsJson, show


def compare(
    first: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
    second: Annotated[Path, typer.Argument(help="Another one, scored on the same rows.", metavar="RUN")],
    split: Annotated[str, typer.Option(help="Which split.")] = "test",
    json: AsJson = False,
) -> None:
    """Compare two runs on the same rows with paired tests."""
    from syntagma.runs.comparing import compare

    show(compare(first, second, split), json)
