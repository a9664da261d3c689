"""Tests of reading pairs: tables, columns, parallel files, plain sources, bad rows."""

import gzip
import io
import json
import sys

import polars as pl
import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.pairs.reading import holds_pairs, read_pair_blocks, read_pairs_corpus, read_pairs_table
from syntagma.data.sources import SplitFiles
from syntagma.errors import DataError

ROWS = [("a man", "ein Mann"), ("a dog, black", 'ein "Hund"'), ("two", "zwei")]
EN_DE = ReadOptions(columns={"source": "en", "target": "de"})


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.parent.mkdir(exist_ok=True)
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return folder


def content_of(name, names=("source", "target")):
    records = [dict(zip(names, row, strict=True)) for row in ROWS]
    if name.endswith(".tsv"):
        return "".join("\t".join(row) + "\n" for row in (names, *ROWS))
    if name.endswith(".csv"):
        return 'source,target\na man,ein Mann\n"a dog, black","ein ""Hund"""\ntwo,zwei\n'
    if name.endswith(".json"):
        return json.dumps(records, indent=1)
    return "".join(json.dumps(record) + "\n" for record in records)


# ---- tables ----


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl", "a.json", "a.tsv.gz"])
def test_tables_of_every_format_are_read(tmp_path, name):
    write(tmp_path, **{name: content_of(name.removesuffix(".gz"))})
    corpus = read_pairs_corpus(tmp_path / name)
    assert (corpus.name, list(corpus)) == ("a", ["train"])
    assert list(zip(corpus.train.sources, corpus.train.targets, strict=True)) == ROWS
    assert holds_pairs(tmp_path / name)


def test_a_parquet_file_is_read_with_its_other_columns(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"id": [1, 2], "de": ["x", "y"], "en": ["a", "b"]}).write_parquet(path)
    table = read_pairs_table(path, EN_DE)
    assert (table.sources, table.targets, table.columns) == (["a", "b"], ["x", "y"], {"id": [1, 2]})
    assert (table.names, table.place_of(1)) == ({"source": "en", "target": "de"}, f"{path}, row 2")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("source", "target"), ("source", "target")),
        (("target", "source"), ("source", "target")),
        (("TGT", "src"), ("src", "TGT")),
        (("answer", "question"), ("question", "answer")),
        (("text", "summary"), ("text", "summary")),
        (("input", "output"), ("input", "output")),
        (("Frage", "Satz"), ("Frage", "Satz")),
        (("output", "other"), ("output", "other")),
    ],
)
def test_columns_are_found_by_usual_names_or_as_the_only_two_of_text(tmp_path, loud, capsys, names, expected):
    record = dict(zip(names, ("a b", "c"), strict=True))
    write(tmp_path, a__jsonl=json.dumps({"id": "x1", "stars": 5, "n": "12", **record, "url": "http://x"}))
    table = read_pairs_table(tmp_path / "a.jsonl")
    assert (table.name_of("source"), table.name_of("target")) == expected
    assert (table.sources, table.targets) == ([record[expected[0]]], [record[expected[1]]])
    printed = capsys.readouterr().err
    guess = f"source column {expected[0]!r}, target column {expected[1]!r} (guessed; --source-column / --target-column"
    assert (guess in printed) == (set(expected) != {"source", "target"})


def test_requested_columns_come_before_usual_names_and_default_columns(tmp_path):
    write(tmp_path, a__csv="source,target,fr\na,b,c\n")
    options = ReadOptions(columns={"target": "fr"}, usual={"source": "target", "target": "source"})
    table = read_pairs_table(tmp_path / "a.csv", options)
    assert (table.sources, table.targets, table.columns) == (["b"], ["c"], {"source": ["a"]})
    assert read_pairs_table(tmp_path / "a.csv", ReadOptions(usual={"source": "gone"})).sources == ["a"]


def test_a_table_without_a_header_has_numbered_columns(tmp_path):
    write(tmp_path, a__tsv="Go.\tGeh.\nRun!\tLauf!\n")
    table = read_pairs_table(tmp_path / "a.tsv", ReadOptions(no_header=True))
    assert (table.sources, table.targets, table.names["target"]) == (["Go.", "Run!"], ["Geh.", "Lauf!"], "2")


