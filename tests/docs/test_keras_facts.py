"""The statements of the Sequential guide about Keras, tested with Keras under the current backend."""

import inspect
import re
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops
from keras.layers import (
    Activation,
    Conv1D,
    Dense,
    Embedding,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    MaxPooling1D,
)

from syntagma import layers

pytestmark = [pytest.mark.backend, pytest.mark.long]

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "keras-2-sequential.md").read_text(encoding="utf-8")
BACKEND = keras.backend.backend()
RANDOM = np.random.default_rng(0)
every_lstm = pytest.mark.parametrize("lstm", [keras.layers.LSTM, layers.LSTM], ids=["keras", "ours"])
# Bugs of Keras that the page warns about. If a later release fixes them, the page has to be changed.
of_keras_3_15 = pytest.mark.skipif(not keras.__version__.startswith("3.15."), reason="what Keras 3.15 does")


def arrays(outputs):
    return ops.convert_to_numpy(outputs)


def of_lstm(inputs, units):
    return 4 * (inputs + units + 1) * units


def same(one, other):
    return np.allclose(arrays(one), arrays(other), atol=1e-6)


# What has changed.


def old_calls():
    """Each old call of the page's first table, and what the page says that it does today."""
    table = PAGE[PAGE.index("## What has changed") : PAGE.index("## A first model")]
    for cell, said in re.findall(r"^\| (`.+?) \| .+? \| (.+) \|$", table, re.MULTILINE):
        yield from ((call, said) for call in re.findall("`(.+?)`", cell))


def what_happens(call, in_a_model):
    """The name of the error and the warnings of an old call."""
    model = keras.Sequential([keras.Input((4, 3)), keras.layers.LSTM(2)])
    model.compile("sgd", "mse")
    x, y = np.ones((2, 4, 3)), np.ones((2, 2))
    mine = {
        "model": model,
        "layer": model.layers[0],
        "x": x,
        "y": y,
        "y_pred": y,
        "values": [y, y],
        "rows": iter([(x, y)]),
    }
    names = {**vars(keras.layers), "SGD": keras.optimizers.SGD, "K": keras.backend, "keras": keras, **mine}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made = eval(call, names)
            if in_a_model:
                keras.Sequential([made])
            error = ""
        except (AttributeError, TypeError, ValueError) as raised:
            error = type(raised).__name__
    return error, [str(one.message) for one in caught if one.category is UserWarning]


