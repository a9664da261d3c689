"""A linear-chain CRF on hand-crafted word features: a strong baseline for neural taggers."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from syntagma.progress import Progress
from syntagma.text.context_features import extract_features

Rows = Sequence[Sequence[str]]

TITLE = "CRF on word features"
# c1 and c2 are the weights of the L1 and L2 penalties. This pair was the best of four on the dev split of WNUT-17.
_SETTINGS = {"c1": 0.1, "c2": 0.01, "max_iterations": 100, "feature.possible_transitions": True}


class _CachedModel(NamedTuple):
    key: bytes
    model: bytes


# The last CRF trained in this process. A run needs the same CRF twice, as part of the tagger and as its baseline.
_last: _CachedModel | None = None


def crf_tags(words: Rows, tags: Rows, others: Rows) -> list[list[str]]:
    """Train a linear-chain CRF (Lafferty et al., 2001), and predict the tags of other sentences.

    The CRF is trained with CRFsuite (Okazaki, 2007). Its features, which were standard before neural taggers, are
    described in `syntagma.text.context_features.extract_features`.

    Args:
        words: Words of each training sentence.
        tags: Gold tags of each training sentence.
        others: Words of each sentence to predict.

    Returns:
        Predicted tags of each sentence in `others`. An empty sentence has no tags.
    """
    import pycrfsuite

    model = train_crf(words, tags)  # kept alive, because the tagger does not copy it
    tagger = pycrfsuite.Tagger()
    tagger.open_inmemory(model)
    predicted = [tagger.tag(pycrfsuite.ItemSequence(list(extract_features(row)))) if row else [] for row in others]
    tagger.close()
    return predicted


def train_crf(words: Rows, tags: Rows) -> bytes:
    """Train the CRF, and return it as the content of a CRFsuite model file.

    The last model is cached, and returned if the next call has the same sentences and tags.

    Args:
        words: Words of each training sentence. Empty sentences are ignored.
        tags: Gold tags of each training sentence.
    """
    global _last
    key = hashlib.sha256(json.dumps([list(map(list, words)), list(map(list, tags))]).encode()).digest()
    if _last is None or _last.key != key:
        _last = _CachedModel(key, _train(words, tags))
    return _last.model


def _train(words: Rows, tags: Rows) -> bytes:
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(_SETTINGS)
    for row, marks in zip(words, tags, strict=True):
        if row:
            trainer.append(pycrfsuite.ItemSequence(list(extract_features(row))), list(marks))
    with (
        TemporaryDirectory() as folder,
        Progress(f"Training: {TITLE}", total=_SETTINGS["max_iterations"], unit="iterations") as progress,
    ):

        def advance(message: str) -> None:
            # Training can be interrupted with Ctrl-C only here, between iterations.
            if message.startswith("***** Iteration"):
                progress.advance()

        trainer.message = advance
        path = Path(folder) / "crf"
        trainer.train(str(path))
        return path.read_bytes()
