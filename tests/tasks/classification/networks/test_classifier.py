import functools

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend, programs
from syntagma.models.embedding import WordEmbeddingConfig
from syntagma.tasks.classification.networks.average import AverageConfig
from syntagma.tasks.classification.networks.classifier import (
    ModelSpec,
    NgramBranchConfig,
    RecurrentConfig,
    add_part_outputs,
    build_classifier,
)
from syntagma.tasks.classification.networks.convolutional import ConvolutionalConfig
from syntagma.tasks.classification.networks.tutorial import TutorialConfig
from syntagma.tasks.registry import find_recipe

SPEC = ModelSpec(vocabulary_size=12, ngram_size=9, outputs=3)
BRANCH = NgramBranchConfig()
MASKED = {
    "recurrent": RecurrentConfig(units=4, depth=2, layer_dropout=0.3),
    "convolutional": ConvolutionalConfig(widths=(2, 3), filters=4),
    "average": AverageConfig(ngram_size=5),
}
SWITCHES = {
    "residual": {"connections": "residual"},
    "highway": {"connections": "highway"},
    "dense": {"connections": "dense"},
    "dense_sum": {"connections": "dense_sum", "depth": 3},
    "attention": {"pooling": "attention"},
    "last": {"pooling": "last"},
    "hops": {"self_attention_hops": 3},
    "states": {"learn_initial_state": True, "projection_units": 2},
    "dropouts": {"recurrent_weight_dropout": 0.3, "output_dropout": 0.3},
    "language model": {"language_model_weight": 0.1},
}
MASKED |= {name: RecurrentConfig(**{"units": 4, "depth": 2, **values}) for name, values in SWITCHES.items()}
MASKED["k-max"] = ConvolutionalConfig(widths=(2, 3), filters=4, k=2, norm_limit=2.0)
TUTORIAL = TutorialConfig(units=4, filters=3, layer_dropout=0.2)
EVERY = {**MASKED, "tutorial": TUTORIAL, "tutorial-both": TutorialConfig(units=4, bidirectional=True)}

# Networks whose layers are tested in mixed precision by `tests/contracts`; they run in `make test-long`.
LONG = [pytest.param(name, marks=[pytest.mark.long] * (name in SWITCHES)) for name in EVERY]

LENGTHS = [5, 1, 0, 3]


def build(network, spec=SPEC, branch=BRANCH, seed=1, **embedding):
    with backend.seeded(seed):
        with backend.blank_weights(1_000_000):  # drawn below; JAX would compile a program for each initial value
            model = build_classifier(network, WordEmbeddingConfig(size=6, **embedding), branch, spec)
        random = np.random.default_rng(seed)
        for weight in model.weights:
            if weight.dtype == "float32":
                weight.assign(random.normal(0, 0.7, weight.shape))
        if branch is not None and spec.ngram_size:
            model.get_layer("ngram_branch").set_scale(random.uniform(0.1, 1, spec.ngram_size))
    return model


def rows(time=5, ngrams=4):
    """Return rows of different lengths, one of them empty; ids at padding are 0."""
    random = np.random.default_rng(9)
    tokens = random.integers(1, 12, (4, 5))
    tokens[np.arange(5) >= np.array(LENGTHS)[:, None]] = 0
    some = np.array([[1, 4, 8, 2], [3, 0, 0, 0], [0, 0, 0, 0], [5, 6, 0, 0]])
    return {
        "tokens": np.pad(tokens, ((0, 0), (0, time - 5))).astype(np.int32),
        "lengths": np.array(LENGTHS, np.int32),
        "ngrams": np.pad(some, ((0, 0), (0, ngrams - 4))).astype(np.int32),
    }


def logits(model, inputs, **options):
    chosen = {name: value for name, value in inputs.items() if name in model.input}
    return ops.convert_to_numpy(model(chosen, **options)) if options else programs.predict(model, chosen)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        # Embedding 5000 * 32; LSTM 4 * 100 * (32 + 100 + 1); logits 100 + 1.
        ("imdb-lstm", 213_301),
        ("imdb-lstm-dropout", 213_301),
        ("imdb-lstm-gate-dropout", 213_301),
        # Plus a convolution with 3 * 32 * 32 + 32.
        ("imdb-cnn-lstm", 216_405),
        # Two LSTMs, and 200 + 1 for the logits.
        ("imdb-bilstm", 160_000 + 2 * 53_200 + 201),
    ],
)
def test_tutorial_networks_have_as_many_parameters_as_in_the_tutorial(name, parameters):
    recipe = find_recipe(name)
    model = build_classifier(recipe.model, recipe.embedding, recipe.ngram_branch, ModelSpec(5000, 0, 1, 500))
    assert model.count_params() == parameters
    assert model.output_shape == (None, 1)
    assert set(model.input) == {"tokens"}
    assert model.input["tokens"].shape == (None, 500)


@pytest.fixture(scope="module")
def masked():
    """Return a function that returns a model by name, which is built once."""
    return functools.cache(lambda name: build(EVERY[name]))


