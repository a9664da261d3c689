"""The cache folder and the Parquet files in it."""

from pathlib import Path

import polars
import pytest

from syntagma.data.corpora.cache import cache_folder, corpus_folder, create_cache_folder, read_tables, write_tables
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError, DownloadError


def test_the_cache_folder_is_the_first_one_set(monkeypatch, tmp_path):
    monkeypatch.setenv("SYNTAGMA_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("SYNTAGMA_CACHE")
    assert cache_folder() == tmp_path / "shared" / "syntagma"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / "home" / ".cache" / "syntagma"
    assert corpus_folder("imdb").is_relative_to(cache_folder())


def test_tables_survive_the_cache_unchanged(tmp_path):
    train = TextTable(["a\nb", "  ", "ü"], labels=["x", "y", "x"], columns={"id": ["1", "2", "3"], "rating": [1, 2, 3]})
    tables = {"unsup": TextTable(["u"]), "test": TextTable(["t"], labels=["x"]), "train": train}
    write_tables(tmp_path / "new" / "corpus", tables)
    back = read_tables(tmp_path / "new" / "corpus")
    assert list(back) == ["train", "test", "unsup"]
    assert (back["train"].texts, back["train"].labels) == (train.texts, train.labels)
    assert back["train"].columns == train.columns
    assert back["unsup"].labels is None
    assert back["test"].source == str(tmp_path / "new" / "corpus" / "test.parquet")


def test_a_damaged_file_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "train.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(DataError, match=r"train.parquet: cannot be read as Parquet.*Remove the folder"):
        read_tables(tmp_path)


def test_a_file_without_texts_is_an_error(tmp_path):
    polars.DataFrame({"label": ["x"]}).write_parquet(tmp_path / "train.parquet")
    with pytest.raises(DataError, match=r"train.parquet: needs a column `text`; got label"):
        read_tables(tmp_path)


def test_a_cache_that_cannot_be_created_is_an_error_before_any_download(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SYNTAGMA_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DownloadError, match=r"cache: cannot be written: .* set SYNTAGMA_CACHE to another folder"):
        create_cache_folder()
    with pytest.raises(DownloadError, match="cannot be written"):
        write_tables(tmp_path / "file" / "corpus", {"train": TextTable(["a"], labels=["x"])})


def test_a_new_cache_is_empty(monkeypatch, tmp_path):
    monkeypatch.setenv("SYNTAGMA_CACHE", str(tmp_path / "cache"))
    create_cache_folder()
    assert list(Path(tmp_path / "cache").iterdir()) == []
