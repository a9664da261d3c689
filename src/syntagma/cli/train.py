"""`syntagma train`: a recipe on data, into a run folder."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.options import (
    BadRows,
    BadRowsOption,
    LabelColumn,
    LabelSeparator,
    Quoted,
    TextColumn,
    read_options,
)


def train(
    recipe: Annotated[str, typer.Argument(help="Name of a recipe, or path of a recipe file (.yaml).")],
    data: Annotated[str | None, typer.Option(help="File, folder, or name of a corpus.", metavar="PATH_OR_NAME")] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder; one under runs/ by default.", metavar="DIR")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Change a setting of the recipe.", metavar="a.b=VALUE")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides initial weights, dropout and order.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run folder that exists.")] = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    label_separator: LabelSeparator = None,
    quoted: Quoted = False,
    bad_rows: BadRowsOption = BadRows.error,
) -> None:
    """Train a recipe on data and score it on the dev and test splits."""
    from syntagma.recipes import catalog
    from syntagma.runs.training import Plan
    from syntagma.runs.training import train as run

    result = run(
        Plan(
            recipe=catalog.find(recipe, set_ or []),
            data=data,
            out=out,
            seed=seed,
            overwrite=overwrite,
            options=read_options(text_column, label_column, label_separator, quoted, bad_rows),
            command=("syntagma", *sys.argv[1:]),
        )
    )
    for split, evaluation in result.evaluations.items():
        typer.echo(f"\n{split}: {evaluation.to_text()}")
    typer.echo("")
    for split, evaluation in result.evaluations.items():
        typer.echo(f"{split} accuracy {evaluation.accuracy:.3f}")
    typer.echo(f"trained in {result.metrics['seconds']['train']:.0f} s; run folder: {result.folder.path}")
    if result.interrupted:
        raise typer.Exit(130)
