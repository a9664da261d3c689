"""Tagged text in JSON: words with tags, or texts with the places of their spans, as annotation tools write them.

A line, or a member of a list, is one of

    {"tokens": ["In", "Rome"], "tags": ["O", "B-place"], "intent": "..."}           also `words`; `ner_tags`, `labels`
    {"text": "In Rome", "entities": [[3, 7, "place"]]}                              spaCy; doccano with `label`
    ["In Rome", {"entities": [[3, 7, "place"]]}]                                    spaCy's TRAIN_DATA, NER Annotator
    {"text": "In Rome", "spans": [{"start": 3, "end": 7, "label": "place"}]}        Prodigy
    {"text": "In Rome", "entities": [{"start_offset": 3, "end_offset": 7, "label": "place"}]}        doccano
    {"text": "In Rome", "label": {"place": {"Rome": [[3, 6]]}}}                     CLUENER, the last place included
    {"data": {"text": "In Rome"}, "annotations": [{"result": [{"value":
        {"start": 3, "end": 7, "labels": ["place"]}}]}]}                            Label Studio

Other keys of spans are `ents`, `ner` and `named_entities`, and a kind may be under `type`, `entity` or `category`.
Other forms of words with tags, and tables with such records, are in `syntagma.data.formats.tagged_records`.

Places count characters, the end not included; see `syntagma.data.formats.places` for what else they may count. Texts
are cut into words by `syntagma.text.word_splitter`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from syntagma.data.formats.jsonl import first_record
from syntagma.data.formats.lines import name_of
from syntagma.data.formats.marks import Marked, Marks
from syntagma.data.formats.names import format_of
from syntagma.data.formats.places import CHARACTERS, Claim, Unit, false_claims, unit_of
from syntagma.data.formats.rows import BadRows, RawRows
from syntagma.data.formats.tagged_records import first_row, in_known_form, tagged_records
from syntagma.data.formats.words import check_word
from syntagma.errors import DataError
from syntagma.progress import note

WORDS, TAGS = "tokens", "tags"
WORD_KEYS = (WORDS, "words")
_TAG_KEYS = (TAGS, "ner_tags", "labels", "bio_tags", "ner", "pos_tags", "upos", "label")
_SURELY_TAGS = (TAGS, "ner_tags", "bio_tags")
_SPAN_KEYS = ("entities", "spans", "label", "labels", "ents", "ner", "named_entities")
_STARTS = ("start", "start_offset", "start_char", "begin", "offset", "startOffset")
_ENDS = ("end", "end_offset", "end_char", "stop", "endOffset")
_KINDS = ("label", "labels", "type", "entity", "category", "entity_group", "entity_type", "tag")
# Forms that are not read, by a key of theirs.
_NOT_READ = {
    "sentences": "spaCy's old training JSON, which is not read; write it as .conll with `python -m spacy convert`",
    "rasa_nlu_data": "Rasa's JSON, which is not read; give the list under `common_examples` alone",
}
_REFUSED = ("reject", "ignore")


class _BadRecordError(ValueError):
    """A record breaks a rule."""


class _Text(NamedTuple):
    """A text with spans, as a record has it; claims are what it says that the text has at places."""

    line: int
    text: str
    marks: list[Marked]
    claims: list[Claim]
    facts: dict[str, Any]


class Keys(NamedTuple):
    """Keys of words and tags that are asked for, and names of tags that are numbers."""

    word: str | None = None
    tag: str | None = None
    names: Sequence[str] = ()


def read_tagged_records(
    path: str | Path, bad_rows: BadRows, marks: Marks, keys: Keys, format: str = "jsonl"
) -> tuple[RawRows, tuple[str, str]]:
    """Read sentences from JSON, or a table of records, and return them with the columns of words and tags.

    Spans come as tags of the scheme BIO. `bad_rows` receives records that are of none of the forms, or whose spans are
    no spans of their text.

    Raises:
        DataError: There is no sentence, or a record breaks a rule.
    """
    found, texts, refused, columns = RawRows(), [], 0, (WORDS, TAGS)
    empty: list[int] = []
    for number, record in tagged_records(path, format, bad_rows):
        if record is None:
            refused += 1
            continue
        try:
            record = _as_object(record)
            if record.get("answer") in _REFUSED:
                refused += 1
            elif (own := _keys_of(record, keys)) is not None:
                columns = own
                if not record[own[0]] and not record[own[1]]:
                    empty.append(number)
                    continue
                _add_words(found, record, own, keys.names, number, bad_rows)
            else:
                texts.append(_text_of(record, number))
        except _BadRecordError as problem:
            bad_rows.found(number, str(problem))
    empty += _add_texts(found, texts, path, bad_rows, marks)
    if empty and found.places:
        note(f"{name_of(path)}:{min(empty)}: {len(empty):,} texts without a word are left out.")
    if refused:
        note(f"{name_of(path)}: {refused:,} texts are left out, which somebody rejected, ignored or left empty.")
    if not found.places and not len(bad_rows):
        raise DataError("holds no sentence with a word.", path=name_of(path))
    return found, columns


def holds_tags(path: str | Path, keys: Keys | None = None) -> bool:
    """Return whether the first record has words with tags, or a text with spans; false if it is no text."""
    try:
        is_table = format_of(Path(path)) in ("csv", "tsv")
        record = first_row(path) if is_table else _as_object(in_known_form(first_record(path)))
    except (DataError, _BadRecordError):  # whoever reads it all says why
        return False
    if ("annotations" in record and "data" in record) or _keys_of(record, keys or Keys()) is not None:
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
    """Return a record as an object: a pair of a text and what is said of it too."""
    if isinstance(record, dict):
        return record
    if isinstance(record, list) and len(record) == 2 and isinstance(record[0], str) and isinstance(record[1], dict):
        return {"text": record[0], **record[1]}
    raise _BadRecordError(f"one JSON object {{...}} is needed; got a {type(record).__name__}")


def _keys_of(record: dict[str, Any], keys: Keys) -> tuple[str, str] | None:
    """Return the keys of words and tags, or `None` if a record has no tagged words."""
    word = keys.word or next((name for name in WORD_KEYS if isinstance(record.get(name), list)), None)
    if word is None or not isinstance(record.get(word), list) or _is_list_of(record[word] or [0], dict):
        return None
    tagged = [name for name in _TAG_KEYS if _is_list_of(record.get(name), str, int)]
    # Labels of a whole text may be a list too.
    fitting = [name for name in tagged if len(record[name]) == len(record[word])]
    named = next(iter([*fitting, *(name for name in tagged if name in _SURELY_TAGS)]), None)
    tag = keys.tag if _is_list_of(record.get(keys.tag or ""), str, int) else named
    return None if tag is None else (word, tag)


def _is_list_of(value: Any, *types: type) -> bool:
    return isinstance(value, list) and all(isinstance(one, types) for one in value)


def _add_words(
    found: RawRows, record: dict[str, Any], keys: tuple[str, str], names: Sequence[str], line: int, bad_rows: BadRows
) -> None:
    words = record[keys[0]]
    tags = _named(record[keys[1]], keys[1], names)
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
        found.add_words(columns, facts, line)


def _named(tags: list[Any], key: str, names: Sequence[str]) -> list[Any]:
    """Return tags that are numbers by their names."""
    if not tags or not _is_list_of(tags, int):
        return tags
    if not names:
        raise _BadRecordError(
            f"the tags in {key!r} are numbers; name them in their order with --label-names O,B-PER,... (in Python: "
            "ReadOptions(label_names=[...]))"
        )
    wrong = next((tag for tag in tags if not 0 <= tag < len(names)), None)
    if wrong is not None:
        raise _BadRecordError(f"the tag {wrong} in {key!r} has no name; {len(names)} are given: {', '.join(names)}")
    return [names[tag] for tag in tags]


def _add_texts(found: RawRows, texts: list[_Text], path: str | Path, bad_rows: BadRows, marks: Marks) -> list[int]:
    """Add texts with spans, whose places count what all claims of the file agree on; return lines without a word."""
    unit = unit_of((one.text, one.claims) for one in texts)
    if unit is not None and unit is not CHARACTERS and texts:
        note(f"{name_of(path)}: places of spans count {unit.name}; they are read so, since all texts then agree.")
    empty = []
    for line, text, marked, claims, facts in texts:
        try:
            _check_claims(text, claims, unit)
            words, tags = marks.tagged(text, _in_characters(text, marked, unit or CHARACTERS), line)
        except ValueError as problem:
            bad_rows.found(line, str(problem))
            continue
        if words:
            found.add_words({WORDS: words, TAGS: tags}, {**facts, "text": text}, line)
        else:
            empty.append(line)
    marks.check()
    return empty


def _check_claims(text: str, claims: list[Claim], unit: Unit | None) -> None:
    false = [] if unit is not None else false_claims(text, claims)
    if false:
        start, end, said = false[0]
        raise _BadRecordError(
            f"characters {start} to {end} are said to be {said!r:.80}, but the text has {text[start:end]!r:.80} there; "
            "the file counts something else, or its text was changed after it was marked"
        )


def _in_characters(text: str, marked: list[Marked], unit: Unit) -> list[Marked]:
    if unit is CHARACTERS:
        return marked
    places = unit.places(text)
    return [Marked(places.get(one.start, -1), places.get(one.end, -1), one.kind) for one in marked]


def is_words(value: Any) -> bool:
    """Whether a value is a list of strings."""
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _text_of(record: dict[str, Any], line: int) -> _Text:
    """Return a text with its spans."""
    text, spans, facts = _with_spans(record)
    marks, claims = [], []
    for span in spans:
        mark = _marked(span)
        marks.append(mark)
        if isinstance(span, dict) and isinstance(span.get("text"), str):
            claims.append(Claim(mark.start, mark.end, span["text"]))
    return _Text(line, text, marks, [*claims, *_claims_of_tokens(record.get(WORDS))], facts)


def _claims_of_tokens(tokens: Any) -> Iterator[Claim]:
    """Yield what Prodigy says of the words of a text."""
    for one in tokens if isinstance(tokens, list) else ():
        if isinstance(one, dict) and isinstance(one.get("text"), str):
            start, end = one.get("start"), one.get("end")
            if isinstance(start, int) and isinstance(end, int):
                yield Claim(start, end, one["text"])


def _is_by_kind(label: Any) -> bool:
    """Return whether spans are given by kind and words, as CLUENER does."""
    return isinstance(label, dict) and all(isinstance(words, dict) for words in label.values())


def _spans_by_kind(label: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return spans of CLUENER, whose last place is included."""
    found = []
    for kind, words in label.items():
        for word, places in words.items():
            for place in places if isinstance(places, list) else [places]:
                if not _is_list_of(place, int) or len(place) != 2:
                    raise _BadRecordError(f"the places of {word!r} must be pairs of whole numbers; got {place!r}")
                found.append({"start": place[0], "end": place[1] + 1, "label": kind, "text": word})
    return found


