"""`syntagma data`: list and download named corpora, and describe files, folders and corpora."""

from typing import Annotated

import typer

from syntagma.cli import candidates
from syntagma.cli.layout import DATA, Command, Group, examples
from syntagma.cli.options import ALL, AsJson, Reading, add_reading_options, show
from syntagma.errors import ConfigError

app = typer.Typer(
    cls=Group,
    help="List, download and describe data.",
    no_args_is_help=True,
    epilog=examples("syntagma data list", "syntagma data describe reviews.csv"),
)


@app.command("list", cls=Command, epilog=examples("syntagma data list"))
def list_() -> None:
    """List the corpora that can be used by name."""
    from syntagma.data.corpora.registry import CORPORA, find_local

    for name, corpus in CORPORA.items():
        folder = find_local(name)
        place = str(folder) if folder is not None else f"not on this machine; {corpus.how_obtained}"
        typer.echo("\n".join([f"{name} ({corpus.task})", *(f"    {line}" for line in (*corpus.facts(), place))]))


@app.command(cls=Command, epilog=examples("syntagma data get rotten-tomatoes"))
def get(
    name: Annotated[str, typer.Argument(help="Name of a corpus.", metavar="NAME", autocompletion=candidates.corpora)],
) -> None:
    """Download a corpus, unless it is already on this machine, and print the path of its folder."""
    from syntagma.data.corpora.registry import get

    typer.echo(str(get(name)))


@app.command(
    cls=Command,
    epilog=examples(
        "syntagma data describe reviews.csv --text-column review",
        "syntagma data describe --train train.conll --test test.conll --json",
    ),
)
@add_reading_options(*ALL)
def describe(
    reading: Reading,
    source: Annotated[
        str | None,
        typer.Argument(
            help="Path of a file or folder, or name of a corpus.",
            metavar="PATH_OR_NAME",
            autocompletion=candidates.corpora_or_files,
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            help="Task that the data is for. Default: judged by the names of the files.",
            autocompletion=candidates.tasks,
            rich_help_panel=DATA,
        ),
    ] = None,
    tagged: Annotated[
        bool, typer.Option("--tagged", help="Short for --task tagging: words with tags or spans.", rich_help_panel=DATA)
    ] = False,
    json: AsJson = False,
) -> None:
    """Show counts, class balance, lengths, duplicates, conflicting labels and other facts about data."""
    from syntagma.runs.reading import describe

    if tagged and task is not None:
        raise ConfigError("--tagged and --task both name the task; give only one of them.")
    data = reading.source(source, "PATH_OR_NAME")
    if data is None:
        raise ConfigError(
            "name the data to describe: a file, a folder or a corpus, or files with --train, --dev and --test."
        )
    show(describe(data, "tagged" if tagged else task, reading.columns, reading.settings), json)
