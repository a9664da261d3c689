"""A single prediction imports only what it needs, and skipped packages can still be imported later."""

import subprocess
import sys

import pytest

_CODE = """
import sys
from syntagma.cli.lean_imports import import_for_predicting

import_for_predicting()
import syntagma.runs.predicting
from syntagma.tasks import registry

for name in registry.names():
    registry.task(name)
heavy = ("pandas", "matplotlib", "polars", "scipy.stats", "sklearn.linear_model", "sklearn.metrics", "jinja2")
print([name for name in heavy if name in sys.modules])
import pandas
import scipy.stats
from sklearn.linear_model import LogisticRegression
from sklearn.utils.fixes import scipy as theirs

print(theirs.stats.norm.cdf(0), LogisticRegression().fit([[0], [1]], [0, 1]).predict([[1]]))
"""


def test_predicting_imports_neither_pandas_nor_scipy_stats():
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[]", "0.5 [1]"]


def test_modules_that_are_already_imported_are_left_alone():
    from syntagma.cli.lean_imports import import_for_predicting

    before = dict(sys.modules)
    import_for_predicting()
    assert sys.modules == before
    assert sys.modules["pytest"] is pytest
