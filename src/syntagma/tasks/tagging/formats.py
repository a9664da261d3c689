"""Writers of tagged texts in all output formats."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any

from syntagma.tasks.tagging.conllu import conllu_block
from syntagma.tasks.tagging.results import PredictedSpan, PredictedTag, TaggedText
from syntagma.tasks.tagging.span_files import join_texts, write_brat, write_csv
from syntagma.tasks.tagging.tagged_texts import TaggedTexts, comment_lines, rename_reserved
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
    """Return each text on one line, followed by one line per span. For plain tags, return one line of words with tags.

    The label of a whole text, if any, is on a line before the text. The tag sequences of an n-best list follow the
    text, one per line.
    """
    lines = []
    for one in texts.predictions:
        text = one.text.translate(_ONE_LINE)  # one character each, so positions do not change
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
    """Return one line per word with the word, its auxiliary tag (if any), the probability of its tag, and the tag."""
    blocks = (f"{comment_lines(one, inputs)}{''.join(map(_row, one.words))}\n" for one, inputs in texts.pairs())
    return "".join(blocks)


def _row(word: PredictedTag) -> str:
    lower = "" if word.lower is None else f"\t{word.lower}"
    return f"{word.text}{lower}\t{word.probability:.4f}\t{word.tag}\n"


def _jsonl(texts: TaggedTexts) -> str:
    lines = []
    for one, inputs in texts.pairs():
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
            record["taggings"] = [
                asdict(other) | {"probability": round(other.probability, 6)} for other in one.taggings
            ]
        if not one.has_plain_tags:
            record["spans"] = [asdict(span) | {"probability": round(span.probability, 6)} for span in one.spans]
        lines.append(json_line(rename_reserved(inputs) | record))
    return "".join(line + "\n" for line in lines)


def _html(blocks: Iterable[TaggedTexts]) -> Iterator[bytes]:
    before = _HEAD
    for texts in blocks:
        labels = set(texts.labels) or {label for one in texts.predictions for label in one.labels()}
        yield encode_utf8(before + "\n".join(one.to_html(labels) for one in texts.predictions))
        before = "\n"
    yield encode_utf8(_FOOT)


def _conllu(blocks: Iterable[TaggedTexts]) -> Iterator[bytes]:
    number = 0
    for texts in blocks:
        sentences = [conllu_block(*pair, number + place) for place, pair in enumerate(texts.pairs(), start=1)]
        number += len(sentences)
        yield encode_utf8("".join(sentences))


def _span_lines(
    key: str, span_entry: Callable[[PredictedSpan], Any], label_fields: Callable[[TaggedText], dict[str, Any]]
) -> Callable[[TaggedTexts], str]:
    """Return a function that writes texts and spans as the JSON lines of an annotation tool.

    Args:
        key: Key of the list of spans in each record.
        span_entry: Function that converts a span to its entry in the list.
        label_fields: Function that returns the fields of a record for the label of the whole text.
    """

    def write(texts: TaggedTexts) -> str:
        records = (
            rename_reserved(inputs)
            | {"text": one.text, key: [span_entry(span) for span in one.spans]}
            | label_fields(one)
            for one, inputs in texts.pairs()
        )
        return "".join(json_line(record) + "\n" for record in records)

    return write


def _triple(span: PredictedSpan) -> list[Any]:
    return [span.start, span.end, span.label]


def _named(span: PredictedSpan) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "label": span.label}


def _spacy_label(text: TaggedText) -> dict[str, Any]:
    return {} if text.label is None else {"cats": {text.label: round(text.label_probability or 0.0, 6)}}


def _prodigy_label(text: TaggedText) -> dict[str, Any]:
    return {} if text.label is None else {"label": text.label}


def _doccano(texts: TaggedTexts) -> str:
    """Return JSON lines for doccano, in its format for spans, or for spans and labels if any text has a label."""
    if any(one.label is not None for one in texts.predictions):
        return _span_lines("entities", _triple, lambda one: {"cats": [one.label]})(texts)
    return _span_lines("label", _triple, lambda one: {})(texts)


def _label_studio(blocks: Iterable[TaggedTexts]) -> Iterator[bytes]:
    """Yield Label Studio tasks with predictions.

    The labelling interface must have controls named `label` for spans and `intent` for the labels of whole texts.
    """
    before = "["
    for texts in blocks:
        yield encode_utf8(before + ",\n ".join(map(json_line, _tasks(texts))))
        before = ",\n "
    yield encode_utf8(before.replace(",\n ", "") + "]\n")


def _tasks(texts: TaggedTexts) -> list[dict[str, Any]]:
    tasks = []
    for one, inputs in texts.pairs():
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
        tasks.append({"data": rename_reserved(inputs) | {"text": one.text}, "predictions": predictions})
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
    "brat": make_joined_writer(write_brat, "ann", companion=join_texts),
}
# Formats of annotation tools, which have spans only.
SPAN_FORMATS = ("spacy", "doccano", "prodigy", "label-studio", "brat")
