"""Scoring a trained model on the rows that its run held out, or on other data."""

import csv
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
from syntagma.progress import note
from syntagma.runs.folder import RunFolder
from syntagma.runs.machine import machine, versions
from syntagma.runs.outputs import write_content
from syntagma.runs.predicting import load_model
from syntagma.runs.reading import options_for
from syntagma.runs.scoring import run_facts, stored_facts, stored_predictions
from syntagma.tasks import registry
from syntagma.tasks.results import BaseEvaluation, Displayable
from syntagma.tasks.task import Task
from syntagma.tasks.writing import encode_utf8


@dataclass(frozen=True)
class Detailed:
    """Scores with what is behind them."""

    scored: BaseEvaluation
    details: Displayable

    def to_text(self) -> str:
        """Return both as tables to read."""
        return f"{self.scored.to_text()}\n\n{self.details.to_text()}"

    def to_dict(self) -> dict[str, Any]:
        """Return the scores, and under `details` the rest."""
        return {**self.scored.to_dict(), "details": self.details.to_dict()}


def evaluate(
    folder: Path,
    data: str | SplitFiles | None = None,
    split: str | None = None,
    columns: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    report: Path | None = None,
    table: Path | None = None,
    threshold: float | None = None,
    details: bool = False,
) -> BaseEvaluation | Detailed:
    """Score the model of a run folder, or of a bundle, and write a report if a folder is given for it.

    `table` is the path of a CSV file for the predictions. A `threshold` decides as it does in `predict`, and `details`
    asks for confusions, areas and suggested thresholds.

    `data` is the path or name of a corpus, or files of its splits; without it the rows are scored that the run held
    out. The split is "test" by default, and a corpus of one file is scored whole. `columns` are those of the
    files by role, and `settings` other fields of `ReadOptions`.

    Raises:
        ConfigError: The threshold is no probability, or decides nothing for this model.
        FolderError: Without `data`, the folder is no run folder, or has no such split; or `report` is in use.
        DataError: The data break a rule, or have no such split or no answers.
    """
    model = load_model(folder)
    check_report(report)
    task = registry.task(model.recipe_.task)
    if threshold is not None:
        task.prediction_config.parse({"threshold": threshold}, "evaluate")
        task.check_threshold(model, threshold)
    options = options_for(task.name, task.file_options, columns or {}, settings or {})
    name, everything = split or "test", details or report is not None
    if data is None:
        found = _held_out(task, model, folder, name, everything=everything)
    else:
        rows = chosen_split(task.read(data, options, model.recipe_), str(data), split)
        found = _other_data(task, model, folder, str(data), rows, options, everything=everything)
    if threshold is not None:
        found = _decided(task, found, threshold)
    _write_table(task, found.predictions, table)
    if report is not None and found.facts is not None:
        task.write_report(report, model, found.kept or {name: found.predictions}, found.facts)
    scored = task.score(found.predictions)
    if not details or found.facts is None:
        return scored
    dev = {one: kept for one, kept in found.kept.items() if one == "dev"}
    return Detailed(scored, task.details(model, {**dev, name: found.predictions}, found.facts))


class _Found(NamedTuple):
    """Predictions to score; for reports and details, all that the run keeps, and how the model came to be."""

    predictions: Any
    kept: Mapping[str, Any] = MappingProxyType({})
    facts: RunFacts | None = None


def _held_out(task: Task[Any], model: Any, folder: Path, split: str, *, everything: bool) -> _Found:
    run = run_with_rows(folder)
    stored = task.read_predictions(run.predictions, split, model)
    predictions = stored
    if not has_seen_all_rows(run):
        predictions = task.copy_baselines(task.predict(model, task.rebuild_table(stored, model)), stored)
    if not everything:
        return _Found(predictions)
    return _Found(predictions, stored_predictions(task, model, run), stored_facts(model, run))


def _other_data(
    task: Task[Any], model: Any, folder: Path, data: str, rows: Table, options: ReadOptions, *, everything: bool
) -> _Found:
    note_own_rows(folder, rows)
    predictions = task.predict(model, task.check_rows(model, rows, options))
    if not everything:
        return _Found(predictions)
    doubts = task.data_warnings(Corpus(data, {"train": rows}))
    return _Found(predictions, facts=run_facts(model, _described(folder, data) | {"doubts": doubts}, {}))


def _decided(task: Task[Any], found: _Found, threshold: float) -> _Found:
    kept = {split: task.apply_threshold(one, threshold) for split, one in found.kept.items()}
    facts = found.facts
    if facts is not None:
        facts = replace(facts, note=f"Decided with --threshold {threshold:g}. {facts.note}".strip())
    return _Found(task.apply_threshold(found.predictions, threshold), kept, facts)


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
    """Raise `FolderError` for a folder that holds something else than a report."""
    if folder is not None and folder.exists() and any(folder.iterdir()) and not (folder / "report.json").is_file():
        raise FolderError("exists and holds no report; it is never replaced. Name another folder.", path=folder)


def run_with_rows(folder: Path) -> RunFolder:
    """Return the run of a folder, which has kept the rows that it was not trained on; a bundle is a `FolderError`."""
    run = RunFolder(folder)
    if not run.is_run():
        raise FolderError("is a saved model, which holds no rows to score; give some with --data.", path=folder)
    return run


def has_seen_all_rows(run: RunFolder) -> bool:
    """Return whether the model was trained on the rows that the run tested: on all, after folds."""
    return bool(run.read().get("repetition", {}).get("kind") == "folds")


def note_own_rows(folder: Path, rows: Table) -> None:
    """Say so if data are those that a model was trained on."""
    run = RunFolder(folder)
    if not run.is_run():
        return
    source, data = run.read()["corpus"].get("source", ""), run.read()["plan"]["data"]
    named = [*data.get("train", ()), *data.get("dev", ())] if isinstance(data, dict) else []
    own = {Path(one).resolve() for one in (source, *named) if one and Path(one).exists()}
    for name in dict.fromkeys([rows.source, *(rows.files or ())]):
        file = Path(name).resolve()
        if own & {file, *file.parents}:
            note(f"{name}: the model was trained on rows of this file; its score on them says little.")
            return


def chosen_split(corpus: Corpus, data: str, split: str | None) -> Table:
    """Return the split that is asked for, or the test split; of one file all.

    Raises:
        DataError: There is none.
    """
    if split is None and set(corpus.splits) == {"train"}:
        return corpus.train
    name = split or "test"
    if name not in corpus:
        raise DataError(f"{data} has no split {name!r}; found: {', '.join(corpus.splits)}. Name one with --split.")
    return corpus[name]


def _described(folder: Path, data: str) -> dict[str, Any]:
    """Return what a report on other data says of how it came to be."""
    command = f"syntagma evaluate {folder}"
    return {"versions": versions(), "machine": machine(), "seed": None, "command": command, "corpus": {"name": data}}
