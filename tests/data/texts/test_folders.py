"""Tests of corpus folders: files of splits, folders of splits, folders of classes."""

import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.texts.reading import read_corpus
from syntagma.errors import DataError

# These tests check the notes that are printed.
pytestmark = pytest.mark.usefixtures("loud")


@pytest.fixture
def make(tmp_path):
    def make(files: dict[str, str | bytes]):
        for name, content in files.items():
            path = tmp_path / "corpus" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / "corpus"

    return make


CSV = "text,label\ngood,+\nbad,-\n"


@pytest.mark.parametrize("dev", ["dev.csv", "val.csv", "valid.csv", "Validation.csv"])
def test_files_of_splits_become_splits_unchanged(make, dev):
    corpus = read_corpus(make({"test.csv": CSV, dev: CSV, "train.csv": CSV + "fine,+\n", "unsup.txt": "one\ntwo\n"}))
    assert corpus.name == "corpus"
    assert {split: len(corpus[split]) for split in corpus} == {"train": 3, "dev": 2, "test": 2, "unsup": 2}
    assert list(corpus) == ["train", "dev", "test", "unsup"]
    assert corpus["unsup"].labels is None


def test_columns_are_guessed_once_for_all_splits(make, capsys):
    train = "Body,Verdict,title\nshort,good,x\nlonger,bad,y\n"
    folder = make({"train.csv": train, "test.csv": "title,Body,Verdict\na very long title,b,good\n"})
    corpus = read_corpus(folder)
    assert corpus["test"].texts == ["b"]
    assert capsys.readouterr().err.count("(guessed;") == 1
    (folder / "test.csv").write_text("Body,Verdikt\nb,good\n")
    with pytest.raises(DataError, match=r"test.csv: has no column 'Verdict'; did you mean 'Verdikt'\?"):
        read_corpus(folder)


def test_if_one_split_is_multilabel_all_are(make):
    corpus = read_corpus(make({"train.txt": "__label__x __label__y a\n", "test.txt": "__label__x b\n"}))
    assert corpus["test"].labels == [("x",)]


def test_unread_files_next_to_split_files_are_listed(make, capsys):
    read_corpus(make({"train.csv": CSV, "README": "", "runs/x.json": "{}", ".hidden": ""}))
    assert "not read: README, runs/" in capsys.readouterr().err


def test_a_folder_per_class_is_a_corpus(make):
    files = {"neg/10.txt": "ten\n", "neg/9.txt": "nine\r\n", "pos/a": "\ufeffa\nb\n\n", "pos/.hidden": "x"}
    table = read_corpus(make(files)).train
    assert table.texts == ["nine", "ten", "a\nb\n"]
    assert table.labels == ["neg", "neg", "pos"]
    assert table.columns == {"file": ["9.txt", "10.txt", "a"]}
    assert table.lines is None


def test_the_layout_of_the_original_imdb_archive_is_read(make, capsys):
    files = {
        "README": "",
        "imdb.vocab": "the",
        "train/pos/0_9.txt": "good",
        "train/neg/0_1.txt": "bad",
        "train/unsup/0_0.txt": "either",
        "train/urls_pos.txt": "x",
        "test/pos/0_10.txt": "fine",
        "test/neg/0_2.txt": "poor",
    }
    corpus = read_corpus(make(files))
    assert list(corpus) == ["train", "test", "unsup"]
    assert corpus.train.labels == ["neg", "pos"]
    assert (corpus["unsup"].texts, corpus["unsup"].labels) == (["either"], None)
    err = capsys.readouterr().err
    assert "corpus: not read: README, imdb.vocab" in err
    assert "train: not read: urls_pos.txt" in err


def test_unsup_may_be_next_to_folders_of_splits_or_among_classes(make):
    corpus = read_corpus(make({"train/a/1": "x", "train/b/1": "y", "unsup/1": "z"}))
    assert {split: corpus[split].texts for split in corpus} == {"train": ["x", "y"], "unsup": ["z"]}


def test_unsup_next_to_class_folders_is_a_split(make):
    corpus = read_corpus(make({"a/1": "x", "b/1": "y", "unsup/1": "z"}))
    assert {split: corpus[split].texts for split in corpus} == {"train": ["x", "y"], "unsup": ["z"]}


def test_many_files_show_progress(make, monkeypatch, capsys):
    monkeypatch.setattr("syntagma.data.formats.class_folders._SHOWN_FROM_FILES", 2)
    read_corpus(make({"a/1": "x", "b/1": "y"}))
    assert "Reading" in capsys.readouterr().err


