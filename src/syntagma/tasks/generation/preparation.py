"""Encoding of pairs of texts, training batches and losses."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from syntagma.data.batching.batches import Batch
from syntagma.data.batching.pairs import PairBatches
from syntagma.data.batching.rows import Rows
from syntagma.data.pairs.limits import apply_limits
from syntagma.data.pairs.table import PairTable
from syntagma.data.tables.table import Corpus
from syntagma.errors import DataError
from syntagma.progress import note_left_out
from syntagma.shapes import AnyArray, BoolArray, FloatArray, LongArray
from syntagma.tasks.generation.network import GeneratorConfig
from syntagma.tasks.generation.recipe import GenerationRecipe
from syntagma.tasks.generation.vocabularies import EncodedSources, PairVocabularies
from syntagma.text.encoder import START, UNKNOWN
from syntagma.text.ragged import Ragged
from syntagma.text.subwords import EncodedPieces
from syntagma.training.feed import Feed, TrainingBatch, WeightedLoss

Encode = Callable[[int], Rows]


@keras.saving.register_keras_serializable(package="syntagma")
class SumOfOutputs(keras.losses.Loss):
    """Loss for models whose outputs are losses already: their weighted sum. The targets are ignored."""

    def __init__(self, **options: Any):
        super().__init__(**{"reduction": "sum", "name": "sum_of_outputs", **options})

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the outputs."""
        return y_pred


def encode_pairs(
    vocabularies: PairVocabularies,
    sources: EncodedPieces,
    targets: EncodedPieces | None,
    *,
    copies: bool,
    weights: FloatArray | None = None,
) -> tuple[Rows, EncodedSources]:
    """Encode pairs of texts.

    Args:
        vocabularies: Vocabularies.
        sources: Pieces of the sources.
        targets: Pieces of the targets, or `None` if there are none.
        copies: Whether the model copies pieces of the source.
        weights: Weights of the pairs in the loss, float32 (pairs,), or `None` if all are equal.

    Returns:
        Rows whose tokens are the ids of the sources. They also have the ids for copying if the model copies, and the
        targets if there are any. Second, the encoded sources.
    """
    encoded = vocabularies.encode_sources(sources)
    per_token = {"copy_ids": encoded.copy_ids} if copies else {}
    others = {}
    if targets is not None:
        others["targets"] = vocabularies.encode_targets(targets, encoded if copies else None)
    per_row = {} if weights is None else {"weights": weights}
    return Rows(encoded.ids, per_row=per_row, per_token=per_token, others=others), encoded


def shorten_sources(rows: Rows, longest: int) -> Rows:
    """Return the rows with the first `longest` ids of each source, and the complete targets."""
    if not np.any(rows.tokens.lengths > longest):
        return rows
    places = np.arange(len(rows.tokens.values)) - np.repeat(rows.tokens.offsets[:-1], rows.tokens.lengths)
    kept = places < longest
    tokens = Ragged.from_lengths(rows.tokens.values[kept], rows.tokens.lengths.clip(max=longest))
    return replace(rows, tokens=tokens, per_token={name: values[kept] for name, values in rows.per_token.items()})


def are_short(rows: Rows, longest_source: int, longest_target: int) -> BoolArray:
    """Return whether the source and the target of each row have at most the given numbers of ids, (rows,)."""
    fits: BoolArray = (rows.tokens.lengths <= longest_source) & (rows.others["targets"].lengths <= longest_target)
    return fits


def keep_short(table: PairTable, rows: Rows, longest: int) -> tuple[PairTable, Rows]:
    """Keep the training pairs of which both texts have at most `longest` ids. A note says how many are left out.

    Raises:
        DataError: If no pair is left, or none with a weight above 0.
    """
    kept = np.flatnonzero(are_short(rows, longest, longest))
    if len(kept) < rows.count:
        count = f"{rows.count - len(kept):,} of {rows.count:,} training pairs"
        note_left_out(f"{table.source}: left out {count}, one of whose texts has more than {longest:,} subwords")
        table, rows = table.select(kept.tolist()), rows.select(kept)
    if not rows.count:
        raise DataError(f"{table.source}: no training pair is left within the limits; raise batches.max_tokens.")
    if "weights" in rows.per_row and not rows.per_row["weights"].any():
        raise DataError(f"{table.source}: all training pairs within the limits have the weight 0; raise the limits.")
    return table, rows


