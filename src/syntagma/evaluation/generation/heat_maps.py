"""Geometry of attention heat maps, which a template draws as SVG."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from syntagma.evaluation.pages.plain import shorten

END = "<end>"
# Longer texts are truncated in the picture. A table with all weights would not be readable either.
MOST_PIECES = 60
_CHARACTERS = 18
# Sizes in pixels.
_CELL_WIDTH, _CELL_HEIGHT, _GAP, _MARGIN, _CHARACTER = 24, 22, 6, 4, 7.2
# Lighter cells could not be distinguished from the background, and need no shade.
_LIGHTEST = 0.02


def attention_record(source_pieces: Sequence[str], pieces: Sequence[str], weights: Any, **more: Any) -> dict[str, Any]:
    """Return the weights of one row for the JSON file of a report and for `heat_map`.

    Args:
        source_pieces: The S pieces of the source.
        pieces: Pieces of the output.
        weights: Weights of shape (pieces + 1, S), or (pieces, S) if the output did not end.
        **more: Further fields of the record.

    Returns:
        `source_pieces` and `pieces` (with the end of the text), each at most `MOST_PIECES`, `weights` as lists with
        three decimals, and `more_source` and `more_pieces` (numbers of pieces that were left out).
    """
    rows = [*pieces, END][: len(weights)]
    return {
        **more,
        "source_pieces": list(source_pieces[:MOST_PIECES]),
        "pieces": rows[:MOST_PIECES],
        "weights": [[round(float(one), 3) for one in row[:MOST_PIECES]] for row in weights[:MOST_PIECES]],
        "more_source": max(0, len(source_pieces) - MOST_PIECES),
        "more_pieces": max(0, len(rows) - MOST_PIECES),
    }


def heat_map(record: Mapping[str, Any]) -> dict[str, Any]:
    """Lay out a heat map: pieces of the source from left to right, pieces of the output from top to bottom.

    Args:
        record: Result of `attention_record`.

    Returns:
        `width` and `height` of the picture, `cell` (width and height of a cell), `columns` and `rows` (labels with
        their position `x` and `y`), and `cells` (each with `x`, `y`, `shade` from 0 to 1, and `title`). Positions and
        sizes are in pixels.
    """
    columns = [_show(piece) for piece in record["source_pieces"]]
    rows = [_show(piece) for piece in record["pieces"]]
    left = _MARGIN + round(_CHARACTER * max(map(_width, rows), default=0)) + _GAP
    top = _MARGIN + round(_CHARACTER * max(map(_width, columns), default=0)) + _GAP
    cells = [
        {
            "x": left + _CELL_WIDTH * column,
            "y": top + _CELL_HEIGHT * row,
            "shade": round(max(0.0, min(1.0, weight)), 2) if weight >= _LIGHTEST else 0,
            "title": f"{rows[row]} → {columns[column]}: {weight:.2f}",
        }
        for row, weights in enumerate(record["weights"])
        for column, weight in enumerate(weights)
    ]
    return {
        "width": left + _CELL_WIDTH * len(columns) + _MARGIN,
        "height": top + _CELL_HEIGHT * len(rows) + _MARGIN,
        "cell": (_CELL_WIDTH - 2, _CELL_HEIGHT - 2),
        "columns": [
            {"text": text, "x": left + _CELL_WIDTH * place + _CELL_WIDTH / 2 + 3, "y": top - _GAP}
            for place, text in enumerate(columns)
        ],
        "rows": [
            {"text": text, "x": left - _GAP, "y": top + _CELL_HEIGHT * place + _CELL_HEIGHT / 2 + 3}
            for place, text in enumerate(rows)
        ],
        "cells": cells,
    }


def _show(piece: str) -> str:
    """Return a piece as a label on one line, with visible white space."""
    return shorten("".join("␣" if character.isspace() else character for character in piece), _CHARACTERS) or "(empty)"


def _width(text: str) -> int:
    """Return the width of a text in columns; East Asian characters are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
