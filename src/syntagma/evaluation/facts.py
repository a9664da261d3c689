"""How a model came to be: what the reports of all tasks say of a run, and the files that they are written to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from syntagma.files import write_json, write_text

FORMAT = 1


@dataclass(frozen=True)
class RatesTried:
    """Learning rates that were tried before training.

    Attributes:
        points: Pairs of learning rate and loss.
        suggested: The rate that they speak for, if they do.
        used: The highest rate of the training.
    """

    points: list[tuple[float, float]]
    suggested: float | None
    used: float


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What the reports of all tasks say of a run.

    Attributes:
        title: Heading of the report.
        corpus: Name of the data.
        history: Records of epochs: epoch, loss, learning_rate, texts_per_second, seconds, and dev, if there were such
            rows, with its figures.
        warnings: Doubts about the data, one line each.
        seconds: By phase.
        recipe: The complete recipe in YAML.
        environment: Versions, machine, seed; may be nested.
        command: The command line that repeats the run.
        rate_finder: What was found, if learning rates were tried.
        note: What else a reader must know of the scores, one sentence.
    """

    title: str
    corpus: str
    history: list[dict[str, Any]]
    warnings: list[str]
    seconds: dict[str, float]
    recipe: str
    environment: dict[str, Any]
    command: str
    rate_finder: RatesTried | None = None
    note: str = ""


def facts_of(given: RunFacts) -> dict[str, Any]:
    """How the model came to be, which reports of all tasks show alike."""
    return {
        "note": given.note,
        "warnings": given.warnings,
        "history": given.history,
        "rate_finder": None if given.rate_finder is None else asdict(given.rate_finder),
        "seconds": given.seconds,
        "recipe": given.recipe,
        "environment": given.environment,
        "command": given.command,
    }


def write_pages(folder: str | Path, report: Mapping[str, Any], markdown: str, html: str) -> None:
    """Writes a report as `report.json`, `report.md` and `report.html`."""
    folder = Path(folder)
    write_json(folder / "report.json", report)
    write_text(folder / "report.md", markdown)
    write_text(folder / "report.html", html)
