"""Makes the table model importable, and selects the tests that each backend runs in `make test` and test-backends."""

import sys
from pathlib import Path

import pytest

from syntagma import backend

sys.path.insert(0, str(Path(__file__).parent))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Run tests of many searches only on PyTorch; the others compile a program for each kind of search."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.backend)
            if item.get_closest_marker("many_searches") and backend.name() != "torch":
                item.add_marker(pytest.mark.long)
