"""Tests of folders of many annotated files, which are read as one corpus."""

import json

import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.sentences.reading import holds_tagged_words, read_tagged_corpus
from syntagma.data.tables.splits import split_corpus
from syntagma.errors import DataError

# These tests check the notes that are printed.
pytestmark = pytest.mark.usefixtures("loud")

CONLL = "In O\nRome B-place\n\nyes O\n\n"


@pytest.fixture
def make(tmp_path):
    def make(files):
        for name, content in files.items():
            path = tmp_path / "many" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path / "many"

    return make


UD = "1\tRome\tRome\tPROPN\t_\t_\t0\troot\t_\t_\n\n"
WORDS = json.dumps({"tokens": ["In", "Rome"], "tags": ["O", "B-place"]}, indent=1)
SPANS = json.dumps([{"text": "In Rome", "entities": [[3, 7, "place"]]}, {"text": "yes", "entities": []}])


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("doc_{}.conll", CONLL, 2),
        ("{}.conllu", UD + UD, 2),
        ("{}.json", SPANS, 2),
        ("{}.jsonl", WORDS.replace("\n", "") + "\n" + WORDS.replace("\n", ""), 2),
        ("news/{}.iob", CONLL, 2),
        ("{}.tsv", CONLL.replace(" ", "\t"), 2),
        ("{}.txt", CONLL, 2),
        ("{}.csv", "sentence,word,tag\n1,In,O\n,Rome,B-place\n2,yes,O\n", 2),
    ],
)
def test_each_file_is_a_document_of_one_corpus(make, name, content, rows):
    files = {name.format(number): content.replace("Rome", f"Rome{number}") for number in range(10, 13)}
    if name.endswith(".json"):
        files = {name.format(number): content for number in range(10, 13)}
    folder = make({**files, "README": ""})
    table = read_tagged_corpus(folder).train
    assert len(table) == 3 * rows
    assert len(set(table.groups)) == 3
    assert sorted(set(table.columns["file"])) == sorted(file.rpartition("/")[2] for file in files)
    assert holds_tagged_words(folder) == (not name.endswith(("txt", "tsv")))


def test_folders_of_splits_may_contain_many_files(make):
    folder = make({f"train/{n}.conll": CONLL for n in range(3)} | {"dev/a.conll": CONLL, "test/x/b.conll": CONLL})
    corpus = read_tagged_corpus(folder)
    assert {split: len(corpus[split]) for split in corpus} == {"train": 6, "dev": 2, "test": 2}


def test_documents_within_files_are_distinguished(make):
    content = f"-DOCSTART- O\n\n{CONLL}-DOCSTART- O\n\n{CONLL}"
    assert len(set(read_tagged_corpus(make({"a.conll": content, "b.conll": content})).train.groups)) == 4


def test_files_with_one_record_each_are_not_documents(make):
    assert read_tagged_corpus(make({f"{n}.json": WORDS for n in range(3)})).train.groups is None


def test_splitting_keeps_files_together(make):
    folder = make({f"{n}.conll": f"w{n} O\nRome B-place\n\nv{n} O\n\n" for n in range(40)})
    corpus = split_corpus(read_tagged_corpus(folder))
    files = [set(corpus[split].columns["file"]) for split in corpus]
    assert [len(one) for one in files] == [32, 4, 4]
    assert len(set.union(*files)) == 40


def test_the_scheme_is_detected_across_all_files(make):
    # Alone, the first would be IOB1 or IO, and the second BIO.
    table = read_tagged_corpus(make({"1.conll": "a U-x\nb O\n\n", "2.conll": "a B-x\nb I-x\nc L-x\n\n"})).train
    assert table.tags == [["S-x", "O"], ["B-x", "I-x", "E-x"]]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"1.conll": CONLL, "2.conll": CONLL + "oops\n\n"},
            r"2.conll:6: the line must have 2 fields separated by spaces",
        ),
        ({"1.json": SPANS, "2.json": SPANS.replace("3, 7", "3, 70")}, r"2.json:1: .*a span must be within its text"),
        ({"1.conll": CONLL, "2.conll": CONLL.replace("B-place", "place")}, r"2.conll:1: the tag 'place' of the word"),
        (
            {"1.conll": CONLL, "2.conll": "a X O\n\n"},
            r"2.conll: the files of one split must have the same columns; got 1",
        ),
        (
            {"1.conll": CONLL, "2.json": WORDS, "3.conll": CONLL},
            r"several formats: 2 of conll and 1 of jsonl \(1.conll, 2",
        ),
        (
            {"1.json": WORDS, "2.json": WORDS.replace('tags"', 'ner_tags"')},
            r"2.json: words and tags are in tokens and n",
        ),
        (
            {"1.txt": "In Rome", "1.ann": "", "2.txt": "x", "2.ann": ""},
            r"1.ann: has an unsupported format: it is brat's",
        ),
        ({"1.conll": CONLL, "2.conll": ""}, r"2.conll: contains no sentences"),
        ({"1.jsonl": '{"tokens": ["a"], "tags": ["O"]}\n', "2.jsonl": '{"tokens": ["a"]}\n'}, r"2.jsonl:1: "),
    ],
)
def test_an_error_in_one_of_many_files_names_it(make, files, message):
    with pytest.raises(DataError, match=message):
        read_tagged_corpus(make(files))


def test_a_mixture_of_formats_is_recognised_as_tagged_words(make):
    assert holds_tagged_words(make({"1.conll": CONLL, "2.json": WORDS}))


def test_bad_rows_of_all_files_are_counted_together(make, capsys):
    folder = make({"1.conll": CONLL + "oops\n\n", "2.conll": CONLL + "a b c\n\n", "3.conll": "x PLACE\ny B-place\n\n"})
    assert len(read_tagged_corpus(folder, ReadOptions(bad_rows="skip")).train) == 4
    assert (
        "many: skipped 3 bad rows: lines 1.conll:6, 2.conll:6, 3.conll:1 (line 1.conll:6: " in capsys.readouterr().err
    )


def test_few_notes_are_printed_for_many_files(make, capsys):
    cut = json.dumps({"text": "In Romes", "entities": [[3, 7, "place"]]})
    read_tagged_corpus(make({f"{n}.json": cut for n in range(9)}), ReadOptions(cut_words="widen"))
    said = capsys.readouterr().err
    assert said.count("widened to whole words") == 5
    assert "... and 4 more such notes" in said


def test_a_file_named_like_a_split_among_many_files_is_an_ordinary_one(make):
    assert len(read_tagged_corpus(make({"a.conll": CONLL, "lab_test.conll": CONLL, "b.conll": CONLL})).train) == 6
