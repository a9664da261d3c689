"""`syntagma predict`: predictions of a trained model for new texts."""

from pathlib import Path
from typing import Annotated, Any

import typer

from syntagma.cli.arguments import decode_argument
from syntagma.cli.layout import DATA, OUTPUT, PREDICTING, examples
from syntagma.cli.options import Reading, add_reading_options
from syntagma.cli.prediction_options import PREDICTION_OPTIONS, add_prediction_options
from syntagma.errors import ConfigError

EXAMPLES = examples(
    'syntagma predict runs/first "A warm and funny film."',
    "syntagma predict runs/first --input new.csv --output predicted.csv",
    "cat texts.txt | syntagma predict runs/first --input - --format jsonl",
)


@add_reading_options(
    "column", "text_column", "word_column", "source_column", "separator", "no_header", "quoted", "bad_rows"
)
@add_prediction_options(*PREDICTION_OPTIONS)
def predict(
    reading: Reading,
    answers: dict[str, Any],
    folder: Annotated[Path, typer.Argument(help="A run folder, or a saved model.", metavar="DIR")],
    texts: Annotated[
        list[str] | None,
        typer.Argument(help="Texts to predict for. Put those that begin with - after --.", metavar="TEXT"),
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option(
            "--input",
            help="File of texts: plain lines, CSV, TSV, JSONL or Parquet. - is the standard input, which holds plain "
            "lines unless --input-format is given.",
            metavar="FILE",
            rich_help_panel=DATA,
        ),
    ] = None,
    input_format: Annotated[
        str | None,
        typer.Option(
            help="Format of the input, such as csv, jsonl or txt. Default: by the name of the file.",
            metavar="NAME",
            rich_help_panel=DATA,
        ),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(
            "--answer",
            help="Another option of predictions with this model; can be repeated.",
            metavar="NAME=VALUE",
            rich_help_panel=PREDICTING,
        ),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            help="HTML page to write that explains the outputs for the first 100 texts. For generated texts.",
            metavar="FILE",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    output: Annotated[
        str, typer.Option(help="File to write. - is the standard output.", metavar="FILE", rich_help_panel=OUTPUT)
    ] = "-",
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Format of the output. Default: by the name of the file.",
            metavar="NAME",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
) -> None:
    """Make predictions for new texts, given as arguments or in a file. The columns of a file are kept in the output."""
    from syntagma.cli.lean_imports import import_for_predicting
    from syntagma.config import override

    import_for_predicting()

    from syntagma.runs.predicting import predict

    if bool(texts) == (input_ is not None):
        raise ConfigError("give texts as arguments, or a file with --input (- for standard input), not both or none.")
    texts = None if texts is None else [decode_argument(text) for text in texts]
    answers = override(answers, answer or [], "--answer", "NAME=VALUE")
    predict(folder, texts, input_, input_format, output, format_, reading.columns, reading.settings, answers, explain)
