"""Conversion of annotated character spans to word tags."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from syntagma.data.formats.lines import name_of
from syntagma.errors import DataError
from syntagma.progress import note, note_left_out
from syntagma.text.spans import Span, spans_to_tags
from syntagma.text.word_splitter import Word, split_words

CutWords = Literal["error", "widen", "narrow"]
Overlaps = Literal["error", "longest", "first"]

_SHOWN = 10
_NOTED = 5


class CharacterSpan(NamedTuple):
    """An annotated span of a text, as stored in a file.

    Attributes:
        start: Character offset at which the span starts.
        end: Character offset at which the span ends (exclusive).
        kind: Label of the span.
    """

    start: int
    end: int
    kind: str


class SpanConverter:
    """Converter from the character spans in a file to word tags.

    Args:
        path: Path of the file, for messages.
        cut_words: Treatment of a span that begins or ends within a word: "error" (raise an error in `check`), "widen"
            (extend the span to whole words) or "narrow" (shrink the span to whole words).
        overlaps: Treatment of spans that share a word: "error" (raise an error), "longest" (keep the longest span) or
            "first" (keep the span that the file lists first).
    """

    def __init__(self, path: str | Path, cut_words: CutWords = "error", overlaps: Overlaps = "error"):
        self.path = path
        self.cut_words = cut_words
        self.overlaps = overlaps
        self._cut: list[str] = []
        self._dropped: list[str] = []

    def tag_words(self, text: str, marked: Sequence[CharacterSpan], line: int) -> tuple[list[str], list[str]]:
        """Split a text into words, and return the words and their BIO tags. Duplicate spans count once.

        Args:
            text: Text to split into words.
            marked: Character spans of the text.
            line: Line number of the text, for messages.

        Raises:
            ValueError: If a span is outside the text, covers no word, or shares a word with another span and
                `overlaps` is "error".
        """
        words = split_words(text)
        spans = [self._word_span(_strip_span(one, text), text, words, line) for one in dict.fromkeys(marked)]
        kept = self._resolve_overlaps([span for span in spans if span is not None], words, line)
        return [word.text for word in words], spans_to_tags(kept, len(words), "BIO")

    def check(self) -> None:
        """Print notes about the spans that were widened, narrowed or left out.

        Raises:
            DataError: If spans begin or end within words and `cut_words` is "error".
        """
        if self._cut and self.cut_words == "error":
            raise DataError(
                f"{len(self._cut):,} spans begin or end within a word: {_join_lines(self._cut)}. Correct them, or "
                "widen or narrow them to whole words with --cut-words widen or narrow (in Python: "
                "ReadOptions(cut_words='widen')).",
                path=name_of(self.path),
            )
        for one in self._cut[:_NOTED]:
            note(f"{name_of(self.path)}: {self.cut_words.removesuffix('e')}ed to whole words: {one}")
        if self._dropped:
            note_left_out(
                f"{name_of(self.path)}: {len(self._dropped):,} spans share words with others and are left out: "
                f"{_join_lines(self._dropped, _NOTED)}."
            )

    def _word_span(self, one: CharacterSpan, text: str, words: list[Word], line: int) -> Span | None:
        """Convert a character span to a span of words; return `None` if narrowing the span leaves no whole word."""
        inside = [index for index, word in enumerate(words) if word.start < one.end and one.start < word.end]
        if not inside:
            raise ValueError(f"a span without a word: {one.kind!r} from {one.start} to {one.end}")
        whole = [index for index in inside if one.start <= words[index].start and words[index].end <= one.end]
        cut = [words[index] for index in inside if index not in whole]
        if cut:
            shown = ", ".join(repr(word.text) for word in cut)
            span = f"{one.kind} {one.start} to {one.end} ({text[one.start : one.end]!r})"
            self._cut.append(f"line {line}: {span} cuts {shown}")
        kept = whole if self.cut_words == "narrow" else inside
        return Span(kept[0], kept[-1] + 1, one.kind) if kept else None

    def _resolve_overlaps(self, spans: list[Span], words: list[Word], line: int) -> list[Span]:
        """Sort the spans and resolve overlaps: if spans share a word, keep only one of them or raise an error."""
        order = sorted(spans, key=lambda span: span.start - span.end) if self.overlaps == "longest" else spans
        kept: list[Span] = []
        for span in order:
            other = next((one for one in kept if one.start < span.end and span.start < one.end), None)
            if other is None:
                kept.append(span)
            elif other != span:
                first, last = sorted((other, span))
                shared = f"spans share the word {words[last.start].text!r}: {first.kind!r} and {last.kind!r}"
                if self.overlaps == "error":
                    raise ValueError(f"{shared}; --overlaps longest or first keeps one of them")
                self._dropped.append(
                    f"line {line}: {span.kind} ({' '.join(w.text for w in words[span.start : span.end])})"
                )
        return sorted(kept)


def _strip_span(marked: CharacterSpan, text: str) -> CharacterSpan:
    """Return a span without whitespace at its ends.

    Raises:
        ValueError: If the span is outside the text, or contains only whitespace.
    """
    if not 0 <= marked.start < marked.end <= len(text):
        raise ValueError(
            f"a span must be within its text of {len(text):,} characters; got {marked.kind!r} from {marked.start} to "
            f"{marked.end}"
        )
    inner = text[marked.start : marked.end]
    begin = marked.start + len(inner) - len(inner.lstrip())
    end = marked.end - len(inner) + len(inner.rstrip())
    if begin >= end:
        raise ValueError(f"a span of whitespace only: {marked.kind!r} from {marked.start} to {marked.end}")
    return CharacterSpan(begin, end, marked.kind)


def _join_lines(lines: Sequence[str], most: int = _SHOWN) -> str:
    more = f"; and {len(lines) - most:,} more" if len(lines) > most else ""
    return "; ".join(lines[:most]) + more
