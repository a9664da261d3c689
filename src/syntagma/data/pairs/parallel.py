"""Parallel files: two files whose lines with the same number form a pair, such as `train.en` and `train.de`."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from syntagma.data.formats.class_folders import list_visible
from syntagma.data.formats.lines import read_lines, strip_line_end
from syntagma.data.formats.names import FORMATS, format_of, stem
from syntagma.data.formats.rows import RawRows
from syntagma.data.pairs.roles import PairColumns
from syntagma.data.tables.splits import SPLIT_NAMES
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.wording import join_names

# File of each side, keyed by the name of the side, such as a language.
Sides = dict[str, Path]

_TABLES = frozenset(format for format in FORMATS.values() if format != "txt")
_SPLIT = "|".join(sorted(SPLIT_NAMES, key=len, reverse=True))
# `train`, `test_2016_flickr`, `dev2010`, or `news.train`.
_SPLIT_STEM = re.compile(rf"(?P<first>{_SPLIT})(?:[._-].+|\d+)?|.+[._-](?P<last>{_SPLIT})", re.IGNORECASE)
_SIDE = re.compile(r"[A-Za-z][\w@-]*")
_SHOWN = 8


def find_parallel_files(folder: Path, *, only_splits: bool = False) -> dict[str, Sides]:
    """Find the parallel files of each split in a folder, in the order train, dev, test.

    Files are named after their split and their side: `train.en` and `train.de`, or `test_2016_flickr.en.gz`. If the
    only parallel files of the folder are not named after a split, they are the split `train`.

    Args:
        folder: Folder of the corpus.
        only_splits: Whether parallel files that are not named after a split are ignored.

    Returns:
        Files of each split. The dictionary is empty if the folder has no parallel files.

    Raises:
        DataError: If a split has several sets of parallel files, or if a side exists twice, such as compressed and not.
    """
    by_stem = _group_by_stem(list_visible(folder))
    by_split: dict[str, list[str]] = defaultdict(list)
    for name in by_stem:
        if match := _SPLIT_STEM.fullmatch(name):
            by_split[SPLIT_NAMES[(match["first"] or match["last"]).lower()]].append(name)
    if not by_split and len(by_stem) == 1 and not only_splits:
        return {"train": next(iter(by_stem.values()))}
    order = [split for split in dict.fromkeys(SPLIT_NAMES.values()) if split in by_split]
    return {split: by_stem[_single(by_split[split], split, folder)] for split in order}


def has_other_side(file: Path) -> bool:
    """Return whether the folder of a file contains another side of it, such as `train.de` next to `train.en`."""
    name, side = _split_name(file)
    if format_of(file) is not None:
        return False
    return side in _group_by_stem(list_visible(file.parent)).get(name, {})


def match_sides(files: Sequence[Path]) -> Sides | None:
    """Return the sides of files that the user listed for one split, or `None` if they are not parallel files.

    The name of a side is the ending of the file name if the files differ only in it, as `train.en` and `train.de` do,
    and otherwise the file name without its ending. A single file, tables, and files whose sides have equal names are
    not parallel files.
    """
    if len(files) < 2 or any(format_of(file) in _TABLES for file in files):
        return None
    parts = [_split_name(file) for file in files]
    same = len({stem for stem, _ in parts}) == 1 and len({side for _, side in parts}) == len(files)
    names = [side if same else stem(file) for (_, side), file in zip(parts, files, strict=True)]
    return dict(zip(names, files, strict=True)) if len(set(names)) == len(names) else None


def read_sides(sides: Mapping[str, Path], columns: PairColumns) -> RawRows:
    r"""Read two parallel files as a table with one column per side. Lines end at `\n` only, and are not stripped.

    Args:
        sides: File of each side. Sides other than `columns` are not read, which a note reports.
        columns: Names of the sides that are the source and the target.

    Raises:
        DataError: If a file is missing, is not UTF-8, or has no lines, or if the files differ in their number of lines.
    """
    chosen = list(columns.names().values())
    if unread := [str(file.name) for name, file in sides.items() if name not in chosen]:
        note(f"{next(iter(sides.values())).parent}: not read: {join_names(unread, _SHOWN)}")
    cells = {name: _read_side(sides[name]) for name in chosen}
    first, *others = chosen
    for name in others:
        if len(cells[name]) != len(cells[first]):
            raise DataError(
                f"must have as many lines as {sides[name].name}, because line n of one file belongs to line n of the "
                f"other; got {len(cells[first]):,} lines here and {len(cells[name]):,} in {sides[name].name}. Find the "
                "line that is missing or extra.",
                path=sides[first],
            )
    return RawRows(cells, list(range(1, len(cells[first]) + 1)))


def _read_side(path: Path) -> list[str]:
    with read_lines(path) as lines:
        texts = [strip_line_end(line) for line in lines]
    if not texts:
        raise DataError("is empty; one text per line is needed.", path=path)
    return texts


def _group_by_stem(files: Sequence[Path]) -> dict[str, Sides]:
    """Group parallel files: return the files of each first part of a name, such as `train`, keyed by side.

    Only first parts with at least two sides are returned.
    Files next to a table of the same name, such as `train.log` and `train.yaml` next to `train.csv`, are not sides.
    """
    by_stem: dict[str, Sides] = defaultdict(dict)
    tables = {stem(file) for file in files if format_of(file) is not None}
    for file in files:
        name, side = _split_name(file)
        if not name or not _SIDE.fullmatch(side) or format_of(Path(f"x.{side}")) is not None or file.is_dir():
            continue
        if side in by_stem[name]:
            both = f"{by_stem[name][side].name} and {file.name}"
            raise DataError(f"has {both}, which may be the same file twice. Keep only one.", path=file.parent)
        by_stem[name][side] = file
    return {name: sides for name, sides in by_stem.items() if len(sides) > 1 and name not in tables}


def _split_name(file: Path) -> tuple[str, str]:
    """Split a file name such as `train.en.txt.gz` into its first part (`train`) and its side (`en`)."""
    name = file.name.removesuffix(".gz")
    name = name.removesuffix(".txt") if name.count(".") > 1 else name
    first, _, side = name.rpartition(".")
    return first, side


def _single(names: Sequence[str], split: str, folder: Path) -> str:
    """Return the name of the parallel files of a split: the only one, or the only one that is exactly a split name."""
    exact = [name for name in names if name.lower() in SPLIT_NAMES]
    if len(names) > 1 and len(exact) != 1:
        raise DataError(
            f"has several sources for the split {split!r}: {join_names(names, _SHOWN)}. Keep only one, or name the "
            "files of each split with --train, --dev and --test.",
            path=folder,
        )
    chosen = exact[0] if exact else names[0]
    if unread := [name for name in names if name != chosen]:
        note(f"{folder}: not read: {join_names(unread, _SHOWN)}")
    return chosen
