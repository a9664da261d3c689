"""Our Keras classes by name, so that Keras finds them in a saved model although nobody has imported them.

Keras looks a class up in a table, which the class enters when it is imported. What stands there before that is a name
that imports the class when it is wanted, so that `import syntagma` is enough, and costs nothing.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from syntagma import importing

_LAYERS = """
    AdditiveAttention AttentionPooling AverageChains AverageProbabilities CRF CRFAccuracy CRFLoss CharacterEncoder
    CoverageAttention CoverageLoss DenselyConnected DownProjection EmbeddingDropout Highway InitialState KMaxPooling1D
    KeyValueAttention KeyValuePredictAttention LSTM LanguageModelObjective LastState LengthMask MaskedAveragePooling1D
    MaskedMaxPooling1D MissingLabels MultiWidthConv1D MultiplicativeAttention NBestDecoder OrthogonalityPenalty
    PointerSentinel PooledCRF PretrainedEmbedding Residual ScaledDotAttention StructuredSelfAttention
    TagMarginals TiedSoftmax UnknownWordDropout VariationalDropout ViterbiDecoder WeightedNgrams WeightedSum WordDropout
"""
HOMES = {
    **dict.fromkeys(_LAYERS.split(), "syntagma.layers"),
    "ProjectedLSTMCell": "syntagma.layers.projected_lstm_cell",
}


class _Later:
    """Stands for a class that is not imported yet."""

    def __init__(self, name: str):
        self.name = name

    def from_config(self, config: dict[str, Any]) -> Any:
        """Import the class, which then takes this one's place, and make one of it."""
        return getattr(import_module(HOMES[self.name]), self.name).from_config(config)


def register() -> None:
    """Let Keras know the names now, or as soon as it is imported."""
    if "keras" in sys.modules:
        _enter()
    else:
        importing.surround("keras", _entering)


@contextmanager
def _entering() -> Iterator[None]:
    yield
    _enter()


def _enter() -> None:
    from keras.saving import get_custom_objects

    for name in HOMES:
        get_custom_objects().setdefault(f"syntagma>{name}", _Later(name))
