"""Files of every format with damaged bytes: valid tables or errors of one line, within bounded memory."""

import gzip
import io
import json
import random
import shutil
import subprocess
import sys
import threading
import time

import polars
import pytest

from syntagma.data.formats import parquet
from syntagma.data.options import ReadOptions
from syntagma.data.texts.reading import read_corpus, read_table
from syntagma.data.texts.table import TextTable
from syntagma.errors import InputError

pytestmark = pytest.mark.usefixtures("readers", "little_memory")

CASES = 150  # of each format, in the ordinary run
LONG_CASES = 10_000
MOST_SECONDS = 5  # for a file of a few hundred bytes; none takes more than a hundredth of that on a quiet machine

TEXTS = [
    'good, "really" good',
    "schön und gut",
    "",
    "a\tb",
    "この映画はとても",
    "two\nlines",
    "plain text | with; marks",
]
LABELS = ["pos", "neg", "pos", "neg", "neg", "pos", "neg"]


def csv_rows(delimiter):
    rows = ['"{}"{}{}{}{}'.format(text.replace('"', '""'), delimiter, label, delimiter, row)
            for row, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))]  # fmt: skip
    return "\n".join([delimiter.join(("text", "label", "id")), *rows, ""]).encode()


def flat():
    return [(" ".join(text.split()), label) for text, label in zip(TEXTS, LABELS, strict=True)]


def parquet_of(**columns):
    file = io.BytesIO()
    polars.DataFrame(columns).write_parquet(file, compression="zstd")
    return file.getvalue()


FORMATS = {
    "a.csv": csv_rows(","),
    "semicolon.csv": csv_rows(";"),
    "a.tsv": "".join(f"{text}\t{label}\n" for text, label in [("text", "label"), *flat()]).encode(),
    "quoted.tsv": csv_rows("\t"),
    "a.jsonl": "".join(
        json.dumps({"text": text, "label": label, "id": row, "more": [1.5, {"a": None}]}, ensure_ascii=row % 2) + "\n"
        for row, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))
    ).encode(),
    "a.parquet": parquet_of(text=TEXTS, label=LABELS, id=range(7)),
    "lists.parquet": parquet_of(text=TEXTS, label=[[label] for label in LABELS]),
    "fasttext.txt": "".join(f"__label__{label} __label__x {text}\n" for text, label in flat()).encode(),
    "plain.txt": "".join(f"{text}\n" for text, _ in flat()).encode(),
}
PACKED = [f"{name}.gz" for name in FORMATS]
OPTIONS = (
    ReadOptions(),
    ReadOptions(bad_rows="skip"),
    ReadOptions(columns={"text": "text", "label": "label"}, label_separator=","),
)


READERS = """
import io, resource, sys, polars
limit = 2 << 30
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
while size := sys.stdin.buffer.read(8):
    raw = sys.stdin.buffer.read(int.from_bytes(size, "little"))
    found = io.BytesIO()
    try:
        polars.read_parquet(io.BytesIO(raw)).write_ipc(found)
    except (polars.exceptions.PanicException, Exception):
        found = io.BytesIO()
    sys.stdout.buffer.write(len(found.getvalue()).to_bytes(8, "little") + found.getvalue())
    sys.stdout.flush()
"""


class Readers:
    """Reader of Parquet files that reuses a process until it dies; the library starts a process for each file."""

    seconds = 20

    def __init__(self):
        self.process = None
        self.deaths = 0

    def as_arrow(self, raw):
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-c", READERS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        watch = threading.Timer(self.seconds, self.process.kill)  # some files make polars hang
        watch.start()
        try:
            self.process.stdin.write(len(raw).to_bytes(8, "little") + raw)
            self.process.stdin.flush()
            size = self.process.stdout.read(8)
            found = self.process.stdout.read(int.from_bytes(size, "little"))
        finally:
            watch.cancel()
        if len(size) < 8:
            self.deaths += 1
            self.close()
        if not found:
            raise parquet._DamagedError("it is damaged")
        return found

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """Reader with polars already loaded, because its initial memory must not count and its threads would hang."""
    path = tmp_path_factory.mktemp("warm") / "a.parquet"
    path.write_bytes(FORMATS["a.parquet"])
    read_table(path)
    readers = Readers()
    yield readers
    readers.close()


