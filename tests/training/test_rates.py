"""Tests of the learning-rate range test."""

import keras
import numpy as np
import pytest

from syntagma import backend
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import Feed, TrainingBatch
from syntagma.training.fitting import Fitter
from syntagma.training.objectives import loss_for
from syntagma.training.rates import RateTrial, run_range_test

pytestmark = pytest.mark.backend

LOSS = loss_for("binary")


def small_model(linear=False):
    with backend.seeded(3):
        x = keras.Input((4,), name="x")
        if linear:
            return keras.Model({"x": x}, keras.layers.Dense(1)(x))
        hidden = keras.layers.Dropout(0.3)(keras.layers.Dense(8, activation="tanh")(x))
        return keras.Model({"x": x}, keras.layers.Dense(1)(hidden))


def feed(scale=1.0):
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 4)).astype(np.float32)
    y = (x.sum(axis=1, keepdims=True) > 0).astype(np.float32)

    def batches(epoch, start):
        for place in range(start, 8):
            rows = slice(8 * place, 8 * place + 8)
            yield TrainingBatch({"x": scale * x[rows]}, y[rows], np.ones(8, np.float32), 8)

    return Feed(batches, steps=8, rows=64)


def weights_after_training(model, config):
    Fitter(model, LOSS, config).fit(feed())
    return [np.array(variable.numpy()) for variable in model.weights]


def test_the_loss_falls_and_the_suggestion_is_a_tenth_of_the_best_rate():
    trial = run_range_test(small_model(), LOSS, TrainingConfig(epochs=1), feed())
    assert trial.rates == sorted(trial.rates)
    assert trial.rates[0] == 1e-6
    assert min(trial.losses) < 0.9 * trial.losses[0]
    best = trial.rates[int(np.argmin(trial.losses))]
    assert trial.suggested == pytest.approx(best / 10, rel=0.5)


def test_the_range_test_does_not_change_later_training():
    config = TrainingConfig(epochs=2, dev=False, optimizer="adam")
    tried = small_model()
    run_range_test(tried, LOSS, config, feed())
    for with_trial, without in zip(
        weights_after_training(tried, config), weights_after_training(small_model(), config), strict=True
    ):
        np.testing.assert_array_equal(with_trial, without)


def test_a_hard_batch_at_the_beginning_does_not_end_the_range_test():
    # As if the model were already trained: it fits all batches but one.
    def batches(epoch, start):
        for place in range(8):
            x = np.full((8, 4), 1e-3 if place == 4 else 1.0, np.float32)
            yield TrainingBatch({"x": x}, np.ones((8, 1), np.float32), np.ones(8, np.float32), 8)

    model = small_model(linear=True)
    model.layers[-1].set_weights([np.full((4, 1), 4.0, np.float32), np.zeros(1, np.float32)])
    trial = run_range_test(model, LOSS, TrainingConfig(epochs=1), Feed(batches, steps=8, rows=64))
    assert max(trial.losses[:10]) > 100 * trial.losses[0]
    assert len(trial.rates) > 60


def test_the_range_test_ends_when_the_loss_explodes():
    trial = run_range_test(small_model(linear=True), LOSS, TrainingConfig(epochs=1, optimizer="sgd"), feed(scale=100.0))
    assert trial.rates[-1] < 1
    assert np.isfinite(trial.losses).all()


@pytest.mark.parametrize(
    ("rates", "losses", "suggested"),
    [
        ([1e-3, 1e-2, 1e-1], [0.7, 0.5, 0.6], 1e-3),
        ([1e-3, 0.034, 1e-1], [0.7, 0.5, 0.6], 3e-3),
        ([1e-3, 1e-2], [0.7, 0.8], None),
        ([], [], None),
    ],
)
def test_the_suggested_rate_has_one_significant_digit(rates, losses, suggested):
    assert RateTrial(rates, losses).suggested == suggested
