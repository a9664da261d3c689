"""Rendering of a classifier's report as an HTML page and as Markdown."""

from pathlib import Path
from typing import Any

from syntagma.evaluation.baselines import TITLES
from syntagma.evaluation.classification.charts import curve_charts
from syntagma.evaluation.pages import charts
from syntagma.evaluation.pages.page import MOST_IN_TABLE, render_html, render_markdown

_TEMPLATES = Path(__file__).parent / "templates"


def html_page(report: dict[str, Any]) -> str:
    """Render the result of `make_report` as a self-contained HTML page."""
    return render_html(
        _TEMPLATES,
        report,
        curve_charts=curve_charts(report),
        calibration_charts=charts.calibration_charts(report),
        confusion_chart=charts.confusion_chart(report),
        **_template_values(report),
    )


def markdown_page(report: dict[str, Any]) -> str:
    """Render the result of `make_report` as Markdown."""
    return render_markdown(_TEMPLATES, report, **_template_values(report))


# With more labels, the page shows only the weakest labels, and a table of all labels in a collapsed section.
_MOST_LABELS = 25
_WEAKEST = 10
_KINDS = {kind: f"{kind} classification" for kind in ("binary", "multiclass", "multilabel")}


def _template_values(report: dict[str, Any]) -> dict[str, Any]:
    """Return the variables that the HTML and Markdown templates need in addition to the report itself."""
    name = report["reported"]
    labels = report["per_label"] or []
    names = {"accuracy": "Accuracy", "macro_f1": "Macro F1"}
    if report["kind"] == "multilabel":
        names = {"accuracy": "Subset accuracy", "micro_f1": "Micro F1", "macro_f1": "Macro F1"}
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
