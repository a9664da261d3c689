import functools

import keras
import numpy as np
import pytest

from syntagma import backend
from syntagma.errors import ConfigError
from syntagma.tasks.registry import parse_recipe
from syntagma.tasks.series.network import SeriesNetworkConfig, build_series_network

pytestmark = pytest.mark.backend

WAYS = {
    "lstm": {},
    "last state": {"pooling": "last", "depth": 2},
    "convolved": {"convolutions": {"filters": 3, "widths": (3, 2), "depth": 2}},
    "pooled": {"convolutions": {"filters": 3, "widths": (3,), "depth": 2, "pool": 2, "dropout": 0.1}, "noise": 0.1},
    "pooled by three": {"convolutions": {"filters": 2, "widths": (2,), "pool": 3}, "pooling": "average"},
}


@functools.cache
def network(way):
    """Return a network as a function that is compiled for each shape."""
    keras.utils.set_random_seed(0)
    model = build_series_network(SeriesNetworkConfig(units=3, **WAYS[way]), 2, 4, "series")
    return backend.compile_function(lambda values, lengths: model({"values": values, "lengths": lengths}))


def logits(model, values, lengths):
    return keras.ops.convert_to_numpy(model(values, np.array(lengths, np.int32)))


@pytest.mark.parametrize("way", WAYS)
def test_padding_does_not_change_the_logits_of_a_series(way):
    """The logits are the same in a batch of one, next to a longer series, and with extra padding."""
    model, lengths = network(way), np.array([1, 2, 5, 7, 19])
    values = np.random.default_rng(0).normal(size=(5, 19, 2)).astype(np.float32)
    wide = np.where(np.arange(19)[:, None] < lengths[:, None, None], values, 0)
    together = logits(model, wide, lengths)
    assert together.shape == (5, 4)
    for rows in ([0], [2], [1, 3]):
        few = logits(model, wide[rows, : lengths[rows[-1]]], lengths[rows])
        np.testing.assert_allclose(together[rows], few, atol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_every_real_step_affects_the_logits(way):
    model = network(way)
    values = np.random.default_rng(1).normal(size=(1, 7, 2)).astype(np.float32)
    changed = np.repeat(values, 7, axis=0)
    for row, step in enumerate((0, 3, 6)):
        changed[1 + row, step] += 30
        changed[4 + row, step] -= 30  # a filter with ReLU may not react to one sign
    found = logits(model, changed, [7] * 7)
    distances = np.abs(found[1:] - found[0]).max(axis=1)
    assert np.maximum(distances[:3], distances[3:]).min() > 1e-4


def test_an_error_names_the_path_of_an_invalid_setting():
    recipe = """
name: odd
description: Odd.
task: series
model: {kind: series, convolutions: {pool: 0}}
training: {epochs: 1}
"""
    with pytest.raises(ConfigError, match=r"model\.convolutions\.pool"):
        parse_recipe(recipe, "odd")
