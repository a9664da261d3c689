"""Corpora of tagged words that are known by name.

They are looked for below `$SYNTAGMA_DATA`, then in the cache, and fetched from their official addresses where their
licence allows it; of others a person has the files.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from syntagma.config import nearest
from syntagma.data.corpora.cache import corpus_folder, create_cache_folder
from syntagma.data.corpora.download import RemoteFile, download
from syntagma.data.formats.annotations import holds_tags
from syntagma.data.formats.layout import find_splits
from syntagma.data.formats.names import TAGGED_FORMATS, format_of
from syntagma.data.sentences.reading import TaggedReadOptions, read_tagged_corpus, read_tagged_table
from syntagma.data.tables.table import Corpus
from syntagma.errors import DataError
from syntagma.files import replacing_folder
from syntagma.progress import note, quietly


@dataclass(frozen=True)
class NamedTaggedCorpus:
    """What is known of a corpus.

    Args:
        name: By which it is asked for.
        description: One line.
        files: By split, the names that its file may have in a person's folder.
        address: Where it comes from.
        licence: Under which terms it may be used.
        citation: What to cite.
        sources: By split, where the file is fetched from; none where a person has to have it.
    """

    name: str
    description: str
    files: Mapping[str, tuple[str, ...]]
    address: str
    licence: str
    citation: str
    sources: Mapping[str, RemoteFile] = field(default_factory=dict)

    @property
    def how_obtained(self) -> str:
        """Where it comes from if it lies nowhere on this machine."""
        if not self.sources:
            return f"your own files from {self.address}, in a folder {self.name} that SYNTAGMA_DATA holds"
        size = sum(source.size_bytes for source in self.sources.values())
        return f"downloaded from {self.address} ({size / 1e6:.1f} MB)"


_WNUT17 = "https://raw.githubusercontent.com/leondz/emerging_entities_17/e52a2d2a71ac1a051ca2d532eef28653c5c02603"
_EWT = "https://raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/15d613d8447b3478787d4c278730a1e48a945efb"

_ALL = (
    NamedTaggedCorpus(
        name="wnut17",
        description="names in posts and comments, six kinds, BIO; most names of test are new",
        files={"train": ("train.conll",), "dev": ("dev.conll",), "test": ("test.conll",)},
        address="https://github.com/leondz/emerging_entities_17",
        licence="CC BY 4.0",
        citation="L. Derczynski et al., Results of the WNUT2017 Shared Task, W-NUT 2017",
        sources={
            "train": RemoteFile(
                f"{_WNUT17}/wnut17train.conll",
                "731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5",
                493_781,
            ),
            "dev": RemoteFile(
                f"{_WNUT17}/emerging.dev.conll",
                "e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8",
                114_749,
            ),
            "test": RemoteFile(
                f"{_WNUT17}/emerging.test.annotated",
                "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0",
                192_425,
            ),
        },
    ),
    NamedTaggedCorpus(
        name="ud-english-ewt",
        description="parts of speech in blogs, mails, reviews, answers; Universal Dependencies",
        files={split: (f"{split}.conllu", f"en_ewt-ud-{split}.conllu") for split in ("train", "dev", "test")},
        address="https://github.com/UniversalDependencies/UD_English-EWT",
        licence="annotations CC BY-SA 4.0",
        citation="N. Silveira et al., A Gold Standard Dependency Corpus for English, LREC 2014",
        sources={
            "train": RemoteFile(
                f"{_EWT}/en_ewt-ud-train.conllu",
                "3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b",
                14_203_025,
            ),
            "dev": RemoteFile(
                f"{_EWT}/en_ewt-ud-dev.conllu",
                "531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6",
                1_805_545,
            ),
            "test": RemoteFile(
                f"{_EWT}/en_ewt-ud-test.conllu",
                "e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd",
                1_804_515,
            ),
        },
    ),
    NamedTaggedCorpus(
        name="conll2000",
        description="chunks in newspaper text, eleven kinds, BIO",
        files={"train": ("train.txt", "train.conll"), "test": ("test.txt", "test.conll")},
        address="https://www.clips.uantwerpen.be/conll2000/chunking/",
        licence="Wall Street Journal text of the Penn Treebank; ask its owners",
        citation="E. Tjong Kim Sang and S. Buchholz, Introduction to the CoNLL-2000 Shared Task: Chunking, CoNLL 2000",
    ),
    NamedTaggedCorpus(
        name="conll2003",
        description="names in newspaper text, four kinds, IOB1 or BIO",
        files={
            "train": ("eng.train", "train.txt", "train.conll"),
            "dev": ("eng.testa", "valid.txt", "dev.txt", "dev.conll"),
            "test": ("eng.testb", "test.txt", "test.conll"),
        },
        address="https://www.clips.uantwerpen.be/conll2003/ner/",
        licence="Reuters text; ask NIST",
        citation="E. Tjong Kim Sang and F. De Meulder, Introduction to the CoNLL-2003 Shared Task, CoNLL 2003",
    ),
)
TAGGED_CORPORA: dict[str, NamedTaggedCorpus] = {corpus.name: corpus for corpus in _ALL}


def is_named_tagged(path_or_name: str | Path) -> bool:
    """Whether that is the name of a known corpus of tagged words."""
    return isinstance(path_or_name, str) and _plain(path_or_name) in TAGGED_CORPORA


def is_tagged(path_or_name: str | Path) -> bool:
    """Whether data are tagged words: a known corpus, CoNLL or CoNLL-U by name, JSON lines by what the first holds."""
    if is_named_tagged(path_or_name):
        return True
    path = Path(path_or_name).expanduser()
    if not path.is_dir():
        return path.is_file() and _is_tagged_file(path)
    try:
        with quietly():
            sources = find_splits(path).values()
    except DataError:  # whoever reads it says why
        return False
    return any(isinstance(source, Path) and _is_tagged_file(source) for source in sources)


def _is_tagged_file(path: Path) -> bool:
    return format_of(path) in TAGGED_FORMATS.values() or (format_of(path) == "jsonl" and holds_tags(path))


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
    paths = _files_in(corpus, get_tagged(corpus.name))
    return Corpus(corpus.name, {split: read_tagged_table(path, options) for split, path in paths.items()})


def get_tagged(name: str) -> Path:
    """Fetches a corpus unless it is on this machine, and returns the folder in which it lies.

    Raises:
        DataError: There is no corpus of that name, or one that a person has to have.
        DownloadError: It cannot be fetched.
    """
    if not is_named_tagged(name):
        raise DataError(f"there is no corpus of tagged words {name!r}: {nearest(name, TAGGED_CORPORA)}")
    corpus = TAGGED_CORPORA[_plain(name)]
    folder = find_folder(corpus)
    if folder is not None:
        return folder
    if not corpus.sources:
        files = ", ".join(names[0] for names in corpus.files.values())
        raise DataError(
            f"{corpus.name} is not on this machine, and its licence does not let everybody fetch it. Put {files} from "
            f"{corpus.address} into a folder {corpus.name} and set SYNTAGMA_DATA to the folder that holds it."
        )
    folder = corpus_folder(corpus.name)
    create_cache_folder()
    with replacing_folder(folder) as temporary:
        for split, source in corpus.sources.items():
            download(source, temporary / corpus.files[split][0], by_hand=folder / corpus.files[split][0])
    note(f"{corpus.name} lies in {folder}")
    return folder


def find_folder(corpus: NamedTaggedCorpus) -> Path | None:
    """The folder of a corpus below `$SYNTAGMA_DATA` or in the cache, or `None`."""
    root = os.environ.get("SYNTAGMA_DATA")
    folders = [Path(root).expanduser() / name for name in (corpus.name, corpus.name.replace("-", "_"))] if root else []
    return next((folder for folder in (*folders, corpus_folder(corpus.name)) if folder.is_dir()), None)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _files_in(corpus: NamedTaggedCorpus, folder: Path) -> dict[str, Path]:
    """The file of each split.

    Raises:
        DataError: One is missing.
    """
    found = {}
    for split, names in corpus.files.items():
        path = next((folder / name for name in names if (folder / name).is_file()), None)
        if path is None:
            raise DataError(f"{corpus.name} needs a file {' or '.join(names)} here.", path=folder)
        found[split] = path
    return found
