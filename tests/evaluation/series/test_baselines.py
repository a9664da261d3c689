"""Both baselines for series together."""

import numpy as np
import pytest

from syntagma.evaluation.series import baselines
from syntagma.evaluation.series.baselines import train_series_baselines
from syntagma.evaluation.series.dtw import MOST_ROWS
from syntagma.kernels import dtw as kernel
from syntagma.progress import quietly


@pytest.fixture
def notes(monkeypatch):
    found = []
    monkeypatch.setattr(baselines, "note", found.append)
    with quietly():
        yield found


def draw_levels(rows):
    """Draw series of two classes whose levels differ by 3 standard deviations of a step."""
    random = np.random.default_rng(rows)
    gold = np.arange(rows) % 2
    return [random.normal(3 * label, 1, (random.integers(3, 9), 2)).astype(np.float32) for label in gold], gold


@pytest.mark.skipif(not kernel.is_available(), reason="installed without a compiler")
def test_both_baselines_learn_the_level_of_series(notes):
    train, gold = draw_levels(40)
    test, truth = draw_levels(31)
    found = list(train_series_baselines(train, gold, 2, {"dev": test[:4], "test": test}))
    assert [one.name for one in found] == ["statistics", "dtw"]
    assert [one.title for one in found] == [
        "summary statistics + logistic regression",
        "nearest neighbour with dynamic time warping",
    ]
    for one in found:
        assert one.probabilities["dev"].shape == (4, 2)
        p = one.probabilities["test"]
        assert p.dtype == np.float32
        assert (p.argmax(axis=1) == truth).mean() > 0.9
        assert one.seconds > 0
    assert notes == []


def test_the_same_series_give_the_same_probabilities(notes):
    train, gold = draw_levels(12)
    first, second = (list(train_series_baselines(train, gold, 2, {"test": train})) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.probabilities["test"], other.probabilities["test"])


def test_without_the_native_library_dtw_is_skipped_with_a_note(notes, monkeypatch):
    monkeypatch.setattr(kernel.native, "library", lambda: None)
    train, gold = draw_levels(8)
    assert [one.name for one in train_series_baselines(train, gold, 2, {"test": train})] == ["statistics"]
    assert notes == [
        "Baseline nearest neighbour with dynamic time warping: skipped, because it needs the native library, "
        "which was not built when Syntagma was installed."
    ]


@pytest.mark.skipif(not kernel.is_available(), reason="installed without a compiler")
def test_dtw_is_skipped_for_too_many_training_series(notes):
    train, gold = draw_levels(MOST_ROWS + 1)
    assert [one.name for one in train_series_baselines(train, gold, 2, {"test": train[:2]})] == ["statistics"]
    assert "more than 1,000" in notes[0]
