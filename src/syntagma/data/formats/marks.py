"""Spans of characters that somebody marked in a text, as tags of its words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from syntagma.data.formats.lines import name_of
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.text.spans import Span, spans_to_tags
from syntagma.text.word_splitter import Word, split_words

CutWords = Literal["error", "widen", "narrow"]
Overlaps = Literal["error", "longest", "first"]

_SHOWN = 10
_NOTED = 5


class Marked(NamedTuple):
    """A span of characters, as a file has it."""

    start: int
    end: int
    kind: str


class Marks:
    """Makes tags of the spans in a file's texts.

    Args:
        path: The file, for messages.
        cut_words: What happens to spans that begin or end within a word: an error once all are seen, or they are
            widened or narrowed to whole words.
        overlaps: What happens to spans that share a word: an error, or the longest or the first of them is kept.
    """

    def __init__(self, path: str | Path, cut_words: CutWords = "error", overlaps: Overlaps = "error"):
        self.path = path
        self.cut_words = cut_words
        self.overlaps = overlaps
        self._cut: list[str] = []
        self._dropped: list[str] = []

    def tagged(self, text: str, marked: Sequence[Marked], line: int) -> tuple[list[str], list[str]]:
        """Return the words of a text and their tags, BIO; equal spans are one.

        Raises:
            ValueError: A span is outside the text, without a word, or shares one with another.
        """
        words = split_words(text)
        spans = [self._span(_checked(one, text), text, words, line) for one in dict.fromkeys(marked)]
        kept = self._apart([span for span in spans if span is not None], words, line)
        return [word.text for word in words], spans_to_tags(kept, len(words), "BIO")

    def check(self) -> None:
        """Say what was widened, narrowed or left out.

        Raises:
            DataError: Spans cut words, and nobody said what then.
        """
        if self._cut and self.cut_words == "error":
            raise DataError(
                f"{len(self._cut):,} spans begin or end within a word: {_several(self._cut)}. Correct them, or widen "
                "or narrow them to whole words with --cut-words widen or narrow (in Python: "
                "ReadOptions(cut_words='widen')).",
                path=name_of(self.path),
            )
        for one in self._cut[:_NOTED]:
            note(f"{name_of(self.path)}: {self.cut_words.removesuffix('e')}ed to whole words: {one}")
        if self._dropped:
            note(
                f"{name_of(self.path)}: {len(self._dropped):,} spans share words with others and are left out: "
                f"{_several(self._dropped, _NOTED)}."
            )

    def _span(self, one: Marked, text: str, words: list[Word], line: int) -> Span | None:
        """Return a span of words; `None` if narrowing leaves nothing of it."""
        inside = [place for place, word in enumerate(words) if word.start < one.end and one.start < word.end]
        if not inside:
            raise ValueError(f"a span without a word: {one.kind!r} from {one.start} to {one.end}")
        whole = [place for place in inside if one.start <= words[place].start and words[place].end <= one.end]
        cut = [words[place] for place in inside if place not in whole]
        if cut:
            shown = ", ".join(repr(word.text) for word in cut)
            said = f"{one.kind} {one.start} to {one.end} ({text[one.start : one.end]!r})"
            self._cut.append(f"line {line}: {said} cuts {shown}")
        kept = whole if self.cut_words == "narrow" else inside
        return Span(kept[0], kept[-1] + 1, one.kind) if kept else None

    def _apart(self, spans: list[Span], words: list[Word], line: int) -> list[Span]:
        """Return spans of which none shares a word with another."""
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


def _checked(marked: Marked, text: str) -> Marked:
    """Return a span without white space at its ends."""
    if not 0 <= marked.start < marked.end <= len(text):
        raise ValueError(
            f"a span must lie in its text of {len(text):,} characters; got {marked.kind!r} from {marked.start} to "
            f"{marked.end}"
        )
    inner = text[marked.start : marked.end]
    begin = marked.start + len(inner) - len(inner.lstrip())
    end = marked.end - len(inner) + len(inner.rstrip())
    if begin >= end:
        raise ValueError(f"a span of white space: {marked.kind!r} from {marked.start} to {marked.end}")
    return Marked(begin, end, marked.kind)


def _several(lines: Sequence[str], most: int = _SHOWN) -> str:
    more = f"; and {len(lines) - most:,} more" if len(lines) > most else ""
    return "; ".join(lines[:most]) + more