@pytest.mark.parametrize(("call", "said"), list(old_calls()))
def test_an_old_call_does_what_the_page_says(call, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error, warned = what_happens(call, in_a_model="in a model" in said)
    named = re.match(r"`(\w+)`", said)
    assert error == (named[1] if named else "")
    if not named:
        assert len(warned) == ("with a warning" in said), warned


def test_the_table_of_changes_is_read():
    assert len(list(old_calls())) == 21


def test_a_name_of_hdf5_alone_is_called_legacy_in_the_log(tmp_path, caplog):
    caplog.set_level("WARNING", logger="absl")  # commands that other tests ran have raised the level
    keras.Sequential([keras.Input((3,)), Dense(2)]).save(tmp_path / "m.h5")
    assert "legacy" in caplog.text


def test_decay_is_ignored():
    with pytest.warns(UserWarning, match="`decay` is no longer supported and will be ignored"):
        optimizer = keras.optimizers.SGD(1.0, decay=0.5)
    place = keras.Variable(np.zeros(1))
    for _ in range(3):
        optimizer.apply([ops.ones(1)], [place])
    assert same(place, [-3.0])


def test_inverse_time_decay_is_the_old_rule_at_every_update():
    rates = keras.optimizers.schedules.InverseTimeDecay(0.5, 1, 0.25)
    optimizer, place = keras.optimizers.SGD(rates), keras.Variable(np.zeros(1))
    for _ in range(3):
        optimizer.apply([ops.ones(1)], [place])
    assert same(place, [-sum(0.5 / (1 + 0.25 * update) for update in range(3))])


def test_clipnorm_clips_each_tensor_and_global_clipnorm_all_together():
    gradients = [np.array([3.0, 4.0]), np.array([12.0])]
    norms = {"clipnorm": [5.0, 12.0], "global_clipnorm": [13.0, 13.0]}
    for option, by in norms.items():
        places = [keras.Variable(np.zeros(2)), keras.Variable(np.zeros(1))]
        optimizer = keras.optimizers.SGD(1.0, **{option: 1.0})
        optimizer.apply([ops.convert_to_tensor(one, "float32") for one in gradients], places)
        assert all(same(place, -one / norm) for place, one, norm in zip(places, gradients, by, strict=True))


# Masks.

TOKENS = np.array([[3, 4, 5, 6, 7]])
PADDED_LEFT, PADDED_RIGHT = np.array([[0, 0, 3, 4, 5, 6, 7]]), np.array([[3, 4, 5, 6, 7, 0, 0]])


HEED = {
    "LSTM": lambda: keras.layers.LSTM(3),
    "our LSTM": lambda: layers.LSTM(3),
    "average": GlobalAveragePooling1D,
    "our average": layers.MaskedAveragePooling1D,
    "our maximum": layers.MaskedMaxPooling1D,
}
DROP = {"convolution": lambda: Conv1D(4, 2), "pooling": lambda: MaxPooling1D(2), "maximum": GlobalMaxPooling1D}


@pytest.mark.parametrize("layer", HEED.values(), ids=HEED)
def test_a_layer_that_heeds_the_mask_does_not_see_padding(layer):
    model = keras.Sequential([Embedding(9, 4, mask_zero=True), layers.WordDropout(0.1), layer()])
    assert same(model(TOKENS), model(PADDED_LEFT))
    assert same(model(TOKENS), model(PADDED_RIGHT))


@of_keras_3_15
@pytest.mark.parametrize("layer", DROP.values(), ids=DROP)
def test_a_layer_that_drops_the_mask_warns(layer):
    model = keras.Sequential([Embedding(9, 4, mask_zero=True), layer()])
    with pytest.warns(UserWarning, match="does not support masking"):
        model(TOKENS)


def test_a_row_without_tokens_has_a_mean_of_nan_in_keras_and_zeros_in_ours():
    nothing, embedding = np.zeros((1, 4), int), Embedding(9, 4, mask_zero=True)
    assert np.isnan(arrays(keras.Sequential([embedding, GlobalAveragePooling1D()])(nothing))).all()
    assert same(keras.Sequential([embedding, layers.MaskedAveragePooling1D()])(nothing), np.zeros((1, 4)))


@pytest.mark.parametrize("length", [19, 20, 21])  # all remainders of the pooling by three
def test_shortened_lengths_make_convolutions_blind_to_padding(length):
    rows, lengths = keras.Input((24, 100)), keras.Input((), dtype="int32")
    network = keras.Sequential([Conv1D(64, 3), Conv1D(64, 3), MaxPooling1D(3), Conv1D(128, 3), Conv1D(128, 3)])
    features = network(rows)
    mask = layers.LengthMask()((features[:, :, 0], (lengths - 4) // 3 - 4))
    masked = keras.Model([rows, lengths], layers.MaskedAveragePooling1D()(features, mask=mask))
    x = RANDOM.normal(size=(1, 24, 100))
    assert same(masked([x, np.array([length])]), ops.mean(network(x[:, :length]), axis=1))


def test_without_a_mask_our_average_is_that_of_keras():
    x = RANDOM.normal(size=(2, 5, 3))
    assert same(layers.MaskedAveragePooling1D()(x), GlobalAveragePooling1D()(x))


# State.

ROWS = RANDOM.normal(size=(4, 5, 3)).astype("float32")
TARGETS = np.ones((4, 2))


def stateful(lstm, **options):
    keras.utils.set_random_seed(0)
    first, second = lstm(3, return_sequences=True, stateful=True, **options), lstm(2, stateful=True, **options)
    model = keras.Sequential([keras.Input(batch_shape=(2, 5, 3)), first, second])
    model.compile("sgd", "mse")
    return model


def reset(model):
    for layer in model.layers:
        layer.reset_state()


def has_moved(model):
    return [bool(arrays(state).any()) for layer in model.layers for state in layer.states]


@every_lstm
def test_a_call_moves_the_states_and_a_reset_brings_the_first_output_back(lstm):
    model = stateful(lstm)
    first, second = arrays(model(ROWS[:2])), arrays(model(ROWS[:2]))
    assert not same(first, second)
    reset(model)
    assert same(model(ROWS[:2]), first)


@of_keras_3_15
@every_lstm
def test_predict_and_evaluate_move_the_states_but_those_of_keras_not_on_jax(lstm):
    moves = BACKEND != "jax" or lstm is layers.LSTM
    model = stateful(lstm)
    first, second = (model.predict(ROWS[:2], batch_size=2, verbose=0) for _ in range(2))
    assert same(first, second) != moves
    reset(model)
    assert same(model.predict(ROWS[:2], batch_size=2, verbose=0), first)
    reset(model)
    model.evaluate(ROWS, TARGETS, batch_size=2, verbose=0)
    assert has_moved(model) == [moves] * 4


@of_keras_3_15
def test_fit_moves_the_states_on_tensorflow_and_with_an_option_on_pytorch():
    model = stateful(keras.layers.LSTM)
    if BACKEND == "torch":
        with pytest.raises(RuntimeError, match="inplace operation"):
            model.fit(ROWS, TARGETS, batch_size=2, shuffle=False, verbose=0)
        model = stateful(keras.layers.LSTM, use_cudnn=False)
    model.fit(ROWS, TARGETS, batch_size=2, shuffle=False, verbose=0)
    assert has_moved(model) == [BACKEND != "jax"] * 4


def test_fit_moves_the_states_of_our_layer_everywhere():
    model = stateful(layers.LSTM)
    model.fit(ROWS, TARGETS, batch_size=2, shuffle=False, verbose=0)
    assert has_moved(model) == [True] * 4


@of_keras_3_15
@every_lstm
def test_a_short_batch_is_an_error_but_on_tensorflow_gives_too_many_rows(lstm):
    model = stateful(lstm)
    if BACKEND == "tensorflow":
        assert len(model.predict(ROWS[:3], batch_size=2, verbose=0)) == 4
        return
    with pytest.raises(ValueError, match="Expected batch size: 2"):
        model.predict(ROWS[:3], batch_size=2, verbose=0)


@every_lstm
def test_a_stateful_layer_needs_a_number_of_rows(lstm):
    with pytest.raises(ValueError, match="batch size must be static"):
        keras.Sequential([keras.Input((5, 3)), lstm(2, stateful=True)])


@every_lstm
def test_states_are_variables_that_are_neither_counted_nor_saved(lstm, tmp_path):
    model = stateful(lstm)
    model(ROWS[:2])
    states = [state for layer in model.layers for state in layer.states]
    assert all(isinstance(state, keras.Variable) for state in states)
    assert not {id(state) for state in states} & {id(weight) for weight in model.weights}
    assert model.count_params() == of_lstm(3, 3) + of_lstm(3, 2)
    model.save(tmp_path / "net.keras")
    assert has_moved(keras.saving.load_model(tmp_path / "net.keras", compile=False)) == [False] * 4


def test_the_model_has_no_method_that_resets():
    assert not hasattr(keras.Sequential, "reset_states")
    assert not hasattr(keras.Sequential, "reset_state")


def test_a_state_is_given_by_assigning_it():
    layer = stateful(layers.LSTM).layers[0]
    layer.states[0].assign(np.full((2, 3), 0.5))
    assert has_moved(keras.Sequential([layer])) == [True, False]


@every_lstm
def test_bidirectional_resets_both_of_its_layers(lstm):
    layer = keras.layers.Bidirectional(lstm(2, stateful=True))
    keras.Sequential([keras.Input(batch_shape=(2, 5, 3)), layer])(ROWS[:2])
    both = keras.Sequential([layer.forward_layer, layer.backward_layer])
    assert has_moved(both) == [True] * 4
    assert layer.stateful
    layer.reset_state()
    assert has_moved(both) == [False] * 4


@pytest.mark.parametrize("layer", [keras.layers.Discretization, keras.layers.TextVectorization])
def test_some_layers_that_are_not_recurrent_have_a_reset_of_their_own(layer):
    assert hasattr(layer, "reset_state")
    assert not hasattr(layer, "stateful")


def test_states_carried_by_hand_are_those_of_a_stateful_layer():
    steps, hidden, cell = keras.Input((5, 3)), keras.Input((2,)), keras.Input((2,))
    lstm = layers.LSTM(2, return_state=True)
    reader = keras.Model([steps, hidden, cell], lstm(steps, initial_state=[hidden, cell])[1:])
    kept = layers.LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(2, 5, 3)), kept])
    kept.set_weights(lstm.get_weights())
    state = [np.zeros((2, 2), "float32")] * 2
    for start in (0, 2):
        state = reader.predict_on_batch([ROWS[start : start + 2], *state])
        model(ROWS[start : start + 2])
    assert all(same(one, other) for one, other in zip(state, kept.states, strict=True))


