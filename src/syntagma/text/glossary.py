"""Glossaries: terms of the source, with the translation that an output has to use for each of them."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from syntagma.errors import ConfigError

_TOKEN = re.compile(r"\w+|[^\w\s]")
_MOST_TERMS = 100_000
# Maximum number of words and symbols of a term. It bounds the time of a search.
_LONGEST_TERM = 50


class TermMatch(NamedTuple):
    """Occurrence of a term in a text.

    Attributes:
        translation: Translation of the term.
        start: Position of the first character of the term in the text.
        end: Position after its last character.
    """

    translation: str
    start: int
    end: int


class Glossary:
    """Terms with their translations.

    A term is found as whole words: "art" does not occur in "part". Between its words, any white space is accepted. A
    term without capital letters is found in any case, as in "Rock" at the start of a sentence. A term with
    capital letters, such as "US", is only found as it is written.

    Args:
        terms: Translation of each term.

    Raises:
        ConfigError: If a term or translation is not a string or is empty, a term has more than 50 words and symbols, or
            there are more than 100,000 terms.

    Example:
        >>> glossary = Glossary({"rock": "Felsen", "rock music": "Rockmusik"})
        >>> [match.translation for match in glossary.find("Rock music on a rock.")]
        ['Rockmusik', 'Felsen']
    """

    def __init__(self, terms: Mapping[str, str]):
        if len(terms) > _MOST_TERMS:
            raise ConfigError(f"a glossary has at most {_MOST_TERMS:,} terms; got {len(terms):,}.")
        self._exact: dict[tuple[str, ...], str] = {}
        self._any_case: dict[tuple[str, ...], str] = {}
        for term, translation in terms.items():
            words = check_term(term, translation)
            chosen = self._exact if term != term.lower() else self._any_case
            chosen[words] = translation.strip()
        self._longest = max(map(len, (*self._exact, *self._any_case)), default=0)

    def __len__(self) -> int:
        return len(self._exact) + len(self._any_case)

    def find(self, text: str) -> list[TermMatch]:
        """Find the terms in a text, in order. Of terms that overlap, the one that begins first is found.

        Of several terms that begin at the same word, the longest is found.
        """
        tokens = list(_TOKEN.finditer(text)) if len(self) else []
        words = [token[0] for token in tokens]
        lower = [word.lower() for word in words]
        matches, place = [], 0
        while place < len(tokens):
            for length in range(min(self._longest, len(tokens) - place), 0, -1):
                part = slice(place, place + length)
                translation = self._exact.get(tuple(words[part]), self._any_case.get(tuple(lower[part])))
                if translation is not None:
                    matches.append(TermMatch(translation, tokens[place].start(), tokens[part][-1].end()))
                    place += length
                    break
            else:
                place += 1
        return matches


def check_term(term: object, translation: object) -> tuple[str, ...]:
    """Return the words and symbols of a term.

    Raises:
        ConfigError: If the term or its translation is not a string, is blank, or has more than 50 words and symbols.
    """
    for value in (term, translation):
        if not isinstance(value, str) or not value.strip():
            raise ConfigError(
                f"a glossary needs a term and its translation, both not empty; got {term!r} and {translation!r}."
            )
    for value in (term, translation):
        count = len(_TOKEN.findall(str(value)))
        if not 1 <= count <= _LONGEST_TERM:
            raise ConfigError(
                f"a term of a glossary and its translation have 1 to {_LONGEST_TERM} words and symbols each; {value!r} "
                f"has {count}."
            )
    return tuple(_TOKEN.findall(str(term)))
