import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.errors import DataError
from syntagma.text import vectors
from syntagma.text.vector_files import BinaryVectorFile, TextVectorFile, open_vectors
from syntagma.text.vectors import read_vectors

ROWS = {"the": [0.5, -1.25, 3.0], "paris": [1.0, 2.0, -0.125], "影": [1e-3, 4.0, 0.0], "Paris": [7.0, 8.0, 9.5]}


def glove(rows: dict[str, list[float]]) -> bytes:
    return "".join(f"{word} {' '.join(map(str, numbers))}\n" for word, numbers in rows.items()).encode()


def word2vec_text(rows: dict[str, list[float]]) -> bytes:
    return b"%d 3\n" % len(rows) + glove(rows)


def fasttext(rows: dict[str, list[float]]) -> bytes:
    return word2vec_text(rows).replace(b"\n", b" \n")


def word2vec_binary(rows: dict[str, list[float]], end: bytes = b"\n") -> bytes:
    parts = [word.encode() + b" " + np.array(numbers, "<f4").tobytes() + end for word, numbers in rows.items()]
    return b"%d 3\n" % len(rows) + b"".join(parts)


def word2vec_binary_without_line_ends(rows: dict[str, list[float]]) -> bytes:
    return word2vec_binary(rows, end=b"")


FORMATS = [glove, word2vec_text, fasttext, word2vec_binary, word2vec_binary_without_line_ends]


@pytest.fixture
def read(tmp_path):
    def read_content(content: bytes, words: list[str]) -> vectors.WordVectors:
        path = tmp_path / "vectors.txt"
        path.write_bytes(content)
        return read_vectors(path, words)

    return read_content


@pytest.mark.parametrize("write", FORMATS)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_format_yields_the_requested_rows(tmp_path, write, suffix):
    path = tmp_path / f"vectors.bin{suffix}"
    content = write(ROWS)
    path.write_bytes(gzip.compress(content) if suffix else content)
    result = read_vectors(path, ["影", "missing", "the", "the"])
    assert result.matrix.dtype == np.float32
    expected = np.array([ROWS["影"], [0, 0, 0], ROWS["the"], ROWS["the"]], dtype=np.float32)
    np.testing.assert_array_equal(result.matrix, expected)
    assert result.found.tolist() == [True, False, True, True]
    assert result.coverage == 0.75


@pytest.mark.parametrize("write", FORMATS)
def test_an_exact_match_is_preferred_to_a_lower_case_match(read, write):
    result = read(write(ROWS), ["Paris", "paris", "PARIS", "The"])
    assert result.matrix.tolist() == [ROWS["Paris"], ROWS["paris"], ROWS["paris"], ROWS["the"]]
    reverse = read(write(dict(reversed(ROWS.items()))), ["Paris", "paris", "PARIS", "The"])
    np.testing.assert_array_equal(reverse.matrix, result.matrix)


def test_the_first_of_two_rows_for_a_word_is_used(read):
    assert read(b"a 1 2\nb 0 0\na 3 4\n", ["a", "A"]).matrix.tolist() == [[1, 2], [1, 2]]


def test_words_with_spaces_are_split_from_the_right(read):
    result = read(b"a 1 2\n. . 3 4\nat x@y.z 5 6\n", ["a", ". .", "at x@y.z"])
    assert result.matrix.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_a_number_may_be_a_word_and_the_last_line_needs_no_newline(read):
    assert read(b"the 1 2\r\n\r\n0.5 3 -4e-1", ["0.5"]).matrix.tolist() == [[3, np.float32(-0.4)]]


def test_no_words_have_no_coverage(read):
    result = read(glove(ROWS), [])
    assert (result.matrix.shape, result.coverage) == ((0, 3), 0.0)


def test_a_lone_surrogate_is_never_found(read):
    assert read(glove(ROWS), ["\ud800", "the"]).found.tolist() == [False, True]


