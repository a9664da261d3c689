"""The curves of a classifier, drawn."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from syntagma.evaluation.pages.charts import SIZE, Chart, axes_of
from syntagma.evaluation.pages.pictures import LINE, SERIES, picture
from syntagma.evaluation.pages.plain import shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def curve_charts(report: dict[str, Any]) -> list[Chart]:
    """ROC and precision-recall curves, where there are some."""
    curves = report["curves"] or []
    if not curves:
        return []
    legend = [(curve["name"], f"c{number}") for number, curve in enumerate(curves, start=1)]

    def drawn(which: str, x: str, y: str) -> Callable[["Figure"], None]:
        def draw(figure: "Figure") -> None:
            axes = axes_of(figure, x, y)
            if which == "roc":
                axes.plot([0, 1], [0, 1], color=LINE, linewidth=1)
            for number, curve in reversed(list(enumerate(curves))):
                points = list(zip(*curve[which], strict=True))
                axes.plot(*points, color=SERIES[number], linestyle="-" if number < 4 else (0, (4, 1.5)))
            axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))

        return draw

    what = f"of {len(curves)} lines: {', '.join(shortened(curve['name'], 40) for curve in curves)}"
    roc = drawn("roc", "False positive rate", "True positive rate")
    precision = drawn("precision_recall", "Recall", "Precision")
    return [
        Chart("ROC curve", picture("roc", f"ROC curve {what}", SIZE, roc), legend),
        Chart("Precision and recall", picture("pr", f"Precision-recall curve {what}", SIZE, precision), legend),
    ]
