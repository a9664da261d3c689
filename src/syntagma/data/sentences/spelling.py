"""Normalisation of tags: the spellings of span tags found in files are converted to one form, such as `B-PER`."""

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
    """Position of a tag whose spelling does not match the other tags.

    Attributes:
        row: Row number of the sentence in the table.
        word: Position of the word in the sentence.
        tag: Tag as written in the file.
    """

    row: int
    word: int
    tag: str


def normalise_tags(
    table: TaggedTable, scheme: str | None = None, like: Spelling | None = None, bad_rows: BadRows | None = None
) -> tuple[TaggedTable, Spelling | None]:
    """Convert the tags of a table to the standard spelling, such as `B-PER`. Plain tags are not changed.

    Args:
        table: Sentences with or without tags. For a table without tags, only the scheme is set.
        scheme: Requested scheme of the tags, or "none" for plain tags. By default, the scheme of the table is used, or
            detected if the table has none.
        like: Spelling to assume, such as the spelling in train for a dev or test split. By default, the spelling is
            detected.
        bad_rows: Collector of sentences with a tag that does not match the spelling. If it skips bad rows, these
            sentences are left out of the returned table. Otherwise, and if `bad_rows` is `None`, an error is raised.

    Returns:
        The table, and the spelling that its tags had. The spelling is `None` if no spelling of span tags was
        recognised, such as for plain tags.

    Raises:
        DataError: If the spelling of a tag does not match the other tags and its sentence is not skipped, or if a tag
            does not belong to the requested scheme.
    """
    scheme = scheme or table.scheme
    if table.tags is None or scheme == PLAIN:
        return replace(table, scheme=scheme), None
    if are_brackets(table.tags):
        note(f"{table.source}: the tags are brackets, as in CoNLL-2012. They are read as BIO.")
        table = replace(table, tags=[read_brackets(row) for row in table.tags])
    tags_in_file: list[list[str]] = table.tags or []
    spelling = like or (recognise_kinds if scheme == "IO" else recognise_spelling)(tags_in_file)
    named = ALIASES.get(scheme, scheme) if scheme else None
    if spelling is None:
        return _check_plain_tags(table, named), None
    read = [[spelling.read(tag) for tag in row] for row in tags_in_file]
    faults = [
        _Fault(row, word, tags_in_file[row][word])
        for row, tags in enumerate(read)
        for word, tag in enumerate(tags)
        if tag is None
    ]
    if faults:
        _reject_faults(table, faults, spelling, bad_rows)
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


def _check_plain_tags(table: TaggedTable, scheme: str | None) -> TaggedTable:
    """Check that tags that need no conversion belong to a requested scheme. Return the table with this scheme.

    Two kinds of tags need no conversion: plain tags, and the tags B, M, E and S, which segment characters into words
    and have no span label.

    Args:
        table: Sentences with tags.
        scheme: Requested scheme of the tags. Nothing is checked if it is `None`, or if all tags are O.

    Raises:
        DataError: If a tag does not belong to the requested scheme.
    """
    if scheme is not None and any(tag != OUTSIDE for row in table.tags or () for tag in row):
        _check_scheme(table, scheme)
    return replace(table, scheme=scheme)


def _reject_faults(table: TaggedTable, faults: Sequence[_Fault], spelling: Spelling, bad_rows: BadRows | None) -> None:
    first = faults[0]
    if bad_rows is not None and bad_rows.skipping:
        for fault in {fault.row: fault for fault in reversed(faults)}.values():
            bad_rows.add(_place(table, fault.row), f"the spelling of the tag {fault.tag!r} does not match the others")
        return
    others = sorted(
        {tag for row in table.tags or () for tag in row if tag not in spelling.outside and spelling.read(tag)}
    )
    shown = join_names((f"{table.words[one.row][one.word]!r} {table.place_of(one.row)}" for one in faults), _SHOWN)
    odd = join_names(map(repr, dict.fromkeys(fault.tag for fault in faults)), _SHOWN)
    raise DataError(
        f"{table.place_of(first.row)}: the tag {first.tag!r} of the word {table.words[first.row][first.word]!r} does "
        f"not match the other tags, such as {join_names(others, 3)}. {len(faults):,} words have such tags ({odd}): "
        f"{shown}. Correct them (O is the tag outside spans, and a line of column names must be removed), skip such "
        "sentences with --bad-rows skip, or read all tags as plain tags with --scheme none."
    )


def _place(table: TaggedTable, row: int) -> Place:
    line = table.lines[row] if table.lines is not None else row + 1
    return line if table.files is None else FilePlace(table.files[row], line, "line")


def _note_spelling(table: TaggedTable, tags: list[list[str]], spelling: Spelling) -> None:
    """Print a note that shows some of the converted tags in their original and in the standard spelling."""
    pairs = dict(
        pair
        for old, new in zip(table.tags or (), tags, strict=True)
        for pair in zip(old, new, strict=True)
        if pair[0] != pair[1]
    )
    if not pairs or spelling == STANDARD:
        return
    shown = join_names((f"{old} as {new}" for old, new in sorted(pairs.items())), _SHOWN)
    bilou = "the tags are BILOU, and are read as IOBES: " if set(spelling.letters) == set("BILU") else "tags are read: "
    note(f"{table.source}: {bilou}{shown}. Use --scheme none to read them as plain tags.")


def _check_scheme(table: TaggedTable, scheme: str) -> None:
    """Raise an error for the first tag that does not belong to the requested scheme."""
    for row, tags in enumerate(table.tags or ()):
        for tag in tags:
            prefix, kind = split_tag(tag) if tag != OUTSIDE else Tag(OUTSIDE, "")
            if tag != OUTSIDE and (prefix not in PREFIXES[scheme] or (not kind and scheme != "BMES")):
                allowed = ", ".join(f"{letter}-kind" for letter in PREFIXES[scheme])
                raise DataError(
                    f"{table.place_of(row)}: the tag {tag!r} does not belong to the scheme {scheme} (O, {allowed}). "
                    "Choose another scheme with --scheme, or none for plain tags."
                )


def note_odd_tags(table: TaggedTable) -> None:
    """Print a note about sentences whose tags violate the detected scheme, such as I-PER after O in BIO."""
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
        shown.append(f"{table.place_of(row)}: {tags[place]} after {tags[place - 1] if place else 'the beginning'}")
    more = f" and {len(odd) - _SHOWN:,} more" if len(odd) > _SHOWN else ""
    note(
        f"{table.source}: the tags are {scheme}, which {len(odd):,} sentences violate: {'; '.join(shown)}{more}. They "
        "are read in the same way as by conlleval."
    )
