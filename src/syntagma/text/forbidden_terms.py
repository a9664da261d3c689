"""Words and phrases that no text may contain, however the text is divided into pieces."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from syntagma.errors import ConfigError
from syntagma.shapes import BoolArray, IntArray
from syntagma.text.merges import WORD_START

_MOST_TERMS = 10_000
_LONGEST_TERM = 500
# Maximum number of states times tokens, which bounds the memory for tables.
_MOST_TRANSITIONS = 1 << 24
_SPACE, _WORD, _SYMBOL = " ", "w", "s"
_JOINERS = "\u200c\u200d"
_SWAP_SPACES = str.maketrans({" ": WORD_START, WORD_START: " "})

FORBIDDEN = -1


class _Kind(NamedTuple):
    """The parts of a character that terms depend on: its kind, itself if a term has it, and its case-folded form."""

    kind: str
    exact: str
    folded: str


class _Term(NamedTuple):
    """Words and symbols of a term, and whether its case counts."""

    parts: tuple[str, ...]
    is_exact: bool


# A term of which the first `part` words and symbols were read, and `length` characters of the next one.
_Item = tuple[int, int, int]
# Whether the last character belongs to a word, and the terms that were begun.
_State = tuple[bool, frozenset[_Item]]

_EMPTY: _State = (False, frozenset())


class ForbiddenTerms:
    """Words and phrases that no text may contain.

    A term is found as whole words: "art" does not occur in "part". A word consists of letters, digits, underscores and
    the marks on them. Between the words and symbols of a term, any white space is accepted, or none next to a symbol. A
    term without capital letters is found in any case. A term with capital letters, such as "US", is only found as it is
    written.

    Args:
        terms: Words and phrases.

    Raises:
        ConfigError: If a term is not a string, is empty or has more than 500 characters, or there are more than 10,000.

    Example:
        >>> terms = ForbiddenTerms(["rock", "US"])
        >>> [terms.occur_in(text) for text in ("Rock, or not?", "rocks for us", "the US")]
        [True, False, True]
    """

    def __init__(self, terms: Iterable[str]):
        self.terms = tuple(dict.fromkeys([terms] if isinstance(terms, str) else terms))
        if len(self.terms) > _MOST_TERMS:
            raise ConfigError(f"at most {_MOST_TERMS:,} terms can be forbidden; got {len(self.terms):,}.")
        self._terms = [_parse(term) for term in self.terms]
        # Terms by the first character of their first word or symbol.
        self._starts: dict[tuple[bool, str], list[int]] = defaultdict(list)
        for number, (parts, is_exact) in enumerate(self._terms):
            self._starts[is_exact, parts[0][0]].append(number)
        self._exact, self._folded = (
            {character for term in self._terms if term.is_exact is is_exact for character in "".join(term.parts)}
            for is_exact in (True, False)
        )
        self._advanced: dict[tuple[_State, _Kind], _State | None] = {}

    def __bool__(self) -> bool:
        return bool(self.terms)

    def occur_in(self, text: str) -> bool:
        """Return whether a text contains a term."""
        state = _EMPTY
        for character in text:
            after = self._advance(state, self._kind_of(character))
            if after is None:
                return True
            state = after
        return not self._may_end(state)

    def transitions(self, pieces: Sequence[str]) -> IntArray:
        """Return the state after each piece, (N, V), or `FORBIDDEN` if the piece completes a term.

        State 0 is that of an empty text. Pieces are those of a `SubwordVocabulary`, in which "▁" is a space. A text at
        whose end a term may be complete is not yet forbidden, because its last word could continue; see `may_end`.

        Raises:
            ConfigError: If there are too many terms for the number of pieces.
        """
        written = [piece.translate(_SWAP_SPACES) for piece in pieces]
        kinds: dict[_Kind, int] = {}
        codes = {one: kinds.setdefault(self._kind_of(one), len(kinds)) for one in set("".join(written))}
        table = self._table(list(kinds), len(pieces))
        letters = np.full((max(map(len, written), default=0), len(pieces)), -1, np.int64)
        for column, piece in enumerate(written):
            letters[: len(piece), column] = [codes[one] for one in piece]
        states = np.repeat(np.arange(len(table), dtype=np.int32)[:, None], len(pieces), axis=1)
        for line in letters:
            real = line >= 0
            states[:, real] = table[states[:, real], line[real]]
        states[states == len(table) - 1] = FORBIDDEN
        return states[:-1]

    @property
    def may_end(self) -> BoolArray:
        """Whether a text may end in each state, (N,)."""
        return np.array([self._may_end(state) for state in self._states])

    @cached_property
    def _states(self) -> dict[_State, int]:
        """All states, with their numbers."""
        # These are kinds of single characters. A character that is folded to several leads to the same states.
        kinds = {
            *map(self._kind_of, self._exact),
            *(_Kind(_kind_of(one), "", one) for one in self._folded),
            *(_Kind(kind, "", "") for kind in (_SPACE, _WORD, _SYMBOL)),
        }
        states, queue = {_EMPTY: 0}, [_EMPTY]
        for state in queue:
            for kind in sorted(kinds):
                after = self._advance(state, kind)
                if after is not None and after not in states:
                    states[after] = len(states)
                    queue.append(after)
        return states

    def _table(self, kinds: Sequence[_Kind], count: int) -> IntArray:
        """Return the state after a character of each kind, (N + 1, K). The last state is that of forbidden texts."""
        states = self._states
        if len(states) * count > _MOST_TRANSITIONS:
            raise ConfigError(
                f"{len(self.terms):,} terms are too many to forbid with a vocabulary of {count:,} subwords; use fewer."
            )
        table = np.full((len(states) + 1, len(kinds)), len(states), np.int32)
        for state, line in states.items():
            for column, kind in enumerate(kinds):
                after = self._advance(state, kind)
                table[line, column] = len(states) if after is None else states[after]
        return table

    def _kind_of(self, character: str) -> _Kind:
        folded = character.casefold()
        is_known = self._folded.issuperset(folded)
        return _Kind(_kind_of(character), character if character in self._exact else "", folded if is_known else "")

    def _may_end(self, state: _State) -> bool:
        return not any(self._is_whole(item) and item[1] == len(self._terms[item[0]].parts) - 1 for item in state[1])

    def _is_whole(self, item: _Item) -> bool:
        """Return whether the last characters are all those of a word of a term, which may go on."""
        number, part, length = item
        return length == len(self._terms[number].parts[part]) > 0

    def _advance(self, state: _State, kind: _Kind) -> _State | None:
        """Return the state after a character, or `None` if it completes a term."""
        key = state, kind
        if key not in self._advanced:
            self._advanced[key] = self._compute_next(*key)
        return self._advanced[key]

    def _compute_next(self, state: _State, kind: _Kind) -> _State | None:
        in_word, items = state
        continues = in_word and kind.kind == _WORD
        found: set[_Item] = set()
        for item in items:
            number, part, length = item
            if length and (continues or not self._is_whole(item)):
                if continues and not self._is_whole(item):
                    found |= self._match(item, kind)
                continue
            if length:  # the word is complete
                if part == len(self._terms[number].parts) - 1:
                    return None
                item = (number, part + 1, 0)
            found |= {item} if kind.kind == _SPACE else self._match(item, kind)
        if not continues and kind.kind != _SPACE:
            for is_exact, text in ((True, kind.exact), (False, kind.folded)):
                for number in self._starts.get((is_exact, text[:1]), ()):
                    found |= self._match((number, 0, 0), kind)
        if any(part == len(self._terms[number].parts) for number, part, _ in found):
            return None
        return kind.kind == _WORD, frozenset(found)

    def _match(self, item: _Item, kind: _Kind) -> set[_Item]:
        """Return the item after a character of a word or a symbol, if it fits."""
        number, part, length = item
        parts, is_exact = self._terms[number]
        text = kind.exact if is_exact else kind.folded
        if not text or not parts[part].startswith(text, length):
            return set()
        length += len(text)
        is_symbol = kind.kind == _SYMBOL and length == len(parts[part])
        return {(number, part + 1, 0) if is_symbol else (number, part, length)}


def _parse(term: object) -> _Term:
    """Return the words and symbols of a term, or raise `ConfigError` if it is invalid."""
    if not isinstance(term, str) or not term.strip():
        raise ConfigError(f"a term to forbid is a word or phrase; got {term!r}.")
    if len(term) > _LONGEST_TERM:
        raise ConfigError(f"a term to forbid has at most {_LONGEST_TERM} characters; {term[:20]!r} has {len(term)}.")
    parts: list[str] = []
    in_word = False
    for character in term:
        kind = _kind_of(character)
        if kind == _WORD and in_word:
            parts[-1] += character
        elif kind != _SPACE:
            parts.append(character)
        in_word = kind == _WORD
    is_exact = term != term.lower()
    return _Term(tuple(parts if is_exact else [part.casefold() for part in parts]), is_exact)


@lru_cache(maxsize=1 << 14)
def _kind_of(character: str) -> str:
    if character.isspace():
        return _SPACE
    is_word = character.isalnum() or character == "_" or character in _JOINERS
    return _WORD if is_word or unicodedata.category(character)[0] == "M" else _SYMBOL