@pytest.fixture(autouse=True)
def quick_readers(readers, monkeypatch):
    monkeypatch.setattr(parquet, "_as_arrow", readers.as_arrow)


def damaged_file(raw, name, draw, damage):
    """Return the bytes of a damaged file; half of the gzip files are damaged before compression."""
    if not name.endswith(".gz"):
        return damage(raw, draw)
    return (
        gzip.compress(damage(raw, draw), mtime=0) if draw.random() < 0.5 else damage(gzip.compress(raw, mtime=0), draw)
    )


def check_table(table):
    """Check that a table has the properties that the rest of the program relies on."""
    assert isinstance(table, TextTable)
    assert len(table) > 0
    assert all(type(text) is str for text in table.texts)
    assert all("\0" not in text for text in table.texts)
    "".join(table.texts).encode()  # no lone surrogates
    names = [name for label in table.labels or [] for name in (label if isinstance(label, tuple) else (label,))]
    assert all(type(name) is str and name for name in names)
    assert all(len(values) == len(table) for values in table.columns.values())


def check_reading(read):
    """Return whether reading succeeded; otherwise check that the error has one line."""
    started = time.monotonic()
    try:
        check_table(read())
    except InputError as error:
        message = str(error)
    else:
        message = ""
    assert message.isprintable()
    assert len(message) < 2000
    assert time.monotonic() - started < MOST_SECONDS
    return not message


def check_format(name, cases, damage, tmp_path):
    original = FORMATS[name.removesuffix(".gz")]
    path, results = tmp_path / name, []
    for case in range(cases):
        draw = random.Random(f"{name} {case}")
        raw = damaged_file(original, name, draw, damage)
        path.write_bytes(raw)
        options = draw.choice(OPTIONS)
        if name.startswith("quoted"):
            options = ReadOptions(quoted=True, bad_rows=options.bad_rows)
        labelled = not name.startswith("plain") and draw.random() < 0.8
        try:
            results.append(check_reading(lambda: read_table(path, options, labelled=labelled)))  # noqa: B023
        except BaseException as error:
            raise AssertionError(f"case {case}: {type(error).__name__} {str(error)[:300]}: {raw[:1500]!r}") from error
    assert any(results)  # or the damage would be too great to say anything
    assert not all(results)


@pytest.mark.parametrize("name", [*FORMATS, *PACKED])
def test_a_damaged_file_is_read_or_rejected_in_one_line(tmp_path, damage, name):
    check_format(name, CASES, damage, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("name", [*FORMATS, *PACKED])
def test_ten_thousand_damaged_files_are_read_or_rejected_in_one_line(tmp_path, damage, name):
    check_format(name, LONG_CASES, damage, tmp_path)


def check_folders(cases, damage, tmp_path):
    results = []
    for case in range(cases):
        draw = random.Random(f"folders {case}")
        for label in ("pos", "neg"):
            (tmp_path / "corpus" / label).mkdir(parents=True, exist_ok=True)
            for number, (text, _) in enumerate(flat()[:3]):
                (tmp_path / "corpus" / label / f"{number}.txt").write_text(text)
        for _ in range(draw.choice((1, 1, 2))):
            target = tmp_path / "corpus" / draw.choice(("pos", "neg")) / f"{draw.randrange(3)}.txt"
            target.write_bytes(damage(target.read_bytes(), draw))
        options = draw.choice(OPTIONS[:2])
        results.append(check_reading(lambda: read_corpus(tmp_path / "corpus", options).train))  # noqa: B023
    shutil.rmtree(tmp_path / "corpus")
    assert any(results)
    assert not all(results)


def test_a_damaged_text_in_a_class_folder_is_read_or_rejected_in_one_line(tmp_path, damage):
    check_folders(CASES, damage, tmp_path)


@pytest.mark.long
def test_ten_thousand_damaged_texts_in_class_folders_are_read_or_rejected(tmp_path, damage):
    check_folders(LONG_CASES, damage, tmp_path)
