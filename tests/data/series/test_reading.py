"""Tests of files and folders of series: formats, splits and labels, and what other readers do with them."""

import gzip

import numpy as np
import polars
import pytest

from syntagma.data.corpora.registry import load_corpus
from syntagma.data.options import ReadOptions
from syntagma.data.series.reading import holds_series, read_series_corpus, read_series_table
from syntagma.data.series.table import SeriesTable
from syntagma.data.texts.reading import read_corpus, read_table
from syntagma.errors import DataError
from syntagma.progress import quietly

TS = "@univariate false\n@classLabel true a b\n@data\n1,2:3,4:a\n5:6:b\n"
LONG = "id,time,x,y,label\np,1,1,3,a\np,2,2,4,a\nq,1,5,6,b\n"


@pytest.fixture
def write(tmp_path):
    def put(name: str, content: str = TS):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    return put


def values(table: SeriesTable) -> list:
    return [row.tolist() for row in table.series]


EXPECTED = [[[1, 3], [2, 4]], [[5, 6]]]


def test_a_ts_file_is_a_table_with_lines(write):
    table = read_series_table(write("mine.ts"))
    assert values(table) == EXPECTED
    assert (table.labels, table.lines, table.columns, table.channels) == (["a", "b"], [4, 5], {}, ("1", "2"))
    assert table.place_of(1).endswith("mine.ts:5")


def test_a_label_column_is_an_ordinary_one_if_no_labels_are_needed(write, tmp_path):
    table = read_series_table(write("mine.ts"), labelled=False)
    assert (table.labels, table.columns) == (None, {"label": ["a", "b"]})
    unlabelled = read_series_table(write("new.ts", "@classLabel false\n@data\n1,2:3,4\n5:6\n"), labelled=False)
    assert values(unlabelled) == EXPECTED
    np.savez(tmp_path / "new.npz", X=np.ones((2, 3)), y=[0, 1])
    assert read_series_table(tmp_path / "new.npz", labelled=False).columns == {"y": [0, 1]}
    with pytest.raises(DataError, match=r"new.ts: has no labels, which are required here"):
        read_series_table(tmp_path / "new.ts")


def test_numeric_labels_become_strings_and_missing_ones_are_an_error(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.ones((3, 2)), y=[2.0, 1.5, np.nan])
    with pytest.raises(DataError, match=r"a.npz: row 3: the label in 'y' is missing"):
        read_series_table(tmp_path / "a.npz")
    table = read_series_table(tmp_path / "a.npz", ReadOptions(bad_rows="skip"))
    assert (table.labels, table.lines) == (["2", "1.5"], [1, 2])
    np.savez(tmp_path / "a.npz", X=np.ones((1, 2)), y=[np.nan])
    with pytest.raises(DataError, match=r"a.npz: no row is left: all 1 are bad"):
        read_series_table(tmp_path / "a.npz", ReadOptions(bad_rows="skip"))


def test_a_folder_of_splits_is_a_corpus(write, tmp_path):
    write("mine/train.ts"), write("mine/test.ts"), write("mine/valid.ts")
    corpus = read_series_corpus(tmp_path / "mine")
    assert (corpus.name, list(corpus)) == ("mine", ["train", "dev", "test"])
    assert list(read_series_corpus(tmp_path / "mine" / "train.ts")) == ["train"]


@pytest.mark.parametrize("folder", ["GunPoint", "gun-point", "mine"])
def test_files_named_as_in_the_ucr_archive_are_splits_of_one_format(write, tmp_path, folder, capsys):
    for split in ("TRAIN", "TEST"):
        write(f"{folder}/GunPoint_{split}.ts"), write(f"{folder}/GunPoint_{split}.tsv", "1\t2\n")
        write(f"{folder}/GunPoint_{split}.arff", "")
    assert list(read_series_corpus(tmp_path / folder)) == ["train", "test"]
    assert holds_series(tmp_path / folder)
    assert read_series_corpus(tmp_path / folder).train.source.endswith("GunPoint_TRAIN.ts")


