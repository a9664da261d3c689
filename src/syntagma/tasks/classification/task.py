"""The task of text classification."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from syntagma.data.options import ReadOptions
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.table import Corpus
from syntagma.data.texts.describe import Description, describe
from syntagma.data.texts.from_python import as_texts
from syntagma.data.texts.reading import note_json_lines, read_blocks, read_corpus, read_table
from syntagma.data.texts.table import TextTable
from syntagma.evaluation.baselines import Baseline
from syntagma.evaluation.linear_baselines import train_baselines
from syntagma.progress import note
from syntagma.shapes import AnyArray
from syntagma.tasks.classification.classifier import TextClassifier
from syntagma.tasks.classification.recipe import Columns, Recipe
from syntagma.tasks.labelling.label_task import LabelTask, add_trained_columns
from syntagma.tasks.task import SPLIT_COLUMNS, FileOptions


class ClassificationTask(LabelTask):
    """Text classification: texts as input, labels as output."""

    name = "classification"
    recipe = Recipe
    estimator = TextClassifier
    file_options = FileOptions(
        {
            "text": "Column with the texts, or several columns separated by commas. Guessed by default.",
            "label": "Column with the labels, or several columns of 0 and 1 separated by commas. Guessed by default.",
            **SPLIT_COLUMNS,
        },
        frozenset({"label_separator", "label_names", "no_header", "quoted"}),
    )
    input_options = FileOptions(
        {"text": "Column with the texts. Guessed by default."}, frozenset({"no_header", "quoted"})
    )
    row_names = ("text", "texts")

    def recognises(self, path: Path) -> bool:
        """Return `True`, because data that no other task recognises are read as texts to classify."""
        return True

    def read_files(self, path: Path | SplitFiles, options: ReadOptions) -> Corpus:
        return read_corpus(path, options)

    def store_options(self, recipe: Recipe, corpus: Corpus, options: ReadOptions) -> Recipe:
        names = {role: corpus.train.name_of(role) for role in ("text", "label")}
        separator = options.label_separator or recipe.columns.label_separator
        labels = tuple(options.label_names) or recipe.columns.label_names
        columns = Columns(**names, label_separator=separator, label_names=labels)
        return recipe.model_copy(update={"columns": columns})

    def read_input(
        self, rows: Sequence[str] | None, path: str | None, format: str | None, options: ReadOptions, model: Any
    ) -> TextTable:
        if path is None:
            return TextTable(as_texts(rows or ()))
        table = read_table(path, add_trained_columns(options, model.recipe_), labelled=False, format=format)
        _note_reading(table, path, format, options, model)
        return table

    def read_blocks(
        self,
        rows: Sequence[str] | None,
        path: str | None,
        format: str | None,
        options: ReadOptions,
        model: Any,
        most: int,
    ) -> Iterator[TextTable]:
        if path is None:
            yield from TextTable(as_texts(rows or ())).blocks(most)
            return
        as_trained = add_trained_columns(options, model.recipe_)
        for number, table in enumerate(read_blocks(path, as_trained, format=format, most=most)):
            if number == 0:
                _note_reading(table, path, format, options, model)
            yield table

    def describe(self, corpus: Corpus) -> Description:
        return describe(corpus)

    def data_warnings(self, corpus: Corpus) -> list[str]:
        labelled = {name: table for name, table in corpus.splits.items() if table.labels is not None}
        return describe(Corpus(corpus.name, labelled)).findings()

    def train_baselines(
        self, train: TextTable, gold: AnyArray, classes: int, splits: Mapping[str, TextTable]
    ) -> Iterator[Baseline]:
        texts = {split: table.texts for split, table in splits.items()}
        return train_baselines(train.texts, gold, classes, texts)

    def pack(self, table: TextTable) -> dict[str, list[Any]]:
        return {"text": table.texts}

    def unpack(
        self, rows: Mapping[str, list[Any]], labels: list[Any], columns: dict[str, list[Any]], source: str
    ) -> TextTable:
        return TextTable(rows["text"], labels=labels, columns=columns, source=source)

    def input_columns(self, table: TextTable, row: int) -> dict[str, Any]:
        text = table.name_of("text")
        values = {name: column[row] for name, column in table.columns.items()} | {text: table.texts[row]}
        return {name: values[name] for name in table.header or (text, *table.columns)}


def _note_reading(table: TextTable, path: str, format: str | None, options: ReadOptions, model: Any) -> None:
    """Print a note if JSON lines on standard input are read as plain text, or if the model's text column is missing."""
    note_json_lines(table, path, format)
    trained_on = model.recipe_.columns.text
    if trained_on not in (None, "text", table.name_of("text")) and options.column("text") is None:
        note(f"{table.source}: has no column {trained_on!r}, which the model was trained on.")


TASK = ClassificationTask()
