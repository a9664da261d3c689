"""A conditional random field as a layer."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.initializers import fresh
from syntagma.ops.crf import TagScores, rule_scores, tag_chain
from syntagma.text.tag_schemes import tag_rules


@keras.saving.register_keras_serializable(package="syntagma")
class CRF(keras.layers.Layer):
    """The output of a tagger whose tags depend on each other: a linear-chain conditional random field.

        p(y | x) = exp(s(y)) / Z
        s(y) = start(y_1) + sum_t emission_t(y_t) + sum_t transition(y_{t-1}, y_t) + end(y_T)

    Takes the scores of K tags at each token, (B, T, K), as a `Dense(K)` gives them, and gives that distribution as a
    chain, log p(y_t = j | y_{t-1} = i, x), of shape (B, T, K, K). `CRFLoss` trains it, `CRFAccuracy` scores it, and
    `ViterbiDecoder`, `NBestDecoder` and `TagMarginals` read it; none of these has weights or holds this layer, so that
    a saved model loads, and trains on, by itself. The same in training and at inference.

    Args:
        units: K, at least 2.
        tags: The K tags, such as ["O", "B-PER", "I-PER"], in the order of their numbers; with `scheme`.
        scheme: "BIO" (or "IOB2"), "IOB1", "IOBES" (or "BIOES"), "BILOU" (or "BIOUL") or "BMES": what it forbids has no
            probability, in training and at inference.
            Texts to train on must obey it. `ViterbiDecoder(tags, scheme)` forbids in decoding alone.
        use_boundaries: Whether the first and the last tag have scores of their own.
        transitions_initializer: Of the transitions (K, K) and of the scores of first and last tags (K,).
        transitions_regularizer: Of the transitions.

    A mask (B, T) or (B, T, 1), explicit or Keras' implicit one, marks the real tokens; padding on either side and holes
    change nothing. A tag whose emission is -inf is forbidden at that token. A text of which no sequence of tags is
    possible has probabilities of NaN, a loss of NaN, and no likeliest tags (-1). Under mixed precision the layer
    computes, and gives, float32. Memory grows with B T K^2. It does not where only `CRFLoss`, `CRFAccuracy` and
    `ViterbiDecoder` read the output, under PyTorch or in the compiled program that computes it: they need no such
    table.

    Raises:
        InputError: Fewer than two units; tags without a scheme or the other way round, tags of another number than
            units, or that do not fit the scheme; emissions of another shape than (B, T, K); a mask of another than
            (B, T).

    Reference: Lafferty, McCallum and Pereira, Conditional Random Fields, ICML 2001; over a BiLSTM: Huang, Xu and Yu,
    Bidirectional LSTM-CRF Models for Sequence Tagging, 2015.

    >>> from syntagma import layers
    >>> model = keras.Sequential([keras.Input((None, 8)), keras.layers.Dense(5), CRF(5)])
    >>> model.compile("adam", loss=layers.CRFLoss(), metrics=[layers.CRFAccuracy()])
    >>> tagger = keras.Sequential([model, layers.ViterbiDecoder()])
    """

    def __init__(
        self,
        units: int,
        *,
        tags: Sequence[str] | None = None,
        scheme: str | None = None,
        use_boundaries: bool = True,
        transitions_initializer: Any = "zeros",
        transitions_regularizer: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**in_full_precision(kwargs))
        if units < 2:
            raise InputError(f"`CRF` needs at least 2 units, one a tag; got {units}.")
        if tags is not None and len(tags) != units:
            raise InputError(f"`CRF` needs as many tags as units; got {len(tags)} tags and units={units}.")
        self.units = units
        self.tags = None if tags is None else list(tags)
        self.scheme = scheme
        self.rules = rules_of("CRF", tags, scheme)
        self.use_boundaries = use_boundaries
        self.transitions_initializer = keras.initializers.get(transitions_initializer)
        self.transitions_regularizer = keras.regularizers.get(transitions_regularizer)
        self.supports_masking = True
        # XLA under TensorFlow refuses loops over tensors of any length.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates `transitions` (K, K), and `start` and `end` (K,)."""
        check_tag_scores("CRF", input_shape, self.units)
        square = (self.units, self.units)
        self.transitions = self.add_weight(
            shape=square,
            initializer=fresh(self.transitions_initializer),
            regularizer=self.transitions_regularizer,
            name="transitions",
        )
        if self.use_boundaries:
            draw = self.transitions_initializer
            self.start = self.add_weight(shape=(self.units,), initializer=fresh(draw), name="start")
            self.end = self.add_weight(shape=(self.units,), initializer=fresh(draw), name="end")

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns the chain (B, T, K, K)."""
        check_tag_scores("CRF", inputs.shape, self.units)
        return tag_chain(inputs, self._scores(), token_mask("CRF", mask, inputs.shape))

    def _scores(self) -> TagScores:
        learned = self._learned()
        if self.rules is None:
            return learned
        return TagScores(*(one + ops.cast(rule, one.dtype) for one, rule in zip(learned, self.rules, strict=True)))

    def _learned(self) -> TagScores:
        edge = ops.zeros((self.units,), self.compute_dtype)
        ends = (self.start, self.end) if self.use_boundaries else (edge, edge)
        return TagScores(ops.convert_to_tensor(self.transitions), *map(ops.convert_to_tensor, ends))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, T, K) becomes (B, T, K, K)."""
        check_tag_scores("CRF", input_shape, self.units)
        return (*input_shape, self.units)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {
            **super().get_config(),
            "units": self.units,
            "tags": self.tags,
            "scheme": self.scheme,
            "use_boundaries": self.use_boundaries,
            "transitions_initializer": keras.initializers.serialize(self.transitions_initializer),
            "transitions_regularizer": keras.regularizers.serialize(self.transitions_regularizer),
        }


