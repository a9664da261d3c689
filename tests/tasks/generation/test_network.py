"""The network of text generation, with random weights."""

from collections import OrderedDict

import keras
import numpy as np
import pytest
from scipy.special import log_softmax

from syntagma import backend, programs
from syntagma.tasks.generation.network import (
    CoverageLossConfig,
    GeneratorConfig,
    Sizes,
    build_generator,
    build_generator_ensemble,
    build_training_model,
)
from syntagma.tasks.generation.output_layers import CoverageLosses, MeanLogProbs, SmoothedLoss, TargetLogProbs
from syntagma.tasks.generation.preparation import SumOfOutputs
from syntagma.text.encoder import START
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import TrainingBatch, compile_model, train_step

pytestmark = pytest.mark.backend

VARIANTS = {
    "copying and coverage": {"model__decoder__attention": "coverage"},
    "tied matrices": {"model__copy_words": False},
    "input feeding": {
        "model__copy_words": False,
        "model__tie": "none",
        "model__decoder__input_feeding": True,
        "model__decoder__depth": 2,
        "model__decoder__residual": True,
        "model__decoder__start": "learned",
    },
}
WIDER = 17


@pytest.fixture(scope="module", params=VARIANTS)
def model(request, generator):
    return generator(**VARIANTS[request.param])


def make_arrays(size, rows=3, seed=0):
    draw = np.random.default_rng(seed)
    arrays = {
        "tokens": draw.integers(4, size, (rows, 4)),
        "lengths": np.array([4, 2, 1][:rows]),
        "targets": draw.integers(3, size, (rows, 5)),
        "target_lengths": np.array([5, 3, 2][:rows]),
        "copy_ids": draw.integers(4, size + 4, (rows, 4)),
    }
    arrays["copy_ids"][:, 0] = arrays["targets"][:, 0]
    arrays["previous"] = np.concatenate([np.full((rows, 1), START), arrays["targets"][:, :-1]], axis=1)
    return {name: values.astype(np.int32) for name, values in arrays.items()}


def outputs(model, arrays):
    """Return log-probabilities, attention and shares of copying, with zeros at padding."""
    results = programs.predict(model, {name: arrays[name] for name in model.input})
    real = np.arange(results[0].shape[1]) < arrays["target_lengths"][:, None]
    return [np.where(real[..., None] if one.ndim == 3 else real, one, 0) for one in results]


def widen(values, columns):
    """Append columns to an array. Their ids are not those of padding, because lengths alone mark the padding."""
    return np.pad(values, [(0, 0), (0, columns)], constant_values=5) if values.ndim == 2 else values


def test_padding_and_other_rows_change_nothing(model):
    network = model.keras_model
    arrays = make_arrays(len(model.encoder_.target))
    expected = outputs(network, arrays)
    wide = {name: widen(values, WIDER) for name, values in arrays.items()}
    reversed_rows = {name: values[::-1].copy() for name, values in wide.items()}
    for one, other, backwards in zip(expected, outputs(network, wide), outputs(network, reversed_rows), strict=True):
        cut = tuple(slice(0, size) for size in one.shape)
        np.testing.assert_allclose(other[cut], one, atol=1e-5)
        np.testing.assert_allclose(other, backwards[::-1], atol=1e-5)
        assert np.abs(one).max() > 0.1
    assert expected[0].max() <= 0
    np.testing.assert_allclose(expected[1].sum(axis=-1)[expected[0] != 0], 1, atol=1e-5)
    assert all(np.all((shares >= 0) & (shares <= 1)) for shares in expected[2:])


