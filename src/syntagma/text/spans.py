"""Conversion between per-token tags and labelled spans."""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from syntagma.errors import InputError
from syntagma.text.tag_schemes import OUTSIDE, SCHEMES, Scheme, Tag, tag_rules

_INSIDE = frozenset("IEM")
_CLOSING = frozenset("ES")
_SPAN_PREFIXES = frozenset("BIESM")


class Span(NamedTuple):
    """A span of tokens from `start` (included) to `end` (excluded), with its label `kind`, such as "PER"."""

    start: int
    end: int
    kind: str


def split_tag(tag: str) -> Tag:
    """Split a tag of any scheme into prefix and span label: "B-PER" into ("B", "PER"), "O" into ("O", "")."""
    prefix, _, kind = tag.partition("-")
    return Tag(prefix, kind)


def tags_to_spans(tags: Sequence[str]) -> list[Span]:
    """Decode the spans of one text from its tags in any scheme, by the rules of the conlleval script.

    A tag with prefix I, M or E continues the current span if both have the same label. Any other tag except O begins a
    new span, so tags that violate their scheme are decoded too. A span ends before O and after E or S.
    """
    spans: list[Span] = []
    start, open_kind = 0, None
    for index, (prefix, kind) in enumerate(map(split_tag, tags)):
        continues = open_kind == kind and prefix in _INSIDE
        if open_kind is not None and not continues:
            spans.append(Span(start, index, open_kind))
            open_kind = None
        if prefix == OUTSIDE:
            continue
        if not continues:
            start, open_kind = index, kind
        if prefix in _CLOSING:
            spans.append(Span(start, index + 1, kind))
            open_kind = None
    if open_kind is not None:
        spans.append(Span(start, len(tags), open_kind))
    return spans


def spans_to_tags(spans: Iterable[Span], length: int, scheme: Scheme) -> list[str]:
    """Encode the spans of a text of `length` tokens as tags in `scheme`.

    Raises:
        InputError: If a span is empty or extends beyond the text, or if two spans overlap.
    """
    tags = [OUTSIDE] * length
    previous = Span(-1, -1, "")
    for span in sorted(spans):
        if not 0 <= span.start < span.end <= length:
            raise InputError(f"A span must be within its text of {length} tokens; got {span.start} to {span.end}.")
        if span.start < previous.end:
            raise InputError(
                f"Tags cannot encode overlapping spans; got {previous.kind} from {previous.start} to {previous.end} "
                f"and {span.kind} from {span.start} to {span.end}."
            )
        is_adjacent = previous.end == span.start and previous.kind == span.kind
        for index, prefix in enumerate(_prefixes(span.end - span.start, scheme, is_adjacent), span.start):
            tags[index] = f"{prefix}-{span.kind}" if span.kind else prefix
        previous = span
    return tags


def _prefixes(length: int, scheme: Scheme, is_adjacent: bool) -> str:
    """Return the tag prefixes of a span of `length` tokens, one letter per token.

    Args:
        length: Number of tokens in the span.
        scheme: Tag scheme.
        is_adjacent: Whether the span directly follows another span with the same label.
    """
    if scheme == "BIO":
        return "B" + "I" * (length - 1)
    if scheme == "IOB1":
        return ("B" if is_adjacent else "I") + "I" * (length - 1)
    inside = "I" if scheme == "IOBES" else "M"
    return "S" if length == 1 else "B" + inside * (length - 2) + "E"


def convert_tags(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """Convert the tags of one text to another scheme, without changing the spans."""
    return spans_to_tags(tags_to_spans(tags), len(tags), scheme)


def recognise_scheme(texts: Iterable[Sequence[str]]) -> Scheme | None:
    """Recognise the tag scheme of texts from their tags.

    BIO and IOB1 have the same prefixes. Of these two, the scheme with fewer violations is returned, or BIO if there
    is a tie.

    Returns:
        Tag scheme, or `None` if the tags are plain, such as parts of speech.
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
        return True  # word segmentation: tags of characters, without kinds
    return bool(others) and all(tag[0] in _SPAN_PREFIXES and tag[1:2] == "-" and len(tag) > 2 for tag in others)


def broken_rules(tags: Sequence[str], scheme: Scheme) -> list[int]:
    """Return the indices of the tags that the scheme does not allow after the previous tag.

    Index 0 is included if the first tag may not begin a text, and `len(tags)` if the last tag may not end a text.
    """
    if not tags:
        return []
    names = sorted({*tags, OUTSIDE})
    rules = tag_rules(names, scheme, complete=False)
    ids = [names.index(tag) for tag in tags]
    broken = [] if rules.start[ids[0]] else [0]
    pairs = itertools.pairwise(ids)
    broken += [index for index, (one, other) in enumerate(pairs, 1) if not rules.transitions[one, other]]
    return broken if rules.end[ids[-1]] else [*broken, len(tags)]
