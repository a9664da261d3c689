"""How easily a tagger says that a word is outside of every span."""

from collections.abc import Callable
from typing import Any

import numpy as np

from syntagma.shapes import AnyArray
from syntagma.tasks.tagging.feature_crf import feature_crf_of
from syntagma.text.tag_schemes import OUTSIDE
from syntagma.text.tags import TagSet

# In nats; on top of each F1 half of its neighbours' is counted, since a dev split of some hundred spans is bumpy.
_TRIED = np.arange(-1.0, 3.5, 0.5)
_FEW = np.arange(-1.0, 3.5, 1.0)
_KERNEL = np.array([0.25, 0.5, 0.25])


def can_take_penalty(tags: TagSet) -> bool:
    """Return whether tags spell spans and have an O."""
    return tags.scheme is not None and OUTSIDE in tags.names


def penalize_outside(model: Any, tags: TagSet, penalty: float) -> None:
    """Take a penalty, in nats, off the score of O at every word: above 0 there are more spans, below 0 fewer."""
    bias = _bias(model)
    values = np.array(bias, np.float32)
    values[tags.names.index(OUTSIDE)] -= penalty
    bias.assign(values)


def best_penalty(
    model: Any, tags: TagSet, span_f1: Callable[[], float], tried: AnyArray = _TRIED
) -> tuple[float, float, float]:
    """Return the penalty with which a model finds spans best, F1 without one, and F1 with it.

    A model that has seen few spans, or others than it will read, knows less often than it could what is one: its
    precision is far above its recall, and their harmonic mean rises when it dares more. `span_f1` scores the model as
    it is, on rows that it was not trained on; `tried` has the penalties, 0 among them. The model is left unchanged.
    """
    bias = _bias(model)
    kept = np.array(bias, np.float32)
    found = []
    try:
        for penalty in tried:
            bias.assign(kept)
            penalize_outside(model, tags, float(penalty))
            found.append(span_f1())
    finally:
        bias.assign(kept)
    smooth = np.convolve(np.pad(found, 1, mode="edge"), _KERNEL, mode="valid")
    nearest = np.argsort(np.abs(tried), kind="stable")  # of equals the one that changes least
    place = nearest[np.argmax(smooth[nearest])]
    return float(tried[place]), found[int(np.flatnonzero(tried == 0)[0])], found[place]


def best_span_f1(model: Any, tags: TagSet, span_f1: Callable[[], float]) -> float:
    """Return the span F1 that a model has with the best of a few penalties; the model is left unchanged."""
    return best_penalty(model, tags, span_f1, _FEW)[2]


def _bias(model: Any) -> Any:
    """Return what is added to the scores of the tags at each word, (K,)."""
    crf = feature_crf_of(model)
    return model.get_layer("emissions").bias if crf is None else crf.offsets
