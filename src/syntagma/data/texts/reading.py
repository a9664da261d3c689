"""Reading of labelled texts from files: detection of the format and the columns, and checks of each row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from syntagma.data.formats.class_folders import UNLABELLED, read_class_folders
from syntagma.data.formats.fasttext import PREFIX, read_fasttext
from syntagma.data.formats.jsonl import json_object
from syntagma.data.formats.layout import AllowedFiles, ClassFolders, Source, read_splits
from syntagma.data.formats.lines import STANDARD_INPUT, Lines, check_exists, name_of, read_lines
from syntagma.data.formats.many_files import ManyFiles, read_many
from syntagma.data.formats.names import FORMATS, SERIES_FORMATS, TAGGED_FORMATS, format_of
from syntagma.data.formats.rows import BadRows, RawRows, files_of, number_of, single_block
from syntagma.data.formats.table_files import TABLES, bad_rows_of, line_blocks, read_table_file, table_blocks
from syntagma.data.options import ReadOptions
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.label_cells import read_label_columns, read_label_lists
from syntagma.data.tables.label_values import BadValueError, check_text, holds_separator, parse_label
from syntagma.data.tables.table import Corpus, Labels, Table
from syntagma.data.texts.choosing import choose_columns
from syntagma.data.texts.guessing import resolve_columns
from syntagma.data.texts.non_data_rows import drop_non_data_rows
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError
from syntagma.progress import note, note_left_out

_NO_TABLE = TextTable([])
_MANY = AllowedFiles(TABLES)
_FORMAT_NAMES = tuple(dict.fromkeys(FORMATS.values()))


def read_corpus(path: str | Path | SplitFiles, options: ReadOptions | None = None) -> Corpus:
    """Read a corpus of texts.

    The text and label columns are determined from the first labelled split, and the same columns are used for all later
    splits. A dev or test file in a folder is skipped with a note if it lacks only the labels.

    Args:
        path: Folder with one file per split, folder with one subfolder per class, single file (which becomes the split
            `train`), or the files of each split.
        options: Reading options.

    Raises:
        DataError: If the path does not exist or is not a corpus, or if a row is invalid and not skipped.
    """
    columns: dict[str, str] = {}
    header: list[str] = []

    def read(source: Source, split: str) -> TextTable:
        given_options = options or ReadOptions()
        split_options = replace(given_options, columns=columns or given_options.columns)
        try:
            table = _read_source(source, split_options, labelled=split != UNLABELLED)
        except DataError:
            if (
                isinstance(path, SplitFiles)
                or split not in ("dev", "test")
                or not _lacks_labels(source, split_options, header)
            ):
                raise
            note_left_out(
                f"{source}: skipped, because it has no label column {columns['label']!r} to evaluate against."
            )
            return _NO_TABLE
        if split != UNLABELLED:
            columns.update({role: table.name_of(role) for role in ("text", "label")})
            header.extend(table.header)
        return table

    corpus = read_splits(path, read, many=_MANY)
    return Corpus(
        corpus.name, _unify_labels({name: one for name, one in corpus.splits.items() if one is not _NO_TABLE})
    )


def _lacks_labels(source: Source, options: ReadOptions, header: Sequence[str]) -> bool:
    """Return whether a file has a text column, no label column, and no columns other than those of train (`header`)."""
    if not header or not isinstance(source, Path) or _format(source) not in TABLES:
        return False
    rows = _raw_rows(source, _format(source), options, BadRows(source, skip=True), labelled=False)
    has_texts = bool(resolve_columns(options.columns["text"], rows.columns))
    return (
        has_texts and not resolve_columns(options.columns["label"], rows.columns) and set(rows.columns) <= set(header)
    )


def read_table(
    path: str | Path, options: ReadOptions | None = None, *, labelled: bool = True, format: str | None = None
) -> TextTable:
    """Read one file of texts.

    Args:
        path: Path of the file. `-` is the standard input.
        options: Reading options.
        labelled: Whether labels are needed. If not, a label column becomes an ordinary column, and plain text is valid.
        format: "csv", "tsv", "jsonl", "parquet", or "txt" for fastText lines or plain text with one text per line. By
            default, the format is "txt" for the standard input, and inferred from the file name otherwise.

    Raises:
        DataError: If the file is missing, empty, not UTF-8 or in an unknown format, if it lacks a column, or if a row
            is invalid and not skipped.
    """
    options = options or ReadOptions()
    format = _format_of_input(path, format)
    bad_rows = bad_rows_of(path, format, options)
    rows = _raw_rows(path, format, options, bad_rows, labelled=labelled)
    return build_table(rows, options, bad_rows, labelled=labelled)


def read_blocks(
    path: str | Path, options: ReadOptions | None = None, *, format: str | None = None, most: int
) -> Iterator[TextTable]:
    """Yield the texts of one file, without labels, in tables of at most `most` rows.

    The other arguments and the errors are the same as for `read_table`. Lines of the standard input are yielded as soon
    as they arrive. The text column is determined from the first block, and the same column is used for all later ones.
    """
    options, count = options or ReadOptions(), 0
    format = _format_of_input(path, format)
    bad_rows = bad_rows_of(path, format, options)
    for rows in _raw_blocks(path, format, options, bad_rows, most):
        table = build_block(rows, options, bad_rows, labelled=False)
        if len(table):
            yield from table.blocks(most)
            options = replace(options, columns={**options.columns, "text": table.name_of("text")})
            count += len(table)
    report_bad_rows(bad_rows, count)


def _raw_blocks(path: str | Path, format: str, options: ReadOptions, bad_rows: BadRows, most: int) -> Iterator[RawRows]:
    if format in TABLES:
        yield from table_blocks(path, format, options, bad_rows, most)
    else:
        with read_lines(path) as lines:
            yield from _txt_blocks(lines, path, bad_rows, most)


def _format_of_input(path: str | Path, format: str | None) -> str:
    format = format or ("txt" if str(path) == STANDARD_INPUT else _format(Path(path)))
    if format not in _FORMAT_NAMES:
        raise DataError(f"format must be one of {', '.join(_FORMAT_NAMES)}; got {format!r}.")
    return format


def _read_source(source: Source, options: ReadOptions, *, labelled: bool) -> TextTable:
    if isinstance(source, ManyFiles):
        return _read_many(source, options, labelled=labelled)
    if not isinstance(source, ClassFolders):
        return read_table(source, options, labelled=labelled)
    bad_rows = BadRows(source.folder, skip=options.skips_bad_rows, unit="file")
    rows = read_class_folders(source.folder, source.classes, bad_rows)
    if not labelled:
        rows.columns.pop("label", None)
    return build_table(rows, options, bad_rows, labelled=labelled)


def _read_many(source: ManyFiles, options: ReadOptions, *, labelled: bool) -> TextTable:
    bad_rows = BadRows(source.name, skip=options.skips_bad_rows)

    def read(file: Path, bad_rows: BadRows) -> RawRows:
        return _raw_rows(file, _format(file), options, bad_rows, labelled=labelled)

    return build_table(read_many(source, read, bad_rows), options, bad_rows, labelled=labelled)


def _format(path: Path) -> str:
    check_exists(path)
    if path.is_dir():
        raise DataError("is a folder; a file is needed here.", path=path)
    detected = format_of(path)
    if detected in TAGGED_FORMATS.values():
        raise DataError(
            "contains one word per line, for sequence tagging. Labelled texts must be in a table, such as CSV.",
            path=path,
        )
    if detected in SERIES_FORMATS.values():
        raise DataError(
            "contains numeric series. Labelled texts must be in a table, such as CSV. To train on series, choose a "
            "recipe for series.",
            path=path,
        )
    if detected is None:
        raise DataError(
            f"the file name does not show the format; it must end in {', '.join(FORMATS)} (or one of these and .gz). "
            "Rename the file, or save a spreadsheet as CSV (UTF-8).",
            path=path,
        )
    return detected


def _raw_rows(path: str | Path, format: str, options: ReadOptions, bad_rows: BadRows, *, labelled: bool) -> RawRows:
    if format in TABLES:
        rows = read_table_file(path, format, options, bad_rows)
        if format == "jsonl" and {"data", "annotations"} <= set(rows.columns):
            raise DataError(
                "is in Label Studio's JSON format, whose texts are nested; export it as JSON-MIN or CSV.", path=path
            )
        return rows
    with read_lines(path) as content:
        if not labelled:
            return single_block(_txt_blocks(content, path, bad_rows))
        first, lines = _peek(content)
        if first.lstrip().startswith(PREFIX):
            return read_fasttext(lines, bad_rows)
        if not first:
            raise DataError(f"is empty; lines such as `{PREFIX}x the text` are needed.", path=name_of(path))
        raise DataError(
            f"contains plain text without labels; labelled text must be CSV, TSV, JSONL, Parquet or lines that begin "
            f"with {PREFIX} and the label.",
            path=name_of(path),
        )


def _txt_blocks(content: Lines, path: str | Path, bad_rows: BadRows, most: int | None = None) -> Iterator[RawRows]:
    """Yield the rows of a text file: fastText lines if its first non-blank line has a label, plain text otherwise."""
    first, lines = _peek(content)
    if first.lstrip().startswith(PREFIX):
        yield read_fasttext(lines, bad_rows)
        return
    yield from line_blocks(lines, path, "text", most, content.is_ready)


def _peek(lines: Iterator[str]) -> tuple[str, Iterable[str]]:
    """Return the first non-blank line ("" if there is none), and an iterable of all lines."""
    seen: list[str] = []
    for line in lines:
        seen.append(line)
        if line.strip():
            return line, chain(seen, lines)
    return "", seen


def build_table(rows: RawRows, options: ReadOptions, bad_rows: BadRows, *, labelled: bool) -> TextTable:
    """Build a table of texts from raw columns: find the text and label columns, check each row, and report bad rows.

    Args:
        rows: Raw columns of a whole file.
        options: Reading options.
        bad_rows: Collector of invalid rows. It raises an error for the first one unless invalid rows are skipped.
        labelled: Whether the table needs labels.
    """
    table = build_block(rows, options, bad_rows, labelled=labelled)
    report_bad_rows(bad_rows, len(table))
    return table


def report_bad_rows(bad_rows: BadRows, kept: int) -> None:
    """Print a note about the skipped rows of a file. Raise a `DataError` if the number of `kept` rows is zero."""
    bad_rows.report()
    if not kept:
        raise DataError(f"no row is left: all {len(bad_rows):,} are bad.", path=name_of(bad_rows.path))


def build_block(rows: RawRows, options: ReadOptions, bad_rows: BadRows, *, labelled: bool) -> TextTable:
    """Build a table from the raw columns of a block, like `build_table`, but without reporting bad rows.

    The table is empty if all rows of the block are invalid and skipped.
    """
    source = name_of(bad_rows.path)
    text_name, label_name = "text", "label"
    header = tuple(rows.columns)
    checked: list[tuple[int, str, Any]] = []
    rows = drop_non_data_rows(rows, source, options.column("label")) if labelled else rows
    if rows.places:
        text_name, label_name = choose_columns(rows, options, source, labelled=labelled)
        separator = options.label_separator
        rows = _join_columns(rows, text_name, label_name if labelled else None, options, bad_rows)
        checked = list(_check_rows(rows, text_name, label_name if labelled else None, separator, bad_rows))
        if labelled and separator is not None:
            _note_unused_separator(rows.columns[label_name], separator, source)
    kept = [row for row, _, _ in checked]
    named = {text_name, label_name} if labelled else {text_name}
    columns = {name: _select(values, kept) for name, values in rows.columns.items() if name not in named}
    if bad_rows.unit == "file":
        columns.setdefault("file", _select(rows.places, kept))
    return TextTable(
        texts=[text for _, text, _ in checked],
        labels=_unify_label_types([label for _, _, label in checked]) if labelled else None,
        columns=columns,
        source=source,
        lines=None if bad_rows.unit == "file" else [number_of(place) for place in _select(rows.places, kept)],
        files=files_of(_select(rows.places, kept)),
        unit=bad_rows.unit,
        names={"text": text_name, "label": label_name},
        header=header,
        delimiter=rows.delimiter,
    )


def _check_rows(
    rows: RawRows, text_name: str, label_name: str | None, separator: str | None, bad_rows: BadRows
) -> Iterator[tuple[int, str, Any]]:
    """Yield the row number, text and label of each valid row. The label is `None` if there is no label column."""
    texts = rows.columns[text_name]
    labels = rows.columns[label_name] if label_name else None
    for row, text in enumerate(texts):
        try:
            label = None if labels is None else parse_label(labels[row], str(label_name), separator)
            yield row, check_text(text, text_name), label
        except BadValueError as problem:
            bad_rows.add(rows.places[row], str(problem))


def _join_columns(
    rows: RawRows, text_name: str, label_name: str | None, options: ReadOptions, bad_rows: BadRows
) -> RawRows:
    """Join several text columns into one column, and convert multilabel columns to one column of label lists."""
    columns = dict(rows.columns)
    if text_name not in columns:
        parts = [columns[name] for name in resolve_columns(text_name, columns)]
        columns[text_name] = [_join_text(cells) for cells in zip(*parts, strict=True)]
    if label_name is None:
        return replace(rows, columns=columns)
    if label_name not in columns:
        indicators = {name: columns[name] for name in resolve_columns(label_name, columns)}
        columns[label_name] = [_read_indicators(indicators, row) for row in range(len(rows.places))]
    else:
        source = name_of(bad_rows.path)
        columns[label_name] = read_label_lists(columns[label_name], label_name, options.label_names, source)
    return replace(rows, columns=columns)


def _join_text(cells: Sequence[Any]) -> Any:
    """Join the texts of a row with line breaks. If a cell is not a string, it is returned, and rejected later."""
    present = [cell for cell in cells if cell is not None]
    odd = next((cell for cell in present if not isinstance(cell, str)), None)
    return "\n".join(cell for cell in present if cell) if odd is None else odd


def _read_indicators(columns: Mapping[str, Sequence[Any]], row: int) -> Any:
    try:
        return read_label_columns(columns, row)
    except BadValueError as problem:
        return problem


def _note_unused_separator(labels: list[Any], separator: str, source: str) -> None:
    if not any(holds_separator(label, separator) for label in labels):
        note(f"{source}: no label contains the separator {separator!r}, so no row has several labels")


def _unify_labels(splits: Mapping[str, Table]) -> Mapping[str, Table]:
    """Convert single labels to tuples in all splits if any split is multilabel."""
    if not any(table.is_multilabel for table in splits.values()):
        return splits
    return {
        split: table if table.labels is None else replace(table, labels=[_as_tuple(label) for label in table.labels])
        for split, table in splits.items()
    }


def _unify_label_types(labels: Labels) -> Labels:
    return [_as_tuple(label) for label in labels] if any(isinstance(label, tuple) for label in labels) else labels


def _as_tuple(label: Any) -> tuple[str, ...]:
    return label if isinstance(label, tuple) else (label,)


def _select(values: list[Any], rows: list[int]) -> list[Any]:
    return values if len(rows) == len(values) else [values[row] for row in rows]


def note_json_lines(table: TextTable, path: str | Path, format: str | None) -> None:
    """Print a note if the standard input looks like JSON lines but was read as plain text."""
    first = next((text for text in table.texts if text.strip()), "")
    if str(path) == STANDARD_INPUT and format is None and json_object(first) is not None:
        note("the standard input looks like JSON lines but is read as plain text. Use --input-format jsonl.")
