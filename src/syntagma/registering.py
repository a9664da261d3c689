"""Lazy registration of Syntagma's Keras classes, so that Keras finds them when it loads a saved model.

Keras looks up classes in a table, to which each class is added when it is imported. Until then, the table contains a
placeholder that imports the class on first use. `import syntagma` is therefore enough to load a model with Keras, and
the import remains fast.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from syntagma import importing

_LAYERS = """
    AdditiveAttention AttentionDecoder AttentionPooling AverageChains AverageProbabilities CRF CRFAccuracy CRFLoss
    CharacterEncoder CoverageAttention CoverageLoss DenselyConnected DownProjection EmbeddingDropout Highway
    InitialState KMaxPooling1D KeyValueAttention KeyValuePredictAttention LSTM LanguageModelObjective LastState
    LengthMask MaskedAveragePooling1D MaskedMaxPooling1D MissingLabels MultiWidthConv1D MultiplicativeAttention
    NBestDecoder OrthogonalityPenalty PointerGenerator PointerSentinel PooledCRF PretrainedEmbedding Residual
    ScaledDotAttention StructuredSelfAttention TagMarginals TiedSoftmax UnknownWordDropout VariationalDropout
    ViterbiDecoder WeightedNgrams WeightedSum WordDropout
"""
_GENERATION = "CoverageLosses MeanLogProbs SmoothedLoss SubwordSoftmax TargetLogProbs TotalLoss WithoutMask"
MODULES = {
    **dict.fromkeys(_LAYERS.split(), "syntagma.layers"),
    "ProjectedLSTMCell": "syntagma.layers.projected_lstm_cell",
    **dict.fromkeys(_GENERATION.split(), "syntagma.tasks.generation.output_layers"),
    "SourceReader": "syntagma.tasks.generation.source_reader",
    "SumOfOutputs": "syntagma.tasks.generation.preparation",
}


class _LazyClass:
    """Placeholder for a Keras class that has not been imported yet."""

    def __init__(self, name: str):
        self.name = name

    def from_config(self, config: dict[str, Any]) -> Any:
        """Import the class and create an instance of it. The import replaces this placeholder in Keras' table."""
        return getattr(import_module(MODULES[self.name]), self.name).from_config(config)


def register() -> None:
    """Register Syntagma's classes with Keras now, or as soon as Keras is imported."""
    if "keras" in sys.modules:
        _register_names()
    else:
        importing.wrap_first_import("keras", _register_afterwards)


@contextmanager
def _register_afterwards() -> Iterator[None]:
    yield
    _register_names()


def _register_names() -> None:
    from keras.saving import get_custom_objects

    for name in MODULES:
        get_custom_objects().setdefault(f"syntagma>{name}", _LazyClass(name))
