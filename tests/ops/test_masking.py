import keras
import numpy as np
import pytest

from syntagma.ops.masking import length_mask

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_a_mask_is_true_at_the_first_tokens_of_each_row(dtype):
    mask = keras.ops.convert_to_numpy(length_mask(np.array([2, 0, 4], dtype), 4))
    assert mask.dtype == bool
    assert mask.tolist() == [[True, True, False, False], [False] * 4, [True] * 4]


def test_a_length_beyond_the_padded_one_masks_nothing():
    assert keras.ops.convert_to_numpy(length_mask(np.array([9], "int32"), 3)).all()
