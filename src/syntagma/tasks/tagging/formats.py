"""Tagged texts, written in whatever form a person asks for."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any

from syntagma.tasks.tagging.conllu import conllu_block
from syntagma.tasks.tagging.results import FoundSpan, FoundTag, TaggedText
from syntagma.tasks.tagging.span_files import texts_of, write_brat, write_csv
from syntagma.tasks.tagging.tagged_texts import TaggedTexts, comments_of, given_beside
from syntagma.tasks.writing import Writer, encode_utf8, json_line, make_joined_writer
from syntagma.wording import escape_control

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tagged texts</title>
<style>
body { font: 1rem/1.7 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
mark { padding: .1em .3em; border-radius: .3em; }
mark small { font-weight: 600; margin-left: .3em; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #eee; } }
</style>
"""
_FOOT = "\n</html>\n"
_ONE_LINE = dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"), " ")


def _plain(texts: TaggedTexts) -> str:
    """A line a text, and below it a line a span; of plain tags one line of words with their tags."""
    lines = []
    for one in texts.found:
        text = one.text.translate(_ONE_LINE)  # so that places are those of the text
        if one.label is not None:
            lines.append(f"{one.label}  {one.label_probability:.3f}")
        if one.spans or not one.has_plain_tags:
            lines.append(text)
            lines += [
                f"  {span.start}-{span.end}  {span.label}  {span.probability:.3f}  {span.text}" for span in one.spans
            ]
        else:
            lines.append(" ".join(f"{word.text}/{word.tag}" for word in one.words))
        lines += [f"  {tagging.probability:.3f}  {' '.join(tagging.tags)}" for tagging in one.taggings]
    return "".join(escape_control(line) + "\n" for line in lines)


def _conll(texts: TaggedTexts) -> str:
    """Words, their tags of the lower layer where there are any, probabilities and, in the last column, tags."""
    blocks = (f"{comments_of(one, given)}{''.join(map(_row, one.words))}\n" for one, given in texts.pairs())
    return "".join(blocks)


def _row(word: FoundTag) -> str:
    lower = "" if word.lower is None else f"\t{word.lower}"
    return f"{word.text}{lower}\t{word.probability:.4f}\t{word.tag}\n"


def _jsonl(texts: TaggedTexts) -> str:
    lines = []
    for one, given in texts.pairs():
        record: dict[str, Any] = {
            "text": one.text,
            "tokens": [word.text for word in one.words],
            "tags": [word.tag for word in one.words],
            "tag_probabilities": [round(word.probability, 6) for word in one.words],
        }
        if one.words and one.words[0].lower is not None:
            record["lower_tags"] = [word.lower for word in one.words]
        if one.label is not None and one.label_probability is not None:
            record |= {"label": one.label, "label_probability": round(one.label_probability, 6)}
        if one.taggings:
            record["taggings"] = [asdict(way) | {"probability": round(way.probability, 6)} for way in one.taggings]
        if not one.has_plain_tags:
            record["spans"] = [asdict(span) | {"probability": round(span.probability, 6)} for span in one.spans]
        lines.append(json_line(given_beside(given) | record))
    return "".join(line + "\n" for line in lines)


def _html(blocks: Iterable[TaggedTexts]) -> Iterator[bytes]:
    before = _HEAD
    for texts in blocks:
        labels = set(texts.labels) or {label for one in texts.found for label in one.labels()}
        yield encode_utf8(before + "\n".join(one.to_html(labels) for one in texts.found))
        before = "\n"
    yield encode_utf8(_FOOT)


def _conllu(blocks: Iterable[TaggedTexts]) -> Iterator[bytes]:
    number = 0
    for texts in blocks:
        sentences = [conllu_block(*pair, number + place) for place, pair in enumerate(texts.pairs(), start=1)]
        number += len(sentences)
        yield encode_utf8("".join(sentences))


def _span_lines(
    key: str, of_span: Callable[[FoundSpan], Any], of_label: Callable[[TaggedText], dict[str, Any]]
) -> Callable[[TaggedTexts], str]:
    """JSON lines of texts with their spans, as an annotation tool reads them."""

    def write(texts: TaggedTexts) -> str:
        records = (
            given_beside(given) | {"text": one.text, key: [of_span(span) for span in one.spans]} | of_label(one)
            for one, given in texts.pairs()
        )
        return "".join(json_line(record) + "\n" for record in records)

    return write


def _triple(span: FoundSpan) -> list[Any]:
    return [span.start, span.end, span.label]


def _named(span: FoundSpan) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "label": span.label}


def _spacy_label(text: TaggedText) -> dict[str, Any]:
    return {} if text.label is None else {"cats": {text.label: round(text.label_probability or 0.0, 6)}}


def _prodigy_label(text: TaggedText) -> dict[str, Any]:
    return {} if text.label is None else {"label": text.label}


def _doccano(texts: TaggedTexts) -> str:
    """Its form for spans alone, or that for spans and a label of the text."""
    if any(one.label is not None for one in texts.found):
        return _span_lines("entities", _triple, lambda one: {"cats": [one.label]})(texts)
    return _span_lines("label", _triple, lambda one: {})(texts)


def _label_studio(blocks: Iterable[TaggedTexts]) -> Iterator[bytes]:
    """A list of tasks with predictions, for a set-up whose tags are called `label`, its choices `intent`."""
    before = "["
    for texts in blocks:
        yield encode_utf8(before + ",\n ".join(map(json_line, _tasks(texts))))
        before = ",\n "
    yield encode_utf8(before.replace(",\n ", "") + "]\n")


def _tasks(texts: TaggedTexts) -> list[dict[str, Any]]:
    tasks = []
    for one, given in texts.pairs():
        results: list[dict[str, Any]] = [
            {
                "from_name": "label",
                "to_name": "text",
                "type": "labels",
                "score": round(span.probability, 6),
                "value": {"start": span.start, "end": span.end, "text": span.text, "labels": [span.label]},
            }
            for span in one.spans
        ]
        if one.label is not None:
            choice = {"from_name": "intent", "to_name": "text", "type": "choices", "value": {"choices": [one.label]}}
            results.append({**choice, "score": round(one.label_probability or 0.0, 6)})
        predictions = [{"model_version": "syntagma", "result": results}]
        tasks.append({"data": given_beside(given) | {"text": one.text}, "predictions": predictions})
    return tasks


def _writer(write: Callable[[TaggedTexts], str], *suffixes: str) -> Writer:
    return Writer(lambda texts: encode_utf8(write(texts)), suffixes)


WRITERS = {
    "plain": _writer(_plain, "txt"),
    "conll": _writer(_conll, "conll"),
    "jsonl": _writer(_jsonl, "jsonl", "ndjson"),
    "html": make_joined_writer(_html, "html"),
    "csv": make_joined_writer(write_csv, "csv"),
    "conllu": make_joined_writer(_conllu, "conllu"),
    "spacy": _writer(_span_lines("entities", _triple, _spacy_label)),
    "doccano": _writer(_doccano),
    "prodigy": _writer(_span_lines("spans", _named, _prodigy_label)),
    "label-studio": make_joined_writer(_label_studio),
    "brat": make_joined_writer(write_brat, "ann", companion=texts_of),
}
# Forms of annotation tools, for spans alone.
SPAN_FORMATS = ("spacy", "doccano", "prodigy", "label-studio", "brat")