def _with_spans(record: dict[str, Any]) -> tuple[str, list[Any], dict[str, Any]]:
    """Return the text, its spans as the record has them, and whatever else it says."""
    if isinstance(record.get("data"), dict) and ("annotations" in record or "predictions" in record):
        return _of_label_studio(record, record["data"])
    text = record.get("text")
    if isinstance(text, str) and _is_by_kind(record.get("label")):
        facts = {name: value for name, value in record.items() if name not in ("text", "label")}
        return text, list(_spans_by_kind(record["label"])), facts
    key = next((name for name in _SPAN_KEYS if isinstance(record.get(name), list)), None)
    if (known := next((format for name, format in _NOT_READ.items() if name in record), None)) is not None:
        raise _BadRecordError(f"this is {known}")
    if not isinstance(text, str) or key is None:
        raise _BadRecordError(
            f"{WORDS!r} and {TAGS!r}, or 'text' and spans under one of {', '.join(_SPAN_KEYS)}, are needed; got the "
            f"keys {', '.join(map(str, record))}"
        )
    facts = {name: value for name, value in record.items() if name not in ("text", key, WORDS)}
    if not {"intent", "label"} & set(facts) and (label := _label_of(facts.get("cats"))) is not None:
        del facts["cats"]
        facts["intent"] = label
    return text, record[key], facts


