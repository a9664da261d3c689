"""Table of all public layers with a minimal model of each; `make reference` writes docs/reference/layers.md.

Every model reads tokens (B, T), padded with 0, from which all inputs of its layer are computed.
"""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from syntagma import backend, layers

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "layers.md"
SIZE = 6
VOCABULARY = 10
TOKENS = np.array([[4, 5, 6, 7], [8, 9, 0, 0], [0, 0, 0, 0]], np.int32)
PADDED = np.pad(TOKENS, ((0, 0), (0, 2)))
TAGS = ["O", "B-X", "I-X", "B-Y", "I-Y", "B-Z"]
_CHARACTERS = np.random.default_rng(1).integers(1, 8, (VOCABULARY, 5)).astype(np.int32)
_CHARACTERS[:, 3:] *= np.arange(VOCABULARY)[:, None] % 2  # words of three and of five characters
_CHARACTERS[0] = 0


class Case(NamedTuple):
    """One layer of the table.

    Attributes:
        make: Function that creates the layer.
        inputs: Inputs of the layer, a key of `INPUTS`.
        outputs: Shapes of the outputs in axis letters; T is the time axis.
        loss: Function that creates the loss, or `None` if the layer has no gradient.
        passes_mask: Whether the layer passes on the mask.
        random: Whether training draws random numbers for each token.
        scale: Standard deviation of the random weights.
    """

    make: Callable[[], Any]
    inputs: str
    outputs: tuple[str, ...]
    loss: Callable[[], Any] | None = lambda: mean_square
    passes_mask: bool = True
    random: bool = False
    scale: float = 0.7


def mean_square(_: Any, outputs: Any) -> Any:
    """Compute a loss per token, or per text."""
    axes = tuple(range(2 if len(outputs.shape) > 2 else 1, len(outputs.shape)))
    return ops.mean(ops.square(outputs), axis=axes)


def squares(_: Any, outputs: Any) -> Any:
    """Compute a loss per token for outputs without features."""
    return ops.square(outputs)


def total(_: Any, outputs: Any) -> Any:
    """Compute a loss per text, to which zeros at padding add nothing."""
    return ops.sum(ops.square(outputs), axis=tuple(range(1, len(outputs.shape))))


class ModelInputs(NamedTuple):
    """Inputs of a model: the tokens, and the mask if it is passed explicitly."""

    tokens: Any
    mask: Any

    def vectors(self, size: int = SIZE, name: str = "vectors") -> Any:
        embedding = keras.layers.Embedding(VOCABULARY, size, mask_zero=self.mask is None, name=name)
        return embedding(self.tokens)

    @property
    def options(self) -> dict[str, Any]:
        return {} if self.mask is None else {"mask": self.mask}

    def pair(self) -> dict[str, Any]:
        return {} if self.mask is None else {"mask": [self.mask, self.mask]}


def _dense(vectors: Any, units: int, activation: str | None = None) -> Any:
    return keras.layers.Dense(units, activation)(vectors)


def _lstm_with_initial_state(layer: Any, inputs: ModelInputs) -> Any:
    vectors = inputs.vectors()
    states = [layer(vectors), layer(vectors)]
    return layers.LSTM(3)(vectors, initial_state=states, **inputs.options)


def _lengths(tokens: Any) -> Any:
    return ops.sum(ops.cast(tokens > 0, "int32"), axis=1)


def _features(inputs: ModelInputs) -> Any:
    return layers.MaskedAveragePooling1D()(inputs.vectors(), **inputs.options)


def _logits(features: Any) -> list[Any]:
    return [_dense(features, 2) for _ in range(3)]


def _weights(inputs: ModelInputs) -> Any:
    pair = [inputs.vectors(), inputs.vectors(name="source")]
    return layers.ScaledDotAttention()(pair, return_attention_scores=True, **inputs.pair())[1]


def _pointer_generator(layer: Any, inputs: ModelInputs) -> Any:
    logits = _dense(inputs.vectors(name="output"), VOCABULARY)
    return layer([inputs.vectors(name="states"), logits, _weights(inputs), inputs.tokens], targets=inputs.tokens)[0]


def _coverage_loss(layer: Any, inputs: ModelInputs) -> Any:
    real = inputs.tokens > 0
    return layer(_weights(inputs), target_mask=real, source_mask=real)


