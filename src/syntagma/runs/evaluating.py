"""Evaluation of a trained model on the held-out rows of its run, or on other data."""

import csv
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from syntagma.data.options import ReadOptions
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import DataError, FolderError
from syntagma.evaluation.facts import RunFacts
from syntagma.progress import collect_left_out, note
from syntagma.runs.folder import RunFolder
from syntagma.runs.machine import machine, versions
from syntagma.runs.outputs import write_content
from syntagma.runs.predicting import load_model, parse_answers
from syntagma.runs.reading import options_for
from syntagma.runs.scoring import run_facts, stored_facts, stored_predictions
from syntagma.tasks import registry
from syntagma.tasks.results import BaseEvaluation, Displayable
from syntagma.tasks.task import Task
from syntagma.tasks.writing import encode_utf8


@dataclass(frozen=True)
class ExtendedScores:
    """Scores of a model with further results.

    Attributes:
        scored: Scores of the model.
        more: Further results, keyed by name: `comparison` with the default settings of the model, and `details` such as
            confusions, areas under curves and suggested thresholds.
    """

    scored: BaseEvaluation
    more: Mapping[str, Displayable]

    def to_text(self) -> str:
        """Return the scores and the further results as text, separated by empty lines."""
        return "\n\n".join(one.to_text() for one in (self.scored, *self.more.values()))

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as values that can be written as JSON, with the further results under their names."""
        return {**self.scored.to_dict(), **{name: one.to_dict() for name, one in self.more.items()}}


def evaluate(
    folder: Path,
    data: str | SplitFiles | None = None,
    split: str | None = None,
    columns: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    report: Path | None = None,
    table: Path | None = None,
    answers: Mapping[str, Any] | None = None,
    details: bool = False,
) -> BaseEvaluation | ExtendedScores:
    """Score the model of a run folder or bundle, and optionally write a report and the predictions.

    Args:
        folder: Run folder, or bundle (saved model).
        data: Path or name of a corpus, or the files of each split. By default, the held-out rows of the run are scored.
        split: Name of the split to score. By default, "test", or all rows if `data` is a single file.
        columns: Column name for each role, for reading `data`.
        settings: Other fields of `ReadOptions`, for reading `data`.
        report: Folder in which to write a report. `None` writes no report.
        table: CSV file in which to write the predictions. `None` writes no predictions.
        answers: Settings for prediction, such as a threshold or the number of beams. If there are any, the scores are
            compared with those of the model's default settings.
        details: Whether to add confusions, areas under curves and suggested thresholds to the scores.

    Returns:
        The scores, with the comparison and the details if there are any. The result can be shown as text or JSON.

    Raises:
        ConfigError: If a setting is invalid, or does not apply to this model.
        FolderError: If `folder` contains no model, if `report` is an existing folder that contains something other than
            a report, or if `data` is not given and `folder` either is not a run folder or has no predictions for the
            split.
        DataError: If the data is invalid, or lacks the split or labels.
    """
    model = load_model(folder)
    check_report(report)
    task = registry.task(model.recipe_.task)
    config = task.check_evaluation(model, parse_answers(task, answers, "evaluate")) if answers else None
    options = options_for(task.name, task.file_options, columns or {}, settings or {})
    name, everything = split or "test", details or report is not None
    if data is None:
        result = _predict_held_out(task, model, folder, name, everything=everything)
    else:
        result = _predict_other_data(task, model, folder, data, split, options, everything=everything)
    more: dict[str, Displayable] = {}
    if answers:
        described = _describe_settings(answers)
        changed = _change_settings(task, model, result, config, name, described)
        names = (described, "the default")
        more["comparison"] = task.compare(changed.predictions, result.predictions, names, name)
        result = changed
    _write_table(task, result.predictions, table)
    if report is not None and result.facts is not None:
        task.write_report(report, model, result.stored or {name: result.predictions}, result.facts)
    scored = task.score(result.predictions)
    if details and result.facts is not None:
        dev = {one: stored for one, stored in result.stored.items() if one == "dev"}
        more["details"] = task.details(model, {**dev, name: result.predictions}, result.facts)
    return ExtendedScores(scored, more) if more else scored


class _Result(NamedTuple):
    """Predictions to score, and the further information that reports and details need.

    Attributes:
        predictions: Predictions to score.
        stored: Stored predictions of the run, by split. Empty unless a report or details of held-out rows are
            requested.
        facts: Information about the run. `None` unless a report or details are requested.
        is_held_out: Whether the model was not trained on the rows.
    """

    predictions: Any
    stored: Mapping[str, Any] = MappingProxyType({})
    facts: RunFacts | None = None
    is_held_out: bool = True


def _predict_held_out(task: Task[Any], model: Any, folder: Path, split: str, *, everything: bool) -> _Result:
    run = require_run(folder)
    stored = task.read_predictions(run.predictions, split, model)
    predictions, is_held_out = stored, not is_trained_on_all_rows(run)
    if is_held_out:
        predictions = task.copy_baselines(task.predict(model, task.rebuild_table(stored, model)), stored)
    if not everything:
        return _Result(predictions, is_held_out=is_held_out)
    return _Result(predictions, stored_predictions(task, model, run), stored_facts(model, run), is_held_out)


def _predict_other_data(
    task: Task[Any],
    model: Any,
    folder: Path,
    data: str | SplitFiles,
    split: str | None,
    options: ReadOptions,
    *,
    everything: bool,
) -> _Result:
    name = str(data)
    with collect_left_out() as left_out:
        rows = select_split(task.read(data, options, model.recipe_), name, split)
        warn_about_training_rows(folder, rows)
        rows = task.check_rows(model, rows, options)
    predictions = task.predict(model, rows)
    if not everything:
        return _Result(predictions)
    run = _describe_run(folder, name) | {"doubts": [*left_out, *task.data_warnings(Corpus(name, {"train": rows}))]}
    return _Result(predictions, facts=run_facts(model, run, {}))


def _change_settings(task: Task[Any], model: Any, result: _Result, config: Any, name: str, settings: str) -> _Result:
    """Return the predictions of the split `name` and others with other settings, and information that names these."""
    model = model if result.is_held_out else None
    predictions = task.change_predictions(model, result.predictions, config)
    stored = {
        split: predictions if split == name else task.change_predictions(model, one, config)
        for split, one in result.stored.items()
    }
    facts = result.facts
    if facts is not None:
        facts = replace(facts, note=f"Evaluated with {settings}. {facts.note}".strip())
    return _Result(predictions, stored, facts, result.is_held_out)


def _describe_settings(answers: Mapping[str, Any]) -> str:
    """Return settings for prediction as they are written on the command line."""
    words = []
    for name, value in answers.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            words += [f"--{name.replace('_', '-')}", f"{one:.12g}" if isinstance(one, float) else shlex.quote(str(one))]
    return " ".join(words)


def _write_table(task: Task[Any], predictions: Any, path: Path | None) -> None:
    if path is None:
        return
    records = task.records(predictions)
    buffer = StringIO()
    writer = csv.DictWriter(buffer, list(records[0]) if records else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    write_content(encode_utf8(buffer.getvalue()), str(path))


def check_report(folder: Path | None) -> None:
    """Raise a `FolderError` if the folder has content but is not a report that may be replaced.

    Args:
        folder: Folder of the report. `None` means that no report is written.
    """
    if folder is not None and folder.exists() and any(folder.iterdir()) and not (folder / "report.json").is_file():
        raise FolderError("exists and is not a report, so it is not replaced. Choose another folder.", path=folder)


def require_run(folder: Path) -> RunFolder:
    """Return the run folder at a path, or raise an error if the folder stores no held-out rows.

    Raises:
        FolderError: If the folder is not a run folder, for example because it is a bundle.
    """
    run = RunFolder(folder)
    if not run.is_run():
        raise FolderError("is a saved model without stored rows to score; pass data with --data.", path=folder)
    return run


def is_trained_on_all_rows(run: RunFolder) -> bool:
    """Return whether the final model was trained on all rows, including test rows, as happens in cross-validation."""
    return bool(run.read().get("repetition", {}).get("kind") == "folds")


def warn_about_training_rows(folder: Path, rows: Table) -> None:
    """Print a note if rows to be scored come from a file that the model of a run folder was trained on.

    Args:
        folder: Run folder or bundle of the model. There is no note for a bundle.
        rows: Rows to be scored.
    """
    run = RunFolder(folder)
    if not run.is_run():
        return
    source, data = run.read()["corpus"].get("source", ""), run.read()["plan"]["data"]
    named = [*data.get("train", ()), *data.get("dev", ())] if isinstance(data, dict) else []
    own = {Path(one).resolve() for one in (source, *named) if one and Path(one).exists()}
    for name in dict.fromkeys([rows.source, *(rows.files or ())]):
        file = Path(name).resolve()
        if own & {file, *file.parents}:
            note(f"{name}: the model was trained on rows of this file, so its score on them is too optimistic.")
            return


def select_split(corpus: Corpus, data: str, split: str | None) -> Table:
    """Return one split of a corpus.

    Args:
        corpus: Corpus to select from.
        data: Name of the data for error messages.
        split: Name of the split. By default, "test", or "train" if this is the only split.

    Raises:
        DataError: If the corpus has no such split.
    """
    if split is None and set(corpus.splits) == {"train"}:
        return corpus.train
    name = split or "test"
    if name not in corpus:
        raise DataError(f"{data} has no split {name!r}; it has {', '.join(corpus.splits)}. Choose one with --split.")
    return corpus[name]


def _describe_run(folder: Path, data: str) -> dict[str, Any]:
    """Return the information for a report on data other than the held-out rows, in the format of `run.json`."""
    command = f"syntagma evaluate {folder}"
    return {"versions": versions(), "machine": machine(), "seed": None, "command": command, "corpus": {"name": data}}
