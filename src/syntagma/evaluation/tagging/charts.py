"""The chart of a tagger's precision, recall and F1 by probability threshold."""

from typing import TYPE_CHECKING, Any

from syntagma.evaluation.pages.charts import SIZE, Chart, add_axes, show_percent
from syntagma.evaluation.pages.pictures import MUTED, SERIES, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def threshold_chart(report: dict[str, Any]) -> Chart | None:
    """Plot precision, recall and F1 on the reported split against the minimum span probability.

    The result is `None` if the report has no thresholds, because the tags are plain or no split has words.
    """
    if report["thresholds"] is None:
        return None
    names, points = ("precision", "recall", "f1"), report["thresholds"]["points"]

    def draw(figure: "Figure") -> None:
        axes = add_axes(figure, "Minimum span probability", "")
        x = [point["threshold"] for point in points]
        for colour, name in zip(SERIES, names, strict=False):
            axes.plot(x, [point["splits"][report["reported"]][name] for point in points], color=colour)
        if report["thresholds"]["threshold"] is not None:
            axes.axvline(report["thresholds"]["threshold"], color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
        show_percent(axes.yaxis)

    svg = picture("thresholds", "Precision, recall and F1 by minimum span probability", SIZE, draw)
    legend = [(title, f"c{number}") for number, title in enumerate(("Precision", "Recall", "F1"), start=1)]
    note = f"Scores on {report['reported']}. The dashed line marks the threshold with the best F1 on dev."
    return Chart("Precision, recall and F1 by span threshold", svg, legend, note if "dev" in report["splits"] else "")
