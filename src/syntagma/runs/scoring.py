"""Scoring of a trained model and its baselines, and writing of the predictions, the scores and the report."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from syntagma.data.tables.table import Corpus
from syntagma.evaluation.facts import RangeTest, RunFacts
from syntagma.files import read_json, read_json_lines, write_json
from syntagma.progress import note
from syntagma.runs.folder import RunFolder
from syntagma.tasks.results import BaseEvaluation
from syntagma.tasks.task import Task

SCORED = ("dev", "test")
_LIMIT_BYTES = 256 << 20


@dataclass(frozen=True)
class Scores:
    """Result of scoring a model.

    Attributes:
        evaluations: Scores of the model on each split, by the name of the split.
        metrics: Content of `metrics.json`.
        verdict: Sentence that compares the model with its best baseline, or "" if there are no predictions.
    """

    evaluations: dict[str, BaseEvaluation]
    metrics: dict[str, Any]
    verdict: str = ""


@dataclass
class Stopwatch:
    """Timer that measures how long each phase of a run takes, such as "score".

    Attributes:
        seconds: Total duration of each phase, in seconds.
    """

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the duration of the `with` block to the total duration of a phase."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started


@dataclass(frozen=True)
class Scoring:
    """Scorer that evaluates a trained model and writes the results to a run folder.

    Attributes:
        task: Task of the model.
        model: Trained model.
        folder: Run folder to write to.
        run: Content of `run.json`.
        watch: Timer with the durations of all phases so far. The durations of the scoring phases are added in place.
        report: Whether to write a report.
    """

    task: Task[Any]
    model: Any
    folder: RunFolder
    run: Mapping[str, Any]
    watch: Stopwatch = field(default_factory=Stopwatch)
    report: bool = True

    def score(self, corpus: Corpus, *, baselines: bool) -> Scores:
        """Score the model on dev and test, and write the predictions, `metrics.json` and the report.

        Args:
            corpus: Corpus with a train split. The dev and test splits are scored if they exist.
            baselines: Whether to train and score baselines as well.
        """
        predictions: dict[str, Any] = {}
        with self.watch.phase("score"):
            for split in (name for name in SCORED if name in corpus):
                table = corpus[split]
                note(f"Scoring {len(table):,} {table.ROWS} of {split}")
                if split != "dev":  # dev was checked before training
                    table = self.task.check_rows(self.model, table)
                predictions[split] = self.task.predict(self.model, table, corpus.train)
        if baselines and predictions:
            with self.watch.phase("baselines"):
                self.task.add_baselines(corpus.train, predictions)
        return self.finish(predictions)

    def finish(self, predictions: Mapping[str, Any]) -> Scores:
        """Score predictions, and write them along with `metrics.json` and the report.

        Args:
            predictions: Predictions of the model and the baselines, by split.
        """
        for split, predicted in predictions.items():
            self.task.write_predictions(self.folder.predictions, split, predicted)
        evaluations = {split: self.task.score(predicted) for split, predicted in predictions.items()}
        metrics: dict[str, Any] = {split: evaluation.to_dict() for split, evaluation in evaluations.items()}
        metrics |= {"baselines": self._baselines(predictions), **self.model.tuned_metrics()}
        if (thresholds := self.task.suggest_thresholds(self.model, predictions)) is not None:
            metrics["thresholds"] = thresholds
        verdict = self.judge(predictions)
        metrics["seconds"] = {name: round(value, 3) for name, value in self.watch.seconds.items()}
        write_json(self.folder.metrics, metrics)
        return Scores(evaluations, metrics, verdict)

    def judge(self, predictions: Mapping[str, Any]) -> str:
        """Compare the model with its baselines, and write the report if requested.

        Args:
            predictions: Predictions of the model and the baselines, by split.

        Returns:
            Sentence that compares the model with its best baseline, or "" if there are no predictions.
        """
        if not predictions:
            return ""
        with self.watch.phase("report"):
            facts = run_facts(self.model, self.run, self.watch.seconds)
            if self.report:
                return self.task.write_report(self.folder.report, self.model, predictions, facts)
            return self.task.verdict(self.model, predictions, facts)

    def _baselines(self, predictions: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        scores: dict[str, dict[str, Any]] = {}
        for split, predicted in predictions.items():
            for name, figures in self.task.score_baselines(predicted).items():
                scores.setdefault(name, {})[split] = figures
        return scores


def stored_predictions(task: Task[Any], model: Any, folder: RunFolder) -> dict[str, Any]:
    """Return a dictionary with the predictions that are stored in a run folder, keyed by split."""
    return {
        split: task.read_predictions(folder.predictions, split, model)
        for split in SCORED
        if task.has_predictions(folder.predictions, split)
    }


def stored_facts(model: Any, folder: RunFolder) -> RunFacts:
    """Read the information for a run's reports from its run folder."""
    run = folder.read()
    if folder.history.is_file():
        run["history"] = read_json_lines(folder.history, _LIMIT_BYTES)
    return run_facts(model, run, read_json(folder.metrics, _LIMIT_BYTES)["seconds"])


def run_facts(model: Any, run: Mapping[str, Any], seconds: Mapping[str, float]) -> RunFacts:
    """Collect the information for a run's reports.

    Args:
        model: Trained model.
        run: Content of `run.json`, optionally with the training history under the key `history`. This history is used
            if the model has none.
        seconds: Duration of each phase, in seconds.
    """
    return RunFacts(
        title=f"{model.recipe_.name} on {run['corpus']['name']}",
        corpus=str(run["corpus"]["name"]),
        history=model.history_ or run.get("history", []),
        warnings=list(run.get("doubts", [])),
        seconds=dict(seconds),
        recipe=model.recipe_.to_yaml(),
        environment={"versions": run["versions"], "machine": run["machine"], "seed": run["seed"]},
        command=str(run["command"]),
        rate_finder=_range_test(run),
        note=str(run.get("note", "")),
        best_epoch=getattr(model, "best_epoch_", run.get("best_epoch")),
    )


def _range_test(run: Mapping[str, Any]) -> RangeTest | None:
    tried = run.get("rates")
    if tried is None:
        return None
    used = run["recipe"]["training"]["learning_rate"]
    return RangeTest(list(zip(tried["rates"], tried["losses"], strict=True)), tried["suggested"], used)
