"""The report of a run: every number as plain values, and three files that show them."""

from pathlib import Path
from typing import Any

from syntagma.evaluation.classification.calibration import calibration
from syntagma.evaluation.classification.curves import curves
from syntagma.evaluation.classification.intervals import split_scores
from syntagma.evaluation.classification.mistakes import mistakes
from syntagma.evaluation.classification.page import html_page, markdown_page
from syntagma.evaluation.classification.per_label import confusion, macro_areas, per_label
from syntagma.evaluation.classification.predicted import ReportInput
from syntagma.evaluation.classification.slices import slices
from syntagma.evaluation.classification.thresholds import suggest_thresholds
from syntagma.evaluation.classification.verdict import baselines, verdict
from syntagma.evaluation.facts import FORMAT, facts_of, write_pages
from syntagma.evaluation.pages.plain import plain


def make_report(given: ReportInput) -> dict[str, Any]:
    """Every number of the report, as values that JSON can hold.

    Returns:
        What the model and the run are (`title`, `task`, `labels`, `recipe`, …), `splits` with the scores of each, and
        of the reported split (`reported`, the last with rows): `baselines`, `verdict`, `per_label`, `macro_areas`,
        `confusion`, `curves`, `slices`, `mistakes`; `None` where no split has rows. For `thresholds`, see
        `suggest_thresholds`.
    """
    numbers = {
        "format": FORMAT,
        "title": given.title,
        "corpus": given.corpus,
        "task": "classification",
        "kind": given.kind,
        "row_names": given.row_names,
        "labels": given.labels,
        "threshold": given.threshold,
        "reported": given.reported,
        "splits": {name: split_scores(given, split) for name, split in given.splits.items()},
        **_details(given),
        "calibration": calibration(given),
        "thresholds": suggest_thresholds(given.splits),
        **facts_of(given),
    }
    return plain(numbers)


def write_report(folder: str | Path, given: ReportInput) -> dict[str, Any]:
    """Write `report.html`, `report.json` and `report.md` into a folder, and return the numbers of `make_report`."""
    report = make_report(given)
    write_pages(folder, report, markdown_page(report), html_page(report))
    return report


def verdict_sentence(given: ReportInput) -> str:
    """Return the report's sentence on model and baselines."""
    found = [] if given.reported is None else baselines(given, given.splits[given.reported])
    return str(verdict(given, found)["sentence"])


def make_details(given: ReportInput) -> dict[str, Any]:
    """Return confusions and areas of the reported split, and suggested thresholds, as `make_report` has them."""
    if given.reported is None:
        return {"reported": None}
    split = given.splits[given.reported]
    labels = per_label(given, split)
    return plain(
        {
            "reported": given.reported,
            "labels": given.labels,
            "per_label": labels,
            "macro_areas": macro_areas(labels),
            "confusion": confusion(given, split),
            "thresholds": suggest_thresholds(given.splits),
        }
    )


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