# Often asked.


def small():
    return keras.Sequential([keras.Input((4,)), Dense(3), Activation("tanh"), Dense(2)])


def test_evaluate_gives_the_loss_alone_unless_there_are_metrics():
    model = small()
    model.compile("sgd", "mse")
    assert isinstance(model.evaluate(X, TARGETS, verbose=0), float)
    model.compile("sgd", "mse", metrics=["mae"])
    assert len(model.evaluate(X, TARGETS, verbose=0)) == 2


def moves_when_frozen(model):
    before = model.layers[0].get_weights()[0]
    model.fit(X, TARGETS, verbose=0)
    return not np.array_equal(model.layers[0].get_weights()[0], before)


X = RANDOM.normal(size=(4, 4)).astype("float32")


def test_a_layer_is_frozen_once_the_model_is_compiled_again():
    model = small()
    model.compile("sgd", "mse")
    model.fit(X, TARGETS, verbose=0)
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    assert not moves_when_frozen(model)


@of_keras_3_15
def test_a_layer_that_is_frozen_without_compiling_fails_on_jax_and_is_trained_on_by_tensorflow():
    model = small()
    model.compile("sgd", "mse")
    model.fit(X, TARGETS, verbose=0)
    model.layers[0].trainable = False
    if BACKEND != "jax":
        assert moves_when_frozen(model) == (BACKEND == "tensorflow")
        return
    with pytest.raises(ValueError, match="optimizer_variables"):
        model.fit(X, TARGETS, verbose=0)
    with pytest.raises(TypeError):  # the weights are gone
        model.get_weights()


