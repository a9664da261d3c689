"""The linear CRF on hand-made features beside a tagger's network, and how much each of them counts."""

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

# Words times squared tags: the 39 million of wnut17 took 14 seconds on a slow core, so that these take about a minute.
_MOST_WORK = 1 << 27
# Schemes whose tags are each one of BIO, which has fewest scores to learn from few sentences.
_LEARNED_AS_BIO = ("BIO", "IOBES", "BMES")
_BIO = {"S": "B", "M": "I", "E": "I"}


_TRIED = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
# The words of a sentence depend on each other, so that three of them count as one.
LOG_LOSS_WEIGHT_PER_WORD = 1 / 3
# Without dev rows.
_EVEN_SHARE = 0.5


class FeatureCRFConfig(Config):
    """A linear CRF on hand-made features, pooled with the CRF over the network (Smith, Cohn and Osborne, 2005).

    Attributes:
        share: How much it counts, from 0 to 1, with the network counting the rest; `None` lets the dev rows choose.
    """

    share: float | None = Field(None, ge=0, le=1)


class LinearCRF(NamedTuple):
    """A trained linear CRF.

    Attributes:
        features: Names of the features that have scores.
        scores: Score of each tag for each feature, float32 (V, K), with zeros at the id 0.
        links: Score of tag j after tag i, float32 (K, K).
    """

    features: list[str]
    scores: FloatArray
    links: FloatArray


def train_linear_crf(words: Sequence[Sequence[str]], rows: Sequence[Sequence[str]], tags: TagSet) -> LinearCRF | None:
    """Train a linear CRF on tagged sentences; `None`, with a note, if that would take too long.

    It learns BIO tags instead of IOBES or BMES. Each sequence of these spells the same spans as exactly one of BIO, so
    that the distribution over spans stays the same.
    """
    work = sum(map(len, words)) * tags.size**2
    if work > _MOST_WORK:
        note(f"Feature CRF: left out, since {tags.size:,} tags and so many words would take it long to learn.")
        return None
    import pycrfsuite

    is_bio = tags.scheme in _LEARNED_AS_BIO
    learned = [convert_tags(row, "BIO" if is_bio else tags.scheme) for row in rows] if tags.scheme else rows
    note("Feature CRF: learning from the training sentences.")
    model = train_crf(words, learned)  # the tagger reads it where it is
    tagger = pycrfsuite.Tagger()
    tagger.open_inmemory(model)
    found = tagger.info()
    tagger.close()
    names = sorted({feature for feature, _ in found.state_features})
    spelled = [_as_bio(tag) for tag in tags.names] if is_bio else tags.names
    scores = np.zeros((len(names) + 1, tags.size), np.float32)
    for number, name in enumerate(names, 1):
        scores[number] = [found.state_features.get((name, tag), 0.0) for tag in spelled]
    links = [[found.transitions.get((before, after), 0.0) for after in spelled] for before in spelled]
    return LinearCRF(names, scores, np.array(links, np.float32))


def feature_crf_of(model: Any) -> PooledCRF | None:
    """Return the layer of a tagger's network that holds its feature CRF, if there is one."""
    return next((layer for layer in model.layers if isinstance(layer, PooledCRF)), None)


def set_share(crf: PooledCRF, share: float) -> None:
    """Let the feature CRF count so much, and the network the rest."""
    crf.set_shares(1 - share, share)


class Settled(NamedTuple):
    """What was settled on dev rows: the share of the feature CRF, and what is added to the scores of the tags (K,)."""

    share: float
    offsets: FloatArray


def begin_alone(crf: PooledCRF) -> Settled:
    """Leave all to the network, as training wants it; return what the model had settled on that it starts from."""
    settled = Settled(share_of(crf), np.array(crf.offsets, np.float32))
    set_share(crf, 0.0)
    crf.offsets.assign(np.zeros_like(settled.offsets))
    return settled


def go_back(crf: PooledCRF, settled: Settled, share: float | None) -> None:
    """Settle, without dev rows, on what the model had that training started from, or on the given share."""
    set_share(crf, (settled.share or _EVEN_SHARE) if share is None else share)
    crf.offsets.assign(settled.offsets)


def share_of(crf: PooledCRF) -> float:
    """Return how much the feature CRF counts."""
    return float(crf.shares[1])


def choose_share(crf: PooledCRF, figure: Callable[[], float], weight: float) -> tuple[float, float]:
    """Set the share of the feature CRF to its posterior mean on the dev split.

        share = sum_s s p(s),    p(s) ~ s^2 (1 - s) exp(weight figure(s))

    over s = 0.1, 0.3, 0.5, 0.7, 0.9. The prior expects both to count, and the feature CRF a little more: unlike the
    network, it was not stopped at the epoch that suits the dev split best.

    Args:
        crf: Layer whose shares are set.
        figure: Scores the model with the present share on the dev split; higher is better.
        weight: Evidence, in nats, of one unit of the figure.

    Returns:
        The figure without the feature CRF, and with the chosen share.
    """
    figures = []
    for share in _TRIED:
        set_share(crf, float(share))
        figures.append(figure())
    likely = _TRIED**2 * (1 - _TRIED) * np.exp(weight * (np.array(figures) - max(figures)))
    set_share(crf, 0.0)
    before = figure()
    set_share(crf, float(_TRIED @ likely / likely.sum()))
    return before, figure()


def _as_bio(tag: str) -> str:
    return _BIO.get(tag[0], tag[0]) + tag[1:]
