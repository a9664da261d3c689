"""Names made from syllables, such that no name of one split occurs in another one.

Nothing is random: every choice is taken from a digest of a text, which contains the seed and the number of the row.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TypeVar

Item = TypeVar("Item")

_ONSETS = (
    *("b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p", "pl", "r", "s"),
    *("sh", "sk", "st", "t", "th", "tr", "v", "w", "z"),
)
_VOWELS = (*"aaeeiioou", "ai", "au", "ea", "ie", "oa", "oo")
_CODAS = (*[""] * 9, *"lmnrstkx", "ld", "nd", "rk")
_SURNAME_ENDINGS = ("", "", "", "", "berg", "er", "ett", "in", "ley", "man", "ov", "sen", "ski", "son")
_PLACE_ENDINGS = ("", "", "", "by", "dale", "field", "ford", "ham", "mouth", "stead", "ton", "ville", "wick")
# Of each hundred names, the first are of dev, the next of test, and all others of train.
_DEV_SHARE, _TEST_SHARE = 10, 20


class Choices:
    """An endless sequence of choices, which depends on a text only.

    Args:
        text: Text that decides all choices.

    Example:
        >>> first, again = Choices("a"), Choices("a")
        >>> [first.choose("xyz") for _ in range(9)] == [again.choose("xyz") for _ in range(9)]
        True
    """

    def __init__(self, text: str):
        self._numbers = _draw_numbers(text)

    def choose(self, items: Sequence[Item]) -> Item:
        """Return one of the items, each with the same probability."""
        return items[next(self._numbers) % len(items)]

    def choose_several(self, items: Sequence[Item], number: int) -> list[Item]:
        """Return different items, in the order in which they were chosen. `number` is at most the number of items."""
        left = list(items)
        return [left.pop(next(self._numbers) % len(left)) for _ in range(number)]

    def happens(self, percent: int) -> bool:
        """Return `True` in `percent` of a hundred cases."""
        return next(self._numbers) % 100 < percent


class NameMaker:
    """Maker of names that belong to one split, and that are different in each call.

    Args:
        choices: Choices from which the names are made.
        split: Name of the split: "train", "dev" or "test".
        seed: Seed that decides which names belong to which split.
    """

    def __init__(self, choices: Choices, split: str, seed: int):
        self._choices, self._split, self._seed = choices, split, seed
        self._made: set[str] = set()

    def surname(self) -> str:
        """Return a surname, such as "Koltisen"."""
        return self._make(_SURNAME_ENDINGS)

    def place(self) -> str:
        """Return the name of a town or village, such as "Stavoford"."""
        return self._make(_PLACE_ENDINGS)

    def _make(self, endings: Sequence[str]) -> str:
        while True:
            name = (self._syllable() + self._syllable() + self._choices.choose(endings)).capitalize()
            if name not in self._made and split_of_name(name, self._seed) == self._split:
                self._made.add(name)
                return name

    def _syllable(self) -> str:
        return "".join(self._choices.choose(part) for part in (_ONSETS, _VOWELS, _CODAS))


def split_of_name(name: str, seed: int) -> str:
    """Return the split to which a name belongs: "train" for four of five names, and "dev" and "test" for others."""
    digest = hashlib.sha256(f"names:{seed}:{name}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % 100
    return "dev" if place < _DEV_SHARE else "test" if place < _TEST_SHARE else "train"


def _draw_numbers(text: str) -> Iterator[int]:
    """Yield whole numbers from 0 to 2**32 - 1, without end."""
    for number in count():
        digest = hashlib.sha256(f"{text}:{number}".encode()).digest()
        for place in range(0, 32, 4):
            yield int.from_bytes(digest[place : place + 4], "big")
