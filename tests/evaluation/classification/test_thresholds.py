"""Suggested thresholds agree with an exhaustive search with scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
import sklearn.metrics as oracle

from syntagma.evaluation.classification.thresholds import suggest_thresholds

TRIED = [round(k / 100, 2) for k in range(1, 100)]


def predict(split, threshold):
    return (split.probabilities if split.multilabel else split.probabilities[:, 1]) >= threshold


def macro_f1(split, threshold):
    return oracle.f1_score(split.gold, predict(split, threshold), average="macro", zero_division=0)


@pytest.mark.parametrize("kind", ["binary", "multilabel"])
@pytest.mark.parametrize("seed", range(3))
def test_the_threshold_has_the_best_macro_f1_on_dev(report_input, kind, seed):
    splits = report_input(kind, seed=seed).splits
    suggestion = suggest_thresholds(splits)
    figures = [macro_f1(splits["dev"], threshold) for threshold in TRIED]
    best = [threshold for threshold, figure in zip(TRIED, figures, strict=True) if figure > max(figures) - 1e-9]
    assert suggestion["threshold"] in best
    assert abs(suggestion["threshold"] - 0.5) == pytest.approx(min(abs(threshold - 0.5) for threshold in best))
    for name, split in splits.items():
        assert suggestion["splits"][name] == {
            "before": pytest.approx(macro_f1(split, 0.5)),
            "after": pytest.approx(macro_f1(split, suggestion["threshold"])),
        }
    assert (suggestion["chosen_on"], suggestion["figure"]) == ("dev", "macro_f1")


def test_each_label_has_a_threshold_with_its_best_f1_on_dev(report_input):
    splits = report_input("multilabel").splits
    suggestion = suggest_thresholds(splits)
    for k, row in enumerate(suggestion["labels"]):
        gold = {name: split.gold[:, k] for name, split in splits.items()}
        f1 = [oracle.f1_score(gold["dev"], predict(splits["dev"], one)[:, k]) for one in TRIED]
        assert row["splits"]["dev"]["after"] == pytest.approx(max(f1))
        assert (row["label"], row["rows"]) == (splits["dev"].labels[k], gold["dev"].sum())
        for name, split in splits.items():
            assert row["splits"][name]["before"] == pytest.approx(
                oracle.f1_score(gold[name], predict(split, 0.5)[:, k])
            )
    own = np.array([row["threshold"] for row in suggestion["labels"]], np.float32)
    for name, split in splits.items():
        assert suggestion["one_by_one"][name] == pytest.approx(macro_f1(split, own))


@pytest.mark.parametrize("kind", ["binary", "multilabel"])
def test_the_choice_does_not_depend_on_test_rows(report_input, kind):
    splits = report_input(kind).splits
    others = report_input(kind, seed=1).splits["test"]
    suggestion, changed = suggest_thresholds(splits), suggest_thresholds({**splits, "test": others})
    assert suggestion["threshold"] == changed["threshold"]
    assert suggestion["splits"]["dev"] == changed["splits"]["dev"]
    assert [row["threshold"] for row in suggestion.get("labels", [])] == [
        row["threshold"] for row in changed.get("labels", [])
    ]
    assert suggestion["splits"]["test"] != changed["splits"]["test"]


def test_a_rare_label_keeps_its_threshold(report_input):
    splits = report_input("multilabel").splits
    gold = splits["dev"].gold.copy()
    gold[4:, 0] = 0
    suggestion = suggest_thresholds({**splits, "dev": replace(splits["dev"], gold=gold)})
    assert suggestion["labels"][0]["threshold"] == 0.5
    assert suggestion["labels"][1]["threshold"] != 0.5


def test_nothing_is_suggested_for_multiclass_data_or_without_enough_dev_rows(report_input):
    assert suggest_thresholds(report_input("multiclass").splits) is None
    assert suggest_thresholds(report_input("binary", rows={"test": 90}).splits) is None
    assert suggest_thresholds(report_input("binary", rows={"dev": 0, "test": 90}).splits) is None
    assert suggest_thresholds(report_input("binary", rows={"dev": 6, "test": 90}).splits) is None
    assert suggest_thresholds({}) is None
