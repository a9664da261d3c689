"""Linear-chain conditional random field."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.initializers import clone_initializer
from syntagma.ops.crf import TagScores, rule_scores, tag_chain
from syntagma.text.tag_schemes import tag_rules


@keras.saving.register_keras_serializable(package="syntagma")
class CRF(keras.layers.Layer):
    """Linear-chain conditional random field (CRF), the output layer of a tagger whose tags depend on each other.

        p(y | x) = exp(s(y)) / Z
        s(y) = start(y_1) + sum_t emission_t(y_t) + sum_t transition(y_{t-1}, y_t) + end(y_T)

    The input consists of emissions, the scores of the K tags at each token, usually computed by `Dense(K)`. The output,
    called the chain, consists of the conditional log-probabilities log p(y_t = j | y_{t-1} = i, x), which together
    define p(y | x). `CRFLoss` computes the loss from the chain, `CRFAccuracy` the accuracy, and `ViterbiDecoder`,
    `NBestDecoder` and `TagMarginals` compute predictions. All of these need only the chain, not this layer, so they
    also work with a loaded model. The output is the same in training and at inference.

    Args:
        units: Integer K of at least 2, number of tags.
        tags: List of the K tags in the order of their ids, such as ["O", "B-PER", "I-PER"]. It requires `scheme`.
            `None` (default) allows all transitions.
        scheme: Tag scheme, "BIO" (or "IOB2"), "IOB1", "IOBES" (or "BIOES"), "BILOU" (or "BIOUL") or "BMES".
            Sequences that violate the scheme have a probability of 0, in training and at inference, so the gold
            tags must follow it. To enforce a scheme in decoding only, use `ViterbiDecoder(tags, scheme)`.
        use_boundaries: Whether to learn scores for the first and for the last tag. Defaults to True.
        transitions_initializer: Initializer of the transition scores (K, K) and of the boundary scores (K,). Defaults
            to "zeros".
        transitions_regularizer: Regularizer of the transition scores. Defaults to `None`.

    Call arguments:
        inputs: Float tensor of emissions of shape (B, T, K). An emission of -inf forbids the tag at that token.
        mask: Boolean tensor (B, T) or (B, T, 1), `True` at real tokens. Defaults to Keras' implicit mask, if there is
            one.

    Output shape:
        (B, T, K, K). Under mixed precision, the layer computes and returns float32.

    Masking:
        Masked tokens, at either end of a text or within it, do not affect the probabilities of the text. If no tag
        sequence is possible, the probabilities and the loss of the text are NaN, and the decoded tags are -1.

    Memory:
        The output has B T K^2 elements. Under PyTorch, and within a single compiled program, it is computed only if
        something other than `CRFLoss`, `CRFAccuracy` and `ViterbiDecoder` uses it.

    Raises:
        InputError: If `units` is below 2, if only one of `tags` and `scheme` is given, if the number of tags differs
            from `units`, if the tags do not fit the scheme, or if the emissions or the mask have the wrong shape.

    Reference: Lafferty, McCallum and Pereira, Conditional Random Fields, ICML 2001; over a BiLSTM: Huang, Xu and Yu,
    Bidirectional LSTM-CRF Models for Sequence Tagging, 2015.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> model = keras.Sequential([keras.Input((None, 8)), keras.layers.Dense(5), layers.CRF(5)])
        >>> model.compile("adam", loss=layers.CRFLoss(), metrics=[layers.CRFAccuracy()])
        >>> tagger = keras.Sequential([model, layers.ViterbiDecoder()])  # predicts tag ids (B, T)
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
        super().__init__(**with_full_precision(kwargs))
        if units < 2:
            raise InputError(f"`CRF` needs at least 2 units, one per tag; got {units}.")
        if tags is not None and len(tags) != units:
            raise InputError(f"`CRF` needs as many tags as units; got {len(tags)} tags and units={units}.")
        self.units = units
        self.tags = None if tags is None else list(tags)
        self.scheme = scheme
        self.rules = scheme_rules("CRF", tags, scheme)
        self.use_boundaries = use_boundaries
        self.transitions_initializer = keras.initializers.get(transitions_initializer)
        self.transitions_regularizer = keras.regularizers.get(transitions_regularizer)
        self.supports_masking = True
        # Under TensorFlow, XLA cannot compile loops over tensors of variable length.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create `transitions` (K, K) and, with `use_boundaries`, `start` (K,) and `end` (K,)."""
        check_tag_scores("CRF", input_shape, self.units)
        square = (self.units, self.units)
        self.transitions = self.add_weight(
            shape=square,
            initializer=clone_initializer(self.transitions_initializer),
            regularizer=self.transitions_regularizer,
            name="transitions",
        )
        if self.use_boundaries:
            draw = self.transitions_initializer
            self.start = self.add_weight(shape=(self.units,), initializer=clone_initializer(draw), name="start")
            self.end = self.add_weight(shape=(self.units,), initializer=clone_initializer(draw), name="end")

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return the conditional log-probabilities (B, T, K, K)."""
        check_tag_scores("CRF", inputs.shape, self.units)
        return tag_chain(inputs, self._scores(), token_mask("CRF", mask, inputs.shape))

    def _scores(self) -> TagScores:
        learned = self._learned_scores()
        if self.rules is None:
            return learned
        return TagScores(*(one + ops.cast(rule, one.dtype) for one, rule in zip(learned, self.rules, strict=True)))

    def _learned_scores(self) -> TagScores:
        edge = ops.zeros((self.units,), self.compute_dtype)
        ends = (self.start, self.end) if self.use_boundaries else (edge, edge)
        return TagScores(ops.convert_to_tensor(self.transitions), *map(ops.convert_to_tensor, ends))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (B, T, K, K)."""
        check_tag_scores("CRF", input_shape, self.units)
        return (*input_shape, self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {
            **super().get_config(),
            "units": self.units,
            "tags": self.tags,
            "scheme": self.scheme,
            "use_boundaries": self.use_boundaries,
            "transitions_initializer": keras.initializers.serialize(self.transitions_initializer),
            "transitions_regularizer": keras.regularizers.serialize(self.transitions_regularizer),
        }


def with_full_precision(options: dict[str, Any]) -> dict[str, Any]:
    """Return layer options with dtype float32, or float64 if requested. Lower precision would distort long sums."""
    policy = options.get("dtype") or keras.config.dtype_policy()
    name = policy if isinstance(policy, str) else keras.dtype_policies.get(policy).compute_dtype
    return {**options, "dtype": "float64" if name == "float64" else "float32"}


def scheme_rules(layer: str, tags: Sequence[str] | None, scheme: str | None) -> TagScores | None:
    """Return scores that rule out violations of a tag scheme, or `None` if `scheme` is `None`.

    Raises:
        InputError: If only one of `tags` and `scheme` is given, or the tags do not fit the scheme.
    """
    if (tags is None) != (scheme is None):
        present, missing = ("tags", "scheme") if scheme is None else ("scheme", "tags")
        raise InputError(f"`{layer}` needs `tags` and `scheme` together; got {present} without {missing}.")
    return None if tags is None or scheme is None else rule_scores(*tag_rules(tags, scheme))


def token_mask(layer: str, mask: Any | None, shape: Any) -> Any | None:
    """Convert a mask of shape (B, T) or (B, T, 1) to (B, T), or return `None` if there is no mask.

    Args:
        layer: Name of the layer, for error messages.
        mask: Mask, or `None`.
        shape: Shape of the sequences, (B, T, ...).

    Raises:
        InputError: If the shape of the mask does not match that of the sequences.
    """
    if mask is None:
        return None
    mask = ops.convert_to_tensor(mask)
    shape_before = tuple(mask.shape)
    mask = mask[..., 0] if len(shape_before) == 3 and shape_before[-1] == 1 else mask
    fits = all(one is None or two is None or one == two for one, two in zip(mask.shape, shape[:2], strict=False))
    if len(mask.shape) != 2 or not fits:
        raise InputError(
            f"`{layer}` needs a mask of shape (B, T), here {tuple(shape[:2])}; got {shape_before}. Pass one value per "
            "token."
        )
    return mask


def check_tag_scores(layer: str, shape: Any, units: int | None) -> None:
    """Check that emissions have the shape (B, T, K) with K equal to `units`, or any K if `units` is `None`.

    Raises:
        InputError: If the emissions have another shape.
    """
    if len(shape) == 2:
        raise InputError(
            f"`{layer}` needs emissions of shape (B, T, K); got {tuple(shape)}. Set `return_sequences=True` in "
            "the recurrent layer before it."
        )
    if len(shape) != 3 or (units is not None and shape[-1] != units):
        size = "" if units is None else f" with K={units}"
        raise InputError(
            f"`{layer}` needs emissions of shape (B, T, K){size}; got {tuple(shape)}. Check that the last Dense has "
            "one unit per label."
        )
