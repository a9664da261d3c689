"""Sequences of one to three tokens as features, exact: no hashing, so none are mixed up."""

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

# A key is id1 | id2 << 21 | id3 << 42: three ids in one int64. An id is at least 4, so 0 means "no token here" and
# n-grams of different lengths never share a key.
_ID_BITS = 21
_LONGEST = 3
_ID_MASK = (1 << _ID_BITS) - 1

# Rows are worked on in chunks of about so many tokens: some 100 MB of temporary arrays.
_TOKENS_AT_ONCE = 1 << 20

# Keys of single documents are kept until there are so many, then counted and merged.
_KEYS_AT_ONCE = 1 << 23

_ROWS_WORTH_A_BAR = 2000


class CountedNgrams(NamedTuple):
    """The n-grams of each text.

    Attributes:
        ids: Those that are features, ascending, each once.
        counts: How often each stands in the text, in the same places.
    """

    ids: Ragged
    counts: Ragged

    def select(self, rows: LongArray) -> "CountedNgrams":
        """The given texts, in the given order."""
        return CountedNgrams(self.ids.select(rows), self.counts.select(rows))


class NgramVocabulary:
    """The n-grams that are features, numbered from 1 in the order of their keys.

    An n-gram never holds a padding, start, unknown or end id: text is not joined over a word that is not known.

    Args:
        keys: Ascending, int64, shape (size - 1,).
        longest: The largest n, 1 to 3.
    """

    def __init__(self, keys: LongArray, longest: int):
        self._keys = keys
        self.longest = longest

    @classmethod
    def train(cls, rows: Ragged, longest: int, min_documents: int, max_size: int) -> Self:
        """Choose at most `max_size` n-grams: those in the most training texts, at least `min_documents`.

        Ties are broken by the key.

        Raises:
            ConfigError: A longest n that is not 1 to 3.
            DataError: A token id outside 0 to 2^21 - 1.
        """
        if not 1 <= longest <= _LONGEST:
            raise ConfigError(f"n-grams have a longest n of 1 to {_LONGEST}; got {longest}.")
        _check_ids(rows)
        keys, counts = _count_documents(rows, longest)
        frequent = counts >= min_documents
        keys, counts = keys[frequent], counts[frequent]
        # Stable, and keys ascend: the smaller key comes first among equal counts.
        chosen = np.argsort(-counts, kind="stable")[:max_size]
        return cls(np.sort(keys[chosen]), longest)

    @property
    def size(self) -> int:
        """Number of feature ids, padding included: the number of n-grams + 1."""
        return len(self._keys) + 1

    def encode(self, rows: Ragged) -> CountedNgrams:
        """Find the features of each row of token ids.

        Raises:
            DataError: A token id outside 0 to 2^21 - 1.
        """
        _check_ids(rows)
        parts = [self._encode_chunk(chunk) for chunk in _chunks(rows, "Finding n-grams")]
        return CountedNgrams(
            Ragged.concatenate(part.ids for part in parts), Ragged.concatenate(part.counts for part in parts)
        )

    def decode(self, feature_id: int) -> tuple[int, ...]:
        """The token ids of a feature.

        Raises:
            DataError: There is no such feature.
        """
        if not 1 <= feature_id < self.size:
            raise DataError(f"n-gram ids are 1 to {self.size - 1}; got {feature_id}.")
        key = int(self._keys[feature_id - 1])
        ids = (key >> _ID_BITS * place & _ID_MASK for place in range(_LONGEST))
        return tuple(id for id in ids if id)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the keys as base64 of little-endian int64."""
        keys = base64.b64encode(self._keys.astype("<i8").tobytes()).decode("ascii")
        return {"longest": self.longest, "size": self.size, "keys": keys}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restores a vocabulary from `to_dict`.

        Raises:
            BundleError: The values were not written by `to_dict`.
        """
        if not isinstance(values, dict) or set(values) != {"longest", "size", "keys"}:
            raise BundleError("n-grams need exactly the keys longest, size and keys; the file was changed.")
        longest, size = values["longest"], values["size"]
        if type(longest) is not int or not 1 <= longest <= _LONGEST:
            raise BundleError(f"n-grams have a longest n of 1 to {_LONGEST}; the file has {longest!r}.")
        keys = _keys_from(values["keys"])
        if type(size) is not int or size != len(keys) + 1:
            raise BundleError(f"the n-grams have {len(keys)} keys, which does not fit the size {size!r}.")
        if not _are_keys(keys, longest):
            raise BundleError(f"the n-gram keys must ascend and hold 1 to {longest} token ids; the file was changed.")
        return cls(keys, longest)

    def _encode_chunk(self, rows: Ragged) -> CountedNgrams:
        keys, documents, counts = _document_keys(rows, self.longest)
        places = np.searchsorted(self._keys, keys)
        found = places < len(self._keys)
        found[found] = self._keys[places[found]] == keys[found]
        # Sorted by document first and then by feature, both in one number.
        both = (documents[found] << 32) | (places[found] + 1)
        order = np.argsort(both)
        lengths = np.bincount(documents[found], minlength=rows.rows)
        ids, often = (both[order] & 0xFFFFFFFF).astype(np.int32), counts[found][order].astype(np.int32)
        return CountedNgrams(Ragged.from_lengths(ids, lengths), Ragged.from_lengths(often, lengths))


