"""All public layers with a smallest model of each; `make reference` writes docs/reference/layers.md.

Every model reads tokens (B, T), 0 for padding, and whatever else its layer takes is made of them.
"""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from syntagma import layers

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
    """One layer.

    Attributes:
        make: Makes it.
        takes: What it is given: a key of `INPUTS`.
        gives: Shapes of its outputs, in letters; T where the time axis survives.
        loss: What trains it; none where it cannot be trained through.
        passes_mask: Whether the mask goes on.
        random: Whether training draws numbers for each token.
        scale: Size of the drawn weights.
    """

    make: Callable[[], Any]
    takes: str
    gives: tuple[str, ...]
    loss: Callable[[], Any] | None = lambda: mean_square
    passes_mask: bool = True
    random: bool = False
    scale: float = 0.7


def mean_square(_: Any, outputs: Any) -> Any:
    """A loss a token, or a text."""
    axes = tuple(range(2 if len(outputs.shape) > 2 else 1, len(outputs.shape)))
    return ops.mean(ops.square(outputs), axis=axes)


def total(_: Any, outputs: Any) -> Any:
    """A loss a text, to which zeros at padding add nothing."""
    return ops.sum(ops.square(outputs), axis=tuple(range(1, len(outputs.shape))))


class Given(NamedTuple):
    """What a layer may be given: tokens, their vectors, and masks where they go explicitly."""

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


def _started(layer: Any, given: Given) -> Any:
    vectors = given.vectors()
    states = [layer(vectors), layer(vectors)]
    return layers.LSTM(3)(vectors, initial_state=states, **given.options)


def _lengths(tokens: Any) -> Any:
    return ops.sum(ops.cast(tokens > 0, "int32"), axis=1)


def _features(given: Given) -> Any:
    return layers.MaskedAveragePooling1D()(given.vectors(), **given.options)


def _logits(features: Any) -> list[Any]:
    return [_dense(features, 2) for _ in range(3)]


def _weights(given: Given) -> Any:
    pair = [given.vectors(), given.vectors(name="source")]
    return layers.ScaledDotAttention()(pair, return_attention_scores=True, **given.pair())[1]


def _covered(layer: Any, given: Given) -> Any:
    real = given.tokens > 0
    return layer(_weights(given), target_mask=real, source_mask=real)


INPUTS: dict[str, tuple[str, Callable[[Any, Given], Any]]] = {
    "sequences": ("(B, T, D)", lambda layer, given: layer(given.vectors(), **given.options)),
    "no mask": ("(B, T, D)", lambda layer, given: layer(given.vectors())),
    "features": ("(B, D)", lambda layer, given: layer(_features(given))),
    "states": ("(B, ...)", _started),
    "logits": ("n of (B, K)", lambda layer, given: layer(_logits(_features(given)))),
    "ids": ("(B, T) ids", lambda layer, given: layer(given.tokens)),
    "n-grams": ("(B, N) ids, counts", lambda layer, given: layer([given.tokens, given.tokens])),
    "lengths": ("(B, T), (B,)", lambda layer, given: layer((given.tokens, _lengths(given.tokens)))),
    "characters": ("(B, T, C) ids", lambda layer, given: layer(ops.take(_CHARACTERS, given.tokens, axis=0))),
    "queries": (
        "(B, T, D), (B, S, D)",
        lambda layer, given: layer([given.vectors(), given.vectors(name="source")], **given.pair()),
    ),
    "weights": ("(B, T, S)", _covered),
    "states, tokens": (
        "(B, T, 2 H), (B, T) ids",
        lambda layer, given: layer(
            [given.vectors(), given.tokens], **({} if given.mask is None else {"mask": [given.mask, None]})
        ),
    ),
    "two spaces": (
        "(B, T, D1), (B, T, D2)",
        lambda layer, given: layer(
            [given.vectors(), given.vectors(3, "private")], **({} if given.mask is None else given.pair())
        ),
    ),
    "pointer": (
        "(B, T, H), (B, T, V), (B, T) ids",
        lambda layer, given: layer(
            [given.vectors(), _dense(given.vectors(name="output"), VOCABULARY, "softmax"), given.tokens],
            **({} if given.mask is None else {"mask": [given.mask, None, None]}),
        ),
    ),
    "tied": (
        "(B, T) ids; (B, T, H)",
        lambda layer, given: layer(layers.VariationalDropout(0.0)(_dense(layer(given.tokens), 5)), reverse=True),
    ),
    "chains": (
        "n of (B, T, K, K)",
        lambda layer, given: layer(
            [
                layers.CRF(SIZE, name="crf")(given.vectors(), **given.options),
                layers.CRF(SIZE, name="other_crf")(given.vectors(name="others"), **given.options),
            ]
        ),
    ),
    "emissions, features": (
        "(B, T, K), (B, T, F) ids",
        lambda layer, given: layer(
            [given.vectors(), ops.take(_CHARACTERS, given.tokens, axis=0)],
            **({} if given.mask is None else {"mask": [given.mask, None]}),
        ),
    ),
    "chain": (
        "(B, T, K, K)",
        lambda layer, given: layer(layers.CRF(SIZE, name="crf")(given.vectors(), **given.options)),
    ),
}


