import numpy as np
import pytest

from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import DataError


def small_table() -> Table:
    return Table(
        ["good", "bad", "fine"],
        labels=["+", "-", "+"],
        columns={"id": [7, 8, 9]},
        source="reviews.csv",
        lines=[2, 3, 5],
        text_name="Body",
    )


def test_select_keeps_every_column_in_step():
    chosen = small_table().select(np.array([2, 0]))
    assert chosen.texts == ["fine", "good"]
    assert chosen.labels == ["+", "+"]
    assert chosen.columns == {"id": [9, 7]}
    assert chosen.lines == [5, 2]
    assert (chosen.source, chosen.text_name) == ("reviews.csv", "Body")


def test_select_of_nothing_is_an_empty_table():
    assert len(small_table().select([])) == 0


def test_a_table_is_multilabel_when_its_labels_are_tuples():
    assert Table(["a"], [("x", "y")]).is_multilabel
    assert not small_table().is_multilabel
    assert not Table(["a"]).is_multilabel


@pytest.mark.parametrize("wrong", [{"labels": ["+"]}, {"columns": {"id": [1, 2, 3]}}, {"lines": [1]}])
def test_columns_must_be_as_long_as_the_texts(wrong):
    with pytest.raises(DataError, match=r"texts: 2 texts need as many (labels|id|lines); got \d"):
        Table(["a", "b"], **wrong)


def test_a_missing_split_is_an_error_that_names_the_nearest():
    corpus = Corpus("films", {"train": small_table(), "test": small_table()})
    assert corpus.train is corpus["train"]
    assert "dev" not in corpus
    assert list(corpus) == ["train", "test"]
    with pytest.raises(DataError, match=r"corpus 'films' has no split 'tests': did you mean 'test'\?"):
        corpus["tests"]
