"""Learned initial states, projections, and dropout of recurrent weights."""

import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend, layers
from syntagma.errors import InputError
from syntagma.kernels import native

pytestmark = pytest.mark.backend

BACKEND = keras.backend.backend()
HERE = "framework" if native.library() is None or BACKEND == "tensorflow" else "native"
RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(4, 5, 3)).astype(np.float32)
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 1, 1, 0], [0, 0, 0, 0, 0]], bool)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def randomise_weights(layer):
    layer.build(X.shape)
    layer.set_weights([RANDOM.normal(0, 0.6, weight.shape) for weight in layer.weights])
    return layer


def layer_variants(layer, **options):
    return [numpy(one) for one in layer(X, mask=MASK, **options)]


def assert_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        assert np.allclose(one, other, atol=1e-5)


OUTPUTS = {"return_sequences": True, "return_state": True}


def test_learned_states_are_used_as_initial_states():
    ours = randomise_weights(layers.LSTM(4, learn_initial_state=True, **OUTPUTS))
    assert ours.choice.kernel == HERE
    plain = layers.LSTM(4, **OUTPUTS)
    plain.build(X.shape)
    plain.set_weights(ours.cell.get_weights())
    states = [np.tile(numpy(state), (4, 1)) for state in (ours.initial_hidden, ours.initial_cell)]
    assert_equal(layer_variants(ours), layer_variants(plain, initial_state=states))


def test_learned_states_start_at_zero_and_are_trained():
    layer = layers.LSTM(4, learn_initial_state=True)
    layer.build(X.shape)
    plain = layers.LSTM(4)
    plain.build(X.shape)
    plain.set_weights(layer.cell.get_weights())
    assert np.array_equal(numpy(layer(X)), numpy(plain(X)))
    model = keras.Sequential([keras.Input((5, 3)), layer])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.train_on_batch(X, RANDOM.normal(size=(4, 4)))
    assert numpy(layer.initial_hidden).all()
    assert numpy(layer.initial_cell).all()


def test_each_direction_learns_its_own_initial_state_which_is_saved(tmp_path):
    both = keras.layers.Bidirectional(layers.LSTM(3, learn_initial_state=True, return_sequences=True))
    model = keras.Sequential([keras.Input((5, 3)), both])
    model.set_weights([RANDOM.normal(0, 0.6, weight.shape) for weight in model.weights])
    assert len(model.weights) == 10
    single = []
    for place, backwards in enumerate((False, True)):
        layer = layers.LSTM(3, learn_initial_state=True, return_sequences=True, go_backwards=backwards)
        layer.build(X.shape)
        layer.set_weights(model.get_weights()[5 * place : 5 * place + 5])
        single.append(numpy(layer(X))[:, :: -1 if backwards else 1])
    assert np.allclose(numpy(model(X)), np.concatenate(single, axis=-1), atol=1e-6)
    model.save(tmp_path / "model.keras")
    assert np.array_equal(numpy(keras.saving.load_model(tmp_path / "model.keras")(X)), numpy(model(X)))


@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"zero_output_for_mask": True}], ids=str)
def test_a_projected_lstm_on_the_kernel_equals_its_cell(options):
    fast = randomise_weights(layers.LSTM(6, projection_units=2, **OUTPUTS, **options))
    assert fast.choice.kernel == HERE
    slow = layers.LSTM(6, projection_units=2, kernel="framework", **OUTPUTS, **options)
    slow.build(X.shape)
    slow.set_weights(fast.get_weights())
    result = layer_variants(fast)
    assert [one.shape for one in result] == [(4, 5, 2), (4, 2), (4, 6)]
    assert_equal(result, layer_variants(slow))
    states = [RANDOM.normal(size=shape).astype(np.float32) for shape in ((4, 2), (4, 6))]
    arguments = [numpy(one) for one in fast(X, initial_state=states)]
    assert_equal(arguments, [numpy(one) for one in slow(X, initial_state=states)])


def test_native_kernel_raises_an_error_when_it_cannot_be_used():
    layer = layers.LSTM(4, projection_units=2, learn_initial_state=True, kernel="native")
    with pytest.raises(InputError, match="cannot be used: a projected state"):
        layer(X)