def _check_ids(rows: Ragged) -> None:
    if len(rows.values) and (rows.values.min() < 0 or rows.values.max() > _ID_MASK):
        raise DataError(
            f"n-grams take token ids of 0 to {_ID_MASK}; got {rows.values.min()} to {rows.values.max()}. "
            "Use an encoder with fewer ids."
        )


def _chunks(rows: Ragged, title: str) -> Iterator[Ragged]:
    """Neighbouring rows of about `_TOKENS_AT_ONCE` tokens together, with a progress bar where there are many rows."""
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
    """Return the different keys of each document, ascending, their documents, and how often each is there.

    Documents ascend among equal keys.
    """
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
    return _counted(np.concatenate(keys), np.concatenate(documents))


def _counted(keys: LongArray, documents: LongArray) -> tuple[LongArray, LongArray, LongArray]:
    # Equal keys have one n, and within one n documents ascend: a stable sort by key keeps them so.
    order = np.argsort(keys, kind="stable")
    keys, documents = keys[order], documents[order]
    first = _starts(keys)
    first[1:] |= documents[1:] != documents[:-1]
    borders = np.flatnonzero(first)
    return keys[borders], documents[borders], np.diff(borders, append=len(keys))


def _starts(ascending: LongArray) -> BoolArray:
    """Marks where a new value begins."""
    starts = np.ones(len(ascending), dtype=np.bool_)
    starts[1:] = ascending[1:] != ascending[:-1]
    return starts


def _count_documents(rows: Ragged, longest: int) -> tuple[LongArray, LongArray]:
    """All keys in ascending order, and the number of documents of each."""
    counted: tuple[LongArray, LongArray] = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    waiting: list[LongArray] = []
    for chunk in _chunks(rows, "Counting n-grams"):
        waiting.append(_document_keys(chunk, longest)[0])
        # Waiting for as many as are counted already keeps the number of merges logarithmic.
        if sum(map(len, waiting)) > max(_KEYS_AT_ONCE, len(counted[0])):
            counted = _merged(counted, waiting)
            waiting = []
    return _merged(counted, waiting)


def _merged(counted: tuple[LongArray, LongArray], waiting: list[LongArray]) -> tuple[LongArray, LongArray]:
    new = np.sort(np.concatenate([*waiting, np.zeros(0, dtype=np.int64)]))
    borders = np.flatnonzero(_starts(new))
    keys = np.concatenate([counted[0], new[borders]])
    counts = np.concatenate([counted[1], np.diff(borders, append=len(new))])
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    borders = np.flatnonzero(_starts(keys))
    return keys[borders], np.add.reduceat(counts, borders) if len(borders) else counts


def _keys_from(text: Any) -> LongArray:
    if not isinstance(text, str):
        raise BundleError("the n-gram keys must be a base64 string; the file was changed.")
    try:
        content = base64.b64decode(text, validate=True)
        return np.frombuffer(content, dtype="<i8").astype(np.int64)
    except (binascii.Error, ValueError) as error:
        raise BundleError("the n-gram keys are no base64 of 8-byte numbers; the file was changed.") from error


def _are_keys(keys: LongArray, longest: int) -> bool:
    """Whether keys ascend, and each holds 1 to `longest` token ids without a gap."""
    ids = [keys >> _ID_BITS * place & _ID_MASK for place in range(_LONGEST)]
    filled = [(id >= FIRST_TOKEN) | ((id == 0) & (place > 0)) for place, id in enumerate(ids)]
    no_gap = [(later == 0) | (earlier != 0) for earlier, later in pairwise(ids)]
    none_longer = [id == 0 for id in ids[longest:]]
    ascending = (keys > 0).all() and (keys[1:] > keys[:-1]).all()
    return bool(ascending and all(check.all() for check in [*filled, *no_gap, *none_longer]))
