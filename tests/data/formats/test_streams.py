"""Lines of a pipe, one at a time and in blocks, read without blocking."""

import os

import pytest

from syntagma.data.formats.streams import StreamLines, split_into_blocks


@pytest.fixture
def pipe():
    """Reader of a pipe, and a function that writes to it; writing `None` closes the pipe."""
    reading, writing = os.pipe()
    ends = [writing]

    def send(content):
        if content is None:
            os.close(ends.pop())
        else:
            os.write(writing, content)

    yield StreamLines(reading), send
    for end in (reading, *ends):
        os.close(end)


def test_a_line_is_ready_only_when_it_is_complete(pipe):
    lines, send = pipe
    assert not lines.is_ready()
    send(b"one\ntw")
    assert lines.is_ready()
    assert lines.readline(99) == b"one\n"
    assert not lines.is_ready()
    send(b"o\n\nlast")
    assert [lines.readline(99), lines.readline(99)] == [b"two\n", b"\n"]
    assert not lines.is_ready()
    send(None)
    assert lines.is_ready()
    assert [lines.readline(99), lines.readline(99), lines.readline(99)] == [b"last", b"", b""]


def test_a_line_over_the_limit_is_returned_in_parts(pipe):
    lines, send = pipe
    send(b"abcdefg\nhi\n")
    assert [lines.readline(limit) for limit in (3, 3, 3, 9)] == [b"abc", b"def", b"g\n", b"hi\n"]
    send(b"0123456")
    assert lines.readline(3) == b"012"
    send(None)
    assert [lines.readline(9), lines.readline(9)] == [b"3456", b""]


def test_a_block_contains_the_available_items():
    there = iter([True, True, False, True, True])  # asked after each item but the last of a full block
    assert list(split_into_blocks("abcdefg", 3, lambda: next(there, True))) == [["a", "b", "c"], ["d"], ["e", "f", "g"]]
    assert list(split_into_blocks("ab", 1, lambda: True)) == [["a"], ["b"]]
    assert list(split_into_blocks("", 2, lambda: True)) == []


def test_a_file_like_object_without_a_descriptor_is_not_opened():
    assert StreamLines.open(object()) is None
