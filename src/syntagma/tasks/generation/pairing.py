"""Outputs of a generator together with the references."""

from collections.abc import Mapping, Sequence
from typing import Any

from syntagma.data.pairs.table import PairTable
from syntagma.evaluation.generation.predictions import Attention, GeneratedSplit, Output, SearchRow
from syntagma.tasks.generation.results import Alternative, GeneratedText, ScoredPair

# Rows whose attention is kept for reports: at most this many, with few enough subwords to be readable.
_EXAMPLES = 12
_LONGEST_EXAMPLE = 40

_SETTINGS = ("beams", "length_penalty", "coverage_penalty")


def pair_with_references(
    table: PairTable,
    generated: Sequence[GeneratedText],
    scored: Sequence[ScoredPair],
    searches: Sequence[Mapping[str, Any]] = (),
    kept: Sequence[str] = (),
) -> GeneratedSplit:
    """Return the outputs for a table together with its targets.

    Args:
        table: Pairs of texts.
        generated: Outputs of the model for the sources.
        scored: Log-probabilities of the targets.
        searches: Settings of the search that were tried on dev.
        kept: Classes of strings that the outputs had to contain as they are in the sources.
    """
    return GeneratedSplit(
        sources=list(table.sources),
        references=list(table.targets or []),
        outputs=[to_output(one.alternatives[0], one) for one in generated],
        losses=[-one.log_prob for one in scored],
        reference_pieces=[len(one.log_probs) for one in scored],
        attention=_attention(generated),
        kept=tuple(kept),
        searches=[_search_row(record) for record in searches] or None,
        places=[table.short_place_of(row) for row in range(len(table))] if table.lines is not None else None,
    )


def to_output(one: Alternative, text: GeneratedText) -> Output:
    """Return an output in the form that reports use."""
    copied = None if one.copied is None else list(one.copied)
    return Output(one.text, list(one.pieces), list(one.log_probs), one.score, copied, text.doubts, text.stopped)


def _attention(generated: Sequence[GeneratedText]) -> dict[int, Attention]:
    """Return the attention of rows that are spread evenly over a split."""
    chosen: dict[int, Attention] = {}
    step = max(1, len(generated) // _EXAMPLES)
    for row in range(0, len(generated), step):
        one, best = generated[row], generated[row].alternatives[0]
        short = max(len(one.source_pieces), len(best.pieces)) <= _LONGEST_EXAMPLE
        if best.attention is None or len(best.attention) != len(best.pieces) + 1:  # empty, or without an end
            continue
        if short and len(chosen) < _EXAMPLES:
            # Only the beginning of a long source was read.
            chosen[row] = Attention(list(one.source_pieces[: best.attention.shape[1]]), best.attention)
    return chosen


def _search_row(record: Mapping[str, Any]) -> SearchRow:
    settings = {name: record[name] for name in _SETTINGS}
    scores = {name: value for name, value in record.items() if name not in (*_SETTINGS, "seconds", "chosen")}
    return SearchRow(**settings, scores=scores, seconds=record.get("seconds"), chosen=bool(record.get("chosen")))
