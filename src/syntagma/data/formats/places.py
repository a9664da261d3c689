"""What a file's places in a text count: characters, or whatever the program counted that wrote it."""

import re
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import NamedTuple

_SPACE = re.compile(r"(?:\s|\\n|\\r|\\t)+")


class Claim(NamedTuple):
    """What a file says that a text has from a place to another (not included)."""

    start: int
    end: int
    said: str


class Unit(NamedTuple):
    """What places count.

    Attributes:
        name: Name of the unit, for messages.
        width: Length of a character in it, given the character before ("" for none) and the one after.
    """

    name: str
    width: Callable[[str, str, str], int]

    def places(self, text: str) -> dict[int, int]:
        """Return where each character begins and the text ends, in characters, by the place in this unit."""
        signs = ["", *text, ""]
        widths = (self.width(signs[n], signs[n + 1], signs[n + 2]) for n in range(len(text)))
        return {place: index for index, place in enumerate(accumulate(widths, initial=0))}


def _utf16(before: str, sign: str, after: str) -> int:
    return 1 + (ord(sign) > 0xFFFF)


def _utf8(before: str, sign: str, after: str) -> int:
    return len(sign.encode("utf-8", "surrogatepass"))


def _one_line_end(before: str, sign: str, after: str) -> int:
    return 0 if sign == "\r" and after == "\n" else 1


def _two_line_end(before: str, sign: str, after: str) -> int:
    return 2 if sign == "\n" and before != "\r" else 1


def _both(one: Callable[[str, str, str], int], other: Callable[[str, str, str], int]) -> Callable[[str, str, str], int]:
    return lambda *signs: one(*signs) + other(*signs) - 1


CHARACTERS = Unit("characters", lambda before, sign, after: 1)
_OTHERS = (
    Unit("UTF-16 code units, of which an emoji has two", _utf16),
    Unit(r"characters with \r\n as one", _one_line_end),
    Unit(r"characters with \n as two", _two_line_end),
    Unit("bytes of UTF-8", _utf8),
    Unit(r"UTF-16 code units with \r\n as one", _both(_utf16, _one_line_end)),
    Unit(r"UTF-16 code units with \n as two", _both(_utf16, _two_line_end)),
)


def unit_of(texts: Iterable[tuple[str, list[Claim]]]) -> Unit | None:
    """Return what all claims on all texts count, characters if they can, or `None` if nothing fits them all."""
    claimed = [(text, claims) for text, claims in texts if claims]
    fitting = (unit for unit in (CHARACTERS, *_OTHERS) if all(not false_claims(*one, unit) for one in claimed))
    return next(fitting, None)


def false_claims(text: str, claims: list[Claim], unit: Unit = CHARACTERS) -> list[Claim]:
    """Return the claims that a text does not meet; white space may differ."""
    places = {} if unit is CHARACTERS else unit.places(text)
    false = []
    for claim in claims:
        edges = (claim.start, claim.end) if unit is CHARACTERS else (places.get(claim.start), places.get(claim.end))
        found = None if None in edges else text[slice(*edges)]
        if found is None or _plain(found) != _plain(claim.said):
            false.append(claim)
    return false


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
