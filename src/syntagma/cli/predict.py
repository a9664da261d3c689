"""`syntagma predict`: labels for new texts."""

import os
from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.options import Reading, Threshold, reads_files
from syntagma.errors import ConfigError


@reads_files("column", "text_column", "word_column", "separator", "no_header", "quoted", "bad_rows")
def predict(
    asked: Reading,
    folder: Annotated[Path, typer.Argument(help="A run folder, or a saved model.", metavar="DIR")],
    texts: Annotated[
        list[str] | None, typer.Argument(help="Texts to label; behind -- where one begins with -.", metavar="TEXT...")
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option(
            "--input",
            help="File of texts: lines, CSV, TSV, JSONL, Parquet; - for standard input, read as lines or as "
            "--input-format says.",
            metavar="FILE",
        ),
    ] = None,
    input_format: Annotated[
        str | None, typer.Option(help="Format of the file if its name does not tell, such as csv, jsonl or txt.")
    ] = None,
    output: Annotated[str, typer.Option(help="File to write; - for standard output.", metavar="FILE")] = "-",
    format_: Annotated[
        str | None,
        typer.Option("--format", help="Format of the output; as its file is named by default.", metavar="NAME"),
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(min=1, help="Number of answers per row, the most probable first; 1 by default.")
    ] = None,
    threshold: Threshold = None,
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", help="Anything else that this model may be asked.", metavar="NAME=VALUE"),
    ] = None,
) -> None:
    """Predict for new rows, given as arguments or in a file; a file's columns are kept."""
    from syntagma.cli.lean_imports import import_for_predicting
    from syntagma.config import override

    import_for_predicting()

    from syntagma.runs.predicting import predict

    if bool(texts) == (input_ is not None):
        raise ConfigError("give texts as arguments, or a file with --input (- for standard input), not both or none.")
    texts = None if texts is None else [_decoded(text) for text in texts]
    short = {"top_k": top_k, "threshold": threshold}
    answers = override(
        {name: value for name, value in short.items() if value is not None}, answer or [], "--answer", "NAME=VALUE"
    )
    predict(folder, texts, input_, input_format, output, format_, asked.columns, asked.settings, answers)


def _decoded(text: str) -> str:
    """Return an argument as UTF-8, whatever the locale made of its bytes."""
    try:
        return os.fsencode(text).decode("utf-8")
    except UnicodeError:
        return text