@given(
    words=st.lists(st.text(alphabet="abé影", min_size=1, max_size=3), min_size=2, max_size=5, unique=True),
    end=st.sampled_from([b"", b"\n"]),
    block=st.sampled_from([1, 7, 1 << 20]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=100, deadline=None)
def test_binary_files_are_recognised_and_read_in_blocks_of_any_size(tmp_path_factory, words, end, block, seed):
    path = tmp_path_factory.mktemp("vectors") / "vectors.bin"
    matrix = np.random.default_rng(seed).normal(size=(len(words), 50)).astype("<f4")
    records = [word.encode() + b" " + vector.tobytes() + end for word, vector in zip(words, matrix, strict=True)]
    path.write_bytes(b"%d 50\n" % len(words) + b"".join(records))
    with pytest.MonkeyPatch.context() as patch, open_vectors(path) as file:
        patch.setattr("syntagma.text.vector_files._BLOCK_BYTES", block)
        assert isinstance(file, BinaryVectorFile)
        rows = list(file.rows())
        assert [row.word.decode() for row in rows] == words
        np.testing.assert_array_equal(np.stack([file.read_numbers(row) for row in rows]), matrix)


def test_a_sample_that_splits_a_character_is_still_text(tmp_path, monkeypatch):
    path = tmp_path / "vectors.vec"
    path.write_bytes(word2vec_text({"影": [1.0, 2.0, 3.0]}))
    for size in (1, 2, 3, 4):
        monkeypatch.setattr("syntagma.text.vector_files._SAMPLE_BYTES", size)
        with open_vectors(path) as file:
            assert isinstance(file, TextVectorFile)


@pytest.mark.usefixtures("loud")
def test_a_large_file_shows_progress(read, monkeypatch, capsys):
    monkeypatch.setattr(vectors, "_BYTES_WORTH_A_BAR", 10)
    monkeypatch.setattr(vectors, "_ROWS_A_STEP", 2)
    read(word2vec_text(ROWS), ["the"])
    assert "Reading word vectors: 4 of 4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the first line is empty"),
        (b"\na 1\n", "the first line is empty"),
        (b"word\n", r"vectors\.txt:1: word vectors must have 1 to 10,000 numbers; got 0"),
        (b"2 0\n", r"vectors\.txt:1: word vectors must have 1 to 10,000 numbers; got 0"),
        (b"2 10001\n", "have 1 to 10,000 numbers; got 10001"),
        (b"some,csv text\n", r"vectors\.txt:1: is not a file of word vectors"),
        (b"a 1 2\nb 1\n", r"vectors\.txt:2: must have a word and 2 numbers; got 1\."),
        (b"a 1 2\nb 1.5 2.5 3.5\n", r"vectors\.txt:2: must have a word and 2 numbers; got 3\."),
        (b"1 2\nb 1 x\n", r"vectors\.txt:2: contains a value that is not a number: .*'x'"),
        (b"a 1 2\nb nan 2\n", r"vectors\.txt:2: contains a number that is not finite"),
        (b"a 1 2\nb 1 inf\n", r"vectors\.txt:2: contains a number that is not finite"),
        (b"a 1 2\nb 1 1e39\n", r"vectors\.txt:2: contains a number that is not finite"),
        (b"3 2\na 1 2\nb 3 4\n", "promises 3 words, the file has 2: it may be truncated"),
        (b"1 2\na 1 2\nb 3 4\n", "promises 1 words, the file has 2: the first line is wrong"),
        (b"2 3\na 1 2\nb 3 4\n", r"vectors\.txt:2: must have a word and 3 numbers; got 2"),
        (word2vec_binary(ROWS)[:-6], "ends within record 4 of 4: it was truncated"),
        (word2vec_binary(ROWS) + b"more", "has more than the 4 words that its first line promises"),
        (
            word2vec_binary({"a": [1.0, 2.0, 3.0], "b": [1.0, np.nan, 3.0]}),
            "record 2 contains a number that is not finite",
        ),
        (b"1 3\n" + b"\0" * 70_000, "record 1 has no word of at most 65,536 bytes"),
    ],
)
def test_an_invalid_file_is_named_with_the_line_or_record(read, content, message, monkeypatch):
    monkeypatch.setattr("syntagma.text.vector_files._BLOCK_BYTES", 1 << 15)
    with pytest.raises(DataError, match=message):
        read(content, ["b"])


def test_an_endless_line_is_not_read_completely(read, monkeypatch):
    monkeypatch.setattr("syntagma.text.vector_files._LIMIT_LINE_BYTES", 20)
    with pytest.raises(DataError, match=r"vectors\.txt:2: a line may have at most 20 bytes"):
        read(b"a 1 2\n" + b"b" * 50, ["a"])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.txt: cannot be read: No such file"):
        read_vectors(tmp_path / "none.txt", ["a"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(glove(ROWS), mtime=0)[:-9], "damaged or truncated"),
        (gzip.compress(glove(ROWS), mtime=0)[:12] + b"\xff" * 30, "damaged or truncated"),
        (b"no gzip at all", "cannot be read: Not a gzipped file"),
    ],
)
def test_a_damaged_compressed_file_is_named(tmp_path, content, message):
    path = tmp_path / "vectors.txt.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_vectors(path, ["a"])
