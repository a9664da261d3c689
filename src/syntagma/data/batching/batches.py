"""From rows of ids to padded batches of a few fixed shapes."""

from collections.abc import Container, Iterator
from typing import Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from syntagma.config import Config
from syntagma.data.batching.rows import Rows
from syntagma.shapes import AnyArray, FloatArray, LongArray
from syntagma.text.ragged import Ragged

Side = Literal["left", "right"]

# Lengths that buckets are rounded up to: few enough that a service which sees every length compiles few shapes, close
# enough (ratio at most 1.5) that little of a batch is padding.
_LADDER = tuple(sorted({8 << n for n in range(28)} | {12 << n for n in range(28)}))

_MOST_TOKENS = 1 << 24


class BatchConfig(Config):
    """How rows become batches.

    Attributes:
        size: B, rows in a batch.
        max_tokens: T, the most tokens of a row; longer rows are cut.
        keep: Which end of a longer row is kept; "head_tail" keeps half of the tokens from each, "windows" cuts the row
            into windows that are all read (`syntagma.data.batching.windows`).
        pad: On which side shorter rows are filled up.
        fixed_length: Every batch is padded to `max_tokens`; otherwise rows of like length share a batch.
        buckets: About how many different lengths batches are padded to.
        tokens: Tokens in a batch, padding included; longer rows share it with fewer others then, shorter ones with
            more. `None`: `size` rows in every batch.
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
        # Even one short text costs so much then: a recipe from elsewhere must not fill the memory.
        if self.fixed_length and self.size * self.max_tokens > _MOST_TOKENS:
            raise ValueError(f"with `fixed_length: true`, size times max_tokens may be {_MOST_TOKENS:,} at most")
        if self.tokens is not None and self.fixed_length:
            raise ValueError("`tokens` is for batches of different lengths; leave `fixed_length` out")
        return self


class Batch(NamedTuple):
    """B rows of one shape. A batch that would be too small is filled up with empty rows of weight 0.

    Attributes:
        arrays: Padded arrays by name: `tokens` (B, T), or whatever `Rows.reads` says; `lengths` int32 (B,); `NAMEs` and
            `NAME_counts` int32 (B, N) of a bag NAME; what is known per token, (B, T) or (B, T, C), 0 at padding; what
            is known per row, (B,) or (B, K).
        weights: float32 (B,), 0 for filler rows.
        rows: Row numbers, int64 (B,), -1 for filler rows.
    """

    arrays: dict[str, AnyArray]
    weights: FloatArray
    rows: LongArray

    def inputs(self, names: Container[str]) -> dict[str, AnyArray]:
        """Return the arrays that a model with inputs of these names reads."""
        return {name: values for name, values in self.arrays.items() if name in names}

    @property
    def real(self) -> int:
        """Number of real rows."""
        return int((self.rows >= 0).sum())


class Batches:
    """Cuts rows into batches of a few shapes.

    Args:
        rows: The split.
        config: How.
        seed: Decides, together with the epoch, the order of training batches, and nothing else does.
        balanced: Whether an epoch draws rows so that all classes come equally often: rows of rare classes several
            times, of frequent ones not all. Needs one label a row.
        bag_room: Values of a bag per token for which each batch has room, so that rows of one length make batches of
            one shape.

    Attributes:
        shapes: The padded lengths in use: tokens T and n-grams N (0 if there are none).
    """

    def __init__(self, rows: Rows, config: BatchConfig, seed: int = 0, balanced: bool = False, bag_room: int = 0):
        self.rows = rows
        self._bag_room = bag_room
        self._balanced = balanced
        self.config = config
        self.seed = seed
        self._lengths = np.minimum(rows.tokens.lengths, config.max_tokens)
        self._edges = _choose_edges(rows, config)
        self._bucket_of_row = np.minimum(np.searchsorted(self._edges, rows.tokens.lengths), len(self._edges) - 1)
        self.shapes = [self._shape(bucket) for bucket in range(len(self._edges))]

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches that go once through all rows."""
        counts = np.bincount(self._bucket_of_row, minlength=len(self.shapes))
        return sum(-(-int(count) // self._size(bucket)) for bucket, count in enumerate(counts))

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Yield all rows once, in an order that depends only on the seed and the epoch's number.

        The first `start` batches are left out.
        """
        random = np.random.default_rng([self.seed, number])
        drawn = self._balanced_rows(random) if self._balanced else np.arange(self.rows.count)
        pieces: list[tuple[int, LongArray]] = []
        for bucket in range(len(self._edges)):
            members = random.permutation(drawn[self._bucket_of_row[drawn] == bucket])
            pieces += [(bucket, piece) for piece in self._cut(members, self._size(bucket))]
        for place in random.permutation(len(pieces))[start:]:
            yield self._batch(*pieces[place])

    def in_order(self) -> Iterator[Batch]:
        """All rows once, the longest first; for predicting."""
        for bucket in reversed(range(len(self._edges))):
            for piece in self._cut(np.flatnonzero(self._bucket_of_row == bucket), self._size(bucket)):
                yield self._batch(bucket, piece)

    def _balanced_rows(self, random: np.random.Generator) -> LongArray:
        """As many rows as there are, the same number of each class (one more or less)."""
        labels = self.rows.per_row["labels"]
        classes = random.permutation(np.unique(labels))
        shares = [len(part) for part in np.array_split(np.arange(self.rows.count), len(classes))]
        drawn = []
        for label, share in zip(classes, shares, strict=True):
            members = np.flatnonzero(labels == label)
            rounds = [random.permutation(members) for _ in range(-(-share // len(members)))]
            drawn.append(np.concatenate(rounds)[:share])
        return np.concatenate(drawn)

    def _size(self, bucket: int) -> int:
        """Rows in a batch of the bucket."""
        if self.config.tokens is None:
            return self.config.size
        return max(1, self.config.tokens // self.shapes[bucket][0])

    def _cut(self, members: LongArray, size: int) -> list[LongArray]:
        return [members[start : start + size] for start in range(0, len(members), size)]

    def _shape(self, bucket: int) -> tuple[int, int]:
        time = min(int(self._edges[bucket]), self.config.max_tokens)
        counts = [bag.ids.lengths[self._bucket_of_row == bucket].max(initial=1) for bag in self.rows.bags.values()]
        return (time, _round_up(max(int(max(counts)), self._bag_room * time)) if counts else 0)

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
            arrays |= {name: _at(values, places) for name, values in self.rows.per_token.items()}
        arrays |= {name: values[np.maximum(rows, 0)] for name, values in self.rows.per_row.items()}
        return Batch(arrays, self._weights(rows), rows)

    def _places(self, rows: LongArray, time: int) -> LongArray:
        """Where each token of right-padded rows stands in the flat values, (B, T); -1 at padding."""
        starts, lengths = self.rows.tokens.offsets[rows], np.where(rows >= 0, self._lengths[rows], 0)
        steps = np.arange(time)
        return np.where(steps < lengths[:, None], starts[:, None] + steps, -1)

    def _weights(self, rows: LongArray) -> FloatArray:
        real = (rows >= 0).astype(np.float32)
        weights = self.rows.per_row.get("weights")
        return real if weights is None else real * weights[np.maximum(rows, 0)]


def _at(values: AnyArray, places: LongArray) -> AnyArray:
    """The values at the places, int32; 0 where the place is -1."""
    if not len(values):
        return np.zeros((*places.shape, *values.shape[1:]), np.int32)
    found = values[np.maximum(places, 0)].astype(np.int32)
    found[places < 0] = 0
    return found


def _choose_edges(rows: Rows, config: BatchConfig) -> LongArray:
    """The upper length of each bucket, at even shares of the rows and one for the longest few.

    Where a row has a bag too, this is not cut, so that longer rows still need wider batches: the last bucket keeps
    that width away from all but the longest fiftieth.
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
    """Return all lengths to which rows are padded."""
    if config.fixed_length:
        return [config.max_tokens]
    return [*(rung for rung in _LADDER if rung < config.max_tokens), config.max_tokens]


def _round_up(length: int) -> int:
    """The next rung of the ladder."""
    return next(rung for rung in _LADDER if rung >= length)


def _cut_to(row: AnyArray, width: int, keep: str) -> AnyArray:
    if len(row) <= width or keep in ("head", "windows"):
        return row[:width]
    if keep == "tail":
        return row[-width:]
    head = (width + 1) // 2
    return np.concatenate([row[:head], row[len(row) - (width - head) :]])


def _pad(ragged: Ragged, members: LongArray, size: int, width: int, keep: str, side: Side) -> AnyArray:
    """Return rows cut and filled up to (size, width), or (size, width, D) of vectors."""
    padded = np.zeros((size, width, *ragged.values.shape[1:]), ragged.values.dtype)
    for place, member in enumerate(members):
        row = ragged.row(int(member))
        row = _cut_to(row, width, keep)
        if side == "right":
            padded[place, : len(row)] = row
        else:
            padded[place, width - len(row) :] = row
    return padded
