"""Tagged text in JSON: words with tags, or texts with the places of their spans, as annotation tools write them.

A line, or a member of one list in a `.json` file, is one of

    {"tokens": ["In", "Rome"], "tags": ["O", "B-place"], "intent": "..."}
    {"text": "In Rome", "entities": [[3, 7, "place"]]}                              spaCy; doccano with `label`
    {"text": "In Rome", "spans": [{"start": 3, "end": 7, "label": "place"}]}        Prodigy
    {"text": "In Rome", "entities": [{"start_offset": 3, "end_offset": 7, "label": "place"}]}        doccano
    {"data": {"text": "In Rome"}, "annotations": [{"result": [{"value":
        {"start": 3, "end": 7, "labels": ["place"]}}]}]}                            Label Studio

Places count characters, the end not included. Texts are cut into words by `syntagma.text.word_splitter`.
"""

from pathlib import Path
from typing import Any, NamedTuple

from syntagma.data.formats.jsonl import json_object, read_records
from syntagma.data.formats.lines import first_line, name_of
from syntagma.data.formats.rows import BadRows, RawRows
from syntagma.data.formats.words import check_word
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.text.spans import Span, tags_of
from syntagma.text.word_splitter import Word, split_words

WORDS, TAGS = "tokens", "tags"
_SPAN_KEYS = ("entities", "spans", "label", "labels")
_STARTS, _ENDS = ("start", "start_offset"), ("end", "end_offset")
_REFUSED = ("reject", "ignore")
_SHOWN = 10


class _Marked(NamedTuple):
    """A span of characters, as a file has it."""

    start: int
    end: int
    kind: str


class _BadRecordError(ValueError):
    """A record breaks a rule."""


class CutWords:
    """Spans of a file whose borders lie within words, a line for each in `seen`.

    Without `widen`, which widens them to whole words, the reader stops when it has seen them all.
    """

    def __init__(self, path: str | Path, *, widen: bool):
        self.path = path
        self.widen = widen
        self.seen: list[str] = []

    def found(self, line: int, text: str, marked: _Marked, words: list[Word]) -> None:
        """Note one."""
        cut = ", ".join(repr(word.text) for word in words)
        self.seen.append(
            f"line {line}: {marked.kind} {marked.start} to {marked.end} "
            f"({text[marked.start : marked.end]!r}) cuts {cut}"
        )

    def check(self) -> None:
        """Stop if spans cut words and are not widened.

        Raises:
            DataError: It names them.
        """
        if not self.seen or self.widen:
            return
        shown = "; ".join(self.seen[:_SHOWN])
        more = f"; and {len(self.seen) - _SHOWN:,} more" if len(self.seen) > _SHOWN else ""
        raise DataError(
            f"{len(self.seen):,} spans begin or end within a word: {shown}{more}. Mend them, or widen them to whole "
            "words with --cut-words widen (in Python: ReadOptions(cut_words='widen')).",
            path=name_of(self.path),
        )


def read_tagged_jsonl(path: str | Path, bad_rows: BadRows, cut_words: CutWords) -> RawRows:
    """Read sentences from JSON lines, or a `.json` file with one list; spans come as tags of the scheme BIO.

    `bad_rows` receives records that are of none of the forms, or whose spans are no spans of their text.

    Raises:
        DataError: There is no sentence, or a record breaks a rule.
    """
    found, refused, empty = RawRows(), 0, []
    for number, record in read_records(path, bad_rows):
        if record.get("answer") in _REFUSED:
            refused += 1
            continue
        try:
            columns, facts, text = _sentence(record, number, cut_words)
        except _BadRecordError as problem:
            bad_rows.found(number, str(problem))
            continue
        if not columns[WORDS]:
            empty.append(number)
        elif all(check_word(word, number, bad_rows) for word in columns[WORDS]):
            found.add_words(columns, facts if text is None else {**facts, "text": text}, number)
    cut_words.check()
    if empty and found.places:
        note(f"{name_of(path)}:{empty[0]}: {len(empty):,} texts without a word are left out.")
    if refused:
        note(f"{name_of(path)}: {refused:,} texts are left out, which somebody rejected or ignored (Prodigy's answer).")
    if not found.places and not len(bad_rows):
        raise DataError("holds no sentence with a word.", path=name_of(path))
    return found


