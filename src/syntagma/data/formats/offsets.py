"""Detection of the unit of span offsets: characters, or another unit such as UTF-16 code units or bytes."""

import re
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import NamedTuple

_SPACE = re.compile(r"(?:\s|\\n|\\r|\\t)+")


class Claim(NamedTuple):
    """Statement in a file about the text between two offsets, used to detect the unit of the offsets.

    Attributes:
        start: Offset of the start.
        end: Offset of the end (exclusive).
        text: Text between the two offsets, according to the file.
    """

    start: int
    end: int
    text: str


class OffsetUnit(NamedTuple):
    """Unit in which a file counts offsets, such as characters or bytes.

    Attributes:
        name: Name of the unit, for messages.
        width: Function that returns the length of a character in this unit, given the previous character, the
            character itself and the next character. At either end of the text, the missing neighbour is "".
    """

    name: str
    width: Callable[[str, str, str], int]

    def character_offsets(self, text: str) -> dict[int, int]:
        """Return a map from offsets in this unit to offsets in characters.

        The map contains the offset at which each character starts, and the offset at which the text ends.
        """
        signs = ["", *text, ""]
        widths = (self.width(signs[n], signs[n + 1], signs[n + 2]) for n in range(len(text)))
        return {offset: index for index, offset in enumerate(accumulate(widths, initial=0))}


def _utf16(before: str, sign: str, after: str) -> int:
    return 1 + (ord(sign) > 0xFFFF)


def _utf8(before: str, sign: str, after: str) -> int:
    return len(sign.encode("utf-8", "surrogatepass"))


def _one_line_end(before: str, sign: str, after: str) -> int:
    return 0 if sign == "\r" and after == "\n" else 1


def _two_line_end(before: str, sign: str, after: str) -> int:
    return 2 if sign == "\n" and before != "\r" else 1


def _combine(
    one: Callable[[str, str, str], int], other: Callable[[str, str, str], int]
) -> Callable[[str, str, str], int]:
    return lambda *signs: one(*signs) + other(*signs) - 1


CHARACTERS = OffsetUnit("characters", lambda before, sign, after: 1)
_OTHERS = (
    OffsetUnit("UTF-16 code units, two for an emoji", _utf16),
    OffsetUnit(r"characters with \r\n as one", _one_line_end),
    OffsetUnit(r"characters with \n as two", _two_line_end),
    OffsetUnit("bytes of UTF-8", _utf8),
    OffsetUnit(r"UTF-16 code units with \r\n as one", _combine(_utf16, _one_line_end)),
    OffsetUnit(r"UTF-16 code units with \n as two", _combine(_utf16, _two_line_end)),
)


def detect_unit(texts: Iterable[tuple[str, list[Claim]]]) -> OffsetUnit | None:
    """Return the first unit in which all claims match their texts, or `None` if no unit matches.

    Characters are tried first, so they are returned if there are no claims.
    """
    with_claims = [(text, claims) for text, claims in texts if claims]
    units = (CHARACTERS, *_OTHERS)
    return next((unit for unit in units if all(not find_mismatches(*one, unit) for one in with_claims)), None)


def find_mismatches(text: str, claims: list[Claim], unit: OffsetUnit = CHARACTERS) -> list[Claim]:
    """Return the claims that do not match the text when offsets are counted in `unit`.

    Differences in whitespace are ignored.
    """
    offsets = {} if unit is CHARACTERS else unit.character_offsets(text)
    mismatches = []
    for claim in claims:
        edges = (claim.start, claim.end) if unit is CHARACTERS else (offsets.get(claim.start), offsets.get(claim.end))
        actual = None if None in edges else text[slice(*edges)]
        if actual is None or _normalise_space(actual) != _normalise_space(claim.text):
            mismatches.append(claim)
    return mismatches


def _normalise_space(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
