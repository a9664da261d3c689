"""Named corpora of pairs: translated captions, written dates, made-up news, documented functions, and messages."""

import gzip
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from syntagma.config import nearest
from syntagma.data.corpora.cache import corpus_folder, create_cache_folder, read_splits, write_splits
from syntagma.data.corpora.dates import ROWS as DATES_ROWS
from syntagma.data.corpora.dates import make_dates
from syntagma.data.corpora.docstrings import PACKAGES, make_docstrings
from syntagma.data.corpora.download import RemoteFile, download
from syntagma.data.corpora.named import NamedCorpus, Tables
from syntagma.data.corpora.notices import ROWS as NOTICES_ROWS
from syntagma.data.corpora.notices import make_notices
from syntagma.data.formats.folders import has_file
from syntagma.data.formats.gettext import ENDINGS
from syntagma.data.options import ReadOptions
from syntagma.data.pairs.parallel import read_sides
from syntagma.data.pairs.reading import build_table, read_pairs_corpus, read_pairs_table
from syntagma.data.pairs.roles import PairColumns
from syntagma.data.pairs.table import PairTable
from syntagma.errors import DataError
from syntagma.files import atomic_write_folder, read_bytes, write_json_lines
from syntagma.progress import note

_SUFFIX = ".jsonl"
_LIMIT_BYTES = 1 << 26


@dataclass(frozen=True)
class TextFile:
    """A compressed text file of a corpus, with its content pinned.

    Args:
        remote: File at its official address.
        text_sha256: SHA-256 digest of the decompressed text, in hexadecimal. It is the same for copies that were
            compressed with other programs.
    """

    remote: RemoteFile
    text_sha256: str


@dataclass(frozen=True, kw_only=True)
class ParallelCorpus(NamedCorpus):
    """A corpus in several languages, with a file per split and language. Lines with the same number belong together.

    Two of the languages are read: `options.columns` names them, with the roles "source" and "target".

    Args:
        address: Web page of the corpus.
        files: File of each split and language, keyed by split, then by language.
        languages: Source and target language by default.
    """

    TAKES_OPTIONS: ClassVar[bool] = True

    address: str
    files: Mapping[str, Mapping[str, TextFile]]
    languages: PairColumns

    @property
    def how_obtained(self) -> str:
        """Phrase with the address and the size of the download of all languages."""
        size = sum(file.remote.size_bytes for sides in self.files.values() for file in sides.values())
        return f"downloaded from {self.address} ({size / 1e6:.1f} MB)"

    def fill_cache(self, missing: Sequence[NamedCorpus]) -> None:
        """Download the files of all splits and languages to the cache."""
        create_cache_folder()
        folder = corpus_folder(self.name)
        with atomic_write_folder(folder) as temporary:
            for sides in self.files.values():
                for file in sides.values():
                    name = file.remote.file_name
                    download(file.remote, temporary / name, manual_path=folder / name)

    def read_cached(self, folder: Path, options: ReadOptions) -> Tables:
        """Read the files of the two languages of each split. A note names files whose text is not the pinned one.

        Raises:
            DataError: If a file is missing or damaged, or if there is no such language.
        """
        columns = self._choose_languages(options)
        return {split: self._read_split(folder, sides, columns) for split, sides in self.files.items()}

    read_user_folder = read_cached

    def _choose_languages(self, options: ReadOptions) -> PairColumns:
        """Return the source and the target language: those of the options, else of the model, else the defaults."""
        _refuse_settings(self.name, options)
        known = list(next(iter(self.files.values())))
        wanted: dict[str, str] = {}
        for role, default in self.languages.names().items():
            usual = options.usual.get(role)
            wanted[role] = options.columns.get(role, usual if usual in known else default)
            if wanted[role] not in known:
                problem = f"{self.name} has no language {wanted[role]!r}: {nearest(wanted[role], known)}"
                raise DataError(f"--{role}-column: {problem}")
        if len(set(wanted.values())) == 1:
            raise DataError(
                f"{self.name}: the source and the target are both {wanted['source']!r}; choose two languages."
            )
        return PairColumns(**wanted)

    def _read_split(self, folder: Path, sides: Mapping[str, TextFile], columns: PairColumns) -> PairTable:
        paths = {}
        for language in columns.names().values():
            file = sides[language]
            paths[language] = folder / file.remote.file_name
            if not paths[language].is_file():
                raise DataError(f"{self.name} needs a file {file.remote.file_name} in this folder.", path=folder)
            self._check_text(paths[language], file)
        return build_table(read_sides(paths, columns), ReadOptions(), paths[columns.source], columns)

    def _check_text(self, path: Path, file: TextFile) -> None:
        try:
            actual = sha256(gzip.decompress(read_bytes(path, _LIMIT_BYTES))).hexdigest()
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"is not a gzip file ({error}). Download it again.", path=path) from error
        if actual != file.text_sha256:
            note(
                f"{path}: the text has the SHA-256 {actual}, not {file.text_sha256}; scores are not comparable with "
                f"published scores on {self.name}"
            )


