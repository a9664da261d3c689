"""Recognition of how span tags are spelled in files, and conversion to the standard spelling: `B-PER`, `I-PER`, `O`.

The kind in a tag is its span label, such as `PER`. These spellings are recognised:

B-PER, B_PER, B:PER, B~PER, ...     prefix before the kind, in upper or lower case
PER-B, PER_B, ...                   prefix after the kind
BPER, IPER                          prefix and kind without a separator
B, I, O                             prefixes without a kind; the kind becomes `span`
PER, PER, O                         kinds without a prefix (IO); adjacent tags of one kind are one span
BILOU, BMEWO                        L is read as E, U and W as S

If the most frequent tag has no prefix and all other tags have a prefix, the most frequent tag is read as O.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from syntagma.text.tag_schemes import OUTSIDE

# Other names of the schemes in `tag_schemes`.
ALIASES = {"IOB2": "BIO", "BIOES": "IOBES", "BILOU": "IOBES", "BIOUL": "IOBES", "BMEWO": "BMES", "IO": "IOB1"}

_SEPARATORS = "-_:/|~.=+#@"
_STANDARD_LETTERS = dict(zip("BIESM", "BIESM", strict=True))
# Prefixes of BILOU and BMEWO: a file is read as one of them only if it has no other prefix.
_OTHER_LETTERS = ({"B": "B", "I": "I", "L": "E", "U": "S"}, {"B": "B", "M": "M", "I": "I", "E": "E", "W": "S"})
_LETTERS = frozenset("BIESMLUW")
_SEGMENTATION_TAGS = frozenset("BMES")
# A prefix directly before a kind, and a tag that certainly has a prefix.
_GLUED = re.compile(r"([BIESLU])([^\W_]{2,}.*)")
_PREFIXED = re.compile(r"[BIESMLUW][-_:/|~].+")
# A tag in bracket notation: optionally an opening bracket with its kind, and a closing bracket.
_BRACKETS = re.compile(r"(?:\(([^()*]+))?\*?\)?")
# Signs that some files have instead of `O`.
_OUTSIDE_SIGNS = frozenset({"_", "-", "0", "o"})
_KIND = "span"
# Up to this many tags that do not fit the spelling are always treated as errors in the file.
_FEW = 5


@dataclass(frozen=True)
class Spelling:
    """The spelling of the span tags in a file. Use `read` to convert a tag to the standard spelling.

    Attributes:
        separator: Character between prefix and kind, or "" if there is none, or `None` if tags have no prefix.
        prefix_last: Whether the prefix comes after the kind.
        lower_case: Whether prefixes are in lower case.
        letters: Mapping from each prefix in the file to the standard prefix.
        outside: Tags of tokens outside all spans.
        glued: Whether the kind directly follows the prefix, as in `BPER`. If not, and `separator` is "", each tag is
            only a prefix, and the kind is `span`.
    """

    separator: str | None = "-"
    prefix_last: bool = False
    lower_case: bool = False
    letters: Mapping[str, str] = field(default_factory=lambda: _STANDARD_LETTERS)
    outside: frozenset[str] = frozenset({OUTSIDE})
    glued: bool = False

    def read(self, tag: str) -> str | None:
        """Return the standard spelling of a tag, or `None` if the tag does not have this spelling."""
        if tag in self.outside:
            return OUTSIDE
        if self.separator is None:
            return f"I-{tag}" if any(map(str.isalpha, tag)) else None
        prefix, kind = self._split(tag)
        letter = self.letters.get(prefix)
        return f"{letter}-{kind}" if letter and kind else None

    def _split(self, tag: str) -> tuple[str, str]:
        if self.glued:
            return tag[:1], tag[1:]
        if not self.separator:
            return (tag.upper() if self.lower_case == tag.islower() else ""), _KIND
        first, separator, last = (tag.rpartition if self.prefix_last else tag.partition)(self.separator)
        prefix, kind = (last, first) if self.prefix_last else (first, last)
        if not separator or self.lower_case != prefix.islower():
            return "", kind
        return prefix.upper(), kind


STANDARD = Spelling()


def recognise_spelling(texts: Iterable[Sequence[str]]) -> Spelling | None:
    """Return the spelling of most span tags in the texts, or `None` if the tags are plain or segment texts into words.

    A few tags may have another spelling. Such tags are errors in the file, and `Spelling.read` returns `None` for them.
    """
    counts = Counter(tag for text in texts for tag in text)
    outside = _find_outside(counts)
    tags = set(counts) - outside
    if not tags or tags <= _SEGMENTATION_TAGS:
        return None  # tags of word segmentation have the standard spelling already
    spelling = max(_list_prefix_spellings(tags, outside, counts), key=lambda one: _count_read(one, tags), default=None)
    if spelling is not None and _fits(spelling, tags, counts):
        return spelling
    if (glued := _recognise_glued(tags, outside)) is not None:
        return glued
    return Spelling(None, outside=outside) if _are_bare_kinds(counts, tags) else None


def _recognise_glued(tags: set[str], outside: frozenset[str]) -> Spelling | None:
    """Return the spelling of tags such as `BPER` and `IPER`.

    The result is `None` unless all tags have a prefix and every kind that occurs with I, E or L also occurs with B.
    """
    split = [match.groups() for tag in tags if (match := _GLUED.fullmatch(tag))]
    kinds = {letter: {kind for one, kind in split if one == letter} for letter in "BIESLU"}
    inner = kinds["I"] | kinds["E"] | kinds["L"]
    if len(split) < len(tags) or not inner or not inner <= kinds["B"]:
        return None
    candidate = Spelling("", False, False, dict.fromkeys(_LETTERS, "B"), outside, glued=True)
    return next(iter(_read_letters(candidate, tags, is_standard=True)), None)


def recognise_kinds(texts: Iterable[Sequence[str]]) -> Spelling | None:
    """Return the spelling of span tags.

    If none is recognised, return one that reads each tag as a span label without a prefix.
    """
    rows = list(texts)
    if (spelling := recognise_spelling(rows)) is not None:
        return spelling
    return Spelling(None, outside=_find_outside(Counter(tag for row in rows for tag in row)))


def _find_outside(counts: Counter[str]) -> frozenset[str]:
    """Return the tags of tokens outside all spans: `O`, and the most frequent tag if it is used instead of `O`."""
    if OUTSIDE in counts or not counts:
        return frozenset({OUTSIDE})
    most = counts.most_common(1)[0][0]
    others = set(counts) - {most}
    # With a single other tag, a kind could be mistaken for a prefix.
    is_name = len(others) > 1 and not _PREFIXED.fullmatch(most) and all(map(_PREFIXED.fullmatch, others))
    return frozenset({OUTSIDE, most} if most in _OUTSIDE_SIGNS or is_name else {OUTSIDE})


def _count_read(spelling: Spelling, tags: set[str]) -> int:
    return sum(spelling.read(tag) is not None for tag in tags)


def _fits(spelling: Spelling, tags: set[str], counts: Counter[str]) -> bool:
    """Return whether enough tags have the spelling to treat all other tags as errors in the file."""
    odd = {tag for tag in tags if spelling.read(tag) is None}
    words = sum(counts[tag] for tag in tags - odd)
    return len(odd) <= max(len(tags) - len(odd), _FEW) and sum(counts[tag] for tag in odd) <= words


def _list_prefix_spellings(tags: set[str], outside: frozenset[str], counts: Counter[str]) -> Iterable[Spelling]:
    """Yield each spelling with prefixes that the tags sufficiently support, starting with the standard spelling."""
    for lower_case in (False, True):
        unread = outside | {"o"} if lower_case else outside
        for prefix_last in (False, True):
            for separator in _SEPARATORS:
                candidate = Spelling(separator, prefix_last, lower_case, dict.fromkeys(_LETTERS, "B"), unread)
                # Without `B-`, only the standard spelling is certain enough.
                is_standard = (separator, prefix_last, lower_case) == ("-", False, False)
                yield from _read_letters(candidate, tags, is_standard=is_standard)
        candidate = Spelling("", False, lower_case, dict.fromkeys(_LETTERS, "B"), unread)
        if unread & set(counts) and len({tag for tag in tags if candidate.read(tag)}) > 1:
            yield from _read_letters(candidate, tags, is_standard=False)


def _read_letters(candidate: Spelling, tags: set[str], *, is_standard: bool) -> Iterable[Spelling]:
    """Yield the candidate spelling with the prefix letters of the tags, if the tags are sufficient evidence for it."""
    letters = {candidate._split(tag)[0] for tag in tags - candidate.outside if candidate.read(tag)}
    is_sure = "B" in letters and (
        letters & set("IELMU") or all(candidate.read(tag) for tag in tags - candidate.outside)
    )
    if not letters or (not is_standard and not is_sure):
        return
    others = letters - set(_STANDARD_LETTERS)
    standard = next((one for one in _OTHER_LETTERS if others and letters <= set(one)), _STANDARD_LETTERS)
    yield Spelling(
        candidate.separator, candidate.prefix_last, candidate.lower_case, standard, candidate.outside, candidate.glued
    )


def _are_bare_kinds(counts: Counter[str], tags: set[str]) -> bool:
    """Return whether the tags are span labels without prefixes: all look like names and are less frequent than `O`."""
    names = tags - _OUTSIDE_SIGNS
    if not names or counts.get(OUTSIDE, 0) <= max(counts[tag] for tag in tags):
        return False
    return all(len(tag) > 1 and any(map(str.isalpha, tag)) for tag in names)


def are_brackets(texts: Iterable[Sequence[str]]) -> bool:
    """Return whether all tags are in bracket notation, as in CoNLL-2012: `(PER*`, `*`, `*)`, `(PER)`."""
    tags = {tag for text in texts for tag in text}
    return any("(" in tag for tag in tags) and all(_BRACKETS.fullmatch(tag) for tag in tags)


def read_brackets(tags: Sequence[str]) -> list[str]:
    """Convert the tags of one text from bracket notation to BIO.

    Example:
        >>> read_brackets(["(PER*", "*)", "*", "(LOC)"])
        ['B-PER', 'I-PER', 'O', 'B-LOC']
    """
    bio, kind = [], ""
    for tag in tags:
        match = _BRACKETS.fullmatch(tag)
        opened = match[1] if match else None
        bio.append(f"B-{opened}" if opened else f"I-{kind}" if kind else OUTSIDE)
        kind = "" if tag.endswith(")") else opened or kind
    return bio
