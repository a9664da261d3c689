"""Run each test with an argument `name` for every layer of the table."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import layer_table

# Layers with a loss that are trained in `make test`, one of each family; training a layer compiles two programs. All
# of them are trained in `make test-long`.
_ONE_OF_EACH_FAMILY = {
    "AttentionDecoder",
    "AverageProbabilities",
    "CRF",
    "CharacterEncoder",
    "CoverageAttention",
    "Highway",
    "InitialState",
    "LSTM",
    "LanguageModelObjective",
    "MultiWidthConv1D",
    "PointerGenerator",
    "StructuredSelfAttention",
    "TiedSoftmax",
    "VariationalDropout",
    "WeightedSum",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" not in metafunc.fixturenames:
        return
    names = sorted(layer_table.CASES)
    # Tests with "trained" in their name need a loss, and tests with "masked" layers that take an explicit mask.
    if "trained" in metafunc.function.__name__:
        names = [
            pytest.param(name, marks=[pytest.mark.long] * (name not in _ONE_OF_EACH_FAMILY))
            for name in names
            if layer_table.CASES[name].loss is not None
        ]
    if "masked" in metafunc.function.__name__:
        explicit = {"sequences", "queries", "weights", "states, tokens", "two spaces", "pointer"}
        names = [name for name in names if layer_table.CASES[name].inputs in explicit]
    metafunc.parametrize("name", names)