def replace_rows(rows: Rows, others: Rows, places: LongArray) -> Rows:
    """Return encoded pairs in which the rows at `places` are those of `others`."""
    chosen = np.zeros(rows.count, bool)
    chosen[places] = True
    order = np.where(chosen, np.arange(rows.count) + rows.count, np.arange(rows.count))
    joined = Rows(
        Ragged.concatenate([rows.tokens, others.tokens]),
        per_row={name: np.concatenate([values, others.per_row[name]]) for name, values in rows.per_row.items()},
        per_token={name: np.concatenate([values, others.per_token[name]]) for name, values in rows.per_token.items()},
        others={name: Ragged.concatenate([one, others.others[name]]) for name, one in rows.others.items()},
    )
    return joined.select(order)


def model_inputs(arrays: dict[str, AnyArray], size: int) -> dict[str, AnyArray]:
    """Add the decoder input `previous` to the arrays of a batch: the start token, and the targets without the last id.

    Args:
        arrays: Arrays of a batch, with `targets` (B, T).
        size: Size V of the target vocabulary. Copied pieces, whose ids are V or more, are read as the unknown piece.
    """
    targets = arrays["targets"]
    shifted = np.concatenate([np.full((len(targets), 1), START, np.int32), targets[:, :-1]], axis=1)
    return {**arrays, "previous": np.where(shifted < size, shifted, UNKNOWN).astype(np.int32)}


def training_feed(encode: Encode, batches: PairBatches, size: int, coverage_starts: float | None, epochs: int) -> Feed:
    """Return the training batches.

    Args:
        encode: Function that returns the encoded training rows of an epoch, which differ with BPE dropout.
        batches: Batches of the rows without dropout.
        size: Size V of the target vocabulary.
        coverage_starts: Share of training after which the coverage loss counts, or `None` without a coverage loss.
        epochs: Planned number of epochs.
    """

    def epoch_batches(epoch: int, start: int) -> Iterator[TrainingBatch]:
        rows = encode(epoch)
        current = batches
        if rows is not batches.rows:
            current = PairBatches(rows, batches.config, batches.seed, batches.edges)
        for batch in current.epoch(epoch, start):
            covers = None if coverage_starts is None else epoch > coverage_starts * epochs
            yield _training_batch(batch, size, covers)

    return Feed(epoch_batches, steps=batches.steps_per_epoch, rows=batches.rows.count)


def losses(config: GeneratorConfig) -> Any:
    """Return the loss of each output of the training model."""
    if not config.coverage_loss.weight:
        return SumOfOutputs()
    return [WeightedLoss(SumOfOutputs(), 1.0), WeightedLoss(SumOfOutputs(), config.coverage_loss.weight)]


def _training_batch(batch: Batch, size: int, covers: bool | None) -> TrainingBatch:
    lengths = batch.arrays["target_lengths"]
    steps = np.arange(batch.arrays["targets"].shape[1])
    real = (steps < lengths[:, None]) * batch.weights[:, None]
    counts = (real / max(float(lengths[batch.rows >= 0].sum()), 1.0)).astype(np.float32)
    inputs = {**model_inputs(batch.arrays, size), "weights": counts}
    targets: Any = np.zeros(len(counts), np.float32)
    weights: Any = np.ones(len(counts), np.float32)
    if covers is not None:
        targets = (targets, targets)
        weights = (weights, (batch.weights * (covers / max(batch.real, 1))).astype(np.float32))
    return TrainingBatch(inputs, targets, weights, batch.real, loss_excludes_padding=True)


def limit_pairs(train: PairTable, recipe: GenerationRecipe, *, say: bool) -> PairTable:
    """Return the training pairs within the limits of the recipe, and note what was dropped if `say`."""
    kept, dropped = apply_limits(train, recipe.limits)
    for line in dropped if say else ():
        note_left_out(line)
    return kept


def check_pairs(corpus: Corpus, split: str) -> PairTable:
    """Return the pairs of a split, or raise `DataError` if it has no targets."""
    table = corpus[split]
    if not isinstance(table, PairTable) or table.targets is None:
        raise DataError(f"corpus {corpus.name!r}: {split} has no sources with targets, which a generator needs.")
    return table
