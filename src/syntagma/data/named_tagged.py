"""Corpora of tagged words that are known by name; they lie under `$SYNTAGMA_DATA`."""

import os
from dataclasses import dataclass
from pathlib import Path

from syntagma.config import nearest
from syntagma.data.formats import TAGGED_FORMATS, format_of
from syntagma.data.table import Corpus
from syntagma.data.tagged_reading import TaggedReadOptions, read_tagged_corpus
from syntagma.errors import DataError


@dataclass(frozen=True)
class NamedTaggedCorpus:
    """What is known of a corpus.

    Args:
        name: By which it is asked for.
        description: One line.
        files: What lies in its folder.
        address: Where it comes from.
        licence: Under which terms it may be used.
        citation: What to cite.
    """

    name: str
    description: str
    files: tuple[str, ...]
    address: str
    licence: str
    citation: str


_ALL = (
    NamedTaggedCorpus(
        name="wnut17",
        description="names in posts and comments, six kinds, BIO; most names of test are new",
        files=("train.conll", "dev.conll", "test.conll"),
        address="https://github.com/leondz/emerging_entities_17",
        licence="CC BY 4.0",
        citation="L. Derczynski et al., Results of the WNUT2017 Shared Task, W-NUT 2017",
    ),
    NamedTaggedCorpus(
        name="ud-english-ewt",
        description="parts of speech in blogs, mails, reviews, answers; Universal Dependencies",
        files=("train.conllu", "dev.conllu", "test.conllu"),
        address="https://github.com/UniversalDependencies/UD_English-EWT",
        licence="annotations CC BY-SA 4.0",
        citation="N. Silveira et al., A Gold Standard Dependency Corpus for English, LREC 2014",
    ),
)
TAGGED_CORPORA: dict[str, NamedTaggedCorpus] = {corpus.name: corpus for corpus in _ALL}


def is_named_tagged(path_or_name: str | Path) -> bool:
    """Whether that is the name of a known corpus of tagged words."""
    return isinstance(path_or_name, str) and _plain(path_or_name) in TAGGED_CORPORA


def is_tagged(path_or_name: str | Path) -> bool:
    """Whether a name, or the names of files, tell that words are tagged: a known corpus, CoNLL or CoNLL-U."""
    if is_named_tagged(path_or_name):
        return True
    path = Path(path_or_name).expanduser()
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return any(format_of(file) in TAGGED_FORMATS.values() for file in files)


def load_tagged_corpus(path_or_name: str | Path, options: TaggedReadOptions | None = None) -> Corpus:
    """Reads a person's own tagged words from a path, or a known corpus by its name.

    Args:
        path_or_name: A file, a folder, or one of `TAGGED_CORPORA` (`-` and `_` alike).
        options: How to read.

    Raises:
        DataError: There is neither such a path nor such a name, the corpus is not on this machine, or the data are bad.
    """
    if not is_named_tagged(path_or_name):
        path = Path(path_or_name).expanduser()
        if not path.exists() and isinstance(path_or_name, str) and os.sep not in path_or_name and not path.suffix:
            raise DataError(
                f"{path_or_name!r} is neither a file or folder nor the name of a corpus of tagged words: "
                f"{nearest(path_or_name, TAGGED_CORPORA)}"
            )
        return read_tagged_corpus(path, options)
    corpus = TAGGED_CORPORA[_plain(str(path_or_name))]
    return Corpus(corpus.name, read_tagged_corpus(_folder(corpus), options).splits)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def find_folder(corpus: NamedTaggedCorpus) -> Path | None:
    """The folder of a corpus below `$SYNTAGMA_DATA`, or `None`."""
    root = os.environ.get("SYNTAGMA_DATA")
    for name in (corpus.name, corpus.name.replace("-", "_")) if root else ():
        if (folder := Path(root or "").expanduser() / name).is_dir():
            return folder
    return None


def _folder(corpus: NamedTaggedCorpus) -> Path:
    folder = find_folder(corpus)
    if folder is None:
        raise DataError(
            f"{corpus.name} is not on this machine. Put {', '.join(corpus.files)} from {corpus.address} into a folder "
            f"{corpus.name} and set SYNTAGMA_DATA to the folder that holds it."
        )
    return folder
