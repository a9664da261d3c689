"""What a least probability of spans would leave of them, drawn."""

from typing import TYPE_CHECKING, Any

from syntagma.evaluation.pages.charts import SIZE, Chart, axes_of, show_percent
from syntagma.evaluation.pages.pictures import MUTED, SERIES, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def threshold_chart(report: dict[str, Any]) -> Chart | None:
    """Precision, recall and F1 of the reported split by the least probability of spans."""
    if report["thresholds"] is None:
        return None
    names, points = ("precision", "recall", "f1"), report["thresholds"]["points"]

    def draw(figure: "Figure") -> None:
        axes = axes_of(figure, "Least probability of a span", "")
        x = [point["threshold"] for point in points]
        for colour, name in zip(SERIES, names, strict=False):
            axes.plot(x, [point["splits"][report["reported"]][name] for point in points], color=colour)
        if report["thresholds"]["threshold"] is not None:
            axes.axvline(report["thresholds"]["threshold"], color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
        show_percent(axes.yaxis)

    svg = picture("thresholds", "Precision, recall and F1 by the least probability of a span", SIZE, draw)
    legend = [(title, f"c{number}") for number, title in enumerate(("Precision", "Recall", "F1"), start=1)]
    note = f"On {report['reported']}. The dashed line is the best F1 on dev."
    return Chart("Fewer spans, and surer ones", svg, legend, note if "dev" in report["splits"] else "")
