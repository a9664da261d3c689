"""Where predictions go, and in which format: nothing of a person's is replaced but the file that was named."""

import gzip
import os

import pytest

from syntagma.errors import ConfigError
from syntagma.runs.outputs import check_output, choose_format, write_content, write_pieces, write_predictions
from syntagma.tasks import registry
from syntagma.tasks.writing import Writer

WRITERS = {"lines": Writer(lambda found: b"", ("txt", "text")), "table": Writer(lambda found: b"", ("csv",))}


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_content(b"text,prediction\nx,pos\n", str(tmp_path / "link.csv"))
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("text,prediction")


def test_what_is_named_so_is_packed_and_always_to_the_same_bytes(tmp_path):
    for name in ("one.csv.gz", "other.csv.gz"):
        write_content(b"text\n", str(tmp_path / name))
    assert gzip.decompress((tmp_path / "one.csv.gz").read_bytes()) == b"text\n"
    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "other.csv.gz").read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_what_is_no_ordinary_file_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ConfigError, match="is no ordinary file; write to - and redirect that"):
        check_output(str(tmp_path / "pipe.csv"), None)
    with pytest.raises(ConfigError, match="is a folder"):
        check_output(str(tmp_path), None)
    with pytest.raises(ConfigError, match="cannot be written: File name too long"):
        check_output("x" * 300 + ".csv", None)


@pytest.mark.parametrize(
    ("names", "format"),
    [
        (("a.csv", None, None), "csv"),
        (("a.TSV.gz", None, None), "tsv"),
        (("a.txt", "in.csv", None), "plain"),
        (("-", None, None), "plain"),
        (("-", "-", None), "plain"),
        (("-", "-", "jsonl"), "jsonl"),
        (("-", "in.jsonl.gz", None), "jsonl"),
        (("-", "in.parquet", None), "csv"),
    ],
)
def test_the_format_goes_by_the_output_then_by_the_input(names, format):
    output, *given = names
    task = registry.task("classification")
    assert choose_format(None, output, task.writers, task.default_format(*given)) == format


def test_the_format_that_is_asked_for_goes_before_the_name():
    assert choose_format("table", "out.txt", WRITERS, "lines") == "table"
    assert choose_format("table", "-", WRITERS, "lines") == "table"
    assert choose_format("table", "out.docx", WRITERS, "lines") == "table"


def test_formats_and_names_that_a_model_has_not_are_refused_with_those_that_it_has():
    with pytest.raises(ConfigError, match=r"--format html is not one of this model's: lines, table\."):
        choose_format("html", "-", WRITERS, "lines")
    with pytest.raises(
        ConfigError, match=r"--output out\.html: the name tells no format \(\.txt, \.text, \.csv\)\. Name"
    ):
        choose_format(None, "out.html", WRITERS, "lines")


def test_a_companion_is_written_beside_and_replaces_nothing_of_a_person(tmp_path):
    writer = Writer(
        lambda block: b"".join(b"T%d\n" % one for one in block), (), None, lambda block: b"x\n" * len(block)
    )
    out = str(tmp_path / "found.ann")
    for _ in range(2):
        write_predictions(writer, iter([[1, 2], [3]]), out)
        assert (tmp_path / "found.ann").read_bytes() == b"T1\nT2\nT3\n"
        assert (tmp_path / "found.txt").read_bytes() == b"x\nx\nx\n"
    (tmp_path / "notes.txt").write_text("mine")
    for output, given in (("notes.ann", None), ("notes.txt", None), ("found.ann", str(tmp_path / "found.txt"))):
        with pytest.raises(ConfigError, match=r"has its texts in .* which is there already; name another file"):
            write_predictions(writer, iter([[1]]), str(tmp_path / output), given)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_pieces_are_written_as_they_come(capfdbinary):
    def pieces():
        yield b"one\n"
        assert capfdbinary.readouterr().out == b"one\n"
        yield b"two\n"

    write_pieces(pieces(), "-")
    assert capfdbinary.readouterr().out == b"two\n"
