"""Padded batches of a few fixed shapes, made from rows of ids."""

from collections.abc import Container, Iterator
from typing import Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from syntagma.config import Config
from syntagma.data.batching.rows import Rows
from syntagma.shapes import AnyArray, FloatArray, LongArray
from syntagma.text.ragged import Ragged

Side = Literal["left", "right"]

# Lengths to which buckets are rounded up. There are few of them, so a service that receives texts of any length
# compiles few shapes, and they are close enough (ratio at most 1.5) to keep padding low.
_LADDER = tuple(sorted({8 << n for n in range(28)} | {12 << n for n in range(28)}))

_MOST_TOKENS = 1 << 24


class BatchConfig(Config):
    """Settings for making batches from rows.

    Attributes:
        size: Batch size B in rows.
        max_tokens: Maximum length T of a row in tokens. Longer rows are truncated.
        keep: Part of a longer row to keep: "head" (the beginning), "tail" (the end), "head_tail" (half of the tokens
            from each end), or "windows" (the whole row, split into windows; see `syntagma.data.batching.windows`).
        pad: Side on which shorter rows are padded.
        fixed_length: Whether every batch is padded to `max_tokens`. By default, rows of similar length are batched
            together and padded to the same length.
        buckets: Approximate number of different lengths to which batches are padded.
        tokens: Batch size in tokens, including padding, so that batches of longer rows contain fewer rows. By default,
            every batch has `size` rows.
    """

    size: int = Field(64, gt=0, le=65_536)
    tokens: int | None = Field(None, gt=0, le=1 << 24)
    max_tokens: int = Field(400, gt=0, le=1 << 20)
    keep: Literal["head", "tail", "head_tail", "windows"] = "head"
    pad: Side = "right"
    fixed_length: bool = False
    buckets: int = Field(6, gt=0, le=100)

    @model_validator(mode="after")
    def _check(self) -> Self:
        # With a fixed length, even one short text needs this much memory. A downloaded recipe must not exhaust it.
        if self.fixed_length and self.size * self.max_tokens > _MOST_TOKENS:
            raise ValueError(f"with `fixed_length: true`, size times max_tokens must be at most {_MOST_TOKENS:,}")
        if self.tokens is not None and self.fixed_length:
            raise ValueError("`tokens` is for batches of different lengths; leave out `fixed_length`")
        return self


class Batch(NamedTuple):
    """A batch of B rows, padded to the same length. An incomplete batch is filled up with empty rows of weight 0.

    Attributes:
        arrays: Padded arrays, keyed by name. The array of tokens has the name given by `Rows.reads` and shape (B, T),
            or (B, T, D) for vectors. `lengths` contains the row lengths, int32 of shape (B,). The unordered features
            called NAME in `Rows.bags` become the arrays `NAMEs` and `NAME_counts`, each int32 of shape (B, N). Values
            per token have shape (B, T) or (B, T, C), and are 0 at padding. Values per row have shape (B,) or (B, K).
        weights: Weight of each row in the loss, float32 of shape (B,). The weight of filler rows is 0.
        rows: Row numbers, int64 of shape (B,). Filler rows have the row number -1.
    """

    arrays: dict[str, AnyArray]
    weights: FloatArray
    rows: LongArray

    def inputs(self, names: Container[str]) -> dict[str, AnyArray]:
        """Return the arrays that a model reads, given the names of its inputs."""
        return {name: values for name, values in self.arrays.items() if name in names}

    @property
    def real(self) -> int:
        """Number of rows, not counting filler rows."""
        return int((self.rows >= 0).sum())


