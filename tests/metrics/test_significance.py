"""Intervals and paired tests, compared with independent computations."""

import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from syntagma.metrics import significance
from syntagma.metrics.significance import accuracy, bootstrap, macro_f1, mcnemar, paired_bootstrap


def draw_predictions(rows=400, classes=3, wrong=0.3, seed=0):
    """Return gold labels, and predictions of which a share is replaced with random labels."""
    random = np.random.default_rng(seed)
    gold = random.integers(0, classes, rows)
    return gold, np.where(random.random(rows) < wrong, random.integers(0, classes, rows), gold)


@pytest.mark.parametrize(
    ("statistic", "oracle"), [(accuracy, accuracy_score), (macro_f1, lambda *y: f1_score(*y, average="macro"))]
)
def test_the_metric_equals_that_of_scikit_learn(statistic, oracle):
    gold, decided = draw_predictions()
    assert bootstrap(gold, decided, 3, statistic).value == pytest.approx(oracle(gold, decided), abs=1e-12)


def test_the_multilabel_metric_equals_that_of_scikit_learn():
    random = np.random.default_rng(2)
    gold, decided = random.integers(0, 2, (2, 200, 4))
    assert bootstrap(gold, decided, 4).value == pytest.approx((gold == decided).all(axis=1).mean())
    assert bootstrap(gold, decided, 4, macro_f1).value == pytest.approx(f1_score(gold, decided, average="macro"))


def test_classes_that_neither_occur_nor_are_predicted_do_not_count():
    assert bootstrap(np.array([0, 1]), np.array([0, 1]), 5, macro_f1).value == 1


def test_the_interval_of_an_accuracy_is_close_to_the_normal_approximation():
    gold, decided = draw_predictions(rows=2000)
    result = bootstrap(gold, decided, 3, samples=4000)
    half = 1.96 * math.sqrt(result.value * (1 - result.value) / 2000)
    assert result.low == pytest.approx(result.value - half, abs=0.0025)
    assert result.high == pytest.approx(result.value + half, abs=0.0025)


def test_drawing_counts_equals_drawing_rows():
    """Compare the interval of the macro F1 with one drawn row by row, as in textbooks."""
    gold, decided = draw_predictions(rows=300)
    random = np.random.default_rng(5)
    rows = random.integers(0, 300, (1500, 300))
    is_gold, is_decided = (one[rows][:, :, None] == np.arange(3) for one in (gold, decided))
    hits, total = (is_gold & is_decided).sum(axis=1), is_gold.sum(axis=1) + is_decided.sum(axis=1)
    by_rows = (2 * hits / total).mean(axis=1)
    assert by_rows[0] == pytest.approx(f1_score(gold[rows[0]], decided[rows[0]], average="macro"))
    result = bootstrap(gold, decided, 3, macro_f1, samples=4000)
    np.testing.assert_allclose([result.low, result.high], np.percentile(by_rows, [2.5, 97.5]), atol=0.006)


def test_drawing_in_blocks_gives_the_requested_number_of_samples(monkeypatch):
    gold, decided = draw_predictions()
    monkeypatch.setattr(significance, "_BLOCK", 70)
    result = bootstrap(gold, decided, 3, samples=1000)
    assert result.low < result.value < result.high


def test_mcnemar_is_the_binomial_test_of_the_discordant_rows():
    gold = np.zeros(30, np.int64)
    first = np.array([0] * 20 + [0] * 8 + [1] * 2)
    second = np.array([0] * 20 + [1] * 8 + [0] * 2)
    result = mcnemar(gold, first, second, 2)
    assert (result.first_only, result.second_only) == (8, 2)
    by_hand = 2 * sum(math.comb(10, k) for k in range(3)) / 2**10
    assert result.p_value == pytest.approx(by_hand)
    assert result.difference.value == pytest.approx(0.2)
    assert result.difference.low < 0.2 < result.difference.high
    assert result.odds_ratio == pytest.approx(8.5 / 2.5)


def test_equal_models_do_not_differ():
    gold, decided = draw_predictions()
    for result in (mcnemar(gold, decided, decided, 3), paired_bootstrap(gold, decided, decided, 3)):
        assert result.p_value == 1
        assert (result.difference.value, result.difference.low, result.difference.high) == (0, 0, 0)
        assert result.odds_ratio == 1


def test_a_clear_difference_is_significant_and_has_the_right_sign():
    gold, good = draw_predictions(wrong=0.1, seed=1)
    bad = draw_predictions(wrong=0.6, seed=1)[1]
    for test in (mcnemar, paired_bootstrap):
        assert test(gold, good, bad, 3).p_value < 0.01
        assert test(gold, good, bad, 3).difference.low > 0
        assert test(gold, bad, good, 3).difference.high < 0


def test_the_false_positive_rate_matches_the_significance_level():
    """Without a difference, p < .05 occurs in at most about one of twenty cases."""
    below = 0
    for seed in range(200):
        gold, first = draw_predictions(rows=200, wrong=0.3, seed=seed)
        random = np.random.default_rng(seed + 1000)
        second = np.where(random.random(200) < 0.3, random.integers(0, 3, 200), gold)
        below += paired_bootstrap(gold, first, second, 3, samples=300).p_value < 0.05
    assert 1 <= below <= 22