def test_a_projected_lstm_trains_on_the_kernel_as_with_its_cell():
    moved = []
    weights = None
    for kernel in ("auto", "framework"):
        layer = layers.LSTM(6, projection_units=2, kernel=kernel)
        model = keras.Sequential([keras.Input((5, 3)), keras.layers.Dense(3), layer])
        weights = weights or [RANDOM.normal(0, 0.6, weight.shape) for weight in model.weights]
        model.set_weights(weights)
        model.compile(keras.optimizers.SGD(1.0), "mse")
        model.train_on_batch(X, np.ones((4, 2)))
        moved.append(model.get_weights())
    assert_equal(*moved)


def test_a_projected_lstm_equals_that_of_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours = randomise_weights(layers.LSTM(6, projection_units=2, **OUTPUTS))
    weights = {weight.name: numpy(weight) for weight in ours.weights}
    theirs = torch.nn.LSTM(3, 6, proj_size=2, batch_first=True)
    arrays = {
        "weight_ih_l0": weights["kernel"].T,
        "weight_hh_l0": weights["recurrent_kernel"].T,
        "bias_ih_l0": weights["bias"],
        "bias_hh_l0": 0 * weights["bias"],
        "weight_hr_l0": weights["projection"].T,
    }
    theirs.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(one)) for name, one in arrays.items()})
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns that oneDNN does not support projections
        y, (h, c) = theirs(torch.from_numpy(X))
    assert_equal([numpy(one) for one in ours(X)], [y.numpy(), h[0].numpy(), c[0].numpy()])


@pytest.mark.parametrize("kernel", ["auto", "framework"])
def test_dropped_weights_are_the_same_at_all_steps_and_in_all_rows(kernel):
    layer = randomise_weights(layers.LSTM(4, recurrent_weight_dropout=0.5, seed=2, kernel=kernel, **OUTPUTS))
    plain = layers.LSTM(4, **OUTPUTS)
    plain.build(X.shape)
    kernel_weights, recurrent, bias = layer.get_weights()
    with backend.seeded(3):
        dropped = numpy(keras.random.dropout(ops.convert_to_tensor(recurrent), 0.5, seed=keras.random.SeedGenerator(2)))
    plain.set_weights([kernel_weights, dropped, bias])
    if BACKEND != "torch":  # which uses its own random generator
        layer.cell.seed_generator.state.assign(keras.random.SeedGenerator(2).state)
        assert_equal([numpy(one) for one in layer(X, training=True)], [numpy(one) for one in plain(X)])
    same = numpy(layer(np.repeat(X[:1], 4, axis=0), training=True)[0])
    assert np.allclose(same, same[:1], atol=1e-6)
    others = [numpy(layer(X, training=True)[0]) for _ in range(2)]
    assert not np.allclose(*others)
    assert np.allclose(numpy(layer(X)[0]), numpy(layer(X)[0]))


@pytest.mark.parametrize("kernel", ["auto", "framework"])
def test_dropped_weights_get_no_gradient(kernel):
    layer = layers.LSTM(4, recurrent_weight_dropout=0.5, kernel=kernel, seed=1)
    model = keras.Sequential([keras.Input((5, 3)), layer])
    before = numpy(layer.cell.recurrent_kernel).copy()
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.train_on_batch(X, np.ones((4, 4)))
    still = numpy(layer.cell.recurrent_kernel) == before
    assert 0.2 < still.mean() < 0.8


@pytest.mark.skipif(BACKEND != "torch", reason="only PyTorch builds models of shapes without numbers")
def test_training_before_the_first_prediction_uses_the_kernel():
    code = """
import keras, numpy as np
from syntagma import layers
lstm = layers.LSTM(4)
model = keras.Sequential([keras.Input((None,), dtype="int32"), keras.layers.Embedding(5, 3, mask_zero=True), lstm])
model.compile("sgd", "mse")
model.fit(np.ones((2, 3), "int32"), np.ones((2, 4)), verbose=0)
print(lstm.choice.kernel)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == HERE


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"projection_units": 4}, "below its 4 units"),
        ({"projection_units": 0}, "or None; got 0"),
        ({"recurrent_weight_dropout": 1.0}, r"in \[0, 1\); got 1.0"),
        ({"learn_initial_state": True, "stateful": True}, "cannot combine learn_initial_state and stateful"),
        ({"learn_initial_state": True, "use_cudnn": True}, "Leave out `use_cudnn`"),
    ],
)
def test_invalid_arguments_raise_an_error(options, message):
    with pytest.raises(InputError, match=message):
        layers.LSTM(4, **options)
