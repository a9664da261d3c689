"""Too many rows and labels are refused before memory is allocated."""

import numpy as np
import pytest

from syntagma.errors import DataError
from syntagma.evaluation.classification import sizes
from syntagma.evaluation.classification.scores import log_loss
from syntagma.evaluation.classification.sizes import check_scoring_size, check_target_size
from syntagma.metrics.calibration import reliability


def test_sizes_within_the_limits_are_accepted():
    check_scoring_size(10_000, 10_000, "test")
    check_target_size(100_000, 4_000, "train")
    check_scoring_size(0, 10**9, "test")


def test_sizes_beyond_the_limits_are_refused_with_a_remedy():
    message = (
        r"^a\.csv: test: scoring 10,000 rows with 100,000 labels needs 1,000,000,000 probabilities \(4\.0 GB\), in "
        r"several copies; the limit is 100,000,000\. Provide dev and test files with at most 1,000 rows"
    )
    with pytest.raises(DataError, match=message):
        check_scoring_size(10_000, 100_000, "a.csv: test")
    with pytest.raises(
        DataError, match=r"100,000 rows with 50,000 labels needs 5,000,000,000 targets \(20\.0 GB\).*10,000 rows"
    ):
        check_target_size(100_000, 50_000, "a.csv")
    check_scoring_size(1_000, 100_000, "test")
    assert sizes.MOST_SCORED < sizes.MOST_TARGETS


@pytest.mark.parametrize("several", [False, True])
def test_memory_saving_computation_equals_float64(several):
    random = np.random.default_rng(0)
    p = random.dirichlet(np.ones(7), 90).astype(np.float32)
    p[0] = [0, 0, 0, 0, 0, 0, 1]
    gold = (random.random((90, 7)) < 0.3).astype(int) if several else random.integers(0, 7, 90)
    exact = p.astype(np.float64)
    chosen = np.where(gold > 0, exact, 1 - exact) if several else exact[np.arange(90), gold]
    before = p.copy()
    assert log_loss(gold, p) == -np.log(np.maximum(chosen, np.finfo(np.float32).tiny)).mean()
    confidence = np.maximum(exact, 1 - exact).ravel() if several else exact.max(axis=1)
    result = reliability(gold, p, 5)
    assert result.count.sum() == confidence.size
    assert (result.confidence * result.count)[result.count > 0].sum() == pytest.approx(confidence.sum())
    np.testing.assert_array_equal(p, before)  # the input is not modified
