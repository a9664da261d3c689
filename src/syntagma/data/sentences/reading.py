"""From files to tables of tagged words: the columns are found, the tags are checked."""

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
from syntagma.data.sentences.spelling import PLAIN, note_odd_tags, with_spelled_tags
from syntagma.data.sentences.table import Offsets, TaggedTable, text_and_places
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.groups import known_groups
from syntagma.data.tables.table import Corpus
from syntagma.errors import DataError
from syntagma.progress import note, quietly
from syntagma.text.spans import recognise_scheme
from syntagma.text.tag_schemes import OUTSIDE
from syntagma.text.tag_spellings import STANDARD, Spelling, are_brackets

_USUAL_LABELS = ("intent", "label")
_TEXT = "text"
_RECORDS = ("jsonl", "parquet", "csv", "tsv")
# A folder below holds more of the same: a name of a folder says nothing of the words in it.
MANY = AllowedFiles(("conll", "conllu", "jsonl", "csv", "tsv", "txt"), recursive=True)
_CONLL_2012, _GERMEVAL = 12, 4
_SPAN_TAG = re.compile("O|[BIESLU]-.+")
_FOREIGN = {
    ".spacy": "spaCy's DocBin. Write its docs as JSON lines: "
    '{"text": doc.text, "entities": [[e.start_char, e.end_char, e.label_] for e in doc.ents]}.',
    ".ann": "brat's. Convert the folder to CoNLL columns, such as with brat's own tools/anntoconll.py.",
    ".xlsx": "a spreadsheet. Save it as CSV (UTF-8), a word a row with a column that numbers sentences.",
    ".xls": "a spreadsheet. Save it as CSV (UTF-8), a word a row with a column that numbers sentences.",
}


def holds_tagged_words(path: str | Path) -> bool:
    """Return whether a path holds tagged words: CoNLL or CoNLL-U by name, JSON and tables by what the first row holds.

    That is not looked for in Parquet, of which the whole file would have to be read.
    """
    path = Path(path).expanduser()
    if not path.is_dir():
        return path.is_file() and _is_tagged_file(path)
    try:
        with quietly():
            sources = find_splits(path, many=MANY).values()
    except MixedFormatsError as error:
        return any(map(_is_tagged_file, error.files))
    except DataError:  # whoever reads it says why
        return False
    firsts = [source.files[0] if isinstance(source, ManyFiles) else source for source in sources]
    return any(isinstance(file, Path) and _is_tagged_file(file) for file in firsts)


def _is_tagged_file(path: Path) -> bool:
    found = format_of(path)
    if found in ("csv", "tsv"):
        return holds_word_rows(path) or holds_tags(path)
    if path.with_suffix(".ann").is_file():  # brat's, which is refused
        return True
    return found in TAGGED_FORMATS.values() or (found == "jsonl" and holds_tags(path))


def read_tagged_corpus(path: str | Path | SplitFiles, options: ReadOptions | None = None) -> Corpus:
    """Read a folder of splits or of many files, the files of each split, or one file (the split `train`).

    Tags of all splits are spelled like those of the first.

    Raises:
        DataError: The path is missing, holds no tagged text, or a sentence breaks a rule.
    """
    found: list[Spelling | None] = []

    def read(source: Source, _: str) -> TaggedTable:
        given = options or ReadOptions()
        if found and found[0] is None and given.scheme is None:
            given = replace(given, scheme=PLAIN)  # as the first split
        table, spelling = _read_spelled(_file(source), given, like=found[0] if found else None)
        if given.scheme is None and any(tag != OUTSIDE for row in table.tags or () for tag in row):
            found.append(None if recognise_scheme(table.tags or []) is None else spelling or STANDARD)
        return table

    return read_splits(path, read, many=MANY)


