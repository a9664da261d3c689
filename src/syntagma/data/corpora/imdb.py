"""The Large Movie Review Dataset v1.0: 100,000 film reviews, read from the archive or from an unpacked folder.

The original layout has one review per file: `train/{neg,pos,unsup}/ID_RATING.txt` and `test/{neg,pos}/ID_RATING.txt`.
Negative reviews have ratings of 1 to 4, positive reviews 7 to 10, and unlabelled reviews 0 (unknown). Rows are ordered
by class, then by id, so training has to shuffle them.
"""

import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from syntagma.data.corpora.cache import read_tables
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError
from syntagma.files import read_bytes
from syntagma.progress import track

LABELS = ("neg", "pos")
# The longest review has 14,000 characters; the archive unpacks to 350 MB, including its bag-of-words files.
_LIMIT_REVIEW_BYTES = 1 << 20
_LIMIT_ARCHIVE_BYTES = 1 << 30
_MEMBER = re.compile(r"(?:\./)?aclImdb/(train|test)/(neg|pos|unsup)/(\d+)_(\d+)\.txt")
_FILE = re.compile(r"(\d+)_(\d+)\.txt")


class _Review(NamedTuple):
    split: str
    label: str
    number: int
    rating: int
    text: str


def read_archive(path: Path) -> dict[str, TextTable]:
    """Read the reviews from `aclImdb_v1.tar.gz` in one pass, without unpacking the archive to disk.

    Only regular files with the path of a review are read. Links, devices and other paths are skipped.

    Raises:
        DataError: If the archive is damaged or unpacks to more than 1 GiB.
    """
    try:
        # Stream mode (`r|gz`) reads forwards once; `r:gz` would first build an index of 100,000 members.
        with tarfile.open(path, "r|gz") as archive:
            return _tables(track(_reviews_in(archive, path), "Reading reviews", unit="reviews"), str(path))
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DataError(
            f"cannot be read as a tar.gz archive ({error}). Remove it and download it again.", path=path
        ) from error


def read_folder(folder: Path) -> dict[str, TextTable]:
    """Read the reviews from a folder of Parquet files, or from the original layout.

    The Parquet files are named after their splits, such as `train.parquet`, and have the columns `id`, `text`, `label`
    (1 for positive, 0 for negative) and `rating`.

    Raises:
        DataError: If the folder has neither layout, or a review is not UTF-8.
    """
    if any(folder.glob("*.parquet")):
        return {split: _with_named_labels(table) for split, table in read_tables(folder).items()}
    root = folder / "aclImdb" if (folder / "aclImdb").is_dir() else folder
    if not (root / "train" / "pos").is_dir():
        raise DataError("must contain train.parquet and test.parquet, or train/pos, train/neg and so on.", path=folder)
    return _tables(track(_reviews_under(root), "Reading reviews", unit="reviews"), str(root))


def _with_named_labels(table: TextTable) -> TextTable:
    if table.labels is None:
        return table
    names = {0: "neg", 1: "pos", "neg": "neg", "pos": "pos"}
    try:
        labels = [names[label] for label in table.labels]
    except KeyError as error:
        raise DataError(f"a label must be 1 or `pos`, 0 or `neg`; got {error.args[0]!r}.", path=table.source) from error
    return TextTable(table.texts, labels=labels, columns=table.columns, source=table.source)


def _reviews_in(archive: tarfile.TarFile, path: Path) -> Iterator[_Review]:
    size_bytes = 0
    for member in archive:
        # Skipped members count too, because they are decompressed as well.
        size_bytes += member.size
        if size_bytes > _LIMIT_ARCHIVE_BYTES:
            raise DataError(f"unpacks to more than {_LIMIT_ARCHIVE_BYTES:,} bytes; it is another archive.", path=path)
        match = _MEMBER.fullmatch(member.name)
        file = archive.extractfile(member) if match and member.isreg() else None
        if match and file:
            content = file.read(_LIMIT_REVIEW_BYTES)
            yield _review(match[1], match[2], match[3], match[4], content, f"{path}: {member.name}")


def _reviews_under(root: Path) -> Iterator[_Review]:
    for split, label in [("train", "neg"), ("train", "pos"), ("train", "unsup"), ("test", "neg"), ("test", "pos")]:
        for path in (root / split / label).glob("*.txt"):
            if name := _FILE.fullmatch(path.name):
                yield _review(split, label, name[1], name[2], read_bytes(path, _LIMIT_REVIEW_BYTES), str(path))


def _review(split: str, label: str, number: str, rating: str, content: bytes, where: str) -> _Review:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"must be UTF-8; byte {error.start} is not.", path=where) from error
    return _Review("unsup" if label == "unsup" else split, label, int(number), int(rating), text)


def _tables(reviews: Iterable[_Review], source: str) -> dict[str, TextTable]:
    by_split: dict[str, list[_Review]] = {"train": [], "test": [], "unsup": []}
    for review in reviews:
        by_split[review.split].append(review)
    return {split: _table(rows, split, source) for split, rows in by_split.items() if rows}


def _table(reviews: list[_Review], split: str, source: str) -> TextTable:
    reviews = sorted(reviews, key=lambda review: (review.label, review.number))
    return TextTable(
        [review.text for review in reviews],
        labels=None if split == "unsup" else [review.label for review in reviews],
        columns={
            "id": [f"{review.number}_{review.rating}" for review in reviews],
            "rating": [review.rating for review in reviews],
        },
        source=source,
    )
