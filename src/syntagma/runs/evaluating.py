"""Scoring a trained model on its own held-out rows or on other data."""

from pathlib import Path

from syntagma import bundle
from syntagma.data.named import load_corpus
from syntagma.data.reading import ReadOptions
from syntagma.data.table import Table
from syntagma.errors import DataError
from syntagma.runs.folder import RunFolder
from syntagma.runs.predictions import read_table
from syntagma.tasks.classifier import TextClassifier
from syntagma.tasks.results import Evaluation


def evaluate(
    folder: Path, data: str | None = None, split: str | None = None, options: ReadOptions | None = None
) -> Evaluation:
    """Scores a model.

    Args:
        folder: A run folder, or a bundle.
        data: Path or name of a corpus; `None` takes the rows that the run held out.
        split: Which split; "test" by default. A corpus of one file is scored whole.
        options: How files are read.

    Raises:
        FolderError: Without `data`, the folder is no run folder or has no such split.
        DataError: The data break a rule, or have no such split or no labels.
    """
    model = TextClassifier.from_bundle(bundle.load(folder))
    if data is None:
        RunFolder(folder).read()
        return model.evaluate(read_table(RunFolder(folder).predictions / f"{split or 'test'}.parquet"))
    return model.evaluate(_choose(data, split, options))


def _choose(data: str, split: str | None, options: ReadOptions | None) -> Table:
    corpus = load_corpus(data, options or ReadOptions())
    if split is None and set(corpus.splits) == {"train"}:
        return corpus.train
    if (split or "test") not in corpus:
        found = ", ".join(corpus.splits)
        raise DataError(f"{data} has no split {split or 'test'!r}; found: {found}. Name one with --split.")
    return corpus[split or "test"]
