import keras
import numpy as np
import pytest

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


def network(way):
    keras.utils.set_random_seed(0)
    return build_series_network(SeriesNetworkConfig(units=3, **WAYS[way]), 2, 4, "series")


def logits(model, values, lengths):
    return keras.ops.convert_to_numpy(model({"values": values, "lengths": np.array(lengths, np.int32)}))


@pytest.mark.parametrize("way", WAYS)
def test_padding_does_not_change_the_logits_of_a_series(way):
    """The logits are the same in a batch of one, next to a longer series, and with extra padding."""
    model = network(way)
    random = np.random.default_rng(0)
    for length in (1, 2, 5, 8):
        one = random.normal(size=(1, length, 2)).astype(np.float32)
        alone = logits(model, one, [length])
        wide = np.zeros((2, 19, 2), np.float32)
        wide[0, :length], wide[1] = one[0], random.normal(size=(19, 2))
        np.testing.assert_allclose(logits(model, wide, [length, 19])[:1], alone, atol=1e-5)
    assert alone.shape == (1, 4)


@pytest.mark.parametrize("way", WAYS)
def test_every_real_step_affects_the_logits(way):
    model = network(way)
    values = np.random.default_rng(1).normal(size=(1, 7, 2)).astype(np.float32)
    before = logits(model, values, [7])
    for step in (0, 3, 6):
        distances = []
        for change in (30, -30):  # a filter with ReLU may not react to one sign
            changed = values.copy()
            changed[0, step] += change
            distances.append(np.abs(logits(model, changed, [7]) - before).max())
        assert max(distances) > 1e-4


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
