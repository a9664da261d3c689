"""The report of a classifier as a page to open and as Markdown to keep, both from the same numbers."""

from pathlib import Path
from typing import Any

from syntagma.evaluation.baselines import TITLES
from syntagma.evaluation.classification.charts import curve_charts
from syntagma.evaluation.pages import charts
from syntagma.evaluation.pages.page import MOST_IN_TABLE, render_html, render_markdown

_TEMPLATES = Path(__file__).parent / "templates"


def html_page(report: dict[str, Any]) -> str:
    """Return the numbers of `make_report` as one HTML page."""
    return render_html(
        _TEMPLATES,
        report,
        curve_charts=curve_charts(report),
        calibration_charts=charts.calibration_charts(report),
        confusion_chart=charts.confusion_chart(report),
        **_prepared(report),
    )


def markdown_page(report: dict[str, Any]) -> str:
    """Return the numbers of `make_report` in Markdown."""
    return render_markdown(_TEMPLATES, report, **_prepared(report))


# Of more labels, the page shows the weakest, and all behind a click.
_MOST_LABELS = 25
_WEAKEST = 10
_KINDS = {"binary": "two classes", "multiclass": "one of many classes", "multilabel": "several labels per row"}


def _prepared(report: dict[str, Any]) -> dict[str, Any]:
    """What both templates look at beside the report itself."""
    name = report["reported"]
    labels = report["per_label"] or []
    names = {"accuracy": "Accuracy", "macro_f1": "Macro F1"}
    if report["kind"] == "multilabel":
        names = {"accuracy": "All labels right", "micro_f1": "Micro F1", "macro_f1": "Macro F1"}
    weakest = sorted((label for label in labels if label["rows"]), key=lambda label: label["f1"])[:_WEAKEST]
    return {
        "split": report["splits"].get(name),
        "calibrated": report["calibration"]["splits"].get(name),
        "score_names": names,
        "columns": {name: title for name, title in names.items() if name == "macro_f1"} | names,
        "kinds": _KINDS,
        "weakest": weakest if len(labels) > _MOST_LABELS else [],
        "has_matrix": "pairs" in (report["confusion"] or {}),
        "matrix_in_table": "matrix" in (report["confusion"] or {}) and len(labels) <= MOST_IN_TABLE,
        "baseline_titles": TITLES,
    }
