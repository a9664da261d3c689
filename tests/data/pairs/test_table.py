"""Tests of tables of pairs: selection, equal sources, splitting, and construction from Python values."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from syntagma.data.pairs.from_python import pairs_table
from syntagma.data.pairs.table import PairTable
from syntagma.data.series.from_python import series_table
from syntagma.data.tables.splits import split_corpus, split_rows
from syntagma.data.tables.table import Corpus
from syntagma.errors import DataError


def test_selected_rows_keep_their_targets_columns_and_places():
    table = PairTable(list("abc"), list("xyz"), columns={"id": [1, 2, 3]}, source="a.tsv", lines=[2, 3, 5])
    chosen = table.select([2, 0])
    assert (chosen.sources, chosen.targets, chosen.columns) == (["c", "a"], ["z", "x"], {"id": [3, 1]})
    assert (chosen.place_of(0), len(chosen), repr(table)) == ("a.tsv:5", 2, "PairTable('a.tsv': 3 rows)")
    assert PairTable(["a", "b"]).select([1]).targets is None


def test_targets_must_have_the_length_of_the_table():
    with pytest.raises(DataError, match=r"pairs: 2 pairs need the same number of targets; got 1\."):
        PairTable(["a", "b"], ["x"])


def test_pairs_with_equal_sources_stay_in_one_split():
    sources = [f"source {row % 40}" for row in range(120)]
    table = PairTable(sources, [f"target {row}" for row in range(120)])
    corpus = split_corpus(Corpus("mine", {"train": table}), seed=5)
    sides = [set(one.sources) for one in corpus.splits.values()]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 40
    assert sorted(target for one in corpus.splits.values() for target in one.targets) == sorted(table.targets)


@pytest.mark.parametrize(("source", "message"), [("a ", "equal in their source"), (" ", "without a source")])
def test_equal_sources_cannot_be_split(source, message):
    table = PairTable([source] * 12, [str(row) for row in range(12)])
    with pytest.raises(DataError, match=rf"all 12 pairs are {message}.*--source-column"):
        split_rows(table, 0, {"dev": 0.2})
    assert PairTable([source, source + " "]).common_property() == message
    assert PairTable(["a", "b"]).common_property() is None


FRAME = {"id": [7, 8], "src": ["one", "two"], "tgt": ["eins", "zwei"]}


@pytest.mark.parametrize(
    "given",
    [
        (["one", "two"], ["eins", "zwei"]),
        (np.array(["one", "two"]), pd.Series(["eins", "zwei"])),
        (pl.Series(["one", "two"]), ("eins", "zwei")),
        (pd.DataFrame(FRAME), None),
        (pl.DataFrame(FRAME), None),
        (pd.DataFrame({"en": FRAME["src"], "de": FRAME["tgt"]}), None),
        (PairTable(FRAME["src"], FRAME["tgt"]), None),
        (Corpus("mine", {"train": PairTable(FRAME["src"], FRAME["tgt"])}), None),
    ],
    ids=lambda one: type(one[0]).__name__,
)
def test_pairs_come_from_lists_arrays_columns_frames_tables_and_corpora(given):
    table = pairs_table(*given)
    assert (table.sources, table.targets) == (["one", "two"], ["eins", "zwei"])


def test_other_columns_of_a_frame_are_kept_and_sources_need_no_targets():
    table = pairs_table(pd.DataFrame(FRAME))
    assert (table.columns, table.names) == ({"id": [7, 8]}, {"source": "src", "target": "tgt"})
    assert pairs_table(["", "b"]).targets is None
    assert pairs_table(pd.DataFrame({"text": ["a", ""]})).sources == ["a", ""]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([], []), r"sources: there are none"),
        (("abc", "xyz"), r"sources must be a list of strings; got one string"),
        ((["a", None], ["x", "y"]), r"sources: row 1 has no text"),
        ((["a"], [3]), r"targets: row 0 must be a string; got 3 \(int\)"),
        ((["a", "b"], ["x"]), r"each source needs one target; got 2 sources and 1 targets"),
        ((["a", "b"], ["x", " \n"]), r"targets: row 1 is empty; .*Drop the pair"),
        (([" ", "b"], ["x", "y"]), r"sources: row 0 is empty"),
        ((PairTable(["a"]), ["x"]), r"the table already contains targets"),
        ((pd.DataFrame(FRAME), ["x", "y"]), r"the table already contains targets"),
        ((series_table([[1.0]]),), r"sources must be texts; got a SeriesTable, which contains series"),
        ((pd.DataFrame({"a": ["x"], "b": ["y"], "c": ["z"]}),), r"which columns contain the source and the target\?"),
    ],
)
def test_values_that_are_not_pairs_are_errors(given, message):
    with pytest.raises(DataError, match=message):
        pairs_table(*given)
