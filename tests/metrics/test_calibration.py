"""Calibration metrics, compared with manual computations and known temperatures."""

import numpy as np
import pytest

from syntagma.metrics.calibration import (
    compute_probabilities,
    expected_calibration_error,
    fit_temperature,
    reliability,
)


def test_the_calibration_error_of_four_decisions_matches_a_manual_computation():
    # Bin [.5, .6): .55 correct, .57 wrong, so |.56 - .5|. Bin [.9, 1]: .95 and .91 correct, so |.93 - 1|.
    positive = np.array([0.55, 0.57, 0.95, 0.91])
    probabilities = np.stack([1 - positive, positive], axis=1)
    error = expected_calibration_error(np.array([1, 0, 1, 1]), probabilities, bins=10)
    assert error == pytest.approx(0.5 * 0.06 + 0.5 * 0.07)


def test_each_label_of_a_multilabel_row_is_a_decision():
    result = reliability(np.array([[1, 0], [0, 0]]), np.array([[0.95, 0.15], [0.85, 0.05]]), bins=10)
    assert result.count.tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 2, 2]
    assert result.accuracy[8:].tolist() == [0.5, 1.0]
    assert result.confidence[8:] == pytest.approx([0.85, 0.95])


def test_probabilities_at_the_bounds_belong_to_a_bin():
    result = reliability(np.array([0, 0]), np.array([[1.0, 0.0], [0.5, 0.5]]), bins=2)
    assert result.count.tolist() == [1, 1]


def test_no_rows_give_no_calibration_error():
    assert expected_calibration_error(np.array([], np.int64), np.zeros((0, 2))) == 0


def draw_logits_and_labels(kind, temperature, rows=20_000):
    """Return logits, and labels drawn from them at a temperature."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (rows, 1 if kind == "binary" else 4)).astype(np.float32)
    p = compute_probabilities(logits, kind, temperature).astype(np.float64)
    if kind == "multilabel":
        return logits, (random.random(p.shape) < p).astype(np.float32)
    return logits, np.array([random.choice(p.shape[1], p=row / row.sum()) for row in p])


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_scaling_recovers_the_true_temperature_and_calibrates(kind, temperature):
    logits, gold = draw_logits_and_labels(kind, temperature)
    result = fit_temperature(logits, gold, kind)
    assert result == pytest.approx(temperature, rel=0.06)
    assert expected_calibration_error(gold, compute_probabilities(logits, kind, result)) < 0.012
    if temperature != 1:
        assert expected_calibration_error(gold, compute_probabilities(logits, kind)) > 0.04


def test_the_temperature_is_bounded_if_all_predictions_are_correct():
    assert 0.04 < fit_temperature(np.array([[9.0], [-9.0]], np.float32), np.array([1, 0]), "binary") < 0.5
    assert 15 < fit_temperature(np.array([[9.0], [-9.0]], np.float32), np.array([0, 1]), "binary") < 21
    assert fit_temperature(np.zeros((0, 1), np.float32), np.array([], np.int64), "binary") == 1


def test_a_temperature_does_not_change_decisions():
    logits = np.random.default_rng(1).normal(size=(50, 5)).astype(np.float32)
    for temperature in (0.2, 7.0):
        p = compute_probabilities(logits, "multiclass", temperature)
        np.testing.assert_array_equal(p.argmax(axis=1), logits.argmax(axis=1))
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
