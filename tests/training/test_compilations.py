"""Tests that JAX, which compiles for each shape, never compiles again for a shape that it has seen."""

import numpy as np

from syntagma.data.batching.batches import BatchConfig, Batches
from syntagma.data.batching.rows import Rows
from syntagma.models.embedding import WordEmbeddingConfig
from syntagma.models.predicting import input_names, predict_logits
from syntagma.tasks.classification.networks.average import AverageConfig
from syntagma.tasks.classification.networks.classifier import ModelSpec, NgramBranchConfig, build_classifier
from syntagma.text.ngrams import CountedNgrams
from syntagma.text.ragged import Ragged
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import Feed, TrainingBatch
from syntagma.training.fitting import Fitter
from syntagma.training.objectives import loss_for, targets_for


def ragged_rows(count, seed):
    random = np.random.default_rng(seed)
    lengths = random.permutation(np.resize([5, 5, 15, 22], count))
    tokens = Ragged.from_lengths(random.integers(1, 20, lengths.sum()).astype(np.int32), lengths)
    return Rows(
        tokens,
        bags={"ngram": CountedNgrams(tokens, tokens)},
        per_row={"labels": random.integers(0, 2, count)},
    )


def watched_feed(model, batches, compilations, log):
    """Return a feed that logs the shape of each batch, and the number of compilations until the next batch."""
    names = input_names(model)

    def read_epoch(epoch, start):
        for batch in batches.epoch(epoch, start):
            before = compilations.count
            targets = targets_for(batch.arrays["labels"], "binary", 1)
            yield TrainingBatch(batch.inputs(names), targets, batch.weights, batch.real)
            log.append((batch.arrays["tokens"].shape, compilations.count - before))

    return Feed(read_epoch, steps=batches.steps_per_epoch, rows=batches.rows.count)


def test_a_second_batch_of_a_shape_already_seen_never_compiles_again(compilations):
    model = build_classifier(
        AverageConfig(ngram_size=3, dropout=0.2),
        WordEmbeddingConfig(size=4, dropout=0.1),
        NgramBranchConfig(counts=True),
        ModelSpec(20, 20, 1),
    )
    config = BatchConfig(size=8, buckets=3)
    batches, dev = Batches(ragged_rows(60, seed=1), config, seed=1), ragged_rows(20, seed=2)
    assert len(batches.shapes) == 3
    after_epoch, log = [], []
    fitter = Fitter(
        model,
        loss_for("binary"),
        TrainingConfig(epochs=3, schedule="cosine", warmup=0.1, clip_norm=1.0, monitor="accuracy"),
        dev_scorer=lambda: {"accuracy": float(predict_logits(model, Batches(dev, config)).mean()), "loss": 0.0},
        on_epoch=lambda record: after_epoch.append(compilations.count),
    )
    fitter.fit(watched_feed(model, batches, compilations, log))

    seen = set()
    for shape, compiled in log:
        assert (compiled > 0) == (shape not in seen), f"{compiled} compilations at {shape}; seen before: {seen}"
        seen.add(shape)
    assert len(seen) == 3
    assert after_epoch[0] > 0
    assert after_epoch == [after_epoch[0]] * 3

    trained = compilations.count
    predict_logits(model, Batches(dev, config))
    predict_logits(model, Batches(ragged_rows(30, seed=3), config))
    assert compilations.count == trained