def test_translations_in_objects_become_columns(tmp_path):
    lines = [{"id": 1, "translation": {"en": "a", "de": "x"}}, {"id": 2, "translation": {"en": "b", "de": "y"}}]
    write(tmp_path, a__jsonl="\n".join(map(json.dumps, lines)))
    table = read_pairs_table(tmp_path / "a.jsonl", EN_DE)
    assert (table.sources, table.targets, table.columns) == (["a", "b"], ["x", "y"], {"id": [1, 2]})


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("source,target\na,b\n", {"source": "quelle"}, r"a\.csv: has no column 'quelle'; known: source, target"),
        ("source,target\na,b\n", {"source": "target", "target": "target"}, r"'target' cannot be both the source and"),
        (
            "a,b,c\nx x,y y,z z\n",
            {},
            r"which columns contain the source and the target\? The columns are 'a', 'b', 'c'",
        ),
        (
            "a,b,c\nx x,y y,z z\n",
            {"source": "a"},
            r"which column contains the target\?.*candidates are 'b', 'c'.*--target",
        ),
        ("a,b\nx x,3\n", {}, r"candidates are 'a'\. Name them with --source-column and --target-column"),
        ("a,b\n1,3\n", {}, r"none contains text"),
        ("Go.,Geh.\nRun,Lauf\n", {}, r"the first line looks like data, not like column names \('Go\.'\).*--no-header"),
        ("a man is here,ein Mann\nRun,Lauf\n", {}, r"the first line looks like data"),
    ],
)
def test_columns_that_cannot_be_found_are_errors(tmp_path, content, options, message):
    write(tmp_path, a__csv=content)
    with pytest.raises(DataError, match=message):
        read_pairs_table(tmp_path / "a.csv", ReadOptions(columns=options))


def test_rows_with_an_empty_side_are_bad(tmp_path, loud, capsys):
    write(tmp_path, a__csv="source,target\na,x\n , y\nb,\nc,z\n")
    with pytest.raises(DataError, match=r"a\.csv:3: the source in 'source' is empty\. Correct it, or skip"):
        read_pairs_table(tmp_path / "a.csv")
    table = read_pairs_table(tmp_path / "a.csv", ReadOptions(bad_rows="skip"))
    assert (table.sources, table.lines) == (["a", "c"], [2, 5])
    assert "skipped 2 bad rows: lines 3, 4 (line 3: the source in 'source' is empty)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"source": 3, "target": "x"}', r"a\.jsonl:2: the text in 'source' must be a string; got 3 \(int\)"),
        ('{"source": "a"}', r"a\.jsonl:2: the text in 'target' is missing"),
        ('{"source": "a\\u0000", "target": "x"}', r"a\.jsonl:2: the text in 'source' contains a NUL character"),
        ('{"source": "a\\ud800", "target": "x"}', r"contains a lone surrogate"),
    ],
)
def test_cells_that_are_not_text_are_bad_rows(tmp_path, line, message):
    write(tmp_path, a__jsonl='{"source": "a", "target": "x"}\n' + line)
    with pytest.raises(DataError, match=message):
        read_pairs_table(tmp_path / "a.jsonl")
    assert len(read_pairs_table(tmp_path / "a.jsonl", ReadOptions(bad_rows="skip"))) == 1


def test_later_splits_have_the_columns_of_train(tmp_path):
    write(tmp_path, train__csv="frage,satz\na,x\n", test__csv="satz,frage\nx,a\n")
    corpus = read_pairs_corpus(tmp_path)
    assert (corpus.train.sources, corpus["test"].sources) == (["a"], ["a"])


def test_several_tables_are_the_rows_of_one_split(tmp_path):
    write(tmp_path, a__tsv="source\ttarget\na\tx\n", b__tsv="source\ttarget\nb\ty\n")
    table = read_pairs_corpus(SplitFiles.from_paths(train=[tmp_path / "a.tsv", tmp_path / "b.tsv"])).train
    assert (table.sources, table.targets, table.columns) == (["a", "b"], ["x", "y"], {"file": ["a.tsv", "b.tsv"]})
    assert table.place_of(1) == f"{tmp_path / 'b.tsv'}:2"


# ---- parallel files ----


def test_parallel_files_of_a_folder_are_read_by_their_endings(tmp_path):
    train = {"train__de__gz": "ein Mann \nzwei\u00a0Hunde\n", "train__en__gz": "a man\ntwo\tdogs\u2028here\n"}
    folder = write(tmp_path / "flickr", **train, val__en="a\n", val__de="x\n", test_2016_flickr__en="b\r\n")
    write(folder, test_2016_flickr__de="y\n", train__fr="un\ndeux\n", README__md="-")
    corpus = read_pairs_corpus(folder, EN_DE)
    assert (corpus.name, list(corpus)) == ("flickr", ["train", "dev", "test"])
    # Spaces, tabs and separators other than \n stay as they are.
    assert corpus.train.sources == ["a man", "two\tdogs\u2028here"]
    assert corpus.train.targets == ["ein Mann ", "zwei\u00a0Hunde"]
    assert (corpus["test"].sources, corpus["dev"].targets) == (["b"], ["x"])
    assert corpus.train.names == {"source": "en", "target": "de"}
    assert corpus.train.place_of(1) == f"{folder / 'train.en.gz'}:2"
    assert holds_pairs(folder)


