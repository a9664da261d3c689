"""Computation and writing of a classifier's report."""

from pathlib import Path
from typing import Any

from syntagma.evaluation.classification.calibration import calibration
from syntagma.evaluation.classification.curves import curves
from syntagma.evaluation.classification.intervals import split_scores
from syntagma.evaluation.classification.mistakes import mistakes
from syntagma.evaluation.classification.page import html_page, markdown_page
from syntagma.evaluation.classification.per_label import confusion, macro_areas, per_label
from syntagma.evaluation.classification.predictions import ReportInput
from syntagma.evaluation.classification.slices import slices
from syntagma.evaluation.classification.thresholds import suggest_thresholds
from syntagma.evaluation.classification.verdict import baselines, verdict
from syntagma.evaluation.facts import FORMAT, facts_to_dict, write_pages
from syntagma.evaluation.pages.plain import plain


def make_report(inputs: ReportInput) -> dict[str, Any]:
    """Compute all numbers of the report, as a JSON-serialisable dict.

    Returns:
        A description of the model and the run (`title`, `task`, `labels`, `recipe`, …), `splits` with the scores of
        each split (see `split_scores`), `calibration`, and `thresholds` (see `suggest_thresholds`). The last split with
        rows is reported in detail: `reported` is its name, and `baselines`, `verdict`, `per_label`, `macro_areas`,
        `confusion`, `curves`, `slices` and `mistakes` refer to this split. If no split has rows, `baselines` is empty,
        and `per_label`, `macro_areas`, `confusion`, `curves`, `slices` and `mistakes` are `None`.
    """
    numbers = {
        "format": FORMAT,
        "title": inputs.title,
        "corpus": inputs.corpus,
        "task": "classification",
        "kind": inputs.kind,
        "row_names": inputs.row_names,
        "labels": inputs.labels,
        "threshold": inputs.threshold,
        "reported": inputs.reported,
        "splits": {name: split_scores(inputs, split) for name, split in inputs.splits.items()},
        **_details(inputs),
        "calibration": calibration(inputs),
        "thresholds": suggest_thresholds(inputs.splits),
        **facts_to_dict(inputs),
    }
    return plain(numbers)


def write_report(folder: str | Path, inputs: ReportInput) -> dict[str, Any]:
    """Write `report.html`, `report.json` and `report.md` to a folder, and return the result of `make_report`."""
    report = make_report(inputs)
    write_pages(folder, report, markdown_page(report), html_page(report))
    return report


def verdict_sentence(inputs: ReportInput) -> str:
    """Return the sentence of the report that compares the model with the best baseline."""
    others = [] if inputs.reported is None else baselines(inputs, inputs.splits[inputs.reported])
    return str(verdict(inputs, others)["sentence"])


def make_details(inputs: ReportInput) -> dict[str, Any]:
    """Compute only some parts of `make_report`: scores and areas per label, confusions, and suggested thresholds.

    Returns:
        `reported`, `labels`, `per_label`, `macro_areas`, `confusion` and `thresholds`, as in `make_report`. If no split
        has rows, the only field is `reported`, which is `None`.
    """
    if inputs.reported is None:
        return {"reported": None}
    split = inputs.splits[inputs.reported]
    labels = per_label(inputs, split)
    return plain(
        {
            "reported": inputs.reported,
            "labels": inputs.labels,
            "per_label": labels,
            "macro_areas": macro_areas(labels),
            "confusion": confusion(inputs, split),
            "thresholds": suggest_thresholds(inputs.splits),
        }
    )


def _details(inputs: ReportInput) -> dict[str, Any]:
    if inputs.reported is None:
        names = ("per_label", "macro_areas", "confusion", "curves", "slices", "mistakes")
        return {"baselines": [], "verdict": verdict(inputs, []), **dict.fromkeys(names)}
    split = inputs.splits[inputs.reported]
    others = baselines(inputs, split)
    labels = per_label(inputs, split)
    return {
        "baselines": others,
        "verdict": verdict(inputs, others),
        "per_label": labels,
        "macro_areas": macro_areas(labels),
        "confusion": confusion(inputs, split),
        "curves": curves(inputs, split),
        "slices": slices(inputs, split),
        "mistakes": mistakes(inputs, split),
    }
