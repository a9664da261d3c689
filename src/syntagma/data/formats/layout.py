"""What a folder holds: files of splits, folders of splits, or folders of classes."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from syntagma.data.formats.class_folders import UNLABELLED, visible
from syntagma.data.formats.lines import refuse_missing
from syntagma.data.formats.names import TEXT_FORMATS, format_of, is_table, stem
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.wording import listed

_SPLITS = {"train": "train", "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev", "test": "test"}
_SPLITS[UNLABELLED] = UNLABELLED

# Archives name files after the corpus too: `GunPoint_TRAIN.ts`.
_ARCHIVE_NAME = re.compile(r"(.+)[_-](train|dev|val|valid|validation|test)", re.IGNORECASE)

_SHOWN_NAMES = 8
_REMEDY = (
    "A corpus folder holds files named train, dev and test (such as train.csv), or one folder per class with text "
    "files, or folders train and test with class folders in each."
)


@dataclass(frozen=True)
class ClassFolders:
    """Class folders that make one split, by their names, and the folder that holds them."""

    folder: Path
    classes: list[str]


Source = Path | ClassFolders  # one table file, or the class folders of one split


def read_splits(
    path: str | Path, read: Callable[[Source, str], Table], formats: Sequence[str] = TEXT_FORMATS
) -> Corpus:
    """Read a folder of splits, or one file, which becomes the split `train`; see `find_splits`.

    Args:
        path: A file or a folder.
        read: Reads one file, or the class folders of one split, given the name of the split.
        formats: Formats of the files in a folder that are read, the preferred one first.

    Raises:
        DataError: The path is missing or holds no corpus.
    """
    path = Path(path)
    refuse_missing(path)
    if not path.is_dir():
        return Corpus(stem(path), {"train": read(path, "train")})
    splits = {split: read(source, split) for split, source in find_splits(path, formats).items()}
    return Corpus(path.resolve().name, splits)


def find_splits(folder: Path, formats: Sequence[str] = TEXT_FORMATS) -> dict[str, Source]:
    """Return the source of each split, in the order train, dev, test, unsup.

    Files are named after the split (`train.csv`), or after the corpus and the split (`GunPoint_TRAIN.ts`). If the
    latter come in several formats, the preferred one is read, which is first in `formats`.

    Raises:
        DataError: Nothing can be read here, two sources claim one split, or layouts are mixed.
    """
    entries = visible(folder)
    folders = [entry for entry in entries if entry.is_dir()]
    files = [entry for entry in entries if not entry.is_dir()]
    readable = [file for file in files if format_of(file) in formats]
    named = [(stem(file), file) for file in readable if stem(file).lower() in _SPLITS]
    split_folders = [entry for entry in folders if entry.name.lower() in _SPLITS]
    if not named and not _labelled(folders):
        named = _archive_files(folder, readable, formats)
    if named and _labelled(split_folders):
        found = [*(file for _, file in named), *split_folders]
        raise _mixture(folder, found, "files of splits stand beside folders of splits")
    if named:
        _note_unread(folder, [entry for entry in entries if entry not in [file for _, file in named]])
        return _by_split(folder, named)
    if _labelled(split_folders):
        return _split_folders(folder, folders, split_folders, files)
    return _class_folders(folder, folders, files)


def _archive_files(folder: Path, files: list[Path], formats: Sequence[str]) -> list[tuple[str, Path]]:
    """Return the files named after a corpus and a split, with their splits: of one corpus, and in one format."""
    found = [(match[1], match[2], file) for file in files if (match := _ARCHIVE_NAME.fullmatch(stem(file)))]
    names = {name for name, _, _ in found}
    if len(names) > 1:
        names = {name for name in names if _letters(name) == _letters(folder.resolve().name)}
        if len(names) != 1:
            raise _mixture(folder, [file for _, _, file in found], "files of several corpora")
    found = [one for one in found if one[0] in names]
    of_train = {format_of(file) for _, split, file in found if split.lower() == "train"}
    best = next((one for one in formats if one in of_train), None)
    return [(split, file) for _, split, file in found if format_of(file) == best]


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _split_folders(
    folder: Path, folders: list[Path], split_folders: list[Path], files: list[Path]
) -> dict[str, Source]:
    others = [entry for entry in folders if entry not in split_folders]
    if others:
        raise _mixture(folder, folders, "folders of splits stand beside other folders")
    _note_unread(folder, files)
    found: list[tuple[str, Source]] = []
    for entry in split_folders:
        if entry.name.lower() == UNLABELLED:
            found.append((UNLABELLED, ClassFolders(folder, [entry.name])))
        else:
            found.extend(_one_split(entry, entry.name))
    return _by_split(folder, found)


def _class_folders(folder: Path, folders: list[Path], files: list[Path]) -> dict[str, Source]:
    tables = [file for file in files if is_table(file)]
    if not _labelled(folders):
        remedy = f"To read one file, name it: {tables[0]}. " if tables else ""
        raise DataError(f"holds no corpus; found {_found([*folders, *files])}. {remedy}{_REMEDY}", path=folder)
    if tables:
        raise _mixture(folder, [*folders, *tables], "folders stand beside tables")
    return _by_split(folder, _one_split(folder, "train"))


def _one_split(folder: Path, split: str) -> list[tuple[str, Source]]:
    entries = visible(folder)
    folders = [entry.name for entry in entries if entry.is_dir()]
    classes = [name for name in folders if name != UNLABELLED]
    if not classes:
        raise DataError(f"must hold one folder per class; found {_found(entries)}.", path=folder)
    _note_unread(folder, [entry for entry in entries if not entry.is_dir()])
    found: list[tuple[str, Source]] = [(split, ClassFolders(folder, classes))]
    if UNLABELLED in folders:
        found.append((UNLABELLED, ClassFolders(folder, [UNLABELLED])))
    return found


def _by_split(folder: Path, found: Iterable[tuple[str, Source]]) -> dict[str, Source]:
    splits: dict[str, Source] = {}
    for name, source in found:
        split = _SPLITS[name.lower()]
        if split in splits:
            both = f"{_source_name(splits[split])} and {_source_name(source)}"
            raise DataError(f"two sources for the split {split!r}: {both}. Move one away.", path=folder)
        splits[split] = source
    if not set(splits) - {UNLABELLED}:
        raise DataError(f"holds only unlabelled text ({UNLABELLED}). {_REMEDY}", path=folder)
    return {split: splits[split] for split in ("train", "dev", "test", UNLABELLED) if split in splits}


def _labelled(folders: list[Path]) -> list[Path]:
    return [folder for folder in folders if folder.name.lower() != UNLABELLED]


def _source_name(source: Source) -> str:
    return source.name if isinstance(source, Path) else "/".join([source.folder.name, *source.classes[:1]])


def _mixture(folder: Path, entries: list[Path], what: str) -> DataError:
    return DataError(f"is a mixture: {what} (found {_found(entries)}). Move one kind away. {_REMEDY}", path=folder)


def _note_unread(folder: Path, entries: list[Path]) -> None:
    if entries:
        note(f"{folder}: not read: {_found(entries)}")


def _found(entries: list[Path]) -> str:
    return listed((entry.name + "/" * entry.is_dir() for entry in entries), _SHOWN_NAMES) or "nothing"
