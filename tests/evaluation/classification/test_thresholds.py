"""Thresholds that dev suggests, against trying all of them with scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
import sklearn.metrics as oracle

from syntagma.evaluation.classification.thresholds import suggest_thresholds

TRIED = [round(k / 100, 2) for k in range(1, 100)]


def decided(split, threshold):
    return (split.probabilities if split.multilabel else split.probabilities[:, 1]) >= threshold


def macro_f1(split, threshold):
    return oracle.f1_score(split.gold, decided(split, threshold), average="macro", zero_division=0)


@pytest.mark.parametrize("kind", ["binary", "multilabel"])
@pytest.mark.parametrize("seed", range(3))
def test_the_threshold_has_the_best_macro_f1_on_dev(reported, kind, seed):
    splits = reported(kind, seed=seed).splits
    found = suggest_thresholds(splits)
    figures = [macro_f1(splits["dev"], threshold) for threshold in TRIED]
    best = [threshold for threshold, figure in zip(TRIED, figures, strict=True) if figure > max(figures) - 1e-9]
    assert found["threshold"] in best
    assert abs(found["threshold"] - 0.5) == pytest.approx(min(abs(threshold - 0.5) for threshold in best))
    for name, split in splits.items():
        assert found["splits"][name] == {
            "before": pytest.approx(macro_f1(split, 0.5)),
            "after": pytest.approx(macro_f1(split, found["threshold"])),
        }
    assert (found["chosen_on"], found["figure"]) == ("dev", "macro_f1")


def test_each_label_has_a_threshold_with_its_best_f1_on_dev(reported):
    splits = reported("multilabel").splits
    found = suggest_thresholds(splits)
    for k, row in enumerate(found["labels"]):
        gold = {name: split.gold[:, k] for name, split in splits.items()}
        f1 = [oracle.f1_score(gold["dev"], decided(splits["dev"], one)[:, k]) for one in TRIED]
        assert row["splits"]["dev"]["after"] == pytest.approx(max(f1))
        assert (row["label"], row["rows"]) == (splits["dev"].labels[k], gold["dev"].sum())
        for name, split in splits.items():
            assert row["splits"][name]["before"] == pytest.approx(
                oracle.f1_score(gold[name], decided(split, 0.5)[:, k])
            )
    own = np.array([row["threshold"] for row in found["labels"]], np.float32)
    for name, split in splits.items():
        assert found["one_by_one"][name] == pytest.approx(macro_f1(split, own))


@pytest.mark.parametrize("kind", ["binary", "multilabel"])
def test_test_rows_have_no_part_in_the_choice(reported, kind):
    splits = reported(kind).splits
    others = reported(kind, seed=1).splits["test"]
    found, changed = suggest_thresholds(splits), suggest_thresholds({**splits, "test": others})
    assert found["threshold"] == changed["threshold"]
    assert found["splits"]["dev"] == changed["splits"]["dev"]
    assert [row["threshold"] for row in found.get("labels", [])] == [
        row["threshold"] for row in changed.get("labels", [])
    ]
    assert found["splits"]["test"] != changed["splits"]["test"]


def test_a_rare_label_keeps_its_threshold(reported):
    splits = reported("multilabel").splits
    gold = splits["dev"].gold.copy()
    gold[4:, 0] = 0
    found = suggest_thresholds({**splits, "dev": replace(splits["dev"], gold=gold)})
    assert found["labels"][0]["threshold"] == 0.5
    assert found["labels"][1]["threshold"] != 0.5


def test_nothing_is_suggested_without_a_choice_or_without_rows_to_choose_on(reported):
    assert suggest_thresholds(reported("multiclass").splits) is None
    assert suggest_thresholds(reported("binary", rows={"test": 90}).splits) is None
    assert suggest_thresholds(reported("binary", rows={"dev": 0, "test": 90}).splits) is None
    assert suggest_thresholds(reported("binary", rows={"dev": 6, "test": 90}).splits) is None
    assert suggest_thresholds({}) is None
