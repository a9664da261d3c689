"""The Keras model of a text classifier: a network over words and, optionally, a linear branch over n-grams."""

from typing import Annotated, Any, Literal, NamedTuple

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers import LengthMask, WeightedNgrams, WeightedSum
from syntagma.models.embedding import WordEmbeddingConfig, embed
from syntagma.models.pooling import PoolingConfig, pool_states
from syntagma.models.stack import WordStackConfig, apply_stack
from syntagma.tasks.classification.networks.average import AverageConfig, averages
from syntagma.tasks.classification.networks.convolutional import ConvolutionalConfig, strongest_matches
from syntagma.tasks.classification.networks.tutorial import TutorialConfig, last_output


class RecurrentConfig(PoolingConfig, WordStackConfig):
    """Stack of bidirectional LSTMs (BiLSTM) whose outputs are pooled over the tokens.

    See `WordStackConfig` and `PoolingConfig` for the other settings.

    Attributes:
        kind: Architecture of the network, always `recurrent`.
    """

    kind: Literal["recurrent"] = "recurrent"


NetworkConfig = Annotated[
    TutorialConfig | RecurrentConfig | ConvolutionalConfig | AverageConfig, Field(discriminator="kind")
]


_DESCENT_FLOOR = 0.01


class NgramBranchConfig(Config):
    """Linear branch over weighted n-grams; see `syntagma.layers.WeightedNgrams`.

    Attributes:
        counts: Whether to use the number of times that an n-gram occurs in a text. If false, only its presence counts.
        descent_rate: Factor of the learning rate of this branch, which is trained by steepest descent: its learning
            rate is `training.learning_rate` times this factor times the fourth root of the number of logits.
        dropout: Dropout rate of the n-grams of a text, from 0 to below 1.
        share: Factor, at least 0, by which the network's logits are multiplied before the logits of the n-gram branch
            are added. `null` chooses a factor from 0 to 1 on the dev (validation) split, or 0.5 without a dev split.
    """

    counts: bool = False
    descent_rate: float = Field(12_000.0, gt=0, le=1e9)
    dropout: float = Field(0.0, ge=0, lt=1)
    share: float | None = Field(None, ge=0, le=1e6)


class ModelSpec(NamedTuple):
    """Sizes of a text classifier's Keras model that are not settings of the network.

    Attributes:
        vocabulary_size: V, number of token ids.
        ngram_size: Number of n-gram ids, or 0 if the model does not use n-grams.
        outputs: K, number of logits: 1 for two classes, otherwise one per class or label.
        time: T, number of tokens in every row of a batch, including padding, or `None` if it varies.
        losses: Number of losses that are averaged per text: K for multilabel classification, otherwise 1.
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
    """Build the Keras model of a text classifier.

    Args:
        network: Settings of the network over words.
        embedding: Settings of the word vectors.
        ngram_branch: Settings of the n-gram branch, or `None` for a model without one.
        spec: Sizes of the inputs and outputs.
        name: Name of the Keras model.

    Returns:
        Model with the int32 inputs `tokens` (B, T), `lengths` (B,), `ngrams` (B, N) and `ngram_counts` (B, N). Inputs
        that the settings do not need are absent. The output is the logits, float32 (B, K).
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


def add_part_outputs(model: Any) -> Any:
    """Return a model for training that also outputs the separate logits of the network and the n-gram branch.

    Separate outputs allow a separate loss for each part. If only their sum had a loss, whichever part fits the
    training texts first would leave nothing for the other to learn. A model without a branch is returned unchanged.
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
        features = pool_states(apply_stack(vectors, mask, inputs["tokens"], network), mask, network)
    elif isinstance(network, ConvolutionalConfig):
        features = strongest_matches(vectors, mask, network)
    else:
        features = averages(vectors, mask, inputs.get("ngrams"), spec.ngram_size, network)
    return keras.layers.Dropout(network.dropout, name="dropout")(features) if network.dropout else features