def holds_tags(path: str | Path) -> bool:
    """Whether the first of a file of JSON lines has words with tags, or a text with spans; not where it is no text."""
    try:
        record = json_object(first_line(path)) or {}
    except DataError:  # whoever reads it all says why
        return False
    if ("annotations" in record and "data" in record) or (isinstance(record.get(WORDS), list) and TAGS in record):
        return True
    spans = next((record[name] for name in _SPAN_KEYS if isinstance(record.get(name), list)), None)
    if spans is None or not isinstance(record.get("text"), str):
        return False
    return all(isinstance(span, list | dict) for span in spans) if spans else not {"label", "labels"} & set(record)


def _sentence(
    record: dict[str, Any], number: int, cut_words: CutWords
) -> tuple[dict[str, list[str]], dict[str, Any], str | None]:
    """Columns of words, facts of the sentence, and its text where there is one."""
    if isinstance(record.get(WORDS), list) and isinstance(record.get(TAGS), list):
        return _of_words(record)
    text, spans, rest = _of_spans(record)
    words = split_words(text)
    marked = [_checked(span, text) for span in spans]
    tags = _tags(text, words, marked, number, cut_words)
    return {WORDS: [word.text for word in words], TAGS: tags}, rest, text


def _of_words(record: dict[str, Any]) -> tuple[dict[str, list[str]], dict[str, Any], str | None]:
    words = record[WORDS]
    columns, facts = {}, {}
    for name, value in record.items():
        if name in (WORDS, TAGS) or (is_words(value) and len(value) == len(words)):
            columns[name] = value
        else:
            facts[name] = value
    for name in (WORDS, TAGS):
        if not is_words(columns[name]):
            raise _BadRecordError(f"{name!r} must be a list of strings")
    if len(columns[TAGS]) != len(words):
        raise _BadRecordError(f"each word needs a tag; got {len(words)} {WORDS} and {len(columns[TAGS])} {TAGS}")
    return columns, facts, facts.pop("text") if isinstance(facts.get("text"), str) else None


def is_words(value: Any) -> bool:
    """Whether a value is a list of strings."""
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _of_spans(record: dict[str, Any]) -> tuple[str, list[Any], dict[str, Any]]:
    """Text, spans as the record has them, and whatever else it says."""
    if isinstance(record.get("data"), dict) and ("annotations" in record or "predictions" in record):
        return _of_label_studio(record, record["data"])
    text = record.get("text")
    key = next((name for name in _SPAN_KEYS if isinstance(record.get(name), list)), None)
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


def _checked(span: Any, text: str) -> _Marked:
    marked = _marked(span)
    if not 0 <= marked.start < marked.end <= len(text):
        raise _BadRecordError(
            f"a span must lie in its text of {len(text):,} characters; got {marked.kind!r} from {marked.start} to "
            f"{marked.end}"
        )
    inner = text[marked.start : marked.end]
    begin = marked.start + len(inner) - len(inner.lstrip())
    end = marked.end - len(inner) + len(inner.rstrip())
    if begin >= end:
        raise _BadRecordError(f"a span of white space: {marked.kind!r} from {marked.start} to {marked.end}")
    return _Marked(begin, end, marked.kind)


def _marked(span: Any) -> _Marked:
    if isinstance(span, list | tuple) and len(span) == 3:
        start, end, kind = span
    elif isinstance(span, dict):
        start = next((span[name] for name in _STARTS if name in span), None)
        end = next((span[name] for name in _ENDS if name in span), None)
        kind = span.get("label", span.get("labels"))
    else:
        start = end = kind = None
    if isinstance(kind, list) and len(kind) == 1:
        kind = kind[0]
    numbers = all(isinstance(place, int) and not isinstance(place, bool) for place in (start, end))
    if not numbers or not isinstance(kind, str) or not kind:
        raise _BadRecordError(f"a span needs whole numbers for start and end and one label; got {span!r}")
    return _Marked(start, end, kind)


def _tags(text: str, words: list[Word], marked: list[_Marked], number: int, cut_words: CutWords) -> list[str]:
    spans: list[Span] = []
    for one in sorted(marked):
        inside = [place for place, word in enumerate(words) if word.start < one.end and one.start < word.end]
        if not inside:
            raise _BadRecordError(f"a span without a word: {one.kind!r} from {one.start} to {one.end}")
        first, last = inside[0], inside[-1]
        if words[first].start < one.start or words[last].end > one.end:
            edges = {first: words[first], last: words[last]}
            cut = [word for word in edges.values() if word.start < one.start or word.end > one.end]
            cut_words.found(number, text, one, cut)
        if spans and first < spans[-1].end:
            before = spans[-1]
            raise _BadRecordError(f"spans share the word {words[first].text!r}: {before.kind!r} and {one.kind!r}")
        spans.append(Span(first, last + 1, one.kind))
    return tags_of(spans, len(words), "BIO")
