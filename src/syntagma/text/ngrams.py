"""Features that count n-grams of one to three tokens. N-grams have exact keys, not hashes, so they never collide."""

import base64
import binascii
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np

from syntagma.errors import BundleError, ConfigError, DataError
from syntagma.progress import Progress
from syntagma.shapes import BoolArray, LongArray
from syntagma.text.encoder import FIRST_TOKEN
from syntagma.text.ragged import Ragged

# A key is id1 | id2 << 21 | id3 << 42: three ids in one int64. Ids of tokens are at least 4, so 0 means "no token", and
# n-grams of different lengths never have the same key.
_ID_BITS = 21
_LONGEST = 3
_ID_MASK = (1 << _ID_BITS) - 1

# Number of tokens in a chunk of rows, which takes about 100 MB of temporary arrays.
_TOKENS_AT_ONCE = 1 << 20

# Number of keys of single documents that are collected before they are counted and merged.
_KEYS_AT_ONCE = 1 << 23

_ROWS_WORTH_A_BAR = 2000


class CountedNgrams(NamedTuple):
    """The n-gram features that occur in each text, with their counts.

    Attributes:
        ids: Distinct feature ids of each text, in ascending order.
        counts: Number of occurrences of each feature in its text, in the order of `ids`.
    """

    ids: Ragged
    counts: Ragged

    def select(self, rows: LongArray) -> "CountedNgrams":
        """Return the n-grams of the texts with the given row numbers, in the given order."""
        return CountedNgrams(self.ids.select(rows), self.counts.select(rows))


