"""Strings that outputs have to contain: strings of the source that are kept, and translations from a glossary."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, Self

from syntagma.decoding.forced_phrases import Phrase
from syntagma.errors import ConfigError
from syntagma.text.encoder import UNKNOWN
from syntagma.text.glossary import Glossary
from syntagma.text.kept_strings import check_classes, find_kept
from syntagma.text.merges import WORD_START
from syntagma.text.pieces import split_pieces
from syntagma.text.subwords import SubwordVocabulary

# Number of beams of a search that forces strings, if one beam was requested. A single beam would generate all forced
# strings first.
LEAST_BEAMS = 4
# Maximum number of forced subwords per output, which bounds the effort. Further strings are not forced.
_MOST_SUBWORDS = 250

# Class of strings from a glossary, in addition to those of `find_kept`.
TERM = "term"


class Required(NamedTuple):
    """String that an output has to contain.

    Attributes:
        string: The string.
        kind: Class of the string, such as "numbers", or "term" for a translation from a glossary.
        after_space: Whether the string is at the start of a line or after a space in the source. `True` for a
            translation.
    """

    string: str
    kind: str
    after_space: bool = True


@dataclass(frozen=True)
class Constraints:
    """Rules for strings that outputs have to contain.

    Attributes:
        keep: Classes of strings that are copied from the source as they are; see `find_kept`.
        glossary: Terms with their translations, or `None`.
    """

    keep: tuple[str, ...] = ()
    glossary: Glossary | None = None

    @classmethod
    def make(cls, keep: Iterable[str], glossary: Mapping[str, str] | None) -> Self:
        """Make constraints from classes of strings and terms, which are checked.

        Args:
            keep: Classes of strings to keep.
            glossary: Translation of each term, or `None`.

        Raises:
            ConfigError: If a class of strings is unknown, the glossary is not a mapping, or a term is invalid.
        """
        if glossary is not None and not isinstance(glossary, Mapping):
            raise ConfigError(
                f"the glossary must be a dictionary of the translation of each term; got {glossary!r}. "
                "Files of terms are for --glossary on the command line."
            )
        return cls(tuple(check_classes(keep)), Glossary(glossary) if glossary else None)

    def __bool__(self) -> bool:
        return bool(self.keep) or self.glossary is not None

    def find(self, source: str) -> list[Required]:
        """Return the strings that the output for a source has to contain, in the order of the source.

        A string that has to occur N times is returned N times. Of a term and a kept string that overlap, only the
        longer one is returned.
        """
        kept = [(one.start, one.end, one.string, one.kind) for one in find_kept(source, self.keep)]
        matches = [] if self.glossary is None else self.glossary.find(source)
        terms = [(one.start, one.end, one.translation, TERM) for one in matches]
        chosen: list[tuple[int, int, str, str]] = []
        taken = bytearray(len(source))
        for one in sorted((*terms, *kept), key=lambda one: one[0] - one[1]):
            start, end = one[:2]
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                chosen.append(one)
        return [
            Required(string, kind, kind == TERM or start == 0 or source[start - 1] in " \n")
            for start, _, string, kind in sorted(chosen)
        ]

    def missing(self, required: Sequence[Required], output: str) -> list[Required]:
        """Return the required strings that an output lacks. A string that has to occur N times counts N times.

        Terms are found as whole words, and kept strings as by `find_kept`: "42" does not occur in "427".
        """
        kept = Counter(one.string for one in find_kept(output, self.keep)) if required else Counter()
        words = Glossary({one.string: one.string for one in required if one.kind == TERM})
        terms = Counter(match.translation for match in words.find(output))
        missing = []
        for one in required:
            counts = terms if one.kind == TERM else kept
            counts[one.string] -= 1
            if counts[one.string] < 0:
                missing.append(one)
        return missing


def make_phrases(
    required: Sequence[Required], vocabulary: SubwordVocabulary, extended: Mapping[str, int] | None = None
) -> list[Phrase]:
    """Return the strings that an output has to contain as phrases of subword ids, for the search.

    A kept string may or may not follow a space. A translation follows a space or begins a line. A string with a subword
    that the model cannot generate is left out, and so are strings beyond 250 subwords in total.

    Args:
        required: Strings that the output has to contain.
        vocabulary: Target vocabulary.
        extended: Extended ids of pieces of the source that are not in the target vocabulary, for a model that copies.
    """
    phrases: list[Phrase] = []
    left = _MOST_SUBWORDS
    for one in required:
        phrase = _make_phrase(one, vocabulary, extended or {})
        if phrase is not None and len(phrase) <= left:
            phrases.append(phrase)
            left -= len(phrase)
    return phrases


def _make_phrase(one: Required, vocabulary: SubwordVocabulary, extended: Mapping[str, int]) -> Phrase | None:
    # A symbol before the string is always a separate piece.
    words = split_pieces(one.string) if one.after_space else split_pieces(f"({one.string}")[1:]
    first, *rest = chain.from_iterable(vocabulary.divide(words))
    if first == WORD_START and rest and one.kind != TERM:  # the space is a separate piece, and may be left out
        first, *rest = rest
    variants = [first]
    if one.kind != TERM and first != WORD_START:
        variants.append(first.removeprefix(WORD_START) if first.startswith(WORD_START) else WORD_START + first)
    firsts = [id for piece in variants if (id := _find_id(piece, vocabulary, extended)) is not None]
    others = [_find_id(piece, vocabulary, extended) for piece in rest]
    if not firsts or None in others:
        return None
    start = firsts[0] if len(firsts) == 1 else (firsts[0], firsts[1])
    return [start, *(id for id in others if id is not None)]


def _find_id(piece: str, vocabulary: SubwordVocabulary, extended: Mapping[str, int]) -> int | None:
    (id,) = vocabulary.ids([piece])
    return extended.get(piece) if id == UNKNOWN else id
