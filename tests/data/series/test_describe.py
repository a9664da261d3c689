"""Tests of the statistics of series, with values computed by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest

from syntagma.data.series.describe import describe_series
from syntagma.data.series.from_python import series_table
from syntagma.data.tables.lengths import Lengths
from syntagma.data.tables.table import Corpus

NAN = float("nan")


@pytest.fixture
def corpus() -> Corpus:
    train = series_table(
        [[[1, 5], [2, 5]], [[1, 5], [2, 5]], [[NAN, NAN]], [[4, 5], [-3, NAN], [NAN, NAN]], [[1, 5], [2, 5]]],
        ["a", "a", "b", "c", "b"],
    )
    test = series_table([[[1, 5], [2, 5]], [[0, 1]], [[1, 5], [2, 5]]], ["a", "new", "a"])
    return Corpus("mine", {"train": replace(train, channels=("x", "y")), "test": replace(test, channels=("x", "y"))})


def test_rows_lengths_labels_and_duplicates_are_counted(corpus):
    train = describe_series(corpus).splits["train"]
    assert (train.rows, train.labels, train.lengths) == (5, {"a": 2, "b": 2, "c": 1}, Lengths(1, 2, 2, 2, 3, 3, 2.0))
    assert (train.duplicates, train.conflicting, train.without_value, train.ends_missing) == (2, 1, 1, 2)
    assert train.missing == 5 / 20


def test_channel_statistics_ignore_missing_values(corpus):
    x, y = describe_series(corpus).splits["train"].channels
    values = np.array([1, 2, 1, 2, 4, -3, 1, 2])
    assert (x.name, x.min, x.max, x.missing, x.constant_rows, x.is_constant) == ("x", -3, 4, 0.2, 1, False)
    assert (x.mean, x.deviation) == (pytest.approx(values.mean()), pytest.approx(values.std()))
    assert (y.name, y.min, y.max, y.missing, y.constant_rows, y.is_constant) == ("y", 5, 5, 0.3, 5, True)


def test_findings_list_likely_problems(corpus):
    assert describe_series(corpus).findings() == [
        "2 series of test are in train too",
        "train: 2 series are equal to an earlier one",
        "train: 1 series with different labels in different rows",
        "train: 1 series without any value",
        "train: 2 series without a value in the last step; if this is padding, remove it",
        "train: y is a constant channel",
        "train: 25.0% of the values are missing, most in channel y (30.0%)",
        "test: 1 series is equal to an earlier one",
        "train: the label c has a single row to learn from",
        "test: the label new has no row in train",
    ]


def test_a_good_corpus_has_no_findings():
    rows = np.random.default_rng(0).normal(size=(6, 4, 2))
    splits = {"train": series_table(rows[:4], list("aabb")), "dev": series_table(rows[4:], list("ab"))}
    description = describe_series(Corpus("mine", splits))
    assert description.findings() == []
    assert description.shared == []


def test_the_text_has_tables_and_the_dictionary_is_json(corpus):
    description = describe_series(corpus)
    text = description.to_text()
    assert text.startswith("Corpus mine\n\nsplit  series  channels  min steps  median  max  missing  duplicates")
    assert "\na      2 (40.0 %)  2 (66.7 %)\n" in text
    assert "2 series of test are in train too" in text
    found = json.loads(json.dumps(description.to_dict(), allow_nan=False))
    assert found["splits"]["train"]["channels"][1]["missing"] == 0.3
    assert found["findings"] == description.findings()


def test_unlabelled_series_and_many_channels_are_described():
    table = series_table(np.full((2, 3, 25), np.nan))
    description = describe_series(Corpus("mine", {"train": table}))
    assert description.splits["train"].labels is None
    assert description.splits["train"].channels[0].min is None
    json.dumps(description.to_dict(), allow_nan=False)
    assert "and 5 more channels" in description.to_text()
    assert "train: 1, 2, 3, 4, 5 and 20 more are constant channels" in description.findings()


def test_many_labels_are_truncated():
    rows = np.random.default_rng(0).normal(size=(30, 2))
    description = describe_series(Corpus("mine", {"train": series_table(rows, [f"l{row:02}" for row in range(30)])}))
    assert "and 10 more labels" in description.to_text()
    assert (
        "train: 30 labels (l00, l01, l02, l03, l04 and 25 more) have a single row to learn from"
        in description.findings()
    )
