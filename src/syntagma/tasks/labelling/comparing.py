"""Two runs on the same labelled rows: is one better?"""

from typing import Any

import numpy as np

from syntagma.errors import DataError
from syntagma.evaluation.classification.predicted import Predicted
from syntagma.evaluation.classification.scores import decide
from syntagma.metrics.significance import Comparison, bootstrap, macro_f1, mcnemar, paired_bootstrap
from syntagma.tasks.comparing import RunComparison


def compare(first: Predicted, second: Predicted, names: tuple[str, str], split: str) -> RunComparison:
    """Compare two models by their predictions for the same rows: accuracy by McNemar's test, macro F1 by bootstrap.

    Raises:
        DataError: The runs were scored on other rows or with other labels.
    """
    if first.labels != second.labels:
        raise DataError(f"{names[0]} and {names[1]} have different labels; they cannot be compared.")
    if list(first.table.keys) != list(second.table.keys) or not np.array_equal(first.gold, second.gold):
        raise DataError(
            f"{names[0]} and {names[1]} were not scored on the same {split} rows. Train both on the same data, split "
            "alike."
        )
    gold, classes = first.gold, len(first.labels)
    decided, by_other = (decide(one.probabilities, one.multilabel) for one in (first, second))
    right = mcnemar(gold, decided, by_other, classes)
    figures = {
        "accuracy": _tested(right, bootstrap(gold, decided, classes, samples=1).value),
        "macro_f1": _tested(
            paired_bootstrap(gold, decided, by_other, classes),
            bootstrap(gold, decided, classes, macro_f1, samples=1).value,
        ),
    }
    more = (
        f"right in one only: {right.first_only:,} against {right.second_only:,} rows, odds ratio {right.odds_ratio:.2f}"
    )
    return RunComparison(names, len(gold), "rows", figures, (more,))


def _tested(found: Comparison, first: float) -> dict[str, Any]:
    return {
        "first": first,
        "difference": found.difference.value,
        "interval": [found.difference.low, found.difference.high],
        "p_value": found.p_value,
        "test": found.test,
        "first_only": found.first_only,
        "second_only": found.second_only,
    }
