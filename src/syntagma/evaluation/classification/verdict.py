"""Is the neural model better than the best linear one? Paired tests, and a sentence."""

from dataclasses import asdict
from typing import Any

from syntagma.evaluation.baselines import TITLES
from syntagma.evaluation.classification.intervals import samples_for, split_scores
from syntagma.evaluation.classification.predicted import Predicted, ReportInput
from syntagma.evaluation.figures import NO_BASELINE, best_baseline, outcome_of
from syntagma.evaluation.pages.wording import lead_sentence
from syntagma.metrics.significance import Comparison, macro_f1, mcnemar, paired_bootstrap
from syntagma.shapes import FloatArray


def baselines(given: ReportInput, split: Predicted) -> list[dict[str, Any]]:
    """Each baseline: `name`, `title`, its scores by split, and the model's lead over it on the reported split.

    `accuracy_test` is McNemar's test, `macro_f1_test` a paired bootstrap; a positive difference favours the model.
    """
    return [
        {
            "name": name,
            "title": TITLES.get(name, name),
            "splits": {
                key: split_scores(given, other, other.baselines[name])
                for key, other in given.splits.items()
                if name in other.baselines
            },
            **_tests(given, split, probabilities),
        }
        for name, probabilities in split.baselines.items()
    ]


def verdict(given: ReportInput, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return whether the model is better than the better baseline, by accuracy; see `best_baseline`.

    Returns:
        `outcome` ("better", "worse", "no difference" or "no baseline"), `sentence`, and, where there is a baseline,
        `against` (its name), `chosen_on` (a split), `tested_on`, and `by_macro_f1`, the outcome by macro F1.
    """
    reported = given.reported
    if reported is None or not found:
        return NO_BASELINE
    has_dev = "dev" in given.splits and len(given.splits["dev"]) > 0
    best, chosen_on, other = best_baseline(found, "accuracy", reported, has_dev=has_dev)
    test, theirs = best["accuracy_test"], best["splits"][reported]["accuracy"]["value"]
    rows = len(given.splits[reported])
    what = f"of {given.row_names[1]} with all labels right" if given.kind == "multilabel" else "accuracy"
    return {
        "outcome": outcome_of(test),
        "sentence": lead_sentence(test, other, theirs, rows, what=f"{what} on {reported}", how="McNemar's test"),
        "against": best["name"],
        "chosen_on": chosen_on,
        "tested_on": reported,
        "by_macro_f1": outcome_of(best["macro_f1_test"]),
    }


def _tests(given: ReportInput, split: Predicted, probabilities: FloatArray) -> dict[str, Any]:
    rows = (split.gold, given.decided(split), given.decided(split, probabilities), len(given.labels))
    samples = samples_for(split.gold)
    return {
        "accuracy_test": _record(mcnemar(*rows, samples=samples)),
        "macro_f1_test": _record(paired_bootstrap(*rows, macro_f1, samples)),
    }


def _record(found: Comparison) -> dict[str, Any]:
    return asdict(found) | {"odds_ratio": found.odds_ratio}
