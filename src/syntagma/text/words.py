"""Encoding of tokenised texts as ids of words, characters, casing, pretrained vectors and context features."""

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
# Marks where a word may be hyphenated at the end of a line; it is not part of the spelling.
_SOFT_HYPHEN = "\u00ad"

# Shared tokens for out-of-vocabulary words that are recognisable by their form. They are a third of the rare words in
# the posts of WNUT-17, so without these tokens they would dominate the vector of the unknown word.
SHAPES = ("<@name>", "<address>", "<#tag>", "<number>")
# Casing classes with ids from 1; id 0 is padding.
CASINGS = ("number", "mostly a number", "lower", "upper", "title", "with a number", "other")


class WordsConfig(Config):
    """Settings for the encoding of tokenised texts.

    Attributes:
        lower: Whether to lowercase words before the vocabulary lookup, so "The" and "the" are the same word. Characters
            and casing are read from the original word.
        min_count: Minimum number of occurrences in the training texts for a word to enter the vocabulary. Rarer words
            are encoded as the unknown word, whose vector is learned from them.
        max_size: Maximum vocabulary size in words, including the four special tokens. The most frequent words are kept.
        characters: Maximum number of characters per word that the model reads. Longer words are shortened by removing
            characters from the middle. With 0, the model has no character input.
        min_character_count: Minimum number of occurrences in the training texts for a character to get its own id.
            Rarer characters are encoded as the unknown character.
        casing: Whether the casing of each word, such as lower, upper, title or number, is an additional input.
        shapes: Whether rare @names, addresses, #tags and numbers get one shared token per form ("<@name>", "<address>",
            "<#tag>", "<number>") instead of the unknown word.
        cut: Tokenisation style for raw texts: "learned" splits texts into words as in the training texts, and "usual"
            splits them by the built-in rules.
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
    """Tokenised texts encoded as the inputs of a model.

    Attributes:
        tokens: Vocabulary id of each word, with one row per text.
        words: Dictionary of further inputs, keyed by name. Each is an int32 array with one row per word, over all texts
            in sequence: `characters` has shape (total, C), `casing` and `vectors` have shape (total,), and `features`
            has shape (total, F). Only inputs that are switched on are present.
    """

    tokens: Ragged
    words: dict[str, IntArray]


class WordFeatures:
    """An encoder that converts tokenised texts to word ids and to the ids of further inputs that are switched on.

    Args:
        config: Settings of the encoding.
        words: Words of the vocabulary in the order of their ids, which start at 4, after the special tokens.
        characters: Characters in the order of their ids, which start at 4.
        vector_words: Words with a pretrained vector in the order of their ids, which start at 1. By default, the model
            has no pretrained vectors.
        style: Tokenisation style for raw texts. By default, the built-in rules are used.
        features: Names of the context features that a linear CRF reads. By default, the model has no such CRF.
    """

    def __init__(
        self,
        config: WordsConfig,
        words: Sequence[str],
        characters: Sequence[str],
        vector_words: Sequence[str] | None = None,
        style: WordStyle = _USUAL,
        features: Sequence[str] | None = None,
    ):
        self.config = config
        self.style = style
        self._features = None if features is None else ContextFeatures(features)
        self._words, self._characters = list(words), list(characters)
        self.vector_words = None if vector_words is None else list(vector_words)
        self._word_ids = {word: id for id, word in enumerate(words, FIRST_TOKEN)}
        self._character_ids = {one: id for id, one in enumerate(characters, FIRST_TOKEN)}
        self._vector_ids = {word: id for id, word in enumerate(self.vector_words or (), 1)}

    @classmethod
    def train(cls, config: WordsConfig, texts: Sequence[Sequence[str]]) -> Self:
        """Build the vocabularies from the words and characters of training texts. Ties are broken alphabetically.

        The tokenisation style is also learned from the texts when `config.cut` is "learned".
        """
        words, characters = Counter[str](), Counter[str]()
        for text in texts:
            words.update(_normalise(word, config.lower) for word in text)
            if config.characters:
                characters.update(character for word in text for character in word)
        frequent = _sort_by_frequency(words, config.min_count)
        if config.shapes:
            known = set(frequent)
            rare = Counter[str]()
            for word, count in words.items():
                if word not in known and (shape := shape_of(word)):
                    rare[shape] += count
            shapes = [shape for shape in SHAPES if rare[shape] >= config.min_count]
            frequent = [*shapes, *(word for word in frequent if word not in SHAPES)]
        style = WordStyle.learn(texts) if config.cut == "learned" else _USUAL
        kept = _sort_by_frequency(characters, config.min_character_count)
        return cls(config, frequent[: config.max_size - FIRST_TOKEN], kept, style=style)

    @property
    def size(self) -> int:
        """Vocabulary size in words, V, including the special tokens."""
        return len(self._words) + FIRST_TOKEN

    @property
    def first_word(self) -> int:
        """Id of the first real word. Lower ids are reserved for special tokens and the tokens in `SHAPES`."""
        return FIRST_TOKEN + sum(word in SHAPES for word in self._words[: len(SHAPES)])

    @property
    def characters(self) -> int:
        """Number of character ids, including the special ids, or 0 if the model does not read characters."""
        return len(self._characters) + FIRST_TOKEN if self.config.characters else 0

    @property
    def vectors(self) -> int:
        """Number of ids of pretrained vectors, including id 0 for words without a vector.

        The number is 0 if the model has no pretrained vectors.
        """
        return 0 if self.vector_words is None else len(self.vector_words) + 1

    @property
    def features(self) -> int:
        """Number of context-feature ids, including id 0, or 0 if the model has no context features."""
        return 0 if self._features is None else self._features.size

    def vocabulary(self) -> list[str]:
        """Return the V words in the order of their ids."""
        return [*SPECIAL_TOKENS, *self._words]

    def is_known(self, word: str) -> bool:
        """Return whether a word is in the vocabulary."""
        return _normalise(word, self.config.lower) in self._word_ids

    def copy_with_vectors(self, words: Sequence[str]) -> "WordFeatures":
        """Return a copy that also encodes words as ids of pretrained vectors. `words` are the words with a vector."""
        return WordFeatures(self.config, self._words, self._characters, words, self.style, self._feature_names())

    def copy_with_features(self, names: Sequence[str]) -> "WordFeatures":
        """Return a copy that also encodes words as ids of the given context features, for a linear CRF."""
        return WordFeatures(self.config, self._words, self._characters, self.vector_words, self.style, names)

    def encode(self, texts: Sequence[Sequence[str]]) -> EncodedWords:
        """Encode the words of each text as vocabulary ids and as the further inputs that are switched on."""
        seen: dict[str, int] = {}
        places = [[seen.setdefault(word.replace(_SOFT_HYPHEN, ""), len(seen)) for word in text] for text in texts]
        flat = Ragged.from_rows(places)
        # Each distinct word is looked up once.
        word_ids = np.array([self._word_id(word) for word in seen], np.int32)
        tokens = Ragged(_take(word_ids, flat.values), flat.offsets)
        words: dict[str, IntArray] = {}
        if self.config.characters:
            rows = np.zeros((len(seen), self.config.characters), np.int32)
            for row, word in enumerate(seen):
                ids = self._encode_characters(word)
                rows[row, : len(ids)] = ids
            words["characters"] = rows[flat.values] if len(seen) else rows
        if self.config.casing:
            words["casing"] = _take(np.array([casing_of(word) for word in seen], np.int32), flat.values)
        if self.vector_words is not None:
            words["vectors"] = _take(np.array([self._vector_id(word) for word in seen], np.int32), flat.values)
        if self._features is not None:
            words["features"] = self._features.encode(list(seen), flat)
        return EncodedWords(tokens, words)

    def to_dict(self) -> dict[str, Any]:
        """Return the vocabularies and settings as a JSON-serialisable dict."""
        lists = {"words": self._words, "characters": self._characters, "with_vectors": self.vector_words}
        values = {"format": FORMAT, "config": self.config.model_dump(), **lists, "style": self.style.to_dict()}
        return values if self._features is None else {**values, "features": self._features.names}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restore an encoder from the result of `to_dict`.

        Raises:
            BundleError: If the values are not a valid result of `to_dict`.
        """
        keys = {"format", "config", "words", "characters", "with_vectors"}
        if not isinstance(values, dict) or set(values) - {"style", "features"} != keys or values["format"] != FORMAT:
            raise BundleError(f"words must have the keys {', '.join(sorted(keys))} and the format {FORMAT}.")
        names = ("words", "characters", "with_vectors", "features")
        lists = {name: values[name] for name in names if values.get(name) is not None}
        for name, entries in lists.items():
            if not isinstance(entries, list) or not all(isinstance(word, str) for word in entries):
                raise BundleError(f"{name} must be a list of strings; the file was changed.")
            if len(set(entries)) < len(entries):
                raise BundleError(f"{name} contains a duplicate; the file was changed.")
        if not isinstance(values["config"], dict) or "words" not in lists or "characters" not in lists:
            raise BundleError("words and characters must be lists, and config an object; the file was changed.")
        config = WordsConfig.parse(values["config"], "words")
        # Models saved before styles were learned split texts with the built-in rules.
        style = WordStyle.from_dict(values["style"]) if "style" in values else _USUAL
        optional = (lists.get("with_vectors"), style, lists.get("features"))
        return cls(config, lists["words"], lists["characters"], *optional)

    def _feature_names(self) -> list[str] | None:
        return None if self._features is None else self._features.names

    def _word_id(self, word: str) -> int:
        id = self._word_ids.get(_normalise(word, self.config.lower))
        if id is None and self.config.shapes and (shape := shape_of(word)):
            id = self._word_ids.get(shape)
        return UNKNOWN if id is None else id

    def _vector_id(self, word: str) -> int:
        """Return the id of the pretrained vector of a word, or 0 if there is none.

        The word is looked up as written, then in lower case, then in lower case without leading and trailing signs, so
        that "#Oslo" can match "oslo".
        """
        forms = (word, word.lower(), _strip_signs(word).lower())
        return next((id for form in forms if (id := self._vector_ids.get(form))), 0)

    def _encode_characters(self, word: str) -> list[int]:
        most = self.config.characters
        if len(word) > most:
            word = word[: (most + 1) // 2] + word[len(word) - most // 2 :]
        return [self._character_ids.get(character, UNKNOWN) for character in word]


def shape_of(word: str) -> str | None:
    """Return the token in `SHAPES` that matches the form of a word, or `None` if no token matches."""
    if word[:1] in "@#" and len(word) > 1:
        return "<@name>" if word[0] == "@" else "<#tag>"
    if word.lower().startswith(("http://", "https://", "www.")) or _is_mail_address(word):
        return "<address>"
    return "<number>" if word[:1].isdigit() and not any(character.isalpha() for character in word) else None


def _is_mail_address(word: str) -> bool:
    name, _, host = word.partition("@")
    return bool(name) and "." in host


def casing_of(word: str) -> int:
    """Return the casing id of a word: the position of its class in `CASINGS`, counted from 1."""
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


def _normalise(word: str, lower: bool) -> str:
    word = unicodedata.normalize("NFC", word).replace(_SOFT_HYPHEN, "")
    return word.lower() if lower else word


def _strip_signs(word: str) -> str:
    """Remove leading and trailing signs from a word. A word without letters and digits is returned unchanged."""
    places = [place for place, character in enumerate(word) if character.isalnum()]
    return word[places[0] : places[-1] + 1] if places else word


def _sort_by_frequency(counts: Counter[str], least: int) -> list[str]:
    return [word for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count >= least]


def _take(values: IntArray, places: IntArray) -> IntArray:
    return values[places] if len(values) else np.zeros(0, np.int32)
