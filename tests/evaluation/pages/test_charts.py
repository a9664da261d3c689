"""Charts drawn from the numbers of a report."""

import itertools
import re

import pytest

from syntagma.evaluation.pages.charts import dev_figures, training_charts


def history(**figures):
    return [
        {"epoch": epoch, "loss": 1 / epoch, "dev": {name: value * epoch / 2 for name, value in figures.items()}}
        for epoch in (1, 2)
    ]


def test_dev_figures_are_all_recorded_metrics_except_the_loss():
    records = [{"epoch": 1}, *history(accuracy=0.5, loss=0.1), {"epoch": 3, "dev": {"frame_accuracy": 0.5}}]
    assert dev_figures(records) == {"accuracy": "Dev accuracy", "frame_accuracy": "Dev frame accuracy"}
    assert dev_figures([{"epoch": 1, "dev": None}]) == {}


@pytest.mark.parametrize(
    "figures",
    [
        {"accuracy": 0.5, "macro_f1": 0.4},
        {"accuracy": 0.9, "span_f1": 0.8, "utterance_accuracy": 0.7, "frame_accuracy": 0.6, "lower_accuracy": 0.5},
    ],
    ids=len,
)
def test_each_dev_metric_has_its_line(figures):
    *_, chart = training_charts({"history": history(loss=0.3, **figures), "rate_finder": None})
    assert chart.title == "Dev scores by epoch"
    assert [key for _, key in chart.legend] == [f"c{number}" for number in range(1, len(figures) + 1)]
    for text, key in chart.legend:
        assert text in chart.svg
        assert f"var(--{key})" in chart.svg, f"{text} has no line"


def tick_labels(svg):
    """Return the numbers among the texts of an SVG, which are the tick labels."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return [text.replace("\u2212", "-") for text in texts if re.match(r"[-\u2212\d]", text)]


@pytest.mark.parametrize(("low", "high"), [(0.823, 0.8531), (0.9001, 0.9249), (0.1, 0.97), (0.99812, 0.99903)])
def test_percentage_ticks_have_equal_digits_and_round_steps(low, high):
    records = [{"epoch": epoch, "dev": {"accuracy": value}} for epoch, value in ((1, low), (2, high))]
    (chart,) = training_charts({"history": records, "rate_finder": None})
    labels = [text.removesuffix(" %") for text in tick_labels(chart.svg) if text.endswith(" %")]
    assert 2 <= len(labels) <= 9
    assert len({len(text.partition(".")[2]) for text in labels}) == 1
    ticks = sorted(map(float, labels))
    steps = {f"{second - first:.1e}"[:3] for first, second in itertools.pairwise(ticks)}
    assert len(steps) == 1
    assert steps <= {"1.0", "2.0", "5.0"}


@pytest.mark.parametrize("highest", [1.0, 0.1, 2e-5])
def test_learning_rate_ticks_share_a_format(highest):
    points = [(1e-6, 0.7), ((1e-6 * highest) ** 0.5, 0.6), (highest, 0.9)]
    report = {"history": [], "rate_finder": {"points": points, "suggested": None, "used": 1e-3}}
    (chart,) = training_charts(report)
    rates = [text for text in tick_labels(chart.svg) if "e" in text]
    assert len(rates) >= 3
    assert all(re.fullmatch(r"[125]e-?\d", text) for text in rates)
    assert not any("mathdefault" in text for text in re.findall(r"<text[^>]*>([^<]*)</text>", chart.svg))
