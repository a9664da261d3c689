"""`syntagma recipes`: what there is, with the scores to expect."""

from typing import Annotated

import typer


def recipes(
    name: Annotated[str | None, typer.Argument(help="Show this recipe in full, every default written out.")] = None,
) -> None:
    """List the recipes with their expected scores and minutes, or show one in full."""
    from syntagma.recipes import shipped

    if name is not None:
        from syntagma.recipes import catalog

        typer.echo(catalog.find(name).to_yaml(), nl=False)
        return
    for known in shipped.names():
        values = shipped.read(known)
        typer.echo(f"{known}\n    {values['description']}")
        for result in values.get("expected", ()):
            typer.echo(
                f"    {result['corpus']}: test accuracy {result['accuracy']:.3f} after {result['minutes']:g} minutes"
            )
