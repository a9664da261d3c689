"""Scores of generated texts with 95 % confidence intervals, and significance tests against baselines and other runs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from syntagma.evaluation.figures import NO_BASELINE, best_baseline, judge_test, share_interval
from syntagma.evaluation.generation.counts import FIGURES, Counts, count_texts, draw_scores, sum_scores
from syntagma.evaluation.generation.predictions import GeneratedSplit, GenerationReportInput
from syntagma.evaluation.generation.scores import COMPARED, choose_metric, generation_scores
from syntagma.evaluation.pages.wording import comparison_opening, comparison_sentence, p_value_text
from syntagma.metrics.significance import bootstrap_p_value, percentile_interval
from syntagma.shapes import AnyArray

_TEST = "paired bootstrap over rows"
# Metrics that are means of rows with the value 0 or 1.
_SHARES = ("exact_match", "repetition_rate")
# Names of metrics in sentences and tables.
METRICS = {
    "bleu": "BLEU",
    "bleu_lowercase": "BLEU, lower-cased",
    "chrf": "chrF",
    "exact_match": "Exact match",
    "rouge_l": "ROUGE-L",
    "length_ratio": "Length ratio",
    "repetition_rate": "Repetition rate",
    "perplexity": "Perplexity",
    "kept_rate": "Kept strings",
}
Draws = Mapping[str, Mapping[str, AnyArray]]


def main_metric(inputs: GenerationReportInput) -> str:
    """Return the key of the main metric: the given one, or the one that fits the references of the reported split."""
    if inputs.metric is not None or inputs.reported is None:
        return inputs.metric or "bleu"
    return choose_metric(inputs.splits[inputs.reported].references)


def split_figures(split: GeneratedSplit) -> dict[str, dict[str, Any]]:
    """Score the model and its baselines on a split, with confidence intervals.

    Args:
        split: Rows with references, outputs of the model, and outputs of its baselines.

    Returns:
        Scores by title; "" is the model, whose scores also have the other fields of `generation_scores`. The metrics in
        `FIGURES` are dicts with `value`, `low` and `high` (bounds of the 95 % confidence interval) and `method`. For
        baselines, also `test` by metric: the difference to the model, see `compare_texts`. A split without rows has
        only `{"": {"rows": 0}}`.
    """
    if not len(split):
        return {"": {"rows": 0}}
    counts = {title: count_texts(texts, split.references) for title, texts in _systems(split).items()}
    draws = draw_scores(counts)
    figures = {title: _intervals(counts[title], draws[title]) for title in counts}
    return {
        title: (
            {**generation_scores(split), **scores}
            if title == ""
            else {"rows": len(split), **scores, "test": _tests(counts, draws, title)}
        )
        for title, scores in figures.items()
    }


def baseline_records(figures: Mapping[str, Mapping[str, dict[str, Any]]], reported: str) -> list[dict[str, Any]]:
    """Arrange the scores of the baselines of all splits.

    Args:
        figures: Result of `split_figures` for each split.
        reported: Name of the split that is reported in detail. Only baselines of this split are returned.

    Returns:
        One record per baseline with `title`, `splits` (scores by split) and `test` (differences to the model on the
        reported split, by metric).
    """
    return [
        {
            "title": title,
            "splits": {
                name: {key: value for key, value in systems[title].items() if key != "test"}
                for name, systems in figures.items()
                if title in systems
            },
            "test": scores["test"],
        }
        for title, scores in figures[reported].items()
        if title
    ]


def generation_verdict(
    inputs: GenerationReportInput, baselines: list[dict[str, Any]], scores: Mapping[str, Any]
) -> dict[str, Any]:
    """Compare the main metric of the model with that of the best baseline (see `best_baseline`).

    Args:
        inputs: Input of the report.
        baselines: Result of `baseline_records`.
        scores: Scores of the model on the reported split.

    Returns:
        `outcome` ("better", "worse", "no difference" or "no baseline") and `sentence`. If there is a baseline, also
        `against` (its title), `chosen_on` (split on which the baseline was selected) and `tested_on` (split on which
        the model and the baseline were compared).
    """
    reported, metric = inputs.reported, main_metric(inputs)
    if reported is None or not baselines:
        return NO_BASELINE
    has_dev = "dev" in inputs.splits and len(inputs.splits["dev"]) > 0
    best, chosen_on, other = best_baseline(baselines, metric, reported, has_dev=has_dev)
    test, theirs = best["test"][metric], best["splits"][reported][metric]["value"]
    if metric == "exact_match":
        sentence = comparison_sentence(
            test, other, theirs, scores["rows"], metric=f"exact match on {reported}", test_name=_TEST
        )
    else:
        sentence = _bleu_sentence(test, other, scores[metric]["value"], theirs, reported)
    return {
        "outcome": judge_test(test),
        "sentence": sentence,
        "against": best["title"],
        "chosen_on": chosen_on,
        "tested_on": reported,
    }


def compare_texts(
    references: Sequence[str], first: Sequence[str], second: Sequence[str], metric: str | None = None
) -> dict[str, dict[str, Any]]:
    """Compare the outputs of two models, or of two searches, with a paired bootstrap test over rows (Koehn, 2004).

    Args:
        references: Reference of each row, at least one.
        first: Outputs of the first model.
        second: Outputs of the second model.
        metric: Main metric, or `None` to choose it by the references (see `choose_metric`).

    Returns:
        Comparison by metric, the main metric first. Each has `first` and `second` (scores of the models), `difference`
        (first minus second), `interval` (95 % confidence interval of the difference), `p_value` and `test`.
    """
    main = metric or choose_metric(references)
    counts = {"first": count_texts(first, references), "second": count_texts(second, references)}
    draws = draw_scores(counts, COMPARED)
    scores = {name: sum_scores(table) for name, table in counts.items()}
    figures = {}
    for name in sorted(COMPARED, key=lambda one: one != main):
        test = _paired_test(counts, draws, "first", "second", name)
        gap = test["difference"]
        figures[name] = {
            "first": scores["first"][name],
            "second": scores["second"][name],
            "difference": gap["value"],
            "interval": [gap["low"], gap["high"]],
            "p_value": test["p_value"],
            "test": _TEST,
        }
    return figures


def bootstrap_figure(counts: Counts, metric: str) -> dict[str, Any]:
    """Compute one metric with its 95 % confidence interval: `value`, `low`, `high` and `method`."""
    table = {metric: counts[metric]}
    return _intervals(table, draw_scores({"": table}, [metric])[""])[metric]


def show_score(metric: str, value: float | None) -> str:
    """Format a score: shares as percentages, BLEU and chrF from 0 to 100, and other scores as numbers.

    Example:
        >>> show_score("bleu", 34.217), show_score("exact_match", 0.981), show_score("length_ratio", 0.98)
        ('34.2', '98.1 %', '0.980')
    """
    if value is None:
        return "–"
    if metric in ("exact_match", "rouge_l", "repetition_rate", "kept_rate"):
        return f"{100 * value:.1f} %"
    digits = 3 if metric == "length_ratio" or (metric == "perplexity" and value < 10) else 1
    return f"{value:,.{digits}f}"


def show_difference(metric: str, value: float) -> str:
    """Format a difference between two scores in points, with a sign.

    Example:
        >>> show_difference("bleu", -1.25), show_difference("exact_match", 0.05)
        ('−1.2', '+5.0')
    """
    scale = 1 if metric in ("bleu", "bleu_lowercase", "chrf") else 100
    return f"{scale * value:+z.1f}".replace("-", "−")


def _systems(split: GeneratedSplit) -> dict[str, list[str]]:
    return {"": split.texts, **split.baselines}


def _intervals(counts: Counts, draws: Mapping[str, AnyArray]) -> dict[str, dict[str, Any]]:
    values = sum_scores(counts)
    return {
        name: (
            # If all rows are correct, or all wrong, the bootstrap interval has zero width; Wilson's does not.
            share_interval(counts[name][:, 0] > 0)
            if name in _SHARES
            else asdict(percentile_interval(values[name], draws[name])) | {"method": "bootstrap over rows"}
        )
        for name in counts
        if name in FIGURES
    }


def _tests(counts: Mapping[str, Counts], draws: Draws, title: str) -> dict[str, dict[str, Any]]:
    return {name: _paired_test(counts, draws, "", title, name) for name in COMPARED}


def _paired_test(counts: Mapping[str, Counts], draws: Draws, first: str, second: str, metric: str) -> dict[str, Any]:
    one, other = (sum_scores({metric: counts[title][metric]})[metric] for title in (first, second))
    values = draws[first][metric] - draws[second][metric]
    difference = percentile_interval(one - other, values)
    return {"difference": asdict(difference), "p_value": bootstrap_p_value(values), "test": _TEST}


def _bleu_sentence(test: dict[str, Any], other: str, ours: float, theirs: float, reported: str) -> str:
    gap = {name: show_difference("bleu", value) for name, value in test["difference"].items()}
    return (
        f"{comparison_opening(test, other)}: BLEU {show_score('bleu', ours)} vs. "
        f"{show_score('bleu', theirs)} on {reported}, a difference of {gap['value']} points (95 % confidence interval "
        f"{gap['low']} to {gap['high']}; {_TEST}, {p_value_text(test['p_value'])})."
    )
