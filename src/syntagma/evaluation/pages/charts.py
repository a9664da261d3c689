"""The charts of a report, each from its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

from syntagma.evaluation.pages.pictures import ACCENT, INK, MUTED, SERIES, WRONG, picture
from syntagma.evaluation.pages.plain import shortened
from syntagma.wording import metric_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

SIZE = (4.7, 3.2)
# From so many labels on, colours with numbers in a table cannot be read; beyond the second, names cannot either.
_LEAST_IN_MAP, _MOST_IN_MAP = 13, 100
_CHARACTERS = 18

# The share that is right of fewer decisions is chance: a dot, but no corner of the line.
_FEW_DECISIONS = 10


@dataclass(frozen=True)
class Chart:
    """A drawing with its heading and legend.

    Attributes:
        title: Heading.
        svg: The element.
        legend: Pairs of text and the name of a key's CSS class.
        note: How to read it.
        wide: Whether it needs the whole width of the page.
    """

    title: str
    svg: str
    legend: Sequence[tuple[str, str]] = ()
    note: str = ""
    wide: bool = False


def dev_figures(history: list[dict[str, Any]]) -> dict[str, str]:
    """Return the figures of dev that a training recorded besides the loss, with their titles."""
    names = dict.fromkeys(name for record in history for name in record.get("dev") or {})
    return {name: f"Dev {metric_title(name)}" for name in names if name != "loss"}


def training_charts(report: dict[str, Any]) -> list[Chart]:
    """Loss and dev scores by epoch, and the loss by learning rate if rates were tried."""
    history = report["history"]
    losses = {"Training loss": _series(history, "loss"), "Dev loss": _series(history, "dev", "loss")}
    scores = {title: _series(history, "dev", name) for name, title in dev_figures(history).items()}
    charts = [
        _by_epoch("Loss by epoch", "loss", losses, "Training loss is a mean over the epoch, dropout included."),
        _by_epoch("Dev scores by epoch", "scores", scores, ""),
        _rate_chart(report["rate_finder"]),
    ]
    return [chart for chart in charts if chart is not None]


def calibration_charts(report: dict[str, Any]) -> list[Chart]:
    """Reliability diagram of the reported split, with and, if there is one, without a temperature; how sure it is."""
    split = report["calibration"]["splits"].get(report["reported"])
    if split is None:
        return []
    least = 0.5 if report.get("kind") in ("binary", "multilabel") else 0.0
    drawn = [(colour, when) for colour, when in ((SERIES[1], "before"), (SERIES[0], "after")) if when in split]

    def diagram(figure: "Figure") -> None:
        axes = axes_of(figure, "Probability that the model gives", "Share that is right")
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
        for colour, when in drawn:
            bins = split[when]["reliability"]
            most = max(part["count"] for part in bins)
            x, y = [part["confidence"] for part in bins], [part["accuracy"] for part in bins]
            steady = [(part["confidence"], part["accuracy"]) for part in bins if part["count"] >= _FEW_DECISIONS]
            if steady:
                axes.plot(*zip(*steady, strict=True), color=colour, linewidth=1.4)
            axes.scatter(x, y, s=[12 + 60 * part["count"] / most for part in bins], color=colour, linewidth=0)
        lowest = min(part["accuracy"] for _, when in drawn for part in split[when]["reliability"])
        axes.set(xlim=(least - 0.02, 1.02), ylim=(min(least, lowest) - 0.05, 1.05))

    def histogram(figure: "Figure") -> None:
        axes = axes_of(figure, "Probability that the model gives", "Share of decisions")
        bins = split["after"]["reliability"]
        total = sum(part["count"] for part in bins)
        edges, widths = [part["low"] for part in bins], [0.92 * (part["high"] - part["low"]) for part in bins]
        axes.bar(edges, [part["count"] / total for part in bins], widths, align="edge", color=SERIES[0], linewidth=0)
        axes.set(xlim=(least - 0.02, 1.02))
        show_percent(axes.yaxis)

    legend = [("As the network puts out", "c2"), ("With the temperature, as kept in the bundle", "c1")]
    legend = legend if "before" in split else []
    note = "On the dashed line probabilities mean what they say; below it the model is too sure. Large dots: many rows."
    return [
        Chart("Reliability", picture("reliability", f"Reliability diagram. {note}", SIZE, diagram), legend, note),
        Chart(
            "How sure it is",
            picture("confidence", "Histogram of the probabilities of decisions", SIZE, histogram),
            [("With the temperature", "c1")] if "before" in split else [],
        ),
    ]


def confusion_chart(report: dict[str, Any]) -> Chart | None:
    """A map of many labels, gold by row; `None` for few (a table is better) and for too many."""
    confusion = report["confusion"] or {}
    if "matrix" not in confusion:
        return None
    matrix, labels = confusion["matrix"], confusion.get("labels") or report["labels"]
    if not _LEAST_IN_MAP <= len(labels) <= _MOST_IN_MAP:
        return None
    names = [shortened(" ".join(label.split()) or "(empty)", _CHARACTERS) for label in labels]
    side = 1.8 + 0.145 * len(labels)
    font = 7 if len(labels) <= 60 else 5

    def draw(figure: "Figure") -> None:
        from matplotlib.patches import Rectangle

        axes = axes_of(figure, "Decided", "Gold")
        axes.grid(False)
        for gold, row in enumerate(matrix):
            for decided, count in enumerate(row):
                if count:
                    # A root keeps rare confusions in sight.
                    strength = 0.12 + 0.88 * (count / sum(row)) ** 0.5
                    colour = ACCENT if gold == decided else WRONG
                    axes.add_patch(Rectangle((decided, gold), 0.94, 0.94, color=colour, alpha=strength, linewidth=0))
        axes.set(xlim=(0, len(labels)), ylim=(len(labels), 0), aspect="equal")
        places = [place + 0.5 for place in range(len(labels))]
        axes.set_xticks(places, names, rotation=90, fontsize=font)
        axes.set_yticks(places, names, fontsize=font)

    svg = picture("confusion", f"Confusion matrix of {len(labels)} labels as a map of colours", (side, side), draw)
    legend = [("Right", "accent"), ("Wrong", "wrong")]
    note = "A row is the right label, a column what was decided; the darker, the larger its share of the row."
    return Chart("All confusions", svg, legend, note, wide=True)


def _by_epoch(title: str, name: str, series: dict[str, list[tuple[float, float]]], note: str) -> Chart | None:
    known = {what: points for what, points in series.items() if points}
    if not known:
        return None

    def draw(figure: "Figure") -> None:
        from matplotlib.ticker import MaxNLocator

        axes = axes_of(figure, "Epoch", "")
        # Dashes on top, because accuracy and macro F1 often lie on one line.
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
    legend = [("Used", "c1")]
    note = "The loss of a few steps at a rate that grows from step to step; no rate made it fall."
    if tried["suggested"]:
        legend = [("Used", "c1"), ("A tenth of the lowest loss' rate", "c2")]
        note = "The loss of a few steps at a rate that grows from step to step, before training."

    def draw(figure: "Figure") -> None:
        axes = axes_of(figure, "Learning rate", "")
        axes.plot(*zip(*points, strict=True), color=INK)
        axes.axvline(tried["used"], color=SERIES[0])
        if tried["suggested"]:
            axes.axvline(tried["suggested"], color=SERIES[1], linestyle=(0, (3, 3)))
        axes.set_xscale("log")
        _show_powers(axes.xaxis, [rate for rate, _ in points])

    suggested = f"{tried['suggested']:g}" if tried["suggested"] else "none"
    description = f"Loss by learning rate; {tried['used']:g} was used, {suggested} suggests itself"
    return Chart("Loss by learning rate", picture("rates", description, SIZE, draw), legend, note)


def axes_of(figure: "Figure", x: str, y: str) -> "Axes":
    """Add axes with titles to a figure; their ticks are round numbers, 1, 2 or 5 of a power of ten apart."""
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
    """Label the ticks of an axis of shares in per cent, all with as many digits as the finest of them needs."""

    def label(share: float, _: Any) -> str:
        ticks = [100 * tick for tick in axis.get_majorticklocs()]
        digits = next((digits for digits in range(4) if all(abs(round(t, digits) - t) < 1e-6 for t in ticks)), 4)
        return f"{100 * share:.{digits}f} %"

    axis.set_major_formatter(label)


def _show_powers(axis: "Axis", rates: Sequence[float]) -> None:
    """Label a logarithmic axis by powers of ten, and in between if it spans few of them."""
    from matplotlib.ticker import LogLocator, NullFormatter

    few = max(rates) < 100 * min(rates)
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=9))
    axis.set_major_formatter(lambda rate, _: f"{rate:.0e}".replace("e-0", "e-").replace("e+0", "e"))
    axis.set_minor_formatter(NullFormatter())