def _file(source: Source) -> Path | ManyFiles:
    if isinstance(source, ManyFiles):
        if source.folder is not None:
            _refuse_foreign(source.folder)
        return source
    if not isinstance(source, Path):
        _refuse_foreign(source.folder)
        raise DataError(
            "holds folders; tagged text is in files named train, dev and test, such as train.conll.",
            path=source.folder,
        )
    return source


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder of files of a format that is not read, such as that of brat."""
    for file in folder.iterdir():
        if (remedy := _FOREIGN.get(file.suffix.lower())) is not None and not file.name.startswith("."):
            raise DataError(f"is of a format that is not read: {remedy}", path=file)


def read_tagged_table(
    path: str | Path, options: ReadOptions | None = None, *, tagged: bool = True, format: str | None = None
) -> TaggedTable:
    """Read one file of words with tags: CoNLL columns, CoNLL-U, JSON, or a CSV table with a word a row, by its name.

    The path `-` is the standard input, of which the format ("conll", "conllu" or "jsonl") must be named. If words in
    columns need no tags, the table has none, and only the columns of whole sentences.

    Raises:
        DataError: See `read_tagged_corpus`.
    """
    options = options or ReadOptions()
    if tagged:
        return _read_spelled(path, options, format)[0]
    bad_rows = BadRows(path, skip=options.skips_bad_rows)
    raw, usual = _raw_rows(path, options, bad_rows, format)
    bad_rows.report()
    _refuse_none(raw.places, bad_rows)
    return _untagged(raw, options, (usual or _usual_columns(raw, options, name_of(path)))[0], name_of(path))


def _read_spelled(
    path: str | Path | ManyFiles, options: ReadOptions, format: str | None = None, like: Spelling | None = None
) -> tuple[TaggedTable, Spelling | None]:
    """Read one file of words with tags, or many as one; see `with_spelled_tags`."""
    source = path.name if isinstance(path, ManyFiles) else name_of(path)
    bad_rows = BadRows(source, skip=options.skips_bad_rows)
    if isinstance(path, ManyFiles):
        raw, usual = _many_raw_rows(path, options, bad_rows)
    else:
        raw, usual = _raw_rows(path, options, bad_rows, format)
    _refuse_none(raw.places, bad_rows)
    usual = usual or _usual_columns(raw, options, source)
    table, spelling = with_spelled_tags(_table(raw, options, usual, source), options.scheme, like, bad_rows)
    bad_rows.report()
    _refuse_none(table.words, bad_rows)
    note_odd_tags(table)
    return table, spelling


def _many_raw_rows(many: ManyFiles, options: ReadOptions, bad_rows: BadRows) -> tuple[RawRows, tuple[str, str] | None]:
    """Return what many files hold, and the usual columns of words and tags.

    Raises:
        DataError: These are not the same in all files.
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
            f"words and tags are under {' and '.join(two or ())} here, but under {' and '.join(one or ())} in {first}; "
            "give all files the same form.",
            path=second,
        )
    return raw, next(iter(usual), None)


def _raw_rows(
    path: str | Path, options: ReadOptions, bad_rows: BadRows, format: str | None
) -> tuple[RawRows, tuple[str, str] | None]:
    """Return what a file holds, and the usual columns of words and tags; `None` if the columns tell."""
    if str(path) != STANDARD_INPUT:
        check_exists(path)
    keys = Keys(options.column("word"), options.column("tag"), options.label_names)
    kind = format or _kind(Path(path), keys)
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
    """Return the columns of words and tags: the first and the last, but for some well-known layouts."""
    names = [name for name in raw.words if name not in options.splitting_columns] or ["1", "2"]
    if len(names) >= _CONLL_2012 and are_brackets([row or [] for row in raw.words[names[10]]]):
        return names[3], names[10]  # CoNLL-2012: names of things, before predicates and coreference
    if len(names) > 2 and _are_numbers(raw.words[names[0]]):
        has_two = len(names) == _GERMEVAL and all(_SPAN_TAG.fullmatch(tag) for tag in _different(raw, names[2:]))
        return names[1], names[2] if has_two else names[-1]  # GermEval: outer spans, then embedded ones
    if _are_span_tags(raw, names[0]) and not _are_span_tags(raw, names[-1]):
        note(
            f"{source}: the tags are in the first column, {names[0]!r}, and the words in the last; --tag-column chooses"
            " another."
        )
        return names[-1], names[0]
    return names[0], names[-1]


def _are_span_tags(raw: RawRows, name: str) -> bool:
    """Return whether all values of a column are tags of spans, some other than O."""
    found = _different(raw, [name])
    return found != {OUTSIDE} and all(_SPAN_TAG.fullmatch(value) for value in found)


def _different(raw: RawRows, names: Sequence[str]) -> set[str]:
    return {value for name in names for row in raw.words[name] for value in row or ()}


def _are_numbers(rows: list[list[str] | None]) -> bool:
    """Return whether a column numbers the words of each sentence, from 1 as GermEval's files do, or from 0."""
    return any(
        all(row == [str(number + first) for number in range(len(row or ()))] for row in rows) for first in (0, 1)
    )


def _refuse_none(rows: Sized, bad_rows: BadRows) -> None:
    if not rows:
        bad_rows.report()
        raise DataError(f"no sentence is left: all {len(bad_rows):,} are bad.", path=name_of(bad_rows.path))


def _kind(path: Path, keys: Keys) -> str:
    if path.is_dir():
        raise DataError("is a folder; a file is needed here.", path=path)
    if (remedy := _FOREIGN.get(path.suffix.lower())) is not None:
        raise DataError(f"is of a format that is not read: {remedy}", path=path)
    found = format_of(path)
    if found in ("conllu", "jsonl", "parquet"):
        return found
    if found in ("csv", "tsv") and not holds_word_rows(path) and holds_tags(path, keys):
        return found
    if found == "csv" or (found == "tsv" and holds_word_rows(path)):
        return "words"
    return "jsonl" if path.name.removesuffix(".gz").lower().endswith(".json") else "conll"


