"""Calibration against numbers worked out by hand, and against what it is for."""

import numpy as np
import pytest

from syntagma.metrics.calibration import (
    expected_calibration_error,
    fit_temperature,
    probabilities_of,
    reliability,
)


def test_the_error_of_four_decisions_is_as_worked_out_by_hand():
    # In [.5, .6): .55 right, .57 wrong: |.56 - .5| of 2; in [.9, 1]: .95 right, .91 right: |.93 - 1| of 2.
    positive = np.array([0.55, 0.57, 0.95, 0.91])
    probabilities = np.stack([1 - positive, positive], axis=1)
    error = expected_calibration_error(np.array([1, 0, 1, 1]), probabilities, bins=10)
    assert error == pytest.approx(0.5 * 0.06 + 0.5 * 0.07)


def test_every_label_of_several_is_a_decision():
    found = reliability(np.array([[1, 0], [0, 0]]), np.array([[0.95, 0.15], [0.85, 0.05]]), bins=10)
    assert found.count.tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 2, 2]
    assert found.accuracy[8:].tolist() == [0.5, 1.0]
    assert found.confidence[8:] == pytest.approx([0.85, 0.95])


def test_the_bounds_belong_to_a_bin():
    found = reliability(np.array([0, 0]), np.array([[1.0, 0.0], [0.5, 0.5]]), bins=2)
    assert found.count.tolist() == [1, 1]


def test_nothing_to_judge_is_no_error():
    assert expected_calibration_error(np.array([], np.int64), np.zeros((0, 2))) == 0


def drawn(kind, temperature, rows=20_000):
    """Logits and labels drawn from them at a temperature."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (rows, 1 if kind == "binary" else 4)).astype(np.float32)
    p = probabilities_of(logits, kind, temperature).astype(np.float64)
    if kind == "multilabel":
        return logits, (random.random(p.shape) < p).astype(np.float32)
    return logits, np.array([random.choice(p.shape[1], p=row / row.sum()) for row in p])


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_labels_were_drawn_at_is_found_and_mends_the_error(kind, temperature):
    logits, gold = drawn(kind, temperature)
    found = fit_temperature(logits, gold, kind)
    assert found == pytest.approx(temperature, rel=0.06)
    assert expected_calibration_error(gold, probabilities_of(logits, kind, found)) < 0.012
    if temperature != 1:
        assert expected_calibration_error(gold, probabilities_of(logits, kind)) > 0.04


def test_a_temperature_stays_within_bounds_where_all_is_right():
    assert 0.04 < fit_temperature(np.array([[9.0], [-9.0]], np.float32), np.array([1, 0]), "binary") < 0.5
    assert 15 < fit_temperature(np.array([[9.0], [-9.0]], np.float32), np.array([0, 1]), "binary") < 21
    assert fit_temperature(np.zeros((0, 1), np.float32), np.array([], np.int64), "binary") == 1


def test_a_temperature_changes_no_decision():
    logits = np.random.default_rng(1).normal(size=(50, 5)).astype(np.float32)
    for temperature in (0.2, 7.0):
        p = probabilities_of(logits, "multiclass", temperature)
        np.testing.assert_array_equal(p.argmax(axis=1), logits.argmax(axis=1))
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
