"""Charts that the reports of all tasks share, drawn from the numbers of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

from syntagma.evaluation.pages.pictures import ACCENT, INK, MUTED, SERIES, WRONG, picture
from syntagma.evaluation.pages.plain import shorten
from syntagma.wording import metric_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

SIZE = (4.7, 3.2)
# With fewer labels, the confusion matrix fits into a table. With more, even a heat map is not readable.
_MIN_IN_MAP, _MAX_IN_MAP = 13, 100
_CHARACTERS = 18

# Bins with fewer predictions are drawn as dots but left out of the line, because their accuracy is too uncertain.
_MIN_PREDICTIONS = 10
# Metrics from 0 to 100, which are not drawn as percentages.
_POINTS = ("bleu", "bleu_lowercase", "chrf")


@dataclass(frozen=True)
class Chart:
    """A chart with its heading and legend.

    Attributes:
        title: Heading of the chart.
        svg: The chart as an SVG element.
        legend: Entries of the legend, as pairs of text and the CSS class that sets the colour.
        note: Explanation below the chart, or "" for none.
        wide: Whether the chart takes up the full width of the page.
    """

    title: str
    svg: str
    legend: Sequence[tuple[str, str]] = ()
    note: str = ""
    wide: bool = False


def dev_figures(history: list[dict[str, Any]]) -> dict[str, str]:
    """Return the titles of the dev (validation) metrics in the training history, by metric key.

    The loss is left out.
    """
    names = dict.fromkeys(name for record in history for name in record.get("dev") or {})
    return {name: f"Dev {metric_title(name)}" for name in names if name != "loss"}


def training_charts(report: dict[str, Any]) -> list[Chart]:
    """Draw the loss by epoch, the dev scores by epoch, and the learning-rate range test if one was run."""
    history = report["history"]
    losses = {"Training loss": _series(history, "loss"), "Dev loss": _series(history, "dev", "loss")}
    scores, points = (
        {
            title: _series(history, "dev", name)
            for name, title in dev_figures(history).items()
            if (name in _POINTS) == in_points
        }
        for in_points in (False, True)
    )
    charts = [
        _epoch_chart(
            "Loss by epoch", "loss", losses, "The training loss is the mean over the epoch, with dropout active."
        ),
        _epoch_chart(f"{' and '.join(points)} by epoch", "points", points, ""),
        _epoch_chart("Dev scores by epoch", "scores", scores, ""),
        _rate_chart(report["rate_finder"]),
    ]
    return [chart for chart in charts if chart is not None]


def calibration_charts(report: dict[str, Any]) -> list[Chart]:
    """Draw the reliability diagram and the confidence histogram of the reported split.

    If the model uses temperature scaling, the diagram shows the calibration both before and after scaling.
    """
    split = report["calibration"]["splits"].get(report["reported"])
    if split is None:
        return []
    least = 0.5 if report.get("kind") in ("binary", "multilabel") else 0.0
    drawn = [(colour, when) for colour, when in ((SERIES[1], "before"), (SERIES[0], "after")) if when in split]

    def diagram(figure: "Figure") -> None:
        axes = add_axes(figure, "Mean confidence", "Accuracy")
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
        for colour, when in drawn:
            bins = split[when]["reliability"]
            most = max(part["count"] for part in bins)
            x, y = [part["confidence"] for part in bins], [part["accuracy"] for part in bins]
            steady = [(part["confidence"], part["accuracy"]) for part in bins if part["count"] >= _MIN_PREDICTIONS]
            if steady:
                axes.plot(*zip(*steady, strict=True), color=colour, linewidth=1.4)
            axes.scatter(x, y, s=[12 + 60 * part["count"] / most for part in bins], color=colour, linewidth=0)
        lowest = min(part["accuracy"] for _, when in drawn for part in split[when]["reliability"])
        axes.set(xlim=(least - 0.02, 1.02), ylim=(min(least, lowest) - 0.05, 1.05))

    def histogram(figure: "Figure") -> None:
        axes = add_axes(figure, "Confidence", "Share of predictions")
        bins = split["after"]["reliability"]
        total = sum(part["count"] for part in bins)
        edges, widths = [part["low"] for part in bins], [0.92 * (part["high"] - part["low"]) for part in bins]
        axes.bar(edges, [part["count"] / total for part in bins], widths, align="edge", color=SERIES[0], linewidth=0)
        axes.set(xlim=(least - 0.02, 1.02))
        show_percent(axes.yaxis)

    legend = [("Before temperature scaling", "c2"), ("After temperature scaling", "c1")]
    legend = legend if "before" in split else []
    note = "Dashed line: perfect calibration. Below it the model is overconfident. Larger dots: more predictions."
    return [
        Chart(
            "Reliability diagram", picture("reliability", f"Reliability diagram. {note}", SIZE, diagram), legend, note
        ),
        Chart(
            "Confidence histogram",
            picture("confidence", "Histogram of the confidence of predictions", SIZE, histogram),
            [("After temperature scaling", "c1")] if "before" in split else [],
        ),
    ]


def confusion_chart(report: dict[str, Any]) -> Chart | None:
    """Draw the confusion matrix as a heat map.

    The result is `None` if the report has no confusion matrix, if it has so few labels that they fit into a table, or
    if it has too many labels for a readable chart.
    """
    confusion = report["confusion"] or {}
    if "matrix" not in confusion:
        return None
    matrix, labels = confusion["matrix"], confusion.get("labels") or report["labels"]
    if not _MIN_IN_MAP <= len(labels) <= _MAX_IN_MAP:
        return None
    names = [shorten(" ".join(label.split()) or "(empty)", _CHARACTERS) for label in labels]
    side = 1.8 + 0.145 * len(labels)
    font = 7 if len(labels) <= 60 else 5

    def draw(figure: "Figure") -> None:
        from matplotlib.patches import Rectangle

        axes = add_axes(figure, "Predicted label", "Gold label")
        axes.grid(False)
        for gold, row in enumerate(matrix):
            for predicted, count in enumerate(row):
                if count:
                    # The square root keeps rare confusions visible.
                    strength = 0.12 + 0.88 * (count / sum(row)) ** 0.5
                    colour = ACCENT if gold == predicted else WRONG
                    axes.add_patch(Rectangle((predicted, gold), 0.94, 0.94, color=colour, alpha=strength, linewidth=0))
        axes.set(xlim=(0, len(labels)), ylim=(len(labels), 0), aspect="equal")
        places = [place + 0.5 for place in range(len(labels))]
        axes.set_xticks(places, names, rotation=90, fontsize=font)
        axes.set_yticks(places, names, fontsize=font)

    svg = picture("confusion", f"Heat map of the confusion matrix of {len(labels)} labels", (side, side), draw)
    legend = [("Correct", "accent"), ("Incorrect", "wrong")]
    note = "Rows: gold label. Columns: predicted label. A cell with a stronger colour holds a larger share of its row."
    return Chart("Confusion matrix", svg, legend, note, wide=True)


def _epoch_chart(title: str, name: str, series: dict[str, list[tuple[float, float]]], note: str) -> Chart | None:
    known = {what: points for what, points in series.items() if points}
    if not known:
        return None

    def draw(figure: "Figure") -> None:
        from matplotlib.ticker import MaxNLocator

        axes = add_axes(figure, "Epoch", "")
        # Every second line is dashed, because accuracy and macro F1 often coincide.
        dashed = cycle(("-", (0, (3, 2))))
        for colour, dashes, points in zip(cycle(SERIES), dashed, known.values(), strict=False):
            axes.plot(*zip(*points, strict=True), color=colour, linestyle=dashes, marker="o", markersize=4)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        if name == "scores":
            show_percent(axes.yaxis)

    ends = "; ".join(f"{what} {points[0][1]:.3f} to {points[-1][1]:.3f}" for what, points in known.items())
    legend = [(what, f"c{number}") for number, what in enumerate(known, start=1)]
    return Chart(title, picture(name, f"{title}: {ends}", SIZE, draw), legend, note)


def _rate_chart(tried: dict[str, Any] | None) -> Chart | None:
    points = [(rate, loss) for rate, loss in (tried or {}).get("points", []) if rate and rate > 0 and loss is not None]
    if tried is None or len(points) < 2:
        return None
    legend = [("Used in training", "c1")]
    note = "Loss during a short run before training with an increasing learning rate. No rate reduced the loss."
    if tried["suggested"]:
        legend = [("Used in training", "c1"), ("Suggested: a tenth of the rate with the lowest loss", "c2")]
        note = "Loss during a short run before training with an increasing learning rate."

    def draw(figure: "Figure") -> None:
        axes = add_axes(figure, "Learning rate", "")
        axes.plot(*zip(*points, strict=True), color=INK)
        axes.axvline(tried["used"], color=SERIES[0])
        if tried["suggested"]:
            axes.axvline(tried["suggested"], color=SERIES[1], linestyle=(0, (3, 3)))
        axes.set_xscale("log")
        _show_powers(axes.xaxis, [rate for rate, _ in points])

    suggested = f"{tried['suggested']:g}" if tried["suggested"] else "none"
    description = f"Loss by learning rate; used: {tried['used']:g}, suggested: {suggested}"
    return Chart("Learning-rate range test", picture("rates", description, SIZE, draw), legend, note)


def add_axes(figure: "Figure", x: str, y: str) -> "Axes":
    """Add axes with the labels `x` and `y` to a figure. The tick spacing is 1, 2 or 5 times a power of ten."""
    from matplotlib.ticker import MaxNLocator

    axes = figure.add_subplot(xlabel=x, ylabel=y)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    return axes


def _series(history: list[dict[str, Any]], *path: str) -> list[tuple[float, float]]:
    points = []
    for record in history:
        value: Any = record
        for key in path:
            value = (value or {}).get(key)
        if value is not None:
            points.append((record["epoch"], value))
    return points


def show_percent(axis: "Axis") -> None:
    """Format the ticks of an axis as percentages, all with as many decimals as the most precise tick needs."""

    def label(share: float, _: Any) -> str:
        ticks = [100 * tick for tick in axis.get_majorticklocs()]
        digits = next((digits for digits in range(4) if all(abs(round(t, digits) - t) < 1e-6 for t in ticks)), 4)
        return f"{100 * share:.{digits}f} %"

    axis.set_major_formatter(label)


def _show_powers(axis: "Axis", rates: Sequence[float]) -> None:
    """Label the powers of ten on a logarithmic axis. On a short axis, also label 2 and 5 times each power."""
    from matplotlib.ticker import LogLocator, NullFormatter

    few = max(rates) < 100 * min(rates)
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=9))
    axis.set_major_formatter(lambda rate, _: f"{rate:.0e}".replace("e-0", "e-").replace("e+0", "e"))
    axis.set_minor_formatter(NullFormatter())
