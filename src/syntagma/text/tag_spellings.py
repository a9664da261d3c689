"""How files spell the tags of spans, and the one form that everything else reads: `B-PER`, `I-PER`, `O`.

B-PER, B_PER, B:PER, B~PER, ...     the prefix before the kind, in capital or small letters
PER-B, PER_B, ...                   the prefix after the kind
BPER, IPER                          nothing between them
B, I, O                             prefixes without a kind; the kind is called `span`
PER, PER, O                         kinds without a prefix (IO): neighbours of one kind are one span
BILOU, BMEWO                        L is read as E, U and W as S

Where most words have a tag of one name, such as OTHER, and all others have a prefix, that name stands for O.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from syntagma.text.tag_schemes import OUTSIDE

# Names under which people know the schemes of `tag_schemes`, and the letters that tags of each may have.
ALIASES = {"IOB2": "BIO", "BIOES": "IOBES", "BILOU": "IOBES", "BIOUL": "IOBES", "BMEWO": "BMES", "IO": "IOB1"}

_SEPARATORS = "-_:/|~.=+#@"
_USUAL = dict(zip("BIESM", "BIESM", strict=True))
# Letters of other schemes: all of a file's must be among these for it to be read so.
_OTHER_LETTERS = ({"B": "B", "I": "I", "L": "E", "U": "S"}, {"B": "B", "M": "M", "I": "I", "E": "E", "W": "S"})
_LETTERS = frozenset("BIESMLUW")
_WORD_CUTS = frozenset("BMES")
# A prefix that may stand alone before a kind, and a tag that surely has one.
_GLUED = re.compile(r"([BIESLU])([^\W_]{2,}.*)")
_PREFIXED = re.compile(r"[BIESMLUW][-_:/|~].+")
# A bracket that opens with its kind, and one that closes.
_BRACKETS = re.compile(r"(?:\(([^()*]+))?\*?\)?")
# Signs that some files have for `O`.
_OUTSIDE_SIGNS = frozenset({"_", "-", "0", "o"})
_KIND = "span"
# Tags that fit no spelling are a fault if they are few beside those that do.
_FEW = 5


@dataclass(frozen=True)
class Spelling:
    """How the tags of a file are spelled.

    Attributes:
        separator: Sign between prefix and kind; "" for prefixes alone, `None` for kinds alone.
        prefix_last: Whether the kind comes first.
        small: Whether prefixes are small letters.
        letters: Prefix in the one form, by the letter of the file.
        outside: Tags outside spans.
        glued: Whether nothing stands between prefix and kind.
    """

    separator: str | None = "-"
    prefix_last: bool = False
    small: bool = False
    letters: Mapping[str, str] = field(default_factory=lambda: _USUAL)
    outside: frozenset[str] = frozenset({OUTSIDE})
    glued: bool = False

    def read(self, tag: str) -> str | None:
        """Return a tag in the one form, or `None` if it is not spelled so."""
        if tag in self.outside:
            return OUTSIDE
        if self.separator is None:
            return f"I-{tag}" if any(map(str.isalpha, tag)) else None
        prefix, kind = self._parted(tag)
        letter = self.letters.get(prefix)
        return f"{letter}-{kind}" if letter and kind else None

    def _parted(self, tag: str) -> tuple[str, str]:
        if self.glued:
            return tag[:1], tag[1:]
        if not self.separator:
            return (tag.upper() if self.small == tag.islower() else ""), _KIND
        first, separator, last = (tag.rpartition if self.prefix_last else tag.partition)(self.separator)
        prefix, kind = (last, first) if self.prefix_last else (first, last)
        if not separator or self.small != prefix.islower():
            return "", kind
        return prefix.upper(), kind


STANDARD = Spelling()


def recognise_spelling(texts: Iterable[Sequence[str]]) -> Spelling | None:
    """Return how most tags of spans are spelled, or `None` for plain tags.

    Tags that `Spelling.read` then refuses are few beside the others, and faults.
    """
    counts = Counter(tag for text in texts for tag in text)
    outside = _outside_of(counts)
    tags = set(counts) - outside
    if not tags or tags <= _WORD_CUTS:
        return None  # words that are cut out of characters have the one form already
    found = max(_with_prefixes(tags, outside, counts), key=lambda one: _count(one, tags), default=None)
    if found is not None and _is_spelled(found, tags, counts):
        return found
    if (glued := _glued(tags, outside)) is not None:
        return glued
    return Spelling(None, outside=outside) if _are_kinds(counts, tags) else None


def _glued(tags: set[str], outside: frozenset[str]) -> Spelling | None:
    """Return the spelling of tags such as `BPER` and `IPER`, if each kind has a B and some have an I or E too."""
    parted = [match.groups() for tag in tags if (match := _GLUED.fullmatch(tag))]
    kinds = {letter: {kind for one, kind in parted if one == letter} for letter in "BIESLU"}
    inner = kinds["I"] | kinds["E"] | kinds["L"]
    if len(parted) < len(tags) or not inner or not inner <= kinds["B"]:
        return None
    every = Spelling("", False, False, dict.fromkeys(_LETTERS, "B"), outside, glued=True)
    return next(iter(_lettered(every, tags, is_usual=True)), None)


def kinds_alone(texts: Iterable[Sequence[str]]) -> Spelling | None:
    """Return the spelling of tags that are said to be kinds without a prefix; `None` if they have prefixes."""
    rows = list(texts)
    found = recognise_spelling(rows)
    return found if found is not None else Spelling(None, outside=_outside_of(Counter(t for row in rows for t in row)))


def _outside_of(counts: Counter[str]) -> frozenset[str]:
    """Return `O`, or, if there is none, the sign or the name that most words have in its place."""
    if OUTSIDE in counts or not counts:
        return frozenset({OUTSIDE})
    most = counts.most_common(1)[0][0]
    others = set(counts) - {most}
    # Two tags at least, or a kind might be taken for a prefix.
    is_name = len(others) > 1 and not _PREFIXED.fullmatch(most) and all(map(_PREFIXED.fullmatch, others))
    return frozenset({OUTSIDE, most} if most in _OUTSIDE_SIGNS or is_name else {OUTSIDE})


def _count(spelling: Spelling, tags: set[str]) -> int:
    return sum(spelling.read(tag) is not None for tag in tags)


def _is_spelled(spelling: Spelling, tags: set[str], counts: Counter[str]) -> bool:
    """Return whether so many tags are spelled so that the others are faults."""
    odd = {tag for tag in tags if spelling.read(tag) is None}
    words = sum(counts[tag] for tag in tags - odd)
    return len(odd) <= max(len(tags) - len(odd), _FEW) and sum(counts[tag] for tag in odd) <= words


def _with_prefixes(tags: set[str], outside: frozenset[str], counts: Counter[str]) -> Iterable[Spelling]:
    """Yield the spellings with prefixes that some tags have, the usual one first."""
    for small in (False, True):
        unread = outside | {"o"} if small else outside
        for prefix_last in (False, True):
            for separator in _SEPARATORS:
                every = Spelling(separator, prefix_last, small, dict.fromkeys(_LETTERS, "B"), unread)
                # Without `B-` only the usual spelling is sure to be one.
                yield from _lettered(every, tags, is_usual=(separator, prefix_last, small) == ("-", False, False))
        every = Spelling("", False, small, dict.fromkeys(_LETTERS, "B"), unread)
        if unread & set(counts) and len({tag for tag in tags if every.read(tag)}) > 1:
            yield from _lettered(every, tags, is_usual=False)


def _lettered(every: Spelling, tags: set[str], *, is_usual: bool) -> Iterable[Spelling]:
    """Yield a spelling with the letters that its tags have, if there are such tags."""
    letters = {every._parted(tag)[0] for tag in tags - every.outside if every.read(tag)}
    is_sure = "B" in letters and (letters & set("IELMU") or all(every.read(tag) for tag in tags - every.outside))
    if not letters or (not is_usual and not is_sure):
        return
    others = letters - set(_USUAL)
    meant = next((one for one in _OTHER_LETTERS if others and letters <= set(one)), _USUAL)
    yield Spelling(every.separator, every.prefix_last, every.small, meant, every.outside, every.glued)


def _are_kinds(counts: Counter[str], tags: set[str]) -> bool:
    """Return whether tags are kinds without a prefix: names, in texts with more words outside them than of any kind."""
    names = tags - _OUTSIDE_SIGNS
    if not names or counts.get(OUTSIDE, 0) <= max(counts[tag] for tag in tags):
        return False
    return all(len(tag) > 1 and any(map(str.isalpha, tag)) for tag in names)


def are_brackets(texts: Iterable[Sequence[str]]) -> bool:
    """Return whether all tags are brackets around spans, as in CoNLL-2012: `(PER*`, `*`, `*)`, `(PER)`."""
    tags = {tag for text in texts for tag in text}
    return any("(" in tag for tag in tags) and all(_BRACKETS.fullmatch(tag) for tag in tags)


def of_brackets(tags: Sequence[str]) -> list[str]:
    """Return the BIO tags of brackets.

    Example:
        >>> of_brackets(["(PER*", "*)", "*", "(LOC)"])
        ['B-PER', 'I-PER', 'O', 'B-LOC']
    """
    found, kind = [], ""
    for tag in tags:
        match = _BRACKETS.fullmatch(tag)
        opened = match[1] if match else None
        found.append(f"B-{opened}" if opened else f"I-{kind}" if kind else OUTSIDE)
        kind = "" if tag.endswith(")") else opened or kind
    return found
