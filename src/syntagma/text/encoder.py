"""What every encoder can do, and what all of them share: the special ids and the checks of a saved vocabulary."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from syntagma.config import Config
from syntagma.errors import BundleError, DataError
from syntagma.progress import Progress, chunks
from syntagma.shapes import IntArray
from syntagma.text.ragged import Ragged

PADDING, START, UNKNOWN, END = range(4)
FIRST_TOKEN = 4

# The angle brackets keep them apart from every token: an encoder has no longer token with a bracket in it.
SPECIAL_TOKENS = ("<padding>", "<start>", "<unknown>", "<end>")

SURROGATE = re.compile("[\ud800-\udfff]")

# Raised when the same config and vocabulary would give other ids than before; older numbers must stay readable.
FORMAT = 1

# Fewer texts are done before a bar could be read.
_TEXTS_WORTH_A_BAR = 2000
_TEXTS_AT_ONCE = 2048


class Encoding(NamedTuple):
    """One text as ids, with the place of each in the raw text.

    Attributes:
        ids: int32, shape (T,).
        spans: T pairs (start, end); `text[start:end]` is what an id stands for, (0, 0) for a start marker.
    """

    ids: IntArray
    spans: list[tuple[int, int]]


class Encoder(ABC):
    """Turns texts into ids: 0 padding, 1 start, 2 unknown, 3 end, then the tokens.

    Args:
        config: The settings.
        tokens: The tokens from id 4 on.
    """

    def __init__(self, config: Config, tokens: Sequence[str]):
        self.config = config
        self._vocabulary = [*SPECIAL_TOKENS, *tokens]

    @property
    def size(self) -> int:
        """Number of ids, V."""
        return len(self._vocabulary)

    def vocabulary(self) -> list[str]:
        """The tokens by id, V of them."""
        return list(self._vocabulary)

    def token(self, id: int) -> str:
        """Return the token of one id.

        Raises:
            DataError: There is no such id.
        """
        if not 0 <= id < self.size:
            raise DataError(f"token ids are 0 to {self.size - 1}; got {id}.")
        return self._vocabulary[id]

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Ragged:
        """Encode texts, one row of ids for each, with a progress bar if there are many."""

    @abstractmethod
    def encode_with_offsets(self, text: str) -> Encoding:
        """Encodes one text to the same ids as `encode`, with the place of each in the raw text."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, from which `encoder_from_dict` makes an equal encoder."""
        return {"format": FORMAT, "config": self.config.model_dump(), "tokens": self._vocabulary[FIRST_TOKEN:]}


def parts_of(texts: Sequence[str], title: str) -> Iterator[Sequence[str]]:
    """Yields the texts in parts and shows the progress through them, where there are many."""
    if len(texts) < _TEXTS_WORTH_A_BAR:
        yield texts
        return
    with Progress(title, total=len(texts), unit="texts") as progress:
        for part in chunks(texts, _TEXTS_AT_ONCE):
            yield part
            progress.advance(len(part))


def checked_tokens(values: dict[str, Any], key: str, limit: int | None) -> list[str]:
    """Return the list of tokens under a key of a saved encoder, of which there may be `limit` at most.

    Raises:
        BundleError: No list of different, non-empty strings of UTF-8, or a longer one than the config allows.
    """
    tokens = values[key]
    if not isinstance(tokens, list) or not all(isinstance(token, str) and is_storable(token) for token in tokens):
        raise BundleError(f"the encoder's {key} must be a list of non-empty strings of UTF-8; the file was changed.")
    if len({*SPECIAL_TOKENS, *tokens}) != len(SPECIAL_TOKENS) + len(tokens):
        raise BundleError(f"the encoder's {key} name one token twice; the file was changed.")
    if limit is not None and len(tokens) > limit:
        raise BundleError(f"the encoder's config allows {limit} {key}; the file has {len(tokens)}.")
    return tokens


def is_storable(token: str) -> bool:
    """Whether a token can stand in a vocabulary: not empty, and without lone surrogates, which UTF-8 cannot write."""
    return token != "" and (token.isascii() or not SURROGATE.search(token))
