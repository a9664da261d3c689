"""What a folder holds: files of splits, folders of splits, or folders of classes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from syntagma.data.formats.class_folders import UNLABELLED, visible
from syntagma.data.formats.names import format_of, is_table, stem
from syntagma.errors import DataError
from syntagma.progress import note

_SPLITS = {"train": "train", "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev", "test": "test"}
_SPLITS[UNLABELLED] = UNLABELLED

_SHOWN_NAMES = 8
_REMEDY = (
    "A corpus folder holds files named train, dev and test (such as train.csv), or one folder per class with text "
    "files, or folders train and test with class folders in each."
)


@dataclass(frozen=True)
class ClassFolders:
    """Class folders that make one split.

    Args:
        folder: Where they lie.
        classes: Their names.
    """

    folder: Path
    classes: list[str]


Source = Path | ClassFolders  # one table file, or the class folders of one split


def find_splits(folder: Path) -> dict[str, Source]:
    """Where the rows of each split stand, in the order train, dev, test, unsup.

    Raises:
        DataError: Nothing can be read here, two sources claim one split, or layouts are mixed.
    """
    entries = visible(folder)
    folders = [entry for entry in entries if entry.is_dir()]
    files = [entry for entry in entries if not entry.is_dir()]
    split_files = [file for file in files if format_of(file) and stem(file).lower() in _SPLITS]
    split_folders = [entry for entry in folders if entry.name.lower() in _SPLITS]
    if split_files and _labelled(split_folders):
        raise _mixture(folder, [*split_files, *split_folders], "files of splits stand beside folders of splits")
    if split_files:
        _note_unread(folder, [file for file in entries if file not in split_files])
        return _by_split(folder, [(stem(file), file) for file in split_files])
    if _labelled(split_folders):
        return _split_folders(folder, folders, split_folders, files)
    return _class_folders(folder, folders, files)


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
    names = [entry.name + "/" * entry.is_dir() for entry in entries]
    more = f" and {len(names) - _SHOWN_NAMES:,} more" if len(names) > _SHOWN_NAMES else ""
    return (", ".join(names[:_SHOWN_NAMES]) or "nothing") + more
