import keras
import numpy as np
import pytest
from keras import ops

from syntagma.layers import MaskedMaxPooling1D, WordDropout

pytestmark = pytest.mark.backend

VECTORS = np.random.default_rng(5).uniform(1, 2, (40, 50, 3)).astype(np.float32)


def test_a_token_is_dropped_as_a_whole_or_kept_unscaled():
    dropped = ops.convert_to_numpy(WordDropout(0.3, seed=1)(VECTORS, training=True))
    gone = (dropped == 0).all(axis=2)
    assert np.array_equal(dropped[~gone], VECTORS[~gone])
    # With 2,000 tokens, the standard error of the share is 0.01.
    assert gone.mean() == pytest.approx(0.3, abs=0.05)
    assert len({tuple(row) for row in gone}) == 40


def test_each_call_drops_other_tokens_and_a_seed_repeats_the_sequence():
    layer, twin = WordDropout(0.3, seed=1), WordDropout(0.3, seed=1)
    first, second = (ops.convert_to_numpy(layer(VECTORS, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    assert np.array_equal(ops.convert_to_numpy(twin(VECTORS, training=True)), first)
    other = WordDropout(0.3, seed=2)
    assert not np.array_equal(ops.convert_to_numpy(other(VECTORS, training=True)), first)


@pytest.mark.parametrize(("rate", "training"), [(0.3, False), (0.0, True)])
def test_without_training_or_with_rate_zero_nothing_changes(rate, training):
    assert np.array_equal(ops.convert_to_numpy(WordDropout(rate)(VECTORS, training=training)), VECTORS)


def test_a_mask_passes_through():
    embedding = keras.layers.Embedding(9, 2, mask_zero=True)
    model = keras.Sequential([embedding, WordDropout(0.5), MaskedMaxPooling1D()])
    embedding.build()
    embedding.embeddings.assign([[7.0, 7.0], *[[-1.0, -2.0]] * 8])
    pooled = ops.convert_to_numpy(model(np.array([[3, 4, 0]], np.int32)))
    assert pooled.tolist() == [[-1.0, -2.0]]  # the sevens at padding are ignored


def test_it_compiles_with_an_unknown_length():
    model = keras.Sequential([keras.Input((None, 3)), WordDropout(0.5, seed=1), keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    assert np.isfinite(model.train_on_batch(VECTORS[:4], VECTORS[:4]))


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_outside_its_range_raises_an_error(rate):
    with pytest.raises(ValueError, match=r"`WordDropout` needs a rate in \[0, 1\); got"):
        WordDropout(rate)
