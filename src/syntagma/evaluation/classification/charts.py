"""Charts of a classifier's ROC and precision-recall curves."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from syntagma.evaluation.pages.charts import SIZE, Chart, add_axes
from syntagma.evaluation.pages.pictures import LINE, SERIES, picture
from syntagma.evaluation.pages.plain import shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def curve_charts(report: dict[str, Any]) -> list[Chart]:
    """Draw the ROC and precision-recall curves in two charts. The list is empty if the report has no curves."""
    curves = report["curves"] or []
    if not curves:
        return []
    legend = [(curve["name"], f"c{number}") for number, curve in enumerate(curves, start=1)]

    def drawing(which: str, x: str, y: str) -> Callable[["Figure"], None]:
        def draw(figure: "Figure") -> None:
            axes = add_axes(figure, x, y)
            if which == "roc":
                axes.plot([0, 1], [0, 1], color=LINE, linewidth=1)
            for number, curve in reversed(list(enumerate(curves))):
                points = list(zip(*curve[which], strict=True))
                axes.plot(*points, color=SERIES[number], linestyle="-" if number < 4 else (0, (4, 1.5)))
            axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))

        return draw

    names = f"{len(curves)} curves: {', '.join(shorten(curve['name'], 40) for curve in curves)}"
    roc = drawing("roc", "False positive rate", "True positive rate")
    precision = drawing("precision_recall", "Recall", "Precision")
    return [
        Chart("ROC curve", picture("roc", f"ROC curve, {names}", SIZE, roc), legend),
        Chart("Precision-recall curve", picture("pr", f"Precision-recall curve, {names}", SIZE, precision), legend),
    ]
