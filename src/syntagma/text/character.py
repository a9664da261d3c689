"""Characters as tokens."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

import numpy as np
from pydantic import Field

from syntagma.config import Config
from syntagma.errors import BundleError
from syntagma.shapes import IntArray, LongArray
from syntagma.text.encoder import FIRST_TOKEN, UNKNOWN, Encoder, Encoding, checked_tokens, parts_of
from syntagma.text.ragged import Ragged

_CODE_POINTS = 0x110000


class CharacterEncoderConfig(Config):
    """Settings of an encoder for characters (Unicode code points; spaces count).

    Args:
        lower: Whether "A" and "a" are one token.
        max_size: Number of ids at most, the four special ones included.
        min_count: A character that the training texts have less often becomes the unknown one.
    """

    kind: Literal["character"] = "character"
    lower: bool = False
    max_size: int = Field(default=8_000, gt=FIRST_TOKEN, le=1 << 21)
    min_count: int = Field(default=2, ge=1)


class CharacterEncoder(Encoder):
    """Texts as characters, by a table from code points to ids.

    Args:
        config: The settings.
        characters: The characters from id 4 on.
    """

    def __init__(self, config: CharacterEncoderConfig, characters: Sequence[str]):
        super().__init__(config, characters)
        ids = np.full(_CODE_POINTS, UNKNOWN, dtype=np.int32)
        ids[list(map(ord, characters))] = np.arange(FIRST_TOKEN, self.size)
        self._ids: IntArray = ids[_lower_case()] if config.lower else ids

    @classmethod
    def train(cls, config: CharacterEncoderConfig, texts: Sequence[str]) -> "CharacterEncoder":
        """Collects the most frequent characters; ties are broken by the code point."""
        counts = np.zeros(_CODE_POINTS, dtype=np.int64)
        for part in parts_of(texts, "Counting characters"):
            counts += np.bincount(_code_points("".join(part)), minlength=_CODE_POINTS)
        if config.lower:
            counts = np.bincount(_lower_case(), weights=counts, minlength=_CODE_POINTS).astype(np.int64)
        counts[0xD800:0xE000] = 0
        by_frequency = np.argsort(-counts, kind="stable")[: config.max_size - FIRST_TOKEN]
        chosen = by_frequency[counts[by_frequency] >= config.min_count]
        return cls(config, [chr(point) for point in chosen])

    def encode(self, texts: Sequence[str]) -> Ragged:
        """One id for each character of the texts."""
        ids = [self._ids[_code_points("".join(part))] for part in parts_of(texts, "Encoding")]
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        return Ragged.from_lengths(np.concatenate(ids), lengths)

    def encode_with_offsets(self, text: str) -> Encoding:
        """Encodes one text to the same ids as `encode`, with the place of each in the raw text."""
        return Encoding(self._ids[_code_points(text)], [(start, start + 1) for start in range(len(text))])

    @classmethod
    def from_dict(cls, config: CharacterEncoderConfig, values: dict[str, Any]) -> "CharacterEncoder":
        """Restores an encoder; the keys are already checked.

        Raises:
            BundleError: Tokens that are no list of different characters, or too many.
        """
        characters = checked_tokens(values, "tokens", config.max_size - FIRST_TOKEN)
        if any(len(character) != 1 for character in characters):
            raise BundleError("a character encoder's tokens have one character each; the file was changed.")
        return cls(config, characters)


def _code_points(text: str) -> IntArray:
    # Lone surrogates pass: they find the unknown id in the table.
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<i4")


@cache
def _lower_case() -> LongArray:
    """For each code point that of its lower case; where that has several characters, the first."""
    points = np.arange(_CODE_POINTS, dtype=np.int64)
    for point in range(_CODE_POINTS):
        character = chr(point)
        if character.isupper() or character.istitle():
            points[point] = ord(character.lower()[0])
    return points
