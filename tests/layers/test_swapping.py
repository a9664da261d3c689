"""Swapping the LSTMs of Keras and ours in a model does not change its outputs."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend, layers
from syntagma.errors import InputError
from syntagma.layers.swapping import swap_lstms

pytestmark = pytest.mark.backend
TOKENS = np.array([[4, 5, 6, 7, 0, 0], [8, 9, 3, 2, 1, 5], [1, 0, 0, 0, 0, 0]], np.int32)


def sequential(lstm):
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            keras.layers.Embedding(10, 5, mask_zero=True),
            keras.layers.Bidirectional(lstm(3, return_sequences=True, dropout=0.1, recurrent_dropout=0.2, seed=3)),
            lstm(4, go_backwards=True, return_sequences=True, unit_forget_bias=False, kernel_regularizer="l2"),
            lstm(4, unroll=True, activation="relu", name="last"),
            keras.layers.Dense(2),
        ]
    )


def functional(lstm):
    tokens = keras.Input((6,), dtype="int32")
    vectors = keras.layers.Embedding(10, 5)(tokens)
    inner = keras.Sequential([keras.Input((6, 5)), lstm(3, return_sequences=True), keras.layers.Dense(5)])
    shared = lstm(4, return_state=True)
    output, *states = shared(inner(vectors))
    again, *_ = shared(vectors, initial_state=states)
    two = keras.layers.Bidirectional(lstm(2), backward_layer=lstm(3, go_backwards=True), name="both")(vectors)
    per_step = keras.layers.TimeDistributed(keras.Sequential([keras.Input((5, 1)), lstm(2)]))(
        keras.layers.Reshape((6, 5, 1))(vectors)
    )
    return keras.Model(tokens, [output, again, two, per_step])


def called_first(lstm):
    model = keras.Sequential([keras.layers.Embedding(10, 5, mask_zero=True), lstm(3), keras.layers.Dense(2)])
    model(TOKENS)
    return model


def stateful(lstm):
    return keras.Sequential([keras.Input(batch_shape=(3, 6)), keras.layers.Reshape((6, 1)), lstm(3, stateful=True)])


def lstms(model):
    return [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.LSTM)]


def kinds(model):
    return {type(layer) for layer in lstms(model)}


def outputs(model):
    call = backend.compile_function(lambda *arguments: model.stateless_call(*arguments)[0])
    parts = model.trainable_variables, model.non_trainable_variables
    result = call(*([one.value for one in part] for part in parts), TOKENS)
    return [ops.convert_to_numpy(one) for one in (result if isinstance(result, list) else [result])]


@pytest.mark.parametrize("make", [sequential, functional, called_first, stateful])
@pytest.mark.parametrize(("source", "to"), [(keras.layers.LSTM, layers.LSTM), (layers.LSTM, keras.layers.LSTM)])
def test_the_copy_has_the_other_lstms_and_equal_outputs(make, source, to):
    keras.utils.set_random_seed(0)
    model = make(source)
    copy = swap_lstms(model, to)
    assert (kinds(model), kinds(copy)) == ({source}, {to})
    assert [weight.name for weight in copy.weights] == [weight.name for weight in model.weights]
    for one, other in zip(copy.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(outputs(copy), outputs(model), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("make", [sequential, functional])
def test_swapping_twice_restores_the_layers(make):
    model = make(keras.layers.LSTM)
    again = swap_lstms(swap_lstms(model, layers.LSTM), keras.layers.LSTM)
    for one, other in zip(lstms(again), lstms(model), strict=True):
        assert one.get_config() == other.get_config()


def test_the_copy_trains_like_the_model():
    losses = []
    model = called_first(keras.layers.LSTM)
    for one in (model, swap_lstms(model, layers.LSTM)):
        one.compile(keras.optimizers.SGD(0.1), "mse")
        losses.append(one.fit(TOKENS, np.ones((3, 2)), epochs=3, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)


class Unknown(keras.layers.Layer):
    """Custom layer that is not registered, so Keras could not load it."""

    def __init__(self, factor=2, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, inputs):
        return inputs * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


class Hiding(keras.layers.Layer):
    """Layer that creates its own LSTM."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = keras.layers.LSTM(2, name="inner")

    def call(self, inputs):
        return self.inner(inputs)


def test_custom_layers_and_functions_are_copied_unchanged():
    model = keras.Sequential(
        [keras.Input((6, 5)), keras.layers.Lambda(lambda x: x + 1), Unknown(3), keras.layers.LSTM(2)]
    )
    model.layers[1].trainable = model.layers[2].trainable = False
    copy = swap_lstms(model, layers.LSTM)
    assert copy.layers[1].factor == 3
    assert not copy.trainable_weights
    x = np.random.default_rng(0).normal(size=(2, 6, 5)).astype(np.float32)
    np.testing.assert_allclose(ops.convert_to_numpy(copy(x)), ops.convert_to_numpy(model(x)), atol=1e-5)


def test_the_error_names_an_lstm_missing_from_the_config():
    model = keras.Sequential([keras.Input((6, 5)), Hiding()])
    with pytest.raises(InputError, match="cannot replace the LSTM 'inner'"):
        swap_lstms(model, layers.LSTM)


@pytest.mark.parametrize(
    ("name", "value"), [("learn_initial_state", True), ("projection_units", 2), ("recurrent_weight_dropout", 0.5)]
)
@pytest.mark.parametrize("wrap", [lambda layer: layer, keras.layers.Bidirectional])
def test_options_that_keras_lacks_raise_an_error(wrap, name, value):
    model = keras.Sequential([keras.Input((6, 5)), wrap(layers.LSTM(4, **{name: value}))])
    with pytest.raises(InputError, match=rf"`keras.layers.LSTM` has no {name}; the LSTM '.*' uses {name}={value}"):
        swap_lstms(model, keras.layers.LSTM)


def test_options_that_only_change_the_speed_are_dropped():
    model = keras.Sequential([keras.Input((6, 5)), layers.LSTM(4, kernel="framework", share_prefix=True)])
    assert kinds(swap_lstms(model, keras.layers.LSTM)) == {keras.layers.LSTM}


class Own(keras.Model):
    def call(self, inputs):
        return inputs


def test_a_subclassed_model_raises_an_error_with_a_remedy():
    with pytest.raises(InputError, match=r"needs a Sequential or functional model; got Own\. .* `set_weights"):
        swap_lstms(Own(), layers.LSTM)


def test_another_class_raises_an_error():
    with pytest.raises(InputError, match=r"needs to=syntagma.layers.LSTM or to=keras.layers.LSTM; got .*GRU"):
        swap_lstms(called_first(keras.layers.LSTM), keras.layers.GRU)
