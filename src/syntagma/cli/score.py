"""`syntagma score`: the log-probability of given targets."""

from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.arguments import decode_argument
from syntagma.cli.layout import DATA, OUTPUT, examples
from syntagma.cli.options import AsJson, Reading, add_reading_options
from syntagma.errors import ConfigError

EXAMPLES = examples(
    'syntagma score runs/en-de "A man." "Ein Mann."',
    "syntagma score runs/en-de --input pairs.tsv --output scored.jsonl",
)


@add_reading_options("column", "source_column", "target_column", "no_header", "quoted", "bad_rows")
def score(
    reading: Reading,
    folder: Annotated[Path, typer.Argument(help="A run folder, or a saved model.", metavar="DIR")],
    pair: Annotated[
        list[str] | None,
        typer.Argument(
            help="A source and its target. Put them after -- if one of them begins with -.", metavar="SOURCE TARGET"
        ),
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option(
            "--input",
            help="File of pairs: CSV, TSV, JSONL or Parquet. - is the standard input, which needs --input-format.",
            metavar="FILE",
            rich_help_panel=DATA,
        ),
    ] = None,
    input_format: Annotated[
        str | None,
        typer.Option(
            help="Format of the input, such as csv or jsonl. Default: by the name of the file.",
            metavar="NAME",
            rich_help_panel=DATA,
        ),
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            help="File to write, with a line of JSON per pair. - is the standard output.",
            metavar="FILE",
            rich_help_panel=OUTPUT,
        ),
    ] = "-",
    json: AsJson = False,
) -> None:
    """Show how probable given targets are, subword by subword, for a model that generates text."""
    from syntagma.runs.answers import score_answers

    if bool(pair) == (input_ is not None):
        raise ConfigError("give a source and its target as arguments, or a file with --input, not both or none.")
    if pair and len(pair) != 2:
        raise ConfigError(
            f"score takes one source and one target; got {len(pair)} texts. Put each in quotes, or use --input."
        )
    pairs = None if not pair else [(decode_argument(pair[0]), decode_argument(pair[1]))]
    score_answers(folder, pairs, input_, input_format, output, reading.columns, reading.settings, as_json=json)
