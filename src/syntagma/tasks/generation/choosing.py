"""Selection of the search settings on the dev split."""

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from syntagma.data.pairs.table import PairTable
from syntagma.errors import BundleError
from syntagma.progress import note, quietly
from syntagma.tasks.generation.constraints import LEAST_BEAMS
from syntagma.tasks.generation.recipe import GenerationRecipe
from syntagma.tasks.generation.requests import SearchSettings
from syntagma.tasks.generation.results import GeneratedText

_SCORES = ("bleu", "exact_match", "length_ratio")

Search = Callable[[PairTable, SearchSettings, int], Sequence[GeneratedText]]


def choose_search(
    search: Search, dev: PairTable, recipe: GenerationRecipe
) -> tuple[SearchSettings, list[dict[str, Any]]]:
    """Try all search settings that a recipe lists on the dev split, and choose the best one.

    Args:
        search: Function that generates a number of outputs per row of a table, with given settings.
        dev: Rows of the dev split.
        recipe: Recipe whose `search` section lists the settings.

    Returns:
        The settings with the best score, which is BLEU, or exact match if training monitors it. Ties, such as a BLEU of
        0 for short references, are broken by exact match, then by the fewest beams, then by the lowest penalties.
        Second, one record per setting, with the scores `bleu`, `exact_match` and `length_ratio`, and with `chosen`. The
        list is empty if the recipe has only one setting, because nothing is tried then.
    """
    from syntagma.evaluation.generation.scores import corpus_bleu, exact_match, length_ratio

    settings = _candidates(recipe)
    if len(settings) == 1:
        return settings[0], []
    figure = "exact_match" if recipe.training.monitor == "exact_match" else "bleu"
    references = list(dev.targets or [])
    tried = []
    for number, one in enumerate(settings):
        with quietly():
            outputs = [generated.text for generated in search(dev, one, 1)]
        scores = {
            "bleu": corpus_bleu(outputs, references),
            "exact_match": exact_match(outputs, references),
            "length_ratio": length_ratio(outputs, references),
        }
        tried.append({**one.to_dict(), **scores})
        note(f"Search {number + 1}/{len(settings)}: {_describe(one)}, dev {figure} {scores[figure]:.4g}")
    best = max(range(len(settings)), key=lambda place: (tried[place][figure], tried[place]["exact_match"], -place))
    note(f"The search uses {_describe(settings[best])}.")
    return settings[best], [{**record, "chosen": place == best} for place, record in enumerate(tried)]


def check_search_record(record: Any) -> dict[str, Any]:
    """Check and return a stored record of `choose_search`.

    Raises:
        BundleError: If the record lacks a key or has an invalid value, because the file was modified.
    """
    names = {*SearchSettings._fields, *_SCORES, "chosen"}
    if not isinstance(record, dict) or set(record) != names or type(record["chosen"]) is not bool:
        raise BundleError(f"each of the searches must have the keys {', '.join(sorted(names))}; the file was modified.")
    SearchSettings.from_dict({name: record[name] for name in SearchSettings._fields})
    if not all(type(record[name]) in (int, float) and math.isfinite(record[name]) for name in _SCORES):
        raise BundleError("the scores of the searches must be finite numbers; the file was modified.")
    return dict(record)


def _candidates(recipe: GenerationRecipe) -> list[SearchSettings]:
    """Return the settings to try, the simplest first. Greedy search has one candidate, whatever its penalties."""
    search = recipe.search
    every = [
        SearchSettings(*one)
        for one in product(sorted(search.beams), sorted(search.length_penalty), sorted(search.coverage_penalty))
    ]
    if search.keep:  # needs several beams
        every = [one for one in every if one.beams > 1] or [SearchSettings.first(search)._replace(beams=LEAST_BEAMS)]
    greedy = [one for one in every if one.beams == 1][:1]
    return [*greedy, *(one for one in every if one.beams > 1)]


def _describe(settings: SearchSettings) -> str:
    if settings.beams == 1:
        return "1 beam"
    covered = f", coverage penalty {settings.coverage_penalty:g}" if settings.coverage_penalty else ""
    return f"{settings.beams} beams, length penalty {settings.length_penalty:g}{covered}"
