"""Reading of tagged words from files: detection of the columns, and checks of the tags."""

import re
from collections.abc import Sequence, Sized
from dataclasses import replace
from pathlib import Path
from typing import Any

from syntagma.config import nearest
from syntagma.data.formats.annotations import Keys, holds_tags, read_tagged_records
from syntagma.data.formats.conll import read_conll
from syntagma.data.formats.conllu import read_conllu
from syntagma.data.formats.layout import AllowedFiles, MixedFormatsError, Source, find_splits, read_splits
from syntagma.data.formats.lines import STANDARD_INPUT, check_exists, name_of
from syntagma.data.formats.many_files import ManyFiles, read_many
from syntagma.data.formats.names import TAGGED_FORMATS, format_of
from syntagma.data.formats.rows import BadRows, Place, RawRows, error_at, files_of, number_of
from syntagma.data.formats.span_conversion import SpanConverter
from syntagma.data.formats.word_rows import holds_word_rows, read_word_rows
from syntagma.data.options import ReadOptions
from syntagma.data.sentences.spelling import PLAIN, normalise_tags, note_odd_tags
from syntagma.data.sentences.table import Offsets, TaggedTable, align_words
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.groups import document_groups
from syntagma.data.tables.table import Corpus
from syntagma.errors import DataError
from syntagma.progress import note, quietly
from syntagma.text.spans import recognise_scheme
from syntagma.text.tag_schemes import OUTSIDE
from syntagma.text.tag_spellings import STANDARD, Spelling, are_brackets

_USUAL_LABELS, _TEXT = ("intent", "label"), "text"
_RECORDS = ("jsonl", "parquet", "csv", "tsv")
_KINDS = ("conll", "conllu", "words", *_RECORDS)
# Subfolders are searched too, because the names of folders have no meaning here. (Folders of texts name the labels.)
MANY_FILES = AllowedFiles(("conll", "conllu", "jsonl", "csv", "tsv", "txt"), recursive=True)
_CONLL_2012, _GERMEVAL = 12, 4
_SPAN_TAG = re.compile("O|[BIESLU]-.+")
_FOREIGN = {
    ".spacy": "it is spaCy's DocBin. Write its docs as JSON lines: "
    '{"text": doc.text, "entities": [[e.start_char, e.end_char, e.label_] for e in doc.ents]}.',
    ".ann": "it is brat's format. Convert the folder to CoNLL columns, for example with brat's tools/anntoconll.py.",
    ".xlsx": "it is a spreadsheet. Save it as CSV (UTF-8), one word per row with a column that numbers sentences.",
    ".xls": "it is a spreadsheet. Save it as CSV (UTF-8), one word per row with a column that numbers sentences.",
}


def holds_tagged_words(path: str | Path) -> bool:
    """Return whether a file or folder contains tagged words.

    CoNLL and CoNLL-U files are recognised by their names. JSON lines and delimited tables are recognised by their first
    rows. Parquet files are not recognised, because the whole file would have to be read. In a folder, only the first
    file of each split is examined.
    """
    path = Path(path).expanduser()
    if not path.is_dir():
        return path.is_file() and _is_tagged_file(path)
    try:
        with quietly():
            sources = find_splits(path, many=MANY_FILES).values()
    except MixedFormatsError as error:
        return any(map(_is_tagged_file, error.files))
    except DataError:  # reading the folder raises the error again
        return False
    firsts = [source.files[0] if isinstance(source, ManyFiles) else source for source in sources]
    return any(isinstance(file, Path) and _is_tagged_file(file) for file in firsts)


def _is_tagged_file(path: Path) -> bool:
    detected = format_of(path)
    if detected in ("csv", "tsv"):
        return holds_word_rows(path) or holds_tags(path)
    if path.with_suffix(".ann").is_file():  # brat's format, for which the reader raises an error with a remedy
        return True
    return detected in TAGGED_FORMATS.values() or (detected == "jsonl" and holds_tags(path))


def read_tagged_corpus(path: str | Path | SplitFiles, options: ReadOptions | None = None) -> Corpus:
    """Read a corpus of tagged sentences.

    The spelling of tags, such as `B-PER` or `PER-B`, is detected in the first split and used for all splits.

    Args:
        path: Folder with one file per split, folder with many files, single file (which becomes the split `train`), or
            the files of each split.
        options: Reading options.

    Raises:
        DataError: If the path does not exist or contains no tagged text, or if a sentence is invalid and not skipped.
    """
    spellings: list[Spelling | None] = []

    def read(source: Source, _: str) -> TaggedTable:
        split_options = options or ReadOptions()
        if spellings and spellings[0] is None and split_options.scheme is None:
            split_options = replace(split_options, scheme=PLAIN)  # like the first split
        like = spellings[0] if spellings else None
        table, spelling = _read_and_normalise(_file(source), split_options, like=like)
        if split_options.scheme is None and any(tag != OUTSIDE for row in table.tags or () for tag in row):
            spellings.append(None if recognise_scheme(table.tags or []) is None else spelling or STANDARD)
        return table

    return read_splits(path, read, many=MANY_FILES)