@dataclass(frozen=True, kw_only=True)
class MadeCorpus(NamedCorpus):
    """A corpus that is made on this machine, and cached as one JSON Lines file per split.

    Args:
        make: Function that makes the table of each split.
        origin: Phrase that names what the corpus is made from.
        sources: Columns that may be chosen as the source. The first is the default.
        target: Column of the targets.
    """

    TAKES_OPTIONS: ClassVar[bool] = True

    make: Callable[[], Tables]
    origin: str
    sources: tuple[str, ...] = ("source",)
    target: str = "target"

    @property
    def how_obtained(self) -> str:
        """Phrase that names what the corpus is made from."""
        return f"made from {self.origin}"

    def fill_cache(self, missing: Sequence[NamedCorpus]) -> None:
        """Make the corpus, and store it in the cache."""
        create_cache_folder()
        write_splits(corpus_folder(self.name), self.make(), _SUFFIX, _write_table)

    def read_cached(self, folder: Path, options: ReadOptions) -> Tables:
        """Read the tables that `fill_cache` wrote.

        Raises:
            DataError: If the options name other columns, or if the number of rows differs from the documented number.
        """
        _refuse_settings(self.name, options)
        usual = options.usual.get("source")
        source = options.columns.get("source", usual if usual in self.sources else self.sources[0])
        target = options.columns.get("target", self.target)
        if source not in self.sources or target != self.target:
            raise DataError(
                f"the columns of {self.name} are {' or '.join(self.sources)} (--source-column) and {self.target} "
                f"(--target-column); got {source!r} and {target!r}."
            )
        columns = ReadOptions(columns={"source": source, "target": target})
        tables = read_splits(folder, _SUFFIX, lambda path: read_pairs_table(path, columns))
        if problem := self.difference(tables):
            raise DataError(f"{problem}. Remove the folder to make the corpus again.", path=folder)
        return tables

    def read_user_folder(self, folder: Path, options: ReadOptions) -> Tables:
        """Read the user's folder like any other folder of pairs."""
        return read_pairs_corpus(folder, options).splits


@dataclass(frozen=True, kw_only=True)
class MessagesCorpus(NamedCorpus):
    """The gettext catalogues of the system in one language, read in place.

    Args:
        language: Language of the translations by default.
    """

    TAKES_OPTIONS: ClassVar[bool] = True

    language: str

    @property
    def how_obtained(self) -> str:
        """Phrase that says where the catalogues come from."""
        return "gettext catalogues of the programs on this machine, if there are any"

    def cached_folder(self) -> Path | None:
        """Return the system's folder of catalogues, or `None` if there is none."""
        return next((folder for folder in _system_folders() if folder.is_dir() and has_file(folder, ENDINGS)), None)

    def fill_cache(self, missing: Sequence[NamedCorpus]) -> None:
        """Raise an error, because the catalogues cannot be downloaded."""
        searched = ", ".join(map(str, _system_folders()))
        raise DataError(
            f"{self.name}: this machine has no gettext catalogues (searched {searched}). Name a folder of .po or .mo "
            "files as the data instead."
        )

    def read_cached(self, folder: Path, options: ReadOptions) -> Tables:
        """Read the messages in the language of the options, else of the model, else `language`."""
        _refuse_settings(self.name, options)
        usual = {"target": self.language, **options.usual}
        return read_pairs_corpus(folder, replace(options, usual=usual)).splits

    read_user_folder = read_cached


def _refuse_settings(name: str, options: ReadOptions) -> None:
    """Raise an error if an option for reading files is set, other than the columns."""
    for option, field in options.changed_options().items():
        if field != "columns":
            raise DataError(
                f"{option} (in Python: {field}) is for reading your own files, not the corpus {name!r}. Leave it out."
            )


def _system_folders() -> list[Path]:
    """Return the folders in which systems keep catalogues."""
    folders = [Path(sys.base_prefix) / "share" / "locale", Path("/usr/share/locale"), Path("/usr/local/share/locale")]
    return list(dict.fromkeys(folders))


def _write_table(path: Path, table: PairTable) -> None:
    names = table.name_of("source"), table.name_of("target")
    columns: dict[str, list[Any]] = {names[0]: table.sources, names[1]: table.targets or [], **table.columns}
    write_json_lines(path, (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)))


