"""Named corpora of series: a small fake wheel, and the real corpora if they are on this machine."""

import hashlib
import os
import zipfile
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from syntagma.data.corpora.cache import cache_folder, corpus_folder
from syntagma.data.corpora.registry import CORPORA, find_local, load_corpus
from syntagma.data.corpora.series import FOLDER, SERIES_CORPORA, read_tables, read_wheel, write_tables
from syntagma.data.series.describe import describe_series
from syntagma.data.series.from_python import series_table
from syntagma.errors import DataError, DownloadError
from syntagma.progress import quietly

REAL_DATA = os.environ.get("SYNTAGMA_DATA")
REAL_CACHE = cache_folder()
NAMES = [corpus.name for corpus in SERIES_CORPORA]

TRAIN = "@univariate false\n@classLabel true 1 2\n@data\n0.1,0.2,?:3,4,5:1\n-1:1e3:2\n"
TEST = "@univariate false\n@classLabel true 1 2\n@data\n7,8:9,10:2\n"


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch, tmp_path):
    """Hide all data on this machine, and disable downloads."""
    monkeypatch.setenv("SYNTAGMA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SYNTAGMA_DATA", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def small_wheel(monkeypatch):
    """The registry with two small corpora in one wheel that the user put into the cache."""
    path = cache_folder() / "archives" / CORPORA["gun-point"].source.file_name
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("GunPoint", "BasicMotions"):
            archive.writestr(f"{FOLDER}/{name}/{name}_TRAIN.ts", TRAIN)
            archive.writestr(f"{FOLDER}/{name}/{name}_TEST.ts", TEST)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for name in NAMES:
        monkeypatch.delitem(CORPORA, name)
    for corpus in SERIES_CORPORA:
        if corpus.name in ("gun-point", "basic-motions"):
            small = replace(corpus, source=replace(corpus.source, sha256=digest), rows={"train": 2, "test": 1})
            monkeypatch.setitem(CORPORA, corpus.name, small)
    return path


def test_the_registry_is_complete():
    assert len(set(NAMES)) == 8
    assert len({corpus.source for corpus in SERIES_CORPORA}) == 1
    for corpus in SERIES_CORPORA:
        assert (CORPORA[corpus.name], corpus.task) == (corpus, "series")
        assert set(corpus.rows) == {"train", "test"}
        assert all([corpus.classes, corpus.description, corpus.split, corpus.licence, corpus.citation, corpus.notes])
        assert corpus.how_obtained == "read from the Python package aeon 1.6.0 (6 MB)"
        assert len(corpus.source.sha256) == 64


def test_a_wheel_fills_the_cache_once_and_values_are_exact(small_wheel):
    with quietly():
        first = load_corpus("gun-point", task="series")
        small_wheel.unlink()
        again, other = load_corpus("GUN_POINT"), load_corpus("basic-motions")
    assert find_local("gun-point") == corpus_folder("gun-point")
    assert sorted(path.name for path in corpus_folder("gun-point").iterdir()) == ["test.npz", "train.npz"]
    expected = [np.array([[0.1, 3], [0.2, 4], [np.nan, 5]], np.float32), np.array([[-1, 1000]], np.float32)]
    for corpus in (first, again, other):
        assert list(corpus) == ["train", "test"]
        assert (corpus.train.labels, corpus["test"].labels) == (["1", "2"], ["2"])
        for one, two in zip(corpus.train.series, expected, strict=True):
            np.testing.assert_array_equal(one, two)


def test_a_wheel_that_lacks_a_file_is_an_error(small_wheel, tmp_path):
    with pytest.raises(DownloadError, match=r"lacks a required file"):
        read_wheel("ArrowHead", small_wheel)
    with zipfile.ZipFile(tmp_path / "bad.whl", "w") as archive:
        archive.writestr(f"{FOLDER}/ArrowHead/ArrowHead_TRAIN.ts", TRAIN)
        archive.writestr(f"{FOLDER}/ArrowHead/ArrowHead_TEST.ts", "@data\n1:x")
    with pytest.raises(DataError, match=r"test.ts: has no labels|test.ts:2: dimension 2, step 1: 'x' is not a number"):
        read_wheel("ArrowHead", tmp_path / "bad.whl")


def test_a_cached_corpus_that_lost_rows_or_is_damaged_is_an_error(small_wheel):
    with quietly():
        load_corpus("gun-point")
    (corpus_folder("gun-point") / "test.npz").unlink()
    with pytest.raises(DataError, match=r"gun-point has .*; got 2 rows in train\. Remove the folder"):
        load_corpus("gun-point")
    (corpus_folder("basic-motions") / "test.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"test.npz: cannot be read as .npz"):
        load_corpus("basic-motions")


def test_columns_and_channels_survive_the_cache(tmp_path):
    table = replace(
        series_table([[[1, 2]], [[3, 4], [5, 6]]], ["a", "b"]), channels=("x", "y"), columns={"id": ["p", "q"]}
    )
    write_tables(tmp_path / "mine", {"test": table, "train": table})
    back = read_tables(tmp_path / "mine")
    assert list(back) == ["train", "test"]
    assert (back["test"].channels, back["test"].columns, back["test"].keys) == (
        table.channels,
        table.columns,
        table.keys,
    )


def test_the_users_own_folder_comes_first(small_wheel, tmp_path, monkeypatch):
    folder = tmp_path / "data" / "gun_point"
    folder.mkdir(parents=True)
    (folder / "GunPoint_TRAIN.ts").write_text(TRAIN)
    (folder / "GunPoint_TEST.ts").write_text(TRAIN)
    monkeypatch.setenv("SYNTAGMA_DATA", str(tmp_path / "data"))
    with quietly():
        assert len(load_corpus("gun-point")["test"]) == 2


def test_a_series_corpus_is_an_error_for_another_task():
    with pytest.raises(DataError, match=r"the corpus 'gun-point' is for series, not for classification"):
        load_corpus("gun-point", task="classification")


# ---- the real corpora ----

# Shortest and longest series, channels, duplicates in test, and rows of test by label, in the order of the labels.
FACTS = {
    "japanese-vowels": ((7, 29), 12, 0, [31, 35, 88, 44, 29, 24, 40, 50, 29]),
    "basic-motions": ((100, 100), 6, 0, [10, 10, 10, 10]),
    "arrow-head": ((251, 251), 1, 1, [69, 53, 53]),
    "gun-point": ((150, 150), 1, 0, [76, 74]),
    "italy-power-demand": ((24, 24), 1, 0, [513, 516]),
    "osu-leaf": ((427, 427), 1, 0, [32, 55, 42, 44, 46, 23]),
    "acsf1": ((1460, 1460), 1, 0, [10] * 10),
    "pickup-gesture-wiimote-z": ((29, 361), 1, 0, [5] * 10),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_real_corpus_is_as_documented(name, monkeypatch):
    monkeypatch.setenv("SYNTAGMA_CACHE", str(REAL_CACHE))
    if REAL_DATA:
        monkeypatch.setenv("SYNTAGMA_DATA", REAL_DATA)
    by_hand = REAL_CACHE / "archives" / CORPORA[name].source.file_name
    if find_local(name) is None and not by_hand.is_file():
        pytest.skip(f"{name} is not on this machine; fetch it with `syntagma data get {name}`")
    with quietly():
        corpus = load_corpus(name)
    lengths, channels, duplicates, counts = FACTS[name]
    found = describe_series(corpus)
    assert {split: len(corpus[split]) for split in corpus} == CORPORA[name].rows
    assert (
        min(split.lengths.min for split in found.splits.values()),
        max(split.lengths.max for split in found.splits.values()),
    ) == lengths
    assert all(len(corpus[split].channels) == channels for split in corpus)
    labels = Counter(corpus["test"].labels)
    assert [
        labels[label] for label in sorted(labels, key=lambda label: (len(label), label))
    ] == counts or name == "basic-motions"
    assert (found.splits["train"].duplicates, found.splits["test"].duplicates, found.shared) == (0, duplicates, [])
    assert len(found.splits["train"].labels) == CORPORA[name].classes
    assert all(split.missing == 0 for split in found.splits.values())
    deviations = [float(np.abs(row.std() - 1)) for split in corpus for row in corpus[split].series]
    assert ("mean 0 and standard deviation 1" in CORPORA[name].notes) == (max(deviations) < 0.03)
