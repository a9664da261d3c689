"""Values that the variants of dropout drop together."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import layers
from syntagma.errors import InputError

pytestmark = pytest.mark.backend

X = np.ones((20, 6, 10), np.float32)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def test_variational_dropout_is_constant_over_time_and_differs_between_texts():
    layer = layers.VariationalDropout(0.4, seed=1)
    dropped = numpy(layer(X, training=True))
    assert np.allclose(np.unique(dropped), [0, 1 / 0.6])
    assert (dropped == dropped[:, :1]).all()
    assert len(np.unique(dropped[:, 0], axis=0)) > 10
    assert not np.array_equal(dropped, numpy(layer(X, training=True)))
    assert np.array_equal(numpy(layer(X)), X)


def test_embedding_dropout_drops_all_occurrences_of_a_word():
    embedding = keras.layers.Embedding(50, 3, embeddings_initializer="ones", mask_zero=True)
    layer = layers.EmbeddingDropout(embedding, 0.3, seed=4)
    ids = np.random.default_rng(0).integers(1, 50, (8, 40))
    vectors = numpy(layer(ids, training=True))
    kept = np.unique(vectors)
    assert np.allclose(kept, [0, 1 / 0.7])
    for word in range(1, 50):
        assert len(np.unique(vectors[ids == word])) <= 1
    gone = sum(not vectors[ids == word].any() for word in range(1, 50))
    assert 5 < gone < 25
    assert np.array_equal(numpy(layer(ids)), np.ones((8, 40, 3)))
    assert numpy(layer.compute_mask(ops.convert_to_tensor(ids))).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.EmbeddingDropout(keras.layers.Embedding(5, 2), 1.0), r"rate in \[0, 1\); got 1.0"),
        (lambda: layers.EmbeddingDropout(keras.layers.Dense(5)), "needs an embedding layer"),
        (lambda: layers.EmbeddingDropout(layers.TiedSoftmax(5, 2)), "word_type_dropout"),
    ],
)
def test_invalid_arguments_raise_an_error(make, message):
    with pytest.raises(InputError, match=message):
        make()
