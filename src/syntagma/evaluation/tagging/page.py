"""Rendering of a tagger's report as an HTML page and as Markdown."""

from pathlib import Path
from typing import Any

from syntagma.evaluation.pages import charts
from syntagma.evaluation.pages.page import MOST_IN_TABLE, render_html, render_markdown
from syntagma.evaluation.tagging.charts import threshold_chart
from syntagma.evaluation.tagging.span_errors import ERRORS

_TEMPLATES = Path(__file__).parent / "templates"


def tag_html_page(report: dict[str, Any]) -> str:
    """Render the result of `make_tag_report` as a self-contained HTML page."""
    return render_html(
        _TEMPLATES,
        report,
        calibration_charts=charts.calibration_charts(report),
        threshold_chart=threshold_chart(report),
        confusion_chart=charts.confusion_chart(report),
        **_template_values(report),
    )


def tag_markdown_page(report: dict[str, Any]) -> str:
    """Render the result of `make_tag_report` as Markdown."""
    return render_markdown(_TEMPLATES, report, **_template_values(report))


def _template_values(report: dict[str, Any]) -> dict[str, Any]:
    """Return the variables that the HTML and Markdown templates need in addition to the report itself."""
    split = report["splits"].get(report["reported"])
    names = {"span_f1": "Span F1", "span_precision": "Precision", "span_recall": "Recall"} if report["kinds"] else {}
    partial = {
        "overlap": "Overlap with a gold span of the same label",
        "partial": "Boundaries: 1 if both match, 0.5 for an overlap; any label",
    }
    return {
        "split": split,
        "partial_names": partial if report["kinds"] else {},
        "score_names": names | {"accuracy": "Token accuracy"},
        "figure_name": "span F1" if report["kinds"] else "accuracy",
        "what": "span label" if report["kinds"] else "tag",
        "error_titles": ERRORS,
        "matrix_in_table": bool(report["confusion"]) and len(report["confusion"]["labels"]) <= MOST_IN_TABLE,
    }
