"""Scores, predictions and the report of a trained model, with the baselines beside it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from syntagma.data.tables.table import Corpus, Table
from syntagma.data.texts.describe import describe
from syntagma.data.texts.doubts import warnings_of
from syntagma.evaluation.classification.numbers import write_report
from syntagma.evaluation.classification.predicted import ReportInput, ScoredSplit
from syntagma.evaluation.classification.scores import classification_scores
from syntagma.evaluation.facts import RatesTried
from syntagma.evaluation.linear_baselines import train_baselines
from syntagma.files import read_json, read_json_lines, write_json
from syntagma.metrics.calibration import probabilities_of
from syntagma.progress import note
from syntagma.runs.folder import RunFolder
from syntagma.shapes import FloatArray
from syntagma.tasks.classification.classifier import TextClassifier
from syntagma.tasks.classification.results import Evaluation
from syntagma.tasks.classification.stored import Predictions, read_predictions, write_predictions

SCORED = ("dev", "test")
_LIMIT_BYTES = 256 << 20


@dataclass(frozen=True)
class Scores:
    """What became of a run.

    Attributes:
        evaluations: Of the model, on dev and test as far as they exist.
        metrics: As in `metrics.json`.
        verdict: The report's sentence on model and baselines, "" without a report.
    """

    evaluations: dict[str, Evaluation]
    metrics: dict[str, Any]
    verdict: str = ""


@dataclass
class Stopwatch:
    """Seconds by phase."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Counts the time of the block."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started


def score_run(
    folder: RunFolder,
    model: TextClassifier,
    corpus: Corpus,
    watch: Stopwatch,
    *,
    baselines: bool,
    report: bool,
    run: Mapping[str, Any],
) -> Scores:
    """Scores a model on dev and test, trains the baselines, and writes predictions, `metrics.json` and the report.

    Args:
        folder: Where.
        model: The trained model.
        corpus: With whatever splits there are.
        watch: Has the seconds so far.
        baselines: Whether the linear models are trained.
        report: Whether the report is written.
        run: What `run.json` says.
    """
    splits = [split for split in SCORED if split in corpus]
    predictions = {}
    with watch.phase("score"):
        for split in splits:
            note(f"Scoring {len(corpus[split]):,} texts of {split}")
            predictions[split] = _predicted(model, corpus[split])
    if baselines and splits:
        with watch.phase("baselines"):
            _add_baselines(predictions, model, corpus)
    return finish(folder, model, predictions, watch, report=report, run=run, doubts=doubts(corpus))


def finish(
    folder: RunFolder,
    model: TextClassifier,
    predictions: Mapping[str, Predictions],
    watch: Stopwatch,
    *,
    report: bool,
    run: Mapping[str, Any],
    doubts: list[str],
) -> Scores:
    """Counts predictions, and writes them, `metrics.json` and the report; see `score_run`."""
    for split, predicted in predictions.items():
        write_predictions(folder.predictions / f"{split}.parquet", predicted, model.labels_)
    evaluations = {split: evaluation_of(predicted, model) for split, predicted in predictions.items()}
    metrics: dict[str, Any] = {split: evaluation.to_dict() for split, evaluation in evaluations.items()}
    metrics |= {"baselines": _baseline_metrics(predictions, model), "temperature": model.temperature_}
    verdict = ""
    if report and predictions:
        with watch.phase("report"):
            verdict = verdict_of(
                write_report(folder.report, _report_input(predictions, model, run, doubts, watch.seconds))
            )
    metrics["seconds"] = {name: round(value, 3) for name, value in watch.seconds.items()}
    write_json(folder.metrics, metrics)
    return Scores(evaluations, metrics, verdict)


def repredicted(predictions: Predictions, model: TextClassifier) -> Predictions:
    """The same rows and baselines with the predictions of another model."""
    return replace(_predicted(model, predictions.table), baselines=predictions.baselines)


def report_on(model: TextClassifier, name: str, table: Table, out: Path, run: Mapping[str, Any]) -> str:
    """Writes a report on any labelled rows; returns its verdict."""
    given = _report_input({name: _predicted(model, table)}, model, run, warnings_of(table), {})
    return verdict_of(write_report(out, given))