def _file(source: Source) -> Path | ManyFiles:
    if isinstance(source, ManyFiles):
        if source.folder is not None:
            _reject_foreign(source.folder)
        return source
    if not isinstance(source, Path):
        _reject_foreign(source.folder)
        raise DataError(
            "contains folders; tagged text must be in files named train, dev and test, such as train.conll.",
            path=source.folder,
        )
    return source


def _reject_foreign(folder: Path) -> None:
    """Raise an error if a folder contains files in an unsupported format, such as brat's."""
    for file in folder.iterdir():
        if (remedy := _FOREIGN.get(file.suffix.lower())) is not None and not file.name.startswith("."):
            raise DataError(f"has an unsupported format: {remedy}", path=file)


def read_tagged_table(
    path: str | Path, options: ReadOptions | None = None, *, tagged: bool = True, format: str | None = None
) -> TaggedTable:
    """Read one file of tagged words: CoNLL columns, CoNLL-U, JSON lines, Parquet, or a CSV table with one word per row.

    Args:
        path: Path of the file. `-` is the standard input.
        options: Reading options.
        tagged: Whether to read the tags. If not, the table has no tags, and only columns with one value per sentence
            are kept.
        format: "conll", "conllu", "words" (a table with one word per row), or "jsonl", "csv", "tsv" or "parquet"
            (one sentence per row). By default, "conll" for the standard input, and inferred from the file otherwise.

    Raises:
        DataError: If the file is missing or empty, its format is unknown, or a sentence is invalid and not skipped.
    """
    options = options or ReadOptions()
    if tagged:
        return _read_and_normalise(path, options, format)[0]
    bad_rows = BadRows(path, skip=options.skips_bad_rows)
    raw, usual = _raw_rows(path, options, bad_rows, format)
    bad_rows.report()
    _require_rows(raw.places, bad_rows)
    return _untagged_table(raw, options, (usual or _usual_columns(raw, options, name_of(path)))[0], name_of(path))


def _read_and_normalise(
    path: str | Path | ManyFiles, options: ReadOptions, format: str | None = None, like: Spelling | None = None
) -> tuple[TaggedTable, Spelling | None]:
    """Read the tagged words of one file, or of many files as one table, and normalise the tags.

    `like` is a tag spelling to use instead of detecting one. The other arguments are the same as for
    `read_tagged_table`.

    Returns:
        The table, and the spelling that its tags had in the file, as returned by `normalise_tags`.
    """
    source = path.name if isinstance(path, ManyFiles) else name_of(path)
    bad_rows = BadRows(source, skip=options.skips_bad_rows)
    if isinstance(path, ManyFiles):
        raw, usual = _many_raw_rows(path, options, bad_rows)
    else:
        raw, usual = _raw_rows(path, options, bad_rows, format)
    _require_rows(raw.places, bad_rows)
    usual = usual or _usual_columns(raw, options, source)
    table, spelling = normalise_tags(_table(raw, options, usual, source), options.scheme, like, bad_rows)
    bad_rows.report()
    _require_rows(table.words, bad_rows)
    note_odd_tags(table)
    return table, spelling


def _many_raw_rows(many: ManyFiles, options: ReadOptions, bad_rows: BadRows) -> tuple[RawRows, tuple[str, str] | None]:
    """Return the raw rows of many files, and the usual names of the word and tag columns, like `_raw_rows`.

    Raises:
        DataError: If the word and tag columns do not have the same names in all files.
    """
    usual: dict[tuple[str, str] | None, Path] = {}

    def read(file: Path, bad_rows: BadRows) -> RawRows:
        raw, columns = _raw_rows(file, options, bad_rows, None)
        if raw.places:
            usual.setdefault(columns, file)
        return raw

    raw = read_many(many, read, bad_rows, documents=True)
    if len(usual) > 1:
        (one, first), (two, second), *_ = usual.items()
        raise DataError(
            f"words and tags are in {' and '.join(two or ())} here, but in {' and '.join(one or ())} in {first}; use "
            "the same names in all files.",
            path=second,
        )
    return raw, next(iter(usual), None)


