"""`syntagma recipes`: list of the shipped recipes with expected scores, or all values of one recipe."""

import json
from typing import Annotated

import typer

from syntagma.cli import candidates
from syntagma.cli.layout import OUTPUT, examples
from syntagma.errors import ConfigError

EXAMPLES = examples(
    "syntagma recipes",
    "syntagma recipes classify",
    "syntagma recipes classify > mine.yaml",
    "syntagma train mine.yaml --data rotten-tomatoes",
)


def recipes(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Name of a recipe, or path of a recipe file (.yaml).",
            metavar="NAME",
            autocompletion=candidates.recipes_or_files,
        ),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Show the recipe without comments.", rich_help_panel=OUTPUT)
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=OUTPUT)] = False,
) -> None:
    """List the recipes with their expected scores, or show all values of one recipe.

    A recipe is shown as YAML, with the meaning of each line as a comment. To make your own recipe, redirect the output
    to a file that ends in .yaml, edit the file, and pass its path to `syntagma train`.
    """
    if name is None:
        if plain:
            raise ConfigError("--plain shows one recipe without comments; name a recipe.")
        _list(as_json)
        return
    from syntagma.cli.lean_imports import import_for_predicting

    import_for_predicting()

    from syntagma.recipes.settings import to_commented_yaml
    from syntagma.tasks.registry import find_recipe

    recipe = find_recipe(name)
    if as_json:
        typer.echo(json.dumps(recipe.model_dump(mode="json"), indent=2, ensure_ascii=False))
    else:
        typer.echo(recipe.to_yaml() if plain else to_commented_yaml(recipe), nl=False)


def _list(as_json: bool) -> None:
    from syntagma.recipes import shipped
    from syntagma.wording import metric_with_value

    found = {name: shipped.read(name) for name in shipped.names()}
    if as_json:
        keys = ("name", "description", "corpus", "expected")
        listed = [{key: values.get(key) for key in keys} for values in found.values()]
        typer.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        return
    for name, values in found.items():
        typer.echo(f"{name}\n    {values['description']}")
        for result in values.get("expected", ()):
            scores = ", ".join(f"test {metric_with_value(key, value)}" for key, value in result["scores"].items())
            typer.echo(f"    {result['corpus']}: {scores} after {result['minutes']:g} minutes")
