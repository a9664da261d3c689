"""Words by rank, exactly as in Keras' IMDB data set."""

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
    checked_tokens,
    is_storable,
    parts_of,
)
from syntagma.text.ragged import Ragged

# The punctuation that Keras' tokenizer turns into spaces. The apostrophe stays.
_TO_SPACE = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', " "))


class RankEncoderConfig(Config):
    """Settings of the encoding of Keras' IMDB data set.

    Args:
        size: Number of ids: a word whose rank + 3 is `size` or more becomes the unknown word, 2.
    """

    kind: Literal["rank"] = "rank"
    size: int = Field(default=5_000, gt=FIRST_TOKEN, le=1 << 21)


class RankEncoder(Encoder):
    """A start marker, then each word as its rank + 3; a word that the training texts lack is skipped.

    Lower case, punctuation but the apostrophe to spaces, words between spaces. The most frequent word has rank 1; of
    two equally frequent ones the one seen first comes first. Padding and truncation are left to the maker of batches.

    Args:
        config: The settings.
        words: All words of the training texts by rank, also those beyond `size`.
    """

    def __init__(self, config: RankEncoderConfig, words: Sequence[str]):
        super().__init__(config, words[: config.size - FIRST_TOKEN])
        self._words = list(words)
        # An id is rank + 3, and the ranks count from 1; id 3 is never used.
        self._ids = {word: id if id < config.size else UNKNOWN for id, word in enumerate(words, start=FIRST_TOKEN)}

    @classmethod
    def train(cls, config: RankEncoderConfig, texts: Sequence[str]) -> "RankEncoder":
        """Ranks the words of the texts by frequency."""
        counts: Counter[str] = Counter()
        for part in parts_of(texts, "Counting words"):
            counts.update(chain.from_iterable(map(_words_of, part)))
        for word in [word for word in counts if not is_storable(word)]:
            del counts[word]
        # A Counter keeps the order of first appearance, and sorting is stable.
        return cls(config, sorted(counts, key=counts.__getitem__, reverse=True))

    def encode(self, texts: Sequence[str]) -> Ragged:
        """One row for each text: the start marker and the ids of the words that the training texts had."""
        id_of = self._ids.get
        return Ragged.concatenate(
            Ragged.from_rows([[START, *filter(None, map(id_of, _words_of(text)))] for text in part])
            for part in parts_of(texts, "Encoding")
        )

    def encode_with_offsets(self, text: str) -> Encoding:
        """Encodes one text to the same ids as `encode`; the start marker has the place (0, 0)."""
        starts = _starts_of_lowered(text)
        ids, spans = [START], [(0, 0)]
        for match in re.finditer("[^ ]+", text.lower().translate(_TO_SPACE)):
            id = self._ids.get(match[0])
            if id is not None:
                ids.append(id)
                spans.append((starts[match.start()], starts[match.end() - 1] + 1))
        return Encoding(np.array(ids, dtype=np.int32), spans)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"format": FORMAT, "config": self.config.model_dump(), "words": self._words}

    @classmethod
    def from_dict(cls, config: RankEncoderConfig, values: dict[str, Any]) -> "RankEncoder":
        """Restores an encoder; the keys are already checked.

        Raises:
            BundleError: Words that are no list of different strings.
        """
        return cls(config, checked_tokens(values, "words", limit=None))


def _words_of(text: str) -> list[str]:
    """The words of a text, with empty strings where several spaces stood together."""
    return text.lower().translate(_TO_SPACE).split(" ")


def _starts_of_lowered(text: str) -> Sequence[int]:
    """For each character of the lower-cased text, the place of the character it came from (İ becomes two)."""
    lengths = [len(character.lower()) for character in text]
    return [start for start, length in enumerate(lengths) for _ in range(length)]
