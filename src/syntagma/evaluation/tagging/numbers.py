"""Computation and writing of a tagger's report."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from syntagma.evaluation.facts import FORMAT, facts_to_dict, write_pages
from syntagma.evaluation.pages.plain import plain
from syntagma.evaluation.tagging.confidence import suggest_thresholds, tag_calibration, thresholds
from syntagma.evaluation.tagging.figures import kind_scores, main_figure, tag_baselines, tag_scores, tag_verdict
from syntagma.evaluation.tagging.mistakes import match_split, tag_mistakes
from syntagma.evaluation.tagging.page import tag_html_page, tag_markdown_page
from syntagma.evaluation.tagging.predictions import TagReportInput
from syntagma.evaluation.tagging.slices import tag_slices
from syntagma.evaluation.tagging.span_errors import ERRORS, Match, confusion_table, count_confusions, count_errors
from syntagma.text.tag_schemes import OUTSIDE


def make_tag_report(inputs: TagReportInput) -> dict[str, Any]:
    """Compute all numbers of the report, as a JSON-serialisable dict.

    Returns:
        A description of the model and the run (`title`, `task`, `kinds`, `recipe`, …), `splits` with the scores of each
        split (see `tag_scores`), `calibration`, and `thresholds` (`None` for plain tags). The last split with words is
        reported in detail: `reported` is its name, and `baselines`, `verdict`, `per_kind` (see `kind_scores`), `errors`
        (`None` for plain tags), `confusion`, `slices` and `mistakes` refer to this split. If no split has words,
        `baselines` is empty, and `thresholds`, `per_kind`, `errors`, `confusion`, `slices` and `mistakes` are `None`.
    """
    numbers = {
        "format": FORMAT,
        "title": inputs.title,
        "corpus": inputs.corpus,
        "task": "tagging",
        "figure": main_figure(inputs),
        "kinds": inputs.kinds,
        "tags": inputs.tags,
        "reported": inputs.reported,
        "splits": {name: tag_scores(inputs, split) for name, split in inputs.splits.items()},
        **_details(inputs),
        "calibration": tag_calibration(inputs),
        "thresholds": thresholds(inputs),
        **facts_to_dict(inputs),
    }
    return plain(numbers)


def write_tag_report(folder: str | Path, inputs: TagReportInput) -> dict[str, Any]:
    """Write `report.html`, `report.json` and `report.md` to a folder, and return the result of `make_tag_report`."""
    report = make_tag_report(inputs)
    write_pages(folder, report, tag_markdown_page(report), tag_html_page(report))
    return report


def tag_verdict_sentence(inputs: TagReportInput) -> str:
    """Return the sentence of the report that compares the model with the best baseline."""
    baselines = [] if inputs.reported is None else tag_baselines(inputs, inputs.splits[inputs.reported])
    return str(tag_verdict(inputs, baselines)["sentence"])


def make_tag_details(inputs: TagReportInput) -> dict[str, Any]:
    """Compute only a part of the report: errors, confusions and suggested thresholds.

    Returns:
        `reported` (name of the split that is reported in detail), `errors` (one record per error type with `error`,
        `title` and `count`, or `None` for plain tags), `confusion`, and `thresholds` (see `suggest_thresholds`; `None`
        for plain tags or if O is not among the tags). If no split has words, the only field is `reported`, which is
        `None`.
    """
    if inputs.reported is None:
        return {"reported": None}
    matches = [match for row in match_split(inputs, inputs.splits[inputs.reported]) for match in row]
    return plain(
        {
            "reported": inputs.reported,
            "errors": _named_errors(matches) if inputs.kinds else None,
            "confusion": _confusion(inputs, matches),
            "thresholds": suggest_thresholds(inputs.splits) if inputs.kinds and OUTSIDE in inputs.tags else None,
        }
    )


def _named_errors(matches: Sequence[Match]) -> list[dict[str, Any]]:
    counts = count_errors(matches)
    return [{"error": name, "title": title, "count": counts[name]} for name, title in ERRORS.items()]


def _confusion(inputs: TagReportInput, matches: Sequence[Match]) -> dict[str, Any]:
    if inputs.kinds:
        kinds = sorted({*inputs.kinds, *(span.kind for match in matches for span in match if span is not None)})
        return count_confusions(matches, kinds)
    counts = Counter(
        (gold.kind, predicted.kind) for gold, predicted in matches if gold is not None and predicted is not None
    )
    labels = sorted({*inputs.tags, *(name for pair in counts for name in pair)})
    return {"labels": labels, **confusion_table(counts, labels)}


def _details(inputs: TagReportInput) -> dict[str, Any]:
    if inputs.reported is None:
        nothing = dict.fromkeys(("per_kind", "errors", "confusion", "slices", "mistakes"))
        return {"baselines": [], "verdict": tag_verdict(inputs, []), **nothing}
    split = inputs.splits[inputs.reported]
    matches = match_split(inputs, split)
    flat = [match for row in matches for match in row]
    baselines = tag_baselines(inputs, split)
    return {
        "baselines": baselines,
        "verdict": tag_verdict(inputs, baselines),
        "per_kind": kind_scores(inputs, split),
        "errors": count_errors(flat) if inputs.kinds else None,
        "confusion": _confusion(inputs, flat),
        "slices": tag_slices(inputs, split),
        "mistakes": tag_mistakes(split, matches),
    }
