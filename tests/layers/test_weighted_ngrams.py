import keras
import numpy as np
import pytest
from keras import ops

from syntagma.layers import WeightedNgrams

pytestmark = pytest.mark.backend

IDS = np.array([[3, 1, 4, 0, 0], [5, 0, 0, 0, 0], [0, 0, 0, 0, 0], [1, 2, 3, 4, 5]], np.int32)


@pytest.fixture
def layer():
    random = np.random.default_rng(8)
    layer = WeightedNgrams(size=6, units=3, gain=2.5)
    layer.build((None, None))
    layer.set_scale(random.uniform(0.1, 2, 6).astype(np.float32))
    layer.kernel.assign(random.normal(size=(6, 3)))
    layer.bias.assign([0.5, -1.0, 0.25])
    return layer


def expected_logits(layer, ids, counts=None, gain=2.5):
    counts = np.ones_like(ids) if counts is None else counts
    kernel, scale, bias = (weight.numpy() for weight in (layer.kernel, layer.scale, layer.bias))
    logits = np.tile(bias, (len(ids), 1))
    for row, some in enumerate(ids):
        values = {n: scale[n] * (1 + np.log(count)) for n, count in zip(some, counts[row], strict=True) if n > 0}
        norm = np.sqrt(sum(value**2 for value in values.values()))
        for n, value in values.items():
            logits[row] += gain * value / norm * kernel[n]
    return logits


def test_the_logits_match_the_formula(layer):
    assert np.allclose(ops.convert_to_numpy(layer(IDS)), expected_logits(layer, IDS), atol=1e-5)


def test_counts_enter_by_their_logarithm(layer):
    counts = np.array([[1, 7, 2, 0, 0], [3, 0, 0, 0, 0], [0, 0, 0, 0, 0], [1, 1, 1, 40, 1]], np.int32)
    logits = ops.convert_to_numpy(layer([IDS, counts]))
    assert np.allclose(logits, expected_logits(layer, IDS, counts), atol=1e-5)
    # For a single n-gram, the norm cancels the count.
    assert np.allclose(logits[1], ops.convert_to_numpy(layer(IDS))[1], atol=1e-5)
    assert np.abs(logits[3] - ops.convert_to_numpy(layer(IDS))[3]).max() > 0.1


def test_counts_of_one_and_counts_at_padding_have_no_effect(layer):
    logits = ops.convert_to_numpy(layer([IDS, np.where(IDS > 0, 1, 9).astype(np.int32)]))
    assert np.allclose(logits, ops.convert_to_numpy(layer(IDS)), atol=1e-6)


def test_with_counts_it_works_as_a_layer_with_two_inputs(layer):
    inputs = [keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")]
    model = keras.Model(inputs, layer(inputs))
    assert model.output_shape == (None, 3)
    assert layer.compute_output_shape([(2, 5), (2, 5)]) == (2, 3)
    counts = np.where(IDS > 0, IDS, 0).astype(np.int32)
    assert np.allclose(model.predict_on_batch([IDS, counts]), expected_logits(layer, IDS, counts), atol=1e-5)


def test_the_descent_rate_grows_with_the_number_of_logits():
    rates = []
    for units in (1, 16):
        layer = WeightedNgrams(size=3, units=units, descent_rate=500.0)
        layer.build((None, None))
        rates.append(layer.kernel.descent_rate)
    assert rates == [500, 1000]


def test_padding_adds_nothing_and_an_empty_text_gives_the_bias(layer):
    logits = ops.convert_to_numpy(layer(IDS))
    wider = ops.convert_to_numpy(layer(np.pad(IDS, ((0, 0), (2, 7)))))
    assert np.allclose(wider, logits, atol=1e-6)
    assert np.allclose(logits[2], layer.bias.numpy(), atol=1e-6)


def test_ngrams_with_zero_weight_count_as_absent(layer):
    scale = layer.scale.numpy()
    scale[3] = 0
    layer.set_scale(scale)
    logits = ops.convert_to_numpy(layer(np.array([[3, 1, 4], [0, 1, 4], [3, 3, 3]], np.int32)))
    assert np.allclose(logits[0], logits[1], atol=1e-6)
    assert np.allclose(logits[2], layer.bias.numpy(), atol=1e-6)


def test_before_training_all_logits_are_zero():
    layer = WeightedNgrams(size=4, units=2)
    assert ops.convert_to_numpy(layer(np.array([[1, 2], [3, 0]], np.int32))).tolist() == [[0, 0], [0, 0]]


def test_training_does_not_change_the_scale(layer):
    assert [weight.name for weight in layer.trainable_weights] == ["kernel", "bias"]
    assert layer.count_params() == 6 * 3 + 6 + 3


def test_dropout_drops_whole_ngrams_in_training_only():
    layer = WeightedNgrams(size=2, units=1, gain=1.0, dropout=0.25)
    layer.build((None, None))
    layer.kernel.assign([[0.0], [1.0]])
    ids = np.ones((50, 400), np.int32)
    # With m equal n-grams, the logit is the square root of m.
    kept = ops.convert_to_numpy(layer(ids, training=True)).ravel() ** 2
    assert kept.std() > 0
    # With 20,000 samples and a share of 0.75, the standard error of the mean is 0.003.
    assert kept.mean() / 400 == pytest.approx(0.75, abs=0.015)
    assert ops.convert_to_numpy(layer(ids, training=False)).ravel() == pytest.approx([20] * 50)


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_a_dropout_rate_outside_its_range_raises_an_error(dropout):
    with pytest.raises(ValueError, match=r"`WeightedNgrams` needs a dropout in \[0, 1\); got"):
        WeightedNgrams(size=3, units=1, dropout=dropout)


def test_it_learns_in_a_sequential_model():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((None,), dtype="int32"), WeightedNgrams(size=5, units=1)])
    ids = np.array([[1, 3], [2, 3], [1, 4], [2, 4]] * 4, np.int32)
    gold = np.array([[1], [0], [1], [0]] * 4, np.float32)
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    losses = model.fit(ids, gold, epochs=20, batch_size=8, verbose=0).history["loss"]
    assert losses[-1] < 0.3 * losses[0]
