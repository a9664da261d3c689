"""An encoder whose tokens are single characters."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

import numpy as np
from pydantic import Field

from syntagma.config import Config
from syntagma.errors import BundleError
from syntagma.shapes import IntArray, LongArray
from syntagma.text.encoder import FIRST_TOKEN, UNKNOWN, Encoder, Encoding, check_tokens, split_with_progress
from syntagma.text.ragged import Ragged

_CODE_POINTS = 0x110000


class CharacterEncoderConfig(Config):
    """Settings of the character encoder, whose tokens are single Unicode code points, including spaces.

    Args:
        lower: Whether characters are converted to lower case.
        max_size: Maximum number of ids, including the four special ids. The most frequent characters are kept.
        min_count: Minimum number of occurrences in the training texts for a character to become a token. Rarer
            characters are encoded as the unknown id.
    """

    kind: Literal["character"] = "character"
    lower: bool = False
    max_size: int = Field(default=8_000, gt=FIRST_TOKEN, le=1 << 21)
    min_count: int = Field(default=2, ge=1)


class CharacterEncoder(Encoder):
    """An encoder that maps each character of a text to an id, with a lookup table over all code points.

    Args:
        config: Settings of the encoder.
        characters: Characters in the order of their ids, which start at 4, after the special tokens.
    """

    def __init__(self, config: CharacterEncoderConfig, characters: Sequence[str]):
        super().__init__(config, characters)
        ids = np.full(_CODE_POINTS, UNKNOWN, dtype=np.int32)
        ids[list(map(ord, characters))] = np.arange(FIRST_TOKEN, self.size)
        self._ids: IntArray = ids[_lower_case()] if config.lower else ids

    @classmethod
    def train(cls, config: CharacterEncoderConfig, texts: Sequence[str]) -> "CharacterEncoder":
        """Build the vocabulary from the most frequent characters in the texts. Ties are broken by code point."""
        counts = np.zeros(_CODE_POINTS, dtype=np.int64)
        for part in split_with_progress(texts, "Counting characters"):
            counts += np.bincount(_code_points("".join(part)), minlength=_CODE_POINTS)
        if config.lower:
            counts = np.bincount(_lower_case(), weights=counts, minlength=_CODE_POINTS).astype(np.int64)
        counts[0xD800:0xE000] = 0
        by_frequency = np.argsort(-counts, kind="stable")[: config.max_size - FIRST_TOKEN]
        chosen = by_frequency[counts[by_frequency] >= config.min_count]
        return cls(config, [chr(point) for point in chosen])

    def encode(self, texts: Sequence[str]) -> Ragged:
        """Encode each text as a row with one id per character."""
        ids = [self._ids[_code_points("".join(part))] for part in split_with_progress(texts, "Encoding")]
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        return Ragged.from_lengths(np.concatenate(ids), lengths)

    def encode_with_offsets(self, text: str) -> Encoding:
        """Encode one text as in `encode`, and also return the span of each token in the raw text."""
        return Encoding(self._ids[_code_points(text)], [(start, start + 1) for start in range(len(text))])

    @classmethod
    def from_dict(cls, config: CharacterEncoderConfig, values: dict[str, Any]) -> "CharacterEncoder":
        """Restore an encoder from the result of `to_dict`.

        The caller, `encoder_from_dict`, has already checked the keys.

        Raises:
            BundleError: If the tokens are not distinct characters, or there are too many of them.
        """
        characters = check_tokens(values, "tokens", config.max_size - FIRST_TOKEN)
        if any(len(character) != 1 for character in characters):
            raise BundleError("the tokens of a character encoder must be single characters; the file was changed.")
        return cls(config, characters)


def _code_points(text: str) -> IntArray:
    # Lone surrogates are kept here, because the lookup table maps them to the unknown id.
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<i4")


@cache
def _lower_case() -> LongArray:
    """Return a table that maps each code point to the code point of its lower-case form.

    If the lower-case form has several characters, the first of them is used.
    """
    points = np.arange(_CODE_POINTS, dtype=np.int64)
    for point in range(_CODE_POINTS):
        character = chr(point)
        if character.isupper() or character.istitle():
            points[point] = ord(character.lower()[0])
    return points
