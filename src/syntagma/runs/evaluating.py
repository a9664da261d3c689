"""Scoring a trained model on its own held-out rows or on other data."""

from pathlib import Path

from syntagma.data.corpora.texts import is_named, load_corpus
from syntagma.data.sentences.reading import TaggedReadOptions
from syntagma.data.texts.known_labels import with_known_labels
from syntagma.data.texts.reading import ReadOptions
from syntagma.runs.other_data import (
    check_report,
    chosen_split,
    facts_of,
    has_seen_all_rows,
    note_own_rows,
    run_with_rows,
)
from syntagma.runs.predicting import load_model
from syntagma.runs.scoring import evaluation_of, report_again, report_on
from syntagma.runs.tagging import evaluate_tagger
from syntagma.tasks.classification.classifier import TextClassifier
from syntagma.tasks.classification.columns import reading_as_trained
from syntagma.tasks.classification.results import Evaluation
from syntagma.tasks.classification.stored import read_predictions, read_table
from syntagma.tasks.tagging.results import TaggingEvaluation
from syntagma.tasks.tagging.tagger import SequenceTagger


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
    check_report(report)
    if isinstance(model, SequenceTagger):
        as_tags = options if isinstance(options, TaggedReadOptions) else TaggedReadOptions()
        return evaluate_tagger(folder, model, data, split, as_tags, report)
    assert not isinstance(options, TaggedReadOptions)
    return _evaluate_classifier(folder, model, data, split, options or ReadOptions(), report)


def _evaluate_classifier(
    folder: Path, model: TextClassifier, data: str | None, split: str | None, options: ReadOptions, report: Path | None
) -> Evaluation:
    if data is None:
        run = run_with_rows(folder)
        if report is not None:
            report_again(run, model, report)
        stored = run.predictions / f"{split or 'test'}.parquet"
        if has_seen_all_rows(run):
            return evaluation_of(read_predictions(stored, model.labels_), model)
        return model.evaluate(read_table(stored))
    if not is_named(data):
        options = reading_as_trained(options, model.recipe_)
    table = chosen_split(load_corpus(data, options), data, split)
    note_own_rows(folder, table.source)
    table = with_known_labels(table, set(model.labels_.names), options.bad_rows)
    if report is not None:
        report_on(model, split or "test", table, report, facts_of(folder, data))
    return model.evaluate(table)
