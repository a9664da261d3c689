"""Tagged texts, written in whatever form a person asks for."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from syntagma.tasks.tagging_results import FoundTag, TaggedText

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
    """All texts in one of the formats "plain", "conll", "jsonl" and "html"."""
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


FORMATS: dict[str, Callable[[Sequence[TaggedText]], str]] = {
    "plain": _plain,
    "conll": _conll,
    "jsonl": _jsonl,
    "html": _html,
}
