"""Tagged texts, written in whatever form a person asks for."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from syntagma.tasks.tagging_results import FoundSpan, FoundTag, TaggedText

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tagged texts</title>
<style>
body {{ font: 1rem/1.7 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
mark {{ padding: .1em .3em; border-radius: .3em; }}
mark small {{ font-weight: 600; margin-left: .3em; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #181818; color: #eee; }} }}
</style>
{body}
</html>
"""


def write_tagged(texts: Sequence[TaggedText], format: str) -> bytes:
    """All texts in one of `FORMATS`."""
    content: str = FORMATS[format](texts)
    return content.encode("utf-8", "surrogatepass") if content.isascii() else _utf8(content)


def _plain(texts: Sequence[TaggedText]) -> str:
    """A line a text, and below it a line a span; of plain tags one line of words with their tags."""
    lines = []
    for one in texts:
        text = " ".join(one.text.split())
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
    return "".join(line + "\n" for line in lines)


def _conll(texts: Sequence[TaggedText]) -> str:
    blocks = []
    for one in texts:
        label = "" if one.label is None else f"# label = {one.label}\n"
        rows = "".join(_row(word) for word in one.words)
        blocks.append(f"# text = {' '.join(one.text.splitlines())}\n{label}{rows}\n")
    return "".join(blocks)


def _row(word: FoundTag) -> str:
    lower = "" if word.lower is None else f"\t{word.lower}"
    return f"{word.text}{lower}\t{word.tag}\t{word.probability:.4f}\n"


def _jsonl(texts: Sequence[TaggedText]) -> str:
    lines = []
    for one in texts:
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
                {"tags": list(tagging.tags), "probability": round(tagging.probability, 6)} for tagging in one.taggings
            ]
        if not one.has_plain_tags:
            record["spans"] = [
                {
                    "start": span.start,
                    "end": span.end,
                    "label": span.label,
                    "text": span.text,
                    "probability": round(span.probability, 6),
                }
                for span in one.spans
            ]
        lines.append(json.dumps(record, ensure_ascii=False))
    return "".join(line + "\n" for line in lines)


def _html(texts: Sequence[TaggedText]) -> str:
    return _PAGE.format(body="\n".join(one._repr_html_() for one in texts))


def _utf8(text: str) -> bytes:
    """UTF-8, which has no lone surrogates: they become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _span_lines(key: str, of_span: Callable[[FoundSpan], Any]) -> Callable[[Sequence[TaggedText]], str]:
    """JSON lines of texts with their spans, as an annotation tool reads them."""

    def write(texts: Sequence[TaggedText]) -> str:
        records = ({"text": one.text, key: [of_span(span) for span in one.spans]} for one in texts)
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)

    return write


def _triple(span: FoundSpan) -> list[Any]:
    return [span.start, span.end, span.label]


def _named(span: FoundSpan) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "label": span.label}


def _label_studio(texts: Sequence[TaggedText]) -> str:
    """A list of tasks with predictions, for a labelling set-up whose tags are called `label` and `text`."""
    tasks = []
    for one in texts:
        results = [
            {
                "from_name": "label",
                "to_name": "text",
                "type": "labels",
                "score": round(span.probability, 6),
                "value": {"start": span.start, "end": span.end, "text": span.text, "labels": [span.label]},
            }
            for span in one.spans
        ]
        tasks.append({"data": {"text": one.text}, "predictions": [{"model_version": "syntagma", "result": results}]})
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


FORMATS: dict[str, Callable[[Sequence[TaggedText]], str]] = {
    "plain": _plain,
    "conll": _conll,
    "jsonl": _jsonl,
    "html": _html,
    "spacy": _span_lines("entities", _triple),
    "doccano": _span_lines("label", _triple),
    "prodigy": _span_lines("spans", _named),
    "label-studio": _label_studio,
}
