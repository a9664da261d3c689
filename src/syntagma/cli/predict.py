"""`syntagma predict`: labels for new texts."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.options import BadRows, BadRowsOption, Quoted, Reading, Separator, TextColumn, WordColumn
from syntagma.errors import ConfigError


class Format(StrEnum):
    """How predictions are written."""

    plain = "plain"
    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"
    parquet = "parquet"
    conll = "conll"
    html = "html"
    spacy = "spacy"
    doccano = "doccano"
    prodigy = "prodigy"
    label_studio = "label-studio"


def predict(
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
        str | None,
        typer.Option(help="csv, tsv, jsonl or txt, for taggers conll or conllu too, where the name does not tell."),
    ] = None,
    output: Annotated[str, typer.Option(help="File to write; - for standard output.", metavar="FILE")] = "-",
    format_: Annotated[
        Format | None, typer.Option("--format", help="By default as the output file is named, or as the input is.")
    ] = None,
    top_k: Annotated[
        int, typer.Option(min=1, help="Give so many labels, or ways to tag a text, the most probable first.")
    ] = 1,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Probability from which the second of two classes (in alphabetical order), or a label of several, is "
            "given, 0.5 by default; of spans, 0 by default.",
        ),
    ] = None,
    text_column: TextColumn = None,
    quoted: Quoted = False,
    bad_rows: BadRowsOption = BadRows.error,
    word_column: WordColumn = None,
    separator: Separator = None,
) -> None:
    """Label new texts, or tag their words, given as arguments or in a file; a file's columns are kept."""
    from syntagma.runs import outputs, predicting
    from syntagma.tasks.tagging.formats import write_tagged
    from syntagma.tasks.tagging.tagger import MOST_TAGGINGS, SequenceTagger

    if bool(texts) == (input_ is not None):
        raise ConfigError("give texts as arguments, or a file with --input (- for standard input), not both or none.")
    outputs.check_output(output, input_)
    model = predicting.load_model(folder)
    reading = Reading(
        text_column=text_column, quoted=quoted, bad_rows=bad_rows, word_column=word_column, separator=separator
    )
    asked = format_.value if format_ else None
    if isinstance(model, SequenceTagger):
        tagging_format = outputs.tagging_format(asked, output, spans=model.labels_.scheme is not None)
        if top_k != 1 and tagging_format not in ("plain", "jsonl"):
            raise ConfigError(f"--top-k of tagged words is for plain text and jsonl, not for {tagging_format}.")
        if top_k > MOST_TAGGINGS:
            raise ConfigError(f"--top-k of tagged words is at most {MOST_TAGGINGS}; got {top_k}.")
        tagged = predicting.tag_input(
            model, texts, input_, input_format, *reading.for_either(), threshold or 0.0, top_k
        )
        outputs.write_content(write_tagged(tagged, tagging_format), output)
        return
    format = outputs.label_format(asked, output, input_, input_format)
    table = predicting.read_input(model, texts, input_, input_format, reading.for_labels())
    outputs.write_output(
        predicting.predict_table(model, table, top_k, 0.5 if threshold is None else threshold), output, format
    )
