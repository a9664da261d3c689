import json

from syntagma.data.tables.formatting import format_table
from syntagma.data.tables.table import Corpus
from syntagma.data.texts.describe import Lengths, describe
from syntagma.data.texts.table import TextTable


def small_corpus() -> Corpus:
    train = TextTable(
        ["a good film", "bad", "bad", " ", "a b c d e " * 30, "film"],
        labels=["+", "-", "+", "-", "+", "+"],
        lines=[2, 3, 4, 5, 6, 7],
    )
    test = TextTable(["bad", "bad", "film", "neu"], labels=["-", "-", "-", "+"])
    return Corpus("films", {"train": train, "test": test, "unsup": TextTable(["neu", "film", "film", "電影很好"])})


def test_the_rows_and_labels_of_a_split_are_counted():
    train = describe(small_corpus()).splits["train"]
    assert train.rows == 6
    assert train.labels == {"+": 4, "-": 2}
    assert (train.empty, train.very_long, train.duplicates, train.conflicting) == (1, 1, 1, 2)
    assert (train.words.min, train.words.median, train.words.max) == (0, 1, 150)
    assert train.characters.max == 300


def test_every_quantile_is_the_length_of_a_text():
    assert Lengths.summarise([*range(1, 101)]) == Lengths(1, 25, 50, 75, 95, 100, 50.5)
    assert Lengths.summarise([7]) == Lengths(7, 7, 7, 7, 7, 7, 7.0)


def test_texts_in_two_splits_are_counted():
    shared = {(s.first, s.second): (s.texts, s.rows) for s in describe(small_corpus()).shared}
    assert shared == {("train", "test"): (2, 3), ("train", "unsup"): (1, 2), ("test", "unsup"): (2, 3)}


def test_conflicts_are_found_within_and_across_splits():
    description = describe(small_corpus())
    assert description.conflicts == 2
    bad, film = description.examples
    assert (bad.text, bad.labels) == ("bad", {"-": 3, "+": 1})
    assert bad.places == ["train line 3", "train line 4", "test row 1", "test row 2"]
    assert film.labels == {"+": 1, "-": 1}


def test_a_row_counts_for_each_of_its_labels_in_any_order():
    table = TextTable(["a", "a", "b"], labels=[("x", "y"), ("y", "x"), ()])
    description = describe(Corpus("c", {"train": table}))
    split = description.splits["train"]
    assert (split.labels, split.without_label, description.conflicts) == ({"x": 2, "y": 2}, 1, 0)
    assert "(no label)" in description.to_text()


def test_labels_of_any_type_can_be_written_as_json():
    description = describe(Corpus("c", {"train": TextTable(["a", "a"], labels=[1, 2])}))
    assert json.loads(json.dumps(description.to_dict()))["splits"]["train"]["labels"] == {"1": 1, "2": 1}
    assert description.examples[0].labels == {"1": 1, "2": 1}


def test_the_dictionary_contains_all_statistics():
    values = json.loads(json.dumps(describe(small_corpus()).to_dict(), allow_nan=False))
    assert values["splits"]["unsup"]["labels"] is None
    assert values["shared"][0] == {"first": "train", "second": "test", "texts": 2, "rows": 3}
    assert values["long_factor"] == 10
    assert values["examples"][0]["text"] == "bad"


def test_the_text_shows_aligned_tables():
    lines = describe(small_corpus()).to_text().splitlines()
    assert lines[0] == "Corpus films"
    assert lines[2:6] == [
        "split  rows  empty  very long*  duplicates  conflicting",
        "train     6      1           1           1            2",
        "test      4      0           0           1            0",
        "unsup     4      0           0           1            0",
    ]
    assert "+      4 (66.7 %)  1 (25.0 %)" in lines
    assert "2 different texts are in both train and test (3 rows of test)" in lines
    assert "  'bad': - (3), + (1) at train line 3, train line 4, test row 1, test row 2" in lines


def test_scripts_without_spaces_are_detected():
    text = describe(Corpus("c", {"train": TextTable(["電影很好", "ok 很好"])})).to_text()
    assert "75% of the letters in train belong to a script without spaces: look at characters" in text


def test_many_labels_are_truncated_in_the_text_only():
    description = describe(
        Corpus("c", {"train": TextTable([f"t{n}" for n in range(30)], labels=[f"l{n}" for n in range(30)])})
    )
    assert "and 10 more labels" in description.to_text()
    assert len(description.to_dict()["splits"]["train"]["labels"]) == 30


def test_an_unlabelled_corpus_has_no_table_of_labels():
    assert "label " not in describe(Corpus("c", {"train": TextTable(["a"])})).to_text()


def test_long_conflicting_texts_are_truncated():
    table = TextTable(["x" * 100] * 2, labels=["a", "b"])
    assert "'" + "x" * 57 + "...'" in describe(Corpus("c", {"train": table})).to_text()


def test_many_places_of_a_conflict_are_truncated_in_the_text_only():
    description = describe(
        Corpus("c", {"train": TextTable(["same"] * 300, labels=[f"l{row % 7}" for row in range(300)])})
    )
    shown = (
        "l0 (43), l1 (43), l2 (43), l3 (43), l4 (43) and 2 more at train row 1, train row 2, train row 3, train row 4"
    )
    assert f"  'same': {shown}, train row 5 and 295 more\n" in description.to_text()
    assert len(description.to_dict()["examples"][0]["places"]) == 300


def test_columns_with_wide_characters_are_aligned():
    assert format_table(["label", "rows"], [["電影", 5], ["e\u0301", 10], ["7", 1.5]]).splitlines() == [
        "label  rows",
        "電影      5",
        "e\u0301        10",
        "7       1.5",
    ]
