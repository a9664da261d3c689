"""The network of text generation: an encoder, and a decoder with attention to the encoder's states."""

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers import AttentionDecoder, LengthMask, PointerGenerator
from syntagma.models.ensemble import shared_inputs
from syntagma.models.stack import StackConfig, apply_stack
from syntagma.tasks.generation.output_layers import (
    CoverageLosses,
    MeanLogProbs,
    SmoothedLoss,
    SubwordSoftmax,
    TargetLogProbs,
    TotalLoss,
    WithoutMask,
)
from syntagma.tasks.generation.source_reader import SourceReader

Tie = Literal["none", "target", "all"]


class DecoderConfig(Config):
    """Settings of the decoder.

    Attributes:
        units: Number of units of each LSTM.
        depth: Number of LSTM layers. The attention follows the first layer, and its result is an input of the others.
        attention: Scores of the attention: `additive`, `multiplicative`, `scaled` (scaled dot product), `coverage`
            (additive, and dependent on the attention of earlier steps, against repetition and omission) or `none`.
        input_feeding: Whether the output of each step is an input of the next one. Training takes several times as
            long.
        residual: Whether the input of each LSTM above the first is added to its output.
        start: Initial states: `encoder` (computed from the mean of the encoder's states), `learned` or `zeros`.
        dropout: Dropout rate of the inputs of each LSTM and of the decoder's outputs, with the same mask at every step.
        recurrent_dropout: Dropout rate of the recurrent states, with the same mask at every step.
    """

    units: int = Field(256, gt=0)
    depth: int = Field(2, gt=0, le=8)
    attention: Literal["additive", "multiplicative", "scaled", "coverage", "none"] = "additive"
    input_feeding: bool = False
    residual: bool = False
    start: Literal["encoder", "learned", "zeros"] = "encoder"
    dropout: float = Field(0.0, ge=0, lt=1)
    recurrent_dropout: float = Field(0.0, ge=0, lt=1)


class CoverageLossConfig(Config):
    """Settings of the coverage loss.

    Attributes:
        form: `repeated` penalises attending twice to the same position (See et al., 2017); `uneven` penalises
            positions whose total attention is not 1 (Tu et al., 2016).
        weight: Weight of the loss. 0 switches it off.
        starts: Share of training, from 0 to 1, after which the loss is added. 0 adds it from the start.
    """

    form: Literal["repeated", "uneven"] = "repeated"
    weight: float = Field(0.0, ge=0)
    starts: float = Field(0.0, ge=0, le=1)


class GeneratorConfig(Config):
    """Settings of the network.

    Attributes:
        embedding: Size of the subword vectors.
        tie: Which matrices are shared: `none`, `target` (the vectors of target subwords also serve as the output
            matrix), or `all` (source, target and output). With separate vocabularies, `all` means `target`.
        embedding_dropout: Dropout rate of the subword vectors, with the same mask at every step.
        encoder: Settings of the bidirectional LSTMs that read the source.
        decoder: Settings of the decoder.
        copy_words: Whether the decoder can copy subwords of the source (pointer-generator network), including those
            that are not in the vocabulary.
        coverage_loss: Settings of the coverage loss.
    """

    embedding: int = Field(128, gt=0)
    tie: Tie = "all"
    embedding_dropout: float = Field(0.0, ge=0, lt=1)
    encoder: StackConfig = StackConfig(units=128)
    decoder: DecoderConfig = DecoderConfig()
    copy_words: bool = False
    coverage_loss: CoverageLossConfig = CoverageLossConfig()


class Sizes(NamedTuple):
    """Sizes of the vocabularies, including the special tokens.

    Attributes:
        source: Size of the source vocabulary.
        target: Size V of the target vocabulary.
        joint: Whether both are the same vocabulary.
    """

    source: int
    target: int
    joint: bool


class Layers(NamedTuple):
    """Layers of one network that decoding calls step by step.

    Attributes:
        encoder: Keras model of the tokens (B, S) and their lengths (B,), whose outputs are those of `SourceReader`.
        embed: Function that returns the vectors (..., E) of target ids (...).
        decoder: Decoder layer.
        project: Function that returns the logits (..., V) of the decoder's outputs (..., P).
        pointer: Output layer for copying, or `None`.
        size: Size V of the target vocabulary.
    """

    encoder: Any
    embed: Any
    decoder: AttentionDecoder
    project: Any
    pointer: PointerGenerator | None
    size: int


