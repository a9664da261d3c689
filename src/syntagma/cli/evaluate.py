"""`syntagma evaluate`: scores of a trained model."""

from pathlib import Path
from typing import Annotated, Any

import typer

from syntagma.cli import candidates
from syntagma.cli.layout import DATA, OUTPUT, examples
from syntagma.cli.options import ALL, AsJson, Reading, add_reading_options, show
from syntagma.cli.prediction_options import PREDICTION_OPTIONS, add_prediction_options
from syntagma.data.sources import SplitFiles
from syntagma.errors import ConfigError
from syntagma.wording import escape_control

EXAMPLES = examples(
    "syntagma evaluate runs/first --details",
    "syntagma evaluate runs/first --data new.csv --report report",
    "syntagma evaluate runs/en-de --beams 1",
)


@add_reading_options(*(name for name in ALL if name not in ("train_files", "dev_files", "test_files")))
@add_prediction_options(*(name for name in PREDICTION_OPTIONS if name != "top_k"))
def evaluate(
    reading: Reading,
    answers: dict[str, Any],
    folder: Annotated[Path, typer.Argument(help="A run folder, or a saved model.", metavar="DIR")],
    data: Annotated[
        str | None,
        typer.Option(
            help="Other data to score on. Default: the held-out rows of the run.",
            metavar="PATH_OR_NAME",
            autocompletion=candidates.corpora_or_files,
            rich_help_panel=DATA,
        ),
    ] = None,
    test: Annotated[
        list[str] | None,
        typer.Option(
            help="File or folder of other data, instead of --data; can be repeated.",
            metavar="PATH",
            rich_help_panel=DATA,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(help="Split to score. Default: test, or all rows of a single file.", rich_help_panel=DATA),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Folder in which to write a report.", metavar="DIR", rich_help_panel=OUTPUT),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            help="CSV file in which to write the predictions with the correct answers.",
            metavar="FILE",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    details: Annotated[
        bool,
        typer.Option(
            "--details",
            help="Also show confusions, areas under curves, and the thresholds that the dev split suggests.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Score a trained model on the held-out rows of its run, or on other data.

    Options for predicting or generating are compared with the default of the model, with a significance test.
    """
    from syntagma.runs.evaluating import evaluate

    if data is not None and test:
        raise ConfigError("--data and --test both name the data; give only one of them.")
    result = evaluate(
        folder,
        SplitFiles.from_paths(test=test) if test else data,
        split,
        reading.columns,
        reading.settings,
        report,
        predictions,
        answers,
        details,
    )
    if not json:
        typer.echo(f"{_name_rows(data, test, split)}: ", nl=False)
    show(result, json)


def _name_rows(data: str | None, test: list[str] | None, split: str | None) -> str:
    """Return the name of the scored rows: a split of the run, or other data."""
    if data is None and not test:
        return split or "test"
    return escape_control(", ".join([*(test or [data or ""]), *([split] if split else [])]))
