"""Run each test with an argument `name` for every layer of the table."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import layer_table


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" not in metafunc.fixturenames:
        return
    names = sorted(layer_table.CASES)
    # Tests with "trained" in their name need a loss, and tests with "masked" layers that take an explicit mask.
    if "trained" in metafunc.function.__name__:
        names = [name for name in names if layer_table.CASES[name].loss is not None]
    if "masked" in metafunc.function.__name__:
        explicit = {"sequences", "queries", "weights", "states, tokens", "two spaces", "pointer"}
        names = [name for name in names if layer_table.CASES[name].inputs in explicit]
    metafunc.parametrize("name", names)
