"""Scoring a trained model on its own held-out rows or on other data."""

from pathlib import Path

from syntagma.data.known_labels import with_known_labels
from syntagma.data.named import is_named, load_corpus
from syntagma.data.reading import ReadOptions
from syntagma.data.table import Table
from syntagma.data.tagged_reading import TaggedReadOptions
from syntagma.errors import DataError, FolderError
from syntagma.progress import note
from syntagma.runs.columns import reading_as_trained
from syntagma.runs.folder import RunFolder
from syntagma.runs.machine import machine, versions
from syntagma.runs.predicting import load_model
from syntagma.runs.predictions import read_predictions, read_table
from syntagma.runs.scoring import evaluation_of, report_again, report_on
from syntagma.runs.tagging import evaluate_tagger
from syntagma.tasks.classifier import TextClassifier
from syntagma.tasks.results import Evaluation
from syntagma.tasks.tagger import SequenceTagger
from syntagma.tasks.tagging_results import TaggingEvaluation


def evaluate(
    folder: Path,
    data: str | None = None,
    split: str | None = None,
    options: ReadOptions | TaggedReadOptions | None = None,
    report: Path | None = None,
) -> Evaluation | TaggingEvaluation:
    """Scores a model.

    Args:
        folder: A run folder, or a bundle.
        data: Path or name of a corpus; `None` takes the rows that the run held out.
        split: Which split; "test" by default. A corpus of one file is scored whole.
        options: How files are read.
        report: A folder to write a report into.

    Raises:
        FolderError: Without `data`, the folder is no run folder, or has no such split; or `report` is in use.
        DataError: The data break a rule, or have no such split or no labels.
    """
    model = load_model(folder)
    if isinstance(model, SequenceTagger):
        _check_report(report)
        as_tags = options if isinstance(options, TaggedReadOptions) else TaggedReadOptions()
        return evaluate_tagger(folder, model, data, split, as_tags, report)
    assert not isinstance(options, TaggedReadOptions)
    return _evaluate_classifier(folder, model, data, split, options or ReadOptions(), report)


def _evaluate_classifier(
    folder: Path, model: TextClassifier, data: str | None, split: str | None, options: ReadOptions, report: Path | None
) -> Evaluation:
    _check_report(report)
    run = RunFolder(folder)
    if data is None:
        if not run.is_run():
            raise FolderError("is a saved model, which holds no rows to score; give some with --data.", path=folder)
        if report is not None:
            report_again(run, model, report)
        stored = run.predictions / f"{split or 'test'}.parquet"
        if run.read().get("repetition", {}).get("kind") == "folds":  # the model was trained on these rows
            return evaluation_of(read_predictions(stored, model.labels_), model)
        return model.evaluate(read_table(stored))
    if not is_named(data):
        options = reading_as_trained(options, model.recipe_)
    table = _choose(data, split, options)
    if run.is_run() and _same_file(run.read()["corpus"].get("source", ""), table.source):
        note(f"{table.source}: the model was trained on rows of this file; its score on them says little.")
    table = with_known_labels(table, set(model.labels_.names), options.bad_rows)
    if report is not None:
        facts = {"versions": versions(), "machine": machine(), "seed": None, "command": f"syntagma evaluate {folder}"}
        report_on(model, split or "test", table, report, facts | {"corpus": {"name": data}})
    return model.evaluate(table)


def _check_report(folder: Path | None) -> None:
    if folder is not None and folder.exists() and any(folder.iterdir()) and not (folder / "report.json").is_file():
        raise FolderError("exists and holds no report; it is never replaced. Name another folder.", path=folder)


def _same_file(one: str, other: str) -> bool:
    return bool(one) and Path(one).exists() and Path(other).exists() and Path(one).samefile(other)


def _choose(data: str, split: str | None, options: ReadOptions) -> Table:
    corpus = load_corpus(data, options)
    if split is None and set(corpus.splits) == {"train"}:
        return corpus.train
    if (split or "test") not in corpus:
        found = ", ".join(corpus.splits)
        raise DataError(f"{data} has no split {split or 'test'!r}; found: {found}. Name one with --split.")
    return corpus[split or "test"]
