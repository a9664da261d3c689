"""The task of time series classification."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from syntagma.data.options import ReadOptions
from syntagma.data.series.describe import SeriesDescription, describe_series
from syntagma.data.series.from_python import parse_series
from syntagma.data.series.reading import holds_series, read_series_corpus, read_series_table
from syntagma.data.series.table import SeriesTable
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.table import Corpus
from syntagma.evaluation.baselines import Baseline
from syntagma.evaluation.series.baselines import train_series_baselines
from syntagma.shapes import AnyArray
from syntagma.tasks.labelling.label_task import LabelTask, add_trained_columns
from syntagma.tasks.series.classifier import SeriesClassifier
from syntagma.tasks.series.recipe import SeriesColumns, SeriesRecipe
from syntagma.tasks.task import SPLIT_COLUMNS, FileOptions

_ROLES = {
    "id": "Column that identifies the series of each step, in tables with one row per step.",
    "time": "Column that orders the steps of a series, in tables with one row per step.",
    "values": "Columns with the values, separated by commas. All other numeric columns by default.",
}


class SeriesTask(LabelTask):
    """Time series classification: series as input, labels as output."""

    name = "series"
    recipe = SeriesRecipe
    estimator = SeriesClassifier
    file_options = FileOptions(
        {**_ROLES, "label": "Column with the labels. Guessed by default.", **SPLIT_COLUMNS}, frozenset({"quoted"})
    )
    input_options = FileOptions(_ROLES, frozenset({"quoted"}))
    row_names = ("series", "series")

    def recognises(self, path: Path) -> bool:
        return holds_series(path)

    def read_files(self, path: Path | SplitFiles, options: ReadOptions) -> Corpus:
        return read_series_corpus(path, options)

    def store_options(self, recipe: SeriesRecipe, corpus: Corpus, options: ReadOptions) -> SeriesRecipe:
        names = {role: corpus.train.names.get(role) for role in SeriesColumns.model_fields}
        return recipe.model_copy(update={"columns": SeriesColumns(**names)})

    def read_input(
        self, rows: Sequence[str] | None, path: str | None, format: str | None, options: ReadOptions, model: Any
    ) -> SeriesTable:
        if path is None:
            return parse_series(rows or ())
        return read_series_table(path, add_trained_columns(options, model.recipe_), labelled=False, format=format)

    def describe(self, corpus: Corpus) -> SeriesDescription:
        return describe_series(corpus)

    def train_baselines(
        self, train: SeriesTable, gold: AnyArray, classes: int, splits: Mapping[str, SeriesTable]
    ) -> Iterator[Baseline]:
        return train_series_baselines(train.series, gold, classes, {name: one.series for name, one in splits.items()})

    def pack(self, table: SeriesTable) -> dict[str, list[Any]]:
        return {
            "series": [one.tolist() for one in table.series],
            "channels": [list(table.channels) for _ in table.series],
        }

    def unpack(
        self, rows: Mapping[str, list[Any]], labels: list[Any], columns: dict[str, list[Any]], source: str
    ) -> SeriesTable:
        series = [np.array(one, np.float32) for one in rows["series"]]
        channels = tuple(rows["channels"][0]) if rows["channels"] else ()
        return SeriesTable(series, channels=channels, labels=labels, columns=columns, source=source)

    def input_columns(self, table: SeriesTable, row: int) -> dict[str, Any]:
        return {name: column[row] for name, column in table.columns.items()} or {"row": row + 1}

    def lengths(self, table: SeriesTable) -> tuple[str, list[int]]:
        return "steps", [len(one) for one in table.series]


TASK = SeriesTask()
