"""The table of epochs in a report."""

import re

import pytest

from syntagma.evaluation.classification.numbers import make_report
from syntagma.evaluation.classification.page import html_page, markdown_page
from syntagma.evaluation.pages.epochs import choose_epochs


def history(count):
    return [{"epoch": epoch} for epoch in range(1, count + 1)]


def shown(count, best):
    return [record["epoch"] for record in choose_epochs(history(count), best).records]


@pytest.mark.parametrize("count", [0, 1, 40])
def test_a_short_history_is_shown_completely(count):
    assert choose_epochs(history(count), 1) == (history(count), "")


def test_a_long_history_has_the_first_best_and_last_epoch_and_evenly_spaced_ones():
    assert shown(499, 137) == sorted({1, 137, 499, *range(20, 499, 20)})
    assert shown(41, 8) == [1, *range(2, 41, 2), 41]
    note = choose_epochs(history(499), 137).note
    assert note == (
        "The table shows the first, the best and the last epoch, and one in 20 of the others. report.json contains all "
        "499 epochs."
    )


def test_an_unknown_best_epoch_is_not_named():
    table = choose_epochs(history(10_000), None)
    assert [record["epoch"] for record in table.records] == [1, *range(500, 10_001, 500)]
    assert "best" not in table.note
    assert "all 10,000 epochs" in table.note


@pytest.mark.parametrize("count", [41, 50, 51, 125, 126, 1249, 1251, 99_999])
def test_no_table_is_long(count):
    assert len(shown(count, 3)) <= 28


def test_both_pages_shorten_the_table_and_the_numbers_keep_every_epoch(report_input):
    report = make_report(report_input("binary", history=history(500), best_epoch=137))
    assert len(report["history"]) == 500
    assert report["best_epoch"] == 137
    expected = [1, *range(20, 140, 20), 137, *range(140, 501, 20)]
    page, markdown = html_page(report), markdown_page(report)
    assert "Table of 500 epochs" in page
    training = page[page.index('<section id="training">') :]
    assert [int(epoch) for epoch in re.findall(r"<tr><td>(\d+)</td>", training)] == expected
    assert [int(epoch) for epoch in re.findall(r"^\| (\d+) \| –", markdown, re.MULTILINE)] == expected
    for text in (page, markdown):
        assert "one in 20 of the others. report.json contains all 500 epochs." in text
