"""Reading of pairs of texts from files: parallel files, tables with two columns of text, and plain lines of sources."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from syntagma.data.formats.class_folders import UNLABELLED
from syntagma.data.formats.layout import AllowedFiles, ClassFolders, Source, corpus_name, find_splits, read_splits
from syntagma.data.formats.lines import STANDARD_INPUT, check_exists, name_of, read_lines
from syntagma.data.formats.many_files import ManyFiles, read_many
from syntagma.data.formats.names import FORMATS, SERIES_FORMATS, TAGGED_FORMATS, format_of
from syntagma.data.formats.rows import BadRows, FilePlace, Place, RawRows, files_of, number_of, single_block
from syntagma.data.formats.table_files import TABLES, bad_rows_of, line_blocks, read_table_file, table_blocks
from syntagma.data.options import ReadOptions
from syntagma.data.pairs.collections import Kind, clear_kind, find_kind, read_collection
from syntagma.data.pairs.parallel import Sides, find_parallel_files, has_other_side, match_sides, read_sides
from syntagma.data.pairs.roles import PairColumns, are_clear, choose_columns, find_columns
from syntagma.data.pairs.table import PairTable
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.groups import document_groups
from syntagma.data.tables.label_values import BadValueError, check_text
from syntagma.data.tables.table import Corpus
from syntagma.data.texts.reading import report_bad_rows
from syntagma.errors import DataError
from syntagma.progress import quietly

_MANY = AllowedFiles(TABLES)
_FORMAT_NAMES = (*TABLES, "txt")
# Column of plain lines of sources.
_LINES = "source"
# Column of objects with a text per language, as in many published sets of translations.
_TRANSLATION = "translation"
_REMEDY = (
    "Pairs are read from a table with a source and a target column, such as CSV, or from two files whose lines with "
    "the same number belong together, such as train.en and train.de: pass their folder, or each file with --train."
)


def holds_pairs(path: str | Path) -> bool:
    """Return whether a path clearly contains pairs of texts.

    These are folders with parallel files of a `train` split, a parallel file next to its other side, gettext
    catalogues, Python packages, and tables with two columns of text called `source` and `target`, `src` and `tgt`, or
    `src` and `trg`, without a column `text` or `label`. In a folder of tables, only the first file of each split is
    examined. Parquet files are not recognised, because the whole file would have to be read.
    """
    path = Path(path).expanduser()
    if path.exists() and clear_kind(path):
        return True
    if not path.is_dir():
        return path.is_file() and (_holds_named_columns(path) or has_other_side(path))
    try:
        with quietly():
            if parallel := find_parallel_files(path, only_splits=True):
                return "train" in parallel
            sources = find_splits(path, TABLES, _MANY).values()
    except DataError:  # reading the folder raises the error again
        return False
    firsts = [source.files[0] if isinstance(source, ManyFiles) else source for source in sources]
    return any(isinstance(file, Path) and _holds_named_columns(file) for file in firsts)


def read_pairs_corpus(path: str | Path | SplitFiles, options: ReadOptions | None = None) -> Corpus:
    """Read a corpus of pairs of texts.

    Parallel files are named after their split and their side, such as `train.en` and `train.de`. The sides are the
    column names. Tables need two columns of text. The columns are determined from the first split, and the same columns
    are used for all later splits.

    Args:
        path: Folder with parallel files or with one table per split, single table (which becomes the split `train`), or
            the files of each split: tables, or two parallel files. A folder or file of gettext catalogues or of Python
            code, as described at `read_collection`, becomes the split `train`.
        options: Reading options. `columns` names the columns of the roles "source" and "target". `None` uses the
            defaults.

    Raises:
        DataError: If the path does not exist or is not a corpus, if the columns cannot be determined, if parallel files
            differ in their number of lines, or if a row is invalid and not skipped. A row without a source or without a
            target is invalid.
    """
    columns: dict[str, str] = {}

    def read(source: Source | Sides, split: str) -> PairTable:
        split_options = options or ReadOptions()
        if columns:
            split_options = replace(split_options, columns={**split_options.columns, **columns})
        table = _read_source(source, split_options, labelled=split != UNLABELLED)
        columns.update(table.names)
        return table

    single = None if isinstance(path, SplitFiles) else Path(path).expanduser()
    if single is not None and single.is_dir() and (parallel := find_parallel_files(single)):
        return Corpus(single.resolve().name, {split: read(sides, split) for split, sides in parallel.items()})
    if single is not None and single.exists() and (kind := find_kind(single)):
        return Corpus(corpus_name(single), {"train": _read_collection(single, kind, options or ReadOptions())})
    return read_splits(path, read, TABLES, _MANY)


def read_pairs_table(
    path: str | Path, options: ReadOptions | None = None, *, labelled: bool = True, format: str | None = None
) -> PairTable:
    """Read one file of pairs, or of sources alone.

    Args:
        path: Path of the file. `-` is the standard input.
        options: Reading options. `None` uses the defaults.
        labelled: Whether targets are needed. If not, a target column becomes an ordinary column, sources may be empty,
            and a file with an unknown ending contains one source per line.
        format: "csv", "tsv", "jsonl", "parquet", or "txt" for one source per line. By default, the format is "txt" for
            the standard input, and inferred from the file name otherwise.

    Raises:
        DataError: If the file is missing, empty, not UTF-8 or in an unknown format, if it lacks a column, or if a row
            is invalid and not skipped.
    """
    options = options or ReadOptions()
    format = _format_of(path, format, labelled=labelled)
    bad_rows = bad_rows_of(path, format, options)
    rows = _raw_rows(path, format, options, bad_rows)
    return _finish(_build_block(rows, options, bad_rows, labelled=labelled), bad_rows)


def read_pair_blocks(
    path: str | Path, options: ReadOptions | None = None, *, format: str | None = None, most: int
) -> Iterator[PairTable]:
    """Yield the sources of one file, without targets, in tables of at most `most` rows.

    Lines of the standard input are yielded as soon as they arrive. The source column is determined from the first
    block, and used for all later ones.

    Args:
        path: Path of the file. `-` is the standard input.
        options: Reading options. `None` uses the defaults.
        format: Format of the file; see `read_pairs_table`.
        most: Maximum number of rows of a table.

    Raises:
        DataError: As for `read_pairs_table`, while the blocks are read.
    """
    options, count = options or ReadOptions(), 0
    format = _format_of(path, format, labelled=False)
    bad_rows = bad_rows_of(path, format, options)
    for rows in _raw_blocks(path, format, options, bad_rows, most):
        table = _build_block(_unpack_translations(rows), options, bad_rows, labelled=False)
        if len(table):
            yield from table.blocks(most)
            options = replace(options, columns={**options.columns, **table.names})
            count += len(table)
    report_bad_rows(bad_rows, count)


def _holds_named_columns(path: Path) -> bool:
    format = format_of(path)
    if format not in ("csv", "tsv", "jsonl"):
        return False
    for quoted in (False, True) if format == "tsv" else (False,):
        try:
            with quietly():
                bad_rows = BadRows(path, skip=True)
                if are_clear(next(table_blocks(path, format, ReadOptions(quoted=quoted), bad_rows, 1))):
                    return True
        except (DataError, StopIteration):  # reading the file raises the error again
            continue
    return False


def _read_source(source: Source | Sides, options: ReadOptions, *, labelled: bool) -> PairTable:
    if isinstance(source, dict):
        return _read_parallel(source, options, listed=False)
    if isinstance(source, ClassFolders):
        raise DataError(f"contains no pairs of texts. {_REMEDY}", path=source.folder)
    if isinstance(source, Path):
        return read_pairs_table(source, options, labelled=labelled)
    if source.folder is None and (sides := match_sides(source.files)):
        return _read_parallel(sides, options, listed=True)
    bad_rows = BadRows(source.name, skip=options.skips_bad_rows)

    def read(file: Path, bad_rows: BadRows) -> RawRows:
        return _raw_rows(file, _format_of(file, None, labelled=True), options, bad_rows)

    rows = read_many(source, read, bad_rows)
    return _finish(_build_block(rows, options, bad_rows, labelled=labelled), bad_rows)


def _read_collection(path: Path, kind: Kind, options: ReadOptions) -> PairTable:
    rows, columns = read_collection(path, kind, options)
    table = build_table(rows, options, path, columns)
    modules = table.columns.get("module")
    return table if modules is None else replace(table, groups=document_groups(modules))


def _read_parallel(sides: Mapping[str, Path], options: ReadOptions, *, listed: bool) -> PairTable:
    for file in sides.values():
        check_exists(file)
    files = ", ".join(map(str, sides.values()))
    columns = choose_columns(list(sides), options, files, in_order=listed)
    return build_table(read_sides(sides, columns), options, sides[columns.source], columns)


def build_table(rows: RawRows, options: ReadOptions, path: Path, columns: PairColumns) -> PairTable:
    """Build a table of pairs from raw columns: check each row, and report bad rows.

    Args:
        rows: Raw columns.
        options: Reading options, which determine the treatment of bad rows.
        path: Path of the file, for messages.
        columns: Names of the columns with the sources and the targets.

    Raises:
        DataError: If a row is invalid and not skipped, or if no row is left.
    """
    bad_rows = BadRows(path, skip=options.skips_bad_rows)
    return _finish(_build_block(rows, options, bad_rows, labelled=True, columns=columns), bad_rows)


def _format_of(path: str | Path, format: str | None, *, labelled: bool) -> str:
    if format is None:
        format = "txt" if str(path) == STANDARD_INPUT else _format_by_name(Path(path), labelled=labelled)
    if format not in _FORMAT_NAMES:
        raise DataError(f"format must be one of {', '.join(_FORMAT_NAMES)}; got {format!r}.")
    if format == "txt" and labelled:
        raise DataError(f"contains lines of text without targets. {_REMEDY}", path=name_of(path))
    return format


def _format_by_name(path: Path, *, labelled: bool) -> str:
    check_exists(path)
    if path.is_dir():
        raise DataError("is a folder; a file is needed here.", path=path)
    detected = format_of(path)
    if detected in (*TAGGED_FORMATS.values(), *SERIES_FORMATS.values()):
        what = "numeric series" if detected in SERIES_FORMATS.values() else "one word per line, for sequence tagging"
        raise DataError(f"contains {what}, judging by its name. {_REMEDY}", path=path)
    if detected is None and labelled:
        endings = ", ".join(ending for ending, format in FORMATS.items() if format in TABLES)
        raise DataError(
            f"the file name does not show the format of a table; it must end in {endings} (or one of these and .gz). "
            f"{_REMEDY}",
            path=path,
        )
    return detected or "txt"


def _raw_rows(path: str | Path, format: str, options: ReadOptions, bad_rows: BadRows) -> RawRows:
    if format != "txt":
        return _unpack_translations(read_table_file(path, format, options, bad_rows))
    with read_lines(path) as lines:
        return single_block(line_blocks(lines, path, _LINES, None, lines.is_ready))


def _raw_blocks(path: str | Path, format: str, options: ReadOptions, bad_rows: BadRows, most: int) -> Iterator[RawRows]:
    if format != "txt":
        yield from table_blocks(path, format, options, bad_rows, most)
        return
    with read_lines(path) as lines:
        yield from line_blocks(lines, path, _LINES, most, lines.is_ready)


def _unpack_translations(rows: RawRows) -> RawRows:
    """Replace a column `translation` of objects, such as `{"en": "one", "de": "eins"}`, with a column per language."""
    cells = rows.columns.get(_TRANSLATION, [])
    if not cells or not all(isinstance(cell, dict) for cell in cells):
        return rows
    languages = dict.fromkeys(name for cell in cells for name in cell)
    others = {name: values for name, values in rows.columns.items() if name != _TRANSLATION}
    return replace(rows, columns={**{name: [cell.get(name) for cell in cells] for name in languages}, **others})


def _build_block(
    rows: RawRows, options: ReadOptions, bad_rows: BadRows, *, labelled: bool, columns: PairColumns | None = None
) -> PairTable:
    """Build a table from raw columns: find the source and target columns, and check each row.

    The table is empty if all rows are invalid and skipped.
    """
    file = name_of(bad_rows.path)
    if not rows.places:
        return PairTable([], [] if labelled else None, source=file, lines=[], unit=bad_rows.unit)
    if columns is None:
        columns = _plain_columns(rows, options) or find_columns(rows, options, file, labelled=labelled)
    names = columns.names()
    kept = list(_check_rows(rows, names, bad_rows, labelled=labelled))
    cells = {name: _select(values, kept) for name, values in rows.columns.items()}
    places = _select(rows.places, kept)
    return PairTable(
        cells[columns.source],
        None if columns.target is None else cells[columns.target],
        columns={name: values for name, values in cells.items() if name not in names.values()},
        source=file,
        lines=[number_of(place) for place in places],
        files=files_of(places),
        unit=_unit(places, bad_rows),
        names=names,
        header=tuple(rows.columns),
        delimiter=rows.delimiter,
    )


def _unit(places: Sequence[Place], bad_rows: BadRows) -> str:
    """Return "line" if the rows have line numbers, and "row" otherwise."""
    units = {place.unit if isinstance(place, FilePlace) else bad_rows.unit for place in places}
    return "line" if units <= {"line"} else "row"


def _plain_columns(rows: RawRows, options: ReadOptions) -> PairColumns | None:
    """Return the columns of plain lines, or `None` if the rows have other columns or the user named the source."""
    is_plain = list(rows.columns) == [_LINES] and options.column("source") in (None, _LINES)
    return PairColumns(_LINES, None) if is_plain else None


def _check_rows(rows: RawRows, names: Mapping[str, str], bad_rows: BadRows, *, labelled: bool) -> Iterator[int]:
    """Yield the number of each valid row. Rows with targets are invalid if one of their texts is blank."""
    for row, place in enumerate(rows.places):
        try:
            for role, name in names.items():
                if not check_text(rows.columns[name][row], name).strip() and labelled:
                    raise BadValueError(f"the {role} in {name!r} is empty")
        except BadValueError as problem:
            bad_rows.add(place, str(problem))
        else:
            yield row


def _finish(table: PairTable, bad_rows: BadRows) -> PairTable:
    report_bad_rows(bad_rows, len(table))
    return table


def _select(values: list[Any], rows: list[int]) -> list[Any]:
    return values if len(rows) == len(values) else [values[row] for row in rows]
