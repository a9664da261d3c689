"""Multi-task networks: missing labels, low-level tasks, orthogonal features, and language-model losses."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import layers
from syntagma.errors import InputError

pytestmark = pytest.mark.backend

RANDOM = np.random.default_rng(12)
TOKENS = np.array([[1, 2, 3, 4], [5, 6, 0, 0], [7, 0, 0, 0]], np.int32)


def random_array(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def two_heads():
    x = keras.Input((4,))
    shared = keras.layers.Dense(5, "tanh", name="shared")(x)
    heads = {"a": keras.layers.Dense(3, name="a")(shared), "b": keras.layers.Dense(1, name="b")(shared)}
    model = keras.Model(x, heads)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.SGD(0.5),
        {"a": layers.MissingLabels(cross_entropy), "b": layers.MissingLabels("mse", missing=-100)},
    )
    return model


def test_training_one_task_changes_shared_weights_but_not_the_other_head():
    model = two_heads()
    before = {weight.path: numpy(weight).copy() for weight in model.weights}
    model.train_on_batch(random_array(6, 4), {"a": np.array([0, 1, 2, -1, 1, 0]), "b": np.full(6, -100.0)})
    moved = {weight.path.split("/")[0] for weight in model.weights if (numpy(weight) != before[weight.path]).any()}
    assert moved == {"shared", "a"}


def test_missing_labels_are_left_out_of_the_mean():
    loss = layers.MissingLabels("mse", missing=-1)
    result = float(numpy(loss(np.array([1.0, -1.0, 3.0]), np.array([2.0, 50.0, 3.5]))))
    assert result == pytest.approx((1 + 0.25) / 2)
    assert float(numpy(loss(np.array([-1.0, -1.0]), np.array([2.0, 50.0])))) == 0
    tokens = layers.MissingLabels(keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    logits, labels = random_array(2, 3, 4), np.array([[0, -1, 3], [-1, -1, 2]])
    plain = numpy(ops.sparse_categorical_crossentropy(np.maximum(labels, 0), logits, from_logits=True))
    assert float(numpy(tokens(labels, logits))) == pytest.approx(plain[labels >= 0].mean(), abs=1e-5)
    again = layers.MissingLabels.from_config(tokens.get_config())
    assert float(numpy(again(labels, logits))) == pytest.approx(float(numpy(tokens(labels, logits))), abs=1e-6)


def test_each_of_several_labels_may_be_missing():
    loss = layers.MissingLabels("binary_crossentropy")
    labels, arguments = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.array([[0.9, 0.2], [0.6, 0.7]])
    assert float(numpy(loss(labels, arguments))) == pytest.approx(-(np.log(0.9) + np.log(0.7)) / 2, abs=1e-5)


def test_a_missing_label_at_padding_is_left_out_once():
    ids = keras.Input((None,), dtype="int32")
    logits = keras.layers.Dense(3)(keras.layers.Embedding(8, 4, mask_zero=True)(ids))
    model = keras.Model(ids, logits)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = {}
    for time, missing in ((4, True), (8, True), (4, False)):
        tokens = np.pad(TOKENS, ((0, 0), (0, time - 4)))
        labels = np.where(tokens > 0, tokens % 3, -1 if missing else 0)
        model.compile("sgd", layers.MissingLabels(loss) if missing else loss)
        losses[time, missing] = model.evaluate(tokens, labels, verbose=0)
    assert losses[4, True] == pytest.approx(losses[8, True], abs=1e-5)
    assert losses[4, True] == pytest.approx(losses[4, False], abs=1e-5)


def test_a_low_level_task_does_not_train_the_layers_above_it():
    ids = keras.Input((None,), dtype="int32")
    low = layers.LSTM(4, return_sequences=True, name="low")(keras.layers.Embedding(8, 3, name="words")(ids))
    high = layers.LSTM(4, return_sequences=True, name="high")(low)
    model = keras.Model(ids, [keras.layers.Dense(2, name="pos")(low), keras.layers.Dense(2, name="chunks")(high)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.5), [layers.MissingLabels(loss), layers.MissingLabels(loss)])
    before = {weight.path: numpy(weight).copy() for weight in model.weights}
    model.train_on_batch(TOKENS, [TOKENS % 2, np.full((3, 4), -1)])
    moved = {weight.path.split("/")[0] for weight in model.weights if (numpy(weight) != before[weight.path]).any()}
    assert moved == {"words", "low", "pos"}


def test_orthogonal_features_have_no_penalty():
    layer = layers.OrthogonalityPenalty(1.0)
    shared, private = np.array([[1.0, 0], [1, 0]], np.float32), np.array([[1.0], [-1]], np.float32)
    assert np.array_equal(numpy(layer([shared, private])), np.concatenate([shared, private], axis=1))
    assert float(numpy(layer.losses[0])) == 0


def test_the_penalty_is_the_squared_norm_of_the_mean_product():
    layer = layers.OrthogonalityPenalty(0.5)
    shared, private, mask = random_array(3, 4, 2), random_array(3, 4, 3), TOKENS > 0
    layer([shared, private], mask=[mask, mask])
    product = shared[mask].T @ private[mask] / mask.sum()
    assert float(numpy(layer.losses[0])) == pytest.approx(0.5 * np.square(product).sum(), rel=1e-5)


def objective(weight=0.1):
    layer = layers.LanguageModelObjective(vocabulary_size=5, units=3, weight=weight)
    layer.build([(3, 4, 6), (3, 4)])
    return layer


def test_the_language_model_predicts_the_next_word_and_the_one_before():
    layer, states, mask = objective(0.5), random_array(3, 4, 6), TOKENS > 0
    assert np.array_equal(numpy(layer([states, TOKENS], mask=[mask, None])), states)
    means = []
    for (hidden, words), half, step in zip(layer.heads, np.split(states, 2, axis=-1), (1, -1), strict=True):
        losses = []
        for row, place in np.ndindex(3, 4):
            target = place + step
            if not (0 <= target < 4 and mask[row, place] and mask[row, target]):
                continue
            logits = numpy(words(hidden(half[row : row + 1, place])))[0].astype(np.float64)
            word = min(TOKENS[row, target], 5)  # the last class contains all other words
            losses.append(np.log(np.exp(logits).sum()) - logits[word])
        means.append(np.mean(losses))
    assert float(numpy(layer.losses[0])) == pytest.approx(0.5 * sum(means), rel=1e-4)


def test_with_a_weight_of_zero_it_adds_no_loss():
    layer = objective(0.0)
    layer([random_array(3, 4, 6), TOKENS])
    assert float(numpy(layer.losses[0])) == 0


def test_no_state_depends_on_the_word_that_it_predicts():
    """Check that changing a word changes no state that predicts it."""
    ids = keras.Input((None,), dtype="int32")
    both = keras.layers.Bidirectional(layers.LSTM(3, return_sequences=True))
    model = keras.Model(ids, both(keras.layers.Embedding(9, 4)(ids)))
    for place in range(4):
        others = TOKENS[:1].copy()
        others[0, place] = 8
        changed = (numpy(model(TOKENS[:1])) != numpy(model(others)))[0]
        forward, backward = changed[:, :3].any(axis=1), changed[:, 3:].any(axis=1)
        assert forward.tolist() == [step >= place for step in range(4)]
        assert backward.tolist() == [step <= place for step in range(4)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.OrthogonalityPenalty(-1), "a weight of 0 or more"),
        (
            lambda: layers.OrthogonalityPenalty()([random_array(3, 4, 2), random_array(3, 5, 2)]),
            "differ in the last axis only",
        ),
        (
            lambda: layers.LanguageModelObjective()([random_array(3, 4, 5), TOKENS]),
            r"needs a list of states \(B, T, 2 H\)",
        ),
    ],
)
def test_invalid_arguments_raise_an_error(make, message):
    with pytest.raises(InputError, match=message):
        make()