def test_an_ensemble_averages_probabilities_attention_and_shares(generator):
    models = [generator(seed=seed, **VARIANTS["copying and coverage"]) for seed in (0, 1)]
    arrays = make_arrays(len(models[0].encoder_.target))
    single = [outputs(one.keras_model, arrays) for one in models]
    members = []
    for number, one in enumerate(models):
        sizes = one.encoder_.sizes
        members.append(build_generator(one.recipe_.model, sizes, f"member_{number}"))
        members[-1].set_weights(one.keras_model.get_weights())
    found = outputs(build_generator_ensemble(members), arrays)
    for one, (first, second), is_log in zip(found, zip(*single, strict=True), (True, False, False), strict=True):
        real = first != 0
        assert np.abs(first - second)[real].max() > 0.05
        expected = np.log((np.exp(first) + np.exp(second)) / 2) if is_log else (first + second) / 2
        np.testing.assert_allclose(one[real], expected[real], atol=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("fast", [False, True])
def test_the_training_model_returns_the_losses_of_targets_and_coverage(model, smoothing, fast, monkeypatch):
    monkeypatch.setattr("syntagma.programs.are_for_cpu", lambda: fast)
    monkeypatch.setattr("syntagma.programs._cache", OrderedDict())
    config = model.recipe_.model.model_copy(update={"coverage_loss": CoverageLossConfig(weight=1.0)})
    training = build_training_model(model.keras_model, config, smoothing)
    arrays = make_arrays(len(model.encoder_.target))
    real = np.arange(5) < arrays["target_lengths"][:, None]
    arrays["weights"] = np.random.default_rng(1).uniform(0.5, 1, real.shape).astype(np.float32) * real
    losses, coverage = programs.predict(training, {name: arrays[name] for name in training.input})
    expected = -outputs(model.keras_model, arrays)[0]
    if smoothing:
        logits = keras.Model(model.keras_model.input, model.keras_model.get_layer("logits").output)
        given = {name: arrays[name] for name in logits.input}
        uniform = log_softmax(programs.predict(logits, given), axis=-1).mean(axis=-1)
        expected = (1 - smoothing) * expected - smoothing * uniform
    np.testing.assert_allclose(losses, [(arrays["weights"] * expected)[real].sum() / 3] * 3, rtol=1e-4)
    assert coverage.shape == (3,)
    assert np.all(coverage >= 0)
    assert training.trainable_variables == model.keras_model.trainable_variables


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-4), ("mixed_bfloat16", 0.1)])
def test_a_training_step_in_blocks_changes_the_weights_as_one_with_all_logits(
    generator, precision, tolerance, monkeypatch
):
    monkeypatch.setattr("syntagma.programs._cache", OrderedDict())
    config = TrainingConfig(epochs=1, optimizer="sgd", learning_rate=0.5, clip_norm=None)
    changes = []
    for policy, fast in ((precision, True), ("float32", False)):
        monkeypatch.setattr("syntagma.programs.are_for_cpu", lambda fast=fast: fast)
        with backend.precision(policy):
            model = generator(model__copy_words=False)
            network = model.keras_model
            before = network.get_weights()
            training = build_training_model(network, model.recipe_.model, 0.1)
            compile_model(training, SumOfOutputs(), config)
            arrays = make_arrays(len(model.encoder_.target))
            real = np.arange(5) < arrays["target_lengths"][:, None]
            arrays["weights"] = (real / real.sum()).astype(np.float32)
            ones = np.ones(3, np.float32)
            train_step(training, TrainingBatch({one: arrays[one] for one in training.input}, 0 * ones, ones, 3), 0.5)
        after = network.get_weights()
        assert all(np.abs(one - start).max() > 1e-4 for one, start in zip(after, before, strict=True))
        changes.append(np.concatenate([(one - start).ravel() for one, start in zip(after, before, strict=True)]))
    found, expected = changes
    assert np.linalg.norm(found - expected) < tolerance * np.linalg.norm(expected)


@pytest.mark.parametrize(
    ("tie", "joint", "count"),
    [("none", True, 3), ("target", True, 2), ("all", True, 1), ("all", False, 2)],
)
def test_tied_matrices_are_stored_once(tie, joint, count):
    config = GeneratorConfig(tie=tie, embedding=7, encoder={"units": 2}, decoder={"units": 3})
    network = build_generator(config, Sizes(11, 11 if joint else 13, joint), "tied")
    matrices = [one for one in network.weights if sorted(one.shape) in ([7, 11], [7, 13])]
    assert len(matrices) == count


# Layers


def test_log_probabilities_and_smoothed_losses_follow_their_formulas():
    draw = np.random.default_rng(0)
    logits, targets = draw.normal(size=(2, 3, 5)).astype(np.float32), draw.integers(0, 5, (2, 3))
    expected = np.take_along_axis(log_softmax(logits, axis=-1), targets[..., None], axis=-1)[..., 0]
    log_probs = keras.ops.convert_to_numpy(TargetLogProbs()([logits, targets]))
    np.testing.assert_allclose(log_probs, expected, atol=1e-5)
    smoothed = keras.ops.convert_to_numpy(SmoothedLoss(0.3)([log_probs, logits]))
    np.testing.assert_allclose(smoothed, -0.7 * expected - 0.3 * log_softmax(logits, axis=-1).mean(axis=-1), atol=1e-5)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(SmoothedLoss()([log_probs, logits])), -log_probs)


def test_the_mean_of_log_probabilities_is_that_of_probabilities():
    values = [np.log(np.array([[one]], np.float32)) for one in (0.5, 0.1, 0.3)]
    assert keras.ops.convert_to_numpy(MeanLogProbs()(values)) == pytest.approx(np.log(0.3))


def test_coverage_losses_ignore_padding():
    weights = np.array([[[0.5, 0.5, 0], [0.25, 0.75, 0], [1, 0, 0]]], np.float32)
    target_mask, source_mask = np.array([[True, True, False]]), np.array([[True, True, False]])
    repeated = CoverageLosses("repeated")([weights, target_mask, source_mask])
    assert keras.ops.convert_to_numpy(repeated) == pytest.approx((0.25 + 0.5) / 2)
    assert CoverageLosses("uneven").get_config()["form"] == "uneven"
    assert SmoothedLoss(0.1).get_config()["smoothing"] == 0.1
