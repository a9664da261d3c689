"""Reading of series from files: detection of the format and the columns, and checks of each row."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from syntagma.data.formats.class_folders import UNLABELLED
from syntagma.data.formats.delimited import read_csv, read_tsv
from syntagma.data.formats.layout import Source, find_splits, read_splits
from syntagma.data.formats.lines import STANDARD_INPUT, check_exists, name_of
from syntagma.data.formats.many_files import ManyFiles
from syntagma.data.formats.names import SERIES_FORMATS, format_of
from syntagma.data.formats.npz import read_npz
from syntagma.data.formats.parquet import read_parquet
from syntagma.data.formats.raw_series import RawSeries
from syntagma.data.formats.rows import BadRows, number_of
from syntagma.data.formats.ts import read_ts
from syntagma.data.formats.ucr_lines import holds_numbers_only, read_ucr_lines
from syntagma.data.options import ReadOptions
from syntagma.data.series.long import read_long
from syntagma.data.series.roles import ROLES, find_roles, is_long
from syntagma.data.series.table import SeriesTable
from syntagma.data.series.wide import read_wide
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.label_values import BadValueError, parse_label
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import DataError
from syntagma.progress import note, quietly

_ONLY_SERIES = tuple(SERIES_FORMATS.values())
_TABLES = ("parquet", "csv", "tsv", "txt")
# Formats in order of preference. Archives often contain the same series in several formats.
FORMATS = (*_ONLY_SERIES, *_TABLES)
_SUFFIXES = (*SERIES_FORMATS, ".parquet", ".csv", ".tsv", ".txt")


def holds_series(path: str | Path) -> bool:
    """Return whether a path is a file of series, or a folder with such files, judging by the extensions .ts and .npz.

    CSV files and other tables do not count, because they may contain any kind of data.
    """
    path = Path(path).expanduser()
    if not path.is_dir():
        return format_of(path) in _ONLY_SERIES and path.is_file()
    try:
        with quietly():
            sources = find_splits(path, _ONLY_SERIES).values()
    except DataError:  # reading the folder raises the error again
        return False
    return any(isinstance(source, Path) for source in sources)


def read_series_corpus(path: str | Path | SplitFiles, options: ReadOptions | None = None) -> Corpus:
    """Read a corpus of series.

    The files in a folder are named after their split, such as `train.csv`, or `GunPoint_TRAIN.ts` in the UCR archive.
    In tables, the columns are determined from the first split, and the same columns are used for all later splits.

    Args:
        path: Folder with one file per split, single file (which becomes the split `train`), or the file of each split.
        options: Reading options.

    Raises:
        DataError: If the path does not exist or is not a corpus, if a row is invalid and not skipped, or if the splits
            have different channels.
    """
    columns: dict[str, str] = {}

    def read(source: Source, split: str) -> SeriesTable:
        file, split_options = _file(source), options or ReadOptions()
        if columns and format_of(file) in _TABLES:
            split_options = replace(split_options, columns=columns)
        table = read_series_table(file, split_options, labelled=split != UNLABELLED)
        columns.update(table.names)
        return table

    corpus = read_splits(path, read, FORMATS)
    _check_channels(corpus.splits)
    return corpus


def read_series_table(
    path: str | Path, options: ReadOptions | None = None, *, labelled: bool = True, format: str | None = None
) -> SeriesTable:
    """Read one file of series.

    Args:
        path: Path of the file. `-` is the standard input.
        options: Reading options.
        labelled: Whether labels are needed. If not, a label column becomes an ordinary column.
        format: Format of the file: "ts", "npz", "parquet", "csv", "tsv" or "txt". By default, the format is "csv" for
            the standard input, and inferred from the file name otherwise.

    Raises:
        DataError: If the file is missing, empty or in an unknown format, if it lacks a column, or if a row is invalid
            and not skipped.
    """
    options = options or ReadOptions()
    format = format or ("csv" if str(path) == STANDARD_INPUT else _format(Path(path)))
    if format not in FORMATS:
        raise DataError(f"format must be one of {', '.join(FORMATS)}; got {format!r}.")
    unit = "row" if format in ("npz", "parquet") else "line"
    bad_rows = BadRows(path, skip=options.skips_bad_rows, unit=unit)
    raw = _read(path, format, options, bad_rows, labelled=labelled)
    if labelled and raw.label is None:
        raise DataError("has no labels, which are required here.", path=name_of(path))
    labels = _labels(raw, bad_rows) if labelled else None
    bad_rows.report()
    if not raw.series:
        raise DataError(f"no row is left: all {len(bad_rows):,} are bad.", path=name_of(path))
    return _table(raw, labels, name_of(path), has_lines=unit == "line")


def _file(source: Source) -> Path:
    if isinstance(source, ManyFiles):
        raise DataError(
            f"one file per split is needed for series; got {len(source.files)}. Join them.", path=source.name
        )
    if not isinstance(source, Path):
        raise DataError(
            "contains folders; series must be in files named train, dev and test, such as train.ts.", path=source.folder
        )
    return source


def _format(path: Path) -> str:
    check_exists(path)
    if path.is_dir():
        raise DataError("is a folder; a file is needed here.", path=path)
    detected = format_of(path)
    if detected not in FORMATS:
        raise DataError(
            f"is not a file of series by its name, which must end in {', '.join(_SUFFIXES)} (text files also in .gz). "
            "Rename it, or save a spreadsheet as CSV (UTF-8).",
            path=path,
        )
    return detected


def _read(path: str | Path, format: str, options: ReadOptions, bad_rows: BadRows, *, labelled: bool) -> RawSeries:
    requested = [role for role in ROLES if role in options.columns]
    if format in _ONLY_SERIES:
        if requested:
            raise DataError(
                f"has no columns to choose the {requested[0]} from. Leave out that option.", path=name_of(path)
            )
        return read_ts(path, bad_rows) if format == "ts" else read_npz(path, bad_rows)
    if format != "parquet" and str(path) != STANDARD_INPUT and holds_numbers_only(path):
        return _read_ucr_lines(path, bad_rows, requested)
    if format == "txt":
        raise DataError(
            "must contain lines of numbers: the class label, then the values of one series. The name of a table with a "
            "header must end in .csv or .tsv.",
            path=name_of(path),
        )
    return _read_table(path, format, options, bad_rows, labelled=labelled)


def _read_ucr_lines(path: str | Path, bad_rows: BadRows, requested: list[str]) -> RawSeries:
    if requested:
        raise DataError(
            f"has no header (its first line is all numbers) to choose the {requested[0]} from. Add a header line.",
            path=name_of(path),
        )
    note(f"{name_of(path)}: lines of numbers without a header: the first is the label, the others are the series")
    return read_ucr_lines(path, bad_rows)


def _read_table(path: str | Path, format: str, options: ReadOptions, bad_rows: BadRows, *, labelled: bool) -> RawSeries:
    source = name_of(path)
    if format == "parquet":
        rows = read_parquet(path)
    else:
        rows = read_csv(path, bad_rows) if format == "csv" else read_tsv(path, bad_rows, quoted=options.quoted)
    if not rows.places:
        return RawSeries(label="label", columns={"label": []})
    roles = find_roles(rows, options, source, labelled=labelled)
    read = read_long if is_long(rows, roles, source) else read_wide
    return read(rows, roles, bad_rows, source, labelled=labelled)


def _labels(raw: RawSeries, bad_rows: BadRows) -> list[str]:
    """Remove rows without a valid label from `raw` in place, and return the labels of the remaining rows."""
    assert raw.label is not None
    labels: list[str] = []
    kept = []
    for row, value in enumerate(raw.columns[raw.label]):
        try:
            labels.append(str(parse_label(value, raw.label)))
            kept.append(row)
        except BadValueError as problem:
            bad_rows.add(raw.places[row], str(problem))
    raw.series, raw.places = _select(raw.series, kept), _select(raw.places, kept)
    raw.columns = {name: _select(cells, kept) for name, cells in raw.columns.items()}
    return labels


def _select(values: list[Any], rows: list[int]) -> list[Any]:
    return [values[row] for row in rows]


def _table(raw: RawSeries, labels: list[str] | None, source: str, *, has_lines: bool) -> SeriesTable:
    return SeriesTable(
        series=raw.series,
        labels=labels,
        columns={name: cells for name, cells in raw.columns.items() if labels is None or name != raw.label},
        source=source,
        lines=[number_of(place) for place in raw.places],
        unit="line" if has_lines else "row",
        names=raw.names,
        header=raw.header,
        delimiter=raw.delimiter,
        channels=raw.channels,
    )


def _check_channels(splits: Mapping[str, Table]) -> None:
    """Raise an error if a split does not have the same channels, in the same order, as the first split."""
    tables = {split: table for split, table in splits.items() if isinstance(table, SeriesTable)}
    first, *others = tables
    for split in others:
        if tables[split].channels != tables[first].channels:
            both = "; ".join(f"{name} has {', '.join(tables[name].channels)}" for name in (first, split))
            source = tables[split].source
            raise DataError(f"all splits must have the same channels in the same order; {both}.", path=source)
