"""Which columns of a file hold text and label: those that a model was trained on, where nobody names others."""

from dataclasses import replace

from syntagma.data.tables.table import Table
from syntagma.data.texts.reading import ReadOptions
from syntagma.recipes.schema import Columns, Recipe


def reading_as_trained(options: ReadOptions, recipe: Recipe) -> ReadOptions:
    """Options that look for the recipe's columns first."""
    return replace(
        options,
        usual_text_column=recipe.columns.text,
        usual_label_column=recipe.columns.label,
        label_separator=options.label_separator or recipe.columns.label_separator,
    )


def with_columns(recipe: Recipe, table: Table, options: ReadOptions) -> Recipe:
    """The recipe with the columns that were read."""
    columns = Columns(text=table.text_name, label=table.label_name, label_separator=options.label_separator)
    return recipe.model_copy(update={"columns": columns})
