"""Text classification as a task."""

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
from syntagma.tasks.labelling.label_task import LabelTask, reading_as_trained
from syntagma.tasks.task import SPLITTING, Reads


class ClassificationTask(LabelTask):
    """Texts in, labels out."""

    name = "classification"
    recipe = Recipe
    estimator = TextClassifier
    reads = Reads(
        {
            "text": "Column of the texts, or several with commas; guessed otherwise.",
            "label": "Column of the labels, or several columns of 0 and 1 with commas; guessed otherwise.",
            **SPLITTING,
        },
        frozenset({"label_separator", "label_names", "no_header", "quoted"}),
    )
    reads_input = Reads({"text": "Column of the texts; guessed otherwise."}, frozenset({"no_header", "quoted"}))
    row_names = ("text", "texts")

    def recognises(self, path: Path) -> bool:
        """Return true: whatever no other task recognises is texts."""
        return True

    def read_files(self, path: Path | SplitFiles, options: ReadOptions) -> Corpus:
        return read_corpus(path, options)

    def remember(self, recipe: Recipe, corpus: Corpus, options: ReadOptions) -> Recipe:
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
        table = read_table(path, reading_as_trained(options, model.recipe_), labelled=False, format=format)
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
        as_trained = reading_as_trained(options, model.recipe_)
        for number, table in enumerate(read_blocks(path, as_trained, format=format, most=most)):
            if number == 0:
                _note_reading(table, path, format, options, model)
            yield table

    def describe(self, corpus: Corpus) -> Description:
        return describe(corpus)

    def doubts(self, corpus: Corpus) -> list[str]:
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

    def given(self, table: TextTable, row: int) -> dict[str, Any]:
        text = table.name_of("text")
        values = {name: column[row] for name, column in table.columns.items()} | {text: table.texts[row]}
        return {name: values[name] for name in table.header or (text, *table.columns)}


def _note_reading(table: TextTable, path: str, format: str | None, options: ReadOptions, model: Any) -> None:
    """Say how a file is read where that may surprise."""
    note_json_lines(table, path, format)
    usual = model.recipe_.columns.text
    if usual not in (None, "text", table.name_of("text")) and options.column("text") is None:
        note(f"{table.source}: the model was trained on a column {usual!r}, which is not here.")


TASK = ClassificationTask()
