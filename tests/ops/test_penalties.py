"""Penalty on the overlap_penalty of two feature spaces."""

import numpy as np
import pytest
from keras import ops

from syntagma.ops.penalties import overlap_penalty

pytestmark = pytest.mark.backend


def number(tensor):
    return float(ops.convert_to_numpy(tensor))


def test_overlap_penalty_is_the_squared_norm_of_the_mean_product():
    draw = np.random.default_rng(0)
    shared, private = (draw.normal(size=(6, size)).astype(np.float32) for size in (3, 2))
    assert number(overlap_penalty(shared, private)) == pytest.approx(np.sum((shared.T @ private / 6) ** 2), rel=1e-5)
    assert number(overlap_penalty(*(np.tile(one, (4, 1)) for one in (shared, private)))) == pytest.approx(
        number(overlap_penalty(shared, private)), rel=1e-5
    )


def test_padding_does_not_count_in_the_overlap():
    draw = np.random.default_rng(1)
    shared, private = (draw.normal(size=(2, 3, size)).astype(np.float32) for size in (3, 2))
    mask = np.array([[True, True, False], [True, False, False]])
    expected = number(overlap_penalty(shared[mask], private[mask]))
    shared[~mask] = np.inf
    assert number(overlap_penalty(shared, private, mask)) == pytest.approx(expected, rel=1e-5)
    assert number(overlap_penalty(shared, private, np.zeros((2, 3), bool))) == 0