_MULTI30K = "https://raw.githubusercontent.com/multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw"


def _caption_file(name: str, sha256: str, size_bytes: int, text_sha256: str) -> TextFile:
    return TextFile(RemoteFile(f"{_MULTI30K}/{name}.gz", sha256, size_bytes), text_sha256)


_CAPTIONS = {
    "train": {
        "en": _caption_file(
            "train.en",
            "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
            568_929,
            "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6",
        ),
        "de": _caption_file(
            "train.de",
            "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
            637_044,
            "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72",
        ),
        "fr": _caption_file(
            "train.fr",
            "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c",
            604_242,
            "5925a3c18f1587b6b54b87743106e6e8ab93618edb6f65d19eac0621f853a10d",
        ),
    },
    "dev": {
        "en": _caption_file(
            "val.en",
            "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
            21_650,
            "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227",
        ),
        "de": _caption_file(
            "val.de",
            "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
            24_681,
            "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660",
        ),
        "fr": _caption_file(
            "val.fr",
            "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9",
            23_001,
            "5304e444d842e962b2dda4d816b70b22a1765b15401642b7ca37a67477e708dc",
        ),
    },
    "test": {
        "en": _caption_file(
            "test_2016_flickr.en",
            "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
            21_077,
            "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182",
        ),
        "de": _caption_file(
            "test_2016_flickr.de",
            "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
            22_890,
            "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16",
        ),
        "fr": _caption_file(
            "test_2016_flickr.fr",
            "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90",
            22_310,
            "cb3160d69b002bb638e66cc7612fcd56cb0af82eadc9c142dedc438afb885ef6",
        ),
    },
}

PAIR_CORPORA: tuple[NamedCorpus, ...] = (
    ParallelCorpus(
        name="multi30k",
        task="generation",
        description="captions of photographs in English, German and French: translate one language to another",
        rows={"train": 29_000, "dev": 1_014, "test": 1_000},
        split="the published one; test is test_2016_flickr",
        licence="not stated; its authors ask for a citation",
        citation="D. Elliott et al., Multi30K: Multilingual English-German Image Descriptions, VL 2016; "
        "https://github.com/multi30k/dataset",
        notes="English to German by default; --source and --target take en, de and fr. A few lines end in spaces, and "
        "some contain no-break spaces or a tab. Other copies of the test set differ; the SHA-256 of its text begins "
        "with 399a4382 (en), 4be6b5b3 (de) and cb3160d6 (fr).",
        address="https://github.com/multi30k/dataset",
        files=_CAPTIONS,
        languages=PairColumns("en", "de"),
    ),
    MadeCorpus(
        name="dates",
        task="generation",
        description="dates written in many ways and 22 languages; write them as 1987-03-03",
        rows=DATES_ROWS,
        split="ours: dates of train, dev and test differ; half of test is in formats that train lacks (`seen_format`)",
        licence="Unicode licence (locale data), as the texts are made from it",
        citation="Unicode CLDR, through Babel; https://cldr.unicode.org",
        notes="Years 1900 to 2099 with four digits. Every text has a single reading: numeric dates are in it only if "
        "their order is clear. The texts depend on the version of Babel.",
        make=make_dates,
        origin="the locale data of Babel",
    ),
    MadeCorpus(
        name="notices",
        task="generation",
        description="made-up local news with repeated phrases; list in one sentence those whom the news is about",
        rows=NOTICES_ROWS,
        split="ours: no made-up name of dev or test occurs in train",
        licence="Apache-2.0, as the project",
        citation="this project",
        notes="Ten topics, with names made from syllables. Each text has exactly one right summary. `items` is the "
        "number of items that it lists, and `names` the made-up names among them.",
        make=make_notices,
        origin="sentences and syllables in the code",
    ),
    MadeCorpus(
        name="docstrings",
        task="generation",
        description="Python functions and the first line of their docstring: summarise code",
        split="ours, by module: no module is in two splits",
        licence="those of the packages; read on this machine, never shipped",
        citation="the authors of the packages",
        notes="Depends on the installed versions. --source signature takes the signature instead of the code. For "
        "other packages, name their folder as the data.",
        make=make_docstrings,
        origin=f"the source files of installed packages ({', '.join(PACKAGES)})",
        sources=("code", "signature"),
        target="summary",
    ),
    MessagesCorpus(
        name="messages",
        task="generation",
        description="messages of the programs on this machine with their translations, and placeholders such as %s",
        licence="those of the programs; read on this machine, never shipped",
        citation="the translators of the programs",
        notes="English to German by default; --target fr takes another language. For other catalogues (.po, .mo), name "
        "their folder as the data.",
        language="de",
    ),
)
