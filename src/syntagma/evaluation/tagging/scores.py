"""How right tags are: of words, of whole sentences, of spans."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from syntagma.metrics.span_scores import count_spans, span_figures
from syntagma.text.spans import Span, spans_of

Tags = Sequence[Sequence[str]]


def spans_in(words: Tags, tags: Tags) -> frozenset[str]:
    """The words of all spans, in lower case, joined by spaces."""
    return frozenset(_surface(row, span) for row, marks in zip(words, tags, strict=True) for span in spans_of(marks))


def seen_places(words: Tags, gold: Tags, found: Tags, seen: frozenset[str]) -> list[list[tuple[int, int]]]:
    """The places (start, end) of right and found spans whose words are among those of `spans_in`."""
    places = []
    for row, *sides in zip(words, gold, found, strict=True):
        spans = {span for tags in sides for span in spans_of(tags) if _surface(row, span) in seen}
        places.append(sorted({(span.start, span.end) for span in spans}))
    return places


def _surface(words: Sequence[str], span: Span) -> str:
    return " ".join(words[span.start : span.end]).lower()


def tagging_scores(gold: Tags, found: Tags, known: Sequence[Sequence[bool]], kinds: Sequence[str]) -> dict[str, Any]:
    """The scores of tagged texts.

    Args:
        gold: The right tags of each text.
        found: Those that were found.
        known: Whether training has seen each word.
        kinds: The kinds of spans; none where tags spell none.

    Returns:
        `rows`, `words`, `accuracy` (of words), `unknown_accuracy` (of words that training has not seen; `None` without
        any) and their number `unknown_words`, `sentence_accuracy` (all words right); for spans what `span_figures`
        gives; for plain tags `per_tag` with precision, recall, F1 and words.
    """
    right = [
        np.array([one == other for one, other in zip(*pair, strict=True)], bool)
        for pair in zip(gold, found, strict=True)
    ]
    words = sum(map(len, right))
    unknown = np.concatenate([~np.asarray(row, bool) for row in known]) if words else np.zeros(0, bool)
    flat = np.concatenate(right) if words else np.zeros(0, bool)
    scores: dict[str, Any] = {
        "rows": len(gold),
        "words": words,
        "accuracy": float(flat.mean()) if words else 0.0,
        "unknown_words": int(unknown.sum()),
        "unknown_accuracy": float(flat[unknown].mean()) if unknown.any() else None,
        "sentence_accuracy": float(np.mean([row.all() for row in right])) if right else 0.0,
    }
    if kinds:
        all_kinds = sorted({*kinds, *(span.kind for tags in (*gold, *found) for span in spans_of(tags))})
        counts = count_spans([spans_of(tags) for tags in gold], [spans_of(tags) for tags in found], all_kinds)
        return scores | span_figures(counts, all_kinds)
    return scores | {"per_tag": _per_tag(gold, found)}


def _per_tag(gold: Tags, found: Tags) -> dict[str, dict[str, float]]:
    """Each word as a span of its own."""
    as_spans = [
        [[Span(place, place + 1, tag) for place, tag in enumerate(tags)] for tags in side] for side in (gold, found)
    ]
    names = sorted({tag for side in (gold, found) for tags in side for tag in tags})
    figures = span_figures(count_spans(as_spans[0], as_spans[1], names), names)["per_kind"]
    return {
        name: {**{key: row[key] for key in ("precision", "recall", "f1")}, "words": row["spans"]}
        for name, row in figures.items()
    }
