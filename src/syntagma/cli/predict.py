"""`syntagma predict`: labels for new texts."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.options import Quoted, TextColumn, read_options
from syntagma.errors import ConfigError


class Format(StrEnum):
    """How predictions are written."""

    plain = "plain"
    csv = "csv"
    jsonl = "jsonl"


def predict(
    folder: Annotated[Path, typer.Argument(help="A run folder, or a saved model.", metavar="DIR")],
    texts: Annotated[list[str] | None, typer.Argument(help="Texts to label.", metavar="TEXT...")] = None,
    input_: Annotated[
        str | None,
        typer.Option(
            "--input",
            help="File of texts: lines, CSV, TSV, JSONL, Parquet; - for lines from standard input.",
            metavar="FILE",
        ),
    ] = None,
    input_format: Annotated[
        str | None, typer.Option(help="csv, tsv, jsonl or txt, where the name of the file does not tell.")
    ] = None,
    output: Annotated[str, typer.Option(help="File to write; - for standard output.", metavar="FILE")] = "-",
    format_: Annotated[
        Format | None, typer.Option("--format", help="By default as the output file is named, or as the input is.")
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, help="Give so many labels, the most probable first.")] = 1,
    threshold: Annotated[
        float,
        typer.Option(min=0, max=1, help="Probability for the second of two classes, or for each of several labels."),
    ] = 0.5,
    text_column: TextColumn = None,
    quoted: Quoted = False,
) -> None:
    """Label new texts, given as arguments or in a file; a file's columns are kept."""
    from syntagma.runs.predicting import predict_table, read_input, write_output

    if bool(texts) == (input_ is not None):
        raise ConfigError("give texts as arguments, or a file with --input (- for standard input), not both or none.")
    options = read_options(text_column, quoted=quoted)
    table = read_input(texts, input_, input_format, options)
    rows = predict_table(folder, table, top_k=top_k, threshold=threshold)
    write_output(rows, output, format_.value if format_ else _default_format(input_, input_format, output))


def _default_format(input_: str | None, input_format: str | None, output: str) -> str:
    for name in (output, input_ or "", f".{input_format}"):
        if any(name.endswith(f".{kind}{packed}") for kind in ("jsonl", "ndjson") for packed in ("", ".gz")):
            return "jsonl"
        if name.endswith(".csv"):
            return "csv"
    return "csv" if input_ not in (None, "-") or output != "-" else "plain"