def _table(raw: RawRows, options: ReadOptions, usual: tuple[str, str], source: str) -> TaggedTable:
    word_name = _column(raw, options.column("word"), usual[0], source)
    tag_name = _column(raw, options.column("tag"), usual[1], source, "tags")
    if word_name == tag_name and options.column("tag") is None and list(raw.words) != [word_name]:
        raise DataError(
            f"which column holds the tags? There are {', '.join(map(repr, raw.words))}; name it with --tag-column.",
            path=source,
        )
    if word_name == tag_name:
        remedy = " Name what stands between the fields with --separator." if len(raw.words) == 1 else ""
        raise DataError(f"the column {word_name!r} cannot hold both the words and their tags.{remedy}", path=source)
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
            **{name: cells for name, cells in _facts(raw).items() if name != label_name},
        },
        source=source,
        groups=known_groups(raw.documents),
        lines=[number_of(place) for place in raw.places],
        files=files_of(raw.places),
        names={"word": word_name, "tag": tag_name} | ({} if label_name is None else {"label": label_name}),
        words=words,
        tags=tags,
        offsets=offsets,
    )


def _named_tags(tags: list[list[str]], names: Sequence[str], source: str) -> list[list[str]]:
    """Return tags that are numbers by their names, if there are any."""
    if not names or not all(tag.isdecimal() for row in tags for tag in row):
        return tags
    wrong = next((tag for row in tags for tag in row if int(tag) >= len(names)), None)
    if wrong is not None:
        raise DataError(f"the tag {wrong} has no name; {len(names)} are given: {', '.join(names)}.", path=source)
    return [[names[int(tag)] for tag in row] for row in tags]


def _untagged(raw: RawRows, options: ReadOptions, usual: str, source: str) -> TaggedTable:
    words = _complete(raw, _column(raw, options.column("word"), usual, source), source)
    texts, offsets = _texts(raw, words)
    lines = [number_of(place) for place in raw.places]
    return TaggedTable(texts=texts, columns=_facts(raw), source=source, lines=lines, words=words, offsets=offsets)


def _facts(raw: RawRows) -> dict[str, list[Any]]:
    """Return what is said of whole sentences, by name; their texts are no fact."""
    texts = all(isinstance(cell, str | None) for cell in raw.columns.get(_TEXT, ()))
    return {name: cells for name, cells in raw.columns.items() if name != _TEXT or not texts}


def _complete(raw: RawRows, name: str, source: str) -> list[list[str]]:
    found = []
    for place, values in zip(raw.places, raw.words[name], strict=True):
        if values is None:
            raise error_at(place, source, f"the sentence has no {name!r}.")
        found.append(values)
    return found


def _column(raw: RawRows, asked: str | None, usual: str, source: str, what: str = "words") -> str:
    names = list(raw.words)
    if asked is None:
        return usual
    if asked in names:
        return asked
    if asked.lstrip("-").isdigit() and 1 <= abs(int(asked)) <= len(names):
        return names[int(asked) - 1 if int(asked) > 0 else int(asked)]
    raise DataError(f"has no column {asked!r} of {what}; {nearest(asked, names)}", path=source)


def _label_column(raw: RawRows, asked: str | None, source: str) -> str | None:
    facts = _facts(raw)
    if asked is not None:
        if asked not in facts:
            raise DataError(f"says no {asked!r} of its sentences; {nearest(asked, facts)}", path=source)
        return asked
    usual = next((name for name in _USUAL_LABELS if name in facts), None)
    if usual is None or all(isinstance(label, str) and label.strip() for label in facts[usual]):
        return usual
    note(f"{source}: {usual!r} is no label of each sentence, so it is none; --label-column {usual} insists on it.")
    return None


def _labels(raw: RawRows, name: str, source: str) -> list[Any]:
    labels = raw.columns[name]
    for place, label in zip(raw.places, labels, strict=True):
        if not isinstance(label, str) or not label.strip():
            raise error_at(place, source, f"the sentence needs a label under {name!r}; got {label!r}.")
    return [label.strip() for label in labels]


def _texts(raw: RawRows, words: list[list[str]]) -> tuple[list[str], list[Offsets]]:
    written = raw.columns.get(_TEXT, [None] * len(words))
    found = [text_and_places(text, row) for text, row in zip(written, words, strict=True)]
    return [text for text, _ in found], [places for _, places in found]


def _check_tags(tags: list[list[str]], places: list[Place], source: str) -> None:
    for row, place in zip(tags, places, strict=True):
        if any(not tag.strip() for tag in row):
            raise error_at(place, source, "a word has no tag.")
