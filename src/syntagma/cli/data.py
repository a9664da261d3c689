"""`syntagma data`: the named corpora, and what is in a file, a folder or a corpus."""

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

app = typer.Typer(help="List, fetch and describe data.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the corpora that are known by name."""
    from syntagma.data.corpora.sentences import TAGGED_CORPORA, find_folder
    from syntagma.data.corpora.texts import CORPORA, find_local

    for name, corpus in CORPORA.items():
        rows = ", ".join(f"{count:,} {split}" for split, count in corpus.rows.items())
        here = find_local(name)
        typer.echo(f"{name}\n    {corpus.description}\n    {corpus.classes} classes; {rows}")
        typer.echo(f"    licence: {corpus.licence}\n    cite: {corpus.citation}\n    {corpus.notes}")
        typer.echo(f"    {here if here is not None else 'not on this machine; ' + corpus.how_obtained}")
    for name, tagged in TAGGED_CORPORA.items():
        typer.echo(f"{name}\n    {tagged.description}\n    licence: {tagged.licence}\n    cite: {tagged.citation}")
        folder = find_folder(tagged)
        typer.echo(f"    {folder if folder is not None else 'not on this machine; ' + tagged.how_obtained}")


@app.command()
def get(name: Annotated[str, typer.Argument(help="Name of a corpus.")]) -> None:
    """Fetch a corpus unless it is there, and say where it lies."""
    from syntagma.data.corpora.sentences import get_tagged, is_named_tagged
    from syntagma.data.corpora.texts import get

    typer.echo(str(get_tagged(name) if is_named_tagged(name) else get(name)))


@app.command()
def describe(
    source: Annotated[
        str, typer.Argument(help="Path of a file or folder, or name of a corpus.", metavar="PATH_OR_NAME")
    ],
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    label_separator: LabelSeparator = None,
    quoted: Quoted = False,
    bad_rows: BadRowsOption = BadRows.error,
    tagged: Annotated[
        bool, typer.Option("--tagged", help="Words with tags or spans, where the names of the files do not tell.")
    ] = False,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    separator: Separator = None,
    cut_words: CutWordsOption = CutWords.error,
) -> None:
    """Show counts, balance, lengths, duplicates and conflicts; of tagged words, their tags and spans."""
    from json import dumps

    from syntagma.data.corpora.sentences import is_tagged, load_tagged_corpus
    from syntagma.data.corpora.texts import load_corpus
    from syntagma.data.sentences.describe import TaggedDescription, describe_tags
    from syntagma.data.texts.describe import Description, describe

    reading = Reading(
        text_column, label_column, label_separator, quoted, bad_rows, word_column, tag_column, separator, cut_words
    )
    description: Description | TaggedDescription
    if tagged or is_tagged(source):
        description = describe_tags(load_tagged_corpus(source, reading.for_tags()))
    else:
        description = describe(load_corpus(source, reading.for_labels()))
    typer.echo(dumps(description.to_dict(), indent=2, ensure_ascii=False) if json else description.to_text())