class NgramVocabulary:
    """A vocabulary that maps n-grams of token ids to feature ids.

    The key of an n-gram is a single integer that contains its token ids. Feature ids start at 1, in the order of the
    keys. N-grams never contain padding, start, unknown or end ids, so no n-gram extends across an unknown word.

    Args:
        keys: Keys of the n-grams in ascending order, int64 of shape (size - 1,).
        longest: Maximum length of an n-gram, from 1 to 3 tokens.
    """

    def __init__(self, keys: LongArray, longest: int):
        self._keys = keys
        self.longest = longest

    @classmethod
    def train(cls, rows: Ragged, longest: int, min_documents: int, max_size: int) -> Self:
        """Choose the n-grams that occur in the most training texts. Ties are broken by key.

        Args:
            rows: Token ids of each training text.
            longest: Maximum length of an n-gram, from 1 to 3 tokens.
            min_documents: Minimum number of texts that must contain an n-gram for it to be chosen.
            max_size: Maximum number of n-grams to choose.

        Raises:
            ConfigError: If `longest` is not 1, 2 or 3.
            DataError: If a token id is outside the range 0 to 2^21 - 1.
        """
        if not 1 <= longest <= _LONGEST:
            raise ConfigError(f"n-grams need a longest n of 1 to {_LONGEST}; got {longest}.")
        _check_ids(rows)
        keys, counts = _count_documents(rows, longest)
        frequent = counts >= min_documents
        keys, counts = keys[frequent], counts[frequent]
        # The sort is stable and keys ascend, so ties in the counts are in the order of the keys.
        chosen = np.argsort(-counts, kind="stable")[:max_size]
        return cls(np.sort(keys[chosen]), longest)

    @property
    def size(self) -> int:
        """Number of feature ids: one for each n-gram, and id 0 for padding."""
        return len(self._keys) + 1

    def encode(self, rows: Ragged) -> CountedNgrams:
        """Find and count the n-gram features of each row of token ids.

        Raises:
            DataError: If a token id is outside the range 0 to 2^21 - 1.
        """
        _check_ids(rows)
        parts = [self._encode_chunk(chunk) for chunk in _chunks(rows, "Finding n-grams")]
        return CountedNgrams(
            Ragged.concatenate(part.ids for part in parts), Ragged.concatenate(part.counts for part in parts)
        )

    def decode(self, feature_id: int) -> tuple[int, ...]:
        """Return the token ids of an n-gram feature.

        Raises:
            DataError: If no feature has this id.
        """
        if not 1 <= feature_id < self.size:
            raise DataError(f"n-gram ids are 1 to {self.size - 1}; got {feature_id}.")
        key = int(self._keys[feature_id - 1])
        ids = (key >> _ID_BITS * place & _ID_MASK for place in range(_LONGEST))
        return tuple(id for id in ids if id)

    def to_dict(self) -> dict[str, Any]:
        """Return the vocabulary as a JSON-serialisable dict, with the keys as base64 of little-endian int64 values."""
        keys = base64.b64encode(self._keys.astype("<i8").tobytes()).decode("ascii")
        return {"longest": self.longest, "size": self.size, "keys": keys}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restore a vocabulary from the result of `to_dict`.

        Raises:
            BundleError: If the values are not a valid result of `to_dict`.
        """
        if not isinstance(values, dict) or set(values) != {"longest", "size", "keys"}:
            raise BundleError("n-grams need exactly the keys longest, size and keys; the file was changed.")
        longest, size = values["longest"], values["size"]
        if type(longest) is not int or not 1 <= longest <= _LONGEST:
            raise BundleError(f"n-grams need a longest n of 1 to {_LONGEST}; the file has {longest!r}.")
        keys = _parse_keys(values["keys"])
        if type(size) is not int or size != len(keys) + 1:
            raise BundleError(f"the n-grams have {len(keys)} keys, which does not match the size {size!r}.")
        if not _are_keys(keys, longest):
            raise BundleError(
                f"the n-gram keys must ascend and contain 1 to {longest} token ids; the file was changed."
            )
        return cls(keys, longest)

    def _encode_chunk(self, rows: Ragged) -> CountedNgrams:
        keys, documents, counts = _document_keys(rows, self.longest)
        places = np.searchsorted(self._keys, keys)
        found = places < len(self._keys)
        found[found] = self._keys[places[found]] == keys[found]
        # Sort by document, then by feature, with both combined into one number.
        both = (documents[found] << 32) | (places[found] + 1)
        order = np.argsort(both)
        lengths = np.bincount(documents[found], minlength=rows.rows)
        ids, numbers = (both[order] & 0xFFFFFFFF).astype(np.int32), counts[found][order].astype(np.int32)
        return CountedNgrams(Ragged.from_lengths(ids, lengths), Ragged.from_lengths(numbers, lengths))


def _check_ids(rows: Ragged) -> None:
    if len(rows.values) and (rows.values.min() < 0 or rows.values.max() > _ID_MASK):
        raise DataError(
            f"n-grams need token ids of 0 to {_ID_MASK}; got {rows.values.min()} to {rows.values.max()}. "
            "Use an encoder with fewer ids."
        )


def _chunks(rows: Ragged, title: str) -> Iterator[Ragged]:
    """Yield chunks of consecutive rows with about `_TOKENS_AT_ONCE` tokens. Show progress if there are many rows."""
    borders = np.searchsorted(rows.offsets, np.arange(0, len(rows.values), _TOKENS_AT_ONCE))
    borders = np.unique(np.concatenate([[0], borders, [rows.rows]]))
    parts = (_slice(rows, start, stop) for start, stop in pairwise(borders))
    if rows.rows < _ROWS_WORTH_A_BAR:
        yield from parts
        return
    with Progress(title, total=rows.rows, unit="texts") as progress:
        for part in parts:
            yield part
            progress.advance(part.rows)


def _slice(rows: Ragged, start: int, stop: int) -> Ragged:
    offsets = rows.offsets[start : stop + 1]
    return Ragged(rows.values[offsets[0] : offsets[-1]], offsets - offsets[0])


def _document_keys(rows: Ragged, longest: int) -> tuple[LongArray, LongArray, LongArray]:
    """Count each n-gram per document, and return keys, documents and counts, in the order of keys, then documents."""
    ids = rows.values.astype(np.int64)
    document = np.repeat(np.arange(rows.rows), rows.lengths)
    keys, documents = [], []
    key, valid = np.zeros(len(ids), dtype=np.int64), np.ones(len(ids), dtype=np.bool_)
    for n in range(1, longest + 1):
        shift = n - 1
        key = key[: len(ids) - shift] | ids[shift:] << _ID_BITS * shift
        inside = document[: len(ids) - shift] == document[shift:]
        valid = valid[: len(ids) - shift] & (ids[shift:] >= FIRST_TOKEN) & inside
        keys.append(key[valid])
        documents.append(document[: len(ids) - shift][valid])
    return _count_pairs(np.concatenate(keys), np.concatenate(documents))


def _count_pairs(keys: LongArray, documents: LongArray) -> tuple[LongArray, LongArray, LongArray]:
    # Equal keys belong to the same n, within which documents ascend. A stable sort by key keeps that order.
    order = np.argsort(keys, kind="stable")
    keys, documents = keys[order], documents[order]
    first = _mark_starts(keys)
    first[1:] |= documents[1:] != documents[:-1]
    borders = np.flatnonzero(first)
    return keys[borders], documents[borders], np.diff(borders, append=len(keys))


def _mark_starts(ascending: LongArray) -> BoolArray:
    """Return a mask of the first value in each run of equal values."""
    starts = np.ones(len(ascending), dtype=np.bool_)
    starts[1:] = ascending[1:] != ascending[:-1]
    return starts


def _count_documents(rows: Ragged, longest: int) -> tuple[LongArray, LongArray]:
    """Return all distinct n-gram keys in ascending order, and the number of documents that contain each key."""
    counted: tuple[LongArray, LongArray] = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    waiting: list[LongArray] = []
    for chunk in _chunks(rows, "Counting n-grams"):
        waiting.append(_document_keys(chunk, longest)[0])
        # Merging only once as many keys are waiting as are already counted keeps the number of merges logarithmic.
        if sum(map(len, waiting)) > max(_KEYS_AT_ONCE, len(counted[0])):
            counted = _merge_counts(counted, waiting)
            waiting = []
    return _merge_counts(counted, waiting)


def _merge_counts(counted: tuple[LongArray, LongArray], waiting: list[LongArray]) -> tuple[LongArray, LongArray]:
    new = np.sort(np.concatenate([*waiting, np.zeros(0, dtype=np.int64)]))
    borders = np.flatnonzero(_mark_starts(new))
    keys = np.concatenate([counted[0], new[borders]])
    counts = np.concatenate([counted[1], np.diff(borders, append=len(new))])
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    borders = np.flatnonzero(_mark_starts(keys))
    return keys[borders], np.add.reduceat(counts, borders) if len(borders) else counts


def _parse_keys(text: Any) -> LongArray:
    if not isinstance(text, str):
        raise BundleError("the n-gram keys must be a base64 string; the file was changed.")
    try:
        content = base64.b64decode(text, validate=True)
        return np.frombuffer(content, dtype="<i8").astype(np.int64)
    except (binascii.Error, ValueError) as error:
        raise BundleError("the n-gram keys must be base64 of 8-byte integers; the file was changed.") from error


def _are_keys(keys: LongArray, longest: int) -> bool:
    """Return whether the keys are in ascending order and each key contains 1 to `longest` token ids without gaps."""
    ids = [keys >> _ID_BITS * place & _ID_MASK for place in range(_LONGEST)]
    filled = [(id >= FIRST_TOKEN) | ((id == 0) & (place > 0)) for place, id in enumerate(ids)]
    no_gap = [(later == 0) | (earlier != 0) for earlier, later in pairwise(ids)]
    none_longer = [id == 0 for id in ids[longest:]]
    ascending = (keys > 0).all() and (keys[1:] > keys[:-1]).all()
    return bool(ascending and all(check.all() for check in [*filled, *no_gap, *none_longer]))
