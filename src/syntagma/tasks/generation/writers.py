"""Writers of generated texts in all output formats."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from syntagma.evaluation.generation.explanation import MOST_SOURCES, explanation_page
from syntagma.evaluation.generation.predictions import Explained
from syntagma.progress import note
from syntagma.tasks.generation.results import Alternative, GeneratedText
from syntagma.tasks.writing import (
    Record,
    Writer,
    csv_lines,
    encode_utf8,
    json_line,
    make_joined_writer,
    rename_duplicates,
    tsv_lines,
)
from syntagma.wording import escape_control

_DIGITS = 6


class GeneratedTexts(NamedTuple):
    """Generated texts together with the input columns.

    Attributes:
        predictions: Outputs for each source.
        inputs: Input columns of each source, as a dictionary keyed by column name.
        ranked: Whether several outputs per source were requested.
        explain: Function that returns the explanations of the first N outputs, for the format html.
    """

    predictions: Sequence[GeneratedText]
    inputs: Sequence[Record]
    ranked: bool = False
    explain: Callable[[int], Sequence[Explained]] = lambda most: ()


def _plain(texts: GeneratedTexts) -> str:
    """Return one line per source, or one line per output with its score and an empty line after each source."""
    lines = []
    for one in texts.predictions:
        if texts.ranked:
            lines += [f"{other.score:.4f}  {escape_control(other.text)}" for other in one.alternatives]
            lines.append("")
        else:
            lines.append(escape_control(one.text))
    return "".join(line + "\n" for line in lines)


def _jsonl(texts: GeneratedTexts) -> str:
    lines = []
    for one, inputs in zip(texts.predictions, texts.inputs, strict=True):
        best = one.alternatives[0]
        record = {
            "output": best.text,
            **_scores(best),
            "tokens": list(best.pieces),
            "log_probs": [round(value, _DIGITS) for value in best.log_probs],
            "stopped": one.stopped,
            "doubts": list(one.doubts),
        }
        if texts.ranked:
            record["alternatives"] = [{"output": other.text, **_scores(other)} for other in one.alternatives]
        lines.append(json_line(inputs | rename_duplicates(record, inputs)))
    return "".join(line + "\n" for line in lines)


def _scores(one: Alternative) -> dict[str, float]:
    return {"score": round(one.score, _DIGITS), "log_prob": round(one.log_prob, _DIGITS)}


def _csv(blocks: Iterable[GeneratedTexts]) -> Iterator[bytes]:
    for rows, _ in _tables(blocks):
        yield encode_utf8(csv_lines(rows))


def _tsv(blocks: Iterable[GeneratedTexts]) -> Iterator[bytes]:
    for rows, first in _tables(blocks):
        yield encode_utf8(tsv_lines(rows, first))


def _tables(blocks: Iterable[GeneratedTexts]) -> Iterator[tuple[list[list[Any]], int]]:
    """Yield the fields of one row per output, with the input columns, and the number of the first row.

    The names of the columns are row 0.
    """
    started, number = False, 1
    for texts in blocks:
        records = [
            inputs | rename_duplicates(record, inputs)
            for one, inputs in zip(texts.predictions, texts.inputs, strict=True)
            for record in _flat_records(one, texts.ranked)
        ]
        head = [list(records[0])] if records and not started else []
        started = started or bool(records)
        yield [*head, *(list(record.values()) for record in records)], number - len(head)
        number += len(records)


def _flat_records(one: GeneratedText, ranked: bool) -> Iterator[dict[str, Any]]:
    for rank, other in enumerate(one.alternatives, start=1):
        place: Mapping[str, Any] = {"rank": rank} if ranked else {}
        yield {"output": other.text, **place, **_scores(other), "doubts": ", ".join(one.doubts)}


def _html(blocks: Iterable[GeneratedTexts]) -> Iterator[bytes]:
    page = ExplainedTexts()
    for texts in blocks:
        page.add(texts)
    yield page.content()


class ExplainedTexts:
    """Page that explains the outputs for the first 100 sources."""

    def __init__(self) -> None:
        self._explained: list[Explained] = []
        self._count = 0

    def add(self, predictions: GeneratedTexts) -> None:
        """Add a block of outputs."""
        most = MOST_SOURCES - len(self._explained)
        if most > 0:
            self._explained += predictions.explain(most)
        self._count += len(predictions.predictions)

    def content(self) -> bytes:
        """Return the page in UTF-8. The page and a message on standard error say how many sources are left out."""
        left_out = self._count - len(self._explained)
        if left_out:
            note(f"The page explains the first {MOST_SOURCES} of {self._count:,} sources.")
        return encode_utf8(explanation_page(self._explained, left_out=left_out))


WRITERS = {
    "plain": Writer(lambda texts: encode_utf8(_plain(texts)), ("txt",)),
    "jsonl": Writer(lambda texts: encode_utf8(_jsonl(texts)), ("jsonl", "ndjson")),
    "csv": make_joined_writer(_csv, "csv"),
    "tsv": make_joined_writer(_tsv, "tsv"),
    "html": make_joined_writer(_html, "html"),
}