def _raw_rows(
    path: str | Path, options: ReadOptions, bad_rows: BadRows, format: str | None
) -> tuple[RawRows, tuple[str, str] | None]:
    """Return the raw rows of a file, and the usual names of the word and tag columns in its format.

    The second value is `None` if the format does not determine these columns.
    """
    if str(path) != STANDARD_INPUT:
        check_exists(path)
    keys = Keys(options.column("word"), options.column("tag"), options.label_names)
    kind = format or _kind(Path(path), keys)
    if kind not in _KINDS:
        raise DataError(f"format must be one of {', '.join(_KINDS)}; got {format!r}.")
    usual: tuple[str, str] | None = None
    if kind == "conllu":
        raw, usual = read_conllu(path, bad_rows, options.column("tag")), ("form", "upos")
    elif kind in _RECORDS:
        marks = SpanConverter(path, options.cut_words, options.overlaps)
        raw, usual = read_tagged_records(path, bad_rows, marks, keys, kind)
    elif kind == "words":
        named = {role: options.column(role) for role in ("sentence", "word", "tag")}
        raw, columns = read_word_rows(path, format_of(Path(path)) or "csv", bad_rows, **named)
        usual = (columns.word, columns.tag or columns.word)
    else:
        raw = read_conll(path, bad_rows, options.separator)
    return raw, usual


def _usual_columns(raw: RawRows, options: ReadOptions, source: str) -> tuple[str, str]:
    """Return the names of the word and tag columns: the first and the last, except in some well-known layouts."""
    names = [name for name in raw.words if name not in options.splitting_columns] or ["1", "2"]
    if len(names) >= _CONLL_2012 and are_brackets([row or [] for row in raw.words[names[10]]]):
        return names[3], names[10]  # CoNLL-2012: named entities, before the columns of predicates and coreference
    if len(names) > 2 and _are_numbers(raw.words[names[0]]):
        has_two = len(names) == _GERMEVAL and all(_SPAN_TAG.fullmatch(tag) for tag in _distinct_values(raw, names[2:]))
        return names[1], names[2] if has_two else names[-1]  # GermEval: outer spans, then nested ones
    if _are_span_tags(raw, names[0]) and not _are_span_tags(raw, names[-1]):
        note(
            f"{source}: the tags are in the first column, {names[0]!r}, and the words in the last. Choose another with "
            "--tag-column."
        )
        return names[-1], names[0]
    return names[0], names[-1]


def _are_span_tags(raw: RawRows, name: str) -> bool:
    """Return whether a column contains only span tags, at least one of which is not O."""
    distinct = _distinct_values(raw, [name])
    return distinct != {OUTSIDE} and all(_SPAN_TAG.fullmatch(value) for value in distinct)


def _distinct_values(raw: RawRows, names: Sequence[str]) -> set[str]:
    return {value for name in names for row in raw.words[name] for value in row or ()}


def _are_numbers(rows: list[list[str] | None]) -> bool:
    """Return whether a column numbers the words of each sentence, starting from 0 or (as in GermEval) from 1."""
    return any(
        all(row == [str(number + first) for number in range(len(row or ()))] for row in rows) for first in (0, 1)
    )


def _require_rows(rows: Sized, bad_rows: BadRows) -> None:
    if not rows:
        bad_rows.report()
        raise DataError(f"no sentence is left: all {len(bad_rows):,} are bad.", path=name_of(bad_rows.path))


def _kind(path: Path, keys: Keys) -> str:
    if path.is_dir():
        raise DataError("is a folder; a file is needed here.", path=path)
    if (remedy := _FOREIGN.get(path.suffix.lower())) is not None:
        raise DataError(f"has an unsupported format: {remedy}", path=path)
    detected = format_of(path)
    if detected in ("conllu", "jsonl", "parquet"):
        return detected
    if detected in ("csv", "tsv") and not holds_word_rows(path) and holds_tags(path, keys):
        return detected
    if detected == "csv" or (detected == "tsv" and holds_word_rows(path)):
        return "words"
    return "jsonl" if path.name.removesuffix(".gz").lower().endswith(".json") else "conll"


