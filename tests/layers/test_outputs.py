"""Tied weights, pointers, projections and pretrained vectors."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import layers
from syntagma.errors import InputError

pytestmark = pytest.mark.backend

RANDOM = np.random.default_rng(10)
TOKENS = np.array([[1, 2, 1, 3], [4, 4, 0, 0]], np.int32)


def random_array(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def language_model(tied):
    ids = keras.Input((None,), dtype="int32")
    lstm = layers.LSTM(6, return_sequences=True)
    if tied:
        both = layers.TiedSoftmax(50, 4, hidden_units=6)
        return keras.Model(ids, both(lstm(both(ids)), reverse=True))
    return keras.Model(
        ids, keras.layers.Dense(50)(keras.layers.Dense(4, use_bias=False)(lstm(keras.layers.Embedding(50, 4)(ids))))
    )


def test_a_tied_softmax_saves_the_weights_of_one_matrix():
    assert language_model(tied=False).count_params() - language_model(tied=True).count_params() == 50 * 4


def test_the_tied_matrix_gets_gradients_from_both_uses():
    both = layers.TiedSoftmax(5, 3, use_bias=False)
    both.build(None)
    matrix = random_array(5, 3)

    def loss(input_matrix, output_matrix):
        logits = input_matrix[TOKENS] @ output_matrix.T
        return np.mean(np.square(logits), dtype=np.float64)

    both.embeddings.assign(matrix)
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, both(both(ids), reverse=True))
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.train_on_batch(TOKENS, np.zeros((2, 4, 5), np.float32))
    moved = matrix - numpy(both.embeddings)
    for place in np.ndindex(5, 3):
        step = np.zeros((5, 3), np.float32)
        step[place] = 1e-2
        uses = [
            loss(matrix + step, matrix) - loss(matrix - step, matrix),
            loss(matrix, matrix + step) - loss(matrix, matrix - step),
        ]
        assert moved[place] == pytest.approx(sum(uses) / 2e-2, abs=2e-3)


def test_projection_and_bias_of_a_tied_softmax_match_the_formula():
    layer = layers.TiedSoftmax(7, 3, hidden_units=5)
    layer.build(None)
    layer.bias.assign(random_array(7))
    states = random_array(2, 4, 5)
    expected = states @ numpy(layer.projection) @ numpy(layer.embeddings).T + numpy(layer.bias)
    assert np.allclose(numpy(layer(states, reverse=True)), expected, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"logit_soft_cap": 2.0}, {"use_bias": False}], ids=str)
@pytest.mark.parametrize("shape", [(3, 5), (2, 4, 5)], ids=str)
def test_logits_are_the_same_in_training(options, shape):
    layer = layers.TiedSoftmax(7, 3, hidden_units=5, **options)
    layer.build(None)
    for weight in layer.weights:
        weight.assign(random_array(*weight.shape))
    states = random_array(*shape)
    expected = numpy(layer(states, reverse=True))
    assert expected.shape == (*shape[:-1], 7)
    assert np.allclose(numpy(layer(states, reverse=True, training=True)), expected, atol=1e-5)


def test_in_training_the_bias_gets_the_sum_of_the_gradients_of_the_logits():
    layer = layers.TiedSoftmax(7, 3)
    layer.build(None)
    states = keras.Input((4, 3))
    model = keras.Model(states, layer(states, reverse=True))
    model.compile(keras.optimizers.SGD(1.0), "mse")
    values, targets = random_array(2, 4, 3), random_array(2, 4, 7)
    gradient = 2 * (numpy(model(values)) - targets) / targets.size
    model.train_on_batch(values, targets)
    assert np.allclose(-numpy(layer.bias), gradient.sum((0, 1)), atol=1e-6)


def test_word_type_dropout_does_not_affect_the_logits():
    tied = layers.TiedSoftmax(50, 3, word_type_dropout=0.3, seed=1)
    ids = RANDOM.integers(1, 50, (8, 40))
    plain, dropped = numpy(tied(ids)), numpy(tied(ids, training=True))
    gone = {word for word in range(1, 50) if word in ids and not dropped[ids == word].any()}
    assert 5 < len(gone) < 25
    stays = ~np.isin(ids, list(gone))
    assert np.allclose(dropped[stays], plain[stays] / 0.7, atol=1e-6)
    states = random_array(2, 3)
    assert np.allclose(numpy(tied(states, reverse=True, training=True)), numpy(tied(states, reverse=True)), atol=1e-6)
    again = layers.TiedSoftmax.from_config(tied.get_config())
    assert (again.word_type_dropout, again.seed) == (0.3, 1)


def test_word_type_dropout_keeps_the_mask():
    ids = keras.Input((None,), dtype="int32")
    tied = layers.TiedSoftmax(5, 3, word_type_dropout=0.3, mask_zero=True)
    sums = layers.MaskedAveragePooling1D()(tied(ids))
    model = keras.Model(ids, sums)
    tied.embeddings.assign(np.array([[9.0] * 3, *[[1.0] * 3] * 4], np.float32))
    for _ in range(5):
        assert numpy(model(np.array([[1, 0, 0, 0]]), training=True)).max() < 2


def test_invalid_arguments_of_a_tied_softmax_raise_an_error():
    with pytest.raises(InputError, match="shares one matrix"):
        layers.TiedSoftmax(5, 3, tie_weights=False)
    with pytest.raises(InputError, match=r"word_type_dropout` in \[0, 1\); got 1"):
        layers.TiedSoftmax(5, 3, word_type_dropout=1)
    with pytest.raises(InputError, match=r"states of width 3; got \(2, 4\).*hidden_units"):
        layers.TiedSoftmax(5, 3)(random_array(2, 4), reverse=True)


def pointer(window, mask=None):
    layer = layers.PointerSentinel(window)
    states, vocabulary = random_array(2, 4, 3), RANDOM.dirichlet(np.ones(5), (2, 4)).astype(np.float32)
    layer.build([states.shape, vocabulary.shape, TOKENS.shape])
    layer.set_weights([random_array(*weight.shape) for weight in layer.weights])
    return layer, states, vocabulary, numpy(layer([states, vocabulary, TOKENS], mask=mask))


def test_the_pointer_mixture_matches_its_formula():
    layer, states, vocabulary, result = pointer(window=2)
    kernel, bias, sentinel = layer.get_weights()
    for row, step in np.ndindex(2, 4):
        query = np.tanh(states[row, step] @ kernel + bias)
        window = range(max(0, step - 1), step + 1)
        weights = np.exp([*(query @ states[row, place] for place in window), query @ sentinel])
        weights /= weights.sum()
        expected = weights[-1] * vocabulary[row, step].astype(np.float64)
        for weight, place in zip(weights[:-1], window, strict=True):
            expected[TOKENS[row, place]] += weight  # occurrences of the same word add up
        assert np.allclose(result[row, step], expected, atol=1e-5)
    assert np.allclose(result.sum(axis=-1), 1, atol=1e-5)


def test_a_dominant_sentinel_leaves_the_vocabulary_distribution():
    layer, states, vocabulary, _ = pointer(window=3)
    layer.kernel.assign(np.zeros((3, 3)))
    layer.bias.assign(np.full(3, 5.0))
    layer.sentinel.assign(np.full(3, 100.0))
    assert np.allclose(numpy(layer([states, vocabulary, TOKENS])), vocabulary, atol=1e-6)


def test_pointers_ignore_padding():
    mask = TOKENS > 0
    _, _, vocabulary, result = pointer(window=4, mask=[mask, None, None])
    gate = result[1, 3] / vocabulary[1, 3]
    assert gate[0] == pytest.approx(gate[1], abs=1e-5)  # word 0 got only its share of the vocabulary


def test_a_down_projection_reduces_the_weights_of_a_wide_output():
    narrow = keras.Sequential(
        [keras.Input((100,)), layers.DownProjection(10), keras.layers.Dense(1000, use_bias=False)]
    )
    assert narrow.count_params() == 100 * 10 + 10 * 1000
    with pytest.raises(InputError, match=r"needs at most as many units .* got 8 units for 4 features"):
        layers.DownProjection(8)(random_array(2, 4))


@pytest.fixture
def vectors(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("the 0.5 -1.25 3\nfilm 1 2 4\n", encoding="utf-8")
    return path


WORDS = ["", "film", "zorp", "The"]


def test_found_vectors_equal_those_of_the_file_and_others_have_their_scale(vectors):
    layer = layers.PretrainedEmbedding.from_file(vectors, WORDS)
    matrix = numpy(layer.embeddings)
    assert matrix[1].tolist() == [1, 2, 4]
    assert matrix[3].tolist() == [0.5, -1.25, 3]
    assert not matrix[0].any()
    assert 0.1 < np.sqrt(np.square(matrix[2]).mean()) < 10
    assert layer.coverage == pytest.approx(2 / 3)
    assert np.array_equal(matrix, numpy(layers.PretrainedEmbedding.from_file(vectors, WORDS).embeddings))


@pytest.mark.parametrize(("tune", "moved"), [("all", [1, 2, 3]), ("unknown", [2]), ("none", [])])
def test_training_changes_only_the_rows_selected_by_tune(vectors, tune, moved):
    layer = layers.PretrainedEmbedding.from_file(vectors, WORDS, tune=tune)
    before = numpy(layer.embeddings).copy()
    model = keras.Sequential(
        [keras.Input((None,), dtype="int32"), layer, layers.MaskedAveragePooling1D(), keras.layers.Dense(1)]
    )
    ids = np.array([[1, 2, 3]], np.int32)
    seen = numpy(layer(ids)).copy()
    model.compile(keras.optimizers.AdamW(0.1, weight_decay=0.1), "mse")
    model.train_on_batch(ids, np.array([[5.0]]))
    assert (np.flatnonzero((numpy(layer(ids)) != seen).any(axis=-1)[0]) + 1).tolist() == moved
    changed = (numpy(layer.embeddings) != before).any(axis=1) if tune == "none" else np.isin(range(4), moved)
    assert np.flatnonzero(changed).tolist() == moved


def test_saved_vectors_are_restored_with_their_flags(vectors, tmp_path):
    layer = layers.PretrainedEmbedding.from_file(vectors, WORDS, tune="unknown", mask_zero=True)
    keras.Sequential([keras.Input((None,), dtype="int32"), layer]).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").layers[0]
    assert np.array_equal(numpy(loaded.embeddings), numpy(layer.embeddings))
    assert numpy(loaded.found).tolist() == [1, 1, 0, 1]
    assert loaded.mask_zero


def test_invalid_arguments_raise_an_error(vectors):
    with pytest.raises(InputError, match="'none', 'unknown' or 'all'; got 'some'"):
        layers.PretrainedEmbedding(5, 2, tune="some")
    with pytest.raises(InputError, match="at least one word; got 1 words"):
        layers.PretrainedEmbedding.from_file(vectors, [""])
    with pytest.raises(InputError, match="a window of 1 word or more"):
        layers.PointerSentinel(0)
    with pytest.raises(InputError, match=r"states \(B, T, H\), probabilities"):
        layers.PointerSentinel()([random_array(2, 4, 3), random_array(2, 4, 5)])
