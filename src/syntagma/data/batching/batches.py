"""From rows of ids to padded batches of a few fixed shapes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from syntagma.config import Config
from syntagma.shapes import AnyArray, FloatArray, IntArray, LongArray
from syntagma.text.ngrams import CountedNgrams
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


@dataclass(frozen=True)
class Rows:
    """One split as numbers.

    Attributes:
        tokens: Token ids of each row.
        ngrams: The n-grams of each row, or `None`.
        labels: Integers (rows,), or 0/1 float32 (rows, K) where a row has several labels; `None` where unknown.
        weights: Weight of each row in the loss, (rows,); `None` for ones.
        words: What else is known of each token, by the input that it becomes: integers (total,), or (total, C) where a
            token has several, 0 for none, in the order of `tokens.values`.
        tags: The tag of each token, (total,), or (total, C) where a token has several.
    """

    tokens: Ragged
    ngrams: CountedNgrams | None = None
    labels: AnyArray | None = None
    weights: FloatArray | None = None
    words: Mapping[str, IntArray] = field(default_factory=dict)
    tags: IntArray | None = None

    @property
    def count(self) -> int:
        """Number of rows."""
        return self.tokens.rows

    def select(self, rows: LongArray) -> "Rows":
        """The given rows, in the given order."""
        return Rows(
            words={name: self._of_tokens(values, rows) for name, values in self.words.items()},
            tags=None if self.tags is None else self._of_tokens(self.tags, rows),
            tokens=self.tokens.select(rows),
            ngrams=None if self.ngrams is None else self.ngrams.select(rows),
            labels=None if self.labels is None else self.labels[rows],
            weights=None if self.weights is None else self.weights[rows],
        )

    def _of_tokens(self, values: IntArray, rows: LongArray) -> IntArray:
        """What `values` know of the tokens of the given rows."""
        places = Ragged(np.arange(len(values), dtype=np.int32), self.tokens.offsets)
        return values[places.select(rows).values]


class Batch(NamedTuple):
    """B rows of one shape. A batch that would be too small is filled up with empty rows of weight 0.

    Attributes:
        inputs: `tokens` int32 (B, T), `lengths` int32 (B,) and, where there are n-grams, `ngrams` and `ngram_counts`
            int32 (B, N); and what else is known of tokens, int32 (B, T) or (B, T, C).
        labels: As in `Rows`.
        weights: float32 (B,), 0 for filler rows.
        rows: Row numbers, int64 (B,), -1 for filler rows.
        tags: int32 (B, T) or (B, T, C), 0 at padding; or `None`.
    """

    inputs: dict[str, IntArray]
    labels: AnyArray | None
    weights: FloatArray
    rows: LongArray
    tags: IntArray | None = None

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
    """

    def __init__(self, rows: Rows, config: BatchConfig, seed: int = 0, balanced: bool = False):
        self.rows = rows
        self._balanced = balanced
        self.config = config
        self.seed = seed
        self._lengths = np.minimum(rows.tokens.lengths, config.max_tokens)
        self._edges = _choose_edges(rows, config)
        self._bucket_of_row = np.minimum(np.searchsorted(self._edges, rows.tokens.lengths), len(self._edges) - 1)
        self._shapes = [self._shape(bucket) for bucket in range(len(self._edges))]

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """The padded lengths in use: tokens T and n-grams N (0 where there are none)."""
        return self._shapes

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches that go once through all rows."""
        counts = np.bincount(self._bucket_of_row, minlength=len(self._shapes))
        return sum(-(-int(count) // self._size(bucket)) for bucket, count in enumerate(counts))

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """All rows once, in an order that depends on the seed and the epoch's number only.

        Args:
            number: Of the epoch.
            start: So many batches at the beginning are left out.
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
        assert self.rows.labels is not None
        labels = self.rows.labels
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
        return max(1, self.config.tokens // self._shapes[bucket][0])

    def _cut(self, members: LongArray, size: int) -> list[LongArray]:
        return [members[start : start + size] for start in range(0, len(members), size)]

    def _shape(self, bucket: int) -> tuple[int, int]:
        time = min(int(self._edges[bucket]), self.config.max_tokens)
        if self.rows.ngrams is None:
            return (time, 0)
        counts = self.rows.ngrams.ids.lengths[self._bucket_of_row == bucket]
        return (time, _round_up(int(counts.max(initial=1))))

    def _batch(self, bucket: int, members: LongArray) -> Batch:
        time, ngrams = self._shapes[bucket]
        size = self._size(bucket)
        rows = np.full(size, -1, np.int64)
        rows[: len(members)] = members
        lengths = np.zeros(size, np.int32)
        lengths[: len(members)] = self._lengths[members]
        tokens = _pad(self.rows.tokens, members, size, time, keep=self.config.keep, side=self.config.pad)
        inputs: dict[str, IntArray] = {"tokens": tokens, "lengths": lengths}
        if self.rows.ngrams is not None:
            for name, some in zip(("ngrams", "ngram_counts"), self.rows.ngrams, strict=True):
                inputs[name] = _pad(some, members, size, ngrams, keep="head", side="right")
        tags = None
        if self.rows.words or self.rows.tags is not None:
            places = self._places(rows, time)
            inputs |= {name: _at(values, places) for name, values in self.rows.words.items()}
            tags = None if self.rows.tags is None else _at(self.rows.tags, places)
        return Batch(inputs, self._labels(rows), self._weights(rows), rows, tags)

    def _places(self, rows: LongArray, time: int) -> LongArray:
        """Where each token of right-padded rows stands in the flat values, (B, T); -1 at padding."""
        starts, lengths = self.rows.tokens.offsets[rows], np.where(rows >= 0, self._lengths[rows], 0)
        steps = np.arange(time)
        return np.where(steps < lengths[:, None], starts[:, None] + steps, -1)

    def _labels(self, rows: LongArray) -> AnyArray | None:
        if self.rows.labels is None:
            return None
        return self.rows.labels[np.maximum(rows, 0)]

    def _weights(self, rows: LongArray) -> FloatArray:
        real = (rows >= 0).astype(np.float32)
        return real if self.rows.weights is None else real * self.rows.weights[np.maximum(rows, 0)]


def _at(values: IntArray, places: LongArray) -> IntArray:
    """The values at the places, int32; 0 where the place is -1."""
    if not len(values):
        return np.zeros((*places.shape, *values.shape[1:]), np.int32)
    found = values[np.maximum(places, 0)].astype(np.int32)
    found[places < 0] = 0
    return found


def _choose_edges(rows: Rows, config: BatchConfig) -> LongArray:
    """The upper length of each bucket, at even shares of the rows and one for the longest few.

    Where a text has n-grams too, these are not cut, so that longer rows still need wider batches: the last bucket keeps
    that width away from all but the longest fiftieth.
    """
    lengths = rows.tokens.lengths
    if config.fixed_length:
        return np.array([config.max_tokens])
    if rows.ngrams is None:
        lengths = np.minimum(lengths, config.max_tokens)
    shares = [*np.arange(1, config.buckets) / config.buckets, 0.98, 1.0]
    wanted = np.quantile(lengths, shares, method="higher") if len(lengths) else np.ones(1)
    return np.array(sorted({max(1, _round_up(int(length))) for length in wanted}), np.int64)


def _round_up(length: int) -> int:
    """The next rung of the ladder."""
    return next(rung for rung in _LADDER if rung >= length)


def _cut_to(row: IntArray, width: int, keep: str) -> IntArray:
    if len(row) <= width or keep in ("head", "windows"):
        return row[:width]
    if keep == "tail":
        return row[-width:]
    head = (width + 1) // 2
    return np.concatenate([row[:head], row[len(row) - (width - head) :]])


def _pad(ragged: Ragged, members: LongArray, size: int, width: int, keep: str, side: Side) -> IntArray:
    """Rows cut and filled up to (size, width)."""
    padded = np.zeros((size, width), np.int32)
    for place, member in enumerate(members):
        row = ragged.row(int(member))
        row = _cut_to(row, width, keep)
        if side == "right":
            padded[place, : len(row)] = row
        else:
            padded[place, width - len(row) :] = row
    return padded
