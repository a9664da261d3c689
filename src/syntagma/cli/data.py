"""`syntagma data`: the named corpora, and what is in a file, a folder or a corpus."""

from typing import Annotated

import typer

from syntagma.cli.options import ALL, AsJson, Reading, reads_files, show
from syntagma.errors import ConfigError

app = typer.Typer(help="List, fetch and describe data.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the corpora that are known by name."""
    from syntagma.data.corpora.registry import CORPORA, find_local

    for name, corpus in CORPORA.items():
        here = find_local(name)
        lines = [*corpus.facts(), str(here) if here is not None else f"not on this machine; {corpus.how_obtained}"]
        typer.echo("\n".join([f"{name} ({corpus.task})", *(f"    {line}" for line in lines)]))


@app.command()
def get(name: Annotated[str, typer.Argument(help="Name of a corpus.")]) -> None:
    """Fetch a corpus unless it is there, and say where it lies."""
    from syntagma.data.corpora.registry import get

    typer.echo(str(get(name)))


@app.command()
@reads_files(*ALL)
def describe(
    asked: Reading,
    source: Annotated[
        str | None, typer.Argument(help="Path of a file or folder, or name of a corpus.", metavar="PATH_OR_NAME")
    ] = None,
    json: AsJson = False,
    task: Annotated[
        str | None, typer.Option(help="Task that the data is for; found by the names of the files otherwise.")
    ] = None,
    tagged: Annotated[bool, typer.Option("--tagged", help="Words with tags or spans.")] = False,
) -> None:
    """Show counts, balance, lengths, duplicates and conflicts, and whatever else the kind of data has."""
    from syntagma.runs.reading import describe

    if tagged and task is not None:
        raise ConfigError("--tagged and --task say the same; give one of them.")
    found = asked.source(source, "PATH_OR_NAME")
    if found is None:
        raise ConfigError(
            "name what to describe: a file, a folder or a corpus, or files with --train, --dev and --test."
        )
    show(describe(found, "tagged" if tagged else task, asked.columns, asked.settings), json)
