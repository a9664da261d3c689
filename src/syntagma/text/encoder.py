"""The base class of text encoders, the ids of special tokens, and checks of saved vocabularies."""

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

# The angle brackets distinguish these from all other tokens: no token of more than one character contains a bracket.
SPECIAL_TOKENS = ("<padding>", "<start>", "<unknown>", "<end>")

SURROGATE = re.compile("[\ud800-\udfff]")

# Incremented when the ids for the same config and vocabulary change. Older formats must stay readable.
FORMAT = 1

# With fewer texts, the work ends before a user could read a progress bar.
_TEXTS_WORTH_A_BAR = 2000
_TEXTS_AT_ONCE = 2048


class Encoding(NamedTuple):
    """The token ids of one text, with the span of each token in the raw text.

    Attributes:
        ids: Token ids, int32 of shape (T,).
        spans: T pairs (start, end), such that `text[start:end]` is the text of the token. The span of a start marker is
            (0, 0).
    """

    ids: IntArray
    spans: list[tuple[int, int]]


class Encoder(ABC):
    """An encoder that splits texts into tokens and maps each token to its vocabulary id.

    Ids 0 to 3 are special: padding, start of text, unknown token, and end of text.

    Args:
        config: Settings of the encoder.
        tokens: Tokens in the order of their ids, which start at 4, after the special tokens.
    """

    def __init__(self, config: Config, tokens: Sequence[str]):
        self.config = config
        self._vocabulary = [*SPECIAL_TOKENS, *tokens]

    @property
    def size(self) -> int:
        """Vocabulary size, V, including the four special tokens."""
        return len(self._vocabulary)

    def vocabulary(self) -> list[str]:
        """Return the V tokens in the order of their ids."""
        return list(self._vocabulary)

    def token(self, id: int) -> str:
        """Return the token with the given id.

        Raises:
            DataError: If the id is negative, or is V or greater.
        """
        if not 0 <= id < self.size:
            raise DataError(f"token ids are 0 to {self.size - 1}; got {id}.")
        return self._vocabulary[id]

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Ragged:
        """Encode each text as a row of ids. A progress bar is shown if there are many texts."""

    @abstractmethod
    def encode_with_offsets(self, text: str) -> Encoding:
        """Encode one text as in `encode`, and also return the span of each token in the raw text."""

    def to_dict(self) -> dict[str, Any]:
        """Return the encoder as a JSON-serialisable dict, from which `encoder_from_dict` restores it."""
        return {"format": FORMAT, "config": self.config.model_dump(), "tokens": self._vocabulary[FIRST_TOKEN:]}


def split_with_progress(texts: Sequence[str], title: str) -> Iterator[Sequence[str]]:
    """Yield the texts in chunks, and show a progress bar if there are many texts.

    Args:
        texts: Texts to process.
        title: Title of the progress bar.
    """
    if len(texts) < _TEXTS_WORTH_A_BAR:
        yield texts
        return
    with Progress(title, total=len(texts), unit="texts") as progress:
        for part in chunks(texts, _TEXTS_AT_ONCE):
            yield part
            progress.advance(len(part))


def check_tokens(values: dict[str, Any], key: str, limit: int | None) -> list[str]:
    """Check and return the token list of a saved encoder.

    Args:
        values: Saved values of the encoder.
        key: Key of the list in `values`.
        limit: Maximum number of tokens, or `None` for no limit.

    Raises:
        BundleError: If the value is not a list of distinct, non-empty strings that can be encoded as UTF-8, if it
            contains a special token, or if it is longer than the limit.
    """
    tokens = values[key]
    if not isinstance(tokens, list) or not all(isinstance(token, str) and is_storable(token) for token in tokens):
        raise BundleError(f"the encoder's {key} must be a list of non-empty UTF-8 strings; the file was changed.")
    if len({*SPECIAL_TOKENS, *tokens}) != len(SPECIAL_TOKENS) + len(tokens):
        raise BundleError(f"the encoder's {key} contain a token twice; the file was changed.")
    if limit is not None and len(tokens) > limit:
        raise BundleError(f"the encoder's config allows {limit} {key}; the file has {len(tokens)}.")
    return tokens


def is_storable(token: str) -> bool:
    """Return whether a token is non-empty and can be encoded as UTF-8. Lone surrogates cannot be encoded."""
    return token != "" and (token.isascii() or not SURROGATE.search(token))
