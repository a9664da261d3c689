"""Comparing two run folders, before a task is asked to."""

from pathlib import Path

import pytest

from syntagma.errors import DataError, FolderError
from syntagma.runs.comparing import compare

RUNS = Path(__file__).parents[1] / "golden" / "runs"


def test_runs_for_different_tasks_are_not_compared():
    with pytest.raises(
        DataError, match=r"classification and .*tagging are for different tasks; they cannot be compared"
    ):
        compare(RUNS / "classification", RUNS / "tagging")


def test_a_model_that_is_no_run_is_not_compared():
    with pytest.raises(FolderError, match=r"model: is no run folder"):
        compare(RUNS / "classification", RUNS / "classification" / "model")
