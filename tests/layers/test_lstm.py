"""`LSTM`, compared with `keras.layers.LSTM` with the same weights and seed."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend
from syntagma.errors import InputError
from syntagma.kernels import native
from syntagma.layers import LSTM

pytestmark = pytest.mark.backend

BACKEND = keras.backend.backend()
HERE = "framework" if native.library() is None or BACKEND == "tensorflow" else "native"
SHAPE = (5, 7, 3)
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=SHAPE).astype(np.float32)
STATES = [RANDOM.normal(size=(5, 4)).astype(np.float32) for _ in range(2)]
MASKS = {
    "none": None,
    "padded": np.arange(7) < np.array([7, 3, 0, 1, 5])[:, None],
    "padded on the left": np.arange(7) >= np.array([7, 3, 0, 1, 5])[:, None],
    "with holes": RANDOM.random((5, 7)) < 0.5,
}
OPTIONS = {
    "plain": {},
    "sequences": {"return_sequences": True},
    "states": {"return_state": True},
    "all": {"return_sequences": True, "return_state": True},
    "backwards": {"go_backwards": True},
    "backwards, all": {"go_backwards": True, "return_sequences": True, "return_state": True},
    "zeros": {"zero_output_for_mask": True, "return_sequences": True},
    "last zero": {"zero_output_for_mask": True, "return_state": True},
    "backwards, last zero": {"zero_output_for_mask": True, "go_backwards": True},
    "no bias": {"use_bias": False, "return_sequences": True},
    "unrolled": {"unroll": True, "return_sequences": True},
    "dropout": {"dropout": 0.3, "seed": 3},
    # Keras 3.15 fails here when it checks for cuDNN.
    "dropout by gate": {"dropout": 0.3, "seed": 3, "implementation": 1, "use_cudnn": False},
    "recurrent dropout": {"recurrent_dropout": 0.4, "seed": 3, "return_sequences": True},
    "both": {"dropout": 0.2, "recurrent_dropout": 0.4, "seed": 3},
    "everything is kept": {"dropout": 1.0, "recurrent_dropout": 1.0, "seed": 3},
}
every_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


def build_both(options, units=4):
    """Return our layer and that of Keras, built, with the same weights."""
    ours, theirs = LSTM(units, **options), keras.layers.LSTM(units, **options)
    for layer in (ours, theirs):
        layer.build(SHAPE)
    weights = [RANDOM.normal(0, 0.6, size=one.shape) for one in ours.get_weights()]
    for layer in (ours, theirs):
        layer.set_weights(weights)
    return ours, theirs


def arrays(outputs):
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    return [ops.convert_to_numpy(one) for one in outputs]


def assert_equal(ours, theirs, tolerance=1e-5):
    for one, other in zip(arrays(ours), arrays(theirs), strict=True):
        assert one.shape == other.shape
        assert np.abs(one - other).max(initial=0) < tolerance


@every_option
@pytest.mark.parametrize("mask", [None, MASKS["with holes"]], ids=["none", "with holes"])
def test_results_equal_those_of_keras(options, mask):
    ours, theirs = build_both(options)
    assert ours.choice.kernel == HERE
    # Before the first real step, Keras repeats the initial state on JAX, and returns zeros elsewhere or if it unrolls.
    zeros = mask is not None and (BACKEND != "jax" or "unroll" in options)
    first = [np.zeros_like(one) for one in STATES] if zeros else STATES
    arguments = {"mask": mask, "training": "seed" in options, "initial_state": first}
    # The same seed drops the same units, except on PyTorch, which uses its own generator.
    result = []
    for layer in (ours, theirs):
        with backend.seeded(1):
            result.append(layer(X, **arguments))
    assert_equal(*result)


@pytest.mark.parametrize("options", [{}, {"return_sequences": True}, {"recurrent_dropout": 0.4, "seed": 3}])
def test_a_training_step_changes_all_weights_as_in_keras(options):
    models = [trainable(layer) for layer in build_both(options)]
    for mask in MASKS.values():  # with the same two programs
        target = RANDOM.normal(size=(5, 7, 4) if options.get("return_sequences") else (5, 4))
        before, moved = models[0].get_weights(), []
        models[1].set_weights(before)
        for model in models:
            with backend.seeded(1):
                model.train_on_batch([X, np.ones((5, 7), bool) if mask is None else mask], target)
            moved.append(model.get_weights())
        assert_equal(*moved)
        assert all(np.abs(one - other).max() > 0 for one, other in zip(before, moved[0], strict=True))


def trainable(layer):
    """Return a compiled model with a layer below, which gets the gradients of the inputs."""
    x, real = keras.Input(SHAPE[1:]), keras.Input(SHAPE[1:2], dtype="bool")
    below = keras.layers.Dense(3, kernel_initializer=keras.initializers.GlorotUniform(seed=1))
    model = keras.Model([x, real], layer(below(x), mask=real))
    model.compile(keras.optimizers.SGD(1.0), "mse")
    return model


def test_a_stateful_layer_keeps_its_states_until_they_are_reset():
    ours, theirs = build_both({"stateful": True, "return_sequences": True})
    first = ours(X)
    assert_equal(first, theirs(X))
    assert_equal(ours(X), theirs(X))
    ours.reset_state()
    assert_equal(ours(X), first, 1e-7)


# Each mask and each mode; the other pairs run in `make test-long`.
_PAIRS = {("none", "concat"), ("padded", "sum"), ("padded on the left", None), ("with holes", "concat")}


@pytest.mark.parametrize(
    ("mask", "mode"),
    [
        pytest.param(mask, mode, marks=[pytest.mark.long] * ((mask, mode) not in _PAIRS))
        for mask in MASKS
        for mode in ("concat", "sum", None)
    ],
)
@pytest.mark.parametrize("sequences", [False, True])
def test_bidirectional_results_equal_those_of_keras(mask, mode, sequences):
    layers = [
        keras.layers.Bidirectional(kind(4, return_sequences=sequences, return_state=True), merge_mode=mode)
        for kind in (LSTM, keras.layers.LSTM)
    ]
    for layer in layers:
        layer.build(SHAPE)
    layers[1].set_weights(layers[0].get_weights())
    assert isinstance(layers[0].forward_layer, LSTM)
    assert_equal(*(layer(X, mask=MASKS[mask]) for layer in layers))


def test_the_implicit_mask_is_used():
    tokens = np.array([[4, 5, 6, 7], [8, 9, 0, 0], [0, 0, 0, 0]], np.int32)
    embedding = keras.layers.Embedding(10, 3, mask_zero=True)
    ours, theirs = build_both({})
    assert_equal(*(keras.Sequential([embedding, layer])(tokens) for layer in (ours, theirs)))


@pytest.mark.parametrize("options", [{}, {"return_sequences": True, "recurrent_dropout": 0.3, "dropout": 0.3}])
def test_mixed_precision_uses_the_kernel_and_stays_close_to_keras(options):
    with backend.precision("mixed_bfloat16"):
        ours, theirs = build_both({**options, "seed": 3})
    assert ours.choice.kernel == HERE
    result = []
    for layer in (ours, theirs):
        with backend.seeded(1):
            result.append(layer(X, mask=MASKS["padded"], training=True))
    assert keras.backend.standardize_dtype(result[0].dtype) == "bfloat16"
    assert_equal(*(ops.cast(one, "float32") for one in result), 0.05)


@pytest.mark.skipif(HERE == "framework", reason="of the kernel: the loop of Keras on TensorFlow fails there")
def test_empty_batches_are_supported():
    ours, _ = build_both({"return_sequences": True})
    assert tuple(ours(np.zeros((0, 7, 3), np.float32)).shape) == (0, 7, 4)


def test_a_nan_in_one_row_does_not_affect_others():
    ours, _ = build_both({})
    spoilt = X.copy()
    spoilt[2] = np.nan
    result, whole = arrays(ours(spoilt))[0], arrays(ours(X))[0]
    assert np.isnan(result[2]).all()
    assert np.array_equal(np.delete(result, 2, 0), np.delete(whole, 2, 0))


@pytest.mark.parametrize("options", [{"activation": "relu"}, {"recurrent_activation": "hard_sigmoid"}])
def test_other_activations_use_the_loop_of_keras(options):
    ours, theirs = build_both(options)
    assert ours.choice.kernel == "framework"
    assert_equal(ours(X), theirs(X), 1e-6)


def test_a_forced_kernel_is_saved():
    forced = LSTM(4, kernel="framework")
    assert forced.choice == ("framework", "requested")
    assert LSTM.from_config(forced.get_config()).kernel == "framework"
    with pytest.raises(InputError, match="`LSTM` needs a kernel in auto, native, framework; got 'quick'"):
        LSTM(4, kernel="quick")
    with pytest.raises(InputError, match=r"The native LSTM kernel cannot be used: .*not relu and sigmoid"):
        _ = LSTM(4, activation="relu", kernel="native").choice


def test_use_cudnn_selects_the_loop_of_keras():
    assert LSTM(4, use_cudnn=True).choice == ("framework", "use_cudnn=True requires cuDNN")


def test_a_loaded_model_continues_training_as_if_never_saved(tmp_path):
    def train(model, epochs):
        model.fit(X, target, batch_size=5, epochs=epochs, shuffle=False, verbose=0)
        return model

    target = RANDOM.normal(size=(5, 1))
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(SHAPE[1:]), LSTM(4), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    train(model, 2).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[0]) is LSTM
    assert_equal(train(loaded, 2).get_weights(), train(model, 2).get_weights(), 1e-6)


@pytest.mark.skipif(HERE == "framework", reason="of the kernel")
def test_equal_inputs_give_bitwise_equal_outputs():
    ours, _ = build_both({"return_sequences": True})
    first, again = arrays(ours(X, mask=MASKS["padded"])), arrays(ours(X, mask=MASKS["padded"]))
    assert np.array_equal(first[0], again[0])
