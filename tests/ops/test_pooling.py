import keras
import numpy as np
import pytest
from keras import ops

from syntagma.ops.pooling import masked_average, masked_max

pytestmark = pytest.mark.backend

LENGTHS = [3, 0, 5, 1]


@pytest.fixture
def sequences():
    # All negative, so a zero from padding would be the maximum.
    return -np.random.default_rng(3).uniform(0.5, 9, (4, 5, 2)).astype(np.float32)


@pytest.fixture
def mask():
    return np.arange(5) < np.array(LENGTHS)[:, None]


def loop_over_rows(sequences, reduce):
    rows = [reduce(sequences[row, :length], axis=0) if length else np.zeros(2) for row, length in enumerate(LENGTHS)]
    return np.array(rows, np.float32)


@pytest.mark.parametrize(("pool", "reduce"), [(masked_max, np.max), (masked_average, np.mean)])
def test_pooling_equals_a_loop_over_rows_and_an_empty_row_gives_zeros(sequences, mask, pool, reduce):
    pooled = ops.convert_to_numpy(pool(sequences, mask))
    assert np.allclose(pooled, loop_over_rows(sequences, reduce), atol=1e-6)
    assert not pooled[1].any()


@pytest.mark.parametrize("pool", [masked_max, masked_average])
@pytest.mark.parametrize("filler", [0.0, 1e30, np.inf, np.nan])
def test_values_at_padding_are_never_read(sequences, mask, pool, filler):
    expected = ops.convert_to_numpy(pool(sequences, mask))
    filled = np.where(mask[:, :, None], sequences, np.float32(filler))
    assert np.array_equal(ops.convert_to_numpy(pool(filled, mask)), expected)


@pytest.mark.parametrize(("pool", "reduce"), [(masked_max, np.max), (masked_average, np.mean)])
def test_without_a_mask_every_token_counts(sequences, pool, reduce):
    assert np.allclose(ops.convert_to_numpy(pool(sequences)), reduce(sequences, axis=1), atol=1e-6)


@pytest.mark.parametrize("pool", [masked_max, masked_average])
def test_a_numeric_mask_works_like_a_boolean_one(sequences, mask, pool):
    expected = ops.convert_to_numpy(pool(sequences, mask))
    assert np.array_equal(ops.convert_to_numpy(pool(sequences, mask.astype("int32"))), expected)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("pool", [masked_max, masked_average])
def test_half_precision_is_finite_and_close(sequences, mask, pool, dtype):
    pooled = pool(ops.cast(sequences, dtype), mask)
    assert keras.backend.standardize_dtype(pooled.dtype) == dtype
    expected = ops.convert_to_numpy(pool(sequences, mask))
    # bfloat16 has 8 bits, so a relative step of 2^-8; the mean accumulates a few of these errors.
    assert np.allclose(ops.convert_to_numpy(ops.cast(pooled, "float32")), expected, rtol=0.03)


def test_the_maximum_of_very_low_float16_values_is_found():
    lowest = np.full((1, 2, 1), -60000, np.float16)
    assert float(ops.convert_to_numpy(masked_max(lowest, np.array([[True, False]])))[0, 0]) == -60000
