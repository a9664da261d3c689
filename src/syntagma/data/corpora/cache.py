"""The folder for fetched corpora, and the form in which they are kept: one file per split."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeVar

from syntagma import variables
from syntagma.data.tables.table import Table
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError, DownloadError
from syntagma.files import replacing_folder

# Counts up when a documented split or the form of the files changes, so that an old copy is never taken for a new one.
_FORMAT = "corpora-1"

AnyTable = TypeVar("AnyTable", bound=Table)


def cache_folder() -> Path:
    """Return `$SYNTAGMA_CACHE`, else `$XDG_CACHE_HOME/syntagma`, else `~/.cache/syntagma`.

    Raises:
        DownloadError: Neither is set, and the user of this process has no home.
    """
    if own := variables.value("SYNTAGMA_CACHE"):
        return Path(own).expanduser()
    if everybodys := os.environ.get("XDG_CACHE_HOME"):
        return Path(everybodys).expanduser() / "syntagma"
    try:
        return Path.home() / ".cache" / "syntagma"
    except RuntimeError as error:
        raise DownloadError("corpora have no folder, as this user has no home. Set SYNTAGMA_CACHE to one.") from error


def corpus_folder(name: str) -> Path:
    """Where the fetched corpus of that name lies, whether or not it is there yet."""
    return cache_folder() / _FORMAT / name


def create_cache_folder() -> None:
    """Makes sure, before anything is fetched, that there is a cache to keep it in.

    Raises:
        DownloadError: The folder cannot be created or written.
    """
    with _said_if_unwritable(cache_folder()):
        cache_folder().mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=cache_folder()).close()


def write_tables(folder: Path, tables: Mapping[str, Any]) -> None:
    """Write `{split}.parquet` files (columns text, label, then the others).

    Raises:
        DownloadError: The folder cannot be written.
    """
    write_splits(folder, tables, ".parquet", _write_table)


def read_tables(folder: Path) -> dict[str, TextTable]:
    """Read all `{split}.parquet` files of a folder.

    Raises:
        DataError: A file is damaged or has no column `text`.
    """
    return read_splits(folder, ".parquet", _read_table)


def write_splits(folder: Path, tables: Mapping[str, Any], suffix: str, write: Callable[[Path, Any], None]) -> None:
    """Write one file `{split}{suffix}` per split with `write`; the folder appears when it is complete.

    Raises:
        DownloadError: The folder cannot be written.
    """
    with _said_if_unwritable(folder), replacing_folder(folder) as temporary:
        for split, table in tables.items():
            write(temporary / f"{split}{suffix}", table)


def read_splits(folder: Path, suffix: str, read: Callable[[Path], AnyTable]) -> dict[str, AnyTable]:
    """Read the file of each split that `write_splits` wrote; `train`, `dev`, `test` come first."""
    usual = {name: place for place, name in enumerate(["train", "dev", "test"])}
    paths = sorted(folder.glob(f"*{suffix}"), key=lambda path: (usual.get(path.stem, len(usual)), path.stem))
    return {path.stem: read(path) for path in paths}


def _write_table(path: Path, table: TextTable) -> None:
    import polars as pl

    labels = {} if table.labels is None else {"label": table.labels}
    content = BytesIO()  # polars has an error of its own for a full disk
    pl.DataFrame({"text": table.texts, **labels, **table.columns}).write_parquet(content, compression="zstd")
    path.write_bytes(content.getvalue())


def _read_table(path: Path) -> TextTable:
    import polars as pl

    try:
        columns = pl.read_parquet(path).to_dict(as_series=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"cannot be read as Parquet ({error}). Remove the folder to fetch it again.", path=path
        ) from error
    if "text" not in columns:
        raise DataError(f"needs a column `text`; got {', '.join(columns)}.", path=path)
    texts, labels = columns.pop("text"), columns.pop("label", None)
    return TextTable(texts, labels=labels, columns=columns, source=str(path))


@contextmanager
def _said_if_unwritable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DownloadError(
            f"{folder}: cannot be written: {error.strerror or error}. Make room there, or set SYNTAGMA_CACHE to "
            f"another folder."
        ) from error
