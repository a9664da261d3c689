"""Vocabularies for text generation: subwords or words, with their spacing, that join to the exact text."""

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import Field
from tokenizers import Tokenizer, models

from syntagma.config import Config
from syntagma.errors import BundleError, ConfigError
from syntagma.shapes import LongArray
from syntagma.text.encoder import FIRST_TOKEN, FORMAT, SPECIAL_TOKENS, UNKNOWN, check_tokens
from syntagma.text.merges import WORD_START, check_merges, choose_alphabet, count_characters, learn_merges
from syntagma.text.pieces import join_pieces, split_many
from syntagma.text.pipeline import encode_pieces
from syntagma.text.ragged import Ragged

_SMALLEST, _LARGEST_CHOICE = FIRST_TOKEN + 2, 32_000
_WORDS_PER_TOKEN = 128


class SubwordConfig(Config):
    """Settings of the vocabulary of a text generator.

    Texts are split into words, digits and symbols, as `split_pieces` describes.

    Attributes:
        kind: "bpe" divides words into subwords by byte-pair encoding. "word" keeps them whole, so that rare words are
            unknown.
        size: Maximum number of ids, including the four special ids. By default, it is chosen from the amount of
            training text for "bpe" (see `choose_size`), and 32,000 for "word".
        min_count: Minimum number of occurrences in the training texts for a word, a character or a pair of subwords to
            become a token.
    """

    kind: Literal["bpe", "word"] = "bpe"
    size: int | None = Field(default=None, ge=_SMALLEST, le=1 << 21)
    min_count: int = Field(default=2, ge=1)


class EncodedPieces(NamedTuple):
    """The pieces of several texts, as ids and as strings.

    Attributes:
        ids: One row of token ids per text, int32. Pieces that are not in the vocabulary have the id `UNKNOWN`.
        pieces: Pieces of each text, in the same order. Unknown pieces keep their strings.
    """

    ids: Ragged
    pieces: list[list[str]]


def choose_size(running_words: int, distinct_characters: int) -> int:
    """Return the size of a BPE vocabulary for an amount of training text.

    The size is one id for each character and each of the special tokens, and one more for every 128 running words. It
    is at least 6 and at most 32,000. A token therefore occurs more than a hundred times in the training texts on
    average, which its vector needs. For 29,000 pairs of English and German sentences, the size is about 5,000. For
    10,000 pairs of dates, it is a few hundred, so that most tokens are characters.

    Args:
        running_words: Number of words in the training texts, counted as often as they occur. Digits and symbols are not
            words.
        distinct_characters: Number of distinct characters in the training texts.

    Example:
        >>> choose_size(650_000, 100), choose_size(20_000, 70), choose_size(10_000_000, 200)
        (5182, 230, 32000)
    """
    size = FIRST_TOKEN + distinct_characters + running_words // _WORDS_PER_TOKEN
    return min(max(size, _SMALLEST), _LARGEST_CHOICE)


