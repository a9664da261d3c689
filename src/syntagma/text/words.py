"""Words that are cut already, as numbers: of word, characters, letters' case and ready-made vector."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field

from syntagma.config import Config
from syntagma.errors import BundleError
from syntagma.shapes import IntArray
from syntagma.text.context_features import ContextFeatures
from syntagma.text.encoder import FIRST_TOKEN, FORMAT, SPECIAL_TOKENS, UNKNOWN
from syntagma.text.ragged import Ragged
from syntagma.text.word_style import WordStyle

_USUAL = WordStyle()
# It says where a word may be parted at the end of a line, and is no part of its spelling.
_SOFT_HYPHEN = "\u00ad"

# What out-of-vocabulary words share that say what they are by their form: a third of the rare words in WNUT-17's posts,
# so that the unknown word would come to mean them.
SHAPES = ("<@name>", "<address>", "<#tag>", "<number>")
# 0 is padding.
CASINGS = ("number", "mostly a number", "lower", "upper", "title", "with a number", "other")


class WordsConfig(Config):
    """How words become numbers.

    Attributes:
        lower: Whether "The" and "the" are one word; characters and casing keep them apart.
        min_count: A word that the training texts have less often is the unknown word, whose vector is learned so.
        max_size: Number of words at most, the four special ones included.
        characters: Characters of a word that are read: of a longer one the first and the last. 0 for none.
        min_character_count: A character that the training texts have less often is the unknown one.
        casing: Whether the case of a word is an input of its own.
        shapes: Whether rare @names, addresses, #tags and numbers are a word of their own each, not the unknown word.
        cut: Whether raw texts are cut into words in the way of the training texts, or in the usual way.
    """

    lower: bool = True
    min_count: int = Field(2, ge=1)
    max_size: int = Field(100_000, gt=FIRST_TOKEN, le=1 << 21)
    characters: int = Field(20, ge=0, le=200)
    min_character_count: int = Field(2, ge=1)
    casing: bool = False
    shapes: bool = False
    cut: Literal["learned", "usual"] = "learned"


class EncodedWords(NamedTuple):
    """Words of texts as numbers.

    Attributes:
        tokens: The number of each word.
        words: By input, what else is known of each word: `characters` int32 (total, C), `casing` int32 (total,),
            `vectors` int32 (total,) and `features` int32 (total, F), as far as they are wanted.
    """

    tokens: Ragged
    words: dict[str, IntArray]


class WordFeatures:
    """Vocabularies of words and characters, from number 4 on, and of words with ready-made vectors, from number 1 on.

    `with_vectors` is `None` if there are no such vectors; `style` says how raw texts are cut into words. `features`
    names the features of words in their sentences that a linear CRF weighs, or is `None`.
    """

    def __init__(
        self,
        config: WordsConfig,
        words: Sequence[str],
        characters: Sequence[str],
        with_vectors: Sequence[str] | None = None,
        style: WordStyle = _USUAL,
        features: Sequence[str] | None = None,
    ):
        self.config = config
        self.style = style
        self._features = None if features is None else ContextFeatures(features)
        self._words, self._characters = list(words), list(characters)
        self.with_vectors = None if with_vectors is None else list(with_vectors)
        self._number_of_word = {word: number for number, word in enumerate(words, FIRST_TOKEN)}
        self._number_of_character = {one: number for number, one in enumerate(characters, FIRST_TOKEN)}
        self._number_of_vector = {word: number for number, word in enumerate(self.with_vectors or (), 1)}

    @classmethod
    def train(cls, config: WordsConfig, texts: Sequence[Sequence[str]]) -> Self:
        """Counts the words and characters of training texts; of equally frequent ones the alphabet decides."""
        words, characters = Counter[str](), Counter[str]()
        for text in texts:
            words.update(_spelled(word, config.lower) for word in text)
            if config.characters:
                characters.update(character for word in text for character in word)
        frequent = _frequent(words, config.min_count)
        if config.shapes:
            known = set(frequent)
            rare = Counter[str]()
            for word, count in words.items():
                if word not in known and (shape := shape_of(word)):
                    rare[shape] += count
            shapes = [shape for shape in SHAPES if rare[shape] >= config.min_count]
            frequent = [*shapes, *(word for word in frequent if word not in SHAPES)]
        style = WordStyle.learn(texts) if config.cut == "learned" else _USUAL
        kept = _frequent(characters, config.min_character_count)
        return cls(config, frequent[: config.max_size - FIRST_TOKEN], kept, style=style)

    @property
    def size(self) -> int:
        """Numbers of words, V."""
        return len(self._words) + FIRST_TOKEN

    @property
    def first_word(self) -> int:
        """Id of the first real word; lower ids are reserved for special tokens and shapes."""
        return FIRST_TOKEN + sum(word in SHAPES for word in self._words[: len(SHAPES)])

    @property
    def characters(self) -> int:
        """Numbers of characters; 0 where they are not read."""
        return len(self._characters) + FIRST_TOKEN if self.config.characters else 0

    @property
    def vectors(self) -> int:
        """Numbers of ready-made vectors, that of words without one included; 0 without such vectors."""
        return 0 if self.with_vectors is None else len(self.with_vectors) + 1

    @property
    def features(self) -> int:
        """Number of ids of features; 0 without them."""
        return 0 if self._features is None else self._features.size

    def vocabulary(self) -> list[str]:
        """The words by number, V of them."""
        return [*SPECIAL_TOKENS, *self._words]

    def is_known(self, word: str) -> bool:
        """Whether the training texts have the word, as often as counts."""
        return _spelled(word, self.config.lower) in self._number_of_word

    def take_vectors(self, words: Sequence[str]) -> "WordFeatures":
        """The same with the words that ready-made vectors are there for."""
        return WordFeatures(self.config, self._words, self._characters, words, self.style, self._feature_names())

    def take_features(self, names: Sequence[str]) -> "WordFeatures":
        """Return the same with the names of the features that a linear CRF weighs."""
        return WordFeatures(self.config, self._words, self._characters, self.with_vectors, self.style, names)

    def encode(self, texts: Sequence[Sequence[str]]) -> EncodedWords:
        """The numbers of each text."""
        seen: dict[str, int] = {}
        places = [[seen.setdefault(word.replace(_SOFT_HYPHEN, ""), len(seen)) for word in text] for text in texts]
        flat = Ragged.from_rows(places)
        # Each different word once.
        numbers = np.array([self._word(word) for word in seen], np.int32)
        tokens = Ragged(_taken(numbers, flat.values), flat.offsets)
        words: dict[str, IntArray] = {}
        if self.config.characters:
            rows = np.zeros((len(seen), self.config.characters), np.int32)
            for row, word in enumerate(seen):
                ids = self._characters_of(word)
                rows[row, : len(ids)] = ids
            words["characters"] = rows[flat.values] if len(seen) else rows
        if self.config.casing:
            words["casing"] = _taken(np.array([casing_of(word) for word in seen], np.int32), flat.values)
        if self.with_vectors is not None:
            words["vectors"] = _taken(np.array([self._vector(word) for word in seen], np.int32), flat.values)
        if self._features is not None:
            words["features"] = self._features.encode(list(seen), flat)
        return EncodedWords(tokens, words)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        lists = {"words": self._words, "characters": self._characters, "with_vectors": self.with_vectors}
        values = {"format": FORMAT, "config": self.config.model_dump(), **lists, "style": self.style.to_dict()}
        return values if self._features is None else {**values, "features": self._features.names}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Takes back what `to_dict` gave.

        Raises:
            BundleError: Anything else.
        """
        keys = {"format", "config", "words", "characters", "with_vectors"}
        if not isinstance(values, dict) or set(values) - {"style", "features"} != keys or values["format"] != FORMAT:
            raise BundleError(f"words need the keys {', '.join(sorted(keys))} and the format {FORMAT}.")
        names = ("words", "characters", "with_vectors", "features")
        lists = {name: values[name] for name in names if values.get(name) is not None}
        for name, found in lists.items():
            if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
                raise BundleError(f"{name} must be a list of strings; the file was changed.")
            if len(set(found)) < len(found):
                raise BundleError(f"{name} holds one twice; the file was changed.")
        if not isinstance(values["config"], dict) or "words" not in lists or "characters" not in lists:
            raise BundleError("words and characters must be lists, config an object; the file was changed.")
        config = WordsConfig.parse(values["config"], "words")
        # Models that were saved before styles were learned cut texts in the usual way.
        style = WordStyle.from_dict(values["style"]) if "style" in values else _USUAL
        optional = (lists.get("with_vectors"), style, lists.get("features"))
        return cls(config, lists["words"], lists["characters"], *optional)

    def _feature_names(self) -> list[str] | None:
        return None if self._features is None else self._features.names

    def _word(self, word: str) -> int:
        number = self._number_of_word.get(_spelled(word, self.config.lower))
        if number is None and self.config.shapes and (shape := shape_of(word)):
            number = self._number_of_word.get(shape)
        return UNKNOWN if number is None else number

    def _vector(self, word: str) -> int:
        """As it is written, else in lower case, else without the signs around it (#oslo); 0 where none has a vector."""
        forms = (word, word.lower(), _bare(word).lower())
        return next((number for form in forms if (number := self._number_of_vector.get(form))), 0)

    def _characters_of(self, word: str) -> list[int]:
        most = self.config.characters
        if len(word) > most:
            word = word[: (most + 1) // 2] + word[len(word) - most // 2 :]
        return [self._number_of_character.get(character, UNKNOWN) for character in word]


def shape_of(word: str) -> str | None:
    """The one of `SHAPES` that a word has, or `None`."""
    if word[:1] in "@#" and len(word) > 1:
        return "<@name>" if word[0] == "@" else "<#tag>"
    if word.lower().startswith(("http://", "https://", "www.")) or _is_mail_address(word):
        return "<address>"
    return "<number>" if word[:1].isdigit() and not any(character.isalpha() for character in word) else None


def _is_mail_address(word: str) -> bool:
    name, _, host = word.partition("@")
    return bool(name) and "." in host


def casing_of(word: str) -> int:
    """The place of its kind in `CASINGS`, counted from 1."""
    digits = sum(character.isdigit() for character in word)
    if digits == len(word):
        kind = "number"
    elif 2 * digits > len(word):
        kind = "mostly a number"
    elif word.islower() and not digits:
        kind = "lower"
    elif word.isupper() and not digits:
        kind = "upper"
    elif word[:1].isupper() and not digits:
        kind = "title"
    else:
        kind = "with a number" if digits else "other"
    return CASINGS.index(kind) + 1


def _spelled(word: str, lower: bool) -> str:
    word = unicodedata.normalize("NFC", word).replace(_SOFT_HYPHEN, "")
    return word.lower() if lower else word


def _bare(word: str) -> str:
    """Without what is neither letter nor digit at its ends."""
    places = [place for place, character in enumerate(word) if character.isalnum()]
    return word[places[0] : places[-1] + 1] if places else word


def _frequent(counts: Counter[str], least: int) -> list[str]:
    return [word for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count >= least]


def _taken(values: IntArray, places: IntArray) -> IntArray:
    return values[places] if len(values) else np.zeros(0, np.int32)
