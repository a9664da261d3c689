"""Tables whose tags have the one form that everything else reads, however their file spells them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from syntagma.data.formats.rows import BadRows, FilePlace, Place
from syntagma.data.sentences.table import TaggedTable
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.text.spans import broken_rules, recognise_scheme, split_tag
from syntagma.text.tag_schemes import OUTSIDE, PREFIXES, Tag
from syntagma.text.tag_spellings import (
    ALIASES,
    STANDARD,
    Spelling,
    are_brackets,
    read_brackets,
    recognise_kinds,
    recognise_spelling,
)
from syntagma.wording import join_names

PLAIN = "none"
_SHOWN = 5


class _Fault(NamedTuple):
    """A tag that is spelled otherwise than the others."""

    row: int
    word: int
    tag: str


def with_spelled_tags(
    table: TaggedTable, scheme: str | None = None, like: Spelling | None = None, bad_rows: BadRows | None = None
) -> tuple[TaggedTable, Spelling | None]:
    """Return the table with tags such as `B-PER`, and how they were spelled; plain tags stay as they are.

    Args:
        table: Sentences with or without tags.
        scheme: Scheme of the tags, if somebody named it; "none" for plain tags.
        like: Spelling of the sentences that these belong to, such as those of train.
        bad_rows: Receives sentences with a tag that fits no spelling, and may skip them.

    Raises:
        DataError: A tag is spelled otherwise than the others, or is none of `scheme`.
    """
    scheme = scheme or table.scheme
    if table.tags is None or scheme == PLAIN:
        return replace(table, scheme=scheme), None
    if are_brackets(table.tags):
        note(f"{table.source}: the tags are brackets, as in CoNLL-2012, and are read as BIO.")
        table = replace(table, tags=[read_brackets(row) for row in table.tags])
    given: list[list[str]] = table.tags or []
    spelling = like or (recognise_kinds if scheme == "IO" else recognise_spelling)(given)
    named = ALIASES.get(scheme, scheme) if scheme else None
    if spelling is None:
        return _unspelled(table, named), None
    read = [[spelling.read(tag) for tag in row] for row in given]
    faults = [
        _Fault(row, word, given[row][word])
        for row, tags in enumerate(read)
        for word, tag in enumerate(tags)
        if tag is None
    ]
    if faults:
        _refuse(table, faults, spelling, bad_rows)
        bad = {fault.row for fault in faults}
        kept = [row for row in range(len(table)) if row not in bad]
        table, read = table.select(kept), [read[row] for row in kept]
    tags = [[tag or OUTSIDE for tag in row] for row in read]
    spelled = replace(table, tags=tags, scheme=named)
    if like is None:
        _note_spelling(table, tags, spelling)
    if named is not None:
        _check_scheme(spelled, named)
    return spelled, spelling


def _unspelled(table: TaggedTable, scheme: str | None) -> TaggedTable:
    """Return a table with plain tags, or with those that cut words out of characters."""
    if scheme is not None and any(tag != OUTSIDE for row in table.tags or () for tag in row):
        _check_scheme(table, scheme)
    return replace(table, scheme=scheme)


def _refuse(table: TaggedTable, faults: Sequence[_Fault], spelling: Spelling, bad_rows: BadRows | None) -> None:
    first = faults[0]
    if bad_rows is not None and bad_rows.skipping:
        for fault in {fault.row: fault for fault in reversed(faults)}.values():
            bad_rows.add(_place(table, fault.row), f"the tag {fault.tag!r} is spelled otherwise than the others")
        return
    others = sorted(
        {tag for row in table.tags or () for tag in row if tag not in spelling.outside and spelling.read(tag)}
    )
    shown = join_names((f"{table.words[one.row][one.word]!r} {table.place_of(one.row)}" for one in faults), _SHOWN)
    odd = join_names(map(repr, dict.fromkeys(fault.tag for fault in faults)), _SHOWN)
    raise DataError(
        f"{table.place_of(first.row)}: the tag {first.tag!r} of the word {table.words[first.row][first.word]!r} does "
        f"not fit the tags of spans around it, such as {join_names(others, 3)}. {len(faults):,} words have such tags "
        f"({odd}): {shown}. Correct them (O is the tag outside spans, and a line of column names has to go), skip such "
        "sentences with --bad-rows skip, or read all tags as plain ones with --scheme none."
    )


def _place(table: TaggedTable, row: int) -> Place:
    line = table.lines[row] if table.lines is not None else row + 1
    return line if table.files is None else FilePlace(table.files[row], line, "line")


def _note_spelling(table: TaggedTable, tags: list[list[str]], spelling: Spelling) -> None:
    """Say how tags were read that are not spelled in the one form."""
    pairs = dict(
        pair
        for given, read in zip(table.tags or (), tags, strict=True)
        for pair in zip(given, read, strict=True)
        if pair[0] != pair[1]
    )
    if not pairs or spelling == STANDARD:
        return
    shown = join_names((f"{given} as {read}" for given, read in sorted(pairs.items())), _SHOWN)
    bilou = "the tags are BILOU, and are read as IOBES: " if set(spelling.letters) == set("BILU") else "tags are read: "
    note(f"{table.source}: {bilou}{shown}. --scheme none takes them for plain tags.")


def _check_scheme(table: TaggedTable, scheme: str) -> None:
    """Refuse tags that are none of the scheme that somebody named."""
    for row, tags in enumerate(table.tags or ()):
        for tag in tags:
            prefix, kind = split_tag(tag) if tag != OUTSIDE else Tag(OUTSIDE, "")
            if tag != OUTSIDE and (prefix not in PREFIXES[scheme] or (not kind and scheme != "BMES")):
                allowed = ", ".join(f"{letter}-kind" for letter in PREFIXES[scheme])
                raise DataError(
                    f"{table.place_of(row)}: the tag {tag!r} is not one of the scheme {scheme}: O, {allowed}. Name "
                    "another with --scheme, or none for plain tags."
                )


def note_odd_tags(table: TaggedTable) -> None:
    """Say which tags break the scheme that the others obey."""
    scheme = None if table.tags is None or table.scheme == PLAIN else recognise_scheme(table.tags)
    if table.tags is None or scheme is None:
        return
    odd = [(row, places) for row, tags in enumerate(table.tags) if (places := broken_rules(tags, scheme))]
    if not odd:
        return
    shown = []
    for row, places in odd[:_SHOWN]:
        tags = [*table.tags[row], "the end"]
        place = places[0]
        shown.append(f"{table.place_of(row)}: {tags[place]} behind {tags[place - 1] if place else 'the beginning'}")
    more = f" and {len(odd) - _SHOWN:,} more" if len(odd) > _SHOWN else ""
    note(
        f"{table.source}: the tags are {scheme}, which {len(odd):,} sentences break: {'; '.join(shown)}{more}. They "
        "are read as conlleval reads them."
    )
