"""A linear-chain CRF on hand-made features of words: the strong, simple baseline for taggers."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from syntagma.progress import Progress
from syntagma.text.context_features import features

Rows = Sequence[Sequence[str]]

TITLE = "CRF on word features"
# The weights of the L1 and the L2 penalty, the best of four pairs on the dev split of WNUT-17.
_SETTINGS = {"c1": 0.1, "c2": 0.01, "max_iterations": 100, "feature.possible_transitions": True}


class _Trained(NamedTuple):
    key: bytes
    model: bytes


# The last CRF that this process trained. A run needs the same one twice: as part of the tagger and as its baseline.
_last: _Trained | None = None


def crf_tags(words: Rows, tags: Rows, others: Rows) -> list[list[str]]:
    """Train a linear-chain CRF on tagged sentences, and return its tags for other sentences.

    Its features are those that taggers used before neural networks; see
    `syntagma.text.context_features.features` (Lafferty et al., 2001; Okazaki, CRFsuite, 2007).

    Args:
        words: Words of each training sentence.
        tags: Tag of each of these words.
        others: Words of each sentence to tag.
    """
    import pycrfsuite

    model = train_crf(words, tags)  # the tagger reads it where it is
    tagger = pycrfsuite.Tagger()
    tagger.open_inmemory(model)
    predicted = [tagger.tag(pycrfsuite.ItemSequence(list(features(row)))) if row else [] for row in others]
    tagger.close()
    return predicted


def train_crf(words: Rows, tags: Rows) -> bytes:
    """Train the CRF and return it as a CRFsuite model file.

    A repeated call with the same sentences returns the model of the first call without training.
    """
    global _last
    key = hashlib.sha256(json.dumps([list(map(list, words)), list(map(list, tags))]).encode()).digest()
    if _last is None or _last.key != key:
        _last = _Trained(key, _train(words, tags))
    return _last.model


def _train(words: Rows, tags: Rows) -> bytes:
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(_SETTINGS)
    for row, marks in zip(words, tags, strict=True):
        if row:
            trainer.append(pycrfsuite.ItemSequence(list(features(row))), list(marks))
    with (
        TemporaryDirectory() as folder,
        Progress(f"Training: {TITLE}", total=_SETTINGS["max_iterations"], unit="iterations") as progress,
    ):

        def advance(message: str) -> None:
            # Also the only moments at which Ctrl-C can end the training.
            if message.startswith("***** Iteration"):
                progress.advance()

        trainer.message = advance
        path = Path(folder) / "crf"
        trainer.train(str(path))
        return path.read_bytes()