def test_the_sides_of_parallel_files_are_guessed_with_a_note(tmp_path, loud, capsys):
    folder = write(tmp_path, train__src="a\n", train__tgt="x\n")
    assert read_pairs_corpus(folder).train.sources == ["a"]
    assert "source column 'src', target column 'tgt' (guessed;" in capsys.readouterr().err
    write(folder, train__fr="c\n")
    assert read_pairs_corpus(folder).train.targets == ["x"]
    assert "not read: train.fr" in capsys.readouterr().err


def test_the_direction_of_languages_is_never_guessed(tmp_path):
    write(tmp_path, train__en="a\nb\n", train__de="A\nB\n")
    with pytest.raises(DataError, match=r"which side is the source, 'de' or 'en'\? Name it with --source"):
        read_pairs_corpus(tmp_path)
    files = [tmp_path / "train.en", tmp_path / "train.de"]
    assert read_pairs_corpus(SplitFiles.from_paths(train=files)).train.sources == ["a", "b"]  # the order of the list
    for role, name in (("source", "en"), ("target", "de")):
        train = read_pairs_corpus(tmp_path, ReadOptions(columns={role: name})).train
        assert (train.sources, train.targets) == (["a", "b"], ["A", "B"])


def test_three_sides_without_usual_names_must_be_chosen(tmp_path):
    folder = write(tmp_path, train__en="a\n", train__de="x\n", train__fr="c\n")
    with pytest.raises(
        DataError, match=r"which columns contain .*'de', 'en', 'fr'.*--source-column and --target-column"
    ):
        read_pairs_corpus(folder)
    with pytest.raises(DataError, match=r"has no column 'xx'; known: de, en, fr"):
        read_pairs_corpus(folder, ReadOptions(columns={"source": "en", "target": "xx"}))


def test_files_of_the_splits_may_be_listed(tmp_path):
    write(tmp_path, train__en="a\n", train__de="x\n", english__txt="b\n", german__txt="y\n")
    files = SplitFiles.from_paths(
        train=[tmp_path / "train.en", tmp_path / "train.de"], test=[tmp_path / "english.txt", tmp_path / "german.txt"]
    )
    assert read_pairs_corpus(SplitFiles.from_paths(train=files.train), EN_DE).train.targets == ["x"]
    test = SplitFiles.from_paths(train=files.test)
    assert read_pairs_corpus(test, ReadOptions(columns={"source": "english"})).train.targets == ["y"]
    assert holds_pairs(tmp_path / "train.en")


def test_an_unequal_number_of_lines_is_an_error_that_names_both_files_and_counts(tmp_path):
    folder = write(tmp_path, train__en="a\nb\nc", train__de="x\ny\n")
    message = r"train\.en: must have as many lines as train\.de.*got 3 lines here and 2 in train\.de"
    with pytest.raises(DataError, match=message):
        read_pairs_corpus(folder, EN_DE)


def test_an_empty_line_of_a_parallel_file_is_a_bad_row(tmp_path):
    folder = write(tmp_path, train__en="a\nb\nc\n", train__de="x\n\nz\n")
    with pytest.raises(DataError, match=r"train\.en:2: the target in 'de' is empty"):
        read_pairs_corpus(folder, EN_DE)
    table = read_pairs_corpus(folder, ReadOptions(columns=EN_DE.columns, bad_rows="skip")).train
    assert (table.sources, table.targets, table.lines) == (["a", "c"], ["x", "z"], [1, 3])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"train__en": "a\n", "train__de": ""}, r"train\.de: is empty"),
        ({"train__en": "a\0\n", "train__de": "x\n"}, r"train\.en:1: contains a NUL byte"),
        ({"train__en": b"a\xff\n", "train__de": "x\n"}, r"train\.en:1: must be UTF-8"),
        (
            {"train__en": "a\n", "train__de": "x\n", "train__de__gz": "x\n"},
            r"train\.de and train\.de\.gz, which may be",
        ),
        (
            {f"test_{year}__{side}": "a\n" for year in (2016, 2017) for side in ("en", "de")},
            r"several sources for the split 'test': test_2016, test_2017.*--train, --dev and --test",
        ),
    ],
)
def test_parallel_files_that_cannot_be_read_are_errors(tmp_path, files, message):
    with pytest.raises(DataError, match=message):
        read_pairs_corpus(write(tmp_path, **files), EN_DE)


def test_the_file_with_exactly_the_name_of_the_split_is_preferred(tmp_path, loud, capsys):
    names = [f"{stem}__{side}" for stem in ("train", "train_bpe") for side in ("en", "de")]
    folder = write(tmp_path, **{name: f"{name}\n" for name in names})
    assert read_pairs_corpus(folder, EN_DE).train.sources == ["train__en"]
    assert "not read: train_bpe" in capsys.readouterr().err


