"""Intervals, comparisons and the verdict of generated texts."""

import time

import numpy as np
import pytest
import sacrebleu

from syntagma.evaluation.generation.counts import count_texts, draw_scores
from syntagma.evaluation.generation.figures import (
    baseline_records,
    bootstrap_figure,
    compare_texts,
    generation_verdict,
    main_metric,
    show_difference,
    show_score,
    split_figures,
)
from syntagma.evaluation.generation.predictions import GeneratedSplit
from syntagma.evaluation.generation.scores import COMPARED, text_scores
from syntagma.tasks.comparing import RunComparison


def test_intervals_contain_the_score_and_agree_with_a_bootstrap_of_texts(make_split):
    split = make_split()
    figures = split_figures(split)[""]
    for name, value in text_scores(split.texts, split.references).items():
        assert figures[name]["value"] == pytest.approx(value)
        assert figures[name]["low"] <= figures[name]["value"] <= figures[name]["high"]
    random = np.random.default_rng(5)
    samples = []
    for _ in range(60):
        rows = random.integers(0, len(split), len(split))
        texts, gold = ([side[row] for row in rows] for side in (split.texts, split.references))
        samples.append(sacrebleu.corpus_bleu(texts, [gold]).score)
    low, high = np.percentile(samples, [2.5, 97.5])
    assert (figures["bleu"]["low"], figures["bleu"]["high"]) == pytest.approx((low, high), abs=2)
    assert figures["exact_match"]["method"] == "Wilson"


def test_a_thousand_samples_of_a_thousand_rows_are_fast(make_split):
    split = make_split(rows=40)
    random = np.random.default_rng(0)
    counts = {
        "": {
            name: np.tile(table, (25, 1)) + random.random((1000, 1)) * 1e-6  # distinct rows, which cannot be grouped
            for name, table in count_texts(split.texts, split.references).items()
        }
    }
    started = time.perf_counter()
    draws = draw_scores(counts)
    assert draws[""]["bleu"].shape == (1000,)
    assert time.perf_counter() - started < 2  # about 0.2 s on an idle machine


def test_systems_are_drawn_together(make_split):
    split = make_split()
    counts = count_texts(split.texts, split.references)
    draws = draw_scores({"": counts, "same": counts})
    for name in COMPARED:
        np.testing.assert_array_equal(draws[""][name], draws["same"][name])


@pytest.mark.parametrize(("noise", "outcome"), [(0.2, "better"), (0.0, "no difference")])
def test_the_verdict_compares_with_the_best_baseline(make_input, make_split, noise, outcome):
    splits = {"dev": make_split(1, 40, noise), "test": make_split(2, 60, noise)}
    inputs = make_input(splits=splits)
    figures = {name: split_figures(split) for name, split in splits.items()}
    records = baseline_records(figures, "test")
    found = generation_verdict(inputs, records, figures["test"][""])
    assert found["outcome"] == outcome
    assert (found["against"], found["chosen_on"], found["tested_on"]) == ("worse", "dev", "test")
    ours, theirs = (figures["test"][title]["bleu"]["value"] for title in ("", "worse"))
    assert f"BLEU {ours:.1f} vs. {theirs:.1f} on test" in found["sentence"]
    test = records[0]["test"]["bleu"]
    assert test["difference"]["value"] == pytest.approx(ours - theirs)
    assert f"a difference of {show_difference('bleu', ours - theirs)} points" in found["sentence"]


def test_the_verdict_uses_exact_match_for_short_references_or_on_request(make_input, make_split):
    inputs = make_input(splits={"test": make_split(words=(1, 3))})
    assert main_metric(inputs) == "exact_match"
    figures = {"test": split_figures(inputs.splits["test"])}
    sentence = generation_verdict(inputs, baseline_records(figures, "test"), figures["test"][""])["sentence"]
    assert "exact match on test, a difference of" in sentence
    assert "percentage points" in sentence
    assert main_metric(make_input(metric="exact_match")) == "exact_match"
    assert main_metric(make_input(splits={})) == "bleu"
    assert generation_verdict(make_input(splits={}), [], {})["outcome"] == "no baseline"


def test_two_runs_are_compared_by_all_metrics(make_split):
    first = make_split(3, noise=0.1)
    gold = first.references
    figures = compare_texts(gold, first.texts, first.baselines["worse"])
    assert list(figures) == ["bleu", "exact_match", "chrf", "rouge_l"]
    for name, figure in figures.items():
        ours, theirs = (text_scores(texts, gold)[name] for texts in (first.texts, first.baselines["worse"]))
        assert (figure["first"], figure["second"]) == pytest.approx((ours, theirs))
        assert figure["difference"] == pytest.approx(ours - theirs)
        assert figure["interval"][0] <= figure["difference"] <= figure["interval"][1]
        # Few of the outputs match exactly, so the difference in exact matches is within chance.
        assert (figure["p_value"] < 0.05) == (name != "exact_match")
    text = RunComparison(("one", "two"), len(gold), "pairs", figures).to_text()
    assert "one is better in BLEU." in text
    back = compare_texts(gold, first.baselines["worse"], first.texts)
    assert back["bleu"]["difference"] == -figures["bleu"]["difference"]
    same = compare_texts(gold, first.texts, first.texts)
    assert same["bleu"]["p_value"] == 1
    assert next(iter(compare_texts(gold, gold, gold, metric="exact_match"))) == "exact_match"


def test_perfect_outputs_have_an_interval_of_exact_matches_that_is_not_empty():
    texts = ["a b c d e"] * 10
    figure = bootstrap_figure(count_texts(texts, texts), "exact_match")
    assert 0.6 < figure["low"] < figure["value"] == figure["high"] == 1
    assert bootstrap_figure(count_texts(texts, texts), "bleu")["value"] == pytest.approx(100)


def test_an_empty_split_has_no_figures():
    assert split_figures(GeneratedSplit([], [], [])) == {"": {"rows": 0}}


def test_scores_are_formatted_by_their_scale():
    assert show_score("rouge_l", 0.5) == "50.0 %"
    assert show_score("perplexity", 1234.56) == "1,234.6"
    assert show_score("kept_rate", None) == "–"
    assert show_difference("exact_match", -0.031) == "−3.1"
    assert show_difference("bleu", 0.0) == "+0.0"
