"""Comparison of the neural model with its baselines in paired significance tests."""

from dataclasses import asdict
from typing import Any

from syntagma.evaluation.baselines import TITLES
from syntagma.evaluation.classification.intervals import bootstrap_samples, split_scores
from syntagma.evaluation.classification.predictions import Predictions, ReportInput
from syntagma.evaluation.figures import NO_BASELINE, best_baseline, judge_test
from syntagma.evaluation.pages.wording import comparison_sentence
from syntagma.metrics.significance import Comparison, macro_f1, mcnemar, paired_bootstrap
from syntagma.shapes import FloatArray


def baselines(inputs: ReportInput, split: Predictions) -> list[dict[str, Any]]:
    """Score each baseline, and compare the model with each baseline in significance tests.

    Args:
        inputs: Input of the report, with all splits.
        split: Split that is reported in detail. The significance tests use this split.

    Returns:
        One record per baseline with `name`, `title`, `splits` (scores by split, see `split_scores`), `accuracy_test`
        (McNemar's test) and `macro_f1_test` (paired bootstrap). The tests contain `difference` (model minus baseline)
        and `p_value`.
    """
    return [
        {
            "name": name,
            "title": TITLES.get(name, name),
            "splits": {
                key: split_scores(inputs, other, other.baselines[name])
                for key, other in inputs.splits.items()
                if name in other.baselines
            },
            **_tests(inputs, split, probabilities),
        }
        for name, probabilities in split.baselines.items()
    ]


def verdict(inputs: ReportInput, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Compare the accuracy of the model with the accuracy of the best baseline (see `best_baseline`).

    Args:
        inputs: Input of the report.
        records: Result of `baselines`.

    Returns:
        `outcome` ("better", "worse", "no difference" or "no baseline") and `sentence`. If there is a baseline, also
        `against` (its name), `chosen_on` (split on which the baseline was selected), `tested_on` (split on which the
        model and the baseline were compared) and `by_macro_f1` (outcome for the macro F1).
    """
    reported = inputs.reported
    if reported is None or not records:
        return NO_BASELINE
    has_dev = "dev" in inputs.splits and len(inputs.splits["dev"]) > 0
    best, chosen_on, other = best_baseline(records, "accuracy", reported, has_dev=has_dev)
    test, theirs = best["accuracy_test"], best["splits"][reported]["accuracy"]["value"]
    rows = len(inputs.splits[reported])
    metric = f"{'subset accuracy' if inputs.kind == 'multilabel' else 'accuracy'} on {reported}"
    return {
        "outcome": judge_test(test),
        "sentence": comparison_sentence(test, other, theirs, rows, metric=metric, test_name="McNemar's test"),
        "against": best["name"],
        "chosen_on": chosen_on,
        "tested_on": reported,
        "by_macro_f1": judge_test(best["macro_f1_test"]),
    }


def _tests(inputs: ReportInput, split: Predictions, probabilities: FloatArray) -> dict[str, Any]:
    rows = (split.gold, inputs.predict(split), inputs.predict(split, probabilities), len(inputs.labels))
    samples = bootstrap_samples(split.gold)
    return {
        "accuracy_test": _record(mcnemar(*rows, samples=samples)),
        "macro_f1_test": _record(paired_bootstrap(*rows, macro_f1, samples)),
    }


def _record(comparison: Comparison) -> dict[str, Any]:
    return asdict(comparison) | {"odds_ratio": comparison.odds_ratio}