def test_the_only_parallel_files_need_no_split_name(tmp_path):
    folder = write(tmp_path, **{"news__de-en__de": "x\n", "news__de-en__en": "a\n", "LICENSE": "-"})
    assert read_pairs_corpus(folder, EN_DE).train.targets == ["x"]
    assert not holds_pairs(folder)


def test_files_next_to_a_table_of_the_same_name_are_not_sides(tmp_path):
    folder = write(tmp_path, train__csv="text,label\na,x\n", train__log="-\n", train__yaml="-\n")
    assert not holds_pairs(folder)
    assert not holds_pairs(folder / "train.log")
    write(folder, train__csv="source,target\na,x\n")
    assert read_pairs_corpus(folder).train.targets == ["x"]


# ---- sources alone ----


def test_sources_alone_are_lines_of_a_file_with_any_ending(tmp_path, monkeypatch):
    write(tmp_path, test__en="a man\n\n b \r\n")
    assert read_pairs_table(tmp_path / "test.en", labelled=False).sources == ["a man", "", " b "]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x\ny\nz\n")))
    blocks = list(read_pair_blocks("-", ReadOptions(usual={"source": "en"}), most=2))
    assert [block.sources for block in blocks] == [["x", "y"], ["z"]]
    assert all(block.targets is None for block in blocks)


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl"])
def test_a_target_column_is_an_ordinary_column_if_targets_are_not_needed(tmp_path, name):
    write(tmp_path, **{name: content_of(name)})
    whole = read_pairs_table(tmp_path / name, labelled=False)
    assert (whole.targets, whole.columns) == (None, {"target": [target for _, target in ROWS]})
    blocks = list(read_pair_blocks(tmp_path / name, most=2))
    assert [block.sources for block in blocks] == [["a man", "a dog, black"], ["two"]]
    assert [block.lines for block in blocks] == [whole.lines[:2], whole.lines[2:]]


def test_a_source_may_be_empty_but_not_missing_if_targets_are_not_needed(tmp_path):
    write(tmp_path, a__csv="source\na\n \n", b__jsonl='{"source": "a"}\n{"text": "b"}\n')
    assert read_pairs_table(tmp_path / "a.csv", labelled=False).sources == ["a", " "]
    with pytest.raises(DataError, match=r"b\.jsonl:2: the text in 'source' is missing"):
        list(read_pair_blocks(tmp_path / "b.jsonl", most=10))


@pytest.mark.parametrize(
    ("name", "labelled", "message"),
    [
        ("a.txt", True, r"a\.txt: contains lines of text without targets\. Pairs are read from a table"),
        ("a.en", True, r"a\.en: the file name does not show the format of a table; it must end in \.csv, \.tsv"),
        ("a.conll", False, r"contains one word per line, for sequence tagging, judging by its name"),
        ("a.npz", False, r"contains numeric series, judging by its name"),
        ("gone.csv", False, r"there is no such file or folder"),
        (".", True, r"is a folder; a file is needed here"),
    ],
)
def test_files_that_are_not_pairs_are_errors(tmp_path, name, labelled, message):
    write(tmp_path, **{one: "a b\n" for one in ("a.txt", "a.en", "a.conll", "a.npz")})
    with pytest.raises(DataError, match=message):
        read_pairs_table(tmp_path / name, labelled=labelled)


def test_an_unknown_format_and_a_folder_of_classes_are_errors(tmp_path):
    with pytest.raises(DataError, match=r"format must be one of csv, tsv, jsonl, parquet, txt; got 'xml'"):
        read_pairs_table("-", format="xml")
    write(tmp_path / "pos", a__txt="a\n")
    with pytest.raises(DataError, match=r"contains no pairs of texts\. Pairs are read from"):
        read_pairs_corpus(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "src,tgt\na,x\n", True),
        ("a.csv", "text,label\na,x\n", False),
        ("a.csv", "source,target\na,1\n", False),
        ("a.csv", "text,source,target\na,mail,b\n", False),
        ("a.jsonl", '{"source": "a", "target": "x"}', True),
        ("a.jsonl", "not JSON", False),
        ("a.csv", "", False),
        ("a.txt", "a\n", False),
        ("a.tsv", 'source\ttarget\n"a\tb"\tx\n', True),  # a quoted tab
    ],
)
def test_only_clear_cases_are_recognised_as_pairs(tmp_path, name, content, expected):
    write(tmp_path, **{name: content})
    assert holds_pairs(tmp_path / name) is expected
    assert holds_pairs(tmp_path / "gone.csv") is False