def _label_of(cats: Any) -> str | None:
    """The one label of a whole text, as doccano (a list) and spaCy (with probabilities) write it; else `None`."""
    if isinstance(cats, list):
        return cats[0] if len(cats) == 1 and isinstance(cats[0], str) else None
    if not isinstance(cats, dict) or not cats or not all(isinstance(value, int | float) for value in cats.values()):
        return None
    best = max(cats.values())
    names = [name for name, value in cats.items() if value == best]
    return names[0] if best > 0 and len(names) == 1 else None


def _of_label_studio(record: dict[str, Any], data: dict[str, Any]) -> tuple[str, list[Any], dict[str, Any]]:
    strings = [name for name, value in data.items() if isinstance(value, str)]
    names = ["text"] if "text" in strings else strings
    annotations = record.get("annotations")
    if not isinstance(annotations, list) or not all(isinstance(one, dict) for one in annotations):
        raise _BadRecordError("'annotations' are needed, a list of what people marked; 'predictions' are a model's")
    annotations = [one for one in annotations if not one.get("was_cancelled")]
    if not annotations:
        raise _BadRecordError("nobody has marked it: there is no annotation; leave it out, or mark it as empty")
    if (len(names), len(annotations)) != (1, 1):
        raise _BadRecordError(
            f"one text and one annotation of it are needed; got {len(names)} texts and {len(annotations)} annotations"
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
            raise _BadRecordError(f"spans of the type {kind!r} are not those of plain text, 'labels'")
        elif kind == "choices" and isinstance(value, dict) and (label := _label_of(value.get("choices"))) is not None:
            facts["intent"] = label
    return data[names[0]], spans, facts


def _marked(span: Any) -> Marked:
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
        raise _BadRecordError(f"a span needs whole numbers for start and end and one label; got {span!r}")
    return Marked(start, end, kind)
