"""Rendering of a report as an HTML page and as Markdown, from the templates of its task."""

import functools
import html
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syntagma.evaluation.pages import charts
from syntagma.evaluation.pages.epochs import choose_epochs
from syntagma.evaluation.pages.plain import shorten
from syntagma.evaluation.pages.wording import confidence_text, duration, p_value_text, percent, points

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"
_LABEL_CHARACTERS = 48
# Confusion matrices of up to this many labels are shown as a table.
MOST_IN_TABLE = 12
_SHADES = 10
_MARKS = re.compile(r"([\\`*_\[\]#|~$])")


def render_html(templates: Path, report: dict[str, Any], **values: Any) -> str:
    """Render `report.html.jinja` as a self-contained page without scripts or network access.

    Args:
        templates: Folder with the task's templates, which may extend and include the shared templates.
        report: Numbers of the report.
        **values: Additional variables for the template.
    """
    return render_template(
        templates,
        "report.html.jinja",
        training_charts=charts.training_charts(report),
        **_common_values(report),
        **values,
    )


def render_template(templates: Path, name: str, **values: Any) -> str:
    """Render an HTML template, and pass it the style sheet of all pages as `style`.

    Args:
        templates: Folder with the task's templates, which may extend and include the shared templates.
        name: Name of the template.
        **values: Variables for the template. Strings are escaped.
    """
    from markupsafe import Markup

    style = Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8"))
    return _html_environment(templates).get_template(name).render(style=style, **values)


def render_markdown(templates: Path, report: dict[str, Any], **values: Any) -> str:
    """Render `report.md.jinja`, and escape strings for Markdown. For the arguments, see `render_html`."""
    return _markdown_environment(templates).get_template("report.md.jinja").render(**_common_values(report), **values)


def markdown_text(text: str) -> str:
    r"""Escape a text for Markdown, and join its lines with spaces.

    Example:
        >>> markdown_text("a|b <i>\nc")
        'a\\|b &lt;i&gt; c'
    """
    escaped = html.escape(" ".join(text.split()), quote=False).replace("&lt; ", "< ")  # as in "p < 0.001"
    return _MARKS.sub(r"\\\1", escaped)


def _common_values(report: dict[str, Any]) -> dict[str, Any]:
    """Return the variables that the templates of all tasks use."""
    return {
        "report": report,
        "dev_scores": charts.dev_figures(report["history"]),
        "epochs": choose_epochs(report["history"], report["best_epoch"]),
        "facts": list(_flatten(report["environment"])),
    }


# Environments are cached because they hold compiled templates, and compiling takes longer than rendering.
@functools.cache
def _html_environment(templates: Path) -> "Environment":
    from markupsafe import Markup

    environment = _environment(templates, autoescape=True)
    environment.filters["bar"] = lambda part, bounds, mark=None: Markup(_bar(part, bounds, mark))
    environment.filters["svg"] = Markup
    return environment


@functools.cache
def _markdown_environment(templates: Path) -> "Environment":
    from markupsafe import Markup

    environment = _environment(
        templates,
        finalize=lambda value: markdown_text(value) if type(value) is str else value,
        keep_trailing_newline=True,
    )
    environment.filters["fenced"] = lambda text, language="": Markup(_fence(text, language))
    return environment


def _environment(templates: Path, **settings: Any) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([templates, _TEMPLATES]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **settings,
    )
    environment.filters |= {
        "percent": percent,
        "points": points,
        "p_value": p_value_text,
        "duration": duration,
        "confidence": confidence_text,
        "label": _label,
        "count": lambda number: f"{number:,}",
        "number": lambda number, digits=3: "–" if number is None else f"{number:.{digits}f}",
        "scientific": lambda number: "–" if number is None else f"{number:.3g}",
        "plural": lambda number, one, many: f"{number:,} {one if number == 1 else many}",
        "bounds": _bounds,
        # Colour step from 0 to `_SHADES` for a share of the row; every non-zero count gets at least step 1.
        "shade": lambda count, total: math.ceil(_SHADES * count / total) if count else 0,
    }
    return environment


def _label(label: str, characters: int = _LABEL_CHARACTERS) -> str:
    return shorten(" ".join(label.split()), characters) or "(empty)"


def _bounds(parts: Iterable[dict[str, Any]]) -> tuple[float, float]:
    """Return axis bounds that are multiples of 0.05 and enclose all intervals."""
    ends = [(part["low"], part["high"]) for part in parts]
    low = math.floor(20 * min(low for low, _ in ends)) / 20
    high = math.ceil(20 * max(high for _, high in ends)) / 20
    return (low, high) if high > low else (max(0.0, low - 0.05), min(1.0, high + 0.05))


def _bar(part: dict[str, Any], bounds: tuple[float, float], mark: float | None) -> str:
    """Draw an interval as SVG: a bar from `low` to `high`, a tick at `value`, and a dashed line at `mark`."""
    low, high, value = (_place(part[key], bounds) for key in ("low", "high", "value"))
    line = "" if mark is None else f'<path class="mark" d="M{_place(mark, bounds):.1f} 0V12"/>'
    width = max(high - low, 1)
    return (
        '<svg class="bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="track" d="M0 6H100"/>{line}<rect x="{low:.1f}" y="3" width="{width:.1f}" height="6"/>'
        f'<path class="value" d="M{value:.1f} 1V11"/></svg>'
    )


def _place(value: float, bounds: tuple[float, float]) -> float:
    return 100 * (value - bounds[0]) / (bounds[1] - bounds[0])


def _fence(text: str, language: str) -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _flatten(value: Any, name: str = "") -> Iterable[tuple[str, str]]:
    """Yield the values of nested dicts as strings, each with its dotted name. Values that are `None` are skipped."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _flatten(part, f"{name}.{key}" if name else key)
    elif value is not None:
        yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