class Batches:
    """Padded batches for training and prediction, made from the rows of a split.

    Rows of similar length form a bucket. All batches of a bucket have the same shape.

    Args:
        rows: Encoded rows of the split.
        config: Batching settings.
        seed: Random seed. The order of training batches depends only on the seed and the epoch.
        balanced: Whether to sample rows in each epoch so that all classes are equally frequent. Rows of rare classes
            are repeated, and some rows of frequent classes are left out. Requires one label per row.
        bag_ids_per_token: Minimum capacity of a batch for unordered features, such as n-grams, as a number per token.
            If no row exceeds this capacity, the shape of a batch depends only on the lengths of its rows.

    Attributes:
        shapes: Padded lengths (T, N) of each bucket: T tokens and N unordered features, such as n-grams. N is 0 if the
            rows have no such features.
    """

    def __init__(
        self, rows: Rows, config: BatchConfig, seed: int = 0, balanced: bool = False, bag_ids_per_token: int = 0
    ):
        self.rows = rows
        self._bag_ids_per_token = bag_ids_per_token
        self._balanced = balanced
        self.config = config
        self.seed = seed
        self._lengths = np.minimum(rows.tokens.lengths, config.max_tokens)
        self._edges = _choose_edges(rows, config)
        self._bucket_of_row = np.minimum(np.searchsorted(self._edges, rows.tokens.lengths), len(self._edges) - 1)
        self.shapes = [self._shape(bucket) for bucket in range(len(self._edges))]

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches per epoch without class balancing."""
        counts = np.bincount(self._bucket_of_row, minlength=len(self.shapes))
        return sum(-(-int(count) // self._size(bucket)) for bucket, count in enumerate(counts))

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of one training epoch. Every row occurs once, unless classes are balanced.

        Args:
            number: Number of the epoch. Together with the seed, it determines the order of the rows.
            start: Number of batches to skip at the beginning when resuming an interrupted epoch.
        """
        random = np.random.default_rng([self.seed, number])
        sampled = self._balanced_rows(random) if self._balanced else np.arange(self.rows.count)
        pieces: list[tuple[int, LongArray]] = []
        for bucket in range(len(self._edges)):
            members = random.permutation(sampled[self._bucket_of_row[sampled] == bucket])
            pieces += [(bucket, piece) for piece in self._chunks(members, self._size(bucket))]
        for place in random.permutation(len(pieces))[start:]:
            yield self._batch(*pieces[place])

    def longest_first(self) -> Iterator[Batch]:
        """Yield batches for prediction, starting with the longest rows. Every row occurs once."""
        for bucket in reversed(range(len(self._edges))):
            for piece in self._chunks(np.flatnonzero(self._bucket_of_row == bucket), self._size(bucket)):
                yield self._batch(bucket, piece)

    def _balanced_rows(self, random: np.random.Generator) -> LongArray:
        """Sample as many rows as the split has, so that the numbers of rows per class differ by at most one."""
        labels = self.rows.per_row["labels"]
        classes = random.permutation(np.unique(labels))
        shares = [len(part) for part in np.array_split(np.arange(self.rows.count), len(classes))]
        sampled = []
        for label, share in zip(classes, shares, strict=True):
            members = np.flatnonzero(labels == label)
            rounds = [random.permutation(members) for _ in range(-(-share // len(members)))]
            sampled.append(np.concatenate(rounds)[:share])
        return np.concatenate(sampled)

    def _size(self, bucket: int) -> int:
        """Return the number of rows in each batch of a bucket."""
        if self.config.tokens is None:
            return self.config.size
        return max(1, self.config.tokens // self.shapes[bucket][0])

    def _chunks(self, members: LongArray, size: int) -> list[LongArray]:
        return [members[start : start + size] for start in range(0, len(members), size)]

    def _shape(self, bucket: int) -> tuple[int, int]:
        time = min(int(self._edges[bucket]), self.config.max_tokens)
        counts = [bag.ids.lengths[self._bucket_of_row == bucket].max(initial=1) for bag in self.rows.bags.values()]
        return (time, _round_up(max(int(max(counts)), self._bag_ids_per_token * time)) if counts else 0)

    def _batch(self, bucket: int, members: LongArray) -> Batch:
        time, width = self.shapes[bucket]
        size = self._size(bucket)
        rows = np.full(size, -1, np.int64)
        rows[: len(members)] = members
        lengths = np.zeros(size, np.int32)
        lengths[: len(members)] = self._lengths[members]
        tokens = _pad(self.rows.tokens, members, size, time, keep=self.config.keep, side=self.config.pad)
        arrays: dict[str, AnyArray] = {self.rows.reads: tokens, "lengths": lengths}
        for name, bag in self.rows.bags.items():
            arrays[f"{name}s"] = _pad(bag.ids, members, size, width, keep="head", side="right")
            arrays[f"{name}_counts"] = _pad(bag.counts, members, size, width, keep="head", side="right")
        if self.rows.per_token:
            places = self._places(rows, time)
            arrays |= {name: _gather(values, places) for name, values in self.rows.per_token.items()}
        arrays |= {name: values[np.maximum(rows, 0)] for name, values in self.rows.per_row.items()}
        return Batch(arrays, self._weights(rows), rows)

    def _places(self, rows: LongArray, time: int) -> LongArray:
        """Return an array of shape (B, T) with the index of each token in the flat values, or -1 for padding.

        Rows are padded on the right.
        """
        starts, lengths = self.rows.tokens.offsets[rows], np.where(rows >= 0, self._lengths[rows], 0)
        steps = np.arange(time)
        return np.where(steps < lengths[:, None], starts[:, None] + steps, -1)

    def _weights(self, rows: LongArray) -> FloatArray:
        real = (rows >= 0).astype(np.float32)
        weights = self.rows.per_row.get("weights")
        return real if weights is None else real * weights[np.maximum(rows, 0)]


def _gather(values: AnyArray, places: LongArray) -> AnyArray:
    """Return the values at the indices `places` as int32, with 0 for the index -1."""
    if not len(values):
        return np.zeros((*places.shape, *values.shape[1:]), np.int32)
    gathered = values[np.maximum(places, 0)].astype(np.int32)
    gathered[places < 0] = 0
    return gathered


def _choose_edges(rows: Rows, config: BatchConfig) -> LongArray:
    """Choose the maximum row length of each bucket: evenly spaced quantiles of the row lengths, and the 98 % quantile.

    Tokens are truncated but unordered features are not, so long rows make their batches wide. With a separate bucket
    for the longest 2 % of the rows, only the batches of these rows are that wide.
    """
    lengths = rows.tokens.lengths
    if config.fixed_length:
        return np.array([config.max_tokens])
    if not rows.bags:
        lengths = np.minimum(lengths, config.max_tokens)
    shares = [*np.arange(1, config.buckets) / config.buckets, 0.98, 1.0]
    wanted = np.quantile(lengths, shares, method="higher") if len(lengths) else np.ones(1)
    return np.array(sorted({max(1, _round_up(int(length))) for length in wanted}), np.int64)


def lengths_in_use(config: BatchConfig) -> list[int]:
    """Return all lengths to which rows may be padded, in ascending order."""
    if config.fixed_length:
        return [config.max_tokens]
    return [*(rung for rung in _LADDER if rung < config.max_tokens), config.max_tokens]


def _round_up(length: int) -> int:
    """Round a length up to the next value in `_LADDER`."""
    return next(rung for rung in _LADDER if rung >= length)


def _truncate(row: AnyArray, width: int, keep: str) -> AnyArray:
    if len(row) <= width or keep in ("head", "windows"):
        return row[:width]
    if keep == "tail":
        return row[-width:]
    head = (width + 1) // 2
    return np.concatenate([row[:head], row[len(row) - (width - head) :]])


def _pad(ragged: Ragged, members: LongArray, size: int, width: int, keep: str, side: Side) -> AnyArray:
    """Truncate and pad the rows `members`; return an array of shape (size, width), or (size, width, D) for vectors."""
    padded = np.zeros((size, width, *ragged.values.shape[1:]), ragged.values.dtype)
    for place, member in enumerate(members):
        row = ragged.row(int(member))
        row = _truncate(row, width, keep)
        if side == "right":
            padded[place, : len(row)] = row
        else:
            padded[place, width - len(row) :] = row
    return padded
