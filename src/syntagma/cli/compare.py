"""`syntagma compare`: two runs on the same test rows."""

from pathlib import Path
from typing import Annotated

import typer


def compare(
    first: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
    second: Annotated[Path, typer.Argument(help="Another one, scored on the same rows.", metavar="RUN")],
    split: Annotated[str, typer.Option(help="Which split.")] = "test",
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Compare two runs on the same rows with paired tests."""
    from json import dumps

    from syntagma.runs.comparing import compare

    found = compare(first, second, split)
    typer.echo(dumps(found.to_dict(), indent=2, ensure_ascii=False) if json else found.to_text())
