"""Batches of pairs of sequences, in which sources and targets are padded to separate lengths."""

from collections.abc import Iterator, Sequence

import numpy as np

from syntagma.data.batching.batches import Batch, BatchConfig
from syntagma.data.batching.rows import Rows
from syntagma.shapes import AnyArray, LongArray
from syntagma.text.ragged import Ragged

# Lengths are rounded up to multiples of this number, so that batches of similar lengths share a compiled program.
_STEP = 4
# From this length on, the step is a quarter of the length rounded down to a power of two.
_LONG = 32
_TARGETS = "targets"


class PairBatches:
    """Batches of rows with two sequences: the tokens, and `targets` in `Rows.others`, if there are any.

    A bucket holds the pairs that fit its two lengths but not those of the bucket before it. All batches of a bucket
    have the same shape, so one program is compiled for each bucket.

    Args:
        rows: Encoded rows. Targets, if any, are in `rows.others["targets"]`. Values per token belong to the tokens.
        config: Settings. `max_tokens` limits both sequences.
        seed: Seed that determines the order of training batches, together with the epoch.
        edges: Lengths (source, target) of each bucket, ascending, such as those of other batches. By default, they are
            chosen from the lengths of the rows.

    Attributes:
        edges: Lengths (source, target) of each bucket, ascending, int64 (buckets, 2).
    """

    def __init__(self, rows: Rows, config: BatchConfig, seed: int = 0, edges: LongArray | None = None):
        self.rows = rows
        self.config = config
        self.seed = seed
        self._targets = rows.others.get(_TARGETS)
        self._lengths = np.minimum(_pair_lengths(rows), config.max_tokens)
        self.edges = _choose_edges(self._lengths, config) if edges is None else edges
        fits = np.all(self._lengths[:, None, :] <= self.edges[None], axis=-1)  # (rows, buckets)
        self._bucket = np.where(np.any(fits, axis=1), np.argmax(fits, axis=1), len(self.edges) - 1)

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches of an epoch."""
        counts = np.bincount(self._bucket, minlength=len(self.edges))
        return sum(-(-int(count) // self._size(bucket)) for bucket, count in enumerate(counts))

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of one training epoch, in which every row occurs once.

        Args:
            number: Number of the epoch. Together with the seed, it determines the order of the rows.
            start: Number of batches to skip at the beginning when an interrupted epoch is resumed.
        """
        random = np.random.default_rng([self.seed, number])
        pieces: list[tuple[int, LongArray]] = []
        for bucket in range(len(self.edges)):
            members = random.permutation(np.flatnonzero(self._bucket == bucket))
            pieces += [(bucket, piece) for piece in _chunks(members, self._size(bucket))]
        for place in random.permutation(len(pieces))[start:]:
            yield self._batch(*pieces[place])

    def longest_first(self) -> Iterator[Batch]:
        """Yield batches for prediction, starting with the longest rows. Every row occurs once.

        Rows are sorted by length within a bucket, so that rows of similar length are in a batch.
        """
        order = np.lexsort((np.arange(self.rows.count), *reversed(self._lengths.T)))[::-1]
        for bucket in reversed(range(len(self.edges))):
            for piece in _chunks(order[self._bucket[order] == bucket], self._size(bucket)):
                yield self._batch(bucket, piece)

    def _size(self, bucket: int) -> int:
        if self.config.tokens is None:
            return self.config.size
        return max(1, self.config.tokens // int(self.edges[bucket].sum()))

    def _batch(self, bucket: int, members: LongArray) -> Batch:
        size = self._size(bucket)
        rows = np.full(size, -1, np.int64)
        rows[: len(members)] = members
        widths = [int(width) for width in self.edges[bucket]]
        arrays = {self.rows.reads: _pad(self.rows.tokens, members, size, widths[0])}
        lengths = np.zeros((size, 2), np.int32)
        lengths[: len(members)] = np.minimum(self._lengths[members], widths)
        arrays["lengths"] = lengths[:, 0]
        for name, values in self.rows.per_token.items():
            arrays[name] = _pad(Ragged(values, self.rows.tokens.offsets), members, size, widths[0])
        if self._targets is not None:
            arrays[_TARGETS] = _pad(self._targets, members, size, widths[1])
            arrays["target_lengths"] = lengths[:, 1]
        weights = (rows >= 0).astype(np.float32)
        if (given := self.rows.per_row.get("weights")) is not None:
            weights = weights * given[np.maximum(rows, 0)]
        return Batch(arrays, weights, rows)


def _pair_lengths(rows: Rows) -> LongArray:
    """Return the lengths of both sequences of each row, (rows, 2). Missing targets have length 1."""
    targets = rows.others.get(_TARGETS)
    lengths = np.ones(rows.count, np.int64) if targets is None else targets.lengths
    return np.stack([rows.tokens.lengths, lengths], axis=1)


def _choose_edges(lengths: LongArray, config: BatchConfig) -> LongArray:
    """Choose the two lengths of each bucket: quantiles of the lengths of the sources, and of the targets."""
    shares = [1.0] if config.buckets == 1 else [*np.arange(1, config.buckets) / config.buckets, 0.98, 1.0]
    if not len(lengths):
        return np.full((1, 2), _STEP, np.int64)
    wanted = np.quantile(lengths, shares, axis=0, method="higher")
    edges = [[min(round_length(int(one)), config.max_tokens) for one in pair] for pair in wanted]
    return np.unique(np.array(edges, np.int64), axis=0)


def round_length(length: int) -> int:
    """Round a length up to the next length to which sequences are padded.

    The padding is less than 4 tokens or, for 32 tokens or more, less than a quarter of the length.
    """
    step = _STEP if length <= _LONG else max(_STEP, 1 << ((length - 1).bit_length() - 3))
    return max(_STEP, -(-length // step) * step)


def all_lengths(config: BatchConfig) -> list[int]:
    """Return all lengths to which sequences may be padded, in ascending order."""
    return sorted({min(round_length(length), config.max_tokens) for length in range(1, config.max_tokens + 1)})


def _chunks(members: LongArray, size: int) -> Sequence[LongArray]:
    return [members[start : start + size] for start in range(0, len(members), size)]


def _pad(ragged: Ragged, members: LongArray, size: int, width: int) -> AnyArray:
    """Return the first `width` ids of the given rows as an array (size, width), padded with 0 on the right."""
    starts = ragged.offsets[members]
    lengths = np.minimum(ragged.lengths[members], width)
    steps = np.arange(width)
    places = starts[:, None] + steps
    real = steps < lengths[:, None]
    padded = np.zeros((size, width), np.int32)
    if len(ragged.values):
        padded[: len(members)] = np.where(real, ragged.values[np.minimum(places, len(ragged.values) - 1)], 0)
    return padded
