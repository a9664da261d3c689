"""Predictions of the models of all tasks as plain values, so that they can be compared."""

from typing import Any

import numpy as np

from syntagma.data.pairs.table import PairTable
from syntagma.shapes import FloatArray


def probabilities(model: Any, rows: list[Any]) -> FloatArray:
    """Return the probabilities that a model computes for rows as one flat array.

    A model that predicts no probabilities scores given texts: a text for each row.
    """
    if hasattr(model, "predict_proba"):
        values = model.predict_proba(rows)
    else:
        pairs = PairTable(list(rows), [f"{row} lumo" for row in rows])
        values = [np.exp(one.log_probs) for one in model.score_pairs(pairs)]
    return np.concatenate([np.ravel(row) for row in values])


def predictions(model: Any, rows: list[Any]) -> list[dict[str, Any]]:
    """Return all predictions of a model as plain values."""
    return [one.to_dict() for one in model.annotate(rows)]
