"""Named corpora of tagged words. If the licence of a corpus forbids downloading it, users must supply its files."""

from functools import partial

from syntagma.data.corpora.download import RemoteFile
from syntagma.data.corpora.named import FilesCorpus
from syntagma.data.sentences.reading import read_tagged_table

_WNUT17 = "https://raw.githubusercontent.com/leondz/emerging_entities_17/e52a2d2a71ac1a051ca2d532eef28653c5c02603"
_EWT = "https://raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/15d613d8447b3478787d4c278730a1e48a945efb"

_corpus = partial(FilesCorpus, task="tagging", read_file=read_tagged_table)

TAGGED_CORPORA: tuple[FilesCorpus, ...] = (
    _corpus(
        name="wnut17",
        description="named entities in posts and comments, six types, BIO; most names in test are new",
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
    _corpus(
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
    _corpus(
        name="conll2000",
        description="chunks in newspaper text, eleven types, BIO",
        files={"train": ("train.txt", "train.conll"), "test": ("test.txt", "test.conll")},
        address="https://www.clips.uantwerpen.be/conll2000/chunking/",
        licence="Wall Street Journal text of the Penn Treebank; ask its owners",
        citation="E. Tjong Kim Sang and S. Buchholz, Introduction to the CoNLL-2000 Shared Task: Chunking, CoNLL 2000",
    ),
    _corpus(
        name="conll2003",
        description="named entities in newspaper text, four types, IOB1 or BIO",
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
