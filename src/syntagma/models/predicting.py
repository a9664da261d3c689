"""Prediction of the logits of all rows, batch by batch."""

from typing import Any

import numpy as np

from syntagma import programs
from syntagma.data.batching.batches import Batches
from syntagma.progress import Progress, quietly
from syntagma.shapes import FloatArray


def predict_logits(model: Any, batches: Batches, title: str | None = None) -> FloatArray:
    """Predict the logits of all rows with a classification model.

    Args:
        model: Model with one output (B, K).
        batches: Batches of the rows.
        title: Title of the progress bar, or `None` to show none.

    Returns:
        Logits, float32 (rows, K), in the order of the rows.
    """
    output = np.zeros((batches.rows.count, model.output_shape[-1]), np.float32)
    names = input_names(model)
    with quietly(title is None), Progress(title or "", total=batches.rows.count, unit="rows") as progress:
        for batch in batches.longest_first():
            logits = np.asarray(programs.predict(model, batch.inputs(names)), np.float32)
            real = batch.rows >= 0
            output[batch.rows[real]] = logits[real]
            progress.advance(batch.real)
    return output


def input_names(model: Any) -> set[str]:
    """Return the names of a model's inputs."""
    return set(model.input)
