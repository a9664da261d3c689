"""Tests of groups of rows: documents, and the groups of a column."""

import pytest

from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.groups import count_groups, group_corpus, note_group_column
from syntagma.data.tables.splits import fold_rows, missing_splits, split_by_column, split_corpus, split_rows
from syntagma.data.tables.table import Corpus
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError

TENTHS = {"dev": 0.1, "test": 0.1}

# These tests check the notes that are printed.
pytestmark = pytest.mark.usefixtures("loud")


def sentences(documents, words=None):
    """Make one sentence for each document in a list, all different unless words are given."""
    table = TaggedTable.from_words(
        words or [[f"w{row}", "."] for row in range(len(documents))], [["O", "O"]] * len(documents)
    )
    object.__setattr__(table, "groups", list(documents))
    return table


def sides(groups, rows):
    return [{groups[row] for row in indices} for indices in rows]


def test_a_document_is_never_in_two_splits(capsys):
    documents = [f"d{row // 7}" for row in range(700)]
    rows = split_rows(sentences(documents), 0, TENTHS)
    assert sum(map(len, sides(documents, rows.values()))) == 100
    assert all(50 <= len(rows[split]) <= 90 for split in TENTHS)
    assert "100 documents, each kept together in one split" in capsys.readouterr().err


def test_a_sentence_that_recurs_in_many_documents_does_not_join_them():
    documents = [f"d{row // 5}" for row in range(200)]
    words = [["Reuters", "."] if row % 5 == 0 else [f"w{row}", "."] for row in range(200)]
    rows = split_rows(sentences(documents, words), 0, TENTHS)
    assert sum(map(len, sides(documents, rows.values()))) == 40
    assert all(15 <= len(rows[split]) <= 25 for split in TENTHS)


def test_equal_documents_stay_in_one_split():
    documents = [f"d{row // 5}" for row in range(200)]
    words = [[f"w{row % 100}", "."] for row in range(200)]  # the last twenty documents repeat the first twenty
    rows = split_rows(sentences(documents, words), 3, TENTHS)
    assert sum(map(len, sides([int(name[1:]) % 20 for name in documents], rows.values()))) == 20


def test_folds_keep_documents_together():
    documents = [f"d{row // 4}" for row in range(120)]
    folds = fold_rows(sentences(documents), 3, seed=1)
    assert sum(map(len, sides(documents, folds))) == 30
    assert [len(rows) for rows in folds] == [40, 40, 40]


@pytest.mark.parametrize(
    "documents",
    [["a"] * 190 + [f"d{row}" for row in range(10)], ["a"] * 60 + ["b"] * 60 + ["c"] * 80],
    ids=["nearly all in one", "three"],
)
def test_documents_that_cannot_be_kept_together_are_split_with_a_note(documents, capsys):
    whole = sentences(documents)
    rows = split_rows(whole, 0, TENTHS)
    assert [len(rows[split]) for split in ("train", "dev", "test")] == [160, 20, 20]
    said = capsys.readouterr().err
    assert "documents are too few or too uneven to be kept together (the largest has " in said
    assert "parts of a document may be in two splits" in said
    plain = split_rows(sentences([None] * 200), 0, TENTHS)
    assert all((rows[split] == plain[split]).all() for split in rows)


def test_uneven_groups_of_a_column_are_kept_together_with_a_note(capsys):
    columns = {"film": [row // 10 for row in range(40)]}
    table = TextTable([f"text {row}" for row in range(40)], labels=["a", "b"] * 20, columns=columns)
    corpus = split_corpus(group_corpus(Corpus("c", {"train": table}), "film"), seed=2)
    assert [len(corpus[split]) for split in corpus] == [20, 10, 10]
    assert "4 groups of 'film' are kept together; the largest has 25% of the 40 rows, so" in capsys.readouterr().err


def test_too_few_groups_of_a_column_are_an_error():
    columns = {"film": ["a"] * 20 + ["b"] * 20}
    table = TextTable([f"text {row}" for row in range(40)], labels=["a", "b"] * 20, columns=columns)
    with pytest.raises(DataError, match=r"2 groups of 'film' are too few to make a dev split.*--group-column"):
        split_corpus(group_corpus(Corpus("c", {"train": table}), "film"), seed=2)


def test_a_group_column_may_be_missing_in_dev_but_not_in_train():
    train = TextTable(["a", "b"], columns={"user": ["x", " "]})
    corpus = group_corpus(Corpus("c", {"train": train, "dev": TextTable(["c"])}), "user")
    assert (corpus.train.groups, corpus["dev"].groups) == (["x", None], None)
    assert count_groups(corpus) == {"train": {"groups of 'user'": 1}}
    with pytest.raises(DataError, match=r"has no column 'usr' to group by; did you mean 'user'\?"):
        group_corpus(corpus, "usr")


def test_groups_in_two_splits_are_noted(capsys):
    train = TextTable(["a", "b"], columns={"user": ["x", "y"]})
    group_corpus(Corpus("c", {"train": train, "test": TextTable(["c"], columns={"user": ["y"]})}), "user")
    assert "c: 1 groups of 'user' are both in train and in test: y" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["doc_id", "Document"])
def test_an_unused_document_column_is_noted(name, capsys):
    note_group_column(Corpus("c", {"train": TextTable(["a", "b", "c"], columns={name: [1, 1, 2]})}))
    assert (
        f"the column {name!r} has 2 documents, which are not kept together. Use --group-column {name}"
        in capsys.readouterr().err
    )
    note_group_column(Corpus("c", {"train": TextTable(["a", "b"], columns={name: [1, 2]})}))
    assert capsys.readouterr().err == ""


def test_selected_rows_keep_their_groups():
    assert sentences(["a", "b", "a"]).select([2, 1]).groups == ["a", "b"]


def test_rows_without_groups_are_split_one_by_one():
    table = TextTable([f"text {row}" for row in range(30)], labels=list("aab" * 10))
    before = missing_splits(Corpus("c", {"train": table}), 7)
    after = missing_splits(Corpus("c", {"train": TextTable(table.texts, labels=table.labels, groups=[None] * 30)}), 7)
    assert [before[split].tolist() for split in before] == [after[split].tolist() for split in after]


@pytest.mark.parametrize(
    ("said", "split"),
    [
        ("Training", "train"),
        ("trn", "train"),
        ("valid", "dev"),
        ("VAL", "dev"),
        ("validation", "dev"),
        ("devel", "dev"),
        ("development", "dev"),
        (" test ", "test"),
        ("testing", "test"),
    ],
)
def test_a_split_column_may_use_any_usual_split_name(said, split):
    table = TextTable(["a", "b"], columns={"part": ["train", said]})
    assert "b" in split_by_column(Corpus("c", {"train": table}), "part")[split].texts


def test_an_unknown_value_in_a_split_column_is_an_error():
    table = TextTable(["a", "b"], columns={"part": ["train", "nowhere"]}, lines=[2, 3], source="a.csv")
    with pytest.raises(DataError, match=r"a.csv:3: 'part' must be one of train, .*; got 'nowhere'"):
        split_by_column(Corpus("c", {"train": table}), "part")
