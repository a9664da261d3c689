import keras
import numpy as np
import pytest
from keras import ops

from syntagma.errors import InputError
from syntagma.layers import UnknownWordDropout

pytestmark = pytest.mark.backend

IDS = np.random.default_rng(5).integers(2, 90, (40, 50)).astype(np.int32)


def test_a_share_of_words_is_replaced_and_the_others_are_kept():
    layer = UnknownWordDropout(0.3, unknown=1, seed=1)
    result = ops.convert_to_numpy(layer(IDS, training=True))
    gone = result == 1
    assert np.array_equal(result[~gone], IDS[~gone])
    # With 2,000 tokens, the standard error of the share is 0.01.
    assert gone.mean() == pytest.approx(0.3, abs=0.05)
    assert not np.array_equal(ops.convert_to_numpy(layer(IDS, training=True)), result)
    twin = UnknownWordDropout(0.3, unknown=1, seed=1)
    assert np.array_equal(ops.convert_to_numpy(twin(IDS, training=True)), result)


def test_special_ids_are_never_replaced():
    ids = np.tile(np.arange(8, dtype=np.int32), (200, 1))
    result = ops.convert_to_numpy(UnknownWordDropout(0.5, unknown=2, first=4, seed=1)(ids, training=True))
    assert np.array_equal(result[:, :4], ids[:, :4])
    assert set(np.unique(result[:, 4])) == {2, 4}


@pytest.mark.parametrize(("rate", "training"), [(0.3, False), (0.0, True)])
def test_without_training_or_with_rate_zero_nothing_changes(rate, training):
    assert np.array_equal(ops.convert_to_numpy(UnknownWordDropout(rate)(IDS, training=training)), IDS)


def test_it_trains_the_vector_of_the_unknown_word():
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            UnknownWordDropout(0.5, unknown=1, seed=1),
            keras.layers.Embedding(90, 4, mask_zero=True),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1),
        ]
    )
    before = np.array(model.layers[1].embeddings)
    model.compile("sgd", "mse")
    model.fit(IDS, np.ones((40, 1), np.float32), epochs=1, verbose=0)
    changed = np.abs(np.array(model.layers[1].embeddings) - before).sum(axis=1) > 0
    assert changed[1]
    assert not changed[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 1.0}, r"a rate in \[0, 1\)"),
        ({"unknown": -1}, "because 0 is padding; got -1"),
        ({"first": 0}, "because 0 is padding; got 1 and 0"),
    ],
)
def test_invalid_arguments_raise_an_error(options, message):
    with pytest.raises(InputError, match=message):
        UnknownWordDropout(**options)
