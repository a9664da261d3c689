"""Columns of text and label: those that a model was trained on, if nobody names others."""

from dataclasses import replace

from syntagma.data.options import ReadOptions
from syntagma.data.tables.table import Table
from syntagma.tasks.classification.recipe import Columns, Recipe


def reading_as_trained(options: ReadOptions, recipe: Recipe) -> ReadOptions:
    """Return options that look for the recipe's columns first."""
    columns = {"text": recipe.columns.text, "label": recipe.columns.label}
    return replace(
        options,
        usual={role: name for role, name in columns.items() if name is not None},
        label_separator=options.label_separator or recipe.columns.label_separator,
    )


def with_columns(recipe: Recipe, table: Table, options: ReadOptions) -> Recipe:
    """Return the recipe with the columns that were read."""
    separator = options.label_separator or recipe.columns.label_separator
    columns = Columns(text=table.name_of("text"), label=table.name_of("label"), label_separator=separator)
    return recipe.model_copy(update={"columns": columns})
