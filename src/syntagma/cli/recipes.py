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
            figure = ("accuracy", "accuracy") if "accuracy" in result else ("span F1", "span_f1")
            score = f"test {figure[0]} {result[figure[1]]:.3f}"
            typer.echo(f"    {result['corpus']}: {score} after {result['minutes']:g} minutes")