def test_the_corpus_named_like_the_folder_is_read_if_there_are_several(write, tmp_path):
    for name in ("JapaneseVowels", "JapaneseVowels_eq"):
        write(f"japanese_vowels/{name}_TRAIN.ts"), write(f"other/{name}_TRAIN.ts")
    assert read_series_corpus(tmp_path / "japanese_vowels").train.source.endswith("JapaneseVowels_TRAIN.ts")
    with pytest.raises(DataError, match=r"other: mixes layouts: files of several corpora \(found JapaneseVowels_TRAIN"):
        read_series_corpus(tmp_path / "other")


def test_text_files_may_be_named_as_in_the_ucr_archive(write, tmp_path):
    write("mine/reviews_train.csv", "text,label\ngood,+\nbad,-\n"), write("mine/reviews_test.csv", "text,label\nso,-\n")
    assert {name: len(table) for name, table in read_corpus(tmp_path / "mine").splits.items()} == {
        "train": 2,
        "test": 1,
    }
    (tmp_path / "mine" / "reviews_train.csv").unlink()
    with pytest.raises(DataError, match=r"contains no corpus; found reviews_test.csv"):
        read_corpus(tmp_path / "mine")


def test_splits_must_have_the_same_channels(write, tmp_path):
    write("mine/train.ts"), write("mine/test.ts", "@classLabel true a\n@data\n1:a\n")
    with pytest.raises(
        DataError, match=r"test.ts: all splits must have the same channels .*; train has 1, 2; test has 1"
    ):
        read_series_corpus(tmp_path / "mine")


def test_columns_are_found_in_train_and_are_the_same_in_test(write, tmp_path, capsys):
    write("mine/train.csv", LONG)
    write("mine/test.csv", "label,y,x,age,time,id\na,1,2,30,1,r\n")
    corpus = read_series_corpus(tmp_path / "mine")
    assert values(corpus["test"]) == [[[2, 1]]]
    assert (corpus["test"].channels, corpus["test"].columns) == (("x", "y"), {"age": ["30"], "id": ["r"]})
    write("mine/test.csv", "id,time,x,label\nr,1,2,a\n")
    with pytest.raises(DataError, match=r"test.csv: has no column 'y'"):
        read_series_corpus(tmp_path / "mine")


def test_formats_may_differ_between_splits(write, tmp_path):
    write("mine/train.csv", LONG)
    np.savez(tmp_path / "mine" / "test.npz", X=np.ones((2, 3, 2)), y=["a", "b"], channels=["x", "y"])
    assert [len(table) for table in read_series_corpus(tmp_path / "mine").splits.values()] == [2, 2]


def test_an_unlabelled_split_needs_no_labels(write, tmp_path):
    write("mine/train.ts"), write("mine/unsup.ts", "@classLabel false\n@data\n1:2\n")
    assert read_series_corpus(tmp_path / "mine")["unsup"].labels is None


def test_the_same_table_is_read_from_csv_tsv_and_parquet(write, tmp_path):
    frame = polars.read_csv(write("a.csv", LONG))
    frame.write_parquet(tmp_path / "a.parquet")
    write("a.tsv", LONG.replace(",", "\t"))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(LONG.encode()))
    for name in ("a.csv", "a.tsv", "b.csv.gz", "a.parquet"):
        table = read_series_table(tmp_path / name)
        assert values(table) == EXPECTED
        assert (table.labels, table.channels, table.columns) == (["a", "b"], ("x", "y"), {"id": ["p", "q"]})
        assert (table.lines, table.unit) == (([1, 3], "row") if name.endswith("parquet") else ([2, 4], "line"))


def test_series_are_recognised_by_file_names(write, tmp_path):
    assert holds_series(write("a.ts"))
    assert holds_series(write("a/train.npz", "").parent)
    assert holds_series(write("d/train.ts.gz", "").parent)
    assert not holds_series(write("a.csv", LONG))
    assert not holds_series(write("b/train.csv", LONG).parent)
    assert not holds_series(write("c/notes.ts").parent)
    assert not holds_series(write("languages/typescript/one.ts").parent.parent)
    assert not holds_series(tmp_path / "missing.ts")
    assert load_corpus(tmp_path / "a.ts").train.channels == ("1", "2")


