"""A CRF on hand-made features of words: the strong simple tagger to be better than."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from syntagma.text.context_features import features

Rows = Sequence[Sequence[str]]

TITLE = "CRF on word features"
# The weights of the L1 and the L2 penalty, the best of four pairs on the dev split of WNUT-17.
_SETTINGS = {"c1": 0.1, "c2": 0.01, "max_iterations": 100, "feature.possible_transitions": True}


def crf_tags(words: Rows, tags: Rows, others: Rows) -> list[list[str]]:
    """Return the tags of other sentences by a linear-chain CRF that has learned from these.

    Its features are those of the taggers that were usual before networks; see
    `syntagma.text.context_features.features` (Lafferty et al., 2001; Okazaki, CRFsuite, 2007).
    """
    import pycrfsuite

    with TemporaryDirectory() as folder:
        tagger = pycrfsuite.Tagger()
        tagger.open(train_crf(words, tags, Path(folder) / "crf"))
        found = [tagger.tag(pycrfsuite.ItemSequence(list(features(row)))) if row else [] for row in others]
        tagger.close()
    return found


def train_crf(words: Rows, tags: Rows, path: Path) -> str:
    """Train the CRF, write it to a file of CRFsuite's, and return its path."""
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(_SETTINGS)
    for row, marks in zip(words, tags, strict=True):
        if row:
            trainer.append(pycrfsuite.ItemSequence(list(features(row))), list(marks))
    trainer.train(str(path))
    return str(path)
