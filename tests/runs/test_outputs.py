"""Output of predictions and its format; no file is replaced except the named output."""

import gzip
import os

import pytest

from syntagma.errors import ConfigError
from syntagma.runs.outputs import check_output, choose_format, write_content, write_pieces, write_predictions
from syntagma.tasks import registry
from syntagma.tasks.writing import Writer

WRITERS = {"lines": Writer(lambda block: b"", ("txt", "text")), "table": Writer(lambda block: b"", ("csv",))}


def test_a_symbolic_link_is_followed(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_content(b"text,prediction\nx,pos\n", str(tmp_path / "link.csv"))
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("text,prediction")


def test_gz_files_are_compressed_reproducibly(tmp_path):
    for name in ("one.csv.gz", "other.csv.gz"):
        write_content(b"text\n", str(tmp_path / name))
    assert gzip.decompress((tmp_path / "one.csv.gz").read_bytes()) == b"text\n"
    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "other.csv.gz").read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_special_files_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ConfigError, match="is not a regular file; write to - and redirect"):
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
def test_the_format_is_that_of_the_output_and_then_of_the_input(names, format):
    output, *inputs = names
    task = registry.task("classification")
    assert choose_format(None, output, task.writers, task.default_format(*inputs)) == format


def test_the_requested_format_takes_precedence_over_the_extension():
    assert choose_format("table", "out.txt", WRITERS, "lines") == "table"
    assert choose_format("table", "-", WRITERS, "lines") == "table"
    assert choose_format("table", "out.docx", WRITERS, "lines") == "table"


def test_unknown_formats_and_extensions_are_refused():
    with pytest.raises(ConfigError, match=r"--format html is not supported by this model; choose from lines, table\."):
        choose_format("html", "-", WRITERS, "lines")
    with pytest.raises(
        ConfigError, match=r"--output out\.html: unknown file extension \(known: \.txt, \.text, \.csv\)\."
    ):
        choose_format(None, "out.html", WRITERS, "lines")


def test_a_companion_file_is_written_and_replaces_no_other_file(tmp_path):
    writer = Writer(
        lambda block: b"".join(b"T%d\n" % one for one in block), (), None, lambda block: b"x\n" * len(block)
    )
    out = str(tmp_path / "found.ann")
    for _ in range(2):
        write_predictions(writer, iter([[1, 2], [3]]), out)
        assert (tmp_path / "found.ann").read_bytes() == b"T1\nT2\nT3\n"
        assert (tmp_path / "found.txt").read_bytes() == b"x\nx\nx\n"
    (tmp_path / "notes.txt").write_text("mine")
    for output, input in (("notes.ann", None), ("notes.txt", None), ("found.ann", str(tmp_path / "found.txt"))):
        with pytest.raises(ConfigError, match=r"also writes .*, which exists already"):
            write_predictions(writer, iter([[1]]), str(tmp_path / output), input)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_pieces_are_written_immediately(capfdbinary):
    def pieces():
        yield b"one\n"
        assert capfdbinary.readouterr().out == b"one\n"
        yield b"two\n"

    write_pieces(pieces(), "-")
    assert capfdbinary.readouterr().out == b"two\n"
