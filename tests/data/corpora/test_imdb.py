"""The Large Movie Review Dataset in its three formats, with a few reviews."""

import io
import tarfile
from pathlib import Path

import polars
import pytest

from syntagma.data.corpora import imdb
from syntagma.errors import DataError
from syntagma.progress import quietly

REVIEWS = {
    "train/neg/10_2.txt": "Bad.<br />Really.",
    "train/neg/9_1.txt": "Dull\x85",
    "train/pos/3_10.txt": "Très bon",
    "train/unsup/0_0.txt": "Who knows",
    "test/pos/0_8.txt": "Good",
    "test/neg/0_4.txt": "Meh",
}


@pytest.fixture(autouse=True)
def _silence():
    with quietly():
        yield


@pytest.fixture
def folder(tmp_path) -> Path:
    for name, text in REVIEWS.items():
        path = tmp_path / "imdb" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (tmp_path / "imdb/train/labeledBow.feat").write_text("0 1:1")
    (tmp_path / "imdb/train/pos/notes.txt").write_text("no review")
    return tmp_path / "imdb"


def add(
    archive: tarfile.TarFile, name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, len(content)
    archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def archive(tmp_path) -> Path:
    path = tmp_path / "reviews.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        add(file, "aclImdb", kind=tarfile.DIRTYPE)
        for name, text in REVIEWS.items():
            add(file, f"aclImdb/{name}", text.encode())
        add(file, "aclImdb/imdb.vocab", b"the\nand\n")
    return path


def check(splits):
    assert list(splits) == ["train", "test", "unsup"]
    train, test, unsup = splits.values()
    assert train.texts == ["Dull\x85", "Bad.<br />Really.", "Très bon"]
    assert train.labels == ["neg", "neg", "pos"]
    assert train.columns == {"id": ["9_1", "10_2", "3_10"], "rating": [1, 2, 10]}
    assert (test.texts, test.labels) == (["Meh", "Good"], ["neg", "pos"])
    assert (unsup.texts, unsup.labels, unsup.columns["rating"]) == (["Who knows"], None, [0])


def test_the_archive_and_the_unpacked_folder_give_the_same_ordered_rows(archive, folder):
    check(imdb.read_archive(archive))
    check(imdb.read_folder(folder))


def test_the_unpacked_subfolder_is_found(folder):
    folder.rename(folder.parent / "aclImdb")
    check(imdb.read_folder(folder.parent))


def test_numeric_labels_in_parquet_are_replaced_by_names(tmp_path):
    columns = {"id": ["0_3", "1_9"], "text": ["bad", "good"], "label": [0, 1], "rating": [3, 9]}
    polars.DataFrame(columns).write_parquet(tmp_path / "train.parquet")
    polars.DataFrame({"id": ["0_0"], "text": ["?"], "rating": [0]}).write_parquet(tmp_path / "unsup.parquet")
    splits = imdb.read_folder(tmp_path)
    assert splits["train"].labels == ["neg", "pos"]
    assert splits["train"].columns == {"id": ["0_3", "1_9"], "rating": [3, 9]}
    assert splits["unsup"].labels is None


def test_an_unknown_label_in_parquet_is_an_error(tmp_path):
    polars.DataFrame({"text": ["so so"], "label": [2]}).write_parquet(tmp_path / "train.parquet")
    with pytest.raises(DataError, match=r"train.parquet: a label must be 1 or `pos`, 0 or `neg`; got 2"):
        imdb.read_folder(tmp_path)


def test_links_and_paths_outside_the_archive_are_skipped(tmp_path):
    secret = tmp_path / "0_9.txt"
    secret.write_text("secret")
    path = tmp_path / "evil.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        add(file, "aclImdb/train/pos/1_9.txt", kind=tarfile.SYMTYPE, link=str(secret))
        add(file, "aclImdb/train/pos/2_9.txt", kind=tarfile.LNKTYPE, link=str(secret))
        add(file, "aclImdb/train/pos/3_9.txt", kind=tarfile.FIFOTYPE)
        add(file, "../aclImdb/train/pos/4_9.txt", b"outside")
        add(file, "aclImdb/train/pos/../../../5_9.txt", b"outside")
        add(file, "/aclImdb/train/pos/6_9.txt", b"outside")
        add(file, "aclImdb/train/pos/7_9.txt", b"inside")
    before = sorted(tmp_path.iterdir())
    assert imdb.read_archive(path)["train"].texts == ["inside"]
    assert sorted(tmp_path.iterdir()) == before


def test_an_archive_that_unpacks_to_too_much_is_rejected(archive, monkeypatch):
    monkeypatch.setattr(imdb, "_LIMIT_ARCHIVE_BYTES", 30)
    with pytest.raises(DataError, match=r"reviews.tar.gz: unpacks to more than 30 bytes"):
        imdb.read_archive(archive)


@pytest.mark.parametrize("kept", [0, 20, 150])
def test_a_damaged_archive_is_an_error(archive, kept):
    archive.write_bytes(archive.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"reviews.tar.gz: cannot be read as a tar.gz archive"):
        imdb.read_archive(archive)


def test_an_error_names_the_review_that_is_not_utf_8(folder):
    (folder / "test/pos/7_9.txt").write_bytes(b"caf\xe9")
    with pytest.raises(DataError, match=r"7_9.txt: must be UTF-8; byte 3 is not"):
        imdb.read_folder(folder)


def test_a_folder_with_other_content_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"must contain train.parquet and test.parquet, or train/pos"):
        imdb.read_folder(tmp_path)
