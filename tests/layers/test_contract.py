"""What every layer promises, over one table of all layers."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend, layers

pytestmark = pytest.mark.backend

RANDOM = np.random.default_rng(2)
TOKENS = np.array([[4, 5, 6, 7], [8, 9, 0, 0], [0, 0, 0, 0]], np.int32)


def sequence_model(make):
    return keras.Sequential([keras.Input((4,), dtype="int32"), keras.layers.Embedding(10, 3, mask_zero=True), make()])


def length_model():
    tokens, lengths = keras.Input((None,), dtype="int32"), keras.Input((), dtype="int32")
    return keras.Model([tokens, lengths], layers.LengthMask()((tokens, lengths)))


def ngram_model():
    layer = layers.WeightedNgrams(size=10, units=2, gain=1.5, descent_rate=3.0, descent_floor=0.2, dropout=0.25)
    model = keras.Sequential([keras.Input((None,), dtype="int32"), layer])
    layer.set_scale(RANDOM.uniform(size=10).astype(np.float32))
    layer.kernel.assign(RANDOM.normal(size=(10, 2)))
    layer.bias.assign([0.5, -0.25])
    return model


def average_model():
    x = keras.Input((3,))
    members = [keras.layers.Dense(2)(x) for _ in range(3)]
    return keras.Model(x, layers.AverageProbabilities("softmax")(members))


def sum_model():
    x = keras.Input((3,))
    layer = layers.WeightedSum()
    model = keras.Model(x, layer([keras.layers.Dense(2)(x) for _ in range(3)]))
    layer.set_shares([0.5, 1.0, -2.0])
    return model


MODELS = {
    "AverageProbabilities": (average_model, RANDOM.normal(size=(3, 3)).astype(np.float32)),
    "LSTM": (lambda: sequence_model(lambda: layers.LSTM(5, dropout=0.2, recurrent_dropout=0.2, seed=3)), TOKENS),
    "LengthMask": (length_model, [TOKENS, np.array([4, 2, 0], np.int32)]),
    "MaskedAveragePooling1D": (lambda: sequence_model(layers.MaskedAveragePooling1D), TOKENS),
    "MaskedMaxPooling1D": (lambda: sequence_model(layers.MaskedMaxPooling1D), TOKENS),
    "WeightedNgrams": (ngram_model, TOKENS),
    "WeightedSum": (sum_model, RANDOM.normal(size=(3, 3)).astype(np.float32)),
    "WordDropout": (lambda: sequence_model(lambda: layers.WordDropout(0.25, seed=3)), TOKENS),
}

every_layer = pytest.mark.parametrize("name", sorted(MODELS))


def output(model, inputs, **options):
    return ops.convert_to_numpy(model(inputs, **options))


def test_the_table_names_every_layer():
    assert sorted(MODELS) == sorted(layers.__all__)


@every_layer
def test_a_saved_keras_model_comes_back_with_the_same_settings_and_outputs(name, tmp_path):
    make, inputs = MODELS[name]
    model = make()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[-1]) is getattr(layers, name)
    assert loaded.layers[-1].get_config() == model.layers[-1].get_config()
    assert np.array_equal(output(loaded, inputs), output(model, inputs))


@every_layer
def test_the_promised_shape_is_the_real_one(name):
    make, inputs = MODELS[name]
    model = make()
    result = output(model, inputs)
    promised = model.output_shape
    assert len(promised) == result.ndim
    assert all(size in (None, real) for size, real in zip(promised, result.shape, strict=True))


@every_layer
def test_compiled_and_eager_agree(name):
    make, inputs = MODELS[name]
    model = make()
    assert np.allclose(model.predict(inputs, verbose=0), output(model, inputs), atol=1e-6)


@every_layer
@pytest.mark.parametrize("training", [False, True])
def test_mixed_precision_stays_finite(name, training):
    make, inputs = MODELS[name]
    with backend.precision("mixed_bfloat16"):
        model = make()
    result = ops.convert_to_numpy(ops.cast(model(inputs, training=training), "float32"))
    assert np.isfinite(result).all()


@every_layer
def test_a_row_alone_equals_the_same_row_among_others(name):
    make, inputs = MODELS[name]
    model = make()
    together = output(model, inputs)
    for row in range(3):
        alone = [part[row : row + 1] for part in inputs] if isinstance(inputs, list) else inputs[row : row + 1]
        assert np.allclose(output(model, alone)[0], together[row], atol=1e-6)


@pytest.mark.parametrize("name", ["MaskedAveragePooling1D", "MaskedMaxPooling1D"])
def test_an_implicit_mask_gives_what_an_explicit_one_gives(name):
    model = sequence_model(getattr(layers, name))
    vectors = model.layers[0](TOKENS)
    explicit = getattr(layers, name)()(ops.convert_to_numpy(vectors), mask=TOKENS > 0)
    assert np.allclose(output(model, TOKENS), ops.convert_to_numpy(explicit), atol=1e-6)
    assert not output(model, TOKENS)[2].any()


@pytest.mark.parametrize("name", ["MaskedAveragePooling1D", "MaskedMaxPooling1D"])
def test_pooling_wants_three_axes(name):
    with pytest.raises(ValueError, match="expected ndim=3, found ndim=2"):
        getattr(layers, name)()(np.ones((2, 3), np.float32))
