"""The report of a run: every number as plain values, and three files that show them."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syntagma.evaluation.calibrating import calibration
from syntagma.evaluation.curves import curves
from syntagma.evaluation.intervals import split_scores
from syntagma.evaluation.mistakes import mistakes
from syntagma.evaluation.page import html_page, markdown_page
from syntagma.evaluation.per_label import confusion, macro_areas, per_label
from syntagma.evaluation.plain import plain
from syntagma.evaluation.report_input import RatesTried, ReportInput, ScoredSplit
from syntagma.evaluation.slices import slices
from syntagma.evaluation.verdict import baselines, verdict
from syntagma.files import write_json, write_text

if TYPE_CHECKING:
    from syntagma.evaluation.tag_report_input import TagReportInput

__all__ = ["FORMAT", "RatesTried", "ReportInput", "ScoredSplit", "make_report", "write_report"]

FORMAT = 1


def make_report(given: ReportInput) -> dict[str, Any]:
    """Every number of the report, as values that JSON can hold.

    Returns:
        What the model and the run are (`title`, `task`, `labels`, `recipe`, …), `splits` with the scores of each, and
        of the reported split (`reported`, the last with rows): `baselines`, `verdict`, `per_label`, `macro_areas`,
        `confusion`, `curves`, `slices`, `mistakes`; `None` where no split has rows.
    """
    report = {
        "format": FORMAT,
        "title": given.title,
        "corpus": given.corpus,
        "task": given.task,
        "labels": given.labels,
        "threshold": given.threshold,
        "reported": given.reported,
        "splits": {name: split_scores(given, split) for name, split in given.splits.items()},
        **_details(given),
        "calibration": calibration(given),
        **facts_of(given),
    }
    plain_report: dict[str, Any] = plain(report)
    return plain_report


def facts_of(given: "ReportInput | TagReportInput") -> dict[str, Any]:
    """How the model came to be, which reports of all tasks show alike."""
    return {
        "warnings": given.warnings,
        "history": given.history,
        "rate_finder": None if given.rate_finder is None else asdict(given.rate_finder),
        "seconds": given.seconds,
        "recipe": given.recipe,
        "environment": given.environment,
        "command": given.command,
    }


def write_report(folder: str | Path, given: ReportInput) -> dict[str, Any]:
    """Writes `report.html`, `report.json` and `report.md` into a folder.

    Returns:
        As `make_report`.
    """
    report = make_report(given)
    write_pages(folder, report, markdown_page(report), html_page(report))
    return report


def write_pages(folder: str | Path, report: Mapping[str, Any], markdown: str, html: str) -> None:
    """Writes a report as `report.json`, `report.md` and `report.html`."""
    folder = Path(folder)
    write_json(folder / "report.json", report)
    write_text(folder / "report.md", markdown)
    write_text(folder / "report.html", html)


def _details(given: ReportInput) -> dict[str, Any]:
    if given.reported is None:
        names = ("per_label", "macro_areas", "confusion", "curves", "slices", "mistakes")
        return {"baselines": [], "verdict": verdict(given, []), **dict.fromkeys(names)}
    split = given.splits[given.reported]
    others = baselines(given, split)
    labels = per_label(given, split)
    return {
        "baselines": others,
        "verdict": verdict(given, others),
        "per_label": labels,
        "macro_areas": macro_areas(labels),
        "confusion": confusion(given, split),
        "curves": curves(given, split),
        "slices": slices(given, split),
        "mistakes": mistakes(given, split),
    }
