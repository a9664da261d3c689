"""The feature CRF: a linear CRF on hand-crafted features, which is combined with the CRF of a tagger's network."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from pydantic import Field

from syntagma.config import Config
from syntagma.evaluation.tagging.baselines.crf import train_crf
from syntagma.layers import PooledCRF
from syntagma.progress import note
from syntagma.shapes import FloatArray
from syntagma.text.spans import convert_tags
from syntagma.text.tags import TagSet

# Words times squared tags. WNUT-17, with 39 million, took 14 seconds on a slow core, so this takes about a minute.
_MAX_WORK = 1 << 27
# Schemes whose tags can be mapped to BIO, which has the fewest scores to learn from few sentences.
_LEARNED_AS_BIO = ("BIO", "IOBES", "BMES")
_BIO = {"S": "B", "M": "I", "E": "I"}


_CANDIDATES = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
# The words of a sentence are not independent, so three of them count as one.
LOG_LOSS_WEIGHT_PER_WORD = 1 / 3
# Weight of the feature CRF if there is no dev split to choose it on.
_DEFAULT_SHARE = 0.5


class FeatureCRFConfig(Config):
    """Linear CRF on hand-crafted features, combined with the CRF of the network (Smith, Cohn and Osborne, 2005).

    Attributes:
        share: Weight of the feature CRF in the combination (logarithmic opinion pool), from 0 to 1; the network has the
            remaining weight. `null` chooses the weight on the dev (validation) split, by span F1 if `outside_penalty`
            is `dev` and by log likelihood otherwise. Without a dev split, the weight is 0.5, or that of the model that
            training starts from.
    """

    share: float | None = Field(None, ge=0, le=1)


class LinearCRF(NamedTuple):
    """A trained linear CRF.

    Attributes:
        features: Names of the V - 1 features that have scores; their ids start at 1.
        scores: Score of each tag for each feature id, float32 (V, K); 0 for id 0.
        links: Transition score from tag i to tag j, float32 (K, K).
    """

    features: list[str]
    scores: FloatArray
    links: FloatArray


def train_linear_crf(words: Sequence[Sequence[str]], rows: Sequence[Sequence[str]], tags: TagSet) -> LinearCRF | None:
    """Train a linear CRF on tagged sentences.

    The CRF learns BIO tags instead of IOBES or BMES tags. Each valid IOBES or BMES sequence represents the same spans
    as exactly one BIO sequence, so the distribution over spans stays the same.

    Args:
        words: Words of each sentence.
        rows: Tags of each sentence.
        tags: Tags of the model.

    Returns:
        The linear CRF. If training would take too long, a note is printed and `None` is returned.
    """
    work = sum(map(len, words)) * tags.size**2
    if work > _MAX_WORK:
        note(f"Feature CRF: omitted, because training it with {tags.size:,} tags and so much text would take too long.")
        return None
    import pycrfsuite

    is_bio = tags.scheme in _LEARNED_AS_BIO
    learned = [convert_tags(row, "BIO" if is_bio else tags.scheme) for row in rows] if tags.scheme else rows
    note("Feature CRF: training on the training sentences.")
    model = train_crf(words, learned)  # the tagger refers to its memory, so it must stay alive
    tagger = pycrfsuite.Tagger()
    tagger.open_inmemory(model)
    info = tagger.info()
    tagger.close()
    names = sorted({feature for feature, _ in info.state_features})
    names_in_crf = [_as_bio(tag) for tag in tags.names] if is_bio else tags.names
    scores = np.zeros((len(names) + 1, tags.size), np.float32)
    for number, name in enumerate(names, 1):
        scores[number] = [info.state_features.get((name, tag), 0.0) for tag in names_in_crf]
    links = [[info.transitions.get((before, after), 0.0) for after in names_in_crf] for before in names_in_crf]
    return LinearCRF(names, scores, np.array(links, np.float32))


def find_feature_crf(model: Any) -> PooledCRF | None:
    """Return the layer of a tagger's network that contains the feature CRF, or `None`."""
    return next((layer for layer in model.layers if isinstance(layer, PooledCRF)), None)


def set_share(crf: PooledCRF, share: float) -> None:
    """Set the weight of the feature CRF, from 0 to 1; the network has the remaining weight."""
    crf.set_shares(1 - share, share)


class TunedValues(NamedTuple):
    """Values of the feature CRF that are chosen after training rather than learned; see `disable` and `restore`.

    Attributes:
        share: Weight of the feature CRF.
        offsets: Numbers that are added to the scores of the tags at every word, float32 (K,).
    """

    share: float
    offsets: FloatArray


def disable(crf: PooledCRF) -> TunedValues:
    """Turn off the feature CRF and its offsets, so that the network is trained alone, and return their old values."""
    values = TunedValues(get_share(crf), np.array(crf.offsets, np.float32))
    set_share(crf, 0.0)
    crf.offsets.assign(np.zeros_like(values.offsets))
    return values


def restore(crf: PooledCRF, values: TunedValues, share: float | None) -> None:
    """Restore the offsets and the share from before training, for use when there is no dev split.

    Args:
        crf: Layer with the feature CRF.
        values: Result of `disable`.
        share: Share to set instead of the previous one; `None` to keep the previous one, or 0.5 if it was 0.
    """
    set_share(crf, (values.share or _DEFAULT_SHARE) if share is None else share)
    crf.offsets.assign(values.offsets)


def get_share(crf: PooledCRF) -> float:
    """Return the weight of the feature CRF, from 0 to 1."""
    return float(crf.shares[1])


def choose_share(crf: PooledCRF, figure: Callable[[], float], weight: float) -> tuple[float, float]:
    """Set the share of the feature CRF to its posterior mean given the dev rows.

        share = sum_s s p(s),    p(s) ~ s^2 (1 - s) exp(weight figure(s))

    The sum is over s = 0.1, 0.3, 0.5, 0.7, 0.9. The prior s^2 (1 - s) expects both CRFs to matter, and the feature CRF
    somewhat more. This offsets the network's advantage on the dev rows, on which its best epoch was chosen.

    Args:
        crf: Layer with the feature CRF.
        figure: Function that returns the score on the dev rows with the current share. Higher scores are better.
        weight: Factor, in nats, that converts a difference in score to a difference in log likelihood.

    Returns:
        Score without the feature CRF, and score with the chosen share.
    """
    figures = []
    for share in _CANDIDATES:
        set_share(crf, float(share))
        figures.append(figure())
    likely = _CANDIDATES**2 * (1 - _CANDIDATES) * np.exp(weight * (np.array(figures) - max(figures)))
    set_share(crf, 0.0)
    before = figure()
    set_share(crf, float(_CANDIDATES @ likely / likely.sum()))
    return before, figure()


def _as_bio(tag: str) -> str:
    return _BIO.get(tag[0], tag[0]) + tag[1:]
