"""Too many rows and labels are refused from their numbers alone."""

import numpy as np
import pytest

from syntagma.errors import DataError
from syntagma.evaluation.classification import sizes
from syntagma.evaluation.classification.scores import log_loss
from syntagma.evaluation.classification.sizes import check_scored, check_targets
from syntagma.metrics.calibration import reliability


def test_what_fits_is_let_through():
    check_scored(10_000, 10_000, "test")
    check_targets(100_000, 4_000, "train")
    check_scored(0, 10**9, "test")


def test_what_does_not_fit_is_refused_with_sizes_and_a_remedy():
    message = (
        r"^a\.csv: test: scoring 10,000 rows with 100,000 labels needs 1,000,000,000 probabilities \(4\.0 GB\) several "
        r"times over; at most 100,000,000 are scored together\. Hold out at most 1,000 rows"
    )
    with pytest.raises(DataError, match=message):
        check_scored(10_000, 100_000, "a.csv: test")
    with pytest.raises(
        DataError, match=r"several of 50,000 labels need 5,000,000,000 numbers \(20\.0 GB\).*10,000 rows"
    ):
        check_targets(100_000, 50_000, "a.csv")
    check_scored(1_000, 100_000, "test")
    assert sizes.MOST_SCORED < sizes.MOST_TARGETS


@pytest.mark.parametrize("several", [False, True])
def test_figures_that_save_memory_are_those_in_float64(several):
    random = np.random.default_rng(0)
    p = random.dirichlet(np.ones(7), 90).astype(np.float32)
    p[0] = [0, 0, 0, 0, 0, 0, 1]
    gold = (random.random((90, 7)) < 0.3).astype(int) if several else random.integers(0, 7, 90)
    exact = p.astype(np.float64)
    chosen = np.where(gold > 0, exact, 1 - exact) if several else exact[np.arange(90), gold]
    before = p.copy()
    assert log_loss(gold, p) == -np.log(np.maximum(chosen, np.finfo(np.float32).tiny)).mean()
    confidence = np.maximum(exact, 1 - exact).ravel() if several else exact.max(axis=1)
    found = reliability(gold, p, 5)
    assert found.count.sum() == confidence.size
    assert (found.confidence * found.count)[found.count > 0].sum() == pytest.approx(confidence.sum())
    np.testing.assert_array_equal(p, before)  # what is given stays as it is
