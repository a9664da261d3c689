"""Every test with an argument `name` runs for each layer of the table."""

import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import layer_table


@pytest.fixture(scope="package", autouse=True)
def _quick_compilation() -> Iterator[None]:
    """Most of the time of these tests is XLA compiling programs that run once."""
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" not in metafunc.fixturenames:
        return
    names = sorted(layer_table.CASES)
    if "trained" in metafunc.function.__name__:
        names = [name for name in names if layer_table.CASES[name].loss is not None]
    if "masked" in metafunc.function.__name__:
        explicit = {"sequences", "queries", "weights", "states, tokens", "two spaces", "pointer"}
        names = [name for name in names if layer_table.CASES[name].takes in explicit]
    metafunc.parametrize("name", names)