def test_a_file_in_another_encoding_is_an_error_or_is_skipped(make, capsys):
    folder = make({"a/1.txt": "x", "b/1.txt": b"one\ncaf\xe9", "b/2.txt": "z"})
    with pytest.raises(DataError, match=r"b/1.txt:2: must be UTF-8, but byte 8 is 0xE9"):
        read_corpus(folder)
    corpus = read_corpus(folder, ReadOptions(bad_rows="skip"))
    assert corpus.train.texts == ["x", "z"]
    assert "skipped 1 bad row: file b/1.txt (" in capsys.readouterr().err


def test_a_text_file_that_is_too_large_is_an_error(make, monkeypatch):
    from syntagma.data.formats import lines

    monkeypatch.setattr(lines.read_whole_file, "__defaults__", (3,))
    with pytest.raises(DataError, match=r"a/1: a text may have at most 3 bytes; this file is larger"):
        read_corpus(make({"a/1": "four", "b/1": "y"}))


def test_a_nul_byte_in_a_class_folder_is_an_error_with_the_file(make):
    with pytest.raises(DataError, match=r"a/2:1: contains a NUL byte"):
        read_corpus(make({"a/1": "x", "a/2": "x\0"}))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"there is no such file or folder"),
        (
            {"README.md": ""},
            r"corpus: contains no corpus; found README.md. A corpus folder contains files named train, dev",
        ),
        ({"reviews.csv": CSV}, r"found reviews.csv. To read one file, name it: .*corpus/reviews.csv. A corpus folder"),
        ({"train.csv": CSV, "train.jsonl": "{}"}, r"two sources for the split 'train': train.csv and train.jsonl"),
        ({"dev.csv": CSV, "val.csv": CSV}, r"two sources for the split 'dev': dev.csv and val.csv. Keep only one"),
        ({"unsup.txt": "a"}, r"corpus: contains only unlabelled texts \(unsup\)"),
        (
            {"train.csv": CSV, "test/a/1": "x"},
            r"mixes layouts: both split files and split folders \(found train.csv, test/\)",
        ),
        ({"train/a/1": "x", "a/1": "x"}, r"mixes layouts: both split folders and other folders \(found a/, tra"),
        ({"a/1": "x", "b/1": "x", "all.csv": CSV}, r"mixes layouts: both folders and tables \(found a/, b/, all.csv\)"),
        ({"train/1.txt": "x"}, r"train: must contain one folder per class; found 1.txt"),
        ({"train/a/1": "x", "train/unsup/1": "x", "unsup/1": "x"}, r"for the split 'unsup': .* and .*/unsup"),
        ({"a/b/1": "x"}, r"a: is read as a class folder, which may contain only text files; found b/"),
        ({"a/b.csv": CSV}, r"a: is read as a class folder, which may contain only text files; found b.csv"),
        ({"a/.hidden": "x"}, r"a: is read as a class folder, but contains no files"),
        ({f"{n}.md": "" for n in range(12)}, r"found 0.md, 1.md, .* 7.md and 4 more"),
    ],
)
def test_a_folder_that_is_not_a_corpus_is_an_error_that_lists_its_content(make, tmp_path, files, message):
    make(files)
    with pytest.raises(DataError, match=message):
        read_corpus(tmp_path / "corpus")


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"contains no corpus; found nothing"):
        read_corpus(tmp_path)


def test_several_tables_of_one_format_are_one_corpus(make):
    table = read_corpus(make({"1.csv": CSV, "2.csv": CSV.replace("good", "fine")})).train
    assert table.texts == ["good", "bad", "fine", "bad"]
    assert table.groups is None
    assert table.short_place_of(2) == "2.csv:2"


def test_numbered_parts_of_splits_are_joined(make):
    names = ["train-00000-of-00002", "train-00001-of-00002", "validation-00000-of-00001", "test_1"]
    corpus = read_corpus(make({f"{name}.csv": CSV for name in names} | {"README.md": ""}))
    assert {split: len(corpus[split]) for split in corpus} == {"train": 4, "dev": 2, "test": 2}


def test_tables_of_several_formats_are_not_mixed(make):
    with pytest.raises(DataError, match=r"several formats: 2 of csv and 1 of jsonl \(1.csv, 3.jsonl\). Keep only one"):
        read_corpus(make({"1.csv": CSV, "2.csv": CSV, "3.jsonl": '{"text": "x", "label": "+"}\n'}))


def test_labels_and_columns_are_detected_across_all_files(make):
    corpus = read_corpus(make({f"{n}.json": f'{{"text": "a {n}", "topics": ["x", "y{n % 2}"]}}' for n in range(4)}))
    assert corpus.train.labels[:2] == [("x", "y0"), ("x", "y1")]
