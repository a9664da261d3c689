"""The page of `predict --explain`: the probability of each piece of an output, and the attention to the source."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from syntagma.evaluation.generation.heat_maps import END, attention_record, heat_map
from syntagma.evaluation.generation.page import TEMPLATES
from syntagma.evaluation.generation.predictions import DOUBTS, Explained, Output
from syntagma.evaluation.pages.page import render_template
from syntagma.evaluation.pages.plain import plain
from syntagma.files import write_text

# A page with more heat maps loads slowly.
MOST_SOURCES = 100
_LOOKED_AT = 3
# Source pieces with less attention are not listed.
_LEAST_WEIGHT = 0.05


def explanation_page(explained: Sequence[Explained], title: str = "Explanation", left_out: int = 0) -> str:
    """Render a self-contained HTML page about outputs.

    For each output, the page shows the text with its uncertain and its copied pieces marked, a heat map of attention,
    and a table with the probability of each piece, the source pieces with the most attention, the share of copying and
    the next most probable pieces. Of more than 100 sources, only the first 100 are shown, and the page says so.

    Args:
        explained: Outputs with the reasons for their pieces.
        title: Heading of the page.
        left_out: Number of further sources that `explained` does not contain.
    """
    records = plain([_record(one) for one in explained[:MOST_SOURCES]])
    maps = [heat_map(record["attention"]) if record["attention"] else None for record in records]
    return render_template(
        TEMPLATES,
        "explanation.html.jinja",
        title=plain(title),
        records=records,
        heat_maps=maps,
        left_out=max(0, len(explained) - MOST_SOURCES) + left_out,
        doubt_titles=DOUBTS,
    )


def write_explanation(path: str | Path, explained: Sequence[Explained], title: str = "Explanation") -> None:
    """Write the result of `explanation_page` to a file. An existing file is replaced."""
    write_text(Path(path), explanation_page(explained, title))


def _record(one: Explained) -> dict[str, Any]:
    output = one.output
    return {
        "source": one.source,
        "text": output.text,
        **_score(output),
        "stopped": output.stopped,
        "doubts": output.doubts,
        "pieces": [_piece(one, place) for place in range(len(output.log_probs))],
        "copies": output.copied is not None,
        "attention": (
            None if one.attention is None else attention_record(one.source_pieces, output.pieces, one.attention)
        ),
        "alternatives": [{"text": other.text, **_score(other)} for other in one.alternatives],
    }


def _score(output: Output) -> dict[str, float]:
    return {"score": output.score, "probability": math.exp(sum(output.log_probs))}


def _piece(one: Explained, place: int) -> dict[str, Any]:
    """Return the table row of a piece, or of the end of the text."""
    output = one.output
    is_end = place == len(output.pieces)
    return {
        "piece": END if is_end else output.pieces[place],
        "is_end": is_end,
        "probability": math.exp(output.log_probs[place]),
        "copied": None if is_end or output.copied is None else output.copied[place],
        "looked_at": [] if one.attention is None else _looked_at(one, place),
        "runners_up": one.runners_up[place] if place < len(one.runners_up) else [],
    }


def _looked_at(one: Explained, place: int) -> list[tuple[str, float]]:
    assert one.attention is not None
    weights = one.attention[place]
    order = np.argsort(-weights, kind="stable")[:_LOOKED_AT]
    return [(one.source_pieces[source], float(weights[source])) for source in order if weights[source] >= _LEAST_WEIGHT]
