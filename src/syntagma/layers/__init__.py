"""Keras layers, losses and metrics. They also work in your own Sequential and functional models."""

from syntagma.layers.additive_attention import AdditiveAttention
from syntagma.layers.attention_decoder import AttentionDecoder
from syntagma.layers.attention_pooling import AttentionPooling
from syntagma.layers.average_chains import AverageChains
from syntagma.layers.average_probabilities import AverageProbabilities
from syntagma.layers.character_encoder import CharacterEncoder
from syntagma.layers.coverage_attention import CoverageAttention, CoverageLoss
from syntagma.layers.crf import CRF
from syntagma.layers.crf_accuracy import CRFAccuracy
from syntagma.layers.crf_loss import CRFLoss
from syntagma.layers.densely_connected import DenselyConnected
from syntagma.layers.down_projection import DownProjection
from syntagma.layers.embedding_dropout import EmbeddingDropout
from syntagma.layers.highway import Highway
from syntagma.layers.initial_state import InitialState
from syntagma.layers.key_value_attention import KeyValueAttention, KeyValuePredictAttention
from syntagma.layers.language_model_objective import LanguageModelObjective
from syntagma.layers.length_mask import LengthMask
from syntagma.layers.lstm import LSTM
from syntagma.layers.masked_pooling import KMaxPooling1D, LastState, MaskedAveragePooling1D, MaskedMaxPooling1D
from syntagma.layers.missing_labels import MissingLabels
from syntagma.layers.multi_width_conv import MultiWidthConv1D
from syntagma.layers.multiplicative_attention import MultiplicativeAttention
from syntagma.layers.orthogonality_penalty import OrthogonalityPenalty
from syntagma.layers.pointer_generator import PointerGenerator
from syntagma.layers.pointer_sentinel import PointerSentinel
from syntagma.layers.pooled_crf import PooledCRF
from syntagma.layers.pretrained_embedding import PretrainedEmbedding
from syntagma.layers.residual import Residual
from syntagma.layers.scaled_dot_attention import ScaledDotAttention
from syntagma.layers.structured_self_attention import StructuredSelfAttention
from syntagma.layers.tag_decoders import NBestDecoder, TagMarginals, ViterbiDecoder
from syntagma.layers.tied_softmax import TiedSoftmax
from syntagma.layers.unknown_word_dropout import UnknownWordDropout
from syntagma.layers.variational_dropout import VariationalDropout
from syntagma.layers.weighted_ngrams import WeightedNgrams
from syntagma.layers.weighted_sum import WeightedSum
from syntagma.layers.word_dropout import WordDropout

__all__ = [
    "CRF",
    "LSTM",
    "AdditiveAttention",
    "AttentionDecoder",
    "AttentionPooling",
    "AverageChains",
    "AverageProbabilities",
    "CRFAccuracy",
    "CRFLoss",
    "CharacterEncoder",
    "CoverageAttention",
    "CoverageLoss",
    "DenselyConnected",
    "DownProjection",
    "EmbeddingDropout",
    "Highway",
    "InitialState",
    "KMaxPooling1D",
    "KeyValueAttention",
    "KeyValuePredictAttention",
    "LanguageModelObjective",
    "LastState",
    "LengthMask",
    "MaskedAveragePooling1D",
    "MaskedMaxPooling1D",
    "MissingLabels",
    "MultiWidthConv1D",
    "MultiplicativeAttention",
    "NBestDecoder",
    "OrthogonalityPenalty",
    "PointerGenerator",
    "PointerSentinel",
    "PooledCRF",
    "PretrainedEmbedding",
    "Residual",
    "ScaledDotAttention",
    "StructuredSelfAttention",
    "TagMarginals",
    "TiedSoftmax",
    "UnknownWordDropout",
    "VariationalDropout",
    "ViterbiDecoder",
    "WeightedNgrams",
    "WeightedSum",
    "WordDropout",
]
