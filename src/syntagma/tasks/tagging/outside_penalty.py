"""A penalty on the score of the tag O, which controls how many spans a tagger predicts."""

from collections.abc import Callable
from typing import Any

import numpy as np

from syntagma.shapes import AnyArray
from syntagma.tasks.tagging.feature_crf import find_feature_crf
from syntagma.text.tag_schemes import OUTSIDE
from syntagma.text.tags import TagSet

# Candidate penalties, in nats. Each F1 is smoothed with its neighbours, because F1 on a few hundred spans is noisy.
_CANDIDATES = np.arange(-1.0, 3.5, 0.5)
_FEW_CANDIDATES = np.arange(-1.0, 3.5, 1.0)
_KERNEL = np.array([0.25, 0.5, 0.25])


def supports_penalty(tags: TagSet) -> bool:
    """Return whether the tags represent spans and include O."""
    return tags.scheme is not None and OUTSIDE in tags.names


def penalize_outside(model: Any, tags: TagSet, penalty: float) -> None:
    """Subtract a penalty, in nats, from the score of tag O at every word, by changing a weight of the model in place.

    A penalty above 0 leads to more predicted spans, and a penalty below 0 to fewer.
    """
    bias = _bias(model)
    values = np.array(bias, np.float32)
    values[tags.names.index(OUTSIDE)] -= penalty
    bias.assign(values)


def choose_penalty(
    model: Any, tags: TagSet, span_f1: Callable[[], float], candidates: AnyArray = _CANDIDATES
) -> tuple[float, float, float]:
    """Choose the penalty with the best span F1 on held-out rows.

    A model that was trained on few spans, or on texts unlike the held-out ones, misses many spans. Its precision is
    then far above its recall, and F1 rises if more spans are predicted. The model itself is not changed.

    Args:
        model: Keras model of the tagger.
        tags: Tags of the model.
        span_f1: Function that returns the span F1 of the model with its current weights on held-out rows.
        candidates: Ascending penalties to try, in nats, including 0.

    Returns:
        Penalty in nats, F1 without a penalty, and F1 with the penalty.
    """
    bias = _bias(model)
    original = np.array(bias, np.float32)
    scores = []
    try:
        for penalty in candidates:
            bias.assign(original)
            penalize_outside(model, tags, float(penalty))
            scores.append(span_f1())
    finally:
        bias.assign(original)
    smooth = np.convolve(np.pad(scores, 1, mode="edge"), _KERNEL, mode="valid")
    nearest = np.argsort(np.abs(candidates), kind="stable")  # of ties, the smallest change
    place = nearest[np.argmax(smooth[nearest])]
    return float(candidates[place]), scores[int(np.flatnonzero(candidates == 0)[0])], scores[place]


def best_span_f1(model: Any, tags: TagSet, span_f1: Callable[[], float]) -> float:
    """Return the span F1 on held-out rows with the best of a few penalties. The model itself is not changed.

    See `choose_penalty` for the arguments.
    """
    return choose_penalty(model, tags, span_f1, _FEW_CANDIDATES)[2]


def _bias(model: Any) -> Any:
    """Return the variable of shape (K,) that is added to the scores of the tags at each word."""
    crf = find_feature_crf(model)
    return model.get_layer("emissions").bias if crf is None else crf.offsets