def _table(raw: RawRows, options: ReadOptions, usual: tuple[str, str], source: str) -> TaggedTable:
    word_name = _column(raw, options.column("word"), usual[0], source)
    tag_name = _column(raw, options.column("tag"), usual[1], source, "tags")
    if word_name == tag_name and options.column("tag") is None and list(raw.words) != [word_name]:
        raise DataError(
            f"which column contains the tags? The columns are {', '.join(map(repr, raw.words))}; choose one with "
            "--tag-column.",
            path=source,
        )
    if word_name == tag_name:
        remedy = " Name the field separator with --separator." if len(raw.words) == 1 else ""
        raise DataError(f"the column {word_name!r} cannot contain both the words and the tags.{remedy}", path=source)
    words, tags = (_complete(raw, name, source) for name in (word_name, tag_name))
    tags = _named_tags([[tag.strip() for tag in row] for row in tags], options.label_names, source)
    texts, offsets = _texts(raw, words)
    label_name = _label_column(raw, options.column("label"), source)
    _check_tags(tags, raw.places, source)
    return TaggedTable(
        texts=texts,
        labels=None if label_name is None else _labels(raw, label_name, source),
        columns={
            **{name: cells for name, cells in raw.words.items() if name not in (word_name, tag_name)},
            **{name: cells for name, cells in _sentence_columns(raw).items() if name != label_name},
        },
        source=source,
        groups=document_groups(raw.documents),
        lines=[number_of(place) for place in raw.places],
        files=files_of(raw.places),
        names={"word": word_name, "tag": tag_name} | ({} if label_name is None else {"label": label_name}),
        words=words,
        tags=tags,
        offsets=offsets,
    )


def _named_tags(tags: list[list[str]], names: Sequence[str], source: str) -> list[list[str]]:
    """Replace integer tags with the names at those indices, if names are given and all tags are integers."""
    if not names or not all(tag.isdecimal() for row in tags for tag in row):
        return tags
    wrong = next((tag for row in tags for tag in row if int(tag) >= len(names)), None)
    if wrong is not None:
        raise DataError(f"the tag {wrong} has no name; the names are {', '.join(names)}.", path=source)
    return [[names[int(tag)] for tag in row] for row in tags]


def _untagged_table(raw: RawRows, options: ReadOptions, usual: str, source: str) -> TaggedTable:
    words = _complete(raw, _column(raw, options.column("word"), usual, source), source)
    texts, offsets = _texts(raw, words)
    lines = [number_of(place) for place in raw.places]
    return TaggedTable(
        texts=texts, columns=_sentence_columns(raw), source=source, lines=lines, words=words, offsets=offsets
    )


def _sentence_columns(raw: RawRows) -> dict[str, list[Any]]:
    """Return the columns with one value per sentence, except the column that contains the original texts."""
    texts = all(isinstance(cell, str | None) for cell in raw.columns.get(_TEXT, ()))
    return {name: cells for name, cells in raw.columns.items() if name != _TEXT or not texts}


def _complete(raw: RawRows, name: str, source: str) -> list[list[str]]:
    rows = []
    for place, values in zip(raw.places, raw.words[name], strict=True):
        if values is None:
            raise error_at(place, source, f"the sentence has no {name!r}.")
        rows.append(values)
    return rows


def _column(raw: RawRows, requested: str | None, usual: str, source: str, what: str = "words") -> str:
    names = list(raw.words)
    if requested is None:
        return usual
    if requested in names:
        return requested
    if requested.lstrip("-").isdigit() and 1 <= abs(int(requested)) <= len(names):
        return names[int(requested) - 1 if int(requested) > 0 else int(requested)]
    raise DataError(f"has no column {requested!r} of {what}; {nearest(requested, names)}", path=source)


def _label_column(raw: RawRows, requested: str | None, source: str) -> str | None:
    columns = _sentence_columns(raw)
    if requested is not None:
        if requested not in columns:
            raise DataError(f"has no {requested!r} for its sentences; {nearest(requested, columns)}", path=source)
        return requested
    usual = next((name for name in _USUAL_LABELS if name in columns), None)
    if usual is None or all(isinstance(label, str) and label.strip() for label in columns[usual]):
        return usual
    note(
        f"{source}: not every sentence has a label in {usual!r}, so it is not used. Use --label-column {usual} to "
        "require one."
    )
    return None


def _labels(raw: RawRows, name: str, source: str) -> list[Any]:
    labels = raw.columns[name]
    for place, label in zip(raw.places, labels, strict=True):
        if not isinstance(label, str) or not label.strip():
            raise error_at(place, source, f"the sentence needs a label in {name!r}; got {label!r}.")
    return [label.strip() for label in labels]


def _texts(raw: RawRows, words: list[list[str]]) -> tuple[list[str], list[Offsets]]:
    written = raw.columns.get(_TEXT, [None] * len(words))
    aligned = [align_words(text, row) for text, row in zip(written, words, strict=True)]
    return [text for text, _ in aligned], [places for _, places in aligned]


def _check_tags(tags: list[list[str]], places: list[Place], source: str) -> None:
    for row, place in zip(tags, places, strict=True):
        if any(not tag.strip() for tag in row):
            raise error_at(place, source, "a word has no tag.")
