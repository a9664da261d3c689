"""The largest values along a long axis."""

import numpy as np
import pytest
from keras import ops

from syntagma.ops.extremes import largest

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("size", [7, 1024, 1025, 5003])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_largest_values_come_first_with_their_indices(size, count):
    array = np.random.default_rng(size).permutation(6 * size).reshape(2, 3, size).astype(np.float32) - 3 * size
    values, indices = (ops.convert_to_numpy(one) for one in largest(ops.convert_to_tensor(array), count))
    expected = np.argsort(-array, axis=-1)[..., :count]
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_array_equal(values, np.take_along_axis(array, expected, axis=-1))


def test_more_values_than_groups_are_found():
    array = np.random.default_rng(0).permutation(1024).astype(np.float32)[None]
    values, indices = (ops.convert_to_numpy(one) for one in largest(ops.convert_to_tensor(array), 400))
    np.testing.assert_array_equal(values[0], np.arange(1023, 623, -1))
    np.testing.assert_array_equal(array[0, indices[0]], values[0])


@pytest.mark.parametrize("count", [1, 3, 10])
def test_equal_values_have_different_indices(count):
    array = np.full((1, 2000), -1e30, np.float32)
    array[0, [5, 1999]] = -2.0
    values, indices = (ops.convert_to_numpy(one)[0] for one in largest(ops.convert_to_tensor(array), count))
    assert len(set(indices.tolist())) == count
    assert indices.max() < 2000
    np.testing.assert_array_equal(values, np.sort(array[0])[::-1][:count])
    assert set(indices[:2].tolist()) <= {5, 1999}
