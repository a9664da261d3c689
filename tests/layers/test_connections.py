"""Highway, residual and dense connections beside their formulas."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import layers
from syntagma.errors import InputError

pytestmark = pytest.mark.backend

X = np.random.default_rng(8).normal(size=(2, 3, 4)).astype(np.float32)
MASK = np.array([[1, 1, 0], [1, 0, 0]], bool)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.mark.parametrize(("bias", "expected"), [(-50.0, "input"), (50.0, "layer")])
def test_a_gate_that_is_shut_or_open_leaves_the_input_or_the_layer(bias, expected):
    layer = layers.Highway("tanh", transform_bias=bias)
    found = numpy(layer(X))
    assert np.allclose(found, X if expected == "input" else numpy(layer.transform(X)), atol=1e-6)


def test_highway_mostly_hands_its_input_on_at_first():
    layer = layers.Highway()
    layer.build(X.shape)
    assert np.array_equal(layer.gate.bias, np.full(4, -2.0, np.float32))
    gate = numpy(layer.gate(X))
    assert np.allclose(numpy(layer(X)), gate * numpy(layer.transform(X)) + (1 - gate) * X, atol=1e-6)


def zero(units):
    return keras.layers.Dense(units, kernel_initializer="zeros", bias_initializer=keras.initializers.Constant(0.5))


def test_a_residual_layer_of_zeros_adds_its_bias():
    assert np.allclose(numpy(layers.Residual(zero(4))(X)), X + 0.5)


def test_a_stack_has_one_way_around():
    dense = [keras.layers.Dense(4, "tanh"), keras.layers.Dense(4)]
    assert np.allclose(numpy(layers.Residual(dense)(X)), X + numpy(dense[1](dense[0](X))), atol=1e-6)


def test_dense_connections_see_all_that_came_before():
    dense = [keras.layers.Dense(2, "tanh"), keras.layers.Dense(3)]
    layer = layers.DenselyConnected(dense)
    found = numpy(layer(X))
    first = numpy(dense[0](X))
    second = numpy(dense[1](np.concatenate([X, first], axis=-1)))
    assert [one.kernel.shape[0] for one in dense] == [4, 6]
    assert np.allclose(found, np.concatenate([X, first, second], axis=-1), atol=1e-6)


def test_summed_connections_add_all_that_came_before():
    dense = [keras.layers.Dense(4, "tanh"), keras.layers.Dense(4)]
    found = numpy(layers.DenselyConnected(dense, "sum")(X))
    first = numpy(dense[0](X)) + X
    assert np.allclose(found, numpy(dense[1](first)) + X + first, atol=1e-6)
    nothing = [keras.layers.Dense(4, kernel_initializer="zeros") for _ in range(2)]
    assert np.allclose(numpy(layers.DenselyConnected(nothing, "sum")(X)), X + X)  # the sum of what went in


class Doubling(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs


def test_a_layer_that_does_not_say_its_shape_has_a_way_around():
    x = keras.Input((3, 4))
    model = keras.Model(x, layers.Residual(Doubling())(x))
    assert np.allclose(model.predict(X, verbose=0), 3 * X)


@pytest.mark.parametrize("kind", [layers.Residual, layers.DenselyConnected])
def test_recurrent_layers_within_get_the_mask(kind):
    lstm = layers.LSTM(4, return_sequences=True)
    layer = kind(lstm)
    padded = np.where(MASK[:, :, None], X, 100).astype(np.float32)
    clean = np.where(MASK[:, :, None], X, 0).astype(np.float32)
    found, other = numpy(layer(padded, mask=MASK)), numpy(layer(clean, mask=MASK))
    assert np.allclose(found[MASK], other[MASK], atol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: layers.Residual(keras.layers.Dense(5))(X),
            r"of shape \(2, 3, 4\), together .* 'dense.*' gives \(2, 3, 5\)",
        ),
        (lambda: layers.Residual(layers.LSTM(4))(X), "`return_sequences=True` if it is recurrent"),
        (lambda: layers.DenselyConnected(layers.LSTM(4))(X), "gives"),
        (lambda: layers.DenselyConnected(keras.layers.Dense(5), "sum")(X), "Give it as many units"),
        (lambda: layers.DenselyConnected(keras.layers.Dense(5), "mean"), "got 'mean'"),
        (lambda: layers.Residual([]), "needs a Keras layer, or a list of them"),
        (lambda: layers.Residual("dense"), "needs a Keras layer, or a list of them"),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
