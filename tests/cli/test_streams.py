"""The standard streams may be full, closed, or missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).with_name("syntagma"))


def shell(line, **options):
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=300, **options)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_an_output_that_is_full_is_told_in_one_line():
    done = shell(f"{PROGRAM} recipes > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "syntagma: No space left on device.\n"


def test_a_reader_that_has_gone_gets_no_complaint():
    done = shell(f"set -o pipefail; {PROGRAM} recipes | head -c 1")
    assert done.stderr == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(closed):
    done = shell(f"{PROGRAM} recipes {closed}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.long
@pytest.mark.parametrize("streams", ["<&- >&- 2>&-", "2> >(true)"])
def test_a_training_goes_on_without_anybody_to_tell(here, streams):
    done = shell(f"{PROGRAM} train small.yaml --data films.csv --out daemon {streams}", cwd=here)
    assert done.returncode == 0
    assert '"status": "complete"' in (here / "daemon" / "run.json").read_text()


@pytest.mark.long
def test_paths_and_texts_of_any_bytes(here):
    """Names that are not UTF-8, and texts of a locale that knows none of their letters."""
    data, out = (os.path.join(os.fsencode(here), name) for name in (b"caf\xe9.csv", b"r\xfcn"))
    os.link(here / "films.csv", data)
    arguments = [PROGRAM, "train", "small.yaml", "--data", data, "--out", out]
    done = subprocess.run(arguments, capture_output=True, cwd=here, timeout=300)
    assert done.returncode == 0, done.stderr
    locale = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for text, code, told in (("été".encode(), 0, b""), (b"\xff", 2, b"texts: row 0 holds half a surrogate pair")):
        done = subprocess.run([PROGRAM, "predict", out, text], capture_output=True, cwd=here, env=locale, timeout=300)
        assert done.returncode == code, done.stderr
        assert told in done.stderr
