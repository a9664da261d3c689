"""Numbers for distinct strings, so that work on repeated strings is done once."""

from collections.abc import Iterable


class Numbering(dict[str, int]):
    """A mapping that numbers distinct strings in the order of their first appearance, from 0.

    Example:
        >>> numbering = Numbering()
        >>> numbering.numbers("to be or not to be".split())
        [0, 1, 2, 3, 0, 1]
        >>> numbering.take_new()
        ['to', 'be', 'or', 'not']
    """

    def __init__(self) -> None:
        super().__init__()
        self._new: list[str] = []

    def __missing__(self, string: str) -> int:
        self._new.append(string)
        number = self[string] = len(self)
        return number

    def numbers(self, strings: Iterable[str]) -> list[int]:
        """Return the number of each string, and number those that are new."""
        return list(map(self.__getitem__, strings))

    def take_new(self) -> list[str]:
        """Return the strings that were added since the last call."""
        new, self._new = self._new, []
        return new