INPUTS: dict[str, tuple[str, Callable[[Any, ModelInputs], Any]]] = {
    "sequences": ("(B, T, D)", lambda layer, inputs: layer(inputs.vectors(), **inputs.options)),
    "no mask": ("(B, T, D)", lambda layer, inputs: layer(inputs.vectors())),
    "features": ("(B, D)", lambda layer, inputs: layer(_features(inputs))),
    "states": ("(B, ...)", _lstm_with_initial_state),
    "logits": ("n of (B, K)", lambda layer, inputs: layer(_logits(_features(inputs)))),
    "ids": ("(B, T) ids", lambda layer, inputs: layer(inputs.tokens)),
    "n-grams": ("(B, N) ids, counts", lambda layer, inputs: layer([inputs.tokens, inputs.tokens])),
    "lengths": ("(B, T), (B,)", lambda layer, inputs: layer((inputs.tokens, _lengths(inputs.tokens)))),
    "characters": ("(B, T, C) ids", lambda layer, inputs: layer(ops.take(_CHARACTERS, inputs.tokens, axis=0))),
    "queries": (
        "(B, T, D), (B, S, D)",
        lambda layer, inputs: layer([inputs.vectors(), inputs.vectors(name="source")], **inputs.pair()),
    ),
    "weights": ("(B, T, S)", _coverage_loss),
    "states, tokens": (
        "(B, T, 2 H), (B, T) ids",
        lambda layer, inputs: layer(
            [inputs.vectors(), inputs.tokens], **({} if inputs.mask is None else {"mask": [inputs.mask, None]})
        ),
    ),
    "two spaces": (
        "(B, T, D1), (B, T, D2)",
        lambda layer, inputs: layer(
            [inputs.vectors(), inputs.vectors(3, "private")], **({} if inputs.mask is None else inputs.pair())
        ),
    ),
    "pointer": (
        "(B, T, H), (B, T, V), (B, T) ids",
        lambda layer, inputs: layer(
            [inputs.vectors(), _dense(inputs.vectors(name="output"), VOCABULARY, "softmax"), inputs.tokens],
            **({} if inputs.mask is None else {"mask": [inputs.mask, None, None]}),
        ),
    ),
    "pointer-generator": ("(B, T, P), (B, T, V), (B, T, S), (B, S) ids", _pointer_generator),
    "tied": (
        "(B, T) ids; (B, T, H)",
        lambda layer, inputs: layer(layers.VariationalDropout(0.0)(_dense(layer(inputs.tokens), 5)), reverse=True),
    ),
    "chains": (
        "n of (B, T, K, K)",
        lambda layer, inputs: layer(
            [
                layers.CRF(SIZE, name="crf")(inputs.vectors(), **inputs.options),
                layers.CRF(SIZE, name="other_crf")(inputs.vectors(name="others"), **inputs.options),
            ]
        ),
    ),
    "emissions, features": (
        "(B, T, K), (B, T, F) ids",
        lambda layer, inputs: layer(
            [inputs.vectors(), ops.take(_CHARACTERS, inputs.tokens, axis=0)],
            **({} if inputs.mask is None else {"mask": [inputs.mask, None]}),
        ),
    ),
    "chain": (
        "(B, T, K, K)",
        lambda layer, inputs: layer(layers.CRF(SIZE, name="crf")(inputs.vectors(), **inputs.options)),
    ),
}


def _lstm(**options: Any) -> Any:
    return layers.LSTM(SIZE, return_sequences=True, **options)


def _pretrained_embedding() -> Any:
    return layers.PretrainedEmbedding(VOCABULARY, SIZE, tune="all", mask_zero=True)


