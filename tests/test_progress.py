import sys

import pytest

from syntagma import progress
from syntagma.progress import Progress, chunks, note, quietly, track


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that the test advances."""

    class Clock:
        now = 100.0

    monkeypatch.setattr(progress.time, "monotonic", lambda: Clock.now)
    return Clock


def test_a_note_goes_to_the_error_stream(loud, capsys):
    note("learning")
    assert capsys.readouterr() == ("", "learning\n")


def test_quietly_suppresses_notes_and_progress(loud, capsys):
    with quietly():
        note("learning")
        list(track([1, 2], "Encoding"))
    assert capsys.readouterr() == ("", "")


def test_quietly_ends_with_its_block_and_false_does_not_enable_output(loud, capsys):
    with quietly(), quietly(False):
        note("still silent")
    with quietly(False):
        note("loud")
    assert capsys.readouterr().err == "loud\n"


def test_plain_lines_are_printed_every_ten_seconds_and_at_the_end(loud, capsys, clock):
    with Progress("Encoding", total=4000, unit="texts") as shown:
        for _ in range(4):
            clock.now += 6
            shown.advance(1000, loss=0.25)
    # Lines after 12 s and 24 s, and one at the end: 2000 texts in 12 s, 2000 more at the same speed.
    assert capsys.readouterr().err.splitlines() == [
        "Encoding: 2,000 of 4,000  loss 0.25  167 texts/s  0:12 left",
        "Encoding: 4,000 of 4,000  loss 0.25  167 texts/s",
        "Encoding: 4,000 of 4,000  loss 0.25  167 texts/s",
    ]


def test_an_unknown_total_shows_no_time_left(loud, capsys, clock):
    with Progress("Reading", unit="lines") as shown:
        clock.now += 2
        shown.advance(3)
    assert capsys.readouterr().err == "Reading: 3  1.5 lines/s\n"


def test_the_time_left_does_not_count_the_first_step_and_hours_are_shown_as_hours(loud, capsys, clock):
    with Progress("Training", total=10_000, unit="texts") as shown:
        clock.now += 90  # with compilation
        shown.advance(20)
        clock.now += 20
        shown.advance(20)
    first, second, *_ = capsys.readouterr().err.splitlines()
    assert "left" not in first
    assert second.endswith("2:46:00 left")


def test_track_yields_and_counts_all_items(loud, capsys):
    assert list(track(iter("abc"), "Reading")) == ["a", "b", "c"]
    assert capsys.readouterr().err.startswith("Reading: 3 ")


def test_a_terminal_shows_a_progress_bar(loud, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress("Encoding", total=2) as shown:
        shown.advance(2)
    captured = capsys.readouterr()
    assert "Encoding" in captured.err
    assert "100%" in captured.err
    assert captured.out == ""


def test_chunks_contain_all_items_in_order():
    assert list(chunks("abcdefg", 3)) == ["abc", "def", "g"]
    assert list(chunks([], 3)) == []