@pytest.mark.parametrize("name", MASKED)
def test_ids_at_padding_are_never_read(name, masked):
    inputs = rows()
    tokens = np.where(np.arange(5) < np.array(LENGTHS)[:, None], inputs["tokens"], 7).astype(np.int32)
    changed = logits(masked(name), {**inputs, "tokens": tokens})
    assert np.abs(changed - logits(masked(name), inputs)).max() < 1e-6


@pytest.mark.parametrize("name", MASKED)
def test_a_batch_of_one_with_more_padding_equals_a_row_of_a_larger_batch(name, masked):
    together = logits(masked(name), rows())
    assert np.isfinite(together).all()
    for row in range(4):
        alone = {key: value[row : row + 1] for key, value in rows(time=11, ngrams=13).items()}
        assert np.abs(logits(masked(name), alone)[0] - together[row]).max() < 1e-6


@pytest.mark.parametrize("name", MASKED)
def test_an_empty_text_has_the_logits_of_zero_features(name, masked):
    biases = [masked(name).get_layer(layer).bias.numpy() for layer in ("logits", "ngram_branch")]
    shares = masked(name).get_layer("sum").shares.numpy()
    assert np.allclose(logits(masked(name), rows())[2], shares @ biases, atol=1e-6)


@pytest.mark.parametrize("name", EVERY)
def test_the_last_token_within_a_length_is_read(name, masked):
    found = []
    for first in (1, 5):  # two batches of the shape of `rows`
        tokens = np.array([[3, 5, 2, last, 0] for last in range(first, first + 4)], np.int32)
        inputs = {"tokens": tokens, "lengths": np.full(4, 4, np.int32), "ngrams": np.ones((4, 4), np.int32)}
        found.append(logits(masked(name), inputs))
    assert np.ptp(np.concatenate(found), axis=0).min() > 1e-4


@pytest.mark.parametrize("name", EVERY)
def test_word_order_matters_except_for_averaged_vectors(name, masked):
    model, inputs = masked(name), rows()
    turned = inputs["tokens"].copy()
    turned[0] = turned[0, ::-1]
    difference = np.abs(logits(model, {**inputs, "tokens": turned}) - logits(model, inputs))[0].max()
    assert (difference < 1e-6) == name.startswith("average")


def test_the_logits_of_network_and_branch_are_weighted_by_their_shares():
    both = build(AverageConfig())
    both.get_layer("sum").set_shares([0.25, 1.0])
    alone = build(AverageConfig(), branch=None)
    for weight in alone.weights:
        weight.assign(next(twin.numpy() for twin in both.weights if twin.path == weight.path))
    branch = ops.convert_to_numpy(both.get_layer("ngram_branch")(rows()["ngrams"]))
    assert np.allclose(logits(both, rows()), 0.25 * logits(alone, rows()) + branch, atol=1e-5)


def test_a_counting_branch_uses_the_number_of_occurrences_of_an_ngram():
    counting = build(MASKED["average"], branch=NgramBranchConfig(counts=True))
    assert set(counting.input) == {"tokens", "lengths", "ngrams", "ngram_counts"}
    inputs = rows()
    once = {**inputs, "ngram_counts": np.ones_like(inputs["ngrams"])}
    assert np.allclose(logits(counting, once), logits(build(MASKED["average"]), inputs), atol=1e-5)
    often = {**once, "ngram_counts": np.where(inputs["ngrams"] == 4, 30, 1).astype(np.int32)}
    difference = np.abs(logits(counting, often) - logits(counting, once)).max(axis=1)
    assert difference[0] > 0.01
    assert difference[1:].max() < 1e-6


def test_a_model_without_ngrams_has_no_branch_and_no_ngram_input():
    model = build(MASKED["average"], ModelSpec(12, 0, 1))
    assert set(model.input) == {"tokens", "lengths"}
    assert model.output_shape == (None, 1)


def test_the_average_is_the_mean_of_the_vectors():
    model = build(AverageConfig(), branch=None)
    vectors = model.get_layer("embedding").embeddings.numpy()
    kernel, bias = (weight.numpy() for weight in model.get_layer("logits").weights)
    tokens = rows()["tokens"][3, :3]
    assert np.allclose(logits(model, rows())[3], vectors[tokens].mean(axis=0) @ kernel + bias, atol=1e-5)


def test_a_convolution_reads_zeros_beyond_the_end_of_a_text():
    model = build(ConvolutionalConfig(widths=(3,), filters=4), branch=None)
    vectors = model.get_layer("embedding").embeddings.numpy()
    kernel, bias = (weight.numpy() for weight in model.get_layer("convolution_3").weights)
    head, head_bias = (weight.numpy() for weight in model.get_layer("logits").weights)
    zero = np.zeros(6)
    (word,) = rows()["tokens"][1, :1]
    window = np.stack([zero, vectors[word], zero])  # (3, D)
    matches = np.maximum(np.einsum("td,tdf->f", window, kernel) + bias, 0)
    assert np.allclose(logits(model, rows())[1], matches @ head + head_bias, atol=1e-5)