def in_full_precision(options: dict[str, Any]) -> dict[str, Any]:
    """Options of a layer that computes in float32, or float64 if that is asked for: sums over paths need the digits."""
    asked = options.get("dtype") or keras.config.dtype_policy()
    name = asked if isinstance(asked, str) else keras.dtype_policies.get(asked).compute_dtype
    return {**options, "dtype": "float64" if name == "float64" else "float32"}


def rules_of(layer: str, tags: Sequence[str] | None, scheme: str | None) -> TagScores | None:
    """What a scheme forbids, as scores; `None` without one."""
    if (tags is None) != (scheme is None):
        given, missing = ("tags", "scheme") if scheme is None else ("scheme", "tags")
        raise InputError(f"`{layer}` needs `tags` and `scheme` together; got {given} without {missing}.")
    return None if tags is None or scheme is None else rule_scores(*tag_rules(tags, scheme))


def token_mask(layer: str, mask: Any | None, shape: Any) -> Any | None:
    """Return a mask (B, T) or (B, T, 1) of sequences of a shape (B, T, ...) as (B, T); raise for anything else."""
    if mask is None:
        return None
    mask = ops.convert_to_tensor(mask)
    given = tuple(mask.shape)
    mask = mask[..., 0] if len(given) == 3 and given[-1] == 1 else mask
    fits = all(one is None or two is None or one == two for one, two in zip(mask.shape, shape[:2], strict=False))
    if len(mask.shape) != 2 or not fits:
        raise InputError(
            f"`{layer}` needs a mask of shape (B, T), here {tuple(shape[:2])}; got {given}. Give each token one value."
        )
    return mask


def check_tag_scores(layer: str, shape: Any, units: int | None) -> None:
    """Raises for anything but (B, T, K)."""
    if len(shape) == 2:
        raise InputError(
            f"`{layer}` needs emissions of shape (B, T, K); got {tuple(shape)}. Give recurrent layers before it "
            "`return_sequences=True`."
        )
    if len(shape) != 3 or (units is not None and shape[-1] != units):
        size = "" if units is None else f" with K={units}"
        raise InputError(
            f"`{layer}` needs emissions of shape (B, T, K){size}; got {tuple(shape)}. Check that the last Dense has "
            "one unit per label."
        )
