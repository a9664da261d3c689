"""Text classification as a task."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from syntagma.data.corpora.registry import is_named, load_corpus
from syntagma.data.options import ReadOptions
from syntagma.data.tables.table import Corpus
from syntagma.data.texts.describe import Description, describe
from syntagma.data.texts.doubts import warnings_of
from syntagma.data.texts.from_python import as_texts
from syntagma.data.texts.reading import note_json_lines, read_corpus, read_table
from syntagma.data.texts.table import TextTable
from syntagma.evaluation.baselines import Baseline
from syntagma.evaluation.linear_baselines import train_baselines
from syntagma.progress import note
from syntagma.recipes.schema import BaseRecipe
from syntagma.shapes import AnyArray
from syntagma.tasks.classification.classifier import TextClassifier
from syntagma.tasks.classification.columns import reading_as_trained, with_columns
from syntagma.tasks.classification.recipe import Recipe
from syntagma.tasks.labelling.label_task import LabelTask
from syntagma.tasks.task import Reads


class ClassificationTask(LabelTask):
    """Texts in, labels out."""

    name = "classification"
    recipe = Recipe
    estimator = TextClassifier
    reads = Reads(
        {"text": "Column of the texts; guessed otherwise.", "label": "Column of the labels; guessed otherwise."},
        frozenset({"label_separator", "quoted"}),
    )
    reads_input = Reads({"text": "Column of the texts; guessed otherwise."}, frozenset({"quoted"}))
    row_names = ("text", "texts")

    def recognises(self, path: Path) -> bool:
        """Return true: whatever no other task recognises is texts."""
        return True

    def read(self, source: str, options: ReadOptions, recipe: BaseRecipe | None) -> Corpus:
        if isinstance(recipe, Recipe) and not is_named(source):
            options = reading_as_trained(options, recipe)
        return load_corpus(source, options, task=self.name, read=read_corpus)

    def remember(self, recipe: Recipe, corpus: Corpus, options: ReadOptions) -> Recipe:
        return with_columns(recipe, corpus.train, options)

    def read_input(
        self, rows: Sequence[str] | None, path: str | None, format: str | None, options: ReadOptions, model: Any
    ) -> TextTable:
        if path is None:
            return TextTable(as_texts(rows or ()))
        recipe = model.recipe_
        table = read_table(path, reading_as_trained(options, recipe), labelled=False, format=format)
        note_json_lines(table, path, format)
        usual = recipe.columns.text
        if usual not in (None, "text", table.name_of("text")) and options.column("text") is None:
            note(f"{table.source}: the model was trained on a column {usual!r}, which is not here.")
        return table

    def describe(self, corpus: Corpus) -> Description:
        return describe(corpus)

    def doubts(self, corpus: Corpus) -> list[str]:
        labelled = {name: table for name, table in corpus.splits.items() if table.labels is not None}
        return [*warnings_of(corpus.train), *describe(Corpus(corpus.name, labelled)).findings()]

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
        values = {text: table.texts[row], **{name: column[row] for name, column in table.columns.items()}}
        values[text] = table.texts[row]
        return {name: values[name] for name in table.header or (text, *table.columns)}


TASK = ClassificationTask()
