import keras
import numpy as np
import pytest

from syntagma.layers import LengthMask

pytestmark = pytest.mark.backend


def test_only_the_shape_of_the_tokens_matters():
    lengths = np.array([1, 3], np.int32)
    masks = [
        keras.ops.convert_to_numpy(LengthMask()((np.full((2, 3), token, np.int32), lengths))).tolist()
        for token in (0, 7)
    ]
    assert masks[0] == masks[1] == [[True, False, False], [True, True, True]]


def test_a_symbolic_mask_is_boolean_and_has_the_shape_of_the_tokens():
    mask = LengthMask()((keras.Input((5,), dtype="int32"), keras.Input((), dtype="int32")))
    assert tuple(mask.shape) == (None, 5)
    assert mask.dtype == "bool"
