"""Data files listed explicitly for each split."""

import pytest

from syntagma import load_corpus
from syntagma.data.options import ReadOptions
from syntagma.data.sources import SplitFiles
from syntagma.errors import ConfigError, DataError

CSV = "text,label\ngood,+\nbad,-\n"
CONLL = "In O\nRome B-place\n\n"
SERIES = "label,t1,t2\na,1,2\nb,2,1\n"


@pytest.fixture
def make(tmp_path, monkeypatch):
    def make(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path

    monkeypatch.chdir(tmp_path)
    return make


@pytest.mark.parametrize(
    ("content", "name", "task"),
    [(CSV, "a.csv", None), (CONLL, "a.conll", "tagging"), (SERIES, "a.csv", "series")],
)
def test_every_corpus_is_read_from_the_files_of_its_splits(make, content, name, task):
    from syntagma.tasks.registry import task as named

    make({f"x/{name}": content, f"y/{name}": content + content.partition("\n")[2], f"z/{name}": content})
    files = {"train": f"x/{name}", "dev": f"y/{name}", "test": f"z/{name}"}
    corpus = (
        load_corpus(**files) if task is None else named(task).read(SplitFiles.from_paths(**files), ReadOptions(), None)
    )
    assert list(corpus) == ["train", "dev", "test"]
    assert (corpus.name, len(corpus.train)) == ("a", 2 if content is not CONLL else 1)
    assert corpus["test"].source == f"z/{name}"


def test_several_files_form_one_split_and_rows_record_their_file(make):
    make({"a.csv": CSV, "b.csv": CSV.replace("good", "fine"), "c.jsonl": '{"text": "c", "label": "+"}\n'})
    corpus = load_corpus(train=["a.csv", "b.csv"], test="c.jsonl")
    assert corpus.train.texts == ["good", "bad", "fine", "bad"]
    assert corpus.train.columns == {"file": ["a.csv", "a.csv", "b.csv", "b.csv"]}
    assert [corpus.train.place_of(row) for row in (1, 2)] == ["a.csv:3", "b.csv:2"]
    assert corpus.train.groups is None
    assert corpus["test"].texts == ["c"]


def test_a_folder_can_be_one_split(make):
    make({"x/1.conll": CONLL, "x/2.conll": CONLL, "y/only.conll": CONLL, "r/pos/a": "x", "r/neg/a": "y"})
    corpus = load_corpus(train="x", test="y")
    assert {split: len(corpus[split]) for split in corpus} == {"train": 2, "test": 1}
    assert load_corpus(train="r").train.labels == ["neg", "pos"]


def test_a_corpus_is_named_after_its_file_or_folder(make):
    make({"names/train.csv": CSV, "other.csv": CSV})
    assert load_corpus(train="names/train.csv").name == "names"
    assert load_corpus(train="other.csv").name == "other"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"train": "a.csv", "test": "./a.csv"},
            ConfigError,
            r"\./a.csv is named twice, in train and in test; name each",
        ),
        ({"train": ["a.csv", "b.csv", "a.csv"]}, ConfigError, r"a.csv is named twice, in train and in train"),
        ({"train": []}, ConfigError, r"no data files are given"),
        ({}, ConfigError, r"give a path or the name of a corpus, or files of train, dev and test"),
        ({"path_or_name": "a.csv", "train": "b.csv"}, ConfigError, r"not both; got 'a.csv' too"),
        ({"train": "a.csv", "test": "z.csv"}, DataError, r"z.csv: there is no such file or folder"),
        ({"train": "a.csv", "test": "odd.csv"}, DataError, r"odd.csv: has no column 'text'; known: body, label"),
        ({"train": "a.csv", "test": "bare.csv"}, DataError, r"bare.csv: has no column 'label'"),
        (
            {"train": ["a.csv", "odd.csv"]},
            DataError,
            r"odd.csv: the files of one split must have the same columns; got ",
        ),
        (
            {"train": "splits"},
            DataError,
            r"splits: contains several splits .test.csv, train.csv.",
        ),
        ({"train": ["s.ts", "t.ts"]}, DataError, r"s.ts, t.ts: one file per split is needed for series; got 2. Join"),
    ],
)
def test_inconsistent_files_are_rejected(make, given, error, message):
    make({"a.csv": CSV, "b.csv": CSV, "odd.csv": "body,label\nx,+\n", "bare.csv": "text\nx\n", "s.ts": "", "t.ts": ""})
    make({"splits/train.csv": CSV, "splits/test.csv": CSV})
    with pytest.raises(error, match=message):
        load_corpus(**given)


def test_split_files_survive_plain_values(make):
    files = SplitFiles.from_paths("a.csv", test=["b.csv"])
    assert SplitFiles.from_dict(files.to_dict()) == files
    assert files.resolve().train == (str(make({}) / "a.csv"),)
    assert str(files) == "train a.csv; test b.csv"
