"""Keras layers, one a file; each works in anybody's `keras.Sequential` or functional model."""

from syntagma.layers.average_probabilities import AverageProbabilities
from syntagma.layers.length_mask import LengthMask
from syntagma.layers.lstm import LSTM
from syntagma.layers.masked_pooling import MaskedAveragePooling1D, MaskedMaxPooling1D
from syntagma.layers.weighted_ngrams import WeightedNgrams
from syntagma.layers.weighted_sum import WeightedSum
from syntagma.layers.word_dropout import WordDropout

__all__ = [
    "LSTM",
    "AverageProbabilities",
    "LengthMask",
    "MaskedAveragePooling1D",
    "MaskedMaxPooling1D",
    "WeightedNgrams",
    "WeightedSum",
    "WordDropout",
]