def report_again(folder: RunFolder, model: TextClassifier, out: Path) -> str:
    """Writes the report of a run from its stored predictions; returns its verdict."""
    predictions = {
        split: read_predictions(folder.predictions / f"{split}.parquet", model.labels_)
        for split in SCORED
        if (folder.predictions / f"{split}.parquet").is_file()
    }
    run = folder.read()
    if folder.history.is_file():
        run["history"] = read_json_lines(folder.history, _LIMIT_BYTES)
    seconds = read_json(folder.metrics, _LIMIT_BYTES)["seconds"]
    return verdict_of(write_report(out, _report_input(predictions, model, run, run.get("doubts", []), seconds)))


def doubts(corpus: Corpus) -> list[str]:
    """What a person should know about the data, a line each."""
    labelled = Corpus(corpus.name, {name: table for name, table in corpus.splits.items() if table.labels is not None})
    return [*warnings_of(corpus.train), *describe(labelled).findings().splitlines()]


def verdict_of(report: Mapping[str, Any]) -> str:
    """The sentence that says whether the model is better than the baselines, "" where there are none."""
    verdict = report.get("verdict") or {}
    return str(verdict.get("sentence", "") if isinstance(verdict, Mapping) else verdict)


def _predicted(model: TextClassifier, table: Table) -> Predictions:
    assert table.labels is not None
    logits = model.decision_function(table)
    gold = model.labels_.encode(table.labels)
    return Predictions(
        table, np.asarray(gold), logits, probabilities_of(logits, model.labels_.task, model.temperature_)
    )


def _add_baselines(predictions: Mapping[str, Predictions], model: TextClassifier, corpus: Corpus) -> None:
    labels = model.labels_
    gold = np.asarray(labels.encode(corpus.train.labels or []))
    texts = {split: predicted.table.texts for split, predicted in predictions.items()}
    for baseline in train_baselines(corpus.train.texts, gold, labels.size, texts):
        for split, probabilities in baseline.probabilities.items():
            predictions[split].baselines[baseline.name] = probabilities


def evaluation_of(predicted: Predictions, model: TextClassifier) -> Evaluation:
    """The scores of predictions by their stored probabilities."""
    return Evaluation(classification_scores(predicted.gold, predicted.probabilities, list(model.labels_.names)))


def _baseline_metrics(predictions: Mapping[str, Predictions], model: TextClassifier) -> dict[str, Any]:
    names = list(model.labels_.names)

    def figures(predicted: Predictions, probabilities: FloatArray) -> dict[str, float]:
        scores = classification_scores(predicted.gold, probabilities, names)
        return {name: scores[name] for name in ("accuracy", "macro_f1", "log_loss")}

    result: dict[str, Any] = {}
    for split, predicted in predictions.items():
        for name, probabilities in predicted.baselines.items():
            result.setdefault(name, {})[split] = figures(predicted, probabilities)
    return result


def _report_input(
    predictions: Mapping[str, Predictions],
    model: TextClassifier,
    run: Mapping[str, Any],
    warnings: list[str],
    seconds: Mapping[str, float],
) -> ReportInput:
    labels = model.labels_
    splits = {
        split: ScoredSplit(
            texts=predicted.table.texts,
            gold=predicted.gold,
            probabilities=predicted.probabilities,
            uncalibrated=probabilities_of(predicted.logits, labels.task),
            columns=predicted.table.columns,
            baselines=dict(predicted.baselines),
        )
        for split, predicted in predictions.items()
    }
    return ReportInput(
        title=f"{model.recipe_.name} on {run['corpus']['name']}",
        corpus=str(run["corpus"]["name"]),
        task=labels.task,
        labels=labels.names,
        splits=splits,
        history=model.history_ or run.get("history", []),
        temperature=model.temperature_,
        warnings=warnings,
        seconds=dict(seconds),
        recipe=model.recipe_.to_yaml(),
        environment={"versions": run["versions"], "machine": run["machine"], "seed": run["seed"]},
        command=str(run["command"]),
        rate_finder=rates_of(run),
    )


def rates_of(run: Mapping[str, Any]) -> RatesTried | None:
    """The learning rates that were tried before the training of a run, if they were."""
    tried = run.get("rates")
    if tried is None:
        return None
    used = run["recipe"]["training"]["learning_rate"]
    return RatesTried(list(zip(tried["rates"], tried["losses"], strict=True)), tried["suggested"], used)
