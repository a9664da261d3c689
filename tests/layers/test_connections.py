"""Highway, residual and dense connections, compared with their formulas."""

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
def test_a_closed_gate_returns_the_input_and_an_open_gate_the_transformation(bias, expected):
    layer = layers.Highway("tanh", transform_bias=bias)
    result = numpy(layer(X))
    assert np.allclose(result, X if expected == "input" else numpy(layer.transform(X)), atol=1e-6)


def test_highway_initially_passes_most_of_its_input():
    layer = layers.Highway()
    layer.build(X.shape)
    assert np.array_equal(layer.gate.bias, np.full(4, -2.0, np.float32))
    gate = numpy(layer.gate(X))
    assert np.allclose(numpy(layer(X)), gate * numpy(layer.transform(X)) + (1 - gate) * X, atol=1e-6)


def zero(units):
    return keras.layers.Dense(units, kernel_initializer="zeros", bias_initializer=keras.initializers.Constant(0.5))


def test_a_residual_layer_with_zero_kernel_adds_its_bias():
    assert np.allclose(numpy(layers.Residual(zero(4))(X)), X + 0.5)


def test_a_stack_has_a_single_residual_connection():
    dense = [keras.layers.Dense(4, "tanh"), keras.layers.Dense(4)]
    assert np.allclose(numpy(layers.Residual(dense)(X)), X + numpy(dense[1](dense[0](X))), atol=1e-6)


def test_dense_connections_concatenate_all_previous_outputs():
    dense = [keras.layers.Dense(2, "tanh"), keras.layers.Dense(3)]
    layer = layers.DenselyConnected(dense)
    result = numpy(layer(X))
    first = numpy(dense[0](X))
    second = numpy(dense[1](np.concatenate([X, first], axis=-1)))
    assert [one.kernel.shape[0] for one in dense] == [4, 6]
    assert np.allclose(result, np.concatenate([X, first, second], axis=-1), atol=1e-6)


def test_summed_connections_add_all_previous_outputs():
    dense = [keras.layers.Dense(4, "tanh"), keras.layers.Dense(4)]
    result = numpy(layers.DenselyConnected(dense, "sum")(X))
    first = numpy(dense[0](X)) + X
    assert np.allclose(result, numpy(dense[1](first)) + X + first, atol=1e-6)
    zero_layers = [keras.layers.Dense(4, kernel_initializer="zeros") for _ in range(2)]
    assert np.allclose(numpy(layers.DenselyConnected(zero_layers, "sum")(X)), X + X)  # the sum of the inputs


class Doubling(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs


def test_residual_supports_layers_without_compute_output_shape():
    x = keras.Input((3, 4))
    model = keras.Model(x, layers.Residual(Doubling())(x))
    assert np.allclose(model.predict(X, verbose=0), 3 * X)


@pytest.mark.parametrize("kind", [layers.Residual, layers.DenselyConnected])
def test_inner_recurrent_layers_get_the_mask(kind):
    lstm = layers.LSTM(4, return_sequences=True)
    layer = kind(lstm)
    padded = np.where(MASK[:, :, None], X, 100).astype(np.float32)
    clean = np.where(MASK[:, :, None], X, 0).astype(np.float32)
    result, other = numpy(layer(padded, mask=MASK)), numpy(layer(clean, mask=MASK))
    assert np.allclose(result[MASK], other[MASK], atol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: layers.Residual(keras.layers.Dense(5))(X),
            r"of shape \(2, 3, 4\), with .* 'dense.*' returns \(2, 3, 5\)",
        ),
        (lambda: layers.Residual(layers.LSTM(4))(X), "`return_sequences=True` if it is recurrent"),
        (lambda: layers.DenselyConnected(layers.LSTM(4))(X), "returns"),
        (lambda: layers.DenselyConnected(keras.layers.Dense(5), "sum")(X), "Give it 4 units"),
        (lambda: layers.DenselyConnected(keras.layers.Dense(5), "mean"), "got 'mean'"),
        (lambda: layers.Residual([]), "needs a Keras layer, or a list of them"),
        (lambda: layers.Residual("dense"), "needs a Keras layer, or a list of them"),
    ],
)
def test_invalid_arguments_raise_an_error(make, message):
    with pytest.raises(InputError, match=message):
        make()
