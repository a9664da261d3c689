"""`syntagma practices`: what there is of the field's best practices, and where each is switched on."""

import typer


def practices() -> None:
    """List the best practices with their layers and with what switches them on in a recipe."""
    from syntagma.recipes.practices import PRACTICES

    for practice in PRACTICES:
        typer.echo(practice.name)
        if practice.parts:
            typer.echo(f"    part: {', '.join(practice.parts.split())}")
        if practice.switches:
            dashed = practice.switches.startswith("--")
            settings = practice.switches if dashed else " ".join(f"--set {one}" for one in practice.switches.split())
            typer.echo(f"    on: syntagma train RECIPE {settings}")
