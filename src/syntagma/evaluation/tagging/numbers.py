"""The report of a tagger: every number as plain values, and three files that show them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from syntagma.evaluation.facts import FORMAT, facts_of, write_pages
from syntagma.evaluation.pages.plain import plain
from syntagma.evaluation.tagging.confidence import suggest_thresholds, tag_calibration, thresholds
from syntagma.evaluation.tagging.figures import kind_scores, main_figure, tag_baselines, tag_scores, tag_verdict
from syntagma.evaluation.tagging.mistakes import matches_of, tag_mistakes
from syntagma.evaluation.tagging.page import tag_html_page, tag_markdown_page
from syntagma.evaluation.tagging.predicted import TagReportInput
from syntagma.evaluation.tagging.slices import tag_slices
from syntagma.evaluation.tagging.span_errors import ERRORS, Match, confusion_of, count_errors, kinds_taken_for
from syntagma.text.tag_schemes import OUTSIDE


def make_tag_report(given: TagReportInput) -> dict[str, Any]:
    """Every number of the report, as values that JSON can hold.

    Returns:
        What the model and the run are (`title`, `task`, `kinds`, `recipe`, …), `splits` with the scores of each, and of
        the reported split (`reported`, the last with words): `baselines`, `verdict`, `per_kind` (see `kind_scores`),
        `errors` and `confusion` of spans or tags, `slices`, `mistakes`; `None` where no split has words. `thresholds`
        are `None` for plain tags.
    """
    numbers = {
        "format": FORMAT,
        "title": given.title,
        "corpus": given.corpus,
        "task": "tagging",
        "figure": main_figure(given),
        "kinds": given.kinds,
        "tags": given.tags,
        "reported": given.reported,
        "splits": {name: tag_scores(given, split) for name, split in given.splits.items()},
        **_details(given),
        "calibration": tag_calibration(given),
        "thresholds": thresholds(given),
        **facts_of(given),
    }
    return plain(numbers)


def write_tag_report(folder: str | Path, given: TagReportInput) -> dict[str, Any]:
    """Write `report.html`, `report.json` and `report.md` into a folder, and return the numbers of `make_tag_report`."""
    report = make_tag_report(given)
    write_pages(folder, report, tag_markdown_page(report), tag_html_page(report))
    return report


def tag_verdict_sentence(given: TagReportInput) -> str:
    """Return the report's sentence on model and baselines."""
    found = [] if given.reported is None else tag_baselines(given, given.splits[given.reported])
    return str(tag_verdict(given, found)["sentence"])


def make_tag_details(given: TagReportInput) -> dict[str, Any]:
    """Return errors and confusions of the reported split, and suggested thresholds, as `make_tag_report` has them."""
    if given.reported is None:
        return {"reported": None}
    matches = [match for row in matches_of(given, given.splits[given.reported]) for match in row]
    return plain(
        {
            "reported": given.reported,
            "errors": _named_errors(matches) if given.kinds else None,
            "confusion": _confusion(given, matches),
            "thresholds": suggest_thresholds(given.splits) if given.kinds and OUTSIDE in given.tags else None,
        }
    )


def _named_errors(matches: Sequence[Match]) -> list[dict[str, Any]]:
    counts = count_errors(matches)
    return [{"error": name, "title": title, "count": counts[name]} for name, title in ERRORS.items()]


def _confusion(given: TagReportInput, matches: Sequence[Match]) -> dict[str, Any]:
    if given.kinds:
        kinds = sorted({*given.kinds, *(span.kind for match in matches for span in match if span is not None)})
        return kinds_taken_for(matches, kinds)
    counts = Counter((gold.kind, found.kind) for gold, found in matches if gold is not None and found is not None)
    labels = sorted({*given.tags, *(name for pair in counts for name in pair)})
    return {"labels": labels, **confusion_of(counts, labels)}


def _details(given: TagReportInput) -> dict[str, Any]:
    if given.reported is None:
        nothing = dict.fromkeys(("per_kind", "errors", "confusion", "slices", "mistakes"))
        return {"baselines": [], "verdict": tag_verdict(given, []), **nothing}
    split = given.splits[given.reported]
    matches = matches_of(given, split)
    flat = [match for row in matches for match in row]
    others = tag_baselines(given, split)
    return {
        "baselines": others,
        "verdict": tag_verdict(given, others),
        "per_kind": kind_scores(given, split),
        "errors": count_errors(flat) if given.kinds else None,
        "confusion": _confusion(given, flat),
        "slices": tag_slices(given, split),
        "mistakes": tag_mistakes(split, matches),
    }
