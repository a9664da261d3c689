"""Run information that the reports of all tasks show, and writing of the report files."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from syntagma.files import write_json, write_text

FORMAT = 1


@dataclass(frozen=True)
class RangeTest:
    """Result of a learning-rate range test that ran before training (Smith, 2017).

    Attributes:
        points: Pairs of learning rate and loss, in the order of the test.
        suggested: Suggested learning rate, or `None` if no rate reduced the loss.
        used: Peak learning rate of the training run itself.
    """

    points: list[tuple[float, float]]
    suggested: float | None
    used: float


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """Run information that the reports of all tasks show.

    Attributes:
        title: Heading of the report.
        corpus: Name of the corpus.
        history: One record per epoch with `epoch`, `loss`, `learning_rate`, `texts_per_second`, `seconds`, and `dev`
            (validation metrics by name) if there is a dev split.
        warnings: Warnings about the data, one line each.
        seconds: Duration of each phase of the run, in seconds.
        recipe: Complete recipe as YAML.
        environment: Dictionary with versions, machine details and seed. Values may be nested dicts.
        command: Command line that reproduces the run.
        rate_finder: Result of the learning-rate range test, or `None` if no test was run.
        note: Sentence that readers need in order to interpret the scores, or "" if none is needed.
        best_epoch: Number of the epoch, from 1, whose weights were kept, or `None` if it is unknown.
    """

    title: str
    corpus: str
    history: list[dict[str, Any]]
    warnings: list[str]
    seconds: dict[str, float]
    recipe: str
    environment: dict[str, Any]
    command: str
    rate_finder: RangeTest | None = None
    note: str = ""
    best_epoch: int | None = None


def facts_to_dict(facts: RunFacts) -> dict[str, Any]:
    """Return the run information as a dict for the report, without `title` and `corpus`."""
    return {
        "note": facts.note,
        "warnings": facts.warnings,
        "history": facts.history,
        "best_epoch": facts.best_epoch,
        "rate_finder": None if facts.rate_finder is None else asdict(facts.rate_finder),
        "seconds": facts.seconds,
        "recipe": facts.recipe,
        "environment": facts.environment,
        "command": facts.command,
    }


def write_pages(folder: str | Path, report: Mapping[str, Any], markdown: str, html: str) -> None:
    """Write a report to `report.json`, `report.md` and `report.html`.

    Args:
        folder: Folder for the files. It is created if it does not exist, and existing report files are replaced.
        report: Content of `report.json`.
        markdown: Content of `report.md`.
        html: Content of `report.html`.
    """
    folder = Path(folder)
    write_json(folder / "report.json", report)
    write_text(folder / "report.md", markdown)
    write_text(folder / "report.html", html)
