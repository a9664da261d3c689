"""Gate of highway connections."""

import numpy as np
import pytest
from keras import ops

from syntagma.ops.connections import highway

pytestmark = pytest.mark.backend


def test_a_gate_of_zero_passes_the_input_and_a_gate_of_one_the_transformation():
    inputs, made, gate = np.array([[1.0, 2.0, 4.0]]), np.array([[5.0, 6.0, 8.0]]), np.array([[0.0, 1.0, 0.25]])
    assert ops.convert_to_numpy(highway(inputs, made, gate)).tolist() == [[1, 6, 5]]
