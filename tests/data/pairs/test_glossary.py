"""Glossaries are read from tables with two columns."""

import gzip

import pytest

from syntagma.data.pairs.glossary import read_glossary
from syntagma.errors import DataError


def write(folder, name, text):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("terms.tsv", "rock\tFelsen\ntime, space\tRaum\n"),
        ("terms.txt", "\ufeffSource\tTarget\r\n\r\n# a comment\r\n rock \tFelsen\r\ntime, space\tRaum"),
        ("terms.csv", 'term,translation\nrock,Felsen\n"time, space",Raum\n'),
        ("terms.csv.gz", '# a comment\nrock,Felsen\n"time, space",Raum\nrock,Felsen\n'),
    ],
)
def test_headers_comments_and_blank_lines_are_skipped(tmp_path, name, text):
    assert read_glossary(write(tmp_path, name, text)) == {"rock": "Felsen", "time, space": "Raum"}


def test_a_header_is_only_the_first_line(tmp_path):
    found = read_glossary(write(tmp_path, "terms.tsv", "x\ty\nsource\ttarget\n"))
    assert found == {"x": "y", "source": "target"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.tsv", "rock\tFelsen\n\nsand\n", r"a\.tsv:3: .*separated by a tab; this one has 1 field\."),
        ("a.tsv", "rock\tFelsen\tStein\n", r"a\.tsv:1: .*has 3 fields"),
        ("a.csv", "rock,Felsen\nsand;Sand\n", r"a\.csv:2: .*separated by a comma"),
        ("a.csv", 'rock,"Felsen\n', r"a\.csv:1: is not valid CSV"),
        ("a.tsv", "rock\t \n", r"a\.tsv:1: .*both not empty"),
        ("a.tsv", "rock\tFelsen\n# x\nrock\tStein\n", r"a\.tsv:3: 'rock' has .*'Stein' here and 'Felsen' in line 1"),
        ("a.tsv", "# nothing\n", "contains no terms"),
        ("a.tsv", f"{'x' * 10_001}\ty\n", "at most 10,000 characters"),
    ],
)
def test_invalid_lines_are_refused_with_their_number(tmp_path, name, text, message):
    with pytest.raises(DataError, match=message):
        read_glossary(write(tmp_path, name, text))


def test_a_missing_glossary_is_named(tmp_path):
    with pytest.raises(DataError, match=r"missing\.tsv"):
        read_glossary(tmp_path / "missing.tsv")
