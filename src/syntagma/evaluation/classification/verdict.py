"""Is the neural model better than the best linear one? Paired tests, and a sentence."""

from dataclasses import asdict
from typing import Any

from syntagma.evaluation.baselines import TITLES
from syntagma.evaluation.classification.intervals import samples_for, split_scores
from syntagma.evaluation.classification.predicted import Predicted, ReportInput
from syntagma.evaluation.figures import OPENINGS, outcome_of
from syntagma.evaluation.pages.wording import p_value_text, percent, points
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
            "accuracy_test": _accuracy_test(given, split, probabilities),
            "macro_f1_test": _macro_f1_test(given, split, probabilities),
        }
        for name, probabilities in split.baselines.items()
    ]


def verdict(given: ReportInput, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether the model is better than the better baseline.

    The better baseline is the one with the higher accuracy on dev; without dev, on the reported split itself.

    Args:
        given: The input.
        found: As `baselines` returns them.

    Returns:
        `outcome` ("better", "worse", "no difference" or "no baseline"), `sentence`, and, where there is a baseline,
        `against` (its name), `chosen_on` (a split), `tested_on`, and `by_macro_f1`, the outcome by macro F1.
    """
    reported = given.reported
    if reported is None or not found:
        return {"outcome": "no baseline", "sentence": "No baseline was scored: whether a network pays here is unknown."}
    chosen_on = _chosen_on(given, found)
    best = max(found, key=lambda baseline: baseline["splits"][chosen_on]["accuracy"]["value"])
    outcome = outcome_of(best["accuracy_test"])
    return {
        "outcome": outcome,
        "sentence": _sentence(given, best, outcome, alone=len(found) == 1, chosen_on=chosen_on),
        "against": best["name"],
        "chosen_on": chosen_on,
        "tested_on": reported,
        "by_macro_f1": outcome_of(best["macro_f1_test"]),
    }


def _accuracy_test(given: ReportInput, split: Predicted, probabilities: FloatArray) -> dict[str, Any]:
    first, second = given.decided(split), given.decided(split, probabilities)
    return _record(mcnemar(split.gold, first, second, len(given.labels), samples=samples_for(split.gold)))


def _macro_f1_test(given: ReportInput, split: Predicted, probabilities: FloatArray) -> dict[str, Any]:
    first, second, samples = given.decided(split), given.decided(split, probabilities), samples_for(split.gold)
    return _record(paired_bootstrap(split.gold, first, second, len(given.labels), macro_f1, samples))


def _record(found: Comparison) -> dict[str, Any]:
    return asdict(found) | {"odds_ratio": found.odds_ratio}


def _chosen_on(given: ReportInput, found: list[dict[str, Any]]) -> str:
    dev_is_known = "dev" in given.splits and len(given.splits["dev"])
    everywhere = all("dev" in baseline["splits"] for baseline in found)
    return "dev" if dev_is_known and everywhere else str(given.reported)


def _sentence(given: ReportInput, best: dict[str, Any], outcome: str, *, alone: bool, chosen_on: str) -> str:
    split = str(given.reported)
    rows = len(given.splits[split])
    test = best["accuracy_test"]
    gap = test["difference"]
    theirs = best["splits"][split]["accuracy"]["value"]
    what = f"of {given.row_names[1]} with all labels right" if given.kind == "multilabel" else "accuracy"
    other = best["title"] if alone else f"{best['title']}, the better baseline on {chosen_on}"
    opening = OPENINGS[outcome].format(other=other)
    return (
        f"{opening}: {percent(theirs + gap['value'], rows)} against {percent(theirs, rows)} {what} on {split}, "
        f"a difference of {points(gap['value'], rows)} points (95 % interval {points(gap['low'], rows)} to "
        f"{points(gap['high'], rows)}; McNemar's test, {p_value_text(test['p_value'])})."
    )
