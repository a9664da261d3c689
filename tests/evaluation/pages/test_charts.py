"""Charts from the numbers of a report."""

import pytest

from syntagma.evaluation.pages.charts import dev_figures, training_charts


def history(**figures):
    return [
        {"epoch": epoch, "loss": 1 / epoch, "dev": {name: value * epoch / 2 for name, value in figures.items()}}
        for epoch in (1, 2)
    ]


def test_figures_of_dev_are_those_that_were_recorded_but_the_loss():
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
def test_each_figure_of_dev_has_its_line(figures):
    *_, chart = training_charts({"history": history(loss=0.3, **figures), "rate_finder": None})
    assert chart.title == "Dev scores by epoch"
    assert [key for _, key in chart.legend] == [f"c{number}" for number in range(1, len(figures) + 1)]
    for text, key in chart.legend:
        assert text in chart.svg
        assert f"var(--{key})" in chart.svg, f"{text} has no line"
