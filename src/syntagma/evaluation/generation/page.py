"""Rendering of a generator's report as an HTML page and as Markdown."""

from pathlib import Path
from typing import Any

from syntagma.evaluation.generation.charts import search_chart
from syntagma.evaluation.generation.figures import METRICS, show_difference, show_score
from syntagma.evaluation.generation.heat_maps import heat_map
from syntagma.evaluation.generation.predictions import DOUBTS
from syntagma.evaluation.pages.page import render_html, render_markdown

TEMPLATES = Path(__file__).parent / "templates"

# Metrics in the tables of scores; the main metric comes first.
_COLUMNS = ("bleu", "exact_match", "chrf", "rouge_l", "bleu_lowercase")


def generation_html_page(report: dict[str, Any]) -> str:
    """Render the result of `make_generation_report` as a self-contained HTML page."""
    return render_html(
        TEMPLATES,
        report,
        search_chart=search_chart(report),
        heat_maps=[heat_map(record) for record in report["attention"]],
        **_template_values(report),
    )


def generation_markdown_page(report: dict[str, Any]) -> str:
    """Render the result of `make_generation_report` as Markdown."""
    return render_markdown(TEMPLATES, report, **_template_values(report))


def _template_values(report: dict[str, Any]) -> dict[str, Any]:
    """Return the variables that the HTML and Markdown templates need in addition to the report itself."""
    return {
        "split": report["splits"].get(report["reported"]),
        "columns": sorted(_COLUMNS, key=lambda name: name != report["metric"]),
        "titles": METRICS,
        "doubt_titles": DOUBTS,
        "show": show_score,
        "show_difference": show_difference,
        "example_titles": {
            "worst": "Outputs with the lowest chrF",
            "best": "Outputs with the highest chrF",
            "sample": "A sample, evenly spaced over the rows",
        },
    }
