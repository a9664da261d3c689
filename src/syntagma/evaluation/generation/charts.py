"""The chart of scores by number of beams."""

from itertools import cycle
from typing import TYPE_CHECKING, Any

from syntagma.evaluation.generation.figures import METRICS
from syntagma.evaluation.pages.charts import SIZE, Chart, add_axes, show_percent
from syntagma.evaluation.pages.pictures import SERIES, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# With more lines, the chart is not readable. The table has all searches.
_MOST_LINES = 8


def search_chart(report: dict[str, Any]) -> Chart | None:
    """Plot the main metric on dev against the number of beams, one line per setting of the penalties.

    The result is `None` if fewer than two numbers of beams were tried, or too many settings of the penalties.
    """
    metric = report["metric"]
    lines: dict[tuple[float, float], list[tuple[int, float]]] = {}
    for row in report["searches"] or []:
        if (value := row["scores"].get(metric)) is not None and row["beams"] > 1:
            lines.setdefault((row["length_penalty"], row["coverage_penalty"]), []).append((row["beams"], value))
    if not 0 < len(lines) <= _MOST_LINES or max(map(len, lines.values())) < 2:
        return None

    def draw(figure: "Figure") -> None:
        from matplotlib.ticker import NullLocator

        axes = add_axes(figure, "Beams", METRICS[metric])
        for colour, points in zip(cycle(SERIES), lines.values(), strict=False):
            axes.plot(*zip(*sorted(points), strict=True), color=colour, marker="o", markersize=4)
        beams = sorted({beams for points in lines.values() for beams, _ in points})
        axes.set_xscale("log")
        axes.set_xticks(beams, [str(number) for number in beams])
        axes.xaxis.set_minor_locator(NullLocator())
        if metric == "exact_match":
            show_percent(axes.yaxis)

    title = f"{METRICS[metric]} on dev by number of beams"
    legend = [(_name(*penalties), f"c{number}") for number, penalties in enumerate(lines, start=1)]
    return Chart(title, picture("searches", title, SIZE, draw), legend)


def _name(length_penalty: float, coverage_penalty: float) -> str:
    covered = f", coverage penalty {coverage_penalty:g}" if coverage_penalty else ""
    return f"length penalty {length_penalty:g}{covered}"
