"""`syntagma evaluate`: scores of a trained model."""

from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.options import ALL, AsJson, Reading, Threshold, reads_files, show
from syntagma.data.sources import SplitFiles
from syntagma.errors import ConfigError


@reads_files(*(name for name in ALL if name not in ("train_files", "dev_files", "test_files")))
def evaluate(
    asked: Reading,
    folder: Annotated[Path, typer.Argument(help="A run folder, or a saved model.", metavar="DIR")],
    data: Annotated[
        str | None,
        typer.Option(help="Other data; otherwise the rows that the run held out.", metavar="PATH_OR_NAME"),
    ] = None,
    test: Annotated[
        list[str] | None,
        typer.Option(
            help="File or folder of other data, in place of --data; may be given several times.", metavar="PATH"
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Which split; test by default, and all rows of a single file.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report into this folder.", metavar="DIR")] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(help="Write what is predicted, next to what is right, into this CSV file.", metavar="FILE"),
    ] = None,
    threshold: Threshold = None,
    details: Annotated[
        bool,
        typer.Option("--details", help="Show confusions, areas under curves and the thresholds that dev suggests too."),
    ] = False,
    json: AsJson = False,
) -> None:
    """Score a trained model on the rows its run held out, or on other data."""
    from syntagma.runs.evaluating import evaluate

    if data is not None and test:
        raise ConfigError("--data and --test both say where the rows are; give one of them.")
    found = evaluate(
        folder,
        SplitFiles.from_paths(test=test) if test else data,
        split,
        asked.columns,
        asked.settings,
        report,
        predictions,
        threshold,
        details,
    )
    show(found, json)
