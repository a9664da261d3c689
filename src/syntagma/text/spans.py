"""Spans out of tags and tags out of spans."""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from syntagma.errors import InputError
from syntagma.text.tag_schemes import OUTSIDE, SCHEMES, Scheme, Tag, tag_rules

_INSIDE = frozenset("IEM")
_CLOSING = frozenset("ES")
_SPAN_PREFIXES = frozenset("BIESM")


class Span(NamedTuple):
    """Tokens `start` to `end` (not included) of one kind."""

    start: int
    end: int
    kind: str


def split_tag(tag: str) -> Tag:
    """A tag of any scheme as prefix and kind: "B-PER" is ("B", "PER"), "O" is ("O", "")."""
    prefix, _, kind = tag.partition("-")
    return Tag(prefix, kind)


def spans_of(tags: Sequence[str]) -> list[Span]:
    """Return the spans that the tags of one text spell, as conlleval reads them, whatever the scheme.

    A tag goes on with the open span if it is of the same kind and its prefix is I, M or E; else it begins a new one,
    so that tags which break their scheme spell spans too. O ends the span, and so do E and S.
    """
    spans: list[Span] = []
    start, open_kind = 0, None
    for place, (prefix, kind) in enumerate(map(split_tag, tags)):
        goes_on = open_kind == kind and prefix in _INSIDE
        if open_kind is not None and not goes_on:
            spans.append(Span(start, place, open_kind))
            open_kind = None
        if prefix == OUTSIDE:
            continue
        if not goes_on:
            start, open_kind = place, kind
        if prefix in _CLOSING:
            spans.append(Span(start, place + 1, kind))
            open_kind = None
    if open_kind is not None:
        spans.append(Span(start, len(tags), open_kind))
    return spans


def tags_of(spans: Iterable[Span], length: int, scheme: Scheme) -> list[str]:
    """Return the tags that spell spans in a text of `length` tokens.

    Raises:
        InputError: A span outside the text or empty, or two that share a token.
    """
    tags = [OUTSIDE] * length
    before = Span(-1, -1, "")
    for span in sorted(spans):
        if not 0 <= span.start < span.end <= length:
            raise InputError(f"A span must lie in its text of {length} tokens; got {span.start} to {span.end}.")
        if span.start < before.end:
            raise InputError(
                f"Tags cannot spell spans that share tokens; got {before.kind} from {before.start} to {before.end} and "
                f"{span.kind} from {span.start} to {span.end}."
            )
        touches = before.end == span.start and before.kind == span.kind
        for place, prefix in enumerate(_prefixes(span.end - span.start, scheme, touches), span.start):
            tags[place] = f"{prefix}-{span.kind}" if span.kind else prefix
        before = span
    return tags


def _prefixes(length: int, scheme: Scheme, touches: bool) -> str:
    if scheme == "BIO":
        return "B" + "I" * (length - 1)
    if scheme == "IOB1":
        return ("B" if touches else "I") + "I" * (length - 1)
    inside = "I" if scheme == "IOBES" else "M"
    return "S" if length == 1 else "B" + inside * (length - 2) + "E"


def convert_tags(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """The same spans in another scheme."""
    return tags_of(spans_of(tags), len(tags), scheme)


def recognise_scheme(texts: Iterable[Sequence[str]]) -> Scheme | None:
    """The scheme that spells spans in these tags, or `None` for plain tags, such as parts of speech.

    Of the schemes whose tags these can be it is the one that they break least often.
    """
    texts = list(texts)
    tags = {tag for text in texts for tag in text}
    if not _are_span_tags(tags):
        return None
    prefixes = {split_tag(tag).prefix for tag in tags}
    if "M" in prefixes or all(len(tag) == 1 for tag in tags):
        return "BMES"
    if prefixes & _CLOSING:
        return "IOBES"
    return min(SCHEMES[:2], key=lambda scheme: sum(len(broken_rules(text, scheme)) for text in texts))


def _are_span_tags(tags: set[str]) -> bool:
    others = tags - {OUTSIDE}
    if others and others <= {"B", "M", "E", "S"}:
        return True  # words cut out of characters, without kinds
    return bool(others) and all(tag[0] in _SPAN_PREFIXES and tag[1:2] == "-" and len(tag) > 2 for tag in others)


def broken_rules(tags: Sequence[str], scheme: Scheme) -> list[int]:
    """The places whose tag may not follow the one before it, or, for the place after the last, end the text."""
    if not tags:
        return []
    names = sorted({*tags, OUTSIDE})
    rules = tag_rules(names, scheme, complete=False)
    numbers = [names.index(tag) for tag in tags]
    broken = [] if rules.start[numbers[0]] else [0]
    pairs = itertools.pairwise(numbers)
    broken += [place for place, (one, other) in enumerate(pairs, 1) if not rules.transitions[one, other]]
    return broken if rules.end[numbers[-1]] else [*broken, len(tags)]
