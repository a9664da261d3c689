"""Computation and writing of a generator's report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syntagma.evaluation.facts import FORMAT, facts_to_dict, write_pages
from syntagma.evaluation.generation.examples import choose_examples, lost_strings, place_of
from syntagma.evaluation.generation.figures import (
    baseline_records,
    generation_verdict,
    main_metric,
    split_figures,
)
from syntagma.evaluation.generation.heat_maps import attention_record
from syntagma.evaluation.generation.kept import match_kept
from syntagma.evaluation.generation.page import generation_html_page, generation_markdown_page
from syntagma.evaluation.generation.predictions import GeneratedSplit, GenerationReportInput
from syntagma.evaluation.generation.slices import copied_share, generation_slices
from syntagma.evaluation.generation.words import repeats, split_words
from syntagma.evaluation.pages.plain import plain, shorten

# Heat maps are large; a page with more of them loads slowly.
MOST_HEAT_MAPS = 12
_CHARACTERS = 300


def make_generation_report(inputs: GenerationReportInput) -> dict[str, Any]:
    """Compute all numbers of the report, as a JSON-serialisable dict.

    Returns:
        A description of the run (`title`, `task`, `metric`, `recipe`, …), `splits` with the scores of each split (see
        `split_figures`), and `searches` (table of the searches that were tried on dev, or `None`). The last split with
        rows is reported in detail: `reported` is its name, and `baselines`, `verdict`, `slices`, `examples`, `lost`,
        `forced`, `attention`, `copied` and `reference_repetition_rate` refer to this split. If no split has rows,
        `baselines` and `attention` are empty and the others `None`.
    """
    figures = {name: split_figures(split) for name, split in inputs.splits.items()}
    numbers = {
        "format": FORMAT,
        "title": inputs.title,
        "corpus": inputs.corpus,
        "task": "generation",
        "metric": main_metric(inputs),
        "reported": inputs.reported,
        "splits": {name: scores[""] for name, scores in figures.items()},
        **_reported_numbers(inputs, figures),
        "searches": _searches(inputs),
        **facts_to_dict(inputs),
    }
    return plain(numbers)


def write_generation_report(folder: str | Path, inputs: GenerationReportInput) -> dict[str, Any]:
    """Write `report.html`, `report.json` and `report.md`, and return the result of `make_generation_report`."""
    report = make_generation_report(inputs)
    write_pages(folder, report, generation_markdown_page(report), generation_html_page(report))
    return report


def generation_verdict_sentence(inputs: GenerationReportInput) -> str:
    """Return the sentence of the report that compares the model with the best baseline."""
    if inputs.reported is None:
        return str(generation_verdict(inputs, [], {})["sentence"])
    figures = {name: split_figures(split) for name, split in inputs.splits.items()}
    records = baseline_records(figures, inputs.reported)
    return str(generation_verdict(inputs, records, figures[inputs.reported][""])["sentence"])


def make_generation_details(inputs: GenerationReportInput) -> dict[str, Any]:
    """Compute the part of the report that the terminal shows.

    Returns:
        `reported` (name of the split that is reported in detail), `metric`, `scores` (see `split_figures`), `slices`,
        `searches`, and `examples` (only `worst`). If no split has rows, the only field is `reported`, which is `None`.
    """
    if inputs.reported is None:
        return {"reported": None}
    split = inputs.splits[inputs.reported]
    return plain(
        {
            "reported": inputs.reported,
            "metric": main_metric(inputs),
            "scores": split_figures(split)[""],
            "slices": generation_slices(inputs, split),
            "searches": _searches(inputs),
            "examples": {"worst": choose_examples(split)["worst"]},
        }
    )


def _reported_numbers(
    inputs: GenerationReportInput, figures: Mapping[str, Mapping[str, dict[str, Any]]]
) -> dict[str, Any]:
    if inputs.reported is None:
        nothing = dict.fromkeys(("slices", "examples", "lost", "forced", "copied", "reference_repetition_rate"))
        return {"baselines": [], "attention": [], "verdict": generation_verdict(inputs, [], {}), **nothing}
    split = inputs.splits[inputs.reported]
    baselines = baseline_records(figures, inputs.reported)
    return {
        "baselines": baselines,
        "verdict": generation_verdict(inputs, baselines, figures[inputs.reported][""]),
        "slices": generation_slices(inputs, split),
        "examples": choose_examples(split),
        "lost": lost_strings(split, match_kept(split)),
        "forced": split.kept,
        "attention": _attention(split),
        "copied": copied_share(split.outputs),
        "reference_repetition_rate": sum(repeats(split_words(text)) for text in split.references) / len(split),
    }


def _attention(split: GeneratedSplit) -> list[dict[str, Any]]:
    return [
        attention_record(
            attention.source_pieces,
            split.outputs[row].pieces,
            attention.weights,
            row=row,
            place=place_of(split, row),
            source=shorten(split.sources[row], _CHARACTERS),
            reference=shorten(split.references[row], _CHARACTERS),
            output=shorten(split.outputs[row].text, _CHARACTERS),
        )
        for row, attention in sorted(split.attention.items())[:MOST_HEAT_MAPS]
    ]


def _searches(inputs: GenerationReportInput) -> list[dict[str, Any]] | None:
    """Return the table of searches of the first split that has one."""
    tables = [split.searches for split in inputs.splits.values() if split.searches]
    return [row._asdict() for row in tables[0]] if tables else None
