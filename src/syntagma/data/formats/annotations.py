"""Tagged text in JSON, as written by annotation tools: words with tags, or texts with character spans.

Each line of a JSONL file, or each member of a JSON list, has one of these forms:

    {"tokens": ["In", "Rome"], "tags": ["O", "B-place"], "intent": "..."}           also `words`; `ner_tags`, `labels`
    {"text": "In Rome", "entities": [[3, 7, "place"]]}                              spaCy; doccano with `label`
    ["In Rome", {"entities": [[3, 7, "place"]]}]                                    spaCy's TRAIN_DATA, NER Annotator
    {"text": "In Rome", "spans": [{"start": 3, "end": 7, "label": "place"}]}        Prodigy
    {"text": "In Rome", "entities": [{"start_offset": 3, "end_offset": 7, "label": "place"}]}        doccano
    {"text": "In Rome", "label": {"place": {"Rome": [[3, 6]]}}}                     CLUENER, with inclusive ends
    {"data": {"text": "In Rome"}, "annotations": [{"result": [{"value":
        {"start": 3, "end": 7, "labels": ["place"]}}]}]}                            Label Studio

The list of spans may also be under the key `ents`, `ner` or `named_entities`, and the label of a span may be under
`type`, `entity` or `category`. Words with tags in other forms, and rows of tables, are first converted to these forms
by `syntagma.data.formats.tagged_records`.

Offsets count characters, and end offsets are exclusive unless noted; see `syntagma.data.formats.offsets` for other
units. Texts are split into words by `syntagma.text.word_splitter`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from syntagma.data.formats.jsonl import first_record
from syntagma.data.formats.lines import name_of
from syntagma.data.formats.names import format_of
from syntagma.data.formats.offsets import CHARACTERS, Claim, OffsetUnit, detect_unit, find_mismatches
from syntagma.data.formats.rows import BadRows, RawRows
from syntagma.data.formats.span_conversion import CharacterSpan, SpanConverter
from syntagma.data.formats.tagged_records import first_row, iterate_records, normalise_record
from syntagma.data.formats.words import check_word
from syntagma.errors import DataError
from syntagma.progress import note, note_left_out

WORDS, TAGS = "tokens", "tags"
WORD_KEYS = (WORDS, "words")
_TAG_KEYS = (TAGS, "ner_tags", "labels", "bio_tags", "ner", "pos_tags", "upos", "label")
_UNAMBIGUOUS_TAG_KEYS = (TAGS, "ner_tags", "bio_tags")
_SPAN_KEYS = ("entities", "spans", "label", "labels", "ents", "ner", "named_entities")
_STARTS = ("start", "start_offset", "start_char", "begin", "offset", "startOffset")
_ENDS = ("end", "end_offset", "end_char", "stop", "endOffset")
_KINDS = ("label", "labels", "type", "entity", "category", "entity_group", "entity_type", "tag")
# Unsupported forms, by a key that identifies them.
_UNSUPPORTED = {
    "sentences": "spaCy's old training JSON, which is not supported; convert it to .conll with `python -m spacy "
    "convert`",
    "rasa_nlu_data": "Rasa's JSON, which is not supported; save only the list under `common_examples`",
}
_REJECTED = ("reject", "ignore")


class _BadRecordError(ValueError):
    """Error raised for a single invalid record, to be reported as a bad row."""


class _Text(NamedTuple):
    """A text with its spans, as read from a record.

    Attributes:
        line: Line number of the record.
        text: The text.
        marks: Spans of the text, with offsets in the unit of the file.
        claims: Statements in the record about the text between two offsets, used to detect the unit of the offsets.
        facts: Remaining keys and values of the record.
    """

    line: int
    text: str
    marks: list[CharacterSpan]
    claims: list[Claim]
    facts: dict[str, Any]


class Keys(NamedTuple):
    """The user's settings for the keys of words and tags, and for the names of numeric tags.

    Attributes:
        word: Key of the list of words. By default, the usual keys are tried.
        tag: Key of the list of tags. By default, the usual keys are tried.
        names: Names of tags that are stored as numbers; number `n` has the name `names[n]`.
    """

    word: str | None = None
    tag: str | None = None
    names: Sequence[str] = ()


def read_tagged_records(
    path: str | Path, bad_rows: BadRows, marks: SpanConverter, keys: Keys, format: str = "jsonl"
) -> tuple[RawRows, tuple[str, str]]:
    """Read sentences from JSON or from a table of records, and convert character spans to BIO tags.

    Args:
        path: File to read; `-` is the standard input.
        bad_rows: Collector of records that have an unknown form or invalid spans.
        marks: Converter from character spans to tags.
        keys: Keys of words and tags, and names of numeric tags.
        format: Format of the file: "jsonl", "csv", "tsv" or "parquet".

    Returns:
        The sentences, and the names of their word column and tag column.

    Raises:
        DataError: If there are no sentences, a span begins or ends within a word and `marks` does not allow this, or a
            record breaks a rule and bad rows are not skipped.
    """
    sentences, texts, rejected, columns = RawRows(), [], 0, (WORDS, TAGS)
    empty: list[int] = []
    for number, record in iterate_records(path, format, bad_rows):
        if record is None:
            rejected += 1
            continue
        try:
            record = _as_object(record)
            if record.get("answer") in _REJECTED:
                rejected += 1
            elif (own := _find_keys(record, keys)) is not None:
                columns = own
                if not record[own[0]] and not record[own[1]]:
                    empty.append(number)
                    continue
                _add_words(sentences, record, own, keys.names, number, bad_rows)
            else:
                texts.append(_parse_text(record, number))
        except _BadRecordError as problem:
            bad_rows.add(number, str(problem))
    empty += _add_texts(sentences, texts, path, bad_rows, marks)
    if empty and sentences.places:
        note_left_out(f"{name_of(path)}:{min(empty)}: {len(empty):,} texts without words are left out.")
    if rejected:
        note_left_out(f"{name_of(path)}: {rejected:,} texts that were rejected, ignored or left empty are left out.")
    if not sentences.places and not len(bad_rows):
        raise DataError("contains no sentences with words.", path=name_of(path))
    return sentences, columns


def holds_tags(path: str | Path, keys: Keys | None = None) -> bool:
    """Return whether the first record has words with tags or a text with spans; return False for an unreadable file."""
    try:
        is_table = format_of(Path(path)) in ("csv", "tsv")
        record = first_row(path) if is_table else _as_object(normalise_record(first_record(path)))
    except (DataError, _BadRecordError):  # raised again when the file is read
        return False
    if ("annotations" in record and "data" in record) or _find_keys(record, keys or Keys()) is not None:
        return True
    if not isinstance(record.get("text"), str):
        return False
    if _is_by_kind(record.get("label")):
        return True
    spans = next((record[name] for name in _SPAN_KEYS if isinstance(record.get(name), list)), None)
    if spans is None:
        return False
    return all(isinstance(span, list | dict) for span in spans) if spans else not {"label", "labels"} & set(record)


def _as_object(record: Any) -> dict[str, Any]:
    """Return a record as a JSON object. A pair `[text, object]` is merged into a single object."""
    if isinstance(record, dict):
        return record
    if isinstance(record, list) and len(record) == 2 and isinstance(record[0], str) and isinstance(record[1], dict):
        return {"text": record[0], **record[1]}
    raise _BadRecordError(f"a record must be a JSON object {{...}}; got a {type(record).__name__}")


def _find_keys(record: dict[str, Any], keys: Keys) -> tuple[str, str] | None:
    """Return the key of the words and the key of the tags, or `None` if the record has no tagged words."""
    word = keys.word or next((name for name in WORD_KEYS if isinstance(record.get(name), list)), None)
    if word is None or not isinstance(record.get(word), list) or _is_list_of(record[word] or [0], dict):
        return None
    tagged = [name for name in _TAG_KEYS if _is_list_of(record.get(name), str, int)]
    # A list may also be the labels of the whole text, so prefer one with a tag per word.
    fitting = [name for name in tagged if len(record[name]) == len(record[word])]
    named = next(iter([*fitting, *(name for name in tagged if name in _UNAMBIGUOUS_TAG_KEYS)]), None)
    tag = keys.tag if _is_list_of(record.get(keys.tag or ""), str, int) else named
    return None if tag is None else (word, tag)


def _is_list_of(value: Any, *types: type) -> bool:
    return isinstance(value, list) and all(isinstance(one, types) for one in value)


def _add_words(
    sentences: RawRows,
    record: dict[str, Any],
    keys: tuple[str, str],
    names: Sequence[str],
    line: int,
    bad_rows: BadRows,
) -> None:
    words = record[keys[0]]
    tags = _name_tags(record[keys[1]], keys[1], names)
    columns: dict[str, list[str]] = {}
    facts: dict[str, Any] = {}
    for name, value in {**record, keys[1]: tags}.items():
        is_column = name in keys or (is_words(value) and len(value) == len(words))
        (columns if is_column else facts)[name] = value
    for name in keys:
        if not is_words(columns[name]):
            raise _BadRecordError(f"{name!r} must be a list of strings")
    if len(tags) != len(words):
        raise _BadRecordError(f"each word needs a tag; got {len(words)} {keys[0]} and {len(tags)} {keys[1]}")
    if all(check_word(word, line, bad_rows) for word in words):
        sentences.add_words(columns, facts, line)


def _name_tags(tags: list[Any], key: str, names: Sequence[str]) -> list[Any]:
    """Return the tags, with numeric tags replaced by their names."""
    if not tags or not _is_list_of(tags, int):
        return tags
    if not names:
        raise _BadRecordError(
            f"the tags in {key!r} are numbers; list their names in order with --label-names O,B-PER,... (in Python: "
            "ReadOptions(label_names=[...]))"
        )
    wrong = next((tag for tag in tags if not 0 <= tag < len(names)), None)
    if wrong is not None:
        raise _BadRecordError(
            f"each tag in {key!r} must be one of the {len(names)} label names ({', '.join(names)}); got {wrong}"
        )
    return [names[tag] for tag in tags]


def _add_texts(
    sentences: RawRows, texts: list[_Text], path: str | Path, bad_rows: BadRows, marks: SpanConverter
) -> list[int]:
    """Add texts with spans to `sentences`, and return the line numbers of texts without words.

    All offsets are read in the same unit. It is detected from the `Claim` objects of all texts in the file.
    """
    unit = detect_unit((one.text, one.claims) for one in texts)
    if unit is not None and unit is not CHARACTERS and texts:
        note(f"{name_of(path)}: span offsets are read as {unit.name}, because all texts match in that unit.")
    empty = []
    for line, text, marked, claims, facts in texts:
        try:
            _check_claims(text, claims, unit)
            words, tags = marks.tag_words(text, _to_characters(text, marked, unit or CHARACTERS), line)
        except ValueError as problem:
            bad_rows.add(line, str(problem))
            continue
        if words:
            sentences.add_words({WORDS: words, TAGS: tags}, {**facts, "text": text}, line)
        else:
            empty.append(line)
    marks.check()
    return empty


def _check_claims(text: str, claims: list[Claim], unit: OffsetUnit | None) -> None:
    mismatches = [] if unit is not None else find_mismatches(text, claims)
    if mismatches:
        start, end, stated = mismatches[0]
        raise _BadRecordError(
            f"characters {start} to {end} must be {stated!r:.80}, but the text has {text[start:end]!r:.80} there; "
            "the offsets count another unit, or the text was changed after it was annotated"
        )


def _to_characters(text: str, marked: list[CharacterSpan], unit: OffsetUnit) -> list[CharacterSpan]:
    """Convert the offsets of spans from `unit` to characters; offsets not at a character boundary become -1."""
    if unit is CHARACTERS:
        return marked
    offsets = unit.character_offsets(text)
    return [CharacterSpan(offsets.get(one.start, -1), offsets.get(one.end, -1), one.kind) for one in marked]


def is_words(value: Any) -> bool:
    """Return whether a value is a list of strings."""
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _parse_text(record: dict[str, Any], line: int) -> _Text:
    """Parse a record as a text with spans."""
    text, spans, facts = _find_spans(record)
    marks, claims = [], []
    for span in spans:
        mark = _parse_span(span)
        marks.append(mark)
        if isinstance(span, dict) and isinstance(span.get("text"), str):
            claims.append(Claim(mark.start, mark.end, span["text"]))
    return _Text(line, text, marks, [*claims, *_token_claims(record.get(WORDS))], facts)


def _token_claims(tokens: Any) -> Iterator[Claim]:
    """Yield a `Claim` for each token that Prodigy lists with its text and offsets."""
    for one in tokens if isinstance(tokens, list) else ():
        if isinstance(one, dict) and isinstance(one.get("text"), str):
            start, end = one.get("start"), one.get("end")
            if isinstance(start, int) and isinstance(end, int):
                yield Claim(start, end, one["text"])


def _is_by_kind(label: Any) -> bool:
    """Return whether `label` contains spans grouped by label and text, as in CLUENER's format."""
    return isinstance(label, dict) and all(isinstance(words, dict) for words in label.values())


