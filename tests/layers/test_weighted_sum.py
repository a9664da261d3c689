import numpy as np
import pytest
from keras import ops

from syntagma.layers import WeightedSum

pytestmark = pytest.mark.backend

ONE, TWO = np.array([[1.0, 2.0]], np.float32), np.array([[10.0, 20.0]], np.float32)


def test_it_is_a_plain_sum_until_shares_are_set():
    layer = WeightedSum()
    assert ops.convert_to_numpy(layer([ONE, TWO])).tolist() == [[11, 22]]
    layer.set_shares([3.0, -0.5])
    assert ops.convert_to_numpy(layer([ONE, TWO])).tolist() == [[-2, -4]]


def test_shares_are_not_trained():
    layer = WeightedSum()
    layer.build([(None, 2)] * 3)
    assert layer.trainable_weights == []
    assert layer.shares.shape == (3,)
