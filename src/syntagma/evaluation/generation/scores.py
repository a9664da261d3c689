"""Scores of generated texts: BLEU, chrF, exact match, ROUGE-L, length, repetition, perplexity and kept strings."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from syntagma.evaluation.generation.counts import choose_tokenizer, count_texts, sum_scores
from syntagma.evaluation.generation.kept import kept_figures, match_kept
from syntagma.evaluation.generation.predictions import GeneratedSplit
from syntagma.evaluation.generation.words import split_words
from syntagma.metrics.bleu import bleu, bleu_signature, count_bleu

# BLEU counts n-grams of up to this number of words.
_ORDER = 4
# Metrics that systems are compared by.
COMPARED = ("bleu", "exact_match", "chrf", "rouge_l")
# The perplexity of a diverged model is limited to exp(700), which is nearly the largest float.
_LARGEST_LOSS = 700.0


def choose_metric(references: Sequence[str]) -> str:
    """Return the main metric for texts like the references: "exact_match" or "bleu".

    It is the exact match if more than half of the references have fewer than four words, so that BLEU would find no
    4-grams in them. Letters of scripts without spaces between words count as words.

    Args:
        references: References of a split.

    Example:
        >>> choose_metric(["1987-03-03", "1990-12-24"]), choose_metric(["Ein Mann klettert auf einen Felsen."])
        ('exact_match', 'bleu')
    """
    short = sum(len(split_words(reference)) < _ORDER for reference in references)
    return "exact_match" if 2 * short > len(references) else "bleu"


def corpus_bleu(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Return corpus BLEU of cased texts as sacreBLEU computes it, from 0 to 100.

    The tokenizer is the one that `choose_tokenizer` chooses for the references.
    """
    counts = count_bleu(outputs, references, tokenizer=choose_tokenizer(references))
    return float(bleu(counts.sum(axis=0)[None])[0])


def exact_match(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Return the share of outputs that equal their reference in every character, or 0 if there are no outputs."""
    matches = sum(output == reference for output, reference in zip(outputs, references, strict=True))
    return matches / max(1, len(outputs))


def length_ratio(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Return the number of tokens of all outputs divided by that of all references, or 0 if the latter is 0."""
    sums = count_bleu(outputs, references, tokenizer=choose_tokenizer(references)).sum(axis=0)
    return float(sums[0] / sums[1]) if sums[1] else 0.0


def generation_scores(split: GeneratedSplit) -> dict[str, Any]:
    """Compute all scores of a split.

    Returns:
        - `rows`;
        - `bleu`, `bleu_lowercase` and `chrf`, each from 0 to 100 and as sacreBLEU computes it, and `bleu_signature`;
        - `exact_match`, the share of outputs that equal their reference in every character;
        - `rouge_l`, the mean ROUGE-L (F1 of words in lower case);
        - `length_ratio`, the number of tokens of the outputs divided by that of the references;
        - `repetition_rate`, the share of outputs in which a sequence of three words occurs more than once;
        - `perplexity` per piece of the references, or `None` if the losses are unknown;
        - `kept_rate`, the share of source strings such as numbers and placeholders that the outputs contain, or `None`
          if the sources contain none, and `kept` with the shares by class (see `kept_figures`);
        - `doubts`, the number of outputs with each doubt.

        A split without rows has only `rows`.
    """
    if not len(split):
        return {"rows": 0}
    strings = match_kept(split)
    return {
        "rows": len(split),
        **text_scores(split.texts, split.references),
        "bleu_signature": bleu_signature(tokenizer=choose_tokenizer(split.references)),
        "perplexity": perplexity(split),
        "kept_rate": sum(one.in_output for one in strings) / len(strings) if strings else None,
        "kept": kept_figures(strings),
        "doubts": count_doubts(split),
    }


def text_scores(outputs: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Compute the scores that need only outputs and references; see `generation_scores`.

    Args:
        outputs: Output of each row, at least one.
        references: Reference of each row.
    """
    return sum_scores(count_texts(outputs, references))


def score_baselines(split: GeneratedSplit) -> dict[str, dict[str, float]]:
    """Compute BLEU, exact match, chrF and ROUGE-L of each baseline, by title and metric."""
    if not len(split):
        return {}
    return {
        title: {name: value for name, value in text_scores(texts, split.references).items() if name in COMPARED}
        for title, texts in split.baselines.items()
    }


def perplexity(split: GeneratedSplit) -> float | None:
    """Return the perplexity of the references, exp(sum of losses / number of pieces), or `None` without losses.

    Every text ends with one more prediction, the end of the text, which counts as a piece.
    """
    if split.losses is None or split.reference_pieces is None or not sum(split.reference_pieces):
        return None
    return math.exp(min(_LARGEST_LOSS, sum(split.losses) / sum(split.reference_pieces)))


def count_doubts(split: GeneratedSplit) -> dict[str, int]:
    """Count the outputs with each doubt, in order of decreasing frequency."""
    return dict(Counter(doubt for output in split.outputs for doubt in output.doubts).most_common())