def _spans_by_kind(label: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Convert spans from CLUENER's format, which has inclusive end offsets, to a list of dictionaries, one per span."""
    spans = []
    for kind, words in label.items():
        for word, offsets in words.items():
            for pair in offsets if isinstance(offsets, list) else [offsets]:
                if not _is_list_of(pair, int) or len(pair) != 2:
                    raise _BadRecordError(f"the offsets of {word!r} must be pairs of integers; got {pair!r}")
                spans.append({"start": pair[0], "end": pair[1] + 1, "label": kind, "text": word})
    return spans


def _find_spans(record: dict[str, Any]) -> tuple[str, list[Any], dict[str, Any]]:
    """Return the text of a record, its spans in the record's own format, and a dictionary of its remaining values."""
    if isinstance(record.get("data"), dict) and ("annotations" in record or "predictions" in record):
        return _read_label_studio(record, record["data"])
    text = record.get("text")
    if isinstance(text, str) and _is_by_kind(record.get("label")):
        facts = {name: value for name, value in record.items() if name not in ("text", "label")}
        return text, list(_spans_by_kind(record["label"])), facts
    key = next((name for name in _SPAN_KEYS if isinstance(record.get(name), list)), None)
    if (known := next((format for name, format in _UNSUPPORTED.items() if name in record), None)) is not None:
        raise _BadRecordError(f"this is {known}")
    if not isinstance(text, str) or key is None:
        raise _BadRecordError(
            f"a record needs {WORDS!r} and {TAGS!r}, or 'text' and spans under one of {', '.join(_SPAN_KEYS)}; got the "
            f"keys {', '.join(map(str, record))}"
        )
    facts = {name: value for name, value in record.items() if name not in ("text", key, WORDS)}
    if not {"intent", "label"} & set(facts) and (label := _text_label(facts.get("cats"))) is not None:
        del facts["cats"]
        facts["intent"] = label
    return text, record[key], facts


def _text_label(cats: Any) -> str | None:
    """Return the label of the whole text, or `None` if the text does not have exactly one label.

    doccano writes a list, which must contain exactly one label. spaCy writes a probability for each label, and exactly
    one label must have the highest probability.
    """
    if isinstance(cats, list):
        return cats[0] if len(cats) == 1 and isinstance(cats[0], str) else None
    if not isinstance(cats, dict) or not cats or not all(isinstance(value, int | float) for value in cats.values()):
        return None
    best = max(cats.values())
    names = [name for name, value in cats.items() if value == best]
    return names[0] if best > 0 and len(names) == 1 else None


def _read_label_studio(record: dict[str, Any], data: dict[str, Any]) -> tuple[str, list[Any], dict[str, Any]]:
    strings = [name for name, value in data.items() if isinstance(value, str)]
    names = ["text"] if "text" in strings else strings
    annotations = record.get("annotations")
    if not isinstance(annotations, list) or not all(isinstance(one, dict) for one in annotations):
        raise _BadRecordError("a record needs a list of 'annotations'; 'predictions' are the output of a model")
    annotations = [one for one in annotations if not one.get("was_cancelled")]
    if not annotations:
        raise _BadRecordError("a record needs an annotation; leave it out, or submit an empty annotation")
    if (len(names), len(annotations)) != (1, 1):
        raise _BadRecordError(
            f"a record needs one text and one annotation; got {len(names)} texts and {len(annotations)} annotations"
        )
    results = annotations[0].get("result")
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        raise _BadRecordError("an annotation needs a list of results")
    facts = {name: value for name, value in data.items() if name != names[0]}
    spans = []
    for one in results:
        kind, value = one.get("type", "labels"), one.get("value")
        if kind == "labels":
            spans.append(value)
        elif isinstance(kind, str) and kind.endswith("labels"):
            raise _BadRecordError(f"spans must have the type 'labels', for plain text; got {kind!r}")
        elif kind == "choices" and isinstance(value, dict) and (label := _text_label(value.get("choices"))) is not None:
            facts["intent"] = label
    return data[names[0]], spans, facts


def _parse_span(span: Any) -> CharacterSpan:
    if isinstance(span, list | tuple) and len(span) == 3:
        start, end, kind = span
    elif isinstance(span, dict):
        start = next((span[name] for name in _STARTS if name in span), None)
        end = next((span[name] for name in _ENDS if name in span), None)
        kind = next((span[name] for name in _KINDS if name in span), None)
        if end is None and isinstance(start, int) and isinstance(span.get("length"), int):
            end = start + span["length"]
    else:
        start = end = kind = None
    if isinstance(kind, list) and len(kind) == 1:
        kind = kind[0]
    numbers = all(isinstance(place, int) and not isinstance(place, bool) for place in (start, end))
    if not numbers or not isinstance(kind, str) or not kind:
        raise _BadRecordError(f"a span needs an integer start and end, and one label; got {span!r}")
    return CharacterSpan(start, end, kind)
