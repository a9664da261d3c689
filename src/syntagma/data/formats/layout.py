"""Detection of the layout of a corpus folder: split files, split folders, class folders, or many files of one split."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from syntagma.data.formats.class_folders import UNLABELLED, list_visible
from syntagma.data.formats.lines import check_exists
from syntagma.data.formats.many_files import ManyFiles
from syntagma.data.formats.names import TEXT_FORMATS, format_of, is_table, stem
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.splits import SPLIT_NAMES
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.wording import join_names

# Names that mark files as splits. Fewer names mark folders as splits, because a class may be called "training".
_SPLITS = {**SPLIT_NAMES, UNLABELLED: UNLABELLED}
_SPLIT_FOLDERS = ("train", "dev", "devel", "val", "valid", "validation", "test", UNLABELLED)

# Names in archives also contain the name of the corpus: `GunPoint_TRAIN.ts`.
_ARCHIVE_NAME = re.compile(r"(.+)[_-](train|dev|devel|val|valid|validation|test)", re.IGNORECASE)
# Numbered parts of a split, such as `train-00000-of-00002.parquet`.
_PART_NAME = re.compile(r"(train|dev|devel|val|valid|validation|test)[-_.]?\d+(?:[-_.]of[-_.]\d+)?", re.IGNORECASE)

_SHOWN_NAMES = 8
_REMEDY = (
    "A corpus folder contains files named train, dev and test (such as train.csv), one folder per class with text "
    "files, folders train and test with class folders in each, or several tables of one format."
)


@dataclass(frozen=True)
class ClassFolders:
    """Class folders, with one text per file, that together form one split.

    Args:
        folder: Folder that contains the class folders.
        classes: Names of the class folders.
    """

    folder: Path
    classes: list[str]


class AllowedFiles(NamedTuple):
    """Rule that determines which files of a folder may be combined into one split.

    Attributes:
        formats: Allowed formats. Plain-text files are used only if there are no files in another allowed format.
        recursive: Whether files in subfolders are included.
    """

    formats: Sequence[str] = ()
    recursive: bool = False


Source = Path | ClassFolders | ManyFiles  # one table file, or the class folders or the files of one split

_NONE = AllowedFiles()


def read_splits(
    path: str | Path | SplitFiles,
    read: Callable[[Source, str], Table],
    formats: Sequence[str] = TEXT_FORMATS,
    many: AllowedFiles = _NONE,
) -> Corpus:
    """Read a corpus from a folder, from the files of each split, or from one file, which becomes the split `train`.

    Args:
        path: Path of a file or folder, or the files of each split.
        read: Function that reads one source (a file, class folders, or several files), given the source and the name
            of its split.
        formats: Formats of the files to read from a folder, in order of preference.
        many: Rule for which files of a folder may be combined into one split; see `find_splits`.

    Raises:
        DataError: If the path does not exist or does not contain a corpus.
    """
    if isinstance(path, SplitFiles):
        sources = {
            split: _split_source([Path(one).expanduser() for one in paths], many)
            for split, paths in path.paths_by_split().items()
        }
        return Corpus(corpus_name(path.first), {split: read(source, split) for split, source in sources.items()})
    path = Path(path)
    check_exists(path)
    if not path.is_dir():
        return Corpus(stem(path), {"train": read(path, "train")})
    splits = {split: read(source, split) for split, source in find_splits(path, formats, many).items()}
    return Corpus(path.resolve().name, splits)


def corpus_name(path: Path) -> str:
    """Return the name of a corpus, given the path of its first file.

    The name is the file name without its extension, or the folder name if the file is named after a split.
    """
    path = path.resolve()
    return path.parent.name if stem(path).lower() in _SPLITS else stem(path)


def _split_source(paths: list[Path], many: AllowedFiles) -> Source:
    """Return the source of a split, given the files or folders that the user listed for it."""
    for path in paths:
        check_exists(path)
        _check_single_split(path)
    if len(paths) > 1:
        files = [file for path in paths for file in (_many_files(path, many) if path.is_dir() else [path])]
        return ManyFiles(tuple(files))
    if not paths[0].is_dir():
        return paths[0]
    (_, source), *others = _one_split(paths[0], "train", many)
    if others:
        _note_unread(paths[0], [paths[0] / UNLABELLED])
    return source


def _check_single_split(path: Path) -> None:
    """Raise an error if the path given for one split is a folder that contains several splits."""
    entries = list_visible(path) if path.is_dir() else []
    splits = [one for one in entries if (one.name if one.is_dir() else stem(one)).lower() in _SPLIT_FOLDERS[:-1]]
    if len(splits) > 1:
        raise DataError(
            f"contains several splits ({_names(splits)}), so it cannot be a single split; use --data to read all of "
            "them.",
            path=path,
        )


def find_splits(folder: Path, formats: Sequence[str] = TEXT_FORMATS, many: AllowedFiles = _NONE) -> dict[str, Source]:
    """Find the source of each split in a folder, in the order train, dev, test, unsup.

    Files are named after the split (`train.csv`), or after the corpus and the split (`GunPoint_TRAIN.ts`). If files
    of the second kind exist in several formats, only the preferred format is read. Files with other names are combined
    into the `train` split if `many` allows it.

    Args:
        folder: Folder of the corpus.
        formats: Formats of the files to read, in order of preference.
        many: Rule for which files may be combined into one split.

    Raises:
        DataError: If the folder contains no corpus, a split has two sources, or layouts are mixed.
    """
    entries = list_visible(folder)
    folders = [entry for entry in entries if entry.is_dir()]
    files = [entry for entry in entries if not entry.is_dir()]
    readable = [file for file in files if format_of(file) in formats]
    named = [(stem(file), file) for file in readable if stem(file).lower() in _SPLITS]
    split_folders = [entry for entry in folders if entry.name.lower() in _SPLIT_FOLDERS]
    if not named and not _select_labelled(folders):
        if parts := _parts(folder, readable, many):
            _note_unread(folder, [entry for entry in entries if all(entry not in part.files for _, part in parts)])
            return _group_by_split(folder, parts)
        named = _archive_files(folder, readable, formats)
    if named and _select_labelled(split_folders):
        sources = [*(file for _, file in named), *split_folders]
        raise _mixture(folder, sources, "both split files and split folders")
    if named:
        _note_unread(folder, [entry for entry in entries if entry not in [file for _, file in named]])
        return _group_by_split(folder, named)
    if _select_labelled(split_folders):
        return _split_folders(folder, folders, split_folders, files, many)
    together = _many_files(folder, many)
    if len(together) > 1:
        _note_unread(folder, _others(entries, together))
        return {"train": ManyFiles(tuple(together), folder)}
    return _class_folders(folder, folders, files)


def _parts(folder: Path, files: list[Path], many: AllowedFiles) -> list[tuple[str, ManyFiles]]:
    """Return each split with its numbered parts, such as `train-00000-of-00002.parquet`.

    The list is empty if the `train` split has no numbered parts.
    """
    parts: dict[str, list[Path]] = {}
    for file in files:
        if (match := _PART_NAME.fullmatch(stem(file))) and format_of(file) in many.formats:
            parts.setdefault(match[1], []).append(file)
    if not any(_SPLITS[split.lower()] == "train" for split in parts):
        return []
    _one_format(folder, [file for part in parts.values() for file in part])
    return [(split, ManyFiles(tuple(part))) for split, part in parts.items()]


def _many_files(folder: Path, many: AllowedFiles) -> list[Path]:
    """Return the files of a folder that may be combined into one split, in natural order.

    If `many` is recursive, subfolders are searched. Otherwise, the list is empty for a folder with subfolders.
    """
    entries = list_visible(folder)
    if not many.recursive and any(entry.is_dir() for entry in entries):
        return []
    below = [file for entry in entries for file in (_many_files(entry, many) if entry.is_dir() else [entry])]
    allowed = [file for file in below if format_of(file) in many.formats]
    tables = [file for file in allowed if is_table(file)]
    return _one_format(folder, tables or allowed)


class MixedFormatsError(DataError):
    """Error for a folder that contains files of several formats, but must contain a single format.

    Args:
        files: One file of each format.
        message: Message that states the rule and the remedy.
        path: Path of the folder.
    """

    def __init__(self, files: list[Path], message: str, path: Path):
        self.files = files
        super().__init__(message, path=path)


def _one_format(folder: Path, files: list[Path]) -> list[Path]:
    counts = Counter(str(format_of(file)) for file in files)
    if len(counts) > 1:
        first = {kind: next(file for file in files if format_of(file) == kind) for kind in map(format_of, files)}
        kinds = " and ".join(f"{count:,} of {kind}" for kind, count in counts.most_common())
        shown = join_names((str(file.relative_to(folder)) for file in first.values()), _SHOWN_NAMES)
        message = f"contains files of several formats: {kinds} ({shown}). Keep only one format, or name a single file."
        raise MixedFormatsError(list(first.values()), message, folder)
    return files


def _others(entries: list[Path], files: list[Path]) -> list[Path]:
    """Return the entries of a folder that are not in `files` and do not contain any of these files."""
    held = {parent for file in files for parent in (file, *file.parents)}
    return [entry for entry in entries if entry not in held]


def _archive_files(folder: Path, files: list[Path], formats: Sequence[str]) -> list[tuple[str, Path]]:
    """Return the split and the path of each file that is named after a corpus and a split.

    All returned files belong to the same corpus and have the same format: the most preferred format of any train file.
    """
    matches = [(match[1], match[2], file) for file in files if (match := _ARCHIVE_NAME.fullmatch(stem(file)))]
    names = {name for name, _, _ in matches}
    if len(names) > 1:
        names = {name for name in names if _letters(name) == _letters(folder.resolve().name)}
        if len(names) != 1:
            raise _mixture(folder, [file for _, _, file in matches], "files of several corpora")
    matches = [one for one in matches if one[0] in names]
    if len(matches) < len(files) and all(_SPLITS[split.lower()] != "train" for _, split, _ in matches):
        return []  # the name of one file among many matches only by chance
    train_formats = {format_of(file) for _, split, file in matches if split.lower() == "train"}
    best = next((one for one in formats if one in train_formats), None)
    return [(split, file) for _, split, file in matches if format_of(file) == best]


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _split_folders(
    folder: Path, folders: list[Path], split_folders: list[Path], files: list[Path], many: AllowedFiles
) -> dict[str, Source]:
    others = [entry for entry in folders if entry not in split_folders]
    if others:
        raise _mixture(folder, folders, "both split folders and other folders")
    _note_unread(folder, files)
    sources: list[tuple[str, Source]] = []
    for entry in split_folders:
        if entry.name.lower() == UNLABELLED:
            sources.append((UNLABELLED, ClassFolders(folder, [entry.name])))
        else:
            sources.extend(_one_split(entry, entry.name, many))
    return _group_by_split(folder, sources)


def _class_folders(folder: Path, folders: list[Path], files: list[Path]) -> dict[str, Source]:
    tables = [file for file in files if is_table(file)]
    if not _select_labelled(folders):
        remedy = f"To read one file, name it: {tables[0]}. " if tables else ""
        raise DataError(f"contains no corpus; found {_names([*folders, *files])}. {remedy}{_REMEDY}", path=folder)
    if tables:
        raise _mixture(folder, [*folders, *tables], "both folders and tables")
    return _group_by_split(folder, _one_split(folder, "train", _NONE))


def _one_split(folder: Path, split: str, many: AllowedFiles) -> list[tuple[str, Source]]:
    entries = list_visible(folder)
    if files := _many_files(folder, many):
        _note_unread(folder, _others(entries, files))
        return [(split, ManyFiles(tuple(files), folder))]
    folders = [entry.name for entry in entries if entry.is_dir()]
    classes = [name for name in folders if name != UNLABELLED]
    if not classes:
        raise DataError(f"must contain one folder per class; found {_names(entries)}.", path=folder)
    _note_unread(folder, [entry for entry in entries if not entry.is_dir()])
    sources: list[tuple[str, Source]] = [(split, ClassFolders(folder, classes))]
    if UNLABELLED in folders:
        sources.append((UNLABELLED, ClassFolders(folder, [UNLABELLED])))
    return sources


def _group_by_split(folder: Path, sources: Iterable[tuple[str, Source]]) -> dict[str, Source]:
    splits: dict[str, Source] = {}
    for name, source in sources:
        split = _SPLITS[name.lower()]
        if split in splits:
            both = f"{_source_name(splits[split])} and {_source_name(source)}"
            raise DataError(f"has two sources for the split {split!r}: {both}. Keep only one.", path=folder)
        splits[split] = source
    if not set(splits) - {UNLABELLED}:
        raise DataError(f"contains only unlabelled texts ({UNLABELLED}). {_REMEDY}", path=folder)
    return {split: splits[split] for split in ("train", "dev", "test", UNLABELLED) if split in splits}


def _select_labelled(folders: list[Path]) -> list[Path]:
    return [folder for folder in folders if folder.name.lower() != UNLABELLED]


def _source_name(source: Source) -> str:
    if isinstance(source, ManyFiles):
        return source.name
    return source.name if isinstance(source, Path) else "/".join([source.folder.name, *source.classes[:1]])


def _mixture(folder: Path, entries: list[Path], what: str) -> DataError:
    return DataError(f"mixes layouts: {what} (found {_names(entries)}). Keep only one kind. {_REMEDY}", path=folder)


def _note_unread(folder: Path, entries: list[Path]) -> None:
    if entries:
        note(f"{folder}: not read: {_names(entries)}")


def _names(entries: list[Path]) -> str:
    return join_names((entry.name + "/" * entry.is_dir() for entry in entries), _SHOWN_NAMES) or "nothing"
