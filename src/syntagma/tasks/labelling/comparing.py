"""Comparison of two classifiers' runs on the same labelled rows."""

from typing import Any

import numpy as np

from syntagma.errors import DataError
from syntagma.evaluation.classification.predictions import Predictions
from syntagma.evaluation.classification.scores import decide
from syntagma.metrics.significance import Comparison, bootstrap, macro_f1, mcnemar, paired_bootstrap
from syntagma.tasks.comparing import RunComparison


def compare(first: Predictions, second: Predictions, names: tuple[str, str], split: str) -> RunComparison:
    """Compare two runs. Accuracy is compared with McNemar's test, and macro F1 with a paired bootstrap test.

    Args:
        first: Predictions of the first run.
        second: Predictions of the second run for the same rows.
        names: Names of the two, such as the folders of runs.
        split: Name of the split that both runs were scored on, for messages.

    Raises:
        DataError: If the two runs were scored on different rows, or their models have different labels.
    """
    if first.labels != second.labels:
        raise DataError(f"{names[0]} and {names[1]} have different labels; they cannot be compared.")
    if list(first.table.keys) != list(second.table.keys) or not np.array_equal(first.gold, second.gold):
        raise DataError(
            f"{names[0]} and {names[1]} were not scored on the same {split} rows. Train both on the same data with the "
            "same splits."
        )
    gold, classes = first.gold, len(first.labels)
    decided, by_other = (decide(one.probabilities, one.multilabel, one.threshold) for one in (first, second))
    right = mcnemar(gold, decided, by_other, classes)
    figures = {
        "accuracy": _test_record(right, bootstrap(gold, decided, classes, samples=1).value),
        "macro_f1": _test_record(
            paired_bootstrap(gold, decided, by_other, classes),
            bootstrap(gold, decided, classes, macro_f1, samples=1).value,
        ),
    }
    more = (
        f"correct in one only: {right.first_only:,} against {right.second_only:,} rows, "
        f"odds ratio {right.odds_ratio:.2f}"
    )
    return RunComparison(names, len(gold), "rows", figures, (more,))


def _test_record(comparison: Comparison, first: float) -> dict[str, Any]:
    return {
        "first": first,
        "difference": comparison.difference.value,
        "interval": [comparison.difference.low, comparison.difference.high],
        "p_value": comparison.p_value,
        "test": comparison.test,
        "first_only": comparison.first_only,
        "second_only": comparison.second_only,
    }
