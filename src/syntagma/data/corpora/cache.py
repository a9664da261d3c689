"""The cache folder for downloaded corpora, with one subfolder per corpus."""

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
from syntagma.files import atomic_write_folder

# Incremented when a documented split or the file format changes, so an old copy is never mistaken for a new one.
_FORMAT = "corpora-1"

AnyTable = TypeVar("AnyTable", bound=Table)


def cache_folder() -> Path:
    """Return the cache folder.

    This is `$SYNTAGMA_CACHE` if that variable is set, otherwise `$XDG_CACHE_HOME/syntagma` if that variable is set, and
    otherwise `~/.cache/syntagma`.

    Raises:
        DownloadError: If neither variable is set and the user has no home folder.
    """
    if own := variables.value("SYNTAGMA_CACHE"):
        return Path(own).expanduser()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).expanduser() / "syntagma"
    try:
        return Path.home() / ".cache" / "syntagma"
    except RuntimeError as error:
        raise DownloadError("no cache folder: this user has no home folder. Set SYNTAGMA_CACHE to a folder.") from error


def corpus_folder(name: str) -> Path:
    """Return the cache folder of a named corpus. The folder may not exist yet."""
    return cache_folder() / _FORMAT / name


def create_cache_folder() -> None:
    """Create the cache folder, and check that it is writable before anything is downloaded.

    Raises:
        DownloadError: If the folder cannot be created or is not writable.
    """
    with _write_errors(cache_folder()):
        cache_folder().mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=cache_folder()).close()


def write_tables(folder: Path, tables: Mapping[str, Any]) -> None:
    """Write a file `{split}.parquet` per split, with the columns `text`, `label` (if there are labels), and all others.

    Raises:
        DownloadError: If the folder cannot be written.
    """
    write_splits(folder, tables, ".parquet", _write_table)


def read_tables(folder: Path) -> dict[str, TextTable]:
    """Read all `{split}.parquet` files of a folder into a table per split.

    Raises:
        DataError: If a file is damaged or has no column `text`.
    """
    return read_splits(folder, ".parquet", _read_table)


def write_splits(folder: Path, tables: Mapping[str, Any], suffix: str, write: Callable[[Path, Any], None]) -> None:
    """Write a file `{split}{suffix}` per split with `write`. The folder appears only when all files are complete.

    Raises:
        DownloadError: If the folder cannot be written.
    """
    with _write_errors(folder), atomic_write_folder(folder) as temporary:
        for split, table in tables.items():
            write(temporary / f"{split}{suffix}", table)


def read_splits(folder: Path, suffix: str, read: Callable[[Path], AnyTable]) -> dict[str, AnyTable]:
    """Read the files that `write_splits` wrote into a table per split.

    The order is train, dev, test, followed by any other splits in alphabetical order.
    """
    order = {name: rank for rank, name in enumerate(["train", "dev", "test"])}
    paths = sorted(folder.glob(f"*{suffix}"), key=lambda path: (order.get(path.stem, len(order)), path.stem))
    return {path.stem: read(path) for path in paths}


def _write_table(path: Path, table: TextTable) -> None:
    import polars as pl

    labels = {} if table.labels is None else {"label": table.labels}
    content = BytesIO()  # written to disk below, because polars does not raise OSError for a full disk
    pl.DataFrame({"text": table.texts, **labels, **table.columns}).write_parquet(content, compression="zstd")
    path.write_bytes(content.getvalue())


def _read_table(path: Path) -> TextTable:
    import polars as pl

    try:
        columns = pl.read_parquet(path).to_dict(as_series=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"cannot be read as Parquet ({error}). Remove the folder to download it again.", path=path
        ) from error
    if "text" not in columns:
        raise DataError(f"needs a column `text`; got {', '.join(columns)}.", path=path)
    texts, labels = columns.pop("text"), columns.pop("label", None)
    return TextTable(texts, labels=labels, columns=columns, source=str(path))


@contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    """Convert write errors to a `DownloadError` that names `folder`."""
    try:
        yield
    except OSError as error:
        raise DownloadError(
            f"{folder}: cannot be written: {error.strerror or error}. Free some disk space, or set SYNTAGMA_CACHE to "
            f"another folder."
        ) from error
