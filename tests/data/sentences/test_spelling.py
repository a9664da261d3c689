"""Tests of tags of whole files, in any spelling and scheme."""

import json

import pytest

from syntagma.data.formats.rows import BadRows
from syntagma.data.options import ReadOptions
from syntagma.data.sentences.reading import read_tagged_corpus, read_tagged_table
from syntagma.data.sentences.spelling import normalise_tags
from syntagma.data.sentences.table import TaggedTable
from syntagma.errors import ConfigError, DataError

ROWS = "Ann\tPER-B\nLee\tPER-I\nwent\tO\n\nto\tO\nRome\tLOC-B\n"


@pytest.fixture
def written(tmp_path):
    def write(name, content):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path / name

    return write


def test_the_conversion_of_tags_is_noted(written, capsys, loud):
    table = read_tagged_table(written("a.conll", ROWS))
    assert table.tags == [["B-PER", "I-PER", "O"], ["O", "B-LOC"]]
    said = capsys.readouterr().err.replace("\n", " ")
    assert "tags are read: LOC-B as B-LOC, PER-B as B-PER, PER-I as I-PER. Use --scheme none" in said


def test_all_splits_are_spelled_like_the_first(tmp_path, written):
    written("c/train.conll", "in\tO\nto\tO\nRome\tLOC\n")
    written("c/test.conll", "Rome\tLOC\nOslo\tLOC\n")
    corpus = read_tagged_corpus(tmp_path / "c")
    assert (corpus["train"].tags, corpus["test"].tags) == ([["O", "O", "I-LOC"]], [["I-LOC", "I-LOC"]])


def test_a_line_of_column_names_is_an_error_with_the_line(written):
    with pytest.raises(
        DataError, match=r"a\.conll:1: the tag 'tag' of the word 'word' .* a line of column names must be removed"
    ):
        read_tagged_table(written("a.conll", "word\ttag\nAnn\tB-PER\nLee\tI-PER\nwent\tO\n"))


def test_tags_that_do_not_match_are_counted_and_listed(written):
    lines = [{"tokens": ["a", "b"], "tags": ["-", "-"]}, {"tokens": ["c", "d", "e"], "tags": ["B-x", "L-x", "O"]}]
    with pytest.raises(
        DataError, match=r"a\.jsonl:1: the tag '-' .* 2 words have such tags \('-'\): 'a' .*a\.jsonl:1, 'b'"
    ):
        read_tagged_table(written("a.jsonl", "\n".join(map(json.dumps, lines))))


def test_sentences_with_bad_tags_can_be_skipped():
    table = TaggedTable.from_words([["a"], ["b"], ["c", "d"]], [["B-x"], ["0"], ["B-x", "I-x"]])
    bad_rows = BadRows("words", skip=True)
    kept, _ = normalise_tags(table, bad_rows=bad_rows)
    assert (kept.words, len(bad_rows)) == ([["a"], ["c", "d"]], 1)


@pytest.mark.parametrize(
    ("scheme", "tags", "read"),
    [
        ("none", "B-x I-x O", "B-x I-x O"),
        ("BIO", "I-x I-x O", "I-x I-x O"),
        ("BILOU", "B-x L-x O U-x", "B-x E-x O S-x"),
        ("IO", "x x O", "I-x I-x O"),
        ("IO", "I-x I-x O", "I-x I-x O"),
        ("BMES", "B E S", "B E S"),
        (None, "NOUN VERB O", "NOUN VERB O"),
    ],
)
def test_a_scheme_can_be_chosen(scheme, tags, read):
    table = TaggedTable.from_words([list("abcd")[: len(tags.split())]], [tags.split()])
    assert normalise_tags(table, scheme)[0].tags == [read.split()]


@pytest.mark.parametrize(
    ("scheme", "tags", "message"),
    [
        ("BIO", "B-x E-x", r"the tag 'E-x' does not belong to the scheme BIO \(O, B-kind, I-kind\)"),
        ("IOBES", "NOUN VERB", "the tag 'NOUN' does not belong to the scheme IOBES"),
    ],
)
def test_tags_of_another_scheme_than_the_chosen_one_are_an_error(scheme, tags, message):
    with pytest.raises(DataError, match=message):
        normalise_tags(TaggedTable.from_words([["a", "b"]], [tags.split()]), scheme)


def test_unknown_schemes_are_an_error():
    with pytest.raises(ConfigError, match=r"scheme must be 'BIO' or .*'none'; got 'BIOX'"):
        ReadOptions(scheme="BIOX")
