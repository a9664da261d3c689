"""Standard streams that are full, closed or missing."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).with_name("syntagma"))


def shell(line, **options):
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=300, **options)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_output_device_is_reported_in_one_line():
    done = shell(f"{PROGRAM} recipes > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "syntagma: No space left on device.\n"


def test_a_closed_pipe_causes_no_message():
    done = shell(f"set -o pipefail; {PROGRAM} recipes | head -c 1")
    assert done.stderr == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_cause_no_error(closed):
    done = shell(f"{PROGRAM} recipes {closed}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.long
@pytest.mark.parametrize("streams", ["<&- >&- 2>&-", "2> >(true)"])
def test_training_continues_without_output_streams(here, streams):
    done = shell(f"{PROGRAM} train small.yaml --data films.csv --out daemon {streams}", cwd=here)
    assert done.returncode == 0
    assert '"status": "complete"' in (here / "daemon" / "run.json").read_text()


@pytest.mark.long
def test_paths_and_texts_can_be_any_bytes(here):
    """Names that are not UTF-8, and texts that the encoding of the locale cannot hold."""
    data, out = (os.path.join(os.fsencode(here), name) for name in (b"caf\xe9.csv", b"r\xfcn"))
    os.link(here / "films.csv", data)
    arguments = [PROGRAM, "train", "small.yaml", "--data", data, "--out", out]
    done = subprocess.run(arguments, capture_output=True, cwd=here, timeout=300)
    assert done.returncode == 0, done.stderr
    locale = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for text, code, told in (("été".encode(), 0, b""), (b"\xff", 2, b"texts: row 0 contains a lone surrogate")):
        done = subprocess.run([PROGRAM, "predict", out, text], capture_output=True, cwd=here, env=locale, timeout=300)
        assert done.returncode == code, done.stderr
        assert told in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="pipes are asked whether a line waits")
@pytest.mark.parametrize(
    ("options", "line"),
    [
        ((), "lumo tavi resh"),
        pytest.param(("--input-format", "jsonl"), '{"text": "lumo tavi resh"}', marks=pytest.mark.long),
    ],
)
def test_standard_input_is_answered_line_by_line(here, options, line):
    command = [PROGRAM, "predict", "run", "--input", "-", *options]
    with subprocess.Popen(command, cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(2):
            process.stdin.write(line + "\n")
            process.stdin.flush()
            assert "lumo tavi resh" in process.stdout.readline()  # blocks for ever without an answer
        process.stdin.close()
        assert process.stdout.read() == ""
    assert process.returncode == 0


def test_an_error_in_a_later_block_leaves_the_output_file_unchanged(command, here, monkeypatch):
    monkeypatch.setattr("syntagma.runs.predicting.BLOCK_ROWS", 2)
    (here / "in.csv").write_text("text,id\n" + "lumo,1\n" * 5 + "tavi\n")
    (here / "out.csv").write_text("old")
    done = command("predict", "run", "--input", "in.csv", "--output", "out.csv")
    assert done.code == 2
    assert "in.csv:7: the row has 1 field" in done.error
    assert (here / "out.csv").read_text() == "old"
    assert not list(here.glob(".out*"))
    (here / "in.csv").write_text("text,id\n" + "lumo,1\n" * 5)
    for name in ("out.csv", "out.csv.gz", "out.jsonl", "out.parquet"):
        assert command("predict", "run", "--input", "in.csv", "--output", name).code == 0
    assert (here / "out.csv").read_text().count("lumo,1") == (here / "out.jsonl").read_text().count('"lumo"') == 5
    assert gzip.decompress((here / "out.csv.gz").read_bytes()) == (here / "out.csv").read_bytes()