CASES: dict[str, Case] = {
    "AdditiveAttention": Case(lambda: layers.AdditiveAttention(4), "queries", ("B T D",)),
    "AttentionDecoder": Case(lambda: layers.AttentionDecoder(5, depth=2, residual=True), "queries", ("B T P",)),
    "AttentionPooling": Case(lambda: layers.AttentionPooling(4), "sequences", ("B D",), passes_mask=False),
    "AverageChains": Case(lambda: layers.AverageChains(), "chains", ("B T K K",), None),
    "AverageProbabilities": Case(lambda: layers.AverageProbabilities(), "logits", ("B K",), passes_mask=False),
    "CRF": Case(lambda: layers.CRF(SIZE), "sequences", ("B T K K",), layers.CRFLoss),
    "CharacterEncoder": Case(lambda: layers.CharacterEncoder(8, 4, "lstm", embedding_dim=3), "characters", ("B T H",)),
    "CoverageAttention": Case(lambda: layers.CoverageAttention(4), "queries", ("B T D",)),
    "CoverageLoss": Case(
        lambda: layers.CoverageLoss("uneven", 0.5), "weights", ("B T S",), lambda: total, passes_mask=False
    ),
    "DenselyConnected": Case(
        lambda: layers.DenselyConnected([_lstm(), keras.layers.Dense(2)]), "sequences", ("B T D",)
    ),
    "DownProjection": Case(lambda: layers.DownProjection(2), "no mask", ("B T H",)),
    "EmbeddingDropout": Case(
        lambda: layers.EmbeddingDropout(keras.layers.Embedding(VOCABULARY, 3, mask_zero=True), 0.2, seed=1),
        "ids",
        ("B T D",),
    ),
    "Highway": Case(lambda: layers.Highway("tanh"), "no mask", ("B T D",)),
    "InitialState": Case(lambda: layers.InitialState(3), "states", ("B H",), passes_mask=False),
    "KMaxPooling1D": Case(lambda: layers.KMaxPooling1D(3), "sequences", ("B k D",), passes_mask=False),
    "KeyValueAttention": Case(lambda: layers.KeyValueAttention(2, 4), "sequences", ("B T D",)),
    "KeyValuePredictAttention": Case(lambda: layers.KeyValuePredictAttention(2), "sequences", ("B T D",)),
    "LSTM": Case(
        lambda: layers.LSTM(5, learn_initial_state=True, projection_units=3),
        "sequences",
        ("B H",),
        passes_mask=False,
    ),
    "LanguageModelObjective": Case(lambda: layers.LanguageModelObjective(8, 3), "states, tokens", ("B T H",)),
    "LastState": Case(lambda: layers.LastState(), "sequences", ("B D",), passes_mask=False),
    "LengthMask": Case(lambda: layers.LengthMask(), "lengths", ("B T",), None, passes_mask=False),
    "MaskedAveragePooling1D": Case(lambda: layers.MaskedAveragePooling1D(), "sequences", ("B D",), passes_mask=False),
    "MaskedMaxPooling1D": Case(lambda: layers.MaskedMaxPooling1D(), "sequences", ("B D",), passes_mask=False),
    "MultiWidthConv1D": Case(lambda: layers.MultiWidthConv1D(2, (2, 3), norm_limit=3.0), "sequences", ("B T D",)),
    "MultiplicativeAttention": Case(lambda: layers.MultiplicativeAttention(), "queries", ("B T D",)),
    "NBestDecoder": Case(
        lambda: layers.NBestDecoder(2, TAGS, "BIO"), "chain", ("B N T", "B N"), None, passes_mask=False
    ),
    "OrthogonalityPenalty": Case(lambda: layers.OrthogonalityPenalty(0.5), "two spaces", ("B T D",)),
    "PointerGenerator": Case(lambda: layers.PointerGenerator(), "pointer-generator", ("B T",), lambda: squares),
    "PointerSentinel": Case(lambda: layers.PointerSentinel(2), "pointer", ("B T V",)),
    "PooledCRF": Case(lambda: layers.PooledCRF(SIZE, 8), "emissions, features", ("B T K K",), layers.CRFLoss),
    "PretrainedEmbedding": Case(_pretrained_embedding, "ids", ("B T D",)),
    "Residual": Case(
        lambda: layers.Residual(keras.layers.Bidirectional(layers.LSTM(SIZE // 2, return_sequences=True))),
        "sequences",
        ("B T D",),
    ),
    "ScaledDotAttention": Case(lambda: layers.ScaledDotAttention(), "queries", ("B T D",)),
    "StructuredSelfAttention": Case(
        lambda: layers.StructuredSelfAttention(2, 4), "sequences", ("B R D",), passes_mask=False
    ),
    "TagMarginals": Case(lambda: layers.TagMarginals(), "chain", ("B T K",)),
    "TiedSoftmax": Case(lambda: layers.TiedSoftmax(VOCABULARY, 4, hidden_units=5, mask_zero=True), "tied", ("B T V",)),
    "UnknownWordDropout": Case(
        lambda: layers.UnknownWordDropout(0.25, 3, 4, seed=2), "ids", ("B T",), None, passes_mask=False, random=True
    ),
    "VariationalDropout": Case(lambda: layers.VariationalDropout(0.3, seed=2), "no mask", ("B T D",)),
    "ViterbiDecoder": Case(lambda: layers.ViterbiDecoder(TAGS, "BIO"), "sequences", ("B T",), None),
    "WeightedNgrams": Case(
        lambda: layers.WeightedNgrams(VOCABULARY, 2, gain=1.5, descent_rate=3.0, descent_floor=0.2, dropout=0.25),
        "n-grams",
        ("B K",),
        passes_mask=False,
        random=True,
    ),
    "WeightedSum": Case(lambda: layers.WeightedSum(), "logits", ("B K",), passes_mask=False),
    "WordDropout": Case(lambda: layers.WordDropout(0.25, seed=3), "no mask", ("B T D",), random=True),
}
# Losses and metrics, which have no model in the table.
LOSSES_AND_METRICS = {"CRFAccuracy", "CRFLoss", "MissingLabels"}


def build(name: str, explicit: bool = False) -> Any:
    """Build the model of a layer with random weights, which are the same in all processes and backends.

    Its inputs are the tokens and, if `explicit` is True, the mask that is passed to the layer.
    """
    case = CASES[name]
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    mask = keras.Input((None,), dtype="bool", name="mask") if explicit else None
    with backend.blank_weights(10_000):  # all are drawn below; JAX would compile a program for each initial value
        outputs = INPUTS[case.inputs][1](case.make(), ModelInputs(tokens, mask))
        model = keras.Model([tokens, mask] if explicit else tokens, outputs)
    draw = np.random.default_rng(sum(map(ord, name)))
    for weight in model.weights:
        weight.assign(draw.normal(0, case.scale, weight.shape))
    return model


@functools.cache
def shared_model(name: str) -> Any:
    """Return a shared model for tests that do not train it."""
    return build(name)


def predict(model: Any, *inputs: Any) -> list[Any]:
    """Return the outputs of a compiled model as a list of arrays."""
    outputs = model.predict(inputs[0] if len(inputs) == 1 else list(inputs), verbose=0)
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


@functools.cache
def outputs(name: str) -> list[Any]:
    """Return the outputs of `shared_model` for `TOKENS`."""
    return predict(shared_model(name), TOKENS)


def real_part(name: str, output: Any, place: int, lengths: Any) -> Any:
    """Return an output with zeros at padding, cut to the longest text, and with -1e6 in place of minus infinity."""
    axes = CASES[name].outputs[place].split()
    output = np.maximum(output.astype(np.float64), -1e6)
    if "T" not in axes and "S" not in axes:
        return output
    for letter in {"T", "S"} & set(axes):
        output = np.moveaxis(output, axes.index(letter), 1)[:, : max(lengths)]
        real = np.arange(output.shape[1]) < np.asarray(lengths)[:, None]
        output = np.moveaxis(output * real.reshape(real.shape + (1,) * (output.ndim - 2)), 1, axes.index(letter))
    return output


def _signature(of: type) -> str:
    """Return the parameters and defaults of a class's constructor, without types.

    Releases of Python 3.11 differ in whether they use the signature of Keras' `__new__`.
    """
    first = next(one for one in of.__mro__ if "__init__" in vars(one))
    if first is keras.layers.Layer:
        return "(**kwargs)"
    _, *parameters = inspect.signature(first.__init__).parameters.values()  # type: ignore[misc]
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in parameters]
    return str(inspect.Signature(bare))


def page() -> str:
    """Return the reference of all layers in Markdown."""
    lines = [
        "# Layers",
        "",
        "All layers of `syntagma.layers`, with the shapes of their inputs and outputs in the axis letters of",
        "`syntagma.shapes`. All layers satisfy the same contract, which is tested under JAX, PyTorch and TensorFlow",
        "(`tests/contracts`):",
        "",
        "- They work in functional models, and in `Sequential` if they take one input, under `fit` and `predict`, with",
        "  any batch size and length.",
        "- A model loaded with `keras.saving.load_model` has the same outputs and can be trained further.",
        "- Padding and other rows do not change the outputs. Explicit and implicit masks have the same effect, and",
        "  texts without tokens do not give NaN.",
        "- Outputs in bfloat16 are close to those in float32. Gradients equal central differences, and all backends",
        "  compute the same outputs.",
        "",
        "| layer | inputs | outputs | mask | description |",
        "|---|---|---|---|---|",
    ]
    for name in sorted(CASES):
        case = CASES[name]
        shapes = ", ".join(f"({', '.join(one.split())})" for one in case.outputs)
        summary = inspect.getdoc(getattr(layers, name)).partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
        mask = "passed on" if case.passes_mask else "dropped"
        lines.append(f"| `{name}` | {INPUTS[case.inputs][0]} | {shapes} | {mask} | {summary} |")
    lines += ["", "Losses and metrics, for `compile`:", "", "| name | description |", "|---|---|"]
    for name in sorted(LOSSES_AND_METRICS):
        summary = inspect.getdoc(getattr(layers, name)).partition("\n\n")[0].replace("\n", " ")
        lines.append(f"| `{name}` | {summary} |")
    lines += [
        "",
        "Constructor arguments; `**kwargs` and `**options` are those of the Keras base class, such as `name` and",
        "`dtype`. The docstrings describe the arguments, shapes, masking, errors and papers (`help(layers.CRF)`).",
        "",
        "```python",
        *(f"{name}{_signature(getattr(layers, name))}" for name in sorted({*CASES, *LOSSES_AND_METRICS})),
        "```",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
