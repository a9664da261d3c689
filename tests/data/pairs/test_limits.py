"""Tests of the limits of pairs, with counts worked out by hand."""

import pytest

from syntagma.data.pairs.limits import PairLimits, apply_limits, count_words
from syntagma.data.pairs.table import PairTable
from syntagma.errors import ConfigError, DataError

TABLE = PairTable(
    ["a b", "a b c d e", "a", "a b c", "a b c d"],
    ["x", "x y z", "x y z w v u", "x y", "x y z w v"],
    source="a.tsv",
    lines=[2, 3, 4, 5, 6],
)


def test_pairs_beyond_a_limit_are_removed_and_reported_once():
    limits = PairLimits(max_source_words=4, max_target_words=4, max_ratio=1.5)
    table, lines = apply_limits(TABLE, limits)
    assert (table.sources, table.targets, table.lines) == (["a b c"], ["x y"], [5])
    assert lines == [
        "a.tsv: left out 1 of 5 pairs, whose source has more than 4 words (at most 5): a.tsv:3",
        "a.tsv: left out 2 of 5 pairs, whose target has more than 4 words (at most 6): a.tsv:4, a.tsv:6",
        "a.tsv: left out 1 of 5 pairs, one of whose texts has more than 1.5 times as many words as the other "
        "(at most 2 times): a.tsv:2",
    ]


def test_pairs_at_the_limit_stay_and_no_limit_returns_the_same_table():
    for limits in (PairLimits(), PairLimits(max_source_words=5, max_target_words=6, max_ratio=6)):
        assert apply_limits(TABLE, limits) == (TABLE, [])


def test_only_the_source_limit_applies_without_targets():
    sources = PairTable(TABLE.sources)
    limits = PairLimits(max_source_words=3, max_target_words=1, max_ratio=1)
    assert apply_limits(sources, limits)[0].sources == ["a b", "a", "a b c"]


def test_limits_that_leave_nothing_are_an_error():
    with pytest.raises(DataError, match=r"a\.tsv: no pair is within the limits\. Raise them\. a\.tsv: left out 4 of 5"):
        apply_limits(TABLE, PairLimits(max_ratio=1, max_target_words=1, max_source_words=1))


@pytest.mark.parametrize("values", [{"max_source_words": 0}, {"max_ratio": 0.5}, {"longest": 3}])
def test_limits_are_checked(values):
    with pytest.raises(ConfigError, match="limits"):
        PairLimits.parse(values, "limits")


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("  a\tb\n", 2), ("电影 2024", 3), ("Tokyo東京は", 4), ("naïve café", 2), ("ไทย", 3)]
)
def test_characters_of_scripts_without_spaces_count_as_words(text, count):
    assert count_words(text) == count
