"""`syntagma evaluate`: scores of a trained model."""

from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.options import (
    BadRows,
    BadRowsOption,
    CutWords,
    CutWordsOption,
    LabelColumn,
    LabelSeparator,
    Quoted,
    Reading,
    Separator,
    TagColumn,
    TextColumn,
    WordColumn,
)


def evaluate(
    folder: Annotated[Path, typer.Argument(help="A run folder, or a saved model.", metavar="DIR")],
    data: Annotated[
        str | None,
        typer.Option(help="Other data; otherwise the rows that the run held out.", metavar="PATH_OR_NAME"),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Which split; test by default, and all rows of a single file.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report into this folder.", metavar="DIR")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    label_separator: LabelSeparator = None,
    quoted: Quoted = False,
    bad_rows: BadRowsOption = BadRows.error,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    separator: Separator = None,
    cut_words: CutWordsOption = CutWords.error,
) -> None:
    """Score a trained model on the rows its run held out, or on other data."""
    from json import dumps

    from syntagma import bundle
    from syntagma.runs.evaluating import evaluate

    reading = Reading(
        text_column, label_column, label_separator, quoted, bad_rows, word_column, tag_column, separator, cut_words
    )
    evaluation = evaluate(folder, data, split, reading.of_task(bundle.read_recipe(folder).task), report)
    typer.echo(dumps(evaluation.to_dict(), indent=2, ensure_ascii=False) if json else evaluation.to_text())
