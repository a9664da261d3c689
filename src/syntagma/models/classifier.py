"""A classifier: a network over the words and, where wanted, a linear branch over n-grams, summed at the logits."""

from typing import Annotated, Any

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers import LengthMask, NaiveBayesNgrams
from syntagma.models.average import AverageConfig, averages
from syntagma.models.convolutional import ConvolutionalConfig, strongest_matches
from syntagma.models.embedding import EmbeddingConfig, embed
from syntagma.models.recurrent import RecurrentConfig, pooled_states
from syntagma.models.spec import ModelSpec
from syntagma.models.tutorial import TutorialConfig, last_output

NetworkConfig = Annotated[
    TutorialConfig | RecurrentConfig | ConvolutionalConfig | AverageConfig, Field(discriminator="kind")
]


class NgramBranchConfig(Config):
    """The branch of NB-weighted n-grams; see `syntagma.layers.NaiveBayesNgrams`.

    Attributes:
        prior: Weight of the naive Bayes classifier before training.
        gain: What a unit of a learned weight weighs, against the ratio; the larger, the faster the branch learns.
        dropout: Share of n-grams left out of a text in training.
    """

    prior: float = Field(0.01, ge=0, le=1e6)
    gain: float = Field(2.0, gt=0, le=1e6)
    dropout: float = Field(0.0, ge=0, lt=1)


def build_classifier(
    network: TutorialConfig | RecurrentConfig | ConvolutionalConfig | AverageConfig,
    embedding: EmbeddingConfig,
    ngram_branch: NgramBranchConfig | None,
    spec: ModelSpec,
    name: str = "classifier",
) -> Any:
    """Builds the Keras model.

    Its inputs are named `tokens` (B, T), `lengths` (B,) and `ngrams` (B, N), as far as the network reads them; its
    output is the logits (B, K), float32.

    Args:
        network: The network over the words.
        embedding: Its word vectors.
        ngram_branch: The branch over n-grams, or none; needs `spec.ngram_size`.
        spec: What the data decide.
        name: Of the model.
    """
    inputs: dict[str, Any] = {"tokens": keras.Input((spec.time,), dtype="int32", name="tokens")}
    if spec.ngram_size:
        inputs["ngrams"] = keras.Input((None,), dtype="int32", name="ngrams")
    vectors = embed(inputs["tokens"], embedding, spec.vocabulary_size)
    features = _features(network, vectors, inputs, spec)
    logits = keras.layers.Dense(spec.outputs, dtype="float32", name="logits")(features)
    if ngram_branch is not None and spec.ngram_size:
        branch = NaiveBayesNgrams(
            spec.ngram_size,
            spec.outputs,
            prior=ngram_branch.prior,
            gain=ngram_branch.gain,
            dropout=ngram_branch.dropout,
            dtype="float32",
            name="ngram_branch",
        )
        logits = keras.layers.Add(dtype="float32", name="sum")([logits, branch(inputs["ngrams"])])
    return keras.Model(inputs, logits, name=name)


def _features(network: Any, vectors: Any, inputs: dict[str, Any], spec: ModelSpec) -> Any:
    if isinstance(network, TutorialConfig):
        return last_output(vectors, network)
    inputs["lengths"] = keras.Input((), dtype="int32", name="lengths")
    mask = LengthMask(name="mask")((inputs["tokens"], inputs["lengths"]))
    if isinstance(network, RecurrentConfig):
        features = pooled_states(vectors, mask, network)
    elif isinstance(network, ConvolutionalConfig):
        features = strongest_matches(vectors, mask, network)
    else:
        features = averages(vectors, mask, inputs.get("ngrams"), spec.ngram_size, network)
    return keras.layers.Dropout(network.dropout, name="dropout")(features) if network.dropout else features
