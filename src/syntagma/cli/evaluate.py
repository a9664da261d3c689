"""`syntagma evaluate`: scores of a trained model."""

from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.options import ALL, AsJson, Reading, reads_files, show


@reads_files(*ALL)
def evaluate(
    asked: Reading,
    folder: Annotated[Path, typer.Argument(help="A run folder, or a saved model.", metavar="DIR")],
    data: Annotated[
        str | None,
        typer.Option(help="Other data; otherwise the rows that the run held out.", metavar="PATH_OR_NAME"),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Which split; test by default, and all rows of a single file.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report into this folder.", metavar="DIR")] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(help="Write what is predicted, next to what is right, into this CSV file.", metavar="FILE"),
    ] = None,
    json: AsJson = False,
) -> None:
    """Score a trained model on the rows its run held out, or on other data."""
    from syntagma.runs.evaluating import evaluate

    show(evaluate(folder, data, split, asked.columns, asked.settings, report, predictions), json)
