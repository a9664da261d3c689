"""`syntagma practices`: best practices from the literature, and the settings that enable them."""

import typer

from syntagma.cli.layout import examples

EXAMPLES = examples("syntagma practices")


def practices() -> None:
    """List best practices from the literature, each with its layers and the settings that enable it."""
    from syntagma.recipes.practices import PRACTICES

    for practice in PRACTICES:
        typer.echo(practice.name)
        if practice.parts:
            typer.echo(f"    part: {', '.join(practice.parts.split())}")
        if practice.switches:
            typer.echo(f"    on: syntagma train {practice.recipe} {practice.options}")
