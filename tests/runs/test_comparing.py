"""Checks before two run folders are compared by their task."""

from pathlib import Path

import pytest

from syntagma.errors import DataError, FolderError
from syntagma.runs.comparing import compare

RUNS = Path(__file__).parents[1] / "golden" / "runs"


def test_runs_of_different_tasks_are_refused():
    with pytest.raises(
        DataError, match=r"classification and .*tagging belong to different tasks and cannot be compared"
    ):
        compare(RUNS / "classification", RUNS / "tagging")


def test_a_bundle_without_a_run_is_refused():
    with pytest.raises(FolderError, match=r"model: is not a run folder"):
        compare(RUNS / "classification", RUNS / "classification" / "model")
