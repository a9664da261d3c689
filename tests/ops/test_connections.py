"""The gate of a highway."""

import numpy as np
import pytest
from keras import ops

from syntagma.ops.connections import highway

pytestmark = pytest.mark.backend


def test_a_gate_of_zero_lets_the_input_pass_and_one_what_was_made_of_it():
    inputs, made, gate = np.array([[1.0, 2.0, 4.0]]), np.array([[5.0, 6.0, 8.0]]), np.array([[0.0, 1.0, 0.25]])
    assert ops.convert_to_numpy(highway(inputs, made, gate)).tolist() == [[1, 6, 5]]