def build_generator(config: GeneratorConfig, sizes: Sizes, name: str) -> Any:
    """Build the Keras model that scores target texts.

    Args:
        config: Settings of the network.
        sizes: Sizes of the vocabularies.
        name: Name of the model.

    Returns:
        Model with the int32 inputs `tokens` (B, S), `lengths` (B,), `previous` (B, T; the start token and the target
        ids without the last one), `targets` (B, T), `target_lengths` (B,) and, for copying, `copy_ids` (B, S). Its
        outputs are the log-probabilities of the targets, float32 (B, T), the attention weights (B, T, S) and, for
        copying, the shares of the probabilities that come from copying, float32 (B, T).
    """
    inputs = {
        "tokens": keras.Input((None,), dtype="int32", name="tokens"),
        "lengths": keras.Input((), dtype="int32", name="lengths"),
        "previous": keras.Input((None,), dtype="int32", name="previous"),
        "targets": keras.Input((None,), dtype="int32", name="targets"),
        "target_lengths": keras.Input((), dtype="int32", name="target_lengths"),
    }
    if config.copy_words:
        inputs["copy_ids"] = keras.Input((None,), dtype="int32", name="copy_ids")
    source_embedding, target_embedding, output = _vocabulary_layers(config, sizes)
    mask = LengthMask(name="mask")((inputs["tokens"], inputs["lengths"]))
    target_mask = LengthMask(name="target_mask")((inputs["targets"], inputs["target_lengths"]))
    vectors = _drop(source_embedding(inputs["tokens"]), config.embedding_dropout, "source_dropout")
    # `layers_of` and `build_training_model` find these tensors by the names of the identity layers.
    encoded = keras.layers.Identity(name="source_states")(apply_stack(vectors, mask, None, config.encoder))
    previous = _drop(target_embedding(inputs["previous"]), config.embedding_dropout, "target_dropout")
    decoder = AttentionDecoder(output_units=config.embedding, name="decoder", **config.decoder.model_dump())
    outputs, weights = decoder([previous, encoded], mask=[target_mask, mask], return_attention_scores=True)
    outputs = keras.layers.Identity(name="outputs")(outputs)
    logits = output(outputs, reverse=True) if isinstance(output, SubwordSoftmax) else output(outputs)
    logits = keras.layers.Identity(dtype="float32", name="logits")(logits)
    if config.copy_words:
        pointer = PointerGenerator(name="pointer", dtype="float32")
        scores = pointer([outputs, logits, weights, inputs["copy_ids"]], targets=inputs["targets"])
    else:
        scores = [TargetLogProbs(name="log_probs", dtype="float32")([logits, inputs["targets"]])]
    return keras.Model(inputs, [scores[0], weights, *scores[1:]], name=name)


def build_training_model(model: Any, config: GeneratorConfig, label_smoothing: float) -> Any:
    """Build the Keras model that is trained, which shares its layers with the model of `build_generator`.

    Returns:
        Model with the same inputs and `weights`, the weights of the targets in the loss, float32 (B, T). Its outputs
        are the shares of the texts in the loss of the batch, all equal, float32 (B,), and, with a coverage loss, the
        coverage losses of the texts, float32 (B,).
    """
    log_probs, weights, *_ = model.outputs
    target_weights = keras.Input((None,), dtype="float32", name="weights")
    inputs = {**model.input, "weights": target_weights}
    output = next((layer for layer in model.layers if isinstance(layer, SubwordSoftmax)), None)
    if output is not None and not config.copy_words:
        states = WithoutMask(name="states")(model.get_layer("outputs").output)  # the weights take its place
        loss = output(states, targets=inputs["targets"], weights=target_weights, smoothing=label_smoothing)
    else:
        smoothed = SmoothedLoss(label_smoothing, name="losses", dtype="float32")
        losses = smoothed([log_probs, model.get_layer("logits").output])
        loss = TotalLoss(name="loss", dtype="float32")([losses, target_weights])
    outputs = [loss]
    if config.coverage_loss.weight:
        masks = [model.get_layer(name).output for name in ("target_mask", "mask")]
        coverage = CoverageLosses(config.coverage_loss.form, name="coverage", dtype="float32")
        outputs.append(coverage([weights, *masks]))
    return keras.Model(inputs, outputs[0] if len(outputs) == 1 else outputs, name="training")


def build_generator_ensemble(members: Sequence[Any]) -> Any:
    """Build the Keras model that averages the probabilities, attention weights and shares of several networks."""
    inputs = shared_inputs(members)
    log_probs, *others = zip(*(member(inputs) for member in members), strict=True)
    mean = MeanLogProbs(name="mean_log_probs", dtype="float32")(list(log_probs))
    means = [keras.layers.Average(name=f"mean_{number}")(list(one)) for number, one in enumerate(others)]
    return keras.Model(inputs, [mean, *means], name="ensemble")


def members_of(model: Any) -> list[Any]:
    """Return the networks of an ensemble, or the network itself."""
    return [layer for layer in model.layers if isinstance(layer, keras.Model)] or [model]


def layers_of(model: Any) -> Layers:
    """Return the layers that decoding needs, of a model that `build_generator` built."""
    layers = {layer.name: layer for layer in model.layers}
    tied = layers.get("subwords")
    encoded = [model.get_layer(name).output for name in ("source_states", "mask")]
    read = SourceReader(layers["decoder"], name="reader")(encoded)
    return Layers(
        keras.Model({name: model.input[name] for name in ("tokens", "lengths")}, read, name="encoder"),
        tied or layers["target_embedding"],
        layers["decoder"],
        layers["output"] if tied is None else lambda outputs: tied(outputs, reverse=True),
        layers.get("pointer"),
        layers["output"].units if tied is None else tied.input_dim,
    )


def _vocabulary_layers(config: GeneratorConfig, sizes: Sizes) -> tuple[Any, Any, Any]:
    """Return the layers of the source vectors, the target vectors and the logits. Tied ones are the same layer."""
    # With vectors as short as those of classifiers, the first hundreds of steps learn only frequencies of subwords.
    largest = math.sqrt(12 / config.embedding)  # a standard deviation of 2 / sqrt(length)
    initializer = keras.initializers.RandomUniform(-largest, largest)

    def embedding(count: int, name: str) -> Any:
        return keras.layers.Embedding(count, config.embedding, embeddings_initializer=initializer, name=name)

    if config.tie == "none":
        output = keras.layers.Dense(sizes.target, dtype="float32", name="output")
        return embedding(sizes.source, "source_embedding"), embedding(sizes.target, "target_embedding"), output
    tied = SubwordSoftmax(sizes.target, config.embedding, embeddings_initializer=initializer, name="subwords")
    if config.tie == "all" and sizes.joint:
        return tied, tied, tied
    return embedding(sizes.source, "source_embedding"), tied, tied


def _drop(vectors: Any, rate: float, name: str) -> Any:
    return keras.layers.SpatialDropout1D(rate, name=name)(vectors) if rate else vectors
