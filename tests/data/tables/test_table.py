from dataclasses import dataclass, field

import numpy as np
import pytest

from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.table import PER_ROW, Corpus, Table
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError


def small_table() -> TextTable:
    return TextTable(
        ["good", "bad", "fine"],
        labels=["+", "-", "+"],
        columns={"id": [7, 8, 9]},
        source="reviews.csv",
        lines=[2, 3, 5],
        names={"text": "Body"},
    )


def test_select_keeps_all_columns_aligned():
    chosen = small_table().select(np.array([2, 0]))
    assert chosen.texts == ["fine", "good"]
    assert chosen.labels == ["+", "+"]
    assert chosen.columns == {"id": [9, 7]}
    assert chosen.lines == [5, 2]
    assert (chosen.source, chosen.name_of("text")) == ("reviews.csv", "Body")


def test_select_keeps_all_fields_of_a_tagged_table_aligned():
    table = TaggedTable(
        ["In  Rome", "Yes", "Go"],
        words=[["In", "Rome"], ["Yes"], ["Go"]],
        tags=[["O", "B-place"], ["O"], ["V"]],
        offsets=[[(0, 2), (4, 8)], [(0, 3)], [(0, 2)]],
        labels=["ask", "tell", "order"],
        lines=[2, 5, 7],
        columns={"id": [7, 8, 9], "pos": [["ADP", "PROPN"], ["INTJ"], ["VERB"]]},
        source="a.conll",
        names={"word": "form", "tag": "ne"},
        header=("form", "ne"),
        delimiter="\t",
    )
    chosen = table.select(np.array([2, 0]))
    assert type(chosen) is TaggedTable
    assert chosen.texts == ["Go", "In  Rome"]
    assert chosen.words == [["Go"], ["In", "Rome"]]
    assert chosen.tags == [["V"], ["O", "B-place"]]
    assert chosen.offsets == [[(0, 2)], [(0, 2), (4, 8)]]
    assert (chosen.labels, chosen.lines) == (["order", "ask"], [7, 2])
    assert chosen.columns == {"id": [9, 7], "pos": [["VERB"], ["ADP", "PROPN"]]}
    assert (chosen.source, chosen.header, chosen.delimiter) == ("a.conll", ("form", "ne"), "\t")
    assert (chosen.name_of("tag"), chosen.name_of("label")) == ("ne", "label")
    assert len(table) == 3
    untagged = TaggedTable.from_words([["In", "Rome"], ["Yes"]]).select([1])
    assert (untagged.words, untagged.tags, untagged.labels, untagged.lines) == ([["Yes"]], None, None, None)


@dataclass(frozen=True, repr=False)
class Measured(Table):
    """A table of other rows, as a new task may define."""

    ROWS = "series"

    steps: list[list[float]] = field(kw_only=True, metadata=PER_ROW)
    unit: str = "s"

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def keys(self):
        return [tuple(row) for row in self.steps]


def test_a_new_subclass_declares_its_fields_with_one_value_per_row():
    table = Measured(steps=[[0.5], [], [1, 2]], labels=["a", "b", "a"], unit="ms")
    chosen = table.select([2, 2, 1])
    assert (chosen.steps, chosen.labels, chosen.unit) == ([[1, 2], [1, 2], []], ["a", "a", "b"], "ms")
    assert chosen.common_property() is None
    assert chosen.select([0, 1]).common_property() == "equal"
    assert repr(chosen) == "Measured('rows': 3 rows)"
    assert (chosen.place_of(1), chosen.targets_of(1)) == ("rows, row 2", ("a",))
    with pytest.raises(DataError, match="rows: 1 series need the same number of labels; got 2"):
        Measured(steps=[[1]], labels=["a", "b"])


def test_the_abstract_table_cannot_be_instantiated():
    with pytest.raises(TypeError, match="abstract"):
        Table()


def test_selecting_no_rows_returns_an_empty_table():
    assert len(small_table().select([])) == 0


def test_a_table_is_multilabel_when_its_labels_are_tuples():
    assert TextTable(["a"], labels=[("x", "y")]).is_multilabel
    assert not small_table().is_multilabel
    assert not TextTable(["a"]).is_multilabel


@pytest.mark.parametrize("wrong", [{"labels": ["+"]}, {"columns": {"id": [1, 2, 3]}}, {"lines": [1]}])
def test_columns_must_be_as_long_as_the_texts(wrong):
    with pytest.raises(DataError, match=r"texts: 2 texts need the same number of (labels|id|lines); got \d"):
        TextTable(["a", "b"], **wrong)


def test_a_missing_split_is_an_error_that_suggests_the_nearest_name():
    corpus = Corpus("films", {"train": small_table(), "test": small_table()})
    assert corpus.train is corpus["train"]
    assert "dev" not in corpus
    assert list(corpus) == ["train", "test"]
    with pytest.raises(DataError, match=r"corpus 'films' has no split 'tests': did you mean 'test'\?"):
        corpus["tests"]