def test_the_standard_input_is_csv_unless_another_format_is_given(write, monkeypatch):
    with write("a.csv", LONG).open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert values(read_series_table("-")) == EXPECTED
    with write("a.ts").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert values(read_series_table("-", format="ts")) == EXPECTED


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.jsonl", {}, r"a.jsonl: is not a file of series by its name, which must end in .ts, .npz, .parquet, .csv"),
        ("a.conll", {}, r"is not a file of series by its name"),
        ("a.txt", {}, r"a.txt: must contain lines of numbers: the class label, then the values"),
        ("a.ts", {"id": "x"}, r"a.ts: has no columns to choose the id from"),
        (
            "numbers.csv",
            {"label": "x"},
            r"numbers.csv: has no header \(its first line is all numbers\) to choose the label from",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(write, name, options, message):
    write("numbers.csv", "1,2,3\n")
    path = write(name, TS) if name != "numbers.csv" else write(name, "1,2,3\n")
    with pytest.raises(DataError, match=message):
        read_series_table(path, ReadOptions(columns=options))


def test_a_folder_a_missing_file_and_an_unknown_format_are_errors(tmp_path):
    with pytest.raises(DataError, match=r"is a folder; a file is needed here"):
        read_series_table(tmp_path)
    with pytest.raises(DataError, match=r"there is no such file"):
        read_series_table(tmp_path / "a.ts")
    with pytest.raises(DataError, match=r"format must be one of ts, npz, parquet, csv, tsv, txt; got 'arff'"):
        read_series_table("-", format="arff")
    (tmp_path / "pos").mkdir()
    (tmp_path / "pos" / "a.txt").write_text("x")
    with pytest.raises(
        DataError, match=r"contains folders; series must be in files named train, dev and test, such as train.ts"
    ):
        read_series_corpus(tmp_path)


def test_reading_series_as_texts_is_an_error_that_explains_the_file(write):
    with pytest.raises(DataError, match=r"a.ts: contains numeric series. .*choose a recipe for series"):
        read_table(write("a.ts"))


def test_source_code_in_folders_of_classes_is_text_and_arrays_next_to_texts_are_not_read(write, tmp_path):
    write("code/java/a.java", "class A {}"), write("code/typescript/b.ts", "let b = 1")
    assert read_corpus(tmp_path / "code").train.labels == ["java", "typescript"]
    write("mine/train.csv", "text,label\ngood,+\nbad,-\n"), write("mine/train.npz", "")
    assert len(read_corpus(tmp_path / "mine").train) == 2


# ---- lines of numbers without a header ----


@pytest.mark.parametrize("name", ["a.tsv", "a.txt", "a.csv"])
@pytest.mark.parametrize("sign", ["\t", ",", "  "])
@pytest.mark.usefixtures("loud")
def test_a_line_of_numbers_is_a_label_and_a_series(write, name, sign, capsys):
    lines = ["1", "0.5", "-2e1", "3"], ["-1", "NaN", "4", "NaN"], ["1.0000000e+00", "7", "8", "9"]
    path = write(name, "\n" + "".join(sign.join(line) + "\n" for line in lines))
    table = read_series_table(path)
    assert [row[:, 0].tolist() for row in table.series][::2] == [[0.5, -20, 3], [7, 8, 9]]
    np.testing.assert_array_equal(table.series[1], [[np.nan], [4]])
    assert (table.labels, table.lines) == (["1", "-1", "1"], [2, 3, 4])
    assert "lines of numbers without a header: the first is the label" in capsys.readouterr().err


def test_a_bad_line_of_numbers_is_an_error_or_is_skipped(write):
    for line, message in [("1,2,x", "field 3: 'x' is not a number"), ("2,NaN", "the row has no value after its label")]:
        path = write("a.csv", f"1,2,3\n{line}\n2,3,4\n")
        with pytest.raises(DataError, match=f"a.csv:2: {message}"):
            read_series_table(path)
        with quietly():
            assert read_series_table(path, ReadOptions(bad_rows="skip")).labels == ["1", "2"]


def test_a_first_line_with_a_word_is_a_header(write):
    assert read_series_table(write("a.csv", "label,1\n1,2\n3,4\n")).labels == ["1", "3"]
    with pytest.raises(DataError, match=r"b.csv: which column contains the label\?"):
        read_series_table(write("b.csv", "a,1\n1,2\n"))