class SubwordVocabulary:
    """A vocabulary that divides texts into pieces with ids, and joins pieces to texts.

    `join(pieces(text)) == text` for every text, including characters that do not occur in the training texts. Such a
    character is a piece with the id of the unknown piece.

    Ids 0 to 3 are special: padding, start, unknown piece, and end. For the kind "bpe", single characters have the next
    ids, in the order of their code points, and merged subwords follow in the order in which they were learned. For the
    kind "word", the most frequent words have the lowest ids.

    Args:
        config: Settings of the vocabulary.
        tokens: Tokens in the order of their ids, which start at 4, after the special tokens.
        merges: Pairs of tokens to merge, in order of priority. Empty for the kind "word".
    """

    def __init__(self, config: SubwordConfig, tokens: Sequence[str], merges: Sequence[tuple[str, str]] = ()):
        self.config = config
        self.merges = list(merges)
        self._tokens = [*SPECIAL_TOKENS, *tokens]
        self._ids = {token: id for id, token in enumerate(tokens, FIRST_TOKEN)}
        # The library returns one unknown id for each unknown character.
        self._lengths = np.array([1] * FIRST_TOKEN + [len(token) for token in tokens], dtype=np.int32)
        model_ids = {token: id for id, token in enumerate(self._tokens)}
        self._tokenizer = Tokenizer(models.BPE(model_ids, self.merges, unk_token=SPECIAL_TOKENS[UNKNOWN]))

    @classmethod
    def train(cls, config: SubwordConfig, texts: Sequence[str]) -> "SubwordVocabulary":
        """Learn the tokens from training texts. The same texts always produce the same tokens.

        The texts of a joint vocabulary are those of both sides. If `config.size` is `None`, the config of the returned
        vocabulary has the size that was chosen.
        """
        words, counts = _count_words(texts)
        if config.kind == "word":
            size = config.size or _LARGEST_CHOICE
            frequent = int((counts >= config.min_count).sum())
            return cls(config.model_copy(update={"size": size}), words[: min(frequent, size - FIRST_TOKEN)])
        characters = count_characters(words, counts)
        size = config.size or _size_for(
            words, counts, len(choose_alphabet(characters, _LARGEST_CHOICE, config.min_count))
        )
        alphabet = choose_alphabet(characters, size - FIRST_TOKEN, config.min_count)
        learned = learn_merges(words, counts, alphabet, size, config.min_count)
        return cls(config.model_copy(update={"size": size}), *learned)

    def __len__(self) -> int:
        return len(self._tokens)

    @property
    def tokens(self) -> list[str]:
        """The V tokens in the order of their ids, including the four special tokens."""
        return list(self._tokens)

    def pieces(self, text: str) -> list[str]:
        """Divide a text into pieces. Pieces that are not in the vocabulary are included.

        For the kind "bpe", every character that is not in the vocabulary is a piece. For the kind "word", every word,
        digit and symbol is a piece.
        """
        return self.encode_many([text]).pieces[0]

    def ids(self, pieces: Iterable[str]) -> list[int]:
        """Return the id of each piece, which is `UNKNOWN` for pieces that are not in the vocabulary."""
        return [self._ids.get(piece, UNKNOWN) for piece in pieces]

    def join(self, pieces: Iterable[str]) -> str:
        """Return the text of any sequence of pieces, without special tokens, as `join_pieces` does."""
        return join_pieces(pieces)

    def encode_many(self, texts: Sequence[str]) -> EncodedPieces:
        """Divide each text into pieces as in `pieces`, and return their ids and strings.

        A progress bar is shown if there are many texts.
        """
        words, rows = split_many(texts)
        return self.collect(self.divide(words), rows)

    def divide(self, words: Sequence[str]) -> list[list[str]]:
        """Divide each word, which is a piece from `split_pieces`, into pieces of this vocabulary."""
        if self.config.kind == "word":
            return [[word] for word in words]
        ids = encode_pieces(self._tokenizer, words)
        ends = np.cumsum(self._lengths[ids.values]).tolist()
        text = "".join(words)
        parts = [text[start:end] for start, end in pairwise([0, *ends])]
        return [parts[start:end] for start, end in pairwise(ids.offsets.tolist())]

    def collect(self, divided: Sequence[Sequence[str]], rows: Ragged) -> EncodedPieces:
        """Return the pieces of texts, given the pieces of their distinct words.

        Args:
            divided: Pieces of each distinct word.
            rows: One row per text, with the index in `divided` of each of its words.
        """
        table = Ragged.from_rows([self.ids(parts) for parts in divided])
        numbers = rows.values.tolist()
        pieces = [
            list(chain.from_iterable(map(divided.__getitem__, numbers[start:end])))
            for start, end in pairwise(rows.offsets.tolist())
        ]
        return EncodedPieces(table.expand(rows), pieces)

    def to_dict(self) -> dict[str, Any]:
        """Return the vocabulary as a JSON-serialisable dict."""
        merges = [list(pair) for pair in self.merges]
        config = self.config.model_dump()
        return {"format": FORMAT, "config": config, "tokens": self._tokens[FIRST_TOKEN:], "merges": merges}

    @classmethod
    def from_dict(cls, values: Any) -> "SubwordVocabulary":
        """Restore a vocabulary from the result of `to_dict`.

        Raises:
            BundleError: If a key is missing or unexpected, the format is unknown, a setting is invalid, the tokens are
                not distinct strings, there are too many of them, or a merge is duplicated or does not match the tokens.
        """
        keys = {"format", "config", "tokens", "merges"}
        if not isinstance(values, dict) or set(values) != keys or not isinstance(values["config"], dict):
            raise BundleError(
                f"a vocabulary must have exactly the keys {', '.join(sorted(keys))}; the file was changed."
            )
        if type(values["format"]) is not int or values["format"] != FORMAT:
            raise BundleError(f"the vocabulary has the format {values['format']!r}; this version reads {FORMAT}.")
        try:
            config = SubwordConfig.parse(values["config"], where="the saved vocabulary")
        except ConfigError as error:
            raise BundleError(str(error)) from error
        if config.size is None:
            raise BundleError("the saved vocabulary has no size in its config; the file was changed.")
        tokens = check_tokens(values, "tokens", config.size - FIRST_TOKEN)
        merges = check_merges(values["merges"], set(tokens))
        if merges and config.kind == "word":
            raise BundleError("a vocabulary of whole words has no merges; the file was changed.")
        return cls(config, tokens, merges)


def _count_words(texts: Sequence[str]) -> tuple[list[str], LongArray]:
    """Return the distinct words of texts by descending count, and their counts. Ties are in alphabetical order."""
    words, rows = split_many(texts)
    counts = np.bincount(rows.values, minlength=len(words))
    order = sorted(range(len(words)), key=lambda index: (-counts[index], words[index]))
    return [words[index] for index in order], counts[order]


def _size_for(words: Sequence[str], counts: LongArray, distinct_characters: int) -> int:
    running = sum(
        count for word, count in zip(words, counts.tolist(), strict=True) if word.removeprefix(WORD_START)[:1].isalpha()
    )
    return choose_size(running, distinct_characters)