@pytest.mark.parametrize("name", ["recurrent", "average"])
def test_initial_weights_depend_on_the_seed_only(name):
    def first_weights(seed):
        with backend.seeded(seed):
            model = build_classifier(EVERY[name], WordEmbeddingConfig(size=6), NgramBranchConfig(), SPEC)
        return [weight.numpy() for weight in model.weights if weight.dtype == "float32"]

    assert all(np.array_equal(a, b) for a, b in zip(first_weights(3), first_weights(3), strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first_weights(3), first_weights(4), strict=True))


@pytest.mark.parametrize("name", LONG)
def test_logits_are_finite_float32_in_mixed_precision(name):
    with backend.precision("mixed_bfloat16"):
        model = build(EVERY[name])
    result = logits(model, rows())
    assert result.dtype == np.float32
    assert np.isfinite(result).all()


DROPOUTS = {
    "embedding": (AverageConfig(), {"dropout": 0.5}),
    "words": (AverageConfig(), {"word_dropout": 0.5}),
    "average": (AverageConfig(dropout=0.5), {}),
    "convolutional": (ConvolutionalConfig(widths=(3,), filters=4, dropout=0.5), {}),
    "recurrent": (RecurrentConfig(units=4, dropout=0.5), {}),
    "recurrent-layers": (RecurrentConfig(units=4, depth=2, layer_dropout=0.5, dropout=0), {}),
    "recurrent-state": (RecurrentConfig(units=4, recurrent_dropout=0.5, dropout=0), {}),
    "tutorial-layers": (TutorialConfig(units=4, layer_dropout=0.5), {}),
    "tutorial-gates": (TutorialConfig(units=4, input_dropout=0.5, recurrent_dropout=0.5), {}),
}


@pytest.mark.parametrize("name", DROPOUTS)
def test_dropout_acts_in_training_only(name):
    network, embedding = DROPOUTS[name]
    model = build(network, branch=None, **embedding)
    still = logits(model, rows())
    assert np.array_equal(logits(model, rows()), still)
    assert not np.allclose(logits(model, rows(), training=True), still)


def test_the_branch_has_its_own_dropout():
    model = build(AverageConfig(), branch=NgramBranchConfig(dropout=0.5))
    assert not np.allclose(logits(model, rows(), training=True), logits(model, rows()))


def test_frozen_vectors_are_not_trained():
    model = build(AverageConfig(), trainable=False)
    assert "embedding" not in {weight.path.split("/")[0] for weight in model.trainable_weights}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RecurrentConfig(units=0), "greater than 0"),
        (lambda: RecurrentConfig(pooling="first"), "'max', 'average', 'max_average', 'attention' or 'last'"),
        (lambda: ConvolutionalConfig(widths=()), "at least 1 item"),
        (lambda: ConvolutionalConfig(widths=(3, 0)), "greater than 0"),
        (lambda: ConvolutionalConfig(widths=(3, 3)), "different"),
        (lambda: AverageConfig(dropout=1.0), "less than 1"),
        (lambda: TutorialConfig(filters=-1), "greater than or equal to 0"),
        (lambda: WordEmbeddingConfig(size=0), "greater than 0"),
        (lambda: NgramBranchConfig(descent_rate=0), "greater than 0"),
    ],
)
def test_invalid_settings_are_rejected(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_model_can_be_saved_and_loaded_by_keras_alone(tmp_path):
    model = build(MASKED["convolutional"])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert np.array_equal(logits(loaded, rows()), logits(model, rows()))


def test_part_outputs_share_the_layers_of_the_model():
    model = build(MASKED["average"])
    parts = add_part_outputs(model)
    model.get_layer("sum").set_shares([1.0, 1.0])
    whole, network, branch = parts.predict_on_batch({name: rows()[name] for name in model.input})
    assert np.allclose(whole, logits(model, rows()), atol=1e-6)
    assert np.allclose(network + branch, whole, atol=1e-5)
    assert {id(variable) for variable in parts.variables} == {id(variable) for variable in model.variables}
    alone = build(MASKED["average"], branch=None)
    assert add_part_outputs(alone) is alone


@pytest.mark.parametrize("connections", ["none", "residual", "highway", "dense", "dense_sum"])
def test_the_language_model_never_reads_the_word_that_it_predicts(connections):
    network = RecurrentConfig(units=3, depth=2, connections=connections, language_model_weight=0.1)
    model = build(network, ModelSpec(12, 0, 3), branch=None)
    objective = model.get_layer("language_model")
    read = keras.Model(model.inputs, objective.output)
    states = backend.compile_function(lambda inputs: read(inputs))
    tokens = np.tile(np.array([1, 2, 3, 4], np.int32), (5, 1))
    for place in range(4):
        tokens[1 + place, place] = 9
    inputs = {"tokens": tokens, "lengths": np.full(5, 4, np.int32)}
    found = ops.convert_to_numpy(states([inputs[one.name] for one in model.inputs]))
    for place in range(4):
        changed = np.abs(found[0] - found[1 + place]) > 1e-7
        assert changed[:, :3].any(axis=1).tolist() == [step >= place for step in range(4)]
        assert changed[:, 3:].any(axis=1).tolist() == [step <= place for step in range(4)]
