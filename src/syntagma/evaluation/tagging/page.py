"""The report of a tagger as a page to open and as Markdown to keep."""

from pathlib import Path
from typing import Any

from syntagma.evaluation.pages import charts
from syntagma.evaluation.pages.page import MOST_IN_TABLE, render_html, render_markdown
from syntagma.evaluation.tagging.charts import threshold_chart
from syntagma.evaluation.tagging.span_errors import ERRORS

_TEMPLATES = Path(__file__).parent / "templates"


def tag_html_page(report: dict[str, Any]) -> str:
    """Return the numbers of `make_tag_report` as one HTML page."""
    return render_html(
        _TEMPLATES,
        report,
        calibration_charts=charts.calibration_charts(report),
        threshold_chart=threshold_chart(report),
        confusion_chart=charts.confusion_chart(report),
        **_prepared(report),
    )


def tag_markdown_page(report: dict[str, Any]) -> str:
    """Return the numbers of `make_tag_report` in Markdown."""
    return render_markdown(_TEMPLATES, report, **_prepared(report))


def _prepared(report: dict[str, Any]) -> dict[str, Any]:
    split = report["splits"].get(report["reported"])
    names = {"span_f1": "Span F1", "span_precision": "Precision", "span_recall": "Recall"} if report["kinds"] else {}
    partial = {
        "overlap": "shares words with one of its kind",
        "partial": "has the borders of one; half, if it shares words",
    }
    return {
        "split": split,
        "partial_names": partial if report["kinds"] else {},
        "score_names": names | {"accuracy": "Accuracy of words"},
        "figure_name": "span F1" if report["kinds"] else "accuracy",
        "what": "kind" if report["kinds"] else "tag",
        "error_titles": ERRORS,
        "matrix_in_table": bool(report["confusion"]) and len(report["confusion"]["labels"]) <= MOST_IN_TABLE,
    }
