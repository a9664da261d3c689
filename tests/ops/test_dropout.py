"""Dropout of words, with fixed random numbers."""

import numpy as np
import pytest
from keras import ops

from syntagma.ops.dropout import drop_word_types, drop_words

pytestmark = pytest.mark.backend

VECTORS = np.arange(1, 13, dtype=np.float32).reshape(2, 3, 2)


def tensor(array):
    return ops.convert_to_tensor(array)


def test_tokens_below_the_rate_are_dropped_and_the_others_kept():
    noise = np.array([[0.1, 0.9, 0.5], [0.49, 0.5, 0.0]], np.float32)
    result = ops.convert_to_numpy(drop_words(tensor(VECTORS), tensor(noise), 0.5))
    assert np.array_equal(result, VECTORS * np.array([[0, 1, 1], [0, 1, 0]])[..., None])


def test_all_occurrences_of_a_word_are_dropped_and_the_others_rescaled():
    ids = np.array([[0, 1, 2], [1, 1, 3]])
    noise = np.array([0.9, 0.1, 0.8, 0.2], np.float32)
    result = ops.convert_to_numpy(drop_word_types(tensor(VECTORS), tensor(ids), tensor(noise), 0.5))
    assert np.array_equal(result, VECTORS * np.array([[2, 0, 2], [0, 0, 0]])[..., None])
