"""A classifier: a network over the words and, where wanted, a linear branch over n-grams, summed at the logits."""

from typing import Annotated, Any, Literal, NamedTuple

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers import LengthMask, WeightedNgrams, WeightedSum
from syntagma.models.embedding import WordEmbeddingConfig, embed
from syntagma.models.pooling import PoolingConfig, pooled
from syntagma.models.stack import WordStackConfig, states_of
from syntagma.tasks.classification.networks.average import AverageConfig, averages
from syntagma.tasks.classification.networks.convolutional import ConvolutionalConfig, strongest_matches
from syntagma.tasks.classification.networks.tutorial import TutorialConfig, last_output


class RecurrentConfig(PoolingConfig, WordStackConfig):
    """A stack of bidirectional LSTMs whose outputs are pooled over the real tokens.

    See `WordStackConfig` and `PoolingConfig` for the settings.
    """

    kind: Literal["recurrent"] = "recurrent"


NetworkConfig = Annotated[
    TutorialConfig | RecurrentConfig | ConvolutionalConfig | AverageConfig, Field(discriminator="kind")
]


_DESCENT_FLOOR = 0.01


class NgramBranchConfig(Config):
    """The branch of weighted n-grams; see `syntagma.layers.WeightedNgrams`.

    Attributes:
        counts: Whether it tells how often an n-gram stands in a text, not just that it does.
        descent_rate: The branch learns by steepest descent, at the learning rate times this times the fourth root
            of the number of logits.
        dropout: Share of n-grams left out of a text in training.
        share: What the network's logits are multiplied by before those of the branch are added; by default what the
            dev rows make likely, or 0.5 without them.
    """

    counts: bool = False
    descent_rate: float = Field(12_000.0, gt=0, le=1e9)
    dropout: float = Field(0.0, ge=0, lt=1)
    share: float | None = Field(None, ge=0, le=1e6)


class ModelSpec(NamedTuple):
    """Sizes of a model that come from the data, not from the recipe.

    Attributes:
        vocabulary_size: V, number of token ids.
        ngram_size: Number of n-gram ids, 0 without n-grams.
        outputs: K, number of logits: 1 for two classes, else one per class or label.
        time: T if every batch has the same, else `None`.
        losses: Number of losses of a text that are averaged: K if it may have several labels, else 1.
    """

    vocabulary_size: int
    ngram_size: int
    outputs: int
    time: int | None = None
    losses: int = 1


def build_classifier(
    network: TutorialConfig | RecurrentConfig | ConvolutionalConfig | AverageConfig,
    embedding: WordEmbeddingConfig,
    ngram_branch: NgramBranchConfig | None,
    spec: ModelSpec,
    name: str = "classifier",
) -> Any:
    """Build the Keras model of a network over words and, if there are n-grams, of a branch over these.

    Its inputs are named `tokens` (B, T), `lengths` (B,), `ngrams` and `ngram_counts` (B, N), as far as it reads them;
    its output is the logits (B, K), float32.
    """
    inputs: dict[str, Any] = {"tokens": keras.Input((spec.time,), dtype="int32", name="tokens")}
    if spec.ngram_size:
        inputs["ngrams"] = keras.Input((None,), dtype="int32", name="ngrams")
    vectors = embed(inputs["tokens"], embedding, spec.vocabulary_size)
    features = _features(network, vectors, inputs, spec)
    logits = keras.layers.Dense(spec.outputs, dtype="float32", name="logits")(features)
    if ngram_branch is not None and spec.ngram_size:
        branch = WeightedNgrams(
            spec.ngram_size,
            spec.outputs,
            gain=1.0,
            descent_rate=ngram_branch.descent_rate,
            descent_floor=_DESCENT_FLOOR / spec.losses,  # a mean of K losses has K times smaller gradients
            dropout=ngram_branch.dropout,
            dtype="float32",
            name="ngram_branch",
        )
        read: Any = inputs["ngrams"]
        if ngram_branch.counts:
            inputs["ngram_counts"] = keras.Input((None,), dtype="int32", name="ngram_counts")
            read = [read, inputs["ngram_counts"]]
        logits = WeightedSum(dtype="float32", name="sum")([logits, branch(read)])
    return keras.Model(inputs, logits, name=name)


def with_parts(model: Any) -> Any:
    """Return the same model with the logits of network and branch as further outputs, if it has a branch.

    Each is trained on a loss of its own: in the sum, one that fits the training texts leaves nothing to the other.
    """
    if "ngram_branch" not in {layer.name for layer in model.layers}:
        return model
    parts = [model.get_layer(name).output for name in ("logits", "ngram_branch")]
    return keras.Model(model.input, [model.output, *parts], name=f"{model.name}_parts")


def _features(network: Any, vectors: Any, inputs: dict[str, Any], spec: ModelSpec) -> Any:
    if isinstance(network, TutorialConfig):
        return last_output(vectors, network)
    inputs["lengths"] = keras.Input((), dtype="int32", name="lengths")
    mask = LengthMask(name="mask")((inputs["tokens"], inputs["lengths"]))
    if isinstance(network, RecurrentConfig):
        features = pooled(states_of(vectors, mask, inputs["tokens"], network), mask, network)
    elif isinstance(network, ConvolutionalConfig):
        features = strongest_matches(vectors, mask, network)
    else:
        features = averages(vectors, mask, inputs.get("ngrams"), spec.ngram_size, network)
    return keras.layers.Dropout(network.dropout, name="dropout")(features) if network.dropout else features