def _lstm(**options: Any) -> Any:
    return layers.LSTM(SIZE, return_sequences=True, **options)


def _pretrained() -> Any:
    return layers.PretrainedEmbedding(VOCABULARY, SIZE, tune="all", mask_zero=True)


CASES: dict[str, Case] = {
    "AdditiveAttention": Case(lambda: layers.AdditiveAttention(4), "queries", ("B T D",)),
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
    "PointerSentinel": Case(lambda: layers.PointerSentinel(2), "pointer", ("B T V",)),
    "PooledCRF": Case(lambda: layers.PooledCRF(SIZE, 8), "emissions, features", ("B T K K",), layers.CRFLoss),
    "PretrainedEmbedding": Case(_pretrained, "ids", ("B T D",)),
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
# Losses and metrics have no model of their own.
NO_LAYERS = {"CRFAccuracy", "CRFLoss", "MissingLabels"}


def build(name: str, explicit: bool = False) -> Any:
    """The model of a layer with drawn weights, the same in each process and backend.

    Its inputs are the tokens, and where `explicit` the mask, which the layer is then called with.
    """
    case = CASES[name]
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    mask = keras.Input((None,), dtype="bool", name="mask") if explicit else None
    layer = case.make()
    outputs = INPUTS[case.takes][1](layer, Given(tokens, mask))
    model = keras.Model([tokens, mask] if explicit else tokens, outputs)
    draw = np.random.default_rng(sum(map(ord, name)))
    for weight in model.weights:
        weight.assign(draw.normal(0, case.scale, weight.shape))
    return model


@functools.cache
def built(name: str) -> Any:
    """One model for all tests that do not train it."""
    return build(name)


def predict(model: Any, *inputs: Any) -> list[Any]:
    """What a compiled model gives, as a list of arrays."""
    outputs = model.predict(inputs[0] if len(inputs) == 1 else list(inputs), verbose=0)
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


@functools.cache
def outputs(name: str) -> list[Any]:
    """What `built` gives for `TOKENS`."""
    return predict(built(name), TOKENS)


def real_part(name: str, output: Any, place: int, lengths: Any) -> Any:
    """An output with zeros at padding, cut to the longest text; a million below 0 stands for minus infinity."""
    axes = CASES[name].gives[place].split()
    output = np.maximum(output.astype(np.float64), -1e6)
    if "T" not in axes and "S" not in axes:
        return output
    for letter in {"T", "S"} & set(axes):
        output = np.moveaxis(output, axes.index(letter), 1)[:, : max(lengths)]
        real = np.arange(output.shape[1]) < np.asarray(lengths)[:, None]
        output = np.moveaxis(output * real.reshape(real.shape + (1,) * (output.ndim - 2)), 1, axes.index(letter))
    return output


def _signature(of: type) -> str:
    """Names and defaults of a class's own constructor, without types.

    Releases of Python 3.11 differ in whether the signature of a class is that of Keras' `__new__`.
    """
    first = next(one for one in of.__mro__ if "__init__" in vars(one))
    if first is keras.layers.Layer:
        return "(**kwargs)"
    _, *parameters = inspect.signature(first.__init__).parameters.values()  # type: ignore[misc]
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in parameters]
    return str(inspect.Signature(bare))


def page() -> str:
    """The reference of all layers, in Markdown."""
    lines = [
        "# Layers",
        "",
        "Every layer of `syntagma.layers`, with what it takes and gives, in the letters of `syntagma.shapes`. Each",
        "keeps the same contract, tested under JAX, PyTorch and TensorFlow (`tests/contracts`): it works in functional",
        "models, and in `Sequential` where it takes one input; under `fit` and `predict`; with any batch size and",
        "length; it comes back from `keras.saving.load_model` and trains on; padding and other rows change nothing;",
        "explicit and implicit masks count alike; texts without any token give no NaN; bfloat16 stays near float32;",
        "gradients equal central differences; and all backends give the same numbers.",
        "",
        "| layer | takes | gives | mask | what it is |",
        "|---|---|---|---|---|",
    ]
    for name in sorted(CASES):
        case = CASES[name]
        gives = ", ".join(f"({', '.join(one.split())})" for one in case.gives)
        summary = inspect.getdoc(getattr(layers, name)).partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
        mask = "passed on" if case.passes_mask else "ends"
        lines.append(f"| `{name}` | {INPUTS[case.takes][0]} | {gives} | {mask} | {summary} |")
    lines += ["", "Losses and metrics, given to `compile`:", "", "| name | what it is |", "|---|---|"]
    for name in sorted(NO_LAYERS):
        summary = inspect.getdoc(getattr(layers, name)).partition("\n\n")[0].replace("\n", " ")
        lines.append(f"| `{name}` | {summary} |")
    lines += [
        "",
        "What they are made with; `**kwargs` and `**options` are those of the Keras class that it is, such as",
        "`name` and `dtype`. What each argument means, the shapes, the errors and the source stand in the docstring",
        "(`help(layers.CRF)`).",
        "",
        "```python",
        *(f"{name}{_signature(getattr(layers, name))}" for name in sorted({*CASES, *NO_LAYERS})),
        "```",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
