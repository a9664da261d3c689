"""What a folder holds: files of splits, folders of splits, folders of classes, or many files that are alike."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from syntagma.data.formats.class_folders import UNLABELLED, visible
from syntagma.data.formats.lines import refuse_missing
from syntagma.data.formats.many_files import ManyFiles
from syntagma.data.formats.names import TEXT_FORMATS, format_of, is_table, stem
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.splits import SPLIT_NAMES
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.wording import listed

# Names of files; those of folders are fewer, because a class may be called "training".
_SPLITS = {**SPLIT_NAMES, UNLABELLED: UNLABELLED}
_SPLIT_FOLDERS = ("train", "dev", "devel", "val", "valid", "validation", "test", UNLABELLED)

# Archives name files after the corpus too: `GunPoint_TRAIN.ts`.
_ARCHIVE_NAME = re.compile(r"(.+)[_-](train|dev|devel|val|valid|validation|test)", re.IGNORECASE)
# Parts of a split, such as `train-00000-of-00002.parquet`.
_PART_NAME = re.compile(r"(train|dev|devel|val|valid|validation|test)[-_.]?\d+(?:[-_.]of[-_.]\d+)?", re.IGNORECASE)

_SHOWN_NAMES = 8
_REMEDY = (
    "A corpus folder holds files named train, dev and test (such as train.csv), or one folder per class with text "
    "files, or folders train and test with class folders in each; or several tables of one format."
)


@dataclass(frozen=True)
class ClassFolders:
    """Class folders that make one split, by their names, and the folder that holds them."""

    folder: Path
    classes: list[str]


class Many(NamedTuple):
    """What many files of one split may be.

    Attributes:
        formats: Their formats; text files count only if there are no others.
        deep: Whether they may lie in folders below.
    """

    formats: Sequence[str] = ()
    deep: bool = False


Source = Path | ClassFolders | ManyFiles  # one table file, or the class folders or the files of one split

_NONE = Many()


def read_splits(
    path: str | Path | SplitFiles,
    read: Callable[[Source, str], Table],
    formats: Sequence[str] = TEXT_FORMATS,
    many: Many = _NONE,
) -> Corpus:
    """Read a folder of splits, the files of each split, or one file, which becomes the split `train`.

    Args:
        path: A file or a folder, or the files of each split.
        read: Reads one file, or the class folders or files of one split, given the name of the split.
        formats: Formats of the files in a folder that are read, the preferred one first.
        many: What a folder of many files may hold; see `find_splits`.

    Raises:
        DataError: The path is missing or holds no corpus.
    """
    if isinstance(path, SplitFiles):
        sources = {
            split: _of_files([Path(one).expanduser() for one in named], many)
            for split, named in path.by_split().items()
        }
        return Corpus(corpus_name(path.first), {split: read(source, split) for split, source in sources.items()})
    path = Path(path)
    refuse_missing(path)
    if not path.is_dir():
        return Corpus(stem(path), {"train": read(path, "train")})
    splits = {split: read(source, split) for split, source in find_splits(path, formats, many).items()}
    return Corpus(path.resolve().name, splits)


def corpus_name(path: Path) -> str:
    """Return the name of a corpus by its first file: that of the file, or of its folder if it is called as a split."""
    path = path.resolve()
    return path.parent.name if stem(path).lower() in _SPLITS else stem(path)


def _of_files(paths: list[Path], many: Many) -> Source:
    """Return the source of a split whose files or folders are named."""
    for path in paths:
        refuse_missing(path)
        _refuse_splits(path)
    if len(paths) > 1:
        files = [file for path in paths for file in (_many_files(path, many) if path.is_dir() else [path])]
        return ManyFiles(tuple(files))
    if not paths[0].is_dir():
        return paths[0]
    (_, source), *others = _one_split(paths[0], "train", many)
    if others:
        _note_unread(paths[0], [paths[0] / UNLABELLED])
    return source


def _refuse_splits(path: Path) -> None:
    """Refuse a folder of splits as the rows of one of them."""
    entries = visible(path) if path.is_dir() else []
    found = [one for one in entries if (one.name if one.is_dir() else stem(one)).lower() in _SPLIT_FOLDERS[:-1]]
    if len(found) > 1:
        raise DataError(f"holds splits ({_found(found)}), so it is no split; give it as a whole (--data).", path=path)


def find_splits(folder: Path, formats: Sequence[str] = TEXT_FORMATS, many: Many = _NONE) -> dict[str, Source]:
    """Return the source of each split, in the order train, dev, test, unsup.

    Files are named after the split (`train.csv`), or after the corpus and the split (`GunPoint_TRAIN.ts`). If the
    latter come in several formats, the preferred one is read, which is first in `formats`. Files without such names are
    those of one split, if `many` allows it.

    Raises:
        DataError: Nothing can be read here, two sources claim one split, or layouts are mixed.
    """
    entries = visible(folder)
    folders = [entry for entry in entries if entry.is_dir()]
    files = [entry for entry in entries if not entry.is_dir()]
    readable = [file for file in files if format_of(file) in formats]
    named = [(stem(file), file) for file in readable if stem(file).lower() in _SPLITS]
    split_folders = [entry for entry in folders if entry.name.lower() in _SPLIT_FOLDERS]
    if not named and not _labelled(folders):
        if parts := _parts(folder, readable, many):
            _note_unread(folder, [entry for entry in entries if all(entry not in part.files for _, part in parts)])
            return _by_split(folder, parts)
        named = _archive_files(folder, readable, formats)
    if named and _labelled(split_folders):
        found = [*(file for _, file in named), *split_folders]
        raise _mixture(folder, found, "files of splits stand beside folders of splits")
    if named:
        _note_unread(folder, [entry for entry in entries if entry not in [file for _, file in named]])
        return _by_split(folder, named)
    if _labelled(split_folders):
        return _split_folders(folder, folders, split_folders, files, many)
    found = _many_files(folder, many)
    if len(found) > 1:
        _note_unread(folder, _others(entries, found))
        return {"train": ManyFiles(tuple(found), folder)}
    return _class_folders(folder, folders, files)


def _parts(folder: Path, files: list[Path], many: Many) -> list[tuple[str, ManyFiles]]:
    """Return the files that are numbered parts of a split, by split."""
    found: dict[str, list[Path]] = {}
    for file in files:
        if (match := _PART_NAME.fullmatch(stem(file))) and format_of(file) in many.formats:
            found.setdefault(match[1], []).append(file)
    if not any(_SPLITS[split.lower()] == "train" for split in found):
        return []
    _one_format(folder, [file for part in found.values() for file in part])
    return [(split, ManyFiles(tuple(part))) for split, part in found.items()]


def _many_files(folder: Path, many: Many) -> list[Path]:
    """Return the files of a folder that may be those of one split, in order; none if it has other folders."""
    entries = visible(folder)
    if not many.deep and any(entry.is_dir() for entry in entries):
        return []
    below = [file for entry in entries for file in (_many_files(entry, many) if entry.is_dir() else [entry])]
    found = [file for file in below if format_of(file) in many.formats]
    tables = [file for file in found if is_table(file)]
    return _one_format(folder, tables or found)


class MixedFormatsError(DataError):
    """A folder of files of several formats.

    Args:
        files: A file of each format.
        message: The rule and the remedy.
        path: The folder.
    """

    def __init__(self, files: list[Path], message: str, path: Path):
        self.files = files
        super().__init__(message, path=path)


def _one_format(folder: Path, files: list[Path]) -> list[Path]:
    counts = Counter(str(format_of(file)) for file in files)
    if len(counts) > 1:
        first = {kind: next(file for file in files if format_of(file) == kind) for kind in map(format_of, files)}
        kinds = " and ".join(f"{count:,} of {kind}" for kind, count in counts.most_common())
        shown = listed((str(file.relative_to(folder)) for file in first.values()), _SHOWN_NAMES)
        message = f"holds files of several formats: {kinds} ({shown}). Move all but one kind away, or name one file."
        raise MixedFormatsError(list(first.values()), message, folder)
    return files


def _others(entries: list[Path], files: list[Path]) -> list[Path]:
    """Return the entries that neither are any of the files nor hold one."""
    held = {parent for file in files for parent in (file, *file.parents)}
    return [entry for entry in entries if entry not in held]


def _archive_files(folder: Path, files: list[Path], formats: Sequence[str]) -> list[tuple[str, Path]]:
    """Return the files named after a corpus and a split, with their splits: of one corpus, and in one format."""
    found = [(match[1], match[2], file) for file in files if (match := _ARCHIVE_NAME.fullmatch(stem(file)))]
    names = {name for name, _, _ in found}
    if len(names) > 1:
        names = {name for name in names if _letters(name) == _letters(folder.resolve().name)}
        if len(names) != 1:
            raise _mixture(folder, [file for _, _, file in found], "files of several corpora")
    found = [one for one in found if one[0] in names]
    if len(found) < len(files) and all(_SPLITS[split.lower()] != "train" for _, split, _ in found):
        return []  # among many files, one that happens to be called so
    of_train = {format_of(file) for _, split, file in found if split.lower() == "train"}
    best = next((one for one in formats if one in of_train), None)
    return [(split, file) for _, split, file in found if format_of(file) == best]


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _split_folders(
    folder: Path, folders: list[Path], split_folders: list[Path], files: list[Path], many: Many
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
            found.extend(_one_split(entry, entry.name, many))
    return _by_split(folder, found)


def _class_folders(folder: Path, folders: list[Path], files: list[Path]) -> dict[str, Source]:
    tables = [file for file in files if is_table(file)]
    if not _labelled(folders):
        remedy = f"To read one file, name it: {tables[0]}. " if tables else ""
        raise DataError(f"holds no corpus; found {_found([*folders, *files])}. {remedy}{_REMEDY}", path=folder)
    if tables:
        raise _mixture(folder, [*folders, *tables], "folders stand beside tables")
    return _by_split(folder, _one_split(folder, "train", _NONE))


def _one_split(folder: Path, split: str, many: Many) -> list[tuple[str, Source]]:
    entries = visible(folder)
    if files := _many_files(folder, many):
        _note_unread(folder, _others(entries, files))
        return [(split, ManyFiles(tuple(files), folder))]
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
    if isinstance(source, ManyFiles):
        return source.name
    return source.name if isinstance(source, Path) else "/".join([source.folder.name, *source.classes[:1]])


def _mixture(folder: Path, entries: list[Path], what: str) -> DataError:
    return DataError(f"is a mixture: {what} (found {_found(entries)}). Move one kind away. {_REMEDY}", path=folder)


def _note_unread(folder: Path, entries: list[Path]) -> None:
    if entries:
        note(f"{folder}: not read: {_found(entries)}")


def _found(entries: list[Path]) -> str:
    return listed((entry.name + "/" * entry.is_dir() for entry in entries), _SHOWN_NAMES) or "nothing"