@of_keras_3_15
def test_the_input_of_a_sequential_is_the_first_of_its_inputs():
    model = small()
    with pytest.raises(AttributeError, match="input"):
        _ = model.input
    inner = keras.Model(model.inputs, model.layers[0].output)
    with pytest.warns(UserWarning, match="structure of `inputs`"):
        inner(X)


def test_weights_of_another_shape_are_refused(tmp_path):
    small().save_weights(tmp_path / "net.weights.h5")
    other = keras.Sequential([keras.Input((4,)), Dense(5), Activation("tanh"), Dense(2)])
    with pytest.raises(ValueError, match="could not be loaded"):
        other.load_weights(tmp_path / "net.weights.h5")


def test_a_lambda_is_refused_when_a_model_is_loaded(tmp_path):
    keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: 2 * x)]).save(tmp_path / "net.keras")
    with pytest.raises(ValueError, match="safe_mode"):
        keras.saving.load_model(tmp_path / "net.keras")


def test_a_loaded_model_has_the_state_of_its_optimizer(tmp_path):
    model = small()
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    model.fit(X, TARGETS, epochs=2, verbose=0)
    model.save(tmp_path / "net.keras")
    loaded = keras.saving.load_model(tmp_path / "net.keras")
    assert int(arrays(loaded.optimizer.iterations)) == 2
    assert all(
        same(one, other) for one, other in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True)
    )


@of_keras_3_15
def test_a_model_that_was_compiled_and_never_trained_warns_when_it_is_loaded(tmp_path):
    model = small()
    model.compile("rmsprop", "mse")
    model.save(tmp_path / "net.keras")
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer"):
        keras.saving.load_model(tmp_path / "net.keras")


def test_early_stopping_warns_of_a_name_that_is_not_measured_and_keeps_the_last_weights_unless_told():
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=0)
    model = small()
    model.compile(keras.optimizers.SGD(0.0), "mse")
    with pytest.warns(UserWarning, match="`val_loss` which is not available"):
        history = model.fit(X, TARGETS, epochs=3, callbacks=[stop], verbose=0).history
    assert len(history["loss"]) == 3
    assert inspect.signature(keras.callbacks.EarlyStopping).parameters["restore_best_weights"].default is False
