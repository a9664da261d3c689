"""Counts of each row, from which all scores of generated texts and their bootstrap samples are computed."""

import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from syntagma.evaluation.generation.words import repeats, split_words
from syntagma.metrics.bleu import bleu, count_bleu
from syntagma.metrics.chrf import chrf, count_chrf
from syntagma.metrics.rouge import rouge_l
from syntagma.metrics.significance import resample_sums
from syntagma.shapes import AnyArray
from syntagma.text.scripts import share_without_spaces

# Counts of each row by metric, each of shape (rows, C).
Counts = Mapping[str, AnyArray]

# Up to this number of rows, 1,000 bootstrap samples are drawn. With more rows, 250 are, which saves time and memory.
_MANY_ROWS = 20_000


def _mean(sums: AnyArray) -> AnyArray:
    return np.divide(sums[:, 0], sums[:, 1], out=np.zeros(len(sums)), where=sums[:, 1] > 0)


# Functions that compute a metric from counts summed over rows, (samples, C) -> (samples,).
FIGURES: Mapping[str, Callable[[AnyArray], AnyArray]] = {
    "bleu": bleu,
    "bleu_lowercase": bleu,
    "chrf": chrf,
    "exact_match": _mean,
    "rouge_l": _mean,
    "length_ratio": _mean,
    "repetition_rate": _mean,
}


def choose_tokenizer(references: Sequence[str]) -> str:
    """Return the name of sacreBLEU's tokenizer for texts like the references.

    The tokenizer is "13a", the usual one. If most letters belong to scripts without spaces between words, in which
    "13a" would count a sentence as one word, the tokenizer is "char", which counts every character.
    """
    return "char" if share_without_spaces(references) > 0.5 else "13a"


def count_texts(outputs: Sequence[str], references: Sequence[str]) -> Counts:
    """Count, for each row, what each metric in `FIGURES` needs.

    Args:
        outputs: Output of each row.
        references: Reference of each row.

    Returns:
        Counts of each row by metric, float arrays of shape (rows, C). They must not be changed.
    """
    return _count_texts(tuple(outputs), tuple(references))


def sum_scores(counts: Counts) -> dict[str, float]:
    """Compute each metric from the sum of its counts over all rows."""
    return {name: float(FIGURES[name](table.sum(axis=0)[None])[0]) for name, table in counts.items()}


def draw_scores(
    counts: Mapping[str, Counts], metrics: Sequence[str] = tuple(FIGURES)
) -> dict[str, dict[str, AnyArray]]:
    """Compute metrics for bootstrap samples of rows (Efron, 1979), the same rows for all systems and metrics.

    Args:
        counts: Counts of each system, by title. All systems have the same rows, at least one.
        metrics: Metrics to compute.

    Returns:
        Values of each metric by title and metric, arrays of shape (samples,).
    """
    tables = [(title, name, one[name]) for title, one in counts.items() for name in metrics]
    matrix = np.concatenate([table for *_, table in tables], axis=1)
    sums = resample_sums(matrix, 1000 if len(matrix) <= _MANY_ROWS else 250, seed=0)
    parts = np.split(sums, np.cumsum([table.shape[1] for *_, table in tables])[:-1], axis=1)
    scores: dict[str, dict[str, AnyArray]] = {title: {} for title in counts}
    for (title, name, _), part in zip(tables, parts, strict=True):
        scores[title][name] = FIGURES[name](part)
    return scores


# Terminal output, verdict and report of a run need the same counts.
@functools.lru_cache(maxsize=16)
def _count_texts(outputs: tuple[str, ...], references: tuple[str, ...]) -> Counts:
    tokenizer = choose_tokenizer(references)
    cased = count_bleu(outputs, references, tokenizer=tokenizer)
    words = [[split_words(text) for text in texts] for texts in (outputs, references)]
    pairs = list(zip(*words, strict=True))
    return {
        "bleu": cased,
        "bleu_lowercase": count_bleu(outputs, references, lowercase=True, tokenizer=tokenizer),
        "chrf": count_chrf(outputs, references),
        "exact_match": _per_row([output == reference for output, reference in zip(outputs, references, strict=True)]),
        "rouge_l": _per_row([rouge_l(*pair) for pair in pairs]),
        "length_ratio": cased[:, :2],
        "repetition_rate": _per_row([repeats(output) for output, _ in pairs]),
    }


def _per_row(values: Sequence[float]) -> AnyArray:
    """Return each value with a count of 1, (rows, 2), so that the ratio of the column sums is the mean."""
    return np.stack([np.array(values, np.float64), np.ones(len(values))], axis=1)
