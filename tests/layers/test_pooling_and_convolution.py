"""Convolutions, pooling and character encoders, which ignore padding."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend, layers
from syntagma.errors import InputError

pytestmark = pytest.mark.backend

RANDOM = np.random.default_rng(9)
X = RANDOM.normal(size=(4, 6, 3)).astype(np.float32)
MASK = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0], [0, 1, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0]], bool)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def compiled(layer):
    """Return a layer as one program. JAX would otherwise compile each of its operations."""
    layer.build(X.shape)
    return backend.compile_function(lambda inputs, mask=None: layer(inputs, mask=mask))


@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("mask", [None, MASK], ids=["none", "holes"])
def test_k_max_pooling_keeps_the_original_order(k, mask):
    result = numpy(compiled(layers.KMaxPooling1D(k))(X, mask=mask))
    assert result.shape == (4, k, 3)
    real = np.ones_like(MASK) if mask is None else mask
    for row, feature in np.ndindex(4, 3):
        values = X[row, real[row], feature]
        places = sorted(np.argsort(-values)[:k])
        assert np.allclose(result[row, :, feature], np.pad(values[places], (0, k - len(places))))


def test_of_equal_values_the_first_are_kept_for_any_padding():
    x = np.array([[[0.0], [5.0], [0.0], [0.0]]], np.float32)
    padded = np.pad(x, ((0, 0), (0, 9), (0, 0)))
    pool = compiled(layers.KMaxPooling1D(2))
    assert numpy(pool(x))[0, :, 0].tolist() == [0, 5]
    assert numpy(pool(padded, mask=np.arange(13)[None] < 4))[0, :, 0].tolist() == [0, 5]


def test_k_max_pooling_with_k_of_one_is_max_pooling():
    assert np.allclose(
        numpy(layers.KMaxPooling1D(1)(X, mask=MASK))[:, 0], numpy(layers.MaskedMaxPooling1D()(X, mask=MASK))
    )


def test_k_may_exceed_the_number_of_tokens():
    assert np.array_equal(numpy(compiled(layers.KMaxPooling1D(8))(X))[:, :6], X)


def test_the_last_state_is_the_vector_of_the_last_real_token():
    expected = np.stack([X[0, 5], X[1, 1], X[2, 4], np.zeros(3)])
    assert np.array_equal(numpy(layers.LastState()(X, mask=MASK)), expected)
    assert np.array_equal(numpy(layers.LastState()(X)), X[:, -1])


def test_convolutions_of_several_widths_are_concatenated():
    layer = layers.MultiWidthConv1D(2, (2, 3), activation=None)
    result = numpy(layer(X, mask=MASK))
    clean = np.where(MASK[:, :, None], X, 0)
    for place, convolution in enumerate(layer.convolutions):
        expected = numpy(convolution(clean)) * MASK[:, :, None]
        assert np.allclose(result[..., 2 * place : 2 * place + 2], expected, atol=1e-6)


def test_a_filter_wider_than_the_text_has_windows():
    assert layers.MultiWidthConv1D(2, (5,))(X[:, :3]).shape == (4, 3, 2)


def test_norms_of_filters_respect_the_limit():
    layer = layers.MultiWidthConv1D(4, (3,), norm_limit=0.5)
    model = keras.Sequential([keras.Input((6, 3)), layer, layers.MaskedMaxPooling1D(), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(10.0), "mse")
    model.train_on_batch(X, np.arange(4.0)[:, None])
    kernel = numpy(layer.convolutions[0].kernel)
    norms = np.sqrt(np.square(kernel).sum(axis=(0, 1)))
    assert norms.max() == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("kind", ["cnn", "lstm"])
def test_words_with_equal_characters_have_equal_vectors(kind):
    layer = layers.CharacterEncoder(10, 4, kind)
    words = RANDOM.integers(1, 10, (5,))
    ids = np.zeros((2, 3, 7), np.int32)
    ids[0, 0, :5] = ids[1, 2, :5] = words
    ids[0, 1, :2] = [3, 4]
    layer.build(ids.shape)
    call = backend.compile_function(lambda ids: layer(ids))
    vectors = numpy(call(ids))
    assert vectors.shape == (2, 3, 4)
    assert np.allclose(vectors[0, 0], vectors[1, 2], atol=1e-6)
    assert not np.allclose(vectors[0, 0], vectors[0, 1])
    assert not vectors[1, :2].any()
    alone = numpy(call(ids[:1, :1, :5]))  # without padding of the characters
    assert np.allclose(alone[0, 0], vectors[0, 0], atol=1e-6)
    assert np.array_equal(numpy(layer.compute_mask(ops.convert_to_tensor(ids))), (ids > 0).any(axis=-1))
    deeper = numpy(call(ids[None]))
    assert np.allclose(deeper[0], vectors, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.KMaxPooling1D(0), "a k of 1 or more; got 0"),
        (lambda: layers.MultiWidthConv1D(3, (3, 3)), r"different widths of 1 or more; got \(3, 3\)"),
        (lambda: layers.MultiWidthConv1D(3, ()), "different widths"),
        (lambda: layers.MultiWidthConv1D(3, norm_limit=0), "a norm limit over 0"),
        (lambda: layers.CharacterEncoder(10, 5, "lstm"), "an even number of units"),
        (lambda: layers.CharacterEncoder(10, 4, "gru"), "'cnn' or 'lstm'"),
    ],
)
def test_invalid_arguments_raise_an_error(make, message):
    with pytest.raises(InputError, match=message):
        make()
