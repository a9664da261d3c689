"""An encoder that maps words to their frequency rank, exactly as in Keras' IMDB data set."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any, Literal

import numpy as np
from pydantic import Field

from syntagma.config import Config
from syntagma.text.encoder import (
    FIRST_TOKEN,
    FORMAT,
    START,
    UNKNOWN,
    Encoder,
    Encoding,
    check_tokens,
    is_storable,
    split_with_progress,
)
from syntagma.text.ragged import Ragged

# The punctuation that Keras' tokenizer replaces with spaces. Apostrophes are kept.
_TO_SPACE = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', " "))


class RankEncoderConfig(Config):
    """Settings of the rank encoder, which encodes words by frequency rank, as in Keras' IMDB data set.

    Args:
        size: Number of ids. A word whose rank + 3 is `size` or more is encoded as the unknown id, 2.
    """

    kind: Literal["rank"] = "rank"
    size: int = Field(default=5_000, gt=FIRST_TOKEN, le=1 << 21)


class RankEncoder(Encoder):
    """An encoder that begins each text with a start marker and maps each word to its frequency rank + 3.

    Texts are converted to lower case, punctuation except the apostrophe is replaced with spaces, and the result is
    split at spaces. The most frequent word has rank 1, and ties are in the order of first occurrence. Words that do not
    occur in the training texts are skipped. The encoder does not pad or truncate texts.

    Args:
        config: Settings of the encoder.
        words: All words of the training texts in order of rank, including words that are encoded as unknown.
    """

    def __init__(self, config: RankEncoderConfig, words: Sequence[str]):
        super().__init__(config, words[: config.size - FIRST_TOKEN])
        self._words = list(words)
        # An id is rank + 3 and ranks start at 1, so id 3 is never used.
        self._ids = {word: id if id < config.size else UNKNOWN for id, word in enumerate(words, start=FIRST_TOKEN)}

    @classmethod
    def train(cls, config: RankEncoderConfig, texts: Sequence[str]) -> "RankEncoder":
        """Rank the words of the training texts by frequency."""
        counts: Counter[str] = Counter()
        for part in split_with_progress(texts, "Counting words"):
            counts.update(chain.from_iterable(map(_split_words, part)))
        for word in [word for word in counts if not is_storable(word)]:
            del counts[word]
        # A Counter keeps the order of first occurrence, and sorting is stable.
        return cls(config, sorted(counts, key=counts.__getitem__, reverse=True))

    def encode(self, texts: Sequence[str]) -> Ragged:
        """Encode each text as a row: the start marker, then the ids of all words that occur in the training texts."""
        id_of = self._ids.get
        return Ragged.concatenate(
            Ragged.from_rows([[START, *filter(None, map(id_of, _split_words(text)))] for text in part])
            for part in split_with_progress(texts, "Encoding")
        )

    def encode_with_offsets(self, text: str) -> Encoding:
        """Encode one text as in `encode`, and also return the span of each token in the raw text.

        The span of the start marker is (0, 0).
        """
        starts = _original_positions(text)
        ids, spans = [START], [(0, 0)]
        for match in re.finditer("[^ ]+", text.lower().translate(_TO_SPACE)):
            id = self._ids.get(match[0])
            if id is not None:
                ids.append(id)
                spans.append((starts[match.start()], starts[match.end() - 1] + 1))
        return Encoding(np.array(ids, dtype=np.int32), spans)

    def to_dict(self) -> dict[str, Any]:
        """Return the encoder as a JSON-serialisable dict."""
        return {"format": FORMAT, "config": self.config.model_dump(), "words": self._words}

    @classmethod
    def from_dict(cls, config: RankEncoderConfig, values: dict[str, Any]) -> "RankEncoder":
        """Restore an encoder from the result of `to_dict`.

        The caller, `encoder_from_dict`, has already checked the keys.

        Raises:
            BundleError: If the words are not a list of distinct strings.
        """
        return cls(config, check_tokens(values, "words", limit=None))


def _split_words(text: str) -> list[str]:
    """Return the words of a text. Consecutive, leading and trailing spaces produce empty strings."""
    return text.lower().translate(_TO_SPACE).split(" ")


def _original_positions(text: str) -> Sequence[int]:
    """Return, for each character of the lower-cased text, its position in the original text.

    Positions can differ, because the lower-case form of the letter İ has two characters.
    """
    lengths = [len(character.lower()) for character in text]
    return [start for start, length in enumerate(lengths) for _ in range(length)]
