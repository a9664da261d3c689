"""`syntagma recipes`: what there is, with the scores to expect."""

from typing import Annotated

import typer


def recipes(
    name: Annotated[str | None, typer.Argument(help="Show this recipe in full, every default written out.")] = None,
) -> None:
    """List the recipes with their expected scores and minutes, or show one in full."""
    from syntagma.recipes import shipped
    from syntagma.wording import metric_title

    if name is not None:
        from syntagma.tasks.registry import find_recipe

        typer.echo(find_recipe(name).to_yaml(), nl=False)
        return
    for known in shipped.names():
        values = shipped.read(known)
        typer.echo(f"{known}\n    {values['description']}")
        for result in values.get("expected", ()):
            scores = ", ".join(f"test {metric_title(key)} {value:.3f}" for key, value in result["scores"].items())
            typer.echo(f"    {result['corpus']}: {scores} after {result['minutes']:g} minutes")
